"""Calls as a user writes them, on arrays of given shapes: on arrays, which is NumPy, and on Tensors."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from autodiff import Tensor, vmap
from autodiff.testing import check_grads
from tests.samples import APART

MASK = np.array([[True, False, True], [False, True, True]])
HOLES = np.array([[False, True, False], [True, False, False]])


def arrays(call: str, shapes: tuple[Any, ...], dtype: Any = float) -> list[np.ndarray]:
    """Numbers of which no two are near each other, and none near 0."""
    rng = np.random.default_rng(zlib.crc32(call.encode()))
    xs = [APART.draw(rng, shape) for shape in shapes]
    if np.dtype(dtype).kind == "c":
        xs = [x + 1j * APART.draw(rng, x.shape) for x in xs]
    return [np.asarray(x, dtype) for x in xs]


def run(call: str, *xs: Any) -> Any:
    names = {"np": np, "MASK": MASK, "HOLES": HOLES, "new": new, **dict(zip("xyz", xs, strict=False))}
    return eval(call, names)


def new(x: Any, fill: Any = 0.0, shape: Any = None, dtype: Any = None) -> Any:
    """An array to write into, of the kind that x is."""
    out = np.full(np.shape(getattr(x, "value", x)) if shape is None else shape, fill, dtype or x.dtype)
    return Tensor(out) if not isinstance(x, np.ndarray) else out


def check_value(call: str, shapes: tuple[Any, ...], dtype: Any) -> None:
    """The value, shape and dtype of NumPy."""
    xs = arrays(call, shapes, dtype)
    want, got = run(call, *xs), run(call, *[Tensor(x, requires_grad=True) for x in xs])
    if not isinstance(want, (tuple, list)):
        want, got = (want,), (got,)
    assert len(want) == len(got)
    tolerance = 1e-5 if np.dtype(dtype).itemsize // (1 + (np.dtype(dtype).kind == "c")) == 4 else 1e-12
    for w, g in zip(want, got, strict=True):
        assert isinstance(g, Tensor), type(g)
        np.testing.assert_allclose(g.numpy(), w, tolerance, tolerance)
        assert (g.shape, g.dtype) == (np.shape(w), np.asarray(w).dtype)


def check_derivatives(call: str, shapes: tuple[Any, ...], dtype: Any, order: int = 2) -> None:
    """Both modes against finite differences."""

    def f(*xs: Any) -> Any:
        out = run(call, *xs)
        several = isinstance(out, (tuple, list))
        return tuple(y for y in out if y.dtype.kind in "fc") if several else out

    check_grads(f, arrays(call, shapes, dtype), order)


def check_batch(call: str, shapes: tuple[Any, ...]) -> None:
    """vmap, against a loop."""
    batches = [arrays(call + " " * k, shapes) for k in range(3)]
    xs = [np.stack(parts) for parts in zip(*batches, strict=True)]
    got = vmap(lambda *xs: run(call, *xs))(*xs)
    rows = [run(call, *[Tensor(x) for x in parts]) for parts in batches]
    if not isinstance(got, (tuple, list)):
        got, rows = (got,), [(row,) for row in rows]
    for k, g in enumerate(got):
        np.testing.assert_allclose(g, [row[k].numpy() for row in rows], 1e-12, 1e-12)
