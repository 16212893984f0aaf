"""Sums, extremes and running sums along axes, and the functions of networks that are made of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import backward as walk
from ..batching import along_axes
from ..graph import PLAIN, Rules
from ..kinds import constant, general, linear
from ..steps import one_input
from .indexing import places

__all__: list[str] = []


def reduced(f: Any, x: Any, axis: Any, keepdims: Any) -> Any:
    """f.reduce; of many short rows NumPy is faster when they are laid out as columns."""
    large = type(x) is np.ndarray and x.size > 5000 and x.ndim > 1
    if large and axis in (-1, x.ndim - 1) and x.shape[-1] < 32:
        out = f.reduce(np.ascontiguousarray(np.moveaxis(x, -1, 0)), axis=0)
        return out[..., None] if keepdims else out
    return f.reduce(x, axis=axis, keepdims=keepdims)


def accumulated(f: Any, x: Any, axis: int) -> Any:
    """f.accumulate, by halves: what NumPy does to large arrays waits for each element in turn."""
    x = np.asarray(x)
    if x.size < 5000 or x.dtype.kind not in "fc":
        return f.accumulate(x, axis)
    return x if x.size == 0 else np.moveaxis(by_halves(f, np.moveaxis(x, axis, 0)), 0, axis)


def by_halves(f: Any, x: Any) -> Any:
    if len(x) < 50:
        return f.accumulate(x)
    out = np.empty_like(x)
    out[0] = x[0]
    out[1::2] = by_halves(f, f(x[1::2], x[: len(x) // 2 * 2 : 2]))
    f(out[1:-1:2], x[2::2], out=out[2::2])
    return out


def array_sum(x: Any, *, axis: Any = None, keepdims: Any = False) -> Any:
    if axis is not None:
        return reduced(np.add, x, axis, keepdims)
    if x.size > 5000 and x.ndim > 1 and x.shape[-1] < 32 and not x.flags.forc and not keepdims:
        x = np.add.reduce(np.moveaxis(x, -1, 0), axis=tuple(range(1, x.ndim)))  # long rows first
    return np.add.reduce(x, None, keepdims=keepdims)


def kept(m: Any, g: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    """What belongs to a reduction of x, with the reduced axes kept as axes of length 1."""
    if keepdims or axis is None or not x.shape:  # without axes, a number fits any shape
        return g
    shape = list(x.shape)
    for k in axis if isinstance(axis, tuple) else (axis,):
        shape[k] = 1
    return m.reshape(g, shape=tuple(shape))


def sum_transpose(m: Any, g: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    return m.broadcast_to(g if axis is None else kept(m, g, x, axis, keepdims), shape=x.shape)


def summed(x: Any, axis: Any) -> float:
    """How many elements go into each element of a sum over `axis`."""
    if axis is None or type(axis) is int:
        return float(x.size if axis is None else x.shape[axis])
    return float(math.prod([x.shape[a] for a in (axis if isinstance(axis, tuple) else (axis,))]))


def array_mean(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    if not isinstance(x, np.ndarray) or not x.ndim or x.dtype == np.float16:  # which NumPy sums in float32
        return np.mean(x, axis=axis, keepdims=keepdims)
    total = array_sum(x, axis=axis, keepdims=keepdims)
    return total / summed(x, axis)


def mean_transpose(m: Any, g: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    return sum_transpose(m, g / summed(x, axis), x, axis, keepdims)


# ---- variance and standard deviation of real numbers.  With d = x - mean(x) and n the number of elements
# less ddof, their slopes are 2 d / n and d / (n out); the mean's own share adds up to zero, for so do the d.
def deviation(m: Any, x: Any, axis: Any) -> Any:
    return x - m.mean(x, axis=axis, keepdims=True)


def freedom(x: Any, axis: Any, ddof: float) -> float:
    """The number of elements less ddof."""
    n = summed(x, axis) - ddof
    return n if n > 0 else 0.0


def array_var(x: Any, *, axis: Any = None, keepdims: bool = False, ddof: float = 0) -> Any:
    squares = np.square(deviation(PLAIN, x, axis))
    return array_sum(squares, axis=axis, keepdims=keepdims) / freedom(x, axis, ddof)


def var_pull(m: Any, g: Any, out: Any, x: Any, axis: Any, keepdims: bool, ddof: float) -> Any:
    return kept(m, g / (0.5 * freedom(x, axis, ddof)), x, axis, keepdims) * deviation(m, x, axis)


def var_push(m: Any, ts: Any, out: Any, x: Any, axis: Any, keepdims: bool, ddof: float) -> Any:
    moved = m.sum(ts[0] * deviation(m, x, axis), axis=axis, keepdims=keepdims)
    return moved / (0.5 * freedom(x, axis, ddof))


def careful_var_pull(m: Any, g: Any, out: Any, x: Any, axis: Any, keepdims: bool, ddof: float) -> Any:
    rate = kept(m, g / (0.5 * freedom(x, axis, ddof)), x, axis, keepdims)
    return m.absorb(rate, deviation, m, x, axis)


def careful_var_push(m: Any, ts: Any, out: Any, x: Any, axis: Any, keepdims: bool, ddof: float) -> Any:
    moved = m.sum(m.absorb(ts[0], deviation, m, x, axis), axis=axis, keepdims=keepdims)
    return moved / (0.5 * freedom(x, axis, ddof))


def array_std(x: Any, *, axis: Any = None, keepdims: bool = False, ddof: float = 0) -> Any:
    squares = np.square(deviation(PLAIN, x, axis))
    total = array_sum(squares, axis=axis, keepdims=keepdims)
    return np.sqrt(total) / math.sqrt(freedom(x, axis, ddof))


def inverse_of(m: Any, out: Any) -> Any:
    """1 / out, 0 where out is 0."""
    return m.shield(1 / out, out)


def std_pull(m: Any, g: Any, out: Any, x: Any, axis: Any, keepdims: bool, ddof: float) -> Any:
    rate = g * inverse_of(m, out) / freedom(x, axis, ddof)
    return kept(m, rate, x, axis, keepdims) * deviation(m, x, axis)


def std_push(m: Any, ts: Any, out: Any, x: Any, axis: Any, keepdims: bool, ddof: float) -> Any:
    moved = m.sum(ts[0] * deviation(m, x, axis), axis=axis, keepdims=keepdims)
    return moved * inverse_of(m, out) / freedom(x, axis, ddof)


def careful_std_pull(m: Any, g: Any, out: Any, x: Any, axis: Any, keepdims: bool, ddof: float) -> Any:
    rate = m.absorb(g, inverse_of, m, out) / freedom(x, axis, ddof)
    return m.absorb(kept(m, rate, x, axis, keepdims), deviation, m, x, axis)


def careful_std_push(m: Any, ts: Any, out: Any, x: Any, axis: Any, keepdims: bool, ddof: float) -> Any:
    moved = m.sum(m.absorb(ts[0], deviation, m, x, axis), axis=axis, keepdims=keepdims)
    return m.absorb(moved, inverse_of, m, out) / freedom(x, axis, ddof)


def array_winners(x: Any, best: Any, *, axis: Any, keepdims: bool) -> Any:
    """The weights with which an extreme was selected: 1, shared equally at ties, and 0 elsewhere."""
    best = kept(PLAIN, best, x, axis, keepdims)
    chosen = x == best
    if x.size > 1000 and best.size == 1 and np.count_nonzero(chosen) == 1:  # hardly any more work
        out = np.zeros(x.shape, x.real.dtype if x.dtype.kind in "fc" else float)
        out.reshape(-1)[np.argmax(chosen)] = 1
        return out
    if np.count_nonzero(chosen) == best.size and not np.any(best != best):  # no ties
        return chosen.astype(x.real.dtype if x.dtype.kind in "fc" else float)
    count = np.add.reduce(chosen, axis=axis, keepdims=True)
    if np.count_nonzero(count) < count.size:  # NaN is the best, and not equal to itself
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

    by_rule = one_input(pull)

    def step(node: Any, g: Any, cot: Any, after: int) -> None:
        """The backward step: of one winner among many, without a product of zeros."""
        (x,), best = node.inputs, node.value
        chosen = x.value == best if x.value.size > 1000 and best.size == 1 else np.zeros(0)
        if np.count_nonzero(chosen) != 1:
            by_rule(node, g, cot, after)
            return
        t = np.zeros(x.value.shape, x.value.dtype)
        t.reshape(-1)[np.argmax(chosen)] = g.reshape(())
        cot[x] = cot[x] + t if x in cot else t

    return general(name, f, (pull,), push, careful=Rules((careful_pull,), careful_push), selects=True,
                   batch=along_axes, reach="axis", steps={False: walk.pull, True: step})  # fmt: skip


def reversed_along(m: Any, x: Any, axis: int) -> Any:
    at = [slice(None)] * len(x.shape)
    at[axis] = slice(None, None, -1)
    return m.index(x, index=tuple(at))


def cumsum_transpose(m: Any, g: Any, x: Any, axis: int) -> Any:
    return reversed_along(m, m.cumsum(reversed_along(m, g, axis), axis=axis), axis)


def parts_of_exp(x: Any, axis: Any) -> tuple[Any, Any]:
    """x without its maximum m, so that no exponential overflows, and m; m is 0 where it is infinite."""
    x = x if x.dtype.kind in "fc" else x.astype(float)
    if not x.size:
        top = np.zeros_like(np.add.reduce(x, axis=axis, keepdims=True))
    else:
        top = reduced(np.maximum, x, axis, True)
    square: Any = np.vdot(top, top)
    if square - square != 0:  # inf or NaN
        top = np.where(np.isfinite(top), top, 0).astype(x.dtype)
    return x - top, top


def array_logsumexp(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    shifted, top = parts_of_exp(x, axis)
    out = np.log(reduced(np.add, np.exp(shifted), axis, True)) + top
    return out if keepdims else out.squeeze(axis)


def array_softmax(x: Any, *, axis: Any = -1) -> Any:
    e = np.exp(parts_of_exp(x, axis)[0])
    return e / reduced(np.add, e, axis, True)


def array_log_softmax(x: Any, *, axis: Any = -1) -> Any:
    shifted, _ = parts_of_exp(x, axis)
    return shifted - np.log(reduced(np.add, np.exp(shifted), axis, True))


def array_one_hot(labels: Any, *, classes: int, axis: int = -1, dtype: Any = float) -> Any:
    """1 at the label, 0 elsewhere, along a new axis."""
    out = np.zeros((*labels.shape, classes), dtype)
    np.put_along_axis(out, np.asarray(labels)[..., None], 1, -1)
    return np.moveaxis(out, -1, axis)


def hot_places(x: Any, labels: Any, axis: int) -> Any:
    """Where the labels point in x, as places in its flat form."""
    one = (*x.shape[: axis % x.ndim], 1, *x.shape[axis % x.ndim + 1 :])
    return places(labels.reshape(one), axis, x.shape, checked=True)


def array_label_entropy(x: Any, labels: Any, *, axis: int = -1) -> Any:
    picked = x.reshape(-1)[hot_places(x, labels, axis)]
    return array_logsumexp(x, axis=axis) - picked.squeeze(axis)


def array_label_slope(x: Any, labels: Any, *, axis: int) -> Any:
    """softmax(x), less 1 at the label."""
    out = np.ascontiguousarray(array_softmax(x, axis=axis))
    out.reshape(-1)[hot_places(x, labels, axis)] -= 1
    return out


def softmax_transpose(m: Any, g: Any, s: Any, axis: Any) -> Any:
    """The Jacobian of softmax times g, where the softmax is s; the Jacobian is symmetric."""
    return s * (g - m.sum(g * s, axis=axis, keepdims=True))


def entropy_slope(m: Any, x: Any, p: Any, axis: int) -> Any:
    return m.softmax(x, axis=axis) * m.sum(p, axis=axis, keepdims=True) - p


def cross_entropy_push(m: Any, ts: Any, out: Any, x: Any, p: Any, axis: int) -> Any:
    parts = [] if ts[0] is None else [ts[0] * entropy_slope(m, x, p, axis)]
    parts += [] if ts[1] is None else [-ts[1] * m.log_softmax(x, axis=axis)]
    return m.sum(parts[0] + parts[1] if len(parts) > 1 else parts[0], axis=axis, keepdims=False)


def labelled(node: Any, xs: list[Any], mapped: list[bool], size: int) -> Any:
    """Batching of what takes labels.  Only those of one example were looked at when they were given."""
    labels, axis = xs[-1].value, node.params["axis"]
    classes = node.params["classes"] if len(xs) == 1 else xs[0].shape[mapped[0] :][axis]
    if labels.size and (labels.min() < 0 or labels.max() >= classes):
        raise IndexError(f"labels from {labels.min()} to {labels.max()}, but there are {classes} classes")
    return along_axes(node, xs, mapped, size)


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
    return m.absorb(kept(m, g, x, axis, False), lambda: m.label_slope(x, y, axis=axis))


def careful_label_push(m: Any, ts: Any, out: Any, x: Any, y: Any, axis: int) -> Any:
    return m.sum(m.absorb(ts[0], lambda: m.label_slope(x, y, axis=axis)), axis=axis, keepdims=False)


def careful_entropy_pull_x(m: Any, g: Any, out: Any, x: Any, p: Any, axis: int) -> Any:
    return m.absorb(kept(m, g, x, axis, False), entropy_slope, m, x, p, axis)


def careful_entropy_pull_p(m: Any, g: Any, out: Any, x: Any, p: Any, axis: int) -> Any:
    return m.absorb(-kept(m, g, x, axis, False), lambda: m.log_softmax(x, axis=axis))


def careful_entropy_push(m: Any, ts: Any, out: Any, x: Any, p: Any, axis: int) -> Any:
    parts = [] if ts[0] is None else [m.absorb(ts[0], entropy_slope, m, x, p, axis)]
    parts += [] if ts[1] is None else [m.absorb(-ts[1], lambda: m.log_softmax(x, axis=axis))]
    return m.sum(parts[0] + parts[1] if len(parts) > 1 else parts[0], axis=axis, keepdims=False)


def careful_slope(m: Any, g: Any, out: Any, x: Any, y: Any, axis: int) -> Any:
    return careful_softmax(m, g, m.softmax(x, axis=axis), x, axis)


SPREAD = "broadcast_to(g, x.shape)", "broadcast_to(g, x.shape) * out.size / x.size"
sum = linear("sum", array_sum, sum_transpose, reach="axis", pulled=SPREAD[:1])
mean = linear("mean", array_mean, mean_transpose, reach="axis", pulled=SPREAD[1:])
var = general(
    "var", array_var, (var_pull,), var_push, careful=Rules((careful_var_pull,), careful_var_push),
    batch=along_axes, reach="axis",
)  # fmt: skip
std = general(
    "std", array_std, (std_pull,), std_push, careful=Rules((careful_std_pull,), careful_std_push),
    batch=along_axes, reach="axis",
)  # fmt: skip
winners = constant("winners", array_winners)
max = extreme("max", lambda x, *, axis=None, keepdims=False: reduced(np.maximum, x, axis, keepdims))
min = extreme("min", lambda x, *, axis=None, keepdims=False: reduced(np.minimum, x, axis, keepdims))
any = constant("any", lambda x, *, axis=None, keepdims=False: np.any(x, axis, keepdims=keepdims))
all = constant("all", lambda x, *, axis=None, keepdims=False: np.all(x, axis, keepdims=keepdims))
cumsum = linear("cumsum", lambda x, *, axis: accumulated(np.add, x, axis), cumsum_transpose, reach="axis")

# of networks.  With s = softmax(x), that is the slope of logsumexp; Jᵀg of softmax is s (g - Σ s g), and of
# log_softmax g - s Σ g
one_hot = constant("one_hot", array_one_hot, batch=labelled)
logsumexp = general(
    "logsumexp", array_logsumexp,
    (lambda m, g, out, x, axis, keepdims: kept(m, g, x, axis, keepdims) * m.softmax(x, axis=axis),),
    lambda m, ts, out, x, axis, keepdims:
        m.sum(ts[0] * m.softmax(x, axis=axis), axis=axis, keepdims=keepdims),
    careful=Rules((careful_logsumexp_pull,), careful_logsumexp_push), batch=along_axes, reach="axis",
)  # fmt: skip
softmax = general(
    "softmax", array_softmax,
    (lambda m, g, out, x, axis: softmax_transpose(m, g, out, axis),),
    lambda m, ts, out, x, axis: softmax_transpose(m, ts[0], out, axis),
    careful=Rules((careful_softmax,), lambda m, ts, out, x, axis: careful_softmax(m, ts[0], out, x, axis)),
    batch=along_axes, reach="axis",
)  # fmt: skip
log_softmax = general(
    "log_softmax", array_log_softmax,
    (lambda m, g, out, x, axis: g - m.exp(out) * m.sum(g, axis=axis, keepdims=True),),
    lambda m, ts, out, x, axis: ts[0] - m.sum(ts[0] * m.exp(out), axis=axis, keepdims=True),
    careful=Rules((careful_log_softmax_pull,), careful_log_softmax_push), batch=along_axes, reach="axis",
)  # fmt: skip
label_entropy = general(
    "label_entropy", array_label_entropy,
    (lambda m, g, out, x, y, axis: kept(m, g, x, axis, False) * m.label_slope(x, y, axis=axis), None),
    lambda m, ts, out, x, y, axis: m.sum(ts[0] * m.label_slope(x, y, axis=axis), axis=axis, keepdims=False),
    careful=Rules((careful_label_pull, None), careful_label_push), batch=labelled, reach="axis",
)  # fmt: skip
label_slope = general(
    "label_slope", array_label_slope,
    (lambda m, g, out, x, y, axis: softmax_transpose(m, g, m.softmax(x, axis=axis), axis), None),
    lambda m, ts, out, x, y, axis: softmax_transpose(m, ts[0], m.softmax(x, axis=axis), axis),
    careful=Rules(
        (careful_slope, None), lambda m, ts, out, x, y, axis: careful_slope(m, ts[0], out, x, y, axis)
    ),
    batch=labelled, reach="axis",
)  # fmt: skip
cross_entropy = general(
    "cross_entropy", lambda x, p, *, axis=-1: -array_sum(p * array_log_softmax(x, axis=axis), axis=axis),
    (lambda m, g, out, x, p, axis: kept(m, g, x, axis, False) * entropy_slope(m, x, p, axis),
     lambda m, g, out, x, p, axis: -kept(m, g, x, axis, False) * m.log_softmax(x, axis=axis)),
    cross_entropy_push, careful=Rules((careful_entropy_pull_x, careful_entropy_pull_p), careful_entropy_push),
    batch=along_axes, reach="axis",
)  # fmt: skip
