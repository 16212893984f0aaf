"""jit: what a function uses without getting it as an argument."""

from __future__ import annotations

import sys
from collections import deque
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autodiff import Tensor, Value, grad, jit
from tests.jit.counted import X

# ---- what comes from outside
W = np.ones(3)


def test_captured_arrays_are_read_at_each_call():
    global W
    w, b = np.array([1.0, 2.0, 3.0]), {"b": [np.array(1.0)]}
    f = jit(lambda x: (x * w).sum() + b["b"][0] * W.sum() * W[0])

    def check() -> None:
        assert f(X) == pytest.approx((X * w).sum() + b["b"][0] * W.sum() * W[0])

    check()
    w[1] = 7.0
    check()
    w = np.array([0.0, 1.0, 0.0])
    check()
    b["b"][0] = np.array(3.0)
    check()
    W[:] = 2.0
    check()
    W = np.arange(1.0, 5.0)  # of another shape
    check()
    W = np.ones(3)


def test_a_list_of_captured_arrays_may_grow_and_shrink():
    w, b = [np.ones(3)], {"b": Tensor(2.0)}
    f = jit(lambda x: sum((x * v).sum() for v in w) * sum(b.values()))
    for change in range(4):
        want = sum((X * v).sum() for v in w) * sum(v.item() for v in b.values())
        assert f(X) == pytest.approx(want)
        assert f(X) == pytest.approx(want)
        if change == 0:
            w.append(np.arange(3.0))
        elif change == 1:
            b["c"] = Tensor(5.0)
        else:
            w.pop(0)


def test_arrays_that_are_computed_from_captured_ones_are_not_stale():
    a, index = np.array([1.0, 4.0, 9.0]), np.array([0, 2])
    f = jit(lambda x: (x * np.sqrt(a)).sum() + x[index].sum() + float(a[0]))
    for change in range(4):
        assert f(X) == pytest.approx((X * np.sqrt(a)).sum() + X[index].sum() + a[0])
        if change == 0:
            a[0] = 16.0
        elif change == 1:
            index[0] = 1
        else:
            a = a + 1


def looks_at_an_array(x, w):
    return x * w if w[0] > 0 else x * w * 2


@pytest.mark.parametrize(
    "use",
    [
        looks_at_an_array,
        lambda x, w: x * w + w[0],
        lambda x, w: x * w + float(w.sum()),
        lambda x, w: x * w + w * 2,  # of ones, at first
        lambda x, w: x * w + x[int(w[1]) % 3],
        lambda x, w: x * w + np.broadcast_to(w, (2, 3)),
    ],
)
def test_what_was_seen_of_a_captured_array_is_not_stale(use):
    w = np.ones(3)
    f = jit(lambda x: use(x, w))
    for change in ([2.0, 1.0, 3.0], [-2.0, 1.0, 3.0], [0.0, 2.0, 1.0], [4.0, 4.0, 4.0]):
        np.testing.assert_allclose(f(X), use(X, w))
        w[:] = change
    np.testing.assert_allclose(f(X), use(X, w))


def test_a_captured_array_that_changes_is_no_reason_to_compile_again():
    w, compiled = np.ones(3), []
    f = jit(lambda x: x * w)
    for k in range(3):
        w[:] = k
        np.testing.assert_array_equal(f(X), X * k)
        compiled.append(f.seen("source").function)
    assert len(set(compiled)) == 1
    with pytest.warns(RuntimeWarning, match="keep them in Tensors"):
        for k in range(64):
            w[:] = -k
            np.testing.assert_array_equal(f(X), X * -k)


def test_places_that_held_the_same_thing_may_hold_others():
    layer, two = SimpleNamespace(w=np.ones(3)), SimpleNamespace()
    two.a = two.b = layer
    two.more, two.scale, two.shift = [], np.float64(2.0), None

    def model(x):
        for v in two.more:
            x = x + v
        x = x * two.a.w + two.b.w * two.scale
        return x if two.shift is None else x + two.shift

    f = jit(model)
    for change in (
        {"b": SimpleNamespace(w=np.arange(3.0))},
        {"scale": np.float64(3.0)},
        {"shift": np.array(7.0)},
        {"more": [Tensor([1.0, 2.0, 3.0])]},
    ):
        np.testing.assert_allclose(value(f(X)), value(model(X)))
        vars(two).update(change)
    np.testing.assert_allclose(value(f(X)), value(model(X)))
    two.more.append(np.ones(3))
    np.testing.assert_allclose(value(f(X)), value(model(X)))


def value(x):
    return x.data if isinstance(x, Tensor) else x


