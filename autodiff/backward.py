"""The backward walk: how much does the result change with everything it was made of?

**The chain rule.**  Say `y` was made from `x` by way of `a`:  x → a → y.  Then

    dy/dx = dy/da · da/dx

Read it from the left.  `dy/da` is known when the walk reaches `a`, and `da/dx` is the derivative of one
primitive, written in a table.  So start at the result with dy/dy = 1 and walk towards the inputs; at
every node multiply what has arrived by the node's own derivative, and pass it on.  What arrives at a node
is its **cotangent** g: how much y changes per change of that node.

With numbers, for y = (x + 1) · 3 at x = 2:

    node          value    cotangent
    y = a * 3       9       1                        dy/dy
    a = x + 1       3       1 · 3 = 3                dy/da = 3, the other factor
    x               2       3 · 1 = 3                da/dx = 1

**Why shared inputs add.**  A node used twice influences y along two ways, and the changes add:

    y = x * x:   x gets g·x from its left side and g·x from its right side, together 2x

**Why numbers give the order.**  Cotangents are added up where they meet, so a node must not pass its own
on before all of it has arrived.  Everything made of a node is younger than the node: going from the
youngest to the oldest, a node's turn comes after the turn of everything that can still add to it.  Here
is what that prevents.  Take

    a = x * x;  y = a * x + a

`a` is reached by way of the plus and by way of the product.  A walk that passed a's cotangent on as soon
as it first got there would pass on half of it, and then either drop the other half or, visiting `a`
again, count the first half twice.

**Arrays.**  If a is an array, "multiply by the derivative" is "multiply by the Jacobian, transposed":

    change of y  =  gᵀ · (change of a)  =  gᵀ J · (change of x)      so x's cotangent is  Jᵀ g

The Jacobian is never written out.  Each primitive's rule *pulls* a cotangent back through itself, which
for most of them is as cheap as computing the value was (`kinds.py`).  That is why the gradient of one
number costs a few times what the number costs, however many inputs there are.

**Where the program chose a branch** there is one more thing to know.  In

    where(x > 0, sqrt(x), 0.0)        at x = 0

nothing depends on the square root: its cotangent is exactly 0.  But its slope is infinite there, and
0 · inf is NaN in floating point.  Below a primitive that selects, an exact zero therefore absorbs what
it is multiplied by, whether the choice made it zero or the taken branch happens to.

Care takes time, so the walk is made plainly first, and made again with care only if a NaN came out (or a
Python float raised) and something in the graph selects.  A walk that is itself recorded is careful at
once: the NaN might only show in the next derivative.  So is a walk that can't be made twice.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from operator import attrgetter
from typing import Any

from numpy import vdot

from .errors import singular
from .graph import DIFF, LEAF, RECORD, Function, Node, leaf

__all__: list[str] = []

Cotangents = dict[Node, Any]
FORGET, KEEP = attrgetter("pop"), attrgetter("get")
SCRATCH = leaf(Node, None)  # the key under which a primitive's step keeps what it needs to know about a walk


def pull_back(
    seeds: Cotangents, order: list[Node], after: int = 0, record: bool = False, taking: Function = FORGET
) -> Cotangents:
    """The cotangents of what the nodes of `order` were made of, given those of its youngest, the `seeds`.

    `order` comes from `ancestry`: youngest first.  `taking(cotangents)` is a function that takes a
    node's: by default a cotangent is forgotten as soon as it has been passed on, and the result holds the
    leaves; with `KEEP` it holds every node.

    With `record` the cotangents are nodes themselves, so that they can be differentiated.  Then nothing is
    computed for nodes numbered below `after`: they are older than the variables that were asked for.

    The cotangents are kept in a dict, and not in the nodes, so that two threads, or a derivative within a
    derivative, can walk the same graph at the same time.
    """

    def walk(careful: bool) -> Cotangents:
        cot = dict(seeds)
        take = taking(cot)
        below: set[Node] = set()  # all that a selecting primitive was made of
        node = None
        try:
            for node in order:
                g = take(node, None)
                op: Any = node.op
                if careful and (op.selects or node in below):
                    below.update(node.inputs)
                    if g is not None:
                        pull(node, g, cot, after, record, careful=True)
                elif g is not None:
                    (op.recorded if record else op.steps)[node.arrays](node, g, cot, after)
        except (ArithmeticError, ValueError, TypeError) as error:
            raise singular(error, node) from error
        cot.pop(SCRATCH, None)
        return cot

    return plainly_then_carefully(walk, order, record or taking not in (FORGET, KEEP))


def pull(node: Node, g: Any, cot: Any, after: int, record: bool = False, careful: bool = False) -> None:
    """Pass one node's cotangent on to its inputs.

    An input that is not tracked gets none: the gradient of the data batch is never computed.  Sums are
    made as `a + b`, never in place: a cotangent may be shared, as by both inputs of a plus, where

        y = x + z;   cot[x] += …        # with arrays, would change cot[z] too
    """
    op: Any = node.op
    m, inputs = RECORD if record else node.space, node.inputs
    out, xs = (node, inputs) if record else (node.value, [x.value for x in inputs])
    pulls = op.careful.pulls if careful else op.rules.pulls
    for x, rule, value in zip(inputs, pulls, xs, strict=False):  # of the pulls, there may be more
        if rule is not None and x.tracked & DIFF and x.number >= after:
            gx = x.fit(m, rule(m, g, out, *xs, **(node.params or {})), value)
            cot[x] = cot[x] + gx if x in cot else gx


def plainly_then_carefully(
    walk: Callable[[bool], Cotangents], order: list[Node], once: bool, watch: Set[Node] = frozenset()
) -> Cotangents:
    """Walk so that an exact zero absorbs NaN and inf below what selects, at no cost where none occurs.

    A NaN passes on to whatever the walk reaches after it, so looking at the ends is enough: at the nodes
    to `watch`, or without any, at leaves and arrays.
    """
    selects = True in [node.op.selects for node in order]  # type: ignore[union-attr]
    if once or not selects:
        return walk(selects)
    try:
        found = walk(False)
    except (ArithmeticError, ValueError):
        return walk(True)
    ends = [g for x, g in found.items() if (x in watch if watch else x.tracked & LEAF or x.arrays)]
    return walk(True) if any(map(has_nan, ends)) else found


def has_nan(g: Any) -> bool:
    """Whether g has a NaN; of an array, by its product with itself, which is NaN then and costs little."""
    square = vdot(g, g) if hasattr(g, "shape") else g
    return bool(square != square)
