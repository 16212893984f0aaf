"""Products of vectors, convolutions, and chains of matrices: NumPy, finite differences, HIPS autograd."""

from __future__ import annotations

from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.linalg import LinAlgError

import autodiff.numpy as adnp
from autodiff import Tensor, grad, vmap, where
from autodiff.testing import check_grads

DTYPES = [np.float32, np.float64, np.complex64, np.complex128]


def array(shape: tuple[int, ...], dtype: Any = float, seed: int = 0) -> np.ndarray:
    r = np.random.default_rng(seed)
    return np.asarray(
        r.normal(size=shape) + (1j * r.normal(size=shape) if np.dtype(dtype).kind == "c" else 0)
    ).astype(dtype)


S3, S2 = (3,), (2,)
# name, shapes, settings
CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    *[("convolve", s, {"mode": mode}) for s in [((4,), (3,)), ((2,), (5,)), ((3,), (3,)), ((1,), (4,))]
      for mode in ("full", "same", "valid")],
    *[("correlate", s, {"mode": mode}) for s in [((4,), (3,)), ((2,), (5,)), ((3,), (3,)), ((6,), (3,))]
      for mode in ("full", "same", "valid")],
    ("convolve", ((), (3,)), {}), ("correlate", ((4,), (2,)), {}),
    ("cross", (S3, S3), {}), ("cross", ((4, 3), S3), {}), ("cross", ((3, 4), (4, 3)), {"axisa": 0}),
    ("cross", ((3, 4), (3, 4)), {"axis": 0}),
    ("cross", ((2, 3, 4), (2, 4, 3)), {"axisa": 1, "axisb": 2, "axisc": 0}),
    ("cross", ((4, 2), S3), {}), ("cross", (S3, (4, 2)), {}), ("cross", ((4, 2), S2), {}),
    ("kron", (S2, S3), {}), ("kron", ((2, 3), (3, 2)), {}), ("kron", ((2, 1, 3), (2, 2)), {}),
    ("kron", ((), S3), {}), ("kron", (S2, (2, 3)), {}),
    ("vdot", (S3, S3), {}), ("vdot", ((2, 3), (3, 2)), {}), ("vdot", ((), ()), {}),
    ("vecdot", (S3, (2, 3)), {}), ("vecdot", ((3, 2), (3, 2)), {"axis": 0}),
    ("vecdot", ((3, 2), (2, 3)), {"axes": [0, 1]}), ("vecdot", ((2, 3), S3), {"axes": [(-1,), (-1,), ()]}),
    ("vecdot", ((3, 2), (3, 2)), {"axis": 0, "keepdims": True}),
    ("matvec", ((2, 3), S3), {}), ("matvec", ((4, 2, 3), (4, 3)), {}),
    ("matvec", ((2, 4, 3), (3, 4)), {"axes": [(0, -1), 0, 0]}),
    ("vecmat", (S2, (2, 3)), {}), ("vecmat", ((4, 2), (4, 2, 3)), {}),
    ("vecmat", ((2, 4), (2, 3, 4)), {"axes": [0, (0, 1), 0]}),
    ("matmul", ((2, 4, 3), (3, 5, 4)), {"axes": [(0, 2), (0, 1), (0, 1)]}),
    ("matmul", ((3, 2), (3,)), {"axes": [(1, 0), (0,), (0,)]}),
    ("dot", ((2, 3), (4, 3, 2)), {}), ("inner", ((2, 3), (4, 3)), {}), ("outer", ((2, 2), S3), {}),
    ("tensordot", ((2, 3, 4), (4, 3, 2)), {"axes": ([1, 2], [1, 0])}),
]  # fmt: skip


def label(call: Any) -> str:
    return f"{call[0]} {call[1]} {call[2]}"


@pytest.mark.filterwarnings("ignore:Arrays of 2-dimensional vectors")
@pytest.mark.parametrize("call", CALLS, ids=map(label, CALLS))
@pytest.mark.parametrize("complex_", [False, True])
def test_like_numpy_and_differences(call, complex_):
    """Values by three doors, both orders of the derivative in each argument, and vmap."""
    name, shapes, settings = call
    xs = [array(s, complex if complex_ else float, k) for k, s in enumerate(shapes)]
    f = getattr(np, name)
    want = f(*xs, **settings)
    for got in (getattr(adnp, name)(*xs, **settings) if name != "matmul" else f(*map(Tensor, xs), **settings),
                f(*map(Tensor, xs), **settings), f(Tensor(xs[0]), xs[1], **settings)):  # fmt: skip
        value = np.asarray(getattr(got, "value", got))
        np.testing.assert_allclose(value, want, atol=1e-12)
        assert (value.dtype, value.shape) == (np.asarray(want).dtype, np.shape(want))
    check_grads(lambda x, y: f(x, y, **settings), xs)
    batch = np.stack([xs[0], 2 * xs[0]])
    np.testing.assert_allclose(
        vmap(lambda x: f(x, Tensor(xs[1]), **settings))(batch), [f(x, xs[1], **settings) for x in batch]
    )


