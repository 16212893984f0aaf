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
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...kinds import PRIMITIVES
from ..algebra import elementwise, facts
from ..program import Program, Term
from ..rows import axes_of
from .instructions import native
from .layouts import Layout, viewed, whole

__all__: list[str] = []

DTYPES = frozenset(map(np.dtype, (np.float64, np.float32, np.bool_, np.int64, np.int32)))
LARGE = 100  # members of a group: beyond, another one is begun
COMBINE = {"{0} + {1}": "add", "np.maximum({0}, {1})": "maximum", "np.minimum({0}, {1})": "minimum"}
NEUTRAL = {"add": -0.0, "maximum": -np.inf, "minimum": np.inf}


@dataclass(eq=False)
class Group:
    """Terms that one pass over a space of elements computes: elementwise ones, and totals of them.

    `axes` are the axes that are reduced, the same for all totals of the group.
    """

    space: tuple[int, ...]
    axes: tuple[int, ...] = ()
    members: list[Term] = field(default_factory=list)


@dataclass
class Plan:
    """What runs where: `layouts` of all that kernels can read, the groups, and who else does what.

    `order` holds the groups and, between them, the terms that Python computes, each after what it needs.
    """

    layouts: dict[Term, Layout]
    group: dict[Term, Group]
    order: list[Group | Term]
    kept: set[Term]  # members of groups that are written to memory
    seen: set[Term]  # terms that Python needs to see


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


def planned(program: Program) -> Plan:
    """Which terms run in kernels, and which together."""
    layouts: dict[Term, Layout] = {}
    for x in [*program.inputs, *program.constants()]:
        if readable(x):
            layouts[x] = whole(x)
    levels: dict[Term, int] = {}
    reduced: dict[tuple[int, tuple[int, ...]], tuple[int, ...]] = {}
    places: dict[Term, tuple[int, tuple[int, ...]]] = {}  # level and space of what runs in kernels
    for t in program.terms:
        found = viewed(t, layouts[t.inputs[0]]) if t.inputs and t.inputs[0] in layouts else None
        if found is not None:
            layouts[t] = found
            levels[t] = levels.get(found.root, 0)
            continue
        level = 1 + max([levels.get(x, 0) for x in t.inputs], default=0)
        if readable(t) and all(x in layouts for x in t.inputs):
            if each(t):
                level = max([after(x, t.shape, places, levels, layouts) for x in t.inputs], default=1)
                places[t] = level, t.shape
            elif total := total_of(t):
                (x,) = t.inputs
                axes = total[1]
                level = after(x, x.shape, places, levels, layouts)
                if reduced.get((level, x.shape), axes) != axes:
                    level = max(level, 1 + levels.get(layouts[x].root, 0))
                while reduced.setdefault((level, x.shape), axes) != axes:
                    level += 1
                places[t] = level, x.shape
        levels[t] = level
        if readable(t):
            layouts[t] = whole(t)
    return arranged(program, layouts, levels, places, reduced)


def after(x: Term, space: tuple[int, ...], places: Any, levels: Any, layouts: Any) -> int:
    """The first level at which a pass over this space can have x."""
    root = layouts[x].root
    if root is x and x in places and places[x][1] == space and x.shape == space and total_of(x) is None:
        level: int = places[x][0]
        return level
    return 1 + levels.get(root, 0)


def arranged(program: Program, layouts: Any, levels: Any, places: Any, reduced: Any) -> Plan:
    """The groups, each of which has to do with itself; and all in an order."""
    by_place: dict[Any, list[Term]] = {}
    for t, place in places.items():
        by_place.setdefault(place, []).append(t)
    group: dict[Term, Group] = {}
    for place, terms in by_place.items():
        for part in parts(terms, layouts):
            totals = any(total_of(t) for t in part)
            made = Group(place[1], reduced[place] if totals else (), part)
            group.update(dict.fromkeys(part, made))
    kept, seen = set(), set()
    users = program.users()
    roots = program.roots()
    for t in [*program.terms, *program.inputs]:
        if t in group and (t in roots or any(group.get(u) is not group[t] for u in users.get(t, ()))):
            kept.add(t)
    for t in layouts:
        root = layouts[t].root
        if root is not t and root in group:
            kept.add(root)
    for t in program.terms:
        if t not in group and not (t in layouts and layouts[t].root is not t):
            seen.update(t.inputs)
    seen.update(roots)
    waiting = list(dict.fromkeys(group.get(t, t) for t in program.terms if t in group or is_python(t, layouts)))
    return Plan(layouts, group, scheduled(waiting, group, layouts), kept, seen)


def is_python(t: Term, layouts: Any) -> bool:
    return t not in layouts or layouts[t].root is t


def parts(terms: list[Term], layouts: Any) -> Iterable[list[Term]]:
    """Terms of one pass, apart where they share nothing, neither results nor what they read."""
    leader: dict[Any, Any] = {}

    def find(x: Any) -> Any:
        while leader.setdefault(x, x) is not x:
            x = leader[x]
        return x

    inside = set(terms)
    for t in terms:
        for x in t.inputs:
            root = x if x in inside else layouts[x].root
            if x in inside or root.shape:
                leader[find(root)] = find(t)
    found: dict[Any, list[Term]] = {}
    for t in terms:
        found.setdefault(find(t), []).append(t)
    return found.values()


def needs(unit: Group | Term, layouts: Any) -> Iterable[Term]:
    """The results that a unit reads."""
    for t in unit.members if isinstance(unit, Group) else [unit]:
        for x in t.inputs:
            yield layouts[x].root if x in layouts else x


def scheduled(units: list[Group | Term], group: dict[Term, Group], layouts: Any) -> list[Group | Term]:
    """An order in which each comes after what it needs, with as few changes between kernels and Python."""
    unit_of = {t: u for u in units for t in (u.members if isinstance(u, Group) else [u])}
    ahead: dict[Any, set[Any]] = {}
    users: dict[Any, list[Any]] = {}
    for u in units:
        ahead[u] = {unit_of[x] for x in needs(u, layouts) if x in unit_of and unit_of[x] is not u}
        for v in ahead[u]:
            users.setdefault(v, []).append(u)
    place = {u: k for k, u in enumerate(units)}
    ready: dict[bool, list[Any]] = {True: [], False: []}
    for u in units:
        if not ahead[u]:
            ready[isinstance(u, Group)].append(u)
    found: list[Group | Term] = []
    kernels = True
    while len(found) < len(units):
        if not ready[kernels]:
            kernels = not kernels
        now, ready[kernels] = sorted(ready[kernels], key=place.__getitem__), []
        found += now
        for u in now:
            for v in users.get(u, ()):
                ahead[v].discard(u)
                if not ahead[v]:
                    ready[isinstance(v, Group)].append(v)
    return found


def combine_of(term: Term) -> tuple[Any, float]:
    """Of a total, the primitive that combines two numbers, and where it starts."""
    found = total_of(term)
    assert found is not None
    return PRIMITIVES[found[0]], NEUTRAL[found[0]]
