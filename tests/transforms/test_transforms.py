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
    jvp,
    matmul,
    no_grad,
    reshape,
    sin,
    sqrt,
    square,
    tanh,
    value_and_grad,
    vjp,
    where,
)

Pair = namedtuple("Pair", "left right")


def speed(f):
    """The derivative of a function of one variable, by the forward walk."""

    def derivative(x):
        one = (
            np.ones_like(x)
            if isinstance(x, np.ndarray)
            else Tensor(np.ones(x.shape))
            if isinstance(x, Tensor)
            else 1.0
        )
        return jvp(f, (x,), (one,))[1]

    return derivative


def slope(f):
    """The derivative of a function of one variable, by the backward walk."""

    def derivative(x):
        out, pull = vjp(f, x)
        one = np.ones(out.shape) if isinstance(out, (np.ndarray, Tensor)) else 1.0
        return pull(Tensor(one) if isinstance(out, Tensor) else one)[0]

    return derivative


def sums(f):
    """The derivative, elementwise, of a function that works elementwise: the gradient of its sum."""
    return grad(lambda x: autodiff.sum(f(x)))


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


# ---- nesting -------------------------------------------------------------------------------------------
def xsinx(x):
    return sin(x) * x


WAYS = {"grad": grad, "jvp": speed, "vjp": slope}
A7 = 0.7
XSINX = [  # derivatives of x sin x
    A7 * math.sin(A7),
    A7 * math.cos(A7) + math.sin(A7),
    2 * math.cos(A7) - A7 * math.sin(A7),
    -3 * math.sin(A7) - A7 * math.cos(A7),
    -4 * math.cos(A7) + A7 * math.sin(A7),
    5 * math.sin(A7) + A7 * math.cos(A7),
]


@pytest.mark.parametrize("third", [None, *WAYS])
@pytest.mark.parametrize("second", WAYS)
@pytest.mark.parametrize("first", WAYS)
def test_every_order_of_nesting(first, second, third):
    f = WAYS[second](WAYS[first](xsinx))
    order = 2
    if third:
        f, order = WAYS[third](f), 3
    result = f(A7)
    assert type(result) is float
    assert result == pytest.approx(XSINX[order], rel=1e-12)


@pytest.mark.parametrize("third", [None, "sum", "jvp", "vjp"])
@pytest.mark.parametrize("second", ["sum", "jvp", "vjp"])
@pytest.mark.parametrize("first", ["sum", "jvp", "vjp"])
def test_every_order_of_nesting_on_arrays(first, second, third):
    ways = {"sum": sums, "jvp": speed, "vjp": slope}
    f = ways[second](ways[first](xsinx))
    a = np.array([0.7, 0.2, -1.3])
    want = 2 * np.cos(a) - a * np.sin(a)
    if third:
        f, want = ways[third](f), -3 * np.sin(a) - a * np.cos(a)
    result = f(a)
    assert type(result) is np.ndarray
    np.testing.assert_allclose(result, want, rtol=1e-12)


@pytest.mark.parametrize("way", WAYS)
def test_derivatives_up_to_the_fifth(way):
    f = xsinx
    for want in XSINX[1:]:
        f = WAYS[way](f)
        assert f(A7) == pytest.approx(want, rel=1e-12)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("f", "third", "fifth"),
    [
        (lambda x: x.exp(), math.exp(0.7), math.exp(0.7)),
        (lambda x: x.log(), 2 / 0.7**3, 24 / 0.7**5),
        (lambda x: 1 / x, -6 / 0.7**4, -120 / 0.7**6),
        (lambda x: x**6, 120 * 0.7**3, 720 * 0.7),
        (lambda x: x * x * x * x * x * x, 120 * 0.7**3, 720 * 0.7),
        (lambda x: x.sqrt(), 3 / 8 * 0.7**-2.5, 105 / 32 * 0.7**-4.5),
        (lambda x: (2 * x).sin(), -8 * math.cos(1.4), 32 * math.cos(1.4)),
        (lambda x: x.exp() * x, 3.7 * math.exp(0.7), 5.7 * math.exp(0.7)),
    ],
)
def test_third_and_fifth_derivatives(way, f, third, fifth):
    d = WAYS[way]
    assert d(d(d(f)))(0.7) == pytest.approx(third, rel=1e-10)
    assert d(d(d(d(d(f)))))(0.7) == pytest.approx(fifth, rel=1e-9)


