"""Polynomials at given places, powers, and numbers in a row between two ends.

A polynomial is given by its coefficients, the highest power's first, along the first axis of p:

    polyval(p, x) = Σ_k p[k] x^(n-1-k)        ∂/∂x = polyval(p', x)        ∂/∂p[k] = x^(n-1-k)

in Horner's form, (p[0] x + p[1]) x + p[2]…
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from ..batching import aligned, led, rank, repeated
from ..graph import Rules
from ..kinds import constant, general, linear
from .shapes import reshape, transpose

__all__: list[str] = []  # NumPy's signatures: numpy/polynomials.py


def array_polyval(p: Any, x: Any) -> Any:
    """Each p[k] is broadcast against x."""
    p, x = np.asarray(p), np.asarray(x)
    dtype = np.result_type(p, x)
    out = np.zeros(np.broadcast_shapes(p.shape[1:], x.shape), dtype)
    for coefficient in p:
        out = out * x + coefficient
    return out


def array_powers(x: Any, *, length: int) -> Any:
    """1, x, x²… along a new last axis."""
    x = np.asarray(x)
    out = np.empty((length, *x.shape), x.dtype)  # each power in one piece
    out[:1] = 1
    k = 1
    while k < length:  # there are k powers, and the next k are these times x^k
        n = min(k, length - k)
        np.multiply(out[:n], out[k - 1] * x, out=out[k : k + n])
        k += n
    return np.moveaxis(out, 0, -1)


def rates(m: Any, x: Any, length: int) -> Any:
    """The derivatives of the powers but the first: k x^(k-1)."""
    k = np.arange(1, length).astype(x.dtype.char.lower())
    return m.powers(x, length=max(length - 1, 0)) * k


def powers_pull(m: Any, g: Any, out: Any, x: Any, length: int, times: Any) -> Any:
    g = m.index(g, index=(..., slice(1, None)))
    return m.sum(times(m, g, rates, x, length), axis=-1, keepdims=False)


def powers_push(m: Any, ts: Any, out: Any, x: Any, length: int, times: Any) -> Any:
    t = m.reshape(ts[0], shape=(*x.shape, 1))
    moved = times(m, t, rates, x, length)
    return m.scatter(moved, index=(..., slice(1, None)), shape=out.shape)


def exponents(p: Any) -> Any:
    """The power of each coefficient, in the precision of p."""
    n = p.shape[0]
    return np.arange(n - 1, -1, -1.0).astype(p.dtype.char.lower() if p.dtype.kind in "fc" else float)


def derived(m: Any, p: Any) -> Any:
    """The coefficients of the derivative."""
    if p.shape[0] < 2:
        return m.zeros_like(p)
    k = exponents(p)[:-1]
    return m.index(p, index=slice(p.shape[0] - 1)) * k.reshape(-1, *[1] * (len(p.shape) - 1))


def monomials(m: Any, p: Any, x: Any, n: int) -> Any:
    """x^k for every coefficient, along a new first axis before n others."""
    x = m.reshape(x, shape=(*[1] * (n - len(x.shape)), *x.shape))
    rising = m.powers(x, length=p.shape[0])
    return m.transpose(m.index(rising, index=(..., slice(None, None, -1))), axes=(n, *range(n)))


def aligned_with(m: Any, p: Any, n: int) -> Any:
    """The coefficients along the first axis, before n others."""
    k, *shape = p.shape
    return m.reshape(p, shape=(k, *[1] * (n - len(shape)), *shape))


def pull_p(m: Any, g: Any, out: Any, p: Any, x: Any, times: Any) -> Any:
    n = len(g.shape)
    terms = times(m, m.reshape(g, shape=(1, *g.shape)), monomials, p, x, n)
    k, *shape = p.shape
    return m.reshape(m.sum_to(terms, shape=(k, *[1] * (n - len(shape)), *shape)), shape=p.shape)


def pull_x(m: Any, g: Any, out: Any, p: Any, x: Any, times: Any) -> Any:
    return times(m, g, slope, p, x)


def slope(m: Any, p: Any, x: Any) -> Any:
    return m.polyval(derived(m, p), x)


def pushed(m: Any, ts: Any, out: Any, p: Any, x: Any, times: Any) -> Any:
    tp, tx = ts
    parts = [] if tx is None else [pull_x(m, tx, out, p, x, times)]
    if tp is not None and times is plain:
        parts.append(m.polyval(tp, x))
    elif tp is not None:
        n = len(out.shape)
        parts.append(m.sum(times(m, aligned_with(m, tp, n), monomials, p, x, n), axis=0, keepdims=False))
    return parts[0] if len(parts) == 1 else parts[0] + parts[1]


def plain(m: Any, g: Any, f: Any, *args: Any) -> Any:
    return g * f(m, *args)


def absorbing(m: Any, g: Any, f: Any, *args: Any) -> Any:
    return m.absorb(g, f, m, *args)


def rules(times: Any) -> Rules:
    pulls = partial(pull_p, times=times), partial(pull_x, times=times)
    return Rules(pulls, partial(pushed, times=times))


def polyval_under_batch(node: Any, xs: list[Any], mapped: list[bool], size: int) -> Any:
    """The examples' axis comes after that of the coefficients."""
    p, x = xs
    n = max(rank(p, mapped[0]) - 1, rank(x, mapped[1]))
    if mapped[0]:
        p = transpose(led_after_first(p, n), axes=(1, 0, *range(2, n + 2)))
    return node.op(p, led(x, n) if mapped[1] else x)


