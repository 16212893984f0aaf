"""jit: when a function is traced, branches, and kinds of arguments and results."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

import autodiff as ad
from autodiff import Tensor, Value, grad, jit, vjp, vmap
from autodiff.jit.compile import KEYS, PATHS
from tests.jit.counted import Counted, X, close


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
