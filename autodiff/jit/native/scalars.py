"""Programs of numbers: straight-line code, in functions of some hundred instructions.

A scalar program is one whose inputs and results are Python's floats and arrays without axes: what `Value`s
compute, in loops that have been unrolled, or the elements of an expression that somebody derived by hand.
Its native form is one function of two arrays of doubles, `core(x, y)`:

    x[0], x[1], …  the inputs      y[0], y[1], …  the results      the code it returns: whether they count

Long programs are cut into parts, for the time that it takes to give registers to the variables of a function
grows faster than the function.  What one part computes and another needs is kept in memory between them.

**Errors.**  Python's floats raise where NumPy gives inf or NaN: log(-1.0), 1.0 / 0.0, exp(1000.0).  Rows of
the table that say so (`raises` in instructions.py) are added up in a sum that is 0 as long as all of them are
finite, and NaN from then on, at the price of one instruction each.  If it is NaN in the end, the program runs
again as Python source, which raises, or finds that all is well.

**Rounding.**  Sums, products, quotients and square roots are those of Python to the last bit, for nothing is
contracted here: `x*x - y*y` is 0 where x is y.  Functions of mathematics differ in the last digits.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from ..emit_numpy import Miss, compiled
from ..program import Program, Term
from . import entry
from .engine import LEVEL, library
from .instructions import Instruction, native, operand, row_of
from .ir import TYPES, Code, Lanes, Module
from .shared import apart

__all__: list[str] = []

PART = 300  # terms in a function
LONG = 200  # terms: longer programs are compiled at level 0, in a quarter of the time, and run 5 % longer
STACK = 1 << 16  # bytes that may be taken from the stack
MOST = 4096  # numbers that an entry may take or give
NUMBERS = (float, int, bool)
# what `core` returns if its results don't count: that guard k fails is k + 1
WELL, NANS, RAISES, NO_MEMORY = 0, -1, -2, -4
CORE = ctypes.PYFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p)


def type_of(term: Term) -> str:
    """The type of a term's register.  Whole numbers among Python's are small ones, and serve as floats."""
    if term.array:
        return TYPES[term.dtype]
    return "i1" if term.dtype is bool else "double"


def is_number(term: Term) -> bool:
    """Whether a term is one number that registers hold."""
    if term.array:
        return term.shape == () and term.dtype in TYPES and term.dtype.kind in "fb"
    return term.dtype in NUMBERS and (term.dtype is not int or not term.known or abs(term.value) <= 2**53)


class Form(NamedTuple):
    """How a primitive is written, for inputs of certain dtypes."""

    row: Instruction
    types: tuple[str, ...]  # what its inputs are read as
    raises: bool


def form_of(term: Term) -> Form | None:
    """How a term is written; None if it can't be."""
    key = (term.op, *[x.dtype for x in term.inputs])
    if term.params:
        return found_form(term)
    if key not in forms:
        forms[key] = found_form(term)
    return forms[key]


forms: dict[Any, Form | None] = {}  # what `form_of` found, of primitives without settings


def found_form(term: Term) -> Form | None:
    dtypes = [operand_dtype(x, term) for x in term.inputs]
    row = row_of(term.op)
    if row is None or not native(term.op, dtypes, term.params):
        return None
    common = operand(row, dtypes)
    assert common is not None
    types = [TYPES[dtype] for dtype in dtypes]
    types[row.promoted] = [common] * len(types[row.promoted])
    return Form(row, tuple(types), row.raises and not any(x.array for x in term.inputs))


def operand_dtype(x: Term, term: Term) -> Any:
    """As what an input is read: Python's numbers give way to an array, as in NumPy."""
    if x.array:
        return x.dtype
    if x.dtype is bool:
        return np.dtype(bool)
    arrays = [y.dtype for y in term.inputs if y.array and y.dtype.kind == "f"]
    return np.result_type(*arrays) if arrays else np.dtype(float)


def able(program: Program) -> bool:
    """Whether a program is one of numbers, all of which can be computed natively."""
    if not program.terms or not all(is_number(x) and x.dtype is not int for x in program.inputs):
        return False
    for t in program.terms:
        if not is_number(t) or form_of(t) is None or not all(is_number(x) for x in t.inputs if x.known):
            return False
    if not all(is_number(guard.term) for guard in program.guards):
        return False
    # a number that is whole is 0 or 1, and 1/2 elsewhere, say: which of them it is is known in Python alone
    return not any(y.dtype is int and not y.known for y in program.outputs)


