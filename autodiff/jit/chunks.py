"""Chunks: what works on the rows of large arrays does so for as many rows at a time as fit into the cache.

    t1 = sin(x)            x: (1000000,)            for some thousand rows at a time:
    t2 = multiply(t1, w)                     ->         t1 = sin(x's rows)
    t3 = sum(t2, axis=0)                                t2 = multiply(t1, w's rows)
                                                        t3 += sum(t2, axis=0)

Each NumPy function reads and writes whole arrays.  Where these are larger than the processor's cache, it
waits for memory most of the time; part by part, what one function wrote is still in the cache when the next
one reads it.  That needs terms that can be computed part by part (`rows.py`).  Whatever depends on a total
has to wait for the end of the loop, and may go into the next one.  So every term gets a level:

    level 1     rows that depend on inputs alone, and their totals
    level 2     rows that depend on those totals, and so on

and the terms of a level with enough to gain are one loop.  What is used later than in its loop is kept whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from .algebra import elementwise, facts
from .program import Program, Term
from .rows import Axes, has_rows, needs, place, totals

__all__: list[str] = []

FEWEST = 2  # parts of a loop
SHORT = 32  # rows that come last: of fewer, NumPy's inner loops are too short
CALLS = 256  # of NumPy's functions, in the time in which what fits into the cache comes from memory
MANY = 64  # arrays that fit into the cache together are never so large that loops over them pay


@cache
def cache_size() -> int:
    """The bytes of the processor's second-level cache, for one core; 1 MiB if nobody knows."""
    try:
        with open("/sys/devices/system/cpu/cpu0/cache/index2/size", encoding="ascii") as file:
            text = file.read().strip()
        return int(text[:-1]) << {"K": 10, "M": 20}[text[-1]]
    except (OSError, ValueError, KeyError):
        return 1 << 20


@dataclass(frozen=True)
class Loop:
    """Terms that are computed together, part by part: `step` of the `length` rows at a time.

    `cuts` are, for every term, the axes along which its inputs are cut; `whole` are the terms whose rows are
    kept for later, and `sums` those that add up over the parts.
    """

    terms: tuple[Term, ...]
    length: int
    step: int
    side: int  # 0 if the rows come first, -1 if they come last
    cuts: Mapping[Term, Axes]
    whole: frozenset[Term]
    sums: frozenset[Term]


def chunked(program: Program, size: int | None = None) -> Program:
    """The program with the loops that pay; `size` is the bytes of the cache."""
    size = size or cache_size()
    found = busiest(program, size)
    if found is None:
        return program
    n, side = found
    level, cuts, sums = levels(program, n, side)
    terms = sorted(program.terms, key=lambda t: (level[t], t not in cuts))
    users = program.users()
    roots = set(program.roots())
    loops: list[Loop] = []
    together: dict[int, list[Term]] = {}
    for t in terms:
        if t in cuts:
            together.setdefault(level[t], []).append(t)
    for members in map(tuple, together.values()):
        inside = set(members)
        kept = frozenset(
            t
            for t in members
            if t not in sums
            and (
                t in roots or any(u not in inside or not by_rows(t, u, cuts, side) for u in users.get(t, ()))
            )
        )
        step = rows_at_once(members, n, side, size, inside)
        if step and n >= FEWEST * step and pays(members, kept, sums, -(-n // step), size):
            loops.append(
                Loop(members, n, step, side, {t: cuts[t] for t in members}, kept, frozenset(sums & inside))
            )
    return replace(program, terms=tuple(terms), groups=tuple(loops)) if loops else program


def busiest(program: Program, size: int) -> tuple[int, int] | None:
    """The number of rows that most of the large arrays have, and where they have them."""
    found: dict[tuple[int, int], int] = {}
    for t in program.terms:
        if t.array and t.shape and t.nbytes * MANY > size:
            for n, side in {(t.shape[0], 0), (t.shape[-1], -1)}:
                if n > (FEWEST if side == 0 else 2 * SHORT) and (elementwise(t) or needs(t, n, side)):
                    found[n, side] = found.get((n, side), 0) + t.nbytes
    best = max(found, key=lambda key: (found[key], key[1]), default=None)
    return best if best is not None and found[best] > size else None


def levels(program: Program, n: int, side: int) -> tuple[dict[Term, int], dict[Term, Axes], set[Term]]:
    """The level of each term, the cuts of those that go into loops, and which of these are totals."""
    level: dict[Term, int] = {}
    cuts: dict[Term, Axes] = {}
    sums: set[Term] = set()
    for t in program.terms:
        rows = needs(t, n, side)
        axes = totals(t, n, side) if rows is None else rows
        mapped = [x in cuts and x not in sums for x in t.inputs]
        if rows is None and not any(mapped):
            axes = None
        if axes is None:
            level[t] = max([level.get(x, 0) for x in t.inputs], default=0)
            continue
        cuts[t] = axes
        if rows is None:
            sums.add(t)
        level[t] = 1
        for x, axis, row in zip(t.inputs, axes, mapped, strict=True):
            ready = level.get(x, 0)
            level[t] = max(level[t], ready if row and axis == place(x, side) else ready + 1)
    return level, cuts, sums


def by_rows(t: Term, user: Term, cuts: Mapping[Term, Axes], side: int) -> bool:
    """Whether a user takes the rows of t, and nothing else of it."""
    return all(axis == place(x, side) for x, axis in zip(user.inputs, cuts[user], strict=True) if x is t)


def row_bytes(t: Term, n: int, side: int) -> int:
    return t.nbytes // n if has_rows(t, n, side) else 0


def rows_at_once(members: tuple[Term, ...], n: int, side: int, size: int, inside: set[Term]) -> int:
    """How many rows make a part, so that all that lives at a time fits into the cache."""
    last: dict[Term, int] = {}
    for k, t in enumerate(members):
        for x in t.inputs:
            last[x] = k
    alive, most = 0, 1
    ends: dict[int, int] = {}
    for k, t in enumerate(members):
        new = 0 if facts(t.op).view else row_bytes(t, n, side)
        outside = sum(row_bytes(x, n, side) for x in dict.fromkeys(t.inputs) if x not in inside)
        alive += new
        most = max(most, alive + outside)
        ends[last.get(t, k)] = ends.get(last.get(t, k), 0) + new
        alive -= ends.pop(k, 0)
    step = size // most
    if step < (1 if side == 0 else SHORT):
        return 0
    return n if step >= n else -(-n // -(-n // step))  # parts of equal size


def pays(members: tuple[Term, ...], kept: frozenset[Term], sums: set[Term], parts: int, size: int) -> bool:
    """Whether a loop of so many parts saves more traffic with memory than it takes time."""
    saved = sum(t.nbytes for t in members if t not in kept and t not in sums and not facts(t.op).view)
    calls = sum(not facts(t.op).view for t in members)
    return saved > max(size, size // CALLS * calls * parts) and calls > 1
