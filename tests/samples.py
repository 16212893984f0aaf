"""Sample inputs for every primitive: one row each, and the sweep makes the cases from it.

An elementwise row states where each argument may lie, away from kinks and poles:

    "sin": [ANY],
    "divide": [ANY, NOT_ZERO],

and the sweep makes numbers, arrays, broadcasts, 0-d and empty arrays, float32 and float64 from it.  Another
row lists cases: the shapes of the arrays (a tuple, or a domain with a shape), then the settings.

    "reshape": [case((2, 3), shape=(3, 2)), …],
"""

from __future__ import annotations

from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from autodiff.kinds import PRIMITIVES


class Domain(NamedTuple):
    """Where samples lie: between low and high, on both sides of zero with `signed`."""

    low: float
    high: float
    signed: bool = False

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        x = rng.uniform(self.low, self.high, shape)
        return np.asarray(x * rng.choice([-1.0, 1.0], shape) if self.signed else x)


class Grid(NamedTuple):
    """Multiples of `step`, shifted: two grids of different shift never tie."""

    step: float
    shift: float

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return np.asarray(self.step * rng.integers(-5, 6, shape) + self.shift)


class Truth(NamedTuple):
    """Conditions: true or false."""

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return np.asarray(rng.integers(0, 2, shape) > 0)


class Complex(NamedTuple):
    """Complex numbers around 1 in size."""

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return np.asarray(rng.uniform(0.5, 1.5, shape) * np.exp(1j * rng.uniform(0, 6, shape)))


class Whole(NamedTuple):
    """Whole numbers below `end`: indices and labels."""

    end: int

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return np.asarray(rng.integers(0, self.end, shape))


class Apart(NamedTuple):
    """Numbers in random order, no two of them near each other: nothing ties."""

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        n = int(np.prod(shape))
        return np.asarray((rng.permutation(n) - n / 2 + rng.uniform(0.1, 0.4, n)) / 2).reshape(shape)


class Regular(NamedTuple):
    """Stacks of matrices that are far from singular: random ones plus a multiple of the identity."""

    complex: bool = False

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        x = rng.uniform(-1, 1, shape) + (1j * rng.uniform(-1, 1, shape) if self.complex else 0)
        return np.asarray(x + (shape[-1] + 1) * np.eye(shape[-1]))


class PositiveDefinite(NamedTuple):
    """Stacks of Hermitian matrices whose eigenvalues are 1 or more."""

    complex: bool = False

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        x = rng.uniform(-1, 1, shape) + (1j * rng.uniform(-1, 1, shape) if self.complex else 0)
        return np.asarray(x @ np.swapaxes(x, -1, -2).conj() + np.eye(shape[-1]))


class Case(NamedTuple):
    """Arguments as (domain, shape) pairs, and settings."""

    arguments: list[tuple[Any, tuple[int, ...]]]
    params: dict[str, Any]


ANY = Domain(-2, 2)
NOT_ZERO = Domain(0.4, 2, signed=True)
POSITIVE = Domain(0.4, 2)
ABOVE_ONE = Domain(1.3, 3)
INSIDE_ONE = Domain(-0.8, 0.8)
LARGE = Domain(2.2, 3)  # more than NOT_ZERO, so that no quotient comes near a whole number
LEFT, RIGHT = Grid(0.5, 0.0), Grid(0.5, 0.25)
TRUE_OR_FALSE = Truth()
COMPLEX = Complex()
UP_TO_3, UP_TO_4 = Whole(3), Whole(4)
APART = Apart()
REGULAR, COMPLEX_REGULAR = Regular(), Regular(complex=True)
DEFINITE, COMPLEX_DEFINITE = PositiveDefinite(), PositiveDefinite(complex=True)


def case(*shapes: Any, **params: Any) -> Case:
    """A case of arrays of these shapes; `(domain, shape)` instead of a shape says where they lie."""
    arguments = [s if s and not isinstance(s[0], int) else (ANY, s) for s in shapes]
    return Case(arguments, params)


BUILT_IN = frozenset(PRIMITIVES)  # examples in docstrings, and tests, declare others later


