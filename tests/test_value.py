"""Value: one number that remembers how it was computed, against Python's own arithmetic and closed forms."""

from __future__ import annotations

import cmath
import math
import operator
from decimal import Decimal
from fractions import Fraction

import mpmath
import numpy as np
import pytest

import autodiff
from autodiff import Tensor, Value, grad, gradients, jvp, value_and_grad


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


def test_whole_results_of_fractions_stay_exact():
    x = Value(Fraction(22, 7))
    three = Fraction(3)
    for whole in (x // 1, divmod(x, 1)[0], autodiff.floor(x), autodiff.minimum(x, 3), np.minimum(3, x)):
        assert same(whole.data, three)
        assert same((whole / 7).data, Fraction(3, 7))
    assert same((Value(Decimal("3.5")).minimum(np.int64(3)) / 2).data, Decimal("1.5"))
    assert same(Value(3.5).minimum(np.int64(3)).data, 3.0)


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


def test_numbers_in_a_program_are_made_once_and_never_changed():
    """`x * 0.5` lifts 0.5 to the same node each time; it must not be possible to make it something else."""
    x = Value(3.0)
    half = (x * 0.5).inputs[1]
    assert half is (x + 0.5).inputs[1]
    with pytest.raises(ValueError, match="number that stands in the program"):
        half.data = 2.0
    assert (x * 0.5).data == 1.5
    assert math.copysign(1, (x * -0.0).data) == -1 == -math.copysign(1, (x * 0.0).data)
    assert type((Value(Fraction(1, 2)) * 2).data) is Fraction  # where 2.0 is a float
    assert (Value(1.0) * 2.0).data == 2.0
    assert type((Value(Fraction(1, 2)) * 2).data) is Fraction
    t = Tensor([1.0], dtype=np.float32)
    assert (t * 0.5).inputs == ()  # nothing tracked, nothing recorded
    t = Tensor([1.0], dtype=np.float32, requires_grad=True)
    assert (t * 0.5).inputs[1].dtype == np.float32
    assert (Tensor([1.0], requires_grad=True) * 0.5).inputs[1].dtype == np.float64


@pytest.mark.parametrize("name", ["expm1", "log1p", "log2", "sigmoid"])
@pytest.mark.parametrize("z", [0.3 + 0.4j, -0.3 + 0.4j, -2 - 1j, 1e-9 + 1e-9j])
def test_functions_that_python_has_of_real_numbers_only(name, z):
    """Closed forms by mpmath, to 30 digits; on Values and Tensors."""
    with mpmath.workdps(30):
        f = {"log2": lambda w: mpmath.log(w, 2), "sigmoid": lambda w: 1 / (1 + mpmath.exp(-w))}
        closed = f.get(name) or getattr(mpmath, name)
        value, slope = complex(closed(mpmath.mpc(z))), complex(mpmath.diff(closed, mpmath.mpc(z)))
    f = getattr(autodiff, name)
    x, t = Value(z), Tensor([z, z], requires_grad=True)
    assert f(x).data == pytest.approx(value, rel=1e-14)
    assert f(t).numpy() == pytest.approx(np.array([value, value]), rel=1e-14)
    f(x).real.backward()
    f(t).real.sum().backward()
    assert x.grad == pytest.approx(slope, rel=1e-13)
    assert t.grad == pytest.approx(np.array([slope, slope]), rel=1e-13)


def test_complex_functions_at_their_poles_and_far_out():
    with pytest.raises(ArithmeticError, match=r"log1p of complex \(-1"):
        Value(-1 + 0j).log1p()
    far = np.array([-800 + 1j, 800 + 1j])
    assert Tensor(far).sigmoid().numpy() == pytest.approx(np.array([0, 1]), abs=1e-300)
    assert [Value(complex(z)).sigmoid().data for z in far] == pytest.approx([0, 1], abs=1e-300)
