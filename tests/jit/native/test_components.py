"""Short axes behind a long one are written out: the same results, in one kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

import autodiff as ad
from autodiff import jacobian, jit, stack, vmap
from autodiff.jit.native import components, gathers
from autodiff.jit.native.gathers import bounds, gathered
from autodiff.jit.program import constant, input_like, made
from autodiff.kinds import PRIMITIVES
from tests.jit.test_random_jit import check
from tests.test_random_programs import Program, programs

from .test_arrays import alike

pytest.importorskip("llvmlite")
RNG = np.random.default_rng(0)
N = 300


def crossed(a: Any, b: Any) -> Any:
    return stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def turned(axis: Any, point: Any) -> Any:
    angle = ad.sqrt(np.sum(axis * axis))
    axis = axis / angle
    along = axis * (np.sum(axis * point) * (1 - ad.cos(angle)))
    return point * ad.cos(angle) + crossed(axis, point) * ad.sin(angle) + along


FUNCTIONS = {
    "vectors": vmap(turned),
    "jacobians": vmap(jacobian(turned, argnums=(0, 1))),
    "matrices": lambda x, y: ((x[:, :, None] * y[:, None]) @ (y[:, :, None] - x[:, None])).sum(axis=(1, 2)),
    "matrix and vectors": lambda x, y: ad.tanh(x @ np.arange(9.0, dtype=x.dtype).reshape(3, 3)) * y,
    "extremes": lambda x, y: x.max(axis=1) - (x * y).min(axis=-1, keepdims=True)[:, 0],
    "moved": lambda x, y: (x[:, ::-1] + y[..., 1:2]).T.reshape(3, -1).T * np.array([[1.0, 2.0, 3.0]]),
    "a part for all": lambda x, y: (x - x[0]) ** 2 + y.sum(axis=1, keepdims=True),
    "everything": lambda x, y: ((x * y - x[:, :1]).sum(), (x + y).max(), ad.exp(x - y).sum(axis=0)),
    "truths": lambda x, y: ad.where(x > y, x[:, :1], y) * (x > 0).all(axis=1)[:, None],
    "handed out as well": lambda x, y: ((s := x * y + 1.0), s.sum(axis=1), s[:, 1], s.reshape(-1) * 2.0),
}


@pytest.fixture
def whenever(monkeypatch: Any) -> None:
    """Components are used wherever they can be."""
    monkeypatch.setattr(components, "worth", lambda columns, plan: True)
    monkeypatch.setattr(components, "LONG", 2)


@pytest.mark.usefixtures("whenever")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_results_are_those_of_numpy(name: str, dtype: Any) -> None:
    for n in (2, 8, 17, N):
        alike(FUNCTIONS[name], *RNG.standard_normal((2, n, 3)).astype(dtype))


def test_a_jacobian_of_short_vectors_is_one_kernel() -> None:
    f = jit(FUNCTIONS["jacobians"], backend="native")
    x, y = RNG.standard_normal((2, 1000, 3))
    first, second = f(x, y)
    assert f.stats["kernel calls"] == 1
    assert f.stats["numpy calls"] == 0
    for k in (0, 500, 999):
        a, b = jacobian(turned, argnums=(0, 1))(x[k], y[k])
        np.testing.assert_allclose(first[k], a, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(second[k], b, rtol=1e-12, atol=1e-14)


def test_nothing_is_written_out_where_that_moves_as_much() -> None:
    f = jit(lambda x: ad.exp(x) * 2.0 + x, backend="native")
    f(RNG.standard_normal((1000, 3)))
    assert "(1000, 3)" in f.ir or f.stats["kernel calls"] == 1
    assert not any(t.op is components.JOIN for t in f.graph.terms)


@pytest.mark.usefixtures("whenever")
def test_random_programs_do_what_eager_ones_do(monkeypatch: Any) -> None:
    monkeypatch.setenv("AUTODIFF_JIT", "native")

    @seed(7)
    @settings(
        max_examples=60, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(programs(), st.integers(0, 209))
    def run(program: Program, k: int) -> None:
        check(program, k)

    run()


# ---- gathers
def seen(x: Any, y: Any, i: Any) -> Any:
    return vmap(turned)(x[i], y) * x[i, :1]


def test_rows_are_gathered_in_the_kernel() -> None:
    x, y, i = RNG.standard_normal((50, 3)), RNG.standard_normal((1000, 3)), RNG.integers(-50, 50, 1000)
    f = jit(seen, backend="native")
    np.testing.assert_allclose(f(x, y, i), seen(x, y, i), rtol=1e-12, atol=1e-14)
    assert f.stats["kernel calls"] == 1
    for dtype in (np.int32, np.int64):
        np.testing.assert_allclose(
            f(x, y, (i % 50).astype(dtype)), seen(x, y, i % 50), rtol=1e-12, atol=1e-14
        )
    for wrong in (50, -51):
        i[-1] = wrong
        with pytest.raises(IndexError, match="out of bounds"):
            f(x, y, i)


@pytest.mark.usefixtures("whenever")
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.bool_])
def test_gathered_elements_are_numpys(dtype: Any) -> None:
    x = (RNG.standard_normal(40) > 0).astype(dtype)
    for n in (2, 3, 8, 9, 33):
        i = RNG.integers(-40, 40, n)
        alike(lambda x, i, y: ad.where(x[i] > 0, y, -y), x, i, RNG.standard_normal(n))


def test_bounds_of_what_integers_can_be() -> None:
    i = input_like(np.zeros(5, np.int64))
    at = made(PRIMITIVES["place"], i, length=10)
    three, table = constant(np.array(3)), constant(np.arange(4))
    assert bounds(i) is None
    assert bounds(at) == (0, 9)
    assert bounds(table) == (0, 3)
    assert bounds(made(PRIMITIVES["multiply"], at, constant(np.array(-2)))) == (-18, 0)
    assert bounds(made(PRIMITIVES["subtract"], three, at)) == (-6, 3)
    far = made(PRIMITIVES["add"], made(PRIMITIVES["multiply"], at, three), constant(np.array(2)))
    assert bounds(made(PRIMITIVES["reshape"], far, shape=(5, 1))) == (2, 29)
    assert bounds(made(PRIMITIVES["multiply"], at, constant(np.array(2**62)))) is None
    for size, fits in ((30, True), (29, False)):
        x = input_like(np.zeros(size))
        assert gathered(made(gathers.TAKE, x, far, axis=0, once=False)) is fits
