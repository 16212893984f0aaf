"""NumPy's functions on Tensors: the value and dtype of NumPy itself, derivatives against finite differences.

Each row is a call as a user writes it, on arrays of given shapes.  It runs on arrays, which is NumPy, and on
Tensors, which is this package, through NumPy's own name.
"""

from __future__ import annotations

import zlib
from operator import attrgetter
from typing import Any

import numpy as np
import pytest

import autodiff
from autodiff import Tensor, grad
from autodiff.testing import check_grads
from tests.samples import APART

A, B, V, W, S, E = (2, 3), (3, 4), (3,), (4,), (), (0, 3)  # matrices, vectors, a number, nothing
CUBE = (2, 3, 4)
MASK = np.array([[True, False, True], [False, True, True]])

CALLS: dict[str, tuple[Any, ...]] = {
    # joining and cutting
    "np.concatenate([x, y])": (A, (4, 3)),
    "np.concatenate([x, y, x], axis=1)": (A, (2, 1)),
    "np.concatenate([x, y], axis=None)": (A, V),
    "np.concatenate((x, np.ones((1, 3))), axis=-2)": (A,),
    "np.concatenate([x, y], dtype=np.float32)": (V, W),
    "np.concat([x, y])": (V, W),
    "np.concatenate(x)": (CUBE,),
    "np.stack([x, y])": (V, V),
    "np.stack([x, y, x], axis=1)": (A, A),
    "np.stack([x, y], axis=-1)": (V, V),
    "np.stack([x, y])  # numbers": (S, S),
    "np.stack([x, 1.0])": (S,),
    "np.vstack([x, y])": (V, A),
    "np.hstack([x, y])": (V, W),
    "np.hstack([x, y])  # matrices": (A, A),
    "np.split(x, 2)[1]": (W,),
    "np.split(x, [1, 3], axis=1)[1]": (B,),
    "np.split(x, 3, axis=-1)[0] * np.split(x, 3, axis=-1)[2]": (A,),
    "np.array_split(x, 3)[0]": (W,),
    # shapes
    "np.reshape(x, (3, 2))": (A,),
    "np.reshape(x, -1)": (A,),
    "np.reshape(x, (4, -1), order='F')": (CUBE,),
    "np.ravel(x)": (CUBE,),
    "np.ravel(x, order='F')": (A,),
    "np.transpose(x)": (CUBE,),
    "np.transpose(x, (1, -1, 0))": (CUBE,),
    "np.permute_dims(x, (1, 0))": (A,),
    "np.matrix_transpose(x)": (CUBE,),
    "np.swapaxes(x, 0, -1)": (CUBE,),
    "np.moveaxis(x, 0, -1)": (CUBE,),
    "np.moveaxis(x, (0, 2), (1, 0))": (CUBE,),
    "np.squeeze(x)": ((1, 3, 1),),
    "np.squeeze(x, axis=(0, -1))": ((1, 3, 1),),
    "np.expand_dims(x, 1)": (A,),
    "np.expand_dims(x, (0, -1))": (A,),
    "np.broadcast_to(x, (4, 2, 3))": (A,),
    "np.broadcast_to(x, 3)": (S,),
    "np.broadcast_arrays(x, y)[1]": (A, V),
    "np.astype(x, np.float32)": (A,),
    "np.copy(x)": (A,),
    "np.flip(x)": (A,),
    "np.flip(x, axis=(0, -1))": (CUBE,),
    "np.roll(x, 2)": (A,),
    "np.roll(x, (1, -1), axis=(0, 1))": (A,),
    "np.roll(x, 1, axis=-1)": (A,),
    "np.repeat(x, 3)": (A,),
    "np.repeat(x, 2, axis=1)": (A,),
    "np.repeat(x, [1, 0, 2], axis=-1)": (A,),
    "np.tile(x, 2)": (A,),
    "np.tile(x, (2, 1, 3))": (A,),
    "np.tile(x, 3)": (S,),
    "np.tril(x)": (B,),
    "np.tril(x, -1)": (CUBE,),
    "np.triu(x, k=1)": (B,),
    "np.diag(x)": (V,),
    "np.diag(x, k=-1)": (V,),
    "np.diag(x, 1)": (B,),
    "np.diagonal(x)": (B,),
    "np.diagonal(x, -1, 2, 0)": (CUBE,),
    "np.trace(x)": (B,),
    "np.trace(x, 1, 1, 2)": (CUBE,),
    "np.pad(x, 1)": (A,),
    "np.pad(x, ((1, 2), (0, 1)), constant_values=3.0)": (A,),
    "np.pad(x, {-1: (1, 2)})": (A,),
    "np.pad(x, (2, 1), 'edge')": (A,),
    "np.pad(x, 2, mode='reflect')": (W,),
    "np.pad(x, 5, mode='symmetric')": (V,),
    "np.pad(x, (3, 4), mode='wrap')": (V,),
    # sums
    "np.sum(x)": (A,),
    "np.sum(x, axis=-1)": (CUBE,),
    "np.sum(x, axis=(0, 2), keepdims=True)": (CUBE,),
    "np.sum(x, axis=())": (A,),
    "np.sum(x, initial=2.0)": (A,),
    "np.sum(x, axis=1, where=MASK)": (A,),
    "np.sum(x, dtype=np.float32)": (A,),
    "np.mean(x)": (A,),
    "np.mean(x, axis=(0, -1))": (CUBE,),
    "np.mean(x, axis=0, where=MASK)": (A,),
    "np.mean(x, axis=0, dtype=np.float32, keepdims=True)": (A,),
    "np.prod(x)": ((7,),),
    "np.prod(x, axis=1)": (CUBE,),
    "np.prod(x, axis=(0, 2), keepdims=True)": (CUBE,),
    "np.prod(x, axis=1, where=MASK, initial=2.0)": (A,),
    "np.prod(x)  # a number": (S,),
    "np.var(x)": (A,),
    "np.var(x, axis=0, ddof=1)": (B,),
    "np.var(x, axis=-1, correction=1, keepdims=True)": (CUBE,),
    "np.var(x, axis=0, where=MASK)": (A,),
    "np.std(x)": (A,),
    "np.std(x, axis=(0, 1), ddof=1)": (CUBE,),
    "np.std(x, axis=1, keepdims=True)": (A,),
    "np.std(x, axis=(0, 1, -1))": (CUBE,),
    "np.std(x, axis=(), ddof=0) + x": (A,),
    "np.linalg.norm(x)": (CUBE,),
    "np.linalg.solve(np.eye(3) + x @ x.T / 9, y)": ((3, 3), V),
    "np.linalg.det(x)": ((2, 3, 3),),
    "np.sum(x) + np.linalg.inv(y)": (V, (1, 1)),
    "np.max(x)": (A,),
    "np.max(x, axis=(0, -1), keepdims=True)": (CUBE,),
    "np.max(x, axis=1, where=MASK, initial=-9.0)": (A,),
    "np.amax(x, 0)": (A,),
    "np.min(x, axis=-1)": (A,),
    "np.amin(x)": (A,),
    "np.min(x, initial=0.0)": (A,),
    "np.ptp(x)": (A,),
    "np.ptp(x, axis=1)": (A,),
    "np.cumsum(x)": (A,),
    "np.cumsum(x, axis=-2)": (CUBE,),
    "np.cumprod(x)": (A,),
    "np.cumprod(x, axis=1)": (CUBE,),
    "np.diff(x)": (B,),
    "np.diff(x, n=2, axis=0)": (B,),
    "np.diff(x, prepend=0.0, append=y)": (B, (3, 2)),
    # choosing
    "np.where(MASK, x, y)": (A, A),
    "np.where(x > 0, x, y)": (A, S),
    "np.maximum(x, y)": (A, V),
    "np.minimum(x, y)": (A, V),
    "np.clip(x, -0.3, 0.4)": (A,),
    "np.clip(x, y, None)": (A, V),
    "np.clip(x, max=0.2)": (A,),
    "np.sort(x)": (A,),
    "np.sort(x, axis=0)": (A,),
    "np.sort(x, axis=None)": (A,),
    "np.take(x, [0, 2, 2])": (A,),
    "np.take(x, np.array([[0, 1], [1, 1]]), axis=1)": (A,),
    "np.take(x, [-1, 5], axis=0, mode='wrap')": (A,),
    "np.take(x, 1, axis=-1)": (A,),
    "np.take_along_axis(x, np.array([[0, 0, 1]]), axis=0)": (A,),
    "np.take_along_axis(x, np.argsort(x, axis=1), axis=1)": (A,),
    # products
    "np.matmul(x, y)": (A, B),
    "x @ y": (CUBE, (4, 2)),
    "np.dot(x, y)": (A, B),
    "np.dot(x, y)  # vectors": (V, V),
    "np.dot(x, y)  # a number": (S, A),
    "np.dot(x, y)  # cubes": (CUBE, (5, 4, 2)),
    "np.dot(x, y)  # cube, vector": (CUBE, W),
    "np.inner(x, y)": (A, (4, 3)),
    "np.inner(x, y)  # vectors": (V, V),
    "np.inner(x, y)  # a number": (A, S),
    "np.outer(x, y)": (V, W),
    "np.outer(x, y)  # matrices": (A, W),
    "np.tensordot(x, y, 1)": (A, B),
    "np.tensordot(x, y)": (CUBE, (3, 4, 5)),
    "np.tensordot(x, y, axes=0)": (V, A),
    "np.tensordot(x, y, axes=([0, -1], [1, 0]))": (CUBE, (4, 2)),
    "np.tensordot(x, y, axes=(1, 1))": (A, (4, 3)),
    # functions of numbers
    "np.logaddexp(x, y)": (A, V),
    "np.real(x)": (A,),
    # nothing
    "np.sum(x, axis=0)  # nothing": (E,),
    "np.prod(x, axis=0)  # nothing": (E,),
    "np.cumsum(x, axis=1)  # nothing": (E,),
    "np.sort(x, axis=0)  # nothing": (E,),
    "np.concatenate([x, y])  # nothing": (E, E),
    "np.tile(x, (2, 1))  # nothing": (E,),
    "np.max(x, axis=1)  # nothing": (E,),
    "np.pad(x, 1)  # nothing": (E,),
}  # fmt: skip


