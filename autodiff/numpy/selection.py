"""NumPy's functions that choose elements: by conditions, by indices, by order."""

from __future__ import annotations

import math
from builtins import sum as sum_of
from typing import Any

import numpy as np

from ..graph import TRACE, Node
from ..primitives import arithmetic, indexing
from ..primitives import shapes as P
from . import methods
from .shapes import about, along, axis_of, plain, ravel, reshape, shape_of, written

__all__ = ["argsort", "clip", "round", "sort", "take", "take_along_axis", "where"]


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """x where the condition is true, else y.  Derivative: that of the one that was taken.

    With the condition alone, the indices where it is true, as plain arrays.
    """
    if (x is None) != (y is None):
        raise ValueError("where takes a condition alone, or a condition and two choices")
    return (
        np.nonzero(plain(condition, "where() with a condition alone"))
        if x is None
        else arithmetic.where(condition, x, y)
    )


def clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None,
         max: Any = None, **settings: Any) -> Any:  # fmt: skip
    """Not below the one, nor above the other.  Derivative: 1 between them, 1/2 on them, 0 beyond.

    The bounds may be Tensors; theirs is 1 where they were taken.  With a ufunc's keywords (`where dtype`…).
    """
    if (a_min is not None and min is not None) or (a_max is not None and max is not None):
        raise ValueError("clip: a_min and min are the same bound, and so are a_max and max: give one")
    low, high = (b if a is None else a for a, b in ((a_min, min), (a_max, max)))
    if out is not None or settings:
        bounds = [b for b in (low, high) if b is not None]
        ufunc = CLIPS[low is not None, high is not None]

        def f(a: Any, *bounds: Any) -> Any:
            return clip(a, None if low is None else bounds[0], None if high is None else bounds[-1])

        return methods.called(ufunc, f, (a, *bounds), {"out": out, **settings})
    if low is not None and high is not None:
        return arithmetic.clip(a, low, high)
    if low is not None:
        a = arithmetic.maximum(a, low)
    return a if high is None else arithmetic.minimum(a, high)


CLIPS: dict[tuple[bool, bool], Any] = {  # NumPy's ufunc, for whether there is a lower and an upper bound
    (True, True): arithmetic.clip.f,
    (True, False): np.maximum,
    (False, True): np.minimum,
    (False, False): np.positive,
}


def round(a: Any, decimals: int = 0, out: Any = None) -> Any:
    """Rounded to `decimals` places.  Derivative: zero."""
    return written(out, arithmetic.round(a, decimals=decimals))


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
    if axis is None:
        a, axis = ravel(a), 0
    shape = shape_of(a)
    axis = axis_of(axis, len(shape), "take")
    at: Any = indices if isinstance(indices, Node) and indices.tracked & TRACE else np.array(about(indices))
    if at.size and at.dtype.kind not in "iu":
        raise TypeError(f"take: indices must be integers, not {at.dtype}")
    if mode == "clip":
        at = clip(at, 0, shape[axis] - 1)
    elif mode == "wrap":
        at = at % shape[axis]
    elif mode != "raise":
        raise ValueError(f"take: mode is 'raise', 'wrap' or 'clip', not {mode!r}")
    at = at if at.size or isinstance(at, Node) else at.astype(np.intp)
    index = along(axis, len(shape), at)
    return written(out, picked(a, index) if isinstance(at, Node) else indexing.index(a, index=index))


def assigned(x: Any, index: Any, v: Any) -> Any:
    """x with v where the index points: what `x[index] = v` makes of a Tensor."""
    shape = shape_of(v)
    if len(shape) and shape[0] == 1:  # NumPy drops axes of length 1 in front, as far as they are too many
        lead = len(shape) - len(shape_of(indexing.index(about(x), index=index)))
        v = reshape(v, shape[lead:]) if lead > 0 else v
    return indexing.assign(x, v, index=index)


