"""Compiled and eager agree on random programs: values, gradients and second derivatives, branches among them.

480 programs here, by both back ends, which take turns call by call; each program is called three times.
`tests/long/jit_programs.py` runs as many as one likes, by one of them: `.ci/run` 2,000 by each.
"""

from __future__ import annotations

from typing import Any
from weakref import ref

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

import autodiff.numpy
from autodiff import Tensor, grad, hvp, jit, jvp, value_and_grad, vmap
from autodiff.jit import paths
from autodiff.jit.native import engine
from tests.test_random_programs import Program, programs

PARTS, EACH = 8, 60  # 480 in all
WAYS = 210  # in which a program is checked; as many again in which the derivative is that of a compiled one


def compare(found: Any, want: Any, dtype: Any = float) -> None:
    """Two flat tuples of results, within rounding, with kinds, shapes and dtypes."""
    assert len(found) == len(want)
    tolerance = 1e-8 if dtype is float else 2e-3
    scale = max([1.0, *(float(np.abs(w[np.isfinite(w)]).max(initial=0)) for w in map(plain, want))])
    for a, b in zip(found, want, strict=True):
        kinds = {np.ndarray if isinstance(x, np.generic) else type(x) for x in (a, b)}
        assert len(kinds) == 1  # of one number NumPy makes a scalar where we make an array
        assert (np.shape(plain(a)), plain(a).dtype) == (np.shape(plain(b)), plain(b).dtype)
        np.testing.assert_allclose(plain(a), plain(b), rtol=tolerance, atol=tolerance * scale)


def plain(x: Any) -> Any:
    return np.asarray(x.data if isinstance(x, Tensor) else x)


def decided_by_rounding(found: Any, want: Any, f: Any, args: Any) -> bool:
    """Whether results change as much when the arguments change in their last bits: then none is right."""
    changes: list[Any] = [0.0] * len(want)
    for bits in (-2, -1, 1, 2):
        nudged = [x * (1 + bits * float(np.finfo(plain(x).dtype).eps)) for x in args]
        nearby = [
            x.detach() if isinstance(x, Tensor) else x.astype(a.dtype)
            for x, a in zip(nudged, args, strict=True)
        ]
        for i, (y, w) in enumerate(zip(f(*nearby), want, strict=True)):
            changes[i] = np.maximum(changes[i], np.abs(plain(y) - plain(w)))
    differences = [np.abs(plain(a) - plain(b)) for a, b in zip(found, want, strict=True)]
    return all(np.all(d <= 10 * change) for d, change in zip(differences, changes, strict=True))


def test_rounding_decides_nothing_that_is_well_conditioned() -> None:
    x = np.array([1.0, 2.0])
    assert not decided_by_rounding((x * 1.001,), (x,), lambda x: (x,), [x])
    tiny = np.array([1e-17])
    assert decided_by_rounding((tiny,), (tiny * 3,), lambda x: (np.sin(x) - x * np.sinc(x / np.pi),), [x[:1]])


def check(program: Program, k: int) -> None:
    """One program, in one of several ways."""
    m, its = autodiff.numpy, ref(program)  # jit would look at all functions that a program has
    nums = tuple(range(len(program.inputs)))
    dtype = np.float32 if k % 7 == 3 else float
    xs = [np.asarray(x, dtype) for x in program.inputs]
    others = [np.asarray(np.sin(3.0 * x + 1.0), dtype) for x in program.inputs]

    def loss(*xs: Any) -> Any:
        total = its().loss(m, xs)  # type: ignore[union-attr]
        if total > 0.5:
            return total * 2.0
        return total - m.sum(xs[0])

    def run(*xs: Any) -> tuple[Any, ...]:
        return tuple(v for v in its().run(m, xs))  # type: ignore[union-attr]

    def ways(loss: Any, run: Any) -> tuple[Any, ...]:
        def both(*xs: Any) -> tuple[Any, ...]:
            value, gradients = value_and_grad(loss, nums)(*xs)
            return (value, *gradients)

        def products(*xs: Any) -> tuple[Any, ...]:
            return tuple(hvp(loss, xs, others))

        def pushed(*xs: Any) -> tuple[Any, ...]:
            return jvp(lambda *xs: run(*xs)[-2:], xs, tuple(others))[1]

        return both, both, products, run, pushed

    f = ways(loss, run)[k % 5]
    compiled = jit(f) if k < WAYS else ways(jit(loss), jit(run))[k % 5]
    if k % 6 == 5:
        xs, others = [Tensor(x) for x in xs], [Tensor(x) for x in others]
    for args in (xs, others, xs):
        found, want = compiled(*args), f(*args)
        try:
            compare(found, want, dtype)
        except AssertionError:
            if not decided_by_rounding(found, want, f, args):
                raise


class Turns:
    """Runs every compiled program as native code, then as NumPy source, then again as native code."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.compile, self.call = paths.Runner.compile, paths.Runner.call
        self.native: list[bool] = []  # of each program, whether there was native code
        monkeypatch.setattr(paths.Runner, "compile", lambda runner: self.compiled(runner))
        monkeypatch.setattr(paths.Runner, "call", lambda runner, *args: self.called(runner, *args))

    def compiled(self, runner: Any) -> None:
        self.compile(runner)  # which raises nothing that f would have to hide
        self.native.append(runner.native is not None)
        if runner.native:
            other = paths.Runner(runner.traced, runner.arrays, runner.name, "numpy")
            self.compile(other)
            runner.turns = [other, runner]

    def called(self, runner: Any, *args: Any) -> Any:
        runner.ready()
        turns = getattr(runner, "turns", [runner])
        turns.append(turns.pop(0))
        return self.call(turns[0], *args)


@pytest.mark.parametrize("part", range(PARTS))
def test_compiled_programs_do_what_eager_ones_do(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    able = engine.available()
    monkeypatch.setenv("AUTODIFF_JIT", "native" if able else "numpy")
    turns = Turns(monkeypatch)

    @seed(part)
    @settings(
        max_examples=EACH, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(programs(), st.integers(0, 2 * WAYS - 1))
    def run(program: Program, k: int) -> None:
        before = len(turns.native)
        check(program, k)
        assert len(turns.native) > before

    run()
    assert sum(turns.native) > 0.7 * len(turns.native) or not able


@seed(1)
@settings(max_examples=60, database=None, deadline=None)
@given(programs())
def test_compiled_programs_compose(program: Program) -> None:
    m = autodiff.numpy
    nums = tuple(range(len(program.inputs)))
    xs = program.inputs
    f = jit(lambda *xs: program.loss(m, xs))
    compare(grad(f, nums)(*xs), grad(f.__wrapped__, nums)(*xs))
    stacked = [np.stack([x, 0.5 * x]) for x in xs]
    want = vmap(grad(f.__wrapped__, nums))(*stacked)
    compare(vmap(grad(f, nums))(*stacked), want)
    compare(jit(vmap(grad(f.__wrapped__, nums)))(*stacked), want)
    compare(vmap(jit(grad(f.__wrapped__, nums)))(*stacked), want)
