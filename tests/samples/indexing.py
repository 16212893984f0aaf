"""Picking."""

from typing import Any

import numpy as np

from .domains import APART, SORTED, UP_TO_3, UP_TO_4, case

SAMPLES: dict[str, list[Any]] = {
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
    "argpartition": [case((APART, (2, 5)), kth=2), case((APART, (4, 2)), kth=(0, -1), axis=0)],
    "lexsort": [case((APART, (4,)), (APART, (4,))), case((APART, (3, 2)), axis=0), case((UP_TO_3, (2, 6)))],
    "searchsorted": [case((SORTED, (5,)), (2, 3)), case((SORTED, (4,)), (), side="right")],
    "argmax": [case((APART, (2, 3))), case((APART, (2, 3)), axis=0, keepdims=True)],
    "argmin": [case((APART, (2, 3))), case((APART, (2, 3)), axis=1)],
}  # fmt: skip
