"""Functions along axes, with settings drawn by hypothesis: NumPy's values, derivatives by finite differences.

HIPS autograd is asked as well, where it has the function.
"""

from __future__ import annotations

from typing import Any

import autograd
import autograd.numpy as hips
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autodiff
from autodiff import Tensor
from autodiff.testing import check_grads
from tests.samples import APART

SPECIAL = [0.0, -0.0, 1.0, 1.0, -2.5, 1e-3, np.inf, -np.inf, np.nan]
METHODS = [
    "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen",
    "weibull", "linear", "median_unbiased", "normal_unbiased", "lower", "higher", "midpoint", "nearest",
]  # fmt: skip
Q = st.one_of(st.floats(0, 1), st.lists(st.floats(0, 1), max_size=3), st.sampled_from([0, 1, 0.5]))
MASK = st.one_of(st.just(True), st.integers(0, 2**32))  # the seed of one
ALONG = {"axis": "axes", "keepdims": st.booleans()}
ONE = {"axis": "axis"}

FUNCTIONS: dict[str, dict[str, Any]] = {
    "median": ALONG,
    "quantile": {**ALONG, "q": Q, "method": st.sampled_from(METHODS)},
    "percentile": {**ALONG, "q": Q.map(lambda q: np.multiply(q, 100).tolist())},
    "nanmedian": ALONG,
    "nanquantile": {**ALONG, "q": Q, "method": st.sampled_from(METHODS)},
    "nansum": {**ALONG, "where": MASK, "initial": st.sampled_from([0.0, 2.5])},
    "nanprod": {**ALONG, "where": MASK, "initial": st.sampled_from([1.0, 2.5])},
    "nanmean": {**ALONG, "where": MASK},
    "nanvar": {**ALONG, "where": MASK, "ddof": st.sampled_from([0, 1, 0.5])},
    "nanstd": {**ALONG, "where": MASK, "correction": st.sampled_from([0, 1, 0.5])},
    "nanmax": {**ALONG, "where": MASK, "initial": st.sampled_from([0.5, 9.0])},
    "nanmin": {**ALONG, "where": MASK, "initial": st.sampled_from([0.5, -9.0])},
    "nancumsum": ONE,
    "nancumprod": ONE,
    "average": {"axis": "axis", "keepdims": st.booleans(), "weights": st.sampled_from([None, 0, 1])},
    "cumulative_sum": {"axis": "one", "include_initial": st.booleans()},
    "cumulative_prod": {"axis": "one", "include_initial": st.booleans()},
    "diff": {"axis": "one", "n": st.integers(0, 3), "prepend": st.sampled_from([None, 0.5]),
             "append": st.sampled_from([None, -1.5])},
    "ediff1d": {"to_end": st.sampled_from([None, 0.5, [1.0, 2.0]]),
                "to_begin": st.sampled_from([None, 3.0])},
    "gradient": {"axis": "axis", "edge_order": st.sampled_from([1, 2])},
    "trapezoid": {"axis": "one", "dx": st.sampled_from([1.0, 0.25])},
    "cov": {"rowvar": st.booleans(), "bias": st.booleans(), "ddof": st.sampled_from([None, 0, 1, 2, 5])},
    "corrcoef": {"rowvar": st.booleans()},
    "clip": {"min": st.sampled_from([None, -0.5, 0.0]), "max": st.sampled_from([None, 0.5, -1.0])},
    "nan_to_num": {"nan": st.sampled_from([0.0, 1.5]), "posinf": st.sampled_from([None, 2.0])},
    "angle": {"deg": st.booleans()},
}  # fmt: skip
COMPLEX = {
    "nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nancumsum", "nancumprod", "average",
    "cumulative_sum", "cumulative_prod", "diff", "gradient", "trapezoid", "cov", "nan_to_num", "angle",
    "ediff1d",
}  # fmt: skip
PRODUCTS = {"nanprod", "nancumprod", "cumulative_prod"}  # which lose too much in single precision


def shapes(name: str) -> Any:
    few = [(4,), (3, 4), (2, 3, 4), (2, 1, 3)]
    some = [(), (1,), (0,), (2, 0, 3)]
    return st.sampled_from([s for s in few if len(s) < 3] if name in ("cov", "corrcoef") else few + some)


@st.composite
def calls(draw: Any, name: str, special: bool) -> tuple[np.ndarray, dict[str, Any]]:
    """An array and settings."""
    shape = draw(shapes(name))
    dtypes = ["f4", "f8", "c8", "c16"] if name in COMPLEX else ["f4", "f8"]
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    x = APART.draw(rng, shape) + (1j * APART.draw(rng, shape) if dtype.kind == "c" else 0)
    if special and dtype.kind == "f" and name not in ("cov", "corrcoef", "average"):
        x = np.where(rng.random(shape) < 0.4, rng.choice(SPECIAL, shape), x)
    elif name.startswith("nan") and x.ndim:
        x[rng.random(shape) < 0.2] = np.nan
    given_ = {}
    for key, strategy in FUNCTIONS[name].items():
        value = draw(axis(x.ndim, strategy)) if isinstance(strategy, str) else draw(strategy)
        if key == "where" and value is not True:
            value = np.random.default_rng(value).random(shape) < 0.7
        if key == "weights" and value is not None:
            k = given_["axis"]
            value = None if value == 0 and k is None else rng.uniform(0.5, 2, shape if value else shape[k])
        if value is not None or key == "axis":
            given_[key] = value
    return np.asarray(x, dtype), given_


