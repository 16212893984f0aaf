"""NumPy's statistics: medians and quantiles, averages, covariances, counts, and what leaves NaN out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..graph import TRACE, Node
from ..primitives import arithmetic as A
from ..primitives import indexing
from ..primitives import statistics as P
from . import methods, products, reductions
from .shapes import (
    about,
    as_array,
    astype,
    axes_of,
    broadcast_to,
    concatenate,
    constant_only,
    diagonal,
    expand_dims,
    flat,
    plain,
    reshape,
    shape_of,
    squeeze,
    transpose,
    written,
)  # fmt: skip

__all__ = [
    "average", "bincount", "corrcoef", "cov", "histogram", "histogram_bin_edges", "median", "nanargmax",
    "nanargmin", "nancumprod", "nancumsum", "nanmax", "nanmean", "nanmedian", "nanmin", "nanpercentile",
    "nanprod", "nanquantile", "nanstd", "nansum", "nanvar", "percentile", "quantile",
]  # fmt: skip


def lifted(x: Any) -> Any:
    """A constant, as a Tensor."""
    return Node.classes["array"].lift(x)


# ---- medians and quantiles -------------------------------------------------------------------------------
def median(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: bool = False
) -> Any:
    """The one in the middle, or the mean of the two.  Derivative: that of the one or two; equals share it."""
    return ordered(a, axis, out, keepdims, of="median")


def quantile(a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
             method: str = "linear", keepdims: bool = False, *, weights: Any = None) -> Any:  # fmt: skip
    """The q-th of the sorted elements, for q from 0 to 1, by any of NumPy's methods.

    Derivative: that of the one or two that it lies between, by their weights; equal elements share it.  q is
    a setting, and `weights` have no derivative: they only decide which element it is.
    """
    return ordered(a, axis, out, keepdims, "quantile", q, method, weights)


def percentile(a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
               method: str = "linear", keepdims: bool = False, *, weights: Any = None) -> Any:  # fmt: skip
    """`quantile`, for q from 0 to 100.  Derivative: that of the elements it lies between."""
    return ordered(a, axis, out, keepdims, "percentile", q, method, weights)


def nanmedian(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: bool = False
) -> Any:
    """The median of what is not NaN.  Derivative: that of the one or two in the middle, 0 of NaN."""
    return ordered(a, axis, out, keepdims, of="median", skipna=True)


def nanquantile(a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
                method: str = "linear", keepdims: bool = False, *, weights: Any = None) -> Any:  # fmt: skip
    """The quantile of what is not NaN.  Derivative: that of the elements it lies between, 0 of NaN."""
    return ordered(a, axis, out, keepdims, "quantile", q, method, weights, skipna=True)


def nanpercentile(a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
                  method: str = "linear", keepdims: bool = False, *, weights: Any = None) -> Any:  # fmt: skip
    """The percentile of what is not NaN.  Derivative: that of the elements it lies between, 0 of NaN."""
    return ordered(a, axis, out, keepdims, "percentile", q, method, weights, skipna=True)


def ordered(a: Any, axis: Any, out: Any, keepdims: Any, of: str, q: Any = None, method: str = "linear",
            weights: Any = None, skipna: bool = False) -> Any:  # fmt: skip
    a, q = as_array(a), constant_only("q", q)
    axes = tuple(range(a.ndim)) if axis is None else axes_of(axis, a.ndim, of)
    weak = q is None or isinstance(q, (int, float))
    several = np.asarray(0 if weak else q)
    settings = {"of": of, "q": q, "qtype": "", "skipna": skipna}
    if not weak:
        settings |= {"q": tuple(several.reshape(-1).tolist()), "qtype": several.dtype.str}
    if weights is None:
        y = P.quantile(rows(a, axes), method=method, **settings)
    else:
        if method != "inverted_cdf":
            raise ValueError(f"{of}: only the method 'inverted_cdf' takes weights, not {method!r}")
        w = weighting(weights, a, None if axis is None else axes)
        if np.any(np.asarray(about(w)) < 0):
            raise ValueError(f"{of}: weights must not be negative")
        y = P.weighted_quantile(rows(a, axes), rows(w, axes), **settings)
    rest = tuple(n for k, n in enumerate(a.shape) if k not in axes)
    if keepdims is True:
        rest = tuple(1 if k in axes else n for k, n in enumerate(a.shape))
    first = transpose(y, (y.ndim - 1, *range(y.ndim - 1)))
    return written(out, reshape(first, (*several.shape, *rest)))


def rows(a: Any, axes: tuple[int, ...]) -> Any:
    """a, with the axes made one, the last."""
    rest = tuple(k for k in range(a.ndim) if k not in axes)
    n = math.prod(a.shape[k] for k in axes)
    if rest + axes != tuple(range(a.ndim)):
        a = transpose(a, rest + axes)
    shape = (*a.shape[: len(rest)], n)
    return a if a.shape == shape else reshape(a, shape)


def weighting(weights: Any, a: Any, axes: Any) -> Any:
    """Weights in a form that fits a: of a's shape, or of the axes."""
    w = as_array(weights)
    if w.shape == a.shape:
        return w
    if axes is None:
        raise TypeError(f"weights of shape {w.shape} for an array of shape {a.shape}: name their axis")
    if w.shape != tuple(a.shape[k] for k in axes):
        raise ValueError(f"weights of shape {w.shape} for the axes {axes} of an array of shape {a.shape}")
    order = np.argsort(axes).tolist()
    w = transpose(w, tuple(order)) if w.ndim > 1 else w
    return broadcast_to(reshape(w, [a.shape[k] if k in axes else 1 for k in range(a.ndim)]), a.shape)


