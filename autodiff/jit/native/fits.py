"""Whether arguments are what a program of arrays was made for, seen by machine code.

    unfit(table, x, y)     False, if x and y are of the types, dtypes and shapes that the table says

A table has the number of arguments, and of each one, in turn: its type; then, of an array, its dtype, how
many axes it has, and their lengths; of a number, 0.  Types and dtypes are compared as addresses.  Where in an
array these stand is tried out first (`driver.known`); if arrays look different, Python looks.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from .driver import DATA, DIMENSIONS, DTYPE, NDIM, known
from .engine import library
from .entry import LONG, TYPE, builtin, symbols

__all__: list[str] = []

UNFIT = f"""
declare ptr @PyBool_FromLong({LONG})

define ptr @entry(ptr %self, ptr %args, i64 %n) {{
entry:
  %array = load ptr, ptr %args, align 8
  %place = getelementptr i8, ptr %array, i64 {DATA}
  %table = load ptr, ptr %place, align 8
  %wanted = load i64, ptr %table, align 8
  %count = sub i64 %n, 1
  %as.many = icmp eq i64 %wanted, %count
  %start = getelementptr i64, ptr %table, i64 1
  br i1 %as.many, label %next, label %wrong
next:
  %k = phi i64 [ 1, %entry ], [ %following, %number ], [ %following, %last ]
  %row = phi ptr [ %start, %entry ], [ %after, %number ], [ %end, %last ]
  %more = icmp slt i64 %k, %n
  br i1 %more, label %look, label %right
look:
  %following = add i64 %k, 1
  %in = getelementptr ptr, ptr %args, i64 %k
  %x = load ptr, ptr %in, align 8
  %type.at = getelementptr i8, ptr %x, i64 {TYPE}
  %type = load i64, ptr %type.at, align 8
  %type.wanted = load i64, ptr %row, align 8
  %same.type = icmp eq i64 %type, %type.wanted
  %second = getelementptr i64, ptr %row, i64 1
  %dtype.wanted = load i64, ptr %second, align 8
  %after = getelementptr i64, ptr %row, i64 2
  br i1 %same.type, label %typed, label %wrong
typed:
  %is.number = icmp eq i64 %dtype.wanted, 0
  br i1 %is.number, label %number, label %dtyped
number:
  br label %next
dtyped:
  %dtype.at = getelementptr i8, ptr %x, i64 {DTYPE}
  %dtype = load i64, ptr %dtype.at, align 8
  %same.dtype = icmp eq i64 %dtype, %dtype.wanted
  %axes.at = getelementptr i8, ptr %x, i64 {NDIM}
  %axes.short = load i32, ptr %axes.at, align 4
  %axes = sext i32 %axes.short to i64
  %axes.wanted = load i64, ptr %after, align 8
  %same.axes = icmp eq i64 %axes, %axes.wanted
  %both = and i1 %same.dtype, %same.axes
  %shape.at = getelementptr i8, ptr %x, i64 {DIMENSIONS}
  %shape = load ptr, ptr %shape.at, align 8
  %lengths = getelementptr i64, ptr %after, i64 1
  %end = getelementptr i64, ptr %lengths, i64 %axes.wanted
  br i1 %both, label %last, label %wrong
last:
  %j = phi i64 [ 0, %dtyped ], [ %j.next, %same ]
  %some = icmp slt i64 %j, %axes
  br i1 %some, label %length, label %next
length:
  %length.at = getelementptr i64, ptr %shape, i64 %j
  %own = load i64, ptr %length.at, align 8
  %length.wanted.at = getelementptr i64, ptr %lengths, i64 %j
  %length.wanted = load i64, ptr %length.wanted.at, align 8
  %same.length = icmp eq i64 %own, %length.wanted
  %j.next = add i64 %j, 1
  br i1 %same.length, label %same, label %wrong
same:
  br label %last
right:
  %no = call ptr @PyBool_FromLong({LONG} 0)
  ret ptr %no
wrong:
  %yes = call ptr @PyBool_FromLong({LONG} 1)
  ret ptr %yes
}}
"""


@cache
def unfit() -> Callable[..., bool]:
    """The function that looks."""
    return builtin(library(UNFIT, ("entry",), symbols(UNFIT)), "unfit")


def table(kinds: list[tuple[Any, Any, Any]] | None) -> Any:
    """For arguments of these types, shapes and dtypes; None where it can't be told so."""
    if kinds is None or not known():
        return None
    numbers = [len(kinds)]
    for cls, shape, dtype in kinds:
        if cls is np.ndarray:
            numbers += [id(cls), id(dtype), len(shape), *shape]
        elif dtype is None:
            numbers += [id(cls), 0]
        else:
            return None  # a node
    return np.array(numbers, np.int64)
