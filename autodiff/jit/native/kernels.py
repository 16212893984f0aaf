"""Kernels: loops over the elements of arrays, as LLVM IR.

A kernel is what is computed in one pass over arrays, without a word about where they are or how long: only
how they are walked through.  So one kernel serves a program wherever the same happens, and all programs.

    x: float64[1000]                     loop of "1":  load x, 8 numbers at a time
    t1 = exp(x)                 ->                     exp
    t2 = sum(t1)                                       store t1, and add to the total
                                                       store t2

`Step` is one of these lines.  Loops stand in the order in which they are nested; those that come first are
walked through once, and those that follow, over what is summed (or reduced in another way), as often as
there are stages: what needs a total waits for the next stage.  Where a step belongs follows from what it is
made of: what does not change along a loop is computed outside of it.

A kernel is called with a row of numbers and the table of the bases, addresses that arrays begin at:

    row      the kernel's address, the row's length, the lengths of the loops;
             for each array its base, how many bytes behind it the array begins, and how many bytes it is
             from one turn of a loop to the next, for the loops marked "s" in its steps

writing.py writes it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

__all__: list[str] = []

SAME, NEXT, FAR = "0", "1", "s"  # what a turn of a loop does to a place in memory


class Step(NamedTuple):
    """One line of a kernel.

    A load has no op, but a walk: for each loop whether it stays where it is (SAME), goes on to the neighbour
    (NEXT, in the loop that is done many numbers at a time), or goes far.  With `at`, a step, it is that
    many elements behind there.  A load with an input is one step beside it: only the first number is in
    memory.  A total has a primitive that combines two, as `combine`, and what it starts from.
    """

    type: str  # LLVM's, of an element
    walk: tuple[str, ...] = ()
    op: Any = None
    inputs: tuple[int, ...] = ()
    params: Any = None
    combine: Any = None
    neutral: float = 0.0
    at: int | None = None  # of a load: the index of the element
    stage: int = 0  # of a load that is done again in a later stage


class Store(NamedTuple):
    """A step's result is written to memory, by a walk."""

    step: int
    walk: tuple[str, ...]


class Kernel(NamedTuple):
    """Loops and what is in them.  `first` of the loops are walked through once; the others are reduced.

    `vector` is the number of the loop that is done many numbers at a time; there is none if there are no
    loops.  It goes `down`, from the end, if something is read one step behind what is computed.
    """

    loops: int
    first: int
    vector: int
    steps: tuple[Step, ...]
    stores: tuple[Store, ...]
    down: bool = False

    def walks(self) -> list[tuple[str, ...]]:
        """Those of all arrays, in the order of a row: loads, then stores."""
        return [s.walk for s in self.steps if s.op is s.combine is None] + [s.walk for s in self.stores]


class Place(NamedTuple):
    """Where a step belongs: how many loops are around it, in which stage, and whether it is many numbers."""

    depth: int
    stage: int
    vector: bool


def places(kernel: Kernel) -> list[Place]:
    """Where each step belongs."""
    found: list[Place] = []
    axes: list[frozenset[int]] = []
    for step in kernel.steps:
        made_of = step.inputs if step.at is None else (step.at,)
        stage = max([step.stage, *[found[i].stage for i in made_of]])
        if step.combine is not None:
            along, stage = frozenset(a for a in axes[step.inputs[0]] if a < kernel.first), stage + 1
            if kernel.vector < kernel.first:  # numbers side by side have totals side by side
                along |= {kernel.vector} if kernel.vector >= 0 else set()
            depth = kernel.first
        elif step.op is None:
            along = frozenset(a for a, way in enumerate(step.walk) if way != SAME)
            along = along.union(*[axes[i] for i in made_of])
            depth = max(along, default=-1) + 1
            if stage:
                depth = max(depth, kernel.first)
        else:
            along = frozenset().union(*[axes[i] for i in step.inputs])
            depth = max(along, default=-1) + 1
            if stage:
                depth = max(depth, kernel.first)
        axes.append(along)
        found.append(Place(depth, stage if depth >= kernel.first else 0, kernel.vector in along))
    return found


CHEAP = frozenset({
    "add", "subtract", "multiply", "negative", "absolute", "maximum", "minimum", "where", "square",
    "greater", "less", "equal", "not_equal", "greater_equal", "less_equal", "shield", "logical_and",
    "logical_or", "logical_not", "identity",
})  # fmt: skip


def work(kernel: Kernel) -> int:
    """Roughly how many instructions a turn of the innermost loop takes."""
    return sum(1 if s.op is None or s.op.name in CHEAP else 8 for s in kernel.steps)
