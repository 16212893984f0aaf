"""Programs of arrays as native code: what the same program gives as NumPy source, for arrays of all sorts.

Random programs are in tests/jit/test_random_jit.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autodiff as ad
import autodiff.numpy as m
from autodiff import Tensor, grad, hvp, jit, jvp, value_and_grad, vmap
from autodiff.jit import native
from autodiff.jit.native import driver, engine

pytest.importorskip("llvmlite")
RNG = np.random.default_rng(0)
LENGTHS = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 1000]


def some(n: Any, dtype: Any = float, start: float = 0.0) -> Any:
    return np.sin(1.7 * np.arange(np.prod(n)) + start).reshape(n).astype(dtype)


def softened(x: Any) -> Any:
    return ad.numpy.sum(ad.exp(-x * x) * ad.tanh(x)) + ad.numpy.max(x * 2.0, initial=-9.0)


PROGRAMS = {
    "elementwise": lambda x: ad.sin(x) * 2.0 + ad.maximum(x, 0.5),
    "total": lambda x: softened(x),
    "gradient": grad(lambda x: softened(x)),
    "along the rows": lambda x: (x[..., None] * np.arange(5.0, dtype=x.dtype)).sum(axis=-1) - x,
    "softmax": lambda x: ad.softmax(x, axis=-1) if x.size else x * 1.0,
    "views": lambda x: ad.numpy.concatenate([x[::-1] * 2.0, x[1:] - x[:-1], x[::2]]),
    "chosen": lambda x: ad.where(x > 0, ad.log(ad.absolute(x) + 1.0), -x),
    "several": lambda x: (x + 1.0, (x * x).sum(), x * 3.0, x.mean() if x.size else x.sum()),
    "product between": lambda x: ad.tanh(ad.numpy.outer(x, x) @ x) + x,
}


def failing(*args: Any) -> Any:
    raise AssertionError("the compiled program raised")


def compiled(f: Callable[..., Any], *args: Any) -> Any:
    """f as native code, after a first call; f itself does not help it any more."""
    found: Any = jit(f, backend="native")
    found(*args)
    found.f = failing
    return found


def both(f: Any, *args: Any) -> tuple[Any, Any]:
    """What native code gives, at its second call, and what NumPy source gives."""
    with np.errstate(all="ignore"):
        return compiled(f, *args)(*args), jit(f, backend="numpy")(*args)


def alike(f: Any, *args: Any) -> None:
    found, want = both(f, *args)
    several = isinstance(want, tuple)
    for a, b in zip(found if several else [found], want if several else [want], strict=True):
        a, b = np.asarray(a), np.asarray(b)
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        eps = float(np.finfo(b.dtype).eps) if b.dtype.kind in "fc" else 0.0
        scale = float(np.abs(b[np.isfinite(b)]).max(initial=0)) if b.size else 0.0
        np.testing.assert_allclose(a, b, rtol=2000 * eps, atol=200 * eps * scale)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", PROGRAMS)
def test_lengths_around_that_of_a_vector(name: str, dtype: Any) -> None:
    for n in LENGTHS:
        alike(PROGRAMS[name], RNG.standard_normal(n).astype(dtype))


def lengths() -> None:
    for f in PROGRAMS.values():
        for dtype in (np.float64, np.float32):
            for n in LENGTHS[1::2]:
                alike(f, RNG.standard_normal(n).astype(dtype))
    for dtype in (np.float64, np.float32):
        for shape in ((5, 1), (1, 9), (2, 17)):
            axes_and_broadcasting(shape, dtype)


@pytest.mark.parametrize("level", ["x86-64", "x86-64-v3"])
def test_lengths_on_other_processors(level: str) -> None:
    try:
        engine.machine_of(level)
    except ValueError:
        pytest.skip("this processor has no such level")
    code = "from tests.jit.native.test_arrays import lengths; lengths()"
    env = {**os.environ, "AUTODIFF_CPU": level, "PYTHONPATH": "."}
    subprocess.run([sys.executable, "-c", code], env=env, check=True, cwd=Path(__file__).parents[3])


def axes_and_broadcasting(shape: tuple[int, ...], dtype: Any) -> None:
    def f(x: Any, row: Any, column: Any) -> Any:
        z = m.exp(x * row) - column
        return (
            z, m.sum(z, axis=0), m.sum(z, axis=-1), m.max(z, axis=0, keepdims=True), m.min(z, axis=-1),
            z.T * 2.0, z[..., ::-1] + row, z[..., :1] - z, m.concatenate([z, z + 1.0], axis=-1) * 3.0,
        )  # fmt: skip

    args = [some(n, dtype) for n in (shape, shape[-1:], (shape[-2], 1))]
    alike(f, *args)
    alike(grad(lambda *xs: m.sum(m.sin(f(*xs)[0])) + m.sum(f(*xs)[3]), (0, 1, 2)), *args)


@pytest.mark.parametrize("shape", [(3, 5), (5, 1), (1, 9), (4, 3, 8), (2, 17), (17, 2)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_axes_and_broadcasting(shape: tuple[int, ...], dtype: Any) -> None:
    axes_and_broadcasting(shape, dtype)


def test_empty_arrays() -> None:
    for shape in ((0, 3), (3, 0), (0,)):
        alike(lambda x: (m.exp(x) * 2.0, m.sum(m.sin(x)), m.sum(x, axis=0) + 1.0), np.empty(shape))


def unaligned(x: Any) -> Any:
    room = np.zeros(x.nbytes + 1, np.uint8)
    out = room[1:].view(x.dtype).reshape(x.shape)
    out[...] = x
    return out


def only_to_read(x: Any) -> Any:
    x = x.copy()
    x.flags.writeable = False
    return x


LAYOUTS = {
    "reversed": lambda x: x[::-1, ::-1],
    "transposed": lambda x: x.T,
    "every other": lambda x: np.repeat(np.repeat(x, 2, 0), 2, 1)[::2, 1::2],
    "in Fortran's order": np.asfortranarray,
    "unaligned": unaligned,
    "broadcast": lambda x: np.broadcast_to(x[0], x.shape),
    "one number": lambda x: np.broadcast_to(x[0, 0], x.shape),
    "part": lambda x: np.concatenate([x, x])[3:12],
    "read-only": only_to_read,
    "bytes swapped": lambda x: x.astype(x.dtype.newbyteorder()),
    "a subclass": lambda x: x.view(type("Mine", (np.ndarray,), {})),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("known", [True, False])
def test_arrays_may_lie_in_memory_as_they_like(layout: str, known: bool, monkeypatch: Any) -> None:
    """With the driver that looks arrays up, and where it doesn't know how they look."""
    if not known:
        monkeypatch.setattr(driver, "known", lambda: False)
        driver.enter.cache_clear()
    try:
        x = LAYOUTS[layout](RNG.standard_normal((9, 13)))
        plain = np.array(x, np.float64)
        f = jit(lambda x, y: (ad.tanh(x) * y).sum(axis=0) - x[0], backend="native")
        for a, b in ((plain, plain), (x, plain[: x.shape[0], : x.shape[1]]), (x, x), (plain, plain)):
            want = (np.tanh(a) * b).sum(axis=0) - a[0]
            np.testing.assert_allclose(f(a, b), want, rtol=1e-12, atol=1e-13)
        np.testing.assert_array_equal(x, plain)  # nobody wrote into it
    finally:
        driver.enter.cache_clear()


