"""The graph: what happened, never what to do.  Read this file first.

Write `y = x * x + 3` with a `Value` or a `Tensor` for `x`, and Python calls `x.__mul__(x)`.  That call
does two things: it computes the product, as any number would, and it makes a `Node` that remembers the
value, the `Primitive` that computed it and the nodes it was computed from.  That is all recording is.
After the line has run there is a graph:

    x ──┬──► multiply ──► add ──► y     every arrow is kept backwards, from a result
        └──►                ▲           to its inputs: y knows that it came from add,
                            3           x does not know where it went

A node says what happened, and nothing about what anybody wants to do with that.  So one graph, recorded
once, serves every reader of it, and each reader is a walk:

    backward.py     from the result to its inputs       the derivative along every input
    forward.py      from the inputs to the result       the derivative of every result in one direction

and drawing it, explaining it, running it again on other values or compiling it are walks as well.  If you
know other engines, you may look for the function that each node keeps in order to differentiate itself.
There is none: a node keeps *which* primitive ran, and the primitive's rules stand once, in a table.

Two decisions carry the rest.

*Arrows point only from result to input.*  Dropping the last result drops the whole graph, at once, by
reference counting: there is no cycle for the garbage collector to find.

*Nodes are numbered as they are made.*  An input exists before anything is made of it, so its number is
smaller.  Three things follow, for free:

1. Sorting nodes by number **is** topological order.  No walk needs recursion, and a chain of a million
   operations is as safe as one of ten.
2. Nothing older than `x` can depend on `x`, so a derivative with respect to a fresh `x` never looks at
   what was computed before.
3. When a leaf is given new data it takes a new number.  A walk that meets an input *younger* than what
   was made of it knows that the input was changed after it was used.  This program would otherwise
   answer 10, the derivative of nothing that anybody wrote:

       x = Value(2.0); y = x * x       # y is 4, and dy/dx is 4
       x.data = 5.0                    # too late: y was made from the 2
       y.backward()                    # StaleError, naming both lines
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import count
from operator import attrgetter
from typing import Any, ClassVar, NamedTuple

import numpy as np

from .computed import known
from .errors import explained
from .places import PACKAGE as PACKAGE
from .places import entered, note_origin, note_scope, open_scope
from .versions import VERSION, as_used, version

__all__ = ["Node", "Primitive", "enable_grad", "no_grad", "scope", "trace_lines"]

# bits of Node.tracked: a derivative may ask how it was made; a replay may; a leaf, whose data may change
DIFF, TRACE, LEAF, ASKED = 1, 2, 4, 1 | 2
SHOWN = 16  # nobody asks, but a picture may show it; see `trace_lines`
Function = Callable[..., Any]

new = object.__new__  # a node is made field by field, at half the price of an __init__
next_number = count(1).__next__
age = attrgetter("number")


# ---- primitives: what the graph is made of ---------------------------------------------------------------
class Rules(NamedTuple):
    """Both derivatives of a primitive: `m` is the namespace to compute in, `out` its result, `xs` its inputs.

    `pulls[i](m, g, out, *xs, **params)`: the cotangent of input i, given the cotangent g of the output;
    None where it is zero by declaration.  `push(m, ts, out, *xs, **params)`: the tangent of the output,
    given the tangents of the inputs, of which a None is zero.
    """

    pulls: tuple[Function | None, ...]
    push: Function


@dataclass(eq=False, repr=False)
class Primitive:
    """A function whose derivative is known: one row of a table in `primitives/`, made by `kinds.py`.

    Calling it computes, and records if an input asks for that.  Arrays go by position, settings by keyword;
    the settings that a caller leaves out are filled in, so that a node's `params` are always complete.
    What stands here serves every case; `operators.py` has a faster way for the common one.
    """

    name: str
    f: Function  # on arrays
    scalar: Function | None  # on one number; None where only arrays make sense
    rules: Rules
    careful: Rules  # the rules in which an exact zero absorbs what it is multiplied by; see backward.py
    steps: Any = None  # all pulls at once, by Node.arrays; see steps.py
    recorded: Any = None  # the same, recorded
    selects: bool = False  # out is one of the inputs, and ignores the others
    reach: Any = None  # which elements of the inputs one of out may depend on; see transforms/sparsity.py
    keeps: int = ASKED  # which walks need to know that it ran
    batch: Any = None  # what it does with a leading axis more; see batching.py
    makes: str = ""  # "number" or "array", where it is not what the inputs are
    kind: str = "general"  # which function of kinds.py declared it
    form: str = ""  # how people write it: Python text in x, y, z and the settings; "" is name(x, y)
    pulled: tuple[str, ...] = ()  # its pulls to read, where they are functions: text in g, out, x, y, z
    advice: str = ""  # what to do about shapes that do not fit
    doc: str = ""

    def __post_init__(self) -> None:
        code = getattr(self.f, "__code__", None)
        several = code and code.co_flags & 4  # f takes *xs, any number of inputs
        self.arity = None if several else code.co_argcount if code else getattr(self.f, "nin", 1)
        self.settings = code.co_kwonlyargcount if code else 0
        self.defaults: dict[str, Any] = getattr(self.f, "__kwdefaults__", None) or {}
        self.__doc__ = self.doc

    def __call__(self, *args: Any, **params: Any) -> Any:
        return apply(self, args, {**self.defaults, **params})

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"


class Namespace:
    """Where a rule computes: `m.cos(x)` is the primitive `cos` on plain arrays, on numbers or on nodes.

    The derivative of `sin` is written once, as `m.cos(x)`.  There are three m:

        PLAIN      NumPy's functions      the derivative of an array is an array
        SCALAR     Python's, from math    the derivative of a number is a number
        RECORD     the primitives         the derivative of a node is a node

    The rule never knows which it got.  In the first two it costs what the arithmetic costs.  In the third
    every step of it is recorded like any other computation, so there is a graph of the derivative, and a
    walk over *that* graph gives the second derivative.  Nothing else is needed for derivatives of any order.
    """

    def absorb(self: Any, zero: Any, f: Function, *args: Any) -> Any:
        """`zero * f(*args)`, in which an exact zero absorbs whatever f is, inf and NaN included."""
        try:
            rate = f(*args)
        except (ArithmeticError, ValueError):  # Python's floats raise where arrays give inf
            if zero == 0:
                return zero * 0
            raise
        return zero * self.shield(rate, self.not_equal(zero, 0))


PLAIN, SCALAR, RECORD = Namespace(), Namespace(), Namespace()


# ---- nodes -----------------------------------------------------------------------------------------------
class Node:
    """A value and how it was made.

        value       the number or array
        op          the primitive that computed it; None for a leaf, which somebody wrote down
        inputs      the nodes it was computed from
        params      the settings that are not differentiated (axis, shape…), or None
        number      when it was made: inputs have smaller ones
        tracked     who may ask how it was made: the bits DIFF and TRACE, or-ed from the inputs
        code, instruction    the line of the program that made it, where a leaf was used; see `origin`

    What is tracked by nobody is not remembered: `op` is None and `inputs` is empty, and its inputs are free
    to go.  So arithmetic on constants records nothing.

    `Value` holds one number, `Tensor` an array; both live in the same graph and share the same rules.  They
    say what may be held (`coerce`), how anything becomes a node of their class (`lift`), and how a
    derivative gets its shape: `fit(m, g, x)` is the cotangent g in the shape and dtype of its value x, with
    broadcasting and promotion undone, and `spread(m, t, out)` is the tangent t in those of out.
    """

    __slots__ = (
        "value", "op", "inputs", "params", "number", "tracked", "code", "instruction",
        "_grad", "_name", "_scope", "_versions", "_hooks", "__weakref__",  # left unset until they are needed
    )  # fmt: skip
    value: Any
    op: Primitive | None
    inputs: tuple[Node, ...]
    params: dict[str, Any] | None
    number: int
    tracked: int
    arrays: ClassVar[bool]  # whether the value is an array
    space: ClassVar[Namespace]  # where rules compute on plain values
    coerce: ClassVar[Function]
    lift: ClassVar[Function]
    fit: ClassVar[Function]
    spread: ClassVar[Function]
    classes: ClassVar[dict[str, type[Node]]] = {}  # "number": Value, "array": Tensor
    __hash__ = object.__hash__


def leaf(cls: type[Node], value: Any, tracked: int = 0) -> Any:
    """A node that nothing computed.

    Fields are stored by hand, in groups of three, which CPython does without making a tuple; this function
    and the operators are where a program's time goes.
    """
    out = new(cls)
    out.value, out.tracked, out.op = value, tracked, None
    out.inputs, out.params, out.number = (), None, next_number()
    return out


# ---- recording -------------------------------------------------------------------------------------------
# Whether to record is asked at every operation, and the answer is nearly always yes.  A context variable
# knows it per thread and per asynchronous task, but looking it up costs as much as a multiplication.  So
# the contexts that change anything are listed, over all threads, and the operators (operators.py) ask the
# variables only while that list is not empty.
# `recording` may also be a function, which is told of every operation on what is tracked: see
# transforms/tape.py.
recording: ContextVar[Any] = ContextVar("recording", default=True)
# `tracing` is the number from which on nodes belong to a function that is being traced: what it uses that is
# older comes from outside, and may be another value the next time; see jit/trace.py.
tracing: ContextVar[int] = ContextVar("tracing", default=0)
_lines: ContextVar[bool] = ContextVar("lines", default=False)
unusual_contexts: list[Any] = []  # those open anywhere; while there are none, nobody asks the above


@contextmanager
def unusual(variable: ContextVar[Any], value: Any) -> Iterator[None]:
    """Set a context variable that recording asks for: per thread and per asynchronous task."""
    unusual_contexts.append(variable)  # safe with threads
    token = variable.set(value)
    try:
        yield
    finally:
        unusual_contexts.pop()
        variable.reset(token)


def no_grad() -> Any:
    """Context manager and decorator: what runs inside is computed and not recorded.

    >>> from autodiff import Value
    >>> x = Value(2.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.requires_grad
    False

    It holds for the thread and the asynchronous task that enters it.  As a decorator it covers the call of a
    function, not the later steps of a generator or coroutine that the call returns.
    """
    return unusual(recording, False)


def enable_grad() -> Any:
    """Context manager and decorator: records again inside `no_grad`.

    >>> from autodiff import Value
    >>> x = Value(2.0)
    >>> with no_grad(), enable_grad():
    ...     y = x * x
    >>> y.requires_grad
    True
    """
    return unusual(recording, True)


@contextmanager
def scope(name: str) -> Iterator[None]:
    """Context manager and decorator that groups what is made inside, for pictures; scopes nest.

    Entered twice, it is two groups: a layer that is used twice is seen twice.  TypeError for a name that is
    no text.

    >>> from autodiff import Value
    >>> with scope("encoder"), scope("layer1"):
    ...     y = Value(2.0) * 3
    >>> y.scope
    'encoder/layer1'
    """
    with unusual(open_scope, entered(name)):
        yield


def trace_lines() -> Any:
    """Context manager and decorator: every node remembers the line that made it, for errors and pictures.

    Without it, only what uses a leaf does: looking up the line is a tenth of the price of an operation on
    numbers.  Inside, what has the derivative zero, as `sign(x)` or `x > 0`, remembers how it was made, too,
    and pictures and formulas show it; outside it is a number to them, for a mask that somebody keeps would
    keep alive the whole graph behind it.

    >>> from autodiff import Value
    >>> with trace_lines():
    ...     y = (Value(2.0) * 3).sin()
    >>> file, line, function = y.origin
    """
    return unusual(_lines, True)


def from_outside(x: Node) -> bool:
    """Whether x is older than the function that is being traced, and no number that stands in it."""
    return 0 < x.number < tracing.get()


def make(cls: type[Node], value: Any, op: Primitive, inputs: tuple[Node, ...], params: Any = None) -> Any:
    """The result of a primitive, recorded as far as anybody may ask: the general way, for every case.

    A result is tracked if an input is.  Two things take that back: a primitive of constant kind is of no
    interest to derivatives (`op.keeps`), and neither is anything computed under `no_grad`.
    """
    asked = 0
    for x in inputs:
        asked |= x.tracked
    if unusual_contexts and tracing.get() and any(map(from_outside, inputs)):
        asked |= TRACE
    tracked = asked & op.keeps & (~DIFF if unusual_contexts and not recording.get() else ~0)
    shown = unusual_contexts and recording.get() and _lines.get()
    if shown and asked & (DIFF | SHOWN) and not tracked & DIFF:
        tracked |= SHOWN
    out = leaf(cls, value, tracked)
    inputs = tuple(map(version, inputs)) if asked & VERSION else inputs
    if tracked:
        if tracked & TRACE and unusual_contexts and (same := known(out, op, inputs, params)) is not None:
            return same
        out.op, out.inputs, out.params = op, inputs, params
        if asked & LEAF or (unusual_contexts and _lines.get()):
            note_origin(out, depth=3)
        if unusual_contexts:
            note_scope(out)
    if unusual_contexts and callable(note := recording.get()):
        note(out, op, inputs, params)
    return out


def meet(types: tuple[type, ...]) -> tuple[bool, bool]:
    """Whether there is a node among arguments of these types, and whether they compute as arrays."""
    nodes = any(issubclass(t, Node) for t in types)
    like_arrays = (np.ndarray, list, tuple, Node.classes["array"], *(() if nodes else (np.generic,)))
    met[types] = nodes, any(issubclass(t, like_arrays) for t in types)
    return met[types]


met: dict[tuple[type, ...], tuple[bool, bool]] = {}  # what `meet` found


def apply(op: Primitive, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """Run a primitive on anything: numbers, arrays, nodes or a mixture; record it if an input is tracked.

    Plain arguments give a plain result.  If there is a node among them, all become nodes of one class: of
    Tensor if any is an array, else of Value.  How a number becomes an array is recorded (`lift`), so that
    the derivative finds its way back.
    """
    if op.arity != len(args) and op.arity is not None:
        raise TypeError(f"{op.name} takes {op.arity} argument(s), not {len(args)}; settings go by keyword")
    types = tuple(map(type, args))
    nodes, arrays = met.get(types) or meet(types)
    arrays = arrays or op.scalar is None
    cls, f = Node.classes["array" if arrays else "number"], op.f if arrays else op.scalar or op.f
    inputs = tuple([a if type(a) is cls else cls.lift(a, args) for a in args]) if nodes else ()
    xs = [x.value for x in inputs] if nodes else args
    try:
        value = f(*xs, **params)
    except Exception as error:
        raise explained(error, op, xs, params) from error
    return make(Node.classes.get(op.makes, cls), value, op, inputs, params or None) if nodes else value


# ---- order -----------------------------------------------------------------------------------------------
def ancestry(
    roots: Iterable[Node], bit: int = DIFF, fresh: Set[Node] = frozenset()
) -> tuple[list[Node], bool]:
    """The tracked results that `roots` were made of, the roots included, youngest first; leaves are left out.

    This is the order in which the backward walk visits them, and, reversed, the forward walk.  Finding them
    takes any order: here they are collected breadth first in a list that grows while it is read.  Putting
    them in order is sorting by number.

    The search stops at the `fresh` nodes: what is older cannot depend on them.  The second result says
    whether it met a tracked node older than they are.  Then somebody outside may want to differentiate
    what we compute, so it must be recorded (`transforms/fresh.py`).

    On every edge it checks that the input is older than what was made of it.  If not, it was assigned to
    after it was used.  An array that was assigned to (`x[0] = 1`) still knows what it was; a leaf that was
    given new data does not, a derivative would mix its old values with the new, and StaleError is raised.
    """
    youngest_fresh = max(map(age, fresh)) if fresh else -1
    waiting, seen, outside = list[Any](), set[int](), False
    add, wait = seen.add, waiting.append
    for r in roots:
        if r.tracked & bit and r.op and r.number > youngest_fresh and r.number not in seen:
            add(r.number)
            wait(r)
    for node in waiting:  # grows as it is read: breadth first, without recursion
        number = node.number
        for x in node.inputs:
            n = x.number
            if n > number:
                x = as_used(x, node)
                n = x.number
            if n <= youngest_fresh:
                outside = outside or (x.tracked & ASKED != 0 and x not in fresh)
            elif x.op is not None and n not in seen and x.tracked & bit:
                add(n)
                wait(x)
    waiting.sort(key=age, reverse=True)
    return waiting, outside
