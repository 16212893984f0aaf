"""The forward walk: how much does every result change when the inputs move in one direction?

The same chain rule, read from the right.  Give each input a **tangent** t: the speed at which it moves.
Every primitive then moves at a speed that its derivative and its inputs' speeds determine,

    out = f(x, y)    moves at    ∂f/∂x · t_x  +  ∂f/∂y · t_y

so one walk from the oldest node to the youngest gives the speed of the result, the directional
derivative.  One backward walk gives the derivative of *one* output along *all* inputs; one forward walk
gives that of *all* outputs along *one* direction.  With fewer inputs than outputs, forward is cheaper,
and it never keeps more than it needs.

It walks the very graph that `backward.py` walks, in the other direction.  A node's inputs are older than
it is, so their tangents are known when its turn comes.  A tangent that is missing is zero.
"""

from __future__ import annotations

from collections.abc import Iterable

from .backward import Cotangents, plainly_then_carefully
from .errors import singular
from .graph import RECORD, Node

__all__: list[str] = []


def push_forward(
    tangents: Cotangents, order: list[Node], outputs: Iterable[Node], record: bool = False
) -> Cotangents:
    """The tangents of the nodes of `order` (youngest first, as `ancestry` gives it) and of what was given.

    With `record` the tangents are nodes themselves.
    """

    def walk(careful: bool) -> Cotangents:
        tan = dict(tangents)
        below: set[Node] = set()  # what was made from the result of a selecting primitive
        node = None
        try:
            for node in reversed(order):
                op, inputs = node.op, node.inputs
                ts = [tan.get(x) for x in inputs]
                chosen = careful and (op.selects or not below.isdisjoint(inputs))  # type: ignore[union-attr]
                if chosen:
                    below.add(node)
                if all(t is None for t in ts):
                    continue
                m = RECORD if record else node.space
                out, xs = (node, inputs) if record else (node.value, [x.value for x in inputs])
                rules = op.careful if chosen else op.rules  # type: ignore[union-attr]
                t = rules.push(m, ts, out, *xs, **(node.params or {}))
                if t is not None:
                    tan[node] = node.spread(m, t, out)
        except (ArithmeticError, ValueError, TypeError) as error:
            raise singular(error, node) from error
        return tan

    return plainly_then_carefully(walk, order, record, outputs)