def test_arrays_of_different_layouts_meet() -> None:
    x = RNG.standard_normal((13, 13))
    f = jit(lambda x, y: ad.tanh(x) * y - ad.exp(-x * x) / (1.0 + y * y), backend="native")
    for first in LAYOUTS.values():
        for second in LAYOUTS.values():
            a, b = first(x), second(x)[: len(first(x))]
            if a.shape == b.shape:
                np.testing.assert_allclose(f(a, b), np.tanh(a) * b - np.exp(-a * a) / (1 + b * b), rtol=1e-13)


def test_where_it_is_not_known_how_arrays_look_python_looks_them_up(monkeypatch: Any) -> None:
    assert driver.known() and driver.enter() is not driver.slowly
    driver.enter.cache_clear()
    monkeypatch.setattr(driver, "known", lambda: False)
    try:
        assert driver.enter() is driver.slowly
        alike(PROGRAMS["several"], some(33))
    finally:
        driver.enter.cache_clear()


def test_arguments_may_overlap() -> None:
    base = RNG.standard_normal(1000)
    f = jit(lambda x, y: (x * 2.0 - y, ad.exp(y).sum()), backend="native")
    for x, y in ((base[:-1], base[1:]), (base[1:], base[:-1]), (base, base[::-1]), (base, base)):
        first, second = f(x, y)
        np.testing.assert_allclose(first, x * 2.0 - y, rtol=1e-15)
        np.testing.assert_allclose(second, np.exp(y).sum(), rtol=1e-13)


