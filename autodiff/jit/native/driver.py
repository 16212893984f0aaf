"""The driver: machine code that walks through a table and calls one kernel after the other.

    table    row after row, as kernels.py has them: a kernel's address, the row's length, and what it needs
    bases    the addresses that arrays begin at: the type of arrays first, then what the program has, then the
             arrays that come and go with each call

Before it starts it looks up where the arrays of the call have their elements, in the arrays themselves: that
is what `array.ctypes.data` does in a microsecond.  Where a NumPy array keeps its address and flags is no
promise of NumPy's, so it is tried out first, and if arrays look different, Python looks them up.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from .engine import library

__all__: list[str] = []

MOST = 8  # arrays that one call looks up
TYPE, DATA, FLAGS = (
    8,
    16,
    64,
)  # bytes behind an array's own address: its type, its elements' address, its flags
READY = 0x1 | 0x100  # in C order, aligned

WALK = """
define void @walk(ptr %table, i64 %rows, ptr %bases) {
entry:
  %any = icmp sgt i64 %rows, 0
  br i1 %any, label %loop, label %done
loop:
  %k = phi i64 [ 0, %entry ], [ %following, %loop ]
  %row = phi ptr [ %table, %entry ], [ %next, %loop ]
  %kernel = load ptr, ptr %row, align 8
  call void %kernel(ptr %row, ptr %bases)
  %place = getelementptr i64, ptr %row, i64 1
  %length = load i64, ptr %place, align 8
  %next = getelementptr i64, ptr %row, i64 %length
  %following = add i64 %k, 1
  %more = icmp slt i64 %following, %rows
  br i1 %more, label %loop, label %done
done:
  ret void
}
"""


def lookup(count: int) -> str:
    """A function that looks up so many arrays, writes their addresses from bases[first] on, and walks.

    It returns the number of arrays that are not as they must be; then it has not begun.
    """
    arrays = [f"ptr %x{k}" for k in range(count)]
    given = ", ".join(["ptr %table, i64 %rows, ptr %bases, i64 %first", *arrays])
    lines = [f"define i64 @enter{count}({given}) {{", "entry:", "  %type = load ptr, ptr %bases, align 8"]
    for k in range(count):
        lines += [
            f"  %t{k} = getelementptr i8, ptr %x{k}, i64 {TYPE}",
            f"  %type{k} = load ptr, ptr %t{k}, align 8",
            f"  %array{k} = icmp eq ptr %type{k}, %type",
            f"  br i1 %array{k}, label %is{k}, label %wrong",
            f"is{k}:",
            f"  %f{k} = getelementptr i8, ptr %x{k}, i64 {FLAGS}",
            f"  %flags{k} = load i32, ptr %f{k}, align 4",
            f"  %both{k} = and i32 %flags{k}, {READY}",
            f"  %ready{k} = icmp eq i32 %both{k}, {READY}",
            f"  br i1 %ready{k}, label %has{k}, label %wrong",
            f"has{k}:",
            f"  %d{k} = getelementptr i8, ptr %x{k}, i64 {DATA}",
            f"  %data{k} = load ptr, ptr %d{k}, align 8",
            f"  %n{k} = add i64 %first, {k}",
            f"  %b{k} = getelementptr ptr, ptr %bases, i64 %n{k}",
            f"  store ptr %data{k}, ptr %b{k}, align 8",
        ]
    lines += [
        "  call void @walk(ptr %table, i64 %rows, ptr %bases)",
        "  ret i64 0",
        "wrong:",
        "  ret i64 1",
        "}",
    ]
    return "\n".join(lines)


TEXT = WALK + "\n".join(lookup(count) for count in range(1, MOST + 1))
NAMES = ("walk", *[f"enter{count}" for count in range(1, MOST + 1)])


@cache
def functions() -> dict[str, Callable[..., Any]]:
    """`walk(table, rows, bases)`, and `enter1`… of so many arrays; the latter only where arrays are known."""
    made = library(TEXT, NAMES)
    number = ctypes.c_ssize_t
    found = {"walk": made.function("walk", ctypes.PYFUNCTYPE(None, number, number, number))}
    found["walk"].argtypes = [number] * 3
    if known():
        for count in range(1, MOST + 1):
            name = f"enter{count}"
            found[name] = made.function(name, ctypes.PYFUNCTYPE(number, *[number] * (4 + count)))
    return found


@cache
def known() -> bool:
    """Whether NumPy's arrays are as this module takes them to be, as far as some of them show."""
    base = np.arange(24, dtype=np.float64)
    unaligned = np.zeros(25, np.uint8)[1:].view(np.float64)
    some: Sequence[Any] = [
        base, base[3:], base[::2], base[::-1], base.reshape(4, 6), base.reshape(4, 6).T, np.array(1.5),
        np.empty((0, 3)), base.astype(np.float32), base > 3, unaligned, np.broadcast_to(base, (2, 24)),
        np.empty(5, np.int64), np.asfortranarray(base.reshape(4, 6)),
    ]  # fmt: skip
    if np.dtype(np.intp).itemsize != 8 or id(np.ndarray) != word(id(base), TYPE, ctypes.c_size_t):
        return False
    for x in some:
        flags = word(id(x), FLAGS, ctypes.c_uint32)
        ready = x.flags.c_contiguous and x.flags.aligned
        if word(id(x), TYPE, ctypes.c_size_t) != id(np.ndarray) or (flags & READY == READY) != ready:
            return False
        if word(id(x), DATA, ctypes.c_size_t) != x.ctypes.data:
            return False
    return True


def word(start: int, at: int, kind: Any) -> int:
    value: int = kind.from_address(start + at).value
    return value


def slow_entry(table: int, rows: int, bases: int, first: int, *arrays: Any) -> None:
    """What `enter` does, by Python, for any arrays: they must be in C order."""
    for k, x in enumerate(arrays):
        ctypes.c_size_t.from_address(bases + 8 * (first + k)).value = x.ctypes.data
    functions()["walk"](table, rows, bases)


def ready(x: Any, dtype: Any) -> Any:
    """x as an array of NumPy's own class, in C order and aligned: a copy where it isn't."""
    found = np.require(x, dtype, ["C", "A"]) if np.ndim(x) else np.array(x, dtype)
    return np.asarray(found) if type(found) is np.ndarray else np.array(found, dtype)
