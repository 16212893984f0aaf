"""Where a node was made: the line of the program, and the scopes that were open there.

Errors and pictures ask for both.  Neither keeps anything alive: a line is a code object and an instruction,
where a frame would keep every local variable of the program, and a scope is a text.
"""

from __future__ import annotations

from contextvars import ContextVar
from sys import _getframe
from typing import Any

__all__: list[str] = []

PACKAGE = __name__.partition(".")[0] + "."


def note_origin(node: Any, depth: int = 1) -> None:
    """Remember the line of the user's code that is running."""
    frame: Any = _getframe(depth)
    while frame.f_globals.get("__name__", "").startswith(PACKAGE) and frame.f_back:
        frame = frame.f_back
    node.code, node.instruction = frame.f_code, frame.f_lasti


class Scope(str):
    """The names of the scopes that are open, joined by `/`; every entry makes an object of its own.

    So a layer that is used twice is two groups of a picture, though both have one name.
    """

    name: str
    parent: Scope | None


open_scope: ContextVar[Scope | None] = ContextVar("scope", default=None)


def entered(name: str) -> Scope | None:
    """The scopes that are open, and one more in them; a name of no letters opens none."""
    outer = open_scope.get()
    if not name:
        return outer
    scope = Scope(f"{outer}/{name}" if outer else name)
    scope.name, scope.parent = name, outer
    return scope


def note_scope(node: Any) -> None:
    """Remember the scopes that are open, if there are any."""
    if (scope := open_scope.get()) is not None:
        node._scope = scope
