"""`backward()`, hooks and retained gradients: the backward walk in PyTorch's words.

`grad(f)` asks for derivatives and gets them.  `y.backward()` leaves them where they belong: in `.grad` of the
leaves that y was made of, added to what is there.  The walk is the same.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import partial
from itertools import count
from typing import Any

import numpy as np

from .backward import FORGET, KEEP, pull_back
from .graph import DIFF, Node, ancestry, leaf
from .repeated import walk_again
from .versions import VERSION, version

__all__: list[str] = []


def out_of_reach(why: str) -> Any:
    """An input that no walk will pass, for it is younger than everything; the error says why."""
    out = leaf(Node, why)
    out.number = sys.maxsize
    return out


# what a node is made of after backward(retain_graph=False)
RELEASED = (
    out_of_reach(
        "was released by backward(retain_graph=False): compute the result again, or leave retain_graph=True"
    ),
)
hooks_in_use: list[bool] = []  # whether a hook was ever registered: else no node is asked for its hooks
RETAIN = object()  # among the hooks of a node: keep its gradient


def backward(y: Any, gradient: Any, retain_graph: bool, create_graph: bool) -> None:
    """See `Variable.backward`."""
    y = version(y) if y.tracked & VERSION else y
    y.check_known("backward()", "Take derivatives inside it by autodiff.grad")
    if not y.tracked & DIFF:
        raise RuntimeError(
            "backward() on a result that does not require grad: make an input with requires_grad=True, "
            "and compute outside no_grad()"
        )
    if create_graph and not retain_graph:
        raise ValueError("create_graph=True needs the graph: leave retain_graph=True")
    seed = seed_of(y, gradient, create_graph)
    order: list[Any] | None = None
    if retain_graph and not create_graph and not hooks_in_use:
        again, order = walk_again(y, seed)
        if again is not None:
            return store(again, create_graph, {id(seed)})
    order = order or ancestry([y])[0]
    taking: Callable[[Any], Any] = FORGET
    for node in order:
        if not node.arrays:  # inner numbers keep their gradient
            taking = KEEP
            break
    kept: dict[Any, Any] = {}
    if hooks_in_use and any(hasattr(node, "_hooks") for node in order):
        taking = through_hooks(taking, kept)
    if not retain_graph:
        taking = releasing(taking, order)
    found: dict[Any, Any] = pull_back({y: seed}, order, 0, create_graph, taking)
    if not retain_graph and order:
        let_go(order, -1)
    given: set[int] = {id(seed)}
    if hooks_in_use:
        for x in found:
            if x.op is None and hasattr(x, "_hooks"):
                found[x] = run_hooks(x, found[x], kept)
                given.add(id(found[x]))  # a hook may have kept it
        given.update(map(id, kept.values()))
    store(found.items(), create_graph, given)
    for x, g in kept.items():
        if x.op is not None:
            x._grad = g if create_graph else x.own(g, given)


def store(found: Iterable[tuple[Any, Any]], create_graph: bool, given: set[int]) -> None:
    """Add gradients to those of leaves; inner Values get these alone."""
    for x, g in found:
        if x.op is None:
            own = g if create_graph else x.own(g, given)
            x._grad = x._grad + own if hasattr(x, "_grad") else own
        elif not x.arrays:
            x._grad = g


def seed_of(y: Any, gradient: Any, record: bool) -> Any:
    """The cotangent that a walk back from y starts from: a node if the walk is recorded, else plain."""
    seed = y.cotangent(gradient)
    if record:
        return seed if isinstance(seed, Node) else leaf(type(y), seed)
    return seed.value if isinstance(seed, Node) else seed


def releasing(taking: Callable[[Any], Any], order: list[Any]) -> Callable[[Any], Any]:
    """`taking`, and each node forgets what it was made of when the next one's turn comes."""

    def wrapped(cot: Any) -> Any:
        take, position = taking(cot), count()

        def release(node: Any, default: Any) -> Any:
            k = next(position)
            if k:
                let_go(order, k - 1)
            return take(node, default)

        return release

    return wrapped


def let_go(order: list[Any], k: int) -> None:
    """A node forgets what it was made of, and the walk forgets the node."""
    order[k].inputs, order[k].params = RELEASED, None
    order[k] = None


def through_hooks(taking: Callable[[Any], Any], kept: dict[Any, Any]) -> Callable[[Any], Any]:
    """`taking`, and what is taken goes through the node's hooks."""

    def wrapped(cot: Any) -> Any:
        return partial(hooked, taking(cot), cot)

    def hooked(take: Any, cot: Any, node: Any, default: Any) -> Any:
        g = take(node, default)
        if g is not None and hasattr(node, "_hooks"):
            g = run_hooks(node, g, kept)
            if node in cot:
                cot[node] = g
        return g

    return wrapped


def run_hooks(node: Any, g: Any, kept: dict[Any, Any]) -> Any:
    """The gradient after the node's hooks, in the order in which they were registered."""
    for hook in list(node._hooks):
        if hook is RETAIN:
            continue
        seen = g
        if isinstance(g, np.ndarray):  # others may hold it
            seen = g.view()
            seen.flags.writeable = False
        replaced = hook(seen)
        if replaced is not None:
            g = checked(node, replaced, g)
    if RETAIN in node._hooks:
        kept[node] = g
    return g


def checked(node: Any, replaced: Any, g: Any) -> Any:
    """What a hook returned, as a cotangent of the node."""
    value, shape = getattr(replaced, "value", replaced), np.shape(getattr(g, "value", g))
    if np.shape(value) != shape:
        raise ValueError(f"a hook returned a gradient of shape {np.shape(value)} for one of shape {shape}")
    replaced = node.cotangent(replaced)
    if isinstance(g, Node):
        return replaced if isinstance(replaced, Node) else leaf(type(node), replaced)
    return getattr(replaced, "value", replaced)


class Handle:
    """What `register_hook` returns: `remove()` takes the hook away again."""

    def __init__(self, hooks: list[Any], hook: Any) -> None:
        self.hooks, self.hook = hooks, hook

    def remove(self) -> None:
        """Take the hook away; a second call does nothing."""
        if self.hook in self.hooks:
            self.hooks.remove(self.hook)


def hooks_of(x: Any) -> list[Any]:
    """The hooks of a node, made when there are none yet."""
    x = version(x)
    if not x.tracked & DIFF:
        raise RuntimeError("it does not require grad, so no gradient will ever arrive there")
    if not hasattr(x, "_hooks"):
        x._hooks = []
        hooks_in_use[:] = [True]
    found: list[Any] = x._hooks
    return found