def arrays(call: str, dtype: Any = float) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(zlib.crc32(call.encode()))
    return {
        name: APART.draw(rng, shape).astype(dtype) for name, shape in zip("xy", CALLS[call], strict=False)
    }


def run(call: str, **xs: Any) -> Any:
    return eval(call, {"np": np, "MASK": MASK, **xs})


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_value(call, dtype):
    xs = arrays(call, dtype)
    want, got = run(call, **xs), run(call, **{k: Tensor(x, requires_grad=True) for k, x in xs.items()})
    assert isinstance(got, Tensor)
    np.testing.assert_allclose(got.numpy(), want, *((1e-5, 1e-5) if dtype == np.float32 else (1e-13, 1e-13)))
    assert (got.shape, got.dtype) == (np.shape(want), np.asarray(want).dtype)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_derivatives(call, dtype):
    xs = arrays(call, dtype)
    check_grads(lambda *given: run(call, **dict(zip(xs, given, strict=True))), tuple(xs.values()))


@pytest.mark.parametrize("call", [call for call in CALLS if "float32" not in call])
def test_not_contiguous(call):
    xs = {k: np.asfortranarray(np.stack([x, x], -1))[..., 0] for k, x in arrays(call).items()}
    check_grads(lambda *given: run(call, **dict(zip(xs, given, strict=True))), tuple(xs.values()), order=1)


