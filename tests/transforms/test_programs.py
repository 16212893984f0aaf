"""Derivatives within derivatives, through plain Python: loops, recursion, generators, exceptions."""

from __future__ import annotations

import itertools
import math
from contextlib import contextmanager

import numpy as np
import pytest

import autodiff
from autodiff import Tensor, Value, cos, exp, grad, jvp, linearize, sin, vjp


def by_jvp(f):
    return lambda x: jvp(f, (x,), (1.0,))[1]


def by_vjp(f):
    return lambda x: vjp(f, x)[1](1.0)[0]


def by_linearize(f):
    return lambda x: linearize(f, x)[1](1.0)


MODES = {"grad": grad, "jvp": by_jvp, "vjp": by_vjp, "linearize": by_linearize}
every_pair = pytest.mark.parametrize(("outer", "inner"), list(itertools.product(MODES, MODES)))


def pair(outer, inner):
    return MODES[outer], MODES[inner]


# ---- loops that derivatives end --------------------------------------------------------------------------
@every_pair
def test_newtons_method_inside_a_derivative(outer, inner):
    outer, inner = pair(outer, inner)

    def root(a):
        """The x with x³ + x = a, by steps along an inner derivative, until they are small."""
        x = a * 0 + 1.0
        while abs(gap := x**3 + x - a) > 1e-13:
            x = x - gap / inner(lambda y: y**3 + y - a)(x)
        return x

    x = root(10.0)
    assert type(x) is float and x == pytest.approx(2.0)
    assert outer(root)(10.0) == pytest.approx(1 / (3 * 2.0**2 + 1), rel=1e-6)


@every_pair
def test_a_minimum_as_a_function(outer, inner):
    """min over y of (y - a)² + y² is a²/2, at y = a/2: the outer derivative is a."""
    outer, inner = pair(outer, inner)

    def least(a):
        def height(y):
            return (y - a) * (y - a) + y * y

        y = 0.0
        for _ in range(200):
            slope = inner(height)(y)
            if abs(slope) < 1e-12:
                break
            y = y - 0.2 * slope
        return height(y)

    assert least(3.0) == pytest.approx(4.5)
    assert outer(least)(3.0) == pytest.approx(3.0)


@every_pair
def test_an_inner_slope_decides_a_branch(outer, inner):
    outer, inner = pair(outer, inner)

    def f(x):
        if inner(lambda y: y * y * x)(x) > 10:  # 2x²
            return x**3
        elif x < 0:
            return -x
        return inner(sin)(x) * x

    assert outer(f)(3.0) == 27.0
    assert outer(f)(-1.0) == -1.0
    assert outer(f)(0.5) == pytest.approx(math.cos(0.5) - 0.5 * math.sin(0.5))


# ---- recursion, early return -----------------------------------------------------------------------------
@every_pair
def test_recursion_on_derivatives(outer, inner):
    outer, inner = pair(outer, inner)

    def nth(f, n):
        return f if n == 0 else nth(inner(f), n - 1)

    assert nth(lambda x: x**5, 3)(2.0) == 60 * 4.0
    assert outer(nth(lambda x: x**5, 3))(2.0) == 120 * 2.0

    def tree(x, depth):
        """x, and below it, derivatives of the same at sums."""
        return x * x if depth == 0 else inner(lambda y: tree(y * x, depth - 1))(x)

    # d/dy (y x)² at y = x is 2 x³; then d/dy 2 (y x)³ at y = x is 6 x⁵
    assert tree(2.0, 1) == 16.0 and tree(2.0, 2) == 6 * 2.0**5
    assert outer(lambda x: tree(x, 2))(2.0) == 30 * 2.0**4


@every_pair
def test_early_return_from_nested_loops(outer, inner):
    outer, inner = pair(outer, inner)

    def square(z):
        return z * z

    def first(x):
        for k in range(1, 10):
            for y in (x * k, x + k):
                if inner(square)(y) > 12:
                    return y * y * k
        return x

    values = [y for k in range(1, 10) for y in (2.5 * k, 2.5 + k) if 2 * y > 12]
    assert values[0] == 7.5
    assert outer(first)(2.5) == pytest.approx(2 * 9 * 2.5 * 3)


# ---- generators, closures, objects -----------------------------------------------------------------------
@every_pair
def test_generators_that_outlive_a_call(outer, inner):
    outer, inner = pair(outer, inner)

    def powers(x):
        y = x
        while True:
            yield inner(lambda z, y=y: z * y)(x)  # y
            y = y * x

    def f(x):
        return sum(itertools.islice(powers(x), 4))

    assert outer(f)(2.0) == 1 + 4 + 12 + 32
    values = powers(Value(3.0))
    assert [next(values).data for _ in range(3)] == [3.0, 9.0, 27.0]
    assert outer(f)(1.0) == 10.0  # in between
    assert next(values).data == 81.0


