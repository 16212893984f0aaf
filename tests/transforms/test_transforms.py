"""grad, value_and_grad, vjp, jvp, hvp, gradients: signatures, kinds, trees, and nesting in any order."""

from __future__ import annotations

import math
from collections import OrderedDict, namedtuple
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import autodiff
from autodiff import (
    Tensor,
    Value,
    grad,
    gradients,
    hvp,
    jacobian,
    jvp,
    sin,
    value_and_grad,
    vjp,
)

Pair = namedtuple("Pair", "left right")


def plain(x):
    return x.data if isinstance(x, (Value, Tensor)) else x


# ---- signatures ----------------------------------------------------------------------------------------
def f3(x, y, z):
    return x * y**2 + sin(z) * x


F3 = (4.5, 2.0, 6.0), (9.0 + math.sin(0.5), 12.0, 2.0 * math.cos(0.5))
AT = (2.0, 3.0, 0.5)


@pytest.mark.parametrize("argnums", [0, 1, 2, -1, -3, (0,), (1, 0), (0, 1, 2), (-1, 0), [0, 2], ()], ids=repr)
def test_argnums(argnums):
    g = grad(f3, argnums)(*AT)
    if isinstance(argnums, int):
        assert g == pytest.approx(F3[1][argnums])
    else:
        assert type(g) is tuple
        assert g == pytest.approx(tuple(F3[1][k] for k in argnums))
    value, same = value_and_grad(f3, argnums)(*AT)
    assert value == pytest.approx(18.0 + 2 * math.sin(0.5))
    assert same == g
    assert type(value) is float


def test_has_aux():
    def f(x, scale):
        y = x * x
        return y * scale, {"square": y, "note": "seen", "three": [3, y + 1]}

    g, aux = grad(f, has_aux=True)(3.0, 2.0)
    assert (g, aux) == (12.0, {"square": 9.0, "note": "seen", "three": [3, 10.0]})
    assert type(aux["square"]) is float
    (value, aux), g = value_and_grad(f, has_aux=True)(3.0, 2.0)
    assert (value, g, aux["square"]) == (18.0, 12.0, 9.0)
    value, pull, aux = vjp(f, 3.0, 2.0, has_aux=True)
    assert (value, pull(1.0), aux["square"]) == (18.0, (12.0, 9.0), 9.0)
    value, tangent, aux = jvp(f, (3.0, 2.0), (1.0, 0.0), has_aux=True)
    assert (value, tangent, aux["square"]) == (18.0, 12.0, 9.0)


def test_aux_stays_a_node_if_somebody_outside_may_ask():
    def outer(x):
        g, aux = grad(lambda y: (y * y * x, y * x), has_aux=True)(3.0)
        return g + aux  # 6x + 3x

    assert grad(outer)(2.0) == 9.0
    assert jvp(outer, (2.0,), (1.0,)) == (18.0, 9.0)


def test_keyword_arguments_are_handed_on_and_not_differentiated():
    one = Value(1.0)

    def f(x, *, power, offset=one):
        return x**power + offset

    assert grad(f)(2.0, power=3) == 12.0
    assert value_and_grad(f)(2.0, power=3, offset=5.0) == (13.0, 12.0)
    assert grad(grad(f))(2.0, power=3) == 12.0


def test_other_arguments_are_handed_on_untouched():
    seen = []

    def f(x, *others):
        seen.extend(others)
        return x * x

    thing = object()
    assert grad(f)(3.0, "text", thing, None) == 6.0
    assert seen == ["text", thing, None]


def test_names_and_docstrings_survive():
    def loss(x):
        """How bad x is."""
        return x * x

    for g in (grad(loss), value_and_grad(loss)):
        assert g.__name__ == "loss"
        assert g.__doc__ == "How bad x is."


def test_callables_of_every_sort():
    class Model:
        def __init__(self, w):
            self.w = w

        def __call__(self, x):
            return self.w * x * x

        def method(self, x):
            return self(x) + x

    from functools import partial

    assert grad(Model(3.0))(2.0) == 12.0
    assert grad(Model(3.0).method)(2.0) == 13.0
    assert grad(partial(f3, 2.0))(3.0, 0.5) == 12.0
    assert grad(abs)(-2.0) == -1.0
    assert grad(np.sin)(0.5) == math.cos(0.5)
    assert grad(autodiff.sin)(0.5) == math.cos(0.5)


# ---- kind in is kind out -------------------------------------------------------------------------------
def cube(x):
    return x * x * x


