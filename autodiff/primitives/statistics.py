"""Order statistics: quantiles and the median, and extremes that ignore NaN.

A quantile of n sorted numbers is (1 - γ) x₍ₖ₎ + γ x₍ₖ₊₁₎.  Where k and γ lie is the method's business, of
which NumPy has thirteen; to find them it is asked for the quantile of 0, 1, 2, … n - 1, which is k + γ.

The derivative of x₍ₖ₎ is 1 at the element that has its value, 0 elsewhere; equal elements share it, as with
max.  All is done along the last axis, of n elements, in whose place the r quantiles come.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from ..batching import aligned
from ..kinds import constant, general, linear
from .indexing import best_under_batch
from .reductions import extreme

__all__: list[str] = []


# ---- quantiles
def array_quantile(x: Any, *, of: str, q: Any = None, qtype: str = "", method: str = "linear",
                   skipna: bool = False) -> Any:  # fmt: skip
    """NumPy's function `of`.  Without a `qtype`, q is one Python number, whose dtype is weak."""
    f = getattr(np, "nan" * skipna + of)
    if 0 in x.shape[:-1] or (skipna and not x.size):
        return of_no_rows(array_quantile, x, of=of, q=q, qtype=qtype, method=method)
    if of == "median":
        return np.asarray(f(x, axis=-1))[..., None]
    if not qtype:
        return np.asarray(f(x, q, axis=-1, method=method))[..., None]
    return np.moveaxis(f(x, np.array(q, qtype), axis=-1, method=method), 0, -1)


def of_no_rows(f: Any, x: Any, **settings: Any) -> Any:
    """An empty array of the shape and dtype that f would give; of rows that are empty, NaN."""
    row = f(np.ones((1, max(x.shape[-1], 1)), x.dtype), **settings)
    return np.full((*x.shape[:-1], row.shape[-1]), np.nan, row.dtype)


@lru_cache(100)
def positions(n: int, of: str, q: Any, qtype: str, method: str) -> tuple[Any, Any, Any]:
    """k, k + 1 and γ for each q."""
    at = array_quantile(np.arange(float(n)), of=of, q=q, qtype=qtype, method=method)
    low = np.floor(at).astype(int)
    return low, np.ceil(at).astype(int), at - low


def neighbours(x: Any, of: str, q: Any, qtype: str, method: str, skipna: bool) -> list[tuple[Any, Any]]:
    """The elements that each quantile lies between, and their weights."""
    if not skipna:
        low, high, gamma = positions(x.shape[-1], of, q, qtype, method)
        parts = np.partition(x, np.unique(np.append(low, high)), axis=-1)
        parts = np.where(np.isnan(x).any(-1, keepdims=True), np.nan, parts) if x.dtype.kind in "fc" else parts
        ends = [(parts[..., low], 1 - gamma), (parts[..., high], gamma)]
    else:
        x, counts = np.sort(x, axis=-1), np.count_nonzero(~np.isnan(x), axis=-1)
        low, high, gamma = np.zeros((3, *counts.shape, 1 if not qtype else len(q)))
        for n in np.unique(counts[counts > 0]):
            for array, found in zip((low, high, gamma), positions(int(n), of, q, qtype, method), strict=True):
                array[counts == n] = found
        low, high = (np.take_along_axis(x, at.astype(int), -1) for at in (low, high))
        ends = [(low, 1 - gamma), (high, gamma)]
    return [(value, weight) for value, weight in ends if np.any(weight)]


def spread(g: Any, x: Any, ends: Any) -> Any:
    """Zeros like x, and each g shared by the elements that equal the ends of its quantile."""
    lead = np.broadcast_shapes(g.shape[:-1], *[value.shape[:-1] for value, _ in ends], x.shape[:-1])
    out = np.zeros((*lead, x.shape[-1]), g.dtype)
    for value, weight in ends if x.size else ():
        for r in range(g.shape[-1]):
            here, count = equals(x, value[..., r])
            amount, here = g[..., r] * weight[..., r] / count, np.broadcast_to(here, out.shape)
            rows = np.nonzero(here)
            out[rows] += np.broadcast_to(amount, lead)[rows[:-1]]
    return out


def gathered(t: Any, x: Any, ends: Any, r: int) -> Any:
    """The transpose: for each quantile the mean of t where x equals its ends."""
    lead = np.broadcast_shapes(t.shape[:-1], *[value.shape[:-1] for value, _ in ends], x.shape[:-1])
    out = np.zeros((*lead, r), t.dtype)
    for value, weight in ends if x.size else ():
        for k in range(r):
            here, count = equals(x, value[..., k])
            out[..., k] += np.add.reduce(np.where(here, t, 0), axis=-1) * weight[..., k] / count
    return out


def equals(x: Any, value: Any) -> tuple[Any, Any]:
    """Where x has its row's value, be it NaN, and how often."""
    value = np.asarray(value)[..., None]
    here = x == value
    if (value != value).any():
        here |= (x != x) & (value != value)
    return here, np.maximum(np.count_nonzero(here, axis=-1), 1)


