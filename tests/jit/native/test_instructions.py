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
    "cast": [{"dtype": np.dtype(np.float32)}, {"dtype": np.dtype(np.float64)}],
    "nan_to_num": [{}, {"nan": 1.5, "posinf": 2.5, "neginf": -2.5}],
}
ROUNDED = {
    "exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "tanh", "sinh", "cosh", "sigmoid", "softplus",
    "logaddexp", "logaddexp2", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "arctan2", "arcsinh",
    "arccosh", "arctanh", "erf", "power", "float_power", "cbrt", "hypot", "rad2deg", "deg2rad",
}  # fmt: skip  # up to rounding


def values(dtype: Any, count: int) -> list[Any]:
    """All combinations of special values, one array for each input."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        single = np.array([False, True])
    elif dtype.kind == "i":
        single = np.array([0, 1, -1, 5, -7, 1000, np.iinfo(dtype).max, np.iinfo(dtype).min], dtype)
    else:
        few = SPECIAL if count < 3 else SPECIAL[:8] + SPECIAL[22:27]
        single = np.array(few, dtype)
    return [np.ascontiguousarray(v.ravel()) for v in np.meshgrid(*[single] * count, indexing="ij")]


def sorts(arity: int, apart: bool) -> list[list[Any]]:
    alike = [[dtype] * arity for dtype in (np.float64, np.float32, np.int64, np.int32, np.bool_)]
    mixed = [[np.float32] + [np.float64] * (arity - 1), [np.float64] + [np.bool_] * (arity - 1)]
    found = alike + mixed * (arity > 1)
    return found + [[np.bool_, *d[1:]] for d in alike[:2]] * (arity > 1) if apart else found


CASES = [
    (name, dtypes, width)
    for name, row in INSTRUCTIONS.items()
    for dtypes in sorts(PRIMITIVES[name].arity, row.promoted != slice(None))
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
        lots = values(dtypes[0], 1) if len(dtypes) == 1 else None
        xs = lots or [x.astype(d) for x, d in zip(values(np.float64, len(dtypes)), dtypes, strict=True)]
        if lots is None and np.dtype(dtypes[-1]).kind in "ib":
            xs = values(dtypes[-1], len(dtypes))
            xs = [x.astype(d) for x, d in zip(xs, dtypes, strict=True)]
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
