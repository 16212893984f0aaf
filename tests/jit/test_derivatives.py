"""Derivatives of compiled functions: compiled, and those of the function itself, in every order and mix."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Tensor, Value, grad, gradients, hessian, jit, jvp, no_grad, vjp, vmap, where

X = np.array([1.0, -2.0, 0.5])
A = np.array([[2.0, 1.0, 0.3], [0.2, 3.0, 0.5], [0.1, 0.5, 1.0]])
ROWS = np.stack([X, 2 * X, X + 3])


def close(found: Any, want: Any) -> None:
    a, b = ad.trees.flatten(found)[0], ad.trees.flatten(want)[0]
    assert len(a) == len(b)
    for x, y in zip(a, b, strict=True):
        x, y = (np.asarray(getattr(t, "value", t)) for t in (x, y))
        assert x.shape == y.shape
        np.testing.assert_allclose(x, y, rtol=1e-10, atol=1e-11)


class Counted:
    """A function that knows how often it ran."""

    def __init__(self, f: Any) -> None:
        self.f, self.runs, self.__name__ = f, 0, "counted"

    def __call__(self, *args: Any) -> Any:
        self.runs += 1
        return self.f(*args)


@ad.custom_vjp
def tripled(x: Any) -> Any:
    return x * 1.0


tripled.defvjp(lambda x: (x * 1.0, x), lambda x, g: (3 * g * x,))


def with_no_grad(x: Any) -> Any:
    with no_grad():
        y = x * x
    return (y * x).sum()


def branching(x: Any) -> Any:
    if x.sum() > 0:
        return (x**3).sum()
    return ad.sin(x).sum()


def of_eigenvalues(x: Any) -> Any:
    w, v = ad.numpy.linalg.eigh(A + A.T + ad.numpy.outer(x, x))
    return (w**2).sum() + (v[0] ** 2 * w).sum()


FUNCTIONS = {
    "elementwise": lambda x: (ad.sin(x) * x).sum(),
    "matrices": lambda x: (ad.tanh(A @ x) ** 2).sum() + x @ A @ x,
    "a choice": lambda x: where(x > 0, ad.sqrt(abs(x)), x**2).sum(),
    "no_grad": with_no_grad,
    "detach": lambda x: (x * x.detach()).sum(),
    "branches": branching,
    "an inner derivative": lambda x: grad(lambda x: (x**3).sum())(x) @ x,
    "several results": of_eigenvalues,
    "a custom rule": lambda x: (tripled(x).sin() ** 2).sum(),
    "a checkpoint": lambda x: ad.checkpoint(lambda x: (x**3).sin().sum())(x * 2),
    "assignment": lambda x: assigned(x),
    "a linear function": lambda x: x.sum() * 2,
    "a constant": lambda x: 3.0 * (x > 0).sum(),
}  # fmt: skip


def assigned(x: Any) -> Any:
    y = x * 1.0
    for i in range(1, 3):
        y[i] = y[i - 1] * x[i]
    return (y * y).sum()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_of_every_order_and_mode(name: str) -> None:
    f = FUNCTIONS[name]
    g = jit(f)
    for x in (X, -X, X + 1):
        t = np.cos(x)
        if name != "a constant":
            y = Tensor(x, requires_grad=True)
            g(y).backward()
            close(y.grad, grad(f)(x))
        close(grad(g)(x), grad(f)(x))
        close(vjp(g, x)[1](np.array(2.0)), vjp(f, x)[1](np.array(2.0)))
        close(jvp(g, (x,), (t,)), jvp(f, (x,), (t,)))
        close(hessian(g)(x), hessian(f)(x))
        close(jvp(grad(g), (x,), (t,)), jvp(grad(f), (x,), (t,)))
        close(grad(lambda x, g=g, t=t: jvp(g, (x,), (t,))[1])(x), hessian(f)(x) @ t)
        close(jit(grad(g))(x), grad(f)(x))
        close(jit(hessian(g))(x), hessian(f)(x))
        close(grad(jit(lambda x, g=g, t=t: grad(g)(x) @ t))(x), hessian(f)(x) @ t)


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name != "branches"])
def test_of_batches(name: str) -> None:
    f = FUNCTIONS[name]
    g = jit(f)
    for rows in (ROWS, ROWS[:, ::-1] - 1):
        close(vmap(g)(rows), np.stack([vmap(f)(x[None])[0] for x in rows]))
        want = np.stack([grad(f)(x) for x in rows])
        close(vmap(grad(g))(rows), want)
        close(grad(lambda rows, g=g: vmap(g)(rows).sum())(rows), want)
        close(jit(vmap(grad(g)))(rows), want)
        close(vmap(jit(grad(g)))(rows), want)
        close(vmap(hessian(g))(rows), np.stack([hessian(f)(x) for x in rows]))
        close(vmap(lambda x, t, g=g: jvp(g, (x,), (t,))[1])(rows, rows), (want * rows).sum(1))


def test_batches_that_do_not_agree() -> None:
    g = jit(branching)
    close(vmap(g)(ROWS * 0 + 1), np.full(3, 3.0))
    close(vmap(grad(g))(ROWS * 0 - 1), np.full((3, 3), np.cos(-1.0)))
    for f in (g, grad(g)):
        with pytest.raises(ValueError, match=r"test_derivatives\.py, line .*: the examples do not agree"):
            vmap(f)(np.stack([np.ones(3), -np.ones(3)]))
    close(vmap(vmap(jit(lambda x, y: x * ad.sin(y)), (None, 0)), (0, None))(X, X), np.outer(X, np.sin(X)))


def test_neither_the_function_nor_its_rules_run_again() -> None:
    f = Counted(lambda w, x: (ad.tanh(x @ w) ** 2).sum())
    g = jit(f)
    for k in range(4):
        close(grad(g)(X * k, A), grad(f.f)(X * k, A))
        close(hessian(g)(X * k, A), hessian(f.f)(X * k, A))
        close(vmap(g, in_axes=(0, None))(ROWS * k, A), vmap(f.f, in_axes=(0, None))(ROWS * k, A))
    y = g(Tensor(X, requires_grad=True), A)
    assert f.runs == 1
    (result,) = y.inputs
    assert y.op.name == "pick" and result.op.name == "counted"


def test_what_is_captured_gets_its_derivative() -> None:
    b = Tensor(X, requires_grad=True)
    w = b * 2
    f = jit(lambda x: (x * w**2).sum())
    f(X).backward()
    close(b.grad, 8 * X * X)
    b.zero_grad()
    x = Tensor(X, requires_grad=True)
    (gx,) = gradients(f(x), [x], create_graph=True)
    (gx * gx).sum().backward()
    close(b.grad, 64 * X**3)


def test_what_is_captured_is_that_of_the_call() -> None:
    class Layer:
        w = Tensor(X, requires_grad=True)

    old = Layer.w
    f = jit(lambda x: (x**2 * Layer.w**3).sum())
    x = Tensor(X, requires_grad=True)
    y = f(x)
    Layer.w = Tensor(7 * X, requires_grad=True)
    (gx,) = gradients(y, [x], create_graph=True)
    gx.sum().backward()
    close(old.grad, 6 * X**3)
    assert Layer.w.grad is None


def test_what_comes_to_require_grad() -> None:
    w = Tensor(X)

    @jit
    def f(x: Any) -> Any:
        with no_grad():
            half = w * 0.5
        return (x * w * half).sum()

    assert type(f(X)) is np.ndarray
    w.requires_grad = True
    f(X).backward()
    close(w.grad, X * X * 0.5)
    w.requires_grad = False
    assert type(f(X)) is np.ndarray
    with no_grad():
        x = Tensor(X, requires_grad=True)
        assert not f(x).requires_grad
    f(x).backward()
    close(x.grad, X * X * 0.5)


def test_only_what_was_used_counts() -> None:
    f = jit(lambda x, w: ((x * 2).sum(), ad.sqrt(x).sum()))
    for _ in range(3):
        x, w = Tensor(np.zeros(2), requires_grad=True), Tensor(X, requires_grad=True)
        f(x, w)[0].backward()
        assert x.grad.tolist() == [2, 2] and w.grad is None
        close(grad(lambda x: f(x, X)[1])(np.ones(2)), np.full(2, 0.5))
    y, aux = jit(lambda x: ((x**2).sum(), {"n": x.size, "c": 3.0, "sign": x > 0, "d": x * 2}))(x)
    assert y.requires_grad and aux["d"].requires_grad and not aux["sign"].requires_grad
    assert aux["n"] == 2 and aux["c"] == 3.0


def test_an_argument_twice_and_hooks_and_released_graphs() -> None:
    x = Tensor(X, requires_grad=True)
    y = x * 2
    y.register_hook(lambda g: g * 10)
    z = jit(lambda a, b: (a * b * b).sum())(y, y)
    z.backward(retain_graph=False)
    close(x.grad, 20 * 12 * X**2)
    with pytest.raises(RuntimeError, match="released"):
        z.backward()


def test_a_choice_around_and_inside() -> None:
    x = np.array([4.0, 0.0])
    inside = jit(lambda x: where(x > 0, ad.sqrt(x), 0.0).sum())
    root = jit(lambda x: ad.sqrt(x))

    def around(x: Any) -> Any:
        return where(x > 0, root(x), 0.0).sum()

    for f in (inside, around):
        t = Tensor(x, requires_grad=True)
        f(t).backward()
        close(t.grad, np.array([0.25, 0]))
        close(grad(f)(x), np.array([0.25, 0]))
        close(hessian(f)(x), np.array([[-1 / 32, 0], [0, 0]]))
        close(vmap(grad(lambda x, f=f: f(x[None])))(x[1:]), np.array([0.0]))
    close(jvp(inside, (x,), (np.ones(2),))[1], 0.25)


def test_numbers() -> None:
    f = jit(lambda x, y: x**3 * y)
    x = Value(2.0)
    y = f(x, 3.0)
    y.backward()
    assert type(y) is Value and (y.data, x.grad) == (24.0, 36.0)
    assert grad(f)(2.0, 3.0) == 36.0 and type(grad(f)(2.0, 3.0)) is float
    assert grad(grad(grad(f)))(2.0, 3.0) == 18.0
    root = jit(lambda x: ad.sqrt(x))
    with pytest.raises(ZeroDivisionError, match="derivative of sqrt of float 0"):
        grad(root)(0.0)


def test_complex_numbers_and_single_precision() -> None:
    z = np.array([1 + 2j, 3 - 1j])

    def f(z: Any) -> Any:
        return (abs(z) ** 2 * ad.sin(z).real).sum()

    close(grad(jit(f))(z), grad(f)(z))
    assert grad(jit(FUNCTIONS["matrices"]))(X.astype("f4")).dtype == np.float32


def test_captured_tensors_of_custom_rules_are_read_at_each_call() -> None:
    @ad.custom_vjp
    def product(x: Any, w: Any) -> Any:
        return x * w

    product.defvjp(lambda x, w: (x * w, (x, w)), lambda r, g: (g * r[1], g * r[0]))
    w = Tensor(X)
    f = jit(lambda x: product(x, w).sum())
    for k in range(3):
        w.data = X * k
        close(f(X), (X * X).sum() * k)
        close(grad(f)(X), X * k)


def test_walks_that_read_the_graph_see_what_the_function_does() -> None:
    jacobian = ad.sparse_jacobian(jit(lambda x: x[1:] * x[:-1]))(X)
    close(jacobian.toarray(), np.array([[-2, 1, 0], [0, 0.5, -2]]))
    close(ad.laplacian(jit(lambda x: (x**4).sum()))(X), 12 * (X * X).sum())
    close(ad.taylor(jit(lambda x: ad.exp(2 * x)), 0.0, 3), [1.0, 2.0, 2.0, 4 / 3])
    assert "counted(x)" in str(ad.draw(jit(Counted(lambda x: (x * x).sum()))(Tensor(X, True, name="x"))))


def test_nothing_is_kept() -> None:
    f = jit(lambda x: (ad.tanh(x) ** 2).sum())
    x = Tensor(np.ones(1000), requires_grad=True)
    gc.disable()
    try:
        for _ in range(2):
            y = f(x)
            y.backward()
            node = weakref.ref(y.inputs[0])
            del y
            assert node() is None
    finally:
        gc.enable()


def test_the_halves_can_be_read() -> None:
    f = jit(lambda x, w: ad.tanh(x * w).sum())
    grad(f)(X, X)
    assert list(f.derivatives) == ["forward", "backward"]
    assert "np.tanh" in f.derivatives["forward"] and "np.tanh" not in f.derivatives["backward"]
    hessian(f)(X, X)
    assert len(f.derivatives) > 2
