"""jacobian, hessian, elementwise_grad: against closed forms, HIPS autograd and finite differences."""

from __future__ import annotations

import math
from collections import namedtuple
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

from autodiff import (
    Tensor,
    Value,
    elementwise_grad,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    linear,
    no_grad,
    vjp,
    vmap,
)  # fmt: skip
from autodiff.kinds import PRIMITIVES
from autodiff.testing import check_grads

Pair = namedtuple("Pair", "left right")
RNG = np.random.default_rng(0)
A, X, M = RNG.normal(size=(3, 4)), RNG.normal(size=4), RNG.normal(size=(2, 3))


@dataclass
class Layer:
    w: Any
    b: Any


def plain(x):
    return x.data if isinstance(x, (Value, Tensor)) else x


def same(a, b, dtype=None):
    assert type(a) is type(b), (a, b)
    np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
    assert np.shape(a) == np.shape(b) and np.asarray(a).dtype == (dtype or np.asarray(b).dtype)


# ---- against others --------------------------------------------------------------------------------------
FUNCTIONS = {  # of an array, in any NumPy
    "linear": lambda np, x: np.dot(A, x.reshape(-1)[:4]),
    "elementwise": lambda np, x: np.sin(x) * np.exp(x),
    "all of all": lambda np, x: np.outer(x.reshape(-1), x.reshape(-1)) * np.sum(x),
    "to a number": lambda np, x: np.sum(np.tanh(x) ** 3),
    "to another shape": lambda np, x: np.reshape(x**3, (2, -1, 1)) * np.mean(np.cos(x)),
    "sums": lambda np, x: np.sum(x**4, axis=0),
    "picked twice": lambda np, x: x.reshape(-1)[np.array([0, 1, 1, 3])] ** 3,
}


@pytest.mark.filterwarnings("ignore:Output seems independent")  # HIPS autograd's, of what is linear
@pytest.mark.parametrize("shape", [(4,), (2, 2), (2, 3), (4, 1, 1)], ids=str)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_agrees_with_hips_autograd(name, shape):
    f, x = FUNCTIONS[name], np.random.default_rng(1).normal(size=shape)
    same(jacobian(lambda x: f(np, x))(x), autograd.jacobian(lambda x: f(anp, x))(x))
    out = f(np, x)
    if np.shape(out) == ():
        same(hessian(lambda x: f(np, x))(x), autograd.hessian(lambda x: f(anp, x))(x))
    else:
        want = autograd.jacobian(autograd.jacobian(lambda x: f(anp, x)))(x)
        assert want.shape == out.shape + shape + shape
        same(hessian(lambda x: f(np, x))(x), want)
    same(
        elementwise_grad(lambda x: np.sin(x) * x**2)(x),
        autograd.elementwise_grad(lambda x: anp.sin(x) * x**2)(x),
    )


def test_the_jacobian_of_a_matrix_product_is_the_matrix():
    same(jacobian(lambda x: A @ x)(X), A)
    same(hessian(lambda x: x @ (A.T @ A) @ x)(X), 2 * A.T @ A)
    same(jacobian(lambda a: a @ X)(A), np.einsum("ik,l->ikl", np.eye(3), X))


def test_rows_and_columns_agree():
    def f(x):
        return np.sin(A @ x) * x[:3]

    J = jacobian(f)(X)
    t, g = np.array([0.5, -1.0, 2.0, 1.5]), np.array([1.0, -0.5, 3.0])
    np.testing.assert_allclose(J @ t, jvp(f, (X,), (t,))[1])
    np.testing.assert_allclose(g @ J, vjp(f, X)[1](g)[0])
    H = hessian(lambda x: (f(x) ** 2).sum())(X)
    np.testing.assert_allclose(H @ t, hvp(lambda x: (f(x) ** 2).sum(), (X,), (t,))[0])
    np.testing.assert_allclose(H, H.T)


