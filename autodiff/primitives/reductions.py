"""Sums, extremes and running sums along axes, and the functions of networks that are made of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..graph import PLAIN, Rules
from ..kinds import constant, general, linear

__all__: list[str] = []


def array_sum(x: Any, *, axis: Any = None, keepdims: Any = False) -> Any:
    return np.add.reduce(x, axis=axis, keepdims=keepdims)


def kept(m: Any, g: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    """What belongs to a reduction of x, with the reduced axes kept as axes of length 1."""
    if keepdims or axis is None or not x.shape:  # without axes, a number fits any shape
        return g
    axes = axis if isinstance(axis, tuple) else (axis,)
    reduced = {a % len(x.shape) for a in axes}
    return m.reshape(g, shape=tuple(1 if k in reduced else n for k, n in enumerate(x.shape)))


def sum_transpose(m: Any, g: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    return m.broadcast_to(kept(m, g, x, axis, keepdims), shape=x.shape)


def summed(x: Any, axis: Any) -> float:
    """How many elements go into each element of a sum over `axis`."""
    axes = range(len(x.shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return float(math.prod(x.shape[a] for a in axes))


def array_mean(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    if not isinstance(x, np.ndarray) or not x.ndim or x.dtype == np.float16:  # which NumPy sums in float32
        return np.mean(x, axis=axis, keepdims=keepdims)
    total = array_sum(x, axis=axis, keepdims=keepdims)
    return total / summed(x, axis)


def mean_transpose(m: Any, g: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    return sum_transpose(m, g / summed(x, axis), x, axis, keepdims)


def array_winners(x: Any, best: Any, *, axis: Any, keepdims: bool) -> Any:
    """The weights with which an extreme was selected: 1, shared equally at ties, and 0 elsewhere."""
    best = kept(PLAIN, best, x, axis, keepdims)
    chosen = x == best
    if np.any(best != best):
        chosen |= (x != x) & (best != best)
    count = np.add.reduce(chosen, axis=axis, keepdims=True)
    return np.divide(chosen, count, dtype=x.real.dtype if x.dtype.kind in "fc" else float)


def extreme(name: str, f: Any) -> Any:
    """max or min.  It selects: what has weight zero is ignored, be it inf or NaN."""

    def pull(m: Any, g: Any, out: Any, x: Any, **params: Any) -> Any:
        return kept(m, g, x, **params) * m.winners(x, out, **params)

    def push(m: Any, ts: Any, out: Any, x: Any, **params: Any) -> Any:
        return m.sum(ts[0] * m.winners(x, out, **params), **params)

    def careful_pull(m: Any, g: Any, out: Any, x: Any, **params: Any) -> Any:
        return m.absorb(m.winners(x, out, **params), lambda: kept(m, g, x, **params))

    def careful_push(m: Any, ts: Any, out: Any, x: Any, **params: Any) -> Any:
        return m.sum(m.absorb(m.winners(x, out, **params), lambda: ts[0]), **params)

    return general(name, f, (pull,), push, careful=Rules((careful_pull,), careful_push), selects=True)


def reversed_along(m: Any, x: Any, axis: int) -> Any:
    at = [slice(None)] * len(x.shape)
    at[axis] = slice(None, None, -1)
    return m.index(x, index=tuple(at))


def cumsum_transpose(m: Any, g: Any, x: Any, axis: int) -> Any:
    return reversed_along(m, m.cumsum(reversed_along(m, g, axis), axis=axis), axis)


def parts_of_exp(x: Any, axis: Any) -> tuple[Any, Any]:
    """x without its maximum m, so that no exponential overflows, and m; m is 0 where it is infinite."""
    x = x if x.dtype.kind in "fc" else x.astype(float)
    top = np.maximum.reduce(x, axis=axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0).astype(x.dtype)
    return x - top, top


def array_logsumexp(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    shifted, top = parts_of_exp(x, axis)
    out = np.log(np.add.reduce(np.exp(shifted), axis=axis, keepdims=True)) + top
    return out if keepdims else np.squeeze(out, axis)


def array_softmax(x: Any, *, axis: Any = -1) -> Any:
    e = np.exp(parts_of_exp(x, axis)[0])
    return e / np.add.reduce(e, axis=axis, keepdims=True)


def array_log_softmax(x: Any, *, axis: Any = -1) -> Any:
    shifted, _ = parts_of_exp(x, axis)
    return shifted - np.log(np.add.reduce(np.exp(shifted), axis=axis, keepdims=True))


def array_one_hot(labels: Any, *, classes: int, axis: int = -1, dtype: Any = float) -> Any:
    """1 at the label, 0 elsewhere, along a new axis."""
    out = np.zeros((*labels.shape, classes), dtype)
    np.put_along_axis(out, np.asarray(labels)[..., None], 1, -1)
    return np.moveaxis(out, -1, axis)


def array_label_entropy(x: Any, labels: Any, *, axis: int = -1) -> Any:
    picked = np.take_along_axis(x, np.expand_dims(labels, axis), axis)
    return array_logsumexp(x, axis=axis) - np.squeeze(picked, axis)


def label_entropy_slope(m: Any, x: Any, labels: Any, axis: int) -> Any:
    hot = m.one_hot(labels, classes=x.shape[axis], axis=axis, dtype=x.dtype)
    return m.softmax(x, axis=axis) - hot


def entropy_slope(m: Any, x: Any, p: Any, axis: int) -> Any:
    return m.softmax(x, axis=axis) * m.sum(p, axis=axis, keepdims=True) - p


def cross_entropy_push(m: Any, ts: Any, out: Any, x: Any, p: Any, axis: int) -> Any:
    parts = [] if ts[0] is None else [ts[0] * entropy_slope(m, x, p, axis)]
    parts += [] if ts[1] is None else [-ts[1] * m.log_softmax(x, axis=axis)]
    return m.sum(parts[0] + parts[1] if len(parts) > 1 else parts[0], axis=axis, keepdims=False)


# ---- below a choice: what has a cotangent (tangent) of zero has no say, and may be NaN
def lively(m: Any, out: Any, g: Any, axis: Any) -> Any:
    """The softmax (or its logarithm), without inf and NaN where g is zero all along its axis."""
    return m.shield(out, m.sum(m.not_equal(g, 0), axis=axis, keepdims=True))


def careful_softmax(m: Any, g: Any, out: Any, x: Any, axis: Any) -> Any:
    out = lively(m, out, g, axis)
    return out * (g - m.sum(g * out, axis=axis, keepdims=True))


def careful_log_softmax_pull(m: Any, g: Any, out: Any, x: Any, axis: Any) -> Any:
    return g - m.exp(lively(m, out, g, axis)) * m.sum(g, axis=axis, keepdims=True)


def careful_log_softmax_push(m: Any, ts: Any, out: Any, x: Any, axis: Any) -> Any:
    return ts[0] - m.sum(ts[0] * m.exp(lively(m, out, ts[0], axis)), axis=axis, keepdims=True)


def careful_logsumexp_pull(m: Any, g: Any, out: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    return m.absorb(kept(m, g, x, axis, keepdims), lambda: m.softmax(x, axis=axis))


def careful_logsumexp_push(m: Any, ts: Any, out: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    return m.sum(m.absorb(ts[0], lambda: m.softmax(x, axis=axis)), axis=axis, keepdims=keepdims)


def careful_label_pull(m: Any, g: Any, out: Any, x: Any, y: Any, axis: int) -> Any:
    return m.absorb(kept(m, g, x, axis, False), label_entropy_slope, m, x, y, axis)


def careful_label_push(m: Any, ts: Any, out: Any, x: Any, y: Any, axis: int) -> Any:
    return m.sum(m.absorb(ts[0], label_entropy_slope, m, x, y, axis), axis=axis, keepdims=False)


def careful_entropy_pull_x(m: Any, g: Any, out: Any, x: Any, p: Any, axis: int) -> Any:
    return m.absorb(kept(m, g, x, axis, False), entropy_slope, m, x, p, axis)


def careful_entropy_pull_p(m: Any, g: Any, out: Any, x: Any, p: Any, axis: int) -> Any:
    return m.absorb(-kept(m, g, x, axis, False), lambda: m.log_softmax(x, axis=axis))


def careful_entropy_push(m: Any, ts: Any, out: Any, x: Any, p: Any, axis: int) -> Any:
    parts = [] if ts[0] is None else [m.absorb(ts[0], entropy_slope, m, x, p, axis)]
    parts += [] if ts[1] is None else [m.absorb(-ts[1], lambda: m.log_softmax(x, axis=axis))]
    return m.sum(parts[0] + parts[1] if len(parts) > 1 else parts[0], axis=axis, keepdims=False)


sum = linear("sum", array_sum, sum_transpose)
mean = linear("mean", array_mean, mean_transpose)
winners = constant("winners", array_winners)
max = extreme(
    "max", lambda x, *, axis=None, keepdims=False: np.maximum.reduce(x, axis=axis, keepdims=keepdims)
)
min = extreme(
    "min", lambda x, *, axis=None, keepdims=False: np.minimum.reduce(x, axis=axis, keepdims=keepdims)
)
any = constant("any", lambda x, *, axis=None, keepdims=False: np.any(x, axis, keepdims=keepdims))
all = constant("all", lambda x, *, axis=None, keepdims=False: np.all(x, axis, keepdims=keepdims))
cumsum = linear("cumsum", lambda x, *, axis: np.add.accumulate(x, axis), cumsum_transpose)

# of networks.  With s = softmax(x), that is the slope of logsumexp; Jᵀg of softmax is s (g - Σ s g), and of
# log_softmax g - s Σ g
one_hot = constant("one_hot", array_one_hot)
logsumexp = general(
    "logsumexp", array_logsumexp,
    (lambda m, g, out, x, axis, keepdims: kept(m, g, x, axis, keepdims) * m.softmax(x, axis=axis),),
    lambda m, ts, out, x, axis, keepdims:
        m.sum(ts[0] * m.softmax(x, axis=axis), axis=axis, keepdims=keepdims),
    careful=Rules((careful_logsumexp_pull,), careful_logsumexp_push),
)  # fmt: skip
softmax = general(
    "softmax", array_softmax,
    (lambda m, g, out, x, axis: out * (g - m.sum(g * out, axis=axis, keepdims=True)),),
    lambda m, ts, out, x, axis: out * (ts[0] - m.sum(ts[0] * out, axis=axis, keepdims=True)),
    careful=Rules((careful_softmax,), lambda m, ts, out, x, axis: careful_softmax(m, ts[0], out, x, axis)),
)  # fmt: skip
log_softmax = general(
    "log_softmax", array_log_softmax,
    (lambda m, g, out, x, axis: g - m.exp(out) * m.sum(g, axis=axis, keepdims=True),),
    lambda m, ts, out, x, axis: ts[0] - m.sum(ts[0] * m.exp(out), axis=axis, keepdims=True),
    careful=Rules((careful_log_softmax_pull,), careful_log_softmax_push),
)  # fmt: skip
label_entropy = general(
    "label_entropy", array_label_entropy,
    (lambda m, g, out, x, y, axis: kept(m, g, x, axis, False) * label_entropy_slope(m, x, y, axis), None),
    lambda m, ts, out, x, y, axis:
        m.sum(ts[0] * label_entropy_slope(m, x, y, axis), axis=axis, keepdims=False),
    careful=Rules((careful_label_pull, None), careful_label_push),
)  # fmt: skip
cross_entropy = general(
    "cross_entropy", lambda x, p, *, axis=-1: -np.add.reduce(p * array_log_softmax(x, axis=axis), axis=axis),
    (lambda m, g, out, x, p, axis: kept(m, g, x, axis, False) * entropy_slope(m, x, p, axis),
     lambda m, g, out, x, p, axis: -kept(m, g, x, axis, False) * m.log_softmax(x, axis=axis)),
    cross_entropy_push, careful=Rules((careful_entropy_pull_x, careful_entropy_pull_p), careful_entropy_push),
)  # fmt: skip
