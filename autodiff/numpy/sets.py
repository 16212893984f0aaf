"""NumPy's functions of sets: which elements there are.  How many these are depends on the numbers.

An element of the result is the first of the equal ones in the argument, and g goes back there.  Counts and
indices are constants.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..primitives import indexing
from .shapes import along, as_array, axis_of, concatenate, plain, ravel, shape_of

__all__ = [
    "intersect1d", "setdiff1d", "setxor1d", "union1d", "unique", "unique_all", "unique_counts",
    "unique_inverse", "unique_values",
]  # fmt: skip


class UniqueAllResult(NamedTuple):
    """What `unique_all` returns."""

    values: Any
    indices: Any
    inverse_indices: Any
    counts: Any


class UniqueCountsResult(NamedTuple):
    """What `unique_counts` returns."""

    values: Any
    counts: Any


class UniqueInverseResult(NamedTuple):
    """What `unique_inverse` returns."""

    values: Any
    inverse_indices: Any


def picked(x: Any, at: Any) -> Any:
    """Elements of the flat x."""
    return indexing.index(ravel(x), index=np.asarray(at))


def unique(ar: Any, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False,
           axis: Any = None, *, equal_nan: bool = True, sorted: bool = True) -> Any:  # fmt: skip
    """Each element once, sorted.  Derivative: g, put back where each element stands first."""
    ar = as_array(ar)
    numbers = plain(ar, "unique")
    settings: dict[str, Any] = {"axis": axis, "equal_nan": equal_nan, "sorted": sorted}
    _, at, inverse, counts = np.unique(numbers, True, True, True, **settings)
    if axis is None:
        values = picked(ar, at)
    else:
        ndim = len(shape_of(ar))
        values = indexing.index(ar, index=along(axis_of(axis, ndim, "unique"), ndim, at))
    asked = ((return_index, at), (return_inverse, inverse), (return_counts, counts))
    more = tuple(x for wanted, x in asked if wanted)
    return (values, *more) if more else values


def unique_values(x: Any) -> Any:
    """Each element once.  Derivative: g, put back where each element stands first."""
    return unique(x, equal_nan=False)


def unique_counts(x: Any) -> Any:
    """Each element once, and how often.  Derivative: g, put back where each element stands first."""
    return UniqueCountsResult(*unique(x, return_counts=True, equal_nan=False))


def unique_inverse(x: Any) -> Any:
    """Each element once, and which stands where.  Derivative: g, put back where each stands first."""
    return UniqueInverseResult(*unique(x, return_inverse=True, equal_nan=False))


def unique_all(x: Any) -> Any:
    """Each element once, where it stands first, which stands where, and how often each.

    Derivative: g, put back where each element stands first.
    """
    return UniqueAllResult(*unique(x, True, True, True, equal_nan=False))


def union1d(ar1: Any, ar2: Any) -> Any:
    """What is in either, sorted.  Derivative: g, put back where each element stands first."""
    return unique(concatenate([as_array(ar1), as_array(ar2)], axis=None))


def intersect1d(ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False) -> Any:
    """What is in both, sorted.  Derivative: g, put back into the first argument."""
    first, second = as_array(ar1), as_array(ar2)
    a, b = plain(first, "intersect1d"), plain(second, "intersect1d")
    _, at, other = np.intersect1d(a, b, assume_unique, True)
    return (picked(first, at), at, other) if return_indices else picked(first, at)


def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """What is in the first and not in the second.  Derivative: g, put back into the first."""
    first = ravel(as_array(ar1)) if assume_unique else unique(ar1)
    a, b = plain(first, "setdiff1d"), plain(as_array(ar2), "setdiff1d")
    return indexing.index(first, index=np.isin(a, b, assume_unique=True, invert=True))


def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """What is in one of the two only, sorted.  Derivative: g, put back where it came from."""
    parts = [ravel(as_array(x)) if assume_unique else unique(x) for x in (ar1, ar2)]
    joined = concatenate(parts)
    numbers = plain(joined, "setxor1d")
    order = np.argsort(numbers, kind="stable")
    ranked = numbers[order]
    apart = np.concatenate([[True], ranked[1:] != ranked[:-1], [True]])
    return indexing.index(joined, index=order[apart[1:] & apart[:-1]])
