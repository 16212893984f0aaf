"""A backward walk that was written out gives what the other gives, to the last bit, and gives way to it."""

from __future__ import annotations

import gc
import math
import weakref

import numpy as np
import pytest

import autodiff
from autodiff import StaleError, Tensor, Value, elementwise, gradients, imperative, repeated
from autodiff.kinds import PRIMITIVES

RNG = np.random.default_rng(0)
PROGRAMS = {
    "diamond": (lambda x, y: (x * y + x).sin() * (x * y + x), ()),
    "branches that meet late": (lambda x, y: ((x * x).exp() + y) * (x - (x * x).exp() / y), ()),
    "constants": (lambda x, y: (2.0 - x) * 0.5 / (y + 3) ** 2, ()),
    "chosen": (lambda x, y: x.maximum(y).relu() + autodiff.where(x > 0, x.tanh(), y), ()),
    "arrays": (lambda x, y: ((x * y).tanh() * 0.5 + x).sum(), (3,)),
    "broadcast": (lambda x, y: (x[:, None] * y[None, :] + x[:, None]).sum(), (3,)),
    "one axis more": (lambda x, y: (x * y.reshape(1, 3)).exp().sum(), (3,)),
    "product": (lambda x, y: ((x.reshape(2, 2) @ y.reshape(2, 2)).relu() @ y.reshape(2, 2)).mean(), (4,)),
    "indices": (lambda x, y: x[0] * y[1] + x[1] * x[0] + (x[1:] * y[:2]).sum(), (3,)),
    "picked": (lambda x, y: sum(p.sum() * (k + 1) for k, p in enumerate(np.split(x * y, 3))), (3,)),
    "float32": (lambda x, y: (x.astype(np.float32) * y * 2.0).sum(), (3,)),
    "both classes": (lambda x, y: (x[0] * Value(3.0) * y).sum(), (2,)),
}


@pytest.fixture(autouse=True)
def forgotten(monkeypatch):
    """Nothing is known when a test begins, and nothing of it after; no hook was ever registered."""
    monkeypatch.setattr(imperative, "hooks_in_use", [])
    monkeypatch.setattr(repeated, "met", {})
    monkeypatch.setattr(repeated, "written", {})
    monkeypatch.setattr(repeated, "latest", [])


def leaves(shape):
    if not shape:
        return Value(RNG.uniform(0.5, 2.0)), Value(RNG.uniform(0.5, 2.0))
    return tuple(Tensor(RNG.uniform(0.5, 2.0, shape), requires_grad=True) for _ in range(2))


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_same_to_the_last_bit(name):
    f, shape = PROGRAMS[name]
    for _ in range(3 * repeated.OFTEN):
        x, y = leaves(shape)
        out = f(x, y)
        want = gradients(out, [x, y])  # by the other walk
        out.backward()
        for leaf, g in zip((x, y), want, strict=True):
            assert type(leaf.grad) is type(g)
            assert np.array_equal(leaf.grad, g) and np.asarray(leaf.grad).dtype == np.asarray(g).dtype
    if name != "both classes":
        assert any(repeated.written.values())


def test_inner_values_get_the_gradient_of_the_last_call():
    for k in range(2 * repeated.OFTEN):
        x = Value(2.0)
        a = x * 3.0
        y = a * a
        y.backward()
        y.backward(gradient=2.0)
        assert (x.grad, a.grad, y.grad) == (36.0 * 3, 24.0, 2.0), k
    assert repeated.written


def test_the_same_operations_wired_otherwise_are_another_graph():
    for _ in range(2 * repeated.OFTEN):
        for f, slope in (
            (lambda x, y: x * y - x, 2.0),
            (lambda x, y: x * y - y, 3.0),
            (lambda x, y: x * x - y, 4.0),
        ):
            x, y = Value(2.0), Value(3.0)
            f(x, y).backward()
            assert x.grad == slope
    assert len(repeated.written) == 3


def test_what_requires_grad_belongs_to_the_graph():
    for k in range(4 * repeated.OFTEN):
        x, y = Value(2.0), Value(3.0, requires_grad=k % 2 == 0)
        (x * y).backward()
        assert (x.grad, y.grad) == (3.0, 0.0 if k % 2 else 2.0)


def test_shapes_may_change():
    for k in range(3 * repeated.OFTEN):
        shape = [(3,), (1,), (2, 3), (2, 1), (0, 3)][k % 5]
        x = Tensor(RNG.uniform(1, 2, shape), requires_grad=True)
        y = Tensor(RNG.uniform(1, 2, 3), requires_grad=True)
        out = (x * y + x).sum()
        want = gradients(out, [x, y])
        out.backward()
        assert np.array_equal(x.grad, want[0]) and np.array_equal(y.grad, want[1])
        assert x.grad.shape == shape and y.grad.shape == (3,)


