"""Batching: what a primitive does when its inputs carry a leading axis more, one entry for each example.

`vmap` runs a function on one example, and then runs what was recorded again on all examples at once.  So
every primitive must know how to compute many results in one go.  It follows from the kind of the row, or is
stated in it (`batch=`), in the form

    batch(node, xs, mapped, size)

`node` is the one example's node, for its shapes and settings; `xs` are the inputs for all examples, of which
those that are `mapped` have a leading axis of length `size`, and the others are the same for all.  The
result has the leading axis.

    aligned       elementwise primitives, and those that work on stacks: the axes only have to be brought
                  under each other, for broadcasting does the rest
    along_axes    primitives with settings that name axes or shapes: every setting moves by one axis

A rule runs primitives, and nothing else, so that what is batched can be differentiated, and batched again.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .graph import RECORD, Node

__all__: list[str] = []

m: Any = RECORD


def rank(x: Any, mapped: bool = False) -> int:
    """The number of axes that an input has for one example."""
    return np.ndim(x.value) - mapped


def settings(node: Node) -> dict[str, Any]:
    return node.params or {}


def aligned(node: Any, xs: list[Any], mapped: list[bool], size: int) -> Any:
    """Broadcasting does the rest, once the leading axis stands before as many axes everywhere."""
    n = max(map(rank, xs, mapped))
    return node.op(*[led(x, n) if b else x for x, b in zip(xs, mapped, strict=True)], **settings(node))


def led(x: Any, n: int) -> Any:
    """The leading axis, followed by n axes: new ones, of length 1, come after it."""
    size, *shape = x.shape
    return x if len(shape) == n else m.reshape(x, shape=(size, *[1] * (n - len(shape)), *shape))


def everywhere(node: Any, xs: list[Any], mapped: list[bool], size: int) -> list[Any]:
    """The inputs, each with the leading axis."""
    return [x if b else repeated(x, size) for x, b in zip(xs, mapped, strict=True)]


def repeated(x: Any, size: int) -> Any:
    """The same for all examples."""
    return m.broadcast_to(x, shape=(size, *np.shape(x.value)))


def along_axes(node: Any, xs: list[Any], mapped: list[bool], size: int) -> Any:
    """The same settings, moved by one axis.  Without any, nobody knows what a leading axis would mean."""
    if not node.params:
        return not_declared(node, xs, mapped, size)
    n = rank(xs[0], mapped[0])
    moved = {name: MOVES[name](value, n, node, size) for name, value in checked(node).items()}
    return node.op(*everywhere(node, xs, mapped, size), **moved)


def by_settings(node: Any, xs: list[Any], mapped: list[bool], size: int) -> Any:
    """What has no settings is elementwise."""
    return (along_axes if node.params else aligned)(node, xs, mapped, size)


def checked(node: Any) -> dict[str, Any]:
    unknown = [name for name in settings(node) if name not in MOVES]
    if unknown:
        raise NotImplementedError(
            f"vmap: how the settings {', '.join(unknown)} of {node.op.name} move with a leading axis is not "
            "declared: give the primitive batch=…"
        )
    return settings(node)


def axis_moved(axis: Any, n: int, *_: Any) -> Any:
    """An axis, or several, or all n (None): counted from the front they are one further back."""
    if axis is None:
        return tuple(range(1, n + 1))
    if isinstance(axis, tuple):
        return tuple(axis_moved(a, n) for a in axis)
    return axis + 1 if axis >= 0 else axis


def order_moved(axes: Any, n: int, *_: Any) -> Any:
    """An order of axes, or their reversal (None)."""
    return (0, *(a % n + 1 for a in (range(n - 1, -1, -1) if axes is None else axes)))


def shape_moved(shape: Any, n: int, node: Any, size: int) -> Any:
    """The shape of the result, wherever a setting is called so."""
    return (size, *node.value.shape)


def same(setting: Any, *_: Any) -> Any:
    return setting


MOVES: dict[str, Any] = {
    "axis": axis_moved, "axis1": axis_moved, "axis2": axis_moved, "axes": order_moved, "shape": shape_moved,
    **dict.fromkeys(("keepdims", "dtype", "k", "offset", "shift", "ord", "classes", "kind", "of"), same),
    **dict.fromkeys(("decimals", "singular", "length", "once", "transposed", "repeats", "ddof", "kth"), same),
    **dict.fromkeys(("norm", "inverse", "starts"), same),
}  # fmt: skip


def not_declared(node: Any, xs: list[Any], mapped: list[bool], size: int) -> Any:
    raise NotImplementedError(
        f"vmap: {node.op.name} has no batching rule: give the primitive batch=…, see autodiff/batching.py"
    )
