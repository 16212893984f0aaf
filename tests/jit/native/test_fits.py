"""Calls whose arguments machine code looks at: only those that a program was made for go straight to it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff.numpy as m
from autodiff import Tensor, Value, grad, jit

pytest.importorskip("llvmlite")
from autodiff.jit.native import driver, fits

if not driver.known():
    pytest.skip("here Python looks at arguments", allow_module_level=True)

F64 = np.dtype(float)
KINDS = [(np.ndarray, (2, 3), F64), (float, None, None), (np.ndarray, (), F64)]
FITTING = np.zeros((2, 3)), 0.5, np.array(1.0)


class Own(np.ndarray):
    pass


OTHERS: dict[str, tuple[Any, ...]] = {
    "too few": FITTING[:2],
    "none": (),
    "too many": (*FITTING, 1.0),
    "another shape": (np.zeros((3, 2)), *FITTING[1:]),
    "fewer axes": (np.zeros(6), *FITTING[1:]),
    "an axis more": (np.zeros((2, 3, 1)), *FITTING[1:]),
    "another dtype": (np.zeros((2, 3), np.float32), *FITTING[1:]),
    "the other byte order": (np.zeros((2, 3), ">f8"), *FITTING[1:]),
    "integers": (np.zeros((2, 3), int), *FITTING[1:]),
    "a subclass": (np.zeros((2, 3)).view(Own), *FITTING[1:]),
    "a list": ([[0.0] * 3] * 2, *FITTING[1:]),
    "a Tensor": (Tensor(np.zeros((2, 3))), *FITTING[1:]),
    "None": (None, *FITTING[1:]),
    "a whole number": (FITTING[0], 1, FITTING[2]),
    "NumPy's number": (FITTING[0], np.float64(0.5), FITTING[2]),
    "a number for an array": (FITTING[0], 0.5, 1.0),
    "an array for a number": (FITTING[0], np.array(0.5), FITTING[2]),
    "exchanged": FITTING[::-1],
}


def test_arguments_that_fit() -> None:
    table = fits.table(KINDS)
    assert fits.unfit()(table, *FITTING) is False
    for x in (np.ones((3, 2)).T, np.ones((4, 3))[::2], np.broadcast_to(1.0, (2, 3))):  # strides don't matter
        assert fits.unfit()(table, x, -np.inf, np.array(2.0)) is False
    assert fits.unfit()(fits.table([(np.ndarray, (0, 5), F64)]), np.empty((0, 5))) is False
    assert fits.unfit()(fits.table([])) is False


@pytest.mark.parametrize("name", OTHERS)
def test_arguments_that_do_not_fit(name: str) -> None:
    assert fits.unfit()(fits.table(KINDS), *OTHERS[name]) is True


def test_nodes_and_trees_have_no_table() -> None:
    assert fits.table(None) is None
    assert fits.table([(Tensor, (3,), F64)]) is None


def test_whatever_comes_the_result_is_that_of_the_function() -> None:
    def f(x: Any, c: Any) -> Any:
        return m.sin(x) * c + 1.0

    g = jit(f, backend="native")
    x = np.linspace(0.0, 1.0, 12)
    others = [(x[:5], 0.5), (x, 2), (x, 0.25), (x.astype("f4"), 0.5), (x, np.array(3.0)), (x[::2], 0.5)]
    others += [(x.reshape(3, 4), 0.5), (x, np.float64(2.0)), (0.5, x)]
    for args in [(x, 0.5), *others, (x, 0.5), (x, 0.5)]:
        got, want = g(*args), f(*args)
        assert type(got) is type(want) and got.dtype == want.dtype and got.shape == want.shape
        np.testing.assert_allclose(got, want, rtol=1e-6 if want.dtype == np.float32 else 1e-14)
    assert isinstance(g(Tensor(x), 0.5), Tensor)
    assert isinstance(g(x, Value(0.5)), Tensor)
    for args in ((x,), (x, 0.5, 1.0), (x, "text")):
        with pytest.raises(TypeError):
            g(*args)
    assert np.array_equal(g(x, c=0.5), g(x, 0.5))


def test_branches_and_errors_are_the_function_s_own() -> None:
    def f(x: Any) -> Any:
        y = m.linalg.inv(x * 2.0)
        return y + 1.0 if y[0, 0] > 0 else y - 1.0

    g = jit(f, backend="native")
    a, b = np.diag([1.0, 2.0]), np.diag([-1.0, 2.0])
    for x in (a, a, b, a, b, b):
        np.testing.assert_allclose(g(x), f(x))
    with pytest.raises(np.linalg.LinAlgError):
        g(np.zeros((2, 2)))
    np.testing.assert_allclose(g(a), f(a))


def test_several_arrays_are_a_tuple_of_their_own() -> None:
    def f(x: Any, y: Any) -> Any:
        return m.sum(x * y * y)

    g = jit(grad(f, argnums=(0, 1)), backend="native")
    x, y = np.ones(3), np.arange(3.0)
    for _ in range(3):
        found = g(x, y)
        assert type(found) is tuple and all(type(z) is np.ndarray for z in found)
        np.testing.assert_allclose(found[0], y * y)
        np.testing.assert_allclose(found[1], 2 * x * y)
    h = jit(lambda x, y: (x, y * 1.0, x + y), backend="native")
    for _ in range(3):
        a, _, _ = h(x, y)
        assert a is not x and not np.shares_memory(a, x)
    k = jit(lambda x, y: [x * 1.0, y + 1.0], backend="native")
    assert type(k(x, y)) is type(k(x, y)) is list
