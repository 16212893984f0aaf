"""Linear algebra with `numpy.linalg`'s signatures, differentiable.  Matrices are in the last two axes.

Raises NumPy's LinAlgError for matrices that are not square, singular or not positive definite.
"""

from __future__ import annotations

import math
from operator import index
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.linalg import LinAlgError

from ..graph import Node, make
from ..primitives import arithmetic, indexing, reductions, shapes
from ..primitives import linalg as P
from ..primitives.products import matmul as matrix_product
from . import products, vectors
from .reductions import trace as full_trace
from .shapes import about, as_array, constant_only, matrix_transpose, moveaxis, shape_of, written
from .shapes import diagonal as full_diagonal
from .spectra import (
    EighResult,
    EigResult,
    QRResult,
    SVDResult,
    eig,
    eigh,
    eigvals,
    eigvalsh,
    lstsq,
    matrix_rank,
    pinv,
    qr,
    stacked,
    svd,
    svdvals,
)

__all__ = [
    "EigResult", "EighResult", "LinAlgError", "QRResult", "SVDResult", "SlogdetResult", "cholesky", "cond",
    "cross", "det", "diagonal", "eig", "eigh", "eigvals", "eigvalsh", "inv", "lstsq", "matmul", "matrix_norm",
    "matrix_power", "matrix_rank", "matrix_transpose", "multi_dot", "norm", "outer", "pinv", "qr", "slogdet",
    "solve", "svd", "svdvals", "tensordot", "tensorinv", "tensorsolve", "trace", "vecdot", "vector_norm",
]  # fmt: skip


class SlogdetResult(NamedTuple):
    """What `slogdet` returns: sign * exp(logabsdet) is the determinant."""

    sign: Any
    logabsdet: Any


def solve(a: Any, b: Any) -> Any:
    """x with a @ x = b, for b of shape (n,) or (..., n, k).  dx = solve(a, db - da @ x).

    >>> import numpy as np
    >>> from autodiff import grad
    >>> a, b = np.array([[2.0, 0.0], [0.0, 4.0]]), np.array([2.0, 8.0])
    >>> grad(lambda b: solve(a, b).sum())(b)
    array([0.5 , 0.25])
    """
    a, b = as_array(a), as_array(b)
    if b.ndim != 1:
        return P.solve(a, b)
    x = P.solve(a, shapes.reshape(b, shape=(*b.shape, 1)))
    return shapes.reshape(x, shape=x.shape[:-1])


def inv(a: Any) -> Any:
    """The inverse x of a.  dx = -x @ da @ x.

    >>> import numpy as np
    >>> from autodiff import grad
    >>> grad(lambda a: inv(a)[0, 0])(np.array([[2.0, 0.0], [0.0, 4.0]]))
    array([[-0.25, -0.  ],
           [-0.  , -0.  ]])
    """
    return P.inv(a)


def det(a: Any) -> Any:
    """The determinant.  ∂/∂a is the matrix of cofactors, which is det(a) * inv(a).T where a is regular.

    First and second derivatives exist at singular matrices too; the third raises LinAlgError there.

    >>> import numpy as np
    >>> from autodiff import grad
    >>> grad(det)(np.array([[1.0, 2.0], [2.0, 4.0]])).round(12)
    array([[ 4., -2.],
           [-2.,  1.]])
    """
    return P.det(a)


def slogdet(a: Any) -> SlogdetResult:
    """(sign, logabsdet) of the determinant.  ∂logabsdet/∂a = inv(a).T; the sign of a real one has none.

    The sign of a complex determinant is det / |det|, and has a derivative.  At a singular matrix logabsdet
    is -inf, and its derivative NaN.

    >>> import numpy as np
    >>> from autodiff import grad
    >>> grad(lambda a: slogdet(a).logabsdet)(np.array([[-2.0, 0.0], [0.0, 4.0]]))
    array([[-0.5 ,  0.  ],
           [-0.  ,  0.25]])
    """
    a = as_array(a)
    sign = P.slogdet_phase if a.dtype.kind == "c" else P.slogdet_sign
    try:
        both = np.linalg.slogdet(about(a))  # one factorization for the two
    except (LinAlgError, ValueError, TypeError):
        return SlogdetResult(sign(a), P.logabsdet(a))  # raises, and says more
    if not isinstance(a, Node):
        return SlogdetResult(*both)
    found = [make(type(a), y, op, (a,)) for op, y in zip((sign, P.logabsdet), both, strict=True)]
    return SlogdetResult(*found)


