"""Tensor: an array that remembers how it was computed, against NumPy, closed forms and HIPS autograd."""

from __future__ import annotations

import copy
import operator
import pickle
from fractions import Fraction

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

import autodiff
from autodiff import Tensor, Value, grad, hvp, jvp, no_grad, vjp


def normal(*shape):
    """The same numbers for the same shape, away from zero."""
    rng = np.random.default_rng([7, *shape])
    return np.asarray(rng.uniform(0.3, 2.0, shape) * rng.choice([-1.0, 1.0], shape))


def leaf(x):
    return Tensor(x, requires_grad=True)


# ---- construction --------------------------------------------------------------------------------------
def test_construction_copies():
    a = np.arange(4.0)
    t = Tensor(a)
    a[0] = 99.0
    assert t.tolist() == [0.0, 1.0, 2.0, 3.0]
    u = Tensor(t)
    assert u.tolist() == t.tolist()
    assert not np.shares_memory(u.data, t.data)


@pytest.mark.parametrize(
    "data",
    [
        3.0,
        3,
        True,
        1j,
        [1.0, 2.0],
        [[1, 2], [3, 4]],
        (),
        np.float32(2.0),
        np.arange(3, dtype=np.int8),
        np.zeros((0, 3)),
        np.ones((2, 3), order="F"),
        np.ones(6)[::2],
        range(3),
    ],
)
def test_data_and_dtype_are_numpys(data):
    t, want = Tensor(data), np.array(data)
    assert (t.dtype, t.shape, t.ndim, t.size) == (want.dtype, want.shape, want.ndim, want.size)
    np.testing.assert_array_equal(t.data, want)
    assert isinstance(t.data, np.ndarray)
    assert not t.requires_grad


def test_dtype_can_be_given():
    assert Tensor([1, 2], dtype=float).dtype == np.float64
    assert Tensor([1.5], dtype=np.float32, requires_grad=True).dtype == np.float32
    assert Tensor(np.ones(2), dtype=complex).dtype == np.complex128


@pytest.mark.parametrize("dtype", [int, bool, np.uint8])
def test_integers_do_not_require_grad(dtype):
    with pytest.raises(TypeError, match="require grad"):
        Tensor(np.ones(2, dtype), requires_grad=True)
    assert Tensor(np.ones(2, dtype)).dtype == dtype


@pytest.mark.parametrize(
    "data", ["a", None, ["a", "b"], object(), [Fraction(1, 2)], {1: 2}, np.array(["2020-01-01"], "M8[D]")]
)
def test_a_tensor_holds_numbers(data):
    with pytest.raises(TypeError, match="numbers"):
        Tensor(data)


def test_nodes_that_require_grad_are_not_cut_by_construction():
    for node in (leaf([1.0]), Value(1.0), leaf([1.0]) * 2):
        with pytest.raises(TypeError):
            Tensor(node)
        with pytest.raises(TypeError):
            Tensor([node, node])


# ---- dtypes --------------------------------------------------------------------------------------------
FLOATS = [np.float16, np.float32, np.float64]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    "number", [2, 2.5, True, Value(2.5), Value(2), Fraction(1, 2), Value(Fraction(1, 2))]
)
@pytest.mark.parametrize("f", [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow])
def test_python_numbers_and_values_are_weak(dtype, number, f):
    x = leaf(np.array([1.5, 2.0], dtype))
    plain = float(number.data) if isinstance(number, Value) else float(number)
    for a, b, want in ((x, number, f(x.numpy(), plain)), (number, x, f(plain, x.numpy()))):
        y = f(a, b)
        assert type(y) is Tensor
        assert y.dtype == want.dtype == dtype
        np.testing.assert_allclose(y.numpy(), want, rtol=2e-3 if dtype is np.float16 else 1e-6)
        x.zero_grad()
        y.sum().backward()
        assert x.grad.dtype == dtype


@pytest.mark.parametrize(
    "left", [np.float16, np.float32, np.float64, np.complex64, np.complex128, np.int32, np.int64, bool]
)
@pytest.mark.parametrize("right", [np.float32, np.float64, np.complex64, np.int8, np.int64])
def test_dtypes_promote_as_numpys(left, right):
    a, b = np.ones(3, left), np.ones(3, right) * 2
    want = (a * b).dtype
    for x, y in (
        (Tensor(a), Tensor(b)),
        (Tensor(a), b),
        (a, Tensor(b)),
        (Tensor(a), b[0]),
        (a[0], Tensor(b)),
    ):
        assert (x * y).dtype == want
        assert np.multiply(x, y).dtype == want


