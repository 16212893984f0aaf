"""Rows: what a term needs in order to be computed for a part of its rows.

The rows of an array are what its first axis counts: in a batch, the examples.  A term can be computed part by
part if some rows of its result follow from the same rows of its inputs:

    multiply(x, w)              rows of x; all of w, if it has none
    softmax(x, axis=1)          rows of x
    matmul(x, w)                rows of x; all of w
    sum(x, axis=0)              not rows: but it is the total of what the parts of x add up to

`needs` says for every input which of its axes is cut, or None where all of it is taken.  It follows from the
kind of the primitive, or from the table in `algebra.py`.
"""

from __future__ import annotations

from typing import Any

from .algebra import elementwise, facts
from .program import Term

__all__: list[str] = []

Axes = tuple[int | None, ...]


class Length(int):
    """The number of rows in a part, which the program calls by a name."""

    name = "m"

    def __repr__(self) -> str:
        return self.name

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return self.name


def needs(term: Term, n: int) -> Axes | None:
    """The axes along which a term's inputs are cut when its n rows are; None if they can't be."""
    op = term.op
    if op is None or not term.array or not term.shape or term.shape[0] != n:
        return None
    if not all(x.array for x in term.inputs):
        return None
    known = facts(op)
    if elementwise(term):
        return tuple(0 if len(x.shape) == len(term.shape) and x.shape[0] == n else None for x in term.inputs)
    if known.contraction and (labels := known.contraction(term)):
        return cut(labels, labels[2][0])
    if known.rows:
        found: Axes | None = known.rows(term, n)
        return found
    if op.reach == "axis" and 0 not in axes_of(term):
        same = all(x.shape[:1] == (n,) for x in term.inputs)
        return (0,) * len(term.inputs) if same else None
    return None


def totals(term: Term, n: int) -> Axes | None:
    """The same for a term that adds up what its parts give (or takes the largest): one without rows."""
    known = facts(term.op)
    if not term.array or not all(x.array for x in term.inputs):
        return None
    if known.contraction:
        labels = known.contraction(term)
        if labels is None:
            return None
        of_x, of_y, out = labels
        summed = [c for c in of_x if c in of_y and c not in out]
        long = [c for c in summed if term.inputs[0].shape[of_x.index(c)] == n]
        return cut(labels, long[0]) if long else None
    if known.combine and term.inputs[0].shape[:1] == (n,):
        axes = known.total(term)[0] if known.total else axes_of(term)
        return (0,) if 0 in axes else None
    return None


def cut(labels: tuple[str, str, str], c: str) -> Axes:
    of_x, of_y, _ = labels
    return (of_x.index(c) if c in of_x else None, of_y.index(c) if c in of_y else None)


def axes_of(term: Term) -> tuple[int, ...]:
    """The axes that a term's setting names, counted from the front."""
    axis, n = term.params.get("axis"), max(len(x.shape) for x in term.inputs)
    axes = range(n) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(a % n for a in axes)


def part(term: Term, length: int, inputs: tuple[Term, ...]) -> Term:
    """A term of a number of rows: its shape, and its settings, as far as they say how many there are."""
    rows = Length(length)
    params: dict[str, Any] = dict(term.params)
    if "shape" in params and params["shape"] and term.shape:
        params["shape"] = (rows, *term.shape[1:])
    return Term(term.op, inputs, params, (rows, *term.shape[1:]), term.dtype, name=term.name)
