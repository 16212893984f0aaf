"""Python inside of vmap: conditions, loops, assignment, indices; and what would take a number out of it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import autodiff
from autodiff import Tensor, grad, jit, vmap
from tests.transforms.test_vmap import LABELS, RNG, W, X, close, loop


# ---- Python in between -----------------------------------------------------------------------------------
def test_a_condition_on_which_all_agree():
    f = vmap(lambda x: x * 2 if x.sum() > -100 else x)
    close(f(X), X * 2)
    g = vmap(lambda x: abs(x) if (x == x).all() and not (x > 100).any() else x)
    close(g(X), abs(X))


def test_a_condition_on_which_they_do_not():
    def f(x: Any) -> Any:
        if x[0] > 0:  # here
            return x
        return -x

    line = f.__code__.co_firstlineno + 1
    with pytest.raises(
        ValueError, match=rf"test_vmap_python.py, line {line}: the examples do not agree.*where"
    ):
        vmap(f)(np.array([[1.0], [-1.0]]))
    close(vmap(f)(np.array([[1.0], [2.0]])), [[1.0], [2.0]])


def test_a_condition_under_two_maps():
    """Examples of the inner map may agree where those of the outer do not."""

    def f(x: Any) -> Any:
        return vmap(lambda a: a if x[0] > 0 else -a)(x)

    close(vmap(f)(abs(X)), abs(X))
    with pytest.raises(ValueError, match="do not agree"):
        vmap(f)(np.array([[1.0, 2.0], [-1.0, 2.0]]))

    def g(x: Any) -> Any:
        return vmap(lambda a: a if a > 0 else -a)(x)

    close(vmap(g)(-abs(X)), abs(X))
    for bad in ([[1.0, -2.0], [1.0, -2.0]], [[1.0, 2.0], [-1.0, -2.0]]):
        with pytest.raises(ValueError, match="do not agree"):
            vmap(g)(np.array(bad))


def test_while_loops_and_recursion():
    def newton(a: Any) -> Any:
        x, k = a * 0 + 1.0, 0
        while k < 30:
            x, k = (x + a / x) / 2, k + 1
        return x

    def power(x: Any, n: int) -> Any:
        return x if n == 1 else x * power(x, n - 1)

    close(vmap(newton)(np.array([2.0, 3.0])), np.sqrt([2.0, 3.0]))
    close(vmap(grad(newton))(np.array([2.0, 3.0])), 0.5 / np.sqrt([2.0, 3.0]))
    close(vmap(power, (0, None))(W, 5), W**5)


def test_assignment_inside():
    def f(x: Any) -> Any:
        y = x.copy()
        for i in range(1, 4):
            y[i] = np.sin(y[i - 1]) + x[i]
        x[0] = 5.0
        x += y
        return x * y

    close(vmap(f)(X), loop(lambda x: f(Tensor(x)).data, X))

    def total(x: Any) -> Any:
        return f(x * 1.0).sum()

    close(vmap(grad(total))(X), loop(grad(total), X))


def test_integers_that_differ_pick_elements():
    x = RNG.normal(size=(3, 4, 5))
    i, j = np.array([3, -4, 0]), np.array([[1, 2], [0, 0], [-1, 4]])
    for f in (
        lambda x, i, j: x[i],
        lambda x, i, j: x[:, j],
        lambda x, i, j: x[i, j],
        lambda x, i, j: x[None, i, 1:, None],
        lambda x, i, j: x[..., j, None],
        lambda x, i, j: x[j[:, None] % 4, j],
        lambda x, i, j: x[np.array([True, False, True, True]), j[0]],
        lambda x, i, j: x[j % 4, :, None][0],
        lambda x, i, j: np.take(x, j, axis=1),
        lambda x, i, j: np.take(x, i + 10, axis=1, mode="wrap"),
        lambda x, i, j: np.take(x, j),
    ):
        close(vmap(f)(x, i, j), loop(f, x, i, j))
    picked = vmap(grad(lambda x, i, j: (x[i, j] ** 2).sum()))(x, i, j)
    close(picked, loop(grad(lambda x, i, j: (x[i, j] ** 2).sum()), x, i, j))

    def put(x: Any, i: Any) -> Any:
        x = x * 1.0
        x[i, 1] = x[0, 0] ** 2
        x[i] *= 2.0
        return x

    close(vmap(put)(x, i), loop(lambda x, i: put(Tensor(x), int(i)).data, x, i))
    close(vmap(grad(lambda x, i: put(x, i).sum()))(x, i), loop(grad(lambda x, i: put(x, int(i)).sum()), x, i))


def test_labels_that_differ():
    loss = vmap(autodiff.cross_entropy)
    close(loss(X, LABELS), autodiff.cross_entropy(X, LABELS, reduction="none"))
    close(vmap(grad(autodiff.cross_entropy))(X, LABELS),
          loop(grad(autodiff.cross_entropy), X, LABELS))  # fmt: skip
    close(vmap(lambda y: autodiff.one_hot(y, 4))(LABELS), np.eye(4)[LABELS])


# ---- what would take a number out ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("message", "f"),
    [
        (r"item\(\)", lambda x: x.sum().item() * x),
        (r"numpy\(\)", lambda x: x.numpy()),
        (r"tolist\(\)", lambda x: x.tolist()),
        (r"\.data", lambda x: x * x.data),
        (r"\.data", lambda x: x * x.detach().data),
        ("float", lambda x: float(x[0]) * x),
        ("np.asarray", lambda x: np.asarray(x)),
        ("how many elements it picks may differ", lambda x: x[x > 0]),
        ("condition alone", lambda x: np.where(x > 0)),
        ("np.nonzero", lambda x: np.nonzero(x)[0]),
        ("np.allclose", lambda x: x * np.allclose(x, 0)),
        ("as an index", lambda x: range(3)[(x.sum() * 0).astype(int)]),
        (r"backward\(\)", lambda x: grad(lambda y: [(y * x).sum().backward(), y][1].sum())(W)),
    ],
)
def test_what_takes_numbers_out_raises(message, f):
    with pytest.raises(TypeError, match=message):
        vmap(f)(X)


@pytest.mark.parametrize(
    ("instead", "f"),
    [
        (r"write autodiff.sin\(x\)", lambda x: math.sin(x[0])),
        ("autodiff.floor", lambda x: x * int(x[0])),
        (r"x \+ 0j", lambda x: complex(x[0])),
        ("autodiff.numpy.array", lambda x: np.array([x[0], x[1]])),
        ("Index a Tensor", lambda x: [1.0, 2.0, 3.0][(x.sum() * 0).astype(int)]),
        ("inside it by autodiff.grad", lambda x: x.sum().backward()),
        ("read numbers off", lambda x: [f"{x[0]:.3f}", x][1]),
    ],
)
@pytest.mark.parametrize(
    "trace", [lambda f: vmap(f)(X), lambda f: jit(f)(W), lambda f: vmap(vmap(f))(X[None])]
)
def test_the_message_says_what_to_write_instead(trace, instead, f):
    with pytest.raises(TypeError, match=f"being traced.*{instead}"):
        trace(f)


def test_what_is_detached_still_differs_between_examples():
    close(vmap(lambda x: x.detach() * 2)(X), X * 2)
    close(vmap(grad(lambda x: (x.detach() * x).sum()))(X), X)
    close(grad(lambda xs: vmap(lambda x: (x.detach() * x).sum())(xs).sum())(X), X)
    close(vmap(lambda x: Tensor(1.0).detach() * x)(X), X)
    with pytest.raises(ValueError, match="examples do not agree"):
        vmap(lambda x: x if x.detach()[0] > 0 else -x)(np.array([[1.0], [-1.0]]))


def test_an_index_out_of_bounds_in_another_example():
    with pytest.raises(IndexError, match="out of bounds for an axis of length 4"):
        vmap(lambda x, i: x[i])(X, np.array([0, 4, 0]))


def test_a_label_that_is_none_in_another_example():
    for bad in (-1, 4):
        for f in (autodiff.cross_entropy, grad(autodiff.cross_entropy)):
            with pytest.raises(IndexError, match=f"labels from .*{bad}.* 4 classes"):
                vmap(f)(X, np.array([0, bad, 0]))
        with pytest.raises(IndexError, match="4 classes"):
            vmap(lambda y: autodiff.one_hot(y, 4))(np.array([0, bad]))


def test_nothing_is_left_behind():
    def f(x: Any) -> Any:
        raise KeyError("f's own")

    x = Tensor(X, requires_grad=True)
    with pytest.raises(KeyError, match="f's own"):
        vmap(f)(x)
    assert x.grad is None
    with pytest.raises(TypeError, match="was traced, and has left it"):
        kept: list[Any] = []
        vmap(lambda x: [kept.append(x.sum()), x][1])(X)
        bool(kept[0])
    close(vmap(lambda x: x)(X), X)