def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """The lower x with x @ xᴴ = a, or its conjugate transpose.  dx = x @ Φ(x⁻¹ @ da @ x⁻ᴴ).

    Φ keeps the lower triangle and half of the diagonal.  Where `a` is Hermitian, so is the gradient.  Where
    it is not, by more than a hundredth, one triangle is read, as NumPy does: the upper one if `upper`.

    >>> import numpy as np
    >>> from autodiff import grad
    >>> grad(lambda a: cholesky(a)[1, 0])(np.array([[4.0, 2.0], [2.0, 5.0]]))
    array([[-0.125,  0.25 ],
           [ 0.25 ,  0.   ]])
    """
    x = P.cholesky(a, lower=not upper)
    if not upper:
        return x
    x = shapes.transpose(x, axes=(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))
    return arithmetic.conjugate(x) if x.dtype.kind == "c" else x


# ---- made of the others ----------------------------------------------------------------------------------
def matrix_power(a: Any, n: Any) -> Any:
    """a @ a @ … @ a, n times; of the inverse, if n is negative.  Derivative: that of the products."""
    a = stacked(a, "matrix_power", square=True)
    n = index(constant_only("matrix_power: n", n))
    if n == 0:
        one = np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape)
        return Node.classes["array"].lift(one) if isinstance(a, Node) else one.copy()
    if n < 0:
        a, n = P.inv(a), -n
    out = None
    while n:
        if n % 2:
            out = a if out is None else out @ a
        n //= 2
        a = a @ a if n else a
    return out


def multi_dot(arrays: Any, *, out: Any = None) -> Any:
    """The product of several matrices, in the order that takes the least work; the outer may be vectors.

    Derivative: for each, the products of g with the others.
    """
    arrays = [as_array(x) for x in arrays]
    if len(arrays) < 2:
        raise ValueError("Expecting at least two arrays.")
    for k, x in enumerate(arrays):
        if x.ndim != 2 and not (x.ndim == 1 and k in (0, len(arrays) - 1)):
            raise LinAlgError(
                f"multi_dot: array {k} has {x.ndim} axes; matrices have two, the outer may have one"
            )
    rows = [
        x if x.ndim == 2 else shapes.reshape(x, shape=(1, -1) if k == 0 else (-1, 1))
        for k, x in enumerate(arrays)
    ]
    lengths = [rows[0].shape[0], *(x.shape[1] for x in rows)]
    product = chained(rows, splits(lengths), 0, len(rows) - 1)
    kept = [n for x, n in ((arrays[0], lengths[0]), (arrays[-1], lengths[-1])) if x.ndim == 2]
    product = product if len(kept) == 2 else shapes.reshape(product, shape=tuple(kept))
    return written(out, product, "np.linalg.multi_dot(…, out=)")


def splits(lengths: list[int]) -> dict[tuple[int, int], int]:
    """Where to split each product of a chain of matrices (Cormen et al., Introduction to Algorithms)."""
    n = len(lengths) - 1
    cost = {(i, i): 0 for i in range(n)}
    at = {}
    for width in range(1, n):
        for i in range(n - width):
            j = i + width
            best = min(
                (cost[i, k] + cost[k + 1, j] + lengths[i] * lengths[k + 1] * lengths[j + 1], k)
                for k in range(i, j)
            )
            cost[i, j], at[i, j] = best
    return at


def chained(xs: list[Any], at: dict[tuple[int, int], int], i: int, j: int) -> Any:
    return xs[i] if i == j else chained(xs, at, i, at[i, j]) @ chained(xs, at, at[i, j] + 1, j)


