"""Difference quotients of a recorded graph, which know nothing of its rules: the graph is computed again."""

from __future__ import annotations

from typing import Any

import numpy as np

from .content import Box, Picture

__all__: list[str] = []

STEP = 1e-3  # with four points the error is about STEP**4
FEW = 16  # up to how many elements each gets its own quotient


def computed(picture: Picture, changed: dict[Box, Any]) -> Any:
    """The result, with other values in some leaves."""
    values: dict[Box, Any] = {}
    for box in picture.boxes:
        if not box.operands:
            values[box] = changed.get(box, box.value)
        else:
            node = box.node
            arrays = node.arrays or node.op.scalar is None or any(x.arrays for x in node.inputs)
            f = node.op.f if arrays else node.op.scalar
            values[box] = f(*(values[x] for x in box.operands), **(node.params or {}))
    return values[picture.root]


def along(picture: Picture, directions: dict[Box, Any]) -> Any:
    """How fast the result changes when leaves move in these directions: D = (4 D(h/2) - D(h)) / 3."""

    def quotient(h: float) -> Any:
        ends = [
            computed(picture, {box: moved(box.value, t, step) for box, t in directions.items()})
            for step in (h, -h)
        ]
        return (plain(ends[0]) - plain(ends[1])) / (2 * h)

    with np.errstate(all="ignore"):
        try:
            return (4 * quotient(STEP / 2) - quotient(STEP)) / 3
        except (ArithmeticError, ValueError, TypeError, NotImplementedError):
            return float("nan")


def moved(value: Any, t: Any, step: float) -> Any:
    """A leaf, a step further; in double precision at least."""
    if isinstance(value, np.ndarray):
        return value.astype(np.result_type(value.dtype, np.float64)) + step * np.asarray(t)
    return value + type(value)(step * (t if isinstance(value, complex) else float(t)))


def plain(y: Any) -> Any:
    """A Fraction or Decimal as a float."""
    return y if isinstance(y, (np.ndarray, complex)) else float(y)


def difference(picture: Picture, box: Box) -> tuple[Any, float]:
    """The quotient for a leaf's gradient, and how far it is from what the walk found.

    A leaf with many elements is checked in one direction: then the quotient itself is None.
    """
    if np.iscomplexobj(box.value):
        return None, float("nan")
    if np.ndim(box.value) == 0:
        found = total(along(picture, {box: 1.0}))
        return found, apart(found, box.grad)
    if box.value.size <= FEW:
        quotients = np.zeros(box.value.shape)
        for at in np.ndindex(box.value.shape):
            one = np.zeros(box.value.shape)
            one[at] = 1.0
            quotients[at] = total(along(picture, {box: one}))
        return quotients, apart(quotients, box.grad)
    direction = np.cos(np.arange(box.value.size)).reshape(box.value.shape)
    return None, apart(total(along(picture, {box: direction})), np.sum(box.grad * direction))


def total(y: Any) -> float:
    return float(np.sum(np.asarray(y, float)))


def apart(a: Any, b: Any) -> float:
    """The greatest distance between two results."""
    if np.size(a) == 0:
        return 0.0
    return float(np.max(np.abs(np.asarray(a, complex) - np.asarray(b, complex))))