@pytest.mark.parametrize("number", [2, 2.5, 1 + 2j, np.float32(2.5), np.float64(2.5), np.int64(2)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.complex64, np.uint8, bool])
def test_scalars_promote_as_numpys(dtype, number):
    a = np.ones(2, dtype)
    for f in (operator.mul, operator.add, operator.truediv):
        assert f(Tensor(a), number).dtype == f(a, number).dtype
        assert f(number, Tensor(a)).dtype == f(number, a).dtype
        np.testing.assert_allclose(f(Tensor(a), number).numpy(), f(a, number))


def test_gradients_have_the_dtype_of_their_input():
    x, y = leaf(np.ones(2, np.float32)), leaf(np.full(2, 3.0))
    z = (x * y).sum()
    assert z.dtype == np.float64
    z.backward()
    assert (x.grad.dtype, y.grad.dtype) == (np.float32, np.float64)
    np.testing.assert_array_equal(x.grad, [3.0, 3.0])
    c = leaf(np.array([1 + 1j]))
    ((c * x[:1]).real).sum().backward()
    assert (x.grad.dtype, c.grad.dtype) == (np.float32, np.complex128)


def test_float32_stays_through_a_network():
    rng = np.random.default_rng(1)
    w1, w2 = (leaf(rng.normal(size=s).astype(np.float32)) for s in ((5, 4), (4, 2)))
    x = rng.normal(size=(3, 5)).astype(np.float32)
    hidden = np.tanh(x @ w1 * 0.5 + 1)
    loss = ((hidden @ w2) ** 2).mean()
    assert (hidden.dtype, loss.dtype) == (np.float32, np.float32)
    loss.backward(create_graph=True)
    assert (w1.grad.dtype, w2.grad.dtype) == (np.float32, np.float32)
    g = (w1.grad**2).sum()
    w1.zero_grad()
    w2.zero_grad()
    g.backward()
    assert (g.dtype, w1.grad.dtype) == (np.float32, np.float32)


@pytest.mark.parametrize("make", [lambda t: t.sum(), lambda t: t[0], lambda t: t @ t, lambda t: t.mean()])
def test_results_without_axes_are_arrays(make):
    y = make(leaf([1.0, 2.0]))
    assert isinstance(y.data, np.ndarray)
    assert isinstance(y.numpy(), np.ndarray)
    assert y.shape == y.data.shape == ()
    assert type(grad(lambda x: make(x))(np.array([1.0, 2.0]))) is np.ndarray
    value, tangent = jvp(make, (np.array([1.0, 2.0]),), (np.ones(2),))
    assert type(value) is type(tangent) is np.ndarray


# ---- operators -----------------------------------------------------------------------------------------
OPERATORS = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
    "pow": operator.pow,
    "mod": operator.mod,
    "floordiv": operator.floordiv,
}
A = np.array([[0.5, 1.5, 2.5], [3.5, 0.75, 1.25]])
OPERANDS = {
    "array": np.array([[2.0, 0.5, 1.5], [1.0, 3.0, 2.25]]),
    "row": np.array([1.5, 2.0, 0.75]),
    "column": np.array([[1.5], [0.75]]),
    "wider": np.array([[[1.5]], [[0.75]]]),
    "0-d array": np.array(1.5),
    "float": 1.5,
    "int": 2,
    "float64": np.float64(1.5),
    "int64": np.int64(2),
    "list": [[1.5, 2.0, 0.75], [1.0, 3.0, 2.0]],
    "tuple": (1.5, 2.0, 0.75),
    "range": range(1, 4),
    "int array": np.array([1, 2, 3]),
}


