"""Value: one number that remembers how it was computed, against Python's own arithmetic and closed forms."""

from __future__ import annotations

import cmath
import copy
import math
import operator
import pickle
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import autodiff
from autodiff import Tensor, Value, grad, gradients, jvp, no_grad, trace_lines, value_and_grad


def plain(x):
    return x.data if isinstance(x, Value) else x


def same(a, b) -> bool:
    return type(a) is type(b) and (a == b or (a != a and b != b))


# ---- making one ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("data", "want"),
    [
        (3, 3.0),
        (True, 1.0),
        (2.5, 2.5),
        (1 + 2j, 1 + 2j),
        (Fraction(1, 3), Fraction(1, 3)),
        (Decimal("0.1"), Decimal("0.1")),
        (np.float64(2.5), 2.5),
        (np.float32(0.5), 0.5),
        (np.int64(3), 3.0),
        (np.complex128(1 + 2j), 1 + 2j),
        (np.array(4.0), 4.0),
        (np.array(4), 4.0),
        (10**30, 1e30),
    ],
)
def test_what_a_value_holds(data, want):
    assert same(Value(data).data, want)


@pytest.mark.parametrize("data", ["1", None, [1.0], (1.0,), np.ones(1), np.ones(2), object(), {}, b"1"])
def test_what_a_value_does_not_hold(data):
    with pytest.raises(TypeError, match="one number"):
        Value(data)


def test_a_value_requires_grad_unless_told_otherwise():
    assert Value(1.0).requires_grad
    assert not Value(1.0, requires_grad=False).requires_grad


def test_the_gradient_of_an_integer_is_a_float():
    assert same(grad(lambda x: x * x)(3), 6.0)
    assert same(grad(lambda x: x)(3), 1.0)
    assert same(grad(lambda x: 7)(3), 0.0)
    x = Value(3)
    (x**2).backward()
    assert same(x.grad, 6.0)


# ---- operators -----------------------------------------------------------------------------------------
def log(x):
    return cmath.log(x) if isinstance(x, complex) else math.log(x)


# the operator, and both its derivatives
BINARY = {
    "add": (operator.add, lambda x, y: 1, lambda x, y: 1),
    "sub": (operator.sub, lambda x, y: 1, lambda x, y: -1),
    "mul": (operator.mul, lambda x, y: y, lambda x, y: x),
    "truediv": (operator.truediv, lambda x, y: 1 / y, lambda x, y: -x / (y * y)),
    "pow": (operator.pow, lambda x, y: y * x ** (y - 1), lambda x, y: x**y * log(x)),
    "mod": (operator.mod, lambda x, y: 1, lambda x, y: -(x // y)),
}
OTHERS = {
    "int": 3,
    "bool": True,
    "float": 2.5,
    "float64": np.float64(2.5),
    "float32": np.float32(2.25),
    "int64": np.int64(3),
    "int32": np.int32(3),
    "Fraction": Fraction(5, 4),
    "complex": 0.5 + 2j,
    "complex128": np.complex128(0.5 + 2j),
}


def near(a, b) -> bool:
    return a == pytest.approx(b, rel=1e-14) if isinstance(b, float) else abs(a - b) <= 1e-14 * abs(b)


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("name", BINARY)
def test_operators_with_a_number_on_either_side(name, other):
    f, along_x, along_y = BINARY[name]
    b = OTHERS[other]
    number = b.item() if isinstance(b, np.generic) else b
    if name == "mod" and isinstance(number, complex):
        with pytest.raises(TypeError, match="remainder"):
            Value(1.75) % b
        return
    for a in (1.75, 0.5 + 1j) if name != "mod" else (1.75,):
        x = Value(a)
        y = f(x, b)
        assert type(y) is Value
        assert near(y.data, f(a, number))
        assert type(y.data) is type(f(a, number))
        (g,) = gradients(y, [x], gradient=type(y.data)(1))
        want = along_x(a, number)
        assert near(g, want if isinstance(a, complex) else complex(want).real)
        assert type(g) is type(a)

        y = f(b, x)  # reflected
        assert type(y) is Value
        assert near(y.data, f(number, a))
        (g,) = gradients(y, [x], gradient=type(y.data)(1))
        want = along_y(number, a)
        assert near(g, want if isinstance(a, complex) else complex(want).real)


@pytest.mark.parametrize("name", BINARY)
def test_operators_on_two_values(name):
    f, along_x, along_y = BINARY[name]
    x, y = Value(2.5), Value(0.75)
    out = f(x, y)
    out.backward()
    assert same(out.data, f(2.5, 0.75))
    assert (x.grad, y.grad) == pytest.approx((along_x(2.5, 0.75), along_y(2.5, 0.75)), rel=1e-14)
    x.zero_grad()
    f(x, x).backward()  # the same node on both sides: the two parts add
    assert x.grad == pytest.approx(along_x(2.5, 2.5) + along_y(2.5, 2.5), rel=1e-14)


@pytest.mark.parametrize("symbol", ["+=", "-=", "*=", "/=", "**=", "%="])
def test_augmented_assignment_makes_a_new_node(symbol):
    x = Value(2.5)
    scope = {"y": x}
    exec(f"y {symbol} 2.0", scope)
    assert scope["y"] is not x
    assert x.data == 2.5
    assert scope["y"].data == eval(f"2.5 {symbol[:-1]} 2.0")
    scope["y"].backward()
    assert x.has_grad


@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (operator.neg, -1.0),
        (operator.pos, 1.0),
        (abs, -1.0),
    ],
)
def test_unary_operators(f, slope):
    x = Value(-2.5)
    y = f(x)
    y.backward()
    assert same(y.data, f(-2.5))
    assert same(x.grad, slope)


