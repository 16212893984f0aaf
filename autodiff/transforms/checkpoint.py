"""Checkpointing: gradients of long computations in little memory.

A backward walk needs the values that were computed on the way, last first.  `checkpoint(f)` forgets them and
computes them again when the walk arrives: f runs once, onto a tape (`tape.py`), and the graph gets one node
for it, whose rules replay the tape.

With a **budget** only part of the tape has values at any time.  Say that n values are computed one from the
other, and that memory for m of them is there.  Cut the chain into k pieces, keep the value at each cut, and
take the pieces from last to first: replay one, walk back through it, forget it.  That takes k + n/k values of
memory, with k = sqrt(n) as little as 2 sqrt(n), and each value is computed twice (Chen et al., "Training deep
nets with sublinear memory cost", 2016).  If not even that fits, a piece is cut into pieces in its turn, and
values are computed three times or more, as in treeverse (Griewank, "Achieving logarithmic growth of temporal
and spatial complexity in reverse automatic differentiation", 1992).  In the end nothing is kept, and every
piece is computed from the inputs.  Graphs are not chains; but the entries of a tape stand in one order, and
what has to be kept at a cut is what was made before it and is read after it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import partial, wraps
from itertools import accumulate
from typing import Any

import numpy as np

from .. import trees
from ..backward import SCRATCH, pull
from ..errors import singular
from ..graph import DIFF, RECORD, Node, Primitive, Rules, enable_grad, leaf, make, recording, unusual
from ..replay import reads
from ..several import Parts, Several, Together, pick
from ..versions import version
from .tape import Tape, nbytes

__all__ = ["checkpoint"]

UNITS = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}


def checkpoint(f: Callable[..., Any], budget: int | str | None = None) -> Callable[..., Any]:
    """f, whose values are forgotten after it ran, and computed again when its derivative is asked for.

    The function that is returned takes and returns what f does, numbers, arrays, Values, Tensors and trees,
    and its derivatives are f's, to the bit, for the price of one more run of f's operations.  f's Python code
    runs once: what it branched on and what it drew at random stays.  Arguments and what f uses from outside
    are treated alike.

    With a `budget`, in bytes (`64_000_000`, or a text such as `"64MB"` or `"1.5 GiB"`), the values that are
    kept, and those that a backward walk computes again, take no more memory than that, as long as f itself
    does not hold on to them.  As much is kept as fits, and computed again as seldom as possible.  The walk's
    own cotangents are counted, the gradients that it returns, f's constants and the list of what f did (some
    hundred bytes for each operation) are not.  A derivative that is itself recorded, for a second one, takes
    the memory that it takes without `checkpoint`.

    Raises ValueError for a budget in which the derivative is impossible, naming the least that is possible,
    and TypeError or ValueError for what is no budget.  Within f, derivatives are taken by `grad` and the
    others; `backward()` on what depends on f's arguments raises RuntimeError, as does a derivative of what f
    handed out otherwise than by returning it.

    >>> from autodiff import grad, sin
    >>> def f(x):
    ...     for _ in range(100):
    ...         x = sin(x)
    ...     return x
    >>> grad(checkpoint(f))(1.0) == grad(checkpoint(f, budget="1kB"))(1.0) == grad(f)(1.0)
    True
    """
    limit = None if budget is None else in_bytes(budget)

    @wraps(f)
    def checkpointed(*args: Any, **settings: Any) -> Any:
        if not recording.get() or reads.get() is not None:
            return f(*args, **settings)  # nothing is recorded, or somebody replays f by other means
        tape = Tape(None if limit is None else limit * 3 // 4)
        with unusual(recording, tape.note):
            out = f(*args, **settings)
        leaves, rebuild = trees.flatten(out)
        made = {version(y).number: version(y) for y in leaves if isinstance(y, Node) and tape.made(y)}
        if not made:
            return out
        found = dict(zip(made, recorded(tape, list(made.values()), limit), strict=True))
        leaves = [found.get(version(y).number, y) if isinstance(y, Node) else y for y in leaves]
        return rebuild(leaves)

    return checkpointed


def in_bytes(budget: Any) -> int:
    if isinstance(budget, str):
        parts = re.fullmatch(r"\s*([0-9.]+)\s*([A-Za-z]+)\s*", budget)
        unit = UNITS.get(parts[2].lower()) if parts else None
        try:
            budget = int(float(parts[1]) * unit) if parts and unit else None
        except ValueError:
            budget = None
        if budget is None:
            raise ValueError(
                "checkpoint: a budget is a number of bytes, or a text such as '64MB' or '1.5 GiB'"
            )
    if isinstance(budget, bool) or not isinstance(budget, (int, np.integer)):
        raise TypeError(f"checkpoint: a budget is a number of bytes or a text such as '64MB', not {budget!r}")
    if budget <= 0:
        raise ValueError(f"checkpoint: a budget of {budget} bytes; it must be positive")
    return int(budget)


def recorded(tape: Tape, outputs: list[Any], budget: int | None) -> list[Any]:
    """The outputs as results of one node, made of the tape's inputs."""
    replay = Replay(tape, tape.finish(outputs), budget)
    cls = Several if len(outputs) > 1 else type(outputs[0])
    value = tuple(y.value for y in outputs) if len(outputs) > 1 else outputs[0].value
    node = make(cls, value, replay.op, tuple(tape.given))
    if len(outputs) == 1:
        return [node]
    return [make(type(y), y.value, pick, (node,), {"i": i, "by_rule": False}) for i, y in enumerate(outputs)]


