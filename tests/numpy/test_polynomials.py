"""Polynomials, interpolation, numbers in a row: NumPy, finite differences, HIPS autograd, closed forms."""

from __future__ import annotations

import warnings
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import autodiff.numpy as adnp
from autodiff import Tensor, grad, hvp, jvp, vmap, where
from autodiff.graph import ancestry
from autodiff.primitives import polynomials
from autodiff.testing import check_grads
from tests.numpy.calls import check_batch, check_derivatives, check_value

# a call of x, y and z, and their shapes
S2 = (2,)
PAIRS = [((3,), (3,)), ((2,), (4,)), ((3,), (1,)), ((), (2,))]
QUOTIENTS = [((5,), (2,)), ((4,), (4,)), ((2,), (3,)), ((3,), (1,)), ((4,), (3,)), ((7,), (2,))]
CALLS: list[tuple[str, tuple[Any, ...]]] = [
    *[("np.polyval(x, y)", s) for s in [((4,), (2, 3)), ((1,), (3,)), ((3,), ()), ((3, 2), S2), ((0,), S2)]],
    *[(f"np.{f}(x, y)", s) for f in ("polyadd", "polysub", "polymul") for s in PAIRS],
    *[("np.polydiv(x, y)", s) for s in QUOTIENTS],
    *[(f"np.polyder(x, {m})", ((4,),)) for m in (0, 1, 2, 3, 4, 5)],
    *[(f"np.polyint(x, {m})", ((3,),)) for m in (0, 1, 2)], ("np.polyint(x, 2, y)", ((3,), (2,))),
    ("np.polyint(x, 2, k=y)", ((3,), ())),
    *[("np.poly(x)", (s,)) for s in [(1,), (2,), (3,), (5,), (8,)]], ("np.poly(x)", ((3, 3),)),
    ("np.vander(x)", ((3,),)), ("np.vander(x, 5)", ((3,),)), ("np.vander(x, N=2, increasing=True)", ((4,),)),
    ("np.linspace(x, y, 5)", ((), ())), ("np.linspace(x, y, 4, endpoint=False)", ((3,), ())),
    ("np.linspace(x, y, 3, axis=1)", ((2,), (3, 1))), ("np.linspace(x, y, 3, axis=-1)", ((2,), (2,))),
    ("np.linspace(x, y, 4, retstep=True)", ((2,), (2,))), ("np.linspace(x, y, 1)", ((), ())),
    ("np.linspace(x, 3, 0)", ((2,),)),
    ("np.linspace(1, x, 3)", ((),)), ("np.linspace(x, y, 1, endpoint=False)", ((), ())),
    ("np.logspace(x / 5, y / 5, 4)", ((), ())),
    ("np.logspace(x / 5, y / 5, 3, base=abs(z), axis=1)", ((2,), (2,), (2,))),
    ("np.logspace(x / 5, 1, 3, endpoint=False, base=2)", ((2,),)),
    ("np.logspace(0, 1, 3, base=abs(x))", ((2,),)),
    ("np.geomspace(abs(x), abs(y), 4)", ((), ())), ("np.geomspace(-abs(x), -abs(y), 3, axis=1)", (S2, S2)),
    ("np.geomspace(abs(x), 7.0, 3, endpoint=False)", ((2,),)), ("np.geomspace(abs(x), 3.0, 1)", ((),)),
    ("np.unwrap(9 * x)", ((6,),)), ("np.unwrap(9 * x, axis=0)", ((4, 2),)),
    ("np.unwrap(9 * x, 4.0)", ((6,),)),
    ("np.unwrap(9 * x, period=5.0)", ((2, 5),)), ("np.unwrap(9 * x, period=5 + y / 9)", ((6,), ())),
    ("np.unwrap(x)", ((1,),)),
    ("np.interp(x, np.sort(y), z)", ((5,), (4,), (4,))),
    ("np.interp(x, np.sort(y), z)", ((2, 3), (3,), (3,))),
    ("np.interp(x, np.sort(y), z, left=-1.0, right=x[0])", ((5,), (4,), (4,))),
    ("np.interp(x, y, z)", ((), (1,), (1,))),
    ("np.interp(x, y, z, period=3.3)", ((5,), (4,), (4,))),
    ("np.interp(x, y, z, period=-2.2)", ((5,), (3,), (3,))),
]  # fmt: skip
COMPLEX = [(c, s) for c, s in CALLS if not any(f in c for f in ("unwrap", "interp", "logspace", "geomspace"))]


