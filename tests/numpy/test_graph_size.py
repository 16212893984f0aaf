"""Graphs do not grow with arrays, but for functions that call Python for each slice."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autodiff
from autodiff import Tensor

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def load(name: str) -> Any:
    """A module of the benchmarks, whose calls of every function of NumPy's are made for any size."""
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(BENCHMARKS))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(BENCHMARKS))
    return module


table = load("numpy_table")
PAIRS = {"poly"}  # which multiplies roots by pairs, and the products again: 2 log2 n products


def at(ufunc: np.ufunc, v: Any) -> Any:
    w = v * 1.0
    ufunc.at(w, np.arange(len(v)) % 3, v * 2)
    return w


def assigned(v: Any) -> Any:
    w = v * 1.0
    w[::2] = v[::2] * 3
    return w


# v is a vector, s a matrix
MORE: dict[str, Any] = {
    "polyval, coefficients": lambda m, v, s: m.polyval(v, 0.9),
    "polydiv, long": lambda m, v, s: m.polydiv(v, v[: len(v) // 2])[0],
    "polymul": lambda m, v, s: m.polymul(v, v),
    "roots": lambda m, v, s: abs(m.roots(v)),
    "vander, square": lambda m, v, s: m.vander(v),
    "convolve, two": lambda m, v, s: m.convolve(v, v),
    "quantiles": lambda m, v, s: m.quantile(s, np.linspace(0, 1, len(v)), axis=0),
    "nanquantile, axis": lambda m, v, s: m.nanquantile(s, [0.2, 0.4], axis=1),
    "power.reduce": lambda m, v, s: np.power.reduce(v),
    "float_power.accumulate": lambda m, v, s: np.float_power.accumulate(v),
    "mod.accumulate": lambda m, v, s: np.mod.accumulate(v),
    "fmod.reduce": lambda m, v, s: np.fmod.reduce(v),
    "arctan2.accumulate": lambda m, v, s: np.arctan2.accumulate(s, axis=1),
    "copysign.reduceat": lambda m, v, s: np.copysign.reduceat(v, np.arange(0, len(v), 2)),
    "heaviside.reduce": lambda m, v, s: np.heaviside.reduce(v),
    "hypot.reduce": lambda m, v, s: np.hypot.reduce(s, axis=0),
    "divide.accumulate": lambda m, v, s: np.divide.accumulate(s),
    "subtract.accumulate": lambda m, v, s: np.subtract.accumulate(s),
    "add.at": lambda m, v, s: at(np.add, v),
    "multiply.at": lambda m, v, s: at(np.multiply, v),
    "gradient, of places": lambda m, v, s: m.gradient(v, np.cumsum(np.ones(len(v)))),
    "unwrap, axis": lambda m, v, s: m.unwrap(s, axis=0),
    "cov, weighed": lambda m, v, s: m.cov(s, aweights=np.ones(s.shape[1])),
    "cumprod, axis": lambda m, v, s: m.cumprod(s, axis=1),
    "prod, axis": lambda m, v, s: m.prod(s, axis=1),
    "insert, many": lambda m, v, s: m.insert(v, np.arange(len(v) // 2), v[: len(v) // 2]),
    "pad, far": lambda m, v, s: m.pad(v, 3 * len(v), "symmetric", reflect_type="odd"),
    "assignment": lambda m, v, s: assigned(v),
}  # fmt: skip


def nodes(f: Any, *arrays: Any) -> int:
    out = f(*[Tensor(x, requires_grad=True) for x in arrays])
    return len(autodiff.graph.ancestry([out])[0])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sorted(table.CALLS.keys() - PAIRS))
def test_of_every_function(name: str) -> None:
    text, letters = table.CALLS[name]

    def count(n: int) -> int:
        values = table.data(n)
        constants = {k: values[k] for k in "ikej"}
        constants["i"] = constants["i"] % 3 if "repeat" in text else constants["i"]
        f = table.written(text, letters, np if "_view" in text else autodiff.numpy, constants)
        return nodes(f, *[values[k] for k in letters])

    assert count(128) == count(512)


@pytest.mark.parametrize("name", MORE)
def test_of_other_uses(name: str) -> None:
    rng = np.random.default_rng(0)

    def count(side: int) -> int:
        vector, square = rng.uniform(0.5, 0.9, side**2), rng.uniform(0.5, 0.9, (side, side + 2))
        return nodes(lambda v, s: MORE[name](autodiff.numpy, v, s), vector, square)

    assert count(6) == count(15)


def test_of_what_calls_python_for_each_slice() -> None:
    m = autodiff.numpy
    for f in (lambda s: m.apply_along_axis(np.sum, 0, s), lambda s: m.vectorize(lambda a: a * a)(s)):
        assert nodes(f, np.ones((2, 8))) > nodes(f, np.ones((2, 4)))
