"""Derivatives of compiled functions: each call becomes one node, whose rules are compiled programs.

    x ──► f ──► pick 0 ──► y           the node's value: f's outputs, and what the backward half wants of them

Where nobody asks for derivatives, a compiled function leaves nothing behind.  Where somebody does, the call
runs the first half of `halves.py`, and the backward walk the second one.  Everything else is made of the same
program, as an ordinary function of nodes (`nodes.py`) that is compiled in its turn when it is first needed:

    cotangents that are differentiated again, and careful ones      `pulling`
    tangents                                                        `pushing`
    many examples at once                                           `running`, in vmap

Compiled functions are compiled functions' derivatives, so derivatives of every order are, in any mixture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..care import trusting
from ..graph import (
    DIFF,
    PLAIN,
    RECORD,
    SCALAR,
    TRACE,
    Node,
    Primitive,
    Rules,
    leaf,
    make,
    recording,
    unusual_contexts,
)
from ..replay import reads
from ..several import Parts, Several, Together, pick, pick_constant
from ..transforms.fresh import as_node
from ..transforms.vmap import vmap
from .emit_numpy import Miss
from .halves import halves
from .nodes import Numbers, moving, note_reads, pulling, pushing, running
from .paths import CompilationError, Path, Runner

__all__: list[str] = []


class Both:
    """The two halves, compiled, for cotangents of the inputs `wrt` given those of the outputs `used`."""

    def __init__(self, path: Path, values: Sequence[Any], wrt: Numbers, used: Numbers) -> None:
        program = path.traced
        token = trusting.set(None)
        try:
            found = halves(program, values, wrt, used)
        finally:
            trusting.reset(token)
        self.path, self.wrt, self.there = path, wrt, found is not None
        self.memory: Any = None  # in which numbers are handed over; False if there is none
        if found is None:
            return
        self.saved, self.reached = found.saved, found.reached
        self.count = len(program.outputs)
        handed = found.first.outputs[self.count :]
        self.first = Runner(
            found.first, (*path.arrays, *(x.array for x in handed)), f"{path.name}_forward", path.backend
        )
        arrays = tuple(x.array for x in found.second.outputs)
        self.second = Runner(found.second, arrays, f"{path.name}_backward", path.backend)

    def forward(self, values: Sequence[Any]) -> Any:
        """f's outputs, and what is saved; or a Miss."""
        if not self.there:
            out = self.path.call(values)
            return out if type(out) is Miss else (self.path.finished(out), ())
        if self.memory:
            done = self.memory.forward(values)
            if done:
                return done[0], (self, done[1])
        out = self.first.call(values)
        if type(out) is Miss:
            return out
        if self.memory is None:
            ends = self.first.ready().native, self.second.ready().native
            from .native.handover import handover  # when it is known to be needed

            self.memory = handover(*ends, self.saved, self.count) or False
        found = (out,) if self.first.single else out
        outputs = [how.of(y) for how, y in zip(self.first.outputs, found[: self.count], strict=False)]
        everything = (*values, *outputs, *found[self.count :])
        return outputs, (self, [everything[k] for k in self.saved])

    def backward(self, saved: Any, gs: Sequence[Any]) -> list[Any]:
        """The cotangents of the inputs `wrt`; None is zero."""
        if not any(self.reached):
            return [None] * len(self.wrt)
        outputs = None
        if type(saved) is not list:
            outputs = self.memory.backward(saved, gs)
            saved = self.memory.saved(saved) if outputs is None else saved
        found = iter(self.second.finished(self.second.call(saved, gs)) if outputs is None else outputs)
        return [next(found) if there else None for there in self.reached]


@dataclass
class Plan:
    """What becomes of the outputs, when derivatives are taken of certain inputs."""

    active: Numbers  # those that have derivatives
    outputs: list[Any]  # of each, its class, how it is taken of the node, or else made, and the settings
    both: Both | None = None  # what ran last


