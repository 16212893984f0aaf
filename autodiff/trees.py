"""Trees: nested dicts, lists, tuples, named tuples and dataclasses of numbers, arrays and nodes.

Wherever an argument, a tangent or an optimizer's parameters may be one array, they may be a tree of them.
optree takes trees apart and puts them together; it stands in this file only.  Its rules, which are JAX's:

- The leaves of a dict come in the order of its sorted keys, those of an OrderedDict as they were put in.
- None is a tree without leaves, so `{"w": w, "b": None}` is a layer without a bias.
- What optree does not know is a leaf.  Except for dataclasses, which optree is told about as they turn up:
  each field is a subtree, in the order of the fields, but for those with `field(metadata={"static": True})`.
  These are settings, such as the name of a function: no leaf, and part of the structure.

A dataclass is rebuilt from its fields alone.  Neither `__init__` nor `__post_init__` runs, for they may want
to check or convert, and what they would be given is not always data: it may be a gradient.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from typing import Any, NamedTuple

import numpy as np
import optree

from .graph import Node
from .numpy.shapes import concatenate
from .primitives.arithmetic import rint
from .primitives.indexing import index
from .primitives.shapes import cast, lift, reshape, unlift
from .tensor import Tensor

__all__ = ["ravel_pytree"]

NAMESPACE = "autodiff"  # of optree's registry: other users of optree may treat a class differently
leaf_types: set[type] = set()  # types that were met, and are not dataclasses
_lock = threading.Lock()


# ---- taking apart, putting together ----------------------------------------------------------------------
def flatten(tree: Any) -> tuple[list[Any], Callable[[list[Any]], Any]]:
    """The leaves of a tree, and the function that puts as many leaves into the same structure."""
    leaves, structure = flatten_to_structure(tree)
    return leaves, structure.unflatten


def flatten_to_structure(tree: Any) -> tuple[list[Any], Any]:
    """The leaves of a tree, and optree's description of the rest."""
    while True:
        leaves, structure = optree.tree_flatten(tree, namespace=NAMESPACE)
        unknown = set(map(type, leaves)) - leaf_types
        if not unknown or not any(register(cls) for cls in unknown):
            return leaves, structure


def register(cls: Any) -> bool:
    """Tell optree about a dataclass that it takes for a leaf; whether cls is one."""
    if not hasattr(cls, "__dataclass_fields__"):
        leaf_types.add(cls)
        return False
    settings = static_fields(cls)
    names = tuple(f.name for f in fields(cls) if f.name not in settings)

    def take_apart(x: Any) -> tuple[Any, ...]:
        return [getattr(x, name) for name in names], tuple(getattr(x, name) for name in settings), names

    def put_jointly(values: Any, children: Iterable[Any]) -> Any:
        x = cls.__new__(cls)
        for name, value in zip((*settings, *names), (*values, *children), strict=True):
            object.__setattr__(x, name, value)  # a frozen dataclass, too
        return x

    optrees: Any = optree.register_pytree_node
    with _lock:
        if optrees.get(cls, namespace=NAMESPACE) is None:  # no other thread was faster
            optrees(cls, take_apart, put_jointly, path_entry_type=optree.GetAttrEntry, namespace=NAMESPACE)
    return True


def is_leaf(tree: Any) -> bool:
    """Whether this is no tree of others, but what trees are made of."""
    leaves = flatten(tree)[0]
    return len(leaves) == 1 and leaves[0] is tree


def map_leaves(f: Callable[[Any], Any], tree: Any) -> Any:
    """The same tree with f of each leaf."""
    leaves, rebuild = flatten(tree)
    return rebuild([f(x) for x in leaves])


def paths(tree: Any) -> list[str]:
    """Where each leaf stands, as Python text: `[0].layers['w']`."""
    return [place.codify("") for place in flatten_to_structure(tree)[1].accessors()]


def leaves_like(tree: Any, other: Any, what: str) -> list[Any]:
    """The leaves of `other`, which must have the structure of `tree`; `what` names it in the error."""
    want = flatten_to_structure(tree)[1]
    leaves, got = flatten_to_structure(other)
    if want != got:
        place, theirs, ours = difference(want, got)
        raise TypeError(
            f"{what} must have the structure of what it belongs to: "
            f"{f'at {place} ' if place else ''}there is {theirs}, where {ours} belongs"
        )
    return leaves


def difference(want: Any, got: Any, place: str = "") -> tuple[str, str, str]:
    """Where two structures first differ, what the second has there, and what the first."""
    if want.type is got.type and want.entries() == got.entries():
        for entry, x, y in zip(want.entries(), want.children(), got.children(), strict=True):
            if x != y:
                return difference(x, y, place + step(want.type, entry))
    return place, in_words(got), in_words(want)


def step(cls: type, entry: Any) -> str:
    """The way from a tree of type cls to one of its subtrees, as Python text."""
    if hasattr(cls, "_fields"):  # a named tuple
        return f".{cls._fields[entry]}"
    return f".{entry}" if is_dataclass(cls) else f"[{entry!r}]"


def prefix(short: Any, tree: Any) -> list[Any]:
    """For each leaf of a tree what a smaller one, whose leaves stand for subtrees, says of it; ValueError."""
    flatten(tree), flatten(short)  # so that optree knows the dataclasses
    said = optree.broadcast_prefix(short, tree, none_is_leaf=True, namespace=NAMESPACE)
    leaves = optree.tree_leaves(tree, none_is_leaf=True, namespace=NAMESPACE)
    return [axis for axis, x in zip(said, leaves, strict=True) if x is not None]


