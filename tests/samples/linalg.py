"""Linear algebra."""

from typing import Any

import numpy as np

from .domains import COMPLEX, COMPLEX_DEFINITE, COMPLEX_REGULAR, DEFINITE, NOT_ZERO, REGULAR, case

SAMPLES: dict[str, list[Any]] = {
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
        case((REGULAR, (2, 2, 2)), singular="nan"), case((REGULAR, (2, 2)), singular="defective"),
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
        case((DEFINITE, (3, 3)), lower=False),
    ],
    "pinv": [
        case((3, 2), rtol=1e-15), case((2, 2, 3), rtol=1e-15), case((REGULAR, (3, 3)), rtol=1e-15),
        case((COMPLEX, (2, 3)), rtol=1e-15), case((DEFINITE, (3, 3)), rtol=1e-15, hermitian=True),
        case((0, 2, 3), rtol=1e-15), case((0, 3), rtol=1e-15),
    ],
    "matrix_rank": [case((3, 2)), case((DEFINITE, (2, 3, 3)), hermitian=True), case((2, 3), tol=0.1)],
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