@pytest.mark.parametrize(
    ("x", "kind"),
    [
        (2.0, float),
        (2, float),
        (True, float),
        (np.float64(2.0), float),
        (np.float32(2.0), float),
        (Fraction(2), Fraction),
        (Decimal(2), Decimal),
        (np.array(2.0), np.ndarray),
        (Value(2.0), Value),
        (Value(2.0, requires_grad=False), Value),
        (Tensor(2.0), Tensor),
        (Tensor(2.0, requires_grad=True), Tensor),
    ],
    ids=repr,
)
def test_kind_in_is_kind_out(x, kind):
    want = 3.0 if isinstance(x, bool) else 12.0
    one = x * 0 + 1 if not isinstance(x, (bool, Tensor)) else 1.0
    value, pull = vjp(cube, x)
    results = [
        grad(cube)(x),
        value_and_grad(cube)(x)[1],
        pull(one)[0],
        jvp(cube, (x,), (one,))[1],
    ]
    values = [value, value_and_grad(cube)(x)[0], jvp(cube, (x,), (one,))[0]]
    products = [hvp(cube, (x,), (one,))[0], grad(grad(cube))(x)]
    for r in (*results, *values, *products):
        assert isinstance(r, kind), r
        assert not isinstance(r, np.generic)
    assert [float(plain(r)) for r in results] == [want] * 4
    assert [float(plain(v)) for v in values] == [want * 2 / 3 if want == 12.0 else 1.0] * 3
    assert [float(plain(p)) for p in products] == [12.0 if want == 12.0 else 6.0] * 2
    if isinstance(x, (Value, Tensor)):
        assert not x.has_grad  # nobody's .grad changes


def test_shapes_and_dtypes_are_those_of_the_argument():
    for a in (np.ones((2, 3), np.float32), np.ones((0, 3)), np.ones(3) * 1j, np.ones((2, 1, 2))):
        g = grad(lambda x: (x * x).real.sum())(a)
        assert (type(g), g.shape, g.dtype) == (np.ndarray, a.shape, a.dtype)
        assert type(vjp(cube, a)[0]) is np.ndarray
        (h,) = hvp(lambda x: (x * x).real.sum(), (a,), (a,))
        assert (h.shape, h.dtype) == (a.shape, a.dtype)
    t = grad(lambda x: (x * x).sum())(Tensor(np.ones(2, np.float32)))
    assert (type(t), t.dtype) == (Tensor, np.float32)


def test_arguments_of_different_kinds():
    def f(a, b, c):
        return (a * b * b).sum() * c

    ga, gb, gc = grad(f, (0, 1, 2))(np.array([1.0, 2.0]), 3.0, Value(2.0, requires_grad=False))
    np.testing.assert_array_equal(ga, [18.0, 18.0])
    assert (type(ga), type(gb), type(gc)) == (np.ndarray, float, Value)
    assert (gb, gc.data) == (36.0, 27.0)


def test_a_result_that_an_outer_derivative_wants_stays_a_node():
    w = Value(2.0)
    g = grad(lambda x: w * x * x)(3.0)
    assert type(g) is Value
    assert g.requires_grad
    g.backward()
    assert (g.data, w.grad) == (12.0, 6.0)
    g = grad(lambda x: (x.detach() + w.detach()) * x)(3.0)
    assert type(g) is float


def test_a_tracked_argument_gives_a_tracked_derivative():
    x = Value(0.7)
    g = grad(grad(sin))(x)
    assert g.requires_grad
    g.backward()
    assert g.data == pytest.approx(-math.sin(0.7))
    assert x.grad == pytest.approx(-math.cos(0.7))


def test_an_integer_argument_means_a_float():
    assert grad(lambda x: x**2)(3) == 6.0
    assert jvp(lambda x: x**2, (3,), (1,)) == (9.0, 6.0)
    assert hvp(lambda x: x**2, (3,), (1,)) == (2.0,)
    assert type(grad(lambda x: x)(3)) is float


