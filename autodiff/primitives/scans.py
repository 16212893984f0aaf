"""Products along an axis and running products, also where factors are 0.

The derivative of a product by one factor is the product of all others, and dividing by the factor would find
it, were it not for zeros.  What is here never divides, unless it is seen that nothing is zero.
The running product h has

    h[i] = x[i] h[i-1]            dh[i] = x[i] dh[i-1] + dx[i] h[i-1]

so its tangent is a recurrence of the form h[i] = a[i] h[i-1] + b[i].  That is a primitive, `recurrence`, and
the only one that is needed: with S the matrix that has a[i] at (i, i-1), it is h = (1 - S)⁻¹ b, and

    the transpose in b:  (1 - Sᵀ)⁻¹ g       the same recurrence, from the end to the beginning
    the tangent:         (1 - S)⁻¹ (db + dS h)

Recurrences are computed by halves (cyclic reduction): two steps are one step of a recurrence that is half as
long, which gives every other h; the others follow from their neighbours.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..backward import pull
from ..batching import along_axes
from ..graph import PLAIN, Rules
from ..kinds import general
from ..steps import one_input
from .reductions import accumulated, kept, reduced

__all__: list[str] = []


# ---- on plain arrays, along the first axis ---------------------------------------------------------------
def solved(a: Any, b: Any) -> Any:
    """h with h[i] = a[i] h[i-1] + b[i] and h[-1] = 0."""
    n = len(b)
    if n < 2:
        return b
    if b.ndim == 1 and n < 50 and b.dtype.char in "fd" and a.dtype.char in "fd":
        return np.array(few_solved(a.tolist(), b.tolist()), b.dtype)
    h = np.empty_like(b)
    h[0] = b[0]
    second = a[1::2]
    h[1::2] = solved(second * a[: n // 2 * 2 : 2], second * b[: n // 2 * 2 : 2] + b[1::2])
    h[2::2] = a[2::2] * h[1:-1:2] + b[2::2]
    return h


def few_solved(a: list[float], b: list[float]) -> list[float]:
    """The same step by step, which is faster for a few numbers."""
    h = b[:1]
    for rate, more in zip(a[1:], b[1:], strict=True):
        h.append(rate * h[-1] + more)
    return h


def products_of_others(x: Any) -> Any:
    """For every element, the product of all others."""
    n = len(x)
    if n < 50:
        before, after = np.ones_like(x), np.ones_like(x)
        np.multiply.accumulate(x[:-1], out=before[1:])
        np.multiply.accumulate(x[:0:-1], out=after[-2::-1])
        return before * after
    half = n // 2
    left, right, rest = x[:half], x[half : 2 * half], x[2 * half :]
    of_pairs = products_of_others(np.concatenate((left * right, rest)))
    out = np.empty_like(x)
    np.multiply(of_pairs[:half], right, out=out[:half])
    np.multiply(of_pairs[:half], left, out=out[half : 2 * half])
    out[2 * half :] = of_pairs[half:]
    return out


def array_prod(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    if axis is None and not keepdims and type(x) is np.ndarray and x.size > 5000:
        x = x.reshape(-1)
        x = np.append(np.multiply.reduce(x[: x.size // 8 * 8].reshape(8, -1)), x[x.size // 8 * 8 :])
    return reduced(np.multiply, x, axis, keepdims)


# ---- along any axis --------------------------------------------------------------------------------------
def array_recurrence(a: Any, b: Any, *, axis: int, transposed: bool = False) -> Any:
    """h[i] = a[i] h[i-1] + b[i] along an axis; transposed, h[i] = a[i+1] h[i+1] + b[i]."""
    b = b if a.dtype is b.dtype else b.astype(np.result_type(a, b))
    if axis:
        a, b = np.moveaxis(a, axis, 0), np.moveaxis(b, axis, 0)
    if transposed and len(b):
        h = solved(np.concatenate((a[:1], a[:0:-1])), b[::-1])[::-1]
    else:
        h = solved(a, b)
    return np.moveaxis(h, 0, axis) if axis else h


def array_others(x: Any, *, axis: Any) -> Any:
    """For every element, the product of all others along the axes."""
    if axis is None or (x.ndim == 1 and axis != ()):
        return products_of_others(x.reshape(-1)).reshape(x.shape)
    axes = axis if isinstance(axis, tuple) else (axis,)
    if len(axes) == 1:
        return np.moveaxis(products_of_others(np.moveaxis(x, axes[0], 0)), 0, axes[0])
    front = tuple(range(len(axes)))
    moved = np.moveaxis(x, axes, front)
    flat = moved.reshape(math.prod(moved.shape[: len(axes)]), *moved.shape[len(axes) :])
    return np.moveaxis(products_of_others(flat).reshape(moved.shape), front, axes)


# ---- in m ------------------------------------------------------------------------------------------------
def pick(x: Any, axis: int, at: slice) -> tuple[Any, ...]:
    return (*[slice(None)] * (axis % len(x.shape)), at)


def before(m: Any, x: Any, axis: int, first: float) -> Any:
    """x moved on by one place, with `first` in front."""
    start = np.empty(x.shape, x.dtype)
    start[pick(x, axis, slice(1))] = first
    earlier = m.index(x, index=pick(x, axis, slice(None, -1)))
    return m.assign(start, earlier, index=pick(x, axis, slice(1, None)))


def after(m: Any, x: Any, axis: int) -> Any:
    """x moved back by one place, with 0 at the end."""
    later = m.index(x, index=pick(x, axis, slice(1, None)))
    return m.scatter(later, index=pick(x, axis, slice(None, -1)), shape=x.shape)


def backwards(m: Any, x: Any, axis: int) -> Any:
    return m.index(x, index=pick(x, axis, slice(None, None, -1)))


def recurrence_pull_a(m: Any, g: Any, out: Any, a: Any, b: Any, axis: int, transposed: bool) -> Any:
    g = m.recurrence(a, g, axis=axis, transposed=not transposed)
    return out * before(m, g, axis, 0.0) if transposed else g * before(m, out, axis, 0.0)


def recurrence_pull_b(m: Any, g: Any, out: Any, a: Any, b: Any, axis: int, transposed: bool) -> Any:
    return m.recurrence(a, g, axis=axis, transposed=not transposed)


def recurrence_push(m: Any, ts: Any, out: Any, a: Any, b: Any, axis: int, transposed: bool) -> Any:
    ta, tb = ts
    if ta is not None:
        moved = after(m, ta * out, axis) if transposed else ta * before(m, out, axis, 0.0)
        tb = moved if tb is None else tb + moved
    return m.recurrence(a, tb, axis=axis, transposed=transposed)


def in_use(m: Any, x: Any, g: Any, axis: int) -> Any:
    """x, without inf and NaN where g is zero all along the axis."""
    return m.shield(x, m.sum(m.not_equal(g, 0), axis=axis, keepdims=True))


def careful_pull_a(m: Any, g: Any, out: Any, a: Any, b: Any, axis: int, transposed: bool) -> Any:
    a, out = in_use(m, a, g, axis), in_use(m, out, g, axis)
    return recurrence_pull_a(m, g, out, a, b, axis, transposed)


def careful_pull_b(m: Any, g: Any, out: Any, a: Any, b: Any, axis: int, transposed: bool) -> Any:
    return recurrence_pull_b(m, g, out, in_use(m, a, g, axis), b, axis, transposed)


def careful_push(m: Any, ts: Any, out: Any, a: Any, b: Any, axis: int, transposed: bool) -> Any:
    ta, tb = ts
    moving = m.zeros_like(out) if tb is None else m.not_equal(tb, 0)
    moving = moving if ta is None else moving + m.not_equal(ta, 0)
    out = out if ta is None else in_use(m, out, ta, axis)
    return recurrence_push(m, ts, out, in_use(m, a, moving, axis), b, axis, transposed)


def cumprod_pull(m: Any, g: Any, out: Any, x: Any, axis: int) -> Any:
    return m.recurrence(x, g, axis=axis, transposed=True) * before(m, out, axis, 1.0)


def cumprod_push(m: Any, ts: Any, out: Any, x: Any, axis: int) -> Any:
    return m.recurrence(x, ts[0] * before(m, out, axis, 1.0), axis=axis, transposed=False)


def careful_cumprod_pull(m: Any, g: Any, out: Any, x: Any, axis: int) -> Any:
    """Where all later entries of g are zero, x has no say."""
    counted = m.cumsum(backwards(m, m.not_equal(g, 0), axis), axis=axis)
    alive = backwards(m, counted, axis)
    earlier = m.shield(before(m, out, axis, 1.0), alive)
    return m.recurrence(m.shield(x, alive), g, axis=axis, transposed=True) * earlier


def careful_cumprod_push(m: Any, ts: Any, out: Any, x: Any, axis: int) -> Any:
    """Where nothing moves up to some place, x has no say before it and at it."""
    moving = m.not_equal(ts[0], 0)
    so_far = m.cumsum(moving, axis=axis)
    moved = m.absorb(ts[0], before, m, out, axis, 1.0)
    return m.recurrence(m.shield(x, before(m, so_far, axis, 0.0)), moved, axis=axis, transposed=False)


def others_moved(m: Any, t: Any, out: Any, x: Any, axis: Any) -> Any:
    """How the products of others move when x moves along t, in both walks: the matrix is symmetric."""
    axes = range(len(x.shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    order = (*[k % len(x.shape) for k in axes],)
    order = (*order, *[k for k in range(len(x.shape)) if k not in order])
    n = len(axes)
    lengths = [x.shape[k] for k in order]
    flat = (int(np.prod(lengths[:n])), *lengths[n:])
    x, t = (m.reshape(m.transpose(a, axes=order), shape=flat) for a in (x, t))
    left, d_left = running(m, x, t)
    right, d_right = (backwards(m, a, 0) for a in running(m, backwards(m, x, 0), backwards(m, t, 0)))
    moved = m.reshape(d_left * right + left * d_right, shape=tuple(lengths))
    return m.transpose(moved, axes=tuple(np.argsort(order).tolist()))


def running(m: Any, x: Any, t: Any) -> tuple[Any, Any]:
    """The product of all that comes before, and how it moves."""
    h = m.cumprod(x, axis=0)
    dh = m.recurrence(x, t * before(m, h, 0, 1.0), axis=0, transposed=False)
    return before(m, h, 0, 1.0), before(m, dh, 0, 0.0)


def careful_others_moved(m: Any, t: Any, out: Any, x: Any, axis: Any) -> Any:
    return others_moved(m, t, out, m.shield(x, m.sum(m.not_equal(t, 0), axis=axis, keepdims=True)), axis)


def others_row(moved: Any) -> tuple[Any, Any]:
    return (lambda m, g, out, x, axis: moved(m, g, out, x, axis),), (
        lambda m, ts, out, x, axis: moved(m, ts[0], out, x, axis)
    )


def prod_step(node: Any, g: Any, cot: Any, after: int) -> None:
    """The backward step of a product: of one that is well within range, the others' is it over the factor."""
    (x,), out, params = node.inputs, node.value, node.params
    size = np.absolute(out)
    if x.value.size < 1000 or out.dtype.kind not in "fc" or not np.all((size > 1e-30) & (size < 1e30)):
        by_rule(node, g, cot, after)
        return
    t = x.fit(PLAIN, kept(PLAIN, g * out, x.value, **params) / x.value, x.value)
    cot[x] = cot[x] + t if x in cot else t


