"""Ufuncs with keywords (`where out dtype casting`), and their methods `reduce accumulate outer at reduceat`.

    np.add.at(x, i, v)    np.maximum.reduce(x, axis=1)    np.log(x, where=x > 0, out=y)

Each is made of the ufunc's own primitive.  Where a chain of n calls would do, as in x₀ + x₁ + …, what is
recorded is a few primitives, however long the chain: one of their own for the best known ufuncs, and folds
(primitives/folds.py) for the rest.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..graph import Function, Node
from ..primitives import arithmetic as A
from ..primitives import folds, indexing, linalg, statistics
from ..primitives import shapes as P
from ..variable import Variable
from . import networks, reductions, shapes
from .shapes import about, as_array, astype, axis_of, lifted, plain, shape_of, written

__all__: list[str] = []

# (a, axis, keepdims): what ufunc.reduce is, where it has a primitive of its own
REDUCED = {
    np.add: lambda a, axis, keep: reductions.sum(a, axis, keepdims=keep),
    np.multiply: lambda a, axis, keep: reductions.prod(a, axis, keepdims=keep),
    np.maximum: lambda a, axis, keep: reductions.max(a, axis, keepdims=keep),
    np.minimum: lambda a, axis, keep: reductions.min(a, axis, keepdims=keep),
    np.logical_and: lambda a, axis, keep: reductions.all(a, axis, keepdims=keep),
    np.logical_or: lambda a, axis, keep: reductions.any(a, axis, keepdims=keep),
    np.logaddexp: lambda a, axis, keep: networks.logsumexp(a, axis, keepdims=keep),
    np.fmax: lambda a, axis, keep: statistics.nanmax(a, axis=axis, keepdims=keep),
    np.fmin: lambda a, axis, keep: statistics.nanmin(a, axis=axis, keepdims=keep),
    np.hypot: lambda a, axis, keep: linalg.norm(a, axis=axis, keepdims=keep),
}
IN_PAIRS = {
    np.add, np.multiply, np.maximum, np.minimum, np.fmax, np.fmin, np.logaddexp, np.logaddexp2, np.hypot,
    np.logical_and, np.logical_or, np.logical_xor, np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.gcd,
    np.lcm,
}  # fmt: skip
NEUTRAL = {np.subtract: 0, np.divide: 1, np.logaddexp: -np.inf, np.logaddexp2: -np.inf}  # on the right
BEST = {np.maximum, np.minimum, np.fmax, np.fmin}


def nodes_among(args: Any) -> bool:
    return any(isinstance(x, Node) for x in args)


def as_tuple(x: Any) -> tuple[Any, ...]:
    return x if isinstance(x, tuple) else (x,)


# ---- the call, with keywords -----------------------------------------------------------------------------
def called(ufunc: Any, f: Any, args: Any, settings: dict[str, Any]) -> Any:
    """ufunc(*args, **settings), by f."""
    args, outs = args[: ufunc.nin], as_tuple(settings.pop("out", args[ufunc.nin :] or None))
    if ufunc.signature and "where" in settings:
        raise TypeError(f"{ufunc.__name__}() got an unexpected keyword argument 'where'")
    where, casting = settings.pop("where", True), settings.pop("casting", None)
    dtype, signature = settings.pop("dtype", None), settings.pop("signature", settings.pop("sig", None))
    for memory in ("order", "subok"):  # says how an ndarray is made
        settings.pop(memory, None)
    if ufunc.signature:  # it may be told where in each array the axes are
        f = Variable.ufuncs[ufunc]
    if settings.keys() - getattr(f, "own", set()):
        raise TypeError(f"np.{ufunc.__name__} has no setting {', '.join(settings)} here")
    wanted: Any = [None] * ufunc.nout
    if dtype is not None or signature is not None or casting is not None:
        args, wanted = converted(ufunc, args, dtype, signature, casting or "same_kind")
    results = f(*args, **settings)
    placed = [
        place(ufunc, astype(r, d) if d is not None and about(r).dtype != d else r, out, where, casting)
        for r, d, out in zip(as_tuple(results), wanted, outs * (ufunc.nout // len(outs)), strict=True)
    ]
    return tuple(placed) if ufunc.nout > 1 else placed[0]


def converted(ufunc: Any, args: Any, dtype: Any, signature: Any, casting: str) -> tuple[list[Any], Any]:
    """The inputs in the dtypes in which a ufunc computes them, and the dtypes of its results."""
    if isinstance(signature, str):
        signature = signature.replace("->", "")
    if signature is None:
        signature = (*[None] * ufunc.nin, *[dtype] * ufunc.nout)
    signature = tuple(d if d is None else np.dtype(d) for d in signature)
    if len(signature) == 1:
        signature = (*[None] * ufunc.nin, *signature * ufunc.nout)
    values = [about(x) for x in args]
    given = [type(v) if type(v) in (int, float, complex) else np.asarray(v).dtype for v in values]
    found = ufunc.resolve_dtypes((*given, *[None] * ufunc.nout), signature=signature, casting=casting)
    inputs = [astype(as_array(x), d) for x, d in zip(args, found, strict=False)]
    return inputs, found[ufunc.nin :]


def place(ufunc: Any, result: Any, out: Any, where: Any, casting: Any = None, spread: bool = True) -> Any:
    """The result, where `where` is true, put into `out`; with `spread` it is broadcast to the shape of that.

    Elsewhere `out` keeps what it has.  Without it NumPy leaves those elements to chance; here they are NaN
    (0 of whole numbers), so that whoever uses them sees it.
    """
    name = f"np.{ufunc.__name__}(…, out=)"
    if out is not None and not (isinstance(out, Node) and out.arrays):
        written(out, result, name)
    if out is not None and casting is not None:
        shapes.castable(result, out.dtype, casting, name)
        result = astype(as_array(result), out.dtype)
    if where is not True:
        where = reductions.chosen(where)
        kind = about(as_array(result)).dtype.kind
        rest = out if out is not None else np.nan if kind in "fc" else kind != "b" and 0
        result = A.where(where, result, rest)
    if out is None:
        return result
    result = as_array(result)
    given = shape_of(result)
    if spread and given != out.shape and np.broadcast_shapes(given, out.shape) == out.shape:
        result = shapes.broadcast_to(result, out.shape)
    return written(out, result, name)


def standing_for(ufunc: Any) -> Callable[[Function], Function]:
    """Decorator: the function takes the keywords that the ufunc takes, beside its own."""

    def decorate(f: Function) -> Function:
        own = {*(f.__kwdefaults__ or ())}

        @functools.wraps(f)
        def call(*args: Any, **settings: Any) -> Any:
            if len(args) > ufunc.nin or not settings.keys() <= own:
                return run(ufunc, call, "__call__", args, settings)
            return f(*args, **settings)

        call.own = own  # type: ignore[attr-defined]
        return call

    return decorate


# ---- along an axis ---------------------------------------------------------------------------------------
def reduce(ufunc: Any, f: Any, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None,
           keepdims: bool = False, initial: Any = None, where: Any = True) -> Any:  # fmt: skip
    """f(f(x₀, x₁), x₂)… along one axis, or along several, if the order does not matter.

    NumPy 2.4 itself answers f(x₀, x₄) for power and arctan2 of five numbers in a row, by mistake, here and
    in reduceat.
    """
    of_two(ufunc, "reduce")
    a, (out,) = as_array(array), as_tuple(out)
    a = in_its_dtype(ufunc, a, dtype)
    given = initial is not None and initial is not np._NoValue
    if where is not True:
        where = reductions.chosen(where)
        neutral = NEUTRAL.get(ufunc, ufunc.identity)
        if not given and (ufunc.identity is None or ufunc not in IN_PAIRS):
            raise ValueError(f"np.{ufunc.__name__}.reduce with where= needs initial=")
        if neutral is not None or ufunc in IN_PAIRS:  # max(initial, initial) changes nothing
            a, where = A.where(where, a, initial if neutral is None else neutral), True
    axis = tuple(range(a.ndim)) if axis is None else normalize_axis_tuple(axis, a.ndim)
    if len(axis) > 1 and ufunc not in IN_PAIRS:
        raise ValueError(f"np.{ufunc.__name__}.reduce goes along one axis: its order matters")
    if given and any(a.shape[k] == 0 for k in axis):
        kept = tuple(1 if k in axis else n for k, n in enumerate(a.shape))
        result = shapes.broadcast_to(lifted(initial), kept if keepdims else without(a.shape, axis))
        return place(ufunc, astype(result, about(a).dtype), out, True, spread=False)
    if ufunc in REDUCED:
        result = REDUCED[ufunc](a, axis, keepdims)
    else:
        if given and ufunc not in IN_PAIRS:  # it comes first
            one = tuple(1 if k in axis else n for k, n in enumerate(a.shape))
            first = shapes.broadcast_to(astype(as_array(initial), a.dtype), one)
            if where is not True:
                mask = shapes.broadcast_to(where, a.shape)
                where = shapes.concatenate([np.ones(one, bool), mask], axis[0])
            a, given = shapes.concatenate([first, a], axis[0]), False
        result = chained(ufunc, f, a, axis) if where is True else left_out(f, a, where, axis[0])
        result = shapes.expand_dims(result, axis) if keepdims else result
    return place(ufunc, f(initial, result) if given else result, out, True, spread=False)


def left_out(f: Any, a: Any, where: Any, axis: int) -> Any:
    """The same without what `where` leaves out; the first it takes."""
    how = A.where(shapes.moveaxis(where, axis, 0), folds.GO_ON, folds.LEAVE_OUT)
    x = shapes.moveaxis(a, axis, 0)
    return folds.fold_parts(x, how, of=f.name, axis=0)[-1]


def of_two(ufunc: Any, method: str) -> None:
    if ufunc.nin != 2 or ufunc.nout != 1:
        raise ValueError(f"np.{ufunc.__name__}.{method}: it is for functions of two arrays with one result")
    if ufunc.signature:
        raise RuntimeError(f"np.{ufunc.__name__}.{method}: it works on whole axes already")
    if ufunc is np.ldexp:
        raise TypeError(f"np.ldexp.{method}: what is whole and what is not are no operands of one array")


def in_its_dtype(ufunc: Any, a: Any, dtype: Any) -> Any:
    """The array in the dtype in which the ufunc goes along it; raises NumPy's TypeError if there is none."""
    a = a if dtype is None else astype(a, dtype)
    if ufunc in (np.add, np.multiply):
        return a
    given = about(a).dtype
    try:
        found = ufunc.resolve_dtypes((given, given, None), reduction=True)[0]
    except TypeError:  # as of arctan2 of whole numbers, whose results are none
        found, _, out = ufunc.resolve_dtypes((given, given, None))
        if out.kind == "b":
            raise
    return a if found == given else astype(a, found)


