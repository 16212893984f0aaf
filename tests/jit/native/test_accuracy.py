"""Functions of mathematics in native code are as exact as docs/native_functions.md says, on any processor."""

from __future__ import annotations

import re

import mpmath
import numpy as np
import pytest

from autodiff.jit.native import engine
from autodiff.jit.native.instructions import FUNCTIONS, RAISING
from tests.programs import load

made = load("docs/make_native_functions.py")

DTYPES = [np.float64, np.float32]
LEVELS = ["native", "x86-64-v4", "x86-64-v3", "x86-64"]


def machine(level: str) -> engine.Machine:
    """A processor of this level, or as much of this one; skips where there is none."""
    try:
        return engine.machine_of(level)
    except ValueError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("level", ["native", "x86-64"])
@pytest.mark.parametrize("name", made.FUNCTIONS)
def test_errors_are_within_the_bound(name: str, level: str) -> None:
    f = made.FUNCTIONS[name]
    for dtype in DTYPES:
        found = made.worst(f, dtype, machine(level), points=20_000, stride=20_011, few=100, seed=1)
        assert found.count > 300
        assert found.error <= f.bound, (np.dtype(dtype).name, found)


@pytest.mark.parametrize("name", made.FUNCTIONS)
def test_the_width_of_vectors_changes_no_digit(name: str) -> None:
    """That of AVX-512, AVX2 and one number, with a fused multiply-add."""
    f = made.FUNCTIONS[name]
    levels = [machine("native")]
    for level in LEVELS[1:3]:
        try:
            levels.append(engine.machine_of(level))
        except ValueError:
            continue
    for dtype in DTYPES:
        rng = np.random.default_rng(3)
        xs = made.pairs(f, dtype, 200, rng) if f.arity == 2 else [made.seams(f, dtype)]
        if not all(m.fma for m in levels):
            pytest.skip("this processor has no fused multiply-add")
        first, *others = [made.compiled(f, dtype, m)(*xs) for m in levels]
        for other in others:
            np.testing.assert_array_equal(other, first)


def test_the_table_says_what_is_so() -> None:
    """Every function has its row, and the argument in it has that error."""
    lines = made.FILE.read_text("utf-8").splitlines()
    rows = {cells[1].strip("* "): cells for line in lines if len(cells := line.split("|")) == 10}
    assert list(made.FUNCTIONS) == [name for name in rows if name in made.FUNCTIONS]
    native = machine("native")
    for name, f in made.FUNCTIONS.items():
        cells = [cell.strip() for cell in rows[name]]
        for k in (2, 4, 6, 7):
            assert float(cells[k]) <= f.bound
        if not native.fma:
            continue
        for dtype, error, at in zip(DTYPES, cells[2:6:2], cells[3:7:2], strict=True):
            xs = [np.array([float.fromhex(x)], dtype) for x in at.split(", ")]
            got = made.compiled(f, dtype, native)(*xs)
            measured = made.error_of(f, got[0], *[x[0] for x in xs])
            assert f"{measured:.3f}" == error, (
                name,
                np.dtype(dtype).name,
                "run python docs/make_native_functions.py",
            )


def test_every_function_of_mathematics_is_measured() -> None:
    names = {f.__name__ for f in (*FUNCTIONS, *RAISING)} | {"power", "sqrt"}
    assert names == set(made.FUNCTIONS)


def test_the_measure_counts_in_units_of_the_last_place() -> None:
    f = made.FUNCTIONS["exp"]
    exact = np.float64(mpmath.exp(1))
    assert made.error_of(f, exact, np.float64(1)) < 0.5
    assert 2.5 < made.error_of(f, exact + 3 * np.spacing(exact), np.float64(1)) < 3.5
    assert made.error_of(f, np.float64("nan"), np.float64(1)) == np.inf
    assert made.error_of(f, np.float64("inf"), np.float64(1000)) == 0
    assert made.error_of(f, np.float64(5e-324), np.float64(-1000)) == 1
    assert re.search("2 ulp, and 4 for powers", made.FILE.read_text("utf-8"))
