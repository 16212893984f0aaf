"""A tape: what a function did, without the values it computed.

A graph holds the value of every node, for a backward walk may need any of them.  A tape holds the primitives,
their settings and who used whose result, and a value only where it was told to keep it.  So while f runs, a
value is freed as soon as f itself lets go of it, and whoever wants it again *replays*: runs the primitives'
functions on the inputs, in the order of their numbers.  The same functions on the same values give the same
values, to the bit, and no Python code runs again: a branch that f took stays taken, and what it drew at
random stays drawn.

    slot k       the result of the k-th entry
    ~k           the k-th input: a tracked node that is older than the tape, an argument of f or not
    a node       a constant: what is not tracked

Nodes made while the tape records carry their value and number, as ever, but forget at once what they were
made of, for that would keep it alive.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple
from weakref import ref

import numpy as np

from ..errors import stale
from ..graph import ASKED, Node, Primitive, age, leaf, make, next_number
from ..imperative import out_of_reach
from ..versions import as_used, version

__all__: list[str] = []


# the inputs of what was made while a tape recorded: every walk that meets them raises, with this for a reason
ON_TAPE = (
    out_of_reach(
        "is not kept, for it was made inside of checkpoint(f): return it from f, or take derivatives inside "
        "of f by grad, vjp or jvp of a function"
    ),
)
NOTHING: dict[str, Any] = {}


class Entry(NamedTuple):
    """One operation."""

    op: Primitive
    f: Any  # op's function on numbers or on arrays
    inputs: tuple[Any, ...]  # slots, inputs and constants, as above
    params: dict[str, Any]
    cls: type[Node]  # of the result
    tracked: int
    size: int  # of the result, in bytes
    read: int  # of what it is computed from
    number: int  # of the node


class Tape:
    """Records from when it is made until `finish`; its `note` is what `graph.recording` is set to."""

    def __init__(self, limit: int | None) -> None:
        self.start = next_number()
        self.index: dict[int, int] = {}  # numbers of nodes, and what they are on the tape
        self.entries: list[Entry] = []
        self.last_use: list[int] = []  # the last entry that reads a slot; the slot itself if none does
        self.given: list[Any] = []  # the inputs
        self.held: set[int] = set()  # ids of arrays that inputs and constants hold anyway
        self.kept = Kept(self, limit)

    # ---- recording
    def note(self, out: Any, op: Primitive, inputs: tuple[Any, ...], params: Any) -> None:
        """An operation; it is left alone unless it uses something of the tape."""
        for x in inputs:
            if x.number in self.index or (x.tracked & ASKED and x.number < self.start):
                break
        else:
            return
        self.add(out, op, inputs, params)
        if out.tracked:
            out.inputs, out.params = ON_TAPE, None

    def add(self, out: Any, op: Primitive, inputs: tuple[Any, ...], params: Any) -> None:
        refs = tuple([self.refer(x) for x in inputs])
        slot = self.index[out.number] = len(self.entries)
        for r in refs:
            if type(r) is int and r >= 0:
                self.last_use[r] = slot
        f = op.f if inputs[0].arrays else op.scalar or op.f
        size = 0 if id(owner(out.value)) in self.held else nbytes(out.value)
        read = sum(nbytes(x.value) for x in inputs)
        self.entries.append(
            Entry(op, f, refs, params or NOTHING, type(out), out.tracked & ASKED, size, read, out.number)
        )
        self.last_use.append(slot)
        self.kept.add(slot, out, size)

    def refer(self, x: Any) -> Any:
        """What a node is on the tape."""
        found = self.index.get(x.number)
        if found is not None:
            return found
        if x.tracked & ASKED and x.number > self.start and x.op is not None:
            self.take_over(x)
            return self.index[x.number]
        self.held.add(id(owner(x.value)))
        if not x.tracked & ASKED:
            return x if x.number == 0 else leaf(type(x), x.value)  # as it is now
        self.index[x.number] = ~len(self.given)
        self.given.append((x, x.number))
        return self.index[x.number]

    def take_over(self, x: Any) -> None:
        """Put a graph on the tape that was recorded as a graph: what an inner derivative left."""
        waiting, seen = [x], {x.number}
        for node in waiting:  # grows as it is read
            for y in node.inputs:
                y = as_used(y, node) if y.number > node.number else y
                n = y.number
                if y.tracked & ASKED and y.op and n > self.start and n not in self.index and n not in seen:
                    seen.add(n)
                    waiting.append(y)
        for node in sorted(waiting, key=age):
            self.add(node, node.op, node.inputs, node.params)

    def made(self, y: Any) -> bool:
        """Whether an output depends on the inputs by something that is, or must be, on the tape."""
        y = version(y)
        slot = self.index.get(y.number)
        if slot is not None:
            return slot >= 0 and bool(y.tracked & ASKED)
        return bool(y.tracked & ASKED and y.op is not None and y.number > self.start)

    def finish(self, outputs: list[Any]) -> list[int]:
        """The slots of the outputs, when all has been recorded; what they do not need is forgotten.

        Raises StaleError if an input was given new data meanwhile.
        """
        slots = [self.refer(version(y)) for y in outputs]
        for x, number in self.given:
            if x.number != number:
                raise stale(x, outputs[0])
        wanted = set(slots)
        for slot in range(len(self.entries) - 1, -1, -1):
            if slot in wanted:
                wanted.update([r for r in self.entries[slot].inputs if type(r) is int])
        order = sorted([s for s in wanted if s >= 0], key=lambda s: self.entries[s].number)
        if order != sorted(order):  # something was taken over late
            self.kept.forget_cuts()
        new = {slot: k for k, slot in enumerate(order)}
        inputs = [k for k in range(len(self.given)) if ~k in wanted]
        new.update({~k: ~i for i, k in enumerate(inputs)})
        self.given = [self.given[k][0] for k in inputs]
        self.kept.finish(new)
        found = [self.entries[s] for s in order]
        self.entries = [
            e._replace(inputs=tuple([new[r] if type(r) is int else r for r in e.inputs])) for e in found
        ]
        self.last_use = list(range(len(self.entries)))
        for slot, e in enumerate(self.entries):
            for r in e.inputs:
                if type(r) is int and r >= 0:
                    self.last_use[r] = slot
        self.index, self.held = {}, set()
        return [new[s] for s in slots]

    # ---- replaying
    def values(
        self, given: Any, start: int, end: int, known: dict[int, Any], outputs: Any = ()
    ) -> Iterator[dict[int, Any]]:
        """Run the entries from `start` to `end`: after each, what is needed later, by slot.

        `known` are the values of older slots.  It is always the same dict that comes.
        """
        values, kept, last_use = dict(known), self.kept.values, self.last_use
        for slot in range(start, end):
            e = self.entries[slot]
            if slot in kept:
                value = kept[slot]
            else:
                xs = [
                    (values[r] if r >= 0 else given[~r].value) if type(r) is int else r.value
                    for r in e.inputs
                ]
                value = e.f(*xs, **e.params)
                del xs
            if last_use[slot] > slot or slot in outputs:
                values[slot] = value
            del value
            for r in e.inputs:
                if type(r) is int and r >= 0 and last_use[r] == slot and r not in outputs:
                    values.pop(r, None)
            yield values

    def replayed(self, given: Any, slots: set[int]) -> dict[int, Any]:
        """The values of some slots, with other inputs than the tape's own: nothing that was kept is used."""
        kept, self.kept.values = self.kept.values, {}
        try:
            return deque(self.values(given, 0, len(self.entries), {}, slots), maxlen=1).pop()
        finally:
            self.kept.values = kept

    def nodes(
        self, given: Any, start: int, end: int, known: dict[int, Any], made: dict[int, Any]
    ) -> list[Any]:
        """The entries from `start` to `end` as a graph with values.

        `made` has the nodes that stand for slots in what was walked before; it is added to, and a node that
        is waited for there is filled in.
        """
        kept, found = self.kept.values, []

        def node_of(r: Any) -> Any:
            if type(r) is not int:
                return r
            if r < 0:
                return given[~r]
            node = made.get(r)
            if node is None:
                e = self.entries[r]
                node = made[r] = leaf(e.cls, None, e.tracked)
            if r < start:
                node.value = known[r]
            return node

        for slot in range(start, end):
            e = self.entries[slot]
            inputs = tuple([node_of(r) for r in e.inputs])
            node = node_of(slot)
            node.value = kept[slot] if slot in kept else e.f(*[x.value for x in inputs], **e.params)
            node.op, node.inputs, node.params, node.tracked = e.op, inputs, e.params or None, e.tracked
            found.append(node)
        return found

    def record(self, given: Any) -> list[Any]:
        """All entries as a recorded graph of these nodes."""
        found: list[Any] = []
        for e in self.entries:
            inputs = tuple([(found[r] if r >= 0 else given[~r]) if type(r) is int else r for r in e.inputs])
            value = e.f(*[x.value for x in inputs], **e.params)
            found.append(make(e.cls, value, e.op, inputs, e.params or None))
        return found


