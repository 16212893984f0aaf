"""jit: transformations around it and within it, what can't be compiled, and threads."""

from __future__ import annotations

import random
import sys
import threading
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Tensor, grad, hessian, hvp, jacobian, jit, jvp, value_and_grad, vjp, vmap, where
from tests.jit.counted import X, close


# ---- composition
def loss(w: Any, x: Any) -> Any:
    return (ad.tanh(x @ w["w"] + w["b"]) ** 2).sum() + where(w["b"] > 0, ad.sqrt(abs(w["b"])), 0.0).sum()


@pytest.mark.parametrize("b", [0.3, 0.0, -0.2])
def test_composition(b: float) -> None:
    rng = np.random.default_rng(3)
    w, x = {"w": rng.normal(size=(3, 2)), "b": np.array([b, 0.1])}, rng.normal(size=(4, 3))
    t = {"w": rng.normal(size=(3, 2)), "b": np.ones(2)}
    f = jit(loss)

    def part(b: Any) -> Any:
        return ad.sin(b) * x[0, :2]

    def total(b: Any) -> Any:
        return (part(b) ** 3).sum()

    for _ in range(2):
        close(f(w, x), value_and_grad(loss)(w, x)[0])
        close(grad(f)(w, x), grad(loss)(w, x))
        close(jit(grad(loss))(w, x), grad(loss)(w, x))
        close(jit(grad(f))(w, x), grad(loss)(w, x))
        close(jit(value_and_grad(f))(w, x), value_and_grad(loss)(w, x))
        close(hvp(f, (w, x), (t, x)), hvp(loss, (w, x), (t, x)))
        close(jit(lambda w, t: hvp(loss, (w, x), (t, x)))(w, t), hvp(loss, (w, x), (t, x)))
        close(jvp(f, (w, x), (t, x)), jvp(loss, (w, x), (t, x)))
        close(vjp(f, w, x)[1](np.array(2.0)), vjp(loss, w, x)[1](np.array(2.0)))
        close(jit(jacobian(part))(w["b"]), jacobian(part)(w["b"]))
        close(jit(hessian(total))(w["b"]), hessian(total)(w["b"]))
        rows = vmap(grad(loss), in_axes=(None, 0))(w, x[:, None])
        close(vmap(jit(grad(loss)), in_axes=(None, 0))(w, x[:, None]), rows)
        close(jit(vmap(grad(f), in_axes=(None, 0)))(w, x[:, None]), rows)


def test_a_nan_of_a_branch_that_is_not_taken():
    def f(x: Any) -> Any:
        return where(x > 0, ad.sqrt(x), 0.0).sum()

    g = jit(grad(f))
    assert g(np.array([4.0, 1.0])).tolist() == [0.25, 0.5]
    assert g(np.array([4.0, 0.0])).tolist() == [0.25, 0.0]
    assert g(np.array([4.0, 1.0])).tolist() == [0.25, 0.5]
    assert jit(lambda y: grad(f)(Tensor([4.0, 0.0])) * 1.0 + y)(0.0).tolist() == [0.25, 0.0]
    assert jit(lambda x: grad(f)(x) > 0.1)(np.array([4.0, 0.0])).tolist() == [True, False]
    both = jit(vmap(grad(f)))
    assert both(np.array([[4.0], [0.0]])).tolist() == [[0.25], [0.0]]
    assert jit(vmap(lambda x: grad(f)(x) > 0.1))(np.array([[4.0], [0.0]])).tolist() == [[True], [False]]


def test_detach_stays_traced():
    f = jit(lambda x: (x * x.detach()).sum())
    for x in (X, X + 1):
        assert f(x) == pytest.approx((x * x).sum())
    g = jit(grad(lambda x: (x * x.detach()).sum()))
    for x in (X, X + 1):
        np.testing.assert_array_equal(g(x), x)
    np.testing.assert_array_equal(vmap(lambda x: x * x.detach())(X), X * X)


def test_custom_rules_and_checkpoints():
    @ad.custom_vjp
    def clipped(x: Any) -> Any:
        return x * 1.0

    clipped.defvjp(lambda x: (x * 1.0, None), lambda _, g: (np.clip(g, -1, 1),))

    def f(x: Any) -> Any:
        return (ad.checkpoint(lambda x: clipped(x).sin() ** 2)(x) * 5).sum()

    for x in (X, X + 1):
        close(jit(grad(f))(x), grad(f)(x))
        close(grad(jit(f))(x), grad(f)(x))


def test_a_jitted_function_in_another():
    inner = jit(lambda x: ad.sin(x) * 2)
    outer = jit(lambda x: inner(x) + inner(x * 2))
    for x in (X, X + 1):
        np.testing.assert_allclose(outer(x), np.sin(x) * 2 + np.sin(2 * x) * 2)


def test_errors_are_those_of_the_function():
    f = jit(lambda x: ad.log(x))
    assert f(1.0) == 0.0
    with pytest.raises(ValueError, match=r"log of float -1\.0"):
        f(-1.0)
    g = jit(lambda x, y: x @ y)
    with pytest.raises(ValueError, match="matmul"):
        g(np.ones((2, 3)), np.ones((2, 3)))


