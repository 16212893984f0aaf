"""Gradients of functions that return one number: one backward walk, whatever the number of inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from ..backward import KEEP, pull_back
from ..graph import DIFF, Node, ancestry, leaf
from ..imperative import seed_of
from ..versions import version
from .fresh import Call, check_function, kind_of, name_of, zeros

__all__ = ["grad", "gradients", "value_and_grad"]


def value_and_grad(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """The function that returns `(f(*args), gradient)`, from one run of f and one backward walk.

    f returns one real number, or `(number, aux)` with `has_aux`; then the result is
    `((number, aux), gradient)`.  The gradient is with respect to the arguments at `argnums` (an int, or
    several for a tuple of gradients), each in the structure, shape, dtype and kind of its argument.
    Raises TypeError for an output that is not one real number and for an argument that has no derivative,
    IndexError for an `argnums` that is not there.

    >>> value_and_grad(lambda x: x * x + 2 * x + 3)(1.0)
    (6.0, 4.0)
    """
    check_function("value_and_grad", f)

    @wraps(f)
    def value_and_gradient(*args: Any, **settings: Any) -> Any:
        positions = checked_argnums(argnums, len(args), f)
        call = Call(f, args, positions, has_aux, **settings)
        out = call.out
        check_scalar(out, f)
        order, record = call.ancestry()
        found: dict[Node, Any] = {}
        if isinstance(out, Node) and out.tracked & DIFF:
            seed = np.ones_like(out.value) if out.arrays else type(out.value)(1)
            after = call.variables[0].number if call.variables else 0
            found = pull_back({out: leaf(type(out), seed) if record else seed}, order, after, record)
        handed_out: set[int] = set()
        gradients = call.trees_of([kind_of(x, v, found.get(v), handed_out) for x, v in call.pairs()])
        value = call.results(record)
        if has_aux:
            value = value, call.aux_outside(record)
        return value, gradients[0] if isinstance(argnums, int) else tuple(gradients)

    return value_and_gradient


def grad(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """The function that returns the gradient of f: `value_and_grad` without the value.

    With `has_aux`, `(gradient, aux)`.  It nests: `grad(grad(f))` is the second derivative.

    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    """
    check_function("grad", f)
    both = value_and_grad(f, argnums, has_aux)

    @wraps(f)
    def gradient(*args: Any, **settings: Any) -> Any:
        value, gradients = both(*args, **settings)
        return (gradients, value[1]) if has_aux else gradients

    return gradient


def gradients(y: Any, nodes: Any, gradient: Any = None, create_graph: bool = False) -> Any:
    """The derivatives of the node y with respect to nodes that it was made of; nobody's `.grad` changes.

    `nodes` is a Value or Tensor, or a list or tuple of them, inner nodes included; the result has the same
    form, with zeros where y does not depend on a node.  `gradient` and `create_graph` are `backward`'s.
    Raises TypeError for what is not a node, ValueError for a node that does not require grad.

    >>> from autodiff import Value
    >>> x = Value(3.0)
    >>> a = x * x
    >>> gradients(2 * a, [x, a])
    [12.0, 2.0]
    """
    several = isinstance(nodes, (list, tuple))
    wanted = list(nodes) if several else [nodes]
    for x in (y, *wanted):
        if not isinstance(x, Node):
            raise TypeError(f"gradients(y, nodes) takes Values and Tensors, not {type(x).__name__}")
    y, *wanted = map(version, (y, *wanted))
    for x in wanted:
        if not x.tracked & DIFF:
            raise ValueError(
                f"gradients: {x!r} does not require grad, so y's dependence on it was not recorded"
            )
    found: dict[Any, Any] = {}
    handed_out: set[int] = set()
    if y.tracked & DIFF:
        seed = seed_of(y, gradient, create_graph)
        handed_out.add(id(seed))
        found = pull_back({y: seed}, ancestry([y])[0], 0, create_graph, KEEP)
    results = []
    for x in wanted:
        g = found.get(x)
        if create_graph:
            results.append(leaf(type(x), zeros(x)) if g is None else g)
        else:
            results.append(kind_of(None, x, g, handed_out))
    return type(nodes)(results) if several else results[0]


def checked_argnums(argnums: Any, n: int, f: Any) -> list[int]:
    positions = [argnums] if isinstance(argnums, int) else argnums
    if not isinstance(positions, (list, tuple)) or not all(isinstance(k, int) for k in positions):
        raise TypeError(f"argnums must be an int or a tuple of ints, not {argnums!r}")
    for k in positions:
        if not -n <= k < n:
            raise IndexError(
                f"argnums={argnums}, but {name_of(f)} was called with {n} positional argument(s)"
            )
    positions = [k % n for k in positions]
    if len(set(positions)) < len(positions):
        raise ValueError(f"argnums={argnums} names an argument twice")
    return positions


def check_scalar(out: Any, f: Any, what: str = "grad") -> None:
    """Raise TypeError unless f's output is one real number, as the transform `what` needs it."""
    value = out.value if isinstance(out, Node) else out
    if not isinstance(value, (int, float, np.ndarray, np.generic)) and not hasattr(value, "numerator"):
        if isinstance(value, complex):
            raise TypeError(complex_output(f, what))
        if not hasattr(value, "as_tuple"):
            raise TypeError(f"{what} needs {name_of(f)} to return one number, not {type(out).__name__}")
    if np.shape(value) != ():
        raise TypeError(
            f"{what} needs {name_of(f)} to return one number; it returned shape {np.shape(value)}: "
            "take its sum, or use vjp for a cotangent of your own"
        )
    if np.iscomplexobj(value):
        raise TypeError(complex_output(f, what))


def complex_output(f: Any, what: str) -> str:
    return (
        f"{what} needs {name_of(f)} to return a real number, not a complex one: take its .real, .imag or abs"
    )
