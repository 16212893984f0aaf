"""x[i] = v and x += y: every reader sees what x was when it read, in both walks and in every order."""

from __future__ import annotations

import copy
import gc
import pickle
from enum import IntEnum
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autodiff as ad
from autodiff import StaleError, Tensor, grad, gradients, hvp, jvp, no_grad
from autodiff.testing import check_grads

X = np.array([0.3, -0.7, 1.2, 0.5])


def like(f: Any) -> Any:
    """f on a buffer of zeros that it may assign to: an array for NumPy, a Tensor for a derivative."""

    def run(x: Any) -> Any:
        return f(x, np.zeros(4) if isinstance(x, np.ndarray) else Tensor(np.zeros(4)))

    return run


def chain(x, b):
    b[0] = x[0]
    for i in range(1, 4):
        b[i] = np.sin(b[i - 1]) * x[i]
    return b


def read_before(x, b):
    b[:] = x
    y = b * b
    b[1] = 5.0
    return y + b


def read_between(x, b):
    b[0] = x[0]
    first = b * 1.0
    b[0] = x[1] * first[0]
    second = b * x
    b[...] = 0.0
    return first * 3 + second * second + b


def constant_read_before(x, b):
    y = x * b
    b[2] = 7.0
    z = x * b
    b[2] = 9.0
    return y + z * x + x * b


def add_in_place(x, b):
    b += x
    b[1:3] += x[:2] * b[0]
    b *= x
    b -= 1.0
    b[::2] **= 2
    b /= 3.0
    return b


def alias(x, b):
    c = b
    c += x
    c[0] *= x[1]
    return b * x


def repeated_indices(x, b):
    b[np.array([0, 0, 2])] = x[:3]
    b[np.array([1, 1])] += x[2:]
    return b * b


def masks(x, b):
    b[x > 0] = x[x > 0] ** 2
    b[b == 0] = 3.0
    return b


def broadcast(x, b):
    b[:] = x[3]
    b[1:3] = x[None, :2]
    return b * x


def itself(x, b):
    b += x
    b[:2] = b[2:]
    b[0] = b[1] * b[0]
    b += b
    return b


def sorted_in_place(x, b):
    b += x * x
    b.sort() if isinstance(b, Tensor) else b.sort(kind="stable")
    return b * x


PROGRAMS = [
    chain, read_before, read_between, constant_read_before, add_in_place, alias, repeated_indices, masks,
    broadcast, itself, sorted_in_place,
]  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
def test_value_and_derivatives(program):
    f = like(program)
    np.testing.assert_allclose(f(Tensor(X, requires_grad=True)).numpy(), f(X), rtol=1e-14)
    check_grads(f, (X,), order=3)


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_imperative_side_agrees(program):
    f = like(program)
    x = Tensor(X, requires_grad=True)
    f(x).sum().backward(create_graph=True)
    first = x.grad
    np.testing.assert_allclose(first.numpy(), grad(lambda x: f(x).sum())(X), rtol=1e-13)
    x.grad = None
    (first * np.arange(4.0)).sum().backward()
    (product,) = hvp(lambda x: f(x).sum(), (X,), (np.arange(4.0),))
    np.testing.assert_allclose(x.grad, product, rtol=1e-12)


def test_without_derivatives_it_is_numpys():
    for program in PROGRAMS:
        got = program(Tensor(X), Tensor(np.zeros(4)))
        np.testing.assert_allclose(got.numpy(), program(X, np.zeros(4)), rtol=1e-14)
        assert not got.requires_grad


INDICES = hnp.basic_indices((3, 4), allow_newaxis=True) | hnp.integer_array_indices((3, 4)) | st.builds(
    lambda seed: np.random.default_rng(seed).integers(0, 2, (3, 4)) > 0, st.integers(0, 99)
)  # fmt: skip


