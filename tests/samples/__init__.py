"""Sample inputs for every primitive: one row each, and the sweep makes the cases from it.

An elementwise row states where each argument may lie, away from kinks and poles:

    "sin": [ANY],
    "divide": [ANY, NOT_ZERO],

and the sweep makes numbers, arrays, broadcasts, 0-d and empty arrays, float32 and float64 from it.  Another
row lists cases: the shapes of the arrays (a tuple, or a domain with a shape), then the settings.

    "reshape": [case((2, 3), shape=(3, 2)), …],

There is a file for every table of primitives, and `domains.py` for where arguments may lie.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from autodiff.kinds import PRIMITIVES

from . import (
    arithmetic,
    bases,
    elementary,
    fft,
    folds,
    indexing,
    linalg,
    polynomials,
    products,
    reductions,
    shapes,
    statistics,
)
from .domains import *

BUILT_IN = frozenset(PRIMITIVES)  # examples in docstrings, and tests, declare others later


def active(name: str, n: int) -> list[int]:
    """Which of n arguments of a primitive have a derivative."""
    pulls = PRIMITIVES[name].rules.pulls
    return [k for k, rule in enumerate(islice(pulls, n)) if rule is not None]


SAMPLES: dict[str, list[Any]] = {}
for table in (
    arithmetic,
    bases,
    elementary,
    fft,
    folds,
    shapes,
    reductions,
    indexing,
    products,
    linalg,
    polynomials,
    statistics,
):
    for name, rows in table.SAMPLES.items():
        assert name not in SAMPLES, f"two rows of samples for {name}"
        SAMPLES[name] = rows
