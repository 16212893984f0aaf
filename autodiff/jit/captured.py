"""What a function uses without getting it as an argument.

    W = np.ones(3)
    def f(x):
        return (x * W).sum()        # W is captured: it comes from a global variable

A compiled f must not go on with the W of the day when it was traced.  So we follow the names that f can use,
its global and free variables, and the attributes and items of what they stand for, to the arrays and nodes at
their ends.  Each is found again at every call, in the same place, whatever has been put there since.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import attrgetter, itemgetter
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from ..graph import PACKAGE, Node
from ..versions import VERSION, version

__all__: list[str] = []

MANY = 20_000  # places; what is deeper in isn't looked at
Step = Callable[[Any], Any]
LIBRARIES = (PACKAGE, "numpy.", "scipy.", "optree.")


class Place(NamedTuple):
    """Where something is found: what the function's names lead to, step by step."""

    name: str
    root: Any
    steps: tuple[Step, ...]

    def read(self) -> Any:
        """What is there now."""
        found = self.root
        for step in self.steps:
            found = step(found)
        return found

    def then(self, name: str, step: Step) -> Place:
        return Place(self.name + name, self.root, (*self.steps, step))


class Captured:
    """The arrays, nodes and numbers that functions reach."""

    def __init__(self, roots: list[Any]) -> None:
        self.arrays: dict[int, tuple[Place, np.ndarray[Any, Any]]] = {}  # by id
        self.nodes: dict[int, Place] = {}  # by id, also of the version that a graph holds
        self.found: list[tuple[Place, Node]] = []
        self.frozen: dict[str, Any] = {}  # numbers and texts by name
        seen: set[int] = set()
        waiting: list[tuple[Any, Place]] = [(x, Place("", x, ())) for x in roots]
        self.keep = [x for x, _ in waiting]  # so that ids stay what they are
        for x, place in waiting:  # grows as it is read
            if id(x) in seen or len(seen) > MANY:
                continue
            seen.add(id(x))
            self.keep.append(x)
            waiting += self.inside(x, place)

    def places(self) -> list[tuple[Place, Any]]:
        """Every array and node that was found, and where."""
        return [*self.arrays.values(), *self.found]

    def inside(self, x: Any, place: Place) -> list[tuple[Any, Place]]:
        """Note x if it is an end, else what is in it."""
        if isinstance(x, Node):
            self.nodes[id(x)] = place
            self.found.append((place, x))
            if x.tracked & VERSION:
                self.keep.append(version(x))
                self.nodes[id(version(x))] = place
            return []
        if isinstance(x, np.ndarray):
            self.arrays[id(x)] = place, x
            return []
        if isinstance(x, (int, float, complex, str, np.generic)):
            if place.name:
                self.frozen[place.name] = x
            return []
        if isinstance(x, FunctionType) and is_library(x):  # what it wraps counts, its settings don't
            found = [(y, step) for _, y, step in contents(x) if not isinstance(y, (int, str))]
            return [(y, Place("", place.root, (*place.steps, step))) for y, step in found]
        return [(y, place.then(name, step)) for name, y, step in contents(x)]


def contents(x: Any) -> list[tuple[str, Any, Step]]:
    """What a function uses, or an object holds: a name, the thing, and how it is found in x."""
    if isinstance(x, FunctionType):
        return of_function(x)
    if isinstance(x, MethodType):
        return [of_attribute(x, "__func__", ""), of_attribute(x, "__self__", "self")]
    if isinstance(x, partial):
        return [of_attribute(x, k, f".{k}") for k in ("func", "args", "keywords")]
    if isinstance(x, (dict, list, tuple)):
        keys = () if len(x) > MANY else list(x) if isinstance(x, dict) else range(len(x))
        return [(f"[{k!r}]", x[k], itemgetter(k)) for k in keys]
    if isinstance(x, (type, ModuleType, CodeType)) or module_of(x).startswith(LIBRARIES):
        return [of_attribute(x, "__wrapped__", "")] if hasattr(x, "__wrapped__") else []
    return [(f".{k}", y, attrgetter(k)) for k, y in list(getattr(x, "__dict__", {}).items())]


def of_attribute(x: Any, attribute: str, name: str) -> tuple[str, Any, Step]:
    return name, getattr(x, attribute), attrgetter(attribute)


def of_function(f: FunctionType) -> list[tuple[str, Any, Step]]:
    found: list[tuple[str, Any, Step]] = []
    for k, (name, cell) in enumerate(zip(f.__code__.co_freevars, f.__closure__ or (), strict=True)):
        try:
            found.append((name, cell.cell_contents, partial(free_variable, k)))
        except ValueError:  # a variable that has no value yet
            continue
    for attribute, name in (("__defaults__", "defaults"), ("__kwdefaults__", ""), ("__wrapped__", "")):
        if getattr(f, attribute, None) is not None:
            found.append(of_attribute(f, attribute, name))
    if is_library(f):
        return found
    names = names_in(f.__code__)
    for name in sorted(names & f.__globals__.keys()):
        value = f.__globals__[name]
        if not isinstance(value, ModuleType):
            found.append((name, value, partial(global_variable, name)))
        elif not f"{value.__name__}.".startswith(LIBRARIES):
            inner = sorted(names & vars(value).keys())
            found += [(f"{name}.{k}", vars(value)[k], partial(global_variable, name, of=k)) for k in inner]
    return found


def is_library(f: FunctionType) -> bool:
    return f"{f.__globals__.get('__name__')}.".startswith(LIBRARIES)


def free_variable(k: int, f: Any) -> Any:
    return f.__closure__[k].cell_contents


def global_variable(name: str, f: Any, of: str = "") -> Any:
    value = f.__globals__[name]
    return getattr(value, of) if of else value


def names_in(code: CodeType) -> set[str]:
    """The names that code uses, and the functions that are defined in it."""
    found = set(code.co_names)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            found |= names_in(inner)
    return found


def module_of(x: Any) -> str:
    return f"{getattr(type(x), '__module__', '')}."
