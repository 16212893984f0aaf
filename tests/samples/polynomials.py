"""Polynomials, and places among points."""

from typing import Any

from .domains import APART, COMPLEX, NOT_ZERO, case

SAMPLES: dict[str, list[Any]] = {
    "polyval": [
        case((3,), ()), case((4,), (2, 3)), case((1,), (3,)), case((0,), (2,)), case((COMPLEX, (3,)), (2,)),
        case((3, 2), (2,)), case((2, 3, 1), (4,)), case((3,), (0, 2)), case((2,), (COMPLEX, (2, 1))),
        case((3,), (NOT_ZERO, (2,))),
    ],
    "between": [
        case((), (), length=3, endpoint=True), case((2,), (3, 1), length=4, endpoint=False),
        case((COMPLEX, (2,)), (2,), length=2, endpoint=True), case((2,), (), length=1, endpoint=True),
        case((0,), (1,), length=2, endpoint=True), case((2,), (2,), length=0, endpoint=True),
    ],
    "powers": [
        case((3,), length=4), case((2, 3), length=1), case((), length=3), case((COMPLEX, (2,)), length=3),
        case((2,), length=0), case((0,), length=3),
    ],
    "interval": [case((APART, (4,)), (APART, (3,))), case((APART, ()), (APART, (2,)))],
}  # fmt: skip
