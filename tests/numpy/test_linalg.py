"""Linear algebra against NumPy, finite differences, minors written out, and HIPS autograd."""

from __future__ import annotations

import itertools
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from numpy.linalg import LinAlgError

import autodiff
from autodiff import Tensor, Value, grad, jvp, vjp, where
from autodiff.numpy import linalg
from autodiff.testing import check_grads
from tests.samples import COMPLEX_DEFINITE, COMPLEX_REGULAR, DEFINITE, REGULAR


def rng() -> np.random.Generator:
    """The same numbers in every test, whatever ran before."""
    return np.random.default_rng(0)


BATCHES = [(), (2,), (2, 1), (0,)]
SQUARE = {"inv": linalg.inv, "det": linalg.det, "slogdet": linalg.slogdet, "cholesky": linalg.cholesky}


def matrices(name: str, shape: tuple[int, ...], complex_: bool = False) -> np.ndarray:
    domains = (DEFINITE, COMPLEX_DEFINITE) if name == "cholesky" else (REGULAR, COMPLEX_REGULAR)
    return domains[complex_].draw(np.random.default_rng(1), shape)


def values(out: Any) -> list[Any]:
    parts = out if isinstance(out, tuple) else (out,)
    return [np.asarray(y.value if isinstance(y, (Tensor, Value)) else y) for y in parts]


def assert_numpys(name: str, *args: Any, **settings: Any) -> None:
    """np.linalg's result, of Tensors by both doors and of plain arrays: values, shapes and dtypes."""
    want = values(getattr(np.linalg, name)(*args, **settings))
    tensors = [Tensor(a) if isinstance(a, np.ndarray) else a for a in args]
    for out in (
        getattr(linalg, name)(*args, **settings),
        getattr(linalg, name)(*tensors, **settings),
        getattr(np.linalg, name)(*tensors, **settings),
    ):
        for got, expected in zip(values(out), want, strict=True):
            np.testing.assert_allclose(got, expected, rtol=100 * np.finfo(expected.dtype).eps)
            assert (got.dtype, got.shape) == (expected.dtype, expected.shape)


# ---- values ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", SQUARE)
@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128, int])
def test_values_are_numpys(name, batch, dtype):
    for n in (0, 1, 3):
        x = matrices(name, (*batch, n, n), np.dtype(dtype).kind == "c")
        assert_numpys(name, (10 * x).round().astype(dtype) if dtype is int else x.astype(dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.complex128])
def test_cholesky_upper_is_numpys(dtype):
    assert_numpys(
        "cholesky", matrices("cholesky", (2, 3, 3), dtype is np.complex128).astype(dtype), upper=True
    )


B_SHAPES = [((3, 3), (3,)), ((2, 3, 3), (3,)), ((3, 3), (3, 2)), ((2, 3, 3), (3, 1)), ((3, 3), (2, 3, 2))]


@pytest.mark.parametrize(
    ("a", "b"), [*B_SHAPES, ((4, 1, 2, 2), (3, 2, 1)), ((0, 2, 2), (2,)), ((0, 0), (0,))]
)
@pytest.mark.parametrize("dtypes", ["ff", "dd", "fd", "Dd", "dD", "FF", "ld", "ll"])
def test_solve_is_numpys(a, b, dtypes):
    x = REGULAR.draw(np.random.default_rng(1), a).round(1) * 10
    assert_numpys("solve", x.astype(dtypes[0]), np.arange(np.prod(b)).reshape(b).astype(dtypes[1]))


