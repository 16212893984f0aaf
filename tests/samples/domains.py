"""Where samples lie, and the cases made of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


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


class Nowhere(NamedTuple):
    """Conditions: all false."""

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return np.zeros(shape, bool)


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


class Sorted(NamedTuple):
    """Numbers in order."""

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return np.sort(rng.uniform(-2, 2, shape))


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


class Distinct(NamedTuple):
    """Stacks of matrices with real eigenvalues that are far from each other."""

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return np.asarray(0.3 * rng.uniform(-1, 1, shape) + 2 * np.diag(np.arange(1.0, shape[-1] + 1)))


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
APART, SORTED = Apart(), Sorted()
NOWHERE, DISTINCT = Nowhere(), Distinct()
REGULAR, COMPLEX_REGULAR = Regular(), Regular(complex=True)
DEFINITE, COMPLEX_DEFINITE = PositiveDefinite(), PositiveDefinite(complex=True)


def case(*shapes: Any, **params: Any) -> Case:
    """A case of arrays of these shapes; `(domain, shape)` instead of a shape says where they lie."""
    arguments = [s if s and not isinstance(s[0], int) else (ANY, s) for s in shapes]
    return Case(arguments, params)