def test_abs_and_relu_have_slope_zero_at_the_kink():
    assert grad(abs)(0.0) == 0.0
    assert grad(lambda x: x.relu())(0.0) == 0.0
    assert grad(abs)(-0.0) == 0.0


def test_a_tie_of_maximum_is_shared():
    x, y = Value(2.0), Value(2.0)
    x.maximum(y).backward()
    assert (x.grad, y.grad) == (0.5, 0.5)
    assert grad(lambda x: x.maximum(x))(2.0) == 1.0
    assert grad(lambda x: x.minimum(2.0))(2.0) == 0.5


@pytest.mark.parametrize("f", [operator.floordiv, divmod, operator.mod])
@pytest.mark.parametrize(("a", "b"), [(7.5, 2.0), (-7.5, 2.0), (7.5, -2.0), (6.0, 3.0)])
def test_floor_division(f, a, b):
    want = f(a, b)

    def parts(result):
        return tuple(map(plain, result)) if isinstance(result, tuple) else plain(result)

    assert parts(f(Value(a), Value(b))) == want
    assert parts(f(Value(a), b)) == want
    assert parts(f(a, Value(b))) == want
    assert parts(f(np.float64(a), Value(b))) == want
    assert parts(f(Value(a), np.float64(b))) == want
    assert parts(f(Value(a), int(b))) == f(a, int(b))


def test_divmod_has_the_derivatives_of_its_remainder():
    x, y = Value(7.5), Value(2.0)
    quotient, rest = divmod(x, y)
    assert not getattr(quotient, "requires_grad", False)
    rest.backward()
    assert (x.grad, y.grad) == (1.0, -3.0)


def test_floor_division_gives_the_same_kind_on_both_sides():
    assert type(7.0 // Value(2.0)) is type(Value(7.0) // 2.0) is type(Value(7.0) // Value(2.0))
    assert [type(q) for q in divmod(7.0, Value(2.0))] == [type(q) for q in divmod(Value(7.0), 2.0)]


@pytest.mark.parametrize("digits", [0, 1, 2, -1])
@pytest.mark.parametrize("a", [2.675, -2.5, 12.345, 0.5])
def test_round(a, digits):
    assert plain(round(Value(a), digits)) == round(a, digits)
    assert plain(round(Value(a))) == round(a)
    assert grad(lambda x: x + round(x, digits))(a) == 1.0


COMPARISONS = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]


@pytest.mark.parametrize("f", COMPARISONS)
@pytest.mark.parametrize("b", [1.0, 2, 3.5, np.float64(2.0), np.int64(3), Fraction(2), True])
def test_comparisons_are_plain(f, b):
    want = bool(f(2.0, b))
    x = Value(2.0)
    number = b.item() if isinstance(b, np.generic) else b
    assert f(x, b) is want
    assert bool(plain(f(b, x))) is bool(f(b, 2.0))
    assert f(x, Value(number)) is want


def test_comparison_with_what_is_no_number():
    x = Value(2.0)
    assert (x == None) is False  # noqa: E711
    assert (x != "a") is True
    for f in (operator.lt, operator.ge):
        with pytest.raises(TypeError):
            f(x, "a")
    assert [x, Value(2.0)].index(2.0) == 0


def test_truth_is_that_of_the_number():
    assert not Value(0.0)
    assert Value(0.1)
    x = Value(-3.0)
    y = x * x if x < 0 else x
    y.backward()
    assert x.grad == -6.0


@pytest.mark.parametrize(
    "f", [operator.add, operator.mul, operator.sub, operator.truediv, operator.pow, operator.mod]
)
@pytest.mark.parametrize("other", ["a", None, [1.0], (1.0,), {}, {1.0}, object(), print])
def test_operators_with_what_is_no_number(f, other):
    x = Value(2.0)
    with pytest.raises(TypeError):
        f(x, other)
    if not (f is operator.mod and other == "a"):  # "a" % x is formatting
        with pytest.raises(TypeError):
            f(other, x)


# ---- powers --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("a", "b"), [(2.0, 3.0), (0.5, -1.5), (3.0, 0.0), (1.0, 7.0), (2.5, 0.5)])
def test_power_is_active_in_both_operands(a, b):
    x, y = Value(a), Value(b)
    (x**y).backward()
    assert x.grad == pytest.approx(b * a ** (b - 1))
    assert y.grad == pytest.approx(a**b * math.log(a))
    assert grad(lambda x: x**x)(a) == pytest.approx(a**a * (math.log(a) + 1))
    mixed = grad(lambda x: grad(lambda y: x**y)(b))(a)
    assert mixed == pytest.approx(a ** (b - 1) * (b * math.log(a) + 1))


@pytest.mark.parametrize("n", [-3, -2, -1, 0, 1, 2, 3, 4])
def test_integer_powers_of_negative_numbers(n):
    assert grad(lambda x: x**n)(-1.5) == pytest.approx(n * (-1.5) ** (n - 1))
    assert grad(grad(lambda x: x**n))(-1.5) == pytest.approx(n * (n - 1) * (-1.5) ** (n - 2))


