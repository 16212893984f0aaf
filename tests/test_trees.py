"""Trees as arguments of every transform, and as one flat array."""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict, deque, namedtuple
from dataclasses import FrozenInstanceError, dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
import optree
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autodiff import Tensor, Value, grad, hvp, jvp, ravel_pytree, trees, value_and_grad, vjp
from autodiff.testing import check_grads

Pair = namedtuple("Pair", "w b")


@dataclass
class Plain:
    w: Any
    b: Any


@dataclass(frozen=True)
class Frozen:
    w: Any
    b: Any

    def __post_init__(self):
        if not isinstance(self.w, np.ndarray) or not isinstance(self.b, float) or self.b < 0:
            raise ValueError("not data")


@dataclass(slots=True, kw_only=True)
class Slots:
    w: Any
    b: Any


@dataclass
class Base:
    w: Any


@dataclass
class Derived(Base):
    b: Any


class Undecorated(Plain):
    @cached_property
    def norm(self):
        return (self.w**2).sum()


@dataclass
class Late:
    w: Any
    b: Any = field(init=False)


def late(w, b):
    x = Late(w)
    x.b = b
    return x


MAKERS = {
    "dict": lambda w, b: {"w": w, "b": b},
    "OrderedDict": lambda w, b: OrderedDict(w=w, b=b),
    "defaultdict": lambda w, b: defaultdict(float, w=w, b=b),
    "named tuple": Pair,
    "dataclass": Plain,
    "frozen dataclass that checks": Frozen,
    "dataclass with slots": lambda w, b: Slots(w=w, b=b),
    "inherited dataclass": Derived,
    "undecorated subclass": Undecorated,
    "field that is no argument": late,
}


def parts(p):
    return (p["w"], p["b"]) if isinstance(p, dict) else (p.w, p.b)


def f(p, x):
    """x·w² b³"""
    w, b = parts(p)
    return (w * w * x).sum() * b * b * b


W, B, X = np.array([1.0, -2.0]), 0.5, np.array([3.0, 4.0])


# ---- every transform -------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", MAKERS)
def test_every_transform_takes_it(kind):
    p = MAKERS[kind](W, B)
    dw, db = 2 * X * W * B**3, 3 * (X * W * W).sum() * B**2
    value, g = value_and_grad(f)(p, X)
    assert value == (X * W * W).sum() * B**3
    for found in (g, grad(f)(p, X), vjp(f, p, X)[1](np.array(1.0))[0], grad(f, (1, 0))(p, X)[1]):
        assert type(found) is type(p)
        np.testing.assert_allclose(parts(found)[0], dw)
        assert parts(found)[1] == pytest.approx(db)
        assert type(parts(found)[1]) is float
    if kind.startswith("frozen"):  # a direction need not be what data must be
        with pytest.raises(ValueError, match="not data"):
            Frozen(W, -1.0)
    t = grad(f)(p, X) if kind.startswith("frozen") else MAKERS[kind](np.array([0.5, 1.0]), -1.0)
    tw, tb = parts(t)
    assert jvp(f, (p, X), (t, 0 * X))[1] == pytest.approx((dw * tw).sum() + db * tb)
    (h, hx) = hvp(f, (p, X), (t, 0 * X))
    assert type(h) is type(p)
    np.testing.assert_allclose(parts(h)[0], 2 * X * tw * B**3 + 6 * X * W * B**2 * tb)
    assert parts(h)[1] == pytest.approx((6 * X * W * B**2 * tw).sum() + 6 * (X * W * W).sum() * B * tb)
    np.testing.assert_allclose(hx, 2 * W * tw * B**3 + 3 * W * W * B**2 * tb)
    check_grads(f, (p, X))


@pytest.mark.parametrize("kind", [kind for kind in MAKERS if not kind.startswith("frozen")])
def test_every_transform_gives_it(kind):
    make = MAKERS[kind]
    out, pull = vjp(lambda x: make(x * x, x.sum()), X)
    assert type(out) is type(make(X, 1.0))
    np.testing.assert_array_equal(parts(out)[0], X * X)
    np.testing.assert_array_equal(pull(make(np.array([1.0, 10.0]), np.array(100.0)))[0], [106.0, 180.0])
    out, moved = jvp(lambda x: make(x * x, x.sum()), (X,), (np.array([1.0, 10.0]),))
    assert type(moved) is type(out)
    np.testing.assert_array_equal(parts(moved)[0], [6.0, 80.0])
    assert parts(moved)[1] == 11.0
    check_grads(lambda x: make(x * x, x.sum()), (X,))


