"""Tracing: f runs once, and what it did becomes a program.

f gets nodes in the place of its arguments, with the values of this call.  Whatever is made of them is
recorded, inner derivatives included, and so is what is made of nodes that come from outside (`from_outside`
in graph.py).  When f is done, the graph behind its outputs is read into a program (`program.py`).  What the
program takes as inputs:

    f's arguments       arrays and numbers, in the order of their tree
    what f captured     Tensors and Values, and arrays that it computes with, read again at every call

All else is constant: numbers that stand in the code, and what f computed from them.  But f may have computed
them from a captured array, or looked at one: nobody sees what NumPy does.  So captured arrays are compared
with what they were, at every call, and f is traced again if one has changed; mostly it is the same program.
Of Tensors and Values all is seen: what would read them out raises.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from inspect import Parameter, signature
from numbers import Number
from typing import Any

import numpy as np

from .. import trees
from ..care import trusting
from ..computed import Known, computed, identical
from ..graph import (
    ASKED,
    DIFF,
    TRACE,
    Node,
    ancestry,
    enable_grad,
    leaf,
    next_number,
    tracing,
    unusual,
)
from ..primitives.arithmetic import identity
from ..replay import tracing as noting_reads
from ..transforms.fresh import name_of
from ..transforms.randomness import reachable, state
from ..versions import VERSION, version
from .captured import Captured, Place, contents, keys_of
from .program import Guard, Program, constant, description, moved, terms_of

__all__: list[str] = []

FEW = 1 << 12  # bytes: arrays that are compared at once


@dataclass(frozen=True)
class Hidden:
    """A captured node or array that is an input: how it is found, and what it must be like."""

    place: Place | None
    thing: Any  # the thing itself, if nothing leads to it
    kind: type
    shape: tuple[int, ...]
    dtype: Any
    differentiable: bool = False  # it required grad

    def read(self) -> Any:
        """The thing as it is now; LookupError if it is of another sort now."""
        thing = self.place.read() if self.place else self.thing
        value = thing.value if isinstance(thing, Node) else thing
        if type(thing) is not self.kind:
            raise LookupError
        dtype = value.dtype if isinstance(value, np.ndarray | np.generic) else type(value)
        if dtype != self.dtype or np.shape(value) != self.shape:
            raise LookupError
        if isinstance(thing, Node) and thing.tracked & DIFF and not self.differentiable:
            raise LookupError
        return thing


class Watched:
    """A captured array that must be what it was.

    NumPy does not tell who reads an array: what f computes with it is recorded, but it may have looked at it
    as well, `if w[0] > 0`.
    """

    def __init__(self, place: Place, before: np.ndarray[Any, Any]) -> None:
        self.place, self.before = place, before
        self.few = before.tobytes() if before.nbytes <= FEW else None

    def same(self) -> bool:
        now, before = self.place.read(), self.before
        if not isinstance(now, np.ndarray) or now.shape != before.shape or now.dtype != before.dtype:
            return False
        return now.tobytes() == self.few if self.few is not None else identical(now, before)


@dataclass(frozen=True)
class Kept:
    """A place in which the same thing must still be: what f reached on several ways, or NumPy's scalars."""

    place: Place
    thing: Any

    def same(self) -> bool:
        return self.place.read() is self.thing


@dataclass(frozen=True)
class Keys:
    """A list, dict or object in which nothing may be added, removed or moved."""

    place: Place
    before: Any

    def same(self) -> bool:
        return bool(keys_of(self.place.read()) == self.before)


@dataclass(frozen=True)
class Trace:
    """What came of running f: its program, and all that has to be true for it to be f's."""

    program: Program
    hidden: tuple[Hidden, ...]
    watched: tuple[Watched | Kept | Keys, ...]
    rebuild: Callable[[list[Any]], Any]  # the output's tree
    arrays: tuple[bool, ...]  # of each output, whether it is an array
    frozen: dict[str, Any]  # Python's numbers and texts that f can name
    recorded: int  # how many operations
    again: int  # how many of them had been computed before
    structure: Any = None  # the output's tree, to be compared

    def fresh(self) -> bool:
        """Whether what f captured is what it was, as far as the program doesn't read it."""
        try:
            return all(w.same() for w in self.watched)
        except (LookupError, AttributeError, TypeError, ValueError):
            return False

    def like(self, other: Trace) -> bool:
        """Whether it is the same program, on inputs that come from the same places."""
        if len(self.hidden) != len(other.hidden):
            return False
        pairs = zip(self.hidden, other.hidden, strict=True)
        try:
            found = all(a.read() is b.read() and a.differentiable == b.differentiable for a, b in pairs)
        except (LookupError, AttributeError, TypeError, ValueError):
            return False
        return (
            found
            and (self.structure, self.arrays) == (other.structure, other.arrays)
            and (description(self.program) == description(other.program))
        )


