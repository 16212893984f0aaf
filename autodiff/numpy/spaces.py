"""Numbers in a row between two ends, and between points: linspace, logspace, geomspace, interp, unwrap."""

from __future__ import annotations

import math
from operator import index as as_int
from typing import Any

import numpy as np

from ..primitives import arithmetic
from ..primitives import polynomials as P
from ..primitives import shapes as S
from . import reductions, selection, shapes
from .shapes import about, as_array, concatenate, constant_only, in_dtype, shape_of

__all__ = ["geomspace", "interp", "linspace", "logspace", "unwrap"]


def linspace(start: Any, stop: Any, num: Any = 50, endpoint: bool = True, retstep: bool = False,
             dtype: Any = None, axis: int = 0, *, device: Any = None) -> Any:  # fmt: skip
    """`num` numbers from start to stop.  ∂/∂start = 1 - t and ∂/∂stop = t, at a part t of the way.

    >>> from autodiff import grad
    >>> grad(lambda a, b: linspace(a, b, 3)[1], argnums=(0, 1))(0.0, 4.0)
    (0.5, 0.5)
    """
    num = as_int(constant_only("num", num))
    if num < 0:
        raise ValueError(f"Number of samples, {num}, must be non-negative.")
    parts = num - 1 if endpoint else num
    dt = np.result_type(*(weak(x) for x in (start, stop)), 0.0)
    start, stop = (in_dtype(x, dt) for x in (start, stop))
    out = in_dtype(P.between(start, stop, length=num, endpoint=bool(endpoint)), dt)
    out = shapes.moveaxis(out, 0, axis) if axis else out
    if dtype is not None and np.issubdtype(dtype, np.integer):
        out = arithmetic.floor(out)
    out = out if dtype is None else shapes.astype(out, dtype)
    if not retstep:
        return out
    span = stop - start
    return out, span / parts if parts > 0 else span * np.nan


def weak(x: Any) -> Any:
    """What a number contributes to the dtype of a result: Python's, as much as is needed."""
    return x if type(x) in (int, float, complex) else about(as_array(x)).dtype


def floats(*xs: Any) -> list[Any]:
    """The arrays, in floating point as NumPy takes them."""
    arrays = [as_array(x) for x in xs]
    return [x if about(x).dtype.kind in "fc" else shapes.astype(x, float) for x in arrays]


def logspace(start: Any, stop: Any, num: Any = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None,
             axis: int = 0) -> Any:  # fmt: skip
    """base**linspace(start, stop).  Derivative: that of the power and of `linspace`."""
    if len(shape_of(base)):
        n = len(np.broadcast_shapes(*map(shape_of, (start, stop, base))))
        start, stop, base = (spread(x, n) for x in (start, stop, base))
        base = shapes.expand_dims(base, axis)
    out = arithmetic.power(base, linspace(start, stop, num, endpoint, axis=axis))
    return out if dtype is None else shapes.astype(out, dtype)


def spread(x: Any, n: int) -> Any:
    """x with n axes, the new ones first."""
    shape = shape_of(x)
    return S.reshape(as_array(x), shape=(*[1] * (n - len(shape)), *shape))


def geomspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Any:
    """`num` numbers from start to stop with the same quotient.  Derivative: that of start (stop / start)^t.

    Raises ValueError if an end is 0.

    >>> from autodiff import grad
    >>> grad(lambda a, b: geomspace(a, b, 3)[1], argnums=(0, 1))(1.0, 4.0)
    (1.0, 0.25)
    """
    num = as_int(constant_only("num", num))
    dt = np.result_type(*(about(as_array(x)).dtype for x in (start, stop)), float)
    start, stop = in_dtype(start, dt), in_dtype(stop, dt)
    if np.any(about(start) == 0) or np.any(about(stop) == 0):
        raise ValueError("Geometric sequence cannot include zero")
    ratio = stop / start
    if num > 0:
        t = linspace(0.0, 1.0, num, endpoint).astype(about(ratio).real.dtype)
        t = t.reshape(-1, *[1] * ratio.ndim)
        out = start * arithmetic.power(ratio, t)
        k = np.arange(num).reshape(t.shape)
        if num > 1:
            out = arithmetic.where(k == 0, start, out)
            out = arithmetic.where(k == num - 1, stop, out) if endpoint else out
    else:
        out = linspace(start, stop, num)
    out = shapes.moveaxis(out, 0, axis) if axis else out
    return out if dtype is None else shapes.astype(out, dtype)