def in_words(structure: Any) -> str:
    """What a tree is, without what is in its subtrees."""
    if structure.is_leaf():
        return "a number or array"
    if structure.type is type(None):
        return "None"
    name = structure.type.__name__
    if issubclass(structure.type, dict):
        return f"a {name} with the keys {structure.entries()}"
    if is_dataclass(structure.type):
        x, static = structure.unflatten([None] * structure.num_leaves), static_fields(structure.type)
        settings = [f"{key}={getattr(x, key)!r}" for key in static]
        return f"a {name}{' with ' if settings else ''}{', '.join(settings)}"
    return f"a {name} of {structure.num_children}"


def static_fields(cls: Any) -> tuple[str, ...]:
    """The names of a dataclass's fields that are settings."""
    return tuple(f.name for f in fields(cls) if f.metadata.get("static"))


# ---- one array instead of a tree -------------------------------------------------------------------------
def ravel_pytree(tree: Any) -> tuple[Any, Callable[[Any], Any]]:
    """`(flat, unravel)`: all numbers of a tree in one 1-d array, and the way back.

    Programs that know nothing of trees, such as scipy.optimize.minimize, want one vector.  `flat` has the
    leaves one after the other, each in C order, in the dtype to which theirs promote (float if there are
    none); `unravel` gives any such array the structure, shapes and dtypes of `tree`.  Both copy, and both can
    be differentiated: `flat` is a Tensor if a leaf is a node, and `unravel` of a Tensor gives nodes.
    A Python int means a float, as in `grad`, and an integer array is rounded on the way back.

    Raises TypeError for a leaf that no array can hold and for a flat array of a kind that does not fit,
    ValueError for one of another shape.

    >>> import numpy as np
    >>> from autodiff import grad
    >>> flat, unravel = ravel_pytree({"w": np.array([[1.0, 2.0]]), "b": 3.0})
    >>> flat
    array([3., 1., 2.])
    >>> unravel(flat * 10)
    {'w': array([[10., 20.]]), 'b': 30.0}
    >>> grad(lambda v: (unravel(v)["w"] ** 2).sum())(flat)
    array([0., 2., 4.])
    """
    leaves, rebuild = flatten(tree)
    for k, x in enumerate(leaves):
        if dtype_of(x) is None:
            place = paths(tree)[k]
            raise TypeError(
                f"ravel_pytree: a flat array can't hold {x!r}{f', at {place}' if place else ''}; it takes "
                "numbers, arrays, Values and Tensors"
            )
    dtype = np.result_type(*map(dtype_of, leaves)) if leaves else np.dtype(float)
    parts = [as_vector(x, dtype) for x in leaves]
    places, total = [], 0
    for x, part in zip(leaves, parts, strict=True):
        places.append(Place(slice(total, total + len(part)), np.shape(x), dtype_of(x), kind_of(x)))
        total += len(part)

    def unravel(flat: Any) -> Any:
        flat = flat if isinstance(flat, Tensor) else np.asarray(flat)
        if flat.shape != (total,):
            raise ValueError(f"unravel takes a 1-d array of {total} numbers, not one of shape {flat.shape}")
        if not np.can_cast(flat.dtype, dtype, "same_kind"):
            raise TypeError(f"unravel takes a flat array of {dtype}, not of {flat.dtype}")
        return rebuild([place.taken_from(flat) for place in places])

    return concatenate(parts) if parts else np.zeros(0), unravel


class Place(NamedTuple):
    """Where a leaf stands in the flat array, and what it is."""

    where: slice
    shape: tuple[int, ...]
    dtype: Any
    kind: str

    def taken_from(self, flat: Any) -> Any:
        """The leaf: a node of a node, else a copy."""
        x = reshape(index(flat, index=self.where), shape=self.shape)
        if x.dtype != self.dtype:
            x = cast(rint(x) if self.dtype.kind in "biu" else x, dtype=self.dtype)
        if self.kind == "number" or (self.kind == "NumPy scalar" and isinstance(x, Node)):
            return unlift(x)
        return x if isinstance(x, Node) else x[()] if self.kind == "NumPy scalar" else np.array(x)


def dtype_of(x: Any) -> Any:
    """The dtype of a leaf in an array; None if no array can hold it."""
    value = x.value if isinstance(x, Node) else x
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype if value.dtype.kind in "biufc" else None
    if isinstance(value, (int, float)):
        return np.dtype(float)
    return np.dtype(complex) if isinstance(value, complex) else None


def kind_of(x: Any) -> str:
    if isinstance(x, np.generic):
        return "NumPy scalar"
    return "array" if isinstance(x, (np.ndarray, Tensor)) else "number"


def as_vector(x: Any, dtype: Any) -> Any:
    """A leaf as a 1-d array of this dtype: of a node, a node."""
    if not isinstance(x, Node):
        return np.asarray(x, dtype).reshape(-1)
    if not x.arrays:
        x = lift(x, dtype=dtype)
    x = x if x.dtype == dtype else cast(x, dtype=dtype)
    return reshape(x, shape=(x.size,))
