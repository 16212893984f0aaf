"""Fourier transforms against NumPy, finite differences, HIPS autograd, and their definition."""

from __future__ import annotations

from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import autodiff
from autodiff import Tensor, grad, vjp, vmap, where
from autodiff.graph import ancestry
from autodiff.numpy import fft
from autodiff.testing import check_grads

ONE = ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"]
TWO = ["fft2", "ifft2", "rfft2", "irfft2"]
MANY = ["fftn", "ifftn", "rfftn", "irfftn"]
SHIFTS = ["fftshift", "ifftshift"]
OF_REAL = ("rfft", "ihfft", "rfft2", "rfftn")
DTYPES = [np.float32, np.float64, np.complex64, np.complex128]


def array(name: str, shape: tuple[int, ...], dtype: Any, seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    return (x if np.dtype(dtype).kind == "c" and name not in OF_REAL else x.real).astype(
        dtype if name not in OF_REAL else np.empty(0, dtype).real.dtype
    )


@st.composite
def calls(draw: Any) -> tuple[str, tuple[int, ...], Any, dict[str, Any]]:
    """A transform, the shape and the dtype of its input, and its settings."""
    name = draw(st.sampled_from(ONE + TWO + MANY + SHIFTS))
    shape = tuple(draw(st.lists(st.integers(1, 5), min_size=2, max_size=3)))
    dtype = draw(st.sampled_from(DTYPES))
    axes = st.lists(st.integers(-len(shape), len(shape) - 1), min_size=1, max_size=2,
                    unique_by=lambda k: k % len(shape))  # fmt: skip
    settings: dict[str, Any] = {}
    if name in SHIFTS:
        settings["axes"] = draw(st.none() | axes | st.integers(-len(shape), len(shape) - 1))
        return name, shape, dtype, settings
    settings["norm"] = draw(st.sampled_from([None, "backward", "ortho", "forward"]))
    if name in ONE:
        settings["axis"] = draw(st.integers(-len(shape), len(shape) - 1))
        settings["n"] = draw(st.none() | st.integers(1, 6))
        length = shape[settings["axis"]]
    else:
        at = draw(axes)
        at = at if name in MANY else draw(st.sampled_from([(-2, -1), (0, -1), (1, 0)]))
        settings["axes"] = at
        settings["s"] = draw(st.none() | st.lists(st.integers(1, 6), min_size=len(at), max_size=len(at)))
        settings["n"] = settings["s"] and settings["s"][-1]
        length = shape[at[-1]]
    if name in ("irfft", "hfft", "irfft2", "irfftn") and settings["n"] is None and length == 1:
        settings["n"] = 3
        if "s" in settings:
            settings["s"] = [*(shape[k] for k in at[:-1]), 3]
    if name not in ONE:
        del settings["n"]
    return name, shape, dtype, settings


@given(call=calls())
@example(call=("irfft", (3, 5), np.complex128, {"axis": 1, "n": 4, "norm": "ortho"}))
@example(call=("irfftn", (2, 3), np.complex128, {"axes": [0, 1], "s": [3, 5], "norm": None}))
@example(call=("fftn", (3, 2), np.complex128, {"axes": [0, 0], "s": None, "norm": "ortho"}))
@example(call=("rfftn", (2, 3), np.float32, {"axes": [1, 0], "s": [3, 5], "norm": "forward"}))
def test_like_numpy_and_differences(call):
    """The value is NumPy's, through both doors; derivatives of both orders agree with differences."""
    name, shape, dtype, settings = call
    x = array(name, shape, dtype)
    want = getattr(np.fft, name)(x, **settings)
    for got in (
        getattr(fft, name)(Tensor(x), **settings).data,
        getattr(np.fft, name)(Tensor(x), **settings).data,
        getattr(fft, name)(x, **settings),
    ):
        np.testing.assert_allclose(got, want, rtol=1e-12 if want.real.dtype == float else 1e-5, atol=1e-6)
        assert (got.dtype, got.shape) == (want.dtype, want.shape)
    check_grads(lambda x: getattr(fft, name)(x, **settings), (x,))
    batch = np.stack([x, array(name, shape, dtype, 1)])
    np.testing.assert_allclose(
        vmap(lambda x: getattr(np.fft, name)(x, **settings))(batch),
        [getattr(np.fft, name)(y, **settings) for y in batch], rtol=1e-5, atol=1e-6,
    )  # fmt: skip


@pytest.mark.parametrize("n", [4, 5])
def test_fft_by_its_definition(n):
    """Gradients written out with the matrix of the transform."""
    k = np.arange(n)
    matrix = np.exp(-2j * np.pi * np.outer(k, k) / n)
    x, g = array("fft", (n,), complex), array("fft", (n,), complex, 1)
    np.testing.assert_allclose(vjp(fft.fft, x)[1](g)[0], matrix.T @ g)
    np.testing.assert_allclose(vjp(fft.ifft, x)[1](g)[0], matrix.conj().T @ g / n)
    np.testing.assert_allclose(vjp(fft.rfft, x.real)[1](g[: n // 2 + 1])[0],
                               (matrix[: n // 2 + 1].T @ g[: n // 2 + 1]).real)  # fmt: skip


@pytest.mark.parametrize("name", ["fft", "ifft", "fft2", "ifft2", "fftn", "ifftn", "rfft", "rfftn"])
def test_hips_autograd_agrees(name):
    x, v = array(name, (4, 6), float), array(name, (4, 6), float, 2)
    ours = grad(lambda x: (abs(getattr(np.fft, name)(x)) ** 3).sum())
    theirs = autograd.grad(lambda x: anp.sum(anp.abs(getattr(anp.fft, name)(x)) ** 3))
    np.testing.assert_allclose(ours(x), theirs(x), rtol=1e-10)
    product = autodiff.hvp(lambda x: (abs(getattr(np.fft, name)(x)) ** 3).sum(), (x,), (v,))[0]
    want = autograd.grad(lambda x: anp.sum(theirs(x) * v))(x)
    np.testing.assert_allclose(product, want, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("name", ONE + MANY)
def test_a_tensor_for_out_goes_on_as_the_result(name):
    x = array(name, (3,), float)
    want = getattr(np.fft, name)(x)

    def f(x: Any) -> Any:
        out = Tensor(np.zeros_like(want))
        assert getattr(np.fft, name)(x, out=out) is out
        return out

    np.testing.assert_allclose(f(Tensor(x)).data, want)
    check_grads(f, (x,), order=1)


def test_frequencies_are_constants():
    np.testing.assert_array_equal(fft.fftfreq(5, 0.1), np.fft.fftfreq(5, 0.1))
    np.testing.assert_array_equal(fft.rfftfreq(6), np.fft.rfftfreq(6))


def test_what_a_choice_leaves_out_has_no_say():
    x = np.array([1.0, np.inf, 4.0])
    with np.errstate(invalid="ignore"):
        g = grad(lambda x: where(x > 2, x, fft.fft(x).real)[2] + where(x < 0, fft.ifft(x).real, 0.0).sum())(x)
    np.testing.assert_array_equal(g, [0, 0, 1])


def test_graph_does_not_grow():
    def nodes(n: int) -> int:
        y = fft.irfft2(fft.rfft2(Tensor(np.ones((n, n)), requires_grad=True)))
        return len(ancestry([y])[0])

    assert nodes(4) == nodes(32)


@pytest.mark.parametrize("f", [fft.fft, np.fft.fft])
def test_bad_input_raises(f):
    x = Tensor([1.0, 2.0])
    with pytest.raises(ValueError, match="number of FFT data points"):
        f(x, 0)
    with pytest.raises(ValueError, match="norm"):
        f(x, norm="both")
    with pytest.raises(np.exceptions.AxisError):
        f(x, axis=1)
    with pytest.raises(TypeError, match="out="):
        f(x, out=np.zeros(2, complex))
    with pytest.raises(TypeError, match="length"):
        f(x, n=Tensor(2))
    with pytest.raises(TypeError, match="rfft"):
        np.fft.rfft(Tensor([1j, 2]))
    with pytest.raises(ValueError, match="data points"):
        np.fft.irfft(Tensor([1.0]))
    with pytest.raises(ValueError, match="different lengths"):
        np.fft.fftn(Tensor([1.0]), s=(1,), axes=(0, 0))
