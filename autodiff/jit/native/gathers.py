"""Gathers: elements that are picked by an index, where it is known to point into the array.

    t1 = place(i, length=50)                  NumPy's: it checks, and counts from the front
    t2 = multiply(t1, 3)                      a kernel: 0 to 147
    t3 = take_along(x, t2): x has 150         the same kernel, for 147 < 150

Kernels check nothing.  So an index must have been checked before, and what was computed of it must be small
enough for all that it can be; if that is not so, NumPy gathers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...kinds import PRIMITIVES
from ..algebra import facts
from ..program import Term

__all__: list[str] = []

TAKE = PRIMITIVES["take_along"]

Bounds = tuple[int, int]  # the least and the largest that there may be


def gathered(term: Term) -> bool:
    """Whether a term picks elements of an array with one axis, by an index that surely points into it."""
    if term.op is not TAKE or len(term.inputs[0].shape) != 1:
        return False
    found = bounds(term.inputs[1])
    return found is not None and found[0] >= 0 and found[1] < term.inputs[0].size


def bounds(term: Term) -> Bounds | None:
    """Between which two numbers the elements of an array of integers are; None if nobody knows."""
    if not term.array or term.dtype.kind not in "iu" or not term.size:
        return None
    if term.known:
        return int(np.min(term.value)), int(np.max(term.value))
    if term.op is None:
        return None
    if term.op.name == "place":
        return 0, term.params["length"] - 1
    if facts(term.op).view and len(term.inputs) == 1:
        return bounds(term.inputs[0])
    if term.op.name not in ARITHMETIC:
        return None
    of = [bounds(x) for x in term.inputs]
    if any(x is None for x in of):
        return None
    found: Bounds = ARITHMETIC[term.op.name](*of)
    limits = np.iinfo(term.dtype)
    return found if limits.min <= found[0] and found[1] <= limits.max else None


def added(x: Bounds, y: Bounds) -> Bounds:
    return x[0] + y[0], x[1] + y[1]


def subtracted(x: Bounds, y: Bounds) -> Bounds:
    return x[0] - y[1], x[1] - y[0]


def multiplied(x: Bounds, y: Bounds) -> Bounds:
    corners = [a * b for a in x for b in y]
    return min(corners), max(corners)


ARITHMETIC: dict[str, Any] = {"add": added, "subtract": subtracted, "multiply": multiplied}