def active(name: str, n: int) -> list[int]:
    """Which of n arguments of a primitive have a derivative."""
    pulls = PRIMITIVES[name].rules.pulls
    return [k for k, rule in enumerate(islice(pulls, n)) if rule is not None]


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
    # elementary functions
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
    # shapes
    "reshape": [
        case((2, 3), shape=(3, 2)), case((4,), shape=(2, -1)), case((0, 3), shape=(3, 0)),
        case((), shape=(1,)),
    ],
    "transpose": [
        case((2, 3, 4), axes=(2, 0, 1)), case((2, 3)), case((2, 3), axes=(-1, 0)), case((0, 3)), case(()),
    ],
    "broadcast_to": [
        case((2, 1), shape=(3, 2, 4)), case((), shape=(2,)), case((1,), shape=(0,)),
        case((3,), shape=(200, 100, 3)),
    ],
    "sum_to": [
        case((3, 2, 4), shape=(2, 1)), case((3, 2), shape=(2,)), case((2, 3), shape=(2, 3)),
        case((0, 2), shape=(2,)), case((2,), shape=()),
    ],
    "concatenate": [
        case((2, 3), (4, 3)), case((2, 3), (2, 1), (2, 2), axis=1), case((3,), (0,), axis=0), case((2,)),
        case((0, 2), (0, 2), axis=-1),
    ],
    "roll": [
        case((5,), shift=(2,), axis=(0,)), case((2, 3), shift=(1, -1), axis=(0, 1)),
        case((0,), shift=(1,), axis=(0,)), case((4,), shift=(1, 2), axis=(0, 0)),
    ],
    "repeat": [
        case((3,), repeats=2, axis=0), case((2, 3), repeats=3, axis=1), case((2, 3), repeats=2, axis=-2),
        case((0, 2), repeats=2, axis=0), case((2,), repeats=0, axis=0),
    ],
    "tril": [case((3, 4)), case((2, 3, 3), k=1), case((0, 2), k=-1)],
    "triu": [case((3, 4)), case((2, 3, 3), k=1), case((2, 0), k=-1)],
    "diagonal": [
        case((3, 4)), case((3, 4), offset=1), case((4, 3), offset=-2), case((2, 3, 3), axis1=1, axis2=2),
        case((3, 2, 3), axis1=-1, axis2=0), case((0, 3)), case((2, 2), offset=5),
    ],
    "embed_diagonal": [
        case((3,), shape=(3, 3), offset=0, axis1=0, axis2=1),
        case((3,), shape=(4, 4), offset=-1, axis1=0, axis2=1),
        case((2, 3), shape=(3, 2, 3), offset=0, axis1=-1, axis2=0),
    ],
    # reductions
    "sum": [
        case((2, 3)), case((2, 3), axis=0), case((2, 3, 4), axis=(0, -1), keepdims=True), case(()),
        case((0, 3), axis=0), case((2, 3), axis=-1),
    ],
    "mean": [
        case((2, 3)), case((2, 3), axis=0), case((2, 3, 4), axis=(0, -1), keepdims=True), case(()),
        case((3, 0), axis=0),
    ],
    "var": [
        case((2, 3)), case((2, 3), axis=0), case((2, 3, 4), axis=(0, -1), keepdims=True),
        case((5,), ddof=1), case((3, 0), axis=0),
    ],
    "std": [
        case((2, 3)), case((2, 3), axis=0), case((2, 3, 4), axis=(0, -1), keepdims=True),
        case((5,), ddof=1.5), case((3, 0), axis=0),
    ],
    "winners": [case((APART, (2, 3)), (APART, (2, 1)), axis=1, keepdims=True)],
    "max": [
        case((APART, (2, 3))), case((APART, (2, 3)), axis=0),
        case((APART, (2, 3, 2)), axis=(0, -1), keepdims=True),
        case(()), case((0, 3), axis=1), case((APART, (2, 3)), axis=-1, keepdims=True),
    ],
    "min": [
        case((APART, (2, 3))), case((APART, (2, 3)), axis=0),
        case((APART, (2, 3, 2)), axis=(0, -1), keepdims=True),
        case(()), case((0, 3), axis=1),
    ],
    "any": [case((TRUE_OR_FALSE, (2, 3)), axis=0), case((2, 3))],
    "all": [case((TRUE_OR_FALSE, (2, 3)), axis=(0, 1), keepdims=True), case((2, 3))],
    "cumsum": [case((4,), axis=0), case((2, 3), axis=1), case((2, 3), axis=-2), case((0, 3), axis=0)],
    "prod": [
        case((2, 3)), case((4, 3), axis=0), case((2, 3, 4), axis=(0, -1), keepdims=True), case(()),
        case((0, 3), axis=0), case((60,), axis=0), case((1, 3), axis=0),
    ],
    "others": [
        case((2, 3), axis=None), case((4, 3), axis=0), case((2, 3, 4), axis=(0, -1)), case((0, 3), axis=0),
        case((51,), axis=0), case((1,), axis=0), case((2, 3, 2), axis=(-1, 0)),
    ],
    "cumprod": [
        case((4,), axis=0), case((2, 3), axis=1), case((5, 2), axis=-2), case((0, 3), axis=0),
        case((1,), axis=0), case((9,), axis=0),
    ],
    "recurrence": [
        case((5,), (5,), axis=0), case((2, 4), (2, 4), axis=1, transposed=True), case((1,), (1,), axis=0),
        case((0, 2), (0, 2), axis=0), case((3, 2), (3, 2), axis=-2),
        case((0,), (0,), axis=0, transposed=True), case((8,), (8,), axis=0, transposed=True),
    ],
    "logsumexp": [
        case((3,)), case((2, 3), axis=0), case((2, 3, 2), axis=(0, -1), keepdims=True), case(()),
        case((0, 3), axis=1),
    ],
    "softmax": [
        case((3,)), case((2, 3), axis=0), case((2, 3, 2), axis=(0, -1)), case((0, 3)),
        case((2, 3), axis=None),
    ],
    "log_softmax": [case((3,)), case((2, 3), axis=0), case((2, 3, 2), axis=(0, -1)), case((0, 3))],
    "one_hot": [case((UP_TO_3, (2, 4)), classes=3), case((UP_TO_3, (2,)), classes=3, axis=0)],
    "label_entropy": [
        case((4, 3), (UP_TO_3, (4,))), case((3, 4), (UP_TO_3, (4,)), axis=0), case((3,), (UP_TO_3, ())),
        case((2, 3, 4), (UP_TO_3, (2, 4)), axis=1), case((0, 3), (UP_TO_3, (0,))),
    ],
    "label_slope": [
        case((4, 3), (UP_TO_3, (4,)), axis=1), case((3, 4), (UP_TO_3, (4,)), axis=0),
        case((2, 3, 4), (UP_TO_3, (2, 4)), axis=-2), case((0, 3), (UP_TO_3, (0,)), axis=1),
    ],
    "cross_entropy": [
        case((4, 3), (POSITIVE, (4, 3))), case((3, 4), (POSITIVE, (3, 4)), axis=0),
        case((0, 3), (POSITIVE, (0, 3))),
    ],
    # dtypes and doors
    "cast": [
        case((2, 3), dtype=np.float64), case((COMPLEX, (2,)), dtype=complex), case((2,), dtype=complex),
    ],
    "lift": [case(())],
    "unlift": [case(())],
    # picking
    "index": [
        case((3, 4), index=1), case((3, 4), index=(slice(None), -1)), case((2,), index=()),
        case((3, 4), index=(..., None, slice(3, 0, -2))), case((0, 3), index=(slice(None), 1)),
        case((4,), index=np.array([0, 0, 3])), case((2, 3), index=np.array([[True, False, True]] * 2)),
        case((3, 4), index=(np.array([0, 0]), slice(1, 3))),
    ],
    "scatter": [
        case((2,), index=slice(1, 3), shape=(4,)), case((3,), index=np.array([0, 0, 3]), shape=(4,)),
        case((), index=(1, 0), shape=(2, 2)),
    ],
    "assign": [
        case((3, 4), (4,), index=1), case((3, 4), (), index=(slice(None), -1)), case((2,), (2,), index=...),
        case((4,), (3,), index=np.array([0, 0, 3])),
        case((2, 3), (4,), index=np.array([[True, False, True]] * 2)),
        case((3, 4), (2, 2), index=(np.array([0, 2]), slice(1, 3))), case((0, 3), (3,), index=slice(None)),
        case((2, 2), (2, 1), index=slice(None)),
    ],
    "take_along": [
        case((4,), (UP_TO_4, (3,)), axis=0), case((3, 4), (UP_TO_3, (2, 4)), axis=0),
        case((3, 4), (UP_TO_4, (3, 5)), axis=-1), case((3, 4), (UP_TO_4, (1, 5)), axis=1),
        case((0, 3), (UP_TO_3, (0, 2)), axis=1),
        case((1, 4), (UP_TO_4, (3, 2)), axis=1),
    ],
    "put_along": [
        case((3,), (UP_TO_4, (3,)), axis=0, shape=(4,)),
        case((3, 5), (UP_TO_4, (3, 5)), axis=-1, shape=(3, 4)),
    ],
    "place": [case((UP_TO_3, (4,)), length=4), case((UP_TO_3, ()), length=3)],
    "argsort": [case((APART, (2, 3))), case((APART, (2, 3)), axis=0)],
    "argmax": [case((APART, (2, 3))), case((APART, (2, 3)), axis=0, keepdims=True)],
    "argmin": [case((APART, (2, 3))), case((APART, (2, 3)), axis=1)],
    # products
    "matmul": [
        case((2, 3), (3, 4)), case((3,), (3,)), case((2, 3), (3,)), case((3,), (3, 4)),
        case((5, 2, 3), (3, 4)), case((5, 1, 2, 3), (4, 3, 2)),
        case((3,), (5, 3, 2)), case((5, 2, 3), (3,)), case((2, 0), (0, 3)),
        case((0, 2), (2, 3)),
    ],
    "contract": [
        case((2, 3), (3, 4), labels=("ij", "jk", "ik")), case((3,), (3,), labels=("i", "i", "")),
        case((5, 2, 3), (4, 3, 5), labels=("bij", "kjb", "kbi")), case((2,), (3,), labels=("i", "j", "ji")),
        case((2, 3), (2, 3), labels=("ij", "ij", "ij")), case((2, 3), (3,), labels=("ij", "j", "ji")),
        case((0, 3), (3, 2), labels=("ij", "jk", "ik")), case((2, 0), (0, 3), labels=("ij", "jk", "ik")),
        case((2, 3, 4), (3, 4), labels=("ijk", "jk", "i")),
    ],
    # complex numbers
    "real": [case((COMPLEX, (2, 3))), case((2,)), case((COMPLEX, ()))],
    "imag": [case((COMPLEX, (2, 3))), case((2,)), case((COMPLEX, ()))],
    "conjugate": [case((COMPLEX, (2, 3))), case((2,)), case((COMPLEX, ()))],
    # linear algebra
    "solve": [
        case((REGULAR, (3, 3)), (3, 2)), case((REGULAR, (2, 3, 3)), (3, 1)),
        case((REGULAR, (2, 2)), (2, 2, 1)), case((REGULAR, (0, 0)), (0, 2)),
        case((COMPLEX_REGULAR, (2, 2)), (COMPLEX, (2, 2))), case((REGULAR, (2, 2)), (COMPLEX, (2, 1))),
        case((COMPLEX_REGULAR, (2, 2)), (2, 1)), case((REGULAR, (1, 1)), (1, 1)),
        case((REGULAR, (3, 3)), (3, 0)), case((REGULAR, (0, 2, 2)), (2, 1)),
    ],
    "inv": [
        case((REGULAR, (3, 3))), case((REGULAR, (2, 1, 2, 2))), case((COMPLEX_REGULAR, (2, 2))),
        case((REGULAR, (1, 1))), case((REGULAR, (0, 2, 2))), case((REGULAR, (0, 0))),
        case((REGULAR, (2, 2, 2)), singular="nan"),
    ],
    "det": [
        case((REGULAR, (3, 3))), case((REGULAR, (2, 1, 2, 2))), case((COMPLEX_REGULAR, (2, 2))),
        case((REGULAR, (1, 1))), case((REGULAR, (0, 2, 2))), case((REGULAR, (0, 0))), case((3, 3)),
    ],
    "cofactor": [
        case((REGULAR, (3, 3))), case((2, 4, 4)), case((COMPLEX_REGULAR, (3, 3))), case((1, 1)),
        case((0, 2, 2)), case((0, 0)),
    ],
    "cofactor_tangent": [
        case((REGULAR, (3, 3)), (3, 3)), case((REGULAR, (2, 4, 4)), (2, 4, 4)),
        case((COMPLEX_REGULAR, (3, 3)), (COMPLEX, (3, 3))), case((REGULAR, (2, 2)), (2, 2)),
        case((REGULAR, (1, 1)), (1, 1)), case((REGULAR, (0, 2, 2)), (0, 2, 2)),
    ],
    "logabsdet": [
        case((REGULAR, (3, 3))), case((REGULAR, (2, 1, 2, 2))), case((COMPLEX_REGULAR, (2, 2))),
        case((REGULAR, (1, 1))), case((REGULAR, (0, 2, 2))), case((REGULAR, (0, 0))),
    ],
    "slogdet_sign": [case((REGULAR, (2, 2)))],
    "slogdet_phase": [
        case((COMPLEX_REGULAR, (3, 3))), case((COMPLEX_REGULAR, (2, 2, 2))), case((COMPLEX_REGULAR, (1, 1))),
    ],
    "cholesky": [
        case((DEFINITE, (3, 3))), case((DEFINITE, (2, 1, 2, 2))), case((COMPLEX_DEFINITE, (3, 3))),
        case((DEFINITE, (1, 1))), case((DEFINITE, (0, 2, 2))), case((DEFINITE, (0, 0))),
    ],
    "norm": [
        case((2, 3)), case((2, 3), axis=-1), case((2, 3), axis=0, keepdims=True),
        case((COMPLEX, (2, 3)), axis=1), case((2, 3, 2), axis=(0, -1)),
        case((NOT_ZERO, (4,)), ord=1), case((COMPLEX, (2, 3)), ord=1, axis=0),
        case((NOT_ZERO, (5,)), ord=np.inf), case((COMPLEX, (2, 3)), ord=-np.inf, axis=1),
        case((NOT_ZERO, (2, 3)), ord=3, axis=1), case((COMPLEX, (3,)), ord=1.5),
        case((NOT_ZERO, (3,)), ord=0.5),
        case((NOT_ZERO, (3,)), ord=-1), case((0, 3), axis=1), case((0,)), case((NOT_ZERO, ())),
    ],
}  # fmt: skip
