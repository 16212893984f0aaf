"""Common subexpressions: what is computed twice is computed once.

    t1 = sin(x)                           t1 = sin(x)
    t2 = sin(x)               ->          t3 = multiply(t1, t1)
    t3 = multiply(t1, t2)                 return t3
    return t3

Terms are the same if they run the same primitive on the same inputs with the same settings; of commutative
primitives the order doesn't matter.  Backward walks compute many a thing that the forward run had already.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..computed import settings_key
from .algebra import facts
from .program import Program, Term, rewritten

__all__: list[str] = []


def shared(program: Program) -> Program:
    """The program in which no two terms are the same."""
    seen: dict[Any, Term] = {}
    numbers: dict[Any, Term] = {}

    def rule(term: Term) -> Term:
        params = term.params
        inputs = [id(x) if x.op else key_of(x, numbers) for x in term.inputs]
        if len(inputs) == 2 and inputs[0] > inputs[1] and facts(term.op).commutative:
            inputs.reverse()
        settings = settings_key(params) if params else ()
        return seen.setdefault((term.op, *inputs, settings, term.dtype), term)

    return rewritten(program, rule)


def key_of(term: Term, numbers: dict[Any, Term]) -> int:
    """What is the same for terms that are; `numbers` remembers constants, the same if their values are."""
    value = term.value
    if not term.known:
        return id(term)
    small = not term.shape and isinstance(value, (np.ndarray, float, int))
    key = (term.dtype, np.asarray(value).tobytes()) if small else id(value)
    return id(numbers.setdefault(key, term))
