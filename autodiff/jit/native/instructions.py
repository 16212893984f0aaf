"""How each primitive is written in LLVM IR: the one table.

    native(op, dtypes, params)          whether it can be, of inputs of these dtypes, with these settings
    write(code, op, inputs, params)     writes it, and returns the result

A primitive without a row works as well: it is a call of NumPy between two stretches of native code.  What is
written gives what NumPy gives, up to the last digits, and inf, NaN and signed zeros where NumPy gives them.

Operands of several dtypes are converted to what NumPy promotes them to.  `kinds` says of which dtypes there
is code: f for float64 and float32, F for these and for whole numbers taken as float64, i for int64 and
int32, b for truth values.

Python's numbers are float64, with one difference.  Where NumPy gives inf or NaN, Python may raise: rows that
say `raises` are those, and then a result that is not finite is to be left to Python.  Where Python gives
something else, the row is for `arrays`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...graph import Primitive
from ...kinds import PRIMITIVES
from . import binary as B
from . import hyperbolic as H
from . import mathematics as M
from . import powers as P
from . import trigonometry as T
from .ir import FORMATS, TYPES, Code, Lanes

__all__ = ["INSTRUCTIONS", "Instruction", "native", "write"]

INF, NAN = float("inf"), float("nan")
EVERY, FIRST, OTHERS = slice(None), slice(1), slice(1, None)
DTYPES = {name: dtype for dtype, name in TYPES.items()}


@dataclass(frozen=True)
class Instruction:
    """One row: `write(code, *inputs, **params)`, of inputs of which the `promoted` have one type."""

    write: Callable[..., Lanes]
    kinds: str = "f"
    raises: bool = False
    arrays: bool = False
    promoted: Any = field(default_factory=lambda: EVERY)
    able: Callable[..., bool] | None = None  # with which settings


def native(op: Primitive | None, dtypes: Sequence[Any], params: Mapping[str, Any]) -> bool:
    """Whether a primitive can be written natively, of inputs of these dtypes (NumPy's, or float and bool)."""
    row = row_of(op)
    if row is None or not all(has_type(dtype) for dtype in dtypes):
        return False
    if row.able and not row.able(**params):
        return False
    if row.arrays and any(isinstance(dtype, type) and dtype in (float, bool) for dtype in dtypes):
        return False
    return operand(row, dtypes) is not None


def write(code: Code, op: Primitive, inputs: Sequence[Lanes], params: Mapping[str, Any]) -> Lanes:
    """The result of a primitive for which `native` is true."""
    row = row_of(op)
    assert row is not None
    type = operand(row, [DTYPES[x.type] for x in inputs])
    assert type is not None
    xs = list(inputs)
    xs[row.promoted] = [code.convert(x, type) for x in xs[row.promoted]]
    return row.write(code, *xs, **params)


def has_type(dtype: Any) -> bool:
    """Of Python's numbers, those that NumPy has, too: whole ones know no bounds."""
    return dtype in (float, bool) or (dtype is not int and np.dtype(dtype) in TYPES)


def row_of(op: Primitive | None) -> Instruction | None:
    return INSTRUCTIONS.get(op.name) if op is not None and PRIMITIVES.get(op.name) is op else None


def operand(row: Instruction, dtypes: Sequence[Any]) -> str | None:
    """The type in which a row computes with inputs of these dtypes."""
    common = np.result_type(*[np.dtype(dtype) for dtype in dtypes[row.promoted]])
    if common.kind in "iu" and "F" in row.kinds:
        common = np.result_type(common, np.float64)
    return TYPES.get(common) if common.kind in row.kinds.lower() else None


# ---- rows that are more than an operator -----------------------------------------------------------------
def sign(code: Code, x: Lanes) -> Lanes:
    one = code.constant(1, x.type)
    if x.type not in FORMATS:
        return code.select(x > 0, one, code.select(x < 0, -1, x))
    return code.select(x > 0.0, 1.0, code.select(x < 0.0, -1.0, code.select(x.equals(0.0), 0.0, x)))


def maximum(code: Code, x: Lanes, y: Lanes) -> Lanes:
    """The first NaN, if there is one."""
    larger = code.select(x > y, x, y)
    return code.select(x.is_nan(), x, larger) if x.type in FORMATS else larger


def minimum(code: Code, x: Lanes, y: Lanes) -> Lanes:
    smaller = code.select(x < y, x, y)
    return code.select(x.is_nan(), x, smaller) if x.type in FORMATS else smaller


def clip(code: Code, x: Lanes, low: Lanes, high: Lanes) -> Lanes:
    return minimum(code, maximum(code, x, low), high)


def fmax(code: Code, x: Lanes, y: Lanes) -> Lanes:
    return code.select((x >= y) | y.is_nan(), x, y)


def fmin(code: Code, x: Lanes, y: Lanes) -> Lanes:
    return code.select((x <= y) | y.is_nan(), x, y)


def half_of(code: Code, strictly: Lanes, loosely: Lanes, type: str) -> Lanes:
    """1 where both are true, 1/2 where one is, else 0."""
    loose = code.select(loosely, 0.5, 0.0, type)
    return code.select(strictly, 1.0, loose)


def share(code: Code, x: Lanes, y: Lanes) -> Lanes:
    return half_of(code, x > y, x >= y, x.type)


def number_share(code: Code, x: Lanes, y: Lanes) -> Lanes:
    ahead, behind = x.is_nan(), y.is_nan()
    return half_of(code, (x > y) | (behind & ~ahead), (x >= y) | behind, x.type)


def clip_share(code: Code, x: Lanes, low: Lanes, high: Lanes) -> Lanes:
    return half_of(code, (x > low) & (x < high), (x >= low) & (x <= high), x.type)


def heaviside(code: Code, x: Lanes, y: Lanes) -> Lanes:
    step = code.select(x > 0.0, 1.0, code.select(x < 0.0, 0.0, x))
    return code.select(x.equals(0.0), y, step)


def is_finite(code: Code, x: Lanes) -> Lanes:
    return abs(x) < INF


def shield(code: Code, x: Lanes, y: Lanes) -> Lanes:
    """x, or 0 where it is not finite and y is 0."""
    return code.select(y.differs(0) | is_finite(code, x), x, 0)


def nan_to_num(code: Code, x: Lanes, *, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Lanes:
    largest = float(np.finfo(x.format.dtype).max)
    out = code.select(x.equals(INF), largest if posinf is None else posinf, x)
    out = code.select(x.equals(-INF), -largest if neginf is None else neginf, out)
    return code.select(x.is_nan(), nan, out)


def remainder(code: Code, x: Lanes, y: Lanes) -> Lanes:
    """With the sign of y, as in Python."""
    rest = code.call(B.fmod, x, y)
    other = (rest < 0.0) ^ (y < 0.0)
    shifted = code.select(other, rest + y, rest)
    return code.select(rest.equals(0.0), code.copysign(code.constant(0.0, x.type), y), shifted)


def floor_divide(code: Code, x: Lanes, y: Lanes) -> Lanes:
    """The quotient without the remainder, which is whole but for rounding."""
    rest = code.call(B.fmod, x, y)
    other = rest.differs(0.0) & ((rest < 0.0) ^ (y < 0.0))
    ratio = (x - rest) / y
    ratio = code.select(other, ratio - 1.0, ratio)
    whole = code.intrinsic("floor", ratio)
    whole = code.select(ratio - whole > 0.5, whole + 1.0, whole)
    full = x / y
    whole = code.select(ratio.equals(0.0), code.copysign(code.constant(0.0, x.type), full), whole)
    return code.select(y.equals(0.0), full, whole)


def fmod(code: Code, x: Lanes, y: Lanes) -> Lanes:
    return code.call(B.fmod, x, y)


def signbit(code: Code, x: Lanes) -> Lanes:
    return code.bits(x) < 0


def angle(code: Code, x: Lanes) -> Lanes:
    """That of a real number: 0 or π."""
    found = code.select(signbit(code, x), math.pi, 0.0, x.type)
    return code.select(x.is_nan(), x, found)


def cast(code: Code, x: Lanes, *, dtype: Any) -> Lanes:
    return code.convert(x, TYPES[np.dtype(dtype)])


def float_power(code: Code, x: Lanes, y: Lanes) -> Lanes:
    return code.call(P.power, code.convert(x, "double"), code.convert(y, "double"))


def sinc(code: Code, x: Lanes, *, order: int) -> Lanes:
    """sin(πx) / πx"""
    y = x * math.pi
    return code.select(y.equals(0.0), 1.0, code.call(T.sin, y) / y)


def truth(code: Code, x: Lanes) -> Lanes:
    return x.differs(0)


# ---- the table -------------------------------------------------------------------------------------------
def compared(name: str) -> Instruction:
    return Instruction(lambda code, x, y: code.compare(name, x, y), "fib")


def function(f: Callable[..., Lanes], raises: bool = False) -> Instruction:
    """A function of mathematics, in place or called."""
    return Instruction(lambda code, *xs: code.call(f, *xs), "F", raises)


def rounding(name: str, **more: Any) -> Instruction:
    return Instruction(lambda code, x, **params: code.intrinsic(name, x), raises=True, **more)


def whole_decimals(*, decimals: int) -> bool:
    return not decimals


def itself(*, order: int) -> bool:
    return not order


def to_floats(*, dtype: Any) -> bool:
    return np.dtype(dtype) in TYPES and np.dtype(dtype).kind == "f"


FUNCTIONS = (
    H.tanh, H.sigmoid, H.erf, H.arcsinh, M.softplus, M.logaddexp, M.logaddexp2, P.cbrt, P.hypot, T.arctan,
    T.arctan2,
)  # fmt: skip
RAISING = (  # what Python's function of a number raises where NumPy's gives inf or NaN
    M.exp, M.exp2, M.expm1, M.log, M.log1p, M.log2, M.log10, H.sinh, H.cosh, H.arccosh, H.arctanh,
    T.sin, T.cos, T.tan, T.arcsin, T.arccos,
)  # fmt: skip
INSTRUCTIONS: dict[str, Instruction] = {
    # arithmetic
    "add": Instruction(lambda code, x, y: x + y, "fi"),
    "subtract": Instruction(lambda code, x, y: x - y, "fi"),
    "multiply": Instruction(lambda code, x, y: x * y, "fi"),
    "divide": Instruction(lambda code, x, y: x / y, "F", raises=True),
    "negative": Instruction(lambda code, x: -x, "fi"),
    "positive": Instruction(lambda code, x: x, "fi"),
    "identity": Instruction(lambda code, x: x, "fib"),
    "detached": Instruction(lambda code, x: x, "fib"),
    "real": Instruction(lambda code, x: x, "fi"),
    "conjugate": Instruction(lambda code, x: x, "fi"),
    "square": Instruction(lambda code, x: x * x, "fi"),
    "reciprocal": Instruction(lambda code, x: 1.0 / x, raises=True),
    "remainder": Instruction(remainder, raises=True),
    "floor_divide": Instruction(floor_divide, raises=True),
    "fmod": Instruction(fmod, raises=True),
    "absolute": Instruction(lambda code, x: abs(x), "fi"),
    "fabs": Instruction(lambda code, x: abs(x), "F"),
    "copysign": Instruction(lambda code, x, y: code.copysign(x, y), "F"),
    "sign": Instruction(sign, "fi"),
    "floor": rounding("floor"),
    "ceil": rounding("ceil"),
    "trunc": rounding("trunc"),
    "rint": rounding("rint"),
    "whole_part": rounding("trunc"),
    "round": rounding("rint", able=whole_decimals),
    "fraction": Instruction(B.fraction),
    "mantissa": Instruction(B.mantissa),
    "exponent": Instruction(B.exponent, arrays=True),
    "ldexp": Instruction(B.ldexp, arrays=True, promoted=FIRST),
    "spacing": Instruction(B.spacing, arrays=True),
    "deg2rad": Instruction(lambda code, x: x * (math.pi / 180), "F"),
    "rad2deg": Instruction(lambda code, x: x * (180 / math.pi), "F"),
    "angle": Instruction(angle, "F"),
    "ones_like": Instruction(lambda code, x: code.constant(1, x.type), "fib"),
    "zeros_like": Instruction(lambda code, x: code.constant(0, x.type), "fib"),
    "cast": Instruction(cast, "fib", able=to_floats),
    # comparisons and what is made of truth values
    "equal": compared("eq"),
    "not_equal": compared("ne"),
    "less": compared("lt"),
    "less_equal": compared("le"),
    "greater": compared("gt"),
    "greater_equal": compared("ge"),
    "logical_and": Instruction(lambda code, x, y: truth(code, x) & truth(code, y), "fib"),
    "logical_or": Instruction(lambda code, x, y: truth(code, x) | truth(code, y), "fib"),
    "logical_xor": Instruction(lambda code, x, y: truth(code, x) ^ truth(code, y), "fib"),
    "logical_not": Instruction(lambda code, x: ~truth(code, x), "fib"),
    "bitwise_and": Instruction(lambda code, x, y: x & y, "ib"),
    "bitwise_or": Instruction(lambda code, x, y: x | y, "ib"),
    "bitwise_xor": Instruction(lambda code, x, y: x ^ y, "ib"),
    "invert": Instruction(lambda code, x: ~x, "ib"),
    "left_shift": Instruction(B.left_shift, "i"),
    "right_shift": Instruction(B.right_shift, "i"),
    "isnan": Instruction(lambda code, x: x.is_nan()),
    "isinf": Instruction(lambda code, x: abs(x).equals(INF)),
    "isfinite": Instruction(is_finite),
    "signbit": Instruction(signbit),
    # what selects
    "where": Instruction(lambda code, c, x, y: code.select(truth(code, c), x, y), "fib", promoted=OTHERS),
    "maximum": Instruction(maximum, "fi"),
    "minimum": Instruction(minimum, "fi"),
    "clip": Instruction(clip, "fi", raises=True),
    "fmax": Instruction(fmax),
    "fmin": Instruction(fmin),
    "share": Instruction(share),
    "number_share": Instruction(number_share),
    "clip_share": Instruction(clip_share),
    "heaviside": Instruction(heaviside, "F"),
    "relu": Instruction(lambda code, x: code.select(x <= 0, 0, x), "fi"),
    "shield": Instruction(shield, promoted=FIRST),
    "nan_to_num": Instruction(nan_to_num),
    # functions of mathematics
    "sqrt": Instruction(lambda code, x: code.sqrt(x), "F", raises=True),
    **{f.__name__: function(f) for f in FUNCTIONS},
    **{f.__name__: function(f, raises=True) for f in RAISING},
    "power": Instruction(lambda code, x, y: code.call(P.power, x, y), raises=True),
    "sinc": Instruction(sinc, "F", able=itself),
    "float_power": Instruction(float_power, "F", raises=True),
}
