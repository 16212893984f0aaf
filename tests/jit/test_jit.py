"""jit: what is traced and what is frozen, branches, captured arrays, kinds, composition and errors."""

from __future__ import annotations

import random
import sys
import threading
import warnings
from collections import deque
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest

import autodiff as ad
from autodiff import Tensor, Value, grad, hessian, hvp, jacobian, jit, jvp, value_and_grad, vjp, vmap, where
from autodiff.jit.compile import KEYS, PATHS

X = np.array([1.0, -2.0, 0.5])


class Counted:
    """A function that knows how often it ran."""

    def __init__(self, f: Any) -> None:
        self.f, self.runs = f, 0

    def __call__(self, *args: Any, **settings: Any) -> Any:
        self.runs += 1
        return self.f(*args, **settings)


# ---- when it is traced
def test_f_runs_once_for_arguments_of_one_sort():
    f = Counted(lambda x: ad.sin(x) * 2)
    g = jit(f)
    for x in (X, X + 1, X * 5):
        np.testing.assert_allclose(g(x), np.sin(x) * 2, rtol=1e-15)
    assert f.runs == 1
    assert g(X.astype(np.float32)).dtype == np.float32
    assert g(np.ones((2, 3))).shape == (2, 3)
    assert g(1.5) == pytest.approx(2 * np.sin(1.5), rel=1e-15)
    assert g(2.5) == pytest.approx(2 * np.sin(2.5), rel=1e-15)
    assert f.runs == 4
    g(X)
    assert f.runs == 4


def test_ints_texts_and_trees_are_part_of_the_key():
    f = Counted(lambda x, n, how="sum": {"sum": x["a"] ** n, "mean": x["a"] * n}[how])
    g = jit(f)
    assert g({"a": 2.0}, 3) == 8.0
    assert g({"a": 3.0}, 3) == 27.0
    assert f.runs == 1
    assert g({"a": 2.0}, 2) == 4.0
    assert g({"a": 2.0}, 2, how="mean") == 4.0
    assert g({"a": 2.0}, n=2) == 4.0
    assert g({"a": 2.0, "b": X}, 2) == 4.0
    assert g({"a": 2.0}, True) == 2.0
    assert f.runs == 6


def test_the_order_of_keys_is_part_of_the_key():
    f = Counted(lambda d, **more: [x * 2 for x in (*d["w"].values(), *more.values())])
    g = jit(f)
    for a, b in (({"p": 1.0, "q": 2.0}, {"y": 3.0, "z": 4.0}), ({"q": 2.0, "p": 1.0}, {"z": 4.0, "y": 3.0})):
        for d in (a, a | {k: x + 1 for k, x in a.items()}):
            assert g({"w": d}, **b) == [2 * x for x in (*d.values(), *b.values())]
    assert f.runs == 2


def test_whole_numbers_of_numpy_are_settings_too():
    f = jit(lambda x, n: x[:n].sum() * n)
    for n in (np.int64(2), 2, np.int32(1)):
        assert f(X, n) == X[:n].sum() * n
    assert jit(lambda x, flag: x if flag else -x)(2.0, np.bool_(False)) == -2.0


def test_static_arguments():
    f = Counted(lambda x, shape: x.reshape(shape).sum(axis=0))
    g = jit(f, static_argnums=1)
    np.testing.assert_array_equal(g(np.arange(6.0), (2, 3)), [3, 5, 7])
    np.testing.assert_array_equal(g(np.arange(6.0) + 1, (2, 3)), [5, 7, 9])
    np.testing.assert_array_equal(g(np.arange(6.0), (3, 2)), [6, 9])
    assert f.runs == 2
    with pytest.raises(TypeError, match=r"argument 1 .* is static, and must be hashable; it is list"):
        g(np.arange(6.0), [3, 2])
    with pytest.raises(TypeError, match="static_argnums must be"):
        jit(f, static_argnums="x")
    with pytest.raises(TypeError, match="jit takes a function"):
        jit(3)