def test_trees_nest():
    p = {"layers": [Plain(W, (1.0, None)), Plain(Pair(2.0, {}), [Derived(3.0, W)])], "free": deque([4.0])}
    g = grad(lambda p: (p["layers"][0].w * p["layers"][1].b[0].b).sum() * p["free"][0])(p)
    assert list(g) == ["layers", "free"]
    first, second = g["layers"]
    np.testing.assert_array_equal(first.w, 4 * W)
    assert first.b == (0.0, None)
    assert second.w == Pair(0.0, {})
    assert second.b[0].w == 0.0
    np.testing.assert_array_equal(second.b[0].b, 4 * W)
    assert g["free"] == deque([5.0])
    assert type(second.b[0]) is Derived


def test_none_is_a_tree_without_leaves():
    g = grad(lambda p: p["w"] ** 2 if p["b"] is None else p["b"])({"w": 3.0, "b": None})
    assert g == {"w": 6.0, "b": None}
    assert grad(lambda n, x: x, (0, 1))(None, 2.0) == (None, 1.0)
    assert jvp(lambda p: (p[0], p[1]), ((2.0, None),), ((1.0, None),)) == ((2.0, None), (1.0, None))
    assert vjp(lambda x: {"y": x, "n": None}, 2.0)[1]({"y": 3.0, "n": None}) == (3.0,)


def test_nodes_in_a_dataclass_that_an_outer_derivative_wants():
    def inner(w):
        return grad(lambda p: p.w**3 * p.b)(Plain(w, 2.0)).w  # 6 w²

    assert grad(inner)(5.0) == 60.0
    p = Plain(Value(3.0), Tensor([1.0, 2.0], requires_grad=True))
    g = grad(lambda p: (p.b * p.w**2).sum())(p)
    assert (type(g.w), type(g.b)) == (Value, Tensor)
    assert g.w.data == 18.0 and g.b.data.tolist() == [9.0, 9.0]
    g.w.backward()
    assert p.w.grad == 6.0 and p.b.grad.tolist() == [6.0, 6.0]


def test_settings_are_part_of_the_structure():
    @dataclass(frozen=True)
    class Layer:
        w: Any
        power: int = field(default=2, metadata={"static": True})
        name: str = field(default="", metadata={"static": True})

    g = grad(lambda layer: layer.w**layer.power)(Layer(3.0, 3, "cube"))
    assert g == Layer(27.0, 3, "cube")
    with pytest.raises(FrozenInstanceError):
        g.w = 1.0
    message = r"at \[0\] there is a Layer with power=2, name='', where a Layer with power=3, name='' belongs"
    with pytest.raises(TypeError, match=message):
        jvp(lambda layer: layer.w, (Layer(1.0, 3),), (Layer(1.0, 2),))


def test_what_is_no_field_is_left_behind():
    x = Undecorated(W, B)
    assert x.norm == 5.0 and "norm" in vars(x)
    assert grad(lambda p: p.norm * p.b)(x).w.tolist() == (2 * W * B).tolist()  # computed anew, of the nodes


def test_a_class_that_was_registered_is_taken_as_registered():
    @dataclass
    class Half:
        w: Any
        rest: Any

    optree.register_pytree_node(
        Half, lambda x: ((x.w,), x.rest), lambda rest, children: Half(*children, rest), namespace="autodiff"
    )
    assert grad(lambda p: p.w**2)(Half(3.0, "rest")) == Half(6.0, "rest")


def test_a_class_that_several_threads_see_first():
    for _ in range(50):

        @dataclass
        class New:
            w: Any

        found, barrier = [], threading.Barrier(4)

        def work(New=New, found=found, barrier=barrier):
            barrier.wait()
            found.append(grad(lambda p: p.w**2)(New(3.0)).w)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [6.0] * 4


# ---- errors ----------------------------------------------------------------------------------------------
OTHERS = [
    ({"a": 1.0}, {"b": 1.0}, "", "a dict with the keys ['b'], where a dict with the keys ['a'] belongs"),
    ({"a": 1.0}, {"a": None}, "['a']", "None, where a number or array belongs"),
    ({"a": [1.0, None]}, {"a": [1.0, 2.0]}, "['a'][1]", "a number or array, where None belongs"),
    ([1.0, (2.0,)], [1.0, (2.0, 3.0)], "[1]", "a tuple of 2, where a tuple of 1 belongs"),
    ((1.0, 2.0), [1.0, 2.0], "", "a list of 2, where a tuple of 2 belongs"),
    (Plain(1.0, [2.0]), Plain(1.0, 2.0), ".b", "a number or array, where a list of 1 belongs"),
    (Plain(1.0, 2.0), Derived(1.0, 2.0), "", "a Derived, where a Plain belongs"),
    (Pair(1.0, 2.0), Pair(1.0, {}), ".b", "a dict with the keys [], where a number or array belongs"),
    (Pair(1.0, 2.0), (1.0, 2.0), "", "a tuple of 2, where a Pair of 2 belongs"),
]


