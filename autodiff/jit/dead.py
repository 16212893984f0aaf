"""Dead code: what no output was made of is not computed.

    t1 = sin(x)                           t2 = cos(x)
    t2 = cos(x)               ->          return t2
    return t2

Derivatives leave much of it: the value of a function whose gradient alone was asked for, say.
"""

from __future__ import annotations

from dataclasses import replace

from .program import Program

__all__: list[str] = []


def without_dead_code(program: Program) -> Program:
    """The terms that outputs, guards and checks need."""
    needed = set(program.roots())
    kept = []
    for term in reversed(program.terms):
        if term in needed:
            needed.update(term.inputs)
            kept.append(term)
    return replace(program, terms=tuple(reversed(kept))) if len(kept) < len(program.terms) else program