def test_powers_at_zero():
    assert [grad(lambda x, n=n: x**n)(0.0) for n in (0, 1, 2, 3)] == [0.0, 1.0, 0.0, 0.0]
    assert [grad(grad(lambda x, n=n: x**n))(0.0) for n in (0, 1, 2, 3)] == [0.0, 0.0, 2.0, 0.0]
    assert grad(grad(grad(lambda x: x**3)))(0.0) == 6.0
    assert grad(lambda y: 0.0**y)(2.0) == 0.0
    with pytest.raises(ZeroDivisionError, match="power"):
        grad(lambda x: x**0.5)(0.0)


# ---- functions -----------------------------------------------------------------------------------------
def stable_sigmoid(x):
    return 1 / (1 + math.exp(-x))


# name: (function of one number, its derivative, points)
FUNCTIONS = {
    "exp": (math.exp, math.exp, (-1.5, 0.0, 2.0)),
    "expm1": (math.expm1, math.exp, (-1.5, 1e-9, 2.0)),
    "log": (math.log, lambda x: 1 / x, (0.3, 1.0, 20.0)),
    "log1p": (math.log1p, lambda x: 1 / (1 + x), (-0.5, 1e-9, 3.0)),
    "log2": (math.log2, lambda x: 1 / (x * math.log(2)), (0.3, 8.0)),
    "log10": (math.log10, lambda x: 1 / (x * math.log(10)), (0.3, 100.0)),
    "sqrt": (math.sqrt, lambda x: 0.5 / math.sqrt(x), (0.25, 2.0)),
    "cbrt": (math.cbrt, lambda x: 1 / (3 * math.cbrt(x) ** 2), (-8.0, 0.3, 27.0)),
    "sin": (math.sin, math.cos, (-2.0, 0.0, 0.7)),
    "cos": (math.cos, lambda x: -math.sin(x), (-2.0, 0.0, 0.7)),
    "tan": (math.tan, lambda x: 1 / math.cos(x) ** 2, (-1.0, 0.0, 0.7)),
    "arcsin": (math.asin, lambda x: 1 / math.sqrt(1 - x * x), (-0.5, 0.0, 0.9)),
    "arccos": (math.acos, lambda x: -1 / math.sqrt(1 - x * x), (-0.5, 0.0, 0.9)),
    "arctan": (math.atan, lambda x: 1 / (1 + x * x), (-3.0, 0.0, 0.9)),
    "sinh": (math.sinh, math.cosh, (-2.0, 0.0, 0.7)),
    "cosh": (math.cosh, math.sinh, (-2.0, 0.0, 0.7)),
    "tanh": (math.tanh, lambda x: 1 / math.cosh(x) ** 2, (-2.0, 0.0, 0.7)),
    "arcsinh": (math.asinh, lambda x: 1 / math.sqrt(x * x + 1), (-2.0, 0.0, 0.7)),
    "arccosh": (math.acosh, lambda x: 1 / math.sqrt(x * x - 1), (1.5, 4.0)),
    "arctanh": (math.atanh, lambda x: 1 / (1 - x * x), (-0.5, 0.0, 0.9)),
    "sigmoid": (stable_sigmoid, lambda x: stable_sigmoid(x) * stable_sigmoid(-x), (-3.0, 0.0, 2.0)),
    "relu": (lambda x: max(x, 0.0), lambda x: float(x > 0), (-3.0, 2.0)),
    "softplus": (lambda x: math.log(1 + math.exp(x)), stable_sigmoid, (-3.0, 0.0, 2.0)),
    "erf": (math.erf, lambda x: 2 / math.sqrt(math.pi) * math.exp(-x * x), (-1.0, 0.0, 0.4)),
}
PAIRS = {
    "arctan2": (math.atan2, lambda y, x: x / (x * x + y * y), lambda y, x: -y / (x * x + y * y)),
    "hypot": (math.hypot, lambda x, y: x / math.hypot(x, y), lambda x, y: y / math.hypot(x, y)),
    "maximum": (max, lambda x, y: float(x > y), lambda x, y: float(y > x)),
    "minimum": (min, lambda x, y: float(x < y), lambda x, y: float(y < x)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_in_every_form(name):
    f, slope, points = FUNCTIONS[name]
    forms = [lambda x: getattr(x, name)(), getattr(autodiff, name), getattr(autodiff.numpy, name)]
    if hasattr(np, name):
        forms.append(getattr(np, name))
    assert len(forms) == 4 or name in ("sigmoid", "relu", "softplus", "erf")
    for a in points:
        for form in forms:
            x = Value(a)
            y = form(x)
            y.backward()
            assert type(y) is Value
            assert type(y.data) is float
            assert y.data == pytest.approx(f(a), rel=1e-13)
            assert x.grad == pytest.approx(slope(a), rel=1e-12)
            assert type(x.grad) is float
            assert jvp(form, (Value(a),), (2.0,))[1].data == pytest.approx(2 * slope(a), rel=1e-12)
        assert getattr(autodiff, name)(a) == pytest.approx(f(a), rel=1e-13)
        assert not isinstance(getattr(autodiff, name)(a), Value)  # of a plain number, a plain number


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize(("a", "b"), [(1.5, 0.5), (-1.5, 0.5), (0.5, -2.5), (-1.0, -3.0), (0.0, 2.0)])
def test_functions_of_two_in_every_form(name, a, b):
    f, along_first, along_second = PAIRS[name]
    for form in (lambda x, y: getattr(x, name)(y), getattr(autodiff, name), getattr(np, name)):
        x, y = Value(a), Value(b)
        out = form(x, y)
        out.backward()
        assert type(out) is Value
        assert out.data == pytest.approx(f(a, b), rel=1e-14)
        assert (x.grad, y.grad) == pytest.approx((along_first(a, b), along_second(a, b)), rel=1e-13)
        assert grad(lambda x, form=form: form(x, Value(b)))(a) == pytest.approx(along_first(a, b), rel=1e-13)
    for form in (getattr(autodiff, name), getattr(np, name)):  # a plain number on either side
        assert grad(lambda x, form=form: form(x, b))(a) == pytest.approx(along_first(a, b), rel=1e-13)
        assert grad(lambda y, form=form: form(a, y))(b) == pytest.approx(along_second(a, b), rel=1e-13)


@pytest.mark.parametrize(
    "name", ["add", "subtract", "multiply", "divide", "power", "mod", "remainder", "negative"]
)
def test_numpy_arithmetic_takes_values(name):
    f = getattr(np, name)
    many = f.nin == 2
    x = Value(2.5)
    y = f(x, 1.5) if many else f(x)
    assert type(y) is Value
    assert y.data == pytest.approx(float(f(2.5, 1.5) if many else f(2.5)))
    y.backward()
    h = 1e-6
    args = (1.5,) if many else ()
    assert x.grad == pytest.approx((f(2.5 + h, *args) - f(2.5 - h, *args)) / (2 * h), rel=1e-8)


@pytest.mark.parametrize("x", [-800.0, -40.0, 40.0, 800.0])
def test_smooth_steps_do_not_overflow(x):
    assert Value(x).sigmoid().data == pytest.approx(1.0 if x > 0 else math.exp(x), rel=1e-14)
    assert Value(x).softplus().data == pytest.approx(x if x > 0 else math.exp(x), rel=1e-14)
    assert grad(lambda v: v.softplus())(x) == pytest.approx(1.0 if x > 0 else math.exp(x), rel=1e-14)
    assert grad(lambda v: v.tanh())(x) == pytest.approx(0.0, abs=1e-14)


def test_second_derivatives_of_functions():
    for name, (_, slope, points) in FUNCTIONS.items():
        if name == "relu":
            continue
        a, h = points[-1], 1e-6
        second = grad(grad(getattr(autodiff, name)))(a)
        assert second == pytest.approx((slope(a + h) - slope(a - h)) / (2 * h), rel=1e-6, abs=1e-8), name


# ---- Fraction, Decimal, complex ------------------------------------------------------------------------
def rational(x, y):
    """A rational function, and its gradient by the rules of school."""
    top, bottom = x**3 - 2 * x * y + 5, y**2 + 3
    along_x = (3 * x**2 - 2 * y) / bottom
    along_y = (-2 * x * bottom - top * 2 * y) / bottom**2
    return top / bottom, along_x, along_y


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (Fraction(2, 3), Fraction(-5, 7)),
        (Fraction(10**20 + 1, 3), Fraction(1, 7)),
    ],
)
def test_fractions_stay_exact(a, b):
    value, along_x, along_y = rational(a, b)
    x, y = Value(a), Value(b)
    out = rational(x, y)[0]
    out.backward()
    assert same(out.data, value)
    assert same(x.grad, along_x)
    assert same(y.grad, along_y)
    assert value_and_grad(lambda x, y: rational(x, y)[0], (0, 1))(a, b) == (value, (along_x, along_y))
    # our own derivative, differentiated again, is the derivative of the closed form
    closed = grad(lambda x: rational(x, b)[1])(a)
    assert same(grad(grad(lambda x: rational(x, b)[0]))(a), closed)
    assert closed == 6 * a / (b**2 + 3)
    assert jvp(lambda x: rational(x, b)[0], (a,), (Fraction(1),)) == (value, along_x)