# ---- indices that are inputs -----------------------------------------------------------------------------
# Where a program stands for many (`vmap`), so may the integers that it picks elements by.  Then they are no
# setting of the primitive `index`, but an input of `take_along`, on the flat array.
def picked(x: Any, index: Any) -> Any:
    """x[index], where Tensors in the index are inputs."""
    places = positions(shape_of(x), index)
    flat = indexing.take_along(P.reshape(x, shape=(-1,)), P.reshape(places, shape=(-1,)), axis=0)
    return P.reshape(flat, shape=shape_of(places))


def assigned_at(x: Any, index: Any, v: Any) -> Any:
    """x with v where the index points, where Tensors in the index are inputs; single numbers, so that no two
    of them point at one element."""
    if any(shape_of(i) for i in entries_of(index) if isinstance(i, (Node, np.ndarray))):
        raise TypeError("x[i] = v with an array of traced indices: assign at one index, or use where")
    shape, places = shape_of(x), positions(shape_of(x), index)
    size, flat = math.prod(shape), P.reshape(places, shape=(-1,))
    hit = indexing.put_along(np.ones(shape_of(flat)), flat, axis=0, shape=(size,))
    put = indexing.put_along(
        P.reshape(P.broadcast_to(v, shape=shape_of(places)), shape=(-1,)), flat, axis=0, shape=(size,)
    )
    return arithmetic.where(P.reshape(hit, shape=shape), P.reshape(put, shape=shape), x)


def positions(shape: tuple[int, ...], index: Any) -> Any:
    """Where the elements of x[index] stand in the flat x, for an x of this shape."""
    entries = entries_of(index)
    free = len(shape) - sum_of(i is not None and i is not ... for i in entries)
    if free < 0:
        raise IndexError(f"too many indices for an array of {len(shape)} axes: {len(shape) - free}")
    rest = next((k for k, i in enumerate(entries) if i is ...), len(entries))
    entries[rest : rest + 1] = [slice(None)] * free

    picking = [k for k, i in enumerate(entries) if i is not None and not isinstance(i, slice)]
    common = np.broadcast_shapes(*(shape_of(entries[k]) for k in picking))
    together = picking[-1] - picking[0] == len(picking) - 1
    first = picking[0] if together else 0  # before which the axes of the arrays go
    lengths = iter(shape)
    sizes = [1 if i is None else next(lengths) for i in entries]
    others = [k for k in range(len(entries)) if k not in picking]
    before = sum_of(k < first for k in others)  # axes in front of those of the arrays

    places: Any = 0
    for k, (i, n) in enumerate(zip(entries, sizes, strict=True)):
        places = places * n
        if k in picking:
            at, after = indexing.place(i, length=n), len(others) - before
            places = places + P.reshape(at, shape=(*shape_of(at), *[1] * after))
        elif i is not None:
            at = np.arange(*i.indices(n))
            j = others.index(k)
            after = len(others) - 1 - j + (len(common) if j < before else 0)
            places = places + at.reshape(-1, *[1] * after)
    out = (*(1 if entries[k] is None else len(range(*entries[k].indices(sizes[k]))) for k in others),)
    return P.broadcast_to(places, shape=(*out[:before], *common, *out[before:]))


def entries_of(index: Any) -> list[Any]:
    """The entries of an index, masks as the integers that they stand for; TypeError for traced masks."""
    entries: list[Any] = []
    for i in index if isinstance(index, tuple) else (index,):
        kind = i.dtype.kind if hasattr(i, "dtype") else "b" if isinstance(i, bool) else "i"
        if kind == "b" and isinstance(i, np.ndarray) and i.ndim:
            entries += np.nonzero(i)
        elif kind in "iu":
            entries.append(i)
        else:
            raise TypeError(
                f"x[i] with an i of {getattr(i, 'dtype', type(i).__name__)} that is traced, or beside one: "
                "how many elements it picks may differ; write where(mask, x, 0), or give integers"
            )
    return entries
