"""Fourier transforms with `numpy.fft`'s signatures, differentiable; linear, so they are their own tangents.

`n` (of several axes, `s`) crops the input, or pads it with zeros at its end.  `norm` is "backward", "ortho"
or "forward".  Raises what NumPy raises.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import Any

from numpy.fft import fftfreq, rfftfreq

from ..primitives import arithmetic, indexing
from ..primitives import fft as P
from ..primitives import shapes as P_shapes
from . import shapes
from .shapes import as_array, axis_of, constant_only, written

__all__ = [
    "fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "ifft", "ifft2", "ifftn", "ifftshift", "ihfft",
    "irfft", "irfft2", "irfftn", "rfft", "rfft2", "rfftfreq", "rfftn",
]  # fmt: skip

LAST_TWO, OUT = (-2, -1), "a Fourier transform with out="


def normed(norm: Any) -> str:
    if norm not in (None, *P.SWAPPED):
        raise ValueError(f"norm is 'backward', 'ortho' or 'forward', not {norm!r}")
    return norm or "backward"


def resized(x: Any, n: Any, axis: int) -> Any:
    """x with n elements along an axis: cropped, or with zeros at the end."""
    if n is None or n == x.shape[axis]:
        return x
    if n < 1:
        raise ValueError(f"Invalid number of FFT data points ({n}) specified.")
    at = shapes.along(axis, x.ndim, slice(min(n, x.shape[axis])))
    if n < x.shape[axis]:
        return indexing.index(x, index=at)
    return indexing.scatter(x, index=at, shape=(*x.shape[:axis], n, *x.shape[axis + 1 :]))


def length(n: Any) -> Any:
    """A length, as an int."""
    constant_only("the length of a Fourier transform", n)
    return None if n is None else index(n)


def prepared(a: Any, s: Any, axes: Any, half: bool = False) -> tuple[Any, tuple[int, ...], list[Any]]:
    """The array, the axes counted from the front, and the lengths along them; as numpy.fft reads them.

    With `half` the last axis is a half spectrum, whose length is that of the result: it is left alone.
    """
    x = as_array(a)
    constant_only("the lengths of a Fourier transform", s)
    if axes is None:
        axes = range(x.ndim) if s is None else range(-len(s), 0)
    axes = tuple(axis_of(axis, x.ndim, "fft") for axis in axes)
    lengths = [None] * len(axes) if s is None else [None if n == -1 else length(n) for n in s]
    if len(lengths) != len(axes):
        raise ValueError("Shape and axes have different lengths.")
    for n, axis in list(zip(lengths, axes, strict=True))[: len(axes) - half]:
        x = resized(x, n, axis)
    return x, axes, lengths


def transformed(a: Any, s: Any, axes: Any, norm: Any, out: Any, inverse: bool = False) -> Any:
    x, axes, _ = prepared(a, s, axes)
    return written(out, P.fft(x, axis=axes, norm=normed(norm), inverse=inverse), OUT)


def of_axis(n: Any) -> Any:
    return None if n is None else (length(n),)


# ---- complex to complex
def fft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """Σ_j a[j] exp(-2πi jk/n), for every k.  Derivative: the same of g.

    >>> import numpy as np
    >>> from autodiff import grad
    >>> grad(lambda a: abs(fft(a)[1]))(np.array([1.0, 0.0, 0.0, 0.0]))
    array([ 1.,  0., -1.,  0.])
    """
    return transformed(a, of_axis(n), (axis,), norm, out)


def ifft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """The inverse of `fft`.  Derivative: the same of g."""
    return transformed(a, of_axis(n), (axis,), norm, out, inverse=True)


def fft2(a: Any, s: Any = None, axes: Any = LAST_TWO, norm: Any = None, out: Any = None) -> Any:
    """`fft` along two axes.  Derivative: the same of g."""
    return transformed(a, s, axes, norm, out)


def ifft2(a: Any, s: Any = None, axes: Any = LAST_TWO, norm: Any = None, out: Any = None) -> Any:
    """The inverse of `fft2`.  Derivative: the same of g."""
    return transformed(a, s, axes, norm, out, inverse=True)


def fftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    """`fft` along several axes, or all.  Derivative: the same of g."""
    return transformed(a, s, axes, norm, out)


def ifftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    """The inverse of `fftn`.  Derivative: the same of g."""
    return transformed(a, s, axes, norm, out, inverse=True)


# ---- real to a half spectrum, and back
def rfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    """`rfft` along the last of the axes, then `fft` along the others.  Derivative: back the same way."""
    x, axes, _ = prepared(a, s, axes)
    y = P.rfft(x, axis=axes[-1], norm=normed(norm))
    return written(out, P.fft(y, axis=axes[:-1], norm=normed(norm)) if axes[:-1] else y, OUT)


def irfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    """The inverse of `rfftn`, to 2 (m - 1) real numbers unless `s` tells.  Derivative: back the same way."""
    x, axes, lengths = prepared(a, s, axes, half=True)
    last = axes[-1]
    n = 2 * (x.shape[last] - 1) if lengths[-1] is None else lengths[-1]
    if n < 1:
        raise ValueError(f"Invalid number of FFT data points ({n}) specified.")
    x = resized(x, n // 2 + 1, last)
    if axes[:-1]:
        x = P.fft(x, axis=axes[:-1], norm=normed(norm), inverse=True)
    return written(out, P.irfft(x, axis=last, norm=normed(norm), length=n), OUT)


def rfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """The first n//2 + 1 numbers of `fft` of real ones.  Derivative: Re Σ_k g[k] exp(-2πi jk/n).

    >>> import numpy as np
    >>> from autodiff import grad
    >>> grad(lambda a: (abs(rfft(a, norm="ortho")) ** 2).sum())(np.array([1.0, 0.0, 0.0]))
    array([1.33333333, 0.33333333, 0.33333333])
    """
    return rfftn(a, of_axis(n), (axis,), norm, out)


def irfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """n = 2 (m - 1) real numbers of a half spectrum.  Derivative: conj(rfft(g)), inner ones twice."""
    return irfftn(a, of_axis(n), (axis,), norm, out)


def rfft2(a: Any, s: Any = None, axes: Any = LAST_TWO, norm: Any = None, out: Any = None) -> Any:
    """`rfftn` along two axes.  Derivative: back the same way."""
    return rfftn(a, s, axes, norm, out)


def irfft2(a: Any, s: Any = None, axes: Any = LAST_TWO, norm: Any = None, out: Any = None) -> Any:
    """`irfftn` along two axes.  Derivative: back the same way."""
    return irfftn(a, s, axes, norm, out)


def hfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """The real spectrum of a Hermitian signal, given as a half.  Derivative: as of `irfft(conj(a))`."""
    return irfft(arithmetic.conjugate(as_array(a)), n, axis, P.SWAPPED[normed(norm)], out)


def ihfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """The inverse of `hfft`.  Derivative: as `rfft`'s of conj(g)."""
    return written(out, arithmetic.conjugate(rfft(a, n, axis, P.SWAPPED[normed(norm)])), OUT)


# ---- shifts
def shifted(x: Any, axes: Any, sign: int) -> Any:
    shape = shapes.shape_of(x)
    axes = range(len(shape)) if axes is None else axes if isinstance(axes, Sequence) else (axes,)
    axes = tuple(axis_of(axis, len(shape), "fftshift") for axis in axes)
    return P_shapes.roll(as_array(x), shift=tuple(sign * (shape[k] // 2) for k in axes), axis=axes)


def fftshift(x: Any, axes: Any = None) -> Any:
    """The zero frequency moved to the middle.  Derivative: moved back."""
    return shifted(x, axes, 1)


def ifftshift(x: Any, axes: Any = None) -> Any:
    """The zero frequency moved to the front.  Derivative: moved back."""
    return shifted(x, axes, -1)
