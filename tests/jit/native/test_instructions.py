"""Every row of the table of instructions gives what NumPy gives, on ordinary and on special numbers."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from autodiff.jit.native.instructions import INSTRUCTIONS, native, write
from autodiff.jit.native.over_arrays import OverArrays
from autodiff.kinds import PRIMITIVES

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


CASES = [
    (name, dtypes, width)
    for name, row in INSTRUCTIONS.items()
    for dtypes in sorts(name, PRIMITIVES[name].arity)
    for width in (1, 4)
    if native(PRIMITIVES[name], dtypes, SETTINGS.get(name, [{}])[0])
]


@pytest.mark.parametrize("name", INSTRUCTIONS)
@np.errstate(all="ignore")
def test_instruction(name: str) -> None:
    op = PRIMITIVES[name]
    cases = [case for case in CASES if case[0] == name]
    assert cases, "no row may be left out"
    for (_, dtypes, width), params in itertools.product(cases, SETTINGS.get(name, [{}])):
        params = {**op.defaults, **params}
        xs = values(dtypes)
        f = OverArrays(lambda code, *ys, p=params: write(code, op, ys, p), dtypes, width)
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
