"""Tensor: indexing, products, its data and what leaves the graph."""

from __future__ import annotations

import copy
import operator
import pickle

import autograd.numpy as anp
import numpy as np
import pytest

import autodiff
from autodiff import Tensor, Value, grad, hvp, jvp, no_grad, vjp
from tests.test_tensor import agrees


def normal(*shape):
    """The same numbers for the same shape, away from zero."""
    rng = np.random.default_rng([7, *shape])
    return np.asarray(rng.uniform(0.3, 2.0, shape) * rng.choice([-1.0, 1.0], shape))


def leaf(x):
    return Tensor(x, requires_grad=True)


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
    with pytest.warns(UserWarning, match="retain_grad"):
        assert y.grad is None


# ---- leaving the graph ---------------------------------------------------------------------------------
def test_item_and_tolist():
    assert leaf([[2.5]]).item() == 2.5
    assert type(leaf(2.5).item()) is float
    assert leaf([[1.0, 2.0]]).tolist() == [[1.0, 2.0]]
    with pytest.raises(ValueError, match=r"one number is asked for.* shape \(2,\): take one"):
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
    assert repr(Tensor([1.0, 2.0])) == "Tensor([1., 2.], shape=(2,), dtype=float64)"
    assert repr(leaf([1.0])) == "Tensor([1.], shape=(1,), dtype=float64, requires_grad=True)"
    assert repr(leaf([1.0]) * 2) == "Tensor([2.], shape=(1,), dtype=float64, made by multiply)"
    assert "name='w'" in repr(Tensor([1.0], name="w"))
    assert f"{leaf([2.5]):.2f}" == "2.50"
    assert f"{leaf([1.0])}" == repr(leaf([1.0]))
    with pytest.raises(TypeError, match=r"format '.2f' is for one number, .* shape \(2,\)"):
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


def test_masked_arrays_are_refused():
    masked = np.ma.array([1.0, 2.0], mask=[True, False])
    x = Tensor([1.0, 2.0], requires_grad=True)
    uses = (lambda: Tensor(masked), lambda: x * masked, lambda: masked * x, lambda: np.maximum(x, masked))
    for use in uses:
        with pytest.raises(TypeError, match=r"mask|would cut the graph"):
            use()
