"""NumPy source: a program as one Python function, made to be read, and to be run.

    def f(x, w):
        t1 = np.sin(x)
        return t1 * w + 1.0

A result that is used once stands where it is used, if the line stays short.  What NumPy has no function for
is called by the name of the primitive.  Results that are written into memory that is used again
(`buffers.py`) are computed by NumPy's functions with `out=`, and what works on rows (`chunks.py`) is a loop:

    for i in range(0, 100000, 8192):
        m = min(8192, 100000 - i)
        x_rows = x[i : i + m]
        t1 = np.sin(x_rows, out=b1[:m])
        np.multiply(t1, w, out=t2[i : i + m])
"""

from __future__ import annotations

import linecache
from collections.abc import Callable
from itertools import count
from typing import Any, NamedTuple

from ..care import has_nan
from .algebra import ATOM, facts, form_into, ufunc
from .buffers import shares
from .chunks import Loop
from .program import Program, Term
from .rows import part, place
from .texts import Expressions, Text

__all__: list[str] = []

SHORT = 60  # characters: what is longer has a line of its own
counter = count(1)


class Miss(NamedTuple):
    """What a compiled function returns if the arguments belong to another path: the guard that failed.

    It is -1 if a NaN came out where the program must be run with care.
    """

    guard: int


class Writer(Expressions):
    """Writes one program."""

    def __init__(self, program: Program, name: str, literals: bool) -> None:
        super().__init__(program, name, literals)
        self.lines: list[str] = []
        self.indent = ""
        self.uses = {term: len(users) for term, users in program.users().items()}
        self.roots = set(program.roots())
        self.guards: dict[Term, list[int]] = {}
        for k, guard in enumerate(program.guards):
            self.guards.setdefault(guard.term, []).append(k)
        self.touched: set[Term] = set()  # what is in memory that is used again
        self.in_loops = {x for loop in program.groups for t in loop.terms for x in t.inputs}
        self.buffers: dict[Any, str] = {}

    def line(self, text: str) -> None:
        self.lines.append(self.indent + text)

    def write(self) -> str:
        program = self.program
        for x in program.inputs:
            self.texts[x] = Text(self.unique(x.name or "x1"), ATOM)
        arguments = [self.texts[x].text for x in program.inputs]
        for buffer in views(program):
            self.buffers[buffer] = self.unique(f"b{len(self.buffers) + 1}")
        if self.buffers:
            arguments.append(self.unique("buffers"))
            names = ", ".join(self.buffers.values())
            self.line(f"{names}{',' * (len(self.buffers) == 1)} = {arguments[-1]}")
        for x in program.inputs:
            self.check_guards(x)
        loops = {term: loop for loop in program.groups for term in loop.terms}
        done: set[int] = set()
        for term in program.terms:
            loop = loops.get(term)
            if loop is None:
                self.statement(term)
            elif id(loop) not in done:
                done.add(id(loop))
                self.loop(loop)
        for check in program.checks:
            if check.known and has_nan(check.value):
                self.line(f"return {self.miss(-1)}")
            elif not check.known:
                self.imports["from autodiff.care import has_nan"] = None
                self.namespace["has_nan"] = has_nan
                self.line(f"if has_nan({self.texts[check].text}):")
                self.line(f"    return {self.miss(-1)}")
        self.line(self.result())
        body = "\n    ".join(self.lines)
        top = [*sorted(self.imports, key=lambda line: (line.startswith("from"), line)), *self.header.values()]
        return "\n".join(top) + f"\n\n\ndef {self.name}({', '.join(arguments)}):\n    {body}\n"

    # ---- one term
    def statement(self, term: Term) -> None:
        """A line that computes a term, or its expression, kept for the line that uses it."""
        place = self.program.buffers.get(term)
        if place is not None:
            self.touched.add(term)
            name = self.variable(term)
            self.line(f"{name} = {self.into(term, self.buffers[place])}")
            self.texts[term] = Text(name, ATOM)
        else:
            expression = self.expression(term)
            if self.may_wait(term) and len(expression.text) <= SHORT:
                self.texts[term] = expression
                return
            name = self.variable(term)
            self.line(f"{name} = {expression.text}")
            self.texts[term] = Text(name, ATOM)
        self.check_guards(term)

    def may_wait(self, term: Term) -> bool:
        """Whether it may be computed where it is used: not if what it reads may be gone by then."""
        reads = False
        if self.touched:
            reads = any(x in self.touched for x in term.inputs)
            if any(x in self.touched for x in shares(term)):
                self.touched.add(term)
        once = self.uses.get(term, 0) == 1 and term not in self.roots and term not in self.in_loops
        return once and term.name is None and not reads

    def into(self, term: Term, buffer: str) -> str:
        """A term by NumPy's function that writes into a buffer."""
        op: Any = term.op
        xs = [self.operand(x, term).text for x in term.inputs]
        form = form_into(term)
        if form:
            return form.format(*xs, out=f"out={buffer}")
        return f"np.{op.f.__name__}({', '.join(xs)}, out={buffer})"

    def check_guards(self, term: Term) -> None:
        for k in self.guards.get(term, ()):
            guard = self.program.guards[k]
            text = self.texts[term].text
            if term.shape:
                text = f"np.all({text})" if guard.truth else f"np.any({text})"
            self.line(f"if {'not ' * guard.truth}{text}:  # {guard.place.rpartition('/')[2]}")
            self.line(f"    {self.missed(k)}")

    def missed(self, k: int) -> str:
        """The statement where guard k fails."""
        return f"return {self.miss(k)}"

    def miss(self, k: int) -> str:
        self.imports["from autodiff.jit.emit_numpy import Miss"] = None
        self.namespace["Miss"] = Miss
        return f"Miss({k})"

    # ---- terms that are computed part by part
    def loop(self, loop: Loop) -> None:
        program = self.program
        for t in loop.terms:  # what is there after the loop
            if t in loop.sums:
                self.texts[t] = Text(self.variable(t), ATOM)
                self.line(f"{self.texts[t].text} = {facts(t.op).neutral}")
            elif t in loop.whole:
                self.texts[t] = Text(self.variable(t), ATOM)
                buffer = program.buffers.get(t)
                new = f"np.empty({t.shape}, {self.literal(t.dtype)})"
                self.line(f"{self.texts[t].text} = {self.buffers[buffer] if buffer else new}")
                if buffer:
                    self.touched.add(t)
        self.line(f"for i in range(0, {loop.length}, {loop.step}):")
        self.indent = "    "
        self.line(f"m = min({loop.step}, {loop.length} - i)")
        self.taken |= {"i", "m"}
        rows: dict[tuple[Term, int], Term] = {}  # parts of what comes from outside
        parts: dict[Term, Term] = {}
        for t in loop.terms:
            inputs = []
            for x, axis in zip(t.inputs, loop.cuts[t], strict=True):
                if x in parts and axis == place(x, loop.side):
                    inputs.append(parts[x])
                elif axis is None:
                    inputs.append(x)
                else:
                    inputs.append(self.rows_of(x, axis, loop, rows))
            self.row_statement(t, tuple(inputs), loop, parts)
        self.indent = ""
        for t in loop.terms:
            if t in self.texts:
                self.check_guards(t)

    def rows_of(self, x: Term, axis: int, loop: Loop, rows: dict[tuple[Term, int], Term]) -> Term:
        """A name for some rows of an array that comes from outside of the loop."""
        if (x, axis) not in rows:
            rows[x, axis] = found = Term(None, (), {}, x.shape, x.dtype)
            name = self.unique(f"{self.operand(x, x).text}_rows")
            self.line(f"{name} = {self.operand(x, x).text}[{':, ' * axis}i : i + m]")
            self.texts[found] = Text(name, ATOM)
            self.touched.add(found)
        return rows[x, axis]

    def row_statement(self, t: Term, inputs: tuple[Term, ...], loop: Loop, parts: dict[Term, Term]) -> None:
        """The line that computes some rows of a term."""
        total = Term(t.op, inputs, t.params, t.shape, t.dtype)
        piece = total if t in loop.sums else part(t, loop.step, loop.side, inputs)
        buffer = self.program.buffers.get(t)
        before = "..., " * (loop.side < 0)
        if t in loop.sums:
            name, text = self.texts[t].text, facts(t.op).combine.format("", self.expression(piece).text)
            adds = text.startswith(" + ")
            self.line(f"{name} += {text[3:]}" if adds else f"{name} = {text.replace('(', f'({name}', 1)}")
            return
        parts[t] = piece
        self.touched.add(piece)
        can = ufunc(t.op) or form_into(t)  # type: ignore[arg-type]
        if t in loop.whole:
            name = self.unique(f"{self.texts[t].text}_rows")
            rows = f"{self.texts[t].text}[{before}i : i + m]"
            if can:
                self.line(f"{name} = {self.into(piece, rows)}")
            else:
                self.line(f"{name} = {rows}")
                self.line(f"{name}[...] = {self.expression(piece).text}")
        else:
            name = self.variable(t)
            out = f"{self.buffers[buffer]}[{before}:m]" if buffer else ""
            self.line(f"{name} = {self.into(piece, out) if buffer else self.expression(piece).text}")
        self.texts[piece] = Text(name, ATOM)

    # ---- the result
    def result(self) -> str:
        found = [self.output(y) for y in self.program.outputs]
        last, _, text = self.lines[-1].partition(" = ") if self.lines else ("", "", "")
        if found == [last] and "out=" not in text:
            self.lines.pop()
            return f"return {text}"
        return f"return {', '.join(found)}" if found else "return ()"

    def output(self, y: Term) -> str:
        if not y.known:
            return self.texts[y].text
        return self.constant(y.value, y.name) if y.array else self.literal(y.value)