@pytest.mark.parametrize(("tree", "other", "place", "words"), OTHERS)
def test_another_structure(tree, other, place, words):
    must = "must have the structure of what it belongs to: "
    at = f"at {place} " if place else ""
    with pytest.raises(TypeError) as error:
        vjp(lambda x: trees.map_leaves(lambda y: x * y, tree), 1.0)[1](other)
    assert str(error.value) == f"the cotangent {must}{at}there is {words}"
    for transform in (jvp, hvp):
        with pytest.raises(TypeError) as error:
            transform(lambda x, t: x, (1.0, tree), (1.0, other))
        assert str(error.value) == f"tangents {must}at [1]{place} there is {words}"


def test_a_leaf_that_has_no_derivative_is_named():
    with pytest.raises(TypeError, match=r"argument 1 of total, at \['a'\]\[0\].b: derivatives .* 'relu'"):
        grad(total, 1)(2.0, {"a": [Plain(1.0, "relu")]})
    with pytest.raises(TypeError, match=r"argument 0 of total, at .w: an array of int64"):
        grad(total)(Plain(np.arange(3), 1.0), 2.0)
    with pytest.raises(TypeError, match=r"argument 0 of total: an array of int64"):
        grad(total)(np.arange(3), 2.0)
    with pytest.raises(TypeError, match=r"argument 0 of total: derivatives"):
        grad(total)({1.0}, 2.0)  # a set has no order


def total(*args):
    raise AssertionError("this is not called")


# ---- one flat array --------------------------------------------------------------------------------------
def same(a, b):
    assert type(a) is type(b)
    np.testing.assert_array_equal(a, b)
    assert np.asarray(a).dtype == np.asarray(b).dtype and np.shape(a) == np.shape(b)


def test_ravel_and_back():
    tree = {
        "w": np.array([[1.0, 2.0], [3.0, 4.0]]),
        "b": Plain(5.0, None),
        "a": [np.array(6.0), np.ones((0, 3))],
    }
    flat, unravel = ravel_pytree(tree)
    same(flat, np.array([6.0, 5.0, 1.0, 2.0, 3.0, 4.0]))
    back = unravel(flat)
    assert list(back) == ["w", "b", "a"]
    for x, y in zip(trees.flatten(back)[0], trees.flatten(tree)[0], strict=True):
        same(x, y)
    assert back["b"] == Plain(5.0, None)
    same(unravel([7, 8, 9, 10, 11, 12])["w"], np.array([[9.0, 10.0], [11.0, 12.0]]))


ARRAYS = st.tuples(
    st.sampled_from(["float16", "float32", "float64", "complex64", "complex128", "int8", "uint64", "bool"]),
    st.lists(st.integers(0, 3), max_size=3),
).map(lambda made: np.arange(np.prod(made[1], dtype=int)).reshape(made[1]).astype(made[0]))
LEAVES = ARRAYS | st.floats(allow_nan=False) | st.complex_numbers(allow_nan=False) | st.just(np.float32(0.5))
TREES = st.recursive(
    LEAVES | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from("abc"), inner)
        | st.builds(Plain, inner, inner)
        | st.tuples(inner, inner)
    ),
)


@given(TREES)
def test_any_tree_comes_back(tree):
    flat, unravel = ravel_pytree(tree)
    leaves, rebuild = trees.flatten(tree)
    assert flat.shape == (sum(map(np.size, leaves)),)
    assert flat.dtype == (np.result_type(*(np.asarray(x).dtype for x in leaves)) if leaves else float)
    back = trees.leaves_like(tree, unravel(flat), "what comes back")
    for x, y in zip(back, leaves, strict=True):
        same(x, y)
    nodes = trees.leaves_like(tree, unravel(Tensor(flat)), "what comes back")
    for x, y in zip(nodes, leaves, strict=True):
        assert type(x) is (Tensor if isinstance(y, np.ndarray) else Value)
        np.testing.assert_array_equal(x.data, y)
        assert not isinstance(y, np.ndarray) or x.dtype == y.dtype
    again, _ = ravel_pytree(rebuild(nodes))
    assert isinstance(again, Tensor) or not leaves
    np.testing.assert_array_equal(again, flat)


@pytest.mark.parametrize(
    ("leaves", "dtype"),
    [
        ([np.ones(2, np.float32), np.ones(2)], "float64"),
        ([np.ones(2, np.float32), np.ones(2, np.float16)], "float32"),
        ([np.ones(2, np.float32), np.ones(2, np.int64)], "float64"),
        ([np.ones(2, np.float32), np.ones(2, np.complex64)], "complex64"),
        ([np.arange(2), np.ones(2, bool)], "int64"),
        ([np.ones(2, np.float32), 0.5], "float64"),  # nothing is lost
        ([3], "float64"),  # as in grad, an int means a float
        ([Value(1.0), Tensor([1.0], dtype="float32")], "float64"),
        ([1j, Value(1.0)], "complex128"),
        ([], "float64"),
        ([None, {}], "float64"),
    ],
)
def test_dtypes_promote(leaves, dtype):
    assert ravel_pytree(leaves)[0].dtype == dtype