def test_an_array_of_a_class_may_be_followed_by_the_objects_own():
    class Model:
        w = np.ones(3)
        b = None

        def __call__(self, x):
            return x * self.w if self.b is None else x * self.w + self.b

    model = Model()
    f = jit(model)
    assert f(X) == pytest.approx(X)
    model.w = np.arange(3.0)
    assert f(X) == pytest.approx(X * np.arange(3.0))
    model.b = np.array(1.0)
    assert f(X) == pytest.approx(X * np.arange(3.0) + 1)


def test_memory_that_is_no_array_is_read_at_each_call():
    memory = bytearray(np.ones(3).tobytes())
    f = jit(lambda x: x * np.frombuffer(memory))
    assert f(X) == pytest.approx(X)
    memory[:] = np.arange(3.0).tobytes()
    assert f(X) == pytest.approx(X * np.arange(3.0))


def test_what_is_imported_while_it_runs_is_captured(monkeypatch):
    module = ModuleType("weights_of_a_test")
    module.w, module.rng = np.ones(3), np.random.default_rng(0)
    monkeypatch.setitem(sys.modules, module.__name__, module)

    def model(x):
        import weights_of_a_test

        return x * weights_of_a_test.w

    def other(x):
        from weights_of_a_test import w

        return x * w

    for f in (jit(model), jit(other)):
        for k in range(3):
            module.w = np.arange(3.0) + k
            assert f(X) == pytest.approx(X * module.w)
            module.w[:] = 5.0
            assert f(X) == pytest.approx(X * 5.0)


def test_captured_nodes_are_read_at_each_call():
    t, v = Tensor([1.0, 2.0, 3.0]), Value(2.0, requires_grad=False)
    f = jit(lambda x: (x * t.sin() * v).sum() + (t * t).sum())
    for change in range(4):
        want = (X * np.sin(t.data) * v.data).sum() + (t.data**2).sum()
        assert f(X) == pytest.approx(want)
        assert type(f(X)) is np.ndarray
        if change == 0:
            t.data = t.data + 1
        elif change == 1:
            t[0] = 5.0
        else:
            v.data = 3.0
            t = Tensor([0.0, 1.0, 0.0])


def assigned_into(w):
    w = Tensor(w)
    w[0] = 4.0
    return w


@pytest.mark.parametrize("make", [lambda w: Tensor(w) * 1.0, assigned_into, lambda w: Tensor(w) > 2.0])
@pytest.mark.parametrize(
    "use",
    [
        lambda x, w: x * (w * w).sum(),
        lambda x, w: x if (w * 2.0)[1] > 5.0 else -x,
        lambda x, w: grad(lambda y: (y * y * w).sum())(x),
    ],
)
def test_captured_results_that_nobody_differentiates_are_read_at_each_call(make, use):
    w = make([1.0, 2.0, 3.0])
    f = jit(lambda x: use(x, w))
    for change in ([5.0, 7.0, -9.0], [0.0, 1.0, 4.0]):
        np.testing.assert_allclose(value(f(X)), value(use(X, w)))
        w = make(change)
    np.testing.assert_allclose(value(f(X)), value(use(X, w)))


def test_a_captured_tensor_that_a_derivative_is_taken_of():
    t = Tensor([1.0, 2.0, 3.0])
    f = jit(lambda x: grad(lambda t: (x * t**3).sum())(t))
    for _ in range(3):
        np.testing.assert_allclose(np.asarray(f(X)), 3 * X * np.asarray(t.data) ** 2)
        t.data = t.data * 2


def test_attributes_of_objects():
    class Layer:
        def __init__(self) -> None:
            self.w, self.scale = Tensor([1.0, 2.0, 3.0]), 2.0
            self.forward = jit(self.compute)

        def compute(self, x: Any) -> Any:
            return (self.w * x).sum() * self.scale

        @jit
        def decorated(self, x: Any) -> Any:
            return (self.w * x).sum() * self.scale

    layer = Layer()
    for _ in range(2):
        assert layer.forward(X) == pytest.approx((layer.w.data * X).sum() * 2)
        assert layer.decorated(X) == pytest.approx((layer.w.data * X).sum() * 2)
        layer.w = Tensor([5.0, 0.0, 1.0])
    assert any(name.endswith("scale") for name in layer.forward.stats["frozen"])
    layer.scale = 3.0  # a number is frozen
    assert layer.forward(X) == pytest.approx((layer.w.data * X).sum() * 2)


