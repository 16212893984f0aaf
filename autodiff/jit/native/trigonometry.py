"""Sines, cosines and their inverses, in LLVM IR.

    x = q π/2 + r,   |r| ≤ π/4        sin(x) is ±sin(r) or ±cos(r), as q modulo 4 says

π/2 is subtracted in three parts with fused multiply-adds.  The first subtraction is exact, whatever x is, for
what is left has no digits below those of the first part.  That goes for |x| up to `NEAR`; from there on,
`rest_of_far` multiplies with as many digits of 2/π as it takes, which is slow, and rare.
"""

from __future__ import annotations

from fractions import Fraction

from . import coefficients as c
from .ir import Code, Lanes
from .mathematics import INF, parts, polynomial

__all__: list[str] = []

HALF_PI = Fraction(c.PI, 2**257)
NEAR = {"double": 2.0**30, "float": 2.0**16}
WORDS, BEFORE = 20, 64  # words of 2/π, and how many zeros stand before its first digit


def quarters(code: Code, x: Lanes) -> tuple[Lanes, Lanes]:
    """r, and q as a whole number, of |x|."""
    key = "quarters", x.name
    if key not in code.memo:
        x = abs(x)
        t = code.muladd(x, float(1 / HALF_PI), x.format.magic)
        n = t - x.format.magic
        r = x
        for part in parts(HALF_PI, x.type, *[x.format.digits + 1] * 2):
            r = code.fma(n, -part, r)
        q = code.bits(t)
        code.memo[key] = code.rare(x > NEAR[x.type], (r, q), lambda: far(code, x, r, q))
    found: tuple[Lanes, Lanes] = code.memo[key]
    return found


def far(code: Code, x: Lanes, r: Lanes, q: Lanes) -> tuple[Lanes, Lanes]:
    """The same where x is large."""
    return code.outlined(far_rests, x, r, rare=True), code.outlined(far_wholes, x, q, rare=True)


def far_rests(code: Code, x: Lanes, r: Lanes) -> Lanes:
    return code.select(x > NEAR[x.type], each_far(code, x, 0, r.type), r)


def far_wholes(code: Code, x: Lanes, q: Lanes) -> Lanes:
    return code.select(x > NEAR[x.type], each_far(code, x, 1, q.type), q)


def each_far(code: Code, x: Lanes, k: int, type: str) -> Lanes:
    """One of the results of `rest_of_far`, of one lane after the other."""
    out = None
    for i in range(code.width):
        lane = code.extract(x, i)
        one = lane.code
        pair = one.outlined(rest_of_far, one.convert(lane, "double"), rare=True)
        number = one.value("double", f"extractelement {pair.full} {pair}, i32 {k}")
        out = code.insert(out, one.convert(number, type), i)
    assert out is not None
    return out


def rest_of_far(code: Code, x: Lanes) -> Lanes:
    """r and q side by side, of one float64 x ≥ 2¹⁶; NaN of inf.

    x = m 2ᵉ with whole m.  Of x 2/π, what matters modulo 4 is the product of m and of 192 binary digits of
    2/π, of which the first counts 2 / m: those before it give multiples of 4.  Two digits of the product are
    q, the others the rest, of which 62 may be zero: no float64 comes closer to a multiple of π/2.
    """
    digits = c.TWO_OVER_PI << (64 * WORDS - BEFORE - 1216)
    words = [digits >> (64 * k) & (2**64 - 1) for k in reversed(range(WORDS))]
    signed = ", ".join(f"i64 {w - 2**64 * (w >> 63)}" for w in words)
    code.module.constants["two_over_pi"] = f"@two_over_pi = internal constant [{WORDS} x i64] [{signed}]"

    bits = code.bits(x)
    exponent = (bits >> 52) - 1075
    first = code.intrinsic("smax", exponent, "i64 -60")
    first = code.intrinsic("smin", first, "i64 971")
    at = first + (BEFORE - 2)
    index, shift = at >> 6, at & 63
    loaded = []
    for k in range(4):
        address = f"getelementptr i64, ptr @two_over_pi, i64 {index + k}"
        place = code.value("ptr", address)
        loaded.append(code.load(place.name, "i64"))
    a, b, d = (code.intrinsic("fshl", *loaded[k : k + 2], shift) for k in range(3))
    m = (bits & (2**52 - 1)) | 2**52

    wide = [code.cast("zext", v, "i128") for v in (m * a, b, d, m)]
    total = (wide[0] << 64) + wide[3] * wide[1] + ((wide[3] * wide[2]) >> 64)
    whole = code.cast("trunc", (total + (1 << 125)) >> 126, "i64")
    rest = total << 2
    below = code.value("i1", f"icmp slt i128 {rest}, 0")
    size = code.select(below, 0 - rest, rest)
    zeros = code.intrinsic("ctlz", size, "i1 false")
    top = code.cast("trunc", (size << zeros) >> 64, "i64")
    zeros = code.cast("trunc", zeros, "i64")
    high, low = parts(HALF_PI, "double", 53)
    u = code.cast("sitofp", top >> 11, "double")
    v = code.cast("sitofp", top & 2047, "double") * 2.0**-11
    r = code.fma(u, high, code.muladd(v, high, u * low))
    r = r * code.floats((1023 - 53 - zeros) << 52)
    r = code.select(below, -r, r)
    r = code.select(x < INF, r, float("nan"))
    pair = code.value("<2 x double>", f"insertelement <2 x double> poison, double {r}, i32 0")
    q = code.cast("sitofp", whole, "double")
    return code.value("<2 x double>", f"insertelement {pair.full} {pair}, double {q}, i32 1")


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
    out, signs = turned(code, *quarters(code, x))
    return code.with_sign(out, signs ^ code.sign(x))


def cos(code: Code, x: Lanes) -> Lanes:
    r, q = quarters(code, x)
    return code.with_sign(*turned(code, r, q + 1))


def tan(code: Code, x: Lanes) -> Lanes:
    """sin(r) / cos(r), or -cos(r) / sin(r), each of the two with what its last digits leave out."""
    r, q = quarters(code, x)
    z = r * r
    more = r * z * polynomial(code, z, c.SIN[r.type])
    sine = r + more
    sine_low = (r - sine) + more
    half = z * 0.5
    start = 1.0 - half
    tail = ((1.0 - start) - half) + z * z * polynomial(code, z, c.COS[r.type])
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
