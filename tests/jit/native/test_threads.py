"""Kernels in halves, on two threads: the same numbers, whoever computes them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import warnings
from typing import Any

import numpy as np
import pytest

import autodiff as ad
import autodiff.numpy as m
from autodiff import grad, jit, value_and_grad

pytest.importorskip("llvmlite")
from autodiff.jit.native import engine, threads

RNG = np.random.default_rng(0)


def softmax(x: Any) -> Any:
    y = ad.exp(x - x.max(axis=1, keepdims=True))
    return y / y.sum(axis=1, keepdims=True)


PROGRAMS = {
    "elementwise": (lambda x: ad.tanh(ad.exp(-x * x)) + x, (1000, 130)),
    "total": (lambda x: m.sum(ad.exp(x)) * 2.0, (1000, 130)),
    "largest": (lambda x: m.max(ad.sin(x) * x), (1000, 130)),
    "several totals": (lambda x: (m.sum(ad.sin(x)), m.max(ad.sin(x)), ad.sin(x) * 2.0), (1000, 130)),
    "softmax": (softmax, (900, 200)),
    "column sums": (lambda x: m.sum(ad.sqrt(x * x + 1.0), axis=0), (300, 500)),
    "a few long rows": (lambda x: m.sum(ad.sqrt(x * x + 1.0), axis=1), (3, 50_000)),
    "transposed": (lambda x: ad.tanh(x) + x.T, (400, 400)),
    "broadcasting": (lambda x: ad.tanh(x) * x[:1] + ad.exp(x[:, :1]), (700, 301)),
    "log-sum-exp": (lambda x: ad.log(m.sum(ad.exp(x - m.max(x)))) + m.max(x), (200, 1001)),
    "gradient": (value_and_grad(lambda x: m.sum(ad.tanh(x) * x)), (100_001,)),
    "reversed": (lambda x: ad.exp(x[::-1]) * ad.sin(x), (100_001,)),
    "beside": (lambda x: m.concatenate([x[:1], ad.sin(x[1:] - x[:-1])]), (100_001,)),
}


def results(f: Any, x: Any) -> list[Any]:
    out = f(x)
    return [np.asarray(y) for y in (out if isinstance(out, tuple) else (out,))]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", PROGRAMS)
def test_halves_are_what_the_whole_is(name: str, dtype: Any) -> None:
    f, shape = PROGRAMS[name]
    x = RNG.standard_normal(shape).astype(dtype)
    found = jit(f, backend="native")
    got = results(found, x)
    assert found.stats["halved kernel calls"] or name == "beside"
    eps = float(np.finfo(dtype).eps)
    for a, b in zip(got, results(f, x), strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1000 * eps, atol=100 * eps * float(np.abs(b).max()))
    job = threads.job()
    before = int(job[threads.ALIVE])
    for k in range(20):  # with the other thread and without it
        job[threads.ALIVE] = before if k % 2 else 0
        try:
            for a, b in zip(got, results(found, x), strict=True):
                np.testing.assert_array_equal(a, b)
        finally:
            job[threads.ALIVE] = before


@pytest.mark.parametrize("n", [127, 128, 129, 191, 192, 193, 255, 256, 257, 1000, 1025])
def test_lengths_that_are_no_multiples(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "ENOUGH", 1)

    def f(x: Any) -> Any:
        y = ad.sin(x) * x
        return y, m.sum(y), m.max(y), grad(lambda z: m.sum(ad.exp(z) * z[0]))(x)

    for x in (np.linspace(-1.0, 2.0, n), np.linspace(-1.0, 2.0, 3 * n).reshape(n, 3).T):
        found = jit(f, backend="native")
        for a, b in zip(results(found, x), results(f, x), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def test_nobody_waits_for_a_thread_that_does_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    job = np.zeros(16, np.int64)
    job[threads.ALIVE] = 1
    monkeypatch.setattr(threads, "job", lambda: job)
    f = jit(lambda x: ad.tanh(ad.exp(x)) + 1.25, backend="native")
    x = RNG.standard_normal(100_000)
    np.testing.assert_allclose(f(x), np.tanh(np.exp(x)) + 1.25)
    assert job[threads.STATE] == threads.FREE and job[threads.ROW]  # it was offered, and taken back
    job[threads.STATE] = threads.TAKEN  # somebody else's call is under way
    np.testing.assert_allclose(f(x), np.tanh(np.exp(x)) + 1.25)
    assert job[threads.STATE] == threads.TAKEN


def test_several_threads_of_python_call() -> None:
    f = jit(lambda x: ad.tanh(ad.exp(x)) * x + m.sum(ad.sin(x)), backend="native")
    xs = [RNG.standard_normal(60_000) for _ in range(4)]
    want = [f(x) for x in xs]
    wrong: list[int] = []

    def work(k: int) -> None:
        wrong.extend(k for _ in range(30) if not np.array_equal(f(xs[k]), want[k]))

    some = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in some:
        t.start()
    for t in some:
        t.join()
    assert not wrong


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_process_goes_on_alone() -> None:
    f = jit(lambda x: ad.tanh(ad.exp(x)) * x, backend="native")
    x = RNG.standard_normal(100_000)
    want = f(x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer Pythons warn of forks where there are threads
        child = os.fork()
    if not child:
        os._exit(0 if np.array_equal(f(x), want) and not threads.job()[threads.ALIVE] else 1)
    assert os.waitpid(child, 0)[1] == 0
    np.testing.assert_array_equal(f(x), want)


@pytest.mark.parametrize(("text", "count"), [("1", 1), ("2", 2), ("16", 2)])
def test_how_many_threads_there_may_be(text: str, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTODIFF_THREADS", text)
    assert threads.allowed() == count


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5"])
def test_a_number_of_threads_that_is_none(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTODIFF_THREADS", text)
    with pytest.raises(ValueError, match="AUTODIFF_THREADS must be"):
        jit(lambda x: x, backend="native")


def test_the_process_ends_while_the_thread_sleeps_or_looks() -> None:
    program = (
        "import numpy as np, autodiff as ad\n"
        "f = ad.jit(lambda x: ad.tanh(ad.exp(x)), backend='native')\n"
        "for _ in range(5): y = f(np.ones(100_000))\n"
        "print(float(y[-1]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={**os.environ, "AUTODIFF_THREADS": "2"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    np.testing.assert_allclose(float(done.stdout), np.tanh(np.e))


@pytest.mark.parametrize("triple", ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"])
def test_object_code_for_other_machines(triple: str) -> None:
    text = engine.assembly(threads.TEXT, engine.foreign(triple))
    assert "both:" in text and "serve:" in text
