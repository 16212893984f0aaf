"""What moves elements without changing them: shapes, axes, joining, picking triangles and diagonals; and the
doors between numbers and arrays, and between dtypes.

Each row states its transpose, what takes a cotangent of the output back to the input.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from ..backward import pull
from ..batching import led
from ..graph import DIFF, PLAIN
from ..kinds import linear

__all__: list[str] = []  # the functions with NumPy's signatures are in numpy/


def array_sum_to(x: Any, *, shape: tuple[int, ...]) -> Any:
    """The transpose of broadcasting: sums over what broadcasting repeated."""
    lead = x.ndim - len(shape)
    if x.size > 10_000 and 0 in x.strides:  # repeated, as what a sum pulls back is
        x, lead = repetitions_counted(x, lead)
    if x.shape[lead:] == shape:
        return np.add.reduce(x, axis=tuple(range(lead))) if lead else x
    axes = (*range(lead), *(lead + k for k, n in enumerate(shape) if n == 1))
    return np.add.reduce(x, axis=axes, keepdims=True).reshape(shape)


def repetitions_counted(x: Any, lead: int) -> tuple[Any, int]:
    """x without its leading axes that repeat, times their lengths; and how many others lead."""
    same = [k for k in range(lead) if x.strides[k] == 0]
    for k in same[::-1]:
        x = x[(slice(None),) * k + (0,)] * np.array(x.shape[k], x.real.dtype)
    return x, lead - len(same)


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
    diagonal = out.diagonal(offset, axis1, axis2)
    diagonal.flags.writeable = True  # a view of what is ours
    diagonal[...] = x
    return out


def array_roll(x: Any, *, shift: tuple[int, ...], axis: tuple[int, ...]) -> Any:
    x = np.asarray(x)
    for by, k in zip(shift, axis, strict=True):
        at = x.shape[k] - by % max(x.shape[k], 1)
        lead = (slice(None),) * (k % x.ndim)
        x = np.concatenate((x[(*lead, slice(at, None))], x[(*lead, slice(at))]), k)
    return x if shift else x.copy()


def repeat_transpose(m: Any, g: Any, x: Any, repeats: int, axis: int) -> Any:
    axis %= len(x.shape)
    apart = (*x.shape[: axis + 1], repeats, *x.shape[axis + 1 :])
    return m.sum(m.reshape(g, shape=apart), axis=axis + 1, keepdims=False)


@lru_cache(16)
def small_triangle(rows: int, columns: int, k: int) -> Any:
    return np.tri(rows, columns, k, dtype=bool)


def triangle(x: Any, k: int) -> Any:
    """The mask of the triangle on and below diagonal k; one axis counts as two."""
    if not x.ndim:
        raise TypeError("a number has no triangle: it takes one axis or more")
    rows, columns = (x.shape * 2)[-2:]
    make: Any = small_triangle if rows * columns < 200_000 else small_triangle.__wrapped__
    return make(rows, columns, k)


def array_tril(x: Any, *, k: int = 0) -> Any:
    x = np.asarray(x)
    return np.where(triangle(x, k), x, np.zeros((), x.dtype))


def array_triu(x: Any, *, k: int = 0) -> Any:
    x = np.asarray(x)
    return np.where(triangle(x, k - 1), np.zeros((), x.dtype), x)


def array_windows(x: Any, *, axis: int, length: int) -> Any:
    """All windows of a length along an axis: they stand along the last axis of the result."""
    return np.lib.stride_tricks.sliding_window_view(x, length, axis)


def array_overlap(g: Any, *, axis: int, shape: tuple[int, ...]) -> Any:
    """The transpose of taking windows: each element is the sum of what stands for it in all windows.

    The loop goes over the windows, or over the places in a window: over the fewer.
    """
    out = np.zeros(shape, g.dtype)
    axis %= len(shape)
    into, g = np.moveaxis(out, axis, -1), np.moveaxis(g, axis, -2)
    count, length = g.shape[-2:]
    if length <= count:
        for k in range(length):
            into[..., k : k + count] += g[..., k]
    else:
        for k in range(count):
            into[..., k : k + length] += g[..., k, :]
    return out


def swapped(m: Any, x: Any) -> Any:
    """The last two axes, exchanged."""
    n = len(x.shape)
    return m.transpose(x, axes=None if n == 2 else (*range(n - 2), n - 1, n - 2))


def inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    """The order of axes that undoes an order of axes."""
    return tuple(sorted(range(len(axes)), key=lambda k: axes[k] % len(axes)))


def repeated_under_batch(node: Any, xs: list[Any], mapped: Any, size: int) -> Any:
    return node.op(led(xs[0], node.value.ndim), shape=(size, *node.value.shape))


def summed_under_batch(node: Any, xs: list[Any], mapped: Any, size: int) -> Any:
    """Sums to a shape with as many axes; what it had before is left out then."""
    n, shape = xs[0].ndim - 1, node.value.shape
    total = node.op(xs[0], shape=(size, *[1] * (n - len(shape)), *shape))
    return reshape(total, shape=(size, *shape))


def lifted_under_batch(node: Any, xs: list[Any], mapped: Any, size: int) -> Any:
    """The numbers of all examples are an array as it is."""
    return xs[0] if xs[0].dtype == node.value.dtype else cast(xs[0], dtype=node.value.dtype)


reshape = linear(
    "reshape",
    lambda x, *, shape: np.asarray(x).reshape(shape),
    lambda m, g, x, shape: m.reshape(g, shape=x.shape),
    pulled=("reshape(g, x.shape)",),
)
transpose = linear(
    "transpose", lambda x, *, axes=None: np.asarray(x).transpose(axes),
    lambda m, g, x, axes: m.transpose(g, axes=None if axes is None else inverse(axes)),
    pulled=("transpose(g)",),
)  # fmt: skip
broadcast_to = linear(
    "broadcast_to",
    array_broadcast_to,
    lambda m, g, x, shape: m.sum_to(g, shape=x.shape), batch=repeated_under_batch,
    advice="counted from the last axis, each must be as long as asked for, or 1: reshape it",
)  # fmt: skip
sum_to = linear(
    "sum_to", array_sum_to, lambda m, g, x, shape: m.broadcast_to(g, shape=x.shape), batch=summed_under_batch
)
concatenate = linear(
    "concatenate", lambda *xs, axis=0: np.concatenate(xs, axis),
    each=lambda i, m, g, *xs, axis: part(m, g, i, xs, axis), steps={False: pull, True: cut_up},
)  # fmt: skip
roll = linear(
    "roll", array_roll,
    lambda m, g, x, shift, axis: m.roll(g, shift=tuple(-s for s in shift), axis=axis),
)  # fmt: skip
repeat = linear("repeat", lambda x, *, repeats, axis: np.asarray(x).repeat(repeats, axis), repeat_transpose)
windows = linear(
    "windows", array_windows, lambda m, g, x, axis, length: m.overlap(g, axis=axis, shape=x.shape)
)
overlap = linear(
    "overlap", array_overlap, lambda m, g, x, axis, shape: m.windows(g, axis=axis, length=x.shape[-1])
)
tril = linear("tril", array_tril, lambda m, g, x, k: m.tril(g, k=k))
triu = linear("triu", array_triu, lambda m, g, x, k: m.triu(g, k=k))
diagonal = linear(
    "diagonal", lambda x, *, offset=0, axis1=0, axis2=1: np.asarray(x).diagonal(offset, axis1, axis2).copy(),
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
              scalar=lambda x, *, dtype=None: np.asarray(x, dtype), makes="array",
              batch=lifted_under_batch, reach="...", form="x")  # fmt: skip
unlift = linear("unlift", lambda x: x.item(), lambda m, g, x: m.lift(g, dtype=x.dtype), makes="number",
                batch=lambda node, xs, mapped, size: xs[0], reach="...", form="x")  # fmt: skip