NAMES = sorted({call.split("(")[0].removeprefix("np.") for call in CALLS if call.startswith("np.")})


@pytest.mark.parametrize("name", NAMES)
def test_the_same_function_is_here(name):
    assert attrgetter(name)(autodiff) is attrgetter(name)(autodiff.numpy)
    assert callable(attrgetter(name)(autodiff))


EINSUMS = {
    "ij,jk->ik": (A, B), "ij,jk": (A, B), "ij->ji": (A,), "ij->": (A,), "ij->j": (A,), "ji": (A,),
    "i,i": (V, V), "i,j->ij": (V, W), "ij,ij->ij": (A, A), "ij,j->i": (A, V), "i->ii": None,
    "ii->i": ((3, 3),), "ii": ((3, 3),), "iij->j": ((3, 3, 2),), "iji->ij": ((2, 3, 2),),
    "...i,...i->...": (CUBE, CUBE), "...ij,jk->...ik": (CUBE, (4, 2)), "...,...": (A, V),
    "i...->...": (CUBE,), "...ij->...ji": (CUBE,), "...": (A,), "i...,i...": (A, A),
    "ij,jk,kl->il": (A, B, (4, 2)), "a,ab,b->": ((2,), A, V), "ij,ij,ij->": (A, A, A), "i,j,k": ((2,), V, W),
    "bij,bjk->bik": (CUBE, (2, 4, 2)), "bhqd,bhkd->bhqk": ((1, 2, 3, 2), (1, 2, 4, 2)),
    "ij,kl->": (A, B), "ij,kl->ijkl": (A, (2, 2)), "ij,ij->": (A, (1, 3)), "ij,jk->ik  ": (A, (1, 4)),
    "ij,j->ij": (E, V), "ij,ik->jk": (E, (0, 2)), ",i->i": (S, V), "i,->": (V, S), "ij,jj->i": (A, (3, 3)),
    "ab,ab,c->c": (A, A, W),
}  # fmt: skip