def axis(ndim: int, kind: str) -> Any:
    single = st.integers(-ndim, ndim - 1) if ndim else st.none()
    if kind == "one":
        return single
    if kind == "axis":
        return st.one_of(st.none(), single)
    several = st.lists(st.integers(0, max(ndim - 1, 0)), unique=True, max_size=ndim).map(tuple)
    signs = st.booleans()
    return st.one_of(
        st.none(), single, st.tuples(several, signs).map(lambda t: tuple(k - ndim * t[1] for k in t[0]))
    )


def outcome(f: Any, x: Any, setting: dict[str, Any]) -> Any:
    """The results, or the error."""
    try:
        out = f(x, **setting)
    except Exception as error:
        return error
    out = out if isinstance(out, tuple) else (out,)
    return [np.asarray(getattr(y, "value", y)) for y in out]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", FUNCTIONS)
@settings(max_examples=settings.default.max_examples // 2)
@given(data=st.data())
def test_values_are_numpys(name, data):
    x, setting = data.draw(calls(name, special=True))
    if not x.size and name in ("median", "quantile", "percentile", "nanquantile", "average"):
        return  # of nothing, NumPy's errors and shapes follow no rule
    want = outcome(getattr(np, name), x, setting)
    for f in (getattr(np, name), getattr(autodiff.numpy, name)):
        got = outcome(f, Tensor(x, requires_grad=True), setting)
        if isinstance(want, Exception):
            assert isinstance(got, Exception), f"NumPy raises {want!r}"
            continue
        assert not isinstance(got, Exception), got
        assert len(got) == len(want)
        for g, w in zip(got, want, strict=True):
            assert (g.shape, g.dtype) == (w.shape, w.dtype)
            tolerance = 1e-4 if x.dtype.char in "fF" else 1e-11
            np.testing.assert_allclose(g, w, tolerance, tolerance)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", FUNCTIONS)
@settings(max_examples=settings.default.max_examples // 4)
@given(data=st.data())
def test_derivatives(name, data):
    x, setting = data.draw(calls(name, special=False))
    want = outcome(getattr(np, name), x, setting)
    if isinstance(want, Exception) or any(not np.isfinite(w).all() for w in want):
        return
    if name in PRODUCTS:
        x = x.astype("D" if x.dtype.kind == "c" else "d")
    at = np.flatnonzero(np.isfinite(x))  # a NaN can't be moved

    def f(v: Any) -> Any:
        whole = np.reshape(Tensor(np.full(x.size, np.nan, x.dtype)), (-1,))
        whole[at] = v
        return getattr(np, name)(np.reshape(whole, x.shape), **setting)

    double = x.dtype.char in "dD"
    tolerance = 2e-3 if not double else 1e-4 if name == "angle" else None  # which turns fast near 0
    size = max([1.0, *(np.abs(w).max(initial=0) for w in want)])  # differences of large numbers are rounded
    atol = tolerance if double else tolerance * size
    check_grads(f, (x.reshape(-1)[at],), order=2 if double else 1, rtol=tolerance, atol=atol)


HIPS = {
    "diff": lambda np, x: np.diff(x, 2, axis=0),
    "gradient": lambda np, x: np.gradient(x, axis=1),
    "sinc": lambda np, x: np.sinc(x),
    "angle": lambda np, x: np.angle(x + 1j),
    "logaddexp2": lambda np, x: np.logaddexp2(x, x * x),
    "exp2": lambda np, x: np.exp2(x),
    "fmax": lambda np, x: np.fmax(x, x * x),
    "fmin": lambda np, x: np.fmin(x, 0.4),
    "fabs": lambda np, x: np.fabs(x),
    "deg2rad": lambda np, x: np.deg2rad(x) + np.radians(x),
    "rad2deg": lambda np, x: np.rad2deg(x) + np.degrees(x),
    "nan_to_num": lambda np, x: np.nan_to_num(x),
    "clip": lambda np, x: np.clip(x, -0.5, 0.5),
    "mod": lambda np, x: np.mod(x, 0.7),
    "sign": lambda np, x: x * np.sign(x),
    "real_if_close": lambda np, x: np.real_if_close(x + 0j),
}


@pytest.mark.parametrize("name", HIPS)
def test_autograd_agrees(name):
    x, f = np.random.default_rng(3).normal(size=(3, 4)), HIPS[name]
    weights = np.random.default_rng(4).normal(size=np.shape(f(np, x)))
    real = lambda np, x: np.sum(np.real(f(np, x) * weights))  # noqa: E731
    want = autograd.grad(lambda x: real(hips, x))(x)
    np.testing.assert_allclose(autodiff.grad(lambda x: real(np, x))(x), want, rtol=1e-12, atol=1e-14)
