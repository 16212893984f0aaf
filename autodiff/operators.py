"""What Python calls for `x + y`, `-x`, `x < y` and `x.sin()`: methods that compute and record.

`graph.apply` and `graph.make` do the same for every case there is.  An operator is called so often that
the common case is spelled out here: operands of one class, nothing paused, nothing traced.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from sys import _getframe
from typing import Any

import numpy as np

from . import graph
from .errors import explained
from .graph import DIFF, TRACE, Node, Primitive, apply, leaf, make, new, next_number
from .places import note_origin
from .versions import VERSION

__all__: list[str] = []

UNUSUAL = TRACE | VERSION  # bits of an operand that the spelled-out way knows nothing of


def literal(known: dict[Any, Any], cls: type[Node], key: Any, value: Any) -> Any:
    """The node of a number that stands in the program: made once, older than all others, never changed."""
    out = leaf(cls, value)
    out.number = 0
    if value != 0 and len(known) < 1000:  # 0.0 and -0.0 are equal keys
        known[key] = out
    return out


class Method:
    """An operator of nodes.  Each class of nodes builds its own, which computes in its own namespace."""

    def __init__(self, op: Primitive, build: Callable[[Primitive, Callable[..., Any]], Any]) -> None:
        self.op, self.build = op, build


def build_methods(cls: type[Node]) -> None:
    """Give a class of nodes its own operators."""
    for name in dir(cls):
        found = getattr(cls, name, None)
        if isinstance(found, Method):
            method = found.build(found.op, getattr(cls.space, found.op.name))
            method.__name__, method.__doc__ = found.op.name, found.op.__doc__
            method.__qualname__ = f"{cls.__name__}.{name}"  # in messages
            setattr(cls, name, method)


def wide(op: Primitive, node: Any, number: Any, error: Exception) -> Any:
    """A whole number that doesn't fit into the small whole numbers next to it; raises `error` if it has to.

    NumPy takes it where the result has another dtype: `x / 256` and `x < 300`, but not `x + 300`.
    """
    dtype = getattr(node.value, "dtype", None)
    if dtype is None or dtype.kind not in "iu" or type(number) is not int or op.arity != 2:
        raise error
    one = np.ones((), dtype)
    if op.f(one, one).dtype == dtype:
        raise error
    return node.operand(np.array(number, np.int64 if number < 2**63 else np.uint64))


def unary(op: Primitive) -> Any:
    """The method that runs `op`: what `apply` and `make` do, spelled out for the common case."""
    return Method(op, build_unary)


def binary(op: Primitive, swap: bool = False) -> Any:
    """The same for two operands; with `swap` the reflected form, `other op self`."""
    return Method(op, partial(build_binary, swap=swap))


def build_unary(op: Primitive, compute: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def method(self: Any) -> Any:
        cls = type(self)
        try:
            value = compute(self.value)
        except Exception as error:
            raise explained(error, op, (self.value,)) from error
        tracked = self.tracked
        if tracked & UNUSUAL or (graph.unusual_contexts and (tracked or graph.tracing.get())):
            return make(cls, value, op, (self,), None)
        out = new(cls)
        out.value, out.params, out.number = value, None, next_number()
        if tracked & DIFF:
            out.tracked, out.op, out.inputs = DIFF, op, (self,)
            if tracked != DIFF:  # a leaf is used
                frame = _getframe(1)
                out.code, out.instruction = frame.f_code, frame.f_lasti
        else:
            out.tracked, out.op, out.inputs = 0, None, ()
        return out

    return method


def build_binary(op: Primitive, compute: Callable[[Any, Any], Any], swap: bool) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        cls = type(self)
        if type(other) is not cls:
            try:
                other = self.operand(other)
            except OverflowError as error:
                other = wide(op, self, other, error)
            if other is NotImplemented:
                return NotImplemented
        if swap:
            self, other = other, self
        try:
            value = compute(self.value, other.value)
        except Exception as error:
            raise explained(error, op, (self.value, other.value)) from error
        tracked = self.tracked | other.tracked
        if tracked & UNUSUAL or (graph.unusual_contexts and (tracked or graph.tracing.get())):
            return make(cls, value, op, (self, other), None)
        out = new(cls)
        out.value, out.params, out.number = value, None, next_number()
        if tracked & DIFF:
            out.tracked, out.op, out.inputs = DIFF, op, (self, other)
            if tracked != DIFF:  # a leaf is used
                frame = _getframe(1)
                out.code, out.instruction = frame.f_code, frame.f_lasti
        else:
            out.tracked, out.op, out.inputs = 0, None, ()
        return out

    return method


def among_nodes(op: Primitive, cls: Any, args: tuple[Any, ...]) -> list[Any]:
    """Arrays and numbers next to a node of this class, as nodes; nothing where there is none."""
    if cls not in map(type, args):
        return []
    if len(args) == 2:  # a number is looked up
        x, y = args
        node, other = (x, y) if type(x) is cls else (y, x)
        try:
            found = node.operand(other)
        except OverflowError as error:
            found = wide(op, node, other, error)
        return [] if found is NotImplemented else [node, found] if node is x else [found, node]
    return [x if type(x) is cls else cls.lift(x, args) for x in args]


def build_call(cls: type[Node]) -> Callable[..., Any]:
    """The same for a call of any primitive on nodes of one class: what stands in for `Primitive.__call__`."""

    def call(op: Primitive, /, *args: Any, **params: Any) -> Any:
        if len(params) != op.settings:
            params = {**op.defaults, **params}
        if params and not op.settings:
            ufunc = cls.as_ufunc.get(op)  # type: ignore[attr-defined]
            if ufunc is not None:  # which has where=, out= and more
                return cls.run_ufunc(ufunc, op, "__call__", args, params)  # type: ignore[attr-defined]
            if isinstance(op.f, np.ufunc):  # of a user's own; no rule knows of its settings
                raise TypeError(f"{op.name} takes no setting {' or '.join(params)} here")
        tracked, xs = 0, []
        for x in args:
            if type(x) is not cls:
                lifted = among_nodes(op, cls, args)
                return call(op, *lifted, **params) if lifted else apply(op, args, params)
            tracked |= x.tracked
            xs.append(x.value)
        if tracked & UNUSUAL or op.makes or (graph.unusual_contexts and (tracked or graph.tracing.get())):
            return apply(op, args, params)
        if len(xs) != op.arity and (op.arity or not xs):
            return apply(op, args, params)
        try:
            value = op.f(*xs, **params)
        except Exception as error:
            raise explained(error, op, xs, params) from error
        out = new(cls)
        out.value, out.number = value, next_number()
        if tracked & DIFF & op.keeps:
            out.tracked, out.op, out.inputs = DIFF, op, args
            out.params = params or None
            if tracked != DIFF:  # a leaf is used
                note_origin(out, 2)
        else:
            out.tracked, out.op, out.inputs = 0, None, ()
            out.params = None
        return out

    return call


def comparison(op: Primitive) -> Callable[[Any, Any], Any]:
    """A comparison: never differentiated; of numbers, a plain bool unless a replay is recording."""

    def method(self: Any, other: Any) -> Any:
        try:
            other = self.operand(other)
        except OverflowError as error:
            other = wide(op, self, other, error)
        if other is NotImplemented:
            return NotImplemented
        out = op(self, other)
        return out if out.arrays or out.tracked else out.value

    return method


def pairwise(op: Primitive) -> Callable[[Any, Any], Any]:
    """A method of two operands that stands by its name: `x.maximum(y)`."""

    def method(self: Any, other: Any) -> Any:
        return op(self, other)

    method.__name__, method.__doc__ = op.name, op.__doc__
    method.__qualname__ = f"x.{op.name}"  # in messages
    return method


def constant(op: Primitive, swap: bool = False) -> Callable[[Any, Any], Any]:
    """An operator whose derivative is zero: `x // y`."""

    def method(self: Any, other: Any) -> Any:
        other = self.operand(other)
        if other is NotImplemented:
            return NotImplemented
        return op(other, self) if swap else op(self, other)

    return method
