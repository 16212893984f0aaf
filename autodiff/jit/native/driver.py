"""The driver: machine code that walks through a table and calls one kernel after the other.

    enter(table, bases, x, y)     False, when all is done; True, before anything is, if an array is not ready

    table    how many rows; where in the bases x and y belong; then row after row, as kernels.py has them: a
             kernel's address, the row's length, and what it needs
    bases    the addresses that arrays begin at: the type of arrays first, then what the program has, then the
             arrays that come and go with each call

Table and bases are arrays themselves.  Before it starts, `enter` looks up where the arrays of the call have
their elements, in the arrays: that is what `array.ctypes.data` does in a microsecond.  Where a NumPy array
keeps its address and flags is no promise of NumPy's, so it is tried out first, and if arrays look different,
Python looks them up.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from .engine import library
from .entry import LONG, TYPE, builtin, readable, symbols

__all__: list[str] = []

# bytes behind an array's own address: where its elements' address is, and so on
DATA, NDIM, DIMENSIONS, DTYPE, FLAGS = 16, 24, 32, 56, 64
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


ENTER = f"""
declare ptr @PyBool_FromLong({LONG})

define ptr @entry(ptr %self, ptr %args, i64 %n) {{
entry:
  %array = load ptr, ptr %args, align 8
  %place = getelementptr i8, ptr %array, i64 {DATA}
  %table = load ptr, ptr %place, align 8
  %second = getelementptr ptr, ptr %args, i64 1
  %array2 = load ptr, ptr %second, align 8
  %place2 = getelementptr i8, ptr %array2, i64 {DATA}
  %bases = load ptr, ptr %place2, align 8
  %type = load ptr, ptr %bases, align 8
  %rows = load i64, ptr %table, align 8
  %field = getelementptr i64, ptr %table, i64 1
  %first = load i64, ptr %field, align 8
  %to = getelementptr ptr, ptr %bases, i64 %first
  %some = icmp sgt i64 %n, 2
  br i1 %some, label %loop, label %found
loop:
  %k = phi i64 [ 2, %entry ], [ %following, %ready ]
  %in = getelementptr ptr, ptr %args, i64 %k
  %x = load ptr, ptr %in, align 8
  %t = getelementptr i8, ptr %x, i64 {TYPE}
  %its = load ptr, ptr %t, align 8
  %same = icmp eq ptr %its, %type
  br i1 %same, label %is, label %wrong
is:
  %f = getelementptr i8, ptr %x, i64 {FLAGS}
  %flags = load i32, ptr %f, align 4
  %both = and i32 %flags, {READY}
  %good = icmp eq i32 %both, {READY}
  br i1 %good, label %ready, label %wrong
ready:
  %d = getelementptr i8, ptr %x, i64 {DATA}
  %data = load ptr, ptr %d, align 8
  %m = sub i64 %k, 2
  %out = getelementptr ptr, ptr %to, i64 %m
  store ptr %data, ptr %out, align 8
  %following = add i64 %k, 1
  %more = icmp slt i64 %following, %n
  br i1 %more, label %loop, label %found
found:
  %start = getelementptr i64, ptr %table, i64 2
  call void @walk(ptr %start, i64 %rows, ptr %bases)
  %no = call ptr @PyBool_FromLong({LONG} 0)
  ret ptr %no
wrong:
  %yes = call ptr @PyBool_FromLong({LONG} 1)
  ret ptr %yes
}}
"""


@cache
def enter() -> Callable[..., bool]:
    """The function that looks arrays up and walks; one of Python's where it is not known how they look."""
    if not known():
        return slowly
    text = WALK + ENTER
    return builtin(library(text, ("entry",), symbols(text)), "enter")


@cache
def walk() -> Callable[[int, int, int], None]:
    prototype = ctypes.PYFUNCTYPE(None, *[ctypes.c_ssize_t] * 3)
    found: Callable[[int, int, int], None] = library(WALK, ("walk",)).function("walk", prototype)
    return found


def slowly(table: Any, bases: Any, *arrays: Any) -> bool:
    """What `enter` does, by Python."""
    if not all(type(x) is np.ndarray and x.flags.c_contiguous and x.flags.aligned for x in arrays):
        return True
    rows, first = map(int, table[:2])
    bases[first : first + len(arrays)] = [x.ctypes.data for x in arrays]
    walk()(table.ctypes.data + 16, rows, bases.ctypes.data)
    return False


@cache
def known() -> bool:
    """Whether NumPy's arrays are as this module takes them to be, as far as some of them show."""
    if not readable():
        return False
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
        if word(id(x), DTYPE, ctypes.c_size_t) != id(x.dtype) or word(id(x), NDIM, ctypes.c_int32) != x.ndim:
            return False
        shape = word(id(x), DIMENSIONS, ctypes.c_size_t)
        if any(word(shape, 8 * k, ctypes.c_int64) != n for k, n in enumerate(x.shape)):
            return False
    return True


def word(start: int, at: int, kind: Any) -> int:
    value: int = kind.from_address(start + at).value
    return value


def ready(x: Any, dtype: Any) -> Any:
    """x as an array of NumPy's own class, in C order and aligned: a copy where it isn't."""
    found = np.require(x, dtype, ["C", "A"]) if np.ndim(x) else np.array(x, dtype)
    return np.asarray(found) if type(found) is np.ndarray else np.array(found, dtype)
