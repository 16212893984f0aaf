"""Polynomials at given places, and the places of numbers among others.

A polynomial is given by its coefficients, the highest power's first, along the first axis of p:

    polyval(p, x) = Σ_k p[k] x^(n-1-k)        ∂/∂x = polyval(p', x)        ∂/∂p[k] = x^(n-1-k)

in Horner's form, (p[0] x + p[1]) x + p[2]…
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..batching import led, rank, repeated
from ..kinds import constant, general
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


def powers(p: Any) -> Any:
    """The power of each coefficient, in the precision of p."""
    n = p.shape[0]
    return np.arange(n - 1, -1, -1.0).astype(p.dtype.char.lower() if p.dtype.kind in "fc" else float)


def derived(m: Any, p: Any) -> Any:
    """The coefficients of the derivative."""
    if p.shape[0] < 2:
        return m.zeros_like(p)
    k = powers(p)[:-1]
    return m.index(p, index=slice(p.shape[0] - 1)) * k.reshape(-1, *[1] * (len(p.shape) - 1))


def polyval_pull_p(m: Any, g: Any, out: Any, p: Any, x: Any) -> Any:
    return m.reshape(g, shape=(1, *g.shape)) * monomials(m, p, x, len(g.shape))


def monomials(m: Any, p: Any, x: Any, n: int) -> Any:
    """x^k for every coefficient, along a new first axis before n others."""
    x = m.reshape(x, shape=(1, *[1] * (n - len(x.shape)), *x.shape))
    return m.power(x, powers(p).reshape(-1, *[1] * n))


def polyval_pull_x(m: Any, g: Any, out: Any, p: Any, x: Any) -> Any:
    return g * m.polyval(derived(m, p), x)


def polyval_push(m: Any, ts: Any, out: Any, p: Any, x: Any) -> Any:
    tp, tx = ts
    parts = ([] if tp is None else [m.polyval(tp, x)]) + (
        [] if tx is None else [polyval_pull_x(m, tx, out, p, x)]
    )
    return parts[0] if len(parts) == 1 else parts[0] + parts[1]


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
    if xp.ndim == 1:
        k = np.searchsorted(xp, x, "right") - 1
    else:
        k = (
            np.stack([array_interval(a, b) for a, b in zip(x, xp, strict=True)])
            if len(x)
            else np.zeros(x.shape, int)
        )
    return np.clip(k, 0, max(xp.shape[-1] - 2, 0))


def interval_under_batch(node: Any, xs: list[Any], mapped: list[bool], size: int) -> Any:
    x, xp = xs
    if not mapped[1]:
        return node.op(x, xp)
    return node.op(x if mapped[0] else repeated(x, size), xp)


polyval = general(
    "polyval", array_polyval, (polyval_pull_p, polyval_pull_x), polyval_push, batch=polyval_under_batch
)
interval = constant("interval", array_interval, batch=interval_under_batch)
