"""NumPy's functions that move elements without changing them.  Their derivatives move them back."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np

from ..graph import Node
from ..primitives import arithmetic, indexing
from ..primitives import shapes as P

__all__ = [
    "array_split", "astype", "broadcast_arrays", "broadcast_to", "concat", "concatenate", "copy", "diag",
    "diagonal", "expand_dims", "flip", "hstack", "matrix_transpose", "moveaxis", "pad", "permute_dims",
    "ravel", "repeat", "reshape", "roll", "split", "squeeze", "stack", "swapaxes", "tile", "transpose",
    "tril", "triu", "vstack",
]  # fmt: skip


def about(x: Any) -> Any:
    """x itself, or the value of a node: for its shape and dtype, not for its numbers."""
    return x.value if isinstance(x, Node) else x


def plain(x: Any, what: str) -> Any:
    """x itself, or the value of a node, for numbers that are not differentiated; they must be known."""
    if isinstance(x, Node):
        x.check_known(what)  # type: ignore[attr-defined]
    return about(x)


def as_array(x: Any) -> Any:
    """x with a shape and a dtype: a node of arrays if it is a node, else an array."""
    if isinstance(x, Node):
        return x if x.arrays else Node.classes["array"].lift(x)
    return np.asarray(x)


def shape_of(x: Any) -> tuple[int, ...]:
    x = about(x)
    return x.shape if type(x) is np.ndarray else () if type(x) in NUMBERS else np.shape(x)


NUMBERS = {int, float, complex, bool}


def axis_of(axis: Any, ndim: int, what: str) -> int:
    """An axis, counted from the front; raises NumPy's AxisError."""
    if type(axis) is int and -ndim <= axis < ndim:
        return axis % ndim
    found: int = np.lib.array_utils.normalize_axis_index(axis, ndim, f"{what} of {ndim} axes")
    return found


def axes_of(axis: Any, ndim: int, what: str) -> tuple[int, ...]:
    """One axis or several, counted from the front."""
    several = axis if isinstance(axis, (tuple, list)) else (axis,)
    found = tuple(axis_of(a, ndim, what) for a in several)
    if len(set(found)) < len(found):
        raise ValueError(f"{what}: repeated axis in {axis}")
    return found


def along(axis: int, ndim: int, at: Any) -> tuple[Any, ...]:
    """The index that picks `at` along an axis."""
    return (*[slice(None)] * axis, at, *[slice(None)] * (ndim - axis - 1))


def constant_only(what: str, x: Any) -> Any:
    """A setting, which must not be something to differentiate."""
    if isinstance(x, Node):
        raise TypeError(f"{what} can't be a {type(x).__name__}: it is not differentiated; give plain numbers")
    return x


def written(out: Any, result: Any, what: str = "out=") -> Any:
    """The result of a call with `out=`: the Tensor `out` goes on as the result, as with an assignment."""
    if out is None:
        return result
    if not (isinstance(out, Node) and out.arrays):
        raise TypeError(
            f"{what} takes a Tensor, which goes on as the result, and not {type(out).__name__}, which would "
            "not know what is recorded: write y = f(x), and a = a + x for a += x"
        )
    out.replace(  # type: ignore[attr-defined]
        what, as_array(result) if isinstance(result, Node) else Node.classes["array"].lift(result)
    )
    return out


# ---- one array
def reshape(a: Any, shape: Any, order: str = "C") -> Any:
    """The same elements in another shape.  Derivative: reshaped back."""
    if order == "F":
        shape = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
        return transpose(reshape(transpose(a), shape[::-1]))
    if order != "C":
        raise ValueError(f"reshape: order {order!r} depends on memory; use 'C' or 'F'")
    return P.reshape(a, shape=shape if isinstance(shape, (int, np.integer)) else tuple(shape))


def ravel(a: Any, order: str = "C") -> Any:
    """All elements in one axis.  Derivative: reshaped back."""
    return reshape(a, (-1,), order)


def transpose(a: Any, axes: Any = None) -> Any:
    """The axes in another order, reversed by default.  Derivative: transposed back."""
    return P.transpose(a, axes=None if axes is None else tuple(axes))


def flat(a: Any) -> Any:
    """All elements in one axis: a itself, if it is so already."""
    return a if len(shape_of(a)) == 1 else ravel(a)


