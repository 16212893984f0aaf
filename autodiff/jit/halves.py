"""A function and its derivative as two programs, the second of which goes on with what the first has found.

    def forward(x, w):                      def backward(w, t1, g):
        t1 = np.tanh(x * w)                     return (g * (1 - t1 * t1)) * w
        return t1, t1

Both are traced as one program, from the inputs and the cotangents of the outputs to the outputs and the
cotangents of the inputs, and simplified as one, so that what both need is computed once.  Then it is
cut: what does not depend on a cotangent is the first half.  What the second one needs of it is handed over,
but for views, which are made again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
from ..replay import tracing as noting_reads
from .algebra import facts
from .nodes import Numbers, class_of, ones, played, pulled
from .program import Guard, Program, Term, terms_of
from .simplify import simplify

__all__: list[str] = []


@dataclass(frozen=True)
class Halves:
    """Both programs; the second one takes what is `saved`, in their order, and then the cotangents.

    `saved` are inputs of the function by their position, and outputs of the first program by theirs, counted
    from the number of inputs.
    """

    first: Program
    second: Program
    saved: tuple[int, ...]
    reached: tuple[bool, ...]  # of the inputs asked for, whether a cotangent arrives there


def halves(program: Program, values: Sequence[Any], wrt: Numbers, used: Numbers) -> Halves:
    """The halves for cotangents of the inputs `wrt`, given those of the outputs that are `used`.

    `values` are inputs that the program runs on while it is traced.
    """
    joint, reached = traced(program, values, wrt, used)
    return cut(simplify(joint), len(program.inputs), len(program.outputs), reached)


def traced(
    program: Program, values: Sequence[Any], wrt: Numbers, used: Numbers
) -> tuple[Program, tuple[bool, ...]]:
    """The outputs, and after them the cotangents of inputs, as one program of inputs and cotangents."""
    start = next_number()
    xs: list[Any] = [
        leaf(class_of(x), value, TRACE | DIFF * (k in wrt))
        for k, (x, value) in enumerate(zip(program.inputs, values, strict=True))
    ]
    gs: list[Any] = []
    names: dict[Node, str | None] = {x: term.name for x, term in zip(xs, program.inputs, strict=True)}
    for k in used:
        y = program.outputs[k]
        gs.append(leaf(class_of(y), ones(y), TRACE))
        names[gs[-1]] = "g" if len(used) == 1 else f"g{len(gs)}"
    with unusual(tracing, start), unusual(computed, Known(start)), noting_reads(), enable_grad():
        nodes = played(program, xs)
        found = pulled(program, nodes, wrt, used, gs, False)
    outputs = [nodes[y] for y in program.outputs] + [g for g in found if g is not None]
    others = [nodes[x] for x in [*(guard.term for guard in program.guards), *program.checks]]
    order, _ = ancestry(outputs + others, ASKED, {*xs, *gs})
    terms = terms_of(order, outputs + others, names, {})
    guards = tuple(Guard(terms[nodes[g.term]], g.truth, g.place) for g in program.guards)
    return Program(
        tuple(terms[x] for x in names),
        tuple(terms[node] for node in reversed(order)),
        tuple(terms[y] for y in outputs),
        guards,
        tuple(dict.fromkeys(terms[nodes[x]] for x in program.checks)),
    ), tuple(g is not None for g in found)


def cut(joint: Program, count: int, outputs: int, reached: tuple[bool, ...]) -> Halves:
    """The joint program of `count` inputs and so many outputs, before any cotangents, in its halves."""
    late = set(joint.inputs[count:])
    for term in joint.terms:
        if any(x in late for x in term.inputs):
            late.add(term)
    ends = joint.outputs[outputs:]
    needed = {x for term in joint.terms if term in late for x in term.inputs} | set(ends)
    again = set()  # views
    for term in reversed(joint.terms):
        known = facts(term.op)
        if term in needed and term not in late and (known.view or known.repeats):
            again.add(term)
            needed.update(term.inputs)
    early = [term for term in joint.terms if term not in late]
    saved = [x for x in (*joint.inputs[:count], *early) if x in needed and x not in again]
    handed = [x for x in saved if x.op and x not in joint.outputs[:outputs]]
    out = (*joint.outputs[:outputs], *handed)
    place = {x: count + k for k, x in reversed(list(enumerate(out)))}
    place.update((x, k) for k, x in enumerate(joint.inputs[:count]))
    first = Program(joint.inputs[:count], tuple(early), out, joint.guards, joint.checks)
    made = [x for x in saved if x.op]
    new: dict[Term, Term] = {x: stand_in(x, x.name) for x in saved}
    new.update({x: stand_in(x, x.name or f"saved{k + 1}") for k, x in enumerate(made)})
    terms = []
    for term in joint.terms:
        if term in late or term in again:
            terms.append(with_inputs(term, new))
            new[term] = terms[-1]
    second = Program(
        (*(new[x] for x in saved), *joint.inputs[count:]), tuple(terms), tuple(new.get(y, y) for y in ends)
    )
    return Halves(first, second, tuple(place[x] for x in saved), reached)


def stand_in(x: Term, name: str | None) -> Term:
    """An input of the second half that stands for what the first half had."""
    return Term(None, (), {}, x.shape, x.dtype, name=name)


def with_inputs(term: Term, new: dict[Term, Term]) -> Term:
    inputs = tuple(new.get(x, x) for x in term.inputs)
    return Term(term.op, inputs, term.params, term.shape, term.dtype, name=term.name, scope=term.scope)
