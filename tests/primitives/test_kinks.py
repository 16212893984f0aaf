"""Kinks and singular points: one documented value each, for numbers and arrays, in both modes."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autodiff as ad
from autodiff import grad, jvp

KINKS = {  # function, point, derivative along each argument
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


@pytest.mark.parametrize("name", KINKS)
@pytest.mark.parametrize("kind", [float, lambda x: np.array([x, x])], ids=["numbers", "arrays"])
def test_kink(name, kind):
    f, point, want = KINKS[name]
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
