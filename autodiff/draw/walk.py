"""The walks that pictures make: backward and forward, keeping what every edge passes on.

`backward.pull` adds up what arrives at a node, and forgets the terms.  Whoever explains a gradient needs the
terms: upstream × local on every edge, and the sum at a node that is used more than once.  The rules are the
same, and nobody's `.grad` is changed.  Below a choice they are the careful ones (`care.py`).  Where a
derivative does not exist there is a NaN and a note, and the picture goes on.
"""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Any

import numpy as np

from ..graph import DIFF
from . import notation
from .content import Box, Edge, Picture
from .numbers import clean

__all__: list[str] = []

READ = 100_000  # up to how many elements a formula is tried out before it is shown
FAILURES = (ArithmeticError, ValueError, TypeError)


def uses_of(picture: Picture) -> dict[Box, list[Edge]]:
    """For every result, the edges from what it was made of."""
    uses: dict[Box, list[Edge]] = {}
    for edge in picture.edges:
        uses.setdefault(edge.target, []).append(edge)
    return uses


def fill_gradients(picture: Picture) -> None:
    """What arrives at every box, and what every edge passes on: the derivatives of the root.

    Of an array, they are those of the sum of its elements.
    """
    root, y = picture.root, picture.root.node
    if not y.tracked & DIFF:
        picture.notes.append("no gradients: nothing here requires grad")
        return
    if np.iscomplexobj(y.value):
        picture.notes.append("no gradients: the result is complex, and a gradient is that of a real number")
        return
    picture.grads = True
    picture.top = f"Σ{root.name}" if y.arrays and y.value.size != 1 else root.name
    root.parts = [np.ones_like(y.value) if y.arrays else type(y.value)(1)]
    uses = uses_of(picture)
    below: set[Box] = set()
    with np.errstate(all="ignore"):
        for box in reversed(picture.boxes):
            if not box.parts:
                continue
            box.grad = reduce(add, box.parts)
            edges = uses.get(box, [])
            careful = bool(edges) and (box.node.op.selects or box in below)
            below.update(edge.source for edge in edges if careful)
            for edge in edges:
                pass_on(edge, box.grad, careful, picture.notes)
                if edge.asked:
                    edge.source.parts.append(edge.passed)
    for edge in picture.edges:
        edge.asked = edge.asked and edge.passed is not None
        if isinstance(edge.source.value, tuple) and edge.asked:  # to its own result it passes all
            edge.passed = edge.upstream
    for box in picture.boxes:
        if isinstance(box.value, tuple):  # its gradients stand at its results
            box.grad, box.parts = None, []


def pass_on(edge: Edge, g: Any, careful: bool, notes: list[str]) -> None:
    """What one use of an input passes on, and how that is read."""
    node = edge.target.node
    op, m, out, params = node.op, node.space, node.value, node.params or {}
    x, xs, i = node.inputs[edge.place], [z.value for z in node.inputs], edge.place
    pulls = (op.careful if careful else op.rules).pulls
    rule = pulls[i] if not isinstance(pulls, tuple) or i < len(pulls) else None
    edge.asked = edge.asked and rule is not None
    if not edge.asked:
        return
    edge.upstream = g
    try:
        edge.passed = x.fit(m, rule(m, g, out, *xs, **params), x.value)  # type: ignore[misc]
    except FAILURES as error:
        edge.passed = np.full_like(x.value, np.nan) if x.arrays else float("nan")
        notes.append(f"{edge.name} does not exist: {clean(error, 120)}")
    if edge.kind == "elementwise" or not (node.arrays or x.arrays):
        try:
            one = np.ones_like(g) if node.arrays else type(g)(1)
            edge.local = op.rules.pulls[i](m, one, out, *xs, **params)
        except FAILURES:
            edge.local = float("nan")
    elif i < len(op.pulled) and holds(op.pulled[i], edge.passed, g, out, xs, params):
        edge.pulled = op.pulled[i]


def holds(text: str, passed: Any, g: Any, out: Any, xs: list[Any], params: dict[str, Any]) -> bool:
    """Whether a formula gives what the rule gave: a row states it for matrices, and these may be none."""
    if max(np.size(a) for a in (g, out, *xs)) > READ:
        return False
    letters = dict(zip(notation.letters_of(len(xs)), xs, strict=True))
    functions = {name: getattr(np, name) for name in ("broadcast_to", "reshape", "transpose")}
    try:
        found = eval(text, {"__builtins__": {}}, {**functions, **params, **letters, "g": g, "out": out})
        return np.shape(found) == np.shape(passed) and np.allclose(found, passed, equal_nan=True)
    except Exception:  # it does not even fit
        return False


def fill_tangents(picture: Picture, tangents: dict[Box, Any]) -> dict[Box, Any]:
    """The forward walk: how fast every box moves when these leaves do; what stands still is missing."""
    uses = uses_of(picture)
    moving = dict(tangents)
    below: set[Box] = set()
    with np.errstate(all="ignore"):
        for box in picture.boxes:
            edges = uses.get(box, [])
            if not edges:
                continue
            node = box.node
            careful = node.op.selects or any(edge.source in below for edge in edges)
            if careful:
                below.add(box)
            ts = [moving.get(edge.source) for edge in edges]
            if all(t is None for t in ts):
                continue
            rules = node.op.careful if careful else node.op.rules
            xs = [x.value for x in node.inputs]
            try:
                t = rules.push(node.space, ts, node.value, *xs, **(node.params or {}))
            except FAILURES as error:
                t = np.full_like(node.value, np.nan) if node.arrays else float("nan")
                picture.notes.append(f"the tangent of {box.name} does not exist: {clean(error, 120)}")
            if t is not None:
                moving[box] = node.spread(node.space, t, node.value)
    return {box: t for box, t in moving.items() if not isinstance(box.value, tuple)}
