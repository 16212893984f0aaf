"""Hessian-vector products: a forward walk over the recorded backward walk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .fresh import check_function
from .grad import grad
from .jvp import check_arguments, jvp

__all__ = ["hvp"]


def hvp(f: Callable[..., Any], primals: Sequence[Any], vectors: Sequence[Any]) -> Any:
    """The Hessian of f at `primals` times `vectors`, in the structure of `primals`, without the Hessian.

    f returns one number.  The product H v is the derivative of the gradient in the direction v: a forward
    walk over the graph of a backward walk, at a few times the cost of f (Pearlmutter 1994).  Raises what
    `grad` and `jvp` raise.

    >>> import numpy as np
    >>> (product,) = hvp(lambda x: (x**3).sum(), (np.array([1.0, 2.0]),), (np.array([1.0, 1.0]),))
    >>> product
    array([ 6., 12.])
    """
    check_function("hvp", f)
    check_arguments("hvp", primals=primals, vectors=vectors)
    product = jvp(grad(f, tuple(range(len(primals)))), primals, vectors)[1]
    return type(primals)(product) if type(primals) is list else product
