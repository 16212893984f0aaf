"""Segments: which terms of a program run in kernels, and which of them together.

    t1 = subtract(x, m)      level 1, x's shape  ┐
    t2 = exp(t1)             level 1             ├ one kernel
    t3 = sum(t2)             level 1             ┘
    t4 = matmul(a, t2)       NumPy's
    t5 = divide(t2, t3)      level 2: t3 is complete when the first kernel is through

A term is done in the pass over arrays that its inputs are made in, if that pass has them in registers: if
they go element by element, have its shape, and are no totals.  Else it goes into a later one.  Every pass has
a level, which is above those of all that it needs; terms of the same level and shape are in the same pass if
they have anything to do with each other.

One step beside is in registers as well: of y = concatenate(a, b), y[:-1] is what the pass that computes b had
for its last element, and a to begin with; and y[1:] the same where a is computed, from the end down.  So a
chain of such terms is one pass, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

import numpy as np

from ...kinds import PRIMITIVES
from ..algebra import RESHAPED, elementwise, facts
from ..program import Program, Term
from ..rows import axes_of
from .gathers import gathered
from .instructions import native
from .layouts import Layout, reshaped, viewed, whole

__all__: list[str] = []

DTYPES = frozenset(map(np.dtype, (np.float64, np.float32, np.bool_, np.int64, np.int32)))
COMBINE = {"{0} + {1}": "add", "np.maximum({0}, {1})": "maximum", "np.minimum({0}, {1})": "minimum"}
COPY, JOIN = PRIMITIVES["identity"], PRIMITIVES["concatenate"]
NEUTRAL = {"add": -0.0, "maximum": -np.inf, "minimum": np.inf}


@dataclass(eq=False)
class Group:
    """Terms that one pass over a space of elements computes: elementwise ones, and totals of them.

    `axes` are the axes that are reduced, the same for all totals of the group.  What is read one step beside
    a member, up or down from it, is in `beside`, with that member.
    """

    space: tuple[int, ...]
    axes: tuple[int, ...] = ()
    members: list[Term] = field(default_factory=list)
    beside: dict[Term, Term] = field(default_factory=dict)
    down: bool = False  # it goes through memory from the end

    @property
    def terms(self) -> tuple[Term, ...]:
        return tuple(self.members)


@dataclass
class Plan:
    """What runs where: `layouts` of all that kernels can read, the groups, and who else does what.

    `order` holds the groups and, between them, the terms that Python computes, each after what it needs.
    """

    layouts: dict[Term, Layout]
    group: dict[Term, Group]
    joins: dict[Term, list[Term]]  # what is put together in memory, and the members that write its parts
    order: list[Group | Term] = field(default_factory=list)
    kept: set[Term] = field(default_factory=set)  # members of groups that are written to memory
    seen: set[Term] = field(default_factory=set)  # terms that Python needs to see

    def root(self, x: Term) -> Term:
        """The term in whose memory x is."""
        return self.layouts[x].root if x in self.layouts else x

    def native(self, x: Term) -> bool:
        """Whether kernels write this term's memory."""
        return x in self.joins or x in self.group

    def makers(self, x: Term) -> list[Group | Term]:
        """Who must be through before x can be read."""
        if x in self.group:
            return [self.group[x]]
        root = self.root(x)
        if root in self.joins:
            return [self.group[part] for part in self.joins[root]]
        return [self.group.get(root, root)]


def readable(x: Term) -> bool:
    """Whether kernels can read an array of this sort."""
    return x.array and x.dtype in DTYPES and x.dtype.isnative and x.size > 0


def total_of(term: Term) -> tuple[str, tuple[int, ...]] | None:
    """Of a reduction that kernels do, what combines two numbers, and along which axes; None of others."""
    known = facts(term.op)
    combine = COMBINE.get(known.combine)
    if combine is None or known.contraction or len(term.inputs) != 1:
        return None
    (x,) = term.inputs
    if not x.array or x.dtype != term.dtype or x.dtype.kind != "f":
        return None
    axes = known.total(term)[0] if known.total else axes_of(term)
    return combine, tuple(sorted(axes))


def each(term: Term) -> bool:
    """Whether a term goes element by element, and kernels can do it."""
    return elementwise(term) and native(term.op, tuple(x.dtype for x in term.inputs), term.params)


def planned(program: Program, cut: bool = True) -> Plan:
    """Which terms run in kernels, and which together.  Long programs are cut (`windows`), unless they are not
    to be."""
    planner = Planner(program)
    starts = windows(program.terms) if cut else set()
    for k, t in enumerate(program.terms):
        if k in starts:
            planner.floor = planner.top + 1
        planner.place(t)
    planner.delay()
    return planner.arranged()


