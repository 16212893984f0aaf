"""Calling a compiled function of numbers from Python, in a tenth of a microsecond.

A program of numbers is one native function, `core(x, y)`: it reads its arguments from an array of doubles,
writes its results into another, and returns a code, 0 if all went well.  What stands here goes around it,
and is native code as well: a built-in function, as Python's own are, that takes Python's floats, or lists
and tuples of them, and returns floats in the tree that f returns them in.

    entry(args) ──► is each argument what it was when f was traced? ──► core ──► floats, lists, tuples
                               │ no                                      │ another code
                               ▼                                         ▼
                          UNFIT, an int                             the code, an int

An int says that the call must be made in another way.  No compiled function of numbers returns one.

The functions of Python that it calls are those of its stable interface.  Two things are read directly, for
speed: an object's type, and a float's number.  `readable` checks once that they are where they are thought
to be; where they aren't, there are no entries, and calls go by ctypes.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterator
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .engine import Library

__all__: list[str] = []

UNFIT = -3  # what an entry returns for arguments that it wasn't made for
POINTER = ctypes.sizeof(ctypes.c_void_p)
TYPE = object.__basicsize__ - POINTER  # where in an object its type is
NUMBER = float.__basicsize__ - 8  # where in a float its number is
RUN = 4  # numbers in a row, from which on they are read in a loop

FUNCTIONS = {  # of Python's stable interface
    "PyFloat_FromDouble": "ptr @PyFloat_FromDouble(double)",
    "PyLong_FromLong": f"ptr @PyLong_FromLong(i{8 * ctypes.sizeof(ctypes.c_long)})",
    "PyBool_FromLong": f"ptr @PyBool_FromLong(i{8 * ctypes.sizeof(ctypes.c_long)})",
    "PyTuple_New": "ptr @PyTuple_New(i64)",
    "PyTuple_Size": "i64 @PyTuple_Size(ptr)",
    "PyTuple_GetItem": "ptr @PyTuple_GetItem(ptr, i64)",
    "PyTuple_SetItem": "i32 @PyTuple_SetItem(ptr, i64, ptr)",
    "PyList_New": "ptr @PyList_New(i64)",
    "PyList_Size": "i64 @PyList_Size(ptr)",
    "PyList_GetItem": "ptr @PyList_GetItem(ptr, i64)",
    "PyList_SetItem": "i32 @PyList_SetItem(ptr, i64, ptr)",
    "Py_DecRef": "void @Py_DecRef(ptr)",
    "PyMem_RawMalloc": "ptr @PyMem_RawMalloc(i64)",
    "PyMem_RawFree": "void @PyMem_RawFree(ptr)",
}
TYPES = {float: "PyFloat_Type", list: "PyList_Type", tuple: "PyTuple_Type"}
LONG = f"i{8 * ctypes.sizeof(ctypes.c_long)}"


@cache
def readable() -> bool:
    """Whether types and numbers are where they are read, and one thread runs at a time."""
    if sys.implementation.name != "cpython" or POINTER != 8:
        return False  # nothing is read where an id may not be an address
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        return False
    samples: list[Any] = [0.1, -1e300, [0.1], (0.1,), True, "text"]
    types = all(ctypes.c_void_p.from_address(id(x) + TYPE).value == id(type(x)) for x in samples)
    return types and all(ctypes.c_double.from_address(id(x) + NUMBER).value == x for x in samples[:2])


def symbols(text: str) -> dict[str, int]:
    """The addresses of what a text declares of Python's functions and types, by name."""
    functions = {name: getattr(ctypes.pythonapi, name) for name in FUNCTIONS if f"@{name}(" in text}
    types = {symbol: id(kind) for kind, symbol in TYPES.items() if f"@{symbol} " in text}
    return {name: address_of(function) for name, function in functions.items()} | types


def address_of(function: Any) -> int:
    return ctypes.cast(function, ctypes.c_void_p).value or 0


# ---- trees -----------------------------------------------------------------------------------------------
# Of arguments and results: float, bool, or a list or tuple of trees.  What isn't one has no entry.
Tree = Any


def tree_of(x: Any) -> Tree | None:
    """The tree of a value: floats and bools in lists and tuples; None if there is more in it."""
    if type(x) is float or type(x) is bool:
        return type(x)
    if type(x) is list or type(x) is tuple:
        inner = [tree_of(y) for y in x]
        return None if any(y is None for y in inner) else type(x)(inner)
    return None


