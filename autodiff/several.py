"""Primitives with several results: a node with a tuple for its value, and a `pick` for each of them.

    w, v = eigh(x)            x ──► eigh ──► pick 0 ──► w
                                        └──► pick 1 ──► v

The cotangent of the node is of the kind `Parts`: those of the results that were used, by their position.  So
its rule knows which results had a say.  And so is its tangent.

Here too is `Together`: pulls of several inputs that one function finds at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from math import nan
from typing import Any
from weakref import WeakValueDictionary

from . import graph
from .batching import led, rank, settings
from .graph import PLAIN, RECORD, SCALAR, TRACE, Function, Node, Primitive, Rules, apply, leaf, make
from .steps import fill_steps

__all__: list[str] = []


class Several(Node):
    """The results of a primitive that has several: a node with a tuple for its value.  `pick` takes one.

    Its cotangent and its tangent are `Parts`.
    """

    __slots__ = ()
    arrays, space = True, PLAIN

    @staticmethod
    def fit(m: Any, g: Any, x: Any) -> Any:
        return g

    @staticmethod
    def spread(m: Any, t: Any, out: Any) -> Any:
        return t


Node.classes["several"] = Several


class Parts(dict[int, Any]):
    """Cotangents or tangents of some of several results, by their position."""

    def __add__(self, other: Parts) -> Parts:
        return Parts({**self, **{i: self[i] + g if i in self else g for i, g in other.items()}})


def pull_picked(m: Any, g: Any, out: Any, x: Any, *, i: int, by_rule: bool = False) -> Any:
    return Parts({i: g})


def push_picked(m: Any, ts: Any, out: Any, x: Any, *, i: int, by_rule: bool = False) -> Any:
    if not isinstance(ts[0], Parts):
        return out * nan  # nobody knows: see forward.py
    t = ts[0].get(i)
    return t(not by_rule) if callable(t) and not isinstance(t, Node) else t


def picked_batch(node: Any, xs: list[Any], mapped: list[bool], size: int) -> Any:
    """For many examples a primitive with several results gives a tuple of nodes."""
    return xs[0].value[node.params["i"]]


def step_picked(node: Any, g: Any, cot: Any, after: int) -> None:
    """The backward step: the cotangents of a node's results gather in one `Parts`, which nobody else has."""
    (x,), i = node.inputs, node.params["i"]
    parts = cot.get(x)
    if parts is None:
        cot[x] = Parts({i: g})
    else:
        parts[i] = parts[i] + g if i in parts else g


RULES, NONE = Rules((pull_picked,), push_picked), Rules((), lambda m, ts, out, x, **params: None)
pick = Primitive(
    "pick",
    lambda x, *, i, by_rule=False: x[i],
    None,
    RULES,
    RULES,
    {False: step_picked, True: step_picked},
    batch=picked_batch,
    form="x[i]",
)
# of a result that has no derivative
pick_constant = Primitive(
    "pick_constant", pick.f, None, NONE, NONE, keeps=TRACE, batch=picked_batch, form="x[i]"
)
fill_steps(pick)
fill_steps(pick_constant)


# ---- a kind ----------------------------------------------------------------------------------------------
TABLE: dict[str, Primitive] = {}


@dataclass(eq=False, repr=False)
class Multiple(Primitive):
    """A primitive that returns a tuple of arrays; called on nodes, a tuple of nodes.

    Called twice on one node, it runs once: `eigh(x)[0]` and `eigh(x)[1]` belong together, and so the rule
    sees both of their cotangents.
    """

    def __call__(self, *args: Any, **params: Any) -> Any:
        x, params = args[0], {**self.defaults, **params}
        key = self.name, getattr(x, "number", 0), *[params[k] for k in sorted(params)]
        node = None if graph.unusual_contexts or not isinstance(x, Node) else made.get(key)
        if node is None or node.inputs[0] is not x:
            node = apply(self, args, params)
            if isinstance(node, Node) and node.tracked and not graph.unusual_contexts:
                made[key] = node
        return results(node)


made: WeakValueDictionary[Any, Any] = WeakValueDictionary()  # while a graph holds them


def results(node: Any, by_rule: bool = False) -> Any:
    """The results of a node that has several; `by_rule` where a derivative asks for them, and no program."""
    if not isinstance(node, Node):
        return node
    cls = Node.classes["array"]
    return tuple(
        make(cls, value, pick, (node,), {"i": i, "by_rule": by_rule}) for i, value in enumerate(node.value)
    )


def several(name: str, f: Function, pull: Function, push: Function, careful: Any = None) -> Multiple:
    """f(x, **params) maps a stack of matrices to a tuple of arrays.  A row of a table, in `TABLE`.

    `pull(m, g, out, x, **params)` is the cotangent of x; g has those of the results that were used, and out
    is the tuple of the results.  `push(m, t, out, x, **params)` is a tuple of their tangents.  Instead of a
    tangent there may be a function that finds it when the result is used: of whether a program uses it, and
    not only a rule.  `careful` has both as they are below a choice, if they differ.
    """

    rules = rules_of(pull, push)
    more = rules_of(*careful) if careful else rules
    op = Multiple(name, f, None, rules, more, batch=stacked_batch, makes="several")
    fill_steps(op)
    TABLE[name] = op
    for space, g in ((PLAIN, f), (SCALAR, f), (RECORD, op)):
        setattr(space, name, g)
    return op


def rules_of(pull: Function, push: Function) -> Rules:
    def pulled(m: Any, g: Any, out: Any, x: Any, **params: Any) -> Any:
        return pull(m, g, results(out, by_rule=True), x, **params)

    def pushed(m: Any, ts: Any, out: Any, x: Any, **params: Any) -> Any:
        return Parts(enumerate(push(m, ts[0], results(out, by_rule=True), x, **params)))

    return Rules((pulled,), pushed)


def stacked_batch(node: Any, xs: list[Any], mapped: list[bool], size: int) -> Any:
    """A leading axis is one more in the stack of matrices."""
    n = max(map(rank, xs, mapped))
    return leaf(
        Several, node.op(*[led(x, n) if b else x for x, b in zip(xs, mapped, strict=True)], **settings(node))
    )


# ---- several inputs --------------------------------------------------------------------------------------
class Together:
    """Pulls for `count` inputs that one function finds together, `find(m, g, out, xs)`.

    Who goes through them all, as `backward.pull` does, has it run once.
    """

    def __init__(self, find: Callable[..., list[Any]], count: int) -> None:
        self.find, self.count = find, count

    def __getitem__(self, i: int) -> Any:
        return [*self][i]

    def __iter__(self) -> Iterator[Any]:
        found: list[Any] = []

        def rule(i: int, m: Any, g: Any, out: Any, *xs: Any) -> Any:
            if not found:
                found[:] = self.find(m, g, out, xs)
            return found[i]

        return (partial(rule, i) for i in range(self.count))
