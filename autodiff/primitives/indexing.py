"""Picking elements and putting them back: indexing, assignment, sorting."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from ..backward import SCRATCH, pull
from ..batching import along_axes, led, rank, repeated
from ..graph import DIFF
from ..kinds import constant, linear
from .shapes import reshape

__all__: list[str] = []


def once(index: Any) -> bool:
    """Whether an index points at each element once at most: numbers and slices do, and masks."""
    for i in index if type(index) is tuple else (index,):
        if type(i) in ONCE or i is None or i is ... or isinstance(i, np.integer):
            continue
        if i.dtype.kind != "b":
            return False
    return True


ONCE = {int, slice, bool}


def add_at(out: Any, index: Any, x: Any) -> None:
    """out[index] += x, as often as the index points at an element; `out` is contiguous."""
    if once(index):
        out[index] += x
    else:  # of all the forms of np.add.at, that with one flat index is fast
        flat = np.arange(out.size).reshape(out.shape)[index]
        x = x if x.shape == flat.shape else np.broadcast_to(x, flat.shape)
        np.add.at(out.reshape(-1), flat.reshape(-1), x.reshape(-1))


def quick(index: Any, shape: tuple[int, ...]) -> Any:
    """A long mask, as the places where it is true, which NumPy finds faster than it follows a mask."""
    if type(index) is np.ndarray and index.dtype == bool and index.size > 1000 and index.shape == shape:
        return np.flatnonzero(index) if index.ndim == 1 else index.nonzero()
    return index


def array_index(x: Any, *, index: Any) -> Any:
    return x[quick(index, x.shape)]


def array_scatter(x: Any, *, index: Any, shape: tuple[int, ...]) -> Any:
    """The transpose of indexing: zeros, to which x is added where the index points, as often as it does."""
    if once(index):
        out = (np.empty if x.size == math.prod(shape) else np.zeros)(shape, x.dtype)
        out[quick(index, shape)] = x
        return out
    out = np.zeros(shape, x.dtype)
    add_at(out, index, x)
    return out


def add_into_own(node: Any, g: Any, cot: Any, after: int) -> None:
    """The backward step of indexing: what `backward.pull` does, without an array of zeros for each element.

    The first time that something of x arrives in a walk, an array is made for x's cotangent, that nobody else
    holds.  What arrives later is added there, in place, as long as it still is x's cotangent.  So a loop over
    the elements of an array costs what its elements cost.
    """
    x = node.inputs[0]
    if not x.tracked & DIFF:
        return
    index, total = node.params["index"], cot.get(x)
    own = cot.setdefault(SCRATCH, {})
    if total is None:
        cot[x] = own[x] = array_scatter(g, index=index, shape=x.value.shape)
        return
    if total is not own.get(x):
        cot[x] = own[x] = total = np.array(total, order="C")  # a number, too
    add_at(total, index, g)


def array_assign(x: Any, v: Any, *, index: Any) -> Any:
    """x with v where the index points."""
    out = np.array(x)  # a number, too
    out[index] = v
    return out


def assign_to_x(m: Any, g: Any, x: Any, v: Any, index: Any) -> Any:
    """What was assigned to has no influence any more."""
    return m.assign(g, np.zeros((), g.dtype), index=index)


def assign_to_v(m: Any, g: Any, x: Any, v: Any, index: Any) -> Any:
    """Where an index points twice, only what was assigned last has an influence."""
    g = m.index(g, index=index)
    return g if once(index) else m.where(last(index, x.shape), g, 0.0)


def last(index: Any, shape: tuple[int, ...]) -> Any:
    """For every element of x[index], whether it is the last one that the index points at in its place."""
    places = np.arange(int(np.prod(shape))).reshape(shape)[index]
    order = np.arange(places.size).reshape(places.shape)
    winner = np.zeros(int(np.prod(shape)), int)
    winner[places] = order
    return winner[places] == order


def places(i: Any, axis: int, shape: tuple[int, ...], checked: bool = False) -> Any:
    """Where i points along an axis of an array of a shape, as places in its flat form; else broadcast."""
    n, axis = shape[axis], axis % len(shape)
    if i.dtype.kind not in "iu" or i.ndim != len(shape):
        wrong = IndexError if i.ndim == len(shape) else ValueError
        raise wrong(f"indices along an axis of the shape {shape}: {i.dtype} of shape {i.shape}")
    i = i.astype(np.intp, copy=False)
    if not checked and i.size and np.maximum.reduce(i.view(np.uintp), None) >= n:  # too large, or negative
        if i.min() < -n or i.max() >= n:
            raise IndexError(f"indices from {i.min()} to {i.max()} for an axis of length {n}")
        i = i % n
    find: Any = steps_to if sum(shape) < 10_000 else steps_to.__wrapped__
    stride, others = find(axis, shape)
    flat = i * stride if stride > 1 else i
    for steps in others:
        flat = flat + steps
    return flat


@lru_cache(100)
def steps_to(axis: int, shape: tuple[int, ...]) -> tuple[int, list[Any]]:
    """How far apart neighbours along an axis stand in the flat form; and where the others' elements begin."""
    stride, others = 1, []
    for k in range(len(shape))[::-1]:
        if k == axis:
            of_axis = stride
        elif shape[k] > 1:
            others.append((np.arange(shape[k]) * stride).reshape(shape[k], *[1] * (len(shape) - k - 1)))
        stride *= shape[k]
    return of_axis, others


