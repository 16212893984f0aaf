"""A path: one way through a function, compiled.

From the trace by all passes to a function, and from what that function returns to what f would have returned:
numbers as numbers, arrays that nobody else has, nodes where nodes came in, in the tree that f made.
"""

from __future__ import annotations

import gc
import operator
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from threading import RLock
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from ..graph import Node, leaf
from . import native
from .algebra import facts
from .buffers import arena, buffered
from .chunks import chunked
from .dead import without_dead_code
from .emit_numpy import Miss, compiled, source
from .native.entry import UNFIT, tree_of
from .program import Program
from .simplify import stages
from .trace import Trace, Watched

__all__: list[str] = []

ARRAYS = {ndarray}
compiling = RLock()  # threads take turns
Kinds = list[tuple[Any, Any, Any]]  # of each argument: its type, and of an array its shape and dtype


class CompilationError(RuntimeError):
    """The compiler failed, on a program that f itself runs: a defect of the compiler."""


class Output(NamedTuple):
    """What to do with a result: a number, an array that nobody else has, or one to copy."""

    array: bool
    own: bool

    def of(self, value: Any) -> Any:
        if not self.array:
            return value
        return value if self.own and type(value) is np.ndarray else np.array(value)


class Runner:
    """A program as a function of arrays and numbers, which is made when it is first called.

    It runs as native code or as NumPy source; the latter can be read in any case.
    """

    def __init__(self, traced: Program, arrays: tuple[bool, ...], name: str, backend: str) -> None:
        self.traced, self.arrays, self.name = traced, arrays, name if name.isidentifier() else "f"
        self.backend = backend
        self.native: Any = None  # what the native back end made of it
        self.text = ""
        self.memory: Any = None  # makes memory for a call, if the function takes some
        self.function: Any = None
        self.arenas: list[Any] = []  # those that no call is working in
        self.single = len(arrays) == 1

    def compile(self) -> None:
        with compiling, without_collector():
            if self.function is None:  # no other thread was faster
                self.function = self.make()

    def make(self) -> Any:
        """The function.  What else there is to know is set before: who sees the function may use it."""
        program, gone = self.traced, dict[str, int]()
        for stage, after in stages(program):
            gone[stage] = gone.get(stage, 0) + len(program.terms) - len(after.terms)
            program = after
        self.gone = gone
        lean = without_dead_code(program)
        self.native = native.compiled(lean, self.name, *self.trees()) if self.backend == "native" else None
        if self.native:
            self.final, self.memory, function = lean, self.native.memory, self.native.function
        else:
            for stage, after in last_stages(program):
                gone[stage] = gone.get(stage, 0) + len(program.terms) - len(after.terms)
                program = after
            self.final = program
            function, text = compiled(program, self.name)
            self.text, self.memory = text.rstrip(), partial(arena, program) if program.blocks else None
        outputs = zip(self.arrays, owned_outputs(self.final), strict=True)
        self.outputs = [Output(array, own) for array, own in outputs]
        return function

    def trees(self) -> tuple[Any, Any]:
        """Of the arguments and the results, if that is known and they are numbers."""
        return None, None

    def ready(self) -> Any:
        """Itself, compiled.

        What is raised then is the compiler's error and none of f's: nobody must take it for one, and run f.
        """
        if self.function is None:
            try:
                self.compile()
            except MemoryError:
                raise
            except Exception as error:
                raise CompilationError(
                    f"jit: {self.name} can't be compiled, which is a defect of autodiff: please report it. "
                    'backend="numpy", or AUTODIFF_JIT=numpy in the environment, may work'
                ) from error
        return self

    @property
    def source(self) -> str:
        """The program as NumPy source, whatever runs."""
        program = self.program
        if not self.text:
            *_, (_, whole) = last_stages(program)
            self.text = source(whole, self.name, literals=False).rstrip()
        return self.text

    @property
    def program(self) -> Program:
        """The program after all passes."""
        found: Program = self.ready().final
        return found

    @property
    def grouped(self) -> Program:
        """The program as it runs: in that order, with the terms that are computed together as groups."""
        found: Program = self.native.grouped if self.ready().native else self.final
        return found

    def call(self, values: Any, hidden: Any = ()) -> Any:
        """What the compiled function returns.  Each call has an arena to itself, and leaves it behind."""
        if self.function is None:
            self.ready()
        if not self.memory:
            return self.function(*values, *hidden)
        try:
            memory = self.arenas.pop()
        except IndexError:
            memory = self.memory()
        out = self.function(*values, *hidden, memory)
        self.arenas.append(memory)
        return out

    def finished(self, out: Any) -> list[Any]:
        """What the compiled function returned, as numbers, and arrays that nobody else has."""
        return [how.of(y) for how, y in zip(self.outputs, (out,) if self.single else out, strict=True)]


