"""A program on nodes: what a compiled function does, recorded again, one primitive after another.

The walks of the engine go over graphs, and a program that was read out of a graph can become one again:

    played(program, xs)      the nodes of its terms, for these inputs
    pulling(program, …)      the function (inputs, cotangents of outputs) -> cotangents of inputs
    pushing(program, …)      the function (inputs, tangents of inputs) -> tangents of outputs
    running(program)         the function (inputs) -> outputs

These are functions like any others: they can be compiled, differentiated and batched, which is how a compiled
function gets its derivatives (`derivatives.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np

from ..graph import DIFF, RECORD, Node, ancestry, enable_grad, leaf, make, no_grad
from ..replay import Read
from ..transforms.checkpoint import go_back
from ..transforms.fresh import as_node, fresh
from .dead import without_dead_code
from .program import Program, Term

__all__: list[str] = []

Numbers = Sequence[int]  # positions among inputs or outputs


def played(program: Program, xs: Sequence[Any]) -> dict[Term, Any]:
    """A node for every term, given those of the inputs."""
    found: dict[Term, Any] = dict(zip(program.inputs, xs, strict=True))

    def node(term: Term) -> Any:
        if term not in found:
            found[term] = leaf(class_of(term), term.value)
        return found[term]

    for term in program.terms:
        inputs = tuple([node(x) for x in term.inputs])
        value = term.f(*[x.value for x in inputs], **term.params)
        with no_grad() if term.detached else nullcontext():
            found[term] = make(class_of(term), value, term.op, inputs, term.params or None)  # type: ignore[arg-type]
    for root in program.roots():
        node(root)
    return found


def class_of(term: Term) -> type[Node]:
    return Node.classes["array" if term.array else "several" if term.dtype is tuple else "number"]


def moving(program: Program, wrt: Numbers, bit: int = DIFF) -> set[Term]:
    """The terms that depend on these inputs, as derivatives, or replays, see it."""
    found = {program.inputs[k] for k in wrt}
    for term in program.terms:
        passes = term.op.keeps & bit and not (term.detached and bit == DIFF)  # type: ignore[union-attr]
        if passes and any(x in found for x in term.inputs):
            found.add(term)
    return found


def variables(program: Program, xs: Sequence[Any], wrt: Numbers) -> list[Any]:
    """Nodes for the inputs: fresh ones for those that derivatives are taken of."""
    return [fresh(x) if k in wrt else as_node(x) for k, x in enumerate(xs)]


def pulled(
    program: Program, nodes: dict[Term, Any], wrt: Numbers, used: Numbers, gs: Sequence[Any], careful: bool
) -> list[Any]:
    """The cotangents of the inputs `wrt`, recorded, given those of the outputs `used`; None is zero."""
    cot: dict[Any, Any] = {}
    xs = [nodes[program.inputs[k]] for k in wrt]
    after = min(x.number for x in xs)
    for k, g in zip(used, gs, strict=True):
        y, g = nodes[program.outputs[k]], as_node(g)
        cot[y] = cot[y] + g if y in cot else g
    ends = {nodes[x] for x in program.inputs}
    order, _ = ancestry([y for y in cot if y not in ends], DIFF, ends)
    for node in order:
        go_back(node, cot, after, True, careful)
    return [cot.get(x) for x in xs]


def pulling(program: Program, wrt: Numbers, used: Numbers, careful: bool) -> Callable[..., Any]:
    """The cotangents of the inputs `wrt`, given all inputs and cotangents of the outputs that are `used`.

    None is zero.
    """
    count = len(program.inputs)

    def pull(*given: Any) -> tuple[Any, ...]:
        xs = variables(program, given[:count], wrt)
        with enable_grad():
            return tuple(pulled(program, played(program, xs), wrt, used, given[count:], careful))

    return pull


def pushing(program: Program, wrt: Numbers, careful: bool) -> Callable[..., Any]:
    """The tangents of the outputs, given all inputs and the tangents of those `wrt`.  None is zero."""
    count = len(program.inputs)

    def push(*given: Any) -> tuple[Any, ...]:
        xs = variables(program, given[:count], wrt)
        with enable_grad():
            nodes = played(program, xs)
            ts = {program.inputs[k]: as_node(t) for k, t in zip(wrt, given[count:], strict=True)}
            alive = moving(program, wrt)
            for term in program.terms:
                found = [ts.get(x) if x in alive else None for x in term.inputs]
                if term in alive and any(t is not None for t in found):
                    op: Any = term.op
                    y, inputs = nodes[term], [nodes[x] for x in term.inputs]
                    rules = op.careful if careful else op.rules
                    t = rules.push(RECORD, found, y, *inputs, **term.params)
                    if t is not None:
                        ts[term] = y.spread(RECORD, t, y)
        return tuple(ts.get(y) for y in program.outputs)

    return push


def running(program: Program) -> Callable[..., Any]:
    """The outputs, given the inputs."""

    def run(*given: Any) -> tuple[Any, ...]:
        nodes = played(program, [as_node(x) for x in given])
        return tuple(nodes[y] for y in program.outputs)

    return run


def note_reads(program: Program, xs: Sequence[Any], noted: list[Read]) -> None:
    """Note the truth values that the program goes by, for these inputs, as if its function had read them."""
    asked = without_dead_code(replace(program, outputs=(), checks=()))
    nodes = played(asked, xs)
    noted += [Read(nodes[guard.term], guard.truth, guard.place) for guard in program.guards]


def ones(term: Term) -> Any:
    """A value for a term that stands for a cotangent."""
    return np.ones(term.shape, term.dtype) if term.array else term.dtype(1)
