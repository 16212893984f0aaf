"""backward() in PyTorch's words: retained gradients, hooks, a graph that is released, requires_grad."""

from __future__ import annotations

import gc
import tracemalloc
import weakref

import numpy as np
import pytest

import autodiff as ad
from autodiff import Tensor, Value, grad, no_grad

X = np.array([0.3, -0.7, 1.2])


def leaf(x=X):
    return Tensor(x, requires_grad=True)


# ---- retained gradients
def test_retain_grad():
    x = leaf()
    a = x * 3.0
    b = a.sin()
    for node in (a, b):
        node.retain_grad()
        node.retain_grad()  # again changes nothing
    (b * b + a).sum().backward()
    np.testing.assert_allclose(b.grad, 2 * np.sin(3 * X))
    np.testing.assert_allclose(a.grad, 2 * np.sin(3 * X) * np.cos(3 * X) + 1)
    assert x.grad is not None
    (b * 2.0).sum().backward()  # of the last call
    np.testing.assert_allclose(b.grad, 2.0)


def test_retain_grad_of_the_result_itself():
    y = (leaf() * 2).sum()
    y.retain_grad()
    y.backward()
    assert y.grad == 1.0


def test_an_inner_gradient_that_was_not_retained():
    a = leaf() * 3.0
    a.sum().backward()
    with pytest.warns(UserWarning, match=r"multiply.*retain_grad"):
        assert a.grad is None
    constant = Tensor(X) * 3.0
    assert constant.grad is None  # no warning: there never is one


def test_retain_grad_needs_a_gradient():
    with pytest.raises(RuntimeError, match="does not require grad"):
        Tensor(X).retain_grad()
    with pytest.raises(RuntimeError, match="does not require grad"):
        Tensor(X).register_hook(print)


def test_retained_gradients_are_nodes_with_create_graph():
    x = leaf()
    a = x * x
    a.retain_grad()
    (a * a).sum().backward(create_graph=True)
    a.grad.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 4 * X**3 + 4 * X)


# ---- hooks
def test_a_hook_sees_the_whole_gradient_once():
    seen = []
    x = leaf()
    a = x * 2.0
    a.register_hook(lambda g: seen.append(g.copy()))
    (a * a + 3.0 * a).sum().backward()
    assert len(seen) == 1
    np.testing.assert_allclose(seen[0], 4 * X + 3)


def test_what_a_hook_returns_takes_its_place():
    x = leaf()
    a = x * 2.0
    a.register_hook(lambda g: g * 10)
    a.register_hook(lambda g: g + 1)
    a.retain_grad()
    a.sum().backward()
    np.testing.assert_allclose(a.grad, 11.0)
    np.testing.assert_allclose(x.grad, 22.0)


def test_a_hook_of_a_leaf_acts_before_the_sum():
    x = leaf()
    x.register_hook(lambda g: g.clip(max=1.0))
    for _ in range(2):
        (x * 3.0).sum().backward()
    np.testing.assert_array_equal(x.grad, 2.0)


def test_a_hook_can_be_removed():
    x = leaf()
    handle = x.register_hook(lambda g: g * 0)
    handle.remove()
    handle.remove()
    x.sum().backward()
    np.testing.assert_array_equal(x.grad, 1.0)


def test_removing_twice_leaves_another_registration_of_the_same_hook():
    x, seen = Value(2.0), []
    handle = x.register_hook(seen.append)
    x.register_hook(seen.append)
    handle.remove()
    handle.remove()
    (x * x).backward()
    assert seen == [4.0]


def test_hooks_of_values():
    x = Value(2.0)
    a = x * x
    a.register_hook(lambda g: 2 * g)
    (a * 3.0).backward()
    assert (a.grad, x.grad) == (6.0, 24.0)


def test_hooks_when_the_derivative_is_recorded():
    x = leaf()
    a = x * x
    a.register_hook(lambda g: g * g)
    (a * a).sum().backward(create_graph=True)
    np.testing.assert_allclose(x.grad.numpy(), (2 * X**2) ** 2 * 2 * X)
    np.testing.assert_allclose(ad.gradients(x.grad.sum(), x), 40 * X**4)


def test_hooks_below_a_choice():
    x = Tensor([0.0, 4.0], requires_grad=True)
    a = x * 1.0
    a.register_hook(lambda g: g * 2)
    ad.where(a > 0, ad.sqrt(a), 0.0).sum().backward()
    np.testing.assert_array_equal(x.grad, [0.0, 0.5])


def test_a_hook_can_not_write_into_a_gradient():
    x = leaf()
    x.register_hook(lambda g: g.__setitem__(0, 9.0))
    with pytest.raises(ValueError, match="read-only"):
        x.sum().backward()
    assert x.grad is None