# ---- trees ---------------------------------------------------------------------------------------------
def test_trees_of_arguments():
    params = {
        "layers": [{"w": np.array([1.0, 2.0]), "b": 0.5}, {"w": np.array([3.0, 4.0]), "b": -0.5}],
        "pair": Pair(np.array([[1.0]]), (2.0, [])),
    }

    def f(p, scale):
        total = sum((layer["w"] ** 2).sum() * layer["b"] for layer in p["layers"])
        return (total + (p["pair"].left * p["pair"].right[0]).sum()) * scale

    g = grad(f)(params, 2.0)
    assert list(g) == list(params)
    np.testing.assert_array_equal(g["layers"][0]["w"], [2.0, 4.0])
    np.testing.assert_array_equal(g["layers"][1]["w"], [-6.0, -8.0])
    assert [layer["b"] for layer in g["layers"]] == [10.0, 50.0]
    assert type(g["pair"]) is Pair
    np.testing.assert_array_equal(g["pair"].left, [[4.0]])
    assert g["pair"].right == (2.0, [])
    first, second = grad(f, (0, 1))(params, 2.0)
    np.testing.assert_array_equal(first["layers"][0]["w"], [2.0, 4.0])
    assert second == f(params, 1.0)


def test_trees_of_outputs():
    def f(x, y):
        return {"product": x * y, "pair": Pair(x, [y * 2, 7.0])}

    out, pull = vjp(f, 2.0, 3.0)
    assert out == {"product": 6.0, "pair": Pair(2.0, [6.0, 7.0])}
    assert type(out["pair"]) is Pair
    gx, gy = pull({"product": 1.0, "pair": Pair(10.0, [100.0, 1000.0])})
    assert (gx, gy) == (3.0 + 10.0, 2.0 + 200.0)
    out, moved = jvp(f, (2.0, 3.0), (1.0, 10.0))
    assert moved == {"product": 3.0 + 20.0, "pair": Pair(1.0, [20.0, 0.0])}
    assert type(moved["pair"]) is Pair


def test_trees_through_vjp_jvp_and_hvp():
    x = {"a": np.array([1.0, 2.0]), "b": (3.0,)}

    def f(t):
        return (t["a"] ** 3).sum() * t["b"][0]

    _, pull = vjp(f, x)
    (g,) = pull(np.array(1.0))
    np.testing.assert_array_equal(g["a"], [9.0, 36.0])
    assert g["b"] == (9.0,)
    v = {"a": np.array([1.0, 0.5]), "b": (2.0,)}
    assert jvp(f, (x,), (v,))[1] == pytest.approx(9.0 + 18.0 + 18.0)
    (h,) = hvp(f, (x,), (v,))
    # ∂²f/∂a² v_a + ∂²f/∂a∂b v_b
    np.testing.assert_allclose(h["a"], 6 * x["a"] * 3.0 * v["a"] + 3 * x["a"] ** 2 * 2.0)
    assert h["b"] == pytest.approx(((3 * x["a"] ** 2 * v["a"]).sum(),))


def test_the_order_of_a_dict_does_not_matter():
    x = OrderedDict(z=1.0, a=2.0)
    g = grad(lambda t: t["z"] * 3 + t["a"] * 5)(x)
    assert (g["z"], g["a"]) == (3.0, 5.0)
    assert jvp(lambda t: t["z"] * 3, ({"z": 1.0, "a": 2.0},), ({"a": 0.0, "z": 1.0},))[1] == 3.0


def test_trees_without_leaves():
    assert grad(lambda t, x: x, (0, 1))([], 2.0) == ([], 1.0)
    assert grad(lambda t: 3.0)({}) == {}
    assert vjp(lambda x: (), 1.0)[1](()) == (0.0,)
    assert jvp(lambda: 3.0, (), ()) == (3.0, 0.0)


def test_one_node_in_two_places_is_two_variables():
    x = Value(2.0)
    ga, gb = grad(lambda a, b: a * b * b, (0, 1))(x, x)
    assert (ga.data, gb.data) == (4.0, 8.0)
    g = grad(lambda t: t[0] * t[1] ** 2)([x, x])
    assert [v.data for v in g] == [4.0, 8.0]


def test_hvp_gives_the_structure_of_its_primals():
    def f(x, y):
        return x * x * y

    assert hvp(f, (2.0, 3.0), (1.0, 0.0)) == (6.0, 4.0)
    assert hvp(f, [2.0, 3.0], [0.0, 1.0]) == [4.0, 0.0]


