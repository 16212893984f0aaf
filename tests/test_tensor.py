"""Tensor: an array that remembers how it was computed, against NumPy, closed forms and HIPS autograd."""

from __future__ import annotations

import operator
from fractions import Fraction

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

import autodiff
from autodiff import Tensor, Value, grad, hvp, jvp


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


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint64])
def test_numbers_too_large_for_small_integers(dtype):
    """The brightness of a picture over 256: NumPy takes any number where the result has another dtype."""
    a = np.array([1, 100], dtype)
    divide, compare = (operator.truediv, np.divide), (operator.lt, operator.ge, operator.eq, np.less)
    for number in (256, 300, -1, 2**63):
        for f in (*divide, *compare):
            for x, y in ((a, number), (number, a)):
                want, got = f(x, y), f(*(Tensor(z) if z is a else z for z in (x, y)))
                assert got.dtype == want.dtype
                np.testing.assert_array_equal(got.numpy(), want)
    with pytest.raises(OverflowError, match="300 out of bounds"):
        Tensor(np.ones(2, np.uint8)) + 300
    with pytest.raises(OverflowError, match="300 out of bounds"):
        np.maximum(Tensor(np.ones(2, np.uint8)), 300)
    for call in (lambda: leaf([1.0]) * 10**400, lambda: Tensor([1]) < 10**400):
        with pytest.raises(OverflowError):
            call()


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
