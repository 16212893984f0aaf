"""Differences, gradients on grids, integrals and running sums."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph import Node
from . import reductions
from .shapes import (
    about,
    along,
    as_array,
    astype,
    axes_of,
    axis_of,
    concatenate,
    constant_only,
    flat,
    reshape,
    shape_of,
    written,
)

__all__ = ["cumulative_prod", "cumulative_sum", "ediff1d", "gradient", "trapezoid"]


def cumulative_sum(
    x: Any, /, *, axis: Any = None, dtype: Any = None, out: Any = None, include_initial: bool = False
) -> Any:
    """`cumsum`, by its name in the Array API; with `include_initial` it starts with 0.

    Derivative: the running sum of g from the end.
    """
    return written(out, running(reductions.cumsum, x, axis, dtype, 0 if include_initial else None))


def cumulative_prod(
    x: Any, /, *, axis: Any = None, dtype: Any = None, out: Any = None, include_initial: bool = False
) -> Any:
    """`cumprod`, by its name in the Array API; with `include_initial` it starts with 1.

    Derivative: running products of all others.
    """
    return written(out, running(reductions.cumprod, x, axis, dtype, 1 if include_initial else None))


def running(f: Any, x: Any, axis: Any, dtype: Any, initial: Any) -> Any:
    x = as_array(x)
    x = x if x.ndim else reshape(x, (1,))
    if axis is None and x.ndim > 1:
        raise ValueError(f"{f.__name__} of {x.ndim} axes: axis= must name one")
    axis = axis_of(0 if axis is None else axis, x.ndim, f.__name__)
    out = f(x, axis, dtype)
    if initial is None:
        return out
    one = tuple(1 if k == axis else n for k, n in enumerate(x.shape))
    return concatenate([np.full(one, initial, about(out).dtype), out], axis)


def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """Differences of neighbours in the flat array, and what is joined to them.  Derivative: as of `diff`."""
    a = flat(as_array(ary))
    dtype = about(a).dtype
    ends = []
    for name, end in (("to_begin", to_begin), ("to_end", to_end)):
        part = None if end is None else flat(as_array(end))
        if part is not None and not np.can_cast(about(part).dtype, dtype, "same_kind"):
            raise TypeError(f"ediff1d: {name} is {about(part).dtype}, and the array {dtype}")
        ends.append(part)
    parts = [p for p in (ends[0], a[1:] - a[:-1], ends[1]) if p is not None]
    return concatenate(parts, 0, dtype=dtype) if len(parts) > 1 else parts[0]


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """Σ (xᵢ₊₁ - xᵢ) (yᵢ + yᵢ₊₁) / 2 along an axis.  Derivative: in y, x and dx that of this sum."""
    y, along_x, width = as_array(y), axis, dx
    axis = axis_of(axis, y.ndim, "trapezoid")
    if x is not None:
        x = as_array(x)
        if x.ndim == 1:
            width = reshape(reductions.diff(x), (-1, *[1] * (y.ndim - axis - 1)))
        else:
            width = reductions.diff(x, axis=along_x)
    left, right = y[along(axis, y.ndim, slice(None, -1))], y[along(axis, y.ndim, slice(1, None))]
    return reductions.sum(width * (left + right) / 2.0, axis)


# ---- gradients on grids
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Slopes along every axis, by differences of second order inside and of first or second at the ends.

    `varargs` are one distance for all axes, or for each a distance or the places of its points.  Several axes
    give a tuple.  Derivative: in f the transposed differences, in the distances that of these quotients.
    """
    f = as_array(f)
    axes = tuple(range(f.ndim)) if axis is None else axes_of(axis, f.ndim, "gradient")
    dtype = about(f).dtype if about(f).dtype.kind in "fc" else np.dtype(float)
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: edge_order is 1 or 2, not {constant_only('edge_order', edge_order)}")
    steps = list(varargs) or [1.0]
    if len(steps) == 1 and not shape_of(steps[0]):
        steps *= len(axes)
    if len(steps) != len(axes):
        raise TypeError(f"gradient: {len(varargs)} distances for {len(axes)} axes")
    found = tuple(slopes(f, k, step, edge_order, dtype) for k, step in zip(axes, steps, strict=True))
    return found[0] if len(axes) == 1 else found


def slopes(f: Any, axis: int, step: Any, edge_order: int, dtype: Any) -> Any:
    n, ndim = f.shape[axis], f.ndim
    if n < edge_order + 1:
        raise ValueError(f"gradient: {edge_order + 1} points at least along axis {axis}, not {n}")
    if about(f).dtype.kind not in "fc":
        f = astype(f, dtype)

    def at(start: Any, stop: Any) -> Any:
        return f[along(axis, ndim, slice(start, stop))]

    if shape_of(step):
        h = differences(step, n, axis)
        h = reshape(h, (-1, *[1] * (ndim - axis - 1)))
        left, right = h[:-1], h[1:]
        inner = (
            -right / (left * (left + right)) * at(None, -2)
            + (right - left) / (left * right) * at(1, -1)
            + left / (right * (left + right)) * at(2, None)
        )
        first, second, last, before = h[:1], h[1:2], h[-1:], h[-2:-1]
    else:
        inner = (at(2, None) - at(None, -2)) / (2.0 * step)
        first = second = last = before = step
    if edge_order == 1:
        start, stop = (at(1, 2) - at(0, 1)) / first, (at(-1, None) - at(-2, -1)) / last
    else:
        start = one_sided(first, second, at(0, 1), at(1, 2), at(2, 3))
        stop = -one_sided(last, before, at(-1, None), at(-2, -1), at(-3, -2))
    return astype(concatenate([start, inner, stop], axis), dtype)


def one_sided(h: Any, k: Any, f0: Any, f1: Any, f2: Any) -> Any:
    """The slope at the first of three points, h and k apart, of the parabola through them."""
    return -(2.0 * h + k) / (h * (h + k)) * f0 + (h + k) / (h * k) * f1 - h / (k * (h + k)) * f2


def differences(places: Any, n: int, axis: int) -> Any:
    x = as_array(places)
    if x.ndim != 1 or x.shape[0] != n:
        raise ValueError(f"gradient: places of shape {x.shape} for the {n} points along axis {axis}")
    return reductions.diff(x if isinstance(x, Node) or x.dtype.kind in "fc" else x.astype(float))