def tensorinv(a: Any, ind: int = 2) -> Any:
    """The inverse for `tensordot(…, ind)`.  Derivative: that of `inv`."""
    a = as_array(a)
    if ind <= 0:
        raise ValueError("Invalid ind argument.")
    back, front = a.shape[ind:], a.shape[:ind]
    x = inv(shapes.reshape(a, shape=(math.prod(front), math.prod(back))))
    return shapes.reshape(x, shape=(*back, *front))


def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """x with tensordot(a, x, x.ndim) = b.  Derivative: that of `solve`."""
    a, b = as_array(a), as_array(b)
    if axes is not None:
        last = normalize_axis_tuple(axes, a.ndim, "axes")
        a = shapes.transpose(a, axes=(*(k for k in range(a.ndim) if k not in last), *last))
    of_x = a.shape[b.ndim :]
    n = math.prod(of_x)
    if math.prod(a.shape) != n * n:
        raise LinAlgError(f"tensorsolve: the shape {a.shape} is no square matrix for {b.ndim} axes of b")
    x = solve(shapes.reshape(a, shape=(n, n)), shapes.reshape(b, shape=(-1,)))
    return shapes.reshape(x, shape=of_x)


def cond(x: Any, p: Any = None) -> Any:
    """norm(x, p) norm(inv(x), p); by default by singular values.  Derivative: that of these."""
    x = stacked(x, "cond")
    if 0 in x.shape[-2:]:
        raise LinAlgError("cond is not defined on empty arrays")
    if p in (None, 2, -2):
        s = svdvals(x)
        ends = (indexing.index(s, index=(..., k)) for k in ((-1, 0) if p == -2 else (0, -1)))
        with np.errstate(divide="ignore"):
            ratio = arithmetic.divide(*ends)
    else:
        x = stacked(x, "cond", square=True)
        with np.errstate(invalid="ignore"):
            ratio = matrix_norm(x, ord=p) * matrix_norm(P.inv(x, singular="nan"), ord=p)
    unknown = arithmetic.isnan(x).any(axis=(-2, -1))
    lost = arithmetic.logical_and(arithmetic.isnan(ratio), arithmetic.logical_not(unknown))
    return arithmetic.where(lost, np.inf, ratio) if np.any(getattr(lost, "value", lost)) else ratio


# ---- by their names in the Array API ---------------------------------------------------------------------
def matmul(x1: Any, x2: Any, /) -> Any:
    """x1 @ x2.  Derivative: the products of g with the other one."""
    return matrix_product(x1, x2)


def outer(x1: Any, x2: Any, /) -> Any:
    """Every element of x1 times every element of x2.  Derivative: the products of g with the other one."""
    if len(shape_of(x1)) != 1 or len(shape_of(x2)) != 1:
        raise ValueError(
            f"outer: Input arrays must be one-dimensional, not {shape_of(x1)} and {shape_of(x2)}"
        )
    return products.outer(x1, x2)


def tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    """The sum over axes of both.  Derivative: the same products of g with the other one."""
    return products.tensordot(x1, x2, axes)


def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """The vector product along an axis of length 3.  Derivative: vector products with the other one."""
    if shape_of(x1)[axis] != 3 or shape_of(x2)[axis] != 3:
        raise ValueError(f"cross takes 3-dimensional vectors, not {shape_of(x1)} and {shape_of(x2)}")
    return vectors.cross(x1, x2, axis=axis)


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """The sum of conj(x1) * x2 along an axis.  Derivative: g times the other one."""
    return vectors.vecdot(x1, x2, axis=axis)


def diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """The diagonals of matrices.  Derivative: g, put on the diagonal."""
    return full_diagonal(x, offset, -2, -1)


def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """The sums of the diagonals.  Derivative: g along the diagonal."""
    return full_trace(x, offset, -2, -1, dtype)


