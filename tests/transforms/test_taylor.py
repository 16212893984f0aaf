"""taylor: against SymPy's series and closed forms."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy

import autodiff
from autodiff import Tensor, Value, cos, exp, grad, log, root, sin, sqrt, tanh, taylor

T = sympy.Symbol("t")
FUNCTIONS = {  # name: ours, SymPy's, where
    "exp": (autodiff.exp, sympy.exp, 0.3),
    "expm1": (autodiff.expm1, lambda t: sympy.exp(t) - 1, 0.3),
    "log": (autodiff.log, sympy.log, 1.2),
    "log1p": (autodiff.log1p, lambda t: sympy.log(1 + t), 0.2),
    "log2": (autodiff.log2, lambda t: sympy.log(t, 2), 1.2),
    "log10": (autodiff.log10, lambda t: sympy.log(t, 10), 1.2),
    "sqrt": (autodiff.sqrt, sympy.sqrt, 1.3),
    "cbrt": (autodiff.cbrt, lambda t: t ** sympy.Rational(1, 3), 1.3),
    "sin": (autodiff.sin, sympy.sin, 0.4),
    "cos": (autodiff.cos, sympy.cos, 0.4),
    "tan": (autodiff.tan, sympy.tan, 0.4),
    "arcsin": (autodiff.arcsin, sympy.asin, 0.3),
    "arccos": (autodiff.arccos, sympy.acos, 0.3),
    "arctan": (autodiff.arctan, sympy.atan, 0.3),
    "sinh": (autodiff.sinh, sympy.sinh, 0.4),
    "cosh": (autodiff.cosh, sympy.cosh, 0.4),
    "tanh": (autodiff.tanh, sympy.tanh, 0.4),
    "arcsinh": (autodiff.arcsinh, sympy.asinh, 0.4),
    "arccosh": (autodiff.arccosh, sympy.acosh, 1.7),
    "arctanh": (autodiff.arctanh, sympy.atanh, 0.3),
    "erf": (autodiff.erf, sympy.erf, 0.3),
    "sigmoid": (autodiff.sigmoid, lambda t: 1 / (1 + sympy.exp(-t)), 0.3),
    "softplus": (autodiff.softplus, lambda t: sympy.log(1 + sympy.exp(t)), 0.3),
    "reciprocal": (autodiff.reciprocal, lambda t: 1 / t, 1.4),
    "square": (autodiff.square, lambda t: t**2, 1.4),
    "real power": (lambda x: x**2.5, lambda t: t ** sympy.Rational(5, 2), 1.4),
    "negative power": (lambda x: x**-3, lambda t: t**-3, 1.4),
    "whole power": (lambda x: (x - 1) ** 7, lambda t: (t - 1) ** 7, 1.0),
    "exponential": (lambda x: 1.5**x, lambda t: sympy.Rational(3, 2) ** t, 0.3),
    "x to the x": (lambda x: x**x, lambda t: t**t, 1.2),
    "hypot": (lambda x: autodiff.hypot(x, 2.0), lambda t: sympy.sqrt(t**2 + 4), 0.7),
    "arctan2": (lambda x: autodiff.arctan2(x, 2 + x), lambda t: sympy.atan(t / (2 + t)), 0.3),
    "logaddexp": (lambda x: autodiff.logaddexp(x, 1.0), lambda t: sympy.log(sympy.exp(t) + sympy.E), 0.3),
    "quotient": (lambda x: sin(x) / (1 + x * x) - x, lambda t: sympy.sin(t) / (1 + t**2) - t, 0.3),
    "nested": (lambda x: exp(sin(x)) * sqrt(x), lambda t: sympy.exp(sympy.sin(t)) * sympy.sqrt(t), 0.8),
    "abs": (lambda x: abs(x - 2) * x, lambda t: (2 - t) * t, 0.3),
    "maximum": (lambda x: autodiff.maximum(x * x, 0.1), lambda t: t**2, 0.8),
}


def series(f, at, order):
    """Taylor coefficients by SymPy, in 40 digits: the derivatives one after the other."""
    point = sympy.Rational(at)
    expression, found = f(T), []
    for k in range(order + 1):
        found.append(float(sympy.N(expression.subs(T, point), 40) / math.factorial(k)))
        expression = sympy.diff(expression, T)
    return found


@pytest.mark.parametrize("name", FUNCTIONS)
def test_against_sympy(name):
    ours, theirs, at = FUNCTIONS[name]
    got, want = taylor(ours, at, 6), series(theirs, at, 6)
    assert [type(c) for c in got] == [float] * 7
    np.testing.assert_allclose(got, want, rtol=1e-11, atol=1e-14)
    array = taylor(ours, np.array([at, at]), 6)
    np.testing.assert_allclose(np.stack(array), np.stack([want, want], axis=1), rtol=1e-11, atol=1e-14)


CLOSED = {  # f, where, coefficient k
    "exp": (exp, 0.5, lambda k: math.exp(0.5) / math.factorial(k)),
    "log": (log, 2.0, lambda k: (-1) ** (k + 1) / (k * 2.0**k) if k else math.log(2)),
    "sin": (sin, 0.7, lambda k: math.sin(0.7 + k * math.pi / 2) / math.factorial(k)),
    "cos": (cos, 0.7, lambda k: math.cos(0.7 + k * math.pi / 2) / math.factorial(k)),
    "geometric": (lambda x: 1 / (1 - x), 0.5, lambda k: 2.0 ** (k + 1)),
    "binomial": (lambda x: (1 + x) ** 30, 0.0, lambda k: math.comb(30, k)),
    "square root": (
        lambda x: sqrt(1 + x), 0.0, lambda k: math.comb(2 * k, k) * (-1) ** (k + 1) / (4**k * (2 * k - 1)),
    ),
    "arctan": (lambda x: autodiff.arctan(x), 0.0, lambda k: (-1) ** (k // 2) / k if k % 2 else 0.0),
    "polynomial": (lambda x: x**3 * x + 2 * x, 0.0, lambda k: {1: 2, 4: 1}.get(k, 0)),
    "Fibonacci": (lambda x: x / (1 - x - x * x), 0.0, lambda k: round(((1 + 5**0.5) / 2) ** k / 5**0.5)),
    "sum of many": (lambda x: sum(x**k for k in range(25)), 0.0, lambda k: 1.0),
}  # fmt: skip


@pytest.mark.parametrize("name", CLOSED)
def test_closed_forms_to_order_twenty(name):
    f, at, coefficient = CLOSED[name]
    want = [coefficient(k) for k in range(21)]
    np.testing.assert_allclose(taylor(f, at, 20), want, rtol=1e-11, atol=1e-15)


def test_tan_has_bernoullis_numbers():
    got = taylor(autodiff.tan, 0.0, 20)
    for k in range(1, 11):
        bernoulli = sympy.bernoulli(2 * k)
        want = (-1) ** (k - 1) * 4**k * (4**k - 1) * bernoulli / sympy.factorial(2 * k)
        assert got[2 * k - 1] == pytest.approx(float(want), rel=1e-12) and got[2 * k] == 0


def test_fractions_stay_exact():
    got = taylor(lambda x: 1 / (1 - x), Value(Fraction(1, 3)), 5)
    assert [c.data for c in got] == [Fraction(3, 2) ** (k + 1) for k in range(6)]


def test_complex_numbers():
    np.testing.assert_allclose(
        taylor(exp, 1j, 5), [np.exp(1j) / math.factorial(k) for k in range(6)], rtol=1e-14
    )


# ---- forms -----------------------------------------------------------------------------------------------
def test_kinds_and_small_orders():
    assert taylor(lambda x: x * x, 3, 0) == [9.0]
    assert taylor(lambda x: x * x, 3.0, 1) == [9.0, 6.0]
    assert taylor(lambda x: x, 3.0, 2) == [3.0, 1.0, 0.0]
    assert taylor(lambda x: 5.0, 3.0, 2) == [5.0, 0.0, 0.0]
    assert taylor(lambda x: x.detach(), 3.0, 2) == [3.0, 0.0, 0.0]
    assert [type(c) for c in taylor(sin, Value(0.3), 2)] == [Value] * 3
    out = taylor(lambda x: tanh(x) + np.zeros((2, 1)), Tensor(np.array([0.1, 0.2, 0.3], np.float32)), 3)
    assert [(type(c), c.shape) for c in out] == [(Tensor, (2, 3))] * 4


def test_coefficients_can_be_differentiated():
    assert grad(lambda x: taylor(sin, x, 3)[2])(0.5) == pytest.approx(-math.cos(0.5) / 2)
    assert grad(lambda x: taylor(lambda y: exp(x * y), 0.0, 3)[3])(2.0) == pytest.approx(2.0)  # x³/6
    x = Value(0.5)
    taylor(lambda x: 1 / (1 + x), x, 4)[4].backward()
    assert x.grad == pytest.approx(-5 / 1.5**6)


def test_a_long_program():
    def f(x):
        for _ in range(2000):
            x = x + 0.001 * sin(x)
        return x

    got = taylor(f, 0.5, 2)
    assert got[1] == pytest.approx(grad(f)(0.5)) and 2 * got[2] == pytest.approx(grad(grad(f))(0.5))


def test_the_work_is_quadratic_in_the_order():
    """Counted: the products of coefficients in a program of many rows."""

    class Counted(float):
        products = 0

        def __mul__(self, other):
            Counted.products += 1
            return Counted(float(self) * float(other))

        def __add__(self, other):
            return Counted(float(self) + float(other))

        def __truediv__(self, other):
            return Counted(float(self) / float(other))

        def __sub__(self, other):
            return Counted(float(self) - float(other))

        def __rtruediv__(self, other):
            return Counted(float(other) / float(self))

        __rmul__, __radd__ = __mul__, __add__

    def f(x):
        x = x * x + 1.0
        x = x.exp() / (x + 2.0)
        return (x.sin() * x.tanh()).sqrt() ** 1.5

    counts = []
    for order in (10, 20, 40):
        Counted.products = 0
        taylor(f, Counted(0.3), order)
        counts.append(Counted.products)
    assert counts[0] > 300
    assert counts[1] < 4.5 * counts[0] and counts[2] < 4.5 * counts[1]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((sin, 0.5, -1), ValueError, "order is 0 or more"),
        ((sin, 0.5, 1.5), TypeError, "order is a whole number"),
        ((sin, 0.5, True), TypeError, "order is a whole number"),
        ((sin, "x", 2), TypeError, "derivatives are taken of numbers"),
        ((lambda x: [x, x], 0.5, 2), TypeError, "one number or array"),
        ((lambda x: x["a"], {"a": 1.0, "b": 2.0}, 2), TypeError, "one number or array"),
        ((lambda a: root(lambda x, a: x * x - a)(1.0, a), 4.0, 2), NotImplementedError, "no power series"),
        ((sqrt, 0.0, 2), ZeroDivisionError, "the derivative of sqrt"),
    ],
)
def test_what_it_refuses(arguments, error, message):
    with pytest.raises(error, match=message):
        taylor(*arguments)
