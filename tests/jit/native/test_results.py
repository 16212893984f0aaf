"""Memory of large results is used again, and never while somebody can see it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import jit

pytest.importorskip("llvmlite")
from autodiff.jit.native import results

N = results.LARGE // 8
F64 = np.dtype(float)


@pytest.fixture(autouse=True)
def apart(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(results, "blocks", {})
    yield


def address(x: Any) -> int:
    return int(x.__array_interface__["data"][0])


def test_memory_is_used_again_once_nobody_has_it() -> None:
    f = jit(lambda x: ad.exp(x) + 1.0, backend="native")
    x = np.linspace(0.0, 1.0, N)
    f(x)
    y = f(x)
    first = address(y)
    assert first % 64 == 0 and y.flags.writeable and y.flags.c_contiguous and y.flags.aligned
    z = f(x)
    assert not np.shares_memory(y, z)
    np.testing.assert_array_equal(y, z)
    del y
    assert address(f(x)) == first
    np.testing.assert_allclose(z, np.exp(x) + 1.0)


PARTS = {
    "slice": lambda y: y[5:][::2],
    "transpose": lambda y: y.reshape(2, -1).T,
    "memoryview": memoryview,
    "other dtype": lambda y: y.view(int)[:1],
    "strides": lambda y: np.lib.stride_tricks.as_strided(y, (3,), (0,)),
    "iterator": iter,
}


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_whoever_sees_a_part_keeps_the_block(part: Any) -> None:
    y = results.empty((N,), F64)
    first = address(y)
    kept = part(y)
    del y
    others = [results.empty((N,), F64) for _ in range(3)]
    assert first not in map(address, others)
    del kept
    assert address(results.empty((N,), F64)) == first


def test_there_is_a_limit_to_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "KEPT", 4 * results.LARGE)
    held = [results.empty((N,), F64) for _ in range(6)]
    assert len({address(x) for x in held}) == 6
    assert len(results.blocks[8 * N]) == 4
    assert all(x.flags.owndata for x in held[4:])
    larger = results.empty((2 * N,), F64)
    assert larger.flags.owndata and larger.shape == (2 * N,)
    del held[:2]
    larger = results.empty((2 * N,), F64)  # two free blocks made room
    assert not larger.flags.owndata and len(results.blocks[8 * N]) == 2
    assert results.empty((5 * N,), F64).flags.owndata


def test_threads_never_get_the_same_memory() -> None:
    f = jit(lambda x: x * 2.0 + 1.0, backend="native")
    xs = [np.full(N, float(k)) for k in range(4)]
    f(xs[0])
    wrong: list[int] = []

    def work(k: int) -> None:
        for _ in range(100):
            y = f(xs[k])
            z = f(xs[k])
            if y[0] != 2 * k + 1 or z[-1] != 2 * k + 1 or np.shares_memory(y, z):
                wrong.append(k)

    some = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in some:
        t.start()
    for t in some:
        t.join()
    assert not wrong
