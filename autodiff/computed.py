"""What a traced function computes again is recorded once.

A recursion may compute the same product a thousand times, and a loop reads `w[0]` at every turn.  A compiler
finds that out afterwards; but then the derivative of each of them has been recorded, too, and these are not
the same.  So while a function is traced, results are remembered by what they were computed of, and what is
computed again is the node that is there already: the derivative of what is shared is shared as well.  Of
arrays each result is a node of its own, for arrays can be assigned into: the identity of the one that is
there.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from contextvars import ContextVar
from sys import getrefcount
from typing import TYPE_CHECKING, Any

import numpy as np

from .versions import VERSION

if TYPE_CHECKING:
    from .graph import Node, Primitive

__all__: list[str] = []

PART = 1 << 15  # numbers that are compared at a time
SMALL = 1024  # bytes: larger arrays among settings and constants are not compared


class Known:
    """What a function has computed, which is being traced since number `start`.

    Arrays that it computes with are copied, for it may write into them afterwards; but for those that it has
    `captured`, by their id.
    """

    def __init__(self, start: int, identity: Primitive, captured: Container[int] = ()) -> None:
        self.start, self.identity, self.captured = start, identity, captured
        self.nodes: dict[Any, Any] = {}
        self.copies: dict[int, tuple[Any, Any]] = {}
        self.made: dict[int, Any] = {}  # the copies themselves, by id
        self.first: dict[Any, Any] = {}  # of an array that was computed again, the first one
        self.again = 0  # how often something was

    def same(self, out: Node, op: Primitive, inputs: tuple[Node, ...], params: Any) -> Any:
        """The node that is the same as `out`, which may be itself."""
        start, first = self.start, self.first
        key: list[Any] = [op, out.tracked]
        for x in inputs:
            if x.tracked or 0 < x.number < start:
                key.append(first.get(x, x))
            elif not x.arrays:
                key.append(repr(x.value))
            else:
                x.value = value = self.kept(x.value)
                few = value.nbytes <= 16
                key.append((value.dtype, value.shape, value.tobytes()) if few else id(value))
        if params:
            try:
                key.append(settings_key(params, SMALL))
            except ValueError:
                return out
        found = self.nodes.setdefault(tuple(key), out)
        if found.tracked & VERSION:  # it has been assigned into, and is another one
            self.nodes[tuple(key)] = out
            return out
        return found

    def held(self) -> list[tuple[Any, Any]]:
        """The arrays that somebody else still has, and what they were."""
        parts = self.parts()
        return [(array, copy) for array, copy in self.copies.values() if self.is_held(array, parts)]

    def parts(self) -> dict[int, set[int]]:
        """What the arrays are views of, by id, with the ids of the views, which are all known here."""
        found: dict[int, set[int]] = {}
        for array, _ in self.copies.values():
            while isinstance(array.base, np.ndarray):
                found.setdefault(id(array.base), set()).add(id(array))
                array = array.base
        return found

    def is_held(self, array: Any, parts: dict[int, set[int]]) -> bool:
        """Whether there are references to an array, or what it is a part of, beside those of this table."""
        known = 4  # of the table, of who asks, of this function, and of the question
        while isinstance(array, np.ndarray):
            if getrefcount(array) > known + len(parts.get(id(array), ())):
                return True
            array = array.base
            known = 2 + (id(array) in self.copies)
        return array is not None

    def kept(self, value: Any) -> Any:
        """An array as it is now, for good; the same one as long as it has not changed."""
        if not isinstance(value, np.ndarray) or id(value) in self.captured:
            return value
        if not value.flags.writeable and (value.flags.owndata or id(value) in self.made):
            return value
        known, copy = self.copies.get(id(value), (None, None))
        if known is not value or not identical(value, copy):
            copy = copied(value)
            copy.flags.writeable = False
            self.made[id(copy)] = copy
            self.copies[id(value)] = value, copy
        return copy


computed: ContextVar[Known | None] = ContextVar("computed", default=None)


def known(out: Node, op: Primitive, inputs: tuple[Node, ...], params: Any) -> Any:
    """The node that stands for this result, if there is one already; else None."""
    table = computed.get()
    if table is None or (found := table.same(out, op, inputs, params)) is out:
        return None
    table.again += 1
    if not isinstance(found.value, np.ndarray):
        return found
    out.value, out.op, out.inputs, out.params = found.value, table.identity, (found,), None
    table.first[out] = found
    return out


def identical(a: Any, b: Any) -> bool:
    """Whether two arrays of one shape and dtype are the same to the bit."""
    size = a.dtype.itemsize
    x, y = (
        np.ascontiguousarray(z).reshape(-1).view(np.uint64 if size % 8 == 0 else np.uint8) for z in (a, b)
    )
    return all((x[i : i + PART] == y[i : i + PART]).all() for i in range(0, len(x), PART))


def copied(a: Any) -> Any:
    """A copy of an array, which repeats what the array repeats."""
    if all(a.strides):
        return a.copy()
    once = a[tuple([slice(None) if step else slice(1) for step in a.strides])].copy()
    return np.broadcast_to(once, a.shape)


def settings_key(params: Mapping[str, Any], largest: int | None = None) -> Any:
    """Something hashable that is equal for equal settings, and for no others.

    With `largest`, ValueError where there are larger arrays in them, or what may change.
    """
    return tuple([(name, frozen(value, largest)) for name, value in params.items()])


def frozen(value: Any, largest: int | None = None) -> Any:
    """Something hashable that is equal for equal values, and for no others; see `settings_key`."""
    if value is None or isinstance(value, (int, str)):
        return type(value), value
    if isinstance(value, np.ndarray):
        if largest is not None and value.nbytes > largest:
            raise ValueError
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, (tuple, list)):
        return (type(value), *[frozen(x, largest) for x in value])
    if isinstance(value, slice):
        return slice, value.start, value.stop, value.step
    if isinstance(value, float):  # 0.0 and -0.0 are equal, and NaN is not
        return type(value), value.hex()
    try:
        hash(value)
    except TypeError:
        if largest is not None:
            raise ValueError from None
        return id(value)
    return type(value), value
