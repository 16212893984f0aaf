"""What says where elements stand, what is among them, and what writes into arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff
from autodiff import Tensor, grad, vmap
from autodiff.testing import check_grads

A = np.array([[0.5, -1.5, 2.0], [3.0, -0.25, 1.0]])
MASK = np.array([[True, False, True], [False, True, True]])
AT = np.array([[0, 1, 1], [1, 0, 0]])

# ---- constants
CONSTANTS = [
    "np.argpartition(x, 1)", "np.argpartition(x, (0, 2), axis=None)", "np.argsort(x, axis=0)",
    "np.argmax(x, axis=1)", "np.argmin(x, axis=0, keepdims=True)", "np.lexsort(x)",
    "np.lexsort((x[0], x[1]))",
    "np.lexsort((x, -x), axis=0)", "np.searchsorted([-1.0, 0.5, 1.0], x)",
    "np.searchsorted(x[0], 0.7, 'right', sorter=[1, 0, 2])", "np.digitize(x, [-1.0, 0.5, 1.0])",
    "np.digitize(x, [1.0, 0.5, -1.0], right=True)", "np.digitize(x, [1.0, 0.5, -1.0])",
    "np.digitize(x, [-1.0, 0.5, 1.0], True)", "np.isin(x, [0.5, 1.0])", "np.isin([0.5, 1.0], x, invert=True)",
    "np.count_nonzero(x > 0, axis=0)", "np.nonzero(x > 0)[0]", "np.argwhere(x > 0)", "np.flatnonzero(x > 0)",
    "np.unique(x, return_counts=True)[1]", "np.unique(x, True, True)[1]", "np.where(x > 0)[1]",
    "np.array_equiv(x, x[:1])", "np.floor(x)", "np.sign(x)", "np.isfinite(x)", "np.zeros_like(x)",
    "np.ones_like(x, dtype=np.float32)", "np.full_like(x, 3)", "np.empty_like(x).shape", "np.shape(x)",
    "np.iscomplex(x)", "np.isreal(x)", "np.round(x, 1)", "np.any(x > 0, axis=0)",
    "np.can_cast(x.dtype, float)",
    "np.ix_([0, 1], [2])[0]", "np.tril_indices_from(x)[0]", "np.min_scalar_type(x)", "np.common_type(x)",
    "np.unravel_index(np.argmax(x), x.shape)[0]", "np.ravel_multi_index((1, 2), (2, 3))",
]  # fmt: skip


@pytest.mark.parametrize("call", CONSTANTS)
def test_constant(call):
    want = eval(call, {"np": np, "x": A})
    x = Tensor(A, requires_grad=True)
    got = eval(call, {"np": np, "x": x})
    assert not getattr(got, "requires_grad", False)
    np.testing.assert_array_equal(getattr(got, "value", got), want)
    assert getattr(got, "dtype", None) == getattr(want, "dtype", None)


ALSO_TRACED = [
    "np.argpartition(x, 1)", "np.lexsort(x)", "np.lexsort((x, -x), axis=0)",
    "np.searchsorted([-1.0, 0.5, 1.0], x)", "np.searchsorted(np.sort(x[0]), x)", "np.isin(x, [0.5, 1.0])",
    "np.digitize(x, [1.0, 0.5, -1.0])", "np.isin(x, x[0, :1], invert=True)", "np.isreal(x)",
]  # fmt: skip


@pytest.mark.parametrize("call", ALSO_TRACED)
def test_constants_of_many_examples(call):
    xs = np.random.default_rng(0).normal(size=(4, 2, 3))
    xs[0, 0, 0] = 0.5
    got = vmap(lambda x: eval(call, {"np": np, "x": x}))(xs)
    np.testing.assert_array_equal(got, [eval(call, {"np": np, "x": x}) for x in xs])


@pytest.mark.parametrize(
    "call", ["np.unique(x)", "np.nonzero(x)", "np.extract(x > 0, x)", "np.compress(x[0] > 0, x)",
             "np.union1d(x, x)", "np.argwhere(x)", "np.setdiff1d(x, [1.0])"]
)  # fmt: skip
def test_shapes_that_depend_on_the_numbers(call):
    with pytest.raises(TypeError, match="traced"):
        vmap(lambda x: eval(call, {"np": np, "x": x}))(np.ones((2, 2, 3)))


# ---- sets
TIES = np.array([[2.0, 1.0, 2.0], [0.5, 1.0, 3.0]])
SETS = {
    "np.unique(x)": {0: 3, 1: 1, 2: 0, 5: 5},  # where each element stands first
    "np.unique(x, axis=1)": None,
    "np.unique(x, return_index=True, return_inverse=True, return_counts=True)": None,
    "np.unique_all(x)": None,
    "np.unique_inverse(x)": None,
    "np.unique_counts(x)": None,
    "np.unique_values(x)": None,
    "np.union1d(x, [7.0, 1.0])": None,
    "np.intersect1d(x, [7.0, 1.0, 0.5])": None,
    "np.intersect1d(x[1], [7.0, 1.0, 0.5], assume_unique=True, return_indices=True)": None,
    "np.setdiff1d(x, [1.0, 3.5])": None,
    "np.setdiff1d(x, [1.0, 3.5], assume_unique=True)": None,
    "np.setxor1d(x, [1.0, 3.5])": None,
    "np.setxor1d(x[1], [1.0, 3.5], assume_unique=True)": None,
}


@pytest.mark.parametrize("call", SETS)
def test_sets(call):
    want = eval(call, {"np": np, "x": TIES})
    got = eval(call, {"np": np, "x": Tensor(TIES, requires_grad=True)})
    several = isinstance(want, tuple)
    assert isinstance(got, tuple) == several
    for w, g in zip(*[y if several else (y,) for y in (want, got)], strict=True):
        w = np.sort(w) if call == "np.unique_values(x)" else w  # NumPy has them in any order
        np.testing.assert_array_equal(getattr(g, "value", g), w)
    values = got[0] if several else got
    assert values.requires_grad

    def f(x):
        y = eval(call, {"np": np, "x": x})
        return y[0] if several else y

    weights = np.arange(1.0, 1 + values.size).reshape(values.shape)
    g = grad(lambda x: (f(x) * weights).sum())(TIES)
    for number in np.unique(TIES):  # what all equal elements get together is what the result has there
        total = weights[values.value == number].sum() if call != "np.unique(x, axis=1)" else None
        assert total is None or g[number == TIES].sum() == total


def test_the_first_of_equal_elements_is_taken():
    g = grad(lambda x: (np.unique(x) * np.array([1.0, 2.0, 3.0, 4.0])).sum())(TIES)
    np.testing.assert_array_equal(g, [[3.0, 2.0, 0.0], [1.0, 0.0, 4.0]])


# ---- writing
def filled(f: Any, *args: Any, **settings: Any) -> Any:
    """f, which writes into its first argument, as a function that returns it."""

    def run(x: Any, *values: Any) -> Any:
        x = x * 1.0
        f(x, *[a if a is not None else values[0] for a in args], **settings)
        return x

    return run


def flat_put(x: Any, at: Any, values: Any) -> None:
    np.put_along_axis(x, at, values, axis=None)


WRITTEN = {
    "copyto": (filled(np.copyto, None), A * 2),
    "copyto, where": (filled(np.copyto, None, where=MASK), A[0] * 2),
    "copyto, a number": (filled(np.copyto, None, where=MASK), np.array(3.0)),
    "put": (filled(np.put, [0, -2, 3], None), np.array([5.0, 6.0, 7.0])),
    "put, repeated": (filled(np.put, [0, -2, 3], None), np.array([5.0, 6.0])),
    "put, twice": (filled(np.put, [0, 3, 0], None), np.array([5.0, 6.0, 7.0])),
    "put, wrap": (filled(np.put, [0, 7], None, mode="wrap"), np.array([5.0, 6.0])),
    "put, clip": (filled(np.put, [-3, 70], None, mode="clip"), np.array([5.0, 6.0])),
    "place": (filled(np.place, MASK, None), np.array([5.0, 6.0, 7.0])),
    "place, too many": (filled(np.place, MASK, None), np.arange(9.0)),
    "putmask": (filled(np.putmask, MASK, None), A * 2),
    "putmask, repeated": (filled(np.putmask, MASK, None), np.array([5.0, 6.0])),
    "put_along_axis": (filled(np.put_along_axis, AT[:, :1], None, 1), A[:, :1] * 2),
    "put_along_axis, a number": (filled(np.put_along_axis, AT[:1], None, 0), np.array(5.0)),
    "put_along_axis, flat": (filled(flat_put, AT[0, :2], None), np.array([5.0, 6.0])),
    "fill_diagonal": (filled(np.fill_diagonal, None), np.array(5.0)),
    "fill_diagonal, several": (filled(np.fill_diagonal, None), np.array([5.0, 6.0])),
}


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.complex128])
def test_writing(name, dtype):
    f, v = WRITTEN[name]
    a, v = A.astype(dtype), v.astype(dtype)
    want = a.copy()
    want = f(want, v)
    got = f(Tensor(a, requires_grad=True), Tensor(v, requires_grad=True))
    np.testing.assert_array_equal(got.value, want)
    assert got.dtype == want.dtype
    check_grads(f, (a, v))
    assert f(Tensor(a, requires_grad=True), v).requires_grad


def test_a_long_diagonal():
    a = np.zeros((7, 2))
    for wrap in (False, True):
        want, got = a.copy(), Tensor(a)
        np.fill_diagonal(want, 5.0, wrap)
        np.fill_diagonal(got, Tensor(5.0), wrap)
        np.testing.assert_array_equal(got.value, want)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x, a: np.copyto(a, x), TypeError, "np.copyto writes into ndarray.*np.where"),
        (lambda x, a: np.put(a, 0, x), TypeError, "np.put writes into ndarray.*Tensor"),
        (lambda x, a: np.place(a, a > 0, x), TypeError, "np.place writes into ndarray"),
        (lambda x, a: np.putmask(a, a > 0, x), TypeError, "np.putmask writes into ndarray"),
        (lambda x, a: np.put_along_axis(a, AT, x, 0), TypeError, "np.put_along_axis writes into ndarray"),
        (lambda x, a: np.fill_diagonal(a, x[0, 0]), TypeError, "would cut the graph"),
        (lambda x, a: np.full((2, 3), x), TypeError, r"autodiff\.numpy\.array.* full,"),
        (lambda x, a: np.copyto(x, a), RuntimeError, "leaf"),
        (lambda x, a: np.copyto(x * 1.0, 1j), TypeError, "cast"),
        (lambda x, a: np.copyto(x * 1.0, a[:, :2]), ValueError, "broadcast"),
        (lambda x, a: np.put(x * 1.0, 6, 1.0), IndexError, "6"),
        (lambda x, a: np.put(x * 1.0, 0.5, 1.0), TypeError, "integers"),
        (lambda x, a: np.put(x * 1.0, 0, 1.0, mode="no"), ValueError, "mode"),
        (lambda x, a: np.put(x * 1.0, x[0, 0], 1.0), TypeError, "ind"),
        (lambda x, a: np.place(x * 1.0, a > 0, []), ValueError, "empty"),
        (lambda x, a: np.place(x * 1.0, a[0] > 0, [1.0]), ValueError, "same size"),
        (lambda x, a: np.putmask(x * 1.0, a[0] > 0, [1.0]), ValueError, "same size"),
        (lambda x, a: np.fill_diagonal(x[0], 1.0), ValueError, "2-d"),
        (lambda x, a: np.fill_diagonal(x[None] * 1.0, 1.0), ValueError, "equal length"),
        (lambda x, a: np.put_along_axis(x * 1.0, AT + 5, 1.0, 0), IndexError, "length 2"),
    ],
)
def test_writing_is_refused(call, error, message):
    x, a = Tensor(A, requires_grad=True), A.copy()
    with pytest.raises(error, match=message):
        call(x, a)
    np.testing.assert_array_equal(a, A)
    np.testing.assert_array_equal(x.value, A)


def test_the_functions_are_here():
    for name in ("copyto", "put", "unique", "searchsorted", "isin", "lexsort"):
        assert getattr(autodiff.numpy, name) is not getattr(np, name)