def label(call: Any) -> str:
    return f"{call[0]} {call[1]}"


@pytest.mark.parametrize("call", CALLS, ids=map(label, CALLS))
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_calls(call, dtype):
    """Values, shapes and dtypes; both orders, in both modes; and under vmap."""
    if "polydiv" in call[0] and dtype is np.float32:
        return  # what NumPy leaves of the remainder is a matter of rounding
    check_value(*call, dtype)
    check_derivatives(*call, dtype, 2 if dtype is np.float64 else 1)
    if "polydiv" not in call[0]:  # which counts its coefficients by their numbers
        check_batch(*call)


@pytest.mark.parametrize("call", COMPLEX, ids=map(label, COMPLEX))
def test_calls_of_complex_numbers(call):
    check_value(*call, complex)
    check_derivatives(*call, complex)


def test_interpolation_of_many_places():
    """In order and not, beyond the ends, on points that stand on each other, next to inf; by two routes."""
    rng = np.random.default_rng(0)
    xp = np.sort(np.append(rng.integers(0, 50, 3000) / 50, [0.3, 0.3, 1.2]))
    for x in (rng.uniform(-0.1, 1.3, 2000), np.sort(rng.uniform(-0.1, 1.3, 2000)), xp):
        k = polynomials.interval(x, xp)
        np.testing.assert_array_equal(k, np.clip(np.searchsorted(xp, x, "right") - 1, 0, len(xp) - 2))
    xp = np.sort(rng.uniform(0, 1, 40))
    fp, x = rng.normal(size=40), rng.uniform(-0.1, 1.1, 2000)
    g = grad(lambda x, xp, fp: (np.interp(x, xp, fp) ** 2).sum(), argnums=(0, 1, 2))
    parts = [g(x[k : k + 500], xp, fp) for k in range(0, 2000, 500)]
    np.testing.assert_allclose(g(x, xp, fp)[0], np.concatenate([part[0] for part in parts]))
    for k in (1, 2):
        np.testing.assert_allclose(g(x, xp, fp)[k], sum(part[k] for part in parts), atol=1e-10)
    fp[1] = np.inf
    np.testing.assert_allclose(np.interp(Tensor([-1.0, xp[-1]]), xp, Tensor(fp)).data, fp[[0, -1]])


def test_complex_values_are_interpolated():
    x, xp, fp = np.array([0.5, 2.5]), np.array([0.0, 1.0, 3.0]), np.array([1j, 2, 3 - 1j])
    np.testing.assert_allclose(np.interp(Tensor(x), xp, Tensor(fp)).data, np.interp(x, xp, fp))
    check_grads(np.interp, (x, xp, fp))
    start, stop = np.array(1 + 1j), np.array(-2.0 + 0.5j)
    np.testing.assert_allclose(np.geomspace(Tensor(start), stop, 5).data, np.geomspace(start, stop, 5))
    check_grads(lambda a, b: np.geomspace(a, b, 5), (start, stop))


# ---- roots -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "roots", [[1.0, 2.0, 4.0], [1.0, 1 + 1j, 1 - 1j], [-3.0], [0.0, 2.0], [1j, 2.0, -1.0]]
)
def test_roots(roots):
    p = np.poly(roots)
    got = np.roots(Tensor(p))
    np.testing.assert_allclose(np.sort_complex(got.data), np.sort_complex(np.roots(p)), atol=1e-12)
    if p[-1]:  # else their order changes
        check_grads(np.roots, (p,))
    for r, k in ((0, 0), (len(roots) - 1, len(roots))):  # ∂root/∂p[k]
        root = got.data[r]
        g = grad(lambda q, r=r: np.roots(q)[r].real)(p.real)[k] if not np.iscomplexobj(p) else None
        want = -(root ** (len(roots) - k)) / np.polyval(np.polyder(p), root)
        assert g is None or np.isclose(g, want.real)


def test_roots_without_a_derivative():
    with pytest.raises(np.linalg.LinAlgError, match="defective"):
        grad(lambda p: np.roots(p).real.sum())(np.poly([1.0, 1.0, 2.0]))
    with pytest.raises(ValueError, match="first coefficient"):
        np.roots(Tensor([0.0, 1.0, 2.0]))
    with pytest.raises(ValueError, match="rank-1"):
        np.roots(Tensor([[1.0, 2.0]]))
    np.testing.assert_array_equal(np.roots(Tensor([3.0])).data, [])


