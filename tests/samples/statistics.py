"""Order statistics."""

from typing import Any

import numpy as np

from .domains import APART, POSITIVE, UP_TO_3, case

Q = {"of": "quantile", "method": "linear", "skipna": False}
MEDIAN = {"of": "median", "q": None, "qtype": "", "method": "linear", "skipna": False}

SAMPLES: dict[str, list[Any]] = {
    "quantile": [
        case((APART, (2, 5)), of="median"), case((APART, (4,)), of="median", skipna=True),
        case((APART, (2, 5)), of="quantile", q=0.3),
        case((APART, (2, 3, 4)), of="percentile", q=(10.0, 50.0, 50.0), qtype="f8", method="hazen"),
        case((APART, (6,)), of="quantile", q=(0.0, 1.0), qtype="f4", method="nearest", skipna=True),
        case((0, 3), of="quantile", q=0.5),
    ],
    "quantile_spread": [
        case((2, 2), (APART, (2, 5)), q=(0.3, 0.6), qtype="f8", **Q), case((1,), (APART, (4,)), **MEDIAN),
        case((0, 1), (APART, (0, 4)), **MEDIAN),
    ],
    "quantile_gather": [
        case((2, 5), (APART, (2, 5)), q=(0.3, 0.6), qtype="f8", **Q), case((4,), (APART, (4,)), **MEDIAN),
        case((0, 4), (APART, (0, 4)), **MEDIAN),
    ],
    "weighted_quantile": [
        case((APART, (2, 5)), (POSITIVE, (2, 5)), of="quantile", q=0.3),
        case((APART, (4,)), (POSITIVE, (4,)), of="percentile", q=(10.0, 60.0), qtype="f8", skipna=True),
    ],
    "equal_spread": [case((2, 1), (UP_TO_3, (2, 5)), (UP_TO_3, (2, 1)))],
    "equal_gather": [case((2, 5), (UP_TO_3, (2, 5)), (UP_TO_3, (2, 1)))],
    "nanmax": [
        case((APART, (2, 3))), case((APART, (2, 3)), axis=0),
        case((APART, (2, 3, 2)), axis=(0, -1), keepdims=True), case(()), case((0, 3), axis=1),
    ],
    "nanmin": [
        case((APART, (2, 3))), case((APART, (2, 3)), axis=-1),
        case((APART, (2, 3, 2)), axis=(0, -1), keepdims=True), case(()), case((0, 3), axis=1),
    ],
    "bin_of": [
        case((APART, (5,)), edges=np.array([-1.0, 0.0, 0.5])), case((APART, ()), edges=np.array([0.0, 1.0])),
        case((0, 3), edges=np.array([0.0, 1.0])),
    ],
    "champions": [
        case((APART, (5,)), of="maximum", axis=0), case((APART, (2, 5)), of="fmin", axis=-1),
        case((0, 3), of="minimum", axis=0),
    ],
    "nanargmax": [case((APART, (2, 3))), case((APART, (2, 3)), axis=0, keepdims=True)],
    "nanargmin": [case((APART, (2, 3))), case((APART, (2, 3)), axis=1)],
}  # fmt: skip
