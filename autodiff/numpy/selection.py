"""NumPy's functions that choose elements: by conditions, by indices, by order."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitives import arithmetic, indexing
from .reductions import no_out
from .shapes import along, axis_of, plain, ravel, reshape, shape_of

__all__ = ["argsort", "clip", "round", "sort", "take", "take_along_axis", "where"]


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """x where the condition is true, else y.  Derivative: that of the one that was taken.

    With the condition alone, the indices where it is true, as plain arrays.
    """
    if (x is None) != (y is None):
        raise ValueError("where takes a condition alone, or a condition and two choices")
    return np.nonzero(plain(condition)) if x is None else arithmetic.where(condition, x, y)


def clip(
    a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None
) -> Any:
    """Not below the one, nor above the other.  Derivative: 1 between them, 1/2 on them, 0 beyond."""
    no_out(out)
    low, high = (b if a is None else a for a, b in ((a_min, min), (a_max, max)))
    if low is not None:
        a = arithmetic.maximum(a, low)
    return a if high is None else arithmetic.minimum(a, high)


def round(a: Any, decimals: int = 0, out: Any = None) -> Any:
    """Rounded to `decimals` places.  Derivative: zero."""
    no_out(out)
    return arithmetic.round(a, decimals=decimals)


def argsort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    """The order that sorts.  Derivative: zero."""
    if order is not None:
        raise TypeError("argsort: order= is for fields, which arrays here have not")
    if axis is None:
        a, axis = ravel(a), -1
    return indexing.argsort(a, axis=axis, kind=kind or "stable")


def sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    """Sorted.  Derivative: g, put back in the original order; equal elements keep theirs."""
    if axis is None:
        a, axis = ravel(a), -1
    if not shape_of(a):
        axis_of(axis, 0, "sort")
    return indexing.take_along(a, argsort(a, axis, kind, order), axis=axis, once=True)


def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    """Elements picked along an axis by indices of as many axes.  Derivative: g, added where it came from."""
    if axis is None:
        arr, axis = ravel(arr), 0
    return indexing.take_along(arr, indices, axis=axis_of(axis, len(shape_of(arr)), "take_along_axis"))


def take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Any:
    """Elements or slices picked along an axis.  Derivative: g, added where it came from."""
    no_out(out)
    if axis is None:
        a, axis = ravel(a), 0
    shape, where = shape_of(a), np.array(plain(indices))
    axis = axis_of(axis, len(shape), "take")
    if where.size and where.dtype.kind not in "iu":
        raise TypeError(f"take: indices must be integers, not {where.dtype}")
    where = where.astype(np.intp)
    if mode in ("wrap", "clip"):
        where = where % shape[axis] if mode == "wrap" else np.clip(where, 0, shape[axis] - 1)
    elif mode != "raise":
        raise ValueError(f"take: mode is 'raise', 'wrap' or 'clip', not {mode!r}")
    return indexing.index(a, index=along(axis, len(shape), where))


def assigned(x: Any, index: Any, v: Any) -> Any:
    """x with v where the index points: what `x[index] = v` makes of a Tensor."""
    shape = shape_of(v)
    if len(shape) and shape[0] == 1:  # NumPy drops axes of length 1 in front, as far as they are too many
        lead = len(shape) - len(shape_of(indexing.index(plain(x), index=index)))
        v = reshape(v, shape[lead:]) if lead > 0 else v
    return indexing.assign(x, v, index=index)