def test_fractions_where_floats_lose():
    a = Fraction(1, 3)
    assert same(grad(lambda x: (x + 10**20) - 10**20 + x * x)(a), Fraction(5, 3))
    assert same(grad(lambda x: abs(-x) * +x - (-x) % 1)(a), 2 * a + 1)
    assert same(grad(lambda x: x.maximum(Fraction(1, 4)) ** -2)(a), Fraction(-54))
    assert same(grad(lambda x: x**0)(a), Fraction(0))
    assert same(grad(lambda x: x / 5)(a), Fraction(1, 5))
    assert same(grad(lambda x: 5 / x)(a), Fraction(-45))
    assert same(grad(lambda x: x % 2 + x * 3 - 7)(a), Fraction(4))


def test_decimals_stay_exact():
    a, b = Decimal("1.1"), Decimal("0.2")
    x, y = Value(a), Value(b)
    out = x * x * y - 3 * x + y / 5
    out.backward()
    assert same(out.data, a * a * b - 3 * a + b / 5)
    assert same(x.grad, Decimal("-2.56"))  # 2 x y - 3, with no binary rounding
    assert same(y.grad, Decimal("1.41"))  # x² + 1/5
    assert same(grad(grad(lambda x: x * x * x))(a), Decimal("6.6"))
    assert same(grad(lambda x: x**3)(a), Decimal("3.63"))
    assert same(grad(lambda x: 1 / x)(Decimal(4)), Decimal("-0.0625"))


