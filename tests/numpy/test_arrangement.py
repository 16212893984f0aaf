"""NumPy's functions that arrange arrays: its values and dtypes, derivatives by finite differences, vmap."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

import autodiff
import autodiff.numpy as m
from autodiff import Tensor, jvp, vjp
from autodiff.numpy.padding import padded_runs
from tests.numpy.calls import HOLES, MASK, check_batch, check_derivatives, check_value

A, B, V, W, S, E = (2, 3), (3, 4), (3,), (4,), (), (0, 3)  # matrices, vectors, a number, nothing
CUBE = (2, 3, 4)

CALLS: dict[str, tuple[Any, ...]] = {
    # joining
    "np.append(x, y)": (A, W),
    "np.append(x, y, axis=1)": (A, (2, 1)),
    "np.append(x, 2.0)": (S,),
    "np.concatenate(x, axis=1)": (CUBE,),
    "np.concatenate(x, axis=None)": (CUBE,),
    "np.concatenate([x, y], out=new(x, shape=(7,)))": (V, W),
    "np.concatenate([x, y], casting='safe')": (V, W),
    "np.stack(x, axis=-1)": (CUBE,),
    "np.stack([x, y], 1, out=new(x, shape=(3, 2)))": (V, V),
    "np.vstack(x)": (A,),
    "np.vstack(x)  # a cube": (CUBE,),
    "np.hstack(x)": (A,),
    "np.hstack(x)  # a cube": (CUBE,),
    "np.dstack(x)": (A,),
    "np.dstack(x)  # a row": (V,),
    "np.dstack([x, y])": (V, V),
    "np.dstack((x, y))  # matrices": (A, A),
    "np.dstack([x, y])  # a cube": (A, (2, 3, 2)),
    "np.column_stack([x, y])": (V, V),
    "np.column_stack([x, y])  # beside a matrix": (V, (3, 2)),
    "np.column_stack(x)": (A,),
    "np.block([[x, y], [np.ones((1, 7))]])": (A, (2, 4)),
    "np.block([x, 1.0, y])": (V, S),
    "np.block(x)": (A,),
    "np.block([[[x]], [[x]]])": (A,),
    # axes
    "np.atleast_1d(x)": (S,),
    "np.atleast_2d(x, y)": (V, A),
    "np.atleast_3d(x, y, z)": (S, V, A),
    "np.atleast_3d(x)": (CUBE,),
    "np.meshgrid(x, y)": (V, W),
    "np.meshgrid(x, y, indexing='ij')": (V, W),
    "np.meshgrid(x, y, z, sparse=True, copy=False)": (V, W, S),
    "np.meshgrid(x)": (V,),
    # cutting
    "np.unstack(x)": (A,),
    "np.unstack(x, axis=-1)": (CUBE,),
    "np.hsplit(x, 3)": (A,),
    "np.hsplit(x, [1])": (V,),
    "np.vsplit(x, 2)": (CUBE,),
    "np.dsplit(x, (1, 3))": (CUBE,),
    # elements put in, or left out
    "np.delete(x, 1)": (A,),
    "np.delete(x, [0, -1], axis=1)": (B,),
    "np.delete(x, slice(None, None, 2), axis=-1)": (B,),
    "np.delete(x, np.array([True, False]), axis=0)": (A,),
    "np.delete(x, [])": (V,),
    "np.insert(x, 1, y)": (A, S),
    "np.insert(x, [2, 0, 2], y)": (A, V),
    "np.insert(x, 1, y, axis=1)": (A, (2,)),
    "np.insert(x, 1, y, axis=1)  # several": (A, (2, 2)),
    "np.insert(x, [1], y, axis=1)": (A, (2, 2)),
    "np.insert(x, [0, -1], y, axis=-1)": (A, (2, 2)),
    "np.insert(x, slice(0, 2), 5.0, axis=1)": (B,),
    "np.insert(x, [], y)": (V, (0,)),
    "np.insert(x, -1, 3)": (V,),
    "np.resize(x, (3, 4))": (A,),
    "np.resize(x, 4)": (A,),
    "np.resize(x, (2, 3))": (A,),
    # turned, rolled
    "np.fliplr(x)": (CUBE,),
    "np.flipud(x)": (V,),
    "np.rot90(x)": (A,),
    "np.rot90(x, 2)": (CUBE,),
    "np.rot90(x, -1, axes=(2, 0))": (CUBE,),
    "np.rot90(x, 4)": (A,),
    "np.rollaxis(x, 2)": (CUBE,),
    "np.rollaxis(x, 0, -1)": (CUBE,),
    "np.rollaxis(x, 1, 3)": (CUBE,),
    "np.diagflat(x)": (A,),
    "np.diagflat(x, -1)": (V,),
    "np.trim_zeros(x * [0.0, 1.0, 0.0])": (V,),
    "np.trim_zeros(x * [0.0, 1.0, 0.0], 'f')": (V,),
    "np.trim_zeros(x * [[0.0, 1.0, 0.0]], 'b', axis=1)": (A,),
    "np.trim_zeros(x * 0.0)": (V,),
    # windows, slices
    "np.lib.stride_tricks.sliding_window_view(x, 3)": ((7,),),
    "np.lib.stride_tricks.sliding_window_view(x, (2, 2))": (B,),
    "np.lib.stride_tricks.sliding_window_view(x, 3, axis=1)": (CUBE,),
    "np.lib.stride_tricks.sliding_window_view(x, (2, 2), axis=(-1, 0))": (CUBE,),
    "np.lib.stride_tricks.sliding_window_view(x, (2, 2), axis=(0, 0))": ((5,),),
    "np.apply_along_axis(np.cumsum, 1, x)": (CUBE,),
    "np.apply_along_axis(lambda v, k: np.outer(v, v) * k, 0, x, 2.0)": ((2, 3),),
    "np.apply_along_axis(np.sum, -1, x)": (CUBE,),
    "np.apply_over_axes(np.sum, x, (0, -1))": (CUBE,),
    "np.apply_over_axes(np.cumsum, x, 1)": (CUBE,),
    # longer at the ends
    "np.pad(x, 2, constant_values=((1.0, 2.0), (3.0, 4.0)))": (A,),
    "np.pad(x, (1, 2), constant_values=y)": (V, S),
    "np.pad(x, 1, 'constant', constant_values=y)": (A, (2, 2)),
    "np.pad(x, 3, 'edge')": (A,),
    "np.pad(x, (2, 3), 'linear_ramp')": (A,),
    "np.pad(x, (2, 3), 'linear_ramp', end_values=y)": (A, (2,)),
    "np.pad(np.real(x), 2, 'maximum')": (A,),
    "np.pad(np.real(x), 2, 'minimum', stat_length=2)": (B,),
    "np.pad(x, (1, 2), 'mean', stat_length=((1, 2), (3, 2)))": (A,),
    "np.pad(np.real(x), 1, 'median')": (B,),
    "np.pad(x, ((1, 1), (2, 1)), 'reflect')": (B,),
    "np.pad(x, (9, 30), 'reflect')": (V,),
    "np.pad(x, (5, 9), 'reflect', reflect_type='odd')": (V,),
    "np.pad(x, ((1, 2), (5, 2)), 'symmetric', reflect_type='odd')": (A,),
    "np.pad(x, 2, 'reflect', reflect_type='odd')": ((1,),),
    "np.pad(x, ((0, 1), (5, 2)), 'wrap')": (A,),
    "np.pad(x, 0, 'wrap')": (A,),
    # choosing
    "np.compress([True, False, True], x, axis=1)": (B,),
    "np.compress([0, 1], x)": (B,),
    "np.compress([1, 1, 0, 0], x, out=new(x, shape=(2,)))": (W,),
    "np.extract(MASK, x)": (A,),
    "np.select([MASK, ~MASK & HOLES], [x, y * 2])": (A, V),
    "np.select([MASK, HOLES], [x, x], default=y)": (A, S),
    "np.select([np.abs(x) > 1.0, MASK], [x, y], 7)": (A, A),
    "np.choose([0, 1, 1], [x, y])": (V, V),
    "np.choose([[0], [1]], x)": (A,),
    "np.choose([3, -1, 0], (x, y), mode='wrap')": (V, S),
    "np.choose([3, -1, 0], (x, y), None, 'clip')": (V, S),
    "np.choose(np.array([0, 1, 0]), [x, 1.5], out=new(x))": (V,),
    "np.piecewise(x, [MASK], [np.square])": (A,),
    "np.piecewise(x, [MASK, HOLES], [np.square, 3.0, lambda v: v * 2.0])": (A,),
    "np.piecewise(x, MASK[0], [lambda v, k: v ** k, 0.5], 3)": (V,),
    "np.piecewise(x, [True, False, True], [np.square, 1.0])": (V,),
    "np.piecewise(x, [np.array(True)], [np.square])": (S,),
    "np.partition(np.real(x), 1)": (B,),
    "np.partition(np.real(x), (0, -1), axis=0)": (B,),
    "np.partition(np.real(x), 5, axis=None)": (B,),
    "np.sort_complex(x)": (V,),
    "np.unwrap(np.real(x) * 4.0)": ((7,),),
    "np.unwrap(np.real(x), axis=0, period=1.5, discont=1.0)": (B,),
    # nothing
    "np.append(x, y, axis=0)  # nothing": (E, E),
    "np.delete(x, [], axis=0)  # nothing": (E,),
    "np.insert(x, 0, y, axis=0)  # nothing": (E, V),
    "np.meshgrid(x, y)  # nothing": ((0,), V),
}  # fmt: skip
DTYPES = ["f4", "f8", "c8", "c16"]


@pytest.mark.parametrize("call", CALLS)
def test_value(call):
    for dtype in DTYPES:
        check_value(call, CALLS[call], dtype)


@pytest.mark.parametrize("call", CALLS)
def test_derivatives(call):
    for dtype in DTYPES:
        check_derivatives(call, CALLS[call], dtype, order=2 if dtype == "f8" else 1)


@pytest.mark.parametrize("call", CALLS)
def test_batch(call):
    if "trim_zeros" in call:
        with pytest.raises(TypeError, match="trim_zeros of a value that is being traced"):
            check_batch(call, CALLS[call])
        return
    check_batch(call, CALLS[call])


NAMES = sorted({call.split("(")[0].removeprefix("np.") for call in CALLS if "stride" not in call})


@pytest.mark.parametrize("name", NAMES)
def test_the_same_function_is_here(name):
    """`autodiff.numpy.f` takes arrays, too, and gives what NumPy gives."""
    call = next(c for c in CALLS if c.startswith(f"np.{name}(") and "new(" not in c)
    rng = np.random.default_rng(0)
    xs = dict(zip("xyz", [rng.normal(size=shape) for shape in CALLS[call]], strict=False))
    want, got = (eval(call, {"np": m, "MASK": MASK, "HOLES": HOLES, **xs}) for m in (np, autodiff.numpy))
    for w, g in zip(*[y if isinstance(y, (tuple, list)) else [y] for y in (want, got)], strict=True):
        np.testing.assert_array_equal(g, w)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: np.hsplit(x.sum(), 2), ValueError, "hsplit"),
        (lambda x: np.vsplit(x[0], 2), ValueError, "vsplit"),
        (lambda x: np.dsplit(x, 2), ValueError, "dsplit"),
        (lambda x: np.unstack(x.sum()), ValueError, "unstack"),
        (lambda x: np.unstack(x, axis=2), np.exceptions.AxisError, "unstack"),
        (lambda x: np.append(x, x[0], axis=0), ValueError, "concatenate"),
        (lambda x: np.concatenate(x.sum()), TypeError, "dispatcher|concatenated"),
        (lambda x: np.concatenate([x], dtype=int, casting="safe"), TypeError, "casting=.safe"),
        (lambda x: np.concatenate([x], out=np.zeros((2, 3))), TypeError, "takes a Tensor"),
        (lambda x: np.concatenate([x], out=Tensor(np.zeros((2, 2)))), ValueError, "shape"),
        (lambda x: np.block([[x], x]), ValueError, "depths"),
        (lambda x: np.block([x, (x,)]), TypeError, "tuple"),
        (lambda x: np.block([x, []]), ValueError, "empty"),
        (lambda x: np.meshgrid(x, indexing="yx"), ValueError, "indexing"),
        (lambda x: np.delete(x, x[0, 0]), TypeError, "obj"),
        (lambda x: np.delete(x, 9), IndexError, "bounds"),
        (lambda x: np.insert(x, x[0, 0], 1.0), TypeError, "obj"),
        (lambda x: np.insert(x, 9, 1.0), IndexError, "bounds"),
        (lambda x: np.resize(x, x[0, 0]), TypeError, "new_shape"),
        (lambda x: np.resize(x, (-1, 2)), ValueError, "negative"),
        (lambda x: np.reshape(x, (3, 2), order="A"), ValueError, "order"),
        (lambda x: np.reshape(x, (3, 2), copy=False), ValueError, "copy"),
        (lambda x: np.astype(x, float, device="gpu"), ValueError, "device"),
        (lambda x: np.copy(x, order="X"), ValueError, "order"),
        (lambda x: np.pad(x, 1, lambda *a: None), TypeError, "pad: a function for mode"),
        (lambda x: np.pad(x, 1, "same"), ValueError, "mode 'same'"),
        (lambda x: np.pad(x, 1, "edge", stat_length=1), ValueError, "unsupported keyword"),
        (lambda x: np.pad(x, -1), ValueError, "negative"),
        (lambda x: np.pad(x, 1.5), TypeError, "integral"),
        (lambda x: np.pad(x, x[0, 0]), TypeError, "pad_width"),
        (lambda x: np.pad(x, 1, "mean", stat_length=x[0, 0]), TypeError, "stat_length"),
        (lambda x: np.pad(x[:0], 1, "edge"), ValueError, "empty axis"),
        (lambda x: np.pad(x, 1, "maximum", stat_length=0), ValueError, "stat_length of 0"),
        (lambda x: np.pad(x, 1, "reflect", reflect_type="no"), ValueError, "reflect_type"),
        (lambda x: np.fliplr(x[0]), ValueError, "fliplr"),
        (lambda x: np.flipud(x.sum()), ValueError, "flipud"),
        (lambda x: np.rot90(x, axes=(0, 0)), ValueError, "axis"),
        (lambda x: np.rot90(x, axes=(0, 1, 1)), ValueError, "two axes"),
        (lambda x: np.rollaxis(x, 0, 5), np.exceptions.AxisError, "start"),
        (lambda x: np.trim_zeros(x, "x"), ValueError, "trim"),
        (lambda x: sliding_window_view(x, 2), ValueError, "window_shape"),
        (lambda x: sliding_window_view(x, 9, axis=0), ValueError, "larger"),
        (lambda x: sliding_window_view(x, -1, axis=0), ValueError, "negative"),
        (lambda x: sliding_window_view(x, x[0, 0], axis=0), TypeError, "window_shape"),
        (lambda x: sliding_window_view(x, 2, axis=0, writeable=True), ValueError, "written"),
        (lambda x: np.apply_along_axis(np.sum, 2, x), np.exceptions.AxisError, "apply_along_axis"),
        (lambda x: np.apply_along_axis(np.sum, 0, x[:, :0]), ValueError, "length 0"),
        (lambda x: np.apply_over_axes(lambda a, axis: a.sum(), x, 0), ValueError, "as many axes"),
        (lambda x: np.compress(x > 0, x), ValueError, "1-d"),
        (lambda x: np.compress([0, 0, 1], x, axis=0), IndexError, "true at 2"),
        (lambda x: np.select([x > 0], [x, x]), ValueError, "same length"),
        (lambda x: np.select([], []), ValueError, "empty"),
        (lambda x: np.select([x], [x]), TypeError, "boolean"),
        (lambda x: np.choose(x, [x, x]), TypeError, "integers"),
        (lambda x: np.choose([[2, 0, 0]], [x, x]), ValueError, "entry"),
        (lambda x: np.choose([[0, 0, 0]], [x, x], mode="no"), ValueError, "mode"),
        (lambda x: np.piecewise(x, [x > 0], [1, 2, 3]), ValueError, "functions"),
        (lambda x: np.partition(x, 7), ValueError, "kth"),
        (lambda x: np.partition(x, x[0, 0]), TypeError, "kth"),
        (lambda x: np.digitize(x, x[0]), TypeError, "bins"),
        (lambda x: np.digitize(x, [0, 2, 1]), ValueError, "monoton"),
        (lambda x: np.searchsorted(x, 1.0), ValueError, "1-d"),
        (lambda x: np.isin(x, 1.0, kind="fast"), ValueError, "kind"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call(Tensor(np.ones((2, 3)), requires_grad=True))


@pytest.mark.parametrize("obj", [5, -1, [0, -1, 700], [3, 3, 2], np.array([1199]), [7] * 20])
@pytest.mark.parametrize("axis", [0, 1])
def test_few_places_of_a_long_axis(obj, axis):
    """They are cut into slices: what NumPy gives, and each element's cotangent back where it came from."""
    rng = np.random.default_rng(0)
    shape = (1200, 2) if axis == 0 else (2, 1200)
    x, where = rng.normal(size=shape), np.arange(1200)
    count = np.size(obj)
    v = rng.normal(size=(count, 2) if axis == 0 else (2, count))
    for f, plain, stands in (
        (lambda x, v: m.delete(x, obj, axis), lambda x, v: np.delete(x, obj, axis), np.delete(where, obj)),
        (lambda x, v: m.insert(x, obj, v if np.ndim(obj) else v.reshape(2), axis),
         lambda x, v: np.insert(x, obj, v if np.ndim(obj) else v.reshape(2), axis),
         np.insert(where, obj, -1 - np.arange(count))),
    ):  # fmt: skip
        out, back = vjp(f, x, v)
        np.testing.assert_array_equal(out, plain(x, v))
        np.testing.assert_array_equal(
            jvp(f, (x, v), (v[:1, :1] + x, v * 2.0))[1], plain(v[:1, :1] + x, v * 2.0)
        )
        g = rng.normal(size=out.shape)
        of_x, of_v = back(g)
        moved = np.moveaxis(g, axis, 0)
        wanted, put = np.zeros((1200, 2)), np.zeros((count, 2))
        wanted[stands[stands >= 0]] = moved[stands >= 0]
        put[-1 - stands[stands < 0]] = moved[stands < 0]
        np.testing.assert_array_equal(np.moveaxis(of_x, axis, 0), wanted)
        np.testing.assert_array_equal(np.moveaxis(of_v, axis, 0), put)


@pytest.mark.parametrize("mode", ["edge", "wrap", "symmetric", "reflect"])
def test_runs_of_what_is_padded(mode):
    for n, before, after in product(range(1, 6), range(12), range(12)):
        runs = padded_runs(mode, n, before, after)
        found = np.concatenate([first + by * np.arange(count) for first, by, count in runs])
        np.testing.assert_array_equal(found, np.pad(np.arange(n), (before, after), mode))
