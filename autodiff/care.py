"""Care: how a walk sees to it that an exact zero absorbs what it is multiplied by.

    where(x > 0, sqrt(x), 0.0)        at x = 0

has the derivative 0, for nothing depends on the square root there; but its slope is infinite, and 0 · inf is
NaN in floating point.  So below a primitive that selects, a walk uses the rules in which zeros absorb
(`Primitive.careful`).  They take time, and memory, and are hardly ever needed.  So a walk is made plainly
first, and made again with care only if a NaN came out, or a Python float raised, and something in the graph
selects.

A walk that is recorded is careful at once: the NaN might only show in the next derivative.  Unless somebody
answers for it: whoever looks at all that comes out, knows that nobody will ask for more derivatives of it,
and can do everything again (`trusting`).
"""

from __future__ import annotations

from collections.abc import Callable, Container
from contextvars import ContextVar
from typing import Any

from numpy import errstate, vdot, vecdot

from .graph import LEAF, Node

__all__: list[str] = []

Found = dict[Node, Any]  # cotangents or tangents
# a list, to which a recorded walk that went without care appends what may have NaNs; None where nobody looks
trusting: ContextVar[list[list[Any]] | None] = ContextVar("trusting", default=None)


def plainly_then_carefully(
    walk: Callable[[bool], Found], order: list[Node], once: bool, watch: Container[Any] = frozenset()
) -> Found:
    """Walk plainly, and again with care if that is needed; `once` if it is recorded, or can't be made twice.

    A NaN passes on to whatever the walk reaches after it, so looking at the ends is enough: at the nodes
    to `watch`, or without any, at leaves and arrays.
    """
    selects = False
    for node in order:
        if node.op.selects:  # type: ignore[union-attr]
            selects = True
            break
    trusted = trusting.get() if once else None
    if not selects or (once and trusted is None):
        return walk(selects)
    try:
        found = walk(False)
    except (ArithmeticError, ValueError):
        return walk(True)
    ends = [g for x, g in found.items() if (x in watch if watch else x.tracked & LEAF or x.arrays)]
    if trusted is not None:
        trusted.append(ends)
        return found
    return walk(True) if any(map(has_nan, ends)) else found


class Everything:
    """For `watch`: to look at all that a walk found."""

    def __contains__(self, x: object) -> bool:
        return True


ROW = 8192  # elements: of longer rows BLAS makes parts for several threads, and waits for those of others


def has_nan(g: Any) -> bool:
    """Whether g has a NaN; of an array, by its product with itself, which is NaN then and costs little."""
    if not hasattr(g, "shape"):
        return bool(g != g)
    if g.size <= ROW:
        square = vdot(g, g)
    else:
        flat, n = g.reshape(-1), g.size // ROW * ROW
        rows, rest = flat[:n].reshape(-1, ROW), flat[n:]
        with errstate(all="ignore"):
            square = vecdot(rows, rows).sum() + vdot(rest, rest)
    return bool(square != square)