@pytest.mark.parametrize("inner", [True, False])
@pytest.mark.parametrize("wrong", [lambda g: g[:2], lambda g: g.sum(), lambda g: "a", lambda g: g * 1j])
def test_a_hook_that_returns_something_else(inner, wrong):
    x = leaf()
    a = x * 1.0
    (a if inner else x).register_hook(wrong)
    with pytest.raises((ValueError, TypeError), match=r"shape|complex"):
        (a * a).sum().backward()
    assert x.grad is None


def test_functional_derivatives_run_no_hooks():
    x = leaf()
    a = x * 1.0
    a.register_hook(lambda g: g * 10)
    np.testing.assert_array_equal(ad.gradients(a.sum(), x), 1.0)


# ---- a graph that is released
def test_a_second_walk_over_a_released_graph():
    x = leaf()
    a = x.exp()
    y = (a * a).sum()
    y.backward(retain_graph=False)
    np.testing.assert_allclose(x.grad, 2 * np.exp(2 * X))
    first = x.grad.copy()
    for again in (y, a, (a * 2.0).sum()):
        with pytest.raises(RuntimeError, match=r"released by backward.retain_graph=False."):
            again.backward(gradient=np.ones(again.shape))
    np.testing.assert_array_equal(x.grad, first)
    np.testing.assert_allclose(a.numpy(), np.exp(X))  # what the user holds stays


def test_release_below_a_choice():
    x = Tensor([0.0, 4.0], requires_grad=True)
    ad.where(x > 0, ad.sqrt(x), 0.0).sum().backward(retain_graph=False)
    np.testing.assert_array_equal(x.grad, [0.0, 0.25])


def test_release_of_numbers():
    x = Value(2.0)
    a = x * x
    (a * a).backward(retain_graph=False)
    assert (x.grad, a.grad) == (32.0, 8.0)


def test_release_and_create_graph_exclude_each_other():
    with pytest.raises(ValueError, match="create_graph"):
        leaf().sum().backward(retain_graph=False, create_graph=True)


LAYERS, SIZE = 200, 50_000


def chain():
    x = Tensor(np.ones(SIZE), requires_grad=True)
    y = x
    for _ in range(LAYERS):
        y = y.tanh()
    return x, y.sum()


def test_peak_memory_of_a_released_chain():
    """The forward run's values, which were there before, and no more than two arrays."""
    chain()[1].backward()  # whatever is made once
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        x, y = chain()
        forward, _ = tracemalloc.get_traced_memory()
        assert forward > LAYERS * SIZE * 8
        y.backward(retain_graph=False)
        afterwards, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    assert peak - forward <= 2 * SIZE * 8 + 20_000  # and some Python objects
    assert afterwards < 3 * SIZE * 8  # the leaf and its gradient
    assert np.all(x.grad > 0)


def test_values_are_freed_as_the_walk_passes():
    x = leaf()
    a = x.exp()
    gone = weakref.ref(a)
    alive = []
    b = a.sin()
    b_hook = x * 1.0
    b_hook.register_hook(lambda g: alive.append(gone() is not None))
    c = (b_hook * b).sum()  # b_hook is older than a: its turn comes after a's
    del a, b
    gc.disable()
    try:
        c.backward(retain_graph=False)
    finally:
        gc.enable()
    assert gone() is None


# ---- requires_grad
def test_requires_grad_can_be_set_on_leaves():
    x = Tensor(X)
    x.requires_grad = True
    (x * x).sum().backward()
    np.testing.assert_allclose(x.grad, 2 * X)
    x.requires_grad = False
    assert not (x * x).requires_grad
    v = Value(1.0)
    v.requires_grad = False
    assert not (v * v).requires_grad


def test_requires_grad_can_not_be_set_on_others():
    x = leaf()
    y = x * x
    with pytest.raises(ValueError, match=r"leaves.*multiply.*detach"):
        y.requires_grad = False
    assert y.requires_grad
    whole = Tensor([1, 2])
    with pytest.raises(TypeError, match=r"int64.*float"):
        whole.requires_grad = True
    assert not whole.requires_grad


def test_is_leaf():
    x = leaf()
    assert x.is_leaf
    assert Tensor(X).is_leaf
    assert not (x * x).is_leaf
    assert (x * x).detach().is_leaf


def test_no_grad_records_nothing():
    x = leaf()
    with no_grad():
        y = np.concatenate([x, x])[1:].sum() + np.einsum("i,i", x, x)
        b = x.copy()
        b[0] = x[1]
    assert y.inputs == b.inputs == ()
    assert not b.requires_grad


def test_gradient_of_the_wrong_shape_or_dtype():
    y = leaf() * 2.0
    for wrong, error in ((np.ones(2), ValueError), (np.ones(3) * 1j, ValueError), ("a", ValueError)):
        with pytest.raises(error, match="gradient"):
            y.backward(gradient=wrong)


