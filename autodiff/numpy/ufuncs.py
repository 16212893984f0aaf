"""Elementwise functions that are more than a row of a table, and the other names of those that are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..graph import Node
from ..primitives import arithmetic as A
from ..primitives import elementary as E
from .methods import standing_for
from .shapes import constant_only, is_complex, plain, written

__all__ = [
    "abs", "acos", "acosh", "angle", "asin", "asinh", "atan", "atan2", "atanh", "bitwise_invert",
    "bitwise_left_shift", "bitwise_not", "bitwise_right_shift", "conj", "degrees", "divmod", "fix", "frexp",
    "i0", "iscomplex", "isneginf", "isposinf", "isreal", "ldexp",
    "mod", "modf", "nan_to_num", "pow", "radians",
    "real_if_close", "sign", "sinc", "true_divide",
]  # fmt: skip

abs, conj, mod, pow, true_divide = A.absolute, A.conjugate, A.remainder, A.power, A.divide
acos, asin, atan, atan2 = E.arccos, E.arcsin, E.arctan, E.arctan2
acosh, asinh, atanh, degrees, radians = E.arccosh, E.arcsinh, E.arctanh, E.rad2deg, E.deg2rad
bitwise_invert = bitwise_not = A.invert
bitwise_left_shift, bitwise_right_shift = A.left_shift, A.right_shift


# ---- ufuncs made of several primitives
@standing_for(np.divmod)
def divmod(x1: Any, x2: Any) -> tuple[Any, Any]:
    """(floor(x1 / x2), x1 % x2).  Derivative: of the first zero, of the second 1 and -floor(x1 / x2)."""
    return A.floor_divide(x1, x2), A.remainder(x1, x2)


@standing_for(np.modf)
def modf(x: Any) -> tuple[Any, Any]:
    """(fraction, whole part), both with the sign of x.  Derivative: 1 and zero."""
    return A.fraction(x), A.whole_part(x)


@standing_for(np.frexp)
def frexp(x: Any) -> tuple[Any, Any]:
    """(m, e) with x = m 2**e and 1/2 <= |m| < 1.  Derivative: 2**-e of m, zero of e, which is whole."""
    return A.mantissa(x), A.exponent(x)


@standing_for(np.ldexp)
def ldexp(x1: Any, x2: Any) -> Any:
    """x1 2**x2, for whole x2.  Derivative: 2**x2 in x1, none in x2."""
    if not isinstance(x2, Node) and getattr(x1, "arrays", True):
        x2 = np.asarray(x2, np.intc if type(x2) is int else None)
    return A.ldexp(x1, x2)


@standing_for(np.sign)
def sign(x: Any) -> Any:
    """-1, 0 or 1; of complex numbers z / |z|, 0 at 0.  Derivative: zero; of complex z that of z / |z|."""
    if not is_complex(x):
        return A.sign(x)
    size = A.absolute(x)
    return x / A.where(A.equal(size, 0), 1.0, size)


# ---- functions
def angle(z: Any, deg: bool = False) -> Any:
    """arctan2(imag(z), real(z)), in degrees with `deg`.

    Derivative: (x dy - y dx) / (x² + y²), 0 at 0; of real numbers zero.
    """
    out = E.arctan2(A.imag(z), A.real(z)) if is_complex(z) else A.angle(z)
    return out * (180 / math.pi) if deg else out


def sinc(x: Any) -> Any:
    """sin(πx) / πx, and 1 at 0.  Derivative: (cos(πx) - sinc(x)) / x, and 0 at 0; smooth to any order."""
    return E.sinc(x)


def i0(x: Any) -> Any:
    """The modified Bessel function I₀.  Derivative: I₁(x); derivatives need SciPy (ImportError)."""
    return E.bessel_i(x)


def fix(x: Any, out: Any = None) -> Any:
    """Rounded towards zero.  Derivative: zero."""
    return written(out, A.trunc(x))


def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """x with numbers in place of NaN and inf (the largest, unless given).  Derivative: 1, where x was kept.

    With `copy=False` the Tensor x goes on as the result.
    """
    fill = {"nan": nan, "posinf": posinf, "neginf": neginf}
    for name, number in fill.items():
        constant_only(name, number)
    out = A.nan_to_num(x, **fill)
    return out if copy else written(x, out, "nan_to_num(x, copy=False)")


def real_if_close(a: Any, tol: float = 100) -> Any:
    """The real part, if all imaginary parts are below `tol` epsilons, or `tol` if that is below 1; else a.

    Derivative: that of the part that was taken.
    """
    if not is_complex(a):
        return a
    imaginary = np.imag(plain(a, "real_if_close"))
    bound = tol * np.finfo(imaginary.dtype).eps if tol > 1 else tol
    return A.real(a) if np.all(np.absolute(imaginary) < bound) else a


def isreal(x: Any) -> Any:
    """Whether the imaginary part is 0.  Derivative: zero."""
    return A.equal(A.imag(x), 0)


def iscomplex(x: Any) -> Any:
    """Whether the imaginary part is not 0.  Derivative: zero."""
    return A.not_equal(A.imag(x), 0)


def isposinf(x: Any, out: Any = None) -> Any:
    """Whether x is inf.  Derivative: zero."""
    return written(out, A.equal(real_only(x, "isposinf"), math.inf))


def isneginf(x: Any, out: Any = None) -> Any:
    """Whether x is -inf.  Derivative: zero."""
    return written(out, A.equal(real_only(x, "isneginf"), -math.inf))


def real_only(x: Any, name: str) -> Any:
    if is_complex(x):
        raise TypeError(f"{name} of complex numbers: they have no sign")
    return x
