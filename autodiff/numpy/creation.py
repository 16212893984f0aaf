"""NumPy's functions that make arrays like others.  What they make is constant: its derivative is zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph import Node
from ..primitives import arithmetic
from .shapes import about, as_array, astype, broadcast_to, check_device, shape_of

__all__ = ["empty_like", "full_like", "ones_like", "zeros_like"]


def like(op: Any, make: Any, a: Any, dtype: Any, shape: Any, device: Any) -> Any:
    check_device(op.name, device)
    if isinstance(a, Node) and shape is None:
        out = op(a)
        return out if dtype is None else astype(out, dtype)
    return make(about(a), dtype=dtype, shape=shape)


def zeros_like(a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *,
               device: Any = None) -> Any:  # fmt: skip
    """Zeros of a's shape and dtype.  Derivative: zero."""
    return like(arithmetic.zeros_like, np.zeros_like, a, dtype, shape, device)


def ones_like(a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *,
              device: Any = None) -> Any:  # fmt: skip
    """Ones of a's shape and dtype.  Derivative: zero."""
    return like(arithmetic.ones_like, np.ones_like, a, dtype, shape, device)


def empty_like(prototype: Any, /, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None,
               *, device: Any = None) -> Any:  # fmt: skip
    """An array of a's shape and dtype, to be filled; of zeros.  Derivative: zero."""
    return zeros_like(prototype, dtype, shape=shape, device=device)


def full_like(a: Any, fill_value: Any, dtype: Any = None, order: str = "K", subok: bool = True,
              shape: Any = None, *, device: Any = None) -> Any:  # fmt: skip
    """An array of a's shape and dtype, filled with one number.  Derivative: the sum of g."""
    check_device("full_like", device)
    if not isinstance(fill_value, Node):
        return np.full_like(about(a), fill_value, dtype, shape=shape)
    dtype = about(as_array(a)).dtype if dtype is None else dtype
    wanted = shape_of(a) if shape is None else (shape,) if np.ndim(shape) == 0 else tuple(shape)
    return broadcast_to(astype(as_array(fill_value), dtype), wanted)
