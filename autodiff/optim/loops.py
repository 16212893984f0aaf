"""Optimizers as one call: `adam(grad, x)` goes down to a minimum and returns it.

For loops of one's own, and for parameters that are Tensors, there are classes (`SGD`), which are called step
by step.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import numpy as np

from ..trees import ravel_pytree

__all__ = ["adam", "rmsprop", "sgd"]

Gradient = Callable[[Any, int], Any]
Moves = Generator[Any, Any, None]  # is sent gradients, and yields moves
Callback = Callable[[Any, int, Any], None]


def descended(
    grad: Gradient, x: Any, callback: Callback | None, num_iters: int, moves: Callable[[Any], Moves]
) -> Any:
    """x after `num_iters` moves; `moves` is a generator, which is sent gradients and yields the moves."""
    flat, unravel = ravel_pytree(x)
    walk = moves(np.asarray(flat))
    next(walk)
    for i in range(num_iters):
        tree = unravel(flat)
        g = grad(tree, i)
        if callback is not None:
            callback(tree, i, g)
        flat = flat + walk.send(np.asarray(ravel_pytree(g)[0]))
    return unravel(flat)


def sgd(
    grad: Gradient, x: Any, callback: Callback | None = None, num_iters: int = 200, step_size: float = 0.1,
    mass: float = 0.9,
) -> Any:  # fmt: skip
    """Descent with momentum: v = mass v - (1 - mass) g, x = x + step_size v.

    `grad(x, i)` is the gradient at step i, of x's structure; x is any tree of arrays and numbers.
    `callback(x, i, g)` is called before each step.  Returns the last x.

    >>> from autodiff import grad
    >>> round(sgd(grad(lambda x, i: (x - 3.0) ** 2), 0.0, num_iters=300), 6)
    3.0
    """

    def moves(zero: Any) -> Moves:
        v = zero * 0
        g = yield
        while True:
            v = mass * v - (1 - mass) * g
            g = yield step_size * v

    return descended(grad, x, callback, num_iters, moves)


def rmsprop(
    grad: Gradient, x: Any, callback: Callback | None = None, num_iters: int = 100, step_size: float = 0.1,
    gamma: float = 0.9, eps: float = 1e-8,
) -> Any:  # fmt: skip
    """Steps divided by the root of a running mean of g² (which starts at 1): Tieleman and Hinton, 2012.

    The arguments are those of `sgd`; gamma is the weight of the past.

    >>> from autodiff import grad
    >>> round(rmsprop(grad(lambda x, i: (x - 3.0) ** 2), 0.0, num_iters=300), 2)
    3.0
    """

    def moves(zero: Any) -> Moves:
        square = zero * 0 + 1
        g = yield
        while True:
            square = gamma * square + (1 - gamma) * g**2
            g = yield -step_size * g / (np.sqrt(square) + eps)

    return descended(grad, x, callback, num_iters, moves)


def adam(
    grad: Gradient, x: Any, callback: Callback | None = None, num_iters: int = 100, step_size: float = 0.001,
    b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8,
) -> Any:  # fmt: skip
    """Steps along the running mean of g, divided by the root of that of g²: Kingma and Ba, 2015, Algorithm 1.

    The arguments are those of `sgd`; b1 and b2 are the weights of the past.

    >>> from autodiff import grad
    >>> round(adam(grad(lambda x, i: (x - 3.0) ** 2), 0.0, num_iters=500, step_size=0.1), 2)
    3.0
    """

    def moves(zero: Any) -> Moves:
        m = v = zero * 0
        i = 0
        g = yield
        while True:
            i += 1
            m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
            g = yield -step_size * (m / (1 - b1**i)) / (np.sqrt(v / (1 - b2**i)) + eps)

    return descended(grad, x, callback, num_iters, moves)
