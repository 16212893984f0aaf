"""Exponentials, logarithms and what is made of them, in LLVM IR.

Each function takes the code to write to, and lanes of float64 or float32.  They are the textbook's: reduce the
argument to a small interval, compute a polynomial there (`coefficients.py`), put the result together.

    exp     x = n log 2 + r,     exp(x) = 2ⁿ exp(r),              |r| < log(2) / 2
    log     x = 2ᵏ (1 + f),      log(x) = k log 2 + log(1 + f),   1 + f between √½ and √2

Nothing branches, but for what is rare (`trigonometry.py`): all lanes go the same way, and where they differ both
ways are computed and one is selected.  log 2 is subtracted in two parts, of which the first has so few digits
that its product with n is exact, with and without a fused multiply-add.

How exact each function is, docs/native_functions.md tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache

from . import coefficients as c
from .ir import FORMATS, Code, Lanes

__all__: list[str] = []

INF, NAN = float("inf"), float("nan")
LN2 = Fraction(c.LN2, 2**256)
LOG2E = Fraction(c.LOG2E, 2**256)
ROOT_HALF = {"double": 0x3FE6A09E667F3BCD, "float": 0x3F3504F3}  # the bits of √½


@cache
def parts(x: Fraction, type: str, *digits: int) -> tuple[float, ...]:
    """x as a sum of floats: the first have so many binary digits, the last as many as there are."""
    out = []
    for n in (*digits, FORMATS[type].digits + 1):
        part = Fraction(float(FORMATS[type].dtype(float(x))))
        if n <= FORMATS[type].digits:
            exponent = n - len(bin(int(abs(x) * 2**300))) + 302
            part = Fraction(round(x * Fraction(2) ** exponent)) / Fraction(2) ** exponent
        out.append(float(part))
        x -= part
    return tuple(out)


def polynomial(code: Code, x: Lanes, p: Sequence[float], square: Lanes | None = None) -> Lanes:
    """p[0] + p[1] x + p[2] x² + …, of even and odd powers apart, for they needn't wait for each other."""
    if len(p) < 5:
        return horner(code, x, p)
    square = square or x * x
    return code.muladd(horner(code, square, p[1::2]), x, horner(code, square, p[::2]))


def horner(code: Code, x: Lanes, p: Sequence[float]) -> Lanes:
    out = code.constant(p[-1], x.type)
    for a in p[-2::-1]:
        out = code.muladd(out, x, a)
    return out


def at_most(code: Code, x: Lanes, bound: float) -> Lanes:
    """The smaller one; NaN stays NaN."""
    return code.select(x > bound, bound, x)


def at_least(code: Code, x: Lanes, bound: float) -> Lanes:
    return code.select(x < bound, bound, x)


# ---- exponentials ----------------------------------------------------------------------------------------
LARGEST = {"double": (-746.0, 710.0), "float": (-104.5, 89.0)}  # beyond, exp is 0 or inf


def reduced(code: Code, x: Lanes) -> tuple[Lanes, Lanes]:
    """r, and a float whose last bits are n."""
    t = code.muladd(x, float(LOG2E), x.format.magic)
    n = t - x.format.magic
    high, low = parts(LN2, x.type, 42 if x.type == "double" else 16)
    return code.muladd(n, -low, code.muladd(n, -high, x)), t


def power_of_two(code: Code, n: Lanes, format_of: Lanes) -> Lanes:
    """2ⁿ of whole numbers, of which only the last bits count."""
    return code.floats((n << format_of.format.digits) + format_of.format.one)


def exp_of_reduced(code: Code, r: Lanes) -> Lanes:
    square = r * r
    return code.muladd(polynomial(code, r, c.EXP[r.type], square), square, r) + 1.0


def exp(code: Code, x: Lanes) -> Lanes:
    """2ⁿ is applied by halves, so that it may be too large or too small for a float."""
    low, high = LARGEST[x.type]
    x = at_least(code, at_most(code, x, high), low)
    r, t = reduced(code, x)
    half = code.bits(code.muladd(x, float(LOG2E) / 2, x.format.magic))
    other = code.bits(t) - half
    return exp_of_reduced(code, r) * power_of_two(code, half, x) * power_of_two(code, other, x)