def test_failures_are_those_of_the_other_walk():
    for _ in range(2 * repeated.OFTEN):
        x = Value(4.0)
        (x.sqrt() * x).backward()
        assert x.grad == 3.0
    x = Value(0.0)
    root = x.sqrt()
    with pytest.raises(ZeroDivisionError, match=r"the derivative of sqrt of float 0\.0"):
        (root * x + root).backward()
    for _ in range(2 * repeated.OFTEN):
        x = Value(0.0)
        y = x.sqrt() * 1.0
        with pytest.raises(ZeroDivisionError, match=r"the derivative of sqrt of float 0\.0"):
            y.backward()
        assert not x.has_grad and not y.has_grad
    for _ in range(2 * repeated.OFTEN):
        x = Value(2.0)
        y = x * x
        x.data = 3.0
        with pytest.raises(StaleError):
            y.backward()
        assert not x.has_grad


@pytest.mark.parametrize("x", [Value, lambda a: Tensor(a, requires_grad=True)])
def test_below_a_choice_zero_absorbs(x):
    for k in range(3 * repeated.OFTEN):
        a = x(float(k % 2))
        autodiff.where(a > 0, a.sqrt(), a * 2.0).backward()
        assert a.grad == (0.5 if k % 2 else 2.0)


def test_a_wiring_is_written_when_it_has_been_met_often():
    def walk():
        x = Value(2.0)
        (x.sin() * x).backward()

    for _ in range(repeated.OFTEN - 1):
        walk()
    assert not repeated.written
    walk()
    assert len(repeated.written) == 1


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(repeated, "MANY", 5)
    monkeypatch.setattr(repeated, "ROOM", 100)
    for length in range(1, 30):
        for _ in range(repeated.OFTEN + 1):
            x = Value(1.0)
            y = x
            for _ in range(length):
                y = y * x
            y.backward()
            assert x.grad == length + 1
        assert len(repeated.met) <= 5
    assert 0 < sum(map(len, repeated.written)) <= 100


def test_large_graphs_are_walked_as_ever():
    for _ in range(repeated.OFTEN + 1):
        x = Value(1.0)
        y = x
        for _ in range(repeated.LARGEST + 10):
            y = y * 1.0
        y.backward()
        assert x.grad == 1.0
    assert not repeated.met


def test_no_graph_and_no_primitive_is_kept_alive():
    op = elementwise("seen_a_few_times", lambda x: x * 2.0, lambda x: x * 2.0, "2.0")
    del PRIMITIVES["seen_a_few_times"]
    gc.collect()
    gc.disable()
    try:
        for _ in range(2 * repeated.OFTEN):
            x = Tensor([1.0, 2.0], requires_grad=True)
            inner = x * x
            out = inner.sum()
            out.backward()
        gone = [weakref.ref(inner), weakref.ref(out)]
        del inner, out
        assert repeated.written and [ref() for ref in gone] == [None, None]
    finally:
        gc.enable()
    x = Value(3.0)
    op(x).backward()
    assert x.grad == 2.0 and not any(op in key for key in repeated.written)


def test_a_nan_that_no_choice_leaves_out_is_shown():
    for k in range(3 * repeated.OFTEN):
        x = Value(1.0)
        y = Value(math.nan if k % 2 else 2.0)
        (x.relu() * y).backward()
        assert math.isnan(x.grad) if k % 2 else x.grad == 2.0


def test_the_latest_walk_is_tried_first_and_sees_another_graph():
    """All end in a sum, and differ in one thing: a primitive, a leaf's class, who is who, what came first."""

    def late(x, y):
        b = y * y
        return x * x + b

    programs = [
        lambda x, y: x * y + x,
        lambda x, y: x * y + y,
        lambda x, y: x * y + 2.0,
        lambda x, y: x / y + x,
        lambda x, y: x * x + y * y,
        late,
        lambda x, y: (x * x) + (x * x),
        lambda x, y: (lambda a: a + a)(x * x),
        lambda x, y: autodiff.where(x > 0, x, y) + x,
    ]
    want = []
    for f in programs:
        x, y = Value(2.0), Value(3.0)
        want.append(gradients(f(x, y), [x, y]))
    for k in RNG.integers(len(programs), size=60 * repeated.OFTEN):
        x, y = Value(2.0), Value(3.0)
        programs[k](x, y).backward()
        assert [x.grad, y.grad] == want[k], k
    assert len(repeated.latest) == 2 and len(repeated.written) >= len(programs) - 1


def test_two_leaves_that_become_one_get_the_sum():
    for k in range(3 * repeated.OFTEN):
        x, y = Value(2.0), Value(3.0)
        if k % 3 == 2:
            y = x
        (x * y + x).backward()
        assert (x.grad, y.grad) == ((5.0, 5.0) if y is x else (4.0, 2.0))
