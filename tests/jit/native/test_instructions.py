"""Every row of the table of instructions gives what NumPy gives, on ordinary and on special numbers."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import Any

import numpy as np
import pytest

from autodiff.jit.native import engine
from autodiff.jit.native.instructions import INSTRUCTIONS, native, write
from autodiff.jit.native.ir import TYPES, Code, Module
from autodiff.jit.native.over_arrays import OverArrays
from autodiff.kinds import PRIMITIVES
from tests.samples import SAMPLES

SPECIAL = [
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.0, -2.5, 3.0, 1e-40, -1e-40, 1e-45, 5e-324, -5e-324, 1e30, -1e30,
    1e300, 3.4e38, -1e300, 1.7e308, -1.7e308, np.inf, -np.inf, np.nan, 7.25, -7.25, 1e16, 8388609.5, -745.0,
    -104.0, 709.5, 88.5, 100.0, -100.0,
]  # fmt: skip
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "round": [{"decimals": 0}],
    "sinc": [{"order": 0}],
    "cast": [{"dtype": np.dtype(np.float32)}, {"dtype": np.dtype(np.float64)}],
    "nan_to_num": [{}, {"nan": 1.5, "posinf": 2.5, "neginf": -2.5}],
}
ROUNDED = {
    "exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "tanh", "sinh", "cosh", "sigmoid", "softplus",
    "logaddexp", "logaddexp2", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "arctan2", "arcsinh",
    "arccosh", "arctanh", "erf", "power", "float_power", "cbrt", "hypot", "rad2deg", "deg2rad", "sinc",
}  # fmt: skip  # up to rounding


def values(dtypes: list[Any]) -> list[Any]:
    """All combinations of special values, one array for each input."""
    single = []
    for dtype in map(np.dtype, dtypes):
        if dtype.kind == "b":
            single.append(np.array([False, True]))
        elif dtype.kind == "i":
            most = np.iinfo(dtype)
            single.append(np.array([0, 1, -1, 5, -7, 31, 32, 70, 1000, most.max, most.min], dtype))
        else:
            few = SPECIAL if len(dtypes) < 3 else SPECIAL[:8] + SPECIAL[22:27]
            single.append(np.array(few, dtype))
    return [np.ascontiguousarray(v.ravel()) for v in np.meshgrid(*single, indexing="ij")]


def sorts(name: str, arity: int) -> list[list[Any]]:
    """The dtypes to try: all of one kind, and mixed."""
    alike = [[dtype] * arity for dtype in (np.float64, np.float32, np.int64, np.int32, np.bool_)]
    if arity == 1:
        return alike
    if name == "ldexp":
        return [[x, n] for x in (np.float64, np.float32) for n in (np.int64, np.int32, np.bool_)]
    mixed = [[np.float32] + [np.float64] * (arity - 1), [np.float64] + [np.bool_] * (arity - 1)]
    mixed += [[np.float32] + [np.int32] * (arity - 1), [np.int64] + [np.float64] * (arity - 1)]
    apart = [[np.bool_, *d[1:]] for d in alike[:2]] if name in ("where", "shield") else []
    return alike + mixed + apart


def cases(name: str) -> list[list[Any]]:
    """All dtypes of which a row is written natively."""
    op, params = PRIMITIVES[name], SETTINGS.get(name, [{}])[0]
    return [dtypes for dtypes in sorts(name, op.arity) if native(op, dtypes, params)]


@np.errstate(all="ignore")
def check(name: str, dtypes: list[Any], width: int, **more: Any) -> None:
    """A row gives what NumPy gives, of all special values."""
    op = PRIMITIVES[name]
    for params in SETTINGS.get(name, [{}]):
        params = {**op.defaults, **params}
        xs = values(dtypes)
        f = OverArrays(lambda code, *ys, p=params: write(code, op, ys, p), dtypes, width, **more)
        out, expected = f(*xs), np.asarray(op.f(*xs, **params))
        assert out.dtype == expected.dtype, (dtypes, params)
        if name in ROUNDED:
            np.testing.assert_allclose(out, expected, rtol=8 * np.finfo(out.dtype).eps, atol=0, err_msg=name)
        else:
            np.testing.assert_array_equal(out, expected, err_msg=f"{name} {dtypes} {width}")
        if out.dtype.kind == "f" and name not in ("fmax", "fmin"):  # of 0.0 and -0.0, either
            number = ~np.isnan(out)
            same = np.signbit(out[number]) == np.signbit(expected[number])
            assert same.all(), (name, dtypes, width, [x[number][~same] for x in xs])


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_instruction(name: str) -> None:
    assert cases(name), "no row may be left out"
    for dtypes, width in itertools.product(cases(name), (1, 4)):
        check(name, dtypes, width)


@pytest.mark.parametrize("level", ["x86-64-v4", "x86-64-v3", "x86-64"])
@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_instruction_on_other_processors(name: str, level: str) -> None:
    """With the vectors and the instructions of AVX-512, AVX2 and SSE2 alone."""
    try:
        machine = engine.machine_of(level)
    except ValueError as error:
        pytest.skip(str(error))
    for dtypes in cases(name)[:2]:
        check(name, dtypes, machine.lanes(max(np.dtype(d).itemsize for d in dtypes)), machine=machine)


@pytest.mark.parametrize("name", ["exp", "sin", "power", "tanh", "arctan2"])
def test_functions_that_are_called_compute_the_same(name: str) -> None:
    for width in (1, 8):
        check(name, cases(name)[0], width, outline=True)


@pytest.mark.parametrize(
    "triple", ["aarch64-unknown-linux-gnu", "arm64-apple-macosx", "x86_64-pc-windows-msvc"]
)
def test_object_code_for_other_machines(triple: str) -> None:
    """Every row, in one module: its text is verified, and code is emitted, which nothing here can run."""
    machine = engine.foreign(triple)
    module = Module()
    count = 0
    for name in INSTRUCTIONS:
        op, params = PRIMITIVES[name], SETTINGS.get(name, [{}])[0]
        for dtypes in cases(name)[:2]:
            for width in (1, machine.lanes(np.dtype(dtypes[-1]).itemsize)):
                code = Code(module, width, outline=True)
                code.label("entry")
                xs = [code.load(f"%x{k}", TYPES[np.dtype(d)]) for k, d in enumerate(dtypes)]
                code.store(write(code, op, xs, {**op.defaults, **params}), "%out")
                code.lines.append("  ret void")
                arguments = "".join(f"ptr %x{k}, " for k in range(op.arity))
                module.define(f"f{count}", f"void @f{count}({arguments}ptr %out)", code)
                count += 1
    text = str(module)
    assert len(engine.emitted(text, machine)) > 30 * count
    if triple.startswith("aarch64"):
        assembly = engine.assembly(text, machine)
        assert "fmla" in assembly  # a fused multiply-add of vectors
        assert all(f"f{k}:" in assembly for k in range(count))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", ["remainder", "fmod", "floor_divide"])
def test_remainders_are_exact(name: str, dtype: Any) -> None:
    """Also where the quotient is whole but for the last digit, or has more digits than a float."""
    rng = np.random.default_rng(0)
    y = rng.normal(0, 1, 20_000) * 10.0 ** rng.integers(-5, 5, 20_000)
    x = np.concatenate([rng.normal(0, 100, 10_000), y[10_000:] * rng.integers(-1000, 1000, 10_000)])
    x, y = x.astype(dtype), y.astype(dtype)
    x[::3] = np.nextafter(x[::3], dtype(0))
    x[1::7] *= dtype(1e12)
    op = PRIMITIVES[name]
    f = OverArrays(lambda code, *xs: write(code, op, xs, {}), [dtype, dtype], 8)
    np.testing.assert_array_equal(f(x, y), op.f(x, y))


def test_what_is_written_natively() -> None:
    """The dtypes that have code, and what is left to NumPy."""
    exp, power = PRIMITIVES["exp"], PRIMITIVES["power"]
    assert native(exp, [np.float64], {})
    assert native(exp, [float], {})  # one of Python's numbers
    assert native(exp, [np.int64], {})  # as float64
    assert not native(exp, [np.bool_], {})  # NumPy: float16
    assert not native(exp, [np.complex128], {})
    assert not native(exp, [np.float16], {})
    assert not native(exp, [int], {})  # Python's know no bounds
    assert native(PRIMITIVES["ldexp"], [np.float64, np.int32], {})
    assert not native(PRIMITIVES["ldexp"], [float, float], {})  # Python's takes one, NumPy's does not
    assert native(power, [np.float32, np.float64], {})
    assert not native(power, [np.int64, np.int64], {})
    assert not native(PRIMITIVES["round"], [np.float64], {"decimals": 2})
    assert not native(PRIMITIVES["matmul"], [np.float64, np.float64], {})
    assert not native(None, [np.float64], {})


def of_numbers(name: str) -> bool:
    op, params = PRIMITIVES[name], SETTINGS.get(name, [{}])[0]
    return op.scalar is not None and name != "cast" and native(op, [float] * op.arity, params)


@pytest.mark.parametrize("name", [name for name in INSTRUCTIONS if of_numbers(name)])
@np.errstate(all="ignore")
def test_numbers(name: str) -> None:
    """Python's function of numbers gives the same, or raises where the row says so."""
    op, row = PRIMITIVES[name], INSTRUCTIONS[name]
    params = {**op.defaults, **SETTINGS.get(name, [{}])[0]}
    xs = values([np.float64] * op.arity)
    out = OverArrays(lambda code, *ys: write(code, op, ys, params), [np.float64] * op.arity, 1)(*xs)
    for got, *numbers in zip(out.tolist(), *[x.tolist() for x in xs], strict=True):
        if row.raises and not math.isfinite(got):
            continue
        expected = op.scalar(*numbers, **params)
        assert got == pytest.approx(expected, rel=2e-15, abs=0, nan_ok=True), numbers


def test_a_primitive_that_is_not_the_table_s_has_no_code() -> None:
    """Who declares an `exp` of his own does not get ours."""
    own = dataclasses.replace(PRIMITIVES["exp"])
    assert not native(own, [np.float64], {})


def test_every_elementwise_primitive_has_a_row() -> None:
    ours = {name for name in INSTRUCTIONS if PRIMITIVES[name].kind == "elementwise"}
    assert ours == {name for name in SAMPLES if PRIMITIVES[name].kind == "elementwise"}