def array_take_along(x: Any, i: Any, *, axis: int, once: bool = False) -> Any:
    x, i = np.asarray(x), np.asarray(i)
    return x.reshape(-1)[places(i, axis, x.shape)]


def array_put_along(g: Any, i: Any, *, axis: int, shape: tuple[int, ...], once: bool = False) -> Any:
    """The transpose of `take_along`: zeros, to which g is added where i points along an axis.

    With `once`, i points at each element once at most.
    """
    out, flat = np.zeros(shape, g.dtype), places(i, axis, shape)
    if once:
        out.reshape(-1)[flat] = g
    else:
        np.add.at(out.reshape(-1), flat.reshape(-1), g.reshape(-1))
    return out


def array_argsort(x: Any, *, axis: Any = -1, kind: Any = "stable") -> Any:
    """The order that sorts.  Where no two are equal any way of sorting gives it: the fastest."""
    x = np.asarray(x)
    if kind != "stable" or x.size < 1000 or x.dtype.kind != "f" or axis is None:
        return np.argsort(x, axis, kind=kind)
    order = np.argsort(x, axis)
    y = np.moveaxis(array_take_along(x, order, axis=axis), axis, -1)
    tie = np.any(y[..., 1:] == y[..., :-1]) or np.any(y[..., -2:-1] != y[..., -2:-1])  # NaNs come last
    return np.argsort(x, axis, kind=kind) if tie else order


def array_searchsorted(a: Any, v: Any, *, side: str = "left") -> Any:
    """Where v would be put into a, sorted along its last axis; leading axes are those of examples."""
    a, v = np.asarray(a), np.asarray(v)
    if a.ndim == 1:
        return np.searchsorted(a, v, side)  # type: ignore[call-overload]
    out = np.empty(v.shape, np.intp)
    for k in np.ndindex(a.shape[:-1]):
        out[k] = np.searchsorted(a[k], v[k], side)  # type: ignore[call-overload]
    return out


def array_place(i: Any, *, length: int) -> Any:
    """An index into an axis, counted from the front."""
    if np.any((i < -length) | (i >= length)):
        raise IndexError(f"index {i} is out of bounds for an axis of length {length}")
    return np.where(i < 0, i + length, i)


# ---- under a leading axis
def moved(index: Any, shape: tuple[int, ...]) -> tuple[Any, Any]:
    """An index into an array of a shape, behind a leading axis; and the shape that the array needs, or None.

    Arrays of indices that stand apart (`x[0, :, [1, 2]]`) would bring their axes before the leading one.
    They are replaced by an index into the flat array.
    """
    entries = index if type(index) is tuple else (index,)
    arrays = any(isinstance(i, np.ndarray) for i in entries)
    picking = [k for k, i in enumerate(entries) if isinstance(i, np.ndarray) or (arrays and is_number(i))]
    if not picking or picking[-1] - picking[0] == len(picking) - 1:
        return (slice(None), *entries), None
    return (slice(None), np.arange(math.prod(shape)).reshape(shape)[index]), (math.prod(shape),)


