"""Functions with NumPy's signatures, made of primitives.  They take nodes, arrays and numbers."""

from __future__ import annotations

from typing import Any

from ..primitives import arithmetic, arrays

__all__ = ["broadcast_to", "mean", "reshape", "round", "sum", "transpose"]


def sum(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """The sum over `axis` (an int, a tuple, or None for all).  Its derivative spreads g out again.

    >>> import numpy as np
    >>> from autodiff import grad
    >>> grad(lambda x: sum(x * x))(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    return arrays.sum(a, axis=axis, keepdims=keepdims)


def mean(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """The mean over `axis`.  Its derivative spreads g out again, divided by the number of elements.

    >>> import numpy as np
    >>> from autodiff import grad
    >>> grad(mean)(np.array([1.0, 2.0]))
    array([0.5, 0.5])
    """
    return arrays.mean(a, axis=axis, keepdims=keepdims)


def reshape(a: Any, shape: Any) -> Any:
    """The same elements in another shape.  Its derivative reshapes g back.

    >>> import numpy as np
    >>> reshape(np.arange(4), (2, 2)).tolist()
    [[0, 1], [2, 3]]
    """
    return arrays.reshape(a, shape=shape)


def transpose(a: Any, axes: Any = None) -> Any:
    """The axes in another order, reversed by default.  Its derivative transposes g back.

    >>> import numpy as np
    >>> transpose(np.ones((2, 3))).shape
    (3, 2)
    """
    return arrays.transpose(a, axes=axes if axes is None else tuple(axes))


def broadcast_to(array: Any, shape: Any) -> Any:
    """The array repeated along new or length-1 axes.  Its derivative sums g over the repetitions.

    >>> import numpy as np
    >>> broadcast_to(np.arange(2), (3, 2)).tolist()
    [[0, 1], [0, 1], [0, 1]]
    """
    return arrays.broadcast_to(array, shape=(shape,) if isinstance(shape, int) else tuple(shape))


def round(a: Any, decimals: int = 0) -> Any:
    """Rounded to `decimals` places.  Its derivative is zero.

    >>> import numpy as np
    >>> round(np.array([1.26]), 1).tolist()
    [1.3]
    """
    return arithmetic.round(a, decimals=decimals)