# ---- structure, kinds and dtypes -------------------------------------------------------------------------
def test_argnums():
    def f(x, y, z):
        return x * y + z

    y = np.array([3.0, 4.0])
    same(jacobian(f)(2.0, y, 1.0), y)
    same(jacobian(f, 1)(2.0, y, 1.0), 2 * np.eye(2))
    jx, jz = jacobian(f, (0, -1))(2.0, y, 1.0)
    same(jx, y)
    same(jz, np.ones(2))
    assert jacobian(f, ())(2.0, y, 1.0) == ()
    (hxx, hxy), (hyx, hyy) = hessian(f, (0, 1))(2.0, y, 1.0)
    same(hxx, np.zeros(2))
    same(hxy, np.eye(2))
    same(hyx, np.eye(2))
    same(hyy, np.zeros((2, 2, 2)))
    ex, ey = elementwise_grad(f, (1, 2))(2.0, y, np.zeros(2))
    same(ex, np.full(2, 2.0))
    same(ey, np.ones(2))


def test_trees():
    p = {"layer": Layer(np.array([[1.0, 2.0]]), 3.0), "none": None, "pair": Pair(0.5, [])}

    def f(p):
        out = (p["layer"].w * p["pair"].left).reshape(2)
        return {"a": out, "b": [p["layer"].b ** 2, Layer(out.sum(), None)]}

    J = jacobian(f)(p)
    assert list(J) == ["a", "b"]
    assert type(J["a"]["layer"]) is Layer and type(J["a"]["pair"]) is Pair and J["a"]["none"] is None
    same(J["a"]["layer"].w, 0.5 * np.eye(2).reshape(2, 1, 2))
    same(J["a"]["layer"].b, np.zeros(2))
    same(J["a"]["pair"].left, np.array([1.0, 2.0]))
    assert J["a"]["pair"].right == []
    same(J["b"][0]["layer"].w, np.zeros((1, 2)))
    same(J["b"][0]["layer"].b, 6.0)
    same(J["b"][1].w["layer"].w, np.array([[0.5, 0.5]]))
    same(J["b"][1].w["pair"].left, 3.0)
    assert J["b"][1].b is None


def test_the_hessian_of_a_tree_is_a_tree_of_trees():
    p = {"a": np.array([1.0, 2.0]), "b": 3.0}
    H = hessian(lambda p: (p["a"] ** 2).sum() * p["b"] ** 3)(p)
    same(H["a"]["a"], 54 * np.eye(2))
    same(H["a"]["b"], np.array([54.0, 108.0]))
    same(H["b"]["a"], np.array([54.0, 108.0]))
    same(H["b"]["b"], 90.0)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex64", "complex128"])
def test_dtypes_are_those_of_the_argument(dtype):
    x = np.array([1.0, 2.0], dtype)
    for f in (lambda x: x * x, lambda x: x * np.ones(2), lambda x: x.sum()):
        J = jacobian(f)(x)
        assert (type(J), J.dtype) == (np.ndarray, dtype)
    same(hessian(lambda x: (x * x * x).sum())(x), np.diag([6.0, 12.0]).astype(dtype))
    same(elementwise_grad(lambda x: x * x)(x), 2 * x)


def test_kinds():
    f = lambda x: np.array([1.0, 2.0]) * x  # noqa: E731
    assert jacobian(lambda x: x * x)(3.0) == 6.0 and type(jacobian(lambda x: x * x)(3)) is float
    assert hessian(lambda x: x**3)(2.0) == 12.0 and elementwise_grad(lambda x: x**3)(2.0) == 12.0
    assert jacobian(lambda x: x * x)(Fraction(1, 2)) == Fraction(1)
    same(jacobian(f)(2.0), np.array([1.0, 2.0]))
    v = jacobian(lambda x: x * x)(Value(3.0, requires_grad=False))
    assert type(v) is Value and v.data == 6.0
    for x in (Value(2.0), Tensor(2.0), Tensor(2.0, requires_grad=True)):
        J = jacobian(f)(x)
        assert type(J) is Tensor and not x.has_grad
        np.testing.assert_array_equal(J.data, [1.0, 2.0])
    t = jacobian(lambda x: x * x)(Tensor(np.ones(2, np.float32)))
    assert (type(t), t.dtype, t.shape) == (Tensor, np.float32, (2, 2))
    assert jacobian(lambda x: x.sum())(np.ones((2, 3))).shape == (2, 3)