class Kept:
    """Which values a tape keeps while it records: all while they fit into `limit` bytes, later cuts.

    A cut is a place between two entries.  What was made before it and is needed after it is kept, so that a
    replay can start there.  While the function runs, nobody knows what it will need, but it can only need
    what it has not let go of.  Cuts lie at equal distances, counted in bytes.  Whenever what is kept exceeds
    the limit, or twice what lies between two cuts, the distance is doubled, and the cuts that lie closer are
    given up.  So both stay near the square root of what there is, and little memory is a processor's friend.
    """

    def __init__(self, tape: Tape, limit: int | None) -> None:
        self.tape, self.keeps, self.limit = tape, limit is not None, limit or 0
        self.values: dict[int, Any] = {}
        self.bytes = self.spacing = 0
        self.alive: dict[int, Any] = {}  # weak references to nodes
        self.cuts: list[int] | None = None  # None: all values are kept
        self.total = [0]  # bytes up to each place

    def add(self, slot: int, node: Any, size: int) -> None:
        if not self.keeps:
            return
        self.alive[slot] = ref(node), node.number
        self.total.append(self.total[-1] + size)
        if self.cuts is None:
            self.values[slot] = node.value
            self.bytes += size
            if self.bytes > self.limit:
                self.cuts = list(range(1, slot + 2))
                self.thin()
        elif self.total[-1] - self.total[self.cuts[-1] if self.cuts else 0] >= self.spacing:
            self.cuts.append(slot + 1)
            for s, x in self.living():
                if s not in self.values:
                    self.values[s] = x.value
                    self.bytes += self.tape.entries[s].size
            if self.bytes > min(self.limit, 2 * self.spacing):
                self.thin()

    def living(self) -> list[tuple[int, Any]]:
        """The slots whose nodes f still holds, and the nodes."""
        found = [(s, r(), number) for s, (r, number) in self.alive.items()]
        living = [(s, x) for s, x, number in found if x is not None and x.number == number]
        self.alive = {s: self.alive[s] for s, _ in living}
        return living

    def thin(self) -> None:
        living = {s for s, _ in self.living()}
        while self.bytes > min(self.limit, 2 * self.spacing) and self.cuts:
            self.spacing = max(2 * self.spacing, self.limit // 16, 1)
            cuts = [0]
            for p in self.cuts:
                if self.total[p] - self.total[cuts[-1]] >= self.spacing:
                    cuts.append(p)
            self.cuts = cuts[1:]
            self.retain(
                {s: len(self.total) if s in living else last for s, last in enumerate(self.tape.last_use)}
            )

    def retain(self, last_use: Any) -> None:
        """Keep what is needed after a cut, and nothing else."""
        needed = {}
        for s, value in self.values.items():
            i = bisect_right(self.cuts, s)  # type: ignore[arg-type]
            if i < len(self.cuts) and self.cuts[i] <= last_use[s]:  # type: ignore[arg-type, index]
                needed[s] = value
        self.values = needed
        self.bytes = sum(self.tape.entries[s].size for s in needed)

    def finish(self, new: dict[int, int]) -> None:
        """The recording is over, and slots get new numbers; cuts that miss something are given up."""
        if self.cuts is None:
            self.values = {new[s]: v for s, v in self.values.items() if s in new}
            self.cuts = []
        else:
            missing = set()
            for s in new:
                if s >= 0 and s not in self.values:
                    for i in range(bisect_right(self.cuts, s), len(self.cuts)):
                        if self.cuts[i] > self.tape.last_use[s]:
                            break
                        missing.add(self.cuts[i])
            self.cuts = [p for p in self.cuts if p not in missing]
            self.retain(self.tape.last_use)
            order = sorted(s for s in new if s >= 0)
            self.values = {new[s]: v for s, v in self.values.items() if s in new}
            self.cuts = sorted({bisect_right(order, p - 1) for p in self.cuts} - {0, len(order)})
        self.alive, self.total = {}, []

    def forget_cuts(self) -> None:
        if self.cuts is not None:
            self.drop()

    def drop(self) -> None:
        """Keep nothing."""
        self.values, self.cuts, self.bytes = {}, [], 0


def owner(value: Any) -> Any:
    """The array that holds the memory of an array."""
    while isinstance(value, np.ndarray) and isinstance(value.base, np.ndarray):
        value = value.base
    return value


def nbytes(value: Any) -> int:
    """The memory that a value holds."""
    if isinstance(value, tuple):
        return sum(map(nbytes, value))
    return int(owner(value).nbytes) if isinstance(value, (np.ndarray, np.generic)) else 24