@pytest.mark.parametrize("other", [*OPERANDS, "Value", "Tensor", "float Value"])
@pytest.mark.parametrize("name", OPERATORS)
def test_operators_on_both_sides(name, other):
    f = OPERATORS[name]
    b = OPERANDS.get(other, OPERANDS["row"] if other == "Tensor" else 1.5)
    plain = np.asarray(b, float)
    b = {"Value": lambda: Value(1.5), "Tensor": lambda: leaf(plain)}.get(other, lambda: b)()
    for swap in (False, True):
        x = leaf(A)
        y = f(b, x) if swap else f(x, b)
        assert type(y) is Tensor
        np.testing.assert_allclose(y.numpy(), f(plain, A) if swap else f(A, plain), rtol=1e-14)
        if name == "floordiv":
            assert not y.requires_grad
            continue
        weights = normal(*y.shape)
        y.backward(weights)

        def hips(p, q, f=f, swap=swap, weights=weights):
            return (weights * (f(q, p) if swap else f(p, q))).sum()

        if other in ("Value", "Tensor"):
            given = b.grad
            b.zero_grad()
        if name == "mod":  # not in autograd: a - b ⌊a / b⌋
            first, second = (plain, A) if swap else (A, plain)
            full = np.broadcast_to(weights, y.shape)
            along_first, along_second = full, -full * (first // second)
            want_x = along_second if swap else along_first
            want_b = along_first if swap else along_second
            axes = tuple(range(want_x.ndim - 2))
            want_x = want_x.sum(axes)
            np.testing.assert_allclose(x.grad, want_x)
            if other == "Value":
                assert given == pytest.approx(want_b.sum())
            continue
        np.testing.assert_allclose(x.grad, autograd.grad(hips, 0)(A, plain), rtol=1e-12)
        if other in ("Value", "Tensor"):
            np.testing.assert_allclose(given, autograd.grad(hips, 1)(A, plain), rtol=1e-12)


@pytest.mark.parametrize("f", [operator.neg, operator.pos, abs])
def test_unary_operators(f):
    x = leaf([-1.5, 0.0, 2.0])
    y = f(x)
    np.testing.assert_array_equal(y.numpy(), f(np.array([-1.5, 0.0, 2.0])))
    y.sum().backward()
    slope = {operator.neg: [-1, -1, -1], operator.pos: [1, 1, 1], abs: [-1, 0, 1]}[f]
    np.testing.assert_array_equal(x.grad, slope)


@pytest.mark.parametrize("f", [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge])
@pytest.mark.parametrize("other", [2.0, 2, np.array([2.0, 1.0, 3.0]), [2.0, 1.0, 3.0], np.float64(2.0)])
def test_comparisons(f, other):
    a = np.array([1.0, 2.0, 3.0])
    x = leaf(a)
    for left, right, want in (
        (x, other, f(a, other)),
        (other, x, f(np.asarray(other), a)),
        (x, Tensor(other), f(a, other)),
    ):
        y = f(left, right)
        assert y.dtype == bool
        np.testing.assert_array_equal(np.asarray(y), want)


@pytest.mark.parametrize("shapes", [((3,), (4,)), ((2, 3), (2,)), ((2, 3), (3, 2))])
def test_shapes_that_do_not_broadcast(shapes):
    for make in (leaf, np.array):
        with pytest.raises(ValueError, match="shape"):
            leaf(np.ones(shapes[0])) + make(np.ones(shapes[1]))


def test_in_place_operators_of_an_ndarray_do_not_lose_the_graph():
    a, x = np.ones(2), leaf([1.0, 2.0])
    with pytest.raises(TypeError):
        a += x
    with pytest.raises(TypeError):
        np.add(a, x, out=a)
    np.testing.assert_array_equal(a, 1.0)


def test_augmented_assignment_makes_a_new_node():
    x = leaf([1.0, 2.0])
    y = x
    y += 1.0
    y *= y
    assert x.tolist() == [1.0, 2.0]
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [4.0, 6.0])


# ---- sum, mean, shapes ---------------------------------------------------------------------------------
AXES = [None, 0, 1, -1, (0,), (0, 2), (-1, 0), (0, 1, 2), ()]


def agrees(f, g, *arrays, rtol=1e-11):
    """f (ours) and g (NumPy's or autograd's) have one value, gradient and Hessian-vector product."""
    out = f(*[leaf(a) for a in arrays])
    want = g(*arrays)
    assert type(out) is Tensor
    assert out.shape == np.shape(want)
    np.testing.assert_allclose(out.numpy(), want, rtol=1e-13)
    weights = normal(*out.shape)

    def ours(*xs):
        return (np.sin(f(*xs)) * weights).sum()

    def hips(*xs):
        return anp.sum(anp.sin(g(*xs)) * weights)

    nums = tuple(range(len(arrays)))
    gradients = grad(ours, nums)(*arrays)
    vectors = tuple(np.cos(3 * a) for a in arrays)
    products = hvp(ours, arrays, vectors)
    again = grad(
        lambda *xs: sum((g * v).sum() for g, v in zip(grad(ours, nums)(*xs), vectors, strict=True)), nums
    )(*arrays)

    def along(*xs):
        return sum(anp.sum(autograd.grad(hips, k)(*xs) * v) for k, v in enumerate(vectors))

    for k, a in enumerate(arrays):
        first, second = autograd.grad(hips, k)(*arrays), autograd.grad(along, k)(*arrays)
        assert gradients[k].shape == products[k].shape == a.shape
        scale = max(1.0, float(np.abs(second).max(initial=0)))
        np.testing.assert_allclose(gradients[k], first, rtol=rtol, atol=1e-13)
        np.testing.assert_allclose(products[k], second, rtol=rtol, atol=1e-12 * scale)
        np.testing.assert_allclose(again[k], second, rtol=rtol, atol=1e-12 * scale)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("name", ["sum", "mean"])
def test_reductions(name, axis, keepdims):
    if axis == ():
        a = normal(2, 3, 4)
        np.testing.assert_array_equal(getattr(leaf(a), name)(axis=()).numpy(), getattr(a, name)(axis=()))
        np.testing.assert_array_equal(grad(lambda x: getattr(x, name)(axis=()).sum())(a), np.ones(a.shape))
        return
    theirs = getattr(anp, name)
    for form in (
        lambda x: getattr(x, name)(axis=axis, keepdims=keepdims),
        lambda x: getattr(autodiff, name)(x, axis, keepdims=keepdims),
        lambda x: getattr(np, name)(x, axis=axis, keepdims=keepdims),
    ):
        agrees(form, lambda x: theirs(x, axis=axis, keepdims=keepdims), normal(2, 3, 4))


