"""Kinks and singular points: one documented value each, for numbers and arrays, in both modes; and traps."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autodiff as ad
from autodiff import grad, jvp
from tests.primitives.kinks import BEGIN, END, KINKS, PAGE, derivatives, table

ROWS = {  # function, point, derivative along each argument
    "abs at 0": (abs, (0.0,), (0.0,)),
    "relu at 0": (ad.relu, (0.0,), (0.0,)),
    "maximum, a tie": (ad.maximum, (1.0, 1.0), (0.5, 0.5)),
    "minimum, a tie": (ad.minimum, (1.0, 1.0), (0.5, 0.5)),
    "hypot at the origin": (ad.hypot, (0.0, 0.0), (0.0, 0.0)),
    "arctan2 at the origin": (ad.arctan2, (0.0, 0.0), (0.0, 0.0)),
    "x**0 at 0": (lambda x: x**0, (0.0,), (0.0,)),
    "x**1 at 0": (lambda x: x**1, (0.0,), (1.0,)),
    "x**2 at 0": (lambda x: x**2, (0.0,), (0.0,)),
    "0**y": (lambda y: 0.0**y, (2.0,), (0.0,)),
    "power at (0, 2)": (ad.power, (0.0, 2.0), (0.0, 0.0)),
    "power at (0, 0)": (ad.power, (0.0, 0.0), (0.0, 0.0)),
    "where, the other branch singular": (lambda x: ad.where(x > 0, ad.sqrt(x), 2 * x), (0.0,), (2.0,)),
    "where, the other branch infinite": (lambda x: ad.where(x > 0, x**0.5, 0.0), (0.0,), (0.0,)),
    "sqrt of relu": (lambda x: ad.where(x > 0, ad.sqrt(ad.relu(x)), 0.0), (-1.0,), (0.0,)),
    "remainder": (lambda x, y: x % y, (7.5, 2.0), (1.0, -3.0)),
}


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("kind", [float, lambda x: np.array([x, x])], ids=["numbers", "arrays"])
def test_kink(name, kind):
    f, point, want = ROWS[name]
    xs = [kind(x) for x in point]

    def total(*xs):
        y = f(*xs)
        return y.sum() if hasattr(y, "shape") else y

    gradients = grad(total, tuple(range(len(xs))))(*xs)
    for k, g in enumerate(gradients):
        np.testing.assert_array_equal(g, want[k])
        ts = [x * 0 for x in xs]
        ts[k] = ts[k] + 1.0
        np.testing.assert_array_equal(jvp(f, xs, ts)[1], want[k])


def test_infinite_slopes_are_shown():
    assert math.isinf(grad(lambda x: ad.sqrt(x).sum())(np.zeros(1))[0])
    with pytest.raises(ZeroDivisionError, match="derivative of sqrt"):
        grad(ad.sqrt)(0.0)


def test_what_a_number_can_not_compute_an_array_can():
    """log(-1) raises for a number, and is NaN for an array, where a choice leaves it out in both modes."""

    def f(x):
        return ad.where(x > 0, ad.log(x), 0.0)

    x = np.array([-1.0, 2.0])
    np.testing.assert_array_equal(grad(lambda x: f(x).sum())(x), [0.0, 0.5])
    np.testing.assert_array_equal(jvp(f, (x,), (np.ones(2),))[1], [0.0, 0.5])
    with pytest.raises(ValueError, match="log"):
        f(ad.Value(-1.0))


# ---- the page
HERE = derivatives()


def test_the_page_says_what_is_answered():
    """A change of either shows here; python -m tests.primitives.kinks writes the table again."""
    written = PAGE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]
    assert written.strip() == table(HERE)


@pytest.mark.parametrize("name", [name for name, kink in KINKS.items() if kink.order == 1])
def test_forward_mode_answers_the_same(name):
    kink = KINKS[name]

    def f(*xs):
        return ad.sum(eval(kink.here, {"np": np, "ad": ad, **dict(zip("xy", xs, strict=False))}))

    xs = [np.array(p) for p in kink.point]
    found = []
    for k, x in enumerate(xs):
        for direction in np.eye(x.size).reshape(x.size, *x.shape):
            ts = [direction if j == k else np.zeros_like(y) for j, y in enumerate(xs)]
            found.append(float(jvp(f, xs, ts)[1]))
    np.testing.assert_allclose(found, HERE[name], rtol=1e-15)


# ---- traps: what is not chosen is infinite, or NaN, and has no say
X = np.array([0.0, -1.0, 2.0])
INF = np.array([[np.inf, 1.0, 2.0], [0.0, np.inf, 1.0], [1.0, 1.0, -np.inf]])
SINGULAR = np.zeros((3, 3))


def second_of_sinc(x):
    return ((2 - x * x) * np.sin(x) - 2 * x * np.cos(x)) / x**3


TRAPS = {  # elementwise functions, their first and second derivative at X
    "log": (lambda x: np.where(x > 0, np.log(x), 0.0), [0, 0, 0.5], [0, 0, -0.25]),
    "log, the other way": (lambda x: np.where(x <= 0, x * x, np.log(x)), [0, -2, 0.5], [2, 2, -0.25]),
    "sin(x) / x": (
        lambda x: np.where(x == 0, 1.0, np.sin(x) / x),
        [0, *((x * np.cos(x) - np.sin(x)) / x**2 for x in X[1:])],
        [0, *map(second_of_sinc, X[1:])],
    ),
    "masked sqrt": (lambda x: np.where(x > 0, np.sqrt(x), x), [1, 1, 0.5 * 2**-0.5],
                    [0, 0, -0.25 * 2**-1.5]),
    "sqrt by a product": (lambda x: np.sqrt(np.where(x > 0, x, 0.0)) * (x > 1), [0, 0, 0.5 * 2**-0.5],
                          [0, 0, -0.25 * 2**-1.5]),
    "power": (lambda x: np.where(x > 0, x**1.5, 0.0), [0, 0, 1.5 * 2**0.5], [0, 0, 0.75 * 2**-0.5]),
    "divide": (lambda x: np.where(x == 0, 0.0, 1 / x), [0, -1, -0.25], [0, -2, 0.25]),
    "norm": (lambda x: np.where(False, np.linalg.norm(x * np.inf), x * x), [0, -2, 4], [2, 2, 2]),
    "norm of zeros": (lambda x: np.where(x > 5, np.linalg.norm(x * 0), x * x), [0, -2, 4], [2, 2, 2]),
    "matmul": (lambda x: np.where(x < 5, x * x, INF @ x), [0, -2, 4], [2, 2, 2]),
    "matmul of inf and NaN": (lambda x: np.where(x < 5, x * x, INF @ np.log(x)), [0, -2, 4], [2, 2, 2]),
    "matmul, rows chosen": (
        lambda x: np.where(x > 0, np.array([[np.inf], [np.nan], [1.0]]) @ x[2:] ** 2, x),
        [1, 1, 4], [0, 0, 2],
    ),
    "solve": (lambda x: np.where(False, np.linalg.solve(np.eye(3) * 1e-300, np.log(x)), x * x),
              [0, -2, 4], [2, 2, 2]),
    "solve of inf": (lambda x: np.where(x > 5, np.linalg.solve(np.eye(3), 1 / x), x * x),
                     [0, -2, 4], [2, 2, 2]),
    "out=": (lambda x: np.log(x, where=x > 0, out=x * x), [0, -2, 0.5], [2, 2, -0.25]),
    "clip": (lambda x: np.where(x > 0, np.clip(np.log(x), None, 0.5), x), [1, 1, 0], [0, 0, 0]),
    "nan_to_num": (lambda x: np.nan_to_num(1 / x, posinf=3.0), [0, -1, -0.25], [0, -2, 0.25]),
    "nansum": (lambda x: np.nansum(np.stack([np.where(x == 0, np.nan, np.log(x)), x * x]), axis=0),
               [0, -2, 4.5], [2, 2, 1.75]),
}  # fmt: skip
WAYS = {
    "reverse": lambda f: grad(lambda x: ad.sum(f(x))),
    "forward": lambda f: lambda x: jvp(f, (x,), (np.ones(3),))[1],
}


@pytest.mark.parametrize("name", TRAPS)
@pytest.mark.parametrize("way", WAYS)
def test_traps(name, way):
    f, first, second = TRAPS[name]
    slope = WAYS[way](f)
    np.testing.assert_allclose(slope(X), first, rtol=1e-12, atol=1e-15)
    for other in WAYS.values():
        np.testing.assert_allclose(other(slope)(X), second, rtol=1e-12, atol=1e-15)
