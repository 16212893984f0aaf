"""Layouts: where the elements of an array are, in whose memory.

    w: float64[3, 4]              w, from byte 0, strides 32 and 8
    t1 = transpose(w)             w, from byte 0, strides 8 and 32
    t2 = index(t1, [1:, None])    w, from byte 8, strides 8, 0 and 32

A view computes nothing and is no work: kernels read what it shows.  All strides are known, for arrays that a
program works on begin in C order; an argument that is not so is copied first.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..algebra import RESHAPED, facts
from ..program import Term

__all__: list[str] = []


class Layout(NamedTuple):
    """The elements of `root`, from a byte on, by strides in bytes."""

    root: Term
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def contiguous(self) -> bool:
        return self.strides == in_order(self.shape, self.root.dtype.itemsize) or self.thin()

    def thin(self) -> bool:
        """Whether all axes that are longer than 1 follow on each other."""
        long = [(n, s) for n, s in zip(self.shape, self.strides, strict=True) if n != 1]
        shape = tuple(n for n, _ in long)
        return tuple(s for _, s in long) == in_order(shape, self.root.dtype.itemsize)

    def over(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The strides by which it is read along the axes of a shape that it is broadcast to."""
        lead = len(shape) - len(self.shape)
        own = [0 if n == 1 else s for n, s in zip(self.shape, self.strides, strict=True)]
        return (0,) * lead + tuple(own)


def in_order(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """The strides of an array in C order."""
    strides: list[int] = []
    for n in reversed(shape):
        strides.append(itemsize)
        itemsize *= n
    return tuple(reversed(strides))


def whole(root: Term) -> Layout:
    """An array that has memory of its own."""
    return Layout(root, 0, root.shape, in_order(root.shape, root.dtype.itemsize))


def viewed(term: Term, x: Layout) -> Layout | None:
    """The layout of a view of x; None if the term is none, or would have to copy."""
    op: Any = term.op
    if not facts(op).view or len(term.inputs) != 1 or term.dtype != x.root.dtype or not term.size:
        return None
    if any(not plain(value) for value in term.params.values()):
        return None
    if op is RESHAPED:
        strides = reshaped(x, term.shape)
        return None if strides is None else Layout(x.root, x.offset, term.shape, strides)
    if facts(op).repeats:
        return Layout(x.root, x.offset, term.shape, x.over(term.shape))
    shown = as_strided(np.empty((), term.dtype), x.shape, x.strides)  # nobody looks at its elements
    seen = op.f(shown, **term.params)
    if seen is not shown and seen.base is not shown and seen.base is not shown.base:
        return None  # a copy
    moved = address(seen) - address(shown)
    return Layout(x.root, x.offset + moved, seen.shape, seen.strides)


def plain(value: Any) -> bool:
    """Whether a setting holds no array, so that an index is one that makes views."""
    if isinstance(value, (tuple, list)):
        return not isinstance(value, list) and all(map(plain, value))
    return (
        value is None
        or value is ...
        or (isinstance(value, (int, slice, str)) and not isinstance(value, bool))
    )


def address(x: Any) -> int:
    found: int = x.__array_interface__["data"][0]
    return found


def reshaped(x: Layout, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """The strides of another shape; None where the elements don't lie so that there are some."""
    if x.thin():
        return in_order(shape, x.root.dtype.itemsize)
    long = [(n, s) for n, s in zip(x.shape, x.strides, strict=True) if n != 1]
    if [n for n, _ in long] != [n for n in shape if n != 1]:
        return None
    left = iter([s for _, s in long])
    return tuple(next(left) if n != 1 else 0 for n in shape)
