"""linearize, jvp of several tangents, diagonals and traces, intermediates."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autodiff
from autodiff import (
    Tensor,
    Value,
    divergence,
    grad,
    hessian_diagonal,
    intermediates,
    jvp,
    laplacian,
    linearize,
    scope,
    sin,
)

RNG = np.random.default_rng(0)
A, X = RNG.normal(size=(3, 4)), RNG.normal(size=4)


def plain(x):
    return getattr(x, "value", x)


# ---- linearize -------------------------------------------------------------------------------------------
def test_linearize_runs_f_once():
    calls = []

    def f(p, x):
        calls.append(1)
        return {"y": np.tanh(A @ x) * p, "n": p * p}

    out, jvp_fn = linearize(f, 2.0, X)
    y = np.tanh(A @ X)
    np.testing.assert_allclose(out["y"], 2 * y)
    for dp, dx in [(1.0, np.zeros(4)), (0.0, np.cos(X)), (-2.0, X)]:
        moved = jvp_fn(dp, dx)
        np.testing.assert_allclose(moved["y"], y * dp + 2 * (1 - y**2) * (A @ dx), rtol=1e-14)
        assert moved["n"] == 4 * dp
    assert len(calls) == 1
    out, jvp_fn, aux = linearize(lambda x: (x * x, "aux"), 3.0, has_aux=True)
    assert (out, jvp_fn(1.0), aux) == (9.0, 6.0, "aux")


def test_linearize_nests_and_keeps_kinds():
    def slope(f):
        return lambda x: linearize(f, x)[1](1.0)

    assert slope(slope(lambda x: x**3))(2.0) == 12.0
    assert grad(slope(lambda x: x**3))(2.0) == 12.0 == slope(grad(lambda x: x**3))(2.0)
    assert grad(lambda t: linearize(lambda x: x**3, 2.0)[1](t) * t)(1.0) == 24.0
    assert type(linearize(sin, Value(1.0))[1](1.0)) is Value
    with pytest.raises(TypeError, match="tangents must have the structure"):
        linearize(sin, 1.0)[1](1.0, 2.0)
    with pytest.raises(ValueError, match="a tangent has shape"):
        linearize(sin, X)[1](np.ones(3))


# ---- several tangents ------------------------------------------------------------------------------------
def test_several_tangents_at_once():
    calls = []

    def f(p, x):
        calls.append(1)
        return {"y": np.sin(A @ x) * p, "n": p * p}

    dp, dx = RNG.normal(size=5), RNG.normal(size=(5, 4))
    out, moved = jvp(f, (2.0, X), (dp, dx), tangents_batched=True)
    assert len(calls) == 1
    want = np.sin(A @ X) * dp[:, None] + 2 * np.cos(A @ X) * (dx @ A.T)
    np.testing.assert_allclose(moved["y"], want, rtol=1e-13)
    np.testing.assert_allclose(moved["n"], 4 * dp)
    assert moved["y"].shape == (5, 3) and moved["n"].shape == (5,)
    np.testing.assert_allclose(out["y"], np.sin(A @ X) * 2)
    _, moved, aux = jvp(lambda x: (x * x, 1), (X,), (dx,), has_aux=True, tangents_batched=True)
    np.testing.assert_allclose(moved, 2 * X * dx)
    assert aux == 1


def test_the_unit_vectors_give_the_jacobian():
    _, columns = jvp(lambda x: A @ x, (X,), (np.eye(4),), tangents_batched=True)
    np.testing.assert_allclose(columns, A.T)
    _, none = jvp(lambda x: A @ x, (X,), (np.zeros((0, 4)),), tangents_batched=True)
    assert none.shape == (0, 3)
    _, constant = jvp(lambda x: 5.0, (X,), (np.eye(4),), tangents_batched=True)
    np.testing.assert_array_equal(constant, np.zeros(4))


def test_several_tangents_of_nodes_and_of_derivatives():
    ts = np.array([1.0, 10.0])
    out, moved = jvp(lambda x: x * x, (Value(3.0, requires_grad=False),), (ts,), tangents_batched=True)
    assert (type(out), type(moved)) == (Value, Tensor) and moved.tolist() == [6.0, 60.0]
    # d/dx of the sum of 2 x t, and d/dt
    total = grad(lambda x: autodiff.sum(jvp(lambda y: y * y, (x,), (ts,), tangents_batched=True)[1]))
    assert total(3.0) == 22.0
    by_t = grad(lambda t: (jvp(lambda y: y**3, (2.0,), (t,), tangents_batched=True)[1] ** 2).sum())
    np.testing.assert_allclose(by_t(ts), 2 * 144 * ts)


@pytest.mark.parametrize("ts", [(1.0, np.ones((2, 4))), (np.ones(3), np.ones((2, 4))), (np.ones(2), 1.0)])
def test_tangents_of_different_lengths(ts):
    with pytest.raises(ValueError, match="one more axis in front, of the same length"):
        jvp(lambda p, x: p * x, (1.0, X), ts, tangents_batched=True)
    with pytest.raises(ValueError, match="a tangent has shape"):
        jvp(lambda p, x: p * x, (1.0, X), (np.ones(2), np.ones((2, 3))), tangents_batched=True)


# ---- diagonals and traces --------------------------------------------------------------------------------
def test_the_diagonal_of_a_quadratic_form():
    q = RNG.normal(size=(4, 4))
    np.testing.assert_allclose(hessian_diagonal(lambda x: x @ q @ x)(X), 2 * np.diagonal(q), rtol=1e-13)
    assert laplacian(lambda x: x @ q @ x)(X) == pytest.approx(2 * np.trace(q), rel=1e-12)
    assert divergence(lambda x: q @ x)(X) == pytest.approx(np.trace(q), rel=1e-13)


def test_closed_forms():
    r = float(np.linalg.norm(X[:3]))
    assert laplacian(lambda x: 1 / np.sqrt((x * x).sum()))(X[:3]) == pytest.approx(0, abs=1e-9)  # harmonic
    assert laplacian(lambda x: np.sqrt((x * x).sum()))(X[:3]) == pytest.approx(2 / r)
    assert laplacian(lambda x: np.exp(-(x * x).sum() / 2))(X) == pytest.approx(
        (X @ X - 4) * math.exp(-X @ X / 2)
    )
    assert divergence(lambda x: x / (x * x).sum() ** 1.5)(X[:3]) == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(hessian_diagonal(lambda x: np.sin(x).sum())(X), -np.sin(X))


def test_trees_numbers_and_matrices():
    p = {"a": 2.0, "b": np.array([[1.0, 2.0], [3.0, 4.0]])}

    def f(p, k=1.0):
        return p["a"] ** 3 * (p["b"] ** 2).sum() * k

    found = hessian_diagonal(f)(p, k=2.0)
    assert found["a"] == pytest.approx(2 * 6 * 2.0 * 30)
    np.testing.assert_allclose(found["b"], np.full((2, 2), 2 * 2 * 8.0))
    assert laplacian(f)(p) == pytest.approx(360 + 4 * 16)
    assert hessian_diagonal(lambda x: x**3)(2.0) == 12.0 and type(laplacian(lambda x: x**3)(2.0)) is float
    assert divergence(lambda p: {"a": p["a"] ** 2, "b": p["b"] * p["a"]})(p) == 4.0 + 4 * 2.0


def test_traces_nest_and_keep_kinds():
    slope = grad(laplacian(lambda x: (x**4).sum()))(X)
    np.testing.assert_allclose(slope, 24 * X)
    assert laplacian(laplacian(lambda x: (x**4).sum()))(X) == pytest.approx(4 * 24.0)
    assert laplacian(lambda x: ((x * x).sum()) ** 2)(X[:2]) == pytest.approx(16 * X[:2] @ X[:2])
    diagonal = hessian_diagonal(lambda x: (x**3).sum())(Tensor(X))
    assert type(diagonal) is Tensor
    np.testing.assert_allclose(diagonal.data, 6 * X)
    x = Tensor(X, requires_grad=True)
    hessian_diagonal(lambda x: (x**3).sum())(x).sum().backward()
    np.testing.assert_allclose(x.grad, np.full(4, 6.0))


def test_traces_refuse_what_has_none():
    with pytest.raises(ValueError, match=r"the shape of its argument, \(4,\); it returned \(3,\)"):
        divergence(lambda x: A @ x)(X)
    with pytest.raises(TypeError, match="must have the structure"):
        divergence(lambda x: (x, x))(X)
    with pytest.raises(TypeError, match="one number"):
        laplacian(lambda x: x * x)(X)


# ---- intermediates ---------------------------------------------------------------------------------------
def test_named_results_and_their_gradients():
    w = Tensor(A, requires_grad=True, name="w")

    def loss(x):
        h = w @ x
        h.name = "hidden"
        with scope("out"):
            y = (h * h).sum()
            y.name = "squares"
        unused = x * 2
        unused.name = "unused"
        return y * 3

    values, gradients = intermediates(loss)(X)
    assert values["hidden"].requires_grad  # for w does, outside
    values, gradients = ({k: plain(v) for k, v in found.items()} for found in (values, gradients))
    h = A @ X
    assert list(values) == list(gradients) == ["w", "hidden", "out/squares"]
    np.testing.assert_allclose(values["hidden"], h)
    np.testing.assert_allclose(gradients["hidden"], 6 * h)
    np.testing.assert_allclose(gradients["w"], np.outer(6 * h, X))
    assert (values["out/squares"], gradients["out/squares"]) == (pytest.approx(h @ h), 3.0)
    assert not w.has_grad
    w.requires_grad = False
    values, gradients = intermediates(loss)(X)
    assert list(values) == ["hidden", "out/squares"]
    assert type(values["hidden"]) is type(gradients["hidden"]) is np.ndarray


def test_named_arguments_numbers_and_constants():
    def f(x, y):
        z = x * y
        z.name = "z"
        return z * z

    values, gradients = intermediates(f)(Value(2.0, name="x"), 3.0)
    assert values == {"x": 2.0, "z": 6.0} and gradients == {"x": 36.0, "z": 12.0}
    assert intermediates(lambda x: 1.0)(2.0) == ({}, {})
    assert grad(lambda x: intermediates(f)(x, 3.0)[1]["z"])(2.0) == 6.0  # 2 x y


def test_two_results_of_one_name():
    def f(x):
        for _ in range(2):
            x = x * x
            x.name = "x"
        return x

    with pytest.raises(ValueError, match="two results are named 'x'"):
        intermediates(f)(2.0)
    with pytest.raises(TypeError, match="one number"):
        intermediates(lambda x: x * x)(X)
