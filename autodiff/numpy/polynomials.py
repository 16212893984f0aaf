"""Polynomials with NumPy's signatures: coefficients in a vector, that of the highest power first."""

from __future__ import annotations

import warnings
from operator import index as as_int
from typing import Any

import numpy as np

from ..graph import TRACE, Node
from ..primitives import arithmetic, indexing, products
from ..primitives import polynomials as P
from ..primitives import shapes as S
from . import linalg, shapes
from .shapes import about, as_array, concatenate, constant_only, plain

__all__ = [
    "poly", "polyadd", "polyder", "polydiv", "polyfit", "polyint", "polymul", "polysub", "polyval", "roots",
    "vander",
]  # fmt: skip


def vector(p: Any, name: str) -> Any:
    """Coefficients; one number is a polynomial, too."""
    if isinstance(p, np.poly1d):
        p = p.coeffs
    p = as_array(p)
    p = p if p.ndim else S.reshape(p, shape=(1,))
    if p.ndim != 1:
        raise ValueError(f"{name} takes vectors of coefficients, not the shape {p.shape}")
    return p


def polyval(p: Any, x: Any) -> Any:
    """p[0] x^(n-1) + … + p[n-1].  ∂/∂x = polyval(polyder(p), x), ∂/∂p[k] = x^(n-1-k).

    >>> import numpy as np
    >>> from autodiff import grad
    >>> grad(polyval, argnums=(0, 1))(np.array([1.0, 0.0, 5.0]), 3.0)
    (array([9., 3., 1.]), 6.0)
    """
    if isinstance(x, np.poly1d):
        raise TypeError(
            "polyval of a poly1d is a polynomial of polynomials, which is not differentiated here"
        )
    p = as_array(p.coeffs if isinstance(p, np.poly1d) else p)
    if not p.ndim:
        raise TypeError("iteration over a 0-d array: polyval takes coefficients in a vector")
    return P.polyval(p, x)


def polyadd(a1: Any, a2: Any) -> Any:
    """The sum of polynomials.  Derivative: g, without what the shorter one lacks."""
    return added(a1, a2, arithmetic.add, "polyadd")


def polysub(a1: Any, a2: Any) -> Any:
    """The difference of polynomials.  Derivative: g and -g, without what the shorter one lacks."""
    return added(a1, a2, arithmetic.subtract, "polysub")


def added(a: Any, b: Any, op: Any, name: str) -> Any:
    a, b = vector(a, name), vector(b, name)
    n = max(a.shape[0], b.shape[0])
    return op(led_by_zeros(a, n), led_by_zeros(b, n))


def led_by_zeros(p: Any, n: int) -> Any:
    """n coefficients."""
    k = p.shape[-1]
    return p if k == n else indexing.scatter(p, index=(..., slice(n - k, n)), shape=(*p.shape[:-1], n))


def polymul(a1: Any, a2: Any) -> Any:
    """The product of polynomials.  Derivative: g, correlated with the other one."""
    return products.convolve(trimmed(vector(a1, "polymul")), trimmed(vector(a2, "polymul")), valid=False)


def trimmed(p: Any) -> Any:
    """Without leading zeros that are plain numbers, as NumPy takes coefficients."""
    if isinstance(p, Node):
        return p
    return np.trim_zeros(p, "f") if np.any(p) else np.zeros(1, p.dtype)


def polydiv(u: Any, v: Any) -> tuple[Any, Any]:
    """(q, r) with u = polymul(q, v) + r.  Derivative: that of convolve(q, v) = u, as far as q goes.

    Leading coefficients of r that are 0 but for rounding are left out, as NumPy does.
    """
    u, v = vector(u, "polydiv"), vector(v, "polydiv")
    m, n = u.shape[0] - 1, v.shape[0] - 1
    zero = u[:1] * 0.0 + v[:1] * 0.0
    if m < n:
        return zero, u + zero
    q = products.deconvolve(u[: m - n + 1] + zero, v)
    rest = (u - products.convolve(q, v, valid=False))[m - n + 1 :] if n else zero
    known = plain(rest, "polydiv, whose number of coefficients depends on numbers")
    first = 0
    while first < rest.shape[0] - 1 and np.allclose(known[first], 0, rtol=1e-14):
        first += 1
    return q, rest[first:]


