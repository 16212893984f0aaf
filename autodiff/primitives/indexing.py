"""Picking elements and putting them back: indexing, assignment, sorting."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..backward import SCRATCH, pull
from ..graph import DIFF
from ..kinds import constant, linear

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
        np.add.at(out.reshape(-1), flat.reshape(-1), np.broadcast_to(x, flat.shape).reshape(-1))


def array_scatter(x: Any, *, index: Any, shape: tuple[int, ...]) -> Any:
    """The transpose of indexing: zeros, to which x is added where the index points, as often as it does."""
    out = np.zeros(shape, x.dtype)
    if once(index):
        out[index] = x
    else:
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


def array_take_along(x: Any, i: Any, *, axis: int) -> Any:
    return np.take_along_axis(x, i, axis)


def array_put_along(g: Any, i: Any, *, axis: int, shape: tuple[int, ...]) -> Any:
    """The transpose of `take_along`: zeros, to which g is added where i points along an axis."""
    out = np.zeros(shape, g.dtype)
    where = list(np.ix_(*map(np.arange, g.shape)))
    where[axis] = np.broadcast_to(i, g.shape)
    for k, n in enumerate(shape):  # an axis of length 1 is broadcast
        if n == 1 and k != axis % len(shape):
            where[k] = np.zeros_like(where[k])
    add_at(out, tuple(where), g)
    return out


index = linear(
    "index", lambda x, *, index: x[index], lambda m, g, x, index: m.scatter(g, index=index, shape=x.shape),
    steps={False: pull, True: add_into_own},
)  # fmt: skip
scatter = linear("scatter", array_scatter, lambda m, g, x, index, shape: m.index(g, index=index))
assign = linear("assign", array_assign, assign_to_x, assign_to_v)
take_along = linear(
    "take_along", array_take_along,
    lambda m, g, x, i, axis: m.put_along(g, i, axis=axis, shape=x.shape), None,
)  # fmt: skip
put_along = linear(
    "put_along", array_put_along, lambda m, g, x, i, axis, shape: m.take_along(g, i, axis=axis), None
)
argsort = constant("argsort", lambda x, *, axis=-1, kind="stable": np.argsort(x, axis, kind=kind))
argmax = constant("argmax", lambda x, *, axis=None, keepdims=False: np.argmax(x, axis, keepdims=keepdims))
argmin = constant("argmin", lambda x, *, axis=None, keepdims=False: np.argmin(x, axis, keepdims=keepdims))
