"""Diagonals and traces: of Hessians the diagonal, of Jacobians the divergence.

A forward walk along the unit vector e_i gives the column J e_i, of which the diagonal needs one element.  f
runs once, onto one graph, and n walks over it, some at a time, give all n elements, exactly.  For the Hessian
the graph is that of the gradient, which has about four times as many nodes as f.  The matrix itself is never
there: the memory is that of one gradient, and of a few tangents of it.  The sum of the
Hessian's diagonal alone is cheaper: `laplacian.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from .. import trees
from ..numpy.shapes import concatenate, reshape
from ..primitives.indexing import index
from .fresh import Call, check_function, name_of
from .grad import checked_argnums, grad
from .jacobian import Walks, as_plain, in_kind, ones, unit_vectors

__all__ = ["divergence", "hessian_diagonal"]

TOGETHER = 32  # how many walks go at once


def hessian_diagonal(f: Callable[..., Any]) -> Callable[..., Any]:
    """The function that returns the diagonal of f's Hessian, ∂²f/∂x_i², in the structure and shape of x.

    f(x, *others) returns one number; x is a number, an array or a tree.  It is exact, and costs a gradient
    and a forward walk over its graph for each number in x.  Raises what `grad` raises.

    >>> hessian_diagonal(lambda x: (x**3).sum() * x[0])(np.array([1.0, 2.0]))
    array([12., 12.])
    """
    check_function("hessian_diagonal", f)
    return diagonal_of(grad(f), f)


def divergence(f: Callable[..., Any]) -> Callable[..., Any]:
    """The function that returns the divergence of f: Σ_i ∂f_i/∂x_i, the trace of its Jacobian.

    f(x, *others) returns what has the structure and shapes of x, a number, an array or a tree (TypeError or
    ValueError otherwise).  It is exact, and costs a run of f and a forward walk for each number in x.

    >>> divergence(lambda x: x**2)(np.array([1.0, 2.0]))
    6.0
    """
    check_function("divergence", f)
    diagonal = diagonal_of(f, f)

    @wraps(f)
    def trace(*args: Any, **settings: Any) -> Any:
        total: Any = 0.0
        for part in trees.flatten(diagonal(*args, **settings))[0]:
            total = total + (part.sum() if hasattr(part, "shape") else part)
        return total.item() if isinstance(total, np.generic) else total

    return trace


def diagonal_of(f: Callable[..., Any], named: Any) -> Callable[..., Any]:
    """The function that returns the diagonal of f's Jacobian with respect to its first argument."""

    @wraps(named)
    def diagonal(*args: Any, **settings: Any) -> Any:
        call = Call(f, args, checked_argnums(0, len(args), named), False, **settings)
        trees.leaves_like(args[0], call.out, f"the output of {name_of(named)}")
        walks, handed_out = Walks(call, named, "fwd"), set[int]()
        found = []
        for k, ((x, v), y) in enumerate(zip(call.pairs(), call.outputs, strict=True)):
            if np.shape(v.value) != np.shape(as_plain(y)):
                raise ValueError(
                    f"{name_of(named)} must return the shape of its argument, {np.shape(v.value)}; it "
                    f"returned {np.shape(as_plain(y))}"
                )
            found.append(in_kind(x, v, y, elements(walks, v, k), handed_out))
        return call.trees_of(found)[0]

    return diagonal


def elements(walks: Walks, v: Any, k: int) -> Any:
    """∂y_i/∂v_i for all elements i of a variable and the output number k."""
    if not v.arrays or not v.value.shape:
        return walks.along(v, ones(v.value))[k]
    size, parts = v.value.size, []
    for start in range(0, max(size, 1), TOGETHER):
        units = unit_vectors(v.value, start, min(start + TOGETHER, size))
        n = len(units)
        columns = reshape(walks.batch(v, units)[k], (n, size))
        parts.append(index(columns, index=(np.arange(n), np.arange(start, start + n))))
    return reshape(parts[0] if len(parts) == 1 else concatenate(parts), v.value.shape)
