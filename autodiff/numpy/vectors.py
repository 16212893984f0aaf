"""Products of vectors, and of matrices with vectors: cross, kron, vdot, vecdot, matvec, vecmat, convolve…

`axes` and `axis` are those of NumPy's generalized ufuncs: where in each array the vectors (matrices) are.
So are `out`, `dtype`, `casting` and the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters
from typing import Any

import numpy as np

from ..primitives import arithmetic, indexing, products
from ..primitives import shapes as P
from .methods import standing_for
from .shapes import as_array, axis_of, moveaxis, ravel, reshape

__all__ = ["convolve", "correlate", "cross", "kron", "matvec", "vdot", "vecdot", "vecmat"]


# ---- inner products --------------------------------------------------------------------------------------
def conjugated(x: Any) -> Any:
    return arithmetic.conjugate(x) if x.dtype.kind == "c" else x


def vdot(a: Any, b: Any, /) -> Any:
    """The sum of conj(a) * b over all elements.  Derivative: g times the other one, conjugated for a."""
    a, b = (ravel(as_array(x)) for x in (a, b))
    return products.matmul(conjugated(a), b)


@standing_for(np.vecdot)
def vecdot(x1: Any, x2: Any, /, *, axis: int = -1, axes: Any = None, keepdims: bool = False) -> Any:
    """The sum of conj(x1) * x2 along an axis.  Derivative: g times the other one, conjugated for x1."""
    x1, x2 = as_array(x1), as_array(x2)
    back: tuple[int, ...]
    if axes is None:
        (x1, x2), back = (moveaxis(x, axis, -1) for x in vectors("vecdot", x1, x2)), (axis,)
    else:
        (x1, x2), back = moved("vecdot", (x1, x2), axes, (1, 1), 1 if keepdims else 0)
    check_lengths("vecdot", x1.shape[-1], x2.shape[-1])
    if x1.ndim == x2.ndim == 1 and not keepdims:
        return products.matmul(conjugated(x1), x2)
    columns = reshape(x2, (*x2.shape, 1))
    rows = reshape(conjugated(x1), (*x1.shape[:-1], 1, x1.shape[-1]))
    total = products.matmul(rows, columns)
    total = reshape(total, total.shape[:-2])
    if keepdims:
        total = moveaxis(reshape(total, (*total.shape, 1)), -1, back[0])
    return total


def vectors(name: str, *xs: Any) -> tuple[Any, ...]:
    for x in xs:
        if not x.ndim:
            raise ValueError(
                f"{name}: an input operand does not have enough dimensions: numbers are no vectors"
            )
    return xs


def check_lengths(name: str, n: int, k: int) -> None:
    if n != k:
        raise ValueError(f"{name}: the axes to sum over must be of one length, not {n} and {k}")


def moved(
    name: str, xs: tuple[Any, ...], axes: Any, core: tuple[int, ...], of_out: int
) -> tuple[tuple[Any, ...], tuple[int, ...]]:
    """The arrays with the axes of each, as many as `core` says, moved to the end; and the result's axes."""
    given = [(k,) if not isinstance(k, Sequence) else tuple(k) for k in axes]
    if len(given) == len(xs) and not of_out:
        given.append(())
    if [len(k) for k in given] != [*core, of_out]:
        raise ValueError(f"{name}: axes is a list of the axes of each array and of the result, not {axes}")
    end = [tuple(range(-n, 0)) for n in core]
    return tuple(moveaxis(x, k, e) for x, k, e in zip(xs, given, end, strict=False)), given[-1]


@standing_for(np.matvec)
def matvec(x1: Any, x2: Any, /, *, axes: Any = None) -> Any:
    """Matrices times vectors, x1 @ x2.  Derivative: the products of g with the other one."""
    x1, x2 = as_array(x1), as_array(x2)
    back: tuple[int, ...] = (-1,)
    if axes is not None:
        (x1, x2), back = moved("matvec", (x1, x2), axes, (2, 1), 1)
    (x2,) = vectors("matvec", x2)
    if axes is None and x2.ndim == 1 < x1.ndim:
        return products.matmul(x1, x2)
    total = products.matmul(x1, reshape(x2, (*x2.shape, 1)))
    return moveaxis(reshape(total, total.shape[:-1]), -1, back[0])


@standing_for(np.vecmat)
def vecmat(x1: Any, x2: Any, /, *, axes: Any = None) -> Any:
    """Vectors times matrices, conj(x1) @ x2.  Derivative: the products of g with the other one."""
    x1, x2 = as_array(x1), as_array(x2)
    back: tuple[int, ...] = (-1,)
    if axes is not None:
        (x1, x2), back = moved("vecmat", (x1, x2), axes, (1, 2), 1)
    (x1,) = vectors("vecmat", x1)
    if axes is None and x1.ndim == 1 < x2.ndim:
        return products.matmul(conjugated(x1), x2)
    total = products.matmul(reshape(conjugated(x1), (*x1.shape[:-1], 1, x1.shape[-1])), x2)
    total = reshape(total, (*total.shape[:-2], total.shape[-1]))
    return moveaxis(total, -1, back[0])