NORMS = [
    *[((4,), ord, axis) for ord in (None, 2, 1, np.inf, -np.inf, 0, 3) for axis in (None, 0, (0,))],
    *[((4,), ord, None) for ord in (0.5, -1, 2.5)],
    *[((3, 2, 4), ord, -2) for ord in (None, 2, 1, np.inf, -np.inf, 0, 3)],
    *[((3, 4), ord, None) for ord in (None, "fro", 1, -1, np.inf, -np.inf, "nuc", 2, -2)],
    *[((3, 2, 4), ord, (0, 1)) for ord in (None, 1, -1, np.inf, -np.inf, "nuc", 2, -2)],
    *[((3, 2, 4), ord, (-1, 0)) for ord in ("fro", 1, -1, np.inf, -np.inf, "nuc", 2, -2)],
    *[((3, 2, 4), None, None), ((), None, None), ((0,), None, None), ((0, 3), 1, 1), ((3, 0), np.inf, 0)],
]  # fmt: skip


@pytest.mark.parametrize(("shape", "ord", "axis"), NORMS)
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128, int])
def test_norm_is_numpys(shape, ord, axis, keepdims, dtype):
    x = np.random.default_rng(0).uniform(-3, 3, shape)
    x = (x + 1j * x[::-1] if np.dtype(dtype).kind == "c" and shape else x).astype(dtype)
    assert_numpys("norm", x, ord=ord, axis=axis, keepdims=keepdims)


def test_norm_of_numbers():
    x = Value(-3.0)
    y = linalg.norm(x)
    y.backward()
    assert (y.item(), x.grad) == (3.0, -1.0)
    assert linalg.norm([3.0, 4.0]) == 5.0


# ---- derivatives -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(("a", "b"), B_SHAPES)
@pytest.mark.parametrize("complex_", [False, True])
def test_solve(a, b, complex_):
    x = (COMPLEX_REGULAR if complex_ else REGULAR).draw(np.random.default_rng(1), a)
    y = np.random.default_rng(2).normal(size=b)
    check_grads(linalg.solve, (x, y))
    check_grads(np.linalg.solve, (Tensor(x), Tensor(y)), order=1)


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("complex_", [False, True])
def test_cholesky(upper, complex_):
    check_grads(lambda x: linalg.cholesky(x, upper=upper), (matrices("cholesky", (2, 3, 3), complex_),))


@pytest.mark.parametrize("complex_", [False, True])
@pytest.mark.parametrize("upper", [False, True])
def test_cholesky_along_hermitian_directions(complex_, upper):
    """NumPy's own factor moves as ours says while the matrix stays Hermitian; so does the gradient."""
    x, t = (matrices("cholesky", (3, 3), complex_) for _ in range(2))
    t = t @ t - 2 * x
    f = lambda x: np.linalg.cholesky(x, upper=upper)  # noqa: E731
    want = (f(x + 1e-5 * t) - f(x - 1e-5 * t)) / 2e-5
    np.testing.assert_allclose(jvp(f, (Tensor(x),), (Tensor(t),))[1].data, want, atol=1e-8)
    g = rng().normal(size=(3, 3)) + (1j * rng().uniform(size=(3, 3)) if complex_ else 0)
    (gx,) = vjp(lambda x: linalg.cholesky(x, upper=upper), x)[1](g)
    np.testing.assert_allclose(gx, gx.conj().T, atol=1e-14)
    np.testing.assert_allclose(np.sum(gx * t).real, np.sum(g * want).real, atol=1e-8)


def test_slogdet():
    x = REGULAR.draw(rng(), (2, 3, 3)) * np.array([1, -1])[:, None, None]
    out = linalg.slogdet(Tensor(x, requires_grad=True))
    np.testing.assert_array_equal(out.sign.data, [1, -1])
    assert not out.sign.requires_grad
    check_grads(lambda x: linalg.slogdet(x).logabsdet, (x,), order=3)
    check_grads(lambda x: linalg.slogdet(x).sign * linalg.slogdet(x).logabsdet, (x,))
    check_grads(lambda x: tuple(linalg.slogdet(x)), (COMPLEX_REGULAR.draw(rng(), (2, 3, 3)),))


