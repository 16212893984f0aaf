"""NumPy's functions that write into an array.

Their target is a Tensor, which goes on as the result, as with `x[i] = v`: what was computed from it before
stays as it was.  A plain array would not know what was recorded, and a leaf that requires grad can't change;
both raise.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..graph import Node
from ..primitives import arithmetic, indexing
from ..primitives import shapes as P
from . import selection
from .shapes import (
    as_array,
    astype,
    axis_of,
    broadcast_to,
    constant_only,
    plain,
    ravel,
    reshape,
    shape_of,
)

__all__ = ["copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask"]

INSTEAD = {
    "copyto": "x = np.where(mask, values, x)",
    "fill_diagonal": "x = np.where(np.eye(len(x), dtype=bool), value, x)",
    "place": "x = np.where(mask, values, x)",
    "put": "x = Tensor(x) before",
    "put_along_axis": "x = Tensor(x) before",
    "putmask": "x = np.where(mask, values, x)",
}


def target(what: str, x: Any) -> Any:
    """The array that is written to; TypeError where it is none that can follow what is written."""
    if not (isinstance(x, Node) and x.arrays):
        raise TypeError(
            f"np.{what} writes into {type(x).__name__}, which would not know what is recorded: write "
            f"{INSTEAD[what]}.  (np.full and np.full_like of what is recorded are autodiff.numpy.full and "
            "full_like)"
        )
    return x


def copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    """dst with src where a condition is true.  Derivative: that of what was taken."""
    dst, src = target("copyto", dst), as_array(src)
    if not np.can_cast(src.dtype, dst.dtype, casting):  # type: ignore[arg-type]
        raise TypeError(f"cannot cast from {src.dtype!r} to {dst.dtype!r} by the rule {casting!r}")
    while len(src.shape) > dst.ndim and src.shape[0] == 1:
        src = reshape(src, src.shape[1:])
    src = src if src.dtype == dst.dtype else astype(src, dst.dtype)
    if where is not True:
        src = arithmetic.where(broadcast_to(as_array(where), dst.shape), src, dst)
    dst.replace("np.copyto", broadcast_to(src, dst.shape))


def repeated(what: str, values: Any, n: int) -> Any:
    """The first n of values, again from the beginning where there are fewer."""
    values = ravel(as_array(values))
    size = shape_of(values)[0]
    if not size and n:
        raise ValueError(f"{what}: cannot insert from an empty array")
    return values if size == n else selection.take(values, np.arange(n) % max(size, 1))


def flat_assigned(what: str, a: Any, at: Any, values: Any) -> None:
    """a, which goes on with values where `at` points in its flat form."""
    values = a.fitting(f"np.{what}", values)
    if values.dtype != a.dtype:
        values = astype(values, a.dtype)
    flat = P.reshape(a, shape=(-1,))
    a.replace(f"np.{what}", P.reshape(indexing.assign(flat, values, index=at), shape=a.shape))


def put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    """a with v where `ind` points in its flat form.  Derivative: that of what was taken."""
    a, at = target("put", a), np.array(constant_only("put: ind", ind)).ravel()
    size = math.prod(a.shape)
    at = at if at.size else at.astype(int)
    if at.dtype.kind not in "iub":
        raise TypeError(f"put: indices must be integers, not {at.dtype}")
    if mode == "raise":
        if at.size and (at.min() < -size or at.max() >= size):
            raise IndexError(f"put: indices from {at.min()} to {at.max()} for {size} elements")
    elif mode in ("wrap", "clip"):
        at = at % max(size, 1) if mode == "wrap" else np.clip(at, 0, size - 1)
    else:
        raise ValueError(f"put: mode is 'raise', 'wrap' or 'clip', not {mode!r}")
    if at.size and shape_of(ravel(as_array(v)))[0]:
        flat_assigned("put", a, at, repeated("put", v, at.size))


def place(arr: Any, mask: Any, vals: Any) -> None:
    """arr with the first of `vals`, in order, where a mask is true.  Derivative: that of what was taken."""
    arr, at = target("place", arr), np.asarray(plain(mask, "place: a mask"), bool).ravel()
    if at.size != math.prod(arr.shape):
        raise ValueError("place: mask and data must be the same size")
    if at.any():
        flat_assigned("place", arr, at, repeated("place", vals, int(at.sum())))


def putmask(a: Any, mask: Any, values: Any) -> None:
    """a with the values that stand where a mask is true.  Derivative: that of what was taken."""
    a, at = target("putmask", a), np.asarray(plain(mask, "putmask: a mask"), bool).ravel()
    size = math.prod(a.shape)
    if at.size != size:
        raise ValueError("putmask: mask and data must be the same size")
    values = ravel(as_array(values))
    if at.any() and shape_of(values)[0]:
        among = np.flatnonzero(at) % shape_of(values)[0]
        flat_assigned("putmask", a, at, selection.take(values, among))


def put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    """arr with values where indices point along an axis.  Derivative: that of what was taken."""
    arr, at = target("put_along_axis", arr), np.asarray(plain(indices, "put_along_axis: indices"))
    shape = (math.prod(arr.shape),) if axis is None else arr.shape
    axis = 0 if axis is None else axis_of(axis, len(shape), "put_along_axis")
    whole = np.broadcast_shapes(at.shape, tuple(1 if k == axis else n for k, n in enumerate(shape)))
    places = np.broadcast_to(indexing.places(at, axis, shape), whole)
    flat_assigned("put_along_axis", arr, places, broadcast_to(as_array(values), whole))


def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    """a with values on its diagonal.  Derivative: that of what was taken."""
    a = target("fill_diagonal", a)
    if a.ndim < 2:
        raise ValueError("fill_diagonal: array must be at least 2-d")
    if a.ndim > 2 and len(set(a.shape)) > 1:
        raise ValueError(f"fill_diagonal: all dimensions of {a.shape} must be of equal length")
    mark: Any = np.zeros(a.shape, bool)
    np.fill_diagonal(mark, True, wrap)
    at = mark.ravel()
    if at.any():
        flat_assigned("fill_diagonal", a, at, repeated("fill_diagonal", val, int(at.sum())))