# ---- the text --------------------------------------------------------------------------------------------
class Writer:
    """Writes one program."""

    def __init__(self, program: Program) -> None:
        self.program, self.module = program, Module()
        self.inputs = {x: k for k, x in enumerate(program.inputs)}
        self.parts = [program.terms[k : k + PART] for k in range(0, len(program.terms), PART)]
        self.part_of = {t: k for k, part in enumerate(self.parts) for t in part}
        self.kept: dict[Term, int] = {}  # what later parts read, and where it is in memory
        for t in program.terms:
            k = self.part_of[t]
            for x in t.inputs:
                if self.part_of.get(x, k) != k:
                    self.kept.setdefault(x, len(self.kept))
        self.guards: dict[int, list[int]] = {}
        for k, guard in enumerate(program.guards):
            self.guards.setdefault(self.part_of.get(guard.term, 0), []).append(k)
        self.checks: dict[int, list[Term]] = {}
        for t in program.checks:
            self.checks.setdefault(self.part_of.get(t, 0), []).append(t)
        self.results: dict[int, list[int]] = {}
        for k, y in enumerate(program.outputs):
            if not y.known or y.dtype in (float, bool):
                self.results.setdefault(self.part_of.get(y, 0), []).append(k)

    def write(self) -> tuple[str, dict[str, int]]:
        """The text of the module, `core`, and its parts if there are several; and the addresses it needs."""
        several = len(self.parts) > 1
        for k, part in enumerate(self.parts):
            name = f"part{k}" if several else "core"
            memory = ", ptr noalias %m" if several else ""
            signature = f"{'internal ' * several}i64 @{name}(ptr noalias %x, ptr noalias %y{memory})"
            self.module.define(name, signature, Part(self, k, part).code)
        if several:
            self.module.define("core", "i64 @core(ptr noalias %x, ptr noalias %y)", self.driver())
        addresses = apart(self.module, ["core", *[f"part{k}" for k in range(len(self.parts) * several)]])
        return str(self.module), addresses

    def driver(self) -> Code:
        """Runs one part after the other, as long as all is well."""
        code = Code(self.module)
        code.lines.append("entry:")
        size = 8 * max(len(self.kept), 1)
        heap = size > STACK
        if heap:
            self.module.declarations["PyMem_RawMalloc"] = "declare ptr @PyMem_RawMalloc(i64)"
            self.module.declarations["PyMem_RawFree"] = "declare void @PyMem_RawFree(ptr)"
            code.lines += [
                f"  %m = call ptr @PyMem_RawMalloc(i64 {size})",
                "  %none = icmp eq ptr %m, null",
                "  br i1 %none, label %failed, label %part0",
                "failed:",
                f"  ret i64 {NO_MEMORY}",
            ]
        else:
            code.lines += [f"  %m = alloca [{size} x i8], align 8", "  br label %part0"]
        last = len(self.parts)
        for k in range(last):
            code.lines += [
                f"part{k}:",
                f"  %code{k} = call i64 @part{k}(ptr %x, ptr %y, ptr %m)",
                f"  %well{k} = icmp eq i64 %code{k}, 0",
                f"  br i1 %well{k}, label %part{k + 1}, label %done",
            ]
        ways = ", ".join(f"[ %code{k}, %part{k} ]" for k in range(last))
        code.lines += [
            f"part{last}:",
            "  br label %done",
            "done:",
            f"  %code = phi i64 {ways}, [ 0, %part{last} ]",
        ]
        if heap:
            code.lines.append("  call void @PyMem_RawFree(ptr %m)")
        code.lines.append("  ret i64 %code")
        return code