class Path(Runner):
    """One way through f, compiled."""

    def __init__(
        self, found: Trace, name: str, plain: bool, key: Any, kinds: Kinds | None, backend: str
    ) -> None:
        super().__init__(found.program, found.arrays, name, backend)
        self.trace, self.key, self.nodes, self.kinds = found, key, not plain, kinds
        self.truths = tuple(guard.truth for guard in found.program.guards)
        self.careful: Path | None = None  # the same with care, for when a NaN comes out
        self.siblings: list[Path] = []  # all paths of the key, this one among them; none of a careful one
        self.alone = not found.hidden and not found.watched
        self.plain = plain
        self.recorded: Any = None  # the same as one node; see derivatives.py
        self.entry: Any = None  # takes f's arguments as they are, and looks at them by itself

    def make(self) -> Any:
        function = super().make()
        bare = self.single and self.plain and is_bare(self.trace.rebuild)
        self.number = bare and not self.outputs[0].array
        own = all(output == (True, True) for output in self.outputs)
        self.simple = bare and own
        self.several = (
            own and self.plain and not self.single and is_tuple(self.trace.rebuild, len(self.outputs))
        )
        takes, gives = self.trees()
        if takes is not None and gives is not None:
            self.entry = getattr(self.native, "entry", None)
        elif self.native and self.memory and self.alone and self.plain:
            self.entry = self.entered(function)
        return function

    def trees(self) -> tuple[Any, Any]:
        """Of f's own arguments and results, where every leaf is a number."""
        structure, _, fixed, sorts = self.key
        kinds = [y.dtype for y in self.traced.outputs]
        plain = self.plain and self.alone and not fixed
        if not plain or any(sort is not float for sort in sorts) or not set(kinds) <= {float, bool}:
            return None, None
        args, settings = structure.unflatten([0.5] * len(sorts))
        takes = None if settings else tree_of(args)
        return takes, tree_of(self.trace.rebuild([kind() for kind in kinds]))

    def entered(self, function: Any) -> Any:
        """A call from arguments to results, if native code can see whether arguments fit.

        It returns an int where the call must be made in another way, as the entries of numbers do.
        """
        from .native import fits  # `import autodiff` leaves the compiler to those who compile

        table = fits.table(self.kinds)
        if table is None:
            return None
        unfit, memory, arenas = fits.unfit(), self.memory, self.arenas
        simple, several, result = self.simple, self.several, self.result

        def entry(*args: Any) -> Any:
            if unfit(table, *args):
                return UNFIT
            try:
                room = arenas.pop()
            except IndexError:
                room = memory()
            out = function(*args, room)
            arenas.append(room)
            if simple and type(out) is ndarray:
                return out
            if several and type(out) is tuple and {*map(type, out)} == ARRAYS:
                return out
            return UNFIT if type(out) is Miss else result(out)

        return entry

    @property
    def stats(self) -> dict[str, Any]:
        """See `Jitted.stats`."""
        program, gone, found = self.program, self.gone, self.trace
        return {
            "traced": found.recorded,
            "folded": gone.get("constants", 0),
            "shared": found.again + gone.get("common subexpressions", 0),
            "removed": {stage: n for stage, n in gone.items() if n > 0},
            "left": len(program.terms),
            "fused": [len(group.terms) for group in self.grouped.groups],
            "frozen": found.frozen,
            "guards": [guard.place for guard in found.program.guards],
            "hidden": [h.place.name if h.place else h.kind.__name__ for h in found.hidden],
            "watched": [w.place.name for w in found.watched if isinstance(w, Watched)],
            "arena bytes": self.native.size if self.native else sum(program.blocks),
            "backend": "native" if self.native else "numpy",
            **(self.native.stats if self.native else {}),
        }

    def fits(self, args: tuple[Any, ...]) -> bool:
        """Whether arguments are of the sort that the program takes, as far as that is seen at a glance."""
        if self.kinds is None or len(args) != len(self.kinds):
            return False
        for x, (cls, shape, dtype) in zip(args, self.kinds):  # noqa: B905 (strict takes its time)
            if type(x) is not cls:
                return False
            if cls is ndarray:
                if x.shape != shape or x.dtype is not dtype:
                    return False
            elif dtype is not None:
                x = x.value
                if (type(x) is not dtype) if shape is None else (x.shape != shape or x.dtype is not dtype):
                    return False
        return True

    def result(self, out: Any) -> Any:
        """What the compiled function returned, as f would."""
        if self.number:
            return out
        if self.simple:
            return out if type(out) is np.ndarray else np.array(out)
        found = self.finished(out)
        if self.nodes:
            found = [
                leaf(Node.classes["array" if how.array else "number"], y)
                for how, y in zip(self.outputs, found, strict=True)
            ]
        return self.trace.rebuild(found)


@contextmanager
def without_collector() -> Iterator[None]:
    """Pause Python's collector of cycles: compiling makes many objects, and no cycles among them."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def all_stages(program: Program) -> Iterator[tuple[str, Program]]:
    """The program after every pass that changed it, in their order."""
    for stage in stages(program):
        program = stage[1]
        yield stage
    yield from last_stages(program)


def last_stages(program: Program) -> Iterator[tuple[str, Program]]:
    """What is done for NumPy alone: loops over parts of large arrays, and memory that is used again."""
    program = chunked(without_dead_code(program))
    if program.groups:
        yield "loops", program
    yield "memory", buffered(program)


def is_bare(rebuild: Any) -> bool:
    marker = object()
    return rebuild([marker]) is marker


def is_tuple(rebuild: Any, n: int) -> bool:
    markers = [object() for _ in range(n)]
    found = rebuild(markers)
    return n > 1 and type(found) is tuple and all(map(operator.is_, found, markers)) and len(found) == n


def owned_outputs(program: Program) -> list[bool]:
    """Of each output, whether it is an array of its own: no part of an input, a constant or another one."""
    found, given = [], set()
    for y in program.outputs:
        root = y
        while root.op and facts(root.op).view:
            root = root.inputs[0]
        own = bool(root.op and facts(root.op).fresh and root not in given and root not in program.buffers)
        found.append(own and root is y)
        given.add(root)
    return found
