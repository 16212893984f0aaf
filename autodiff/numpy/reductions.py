"""NumPy's reductions and running sums.  `axis` is an int, a tuple, or None for all; `where` leaves out."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph import Node
from ..primitives import arithmetic, indexing, linalg, scans
from ..primitives import reductions as P
from .shapes import (
    about,
    along,
    as_array,
    astype,
    axis_of,
    broadcast_to,
    concatenate,
    constant_only,
    diagonal,
    flat,
    is_complex,
    shape_of,
    written,
)

__all__ = [
    "all", "amax", "amin", "any", "argmax", "argmin", "cumprod", "cumsum", "diff", "max", "mean", "min",
    "prod", "ptp", "std", "sum", "trace", "var",
]  # fmt: skip


def selected(a: Any, dtype: Any, where: Any, neutral: Any) -> Any:
    """The array to reduce: in `dtype`, with a neutral element where `where` leaves something out."""
    a = as_array(a)
    if dtype is not None:
        a = astype(a, dtype)
    return a if where is True else arithmetic.where(chosen(where), a, neutral)


def chosen(where: Any) -> Any:
    """`where`, which says for each element whether it counts; raises TypeError unless it is of bools."""
    where = as_array(where)
    if where.dtype != bool:
        raise TypeError(f"where= takes True and False, not {where.dtype}: write where=mask != 0")
    return where


def start(initial: Any, dtype: Any) -> Any:
    """`initial` in the dtype of the reduction that starts from it, as in NumPy."""
    given = np.result_type(about(initial))
    if given.kind == "c" and dtype.kind != "c":
        raise TypeError(f"initial={about(initial)} can't start a reduction of {dtype}: cast the array first")
    return initial if given == dtype else astype(as_array(initial), dtype)


def sum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False,
        initial: Any = None, where: Any = True) -> Any:  # fmt: skip
    """The sum.  Derivative: g, spread out again."""
    if dtype is not None or out is not None or where is not True or not isinstance(a, Node):
        if out is not None:
            return written(out, sum(a, axis, dtype, None, keepdims, initial, where))
        a = selected(a, dtype, where, 0)
    total = P.sum(a, axis=axis, keepdims=keepdims)
    total = narrowed(total, dtype)
    return total if initial is None else total + start(initial, about(total).dtype)


def narrowed(total: Any, dtype: Any) -> Any:
    """A sum in the dtype that was asked for: small whole numbers are added up in large ones."""
    return total if dtype is None or about(total).dtype == dtype else astype(total, dtype)


def mean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False, *, where: Any = True
) -> Any:
    """The mean.  Derivative: g, spread out again, divided by the number of elements."""
    if out is not None:
        return written(out, mean(a, axis, dtype, None, keepdims, where=where))
    if where is True:
        if dtype is not None or not isinstance(a, Node):
            a = selected(a, dtype, where, 0)
        return narrowed(P.mean(a, axis=axis, keepdims=keepdims), dtype)
    total = sum(a, axis, dtype, None, keepdims, where=where)
    n = counted(a, axis, keepdims, where)
    total = total / (n.astype(about(total).real.dtype) if about(total).dtype.kind in "fc" else n)
    return narrowed(total, dtype)


def counted(a: Any, axis: Any, keepdims: bool, where: Any) -> Any:
    """How many elements go into each mean."""
    if where is True:
        return P.summed(
            np.empty(shape_of(a), bool) if axis is None else np.broadcast_to(0, shape_of(a)), axis
        )
    shape = np.broadcast_shapes(shape_of(a), shape_of(where))
    return sum(broadcast_to(astype(chosen(where), float), shape), axis, keepdims=keepdims)


def var(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
        keepdims: bool = False, *, where: Any = True, mean: Any = None,
        correction: Any = None) -> Any:  # fmt: skip
    """The variance, Σ|x - mean|² / (n - ddof).  Derivative: 2 g (x - mean) / (n - ddof)."""
    ddof, dtype = constant_only("ddof", ddof if correction is None else correction), spread_dtype(a, dtype)
    if out is not None:
        return written(out, var(a, axis, dtype, None, ddof, keepdims, where=where, mean=mean))
    if where is True and mean is None and about(a := selected(a, dtype, True, 0)).dtype.kind == "f":
        return P.var(a, axis=listed(axis), keepdims=keepdims, ddof=ddof)
    square, n = deviations(a, axis, dtype, where, mean, keepdims)
    square = P.sum(
        arithmetic.square(square) if not is_complex(square) else squared(square), axis=axis, keepdims=keepdims
    )
    return narrowed(square / remaining(n, ddof, square), dtype)


def spread_dtype(a: Any, dtype: Any) -> Any:
    """The dtype of a variance; raises TypeError if it can't hold how far numbers are from their mean."""
    if dtype is None:
        return None
    dtype, given = np.dtype(dtype), np.result_type(about(a))
    if dtype.kind not in "fc" or (given.kind == "c" and dtype.kind != "c"):
        raise TypeError(f"a variance of {given} numbers in {dtype} would lose parts of them: cast them first")
    return dtype


