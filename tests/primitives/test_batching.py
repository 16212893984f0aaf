"""Every primitive under a leading axis: what it does for many examples at once is what a loop does."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from autodiff import vjp, vmap
from autodiff.kinds import PRIMITIVES
from tests import samples
from tests.primitives.test_sweep import CASES, ELEMENTWISE, SHAPES
from tests.samples import SAMPLES, case

SIZE = 3
ROWS = [pytest.param(name, c, id=f"{name}-{k}") for name in ELEMENTWISE for k, c in enumerate(
    case(*zip(SAMPLES[name], shapes, strict=True)) for shapes in SHAPES[len(SAMPLES[name])]
)]  # fmt: skip


def batches(c: Any, mapped: tuple[int, ...], size: int = SIZE) -> list[Any]:
    """The arguments, of which those that are mapped have a leading axis."""
    rng = np.random.default_rng(0)
    return [
        np.stack([domain.draw(rng, shape) for _ in range(max(size, 1))])[:size] if k in mapped
        else domain.draw(rng, shape)
        for k, (domain, shape) in enumerate(c.arguments)
    ]  # fmt: skip


def subsets(n: int) -> list[tuple[int, ...]]:
    return [m for k in range(1, n + 1) for m in itertools.combinations(range(n), k)][: 2**3]


def looped(f: Any, xs: list[Any], mapped: tuple[int, ...]) -> list[Any]:
    """What f gives for each example."""
    return [f(*[x[k] if j in mapped else x for j, x in enumerate(xs)]) for k in range(SIZE)]


def axes(n: int, mapped: tuple[int, ...]) -> tuple[Any, ...]:
    return tuple(0 if k in mapped else None for k in range(n))


@pytest.mark.parametrize(("name", "c"), ROWS + CASES)
def test_like_a_loop(name, c):
    op, n = PRIMITIVES[name], len(c.arguments)

    def f(*xs: Any) -> Any:
        return op(*xs, **c.params)

    for mapped in subsets(n):
        xs = batches(c, mapped)
        out = vmap(f, axes(n, mapped))(*xs)
        rows = looped(f, xs, mapped)
        assert out.shape == (SIZE, *np.shape(rows[0]))
        assert out.dtype == np.asarray(rows[0]).dtype
        np.testing.assert_allclose(out, np.stack(rows), rtol=1e-12, atol=1e-12)
        none = vmap(f, axes(n, mapped))(*batches(c, mapped, 0))
        assert none.shape == (0, *np.shape(rows[0]))
        assert none.dtype == out.dtype


@pytest.mark.parametrize(("name", "c"), ROWS + CASES)
def test_twice(name, c):
    """A batch of batches: the rules are made of primitives that have rules."""
    op, n = PRIMITIVES[name], len(c.arguments)

    def f(*xs: Any) -> Any:
        return op(*xs, **c.params)

    every = tuple(range(n))
    first, second = batches(c, every), batches(c, every)
    xs = [np.stack([x, y[::-1]]) for x, y in zip(first, second, strict=True)]
    out = vmap(vmap(f))(*xs)
    np.testing.assert_allclose(out, [np.stack(looped(f, [x[k] for x in xs], every)) for k in range(2)],
                               rtol=1e-12, atol=1e-12)  # fmt: skip


@pytest.mark.parametrize(("name", "c"), ROWS + CASES)
def test_derivatives_like_a_loop(name, c):
    """vjp for each example: what the rules are made of has rules, too."""
    op, n = PRIMITIVES[name], len(c.arguments)
    chosen = samples.active(name, n)
    if not chosen or name == "lift":  # which takes numbers; for many examples these are an array
        return

    def f(*xs: Any) -> Any:
        def of_chosen(*variables: Any) -> Any:
            given = list(xs)
            for k, v in zip(chosen, variables, strict=True):
                given[k] = v
            return op(*given, **c.params)

        out, vjp_fn = vjp(of_chosen, *[xs[k] for k in chosen])
        return vjp_fn(out * 0 + 1.5)

    every = tuple(range(n))
    xs = batches(c, every)
    out = vmap(f)(*xs)
    rows = looped(f, xs, every)
    for k, got in enumerate(out):
        np.testing.assert_allclose(got, np.stack([row[k] for row in rows]), rtol=1e-9, atol=1e-9)


def test_every_kind_has_a_rule():
    assert all(PRIMITIVES[name].batch for name in samples.BUILT_IN)
