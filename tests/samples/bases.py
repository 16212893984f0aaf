"""What the spectral rows share: where nothing is repeated, and nothing in doubt."""

from typing import Any

from .domains import APART, COMPLEX, DEFINITE, NOWHERE, case

NONE = (NOWHERE, (3, 3))
SAMPLES: dict[str, list[Any]] = {
    "mirror": [case((3, 3)), case((DEFINITE, (2, 3, 3)), lower=False), case((0, 2, 2))],
    "same": [case((APART, (4,))), case((APART, (2, 3))), case((0,))],
    "crowded": [case((APART, (2, 4))), case((APART, (3,)), zeros=True)],
    "vanishing": [case((APART, (2, 4)))],
    "loose": [case((APART, (2, 4)), phases=False), case((APART, (2,)), phases=True)],
    "group_mean": [case((3,), NONE), case((COMPLEX, (2, 3)), NONE)],
    "largest": [case((2, 3, 4)), case((0, 3))],
    "invariant": [
        case((3, 3), NONE, (1, 1), what="that"), case((COMPLEX, (2, 3, 3)), NONE, (1, 1), what="that"),
    ],
    "still": [case((3, 3), NONE, (1, 1)), case((COMPLEX, (2, 3, 3)), NONE, (1, 1))],
    "joined": [case((3, 3), (3, 3), NONE), case((2, 3, 3), (3, 3), NONE)],
    "absent": [case((2, 3), (NOWHERE, (1, 3)), (1, 1)), case((2, 2, 3), (NOWHERE, (1, 3)), (1, 1))],
    "untied": [case((2, 3), (APART, (1,)))],
    "simple": [case((2, 3), (APART, (3,))), case((COMPLEX, (2, 2, 3)), (APART, (2, 3)), zeros=True)],
}  # fmt: skip