class Replay:
    """The rules of the node that stands for a tape: run it, push tangents along, walk back through it."""

    def __init__(self, tape: Tape, slots: list[int], budget: int | None) -> None:
        self.tape, self.slots, self.end = tape, slots, len(tape.entries)
        plan = Plan(tape, budget)
        self.plan, self.peak = plan, plan.peak
        selects = any(e.op.selects for e in tape.entries)
        pulls: Any = Together(self.pulled, len(tape.given))
        self.op = Primitive(
            "checkpoint", self.run, None,
            Rules(pulls, partial(self.push, False)),
            Rules(pulls, partial(self.push, True)),
            steps={False: self.step, True: self.step},
            recorded={False: self.recorded_step, True: self.recorded_step},
            selects=selects,
        )  # fmt: skip

    def result(self, found: list[Any]) -> Any:
        return tuple(found) if len(self.slots) > 1 else found[0]

    def run(self, *xs: Any) -> Any:
        """f's output at other inputs, as plain values."""
        values = self.tape.replayed([leaf(Node, x) for x in xs], set(self.slots))
        return self.result([values[s] for s in self.slots])

    def push(self, careful: bool, m: Any, ts: list[Any], out: Any, *xs: Any) -> Any:
        """The tangent of the output; values and tangents are forgotten as it goes on."""
        last_use, outputs, moving = self.tape.last_use, set(self.slots), {~k: t for k, t in enumerate(ts)}
        values = {~k: x for k, x in enumerate(xs)}
        for slot, e in enumerate(self.tape.entries):
            inputs = [(values[r] if type(r) is int else r if m is RECORD else r.value) for r in e.inputs]
            tangents = [moving.get(r) if type(r) is int else None for r in e.inputs]
            if m is RECORD:
                y = make(e.cls, e.f(*[x.value for x in inputs], **e.params), e.op, tuple(inputs), e.params)
            else:
                y = e.f(*inputs, **e.params)
            if any(t is not None for t in tangents):
                rules, space = e.op.careful if careful else e.op.rules, RECORD if m is RECORD else e.cls.space
                t = rules.push(space, tangents, y, *inputs, **e.params)
                moving[slot] = None if t is None else e.cls.spread(space, t, y)
            values[slot] = y
            for r in {*(r for r in e.inputs if type(r) is int and r >= 0), slot}:
                if last_use[r] == slot and r not in outputs:
                    values.pop(r, None)
                    moving.pop(r, None)
        if len(self.slots) == 1:
            return moving.get(self.slots[0])
        return Parts({i: moving[s] for i, s in enumerate(self.slots) if moving.get(s) is not None})

    def step(self, node: Any, g: Any, cot: Any, after: int) -> None:
        """The backward step.  The inner nodes' cotangents go where the others are, so sums have one order."""
        self.walk(node.inputs, g, cot)

    def recorded_step(self, node: Any, g: Any, cot: Any, after: int) -> None:
        self.walk_recorded(node.inputs, g, cot, after)

    def seeds(self, g: Any) -> dict[int, Any]:
        """The cotangents of slots."""
        return {self.slots[i]: part for i, part in g.items()} if len(self.slots) > 1 else {self.slots[0]: g}

    def walk(self, given: Any, g: Any, cot: Any, careful: bool = False) -> None:
        made: dict[int, Any] = {}  # slot: the node that stands for it in cot
        for s, part in self.seeds(g).items():
            made[s] = leaf(self.tape.entries[s].cls, None, DIFF)
            cot[made[s]] = part
        for start, end, known in self.plan.pieces(given):
            nodes = self.tape.nodes(given, start, end, known, made)
            del known
            while nodes:
                go_back(nodes.pop(), cot, 0, False, careful)
            for s in [s for s in made if s >= start]:
                del made[s]
            for waiting in made.values():
                waiting.value = None

    def walk_recorded(self, given: Any, g: Any, cot: Any, after: int, careful: bool = False) -> None:
        with enable_grad():  # the walk needs f's graph, though nobody may want that of the walk
            nodes = self.tape.record(given)
        for s, part in self.seeds(g).items():
            cot[nodes[s]] = part
        while nodes:
            go_back(nodes.pop(), cot, after, True, careful)

    def pulled(self, m: Any, g: Any, out: Any, xs: Any) -> list[Any]:
        """The cotangents of the inputs below a choice; zeros for None."""
        cot: dict[Any, Any] = {}
        if m is RECORD:
            given = list(xs)
            self.walk_recorded(given, g, cot, 0, careful=True)
        else:
            given = [leaf(type(x), value, DIFF) for x, value in zip(self.tape.given, xs, strict=True)]
            self.walk(given, g, cot, careful=True)
        return [cot[x] if x in cot else m.zeros_like(v) for x, v in zip(given, xs, strict=True)]