# ---- independence --------------------------------------------------------------------------------------
def test_the_derivative_of_what_does_not_depend_is_zeros():
    a = np.ones((2, 3), np.float32)
    for f in (
        lambda x: 3.0,
        lambda x: Value(3.0),
        lambda x: np.float64(3),
        lambda x: Tensor(2.0),
        lambda x: x.detach().sum(),
    ):
        g = grad(f)(a)
        assert (g.shape, g.dtype) == (a.shape, a.dtype)
        assert not g.any()
        assert g.flags.writeable
    assert grad(lambda x: 7)(2.0) == 0.0
    assert grad(lambda x, y: x, 1)(2.0, 3.0) == 0.0
    assert grad(lambda x: np.floor(x) * 1.0)(2.5) == 0.0
    assert grad(lambda x: 3)(Fraction(1, 2)) == 0
    assert vjp(lambda x: (x, 3.0), 2.0)[1]((1.0, 1.0)) == (1.0,)
    assert vjp(lambda x: 3.0, a)[1](1.0)[0].shape == (2, 3)
    assert jvp(lambda x: (3.0, np.ones(2)), (2.0,), (1.0,))[1][0] == 0.0
    np.testing.assert_array_equal(jvp(lambda x: (3.0, np.ones(2)), (2.0,), (1.0,))[1][1], [0.0, 0.0])
    np.testing.assert_array_equal(hvp(lambda x: (2 * x).sum(), (np.ones(2),), (np.ones(2),))[0], [0.0, 0.0])
    assert grad(grad(lambda x: 3 * x))(2.0) == 0.0


def test_a_function_may_return_its_argument():
    assert grad(lambda x: x)(2.0) == 1.0
    assert jvp(lambda x: x, (2.0,), (5.0,)) == (2.0, 5.0)
    out, pull = vjp(lambda x: (x, x), 2.0)
    assert (out, pull((1.0, 10.0))) == ((2.0, 2.0), (11.0,))
    assert grad(lambda x: grad(lambda y: y)(x) * x)(2.0) == 1.0


def test_a_function_may_return_what_is_outside():
    w = Value(3.0)
    y = w * w
    g = grad(lambda x: y)(2.0)
    assert float(plain(g)) == 0.0
    assert grad(lambda w: grad(lambda x: w * w)(1.0) + w)(3.0) == 1.0


def test_gradients_of_nodes():
    x, w = Value(2.0), Value(3.0)
    a = x * x
    y = a * w + a
    assert gradients(y, [x, a, w, y]) == [16.0, 4.0, 4.0, 1.0]
    assert gradients(y, (x,)) == (16.0,)
    assert gradients(y, x) == 16.0
    assert gradients(y, [x, x]) == [16.0, 16.0]
    assert gradients(a, [x, w]) == [4.0, 0.0]
    assert gradients(y, x, gradient=0.5) == 8.0
    assert [n.has_grad for n in (x, w, a, y)] == [False] * 4


def test_gradients_of_tensors():
    x = Tensor([1.0, 2.0], requires_grad=True)
    b = Tensor(np.ones((3, 3)), requires_grad=True)
    y = x * x
    g, gy, gb = gradients(y, [x, y, b], gradient=[1.0, 10.0])
    np.testing.assert_array_equal(g, [2.0, 40.0])
    np.testing.assert_array_equal(gy, [1.0, 10.0])
    np.testing.assert_array_equal(gb, np.zeros((3, 3)))
    (g,) = gradients((x**3).sum(), [x], create_graph=True)
    (h,) = gradients(g, [x], gradient=[1.0, 1.0])
    np.testing.assert_array_equal(h, [6.0, 12.0])
    zero = gradients(x.sum(), b, create_graph=True)
    assert type(zero) is Tensor
    np.testing.assert_array_equal(zero.data, np.zeros((3, 3)))


@pytest.mark.parametrize("name", ["f", "args", "argnums", "has_aux", "self"])
def test_settings_of_any_name(name):
    """What a transform calls its own arguments is no name that f could not use."""
    f = eval(f"lambda x, {name}=1.0: x * {name}")
    assert grad(f)(2.0, **{name: 3.0}) == 3.0
    assert jacobian(f)(2.0, **{name: 3.0}) == 3.0


def test_arrays_given_to_vjp_may_change_afterwards():
    x = {"a": np.array([1.0, 2.0])}
    out, vjp_fn = vjp(lambda x: x["a"] * x["a"], x)
    x["a"][:] = 7.0
    assert vjp_fn(np.ones(2))[0]["a"].tolist() == [2.0, 4.0]
    assert out.tolist() == [1.0, 4.0]


def test_outputs_are_not_the_arguments():
    """What f hands through is copied: the caller may write into it."""
    x = np.array(2.0)
    value, _ = value_and_grad(lambda x: x)(x)
    (_, aux), _ = value_and_grad(lambda x: (x * x, x), has_aux=True)(x)
    out, _ = jvp(lambda x: x, (x,), (np.array(1.0),))
    for got in (value, aux, out):
        got[...] = 9.0
    assert x == 2.0
