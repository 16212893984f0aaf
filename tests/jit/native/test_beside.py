"""Chains of terms that read what their neighbours computed are one pass, and give what NumPy source gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autodiff import concatenate, exp, grad, jit, sin
from autodiff.numpy import sum as total

pytest.importorskip("llvmlite")
LENGTHS = (2, 3, 5, 8, 9, 10, 16, 17, 18, 31, 33, 34, 64, 65, 66, 67, 130, 1003)


def forward(x: Any) -> Any:
    """Each reads the element before."""
    y = x
    for k in range(3):
        y = concatenate([x[:1] * k, x[1:] * y[:-1] + k])
    return y


def backward(x: Any) -> Any:
    """Each reads the element behind."""
    y = x
    for k in range(3):
        y = concatenate([x[:-1] * y[1:] + k, x[-1:] * k])
    return y


def both(x: Any) -> Any:
    """First one way, then the other, and both results go on."""
    y = concatenate([x[:1], sin(x[1:])])
    z = concatenate([y[:-1] * x[1:], x[-1:]])
    return concatenate([x[:1], z[1:] + y[:-1]]), z, total(z[1:] * y[:-1])


def many(x: Any) -> Any:
    """So much in one pass that all is done with a mask."""
    y = x
    for _ in range(12):
        y = concatenate([x[:1], exp(-x[1:] * y[:-1]) / (1.0 + sin(y[:-1]) ** 2)])
    return y


def kept(x: Any) -> Any:
    """What was put together is read elsewhere, too."""
    y = concatenate([x[:1] * 2.0, x[1:] * 3.0])
    return y[:-1] * x[1:], y, y[::-1] + 1.0, concatenate([y[1:], y[:1]])


def two_steps(x: Any) -> Any:
    y = concatenate([x[:2] * 2.0, x[2:] * 3.0])
    return concatenate([y[:2], y[:-2] * x[2:]]), concatenate([x[:1], y[:-1]]) + y


def of_another(x: Any) -> Any:
    """The element before the first is itself a result of the pass before."""
    y = concatenate([x[:1] + total(x), x[1:] * 2.0])
    return concatenate([y[:1], y[:-1] * x[1:]]) / total(1.0 + y * y)


CHAINS = (forward, backward, both, many, kept, two_steps, of_another)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("f", CHAINS)
def test_neighbours(f: Any, dtype: Any) -> None:
    def slope(x: Any) -> Any:
        found = f(x)
        return total(sum(total(y * y) for y in found) if isinstance(found, tuple) else sin(found))

    for n in LENGTHS:
        x = np.sin(1.7 * np.arange(n, dtype=dtype) + 1.0)
        for g in (f, grad(slope)):
            found, want = (jit(g, backend=name)(x) for name in ("native", "numpy"))
            several = isinstance(want, tuple)
            for a, b in zip(found if several else [found], want if several else [want], strict=True):
                close = 300 * float(np.finfo(dtype).eps)
                np.testing.assert_allclose(a, b, rtol=close, atol=close * np.abs(b).max(initial=0))
                assert a.dtype == b.dtype


def test_they_are_one_pass_and_stay_in_registers() -> None:
    for f in (forward, backward):
        g = jit(f, backend="native")
        g(np.ones(100))
        long = [u for u in g.latest.native.plan.order if u.space == (99,)]
        assert len(long) == 1 and len(long[0].members) == 6 and long[0].down is (f is backward)
        stored = [t for t in long[0].members if t in g.latest.native.plan.kept]
        assert len(stored) == 1
        np.testing.assert_array_equal(g(np.arange(100.0)), f(np.arange(100.0)))