def test_an_empty_tree():
    flat, unravel = ravel_pytree({"a": [], "b": None})
    same(flat, np.zeros(0))
    assert unravel(flat) == {"a": [], "b": None}
    assert unravel(Tensor(flat)) == {"a": [], "b": None}
    with pytest.raises(ValueError, match="1-d array of 0 numbers"):
        unravel(np.ones(1))


def test_integers_are_rounded_and_have_no_derivative():
    _, unravel = ravel_pytree({"n": np.array([1, 2]), "w": 0.5})
    same(unravel(np.array([1.9999999, 3.0000001, 7.0]))["n"], np.array([2, 3]))
    assert not unravel(Tensor([1.0, 2.0, 3.0], requires_grad=True))["n"].requires_grad
    assert grad(lambda v: (unravel(v)["n"] * unravel(v)["w"]).sum())(np.array([1.0, 2.0, 5.0])).tolist() == [
        0,
        0,
        3,
    ]


def test_nothing_is_shared():
    w = np.ones((2, 2))
    flat, unravel = ravel_pytree(w)
    back = unravel(flat)
    assert not np.shares_memory(flat, w) and not np.shares_memory(back, flat)
    assert back.flags.writeable


TREE = {
    "w": np.array([[1.0, 2.0], [3.0, 4.0]]),
    "b": Plain(0.5, (np.array([1.5, 2.5], np.float64), Value(3.0, requires_grad=False))),
}


def energy(p):
    return (p["w"] ** 3).sum() * p["b"].w ** 2 + (p["b"].b[0] * p["b"].b[1] ** 2).sum()


def test_the_derivative_by_the_flat_array_is_the_flat_derivative():
    flat, unravel = ravel_pytree(trees.map_leaves(lambda x: getattr(x, "value", x), TREE))
    want = np.concatenate(
        [[2 * 0.5 * 100.0], [9.0, 9.0], [2 * 3.0 * 4.0], 3 * 0.25 * np.array([1.0, 4, 9, 16])]
    )
    g = grad(lambda v: energy(unravel(v)))(flat)
    same(g, want)
    same(ravel_pytree(grad(energy)(unravel(flat)))[0], want)
    check_grads(lambda v: energy(unravel(v)), (flat,))
    check_grads(unravel, (flat,))


def test_ravel_is_differentiable():
    check_grads(lambda t: ravel_pytree(t)[0] ** 2, (TREE,))
    check_grads(lambda t: ravel_pytree([t, t, np.ones(3), 1j])[0] ** 2, (TREE,))
    flat, _ = ravel_pytree([Value(2.0), np.ones(2)])
    assert isinstance(flat, Tensor) and flat.requires_grad and flat.op is not None
    assert not ravel_pytree([Value(2.0, requires_grad=False), 1.0])[0].requires_grad
    assert type(ravel_pytree([np.ones(2), 1.0])[0]) is np.ndarray


def test_dtypes_come_back_through_nodes():
    tree = {"single": np.ones(2, np.float32), "double": np.ones(2), "z": np.ones(1, np.complex64)}
    flat, unravel = ravel_pytree(tree)
    v = Tensor(flat, requires_grad=True)
    back = unravel(v)
    assert {k: x.dtype.name for k, x in back.items()} == {
        "single": "float32",
        "double": "float64",
        "z": "complex64",
    }
    ((back["single"] * 2).sum() + (back["double"] * 3).sum() + back["z"].real.sum()).backward()
    same(v.grad, np.array([3, 3, 2, 2, 1], complex))


@pytest.mark.parametrize("shape", [(), (8,), (10,), (9, 1), (1, 9)])
def test_a_flat_array_of_another_shape(shape):
    _, unravel = ravel_pytree({"a": np.ones((2, 4)), "b": 1.0})
    for flat in (np.ones(shape), Tensor(np.ones(shape))):
        with pytest.raises(ValueError, match=r"1-d array of 9 numbers, not one of shape \("):
            unravel(flat)


def test_what_no_flat_array_holds():
    with pytest.raises(TypeError, match=r"can't hold 'relu', at \['a'\]\[1\]; it takes"):
        ravel_pytree({"a": [1.0, "relu"]})
    with pytest.raises(TypeError, match=r"can't hold Decimal\('1'\); it takes"):
        ravel_pytree(Decimal(1))
    with pytest.raises(TypeError, match="can't hold"):
        ravel_pytree([np.array(["a"])])
    with pytest.raises(TypeError, match="flat array of float64, not of complex128"):
        ravel_pytree([1.0])[1](np.array([1j]))