def test_there_and_back():
    """The roots of the polynomial of roots are the roots: the Jacobian of both is the identity."""
    r = np.array([4.0, 2.0, 0.5, -1.0])
    t = np.array([1.0, -2.0, 0.3, 2.0])
    out, moved = jvp(lambda r: np.roots(np.poly(r)), (r,), (t,))
    order = np.argsort(-out.real)
    np.testing.assert_allclose(moved[order], t, atol=1e-10)


# ---- fits ------------------------------------------------------------------------------------------------
X, Y = np.array([0.0, 0.5, 1.5, 2.0, 3.5]), np.array([1.0, 0.5, 2.0, 1.5, 4.0])
W = np.array([1.0, 2.0, 0.5, 1.5, 1.0])
FITS: dict[str, dict[str, Any]] = {
    "line": {"deg": 1}, "parabola": {"deg": 2}, "mean": {"deg": 0}, "weights": {"deg": 2, "w": W},
    "covariance": {"deg": 1, "cov": True}, "unscaled": {"deg": 2, "cov": "unscaled", "w": W},
    "full": {"deg": 2, "full": True}, "rcond": {"deg": 2, "rcond": 1e-10},
}  # fmt: skip


@pytest.mark.parametrize("name", FITS)
@pytest.mark.parametrize("y", [Y, np.stack([Y, Y**2], axis=1)], ids=["vector", "matrix"])
def test_polyfit(name, y):
    settings = FITS[name]

    def f(x: Any, y: Any) -> Any:
        out = np.polyfit(x, y, **settings)
        return (out[0], out[1], out[3]) if settings.get("full") else out

    got, want = np.polyfit(Tensor(X), Tensor(y), **settings), np.polyfit(X, y, **settings)
    for g, w in zip(*[out if isinstance(out, tuple) else (out,) for out in (got, want)], strict=True):
        np.testing.assert_allclose(getattr(g, "value", g), w, atol=1e-12)
    check_grads(f, (X, y))
    if "w" in settings:
        more = {k: v for k, v in settings.items() if k != "w"}
        check_grads(lambda w: np.polyfit(X, y, w=w, **more), (W,))
    ys = np.stack([y, 2 * y])
    first = vmap(lambda y: f(X, y))(ys)
    want = [np.polyfit(X, y, settings["deg"], w=settings.get("w")) for y in ys]
    np.testing.assert_allclose(first if not isinstance(first, tuple) else first[0], want, atol=1e-10)


def test_a_fit_that_is_not_determined_warns():
    with pytest.warns(np.exceptions.RankWarning):
        np.polyfit(Tensor([1.0, 1.0, 2.0]), Y[:3], 2)


# ---- special places --------------------------------------------------------------------------------------
@given(x=st.floats(-3, 6), n=st.integers(1, 5))
@example(x=0.0, n=3)
@example(x=4.0, n=5)
@example(x=float("nan"), n=3)
def test_interp_everywhere(x, n):
    """At points, beyond the ends, and of NaN: the value of NumPy, and the slope on the right within."""
    xp, fp = np.arange(n) * 1.0, np.array([1.0, 3.0, -2.0, 0.5, 4.0])[:n]
    np.testing.assert_allclose(np.interp(Tensor(x), xp, fp).data, np.interp(x, xp, fp), atol=1e-12)
    slope = grad(lambda x: np.interp(x, xp, fp))(x)
    k = int(np.searchsorted(xp, x, "right")) - 1
    if not np.isnan(x) and 0 <= k < n - 1:
        np.testing.assert_allclose(slope, fp[k + 1] - fp[k])
    elif x < xp[0] or x > xp[-1]:
        assert slope == 0


@given(num=st.integers(0, 7), endpoint=st.booleans(), a=st.floats(-5, 5), b=st.floats(-5, 5),
       dtype=st.sampled_from([None, np.float32, np.complex128, int]))  # fmt: skip
@example(num=1, endpoint=True, a=2.0, b=2.0, dtype=None)
def test_linspace_is_numpys(num, endpoint, a, b, dtype):
    want = np.linspace(a, b, num, endpoint, dtype=dtype)
    for start, stop in ((Tensor(a), b), (a, Tensor(b))):
        got = np.linspace(start, stop, num, endpoint, dtype=dtype)
        np.testing.assert_allclose(got.data, want, atol=1e-6 if dtype is np.float32 else 1e-14)
        assert got.dtype == want.dtype
    if num > 1 and endpoint and dtype is None:
        assert np.linspace(Tensor(a), b, num).data[-1] == b


