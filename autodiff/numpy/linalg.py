"""Linear algebra with `numpy.linalg`'s signatures, differentiable.  Matrices are in the last two axes.

Raises NumPy's LinAlgError for matrices that are not square, singular or not positive definite.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..primitives import arithmetic, reductions, shapes
from ..primitives import linalg as P
from .shapes import as_array

__all__ = ["SlogdetResult", "cholesky", "det", "inv", "norm", "slogdet", "solve"]


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
    return SlogdetResult(sign(a), P.logabsdet(a))


def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """The lower x with x @ xᴴ = a, or its conjugate transpose.  dx = x @ Φ(x⁻¹ @ da @ x⁻ᴴ).

    Φ keeps the lower triangle and half of the diagonal.  What is factored is (a + aᴴ) / 2: a Hermitian `a`
    itself, and the gradient is Hermitian too.  (NumPy's reads one triangle, and ignores the other.)

    >>> import numpy as np
    >>> from autodiff import grad
    >>> grad(lambda a: cholesky(a)[1, 0])(np.array([[4.0, 2.0], [2.0, 5.0]]))
    array([[-0.125,  0.25 ],
           [ 0.25 ,  0.   ]])
    """
    x = P.cholesky(a)
    if not upper:
        return x
    x = shapes.transpose(x, axes=(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))
    return arithmetic.conjugate(x) if x.dtype.kind == "c" else x


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The norm of vectors (`axis` an int) or matrices (a pair).  ∂/∂x = conj(x) / norm for the 2-norm.

    Vectors: any number, inf, -inf, or 0, which counts, and whose derivative is zero.  Matrices: "fro", 1, -1,
    inf, -inf; those of singular values ("nuc", 2, -2) raise NotImplementedError.  The derivative is 0 where
    the norm is 0, and entries that share a maximum share it.

    >>> import numpy as np
    >>> from autodiff import grad
    >>> grad(norm)(np.array([3.0, 4.0])), grad(norm)(np.zeros(2))
    (array([0.6, 0.8]), array([0., 0.]))
    """
    x = as_array(x)
    if x.dtype.kind not in "fc":
        x = shapes.cast(x, dtype=float)
    if axis is None and (ord is None or (ord == 2 and x.ndim == 1)):
        return P.norm(x, keepdims=keepdims)
    axes = normalize_axis_tuple(range(x.ndim) if axis is None else axis, x.ndim, "axis")
    if len(axes) == 1:
        return vector_norm(x, 2 if ord is None else ord, axes[0], keepdims)
    if len(axes) == 2:
        return matrix_norm(x, ord, axes, keepdims)
    raise ValueError(f"norm over the axes {axes}: a vector's norm is over one axis, a matrix's over two")


def vector_norm(x: Any, ord: Any, axis: int, keepdims: bool) -> Any:
    if ord == 0:
        ones = shapes.cast(arithmetic.not_equal(x, 0), dtype=np.finfo(x.dtype).dtype)
        return reductions.sum(ones, axis=axis, keepdims=keepdims)
    return P.norm(x, ord=ord, axis=axis, keepdims=keepdims)


def matrix_norm(x: Any, ord: Any, axes: tuple[int, int], keepdims: bool) -> Any:
    if ord in (None, "fro", "f"):
        return P.norm(x, axis=axes, keepdims=keepdims)
    if ord in ("nuc", 2, -2):
        raise NotImplementedError(
            f"norm of matrices with ord={ord!r}, made of singular values, has no derivative here yet: "
            "take 'fro', 1, -1, np.inf or -np.inf"
        )
    if ord not in (1, -1, np.inf, -np.inf):
        raise ValueError(f"norm of matrices: ord is None, 'fro', 1, -1, np.inf or -np.inf, not {ord!r}")
    inner, outer = axes if abs(ord) == 1 else axes[::-1]
    sums = P.norm(x, ord=1, axis=inner, keepdims=True)
    out = P.norm(sums, ord=np.inf if ord > 0 else -np.inf, axis=outer, keepdims=True)
    return (
        out
        if keepdims
        else shapes.reshape(out, shape=tuple(n for k, n in enumerate(x.shape) if k not in axes))
    )