SHAPES = {"matmul": [(2, 3, 3), (3, 3)], "matvec": [(2, 3, 3), (3,)], "vecmat": [(2, 3), (3, 3)],
          "vecdot": [(2, 3), (3,)]}  # fmt: skip
KEYWORDS: list[dict[str, Any]] = [
    {"dtype": "f4"}, {"dtype": "c16"}, {"casting": "unsafe", "dtype": "f4"}, {"order": "F"}, {"subok": False},
    {"signature": "ff->f", "casting": "unsafe"}, {"dtype": "f4", "casting": "safe"}, {"where": True},
    {"axis": 5}, {"depth": 1}, {"axes": [(-1,)] * 3, "dtype": "f4"},
]  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("keywords", KEYWORDS, ids=str)
def test_keywords_of_ufuncs(name, keywords):
    """Those that NumPy takes, by three doors; what it does not take is refused with its type of error."""
    xs = [array(shape, float, k) for k, shape in enumerate(SHAPES[name])]
    try:
        want = getattr(np, name)(*xs, **keywords)
    except (TypeError, ValueError) as error:
        for space in (np, adnp):
            with pytest.raises(TypeError if isinstance(error, TypeError) else ValueError):
                getattr(space, name)(*map(Tensor, xs), **keywords)
        return
    for space, given_ in ((np, map(Tensor, xs)), (adnp, map(Tensor, xs)), (adnp, xs)):
        got = getattr(space, name)(*given_, **keywords)
        assert got.dtype == want.dtype
        np.testing.assert_allclose(np.asarray(getattr(got, "value", got)), want, rtol=1e-6)
    if np.dtype(want.dtype).kind == "f":
        check_grads(lambda x, y: getattr(adnp, name)(x, y, **keywords), xs, atol=1e-3, rtol=1e-3, order=1)


@given(
    n=st.integers(1, 6),
    k=st.integers(1, 6),
    mode=st.sampled_from(["full", "same", "valid"]),
    name=st.sampled_from(["convolve", "correlate"]),
    dtypes=st.tuples(st.sampled_from(DTYPES), st.sampled_from(DTYPES)),
)
def test_convolutions(n, k, mode, name, dtypes):
    a, v, f = array((n,), dtypes[0]), array((k,), dtypes[1], 1), getattr(np, name)
    got, want = f(Tensor(a), Tensor(v), mode).data, f(a, v, mode)
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)
    assert got.dtype == want.dtype
    check_grads(lambda a, v: f(a, v, mode), (a, v), order=1)
    both = np.stack([v, -v, v])
    want = [f(a, x, mode) for x in both]
    np.testing.assert_allclose(vmap(lambda x: f(Tensor(a), x, mode))(both), want, rtol=1e-4, atol=1e-5)


CHAINS = [
    ((2, 3), (3, 4)), ((2, 30), (30, 3), (3, 20)), ((3,), (3, 2), (2, 4), (4,)), ((3,), (3,)),
    ((2, 3), (3, 2), (2, 5), (5,)),
]  # fmt: skip


@pytest.mark.parametrize("shapes", CHAINS)
def test_multi_dot(shapes):
    xs = [array(s, seed=k) for k, s in enumerate(shapes)]
    want = np.linalg.multi_dot(xs)
    np.testing.assert_allclose(adnp.linalg.multi_dot([Tensor(x) for x in xs]).data, want)
    np.testing.assert_allclose(np.linalg.multi_dot([xs[0], *map(Tensor, xs[1:])]).data, want)
    check_grads(lambda *xs: np.linalg.multi_dot(xs), xs, order=1)


@pytest.mark.parametrize("complex_", [False, True])
def test_tensorinv_and_tensorsolve(complex_):
    a, b = array((2, 3, 3, 2), complex if complex_ else float), array((2, 3))
    np.testing.assert_allclose(np.linalg.tensorinv(Tensor(a)).data, np.linalg.tensorinv(a))
    np.testing.assert_allclose(np.linalg.tensorsolve(Tensor(a), b).data, np.linalg.tensorsolve(a, b))
    moved = a.transpose(1, 0, 2, 3)
    want = np.linalg.tensorsolve(moved, b, axes=(0,)) if moved.shape[1:3] == b.shape else None
    if want is not None:
        np.testing.assert_allclose(np.linalg.tensorsolve(Tensor(moved), b, axes=(0,)).data, want)
    check_grads(np.linalg.tensorinv, (a,))
    check_grads(np.linalg.tensorsolve, (a, b))
    check_grads(lambda a: np.linalg.tensorinv(a, ind=1), (array((6, 2, 3)),))