def array_quantile_spread(g: Any, x: Any, **settings: Any) -> Any:
    return spread(g, x, neighbours(x, **settings) if x.size else ())


def array_quantile_gather(t: Any, x: Any, **settings: Any) -> Any:
    r = len(settings["q"]) if settings["qtype"] else 1
    return gathered(t, x, neighbours(x, **settings) if x.size else (), r)


quantile = general(
    "quantile", array_quantile, (lambda m, g, out, x, **p: m.quantile_spread(g, x, **p),),
    lambda m, ts, out, x, **p: m.quantile_gather(ts[0], x, **p), selects=True, batch=aligned,
    reach="...i->...r",
)  # fmt: skip
quantile_spread = linear(
    "quantile_spread", lambda g, x, **p: array_quantile_spread(g, x, **p),
    lambda m, h, g, x, **p: m.quantile_gather(h, x, **p), None, batch=aligned, reach="...r,...i->...i",
)  # fmt: skip
quantile_gather = linear(
    "quantile_gather", lambda t, x, **p: array_quantile_gather(t, x, **p),
    lambda m, h, t, x, **p: m.quantile_spread(h, x, **p), None, batch=aligned, reach="...i,...j->...r",
)  # fmt: skip


# ---- quantiles of weighted numbers: each is one of the numbers, which one hangs on the weights
def array_weighted(x: Any, w: Any, *, of: str, q: Any, qtype: str = "", skipna: bool = False) -> Any:
    f, (x, w) = getattr(np, "nan" * skipna + of), np.broadcast_arrays(x, w)
    if 0 in x.shape[:-1]:
        return of_no_rows(array_quantile, x, of=of, q=q, qtype=qtype)
    if not qtype:
        return np.asarray(f(x, q, axis=-1, method="inverted_cdf", weights=w))[..., None]
    out = f(x, np.array(q, qtype), axis=-1, method="inverted_cdf", weights=w)
    return np.moveaxis(out, 0, -1)


def one(v: Any) -> Any:
    return [(v, np.ones(v.shape[-1]))]


weighted_quantile = general(
    "weighted_quantile", array_weighted, (lambda m, g, out, x, w, **p: m.equal_spread(g, x, out), None),
    lambda m, ts, out, x, w, **p: None if ts[0] is None else m.equal_gather(ts[0], x, out),
    selects=True, batch=aligned, reach="...i,...j->...r",
)  # fmt: skip
equal_spread = linear(
    "equal_spread", lambda g, x, v: spread(g, x, one(v)),
    lambda m, h, g, x, v: m.equal_gather(h, x, v), None, None, batch=aligned, reach="...r,...i,...s->...i",
)  # fmt: skip
equal_gather = linear(
    "equal_gather", lambda t, x, v: gathered(t, x, one(v), v.shape[-1]),
    lambda m, h, t, x, v: m.equal_spread(h, x, v), None, None, batch=aligned, reach="...i,...j,...s->...r",
)  # fmt: skip


# ---- bins
def array_bin_of(x: Any, *, edges: Any) -> Any:
    """In which of the n bins x lies; n outside of all.  The last includes its upper edge."""
    n = len(edges) - 1
    k = np.asarray(np.searchsorted(edges, x, "right") - 1)
    k[x == edges[-1]] = n - 1
    return np.where((k < 0) | (x > edges[-1]) | (x != x), n, k)


bin_of = constant("bin_of", array_bin_of, batch=aligned)


# ---- the best so far
def array_champions(x: Any, *, of: str, axis: int) -> Any:
    """Where the running maximum stands (of="maximum", or minimum, fmax, fmin): at the first of equals."""
    out = np.moveaxis(getattr(np, of).accumulate(x, axis), axis, 0)
    new = np.ones(out.shape, bool)
    new[1:] = (out[1:] != out[:-1]) & ((out[1:] == out[1:]) | (out[:-1] == out[:-1]))
    places = np.arange(len(out)).reshape(-1, *[1] * (out.ndim - 1))
    return np.moveaxis(np.maximum.accumulate(np.where(new, places, 0)), 0, axis)


champions = constant("champions", array_champions)

# ---- without NaN
nanmax = extreme("nanmax", lambda x, *, axis=None, keepdims=False: np.nanmax(x, axis, keepdims=keepdims))
nanmin = extreme("nanmin", lambda x, *, axis=None, keepdims=False: np.nanmin(x, axis, keepdims=keepdims))
nanargmax = constant(
    "nanargmax", lambda x, *, axis=None, keepdims=False: np.nanargmax(x, axis, keepdims=keepdims),
    batch=best_under_batch,
)  # fmt: skip
nanargmin = constant(
    "nanargmin", lambda x, *, axis=None, keepdims=False: np.nanargmin(x, axis, keepdims=keepdims),
    batch=best_under_batch,
)  # fmt: skip
