"""Eigenvalues and eigenvectors, of Hermitian matrices and of others.

From A v = v diag(w), with P = v⁻¹ dA v (v⁻¹ is vᴴ if A is Hermitian), and F[i, j] = 1 / (w[j] - w[i]):

    dw = diag(P)        dv = v (F * P)

(Giles, "An extended collection of matrix derivative results", 2008), and the pulls are the transposes,

    g_A = v⁻ᵀ (diag(g_w) + F * (vᵀ g_v)) vᵀ

Vectors of a matrix that is not Hermitian are of length 1, which takes a multiple of each from dv:
v Re(diag(vᴴ dv)).  What holds for repeated eigenvalues is told in bases.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..several import several
from .bases import (
    MIXED,
    adjoint,
    array_mirrored,
    conj,
    diagonal_of,
    differences,
    eye,
    mirrored,
    mirrored_back,
    on_diagonal,
    real,
    row,
)
from .linalg import advised
from .shapes import swapped

__all__: list[str] = []  # NumPy's signatures: numpy/spectra.py

PHASE = "the vectors' phases, or of the vectors of a repeated eigenvalue"


# ---- Hermitian -------------------------------------------------------------------------------------------
def array_eigh(x: Any, *, lower: bool = True) -> Any:
    return tuple(advised(np.linalg.eigh, array_mirrored(x, lower), "L" if lower else "U"))


def eigh_pull(m: Any, g: Any, out: Any, x: Any, lower: bool) -> Any:
    w, v = out
    same, v = m.same(w), m.simple(v, w, zeros=False)
    gw, gv = g.get(0), g.get(1)
    inner = None if gw is None else on_diagonal(m, gw if gv is not None else m.group_mean(gw, same))
    if gv is not None:
        turned = m.matmul(swapped(m, v), gv)
        size = m.largest(gv)
        moved = differences(m, w, same) * m.invariant(turned, same, size, what=PHASE)
        if inner is not None:
            inner = m.unmixed(inner, turned, same, size, hermitian=True)
        inner = moved if inner is None else inner + moved
    gx = m.matmul(m.matmul(conj(m, v), inner), swapped(m, v))
    return mirrored_back(m, gx, x, lower)


def eigh_push(m: Any, t: Any, out: Any, x: Any, lower: bool) -> Any:
    w, v = out
    same, v = m.same(w), m.simple(v, w, zeros=False)
    inner = m.matmul(m.matmul(adjoint(m, v), mirrored(m, t, x, lower)), v)
    moved = m.group_mean(real(m, diagonal_of(m, inner)), same)

    def vectors(used: bool) -> Any:  # else they are asked for by second derivatives alone, see `simple`
        apart = m.unmixed(inner, inner, same, m.largest(t), hermitian=False) if used else inner
        return m.matmul(v, differences(m, w, same) * apart)

    return moved, vectors


# ---- any square matrix -----------------------------------------------------------------------------------
def array_eig(x: Any) -> Any:
    return tuple(advised(np.linalg.eig, x))


def inverse_of(m: Any, v: Any) -> Any:
    return m.inv(v, singular="defective")


def eig_pull(m: Any, g: Any, out: Any, x: Any) -> Any:
    w, v = out
    same, v = m.same(w), m.simple(v, w, zeros=False)
    gw, gv = g.get(0), g.get(1)
    inner = None if gw is None else on_diagonal(m, m.group_mean(gw, same))
    if gv is not None:
        size = m.largest(gv)
        turned = m.matmul(swapped(m, v), m.absent(gv, row(m, m.crowded(w, zeros=False)), size, what=MIXED))
        lengths = row(m, real(m, diagonal_of(m, turned)))
        turned = m.invariant(turned, eye(w.shape[-1], "?"), size, what="the vectors' phases")
        turned = turned - m.matmul(swapped(m, v), conj(m, v)) * lengths
        moved = differences(m, w, same) * turned
        inner = moved if inner is None else inner + moved
    return m.matmul(m.matmul(swapped(m, inverse_of(m, v)), inner), swapped(m, v))


def eig_push(m: Any, t: Any, out: Any, x: Any) -> Any:
    w, v = out
    same, v = m.same(w), m.simple(v, w, zeros=False)
    inner = m.matmul(m.matmul(inverse_of(m, v), t), v)
    moved = m.group_mean(diagonal_of(m, inner), same)

    def vectors(used: bool) -> Any:
        apart = m.unmixed(inner, inner, same, m.largest(t), hermitian=False) if used else inner
        dv = m.matmul(v, differences(m, w, same) * apart)
        return dv - v * row(m, real(m, diagonal_of(m, m.matmul(adjoint(m, v), dv))))

    return moved, vectors


eigh = several("eigh", array_eigh, eigh_pull, eigh_push)
eig = several("eig", array_eig, eig_pull, eig_push)
