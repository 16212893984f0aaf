"""How each primitive is written in LLVM IR: the one table.

    native(op, dtypes, params)          whether it can be, of inputs of these dtypes, with these settings
    write(code, op, inputs, params)     writes it, and returns the result

A primitive without a row works as well: it is a call of NumPy between two stretches of native code.  What is
written gives what NumPy gives, up to the last digits, and inf, NaN and signed zeros where NumPy gives them.

Operands of several dtypes are converted to what NumPy promotes them to.  `kinds` says of which dtypes there is
code: f for float64 and float32, i for int64 and int32, b for truth values.  A function that is for floats only
takes whole numbers as float64.

Python's numbers are float64, with one difference.  Where NumPy gives inf or NaN, Python may raise: rows that say
`raises` are those, and then a result that is not finite is to be left to Python.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...graph import Primitive
from ...kinds import PRIMITIVES
from . import mathematics as M
from . import trigonometry as T
from .ir import FORMATS, TYPES, Code, Lanes

__all__ = ["INSTRUCTIONS", "Instruction", "native", "write"]

INF, NAN = float("inf"), float("nan")
DTYPES = {name: dtype for dtype, name in TYPES.items()}


@dataclass(frozen=True)
class Instruction:
    """One row: `write(code, *inputs, **params)`.

    The first `apart` inputs are truth values, which are not promoted with the others.
    """

    write: Callable[..., Lanes]
    kinds: str = "f"
    raises: bool = False
    apart: int = 0
    able: Callable[..., bool] | None = None  # with which settings


def native(op: Primitive | None, dtypes: Sequence[Any], params: Mapping[str, Any]) -> bool:
    """Whether a primitive can be written natively, of inputs of these dtypes (NumPy's, or float and bool)."""
    row = row_of(op)
    if row is None or any(dtype not in (float, bool) and dtype not in TYPES for dtype in dtypes):
        return False
    if row.able and not row.able(**params):
        return False
    return operand(row, dtypes) is not None


def write(code: Code, op: Primitive, inputs: Sequence[Lanes], params: Mapping[str, Any]) -> Lanes:
    """The result of a primitive for which `native` is true."""
    row = row_of(op)
    assert row is not None
    type = operand(row, [DTYPES[x.type] for x in inputs])
    assert type is not None
    types = ["i1"] * row.apart + [type] * (len(inputs) - row.apart)
    xs = [code.convert(x, t) for x, t in zip(inputs, types, strict=True)]
    return row.write(code, *xs, **params)


def row_of(op: Primitive | None) -> Instruction | None:
    return INSTRUCTIONS.get(op.name) if op is not None and PRIMITIVES.get(op.name) is op else None


def operand(row: Instruction, dtypes: Sequence[Any]) -> str | None:
    """The type in which a row computes with inputs of these dtypes."""
    common = np.result_type(*[np.dtype(dtype) for dtype in dtypes[row.apart :]])
    if common.kind in "iu" and "i" not in row.kinds:
        common = np.result_type(common, np.float64)
    return TYPES.get(common) if common.kind in row.kinds else None


# ---- rows that are more than an operator -----------------------------------------------------------------
def function(f: Callable[..., Lanes]) -> Callable[..., Lanes]:
    """A function of mathematics.py or the like: in place, or called."""
    return lambda code, *xs: code.call(f, *xs)


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
    rest = code.value(x.type, f"frem {x.full} {x}, {y}")
    other = (rest < 0.0) ^ (y < 0.0)
    shifted = code.select(other, rest + y, rest)
    return code.select(rest.equals(0.0), code.copysign(code.constant(0.0, x.type), y), shifted)


def floor_divide(code: Code, x: Lanes, y: Lanes) -> Lanes:
    """The quotient without the remainder, which is whole but for rounding."""
    rest = code.value(x.type, f"frem {x.full} {x}, {y}")
    other = rest.differs(0.0) & ((rest < 0.0) ^ (y < 0.0))
    ratio = (x - rest) / y
    ratio = code.select(other, ratio - 1.0, ratio)
    whole = code.intrinsic("floor", ratio)
    whole = code.select(ratio - whole > 0.5, whole + 1.0, whole)
    full = x / y
    whole = code.select(ratio.equals(0.0), code.copysign(code.constant(0.0, x.type), full), whole)
    return code.select(y.equals(0.0), full, whole)


def fmod(code: Code, x: Lanes, y: Lanes) -> Lanes:
    return code.value(x.type, f"frem {x.full} {x}, {y}")


def signbit(code: Code, x: Lanes) -> Lanes:
    return code.bits(x) < 0


def angle(code: Code, x: Lanes) -> Lanes:
    """That of a real number: 0 or π."""
    found = code.select(signbit(code, x), math.pi, 0.0, x.type)
    return code.select(x.is_nan(), x, found)


def cast(code: Code, x: Lanes, *, dtype: Any) -> Lanes:
    return code.convert(x, TYPES[np.dtype(dtype)])


def truth(code: Code, x: Lanes) -> Lanes:
    return x.differs(0)


# ---- the table -------------------------------------------------------------------------------------------
def compared(name: str) -> Instruction:
    return Instruction(lambda code, x, y: code.compare(name, x, y), "fib")


def rounding(name: str) -> Instruction:
    return Instruction(lambda code, x, **params: code.intrinsic(name, x), raises=True)


def whole_decimals(*, decimals: int) -> bool:
    return not decimals


def to_floats(*, dtype: Any) -> bool:
    return np.dtype(dtype) in TYPES and np.dtype(dtype).kind == "f"


INSTRUCTIONS: dict[str, Instruction] = {
    # arithmetic
    "add": Instruction(lambda code, x, y: x + y, "fi"),
    "subtract": Instruction(lambda code, x, y: x - y, "fi"),
    "multiply": Instruction(lambda code, x, y: x * y, "fi"),
    "divide": Instruction(lambda code, x, y: x / y, raises=True),
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
    "fabs": Instruction(lambda code, x: abs(x)),
    "copysign": Instruction(lambda code, x, y: code.copysign(x, y)),
    "sign": Instruction(sign, "fi"),
    "floor": rounding("floor"),
    "ceil": rounding("ceil"),
    "trunc": rounding("trunc"),
    "rint": rounding("rint"),
    "whole_part": rounding("trunc"),
    "round": Instruction(
        lambda code, x, decimals: code.intrinsic("rint", x), raises=True, able=whole_decimals
    ),
    "deg2rad": Instruction(lambda code, x: x * (math.pi / 180)),
    "rad2deg": Instruction(lambda code, x: x * (180 / math.pi)),
    "angle": Instruction(angle),
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
    "isnan": Instruction(lambda code, x: x.is_nan()),
    "isinf": Instruction(lambda code, x: abs(x).equals(INF)),
    "isfinite": Instruction(is_finite),
    "signbit": Instruction(signbit),
    # what selects
    "where": Instruction(lambda code, c, x, y: code.select(c, x, y), "fib", apart=1),
    "maximum": Instruction(maximum, "fi"),
    "minimum": Instruction(minimum, "fi"),
    "clip": Instruction(clip, "fi"),
    "fmax": Instruction(fmax),
    "fmin": Instruction(fmin),
    "share": Instruction(share),
    "number_share": Instruction(number_share),
    "clip_share": Instruction(clip_share),
    "heaviside": Instruction(heaviside),
    "relu": Instruction(lambda code, x: code.select(x <= 0, 0, x), "fi"),
    "shield": Instruction(shield),
    "nan_to_num": Instruction(nan_to_num),
    # functions of mathematics
    "sqrt": Instruction(lambda code, x: code.sqrt(x), raises=True),
    "exp": Instruction(function(M.exp), raises=True),
    "log": Instruction(function(M.log), raises=True),
    "log1p": Instruction(function(M.log1p), raises=True),
    "tanh": Instruction(function(M.tanh)),
    "sigmoid": Instruction(function(M.sigmoid)),
    "softplus": Instruction(function(M.softplus)),
    "sin": Instruction(function(T.sin), raises=True),
    "cos": Instruction(function(T.cos), raises=True),
}