def permute_dims(a: Any, axes: Any = None) -> Any:
    """`transpose`, by its name in the Array API.  Derivative: transposed back."""
    return transpose(a, axes)


def matrix_transpose(x: Any, /) -> Any:
    """The last two axes exchanged.  Derivative: exchanged back."""
    if len(shape_of(x)) < 2:
        raise ValueError(f"matrix_transpose needs two axes or more, not the shape {shape_of(x)}")
    return swapaxes(x, -1, -2)


def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    """Two axes exchanged.  Derivative: exchanged back."""
    axes = list(range(len(shape_of(a))))
    i, j = (axis_of(axis, len(axes), "swapaxes") for axis in (axis1, axis2))
    axes[i], axes[j] = j, i
    return P.transpose(a, axes=tuple(axes))


def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """Axes moved to other places.  Derivative: moved back."""
    ndim = len(shape_of(a))
    come, go = axes_of(source, ndim, "moveaxis"), axes_of(destination, ndim, "moveaxis")
    if len(come) != len(go):
        raise ValueError(f"moveaxis: {source} and {destination} must name as many axes")
    order = [k for k in range(ndim) if k not in come]
    for to, k in sorted(zip(go, come, strict=True)):
        order.insert(to, k)
    return P.transpose(a, axes=tuple(order))


def squeeze(a: Any, axis: Any = None) -> Any:
    """Without axes of length 1.  Derivative: reshaped back."""
    shape = shape_of(a)
    axes = (
        [k for k, n in enumerate(shape) if n == 1] if axis is None else axes_of(axis, len(shape), "squeeze")
    )
    if any(shape[k] != 1 for k in axes):
        raise ValueError(f"squeeze: axis {axis} of the shape {shape} is not of length 1")
    return P.reshape(a, shape=tuple(n for k, n in enumerate(shape) if k not in axes))


def expand_dims(a: Any, axis: Any) -> Any:
    """With new axes of length 1.  Derivative: reshaped back."""
    shape = list(shape_of(a))
    n = len(shape) + (len(axis) if isinstance(axis, (tuple, list)) else 1)
    for k in sorted(axes_of(axis, n, "expand_dims")):
        shape.insert(k, 1)
    return P.reshape(a, shape=tuple(shape))


def broadcast_to(array: Any, shape: Any) -> Any:
    """The array repeated along new or length-1 axes.  Derivative: the sum over the repetitions."""
    return P.broadcast_to(array, shape=(shape,) if isinstance(shape, (int, np.integer)) else tuple(shape))


def broadcast_arrays(*args: Any) -> tuple[Any, ...]:
    """Arrays repeated to one shape.  Derivative: the sums over the repetitions."""
    shape = np.broadcast_shapes(*map(shape_of, args))
    return tuple(a if shape_of(a) == shape else broadcast_to(a, shape) for a in args)


def astype(
    x: Any, dtype: Any, order: str = "K", casting: Any = "unsafe", subok: bool = True, copy: bool = True
) -> Any:
    """The same numbers in another dtype.  Derivative: cast back; to whole numbers, zero."""
    dtype = np.dtype(dtype)
    if dtype.kind not in "biufc":
        raise TypeError(f"astype({dtype}): arrays here hold numbers")
    castable(x, dtype, casting, "astype")
    return (P.cast if dtype.kind in "fc" else arithmetic.truncated)(x, dtype=dtype)


def castable(x: Any, dtype: Any, casting: Any, what: str) -> None:
    """Raise TypeError unless NumPy's rule `casting` lets the numbers of x become a dtype."""
    given = np.result_type(about(x))
    if casting != "unsafe" and not np.can_cast(given, dtype, casting):
        raise TypeError(f"{what}: {given} does not become {np.dtype(dtype)} under casting={casting!r}")


def copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    """The same array, which can be assigned to.  Derivative: 1."""
    return arithmetic.identity(a) if isinstance(a, Node) else np.array(a)


def flip(m: Any, axis: Any = None) -> Any:
    """Axes in reversed order (all by default).  Derivative: reversed back."""
    ndim = len(shape_of(m))
    axes = range(ndim) if axis is None else axes_of(axis, ndim, "flip")
    return indexing.index(m, index=tuple(slice(None, None, -1 if k in axes else None) for k in range(ndim)))


