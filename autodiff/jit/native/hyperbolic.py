"""Hyperbolic functions, their inverses, sigmoid and erf, in LLVM IR: made of exponentials and logarithms."""

from __future__ import annotations

from . import coefficients as c
from .ir import Code, Lanes
from .mathematics import (
    INF,
    at_most,
    exp,
    exp_within,
    log1p_of_sum,
    log_of_parts,
    polynomial,
    proper,
    split_sum,
)

__all__: list[str] = []

LARGE = 2.0**60  # beyond, 1 is nothing; the square is not too large yet


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
    below = x < 0.0
    bottom = e + 1.0
    out = code.select(below, e, 1.0) / bottom
    inverse = code.select(below, 1.0 - out, out)
    return out - out * (((1.0 - bottom) + e) * inverse)  # with what 1 + e left out


def erf(code: Code, x: Lanes) -> Lanes:
    """x + x P(x²) below 1, else 1 - exp(-x²) R((|x| - 2) / (|x| + 2)), which from 6 on is 1."""
    size = abs(x)
    z = size * size
    near = code.muladd(size, polynomial(code, z, c.ERF[x.type]), size)
    t = (size - 2.0) / (size + 2.0)
    rest = exp_within(code, -at_most(code, z, 36.0)) * polynomial(code, t, c.ERFC[x.type])
    far = code.select(size > 6.0, 1.0, 1.0 - rest)
    return code.copysign(code.select(size < 1.0, near, far), x)


def sinh(code: Code, x: Lanes) -> Lanes:
    """x + x³ P below 1, else e - 1 / 4e with e = exp(|x|) / 2."""
    size = abs(x)
    z = x * x
    near = code.muladd(size * z, polynomial(code, z, c.SINH[x.type]), size)
    e = exp(code, size, halvings=1)
    return code.copysign(code.select(size < 1.0, near, e - 0.25 / e), x)


def cosh(code: Code, x: Lanes) -> Lanes:
    e = exp(code, abs(x), halvings=1)
    return e + 0.25 / e


def arcsinh(code: Code, x: Lanes) -> Lanes:
    """log(x + √(x² + 1)) = log1p(x + x² / (1 + √(x² + 1)))"""
    size = abs(x)
    z = size * size
    more = z / (code.sqrt(z + 1.0) + 1.0)
    return code.copysign(log_of_large_or_sum(code, size, size, more), x)


def arccosh(code: Code, x: Lanes) -> Lanes:
    """log(x + √(x² - 1)) = log1p(t + √(t (t + 2))), t = x - 1"""
    t = x - 1.0
    product = t * (t + 2.0)
    lost = code.muladd(t, t, t * 2.0 - product)
    root = code.sqrt(product)
    rest = code.fma(-root, root, product) + lost
    more = code.select(t > 0.0, rest / (root + root), 0.0)
    top = code.select(t > root, t, root)
    other = code.select(t > root, root, t)
    out = log_of_large_or_sum(code, x, top, other, more)
    return code.select(x >= 1.0, out, float("nan"))


def log_of_large_or_sum(code: Code, x: Lanes, top: Lanes, other: Lanes, more: Lanes | None = None) -> Lanes:
    """log1p(top + other + more), with all digits of the sum; where x is large, log(2 x)."""
    total = top + other
    lost = (top - total) + other
    near = x < LARGE
    total = code.select(near, total, x)
    k, f, rest = split_sum(code, total, lost + more if more else lost)
    k = code.select(near, k, k + 1.0)
    return proper(code, total, log_of_parts(code, k, f, rest), -1.0)


def arctanh(code: Code, x: Lanes) -> Lanes:
    """log((1 + x) / (1 - x)) / 2 = log1p(2 x + 2 x² / (1 - x)) / 2"""
    size = abs(x)
    double = size + size
    more = double * size / code.select(size <= 1.0, 1.0 - size, float("nan"))
    total = double + more
    lost = code.select(total < INF, (double - total) + more, 0.0)
    return code.copysign(log1p_of_sum(code, total, lost) * 0.5, x)
