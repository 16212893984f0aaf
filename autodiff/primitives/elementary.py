"""The elementary functions: exponentials, roots, trigonometry, and the smooth steps of neural networks.

The partials are those of every table of derivatives.  Where one is written with `out`, the value that was
computed anyway saves the work.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np

from ..backward import pull
from ..batching import aligned
from ..care import has_nan
from ..graph import PLAIN, Rules
from ..kinds import elementwise, general

__all__ = [
    "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "cbrt", "cos", "cosh",
    "deg2rad", "erf", "exp", "exp2", "expm1", "hypot", "log", "log1p", "log2", "log10", "logaddexp",
    "logaddexp2", "rad2deg", "sigmoid", "sin", "sinh", "softplus", "sqrt", "tan", "tanh",
]  # fmt: skip

INEXACT = "a Decimal has no exact one: take it of Value(float(x))"
LOG2, LOG10, ERF = math.log(2), math.log(10), 2 / math.sqrt(math.pi)
DEGREE = math.pi / 180


def number(real: Callable[[float], float], complex_: Callable[[complex], complex] | None = None) -> Any:
    """The function of one Python number: of a complex one, `complex_`; of a Decimal, none."""

    def f(x: Any) -> Any:
        if type(x) is float:
            return real(x)
        if isinstance(x, Decimal):
            raise TypeError(INEXACT)
        return complex_(x) if complex_ and isinstance(x, complex) else real(x)

    return f


def complex_by(f: Callable[[Any], Any]) -> Callable[[complex], complex]:
    """NumPy's function of a complex number where Python has none; like Python's, it raises at a pole."""

    def of_one(x: complex) -> complex:
        with np.errstate(all="raise", under="ignore"):
            return complex(f(x))

    return of_one


def numbers(real: Callable[[float, float], float]) -> Any:
    """The same of two."""

    def f(x: Any, y: Any) -> Any:
        if isinstance(x, Decimal) or isinstance(y, Decimal):
            raise TypeError(INEXACT)
        return real(x, y)

    return f


def sigmoid_of(x: Any) -> Any:
    if isinstance(x, complex):
        e = cmath.exp(-x if x.real >= 0 else x)
        return (1 if x.real >= 0 else e) / (1 + e)
    if x >= 0:
        return 1 / (1 + math.exp(-x))
    e = math.exp(x)  # never exp of something large
    return e / (1 + e)


def softplus_of(x: Any) -> Any:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def logaddexp_of(x: float, y: float) -> float:
    top = max(x, y)
    return top if x == y == top and math.isinf(top) else top + math.log1p(math.exp(-abs(x - y)))


def array_sigmoid(x: Any) -> Any:
    if np.iscomplexobj(x):
        right = np.real(x) >= 0
        e = np.exp(np.where(right, -x, x))
        return np.where(right, np.ones_like(e), e) / (1 + e)
    e = np.exp(-np.abs(x))
    return np.maximum(e, np.greater_equal(x, 0)) / (1.0 + e)


def array_logaddexp(x: Any, y: Any) -> Any:
    """NumPy's, which goes element by element, in large arrays by its vectorized functions."""
    if np.size(x) < 1000:
        return np.logaddexp(x, y)
    out = np.maximum(x, y) + np.log1p(np.exp(-np.abs(np.subtract(x, y))))
    return np.logaddexp(x, y) if has_nan(out) else out  # as inf - inf is


def logaddexp2_of(x: float, y: float) -> float:
    top = max(x, y)
    return top if x == y == top and math.isinf(top) else top + math.log1p(2 ** -abs(x - y)) / LOG2


def array_sinc(x: Any, *, order: int = 0, first: Any = None) -> Any:
    """The derivative of sin(πx) / πx of any order n: πⁿ F(πx, n), where

        F(z, n) = (sin(z + nπ/2) - n F(z, n-1)) / z,

    which cancels near 0; there F is its Taylor series, Σ (-1)ʲ z^(2j-n) / ((2j+1) (2j-n)!).  `first` is what
    it is for order 0, if that is known.
    """
    if not order:
        return np.sinc(x)
    x = np.asarray(x)
    x = x if x.dtype.kind in "fc" else x.astype(float)
    z = math.pi * x
    near = abs(z) < order / 2 + 0.25
    far = np.where(near, 1, z) if np.any(near) else z
    out = np.sin(far) / far if first is None else first
    for n in range(1, order + 1):
        turned = np.asarray(far + n * math.pi / 2)
        np.sin(turned, out=turned)
        turned -= out if n == 1 else n * out
        turned /= far
        out = turned
    out, small, least = np.asarray(out), z[near], (order + 1) // 2
    squares, series = small * small, np.zeros_like(small)
    for j in range(least + order + 8, least - 1, -1):
        series = series * squares + (-1) ** j / ((2 * j + 1) * math.factorial(2 * j - order))
    out[near] = series * small ** (2 * least - order)
    out *= math.pi**order
    return out.astype(x.dtype, copy=False)


