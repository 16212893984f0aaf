"""Programs of numbers as native code, against Python's own arithmetic and the same program run by NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autodiff import Value, cos, exp, grad, hessian, jit, log, log2, maximum, minimum, sin, sqrt, tanh
from autodiff.jit.native import scalars
from autodiff.jit.native.scalars import Runner, able
from autodiff.jit.program import Program, program_of
from autodiff.numpy import heaviside

numbers = st.floats(-1e3, 1e3)


def traced(f: Callable[..., Any], *xs: float) -> Program:
    """The program of f, traced at these numbers."""
    inputs = [Value(x) for x in xs]
    outputs = f(*inputs)
    return program_of(outputs if isinstance(outputs, list) else [outputs], dict.fromkeys(inputs))


def formula(m: Any, x: Any, y: Any) -> Any:
    root = m.sqrt(x * x + 2.0)
    return m.sin(x * y) / (1.0 + y * y) + m.exp(-x * x) * m.tanh(y) - root * m.cos(y)


class Ours:
    sin, cos, exp, tanh, sqrt = sin, cos, exp, tanh, sqrt


whole = Runner(traced(lambda x, y: formula(Ours, x, y), 0.5, 2.0), "f")


@given(numbers, numbers)
def test_a_formula_is_what_python_computes(x: float, y: float):
    found = whole.function(x, y)
    assert type(found) is float
    assert found == pytest.approx(formula(math, x, y), rel=1e-12, abs=1e-12)


@given(numbers, numbers)
def test_sums_and_products_are_pythons_to_the_last_bit(x: float, y: float):
    def f(x: Any, y: Any) -> list[Any]:
        return [x * x - y * y, (x + y) * 3.0 - x * y, x / (1.0 + y * y)]

    assert Runner(traced(f, 1.0, 2.0), "f").function(x, y) == tuple(f(x, y))


@pytest.mark.parametrize("part", [1, 2, 7, 500])
def test_parts_hand_on_what_later_ones_need(part: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(scalars, "PART", part)

    def f(x: Any, y: Any) -> list[Any]:
        first, out = x * y, x
        for k in range(40):
            out = out * 0.5 + first - y / (k + 1.0)
        return [out, first, out * first]

    assert Runner(traced(f, 1.0, 2.0), "f").function(1.25, -0.75) == tuple(f(1.25, -0.75))


def test_what_is_handed_on_may_be_more_than_a_stack_holds(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(scalars, "STACK", 64)
    monkeypatch.setattr(scalars, "PART", 10)

    def f(x: Any) -> Any:
        powers = [x * (1.0 + k / 64.0) for k in range(64)]
        out = x
        for p in reversed(powers):
            out = out * 0.5 + p
        return out

    runner = Runner(traced(f, 1.0), "f")
    assert "PyMem_RawMalloc" in runner.ir
    assert runner.function(1.5) == f(1.5)


@pytest.mark.parametrize(
    ("f", "x", "error"),
    [
        (log, -1.0, ValueError), (log, 0.0, ValueError), (sqrt, -1.0, ValueError),
        (exp, 1000.0, OverflowError), (sin, math.inf, ValueError),
        (lambda x: 1.0 / x, 0.0, ZeroDivisionError),
    ],
)  # fmt: skip
def test_what_raises_in_python_raises(f: Any, x: float, error: type[Exception]):
    runner = Runner(traced(lambda x: f(x) * 0.0 + x, 0.5), "f")
    runner.function(0.5)
    with pytest.raises(error):
        runner.function(x)


def test_infinite_numbers_that_python_accepts_come_out():
    runner = Runner(traced(lambda x: [exp(x), tanh(x), x * 2.0], 0.5), "f")
    assert runner.function(math.inf) == (math.inf, 1.0, math.inf)
    assert runner.function(-math.inf) == (0.0, -1.0, -math.inf)


def test_threads_share_a_program():
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda k: whole.function(k / 100.0, 1.5), range(400)))
    assert found == [whole.function(k / 100.0, 1.5) for k in range(400)]


def test_programs_that_are_none_of_numbers_are_left_to_others():
    assert able(traced(lambda x: x * x, 1.5))
    assert not able(Program((), (), ()))


# ---- under jit
def test_a_compiled_function_takes_and_gives_trees_of_numbers():
    f = jit(lambda v, w: [v[0] * w, (v[1] + 1.0, v[0] > w)], backend="native")
    for _ in range(2):
        assert f([2.0, 3.0], 4.0) == [8.0, (4.0, False)]
    assert f.entry is not None and "@entry" in f.ir and f.stats["native terms"] == 3


def test_a_call_of_another_sort_is_traced_and_one_that_raises_is_pythons():
    f = jit(lambda x: log(x) * 2.0, backend="native")
    assert f(2.0) == f(2.0) == pytest.approx(2.0 * math.log(2.0), rel=1e-15)
    with pytest.raises(ValueError, match="log"):
        f(-1.0)
    assert f(2.0) == f(2.0)
    assert f(np.array([1.0, math.e])) == pytest.approx([0.0, 2.0])
    assert f(2.0) == f(2.0)
    with pytest.raises(TypeError):
        f("2")
    with pytest.raises(TypeError):
        f(2.0, 3.0)


def test_branches_of_numbers_are_guards():
    f = jit(lambda x: x * 3.0 if x > 1.0 else x * 5.0, backend="native")
    assert [f(x) for x in (2.0, 0.5, 4.0, 0.25, math.nan)] == pytest.approx(
        [6.0, 2.5, 12.0, 1.25, math.nan], nan_ok=True
    )
    assert f.stats["paths"] == 2


def test_captured_values_and_nodes_are_read_at_every_call():
    w = Value(3.0)
    f = jit(lambda x: x * w, backend="native")
    assert f(2.0) == f(2.0) == 6.0
    w.data = 5.0
    assert f(2.0) == 10.0
    assert type(f(Value(2.0))) is Value and grad(f)(2.0) == 5.0


def test_arrays_without_axes_stay_arrays_of_their_dtype():
    f = jit(lambda x: x * 0.1 + 1.0, backend="native")
    for dtype in (np.float32, np.float64):
        x = np.array(0.7, dtype)
        y = f(x)
        assert type(y) is np.ndarray and y.dtype == dtype and y == x * dtype(0.1) + dtype(1)


def test_constants_among_the_results():
    f = jit(lambda x: [1.5, 2, x * x, True], backend="native")
    for _ in range(2):
        assert repr(f(3.0)) == "[1.5, 2, 9.0, True]"


def test_branches_without_an_if_are_native_in_every_order():
    f = jit(grad(grad(lambda x: maximum(x, 1.0) * x + minimum(x * x, 3.0))), backend="native")
    for x in (0.5, 2.0, 1.0, -4.0):
        assert f(x) == grad(grad(lambda x: maximum(x, 1.0) * x + minimum(x * x, 3.0)))(x)
    assert f.stats["backend"] == "native"


def test_what_raises_in_a_trace_alone_does_not_raise():
    """The second derivative of x to the x overflows, and is multiplied by zero: f does not compute it."""

    def f(x: Any, y: Any) -> Any:
        return heaviside(log2(x + y), x**x)

    compiled = jit(hessian(f), backend="native")
    assert [compiled(1e-300, 2.5), compiled(0.5, 2.5), compiled(1e-300, 2.5)] == [0.0, 0.0, 0.0]