@pytest.mark.parametrize("subscripts", [s for s, shapes in EINSUMS.items() if shapes])
def test_einsum(subscripts):
    rng = np.random.default_rng(0)
    xs = [rng.uniform(0.5, 1.5, shape) for shape in EINSUMS[subscripts]]
    want = np.einsum(subscripts, *xs)
    got = np.einsum(subscripts, *map(Tensor, xs))
    np.testing.assert_allclose(got.numpy(), want, rtol=1e-13, atol=1e-13)
    assert got.shape == want.shape
    check_grads(lambda *xs: np.einsum(subscripts, *xs), xs)


def test_einsum_with_numbers_for_labels():
    x, y = np.random.default_rng(0).normal(size=(2, 3)), np.random.default_rng(1).normal(size=(3, 4))
    for call in (
        lambda x, y: np.einsum(x, [0, 1], y, [1, 2]),
        lambda x, y: np.einsum(x, [0, 5], y, [5, 2], [2, 0]),
        lambda x, y: np.einsum(x, [..., 1], y, [1, 2], [..., 2]),
    ):
        np.testing.assert_allclose(call(Tensor(x), Tensor(y)).numpy(), call(x, y))
        check_grads(call, (x, y))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: np.einsum("ij,jk->il", x, x.T), "'l'"),
        (lambda x: np.einsum("ij,jk", x), "2 arrays"),
        (lambda x: np.einsum("ijk", x), "3 subscripts"),
        (lambda x: np.einsum("ij,ij", x, x.T), "length"),
        (lambda x: np.einsum("ij->ii", x), "twice"),
        (lambda x: np.einsum("i-j", x), "'-'"),
        (lambda x: np.einsum("ii", x), "length"),
        (lambda x: np.einsum("i...->i", x), "output needs"),
        (lambda x: np.einsum("ij,jk", x, x.T, x), "3 arrays"),
    ],
)
def test_einsum_says_what_is_wrong(call, message):
    with pytest.raises(ValueError, match=message):
        call(Tensor(np.ones((2, 3)), requires_grad=True))


def test_einsum_never_makes_the_product_of_all_axes():
    """Neither walk needs more than its largest array: 2000 x 2000 here, where the axes multiply to 8e9."""
    x, y = np.ones((2000, 3)), np.ones((3, 2000))
    f = lambda x, y: np.einsum("ij,jk->", x, y) + np.einsum("ij,jk->i", x, y).sum()  # noqa: E731
    gx, gy = autodiff.grad(f, (0, 1))(x, y)
    np.testing.assert_array_equal(gx, 4000.0)
    np.testing.assert_array_equal(gy, 4000.0)


# ---- what is computed in another way than by NumPy -------------------------------------------------------
@pytest.mark.parametrize("n", [9, 60])
@pytest.mark.parametrize("zeros", [0, 1, 2, 3])
def test_derivatives_of_products_at_zeros(n, zeros):
    """A product is linear in each factor: its first three derivatives are products of the others."""
    rng = np.random.default_rng(n + zeros)
    x = rng.uniform(0.5, 1.5, n)
    at = rng.permutation(n)[: max(zeros, 3)]
    x[at[:zeros]] = 0.0

    def without(*out):
        return np.prod(np.delete(x, out))

    i, j, k = at[:3]
    first = grad(np.prod)
    np.testing.assert_allclose(first(x), [without(a) for a in range(n)])
    second = grad(lambda x: first(x)[i])
    np.testing.assert_allclose(second(x), [0 if a == i else without(i, a) for a in range(n)], atol=1e-14)
    third = grad(lambda x: second(x)[j])(x)
    np.testing.assert_allclose(third, [0 if a in (i, j) else without(i, j, a) for a in range(n)], atol=1e-14)
    if n == 9:
        assert third[k] != 0 or zeros == 3 or without(i, j, k) == 0