def test_slogdet_of_a_complex_matrix_is_its_determinant():
    def f(x):
        out = linalg.slogdet(x)
        return out.sign * autodiff.exp(out.logabsdet)

    x = COMPLEX_REGULAR.draw(rng(), (3, 3))
    g = np.asarray(1.5 - 0.5j)
    np.testing.assert_allclose(vjp(f, x)[1](g)[0], vjp(linalg.det, x)[1](g)[0])


SMOOTH_NORMS = [n for n in NORMS if n[0] and 0 not in n[0] and n[1] != 0]


@pytest.mark.parametrize(("shape", "ord", "axis"), SMOOTH_NORMS)
@pytest.mark.parametrize("complex_", [False, True])
def test_norm(shape, ord, axis, complex_):
    r = np.random.default_rng(3)
    x = r.uniform(0.5, 2, shape) * (np.exp(1j * r.uniform(0, 6, shape)) if complex_ else r.choice([-1, 1]))
    check_grads(lambda x: linalg.norm(x, ord, axis), (x,))
    check_grads(lambda x: linalg.norm(x, ord, axis, keepdims=True), (x,))


@pytest.mark.parametrize("name", ["solve", "inv", "det", "logabsdet", "cholesky", "norm", "norm 3", "fro"])
def test_hips_autograd_agrees(name):
    """Gradients, and products with the Hessian."""
    functions = {
        "solve": lambda np: lambda x: np.sum(np.linalg.solve(x, x[0]) ** 2),
        "inv": lambda np: lambda x: np.sum(np.linalg.inv(x) ** 2),
        "det": lambda np: lambda x: np.linalg.det(x),
        "logabsdet": lambda np: lambda x: np.linalg.slogdet(x)[1],
        "cholesky": lambda np: lambda x: np.sum(np.linalg.cholesky(x @ x.T) ** 3),
        "norm": lambda np: lambda x: np.linalg.norm(x[0]),
        "norm 3": lambda np: lambda x: np.sum(np.linalg.norm(x, 3, axis=1)),
        "fro": lambda np: lambda x: np.linalg.norm(x, "fro"),
    }
    ours, theirs = functions[name](np), functions[name](anp)
    x, v = REGULAR.draw(np.random.default_rng(4), (4, 4)), rng().normal(size=(4, 4))
    np.testing.assert_allclose(grad(ours)(x), autograd.grad(theirs)(x), rtol=1e-9, atol=1e-12)
    want = autograd.grad(lambda x: anp.sum(autograd.grad(theirs)(x) * v))(x)
    np.testing.assert_allclose(autodiff.hvp(ours, (x,), (v,))[0], want, rtol=1e-9, atol=1e-11)


def test_float32_stays():
    for name, f in {**SQUARE, "solve": lambda x: linalg.solve(x, x[0]), "norm": linalg.norm}.items():
        x = matrices(name, (3, 3)).astype(np.float32)
        outs, pull = vjp(lambda x, f=f: values_of(f(x)), x)
        assert {y.dtype for y in outs} == {np.dtype(np.float32)}
        (gx,) = pull([np.ones_like(y) for y in outs])
        assert gx.dtype == np.float32
        assert all(t.dtype == np.float32 for t in jvp(lambda x, f=f: values_of(f(x)), (x,), (x,))[1])


def values_of(out: Any) -> list[Any]:
    return list(out) if isinstance(out, tuple) else [out]


# ---- the determinant at singular matrices ----------------------------------------------------------------
def cofactors(x: np.ndarray) -> np.ndarray:
    """By their definition."""
    n = len(x)
    minor = lambda i, j: np.linalg.det(np.delete(np.delete(x, i, 0), j, 1))  # noqa: E731
    return np.array([[(-1) ** (i + j) * minor(i, j) for j in range(n)] for i in range(n)])


def of_rank(r: int, n: int = 4, complex_: bool = False) -> np.ndarray:
    draw = np.random.default_rng(r)
    x, y = draw.normal(size=(2, n, n)) + (1j * draw.normal(size=(2, n, n)) if complex_ else 0)
    return np.asarray(x[:, :r] @ y[:r])


