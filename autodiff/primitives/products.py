"""Products of arrays: matmul, and the contraction of two arrays that einsum and tensordot are made of."""

from __future__ import annotations

import math
from functools import lru_cache, partial
from string import ascii_letters
from typing import Any

import numpy as np

from ..batching import aligned, led, rank
from ..graph import Rules
from ..kinds import bilinear, general
from .shapes import reshape, swapped, transpose

__all__ = ["matmul"]

SHAPES = (
    "the last axis of the left must be as long as the second last of the right (or its only one); "
    "numbers multiply by *"
)


def matmul_left(m: Any, g: Any, x: Any, y: Any) -> Any:
    if len(x.shape) == len(y.shape) == 1:
        return g * y
    gx = product(m, as_matrix(m, g, x, y), swapped(m, as_column(m, y)))
    return gx if len(x.shape) > 1 else m.reshape(gx, shape=(*gx.shape[:-2], gx.shape[-1]))


def matmul_right(m: Any, g: Any, x: Any, y: Any) -> Any:
    if len(x.shape) == len(y.shape) == 1:
        return g * x
    row = x if len(x.shape) > 1 else m.reshape(x, shape=(1, *x.shape))
    gy = product(m, swapped(m, row), as_matrix(m, g, x, y))
    return gy if len(y.shape) > 1 else m.reshape(gy, shape=gy.shape[:-1])


def product(m: Any, x: Any, y: Any) -> Any:
    """x @ y; of real columns and rows NumPy is faster with products of their elements."""
    return x * y if x.shape[-1] == 1 and x.dtype.kind == "f" else m.matmul(x, y)


def as_matrix(m: Any, g: Any, x: Any, y: Any) -> Any:
    """The product's cotangent with the axes that matmul dropped: of x if it is a vector, then of y."""
    shape = tuple(g.shape)
    if len(x.shape) > 1 and len(y.shape) > 1:
        return g
    if len(x.shape) == 1:
        shape = (*shape[:-1], 1, shape[-1]) if len(y.shape) > 1 else (1,)
    return m.reshape(g, shape=(*shape, 1) if len(y.shape) == 1 else shape)


def as_column(m: Any, y: Any) -> Any:
    return y if len(y.shape) > 1 else m.reshape(y, shape=(*y.shape, 1))


def matmul_under_batch(node: Any, xs: list[Any], mapped: list[bool], size: int) -> Any:
    """A leading axis is one more in the stack of matrices; to a vector it makes it a matrix of rows."""
    x, y = xs
    n, k = rank(x, mapped[0]), rank(y, mapped[1])
    if (not mapped[1] and k < 3) or (not mapped[0] and n < 3 and k > 1):
        return node.op(x, y)
    if not mapped[0] and n < 3:  # y is a vector
        return node.op(y, x if n == 1 else transpose(x, axes=(1, 0)))
    rows = x if n > 1 else reshape(x, shape=(*x.shape[:-1], 1, x.shape[-1]))
    columns = y if k > 1 else reshape(y, shape=(*y.shape, 1))
    stack = max(n, k, 2)
    out = node.op(*[led(z, stack) if b else z for z, b in zip((rows, columns), mapped, strict=True)])
    return reshape(out, shape=(size, *node.value.shape))


def contract_under_batch(node: Any, xs: list[Any], mapped: list[bool], size: int) -> Any:
    """One label more, of the examples."""
    *labels, out = node.params["labels"]
    new = next(c for c in ascii_letters if c not in out + "".join(labels))
    of_x, of_y = (new * b + names for b, names in zip(mapped, labels, strict=True))
    return node.op(*xs, labels=(of_x, of_y, new + out))


@lru_cache(1000)
def plan(x: str, y: str, out: str) -> tuple[Any, ...]:
    """How a contraction becomes a product of matrices: the labels of the batch, the left, the sum, the right.

    With these, x is transposed to (batch, left, sum), y to (batch, sum, right), and the product, which is
    (batch, left, right), to `out`.
    """
    batch = [k for k in x if k in y and k in out]
    left, right = [k for k in x if k not in y], [k for k in y if k not in x]
    both = [k for k in x if k in y and k not in out]
    got = batch + left + right
    return (
        tuple(x.index(k) for k in batch + left + both),
        tuple(y.index(k) for k in batch + both + right),
        tuple(got.index(k) for k in out),
        (len(batch), len(left), len(both)),
    )


