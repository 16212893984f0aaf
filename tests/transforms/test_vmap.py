"""vmap: what a loop over the examples would give, for axes of every kind, nested, and with derivatives."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff
from autodiff import (
    Tensor,
    Value,
    enable_grad,
    grad,
    hessian,
    hvp,
    jvp,
    linear,
    no_grad,
    value_and_grad,
    vjp,
    vmap,
)
from autodiff.batching import aligned
from autodiff.kinds import PRIMITIVES

RNG = np.random.default_rng(0)
X, Y, W = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 4)), RNG.normal(size=4)
LABELS = np.array([2, 0, 3])
Pair = namedtuple("Pair", "left right")


@dataclass
class Layer:
    w: Any
    b: Any


def loop(f: Any, *batches: Any) -> Any:
    return np.stack([f(*xs) for xs in zip(*batches, strict=True)])


def close(a: Any, b: Any) -> None:
    assert np.shape(a) == np.shape(b)
    np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


# ---- axes, trees, kinds ----------------------------------------------------------------------------------
@given(st.permutations(range(3)), st.integers(-3, 2), st.integers(-3, 2), st.integers(-2, 1))
def test_axes_are_moved_like_those_of_numpy(order, first, second, out):
    x = np.moveaxis(RNG.normal(size=(2, 3, 4)), 0, first)
    y = np.moveaxis(RNG.normal(size=(2, 3, 4)), 0, second)
    got = vmap(lambda x, y: np.sin(x) @ y.T, (first, second), out)(x, y)
    want = np.sin(np.moveaxis(x, first, 0)) @ np.moveaxis(y, second, 0).swapaxes(1, 2)
    close(got, np.moveaxis(want, 0, out))


def test_one_axis_stands_for_a_tree_and_trees_for_trees():
    layer = Layer(w=X, b={"bias": W, "none": None})

    def f(layer: Layer, pair: Any) -> Any:
        assert layer.b["none"] is None
        return Pair(layer.w @ pair.left + layer.b["bias"], {"sum": pair.right.sum()})

    pair = Pair(W, Y)
    axes = (Layer(w=0, b=None), Pair(None, 0))
    out = vmap(f, axes)(layer, pair)
    assert isinstance(out, Pair)
    close(out.left, (X @ W)[:, None] + W)
    close(out.right["sum"], Y.sum(1))
    both = vmap(f, axes, Pair(1, {"sum": 0}))(layer, pair)
    close(both.left, out.left.T)


def test_kind_in_is_kind_out():
    f = vmap(lambda x: x * 2)
    assert type(f(X)) is np.ndarray
    assert type(f(Tensor(X))) is Tensor
    assert not f(Tensor(X)).requires_grad
    assert f(X.astype(np.float32)).dtype == np.float32
    x = Tensor(X, requires_grad=True)
    assert f(x).requires_grad
    assert vmap(lambda i: i * 2)(LABELS).dtype == LABELS.dtype


def test_what_does_not_differ_is_repeated():
    out = vmap(lambda x: (W, 2.0, Tensor(W) * 2, Value(3.0, requires_grad=False)))(X)
    for got, want in zip(out, (W, 2.0, W * 2, 3.0), strict=True):
        close(got, np.stack([want] * 3))
    got = vmap(lambda x: W, out_axes=1)(X)
    close(got, np.stack([W] * 3, axis=1))
    got[:] = 0  # nobody else's
    assert W.any()


def test_what_does_not_differ_may_stay_single():
    w = Tensor(W, requires_grad=True)
    sums, total, two = vmap(lambda x: ((x * w).sum(), w.sum(), 2.0), out_axes=(0, None, None))(X)
    close(sums.numpy(), X @ W)
    close(total.numpy(), W.sum())
    assert total.shape == two.shape == ()
    total.backward()
    close(w.grad, np.ones_like(W))
    inner = vmap(lambda y, x: (x.sum(), x.sum() * y), in_axes=(0, None), out_axes=(None, 0))
    once, all_ = vmap(inner, in_axes=(None, 0))(W, X)
    close(once, X.sum(axis=1))
    close(all_, np.outer(X.sum(axis=1), W))


def test_the_callers_arrays_are_not_kept():
    x = X.copy()
    out = vmap(lambda x: x)(x)
    x[:] = 0
    close(out, X)
    out = vmap(lambda x: x)(X)
    out[:] = 0
    assert X.any()


def test_settings_go_by_keyword():
    close(vmap(lambda x, *, scale: x * scale)(X, scale=2.0), X * 2)


@pytest.mark.parametrize("size", [0, 1, 5])
def test_any_length(size):
    batch = RNG.normal(size=(size, 2, 2))
    out = vmap(lambda a: {"inv": autodiff.linalg.inv(a @ a.T + np.eye(2)), "max": a.max(), "i": a.argmax()})(
        batch
    )
    assert out["inv"].shape == (size, 2, 2)
    assert out["max"].shape == (size,)
    assert out["i"].dtype == np.intp
    if size:
        close(out["max"], batch.max((1, 2)))


def test_an_empty_batch_keeps_dtypes():
    none = np.zeros((0, 3), np.float32)
    assert vmap(lambda x: (x / 2).sum())(none).dtype == np.float32
    assert vmap(grad(lambda x: autodiff.log(x).sum()))(none).shape == (0, 3)
    assert vmap(lambda x: autodiff.linalg.cholesky(x))(np.zeros((0, 2, 2))).shape == (0, 2, 2)


# ---- with derivatives ------------------------------------------------------------------------------------
def energy(x: Any) -> Any:
    return (autodiff.tanh(x) * x[::-1] ** 2).sum() + autodiff.logsumexp(x)


def test_derivatives_of_each_example():
    close(vmap(grad(energy))(X), loop(grad(energy), X))
    close(vmap(hessian(energy))(X), loop(hessian(energy), X))
    value, g = vmap(value_and_grad(energy))(X)
    close(value, loop(energy, X))
    close(g, loop(grad(energy), X))
    close(
        vmap(lambda x, v: jvp(energy, (x,), (v,))[1])(X, Y),
        loop(lambda x, v: jvp(energy, (x,), (v,))[1], X, Y),
    )
    close(
        vmap(lambda x, v: hvp(energy, (x,), (v,))[0])(X, Y),
        loop(lambda x, v: hvp(energy, (x,), (v,))[0], X, Y),
    )
    pulled = vmap(lambda g: vjp(lambda x: np.sin(x) * x[0], W)[1](g)[0])(Y)
    close(pulled, loop(lambda g: vjp(lambda x: np.sin(x) * x[0], W)[1](g)[0], Y))


def test_derivatives_of_a_batch():
    def loss(m: Any, w: Any) -> Any:
        return (m(lambda x, w: np.sin(x @ w) * w.sum())(X, w) ** 2).sum()

    def looping(f: Any) -> Any:
        return lambda X, w: autodiff.stack([f(x, w) for x in X])

    def mapping(f: Any) -> Any:
        return vmap(f, (0, None))

    for d in (grad, hessian, lambda f: grad(lambda w: (grad(f)(w) ** 2).sum())):
        close(d(partial(loss, mapping))(W), d(partial(loss, looping))(W))
    close(*(hvp(partial(loss, m), (W,), (W[::-1],))[0] for m in (mapping, looping)))
    w = Tensor(W, requires_grad=True)
    loss(mapping, w).backward()
    close(w.grad, grad(partial(loss, looping))(W))


def test_a_mapped_function_may_use_what_is_differentiated_outside():
    def f(w: Any) -> Any:
        return vmap(lambda x: (x * w).sum() * grad(lambda y: y**2 * w[0] * x[0])(3.0))(X).sum()

    def g(w: Any) -> Any:
        return sum((x * w).sum() * 6.0 * w[0] * x[0] for x in X)

    close(f(W), g(W))
    close(grad(f)(W), grad(g)(W))
    close(hessian(f)(W), hessian(g)(W))
    assert type(f(W)) is np.ndarray or isinstance(f(W), float)


def test_numbers_inside():
    """Values, for floats are Values to a derivative."""
    close(vmap(lambda x: grad(lambda y: y * y * x.sum())(3.0))(X), 6 * X.sum(1))
    close(
        vmap(lambda x: x * grad(grad(lambda y: (y**3 * x).sum()))(2.0))(X), X * 12 * X.sum(1, keepdims=True)
    )
    close(vmap(grad(lambda a: a**3))(W), 3 * W**2)


def test_nested():
    close(vmap(vmap(lambda a, b: a * b))(X, Y), X * Y)
    close(vmap(lambda x: vmap(lambda y: (x * y).sum())(Y))(X), X @ Y.T)
    close(vmap(vmap(lambda x, y: x @ y, (None, 0)), (0, None))(X, Y), X @ Y.T)
    close(
        vmap(lambda x: grad(lambda x: vmap(lambda a: a * x.sum())(x).sum())(x))(X),
        2 * X.sum(1, keepdims=True) + 0 * X,
    )
    close(vmap(grad(lambda x: vmap(grad(energy))(autodiff.outer(x, x)).sum()))(X),
          loop(grad(lambda x: vmap(grad(energy))(autodiff.outer(x, x)).sum()), X))  # fmt: skip


def test_without_recording():
    with no_grad():
        close(vmap(grad(energy))(X), loop(grad(energy), X))
        out = vmap(lambda x: x * 2)(Tensor(X, requires_grad=True))
        assert not out.requires_grad
        with enable_grad():
            assert vmap(lambda x: x * 2)(Tensor(X, requires_grad=True)).requires_grad


def test_an_infinite_slope_in_the_branch_not_taken():
    f = vmap(grad(lambda x: autodiff.where(x > 0, autodiff.sqrt(x), 0.0)))
    close(f(np.array([4.0, 0.0, 1.0])), [0.25, 0.0, 0.5])


# ---- random numbers --------------------------------------------------------------------------------------
def test_a_mapped_generator_draws_for_each_example():
    got = vmap(lambda x, rng: x + rng.normal(0.0, 2.0, 4) + rng.integers(5))(X, np.random.default_rng(1))
    rng = np.random.default_rng(1)
    close(got, X + rng.normal(0.0, 2.0, (3, 4)) + rng.integers(5, size=3)[:, None])
    noise = vmap(lambda x, rng: rng.uniform(W - 1, 1.0), (0, 0))(X, np.random.default_rng(1))
    assert noise.shape == (3, 4)
    assert len(np.unique(noise)) == 12
    assert vmap(lambda x, rng: rng.random(2))(np.zeros((0, 1)), np.random.default_rng(1)).shape == (0, 2)


GLOBAL = np.random.default_rng(0)


def draws() -> Any:
    return GLOBAL.normal()


def test_any_other_generator_raises():
    local = np.random.default_rng(0)

    class Model:
        def __init__(self) -> None:
            self.rng = np.random.default_rng(0)

        def __call__(self, x: Any) -> Any:
            return x * self.rng.random()

        def method(self, x: Any) -> Any:
            return x * self.rng.random()

    class Outer:
        def __init__(self) -> None:
            self.parts = {"model": Model()}

        def __call__(self, x: Any) -> Any:
            return self.parts["model"](x)

    import random

    for f in (
        lambda x: x * local.random(),
        lambda x: x * GLOBAL.random(),
        lambda x: x * draws(),
        lambda x: x * np.random.random(),
        lambda x: x * random.random(),
        lambda x, rng=local: x * rng.random(),
        lambda x, of={"train": [local]}: x * of["train"][0].random(),
        Outer(),
        Model().method,
        Model(),
        partial(lambda rng, x: x * rng.random(), local),
        grad(lambda x: (x * local.random()).sum()),
    ):
        with pytest.raises(RuntimeError, match=r"not mapped.*in_axes=0"):
            vmap(f)(X)
    with pytest.raises(RuntimeError, match="not mapped"):
        vmap(lambda x, rng: x * rng.random(), (0, None))(X, local)
    noise = local.normal(size=4)  # outside
    close(vmap(lambda x: x * noise)(X), X * noise)


def test_a_generator_method_that_is_not_there():
    with pytest.raises(AttributeError, match="no 'shuffle'; it has random"):
        vmap(lambda x, rng: rng.shuffle(x))(X, np.random.default_rng(0))


# ---- bad input -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("error", "message", "call"),
    [
        (ValueError, r"argument 1 of f is float of shape \(\), and has no axis", lambda f: vmap(f)(X, 2.0)),
        (ValueError, "in_axes=.0,. for 1 argument.* 2", lambda f: vmap(f, (0,))(X, Y)),
        (ValueError, r"argument 0 of f has the shape \(3, 4\), and no axis 2", lambda f: vmap(f, 2)(X, Y)),
        (ValueError, "argument 0 of f has 3 examples, and argument 1 .* 2", lambda f: vmap(f)(X, Y[:2])),
        (ValueError, "no array among the arguments of f", lambda f: vmap(f, None)(X, Y)),
        (TypeError, "an axis is an int, or None, not 1.5", lambda f: vmap(f, 1.5)(X, Y)),
        (TypeError, "an axis is an int, or None, not True", lambda f: vmap(f, True)(X, Y)),
        (ValueError, "does not fit its tree", lambda f: vmap(f, ({"a": 0}, 0))({"b": X}, Y)),
        (ValueError, "out_axes=5", lambda f: vmap(f, 0, 5)(X, Y)),
        (TypeError, "out_axes=0.5 of f: an axis is an int, or None", lambda f: vmap(f, 0, 0.5)(X, Y)),
        (ValueError, "out_axes=None for a result that is not the same", lambda f: vmap(f, 0, None)(X, Y)),
        (ValueError, "out_axes.*does not fit", lambda f: vmap(f, 0, (0, 0))(X, Y)),
    ],
)  # fmt: skip
def test_axes_that_do_not_fit(error, message, call):
    def f(x: Any, y: Any) -> Any:
        return x if y is None else x + y

    with pytest.raises(error, match=message):
        call(f)


@pytest.fixture
def table():
    """What is declared in a test does not stay in the table."""
    before = set(PRIMITIVES)
    yield
    for name in set(PRIMITIVES) - before:
        del PRIMITIVES[name]


@pytest.mark.usefixtures("table")
def test_a_primitive_without_a_rule():
    ours = linear("ours", lambda x: W * x, lambda m, g, x: W * g)
    with pytest.raises(NotImplementedError, match=r"ours has no batching rule: give the primitive batch="):
        vmap(ours)(X)
    scaled = linear("scaled", lambda x, *, power=1: 2.0**power * x, lambda m, g, x, power: 2.0**power * g)
    with pytest.raises(NotImplementedError, match="power of scaled"):
        vmap(lambda x: scaled(x, power=2))(X)
    declared = linear("declared", lambda x: W * x, lambda m, g, x: W * g, batch=aligned)
    close(vmap(declared)(X), W * X)
