"""Fresh variables: how nested derivatives are kept apart.

    grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0)

The inner derivative is with respect to y, the outer one with respect to x, and the inner function uses
both.  An engine that marks "the variable" by a flag confuses the two and answers 2.  Here each transform
gives its function *fresh nodes* made for this one call, and asks only for what was made of them.  A fresh
node is the identity of what it stands for, so the outer walk goes through it.

Is the inner derivative itself recorded?  Only if somebody can ask for its derivative: recording is on, and
an argument is tracked, or the inner walk met a tracked node older than the fresh ones, as `x` above.
Otherwise nothing is recorded and the result is plain again: floats give floats, arrays give arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any

import numpy as np

from .. import trees
from ..graph import (
    ASKED,
    DIFF,
    LEAF,
    SHOWN,
    TRACE,
    Node,
    ancestry,
    enable_grad,
    from_outside,
    leaf,
    recording,
)
from ..primitives.arithmetic import identity
from ..primitives.shapes import cast, unlift
from ..replay import reads
from ..tensor import Tensor
from ..value import Value
from ..versions import version

__all__: list[str] = []

# whether what a compiled function does is recorded operation by operation, for walks that read more of a
# graph than derivatives
opened: ContextVar[bool] = ContextVar("opened", default=False)


def fresh(x: Any, *where: Any) -> Any:
    """A new node with the value of x, and x behind it if x is tracked; `where` is for `place`."""
    if isinstance(x, Node):
        asked = x.tracked & ASKED | (TRACE if from_outside(x) else 0)
        out = leaf(type(x), x.value, DIFF | LEAF | asked)
        if asked:
            out.op, out.inputs = identity, (version(x),)
    elif isinstance(x, np.ndarray):
        out = leaf(Tensor, x, DIFF | LEAF)
    else:
        try:
            out = leaf(Value, Value.coerce(x), DIFF | LEAF)
        except TypeError:
            raise TypeError(
                f"{place(*where)}: derivatives are taken of numbers, arrays, Values and Tensors, not {x!r}"
            ) from None
    if out.arrays and out.dtype.kind not in "fc":
        raise TypeError(
            f"{place(*where)}: an array of {out.dtype} has no derivative; make it float with .astype(float)"
        )
    return out


def place(f: Any, k: int, tree: Any, i: int) -> str:
    """Leaf i of argument k of f, in words."""
    path = trees.paths(tree)[i]
    return f"argument {k} of {name_of(f)}{', at ' if path else ''}{path}"


def tracked(xs: Iterable[Any]) -> bool:
    """Whether anybody outside may ask how one of these was made."""
    wanted = ASKED if recording.get() else TRACE
    return any(isinstance(x, Node) and x.tracked & wanted for x in xs)


class Call:
    """One call of f on fresh variables: what every transform starts from."""

    def __init__(
        self,
        f: Callable[..., Any],
        args: tuple[Any, ...],
        argnums: Iterable[int],
        has_aux: bool,
        /,  # f may have settings of these names
        **settings: Any,
    ) -> None:
        self.given: list[Any] = []  # the leaves of the arguments that are differentiated
        self.rebuild: list[
            tuple[int, Callable[[list[Any]], Any]]
        ] = []  # how many leaves each, and their tree
        self.variables: list[Any] = []
        fresh_args = list(args)
        for k in argnums:
            leaves, rebuild = trees.flatten(args[k])
            variables = [fresh(x, f, k, args[k], i) for i, x in enumerate(leaves)]
            fresh_args[k] = rebuild(list(variables))
            self.given += leaves
            self.variables += variables
            self.rebuild.append((len(leaves), rebuild))
        self.plain = not any(isinstance(x, Node) for x in self.given)
        if recording.get() is True:
            out = f(*fresh_args, **settings)
        else:
            with enable_grad():
                out = f(*fresh_args, **settings)
        if has_aux:
            if not (isinstance(out, tuple) and len(out) == 2):
                raise TypeError(
                    f"has_aux=True: {name_of(f)} must return (output, aux), not {type(out).__name__}"
                )
            out, self.aux = out
        outputs, self.rebuild_outputs = trees.flatten(out)
        self.outputs = [version(y) if isinstance(y, Node) else y for y in outputs]
        self.out = self.rebuild_outputs(list(self.outputs))

    def ancestry(self) -> tuple[list[Node], bool]:
        """What the outputs were made of, back to the variables; and whether a derivative must be recorded."""
        roots = [y for y in self.outputs if isinstance(y, Node)]
        order, outside = ancestry(roots, DIFF, set(self.variables))
        traced = reads.get() is not None and any(node.tracked & TRACE for node in order)
        return order, (outside and bool(recording.get())) or traced or tracked(self.given)

    def outside(self, y: Any, record: bool, kept: bool = False) -> Any:
        """An output as the caller gets it: plain if the arguments were, unless it depends on outer nodes.

        The caller may write into it.  So it is a copy, if the graph is `kept` for derivatives to come.
        """
        if not isinstance(y, Node) or (record and y.tracked & (ASKED | SHOWN)):
            return y
        taken = {id(x) for x in self.given} | ({id(y.value)} if kept else set())
        value = type(y).own(y.value, taken)  # type: ignore[attr-defined]
        return value if self.plain else leaf(type(y), value)

    def results(self, record: bool, kept: bool = False) -> Any:
        """f's output (and aux) for the caller."""
        return trees.map_leaves(lambda y: self.outside(y, record, kept), self.out)

    def aux_outside(self, record: bool, kept: bool = False) -> Any:
        """f's auxiliary output for the caller."""
        return trees.map_leaves(lambda y: self.outside(y, record, kept), self.aux)

    def tangent(self, y: Any, t: Any, handed_out: set[int]) -> Any:
        """The tangent t of the output y for the caller; None is zeros."""
        node = as_node(y)
        return kind_of(None if self.plain else node, node, t, handed_out)

    def pairs(self) -> Iterable[tuple[Any, Any]]:
        """Each differentiated leaf of the arguments, and its variable."""
        return zip(self.given, self.variables, strict=True)

    def trees_of(self, leaves: list[Any]) -> list[Any]:
        """One tree for each differentiated argument, of what belongs to each variable."""
        found, start = [], 0
        for n, rebuild in self.rebuild:
            found.append(rebuild(leaves[start : start + n]))
            start += n
        return found


