"""Statistics and differences under NumPy's own names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff
from autodiff import Tensor, grad, jvp, vmap
from autodiff.testing import check_grads
from tests.numpy.calls import check_batch, check_derivatives, check_value

A, B, V, S, E, CUBE = (2, 3), (3, 4), (3,), (), (0, 3), (2, 3, 4)
METHODS = [
    "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen",
    "weibull", "linear", "median_unbiased", "normal_unbiased", "lower", "higher", "midpoint", "nearest",
]  # fmt: skip
NAN = "np.where(HOLES, np.nan, x)"  # x, and some NaN among it

CALLS: dict[str, tuple[Any, ...]] = {
    # medians and quantiles
    "np.median(x)": (A,),
    "np.median(x)  # odd": ((5,),),
    "np.median(x, axis=1, keepdims=True)": (CUBE,),
    "np.median(x, axis=(0, -1))": (CUBE,),
    "np.median(x, (2, 0), overwrite_input=True)": (CUBE,),
    "np.median(x, axis=0, out=new(x, shape=(3,)))": (A,),
    "np.median(x)  # a number": (S,),
    "np.quantile(x, 0.3)": (A,),
    "np.quantile(x, [0.3, 0.9, 0.0, 1.0], axis=-1)": (CUBE,),
    "np.quantile(x, [[0.3, 0.9]], axis=(0, 1), keepdims=True)": (CUBE,),
    "np.quantile(x, 0.4, axis=0, keepdims=True)": (B,),
    "np.quantile(x, np.float32(0.4))": (B,),
    "np.quantile(x, 0.6, axis=1, method='inverted_cdf', weights=MASK + 0.5)": (A,),
    "np.quantile(x, [0.1, 0.6], axis=-1, method='inverted_cdf', weights=np.array([1.0, 0.0, 2.0]))": (A,),
    "np.percentile(x, 35)": (A,),
    "np.percentile(x, (35.0, 50), axis=1, method='weibull')": (CUBE,),
    "np.percentile(x, 35, out=new(x, shape=()))": (A,),
    **{f"np.quantile(x, [0.05, 0.37, 0.5, 0.93], axis=0, method={m!r})": ((6, 2),) for m in METHODS},
    # without NaN
    f"np.nansum({NAN})": (A,),
    f"np.nansum({NAN}, axis=1, keepdims=True, initial=2.0, where=MASK)": (A,),
    f"np.nanprod({NAN}, axis=(0, -1))": (A,),
    f"np.nanprod({NAN}, axis=1, where=MASK, initial=3.0)": (A,),
    f"np.nanmean({NAN}, axis=0)": (A,),
    f"np.nanmean({NAN}, dtype=np.float64, keepdims=True)": (A,),
    f"np.nanmean({NAN}, axis=1, where=MASK)": (A,),
    f"np.nanvar({NAN})": (A,),
    f"np.nanvar({NAN}, axis=1, ddof=1)": (A,),
    f"np.nanvar({NAN}, axis=-1, correction=0.5, keepdims=True)": (A,),
    f"np.nanstd({NAN}, ddof=1)": (A,),
    f"np.nanstd({NAN}, axis=1)": (A,),
    f"np.nanmax({NAN})": (A,),
    f"np.nanmax({NAN}, axis=1, keepdims=True)": (A,),
    f"np.nanmax({NAN}, axis=0, initial=0.1, where=MASK)": (A,),
    f"np.nanmin({NAN}, axis=(0, 1), initial=0.1)": (A,),
    f"np.nanmin({NAN}, axis=-1, out=new(x, shape=(2,)))": (A,),
    f"np.nanmedian({NAN})": (A,),
    f"np.nanmedian({NAN}, axis=1, keepdims=True)": (A,),
    f"np.nanquantile({NAN}, [0.2, 0.7], axis=1)": (A,),
    f"np.nanquantile({NAN}, 0.2, axis=0, method='hazen')": (A,),
    f"np.nanpercentile({NAN}, 40)": (A,),
    f"np.nanpercentile({NAN}, [40.0, 50.0], axis=1, method='inverted_cdf', weights=MASK + 0.5)": (A,),
    f"np.nancumsum({NAN}, axis=1)": (A,),
    f"np.nancumprod({NAN})": (A,),
    "np.nansum(x) + np.nanmax(x) + np.nanmedian(x) + np.nanvar(x)": (CUBE,),
    # averages and covariances
    "np.average(x)": (A,),
    "np.average(x, axis=0)": (A,),
    "np.average(x, axis=1, weights=np.array([0.2, 0.5, 0.7]))": (A,),
    "np.average(x, weights=np.exp(y))": (A, A),
    "np.average(x, axis=(1, 0), weights=np.exp(y), keepdims=True)": (CUBE, (3, 2)),
    "np.average(x, axis=-1, weights=np.exp(y), returned=True)": (CUBE, (4,)),
    "np.average(x, returned=True)": (A,),
    "np.cov(x)": (B,),
    "np.cov(x, rowvar=False)": (B,),
    "np.cov(x, y)": ((5,), (5,)),
    "np.cov(x, y, bias=True)": (B, (2, 4)),
    "np.cov(x, ddof=2)": (B,),
    "np.cov(x, fweights=[1, 2, 1, 3])": (B,),
    "np.cov(x, fweights=[1, 2, 1, 3], aweights=np.exp(y))": (B, (4,)),
    "np.cov(x, aweights=np.exp(y), ddof=0)": (B, (4,)),
    "np.cov(x, dtype=np.float32)": (B,),
    "np.cov(x)  # one variable": ((5,),),
    "np.corrcoef(x)": (B,),
    "np.corrcoef(x, y, rowvar=False)": (B, (3, 2)),
    "np.corrcoef(x)  # one variable": ((5,),),
    # counts
    "np.bincount([0, 2, 2], x)": (V,),
    "np.bincount(np.array([3, 1, 1, 0]), weights=x, minlength=6)": ((4,),),
    "np.histogram([0.0, 0.5, 0.9, 1.0], 4, weights=x)": ((4,),),
    "np.histogram([0.0, 0.5, 0.9, 2.0, -1.0], [0.0, 0.5, 0.7, 1.0], weights=x, density=False)": ((5,),),
    "np.histogram([0.0, 0.5, 0.9, np.inf], 3, range=(0.0, 0.9), weights=np.exp(x), density=True)": ((4,),),
    # differences
    "np.diff(x, n=2, axis=0, prepend=y, append=1.0)": (B, (2, 4)),
    "np.ediff1d(x)": (A,),
    "np.ediff1d(x, to_end=y, to_begin=0.5)": (A, V),
    "np.gradient(x)": (V,),
    "np.gradient(x)  # several": (B,),
    "np.gradient(x, 0.3, axis=-1)": (B,),
    "np.gradient(x, 0.3, 0.2, edge_order=2)": (B,),
    "np.gradient(x, np.array([0.0, 0.2, 1.0]), axis=1, edge_order=2)": ((4, 3),),
    "np.gradient(x, 0.5, np.cumsum(np.exp(y)), axis=(0, 1))": ((3, 4), (4,)),
    "np.gradient(x, np.exp(y))": (V, S),
    "np.gradient(x, axis=())": (A,),
    "np.trapezoid(x)": (A,),
    "np.trapezoid(x, dx=0.3, axis=0)": (A,),
    "np.trapezoid(x, y, axis=1)": (CUBE, (3,)),
    "np.trapezoid(x, x=y)": (A, A),
    "np.trapezoid(x, dx=y)": (A, S),
    # running sums
    "np.cumulative_sum(x)": (V,),
    "np.cumulative_sum(x, axis=-2, include_initial=True)": (CUBE,),
    "np.cumulative_prod(x, axis=1, include_initial=True, dtype=np.float64)": (A,),
    "np.cumulative_sum(x, axis=0, out=new(x))": (A,),
    "np.cumulative_prod(x, axis=0, include_initial=True)  # nothing": (E,),
    # out=
    **{f"np.{f}(x, axis=0, out=new(x, shape=(3,)))": (A,) for f in (
        "sum", "mean", "var", "std", "max", "min", "ptp", "prod", "nansum", "nanmean", "nanvar", "nanprod",
    )},
    **{f"np.{f}(x, 1, out=new(x))": (A,) for f in ("cumsum", "cumprod", "nancumsum")},
    "np.sum(x, 0, None, new(x, shape=(3,)))": (A,),
    "np.argmax(x, 0, out=new(x, shape=(3,), dtype=int)) * np.sum(x)": (A,),
    "np.any(x > 0, 1, out=new(x, shape=(2,), dtype=bool)) * np.nanstd(x, 1, out=new(x, shape=(2,)))": (A,),
    "np.trace(x, out=new(x, shape=()))": (A,),
    # nothing
    "np.quantile(x, [0.5, 0.6], axis=1)  # nothing": (E,),
    "np.median(x, axis=1)  # nothing": (E,),
    "np.nanmax(x, axis=1)  # nothing": (E,),
    "np.nansum(x, axis=0)  # nothing": (E,),
    "np.ediff1d(x)  # nothing": (E,),
}  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_value(call, dtype):
    check_value(call, CALLS[call], dtype)


@pytest.mark.parametrize("call", CALLS)
def test_derivatives(call):
    if "float32" not in call or "quantile" in call:  # of what is rounded, differences say little
        check_derivatives(call, CALLS[call], np.float64)


@pytest.mark.parametrize("call", CALLS)
def test_derivatives_in_single_precision(call):
    check_derivatives(call, CALLS[call], np.float32, order=1)


@pytest.mark.parametrize("call", CALLS)
def test_under_vmap(call):
    check_batch(call, CALLS[call])


COMPLEX = [
    "np.median(x, axis=1)", f"np.nansum({NAN})", f"np.nanprod({NAN}, axis=0)", f"np.nanmean({NAN})",
    f"np.nancumsum({NAN}, axis=1)", "np.average(x, axis=1, weights=[1.0, 2.0, 0.5])", "np.cov(x)",
    "np.cov(x, x * 1j + 0.3)", "np.diff(x)", "np.ediff1d(x)", "np.gradient(x, axis=1)", "np.trapezoid(x)",
    "np.trapezoid(x, x * x, axis=0)", "np.cumulative_sum(x, axis=0, include_initial=True)",
    "np.cumulative_prod(x, axis=1)", f"np.nanvar({NAN}, axis=1)", f"np.nanstd({NAN})", "np.corrcoef(x)",
    "np.histogram([0.0, 0.5, 1.0], 2, weights=x[0])[0]",
]  # fmt: skip


@pytest.mark.parametrize("call", COMPLEX)
@pytest.mark.parametrize("dtype", [np.complex128, np.complex64])
def test_complex(call, dtype):
    check_value(call, (A,), dtype)
    check_derivatives(call, (A,), dtype, order=2 if dtype is np.complex128 else 1)


# ---- ties, NaN and what is constant
@pytest.mark.parametrize(
    "f, x, want",
    [
        (np.median, [1.0, 1.0, 5.0], [0.5, 0.5, 0.0]),
        (np.median, [1.0, 2.0, 2.0, 5.0], [0.0, 0.5, 0.5, 0.0]),
        (np.median, [3.0, 3.0, 3.0], [1 / 3, 1 / 3, 1 / 3]),
        (np.nanmedian, [1.0, np.nan, 1.0], [0.5, 0.0, 0.5]),
        (np.nanmax, [1.0, np.nan, 1.0], [0.5, 0.0, 0.5]),
        (np.nanmin, [-np.inf, np.nan, 1.0], [1.0, 0.0, 0.0]),
        (np.nanmean, [1.0, np.nan, 1.0], [0.5, 0.0, 0.5]),
        (np.nanstd, [1.0, np.nan, 1.0], [0.0, 0.0, 0.0]),
        (lambda x: np.quantile(x, 0.25), [1.0, 2.0, np.inf], [0.5, 0.5, 0.0]),
        (lambda x: np.percentile(x, 25, method="lower"), [0.0, 0.0, 3.0, 4.0], [0.5, 0.5, 0.0, 0.0]),
        (lambda x: np.where(x[0] > 0, np.median(np.log(x)), x[1]), [-1.0, 2.0], [0.0, 1.0]),
        (lambda x: np.where(False, np.nanmax(np.sqrt(x)), 2 * x[1]), [0.0, 0.0], [0.0, 2.0]),
        (lambda x: np.nansum(np.sqrt(x)), [-1.0, 4.0], [0.0, 0.25]),
        (lambda x: np.nanmean(np.log(x)), [-1.0, 0.5], [0.0, 2.0]),
        (lambda x: np.average(x, weights=[1.0, 0.0]), [1.0, 2.0], [1.0, 0.0]),
    ],
)
def test_ties_and_nan(f, x, want):
    x = np.array(x)
    np.testing.assert_allclose(grad(f)(x), want, rtol=1e-15)
    for k, w in enumerate(want):
        np.testing.assert_allclose(jvp(f, (x,), (np.eye(len(x))[k],))[1], w, rtol=1e-15)


@pytest.mark.parametrize("f", [np.median, np.nanmax, np.nanmean, np.nanvar, np.nanmedian, np.nanstd])
def test_where_nothing_is_known_the_value_is_nan(f):
    x = Tensor([[np.nan, np.nan], [1.0, 2.0]], requires_grad=True)
    y = f(x, axis=1)
    want = f(x.numpy(), axis=1)
    np.testing.assert_array_equal(y.numpy(), want)
    assert np.isnan(want[0]) and not np.isnan(want[1])


def test_counts_are_constant():
    x = Tensor([0.0, 0.25, 1.0], requires_grad=True)
    counts, edges = np.histogram(x, 4)
    np.testing.assert_array_equal(counts.data, [1, 1, 0, 1])
    assert not counts.requires_grad and edges.requires_grad
    (gradient,) = autodiff.gradients((edges * np.arange(5.0)).sum(), [x])
    np.testing.assert_allclose(gradient, [2.5, 0, 7.5])
    assert not np.histogram(x, [0.0, 0.5, 1.0])[1].requires_grad
    assert np.bincount(Tensor([1, 1, 3])).tolist() == [0, 2, 0, 1]
    assert np.histogram_bin_edges(Tensor([2.0, 2.0]), 2).tolist() == [1.5, 2.0, 2.5]


def test_histograms_under_vmap():
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(3, 9)), rng.normal(size=(3, 9))
    edges = [-1.0, 0.0, 0.25, 1.0]
    x[0, 0], x[1, 2], x[2, 1] = 1.0, np.nan, -1.0
    for settings in ({"bins": edges}, {"bins": 5, "range": (-1.0, 1.0)}):
        got = vmap(lambda x, s=settings: np.histogram(x, **s)[0])(x)
        np.testing.assert_array_equal(got, [np.histogram(row, **settings)[0] for row in x])
        got = vmap(lambda x, w, s=settings: np.histogram(x, weights=w, **s)[0])(x, w)
        want = [np.histogram(row, weights=v, **settings)[0] for row, v in zip(x, w, strict=True)]
        np.testing.assert_allclose(got, want, rtol=1e-13)
    with pytest.raises(TypeError, match="traced"):
        vmap(lambda x: np.histogram(x)[0])(x)


def test_density_follows_the_edges():
    x = np.array([0.1, 0.3, 0.9, 0.4])
    check_grads(lambda x: np.histogram(x, 3, density=True)[0], (x,))
    check_grads(
        lambda x, w: np.histogram(x, 3, density=True, weights=w)[0], (x, np.array([1.0, 2.0, 0.5, 1.0]))
    )


def test_quantiles_with_weights_that_are_tensors():
    x, w = np.array([[3.0, 1.0, 2.0]] * 2), np.array([[1.0, 2.0, 0.5], [5.0, 1.0, 1.0]])

    def f(x, w):
        return np.quantile(x, [0.4, 0.9], axis=1, method="inverted_cdf", weights=w)

    np.testing.assert_array_equal(f(Tensor(x), Tensor(w)).data, f(x, w))
    check_grads(f, (x, w))


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda x: np.quantile(x, x), TypeError, "q can't be a Tensor"),
        (lambda x: np.quantile(x, 1.5), ValueError, r"quantile.*\[0, 1\]"),
        (lambda x: np.quantile(x, 0.5, method="best"), ValueError, "best"),
        (lambda x: np.quantile(x, 0.5, weights=[1, 1, 1]), ValueError, "inverted_cdf"),
        (lambda x: np.quantile(x, 0.5, weights=[1, 1], method="inverted_cdf"), TypeError, "axis"),
        (lambda x: np.quantile(x, 0.5, weights=[1, -1, 1], method="inverted_cdf"), ValueError, "negative"),
        (lambda x: np.quantile(x * 1j, 0.5), TypeError, "real"),
        (lambda x: np.median(x, axis=1), np.exceptions.AxisError, "axis 1"),
        (lambda x: np.median(x, out=np.zeros(())), TypeError, "ndarray"),
        (lambda x: np.average(x, weights=[0.0, 0.0, 0.0]), ZeroDivisionError, "zero"),
        (lambda x: np.average(x, weights=[1.0, 1.0]), TypeError, "axis"),
        (lambda x: np.average(x, axis=0, weights=[1.0, 1.0]), ValueError, "shape"),
        (lambda x: np.cov(x, ddof=0.5), ValueError, "ddof"),
        (lambda x: np.cov(x, fweights=[1, 2, 0.5]), TypeError, "whole"),
        (lambda x: np.cov(x, fweights=x), TypeError, "fweights can't be a Tensor"),
        (lambda x: np.cov(x, aweights=[1, 2]), RuntimeError, "observations"),
        (lambda x: np.cov(x, aweights=[1, 2, -1]), ValueError, "negative"),
        (lambda x: np.cov(np.multiply.outer(np.eye(2), x)), ValueError, "two axes"),
        (lambda x: np.bincount([0, 1], x), ValueError, "shape"),
        (lambda x: np.bincount(np.array([0, -1, 1]), x), ValueError, "negative"),
        (lambda x: np.bincount(np.array([0, 2, 1]), x, minlength=x), TypeError, "minlength"),
        (lambda x: np.histogram(x, bins=x), TypeError, "bins can't be a Tensor"),
        (lambda x: np.histogram(x, range=(x[0], x[1])), TypeError, "range can't be a Tensor"),
        (lambda x: np.histogram([0.0, 1.0], weights=x), ValueError, "shape"),
        (
            lambda x: np.histogram2d(x, x),
            TypeError,
            "np.histogram2d has no derivative here: take np.histogram",
        ),
        (lambda x: np.gradient(x[:1]), ValueError, "2 points at least"),
        (lambda x: np.gradient(x, edge_order=3), ValueError, "edge_order"),
        (lambda x: np.gradient(x, 1.0, 2.0), TypeError, "2 distances for 1 axes"),
        (lambda x: np.gradient(x, [1.0, 2.0]), ValueError, "places"),
        (lambda x: np.ediff1d(x, to_end=[1j]), TypeError, "to_end"),
        (lambda x: np.cumulative_sum(x.reshape(1, 3)), ValueError, "axis="),
        (lambda x: np.cumulative_prod(x, axis=1), np.exceptions.AxisError, "axis 1"),
        (lambda x: np.nanmax(x, where=[True, True, False]), ValueError, "initial"),
        (lambda x: np.nanargmax(x * np.nan), ValueError, "All-NaN"),
        (lambda x: vmap(np.bincount)(np.array([[0, 1], [1, 1]])), TypeError, "traced"),
    ],
)
def test_errors(call, error, message):
    x = Tensor([1.0, 2.0, 4.0], requires_grad=True)
    with pytest.raises(error, match=message):
        call(x)


@pytest.mark.parametrize(
    "f",
    [
        np.median, np.nanmedian, np.average, np.nanmean, np.nanvar, np.trapezoid, np.gradient, np.ediff1d,
        np.cov, lambda x: np.quantile(x, [0.1, 0.2]), lambda x: np.bincount(np.arange(len(x)), x), np.nanmax,
        lambda x: np.histogram(np.arange(len(x)), weights=x)[0], lambda x: np.corrcoef(x, x * x),
    ],
)  # fmt: skip
def test_the_graph_does_not_grow_with_the_array(f):
    def nodes(n: int) -> int:
        x = Tensor(np.random.default_rng(0).normal(size=n), requires_grad=True)
        return len(autodiff.graph.ancestry([f(x)])[0])

    assert nodes(7) == nodes(700)


def test_positions_agree_with_the_elements():
    """Where NumPy puts a quantile, for all methods, many lengths, and every q at which something turns."""
    for method in METHODS:
        for n in range(1, 9):
            x = np.cumsum(np.arange(1.0, n + 1))  # of n different distances
            q = np.linspace(0, 1, 41)
            J = autodiff.jacobian(lambda x, m=method, q=q: np.quantile(x, q, method=m))(x)
            np.testing.assert_allclose(J @ x, np.quantile(x, q, method=method), rtol=1e-12)
            np.testing.assert_allclose(J.sum(axis=1), 1.0, rtol=1e-14)
