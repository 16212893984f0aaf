"""What a function uses without getting it as an argument.

    W = np.ones(3)
    def f(x):
        return (x * W).sum()        # W is captured: it comes from a global variable

A compiled f must not go on with the W of the day when it was traced.  So we follow the names that f can use,
its global and free variables, and the attributes and items of what they stand for, those of their classes
among them, to the arrays and nodes at their ends.  Each is found again at every call, in the same place,
whatever has been put there since.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from operator import attrgetter, itemgetter
from sys import modules, stdlib_module_names
from types import CodeType, FunctionType, MethodType, ModuleType, NoneType
from typing import Any, NamedTuple
from weakref import ReferenceType

import numpy as np

from ..graph import PACKAGE, Node
from ..versions import VERSION, version

__all__: list[str] = []

MANY = 20_000  # places; what is deeper in isn't looked at
PLAIN = int, float, complex, str, bytes  # is frozen
CODE = FunctionType, type, ModuleType
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
    """The arrays, nodes and numbers that functions reach.

    What one array lies in is found again through the first way that led there.  That it is still the end of
    the other ways as well is for others to see (`ways`), and so it is that lists, dicts and objects have not
    grown (`keys`).  A scalar of NumPy's, or None, is what it is as long as it is there: a way as well.
    """

    def __init__(self, roots: list[Any]) -> None:
        self.arrays: dict[int, tuple[Place, np.ndarray[Any, Any]]] = {}  # by id
        self.nodes: dict[int, Place] = {}  # by id, also of the version that a graph holds
        self.found: list[tuple[Place, Node]] = []
        self.frozen: dict[str, Any] = {}  # numbers and texts by name
        self.ways: list[tuple[Place, Any]] = []  # where the same thing must still be
        first: dict[int, tuple[Place, Any, int]] = {}  # by id: how it was found, and in what
        again, ends = list[tuple[Place, Any]](), list[int]()
        waiting = [(x, Place("", x, ()), 0) for x in roots]
        self.keep = list(roots)  # so that ids stay what they are
        for x, place, where in waiting:  # grows as it is read
            if isinstance(x, PLAIN) and not isinstance(x, np.generic):
                if place.name:
                    self.frozen[place.name] = x
            elif x is None or isinstance(x, np.generic):
                if where and not isinstance(first[where][1], tuple):
                    self.ways.append((place, x))
                    ends += [where] * isinstance(first[where][1], type)  # an instance may have its own
            elif id(x) in first:
                again.append((place, x))
            elif len(first) <= MANY:
                first[id(x)] = place, x, where
                self.keep.append(x)
                waiting += [(y, p, id(x)) for y, p in self.inside(x, place)]
        leading = set[int]()
        for k in [*self.arrays, *self.nodes, *ends]:
            while k in first and k not in leading:
                leading.add(k)
                k = first[k][2]
        self.ways += [(place, x) for place, x in again if id(x) in leading and not isinstance(x, CODE)]
        self.keys = [
            (place, keys_of(x))
            for k, (place, x, _) in first.items()
            if (isinstance(x, (dict, list, deque)) and not x) or (k in leading and keys_of(x) is not None)
        ]

    def places(self) -> list[tuple[Place, Any]]:
        """Every array and node that was found, and where."""
        return [*self.arrays.values(), *self.found, *self.ways]

    def inside(self, x: Any, place: Place) -> list[tuple[Any, Place]]:
        """Note x if it is an end, else what is in it."""
        if isinstance(x, Node):
            self.nodes[id(x)] = place
            self.found.append((place, x))
            if x.tracked & VERSION:
                self.keep.append(version(x))
                self.nodes[id(version(x))] = place
            return []
        if isinstance(x, np.ndarray) and not x.dtype.hasobject:
            self.arrays[id(x)] = place, x
            return []
        if isinstance(x, FunctionType) and is_library(x):  # what it wraps counts, its settings don't
            found = [(y, step) for _, y, step in contents(x) if not isinstance(y, (int, str, NoneType))]
            return [(y, Place("", place.root, (*place.steps, step))) for y, step in found]
        dot = "." if place.name and isinstance(x, FunctionType) else ""
        return [(y, place.then(dot + name if name else "", step)) for name, y, step in contents(x)]


def contents(x: Any) -> list[tuple[str, Any, Step]]:
    """What a function uses, or an object holds: a name, the thing, and how it is found in x."""
    if isinstance(x, FunctionType):
        return of_function(x)
    if isinstance(x, MethodType):
        return [of_attribute(x, "__func__", ""), of_attribute(x, "__self__", "self")]
    if isinstance(x, partial):
        return [of_attribute(x, k, f".{k}") for k in ("func", "args", "keywords") if getattr(x, k)]
    if isinstance(x, np.ndarray):  # of objects
        found: list[tuple[str, Any, Step]] = []
        for k, y in enumerate(x.flat):
            found.append((f"[{k}]", y, partial(flat_item, k)))
        return found[:MANY]
    if isinstance(x, (dict, list, tuple, deque)):
        keys = () if len(x) > MANY else list(x) if isinstance(x, dict) else range(len(x))
        return [(f"[{k!r}]", x[k], itemgetter(k)) for k in keys]
    if isinstance(x, (ReferenceType, ContextVar)):
        return [("", pointed_at(x), pointed_at)]
    if isinstance(x, property):
        return [of_attribute(x, "fget", "")]
    if isinstance(x, (staticmethod, classmethod)):
        return [of_attribute(x, "__func__", "")]
    if isinstance(x, type):
        return of_class(x)
    if isinstance(x, (ModuleType, CodeType)) or module_of(x).startswith(LIBRARIES):
        return [of_attribute(x, k, "") for k in ("__wrapped__", "rules") if has(x, k)]
    slots = [k for cls in type(x).__mro__ for k in slots_of(cls) if has(x, k)]
    names = [*getattr(x, "__dict__", {}), *slots]
    its_class: tuple[str, Any, Step] = ("", type(x), type)
    return [its_class, *[of_attribute(x, k, f".{k}") for k in names]]


def of_class(cls: type) -> list[tuple[str, Any, Step]]:
    """What stands in a class that somebody wrote, and in those it comes from: arrays, and methods."""
    found: dict[str, Any] = {}
    for base in cls.__mro__:
        if not of_library(base.__module__):
            for k, y in vars(base).items():
                if isinstance(y, FunctionType) or not k.startswith("__"):
                    found.setdefault(k, y)
    return [(f".{k}", y, partial(class_variable, k)) for k, y in found.items()]


def slots_of(cls: type) -> tuple[str, ...]:
    slots = vars(cls).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def has(x: Any, attribute: str) -> bool:
    try:
        return hasattr(x, attribute)
    except Exception:  # somebody's own __getattr__
        return False


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
        elif not of_library(value.__name__):
            found += of_module(value, name, names, partial(global_variable, name))
    package = f.__globals__.get("__package__")
    for name in sorted(names - f.__globals__.keys()):  # `import name` in f itself
        for full in (name, f"{package}.{name}"):
            if full in modules and not of_library(full):
                found += of_module(modules[full], full, names, partial(module_named, full))
    return found


def of_module(module: ModuleType, name: str, names: set[str], step: Step) -> list[tuple[str, Any, Step]]:
    """What of these names a module has, and the modules in it: `package.module.w`."""
    found: list[tuple[str, Any, Step]] = []
    waiting, seen = [("", module)], {module}
    for path, here in waiting:  # grows as it is read
        for k in sorted(names & vars(here).keys()):
            value, of = vars(here)[k], path + k
            if not isinstance(value, ModuleType):
                found.append((f"{name}.{of}", value, partial(module_variable, step, of)))
            elif value not in seen and not of_library(value.__name__):
                seen.add(value)
                waiting.append((f"{of}.", value))
    return found


def is_library(f: FunctionType) -> bool:
    return of_library(f.__globals__.get("__name__"))


def of_library(module: str | None) -> bool:
    """Whether what stands in a module can't use anybody's arrays but by being given them."""
    name = f"{module}."
    return name.startswith(LIBRARIES) or name.split(".")[0] in stdlib_module_names


def free_variable(k: int, f: Any) -> Any:
    return f.__closure__[k].cell_contents


def global_variable(name: str, f: Any) -> Any:
    return f.__globals__[name]


def module_named(name: str, f: Any) -> Any:
    return modules[name]


def module_variable(module: Step, name: str, f: Any) -> Any:
    return attrgetter(name)(module(f))


def class_variable(name: str, cls: Any) -> Any:
    return next(vars(base)[name] for base in cls.__mro__ if name in vars(base))


def flat_item(k: int, x: Any) -> Any:
    return x.flat[k]


def pointed_at(x: Any) -> Any:
    """What a weak reference or a context variable leads to."""
    return x() if isinstance(x, ReferenceType) else x.get(None)


def keys_of(x: Any) -> Any:
    """What tells whether something was added to a list, dict or object, removed or moved; None of others."""
    if isinstance(x, (list, deque)):
        return len(x)
    held = (
        x if isinstance(x, dict) else None if isinstance(x, (Node, *CODE)) else getattr(x, "__dict__", None)
    )
    return None if held is None else tuple(held)


def names_in(code: CodeType) -> set[str]:
    """The names that code uses, and the functions that are defined in it."""
    found = set(code.co_names)
    if not found.isdisjoint(("globals", "getattr", "import_module", "modules", "__import__")):
        found |= {x for x in code.co_consts if isinstance(x, str)}
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            found |= names_in(inner)
    return found


def module_of(x: Any) -> str:
    return f"{getattr(type(x), '__module__', '')}."