def test_static_arguments_that_are_equal_may_differ():
    g = jit(lambda x, s: x * s[0] + (0 if s[0] else 1 / float(f"{s[0]}1")), static_argnums=1)
    assert [type(g(2, s)) for s in ((2,), (2.0,), (True,))] == [int, float, int]
    assert g(2.0, (0.0,)) == 100.0 and g(2.0, (-0.0,)) == -100.0


def test_a_static_number_is_not_traced():
    g = jit(lambda x, n: x * (1.0 if n > 2.5 else float(n)), static_argnums=(-1,))
    assert (g(2.0, 2.0), g(2.0, 3.0)) == (4.0, 2.0)


# ---- branches
def test_branches():
    def f(x: Any) -> Any:
        if x > 0:
            if x > 10:
                return x * 100
            return ad.log(x)
        return x * x

    counted = Counted(f)
    g = jit(counted)
    for x in (1.0, -2.0, 3.0, 11.0, 0.5, -1.0, 12.0, 20.0):
        assert g(x) == pytest.approx(f(x), rel=1e-15)
    assert counted.runs == 3
    assert g.stats["paths"] == 3
    assert "line" in g.stats["guards"][0]


def test_a_branch_on_an_array_and_on_a_captured_tensor():
    t = Tensor(1.0)

    @jit
    def f(x: Any) -> Any:
        if (x > 0).all() and t > 0:
            return x * 2
        return -x

    np.testing.assert_array_equal(f(np.ones(2)), [2, 2])
    np.testing.assert_array_equal(f(-np.ones(2)), [1, 1])
    t.data = -1.0
    np.testing.assert_array_equal(f(np.ones(2)), [-1, -1])


def test_loops_that_end_when_they_like():
    def root(a: Any) -> Any:
        x, old = a, a * 0
        while abs(x - old) > 1e-12 * x:
            x, old = (x + a / x) / 2, x
        return x

    g, dg = jit(root), jit(grad(root))
    for a in (2.0, 2.1, 9.0, 100.0, 1e6):
        assert g(a) == pytest.approx(a**0.5, rel=1e-12)
        assert dg(a) == pytest.approx(0.5 / a**0.5, rel=1e-9)


def test_too_many_paths():
    def f(x: Any) -> Any:
        n = 0
        while x > n:
            n += 1
        return x * n

    counted = Counted(f)
    g = jit(counted)
    for n in range(PATHS):
        assert g(n + 0.5) == f(n + 0.5)
    with pytest.warns(RuntimeWarning, match=rf"{PATHS} ways .*test_jit\.py, line") as warned:
        assert grad(g)(PATHS + 7.5) == grad(f)(PATHS + 7.5)
        assert g(PATHS + 7.5) == f(PATHS + 7.5)
    assert [w.filename for w in warned] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert g(PATHS + 8.5) == f(PATHS + 8.5)
        assert g(3.5) == f(3.5)
    assert counted.runs == PATHS + 3


def test_too_many_sorts_of_arguments():
    f = jit(lambda x, n: x * n)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for n in range(KEYS):
            assert f(2.0, n) == 2.0 * n
    with pytest.warns(RuntimeWarning, match=f"traced for {KEYS} sorts of arguments"):
        assert f(2.0, KEYS) == 2.0 * KEYS
    assert f(2.0, 1.5) == 3.0


def test_guards_of_batches():
    f = jit(vmap(lambda x: x * 2 if x.sum() > 0 else -x))
    np.testing.assert_array_equal(f(np.ones((3, 2))), np.full((3, 2), 2.0))
    np.testing.assert_array_equal(f(-np.ones((3, 2))), np.ones((3, 2)))
    with pytest.raises(ValueError, match="the examples do not agree"):
        f(np.array([[1.0, 1.0], [-1.0, -1.0]]))


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


# ---- kinds
class Pair(NamedTuple):
    a: Any
    b: Any


@dataclass
class Box:
    x: Any
    how: str


