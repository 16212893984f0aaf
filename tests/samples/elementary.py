"""Elementary functions."""

from typing import Any

from .domains import ABOVE_ONE, ANY, COMPLEX, INSIDE_ONE, NOT_ZERO, POSITIVE, Domain, case

SAMPLES: dict[str, list[Any]] = {
    "exp": [ANY],
    "exp2": [ANY],
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
    "logaddexp2": [ANY, ANY],
    "deg2rad": [ANY],
    "rad2deg": [ANY],
    "sinc": [
        case((2, 3)), case(()), case((0, 2)), case((3,), order=1), case((4,), order=4), case((COMPLEX, (3,))),
        case((Domain(-0.1, 0.1), (3,)), order=2),
    ],
    "bessel_i": [case((2, 3)), case(()), case((0, 2)), case((3,), order=1), case((4,), order=4)],
}  # fmt: skip