def exp_within(code: Code, x: Lanes) -> Lanes:
    """exp, where neither x nor the result is extreme."""
    r, t = reduced(code, x)
    return code.floats(code.bits(exp_of_reduced(code, r)) + (code.bits(t) << x.format.digits))


def tanh(code: Code, x: Lanes) -> Lanes:
    """x + x³ P / Q near 0, else 1 - 2 / (exp(2|x|) + 1) with the sign of x: one division for both."""
    size = abs(x)
    near = size < 0.625
    e = exp_within(code, 2.0 * at_most(code, size, 22.0))
    z = x * x
    top = size * z * polynomial(code, z, c.TANH_TOP[x.type])
    bottom = polynomial(code, z, c.TANH_BOTTOM[x.type])
    ratio = code.select(near, top, 2.0) / code.select(near, bottom, e + 1.0)
    return code.copysign(code.select(near, size + ratio, 1.0 - ratio), x)


def sigmoid(code: Code, x: Lanes) -> Lanes:
    """1 / (1 + exp(-x)), or exp(x) / (1 + exp(x)): never exp of something large."""
    e = exp(code, -abs(x))
    return code.select(x < 0.0, e, 1.0) / (e + 1.0)


# ---- logarithms ------------------------------------------------------------------------------------------
def split(code: Code, x: Lanes) -> tuple[Lanes, Lanes]:
    """k and m with x = 2ᵏ m, m between √½ and √2, as floats; of positive x."""
    form, root = x.format, ROOT_HALF[x.type]
    small = x < form.smallest
    scaled = code.select(small, x * 2.0 ** (form.digits + 2), x)
    shifted = code.bits(scaled) + (form.one - root)
    m = code.floats((shifted & (2**form.digits - 1)) + root)
    whole = code.floats((shifted >> form.digits) | code.bits_of(2.0**form.digits, x.type))
    offset = 2.0**form.digits + form.bias
    return whole - code.select(small, offset + form.digits + 2, offset, x.type), m


def log_of_parts(code: Code, k: Lanes, f: Lanes) -> Lanes:
    """k log 2 + log(1 + f).

    With s = f / (2 + f) and R = s² LOG(s²), log(1 + f) = f - s (f - R) = f - (f²/2 - s (f²/2 + R)): in the
    last form, what is large is exact.
    """
    high, low = parts(LN2, f.type, 42 if f.type == "double" else 16)
    s = f / (f + 2.0)
    z = s * s
    tail = z * polynomial(code, z, c.LOG[f.type])
    half = f * f * 0.5
    rest = half - code.muladd(s, half + tail, k * low)
    return code.muladd(k, high, f - rest)


def proper(code: Code, x: Lanes, y: Lanes, zero: float = 0.0) -> Lanes:
    """The logarithm y, where x is inf, at `zero` (-inf), below it, or NaN (NaN)."""
    y = code.select(x < INF, y, x)
    return code.select(x > zero, y, code.select(x.equals(zero), -INF, NAN, x.type))


def log(code: Code, x: Lanes) -> Lanes:
    k, m = split(code, x)
    return proper(code, x, log_of_parts(code, k, m - 1.0))


def log1p(code: Code, x: Lanes) -> Lanes:
    """u = 1 + x, rounded; what is lost by that is added to its mantissa."""
    u = x + 1.0
    seen = u - 1.0
    lost = (1.0 - (u - seen)) + (x - seen)
    form, root = x.format, ROOT_HALF[x.type]
    shifted = code.bits(u) + (form.one - root)
    m = code.floats((shifted & (2**form.digits - 1)) + root)
    exponent = shifted >> form.digits
    whole = code.floats(exponent | code.bits_of(2.0**form.digits, x.type))
    k = whole - (2.0**form.digits + form.bias)
    scale = code.floats(2 * form.one - (exponent << form.digits))  # 2⁻ᵏ
    lost = code.select(u < 2.0**60, lost, 0.0)
    f = code.muladd(lost, scale, m - 1.0)
    return code.copysign(proper(code, x, log_of_parts(code, k, f), -1.0), x)


def softplus(code: Code, x: Lanes) -> Lanes:
    """log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|))"""
    return at_least(code, x, 0.0) + log1p(code, exp(code, -abs(x)))
