"""Folds, and what is made of parts that follow each other."""

from typing import Any, NamedTuple

import numpy as np

from .domains import APART, POSITIVE, case


class Steps(NamedTuple):
    """What each step of a fold along the first axis does: the first begins."""

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        how = rng.integers(0, 3, shape)
        how[:1] = 0
        return how


STARTS = np.array([0, 1, 4])
SAMPLES: dict[str, list[Any]] = {
    "fold": [
        case((POSITIVE, (3,)), of="power", axis=0), case((POSITIVE, (2, 3)), of="arctan2", axis=1),
        case((5, 2), of="logaddexp", axis=-2), case((3,), of="copysign", axis=0),
        case((POSITIVE, (60,)), of="hypot", axis=0), case((4,), of="floor_divide", axis=0),
        case((1, 2), of="fmod", axis=0), case((0, 2), of="power", axis=0), case((2, 0), of="power", axis=0),
    ],
    "fold_parts": [
        case((POSITIVE, (5,)), (Steps(), (5,)), of="power", axis=0),
        case((POSITIVE, (7, 2)), (Steps(), (7, 1)), of="multiply", axis=0),
        case((POSITIVE, (6, 2)), (Steps(), (6, 2)), of="arctan2", axis=-2),
        case((APART, (6,)), (Steps(), (6,)), of="fmax", axis=0),
        case((0, 2), (Steps(), (0, 1)), of="power", axis=0),
    ],
    "sum_of_parts": [case((5,), starts=STARTS, axis=0), case((2, 6), starts=STARTS, axis=-1)],
    "spread_over_parts": [
        case((3,), starts=STARTS, axis=0, length=5), case((2, 3), starts=STARTS, axis=1, length=6),
    ],
    "best_of_parts": [
        case((APART, (6,)), starts=STARTS, of="maximum", axis=0),
        case((APART, (2, 5)), starts=STARTS, of="fmin", axis=-1),
    ],
    "prod_of_parts": [
        case((5,), starts=STARTS, axis=0), case((2, 6), starts=STARTS, axis=-1),
        case((6, 2), starts=STARTS, axis=0),
    ],
    "others_of_parts": [case((5,), starts=STARTS, axis=0), case((2, 6), starts=STARTS, axis=1)],
    "winners_of_parts": [case((APART, (5, 2)), (APART, (3, 2)), starts=STARTS, axis=0)],
}  # fmt: skip
