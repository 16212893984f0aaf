"""What happened inside of a function: its named intermediate results, and their gradients."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from ..backward import KEEP, pull_back
from ..graph import DIFF, Node, leaf, unusual
from .fresh import Call, kind_of, opened
from .grad import check_scalar

__all__ = ["intermediates"]


def intermediates(f: Callable[..., Any]) -> Callable[..., Any]:
    """The function that returns `(values, gradients)`: two dicts of f's named intermediate results.

    Inside of f, `h.name = "hidden"` gives a result a name; Values and Tensors that have one by `name=`, as
    parameters may, count too.  A name that was given in a scope has it before it: `"encoder/hidden"`.
    `values[name]` is the result, `gradients[name]` is how f's output, which is one number, changes with it.
    What the output does not depend on is missing.  f runs once, and is walked back once.

    Raises ValueError where two results have one name, and what `grad` raises.

    >>> def loss(w, x):
    ...     h = w * x
    ...     h.name = "hidden"
    ...     return h * h
    >>> intermediates(loss)(2.0, 3.0)
    ({'hidden': 6.0}, {'hidden': 12.0})
    """

    @wraps(f)
    def inspected(*args: Any, **settings: Any) -> Any:
        with unusual(opened, True):
            call = Call(f, args, range(len(args)), False, **settings)
        out = call.out
        check_scalar(out, f)
        order, record = call.ancestry()
        values: dict[str, Any] = {}
        gradients: dict[str, Any] = {}
        if not isinstance(out, Node) or not out.tracked & DIFF:
            return values, gradients
        seed = np.ones_like(out.value) if out.arrays else type(out.value)(1)
        seeds = {out: leaf(type(out), seed) if record else seed}
        cotangents = pull_back(seeds, order, 0, record, KEEP)
        given = {v: x for x, v in call.pairs()}
        handed_out: set[int] = set()
        for node in sorted(cotangents, key=lambda node: node.number):
            of = given.get(node, node)
            name = getattr(of, "_name", None)
            if name is None:
                continue
            name = f"{of.scope}/{name}" if of.scope else name
            if name in values:
                raise ValueError(
                    f"intermediates: two results are named {name!r}; give each its own, as by a number"
                )
            values[name] = kind_of(None, node, node if record else node.value, handed_out)
            gradients[name] = kind_of(None, node, cotangents[node], handed_out)
        return values, gradients

    return inspected
