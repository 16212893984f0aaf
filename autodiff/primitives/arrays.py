"""What arrays can do and numbers cannot: shapes, sums, picking, products; and the doors between the two.

Each linear row states its transpose, what takes a cotangent of the output back to the input.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..kinds import bilinear, linear

__all__ = ["conjugate", "imag", "matmul", "real"]  # NumPy's signatures for the others: numpy/functions.py

SHAPES = "the last axis of the left must be as long as the second last of the right (or its only one)"


def array_sum_to(x: Any, *, shape: tuple[int, ...]) -> Any:
    """The transpose of broadcasting: sums over what broadcasting repeated."""
    lead = x.ndim - len(shape)
    if x.shape[lead:] == shape:
        return np.add.reduce(x, axis=tuple(range(lead))) if lead else x
    axes = (*range(lead), *(lead + k for k, n in enumerate(shape) if n == 1))
    return np.add.reduce(x, axis=axes, keepdims=True).reshape(shape)


def array_broadcast_to(x: Any, *, shape: tuple[int, ...]) -> Any:
    """The array repeated: written out where that is faster than making a view."""
    if math.prod(shape) > 10_000 or not isinstance(x, np.ndarray):
        return np.broadcast_to(x, shape)
    out = np.empty(shape, x.dtype)
    out[...] = x
    return out


def array_cast(x: Any, *, dtype: Any) -> Any:
    """The same numbers in another dtype; from complex to real, the real part."""
    return (x.real if x.dtype.kind == "c" and np.dtype(dtype).kind != "c" else x).astype(dtype)


def array_scatter(x: Any, *, index: Any, shape: tuple[int, ...]) -> Any:
    """The transpose of indexing: zeros, to which x is added where the index points, as often as it does."""
    out = np.zeros(shape, x.dtype)
    if all(
        i is None or i is ... or isinstance(i, (int, slice))
        for i in (index if isinstance(index, tuple) else (index,))
    ):
        out[index] = x  # points at each place once
    else:
        np.add.at(out, index, x)
    return out


def array_sum(x: Any, *, axis: Any = None, keepdims: Any = False) -> Any:
    return np.add.reduce(x, axis=axis, keepdims=keepdims)


def sum_transpose(m: Any, g: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    if axis is not None and not keepdims:
        axes = axis if isinstance(axis, tuple) else (axis,)
        summed = {a % len(x.shape) for a in axes}
        g = m.reshape(g, shape=tuple(1 if k in summed else n for k, n in enumerate(x.shape)))
    return m.broadcast_to(g, shape=x.shape)


def summed(x: Any, axis: Any) -> float:
    """How many elements go into each element of a sum over `axis`."""
    axes = range(len(x.shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return float(math.prod(x.shape[a] for a in axes))


def array_mean(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    if not isinstance(x, np.ndarray) or x.dtype == np.float16:  # which NumPy sums in float32
        return np.mean(x, axis=axis, keepdims=keepdims)
    total = array_sum(x, axis=axis, keepdims=keepdims)
    return total / summed(x, axis)


def mean_transpose(m: Any, g: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    return sum_transpose(m, g / summed(x, axis), x, axis, keepdims)


def matmul_left(m: Any, g: Any, x: Any, y: Any) -> Any:
    gx = m.matmul(as_matrix(m, g, x, y), swapped(m, as_column(m, y)))
    return gx if len(x.shape) > 1 else m.reshape(gx, shape=(*gx.shape[:-2], gx.shape[-1]))


def matmul_right(m: Any, g: Any, x: Any, y: Any) -> Any:
    row = x if len(x.shape) > 1 else m.reshape(x, shape=(1, *x.shape))
    gy = m.matmul(swapped(m, row), as_matrix(m, g, x, y))
    return gy if len(y.shape) > 1 else m.reshape(gy, shape=gy.shape[:-1])


def as_matrix(m: Any, g: Any, x: Any, y: Any) -> Any:
    """The product's cotangent with the axes that matmul dropped: of x if it is a vector, then of y."""
    shape = tuple(g.shape)
    if len(x.shape) > 1 and len(y.shape) > 1:
        return g
    if len(x.shape) == 1:
        shape = (*shape[:-1], 1, shape[-1]) if len(y.shape) > 1 else (1,)
    return m.reshape(g, shape=(*shape, 1) if len(y.shape) == 1 else shape)


def as_column(m: Any, y: Any) -> Any:
    return y if len(y.shape) > 1 else m.reshape(y, shape=(*y.shape, 1))


def swapped(m: Any, x: Any) -> Any:
    n = len(x.shape)
    return m.transpose(x, axes=(*range(n - 2), n - 1, n - 2))


def inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(range(len(axes)), key=lambda k: axes[k] % len(axes)))


# shapes
reshape = linear(
    "reshape", lambda x, *, shape: np.reshape(x, shape), lambda m, g, x, shape: m.reshape(g, shape=x.shape)
)
transpose = linear(
    "transpose", lambda x, *, axes=None: np.asarray(x).transpose(axes),
    lambda m, g, x, axes: m.transpose(g, axes=None if axes is None else inverse(axes)),
)  # fmt: skip
broadcast_to = linear(
    "broadcast_to",
    lambda x, *, shape: np.broadcast_to(x, shape),
    lambda m, g, x, shape: m.sum_to(g, shape=x.shape),
)
sum_to = linear("sum_to", array_sum_to, lambda m, g, x, shape: m.broadcast_to(g, shape=x.shape))
cast = linear("cast", array_cast, lambda m, g, x, dtype: m.cast(g, dtype=x.dtype))
sum = linear("sum", array_sum, sum_transpose)
mean = linear("mean", array_mean, mean_transpose)
# picking
index = linear(
    "index", lambda x, *, index: x[index], lambda m, g, x, index: m.scatter(g, index=index, shape=x.shape)
)
scatter = linear("scatter", array_scatter, lambda m, g, x, index, shape: m.index(g, index=index))
# products
matmul = bilinear("matmul", np.matmul, matmul_left, matmul_right, advice=SHAPES)
matmul.__doc__ = "x @ y, the matrix product, as NumPy's.  Its transposes: g @ yᵀ and xᵀ @ g."
# complex numbers: linear over the reals.  A cotangent is ∂/∂re - i ∂/∂im, as in JAX and HIPS autograd.
real = linear("real", lambda x: np.real(x), lambda m, g, x: g, scalar=lambda x: x.real)
real.__doc__ = "The real part, elementwise.  It is its own transpose."
imag = linear("imag", lambda x: np.imag(x), lambda m, g, x: g * -1j, scalar=lambda x: x.imag)
imag.__doc__ = "The imaginary part, elementwise.  Its transpose is -i g."
conjugate = linear(
    "conjugate", lambda x: np.conjugate(x), lambda m, g, x: m.conjugate(g), scalar=lambda x: x.conjugate()
)
conjugate.__doc__ = "The complex conjugate, elementwise.  It is its own transpose."
# the doors between numbers and arrays
lift = linear("lift", lambda x, *, dtype=None: np.asarray(x, dtype), lambda m, g, x, dtype: m.unlift(g),
              scalar=lambda x, *, dtype=None: np.asarray(x, dtype), makes="array")  # fmt: skip
unlift = linear("unlift", lambda x: x.item(), lambda m, g, x: m.lift(g, dtype=x.dtype), makes="number")