def kind_of(given: Any, variable: Any, result: Any, handed_out: set[int]) -> Any:
    """A derivative in the kind of its argument; None is zeros; a tracked node stays one."""
    if result is None:
        result = zeros(variable)
    if isinstance(result, Node):
        if result.tracked & (ASKED | SHOWN):
            return result
        result = result.value
    result = variable.own(result, handed_out)
    return leaf(type(given), result) if isinstance(given, Node) else result


def zeros(variable: Any) -> Any:
    return np.zeros_like(variable.value) if variable.arrays else type(variable.value)(0)


def as_node(y: Any) -> Any:
    """An output as a node, so that its tangent has its shape."""
    if isinstance(y, Node):
        return y
    return leaf(Tensor, np.asarray(y)) if isinstance(y, (np.ndarray, np.generic)) else leaf(Value, y)


def matching(nodes: list[Any], gs: list[Any], what: str) -> list[Any]:
    """Cotangents or tangents as their nodes need them: checked for shape, in their dtype."""
    return [matched(y, g, what) for y, g in zip(nodes, gs, strict=True)]


def matched(y: Any, g: Any, what: str) -> Any:
    node = as_node(y)
    value = g.value if isinstance(g, Node) else g
    if np.shape(value) != np.shape(node.value):
        raise ValueError(f"{what} has shape {np.shape(value)}, but belongs to shape {np.shape(node.value)}")
    if not node.arrays:
        if isinstance(g, Node):
            return unlift(g) if g.arrays else g
        return Value.coerce(value, like=node.value)
    value = np.asarray(value)
    if value.dtype.kind not in "biuf" + node.dtype.kind:
        raise TypeError(f"{what} is {value.dtype}, but belongs to {node.dtype}")
    g = g if isinstance(g, Tensor) else Tensor.lift(g) if isinstance(g, Node) else value
    return (
        g if value.dtype == node.dtype else g.astype(node.dtype) if g is value else cast(g, dtype=node.dtype)
    )


def check_function(what: str, f: Any) -> None:
    """Raise TypeError, at the line that gives it to the transform `what`, for an f that is no function."""
    if not callable(f):
        hint = f": write {what}(f)(x), with the function that made it" if isinstance(f, Node) else ""
        raise TypeError(f"{what} takes a function, not {f!r}{hint}")


def name_of(f: Any) -> str:
    return getattr(f, "__name__", type(f).__name__)