def test_a_hook_does_not_change_what_others_share():
    """The gradient of a sum is the same array for both inputs: a hook on one leaves the other alone."""
    x, z = leaf(), leaf()
    a, b = x * 1.0, z * 1.0
    a.register_hook(lambda g: g * 5)
    (a + b).sum().backward()
    np.testing.assert_array_equal(x.grad, 5.0)
    np.testing.assert_array_equal(z.grad, 1.0)


def test_numpys_functions_stay_exact_under_grad():
    assert grad(lambda x: np.prod(x))(np.array([0.0, 2.0, 3.0])).tolist() == [6.0, 0.0, 0.0]
    assert grad(lambda x: np.prod(x))(np.array([0.0, 0.0, 3.0])).tolist() == [0.0, 0.0, 0.0]
    assert grad(lambda x: np.cumprod(x).sum())(np.array([0.0, 2.0, 3.0])).tolist() == [9.0, 0.0, 0.0]
    assert grad(lambda x: np.std(x))(np.ones(3)).tolist() == [0.0, 0.0, 0.0]
    assert grad(lambda x: np.max(x))(np.array([1.0, 3.0, 3.0])).tolist() == [0.0, 0.5, 0.5]


def test_a_leaf_that_requires_grad_too_late():
    """What used it before recorded only a part of its derivative: no gradient is better than that."""
    x, w = Tensor(3.0), leaf(2.0)
    y = (x * 2.0) * w + x * w  # the first product is a constant
    x.requires_grad = True
    with pytest.raises(ad.StaleError, match="require grad"):
        y.backward()
    assert x.grad is None and w.grad is None
    x.requires_grad = True  # changes nothing
    ((x * 2.0) * w + x * w).backward()
    assert (x.grad, w.grad) == (6.0, 9.0)
    y = x * w
    x.requires_grad = True
    y.backward()
    assert (x.grad, w.grad) == (8.0, 12.0)


# ---- gradient= is a Tensor or a Value
@pytest.mark.parametrize("tracked", [False, True])
@pytest.mark.parametrize("ask", ["backward", "gradients"])
def test_a_gradient_that_is_a_tensor(ask, tracked):
    x, g = leaf([1.0, 2.0]), Tensor([1.0, 10.0], requires_grad=tracked)
    y = +x
    if ask == "backward":
        y.backward(g)
        got = x.grad
    else:
        got = ad.gradients(y, x, gradient=g)
    assert type(got) is np.ndarray
    got *= 5  # is nobody else's
    assert got.tolist() == [5.0, 50.0]
    assert g.tolist() == [1.0, 10.0]


def test_an_array_given_as_gradient_is_not_handed_out():
    x, g = leaf([1.0, 2.0]), np.ones(2)
    got = ad.gradients(+x, x, gradient=g)
    got *= 5
    assert g.tolist() == [1.0, 1.0]


def test_a_gradient_that_is_a_value():
    x = leaf([1.0, 2.0])
    x.sum().backward(Value(3.0))
    assert x.grad.tolist() == [3.0, 3.0]
    v = Value(2.0)
    y = v * v
    y.backward(Value(3.0))
    assert (v.grad, y.grad) == (12.0, 3.0)
    assert type(v.grad) is type(y.grad) is float
    with pytest.raises(TypeError, match="complex"):
        y.backward(Value(1j))
    assert v.grad == 12.0


def test_a_gradient_assigned_is_checked_in_every_form():
    x = leaf([1.0, 2.0])
    for wrong in (np.ones(3), Tensor(np.ones(3))):
        with pytest.raises(ValueError, match="shape"):
            x.grad = wrong
    with pytest.raises(TypeError, match="complex128"):
        x.grad = Tensor([1j, 2.0])
    assert x.grad is None
    x.grad = g = Tensor([1.0, 1.0])
    assert x.grad is g


# ---- whose array a gradient is
def test_what_a_hook_gave_or_kept_is_not_handed_out():
    x, a = leaf([1.0, 2.0]), leaf([1.0, 2.0])
    given, kept = np.ones(2), []
    x.register_hook(lambda g: given)
    a.register_hook(kept.append)
    b = a * 1.0
    b.register_hook(kept.append)
    b.retain_grad()
    (x * b).sum().backward()
    for node in (x, a, b):
        node.grad *= 5
    assert given.tolist() == [1.0, 1.0]
    assert [g.tolist() for g in kept] == [[1.0, 2.0], [1.0, 2.0]]


def test_a_leaf_that_is_its_own_result():
    x = Tensor(2.0, requires_grad=True)
    for _ in range(2):
        x.backward(retain_graph=False)
    assert x.grad == 2.0
