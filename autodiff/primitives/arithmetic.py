"""Arithmetic, comparison, and what selects: +, -, *, /, **, abs, maximum, where…

    name = kind("name", NumPy's function, the function of one number, each partial derivative…)

Kinks follow one policy: the slope at a kink is 0 (`abs`, `relu`), a tie of `maximum` is shared equally.
"""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..batching import aligned
from ..graph import Rules
from ..kinds import constant, elementwise, general, linear

__all__ = [
    "absolute", "add", "bitwise_and", "bitwise_count", "bitwise_or", "bitwise_xor", "ceil", "conjugate",
    "copysign", "divide", "equal", "fabs", "float_power", "floor", "floor_divide", "fmax", "fmin", "fmod",
    "gcd", "greater", "greater_equal", "heaviside", "imag", "invert", "isfinite", "isinf", "isnan", "lcm",
    "ldexp", "left_shift", "less", "less_equal", "logical_and", "logical_not", "logical_or", "logical_xor",
    "maximum", "minimum", "multiply", "negative", "not_equal", "positive", "power", "real", "reciprocal",
    "relu", "remainder", "right_shift", "rint", "sign", "signbit", "spacing", "square", "subtract", "trunc",
]  # fmt: skip


def real_power(x: Any, y: Any) -> Any:
    out = x**y
    if isinstance(out, complex) and not isinstance(x, complex) and not isinstance(y, complex):
        raise ValueError(
            "a negative number to a fractional power is not real; start from complex(x) if meant"
        )
    return out


def sign_of(x: Any) -> Any:
    if isinstance(x, complex):
        raise TypeError("the sign of a complex number has no derivative here; divide by abs(x) instead")
    return type(x)((x > 0) - (x < 0)) if x == x else x


def array_sign(x: Any) -> Any:
    return np.sign(x) if np.asarray(x).dtype.kind != "c" else sign_of(0j)


def half_of(strictly: Any, loosely: Any, *xs: Any) -> Any:
    """1 where both are true, 1/2 where one is, else 0: in the precision of the xs.

    Nearly always both are the same, and counting them is cheaper than adding them.
    """
    dtype = xs[0].dtype
    if any(x.dtype is not dtype for x in xs):
        dtype = np.result_type(*xs)
    half: Any = halves.get(dtype, halves[np.dtype(float)])
    if np.count_nonzero(strictly) == np.count_nonzero(loosely):
        return strictly.astype(half.dtype)
    return np.add(strictly, loosely, dtype=half.dtype) * half


def array_share(x: Any, y: Any) -> Any:
    """1 where x is larger, 1/2 where it is y's equal, else 0."""
    return half_of(x > y, x >= y, x, y)


def array_number_share(x: Any, y: Any) -> Any:
    """The same, where a number beats a NaN: the weights of fmax."""
    x, y = np.asarray(x), np.asarray(y)
    ahead, behind = x != x, y != y
    return half_of((x > y) | (behind & ~ahead), (x >= y) | behind, x, y)


def array_clip_share(x: Any, low: Any, high: Any) -> Any:
    """1 between the bounds, 1/2 on one of them, or on both, else 0."""
    x, low, high = np.asarray(x), np.asarray(low), np.asarray(high)
    return half_of((x > low) & (x < high), (x >= low) & (x <= high), x, low, high)


def number_share_of(x: Any, y: Any) -> Any:
    if x == y or (x != x and y != y):
        return type(x)(1) / 2
    return type(x)(x > y or y != y)


def step_of(x: Any, y: Any) -> Any:
    return x if x != x else y if x == 0 else type(x)(x > 0)


halves = {np.dtype(t): np.array(0.5, t) for t in (np.float16, np.float32, np.float64, np.longdouble)}


def absolute_partial(m: Any, out: Any, x: Any) -> Any:
    """m.sign(x)"""
    if np.iscomplexobj(getattr(x, "value", x)):
        return m.conjugate(m.absorb(x, m.divide, 1, out))  # 0 at 0
    return m.sign(x)


# ---- several cotangents at once, of large arrays: see `steps.Joint`
def masked(g: Any, mask: Any) -> Any:
    """g where the mask is true, else 0 (NaN, where g is not finite)."""
    out = mask.astype(g.dtype)
    out *= g
    return out


def larger_of(before: Any) -> Any:
    """Of maximum or minimum, where there are no ties and no NaN."""

    def together(asked: Any, g: Any, out: Any, x: Any, y: Any) -> Any:
        first, second = before(x, y), before(y, x)
        if np.count_nonzero(first) + np.count_nonzero(second) < out.size:
            return None
        t = masked(g, first) if asked[0] else None
        return t, None if not asked[1] else masked(g, second) if t is None else g - t

    return together


