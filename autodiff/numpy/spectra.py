"""Eigenvalues, singular values, and what is made of them, with `numpy.linalg`'s signatures.

Where eigenvalues (singular values) are repeated, their vectors are a matter of choice.  A loss that does not
depend on it has its gradient; one that does raises LinAlgError, as does one that depends on the phases of
complex vectors.  What belongs together must come from one call: the values and vectors of `w, v = eigh(a)`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.linalg import LinAlgError

from ..graph import TRACE, Node
from ..primitives import arithmetic, factors, indexing, spectral
from ..primitives import shapes as P
from . import shapes
from .reductions import sum as total
from .shapes import about, as_array, constant_only, matrix_transpose

__all__ = [
    "EigResult", "EighResult", "QRResult", "SVDResult", "eig", "eigh", "eigvals", "eigvalsh", "lstsq",
    "matrix_rank", "pinv", "qr", "svd", "svdvals",
]  # fmt: skip


class EigResult(NamedTuple):
    """What `eig` returns: a @ eigenvectors is eigenvectors * eigenvalues."""

    eigenvalues: Any
    eigenvectors: Any


class EighResult(NamedTuple):
    """What `eigh` returns: a @ eigenvectors is eigenvectors * eigenvalues."""

    eigenvalues: Any
    eigenvectors: Any


class SVDResult(NamedTuple):
    """What `svd` returns: a is (U * S) @ Vh."""

    U: Any
    S: Any
    Vh: Any


class QRResult(NamedTuple):
    """What `qr` returns: a is Q @ R."""

    Q: Any
    R: Any


def stacked(a: Any, name: str, square: bool = False) -> Any:
    """A stack of matrices; LinAlgError if it is none."""
    a = as_array(a)
    if a.ndim < 2:
        raise LinAlgError(f"{name} takes stacks of matrices, of shape (..., m, n), not {a.shape}")
    if square and a.shape[-1] != a.shape[-2]:
        raise LinAlgError(f"{name}: last 2 dimensions of the array must be square, not {a.shape[-2:]}")
    return a


def triangle(UPLO: str) -> bool:
    if str(UPLO).upper() not in ("L", "U"):
        raise ValueError(f"UPLO argument must be 'L' or 'U', not {UPLO!r}")
    return UPLO.upper() == "L"


# ---- eigenvalues -----------------------------------------------------------------------------------------
def eigh(a: Any, UPLO: str = "L") -> EighResult:
    """Eigenvalues, ascending, and orthonormal eigenvectors v of a Hermitian matrix.

    dw = diag(vᴴ da v), dv = v (F * vᴴ da v) with F[i, j] = 1 / (w[j] - w[i]).  Where `a` is Hermitian, so is
    the gradient.  Where it is not, by more than a hundredth, the triangle `UPLO` is read, as NumPy does.

    >>> import numpy as np
    >>> from autodiff import grad
    >>> grad(lambda a: eigh(a).eigenvalues[-1])(np.array([[2.0, 1.0], [1.0, 2.0]])).round(12)
    array([[0.5, 0.5],
           [0.5, 0.5]])
    """
    return EighResult(*spectral.eigh(stacked(a, "eigh", True), lower=triangle(UPLO)))


def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    """Eigenvalues of a Hermitian matrix, ascending.  dw = diag(vᴴ da v); repeated ones share theirs."""
    return spectral.eigh(stacked(a, "eigvalsh", True), lower=triangle(UPLO))[0]


def eig(a: Any) -> EigResult:
    """Eigenvalues and eigenvectors, of length 1.  dw = diag(v⁻¹ da v), dv = v (F * v⁻¹ da v) at length 1.

    A defective matrix has no derivative: LinAlgError.

    >>> import numpy as np
    >>> from autodiff import grad
    >>> grad(lambda a: eig(a).eigenvalues.real.sum())(np.array([[0.0, 1.0], [-1.0, 0.0]])).round(12) + 0.0
    array([[1., 0.],
           [0., 1.]])
    """
    return EigResult(*spectral.eig(stacked(a, "eig", True)))


def eigvals(a: Any) -> Any:
    """Eigenvalues.  dw = diag(v⁻¹ da v); repeated ones share theirs, and a defective matrix raises."""
    return spectral.eig(stacked(a, "eigvals", True))[0]


# ---- singular values -------------------------------------------------------------------------------------
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """U, S and Vh with a = (U * S) @ Vh; or S alone.  dS = Re diag(Uᴴ da V).

    Of singular values that are 0, none is moved by `compute_uv=False`, as `abs` is not at 0.

    >>> import numpy as np
    >>> from autodiff import grad
    >>> grad(lambda a: svd(a, full_matrices=False).S[0])(np.array([[3.0, 0.0], [0.0, 1.0]])) + 0.0
    array([[1., 0.],
           [0., 0.]])
    """
    a = stacked(a, "svd", hermitian)
    if not hermitian:
        if not compute_uv:
            return factors.svd(a)[1]
        return SVDResult(*factors.svd(a, full_matrices=bool(full_matrices)))
    if not compute_uv:
        s = arithmetic.absolute(eigvalsh(a))
        return indexing.take_along(s, descending(s), axis=-1, once=True)
    w, u = eigh(a)
    sign, order = arithmetic.sign(w), descending(arithmetic.absolute(w))
    sign, s = (indexing.take_along(x, order, axis=-1, once=True) for x in (sign, arithmetic.absolute(w)))
    rows = P.broadcast_to(shapes.expand_dims(order, -2), shape=about(u).shape)
    u = indexing.take_along(u, rows, axis=-1, once=True)
    vh = matrix_transpose(u * shapes.expand_dims(sign, -2))
    return SVDResult(u, s, arithmetic.conjugate(vh) if vh.dtype.kind == "c" else vh)


def descending(x: Any) -> Any:
    return indexing.argsort(arithmetic.negative(x), axis=-1)


def svdvals(x: Any, /) -> Any:
    """Singular values, descending.  ds = Re diag(Uᴴ dx V); equal ones share theirs, and 0 has none."""
    return factors.svd(stacked(x, "svdvals"))[1]


def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    """How many singular values are not small.  Derivative: zero."""
    A = as_array(A)
    if tol is not None and rtol is not None:
        raise ValueError("`tol` and `rtol` can't be both set.")
    if A.ndim < 2:
        return arithmetic.not_equal(A, 0).any()
    tol, rtol = (constant_only("the tolerance of matrix_rank", x) for x in (tol, rtol))
    return factors.matrix_rank(A, tol=tol, hermitian=bool(hermitian), rtol=rtol)


# ---- factors ---------------------------------------------------------------------------------------------
def qr(a: Any, mode: str = "reduced") -> Any:
    """Q, orthonormal, and R, upper triangular, with a = Q @ R; `mode` is "reduced", "complete" or "r".

    dR = (C - W) R and dQ = Q (W - C) + da R⁻¹, where C = Qᴴ da R⁻¹ and W is antihermitian, as C below its
    diagonal.  Where the first columns of `a` depend on each other there is no derivative: LinAlgError.

    >>> import numpy as np
    >>> from autodiff import grad
    >>> grad(lambda a: qr(a).R[0, 0])(np.array([[3.0, 1.0], [4.0, 1.0]])).round(12) + 0.0
    array([[-0.6,  0. ],
           [-0.8,  0. ]])
    """
    if mode not in ("reduced", "complete", "r"):
        if mode == "raw":
            raise NotImplementedError(
                "qr: mode='raw' gives LAPACK's reflectors, which have no derivative here: take 'reduced'"
            )
        raise ValueError(f"Unrecognized mode {mode!r}: 'reduced', 'complete' or 'r'")
    a = stacked(a, "qr")
    rows, columns = a.shape[-2:]
    left = a if rows >= columns else indexing.index(a, index=(..., slice(rows)))
    q, r = factors.qr(left, complete=mode == "complete")
    if rows < columns:
        rest = indexing.index(a, index=(..., slice(rows, None)))
        qh = matrix_transpose(arithmetic.conjugate(q) if q.dtype.kind == "c" else q)
        r = P.concatenate(r, qh @ rest, axis=-1)
    return r if mode == "r" else QRResult(q, r)


NOT_GIVEN: Any = np._NoValue


def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = NOT_GIVEN) -> Any:
    """The pseudo-inverse p.  dp = -p da p + p pᴴ daᴴ (1 - a p) + (1 - p a) daᴴ pᴴ p, while the rank stays.

    >>> import numpy as np
    >>> from autodiff import grad
    >>> grad(lambda a: pinv(a)[0, 0])(np.array([[2.0], [0.0]]))
    array([[-0.25],
           [ 0.  ]])
    """
    a = stacked(a, "pinv", hermitian)
    if rcond is not None and rtol is not NOT_GIVEN:
        raise ValueError("`rtol` and `rcond` can't be both set.")
    if rcond is None:
        rcond = 1e-15 if rtol is NOT_GIVEN else rtol
    if rcond is None:
        rcond = max(a.shape[-2:]) * np.finfo(a.dtype).eps
    return factors.pinv(a, rtol=constant_only("rcond", rcond), hermitian=bool(hermitian))


def lstsq(a: Any, b: Any, rcond: Any = None) -> tuple[Any, Any, Any, Any]:
    """The x for which a @ x is nearest to b, the sums of squares that remain, a's rank and singular values.

    x = pinv(a) @ b, and its derivative is that, while the rank stays the same.

    >>> import numpy as np
    >>> from autodiff import grad
    >>> a = np.array([[1.0], [1.0]])
    >>> grad(lambda b: lstsq(a, b)[0][0])(np.array([1.0, 3.0])).round(12)
    array([0.5, 0.5])
    """
    a, b = as_array(a), as_array(b)
    if a.ndim != 2 or b.ndim not in (1, 2):
        raise LinAlgError(f"lstsq takes a matrix, and a vector or a matrix, not {a.shape} and {b.shape}")
    if a.shape[0] != b.shape[0]:
        raise LinAlgError(f"lstsq: incompatible dimensions, {a.shape} and {b.shape}: as many rows in both")
    eps = np.finfo(
        np.result_type(about(a), about(b), np.float32 if about(a).dtype == np.float32 else float)
    ).eps
    rcond = max(a.shape) * eps if rcond is None else eps if rcond == -1 else constant_only("rcond", rcond)
    s = svdvals(a)
    x = factors.pinv(a, rtol=rcond) @ b
    largest = about(s).max(initial=0)
    traced = isinstance(s, Node) and s.tracked & TRACE
    rank = min(a.shape) if traced else np.int32(np.sum(about(s) > rcond * largest))
    if rank < a.shape[1] or a.shape[0] <= a.shape[1]:
        return x, np.empty(0, about(x).real.dtype), rank, s
    rest = arithmetic.absolute(a @ x - b)
    return x, total(rest * rest, axis=0, keepdims=b.ndim == 1), rank, s
