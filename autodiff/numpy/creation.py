"""NumPy's functions that make arrays like others.  What they make is constant: its derivative is zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph import Node
from ..primitives import arithmetic
from .shapes import about, astype, constant_only

__all__ = ["empty_like", "full_like", "ones_like", "zeros_like"]


def like(op: Any, make: Any, a: Any, dtype: Any, shape: Any, settings: dict[str, Any]) -> Any:
    if isinstance(a, Node) and shape is None and not settings:
        out = op(a)
        return out if dtype is None else astype(out, dtype)
    return make(about(a), dtype=dtype, shape=shape, **settings)


def zeros_like(a: Any, dtype: Any = None, *, shape: Any = None, **settings: Any) -> Any:
    """Zeros of a's shape and dtype.  Derivative: zero."""
    return like(arithmetic.zeros_like, np.zeros_like, a, dtype, shape, settings)


def ones_like(a: Any, dtype: Any = None, *, shape: Any = None, **settings: Any) -> Any:
    """Ones of a's shape and dtype.  Derivative: zero."""
    return like(arithmetic.ones_like, np.ones_like, a, dtype, shape, settings)


def empty_like(a: Any, dtype: Any = None, *, shape: Any = None, **settings: Any) -> Any:
    """An array of a's shape and dtype, to be filled; of zeros.  Derivative: zero."""
    return zeros_like(a, dtype, shape=shape, **settings)


def full_like(a: Any, fill_value: Any, dtype: Any = None, *, shape: Any = None, **settings: Any) -> Any:
    """An array of a's shape and dtype, filled with one plain number.  Derivative: zero."""
    return np.full_like(about(a), constant_only("fill_value", fill_value), dtype, shape=shape, **settings)
