"""In-place reuse of memory: large results are written where others were that nobody needs any more.

    t1 = sin(x)                           b1 <- sin(x)
    t2 = multiply(t1, w)      ->          b1 <- multiply(b1, w)
    t3 = exp(t2)                          t3 = exp(b1)            an output: it gets memory of its own
    return t3

A large array that is made anew is memory that the system has to find and clear first, which often takes
longer than the computation.  So a program has an arena, some blocks of memory that stay from call to call,
and each large result that is not handed out gets a block for as long as it lives.  It may take over that of
an input which it is the last to use: NumPy's elementwise functions can write into what they read.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import replace
from heapq import heappop, heappush
from typing import Any, NamedTuple

import numpy as np

from .algebra import facts, form_into, ufunc
from .program import Program, Term
from .rows import resized

__all__: list[str] = []

SMALL = 1 << 15  # bytes: NumPy has smaller arrays at hand


class Buffer(NamedTuple):
    """A block of the arena, as an array of a shape and dtype."""

    block: int
    shape: tuple[int, ...]
    dtype: str


def buffered(program: Program, small: int = SMALL) -> Program:
    """The program in which large results have a block of the arena."""
    loops = Loops(program)
    handed_out = set(program.outputs)
    for term in reversed(program.terms):
        if term in handed_out:
            handed_out.update(shares(term))
    places = {
        term: Buffer(-1, loops.shape_of(term), term.dtype.str)
        for term in program.terms
        if term not in handed_out and loops.writable(term, small)
    }
    if not places:
        return program
    start, end = lives(program, loops)
    kept = loops.whole
    blocks: list[int] = []  # their sizes
    free: list[tuple[int, int]] = []  # sizes and blocks, the smallest first
    found: dict[Term, Buffer] = {}
    expiring: dict[int, list[int]] = {}
    ends: list[int] = []  # a heap: when some expire
    order = sorted(places, key=lambda t: (start[t], t not in kept))
    for term in order:
        k = start[term]
        while ends and ends[0] < k:
            for b in expiring.pop(heappop(ends)):
                insort(free, (blocks[b], b))
        bytes_ = nbytes(places[term], term)
        block = taken_over(term, places, found, end, k)
        if block is not None:
            expiring[k].remove(block)
        else:
            at = bisect_left(free, (bytes_, 0))
            if at < len(free) and free[at][0] <= 2 * bytes_:
                block = free.pop(at)[1]
            else:
                block = len(blocks)
                blocks.append(bytes_)
        found[term] = places[term]._replace(block=block)
        if end[term] not in expiring:
            expiring[end[term]] = []
            heappush(ends, end[term])
        expiring[end[term]].append(block)
    return replace(program, buffers=found, blocks=tuple(blocks))


class Loops:
    """What loops do with their terms."""

    def __init__(self, program: Program) -> None:
        self.of = {t: loop for loop in program.groups for t in loop.terms}
        self.whole = {t for loop in program.groups for t in loop.whole}
        self.sums = {t for loop in program.groups for t in loop.sums}

    def inner(self, term: Term) -> bool:
        return term in self.of and term not in self.whole

    def writable(self, term: Term, small: int) -> bool:
        """Whether a term can be written into memory that is given, and is worth it."""
        if not term.array or term in self.sums:
            return False
        large = term.nbytes >= small
        if term in self.whole:
            return large or not facts(term.op).view
        can = ufunc(term.op) or form_into(term)  # type: ignore[arg-type]
        return bool(can) and (large or self.inner(term))

    def shape_of(self, term: Term) -> tuple[int, ...]:
        """The shape of a term's memory: in a loop that of a part."""
        if not self.inner(term):
            return term.shape
        return resized(term.shape, self.of[term].step, self.of[term].side)


def nbytes(place: Buffer, term: Term) -> int:
    size = term.dtype.itemsize
    for n in place.shape:
        size *= n
    return int(size)


def shares(term: Term) -> Iterable[Term]:
    """The inputs whose memory a term may share."""
    known = facts(term.op)
    if known.fresh or ufunc(term.op):  # type: ignore[arg-type]
        return ()
    return term.inputs[:1] if known.view else term.inputs


def lives(program: Program, loops: Loops) -> tuple[dict[Term, int], dict[Term, int]]:
    """From when to when each term's memory is in use, as positions in the program.

    A loop is one moment to whatever comes from outside of it, and to what it keeps whole.
    """
    start = {term: k for k, term in enumerate(program.terms)}
    first, last = {}, {}
    for loop in program.groups:
        places = [start[t] for t in loop.terms]
        for t in loop.terms:
            first[t], last[t] = min(places), max(places)
    n = len(program.terms)
    end = dict(start)
    for t in program.roots():
        end[t] = n
    for k, term in reversed(list(enumerate(program.terms))):
        for x in term.inputs:
            together = term in first and x in first and first[x] == first[term] and x not in loops.whole
            end[x] = max(end.get(x, 0), k if together or term not in last else last[term])
        for x in shares(term):
            end[x] = max(end[x], end[term])
    for t in loops.whole:
        start[t] = first[t]
        end[t] = max(end[t], last[t])
    return start, end


def taken_over(
    term: Term, places: dict[Term, Buffer], found: dict[Term, Buffer], end: dict[Term, int], k: int
) -> int | None:
    """The block of an input that is not needed any more, and has the same form."""
    if not ufunc(term.op):  # type: ignore[arg-type]
        return None
    for x in term.inputs:
        if x in found and end[x] == k and found[x][1:] == places[term][1:]:
            return found[x].block
    return None


def arena(program: Program) -> tuple[Any, ...]:
    """The memory that a call of the compiled function works in: an array for each buffer."""
    blocks = [np.empty(n, np.uint8) for n in program.blocks]
    found = []
    for place in dict.fromkeys(program.buffers.values()):
        bytes_ = math.prod(place.shape) * np.dtype(place.dtype).itemsize
        found.append(blocks[place.block][:bytes_].view(place.dtype).reshape(place.shape))
    return tuple(found)