# ---- norms -----------------------------------------------------------------------------------------------
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The norm of vectors (`axis` an int) or matrices (a pair).  ∂/∂x = conj(x) / norm for the 2-norm.

    Vectors: any number, inf, -inf, or 0, which counts, and whose derivative is zero.  Matrices: "fro", 1, -1,
    inf, -inf, and of singular values "nuc", 2, -2.  The derivative is 0 where the norm is 0, and entries (or
    singular values) that share a maximum share it.

    >>> import numpy as np
    >>> from autodiff import grad
    >>> grad(norm)(np.array([3.0, 4.0])), grad(norm)(np.zeros(2))
    (array([0.6, 0.8]), array([0., 0.]))
    """
    x = floating(x)
    if axis is None and (ord is None or (ord == 2 and x.ndim == 1)):
        return P.norm(x, keepdims=keepdims)
    axes = normalize_axis_tuple(range(x.ndim) if axis is None else axis, x.ndim, "axis")
    if len(axes) == 1:
        return of_vectors(x, 2 if ord is None else ord, axes[0], keepdims)
    if len(axes) == 2:
        return of_matrices(x, ord, axes, keepdims)
    raise ValueError(f"norm over the axes {axes}: a vector's norm is over one axis, a matrix's over two")


def floating(x: Any) -> Any:
    x = as_array(x)
    return x if x.dtype.kind in "fc" else shapes.cast(x, dtype=float)


def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """The norm of vectors along an axis, or several, or of all elements.  Derivative: that of `norm`."""
    x = floating(x)
    axes = normalize_axis_tuple(range(x.ndim) if axis is None else axis, x.ndim, "axis")
    rest = tuple(k for k in range(x.ndim) if k not in axes)
    flat = shapes.reshape(
        shapes.transpose(x, axes=(*rest, *axes)),
        shape=(*(x.shape[k] for k in rest), math.prod(x.shape[k] for k in axes)),
    )
    out = of_vectors(flat, ord, flat.ndim - 1, False)
    if not keepdims:
        return out
    return shapes.reshape(out, shape=tuple(1 if k in axes else n for k, n in enumerate(x.shape)))


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """The norm of matrices.  Derivative: that of `norm`."""
    x = floating(x)
    rows, columns = normalize_axis_tuple((-2, -1), x.ndim, "axis")
    return of_matrices(x, ord, (rows, columns), keepdims)


def of_vectors(x: Any, ord: Any, axis: int, keepdims: bool) -> Any:
    if isinstance(constant_only("ord", ord), str):
        raise ValueError(f"Invalid norm order '{ord}' for vectors")
    if ord is not None and ord == 0:
        ones = shapes.cast(arithmetic.not_equal(x, 0), dtype=np.finfo(x.dtype).dtype)
        return reductions.sum(ones, axis=axis, keepdims=keepdims)
    return P.norm(x, ord=2 if ord is None else ord, axis=axis, keepdims=keepdims)


def of_matrices(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    if axes[0] == axes[1]:
        raise ValueError("Duplicate axes given.")
    if constant_only("ord", ord) in (None, "fro", "f"):
        return P.norm(x, axis=axes, keepdims=keepdims)
    if ord not in (1, -1, 2, -2, np.inf, -np.inf, "nuc"):
        raise ValueError(
            f"Invalid norm order for matrices: {ord!r}; it is 'fro', 'nuc', 1, -1, 2, -2, np.inf or -np.inf"
        )
    shape = tuple(1 if k in axes else n for k, n in enumerate(x.shape))
    if ord in ("nuc", 2, -2):
        s = svdvals(moveaxis(x, axes, (-2, -1)))
        if ord != "nuc" and not s.shape[-1]:
            raise ValueError("zero-size array to reduction operation, which has no identity")
        end = {2: 0, -2: -1}.get(ord)
        out = reductions.sum(s, axis=-1) if end is None else indexing.index(s, index=(..., end))
    else:
        inner, outer = axes if abs(ord) == 1 else axes[::-1]
        sums = P.norm(x, ord=1, axis=inner, keepdims=True)
        out = P.norm(sums, ord=np.inf if ord > 0 else -np.inf, axis=outer, keepdims=True)
    return shapes.reshape(
        out, shape=shape if keepdims else tuple(n for k, n in enumerate(x.shape) if k not in axes)
    )