def clip_jointly(asked: Any, g: Any, out: Any, x: Any, low: Any, high: Any) -> Any:
    if asked[1] or asked[2]:
        return None
    inside = (x > low) & (x < high)
    if np.count_nonzero(inside) != np.count_nonzero(x == out):  # x stands on a bound
        return None
    return masked(g, inside), None, None


def turned_with(asked: Any, g: Any, out: Any, x: Any) -> Any:
    """g times the sign of x, which flips a bit of g; or, of complex x, times the conjugate of x / |x|."""
    if not np.minimum.reduce(out, None) > (1e-30 if x.dtype.kind == "c" else 0):  # 0 or NaN
        return None
    if x.dtype.kind == "c":
        t = np.conjugate(x)
        t *= g / out
        return (t,)
    if x.dtype not in FLIP or g.dtype is not x.dtype:
        return None
    bits, sign_bit = FLIP[x.dtype]
    t = np.empty_like(out)
    into: Any = t.view(bits)
    np.bitwise_and(x.view(bits), sign_bit, out=into)
    into ^= g.view(bits)
    return (t,)


FLIP: dict[Any, tuple[Any, Any]] = {
    np.dtype("f8"): (np.uint64, np.uint64(1 << 63)),
    np.dtype("f4"): (np.uint32, np.uint32(1 << 31)),
}