@pytest.mark.parametrize("way", WAYS)
def test_third_derivative_of_tanh(way):
    d = WAYS[way]
    t = math.tanh(0.7)
    assert d(d(d(lambda x: x.tanh())))(0.7) == pytest.approx((1 - t * t) * (6 * t * t - 2))


def test_diamonds():
    def f(x):
        a = x * x
        return a + a  # 2x²

    assert (grad(f)(3.0), grad(grad(f))(3.0), grad(grad(grad(f)))(3.0)) == (12.0, 4.0, 0.0)

    def g(x):
        a = x * x
        b, c = a + x, a * x
        return b * c + a  # (x² + x) x³ + x²

    assert grad(g)(2.0) == 5 * 2.0**4 + 4 * 2.0**3 + 2 * 2.0
    assert grad(grad(g))(2.0) == 20 * 2.0**3 + 12 * 2.0**2 + 2
    assert jvp(g, (2.0,), (1.0,))[1] == grad(g)(2.0)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 10])
def test_powers_by_multiplication(n):
    def f(x):
        y = x
        for _ in range(n - 1):
            y = y * x
        return y

    assert grad(f)(1.5) == pytest.approx(n * 1.5 ** (n - 1))
    assert grad(grad(f))(1.5) == pytest.approx(n * (n - 1) * 1.5 ** (n - 2))
    assert jvp(f, (1.5,), (1.0,))[1] == pytest.approx(n * 1.5 ** (n - 1))


def test_repeated_backward_and_repeated_pull():
    x = Value(3.0)
    y = x * x * x
    for times in (1, 2, 3):
        y.backward()
        assert x.grad == 27.0 * times
    _, pull = vjp(lambda x: x * x * x, 3.0)
    assert [pull(1.0), pull(1.0), pull(2.0)] == [(27.0,), (27.0,), (54.0,)]
    g = grad(lambda x: x * x)
    assert [g(1.0), g(2.0), g(1.0)] == [2.0, 4.0, 2.0]


# perturbation confusion: an engine that marks "the variable" by a flag mixes up x and y
D = {"grad": grad, "jvp": speed, "vjp": slope}


@pytest.mark.parametrize("inner", D)
@pytest.mark.parametrize("outer", D)
def test_perturbation_confusion(outer, inner):
    outer, inner = D[outer], D[inner]
    assert outer(lambda x: x * inner(lambda y: x + y)(1.0))(1.0) == 1.0
    assert outer(lambda x: x * inner(lambda y: x * y)(2.0))(3.0) == 6.0
    assert outer(lambda x: inner(lambda y: x)(1.0) + x)(2.0) == 1.0
    assert outer(lambda x: x * inner(lambda y: y * y)(x))(3.0) == 12.0
    assert outer(lambda x: inner(lambda y: x * y * y)(x))(3.0) == 12.0  # 2x²
    assert outer(lambda x: inner(lambda y: inner(lambda z: x * y * y * z)(1.0))(x))(3.0) == 12.0
    assert outer(lambda x: inner(lambda x: x * x)(x) * x)(3.0) == 12.0  # the same name


@pytest.mark.parametrize("inner", D)
@pytest.mark.parametrize("outer", D)
def test_perturbation_confusion_by_a_curried_shift(outer, inner):
    """Manzyuk et al., "Perturbation confusion in forward differentiation of higher-order functions"."""
    outer, inner = D[outer], D[inner]

    def shift(offset):
        return lambda f: lambda x: f(x + offset)

    def curried(offset):
        return inner(shift(offset)(lambda x: x**3))(2.0)

    assert outer(curried)(1.0) == 6 * 3.0  # d/ds 3 (2 + s)²


@pytest.mark.parametrize("inner", D)
@pytest.mark.parametrize("outer", D)
def test_closures(outer, inner):
    outer, inner = D[outer], D[inner]
    assert outer(lambda w: inner(lambda x: w * x * x)(3.0))(2.0) == 6.0
    assert outer(lambda w: inner(lambda x: sin(w * 2) * x * x)(3.0))(2.0) == pytest.approx(12 * math.cos(4))

    def deep(w):
        v = w * 2  # made before the inner variable
        return inner(lambda x: v * x + (lambda u: u * x * x)(v + w))(3.0)  # 2w + 6·3w

    assert outer(deep)(2.0) == 20.0


