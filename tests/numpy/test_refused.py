"""What NumPy refuses is refused with NumPy's exception; what is no number to differentiate is named."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff.numpy as adnp
from autodiff import Tensor, grad

X = np.arange(1.0, 13.0).reshape(3, 4)
CONSTANTS = {
    "shape": [lambda m, v, t: m.reshape(v, t), lambda m, v, t: m.broadcast_to(v, t)],
    "axis": [lambda m, v, t: m.sum(v, axis=t), lambda m, v, t: m.expand_dims(v, t),
             lambda m, v, t: m.swapaxes(v, t, 0), lambda m, v, t: m.fft.fftshift(v, axes=t)],
    "ddof": [lambda m, v, t: m.var(v, ddof=t), lambda m, v, t: m.std(v, correction=t),
             lambda m, v, t: m.cov(v, ddof=t)],
    "ord": [lambda m, v, t: m.linalg.norm(v, t, axis=0), lambda m, v, t: m.linalg.matrix_norm(v, ord=t),
            lambda m, v, t: m.linalg.vector_norm(v, ord=t)],
    "k": [lambda m, v, t: m.tril(v, t), lambda m, v, t: m.triu(v, k=t)],
    "n": [lambda m, v, t: m.diff(v, t), lambda m, v, t: m.linalg.matrix_power(v[:, :3], t)],
    "decimals": [lambda m, v, t: m.round(v, t)],
    "indices_or_sections": [lambda m, v, t: m.split(v, t)],
}  # fmt: skip


@pytest.mark.parametrize("space", [np, adnp], ids=["np", "autodiff.numpy"])
@pytest.mark.parametrize("name", CONSTANTS)
def test_a_tensor_where_only_a_constant_makes_sense_is_named(space, name):
    for f in CONSTANTS[name]:
        with pytest.raises(TypeError, match=rf"\b{name} can't be a Tensor"):
            f(space, Tensor(X, requires_grad=True), Tensor(1.0, requires_grad=True))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.take_along_axis(x, np.array([0]), axis=1),
        lambda x: np.take_along_axis(x, np.array([[9]]), axis=1),
        lambda x: np.take_along_axis(x, np.array([[0.5]]), axis=1),
        lambda x: np.multiply.at(x, 0),
        lambda x: np.negative.at(x, 0, 1.0),
        lambda x: np.tril(x[0, 0]),
    ],
)
def test_the_exception_is_numpys(f):
    with pytest.raises((IndexError, ValueError, TypeError)) as theirs:
        f(X.copy())
    with pytest.raises(theirs.type):
        f(Tensor(X))


@pytest.mark.parametrize("f", [np.nanmax, np.sum, np.maximum.reduce, np.logaddexp2.reduce, np.cumsum])
def test_out_of_a_reduction_has_its_shape(f):
    """A function of elements is broadcast to the shape of `out`; a reduction is not."""
    out = Tensor(np.zeros((7, 3, 4)))
    with pytest.raises(ValueError, match="shape"):
        f(Tensor(X), axis=0, out=out)
    assert out.shape == (7, 3, 4) and not out.value.any()
    np.add(Tensor(X), 1.0, out=out)
    np.testing.assert_array_equal(out.value, np.add(X, 1.0, out=np.zeros((7, 3, 4))))


@pytest.mark.parametrize("space", [np, adnp], ids=["np", "autodiff.numpy"])
def test_matmul_of_matrices_in_other_axes(space):
    a, b = np.random.default_rng(0).normal(size=(2, 4, 3)), np.random.default_rng(1).normal(size=(3, 5, 4))
    axes = [(0, 2), (0, 1), (0, 1)]
    result = space.matmul(Tensor(a, requires_grad=True), b, axes=axes)
    np.testing.assert_allclose(result.value, np.matmul(a, b, axes=axes), rtol=1e-14)
    got = grad(lambda a: space.matmul(a, b, axes=axes).sum())(a)
    want = grad(lambda a: np.einsum("imk,kjm->ijm", a, b).sum())(a)
    np.testing.assert_allclose(got, want, rtol=1e-12)
