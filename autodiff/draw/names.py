"""What the nodes of a graph are called: by `name=`, by the caller's variables, else by numbers."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from sys import _getframe
from typing import Any
from unicodedata import normalize

from ..graph import PACKAGE, Node
from ..versions import version
from .numbers import clean

__all__: list[str] = []

MANY, ALL = 1000, 20_000  # how much of a list is looked through, and of everything


def naming(names: Any) -> Mapping[str, Any]:
    """What gives names: the caller's variables, or `names=` in their place, a dict from names to nodes."""
    if names is None:
        return callers_variables()
    if not isinstance(names, Mapping):
        raise TypeError(f'names is a dict of variables that give names, {{"x": x}}, not {names!r}')
    return names


def callers_variables() -> dict[str, Any]:
    """The variables that the caller's line sees: those of its function, then those of its module."""
    frame: Any = _getframe(1)
    while is_ours(frame.f_globals) and frame.f_back:
        frame = frame.f_back
    here = dict(frame.f_locals)
    return {**here, **{k: v for k, v in dict(frame.f_globals).items() if k not in here}}


def is_ours(variables: Mapping[str, Any]) -> bool:
    """Whether these are the global variables of a module of this package."""
    name = variables.get("__name__", "")
    return name.startswith(PACKAGE) and vars(sys.modules.get(name, sys)) is variables


def names_in(variables: Mapping[str, Any]) -> dict[Node, str]:
    """The nodes that variables hold, themselves or in a list, a tuple or a dict: `x`, `w[0]`, `p['b']`."""
    names: dict[Node, str] = {}
    waiting = [(str(k), v, 2) for k, v in variables.items() if not str(k).startswith("_")]
    for name, thing, deep in waiting:  # grows as it is read, so that the shortest names come first
        if isinstance(thing, Node):
            names.setdefault(version(thing), name)
        elif not deep or len(waiting) > ALL:
            continue
        elif type(thing) in (list, tuple):
            waiting += [(f"{name}[{i}]", x, deep - 1) for i, x in enumerate(thing[:MANY])]
        elif type(thing) is dict and len(thing) <= MANY:
            waiting += [(f"{name}[{k!r}]", x, deep - 1) for k, x in thing.items() if isinstance(k, str)]
    return names


def name_all(nodes: Iterable[Node], root: Node, here: Mapping[Node, str]) -> dict[Node, str]:
    """A name for every node, and no name twice.  `nodes` stand in the order in which they were made."""
    nodes = list(nodes)
    wanted = {node: clean(getattr(node, "_name", None) or here.get(node, "")) for node in nodes}
    wanted[root] = wanted[root] or "out"
    often, names = Counter(wanted.values()), {}
    taken = {*wanted.values(), *(normalize("NFKC", name) for name in wanted.values())}  # v₁ looks like v1
    count, again = 0, Counter[str]()
    for node in nodes:
        name = wanted[node]
        if not name:
            while not name or name in taken:
                count += 1
                name = f"v{count}"
        elif often[name] > 1:  # two of one name, or an array before and after an assignment
            base = name
            while name in taken:
                again[base] += 1
                name = f"{base}_{again[base]}"
        taken.add(name)
        names[node] = name
    return names
