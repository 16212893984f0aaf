"""The graph: what happened, never what to do.  Read this file first.

Write `y = x * x + 3` with a `Value` or a `Tensor` for `x`, and Python calls `x.__mul__(x)`.  That call
does two things: it computes the product, as any number would, and it makes a `Node` that remembers the
value, the `Primitive` that computed it and the nodes it was computed from.  That is all recording is.
After the line has run there is a graph:

    x ──┬──► mul ──► add ──► y          every arrow is kept backwards, from a result
        └──►          ▲                 to its inputs: y knows that it came from add,
                      3                 x does not know where it went

Four things follow from two decisions.

*Arrows point only from result to input.*  Dropping the last result drops the whole graph, at once, by
reference counting: there is no cycle for the garbage collector to find.

*Nodes are numbered as they are made.*  An input exists before anything is made of it, so its number is
smaller.  Hence:

1. sorting nodes by number **is** topological order; no walk needs recursion, and a chain of a million
   operations is as safe as one of ten;
2. nothing older than `x` can depend on `x`, so a derivative with respect to a fresh `x` never looks at
   what was computed before;
3. when a leaf is given new data it takes a new number.  A walk that meets an input *younger* than what
   was made of it knows that the input was changed after it was used.  This program would otherwise
   answer 10, the derivative of nothing anybody wrote:

       x = Value(2.0); y = x * x       # y is 4, and dy/dx is 4
       x.data = 5.0                    # too late: y was made from the 2
       y.backward()                    # StaleError, naming both lines

Everything else in this package is a walk over nodes: `backward.py`, `forward.py`, drawing, compiling.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from contextvars import ContextVar
from inspect import Parameter, signature
from itertools import count, islice
from operator import attrgetter
from types import CodeType
from typing import Any, ClassVar, NamedTuple

import numpy as np

__all__ = ["Node", "Primitive", "StaleError", "enable_grad", "no_grad", "scope"]

DIFF, TRACE = 1, 2  # bits of Node.tracked: a derivative may ask how it was made; a replay may ask
PACKAGE = __name__.partition(".")[0] + "."

new = object.__new__  # a node is made field by field, at half the price of an __init__
next_number = count(1).__next__
age = attrgetter("number")
frame_at = sys._getframe


class StaleError(RuntimeError):
    """A leaf was given new data after it was used, so the recorded graph no longer tells the truth."""


# ---- primitives: what the graph is made of ---------------------------------------------------------------
class Rules(NamedTuple):
    """Both derivatives of a primitive.  `m` is the namespace to compute in, `out` its result, `xs` its inputs.

    `pulls[i](m, g, out, *xs, **params)`: the cotangent of input i, given the cotangent g of the output;
    None where it is zero by declaration.  `push(m, ts, out, *xs, **params)`: the tangent of the output,
    given the tangents of the inputs, of which a None is zero.
    """

    pulls: tuple[Callable[..., Any] | None, ...]
    push: Callable[..., Any]


class Primitive:
    """A function whose derivative is known: one row of a table in `primitives/`, made by `kinds.py`.

    Calling it computes, and records if an input asks for that.  Arrays go by position, settings by keyword;
    the settings that a caller leaves out are filled in, so that a node's `params` are always complete.
    """

    def __init__(
        self, name: str, f: Callable[..., Any], scalar: Callable[..., Any] | None, rules: Rules, **more: Any
    ) -> None:
        self.name, self.f, self.scalar, self.rules = name, f, scalar, rules  # f on arrays, scalar on numbers
        self.careful: Rules = more.pop("careful", rules)  # the rules in which an exact zero absorbs (kinds.py)
        self.step: Callable[..., None] | None = more.pop("step", None)  # all pulls at once, where it is faster
        self.selects: bool = more.pop("selects", False)  # out is one of the inputs, and ignores the others
        self.keeps: int = more.pop("keeps", DIFF | TRACE)  # which walks need to know that it ran
        self.makes: str | None = more.pop("makes", None)  # "number" or "array" where it is not the inputs' kind
        self.advice: str = more.pop("advice", "")  # what to do about inputs that do not fit
        self.arity, self.defaults = arity_and_settings(f)
        self.__doc__ = more.pop("doc", None)

    def __call__(self, *args: Any, **params: Any) -> Any:
        return apply(self, args, {**self.defaults, **params})

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __reduce__(self) -> str:
        return self.name


def arity_and_settings(f: Callable[..., Any]) -> tuple[int | None, dict[str, Any]]:
    """How many arrays f takes (None: any number), and the defaults of its settings (keyword-only)."""
    if isinstance(f, np.ufunc):
        return f.nin, {}
    parameters = signature(f).parameters.values()
    defaults = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is not p.empty}
    if any(p.kind is Parameter.VAR_POSITIONAL for p in parameters):
        return None, defaults
    return sum(p.kind is not Parameter.KEYWORD_ONLY for p in parameters), defaults


class Namespace:
    """Where a rule computes: `m.cos(x)` is the primitive `cos` on plain arrays, on numbers or on nodes.

    A rule is written once, and never knows which.  On plain values it costs what the arithmetic costs; on
    nodes every step of it is recorded, so that the derivative can be differentiated again.
    """

    def __init__(self, arrays: bool) -> None:
        self.arrays = arrays

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"no primitive is named {name!r}")

    def absorb(self, zero: Any, f: Callable[..., Any], *args: Any) -> Any:
        """`zero * f(*args)`, in which an exact zero absorbs whatever f is, inf and NaN included."""
        try:
            rate = f(*args)
        except (ArithmeticError, ValueError):  # Python's floats raise where arrays give inf
            if zero == 0:
                return zero * 0
            raise
        return zero * self.shield(rate, self.not_equal(zero, 0))


PLAIN, SCALAR, RECORD = Namespace(arrays=True), Namespace(arrays=False), Namespace(arrays=False)


# ---- nodes -----------------------------------------------------------------------------------------------
class Node:
    """A value and how it was made: `value, op, inputs, params, number, tracked` and where (`origin`).

    A node without `op` is a leaf: somebody wrote it down.  `Value` holds one number, `Tensor` an array;
    both live in the same graph and share the same rules.  The fields that few nodes have (`_grad`, `_name`,
    `_scope`) are left unset until they are needed.
    """

    __slots__ = (
        "value", "op", "inputs", "params", "number", "tracked", "code", "instruction",
        "_grad", "_name", "_scope", "__weakref__",
    )  # fmt: skip
    value: Any
    op: Primitive | None
    inputs: tuple[Node, ...]
    params: dict[str, Any] | None
    number: int
    tracked: int
    code: CodeType
    instruction: int
    _grad: Any
    _name: str | None
    _scope: str

    arrays: ClassVar[bool]
    space: ClassVar[Namespace]
    no_gradient: ClassVar[Any] = None
    classes: ClassVar[dict[str, type[Node]]] = {}  # "number": Value, "array": Tensor

    def __init_subclass__(cls, holds: str | None = None) -> None:
        if holds is not None:
            Node.classes[holds] = cls

    __hash__ = object.__hash__

    def operand(self, other: Any) -> Any:
        """`other` as a node of self's class, or NotImplemented."""
        raise NotImplementedError

    @classmethod
    def lift(cls, x: Any, among: Sequence[Any] = ()) -> Node:
        """Anything as a node of this class; a Python number takes the dtype of what it is `among`."""
        raise NotImplementedError

    @staticmethod
    def coerce(value: Any) -> Any:
        """What a leaf of this class may hold, copied; raises on anything else."""
        raise NotImplementedError

    @staticmethod
    def fit(m: Namespace, g: Any, x: Any) -> Any:
        """The cotangent g in the shape and dtype of its value x: undoes broadcasting and promotion."""
        raise NotImplementedError

    @staticmethod
    def spread(m: Namespace, t: Any, out: Any) -> Any:
        """The tangent t in the shape and dtype of its value out."""
        raise NotImplementedError

    @property
    def origin(self) -> tuple[str, int, str] | None:
        """(file, line, function) that made this node, or None if that was not recorded."""
        code = getattr(self, "code", None)
        if code is None:
            return None
        line = next(islice(code.co_positions(), self.instruction // 2, None))[0]
        return code.co_filename, line or code.co_firstlineno, code.co_name

    def assign(self, value: Any) -> None:
        """Give a leaf a new value, unchecked: it takes a new number, and notes the line that did it."""
        self.value, self.number = value, next_number()
        note_origin(self)


def leaf(cls: type[Node], value: Any, tracked: int = 0) -> Any:
    """A node that nothing computed."""
    out = new(cls)
    out.value, out.op, out.inputs, out.params = value, None, (), None
    out.number, out.tracked = next_number(), tracked
    return out


def note_origin(node: Node) -> None:
    """Remember the line of the user's code that is running: its code object and instruction, never a frame."""
    frame: Any = frame_at(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(PACKAGE):
        frame = frame.f_back
    node.code, node.instruction = frame.f_code, frame.f_lasti


# ---- recording -------------------------------------------------------------------------------------------
_recording: ContextVar[bool] = ContextVar("recording", default=True)
_scope: ContextVar[str] = ContextVar("scope", default="")
_unusual = 0  # contexts open anywhere that record differently; while it is 0 no operation asks the two above
_lock = threading.Lock()


@contextmanager
def unusual(variable: ContextVar[Any], value: Any) -> Iterator[None]:
    """Set a context variable that recording asks for: per thread and per asynchronous task."""
    global _unusual
    with _lock:
        _unusual += 1
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)
        with _lock:
            _unusual -= 1


def no_grad() -> Any:
    """Context manager and decorator: what runs inside is computed and not recorded.

    >>> from autodiff import Value
    >>> x = Value(2.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.requires_grad
    False
    """
    return unusual(_recording, False)


def enable_grad() -> Any:
    """Context manager and decorator: records again inside `no_grad`.

    >>> from autodiff import Value
    >>> x = Value(2.0)
    >>> with no_grad(), enable_grad():
    ...     y = x * x
    >>> y.requires_grad
    True
    """
    return unusual(_recording, True)


def is_recording() -> bool:
    return _recording.get()


def scope(name: str) -> Any:
    """Context manager and decorator that groups what is recorded inside, for pictures; scopes nest.

    >>> from autodiff import Value
    >>> with scope("encoder"), scope("layer1"):
    ...     y = Value(2.0) * 3
    >>> y.scope
    'encoder/layer1'
    """
    outer = _scope.get()
    return unusual(_scope, f"{outer}/{name}" if outer else name)


def make(
    cls: type[Node], value: Any, op: Primitive, inputs: tuple[Node, ...], params: dict[str, Any] | None
) -> Any:
    """The result of a primitive, recorded as far as anybody may ask: the general way, for every case."""
    tracked = 0
    for x in inputs:
        tracked |= x.tracked
    tracked &= op.keeps
    if tracked & DIFF and _unusual and not _recording.get():
        tracked &= ~DIFF
    out = leaf(cls, value, tracked)
    if tracked:
        out.op, out.inputs, out.params = op, inputs, params
        note_origin(out)
        if _unusual and _scope.get():
            out._scope = _scope.get()
    return out


def apply(op: Primitive, args: Sequence[Any], params: dict[str, Any]) -> Any:
    """Run a primitive on anything: numbers, arrays, nodes or a mixture; record it if an input is tracked."""
    if op.arity is not None and len(args) != op.arity:
        settings = ", ".join(op.defaults) or "none"
        raise TypeError(f"{op.name} takes {op.arity} argument(s), not {len(args)}; settings by keyword: {settings}")
    number, array = Node.classes["number"], Node.classes["array"]
    nodes = any(isinstance(a, Node) for a in args)
    arrays = any(isinstance(a, (array, np.ndarray, list, tuple)) for a in args)
    if not nodes:
        scalar = op.scalar is not None and not arrays and not any(isinstance(a, np.generic) for a in args)
        return run(op, op.scalar if scalar and op.scalar else op.f, args, params)
    cls = array if arrays or op.scalar is None else number
    inputs = tuple([a if type(a) is cls else cls.lift(a, args) for a in args])
    value = run(op, getattr(cls.space, op.name), [x.value for x in inputs], params)
    return make(Node.classes[op.makes] if op.makes else cls, value, op, inputs, params or None)


def run(op: Primitive, f: Callable[..., Any], xs: Sequence[Any], params: dict[str, Any]) -> Any:
    try:
        return f(*xs, **params)
    except Exception as error:
        raise explained(error, op, xs) from error


def explained(error: Exception, op: Primitive, xs: Iterable[Any]) -> Exception:
    """The same error, saying which operation it was, on what, and what to do."""

    def describe(x: Any) -> str:
        return f"{x.dtype} array of shape {x.shape}" if isinstance(x, np.ndarray) else f"{type(x).__name__} {x!r}"

    advice = f"; {op.advice}" if op.advice else ""
    message = f"{op.name} of {', '.join(map(describe, xs))}: {error}{advice}"
    try:
        return type(error)(message)
    except Exception:  # an exception whose constructor wants something else
        return TypeError(message)


def unary(op: Primitive) -> Callable[[Any], Any]:
    """The method that runs `op`: what `apply` and `make` do, spelled out for the common case."""
    number, array = getattr(SCALAR, op.name), getattr(PLAIN, op.name)

    def method(self: Any) -> Any:
        cls = type(self)
        try:
            value = array(self.value) if cls.arrays else number(self.value)
        except Exception as error:
            raise explained(error, op, (self.value,)) from error
        tracked = self.tracked
        if tracked and (tracked != DIFF or _unusual):
            return make(cls, value, op, (self,), None)
        out = new(cls)
        out.value, out.tracked, out.params, out.number = value, tracked, None, next_number()
        if tracked:
            frame = frame_at(1)
            out.op, out.inputs, out.code, out.instruction = op, (self,), frame.f_code, frame.f_lasti
        else:
            out.op, out.inputs = None, ()
        return out

    method.__name__, method.__doc__ = op.name, op.__doc__
    return method


def binary(op: Primitive, swap: bool = False) -> Callable[[Any, Any], Any]:
    """The same for two operands; with `swap` the reflected form, `other op self`."""
    number, array = getattr(SCALAR, op.name), getattr(PLAIN, op.name)

    def method(self: Any, other: Any) -> Any:
        cls = type(self)
        if type(other) is not cls:
            other = self.operand(other)
            if other is NotImplemented:
                return NotImplemented
        if swap:
            self, other = other, self
        try:
            value = array(self.value, other.value) if cls.arrays else number(self.value, other.value)
        except Exception as error:
            raise explained(error, op, (self.value, other.value)) from error
        tracked = self.tracked | other.tracked
        if tracked and (tracked != DIFF or _unusual):
            return make(cls, value, op, (self, other), None)
        out = new(cls)
        out.value, out.tracked, out.params, out.number = value, tracked, None, next_number()
        if tracked:
            frame = frame_at(1)
            out.op, out.inputs, out.code, out.instruction = op, (self, other), frame.f_code, frame.f_lasti
        else:
            out.op, out.inputs = None, ()
        return out

    method.__name__, method.__doc__ = op.name, op.__doc__
    return method


# ---- order -----------------------------------------------------------------------------------------------
def ancestry(
    roots: Iterable[Node], bit: int = DIFF, fresh: Set[Node] = frozenset()
) -> tuple[list[Node], bool]:
    """The tracked results that `roots` were made of, the roots included, youngest first; leaves are left out.

    The search stops at the `fresh` nodes: what is older cannot depend on them.  The second result says
    whether it met a tracked node older than they are.  Then somebody outside may want to differentiate
    what we compute, so it must be recorded.
    """
    youngest_fresh = max(map(age, fresh), default=0)
    found = [r for r in dict.fromkeys(roots) if r.tracked & bit and r.op and r.number > youngest_fresh]
    seen = set(found)
    outside = False
    for node in found:  # grows as it is read: breadth first, without recursion
        number = node.number
        for x in node.inputs:
            if x.number > number:
                raise stale(x, node)
            if x.tracked and x not in seen:
                if x.number <= youngest_fresh:
                    outside = outside or x not in fresh
                elif x.op and x.tracked & bit:
                    seen.add(x)
                    found.append(x)
    found.sort(key=age, reverse=True)
    return found, outside


def stale(x: Node, node: Node) -> StaleError:
    def line(n: Node) -> str:
        return "{}:{}".format(*n.origin) if n.origin else "an unknown line"

    return StaleError(
        f"`{node.op and node.op.name}` at {line(node)} used a leaf that was given new data at {line(x)}: "
        "compute the result again before asking for its derivative"
    )