@settings(max_examples=60)
@given(index=INDICES, seed=st.integers(0, 99), scalar=st.booleans())
def test_every_index(index, seed, scalar):
    """Reading, assigning and adding, for every kind of index, against NumPy and finite differences."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(3, 4))
    v = rng.normal(size=() if scalar else np.shape(x[index]))

    def read(x: Any) -> Any:
        return x[index]

    def assign(x: Any, v: Any) -> Any:
        b = x.copy() * 1.0
        b[index] = v
        return b

    def add(x: Any, v: Any) -> Any:
        b = x * 2.0
        b[index] += v
        return b

    check_grads(read, (x,))
    for f in (assign, add):
        np.testing.assert_array_equal(f(Tensor(x), v).numpy(), f(x, v))
        check_grads(f, (x, np.asarray(v)))


def test_gradients_of_repeated_indices_add():
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    (x[[0, 0, 2]] * np.array([1.0, 10.0, 100.0])).sum().backward()
    np.testing.assert_array_equal(x.grad, [11.0, 0.0, 100.0])


def test_tensors_are_constant_indices():
    x = Tensor(X, requires_grad=True)
    i = Tensor([1, 1, 3])
    x[i].sum().backward()
    np.testing.assert_array_equal(x.grad, [0, 2, 0, 1])
    assert x[Tensor(X) > 0.4].tolist() == [1.2, 0.5]
    assert x[i[0]].item() == X[1]
    assert x[i[0] : i[2]].tolist() == [-0.7, 1.2]
    j = np.array([0, 1])
    y = x[j]
    j[0] = 3  # nobody changes an index later
    assert gradients(y.sum(), x).tolist() == [1, 1, 0, 0]


def test_an_index_list_may_be_empty():
    assert grad(lambda x: x[[]].sum())(X).tolist() == [0.0] * 4


# ---- versions
class Second:
    """What Python takes for an index."""

    def __index__(self) -> int:
        return 1


Place = IntEnum("Place", ["FIRST", "SECOND"], start=0)


PLACES = [
    range(2), ((0, 0),), Place.SECOND, Second(), ([],), True, np.True_,
    np.array(1), (np.array(-1),), np.array(True), (None, np.array(1)), (np.array(1), ...), [[]],
]  # fmt: skip


@pytest.mark.parametrize("at", PLACES)
def test_whatever_numpy_takes_for_an_index(at):
    x = Tensor(X, requires_grad=True)
    np.testing.assert_array_equal(x[at].data, X[at])
    check_grads(lambda x: x[at] ** 2, (X,))
    buffer, array = Tensor(np.zeros(4)), np.zeros(4)
    buffer[at] = array[at] = 7.0
    np.testing.assert_array_equal(buffer.data, array)


def test_results_without_axes_are_indexed_and_assigned_to():
    """Arithmetic of NumPy gives scalars there, which nothing can be written into."""
    check_grads(lambda x: x[()] * x[...] + x[None].sum() + x * 2.0, (np.array(0.7),))

    def f(x):
        y = x.sum() * 2.0
        y[...] = x[0]
        z = x.sum()
        z[()] = y * z
        return z * y

    check_grads(f, (X,))


def test_the_object_stays_the_same():
    b = Tensor(np.zeros(4))
    same, number = b, b.number
    b[0] = Tensor([1.0], requires_grad=True)[0]
    assert same is b
    assert b.requires_grad
    assert b.number > number
    assert b.op.name == "assign"


def test_gradients_of_a_version():
    x = Tensor(X, requires_grad=True)
    b = x * 2.0
    b[0] = 1.0
    y = (b * b).sum()
    np.testing.assert_allclose(gradients(y, b), [2.0, *(4 * X[1:])])
    b.retain_grad()
    y.backward()
    np.testing.assert_allclose(b.grad, [2.0, *(4 * X[1:])])
    np.testing.assert_allclose(x.grad, [0.0, *(8 * X[1:])])


def test_backward_from_what_was_assigned_to():
    x = Tensor(X, requires_grad=True)
    b = x * 2.0
    b[1] = 0.0
    b.backward(gradient=np.ones(4))
    b.backward(gradient=np.ones(4))
    np.testing.assert_array_equal(x.grad, [4.0, 0.0, 4.0, 4.0])


def test_outer_variables_are_assigned_to():
    def f(x):
        b = x * 1.0
        inner = grad(lambda y: (y * b).sum() * y[0])(x)
        b[0] = inner[0]
        return (b * x).sum()

    check_grads(f, (X,))


def test_forward_mode_through_a_buffer():
    def f(x):
        b = Tensor(np.zeros(3))
        for i in range(3):
            b[i] = x * (i + 1.0)
        return b

    out, t = jvp(f, (2.0,), (1.0,))
    assert out.tolist() == [2.0, 4.0, 6.0]
    assert t.tolist() == [1.0, 2.0, 3.0]


def test_nothing_is_kept_of_what_nobody_used():
    import weakref

    gc.disable()
    try:
        b = Tensor(np.zeros(4))
        b[0] = Tensor([1.0], requires_grad=True)[0]
        y = (b * b).sum()
        y.backward()
        gone = weakref.ref(b)
        del b, y
        assert gone() is None
    finally:
        gc.enable()


def test_a_long_loop():
    n = 300

    def f(x):
        b = Tensor(np.zeros(n))
        b[0] = x
        for i in range(1, n):
            b[i] = np.sin(b[i - 1]) + 0.001 * x
        return b[n - 1]

    x, h = 1.3, 1e-6
    want = (f(Tensor(x + h)).item() - f(Tensor(x - h)).item()) / (2 * h)
    np.testing.assert_allclose(grad(f)(np.array(x)), want, rtol=1e-6)
    np.testing.assert_allclose(jvp(f, (np.array(x),), (np.array(1.0),))[1], want, rtol=1e-6)


# ---- what is refused, and leaves everything as it was
def refused(error, *words):
    return pytest.raises(error, match="(?s)" + ".*".join(words))


def test_a_leaf_that_requires_grad():
    x = Tensor(X, requires_grad=True)
    number = x.number
    for change in (
        lambda: x.__setitem__(0, 1.0),
        lambda: x.__iadd__(1.0),
        lambda: x.__imul__(2.0),
        lambda: x.sort(),
    ):
        with refused(RuntimeError, "leaf that requires grad", "copy", "no_grad"):
            change()
    np.testing.assert_array_equal(x.numpy(), X)
    assert x.number == number


def test_a_leaf_inside_no_grad():
    x = Tensor(X, requires_grad=True)
    y = (x * x).sum()
    with no_grad():
        x -= 0.5
        x[0] = 9.0
    assert x.is_leaf
    assert x.requires_grad
    np.testing.assert_allclose(x.numpy(), [9.0, *(X[1:] - 0.5)])
    with refused(StaleError, "multiply", "test_assignment"):
        y.backward()
    (x * x).sum().backward()
    np.testing.assert_allclose(x.grad, 2 * x.numpy())


def test_what_does_not_fit():
    x = Tensor(X, requires_grad=True)
    b = x * 1.0
    whole, before = Tensor([1, 2, 3]), b.number
    for change, error, words in (
        (lambda: b.__setitem__(9, 1.0), IndexError, ["assign", "out of bounds"]),
        (lambda: b.__setitem__(slice(2), np.ones(3)), ValueError, ["assign", "broadcast"]),
        (lambda: b.__setitem__(0, 1j), TypeError, ["complex", "real"]),
        (lambda: b.__setitem__(0, "a"), TypeError, ["numbers"]),
        (lambda: b.__setitem__(0, None), TypeError, ["numbers"]),
        (lambda: b.__iadd__(np.ones((2, 4))), ValueError, [r"x \+=", "shape"]),
        (lambda: b.__imul__(1j), TypeError, [r"x \*=", "complex"]),
        (lambda: whole.__itruediv__(2), TypeError, ["x /=", "float64", "int64"]),
        (lambda: whole.__setitem__(0, x[0]), TypeError, ["int64", "requires grad", "float"]),
        (lambda: Tensor(np.ones(2, bool)).__iadd__(0.5), TypeError, ["float"]),
    ):
        with refused(error, *words):
            change()
    assert b.number == before
    np.testing.assert_array_equal(b.numpy(), X)
    assert whole.tolist() == [1, 2, 3]


def test_an_array_is_not_written_with_a_tensor():
    x, a = Tensor(X, requires_grad=True), np.zeros(4)
    for write in (
        lambda: a.__setitem__(0, x[0]),
        lambda: a.__setitem__(slice(None), x),
        lambda: np.copyto(a, x),
        lambda: a.__iadd__(x),
        lambda: np.put(a, [0], x[0]),
        lambda: np.add(a, x, out=a),
    ):
        with pytest.raises((TypeError, ValueError)):  # NumPy makes a ValueError of ours for a[0] = x
            write()
    assert not a.any()


def test_integers_are_assigned_as_in_numpy():
    whole, array = Tensor([1, 2, 3]), np.array([1, 2, 3])
    whole[0] = array[0] = 7.9
    whole += 1
    array += 1
    whole //= 2
    array //= 2
    assert whole.tolist() == array.tolist()
    whole &= 1
    assert whole.tolist() == [0, 1, 0]
    assert (whole << 2 | 1).tolist() == [1, 5, 1]
    assert (~Tensor([True, False])).tolist() == [False, True]


def test_versions_of_a_constant_that_becomes_a_parameter():
    b = Tensor(np.zeros(2))
    b[0] = 1.0
    b.requires_grad = True
    (b * b).sum().backward()
    np.testing.assert_array_equal(b.grad, [2.0, 0.0])
    b.data = np.ones(2)
    b.grad = None
    (b * b).sum().backward()
    np.testing.assert_array_equal(b.grad, [2.0, 2.0])


def test_new_data_after_an_assignment():
    b, x = Tensor(np.zeros(2)), Tensor(np.ones(2), requires_grad=True)
    b[0] = 1.0
    y = b * x
    b.data = np.full(2, 5.0)
    z = b * x
    (y + z).sum().backward()
    np.testing.assert_array_equal(x.grad, [6.0, 5.0])


def test_python_numbers_and_values():
    x = ad.Value(2.0)
    b = Tensor(np.zeros(2))
    b[0] = x
    b[1] = x * x
    (b * b).sum().backward()
    assert x.grad == 2 * 2 + 4 * 8


def test_gradients_and_hooks_belong_to_what_was():
    x, seen = Tensor(X, requires_grad=True), []
    a = x * 2.0
    a.retain_grad()
    a.register_hook(lambda g: seen.append(g.tolist()))
    a.sum().backward()
    assert a.grad.tolist() == [1.0] * 4
    a[0] = 5.0
    with pytest.warns(UserWarning, match="retain_grad"):
        assert a.grad is None
    a.sum().backward()
    assert seen == [[1.0] * 4, [0.0, 1.0, 1.0, 1.0]]  # of the first a, both times


def test_what_was_assigned_to_is_pickled():
    x = Tensor([1.0, 2.0])
    x[0] = 5.0
    for y in (pickle.loads(pickle.dumps(x)), copy.deepcopy(x)):
        assert (y * 2.0).tolist() == [10.0, 4.0]
        y[1] = 0.0
        assert y.tolist() == [5.0, 0.0]
    assert x.tolist() == [5.0, 2.0]