@pytest.mark.parametrize("name", ["sum", "mean"])
def test_reductions_of_small_things(name):
    for a in (normal(1), normal(), normal(1, 1), normal(3)):
        np.testing.assert_allclose(getattr(leaf(a), name)().numpy(), getattr(a, name)())
        np.testing.assert_allclose(
            grad(lambda x: getattr(x, name)())(a), np.ones(a.shape) / (a.size if name == "mean" else 1)
        )
    empty = np.zeros((0, 3))
    assert grad(lambda x: x.sum())(empty).shape == (0, 3)
    assert leaf(empty).sum(axis=0).tolist() == [0.0, 0.0, 0.0]


def test_sums_of_integers_and_bools_are_numpys():
    for a in (np.arange(4), np.array([True, False, True]), np.arange(3, dtype=np.int8)):
        assert Tensor(a).sum().dtype == a.sum().dtype
        assert Tensor(a).mean().dtype == a.mean().dtype
        assert Tensor(a).sum().item() == a.sum()
        assert Tensor(a).mean().item() == pytest.approx(a.mean())


def test_the_mean_of_half_precision_does_not_overflow():
    a = np.full(100_000, 1.5, np.float16)
    assert a.mean() == 1.5
    for form in (lambda x: x.mean(), autodiff.mean, np.mean):
        y = form(leaf(a))
        assert (y.dtype, y.item()) == (np.float16, 1.5)


@pytest.mark.parametrize("shape", [(6, 4), (24,), -1, (2, -1), (4, 3, 2), (1, 24, 1), [8, 3]])
def test_reshape(shape):
    a = normal(2, 3, 4)
    new = tuple(shape) if isinstance(shape, list) else shape
    agrees(lambda x: x.reshape(shape), lambda x: anp.reshape(x, new), a)
    agrees(lambda x: np.reshape(x, shape), lambda x: anp.reshape(x, new), a)
    if isinstance(shape, tuple):
        agrees(lambda x: x.reshape(*shape), lambda x: anp.reshape(x, new), a)


def test_reshape_to_and_from_no_axes():
    assert leaf([[3.0]]).reshape(()).shape == ()
    assert grad(lambda x: (x.reshape(1, 1) ** 2).sum())(np.array(3.0)).tolist() == 6.0


@pytest.mark.parametrize("axes", [None, (0, 1, 2), (2, 0, 1), (1, 2, 0), (-1, 0, 1), (0, 2, 1), (2, -2, 0)])
def test_transpose(axes):
    a = normal(2, 3, 4)
    plain = axes and tuple(k % 3 for k in axes)  # autograd's derivative is wrong for negative axes
    agrees(lambda x: x.transpose(axes), lambda x: anp.transpose(x, plain), a)
    agrees(lambda x: np.transpose(x, axes), lambda x: anp.transpose(x, plain), a)
    if axes is None:
        agrees(lambda x: x.transpose(), anp.transpose, a)
        agrees(lambda x: x.T, anp.transpose, a)
    else:
        agrees(lambda x: x.transpose(*axes), lambda x: anp.transpose(x, plain), a)
        agrees(lambda x: x.transpose(list(axes)), lambda x: anp.transpose(x, plain), a)


def test_transpose_of_few_axes():
    for shape in ((), (3,), (2, 3)):
        a = normal(*shape)
        assert leaf(a).T.shape == a.T.shape
        np.testing.assert_array_equal(grad(lambda x: (x.T * a.T).sum())(a), a)  # noqa: B023


@pytest.mark.parametrize(
    ("small", "large"),
    [
        ((3,), (2, 3)),
        ((2, 1), (2, 3)),
        ((1,), (4,)),
        ((), (2, 2)),
        ((1, 3), (4, 2, 3)),
        ((2, 3), (2, 3)),
        ((1, 1), (3, 1)),
    ],
)
def test_broadcast_to(small, large):
    a = normal(*small)
    for form in (autodiff.broadcast_to, np.broadcast_to):
        agrees(lambda x, form=form: form(x, large), lambda x: x + np.zeros(large), a)


def test_broadcast_to_an_int():
    np.testing.assert_array_equal(autodiff.broadcast_to(leaf([2.0]), 3).numpy(), [2.0, 2.0, 2.0])


