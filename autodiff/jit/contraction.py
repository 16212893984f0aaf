"""Multiply-then-sum to contraction: the product is never written down.

    t1 = multiply(a, b)                           t2 = contract(a, b, labels=("ab", "ab", "a"))
    t2 = sum(t1, axis=1, keepdims=False)   ->     return t2
    return t2

A sum of products is what matrix products, `vecdot` and `einsum` are for: they read both arrays once, and
write the sums alone.  Which of them computes a contraction is decided where it is written (`algebra.py`).
"""

from __future__ import annotations

from string import ascii_lowercase

from .algebra import CONTRACTION, QUOTIENT, RESHAPED, facts
from .program import Program, Term, constant, made, rewritten

__all__: list[str] = []

SMALL = 4096  # elements: below, einsum's own time is more than it saves


def contracted(program: Program) -> Program:
    """The program in which sums of products are contractions."""
    uses = {term: len(users) for term, users in program.users().items()}
    for root in program.roots():
        uses[root] = uses.get(root, 0) + 2

    def rule(term: Term) -> Term:
        known = facts(term.op)
        if known.contraction and any(facts(x.op).order or 1 in x.shape for x in term.inputs):
            return relabelled(term)
        if known.total is None or term.dtype.kind not in "fc" or term.dtype.itemsize < 4:
            return term
        (product,) = term.inputs
        factors = facts(product.op).factors
        axes, _ = known.total(term)
        if factors is None or not axes or not product.shape or uses.get(product, 0) > 1:
            return term
        total = contraction(*factors(product), product, axes)
        if total is None:
            return term
        if known.mean:
            terms = product.size // max(term.size, 1)
            total = made(QUOTIENT, total, constant(total.dtype.type(terms)))
        return total if total.shape == term.shape else made(RESHAPED, total, shape=term.shape)

    return rewritten(program, rule)


def contraction(a: Term, b: Term, product: Term, axes: tuple[int, ...]) -> Term | None:
    """The sum of a * b over axes, as one term; None where it is none, or no gain."""
    n = len(product.shape)
    if a.dtype != product.dtype or b.dtype != product.dtype or not product.size:
        return None
    names = ascii_lowercase[:n]
    out = "".join(c for k, c in enumerate(names) if k not in axes)
    labels, operands = [], []
    for x in (a, b):
        lead = n - len(x.shape)
        kept = [k for k in range(lead, n) if x.shape[k - lead] == product.shape[k]]
        labels.append("".join(names[k] for k in kept))
        shape = tuple(product.shape[k] for k in kept)
        operands.append((x, shape))
    of_a, of_b = labels
    if any((c in of_a) + (c in of_b) + (c in out) < 2 for c in names):
        return None
    plain = of_a == of_b and (not out or out == of_a[:-1])
    if not plain and product.size < SMALL:
        return None
    if not any(c in of_a and c in of_b for c in names if c not in out):
        return None
    a, b = (x if x.shape == shape else made(RESHAPED, x, shape=shape) for x, shape in operands)
    term = Term(CONTRACTION, (a, b), {"labels": (of_a, of_b, out)}, (), product.dtype)
    term.shape = tuple(product.shape[names.index(c)] for c in out)
    return term


def relabelled(term: Term) -> Term:
    """A product of matrices that were transposed, or got an axis of length 1, on what was there before."""
    labels = facts(term.op).contraction(term)  # type: ignore[misc]
    if labels is None or any(len(x.shape) > 2 for x in term.inputs) or term.dtype.kind not in "fc":
        return term
    inputs, names = [], []
    for x, of_x in zip(term.inputs, labels, strict=False):
        order = facts(x.op).order
        inputs.append(x.inputs[0] if order else x)
        names.append("".join(of_x[order(x).index(k)] for k in range(len(of_x))) if order else of_x)
    thin = {
        c for x, of_x in zip(inputs, names, strict=True) for c, n in zip(of_x, x.shape, strict=True) if n == 1
    }
    for k, (x, of_x) in enumerate(zip(inputs, names, strict=True)):
        names[k] = "".join(c for c in of_x if c not in thin)
        shape = tuple(n for c, n in zip(of_x, x.shape, strict=True) if c not in thin)
        inputs[k] = x if shape == x.shape else made(RESHAPED, x, shape=shape)
    out = "".join(c for c in labels[2] if c not in thin)
    if not all(names) or not set(names[0] + names[1]) - set(out):
        return term
    shape = tuple(n for c, n in zip(labels[2], term.shape, strict=True) if c not in thin)
    found = Term(CONTRACTION, tuple(inputs), {"labels": (*names, out)}, shape, term.dtype)
    return found if shape == term.shape else made(RESHAPED, found, shape=term.shape)