def array_contract(x: Any, y: Any, *, labels: tuple[str, str, str]) -> Any:
    """einsum of two arrays, in which every label is in two of x, y and out at least, and once in each.

    Where something is summed it is a product of matrices, which is an order of magnitude faster.
    """
    x_axes, y_axes, out_axes, (b, n, s) = plan(*labels)
    if s:  # a product of matrices is slow where a broadcast array repeats its elements
        x, y = (a if all(a.strides) else np.ascontiguousarray(a) for a in (x, y))
    x, y = x.transpose(x_axes), y.transpose(y_axes)
    if b == 0 and s == 1 and x.ndim <= 2 and y.ndim <= 2 and x.ndim + y.ndim > 2:
        return np.matmul(x, y).transpose(out_axes)
    batch, left, right = x.shape[:b], x.shape[b : b + n], y.shape[b + s :]
    if not s:  # nothing is summed
        product = x.reshape(x.shape + (1,) * len(right)) * y.reshape(batch + (1,) * n + right)
        return product.transpose(out_axes)
    terms = math.prod(y.shape[b : b + s])
    product = np.matmul(x.reshape(*batch, math.prod(left), terms), y.reshape(*batch, terms, math.prod(right)))
    return product.reshape(batch + left + right).transpose(out_axes)


def contract_left(m: Any, g: Any, x: Any, y: Any, labels: tuple[str, str, str]) -> Any:
    of_x, of_y, out = labels
    return m.contract(g, y, labels=(out, of_y, of_x))


def contract_right(m: Any, g: Any, x: Any, y: Any, labels: tuple[str, str, str]) -> Any:
    of_x, of_y, out = labels
    return m.contract(x, g, labels=(of_x, out, of_y))


# ---- convolution -----------------------------------------------------------------------------------------
def array_convolve(x: Any, y: Any, *, valid: bool) -> Any:
    """Σ_j x[j] y[i - j] along the last axis: for every i, or for those where the shorter one fits in."""
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim == y.ndim == 1:
        return np.convolve(x, y, "valid" if valid else "full")
    if x.shape[-1] < y.shape[-1]:
        x, y = y, x
    k = y.shape[-1]
    if not valid:
        x = np.pad(x, [(0, 0)] * (x.ndim - 1) + [(k - 1, k - 1)])
    windows = np.lib.stride_tricks.sliding_window_view(x, k, axis=-1)
    return np.matmul(windows, y[..., ::-1, None])[..., 0]


def backwards(m: Any, x: Any) -> Any:
    return m.index(x, index=(..., slice(None, None, -1)))


def convolve_left(m: Any, g: Any, x: Any, y: Any, valid: bool) -> Any:
    """Of the full one, g correlated with y.  Of the other, it depends on which of them fits into which."""
    if valid and x.shape[-1] < y.shape[-1]:
        return backwards(m, m.convolve(y, backwards(m, g), valid=True))
    return m.convolve(g, backwards(m, y), valid=not valid)


def convolve_right(m: Any, g: Any, x: Any, y: Any, valid: bool) -> Any:
    return convolve_left(m, g, y, x, valid)


def array_deconvolve(x: Any, y: Any) -> Any:
    """What is convolved with y to give x, as long as it: Σ_j y[j] out[i - j] = x[i] along the last axis."""
    x, y = np.asarray(x), np.asarray(y)
    shape = np.broadcast_shapes(x.shape[:-1], y.shape[:-1])
    out = np.broadcast_to(x, (*shape, x.shape[-1])).astype(np.result_type(x, y))
    first, later = y[..., :1], y[..., 1:]
    for i in range(x.shape[-1]):
        out[..., i : i + 1] /= first
        rest = out[..., i + 1 : i + y.shape[-1]]
        rest -= out[..., i : i + 1] * later[..., : rest.shape[-1]]
    return out


def deconvolve_left(m: Any, g: Any, out: Any, x: Any, y: Any) -> Any:
    """The matrix of a convolution, transposed, is the same one read from its end."""
    return backwards(m, m.deconvolve(backwards(m, g), y))


