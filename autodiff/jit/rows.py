"""Rows: what a term needs in order to be computed for a part of its rows.

The rows of an array are what its first axis counts: in a batch, the examples.  (Some programs have them last;
`side` is 0 or -1.)  A term can be computed part by part if some rows of its result follow from the same rows
of its inputs:

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


def place(x: Term, side: int) -> int:
    """The axis of the rows."""
    return 0 if side == 0 else len(x.shape) - 1


def has_rows(x: Term, n: int, side: int) -> bool:
    return bool(x.shape) and x.shape[side] == n


def needs(term: Term, n: int, side: int = 0) -> Axes | None:
    """The axes along which a term's inputs are cut when its n rows are; None if they can't be."""
    op, shape = term.op, term.shape
    if op is None or not shape or shape[side] != n:
        return None
    if elementwise(term):
        axes: list[int | None] = []
        for x in term.inputs:
            cut_too = x.shape and x.shape[side] == n and (side or len(x.shape) == len(shape))
            axes.append((len(x.shape) - 1 if side else 0) if cut_too else None)
        return tuple(axes)
    if not all(x.array for x in (term, *term.inputs)):
        return None
    known = facts(op)
    if known.contraction and (labels := known.contraction(term)):
        return cut(labels, labels[2][side])
    if known.rows:
        found: Axes | None = known.rows(term, n, side)
        return found
    if op.reach == "axis" and place(term.inputs[0], side) not in axes_of(term):
        same = all(has_rows(x, n, side) for x in term.inputs)
        return tuple(place(x, side) for x in term.inputs) if same else None
    return None


def totals(term: Term, n: int, side: int = 0) -> Axes | None:
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
    if known.combine and has_rows(term.inputs[0], n, side):
        axes = known.total(term)[0] if known.total else axes_of(term)
        at = place(term.inputs[0], side)
        return (at,) if at in axes else None
    return None


def cut(labels: tuple[str, str, str], c: str) -> Axes:
    of_x, of_y, _ = labels
    return (of_x.index(c) if c in of_x else None, of_y.index(c) if c in of_y else None)


def axes_of(term: Term) -> tuple[int, ...]:
    """The axes that a term's setting names, counted from the front."""
    axis, n = term.params.get("axis"), max(len(x.shape) for x in term.inputs)
    axes = range(n) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(a % n for a in axes)


def resized(shape: tuple[int, ...], length: int, side: int) -> tuple[int, ...]:
    """A shape with another number of rows."""
    return (length, *shape[1:]) if side == 0 else (*shape[:-1], length)


def part(term: Term, length: int, side: int, inputs: tuple[Term, ...]) -> Term:
    """A term of a number of rows: its shape, and its settings, as far as they say how many there are."""
    shape = resized(term.shape, Length(length), side)
    params: dict[str, Any] = dict(term.params)
    if params.get("shape") and term.shape:
        params["shape"] = shape
    return Term(term.op, inputs, params, shape, term.dtype, name=term.name)