def is_number(i: Any) -> bool:
    return isinstance(i, (int, np.integer))


def index_under_batch(node: Any, xs: list[Any], mapped: list[bool], size: int) -> Any:
    (x,) = xs
    index, flat = moved(node.params["index"], x.shape[1:])
    return node.op(reshape(x, shape=(size, *flat)) if flat else x, index=index)


def scatter_under_batch(node: Any, xs: list[Any], mapped: list[bool], size: int) -> Any:
    shape = node.params["shape"]
    index, flat = moved(node.params["index"], shape)
    out = node.op(*xs, index=index, shape=(size, *(flat or shape)))
    return reshape(out, shape=(size, *shape)) if flat else out


def assign_under_batch(node: Any, xs: list[Any], mapped: list[bool], size: int) -> Any:
    x, v = xs
    shape = node.value.shape
    region = np.broadcast_to(0, shape)[node.params["index"]].ndim
    if mapped[1]:
        extra = max(rank(v, True) - region, 0)  # axes of length 1, which NumPy ignores
        v = led(reshape(v, shape=(size, *v.shape[1 + extra :])) if extra else v, region)
    x = x if mapped[0] else repeated(x, size)
    index, flat = moved(node.params["index"], shape)
    out = node.op(reshape(x, shape=(size, *flat)) if flat else x, v, index=index)
    return reshape(out, shape=(size, *shape)) if flat else out


def searched_under_batch(node: Any, xs: list[Any], mapped: list[bool], size: int) -> Any:
    """The sorted array may be the same for all examples; if it is not, there are as many as examples."""
    a, v = xs
    if mapped[0]:
        lead = a.shape[:-1]
        v = v if mapped[1] else repeated(v, size)
        if len(lead) > len(node.inputs[0].shape):  # batched twice: what was one for all is so no more
            v = led(v, len(v.shape) - 1)
    elif len(a.shape) > 1:
        a = repeated(a, size)
    return node.op(a, v, **node.params)


def best_under_batch(node: Any, xs: list[Any], mapped: list[bool], size: int) -> Any:
    """argmax over all axes counts elements within each example."""
    if node.params["axis"] is not None:
        return along_axes(node, xs, mapped, size)
    flat = reshape(xs[0], shape=(size, math.prod(xs[0].shape[1:])))
    return reshape(node.op(flat, axis=1), shape=(size, *node.value.shape))


index = linear(
    "index", array_index, lambda m, g, x, index: m.scatter(g, index=index, shape=x.shape),
    steps={False: pull, True: add_into_own}, batch=index_under_batch, form="x[index]",
)  # fmt: skip
scatter = linear(
    "scatter", array_scatter, lambda m, g, x, index, shape: m.index(g, index=index), batch=scatter_under_batch
)
assign = linear("assign", array_assign, assign_to_x, assign_to_v, batch=assign_under_batch)
take_along = linear(
    "take_along", array_take_along,
    lambda m, g, x, i, axis, once: m.put_along(g, i, axis=axis, shape=x.shape, once=once), None,
)  # fmt: skip
put_along = linear(
    "put_along", array_put_along,
    lambda m, g, x, i, axis, shape, once: m.take_along(g, i, axis=axis, once=once), None,
)  # fmt: skip
place = constant("place", array_place)
argsort = constant("argsort", array_argsort)
argpartition = constant(
    "argpartition",
    lambda x, *, kth, axis=-1, kind="introselect": np.argpartition(x, kth, axis, kind),
)
lexsort = constant("lexsort", lambda *keys, axis=-1: np.lexsort(keys, axis), batch=along_axes)
searchsorted = constant("searchsorted", array_searchsorted, batch=searched_under_batch)
argmax = constant("argmax", lambda x, *, axis=None, keepdims=False: np.argmax(x, axis, keepdims=keepdims),
                  batch=best_under_batch)  # fmt: skip
argmin = constant("argmin", lambda x, *, axis=None, keepdims=False: np.argmin(x, axis, keepdims=keepdims),
                  batch=best_under_batch)  # fmt: skip
