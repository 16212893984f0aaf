"""Sines, cosines and their inverses, in LLVM IR.

    x = q π/2 + r,   |r| ≤ π/4        sin(x) is ±sin(r) or ±cos(r), as q modulo 4 says

π/2 is subtracted in three parts with fused multiply-adds.  The first subtraction is exact, whatever x is, for
what is left has no digits below those of the first part.  That goes for |x| up to `NEAR`; from there on,
`rest_of_far` multiplies with as many digits of 2/π as it takes, which is slower, and rare.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from . import coefficients as c
from .ir import Code, Lanes, literal
from .mathematics import INF, parts, polynomial

__all__: list[str] = []

HALF_PI = Fraction(c.PI, 2**257)
NEAR = {"double": 2.0**30, "float": 2.0**16}
STEP, PIECES = 32, 4  # exponents that share a row of the table, and float64 in it


def quarters(code: Code, x: Lanes, exactly: bool = False) -> tuple[Lanes, Lanes, Lanes]:
    """r, q as a whole number, and if asked for, what r leaves out, of |x|."""
    key = "quarters", x.name, exactly
    if key not in code.memo:
        x = abs(x)
        t = code.muladd(x, float(1 / HALF_PI), x.format.magic)
        n, q = t - x.format.magic, code.bits(t)
        first, second, third = parts(HALF_PI, x.type, *[x.format.digits + 1] * 2)
        start = code.fma(n, -first, x)
        r = code.fma(n, -third, code.fma(n, -second, start))
        rest = code.constant(0.0, x.type)
        if exactly:
            product = n * second
            lost = code.fma(n, third, code.fma(n, second, -product))
            difference, more = both(start, -product)
            rest = (difference - r) + (more - lost)

        def far() -> tuple[Lanes, ...]:
            return code.outlined_several(rest_of_far, x, r, q, rest, rare=True)

        code.memo[key] = code.rare(x > NEAR[x.type], (r, q, rest), far)
    found: tuple[Lanes, Lanes, Lanes] = code.memo[key]
    return found


def rest_of_far(code: Code, x: Lanes, r: Lanes, q: Lanes, lost: Lanes) -> tuple[Lanes, Lanes, Lanes]:
    """The same, where x is large; NaN of inf.

    x is M 2ᵇ with b a multiple of 32 and M below 2⁸⁵, and the table has 2ᵇ 2/π without multiples of 4, as
    a sum of four float64.  M times each of them is a float64 and its rounding error.  Multiples of 4 go from
    each, and the rest is added exactly: q, and a rest of which 62 digits behind the point may be zero.  No
    float64 comes closer to a multiple of π/2.
    """
    far = x > NEAR[x.type]
    wide = code.convert(x, "double")
    wide = code.select(far, wide, NEAR[x.type])
    row = ((code.bits(wide) >> 52) - (1075 - 2 * STEP)) >> 5
    m = wide * code.floats(((1023 + 2 * STEP) << 52) - (row << (52 + 5)))
    code.module.constants["two_over_pi"] = table()
    pieces = [code.gather("two_over_pi", row * PIECES + k, "double") for k in range(PIECES)]
    products = [m * v for v in pieces]
    errors = [code.fma(m, v, -p) for v, p in zip(pieces, products, strict=True)]
    first, second = both(turned_back(code, products[0]), turned_back(code, errors[0]))
    first, third = both(first, turned_back(code, products[1]))
    t = first + wide.format.magic
    h, low = first - (t - wide.format.magic), second + third
    for term in (errors[1], products[2], errors[2], products[3]):
        h, rest = both(h, term)
        low = low + rest
    pi_high, pi_low = parts(HALF_PI, "double", 53)
    product = h * pi_high
    more = code.fma(h, pi_high, -product) + code.muladd(low, pi_high, h * pi_low)
    rest = product + more
    found = code.convert(rest, x.type)
    more = ((product - rest) + more) + (rest - code.convert(found, "double"))
    q = code.select(far, code.convert(code.bits(t), q.type), q)
    return code.select(far, found, r), q, code.select(far, code.convert(more, x.type), lost)


@cache
def table() -> str:
    """2ᵇ 2/π modulo 4, for b = -64, -32, 0, …, as sums of float64."""
    digits = 1216
    rows: list[float] = []
    for b in range(-2 * STEP, 972, STEP):
        number = Fraction(c.TWO_OVER_PI, 2**digits) * Fraction(2) ** b % 4
        rows += parts(number, "double", *[53] * (PIECES - 1))
    listed = ", ".join(f"double {literal(v, 'double')}" for v in rows)
    return f"@two_over_pi = internal constant [{len(rows)} x double] [{listed}]"


def turned_back(code: Code, x: Lanes) -> Lanes:
    """x without multiples of 4."""
    return x - 4.0 * code.intrinsic("rint", x * 0.25)


def both(x: Lanes, y: Lanes) -> tuple[Lanes, Lanes]:
    """x + y and its rounding error."""
    s = x + y
    seen = s - x
    return s, (x - (s - seen)) + (y - seen)


def sine_of(code: Code, r: Lanes) -> Lanes:
    z = r * r
    return code.muladd(r * z, polynomial(code, z, c.SIN[r.type]), r)


def cosine_of(code: Code, r: Lanes) -> Lanes:
    z = r * r
    start = code.muladd(z, -0.5, 1.0)
    return code.muladd(z * z, polynomial(code, z, c.COS[r.type]), start)


def turned(code: Code, r: Lanes, q: Lanes) -> tuple[Lanes, Lanes]:
    """The size of sin(q π/2 + r) up to a sign, and that sign."""
    for f in (sine_of, cosine_of):
        if (f, r.name) not in code.memo:
            code.memo[f, r.name] = f(code, r)
    out = code.select((q & 1).differs(0), code.memo[cosine_of, r.name], code.memo[sine_of, r.name])
    return out, (q & 2) << (r.format.bits - 2)


def sin(code: Code, x: Lanes) -> Lanes:
    r, q, _ = quarters(code, x)
    out, signs = turned(code, r, q)
    return code.with_sign(out, signs ^ code.sign(x))


def cos(code: Code, x: Lanes) -> Lanes:
    r, q, _ = quarters(code, x)
    return code.with_sign(*turned(code, r, q + 1))


def tan(code: Code, x: Lanes) -> Lanes:
    """sin(r) / cos(r), or -cos(r) / sin(r), each of the two with what its last digits leave out."""
    r, q, lost = quarters(code, x, exactly=True)
    z = r * r
    half = z * 0.5
    start = 1.0 - half
    more = r * z * polynomial(code, z, c.SIN[r.type])
    sine = r + more
    sine_low = code.muladd(lost, start, (r - sine) + more)
    tail = code.muladd(z * z, polynomial(code, z, c.COS[r.type]), (1.0 - start) - half)
    tail = code.muladd(-lost, r, tail)
    cosine = start + tail
    rest = (start - cosine) + tail
    odd = (q & 1).differs(0)
    top, top_low = code.select(odd, cosine, sine), code.select(odd, rest, sine_low)
    bottom, bottom_low = code.select(odd, sine, cosine), code.select(odd, sine_low, rest)
    inverse = 1.0 / bottom
    ratio = top * inverse
    missing = code.fma(-ratio, bottom, top) + code.muladd(-ratio, bottom_low, top_low)
    out = code.select(abs(ratio) < INF, code.muladd(missing, inverse, ratio), ratio)
    return code.with_sign(out, ((q & 1) << (x.format.bits - 1)) ^ code.sign(x))


# ---- inverses --------------------------------------------------------------------------------------------
def arcsin_of_small(code: Code, x: Lanes, z: Lanes) -> Lanes:
    """(arcsin(x) - x), |x| ≤ 1/2, z = x²."""
    return x * z * polynomial(code, z, c.ARCSIN[x.type])


def halved(code: Code, size: Lanes) -> tuple[Lanes, Lanes, Lanes, Lanes]:
    """Whether |x| < 1/2; then |x|, else √((1 - |x|) / 2), with its square, and what the root leaves out."""
    near = size < 0.5
    z = code.select(near, size * size, code.muladd(size, -0.5, 0.5))
    root = code.sqrt(z)
    rest = code.fma(-root, root, z) / (root + root)
    rest = code.select(root > 0.0, rest, 0.0)
    return near, code.select(near, size, root), z, code.select(near, 0.0, rest)


def arcsin(code: Code, x: Lanes) -> Lanes:
    """Beyond 1/2, π/2 - 2 arcsin(√((1 - |x|) / 2))."""
    size = abs(x)
    near, s, z, rest = halved(code, size)
    more = arcsin_of_small(code, s, z) + rest
    high, low = parts(HALF_PI, x.type, x.format.digits + 1)
    far = high - 2.0 * (s + (more - low / 2))
    return code.copysign(code.select(near, s + more, far), x)


def arccos(code: Code, x: Lanes) -> Lanes:
    """π/2 - arcsin(x) near 0; 2 arcsin(√((1 - x) / 2)) from 1/2; π minus that of -x below -1/2."""
    size = abs(x)
    near, s, z, rest = halved(code, size)
    more = arcsin_of_small(code, s, z) + rest
    high, low = parts(HALF_PI, x.type, x.format.digits + 1)
    signed, signed_more = code.with_sign(s, code.sign(x)), code.with_sign(more, code.sign(x))
    middle = high - (signed - (low - signed_more))
    double = 2.0 * (s + more)
    left = 2.0 * high - 2.0 * (s + (more - low))
    return code.select(near, middle, code.select(x > 0.0, double, code.select(x < 0.0, left, x)))


def first_quadrant(code: Code, a: Lanes, b: Lanes) -> tuple[Lanes, Lanes, Lanes]:
    """arctan(a / b) of positive numbers, as a sum of three in the order of their sizes.

    It is 0, π/4 or π/2, as a / b is below 1/2, below 2 or beyond, plus arctan of a / b, of (a - b) / (a + b),
    or of -b / a, which are 1/2 at most.
    """
    steep = a > b * 2.0
    middle = (a > b * 0.5) & ~steep
    top = code.select(steep, -b, code.select(middle, a - b, a))
    bottom = code.select(steep, a, code.select(middle, a + b, b))
    t = code.select(bottom.equals(0.0), top, top / bottom)  # of the point (0, 0), 0; of NaN, NaN
    high, low = parts(HALF_PI, a.type, a.format.digits + 1)
    turn = code.select(steep, high, code.select(middle, high / 2, 0.0, a.type))
    turn_low = code.select(steep, low, code.select(middle, low / 2, 0.0, a.type))
    z = t * t
    return turn, t, code.muladd(t * z, polynomial(code, z, c.ARCTAN[a.type]), turn_low)


def arctan(code: Code, x: Lanes) -> Lanes:
    turn, t, more = first_quadrant(code, abs(x), code.constant(1.0, x.type))
    return code.copysign(turn + (t + more), x)


def arctan2(code: Code, y: Lanes, x: Lanes) -> Lanes:
    """The angle of the point (x, y), scaled so that sums are not too large and quotients have all digits."""
    a, b, bias = abs(y), abs(x), x.format.bias
    top = code.select(a > b, a, b)
    up = 2.0 ** (bias // 2)
    scale = code.select(top < 1 / up, up, code.select(top > 2.0 ** (bias - 2), 0.25, 1.0, x.type))
    one = code.constant(1.0, x.type)
    both = a.equals(INF) & b.equals(INF)  # as of (1, 1)
    turn, t, more = first_quadrant(code, code.select(both, one, a * scale), code.select(both, one, b * scale))
    high, low = parts(HALF_PI, x.type, x.format.digits + 1)
    angle = turn + (t + more)
    other = (2.0 * high - turn) - (t + (more - 2.0 * low))
    return code.copysign(code.select(code.sign(x).differs(0), other, angle), y)