@pytest.mark.parametrize("complex_", [False, True])
@pytest.mark.parametrize("rank", range(5))
def test_det_of_every_rank(rank, complex_):
    x = of_rank(rank, complex_=complex_)
    (g,) = vjp(linalg.det, x)[1](np.ones((), x.dtype))
    np.testing.assert_allclose(g, cofactors(x), atol=1e-13)
    check_grads(linalg.det, (x,), order=2)


def test_det_of_singular_matrices_of_whole_numbers():
    for x in (np.zeros((3, 3)), np.ones((3, 3)), np.arange(9.0).reshape(3, 3), np.diag([2.0, 3.0, 0.0])):
        np.testing.assert_allclose(grad(linalg.det)(x), cofactors(x), atol=1e-13)
        check_grads(linalg.det, (x,), order=2)
    assert grad(linalg.det)(np.zeros((1, 1))) == 1.0


def test_det_of_a_stack_in_which_some_are_singular():
    x = np.stack([of_rank(r) for r in range(5)])
    want = np.stack([cofactors(y) for y in x])
    np.testing.assert_allclose(grad(lambda x: linalg.det(x).sum())(x), want, atol=1e-13)
    check_grads(linalg.det, (x,), order=2)


def test_the_second_derivative_of_det_of_a_2_by_2_matrix_is_that_of_ad_minus_bc():
    v = rng().normal(size=(2, 2))
    for x in (np.zeros((2, 2)), np.ones((2, 2)), np.array([[1.0, 2.0], [3.0, 4.0]])):
        (h,) = autodiff.hvp(linalg.det, (x,), (v,))
        np.testing.assert_allclose(h, [[v[1, 1], -v[1, 0]], [-v[0, 1], v[0, 0]]], atol=1e-15)


def test_higher_derivatives_of_det_at_regular_matrices():
    x = REGULAR.draw(rng(), (4, 4))
    check_grads(linalg.det, (x,), order=4, rtol=1e-4)
    check_grads(linalg.det, (COMPLEX_REGULAR.draw(rng(), (2, 3, 3)),), order=3)


@pytest.mark.parametrize("x", [np.ones((3, 3)), of_rank(3), np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])])
def test_the_third_derivative_of_det_at_a_singular_matrix_raises(x):
    """Also where rounding hides that it is singular."""

    def third(x):
        return jvp(lambda x: jvp(grad(linalg.det), (x,), (x * 0 + 1.0,))[1], (x,), (np.eye(len(x)),))

    third(REGULAR.draw(rng(), x.shape))
    with pytest.raises(LinAlgError, match="derivative of cofactor_tangent"):
        third(x)


@pytest.mark.parametrize("scale", [1e-200, 1e-110, 1e110, 1e200])
def test_cofactors_are_right_where_the_determinant_over_or_underflows(scale):
    np.testing.assert_allclose(grad(linalg.det)(np.eye(2) * scale), np.eye(2) * scale)
    x = np.diag([scale, 1 / scale, 2.0])
    want = np.diag([2 / scale, 2 * scale, 1.0])
    np.testing.assert_allclose(grad(linalg.det)(x), want, rtol=1e-11)