def test_what_does_not_depend_is_zeros():
    same(jacobian(lambda x: np.ones((2, 2)))(X), np.zeros((2, 2, 4)))
    same(jacobian(lambda x: 3)(X), np.zeros(4))
    same(jacobian(lambda x: (x > 0).sum())(X), np.zeros(4))
    same(jacobian(lambda x: np.floor(x))(X), np.zeros((4, 4)))
    same(jacobian(lambda x: np.ones(2))(3.0), np.zeros(2))
    same(jacobian(lambda x: 1j * np.ones(2))(3.0), np.zeros(2, complex))
    same(hessian(lambda x: x.sum())(X), np.zeros((4, 4)))
    same(elementwise_grad(lambda x: np.ones(4))(X), np.zeros(4))
    same(jacobian(lambda x, y: x * 2, 1)(X, M), np.zeros((4, 2, 3)))
    same(jacobian(lambda x: x[:0])(X), np.zeros((0, 4)))
    same(jacobian(lambda x: x * 2)(np.zeros((0, 3), np.float32)), np.zeros((0, 3, 0, 3), np.float32))


def test_results_are_not_shared():
    J = jacobian(lambda x: x)(X)
    J += 1
    same(jacobian(lambda x: (x.sum(), x.sum()))(X)[0], np.ones(4))
    first, second = jacobian(lambda x: (x.sum(), x.sum()))(X)
    assert not np.shares_memory(first, second) and first.flags.writeable
    first, second = elementwise_grad(lambda x, y: x + y, (0, 1))(X, X)
    assert not np.shares_memory(first, second)


def test_has_aux_keywords_and_names():
    def f(x, *, power):
        """x to a power."""
        return x**power, {"sum": x.sum(), "note": "seen"}

    J, aux = jacobian(f, has_aux=True)(np.array([1.0, 2.0]), power=3)
    same(J, np.diag([3.0, 12.0]))
    assert aux["note"] == "seen" and aux["sum"] == 3.0 and type(aux["sum"]) is np.ndarray
    for transform in (jacobian, hessian, elementwise_grad):
        assert (transform(f).__name__, transform(f).__doc__) == ("f", "x to a power.")


def test_the_function_runs_once():
    calls = []

    def f(x):
        calls.append(x)
        return x * x

    jacobian(f)(X)
    hessian(f)(X)
    elementwise_grad(f)(X)
    assert len(calls) == 3


# ---- nesting ---------------------------------------------------------------------------------------------
def smooth(x):
    return np.sin(A @ x) * (x**2).sum()


@pytest.mark.parametrize(
    "f",
    [
        jacobian(smooth),
        hessian(lambda x: smooth(x).sum()),
        lambda x: jacobian(smooth)(x) @ x,
        lambda x: jacobian(lambda s: smooth(s * x))(2.0),
        lambda x: jacobian(lambda y: y * x.sum())(x),
        lambda x: jacobian(lambda p: p["a"] * p["b"] ** 2)({"a": x, "b": x[0]}),
        lambda x: elementwise_grad(lambda y: np.sin(y) * x * y)(x),
        lambda x: jacobian(lambda y: (y * x, np.ones(2), y.sum()))(x),
        lambda x: grad(lambda y: (jacobian(smooth)(y) ** 2).sum())(x),
        lambda x: jacobian(grad(lambda y: (smooth(y) ** 2).sum()))(x),
        lambda x: jacobian(lambda y: jvp(smooth, (y,), (x,))[1])(x),
        lambda x: jvp(jacobian(smooth), (x,), (x,))[1],
        lambda x: jacobian(lambda y: vjp(smooth, y)[1](y[:3])[0])(x),
    ],
)
def test_it_nests_in_any_order(f):
    check_grads(f, (X,))


