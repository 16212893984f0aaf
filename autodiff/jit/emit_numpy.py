"""NumPy source: a program as one Python function, made to be read, and to be run.

    def f(x, w):
        t1 = np.sin(x)
        return t1 * w + 1.0

A result that is used once stands where it is used, if the line stays short.  What NumPy has no function for
is called by the name of the primitive.  Results that are written into memory that is used again
(`buffers.py`) are computed by NumPy's functions with `out=`.
"""

from __future__ import annotations

import keyword
import linecache
import re
from collections.abc import Callable
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from ..care import has_nan
from ..kinds import PRIMITIVES
from .algebra import ATOM, COMPARED, LOWEST, POWER, SIGN, facts, ufunc
from .program import Program, Term

__all__: list[str] = []

SHORT = 60  # characters: what is longer has a line of its own
FEW = 8  # elements of an array that is written out
counter = count(1)


class Miss(NamedTuple):
    """What a compiled function returns if the arguments belong to another path: the guard that failed.

    It is -1 if a NaN came out where the program must be run with care.
    """

    guard: int


class Text(NamedTuple):
    """An expression, and how tightly it holds together."""

    text: str
    binds: int


class Operand(str):
    """An input's text where it must hold together; and, for where it needn't, without parentheses."""

    bare: str


class Writer:
    """Writes one program."""

    def __init__(self, program: Program, name: str, literals: bool) -> None:
        self.program, self.name, self.literals = program, name, literals
        self.taken = {"np", "math", "Miss", "has_nan", name, *keyword.kwlist, *dir(__builtins__)}
        self.namespace: dict[str, Any] = {"np": np}
        self.header: dict[str, str] = {}  # name: the line that defines it
        self.imports = {"import numpy as np": None}
        self.texts: dict[Term, Text] = {}
        self.constants: dict[Any, str] = {}
        self.helpers: dict[Any, str] = {}
        self.lines: list[str] = []
        self.numbers, self.constant_numbers = count(1), count(1)

    # ---- names
    def unique(self, wanted: str) -> str:
        base = re.sub(r"\W+", "_", wanted).strip("_") or "x"
        base = f"_{base}" if base[0].isdigit() else base
        found, k = base, 1
        while found in self.taken:
            k += 1
            found = f"{base}_{k}"
        self.taken.add(found)
        return found

    def variable(self, term: Term) -> str:
        if term.name:
            return self.unique(term.name)
        while (name := f"t{next(self.numbers)}") in self.taken:
            pass
        self.taken.add(name)
        return name

    # ---- values
    def literal(self, value: Any) -> str:
        """A setting, as Python text."""
        if isinstance(value, np.ndarray):
            return self.constant(value)
        if isinstance(value, np.dtype) or (isinstance(value, type) and issubclass(value, np.generic)):
            dtype = np.dtype(value)
            plain = getattr(np, dtype.name, None)
            return f"np.{dtype.name}" if plain is not None and np.dtype(plain) == dtype else f"np.{dtype!r}"
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, tuple):
            return f"({', '.join(map(self.literal, value))}{',' * (len(value) == 1)})"
        if isinstance(value, slice):
            return f"slice({', '.join(self.literal(k) for k in (value.start, value.stop, value.step))})"
        if isinstance(value, float) and not np.isfinite(value):
            return f"float('{value}')"
        if isinstance(value, type):
            return value.__name__
        if value is ...:
            return "..."
        if value is None or isinstance(value, (bool, int, float, complex, str)):
            return repr(value)
        return self.constant(value)

    def constant(self, value: Any, name: str | None = None) -> str:
        """The name of a constant, which is defined above the function."""
        small = isinstance(value, np.ndarray) and value.size <= FEW
        key = (value.dtype.str, value.shape, value.tobytes()) if small else id(value)
        if key not in self.constants:
            self.constants[key] = found = self.unique(name or f"c{next(self.constant_numbers)}")
            self.namespace[found] = value
            self.header[found] = f"{found} = {self.described(value)}"
        return self.constants[key]

    def described(self, value: Any) -> str:
        if isinstance(value, np.ndarray) and value.size <= FEW:
            numbers = re.sub(r"\b(nan|inf)\b", r"np.\1", repr(value.tolist()))
            usual = value.dtype in (float, int, bool) and value.size
            return f"np.array({numbers}{'' if usual else ', ' + self.literal(value.dtype)})"
        if isinstance(value, np.ndarray):
            return f"...  # an array of {value.dtype} and shape {value.shape}, as it was when f was traced"
        return f"...  # {type(value).__name__}: {str(value)[:50]}"

    def number(self, term: Term, user: Term) -> Text | None:
        """A constant without axes, as a number that stands in the text; None where it must be an array.

        Beside arrays, a Python number takes their dtype: it may stand where that is the constant's own.
        """
        value = term.value
        if not term.array:
            if type(value) not in (float, int, bool, complex):
                return None
            return signed(self.literal(value))
        others = [x.dtype for x in user.inputs if x.array and x is not term and not (x.known and not x.shape)]
        if not others or not ufunc(user.op) or not self.literals:  # type: ignore[arg-type]
            return None
        plain = value.item()
        if np.result_type(*others, plain) != np.result_type(*others, value.dtype):
            return None
        if value.dtype.kind == "f" and np.isfinite(value):
            return signed(repr(float(str(value[()]))) if value.dtype.itemsize < 8 else repr(plain))
        return signed(self.literal(plain))

    # ---- expressions
    def operand(self, x: Term, user: Term) -> Text:
        if x.known:
            found = self.number(x, user) if not x.shape else None
            return found or Text(self.constant(x.value, x.name), ATOM)
        return self.texts[x]

    def expression(self, term: Term) -> Text:
        """How a term is computed from its inputs."""
        op: Any = term.op
        known, arrays = facts(op), any(x.array for x in term.inputs)
        xs = [self.operand(x, term) for x in term.inputs]
        form = known.text if arrays or op.scalar is None else known.number
        if isinstance(form, str) and form.startswith("math."):
            if all(x.dtype in (float, int, bool) for x in term.inputs):
                self.need("import math", "math")
            else:
                form = None
        if callable(form):
            form = form(term, [operand(x) for x in xs], self.literal)
            if form is not None:
                if "contract(" in form:
                    self.helper(term)
                return Text(form, known.binds)
        if isinstance(form, str):
            return Text(self.filled(form, term, xs, known.binds), known.binds)
        settings = [f"{key}={self.literal(value)}" for key, value in term.params.items()]
        arguments = ", ".join([x.text for x in xs] + settings)
        if arrays and isinstance(op.f, np.ufunc):
            return Text(f"np.{op.f.__name__}({arguments})", ATOM)
        return Text(f"{self.helper(term)}({arguments})", ATOM)

    def filled(self, form: str, term: Term, xs: list[Text], binds: int) -> str:
        """A template with its inputs, in parentheses where they don't hold together tightly enough."""
        settings = {key: self.literal(value) for key, value in term.params.items() if f"{{{key}" in form}
        if binds == ATOM:  # an argument by itself needs no parentheses

            def put(found: re.Match[str]) -> str:
                x = xs[int(found[3])]
                return f"{found[1]}{self.held(x, LOWEST if found[1] and found[4] else ATOM)}"

            form = re.sub(r"((\(|, )?)\{(\d)\}(?=([,)])?)", put, form)
            return form.format(**settings) if settings else form
        right = binds + (binds != SIGN)
        first = right if binds in (COMPARED, POWER) else binds
        return form.format(*[self.held(x, right if k else first) for k, x in enumerate(xs)])

    @staticmethod
    def held(x: Text, binds: int) -> str:
        return x.text if x.binds >= binds else f"({x.text})"

    def helper(self, term: Term) -> str:
        """The name of a primitive's own function."""
        op: Any = term.op
        f = term.f
        if f not in self.helpers:
            name = self.helpers[f] = self.unique(op.name)
            self.namespace[name] = f
            module, own = getattr(f, "__module__", "") or "", getattr(f, "__name__", "")
            if module.startswith(__name__.partition(".")[0] + ".") and own.isidentifier():
                self.imports[f"from {module} import {own} as {name}"] = None
            elif (entered := PRIMITIVES.get(op.name)) and f in (entered.f, entered.scalar):
                self.imports["from autodiff.kinds import PRIMITIVES"] = None
                which = "f" if f is entered.f else "scalar"
                self.header[name] = f'{name} = PRIMITIVES["{op.name}"].{which}'
            else:
                self.header[name] = f"{name} = ...  # a function of the program's own"
        return self.helpers[f]

    def need(self, line: str, name: str) -> None:
        if line not in self.imports:
            self.imports[line] = None
            self.namespace[name] = __import__(name)

    # ---- the function
    def write(self) -> str:
        program = self.program
        uses: dict[Term, int] = {term: len(users) for term, users in program.users().items()}
        guards: dict[Term, list[int]] = {}
        for k, guard in enumerate(program.guards):
            guards.setdefault(guard.term, []).append(k)
        roots = set(program.roots())
        for x in program.inputs:
            self.texts[x] = Text(self.unique(x.name or "x1"), ATOM)
        arguments = [self.texts[x].text for x in program.inputs]
        slots = sorted(set(program.buffers.values()))
        buffers = {slot: self.unique(f"b{slot + 1}") for slot in slots}
        if buffers:
            arguments.append(self.unique("buffers"))
            self.lines.append(f"{', '.join(buffers.values())}{',' * (len(buffers) == 1)} = {arguments[-1]}")
        for x in program.inputs:
            self.check_guards(guards.get(x, ()), x)
        touched: set[Term] = set()  # what reads memory that is used again
        for term in program.terms:
            expression = self.expression(term)
            slot = program.buffers.get(term)
            if slot is not None:
                expression = Text(self.into(term, buffers[slot]), ATOM)
                touched.add(term)
            if any(x in touched and (self.texts[x].binds < 0 or facts(term.op).view) for x in term.inputs):
                touched.add(term)
            reads = any(x in touched for x in term.inputs)
            once = uses.get(term, 0) == 1 and term not in roots and term.name is None
            if once and not reads and slot is None and len(expression.text) <= SHORT:
                self.texts[term] = expression
                continue
            name = self.variable(term)
            self.lines.append(f"{name} = {expression.text}")
            self.texts[term] = Text(name, ATOM)
            self.check_guards(guards.get(term, ()), term)
        for check in program.checks:
            self.imports["from autodiff.care import has_nan"] = None
            self.imports["from autodiff.jit.emit_numpy import Miss"] = None
            self.namespace["has_nan"], self.namespace["Miss"] = has_nan, Miss
            if not check.known:
                self.lines += [f"if has_nan({self.texts[check].text}):", "    return Miss(-1)"]
        self.lines.append(self.result())
        body = "\n    ".join(self.lines)
        top = [*sorted(self.imports, key=lambda line: (line.startswith("from"), line)), *self.header.values()]
        return "\n".join(top) + f"\n\n\ndef {self.name}({', '.join(arguments)}):\n    {body}\n"

    def into(self, term: Term, buffer: str) -> str:
        """A term by NumPy's function that writes into a buffer."""
        op: Any = term.op
        xs = ", ".join(self.operand(x, term).text for x in term.inputs)
        return f"np.{op.f.__name__}({xs}, out={buffer})"

    def check_guards(self, numbers: Any, term: Term) -> None:
        for k in numbers:
            guard = self.program.guards[k]
            self.imports["from autodiff.jit.emit_numpy import Miss"] = None
            self.namespace["Miss"] = Miss
            text = self.texts[term].text
            if term.size != 1 or term.shape:
                text = f"np.all({text})" if guard.truth else f"np.any({text})"
            self.lines.append(f"if {'not ' * guard.truth}{text}:  # {guard.place.rpartition('/')[2]}")
            self.lines.append(f"    return Miss({k})")

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


def operand(x: Text) -> Operand:
    found = Operand(x.text if x.binds >= ATOM else f"({x.text})")
    found.bare = x.text
    return found


def signed(text: str) -> Text:
    return Text(text, SIGN if text.startswith("-") else ATOM)


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
