"""Powers and roots, in LLVM IR.

    xʸ = 2^(y log2 x)

An error of the logarithm grows with y log2 x, which may be a thousand: it takes 11 digits more than a float
has.  Numbers are sums of two floats, then, of which the second is the rounding error of the first.
"""

from __future__ import annotations

from fractions import Fraction

from . import coefficients as c
from .ir import Code, Lanes
from .mathematics import INF, LN2, LOG2E, NAN, at_least, at_most, parts, polynomial, power_of_two, split

__all__: list[str] = []

Two = tuple[Lanes, Lanes]


def product(code: Code, x: Lanes, y: Lanes | float) -> Two:
    """x y and its rounding error."""
    p = x * y
    return p, code.fma(x, y, -p)


def total(x: Lanes | float, y: Lanes) -> Two:
    """x + y and its rounding error, where |x| ≥ |y|."""
    s = x + y
    return s, (x - s) + y


def log2_of(code: Code, x: Lanes, subnormal: bool) -> Two:
    """The logarithm of positive numbers to the base 2, with 66 digits.

    log(1 + f) = 2 s + s z (2/3 + z POWER(z)), s = f / (2 + f), z = s²
    """
    k, m = split(code, x, subnormal)
    f = m - 1.0
    d, d_low = total(2.0, f)
    inverse = 1.0 / d
    s = f * inverse
    s_low = code.muladd(-s, d_low, code.fma(-s, d, f)) * inverse
    z, z_low = product(code, s, s)
    z_low = code.muladd(s + s, s_low, z_low)
    high, low = parts(Fraction(2, 3), "double", 53)
    tail = z * polynomial(code, z, c.POWER["double"])
    a, a_low = total(high, tail)
    a_low = a_low + low
    b, b_low = product(code, z, a)
    b_low = code.muladd(z, a_low, code.muladd(z_low, a, b_low))
    u, u_low = product(code, s, b)
    u_low = code.muladd(s, b_low, code.muladd(s_low, b, u_low))
    out, out_low = total(s + s, u)
    out_low = out_low + (u_low + (s_low + s_low))
    high, low = parts(LOG2E, "double", 53)
    out_low = code.muladd(out_low, high, out * low)
    out, lost = product(code, out, high)
    first, second = total(k, out)
    return first, second + (lost + out_low)


def exp2_of(code: Code, x: Lanes, low: Lanes) -> Lanes:
    """2^(x + low)"""
    near = abs(x) < 1100.0
    low = code.select(near, low, 0.0)
    x, low = total(at_least(code, at_most(code, x, 1026.0), -1080.0), low)
    t = x + x.format.magic
    half = code.bits(code.muladd(x, 0.5, x.format.magic))
    other = code.bits(t) - half
    f, low = total(x - (t - x.format.magic), low)
    high, rest = parts(LN2, "double", 53)
    r, r_low = product(code, f, high)
    r_low = code.muladd(low, high, code.muladd(f, rest, r_low))
    square = r * r
    tail = code.muladd(polynomial(code, r, c.EXP["double"], square), square, r_low)
    one, lost = total(1.0, r)
    return (one + (lost + tail)) * power_of_two(code, half, x) * power_of_two(code, other, x)


def usual_power(code: Code, x: Lanes, y: Lanes, subnormal: bool = False) -> Lanes:
    """xʸ of positive and finite numbers."""
    if x.type == "float":
        return usual_short_power(code, x, y)
    first, second = log2_of(code, x, subnormal)
    p = y * first
    return exp2_of(code, p, code.muladd(y, second, code.fma(y, first, -p)))


def usual_short_power(code: Code, x: Lanes, y: Lanes) -> Lanes:
    """The same of float32: float64 has digits enough, and room for all results."""
    x, y = code.convert(x, "double"), code.convert(y, "double")
    k, m = split(code, x, subnormal=False)
    f = m - 1.0
    s = f / (f + 2.0)
    z = s * s
    log = s * code.muladd(z, polynomial(code, z, c.SHORT_LOG["double"]), 2.0)
    p = at_least(code, at_most(code, y * code.muladd(log, float(LOG2E), k), 300.0), -300.0)
    t = p + p.format.magic
    r = (p - (t - p.format.magic)) * float(LN2)
    square = r * r
    e = code.muladd(polynomial(code, r, c.SHORT_EXP["double"], square), square, r + 1.0)
    return code.convert(e * power_of_two(code, code.bits(t), p), "float")


