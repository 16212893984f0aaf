"""checkpoint: the same derivatives to the bit, in the memory that was allowed."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

import autodiff
from autodiff import (
    StaleError,
    Tensor,
    Value,
    checkpoint,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    matmul,
    no_grad,
    sin,
    tanh,
    value_and_grad,
    vjp,
    vmap,
    where,
)
from autodiff.testing import check_grads

RNG = np.random.default_rng(0)
W, X = RNG.normal(size=(6, 6)) / 3, RNG.normal(size=(4, 6))
BUDGETS = [None, 10**9, 5000, 2500, "least"]


def least(f, *args):
    """The smallest budget, as the message for one byte says."""
    with pytest.raises(ValueError, match="the least is") as error:
        grad(checkpoint(f, budget=1))(*args)
    return int(re.findall(r"the least is (\d+) bytes", str(error.value))[0])


def leaves(tree):
    return [np.asarray(getattr(x, "data", x)) for x in autodiff.trees.flatten(tree)[0]]


def same(a, b):
    assert type(a) is type(b)
    for x, y in zip(leaves(a), leaves(b), strict=True):
        assert x.dtype == y.dtype
        np.testing.assert_array_equal(x, y)


# ---- programs --------------------------------------------------------------------------------------------
def recurrent(w, x):
    for _ in range(12):
        x = tanh(x @ w) + x * 0.5
    return autodiff.sum(x * x)


def in_place(w, x):
    x = x @ w
    for k in range(1, 4):
        x[k] = sin(x[k - 1]) * x[k]
    x *= 2.0
    return autodiff.sum(x * x)


def choosing(w, x):
    y = x @ w
    for _ in range(8):
        y = where(y > 0, y**1.5, y * y) * 0.9
        y = np.maximum(y, 0.1 * y[0])
    return y.sum()


def picking(w, x):
    total = 0.0
    for k in range(12):
        row = (x @ w)[k % 4]
        total = total + (row[np.array([0, 1, 1])] * row[k % 6]).sum() * x[0, 0]
    return total


def mixed(w, x):
    a = w[0, 0].sum() * 1.0
    for _ in range(5):
        a = autodiff.sum(tanh(w * a)) / 6
    return a * autodiff.sum(x)


def branching(w, x):
    n = 0
    while np.sum(x) < 100:
        x, n = x * x + 1.5 + matmul(x, w) * 0.1, n + 1
    return autodiff.sum(x) * n


def inner_derivative(w, x):
    inner = grad(lambda x: autodiff.sum(tanh(x @ w)))(x)
    for _ in range(4):
        inner = sin(inner) * x
    return autodiff.sum(inner * grad(lambda w: autodiff.sum(sin(x @ w)))(w)[0])


PROGRAMS = {
    f.__name__: f for f in (recurrent, in_place, choosing, picking, mixed, branching, inner_derivative)
}


@pytest.mark.parametrize("budget", BUDGETS, ids=str)
@pytest.mark.parametrize("name", PROGRAMS)
def test_gradients_are_equal_to_the_bit(name, budget):
    f = PROGRAMS[name]
    if budget == "least":
        budget = least(lambda x: f(W, x), X)
    if isinstance(budget, int):
        budget = max(budget, least(f, W, X))
    g = checkpoint(f, budget=budget)
    same(value_and_grad(g, (0, 1))(W, X), value_and_grad(f, (0, 1))(W, X))
    same(jvp(g, (W, X), (W, X)), jvp(f, (W, X), (W, X)))


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_agrees_with_finite_differences(name):
    f = PROGRAMS[name]
    check_grads(checkpoint(f, budget=20_000), (W, X), order=1, rtol=1e-5)


@pytest.mark.parametrize("budget", [None, 4000])
def test_second_order_in_every_mixture(budget):
    def f(x):
        for _ in range(5):
            x = sin(x @ W) * x
        return autodiff.sum(x)

    g, v = checkpoint(f, budget=budget), np.cos(X)
    same(hvp(g, (X,), (v,)), hvp(f, (X,), (v,)))
    same(jvp(grad(g), (X,), (v,)), jvp(grad(f), (X,), (v,)))
    same(grad(lambda x: autodiff.sum(grad(g)(x) * v))(X), grad(lambda x: autodiff.sum(grad(f)(x) * v))(X))
    same(grad(lambda x: jvp(g, (x,), (v,))[1])(X), grad(lambda x: jvp(f, (x,), (v,))[1])(X))
    same(jvp(lambda x: jvp(g, (x,), (v,))[1], (X,), (v,)), jvp(lambda x: jvp(f, (x,), (v,))[1], (X,), (v,)))
    same(hessian(g)(X[0] * 0.5), hessian(f)(X[0] * 0.5))
    check_grads(g, (X[0],), order=3, rtol=1e-4, modes=("rev",))


@pytest.mark.parametrize("budget", [None, 500, 10**6])
def test_numbers(budget):
    def f(x, y):
        for _ in range(30):
            x = (x * y).sin() + x / (1 + y * y)
        return x

    g = checkpoint(f, budget=budget)
    same(value_and_grad(g, (0, 1))(0.3, 1.2), value_and_grad(f, (0, 1))(0.3, 1.2))
    same(grad(grad(grad(g)))(0.3, 1.2), grad(grad(grad(f)))(0.3, 1.2))
    x, y, a, b = Value(0.3), Value(1.2), Value(0.3), Value(1.2)
    out, want = g(x, y), f(a, b)
    for _ in range(2):
        out.backward()
        want.backward()
        assert (out.data, x.grad, y.grad) == (want.data, a.grad, b.grad)
    assert out.op.name == "checkpoint" and out.inputs == (x, y)


def test_it_is_one_node():
    x = Tensor(X, requires_grad=True)
    y = checkpoint(lambda x: tanh(sin(x) * 2).sum())(x)
    assert y.op.name == "checkpoint" and y.inputs == (x,)
    assert checkpoint(lambda x: x * 2)(X) is not X  # of plain arrays, f itself
    assert type(checkpoint(lambda x: x * 2)(3.0)) is float


@pytest.mark.parametrize("budget", [None, 10**6, 3000])
def test_trees_closures_and_several_outputs(budget):
    scale = Tensor([2.0, 0.5, 1.0, 1.5, 0.1, 0.7], requires_grad=True)

    def f(p, x, factor=1.0):
        h = tanh(x @ p["w"]) * scale
        for _ in range(6):
            h = sin(h) * p["b"]
        return {"a": h * factor, "b": [h.sum(), x], "c": "text", "d": None, "again": h * 1.0, "n": 3.0}

    def loss(f, p, x):
        out = f(p, x, factor=2.0)
        assert out["c"] == "text" and out["d"] is None and out["n"] == 3.0
        return (out["a"] * out["again"]).sum() * out["b"][0] + out["b"][1].sum() * out["n"]

    p, g = {"w": W, "b": 0.7}, checkpoint(f, budget=budget)
    same(grad(lambda p, x: loss(g, p, x), (0, 1))(p, X), grad(lambda p, x: loss(f, p, x), (0, 1))(p, X))
    found = []
    for h in (g, f):
        scale.zero_grad()
        loss(h, {"w": Tensor(W), "b": 0.7}, Tensor(X)).backward()
        found.append(scale.grad)
    same(*found)
    same(jvp(lambda x: loss(g, p, x), (X,), (X,)), jvp(lambda x: loss(f, p, x), (X,), (X,)))
    same(hvp(lambda x: loss(g, p, x), (X,), (X,)), hvp(lambda x: loss(f, p, x), (X,), (X,)))


def test_the_same_output_twice_and_an_argument_returned():
    def f(x):
        y = sin(x)
        return y, y, x, y * 2

    def squares(f):
        return lambda x: sum((k + 1) * autodiff.sum(y * y) for k, y in enumerate(f(x)))

    def last(f):
        return lambda x: f(x)[3]

    for g in (checkpoint(f), checkpoint(f, budget=10_000)):
        same(grad(squares(g))(X), grad(squares(f))(X))
        same(jacobian(last(g))(X[0]), jacobian(last(f))(X[0]))


@pytest.mark.parametrize("inner_budget", [None, 4000])
@pytest.mark.parametrize("budget", [None, 10_000])
def test_it_nests(budget, inner_budget):
    def block(x, w):
        for _ in range(6):
            x = tanh(x @ w) + x * 0.1
        return x, x.sum()

    def whole(block):
        def f(w, x):
            total = 0.0
            for _ in range(3):
                x, s = block(x, w)
                total = total + s
            return total + autodiff.sum(x * x)

        return f

    f, g = whole(block), checkpoint(whole(checkpoint(block, budget=inner_budget)), budget=budget)
    same(value_and_grad(g, (0, 1))(W, X), value_and_grad(f, (0, 1))(W, X))
    same(jvp(g, (W, X), (W, X)), jvp(f, (W, X), (W, X)))
    for got, want in zip(hvp(g, (W, X), (W, X)), hvp(f, (W, X), (W, X)), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-13)
    slopes = [grad(lambda x, h=h: jvp(h, (W, x), (W, X))[1])(X) for h in (g, f)]
    np.testing.assert_allclose(*slopes, rtol=1e-12, atol=1e-13)


def test_shared_weights_are_summed_in_the_same_order():
    def loss(block):
        def f(w, x):
            for _ in range(5):
                x = block(x, w) * w[0, 0]
            return autodiff.sum(x)

        return f

    def block(x, w):
        return tanh(tanh(x @ w) @ w)

    same(grad(loss(checkpoint(block)), (0, 1))(W, X), grad(loss(block), (0, 1))(W, X))


# ---- what f does once ------------------------------------------------------------------------------------
@pytest.mark.parametrize("budget", [None, 3000])
def test_f_runs_once_and_what_it_drew_stays(budget):
    calls, chance = [], np.random.default_rng(5)

    def f(x):
        calls.append(1)
        for _ in range(5):
            x = x * chance.normal(size=x.shape) + (chance.random() > 0.5) * sin(x)
        return autodiff.sum(x * x)

    gradient = grad(checkpoint(f, budget=budget))(X)
    assert len(calls) == 1
    chance = np.random.default_rng(5)
    same(gradient, grad(f)(X))
    _, pull = vjp(checkpoint(f, budget=budget), X)
    same(pull(1.0), pull(1.0))


def test_branches_on_data_and_cuts():
    def f(x):
        if x > 1:
            x = x * x
        with no_grad():
            y = x * 3
        return x * y * x.detach() + x.item() * x

    g = checkpoint(f)
    for at in (0.5, 2.0):
        same(grad(g)(at), grad(f)(at))
        same(jvp(g, (at,), (1.0,)), jvp(f, (at,), (1.0,)))
        same(grad(grad(g))(at), grad(grad(f))(at))


def test_a_nan_is_absorbed_below_a_choice_as_without():
    def f(x):
        y = x.sqrt() if hasattr(x, "sqrt") else np.sqrt(x)
        return where(x > 0, y, 0.0) * 2

    def summed(h):
        return lambda x: autodiff.sum(h(x))

    at = np.array([0.0, 4.0])

    def outer(h):
        return lambda x: autodiff.sum(where(x > 0, h(x) / x, 0.0))

    for g in (checkpoint(f), checkpoint(f, budget=10_000)):
        same(grad(summed(g))(at), grad(summed(f))(at))
        same(grad(outer(g))(at), grad(outer(f))(at))
        same(jvp(g, (at,), (np.ones(2),)), jvp(f, (at,), (np.ones(2),)))
        assert grad(g)(0.0) == grad(f)(0.0) == 0.0
    slope = grad(lambda x: autodiff.sum(checkpoint(np.sqrt)(x)))(np.array([0.0, 4.0]))
    np.testing.assert_array_equal(slope, [np.inf, 0.25])


def test_under_no_grad_it_is_f():
    with no_grad():
        y = checkpoint(lambda x: x * x)(Value(3.0))
    assert y.data == 9.0 and not y.requires_grad
    assert grad(lambda x: grad(checkpoint(lambda y: y**3 * x))(x))(2.0) == 36.0


# ---- what it refuses -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("budget", "bytes_"),
    [("64MB", 64_000_000), ("1.5 GiB", 3 * 2**29), (" 10 kb ", 10_000), (np.int64(5), 5), ("7B", 7)],
)
def test_budgets_as_text(budget, bytes_):
    from autodiff.transforms.checkpoint import in_bytes

    assert in_bytes(budget) == bytes_


@pytest.mark.parametrize(
    ("budget", "error"),
    [
        ("64", ValueError), ("many MB", ValueError), ("1.2.3MB", ValueError), ("64 apples", ValueError),
        (0, ValueError), (-5, ValueError), ("0MB", ValueError), (1.5, TypeError), (True, TypeError),
        ([1], TypeError),
    ],
)  # fmt: skip
def test_bad_budgets(budget, error):
    with pytest.raises(error, match="checkpoint: a budget"):
        checkpoint(sin, budget=budget)


def test_what_leaks_out_has_a_value_and_no_derivative():
    seen = []

    def f(x):
        y = sin(x)
        seen.append(y)
        return y * 2

    def leaky(x):
        return checkpoint(f)(x) + seen[-1]

    with pytest.raises(RuntimeError, match=r"return it from f"):
        grad(leaky)(1.0)
    assert seen[0].data == math.sin(1.0)
    with pytest.raises(RuntimeError, match=r"return it from f"):
        jvp(leaky, (1.0,), (1.0,))
    assert grad(lambda x: checkpoint(f)(x) + seen[-1].detach())(0.0) == 2.0


def test_backward_inside():
    def f(x):
        y = x * x
        y.backward()
        return y

    with pytest.raises(RuntimeError, match=r"inside of f by grad"):
        checkpoint(f)(Value(2.0))

    def free(x):  # of nodes of its own
        v = Value(3.0)
        (v * v).backward()
        return x * v.grad + x * gradients(v * v * 2, v)

    assert grad(checkpoint(free))(2.0) == grad(free)(2.0) == 18.0


def test_an_error_inside_leaves_nothing_behind():
    def f(x):
        y = sin(x)
        raise KeyError(y)

    with pytest.raises(KeyError):
        grad(checkpoint(f))(1.0)
    assert not autodiff.graph.unusual_contexts and autodiff.graph.recording.get() is True
    with pytest.raises(ZeroDivisionError, match="divide"):
        checkpoint(lambda x: 1 / (x * 0))(Value(1.0))
    x = Value(0.0)
    y = checkpoint(lambda x: x.sqrt())(x)
    with pytest.raises(ZeroDivisionError, match="the derivative of sqrt"):
        y.backward()
    assert not x.has_grad


def test_new_data_makes_it_stale():
    w = Value(2.0)
    y = checkpoint(lambda x: x * w * x)(Value(3.0))
    w.data = 5.0
    with pytest.raises(StaleError):
        y.backward()

    def f(x):
        y = x * w
        w.data = 7.0
        return y * w

    with pytest.raises(StaleError):
        checkpoint(f)(Value(3.0))

    t = Tensor([1.0, 2.0])  # a constant: it is as it was when f used it

    def g(x):
        return (x * t).sum()

    x = Tensor([1.0, 1.0], requires_grad=True)
    y = checkpoint(g)(x)
    t.data = [5.0, 5.0]
    y.backward()
    np.testing.assert_array_equal(x.grad, [1.0, 2.0])


def test_an_argument_that_is_assigned_to_later():
    leaf = Tensor(X, requires_grad=True)
    x = leaf * 1.0
    y = checkpoint(lambda x: sin(x).sum())(x)
    x[0] = 0.0
    y.backward()  # through what x was
    np.testing.assert_array_equal(leaf.grad, np.cos(X))


# ---- with vmap -------------------------------------------------------------------------------------------
BATCH, WEIGHTS = np.random.default_rng(0).normal(size=(5, 4)), np.full(4, 0.3)
MAPPING = {
    "vmap": lambda w: (vmap(lambda x: np.sin(x * w).sum() * w[0])(BATCH) ** 2).sum(),
    "jacobian": lambda w: (jacobian(lambda x: np.sin(x * w) * w[0])(BATCH[0]) ** 2).sum(),
    "hessian": lambda w: (hessian(lambda x: (np.sin(x * w) * w[0]).sum())(BATCH[0]) ** 2).sum(),
}


@pytest.mark.parametrize("budget", [None, "20kB"])
@pytest.mark.parametrize("name", MAPPING)
def test_what_maps_inside(name, budget):
    f = MAPPING[name]
    np.testing.assert_allclose(grad(checkpoint(f, budget=budget))(WEIGHTS), grad(f)(WEIGHTS), rtol=1e-12)


def test_what_maps_outside():
    def f(y):
        return np.sin(y) * 3 * y

    def total(f):
        return lambda x: f(x).sum()

    inner = checkpoint(f)
    close = np.testing.assert_allclose
    close(vmap(lambda x: inner(x) * 2)(BATCH), f(BATCH) * 2)
    close(vmap(grad(total(inner)))(BATCH), vmap(grad(total(f)))(BATCH))
    close(vmap(lambda x: checkpoint(lambda y: y * x)(3.0))(BATCH), 3 * BATCH)
    of_both = grad(lambda w: vmap(lambda x: checkpoint(lambda y: np.sin(y * w).sum())(x))(BATCH).sum())
    close(of_both(WEIGHTS), grad(lambda w: np.sin(BATCH * w).sum())(WEIGHTS))
    close(jacobian(inner)(BATCH[0]), jacobian(f)(BATCH[0]))
    close(hessian(total(inner))(BATCH[0]), hessian(total(f))(BATCH[0]))