class Recorded:
    """A path of a compiled function as a primitive.  Its inputs are the program's: arguments and captured."""

    def __init__(self, path: Path, jit: Callable[..., Any]) -> None:
        self.path, self.program, self.jit = path, path.traced, jit
        self.known: dict[Any, Any] = {}  # what was made of the program, by what it does
        self.plans: dict[Numbers, Plan] = {}  # by the inputs that derivatives are taken of
        self.op: Any = None

    def primitive(self) -> Primitive:
        """f as a primitive, when it is first needed."""
        if self.op is None:
            count = len(self.program.inputs)
            plain, careful = (
                Rules(Together(partial(self.pulled, care), count), partial(self.pushed, care))  # type: ignore[arg-type]
                for care in (False, True)
            )
            recorded = partial(self.step, record=True)
            self.op = Primitive(
                self.path.name, self.value, None, plain, careful,
                steps={False: self.step, True: self.step}, recorded={False: recorded, True: recorded},
                selects=any(term.op.selects for term in self.program.terms),  # type: ignore[union-attr]
                batch=self.batch, makes="several",
            )  # fmt: skip
        op: Primitive = self.op
        return op

    def made(self, key: Any, make: Callable[[], Any]) -> Any:
        """What was made for this key; `make()` if nothing was."""
        if key not in self.known:
            self.known[key] = make()
        return self.known[key]

    def sources(self) -> dict[str, str]:
        """The source of all that was compiled: of the halves, and of `pull`, `push` and `batch`."""
        found: dict[str, str] = {}
        for key, what in self.known.items():
            if isinstance(what, Both):
                parts = [] if not what.there else [("forward", what.first), ("backward", what.second)]
                sources = {name: runner.source for name, runner in parts if runner.function}
            else:
                latest = getattr(what, "latest", None)
                sources = {key[0]: latest.source} if latest and latest.function else {}
                inner = latest.recorded.sources() if latest else {}
                sources.update((f"{key[0]} {name}", source) for name, source in inner.items())
            for name, source in sources.items():
                n = sum(k.rstrip(" 0123456789") == name for k in found)
                found[f"{name} {n + 1}" if n else name] = source
        return found

    # ---- the call
    def call(self, inputs: list[Any]) -> Any:
        """The outputs as nodes made of these; or a Miss."""
        values = [x.value for x in inputs]
        wrt = tuple([k for k, x in enumerate(inputs) if x.tracked & DIFF]) if recording.get() else ()
        plan = self.plans.get(wrt) or self.plan(wrt)
        if plan.active:
            plan.both = plan.both or self.both(wrt, plan.active, values)
            found = plan.both.forward(values)
        else:
            found = self.path.call(values)
            found = found if type(found) is Miss else (self.path.finished(found), ())
        if type(found) is Miss:
            return found
        outputs, saved = found
        noted = reads.get()
        if noted is not None and any(x.tracked & TRACE for x in inputs):
            note_reads(self.program, inputs, noted)
        node = make(Several, (*outputs, saved), self.primitive(), tuple(inputs))
        tracked = node.tracked & TRACE
        return [
            made(cls, y, how, node, params) if how is pick or (how and tracked) else plain(y)
            for y, (cls, how, plain, params) in zip(outputs, plan.outputs, strict=True)
        ]

    def plan(self, wrt: Numbers) -> Plan:
        """What becomes of the outputs when derivatives are taken of these inputs."""
        program, outputs = self.program, []
        moved = moving(program, wrt)
        dependent = moving(program, range(len(program.inputs)), TRACE)
        active = []
        for k, (y, array) in enumerate(zip(program.outputs, self.path.arrays, strict=True)):
            cls = Node.classes["array" if array else "number"]
            if y in moved and getattr(y.dtype, "kind", "f") in "fc":
                active.append(k)
            how = pick if k in active else pick_constant if y in dependent else None
            plain = partial(leaf, cls) if self.path.nodes and y in dependent else unchanged
            outputs.append((cls, how, plain, {"i": k}))
        self.plans[wrt] = found = Plan(tuple(active), outputs)
        return found

    def both(self, wrt: Numbers, used: Numbers, values: Sequence[Any]) -> Both:
        found: Both = self.made((wrt, used), lambda: Both(self.path, values, wrt, used))
        return found

    def value(self, *xs: Any) -> Any:
        """The outputs at other inputs, for replays."""
        found = self.path.call(xs)
        if type(found) is Miss:
            raise ValueError(f"{self.path.name} takes another way through its branches here")
        return (*self.path.finished(found), ())

    # ---- its rules
    def step(self, node: Any, g: Any, cot: Any, after: int, record: bool = False) -> None:
        """The backward step: every input's cotangent is added to what has arrived there."""
        inputs, used = node.inputs, tuple(sorted(g))
        wrt = tuple(k for k, x in enumerate(inputs) if x.tracked & DIFF)
        gs = [g[k] for k in used]
        if record:
            found = self.pull(wrt, used, False)(*inputs, *gs)
        else:
            found = self.backward(node, wrt, used, gs)
        for k, t in zip(wrt, found, strict=True):
            x = inputs[k]
            if t is not None and not (record and x.number < after):
                cot[x] = cot[x] + t if x in cot else t

    def backward(self, node: Any, wrt: Numbers, used: Numbers, gs: list[Any]) -> Any:
        """By the second half, with what the first one has saved; run again if it was for other outputs."""
        values = [x.value for x in node.inputs]
        both, saved = self.both(wrt, used, values), node.value[-1]
        try:
            if not both.there:  # a rule has branches: what it does is a function with paths, as f is
                found = self.pull(wrt, used, False)(*values, *gs)
                return [getattr(t, "value", t) for t in found]
            if not saved or saved[0] is not both:
                if wrt in self.plans:
                    self.plans[wrt].both = both  # the next time, too
                saved = both.forward(values)[1]
            return both.backward(saved[1], gs)
        except CompilationError:
            raise
        except Exception:
            pass  # the walk itself raises the same, and says where
        found = self.pull(wrt, used, False).f(*values, *gs)
        return [getattr(t, "value", t) for t in found]

    def pull(self, wrt: Numbers, used: Numbers, careful: bool) -> Any:
        return self.made(
            ("pull", wrt, used, careful), lambda: self.jit(pulling(self.program, wrt, used, careful))
        )

    def pulled(self, careful: bool, m: Any, g: Any, out: Any, xs: Sequence[Any]) -> list[Any]:
        """The cotangents of all inputs, for whoever goes through the rules one by one."""
        self.check(m)
        used, wrt = tuple(sorted(g)), tuple(range(len(xs)))
        wrt = tuple(k for k in wrt if getattr(self.program.inputs[k].dtype, "kind", "f") in "fc")
        found = dict(zip(wrt, self.pull(wrt, used, careful)(*xs, *[g[k] for k in used]), strict=True))
        return [m.zeros_like(x) if found.get(k) is None else plainly(m, found[k]) for k, x in enumerate(xs)]

    def pushed(self, careful: bool, m: Any, ts: list[Any], out: Any, *xs: Any) -> Any:
        """The tangents of the outputs that move."""
        self.check(m)
        wrt = tuple(k for k, t in enumerate(ts) if t is not None)
        push = self.made(("push", wrt, careful), lambda: self.jit(pushing(self.program, wrt, careful)))
        found = push(*xs, *[ts[k] for k in wrt])
        return Parts({k: plainly(m, t) for k, t in enumerate(found) if t is not None})

    def check(self, m: Any) -> None:
        if m not in (PLAIN, SCALAR, RECORD):
            raise NotImplementedError(f"{self.path.name} is compiled, and has no power series")

    def batch(self, node: Any, xs: list[Any], mapped: list[bool], size: int) -> Any:
        axes = tuple(0 if b else None for b in mapped)
        run = self.made(("batch", axes), lambda: self.jit(vmap(running(self.program), axes)))
        return leaf(Several, tuple(map(as_node, run(*xs))))


def made(cls: type[Node], value: Any, how: Primitive, node: Any, params: Any) -> Any:
    """One of a node's results."""
    if unusual_contexts:
        return make(cls, value, how, (node,), params)
    out = leaf(cls, value, node.tracked & how.keeps)
    out.op, out.inputs, out.params = how, (node,), params
    return out


def unchanged(x: Any) -> Any:
    return x


def plainly(m: Any, t: Any) -> Any:
    """A derivative as a walk in m wants it: a node, or a plain value."""
    if m is RECORD:
        return as_node(t)
    return t.value if isinstance(t, Node) else t