def leaves(tree: Tree) -> int:
    """How many numbers there are in a tree."""
    return sum(map(leaves, tree)) if isinstance(tree, (list, tuple)) else 1


def runs(trees: Any) -> Iterator[tuple[int, int, Tree]]:
    """Items of a container: from where to where they are the same sort of number, and which."""
    start = 0
    for k, tree in enumerate(trees):
        same = k + 1 < len(trees) and trees[k + 1] is tree and isinstance(tree, type)
        if not same:
            yield start, k + 1, tree
            start = k + 1


# ---- the function around a core --------------------------------------------------------------------------
class Entry:
    """Writes an entry, as lines of LLVM's language."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.numbers = count(1)
        self.used: set[str] = set()
        self.slot = 0  # of the next number

    def line(self, text: str) -> None:
        self.lines.append(f"  {text}")

    def value(self, text: str) -> str:
        name = f"%t{next(self.numbers)}"
        self.line(f"{name} = {text}")
        return name

    def label(self, name: str) -> None:
        self.lines.append(f"{name}:")

    def call(self, name: str, *operands: str) -> str:
        self.used.add(name)
        result, _, _ = FUNCTIONS[name].partition(" ")
        return self.value(f"call {result} @{name}({', '.join(operands)})")

    def at(self, pointer: str, offset: int) -> str:
        return self.value(f"getelementptr i8, ptr {pointer}, i64 {offset}")

    def loop(self, start: int, stop: int, body: Callable[[str], None]) -> None:
        """`body(index)` for all indices: the name of a register, or a number."""
        if stop - start < RUN:
            for k in range(start, stop):
                body(str(k))
            return
        n = next(self.numbers)
        before, index, after = f"before{n}", f"%i{n}", f"%next{n}"
        self.line(f"br label %{before}")
        self.label(before)
        self.line(f"br label %loop{n}")
        self.label(f"loop{n}")
        self.line(f"{index} = phi i64 [ {start}, %{before} ], [ {after}, %again{n} ]")
        body(index)
        self.line(f"br label %again{n}")
        self.label(f"again{n}")
        self.line(f"{after} = add i64 {index}, 1")
        more = self.value(f"icmp slt i64 {after}, {stop}")
        self.line(f"br i1 {more}, label %loop{n}, label %done{n}")
        self.label(f"done{n}")

    def slot_at(self, array: str, index: str, start: int) -> str:
        """Where the number of an item is, of a run of them that starts at an index."""
        first = self.at(array, 8 * (self.slot - start))
        return self.value(f"getelementptr double, ptr {first}, i64 {index}")

    # ---- arguments
    def require(self, condition: str) -> None:
        n = next(self.numbers)
        self.line(f"br i1 {condition}, label %fits{n}, label %unfit")
        self.label(f"fits{n}")

    def require_type(self, x: str, kind: type) -> None:
        found = self.value(f"load ptr, ptr {self.at(x, TYPE)}")
        self.used.add(TYPES[kind])
        self.require(self.value(f"icmp eq ptr {found}, @{TYPES[kind]}"))

    def read_items(self, trees: Any, item: Callable[[str], str]) -> None:
        """Arguments; `item(index)` is the register of one."""
        for start, stop, tree in runs(trees):
            if tree is float:

                def read(index: str, start: int = start) -> None:
                    x = item(index)
                    self.require_type(x, float)
                    number = self.value(f"load double, ptr {self.at(x, NUMBER)}")
                    self.line(f"store double {number}, ptr {self.slot_at('%x', index, start)}")

                self.loop(start, stop, read)
                self.slot += stop - start
            else:
                self.read(tree, item(str(start)))

    def read(self, tree: Tree, x: str) -> None:
        """A list or tuple."""
        kind = type(tree)
        name = "PyList" if kind is list else "PyTuple"
        self.require_type(x, kind)
        size = self.call(f"{name}_Size", f"ptr {x}")
        self.require(self.value(f"icmp eq i64 {size}, {len(tree)}"))
        self.read_items(tree, lambda index: self.call(f"{name}_GetItem", f"ptr {x}", f"i64 {index}"))

    # ---- results
    def number(self, kind: type, place: str, fail: str) -> str:
        """A new float or bool; in `fail` what has been made is given up."""
        y = self.value(f"load double, ptr {place}")
        if kind is float:
            out = self.call("PyFloat_FromDouble", f"double {y}")
        else:
            truth = self.value(f"fcmp une double {y}, 0.0")
            out = self.call("PyBool_FromLong", f"{LONG} {self.value(f'zext i1 {truth} to {LONG}')}")
        self.check_made(out, fail)
        return out

    def check_made(self, out: str, fail: str) -> None:
        n = next(self.numbers)
        self.line(f"br i1 {self.value(f'icmp eq ptr {out}, null')}, label %{fail}, label %made{n}")
        self.label(f"made{n}")

    def result(self, tree: Tree, fail: str) -> str:
        """A new object."""
        if isinstance(tree, type):
            self.slot += 1
            return self.number(tree, self.at("%y", 8 * (self.slot - 1)), fail)
        name = "PyList" if isinstance(tree, list) else "PyTuple"
        whole = self.call(f"{name}_New", f"i64 {len(tree)}")
        self.check_made(whole, fail)
        n = next(self.numbers)
        mine = f"give_up{n}"

        def put(index: str, out: str) -> None:
            self.call(f"{name}_SetItem", f"ptr {whole}", f"i64 {index}", f"ptr {out}")

        for start, stop, kind in runs(tree):
            if isinstance(kind, type):

                def make(index: str, start: int = start, kind: type = kind) -> None:
                    put(index, self.number(kind, self.slot_at("%y", index, start), mine))

                self.loop(start, stop, make)
                self.slot += stop - start
            else:
                put(str(start), self.result(kind, mine))
        self.line(f"br label %whole{n}")
        self.label(mine)
        self.used.add("Py_DecRef")
        self.line(f"call void @Py_DecRef(ptr {whole})")
        self.line(f"br label %{fail}")
        self.label(f"whole{n}")
        return whole


def written(takes: Tree, gives: Tree) -> str:
    """The text of `entry`, around a `core` in the same module: the arguments' tree, and the result's."""
    entry = Entry()
    entry.line(f"%x = alloca [{max(leaves(takes), 1)} x double], align 8")
    entry.line(f"%y = alloca [{max(leaves(gives), 1)} x double], align 8")
    entry.require(entry.value(f"icmp eq i64 %n, {len(takes)}"))

    def argument(index: str) -> str:
        return entry.value(f"load ptr, ptr {entry.value(f'getelementptr ptr, ptr %args, i64 {index}')}")

    entry.read_items(takes, argument)
    code = entry.value("call i64 @core(ptr %x, ptr %y)")
    entry.line(f"br i1 {entry.value(f'icmp eq i64 {code}, 0')}, label %well, label %otherwise")
    entry.label("otherwise")
    entry.used.add("PyLong_FromLong")
    short = code if LONG == "i64" else entry.value(f"trunc i64 {code} to {LONG}")
    entry.line(f"ret ptr {entry.call('PyLong_FromLong', f'{LONG} {short}')}")
    entry.label("unfit")
    entry.line(f"ret ptr {entry.call('PyLong_FromLong', f'{LONG} {UNFIT}')}")
    entry.label("failed")
    entry.line("ret ptr null")
    entry.label("well")
    entry.slot = 0
    entry.line(f"ret ptr {entry.result(gives, 'failed')}")
    declared = [f"declare {text}" for name, text in FUNCTIONS.items() if name in entry.used]
    declared += [f"@{name} = external global i8" for name in TYPES.values() if name in entry.used]
    head = "define ptr @entry(ptr %self, ptr %args, i64 %n) {"
    return "\n".join([*declared, head, *entry.lines, "}", ""])


# ---- as an object of Python's ----------------------------------------------------------------------------
class MethodDef(ctypes.Structure):
    """How Python is told of a built-in function."""

    _fields_ = [
        ("name", ctypes.c_char_p),
        ("method", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    ]


FASTCALL = 0x80  # the function takes (self, a C array of arguments, their number)


definitions: list[MethodDef] = []  # of all functions; some bytes each, which Python reads to the very end


def builtin(library: Library, name: str) -> Callable[..., Any]:
    """The `entry` of a library, as a function of Python's."""
    definition = MethodDef(name.encode(), library["entry"], FASTCALL, None)
    definitions.append(definition)
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype, make.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p)
    # the library is the function's self, and so the code stays as long as the function does
    found: Callable[..., Any] = make(ctypes.addressof(definition), library, None)
    return found
