"""Broadcasts, transpositions and reshapes that make no difference.

    t1 = broadcast_to(w, shape=(5, 3))    t3 = multiply(x, w)
    t2 = transpose(x, axes=(1, 0))        return t3
    t3 = transpose(t2, axes=(1, 0))   ->
    t4 = multiply(t3, t1)
    return t4

Arithmetic broadcasts by itself; two transpositions in a row are one, and so are two reshapes; and what leaves
an array as it is, is that array.  A constant that is the same number everywhere is that number.
"""

from __future__ import annotations

import numpy as np

from .algebra import REPEATED, elementwise, facts
from .program import Program, Term, constant, made, rewritten

__all__: list[str] = []


def without_moves(program: Program, settled: set[Term] | None = None) -> Program:
    """The program without what moves elements in vain."""
    return rewritten(program, rule, settled)


def rule(term: Term) -> Term:
    if elementwise(term):
        term = broadcasting(term)
    known = facts(term.op)
    if known.compose and term.inputs[0].op is term.op:
        inner = term.inputs[0]
        settings = known.compose(inner, term)
        if settings is not None:
            term = made(term.op, inner.inputs[0], **settings)  # type: ignore[arg-type]
    return term.inputs[0] if known.same and known.same(term) else term


def broadcasting(term: Term) -> Term:
    """An elementwise term of what was broadcast, on what was there before; broadcast itself, if need be."""
    inputs = [narrow(x) for x in term.inputs]
    if all(x is y for x, y in zip(inputs, term.inputs, strict=True)):
        return term
    if all(x.known and not x.shape for x in inputs):
        return term  # left to constant folding
    thin = made(term.op, *inputs, **term.params)  # type: ignore[arg-type]
    if thin.dtype != term.dtype:
        return term
    return thin if thin.shape == term.shape else made(REPEATED, thin, shape=term.shape)


def narrow(x: Term) -> Term:
    """What x repeats."""
    known = facts(x.op)
    if known.repeats:
        return x.inputs[0]
    if x.known and x.shape and x.size and isinstance(x.value, np.ndarray):
        first = x.value.reshape(-1)[:1].reshape(())
        if not any(x.value.strides) or (x.value == first).all():
            same_zero = first != 0 or not np.any(np.signbit(x.value) != np.signbit(first))
            return constant(first.copy()) if same_zero else x
    return x