@pytest.mark.parametrize(
    "shapes",
    [
        ((2, 3), (3,)),
        ((2, 1), (1, 3)),
        ((4, 1, 3), (2, 1)),
        ((), (2, 3)),
        ((1,), (3,)),
        ((2, 0), (1, 0)),
        ((2, 3), (2, 3)),
    ],
)
@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "divide", "maximum", "arctan2", "hypot"])
def test_broadcasting_is_undone(name, shapes):
    a, b = (normal(*s) for s in shapes)
    if name == "hypot":
        agrees(np.hypot, lambda x, y: anp.sqrt(x * x + y * y), a, b)
    elif name == "arctan2":
        agrees(np.arctan2, anp.arctan2, a, b, rtol=1e-9)
    else:
        agrees(getattr(np, name), getattr(anp, name), a, b)


# ---- indexing ------------------------------------------------------------------------------------------
INDICES = [
    0,
    -1,
    np.int64(1),
    slice(None),
    slice(1, None),
    slice(None, None, -1),
    slice(None, None, 2),
    slice(2, 0, -1),
    slice(5, 9),
    ...,
    None,
    (0, 1),
    (slice(None), 1),
    (..., 0),
    (0, ...),
    (None, 0, slice(None), None),
    (slice(None), slice(1, 3), slice(None, None, -2)),
    (0, 1, 2),
    (..., None),
    (),
    # and what NumPy calls advanced: an element may be picked more than once
    [0, 0, 1],
    np.array([[0, 1], [1, 1]]),
    (slice(None), [0, 2, 2]),
    ([0, 1, 1], [2, 0, 0]),
    (0, slice(None), [3, 3, 0]),
    (slice(None), 1, [3, 3, 0]),
    np.arange(24).reshape(2, 3, 4) % 3 == 0,
    (slice(None), np.array([True, False, True])),
    np.array([True, False]),
    [True, False],
    (slice(None), np.array([-1, 1, -1])),
]


@pytest.mark.parametrize("index", INDICES, ids=repr)
def test_indexing(index):
    a = normal(2, 3, 4)
    plain = np.array(index) if isinstance(index, list) else index  # np.add.at takes a list of bools for ints
    agrees(lambda x: x[index], lambda x: x[plain], a)
    weights = normal(*np.shape(a[index]))
    want = np.zeros_like(a)
    np.add.at(want, plain, weights)  # a second witness
    x = leaf(a)
    x[index].backward(weights)
    np.testing.assert_allclose(x.grad, want, rtol=1e-14)


def test_indexing_by_a_tensor_of_integers_or_bools():
    a = normal(4)
    x = leaf(a)
    x[Tensor([0, 0, 3])].backward([1.0, 10.0, 100.0])
    np.testing.assert_array_equal(x.grad, [11.0, 0.0, 0.0, 100.0])
    np.testing.assert_array_equal(grad(lambda x: (x[x > 0] * 2).sum())(a), 2.0 * (a > 0))


def test_unpacking_and_iteration():
    x = leaf([1.0, 2.0, 3.0])
    a, b, c = x
    (a * b + c).backward()
    np.testing.assert_array_equal(x.grad, [2.0, 1.0, 1.0])
    assert len(x) == 3
    assert [float(row.numpy()) for row in leaf([[1.0], [2.0]])[:, 0]] == [1.0, 2.0]
    assert [row.shape for row in leaf(np.ones((2, 3)))] == [(3,), (3,)]


def test_indexing_many_times_adds_up():
    x = leaf(normal(5))
    total = sum(x[k] * float(k) for k in range(5)) + x[0] * 10 + x[-1] * 100
    total.backward()
    np.testing.assert_array_equal(x.grad, [10.0, 1.0, 2.0, 3.0, 104.0])


# ---- matmul --------------------------------------------------------------------------------------------
MATMULS = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 4)),
    ((2, 3), (3, 4)),
    ((1, 3), (3, 1)),
    ((5, 2, 3), (3,)),
    ((3,), (5, 3, 4)),
    ((5, 2, 3), (3, 4)),
    ((2, 3), (5, 3, 4)),
    ((5, 2, 3), (5, 3, 4)),
    ((1, 2, 3), (5, 3, 4)),
    ((5, 2, 3), (1, 3, 4)),
    ((2, 1, 2, 3), (5, 3, 4)),
    ((2, 5, 2, 3), (3,)),
    ((3,), (2, 5, 3, 4)),
    ((2, 0), (0, 3)),
]


@pytest.mark.parametrize(("left", "right"), MATMULS)
def test_matmul_of_all_ranks(left, right):
    a, b = normal(*left), normal(*right)
    agrees(operator.matmul, anp.matmul, a, b, rtol=1e-10)
    # a product is bilinear: moving one side changes it by exactly the product with the move
    da, db = np.cos(a), np.sin(b)
    value, speed = jvp(np.matmul, (a, b), (da, db))
    np.testing.assert_allclose(value, a @ b)
    np.testing.assert_allclose(speed, da @ b + a @ db)
    for x, y in (
        (leaf(a), b),
        (a, leaf(b)),
        (leaf(a), leaf(b)),
        (leaf(a), b.tolist()),
        (a.tolist(), leaf(b)),
    ):
        if min(np.size(a), np.size(b)):
            np.testing.assert_allclose((x @ y).numpy(), a @ b)
    weights = normal(*np.shape(a @ b))
    ga, gb = vjp(autodiff.matmul, a, b)[1](weights)
    np.testing.assert_allclose((ga * da).sum(), (weights * (da @ b)).sum(), rtol=1e-12)
    np.testing.assert_allclose((gb * db).sum(), (weights * (a @ db)).sum(), rtol=1e-12)