def test_parts_of_what_was_put_together() -> None:
    rng = np.random.default_rng(1)
    a, b, every, back = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 1, 4)), np.s_[:], np.s_[::-1]
    for index in (
        (back, np.s_[:3]), (every, np.s_[0:3], back), (..., np.s_[:3], back), (every, np.s_[:3], ..., back),
        (every, np.s_[:3]), (np.s_[1:], np.s_[:3]), (every, 3), (0, np.s_[3:4], ...), (back, -1, ...),
        (every, np.s_[3:4], None, back), (every, back), (every, np.s_[2:4]),
    ):  # fmt: skip

        def f(a: Any, b: Any, index: Any = index) -> Any:
            return ad.numpy.concatenate([a * 2.0, b - 1.0], axis=1)[index] + 0.5

        alike(f, a, b)
        alike(lambda a, b, f=f: grad(lambda a, b: (f(a, b) ** 2).sum(), (0, 1))(a, b), a, b)


def test_results_are_nobody_elses() -> None:
    f = jit(lambda x: (x * 2.0, x + 1.0, ad.numpy.zeros_like(x), x), backend="native")
    x = RNG.standard_normal(50)
    first = f(x)
    kept = [y.copy() for y in first]
    for y in f(x + 1.0):
        y[:] = np.nan
    for y, before in zip(first, kept, strict=True):
        assert np.array_equal(y, before) and not np.shares_memory(y, x) and y.flags.writeable


SPECIAL = [
    0.0,
    -0.0,
    np.inf,
    -np.inf,
    np.nan,
    5e-324,
    -5e-324,
    1e308,
    -1e308,
    1e-310,
    1.0,
    -1.0,
    710.0,
    -745.2,
]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: ad.maximum(x, y), lambda x, y: ad.minimum(x, y), lambda x, y: ad.exp(x) - y,
        lambda x, y: ad.where(x > y, x, y), lambda x, y: x * y + x, lambda x, y: ad.absolute(x) / y,
        lambda x, y: ad.numpy.max(x, axis=0) + ad.numpy.min(y, axis=0), lambda x, y: ad.sign(x) * ad.floor(y),
        lambda x, y: ad.numpy.hypot(x, y), lambda x, y: ad.relu(x) - ad.sigmoid(y),
        lambda x, y: ad.numpy.copysign(x, y), lambda x, y: ad.sqrt(x) + ad.log(y),
        lambda x, y: ad.numpy.sum(x, axis=1), lambda x, y: (x == y) | (x < y), lambda x, y: x != y,
        lambda x, y: m.isnan(x) | m.isnan(y), lambda x, y: x / y, lambda x, y: ad.tanh(x) - y,
    ],
)  # fmt: skip
def test_special_numbers(f: Any, dtype: Any) -> None:
    with np.errstate(all="ignore"):
        some = np.array(SPECIAL).astype(dtype)
        x, y = (np.ascontiguousarray(a) for a in np.meshgrid(some, some))
        found, want = both(f, x, y)
        assert found.dtype == want.dtype
        np.testing.assert_allclose(found, want, rtol=8 * float(np.finfo(dtype).eps))
        if found.dtype.kind == "f":
            numbers = ~np.isnan(want)
            np.testing.assert_array_equal(np.signbit(found)[numbers], np.signbit(want)[numbers])


def test_other_dtypes_run_between_kernels() -> None:
    z = RNG.standard_normal(20) + 1j * RNG.standard_normal(20)
    alike(lambda z: ad.exp(z) * z + abs(z).sum(), z)
    alike(lambda x: x * 2 + ad.numpy.arange(5), np.arange(5))
    alike(lambda x: ad.numpy.sort(x * 2.0)[::-1] + 1.0, RNG.standard_normal(9))
    alike(lambda x: ad.linalg.inv(x @ x.T + 4.0 * np.eye(3)).sum() * x, RNG.standard_normal((3, 3)))
    alike(lambda x: x.astype(np.float32) * x, RNG.standard_normal(9))
    alike(lambda x, k: x[k] * 2.0, RNG.standard_normal(9), np.array([3, 1, 1, -1]))


def test_numpy_between_kernels() -> None:
    w, x = some((16, 9)), some((30, 16))

    def f(w: Any, x: Any) -> Any:
        hidden = m.tanh(x @ w)
        return m.sum(m.sort(hidden, axis=0)[3:] ** 2) + m.sum(m.linalg.inv(w.T @ w + m.eye(9)))

    alike(lambda w, x: value_and_grad(f)(w, x), w, x)


