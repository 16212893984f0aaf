"""`pad`: arrays made longer at their ends, one axis after the other, in every mode of NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph import Node
from ..primitives import indexing
from ..primitives import shapes as P
from . import reductions, statistics
from .shapes import about, along, as_array, broadcast_to, concatenate, constant_only, in_dtype

__all__ = ["pad"]

Run = tuple[int, int, int]

SETTINGS = {
    "constant": "constant_values", "edge": None, "empty": None, "linear_ramp": "end_values",
    "maximum": "stat_length", "mean": "stat_length", "median": "stat_length", "minimum": "stat_length",
    "reflect": "reflect_type", "symmetric": "reflect_type", "wrap": None,
}  # fmt: skip
STATISTICS = {
    "maximum": lambda x, axis: reductions.max(x, axis, keepdims=True),
    "minimum": lambda x, axis: reductions.min(x, axis, keepdims=True),
    "mean": lambda x, axis: reductions.mean(x, axis, keepdims=True),
    "median": lambda x, axis: statistics.median(x, axis, keepdims=True),
}


def pad(array: Any, pad_width: Any, mode: Any = "constant", **settings: Any) -> Any:
    """Longer at the ends.  Derivative: what was added is cut off, or sums up where it was taken from.

    Modes: constant (with `constant_values`, which may be Tensors), edge, linear_ramp (`end_values`,
    likewise), maximum, mean, median and minimum (`stat_length`), reflect and symmetric (`reflect_type`),
    wrap, and empty, which pads with zeros.
    """
    if callable(mode):
        raise TypeError(
            "pad: a function for mode writes into plain rows, which would not know what is recorded: pad "
            "with zeros and assign, or concatenate"
        )
    if mode not in SETTINGS:
        raise ValueError(f"pad: mode {mode!r} is not supported; there are {', '.join(SETTINGS)}")
    unknown = set(settings) - {SETTINGS[mode]}
    if unknown:
        raise ValueError(f"pad: unsupported keyword arguments for mode {mode!r}: {unknown}")
    array = as_array(array)
    widths = pairs("pad_width", given_by_axis(pad_width, len(array.shape)), len(array.shape), int)
    setting = next(iter(settings.values()), None)
    if mode in ("constant", "empty") and setting is None:
        return with_zeros(array, widths)
    if mode not in ("constant", "empty") and 0 in array.shape:
        at = next((k for k, n in enumerate(array.shape) if n == 0 and any(widths[k])), None)
        if at is not None:
            raise ValueError(
                f"pad: can't extend empty axis {at} using modes other than 'constant' or 'empty'"
            )
    if mode in ("constant", "linear_ramp"):
        ends = two_for_each(setting, len(array.shape))
    elif mode in STATISTICS:
        ends = pairs("stat_length", setting, len(array.shape), None)
    elif mode in ("reflect", "symmetric") and setting not in (None, "even", "odd"):
        raise ValueError(f"pad: reflect_type is 'even' or 'odd', not {setting!r}")
    for axis, (before, after) in enumerate(widths):
        if not before and not after:
            continue
        if mode in ("constant", "linear_ramp") or mode in STATISTICS:
            head, tail = ends[axis]
            first = edge(mode, array, axis, before, head, front=True)
            last = edge(mode, array, axis, after, tail, front=False)
            array = concatenate([x for x in (first, array, last) if x is not None], axis)
        elif setting == "odd" and array.shape[axis] > 1:
            array = turned(array, axis, before, after, array.shape[axis] - (mode == "reflect"))
        else:
            array = joined_runs(array, axis, padded_runs(mode, array.shape[axis], before, after))
    return array


def given_by_axis(pad_width: Any, ndim: int) -> Any:
    """A dict of axes and widths as a list."""
    if not isinstance(pad_width, dict):
        return pad_width
    widths: list[Any] = [(0, 0)] * ndim
    for axis, width in pad_width.items():
        widths[axis] = (width, width) if np.ndim(width) == 0 else width
    return widths


def pairs(what: str, x: Any, ndim: int, kind: Any) -> list[tuple[Any, Any]]:
    """Two whole numbers for each axis: what was given, once or for each."""
    if x is None:
        return [(None, None)] * ndim
    if type(x) is int and x >= 0:
        return [(x, x)] * ndim
    numbers = np.asarray(constant_only(f"pad: {what}", x))
    if numbers.dtype.kind not in "iu":
        if kind is int:
            raise TypeError(f"pad: {what} must be of integral type, not {numbers.dtype}")
        numbers = np.round(numbers).astype(int)
    if (numbers < 0).any():
        raise ValueError(f"pad: {what} can't contain negative values: {x}")
    return [(a, b) for a, b in np.broadcast_to(numbers, (ndim, 2)).tolist()]


def two_for_each(x: Any, ndim: int) -> list[tuple[Any, Any]]:
    """Two numbers for each axis, which may be nodes; 0 by default."""
    x = as_array(0 if x is None else x)
    if not isinstance(x, Node):
        return [(a, b) for a, b in np.broadcast_to(x, (ndim, 2))]
    whole = broadcast_to(x, (ndim, 2))
    return [(whole[k, 0], whole[k, 1]) for k in range(ndim)]


def with_zeros(array: Any, widths: list[tuple[int, int]]) -> Any:
    inside = tuple([slice(w, w + n) for (w, _), n in zip(widths, array.shape, strict=True)])
    around = tuple([v + n + w for (v, w), n in zip(widths, array.shape, strict=True)])
    return indexing.scatter(array, index=inside, shape=around)


def edge(mode: str, array: Any, axis: int, width: int, setting: Any, front: bool) -> Any:
    """What is joined in front or behind; None where that is nothing."""
    if not width:
        return None
    n, ndim, dtype = array.shape[axis], len(array.shape), about(array).dtype
    shape = tuple(width if k == axis else m for k, m in enumerate(array.shape))
    if mode == "constant":
        return broadcast_to(in_dtype(setting, dtype), shape)
    if mode == "linear_ramp":
        outer = as_array(setting)
        inner = array[along(axis, ndim, slice(0, 1) if front else slice(n - 1, n))]
        steps = np.arange(width) / width
        steps = (steps if front else steps[::-1]).reshape(-1, *[1] * (ndim - axis - 1))
        steps = steps.astype(dtype) if dtype.kind in "fc" else steps
        ramp = outer + (inner - outer) * steps
        return in_dtype(np.floor(ramp) if dtype.kind in "iu" else ramp, dtype)
    length = n if setting is None else min(setting, n)
    if not length and mode in ("maximum", "minimum"):
        raise ValueError("stat_length of 0 yields no value for padding")
    part = array[along(axis, ndim, slice(0, length) if front else slice(n - length, n))]
    value = STATISTICS[mode](part, axis)
    if dtype.kind in "iu" and about(value).dtype.kind not in "iu":
        value = np.round(value)
    return broadcast_to(in_dtype(value, dtype), shape)


def padded_runs(mode: Any, n: int, before: int, after: int) -> list[Run]:
    """Which elements of n stand where, in runs of (the first, the step, how many)."""
    if max(before, after) > n - (mode == "reflect"):
        return runs_of(np.pad(np.arange(n), (before, after), mode))
    ends = {
        "edge": ((0, 0, before), (n - 1, 0, after)),
        "wrap": ((n - before, 1, before), (0, 1, after)),
        "symmetric": ((before - 1, -1, before), (n - 1, -1, after)),
        "reflect": ((before, -1, before), (n - 2, -1, after)),
    }
    first, last = ends[mode]
    return [run for run in (first, (0, 1, n), last) if run[2]]


def runs_of(where: Any) -> list[Run]:
    """Places along an axis as runs."""
    step = np.diff(where)
    cuts = [0, *(np.flatnonzero(step[1:] != step[:-1]) + 1).tolist(), len(where) - 1]
    runs, start = [], 0  # of one step each; where the step changes, the element belongs to the run before
    for end in [*cuts[1:], len(where) - 1]:
        if end >= start:
            by = int(step[start]) if end > start else 1
            runs.append((int(where[start]), by, end + 1 - start))
            start = end + 1
    return runs


def joined_runs(array: Any, axis: int, runs: list[Run]) -> Any:
    """The elements along an axis that runs point at: a few as slices, many one by one."""
    ndim = len(array.shape)
    if len(runs) > 8:
        where = np.concatenate([first + by * np.arange(n) for first, by, n in runs])
        return indexing.index(array, index=along(axis, ndim, where))
    parts = []
    for first, by, n in runs:
        if by == 0:
            one = array[along(axis, ndim, slice(first, first + 1))]
            parts.append(P.repeat(one, repeats=n, axis=axis))
        else:
            stop = first + by * n
            whole = n == array.shape[axis] and by == 1
            at = along(axis, ndim, slice(first, stop if stop >= 0 else None, by))
            parts.append(array if whole else array[at])
    return concatenate(parts, axis) if len(parts) > 1 else parts[0]


def turned(array: Any, axis: int, before: int, after: int, period: int) -> Any:
    """Reflected through its ends: with D = last - first and j = q period + r,

    x[r] + q D where q is even, and 2 last - x[n-1-r] + (q - 1) D where it is odd.
    """
    n, ndim = array.shape[axis], len(array.shape)
    if max(before, after) <= period:  # once
        skip = n - period
        ends = [array[along(axis, ndim, slice(k, k + 1))] for k in (0, n - 1)]
        last = n - 1 - skip - after
        front = array[along(axis, ndim, slice(before + skip - 1, skip - 1 if skip else None, -1))]
        back = array[along(axis, ndim, slice(n - 1 - skip, last if last >= 0 else None, -1))]
        parts = [2 * ends[0] - front] * (before > 0), [array], [2 * ends[1] - back] * (after > 0)
        return concatenate([x for part in parts for x in part], axis)
    q, r = np.divmod(np.arange(-before, n + after), period)
    odd = q % 2 == 1
    inside = (q == 0) | (np.arange(-before, n + after) == n - 1)  # these are x itself
    where = np.where(inside, np.arange(-before, n + after), np.where(odd, n - 1 - r, r))
    dtype = about(array).dtype

    def column(numbers: Any) -> Any:
        return np.where(inside, 0, numbers).astype(dtype).reshape(-1, *[1] * (ndim - axis - 1))

    first, last = (array[along(axis, ndim, slice(k, k + 1))] for k in (0, n - 1))
    sign = np.where(odd & ~inside, -1, 1).astype(dtype).reshape(-1, *[1] * (ndim - axis - 1))
    moved = last * column(q + odd) - first * column(q - odd)
    return joined_runs(array, axis, runs_of(where)) * sign + moved