def sinc_step(node: Any, g: Any, cot: Any, after: int) -> None:
    """The backward step of sinc, which uses what it is."""
    (x,), order = node.inputs, node.params["order"]
    t = g * array_sinc(x.value, order=order + 1, first=None if order else node.value)
    t = x.fit(PLAIN, t, x.value)
    cot[x] = cot[x] + t if x in cot else t


def sinc_of(x: Any, *, order: int = 0) -> Any:
    if order or isinstance(x, complex):
        return array_sinc(np.array(x), order=order).item()
    if isinstance(x, Decimal):
        raise TypeError(INEXACT)
    return float(np.sinc(float(x)))


def array_bessel(x: Any, *, order: int = 0) -> Any:
    """The modified Bessel function I of whole order."""
    if not order:
        return np.i0(x)
    try:
        from scipy.special import i1, iv
    except ImportError:
        raise ImportError("derivatives of i0 need SciPy: pip install 'autodiff-graph[scipy]'") from None
    return i1(x) if order == 1 else iv(order, x)


def ladder(name: str, f: Any, scalar: Any, slope: Callable[[Any, Any, int], Any], step: Any = None) -> Any:
    """A family of elementwise functions, numbered by `order`, of which each has others for its slope."""
    return general(
        name, f, (lambda m, g, out, x, order: g * slope(m, x, order),),
        lambda m, ts, out, x, order: ts[0] * slope(m, x, order),
        careful=Rules((lambda m, g, out, x, order: m.absorb(g, slope, m, x, order),),
                      lambda m, ts, out, x, order: m.absorb(ts[0], slope, m, x, order)),
        scalar=scalar, batch=aligned, reach="...", steps={False: pull, True: step} if step else None,
    )  # fmt: skip


def array_erf(x: Any) -> Any:
    try:
        from scipy.special import erf
    except ImportError:
        raise ImportError("erf of arrays needs SciPy: pip install 'autodiff-graph[scipy]'") from None
    return erf(x)


# ---- several cotangents at once, of large arrays: see `steps.Joint`
def hypot_jointly(asked: Any, g: Any, out: Any, x: Any, y: Any) -> Any:
    if not np.minimum.reduce(out, None) > 0:  # the slopes of zero are another matter
        return None
    return g * (x / out) if asked[0] else None, g * (y / out) if asked[1] else None


def arctan2_jointly(asked: Any, g: Any, out: Any, x: Any, y: Any) -> Any:
    """In place: what takes more memory than it needs waits for more."""
    if not x.shape == y.shape == g.shape or not x.dtype == y.dtype == g.dtype:
        return None
    square, other = x * x, y * y
    square += other
    if not np.minimum.reduce(square, None) > 1e-30:
        return None
    rate = np.divide(g, square, out=square)
    t = np.multiply(rate, y, out=other) if asked[0] else None
    if asked[1]:
        rate *= x
        np.negative(rate, out=rate)
    return t, rate if asked[1] else None


def arccosh_jointly(asked: Any, g: Any, out: Any, x: Any) -> Any:
    """Of real numbers both roots in one, unless the product is too large."""
    if x.dtype.kind == "c" or not np.minimum.reduce(x, None) > 1:
        return None
    if not np.maximum.reduce(x, None) < np.sqrt(np.finfo(out.dtype).max):
        return None
    return (g / np.sqrt((x - 1) * (x + 1)),)


exp = elementwise("exp", np.exp, number(math.exp, cmath.exp), "out")
exp2 = elementwise("exp2", np.exp2, number(math.exp2, lambda z: 2**z), f"{LOG2} * out")
expm1 = elementwise("expm1", np.expm1, number(math.expm1, complex_by(np.expm1)), "out + 1.0")
log = elementwise("log", np.log, number(math.log, cmath.log), "1.0 / x")
log1p = elementwise("log1p", np.log1p, number(math.log1p, complex_by(np.log1p)), "1.0 / (1.0 + x)")
log2 = elementwise("log2", np.log2, number(math.log2, complex_by(np.log2)), f"1.0 / ({LOG2} * x)")
log10 = elementwise("log10", np.log10, number(math.log10, cmath.log10), f"1.0 / ({LOG10} * x)")
sqrt = elementwise("sqrt", np.sqrt, number(math.sqrt, cmath.sqrt), "0.5 / out")
cbrt = elementwise("cbrt", np.cbrt, number(math.cbrt), "1.0 / (3.0 * out * out)")