def polyder(p: Any, m: Any = 1) -> Any:
    """The m-th derivative of a polynomial.  Derivative: g times the powers."""
    m = as_int(constant_only("m", m))
    if m < 0:
        raise ValueError("Order of derivative must be positive (see polyint)")
    p = vector(p, "polyder")
    n = p.shape[0]
    if m == 0:
        return p + 0
    if m >= n:
        return p[:0] * np.arange(0)
    k = np.arange(n - 1, m - 1, -1)
    factors = np.prod([k - j for j in range(m)], axis=0)
    return p[: n - m] * factors


def polyint(p: Any, m: Any = 1, k: Any = None) -> Any:
    """The m-th integral of a polynomial, with the constants k.  Derivative: g over the powers."""
    m = as_int(constant_only("m", m))
    if m < 0:
        raise ValueError("Order of integral must be positive (see polyder)")
    if isinstance(k, (list, tuple)):
        k = concatenate([S.reshape(as_array(c), shape=(1,)) for c in k])
    k = as_array(np.zeros(m) if k is None else k)
    k = k if k.ndim else S.reshape(k, shape=(1,))
    if k.shape[0] == 1 and m > 1:
        k = S.broadcast_to(k, shape=(m,))
    if k.shape[0] < m:
        raise ValueError("k must be a scalar or a rank-1 array of length 1 or >m.")
    p = vector(p, "polyint")
    for i in range(m):
        p = concatenate([p / np.arange(p.shape[0], 0, -1), k[i : i + 1]])
    return p if m else p + 0


def roots(p: Any) -> Any:
    """The roots of a polynomial.  ∂root/∂p[k] = -root^(n-1-k) / p'(root); at multiple roots LinAlgError.

    Raises ValueError if coefficients that are differentiated begin with 0: the number of roots would change.

    >>> import numpy as np
    >>> from autodiff import grad
    >>> grad(lambda p: roots(p)[0])(np.array([1.0, -3.0, 2.0])).round(12)
    array([-4., -2., -1.])
    """
    if not isinstance(p, Node):
        return np.roots(p)
    p = as_array(p)
    if p.ndim != 1:
        raise ValueError("Input must be a rank-1 array.")
    n = p.shape[0] - 1
    if not np.any(about(p)) or n < 1:
        return Node.classes["array"].lift(np.roots(about(p)))
    if about(p)[0] == 0:
        raise ValueError(
            "roots: the first coefficient is 0, and the number of roots would change with it: leave it out"
        )
    first = -p[1:] / p[0]
    matrix = concatenate([S.reshape(first, shape=(1, n)), np.eye(n - 1, n, dtype=about(first).dtype)])
    return linalg.eigvals(matrix)


def poly(seq_of_zeros: Any) -> Any:
    """The polynomial with given roots, or of a matrix' eigenvalues; 1 comes first.

    Derivative: that of the products of the x - root[k], which are made in pairs.
    """
    r = as_array(seq_of_zeros)
    if r.ndim == 2 and r.shape[0] == r.shape[1] and r.shape[0]:
        r = linalg.eigvals(r)
    elif r.ndim == 0:
        r = S.reshape(r, shape=(1,))
    elif r.ndim != 1:
        raise ValueError("input must be 1d or non-empty square 2d array.")
    n = r.shape[0]
    if n == 0:
        return 1.0
    dtype = about(r).dtype if about(r).dtype.kind in "fc" else np.dtype(float)
    factors = concatenate([np.ones((n, 1), dtype), S.reshape(-r, shape=(n, 1))], axis=1)
    while factors.shape[0] > 1:
        if factors.shape[0] % 2:
            one = np.zeros((1, factors.shape[1]), dtype)
            one[0, -1] = 1
            factors = concatenate([factors, one])
        factors = products.convolve(factors[::2], factors[1::2], valid=False)
    out = S.reshape(factors, shape=(-1,))[factors.shape[1] - n - 1 :]
    if dtype.kind == "c" and not (isinstance(r, Node) and r.tracked & TRACE):
        known = about(r)
        if np.all(np.sort(known) == np.sort(known.conj())):
            return arithmetic.real(out)
    return out