def test_kind_in_is_kind_out():
    f = jit(lambda x: {"y": Pair(x * 2, [x.sum() if hasattr(x, "sum") else x, 3.0])})
    out = f(X)
    assert type(out["y"]) is Pair and type(out["y"].a) is np.ndarray and out["y"].b[1] == 3.0
    assert type(out["y"].b[0]) is np.ndarray
    assert type(f(2.0)["y"].a) is float
    t = f(Tensor(X))["y"]
    assert type(t.a) is Tensor and not t.a.requires_grad and t.b[1] == 3.0
    v = f(Value(2.0, requires_grad=False))["y"].a
    assert type(v) is Value and v.data == 4.0
    assert f(np.float32(2.0))["y"].a.dtype == np.float32
    assert f(np.arange(3))["y"].a.dtype == np.arange(3).dtype
    assert f(2 + 1j)["y"].a == 4 + 2j
    assert jit(lambda b: b.x * 2)(Box(X, "a")).tolist() == (X * 2).tolist()
    assert jit(lambda: 3.0)() == 3.0
    assert jit(lambda x: ())(X) == ()
    assert jit(lambda x: (x > 0, 1, True))(X)[1:] == (1, True)


def test_results_never_share_memory():
    w = np.ones(3)
    big = np.ones(100_000)
    f = jit(lambda x: (x, x, x.reshape(3, 1), w, x * 1.0, (x * 2).reshape(1, 3), np.broadcast_to(x, (2, 3))))
    g = jit(lambda x: ((x * 2 + 1) * 3, ad.sin(x * 2 + 1)))
    for _ in range(2):
        found = f(X)
        for k, y in enumerate(found):
            assert y.flags.writeable
            assert not any(np.shares_memory(y, z) for z in (X, w, *found[:k]))
            y[...] = 77.0
    assert X.tolist() == [1.0, -2.0, 0.5] and w.tolist() == [1, 1, 1]
    first = g(big)
    kept = [y.copy() for y in first]
    second = g(big * 2)
    for y, before, z in zip(first, kept, second, strict=True):
        np.testing.assert_array_equal(y, before)
        assert not np.shares_memory(y, z)


def assigns(x: Any) -> Any:
    x[0] = 10.0
    return x * 2


def adds(d: Any) -> Any:
    d["x"] += 1
    return d["x"] * 2


def replaces(d: Any) -> Any:
    d["x"] = d["x"] + 1
    return d["x"]


def grows(d: Any) -> Any:
    d["y"] = d["x"] + 1
    return d["x"]


def shrinks(d: Any) -> Any:
    return d.pop("x")


@pytest.mark.parametrize("kind", [np.array, Tensor])
@pytest.mark.parametrize("f", [assigns, adds, replaces, grows, shrinks])
def test_an_argument_that_is_changed_raises(f: Any, kind: Any) -> None:
    x = kind([1.0, 2.0])
    name, given = ("x", x) if f is assigns else ("d", {"x": x})
    words = rf"jit: {f.__name__} .* its argument {name}, .*return what is new"
    for _ in range(2):
        with pytest.raises(TypeError, match=words):
            jit(f)(given)
        with pytest.raises(TypeError, match=words):
            jit(f)(**{name: given})
        with pytest.raises(TypeError, match=words):
            vjp(jit(f), given)
    assert f is assigns or list(given) == ["x"]
    assert np.asarray(x.data).tolist() == [1.0, 2.0]


def test_a_copy_of_an_argument_may_be_changed() -> None:
    def f(x: Any, parts: Any) -> Any:
        x = x.copy()
        x[0] = 10.0
        x += 1
        parts = [*parts, x]
        parts.append(x * 2)
        return parts[-1]

    for kind in (np.array, Tensor):
        x = kind([1.0, 2.0])
        assert np.asarray(getattr(jit(f)(x, []), "value", jit(f)(x, []))).tolist() == [22.0, 6.0]
        assert np.asarray(x.data).tolist() == [1.0, 2.0]


