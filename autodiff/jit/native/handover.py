"""From the first half of a derivative to the second, in memory, where both are programs of numbers.

A backward walk needs much of what the walk forward has found: of a long loop thousands of numbers, of which
each would become an object of Python's, for the sole purpose of being read again.  Here they stay where the
first half's `core` has written them (`scalars.py`), and those that the second half takes are picked from
there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .scalars import WELL, Runner

__all__: list[str] = []

FEW = 24  # numbers to hand over: so many are objects sooner


class Handover:
    """Two halves: the second takes the `saved` of the first's inputs and results, and then cotangents.

    The first `count` results are the function's own.
    """

    def __init__(self, first: Runner, second: Runner, saved: Sequence[int], count: int) -> None:
        self.first, self.second, self.count = first, second, count
        self.inputs = len(first.program.inputs)
        self.size = self.inputs + len(first.program.outputs)
        self.places = np.array(saved, dtype=np.intp)

    def forward(self, values: Sequence[Any]) -> tuple[list[Any], Any] | None:
        """The function's results, and the memory with all numbers; None if the results don't count."""
        memory = np.empty(self.size)
        memory[: self.inputs] = values
        address = memory.ctypes.data
        if self.first.core(address, address + 8 * self.inputs) != WELL:
            return None
        found = memory[self.inputs : self.inputs + self.count].tolist()
        return [how.of(y) for how, y in zip(self.first.results, found, strict=False)], memory

    def saved(self, memory: Any) -> list[Any]:
        """What the second half takes of the memory, as objects."""
        found: list[Any] = memory[self.places].tolist()
        return found

    def backward(self, memory: Any, gs: Sequence[Any]) -> list[Any] | None:
        """The second half's results; None if they don't count."""
        n = len(self.places)
        given, out = np.empty(n + len(gs)), np.empty(len(self.second.results))
        memory.take(self.places, out=given[:n], mode="clip")
        given[n:] = gs
        if self.second.core(given.ctypes.data, out.ctypes.data) != WELL:
            return None
        return [how.of(y) for how, y in zip(self.second.results, out.tolist(), strict=True)]


def handover(first: Any, second: Any, saved: Sequence[int], count: int) -> Handover | None:
    """The two halves' native forms, tied together, where that is worth it."""
    if not isinstance(first, Runner) or not isinstance(second, Runner) or len(saved) < FEW:
        return None
    ends = (first.program.inputs, first.program.outputs, second.program.inputs, second.program.outputs)
    if any(x.array or x.dtype not in (float, bool) for terms in ends for x in terms):
        return None
    return Handover(first, second, saved, count)
