"""What `Code` writes: types, memory, branches, and functions that a module has once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autodiff.jit.native import engine
from autodiff.jit.native.ir import FORMATS, TYPES, Code, Lanes, Module, literal
from autodiff.jit.native.mathematics import exp, parts, polynomial
from autodiff.jit.native.over_arrays import OverArrays

DTYPES = [np.float64, np.float32, np.int64, np.int32, np.bool_]
WIDTHS = [1, 3, 4, 16]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_numbers_are_loaded_converted_and_stored(dtype: Any, width: int) -> None:
    x = np.array([0, 1, 1, 0, 1, 100, 7, 1]).astype(dtype)
    for target in DTYPES:
        name = TYPES[np.dtype(target)]
        found = OverArrays(lambda code, x, name=name: code.convert(x, name), [dtype], width)(x)
        assert found.dtype == target
        np.testing.assert_array_equal(found, x.astype(target))


def test_operators_write_what_they_say() -> None:
    x, y = np.array([7.5, -2.0, 3.0, 0.0]), np.array([2.0, 4.0, -3.0, 1.0])
    for write in (
        lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / b, lambda a, b: -a,
        lambda a, b: abs(a), lambda a, b: a < b, lambda a, b: a <= b, lambda a, b: a > b,
        lambda a, b: a >= b, lambda a, b: 2.0 - a, lambda a, b: 2.0 / b, lambda a, b: 3.0 * a + 1.0,
        lambda a, b: (a < b) & (a > 0.0), lambda a, b: (a < b) | ~(a > 0.0), lambda a, b: (a < b) ^ (b > 0.0),
    ):  # fmt: skip
        found = OverArrays(lambda code, a, b, write=write: write(a, b), [np.float64] * 2, 4)(x, y)
        np.testing.assert_array_equal(found, write(x, y))
    n, m = np.array([5, -7, 0, 12]), np.array([1, 2, 3, 40])
    for whole in (
        lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: -a, lambda a, b: abs(a),
        lambda a, b: a < b, lambda a, b: a & b, lambda a, b: a | b, lambda a, b: a ^ b, lambda a, b: ~a,
        lambda a, b: a << 3, lambda a, b: abs(a) >> 1,
    ):  # fmt: skip
        found = OverArrays(lambda code, a, b, write=whole: write(a, b), [np.int64] * 2, 4)(n, m)
        np.testing.assert_array_equal(found, whole(n, m))


@pytest.mark.parametrize("width", WIDTHS)
def test_what_is_rare_is_computed_if_any_lane_needs_it(width: int) -> None:
    def square(code: Code, x: Lanes, y: Lanes) -> tuple[Lanes, Lanes]:
        large = x > 10.0
        return code.select(large, x * x, y), code.select(large, 1.0, 0.0, "double")

    def f(code: Code, x: Lanes) -> Lanes:
        y = x + 1.0
        usual = (y, code.constant(0.0, "double"))
        a, b = code.rare(x > 10.0, usual, lambda: code.outlined_several(square, x, y, rare=True))
        c, _ = code.rare(x > 1000.0, usual, lambda: (y, y))
        return a + b * 0.5 + c * 0.0

    x = np.array([1.0, 2.0, 20.0, 3.0] + [0.0] * 60 + [11.0, 2.0])
    np.testing.assert_array_equal(OverArrays(f, [np.float64], width)(x), np.where(x > 10, x * x + 0.5, x + 1))


@pytest.mark.parametrize("width", WIDTHS)
def test_a_table_is_read_at_every_lane_s_place(width: int) -> None:
    def f(code: Code, k: Lanes) -> Lanes:
        listed = ", ".join(f"double {literal(v, 'double')}" for v in (1.5, -2.0, 0.1))
        code.module.constants["three"] = f"@three = internal constant [3 x double] [{listed}]"
        return code.gather("three", k, "double")

    found = OverArrays(f, [np.int64], width)(np.array([0, 1, 2, 2, 1, 0, 1]))
    np.testing.assert_array_equal(found, np.array([1.5, -2.0, 0.1])[[0, 1, 2, 2, 1, 0, 1]])


def test_a_function_is_written_once_a_module() -> None:
    module = Module()
    code = Code(module, width=4, outline=True)
    x = code.named("%x", "double")
    code.call(exp, code.call(exp, x))
    code.call(exp, code.named("%y", "float"))
    assert sorted(module.functions) == ["exp.f32x4", "exp.f64x4"]
    assert sum("call <4 x double> @exp.f64x4" in line for line in code.lines) == 2


def test_in_place_a_function_of_the_same_number_is_written_once() -> None:
    code = Code(Module())
    x = code.named("%x", "double")
    first = code.call(exp, x)
    before = len(code.lines)
    assert code.call(exp, x) is first
    assert len(code.lines) == before


def test_products_may_be_contracted_but_not_in_functions() -> None:
    code = Code(Module())
    x = code.named("%x", "double")
    y = x * x + 1.0
    assert all("contract" in line for line in code.lines)
    n = len(code.lines)
    code.call(exp, y)
    assert not any("contract" in line for line in code.lines[n:])
    assert "contract" in (code.lines, x * y)[0][-1]


@pytest.mark.parametrize("type", ["double", "float"])
def test_constants_are_written_exactly(type: str) -> None:
    dtype = FORMATS[type].dtype
    for x in (0.1, -0.0, np.inf, -np.inf, 5e-324, 1e300, 3.4e38, 1e-45):
        f = OverArrays(lambda code, a, x=x: code.constant(x, type), [dtype], 2)
        with np.errstate(over="ignore"):
            expected = dtype(x)
        found = f(np.zeros(2, dtype))[0]
        assert found == expected and np.signbit(found) == np.signbit(expected)
    f = OverArrays(lambda code, a: code.constant(np.nan, type), [dtype], 2)
    assert np.isnan(f(np.zeros(2, dtype))).all()


def test_parts_add_up() -> None:
    from fractions import Fraction

    for type, digits in (("double", 53), ("float", 24)):
        for first in (10, digits):
            x = Fraction(2**200, 3**120)
            high, low = parts(x, type, first)
            assert high == float(FORMATS[type].dtype(high))
            assert abs(Fraction(high) + Fraction(low) - x) <= abs(x) * Fraction(2) ** -(first + digits - 1)
            assert Fraction(high).numerator.bit_length() <= first


def test_polynomials() -> None:
    x = np.linspace(-1, 1, 9)
    for n in range(1, 12):
        p = [float(k + 1) for k in range(n)]
        found = OverArrays(lambda code, x, p=p: polynomial(code, x, p), [np.float64], 4)(x)
        np.testing.assert_allclose(found, np.polyval(p[::-1], x), rtol=1e-13, atol=1e-13)


def test_a_text_that_is_wrong_raises_with_llvm_s_words() -> None:
    code = Code(Module())
    code.label("entry")
    code.lines.append("  ret double %nothing")
    code.module.define("f", "double @f()", code)
    with pytest.raises(RuntimeError, match="nothing"):
        engine.emitted(str(code.module), engine.machine())
