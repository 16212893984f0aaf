"""NumPy's functions that move elements without changing them.  Their derivatives move them back."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from ..graph import Node
from ..primitives import arithmetic, indexing
from ..primitives import shapes as P

__all__ = [
    "array_split", "astype", "broadcast_arrays", "broadcast_to", "concat", "concatenate", "copy", "diag",
    "diagonal", "expand_dims", "flip", "hstack", "matrix_transpose", "moveaxis", "permute_dims",
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
    """x with a shape and a dtype: a node of arrays if it is a node, else an array.

    Nested lists that hold nodes are joined.
    """
    if isinstance(x, Node):
        return x if x.arrays else lifted(x)
    return assembled(x) if isinstance(x, (list, tuple)) and holds_nodes(x) else np.asarray(x)


def lifted(x: Any) -> Any:
    """A plain array as a constant Tensor."""
    return Node.classes["array"].lift(x)


def is_complex(x: Any) -> bool:
    return np.iscomplexobj(about(x))


def holds_nodes(x: Any) -> bool:
    """Whether there is a node in nested lists."""
    return isinstance(x, Node) or (isinstance(x, (list, tuple)) and any(map(holds_nodes, x)))


def assembled(x: Any) -> Any:
    """The array of nested lists that hold nodes, arrays and numbers."""
    sizes = sizes_of(x)
    size = math.prod(sizes)
    parts = [as_array(y) for y in leaves(x)]
    shape = parts[0].shape
    if any(y.shape != shape for y in parts):
        raise ValueError(
            f"an array of parts of different shapes: {', '.join(sorted({str(y.shape) for y in parts}))}"
        )
    rows = [reshape(y, (1, *shape)) for y in parts]
    joined = P.concatenate(*rows, axis=0) if size > 1 else rows[0]
    return reshape(joined, (*sizes, *shape))


def sizes_of(x: Any) -> tuple[int, ...]:
    """The lengths of nested lists; raises ValueError where these differ among each other."""
    if not isinstance(x, (list, tuple)):
        return ()
    inner = {sizes_of(y) for y in x}
    if len(inner) > 1:
        raise ValueError(f"an array of lists of different lengths: {' and '.join(map(str, sorted(inner)))}")
    return (len(x), *(inner.pop() if inner else ()))


def leaves(x: Any) -> Iterator[Any]:
    """What nested lists hold."""
    if isinstance(x, (list, tuple)):
        for y in x:
            yield from leaves(y)
    else:
        yield x


def shape_of(x: Any) -> tuple[int, ...]:
    x = about(x)
    return x.shape if type(x) is np.ndarray else () if type(x) in NUMBERS else np.shape(x)


NUMBERS = {int, float, complex, bool}


def axis_of(axis: Any, ndim: int, what: str) -> int:
    """An axis, counted from the front; raises NumPy's AxisError."""
    if type(axis) is int and -ndim <= axis < ndim:
        return axis % ndim
    constant_only(f"{what}: axis", axis)
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
        what, as_array(result) if isinstance(result, Node) else lifted(result)
    )
    return out


def check_order(what: str, order: Any) -> None:
    """How an ndarray lies in memory; a Tensor lies as it likes, and no number depends on it."""
    if order not in ("C", "F", "A", "K", None):
        raise ValueError(f"{what}: order is 'C', 'F', 'A' or 'K', not {order!r}")


# ---- one array
def reshape(a: Any, shape: Any, order: str = "C", *, copy: Any = None) -> Any:
    """The same elements in another shape.  Derivative: reshaped back."""
    if copy is False:
        raise ValueError("reshape: copy=False asks for a view, and what is recorded has no views")
    constant_only("reshape: shape", shape)
    if order == "F":
        shape = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
        return transpose(reshape(transpose(a), shape[::-1]))
    if order != "C":
        check_order("reshape", order)
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


def broadcast_to(array: Any, shape: Any, subok: bool = False) -> Any:
    """The array repeated along new or length-1 axes.  Derivative: the sum over the repetitions."""
    constant_only("broadcast_to: shape", shape)
    return P.broadcast_to(array, shape=(shape,) if isinstance(shape, (int, np.integer)) else tuple(shape))


def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Any, ...]:
    """Arrays repeated to one shape.  Derivative: the sums over the repetitions."""
    shape = np.broadcast_shapes(*map(shape_of, args))
    return tuple(a if shape_of(a) == shape else broadcast_to(a, shape) for a in args)


def astype(x: Any, dtype: Any, order: str = "K", casting: Any = "unsafe", subok: bool = True,
           copy: bool = True, *, device: Any = None) -> Any:  # fmt: skip
    """The same numbers in another dtype.  Derivative: cast back; to whole numbers, zero."""
    check_device("astype", device)
    dtype = np.dtype(dtype)
    if dtype.kind not in "biufc":
        raise TypeError(f"astype({dtype}): arrays here hold numbers")
    castable(x, dtype, casting, "astype")
    return (P.cast if dtype.kind in "fc" else arithmetic.truncated)(x, dtype=dtype)


def in_dtype(x: Any, dtype: Any) -> Any:
    """x as an array of this dtype: itself, if it is one already."""
    x = as_array(x)
    return x if about(x).dtype == dtype else astype(x, dtype)


def check_device(what: str, device: Any) -> None:
    if device not in (None, "cpu"):
        raise ValueError(f"{what}: arrays are on the device 'cpu', not on {device!r}")


def castable(x: Any, dtype: Any, casting: Any, what: str) -> None:
    """Raise TypeError unless NumPy's rule `casting` lets the numbers of x become a dtype."""
    given = np.result_type(about(x))
    if casting != "unsafe" and not np.can_cast(given, dtype, casting):
        raise TypeError(f"{what}: {given} does not become {np.dtype(dtype)} under casting={casting!r}")


def copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    """The same array, which can be assigned to.  Derivative: 1."""
    check_order("copy", order)
    return arithmetic.identity(a) if isinstance(a, Node) else np.array(a)


def flip(m: Any, axis: Any = None) -> Any:
    """Axes in reversed order (all by default).  Derivative: reversed back."""
    m = as_array(m)
    ndim = len(m.shape)
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
    a = as_array(a)
    shape = a.shape
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
    v = as_array(v)
    shape = v.shape
    if len(shape) == 2:
        return P.diagonal(v, offset=k, axis1=0, axis2=1)
    if len(shape) != 1:
        raise ValueError(f"diag takes 1 or 2 axes, not the shape {shape}")
    n = shape[0] + abs(k)
    return P.embed_diagonal(v, shape=(n, n), offset=k, axis1=0, axis2=1)


# ---- several arrays
def parts(arrays: Any, form: Any) -> Any:
    """Arrays, reshaped by a function of their shapes.  One array stands for its slices, and stays one."""
    if isinstance(arrays, Node):
        n, *shape = shape_of(arrays)
        wanted = (n, *form(tuple(shape)))
        return arrays if wanted == shape_of(arrays) else reshape(arrays, wanted)
    xs = list(map(as_array, arrays))
    return [x if form(x.shape) == x.shape else reshape(x, form(x.shape)) for x in xs]


def concatenate(arrays: Any, /, axis: Any = 0, out: Any = None, *, dtype: Any = None,
                casting: str = "same_kind") -> Any:  # fmt: skip
    """Arrays joined along an axis.  Derivative: g cut up again."""
    if isinstance(arrays, Node) and shape_of(arrays)[:1] == (0,):
        arrays = []
    if isinstance(arrays, Node):  # its slices: the first axis and this one become one
        x, shape = arrays, shape_of(arrays)[1:]
        if not shape:
            raise ValueError("concatenate: zero-dimensional arrays cannot be concatenated")
        x = converted([x], out, dtype, casting)[0]
        if axis is None:
            return written(out, ravel(x))
        axis = axis_of(axis, len(shape), "concatenate")
        joined = [n * shape_of(x)[0] if k == axis else n for k, n in enumerate(shape)]
        return written(out, reshape(moveaxis(x, 0, axis), joined))
    xs = list(map(as_array, arrays))
    if not xs:
        raise ValueError("concatenate needs at least one array")
    if out is not None or dtype is not None:
        xs = converted(xs, out, dtype, casting)
    if axis is None:
        xs, axis = [ravel(x) for x in xs], 0
    return written(out, P.concatenate(*xs, axis=axis_of(axis, len(xs[0].shape), "concatenate")))


def converted(xs: list[Any], out: Any, dtype: Any, casting: str) -> list[Any]:
    """Arrays to be joined, in the dtype that was asked for, as far as `casting` allows it."""
    if out is not None and dtype is not None:
        raise TypeError("concatenate takes `out` or `dtype`, not both")
    written_to = about(out).dtype if isinstance(out, Node) else None
    dtype = dtype if dtype is not None else written_to
    if dtype is None:
        return xs
    return [astype(x, dtype, casting=casting) for x in xs]


def concat(arrays: Any, /, axis: Any = 0, out: Any = None, *, dtype: Any = None,
           casting: str = "same_kind") -> Any:  # fmt: skip
    """`concatenate`, by its name in the Array API.  Derivative: g cut up again."""
    return concatenate(arrays, axis, out, dtype=dtype, casting=casting)


def stack(arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None,
          casting: str = "same_kind") -> Any:  # fmt: skip
    """Arrays of one shape joined along a new axis.  Derivative: g cut up again."""
    if isinstance(arrays, Node) and shape_of(arrays)[:1] not in ((), (0,)):
        moved = moveaxis(converted([arrays], out, dtype, casting)[0], 0, axis)
        return written(out, moved)
    xs = list(map(as_array, arrays))
    if len({x.shape for x in xs}) != 1:
        raise ValueError(
            f"stack needs arrays of one shape, not {', '.join(str(x.shape) for x in xs) or 'none'}"
        )
    shape, settings = xs[0].shape, {"out": out, "dtype": dtype, "casting": casting}
    axis = axis_of(axis, len(shape) + 1, "stack")
    if axis == 0 and shape and out is None:
        return reshape(concatenate(xs, 0, dtype=dtype, casting=casting), (len(xs), *shape))
    return concatenate(parts(xs, lambda s: (*s[:axis], 1, *s[axis:])), axis, **settings)


def vstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """Arrays joined as rows.  Derivative: g cut up again."""
    rows = parts(tup, lambda s: s if len(s) > 1 else (1, *(s or (1,))))
    return concatenate(rows, 0, dtype=dtype, casting=casting)


def hstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """Arrays joined along the second axis, or the only one.  Derivative: g cut up again."""
    xs = parts(tup, lambda s: s or (1,))
    ndim = len(shape_of(xs)) - 1 if isinstance(xs, Node) else len(xs[0].shape) if xs else 1
    return concatenate(xs, int(ndim > 1), dtype=dtype, casting=casting)


def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """An array cut into equal parts, or before given indices.  Derivative: the parts of g joined again."""
    constant_only("indices_or_sections", indices_or_sections)
    n = shape_of(ary)[axis_of(axis, len(shape_of(ary)), "split")]
    if len(shape_of(indices_or_sections)) == 0 and n % int(indices_or_sections):
        raise ValueError(f"split: an axis of length {n} has no {indices_or_sections} equal parts")
    return array_split(ary, indices_or_sections, axis)


def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """The same, in parts that need not be equal.  Derivative: the parts of g joined again."""
    ary = as_array(ary)
    shape = ary.shape
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
