"""Functions that arrange and select, with shapes, axes, keywords and dtypes that hypothesis draws.

They move elements, and so they are linear as long as no element overtakes another: then the derivative is
known without dividing by a step, f(x + t) - f(x) = J t for small t, to rounding.  With that, the transpose is
proved by ⟨g, J t⟩ = ⟨Jᵀ g, t⟩.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autodiff
from autodiff import Tensor, jvp, vjp, vmap
from tests.samples import APART

Call = tuple[Callable[..., Any], list[tuple[int, ...]]]  # a function of arrays, and their shapes
SIDES = st.integers(0, 4)


def lengths(low: int = 1, high: int = 3) -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(SIDES, min_size=low, max_size=high).map(tuple)


def places(draw: Any, n: int, size: Any = None) -> Any:
    """Indices along an axis of length n, negative ones too."""
    one = st.integers(-n, n - 1)
    return draw(st.lists(one, max_size=4) if size is None else st.lists(one, min_size=size, max_size=size))


def axis_of(draw: Any, shape: tuple[int, ...]) -> int:
    return int(draw(st.integers(-len(shape), len(shape) - 1)))


def full_axis(draw: Any, low: int = 1) -> tuple[tuple[int, ...], int]:
    """A shape, and an axis of it that is not empty."""
    shape = draw(lengths(low))
    axis = axis_of(draw, shape)
    kept = list(shape)
    kept[axis] = max(kept[axis], 1)
    return tuple(kept), axis


def sometimes(draw: Any, **given_: Any) -> dict[str, Any]:
    """Some of the keywords."""
    return {name: value for name, value in given_.items() if draw(st.booleans())}


# ---- the calls: each draws its own ----------------------------------------------------------------------
def reshape(draw: Any) -> Call:
    shape = draw(lengths(0))
    new: list[int] = list(draw(st.permutations(shape))) + [1] * draw(st.integers(0, 2))
    if new and math.prod(shape) and draw(st.booleans()):
        new[draw(st.integers(0, len(new) - 1))] = -1
    return partial(np.reshape, shape=new, **sometimes(draw, order=draw(st.sampled_from("CF")))), [shape]


def moveaxis(draw: Any) -> Call:
    shape = draw(lengths())
    n = draw(st.integers(0, len(shape)))
    source, target = (draw(st.permutations(range(len(shape))))[:n] for _ in range(2))
    source = [k - len(shape) if draw(st.booleans()) else k for k in source]
    return lambda x: np.moveaxis(x, source, target), [shape]


def axes(name: str) -> Any:
    def call(draw: Any) -> Call:
        shape = draw(lengths())
        a, b = axis_of(draw, shape), axis_of(draw, shape)
        if name == "swapaxes":
            return lambda x: np.swapaxes(x, a, b), [shape]
        if name == "rollaxis":
            return lambda x: np.rollaxis(x, a, b), [shape]
        if name == "expand_dims":
            where = draw(st.sampled_from([a, (0, -1), (a,)]))
            return lambda x: np.expand_dims(x, where), [shape]
        if name == "squeeze":
            one = list(shape)
            one[a] = 1
            which = draw(st.sampled_from([None, a, (a,)]))
            return lambda x: np.squeeze(x, which), [tuple(one)]
        order = draw(st.sampled_from([None, draw(st.permutations(range(len(shape))))]))
        return lambda x: np.transpose(x, order), [shape]

    return call


def broadcast_to(draw: Any) -> Call:
    shape = draw(lengths(0))
    given_ = tuple(1 if draw(st.booleans()) else n for n in shape)[draw(st.integers(0, len(shape))) :]
    return lambda x: np.broadcast_to(x, shape), [given_]


def roll(draw: Any) -> Call:
    shape = draw(lengths())
    by = st.integers(-7, 7)
    if draw(st.booleans()):
        shift = draw(by)
        return lambda x: np.roll(x, shift), [shape]
    axis = [axis_of(draw, shape) for _ in range(draw(st.integers(1, 2)))]
    shifts = draw(by | st.lists(by, min_size=len(axis), max_size=len(axis)))
    return lambda x: np.roll(x, shifts, axis), [shape]


def flip(draw: Any) -> Call:
    shape = draw(lengths())
    axis = draw(st.sampled_from([None, axis_of(draw, shape), tuple(range(len(shape)))]))
    return lambda x: np.flip(x, axis), [shape]


def rot90(draw: Any) -> Call:
    shape = draw(lengths(2))
    axes_, k = draw(st.permutations(range(len(shape))))[:2], draw(st.integers(-3, 5))
    return lambda x: np.rot90(x, k, axes_), [shape]


def take(draw: Any) -> Call:
    shape, axis = full_axis(draw)
    at = draw(st.sampled_from(["n", "list", "matrix"]))
    mode = draw(st.sampled_from(["raise", "wrap", "clip"]))
    n = shape[axis]
    far = mode != "raise"
    i = np.array(places(draw, n, 4)) + (far * draw(st.integers(-5, 5)))
    index: Any = {"n": int(i[0]), "list": i.tolist(), "matrix": i.reshape(2, 2)}[at]
    return lambda x: np.take(x, index, axis, mode=mode), [shape]


def take_along_axis(draw: Any) -> Call:
    shape, axis = full_axis(draw)
    other = list(shape)
    other[axis] = draw(st.integers(0, 3))
    i = np.array(places(draw, shape[axis], math.prod(other)), int).reshape(other)
    return lambda x: np.take_along_axis(x, i, axis), [shape]


def repeat(draw: Any) -> Call:
    shape = draw(lengths(1, 2))
    axis = draw(st.sampled_from([None, axis_of(draw, shape)]))
    n = math.prod(shape) if axis is None else shape[axis]
    counts = st.integers(0, 3)
    repeats = np.array(draw(counts | st.lists(counts, min_size=n, max_size=n)), int)
    return lambda x: np.repeat(x, repeats, axis), [shape]


def tile(draw: Any) -> Call:
    reps = draw(st.integers(0, 3) | st.lists(st.integers(0, 3), max_size=3))
    return lambda x: np.tile(x, reps), [draw(lengths(0, 2))]


def resize(draw: Any) -> Call:
    shape = draw(lengths(0, 2).filter(math.prod))
    new = draw(lengths(0, 2))
    return lambda x: np.resize(x, new), [shape]


MODES = ["constant", "edge", "linear_ramp", "maximum", "mean", "median", "minimum", "reflect", "symmetric"]
MODES += ["wrap"]


def pad(draw: Any) -> Call:
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=2).map(tuple))
    mode = draw(st.sampled_from(MODES))
    wide = st.integers(0, 5)
    pairs = [(draw(wide), draw(wide)) for _ in shape]
    width = draw(st.sampled_from([draw(wide), pairs, pairs[:1]]))
    more: dict[str, Any] = {}
    if mode == "constant":
        more = sometimes(draw, constant_values=(1.5, -2.0))
    elif mode == "linear_ramp":
        more = sometimes(draw, end_values=2.0)
    elif mode in ("maximum", "mean", "median", "minimum"):
        more = sometimes(draw, stat_length=draw(st.integers(1, 3)))
    elif mode in ("reflect", "symmetric"):
        more = sometimes(draw, reflect_type="odd")
    return lambda x: np.pad(x, width, mode, **more), [shape]


def delete(draw: Any) -> Call:
    shape, axis = full_axis(draw)
    flat = draw(st.booleans())
    n = math.prod(shape) if flat else shape[axis]
    mask = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)), bool)
    kinds = [slice(*draw(st.tuples(*[st.none() | st.integers(-4, 4)] * 2))), mask]
    kinds += [draw(st.integers(-n, n - 1)), places(draw, n)] if n else []
    obj = draw(st.sampled_from(kinds))
    return lambda x: np.delete(x, obj, None if flat else axis), [shape]


def insert(draw: Any) -> Call:
    shape, axis = full_axis(draw)
    n = shape[axis]
    at = draw(
        st.sampled_from([draw(st.integers(-n, n)), draw(st.lists(st.integers(0, n), min_size=1, max_size=3))])
    )
    size = list(shape)
    size[axis] = 1 if type(at) is int else len(at)
    if type(at) is int:
        del size[axis]
    given_ = draw(st.sampled_from([(), tuple(size)]))
    return lambda x, v: np.insert(x, at, v, axis), [shape, given_]


def joined(name: str) -> Any:
    def call(draw: Any) -> Call:
        shape = draw(lengths())
        axis = axis_of(draw, shape)
        parts = [list(shape) for _ in range(draw(st.integers(1, 3)))]
        f = getattr(np, name)
        if name == "stack":
            where = draw(st.integers(-len(shape) - 1, len(shape)))
            return lambda *xs: f(xs, where), [tuple(p) for p in parts]
        if name in ("vstack", "hstack", "dstack"):
            return lambda *xs: f(xs), [tuple(p) for p in parts]
        for p in parts:
            p[axis] = draw(SIDES)
        if name == "append":
            return lambda x, y: f(x, y, axis), [tuple(parts[0]), tuple(parts[-1])]
        if draw(st.booleans()):
            return lambda *xs: f(xs, None), [tuple(p) for p in parts]
        return lambda *xs: f(xs, axis), [tuple(p) for p in parts]

    return call


def split(name: str) -> Any:
    def call(draw: Any) -> Call:
        shape, axis = full_axis(draw)
        whole = [k for k in range(1, 5) if name == "array_split" or shape[axis] % k == 0]
        at = draw(
            st.sampled_from(
                [draw(st.sampled_from(whole)), draw(st.lists(st.integers(0, 5), max_size=3).map(sorted))]
            )
        )
        return lambda x: tuple(getattr(np, name)(x, at, axis)), [shape]

    return call


def unstack(draw: Any) -> Call:
    shape, axis = full_axis(draw)
    return lambda x: np.unstack(x, axis=axis), [shape]


def sort(draw: Any) -> Call:
    shape = draw(lengths())
    axis = draw(st.sampled_from([None, axis_of(draw, shape)]))
    more = sometimes(draw, kind="stable")
    return lambda x: np.sort(x, axis, **more), [shape]


def partition(draw: Any) -> Call:
    shape, axis = full_axis(draw)
    kth = draw(st.sampled_from([places(draw, shape[axis], 1)[0], places(draw, shape[axis], 2)]))
    # what is not between the places may stand in any order
    return lambda x: np.take(np.partition(x, kth, axis), kth, axis), [shape]


def diagonals(name: str) -> Any:
    def call(draw: Any) -> Call:
        k = draw(st.integers(-4, 4))
        if name in ("tril", "triu"):
            return lambda x: getattr(np, name)(x, k), [draw(lengths())]
        if name == "diag":
            return lambda x: np.diag(x, k), [draw(lengths(1, 2))]
        if name == "diagflat":
            return lambda x: np.diagflat(x, k), [draw(lengths(0, 2))]
        shape = draw(lengths(2))
        a, b = draw(st.permutations(range(-len(shape), 0)))[:2]
        return lambda x: getattr(np, name)(x, k, a, b), [shape]

    return call


def windows(draw: Any) -> Call:
    shape, axis = full_axis(draw)
    if draw(st.booleans()):
        length = draw(st.integers(1, shape[axis]))
        return lambda x: np.lib.stride_tricks.sliding_window_view(x, length, axis), [shape]
    sizes = tuple(draw(st.integers(0, n)) for n in shape)
    return lambda x: np.lib.stride_tricks.sliding_window_view(x, sizes), [shape]


def chosen(name: str) -> Any:
    def call(draw: Any) -> Call:
        shape, axis = full_axis(draw)
        n = math.prod(shape)
        mask = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)), bool).reshape(shape)
        if name == "compress":
            row = draw(st.lists(st.booleans(), max_size=shape[axis]))
            return lambda x: np.compress(row, x, axis), [shape]
        if name == "extract":
            return lambda x: np.extract(mask, x), [shape]
        if name == "where":
            small = tuple(1 if draw(st.booleans()) else k for k in shape)
            return lambda x, y: np.where(mask, x, y), [shape, small]
        if name == "select":
            return lambda x, y: np.select([mask, ~mask[..., :1]], [x, y], 1.5), [shape, shape]
        mode = draw(st.sampled_from(["wrap", "clip"]))
        return lambda x, y: np.choose(mask * 2 - 1, [x, y], mode=mode), [shape, shape]

    return call


def diff(draw: Any) -> Call:
    shape = draw(lengths())
    n, axis = draw(st.integers(0, 2)), axis_of(draw, shape)
    return lambda x: np.diff(x, n, axis, **more), [shape] if (
        more := sometimes(draw, prepend=1.5)
    ) or True else []


CALLS: dict[str, Callable[[Any], Call]] = {
    "reshape": reshape, "moveaxis": moveaxis, "broadcast_to": broadcast_to, "roll": roll, "flip": flip,
    "rot90": rot90, "take": take, "take_along_axis": take_along_axis, "repeat": repeat, "tile": tile,
    "resize": resize, "pad": pad, "delete": delete, "insert": insert, "unstack": unstack, "sort": sort,
    "partition": partition, "sliding_window_view": windows, "diff": diff,
    **{name: axes(name) for name in ("swapaxes", "rollaxis", "expand_dims", "squeeze", "transpose")},
    **{name: joined(name) for name in ("concatenate", "stack", "vstack", "hstack", "dstack", "append")},
    **{name: split(name) for name in ("split", "array_split")},
    **{name: diagonals(name) for name in ("tril", "triu", "diag", "diagflat", "diagonal", "trace")},
    **{name: chosen(name) for name in ("compress", "extract", "where", "select", "choose")},
}  # fmt: skip
DTYPES = st.sampled_from([np.float64, np.float32, np.complex128, np.complex64])


def numbers(rng: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """Of which no two are near each other."""
    x = APART.draw(rng, shape)
    return np.asarray(x + 1j * rng.normal(size=shape) if np.dtype(dtype).kind == "c" else x, dtype)


def parts(out: Any) -> list[Any]:
    return [np.asarray(getattr(y, "value", y)) for y in (out if isinstance(out, tuple) else (out,))]


def product(xs: list[Any], ys: list[Any]) -> Any:
    """⟨x, y⟩, in double precision: a cotangent is ∂/∂re - i ∂/∂im, and so no conjugate is taken."""
    return sum(
        np.sum(np.asarray(x, complex) * np.asarray(y, complex)).real for x, y in zip(xs, ys, strict=True)
    )


@pytest.mark.parametrize("name", CALLS)
@settings(max_examples=settings.default.max_examples // 3)
@given(data=st.data())
def test_drawn(name, data):
    f, shapes = CALLS[name](data.draw)
    dtype, rng = data.draw(DTYPES), np.random.default_rng(data.draw(st.integers(0, 1000)))
    xs, ts = ([numbers(rng, shape, dtype) for shape in shapes] for _ in range(2))
    ts = [np.asarray(t / (100 + 100 * t.size), dtype) for t in ts]  # too small for anything to overtake
    want = parts(f(*xs))
    out = f(*[Tensor(x, requires_grad=True) for x in xs])
    exact = 1e-4 if np.dtype(dtype).itemsize // (1 + (np.dtype(dtype).kind == "c")) == 4 else 1e-11
    for got, w in zip(parts(out), want, strict=True):
        assert (got.shape, got.dtype) == (w.shape, w.dtype)
        np.testing.assert_allclose(got, w, exact, exact)
    if all(w.dtype == dtype for w in want):
        moved = parts(jvp(f, tuple(xs), tuple(ts))[1])
        for m, w, later in zip(
            moved, want, parts(f(*[x + t for x, t in zip(xs, ts, strict=True)])), strict=True
        ):
            assert (m.shape, m.dtype) == (w.shape, w.dtype)
            np.testing.assert_allclose(m, later - w, atol=exact)
        gs = [numbers(rng, w.shape, dtype) for w in want]
        back = vjp(f, *xs)[1](tuple(gs) if isinstance(out, tuple) else gs[0])
        assert [(b.shape, b.dtype) for b in back] == [(x.shape, x.dtype) for x in xs]
        np.testing.assert_allclose(product(gs, moved), product(list(back), ts), exact, 10 * exact)
    stacked = [np.stack([x, x * 2, x[::-1] if x.ndim else x]) for x in xs]
    batched = parts(vmap(f)(*stacked))
    rows = [parts(f(*[x[k] for x in stacked])) for k in range(3)]
    for k, got in enumerate(batched):
        np.testing.assert_allclose(got, [row[k] for row in rows], exact, exact)
        assert got.dtype == want[k].dtype


def test_everything_drawn_is_found_by_its_name():
    assert all(hasattr(autodiff.numpy, name) or name == "sliding_window_view" for name in CALLS)
