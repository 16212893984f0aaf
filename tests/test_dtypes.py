"""dtypes promote as NumPy 2 does, Python numbers are weak, and a gradient has its input's dtype."""

from __future__ import annotations

import itertools
import operator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
from autodiff import Tensor, Value, grad, jvp, vjp

FLOATS = [np.float16, np.float32, np.float64, np.longdouble, np.complex64, np.complex128]
OTHERS = [bool, np.int8, np.int32, np.int64, np.uint8]
OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
NUMBERS = [2, 2.5, 1j, True, np.float32(2.5), np.float64(2.5), np.int64(2)]


def ones(dtype):
    return np.array([1, 0, 1]).astype(dtype) if dtype is bool else np.array([1, 2, 3]).astype(dtype)


def numpys(f, *xs):
    try:
        return f(*xs)
    except TypeError:
        return None


@pytest.mark.parametrize("f", OPERATORS)
@pytest.mark.parametrize(("a", "b"), list(itertools.product(FLOATS + OTHERS, repeat=2)))
def test_two_arrays(f, a, b):
    x, y = ones(a), ones(b)
    want = numpys(f, x, y)
    if want is None:
        with pytest.raises(TypeError):
            f(Tensor(x), y)
        return
    for got in (f(Tensor(x), Tensor(y)), f(Tensor(x), y), f(x, Tensor(y))):
        assert got.dtype == want.dtype
        np.testing.assert_array_equal(got.numpy(), want)


@pytest.mark.parametrize("f", OPERATORS)
@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("dtype", FLOATS + OTHERS)
def test_array_and_number(f, dtype, number):
    if dtype is bool and f is operator.pow and type(number) is int:
        number = np.int64(number)  # NumPy makes int8 of True ** 2, for no reason: int64 is ours
    x = ones(dtype)
    for left, right in ((x, number), (number, x)):
        want = numpys(f, left, right)
        ours = [Tensor(v) if isinstance(v, np.ndarray) else v for v in (left, right)]
        if want is None:
            with pytest.raises(TypeError):
                f(*ours)
            continue
        got = f(*ours)
        assert got.dtype == want.dtype
        np.testing.assert_array_equal(got.numpy(), want)


@pytest.mark.parametrize("a", FLOATS)
@pytest.mark.parametrize("b", FLOATS)
def test_a_gradient_has_its_inputs_dtype_and_shape(a, b):
    x, y = ones(a)[:, None], ones(b)

    def f(x, y):
        return ad.real(np.sum(np.concatenate([x * y, (x - y) / 2]) * 1.5)).sum()

    for g, v in zip(grad(f, (0, 1))(x, y), (x, y), strict=True):
        assert (g.dtype, g.shape) == (v.dtype, v.shape)
    leaves = Tensor(x, requires_grad=True), Tensor(y, requires_grad=True)
    f(*leaves).backward()
    for leaf, v in zip(leaves, (x, y), strict=True):
        assert (leaf.grad.dtype, leaf.grad.shape) == (v.dtype, v.shape)
    t = jvp(lambda x, y: x * y, (x, y), (np.ones_like(x), np.ones_like(y)))[1]
    assert (t.dtype, t.shape) == ((x * y).dtype, (x * y).shape)


UNARY = [
    "exp", "sin", "tanh", "sqrt", "square", "absolute", "sigmoid", "softmax", "logsumexp", "cumsum", "sort",
    "prod", "std", "max",
]  # fmt: skip


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_functions_keep_the_precision(name, dtype):
    x = (ones(dtype) / dtype(4)).astype(dtype)
    f = getattr(ad, name)
    out, pull = vjp(f, x)
    assert np.asarray(out).dtype == dtype
    (g,) = pull(np.ones_like(out))
    assert g.dtype == dtype
    (want,) = vjp(f, x.astype(np.float64))[1](np.ones(np.shape(out)))
    eps = float(np.finfo(dtype).eps) + 1e-16
    np.testing.assert_allclose(g.astype(float), want, rtol=10 * eps, atol=eps)


def test_weak_python_numbers():
    x = Tensor(np.ones(2, np.float32))
    assert (x * 2.5 + 1).dtype == np.float32
    assert (Tensor([1, 2]) * 2.5).dtype == np.float64
    assert (x * 1j).dtype == np.complex64
    assert np.where(x > 0, x, 0.0).dtype == np.float32
    assert np.maximum(x, 0.5).dtype == np.float32
    assert np.concatenate([x, [1.0]]).dtype == np.float64
    assert (x * Value(2.0)).dtype == np.float32
    assert (np.float64(2.0) * x).dtype == np.float64  # a NumPy scalar is not weak


def test_what_cannot_require_grad():
    for data in ([1, 2], [True], np.arange(3, dtype=np.uint8)):
        with pytest.raises(TypeError, match="can't require grad"):
            Tensor(data, requires_grad=True)
    for data in (["a"], [object()], np.array([1, None]), np.array(["2020-01-01"], dtype="M8[D]")):
        with pytest.raises(TypeError, match="holds numbers"):
            Tensor(data)


def test_dtype_of_the_constructor():
    assert Tensor([1, 2], dtype=np.float32, requires_grad=True).dtype == np.float32
    assert Tensor([1.5], dtype=complex).dtype == complex
    assert Tensor([1, 2]).dtype == np.int64
    a = np.ones(3)
    x = Tensor(a)
    a[:] = 9.0
    assert x.tolist() == [1.0, 1.0, 1.0]


def test_astype():
    x = Tensor([1.5, -2.5], requires_grad=True)
    (x.astype(np.float32) * 3).sum().backward()
    assert x.grad.dtype == np.float64
    assert x.grad.tolist() == [3.0, 3.0]
    whole = x.astype(int)
    assert whole.tolist() == [1, -2]
    assert not whole.requires_grad
    with pytest.raises(TypeError, match="numbers"):
        x.astype(str)


@given(st.integers(0, 2**31), st.sampled_from(["real", "imag", "conjugate", "absolute", "product", "solve"]))
def test_complex_derivatives(seed, name):
    """Against differences along both directions of the complex plane."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=3) + 1j * rng.normal(size=3) + 2
    w = rng.normal(size=3)
    f = {
        "real": lambda z: (np.real(z * z) * w).sum(),
        "imag": lambda z: (np.imag(np.exp(z)) * w).sum(),
        "conjugate": lambda z: np.real(np.conjugate(z) * z * z).sum(),
        "absolute": lambda z: (np.absolute(z * z - 1) * w).sum(),
        "product": lambda z: np.real(np.prod(np.concatenate([z, z[:1] * 1j]))),
        "solve": lambda z: np.real(np.einsum("i,j,i->", z, np.conjugate(z), z)),
    }[name]
    g = grad(f)(z)
    for k in range(3):
        for step in (1e-6, 1e-6j):
            t = np.zeros(3, complex)
            t[k] = step
            difference = (f(z + t) - f(z - t)) / 2
            np.testing.assert_allclose(np.real(g[k] * step), difference, rtol=1e-5, atol=1e-11)