def test_matmul_of_one_tensor_with_itself():
    a = normal(3, 3)
    agrees(lambda x: x @ x @ x, lambda x: anp.matmul(anp.matmul(x, x), x), a)
    agrees(lambda x: x @ x.T, lambda x: anp.matmul(x, anp.transpose(x)), normal(2, 3))
    v = normal(3)
    np.testing.assert_allclose(grad(lambda x: x @ x)(v), 2 * v)


@pytest.mark.parametrize(
    ("left", "right"), [((2, 3), (2, 3)), ((3,), (4,)), ((), (3,)), ((2, 2, 3), (3, 3, 4))]
)
def test_matmul_of_shapes_that_do_not_fit(left, right):
    x = leaf(np.ones(left))
    with pytest.raises(ValueError, match="matmul"):
        x @ np.ones(right)
    with pytest.raises(ValueError, match="matmul"):
        np.ones(left) @ leaf(np.ones(right))


def test_matmul_with_a_number():
    x = leaf([1.0, 2.0])
    for other in (2.0, Value(2.0)):
        with pytest.raises((TypeError, ValueError), match="matmul"):
            x @ other


# ---- data ----------------------------------------------------------------------------------------------
def test_data_takes_a_step():
    x = leaf([1.0, 2.0])
    (x * x).sum().backward()
    x.data -= 0.25 * x.grad
    assert x.tolist() == [0.5, 1.0]
    x.data += 1
    x.data *= 2.0
    x.data /= 4.0
    assert x.tolist() == [0.75, 1.0]
    x.data **= 2
    x.data //= 0.25
    x.data %= 2.0
    assert x.tolist() == [0.0, 0.0]
    x.data = [3.0, 4.0]
    assert x.tolist() == [3.0, 4.0]
    x.zero_grad()
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [6.0, 8.0])


def test_a_step_keeps_the_dtype():
    x = leaf(np.ones(2, np.float32))
    x.data -= np.full(2, 0.5)
    assert x.dtype == np.float32
    x.data = [1, 2]
    assert x.dtype == np.float32
    with pytest.raises(TypeError):
        x.data = np.array([1j, 2])
    assert x.tolist() == [1.0, 2.0]


def writes(t):
    d = t.data
    return {
        "element": lambda: d.__setitem__(0, 9.0),
        "slice": lambda: d.__setitem__(slice(None), 9.0),
        "through a view": lambda: d[:1].__setitem__(0, 9.0),
        "through asarray": lambda: np.asarray(d).__setitem__(0, 9.0),
        "through reshape": lambda: d.reshape(2, 1).__setitem__(0, 9.0),
        "fill": lambda: d.fill(9.0),
        "sort": lambda: d.sort(),
        "out=": lambda: np.add(d, 1, out=d),
        "copyto": lambda: np.copyto(d, 9.0),
        "put": lambda: np.put(d, 0, 9.0),
        "numpy()": lambda: t.numpy().__setitem__(0, 9.0),
        "numpy() view": lambda: t.numpy()[:1].__setitem__(0, 9.0),
        "numpy() out=": lambda: np.add(t.numpy(), 1, out=t.numpy()),
    }


@pytest.mark.parametrize("how", writes(Tensor([2.0, 1.0])))
def test_data_is_read_only(how):
    for t in (leaf([2.0, 1.0]), leaf([1.0, 0.5]) * 2):
        with pytest.raises(ValueError, match="read-only"):
            writes(t)[how]()
        assert t.tolist() == [2.0, 1.0]


def test_stepping_on_what_data_was_changes_no_tensor():
    x = leaf([1.0, 2.0])
    d = x.data
    d -= 1.0
    assert x.tolist() == [1.0, 2.0]
    assert d.tolist() == [0.0, 1.0]


def test_a_copy_of_data_is_an_ordinary_array():
    x = leaf([1.0, 2.0])
    for copied in (
        x.data.copy(),
        np.array(x.data),
        x.data + 0,
        x.data.astype(np.float32),
        x.data.flatten(),
        x.numpy().copy(),
    ):
        copied[0] = 9.0
        copied += 1.0
        assert copied.tolist() == [10.0, 3.0]
    assert x.tolist() == [1.0, 2.0]
    assert x.data.sum() == 3.0
    assert (x.data @ x.data) == 5.0
    assert repr(x.data) == "array([1., 2.])"


