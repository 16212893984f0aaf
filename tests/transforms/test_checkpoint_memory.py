"""checkpoint within a budget: the peak, the work, and the least that is possible."""

from __future__ import annotations

import gc
import tracemalloc
import weakref

import numpy as np
import pytest

import autodiff
from autodiff import (
    Tensor,
    checkpoint,
    grad,
)
from tests.transforms.test_checkpoint import X, least


def layers(x):
    for _ in range(200):
        x = np.sin(x) * 1.01
    return autodiff.sum(x)


def peak_of(f, x):
    f(x[:10])  # what is made once
    gc.collect()
    tracemalloc.start()
    try:
        result = f(x)
        return result, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("part", [1, 4, 10, 25])
def test_the_peak_stays_within_the_budget(part):
    x = np.linspace(-1, 1, 20_000)
    want, whole = peak_of(grad(layers), x)
    assert whole > 200 * 2 * x.nbytes
    found, peak = peak_of(grad(checkpoint(layers, budget=whole // part)), x)
    assert peak <= whole // part
    np.testing.assert_array_equal(found, want)


def test_at_a_quarter_each_operation_runs_at_most_twice():
    runs = []
    count = autodiff.elementwise(
        "counted", lambda x: [runs.append(1), x * 0.99][1], None, lambda m, out, x: 0.99 + 0.0 * m.cos(x)
    )
    try:
        n, x = 200, np.ones(1000)

        def f(x):
            for _ in range(n):
                x = count(x)
            return autodiff.sum(x)

        grad(checkpoint(f, budget=n * x.nbytes // 4))(x)
        assert n < len(runs) <= 2 * n
        runs.clear()
        grad(checkpoint(f, budget=2 * n * x.nbytes))(x)
        assert len(runs) == n  # all fits
        runs.clear()
        grad(checkpoint(f, budget=14 * x.nbytes))(x)
        assert 2 * n < len(runs) < 12 * n
    finally:
        del autodiff.kinds.PRIMITIVES["counted"]
        for space in (autodiff.graph.PLAIN, autodiff.graph.SCALAR, autodiff.graph.RECORD):
            delattr(space, "counted")


def test_an_impossible_budget_names_the_least_that_is_possible():
    def layers(x):
        for _ in range(30):
            x = np.sin(x) * 1.01
        return autodiff.sum(x)

    x = np.linspace(-1, 1, 20_000)
    bytes_ = least(layers, x)
    assert 2 * x.nbytes <= bytes_ <= 12 * x.nbytes
    found, peak = peak_of(grad(checkpoint(layers, budget=bytes_ + 50_000)), x)
    np.testing.assert_array_equal(found, grad(layers)(x))
    assert peak <= bytes_ + x.nbytes + 100_000  # the gradient, and the tape itself
    with pytest.raises(ValueError, match=f"more than {bytes_ - 1} bytes.* the least is {bytes_} bytes"):
        grad(checkpoint(layers, budget=bytes_ - 1))(x)
    grad(checkpoint(layers, budget=bytes_))(x)


def test_values_are_freed_while_f_runs_and_when_the_result_goes():
    seen = []

    def f(x):
        for _ in range(3):
            x = x * 1.5
            seen.append(weakref.ref(x.value))
        assert [r() is None for r in seen] == [True, True, False]
        return autodiff.sum(x)

    y = checkpoint(f)(Tensor(X, requires_grad=True))
    assert all(r() is None for r in seen)
    y.backward()
    gc.collect()
    gc.disable()
    try:
        kept = []
        y = checkpoint(lambda x: [x := x * 2, kept.append(weakref.ref(x.value)), x][2].sum(), budget=10**6)(
            Tensor(X, requires_grad=True)
        )
        assert kept[0]() is not None
        y.backward(retain_graph=False)
        assert kept[0]() is None or y.inputs
    finally:
        gc.enable()