@pytest.mark.parametrize("zeros", [0, 1, 2])
def test_derivatives_of_running_products_at_zeros(zeros):
    rng = np.random.default_rng(zeros)
    x, w = rng.uniform(0.5, 1.5, 11), rng.normal(size=11)
    x[[4, 7][:zeros]] = 0.0

    def by_loop(x):
        total, running = 0.0, 1.0
        for k in range(11):
            running = running * x[k]
            total = total + running * w[k]
        return total

    def by_cumprod(x):
        return (np.cumprod(x) * w).sum()

    f, g = by_loop, by_cumprod
    for _ in range(3):
        f, g = derivative(f), derivative(g)
        np.testing.assert_allclose(g(x), f(x), rtol=1e-12, atol=1e-13)


def derivative(f):
    return grad(lambda x: (f(x) * np.cos(np.arange(11.0))).sum())


def test_products_absorb_what_is_not_chosen():
    x = np.array([np.nan, 2.0, np.inf, 3.0])
    for f in (np.prod, np.cumprod, np.var, np.std):
        g = grad(lambda x, f=f: np.where(False, f(x), 0.0).sum())(x)
        np.testing.assert_array_equal(g, np.zeros(4))
    g = grad(lambda x: np.where(np.arange(3) < 2, np.cumprod(x), 0.0).sum())(np.array([2.0, 3.0, np.nan]))
    np.testing.assert_array_equal(g, [4.0, 2.0, 0.0])


@pytest.mark.parametrize("shape, axis", [((20_000,), 0), ((100, 70), 0), ((70, 100), 1), ((9_001,), 0)])
def test_long_running_sums_and_products(shape, axis):
    x = np.random.default_rng(0).uniform(0.9, 1.1, shape)
    t = Tensor(x)
    np.testing.assert_allclose(np.cumsum(t, axis).data, np.cumsum(x, axis), rtol=1e-12)
    np.testing.assert_allclose(np.cumprod(t, axis).data, np.cumprod(x, axis), rtol=1e-11)
    np.testing.assert_allclose(np.prod(t).data, np.prod(x), rtol=1e-11)
    x.reshape(-1)[[50, 60]] = np.inf, -np.inf
    np.testing.assert_allclose(np.cumsum(Tensor(x), axis).data, np.cumsum(x, axis), rtol=1e-12)


@pytest.mark.parametrize("f", [np.sum, np.max, np.min, autodiff.logsumexp, autodiff.softmax])
def test_many_short_rows(f):
    x = np.random.default_rng(0).normal(size=(500, 4, 5))
    row_by_row = np.stack([f(rows, axis=-1) for rows in x])
    np.testing.assert_allclose(f(Tensor(x), axis=-1).data, row_by_row, rtol=1e-13)
    if f is not autodiff.softmax:
        assert f(Tensor(x), axis=2, keepdims=True).shape == (500, 4, 1)


@pytest.mark.parametrize("ties", ["none", "some", "nan"])
@pytest.mark.parametrize("shape, axis", [((3000,), 0), ((30, 50), 0), ((30, 50), -1)])
def test_sorting_large_arrays_is_stable(ties, shape, axis):
    rng = np.random.default_rng(1)
    x = rng.normal(size=shape) if ties == "none" else rng.integers(0, 9, shape).astype(float)
    if ties == "nan":
        x = rng.normal(size=shape)
        x[rng.integers(0, 2, shape) > 0] = np.nan
    np.testing.assert_array_equal(
        np.argsort(Tensor(x), axis).data, np.argsort(x, axis, kind="stable"), strict=True
    )


def test_indices_along_an_axis_are_checked():
    x = Tensor(np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(np.take_along_axis(x, np.array([[-1], [-3]]), 1).data, [[2.0], [3.0]])
    for bad in ([[3], [0]], [[-4], [0]], [[0.0], [1.0]]):
        with pytest.raises(IndexError, match="take_along"):
            np.take_along_axis(x, np.array(bad), 1)


def test_logaddexp_of_large_arrays():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(2, 2000)) * 30
    np.testing.assert_allclose(np.logaddexp(Tensor(x), y).data, np.logaddexp(x, y), rtol=1e-14)
    x[:4], y[:4] = [np.inf, -np.inf, -np.inf, np.nan], [np.inf, -np.inf, 1.0, 1.0]
    np.testing.assert_allclose(np.logaddexp(Tensor(x), y).data, np.logaddexp(x, y), rtol=1e-14)