def vander(x: Any, N: Any = None, increasing: bool = False) -> Any:
    """The powers of each element, in a row.  Derivative: g times the powers' derivatives."""
    x = as_array(x)
    if x.ndim != 1:
        raise ValueError("x must be a one-dimensional array or sequence.")
    n = x.shape[0] if N is None else as_int(constant_only("N", N))
    dtype = np.promote_types(about(x).dtype, int)
    out = P.powers(x if about(x).dtype == dtype else shapes.astype(x, dtype), length=n)
    return out if increasing else indexing.index(out, index=(..., slice(None, None, -1)))


def polyfit(
    x: Any, y: Any, deg: Any, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False
) -> Any:
    """The polynomial of a degree that is nearest to points, by least squares.  Derivative: `lstsq`'s.

    `full` adds the sums of squares that remain, rank, singular values and rcond; `cov` the covariance.

    >>> import numpy as np
    >>> from autodiff import grad
    >>> grad(lambda y: polyfit(np.array([0.0, 1.0, 2.0]), y, 1)[0])(np.array([1.0, 2.0, 4.0])).round(12) + 0.0
    array([-0.5,  0. ,  0.5])
    """
    order = as_int(constant_only("deg", deg)) + 1
    x, y = as_array(x), as_array(y)
    x, y = (a if about(a).dtype.kind in "fc" else shapes.astype(a, float) for a in (x, y))
    if order < 1:
        raise ValueError("expected deg >= 0")
    if x.ndim != 1 or not x.shape[0] or y.ndim not in (1, 2):
        raise TypeError("polyfit: expected a non-empty vector for x, and a vector or a matrix for y")
    if x.shape[0] != y.shape[0]:
        raise TypeError("polyfit: expected x and y to have same length")
    rcond = x.shape[0] * np.finfo(x.dtype).eps if rcond is None else constant_only("rcond", rcond)
    left, right = vander(x, order), y
    if w is not None:
        w = as_array(w)
        if w.ndim != 1 or w.shape[0] != y.shape[0]:
            raise TypeError("polyfit: expected a 1-d array for weights, as long as y")
        column = S.reshape(w, shape=(-1, 1))
        left, right = left * column, right * (column if y.ndim == 2 else w)
    scale = linalg.norm(left, axis=0)
    left = left / scale
    c, rest, rank, s = linalg.lstsq(left, right, rcond)
    by = scale if y.ndim == 1 else S.reshape(scale, shape=(-1, 1))
    c = c / by
    if rank != order and not full:
        warnings.warn("Polyfit may be poorly conditioned", np.exceptions.RankWarning, stacklevel=2)
    if full:
        return c, rest, rank, s, rcond
    if not cov:
        return c
    square = linalg.inv(shapes.matrix_transpose(left) @ left)
    square = square / (S.reshape(scale, shape=(-1, 1)) * scale)
    if cov == "unscaled":
        factor: Any = 1
    else:
        if x.shape[0] <= order:
            raise ValueError("the number of data points must exceed order to scale the covariance matrix")
        factor = rest / (x.shape[0] - order)
    return (c, square * factor) if y.ndim == 1 else (c, S.reshape(square, shape=(*square.shape, 1)) * factor)