def test_derivatives_of_derivatives_agree_with_hips_autograd():
    def f(np):
        return lambda x: np.sin(np.dot(A, x)) * np.sum(x**2)

    same(jacobian(jacobian(f(np)))(X), autograd.jacobian(autograd.jacobian(f(anp)))(X))
    same(
        grad(lambda x: (jacobian(f(np))(x) ** 3).sum())(X),
        autograd.grad(lambda x: anp.sum(autograd.jacobian(f(anp))(x) ** 3))(X),
    )
    third = jacobian(hessian(lambda x: f(np)(x).sum()))(X)
    same(third, autograd.jacobian(autograd.hessian(lambda x: anp.sum(f(anp)(x))))(X))


def test_variables_are_not_confused():
    assert jacobian(lambda x: x * jacobian(lambda y: x + y)(1.0))(1.0) == 1.0
    assert grad(lambda x: x * jacobian(lambda y: x * y)(1.0))(3.0) == 6.0


def test_a_tracked_argument_gives_a_tracked_jacobian():
    x, w = Tensor(X, requires_grad=True), Value(3.0)
    J = jacobian(lambda x: x**3)(x)
    assert J.requires_grad
    (J**2).sum().backward()
    np.testing.assert_allclose(x.grad, 36 * X**3)
    J = jacobian(lambda x: w**2 * x)(X)
    assert type(J) is Tensor
    J.sum().backward()
    assert w.grad == 24.0
    with no_grad():
        assert type(jacobian(lambda x: w * x)(X)) is np.ndarray


def test_what_is_not_chosen_has_no_influence():
    def f(x):
        return np.where(x > 0, np.sqrt(x), 0.0)

    same(jacobian(f)(np.array([0.0, 4.0])), np.diag([0.0, 0.25]))
    same(elementwise_grad(f)(np.array([0.0, 4.0])), np.array([0.0, 0.25]))
    same(elementwise_grad(elementwise_grad(f))(np.array([0.0, 4.0])), np.array([0.0, -1 / 32]))


# ---- complex numbers -------------------------------------------------------------------------------------
Z = np.array([1 + 2j, -0.5j])


def test_holomorphic_functions():
    same(jacobian(lambda z: z**3)(Z), np.diag(3 * Z**2))
    same(hessian(lambda z: z**3)(Z)[:, [0, 1], [0, 1]], np.diag(6 * Z))
    same(elementwise_grad(np.exp)(Z), np.exp(Z))
    assert jacobian(lambda z: z * z)(1 + 2j) == 2 + 4j
    assert hessian(lambda z: z**3)(1 + 2j) == 6 + 12j
    same(jacobian(lambda z: z.sum() * np.ones(2))(Z.astype(np.complex64)), np.ones((2, 2), np.complex64))


def test_complex_outputs_of_real_arguments():
    x = np.array([0.5, 2.0])
    same(jacobian(lambda x: np.exp(1j * x))(x), np.diag(1j * np.exp(1j * x)))
    same(elementwise_grad(lambda x: np.exp(1j * x))(x), 1j * np.exp(1j * x))
    same(hessian(lambda x: np.exp(1j * x).sum())(x), np.diag(-np.exp(1j * x)))
    assert jacobian(lambda x: x * 1j)(2.0) == 1j
    J = jacobian(lambda x: x * np.complex64(1j))(x.astype(np.float32))
    same(J, 1j * np.eye(2, dtype=np.complex64))
    jx, jy = jacobian(lambda x, y: (x * 1j, y * 2.0))(x, x)
    assert (jx.dtype, jy.dtype) == (complex, float)
    check_grads(lambda x: jacobian(lambda x: np.exp(1j * x) * x)(x), (x,))


