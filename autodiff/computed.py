"""Numbers that a traced function computes again: they are recorded once.

A recursion may compute the same product a thousand times.  A compiler finds that out afterwards; but then the
derivative of each of them has been recorded, too, and these are not the same.  So while a function is traced,
the results on numbers are remembered by what they were computed of, and what is computed again is the node
that is there already: the derivative of what is shared is shared as well.  Of arrays each result is a node of
its own, for arrays can be assigned into.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .graph import Node, Primitive

__all__: list[str] = []


class Known:
    """The numbers that a function has computed, which is being traced since number `start`."""

    def __init__(self, start: int) -> None:
        self.start, self.nodes = start, dict[Any, Any]()

    def same(self, out: Node, op: Primitive, inputs: tuple[Node, ...]) -> Any:
        """The node that is the same as `out`, which may be itself."""
        key = [x if x.tracked or 0 < x.number < self.start else repr(x.value) for x in inputs]
        return self.nodes.setdefault((op, out.tracked, *key), out)


computed: ContextVar[Known | None] = ContextVar("computed", default=None)


def known(out: Node, op: Primitive, inputs: tuple[Node, ...], params: Any) -> Any:
    """The node that stands for this result, if there is one already; else None."""
    table = None if out.arrays or params else computed.get()
    found = table.same(out, op, inputs) if table else None
    return None if found is out else found
