"""Products."""

from typing import Any

from .domains import COMPLEX, NOT_ZERO, case

SAMPLES: dict[str, list[Any]] = {
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
    "cross": [
        case((3,), (3,)), case((2, 3), (3,)), case((2, 1, 3), (4, 3)), case((COMPLEX, (3,)), (2, 3)),
        case((0, 3), (3,)),
    ],
    "deconvolve": [
        case((4,), (NOT_ZERO, (2,))), case((2,), (NOT_ZERO, (4,))), case((3,), (NOT_ZERO, (1,))),
        case((COMPLEX, (3,)), (NOT_ZERO, (2,))), case((2, 3), (NOT_ZERO, (2,))),
        case((3,), (NOT_ZERO, (2, 2))), case((0,), (NOT_ZERO, (2,))), case((0, 2), (NOT_ZERO, (2,))),
    ],
    "convolve": [
        case((4,), (3,), valid=False), case((3,), (5,), valid=False), case((4,), (3,), valid=True),
        case((2,), (5,), valid=True), case((3,), (3,), valid=True), case((COMPLEX, (3,)), (2,), valid=False),
        case((2, 4), (3,), valid=True), case((2, 2), (2, 3), valid=False), case((1,), (1,), valid=False),
        case((COMPLEX, (5,)), (COMPLEX, (2,)), valid=True), case((2, 2), (1, 4), valid=True),
    ],
}  # fmt: skip
