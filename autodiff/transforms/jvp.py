"""Jacobian-vector products: the forward walk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import trees
from ..forward import push_forward
from ..graph import DIFF, Node, leaf
from .fresh import Call, matching, tracked

__all__ = ["jvp"]


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False) -> Any:
    """`(f(*primals), J t)`: the output, and how fast it changes as the primals move with `tangents`.

    `tangents` has the structure and shapes of `primals`, a tuple or list of f's arguments (TypeError or
    ValueError otherwise).  With `has_aux`, f returns `(output, aux)` and jvp `(output, tangent, aux)`.

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 10.0))
    (6.0, 23.0)
    """
    for what, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, (tuple, list)):
            raise TypeError(
                f"jvp: {what} must be a tuple or list of arguments, not {type(given).__name__}: ({what},)"
            )
    ts = trees.leaves_like(tuple(primals), tuple(tangents), "tangents")
    call = Call(f, tuple(primals), range(len(primals)), has_aux)
    ts = matching(call.variables, ts, "a tangent")
    order, record = call.ancestry()
    record = record or tracked(ts)
    moving = {
        v: t if isinstance(t, Node) == record else leaf(type(v), t) if record else t.value
        for v, t in zip(call.variables, ts, strict=True)
    }
    outputs = [y for y in call.outputs if isinstance(y, Node)]
    found = push_forward(moving, order, outputs, record)
    handed_out = {id(t) for t in ts}
    moved = [
        call.tangent(y, found.get(y) if isinstance(y, Node) and y.tracked & DIFF else None, handed_out)
        for y in call.outputs
    ]
    results = call.results(record), call.rebuild_outputs(moved)
    return (*results, call.aux_outside(record)) if has_aux else results
