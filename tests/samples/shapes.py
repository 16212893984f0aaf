"""Shapes, dtypes, and the doors between numbers and arrays."""

from typing import Any

import numpy as np

from .domains import COMPLEX, case

SAMPLES: dict[str, list[Any]] = {
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
    "windows": [
        case((5,), axis=0, length=2), case((3, 5), axis=1, length=4), case((3, 2), axis=-2, length=3),
        case((4, 0), axis=0, length=1), case((3,), axis=0, length=0),
    ],
    "overlap": [
        case((4, 2), axis=0, shape=(5,)), case((3, 2, 4), axis=1, shape=(3, 5)),
        case((1, 2, 3), axis=-2, shape=(3, 2)), case((4, 0), axis=0, shape=(3,)),
    ],
    "tril": [case((3,), k=0), case((3, 4)), case((2, 3, 3), k=1), case((0, 2), k=-1)],
    "triu": [case((3,), k=0), case((3, 4)), case((2, 3, 3), k=1), case((2, 0), k=-1)],
    "diagonal": [
        case((3, 4)), case((3, 4), offset=1), case((4, 3), offset=-2), case((2, 3, 3), axis1=1, axis2=2),
        case((3, 2, 3), axis1=-1, axis2=0), case((0, 3)), case((2, 2), offset=5),
    ],
    "embed_diagonal": [
        case((3,), shape=(3, 3), offset=0, axis1=0, axis2=1),
        case((3,), shape=(4, 4), offset=-1, axis1=0, axis2=1),
        case((2, 3), shape=(3, 2, 3), offset=0, axis1=-1, axis2=0),
    ],
    # dtypes and doors
    "cast": [
        case((2, 3), dtype=np.float64), case((COMPLEX, (2,)), dtype=complex), case((2,), dtype=complex),
    ],
    "lift": [case(())],
    "unlift": [case(())],
}  # fmt: skip
