"""Discrete Fourier transforms.  With ω = exp(-2πi/n) and a factor c that the setting `norm` gives,

    fft        out[k] = c Σ_j x[j] ω^(jk)                its matrix is symmetric: it is its own transpose
    rfft       the first n//2 + 1 of these, of real x    the others are conjugates of those
    irfft      n real numbers from such a half           each but the first and, of an even n, the last
                                                         stands for itself and for its conjugate

    norm           backward    ortho     forward
    c of fft       1           1/√n      1/n
    c of irfft     1/n         1/√n      1

A cotangent is ∂/∂re - i ∂/∂im, so transposes are plain.  That of rfft takes Re Σ_k g[k] ω^(jk), which is
irfft of conj(g), with half of what it counts twice; that of irfft is conj(rfft(g)), with twice of it.

What a transform is told about lengths (`n`, `s`) is done to the array before: numpy/fft.py.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from ..kinds import linear

__all__: list[str] = []  # NumPy's signatures: numpy/fft.py

SWAPPED = {"backward": "forward", "ortho": "ortho", "forward": "backward"}


def array_fft(x: Any, *, axis: tuple[int, ...], norm: Any, inverse: bool = False) -> Any:
    return (np.fft.ifftn if inverse else np.fft.fftn)(x, axes=axis, norm=norm)


@lru_cache(64)
def weights(length: int, interior: float, dtype: Any) -> Any:
    """1 for the numbers of a half spectrum that stand for themselves, `interior` for the others."""
    out = np.full(length // 2 + 1, interior, dtype)
    out[0] = 1
    if length % 2 == 0:
        out[-1] = 1
    return out


def weighted(x: Any, length: int, interior: float, axis: int) -> Any:
    """A half spectrum, times these weights along an axis."""
    w = weights(length, interior, x.dtype.char.lower())
    return x * w.reshape(-1, *[1] * (len(x.shape) - 1 - axis % len(x.shape)))


def rfft_transpose(m: Any, g: Any, x: Any, axis: int, norm: str) -> Any:
    n = x.shape[axis]
    return m.irfft(weighted(m.conjugate(g), n, 0.5, axis), axis=axis, norm=SWAPPED[norm], length=n)


def irfft_transpose(m: Any, g: Any, x: Any, axis: int, norm: str, length: int) -> Any:
    return weighted(m.conjugate(m.rfft(g, axis=axis, norm=SWAPPED[norm])), length, 2, axis)


fft = linear(
    "fft", array_fft, lambda m, g, x, axis, norm, inverse: m.fft(g, axis=axis, norm=norm, inverse=inverse),
    reach="axis",
)  # fmt: skip
rfft = linear(
    "rfft", lambda x, *, axis, norm: np.fft.rfft(x, axis=axis, norm=norm), rfft_transpose, reach="axis"
)
irfft = linear(
    "irfft", lambda x, *, axis, norm, length: np.fft.irfft(x, length, axis, norm), irfft_transpose,
    reach="axis",
)  # fmt: skip
