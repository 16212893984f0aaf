"""Programs of arrays: kernels, one after the other, and NumPy's functions between them.

A program becomes a Python function of a few lines:

    def f(x, w, memory):
        bases, t3, t5, _ = memory
        y = empty((100, 20), float64)
        if enter(table1, bases, x, y):     three kernels; they read x and write t3 and y
            x = ready(x, float64)
            enter(table1, bases, x, y)
        np.matmul(t3, w, out=t5)
        enter(table2, bases)
        return y

What the kernels are, and what they read and write, stands in the table (`driver.py`).
"""

from __future__ import annotations

import linecache
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from itertools import chain, count
from typing import Any

import numpy as np

from ...care import has_nan
from ..algebra import ATOM, form_into
from ..emit_numpy import Miss
from ..program import Program, Term, unplaced
from ..texts import Expressions, Text
from . import driver, results, threads
from .engine import library, machine
from .ir import Module
from .kernels import Kernel
from .memory import LINE, arena_places, pool_of
from .nests import Nest, nest
from .segments import Group, Plan, needs
from .writing import Writer

__all__: list[str] = []

counter = count(1)
kernels: dict[tuple[Kernel, int], tuple[Any, int]] = {}  # with their addresses: process-wide


class Runner:
    """What a program became: `function(*inputs, memory)`, and what makes memory for it."""

    def __init__(self, program: Program, plan: Plan, name: str) -> None:
        self.program, self.plan = program, plan
        if not any(isinstance(u, Group) for u in self.plan.order):
            raise NotImplementedError("no kernels")
        self.nests = {
            u: nest(u, self.plan.layouts, self.plan.kept) for u in self.plan.order if isinstance(u, Group)
        }
        outputs = set(program.outputs)
        self.places, self.size = arena_places(self.plan, outputs, program.roots())
        self.halves = {
            u: found for u, made in self.nests.items() if (found := threads.halves(made, self.scratch))
        }
        combining = [x for *_, rest in self.halves.values() for x in rest]
        self.addresses = addressed([*self.nests.values(), *combining])
        self.bases: dict[Any, int] = {"type": 0, "arena": 1, "pool": 2}
        self.constants: list[Any] = []
        self.views: dict[Term, str] = {}
        self.made_views: list[tuple[int, tuple[int, ...], Any]] = []
        numbers = [x for x in program.constants() if x in self.plan.layouts]
        self.pool, self.in_pool = pool_of([x for x in numbers if x.size == 1 or not any(x.value.strides)])
        for x in numbers:
            if x not in self.in_pool:
                self.bases[x] = 3 + len(self.constants)
                self.constants.append(np.ascontiguousarray(x.value))
        self.text, self.function = FunctionWriter(self, name).made()

    # ---- the table
    def table(self, groups: list[Group], first: int) -> Any:
        """The rows for these groups, one after the other; arrays of the call are from base `first` on."""
        rows: list[list[int]] = []
        for group in groups:
            if group not in self.halves:
                rows.append(self.row(self.nests[group]))
                continue
            one, other, rest = self.halves[group]
            inside = [threads.job().ctypes.data, *self.row(one), *self.row(other)]
            rows.append([threads.functions()["both"], 2 + len(inside), *inside])
            rows += map(self.row, rest)
        return np.array([len(rows), first, *chain(*rows)], np.int64)

    def row(self, made: Nest) -> list[int]:
        row = [self.addresses[made.kernel, lanes(made)], 0, *made.sizes]
        for array in made.arrays:
            base, offset = self.place(array.root)
            row += [base, offset + array.offset, *array.steps]
        row[1] = len(row)
        return row

    def scratch(self, like: Term) -> Term:
        """One number more in the arena."""
        found = Term(None, (), {}, (), like.dtype)
        self.places[found] = self.size
        self.size += LINE
        return found

    def place(self, root: Term) -> tuple[int, int]:
        """Of an array, the number of its base, and how many bytes behind that it begins."""
        if root in self.places:
            return self.bases["arena"], self.places[root]
        if root in self.in_pool:
            return self.bases["pool"], self.in_pool[root]
        if root not in self.bases:
            self.bases[root] = len(self.bases)
        return self.bases[root], 0

    # ---- memory
    def memory(self) -> tuple[Any, ...]:
        """The arena and the bases for one call at a time, and the arrays in it that Python sees."""
        room = np.empty(self.size + LINE, np.uint8)
        at = -room.ctypes.data % LINE
        arena = room[at : at + self.size]
        bases = np.zeros(len(self.bases), np.int64)
        bases[:3] = id(np.ndarray), arena.ctypes.data, self.pool.ctypes.data
        for k, x in enumerate(self.constants):
            bases[3 + k] = x.ctypes.data
        views = [
            arena[start : start + int(np.prod(shape)) * dtype.itemsize].view(dtype).reshape(shape)
            for start, shape, dtype in self.made_views
        ]
        return (bases, *views, arena)

    # ---- what there is to see
    @cached_property
    def ir(self) -> str:
        """The kernels, as LLVM's text."""
        return text_of(list(dict.fromkeys((n.kernel, lanes(n)) for n in self.nests.values())))[0]

    @property
    def grouped(self) -> Program:
        """The program in the order in which it runs, with a group for each call of a kernel."""
        placed: dict[Term, None] = {}
        for unit in self.plan.order:
            members = unit.terms if isinstance(unit, Group) else (unit,)
            for x in dict.fromkeys(needs(unit)):  # views, and what is put together, are no work of their own
                if x not in members:
                    placed.update(dict.fromkeys(reversed(unplaced(x, placed))))
            placed.update(dict.fromkeys(members))
        for y in self.program.roots():
            placed.update(dict.fromkeys(reversed(unplaced(y, placed))))
        groups = tuple(unit for unit in self.plan.order if isinstance(unit, Group))
        return replace(self.program, terms=tuple(placed), groups=groups)

    @property
    def stats(self) -> dict[str, Any]:
        calls = [self.nests[u] for u in self.plan.order if isinstance(u, Group)]
        return {
            "kernels": len({(n.kernel, lanes(n)) for n in calls}),
            "kernel calls": len(calls),
            "halved kernel calls": len(self.halves),
            "numpy calls": sum(isinstance(u, Term) for u in self.plan.order),
        }


