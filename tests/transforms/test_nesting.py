"""Derivatives within derivatives, in every order, and Python in between."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autodiff
from autodiff import (
    Tensor,
    Value,
    grad,
    hvp,
    jvp,
    matmul,
    no_grad,
    sin,
    tanh,
    vjp,
)


def speed(f):
    """The derivative of a function of one variable, by the forward walk."""

    def derivative(x):
        one = (
            np.ones_like(x)
            if isinstance(x, np.ndarray)
            else Tensor(np.ones(x.shape))
            if isinstance(x, Tensor)
            else 1.0
        )
        return jvp(f, (x,), (one,))[1]

    return derivative


def slope(f):
    """The derivative of a function of one variable, by the backward walk."""

    def derivative(x):
        out, pull = vjp(f, x)
        one = np.ones(out.shape) if isinstance(out, (np.ndarray, Tensor)) else 1.0
        return pull(Tensor(one) if isinstance(out, Tensor) else one)[0]

    return derivative


def sums(f):
    """The derivative, elementwise, of a function that works elementwise: the gradient of its sum."""
    return grad(lambda x: autodiff.sum(f(x)))


def plain(x):
    return x.data if isinstance(x, (Value, Tensor)) else x


# ---- nesting -------------------------------------------------------------------------------------------
def xsinx(x):
    return sin(x) * x


WAYS = {"grad": grad, "jvp": speed, "vjp": slope}
A7 = 0.7
XSINX = [  # derivatives of x sin x
    A7 * math.sin(A7),
    A7 * math.cos(A7) + math.sin(A7),
    2 * math.cos(A7) - A7 * math.sin(A7),
    -3 * math.sin(A7) - A7 * math.cos(A7),
    -4 * math.cos(A7) + A7 * math.sin(A7),
    5 * math.sin(A7) + A7 * math.cos(A7),
]


@pytest.mark.parametrize("third", [None, *WAYS])
@pytest.mark.parametrize("second", WAYS)
@pytest.mark.parametrize("first", WAYS)
def test_every_order_of_nesting(first, second, third):
    f = WAYS[second](WAYS[first](xsinx))
    order = 2
    if third:
        f, order = WAYS[third](f), 3
    result = f(A7)
    assert type(result) is float
    assert result == pytest.approx(XSINX[order], rel=1e-12)


@pytest.mark.parametrize("third", [None, "sum", "jvp", "vjp"])
@pytest.mark.parametrize("second", ["sum", "jvp", "vjp"])
@pytest.mark.parametrize("first", ["sum", "jvp", "vjp"])
def test_every_order_of_nesting_on_arrays(first, second, third):
    ways = {"sum": sums, "jvp": speed, "vjp": slope}
    f = ways[second](ways[first](xsinx))
    a = np.array([0.7, 0.2, -1.3])
    want = 2 * np.cos(a) - a * np.sin(a)
    if third:
        f, want = ways[third](f), -3 * np.sin(a) - a * np.cos(a)
    result = f(a)
    assert type(result) is np.ndarray
    np.testing.assert_allclose(result, want, rtol=1e-12)


@pytest.mark.parametrize("way", WAYS)
def test_derivatives_up_to_the_fifth(way):
    f = xsinx
    for want in XSINX[1:]:
        f = WAYS[way](f)
        assert f(A7) == pytest.approx(want, rel=1e-12)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("f", "third", "fifth"),
    [
        (lambda x: x.exp(), math.exp(0.7), math.exp(0.7)),
        (lambda x: x.log(), 2 / 0.7**3, 24 / 0.7**5),
        (lambda x: 1 / x, -6 / 0.7**4, -120 / 0.7**6),
        (lambda x: x**6, 120 * 0.7**3, 720 * 0.7),
        (lambda x: x * x * x * x * x * x, 120 * 0.7**3, 720 * 0.7),
        (lambda x: x.sqrt(), 3 / 8 * 0.7**-2.5, 105 / 32 * 0.7**-4.5),
        (lambda x: (2 * x).sin(), -8 * math.cos(1.4), 32 * math.cos(1.4)),
        (lambda x: x.exp() * x, 3.7 * math.exp(0.7), 5.7 * math.exp(0.7)),
    ],
)
def test_third_and_fifth_derivatives(way, f, third, fifth):
    d = WAYS[way]
    assert d(d(d(f)))(0.7) == pytest.approx(third, rel=1e-10)
    assert d(d(d(d(d(f)))))(0.7) == pytest.approx(fifth, rel=1e-9)


@pytest.mark.parametrize("way", WAYS)
def test_third_derivative_of_tanh(way):
    d = WAYS[way]
    t = math.tanh(0.7)
    assert d(d(d(lambda x: x.tanh())))(0.7) == pytest.approx((1 - t * t) * (6 * t * t - 2))


def test_diamonds():
    def f(x):
        a = x * x
        return a + a  # 2x²

    assert (grad(f)(3.0), grad(grad(f))(3.0), grad(grad(grad(f)))(3.0)) == (12.0, 4.0, 0.0)

    def g(x):
        a = x * x
        b, c = a + x, a * x
        return b * c + a  # (x² + x) x³ + x²

    assert grad(g)(2.0) == 5 * 2.0**4 + 4 * 2.0**3 + 2 * 2.0
    assert grad(grad(g))(2.0) == 20 * 2.0**3 + 12 * 2.0**2 + 2
    assert jvp(g, (2.0,), (1.0,))[1] == grad(g)(2.0)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 10])
def test_powers_by_multiplication(n):
    def f(x):
        y = x
        for _ in range(n - 1):
            y = y * x
        return y

    assert grad(f)(1.5) == pytest.approx(n * 1.5 ** (n - 1))
    assert grad(grad(f))(1.5) == pytest.approx(n * (n - 1) * 1.5 ** (n - 2))
    assert jvp(f, (1.5,), (1.0,))[1] == pytest.approx(n * 1.5 ** (n - 1))


def test_repeated_backward_and_repeated_pull():
    x = Value(3.0)
    y = x * x * x
    for times in (1, 2, 3):
        y.backward()
        assert x.grad == 27.0 * times
    _, pull = vjp(lambda x: x * x * x, 3.0)
    assert [pull(1.0), pull(1.0), pull(2.0)] == [(27.0,), (27.0,), (54.0,)]
    g = grad(lambda x: x * x)
    assert [g(1.0), g(2.0), g(1.0)] == [2.0, 4.0, 2.0]


# perturbation confusion: an engine that marks "the variable" by a flag mixes up x and y
D = {"grad": grad, "jvp": speed, "vjp": slope}


@pytest.mark.parametrize("inner", D)
@pytest.mark.parametrize("outer", D)
def test_perturbation_confusion(outer, inner):
    outer, inner = D[outer], D[inner]
    assert outer(lambda x: x * inner(lambda y: x + y)(1.0))(1.0) == 1.0
    assert outer(lambda x: x * inner(lambda y: x * y)(2.0))(3.0) == 6.0
    assert outer(lambda x: inner(lambda y: x)(1.0) + x)(2.0) == 1.0
    assert outer(lambda x: x * inner(lambda y: y * y)(x))(3.0) == 12.0
    assert outer(lambda x: inner(lambda y: x * y * y)(x))(3.0) == 12.0  # 2x²
    assert outer(lambda x: inner(lambda y: inner(lambda z: x * y * y * z)(1.0))(x))(3.0) == 12.0
    assert outer(lambda x: inner(lambda x: x * x)(x) * x)(3.0) == 12.0  # the same name


@pytest.mark.parametrize("inner", D)
@pytest.mark.parametrize("outer", D)
def test_perturbation_confusion_by_a_curried_shift(outer, inner):
    """Manzyuk et al., "Perturbation confusion in forward differentiation of higher-order functions"."""
    outer, inner = D[outer], D[inner]

    def shift(offset):
        return lambda f: lambda x: f(x + offset)

    def curried(offset):
        return inner(shift(offset)(lambda x: x**3))(2.0)

    assert outer(curried)(1.0) == 6 * 3.0  # d/ds 3 (2 + s)²


@pytest.mark.parametrize("inner", D)
@pytest.mark.parametrize("outer", D)
def test_closures(outer, inner):
    outer, inner = D[outer], D[inner]
    assert outer(lambda w: inner(lambda x: w * x * x)(3.0))(2.0) == 6.0
    assert outer(lambda w: inner(lambda x: sin(w * 2) * x * x)(3.0))(2.0) == pytest.approx(12 * math.cos(4))

    def deep(w):
        v = w * 2  # made before the inner variable
        return inner(lambda x: v * x + (lambda u: u * x * x)(v + w))(3.0)  # 2w + 6·3w

    assert outer(deep)(2.0) == 20.0


def test_closures_over_arrays():
    a = np.arange(6.0).reshape(2, 3) / 7
    b = np.arange(12.0).reshape(3, 4) / 5

    def loss(w):
        return autodiff.sum(grad(lambda x: autodiff.sum(tanh(matmul(x, w))))(a))

    h = 1e-6
    numeric = np.zeros_like(b)
    for index in np.ndindex(b.shape):
        step = np.zeros_like(b)
        step[index] = h
        numeric[index] = (loss(b + step) - loss(b - step)) / (2 * h)
    np.testing.assert_allclose(grad(loss)(b), numeric, rtol=1e-6, atol=1e-8)
    v = np.cos(b)
    assert jvp(loss, (b,), (v,))[1] == pytest.approx((numeric * v).sum(), rel=1e-6)


def test_hessian_vector_products_agree_in_every_mixture():
    a = np.arange(6.0).reshape(2, 3) / 7
    b = np.arange(12.0).reshape(3, 4) / 5
    v = np.cos(a)

    def f(x):
        return autodiff.sum(tanh(matmul(x, b)))

    t = np.tanh(a @ b)
    want = (-2 * t * (1 - t * t) * (v @ b)) @ b.T
    found = {
        "hvp": hvp(f, (a,), (v,))[0],
        "forward over reverse": jvp(grad(f), (a,), (v,))[1],
        "reverse over reverse": grad(lambda x: autodiff.sum(grad(f)(x) * v))(a),
        "reverse over forward": grad(lambda x: jvp(f, (x,), (v,))[1])(a),
        "vjp of grad": vjp(grad(f), a)[1](v)[0],
    }
    for name, product in found.items():
        np.testing.assert_allclose(product, want, rtol=1e-12, err_msg=name)
    # forward over forward gives vᵀHu
    u = np.sin(a + 1)
    twice = jvp(lambda x: jvp(f, (x,), (v,))[1], (a,), (u,))[1]
    assert twice == pytest.approx((want * u).sum())


def test_derivatives_with_respect_to_tangents_and_cotangents():
    assert grad(lambda t: jvp(xsinx, (A7,), (t,))[1])(1.0) == pytest.approx(XSINX[1])
    assert grad(lambda t: vjp(xsinx, A7)[1](t)[0])(1.0) == pytest.approx(XSINX[1])
    assert jvp(lambda t: vjp(xsinx, A7)[1](t)[0], (2.0,), (3.0,)) == pytest.approx(
        (2 * XSINX[1], 3 * XSINX[1])
    )
    assert grad(lambda x: jvp(xsinx, (x,), (x,))[1])(A7) == pytest.approx(XSINX[1] + A7 * XSINX[2])
    a = np.array([1.0, 2.0])
    g = grad(lambda v: (hvp(lambda x: (x**3).sum(), (a,), (v,))[0] * v).sum())(np.ones(2))
    np.testing.assert_allclose(g, 2 * 6 * a)


def test_a_vjp_function_used_inside_another_derivative():
    _, pull = vjp(lambda x: x * x, 3.0)
    assert grad(lambda t: pull(t)[0] * t)(2.0) == 24.0  # 6 t²
    assert pull(1.0) == (6.0,)


def test_broadcasting_and_second_order():
    a = np.arange(6.0).reshape(2, 3) / 7
    b = np.ones((1, 3))
    np.testing.assert_allclose(
        grad(lambda b: autodiff.sum(sin(a + b)))(b), np.cos(a + 1).sum(0, keepdims=True)
    )
    second = grad(lambda b: autodiff.sum(grad(lambda c: autodiff.sum(sin(a * c)))(b)))(b)
    np.testing.assert_allclose(second, (-a * a * np.sin(a)).sum(0, keepdims=True))


def test_numbers_and_arrays_mixed_in_second_order():
    assert grad(grad(lambda x: autodiff.sum(x * Tensor([1.0, 2.0]) * x)))(2.0) == 6.0
    assert grad(grad(lambda x: (np.array([1.0, 2.0]) * x**3).sum()))(2.0) == 36.0


# ---- Python in between ---------------------------------------------------------------------------------
def test_through_a_loop():
    def newton(a):
        x = a
        for _ in range(20):
            x = (x + a / x) / 2
        return x  # sqrt(a)

    assert newton(2.0) == pytest.approx(math.sqrt(2.0))
    assert grad(newton)(2.0) == pytest.approx(0.5 / math.sqrt(2.0))
    assert grad(grad(newton))(2.0) == pytest.approx(-0.25 * 2.0**-1.5)
    assert jvp(newton, (2.0,), (1.0,))[1] == pytest.approx(0.5 / math.sqrt(2.0))


def test_through_a_loop_that_ends_by_a_value():
    def f(x):
        n = 0
        while x < 100:
            x = x * x
            n += 1
        return x * n

    assert grad(f)(2.0) == 3 * 8 * 2.0**7
    assert grad(grad(f))(2.0) == 3 * 56 * 2.0**6


def test_through_recursion():
    def power(x, n):
        if n == 0:
            return 1.0
        half = power(x, n // 2)
        return half * half * x if n % 2 else half * half

    assert grad(power)(1.5, 13) == pytest.approx(13 * 1.5**12)
    assert grad(grad(power))(1.5, 13) == pytest.approx(13 * 12 * 1.5**11)
    assert grad(power)(1.5, 0) == 0.0


def test_a_derivative_that_calls_itself():
    def f(x, depth):
        return x * x if depth == 0 else grad(lambda y: f(y, depth - 1) * y)(x)

    # (y·y²)' = 3x², (y·3y²)' = 9x², (y·9y²)' = 27x²
    assert f(2.0, 3) == 27 * 4.0
    assert grad(f)(2.0, 3) == 54 * 2.0


def test_through_branches():
    def f(x):
        if x > 0:
            return x * x
        if x == 0:
            return x
        return -x * 3

    assert [grad(f)(x) for x in (2.0, 0.0, -1.0)] == [4.0, 1.0, -3.0]
    assert [grad(lambda x: max(x, 1.0) * 2 if x else x)(v) for v in (3.0, 0.5)] == [2.0, 0.0]
    assert grad(lambda x: sorted([3 - x, x])[1] * 2)(1.0) == -2.0


def test_generators_and_comprehensions():
    assert grad(lambda x: sum(x**k / math.factorial(k) for k in range(30)))(1.5) == pytest.approx(
        math.exp(1.5)
    )
    assert grad(lambda x: math.prod([x] * 4))(2.0) == 32.0


def test_an_exception_inside_leaves_no_state():
    w = Value(2.0)

    def bad(x):
        y = x * w
        raise KeyError(y.data)

    for transform in (
        lambda: grad(bad)(3.0),
        lambda: vjp(bad, 3.0),
        lambda: jvp(bad, (3.0,), (1.0,)),
        lambda: hvp(bad, (3.0,), (1.0,)),
        lambda: grad(lambda x: x * grad(bad)(x))(3.0),
        lambda: grad(lambda x: jvp(bad, (x,), (1.0,))[1])(3.0),
    ):
        with pytest.raises(KeyError) as error:
            transform()
        assert error.value.args == (6.0,)
    assert not w.has_grad
    assert grad(lambda x: x * x)(3.0) == 6.0
    assert type(grad(lambda x: x * x)(3.0)) is float


def test_an_exception_may_be_caught_inside():
    def f(x):
        try:
            y = x * 0
            return 1 / y
        except ZeroDivisionError:
            return x * x

    assert grad(f)(3.0) == 6.0
    assert grad(lambda x: grad(f)(x) * x)(3.0) == 12.0


def test_a_function_that_writes_outside():
    seen = []

    def f(x):
        seen.append(x * 2)
        return x * x

    assert grad(f)(3.0) == 6.0
    assert seen[0].data == 6.0  # what leaked out is a node of that call, and harms nothing
    assert grad(lambda x: x * seen[0].detach())(2.0) == 6.0


def test_backward_inside_a_function():
    def f(x):
        v = Value(x.data)
        (v * v).backward()
        return x * v.grad

    assert grad(f)(3.0) == 6.0
    w = Value(3.0)

    def g(x):
        y = w * w * x.detach()
        y.backward()
        return x * w.grad

    assert float(plain(grad(g)(2.0))) == 12.0


# ---- under no_grad -------------------------------------------------------------------------------------
def test_transforms_record_for_themselves_under_no_grad():
    w = Value(2.0)
    with no_grad():
        results = [
            grad(lambda x: x**3)(2.0),
            grad(grad(lambda x: x**3))(2.0),
            jvp(lambda x: x**3, (2.0,), (1.0,))[1],
            jvp(grad(lambda x: x**3), (2.0,), (1.0,))[1],
            vjp(lambda x: x**3, 2.0)[1](1.0)[0],
            hvp(lambda x: x**3, (2.0,), (1.0,))[0],
            grad(lambda x: w * x * x)(3.0),
        ]
    assert [float(plain(r)) for r in results] == [12.0, 12.0, 12.0, 12.0, 12.0, 12.0, 12.0]
    assert not getattr(results[-1], "requires_grad", False)  # w was not to be recorded


def test_no_grad_inside_a_function_cuts():
    def f(x):
        with no_grad():
            y = x * x
        return y * x

    assert grad(f)(3.0) == 9.0
    assert jvp(f, (3.0,), (1.0,))[1] == 9.0
    assert grad(no_grad()(lambda x: x * x))(3.0) == 0.0


def test_under_no_grad_values_that_require_grad_are_constants():
    x = Value(3.0)
    with no_grad():
        g = grad(lambda y: y * y)(x)
    assert type(g) is Value
    assert not g.requires_grad
    assert g.data == 6.0


def test_a_number_moves_along_a_tensor_without_axes():
    """A direction may be an element of what is differentiated outside."""
    t = np.array([5.0])
    along = grad(lambda t: jvp(lambda x: x**3, (2.0,), (t[0],))[1])
    back = grad(lambda t: vjp(lambda x: x**3, 2.0)[1](t[0])[0])
    assert along(t) == back(t) == 12.0
