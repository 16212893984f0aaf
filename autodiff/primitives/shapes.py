"""What moves elements without changing them: shapes, axes, joining, picking triangles and diagonals; and the
doors between numbers and arrays, and between dtypes.

Each row states its transpose, what takes a cotangent of the output back to the input.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..backward import pull
from ..graph import DIFF, PLAIN
from ..kinds import linear

__all__: list[str] = []  # the functions with NumPy's signatures are in numpy/


def array_sum_to(x: Any, *, shape: tuple[int, ...]) -> Any:
    """The transpose of broadcasting: sums over what broadcasting repeated."""
    lead = x.ndim - len(shape)
    if x.shape[lead:] == shape:
        return np.add.reduce(x, axis=tuple(range(lead))) if lead else x
    axes = (*range(lead), *(lead + k for k, n in enumerate(shape) if n == 1))
    return np.add.reduce(x, axis=axes, keepdims=True).reshape(shape)


def array_broadcast_to(x: Any, *, shape: tuple[int, ...]) -> Any:
    """The array repeated: written out where that is faster than making a view."""
    if math.prod(shape) > 10_000 or not hasattr(x, "dtype"):
        return np.broadcast_to(x, shape)
    out = np.empty(shape, x.dtype)
    out[...] = x
    return out


def array_cast(x: Any, *, dtype: Any) -> Any:
    """The same numbers in another dtype; from complex to real, the real part."""
    return (x.real if x.dtype.kind == "c" and np.dtype(dtype).kind != "c" else x).astype(dtype)


def part(m: Any, g: Any, i: int, xs: tuple[Any, ...], axis: int) -> Any:
    """What of a concatenation is its i-th part."""
    start = sum(x.shape[axis] for x in xs[:i])
    at = [slice(None)] * len(xs[i].shape)
    at[axis] = slice(start, start + xs[i].shape[axis])
    return m.index(g, index=tuple(at))


def cut_up(node: Any, g: Any, cot: Any, after: int) -> None:
    """The backward step of a concatenation: what `backward.pull` does, in one pass over the parts."""
    start, axis = 0, node.params["axis"]
    before = (slice(None),) * (axis % g.ndim)
    for x in node.inputs:
        value = x.value
        end = start + value.shape[axis]
        if x.tracked & DIFF:
            t = g[(*before, slice(start, end))]
            t = t if t.dtype is value.dtype else x.fit(PLAIN, t, value)
            cot[x] = cot[x] + t if x in cot else t
        start = end


def array_embed_diagonal(x: Any, *, shape: tuple[int, ...], offset: int, axis1: int, axis2: int) -> Any:
    """Zeros of a shape, with x on a diagonal: the transpose of taking a diagonal."""
    out = np.zeros(shape, x.dtype)
    i = np.arange(x.shape[-1])
    np.moveaxis(out, (axis1, axis2), (-2, -1))[..., i + max(-offset, 0), i + max(offset, 0)] = x
    return out


def swapped(m: Any, x: Any) -> Any:
    """The last two axes, exchanged."""
    n = len(x.shape)
    return m.transpose(x, axes=None if n == 2 else (*range(n - 2), n - 1, n - 2))


def inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    """The order of axes that undoes an order of axes."""
    return tuple(sorted(range(len(axes)), key=lambda k: axes[k] % len(axes)))


reshape = linear(
    "reshape", lambda x, *, shape: np.reshape(x, shape), lambda m, g, x, shape: m.reshape(g, shape=x.shape)
)
transpose = linear(
    "transpose", lambda x, *, axes=None: np.asarray(x).transpose(axes),
    lambda m, g, x, axes: m.transpose(g, axes=None if axes is None else inverse(axes)),
)  # fmt: skip
broadcast_to = linear(
    "broadcast_to",
    array_broadcast_to,
    lambda m, g, x, shape: m.sum_to(g, shape=x.shape),
)
sum_to = linear("sum_to", array_sum_to, lambda m, g, x, shape: m.broadcast_to(g, shape=x.shape))
concatenate = linear(
    "concatenate", lambda *xs, axis=0: np.concatenate(xs, axis),
    each=lambda i, m, g, *xs, axis: part(m, g, i, xs, axis), steps={False: pull, True: cut_up},
)  # fmt: skip
roll = linear(
    "roll", lambda x, *, shift, axis: np.roll(x, shift, axis),
    lambda m, g, x, shift, axis: m.roll(g, shift=tuple(-s for s in shift), axis=axis),
)  # fmt: skip
tril = linear("tril", lambda x, *, k=0: np.tril(x, k), lambda m, g, x, k: m.tril(g, k=k))
triu = linear("triu", lambda x, *, k=0: np.triu(x, k), lambda m, g, x, k: m.triu(g, k=k))
diagonal = linear(
    "diagonal", lambda x, *, offset=0, axis1=0, axis2=1: np.diagonal(x, offset, axis1, axis2).copy(),
    lambda m, g, x, offset, axis1, axis2:
        m.embed_diagonal(g, shape=x.shape, offset=offset, axis1=axis1, axis2=axis2),
)  # fmt: skip
embed_diagonal = linear(
    "embed_diagonal", array_embed_diagonal,
    lambda m, g, x, shape, offset, axis1, axis2: m.diagonal(g, offset=offset, axis1=axis1, axis2=axis2),
)  # fmt: skip
# the doors
cast = linear("cast", array_cast, lambda m, g, x, dtype: m.cast(g, dtype=x.dtype), reach="...")
lift = linear("lift", lambda x, *, dtype=None: np.asarray(x, dtype), lambda m, g, x, dtype: m.unlift(g),
              scalar=lambda x, *, dtype=None: np.asarray(x, dtype), makes="array", reach="...")  # fmt: skip
unlift = linear("unlift", lambda x: x.item(), lambda m, g, x: m.lift(g, dtype=x.dtype), makes="number",
                reach="...")  # fmt: skip