def go_back(node: Any, cot: Any, after: int, record: bool, careful: bool) -> None:
    """One step of a backward walk."""
    g = cot.pop(node, None)
    if g is None or not node.tracked & DIFF:
        return
    try:
        if careful:
            pull(node, g, cot, after, record, careful=True)
        else:
            (node.op.recorded if record else node.op.steps)[node.arrays](node, g, cot, after)
    except (ArithmeticError, ValueError, TypeError) as error:
        raise singular(error, node) from error
    if SCRATCH in cot:
        cot[SCRATCH].pop(node, None)


class Plan:
    """In which pieces a tape is walked back, so that the budget is kept.

    `available` is what remains of the budget for values, when the greatest step of the walk has what it needs
    (the cotangents that wait, and twice the memory of what the step reads and makes) and the values that the
    tape keeps are in their place.
    """

    def __init__(self, tape: Tape, budget: int | None) -> None:
        self.tape, self.budget = tape, budget
        n = len(tape.entries)
        waiting = self.living({})
        works = [waiting[p] + 2 * (e.size + e.read) + peak_of(e.op) for p, e in enumerate(tape.entries)]
        work, self.available = max(works, default=0), 0
        self.measure()
        self.peak = self.total[n] + work
        if budget is None:
            return
        least = max(self.needs, default=0) + work
        self.available = budget - work - sum(map(nbytes, tape.kept.values.values()))
        if tape.kept.values and self.total[n] and self.available < max(self.needs):
            tape.kept.drop()
            self.measure()
            self.available = budget - work
        if (least if self.total[n] else work) > budget:
            raise ValueError(
                f"checkpoint: the derivative takes more than {budget} bytes, however little is kept; "
                f"the least is {least} bytes"
            )
        self.peak = min(self.peak, budget)

    def living(self, without: Any) -> list[int]:
        """At each place, the bytes of what was made before it and is read after it."""
        change = [0] * (len(self.tape.entries) + 1)
        for s, (e, last) in enumerate(zip(self.tape.entries, self.tape.last_use, strict=True)):
            if s not in without and last > s:
                change[s + 1] += e.size
                change[last + 1] -= e.size
        return list(accumulate(change))

    def measure(self) -> None:
        """How much must be computed, and be held while computing, besides what the tape keeps."""
        kept = self.tape.kept.values
        sizes = [0 if s in kept else e.size for s, e in enumerate(self.tape.entries)]
        self.total = list(accumulate(sizes, initial=0))
        self.live = self.living(kept)
        self.needs = [self.live[p] + size for p, size in enumerate(sizes)]

    def bytes(self, start: int, end: int) -> int:
        return self.total[end] - self.total[start]

    def pieces(self, given: Any) -> Iterator[tuple[int, int, dict[int, Any]]]:
        """(start, end, the values that are read there and are older), last first."""
        kept, end = self.tape.kept, len(self.tape.entries)
        if self.budget is None:
            yield 0, end, {}
            return
        cuts = [0, *kept.cuts]  # type: ignore[misc]
        while end:
            start = max(p for p in cuts if p < end)
            known = {s: value for s, value in kept.values.items() if s < start}
            yield from self.cut_up(given, start, end, known, self.available)
            end = start

    def cut_up(self, given: Any, start: int, end: int, known: Any, available: int) -> Any:
        if self.bytes(start, end) <= available:
            yield start, end, known
            return
        cuts = self.choose(start, end, available)
        pieces, place = [(start, known)], start
        for values in self.tape.values(given, start, cuts[-1], known):
            place += 1
            if place in cuts:
                pieces.append((place, dict(values)))
        values = {}
        held = sum(self.live[p] for p in cuts)
        while pieces:
            start, known = pieces.pop()
            yield from self.cut_up(given, start, end, known, available - held)
            held -= self.live[start] if pieces else 0
            end = start

    def choose(self, start: int, end: int, available: int) -> list[int]:
        """Where to cut: so that the pieces fit, else so that many are left, else one piece that fits."""
        first, size = self.total[start], self.bytes(start, end)
        need, best = max(self.needs[start:end]), None
        n = 2
        while n <= 2 * (end - start):
            places = {bisect_left(self.total, first + size * k // n, start, end) for k in range(1, n)}
            cuts = sorted(places - {start, end})
            held = sum(self.live[p] for p in cuts)
            worst = max(self.bytes(p, q) for p, q in zip([start, *cuts], [*cuts, end], strict=True))
            if cuts and held + worst <= available:
                return cuts
            if cuts and (n == 2 or held <= available // 2) and held + need <= available:
                best = cuts
            n += 1 + n // 4
        if best:
            return best
        fitting = (p for p in range(start + 1, end) if self.live[p] + self.bytes(p, end) <= available)
        return [next(fitting, end - 1)]


def peak_of(op: Primitive) -> int:
    """What the backward step of a checkpoint in a checkpoint takes."""
    replay = getattr(op.f, "__self__", None)
    return replay.peak if isinstance(replay, Replay) else 0
