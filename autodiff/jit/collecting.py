"""Like terms and powers, for formulas: every sum and every product as one writes it.

    t1 = multiply(x, 2.0)                 t1 = multiply(3.0, x)
    t2 = add(t1, x)                       return t1
    t3 = multiply(t2, y)
    t4 = divide(t3, y)        ->
    return t4

A sum is read as coefficients of monomials, {x y²: 3, x: 1}, and a monomial as exponents, {x: 1, y: 2}; which
primitives are sums and products is a fact of the table in `algebra.py`.  What comes out is put in the order
of textbooks: powers first, the highest ones in front, then what holds functions, then numbers.  Arrays stay
in the order in which they were written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from ..kinds import PRIMITIVES
from .algebra import facts
from .program import Program, Term, constant, made, moved
from .sharing import key_of, settings_key

__all__: list[str] = []

MANY = 50  # terms of a sum: longer ones are not taken apart again

Factors = dict[Term, float]  # their exponents
Monomial = frozenset[tuple[Term, float]]
Sum = dict[Monomial, float]


def collected(program: Program) -> Program:
    """The program whose sums and products are collected, by the rules of mathematics for real numbers."""
    collector, users, new = Collector(program), program.users(), dict[Term, Term]()
    roots = set(program.roots())
    for term in program.terms:
        now = replace(term, inputs=tuple(new.get(x, x) for x in term.inputs))
        now = collector.same(now)
        if now.inputs == term.inputs:
            now = collector.same(term)
        passing = term not in roots and taken_apart(term, users.get(term, ()))
        new[term] = now if passing else collector.collect(now)
        collector.sums(now)
        collector.product(now)
    return moved(program, tuple(ordered([new.get(root, root) for root in program.roots()])), new)


def ordered(roots: list[Term]) -> list[Term]:
    """All that the roots are made of, each after what it is made of."""
    done: dict[Term, None] = {}
    waiting = [(root, False) for root in reversed(roots)]
    while waiting:
        term, ready = waiting.pop()
        if term.op is None or term in done:
            continue
        if ready:
            done[term] = None
        else:
            waiting += [(term, True), *[(x, False) for x in reversed(term.inputs)]]
    return list(done)


def taken_apart(term: Term, users: Iterable[Term]) -> bool:
    """Whether all that use it look into it, and none needs it as a whole."""
    if weights(term):
        return all(weights(user) for user in users)
    return bool(powers(term)) and all(weights(user) or powers(user) for user in users)


def weights(term: Term) -> tuple[int, ...]:
    """Of a sum, what its inputs are multiplied by."""
    return facts(term.op).weights if real(term) else ()


def powers(term: Term) -> tuple[float, ...]:
    """Of a product, what its inputs are raised to."""
    found = facts(term.op).powers
    return (found(term) or ()) if found and real(term) else ()


def real(term: Term) -> bool:
    return all(x.dtype in (float, int) or getattr(x.dtype, "kind", "") in "fi" for x in (term, *term.inputs))


def number(term: Term) -> float | None:
    """The number that a constant is, in every place if it is an array."""
    value = term.value
    if not term.known or not isinstance(value, (float, int, np.ndarray)) or term.name:
        return None
    if not isinstance(value, np.ndarray):
        return float(value)
    if value.dtype.kind not in "fi" or not value.size:
        return None
    first = float(value.reshape(-1)[0])
    return first if not any(value.strides) or bool(np.all(value == first)) else None


class Collector:
    """What is known of the terms of one program."""

    def __init__(self, program: Program) -> None:
        self.seen: dict[Any, Term] = {}
        self.places: dict[Term, int] = {x: k for k, x in enumerate(program.inputs)}
        self.read: dict[Term, int] = {}  # in which order: what is no set has one order in every run
        self.variables = set(program.inputs)
        self.sums_of: dict[Term, Sum] = {}
        self.products_of: dict[Term, tuple[float, Factors]] = {}

    def same(self, term: Term) -> Term:
        """The term that stands for all that compute the same."""
        inputs = [key_of(x) for x in term.inputs]
        if facts(term.op).commutative and not weights(term) and not powers(term):  # these are put in order
            inputs.sort()
        key = id(term.op), *inputs, settings_key(term.params), term.dtype
        return self.seen.setdefault(key, term)

    def make(self, name: str, *inputs: Term) -> Term:
        return self.same(made(PRIMITIVES[name], *inputs))

    def place(self, term: Term) -> int:
        """Where it stands among others: inputs in their order, then in the order of their appearance."""
        return self.places.setdefault(term, len(self.places))

    # ---- reading
    def sums(self, term: Term) -> Sum:
        """A term as a sum of monomials."""
        self.place(term)
        self.read.setdefault(term, len(self.read))
        if term not in self.sums_of:
            self.sums_of[term] = self.read_sum(term)
        return self.sums_of[term]

    def read_sum(self, term: Term) -> Sum:
        value = number(term)
        if value is not None:
            return {frozenset(): value} if value else {}
        if weights(term):
            found: Sum = {}
            for x, weight in zip(term.inputs, weights(term), strict=True):
                for monomial, c in self.sums(x).items():
                    total = found.pop(monomial, 0) + weight * c
                    if total:
                        found[monomial] = total
            return found if len(found) <= MANY else {frozenset({(term, 1)}): 1}
        c, factors = self.product(term)
        if len(factors) == 1:
            (base, exponent), *_ = factors.items()
            if exponent == 1 and base is not term and weights(base):
                return {monomial: c * k for monomial, k in self.sums(base).items()}
        return {frozenset(factors.items()): c} if c else {}

    def product(self, term: Term) -> tuple[float, Factors]:
        """A term as a number times powers of others."""
        self.place(term)
        self.read.setdefault(term, len(self.read))
        if term not in self.products_of:
            self.products_of[term] = self.read_product(term) or (1, {term: 1})
        return self.products_of[term]

    def read_product(self, term: Term) -> tuple[float, Factors] | None:
        value = number(term)
        if value is not None:
            return value, {}
        if weights(term):
            found = self.sums(term)
            if len(found) > 1:
                return None
            for monomial, c in found.items():
                return c, dict(monomial)
            return 0, {}
        c, factors = 1.0, Factors()
        for x, exponent in zip(term.inputs, powers(term), strict=False):
            k, inner = self.product(x)
            if not float(exponent).is_integer() and (k != 1 or list(inner.values()) != [1]):
                k, inner = (1, {x: 1.0}) if k > 0 or inner else (k, inner)
            try:
                c *= k**exponent
            except ArithmeticError:
                return None
            if isinstance(c, complex) or not np.isfinite(c):
                return None
            for base, e in inner.items():
                total = factors.pop(base, 0) + e * exponent
                if total:
                    factors[base] = total
        return (c, self.with_one_exponential(factors)) if powers(term) else None

    def with_one_exponential(self, factors: Factors) -> Factors:
        """e^x e^y as e^(x + y), and 1 / e^x as e^(-x)."""
        found = [base for base in factors if facts(base.op).exponential]
        if len(found) < 2 and all(factors[base] == 1 for base in found):
            return factors
        total: Sum = {}
        for base in found:
            for monomial, c in self.sums(base.inputs[0]).items():
                total[monomial] = total.get(monomial, 0) + c * factors[base]
        rest = {base: e for base, e in factors.items() if base not in found}
        exponent = self.sum_term({m: c for m, c in total.items() if c}, found[0].inputs[0])
        if number(exponent) == 0:
            return rest
        return {**rest, self.make(found[0].op.name, exponent): 1}  # type: ignore[union-attr]

    # ---- writing
    def collect(self, term: Term) -> Term:
        """The term as one writes it; itself if that has another shape or dtype."""
        if weights(term):
            found = self.sum_term(self.sums(term), term)
        elif powers(term):
            found = self.product_term(*self.product(term), term)
        else:
            return term
        if (found.shape, found.dtype) != (term.shape, term.dtype):
            return term
        self.sums_of.setdefault(found, self.sums(term))
        return found

    def constant(self, value: float, like: Term) -> Term:
        return constant(np.array(value, like.dtype) if like.array else like.dtype(value))

    def sum_term(self, found: Sum, like: Term) -> Term:
        """A sum of monomials, put in order; the first one is positive if there is one."""
        ordered = sorted(found, key=lambda m: not m if like.shape else self.rank(m))
        ordered.sort(key=lambda m: found[m] < 0) if ordered and found[ordered[0]] < 0 else None
        if not ordered:
            return self.constant(0, like)
        total = self.product_term(found[ordered[0]], dict(ordered[0]), like)
        for monomial in ordered[1:]:
            c = found[monomial]
            term = self.product_term(abs(c), dict(monomial), like)
            total = self.make("add" if c > 0 else "subtract", total, term)
        return total

    def rank(self, monomial: Monomial) -> Any:
        """Powers of variables first, by their degree; then what else there is; then numbers."""
        places = sorted((self.place(base), -e) for base, e in monomial)
        if not monomial:
            return 2, 0, places
        plain = all(base in self.variables and e > 0 for base, e in monomial)
        return (0, -sum(e for _, e in monomial), places) if plain else (1, 0, places)

    def product_term(self, c: float, factors: Mapping[Term, float], like: Term) -> Term:
        """A number times powers, as a fraction."""
        ordered = sorted(factors, key=lambda base: self.read.get(base, len(self.read)))
        if not like.shape:
            ordered.sort(key=lambda base: (base not in self.variables, self.place(base)))
        above = [self.power(base, factors[base], like) for base in ordered if factors[base] > 0]
        below = [self.power(base, -factors[base], like) for base in ordered if factors[base] < 0]
        p, q = fraction(abs(c)) if factors else (abs(c), 1)
        negative = c < 0 and p == 1 and bool(factors)
        if p != 1 or not above:
            above.insert(0, self.constant(p if c >= 0 or negative else -p, like))
        if q != 1:
            below.insert(0, self.constant(q, like))
        total = self.multiplied(above)
        if below:
            total = self.make("divide", total, self.multiplied(below))
        return self.make("negative", total) if negative else total

    def multiplied(self, terms: list[Term]) -> Term:
        total = terms[0]
        for term in terms[1:]:
            total = self.make("multiply", total, term)
        return total

    def power(self, base: Term, exponent: float, like: Term) -> Term:
        if exponent == 1:
            return base
        if exponent == 2:
            return self.make("square", base)
        if exponent == 0.5:
            return self.make("sqrt", base)
        return self.make("power", base, self.constant(exponent, like))


def fraction(c: float) -> tuple[float, float]:
    """1/3 for 0.333…, 1/2 for 0.5; what is short as a decimal number stays one."""
    if not np.isfinite(c) or c in (0, 1):
        return c, 1
    found = Fraction(c).limit_denominator(100)
    if float(found) == c and ((found.numerator == 1 and found.denominator in (2, 4)) or len(repr(c)) > 8):
        return float(found.numerator), float(found.denominator)
    return c, 1