def test_selecting_keeps_fractions_and_decimals():
    for one in (Fraction(1), Decimal(1)):
        x, y = Value(3 * one), Value(4 * one)
        x.maximum(y).backward()
        assert same(x.grad, 0 * one)
        assert same(y.grad, one)
        assert same(grad(lambda x: x.minimum(2 * one) * 3)(one), 3 * one)  # noqa: B023
        assert same(grad(lambda x: x.maximum(x))(one), one)
        assert same(grad(lambda x: x.relu() * x)(one), 2 * one)
        assert same(grad(lambda x: autodiff.where(x > 0, x * x, x))(3 * one), 6 * one)


def test_a_tie_of_fractions_is_shared_exactly():
    assert same(grad(lambda x: x.maximum(Fraction(1, 3)))(Fraction(1, 3)), Fraction(1, 2))
    assert same(grad(lambda x: x.maximum(Decimal(2)))(Decimal(2)), Decimal("0.5"))


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name != "relu"])
def test_functions_of_fractions_are_those_of_floats(name):
    f, slope, points = FUNCTIONS[name]
    a = points[-1]
    value, derivative = value_and_grad(getattr(autodiff, name))(Fraction(a))
    assert float(value) == pytest.approx(f(a), rel=1e-13)
    assert float(derivative) == pytest.approx(slope(a), rel=1e-12)


@pytest.mark.parametrize("name", [*(name for name in FUNCTIONS if name != "relu"), "hypot", "arctan2"])
def test_functions_of_decimals_say_that_they_are_not_exact(name):
    x = Value(Decimal("0.5"))
    others = (x,) if name in PAIRS else ()
    for form in (lambda: getattr(x, name)(*others), lambda: getattr(autodiff, name)(x, *others)):
        with pytest.raises(TypeError, match=rf"{name}.*float"):
            form()


def test_an_integer_tangent_takes_the_type_of_its_primal():
    assert jvp(lambda x: x**3, (Fraction(3),), (1,)) == (Fraction(27), Fraction(27))
    assert same(jvp(lambda x: x * x, (Decimal("1.1"),), (1,))[1], Decimal("2.2"))


def test_mixing_fractions_and_floats_is_as_in_python():
    x = Value(Fraction(1, 2))
    y = x * 0.25
    y.backward()
    assert same(y.data, 0.125)
    assert same(x.grad, 0.25)
    with pytest.raises(TypeError, match="multiply"):
        Value(Decimal(2)) * 0.5
    with pytest.raises(TypeError, match="add"):
        0.5 + Value(Decimal(2))


COMPLEX = {  # holomorphic: the derivative is the complex one
    "exp": (cmath.exp, cmath.exp),
    "log": (cmath.log, lambda z: 1 / z),
    "log10": (cmath.log10, lambda z: 1 / (z * math.log(10))),
    "sqrt": (cmath.sqrt, lambda z: 0.5 / cmath.sqrt(z)),
    "sin": (cmath.sin, cmath.cos),
    "cos": (cmath.cos, lambda z: -cmath.sin(z)),
    "tan": (cmath.tan, lambda z: 1 / cmath.cos(z) ** 2),
    "arcsin": (cmath.asin, lambda z: 1 / cmath.sqrt(1 - z * z)),
    "arccos": (cmath.acos, lambda z: -1 / cmath.sqrt(1 - z * z)),
    "arctan": (cmath.atan, lambda z: 1 / (1 + z * z)),
    "sinh": (cmath.sinh, cmath.cosh),
    "cosh": (cmath.cosh, cmath.sinh),
    "tanh": (cmath.tanh, lambda z: 1 / cmath.cosh(z) ** 2),
    "arcsinh": (cmath.asinh, lambda z: 1 / cmath.sqrt(z * z + 1)),
    "arccosh": (cmath.acosh, lambda z: 1 / (cmath.sqrt(z - 1) * cmath.sqrt(z + 1))),
    "arctanh": (cmath.atanh, lambda z: 1 / (1 - z * z)),
}


@pytest.mark.parametrize("name", COMPLEX)
@pytest.mark.parametrize("z", [0.5 + 0.75j, -1.5 + 0.25j, 0.3 - 2j])
def test_functions_of_complex_numbers(name, z):
    f, slope = COMPLEX[name]
    x = Value(z)
    y = getattr(x, name)()
    y.backward(1 + 0j)
    assert abs(y.data - f(z)) <= 1e-13 * abs(f(z))
    assert abs(x.grad - slope(z)) <= 1e-12 * abs(slope(z))
    # and by moving z along both axes
    h = 1e-6
    for way in (1, 1j):
        moved = (f(z + h * way) - f(z - h * way)) / (2 * h)
        speed = jvp(getattr(autodiff, name), (z,), (way + 0j,))[1]
        assert abs(speed - moved) <= 1e-7 * max(abs(moved), 1)


@pytest.mark.parametrize("z", [3 - 4j, -0.5 + 0.25j])
def test_real_results_of_complex_numbers(z):
    """A gradient is ∂/∂re - i ∂/∂im, as in JAX and HIPS autograd: the conjugate points uphill."""
    assert grad(abs)(z) == pytest.approx(z.conjugate() / abs(z))
    assert grad(lambda x: x.real)(z) == 1
    assert grad(lambda x: x.imag)(z) == -1j
    assert grad(lambda x: (x * x.conjugate()).real)(z) == pytest.approx(2 * z.conjugate())
    assert grad(lambda x: (x * x).real)(z) == pytest.approx(2 * z)
    assert grad(lambda x: abs(x.exp()))(z) == pytest.approx(cmath.exp(z.real))
    assert type(grad(abs)(z)) is complex
    assert grad(abs)(0j) == 0


