"""Arithmetic: what selects, and what is constant, too."""

from typing import Any

import numpy as np

from .domains import ANY, COMPLEX, LARGE, LEFT, NOT_ZERO, POSITIVE, RIGHT, TRUE_OR_FALSE, UP_TO_4, Grid, case

SAMPLES: dict[str, list[Any]] = {
    # arithmetic
    "add": [ANY, ANY],
    "subtract": [ANY, ANY],
    "multiply": [ANY, ANY],
    "divide": [ANY, NOT_ZERO],
    "power": [POSITIVE, ANY],
    "remainder": [NOT_ZERO, LARGE],
    "identity": [ANY],
    "negative": [ANY],
    "positive": [ANY],
    "square": [ANY],
    "reciprocal": [NOT_ZERO],
    "absolute": [NOT_ZERO],
    # what selects
    "where": [TRUE_OR_FALSE, ANY, ANY],
    "maximum": [LEFT, RIGHT],
    "minimum": [LEFT, RIGHT],
    "relu": [NOT_ZERO],
    "shield": [ANY, TRUE_OR_FALSE],
    # constant
    "floor_divide": [NOT_ZERO, LARGE],
    "floor": [RIGHT],
    "ceil": [RIGHT],
    "trunc": [RIGHT],
    "rint": [Grid(1.0, 0.25)],
    "round": [Grid(1.0, 0.25)],
    "sign": [NOT_ZERO],
    "detached": [ANY],
    "equal": [LEFT, LEFT],
    "not_equal": [LEFT, LEFT],
    "less": [LEFT, RIGHT],
    "less_equal": [LEFT, RIGHT],
    "greater": [LEFT, RIGHT],
    "greater_equal": [LEFT, RIGHT],
    "share": [LEFT, RIGHT],
    "ones_like": [ANY],
    "zeros_like": [ANY],
    "bitwise_and": [UP_TO_4, UP_TO_4],
    "bitwise_or": [UP_TO_4, UP_TO_4],
    "bitwise_xor": [UP_TO_4, UP_TO_4],
    "left_shift": [UP_TO_4, UP_TO_4],
    "right_shift": [UP_TO_4, UP_TO_4],
    "invert": [UP_TO_4],
    "logical_and": [TRUE_OR_FALSE, ANY],
    "logical_or": [TRUE_OR_FALSE, ANY],
    "logical_xor": [TRUE_OR_FALSE, ANY],
    "logical_not": [ANY],
    "isnan": [ANY],
    "isinf": [ANY],
    "isfinite": [ANY],
    "signbit": [NOT_ZERO],
    "truncated": [case((2, 3), dtype=np.dtype(int)), case((), dtype=np.dtype(bool))],
    # complex numbers
    "real": [case((COMPLEX, (2, 3))), case((2,)), case((COMPLEX, ()))],
    "imag": [case((COMPLEX, (2, 3))), case((2,)), case((COMPLEX, ()))],
    "conjugate": [case((COMPLEX, (2, 3))), case((2,)), case((COMPLEX, ()))],
}  # fmt: skip