def test_polyval_at_zero():
    """0**0 and its derivatives."""
    for x in (0.0, np.zeros(2)):
        check_grads(np.polyval, (np.array([2.0, 0.0, 3.0, 1.0]), x), order=3)


def test_hips_autograd_agrees():
    x = np.array([0.3, -1.2, 2.0])
    want = autograd.grad(lambda x: anp.sum((x[0] * x**2 + x[1] * x + x[2]) ** 2))(x)
    np.testing.assert_allclose(grad(lambda x: np.sum(np.polyval(x, x) ** 2))(x), want)
    want = autograd.grad(lambda x: anp.sum(anp.linspace(x[0], x[1], 5) ** 3))(x)
    np.testing.assert_allclose(grad(lambda x: np.sum(np.linspace(x[0], x[1], 5) ** 3))(x), want)


def test_what_a_choice_leaves_out_has_no_say():
    x = np.array([2.0, np.inf])
    f = lambda x: where(x < 10, np.polyval(np.array([1.0, 0.0, 1.0]), x), 0.0).sum()  # noqa: E731
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(grad(f)(x), [4, 0])
        np.testing.assert_array_equal(hvp(f, (x,), (np.ones(2),))[0], [2, 0])


def test_no_graph_grows():
    def nodes(n: int) -> int:
        x = Tensor(np.linspace(1, 2, n), requires_grad=True)
        out = np.polyval(x, x).sum() + np.roots(x).real.sum() + np.interp(x, x, x).sum() + np.vander(x).sum()
        out = out + np.unwrap(x).sum() + np.polyfit(x, x, 1)[0] + np.linspace(x, 2 * x, n).sum()
        return len(ancestry([out])[0])

    assert nodes(4) == nodes(9)


ERRORS: dict[str, Any] = {
    "polyval": (lambda x: np.polyval(x[0], x), TypeError, "vector"),
    "poly1d": (lambda x: np.polyval(x, np.poly1d([1, 2])), TypeError, "poly1d"),
    "polyder": (lambda x: np.polyder(x, -1), ValueError, "Order"),
    "polyder, m": (lambda x: np.polyder(x, x[0]), TypeError, "m can't be"),
    "polyint": (lambda x: np.polyint(x, 3, [1, 2]), ValueError, "scalar"),
    "polyadd": (lambda x: np.polyadd(x, np.ones((2, 2))), ValueError, "polyadd"),
    "poly": (lambda x: np.poly(np.ones((2, 3)) * x[0]), ValueError, "square"),
    "vander": (lambda x: np.vander(x[0]), ValueError, "one-dimensional"),
    "polyfit": (lambda x: np.polyfit(x, x[:2], 1), TypeError, "same length"),
    "polyfit, deg": (lambda x: np.polyfit(x, x, -1), ValueError, "deg"),
    "linspace": (lambda x: np.linspace(x, x, -1), ValueError, "non-negative"),
    "linspace, num": (lambda x: np.linspace(0, x, x[0]), TypeError, "num"),
    "geomspace": (lambda x: np.geomspace(x * 0, x), ValueError, "zero"),
    "interp": (lambda x: np.interp(x, x, x[:2]), ValueError, "same length"),
    "interp, axes": (lambda x: np.interp(x, x[None], x), ValueError, "1-D"),
    "interp, period": (lambda x: np.interp(x, x, x, period=0), ValueError, "period"),
    "unwrap": (lambda x: np.unwrap(x, axis=1), np.exceptions.AxisError, "unwrap"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_bad_input(name):
    act, error, text = ERRORS[name]
    with pytest.raises(error, match=text), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        act(Tensor([1.0, 2.0, 3.0], requires_grad=True))


def test_plain_arrays_stay_plain():
    cases = (
        (adnp.roots([1.0, -3.0, 2.0]), [2, 1]),
        (adnp.polyval([1.0, 2.0], 3.0), 5.0),
        (adnp.linspace(0.0, 1.0, 3), [0, 0.5, 1]),
        (adnp.interp(0.5, [0.0, 1.0], [0.0, 2.0]), 1.0),
    )
    for got, want in cases:
        np.testing.assert_allclose(got, want)
        assert isinstance(got, (np.ndarray, np.generic, float))
