"""NumPy's functions that join arrays, cut them up, and put something into them or take it out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ..graph import Node, make
from ..primitives import indexing
from . import shapes
from .shapes import (
    about,
    along,
    as_array,
    astype,
    axis_of,
    broadcast_to,
    concatenate,
    constant_only,
    ravel,
    reshape,
    shape_of,
    split,
    vstack,
)

__all__ = [
    "append", "atleast_1d", "atleast_2d", "atleast_3d", "block", "column_stack", "delete", "dsplit", "dstack",
    "hsplit", "insert", "meshgrid", "resize", "row_stack", "unstack", "vsplit",
]  # fmt: skip


# ---- axes in front or behind
def atleast_1d(*arys: Any) -> Any:
    """Numbers as arrays of one element.  Derivative: reshaped back."""
    return each(arys, lambda x: x if shape_of(x) else reshape(x, (1,)))


def atleast_2d(*arys: Any) -> Any:
    """Numbers and rows as matrices of one row.  Derivative: reshaped back."""
    return each(arys, matrix)


def atleast_3d(*arys: Any) -> Any:
    """Arrays of three axes: a row is the middle one, a matrix the first two.  Derivative: reshaped back."""
    return each(arys, cube)


def each(arys: Sequence[Any], f: Any) -> Any:
    found = tuple(f(as_array(x)) for x in arys)
    return found[0] if len(found) == 1 else found


def matrix(x: Any) -> Any:
    return x if len(shape_of(x)) > 1 else reshape(x, (1, -1) if shape_of(x) else (1, 1))


def cube(x: Any) -> Any:
    return reshape(x, of_three(shape_of(x))) if len(shape_of(x)) < 3 else x


def of_three(shape: tuple[int, ...]) -> tuple[int, ...]:
    return ((1, 1, 1), (1, *shape, 1), (*shape, 1), shape)[min(len(shape), 3)]


# ---- joining
def append(arr: Any, values: Any, axis: Any = None) -> Any:
    """`values` behind `arr`: along an axis, or both as one row.  Derivative: g cut up again."""
    return concatenate([as_array(arr), as_array(values)], axis=axis)


def column_stack(tup: Any) -> Any:
    """Rows joined as columns, and matrices beside each other.  Derivative: g cut up again."""
    return concatenate(shapes.parts(tup, lambda s: s if len(s) > 1 else (*(s or (1,)), 1)), 1)


def dstack(tup: Any) -> Any:
    """Arrays joined along the third axis.  Derivative: g cut up again."""
    return concatenate(shapes.parts(tup, of_three), 2)


def row_stack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """`vstack`, by its old name.  Derivative: g cut up again."""
    return vstack(tup, dtype=dtype, casting=casting)


def block(arrays: Any) -> Any:
    """Arrays in nested lists, joined along the last axis in the innermost lists, and so on outwards.

    Derivative: g cut up again.
    """
    depth, ndim = depth_of(arrays), 0

    def widest(x: Any) -> int:
        return max(map(widest, x)) if isinstance(x, list) else len(shape_of(x))

    ndim = max(depth, widest(arrays))

    def joined(x: Any, axis: int) -> Any:
        if isinstance(x, list) and len(x) == 1 and isinstance(x[0], (list, Node)):
            return joined(x[0], axis + 1)
        if isinstance(x, list):
            return concatenate([joined(y, axis + 1) for y in x], axis=axis)
        x = as_array(x)
        return reshape(x, (*[1] * (ndim - len(shape_of(x))), *shape_of(x)))

    return shapes.copy(joined(arrays, -depth)) if depth == 0 else joined(arrays, -depth)


def depth_of(arrays: Any, place: str = "arrays") -> int:
    """How deep lists are nested; raises NumPy's errors where that is not the same everywhere."""
    if isinstance(arrays, tuple):
        raise TypeError(f"block: {place} is a tuple; only lists can be used to arrange blocks")
    if not isinstance(arrays, list):
        return 0
    if not arrays:
        raise ValueError(f"block: {place} is an empty list")
    depths = [depth_of(x, f"{place}[{k}]") for k, x in enumerate(arrays)]
    if len(set(depths)) > 1:
        raise ValueError(f"block: lists are nested to different depths in {place}: {depths}")
    return 1 + depths[0]


def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[Any, ...]:
    """The coordinates of all points of a grid.  Derivative: the sums over the repetitions."""
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing is 'xy' or 'ij', not {indexing!r}")
    rows = [ravel(as_array(x)) for x in xi]
    order = list(range(len(rows)))
    if indexing == "xy" and len(rows) > 1:
        order[:2] = 1, 0
    found = [
        reshape(x, [-1 if k == at else 1 for k in range(len(rows))])
        for x, at in zip(rows, order, strict=True)
    ]
    if sparse:
        return tuple(shapes.copy(x) for x in found) if copy else tuple(found)
    return shapes.broadcast_arrays(*found)


# ---- cutting
def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """The slices along an axis.  Derivative: the parts of g joined again."""
    x = as_array(x)
    ndim = len(shape_of(x))
    if not ndim:
        raise ValueError("unstack needs an axis, and a number has none")
    axis = axis_of(axis, ndim, "unstack")
    values = np.moveaxis(about(x), axis, 0)
    if not isinstance(x, Node):
        return tuple(values)
    op, cls = indexing.index, type(x)  # recorded one by one, as x[0], x[1]… would be
    return tuple([make(cls, y, op, (x,), {"index": along(axis, ndim, k)}) for k, y in enumerate(values)])


def hsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """Cut along the second axis, or the only one.  Derivative: the parts of g joined again."""
    return cut("hsplit", ary, indices_or_sections, 1, 1)


def vsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """Cut along the first of two axes or more.  Derivative: the parts of g joined again."""
    return cut("vsplit", ary, indices_or_sections, 2, 0)


def dsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """Cut along the third axis.  Derivative: the parts of g joined again."""
    return cut("dsplit", ary, indices_or_sections, 3, 2)


def cut(what: str, ary: Any, places: Any, least: int, axis: int) -> list[Any]:
    ary = as_array(ary)
    ndim = len(shape_of(ary))
    if ndim < least:
        raise ValueError(f"{what} only works on arrays of {least} or more dimensions, not {ndim}")
    return split(ary, places, min(axis, ndim - 1))


# ---- elements put in, or left out
FEW, LONG = 8, 1000  # places and elements: between so few, a long axis is cut into slices, without an index


def joined_parts(x: Any, axis: int, parts: list[slice]) -> Any:
    """Slices of x along an axis, joined; those that are empty are left out, if another is not."""
    some = [part for part in parts if part.stop > part.start] or parts[:1]
    found = [indexing.index(x, index=along(axis, len(shape_of(x)), part)) for part in some]
    return concatenate(found, axis) if len(found) > 1 else found[0]


def delete(arr: Any, obj: Any, axis: Any = None) -> Any:
    """Without the slices that `obj` points at along an axis.  Derivative: g, with zeros in their place."""
    arr = as_array(arr)
    arr, axis = (ravel(arr), 0) if axis is None else (arr, axis_of(axis, len(shape_of(arr)), "delete"))
    n, obj = shape_of(arr)[axis], constant_only("delete: obj", obj)
    ndim = len(shape_of(arr))
    if np.asarray(obj).dtype.kind in "iu":
        gone = np.unique(np.asarray(obj))
        if n >= LONG and 0 < gone.size <= FEW and -n <= gone[0] and gone[-1] < n:
            ends = [-1, *np.unique(gone % n).tolist(), n]
            return joined_parts(arr, axis, [slice(a + 1, b) for a, b in pairwise(ends)])
        keep = np.ones(n, bool)
        keep[gone] = False
    else:
        keep = np.zeros(n, bool)
        keep[np.delete(np.arange(n), obj)] = True
    return indexing.index(arr, index=keep if ndim == 1 else along(axis, ndim, keep))


def insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    """With `values` before the slices that `obj` points at along an axis.

    Derivative: of arr, g without what was put in; of the values, the rest, summed where they were repeated.
    """
    arr, values = as_array(arr), as_array(values)
    arr, axis = (ravel(arr), 0) if axis is None else (arr, axis_of(axis, len(shape_of(arr)), "insert"))
    shape, obj = shape_of(arr), constant_only("insert: obj", obj)
    n, ndim = shape[axis], len(shape)
    if isinstance(obj, slice):
        obj = np.arange(*obj.indices(n))
    at = np.array(obj)
    at = np.flatnonzero(at) if at.dtype == bool and at.ndim else at
    count = at.size
    if count == 1:
        values = reshape(values, (*[1] * (ndim - len(shape_of(values))), *shape_of(values)))
        if at.ndim == 0:
            values = shapes.moveaxis(values, 0, axis)
        count = shape_of(values)[axis]
    whole = tuple(count if k == axis else length for k, length in enumerate(shape))
    few = n >= LONG and at.ndim < 2 and 0 < at.size <= FEW and at.dtype.kind in "iu"
    if few and np.all((at >= -n) & (at <= n)):
        values = broadcast_to(astype(values, about(arr).dtype), whole)
        return put_between(arr, axis, np.where(at < 0, at + n, at).reshape(-1), values)
    marks = np.insert(np.arange(n), at if at.size else at.astype(int), n + np.arange(count))
    values = broadcast_to(astype(values, about(arr).dtype), whole)
    old, new = marks < n, marks[marks >= n] - n
    longer = tuple(n + count if k == axis else length for k, length in enumerate(shape))
    if (new[1:] < new[:-1]).any():
        values = indexing.index(values, index=along(axis, ndim, new))
    spread = indexing.scatter(arr, index=along(axis, ndim, old), shape=longer)
    return indexing.assign(spread, values, index=along(axis, ndim, ~old))


def put_between(arr: Any, axis: int, at: Any, values: Any) -> Any:
    """The slices of `values` before the places `at`: all of them before the only one, if there is one."""
    n, ndim, parts, start = shape_of(arr)[axis], len(shape_of(arr)), [], 0

    def part(x: Any, first: int, last: int) -> None:
        if last > first:
            parts.append(indexing.index(x, index=along(axis, ndim, slice(first, last))))

    for k in np.argsort(at, kind="stable").tolist():
        part(arr, start, int(at[k]))
        start = int(at[k])
        part(values, 0, shape_of(values)[axis]) if at.size == 1 else part(values, k, k + 1)
    part(arr, start, n)
    return concatenate(parts, axis) if parts else arr


def resize(a: Any, new_shape: Any) -> Any:
    """The elements in another shape, repeated from the beginning or left out at the end.

    Derivative: g, summed over the repetitions.
    """
    a = ravel(as_array(a))
    new_shape = constant_only("resize: new_shape", new_shape)
    new_shape = (int(new_shape),) if np.ndim(new_shape) == 0 else tuple(int(n) for n in new_shape)
    if any(n < 0 for n in new_shape):
        raise ValueError(f"resize: all elements of new_shape must be non-negative, not {new_shape}")
    size, wanted = shape_of(a)[0], int(np.prod(new_shape))
    if not size:
        return np.zeros(new_shape, about(a).dtype)
    if wanted > size:
        a = shapes.tile(a, -(-wanted // size))
    return reshape(a if shape_of(a)[0] == wanted else indexing.index(a, index=slice(wanted)), new_shape)
