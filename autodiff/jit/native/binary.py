"""Functions that take floats apart and put them together, remainders, and shifts, in LLVM IR.

A float is m 2ᵏ: its bits are the sign, k in an excess, and the digits of m behind the first, which is 1 but
for the subnormal numbers.  Those are scaled up before they are taken apart.
"""

from __future__ import annotations

from .ir import BYTES, Code, Lanes
from .mathematics import INF, power_of_two

__all__: list[str] = []


def apart(code: Code, x: Lanes) -> tuple[Lanes, Lanes]:
    """x = m 2ᵏ with m from 1/2 to 1; zero, inf and NaN are m, and k is 0."""
    form = x.format
    size = abs(x)
    small = size < form.smallest
    scaled = code.select(small, x * 2.0 ** (form.digits + 2), x)
    bits = code.bits(scaled)
    m = code.floats((bits & ~form.inf) | (form.one - (1 << form.digits)))
    k = (bits & form.inf) >> form.digits
    k = k - code.select(small, form.bias + form.digits + 1, form.bias - 1, form.whole)
    usual = (size > 0.0) & (size < INF)
    return code.select(usual, m, x), code.select(usual, k, 0)


def mantissa(code: Code, x: Lanes) -> Lanes:
    return apart(code, x)[0]


def exponent(code: Code, x: Lanes) -> Lanes:
    return code.convert(apart(code, x)[1], "i32")


def ldexp(code: Code, x: Lanes, n: Lanes) -> Lanes:
    """x 2ⁿ, rounded once: only the second of the two factors may lead to subnormal numbers."""
    m, k = apart(code, x)
    most = 8 * x.format.bias
    n = code.select(n > most, most, code.select(n < -most, -most, n)) if n.type != "i1" else n
    n = k + code.convert(n, k.type)
    bound = 2 * (x.format.bias + 1)  # where all is 0 or inf, and yet a power can be written as two
    n = code.select(n > bound - 4, bound - 4, code.select(n < 4 - bound, 4 - bound, n))
    half = code.value(n.type, f"ashr {n.full} {n}, {code.constant(1, n.type)}")
    return m * power_of_two(code, half, x) * power_of_two(code, n - half, x)


def fraction(code: Code, x: Lanes) -> Lanes:
    """What is behind the point, with the sign of x."""
    rest = code.select(abs(x).equals(INF), 0.0, x - code.intrinsic("trunc", x))
    return code.copysign(rest, x)


def spacing(code: Code, x: Lanes) -> Lanes:
    """The distance to the next float away from zero."""
    size = abs(x)
    step = code.floats(code.bits(size) + 1) - size
    step = code.select(size < INF, step, float("nan"))
    return code.select(x < 0.0, -step, step)


def fmod(code: Code, x: Lanes, y: Lanes) -> Lanes:
    """x - n y, exactly, where n is x / y without what is behind the point.

    Rounding x / y may give the whole number that it is just below: then y is added again, exactly.  Where the
    quotient has more digits than a float, the C library computes it.
    """
    ratio = x / y
    n = code.intrinsic("trunc", ratio)
    rest = code.fma(-n, y, x)
    beyond = (code.bits(rest) ^ code.bits(x)) < 0
    rest = code.select(beyond & rest.differs(0.0), rest + code.copysign(y, x), rest)
    rest = code.copysign(rest, x)
    large = (abs(ratio) >= 2.0**x.format.digits) | abs(y).equals(INF)
    (found,) = code.rare(large, (rest,), lambda: (code.outlined(long_fmod, x, y, rare=True),))
    return found


def long_fmod(code: Code, x: Lanes, y: Lanes) -> Lanes:
    return code.value(x.type, f"frem {x.full} {x}, {y}")


def left_shift(code: Code, x: Lanes, n: Lanes) -> Lanes:
    return code.select(within(code, n), x << n, 0)


def right_shift(code: Code, x: Lanes, n: Lanes) -> Lanes:
    """With copies of the sign from the left; what is shifted out entirely is 0 or -1."""
    last = code.constant(8 * BYTES[x.type] - 1, x.type)
    return code.value(x.type, f"ashr {x.full} {x}, {code.select(within(code, n), n, last)}")


def within(code: Code, n: Lanes) -> Lanes:
    """Whether a shift leaves anything."""
    return code.value("i1", f"icmp ult {n.full} {n}, {code.constant(8 * BYTES[n.type], n.type)}")