def test_what_is_made_of_less_waits_for_the_pass_that_needs_it() -> None:
    def nearest(x: Any, y: Any) -> Any:
        squares = m.sum(x * x, axis=1)[:, None] + m.sum(y * y, axis=1)
        return m.sum(m.min(squares - 2.0 * x @ y.T, axis=0))

    x, y = some((9, 3)), some((70, 3), start=1.0)
    alike(nearest, x, y)
    alike(grad(nearest, (0, 1)), x, y)
    f = compiled(nearest, x, y)
    spaces = [u.space for u in f.latest.native.plan.order if hasattr(u, "space")]
    assert spaces.count((9, 70)) == 1  # the sums of squares are not written for every pair


def test_a_long_loop_is_few_kernels() -> None:
    def f(x: Any) -> Any:
        for _ in range(300):
            x = x + 0.01 * m.sin(x * x) * x
        return m.sum(x)

    x = some(50)
    g = compiled(grad(f), x)
    np.testing.assert_allclose(g(x), grad(f)(x), rtol=1e-10)
    assert g.stats["kernels"] * 5 < g.stats["kernel calls"]


def test_branches_and_nans_are_seen() -> None:
    f = jit(lambda x: x * 2.0 if (x * x).sum() > 1.0 else x - 1.0, backend="native")
    for x in (np.full(3, 0.1), np.full(3, 2.0), np.full(3, 0.1)):
        np.testing.assert_array_equal(f(x), x * 2.0 if (x * x).sum() > 1 else x - 1.0)
    slope = jit(grad(lambda x: ad.where(x > 0, ad.sqrt(x), 0.0).sum()), backend="native")
    np.testing.assert_array_equal(slope(np.array([4.0, 0.0, 1.0])), [0.25, 0.0, 0.5])


def test_derivatives_of_compiled_functions_are_native_as_well() -> None:
    f = jit(lambda w, x: (ad.tanh(x @ w) ** 2).sum(), backend="native")
    w, x = RNG.standard_normal(4), RNG.standard_normal((10, 4))
    want = value_and_grad(f.__wrapped__)(w, x)
    for found in (value_and_grad(f)(w, x), jit(value_and_grad(f), backend="native")(w, x)):
        np.testing.assert_allclose(found[0], want[0], rtol=1e-13)
        np.testing.assert_allclose(found[1], want[1], rtol=1e-12)
    np.testing.assert_allclose(
        vmap(grad(f), (None, 0))(w, x[:, None]), [grad(f)(w, row[None]) for row in x], rtol=1e-12
    )
    np.testing.assert_allclose(
        hvp(lambda w: f(w, x), (w,), (w,))[0], hvp(lambda w: f.__wrapped__(w, x), (w,), (w,))[0], rtol=1e-12
    )
    np.testing.assert_allclose(
        jvp(f, (w, x), (w, x))[1], jvp(f.__wrapped__, (w, x), (w, x))[1], rtol=1e-12
    )  # fmt: skip
    t = Tensor(w, requires_grad=True)
    f(t, x).backward()
    np.testing.assert_allclose(t.grad, want[1], rtol=1e-12)
    g = jit(lambda x: m.sum(m.exp(m.sin(x)) * x[::-1]), backend="native")
    np.testing.assert_allclose(grad(g)(w), grad(g.__wrapped__)(w), rtol=1e-12)
    halves = next(x for x in g.latest.recorded.known.values() if hasattr(x, "first"))
    assert halves.first.native and halves.second.native


def test_threads_have_memory_of_their_own() -> None:
    f = jit(lambda x: ad.exp(ad.sin(x)).sum() + (ad.numpy.outer(x, x) * 0.5).max(axis=0), backend="native")
    xs = [RNG.standard_normal(300) for _ in range(8)]
    want = [f(x) for x in xs]
    wrong: list[int] = []

    def work(k: int) -> None:
        wrong.extend(k for _ in range(50) if not np.array_equal(f(xs[k]), want[k]))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


def test_what_there_is_to_see() -> None:
    f = jit(lambda x: ad.exp(x) * 2.0, backend="native")
    f(np.ones(100))
    assert "define void @kernel0" in f.ir and "x double>" in f.ir
    assert f.stats["backend"] == "native" and f.stats["kernels"] == f.stats["kernel calls"] == 1
    assert "np.exp(x)" in f.source
    g = jit(lambda x: ad.exp(x) * 2.0, backend="numpy")
    g(np.ones(100))
    assert g.stats["backend"] == "numpy"
    with pytest.raises(AttributeError, match="ran as NumPy source"):
        _ = g.ir


