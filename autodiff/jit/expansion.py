"""Expansion: functions on large arrays are written out, so that their parts can be shared and looped over.

    t1 = logsumexp(x, axis=1)             t1 = max(x, axis=1)          t3 = exp(subtract(x, t1))
    t2 = softmax(x, axis=1)       ->      t4 = sum(t3, axis=1)
                                          t5 = add(log(t4), t1)        t6 = divide(t3, t4)
                                          return t5, t6

The function in a primitive's row is one call of NumPy's after the other, each of which makes a new array.  Of
small arrays it is the shortest way; of large ones its parts go into loops (`chunks.py`), and what two of them
have in common is computed once.  The formulas stand in the table (`algebra.py`), and are those of the rows.
"""

from __future__ import annotations

from typing import Any

from ..kinds import PRIMITIVES
from .algebra import facts
from .program import Program, Term, made, rewritten

__all__: list[str] = []

LARGE = 1 << 15  # bytes of the largest input


class Terms:
    """A namespace in which formulas make terms: `m.exp(x)` is a term of the primitive exp."""

    def __getattr__(self, name: str) -> Any:
        return lambda *xs, **settings: made(PRIMITIVES[name], *xs, **settings)


def expanded(program: Program, large: int = LARGE, settled: set[Term] | None = None) -> Program:
    """The program in which formulas stand for functions of large arrays."""

    def rule(term: Term) -> Term:
        formula = facts(term.op).formula
        if formula is None or term.dtype.kind != "f" or max(x.nbytes for x in term.inputs) < large:
            return term
        found: Term = formula(Terms(), *term.inputs, **term.params)
        return found if (found.shape, found.dtype) == (term.shape, term.dtype) else term

    return rewritten(program, rule, settled)
