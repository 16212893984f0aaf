"""The forward walk: how much does every result change when the inputs move in one direction?

**The same chain rule, read from the right.**  Give each input a **tangent** t: the speed at which it
moves.  Every primitive then moves at a speed that its derivative and its inputs' speeds determine,

    out = f(x, y)    moves at    ∂f/∂x · t_x  +  ∂f/∂y · t_y

so one walk from the oldest node to the youngest gives the speed of the result: the directional
derivative.  With numbers, for y = x · z at x = 2, z = 5, when x moves at speed 1 and z stands still:

    node        value    tangent
    x             2       1
    z             5       none: zero
    y = x * z    10       5 · 1 = 5

**Which walk when?**  One backward walk gives the derivative of *one* output along *all* inputs, one row
of the Jacobian; one forward walk gives that of *all* outputs along *one* direction, one column times a
number.  With few inputs and many outputs, forward is cheaper.  The two agree in this sense, for every
cotangent g and tangent t:

    ⟨g, J t⟩ = ⟨Jᵀ g, t⟩

which the tests check of every primitive.  A forward walk over the recorded graph of a backward walk gives
the Hessian times a vector, at the cost of a few gradients (`transforms/hvp.py`).

It walks the very graph that `backward.py` walks, in the other direction.  A node's inputs are older than
it is, so their tangents are known when its turn comes.
"""

from __future__ import annotations

import math
from typing import Any

from .backward import Cotangents
from .care import has_nan, plainly_then_carefully
from .errors import singular
from .graph import RECORD, Node, leaf

__all__: list[str] = []


def push_forward(tangents: Cotangents, order: list[Node], outputs: Any, record: bool = False) -> Any:
    """The tangents of the nodes of `order` (youngest first, as `ancestry` gives it) and of what was given.

    A node that is missing in the result does not move.  With `record` the tangents are nodes themselves.
    Care is taken as in the backward walk: what was made from the result of a selecting primitive may move
    at exactly 0, and 0 times an infinite slope is 0 there.  Where Python raises instead of giving inf, the
    tangent is NaN for the time being; the error comes if that NaN gets as far as an output.
    """

    def walk(careful: bool) -> Cotangents:
        tan, failure = dict(tangents), None
        below: set[Node] = set()  # what was made from the result of a selecting primitive
        for node in reversed(order):
            op, inputs, space = node.op, node.inputs, RECORD if record else node.space
            ts = [tan.get(x) for x in inputs]
            chosen = careful and (op.selects or not below.isdisjoint(inputs))  # type: ignore[union-attr]
            if chosen:
                below.add(node)
            if all(t is None for t in ts):
                continue
            out, xs = (node, inputs) if record else (node.value, [x.value for x in inputs])
            rules = op.careful if chosen else op.rules  # type: ignore[union-attr]
            try:
                t = rules.push(space, ts, out, *xs, **(node.params or {}))
            except (ArithmeticError, ValueError, TypeError) as error:
                failure = failure or singular(error, node)
                if not careful:
                    raise failure from error
                t = node.value * math.nan if hasattr(node.value, "shape") else math.nan
                t = leaf(type(node), t) if record else t  # until a choice leaves it out
            if t is not None:
                tan[node] = node.spread(space, t, out)
        if failure and any(has_nan(getattr(tan[y], "value", tan[y])) for y in outputs if y in tan):
            raise failure
        return tan

    return plainly_then_carefully(walk, order, record, set(outputs))
