"""Householder's reflectors, from the orthonormal columns that they make: for `qr(a, mode="raw")`.

LAPACK writes Q as a product of reflections 1 - τ v vᴴ.  With the v as columns of V, which is lower triangular
and has a diagonal of ones, the first columns of Q are E - V U, where U is upper triangular, and the τ are its
diagonal.  So V and U are the triangular factors of E - Q (Ballard and others, "Reconstructing Householder
vectors from tall-skinny QR", 2014), and with V = (L, B), L square, and the tangent (dM, dN) of both parts,

    X = L⁻¹ dM U⁻¹        dL = L low(X)        dU = up(X) U        dB = (dN - B dU) U⁻¹

where low(X) is X below its diagonal, and up(X) the rest.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..several import several
from .shapes import swapped

__all__: list[str] = []


def array_triangles(x: Any) -> Any:
    """V and U with x = V U, without exchanging rows; x has no more columns than rows."""
    rest, k = np.array(x), x.shape[-1]
    lower, upper = np.zeros_like(rest), np.zeros_like(rest[..., :k, :])
    for i in range(k):
        upper[..., i, i:] = rest[..., i, i:]
        pivot = rest[..., i : i + 1, i]
        column = rest[..., i + 1 :, i]
        lower[..., i, i] = 1
        lower[..., i + 1 :, i] = np.divide(column, pivot, out=np.zeros_like(column), where=pivot != 0)
        rest[..., i + 1 :, i:] -= lower[..., i + 1 :, i, None] * rest[..., i, None, i:]
    return lower, upper


def apart(m: Any, x: Any, k: int) -> tuple[Any, Any]:
    """The first k rows of x, and the others; nothing where there are none."""
    if x is None or x.shape[-2] == k:
        return x, None
    return m.index(x, index=(..., slice(k), slice(None))), m.index(
        x, index=(..., slice(k, None), slice(None))
    )


def inverses(m: Any, lower: Any, upper: Any) -> tuple[Any, Any]:
    return m.inv(lower, singular="raise"), m.inv(upper, singular="reflector")


def triangles_pull(m: Any, g: Any, out: Any, x: Any) -> Any:
    k = x.shape[-1]
    (lower, below), upper = apart(m, out[0], k), out[1]
    (of_lower, of_below), of_upper = apart(m, g.get(0), k), g.get(1)
    of_lower = m.zeros_like(lower) if of_lower is None else of_lower
    of_upper = m.zeros_like(upper) if of_upper is None else of_upper
    by_lower, by_upper = (swapped(m, y) for y in inverses(m, lower, upper))
    if of_below is not None:
        of_below = m.matmul(of_below, by_upper)
        of_upper = of_upper - m.matmul(swapped(m, below), of_below)
    elif below is not None:
        of_below = m.zeros_like(below)
    inner = m.tril(m.matmul(swapped(m, lower), of_lower), k=-1)
    inner = inner + m.triu(m.matmul(of_upper, swapped(m, upper)), k=0)
    gx = m.matmul(m.matmul(by_lower, inner), by_upper)
    return gx if of_below is None else m.concatenate(gx, of_below, axis=-2)


def triangles_push(m: Any, t: Any, out: Any, x: Any) -> Any:
    k = x.shape[-1]
    (lower, below), upper = apart(m, out[0], k), out[1]
    t, of_rest = apart(m, t, k)
    by_lower, by_upper = inverses(m, lower, upper)
    inner = m.matmul(m.matmul(by_lower, t), by_upper)
    d_lower, d_upper = m.matmul(lower, m.tril(inner, k=-1)), m.matmul(m.triu(inner, k=0), upper)
    if of_rest is not None:
        d_below = m.matmul(of_rest - m.matmul(below, d_upper), by_upper)
        d_lower = m.concatenate(d_lower, d_below, axis=-2)
    return d_lower, d_upper


triangles = several("triangles", array_triangles, triangles_pull, triangles_push)