def test_generators_interleaved_with_derivatives():
    def square(y):
        return y * y

    def steps(x):
        while True:
            x = x - 0.1 * (yield x)

    def f(x):
        walk = steps(x)
        at = next(walk)
        for _ in range(3):
            at = walk.send(grad(square)(at))
        return at

    assert grad(f)(1.0) == pytest.approx(0.8**3)
    assert jvp(f, (1.0,), (1.0,))[1] == pytest.approx(0.8**3)


@every_pair
def test_state_in_objects_and_mutation(outer, inner):
    outer, inner = pair(outer, inner)

    class Tank:
        def __init__(self, level):
            self.level, self.log = level, []

        def step(self):
            self.log.append(self.level)
            self.level = self.level - 0.1 * inner(lambda h: exp(h) * h)(self.level)

    def drained(level):
        tank = Tank(level)
        while len(tank.log) < 3:
            tank.step()
        return tank.level + sum(tank.log)

    def by_hand(level):
        log = []
        for _ in range(3):
            log.append(level)
            level = level - 0.1 * math.exp(level) * (level + 1)
        return level + sum(log)

    assert drained(0.3) == pytest.approx(by_hand(0.3), rel=1e-14)
    difference = (by_hand(0.3 + 1e-6) - by_hand(0.3 - 1e-6)) / 2e-6
    assert outer(drained)(0.3) == pytest.approx(difference, rel=1e-8)


# ---- exceptions ------------------------------------------------------------------------------------------
def clean():
    return not autodiff.graph.unusual_contexts and autodiff.graph.recording.get() is True


@every_pair
def test_an_exception_thrown_deep_inside(outer, inner):
    outer, inner = pair(outer, inner)
    w = Value(2.0)

    def f(x):
        def g(y):
            if y > 1:
                raise StopIteration(float(y.detach()))
            return y * x * w

        return inner(g)(x * 3) * x

    with pytest.raises(StopIteration) as error:
        outer(f)(1.0)
    assert error.value.value == 3.0
    assert clean() and not w.has_grad
    result = outer(f)(0.25)  # x · x w
    assert getattr(result, "data", result) == 2 * 0.25 * 2


@every_pair
def test_exceptions_as_control_flow(outer, inner):
    outer, inner = pair(outer, inner)

    class Found(Exception):
        pass

    def search(x):
        def probe(y):
            if y > 4:
                raise Found(y)
            return y * y

        y = x
        try:
            while True:
                y = y + inner(probe)(y)  # three times y
        except Found as found:
            return found.args[0] * x
        finally:
            y = None

    # y = x 3^n until it is above 4; what was raised is an inner node, and still depends on x
    got = outer(search)(1.0)
    assert got == pytest.approx(18.0)  # d/dx of 9 x²
    assert clean()


def test_context_managers_and_a_failing_finish():
    events = []

    @contextmanager
    def watched(x):
        events.append("in")
        try:
            yield x * 2
        finally:
            events.append("out")

    def f(x):
        with watched(x) as y:
            if y > 10:
                raise OverflowError
            return grad(lambda z: z**3)(y)

    assert grad(f)(2.0) == 24 * 2.0  # 3 (2x)²
    with pytest.raises(OverflowError):
        grad(f)(6.0)
    assert events == ["in", "out"] * 2 and clean()


@every_pair
def test_an_error_of_a_derivative_itself(outer, inner):
    outer, inner = pair(outer, inner)

    def f(x):
        return inner(lambda y: y.sqrt())(x * 0)

    with pytest.raises(ZeroDivisionError, match="the derivative of sqrt"):
        outer(f)(1.0)
    assert clean()
    assert outer(lambda x: inner(cos)(x))(0.0) == -1.0


# ---- arrays ----------------------------------------------------------------------------------------------
def test_an_unrolled_optimizer_on_arrays():
    """Three steps of descent on |A x - b|², and the derivative of what remains with respect to the step."""
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(4, 3)), rng.normal(size=4)

    def loss(x):
        r = a @ x - b
        return (r * r).sum()

    def remains(rate):
        x = np.zeros(3)
        for _ in range(3):
            x = x - rate * grad(loss)(x)
        return loss(x)

    def by_hand(rate):
        x = np.zeros(3)
        for _ in range(3):
            x = x - rate * 2 * a.T @ (a @ x - b)
        return ((a @ x - b) ** 2).sum()

    difference = (by_hand(0.02 + 1e-6) - by_hand(0.02 - 1e-6)) / 2e-6
    assert grad(remains)(0.02) == pytest.approx(difference, rel=1e-7)
    assert jvp(remains, (0.02,), (1.0,))[1] == pytest.approx(difference, rel=1e-7)
    rate = Tensor(0.02, requires_grad=True)
    remains(rate).backward()
    assert rate.grad == pytest.approx(difference, rel=1e-7)
