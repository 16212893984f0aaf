"""Primitives with several results: derivatives against finite differences, and vmap against a loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autodiff import vjp, vmap
from autodiff.several import TABLE
from autodiff.testing import check_grads
from tests.samples.several import SAMPLES

CASES = [pytest.param(name, c, id=f"{name}-{k}") for name, row in SAMPLES.items() for k, c in enumerate(row)]


def test_every_row_has_samples():
    assert set(SAMPLES) == set(TABLE)


def function(name: str, c: Any) -> Any:
    """The primitive of an array."""
    return lambda x: TABLE[name](x, **c.params)


def drawn(c: Any, seed: int = 0) -> np.ndarray:
    ((domain, shape),) = c.arguments
    return np.asarray(domain.draw(np.random.default_rng(seed), shape))


def smooth(name: str, c: Any, x: np.ndarray) -> bool:
    """Whether there is a derivative: columns beyond those of a matrix are determined up to a rotation."""
    return (
        not (c.params.get("full_matrices") or c.params.get("complete")) or abs(x.shape[-1] - x.shape[-2]) < 2
    )


@pytest.mark.parametrize(("name", "c"), CASES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_derivatives(name, c, dtype):
    x = drawn(c).astype(dtype)
    assert smooth(name, c, x)
    check_grads(function(name, c), (x,))


@pytest.mark.parametrize(("name", "c"), CASES)
def test_like_a_loop(name, c):
    f, xs = function(name, c), np.stack([drawn(c, k) for k in range(3)])
    for of, outs in ((f, vmap(f)(xs)), (pulled(f), vmap(pulled(f))(xs))):
        rows = [of(x) for x in xs]
        for k, out in enumerate(outs):
            want = np.stack([row[k] for row in rows])
            assert (out.shape, out.dtype) == (want.shape, want.dtype)
            np.testing.assert_allclose(out, want, rtol=1e-9, atol=1e-9)
    twice = np.stack([xs, xs[::-1]])
    for out, want in zip(vmap(vmap(f))(twice), vmap(f)(twice.reshape(6, *xs.shape[1:])), strict=True):
        np.testing.assert_allclose(out, want.reshape(out.shape), rtol=1e-9, atol=1e-9)


def pulled(f: Any) -> Any:
    def of(x: Any) -> Any:
        outs, vjp_fn = vjp(f, x)
        return vjp_fn(tuple(y * 0 + np.linspace(1, 2, y.shape[-1]) for y in outs))

    return of
