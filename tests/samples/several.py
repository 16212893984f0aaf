"""Primitives with several results: real matrices, whose vectors are determined up to their signs."""

from typing import Any

from .domains import DEFINITE, DISTINCT, case

SAMPLES: dict[str, list[Any]] = {
    "eigh": [
        case((3, 3)), case((2, 2, 2)), case((3, 3), lower=False), case((4, 4)),
        case((DEFINITE, (2, 3, 3))), case((1, 1)), case((0, 2, 2)), case((0, 0)),
    ],
    "eig": [case((DISTINCT, (3, 3))), case((DISTINCT, (2, 3, 3))), case((1, 1)), case((0, 0))],
    "svd": [
        case((3, 3)), case((2, 4, 3)), case((2, 4)), case((3, 2)),
        case((3, 2), full_matrices=True), case((2, 3), full_matrices=True), case((1, 1)),
        case((0, 2, 2)), case((0, 0)), case((0, 3)),
    ],
    "qr": [
        case((3, 3)), case((2, 4, 3)), case((3, 2), complete=True), case((1, 1)), case((0, 3, 2)),
        case((2, 0)),
    ],
}  # fmt: skip