def test_sigmoid_of_far_numbers():
    x = np.array([-800.0, -745.0, -50.0, -0.0, 50.0, 800.0, np.inf, -np.inf, np.nan])
    far = np.array([0.0, 5e-324, np.exp(-50.0), 0.5, 1.0, 1.0, 1.0, 0.0, np.nan])
    np.testing.assert_allclose(autodiff.sigmoid(x), far, rtol=1e-15, atol=0)


def test_triangles_of_one_axis():
    x = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(np.tril(Tensor(x), 1).data, np.tril(x, 1))
    np.testing.assert_array_equal(np.triu(Tensor(x)).data, np.triu(x))


# ---- reductions, in every dtype
REDUCTIONS = [
    "sum", "prod", "mean", "var", "std", "min", "max", "ptp", "any", "all", "argmin", "argmax",
    "cumsum", "cumprod",
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", "?bBhilefdgFD")
@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions_are_numpys(name, dtype):
    """Small whole numbers add and multiply in large ones, and a number takes the axes 0 and -1."""
    f = getattr(np, name)
    for shape in ((), (1,), (0,), (3,), (2, 3), (2, 0, 3)):
        rng = np.random.default_rng(1)
        a = (rng.uniform(-9, 9, shape) + (1j if dtype in "FD" else 0)).astype(dtype)
        for axis in (None, 0, -1, 1) if name[:3] in ("arg", "cum") else (None, 0, -1, 1, (0,), (0, -1), ()):
            for settings in ({},) if name[:3] == "cum" else ({}, {"keepdims": True}):
                want = outcome(lambda x, axis=axis, kw=settings: f(x, axis=axis, **kw), a)
                for x in (Tensor(a), *([Tensor(a, requires_grad=True)] if dtype in "efdgFD" else [])):
                    got = outcome(lambda x, axis=axis, kw=settings: f(x, axis=axis, **kw), x)
                    assert type(got) is type(want), (shape, axis, settings, got, want)
                    if isinstance(got, np.ndarray):
                        assert (got.shape, got.dtype) == (want.shape, want.dtype), (shape, axis, settings)
                        tolerance = 1e-2 if dtype == "e" else 1e-5
                        np.testing.assert_allclose(got, want, tolerance, tolerance)


@pytest.mark.parametrize("name", ["sum", "prod", "cumsum", "cumprod"])
def test_reductions_in_a_small_dtype(name):
    a, f = np.array([100, 27, 2]), getattr(np, name)
    got, want = f(Tensor(a), dtype=np.int8), f(a, dtype=np.int8)
    assert got.dtype == want.dtype == np.int8
    np.testing.assert_array_equal(got.data, want)


def outcome(f: Any, x: Any) -> Any:
    """What f gives, or what it raises."""
    try:
        y = f(x)
    except Exception as error:
        return error
    return np.asarray(y.value if isinstance(y, Tensor) else y)


@pytest.mark.parametrize("name", ["sum", "mean", "max", "prod", "logsumexp", "ptp"])
def test_derivatives_of_a_number_along_an_axis(name):
    f = getattr(autodiff, name)
    for axis in (0, -1) if name != "mean" else (None,):
        check_grads(lambda x, axis=axis: f(x, axis=axis), (np.array(0.7),))


def test_questions_are_answered():
    """They ask about values or types, and what they answer has no derivative."""
    x, a = Tensor([1.0, 0.0], requires_grad=True), np.array([1.0, 0.0])
    assert np.allclose(x, a) and np.allclose(a, x + 1e-12) and not np.allclose(x * 2.0, b=x)
    assert np.isclose(x, 1.0).tolist() == [True, False]
    assert np.array_equal(x, a)
    assert np.count_nonzero(x) == 1
    assert np.isrealobj(x) and not np.iscomplexobj(x) and np.iscomplexobj(x * 1j)
    assert np.result_type(x, np.complex64(1)) == np.dtype(complex)