def led_after_first(p: Any, n: int) -> Any:
    """(size, coefficients, …), with n axes after them."""
    size, k, *shape = p.shape
    return reshape(p, shape=(size, k, *[1] * (n - len(shape)), *shape))


def array_interval(x: Any, xp: Any) -> Any:
    """The k with xp[k] <= x < xp[k + 1], or the first or the last interval."""
    last = max(xp.shape[-1] - 2, 0)
    if xp.ndim > 1:
        rows = [array_interval(a, b) for a, b in zip(x, xp, strict=True)]
        return np.stack(rows) if rows else np.zeros(x.shape, np.intp)
    if x.size < 1000 or not last:
        return np.clip(np.searchsorted(xp, x, "right") - 1, 0, last)
    with np.errstate(invalid="ignore"):  # NumPy's interp finds a place from the one before
        k = np.interp(x, xp, np.arange(float(len(xp)))).astype(np.intp)
    np.minimum(np.maximum(k, 0, out=k), last, out=k)
    wrong = (x < xp[k]) & (k > 0)  # by rounding, or where points stand on each other
    wrong |= (x >= xp[k + 1]) & (k < last)
    if wrong.any():
        k[wrong] = np.clip(np.searchsorted(xp, x[wrong], "right") - 1, 0, last)
    return k


def interval_under_batch(node: Any, xs: list[Any], mapped: list[bool], size: int) -> Any:
    x, xp = xs
    if not mapped[1]:
        return node.op(x, xp)
    return node.op(x if mapped[0] else repeated(x, size), xp)


# ---- numbers in a row between two ends
def array_between(start: Any, stop: Any, *, length: int, endpoint: bool) -> Any:
    return np.linspace(start, stop, length, endpoint)


def end_transpose(m: Any, g: Any, start: Any, stop: Any, length: int, endpoint: bool, last: bool) -> Any:
    """The parts t of the way, or 1 - t, times g."""
    t = np.arange(length, dtype=g.dtype.char.lower()) / max(length - endpoint, 1)
    parts = (t if last else 1 - t).reshape(1, length)
    rest = tuple(g.shape[1:])
    return m.reshape(m.matmul(parts, m.reshape(g, shape=(length, math.prod(rest)))), shape=rest)


def between_under_batch(node: Any, xs: list[Any], mapped: list[bool], size: int) -> Any:
    """The examples' axis comes after that of the numbers."""
    n = max(map(rank, xs, mapped))
    out = node.op(*[led(x, n) if b else x for x, b in zip(xs, mapped, strict=True)], **node.params)
    return transpose(out, axes=(1, 0, *range(2, n + 2)))


between = linear(
    "between", array_between, partial(end_transpose, last=False), partial(end_transpose, last=True),
    batch=between_under_batch, reach="...,...->k...",
)  # fmt: skip
polyval = general(
    "polyval", array_polyval, *rules(plain), careful=rules(absorbing), batch=polyval_under_batch,
    reach="a...,...->...",
)  # fmt: skip
powers = general(
    "powers", array_powers, (partial(powers_pull, times=plain),), partial(powers_push, times=plain),
    careful=Rules((partial(powers_pull, times=absorbing),), partial(powers_push, times=absorbing)),
    batch=aligned, reach="...->...k",
)  # fmt: skip
interval = constant("interval", array_interval, batch=interval_under_batch)