def lanes(made: Nest) -> int:
    return machine().lanes(made.lanes_of)


def text_of(wanted: list[tuple[Kernel, int]]) -> tuple[str, tuple[str, ...]]:
    """A module of kernels, and their names."""
    module = Module()
    names = []
    for k, (kernel, width) in enumerate(wanted):
        names.append(f"kernel{k}")
        Writer(kernel, names[-1], module, width).write()
    return str(module), tuple(names)


def addressed(nests: Any) -> dict[tuple[Kernel, int], int]:
    """The addresses of the kernels of these nests.  Those that there are not yet are compiled."""
    wanted = list(dict.fromkeys((n.kernel, lanes(n)) for n in nests))
    new = [key for key in wanted if key not in kernels]
    if new:
        text, names = text_of(new)
        made = library(text, names)
        for key, name in zip(new, names, strict=True):
            kernels[key] = made, made[name]
    return {key: kernels[key][1] for key in wanted}


class FunctionWriter(Expressions):
    """Writes the Python function of a runner."""

    def __init__(self, runner: Runner, name: str) -> None:
        super().__init__(runner.program, name, False)
        self.runner, self.plan = runner, runner.plan
        self.lines: list[str] = []
        self.known: set[Term] = set()  # arrays whose bases are known
        self.guards: dict[Term, list[int]] = {}
        for k, guard in enumerate(self.program.guards):
            self.guards.setdefault(self.plan.root(guard.term), []).append(k)
        self.done: set[Term] = set()
        self.fresh: set[Term] = set()

    def line(self, text: str, indent: int = 0) -> None:
        self.lines.append("    " * indent + text)

    def put(self, name: str, value: Any) -> str:
        """A name for an object of the function's namespace."""
        name = self.unique(name)
        self.namespace[name] = value
        return name

    def made(self) -> tuple[str, Callable[..., Any]]:
        program, plan, runner = self.program, self.plan, self.runner
        self.namespace |= {"enter": driver.enter(), "ready": driver.ready, "empty": np.empty,
                           "block": results.empty, "has_nan": has_nan, "Miss": Miss}  # fmt: skip
        self.taken |= set(self.namespace)
        for x in program.inputs:
            self.texts[x] = Text(self.unique(x.name or "x1"), ATOM)
        arguments = [self.texts[x].text for x in program.inputs] + [self.unique("memory")]
        self.bases = self.unique("bases")
        for t in [*program.inputs, *program.constants()]:
            self.done.add(t)
        for t in program.outputs:
            if plan.native(t) and t not in self.texts:
                self.texts[t] = Text(self.variable(t), ATOM)
                make = "block" if t.nbytes >= results.LARGE else "empty"
                self.line(f"{self.texts[t].text} = {make}({t.shape}, {self.put('dtype', t.dtype)})")
        for t in plan.seen:
            self.face(plan.root(t))
        for unit in plan.order:
            if isinstance(unit, Term):
                self.face(unit)  # NumPy writes it
        names = "".join(f", {name}" for name in runner.views.values())
        self.lines.insert(0, f"{self.bases}{names}, _ = {arguments[-1]}")
        for x in program.inputs:
            self.check_guards(x)
        run: list[Group] = []
        for unit in plan.order:
            if isinstance(unit, Group):
                run.append(unit)
                continue
            self.segment(run)
            run = []
            self.statement(unit)
        self.segment(run)
        for check in program.checks:
            if check.known and has_nan(check.value):
                self.line("return Miss(-1)")
            elif not check.known:
                text = self.seen(check)
                self.line(f"if {text} != {text}:" if not check.shape else f"if has_nan({text}):")
                self.line("return Miss(-1)", 1)
        found = [self.output(y) for y in program.outputs]
        self.line(f"return {', '.join(found)}" if found else "return ()")
        body = "\n    ".join(self.lines)
        text = f"def {self.name}({', '.join(arguments)}):\n    {body}\n"
        file = f"<jit native {self.name} {next(counter)}>"
        linecache.cache[file] = len(text), None, text.splitlines(True), file
        exec(compile(text, file, "exec"), self.namespace)
        return text, self.namespace[self.name]

    # ---- what Python sees of what kernels made
    def face(self, root: Term) -> None:
        """A name for a result of a kernel in the arena."""
        runner = self.runner
        if root in self.texts or root not in runner.places:
            return
        name = self.variable(root)
        self.texts[root] = Text(name, ATOM)
        runner.views[root] = name
        runner.made_views.append((runner.places[root], root.shape, root.dtype))

    def operand(self, x: Term, user: Term) -> Text:
        if x not in self.texts and not x.known:
            self.texts[x] = self.expression(x)  # a view: of something that has a name
        return super().operand(x, user)

    def seen(self, x: Term) -> str:
        return self.operand(x, x).text

    def output(self, y: Term) -> str:
        if not y.known:
            return self.seen(y)
        return self.constant(y.value, y.name) if y.array else self.literal(y.value)

    # ---- steps
    def segment(self, groups: list[Group]) -> None:
        """Kernels, one after the other."""
        if not groups:
            return
        runner = self.runner
        arrays: list[Term] = []
        for group in groups:
            for array in runner.nests[group].arrays:
                root = array.root
                inside = root in runner.places or root in runner.in_pool or root.known
                if not inside and root not in self.known:
                    self.known.add(root)
                    arrays.append(root)
        first = len(runner.bases)
        for root in arrays:
            runner.place(root)
        table = self.put("table", runner.table(groups, first))
        call = f"enter({', '.join([table, self.bases, *(self.texts[x].text for x in arrays)])})"
        given = [x for x in arrays if not self.plan.native(x)]
        self.line(f"if {call}:" if given else call)
        for x in given:
            name = self.texts[x].text
            self.line(f"{name} = ready({name}, {self.put('dtype', x.dtype)})", 1)
        if given:
            self.line(call, 1)
        for group in groups:
            for t in group.members:
                self.check_guards(self.plan.root(t))

    def statement(self, term: Term) -> None:
        """A line of Python that computes a term."""
        if term in self.runner.places:
            op: Any = term.op
            xs = [self.operand(x, term).text for x in term.inputs]
            out = f"out={self.texts[term].text}"
            form = form_into(term)
            self.line(form.format(*xs, out=out) if form else f"np.{op.f.__name__}({', '.join(xs)}, {out})")
        else:
            expression = self.expression(term)
            self.texts[term] = Text(self.variable(term), ATOM)
            self.line(f"{self.texts[term].text} = {expression.text}")
        self.check_guards(term)

    def check_guards(self, term: Term) -> None:
        for k in self.guards.pop(term, ()):
            guard = self.program.guards[k]
            text = self.seen(guard.term)
            if guard.term.shape:
                text = f"np.all({text})" if guard.truth else f"np.any({text})"
            self.line(f"if {'not ' * guard.truth}{text}:")
            self.line(f"return Miss({k})", 1)