def mantissa_jointly(asked: Any, g: Any, out: Any, x: Any) -> Any:
    """out / x is the power of 2, unless x is 0, or so small that the power is too large."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        t = np.divide(out, x)
    if not np.maximum.reduce(t, None) < np.inf:
        return None
    t *= g
    return (t,)


def whole(step: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """floor and the like, which Python makes int, in the type of their argument."""
    return lambda x: type(x)(step(x))


add = elementwise("add", np.add, operator.add, 1, 1, form="x + y")
subtract = elementwise("subtract", np.subtract, operator.sub, 1, -1, form="x - y")
multiply = elementwise("multiply", np.multiply, operator.mul, "y", "x", form="x * y")
divide = elementwise("divide", np.divide, operator.truediv, "1 / y", "-out / y", form="x / y")
identity = elementwise(
    "identity", lambda x: x, lambda x: x, 1, form="x"
)  # a new variable that stands for another
negative = elementwise("negative", np.negative, operator.neg, -1, form="-x")
positive = elementwise("positive", np.positive, operator.pos, 1, form="+x")
square = elementwise("square", np.square, lambda x: x * x, "2 * x", form="x ** 2")
reciprocal = elementwise("reciprocal", np.reciprocal, lambda x: 1 / x, "-out * out", form="1 / x")
# x**0 is 1 wherever x is, so y == 0 absorbs 0**-1; and 0**y stays 0, so out == 0 absorbs log(0)
power = elementwise(
    "power", np.power, real_power,
    "m.absorb(y, m.power, x, y - 1)", "m.absorb(out * m.not_equal(x, 0), m.log, x)",
    form="x ** y",
)  # fmt: skip
float_power = elementwise(
    "float_power", np.float_power, real_power,
    "m.absorb(y, m.float_power, x, y - 1)", "m.absorb(out * m.not_equal(x, 0), m.log, x)",
    form="x ** y",
)  # fmt: skip
remainder = elementwise("remainder", np.remainder, operator.mod, 1, "-m.rint((x - out) / y)", form="x % y")
fmod = elementwise("fmod", np.fmod, math.fmod, 1, "-m.rint((x - out) / y)")
absolute = elementwise("absolute", np.absolute, abs, absolute_partial, form="abs(x)", joint=turned_with)
fabs = elementwise("fabs", np.fabs, math.fabs, "m.sign(x)", joint=turned_with)
copysign = elementwise("copysign", np.copysign, math.copysign, "m.sign(x) * m.copysign(1.0, y)", None)
ldexp = elementwise("ldexp", np.ldexp, lambda x, y: math.ldexp(x, int(y)), "m.ldexp(1.0, y)", None)
# the parts of modf and frexp: x = fraction + whole_part = mantissa · 2**exponent
fraction = elementwise("fraction", lambda x: np.modf(x)[0], lambda x: math.modf(x)[0], 1)
mantissa = elementwise(
    "mantissa", lambda x: np.frexp(x)[0], lambda x: math.frexp(x)[0], "m.ldexp(1.0, -m.exponent(x))",
    joint=mantissa_jointly,
)  # fmt: skip
whole_part = constant("whole_part", lambda x: np.modf(x)[1], lambda x: math.modf(x)[1])
exponent = constant("exponent", lambda x: np.frexp(x)[1], lambda x: math.frexp(x)[1])

floor_divide = constant(  # Fractions stay so
    "floor_divide", np.floor_divide, lambda x, y: type(x + y)(x // y), form="x // y"
)
floor = constant("floor", np.floor, whole(math.floor))
ceil = constant("ceil", np.ceil, whole(math.ceil))
trunc = constant("trunc", np.trunc, whole(math.trunc))
rint = constant("rint", np.rint, whole(builtins.round))
round = constant(
    "round",
    lambda x, *, decimals=0: np.round(x, decimals),
    lambda x, *, decimals=0: builtins.round(x, decimals),
)
sign = constant("sign", array_sign, sign_of)
detached = constant("detached", lambda x: x, lambda x: x)  # what detach() makes of a value that is traced
angle = constant("angle", lambda x: np.angle(x), lambda x: math.atan2(0.0, x))  # of real numbers
spacing = constant("spacing", np.spacing, lambda x: math.copysign(math.ulp(x), x))

equal = constant("equal", np.equal, operator.eq, form="x == y")
not_equal = constant("not_equal", np.not_equal, operator.ne, form="x != y")
less = constant("less", np.less, operator.lt, form="x < y")
less_equal = constant("less_equal", np.less_equal, operator.le, form="x <= y")
greater = constant("greater", np.greater, operator.gt, form="x > y")
greater_equal = constant("greater_equal", np.greater_equal, operator.ge, form="x >= y")
ones_like = constant("ones_like", lambda x: np.ones_like(x), lambda x: type(x)(1))
zeros_like = constant("zeros_like", lambda x: np.zeros_like(x), lambda x: type(x)(0))

# what selects: partials are weights, see `kinds.elementwise`
clip_share = constant(
    "clip_share", array_clip_share,
    lambda x, y, z: ((y < x < z) + (y <= x <= z)) * type(x)(1) / 2,
)  # fmt: skip
share = constant("share", array_share, lambda x, y: ((x > y) + (x >= y)) * type(x)(1) / 2)
where = elementwise(
    "where", lambda c, x, y: np.where(c, x, y), lambda c, x, y: x if c else y,
    None, "m.not_equal(x, False)", "m.equal(x, False)", selects=True,
)  # fmt: skip
maximum = elementwise(
    "maximum", np.maximum, lambda x, y: x if x > y or x != x else y,
    "m.share(x, y)", "m.share(y, x)", selects=True, joint=larger_of(np.greater),
)  # fmt: skip
minimum = elementwise(
    "minimum", np.minimum, lambda x, y: x if x < y or x != x else y,
    "m.share(y, x)", "m.share(x, y)", selects=True, joint=larger_of(np.less),
)  # fmt: skip
clip = elementwise(
    "clip", np._core.umath.clip,  # type: ignore[attr-defined]  # the ufunc that np.clip calls
    lambda x, y, z: min(max(x, y), z) if x == x else x,
    "m.clip_share(x, y, z)", "m.share(y, x) * m.share(z, m.maximum(x, y))", "m.share(m.maximum(x, y), z)",
    selects=True, joint=clip_jointly,
)  # fmt: skip
number_share = constant("number_share", array_number_share, number_share_of)
fmax = elementwise(
    "fmax", np.fmax, lambda x, y: x if x >= y or y != y else y,
    "m.number_share(x, y)", "m.number_share(y, x)", selects=True, joint=larger_of(np.greater),
)  # fmt: skip
fmin = elementwise(
    "fmin", np.fmin, lambda x, y: x if x <= y or y != y else y,
    "m.number_share(-x, -y)", "m.number_share(-y, -x)", selects=True, joint=larger_of(np.less),
)  # fmt: skip
heaviside = elementwise("heaviside", np.heaviside, step_of, None, "m.equal(x, 0)", selects=True)
relu = elementwise(
    "relu", lambda x: np.maximum(x, 0), lambda x: x if x > 0 or x != x else type(x)(),
    "m.greater(x, 0)", selects=True,
)  # fmt: skip
# x, or 0 where x is inf or NaN and y says that nothing depends on it: the heart of `Namespace.absorb`.  It is
# its own transpose and its own tangent, so that what the product of a and shield(b, a != 0) loses at any
# order is only what is not finite.  Masking by y alone would lose the mixed second derivative, a' b'.
shield = general(
    "shield", lambda x, y: np.where((y != 0) | np.isfinite(x), x, 0),
    (lambda m, g, out, x, y: m.shield(g, y), None), lambda m, ts, out, x, y: m.shield(ts[0], y),
    scalar=lambda x, y: x if y or x - x == 0 else 0.0, selects=True, batch=aligned, reach="...",
)  # fmt: skip
nan_to_num = general(
    "nan_to_num", lambda x, *, nan=0.0, posinf=None, neginf=None: np.nan_to_num(x, True, nan, posinf, neginf),
    (lambda m, g, out, x, **_: g * m.isfinite(x),), lambda m, ts, out, x, **_: ts[0] * m.isfinite(x),
    careful=Rules(
        (lambda m, g, out, x, **_: m.absorb(m.isfinite(x), lambda: g),),
        lambda m, ts, out, x, **_: m.absorb(m.isfinite(x), lambda: ts[0]),
    ),
    scalar=lambda x, *, nan=0.0, posinf=None, neginf=None: np.nan_to_num(x, True, nan, posinf, neginf).item(),
    selects=True, batch=aligned, reach="...",
)  # fmt: skip
# complex numbers: linear over the reals.  A cotangent is ∂/∂re - i ∂/∂im, as in JAX and HIPS autograd.
real = linear(
    "real", lambda x: np.real(x), lambda m, g, x: g, scalar=lambda x: x.real, batch=aligned, reach="..."
)
imag = linear(
    "imag", lambda x: np.imag(x), lambda m, g, x: g * -1j, scalar=lambda x: x.imag, batch=aligned, reach="..."
)
conjugate = linear(
    "conjugate",
    lambda x: np.conjugate(x),
    lambda m, g, x: m.conjugate(g),
    scalar=lambda x: x.conjugate(),
    batch=aligned,
    reach="...",
)
# of whole numbers and truth values
bitwise_and = constant("bitwise_and", np.bitwise_and)
bitwise_or = constant("bitwise_or", np.bitwise_or)
bitwise_xor = constant("bitwise_xor", np.bitwise_xor)
bitwise_count = constant("bitwise_count", np.bitwise_count)
gcd, lcm = constant("gcd", np.gcd), constant("lcm", np.lcm)
left_shift, right_shift = constant("left_shift", np.left_shift), constant("right_shift", np.right_shift)
invert, logical_not = constant("invert", np.invert), constant("logical_not", np.logical_not)
logical_and, logical_or = constant("logical_and", np.logical_and), constant("logical_or", np.logical_or)
logical_xor = constant("logical_xor", np.logical_xor)
isnan, isinf = constant("isnan", np.isnan), constant("isinf", np.isinf)
isfinite, signbit = constant("isfinite", np.isfinite), constant("signbit", np.signbit)
truncated = constant("truncated", lambda x, *, dtype: x.astype(dtype))  # to whole numbers

# where the text of a rule doesn't read as a formula
real.__doc__ = "The real part, elementwise.  It is its own transpose."
imag.__doc__ = "The imaginary part, elementwise.  Its transpose is -i g."
conjugate.__doc__ = "The complex conjugate, elementwise.  It is its own transpose."
power.__doc__ = "x ** y.  ∂/∂x = y x^(y-1), 0 where y is 0; ∂/∂y = x^y log x, 0 where x is 0."
float_power.__doc__ = "x ** y in double precision.  ∂/∂x = y x^(y-1), 0 where y is 0; ∂/∂y = x^y log x."
fmod.__doc__ = "x - y trunc(x / y), with the sign of x.  ∂/∂x = 1, ∂/∂y = -trunc(x / y)."
copysign.__doc__ = "|x| with the sign of y.  ∂/∂x = sign(x) sign(y), 0 at 0; ∂/∂y is zero."
ldexp.__doc__ = "x 2**y, for whole y.  ∂/∂x = 2**y."
fmax.__doc__ = "The larger of x and y, or the one that is not NaN.  The derivative is that of the larger."
fmin.__doc__ = "The smaller of x and y, or the one that is not NaN.  The derivative is that of the smaller."
heaviside.__doc__ = "0 for negative x, 1 for positive, y at 0.  ∂/∂x is zero, ∂/∂y = 1 where x is 0."
remainder.__doc__ = "x % y, with the sign of y.  ∂/∂x = 1, ∂/∂y = -floor(x / y)."
absolute.__doc__ = "|x|.  ∂/∂x = sign(x), 0 at 0; of a complex number, the conjugate of x / |x|."
where.__doc__ = "y where x is true, else z.  The derivative is that of the one that was taken."
clip.__doc__ = "x between y and z.  ∂/∂x = 1 between them, 1/2 on a bound; ∂/∂y and ∂/∂z = 1 beyond it."
maximum.__doc__ = "The larger of x and y.  The derivative is that of the larger; a tie shares it equally."
minimum.__doc__ = "The smaller of x and y.  The derivative is that of the smaller; a tie shares it equally."
relu.__doc__ = "x where it is positive, else 0.  ∂/∂x = 1 where x > 0, else 0, at 0 as well."
