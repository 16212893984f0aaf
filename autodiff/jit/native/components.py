"""Components: short axes behind a long one are written out.

    t1 = subtract(p, c): [n, 3]          x, y, z = p[:, 0] - c[:, 0], p[:, 1] - c[:, 1], p[:, 2] - c[:, 2]
    t2 = multiply(t1, t1): [n, 3]   ->   t2 = x * x + y * y + z * z
    t3 = sum(t2, axis=1): [n]

Where vectors and small matrices are computed for each of many rows, what is left are columns, of which all go
element by element: everything is in one pass, and in registers.  Only what leaves it is put together again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from itertools import product
from math import prod
from typing import Any

import numpy as np

from ...kinds import PRIMITIVES
from ..algebra import REPEATED, RESHAPED, TRANSPOSED, elementwise, facts
from ..dead import without_dead_code
from ..folding import folded
from ..identities import simplified
from ..program import Program, Term, constant, made, moved
from ..sharing import shared
from .gathers import TAKE, gathered
from .layouts import plain
from .lowering import INDEX, JOIN, lowered, parted
from .segments import Group, Plan, each, planned, readable, total_of

__all__: list[str] = []

LONG = 256  # rows: of fewer, a kernel has too little to do
MOST = 64  # components of an array
PRODUCTS = 512  # of a contraction, for each row
TERMS = 2000  # in one program: a kernel of more takes too long to compile

TOTALS = {"add": "sum", "maximum": "max", "minimum": "min"}

Grid = Any  # an array of terms, one for each component: of shape (rows,), or () if it is the same in all rows


def prepared(program: Program) -> tuple[Program, Plan]:
    """The program as kernels do it, and which does what: by components where that moves half the bytes."""
    lower = lowered(program)
    plain_ = parted(lower)
    plan = planned(plain_)
    columns = in_components(lower)
    if columns is lower or len(columns.terms) > TERMS:
        return plain_, plan
    other = planned(columns, cut=False)
    return (columns, other) if worth(other, plan) else (plain_, plan)


def worth(columns: Plan, plan: Plan) -> bool:
    return 2 * traffic(columns) < traffic(plan)


def traffic(plan: Plan) -> int:
    """The bytes that are read from memory and written there."""
    total = 0
    for unit in plan.order:
        members = unit.terms if isinstance(unit, Group) else (unit,)
        read = {x for t in members for x in t.inputs if x not in members}
        written = [t for t in members if t in plan.kept or not isinstance(unit, Group)]
        total += sum(x.nbytes for x in read) + sum(t.nbytes for t in written)
    return total


def rows_of(program: Program) -> int:
    """The length of the long axis, in most of the arrays with short axes behind a long one; 0 without any."""
    found = Counter(
        t.shape[0]
        for t in program.terms
        if t.array and len(t.shape) > 1 and t.shape[0] >= LONG and 1 < prod(t.shape[1:]) <= MOST
    )
    return found.most_common(1)[0][0] if found else 0


def in_components(program: Program) -> Program:
    """The program with arrays of so many rows in columns."""
    rows = rows_of(program)
    if not rows:
        return program
    found = Splitter(program, rows).program()
    return without_dead_code(shared(folded(simplified(found))))


class Splitter:
    """Goes through a program, and keeps for every term its components, if it has some."""

    def __init__(self, program: Program, rows: int) -> None:
        self.old, self.rows = program, rows
        self.grids: dict[Term, Grid] = {}
        self.new: dict[Term, Term] = {}  # what stands in for a term, as a whole
        self.terms: list[Term] = []
        self.columns: dict[tuple[Term, tuple[int, ...], bool], Term] = {}  # of what has no components

    def program(self) -> Program:
        for t in self.old.terms:
            grid = self.components(t) if self.able(t) else None
            if grid is not None:
                self.grids[t] = grid
                continue
            total = self.total(t)
            if total:
                self.new[t] = total
                continue
            inputs = tuple([self.whole(x) for x in t.inputs])
            if any(x is not y for x, y in zip(inputs, t.inputs, strict=True)):
                self.new[t] = self.add(replace(t, inputs=inputs))
            else:
                self.add(t)
        ends = {t: self.whole(t) for t in self.old.roots()}
        return moved(self.old, tuple(self.terms), ends)

    def add(self, term: Term) -> Term:
        self.terms.append(term)
        return term

    def make(self, op: Any, *inputs: Term, **params: Any) -> Term:
        return self.add(made(op, *inputs, **params))

    # ---- columns and wholes
    def able(self, t: Term) -> bool:
        return readable(t) and bool(t.shape) and t.shape[0] % self.rows == 0 and t.size <= MOST * self.rows

    def flat(self, t: Term) -> bool:
        """Whether a term has one axis, for rows and components."""
        return len(t.shape) == 1 and t.shape[0] != self.rows

    def grid(self, x: Term, axes: int | None = None) -> Grid | None:
        """The components of a term, as an array with one axis less; or as one of so many axes, of length 1
        where x has none."""
        if x in self.grids:
            if axes not in (None, len(x.shape)):
                return None  # its rows are not the result's
            found = self.grids[x]
        elif not x.array or (x.shape and x.shape[0] not in (1, self.rows) and (axes or 0) <= len(x.shape)):
            return None
        else:
            x = self.new.get(x, x)
            lead = axes is None or axes == len(x.shape)
            if not lead and self.rows in x.shape:
                return None
            found = np.empty(x.shape[1:] if lead else x.shape, object)
            if found.size > MOST:
                return None
            for at in np.ndindex(found.shape):
                found[at] = self.column(x, at, lead)
        if axes is not None and found.ndim < axes - 1:
            found = found.reshape((1,) * (axes - 1 - found.ndim) + found.shape)
        return found

    def column(self, x: Term, at: tuple[int, ...], lead: bool) -> Term:
        key = x, at, lead
        if key not in self.columns:
            entries: tuple[Any, ...] = at
            if lead and x.shape:
                entries = (0, *at) if x.shape[0] == 1 else (slice(None), *at)
            if x.known and not (lead and x.shape and x.shape[0] > 1):
                found = constant(np.asarray(x.value)[entries])
            elif x.shape in ((), (self.rows,)):
                found = x
            else:
                found = self.make(INDEX, x, index=entries)
            self.columns[key] = found
        return self.columns[key]

    def whole(self, t: Term) -> Term:
        """A term put together again."""
        if t not in self.grids or t in self.new:
            return self.new.get(t, t)
        columns: list[Term] = []
        for x in self.grids[t].reshape(-1):
            if x.shape != (self.rows,):
                x = self.make(REPEATED, x, shape=(self.rows,))
            columns.append(x)
        if t.shape == (self.rows,):
            found = columns[0]
        else:
            parts = [self.make(RESHAPED, x, shape=(self.rows, 1)) for x in columns]
            joined = (self.rows, len(parts))
            found = parts[0]
            if len(parts) > 1:
                found = self.add(Term(JOIN, tuple(parts), {"axis": 1}, joined, t.dtype))
            if found.shape != t.shape:
                found = self.make(RESHAPED, found, shape=t.shape)
        self.new[t] = found
        return found

    # ---- terms
    def components(self, t: Term) -> Grid | None:
        """The components of a term, made of those of its inputs; None if it has none."""
        op: Any = t.op
        if op is TAKE:
            return self.taken(t)
        if op is RESHAPED:
            return self.reshaped(t)
        if t.shape[0] != self.rows:
            return None
        if elementwise(t):
            return self.elementwise(t)
        if facts(op).contraction:
            return self.contraction(t)
        moves: dict[Any, Callable[[Term], Grid | None]] = {
            INDEX: self.indexed, TRANSPOSED: self.transposed, REPEATED: self.repeated, JOIN: self.joined,
        }  # fmt: skip
        return moves[op](t) if op in moves else self.reduced(t)

    def elementwise(self, t: Term) -> Grid | None:
        if not each(t):
            return None
        grids: list[Grid] = []
        for x in t.inputs:
            grid = self.grid(x, len(t.shape))
            if grid is None:
                return None
            grids.append(np.broadcast_to(grid, t.shape[1:]))
        found = np.empty(t.shape[1:], object)
        for at in np.ndindex(found.shape):
            found[at] = self.make(t.op, *[grid[at] for grid in grids], **t.params)
        return found

    def reduced(self, t: Term) -> Grid | None:
        known = total_of(t)
        if known is None or 0 in known[1]:
            return None
        (x,), (name, axes) = t.inputs, known
        grid = self.grid(x)
        if grid is None or x.shape[0] != self.rows:
            return None
        kept = [a - 1 for a in range(1, len(x.shape)) if a not in axes]
        rows = grid.transpose(*kept, *[a - 1 for a in axes]).reshape(prod(t.shape[1:]), -1)
        combined = [reduce(lambda a, b: self.make(PRIMITIVES[name], a, b), row) for row in rows]
        return filled(t.shape[1:], combined)

    def total(self, t: Term) -> Term | None:
        """A total of everything: the components are combined first."""
        known = total_of(t)
        if known is None or t.shape or t.inputs[0] not in self.grids:
            return None
        grid = self.grids[t.inputs[0]].reshape(-1)
        if any(x.shape != (self.rows,) for x in grid):
            return None
        column = reduce(lambda a, b: self.make(PRIMITIVES[known[0]], a, b), grid)
        return self.make(PRIMITIVES[TOTALS[known[0]]], column, axis=None, keepdims=False)

    def contraction(self, t: Term) -> Grid | None:
        labels = facts(t.op).contraction(t)  # type: ignore[misc]
        x, y = t.inputs
        if labels is None or x.dtype != t.dtype or y.dtype != t.dtype:
            return None
        of_x, of_y, out = labels
        n = out[0]
        if any(n in names[1:] or len(set(names)) < len(names) for names in labels):
            return None
        lengths = dict(zip(of_x + of_y, x.shape + y.shape, strict=True))
        if lengths.pop(n) != self.rows or prod(lengths.values()) > PRODUCTS:
            return None
        summed = [c for c in lengths if c not in out]
        factors = []
        for z, names in ((x, of_x), (y, of_y)):
            of_rows = names[:1] == n
            grid = self.grid(z, None if of_rows else len(z.shape) + 1)
            if grid is None:
                return None
            factors.append((grid, names[1:] if of_rows else names))

        def factor(at: dict[str, int]) -> list[Term]:
            return [grid[tuple(at[c] for c in names)] for grid, names in factors]

        found = []
        for kept in product(*[range(lengths[c]) for c in out[1:]]):
            at = dict(zip(out[1:], kept, strict=True))
            products = [
                self.make(PRIMITIVES["multiply"], *factor(at | dict(zip(summed, ks, strict=True))))
                for ks in product(*[range(lengths[c]) for c in summed])
            ]
            found.append(reduce(lambda a, b: self.make(PRIMITIVES["add"], a, b), products))
        return filled(t.shape[1:], found)

    # ---- moves
    def rowwise(self, t: Term) -> Grid | None:
        """The components of what a term moves, if it has so many rows."""
        (x,) = t.inputs
        return self.grid(x) if x.shape[:1] == (self.rows,) else None

    def indexed(self, t: Term) -> Grid | None:
        (x,), index = t.inputs, t.params["index"]
        entries = index if isinstance(index, tuple) else (index,)
        if not plain(index) or not entries or len([i for i in entries if i is not None]) > len(x.shape):
            return None
        if entries[0] == slice(None):
            rest = entries[1:]
        elif entries[0] is ... and sum(i is not None for i in entries) <= len(x.shape):
            rest = entries
        else:
            return None
        grid = self.rowwise(t)
        return None if grid is None else filled(t.shape[1:], np.asarray(grid[rest], object).reshape(-1))

    def transposed(self, t: Term) -> Grid | None:
        order = facts(t.op).order(t)  # type: ignore[misc]
        grid = self.rowwise(t) if order[0] == 0 else None
        return None if grid is None else grid.transpose(*[a - 1 for a in order[1:]])

    def repeated(self, t: Term) -> Grid | None:
        grid = self.grid(t.inputs[0], len(t.shape))
        return None if grid is None else np.broadcast_to(grid, t.shape[1:])

    def joined(self, t: Term) -> Grid | None:
        axis = int(t.params["axis"]) % len(t.shape)
        grids: list[Any] = [self.grid(x) if x.dtype == t.dtype else None for x in t.inputs]
        if axis == 0 or any(grid is None for grid in grids):
            return None
        return np.concatenate(grids, axis - 1)

    def reshaped(self, t: Term) -> Grid | None:
        (x,) = t.inputs
        if not self.able(x) or (self.flat(x) and x not in self.grids):
            return None
        if (x.shape[0] != self.rows and not self.flat(x)) or (t.shape[0] != self.rows and not self.flat(t)):
            return None
        grid = self.grid(x)
        shape = (-1,) if self.flat(t) else t.shape[1:]
        return None if grid is None else grid.reshape(shape)

    def taken(self, t: Term) -> Grid | None:
        x, i = t.inputs
        grid = self.grid(i) if i in self.grids or i.shape == (self.rows,) else None
        if grid is None or not gathered(t) or any(k.shape != (self.rows,) for k in grid.reshape(-1)):
            return None
        x = self.whole(x)
        found = [
            self.add(Term(TAKE, (x, k), t.params, k.shape, t.dtype)) for k in grid.reshape(-1)
        ]  # fmt: skip
        return filled(grid.shape, found)


def filled(shape: tuple[int, ...], terms: Any) -> Grid:
    found = np.empty(len(terms), object)
    found[:] = list(terms)
    return found.reshape(shape)