sin = elementwise("sin", np.sin, number(math.sin, cmath.sin), "m.cos(x)")
cos = elementwise("cos", np.cos, number(math.cos, cmath.cos), "-m.sin(x)")
tan = elementwise("tan", np.tan, number(math.tan, cmath.tan), "1.0 + out * out")
arcsin = elementwise("arcsin", np.arcsin, number(math.asin, cmath.asin), "1.0 / m.sqrt(1.0 - x * x)")
arccos = elementwise("arccos", np.arccos, number(math.acos, cmath.acos), "-1.0 / m.sqrt(1.0 - x * x)")
arctan = elementwise("arctan", np.arctan, number(math.atan, cmath.atan), "1.0 / (1.0 + x * x)")
hypot = elementwise(
    "hypot", np.hypot, numbers(math.hypot),
    "m.absorb(x, m.divide, 1, out)", "m.absorb(y, m.divide, 1, out)",  # 0 at (0, 0)
    joint=hypot_jointly,
)  # fmt: skip
arctan2 = elementwise(
    "arctan2", np.arctan2, numbers(math.atan2),
    "m.absorb(y, m.divide, 1, x * x + y * y)",
    "m.absorb(-x, m.divide, 1, x * x + y * y)",
    joint=arctan2_jointly,
)  # fmt: skip

sinh = elementwise("sinh", np.sinh, number(math.sinh, cmath.sinh), "m.cosh(x)")
cosh = elementwise("cosh", np.cosh, number(math.cosh, cmath.cosh), "m.sinh(x)")
tanh = elementwise("tanh", np.tanh, number(math.tanh, cmath.tanh), "1.0 - out * out")
arcsinh = elementwise("arcsinh", np.arcsinh, number(math.asinh, cmath.asinh), "1.0 / m.sqrt(x * x + 1.0)")
arccosh = elementwise(
    "arccosh", np.arccosh, number(math.acosh, cmath.acosh), "1.0 / (m.sqrt(x - 1.0) * m.sqrt(x + 1.0))",
    joint=arccosh_jointly,
)  # fmt: skip
arctanh = elementwise("arctanh", np.arctanh, number(math.atanh, cmath.atanh), "1.0 / (1.0 - x * x)")

sigmoid = elementwise("sigmoid", array_sigmoid, number(sigmoid_of), "out * (1.0 - out)")
softplus = elementwise("softplus", lambda x: array_logaddexp(x, 0), number(softplus_of), "m.sigmoid(x)")
logaddexp = elementwise(
    "logaddexp",
    array_logaddexp,
    numbers(logaddexp_of),
    "m.sigmoid(m.shield(x - y, m.not_equal(x, y)))",
    "m.sigmoid(m.shield(y - x, m.not_equal(x, y)))",
)
erf = elementwise("erf", array_erf, number(math.erf), f"{ERF} * m.exp(-x * x)")

logaddexp2 = elementwise(
    "logaddexp2", np.logaddexp2, numbers(logaddexp2_of),
    f"m.sigmoid({LOG2} * m.shield(x - y, m.not_equal(x, y)))",
    f"m.sigmoid({LOG2} * m.shield(y - x, m.not_equal(x, y)))",
)  # fmt: skip
deg2rad = elementwise("deg2rad", np.deg2rad, number(math.radians), DEGREE)
rad2deg = elementwise("rad2deg", np.rad2deg, number(math.degrees), 1 / DEGREE)
sinc = ladder("sinc", lambda x, *, order=0: array_sinc(x, order=order), sinc_of,
              lambda m, x, order: m.sinc(x, order=order + 1), sinc_step)  # fmt: skip
bessel_i = ladder(
    "bessel_i", array_bessel, lambda x, *, order=0: float(array_bessel(float(x), order=order)),
    lambda m, x, order: (m.bessel_i(x, order=abs(order - 1)) + m.bessel_i(x, order=order + 1)) / 2,
)  # fmt: skip

# where the text of a rule doesn't read as a formula
hypot.__doc__ = "sqrt(x² + y²).  ∂/∂x = x / out, ∂/∂y = y / out; 0 at (0, 0)."
arctan2.__doc__ = (
    "The angle of the point (y, x), arctan(x / y).  ∂/∂x = y / (x² + y²), ∂/∂y = -x / (x² + y²)."
)
logaddexp.__doc__ = "log(exp(x) + exp(y)).  ∂/∂x = exp(x - out), ∂/∂y = exp(y - out); 1/2 if both are inf."
logaddexp2.__doc__ = "log2(2**x + 2**y).  ∂/∂x = 2**(x - out), ∂/∂y = 2**(y - out)."
exp2.__doc__ = "2**x, elementwise.  ∂/∂x = log(2) out."
deg2rad.__doc__ = "Degrees as radians, elementwise.  ∂/∂x = π / 180."
rad2deg.__doc__ = "Radians as degrees, elementwise.  ∂/∂x = 180 / π."
log2.__doc__ = "log2(x), elementwise.  ∂/∂x = 1 / (x log 2)."
log10.__doc__ = "log10(x), elementwise.  ∂/∂x = 1 / (x log 10)."
erf.__doc__ = "The error function, elementwise; of arrays by SciPy.  ∂/∂x = 2 / sqrt(π) exp(-x²)."