VIEWS = {
    "reshape": lambda t: t.reshape(2, 2),
    "T": lambda t: t.reshape(2, 2).T,
    "slice": lambda t: t[1:3],
    "element": lambda t: t[0],
    "ellipsis": lambda t: t[...],
    "broadcast_to": lambda t: autodiff.broadcast_to(t, (3, 4)),
    "+": operator.pos,
    "real": lambda t: t.real,
    "detach": lambda t: t.detach(),
    "conjugate": lambda t: t.conjugate(),
    "data": lambda t: t.data,
    "numpy()": lambda t: t.numpy(),
    "Tensor": lambda t: Tensor(t.detach()),
    "mean over nothing": lambda t: t.mean(axis=()),
}


@pytest.mark.parametrize("how", VIEWS)
@pytest.mark.parametrize("step", ["-=", "=", "SGD"])
def test_new_data_never_changes_earlier_results(how, step):
    t = leaf([1.0, 2.0, 3.0, 4.0])
    y = VIEWS[how](t)
    before = np.array(getattr(y, "data", y))
    if step == "-=":
        t.data -= 1.0
    elif step == "=":
        t.data = np.zeros(4)
    else:
        t.grad = np.ones(4)
        autodiff.optim.SGD([t], lr=0.1).step()
    assert t.tolist() != [1.0, 2.0, 3.0, 4.0]
    after = y.data if isinstance(y, Tensor) else y
    np.testing.assert_array_equal(after, before)


def test_assigned_data_is_copied():
    a, t = np.ones(2), leaf([0.0, 0.0])
    t.data = a
    a[0] = 9.0
    assert t.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("value", [np.ones(3), 1.0, np.ones((2, 1)), []])
def test_new_data_has_the_old_shape(value):
    t = leaf([1.0, 2.0])
    with pytest.raises(ValueError, match="shape"):
        t.data = value
    assert t.tolist() == [1.0, 2.0]


def test_only_leaves_take_data():
    y = leaf([1.0]) * 2
    with pytest.raises(ValueError, match=r"leaf.*multiply"):
        y.data = [3.0]


def test_gradients_belong_to_nobody_else():
    g, x, y = np.ones(2), leaf([1.0, 2.0]), leaf([3.0, 4.0])
    z = x + y
    z.backward(g)
    arrays = [g, x.grad, y.grad]
    x.grad[0] = 9.0
    y.grad[1] = 7.0
    assert [a.tolist() for a in arrays] == [[1.0, 1.0], [9.0, 1.0], [1.0, 7.0]]
    w = leaf([1.0, 2.0])
    w.backward(g)
    w.grad[0] = 9.0
    w.reshape(2).backward(g)
    assert (g.tolist(), w.grad.tolist()) == ([1.0, 1.0], [10.0, 2.0])


def test_a_gradient_can_be_written_and_kept():
    x = leaf([1.0, 2.0])
    x.sum().backward()
    first = x.grad
    first *= 2.0
    x.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
    assert first.tolist() == [2.0, 2.0]  # what was read earlier is not added into
    assert x.grad.flags.writeable


def test_results_of_transforms_belong_to_nobody_else():
    a, v = np.zeros(2), np.ones(2)
    _, t = jvp(lambda x: x, (a,), (v,))
    _, (t1, t2) = jvp(lambda x: (x + 0, x + 0), (a,), (v,))
    (g,) = vjp(lambda x: x, a)[1](v)
    g1, g2 = vjp(lambda x, y: x + y, a, a)[1](v)
    (h,) = hvp(lambda x: (x * x).sum() / 2, (a,), (v,))
    g3, g4 = grad(lambda x, y: (x + y).sum(), (0, 1))(a, a)
    found = [v, a, t, t1, t2, g, g1, g2, h, g3, g4]
    pairs = [(i, j) for i in range(len(found)) for j in range(i) if np.shares_memory(found[i], found[j])]
    assert pairs == []
    assert all(x.flags.writeable for x in found)


def test_backward_adds_into_leaves():
    x = leaf([1.0, 2.0])
    for times in (1, 2, 3):
        (x * x).sum().backward()
        np.testing.assert_array_equal(x.grad, times * np.array([2.0, 4.0]))
    x.zero_grad()
    assert x.grad is None
    assert not x.has_grad
    x.grad = np.array([1.0, 1.0])
    x.sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 2.0])


def test_a_gradient_has_the_shape_of_its_tensor():
    x = leaf([1.0, 2.0])
    for wrong in (np.ones(5), np.ones((2, 1)), "a"):
        with pytest.raises((ValueError, TypeError)):
            x.grad = wrong
    assert x.grad is None


def test_inner_tensors_keep_no_gradient():
    x = leaf([1.0, 2.0])
    y = x * x
    y.sum().backward()
    assert y.grad is None


