"""Trees: arguments may be nested tuples, lists, dicts and named tuples of numbers, arrays and nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import optree

__all__: list[str] = []


def flatten(tree: Any) -> tuple[list[Any], Callable[[list[Any]], Any]]:
    """The leaves of a tree, and the function that puts as many leaves into the same structure."""
    leaves, structure = optree.tree_flatten(tree)
    return leaves, structure.unflatten


def map_leaves(f: Callable[[Any], Any], tree: Any) -> Any:
    """The same tree with f of each leaf."""
    return optree.tree_map(f, tree)


def leaves_like(tree: Any, other: Any, what: str) -> list[Any]:
    """The leaves of `other`, which must have the structure of `tree`; `what` names it in the error."""
    want, got = optree.tree_structure(tree), optree.tree_structure(other)
    if want != got:
        raise TypeError(f"{what} must have the structure {want}, not {got}")
    return optree.tree_leaves(other)
