"""Algebraic identities: a shorter way to say the same, by the equations of `equations.py`.

    t1 = multiply(x, 1.0)                 t2 = negative(x)
    t2 = multiply(t1, -1.0)   ->          return t2
    return t2

The equations that programs are rewritten by hold for NaN, infinity and signed zeros as well: x - 0 is x, but
x + 0 is not, for -0 + 0 is 0; and x * 0 is not 0, for x may be NaN.  Formulas that are made to be read follow
mathematics instead, and may use both.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from ..kinds import PRIMITIVES
from .algebra import facts
from .equations import ARRAYS_ONLY, FORMULAS, IDENTITIES
from .program import Program, Term, constant, made, rewritten

__all__: list[str] = []


CONSTANT, TWICE = "a constant", "the same twice"
CONSTANTS = {"c", "d"}  # variables that stand for constants


class Pattern(NamedTuple):
    """A primitive of patterns; patterns may also be a variable's name, or a number."""

    name: str
    args: tuple[Any, ...]


Equations = dict[str, list[tuple[Pattern, Any, Any]]]  # by the primitive that the left side starts with


def simplified(program: Program, settled: set[Term] | None = None, formulas: bool = False) -> Program:
    """The program after every equation that applies, from left to right; with `formulas` those too."""

    def rule(term: Term) -> Term:
        for _ in range(10):
            found = once(term, formulas)
            if found is None:
                break
            term = found
            if term.op is None:
                break
        return term

    return rewritten(program, rule, settled)


def once(term: Term, formulas: bool) -> Term | None:
    """The term by the first equation that applies; None if none does."""
    if term.op is None or term.op.name not in table(formulas):
        return None
    below = {x.op.name if x.op else CONSTANT if x.known else "" for x in term.inputs}
    if len(term.inputs) > len(set(term.inputs)):
        below.add(TWICE)
    for left, right, condition in equations(term.op.name, frozenset(below), formulas):
        if left.name in ARRAYS_ONLY and not term.array and not formulas:
            continue  # of Python's numbers, powers raise where products give inf
        for bound in matches(left, term, {}):
            if condition and not holds(condition, bound):
                continue
            found = built(right, bound, term)
            if found is not None and (found.shape, found.dtype) == (term.shape, term.dtype):
                found.name = found.name or term.name
                return found
    return None


def matches(pattern: Any, term: Term, bound: dict[str, Term]) -> Iterator[dict[str, Term]]:
    """The ways in which a term is what a pattern says."""
    if isinstance(pattern, str):
        fits = pattern not in CONSTANTS or is_number(term)
        if fits and (pattern not in bound or same(bound[pattern], term)):
            yield {pattern: term, **bound}
    elif not isinstance(pattern, Pattern):
        if is_all(term, pattern):
            yield bound
    elif term.op is not None and term.op.name == pattern.name and len(pattern.args) == len(term.inputs):
        orders = [term.inputs]
        if facts(term.op).commutative:
            orders.append(term.inputs[::-1])
        for inputs in orders:
            found = [bound]
            for part, x in zip(pattern.args, inputs, strict=True):
                found = [b for known in found for b in matches(part, x, known)]
            yield from found


def is_number(term: Term) -> bool:
    return term.known and not term.shape and getattr(term.dtype, "kind", "f") == "f"


def holds(condition: Any, bound: dict[str, Term]) -> bool:
    """Whether a condition holds for the constants."""
    values = {name: float(term.value) for name, term in bound.items() if name in CONSTANTS}
    return bool(eval(condition, {"abs": abs}, values))


def same(x: Term, y: Term) -> bool:
    return x is y or (x.known and x.value is y.value)


def is_all(term: Term, number: float) -> bool:
    """Whether a term is a constant with this number in every place; 0 has a sign."""
    if not term.known or isinstance(term.value, tuple):
        return False
    value = np.asarray(term.value)
    if value.dtype.kind not in "biufc" or not value.size or value.flat[0] != number:
        return False
    repeated = not any(value.strides)
    signed = value.dtype.kind == "f" and number == 0
    return bool((repeated or np.all(value == number)) and not (signed and np.any(np.signbit(value))))


def built(pattern: Any, bound: dict[str, Term], term: Term) -> Term | None:
    """What a pattern says, with these terms for its variables, in the place of `term`."""
    if isinstance(pattern, str):
        return bound[pattern]
    if isinstance(pattern, Pattern):
        inputs = [built(part, bound, term) for part in pattern.args]
        op = PRIMITIVES[pattern.name]
        settings = settings_of(term) if op.settings else {}
        if any(x is None for x in inputs):
            return None
        try:
            found = made(op, *inputs, **settings)  # type: ignore[arg-type]
        except TypeError:  # NumPy doesn't do it with truth values
            return None
        if all(x.known and not x.shape for x in found.inputs):
            return in_range(constant(found.f(*[x.value for x in found.inputs])), found.inputs, term)
        return found
    if not term.array:
        return constant(term.dtype(pattern)) if term.dtype in (int, float, complex) else None
    return constant(np.broadcast_to(np.array(pattern, term.dtype), term.shape))


def in_range(number: Term, inputs: tuple[Term, ...], term: Term) -> Term | None:
    """A constant made of constants, unless the term's dtype can't hold it: (x * 1e200) * 1e200 is 0 at 0."""
    size, dtype = abs(number.value), np.dtype(term.dtype)
    if dtype.kind not in "fc" or not all(x.value for x in inputs):
        return number
    limits = np.finfo(dtype)
    return number if limits.tiny <= size <= limits.max else None


def settings_of(term: Term) -> Any:
    """The settings of a term, or of that below it which has some."""
    return term.params or next((x.params for x in term.inputs if x.params), {})


@cache
def equations(name: str, below: frozenset[str], formulas: bool) -> list[tuple[Pattern, Any, Any]]:
    """The equations that may apply to a primitive of that name, of primitives and constants below it."""
    return [e for e in table(formulas).get(name, ()) if required(e[0]) <= below]


def required(left: Pattern) -> frozenset[str]:
    """The primitives that must be among the inputs, and whether a constant must be, or one input twice."""
    found = [TWICE] * (len(left.args) > len(set(left.args)))
    for part in left.args:
        if isinstance(part, Pattern):
            found.append(part.name)
        elif not isinstance(part, str) or part in CONSTANTS:
            found.append(CONSTANT)
    return frozenset(found)


@cache
def table(formulas: bool) -> Equations:
    """The equations by the primitive that their left side starts with."""
    found: Equations = {}
    for line in (IDENTITIES + FORMULAS * formulas).strip().splitlines():
        if line:
            equation, _, condition = line.partition(" if ")
            left, right = (parsed(ast.parse(side.strip(), mode="eval").body) for side in equation.split("="))
            when = compile(condition, "<condition>", "eval") if condition else None
            found.setdefault(left.name, []).append((left, right, when))
    return found


def parsed(tree: Any) -> Any:
    """A pattern, from Python's syntax tree of its text."""
    match tree:
        case ast.Call(func=ast.Name(id=name), args=args):
            return Pattern(name, tuple(map(parsed, args)))
        case ast.Name(id=name):
            return name
        case _:
            return ast.literal_eval(tree)
