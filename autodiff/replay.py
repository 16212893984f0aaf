"""The replay: what a program did, done again with other values.

The backward and the forward walk read a graph to differentiate it.  This walk reads it to run it: from the
oldest node to the youngest, each primitive once more, on what its inputs are *now*.  If these are the values
of many examples at once, stacked along a leading axis, one replay computes what a loop over the examples
would (`batching.py` has the rules, `transforms/vmap.py` the function).

**A graph is one path through a program.**  `if x > 0:` was decided when the program ran, by the values that
it ran on.  So the truth values that a traced program reads are noted (`read`), and whoever replays the graph
looks whether they are still the same.  Where they are not, the graph is not what the program would do.  What
takes a number out of the graph (`item()`, or an index that becomes a shape) can't be noted, and raises.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from sys import _getframe
from typing import Any, NamedTuple

from .batching import not_declared
from .graph import DIFF, PACKAGE, TRACE, Node, no_grad

__all__: list[str] = []


class Read(NamedTuple):
    """A truth value that a program asked for, and the line that did."""

    node: Node
    truth: bool
    place: str


reads: ContextVar[list[Read] | None] = ContextVar("reads", default=None)


@contextmanager
def tracing() -> Iterator[list[Read]]:
    """Note the truth values that are read inside, of nodes that are traced."""
    noted: list[Read] = []
    token = reads.set(noted)
    try:
        yield noted
    finally:
        reads.reset(token)


def read(node: Any) -> bool:
    """The truth of a traced node, as the program goes on with it."""
    noted = reads.get()
    if noted is None:
        raise TypeError(
            "this value belongs to a function that was traced, and has left it: return it from the function"
        )
    frame: Any = _getframe(1)
    while frame.f_globals.get("__name__", "").startswith(PACKAGE) and frame.f_back:
        frame = frame.f_back
    noted.append(Read(node, bool(node.value), f"{frame.f_code.co_filename}, line {frame.f_lineno}"))
    return noted[-1].truth


def replay(order: list[Node], known: dict[Node, Any], size: int) -> None:
    """Run the nodes of `order` (youngest first) for `size` examples, and add what they give to `known`.

    `known` has, for every node that differs between the examples, the node that stands for all of them.  What
    is made of none of these is the same for all, and stays as it is.
    """
    for node in reversed(order):
        if node.tracked & TRACE:
            mapped = [x in known for x in node.inputs]
            if any(mapped):
                xs = [known.get(x, x) for x in node.inputs]
                rule = node.op.batch or not_declared  # type: ignore[union-attr]
                with no_grad() if without_grad(node) else nullcontext():
                    known[node] = rule(node, xs, mapped, size)


def without_grad(node: Node) -> bool:
    """Whether a node was computed under `no_grad`: from what requires grad, and does not itself."""
    return bool(
        node.op.keeps & DIFF  # type: ignore[union-attr]
        and not node.tracked & DIFF
        and any(x.tracked & DIFF for x in node.inputs)
    )


def check_reads(noted: list[Read], known: dict[Node, Any]) -> None:
    """Whether all examples would have gone on as the traced one did; raises ValueError at a line where not.

    A truth that depends on an outer trace is noted there.
    """
    outer = reads.get()
    for node, truth, place in noted:
        y = known.get(node, node)
        if (y.value.astype(bool) != truth).any() if y is not node else False:
            raise ValueError(
                f"{place}: the examples do not agree on this condition, and one program can't take two ways: "
                "write autodiff.where(condition, a, b)"
            )
        if y.tracked & TRACE and outer is not None:
            outer.append(Read(y, truth, place))