def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    """Elements moved round an axis (round all, as one, by default).  Derivative: moved back."""
    ndim = len(shape_of(a))
    if axis is None and ndim != 1:
        return reshape(roll(ravel(a), shift, 0), shape_of(a))
    axis = 0 if axis is None else axis
    if type(shift) is int and type(axis) is int:
        return P.roll(a, shift=(shift,), axis=(axis_of(axis, ndim, "roll"),))
    shifts, axes = np.broadcast_arrays(constant_only("shift", shift), axis)
    along_axes = tuple(axis_of(k, ndim, "roll") for k in axes.ravel().tolist())
    return P.roll(a, shift=tuple(shifts.ravel().tolist()), axis=along_axes)


def repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    """Every element several times.  Derivative: the sum over the repetitions."""
    shape = shape_of(a)
    if axis is None:
        a, shape, axis = flat(a), (math.prod(shape),), 0
    if type(repeats) is int:
        return P.repeat(a, repeats=repeats, axis=axis_of(axis, len(shape), "repeat"))
    repeats = np.asarray(constant_only("repeats", repeats))
    axis = axis_of(axis, len(shape), "repeat")
    if repeats.size != 1:
        where = np.repeat(np.arange(shape[axis]), repeats)
        return indexing.index(a, index=along(axis, len(shape), where))
    return P.repeat(a, repeats=int(repeats.item()), axis=axis)


def tile(A: Any, reps: Any) -> Any:
    """The whole array several times along its axes.  Derivative: the sum over the repetitions."""
    reps = [reps] if type(reps) is int else np.atleast_1d(constant_only("reps", reps)).tolist()
    ndim = max(len(reps), len(shape_of(A)))
    reps = [1] * (ndim - len(reps)) + reps
    shape = [1] * (ndim - len(shape_of(A))) + list(shape_of(A))
    apart = reshape(A, [n for length in shape for n in (1, length)])
    spread = broadcast_to(apart, [n for r, length in zip(reps, shape, strict=True) for n in (r, length)])
    return reshape(spread, [r * length for r, length in zip(reps, shape, strict=True)])


def tril(m: Any, k: int = 0) -> Any:
    """The triangle on and below diagonal k, zeros above.  Derivative: the same triangle of g."""
    return P.tril(m, k=k)


def triu(m: Any, k: int = 0) -> Any:
    """The triangle on and above diagonal k, zeros below.  Derivative: the same triangle of g."""
    return P.triu(m, k=k)


def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """A diagonal, copied.  Derivative: zeros with g on that diagonal."""
    return P.diagonal(a, offset=offset, axis1=axis1, axis2=axis2)


def diag(v: Any, k: int = 0) -> Any:
    """The k-th diagonal of a matrix, or a matrix with that diagonal.  Derivative: the other way."""
    shape = shape_of(v)
    if len(shape) == 2:
        return P.diagonal(v, offset=k, axis1=0, axis2=1)
    if len(shape) != 1:
        raise ValueError(f"diag takes 1 or 2 axes, not the shape {shape}")
    n = shape[0] + abs(k)
    return P.embed_diagonal(v, shape=(n, n), offset=k, axis1=0, axis2=1)


def pad(array: Any, pad_width: Any, mode: str = "constant", **settings: Any) -> Any:
    """Longer at the ends.  Derivative: what was added is cut off, or sums up where it was taken from.

    Modes: constant (with `constant_values`), edge, reflect, symmetric and wrap.
    """
    shape = shape_of(array)
    if isinstance(pad_width, dict):
        pad_width = [pad_width.get(k, pad_width.get(k - len(shape), 0)) for k in range(len(shape))]
        pad_width = [(w, w) if isinstance(w, int) else w for w in pad_width]
    if type(pad_width) is int:
        widths = [[pad_width, pad_width]] * len(shape)
    else:
        widths = np.broadcast_to(constant_only("pad_width", pad_width), (len(shape), 2)).tolist()
    for value in settings.values():
        constant_only("a setting of pad", value)
    if mode == "constant":
        if not settings and min(map(min, widths), default=0) >= 0:
            inside = tuple([slice(w, w + n) for (w, _), n in zip(widths, shape, strict=True)])
            around = tuple([v + n + w for (v, w), n in zip(widths, shape, strict=True)])
            return indexing.scatter(array, index=inside, shape=around)
        frame: Any = np.pad(np.zeros(shape, about(array).dtype), widths, **settings)
        return pad(array, widths) + frame
    if mode not in ("edge", "reflect", "symmetric", "wrap") or settings.pop("reflect_type", "even") != "even":
        raise NotImplementedError(f"pad: mode {mode!r} with these settings has no derivative here")
    for k, (width, n) in enumerate(zip(widths, shape, strict=True)):
        if any(width):
            where: Any = np.pad(np.arange(n), width, mode, **settings)  # type: ignore[call-overload]
            array = indexing.index(array, index=along(k, len(shape), where))
    return array


