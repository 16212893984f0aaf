"""Errors that name the operation, what it was given, the line, and what to do instead."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .graph import Node, Primitive

__all__ = ["ConvergenceError", "StaleError"]


class StaleError(RuntimeError):
    """A leaf was given new data, or made to require grad, after it was used: the graph is wrong now."""


class ConvergenceError(ArithmeticError):
    """Iterations that should find the solution of an equation did not come to an end."""


def origin(node: Any) -> tuple[str, int, str] | None:
    """(file, line, function) that made a node or gave it data; None if that was not recorded."""
    code = getattr(node, "code", None)
    if code is None:
        return None
    found = next(islice(code.co_positions(), getattr(node, "instruction", 0) // 2, None))[0]
    return code.co_filename, found or code.co_firstlineno, code.co_name


def line(node: Any) -> str:
    place = origin(node)
    return "{}:{}".format(*place) if place else "a line that trace_lines() would tell"


def stale(x: Node, node: Node) -> RuntimeError:
    """x, an input of node, is younger than node."""
    if x.number == sys.maxsize:
        return RuntimeError(f"the graph behind `{node.op and node.op.name}` at {line(node)} {x.value}")
    return StaleError(
        f"`{node.op and node.op.name}` at {line(node)} used a leaf that was changed at {line(x)}, which gave "
        "it new data or made it require grad: compute the result again before asking for its derivative"
    )


def explained(
    error: Exception, op: Primitive, xs: Iterable[Any], params: dict[str, Any] | None = None
) -> Exception:
    """The same error, saying which operation it was, on what, and what to do."""
    for name, setting in (params or {}).items():
        if hasattr(setting, "tracked"):
            kind = type(setting).__name__
            return TypeError(
                f"{op.name}: {name} can't be a {kind}: it is not differentiated; give plain numbers"
            )
    xs = list(xs)
    shapes = isinstance(error, ValueError) and any(
        about in str(error) for about in ("broadcast", "mismatch", "enough dimensions")
    )
    advice = f"; {op.advice}" if op.advice and shapes else ""
    return like(error, f"{op.name} of {' and '.join(map(described, xs))}: {error}{advice}")


def singular(error: Exception, node: Node | None) -> Exception:
    """The error of a derivative that does not exist, naming the operation and the line that called it."""
    if node is None or node.op is None:
        return error
    if node.inputs and isinstance(node.inputs[0].value, tuple) and node.inputs[0].op:
        node = node.inputs[0]  # of which this is one of the results
    assert node.op is not None
    told = explained(error, node.op, [x.value for x in node.inputs])
    return like(error, f"the derivative of {told} (computed at {line(node)})")


def described(x: Any) -> str:
    return (
        f"a {x.dtype} array of shape {x.shape}" if isinstance(x, np.ndarray) else f"{type(x).__name__} {x!r}"
    )


def like(error: Exception, message: str) -> Exception:
    try:
        return type(error)(message)
    except Exception:  # an exception whose constructor wants something else
        return TypeError(message)