def test_complex_between_real_ends():
    def f(t):
        return ((1j * t).exp() * (2 + 1j)).real  # 2 cos t - sin t

    assert grad(f)(0.7) == pytest.approx(-2 * math.sin(0.7) - math.cos(0.7))
    assert type(grad(f)(0.7)) is float
    assert grad(grad(f))(0.7) == pytest.approx(-2 * math.cos(0.7) + math.sin(0.7))
    assert jvp(f, (0.7,), (1.0,))[1] == pytest.approx(-2 * math.sin(0.7) - math.cos(0.7))


def test_backward_of_a_complex_result_needs_a_cotangent():
    x = Value(1 + 2j)
    y = x * x
    with pytest.raises(ValueError, match="gradient="):
        y.backward()
    assert not x.has_grad
    y.backward(1 + 0j)
    assert x.grad == 2 + 4j


# ---- backward ------------------------------------------------------------------------------------------
def test_backward_adds_into_leaves():
    x = Value(3.0)
    for times in (1, 2, 3):
        (x * x).backward()
        assert x.grad == 6.0 * times
    y = x * x
    y.backward()
    y.backward()  # the same graph again
    assert x.grad == 30.0


def test_a_gradient_of_an_inner_node_is_that_of_the_last_call():
    x = Value(3.0)
    a = x * x
    y, z = a * 5, a * 7
    y.backward()
    assert (a.grad, y.grad, x.grad) == (5.0, 1.0, 30.0)
    z.backward()
    assert (a.grad, z.grad, x.grad) == (7.0, 1.0, 30.0 + 42.0)
    z.backward()
    assert (a.grad, z.grad, x.grad) == (7.0, 1.0, 30.0 + 84.0)
    z.backward(10.0)
    assert (a.grad, z.grad) == (70.0, 10.0)


def test_zeroing():
    x = Value(3.0)
    assert (x.grad, x.has_grad) == (0.0, False)
    (x * x).backward()
    assert x.has_grad
    x.zero_grad()
    assert (x.grad, x.has_grad) == (0.0, False)
    (x * x).backward()
    x.grad = 0.0
    (x * x).backward()
    assert x.grad == 6.0
    x.grad = None
    (x * x).backward()
    assert x.grad == 6.0


def test_leaves_without_requires_grad_get_none():
    x, c = Value(3.0), Value(4.0, requires_grad=False)
    (x * c).backward()
    assert x.grad == 4.0
    assert not c.has_grad


def test_backward_on_a_leaf():
    x = Value(3.0)
    x.backward()
    x.backward(2.5)
    assert x.grad == 3.5


def test_backward_with_a_cotangent():
    x = Value(3.0)
    (x * x).backward(0.5)
    assert x.grad == 3.0
    x.zero_grad()
    (x * x).backward(2)  # an int is as good
    assert same(x.grad, 12.0)
    x.zero_grad()
    (x * x).backward(np.float64(0.5))
    assert same(x.grad, 3.0)


def test_a_real_result_refuses_a_complex_cotangent():
    x = Value(3.0)
    with pytest.raises((TypeError, ValueError)):
        (x * x).backward(1j)
    assert not x.has_grad
    with pytest.raises((TypeError, ValueError)):
        jvp(lambda x: x * x, (3.0,), (1j,))


def test_two_results_of_one_leaf():
    x = Value(2.0)
    y, z = x.exp(), x.log()
    y.backward()
    z.backward()
    assert x.grad == pytest.approx(math.exp(2.0) + 0.5)


def test_detach_stops_derivatives():
    x = Value(3.0)
    y = x * x.detach()
    y.backward()
    assert x.grad == 3.0
    assert not x.detach().requires_grad
    assert x.detach().data == 3.0


def test_micrograds_idiom():
    p = Value(5.0)
    seen = []
    for _ in range(60):
        loss = (p * 2 - 3) ** 2
        seen.append(loss.data)
        p.grad = 0.0
        loss.backward()
        p.data += -0.1 * p.grad
    # the error shrinks by 1 - 0.1 · 8 each step
    assert p.data == pytest.approx(1.5, abs=1e-12)
    assert seen[1] == pytest.approx(seen[0] * 0.2**2)


def test_micrograds_own_example():
    a, b = Value(-4.0), Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    assert f"{g.data:.4f}" == "24.7041"
    g.backward()
    assert f"{a.grad:.4f}" == "138.8338"
    assert f"{b.grad:.4f}" == "645.5773"


def test_only_leaves_take_data():
    x = Value(2.0)
    y = x * x
    with pytest.raises(ValueError, match="leaf"):
        y.data = 3.0
    assert y.data == 4.0
    x.data = 3
    assert same(x.data, 3.0)


# ---- create_graph --------------------------------------------------------------------------------------
def test_a_recorded_gradient_is_a_node():
    x = Value(0.7)
    y = x.sin() * x
    y.backward(create_graph=True)
    first = x.grad
    assert type(first) is Value
    assert first.requires_grad
    assert first.data == pytest.approx(0.7 * math.cos(0.7) + math.sin(0.7))
    x.zero_grad()
    first.backward(create_graph=True)
    second = x.grad
    assert second.data == pytest.approx(2 * math.cos(0.7) - 0.7 * math.sin(0.7))
    x.zero_grad()
    second.backward()
    assert type(x.grad) is float
    assert x.grad == pytest.approx(-3 * math.sin(0.7) - 0.7 * math.cos(0.7))


