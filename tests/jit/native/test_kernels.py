"""Programs of arrays as native code do what NumPy source does: any length, layout, dtype and special number.

Random programs are in test_random_native.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autodiff.numpy as m
from autodiff import grad, hvp, jit, jvp, value_and_grad, vmap
from autodiff.jit.native import driver, engine

pytest.importorskip("llvmlite")
LENGTHS = (2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, 1003)


def failing(*args: Any) -> Any:
    raise AssertionError("the compiled program raised")


def compiled(f: Callable[..., Any], *args: Any) -> Any:
    """f as native code, after a first call; f itself does not help it any more."""
    found: Any = jit(f, backend="native")
    found(*args)
    assert found.stats["backend"] == "native"
    found.f = failing
    return found


def same(f: Callable[..., Any], *args: Any, rtol: float = 0) -> None:
    """f's results by native code, with f's shapes and dtypes, twice."""
    want = f(*args)
    native_f = compiled(f, *args)
    for _ in range(2):
        found = native_f(*args)
        for a, b in zip(*(x if isinstance(x, tuple) else (x,) for x in (found, want)), strict=True):
            b = np.asarray(b)
            assert (a.shape, a.dtype) == (b.shape, b.dtype)
            if b.dtype.kind != "f":
                np.testing.assert_array_equal(a, b)
                continue
            finite = np.abs(b[np.isfinite(b)]).max(initial=0)
            close = rtol or 64 * float(np.finfo(b.dtype).eps)
            np.testing.assert_allclose(a, b, rtol=close, atol=close * finite)


def chain(x: Any, y: Any) -> Any:
    return m.tanh(x) * y - m.exp(-x * x) / (1.0 + y * y)


def totals(x: Any, y: Any) -> Any:
    z = x * y
    return m.sum(z), m.max(z), m.min(x), m.mean(y), z - m.sum(z, axis=-1, keepdims=True)


def mixed(x: Any, y: Any) -> Any:
    chosen = m.where(x > y, m.sin(x), m.abs(y))
    return chosen, x > y, m.sum(m.where(x < 0, 0.0, chosen))


FUNCTIONS = (chain, totals, mixed)


def some(n: Any, dtype: Any, start: float = 0.0) -> Any:
    return np.sin(1.7 * np.arange(np.prod(n)) + start).reshape(n).astype(dtype)


def lengths() -> None:
    for f in FUNCTIONS:
        for n in LENGTHS:
            for dtype in (np.float64, np.float32):
                same(f, some(n, dtype), some(n, dtype, 1.0))


def test_lengths_around_the_width_of_vectors() -> None:
    lengths()


@pytest.mark.parametrize("level", ["x86-64", "x86-64-v3"])
def test_lengths_on_other_processors(level: str) -> None:
    try:
        engine.machine_of(level)
    except ValueError:
        pytest.skip("this processor has no such level")
    code = "from tests.jit.native.test_kernels import lengths; lengths()"
    env = {**os.environ, "AUTODIFF_CPU": level, "PYTHONPATH": "."}
    subprocess.run([sys.executable, "-c", code], env=env, check=True, cwd=Path(__file__).parents[3])


@pytest.mark.parametrize("shape", [(3, 5), (5, 1), (1, 9), (4, 3, 8), (2, 17), (17, 2)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_axes_and_broadcasting(shape: tuple[int, ...], dtype: Any) -> None:
    x, row, column = some(shape, dtype), some(shape[-1:], dtype), some((shape[-2], 1), dtype)

    def f(x: Any, row: Any, column: Any) -> Any:
        z = m.exp(x * row) - column
        return (
            z, m.sum(z, axis=0), m.sum(z, axis=-1), m.max(z, axis=0, keepdims=True), m.min(z, axis=-1),
            z.T * 2.0, z[..., ::-1] + row, z[..., :1] - z, m.concatenate([z, z + 1.0], axis=-1) * 3.0,
        )  # fmt: skip

    same(f, x, row, column)
    same(grad(lambda *xs: m.sum(m.sin(f(*xs)[0])) + m.sum(f(*xs)[3]), (0, 1, 2)), x, row, column)


def test_arguments_may_lie_in_memory_in_any_way() -> None:
    x = np.arange(48.0) / 50
    raw = np.zeros(48 * 8 + 1, np.uint8)[1:].view(np.float64)
    raw[...] = x
    fixed = x.copy()
    fixed.flags.writeable = False
    layouts = {
        "strided": np.repeat(x, 2)[::2], "reversed": x[::-1], "unaligned": raw, "read-only": fixed,
        "one number": np.broadcast_to(np.array(0.5), 48), "part": np.concatenate([x, x])[13:61],
        "big-endian": x.astype(">f8").astype("f8"),
    }  # fmt: skip
    native_f = compiled(chain, x, x)
    for a in layouts.values():
        for b in layouts.values():
            np.testing.assert_allclose(native_f(a, b), chain(a, b), rtol=1e-14)
    square = x.reshape(6, 8)
    table = compiled(lambda x: m.exp(x) - m.sum(x, axis=0), square)
    for view in (square, np.asfortranarray(square), square[::-1], np.repeat(square, 2, axis=1)[:, ::2]):
        np.testing.assert_allclose(table(view), np.exp(view) - view.sum(0), rtol=1e-14)


def test_overlapping_arguments_and_results_of_earlier_calls_stay() -> None:
    x = np.arange(40.0)
    f = compiled(lambda x, y: (x * 2.0 + y, m.sum(x * y)), x[:20], x[1:21])
    before = x.copy()
    first = f(x[:20], x[1:21])
    second = f(x[20:], x[:20])
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(first[0], 2 * x[:20] + x[1:21])
    np.testing.assert_array_equal(second[0], 2 * x[20:] + x[:20])
    assert not np.shares_memory(first[0], second[0]) and first[0].flags.writeable


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_special_numbers(dtype: Any) -> None:
    special = np.array(
        [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-310, 1e38, -1.0, 1.0, 0.5, np.finfo(dtype).tiny], dtype
    )
    x, y = (a.ravel().copy() for a in np.meshgrid(special, special))

    def f(x: Any, y: Any) -> Any:
        return (
            x + y, x * y, x / y, m.maximum(x, y), m.minimum(x, y), m.where(x > y, x, y), x == y, x != y,
            m.exp(x), m.log(x), m.sqrt(x), m.tanh(x), m.sign(x), m.isnan(x), m.max(x), m.min(y),
        )  # fmt: skip

    want, found = f(x, y), compiled(f, x, y)(x, y)
    for a, b in zip(found, want, strict=True):
        np.testing.assert_allclose(a, b, rtol=4 * float(np.finfo(dtype).eps))
    for a, b in ((found[k], want[k]) for k in (0, 1, 2)):
        zero = b == 0
        np.testing.assert_array_equal(np.signbit(a[zero]), np.signbit(b[zero]))


def test_empty_arrays() -> None:
    for shape in ((0,), (0, 3), (3, 0)):
        x = np.empty(shape)
        f = jit(lambda x: (m.exp(x) * 2.0, m.sum(m.sin(x)), m.sum(x, axis=0) + 1.0), backend="native")
        for a, b in zip(f(x), f.__wrapped__(x), strict=True):
            np.testing.assert_array_equal(a, b)


def test_numpy_between_kernels() -> None:
    w, x = some((16, 9), float), some((30, 16), float)

    def f(w: Any, x: Any) -> Any:
        hidden = m.tanh(x @ w)
        return m.sum(m.sort(hidden, axis=0)[3:] ** 2) + m.sum(m.linalg.inv(w.T @ w + m.eye(9)))

    same(lambda w, x: value_and_grad(f)(w, x), w, x, rtol=1e-11)


def test_what_is_made_of_less_waits_for_the_pass_that_needs_it() -> None:
    def nearest(x: Any, y: Any) -> Any:
        squares = m.sum(x * x, axis=1)[:, None] + m.sum(y * y, axis=1)
        return m.sum(m.min(squares - 2.0 * x @ y.T, axis=0))

    x, y = some((9, 3), float), some((70, 3), float, 1.0)
    same(nearest, x, y, rtol=1e-12)
    same(grad(nearest, (0, 1)), x, y, rtol=1e-12)
    f = compiled(nearest, x, y)
    spaces = [u.space for u in f.latest.native.plan.order if hasattr(u, "space")]
    assert spaces.count((9, 70)) == 1  # the sums of squares are not written for every pair


def test_a_long_loop_is_few_kernels() -> None:
    def f(x: Any) -> Any:
        for _ in range(300):
            x = x + 0.01 * m.sin(x * x) * x
        return m.sum(x)

    x = some(50, float)
    g = compiled(grad(f), x)
    np.testing.assert_allclose(g(x), grad(f)(x), rtol=1e-10)
    assert g.stats["kernels"] * 5 < g.stats["kernel calls"]


def test_derivatives_of_compiled_functions() -> None:
    x, v = some(19, float), some(19, float, 2.0)

    def f(x: Any) -> Any:
        return m.sum(m.exp(m.sin(x)) * x[::-1])

    g = jit(f, backend="native")
    np.testing.assert_allclose(grad(g)(x), grad(f)(x), rtol=1e-12)
    np.testing.assert_allclose(hvp(g, (x,), (v,))[0], hvp(f, (x,), (v,))[0], rtol=1e-12)
    np.testing.assert_allclose(jvp(g, (x,), (v,))[1], jvp(f, (x,), (v,))[1], rtol=1e-12)
    stack = np.stack([x, v])
    np.testing.assert_allclose(vmap(g)(stack), vmap(f)(stack), rtol=1e-12)
    both = next(x for x in g.latest.recorded.known.values() if hasattr(x, "first"))
    assert both.first.native and both.second.native


def test_branches_are_guarded() -> None:
    def f(x: Any) -> Any:
        y = m.exp(x)
        return m.sum(y) if m.sum(y) > 20 else m.sum(y * y) - 1.0

    g = jit(f, backend="native")
    for scale in (0.0, 1.0, 0.1, 2.0):
        x = scale * np.linspace(0, 1, 11)
        np.testing.assert_allclose(g(x), f(x), rtol=1e-13)
    assert len(next(iter(g.entries.values()))) == 2


def test_threads_have_memory_of_their_own() -> None:
    g = compiled(totals, some((7, 100), float), some((7, 100), float))

    def run(k: int) -> bool:
        x, y = some((7, 100), float, k), some((7, 100), float, -k)
        return all(
            np.allclose(a, b)
            for _ in range(20)
            for a, b in zip(g(x, y), totals(x, y), strict=True)
        )  # fmt: skip

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(run, range(8)))


def test_arrays_that_are_laid_out_unlike_numpys_are_looked_up_by_python(monkeypatch: Any) -> None:
    assert driver.known()
    driver.enter.cache_clear()
    monkeypatch.setattr(driver, "known", lambda: False)
    try:
        assert driver.enter() is driver.slowly
        x = some(33, float)
        same(chain, x, x + 1.0)
    finally:
        monkeypatch.undo()
        driver.enter.cache_clear()


def test_what_has_no_kernels_runs_as_numpy_source() -> None:
    z = np.array([1.0 + 2.0j, 3.0])
    f = jit(lambda z: z * z, backend="native")
    np.testing.assert_array_equal(f(z), z * z)
    assert f.stats["backend"] == "numpy"
    with pytest.raises(AttributeError, match="NumPy source"):
        _ = f.ir


def test_what_there_is_to_see() -> None:
    x = some(10, float)
    f = compiled(chain, x, x)
    assert "define void @kernel0(" in f.ir
    assert "def chain(x, y):" in f.source
    assert f.stats["kernels"] == f.stats["kernel calls"] == 1
