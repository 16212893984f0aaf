"""The elementary functions: exponentials, roots, trigonometry, and the smooth steps of neural networks.

The partials are those of every table of derivatives.  Where one is written with `out`, the value that was
computed anyway saves the work.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..kinds import elementwise

__all__ = [
    "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "cbrt", "cos", "cosh", "erf", "exp",
    "expm1", "log", "log10", "log1p", "log2", "sigmoid", "sin", "sinh", "softplus", "sqrt", "tan", "tanh",
]  # fmt: skip

LOG2, LOG10, ERF = math.log(2), math.log(10), 2 / math.sqrt(math.pi)


def number(name: str) -> Callable[[Any], Any]:
    """The function of one Python number: `math`'s, or `cmath`'s for a complex one."""
    real, complex_ = getattr(math, name), getattr(cmath, name, None)
    if complex_ is None:
        return real

    def f(x: Any) -> Any:
        return complex_(x) if type(x) is complex else real(x)

    return f


def sigmoid_of(x: Any) -> Any:
    if x >= 0:
        return 1 / (1 + math.exp(-x))
    e = math.exp(x)  # never exp of something large
    return e / (1 + e)


def softplus_of(x: Any) -> Any:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def array_erf(x: Any) -> Any:
    try:
        from scipy.special import erf
    except ImportError:
        raise ImportError("erf of arrays needs SciPy: pip install 'autodiff-graph[scipy]'") from None
    return erf(x)


exp = elementwise("exp", np.exp, number("exp"), lambda m, out, x: out)
expm1 = elementwise("expm1", np.expm1, math.expm1, lambda m, out, x: out + 1)
log = elementwise("log", np.log, number("log"), lambda m, out, x: 1 / x)
log1p = elementwise("log1p", np.log1p, math.log1p, lambda m, out, x: 1 / (1 + x))
log2 = elementwise("log2", np.log2, math.log2, lambda m, out, x: 1 / (LOG2 * x))
log10 = elementwise("log10", np.log10, number("log10"), lambda m, out, x: 1 / (LOG10 * x))
sqrt = elementwise("sqrt", np.sqrt, number("sqrt"), lambda m, out, x: 0.5 / out)
cbrt = elementwise("cbrt", np.cbrt, math.cbrt, lambda m, out, x: 1 / (3 * out * out))

sin = elementwise("sin", np.sin, number("sin"), lambda m, out, x: m.cos(x))
cos = elementwise("cos", np.cos, number("cos"), lambda m, out, x: -m.sin(x))
tan = elementwise("tan", np.tan, number("tan"), lambda m, out, x: 1 + out * out)
arcsin = elementwise("arcsin", np.arcsin, number("asin"), lambda m, out, x: 1 / m.sqrt(1 - x * x))
arccos = elementwise("arccos", np.arccos, number("acos"), lambda m, out, x: -1 / m.sqrt(1 - x * x))
arctan = elementwise("arctan", np.arctan, number("atan"), lambda m, out, x: 1 / (1 + x * x))
arctan2 = elementwise(
    "arctan2", np.arctan2, math.atan2,
    lambda m, out, y, x: m.absorb(x, m.divide, 1, x * x + y * y),
    lambda m, out, y, x: m.absorb(-y, m.divide, 1, x * x + y * y),
)  # fmt: skip

sinh = elementwise("sinh", np.sinh, number("sinh"), lambda m, out, x: m.cosh(x))
cosh = elementwise("cosh", np.cosh, number("cosh"), lambda m, out, x: m.sinh(x))
tanh = elementwise("tanh", np.tanh, number("tanh"), lambda m, out, x: 1 - out * out)
arcsinh = elementwise("arcsinh", np.arcsinh, number("asinh"), lambda m, out, x: 1 / m.sqrt(x * x + 1))
arccosh = elementwise("arccosh", np.arccosh, number("acosh"), lambda m, out, x: 1 / (m.sqrt(x - 1) * m.sqrt(x + 1)))
arctanh = elementwise("arctanh", np.arctanh, number("atanh"), lambda m, out, x: 1 / (1 - x * x))

sigmoid = elementwise("sigmoid", lambda x: np.exp(-np.logaddexp(0, -x)), sigmoid_of, lambda m, out, x: out * (1 - out))
softplus = elementwise("softplus", lambda x: np.logaddexp(0, x), softplus_of, lambda m, out, x: m.sigmoid(x))
erf = elementwise("erf", array_erf, math.erf, lambda m, out, x: ERF * m.exp(-x * x))