def trace(
    f: Callable[..., Any],
    leaves: list[Any],
    rebuild: Callable[[list[Any]], Any],
    names: list[str],
    trust: bool,
    static: list[Any],
) -> Trace:
    """Run f on `rebuild(leaves)`, with a node for each leaf that is an array, a float or a node.

    What f can reach through its static arguments, `static`, is captured as well.

    With `trust`, recorded derivatives go without care (`care.py`), and what may show a NaN for that is among
    the program's checks.
    """
    captured = Captured([f, *static, *[x for x in leaves if not is_traced(x)]])
    copies = {k: array.copy() for k, (_, array) in captured.arrays.items()}
    start = next_number()
    nodes = [node_of(x) if is_traced(x) else None for x in leaves]
    variables = [x for x in nodes if x is not None]
    eve = leaf(Node, None)  # the youngest node that f was given
    generators = reachable(f) + [x for x in leaves if isinstance(x, (np.random.Generator, random.Random))]
    before = [state(g) for g in generators]
    skipped: list[list[Any]] = []
    table = Known(start, identity, captured.arrays)
    token = trusting.set(skipped if trust else None)
    try:
        with unusual(tracing, start), unusual(computed, table), enable_grad(), noting_reads() as noted:
            given = [x if n is None else identity(n) for x, n in zip(leaves, nodes, strict=True)]
            args, settings = rebuild(given)
            arguments = {**dict(enumerate(args)), **settings}
            before_f = {k: trees.flatten_to_structure(x) for k, x in arguments.items()}
            out = f(*args, **settings)
    finally:
        trusting.reset(token)
    if before != [state(g) for g in generators]:
        raise RuntimeError(
            f"jit: {name_of(f)} drew random numbers while it was traced; every call would get the same: pass "
            "what is drawn as an argument"
        )
    for k, (seen, structure) in before_f.items():
        leaves_now, structure_now = trees.flatten_to_structure(arguments[k])
        same = structure_now == structure and all(x is y for x, y in zip(seen, leaves_now, strict=True))
        if not same or any(isinstance(x, Node) and x.tracked & VERSION for x in seen):
            raise changed(f, k, len(args), same)
    for where in captured.places():
        check_place(f, *where)
    captured.keys = [(place, check_keys(f, place, before, start)) for place, before in captured.keys]
    for k, (place, array) in captured.arrays.items():
        if not identical(array, copies[k]):
            raise RuntimeError(
                f"jit: {name_of(f)} wrote into the array {place.name} while it was traced, which would "
                "happen only this once: copy it first, and return the result"
            )
    outputs, rebuild_out = trees.flatten(out)
    check_outputs(f, out, outputs)
    ends = [version(y) if isinstance(y, Node) else y for y in outputs]
    checks = [g for found in skipped for g in found if isinstance(g, Node)]
    found = assembled(ends, rebuild_out, [*variables, eve], names, noted, checks, captured, copies, table)
    return replace(found, structure=(trees.flatten_to_structure(out)[1], trees.orders(out)))


def assembled(
    ends: list[Any],
    rebuild: Any,
    variables: list[Any],
    names: list[str],
    noted: Any,
    checks: list[Any],
    captured: Captured,
    copies: Any,
    table: Known,
) -> Trace:
    """The graph as a program, and what it depends on besides its arguments."""
    roots = [y for y in ends if isinstance(y, Node)] + [read.node for read in noted] + checks
    order, _ = ancestry(roots, ASKED, set(variables))
    inner = set(order) | set(variables)
    hidden: dict[Any, Hidden] = {}  # by node; arrays by their id
    inputs: dict[Node, str | None] = dict(zip(variables, names, strict=False))
    stand_ins: dict[Node, Node] = {}
    for x in dict.fromkeys([x for node in reversed(order) for x in node.inputs] + roots):
        if x in inner or x in stand_ins:
            continue
        value = x.value
        if 0 < x.number < table.start:
            place = captured.nodes.get(id(x))
            asked = bool(x.tracked & DIFF)
            hidden[x] = Hidden(place, None if place else x, type(x), np.shape(value), sort_of(value), asked)
            inputs[x] = place.name if place else None
        elif id(value) in captured.arrays:
            place, array = captured.arrays[id(value)]
            first = next((y for y in hidden if y.value is value), None)
            if first is None:
                hidden[x] = Hidden(place, None, type(array), array.shape, array.dtype)
                inputs[x] = place.name
            else:
                stand_ins[x] = first
    terms = terms_of(order, roots, inputs, {}, table.first)
    same = {terms[x]: terms[y] for x, y in stand_ins.items() if x in terms}
    watches: list[Any] = [Watched(place, copies[k]) for k, (place, _) in captured.arrays.items()]
    watches += [Watched(Place("an array", array, ()), copy) for array, copy in table.held()]
    watches += [Kept(place, thing) for place, thing in captured.ways]
    watches += [Keys(place, before) for place, before in captured.keys]
    outside, watched = tuple(hidden.values()), tuple(watches)
    found = [terms[y] if isinstance(y, Node) else constant(y) for y in ends]
    guards = tuple(Guard(terms[read.node], read.truth, read.place) for read in noted)
    program = Program(
        tuple(terms[x] for x in inputs),
        tuple([terms[node] for node in reversed(order) if node not in table.first]),
        tuple(found),
        guards,
        tuple(dict.fromkeys(terms[x] for x in checks)),
    )
    if same:
        for term in program.terms:
            term.inputs = tuple(same.get(x, x) for x in term.inputs)
        program = moved(program, program.terms, same)
    arrays = tuple(y.arrays if isinstance(y, Node) else hasattr(y, "dtype") for y in ends)
    return Trace(program, outside, watched, rebuild, arrays, captured.frozen, len(order), table.again)