class Planner:
    """Goes through a program, and finds for each term who computes it, and at which level."""

    def __init__(self, program: Program) -> None:
        self.program, self.users, self.roots = program, program.users(), set(program.roots())
        self.layouts: dict[Term, Layout] = {}
        self.levels: dict[Term, int] = {}
        self.places: dict[Term, tuple[int, tuple[int, ...]]] = {}  # level and space of what runs in kernels
        self.reduced: dict[tuple[int, tuple[int, ...]], tuple[int, ...]] = {}
        self.joins: dict[Term, list[Term]] = {}
        self.beside: dict[Any, dict[Term, Term]] = {}  # of each place, what is read one step beside a term
        self.ways: dict[Any, int] = {}  # and on which side: -1 before it, 1 behind it
        self.sequence: list[Term] = []  # the terms, and the copies that are made besides
        self.floor = self.top = 0
        for x in [*program.inputs, *program.constants()]:
            if readable(x):
                self.layouts[x] = repeated(x) if x.known and not any(x.value.strides) else whole(x)

    def place(self, t: Term) -> None:
        """Where a term belongs."""
        layouts = self.layouts
        found = viewed(t, layouts[t.inputs[0]]) if t.inputs and t.inputs[0] in layouts else None
        if found is not None:
            layouts[t] = found
            self.levels[t] = self.level_of(t.inputs[0])
            return
        self.sequence.append(t)
        if readable(t) and all(x in layouts for x in t.inputs):
            if each(t):
                level = max([self.after(x, t.shape) for x in t.inputs], default=1)
                self.put(t, level, t.shape)
                for x in t.inputs:
                    beside = self.neighbour(x, t.shape)
                    if beside and self.places[beside[0]] == (place := self.places[t]):
                        self.beside.setdefault(place, {})[x], self.ways[place] = beside
                return
            if total_of(t):
                self.total(t)
                return
            if is_join(t):
                self.join(t)
                return
            if gathered(t) and layouts[t.inputs[0]].contiguous():
                x, i = t.inputs
                self.put(t, max(self.after(i, t.shape), 1 + self.level_of(x)), t.shape)
                return
        self.levels[t] = 1 + max([self.level_of(x) for x in t.inputs], default=0)
        if readable(t):
            layouts[t] = whole(t)

    def put(self, t: Term, level: int, space: tuple[int, ...]) -> None:
        level = max(level, self.floor)
        self.places[t], self.levels[t] = (level, space), level
        self.top = max(self.top, level)
        self.layouts.setdefault(t, whole(t))

    def level_of(self, x: Term) -> int:
        return self.levels.get(x, 0)

    def after(self, x: Term, space: tuple[int, ...]) -> int:
        """The first level at which a pass over this space can have x."""
        level = self.level_of(x)
        here = x in self.places and self.places[x][1] == space == x.shape and total_of(x) is None
        if here:
            return level
        found = self.neighbour(x, space)
        if found:
            others = [y for y in self.joins[self.layouts[x].root] if y is not found[0]]
            before = [self.level_of(y) + (self.places[y][1] not in ((), (1,))) for y in others]
            return max(
                self.level_of(found[0]), *before
            )  # what is one number never waits for a pass of its level
        return level + 1

    def neighbour(self, x: Term, space: tuple[int, ...]) -> tuple[Term, int] | None:
        """The part of what was put together that x is one step beside of; and on which side of it."""
        layout = self.layouts[x]
        if layout.root not in self.joins or x.dtype.kind != "f" or len(space) != 1 or x.shape != space:
            return None
        size = x.dtype.itemsize
        for part in self.joins[layout.root]:
            own, place = self.layouts[part], self.places[part]
            way, rest = divmod(layout.offset - own.offset, size)
            alike = own.strides == layout.strides == (size,) and place[1] == space != (1,)
            if abs(way) == 1 and not rest and alike and place not in self.reduced:
                return (part, way) if self.ways.get(place, way) == way else None
        return None

    def total(self, t: Term) -> None:
        """A reduction goes with what it is over, unless another one there is over other axes."""
        (x,), found = t.inputs, total_of(t)
        assert found is not None
        axes = found[1]
        level = max(self.after(x, x.shape), self.floor)
        while (level, x.shape) in self.beside:
            level += 1
        if self.reduced.get((level, x.shape), axes) != axes:
            level = max(level, 1 + self.level_of(x))
        while (level, x.shape) in self.beside or self.reduced.setdefault((level, x.shape), axes) != axes:
            level += 1
        self.put(t, level, x.shape)

    def join(self, t: Term) -> None:
        """What is put together: each part is computed where it belongs, or copied there."""
        whole_, axis, at = whole(t), int(t.params["axis"]) % len(t.shape), 0
        parts: list[Term] = []
        given = [self.seen_through(x) for x in t.inputs]
        level = max([self.after(x, x.shape) for x in given])
        for y, x in zip(t.inputs, given, strict=True):
            layout = Layout(t, at * whole_.strides[axis], y.shape, whole_.strides)
            at += y.shape[axis]
            if y is not x:
                strides, seen = reshaped(layout, x.shape), layout
                assert strides is not None
                layout = layout._replace(shape=x.shape, strides=strides)
            if x in self.places and self.free(x, y) and x not in parts:
                self.layouts[x] = layout
                if y is not x:
                    self.layouts[y] = seen
            else:
                copy = Term(COPY, (x,), {}, x.shape, x.dtype)
                self.sequence.append(copy)
                self.users.setdefault(x, []).append(copy)
                self.layouts[copy] = layout
                self.put(copy, level if x.known else self.after(x, x.shape), x.shape)
                x = copy
            parts.append(x)
        self.joins[t] = parts
        self.layouts[t] = whole_
        self.levels[t] = max(self.levels[x] for x in parts)

    def seen_through(self, x: Term) -> Term:
        """What x is, without axes of length 1 that it was given so that it can be joined."""
        return x.inputs[0] if x.op is RESHAPED and long(x.shape) == long(x.inputs[0].shape) else x

    def free(self, x: Term, y: Term) -> bool:
        """Whether x, of which y is a view or itself, may be a part of what is put together."""
        users = {u for z in (x, y) for u in self.users.get(z, ())} - {y}
        views = any(u in self.layouts and self.layouts[u].root is x for u in users)
        return self.layouts[x].root is x and not {x, y} & self.roots and not views

    def delay(self) -> None:
        """What is only needed in one later pass, and made of less than it is, is computed there."""
        for t in reversed(self.sequence):
            if t not in self.places or t in self.roots or total_of(t) or self.layouts[t].root is not t:
                continue
            here, users = self.places[t], self.users.get(t, ())
            there = {self.places.get(u) for u in users}
            if len(there) != 1 or here in there or here in self.beside:
                continue
            (place,) = there
            read = sum(x.nbytes for x in t.inputs if x.size == t.size)
            if place is not None and place[1] == t.shape and place not in self.beside and read <= t.nbytes:
                self.places[t], self.levels[t] = place, place[0]

    def arranged(self) -> Plan:
        """The groups, each of which has to do with itself; and all in an order."""
        by_place: dict[Any, list[Term]] = {}
        for t, place in self.places.items():
            by_place.setdefault(place, []).append(t)
        plan = Plan(self.layouts, {}, self.joins)
        for place, terms in by_place.items():
            beside, down = self.beside.get(place, {}), self.ways.get(place, -1) > 0
            for part in parts(terms, self.layouts, beside):
                totals = any(total_of(t) for t in part)
                made = Group(place[1], self.reduced[place] if totals else (), part, beside, down)
                plan.group.update(dict.fromkeys(part, made))
        group = plan.group
        for t in self.sequence:
            if t in group and (
                t in self.roots or any(group.get(u) is not group[t] for u in self.users.get(t, ()))
            ):
                plan.kept.add(t)
        passing = self.passing(group)
        for x in [*self.layouts, *(part for some in self.joins.values() for part in some)]:
            root = self.layouts[x].root
            if root is not x:
                plan.kept.add(root if x not in group else x)
        plan.kept -= passing
        plan.kept &= group.keys()
        units: dict[Any, None] = {}
        for t in self.sequence:
            if t in group:
                units[group[t]] = None
            elif t not in self.joins:
                units[t] = None
                plan.seen.update(t.inputs)
        plan.seen.update(self.roots)
        plan.order = scheduled(list(units), plan)
        return plan

    def passing(self, group: dict[Term, Group]) -> set[Term]:
        """Parts of what was put together that nobody reads but one step beside, where they are made."""
        read = {self.layouts[x].root for x in self.roots if x in self.layouts}
        for t in self.sequence:
            own = group.get(t)
            for x in t.inputs if t not in self.joins else ():
                inside = own is not None and (x in own.beside or group.get(x) is own)
                if x in self.layouts and not inside:
                    read.add(self.layouts[x].root)
        made = {part for some in self.beside.values() for part in some.values()}
        return {part for part in made if self.layouts[part].root not in read}


