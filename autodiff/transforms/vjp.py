"""Vector-Jacobian products: the backward walk as a function of the cotangent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import trees
from ..backward import pull_back
from ..graph import DIFF, Node, leaf
from .fresh import Call, check_function, kind_of, matching, tracked

__all__ = ["vjp"]


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """`(f(*primals), vjp_fn)`: `vjp_fn(g)` is the tuple of cotangents Jᵀg, one for each primal.

    f runs once, on copies of the arrays in primals; `vjp_fn` walks back each time it is called, with a g in
    the structure, shapes and dtypes of f's output (ValueError or TypeError otherwise).  With `has_aux`, f
    returns `(output, aux)` and vjp `(output, vjp_fn, aux)`.

    >>> import numpy as np
    >>> out, vjp_fn = vjp(lambda x, y: x * y, np.array([1.0, 2.0]), 3.0)
    >>> vjp_fn(np.array([1.0, 10.0]))
    (array([ 3., 30.]), 21.0)
    """
    check_function("vjp", f)
    primals = trees.map_leaves(lambda x: x.copy() if isinstance(x, np.ndarray) else x, primals)
    call = Call(f, primals, range(len(primals)), has_aux)

    def vjp_fn(cotangent: Any) -> tuple[Any, ...]:
        gs = matching(call.outputs, trees.leaves_like(call.out, cotangent, "the cotangent"), "the cotangent")
        order, record = call.ancestry()
        record = record or tracked(gs)
        seeds: dict[Node, Any] = {}
        for y, g in zip(call.outputs, gs, strict=True):
            if isinstance(y, Node) and y.tracked & DIFF:
                g = g if isinstance(g, Node) == record else leaf(type(y), g) if record else g.value
                seeds[y] = seeds[y] + g if y in seeds else g
        after = call.variables[0].number if call.variables else 0
        found = pull_back(seeds, order, after, record)
        handed_out = {id(g) for g in gs}
        return tuple(call.trees_of([kind_of(x, v, found.get(v), handed_out) for x, v in call.pairs()]))

    record = call.ancestry()[1]
    if has_aux:
        return call.results(record, True), vjp_fn, call.aux_outside(record, True)
    return call.results(record, True), vjp_fn