def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """The line through the points (xp, fp), at x; `left` and `right` beyond them (fp[0], fp[-1]).

    Derivative: that of fp[k] + (x - xp[k]) (fp[k+1] - fp[k]) / (xp[k+1] - xp[k]) for xp[k] <= x < xp[k+1].

    >>> import numpy as np
    >>> from autodiff import grad
    >>> xp, fp = np.array([0.0, 1.0, 3.0]), np.array([0.0, 2.0, 3.0])
    >>> grad(interp, argnums=(0, 2))(2.0, xp, fp)
    (0.5, array([0. , 0.5, 0.5]))
    """
    x, xp, fp = as_array(x), as_array(xp), as_array(fp)
    if xp.ndim != 1 or fp.ndim != 1:
        raise ValueError("Data points must be 1-D sequences")
    if not xp.shape[0]:
        raise ValueError("array of sample points is empty")
    if xp.shape != fp.shape:
        raise ValueError("fp and xp are not of the same length.")
    x, xp = floats(x, xp)
    if period is not None:
        constant = about(period)
        if np.any(constant == 0):
            raise ValueError("period must be a non-zero value")
        period, left, right = arithmetic.absolute(as_array(period)), None, None
        x, xp = arithmetic.remainder(x, period), arithmetic.remainder(xp, period)
        order = selection.argsort(xp)
        xp, fp = selection.take(xp, order), selection.take(fp, order)
        xp = concatenate([xp[-1:] - period, xp, xp[:1] + period])
        fp = concatenate([fp[-1:], fp, fp[:1]])
    left, right = fp[0] if left is None else left, fp[-1] if right is None else right
    if xp.shape[0] == 1:
        inside = fp[0] + x * 0.0
    else:
        k = P.interval(x, xp)
        x0, x1 = selection.take(xp, k), selection.take(xp, k + 1)
        f0, f1 = selection.take(fp, k), selection.take(fp, k + 1)
        inside = arithmetic.where(arithmetic.equal(x, x1), f1, f0 + (x - x0) * ((f1 - f0) / (x1 - x0)))
    inside = arithmetic.where(arithmetic.greater(x, xp[-1]), right, inside)
    out = arithmetic.where(arithmetic.less(x, xp[0]), left, inside)
    wanted = complex if about(out).dtype.kind == "c" else float
    return out if about(out).dtype == wanted else shapes.astype(out, wanted)


def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: Any = 2 * math.pi) -> Any:
    """Angles without the jumps by multiples of the period.  Derivative: g."""
    p = as_array(p)
    discont = constant_only("discont", discont)
    axis = shapes.axis_of(axis, p.ndim, "unwrap")
    d = reductions.diff(p, axis=axis)
    whole = about(p).dtype.kind in "iu" and np.asarray(about(period)).dtype.kind in "iu"
    if whole:
        return np.unwrap(about(p), discont, axis, period=about(period))
    half = period / 2
    turned = arithmetic.remainder(d + half, period) - half
    turned = arithmetic.where((turned == -half) & (d > 0), half, turned)
    if discont is None:
        discont = about(half)
    jumps = arithmetic.where(arithmetic.absolute(d) < discont, 0.0, turned - d)
    first = p[shapes.along(axis, p.ndim, slice(1))]
    rest = p[shapes.along(axis, p.ndim, slice(1, None))] + reductions.cumsum(jumps, axis=axis)
    return concatenate([first + 0.0, rest], axis)
