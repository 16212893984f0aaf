"""Jacobian-vector products: the forward walk, along one direction, several, or later ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from .. import trees
from ..forward import push_forward
from ..graph import DIFF, Node, leaf, no_grad
from ..tensor import Tensor
from .fresh import Call, matching, tracked
from .vmap import vmap

__all__ = ["jvp", "linearize"]


def jvp(
    f: Callable[..., Any],
    primals: Sequence[Any],
    tangents: Sequence[Any],
    has_aux: bool = False,
    tangents_batched: bool = False,
) -> Any:
    """`(f(*primals), J t)`: the output, and how fast it changes as the primals move with `tangents`.

    `tangents` has the structure and shapes of `primals`, a tuple or list of f's arguments (TypeError or
    ValueError otherwise).  With `has_aux`, f returns `(output, aux)` and jvp `(output, tangent, aux)`.

    With `tangents_batched` it takes several tangents at once: each leaf of `tangents` is an array with one
    more axis in front, and so is each leaf of J t.  They go in one walk (`vmap`).

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 10.0))
    (6.0, 23.0)
    >>> jvp(lambda x: x * x, (2.0,), (np.array([1.0, 10.0]),), tangents_batched=True)
    (4.0, array([ 4., 40.]))
    """
    for what, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, (tuple, list)):
            raise TypeError(
                f"jvp: {what} must be a tuple or list of arguments, not {type(given).__name__}: ({what},)"
            )
    ts = trees.leaves_like(tuple(primals), tuple(tangents), "tangents")
    call = Call(f, tuple(primals), range(len(primals)), has_aux)
    record = call.ancestry()[1] or tracked(ts)
    moved = pushed_jointly(call, ts, record) if tangents_batched else pushed(call, ts)
    results = call.results(record), call.rebuild_outputs(moved)
    return (*results, call.aux_outside(record)) if has_aux else results


def linearize(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """`(f(*primals), jvp_fn)`: `jvp_fn(*tangents)` is J t, with a tangent for each primal.

    f runs once; `jvp_fn` walks forward over its graph each time it is called.  The structures, shapes and
    errors are `jvp`'s.  With `has_aux`, f returns `(output, aux)` and linearize `(output, jvp_fn, aux)`.

    >>> out, jvp_fn = linearize(lambda x, y: x * y, 2.0, 3.0)
    >>> jvp_fn(1.0, 0.0), jvp_fn(0.0, 1.0)
    (3.0, 2.0)
    """
    call = Call(f, primals, range(len(primals)), has_aux)

    def jvp_fn(*tangents: Any) -> Any:
        ts = trees.leaves_like(primals, tangents, "tangents")
        return call.rebuild_outputs(pushed(call, ts))

    record = call.ancestry()[1]
    if has_aux:
        return call.results(record), jvp_fn, call.aux_outside(record)
    return call.results(record), jvp_fn


def pushed(call: Call, ts: list[Any]) -> list[Any]:
    """The tangents of a call's outputs when its variables have the tangents ts: one walk."""
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
    return [
        call.tangent(y, found.get(y) if isinstance(y, Node) and y.tracked & DIFF else None, handed_out)
        for y in call.outputs
    ]


# ---- several tangents
def pushed_jointly(call: Call, ts: list[Any], record: bool) -> list[Any]:
    """The tangents of a call's outputs for several of the variables', in one walk: an axis more on each."""
    ts = [t if isinstance(t, Node) else np.asarray(t) for t in ts]
    shapes = [np.shape(getattr(t, "value", t)) for t in ts]
    if len({shape[:1] for shape in shapes}) != 1 or () in shapes:
        raise ValueError(
            "jvp: with tangents_batched, each tangent has one more axis in front, of the same length; "
            f"the shapes are {', '.join(map(str, shapes)) or 'none'}"
        )
    walk = vmap(lambda *ts: tuple(pushed(call, list(ts))))
    with nullcontext() if record else no_grad():
        moved = walk(*ts)
    return [t if isinstance(t, Node) or call.plain else leaf(Tensor, t) for t in moved]