def test_cofactors_of_many_rows():
    """No partial product over- or underflows on the way."""
    x = np.diag(np.r_[np.full(200, 100.0), np.full(200, 0.01)])
    np.testing.assert_allclose(grad(linalg.det)(x), np.diag(1 / np.diag(x)), rtol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cofactors_are_accurate_between_regular_and_singular(dtype):
    """However they are computed."""
    u, _, v = np.linalg.svd(rng().normal(size=(3, 3)))
    for small in 10.0 ** -np.arange(18):
        x = u * [2.0, 1.0, small] @ v
        exact = np.linalg.det(u) * np.linalg.det(v) * (u * [small, 2 * small, 2.0] @ v)
        got = grad(linalg.det)(x.astype(dtype))
        np.testing.assert_allclose(got, exact, atol=100 * np.finfo(dtype).eps)


def test_nan_is_shown():
    """In its place, and only there."""
    x = np.stack([np.full((2, 2), np.nan), np.ones((2, 2))])
    f = lambda x: linalg.det(x).sum()  # noqa: E731
    for d in (grad(f)(x), autodiff.hvp(f, (x,), (np.ones_like(x),))[0]):
        assert np.isnan(d[0]).all()
        np.testing.assert_allclose(d[1], [[1, -1], [-1, 1]])


# ---- singular matrices, elsewhere ------------------------------------------------------------------------
def test_logabsdet_of_a_singular_matrix():
    x = np.ones((2, 2))
    out = linalg.slogdet(x)
    assert (out.sign, out.logabsdet) == (0, -np.inf)
    assert np.isnan(grad(lambda x: linalg.slogdet(x).logabsdet)(x)).all()
    assert np.isnan(jvp(lambda x: linalg.slogdet(x).logabsdet, (x,), (np.eye(2),))[1])


MODES = {
    "reverse": lambda f: grad(lambda x: autodiff.real(autodiff.sum(f(x)))),
    "forward": lambda f: lambda x: jvp(f, (x,), (np.ones_like(x),))[1],
}
NAN = np.full((2, 2), np.nan)
BELOW = {
    "logabsdet": (lambda x: linalg.slogdet(x).logabsdet[:, None, None], [np.ones((2, 2)), NAN]),
    "sign": (lambda x: linalg.slogdet(x * (1 + 0j)).sign.imag[:, None, None], [np.ones((2, 2)), NAN]),
    "det": (lambda x: linalg.det(x)[:, None, None], [NAN]),
    "inv": (linalg.inv, [NAN]),
    "solve": (lambda x: linalg.solve(x, x[:, :, :1] + 1), [NAN]),
    "solve, b": (lambda x: linalg.solve(np.eye(2) + 1, x * x), [np.array([[0.0, np.inf], [0.0, 1.0]])]),
    "cholesky": (linalg.cholesky, [NAN]),
    "norm": (lambda x: linalg.norm(x, axis=(1, 2), keepdims=True), [NAN, np.zeros((2, 2))]),
    "norm 3": (lambda x: linalg.norm(x, 3, axis=1, keepdims=True), [NAN, np.zeros((2, 2))]),
    "norm inf": (lambda x: linalg.norm(x, np.inf, axis=1, keepdims=True), [NAN, np.zeros((2, 2))]),
}  # fmt: skip


@pytest.mark.parametrize("first", MODES)
@pytest.mark.parametrize("second", [None, *MODES])
@pytest.mark.parametrize("name", BELOW)
def test_a_matrix_that_is_not_chosen_has_no_say(name, first, second):
    f, bad = BELOW[name]
    good = DEFINITE.draw(np.random.default_rng(5), (1, 2, 2))
    x = np.concatenate([good, bad])
    chosen = np.arange(len(x))[:, None, None] == 0

    def differentiated(f):
        d = MODES[first](f)
        return MODES[second](d) if second else d

    for g in (lambda x: where(chosen, f(x), 0.0), lambda x: f(where(chosen, x, np.array(x.data)))):
        got = differentiated(g)(x)
        np.testing.assert_allclose(got[:1], differentiated(f)(good), rtol=1e-12)
        np.testing.assert_array_equal(got[1:], 0)


# ---- the norm at its kinks -------------------------------------------------------------------------------
@pytest.mark.parametrize("ord", [None, 1, np.inf, -np.inf, 3, 1.5, 0.5])
@pytest.mark.parametrize("dtype", [float, complex])
def test_norm_at_zero(ord, dtype):
    x = np.zeros(3, dtype)
    f = lambda x: linalg.norm(x, ord)  # noqa: E731
    np.testing.assert_array_equal(grad(f)(x), 0)
    assert jvp(f, (x,), (np.ones_like(x),))[1] == 0
    for first, second in itertools.product(MODES.values(), repeat=2):
        np.testing.assert_array_equal(second(first(lambda x: where(linalg.norm(x) > 0, f(x), 0.0)))(x), 0)
    if dtype is float:
        np.testing.assert_array_equal(autodiff.hvp(f, (x,), (np.ones(3),))[0], 0)


@pytest.mark.parametrize("ord", ["fro", 1, -1, np.inf, -np.inf])
def test_matrix_norm_at_zero(ord):
    np.testing.assert_array_equal(grad(lambda x: linalg.norm(x, ord))(np.zeros((2, 3))), 0)


def test_the_square_of_the_norm_at_zero():
    """Its second derivative is 2, but the norm's is 0 there by agreement: so is the composition's first."""
    np.testing.assert_array_equal(grad(lambda x: linalg.norm(x) ** 2)(np.zeros(2)), 0)
    x = np.array([0.0, 3.0])
    check_grads(lambda x: linalg.norm(x) ** 2, (x,), order=3)
    check_grads(lambda x: linalg.norm(x), (x,), order=3)


def test_norms_with_entries_of_zero_and_with_ties():
    x = np.array([0.0, -2.0, 2.0, 1.0])
    want = {1: [0, -1, 1, 1], np.inf: [0, -0.5, 0.5, 0], -np.inf: [0, 0, 0, 0]}
    for ord, g in want.items():
        np.testing.assert_array_equal(grad(lambda x, ord=ord: linalg.norm(x, ord))(x), g)
        t = np.arange(1.0, 5.0)
        assert jvp(lambda x, ord=ord: linalg.norm(x, ord), (x,), (t,))[1] == np.dot(g, t)
    np.testing.assert_array_equal(
        grad(lambda x: linalg.norm(x, -np.inf))(np.array([-1.0, 1.0, 3.0])), [-0.5, 0.5, 0]
    )
    check_grads(lambda x: linalg.norm(x, 3), (x,), order=1)
    np.testing.assert_array_equal(grad(lambda x: linalg.norm(x, -1))(x), 0)
    np.testing.assert_allclose(
        grad(lambda x: linalg.norm(x, 0.5))(x)[1:], grad(lambda x: linalg.norm(x, 0.5))(x[1:])
    )
    columns = np.array([[1.0, -2.0], [1.0, 0.0]])
    np.testing.assert_array_equal(grad(lambda x: linalg.norm(x, 1))(columns), [[0.5, -0.5], [0.5, 0]])


def test_counting_has_derivative_zero():
    x = Tensor([0.0, 2.0], requires_grad=True)
    y = linalg.norm(x, 0)
    assert (y.item(), y.requires_grad) == (1.0, False)
    np.testing.assert_array_equal(grad(lambda x: linalg.norm(x, 0) * x[1])(np.array([0.0, 2.0])), [0, 1])


@pytest.mark.parametrize("scale", [1e-150, 1e150])
@pytest.mark.parametrize("ord", [None, 1, np.inf, 2.5])
def test_the_norms_derivative_does_not_overflow_before_the_norm(scale, ord):
    x = np.array([3.0, -4.0]) if ord != 2.5 else np.array([3.0, -4.0]) * scale**-0.25
    want = grad(lambda x: linalg.norm(x, ord))(x)
    np.testing.assert_allclose(
        grad(lambda x: linalg.norm(x, ord))(x * scale / (scale**0.25 if ord == 2.5 else 1)), want
    )


# ---- errors ----------------------------------------------------------------------------------------------
M, WIDE, VECTOR = np.ones((2, 2)), np.ones((2, 3)), np.ones(3)
ERRORS = {
    "inv, singular": (lambda t: linalg.inv(t(M)), LinAlgError, ["inv", "(2, 2)", "Singular", "np.eye"]),
    "solve, singular": (lambda t: linalg.solve(t(M), t(M)), LinAlgError, ["solve", "(2, 2)", "Singular"]),
    "one of a stack": (lambda t: linalg.inv(t(np.stack([M, np.eye(2)]))), LinAlgError, ["inv", "(2, 2, 2)"]),
    "inv, wide": (lambda t: linalg.inv(t(WIDE)), LinAlgError, ["inv", "(2, 3)", "square"]),
    "det, wide": (lambda t: linalg.det(t(WIDE)), LinAlgError, ["det", "(2, 3)", "square"]),
    "det, vector": (lambda t: linalg.det(t(VECTOR)), LinAlgError, ["det", "(3,)", "two-dimensional"]),
    "slogdet, wide": (lambda t: linalg.slogdet(t(WIDE)), LinAlgError, ["slogdet", "(2, 3)", "square"]),
    "solve, wide": (lambda t: linalg.solve(t(WIDE), t(VECTOR)), LinAlgError, ["solve", "(2, 3)", "square"]),
    "solve, rows": (lambda t: linalg.solve(t(np.eye(2)), t(WIDE.T)), ValueError, ["solve", "(3, 2)", "rows"]),
    "solve, a number": (lambda t: linalg.solve(t(np.eye(2)), 1.0), ValueError, ["solve", "()"]),
    "cholesky": (lambda t: linalg.cholesky(t(-M)), LinAlgError, ["cholesky", "positive definite", "np.eye"]),
    "cholesky, wide": (lambda t: linalg.cholesky(t(WIDE)), LinAlgError, ["cholesky", "(2, 3)", "square"]),
    "cholesky, row": (lambda t: linalg.cholesky(t(WIDE[:1])), LinAlgError, ["cholesky", "(1, 3)", "square"]),
    "norm, 3": (lambda t: linalg.norm(t(M), 3), ValueError, ["norm", "3"]),
    "norm, fro of a vector": (lambda t: linalg.norm(t(VECTOR), "fro"), ValueError, ["norm", "'fro'"]),
    "norm, three axes": (lambda t: linalg.norm(t(np.ones((2, 2, 2))), 1), ValueError, ["norm", "(0, 1, 2)"]),
    "norm, axis": (lambda t: linalg.norm(t(M), axis=2), np.exceptions.AxisError, ["axis", "2"]),
    "norm, axis twice": (lambda t: linalg.norm(t(M), axis=(0, 0)), ValueError, ["axis"]),
    "norm, axis text": (lambda t: linalg.norm(t(M), axis="a"), TypeError, []),
    "norm, nothing": (lambda t: linalg.norm(t(np.ones(0)), -np.inf), ValueError, ["norm", "(0,)"]),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize("kind", [Tensor, np.asarray], ids=["tensors", "arrays"])
def test_bad_input(name, kind):
    act, error, words = ERRORS[name]
    with pytest.raises(error) as raised:
        act(kind)
    if kind is Tensor:
        assert [word for word in words if word not in str(raised.value)] == [], str(raised.value)


def test_no_half_of_a_complex_sign_is_lost():
    from autodiff.kinds import PRIMITIVES

    with pytest.raises(TypeError, match="slogdet_phase"):
        PRIMITIVES["slogdet_sign"](np.eye(2) * 1j)


def test_a_determinant_is_factorized_once_for_its_sign_and_its_logarithm(monkeypatch):
    calls = []
    real = np.linalg.slogdet
    monkeypatch.setattr(np.linalg, "slogdet", lambda x: calls.append(1) or real(x))
    a = Tensor(np.array([[2.0, 1.0], [0.5, -3.0]]), requires_grad=True)
    sign, log = autodiff.numpy.linalg.slogdet(a)
    (sign * log).backward()
    assert len(calls) == 1 and sign.data == -1.0
    np.testing.assert_allclose(a.grad, -np.linalg.inv(a.data).T)