@pytest.mark.parametrize("n", [-2, 0, 1, 2, 3, 7])
def test_matrix_power(n):
    x = array((2, 3, 3))
    if n:
        check_grads(lambda x: np.linalg.matrix_power(x, n), (x,))
    else:
        assert not grad(lambda x: (np.linalg.matrix_power(x, 0) * x * 0).sum())(x).any()


TWO = [array((2, 3, 3)), array((2, 3, 3), seed=1)]
NAMES: dict[str, Any] = {
    "matmul": (TWO, {}),
    "outer": ([array(S3), array(S2)], {}),
    "tensordot": ([array((2, 3)), array((3, 2))], {"axes": 1}),
    "cross": ([array((2, 3)), array((2, 3), seed=1)], {}),
    "vecdot": ([array((2, 3)), array((2, 3), seed=1)], {"axis": 0}),
    "diagonal": (TWO[:1], {"offset": 1}),
    "trace": (TWO[:1], {"offset": -1}),
    "matrix_transpose": (TWO[:1], {}),
    "vector_norm": (TWO[:1], {"axis": (0, 2), "ord": 3, "keepdims": True}),
    "matrix_norm": (TWO[:1], {"ord": "nuc", "keepdims": True}),
}


@pytest.mark.parametrize("name", NAMES)
def test_names_of_the_array_api(name):
    xs, settings = NAMES[name]
    f = getattr(np.linalg, name)
    tensors = [Tensor(x) for x in xs]
    np.testing.assert_allclose(f(*tensors, **settings).data, f(*xs, **settings))
    for args in (xs, tensors):
        got = getattr(adnp.linalg, name)(*args, **settings)
        np.testing.assert_allclose(getattr(got, "value", got), f(*xs, **settings))
    check_grads(lambda *xs: getattr(adnp.linalg, name)(*xs, **settings), xs)


def test_hips_autograd_agrees():
    x = array((2, 4))
    functions = (
        lambda np: lambda x: np.sum(np.cross(x[:, :3], x[:, 1:]) ** 3),
        lambda np: lambda x: np.sum(np.kron(x, x) ** 2),
    )
    for f in functions:
        np.testing.assert_allclose(grad(f(np))(x), autograd.grad(f(anp))(x))


def test_an_infinity_beside_exact_zeros_has_no_say():
    a = np.array([1.0, 2.0, 3.0])
    g = grad(lambda v: where(np.array([True, False, False]), np.convolve(Tensor(a), v, "same"), 0.0)[0])
    np.testing.assert_array_equal(g(np.array([1.0, 2.0, np.inf]))[:2], [2, 1])


ERRORS: dict[str, Any] = {
    "mode": (lambda x: np.convolve(x, x, "both"), ValueError, "mode"),
    "deep": (lambda x: np.convolve(x, x.reshape(1, -1)), ValueError, "too deep"),
    "empty": (lambda x: np.convolve(x[:0], x), ValueError, "empty"),
    "cross": (lambda x: np.cross(x, np.ones(4)), ValueError, "incompatible dimensions"),
    "vdot": (lambda x: np.vdot(x, np.ones(4)), ValueError, "matmul"),
    "vecdot": (lambda x: np.vecdot(x, np.ones(4)), ValueError, "vecdot"),
    "a number": (lambda x: np.vecdot(x, x[0]), ValueError, "enough dimensions"),
    "axes": (lambda x: np.vecdot(x, x, axes=[0]), ValueError, "axes"),
    "chain": (lambda x: np.linalg.multi_dot([x]), ValueError, "two arrays"),
    "three axes": (lambda x: np.linalg.multi_dot([x, np.ones((3, 3, 3)), x]), LinAlgError, "multi_dot"),
    "linalg.outer": (lambda x: np.linalg.outer(x, np.ones((2, 2))), ValueError, "one-dimensional"),
    "linalg.cross": (lambda x: np.linalg.cross(x[:2], x[:2]), ValueError, "3-dimensional"),
    "ind": (lambda x: np.linalg.tensorinv(x, 0), ValueError, "ind"),
    "solve": (lambda x: np.linalg.tensorsolve(x, x), LinAlgError, "tensorsolve"),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_bad_input(name):
    act, error, text = ERRORS[name]
    with pytest.raises(error, match=text):
        act(Tensor([1.0, 2.0, 3.0], requires_grad=True))