def test_arrays_of_static_arguments():
    class Layer:
        def __init__(self) -> None:
            self.w = np.array([1.0, 2.0, 3.0])

    layer = Layer()
    f = jit(lambda layer, x: (np.sqrt(layer.w) * x).sum() + (layer.w * x).sum(), static_argnums=0)
    for _ in range(2):
        assert f(layer, X) == pytest.approx((np.sqrt(layer.w) * X).sum() + (layer.w * X).sum())
        layer.w = layer.w + 1
    layer.w[0] = 9.0
    assert f(layer, X) == pytest.approx((np.sqrt(layer.w) * X).sum() + (layer.w * X).sum())


def test_numbers_are_frozen_and_listed():
    rate = 0.5
    f = jit(lambda x: x * rate)
    assert f(2.0) == 1.0
    rate = 3.0
    assert f(2.0) == 1.0
    assert f.stats["frozen"] == {"rate": 0.5}
    g = jit(lambda x: f(x) + grown(x))
    g(1.0)
    assert g.stats["frozen"] == {"f.rate": 3.0, "grown.defaults[0]": 2.0}


def grown(x: Any, step: float = 2.0) -> Any:
    return x * step


def test_what_requires_grad_outside_gets_its_derivative():
    w = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    f = jit(lambda x: (x * w**2).sum())
    for k in range(3):
        f(X * k).backward()
        np.testing.assert_allclose(w.grad, 2 * X * k * w.data)
        w.zero_grad()
        assert f(X).item() == pytest.approx((X * w.data**2).sum())
    x = Tensor(X, requires_grad=True)
    f(x).backward()
    np.testing.assert_allclose(x.grad, w.data**2)


class Base:
    weights: Any = np.ones(3)


class Slotted(Base):
    __slots__ = ("own",)

    def __init__(self) -> None:
        self.own = np.ones(3)

    @property
    def both(self) -> Any:
        return self.own * shared[0]

    @staticmethod
    def other() -> Any:
        return shared[0]


package, inner = ModuleType("package"), ModuleType("package.inner")
package.inner = inner  # type: ignore[attr-defined]
shared: Any = deque([np.ones(3)])
objects = np.empty(1, object)


@pytest.mark.parametrize("way", ["replaced", "changed"])
def test_arrays_are_read_wherever_they_are_captured_from(way: str) -> None:
    it = Slotted()
    inner.w = objects[0] = np.ones(3)  # type: ignore[attr-defined]
    places: list[tuple[Any, Any, Any]] = [
        (lambda: Base.weights, lambda w: setattr(Base, "weights", w), lambda x: (x * it.weights).sum()),
        (lambda: it.own, lambda w: setattr(it, "own", w), lambda x: (x * it.own).sum()),
        (lambda: shared[0], lambda w: shared.__setitem__(0, w), lambda x: (x * it.both * it.other()).sum()),
        (lambda: inner.w, lambda w: setattr(inner, "w", w), lambda x: (x * package.inner.w).sum()),
        (lambda: objects[0], lambda w: objects.__setitem__(0, w), lambda x: (x * objects[0]).sum()),
    ]
    x = np.array([1.0, -2.0, 3.0])
    for get, put, f in places:
        compiled, derivative = jit(f), grad(jit(f))
        for k in range(3):
            if way == "replaced":
                put(x + k)
            else:
                get()[:] = x + k
            np.testing.assert_allclose(compiled(x), f(x))
            np.testing.assert_allclose(derivative(x), grad(f)(x))


def test_arrays_of_the_library_s_own_are_not_watched():
    """The cotangent of a sum is one number, over and over, that nobody else has: nothing to compare."""
    x = np.linspace(-1.0, 1.0, 20_000)
    g = jit(grad(lambda x: (np.tanh(x) * x).sum()))
    np.testing.assert_allclose(g(x), np.tanh(x) + x / np.cosh(x) ** 2)
    assert not g.stats["watched"] and not g.stats["hidden"]


def test_several_views_of_an_array_that_nobody_else_has_are_not_watched():
    def f(x):
        angles = np.zeros((3, 50))
        angles[1] = 2.0
        a, b, c = (angles[k] for k in range(3))
        return (x * a + x * b * b - c).sum()

    g = jit(f)
    assert g(np.ones(50)) == g(np.ones(50)) == 200.0
    assert not g.stats["watched"]


def test_views_of_an_array_that_somebody_else_has_are():
    table = np.zeros((3, 50))
    table[1] = 2.0
    parts = iter([table[1]])

    def f(x, first=[]):  # noqa: B006 (kept from call to call)
        if not first:
            first.append(next(parts))
        return (x * np.asarray(first[0])[5:]).sum()

    g = jit(f)
    x = np.ones(45)
    assert g(x) == g(x) == 90.0
    table[1] = 3.0
    assert g(x) == 135.0
