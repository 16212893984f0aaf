"""Ufuncs under NumPy's own names: all of them, their keywords and their methods."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays as drawn

import autodiff
from autodiff import Tensor, Value, grad, jvp, no_grad, vmap
from autodiff.testing import check_grads
from tests.numpy.calls import check_batch, check_derivatives, check_value

A, V, S, E, CUBE = (2, 3), (3,), (), (0, 3), (2, 3, 4)
SINE = "np.sin(x)"  # between -1 and 1, and not near either

CALLS: dict[str, tuple[Any, ...]] = {
    # functions
    "np.angle(x)": (A,),
    "np.angle(x, deg=True)": (A,),
    "np.i0(x)": (A,),
    "np.sinc(x)": (A,),
    "np.sinc(x)  # nothing": (E,),
    "np.nan_to_num(x)": (A,),
    "np.nan_to_num(x, nan=1.0, posinf=2.0)": (S,),
    "np.real_if_close(x)": (A,),
    "np.modf(x)": (A,),
    "np.frexp(x)": (A,),
    "np.divmod(x, 7.3)": (A,),
    "np.degrees(x) + np.rad2deg(x) + np.radians(x) + np.deg2rad(x)": (A,),
    "np.conj(x)": (A,),
    "np.copysign(x, -1.0)": (A,),
    "np.ldexp(x, np.array([1, -2, 0]))": (A,),
    "np.heaviside(0.0, x)": (A,),
    "np.float_power(np.exp(x / 9), y)": (V, V),
    "np.real(x) * np.imag(x * 1j if x.dtype.kind == 'c' else x + 1j)": (A,),
    # keywords
    "np.exp(x, dtype=np.float64)": (A,),
    "np.sin(x, dtype='f4')": (A,),
    "np.multiply(x, y, dtype=np.complex128)": (A, V),
    "np.add(x, 2, dtype=float, casting='safe')": (A,),
    "np.sin(x, signature='d->d')": (A,),
    "np.sin(x, sig=(None, 'd'))": (A,),
    "np.sin(x, order='F', subok=False)": (A,),
    "np.sin(x, out=new(x))": (A,),
    "np.sin(x, new(x))": (A,),
    "np.multiply(x, y, out=new(x, shape=(4, 2, 3)))": (A, V),
    "np.sin(x, out=new(x, dtype='f4'), casting='same_kind')": (A,),
    "np.sin(x, where=MASK, out=new(x, 7.0))": (A,),
    "np.multiply(x, y, where=MASK, out=x * 3)": (A, V),
    "np.log(x, where=x > 0, out=new(x, 1.0))": (A,),
    "np.divmod(x, 7.3, out=(new(x), new(x)))": (A,),
    "np.modf(x, out=(new(x), None))": (A,),
    "np.clip(x, -0.3, 0.4, out=new(x))": (A,),
    "np.clip(x, y, y + 1)": (A, V),
    "np.clip(x, min=y)": (A, V),
    "np.clip(x, y, None, where=MASK, out=new(x, 3.0))": (A, V),
    "np.clip(x, -0.3, 0.4, dtype=np.float64)": (A,),
    "np.ones(3).clip(x, x + 1) + np.zeros(3).clip(None, x)": (A,),
    "np.round(x, 1, out=new(x)) * x": (A,),
    "np.take(x, [0, 2], axis=1, out=new(x, shape=(2, 2)))": (A,),
    # reduce
    "np.add.reduce(x)": (A,),
    "np.add.reduce(x, axis=None)": (CUBE,),
    "np.add.reduce(x, axis=(0, -1), keepdims=True, initial=2.0)": (CUBE,),
    "np.add.reduce(x, axis=1, where=MASK)": (A,),
    "np.add.reduce(x, dtype=np.float32)": (A,),
    "np.add.reduce(x, out=new(x, shape=(3,)))": (A,),
    "np.multiply.reduce(x, axis=-1, where=MASK, initial=2.0)": (A,),
    "np.maximum.reduce(x, axis=(0, 2))": (CUBE,),
    "np.minimum.reduce(x, axis=1, where=MASK, initial=0.25)": (A,),
    "np.fmax.reduce(x, axis=1)": (CUBE,),
    "np.fmin.reduce(x, axis=None, keepdims=True)": (A,),
    "np.logaddexp.reduce(x, axis=1)": (A,),
    "np.logaddexp.reduce(x, axis=0, initial=0.5)": (A,),
    "np.logaddexp2.reduce(x, axis=1)": (CUBE,),
    "np.hypot.reduce(x, axis=1)": (CUBE,),
    "np.subtract.reduce(x, axis=-1, keepdims=True)": (CUBE,),
    "np.subtract.reduce(x)": (V,),
    "np.divide.reduce(x, axis=1)": (CUBE,),
    "np.power.reduce(np.exp(x / 9), axis=0)": ((3, 2),),  # along the last axis NumPy's is wrong
    "np.arctan2.reduce(x, axis=1, initial=2.0)": (CUBE,),
    "np.subtract.reduce(x, initial=2.0)": (A,),
    "np.add.reduce(x)  # nothing": (E,),
    "np.maximum.reduce(x, axis=0, initial=2.0)  # nothing": (E,),
    "np.hypot.reduce(x)  # nothing": (E,),
    "np.fmax.reduce(x, axis=1)  # nothing": (E,),
    # accumulate
    "np.add.accumulate(x, axis=1)": (A,),
    "np.multiply.accumulate(x)": (CUBE,),
    "np.maximum.accumulate(x, axis=-1)": (CUBE,),
    "np.fmin.accumulate(x)": ((5,),),
    "np.gcd.accumulate(np.array([12, 18, 8])) * np.logaddexp2.accumulate(x)": (V,),
    "np.logaddexp.accumulate(x, axis=1)": (CUBE,),
    "np.hypot.accumulate(x)": ((5,),),
    "np.subtract.accumulate(x, axis=1)": (A,),
    "np.divide.accumulate(x, axis=-1)": (CUBE,),
    "np.arctan2.accumulate(x)": ((4,),),
    "np.add.accumulate(x, dtype='f4', out=new(x, dtype='f4'))": (A,),
    "np.maximum.accumulate(x)  # nothing": (E,),
    "np.subtract.accumulate(x)  # one": ((1, 3),),
    # outer
    "np.add.outer(x, y)": (A, V),
    "np.hypot.outer(x, y)": (S, V),
    "np.subtract.outer(x, 2.0)": (A,),
    "np.multiply.outer(x, y, dtype='d')": (V, A),
    # reduceat
    "np.add.reduceat(x, [0, 2, 1, 1])": ((5,),),
    "np.add.reduceat(x, [1, 2], axis=1)": (CUBE,),
    "np.multiply.reduceat(x, [0, 3, 1], axis=0)": ((6, 2),),
    "np.maximum.reduceat(x, [0, 3, 4], axis=-1)": ((2, 6),),
    "np.subtract.reduceat(x, [0, 4, 1])": ((6,),),
    "np.hypot.reduceat(x, np.array([0, 5]))": ((6,),),
    "np.add.reduceat(x, np.arange(20) % 6)": ((6,),),
    "np.multiply.reduceat(x, np.arange(20) * 7 % 6, axis=1)": ((2, 6),),
}  # fmt: skip
AT = {  # the function, the shape of x and of what is combined, the index
    "add": (A, (2, 3), ([0, 0],)),
    "add at a number": (V, (), 1),
    "subtract": ((4,), (3,), [0, 0, 3]),
    "multiply": ((4,), (5,), [0, 0, 3, 0, -1]),
    "divide": (A, (2,), (slice(None), 1)),
    "maximum": ((4,), (3,), [1, 1, 2]),
    "hypot": (A, (2, 3), ([1, 1], slice(None))),
    "power": ((4,), (2,), np.array([True, False, False, True])),
    "sin": ((4,), None, [0, 0, 2]),
    "add at none": ((4,), (0,), np.array([], int)),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_value(call, dtype):
    check_value(call, CALLS[call], dtype)


@pytest.mark.parametrize("call", CALLS)
def test_derivatives(call):
    check_derivatives(call, CALLS[call], np.float64, order=1 if "f4" in call else 2)


@pytest.mark.parametrize("call", [c for c in CALLS if "f4" not in c and "(x, x" not in c])
def test_derivatives_in_single_precision(call):
    check_derivatives(call, CALLS[call], np.float32, order=1)


@pytest.mark.parametrize("call", [c for c in CALLS if "real_if_close" not in c])
def test_under_vmap(call):
    check_batch(call, CALLS[call])


COMPLEX = [
    "np.angle(x)", "np.angle(x, deg=True)", "np.sinc(x)", "np.conj(x)", "np.sign(x)", "np.nan_to_num(x)",
    "np.exp2(x / 3)", "np.add.reduce(x)", "np.multiply.accumulate(x, axis=1)", "np.float_power(x, 1.5)",
    "np.subtract.accumulate(x, axis=1)", "np.multiply.outer(x, x)", "np.add.reduceat(x, [0, 1])",
    "np.sin(x, out=new(x))", "np.square(x, where=MASK, out=new(x))", "np.real(x) * np.imag(x)",
    "np.expm1(x)", "np.log1p(x)", "np.reciprocal(x)",
]  # fmt: skip


@pytest.mark.parametrize("call", COMPLEX)
@pytest.mark.parametrize("dtype", [np.complex128, np.complex64])
def test_complex(call, dtype):
    check_value(call, (A,), dtype)
    check_derivatives(call, (A,), dtype, order=2 if dtype is np.complex128 else 1)


def combined(name: str) -> Any:
    shape, of_b, index = AT[name]
    ufunc = getattr(np, name.split()[0])

    def f(x: Any, *b: Any) -> Any:
        out = np.positive(x)
        ufunc.at(out, index, *b)
        return out

    return f, shape, [] if of_b is None else [of_b]


@pytest.mark.parametrize("name", AT)
def test_at(name):
    f, shape, others = combined(name)
    rng = np.random.default_rng(0)
    xs = [
        (1 + rng.permutation(int(np.prod(n)))).reshape(n) / 3 + 0.1 * k
        for k, n in enumerate([shape, *others])
    ]
    np.testing.assert_allclose(f(*map(Tensor, xs)).numpy(), f(*xs), rtol=1e-14)
    check_grads(f, xs)
    batch = [np.stack([x, x + 0.1, x * 1.1]) for x in xs]
    want = [f(*[Tensor(x[k]) for x in batch]).numpy() for k in range(3)]
    np.testing.assert_allclose(vmap(f)(*batch), want, rtol=1e-14)


# ---- every ufunc there is
UFUNCS = sorted({f for f in vars(np).values() if isinstance(f, np.ufunc)}, key=lambda f: f.__name__)
NOT_HERE = {np.nextafter, np.isnat, np.matvec, np.vecdot, np.vecmat}  # the first two are refused
WHOLE = {
    np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.bitwise_count, np.invert, np.left_shift, np.right_shift,
    np.gcd, np.lcm,
}  # fmt: skip
NUMBERS = [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0, 3.75, -7.5, 1e-3, 100.0, np.inf, -np.inf, np.nan]
ELEMENTWISE = [f for f in UFUNCS if not f.signature and f not in NOT_HERE]


@pytest.mark.parametrize("ufunc", ELEMENTWISE, ids=lambda f: f.__name__)
@settings(max_examples=settings.default.max_examples // 4)
@given(data=st.data())
def test_values_are_numpys(ufunc, data):
    """Of every dtype, special values included; as a function of NumPy's, and of autodiff.numpy's."""
    kinds = [d for d in "fd" if ufunc not in WHOLE] + ["i"] * (ufunc in WHOLE)
    if any("D" in t.split("->")[0] for t in ufunc.types) and ufunc not in (np.floor, np.ceil, np.trunc):
        kinds += ["F", "D"]
    xs = []
    for k in range(ufunc.nin):
        dtype = np.dtype("i" if ufunc is np.ldexp and k else data.draw(st.sampled_from(kinds)))
        shape = data.draw(st.sampled_from([(), (3,), (2, 3), (2, 1), (0, 3)]))
        if dtype.kind == "i":
            elements: Any = st.integers(0, 5)
        else:
            elements = st.sampled_from([n for n in NUMBERS if dtype.kind == "f" or np.isfinite(n)])
        xs.append(data.draw(drawn(dtype, shape, elements=elements)))
    want = outcome(ufunc, xs)
    nodes = [Tensor(x, requires_grad=x.dtype.kind in "fc") for x in xs]
    for f in (ufunc, getattr(autodiff.numpy, ufunc.__name__)):
        got = outcome(f, nodes)
        assert len(got) == len(want)
        for g, w in zip(got, want, strict=True):
            assert (g.shape, g.dtype) == (w.shape, w.dtype)
            np.testing.assert_allclose(g, w, 1e-6 if w.dtype.char in "fF" else 1e-13, equal_nan=True)


def outcome(f: Any, xs: Any) -> list[Any]:
    """All results, as arrays; of an error, one of a shape that tells its class."""
    try:
        out = f(*xs)
    except TypeError:
        return [np.zeros((0, 7))]
    except ValueError:
        return [np.zeros((0, 8))]
    except IndexError:
        return [np.zeros((0, 9))]
    return [np.asarray(getattr(y, "value", y)) for y in (out if isinstance(out, tuple) else (out,))]


def test_no_ufunc_was_forgotten():
    x = Tensor([1.0, 2.0], requires_grad=True)
    for ufunc in set(UFUNCS) - NOT_HERE:
        assert ufunc in Tensor.ufuncs, ufunc
    for ufunc in (np.nextafter, np.isnat):
        with pytest.raises(TypeError, match=f"np.{ufunc.__name__} has no derivative here: it"):
            ufunc(*[x] * ufunc.nin)


# ---- what keywords do to the Tensor that is written to
def test_out_goes_on_as_the_result():
    x, out = Tensor([1.0, 4.0], requires_grad=True), Tensor([7.0, 7.0])
    before = out * 2
    assert np.sqrt(x, out=out) is out
    np.testing.assert_array_equal(before.data, 14.0)
    out.sum().backward()
    np.testing.assert_array_equal(x.grad, [0.5, 0.25])
    with pytest.raises(RuntimeError, match="leaf that requires grad"):
        np.sqrt(x, out=x)
    with no_grad():
        np.sqrt(x, out=x)
    np.testing.assert_array_equal(x.data, [1.0, 2.0])


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda x, a: np.exp(x, out=a), TypeError, "np.exp.*takes a Tensor.*not ndarray"),
        (lambda x, a: np.add(a, x, out=a), TypeError, "not ndarray"),
        (lambda x, a: a.__iadd__(x), TypeError, "not ndarray"),
        (lambda x, a: np.add.at(a, [0], x[:1]), TypeError, "np.add.at can't write into ndarray"),
        (lambda x, a: np.add.reduce(x, out=a), TypeError, "not ndarray"),
        (lambda x, a: np.sin(x, out=Tensor(np.zeros(3))), ValueError, "broadcast|shape"),
        (lambda x, a: np.sin(x, out=Tensor([0, 0])), TypeError, "float64"),
        (lambda x, a: np.sin(x, dtype=int), TypeError, "sin"),
        (lambda x, a: np.add(x, a, dtype="f4", casting="safe"), TypeError, "safe"),
        (lambda x, a: np.sin(x, axis=0), TypeError, "no setting axis|unexpected"),
        (lambda x, a: np.sin.reduce(x), ValueError, "binary"),
        (lambda x, a: np.divmod.reduce(x), ValueError, "single"),
        (lambda x, a: np.subtract.reduce(np.add.outer(x, x), axis=None), ValueError, "one axis"),
        (lambda x, a: np.maximum.reduce(x[:0]), ValueError, "identity"),
        (lambda x, a: np.fmax.reduce(x[:0]), ValueError, "identity"),
        (lambda x, a: np.fmax.reduce(x, where=[True, False]), ValueError, "initial"),
        (lambda x, a: np.add.reduce(x, axis=1), np.exceptions.AxisError, "axis 1"),
        (lambda x, a: np.add.accumulate(x.sum()), TypeError, "number"),
        (lambda x, a: np.add.reduceat(x, [0, 2]), IndexError, "from 0 to 2"),
        (lambda x, a: np.ldexp.reduce(x), TypeError, "ldexp.reduce"),
        (lambda x, a: np.equal.reduceat(x, [0]), TypeError, "equal"),
        (lambda x, a: np.add.reduceat(x, x), TypeError, "whole numbers"),
        (lambda x, a: np.multiply.at(x * 1, [5], 1.0), IndexError, "5"),
        (lambda x, a: np.multiply.at(Tensor([1, 2]), [0], x[0]), TypeError, "float64"),
        (lambda x, a: np.clip(x, 0, 1, out=a), TypeError, "not ndarray"),
        (lambda x, a: np.clip(x, 0, min=0), ValueError, "same bound"),
        (lambda x, a: np.nan_to_num(x, nan=x), TypeError, "nan can't be a Tensor"),
        (lambda x, a: np.isposinf(x * 1j), TypeError, "complex"),
    ],
)
def test_errors(call, error, message):
    x, a = Tensor([1.0, 2.0], requires_grad=True), np.zeros(2)
    with pytest.raises(error, match=message):
        call(x, a)
    np.testing.assert_array_equal(a, 0.0)
    np.testing.assert_array_equal(x.data, [1.0, 2.0])


def test_what_where_leaves_out_has_no_say():
    """In both modes and second order; without out= it is NaN, where NumPy leaves it to chance."""
    x, out = np.array([-1.0, 0.0, 4.0]), np.array([1.0, 2.0, 3.0])

    def f(x):
        return np.sqrt(x, where=x > 0, out=Tensor(out))

    np.testing.assert_array_equal(grad(lambda x: f(x).sum())(x), [0, 0, 0.25])
    np.testing.assert_array_equal(jvp(f, (x,), (np.ones(3),))[1], [0, 0, 0.25])
    np.testing.assert_array_equal(grad(lambda x: grad(lambda x: f(x).sum())(x).sum())(x), [0, 0, -1 / 32])
    np.testing.assert_array_equal(np.sqrt(Tensor(x), where=x > 0).data, [np.nan, np.nan, 2.0])
    np.testing.assert_array_equal(np.floor_divide(Tensor([5, 7]), 2, where=[True, False]).data, [2, 0])


def test_on_numbers():
    x = Value(1.5)
    assert [y.value for y in np.modf(x)] == [0.5, 1.0]
    assert np.frexp(x)[0].value == 0.75
    assert np.fmax(x, float("nan")).value == 1.5
    assert grad(np.fmax)(1.5, float("nan")) == 1.0
    assert grad(lambda x: np.modf(x)[0])(1.5) == 1.0
    assert grad(lambda x: np.frexp(x)[0])(1.5) == 0.5
    assert grad(np.sinc)(0.0) == 0.0
    assert abs(grad(grad(np.sinc))(0.0) + np.pi**2 / 3) < 1e-15
    assert abs(grad(np.i0)(1.0) - 0.5651591039924851) < 1e-15
    assert grad(np.sign)(1.5) == 0.0 and grad(np.heaviside, 1)(0.0, 0.5) == 1.0
    assert grad(lambda x: np.clip(x, 0.0, 1.0))(0.5) == 1.0
    assert grad(np.copysign)(2.0, -1.0) == -1.0
    assert np.exp2(Value(1j)).value == 2**1j
    assert type(np.nan_to_num(x)) is type(np.angle(x)) is type(np.isreal(x)) is type(np.ldexp(x, 2)) is Value
    assert np.nan_to_num(Value(float("inf")), posinf=3.0).value == 3.0
    assert grad(np.nan_to_num)(float("nan")) == 0.0 and grad(lambda x: np.ldexp(x, 3))(0.5) == 8.0
    assert np.sign(Value(3 + 4j)).value == 0.6 + 0.8j and np.angle(Value(-2.0), deg=True).value == 180.0


def test_sinc_of_any_order():
    """Against mpmath: near 0, far from it, and where the series and the closed form meet."""
    mpmath = pytest.importorskip("mpmath")
    mpmath.mp.dps = 40
    for n in range(6):
        edge = (n + 1) / np.pi
        x = np.array([0.0, 1e-9, -1e-3, 0.3, 0.999 * edge, 1.001 * edge, -2.5, 7.25])
        f: Any = np.sinc
        for _ in range(n):
            f = grad(lambda x, f=f: f(x).sum())
        want = [float(mpmath.diff(lambda z: mpmath.sincpi(z), mpmath.mpf(float(z)), n)) for z in x]
        np.testing.assert_allclose(f(x), want, rtol=1e-12, atol=1e-12 * np.pi**n)


OF_TWO = [f for f in ELEMENTWISE if f.nin == 2 and "dd->d" in f.types]


@pytest.mark.parametrize("ufunc", OF_TWO, ids=lambda f: f.__name__)
def test_chains_of_many_elements_stay_short(ufunc):
    """A chain of n calls is recorded as a few primitives, whatever n is; and so is its derivative."""

    def sizes(n: int) -> list[int]:
        x = Tensor(np.random.default_rng(0).uniform(0.9, 1.1, n), requires_grad=True)
        y = Tensor(np.ones(3), requires_grad=True) * 1
        ufunc.at(y, np.zeros(n, int), x)
        starts = np.arange(0, n, n // 20)
        made = [ufunc.reduce(x), ufunc.accumulate(x), ufunc.reduceat(x, starts), ufunc.reduceat(x, [0, 9]), y,
                ufunc.reduce(x, where=x.data < 1, initial=1.0)]  # fmt: skip
        slopes = [vjp_of(f, x) for f in (ufunc.reduce, ufunc.accumulate)]
        return [len(autodiff.graph.ancestry([out])[0]) for out in [*made, *slopes]]

    def vjp_of(f: Any, x: Tensor) -> Tensor:
        return grad(lambda x: (f(x) * 1.0).sum())(x) + 0 * x

    few, many = sizes(40), sizes(800)
    assert few == many
    assert max(many) < 60


@pytest.mark.parametrize("ufunc", [np.maximum, np.minimum])
def test_parts_share_their_ties(ufunc):
    x = np.array([1.0, 1, 1, 2, 3, np.nan, 1, np.nan, 5])
    g = grad(lambda x: (ufunc.reduceat(x, [0, 3, 3, 5, *[8] * 20])[:4] * [3.0, 5, 7, 4]).sum())(x)
    if ufunc is np.maximum:
        np.testing.assert_allclose(g, [1, 1, 1, 5, 7, 2, 0, 2, 0])
    else:
        np.testing.assert_allclose(g, [1, 1, 1, 12, 0, 2, 0, 2, 0])


@pytest.mark.parametrize("zeros", [[], [1], [0, 1], [4, 8], [5, 6, 7, 8]])
def test_products_of_parts_with_zeros(zeros):
    """Three orders, against products of the parts."""
    x = np.random.default_rng(0).uniform(0.5, 1.5, 9)
    x[zeros] = 0
    starts = [0, 3, 5, *[8] * 20]

    def by_prod(x: Any) -> Any:
        return (np.prod(x[:3]) + 2 * np.prod(x[3:5]) + 3 * np.prod(x[5:8]) + 4 * x[8]) ** 2

    def by_parts(x: Any) -> Any:
        return (np.multiply.reduceat(x, starts)[:4] * [1.0, 2, 3, 4]).sum() ** 2

    np.testing.assert_allclose(grad(by_parts)(x), grad(by_prod)(x), atol=1e-12)
    np.testing.assert_allclose(autodiff.hessian(by_parts)(x), autodiff.hessian(by_prod)(x), atol=1e-12)
    check_grads(lambda x: autodiff.hvp(by_parts, (x,), (x + 1,))[0], (x,), order=1)


FOLDED = {
    "power": lambda x: np.power.accumulate(x, axis=1),
    "float_power, left out": lambda x: np.float_power.reduce(x, 1, where=MASK, initial=1.5),
    "arctan2, parts": lambda x: np.arctan2.reduceat(x, [0, 2, 1, 3], axis=1),
    "fmod": lambda x: np.fmod.reduce(x, 0),
    "remainder, many parts": lambda x: np.remainder.reduceat(x, np.arange(20) % 5, axis=-1),
    "copysign": lambda x: np.copysign.accumulate(x - 1),
    "subtract, left out": lambda x: np.subtract.reduce(x, where=MASK, initial=1.0),
    "hypot, parts": lambda x: np.hypot.reduceat(x, np.arange(20) % 5, axis=1),
    "heaviside": lambda x: np.heaviside.accumulate(x - 2, axis=1),
}  # fmt: skip
MASK = np.arange(10).reshape(2, 5) % 3 > 0


@pytest.mark.parametrize("name", FOLDED)
def test_folds(name):
    """Values of NumPy, derivatives of first and second order, batches, and NaN below a choice."""
    f, x = FOLDED[name], np.random.default_rng(3).uniform(0.6, 1.6, (2, 5))
    np.testing.assert_allclose(f(Tensor(x, requires_grad=True)).numpy(), f(x), rtol=1e-14)
    check_grads(f, (x,))
    xs = np.stack([x, x + 0.1, x * 1.1])
    g = grad(lambda x: (f(x) ** 2).sum())
    np.testing.assert_allclose(autodiff.vmap(f)(xs), [f(x) for x in xs])
    np.testing.assert_allclose(autodiff.vmap(g)(xs), [g(x) for x in xs])
    bad = np.where(np.arange(2)[:, None] == 1, np.nan, x)

    def chosen(x: Any) -> Any:
        return np.where(np.isnan(bad[:1, :1]), f(x * np.nan).sum(), (x**2).sum()).sum()

    np.testing.assert_allclose(grad(chosen)(x), 2 * x)


@pytest.mark.parametrize("ufunc", [np.subtract, np.arctan2, np.power, np.fmod, np.heaviside, np.hypot])
@pytest.mark.parametrize("dtype", ["i1", "u2", "f2", "c16"])
def test_dtypes_of_folds(ufunc, dtype):
    """Those of NumPy, and its type of error where there are none."""
    x = np.array([3, 1, 2, 1]).astype(dtype)
    for y in (x, x.reshape(2, 2)):
        try:
            want = ufunc.accumulate(y)
        except TypeError:
            with pytest.raises(TypeError):
                ufunc.accumulate(Tensor(y))
            continue
        got = ufunc.accumulate(Tensor(y))
        np.testing.assert_allclose(got.numpy(), want, rtol=1e-3)
        reduced = ufunc.reduce(Tensor(y)).numpy()
        np.testing.assert_allclose(reduced, want[-1], rtol=1e-3)  # NumPy's own reduce has mistakes
        assert got.dtype == reduced.dtype == want.dtype


def test_what_a_fold_leaves_out_may_be_traced():
    xs = np.random.default_rng(0).uniform(0.5, 1.5, (3, 4, 5))

    def f(x: Any) -> Any:
        return np.fmod.reduce(x, axis=1, where=x > 1, initial=5.0)

    want = [f(Tensor(x)).numpy() for x in xs]
    np.testing.assert_allclose(autodiff.vmap(f)(xs), want)
    compiled = autodiff.jit(f)
    for x, w in zip(xs, want, strict=True):
        np.testing.assert_allclose(compiled(x), w)


@pytest.mark.parametrize("ufunc", [np.power, np.arctan2, np.remainder, np.copysign])
def test_at_of_what_comes_in_turn(ufunc):
    i, b = np.array([2, 0, 2, 2, 0]), np.array([1.5, 0.5, 0.8, -1.2, 0.7])
    want = np.array([1.2, 0.4, 2.5])
    got = Tensor(want, requires_grad=True) * 1
    ufunc.at(got, i, Tensor(b))
    ufunc.at(want, i, b)
    np.testing.assert_allclose(got.numpy(), want)

    def f(a: Any, b: Any) -> Any:
        a = autodiff.numpy.array(a)
        ufunc.at(a, i, b)
        return a

    check_grads(
        lambda a, b: f(Tensor(a) if isinstance(a, np.ndarray) else a, b), (np.array([1.2, 0.4, 2.5]), b)
    )


@pytest.mark.parametrize("ufunc", [np.maximum, np.minimum, np.fmax, np.fmin])
def test_running_extremes_of_ties_and_nan(ufunc):
    """The first of equals has it all; NaN stays, or is passed over."""
    x = np.array([np.nan, 1.0, 1.0, 0.5, 2.0, np.nan, 0.5, 2.0])
    for y in (x, x[1:]):
        t = Tensor(y, requires_grad=True)
        np.testing.assert_array_equal(ufunc.accumulate(t).data, ufunc.accumulate(y))
    weights = np.arange(1.0, 5.0)
    x = np.array([1.0, 1.0, 2.0, 2.0])
    g = grad(lambda x: (ufunc.accumulate(x) * weights).sum())(x)
    np.testing.assert_array_equal(g, [3, 0, 7, 0] if "max" in ufunc.__name__ else [10, 0, 0, 0])


# ---- keywords and methods, drawn
@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
@given(data=st.data())
def test_keywords_as_numpy_has_them(data):
    """Values, dtypes and errors of NumPy; where it writes, and where not."""
    ufunc = data.draw(st.sampled_from([np.sin, np.multiply, np.hypot, np.maximum, np.floor_divide, np.less]))
    shapes = [data.draw(st.sampled_from([(2, 3), (3,), (2, 1), ()])) for _ in range(ufunc.nin)]
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    xs = [rng.uniform(0.5, 3, s).astype(data.draw(st.sampled_from(["f4", "f8", "i4"]))) for s in shapes]
    settings_: dict[str, Any] = {}
    for name, values in {
        "dtype": ["f4", "f8", "c16", "i8", bool], "casting": ["no", "safe", "same_kind", "unsafe"],
    }.items():  # fmt: skip
        if data.draw(st.booleans()):
            settings_[name] = data.draw(st.sampled_from(values))
    if data.draw(st.booleans()):
        settings_["where"] = rng.random(data.draw(st.sampled_from([(2, 3), (3,), ()]))) < 0.5
    out = np.full((2, 3), 7, data.draw(st.sampled_from(["f4", "f8", "c16", "i8"])))
    target = Tensor(out)
    before = out.copy()
    want = outcome(lambda *xs: ufunc(*xs, out=out, **settings_), xs)
    got = outcome(lambda *xs: ufunc(*xs, out=target, **settings_), [Tensor(x) for x in xs])
    assert [w.shape for w in want] == [g.shape for g in got], (want, got)
    if want[0].shape == out.shape:
        np.testing.assert_allclose(target.data, out, 1e-6)
        assert target.dtype == out.dtype
    else:
        np.testing.assert_array_equal(target.data, before)


@settings(max_examples=settings.default.max_examples // 2)
@given(data=st.data())
def test_methods_as_numpy_has_them(data):
    ufunc = data.draw(st.sampled_from([
        np.add, np.multiply, np.maximum, np.fmin, np.logaddexp, np.logaddexp2, np.hypot, np.subtract,
        np.divide, np.logical_or, np.floor_divide, np.copysign,
    ]))  # fmt: skip
    shape = data.draw(st.sampled_from([(4,), (1,), (3, 4), (2, 3, 4), (0,), (2, 0)]))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    apart = (
        rng.permutation(np.prod(shape, dtype=int)).reshape(shape) + 0.4
    )  # no step crosses a kink of maximum
    x = (0.5 + 2.5 * apart / max(apart.size, 1)).astype(data.draw(st.sampled_from(["f4", "f8"])))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    method = data.draw(st.sampled_from(["reduce", "accumulate", "reduceat"]))
    settings_: dict[str, Any] = {"axis": axis}
    if method == "reduce":
        settings_["keepdims"] = data.draw(st.booleans())
        if data.draw(st.booleans()):
            settings_["initial"] = 1.25
        if data.draw(st.booleans()):
            settings_["where"] = rng.random(shape) < 0.6
    args = [rng.integers(0, max(shape[axis], 1), 3)] if method == "reduceat" else []
    want = outcome(lambda x: getattr(ufunc, method)(x, *args, **settings_), [x])
    got = outcome(lambda x: getattr(ufunc, method)(x, *args, **settings_), [Tensor(x, requires_grad=True)])
    assert (want[0].shape, want[0].dtype) == (got[0].shape, got[0].dtype)
    np.testing.assert_allclose(got[0], want[0], 1e-5)
    if ufunc is np.floor_divide:  # whose quotients may be near an integer
        return
    if x.size and want[0].size and want[0].dtype.kind == "f" and np.isfinite(want[0]).all():
        check_grads(
            lambda x: getattr(ufunc, method)(x, *args, **settings_), (x,), order=1, atol=1e-3, rtol=1e-3
        )


OF_COMPLEX = [
    f for f in ELEMENTWISE
    if any(t.startswith("D" * f.nin + "->") for t in f.types) and f is not np.sign
    and autodiff.kinds.PRIMITIVES[getattr(autodiff.numpy, f.__name__).name].rules.pulls
]  # fmt: skip


@pytest.mark.parametrize("ufunc", OF_COMPLEX, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", ["D", "F"])
def test_derivatives_of_complex_numbers(ufunc, dtype):
    """Both modes and second order, away from the cuts."""
    rng = np.random.default_rng(5)
    xs = [rng.uniform(0.4, 1.2, (3,)) * np.exp(1j * rng.uniform(0.3, 1.2, (3,))) for _ in range(ufunc.nin)]
    if ufunc in (np.maximum, np.minimum, np.fmax, np.fmin):
        xs[1] = xs[0] + [1, -1, 2 - 1j]
    check_grads(ufunc, [x.astype(dtype) for x in xs], order=2 if dtype == "D" else 1)
    if ufunc.nin == 2:
        check_grads(lambda x, f=ufunc, y=xs[1]: f(x, y), [xs[0].real.copy()])