def test_real_outputs_of_complex_arguments():
    def f(z):
        return (z * z.conjugate()).real

    same(elementwise_grad(f)(Z), 2 * Z.conjugate())  # as grad
    same(jacobian(f)(Z)[0], grad(lambda z: f(z)[0])(Z))


@pytest.mark.parametrize("transform", [jacobian, elementwise_grad, hessian])
@pytest.mark.parametrize("z", [Z, 1 + 2j, Z.astype(np.complex64)], ids=["array", "number", "single"])
def test_functions_that_are_not_holomorphic(transform, z):
    def crooked(z):
        return z * z * z.conjugate()

    with pytest.raises(TypeError, match=r"crooked returns complex .* not holomorphic.* \.real and \.imag"):
        transform(crooked)(z)


# ---- errors ----------------------------------------------------------------------------------------------
def fails(x):
    raise AssertionError("this is not called")


ERRORS = {
    "integers": (
        lambda: jacobian(fails)(np.arange(3)),
        TypeError,
        ["argument 0 of fails", "int64", "astype"],
    ),
    "integers, hessian": (lambda: hessian(fails)(np.arange(3)), TypeError, ["argument 0 of fails", "int64"]),
    "integers, elementwise": (lambda: elementwise_grad(fails)(np.arange(3)), TypeError, ["fails", "int64"]),
    "text": (lambda: jacobian(fails)({"a": "b"}), TypeError, ["argument 0 of fails, at ['a']", "'b'"]),
    "no such argument": (lambda: jacobian(fails, 1)(X), IndexError, ["argnums=1", "fails", "1 positional"]),
    "argnums": (lambda: jacobian(fails, "x")(X), TypeError, ["argnums", "'x'"]),
    "text output": (lambda: jacobian(lambda x: {"a": "b"})(X), TypeError, ["<lambda>", "numbers or", "'b'"]),
    "object output": (lambda: jacobian(lambda x: np.array([x, None]))(1.0), TypeError, []),
    "aux": (lambda: jacobian(lambda x: x, has_aux=True)(X), TypeError, ["has_aux", "<lambda>", "Tensor"]),
    "shape": (
        lambda: elementwise_grad(lambda x: x.sum())(X),
        ValueError,
        ["elementwise_grad", "<lambda>", "(4,)", "()", "jacobian"],
    ),
    "shape of one": (
        lambda: elementwise_grad(lambda x, y: x * y, (0, 1))(X, 1.0),
        ValueError,
        ["()", "(4,)"],
    ),
    "several outputs": (
        lambda: elementwise_grad(lambda x: (x, x))(X),
        TypeError,
        ["elementwise_grad", "one array", "tuple", "jacobian"],
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors(case):
    do, kind, words = ERRORS[case]
    with pytest.raises(kind) as error:
        do()
    assert [word for word in words if word not in str(error.value)] == [], error.value


def test_a_million_elements_are_no_jacobian():
    x = np.linspace(0.1, 1.0, 1_000_000)
    np.testing.assert_allclose(elementwise_grad(np.log)(x), 1 / x)  # one walk
    assert math.isclose(elementwise_grad(np.log)(0.5), 2.0)


# ---- modes and chunks ------------------------------------------------------------------------------------
@pytest.mark.parametrize("chunk_size", [None, 1, 2, 100])
@pytest.mark.parametrize("mode", ["fwd", "rev"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_all_ways_agree(name, mode, chunk_size):
    f, x = FUNCTIONS[name], np.random.default_rng(1).normal(size=(2, 3))
    found = jacobian(lambda x: f(np, x), mode=mode, chunk_size=chunk_size)(x)
    same(found, autograd.jacobian(lambda x: f(anp, x))(x))
    single = jacobian(lambda x: f(np, x), mode=mode, chunk_size=chunk_size)(x.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, found, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("mode", ["fwd", "rev"])
def test_modes_of_trees(mode):
    def f(p, k):
        y = np.sin(p["a"]) * p["b"] + k[0]
        return {"y": y, "sum": y.sum(), "b": p["b"] * 2.0, "c": 3.0}

    p, k = {"a": RNG.normal(size=3), "b": 2.0}, Pair(1.5, np.ones((2, 0)))
    got, want = (jacobian(f, (0, 1), mode=m)(p, k) for m in (mode, "auto"))
    same(got["y"][0]["a"], np.diag(np.cos(p["a"])) * 2.0)
    same(got["y"][0]["b"], np.sin(p["a"]))
    same(got["sum"][1].left, 3.0)
    same(got["b"][0]["b"], 2.0)
    same(got["c"][0]["b"], 0.0)
    same(got["c"][0]["a"], np.zeros(3))
    same(got["y"][1].right, np.zeros((3, 2, 0)))
    for key in got:
        for a, b in zip(got[key], want[key], strict=True):
            for x, y in zip(*(a.values() if isinstance(a, dict) else a for a in (a, b)), strict=True):
                if not isinstance(x, str):
                    same(x, y if isinstance(y, float) else np.asarray(y))


@pytest.mark.parametrize("mode", ["fwd", "rev"])
@pytest.mark.parametrize("chunk_size", [None, 1])
def test_modes_of_complex_numbers(mode, chunk_size):
    z = RNG.normal(size=3) + 1j * RNG.normal(size=3)

    def way(f):
        return jacobian(f, mode=mode, chunk_size=chunk_size)

    same(way(lambda z: np.exp(z) * z[0])(z), np.diag(np.exp(z) * z[0]) + np.outer(np.exp(z), [1, 0, 0]))
    # of a real output: ∂/∂re - i ∂/∂im
    same(way(lambda z: abs(z) ** 2)(z), np.diag(2 * z.conj()))
    same(way(lambda x: np.exp(1j * x))(X), np.diag(1j * np.exp(1j * X)))
    with pytest.raises(TypeError, match="not holomorphic"):
        way(lambda z: z.conj())(z)


def test_chunks_of_a_hessian():
    def f(x):
        return (np.sin(A @ x) ** 2).sum()

    for chunk_size in (1, 3, 4, 50):
        same(hessian(f, chunk_size=chunk_size)(X), hessian(f)(X))


@pytest.mark.parametrize("mode", ["fwd", "rev"])
def test_modes_under_other_transforms(mode):
    def f(x):
        return np.sin(A @ x) * x[0]

    def total(x):
        return (jacobian(f, mode=mode)(x) ** 3).sum()

    batch = RNG.normal(size=(5, 4))
    same(vmap(jacobian(f, mode=mode))(batch), np.stack([jacobian(f)(x) for x in batch]))
    same(grad(total)(X), grad(lambda x: (jacobian(f)(x) ** 3).sum())(X))
    check_grads(total, [X])
    same(
        jacobian(vmap(f), mode=mode)(batch), jacobian(lambda b: np.sin(b @ A.T) * b[:, :1], mode=mode)(batch)
    )
    x = Tensor(X, requires_grad=True)
    total(x).backward()
    same(x.grad, grad(total)(X))


def test_a_primitive_without_a_batching_rule():
    ours = linear("ours", lambda x: X * x, lambda m, g, x: X * g)
    try:
        with pytest.raises(NotImplementedError, match=r"ours has no batching rule.*chunk_size=1"):
            jacobian(ours)(X)
        same(jacobian(ours, chunk_size=1)(X), np.diag(X))
        same(jacobian(lambda x: ours(x).sum())(X), X)
    finally:
        del PRIMITIVES["ours"]


def test_settings_that_are_not_there():
    with pytest.raises(ValueError, match="mode is 'auto', 'fwd' or 'rev', not 'forward'"):
        jacobian(np.sin, mode="forward")
    for chunk_size in (0, -1, 2.0):
        with pytest.raises(ValueError, match="chunk_size is a positive int"):
            jacobian(np.sin, chunk_size=chunk_size)