def listed(axis: Any) -> Any:
    """Axes in a list, as a tuple."""
    return tuple(axis) if isinstance(axis, list) else axis


def remaining(n: Any, ddof: Any, x: Any) -> Any:
    """n - ddof, 0 at least, in the precision of x."""
    left: Any = np.maximum(n - ddof, 0)
    return left.astype(about(x).real.dtype)


def squared(z: Any) -> Any:
    return arithmetic.square(arithmetic.real(z)) + arithmetic.square(arithmetic.imag(z))


def deviations(a: Any, axis: Any, dtype: Any, where: Any, center: Any, keepdims: bool) -> tuple[Any, Any]:
    """x - mean, zero where `where` leaves x out; and how many elements a mean has."""
    a = selected(a, dtype, True, 0)
    if center is None:
        center = mean(a, axis, keepdims=True, where=where)
    apart = a - center
    return (apart if where is True else arithmetic.where(where, apart, 0.0)), counted(
        a, axis, keepdims, where
    )


def std(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
        keepdims: bool = False, *, where: Any = True, mean: Any = None,
        correction: Any = None) -> Any:  # fmt: skip
    """The root of the variance.  Derivative: g (x - mean) / (n - ddof) / std; 0 where all are equal."""
    ddof, dtype = constant_only("ddof", ddof if correction is None else correction), spread_dtype(a, dtype)
    if out is not None:
        return written(out, std(a, axis, dtype, None, ddof, keepdims, where=where, mean=mean))
    if where is True and mean is None and about(a := selected(a, dtype, True, 0)).dtype.kind == "f":
        return P.std(a, axis=listed(axis), keepdims=keepdims, ddof=ddof)
    apart, n = deviations(a, axis, dtype, where, mean, keepdims)
    apart = linalg.norm(apart, axis=listed(axis), keepdims=keepdims)
    return narrowed(apart / np.sqrt(remaining(n, ddof, apart)), dtype)