class Part:
    """Writes one function: some of the terms, and what has to be looked at when they are known."""

    def __init__(self, writer: Writer, number: int, terms: tuple[Term, ...]) -> None:
        self.writer, self.code = writer, Code(writer.module, outline=True, contract=False)
        self.known: dict[Term, Lanes] = {}
        self.doubtful: Lanes | None = None  # 0 as long as nothing may raise, then NaN
        code, program = self.code, writer.program
        code.lines.append("entry:")
        for t in terms:
            self.known[t] = out = self.written(t)
            place = writer.kept.get(t)
            if place is not None:
                code.store(out, self.at("m", place))
        for k in writer.results.get(number, ()):
            y = program.outputs[k]
            code.store(code.convert(self.read(y), "double"), self.at("y", k))
        code.lines.append(f"  ret i64 {self.verdict(number)}")

    def at(self, array: str, k: int) -> str:
        if k == 0:
            return f"%{array}"
        return self.code.value("ptr", f"getelementptr i8, ptr %{array}, i64 {8 * k}").name

    def read(self, x: Term) -> Lanes:
        """A term's register, loaded when it is needed first."""
        found = self.known.get(x)
        if found is None:
            if x.known:
                return self.code.constant(x.value, type_of(x))
            if x in self.writer.inputs:
                found = self.code.convert(
                    self.code.load(self.at("x", self.writer.inputs[x]), "double"), type_of(x)
                )
            else:
                found = self.code.load(self.at("m", self.writer.kept[x]), type_of(x))
            self.known[x] = found
        return found

    def written(self, t: Term) -> Lanes:
        form = form_of(t)
        assert form is not None
        code = self.code
        xs = []
        for x, type in zip(t.inputs, form.types, strict=True):
            if x.known:
                xs.append(code.constant(x.value, type))
            else:
                found = self.known.get(x) or self.read(x)
                xs.append(found if found.type == type else code.convert(found, type))
        out = form.row.write(code, *xs, **t.params)
        if form.raises:
            self.doubtful = code.muladd(out, 0.0, self.doubtful or 0.0)
        return out if out.type == type_of(t) else code.convert(out, type_of(t))

    def verdict(self, number: int) -> str:
        """The code that the function returns."""
        code, writer = self.code, self.writer
        out = "0"
        for t in writer.checks.get(number, ()):
            out = self.choice(self.read(t).is_nan(), NANS, out)
        if self.doubtful is not None:
            out = self.choice(self.doubtful.is_nan(), RAISES, out)
        for k in reversed(writer.guards.get(number, ())):
            guard = writer.program.guards[k]
            truth = code.convert(self.read(guard.term), "i1")
            out = self.choice(~truth if guard.truth else truth, k + 1, out)
        return out

    def choice(self, condition: Lanes, yes: int, no: str) -> str:
        return self.code.value("i64", f"select i1 {condition}, i64 {yes}, i64 {no}").name


# ---- the function ----------------------------------------------------------------------------------------
class Result(NamedTuple):
    """What becomes of a double that `core` wrote: a number, an array, or what was known before."""

    known: bool
    value: Any
    dtype: Any

    def of(self, y: float) -> Any:
        if self.known:
            return self.value
        return np.array(y, self.dtype) if isinstance(self.dtype, np.dtype) else self.dtype(y)


class Runner:
    """A scalar program, compiled.

    `takes` and `gives` are the trees of arguments and results (`entry.py`) that `entry` is made for.  Without
    them it takes the inputs one by one, and returns one number or a tuple.
    """

    memory, size = None, 0  # a call needs none from its caller

    def __init__(self, program: Program, name: str, takes: Any = None, gives: Any = None) -> None:
        self.program, self.grouped, self.name = program, program, name
        self.results = [Result(y.known, y.value, y.dtype) for y in program.outputs]
        self.single = len(program.outputs) == 1
        self.ir, functions = Writer(program).write()
        whole = takes is not None and gives is not None
        trees = (takes, gives) if whole else flat(program)
        entered = entry.readable() and trees is not None and max(map(entry.leaves, trees)) <= MOST
        if entered:
            self.ir += entry.written(*trees)
        names = ("core", "entry") if entered else ("core",)
        level = 0 if len(program.terms) > LONG else LEVEL
        self.library = library(self.ir, names, functions | entry.symbols(self.ir), level)
        self.entry = entry.builtin(self.library, name) if entered else None
        self.flat = None if whole else self.entry
        self.core = self.library.function("core", CORE)
        self.takes = ctypes.c_double * max(len(program.inputs), 1)
        self.gives = ctypes.c_double * max(len(program.outputs), 1)
        self.stats = {"native terms": len(program.terms)}

    @cached_property
    def python(self) -> Callable[..., Any]:
        """The same program as Python source: for calls that raise."""
        return compiled(self.program, self.name)[0]

    def function(self, *values: Any) -> Any:
        """The results (one, or a tuple) for these inputs; or a Miss."""
        if self.flat:
            out = self.flat(*values)
            if type(out) is not int:
                return out
            if out != entry.UNFIT:
                return self.otherwise(out, values)
        x, y = self.takes(*values), self.gives()
        code = self.core(x, y)
        if code != WELL:
            return self.otherwise(code, values)
        found = [how.of(number) for how, number in zip(self.results, y, strict=False)]
        return found[0] if self.single else tuple(found)

    def otherwise(self, code: int, values: Any) -> Any:
        """What a call comes to whose results don't count."""
        if code == NANS:
            return Miss(-1)
        return Miss(code - 1) if code > 0 else self.python(*values)


def flat(program: Program) -> Any:
    """The trees of a program's inputs and results, one by one; None if there are arrays among them."""
    kinds = [y.dtype for y in program.outputs]
    if any(x.dtype is not float for x in program.inputs) or not set(kinds) <= {float, bool}:
        return None
    return (float,) * len(program.inputs), kinds[0] if len(kinds) == 1 else tuple(kinds)