def deconvolve_right(m: Any, g: Any, out: Any, x: Any, y: Any) -> Any:
    """y[j] meets out[i - j] where x[i] is made, so minus x's cotangent, correlated with out."""
    n, k = out.shape[-1], y.shape[-1] - 1
    if not n:
        return m.zeros_like(y)
    longer = (*out.shape[:-1], n + k)
    of_x = m.scatter(deconvolve_left(m, g, out, x, y), index=(..., slice(n)), shape=longer)
    return -m.convolve(of_x, backwards(m, out), valid=True)


def deconvolve_push(m: Any, ts: Any, out: Any, x: Any, y: Any) -> Any:
    tx, ty = ts
    if ty is None:
        return m.deconvolve(tx, y)
    n = out.shape[-1]
    moved = m.index(m.convolve(ty, out, valid=False), index=(..., slice(n))) if n else m.zeros_like(out)
    return m.deconvolve(-moved if tx is None else tx - moved, y)


def matmul_reach(x: Any, y: Any) -> str:
    """A matrix product's labels: a vector has no row on the left, and no column on the right."""
    row, column = "...i" * (x.ndim > 1), "k" * (y.ndim > 1)
    batch = "..." * (y.ndim > 1)
    return f"{row}j,{batch}j{column}->{row or batch}{column}"


matmul = bilinear(
    "matmul",
    np.matmul,
    matmul_left,
    matmul_right,
    advice=SHAPES,
    batch=matmul_under_batch,
    reach=matmul_reach,
    form="x @ y",
    pulled=("g @ y.T", "x.T @ g"),
)
matmul.__doc__ = "x @ y, the matrix product, as NumPy's.  Its transposes: g @ yᵀ and xᵀ @ g."
contract = bilinear(
    "contract", array_contract, contract_left, contract_right, batch=contract_under_batch,
    reach=lambda x, y, labels: "{},{}->{}".format(*labels),
)  # fmt: skip


def alive(m: Any, g: Any) -> Any:
    """For each vector, how many numbers are not zero."""
    return m.sum(m.not_equal(g, 0), axis=-1, keepdims=True)


def cross_push(m: Any, ts: Any, out: Any, x: Any, y: Any, keep: Any = lambda m, y, t: y) -> Any:
    tx, ty = ts
    parts = [] if tx is None else [m.cross(tx, keep(m, y, tx))]
    parts += [] if ty is None else [m.cross(keep(m, x, ty), ty)]
    return parts[0] if len(parts) == 1 else parts[0] + parts[1]


def shielded(m: Any, y: Any, g: Any) -> Any:
    return m.shield(y, alive(m, g))


# of vectors of 3; it has minus signs, so that what meets zeros alone can't be counted as in other products
cross = general(
    "cross", lambda x, y: np.cross(x, y),
    (lambda m, g, out, x, y: m.cross(y, g), lambda m, g, out, x, y: m.cross(g, x)), cross_push,
    careful=Rules(
        (
            lambda m, g, out, x, y: m.cross(shielded(m, y, g), g),
            lambda m, g, out, x, y: m.cross(g, shielded(m, x, g)),
        ),
        partial(cross_push, keep=shielded),
    ),
    batch=aligned, reach="...i,...j->...k",
)  # fmt: skip
convolve = bilinear("convolve", array_convolve, convolve_left, convolve_right, batch=aligned,
                    reach="...i,...j->...k")  # fmt: skip
deconvolve = general(
    "deconvolve", array_deconvolve, (deconvolve_left, deconvolve_right), deconvolve_push,
    careful=Rules(
        (
            lambda m, g, out, x, y: deconvolve_left(m, g, out, x, shielded(m, y, g)),
            lambda m, g, out, x, y: deconvolve_right(m, g, shielded(m, out, g), x, shielded(m, y, g)),
        ),
        lambda m, ts, out, x, y: deconvolve_push(
            m, ts, out if ts[1] is None else shielded(m, out, ts[1]), x, y
        ),
    ),
    batch=aligned, reach="...i,...j->...k",
)  # fmt: skip