def test_closures_over_arrays():
    a = np.arange(6.0).reshape(2, 3) / 7
    b = np.arange(12.0).reshape(3, 4) / 5

    def loss(w):
        return autodiff.sum(grad(lambda x: autodiff.sum(tanh(matmul(x, w))))(a))

    h = 1e-6
    numeric = np.zeros_like(b)
    for index in np.ndindex(b.shape):
        step = np.zeros_like(b)
        step[index] = h
        numeric[index] = (loss(b + step) - loss(b - step)) / (2 * h)
    np.testing.assert_allclose(grad(loss)(b), numeric, rtol=1e-6, atol=1e-8)
    v = np.cos(b)
    assert jvp(loss, (b,), (v,))[1] == pytest.approx((numeric * v).sum(), rel=1e-6)


def test_hessian_vector_products_agree_in_every_mixture():
    a = np.arange(6.0).reshape(2, 3) / 7
    b = np.arange(12.0).reshape(3, 4) / 5
    v = np.cos(a)

    def f(x):
        return autodiff.sum(tanh(matmul(x, b)))

    t = np.tanh(a @ b)
    want = (-2 * t * (1 - t * t) * (v @ b)) @ b.T
    found = {
        "hvp": hvp(f, (a,), (v,))[0],
        "forward over reverse": jvp(grad(f), (a,), (v,))[1],
        "reverse over reverse": grad(lambda x: autodiff.sum(grad(f)(x) * v))(a),
        "reverse over forward": grad(lambda x: jvp(f, (x,), (v,))[1])(a),
        "vjp of grad": vjp(grad(f), a)[1](v)[0],
    }
    for name, product in found.items():
        np.testing.assert_allclose(product, want, rtol=1e-12, err_msg=name)
    # forward over forward gives vᵀHu
    u = np.sin(a + 1)
    twice = jvp(lambda x: jvp(f, (x,), (v,))[1], (a,), (u,))[1]
    assert twice == pytest.approx((want * u).sum())


def test_derivatives_with_respect_to_tangents_and_cotangents():
    assert grad(lambda t: jvp(xsinx, (A7,), (t,))[1])(1.0) == pytest.approx(XSINX[1])
    assert grad(lambda t: vjp(xsinx, A7)[1](t)[0])(1.0) == pytest.approx(XSINX[1])
    assert jvp(lambda t: vjp(xsinx, A7)[1](t)[0], (2.0,), (3.0,)) == pytest.approx(
        (2 * XSINX[1], 3 * XSINX[1])
    )
    assert grad(lambda x: jvp(xsinx, (x,), (x,))[1])(A7) == pytest.approx(XSINX[1] + A7 * XSINX[2])
    a = np.array([1.0, 2.0])
    g = grad(lambda v: (hvp(lambda x: (x**3).sum(), (a,), (v,))[0] * v).sum())(np.ones(2))
    np.testing.assert_allclose(g, 2 * 6 * a)


def test_a_vjp_function_used_inside_another_derivative():
    _, pull = vjp(lambda x: x * x, 3.0)
    assert grad(lambda t: pull(t)[0] * t)(2.0) == 24.0  # 6 t²
    assert pull(1.0) == (6.0,)


def test_broadcasting_and_second_order():
    a = np.arange(6.0).reshape(2, 3) / 7
    b = np.ones((1, 3))
    np.testing.assert_allclose(
        grad(lambda b: autodiff.sum(sin(a + b)))(b), np.cos(a + 1).sum(0, keepdims=True)
    )
    second = grad(lambda b: autodiff.sum(grad(lambda c: autodiff.sum(sin(a * c)))(b)))(b)
    np.testing.assert_allclose(second, (-a * a * np.sin(a)).sum(0, keepdims=True))


def test_numbers_and_arrays_mixed_in_second_order():
    assert grad(grad(lambda x: autodiff.sum(x * Tensor([1.0, 2.0]) * x)))(2.0) == 6.0
    assert grad(grad(lambda x: (np.array([1.0, 2.0]) * x**3).sum()))(2.0) == 36.0