by_rule = one_input(
    lambda m, g, out, x, axis, keepdims: kept(m, g, x, axis, keepdims) * m.others(x, axis=axis)
)

# ---- the table -------------------------------------------------------------------------------------------
prod = general(
    "prod", array_prod,
    (lambda m, g, out, x, axis, keepdims: kept(m, g, x, axis, keepdims) * m.others(x, axis=axis),),
    lambda m, ts, out, x, axis, keepdims:
        m.sum(ts[0] * m.others(x, axis=axis), axis=axis, keepdims=keepdims),
    careful=Rules(
        (lambda m, g, out, x, axis, keepdims:
            m.absorb(kept(m, g, x, axis, keepdims), lambda: m.others(x, axis=axis)),),
        lambda m, ts, out, x, axis, keepdims:
            m.sum(m.absorb(ts[0], lambda: m.others(x, axis=axis)), axis=axis, keepdims=keepdims),
    ),
    batch=along_axes, reach="axis", steps={False: pull, True: prod_step},
)  # fmt: skip
others = general(
    "others", array_others, *others_row(others_moved), careful=Rules(*others_row(careful_others_moved)),
    batch=along_axes, reach="axis",
)  # fmt: skip
cumprod = general(
    "cumprod", lambda x, *, axis: accumulated(np.multiply, x, axis), (cumprod_pull,), cumprod_push,
    careful=Rules((careful_cumprod_pull,), careful_cumprod_push), batch=along_axes, reach="axis",
)  # fmt: skip
recurrence = general(
    "recurrence", array_recurrence, (recurrence_pull_a, recurrence_pull_b), recurrence_push,
    careful=Rules((careful_pull_a, careful_pull_b), careful_push), batch=along_axes, reach="axis",
)  # fmt: skip