# ---- leaving the graph ---------------------------------------------------------------------------------
def test_item_and_tolist():
    assert leaf([[2.5]]).item() == 2.5
    assert type(leaf(2.5).item()) is float
    assert leaf([[1.0, 2.0]]).tolist() == [[1.0, 2.0]]
    with pytest.raises(ValueError):
        leaf([1.0, 2.0]).item()


def test_numpy_of_what_needs_no_gradient():
    t = Tensor([1.0, 2.0])
    a = np.asarray(t)
    a[0] = 9.0  # a copy
    assert t.tolist() == [1.0, 2.0]
    assert float(Tensor(2.0)) == 2.0
    assert int(Tensor(2)) == 2
    assert np.asarray(t, dtype=np.float32).dtype == np.float32


def test_truth():
    assert bool(leaf(1.0))
    assert not leaf([0.0])
    with pytest.raises(ValueError, match="ambiguous"):
        bool(leaf([1.0, 2.0]))


@pytest.mark.parametrize(
    "make",
    [
        lambda x: np.array([x, x]),
        lambda x: np.array([x[0], 1.0]),
        lambda x: np.asarray(x),
        lambda x: np.stack([x, x]),
        lambda x: np.concatenate([x, x]),
        lambda x: x + np.array([1.0, "a"], dtype=object),
        lambda x: np.array([None, 1]) * x,
        lambda x: x + [x, 1.0],
        lambda x: np.vectorize(lambda v: v)(x),
        lambda x: np.add.reduce(x),
        lambda x: np.multiply.outer(x, x),
        lambda x: np.frompyfunc(lambda v: v, 1, 1)(x),
        lambda x: np.full(2, x),
        lambda x: np.fromiter(x, float),
        lambda x: np.sort(x),
        lambda x: np.add.at(np.ones(2), 0, x),
    ],
)
def test_never_an_object_array_nor_a_detached_copy(make):
    """Either an error, or a result that is in the graph; never an array of objects, never silence."""
    x = leaf([1.0, 2.0])
    try:
        y = make(x)
    except (TypeError, ValueError) as error:
        assert len(str(error)) > 20
    else:
        assert isinstance(y, Tensor)
        assert y.requires_grad
        assert y.dtype != object


@pytest.mark.parametrize(
    "make",
    [lambda: leaf([1.0, 2.0]), lambda: Tensor(np.ones((2, 2), np.float32), name="w"), lambda: leaf(1j)],
)
@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_leaves_are_copied_and_pickled(make, how):
    t = make()
    t.grad = np.ones(t.shape, t.dtype)
    twin = how(t)
    assert (twin.dtype, twin.shape, twin.name, twin.requires_grad) == (
        t.dtype,
        t.shape,
        t.name,
        t.requires_grad,
    )
    np.testing.assert_array_equal(twin.data, t.data)
    np.testing.assert_array_equal(twin.grad, t.grad)
    assert not np.shares_memory(twin.data, t.data)
    before = t.tolist()
    twin.data += 1.0
    assert t.tolist() == before
    with pytest.raises(TypeError, match="detach"):
        how(leaf([1.0]) * 2)


def test_repr_and_format():
    assert repr(Tensor([1.0, 2.0])) == "Tensor([1., 2.], dtype=float64)"
    assert repr(leaf([1.0])) == "Tensor([1.], dtype=float64, requires_grad=True)"
    assert repr(leaf([1.0]) * 2) == "Tensor([2.], dtype=float64, made by multiply)"
    assert "name='w'" in repr(Tensor([1.0], name="w"))
    assert f"{leaf([2.5]):.2f}" == "2.50"
    assert f"{leaf([1.0])}" == repr(leaf([1.0]))
    with pytest.raises(ValueError):
        format(leaf([1.0, 2.0]), ".2f")


def test_hash_is_identity():
    x, y = leaf([1.0]), leaf([1.0])
    assert len({x, y}) == 2
    assert {x: 1}[x] == 1


def test_under_no_grad_nothing_is_recorded():
    x = leaf([1.0, 2.0])
    with no_grad():
        for y in (x * x, x @ x, x.sum(), x[0], x.reshape(2, 1), np.sin(x), x.T, x * Value(2.0)):
            assert not y.requires_grad
            assert y.inputs == ()


def test_ndarray_subclasses_and_scalars_make_plain_tensors():
    x = leaf([1.0, 2.0])
    y = x.data * x  # data is a subclass of ndarray
    assert type(y) is Tensor
    assert type(y.value) in (np.ndarray, np.float64)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [1.0, 2.0])
    assert type(x.grad) is np.ndarray
    masked = np.ma.array([1.0, 2.0], mask=[True, False])
    z = Tensor([1.0, 2.0]) + np.asarray(masked)
    assert type(z.numpy()) is np.ndarray
