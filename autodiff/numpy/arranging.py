"""More of NumPy's functions that move elements: rotations, windows, functions along axes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..primitives import indexing
from ..primitives import shapes as P
from . import shapes
from .shapes import (
    as_array,
    axes_of,
    axis_of,
    constant_only,
    flip,
    moveaxis,
    plain,
    ravel,
    reshape,
    stack,
)

__all__ = [
    "apply_along_axis", "apply_over_axes", "diagflat", "fliplr", "flipud", "rollaxis", "rot90",
    "sliding_window_view", "trim_zeros",
]  # fmt: skip


def fliplr(m: Any) -> Any:
    """Columns in reversed order.  Derivative: reversed back."""
    return flip(with_axes("fliplr", m, 2), 1)


def flipud(m: Any) -> Any:
    """Rows in reversed order.  Derivative: reversed back."""
    return flip(with_axes("flipud", m, 1), 0)


def with_axes(what: str, m: Any, least: int) -> Any:
    m = as_array(m)
    if len(m.shape) < least:
        raise ValueError(f"{what}: input must be >= {least}-d, not of the shape {m.shape}")
    return m


def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    """Turned by k right angles in the plane of two axes.  Derivative: turned back."""
    m = as_array(m)
    ndim, k = len(m.shape), int(constant_only("rot90: k", k)) % 4
    if len(tuple(axes)) != 2:
        raise ValueError(f"rot90 turns in the plane of two axes, not of {axes}")
    i, j = axes_of(tuple(axes), ndim, "rot90")
    if k == 0:
        return shapes.copy(m)
    if k == 2:
        return flip(m, (i, j))
    return shapes.swapaxes(flip(m, j), i, j) if k == 1 else flip(shapes.swapaxes(m, i, j), j)


def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """One axis moved to where it stands before axis `start`.  Derivative: moved back."""
    a = as_array(a)
    ndim = len(a.shape)
    axis = axis_of(axis, ndim, "rollaxis")
    before = start + ndim if start < 0 else start
    if not 0 <= before <= ndim:
        raise np.exceptions.AxisError(
            f"'start' arg requires {-ndim} <= start < {ndim + 1}, but {start} was passed in"
        )
    return moveaxis(a, axis, before - (axis < before))


def diagflat(v: Any, k: int = 0) -> Any:
    """A matrix with all elements on its k-th diagonal.  Derivative: that diagonal of g."""
    return shapes.diag(ravel(as_array(v)), k)


def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    """Without the zeros in front ('f' in `trim`) and at the end ('b').  Derivative: g, with zeros there."""
    filt = as_array(filt)
    trim = trim.lower()
    if trim not in ("f", "b", "fb", "bf"):
        raise ValueError(f"trim_zeros: trim may have an 'f' and a 'b', and is {trim!r}")
    numbers = plain(filt, "trim_zeros")
    ndim = numbers.ndim
    at = np.argwhere(numbers)
    axes = range(ndim) if axis is None else axes_of(axis, ndim, "trim_zeros")
    start: Any = at.min(0).tolist() if len(at) else [0] * ndim
    stop: Any = (at.max(0) + 1).tolist() if len(at) else [0] * ndim
    if len(at):
        start = start if "f" in trim else [None] * ndim
        stop = stop if "b" in trim else [None] * ndim
    kept = tuple(slice(start[k], stop[k]) if k in axes else slice(None) for k in range(ndim))
    return indexing.index(filt, index=kept)


# ---- windows
def sliding_window_view(x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False,
                        writeable: bool = False) -> Any:  # fmt: skip
    """All windows of a shape, along `axis` (all axes by default), behind the axes of where they lie.

    Derivative: g, summed where windows overlap.
    """
    if writeable:
        raise ValueError("sliding_window_view: what is recorded is no view, and can't be written to")
    x = as_array(x)
    window_shape = constant_only("sliding_window_view: window_shape", window_shape)
    lengths = tuple(int(n) for n in np.atleast_1d(window_shape))
    if any(n < 0 for n in lengths):
        raise ValueError(f"window_shape cannot contain negative values: {lengths}")
    ndim = len(x.shape)
    if axis is None:
        if len(lengths) != ndim:
            raise ValueError(
                f"sliding_window_view: without `axis`, window_shape must have {ndim} lengths, one for each "
                f"axis, not {len(lengths)}"
            )
        axes = tuple(range(ndim))
    else:
        axes = tuple(axis_of(a, ndim, "sliding_window_view") for a in np.atleast_1d(axis).tolist())
        if len(lengths) != len(axes):
            raise ValueError(
                f"sliding_window_view: {len(lengths)} lengths in window_shape for {len(axes)} axes: they "
                "must match"
            )
    for k, length in zip(axes, lengths, strict=True):
        if length > x.shape[k]:
            raise ValueError("window shape cannot be larger than input array shape")
        x = P.windows(x, axis=k, length=length)
    return x


# ---- functions of slices
def apply_along_axis(func1d: Callable[..., Any], axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """func1d of every slice along an axis, one call for each.  Derivative: through func1d."""
    arr = as_array(arr)
    ndim = len(arr.shape)
    axis = axis_of(axis, ndim, "apply_along_axis")
    lead = arr.shape[:axis] + arr.shape[axis + 1 :]
    if 0 in lead:
        raise ValueError("apply_along_axis: cannot apply along an axis when any other has the length 0")
    rows = reshape(moveaxis(arr, axis, -1), (math.prod(lead), arr.shape[axis]))
    results = [as_array(func1d(rows[k], *args, **kwargs)) for k in range(math.prod(lead))]
    found = reshape(stack(results), (*lead, *results[0].shape))
    inner = range(len(lead), len(lead) + len(results[0].shape))
    return moveaxis(found, tuple(inner), tuple(range(axis, axis + len(inner))))


def apply_over_axes(func: Callable[..., Any], a: Any, axes: Any) -> Any:
    """func(a, axis) for one axis after the other, none of which gets lost.  Derivative: through func."""
    found = as_array(a)
    ndim = len(found.shape)
    for axis in np.atleast_1d(axes).tolist():
        axis = axis_of(axis, ndim, "apply_over_axes")
        result = as_array(func(found, axis))
        found = result if len(result.shape) == ndim else shapes.expand_dims(result, axis)
        if len(found.shape) != ndim:
            raise ValueError(
                "apply_over_axes: func must return an array of as many axes as it gets, or of one less, not "
                f"of the shape {result.shape}"
            )
    return found