def repeated(x: Term) -> Layout:
    """A constant that is one number, over and over."""
    return Layout(x, 0, x.shape, (0,) * len(x.shape))


def long(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n != 1)


def is_join(t: Term) -> bool:
    return t.op is JOIN and all(x.dtype == t.dtype for x in t.inputs)


def parts(terms: list[Term], layouts: Any, beside: dict[Term, Term]) -> Iterable[list[Term]]:
    """Terms of one pass, apart where they share nothing, neither results nor what they read."""
    leader: dict[Any, Any] = {}

    def find(x: Any) -> Any:
        while (up := leader.setdefault(x, x)) is not x:
            leader[x] = x = leader[up]  # ways get shorter
        return x

    inside = set(terms)
    for t in terms:
        for x in t.inputs:
            root = x if x in inside else beside[x] if x in beside else layouts[x].root
            if x in inside or root.shape:
                leader[find(root)] = find(t)
        if layouts[t].root is not t:  # it is a part of what is put together
            leader[find(layouts[t].root)] = find(t)
    found: dict[Any, list[Term]] = {}
    for t in terms:
        found.setdefault(find(t), []).append(t)
    return found.values()


def needs(unit: Group | Term) -> Iterable[Term]:
    """The terms that a unit reads."""
    for t in unit.members if isinstance(unit, Group) else [unit]:
        yield from t.inputs


