"""The Laplacian of a function, forwards: no gradient, and no Hessian.

Let J_i be the tangent of a node along the unit vector e_i of x, and L the Laplacian Σ_i ∂²/∂x_i² of its
value.  For one primitive out = φ(u) the chain rule, taken twice, says

    J_i of out  =  φ'(u) J_i                            n tangents, as in every forward walk
    L of out    =  φ'(u) L  +  Σ_i φ''(u) (J_i, J_i)    one tangent more, and how much φ bends

so f's own nodes are all that is walked over (Li et al., "A computational framework for neural network-based
variational Monte Carlo with forward Laplacian", 2023).  The trace of the Hessian, forward over backward,
walks over the nodes of the gradient as well, and takes a tangent for each i through all of them.

φ'(u) t is what a row states.  How much φ bends is the derivative of that, along the same tangent t, with u
moving and t held: a forward walk over the few nodes that the row's rule leaves.  A linear φ leaves none.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import wraps
from typing import Any

import numpy as np

from ..care import Everything, plainly_then_carefully
from ..forward import push_forward
from ..graph import DIFF, RECORD, Node, ancestry, enable_grad, leaf, make, no_grad, unusual
from ..several import Parts
from .fresh import Call, fresh, name_of, opened
from .grad import check_scalar
from .jacobian import checked_chunk_size, ones, unit_vectors
from .vmap import vmap

__all__ = ["laplacian"]


def laplacian(f: Callable[..., Any], *, chunk_size: int | None = 64) -> Callable[..., Any]:
    """The function that returns the Laplacian of f: Σ_i ∂²f/∂x_i², the trace of its Hessian.

    f(x, *others) returns one real number; x is a number, an array or a tree of real ones.  f runs once, and
    one walk over its graph takes the tangents of all elements of an array along, `chunk_size` of them at once
    or, with None, all: the memory is that of as many forward walks.  It is exact, and can be differentiated.
    Raises what `grad` raises, TypeError for complex x, ValueError for a `chunk_size` that is not positive,
    and NotImplementedError for a primitive without a batching rule.

    >>> laplacian(lambda x: (x**2).sum() ** 2)(np.array([1.0, 2.0]))  # 4 (n + 2) |x|²
    80.0
    """
    checked_chunk_size(chunk_size, "laplacian")

    @wraps(f)
    def trace(*args: Any, **settings: Any) -> Any:
        with unusual(opened, True):
            call = Call(f, args, [0], False, **settings)
        check_scalar(call.out, f)
        if any(np.iscomplexobj(v.value) for v in call.variables):
            raise TypeError(
                f"laplacian: {name_of(f)} has a complex argument; give it real and imaginary parts"
            )
        (out,) = call.outputs
        order, record = call.ancestry()
        with nullcontext() if record else no_grad():
            found = carried(order, all_bends(call.variables, order, record, chunk_size), out, record)
        result = call.tangent(out, found, set())
        return result.item() if isinstance(result, np.ndarray) else result

    return trace


def all_bends(
    variables: list[Any], order: list[Node], record: bool, chunk_size: int | None
) -> dict[Any, Any]:
    """Σ_i φ''(J_i, J_i) for the nodes of `order`: of all elements i of the variables."""
    found: dict[Any, Any] = {}
    for v in variables:
        if np.shape(v.value) == ():
            direction = leaf(type(v), ones(v.value))
            parts = [(key, y if record else y.value) for key, y in bends(v, direction, order).items()]
            found = added(found, parts)
            continue
        step = chunk_size or max(v.value.size, 1)
        for start in range(0, v.value.size, step):
            units = unit_vectors(v.value, start, min(start + step, v.value.size))
            keys: list[Any] = []

            def along(unit: Any, v: Any = v, keys: list[Any] = keys) -> tuple[Any, ...]:
                of_unit = bends(v, unit, order)
                keys[:] = of_unit
                return tuple(of_unit.values())

            each = vmap(along)(units)
            found = added(found, [(key, y.sum(0)) for key, y in zip(keys, each, strict=True)])
    return found


def added(found: dict[Any, Any], parts: list[tuple[Any, Any]]) -> dict[Any, Any]:
    """Bends by node, from those by node and position."""
    for (node, i), y in parts:
        y = y if i is None else Parts({i: y})
        found[node] = found[node] + y if node in found else y
    return found


def bends(v: Any, direction: Any, order: list[Node]) -> dict[Any, Any]:
    """φ''(t, t) for each node of `order`, where t are the tangents when v moves in a direction.

    By the node and, of a primitive with several results, the position among them.
    """

    def walk(careful: bool) -> dict[Any, Any]:
        tangents: dict[Any, Any] = {v: direction}
        found: dict[Any, Any] = {}
        below: set[Node] = set()  # see forward.py
        for node in reversed(order):
            chosen = careful and (node.op.selects or not below.isdisjoint(node.inputs))  # type: ignore[union-attr]
            if chosen:
                below.add(node)
            ts = [tangents.get(x) for x in node.inputs]
            if any(t is not None for t in ts):
                t, bent = moved(node, ts, chosen)
                tangents[node] = t
                found.update(((node, i), y) for i, y in bent.items())
        return found

    with enable_grad():
        return plainly_then_carefully(walk, order, True, Everything())


def moved(node: Any, ts: list[Any], chosen: bool) -> tuple[Any, dict[Any, Any]]:
    """A node's tangent when its inputs have the tangents ts, and the derivative of that along ts."""
    params = node.params or {}
    xs = tuple(x if t is None else fresh(x) for x, t in zip(node.inputs, ts, strict=True))
    out = make(type(node), node.value, node.op, xs, node.params)
    rules = node.op.careful if chosen else node.op.rules
    t = rules.push(RECORD, ts, out, *xs, **params)
    if t is None:
        return None, {}
    parts: Any = t if isinstance(t, Parts) else {None: node.spread(RECORD, t, out)}
    moving = {x: t for x, t in zip(xs, ts, strict=True) if t is not None}
    outputs = [y for y in parts.values() if y is not None and y.tracked & DIFF]
    order = ancestry(outputs, DIFF, set(moving))[0]
    found = push_forward(moving, order, outputs, True)
    return (
        t if isinstance(t, Parts) else parts[None],
        {i: found[y] for i, y in parts.items() if y in found},
    )


def carried(order: list[Node], bent: dict[Any, Any], out: Any, record: bool) -> Any:
    """L of out: forwards through all nodes, with what each bends added; None is zero."""

    def walk(careful: bool) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        below: set[Node] = set()
        for node in reversed(order):
            op, inputs, space = node.op, node.inputs, RECORD if record else node.space
            chosen = careful and (op.selects or not below.isdisjoint(inputs))  # type: ignore[union-attr]
            if chosen:
                below.add(node)
            ls = [found.get(x) for x in inputs]
            total = bent.get(node)
            if any(part is not None for part in ls):
                y, xs = (node, inputs) if record else (node.value, [x.value for x in inputs])
                rules = op.careful if chosen else op.rules  # type: ignore[union-attr]
                t = rules.push(space, ls, y, *xs, **(node.params or {}))
                if t is not None:
                    t = node.spread(space, t, y)
                    total = t if total is None else total + t
            if total is not None:
                found[node] = total
        return found

    return plainly_then_carefully(walk, order, record, {out} if order else frozenset()).get(out)
