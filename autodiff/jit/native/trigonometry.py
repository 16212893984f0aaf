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
from .mathematics import parts, polynomial

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
    """The same where x is large, one lane after the other."""
    rests = wholes = None
    for k in range(code.width):
        lane = code.extract(x, k)
        one = lane.code
        rest = one.outlined(rest_of_far, one.convert(lane, "double"), rare=True)
        pair = [one.value("double", f"extractelement {rest.full} {rest}, i32 {i}") for i in (0, 1)]
        rests = code.insert(rests, one.convert(pair[0], x.type), k)
        wholes = code.insert(wholes, one.cast("fptosi", pair[1], q.type), k)
    assert rests is not None and wholes is not None
    beyond = x > NEAR[x.type]
    return code.select(beyond, rests, r), code.select(beyond, wholes, q)


def rest_of_far(code: Code, x: Lanes) -> Lanes:
    """r and q side by side, of one float64 x ≥ 2¹⁶; NaN of inf.

    x = m 2ᵉ with whole m.  Of x 2/π, what matters modulo 4 is the product of m and of 192 binary digits of 2/π,
    of which the first counts 2 / m: those before it give multiples of 4.  Two digits of the product are q, the
    others the rest, of which 62 may be zero: no float64 comes closer to a multiple of π/2.
    """
    digits = c.TWO_OVER_PI << (64 * WORDS - BEFORE - 1216)
    words = [digits >> (64 * k) & (2**64 - 1) for k in reversed(range(WORDS))]
    signed = ", ".join(f"i64 {w - 2**64 * (w >> 63)}" for w in words)
    code.module.constants["two_over_pi"] = f"@two_over_pi = internal constant [{WORDS} x i64] [{signed}]"

    bits = code.bits(x)
    exponent = (bits >> 52) - 1075
    first = code.intrinsic(
        "smin", code.intrinsic("smax", exponent, code.constant(-60, "i64")), code.constant(971, "i64")
    )
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
    zeros = code.cast(
        "trunc",
        code.value("i128", f"call i128 @{code.declare('ctlz', size, 'i1')}(i128 {size}, i1 0)"),
        "i64",
    )
    top = code.cast("trunc", (size << code.cast("zext", zeros, "i128")) >> 64, "i64")
    high, low = parts(HALF_PI, "double", 53)
    u = code.cast("sitofp", top >> 11, "double")
    v = code.cast("sitofp", top & 2047, "double") * 2.0**-11
    r = code.fma(u, high, code.muladd(v, high, u * low))
    r = r * code.floats((1023 - 53 - zeros) << 52)
    r = code.select(below, -r, r)
    r = code.select(x < float("inf"), r, float("nan"))
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