def power(code: Code, x: Lanes, y: Lanes) -> Lanes:
    """With C's rules, which what is negative, zero, subnormal or infinite needs: these are rare."""
    usual = usual_power(code, x, y)
    seldom = ~((x >= x.format.smallest) & (x < INF) & (abs(y) < INF))
    (found,) = code.rare(seldom, (usual,), lambda: (code.outlined(any_power, x, y, rare=True),))
    return found


def any_power(code: Code, x: Lanes, y: Lanes) -> Lanes:
    """x⁰ and 1ʸ are 1, even of NaN; negative numbers have powers by whole ones."""
    size, form = abs(x), x.format
    far = abs(y)
    inside = (size > 0.0) & (size < INF) & (far < INF)
    out = usual_power(code, code.select(inside, size, 1.0), code.select(inside, y, 1.0), subnormal=True)
    grows = (size > 1.0) ^ (y < 0.0)
    limit_of = code.select(size.equals(1.0), 1.0, code.select(grows, INF, 0.0, x.type))
    out = code.select(inside, out, limit_of)
    out = code.select(x.is_nan() | y.is_nan(), NAN, out)

    limit = 2.0**form.digits  # from here on, all floats are whole; from twice that, even
    shifted = code.select(far < limit, far + limit, far)
    whole = (far >= limit) | (shifted - limit).equals(far)
    odd = whole & (code.bits(shifted) & 1).differs(0) & (far < 2 * limit)
    out = code.select(odd & code.sign(x).differs(0), -out, out)
    out = code.select((x < 0.0) & (x > -INF) & ~whole, NAN, out)
    return code.select(y.equals(0.0) | x.equals(1.0), 1.0, out)


def cbrt(code: Code, x: Lanes) -> Lanes:
    """x = 2ᵏ m, k = 3 n + {-1, 0, 1}; then a step of Halley's method, which triples the digits."""
    size = abs(x)
    k, m = split(code, size)
    magic = x.format.magic
    t = code.muladd(k, 1 / 3, magic)
    rest = code.muladd(t - magic, -3.0, k)
    up, down = rest > 0.0, rest < 0.0
    root = code.select(up, 2.0 ** (1 / 3), code.select(down, 0.5 ** (1 / 3), 1.0, x.type))
    start = polynomial(code, m, c.CBRT[x.type]) * root
    m = m * code.select(up, 2.0, code.select(down, 0.5, 1.0, x.type))
    square = start * start
    missing = code.muladd(-square, start, m)
    lost = code.fma(start, start, -square)
    missing = code.muladd(-lost, start, missing)
    cube = square * start
    step = start * missing / (cube + cube + m)
    out = (start + step) * power_of_two(code, code.bits(t), x)
    return code.copysign(code.select((size > 0.0) & (size < INF), out, size), x)


def hypot(code: Code, x: Lanes, y: Lanes) -> Lanes:
    """√(x² + y²), scaled so that the squares are neither too large nor too small."""
    x, y = abs(x), abs(y)
    top, other = code.select(x > y, x, y), code.select(x > y, y, x)
    bias = x.format.bias
    large, small = 2.0 ** (bias // 2 - 1), 2.0 ** -(bias // 2 - x.format.digits)
    step = 2.0 ** (bias // 2 + x.format.digits)
    up, down = top < small, top > large
    scale = code.select(up, step, code.select(down, 1 / step, 1.0, x.type))
    back = code.select(up, 1 / step, code.select(down, step, 1.0, x.type))
    a, b = top * scale, other * scale
    out = code.sqrt(code.muladd(a, a, b * b)) * back
    infinite = x.equals(INF) | y.equals(INF)
    out = code.select(x.is_nan(), x, out)  # of NaN and a number, which the comparisons may have lost
    return code.select(infinite, INF, out)
