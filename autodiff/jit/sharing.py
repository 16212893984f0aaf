"""Common subexpressions: what is computed twice is computed once.

    t1 = sin(x)                           t1 = sin(x)
    t2 = sin(x)               ->          t3 = multiply(t1, t1)
    t3 = multiply(t1, t2)                 return t3
    return t3

Terms are the same if they run the same primitive on the same inputs with the same settings; of commutative
primitives the order doesn't matter.  Backward walks compute many a thing that the forward run had already.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .algebra import facts
from .program import Program, Term, rewritten

__all__: list[str] = []


def shared(program: Program) -> Program:
    """The program in which no two terms are the same."""
    seen: dict[Any, Term] = {}

    def rule(term: Term) -> Term:
        inputs = [key_of(x) for x in term.inputs]
        if facts(term.op).commutative:
            inputs.sort()
        return seen.setdefault((id(term.op), *inputs, settings_key(term.params), term.dtype), term)

    return rewritten(program, rule)


def key_of(term: Term) -> tuple[Any, ...]:
    """Constants are the same if their values are, small ones at least."""
    if term.known and not term.shape and isinstance(term.value, (np.ndarray, float, int)):
        return 0, str(term.dtype), np.asarray(term.value).tobytes()
    return (1, str(id(term.value if term.known else term)), b"")


def settings_key(params: Mapping[str, Any]) -> Any:
    return tuple([(name, frozen(value)) for name, value in params.items()])


def frozen(value: Any) -> Any:
    """Something hashable that is equal for equal settings."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, (tuple, list)):
        return (type(value), *map(frozen, value))
    if isinstance(value, slice):
        return slice, value.start, value.stop, value.step
    if isinstance(value, float):  # 0.0 and -0.0 are equal, and NaN is not
        return type(value), value.hex()
    try:
        hash(value)
    except TypeError:
        return id(value)
    return type(value), value