def max(
    a: Any, axis: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    """The largest.  Derivative: that of the largest; ties share it equally."""
    return extreme(P.max, arithmetic.maximum, a, axis, out, keepdims, initial, where)


def min(
    a: Any, axis: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    """The smallest.  Derivative: that of the smallest; ties share it equally."""
    return extreme(P.min, arithmetic.minimum, a, axis, out, keepdims, initial, where)


amax, amin = max, min


def extreme(op: Any, pair: Any, a: Any, axis: Any, out: Any, keepdims: bool, initial: Any, where: Any) -> Any:
    if where is not True and initial is None:
        raise ValueError(f"{op.name} with where= needs initial=, for where nothing is left")
    if out is not None:
        return written(out, extreme(op, pair, a, axis, None, keepdims, initial, where))
    axis, a = listed(axis), as_array(a)
    initial = None if initial is None else start(initial, about(a).dtype)
    if where is not True:
        a = selected(a, None, where, initial)
    if initial is None:
        return op(a, axis=axis, keepdims=keepdims)
    if 0 in shape_of(a):
        return broadcast_to(initial, np.sum(np.empty(shape_of(a)), axis, keepdims=keepdims).shape)
    return pair(op(a, axis=axis, keepdims=keepdims), initial)


def ptp(a: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    """The largest minus the smallest.  Derivative: that of the two; ties share it equally."""
    return written(out, max(a, axis, None, keepdims) - min(a, axis, None, keepdims))


def any(a: Any, axis: Any = None, out: Any = None, keepdims: bool = False, *, where: Any = True) -> Any:
    """Whether any is true.  Derivative: zero."""
    return written(out, P.any(selected(a, None, where, False), axis=axis, keepdims=keepdims))


def all(a: Any, axis: Any = None, out: Any = None, keepdims: bool = False, *, where: Any = True) -> Any:
    """Whether all are true.  Derivative: zero."""
    return written(out, P.all(selected(a, None, where, True), axis=axis, keepdims=keepdims))


def argmax(a: Any, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Any:
    """Where the largest stands.  Derivative: zero."""
    return written(out, indexing.argmax(a, axis=axis, keepdims=keepdims))


def argmin(a: Any, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Any:
    """Where the smallest stands.  Derivative: zero."""
    return written(out, indexing.argmin(a, axis=axis, keepdims=keepdims))


def no_axis(axis: Any, shape: tuple[int, ...]) -> bool:
    """Whether this is what NumPy takes for an axis of a number, which has none."""
    return not shape and axis in (0, -1)


def widened(a: Any, dtype: Any) -> Any:
    """Small whole numbers as the large ones in which NumPy multiplies them, unless told otherwise."""
    a = as_array(a)
    wide = np.prod(np.empty(0, a.dtype)).dtype
    return a if dtype is not None or wide == a.dtype else astype(a, wide)


def prod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False,
         initial: Any = None, where: Any = True) -> Any:  # fmt: skip
    """The product.  Derivative: g times the product of all others, also where some are 0."""
    if out is not None:
        return written(out, prod(a, axis, dtype, None, keepdims, initial, where))
    a = selected(widened(a, dtype), dtype, where, 1)
    axis = None if no_axis(axis, shape_of(a)) else listed(axis)
    total: Any = narrowed(scans.prod(a, axis=axis, keepdims=keepdims), dtype)
    return total if initial is None else total * start(initial, about(total).dtype)


def cumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """The running sum.  Derivative: the running sum of g from the end."""
    if out is not None:
        return written(out, cumsum(a, axis, dtype))
    a = selected(a, dtype, True, 0)
    if axis is None or no_axis(axis, shape_of(a)):
        a, axis = flat(a), 0
    return narrowed(P.cumsum(a, axis=axis_of(axis, len(shape_of(a)), "cumsum")), dtype)


def cumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """The running product.  Derivative: running products of all others, also where some are 0."""
    if out is not None:
        return written(out, cumprod(a, axis, dtype))
    a = selected(widened(a, dtype), dtype, True, 0)
    if axis is None or no_axis(axis, shape_of(a)):
        a, axis = flat(a), 0
    return narrowed(scans.cumprod(a, axis=axis_of(axis, len(shape_of(a)), "cumprod")), dtype)


def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """Differences of neighbours, n times.  Derivative: minus the differences of g."""
    if constant_only("diff: n", n) == 0:
        return a
    a = as_array(a)
    ndim = len(a.shape)
    if not ndim or n < 0:
        raise ValueError(f"diff needs an axis and n of 0 or more, not the shape {a.shape} and n={n}")
    axis = axis_of(axis, ndim, "diff")
    parts = [a if e is a else end(e, a, axis) for e in (prepend, a, append) if e is not None]
    a = concatenate(parts, axis) if len(parts) > 1 else a
    head, tail = along(axis, ndim, slice(None, -1)), along(axis, ndim, slice(1, None))
    for _ in range(n):
        a = a[tail] != a[head] if about(a).dtype == bool else a[tail] - a[head]
    return a


def end(e: Any, a: Any, axis: int) -> Any:
    """What is joined to a in front or behind: an array, or a number for all."""
    if shape_of(e):
        return e
    return broadcast_to(e, [1 if k == axis else n for k, n in enumerate(shape_of(a))])


def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
    """The sum of a diagonal.  Derivative: g on that diagonal."""
    return sum(diagonal(a, offset, axis1, axis2), -1, dtype, out)
