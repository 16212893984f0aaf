"""The factors of a matrix: singular values and vectors, orthogonal times triangular, and the pseudo-inverse.

**A = U diag(s) Vᴴ.**  With P = Uᴴ dA V, its Hermitian part H and its antihermitian part K,

    F[i, j] = 1 / (s[j] - s[i])        G[i, j] = 1 / (s[j] + s[i])

    ds = Re diag(P)        dU = U (F * H + G * K) + (1 - U Uᴴ) dA V / s
                           dV = V (F * H - G * K) + (1 - V Vᴴ) dAᴴ U / s

(after Townsend, "Differentiating the singular value decomposition", 2016, whose 1 / (s[j]² - s[i]²) is taken
apart here, which is accurate where two singular values are near each other).  Pairs of columns of U and V
have a common phase, on which the loss must not depend; of the singular value 0, each has its own.

All of U and V (`full_matrices`) are those of the square matrix that has zeros around A.

**A = Q R.**  With C = Qᴴ dA R⁻¹, and the antihermitian W that agrees with C below the diagonal and, in the
imaginary part, on it:

    dR = (C - W) R        dQ = Q (W - C) + dA R⁻¹

**P = pinv(A)**, while the rank of A stays the same (Golub and Pereyra, 1973):

    dP = -P dA P + P Pᴴ dAᴴ (1 - A P) + (1 - P A) dAᴴ Pᴴ P
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ..batching import aligned
from ..graph import Rules
from ..kinds import constant, general
from ..several import several
from .bases import (
    BASIS,
    adjoint,
    array_mirrored,
    column,
    conj,
    diagonal_of,
    differences,
    mirrored,
    mirrored_back,
    on_diagonal,
    real,
    row,
    skew,
)
from .linalg import advised, alive
from .shapes import swapped

__all__: list[str] = []  # NumPy's signatures: numpy/linalg.py

PHASE = "the phases of pairs of singular vectors, or of the vectors of a repeated singular value"
OF_ZERO = "the singular vectors of the singular value 0, or of those beyond the shorter side"


# ---- singular values and vectors -------------------------------------------------------------------------
def array_svd(x: Any, *, full_matrices: bool = False) -> Any:
    return tuple(advised(lambda x: np.linalg.svd(x, full_matrices=full_matrices), x))


def padded(m: Any, x: Any, rows: int, columns: int, ones: bool = False) -> Any:
    """x in the upper left corner of a larger matrix of zeros; with `ones` the rest of its diagonal is 1."""
    if x is None or x.shape[-2:] == (rows, columns):
        return x
    at = (..., slice(x.shape[-2]), slice(x.shape[-1]))
    out = m.scatter(x, index=at, shape=(*x.shape[:-2], rows, columns))
    if not ones:
        return out
    rest = np.zeros(rows)
    rest[x.shape[-2] :] = 1
    return out + np.diag(rest).astype(x.dtype)


def lengthened(m: Any, s: Any, n: int) -> Any:
    """s, and zeros."""
    if s is None or s.shape[-1] == n:
        return s
    return m.scatter(s, index=(..., slice(s.shape[-1])), shape=(*s.shape[:-1], n))


def square(m: Any, u: Any, s: Any, vh: Any) -> Any:
    """The factors, of the square matrix that has zeros around, if they are all of U and V."""
    rows, columns, k = u.shape[-2], vh.shape[-1], s.shape[-1]
    if u.shape[-1] == k == vh.shape[-2]:
        return u, s, vh
    n = max(rows, columns)
    return padded(m, u, n, n, True), lengthened(m, s, n), padded(m, vh, n, n, True)


def blocks(m: Any, s: Any, gone: Any) -> tuple[Any, Any, Any, Any]:
    """F and G, and which singular values are equal, and which of them zero."""
    same = m.same(s)
    nothing = m.logical_and(row(m, gone), column(m, gone))
    total = row(m, s) + column(m, s)
    return differences(m, s, same), m.where(nothing, 0.0, 1 / m.where(nothing, 1.0, total)), same, nothing


def inverted(m: Any, s: Any, gone: Any) -> Any:
    """1 / s for each column, and 0 where s is zero."""
    return row(m, m.where(gone, 0.0, 1 / m.where(gone, 1.0, s)))


def guarded(m: Any, out: Any) -> Any:
    u, s, vh = out
    return m.simple(u, s, zeros=True), s, m.simple(vh, s, zeros=True)


def svd_pull(m: Any, g: Any, out: Any, x: Any, full_matrices: bool) -> Any:
    u, s, vh = square(m, *guarded(m, out))
    uc, vc, gone = conj(m, u), conj(m, vh), m.vanishing(s)
    gu, gs, gvh = g.get(0), g.get(1), g.get(2)
    if gu is None and gvh is None:
        gs = m.group_mean(m.where(gone, 0.0, lengthened(m, gs, s.shape[-1])), m.same(s))
        gx = m.matmul(uc * row(m, gs), vc)
    else:
        n = max(u.shape[-1], vh.shape[-1])
        if full_matrices:
            gu, gvh = padded(m, gu, n, n), padded(m, gvh, n, n)
        gx = svd_pulled(m, uc, s, vc, gone, gu, lengthened(m, gs, s.shape[-1]), gvh)
    rows, columns = x.shape[-2:]
    return gx if gx.shape == x.shape else m.index(gx, index=(..., slice(rows), slice(columns)))


def svd_pulled(m: Any, u: Any, s: Any, vh: Any, gone: Any, gu: Any, gs: Any, gvh: Any) -> Any:
    """The cotangent of A; u and vh are conjugated, and so it is what the transposed rules give."""
    f, h, same, nothing = blocks(m, s, gone)
    by_s, gone = inverted(m, s, gone), row(m, gone)
    turned, twisted, size, beyond = 0.0, 0.0, 0.0, []
    if gu is not None:
        size = m.largest(gu)
        mu = m.invariant(m.matmul(adjoint(m, u), gu), nothing, size, what=OF_ZERO)
        turned, twisted = mu, mu
        if u.shape[-2] > u.shape[-1]:
            rest = m.absent(gu - m.matmul(u, mu), gone, size, what=BASIS.format(OF_ZERO))
            beyond.append(m.matmul(rest * by_s, vh))
    if gvh is not None:
        gv, v = adjoint(m, gvh), adjoint(m, vh)
        size = size + m.largest(gv)
        mv = m.invariant(m.matmul(vh, gv), nothing, size, what=OF_ZERO)
        turned, twisted = turned + mv, twisted - mv
        if v.shape[-2] > v.shape[-1]:
            rest = m.absent(gv - m.matmul(v, mv), gone, size, what=BASIS.format(OF_ZERO))
            beyond.append(m.matmul(u, adjoint(m, rest * by_s)))
    turned = m.invariant(turned, same, size, what=PHASE)
    inner = f * skew(m, turned) + h * skew(m, twisted)
    if gs is not None:
        on = on_diagonal(m, gs)
        on = m.absent(on, row(m, m.loose(s, phases=u.dtype.kind == "c")), m.largest(on))
        positive = m.logical_and(same, m.logical_not(nothing))
        inner = inner + m.unmixed(on, turned, positive, size)
    return sum(beyond, m.matmul(m.matmul(u, inner), vh))


def svd_push(m: Any, t: Any, out: Any, x: Any, full_matrices: bool) -> Any:
    u, s, vh = square(m, *guarded(m, out))
    gone = m.vanishing(s)
    v, uh = adjoint(m, vh), adjoint(m, u)
    t = padded(m, t, *(u.shape[-2], vh.shape[-1]))
    f, h, same, nothing = blocks(m, s, gone)
    p = m.matmul(m.matmul(uh, t), v)
    ds = m.group_mean(m.where(gone, 0.0, real(m, diagonal_of(m, p))), same)
    by_s = inverted(m, s, gone)

    def inside(used: bool) -> Any:
        if not used:  # but asked for by second derivatives alone, see `simple`
            return p
        size, loose = m.largest(t), m.loose(s, phases=u.dtype.kind == "c")
        apart = m.absent(p, m.logical_and(row(m, loose), column(m, loose)), size)
        return m.unmixed(apart, apart, m.logical_and(same, m.logical_not(nothing)), size, hermitian=False)

    def outside(away: Any, used: bool) -> Any:
        """What moves out of the space that the vectors span."""
        return (m.absent(away, row(m, gone), m.largest(t), what=OF_ZERO) if used else away) * by_s

    def left(used: bool) -> Any:
        p = inside(used)
        du = m.matmul(u, f * (p + adjoint(m, p)) * 0.5 + h * skew(m, p))
        if u.shape[-2] > u.shape[-1]:
            du = du + outside(m.matmul(t, v) - m.matmul(u, p), used)
        return cropped(m, du, out[0])

    def right(used: bool) -> Any:
        p = inside(used)
        dv = m.matmul(v, f * (p + adjoint(m, p)) * 0.5 - h * skew(m, p))
        if v.shape[-2] > v.shape[-1]:
            dv = dv + outside(m.matmul(adjoint(m, t), u) - m.matmul(v, adjoint(m, p)), used)
        return cropped(m, adjoint(m, dv), out[2])

    return left, cropped(m, ds, out[1]), right


def cropped(m: Any, x: Any, like: Any) -> Any:
    """The upper left corner of x, of the shape of `like`."""
    if x.shape == like.shape:
        return x
    n = 2 if len(x.shape) > 1 and x.shape[-2:] != like.shape[-2:] and like.shape[:-2] == x.shape[:-2] else 1
    return m.index(x, index=(..., *map(slice, like.shape[-n:])))


# ---- orthogonal times triangular -------------------------------------------------------------------------
def array_qr(x: Any, *, complete: bool = False) -> Any:
    """Of matrices that have no more columns than rows."""
    return tuple(advised(lambda x: np.linalg.qr(x, "complete" if complete else "reduced"), x))


def half_upper(x: Any) -> Any:
    n = x.shape[-1]
    return (np.tri(n) - np.eye(n) / 2).T.astype(x.dtype.char.lower())


def parts_of(m: Any, q: Any, r: Any) -> tuple[Any, Any, Any]:
    """The columns of Q that belong to R, the others, and the square R."""
    n = r.shape[-1]
    if q.shape[-1] == n:
        return q, None, r
    first, rest = (m.index(q, index=(..., slice(None), at)) for at in (slice(n), slice(n, None)))
    return first, rest, m.index(r, index=(..., slice(n), slice(None)))


def itself(x: Any) -> Any:
    return x


def qr_pull(m: Any, g: Any, out: Any, x: Any, complete: bool, keep: Any = itself, **how: Any) -> Any:
    """(ḡ_Q + Q (B + Bᴴ)) R⁻ᴴ, B the upper triangle of ḡ_R Rᴴ - Qᴴ ḡ_Q with half of its diagonal."""
    q, rest, r = parts_of(m, keep(out[0]), keep(out[1]))
    qc, gq, gr, inner = conj(m, q), g.get(0), g.get(1), 0.0
    if gr is not None:
        gr = gr if rest is None else m.index(gr, index=(..., slice(r.shape[-1]), slice(None)))
        inner = m.matmul(gr, swapped(m, r))
    if gq is not None:
        if rest is not None:
            gq, of_rest, _ = parts_of(m, gq, r)
            rc = conj(m, rest)
            turned = m.matmul(adjoint(m, rc), of_rest)
            one = np.ones(turned.shape[-2:], bool)
            known = m.invariant(turned, one, m.largest(of_rest), what="the columns of Q beyond those of A")
            of_rest = of_rest + m.matmul(rc, known - turned)  # what is looked at must be used
            gq = gq - m.matmul(rc, m.matmul(adjoint(m, of_rest), qc))
        inner = inner - m.matmul(adjoint(m, qc), gq)
    inner = inner * half_upper(r)
    total = m.matmul(qc, inner + adjoint(m, inner))
    total = total if gq is None else total + gq
    return m.matmul(total, swapped(m, keep(m.inv(r, **how))))


def qr_push(m: Any, t: Any, out: Any, x: Any, complete: bool, keep: Any = itself, **how: Any) -> Any:
    q, rest, r = parts_of(m, keep(out[0]), keep(out[1]))
    moved = m.matmul(t, keep(m.inv(r, **how)))
    c = m.matmul(adjoint(m, q), moved)
    below = c * half_upper(r).T
    w = below - adjoint(m, below)
    dr, dq = m.matmul(c - w, r), m.matmul(q, w - c) + moved
    if rest is None:
        return dq, dr
    of_rest = -m.matmul(q, m.matmul(adjoint(m, dq), rest))
    n = out[0].shape[-1]
    at = (..., slice(None), slice(q.shape[-1])), (..., slice(None), slice(q.shape[-1], None))
    dq, of_rest = (
        m.scatter(d, index=i, shape=(*d.shape[:-1], n)) for d, i in zip((dq, of_rest), at, strict=True)
    )
    return dq + of_rest, padded(m, dr, *out[1].shape[-2:])


def careful_qr_pull(m: Any, g: Any, out: Any, x: Any, complete: bool) -> Any:
    live = sum(alive(m, part) for part in g.values())
    return qr_pull(m, g, out, x, complete, lambda y: m.shield(y, live), singular="dependent nan")


def careful_qr_push(m: Any, t: Any, out: Any, x: Any, complete: bool) -> Any:
    live = alive(m, t)
    return qr_push(m, t, out, x, complete, lambda y: m.shield(y, live), singular="dependent nan")


# ---- the pseudo-inverse ----------------------------------------------------------------------------------
def array_pinv(x: Any, *, rtol: Any = None, hermitian: bool = False) -> Any:
    x = array_mirrored(x, True) if hermitian else x
    return advised(lambda x: np.linalg.pinv(x, rtol=rtol, hermitian=hermitian), x)


def product(m: Any, x: Any, y: Any, z: Any) -> Any:
    """x @ y @ z, in the order that takes fewer multiplications."""
    (i, j), (k, n) = x.shape[-2:], z.shape[-2:]
    if i * k * (j + n) <= j * n * (i + k):
        return m.matmul(m.matmul(x, y), z)
    return m.matmul(x, m.matmul(y, z))


def pinv_terms(m: Any, d: Any, p: Any, a: Any) -> Any:
    """-P d P + P Pᴴ dᴴ (1 - A P) + (1 - P A) dᴴ Pᴴ P."""
    ph, dh = adjoint(m, p), adjoint(m, d)
    left, right = product(m, p, ph, dh), product(m, dh, ph, p)
    left, right = left - product(m, left, a, p), right - product(m, p, a, right)
    return left + right - product(m, p, d, p)


def pinv_pull(m: Any, g: Any, out: Any, x: Any, rtol: Any, hermitian: bool, keep: Any = itself) -> Any:
    """-Pᴴ ḡ Pᴴ + (1 - A P) ḡᴴ P Pᴴ + Pᴴ P ḡᴴ (1 - P A), conjugated."""
    p, a = (conj(m, keep(y)) for y in (out, mirrored(m, x, x, True) if hermitian else x))
    ph, gh = adjoint(m, p), adjoint(m, g)
    left, right = product(m, gh, p, ph), product(m, ph, p, gh)
    left, right = left - product(m, a, p, left), right - product(m, right, p, a)
    gx = left + right - product(m, ph, g, ph)
    return mirrored_back(m, gx, x, True) if hermitian else gx


def pinv_push(m: Any, ts: Any, out: Any, x: Any, rtol: Any, hermitian: bool, keep: Any = itself) -> Any:
    t, a = (mirrored(m, y, x, True) for y in (ts[0], x)) if hermitian else (ts[0], x)
    return pinv_terms(m, t, keep(out), keep(a))


def kept_alive(m: Any, g: Any) -> Any:
    live = alive(m, g)
    return lambda y: m.shield(y, live)


svd = several("svd", array_svd, svd_pull, svd_push)
qr = several(
    "qr", array_qr, partial(qr_pull, singular="dependent"), partial(qr_push, singular="dependent nan"),
    careful=(careful_qr_pull, careful_qr_push),
)  # fmt: skip
pinv = general(
    "pinv", array_pinv, (pinv_pull,), pinv_push,
    careful=Rules(
        (lambda m, g, out, x, **params: pinv_pull(m, g, out, x, **params, keep=kept_alive(m, g)),),
        lambda m, ts, out, x, **params: pinv_push(m, ts, out, x, **params, keep=kept_alive(m, ts[0])),
    ),
    batch=aligned, reach="...ij->...kl",
)  # fmt: skip
matrix_rank = constant(
    "matrix_rank",
    lambda x, *, tol=None, hermitian=False, rtol=None: np.linalg.matrix_rank(x, tol, hermitian, rtol=rtol),
    batch=aligned, doc="The number of singular values that are not small.  Its derivative is zero.",
)  # fmt: skip
