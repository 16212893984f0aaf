"""Elementary functions."""

from typing import Any

from .domains import ABOVE_ONE, ANY, INSIDE_ONE, NOT_ZERO, POSITIVE, Domain

SAMPLES: dict[str, list[Any]] = {
    "exp": [ANY],
    "expm1": [ANY],
    "log": [POSITIVE],
    "log1p": [POSITIVE],
    "log2": [POSITIVE],
    "log10": [POSITIVE],
    "sqrt": [POSITIVE],
    "cbrt": [POSITIVE],
    "sin": [ANY],
    "cos": [ANY],
    "tan": [Domain(-1.2, 1.2)],
    "arcsin": [INSIDE_ONE],
    "arccos": [INSIDE_ONE],
    "arctan": [ANY],
    "arctan2": [NOT_ZERO, NOT_ZERO],
    "hypot": [NOT_ZERO, NOT_ZERO],
    "logaddexp": [ANY, ANY],
    "sinh": [ANY],
    "cosh": [ANY],
    "tanh": [ANY],
    "arcsinh": [ANY],
    "arccosh": [ABOVE_ONE],
    "arctanh": [INSIDE_ONE],
    "sigmoid": [ANY],
    "softplus": [ANY],
    "erf": [ANY],
}  # fmt: skip
