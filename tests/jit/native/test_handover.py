"""Numbers that wait in memory for the backward walk, of compiled functions of numbers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from autodiff import Value, cos, grad, hessian, jit, jvp, log, sin, value_and_grad, where
from autodiff.jit.derivatives import Both
from autodiff.jit.native.handover import FEW, Handover

pytest.importorskip("llvmlite")


def orbit(x: Any, y: Any) -> tuple[Any, Any, Any]:
    """Two numbers after ten steps, and whether the first is the larger."""
    for _ in range(10):
        x, y = sin(x * y) + 0.5 * y, cos(x - y) * x
        x = where(x > 2.0, 2.0, x)
    return x, y, x > y


def loss(f: Any) -> Any:
    def of(x: Any, y: Any) -> Any:
        a, b, larger = f(x, y)
        return a * b if larger else a - b

    return of


def halves(f: Any) -> list[Any]:
    return [made for made in f.latest.recorded.known.values() if isinstance(made, Both)]


def test_long_programs_hand_over_in_memory_and_short_ones_do_not():
    f = jit(orbit, backend="native")
    for x, y in ((0.5, 1.5), (1.5, 0.25), (-0.75, 0.5)):
        for _ in range(2):
            assert value_and_grad(loss(f), (0, 1))(x, y)[1] == pytest.approx(
                value_and_grad(loss(orbit), (0, 1))(x, y)[1], rel=1e-11
            )
    (both,) = halves(f)
    assert isinstance(both.memory, Handover) and len(both.saved) >= FEW
    short = jit(lambda x: sin(x) * x, backend="native")
    assert grad(short)(2.0) == grad(short)(2.0)
    assert not halves(short)[0].memory


def test_other_orders_and_directions_go_through_it():
    f = jit(orbit, backend="native")
    assert hessian(loss(f))(0.5, 1.5) == pytest.approx(hessian(loss(orbit))(0.5, 1.5), rel=1e-10)
    for _ in range(2):
        found = jvp(lambda x, y: f(x, y)[:2], (0.5, 1.5), (1.0, -2.0))
        want = jvp(lambda x, y: orbit(x, y)[:2], (0.5, 1.5), (1.0, -2.0))
        assert found == (pytest.approx(want[0], rel=1e-11), pytest.approx(want[1], rel=1e-11))


def test_a_graph_is_walked_twice_and_after_other_calls():
    f = jit(lambda x, y: orbit(x, y)[0], backend="native")
    grad(f)(0.5, 1.5)
    x, y = Value(0.5), Value(1.5)
    out = f(x, y)
    grad(f)(1.0, 1.0)
    out.backward()
    once = x.grad
    out.backward()
    assert once == pytest.approx(grad(lambda x, y: orbit(x, y)[0])(0.5, 1.5), rel=1e-11)
    assert x.grad == 2 * once


def test_branches_and_errors_leave_it():
    def guarded(x: Any) -> Any:
        for _ in range(15):
            x = sin(x) + x * 0.5 if x > 0.5 else log(x) * x + 2.0
        return x

    f = jit(guarded, backend="native")
    for x in (0.75, 0.75, 0.25, 0.75, 3.0, 0.25):
        assert grad(f)(x) == pytest.approx(grad(guarded)(x), rel=1e-10)
    for run in (f, guarded):
        with pytest.raises(ValueError, match="log"):
            grad(run)(-1.0)
    assert grad(f)(0.75) == pytest.approx(grad(guarded)(0.75), rel=1e-10)


def test_threads_have_memory_of_their_own():
    f = jit(orbit, backend="native")
    points = [(0.5 + k / 100.0, 1.5 - k / 200.0) for k in range(100)]

    def slope(at: tuple[float, float]) -> Any:
        return grad(loss(f), (0, 1))(*at)

    want = list(map(slope, points))
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(slope, points * 3)) == want * 3
