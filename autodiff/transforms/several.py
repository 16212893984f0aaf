"""Primitives with several results: a node with a tuple for its value, and a `pick` for each of them.

And those whose inputs get their cotangents all at once, from one rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from ..backward import pull
from ..graph import PLAIN, TRACE, Node, Primitive, Rules
from ..steps import fill_steps

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


class Parts(dict[int, Any]):
    """Cotangents or tangents of some of several results, by their position."""

    def __add__(self, other: Parts) -> Parts:
        return Parts({**self, **{i: self[i] + g if i in self else g for i, g in other.items()}})


def pull_picked(m: Any, g: Any, out: Any, x: Any, *, i: int) -> Any:
    return Parts({i: g})


def push_picked(m: Any, ts: Any, out: Any, x: Any, *, i: int) -> Any:
    return ts[0].get(i)


def picked_batch(node: Any, xs: list[Any], mapped: list[bool], size: int) -> Any:
    """For many examples a primitive with several results gives a tuple of nodes."""
    return xs[0].value[node.params["i"]]


RULES, NONE = Rules((pull_picked,), push_picked), Rules((), lambda m, ts, out, x, *, i: None)
pick = Primitive(
    "pick", lambda x, *, i: x[i], None, RULES, RULES, {False: pull, True: pull}, batch=picked_batch
)
# of a result that has no derivative
pick_constant = Primitive("pick_constant", pick.f, None, NONE, NONE, keeps=TRACE, batch=picked_batch)
fill_steps(pick)
fill_steps(pick_constant)


class Together:
    """Pulls for `count` inputs that one function finds together, `find(m, g, xs)`.

    Who goes through them all, as `backward.pull` does, has it run once.
    """

    def __init__(self, find: Callable[..., list[Any]], count: int) -> None:
        self.find, self.count = find, count

    def __iter__(self) -> Iterator[Any]:
        found: list[Any] = []

        def rule(i: int, m: Any, g: Any, out: Any, *xs: Any) -> Any:
            if not found:
                found[:] = self.find(m, g, xs)
            return found[i]

        return (partial(rule, i) for i in range(self.count))
