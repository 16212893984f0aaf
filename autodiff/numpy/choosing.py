"""More of NumPy's functions that choose elements; and those that say where elements stand, as constants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..graph import TRACE, Node
from ..primitives import arithmetic, indexing
from ..primitives import shapes as P
from . import joining, reductions, selection, shapes
from .shapes import (
    about,
    along,
    as_array,
    astype,
    axis_of,
    broadcast_to,
    constant_only,
    in_dtype,
    plain,
    ravel,
    reshape,
    shape_of,
    stack,
    written,
)

__all__ = [
    "argpartition", "choose", "compress", "digitize", "extract", "isin", "lexsort", "partition", "piecewise",
    "searchsorted", "select", "sort_complex",
]  # fmt: skip


def traced(x: Any) -> bool:
    return isinstance(x, Node) and bool(x.tracked & TRACE)


# ---- by conditions
def compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Any:
    """The slices along an axis for which a condition is true.  Derivative: g, with zeros between."""
    a = as_array(a)
    a, axis = (ravel(a), 0) if axis is None else (a, axis_of(axis, len(a.shape), "compress"))
    keep = np.asarray(plain(condition, "compress: a condition"))
    if keep.ndim != 1:
        raise ValueError(f"compress: the condition must be a 1-d array, not of the shape {keep.shape}")
    return written(out, masked(a, keep, axis, "compress"))


def extract(condition: Any, arr: Any) -> Any:
    """The elements of the flat array for which a condition is true.  Derivative: g, with zeros between."""
    keep = np.ravel(plain(condition, "extract: a condition"))
    return masked(ravel(as_array(arr)), keep, 0, "extract")


def masked(a: Any, keep: Any, axis: int, what: str) -> Any:
    """What a mask keeps along an axis; it may be too short, or too long by what it leaves out."""
    n = shape_of(a)[axis]
    mask = np.zeros(n, bool)
    at = np.flatnonzero(keep)
    if at.size and at[-1] >= n:
        raise IndexError(f"{what}: the condition is true at {at[-1]}, but the axis has the length {n}")
    mask[at] = True
    return indexing.index(a, index=mask if len(shape_of(a)) == 1 else along(axis, len(shape_of(a)), mask))


def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """For each element the first choice whose condition is true.  Derivative: that of what was taken."""
    if len(condlist) != len(choicelist):
        raise ValueError("select: list of cases must be same length as list of conditions")
    if not len(condlist):
        raise ValueError("select with an empty condition list is not possible")
    conditions = list(map(as_array, condlist))
    for k, condition in enumerate(conditions):
        if about(condition).dtype != bool:
            raise TypeError(f"select: condition {k} should be boolean, not {about(condition).dtype}")
    values = [about(x) for x in (*choicelist, default)]
    kinds = [v if type(v) in (int, float, complex) else np.asarray(v).dtype for v in values]
    dtype = np.result_type(*kinds)
    shape = np.broadcast_shapes(*map(shape_of, (*conditions, *choicelist)))
    found = broadcast_to(in_dtype(default, dtype), shape)
    for condition, choice in zip(conditions[::-1], choicelist[::-1], strict=True):
        found = arithmetic.where(condition, in_dtype(choice, dtype), found)
    return found


def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    """For each element the choice with that number.  Derivative: that of what was taken."""
    a = as_array(a)
    if about(a).dtype.kind not in "iub":
        raise TypeError(f"choose: the first argument must have integers, not {about(a).dtype}")
    options = (
        stack(shapes.broadcast_arrays(*map(as_array, choices))) if not isinstance(choices, Node) else choices
    )
    n, *shape = shape_of(options)
    whole = np.broadcast_shapes(shape_of(a), tuple(shape))
    if mode == "raise":
        if (np.asarray(about(a)) < 0).any() or (np.asarray(about(a)) >= n).any():
            raise ValueError(f"choose: an entry of the first argument is none of 0 … {n - 1}")
    elif mode == "wrap":
        a = a % n
    elif mode == "clip":
        a = selection.clip(a, 0, n - 1)
    else:
        raise ValueError(f"choose: mode is 'raise', 'wrap' or 'clip', not {mode!r}")
    lead = reshape(options, (n, *[1] * (len(whole) - len(shape)), *shape))
    at = reshape(broadcast_to(in_dtype(a, np.dtype(int)), whole), (1, *whole))
    found = indexing.take_along(broadcast_to(lead, (n, *whole)), at, axis=0, once=True)
    return written(out, reshape(found, whole))


def piecewise(x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **kw: Any) -> Any:
    """For each element the function whose condition is true, the last of several.  Derivative: through it.

    A function is called with those elements for which its condition is true.  Where the program stands for
    many (`vmap`), it is called with all.  A function may be a number, and one more than there are conditions
    is for the rest.
    """
    x = as_array(x)
    shape, n = shape_of(x), len(funclist)
    if is_one_condition(condlist, shape):
        condlist = [condlist]
    conditions = [c if isinstance(c, Node) else np.asarray(c) for c in condlist]
    conditions = [astype(as_array(c), bool) if about(c).dtype != bool else c for c in conditions]
    if n == len(conditions) + 1:
        chosen = conditions[0]
        for c in conditions[1:]:
            chosen = arithmetic.logical_or(chosen, c)
        conditions.append(arithmetic.logical_not(chosen))
    elif n != len(conditions):
        raise ValueError(
            f"piecewise: with {len(conditions)} condition(s), either {len(conditions)} or "
            f"{len(conditions) + 1} functions are expected, not {n}"
        )
    dtype = about(x).dtype
    found: Any = np.zeros(shape, dtype)
    for condition, f in zip(conditions, funclist, strict=True):
        if not callable(f):
            found = arithmetic.where(condition, in_dtype(f, dtype), found)
        elif traced(condition):
            found = arithmetic.where(condition, in_dtype(f(x, *args, **kw), dtype), found)
        elif about(condition).any():
            mask = np.broadcast_to(about(condition), shape)
            value = f(indexing.index(x, index=mask), *args, **kw)
            found = indexing.assign(found, in_dtype(value, dtype), index=mask)
    return found if isinstance(found, Node) or not isinstance(x, Node) else Node.classes["array"].lift(found)


def is_one_condition(condlist: Any, shape: tuple[int, ...]) -> bool:
    """Whether this is one condition, not a list of them, as NumPy tells them apart."""
    given = shape_of(condlist) if isinstance(condlist, (Node, np.ndarray)) else None
    if given is None:
        return not isinstance(condlist, (list, tuple)) or (
            not isinstance(condlist[0], (list, np.ndarray, Node)) and shape != ()
        )
    return not given or (len(given) == 1 and shape != ())


# ---- by order
def partition(a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None) -> Any:
    """Partly sorted: the k-th smallest in its place, smaller ones before it.  Derivative: g, put back."""
    a = as_array(a)
    if axis is None:
        a, axis = ravel(a), -1
    at = argpartition(a, kth, axis, kind, order)
    return indexing.take_along(a, at, axis=axis, once=True)


def argpartition(a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None) -> Any:
    """The order that partitions.  Derivative: zero."""
    no_fields("argpartition", order)
    a = as_array(a)
    if axis is None:
        a, axis = ravel(a), -1
    axis = axis_of(axis, len(a.shape), "argpartition")
    kth = constant_only("partition: kth", kth)
    kth = tuple(int(k) for k in np.atleast_1d(kth)) if np.ndim(kth) else int(kth)
    return indexing.argpartition(a, kth=kth, axis=axis, kind=kind)


def no_fields(what: str, order: Any) -> None:
    if order is not None:
        raise TypeError(f"{what}: order= is for fields, which arrays here have not")


def sort_complex(a: Any) -> Any:
    """Sorted, as complex numbers.  Derivative: g, put back in the original order."""
    a = selection.sort(as_array(a))
    char = about(a).dtype.char
    wide = "F" if char in "bhBH" else "G" if char == "g" else "D"
    return a if about(a).dtype.kind == "c" else astype(a, wide)


def lexsort(keys: Any, axis: int = -1) -> Any:
    """The order that sorts by the last key, then by the one before…  Derivative: zero."""
    keys = joining.unstack(keys) if isinstance(keys, Node) else list(map(as_array, keys))
    if not len(keys):
        raise TypeError("lexsort needs a sequence of keys, of one or more")
    return indexing.lexsort(*keys, axis=axis)


# ---- where elements stand
def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    """Where elements would be put into a sorted array.  Derivative: zero."""
    a, v = as_array(a), as_array(v)
    if len(a.shape) != 1:
        raise ValueError(f"searchsorted: the array to search must be 1-d, not of the shape {a.shape}")
    if sorter is not None:
        a = selection.take(a, constant_only("searchsorted: sorter", sorter))
    return indexing.searchsorted(a, v, side=side)


def digitize(x: Any, bins: Any, right: bool = False) -> Any:
    """The number of the bin in which an element lies.  Derivative: zero.  The bins are plain numbers."""
    x, bins = as_array(x), np.asarray(constant_only("digitize: bins", bins))
    if about(x).dtype.kind == "c":
        raise TypeError("digitize: x may not be complex")
    step = np.diff(bins)
    if bins.ndim != 1 or not ((step >= 0).all() or (step <= 0).all()):
        raise ValueError("digitize: bins must be 1-d, and monotonically increasing or decreasing")
    side = "left" if right else "right"
    if len(step) and bins[-1] < bins[0]:
        return len(bins) - indexing.searchsorted(bins[::-1].copy(), x, side=side)
    return indexing.searchsorted(bins, x, side=side)


def isin(element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False, *,
         kind: Any = None) -> Any:  # fmt: skip
    """Whether each element is one of others.  Derivative: zero."""
    element, others = as_array(element), ravel(as_array(test_elements))
    if traced(element) or traced(others):
        found = reductions.any(arithmetic.equal(P.reshape(element, shape=(*element.shape, 1)), others), -1)
        return arithmetic.logical_not(found) if invert else found
    if kind is not None and kind not in ("sort", "table"):
        raise ValueError(f"isin: kind is 'sort', 'table' or None, not {kind!r}")
    return np.isin(about(element), about(others), assume_unique, invert, kind=kind)