def test_what_is_computed_again_is_recorded_once() -> None:
    w = np.array([0.5, -1.0, 2.0, 1.5])

    def f(w: Any, x: Any) -> Any:
        total = 0.0
        for k in range(4):
            total = total + (ad.sin(x * w[1:]) * w[k]).sum()
        return total

    for args in ((w, X), (w * 2, X + 1)):
        close(jit(grad(f))(*args), grad(f)(*args))
        close(grad(jit(f))(*args), grad(f)(*args))
    g = jit(f)
    g(w, X)
    assert (g.stats["traced"], g.stats["shared"]) == (24, 9)
    assert sum(term.op.name == "sin" for term in g.graph.terms) == 1


def test_what_is_computed_again_may_be_assigned_into() -> None:
    def f(w: Any) -> Any:
        a, b = w[1:], w[1:]
        a[0] = 5.0
        c, d, e = w[1:], a * 2.0, a * 2.0
        d += e
        a[1] = d[0]
        a *= w[0]
        return (ad.sin(a) + 2 * b + 3 * c + 5 * d + 7 * e + 9 * (a * 2.0)).sum() * (a * 2.0)[1]

    w = np.array([0.5, -1.0, 2.0])
    for x in (w, w + 1):
        assert jit(f)(x) == pytest.approx(f(Tensor(x)).item(), rel=1e-14)
        close(jit(grad(f))(x), grad(f)(x))
        close(grad(jit(f))(x), grad(f)(x))
        close(jit(vmap(f))(np.stack([x, 2 * x])), vmap(f)(np.stack([x, 2 * x])))

    def g(x: Any) -> Any:
        places = np.array([0, 1])
        first = x[places]
        places[0] = 2
        return first - x[places]

    assert g(X).tolist() == jit(g)(X).tolist() == [0.5, 0.0]


def test_an_array_of_its_own_may_be_written_into_after_it_was_used() -> None:
    def f(x: Any) -> Any:
        w, a, t, total = np.ones(3), np.array(2.0), Tensor(np.ones(3)), 0.0
        for k in range(3):
            w[k], a[...], t[k] = k + 2.0, k, 5.0 + k
            total = total + (x * w * a + x * t).sum()
        return total

    for x in (X, X + 1):
        assert jit(f)(x) == pytest.approx(f(x).item(), rel=1e-14)
        assert jit(lambda x: f(x) + f(x))(x) == pytest.approx(2 * f(x).item(), rel=1e-14)
        np.testing.assert_allclose(jit(grad(f))(x), [f(x + e).item() - f(x).item() for e in np.eye(3)])


def test_what_is_put_into_a_captured_list_while_tracing_raises() -> None:
    log: dict[str, Any] = {"w": np.ones(3), "seen": []}

    def f(x):
        log["seen"].append(x * log["w"])
        return x

    with pytest.raises(RuntimeError, match=r"f put what it computes into log\['seen'\] while"):
        jit(f)(X)

    def g(x):
        log["size"] = len(x)  # the same at every call
        return x * log["w"]

    compiled = jit(g)
    for _ in range(3):
        assert compiled(X) == pytest.approx(X)


def test_a_captured_name_that_gets_another_value_raises() -> None:
    class Average:
        def __init__(self) -> None:
            self.mean, self.runs = np.zeros(3), 0

        @jit
        def update(self, x: Any) -> Any:
            self.runs += 1
            self.mean = 0.9 * self.mean + 0.1 * x
            return x - self.mean

    with pytest.raises(RuntimeError, match=r"gave .*mean a new value while it was traced"):
        Average().update(X)


# ---- composition
def loss(w: Any, x: Any) -> Any:
    return (ad.tanh(x @ w["w"] + w["b"]) ** 2).sum() + where(w["b"] > 0, ad.sqrt(abs(w["b"])), 0.0).sum()


def close(a: Any, b: Any) -> None:
    la, lb = ad.trees.flatten(a)[0], ad.trees.flatten(b)[0]
    assert len(la) == len(lb)
    for x, y in zip(la, lb, strict=True):
        np.testing.assert_allclose(np.asarray(x), np.asarray(y), rtol=1e-11, atol=1e-12)


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
