"""Tracing: f runs once, and what it did becomes a program.

f gets nodes in the place of its arguments, with the values of this call.  Whatever is made of them is
recorded, inner derivatives included, and so is what is made of nodes that come from outside (`from_outside`
in graph.py).  When f is done, the graph behind its outputs is read into a program (`program.py`).  What the
program takes as inputs:

    f's arguments       arrays and numbers, in the order of their tree
    what f captured     Tensors and Values, and arrays that it computes with, read again at every call

All else is constant: numbers that stand in the code, and what f computed from them.  An array that f computed
by itself, with NumPy, may have been computed from a captured one.  So wherever there is such a thing, or an
array was used for something else than to compute with (as an index, say), the captured arrays are compared
with what they were, at every call, and f is traced again if one has changed.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from inspect import Parameter, signature
from numbers import Number
from typing import Any

import numpy as np

from .. import trees
from ..care import trusting
from ..computed import Known, computed
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
from .captured import Captured, Place
from .program import Guard, Program, constant, moved, terms_of

__all__: list[str] = []


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


@dataclass(frozen=True)
class Watched:
    """A captured array that must be what it was."""

    place: Place
    before: np.ndarray[Any, Any]

    def same(self) -> bool:
        try:
            now = self.place.read()
        except (LookupError, AttributeError, TypeError, ValueError):
            return False
        before = self.before
        if not isinstance(now, np.ndarray) or (now.shape, now.dtype) != (before.shape, before.dtype):
            return False
        return identical(now, before)


@dataclass(frozen=True)
class Trace:
    """What came of running f: its program, and all that has to be true for it to be f's."""

    program: Program
    hidden: tuple[Hidden, ...]
    watched: tuple[Watched, ...]
    rebuild: Callable[[list[Any]], Any]  # the output's tree
    arrays: tuple[bool, ...]  # of each output, whether it is an array
    frozen: dict[str, Any]  # Python's numbers and texts that f can name
    recorded: int  # how many operations


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
    token = trusting.set(skipped if trust else None)
    try:
        with unusual(tracing, start), unusual(computed, Known(start)), enable_grad(), noting_reads() as noted:
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
    return assembled(ends, rebuild_out, [*variables, eve], names, noted, checks, captured, copies, start)


def assembled(
    ends: list[Any],
    rebuild: Any,
    variables: list[Any],
    names: list[str],
    noted: Any,
    checks: list[Any],
    captured: Captured,
    copies: Any,
    start: int,
) -> Trace:
    """The graph as a program, and what it depends on besides its arguments."""
    roots = [y for y in ends if isinstance(y, Node)] + [read.node for read in noted] + checks
    order, _ = ancestry(roots, ASKED, set(variables))
    inner = set(order) | set(variables)
    hidden: dict[Any, Hidden] = {}  # by node; arrays by their id
    inputs: dict[Node, str | None] = dict(zip(variables, names, strict=False))
    stand_ins: dict[Node, Node] = {}
    suspicious = any(has_array(node.params) for node in order)
    used: set[int] = set()
    for x in dict.fromkeys([x for node in reversed(order) for x in node.inputs] + roots):
        if x in inner or x in stand_ins:
            continue
        value = x.value
        if 0 < x.number < start:
            place = captured.nodes.get(id(x))
            asked = bool(x.tracked & DIFF)
            hidden[x] = Hidden(place, None if place else x, type(x), np.shape(value), sort_of(value), asked)
            inputs[x] = place.name if place else None
        elif id(value) in captured.arrays:
            place, array = captured.arrays[id(value)]
            used.add(id(value))
            first = next((y for y in hidden if y.value is value), None)
            if first is None:
                hidden[x] = Hidden(place, None, type(array), array.shape, array.dtype)
                inputs[x] = place.name
            else:
                stand_ins[x] = first
        elif isinstance(value, np.ndarray) and value.ndim and value.size and not uniform(value):
            suspicious = True
    for y in ends:
        if not isinstance(y, Node) and isinstance(y, np.ndarray):
            suspicious = True
    terms = terms_of(order, roots, inputs, {})
    same = {terms[x]: terms[y] for x, y in stand_ins.items() if x in terms}
    watched = tuple(
        Watched(place, copies[k]) for k, (place, _) in captured.arrays.items() if suspicious or k not in used
    )
    found = [terms[y] if isinstance(y, Node) else constant(y) for y in ends]
    guards = tuple(Guard(terms[read.node], read.truth, read.place) for read in noted)
    program = Program(
        tuple(terms[x] for x in inputs),
        tuple(terms[node] for node in reversed(order)),
        tuple(found),
        guards,
        tuple(dict.fromkeys(terms[x] for x in checks)),
    )
    if same:
        for term in program.terms:
            term.inputs = tuple(same.get(x, x) for x in term.inputs)
        program = moved(program, program.terms, same)
    arrays = tuple(y.arrays if isinstance(y, Node) else hasattr(y, "dtype") for y in ends)
    return Trace(program, tuple(hidden.values()), watched, rebuild, arrays, captured.frozen, len(order))


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


def has_array(params: Any) -> bool:
    """Whether there is an array among settings, as there is in an index."""
    if isinstance(params, dict):
        params = tuple(params.values())
    return isinstance(params, np.ndarray) or (
        isinstance(params, (tuple, list)) and any(map(has_array, params))
    )


def identical(a: Any, b: Any) -> bool:
    """Whether two arrays of one shape and dtype are the same to the bit."""
    x, y = (np.ascontiguousarray(z).reshape(-1).view(np.uint8) for z in (a, b))
    return bool(np.array_equal(x, y))


def uniform(value: Any) -> bool:
    """Whether an array is one number, repeated."""
    return not any(value.strides) or bool((value == value.reshape(-1)[0]).all())