# ---- arguments and outputs -------------------------------------------------------------------------------
def is_traced(x: Any) -> bool:
    """Whether an argument's leaf is traced: numbers with a point, arrays and nodes are; all else is fixed."""
    if isinstance(x, np.generic):
        return x.dtype.kind in "fc"
    return isinstance(x, (float, complex, np.ndarray, Node))


def node_of(x: Any) -> Any:
    """The node that stands for a leaf of the arguments.

    It requires grad, so that one sees what is computed without: under `no_grad`.
    """
    x = as_input(x)
    differentiable = not x.arrays or x.dtype.kind in "fc"
    return leaf(type(x), x.value, TRACE | DIFF * differentiable)


def as_input(x: Any) -> Any:
    """A leaf of the arguments as a node."""
    if isinstance(x, Node):
        return x
    if isinstance(x, (np.ndarray, np.generic)):
        cls: Any = Node.classes["array"]
        return leaf(cls, cls.lift(np.asanyarray(x)).value)
    return leaf(Node.classes["number"], x)


def changed(f: Any, k: int | str, count: int, whole: bool) -> TypeError:
    """The error of a function that changes an argument in place; `whole` if its tree is what it was."""
    name = parameters(f, count)[k] if isinstance(k, int) else k
    what = "assigns into" if whole else "changes what is in"
    instead = f"{name} = {name}.copy(), or {name} = {name} + 1 for {name} += 1" if whole else "make a new one"
    return TypeError(
        f"jit: {name_of(f)} {what} its argument {name}, which would happen to the caller's only without jit: "
        f"{instead}, and return what is new"
    )


def check_place(f: Any, place: Place, thing: Any) -> None:
    """Raise RuntimeError if something that f captured has been replaced by another thing."""
    try:
        same = place.read() is thing
    except (LookupError, AttributeError, TypeError, ValueError):
        same = False
    if not same:
        raise RuntimeError(
            f"jit: {name_of(f)} gave {place.name or 'a name'} a new value while it was traced, which would "
            "happen only this once: return the new value, and assign it outside"
        )


def check_keys(f: Any, place: Place, before: Any, start: int) -> Any:
    """What keys something has now; raise RuntimeError if f put into it what stands for others."""
    thing = place.read()
    now = keys_of(thing)
    found = [] if now == before else [x for _, x, _ in contents(thing)]
    if any(isinstance(x, Node) and x.number >= start for x in found):
        raise RuntimeError(
            f"jit: {name_of(f)} put what it computes into {place.name or 'something from outside'} while it "
            "was traced, which would happen only this once: return it, and put it there outside"
        )
    return now


def parameters(f: Any, count: int) -> list[str]:
    """Names for the positional arguments of a call."""
    try:
        kinds = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
        params = [p.name for p in signature(f).parameters.values() if p.kind in kinds]
    except (TypeError, ValueError):
        params = []
    return params[:count] + [f"x{k + 1}" for k in range(len(params), count)]


def check_outputs(f: Any, out: Any, outputs: list[Any]) -> None:
    for k, y in enumerate(outputs):
        if isinstance(y, (Node, Number)) and not isinstance(y, np.generic):
            continue
        if isinstance(y, (np.ndarray, np.generic)) and y.dtype.kind in "biufc":
            continue
        path = trees.paths(out)[k]
        raise TypeError(
            f"jit: {name_of(f)} must return arrays and numbers, or a tree of them, not {type(y).__name__}"
            f"{f', at {path}' if path else ''}"
        )


def sort_of(value: Any) -> Any:
    return value.dtype if isinstance(value, (np.ndarray, np.generic)) else type(value)
