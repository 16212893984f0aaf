"""Reductions and running sums."""

from typing import Any

from .domains import APART, POSITIVE, TRUE_OR_FALSE, UP_TO_3, case

SAMPLES: dict[str, list[Any]] = {
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
}  # fmt: skip