# ---- without NaN -----------------------------------------------------------------------------------------
def kept(a: Any, where: Any = True) -> tuple[Any, Any]:
    """The array, and where it is not NaN."""
    a = as_array(a)
    if about(a).dtype.kind not in "fc":
        return a, where
    there = A.logical_not(A.isnan(a))
    return a, there if where is True else A.logical_and(there, reductions.chosen(where))


def nansum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False,
           initial: Any = None, where: Any = True) -> Any:  # fmt: skip
    """The sum of what is not NaN.  Derivative: g, spread out again, and 0 at NaN."""
    a, where = kept(a, where)
    return written(out, reductions.sum(a, axis, dtype, None, keepdims, initial, where))


def nanprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False,
            initial: Any = None, where: Any = True) -> Any:  # fmt: skip
    """The product of what is not NaN.  Derivative: g times the product of all others, and 0 at NaN."""
    a, where = kept(a, where)
    return written(out, reductions.prod(a, axis, dtype, None, keepdims, initial, where))


def nanmean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False, *, where: Any = True
) -> Any:
    """The mean of what is not NaN.  Derivative: g over their number, and 0 at NaN."""
    a, where = kept(a, where)
    return written(out, reductions.mean(a, axis, dtype, None, keepdims, where=where))


def nanvar(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: bool = False, *,
    where: Any = True, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    """The variance of what is not NaN.  Derivative: 2 g (x - mean) / (n - ddof), and 0 at NaN."""
    return written(out, spread(reductions.var, a, axis, dtype, ddof, keepdims, where, mean, correction))


def nanstd(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: bool = False, *,
    where: Any = True, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    """The root of `nanvar`.  Derivative: g (x - mean) / (n - ddof) / std; 0 at NaN, or if all are equal."""
    return written(out, spread(reductions.std, a, axis, dtype, ddof, keepdims, where, mean, correction))


def spread(f: Any, a: Any, axis: Any, dtype: Any, ddof: Any, keepdims: bool, where: Any, mean: Any,
           correction: Any) -> Any:  # fmt: skip
    a, where = kept(a, where)
    ddof = ddof if correction is None else correction
    y = f(a, axis, dtype, None, ddof, keepdims, where=where, mean=mean)
    if where is True:
        return y
    n = reductions.sum(broadcast_to(astype(where, float), a.shape), axis, keepdims=keepdims)
    return A.where(A.less_equal(n, ddof), np.nan, y)


def nanmax(
    a: Any, axis: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    """The largest of what is not NaN.  Derivative: that of the largest; ties share it equally."""
    return methods.reduce(np.fmax, A.fmax, a, axis, None, out, keepdims, initial, where)


def nanmin(
    a: Any, axis: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    """The smallest of what is not NaN.  Derivative: that of the smallest; ties share it equally."""
    return methods.reduce(np.fmin, A.fmin, a, axis, None, out, keepdims, initial, where)


def nanargmax(a: Any, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Any:
    """Where the largest stands that is not NaN.  Derivative: zero."""
    return written(out, P.nanargmax(a, axis=axis, keepdims=keepdims))


def nanargmin(a: Any, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Any:
    """Where the smallest stands that is not NaN.  Derivative: zero."""
    return written(out, P.nanargmin(a, axis=axis, keepdims=keepdims))


def nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """The running sum, in which NaN is 0.  Derivative: the running sum of g from the end, and 0 at NaN."""
    a, where = kept(a)
    return written(out, reductions.cumsum(a if where is True else A.where(where, a, 0), axis, dtype))


def nancumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """The running product, in which NaN is 1.  Derivative: running products of all others, and 0 at NaN."""
    a, where = kept(a)
    return written(out, reductions.cumprod(a if where is True else A.where(where, a, 1), axis, dtype))


# ---- averages and covariances ----------------------------------------------------------------------------
def average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False
) -> Any:
    """Σ w a / Σ w; with `returned`, and Σ w as well.  Derivative: in a, w / Σ w; in w, (a - out) / Σ w.

    Raises ZeroDivisionError for weights that add up to zero.
    """
    a = as_array(a)
    axes = None if axis is None else axes_of(axis, a.ndim, "average")
    if weights is None:
        out = reductions.mean(a, axes, keepdims=keepdims)
        total: Any = np.asarray(a.size / out.size if out.size else 0.0, about(out).dtype)
    else:
        w = weighting(weights, a, axes)
        dtype = np.result_type(about(a).dtype, about(w).dtype, *["f8"] * (about(a).dtype.kind in "iub"))
        total = reductions.sum(w, axes, dtype, keepdims=keepdims)
        if not getattr(total, "tracked", 0) & TRACE and np.any(np.asarray(about(total)) == 0):
            raise ZeroDivisionError("average: the weights add up to zero")
        out = reductions.sum(a * w, axes, dtype, keepdims=keepdims) / total
    if not returned:
        return out
    return out, broadcast_to(total if isinstance(total, Node) else lifted(total), shape_of(out))


def cov(m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None,
        fweights: Any = None, aweights: Any = None, *, dtype: Any = None) -> Any:  # fmt: skip
    """The covariance matrix of variables in rows (columns without `rowvar`), each with n observations.

    Σ w (x - mean) (y - mean)* over n - ddof, with the weights w = fweights · aweights.  Derivative: that of
    this formula, in m, y and aweights; fweights are counts.
    """
    if ddof is not None and ddof != int(ddof):
        raise ValueError(f"cov: ddof must be a whole number, not {ddof}")
    parts = [p if p.ndim else reshape(p, (1,)) for p in map(as_array, [m] if y is None else [m, y])]
    if any(p.ndim > 2 for p in parts):
        raise ValueError("cov: m and y have two axes at most")
    dtype = dtype or np.result_type(*[about(p).dtype for p in parts], np.float64)
    x = [reshape(p, (1, -1)) if p.ndim == 1 else p if rowvar else transpose(p) for p in parts]
    if len(x) == 2 and not rowvar and parts[1].ndim == 2 and parts[1].shape[0] == 1:
        x[1] = parts[1]  # as NumPy has it
    x = astype(concatenate(x, 0), dtype)
    if not x.shape[0]:
        return lifted(np.empty((0, 0), dtype))
    ddof = (0 if bias else 1) if ddof is None else int(ddof)
    w = observed(fweights, aweights, x.shape[1])
    mean, total = average(x, 1, w, returned=True)
    freedom = x.shape[1] - ddof if w is None else total[0]
    if w is not None and ddof:
        freedom = freedom - ddof * (1 if aweights is None else reductions.sum(w * aweights) / total[0])
    freedom = A.maximum(freedom, 0.0)
    x = x - expand_dims(mean, 1)
    other = x if w is None else x * w
    other = A.conjugate(other) if about(other).dtype.kind == "c" else other
    return squeeze(products.dot(x, transpose(other)) / freedom)


def observed(fweights: Any, aweights: Any, n: int) -> Any:
    """The weights of n observations, or None."""
    w: Any = None
    if fweights is not None:
        w = np.asarray(constant_only("fweights", fweights), float)
        if not np.all(w == np.around(w)):
            raise TypeError("cov: fweights are counts, whole numbers")
    given = [w] * (w is not None) + [as_array(aweights)] * (aweights is not None)
    for v in given:
        if v.ndim != 1 or v.shape[0] != n:
            raise RuntimeError(f"cov: weights of shape {v.shape} for {n} observations along one axis")
        if not getattr(v, "tracked", 0) & TRACE and np.any(np.asarray(about(v)) < 0):
            raise ValueError("cov: weights must not be negative")
    return None if not given else given[0] if len(given) == 1 else given[0] * given[1]


def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """Correlations: the covariances over both standard deviations.  Derivative: that of this quotient.

    Where rounding takes a correlation beyond 1 it is cut off, and has no derivative.
    """
    c = cov(x, y, rowvar, dtype=dtype)
    if not c.ndim:
        return c / c
    deviation = A.power(A.real(diagonal(c)), 0.5)
    c = c / expand_dims(deviation, 1) / deviation
    if about(c).dtype.kind != "c":
        return A.minimum(A.maximum(c, -1), 1)
    re, im = (A.minimum(A.maximum(part(c), -1), 1) for part in (A.real, A.imag))
    return re + im * 1j


# ---- counts ----------------------------------------------------------------------------------------------
def bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Any:
    """How often each whole number occurs in x, or the sum of its weights.  Derivative: in the weights, g[x].

    Without weights a constant.  The length of the result hangs on x, so x must not be traced (`vmap`).
    """
    places = np.array(plain(x, "bincount(x)"))
    counts = np.bincount(places, None, constant_only("minlength", minlength))
    if weights is None:
        return lifted(counts)
    w = astype(as_array(weights), float)
    if w.shape != places.shape:
        raise ValueError(f"bincount: weights of shape {w.shape} for x of shape {places.shape}")
    return indexing.scatter(w, index=places.astype(np.intp), shape=(len(counts),))


def histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    """The edges of bins.  Derivative: in the least and the largest of a, where these are the outer edges."""
    for name, settings in (("bins", [bins]), ("range", range or ())):
        for setting in settings:
            constant_only(name, setting)
    if range is not None or np.ndim(bins):  # then nothing hangs on a
        return lifted(np.histogram_bin_edges(np.empty(0, about(as_array(a)).dtype), bins, range))
    edges: Any = np.histogram_bin_edges(plain(a, "the edges of bins"), bins, None, about(weights))
    if not isinstance(a, Node) or not a.size:  # type: ignore[attr-defined]
        return lifted(edges)
    low, high = reductions.min(a), reductions.max(a)
    if about(low) == about(high):
        low, high = low - 0.5, high + 0.5
    part = np.linspace(0, 1, len(edges))
    return astype(low * (1 - part) + high * part, edges.dtype)


def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    """(counts, edges): how many elements of a lie in each bin, or the sum of their weights.

    Derivative: in the weights, g of the bin each is counted in; in a, none of the counts, and of the edges
    that of its least and largest element.  With `density` both enter counts / widths / Σ counts.  Under
    `vmap` the bins of all examples must be the same: give edges, or a range.
    """
    edges = histogram_bin_edges(a, bins, range, weights)
    n, w = about(edges).size - 1, None if weights is None else as_array(weights)
    if w is not None and w.shape != shape_of(a):
        raise ValueError(f"histogram: weights of shape {w.shape} for an array of shape {shape_of(a)}")
    place = P.bin_of(flat(as_array(a)), edges=np.asarray(about(edges)))
    w = np.ones(place.shape, int) if w is None else flat(w)
    counts = indexing.put_along(w, place, axis=0, shape=(n + 1,))[:n]
    counts = counts if isinstance(counts, Node) else lifted(counts)
    if density:
        counts = counts / reductions.diff(edges) / reductions.sum(counts)
    return counts, edges
