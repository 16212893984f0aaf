"""Exponentials, logarithms and what is made of them, in LLVM IR.

Each function takes the code to write to, and lanes of float64 or float32.  They are the textbook's: reduce
the argument to a small interval, compute a polynomial there (`coefficients.py`), put the result together.

    exp     x = n log 2 + r,     exp(x) = 2ⁿ exp(r),              |r| < log(2) / 2
    log     x = 2ᵏ (1 + f),      log(x) = k log 2 + log(1 + f),   1 + f between √½ and √2

Nothing branches, but for what is rare (`trigonometry.py`): all lanes go the same way, and where they differ
both ways are computed and one is selected.  log 2 is subtracted in two parts, of which the first has so few
digits that its product with n is exact, with and without a fused multiply-add.

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
LN10 = Fraction(c.LN10, 2**256)
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
LARGEST = {"double": (-746.0, 711.0), "float": (-104.5, 90.0)}  # beyond, exp is 0, and exp / 2 is inf


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
    return exp_less_one(code, r) + 1.0


def exp_less_one(code: Code, r: Lanes) -> Lanes:
    square = r * r
    return code.muladd(polynomial(code, r, c.EXP[r.type], square), square, r)


def exp(code: Code, x: Lanes, halvings: int = 0) -> Lanes:
    """exp(x) / 2ʰ.  2ⁿ is applied by halves, so that it may be too large or too small for a float."""
    low, high = LARGEST[x.type]
    x = at_least(code, at_most(code, x, high), low)
    r, t = reduced(code, x)
    half = code.bits(code.muladd(x, float(LOG2E) / 2, x.format.magic))
    other = code.bits(t) - half
    other = other - halvings if halvings else other
    return exp_of_reduced(code, r) * power_of_two(code, half, x) * power_of_two(code, other, x)


def exp2(code: Code, x: Lanes) -> Lanes:
    """n is the whole number next to x."""
    smallest = 1.0 - x.format.bias - x.format.digits
    x = at_least(code, at_most(code, x, x.format.bias + 2.0), smallest - 2.0)
    t = x + x.format.magic
    half = code.bits(code.muladd(x, 0.5, x.format.magic))
    other = code.bits(t) - half
    r = (x - (t - x.format.magic)) * float(LN2)
    return exp_of_reduced(code, r) * power_of_two(code, half, x) * power_of_two(code, other, x)


def expm1(code: Code, x: Lanes) -> Lanes:
    """2ⁿ (exp(r) - 1) + (2ⁿ - 1), halved on the way, and exp(r) - 1 with what its last digits leave out."""
    highest = LARGEST[x.type][1] - 1.0  # from where on exp is inf
    inner = at_least(code, at_most(code, x, highest), -40.0)
    t = code.muladd(inner, float(LOG2E), x.format.magic)
    n = t - x.format.magic
    high, low = parts(LN2, x.type, 42 if x.type == "double" else 16)
    first = code.muladd(n, -high, inner)
    r = code.muladd(n, -low, first)
    rest = code.muladd(n, -low, first - r)
    square = r * r
    tail = code.muladd(polynomial(code, r, c.EXP[x.type], square), square, rest)
    p = r + tail
    left = (r - p) + tail
    scale = power_of_two(code, code.bits(t) - 1, x)
    out = code.muladd(scale, left, code.muladd(scale, p, scale - 0.5)) * 2.0
    return code.copysign(code.select(n.equals(0.0), p, out), x)


def exp_within(code: Code, x: Lanes) -> Lanes:
    """exp, where neither x nor the result is extreme."""
    r, t = reduced(code, x)
    return code.floats(code.bits(exp_of_reduced(code, r)) + (code.bits(t) << x.format.digits))


# ---- logarithms ------------------------------------------------------------------------------------------
def split(code: Code, x: Lanes, subnormal: bool = True) -> tuple[Lanes, Lanes]:
    """k and m with x = 2ᵏ m, m between √½ and √2, as floats; of positive x."""
    form, root = x.format, ROOT_HALF[x.type]
    small = x < form.smallest
    scaled = code.select(small, x * 2.0 ** (form.digits + 2), x) if subnormal else x
    shifted = code.bits(scaled) + (form.one - root)
    m = code.floats((shifted & (2**form.digits - 1)) + root)
    whole = code.floats((shifted >> form.digits) | code.bits_of(2.0**form.digits, x.type))
    offset: float | Lanes = 2.0**form.digits + form.bias
    if subnormal:
        offset = code.select(small, offset + form.digits + 2, offset, x.type)
    return whole - offset, m


def log_of_parts(code: Code, k: Lanes, f: Lanes, lost: Lanes | None = None) -> Lanes:
    """k log 2 + log(1 + f + lost); of the latter, a tiny number, log takes lost / (1 + f).

    With s = f / (2 + f) and R = s² LOG(s²), log(1 + f) = f - s (f - R) = f - (f²/2 - s (f²/2 + R)): in the
    last form, what is large is exact.
    """
    high, low = parts(LN2, f.type, 42 if f.type == "double" else 16)
    s, half, tail = series(code, f)
    small = k * low
    if lost:
        small = code.muladd(lost, inverse_of(code, s), small)
    rest = half - code.muladd(s, half + tail, small)
    return code.muladd(k, high, f - rest)


def series(code: Code, f: Lanes) -> tuple[Lanes, Lanes, Lanes]:
    """s, f²/2 and R."""
    s = f / (f + 2.0)
    z = s * s
    return s, f * f * 0.5, z * polynomial(code, z, c.LOG[f.type])


def inverse_of(code: Code, s: Lanes) -> Lanes:
    """1 / (1 + f) = (1 - s) / (1 + s), to three digits."""
    return code.muladd((1.0 - s) * s - 1.0, s + s, 1.0)


def log_in_base(
    code: Code, k: Lanes, f: Lanes, base: Fraction, two: Fraction, lost: Lanes | None = None
) -> Lanes:
    """k log(2) / log(base) + log(1 + f + lost) / log(base), with the logarithm and the factors in two parts.

    `base` is the logarithm of the base, `two` that of two in it.  What has half as many digits as a float is
    multiplied exactly.
    """
    digits = f.format.digits
    s, half, r = series(code, f)
    high = code.floats(code.bits(f - half) & -(2 ** ((digits + 3) // 2)))
    low = code.muladd(s, half + r, (f - high) - half)
    if lost:
        low = code.muladd(lost, inverse_of(code, s), low)
    factor, rest = parts(1 / base, f.type, digits // 2)
    first, second = parts(two, f.type, digits - (11 if f.type == "double" else 8))
    product, whole = high * factor, k * first
    total = whole + product
    lost_of_total = (whole - total) + product
    full, more = parts(1 / base, f.type, digits + 1)
    tail = code.muladd(low, more, code.muladd(high, rest, k * second))
    return total + (lost_of_total + code.muladd(low, full, tail))


def proper(code: Code, x: Lanes, y: Lanes, zero: float = 0.0) -> Lanes:
    """The logarithm y, where x is inf, at `zero` (-inf), below it, or NaN (NaN)."""
    y = code.select(x < INF, y, x)
    return code.select(x > zero, y, code.select(x.equals(zero), -INF, NAN, x.type))


def log(code: Code, x: Lanes) -> Lanes:
    k, m = split(code, x)
    return proper(code, x, log_of_parts(code, k, m - 1.0))


def log1p(code: Code, x: Lanes) -> Lanes:
    return code.copysign(log1p_of_sum(code, x), x)


def log1p_of_sum(code: Code, x: Lanes, more: Lanes | None = None) -> Lanes:
    """log(1 + x + more)"""
    return proper(code, x, log_of_parts(code, *split_sum(code, x, more)), -1.0)


def split_sum(code: Code, x: Lanes, more: Lanes | None = None) -> tuple[Lanes, Lanes, Lanes]:
    """k, f and what is lost, with 1 + x + more = 2ᵏ (1 + f + lost)."""
    u = x + 1.0
    seen = u - 1.0
    lost = (1.0 - (u - seen)) + (x - seen)
    lost = lost + more if more else lost
    form, root = x.format, ROOT_HALF[x.type]
    shifted = code.bits(u) + (form.one - root)
    m = code.floats((shifted & (2**form.digits - 1)) + root)
    exponent = shifted >> form.digits
    whole = code.floats(exponent | code.bits_of(2.0**form.digits, x.type))
    k = whole - (2.0**form.digits + form.bias)
    scale = code.floats(2 * form.one - (exponent << form.digits))  # 2⁻ᵏ
    return k, m - 1.0, code.select(u < 2.0**60, lost * scale, 0.0)


def split_small_sum(code: Code, x: Lanes, more: Lanes | None = None) -> tuple[Lanes, Lanes, Lanes]:
    """The same of x from 0 to 1: k is 0 or 1."""
    u = x + 1.0
    lost = (1.0 - u) + x
    lost = lost + more if more else lost
    upper = u > 2.0**0.5
    k = code.select(upper, 1.0, 0.0, x.type)
    f = code.select(upper, u * 0.5, u) - 1.0
    return k, f, code.select(upper, lost * 0.5, lost)


def log2(code: Code, x: Lanes) -> Lanes:
    k, m = split(code, x)
    return proper(code, x, log_in_base(code, k, m - 1.0, LN2, Fraction(1)))


def log10(code: Code, x: Lanes) -> Lanes:
    k, m = split(code, x)
    return proper(code, x, log_in_base(code, k, m - 1.0, LN10, LN2 / LN10))


def softplus(code: Code, x: Lanes) -> Lanes:
    """log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|))"""
    e = exp(code, -abs(x))
    return at_least(code, x, 0.0) + log_of_parts(code, *split_small_sum(code, e))


def logaddexp(code: Code, x: Lanes, y: Lanes) -> Lanes:
    """log(exp(x) + exp(y)) = max(x, y) + log1p(exp(-|x - y|))"""
    top, down, lost = apart(code, x, y, LARGEST[x.type][0])
    e = exp_and_rest(code, *reduced(code, down), lost)
    return top + log_of_parts(code, *split_small_sum(code, *e))


def logaddexp2(code: Code, x: Lanes, y: Lanes) -> Lanes:
    """The same to the base 2."""
    top, down, lost = apart(code, x, y, LARGEST[x.type][0] / float(LN2))
    t = down + x.format.magic
    r = (down - (t - x.format.magic)) * float(LN2)
    e, rest = exp_and_rest(code, r, t, lost * float(LN2))
    k, f, lost = split_small_sum(code, e, rest)
    return top + log_in_base(code, k, f, LN2, Fraction(1), lost)


def apart(code: Code, x: Lanes, y: Lanes, lowest: float) -> tuple[Lanes, Lanes, Lanes]:
    """The larger one, -|x - y| down to where exp is 0, and what its last digits leave out."""
    larger = x > y
    top, other = code.select(larger, x, y), code.select(larger, y, x)
    down = other - top
    seen = down + top
    lost = (other - seen) - (top - (seen - down))
    near = down > lowest
    down = code.select(x.equals(y), 0.0, at_least(code, down, lowest))  # inf - inf is NaN
    return top, down, code.select(near, lost, 0.0)


def exp_and_rest(code: Code, r: Lanes, t: Lanes, lost: Lanes) -> tuple[Lanes, Lanes]:
    """exp(n log 2 + r + lost), and what its last digits leave out; n in the last bits of t."""
    p = exp_less_one(code, r)
    e = p + 1.0
    n = code.bits(t) - code.bits_of(t.format.magic, t.type)
    half = code.value(n.type, f"ashr {n.full} {n}, {code.constant(1, n.type)}")
    first, second = power_of_two(code, half, r), power_of_two(code, n - half, r)
    return e * first * second, ((1.0 - e) + (p + e * lost)) * first * second
