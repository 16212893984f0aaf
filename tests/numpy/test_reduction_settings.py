"""`where=`, `initial=`, `dtype=`, `casting=`: results of NumPy itself, derivatives against differences."""

from __future__ import annotations

import numpy as np
import pytest

from autodiff import Tensor
from autodiff.testing import check_grads

MASK = np.array([[True, False, True, True], [False, True, True, False], [True, True, True, False]])
WHERE = [MASK, MASK[0], MASK[:, :1], np.False_, False, np.array(True)]
X = np.random.default_rng(0).uniform(0.5, 2.0, (3, 4))


def same(got, want):
    want = np.asarray(want)
    assert (got.shape, got.dtype) == (want.shape, want.dtype)
    tolerance = 4e-3 if want.dtype == np.float16 else 1e-5
    np.testing.assert_allclose(got.detach().numpy(), want, tolerance, tolerance)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", "?bBlefdgFD")
@pytest.mark.parametrize("name", ["sum", "prod", "mean", "var", "std", "any", "all", "min", "max"])
def test_where_is_numpys(name, dtype):
    f, x = getattr(np, name), (3 * X).astype(dtype)
    for where in WHERE:
        for axis in (None, 0, -1, (0, 1)):
            settings = {"axis": axis, "where": where, "keepdims": axis == 0}
            if name in ("min", "max"):
                settings["initial"] = 1
            same(f(Tensor(x, requires_grad=dtype in "efdgFD"), **settings), f(x, **settings))


@pytest.mark.parametrize("dtype", "?bBlefdgFD")
@pytest.mark.parametrize("name", ["sum", "prod", "min", "max"])
def test_initial_takes_the_dtype_of_the_reduction(name, dtype):
    f, x = getattr(np, name), (3 * X).astype(dtype)
    for initial in (2, 1.5, np.float32(2.5), np.float64(2.5), np.array(2)):
        for settings in ({}, {"axis": 1}, {"axis": 0, "where": MASK, "keepdims": True}):
            same(f(Tensor(x), initial=initial, **settings), f(x, initial=initial, **settings))
        nothing = np.zeros((0, 3), dtype)
        same(Tensor(f(Tensor(nothing), axis=0, initial=initial)), f(nothing, axis=0, initial=initial))


@pytest.mark.parametrize("name", ["sum", "prod", "mean", "var", "std", "cumsum", "cumprod"])
@pytest.mark.parametrize("dtype", "efdgFD")
def test_dtype_is_numpys(name, dtype):
    f = getattr(np, name)
    for given in "lfd":
        x = (3 * X).astype(given)
        for axis in (None, 0, -1):
            same(f(Tensor(x), axis=axis, dtype=dtype), f(x, axis=axis, dtype=dtype))


def test_a_mean_of_whole_numbers_is_cut_off():
    for where in (True, MASK):
        same(np.mean(Tensor(X), dtype=int, where=where), np.mean(X, dtype=int, where=where))


def test_the_input_keeps_its_dtype_in_the_gradient():
    for name in ("sum", "prod", "mean", "var", "std", "cumsum", "cumprod"):
        x = Tensor(X.astype(np.float32), requires_grad=True)
        getattr(np, name)(x, axis=1, dtype=np.float64).sum().backward()
        assert x.grad.dtype == np.float32


@pytest.mark.parametrize("name", ["sum", "prod", "mean", "var", "std", "min", "max"])
@pytest.mark.parametrize("where", [MASK, MASK[:, :1]])
def test_derivatives_leave_out_what_where_leaves_out(name, where):
    f = getattr(np, name)
    settings = {"where": where, "axis": 0} | ({"initial": 0.9} if name in ("min", "max") else {})
    check_grads(lambda x: f(x, **settings), (X,), order=2)
    x = Tensor(np.where(where, X, np.nan), requires_grad=True)
    f(x, **settings).sum().backward()
    assert not np.any(x.grad[~np.broadcast_to(where, X.shape)])


@pytest.mark.parametrize("name", ["sum", "prod", "min", "max"])
def test_derivatives_of_what_a_reduction_starts_from(name):
    f = getattr(np, name)
    check_grads(lambda x, start: f(x, axis=0, initial=start), (X, np.array(1.1)), order=2)
    start = Tensor(3.0, requires_grad=True)
    f(Tensor(np.zeros((0, 2))), axis=0, initial=start).sum().backward()
    assert start.grad == 2


@pytest.mark.parametrize("name", ["sum", "mean", "var", "max", "any"])
def test_where_takes_bools(name):
    settings = {"initial": 0.0} if name == "max" else {}
    with pytest.raises(TypeError, match="where= takes True and False, not int64"):
        getattr(np, name)(Tensor(X), where=MASK.astype(int), **settings)


def test_what_would_lose_numbers_is_refused():
    x, z = Tensor(X, requires_grad=True), Tensor(X + 1j)
    for call in (lambda: np.sum(x, initial=1j), lambda: np.max(x, initial=1j)):
        with pytest.raises(TypeError, match="initial=1j can't start a reduction of float64"):
            call()
    for call in (lambda: np.var(x, dtype=int), lambda: np.std(z, dtype=float)):
        with pytest.raises(TypeError, match=r"a variance of .* would lose parts"):
            call()


def test_casting_is_checked_as_in_numpy():
    x = Tensor(X)
    for f in (np.concatenate, np.stack, np.vstack, np.hstack):
        with pytest.raises(TypeError, match="float64 does not become int64 under casting='same_kind'"):
            f([x, x], dtype=int)
        same(f([x, x], dtype=int, casting="unsafe"), f([X, X], dtype=int, casting="unsafe"))
        same(f([x, X], dtype=np.float32), f([X, X], dtype=np.float32))
    same(x.astype(np.float32, order="C", casting="same_kind"), X.astype(np.float32))
    with pytest.raises(TypeError, match="casting='safe'"):
        x.astype(np.float32, casting="safe")
    same(x.copy(order="C"), X)