def test_a_recorded_gradient_adds_to_a_plain_one():
    x = Value(2.0)
    (x**3).backward()
    (x**3).backward(create_graph=True)
    assert x.grad.data == 24.0
    g = x.grad
    x.zero_grad()
    g.backward()
    assert x.grad == 12.0  # the plain half is a constant


def test_a_gradient_penalty():
    x, w = Value(0.5), Value(2.0)
    y = (w * x).tanh()
    (g,) = gradients(y, [x], create_graph=True)
    (y + g**2).backward()
    t, s = math.tanh(1.0), 1 / math.cosh(1.0) ** 2
    # y + (w s)², where ds/dw = -2 t s x
    assert w.grad == pytest.approx(0.5 * s + 2 * 2 * s * s + 2 * 4 * s * (-2 * t * s * 0.5))
    assert x.grad == pytest.approx(2 * s + 2 * 4 * s * (-2 * t * s * 2))


def test_under_no_grad_a_derivative_is_plain():
    x = Value(2.0)
    y = x**3
    with no_grad():
        y.backward()
    assert x.grad == 12.0


# ---- domain errors -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("compute", "error", "name"),
    [
        (lambda: Value(-1.0).log(), ValueError, "log"),
        (lambda: np.log(Value(0.0)), ValueError, "log"),
        (lambda: autodiff.log1p(Value(-1.0)), ValueError, "log1p"),
        (lambda: Value(-1.0).sqrt(), ValueError, "sqrt"),
        (lambda: Value(2.0).arcsin(), ValueError, "arcsin"),
        (lambda: Value(2.0).arccos(), ValueError, "arccos"),
        (lambda: Value(0.5).arccosh(), ValueError, "arccosh"),
        (lambda: Value(1.0).arctanh(), ValueError, "arctanh"),
        (lambda: Value(math.inf).sin(), ValueError, "sin"),
        (lambda: Value(1000.0).exp(), OverflowError, "exp"),
        (lambda: Value(1000.0).cosh(), OverflowError, "cosh"),
        (lambda: Value(1e200) ** 2, OverflowError, "power"),
        (lambda: 1 / Value(0.0), ZeroDivisionError, "divide"),
        (lambda: Value(1.0) / 0, ZeroDivisionError, "divide"),
        (lambda: Value(1.0) % 0, ZeroDivisionError, "remainder"),
        (lambda: Value(1.0) // 0, ZeroDivisionError, "floor_divide"),
        (lambda: 0.0 ** Value(-1.0), ZeroDivisionError, "power"),
        (lambda: Value(-8.0) ** (1 / 3), ValueError, "power"),
        (lambda: Value(1j) < 2, TypeError, "less"),
        (lambda: Value(1j).relu(), TypeError, "relu"),
        (lambda: Value(1j).cbrt(), TypeError, "cbrt"),
        (lambda: abs(Value(1j)) % 1j, TypeError, "remainder"),
    ],
)
def test_domain_errors_name_the_operation(compute, error, name):
    with pytest.raises(error) as raised:
        compute()
    message = str(raised.value)
    assert name in message
    assert "axis" not in message  # nothing here has a shape


@pytest.mark.parametrize(
    ("f", "at", "name"),
    [
        (lambda x: x.sqrt(), 0.0, "sqrt"),
        (lambda x: x.cbrt(), 0.0, "cbrt"),
        (lambda x: x.arcsin(), 1.0, "arcsin"),
        (lambda x: x.arccosh(), 1.0, "arccosh"),
        (lambda x: x**0.5, 0.0, "power"),
    ],
)
def test_a_derivative_that_does_not_exist_names_the_operation_and_the_line(f, at, name):
    x, w = Value(at), Value(2.0)
    with trace_lines():
        y = f(x * 1.0) * w
    with pytest.raises((ZeroDivisionError, ValueError)) as error:
        y.backward()
    assert f"derivative of {name}" in str(error.value)
    assert "test_value.py" in str(error.value)
    with pytest.raises((ZeroDivisionError, ValueError), match="trace_lines"):
        (f(x * 1.0) * w).backward()
    assert not x.has_grad
    assert not w.has_grad


def test_nan_and_inf_are_shown():
    x = Value(math.nan)
    y = x * 2
    y.backward()
    assert y.data != y.data
    assert x.grad == 2.0
    assert (Value(math.inf) * 0).data != (Value(math.inf) * 0).data
    assert Value(math.nan).maximum(1.0).data != Value(math.nan).maximum(1.0).data


# ---- being an object -----------------------------------------------------------------------------------
def test_repr():
    x = Value(2.0, name="x")
    assert repr(x) == "Value(2.0, grad=0.0, name='x')"
    y = x * x + 3
    y.backward()
    assert repr(x) == "Value(2.0, grad=4.0, name='x')"
    assert repr(y) == "Value(7.0, grad=1.0)"
    assert str(Value(Fraction(1, 3))) == "Value(Fraction(1, 3), grad=0.0)"
    x.zero_grad()
    (x * x * x).backward(create_graph=True)
    assert repr(x) == "Value(2.0, grad=12.0, name='x')"
    x.zero_grad()


