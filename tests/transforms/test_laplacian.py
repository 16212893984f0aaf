"""The Laplacian, forwards: against the trace of the Hessian, which is found backwards."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import autodiff
from autodiff import (
    Tensor,
    Value,
    checkpoint,
    custom_jvp,
    custom_vjp,
    fixed_point,
    grad,
    hessian,
    laplacian,
    vmap,
)

RNG = np.random.default_rng(0)
X, A = RNG.uniform(0.3, 1.5, 9), RNG.normal(size=(5, 9))

BACK = custom_vjp(lambda x: autodiff.sin(x))
BACK.defvjp(lambda x: (autodiff.sin(x), x), lambda x, g: (g * autodiff.cos(x),))
FORTH = custom_jvp(lambda x: autodiff.sin(x))
FORTH.defjvp(lambda x, t: (autodiff.sin(x[0]), t[0] * autodiff.cos(x[0])))


def square(x):
    return x.reshape(3, 3) + 3 * np.eye(3)


def assigning(x):
    y = x * 1.0
    y[0] = x[1] ** 3
    y[2] *= x[3]
    return (y**2).sum()


PROGRAMS = {
    "a network": lambda x: np.sum(np.tanh(A @ np.tanh(x * x[0])) ** 2),
    "a constant": lambda x: 3.0,
    "linear": lambda x: x[2:] @ A[0, 2:],
    "a choice": lambda x: np.sum(autodiff.where(x > 1, autodiff.sqrt(x), x**3) * x),
    "extremes": lambda x: np.max(x**3) * np.min(x**2),
    "a product": lambda x: np.prod(x) + np.sum(np.cumprod(x)),
    "sorted": lambda x: np.sort(x) ** 2 @ (np.arange(9.0) * x),
    "powers": lambda x: np.sum(x ** (x * 0.3)) + np.linalg.norm(x) ** 3 + autodiff.logsumexp(x * x),
    "matrices": lambda x: np.linalg.det(square(x)) + np.sum(np.linalg.solve(square(x), np.sin(x[:3]))),
    "contractions": lambda x: np.einsum("ij,jk,ki->", square(x), square(x), square(x)),
    "assignment": assigning,
    "a checkpoint": checkpoint(lambda x: np.sum(np.sin(x) * x[0])),
    "a checkpoint within a budget": checkpoint(lambda x: np.sum(np.sin(x) * x[0]), budget="1MB"),
    "a backward rule": lambda x: BACK(x * x).sum() ** 2,
    "a forward rule": lambda x: FORTH(x * x).sum() ** 2,
    "a fixed point": lambda x: fixed_point(lambda y, x: 0.3 * autodiff.sin(y) + x)(np.zeros(9), x).sum(),
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("chunk_size", [None, 4])
def test_it_is_the_trace_of_the_hessian(name, chunk_size):
    f = PROGRAMS[name]
    want = np.trace(hessian(f)(X)) if name != "a constant" else 0.0
    found = laplacian(f, chunk_size=chunk_size)(X)
    assert type(found) is float
    assert found == pytest.approx(want, rel=1e-11, abs=1e-11)


def test_nothing_walks_backwards(monkeypatch):
    def refuse(*args, **settings):
        raise AssertionError("a backward walk")

    for module in ("grad", "vjp", "jacobian"):
        monkeypatch.setattr(f"autodiff.transforms.{module}.pull_back", refuse)
    calls = []

    def f(x):
        calls.append(1)
        return (np.sin(x) ** 2).sum()

    assert laplacian(f)(X) == pytest.approx(2 * np.cos(2 * X).sum())
    assert len(calls) == 1


def test_what_no_choice_selects_has_no_say():
    x = np.array([0.0, 4.0])
    with np.errstate(all="ignore"):
        for f in (
            lambda x: np.sum(autodiff.where(x > 0, autodiff.sqrt(x), 0.0)),
            lambda x: np.sum(autodiff.where(x > 0, autodiff.sqrt(x) * x / x, x)),
        ):
            assert laplacian(f)(x) == pytest.approx(-0.25 * 4**-1.5)
            assert laplacian(f)(Tensor(x, requires_grad=True)).item() == pytest.approx(-0.25 * 4**-1.5)


def test_numbers_trees_and_dtypes():
    assert laplacian(lambda x: x**3)(Fraction(1, 2)) == 3
    assert laplacian(lambda xs: xs[0] ** 2 * xs[1] ** 3)([2.0, 3.0]) == 2 * 27 + 4 * 6 * 3
    found = laplacian(lambda x: x**3)(Value(2.0))
    assert type(found) is Value and found.value == 12.0
    found = laplacian(lambda p: p["a"] ** 3 * (p["b"] ** 2).sum())({"a": 2.0, "b": X})
    assert found == pytest.approx(12 * X @ X + 16 * 9)
    single = laplacian(lambda x: (x**3).sum())(Tensor(X.astype(np.float32)))
    assert single.dtype == np.float32 and single.item() == pytest.approx(6 * X.sum(), rel=1e-6)
    assert laplacian(lambda x: (x**3).sum())(np.zeros(0)) == 0.0


def test_it_nests_and_reaches_outer_variables():
    w = Tensor(2.0, requires_grad=True)
    laplacian(lambda x: (w * x**4).sum())(X).backward()
    assert w.grad == pytest.approx(12 * X @ X)
    np.testing.assert_allclose(grad(laplacian(lambda x: (x**4).sum()))(X), 24 * X)
    np.testing.assert_allclose(vmap(laplacian(lambda x: (x**4).sum()))(A), 12 * (A**2).sum(1))
    assert laplacian(lambda y: laplacian(lambda x: (x**4).sum() * y**2)(X))(3.0) == pytest.approx(24 * X @ X)
    with autodiff.no_grad():
        assert laplacian(lambda x: (x**4).sum())(X) == pytest.approx(12 * X @ X)


def test_bad_input():
    with pytest.raises(TypeError, match="one number"):
        laplacian(lambda x: x * x)(X)
    with pytest.raises(TypeError, match="complex argument"):
        laplacian(lambda x: (x * x).sum().real)(X + 0j)
    with pytest.raises(TypeError, match="int64 has no derivative"):
        laplacian(lambda x: (x * x).sum())(np.arange(3))
    for chunk_size in (0, -1, 2.5, True):
        with pytest.raises(ValueError, match="laplacian: chunk_size is a positive int"):
            laplacian(lambda x: (x * x).sum(), chunk_size=chunk_size)
