"""Diagonals and traces of Jacobians and Hessians: divergence, Laplacian.

A forward walk along the unit vector e_i gives the column J e_i, of which the diagonal needs one element.  f
runs once, onto one graph, and n walks over it give all n elements, exactly.  For the Hessian the graph is
that of the gradient, which has about four times as many nodes as f.  The matrix itself is never there: the
memory is that of one gradient.

The forward Laplacian (Li et al., "A computational framework for neural network-based variational Monte Carlo
with forward Laplacian", 2023) carries value, Jacobian and Laplacian of every node along in one walk.  It
saves what the backward half of the gradient costs, a factor of two or so, and holds n tangents of every node
that is still needed.  Here each direction goes alone, and no rule of its own is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from .. import trees
from ..graph import ASKED, Node, leaf
from ..numpy.shapes import reshape, stack
from ..primitives.indexing import index
from ..tensor import Tensor
from .fresh import name_of
from .grad import grad
from .jvp import linearize

__all__ = ["divergence", "hessian_diagonal", "laplacian"]


def hessian_diagonal(f: Callable[..., Any]) -> Callable[..., Any]:
    """The function that returns the diagonal of f's Hessian, ∂²f/∂x_i², in the structure and shape of x.

    f(x, *others) returns one number; x is a number, an array or a tree.  It is exact, and costs a gradient
    and a forward walk over its graph for each number in x.  Raises what `grad` raises.

    >>> hessian_diagonal(lambda x: (x**3).sum() * x[0])(np.array([1.0, 2.0]))
    array([12., 12.])
    """
    return diagonal_of(grad(f), f)


def divergence(f: Callable[..., Any]) -> Callable[..., Any]:
    """The function that returns the divergence of f: Σ_i ∂f_i/∂x_i, the trace of its Jacobian.

    f(x, *others) returns what has the structure and shapes of x, a number, an array or a tree (TypeError or
    ValueError otherwise).  It is exact, and costs a run of f and a forward walk for each number in x.

    >>> divergence(lambda x: x**2)(np.array([1.0, 2.0]))
    6.0
    """
    diagonal = diagonal_of(f, f)

    @wraps(f)
    def trace(*args: Any, **settings: Any) -> Any:
        total: Any = 0.0
        for part in trees.flatten(diagonal(*args, **settings))[0]:
            total = total + (part.sum() if hasattr(part, "shape") else part)
        return total.item() if isinstance(total, np.generic) else total

    return trace


def laplacian(f: Callable[..., Any]) -> Callable[..., Any]:
    """The function that returns the Laplacian of f: Σ_i ∂²f/∂x_i², the divergence of its gradient.

    f(x, *others) returns one number.  It is exact, and costs what `hessian_diagonal` costs.

    >>> laplacian(lambda x: (x**2).sum() ** 2)(np.array([1.0, 2.0]))  # 4 (n + 2) |x|²
    80.0
    """
    return divergence(grad(f))


def diagonal_of(f: Callable[..., Any], named: Any) -> Callable[..., Any]:
    """The function that returns the diagonal of f's Jacobian with respect to its first argument."""

    @wraps(named)
    def diagonal(x: Any, *others: Any, **settings: Any) -> Any:
        out, jvp_fn = linearize(lambda x: f(x, *others, **settings), x)
        leaves, rebuild = trees.flatten(x)
        shapes = [np.shape(plain(y)) for y in trees.leaves_like(x, out, f"the output of {name_of(named)}")]
        zeros: list[Any] = [np.zeros(np.shape(v), np.result_type(v, np.float16)) for v in map(plain, leaves)]
        for want, shape in zip(map(np.shape, map(plain, leaves)), shapes, strict=True):
            if want != shape:
                raise ValueError(
                    f"{name_of(named)} must return the shape of its argument, {want}; it returned {shape}"
                )
        found = []
        for i, y in enumerate(leaves):
            column, elements = list(zeros), []
            for at in np.ndindex(shapes[i]):
                column[i] = np.zeros_like(zeros[i])
                column[i][at] = 1.0
                moved = trees.flatten(jvp_fn(rebuild(list(column))))[0][i]
                elements.append(index(moved, index=at) if at else moved)
            found.append(together(elements, y, shapes[i]))
        return rebuild(found)

    return diagonal


def plain(x: Any) -> Any:
    return x.value if isinstance(x, Node) else x


def together(elements: list[Any], x: Any, shape: tuple[int, ...]) -> Any:
    """The elements of a diagonal in the shape and kind of the argument x; nodes if a derivative may ask."""
    if not isinstance(plain(x), np.ndarray):
        return elements[0]
    if any(isinstance(e, Node) and e.tracked & ASKED for e in elements):
        return reshape(stack(elements), shape)
    values = np.asarray([plain(e) for e in elements], np.asarray(plain(x)).dtype).reshape(shape)
    return leaf(Tensor, values) if isinstance(x, Node) else values
