"""Nests: the loops by which a group of terms walks through memory, in the order that suits memory.

    space (64, 1000), x in C order, m: (64, 1)     loops of 64 and 1000; m stands still in the inner one
    space (64, 1000), all in C order               one loop of 64000
    space (64, 1000), summed over axis 0           a loop of 1000, many numbers at a time; in it one of 64

Loops of length 1 are left out, and two that go on where the other ends are one.  The loop whose steps are the
shortest is the one that is done many numbers at a time.  Loops over what is reduced come last, so that totals
stay in registers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..program import Term
from .gathers import gathered
from .ir import TYPES
from .kernels import FAR, NEXT, SAME, Kernel, Step, Store
from .layouts import Layout
from .segments import Group, combine_of, total_of

__all__: list[str] = []


class Array(NamedTuple):
    """Memory that a kernel reads or writes: whose, from which byte on, and by what steps along each loop."""

    root: Term
    offset: int
    steps: tuple[int, ...]


class Nest(NamedTuple):
    """A kernel for a group, and the numbers that its row needs."""

    kernel: Kernel
    sizes: tuple[int, ...]
    arrays: tuple[Array, ...]
    lanes_of: int  # bytes of the largest element


def nest(group: Group, layouts: dict[Term, Layout], kept: set[Term]) -> Nest:
    """The loops for a group."""
    steps: list[Any] = []  # terms or layouts, with what they are made of
    place: dict[Any, int] = {}
    arrays: list[tuple[Layout, tuple[int, ...]]] = []
    rank = len(group.space)

    def load(x: Term) -> int:
        layout = layouts[x]
        key = layout.root, layout.offset, layout.over(group.space)
        if key not in place:
            beside = (place[group.beside[x]],) if x in group.beside else ()
            place[key] = len(steps)
            steps.append((None, x, beside))
            arrays.append((layout, key[2]))
        return place[key]

    inside = set(group.members)
    for t in group.members:
        if gathered(t):
            x, i = t.inputs
            inputs: tuple[int, ...] = (place[i] if i in inside else load(i),)
            arrays.append((layouts[x], (0,) * rank))  # its address; the index does the rest
        else:
            inputs = tuple([place[x] if x in inside else load(x) for x in t.inputs])
        place[t] = len(steps)
        steps.append((t, t, inputs))
    stored = [t for t in group.members if t in kept]
    for t in stored:
        layout = layouts[t]
        if total_of(t):
            arrays.append((layout, tuple(group_strides(layout, group, t))))
        else:
            arrays.append((layout, layout.over(group.space)))
    loops, first, vector = ordered(group, [strides for _, strides in arrays])
    walks, found = [], []
    for layout, by in arrays:
        size = layout.root.dtype.itemsize
        own = [by[axes[-1]] for axes in loops]
        walk = [
            SAME if s == 0 else NEXT if k == vector and s == size else FAR for k, s in enumerate(own)
        ]  # fmt: skip
        walks.append(tuple(walk))
        found.append(
            Array(layout.root, layout.offset, tuple(s for s, w in zip(own, walk, strict=True) if w == FAR))
        )
    sizes = tuple(int(np.prod([group.space[a] for a in axes])) for axes in loops)
    made, way = [], iter(walks)
    for what, x, inputs in steps:
        kind = TYPES[x.dtype]
        if what is None:
            made.append(Step(kind, next(way), inputs=inputs))
        elif gathered(x):
            made.append(Step(kind, next(way), at=inputs[0]))
        elif total_of(x):
            combine, neutral = combine_of(x)
            made.append(Step(kind, inputs=inputs, combine=combine, neutral=neutral))
        else:
            made.append(Step(kind, op=x.op, inputs=inputs, params=tuple(x.params.items())))
    stores = tuple(Store(place[t], next(way)) for t in stored)
    kernel = Kernel(len(loops), first, vector, tuple(made), stores, group.down)
    largest = max(layout.root.dtype.itemsize for layout, _ in arrays)
    largest = max([largest, *[t.dtype.itemsize for t in group.members]])
    assert rank == len(group.space)
    return Nest(kernel, sizes, tuple(found), largest)


def group_strides(layout: Layout, group: Group, total: Term) -> list[int]:
    """The steps of a total along the axes of its group's space: none along those that it is over."""
    found = total_of(total)
    assert found is not None
    left = iter([s for n, s in zip(layout.shape, layout.strides, strict=True) if n != 1])
    return [
        0 if a in found[1] or n == 1 else next(left) for a, n in enumerate(group.space)
    ]  # fmt: skip


def ordered(group: Group, strides: list[tuple[int, ...]]) -> tuple[list[tuple[int, ...]], int, int]:
    """The loops, each with the axes that it goes over; how many come first; which is done in lanes."""
    space, reduced = group.space, set(group.axes)
    axes = [a for a, n in enumerate(space) if n != 1]
    axes.sort(key=lambda a: -sum(abs(s[a]) for s in strides))
    loops: list[tuple[int, ...]] = []
    for a in axes:
        if loops and (loops[-1][-1] in reduced) == (a in reduced):
            b = loops[-1][-1]
            if all(s[b] == s[a] * space[a] for s in strides):
                loops[-1] = (*loops[-1], a)
                continue
        loops.append((a,))
    if not loops:
        return [], 0, -1
    last = loops[-1]
    kept = [axes for axes in loops if axes[-1] not in reduced]
    rest = [axes for axes in loops if axes[-1] in reduced]
    loops = kept + rest
    return loops, len(kept), loops.index(last)
