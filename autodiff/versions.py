"""Versions: what an array was before it was assigned to.

    for i in range(1, n):
        x[i] = np.sin(x[i - 1])

Each assignment makes a new result, `x with element i replaced`, and from then on the name x stands for it.
What was made of x before was made of the old one, and a derivative must find the old one there.  So x, the
object, becomes the new result (`become`), with a new number, and keeps two nodes apart from itself:

    first    what it was before it was ever assigned to.  What used x until then points at x itself; a walk
             sees by the numbers that x is too young for that, and takes `first` instead (`as_used`).
    now      what it is at present, made when something is made of it (`version`).  That is where what uses
             x after an assignment points, so it stays right, however often x is assigned to again.

A leaf has no versions.  Its data is replaced as a whole, by an optimizer, say, and what was computed from
the old data has gone stale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import stale

if TYPE_CHECKING:
    from .graph import Node

__all__: list[str] = []

VERSION = 8  # bit of Node.tracked: it was assigned to
FIELDS = ("value", "op", "inputs", "params", "number", "tracked", "code", "instruction")
OWN = ("_name", "_scope", "_grad", "_hooks")  # of the object rather than of the result


def version(x: Any) -> Any:
    """x as it stands now, for good."""
    if not x.tracked & VERSION:
        return x
    first, now = x._versions
    if now is None:
        x._versions = first, now = first, copied(x)
        now.tracked &= ~VERSION
    return now


def as_used(x: Any, node: Node) -> Any:
    """What x was when `node` was made of it, for x is younger; raises StaleError if nobody knows."""
    first = x._versions[0] if x.tracked & VERSION else x
    if first.number > node.number:
        raise stale(x, node)
    node.inputs = tuple([first if y is x else y for y in node.inputs])
    return first


def become(x: Any, result: Any) -> None:
    """Make x the result that was computed to replace it; what was made of x stays as it was."""
    before = version(x) if x.tracked & VERSION else copied(x)
    first = x._versions[0] if x.tracked & VERSION else before
    for name in OWN[2:]:  # a gradient is that of what x was
        if hasattr(x, name):
            delattr(x, name)
    for name in FIELDS:
        if hasattr(result, name):
            setattr(x, name, getattr(result, name))
    x.inputs = tuple([before if y is x else y for y in x.inputs])
    x.tracked |= VERSION
    x._versions = first, None


def renewed(x: Any) -> None:
    """x has been given new data as a whole."""
    if x.tracked & VERSION:
        x._versions = x._versions[0], None


def copied(x: Any) -> Any:
    """Another node that says the same."""
    out = object.__new__(type(x))
    for name in FIELDS + OWN:
        if hasattr(x, name):
            setattr(out, name, getattr(x, name))
    return out