def scheduled(units: list[Group | Term], plan: Plan) -> list[Group | Term]:
    """An order in which each comes after what it needs, with few changes between kernels and Python.

    Otherwise it is the program's: what runs ahead of what it will meet, has its results in memory for long.
    """
    here = set(units)
    ahead: dict[Any, set[Any]] = {}
    users: dict[Any, list[Any]] = {}
    for u in units:
        makers = dict.fromkeys(v for x in needs(u) for v in plan.makers(x) if v in here and v is not u)
        ahead[u] = set(makers)
        for v in makers:
            users.setdefault(v, []).append(u)
    place = {u: k for k, u in enumerate(units)}
    ready: dict[bool, list[int]] = {True: [], False: []}  # the first of which is the next
    for u in units:
        if not ahead[u]:
            heappush(ready[isinstance(u, Group)], place[u])
    found: list[Group | Term] = []
    kernels = True
    while ready[True] or ready[False]:
        kernels = kernels if ready[kernels] else not kernels
        u = units[heappop(ready[kernels])]
        found.append(u)
        for v in users.get(u, ()):
            ahead[v].discard(u)
            if not ahead[v]:
                heappush(ready[isinstance(v, Group)], place[v])
    assert len(found) == len(units)
    return found


# ---- long programs ---------------------------------------------------------------------------------------
SHORT = 100  # terms: shorter programs are looked at as a whole
LONG = 600  # terms: shorter ones are cut where they repeat themselves, and nowhere else
PERIODS = range(4, 500)
STRETCH = 100  # terms that are looked at together, where nothing is repeated


def windows(terms: tuple[Term, ...]) -> set[int]:
    """Where a long program is cut, so that what a loop of it did again and again becomes the same kernels.

    Programs of loops that were traced repeat themselves: from some place on, the term that stands a period
    later runs the same primitive on the same shape.
    """
    n = len(terms)
    if n < SHORT:
        return set()
    known: dict[Any, int] = {}
    sorts = np.array([known.setdefault((t.op, t.shape), len(known)) for t in terms])
    runs, periods = repetitions(sorts)
    found: set[int] = set()
    at = start = 0
    while at < n:
        run, p = int(runs[at]), int(periods[at])
        if p:
            step = p * max(1, min(STRETCH // p // 2, (run + p) // p))
            found.update(range(at, at + run + p, step))
            at = start = at + (run + p) // step * step
        else:
            at += 1
            if n >= LONG and at - start >= STRETCH:
                found.add(at)
                start = at
    return found


def repetitions(sorts: Any) -> tuple[Any, Any]:
    """For each place, how many from there on are what stands a period later, and that period, or 0."""
    n = len(sorts)
    runs, periods, places = np.zeros(n, int), np.zeros(n, int), np.arange(n)
    for p in range(PERIODS[0], min(PERIODS[-1] + 1, n // 2)):
        other = np.where(sorts[:-p] == sorts[p:], n - p, places[:-p])
        run = np.minimum.accumulate(other[::-1])[::-1] - places[:-p]
        better = np.flatnonzero((run >= 2 * p) & (run > 1.1 * runs[:-p]))
        runs[better], periods[better] = run[better], p
    return runs, periods


def combine_of(term: Term) -> tuple[Any, float]:
    """Of a total, the primitive that combines two numbers, and where it starts."""
    found = total_of(term)
    assert found is not None
    return PRIMITIVES[found[0]], NEUTRAL[found[0]]