def without(shape: Any, axis: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for k, n in enumerate(shape) if k not in axis)


def chained(ufunc: Any, f: Any, a: Any, axis: tuple[int, ...]) -> Any:
    """`reduce` by calls of f, along axes that are made one."""
    rest, n = without(a.shape, axis), math.prod(a.shape[k] for k in axis)
    flat = P.reshape(shapes.moveaxis(a, axis, tuple(range(len(axis)))), shape=(n, *rest))
    if not n and 0 not in rest:
        if ufunc.identity is None:
            raise ValueError(f"np.{ufunc.__name__}.reduce of nothing, and it has no identity: give initial=")
        return lifted(np.full(rest, ufunc.identity, flat.dtype))
    if ufunc in (np.subtract, np.divide) and n > 2:
        combined = (reductions.sum if ufunc is np.subtract else reductions.prod)(flat[1:], 0, flat.dtype)
        return f(flat[0], combined)
    return flat[0] if n == 1 else folds.fold(flat, of=f.name, axis=0)[-1]


def of_parts(ufunc: Any, f: Any, x: Any, lengths: Any) -> Any:
    """f(f(x₀, x₁), x₂)… along the first axis, for each of the parts that follow each other."""
    starts = np.cumsum(lengths) - lengths
    if (lengths == 1).all():
        return x
    if ufunc in BEST:
        return folds.best_of_parts(x, starts=starts, of=f.name, axis=0)
    if ufunc is np.add and about(x).dtype.kind in "fc":
        return folds.sum_of_parts(x, starts=starts, axis=0)
    if ufunc is np.multiply and about(x).dtype.kind in "fc":
        return folds.prod_of_parts(x, starts=starts, axis=0)
    how = np.full((len(x), *[1] * (x.ndim - 1)), folds.GO_ON)
    how[starts] = folds.BEGIN
    return folds.fold_parts(x, how, of=f.name, axis=0)[starts + lengths - 1]


