"""Which eigenvalues are repeated, and whether a loss depends on the choice of a basis: for the spectral rows.

Eigenvectors are determined up to a factor of modulus 1 (a phase; of real ones, a sign).  Those of an
eigenvalue that is repeated are any orthonormal basis of their space, and under a change of the matrix they
jump.  A loss that does not depend on the choice has a derivative all the same.  Let v be the matrix of the
vectors, g its cotangent, and M = vᵀ g.  Turned within the space, v moves along v K with K antihermitian, and
the loss does not move if and only if M is Hermitian there.  That is checked (`invariant`); then what the
masked rule

    1 / (w[j] - w[i]), and 0 where w[i] and w[j] are equal

leaves out is zero.

**One cotangent cannot tell everything.**  Of diag(1, 1, 2), with the vectors 1, the losses

    v[0, 0]        and        (v[0, 0]² + v[0, 1]²) / 2

have the same cotangent.  The second is half of a projector's element, and does not depend on the choice.
The first does: turned by φ it is cos φ, which stands still at φ = 0.  No rule that sees v and g can tell
them apart *there*.  But where a loss that is not constant under turning stands still is a set of measure
zero.  So the vectors of what is recorded are put in general position (`rotation`): wherever nothing
determines them, they are turned by a fixed matrix with nothing special about it.  There, M is Hermitian if
and only if the loss does not depend on the choice, but for accidents that nobody can meet unless they know
the matrix.

**Eigenvalues with their vectors**, as in F = v @ diag(f(w)) @ vᴴ.  The derivative is f' C where eigenvalues
are repeated, with C in the basis v; what is seen is M = 2 f C, and the diagonal of f' C as the cotangent of
w.  So what is beside the diagonal is that of M, times the factor between the diagonals, and in general
position diagonals are proportional by accident alone.  Where they are not, as for a loss that is made of two
such functions, or if f is 0, nothing can be known (`joined`), and it raises.

Two things need more than that, and raise:

- a tangent along which vectors of a repeated eigenvalue move, or their values apart (`still`): a forward
  walk goes in one direction, and can't see whether the loss depends on the choice,
- second derivatives of whatever is made of repeated ones (`simple`).  Take the sum of w², and n times the
  square of the mean of w, at the matrix 1.  Their first derivatives are the same, and so is how these
  move when w moves; but the second derivatives, along P, are 2 P and 2 tr(P) / n.  What tells them apart is
  how the loss moves when two equal eigenvalues part; the forward walk, of which second derivatives are made,
  moves them together.

A function of repeated eigenvalues alone shares its cotangent among them, as a maximum does at a tie.

Numbers count as equal when they differ by less than rounding makes them: 10 n ε of the largest.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.linalg import LinAlgError

from ..batching import aligned, everywhere, repeated
from ..kinds import constant, general
from .shapes import swapped

__all__: list[str] = []

BASIS = (
    "the result depends on the choice of {}, which nothing determines: take what does not, such as "
    "abs(v)**2, or v @ v.conj().T of all of one eigenvalue's"
)
INSTEAD = "write the function without them (trace(a @ a), solve, inv, matrix_power)"
MIXED = (
    "repeated eigenvalues (singular values) are used together with their vectors, in a way of which these do "
    f"not know the derivative: {INSTEAD}, or move the eigenvalues apart"
)
MOVED = (
    "repeated eigenvalues (singular values) move apart, or their vectors move: that has no derivative in "
    f"forward mode, unless nothing uses these vectors; take reverse mode (vjp, grad), or {INSTEAD}"
)
TWICE = (
    "second derivatives at repeated eigenvalues, or at singular values that are repeated or zero, are not "
    f"known to the vectors: {INSTEAD}, or move them apart"
)


# ---- in m ------------------------------------------------------------------------------------------------
def conj(m: Any, x: Any) -> Any:
    return m.conjugate(x) if x.dtype.kind == "c" else x


def real(m: Any, x: Any) -> Any:
    return m.real(x) if x.dtype.kind == "c" else x


def adjoint(m: Any, x: Any) -> Any:
    return swapped(m, conj(m, x))


def row(m: Any, w: Any) -> Any:
    """A number for each column of a matrix."""
    return m.reshape(w, shape=(*w.shape[:-1], 1, w.shape[-1]))


def column(m: Any, w: Any) -> Any:
    """A number for each row of a matrix."""
    return m.reshape(w, shape=(*w.shape, 1))


def diagonal_of(m: Any, x: Any) -> Any:
    return m.diagonal(x, offset=0, axis1=-2, axis2=-1)


def on_diagonal(m: Any, w: Any) -> Any:
    """The matrix with w on its diagonal."""
    return column(m, w) * eye(w.shape[-1], w.dtype.char.lower() if w.dtype.kind == "c" else w.dtype.char)


@lru_cache(16)
def eye(n: int, dtype: str) -> Any:
    return np.eye(n, dtype=dtype)


def skew(m: Any, x: Any) -> Any:
    return (x - adjoint(m, x)) * 0.5


def differences(m: Any, w: Any, same: Any) -> Any:
    """1 / (w[j] - w[i]), and 0 where these are the same."""
    apart = row(m, w) - column(m, w)
    return m.where(same, 0.0, 1 / m.where(same, 1.0, apart))


# ---- a Hermitian matrix of what is given ------------------------------------------------------------------
def array_mirror(x: Any, *, lower: bool = True) -> Any:
    """Weights W, so that W x + (W x)ᴴ is the Hermitian matrix that is meant by x, and x itself if it is one.

    Hermitian to one part in a hundred: 1/2, so the mean of both triangles, and gradients are Hermitian too.
    Otherwise 1 in the triangle that NumPy reads, and 1/2 on the diagonal.
    """
    x, n = np.asarray(x), np.shape(x)[-1]
    kind = x.real.dtype if x.dtype.kind in "fc" else np.dtype(float)
    if x.size == 0 or hermitian(x):
        return np.broadcast_to(np.asarray(0.5, kind), x.shape)
    with np.errstate(invalid="ignore"):
        off = np.abs(x - x.swapaxes(-1, -2).conj()).max(axis=(-2, -1), keepdims=True)
        close = off <= 0.01 * np.abs(x).max(axis=(-2, -1), keepdims=True)
    triangle = np.tri(n, dtype=kind) - np.eye(n, dtype=kind) / 2
    half = np.asarray(0.5, kind)
    return np.broadcast_to(np.where(close, half, triangle if lower else triangle.T), x.shape)


def hermitian(x: Any) -> bool:
    """Whether it is so exactly."""
    return bool(np.array_equal(x, x.swapaxes(-1, -2).conj() if x.dtype.kind == "c" else x.swapaxes(-1, -2)))


def array_mirrored(x: Any, lower: bool) -> Any:
    """The Hermitian matrix that is meant by x; what is raised about shapes is left to NumPy."""
    x = np.asarray(x)
    if x.ndim < 2 or x.shape[-1] != x.shape[-2] or hermitian(x):
        return x
    weights = array_mirror(x, lower=lower)
    x = np.where(weights == 0, 0, x) * weights
    return x + x.swapaxes(-1, -2).conj()


def mirrored(m: Any, t: Any, x: Any, lower: bool) -> Any:
    """How the Hermitian matrix that is meant by x moves, when x moves along t."""
    t = t * m.mirror(x, lower=lower)
    return t + adjoint(m, t)


def mirrored_back(m: Any, g: Any, x: Any, lower: bool) -> Any:
    """The cotangent of x, given that of the Hermitian matrix that is meant by it."""
    return (g + adjoint(m, g)) * m.mirror(x, lower=lower)


# ---- repeated numbers ------------------------------------------------------------------------------------
def tolerance(w: Any) -> Any:
    largest = np.abs(w).max(axis=-1, keepdims=True, initial=0)
    return 10 * w.shape[-1] * np.finfo(w.dtype).eps * largest


def array_same(w: Any) -> Any:
    """Which of the numbers in the last axis are the same: a matrix of truths.  Real ones are in order."""
    if w.dtype.kind == "c":
        return np.abs(w[..., None, :] - w[..., None]) <= tolerance(w)[..., None]
    with np.errstate(invalid="ignore"):
        apart = ~(np.abs(w[..., 1:] - w[..., :-1]) <= tolerance(w))
    if apart.all():
        return np.broadcast_to(eye(w.shape[-1], "?"), (*w.shape, w.shape[-1]))
    block = np.cumsum(apart, axis=-1)
    block = np.concatenate([np.zeros_like(block, shape=(*w.shape[:-1], min(1, w.shape[-1]))), block], axis=-1)
    return np.equal(block[..., None, :], block[..., None])


def array_crowded(w: Any, *, zeros: bool = False) -> Any:
    """Whether there are repeated numbers or, with `zeros`, any zero: for each row a truth."""
    same = array_same(w).sum(axis=-1) > 1
    return same | array_vanishing(w) if zeros else same


def array_vanishing(s: Any) -> Any:
    """Which are zero but for rounding."""
    return np.abs(s) <= tolerance(s)


def array_loose(s: Any, *, phases: bool) -> Any:
    """Which singular values are zero and leave a choice of vectors: several are, or vectors have phases."""
    gone = array_vanishing(s)
    return gone & (phases | (gone.sum(axis=-1, keepdims=True) > 1))


def repeats(same: Any) -> bool:
    return bool(np.count_nonzero(same) > math.prod(same.shape[:-1]))


def array_group_mean(x: Any, same: Any) -> Any:
    """What is at repeated numbers, shared among them: its mean.  Symmetric, so it is its own transpose."""
    if not repeats(same):
        return x
    total = np.matmul(same, x[..., None])[..., 0] / same.sum(axis=-1)
    return total.astype(x.dtype, copy=False)


def array_largest(x: Any) -> Any:
    """The size of the largest number in each matrix."""
    return np.abs(x).max(axis=(-2, -1), keepdims=True, initial=0)


def small(x: Any, where: Any, scale: Any) -> bool:
    """Whether x is zero but for rounding where it is said, beside numbers of the size of `scale`."""
    return not np.any(where & (np.abs(x) > 10 * np.finfo(x.dtype).eps ** 0.5 * scale))


def array_invariant(x: Any, same: Any, scale: Any, *, what: str) -> Any:
    """x, which must be Hermitian where numbers are the same."""
    if not small(x - x.swapaxes(-1, -2).conj(), same, scale):
        raise LinAlgError(BASIS.format(what))
    return x


def array_still(x: Any, same: Any, scale: Any) -> Any:
    """x; in the columns of a repeated number it must be a multiple of the identity."""
    if repeats(same):
        means = array_group_mean(np.diagonal(x, axis1=-2, axis2=-1), same)[..., None]
        tied = (same.sum(axis=-1) > 1)[..., None, :]
        if not small(x - means * np.eye(x.shape[-1]), tied, scale):
            raise LinAlgError(MOVED)
    return x


def array_joined(x: Any, y: Any, same: Any) -> Any:
    """The derivative where numbers are the same, given its diagonal x, and M = y, in general position.

    It is a multiple of the identity if the diagonal is constant, and of M if the diagonals are proportional;
    of three numbers or more it may be the sum of both.
    """
    if not repeats(same):
        return x
    x = np.array(x, np.result_type(x, y))
    y = np.broadcast_to((y + y.swapaxes(-1, -2).conj()) / 2, x.shape)
    same = np.broadcast_to(same, x.shape)
    for at in np.ndindex(x.shape[:-2]):
        scale = array_largest(x[at])
        for block in blocks_of(same[at]):
            of_x, of_y = x[at][block], y[at][block]
            d, n = np.diagonal(of_x).real, len(of_x)
            for terms in ([np.eye(n)], [of_y], [np.eye(n), of_y])[: 3 if n > 2 else 2]:
                columns = np.stack([np.diagonal(term).real for term in terms], axis=-1)
                rates = np.linalg.lstsq(columns, d)[0]
                if small(columns @ rates - d, True, scale):
                    break
            else:
                raise LinAlgError(MIXED)
            x[at][block] = sum(rate * term for rate, term in zip(rates, terms, strict=True))
    return x


def blocks_of(same: Any) -> list[Any]:
    """Where in a matrix numbers are the same, for each that is repeated."""
    first = np.argmax(same, axis=-1)
    groups = [np.flatnonzero(first == k) for k in np.unique(first)]
    return [np.ix_(group, group) for group in groups if len(group) > 1]


@lru_cache(64)
def rotation(n: int, kind: str, which: int = 0) -> Any:
    """An orthogonal (unitary) matrix that is always the same, and of which nothing else is special."""
    rng = np.random.default_rng(100 * n + which)
    x = rng.normal(size=(n, n)) + (1j * rng.normal(size=(n, n)) if kind == "c" else 0)
    return np.linalg.qr(x)[0]


def turned(v: Any, same: Any) -> Any:
    """v, with the vectors of each number that is repeated in general position in their space."""
    if not repeats(same):
        return v
    v = v.copy()
    for at in np.ndindex(same.shape[:-2]):
        for _, (group,) in blocks_of(same[at]):
            v[at][:, group] = v[at][:, group] @ rotation(len(group), v.dtype.kind)
    return v


def array_absent(x: Any, gone: Any, scale: Any, *, what: str = MIXED) -> Any:
    """x, which must be zero but for rounding in the places that are `gone`."""
    if not small(x, gone, scale):
        raise LinAlgError(what)
    return np.where(gone, 0, x)


def array_untied(x: Any, w: Any, *, zeros: bool = False) -> Any:
    """x, if no two of the numbers w are the same and, with `zeros`, none is zero."""
    if np.any(array_crowded(w, zeros=zeros)):
        raise LinAlgError(TWICE)
    return x


def checked(name: str, f: Any, back: Any) -> Any:
    """A row that gives its first input, after it was looked at; `back` is what its derivative does."""
    more = (None,) * (f.__code__.co_argcount - 1)
    return general(
        name, f, (lambda m, g, out, *xs, **params: back(m, g, *xs[1:], **params), *more),
        lambda m, ts, out, *xs, **params: None if ts[0] is None else back(m, ts[0], *xs[1:], **params),
        batch=checked_batch, reach="...",
    )  # fmt: skip


def group_mean_batch(node: Any, xs: list[Any], mapped: list[bool], size: int) -> Any:
    return node.op(*everywhere(node, xs, mapped, size))


def checked_batch(node: Any, xs: list[Any], mapped: list[bool], size: int) -> Any:
    """The first input is the result, and so it gets the leading axis."""
    x = xs[0] if mapped[0] else repeated(xs[0], size)
    return aligned(node, [x, *xs[1:]], [True, *mapped[1:]], size)


mirror = constant("mirror", array_mirror, batch=aligned)
same = constant("same", array_same, batch=aligned)
crowded = constant("crowded", array_crowded, batch=aligned)
vanishing = constant("vanishing", array_vanishing, batch=aligned)
loose = constant("loose", array_loose, batch=aligned)
largest = constant("largest", array_largest, batch=aligned)
invariant = checked("invariant", array_invariant, lambda m, g, same, scale, what: g)
still = checked("still", array_still, lambda m, g, same, scale: g)
joined = checked("joined", array_joined, lambda m, g, y, same: g)
absent = checked("absent", array_absent, lambda m, g, gone, scale, what: m.where(gone, 0.0, g))
untied = checked("untied", array_untied, lambda m, g, w, zeros: m.untied(g, w, zeros=zeros))
# x, which is used by a rule that holds for first derivatives alone, if w has repeated numbers
simple = checked("simple", lambda x, w, *, zeros=False: x, lambda m, g, w, zeros: m.untied(g, w, zeros=zeros))
group_mean = general(
    "group_mean", array_group_mean, (lambda m, g, out, x, same: m.group_mean(g, same), None),
    lambda m, ts, out, x, same: None if ts[0] is None else m.group_mean(ts[0], same), batch=group_mean_batch,
    reach=None,
)  # fmt: skip