# ---- several arrays
def concatenate(
    arrays: Iterable[Any], axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: Any = "same_kind"
) -> Any:
    """Arrays joined along an axis.  Derivative: g cut up again."""
    xs = list(arrays)
    if not xs:
        raise ValueError("concatenate needs at least one array")
    if axis is None:
        xs, axis = [ravel(x) for x in xs], 0
    if out is not None:
        raise TypeError("concatenate: out= would be written to, and what is recorded is not")
    if dtype is not None:
        xs = [astype(x, dtype, casting=casting) for x in xs]
    return P.concatenate(*xs, axis=axis_of(axis, len(shape_of(xs[0])), "concatenate"))


def concat(
    arrays: Iterable[Any], axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: Any = "same_kind"
) -> Any:
    """`concatenate`, by its name in the Array API.  Derivative: g cut up again."""
    return concatenate(arrays, axis, out, dtype=dtype, casting=casting)


def stack(
    arrays: Iterable[Any], axis: int = 0, out: Any = None, *, dtype: Any = None, casting: Any = "same_kind"
) -> Any:
    """Arrays of one shape joined along a new axis.  Derivative: g cut up again."""
    xs = list(arrays)
    shapes = list(map(shape_of, xs))
    if len(set(shapes)) != 1:
        raise ValueError(f"stack needs arrays of one shape, not {', '.join(map(str, shapes)) or 'none'}")
    axis = axis_of(axis, len(shapes[0]) + 1, "stack")
    if axis == 0 and shapes[0]:
        joined = concatenate(xs, 0, out, dtype=dtype, casting=casting)
        return reshape(joined, (len(xs), *shapes[0]))
    xs = [expand_dims(x, axis) for x in xs]
    return concatenate(xs, axis, out, dtype=dtype, casting=casting)


def vstack(tup: Iterable[Any], *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    """Arrays joined as rows.  Derivative: g cut up again."""
    xs = [expand_dims(x, 0) if len(shape_of(x)) < 2 else x for x in map(row, tup)]
    return concatenate(xs, 0, dtype=dtype, casting=casting)


def hstack(tup: Iterable[Any], *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    """Arrays joined along the second axis, or the only one.  Derivative: g cut up again."""
    xs = [row(x) for x in tup]
    axis = 1 if xs and len(shape_of(xs[0])) > 1 else 0
    return concatenate(xs, axis, dtype=dtype, casting=casting)


def row(x: Any) -> Any:
    return x if shape_of(x) else reshape(x, (1,))


def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """An array cut into equal parts, or before given indices.  Derivative: the parts of g joined again."""
    n = shape_of(ary)[axis_of(axis, len(shape_of(ary)), "split")]
    if len(shape_of(indices_or_sections)) == 0 and n % int(indices_or_sections):
        raise ValueError(f"split: an axis of length {n} has no {indices_or_sections} equal parts")
    return array_split(ary, indices_or_sections, axis)


def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """The same, in parts that need not be equal.  Derivative: the parts of g joined again."""
    shape = shape_of(ary)
    axis = axis_of(axis, len(shape), "array_split")
    places = constant_only("indices_or_sections", indices_or_sections)
    if len(shape_of(places)) == 0:
        if places <= 0:
            raise ValueError(f"split into {places} parts: there must be one or more")
        size, longer = divmod(shape[axis], int(places))
        cuts = [k * size + min(k, longer) for k in range(int(places) + 1)]
    else:
        cuts = [0, *np.asarray(places).tolist(), shape[axis]]
    bounds = [along(axis, len(shape), slice(*b)) for b in pairwise(cuts)]
    return [indexing.index(ary, index=at) for at in bounds]
