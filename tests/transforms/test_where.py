"""`where`: a branch that is not taken has no say, in any mode, to any order."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autodiff
from autodiff import (
    Value,
    grad,
    jvp,
    no_grad,
    reshape,
    sin,
    sqrt,
    square,
    where,
)
from autodiff.care import has_nan
from tests.transforms.test_nesting import WAYS, speed, sums

# ---- where: a branch that is not taken has no say, in any mode, to any order -----------------------------
Z = np.array([0.0, -1.0, 2.0])
WHERE = {
    # f, and its first, second and third derivative at Z
    "sqrt": (
        lambda x: where(x > 0, sqrt(x), 0.0),
        [0, 0, 0.5 * 2**-0.5],
        [0, 0, -0.25 * 2**-1.5],
        [0, 0, 0.375 * 2**-2.5],
    ),
    "x log x": (
        lambda x: where(x > 0, x.log() * x, x * x),
        [0, -2, math.log(2) + 1],
        [2, 2, 0.5],
        [0, 0, -0.25],
    ),
    "x^1.5": (
        lambda x: where(x > 0, x**1.5, 0.0),
        [0, 0, 1.5 * 2**0.5],
        [0, 0, 0.75 * 2**-0.5],
        [0, 0, -0.375 * 2**-1.5],
    ),
    "1/x": (
        lambda x: reshape(where(reshape(x, (3, 1)) > 0, 1 / reshape(x, (3, 1)), 1.0), (3,)),
        [0, 0, -0.25],
        [0, 0, 0.25],
        [0, 0, -0.375],
    ),
    "x^2.5 or x^3": (
        lambda x: where(x > 0, x**2.5, x * x * x),
        [0, 3, 2.5 * 2**1.5],
        [0, -6, 2.5 * 1.5 * 2**0.5],
        [6, 6, 2.5 * 1.5 * 0.5 * 2**-0.5],
    ),
    "exp(-1/x)": (
        lambda x: where(x > 0, (-1 / where(x > 0, x, 1.0)).exp(), 0.0),
        [0, 0, math.exp(-0.5) / 4],
        [0, 0, math.exp(-0.5) * (1 / 16 - 2 / 8)],
        [0, 0, math.exp(-0.5) * (1 / 64 - 6 / 32 + 6 / 16)],
    ),
    "sqrt in sqrt": (
        lambda x: where(x > 0, sqrt(sqrt(x)), x),
        [1, 1, 0.25 * 2**-0.75],
        [0, 0, -0.1875 * 2**-1.75],
        [0, 0, 0.328125 * 2**-2.75],
    ),
    "after the choice": (
        lambda x: square(where(x > 0, sqrt(x), x)),
        [0, -2, 1],
        [2, 2, 0],
        [0, 0, 0],
    ),
}
MODES = {"reverse": sums, "forward": speed}


@pytest.mark.parametrize("name", WHERE)
@pytest.mark.parametrize("first", MODES)
def test_where_first_order(name, first):
    f, want, _, _ = WHERE[name]
    np.testing.assert_allclose(MODES[first](f)(Z), want, rtol=1e-12)


@pytest.mark.parametrize("name", WHERE)
@pytest.mark.parametrize("first", MODES)
@pytest.mark.parametrize("second", MODES)
def test_where_second_order(name, first, second):
    f, _, want, _ = WHERE[name]
    np.testing.assert_allclose(MODES[second](MODES[first](f))(Z), want, rtol=1e-12)


@pytest.mark.parametrize("name", WHERE)
@pytest.mark.parametrize("first", MODES)
@pytest.mark.parametrize("second", MODES)
@pytest.mark.parametrize("third", MODES)
def test_where_third_order(name, first, second, third):
    f, _, _, want = WHERE[name]
    np.testing.assert_allclose(MODES[third](MODES[second](MODES[first](f)))(Z), want, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("first", WAYS)
@pytest.mark.parametrize("second", WAYS)
def test_where_of_numbers(first, second):
    """A Python number raises where an array gives inf; the branch that is not taken must not."""
    first, second = WAYS[first], WAYS[second]

    def f(x):
        return where(x > 0.0, sqrt(x), x * x)

    assert first(f)(0.0) == 0.0
    assert second(first(f))(0.0) == 2.0
    assert first(lambda x: where(x > 0.0, sqrt(x), x * 2))(0.0) == 2.0
    assert second(first(f))(4.0) == pytest.approx(-0.25 / 8)


@pytest.mark.parametrize("first", MODES)
@pytest.mark.parametrize("second", MODES)
def test_a_taken_branch_whose_cotangent_happens_to_be_zero(first, second):
    """Masking the product instead of absorbing would lose the second derivative, which is 2."""

    def h(x):
        return square(where(x > -1.0, sin(x), 0.0))

    np.testing.assert_allclose(MODES[second](MODES[first](h))(np.zeros(2)), [2.0, 2.0])
    assert WAYS["grad"](WAYS["jvp"](h))(0.0) == 2.0
    assert WAYS["jvp"](WAYS["grad"](h))(0.0) == 2.0
    assert grad(grad(h))(0.0) == 2.0


@pytest.mark.parametrize("mode", MODES)
def test_where_absorbs_through_matmul_and_sum(mode):
    w = np.array([[1.0, 2.0], [3.0, 4.0]])

    x = np.array([0.0, 4.0])
    found = MODES[mode](lambda x: where(np.array([False, True]), sqrt(x), 0.0) @ w)(x)
    want = {"reverse": [0.0, 7 * 0.25], "forward": [3 * 0.25, 4 * 0.25]}[mode]
    np.testing.assert_allclose(found, want)


@pytest.mark.parametrize("select", ["maximum", "minimum"])
def test_maximum_and_minimum_absorb_as_well(select):
    sign = 1.0 if select == "maximum" else -1.0

    def f(x):
        return getattr(autodiff, select)(sign * sqrt(x), sign * (1.0 + 0 * x))

    np.testing.assert_allclose(sums(f)(np.array([0.0, 4.0])), [0.0, sign * 0.25])
    np.testing.assert_allclose(speed(f)(np.array([0.0, 4.0])), [0.0, sign * 0.25])


def test_nan_is_shown_outside_a_branch():
    for d in (sums, speed):
        assert np.isnan(d(lambda x: sqrt(x) * sqrt(x))(np.zeros(1))).all()
        assert np.isinf(d(sqrt)(np.zeros(1))).all()
        assert np.isnan(d(lambda x: x * np.nan)(np.ones(1))).all()
        # one part chooses, another does not: what does not is shown
        both = d(lambda x: where(x > 0, sqrt(x), 0.0) + sqrt(x) * sqrt(x))(np.array([0.0, 4.0]))
        assert np.isnan(both[0])
        assert both[1] == 0.25 + 1.0


def test_nan_in_the_branch_not_taken_is_not_shown():
    x = np.array([1.0, np.nan, -np.inf])
    keep = np.array([True, False, False])
    np.testing.assert_array_equal(sums(lambda x: where(keep, x * x, 0.0))(x), [2.0, 0.0, 0.0])
    np.testing.assert_array_equal(speed(lambda x: where(keep, x.exp() * x, 0.0))(x), [2 * math.e, 0.0, 0.0])


def test_where_broadcasts():
    c = np.array([[True], [False]])
    a, b = np.array([1.0, 2.0, 3.0]), 10.0

    def f(a, b):
        return (where(c, a * a, b * a) * np.array([[1.0], [100.0]])).sum()

    ga, gb = grad(f, (0, 1))(a, b)
    np.testing.assert_allclose(ga, 2 * a + 1000.0)
    assert gb == 600.0


def test_below_a_choice_without_recording():
    """A fresh variable that stands for a Value is looked at as well."""
    with no_grad():
        got = grad(lambda x: where(False, x * x, 3.0 * x))(Value(math.inf))
    assert got.data == 3.0


ROWS = {  # functions of the rows of a matrix, by which whole rows become NaN where x is 0
    "logsumexp": lambda x: autodiff.logsumexp(1 / x, axis=1),
    "softmax": lambda x: (autodiff.softmax(1 / x, axis=1) ** 2).sum(axis=1),
    "log_softmax": lambda x: (autodiff.log_softmax(1 / x, axis=1) ** 2).sum(axis=1),
    "labels": lambda x: autodiff.cross_entropy(1 / x, np.array([0, 1]), reduction="none"),
    "probabilities": lambda x: autodiff.cross_entropy(1 / x, 0.1 * x, reduction="none"),
    "max": lambda x: (1 / x).max(axis=1) * (1 / x).sum(axis=1),
    "std": lambda x: (1 / x).std(axis=1),
    "prod": lambda x: (1 / x).prod(axis=1),
    "norm": lambda x: np.linalg.norm(1 / x, 3, axis=1),
    "einsum": lambda x: np.einsum("ij,ij->i", 1 / x, 1 / x),
    "matmul": lambda x: (1 / x) @ np.array([1.0, 2.0, 3.0]),
    "cumprod": lambda x: np.cumprod(1 / x, axis=1).sum(axis=1),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", ROWS)
def test_a_row_that_is_not_chosen(name):
    """The derivatives of both modes, and of both in both, are those of the chosen row alone."""
    good, zeros = np.array([1.0, 2.0, 3.0]), np.zeros(3)

    def chosen(x):
        return where(np.array([True, False]), ROWS[name](x), 0.0).sum()

    def alone(x):
        return ROWS[name](autodiff.stack([x, np.array([1.0, 2.0, 3.5])]))[0]

    x, t = np.stack([good, zeros]), np.stack([np.array([0.3, -1.0, 2.0]), zeros + 1.0])
    np.testing.assert_allclose(grad(chosen)(x), [grad(alone)(good), zeros])
    np.testing.assert_allclose(jvp(chosen, (x,), (t,))[1], jvp(alone, (good,), (t[0],))[1])
    want = [grad(lambda x: (grad(alone)(x) * t[0]).sum())(good), zeros]
    np.testing.assert_allclose(grad(lambda x: (grad(chosen)(x) * t).sum())(x), want, atol=1e-12)
    np.testing.assert_allclose(grad(lambda x: jvp(chosen, (x,), (t,))[1])(x), want, atol=1e-12)
    np.testing.assert_allclose(jvp(grad(chosen), (x,), (t,))[1], want, atol=1e-12)


def test_a_branch_that_is_chosen_fails_in_both_modes():
    def f(x):
        return where(x > -1.0, sqrt(x), 0.0)

    for derivative in (grad(f), speed(f)):
        with pytest.raises(ZeroDivisionError, match="the derivative of sqrt"):
            derivative(0.0)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.complex128, np.int64])
@pytest.mark.parametrize("n", [0, 1, 8192, 8193, 100_000])
def test_nan_is_seen_wherever_it_is(n, dtype):
    """In small arrays and in large ones, which are looked at in rows; inf and what overflows is none."""
    x = np.ones(n, dtype)
    assert not has_nan(x)
    for k in {0, n // 2, n - 1} if n and x.dtype.kind in "fc" else ():
        y = x.copy()
        y[k] = np.nan
        assert has_nan(y)
        assert has_nan(np.stack([x, y]).T)
        y[k] = np.finfo(dtype).max
        assert not has_nan(y)
        assert not has_nan(np.where(np.arange(n) == k, np.inf, x.real))