@standing_for(np.matmul)
def matmul(x1: Any, x2: Any, /, *, axes: Any = None) -> Any:
    """What np.matmul with `axes` runs."""
    if axes is None:
        return products.matmul(x1, x2)
    x1, x2 = as_array(x1), as_array(x2)
    core = min(x1.ndim, 2), min(x2.ndim, 2)
    (x1, x2), back = moved("matmul", (x1, x2), axes, core, sum(core) - 2)
    out = products.matmul(x1, x2)
    return moveaxis(out, tuple(range(-len(back), 0)), back)


# ---- cross and kron --------------------------------------------------------------------------------------
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None) -> Any:
    """The vector product, of vectors of 3 or, with zeros for the third component, 2 numbers.

    Of two vectors of 2 numbers, the third component.  Derivative: vector products with the other one.
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = vectors("cross", as_array(a), as_array(b))
    a, b = (moveaxis(x, axis_of(k, x.ndim, "cross"), -1) for x, k in ((a, axisa), (b, axisb)))
    if not {a.shape[-1], b.shape[-1]} <= {2, 3}:
        raise ValueError(f"incompatible dimensions for cross product: 2 or 3, not {a.shape} and {b.shape}")
    if a.shape[-1] == b.shape[-1] == 2:
        return at(a, 0) * at(b, 1) - at(a, 1) * at(b, 0)
    a, b = (x if x.shape[-1] == 3 else with_zero(x) for x in (a, b))
    out = products.cross(a, b)
    return moveaxis(out, -1, axis_of(axisc, out.ndim, "cross"))


def at(x: Any, k: int) -> Any:
    return indexing.index(x, index=(..., k))


def with_zero(x: Any) -> Any:
    return indexing.scatter(x, index=(..., slice(2)), shape=(*x.shape[:-1], 3))


def kron(a: Any, b: Any) -> Any:
    """Every element of a times b, as blocks.  Derivative: for each, the products of g with the other one."""
    a, b = as_array(a), as_array(b)
    n = max(a.ndim, b.ndim)
    a, b = (x if x.ndim == n else reshape(x, (*[1] * (n - x.ndim), *x.shape)) for x in (a, b))
    out = products.contract(a, b, labels=alternating(n))
    return P.reshape(out, shape=tuple(i * j for i, j in zip(a.shape, b.shape, strict=True)))


def alternating(n: int) -> tuple[str, str, str]:
    """Labels for an outer product whose axes alternate."""
    of_a, of_b = ascii_letters[:n], ascii_letters[n : 2 * n]
    return of_a, of_b, "".join(i + j for i, j in zip(of_a, of_b, strict=True))


# ---- convolution -----------------------------------------------------------------------------------------
MODES = ("valid", "same", "full")


def slid(a: Any, v: Any, mode: Any, name: str) -> Any:
    """What is between both ends of the convolution of two vectors, as `mode` says."""
    if isinstance(mode, int) and mode in (0, 1, 2):
        mode = MODES[mode]
    if mode not in MODES:
        raise ValueError(f"{name}: mode must be 'full', 'valid' or 'same', not {mode!r}")
    n, k = a.shape[-1], v.shape[-1]
    if mode != "same":
        return products.convolve(a, v, valid=mode == "valid")
    full = products.convolve(a, v, valid=False)
    start = (min(n, k) - 1) // 2
    return indexing.index(full, index=slice(start, start + max(n, k)))


def two_vectors(a: Any, v: Any, name: str) -> tuple[Any, Any]:
    a, v = (reshape(x, (1,)) if x.ndim == 0 else x for x in (as_array(a), as_array(v)))
    if a.ndim != 1 or v.ndim != 1:
        raise ValueError(
            f"{name}: object too deep for desired array: it takes vectors, not {a.shape} and {v.shape}"
        )
    for what, x in (("a", a), ("v", v)):
        if not x.shape[0]:
            raise ValueError(f"{what} cannot be empty")
    return a, v


def convolve(a: Any, v: Any, mode: Any = "full") -> Any:
    """Σ_j a[j] v[i - j].  Derivative: g, correlated with the other one.

    >>> import numpy as np
    >>> from autodiff import grad
    >>> grad(lambda a: convolve(a, np.array([1.0, 10.0]))[1])(np.array([3.0, 4.0]))
    array([10.,  1.])
    """
    a, v = two_vectors(a, v, "convolve")
    return slid(a, v, mode, "convolve")


def correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    """Σ_j a[i + j] conj(v[j]).  Derivative: g, convolved with the other one."""
    a, v = two_vectors(a, v, "correlate")
    flipped = conjugated(indexing.index(v, index=slice(None, None, -1)))
    if mode in ("same", 1) and a.shape[0] < v.shape[0]:  # where NumPy exchanges them, and turns the result
        back = slice(None, None, -1)
        out = slid(conjugated(indexing.index(a, index=back)), v, mode, "correlate")
        return indexing.index(conjugated(out), index=back)
    return slid(a, flipped, mode, "correlate")
