"""Linear algebra: solve, inv, det, slogdet, cholesky, norm, on stacks of matrices in the last two axes.

The rules are those of the table of matrix differentials (Giles, "An extended collection of matrix derivative
results for forward and reverse mode algorithmic differentiation", 2008).  Write dA for a tangent and X for
the inverse of A.  From A X = 1 follows dA X + A dX = 0, so

    d inv(A) = -X dA X        d (X b) = X (db - dA X b)        d log|det A| = tr(X dA)

and each pull is the transpose of that.  Transposes are plain, without conjugation: a cotangent is
∂/∂re - i ∂/∂im, as everywhere.

**The determinant** is a polynomial: it has a derivative everywhere, at singular matrices too, where X does
not exist.  d det(A) = sum(C * dA) with C, the matrix of cofactors, whose entries are determinants of what is
left when a row and a column are crossed out.  C is det(A) Xᵀ where there is an X.  Elsewhere it comes from
the singular values: for A = U S V,

    C(A) = C(U) C(S) C(V)        C(U) = det(U) conj(U)        C(S)[i, i] = the product of the s[k], k ≠ i

The derivative of C follows in the same way, so that second derivatives exist everywhere too.  The third uses
X again, and raises LinAlgError at singular matrices.

**Below a choice**, a matrix whose cotangent is zero throughout has no say, though it be singular or NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.linalg import LinAlgError

from ..backward import pull
from ..batching import aligned, along_axes
from ..graph import DIFF, PLAIN, Rules
from ..kinds import constant, general
from ..steps import one_input
from .arithmetic import absolute_partial
from .bases import adjoint, array_mirrored, conj, mirrored, mirrored_back, real
from .reductions import kept
from .shapes import swapped

__all__: list[str] = []  # NumPy's signatures: numpy/linalg.py

SHAPES = "the matrices must be square, and b have as many rows"
INSTEAD = {  # what NumPy says, and what to do about it
    "Singular matrix": "add a small multiple of np.eye(n) if a regular one is meant",
    "Matrix is not positive definite": "add a small multiple of np.eye(n) if one is meant",
    "Array must be at least two-dimensional": "stacks of matrices have shape (..., n, n)",
    "must be square": "stacks of matrices have shape (..., n, n)",
}
LAST = (-2, -1)
LIMITS = {  # from which power of 1/ε on a condition is too large, and what that means
    "near": (1 / 3, "Singular matrix, nearly: its determinant has no third derivative here"),
    "defective": (1 / 2, "a defective matrix has too few eigenvectors, and its eigenvalues no derivative"),
    "dependent": (0.95, "where columns of a matrix depend on each other, its factors have no derivative"),
    "reflector": (0.95, "the raw form of qr has no derivative where a column is zero below the diagonal"),
}  # fmt: skip


def advised(f: Callable[..., Any], *args: Any) -> Any:
    """f, whose LinAlgError says what to do."""
    try:
        return f(*args)
    except LinAlgError as error:
        text = str(error)
        advice = next((f": {do}" for said, do in INSTEAD.items() if said in text), "")
        raise LinAlgError(text + advice) from None


# ---- on plain arrays -------------------------------------------------------------------------------------
def array_inv(x: Any, *, singular: str = "raise") -> Any:
    """The inverse.  A singular matrix raises LinAlgError; with singular="nan" it gives NaN, in its place.

    With the other settings, those of LIMITS, what is nearly singular raises too; or, with "nan" after them,
    gives NaN.
    """
    singular, _, nan = singular.rpartition(" ") if " " in singular else (singular, "", singular)
    try:
        out = advised(np.linalg.inv, x)
    except LinAlgError:
        if nan != "nan":
            if singular in LIMITS:
                raise LinAlgError(LIMITS[singular][1]) from None
            raise
        regular = (np.linalg.slogdet(x).sign != 0)[..., None, None]
        out = np.linalg.inv(np.where(regular, x, np.eye(x.shape[-1], dtype=x.dtype)))
        out = np.where(regular, out, np.nan)
    if singular in LIMITS:
        power, text = LIMITS[singular]
        bad = condition(x, out) > np.finfo(out.dtype).eps ** -power
        if np.any(bad) and nan != "nan":
            raise LinAlgError(text)
        return np.where(bad[..., None, None], np.nan, out) if np.any(bad) else out
    return out


def condition(x: Any, inverse: Any) -> Any:
    """How much solving with x magnifies relative errors, at most."""
    return np.linalg.norm(x, 1, axis=LAST) * np.linalg.norm(inverse, 1, axis=LAST)


def rotations(x: Any) -> tuple[Any, Any, Any, Any]:
    """(bad, u, s, v) with x = u @ diag(s) @ v, where x is finite; bad tells where it is not."""
    bad = ~np.isfinite(x).all(axis=LAST, keepdims=True)
    return bad, *np.linalg.svd(np.where(bad, np.zeros_like(x), x))


def rotated(bad: Any, u: Any, v: Any, inner: Any) -> Any:
    """C(u) @ inner @ C(v)."""
    factor = (np.linalg.det(u) * np.linalg.det(v))[..., None, None]
    return np.where(bad, np.nan, factor * (u.conj() @ inner @ v.conj()))


def leave_one_out(logs: Any) -> Any:
    """The sums over the last axis without one element each; no differences, for an element may be -inf."""
    before, after = np.zeros_like(logs), np.zeros_like(logs)
    before[..., 1:] = np.cumsum(logs[..., :-1], axis=-1)
    after[..., :-1] = np.cumsum(logs[..., :0:-1], axis=-1)[..., ::-1]
    return before + after


def diagonal_matrix(d: Any) -> Any:
    return d[..., None] * np.eye(d.shape[-1], dtype=d.dtype)


def regular(det: Any) -> bool:
    """Whether determinants are such that the cofactors are det(x) inv(x)ᵀ."""
    size = np.abs(det)
    return bool(np.all((size > np.finfo(size.dtype).tiny) & (size < np.inf)))


def array_cofactor(x: Any) -> Any:
    """det(x) inv(x)ᵀ, which is accurate near singular matrices too; at them, by singular values."""
    det = np.linalg.det(x)
    if regular(det):
        return det[..., None, None] * np.swapaxes(np.linalg.inv(x), -1, -2)
    bad, u, s, v = rotations(x)
    return rotated(bad, u, v, diagonal_matrix(np.exp(leave_one_out(np.log(s)))))


def array_cofactor_tangent(x: Any, t: Any) -> Any:
    """How the cofactors of x move when x moves along t.

    With T = Uᴴ t Vᴴ, and c[i, j] the product of the singular values without those of i and j:

        on the diagonal    sum of c[i, j] T[j, j] over the j ≠ i        beside it    -c[i, j] T[j, i]
    """
    bad, u, s, v = rotations(x)
    n = s.shape[-1]
    one = np.eye(n, dtype=bool)
    logs = np.broadcast_to(np.log(s)[..., None, :], (*s.shape, n))
    c = np.where(one, 0, np.exp(leave_one_out(np.where(one, 0, logs))))
    t = np.swapaxes(u.conj(), -1, -2) @ t @ np.swapaxes(v.conj(), -1, -2)
    others = np.sum(c * np.diagonal(t, axis1=-2, axis2=-1)[..., None, :], axis=-1)
    return rotated(bad, u, v, diagonal_matrix(others) - c * np.swapaxes(t, -1, -2))


def array_cholesky(x: Any, *, lower: bool = True) -> Any:
    """The lower factor of the Hermitian matrix that is meant by x; see `bases.array_mirror`."""
    return advised(np.linalg.cholesky, array_mirrored(x, lower))


def real_sign(x: Any) -> Any:
    if np.iscomplexobj(x):
        raise TypeError("the sign of a complex determinant is not constant: take slogdet_phase")
    return np.linalg.slogdet(x).sign


# ---- in m ------------------------------------------------------------------------------------------------
def beside(m: Any, g: Any) -> Any:
    """A number per matrix, so that it multiplies the matrix."""
    return m.reshape(g, shape=(*g.shape, 1, 1))


def trace_of_product(m: Any, xt: Any, y: Any, keepdims: bool = False) -> Any:
    """tr(x y), given the transpose of x."""
    return m.sum(xt * y, axis=LAST, keepdims=keepdims)


def alive(m: Any, g: Any) -> Any:
    """How many entries of each matrix are not zero."""
    return m.sum(m.not_equal(g, 0), axis=LAST, keepdims=True)


def inv_pull(m: Any, g: Any, out: Any, x: Any, **params: Any) -> Any:
    t = swapped(m, out)
    return -m.matmul(m.matmul(t, g), t)


def inv_push(m: Any, ts: Any, out: Any, x: Any, **params: Any) -> Any:
    return -m.matmul(m.matmul(out, ts[0]), out)


def solve_pull_b(m: Any, g: Any, out: Any, a: Any, b: Any) -> Any:
    return m.solve(swapped(m, a), g)


def solve_pull_a(m: Any, g: Any, out: Any, a: Any, b: Any) -> Any:
    return -m.matmul(m.solve(swapped(m, a), g), swapped(m, out))


def solve_step(node: Any, g: Any, cot: Any, after: int) -> None:
    """The backward step of solve: what `backward.pull` does, with one solution for both inputs."""
    a, b = node.inputs
    gb = solve_pull_b(PLAIN, g, node.value, a.value, b.value)
    for x, of_b in ((a, False), (b, True)):
        if x.tracked & DIFF:
            t = gb if of_b else -np.matmul(gb, node.value.swapaxes(-1, -2))
            t = x.fit(PLAIN, t, x.value)
            cot[x] = cot[x] + t if x in cot else t


def solve_push(m: Any, ts: Any, out: Any, a: Any, b: Any) -> Any:
    ta, tb = ts
    if ta is None:
        return m.solve(a, tb)
    moved = m.matmul(ta, out)
    return -m.solve(a, moved) if tb is None else m.solve(a, tb - moved)


def careful_solve(m: Any, a: Any, b: Any) -> Any:
    """The solution by way of the inverse, of which nothing is left where b is zero throughout."""
    return m.matmul(m.shield(m.inv(a, singular="nan"), alive(m, b)), b)


def careful_solve_pull_b(m: Any, g: Any, out: Any, a: Any, b: Any) -> Any:
    return careful_solve(m, swapped(m, a), g)


def careful_solve_pull_a(m: Any, g: Any, out: Any, a: Any, b: Any) -> Any:
    columns = m.sum(m.not_equal(g, 0), axis=-2, keepdims=True)
    return -m.matmul(careful_solve(m, swapped(m, a), g), swapped(m, m.shield(out, columns)))


def careful_solve_push(m: Any, ts: Any, out: Any, a: Any, b: Any) -> Any:
    ta, tb = ts
    if ta is None:
        return careful_solve(m, a, tb)
    moved = m.matmul(ta, m.shield(out, alive(m, ta)))
    return careful_solve(m, a, -moved if tb is None else tb - moved)


def det_step(node: Any, g: Any, cot: Any, after: int) -> None:
    """The backward step of det: what `backward.pull` does, with the determinant that is there already."""
    (x,) = node.inputs
    if not regular(node.value):
        pull(node, g, cot, after)
        return
    t = (g * node.value)[..., None, None] * np.linalg.inv(x.value).swapaxes(-1, -2)
    t = x.fit(PLAIN, t, x.value)
    cot[x] = cot[x] + t if x in cot else t


def det_push(m: Any, ts: Any, out: Any, x: Any) -> Any:
    return trace_of_product(m, m.cofactor(x), ts[0])


def careful_det_push(m: Any, ts: Any, out: Any, x: Any) -> Any:
    return m.sum(m.absorb(ts[0], m.cofactor, x), axis=LAST)


def cofactor_push(m: Any, ts: Any, out: Any, x: Any) -> Any:
    return m.cofactor_tangent(x, ts[0])


def third(m: Any, x: Any, t: Any, u: Any) -> Any:
    """How `cofactor_tangent(x, t)` moves when x moves along u: the third derivative of the determinant.

    d³ det(t, u, v) with T = X t and U = X u is the derivative of det(x) (tr T tr U - tr TU) along v.
    """
    inverse = m.inv(x, singular="near")
    xt = swapped(m, inverse)
    a, b = m.matmul(inverse, t), m.matmul(inverse, u)
    tr_a, tr_b = trace_of_product(m, xt, t, True), trace_of_product(m, xt, u, True)
    both = tr_a * tr_b - trace_of_product(m, swapped(m, a), b, True)
    mixed = m.matmul(a, b) + m.matmul(b, a) - tr_b * a - tr_a * b
    return beside(m, m.det(x)) * swapped(m, both * inverse + m.matmul(mixed, inverse))


def cofactor_tangent_push(m: Any, ts: Any, out: Any, x: Any, t: Any) -> Any:
    u, dt = ts
    parts = ([] if u is None else [third(m, x, t, u)]) + ([] if dt is None else [m.cofactor_tangent(x, dt)])
    return parts[0] if len(parts) == 1 else parts[0] + parts[1]


def inverse_transposed(m: Any, x: Any) -> Any:
    return swapped(m, m.inv(x, singular="nan"))


def logabsdet_pull(m: Any, g: Any, out: Any, x: Any) -> Any:
    return beside(m, g) * inverse_transposed(m, x)


def careful_logabsdet_pull(m: Any, g: Any, out: Any, x: Any) -> Any:
    return m.absorb(beside(m, g), inverse_transposed, m, x)


def logabsdet_push(m: Any, ts: Any, out: Any, x: Any) -> Any:
    return real(m, trace_of_product(m, inverse_transposed(m, x), ts[0]))


def careful_logabsdet_push(m: Any, ts: Any, out: Any, x: Any) -> Any:
    return real(m, m.sum(m.absorb(ts[0], inverse_transposed, m, x), axis=LAST))


def phase_pull(m: Any, g: Any, out: Any, x: Any) -> Any:
    return beside(m, m.real(g * out * 1j) * -1j) * inverse_transposed(m, x)


def careful_phase_pull(m: Any, g: Any, out: Any, x: Any) -> Any:
    turned = m.absorb(g, lambda: out)
    return m.absorb(beside(m, m.real(turned * 1j) * -1j), inverse_transposed, m, x)


def phase_push(m: Any, ts: Any, out: Any, x: Any) -> Any:
    return out * 1j * m.imag(trace_of_product(m, inverse_transposed(m, x), ts[0]))


def careful_phase_push(m: Any, ts: Any, out: Any, x: Any) -> Any:
    turning = m.imag(m.sum(m.absorb(ts[0], inverse_transposed, m, x), axis=LAST))
    return m.absorb(turning, lambda: out) * 1j


@lru_cache(16)
def small_half_lower(n: int, dtype: Any) -> Any:
    return np.tri(n, dtype=dtype) - np.eye(n, dtype=dtype) / 2


def half_lower(x: Any) -> Any:
    """The mask that keeps the lower triangle, and half of the diagonal."""
    make: Any = small_half_lower if x.shape[-1] < 400 else small_half_lower.__wrapped__
    return make(x.shape[-1], x.dtype)


def cholesky_pull(m: Any, g: Any, out: Any, x: Any, lower: bool) -> Any:
    """The Hermitian part of L⁻ᴴ Φ(Lᴴ ḡ) L⁻¹, conjugated; Φ is `half_lower`."""
    return cholesky_pulled(m, g, x, lower, out, m.inv(out))


by_rule = one_input(cholesky_pull)


def cholesky_pulled(m: Any, g: Any, x: Any, lower: bool, out: Any, inverse: Any) -> Any:
    inner = m.matmul(swapped(m, out), g) * half_lower(out)
    gx = m.matmul(m.matmul(swapped(m, inverse), inner), conj(m, inverse))
    return mirrored_back(m, gx, x, lower)


def cholesky_step(node: Any, g: Any, cot: Any, after: int) -> None:
    """The backward step of large real factors, which takes the work of a few factorizations."""
    (x,), out = node.inputs, node.value
    if out.shape[-1] < 64 or out.dtype.kind != "f" or g.dtype.kind != "f":
        by_rule(node, g, cot, after)
        return
    t = mirrored_back(PLAIN, factored_back(out, g), x.value, **node.params)
    t = x.fit(PLAIN, t, x.value)
    cot[x] = cot[x] + t if x in cot else t


def factored_back(factor: Any, g: Any, width: int = 48) -> Any:
    """The cotangent of A in its lower triangle, half of it on the diagonal, by blocks of columns.

    Murray, "Differentiation of the Cholesky decomposition" (2016), section 4.2.
    """
    g, n = np.tril(g), factor.shape[-1]
    for k in range(n, 0, -width):
        j = max(k - width, 0)
        left, inside, below = (..., slice(j, k), slice(j)), (..., slice(j, k), slice(j, k)), slice(k, n)
        d, r = factor[inside], factor[left]
        inverse = np.linalg.inv(d)
        if k < n:
            c, b = factor[..., below, j:k], factor[..., below, :j]
            moved = g[..., below, j:k] @ inverse
            g[..., below, j:k] = moved
            g[..., below, :j] -= moved @ r
            back = np.swapaxes(moved, -1, -2)
            g[inside] -= np.tril(back @ c)
            g[left] -= back @ b
        inner = half_lower(d) * (np.swapaxes(d, -1, -2) @ g[inside])
        inner = np.swapaxes(inverse, -1, -2) @ (inner + np.swapaxes(inner, -1, -2)) @ inverse
        g[inside] = half_lower(d) * inner
        g[left] -= (g[inside] + np.swapaxes(g[inside], -1, -2)) @ r
    return g


def cholesky_push(m: Any, ts: Any, out: Any, x: Any, lower: bool) -> Any:
    """From dA = dL Lᴴ + L dLᴴ:  L⁻¹ dA L⁻ᴴ = L⁻¹ dL + (L⁻¹ dL)ᴴ, and L⁻¹ dL is lower."""
    return cholesky_pushed(m, ts[0], x, lower, out, m.inv(out))


def cholesky_pushed(m: Any, t: Any, x: Any, lower: bool, out: Any, inverse: Any) -> Any:
    t = mirrored(m, t, x, lower)
    inner = m.matmul(m.matmul(inverse, t), adjoint(m, inverse))
    return m.matmul(out, inner * half_lower(out))


def careful_factor(m: Any, g: Any, out: Any) -> tuple[Any, Any]:
    live = alive(m, g)
    return m.shield(out, live), m.shield(m.inv(out, singular="nan"), live)


# ---- the norm of vectors ---------------------------------------------------------------------------------
def array_norm(x: Any, *, ord: Any = 2, axis: Any = None, keepdims: bool = False) -> Any:
    """The norm of a vector or, with ord=2, the root of the sum of squares over any axes."""
    if ord != 2:
        return np.linalg.norm(x, ord, axis, keepdims)
    return np.sqrt(np.sum((x * x.conj()).real, axis, keepdims=keepdims))


def direction(m: Any, out: Any, x: Any, ord: Any, axis: Any, keepdims: bool) -> tuple[Any, Any]:
    """∂out/∂x as the product of weights, of x's shape, and a rate, of out's.

        ord = 2       conj(x)             1 / out                 0 where out is 0
        ord = 1       sign(x)             1                       0 where x is 0
        ord = ±inf    sign(x) where |x| is out                    shared by those, one over their number
        ord = p       sign(x) (|x| / out)**(p - 1)                0 where x is 0

    The sign of a complex number is conj(x) / |x|.
    """
    if ord == 2:
        return conj(m, x), m.shield(1 / out, out)
    size = m.absolute(x)
    sign = absolute_partial(m, size, x)
    if ord == 1:
        return sign, 1.0
    n = kept(m, out, x, axis, keepdims)
    if abs(ord) == np.inf:
        ties = m.equal(size, n)
        return sign * ties, 1 / m.sum(ties, axis=axis, keepdims=keepdims)
    return m.absorb(sign, m.power, size / n, float(ord) - 1), 1.0


def norm_pull(m: Any, g: Any, out: Any, x: Any, ord: Any, axis: Any, keepdims: bool) -> Any:
    weights, rate = direction(m, out, x, ord, axis, keepdims)
    return kept(m, g * rate, x, axis, keepdims) * weights


def norm_push(m: Any, ts: Any, out: Any, x: Any, ord: Any, axis: Any, keepdims: bool) -> Any:
    weights, rate = direction(m, out, x, ord, axis, keepdims)
    return real(m, m.sum(ts[0] * weights, axis=axis, keepdims=keepdims)) * rate


def slope(m: Any, out: Any, x: Any, ord: Any, axis: Any, keepdims: bool) -> Any:
    weights, rate = direction(m, out, x, ord, axis, keepdims)
    return weights * kept(m, rate * m.ones_like(out), x, axis, keepdims)


def careful_norm_pull(m: Any, g: Any, out: Any, x: Any, ord: Any, axis: Any, keepdims: bool) -> Any:
    return m.absorb(kept(m, g, x, axis, keepdims), slope, m, out, x, ord, axis, keepdims)


def careful_norm_push(m: Any, ts: Any, out: Any, x: Any, ord: Any, axis: Any, keepdims: bool) -> Any:
    moved = m.absorb(ts[0], slope, m, out, x, ord, axis, keepdims)
    return real(m, m.sum(moved, axis=axis, keepdims=keepdims))


# ---- the table -------------------------------------------------------------------------------------------
solve = general(
    "solve", lambda a, b: advised(np.linalg.solve, a, b), (solve_pull_a, solve_pull_b), solve_push,
    careful=Rules((careful_solve_pull_a, careful_solve_pull_b), careful_solve_push), advice=SHAPES,
    steps={False: pull, True: solve_step}, batch=aligned, reach="...ij,...jk->...lk",
)  # fmt: skip
inv = general(
    "inv", array_inv, (inv_pull,), inv_push,
    careful=Rules(
        (lambda m, g, out, x, singular: inv_pull(m, g, m.shield(out, alive(m, g)), x),),
        lambda m, ts, out, x, singular: inv_push(m, ts, m.shield(out, alive(m, ts[0])), x),
    ),
    batch=aligned, reach="...ij->...kl",
)  # fmt: skip
det = general(
    "det", lambda x: advised(np.linalg.det, x),
    (lambda m, g, out, x: beside(m, g) * m.cofactor(x),), det_push,
    careful=Rules((lambda m, g, out, x: m.absorb(beside(m, g), m.cofactor, x),), careful_det_push),
    steps={False: pull, True: det_step}, batch=aligned, reach="...ij->...",
)  # fmt: skip
# the derivative of a symmetric bilinear form, so it is its own transpose; and so is its derivative
cofactor = general(
    "cofactor", array_cofactor, (lambda m, g, out, x: m.cofactor_tangent(x, g),), cofactor_push,
    careful=Rules(
        (lambda m, g, out, x: m.shield(m.cofactor_tangent(x, g), alive(m, g)),),
        lambda m, ts, out, x: m.shield(m.cofactor_tangent(x, ts[0]), alive(m, ts[0])),
    ),
    batch=aligned, reach="...ij->...kl",
)  # fmt: skip
cofactor_tangent = general(
    "cofactor_tangent", array_cofactor_tangent,
    (lambda m, g, out, x, t: third(m, x, t, g), lambda m, g, out, x, t: m.cofactor_tangent(x, g)),
    cofactor_tangent_push,
    batch=aligned, reach="...ij,...ij->...kl",
)  # fmt: skip
logabsdet = general(
    "logabsdet", lambda x: advised(np.linalg.slogdet, x)[1], (logabsdet_pull,), logabsdet_push,
    careful=Rules((careful_logabsdet_pull,), careful_logabsdet_push),
    batch=aligned, reach="...ij->...",
)  # fmt: skip
slogdet_sign = constant(
    "slogdet_sign", real_sign, doc="The sign of a real determinant.  Its derivative is zero."
)
slogdet_phase = general(
    "slogdet_phase", lambda x: advised(np.linalg.slogdet, x)[0], (phase_pull,), phase_push,
    careful=Rules((careful_phase_pull,), careful_phase_push),
    batch=aligned, reach="...ij->...",
)  # fmt: skip
cholesky = general(
    "cholesky", array_cholesky, (cholesky_pull,), cholesky_push,
    careful=Rules(
        (lambda m, g, out, x, lower: cholesky_pulled(m, g, x, lower, *careful_factor(m, g, out)),),
        lambda m, ts, out, x, lower: cholesky_pushed(m, ts[0], x, lower, *careful_factor(m, ts[0], out)),
    ),
    batch=aligned, reach="...ij->...kl", steps={False: pull, True: cholesky_step},
)  # fmt: skip
norm = general(
    "norm", array_norm, (norm_pull,), norm_push, careful=Rules((careful_norm_pull,), careful_norm_push),
    batch=along_axes, reach="axis",
)  # fmt: skip