# ---- what can't be compiled
@pytest.mark.parametrize(
    "read",
    [
        lambda x: x * x.sum().item(),
        lambda x: x * float(x.sum()),
        lambda x: x * int(x[0]),
        lambda x: np.asarray(x) * 2,
        lambda x: x.data * 2,
        lambda x: x.sum().tolist(),
        lambda x: x.numpy(),
        lambda x: [x * k for k in range(x[0])],
        lambda x: f"{x.sum():.3f}" and x,
        lambda x: x.sum().backward() or x,
    ],
)
def test_reading_a_number_out_raises(read: Any) -> None:
    f = jit(read)
    with pytest.raises(TypeError, match="of a value that is being traced"):
        f(X)
    with pytest.raises(TypeError, match="of a value that is being traced"):  # and nothing was left behind
        f(X)
    x = Tensor([1.0], requires_grad=True)
    (x * x).sum().backward()
    assert x.grad.tolist() == [2.0]


def test_reading_a_captured_tensor_out_raises():
    t = Tensor([1.0, 2.0], requires_grad=True)
    for read in (
        lambda x: x * t.data,
        lambda x: x * t.sum().item(),
        lambda x: x * float(t[0]),
        lambda x: x * t.grad,
        lambda x: x * t.numpy(),
    ):
        with pytest.raises(TypeError, match="of a value that is being traced"):
            jit(read)(np.ones(2))


def test_effects_outside_raise():
    t, a = Tensor([1.0, 2.0]), np.zeros(2)

    def assigns(x: Any) -> Any:
        t[0] = x[0]
        return x

    def gives_data(x: Any) -> Any:
        t.data = np.ones(2)
        return x

    def writes(x: Any) -> Any:
        a[0] += 1
        return x + a

    with pytest.raises(TypeError, match="assigns into a Tensor from outside"):
        jit(assigns)(np.ones(2))
    with pytest.raises(TypeError, match="gave new data to a node from outside"):
        jit(gives_data)(np.ones(2))
    with pytest.raises(RuntimeError, match="wrote into the array a"):
        jit(writes)(np.ones(2))
    assert t.data.tolist() == [1.0, 2.0]


def test_random_numbers_raise():
    generator = np.random.default_rng(0)
    for draw in (
        lambda x: x + random.random(),
        lambda x: x + np.random.rand(),
        lambda x: x + generator.normal(),
    ):
        with pytest.raises(RuntimeError, match="drew random numbers while it was traced"):
            jit(draw)(X)
    with pytest.raises(RuntimeError, match="drew random numbers"):
        jit(lambda x, g: x + g.normal())(X, generator)


@pytest.mark.parametrize("out", ["text", {"a": [np.ones(2), object()]}, np.array(["a"]), len])
def test_outputs_that_are_no_trees_of_arrays(out: Any) -> None:
    with pytest.raises(TypeError, match="must return arrays and numbers, or a tree of them, not"):
        jit(lambda x: out)(X)


def test_arguments_that_are_none():
    with pytest.raises(TypeError, match="given Odd, which is no array"):
        jit(lambda x, y: x)(X, Odd())
    with pytest.raises(TypeError, match="holds numbers"):
        jit(lambda x: x)(np.array(["a"]))
    assert jit(lambda x, y: x * 2)(2.0, None) == 4.0


class Odd:
    __hash__ = None  # type: ignore[assignment]


def test_nothing_to_see_before_the_first_call():
    f = jit(lambda x: x)
    with pytest.raises(AttributeError, match="call it once"):
        _ = f.source


# ---- threads
def test_threads():
    f = jit(grad(lambda w, x: (ad.tanh(x * w) ** 2).sum()))
    rng = np.random.default_rng(0)
    cases = [(rng.normal(size=n), rng.normal(size=n)) for n in (3, 3, 5000, 5000, 70_000)]
    want = [grad(f.__wrapped__.__wrapped__)(*case) for case in cases]
    wrong: list[Any] = []

    def work(k: int) -> None:
        for i in range(20):
            n = (i + k) % len(cases)
            if not np.allclose(f(*cases[n]), want[n], rtol=1e-12):
                wrong.append(n)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_threads_that_call_for_the_first_time_at_once():
    """They may all trace, but one compiles: memory of one program is none of another's."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for k in range(20):
            f = jit(grad(lambda x, k=k: (ad.tanh(x) ** 2).sum() * (1.0 + k)))
            cases = [np.linspace(-1.0, 1.0, n) for n in (3, 500, 7000)]
            want = [f.f(x) for x in cases]
            together, wrong = threading.Barrier(4), list[int]()

            def work(f=f, cases=cases, want=want, together=together, wrong=wrong) -> None:
                together.wait()
                for i in range(12):
                    if not np.allclose(f(cases[i % 3]), want[i % 3], rtol=1e-12):
                        wrong.append(i)

            threads = [threading.Thread(target=work) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert wrong == []
    finally:
        sys.setswitchinterval(interval)