def test_format():
    x = Value(2.0)
    assert f"{x:.3f}" == "2.000"
    assert f"{x * 1000:,.1f}" == "2,000.0"
    assert f"{x}" == repr(x)
    assert f"{Value(1 + 2j):.1f}" == "1.0+2.0j"
    assert f"{Value(Decimal('1.25')):.1f}" == "1.2"


def test_names():
    x = Value(2.0)
    assert x.name is None
    x.name = "speed"
    assert x.name == "speed"
    y = x * 2
    y.name = "twice"
    assert (y.name, (y + 1).name) == ("twice", None)


def test_hash_is_identity():
    x, y = Value(2.0), Value(2.0)
    assert x == y
    assert len({x, y}) == 2
    assert {x: 1}[x] == 1
    assert hash(x) == hash(x)
    x_hash = hash(x)
    x.data = 3.0
    assert hash(x) == x_hash


@pytest.mark.parametrize("data", [2.0, 1 + 2j, Fraction(1, 3), Decimal("0.1")])
@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_leaves_are_copied_and_pickled(data, how):
    x = Value(data, name="x")
    x.grad = data * 2
    twin = how(x)
    assert twin is not x
    assert same(twin.data, data)
    assert same(twin.grad, data * 2)
    assert (twin.name, twin.requires_grad) == ("x", True)
    assert twin.number > x.number
    twin.data = data * 3
    twin.zero_grad()
    assert same(x.data, data)
    assert x.has_grad
    assert not how(Value(1.0, requires_grad=False)).requires_grad
    y = twin * twin
    y.backward(y.data)
    assert abs(twin.grad - data**3 * 54) <= abs(data**3) * type(abs(data))(1) / 10**6


def test_a_copied_model_shares_as_the_original_did():
    w = Value(1.0)
    model = {"first": [w, Value(2.0)], "tied": w}
    twin = copy.deepcopy(model)
    assert twin["tied"] is twin["first"][0]
    assert twin["tied"] is not w
    again = pickle.loads(pickle.dumps(model))
    assert again["tied"] is again["first"][0]


@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy, pickle.dumps])
def test_results_are_not_copied(how):
    x = Value(2.0)
    y = x * x
    with pytest.raises(TypeError, match=r"multiply.*detach"):
        how(y)
    with pytest.raises(TypeError, match="detach"):
        how([x, {"y": y}]) if how is not copy.copy else how(y)
    how(y.detach())
    y.backward()
    assert x.grad == 4.0


def test_no_attribute_appears_by_mistake():
    x = Value(2.0)
    with pytest.raises(AttributeError):
        x.gard = 0.0


# ---- meeting arrays ------------------------------------------------------------------------------------
def mixtures():
    array = np.array([1.0, 2.0, 4.0])
    return {
        "Value op ndarray": (lambda x: x * array, array),
        "ndarray op Value": (lambda x: array * x, array),
        "np.f(Value, ndarray)": (lambda x: np.multiply(x, array), array),
        "np.f(ndarray, Value)": (lambda x: np.multiply(array, x), array),
        "autodiff.f": (lambda x: autodiff.multiply(array, x), array),
        "Value op Tensor": (lambda x: x * Tensor(array), array),
        "Tensor op Value": (lambda x: Tensor(array) * x, array),
        "Value op 0-d array": (lambda x: x * np.array(3.0), np.array(3.0)),
        "0-d array op Value": (lambda x: np.array(3.0) * x, np.array(3.0)),
        "Value op 0-d Tensor": (lambda x: x * Tensor(3.0), np.array(3.0)),
    }


@pytest.mark.parametrize("how", mixtures())
def test_values_and_arrays_make_tensors(how):
    f, array = mixtures()[how]
    for number in (2.0, Fraction(1, 2)):
        x = Value(number)
        y = f(x)
        assert type(y) is Tensor
        assert y.dtype == np.float64
        np.testing.assert_array_equal(y.numpy(), float(number) * array)
        y.sum().backward()
        assert float(x.grad) == array.sum()
        assert not isinstance(x.grad, np.ndarray)


def test_a_value_and_a_tensor_both_get_their_gradient():
    x, t = Value(2.0), Tensor([1.0, 3.0], requires_grad=True)
    (x**2 * t / x).sum().backward()
    assert same(x.grad, 4.0)
    np.testing.assert_array_equal(t.grad, [2.0, 2.0])


def test_second_order_through_the_door_between_numbers_and_arrays():
    array = np.array([1.0, 2.0])

    def f(x):
        return np.sin(x * array).sum()

    a = 0.7
    assert grad(f)(a) == pytest.approx((array * np.cos(a * array)).sum())
    assert grad(grad(f))(a) == pytest.approx((-(array**2) * np.sin(a * array)).sum())
    assert jvp(grad(f), (a,), (1.0,))[1] == pytest.approx((-(array**2) * np.sin(a * array)).sum())


def test_never_an_object_array():
    x = Value(2.0)
    for make in (np.array, np.asarray, np.sum, np.stack, np.atleast_1d):
        with pytest.raises(TypeError):
            make([x, x])
    with pytest.raises(TypeError):
        np.array(x)
    assert np.array([x.detach(), 1.0]).dtype == np.float64
    with pytest.raises(TypeError):
        x + np.array([Fraction(1, 2)], dtype=object)
