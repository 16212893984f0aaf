"""Memory: where the results of kernels are, while a program runs.

    inputs, and results of NumPy's      where they are
    outputs                             new arrays, one for each call
    constants                           where they are; those that are one number in one array together
    all else                            an arena, that stays from call to call; one for each call under way

A place in the arena is used again as soon as nobody needs what was there.  A kernel may write where an array
was that it is the last to read, if it reads each element before it writes there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..algebra import facts, form_into, ufunc
from ..buffers import SMALL
from ..buffers import shares as shared
from ..program import Term
from .segments import Group, Plan, needs

__all__: list[str] = []

LINE = 64  # bytes: what processors read at once; every array in the arena begins with one


def rounded(n: int) -> int:
    return -(-n // LINE) * LINE


def arena_places(plan: Plan, outputs: set[Term], roots: Iterable[Term]) -> tuple[dict[Term, int], int]:
    """From which byte on each result of a kernel stands in the arena, and how large that is.

    Outputs have memory of their own.
    """
    last: dict[Term, int] = {}
    for k, unit in enumerate(plan.order):
        for x in needs(unit):
            last[plan.root(x)] = k
    end = len(plan.order)
    for x in roots:  # what leaves the program
        last[plan.root(x)] = end
    for k, unit in reversed(list(enumerate(plan.order))):  # what shares memory with something lives as long
        if isinstance(unit, Term):
            for x in map(plan.root, needs(unit)):
                last[x] = max(last[x], last.get(unit, k), end if shares(unit, plan) else 0)
    places: dict[Term, int] = {}
    free: dict[int, list[int]] = {}
    top = 0
    ends: dict[int, list[tuple[int, int]]] = {}
    for k, unit in enumerate(plan.order):
        for size, at in ends.pop(k - 1, ()):
            free.setdefault(size, []).append(at)
        for t in made_by(unit, plan):
            if t in outputs or t in places:
                continue
            behind = shift(t, plan)
            size = rounded(t.nbytes + behind)
            if free.get(size):
                at = free[size].pop()
            else:
                at, top = top, top + size
            places[t] = at + behind
            ends.setdefault(last.get(t, k), []).append((size, at))
    return places, top


def shift(t: Term, plan: Plan) -> int:
    """How far behind a line an array begins: none of its largest part, if it is joined, is across two."""
    parts = plan.joins.get(t)
    if not parts:
        return 0
    largest = max(parts, key=lambda x: x.nbytes)
    return -plan.layouts[largest].offset % LINE


def made_by(unit: Group | Term, plan: Plan) -> Iterable[Term]:
    """The results of a unit that are in the arena, unless they are outputs."""
    if isinstance(unit, Group):
        return [plan.root(t) for t in unit.members if t in plan.kept]
    return [unit] if into(unit) else []


def into(term: Term) -> bool:
    """Whether NumPy can write a result into memory that is there, and it is large enough to matter."""
    known = facts(term.op)
    return bool(term.array and term.nbytes >= SMALL and (form_into(term) or (known.fresh and ufunc(term.op))))  # type: ignore[arg-type]


def shares(term: Term, plan: Plan) -> bool:
    """Whether what NumPy makes may share memory with its inputs, for as long as the program runs."""
    return bool(tuple(shared(term)))


def pool_of(constants: Iterable[Term]) -> tuple[Any, dict[Term, int]]:
    """All constants that are one number, in one array, and from which byte on each stands there."""
    some = list(constants)
    pool = np.zeros(max(8 * len(some), 8), np.uint8)
    places = {}
    for k, x in enumerate(some):
        places[x] = 8 * k
        pool[8 * k : 8 * k + x.dtype.itemsize] = np.frombuffer(
            np.asarray(x.value).flat[0].tobytes(), np.uint8
        )
    return pool, places