# ---- Python in between ---------------------------------------------------------------------------------
def test_through_a_loop():
    def newton(a):
        x = a
        for _ in range(20):
            x = (x + a / x) / 2
        return x  # sqrt(a)

    assert newton(2.0) == pytest.approx(math.sqrt(2.0))
    assert grad(newton)(2.0) == pytest.approx(0.5 / math.sqrt(2.0))
    assert grad(grad(newton))(2.0) == pytest.approx(-0.25 * 2.0**-1.5)
    assert jvp(newton, (2.0,), (1.0,))[1] == pytest.approx(0.5 / math.sqrt(2.0))


def test_through_a_loop_that_ends_by_a_value():
    def f(x):
        n = 0
        while x < 100:
            x = x * x
            n += 1
        return x * n

    assert grad(f)(2.0) == 3 * 8 * 2.0**7
    assert grad(grad(f))(2.0) == 3 * 56 * 2.0**6


def test_through_recursion():
    def power(x, n):
        if n == 0:
            return 1.0
        half = power(x, n // 2)
        return half * half * x if n % 2 else half * half

    assert grad(power)(1.5, 13) == pytest.approx(13 * 1.5**12)
    assert grad(grad(power))(1.5, 13) == pytest.approx(13 * 12 * 1.5**11)
    assert grad(power)(1.5, 0) == 0.0


def test_a_derivative_that_calls_itself():
    def f(x, depth):
        return x * x if depth == 0 else grad(lambda y: f(y, depth - 1) * y)(x)

    # (y·y²)' = 3x², (y·3y²)' = 9x², (y·9y²)' = 27x²
    assert f(2.0, 3) == 27 * 4.0
    assert grad(f)(2.0, 3) == 54 * 2.0


def test_through_branches():
    def f(x):
        if x > 0:
            return x * x
        if x == 0:
            return x
        return -x * 3

    assert [grad(f)(x) for x in (2.0, 0.0, -1.0)] == [4.0, 1.0, -3.0]
    assert [grad(lambda x: max(x, 1.0) * 2 if x else x)(v) for v in (3.0, 0.5)] == [2.0, 0.0]
    assert grad(lambda x: sorted([3 - x, x])[1] * 2)(1.0) == -2.0


def test_generators_and_comprehensions():
    assert grad(lambda x: sum(x**k / math.factorial(k) for k in range(30)))(1.5) == pytest.approx(
        math.exp(1.5)
    )
    assert grad(lambda x: math.prod([x] * 4))(2.0) == 32.0


def test_an_exception_inside_leaves_no_state():
    w = Value(2.0)

    def bad(x):
        y = x * w
        raise KeyError(y.data)

    for transform in (
        lambda: grad(bad)(3.0),
        lambda: vjp(bad, 3.0),
        lambda: jvp(bad, (3.0,), (1.0,)),
        lambda: hvp(bad, (3.0,), (1.0,)),
        lambda: grad(lambda x: x * grad(bad)(x))(3.0),
        lambda: grad(lambda x: jvp(bad, (x,), (1.0,))[1])(3.0),
    ):
        with pytest.raises(KeyError) as error:
            transform()
        assert error.value.args == (6.0,)
    assert not w.has_grad
    assert grad(lambda x: x * x)(3.0) == 6.0
    assert type(grad(lambda x: x * x)(3.0)) is float


def test_an_exception_may_be_caught_inside():
    def f(x):
        try:
            y = x * 0
            return 1 / y
        except ZeroDivisionError:
            return x * x

    assert grad(f)(3.0) == 6.0
    assert grad(lambda x: grad(f)(x) * x)(3.0) == 12.0


def test_a_function_that_writes_outside():
    seen = []

    def f(x):
        seen.append(x * 2)
        return x * x

    assert grad(f)(3.0) == 6.0
    assert seen[0].data == 6.0  # what leaked out is a node of that call, and harms nothing
    assert grad(lambda x: x * seen[0].detach())(2.0) == 6.0


def test_backward_inside_a_function():
    def f(x):
        v = Value(x.data)
        (v * v).backward()
        return x * v.grad

    assert grad(f)(3.0) == 6.0
    w = Value(3.0)

    def g(x):
        y = w * w * x.detach()
        y.backward()
        return x * w.grad

    assert float(plain(grad(g)(2.0))) == 12.0


# ---- under no_grad -------------------------------------------------------------------------------------
def test_transforms_record_for_themselves_under_no_grad():
    w = Value(2.0)
    with no_grad():
        results = [
            grad(lambda x: x**3)(2.0),
            grad(grad(lambda x: x**3))(2.0),
            jvp(lambda x: x**3, (2.0,), (1.0,))[1],
            jvp(grad(lambda x: x**3), (2.0,), (1.0,))[1],
            vjp(lambda x: x**3, 2.0)[1](1.0)[0],
            hvp(lambda x: x**3, (2.0,), (1.0,))[0],
            grad(lambda x: w * x * x)(3.0),
        ]
    assert [float(plain(r)) for r in results] == [12.0, 12.0, 12.0, 12.0, 12.0, 12.0, 12.0]
    assert not getattr(results[-1], "requires_grad", False)  # w was not to be recorded


def test_no_grad_inside_a_function_cuts():
    def f(x):
        with no_grad():
            y = x * x
        return y * x

    assert grad(f)(3.0) == 9.0
    assert jvp(f, (3.0,), (1.0,))[1] == 9.0
    assert grad(no_grad()(lambda x: x * x))(3.0) == 0.0


def test_under_no_grad_values_that_require_grad_are_constants():
    x = Value(3.0)
    with no_grad():
        g = grad(lambda y: y * y)(x)
    assert type(g) is Value
    assert not g.requires_grad
    assert g.data == 6.0


# ---- where: a branch that is not taken has no say, in any mode, to any order -----------------------------
Z = np.array([0.0, -1.0, 2.0])
WHERE = {
    # f, and its first, second and third derivative at Z
    "sqrt": (
        lambda x: where(x > 0, sqrt(x), 0.0),
        [0, 0, 0.5 * 2**-0.5],
        [0, 0, -0.25 * 2**-1.5],
        [0, 0, 0.375 * 2**-2.5],
    ),
    "x log x": (
        lambda x: where(x > 0, x.log() * x, x * x),
        [0, -2, math.log(2) + 1],
        [2, 2, 0.5],
        [0, 0, -0.25],
    ),
    "x^1.5": (
        lambda x: where(x > 0, x**1.5, 0.0),
        [0, 0, 1.5 * 2**0.5],
        [0, 0, 0.75 * 2**-0.5],
        [0, 0, -0.375 * 2**-1.5],
    ),
    "1/x": (
        lambda x: reshape(where(reshape(x, (3, 1)) > 0, 1 / reshape(x, (3, 1)), 1.0), (3,)),
        [0, 0, -0.25],
        [0, 0, 0.25],
        [0, 0, -0.375],
    ),
    "x^2.5 or x^3": (
        lambda x: where(x > 0, x**2.5, x * x * x),
        [0, 3, 2.5 * 2**1.5],
        [0, -6, 2.5 * 1.5 * 2**0.5],
        [6, 6, 2.5 * 1.5 * 0.5 * 2**-0.5],
    ),
    "exp(-1/x)": (
        lambda x: where(x > 0, (-1 / where(x > 0, x, 1.0)).exp(), 0.0),
        [0, 0, math.exp(-0.5) / 4],
        [0, 0, math.exp(-0.5) * (1 / 16 - 2 / 8)],
        [0, 0, math.exp(-0.5) * (1 / 64 - 6 / 32 + 6 / 16)],
    ),
    "sqrt in sqrt": (
        lambda x: where(x > 0, sqrt(sqrt(x)), x),
        [1, 1, 0.25 * 2**-0.75],
        [0, 0, -0.1875 * 2**-1.75],
        [0, 0, 0.328125 * 2**-2.75],
    ),
    "after the choice": (
        lambda x: square(where(x > 0, sqrt(x), x)),
        [0, -2, 1],
        [2, 2, 0],
        [0, 0, 0],
    ),
}
MODES = {"reverse": sums, "forward": speed}


@pytest.mark.parametrize("name", WHERE)
@pytest.mark.parametrize("first", MODES)
def test_where_first_order(name, first):
    f, want, _, _ = WHERE[name]
    np.testing.assert_allclose(MODES[first](f)(Z), want, rtol=1e-12)


@pytest.mark.parametrize("name", WHERE)
@pytest.mark.parametrize("first", MODES)
@pytest.mark.parametrize("second", MODES)
def test_where_second_order(name, first, second):
    f, _, want, _ = WHERE[name]
    np.testing.assert_allclose(MODES[second](MODES[first](f))(Z), want, rtol=1e-12)


@pytest.mark.parametrize("name", WHERE)
@pytest.mark.parametrize("first", MODES)
@pytest.mark.parametrize("second", MODES)
@pytest.mark.parametrize("third", MODES)
def test_where_third_order(name, first, second, third):
    f, _, _, want = WHERE[name]
    np.testing.assert_allclose(MODES[third](MODES[second](MODES[first](f)))(Z), want, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("first", WAYS)
@pytest.mark.parametrize("second", WAYS)
def test_where_of_numbers(first, second):
    """A Python number raises where an array gives inf; the branch that is not taken must not."""
    first, second = WAYS[first], WAYS[second]

    def f(x):
        return where(x > 0.0, sqrt(x), x * x)

    assert first(f)(0.0) == 0.0
    assert second(first(f))(0.0) == 2.0
    assert first(lambda x: where(x > 0.0, sqrt(x), x * 2))(0.0) == 2.0
    assert second(first(f))(4.0) == pytest.approx(-0.25 / 8)


@pytest.mark.parametrize("first", MODES)
@pytest.mark.parametrize("second", MODES)
def test_a_taken_branch_whose_cotangent_happens_to_be_zero(first, second):
    """Masking the product instead of absorbing would lose the second derivative, which is 2."""

    def h(x):
        return square(where(x > -1.0, sin(x), 0.0))

    np.testing.assert_allclose(MODES[second](MODES[first](h))(np.zeros(2)), [2.0, 2.0])
    assert WAYS["grad"](WAYS["jvp"](h))(0.0) == 2.0
    assert WAYS["jvp"](WAYS["grad"](h))(0.0) == 2.0
    assert grad(grad(h))(0.0) == 2.0


@pytest.mark.parametrize("mode", MODES)
def test_where_absorbs_through_matmul_and_sum(mode):
    w = np.array([[1.0, 2.0], [3.0, 4.0]])

    x = np.array([0.0, 4.0])
    found = MODES[mode](lambda x: where(np.array([False, True]), sqrt(x), 0.0) @ w)(x)
    want = {"reverse": [0.0, 7 * 0.25], "forward": [3 * 0.25, 4 * 0.25]}[mode]
    np.testing.assert_allclose(found, want)


@pytest.mark.parametrize("select", ["maximum", "minimum"])
def test_maximum_and_minimum_absorb_as_well(select):
    sign = 1.0 if select == "maximum" else -1.0

    def f(x):
        return getattr(autodiff, select)(sign * sqrt(x), sign * (1.0 + 0 * x))

    np.testing.assert_allclose(sums(f)(np.array([0.0, 4.0])), [0.0, sign * 0.25])
    np.testing.assert_allclose(speed(f)(np.array([0.0, 4.0])), [0.0, sign * 0.25])


def test_nan_is_shown_outside_a_branch():
    for d in (sums, speed):
        assert np.isnan(d(lambda x: sqrt(x) * sqrt(x))(np.zeros(1))).all()
        assert np.isinf(d(sqrt)(np.zeros(1))).all()
        assert np.isnan(d(lambda x: x * np.nan)(np.ones(1))).all()
        # one part chooses, another does not: what does not is shown
        both = d(lambda x: where(x > 0, sqrt(x), 0.0) + sqrt(x) * sqrt(x))(np.array([0.0, 4.0]))
        assert np.isnan(both[0])
        assert both[1] == 0.25 + 1.0


def test_nan_in_the_branch_not_taken_is_not_shown():
    x = np.array([1.0, np.nan, -np.inf])
    keep = np.array([True, False, False])
    np.testing.assert_array_equal(sums(lambda x: where(keep, x * x, 0.0))(x), [2.0, 0.0, 0.0])
    np.testing.assert_array_equal(speed(lambda x: where(keep, x.exp() * x, 0.0))(x), [2 * math.e, 0.0, 0.0])


def test_where_broadcasts():
    c = np.array([[True], [False]])
    a, b = np.array([1.0, 2.0, 3.0]), 10.0

    def f(a, b):
        return (where(c, a * a, b * a) * np.array([[1.0], [100.0]])).sum()

    ga, gb = grad(f, (0, 1))(a, b)
    np.testing.assert_allclose(ga, 2 * a + 1000.0)
    assert gb == 600.0