def within(lengths: Any) -> Any:
    """0, 1, 2… for each of the segments that follow each other."""
    return np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)


def accumulate(ufunc: Any, f: Any, array: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
    """x₀, f(x₀, x₁), f(f(x₀, x₁), x₂)… along an axis."""
    of_two(ufunc, "accumulate")
    a, (out,) = as_array(array), as_tuple(out)
    if not a.ndim:
        raise TypeError(f"np.{ufunc.__name__}.accumulate of a number: it goes along an axis")
    axis = axis_of(axis, a.ndim, f"np.{ufunc.__name__}.accumulate")
    if ufunc in (np.add, np.multiply):
        running = reductions.cumsum if ufunc is np.add else reductions.cumprod
        return place(ufunc, running(a, axis, dtype), out, True, spread=False)
    if ufunc in BEST and a.shape[axis]:
        a = in_its_dtype(ufunc, a, dtype)
        where = statistics.champions(a, of=ufunc.__name__, axis=axis)
        return place(ufunc, indexing.take_along(a, where, axis=axis), out, True, spread=False)
    x = shapes.moveaxis(in_its_dtype(ufunc, a, dtype), axis, 0)
    n = x.shape[0]
    if n < 2:
        pass
    elif ufunc in (np.subtract, np.divide):  # -((-x₀) + x₁ + x₂ …) and 1 / ((1 / x₀) x₁ x₂ …)
        back: Any = A.negative if ufunc is np.subtract else A.reciprocal
        running = reductions.cumsum if ufunc is np.subtract else reductions.cumprod
        x = shapes.concatenate(
            [x[:1], back(running(shapes.concatenate([back(x[:1]), x[1:]]), 0, x.dtype)[1:])]
        )
    else:
        x = folds.fold(x, of=f.name, axis=0)
    return place(ufunc, shapes.moveaxis(x, 0, axis), out, True, spread=False)


def reduceat(
    ufunc: Any, f: Any, array: Any, indices: Any, axis: int = 0, dtype: Any = None, out: Any = None
) -> Any:
    """`reduce` of x[i₀:i₁], x[i₁:i₂]… along an axis; x[iₖ] where iₖ ≥ iₖ₊₁."""
    of_two(ufunc, "reduceat")
    a, (out,) = as_array(array), as_tuple(out)
    axis = axis_of(axis, a.ndim, f"np.{ufunc.__name__}.reduceat")
    n, starts = a.shape[axis], np.asarray(plain(indices, "indices of reduceat"))
    if starts.ndim != 1 or (starts.size and starts.dtype.kind not in "iu"):
        raise TypeError(f"reduceat: indices are whole numbers along one axis, not {starts.dtype}")
    if starts.size and (starts.min() < 0 or starts.max() >= n):
        raise IndexError(f"reduceat: indices from {starts.min()} to {starts.max()} for an axis of length {n}")
    starts = starts.astype(np.intp)
    lengths = np.maximum(np.append(starts[1:], n)[: len(starts)] - starts, 1)
    x = shapes.moveaxis(in_its_dtype(ufunc, a, dtype), axis, 0)
    if 0 < len(starts) <= 16 and (ufunc in REDUCED or ufunc in IN_PAIRS):
        parts = [x[i : i + n] for i, n in zip(starts.tolist(), lengths.tolist(), strict=True)]
        parts = [part if len(part) == 1 else reduce(ufunc, f, part, keepdims=True) for part in parts]
        result = shapes.concatenate(parts)
    else:
        follow = starts[1:] == starts[:-1] + lengths[:-1]
        if not (lengths.sum() == n and follow.all()):
            x = x[np.repeat(starts, lengths) + within(lengths)]
        result = of_parts(ufunc, f, x, lengths)
    return place(ufunc, shapes.moveaxis(result, 0, axis), out, True, spread=False)


# ---- pairs and places ------------------------------------------------------------------------------------
def outer(ufunc: Any, f: Any, A: Any, B: Any, /, **settings: Any) -> Any:
    """f of every element of A with every element of B."""
    if ufunc.nin != 2 or ufunc.signature:
        raise ValueError(f"np.{ufunc.__name__}.outer: only elementwise functions of two arrays have it")
    A, B = (x if isinstance(x, Node) else np.asarray(x) for x in (A, B))
    n = len(shape_of(B))
    return called(ufunc, f, (P.reshape(A, shape=(*shape_of(A), *[1] * n)) if n else A, B), settings)


def at(ufunc: Any, f: Any, a: Any, indices: Any, b: Any = None) -> None:
    """a[indices] = f(a[indices], b), once for every time that the indices point at an element.

    Where f may be computed in pairs, what comes to one element is combined first; else it comes in turn.
    """
    if not getattr(a, "arrays", False):
        raise TypeError(
            f"np.{ufunc.__name__}.at can't write into {type(a).__name__} what is recorded: make it a Tensor"
        )
    if (b is None) != (ufunc.nin == 1):
        more = "the second operand is needed" if b is None else "there is no second operand"
        raise ValueError(f"np.{ufunc.__name__}.at: {more}")
    known = tuple(plain(i, "an index of at()") for i in as_tuple(indices))
    places = np.arange(a.size).reshape(a.shape)[known if isinstance(indices, tuple) else known[0]]
    flat, out = places.reshape(-1), P.reshape(a, shape=(-1,))
    others = [] if b is None else [P.reshape(shapes.broadcast_to(as_array(b), places.shape), shape=(-1,))]
    if ufunc in (np.add, np.subtract):
        out = f(out, indexing.scatter(others[0], index=flat, shape=(a.size,)))
    elif ufunc in IN_PAIRS and flat.size:
        order = np.argsort(flat, kind="stable")
        where, lengths = np.unique(flat[order], return_counts=True)
        out = put(ufunc, out, where, f(out[where], of_parts(ufunc, f, others[0][order], lengths)))
    elif others and flat.size and about(others[0]).dtype == about(a).dtype:
        order = np.argsort(flat, kind="stable")
        where, starts, lengths = np.unique(flat[order], return_index=True, return_counts=True)
        first = starts + np.arange(len(starts))  # of each part, before what is to come to it
        chains = shapes.concatenate([out[where], others[0]])
        after = np.delete(np.arange(len(flat) + len(where)), first)
        index = np.empty(len(flat) + len(where), np.intp)
        index[first], index[after] = np.arange(len(where)), len(where) + order
        out = put(ufunc, out, where, of_parts(ufunc, f, chains[index], lengths + 1))
    else:
        for now in rounds(flat):
            out = put(ufunc, out, flat[now], f(out[flat[now]], *[x[now] for x in others]))
    a.replace(f"np.{ufunc.__name__}.at", P.reshape(out, shape=a.shape))


def put(ufunc: Any, a: Any, where: Any, v: Any) -> Any:
    given, dtype = about(v).dtype, about(a).dtype
    if not np.can_cast(given, dtype, "same_kind"):
        raise TypeError(f"np.{ufunc.__name__}.at: {given} into an array of {dtype}")
    return indexing.assign(a, v, index=where)


def rounds(places: Any) -> Iterator[Any]:
    """Which of the places to write to at once: each is met once in a round, and again in a later one."""
    order = np.argsort(places, kind="stable")
    first = np.flatnonzero(np.append(True, np.diff(places[order]) > 0)[: places.size])
    turn = np.empty(places.size, np.intp)  # how often the element was pointed at before
    turn[order] = within(np.diff(np.append(first, places.size)))
    for k in range(turn.max(initial=-1) + 1):
        yield np.flatnonzero(turn == k)


METHODS: dict[str, Any] = {
    "reduce": reduce,
    "accumulate": accumulate,
    "reduceat": reduceat,
    "outer": outer,
    "at": at,
}


def run(ufunc: Any, f: Any, method: str, args: Any, settings: dict[str, Any]) -> Any:
    """What `ufunc.method(*args, **settings)` is, by f; by NumPy's own if there is no node among them."""
    if not nodes_among((*args, *settings.values(), *as_tuple(settings.get("out")))):
        return getattr(ufunc, method)(*args, **settings)
    if method == "__call__":
        return called(ufunc, f, args, settings)
    return METHODS[method](ufunc, f, *args, **settings)