def test_what_has_no_kernels_runs_as_numpy_source() -> None:
    z = np.array([1.0 + 2.0j, 3.0])
    f = jit(lambda z: z * z, backend="native")
    np.testing.assert_array_equal(f(z), z * z)
    assert f.stats["backend"] == "numpy"
    with pytest.raises(AttributeError, match="NumPy source"):
        _ = f.ir


def test_a_defect_of_the_compiler_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no error of f's, after which f would run by itself."""

    def broken(*args: Any) -> Any:
        raise IndexError("a defect")

    x = RNG.standard_normal(5)
    before = jit(lambda x: ad.exp(x).sum(), backend="native")
    before(x)
    monkeypatch.setattr(native, "compiled", broken)
    f = jit(lambda x: ad.exp(x).sum(), backend="native")
    for call in (f, grad(f), grad(before)):
        with pytest.raises(RuntimeError, match="can't be compiled, which is a defect of autodiff") as found:
            call(x)
        assert isinstance(found.value.__cause__, IndexError)
    monkeypatch.setattr(native, "compiled", lambda *args: None)  # then NumPy source runs
    np.testing.assert_allclose(f(x), np.exp(x).sum())


def test_which_back_end_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUTODIFF_JIT", raising=False)
    assert native.chosen("auto") == "native" and native.chosen("numpy") == "numpy"
    monkeypatch.setenv("AUTODIFF_JIT", "numpy")
    assert native.chosen("auto") == "numpy" and native.chosen("native") == "native"
    monkeypatch.setenv("AUTODIFF_JIT", "fortran")
    with pytest.raises(ValueError, match="AUTODIFF_JIT must be one of auto, numpy, native, not 'fortran'"):
        jit(lambda x: x)
    with pytest.raises(ValueError, match="backend must be one of auto, numpy, native, not 'gpu'"):
        jit(lambda x: x, backend="gpu")


def test_without_llvmlite(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Any:
        raise ImportError('native code needs llvmlite: pip install "autodiff-graph[jit]"; …')

    monkeypatch.setattr(engine, "llvm", missing)
    monkeypatch.delenv("AUTODIFF_JIT", raising=False)
    engine.available.cache_clear()
    try:
        with pytest.raises(ImportError, match=r"pip install \"autodiff-graph\[jit\]\""):
            jit(lambda x: x, backend="native")
        f = jit(lambda x: x * 2.0)
        np.testing.assert_array_equal(f(np.ones(3)), [2.0] * 3)
        assert f.stats["backend"] == "numpy"
    finally:
        engine.available.cache_clear()


@pytest.mark.parametrize("length", [2, 3, 4, 5, 7, 16, 31, 33, 100])
def test_powers_are_products_of_powers(length: int) -> None:
    f = jit(lambda x: ad.numpy.vander(x, length, increasing=True) * 1.0, backend="native")
    for dtype in (np.float64, np.float32):
        some = np.array([0.5, -2.0, 1.1, 0.0, -0.0, np.inf, -np.inf, np.nan, 1e-30, 1e30], dtype)
        with np.errstate(all="ignore"):
            want = np.vander(some, length, increasing=True)
            np.testing.assert_allclose(f(some), want, rtol=length * float(np.finfo(dtype).eps), atol=1e-44)
    assert f.stats["backend"] == "native"


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    "labels",
    [
        "vj,aijv->avi", "aijv,vj->iva", "vj,aijv->iav", "ab,abc->ac", "abc,cb->b", "cb,abc->abc",
        "bca,ab->ba", "a,ab->ab",
    ],
)  # fmt: skip
def test_stacks_of_products_of_which_each_element_is_in_one(labels: str, dtype: Any) -> None:
    """They are kernels however large they are: NumPy would call BLAS for each matrix."""
    lengths = dict(zip("aijvbc", (7, 3, 4, 300, 70, 50), strict=True))
    inputs, _ = labels.split("->")
    x, y = (some([lengths[c] for c in names], dtype, k) for k, names in enumerate(inputs.split(",")))
    alike(lambda x, y: m.einsum(labels, x, y) * 2.0, x, y)
    alike(grad(lambda x, y: m.sum(ad.sin(m.einsum(labels, x, y))), argnums=(0, 1)), x, y)
