"""Constant folding: what is made of constants alone is computed once, now.

    t1 = sqrt(2.0)                        t2 = multiply(x, 1.4142135623730951)
    t2 = multiply(x, t1)      ->          return t2
    return t2

What raises or would take much memory is left to the program: it has always done so.
"""

from __future__ import annotations

import numpy as np

from .program import Program, Term, constant, rewritten

__all__: list[str] = []

LARGE = 1 << 20  # bytes: a result larger than this, and than what it is made of, is not kept


def folded(program: Program, settled: set[Term] | None = None) -> Program:
    """The program in which terms of constants are constants."""

    def rule(term: Term) -> Term:
        if not all(x.known for x in term.inputs) or term.nbytes > LARGE:
            return term
        try:
            with np.errstate(all="ignore"):
                value = term.f(*[x.value for x in term.inputs], **term.params)
        except Exception:
            return term
        if isinstance(value, tuple):
            return term
        if term.array:
            value = np.asarray(value)
        found = constant(value, term.name)
        return found if (found.shape, found.dtype) == (term.shape, term.dtype) else term

    return rewritten(program, rule, settled)
