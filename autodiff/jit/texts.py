"""Expressions: the text of each term of a program, in Python.

How a primitive is written is in the table of `algebra.py`; what isn't there is called by its name.  Here it
is put together: parentheses where Python's grammar asks for them, numbers as NumPy's rules for dtypes allow,
names that don't clash.
"""

from __future__ import annotations

import keyword
import re
from functools import cache
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from ..kinds import PRIMITIVES
from .algebra import ATOM, COMPARED, LOWEST, POWER, SIGN, facts, ufunc
from .program import Program, Term

__all__: list[str] = []

FEW = 8  # elements of an array that is written out


class Text(NamedTuple):
    """An expression, and how tightly it holds together."""

    text: str
    binds: int


class Operand(str):
    """An input's text where it must hold together; and, for where it needn't, without parentheses."""

    bare: str


class Expressions:
    """Writes the expressions of one program."""

    def __init__(self, program: Program, name: str, literals: bool) -> None:
        self.program, self.name, self.literals = program, name, literals
        self.taken = {"np", "math", "Miss", "has_nan", name, *keyword.kwlist, *dir(__builtins__)}
        self.namespace: dict[str, Any] = {"np": np}
        self.header: dict[str, str] = {}  # name: the line that defines it
        self.imports = {"import numpy as np": None}
        self.texts: dict[Term, Text] = {}
        self.constants: dict[Any, str] = {}
        self.helpers: dict[Any, str] = {}
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
        if isinstance(form, str) and any(not xs[k].text.isidentifier() for k in repeated(form)):
            form = None  # it would be computed as often as it is named
        if callable(form):
            form = form(term, [operand(x) for x in xs], self.literal)
            if isinstance(form, tuple):
                return Text(*form)
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
        params = term.params
        settings = {k: self.literal(v) for k, v in params.items() if f"{{{k}" in form} if params else {}
        if binds == ATOM:
            form, levels = slots(form)
            return form.format(*[self.held(xs[k], level) for k, level in levels], **settings)
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


@cache
def repeated(form: str) -> tuple[int, ...]:
    """The inputs that a template names more than once."""
    return tuple(k for k in range(10) if form.count(f"{{{k}}}") > 1)


@cache
def slots(form: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """A template whose places are counted, and which input is at each, and how tightly it must hold.

    An argument by itself needs no parentheses.
    """
    found: list[tuple[int, int]] = []

    def place(match: re.Match[str]) -> str:
        alone = match[1] and match[4]
        found.append((int(match[3]), LOWEST if alone else ATOM))
        return f"{match[1] or ''}{{{len(found) - 1}}}"

    return re.sub(r"((\(|, )?)\{(\d)\}(?=([,)])?)", place, form), tuple(found)


def operand(x: Text) -> Operand:
    found = Operand(x.text if x.binds >= ATOM else f"({x.text})")
    found.bare = x.text
    return found


def signed(text: str) -> Text:
    return Text(text, SIGN if text.startswith("-") else ATOM)