def views(program: Program) -> list[Any]:
    """The buffers that a compiled function takes: blocks of the arena as arrays, in their order."""
    return list(dict.fromkeys(program.buffers.values()))


def source(program: Program, name: str = "f", literals: bool = True) -> str:
    """The program as Python text: a module that defines one function of the program's inputs.

    With `literals` numbers stand in the text, as one would write them; without, they have names, for NumPy
    computes with arrays faster than with Python's numbers.

    >>> from autodiff import Tensor, sin
    >>> from autodiff.jit.program import program_of
    >>> x, w = Tensor([1.0], True, name="x"), Tensor([2.0], True, name="w")
    >>> print(source(program_of([sin(x) * w + 1])))
    import numpy as np
    <BLANKLINE>
    <BLANKLINE>
    def f(x, w):
        return np.sin(x) * w + 1.0
    <BLANKLINE>
    """
    return Writer(program, name, literals).write()


def compiled(program: Program, name: str = "f", literals: bool = False) -> tuple[Callable[..., Any], str]:
    """The function that computes the program's outputs (one, or a tuple), and its source."""
    writer = Writer(program, name, literals)
    text = writer.write()
    file = f"<jit {name} {next(counter)}>"
    linecache.cache[file] = len(text), None, text.splitlines(True), file  # for tracebacks
    body = text[text.index(f"def {name}(") :]
    exec(
        compile("\n" * text[: text.index(f"def {name}(")].count("\n") + body, file, "exec"), writer.namespace
    )
    return writer.namespace[name], text
