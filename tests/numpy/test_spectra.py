"""Eigenvalues, singular values, factors: NumPy, differences, HIPS autograd, closed forms, repeated values."""

from __future__ import annotations

import weakref
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.linalg import LinAlgError

import autodiff
from autodiff import Tensor, grad, hvp, jvp, vjp, vmap, where
from autodiff.graph import ancestry
from autodiff.numpy import linalg
from autodiff.testing import check_grads

DTYPES = [np.float32, np.float64, np.complex64, np.complex128]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def matrix(shape: Any, complex_: bool = False, seed: int = 0) -> np.ndarray:
    r = rng(seed)
    return np.asarray(r.normal(size=shape) + (1j * r.normal(size=shape) if complex_ else 0))


def hermitian(x: np.ndarray) -> np.ndarray:
    return x + x.swapaxes(-1, -2).conj()


def adjoint(x: Any) -> Any:
    return autodiff.conjugate(x).swapaxes(-1, -2)


def values(out: Any) -> list[np.ndarray]:
    parts = out if isinstance(out, tuple) else (out,)
    return [np.asarray(getattr(y, "value", y)) for y in parts]


# ---- values ----------------------------------------------------------------------------------------------
CALLS: dict[str, list[dict[str, Any]]] = {
    "eigh": [{}, {"UPLO": "U"}, {"UPLO": "l"}],
    "eigvalsh": [{}, {"UPLO": "U"}],
    "eig": [{}],
    "eigvals": [{}],
    "svd": [{}, {"full_matrices": False}, {"compute_uv": False}, {"hermitian": True},
            {"hermitian": True, "compute_uv": False}],
    "svdvals": [{}],
    "qr": [{}, {"mode": "complete"}, {"mode": "r"}, {"mode": "raw"}],
    "pinv": [{}, {"rcond": 0.2}, {"rtol": None}, {"hermitian": True}, {"rtol": 0.3, "hermitian": True}],
    "matrix_rank": [{}, {"tol": 0.5}, {"rtol": 0.5}, {"hermitian": True}],
    "cond": [{}, *({"p": p} for p in (2, -2, 1, -1, np.inf, -np.inf, "fro", "nuc"))],
    "matrix_power": [{"n": n} for n in (0, 1, 2, 5, -1, -3)],
}  # fmt: skip
SQUARE = {"eigh", "eigvalsh", "eig", "eigvals", "matrix_power"}


@st.composite
def calls(draw: Any) -> tuple[str, dict[str, Any], Any, Any]:
    name = draw(st.sampled_from(sorted(CALLS)))
    settings = draw(st.sampled_from(CALLS[name]))
    n, k = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    square = name in SQUARE or settings.get("hermitian") or settings.get("p") not in (None, 2, -2)
    batch = draw(st.sampled_from([(), (2,), (2, 1), (0,)]))
    return name, settings, (*batch, n, n if square else k), draw(st.sampled_from(DTYPES))


@given(call=calls(), seed=st.integers(0, 100))
@example(call=("eigh", {"UPLO": "U"}, (3, 3), np.float64), seed=0)
@example(call=("svd", {}, (2, 4, 2), np.complex128), seed=0)
def test_values_are_numpys(call, seed):
    """Of plain arrays, and of Tensors through both doors; in names, shapes, dtypes and values."""
    name, settings, shape, dtype = call
    x = matrix(shape, np.dtype(dtype).kind == "c", seed).astype(dtype)
    if settings.get("hermitian"):
        x = hermitian(x)
    want = getattr(np.linalg, name)(x, **settings)
    for f, a in ((linalg, x), (linalg, Tensor(x)), (np.linalg, Tensor(x))):
        out = getattr(f, name)(a, **settings)
        assert getattr(out, "_fields", None) == getattr(want, "_fields", None)
        assert type(out).__name__ == type(want).__name__ or not hasattr(want, "_fields")
        for got, expected in zip(values(out), values(want), strict=True):
            close = 1e-9 if expected.dtype in (float, complex) else 2e-3
            np.testing.assert_allclose(got, expected, rtol=close, atol=close)
            assert (got.shape, got.dtype) == (expected.shape, expected.dtype)


@pytest.mark.parametrize("uplo", ["L", "U"])
@pytest.mark.parametrize("complex_", [False, True])
def test_one_triangle_is_read(uplo, complex_):
    """Of what is not Hermitian, as NumPy does, whatever the other holds; derivatives are those of it."""
    x = matrix((3, 3), complex_)
    np.testing.assert_allclose(linalg.eigvalsh(Tensor(x), uplo).data, np.linalg.eigvalsh(x, uplo))
    check_grads(lambda x: linalg.eigvalsh(x, uplo), (x,))
    nothing = np.tri(3, k=-1).T if uplo == "L" else np.tri(3, k=-1)
    spoiled = np.where(nothing > 0, np.nan, x)
    g = grad(lambda x: (linalg.eigvalsh(x, uplo) ** 2).sum())(spoiled) if not complex_ else None
    if g is not None:
        np.testing.assert_allclose(g, grad(lambda x: (linalg.eigvalsh(x, uplo) ** 2).sum())(x))
        assert not g[nothing > 0].any()
    upper = uplo == "U"
    positive = np.where(nothing > 0, 7, x) + 9 * np.eye(3)
    np.testing.assert_allclose(linalg.cholesky(Tensor(positive), upper=upper).data,
                               np.linalg.cholesky(positive, upper=upper))  # fmt: skip
    check_grads(lambda x: linalg.cholesky(x, upper=upper), (positive,))


@pytest.mark.parametrize("shape", [(4, 2), (3, 3), (2, 4)])
@pytest.mark.parametrize("b", [(0,), (3,)])
@pytest.mark.parametrize("complex_", [False, True])
def test_lstsq(shape, b, complex_):
    a, y = matrix(shape, complex_), matrix((shape[0], *b[: b[0]]) if b[0] else shape[:1], complex_, 1)
    want = np.linalg.lstsq(a, y)
    for out in (np.linalg.lstsq(Tensor(a), Tensor(y)), linalg.lstsq(a, y)):
        for got, expected in zip(values(tuple(out)), want, strict=True):
            np.testing.assert_allclose(got, expected, atol=1e-12)
            assert got.shape == np.shape(expected)
    check_grads(lambda a, y: linalg.lstsq(a, y)[0], (a, y))
    check_grads(lambda a, y: (linalg.lstsq(a, y)[1], linalg.lstsq(a, y)[3]), (a, y))
    xs = np.stack([a, a * 2])
    np.testing.assert_allclose(
        vmap(lambda a: np.linalg.lstsq(a, y)[0])(xs), [np.linalg.lstsq(x, y)[0] for x in xs]
    )


def test_lstsq_of_a_rank_that_is_too_small():
    def f(u, v, y):
        return linalg.lstsq(u @ v, y)[0]

    u, v, y = matrix((4, 2)), matrix((2, 3)), matrix((4,))
    np.testing.assert_allclose(f(Tensor(u), v, y).data, np.linalg.lstsq(u @ v, y)[0])
    assert linalg.lstsq(Tensor(u @ v), y)[2] == 2
    assert linalg.lstsq(Tensor(u @ v), y)[1].shape == (0,)
    check_grads(f, (u, v, y))


# ---- derivatives, where nothing is repeated --------------------------------------------------------------
def of_eigh(x: Any) -> Any:
    w, v = linalg.eigh(x)
    n = v.shape[-1]
    return w, abs(v) ** 2, v @ np.diag(np.arange(n)) @ adjoint(v)


def of_eig(x: Any) -> Any:
    w, v = linalg.eig(x)
    return w, abs(v) ** 2, v @ np.diag(np.arange(v.shape[-1])) @ linalg.inv(v)


def of_svd(x: Any, full: bool = False) -> Any:
    u, s, vh = linalg.svd(x, full_matrices=full)
    k = s.shape[-1]
    rest, more = u[..., k:], vh[..., k:, :]
    u, vh = u[..., :k], vh[..., :k, :]
    return s, abs(u) ** 2, u @ vh, (u * s[..., None, :] ** 3) @ vh, rest @ adjoint(rest), adjoint(more) @ more


def of_qr(x: Any, mode: str = "reduced") -> Any:
    q, r = linalg.qr(x, mode)
    k = min(x.shape[-2:])
    rest = q[..., k:]
    return q[..., :k], r, rest @ adjoint(rest)


@pytest.mark.parametrize("complex_", [False, True])
@pytest.mark.parametrize("shape", [(3, 3), (2, 2, 2), (1, 1)])
def test_eigenvectors(shape, complex_):
    x = matrix(shape, complex_)
    check_grads(of_eigh, (hermitian(x),))
    check_grads(of_eig, (x,))
    check_grads(linalg.eigvalsh, (hermitian(x),), order=3 if shape == (3, 3) and not complex_ else 2)
    check_grads(linalg.eigvals, (x,))


@pytest.mark.parametrize("complex_", [False, True])
@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 2), (2, 4), (5, 2), (1, 3)])
def test_factors(shape, complex_):
    x = matrix(shape, complex_)
    check_grads(of_svd, (x,))
    check_grads(lambda x: of_svd(x, True), (x,))
    check_grads(lambda x: (*of_qr(x), linalg.qr(x, "r")), (x,))
    check_grads(lambda x: of_qr(x, "complete"), (x,))
    check_grads(lambda x: linalg.qr(x, "raw"), (x,))
    check_grads(linalg.pinv, (x,))
    check_grads(linalg.cond, (x,), order=1, rtol=1e-4)


@pytest.mark.parametrize("dtype", [np.float32, np.complex64])
def test_single_precision_stays(dtype):
    x = matrix((3, 3), dtype is np.complex64).astype(dtype)
    for f in (of_eigh, of_eig, of_svd, of_qr, linalg.pinv):
        f = (lambda x: of_eigh(x + adjoint(x))) if f is of_eigh else f
        check_grads(f, (x,), order=1, atol=5e-3, rtol=5e-3)


@pytest.mark.parametrize("shape", [(1, 1), (0, 3), (3, 0), (2, 0, 2), (1, 3), (3, 1)])
def test_raw_factors_of_small_matrices(shape):
    for complex_ in (False, True):
        x = matrix(shape, complex_)
        out = linalg.qr(Tensor(x, requires_grad=True), "raw")
        for got, want in zip(out, np.linalg.qr(x, "raw"), strict=True):
            np.testing.assert_allclose(got.numpy(), want, atol=1e-14)
            assert (got.shape, got.dtype) == (want.shape, want.dtype)
        check_grads(lambda x: linalg.qr(x, "raw"), (x,))


def test_hermitian_svd():
    x = hermitian(matrix((3, 3)))
    check_grads(lambda x: linalg.svd(x, hermitian=True), (x,))
    check_grads(lambda x: linalg.svd(x, compute_uv=False, hermitian=True), (x,))
    check_grads(lambda x: linalg.pinv(x, hermitian=True), (x,))


@pytest.mark.parametrize(
    "name", ["eigh", "eigvalsh of x xᵀ", "svd", "svd of a wide one", "pinv", "eig", "nuc"]
)
def test_hips_autograd_agrees(name):
    """Gradients, of functions that do not depend on signs."""
    functions = {
        "eigh": lambda np: lambda x: np.sum(np.linalg.eigh(x + x.T)[1] ** 4) + np.linalg.eigh(x + x.T)[0][0],
        "eigvalsh of x xᵀ": lambda np: lambda x: np.sum(np.linalg.eigh(np.dot(x, x.T))[0] ** 3),
        "svd": lambda np: lambda x: np.sum(np.linalg.svd(x, full_matrices=False)[0] ** 4),
        "svd of a wide one": lambda np: lambda x: np.sum(np.linalg.svd(x[:2], full_matrices=False)[2] ** 4),
        "pinv": lambda np: lambda x: np.sum(np.linalg.pinv(x[:, :2]) ** 3),
        "eig": lambda np: lambda x: np.sum(np.abs(np.linalg.eig(x)[0]) ** 2),
        "nuc": lambda np: lambda x: np.linalg.norm(x, "nuc"),
    }
    x = matrix((4, 4), seed=3)
    np.testing.assert_allclose(
        grad(functions[name](np))(x), autograd.grad(functions[name](anp))(x), atol=1e-10
    )


def test_closed_forms():
    x = matrix((3, 3))
    h = hermitian(x)
    v = np.linalg.eigh(h)[1]
    np.testing.assert_allclose(
        grad(lambda x: linalg.eigvalsh(x)[1])(h), np.outer(v[:, 1], v[:, 1]), atol=1e-12
    )
    u, _, vh = np.linalg.svd(x)
    np.testing.assert_allclose(grad(lambda x: linalg.norm(x, 2))(x), np.outer(u[:, 0], vh[0]), atol=1e-12)
    np.testing.assert_allclose(grad(lambda x: linalg.norm(x, "nuc"))(x), u @ vh, atol=1e-12)
    np.testing.assert_allclose(grad(lambda x: linalg.eigvals(x).real.sum())(x), np.eye(3), atol=1e-12)
    d = matrix((3, 3), seed=1)
    d = hermitian(d)
    product = hvp(lambda x: (linalg.eigvalsh(x) ** 3).sum(), (h,), (d,))[0]
    np.testing.assert_allclose(product, 3 * (h @ d + d @ h), atol=1e-10)


# ---- repeated values -------------------------------------------------------------------------------------
C = hermitian(matrix((3, 3), seed=5))


def turned(d: Any, complex_: bool = False) -> np.ndarray:
    """A Hermitian matrix with these eigenvalues, in general position."""
    q = np.linalg.qr(matrix((len(d), len(d)), complex_, seed=9))[0]
    return np.asarray(q @ np.diag(d) @ q.conj().T)


REPEATED = [
    np.eye(3), np.diag([1.0, 1.0, 3.0]), turned([1.0, 2.0, 2.0]), turned([2.0, 2.0, 2.0]), np.zeros((3, 3)),
    turned([1.0, 1.0, 4.0], complex_=True),
]  # fmt: skip


@pytest.mark.parametrize("x", REPEATED)
def test_functions_of_eigenvalues_alone(x):
    """Smooth ones: tr(x³) and log det have the gradients 3 x² and x⁻¹, conjugated."""
    np.testing.assert_allclose(vjp(lambda x: (linalg.eigvalsh(x) ** 3).sum(), x)[1](1.0)[0],
                               (3 * x @ x).conj(), atol=1e-12)  # fmt: skip
    t = hermitian(matrix((3, 3), np.iscomplexobj(x), seed=4))
    moved = jvp(lambda x: (linalg.eigvalsh(x) ** 3).sum(), (x,), (t,))[1]
    np.testing.assert_allclose(moved, np.sum((3 * x @ x).conj() * t).real, atol=1e-12)
    if x.any():
        got = vjp(lambda x: autodiff.log(linalg.svdvals(x)).sum(), x)[1](1.0)[0]
        np.testing.assert_allclose(got, np.linalg.inv(x).conj(), atol=1e-12)
    if not np.iscomplexobj(x):
        got = grad(lambda x: (linalg.eigvals(x).real ** 3).sum())(x)
        np.testing.assert_allclose(got, 3 * x @ x, atol=1e-10)


def test_a_repeated_largest_eigenvalue_is_shared():
    def check(f: Any, x: Any, want: Any) -> None:
        np.testing.assert_allclose(grad(f)(x), want, atol=1e-14)

    check(lambda x: linalg.eigvalsh(x)[-1], np.eye(3), np.eye(3) / 3)
    check(lambda x: linalg.norm(x, 2), np.diag([2.0, 2, 1]), np.diag([0.5, 0.5, 0]))
    check(lambda x: linalg.norm(x, "nuc"), np.diag([2.0, 0, 0]), np.diag([1.0, 0, 0]))


def projector(x: Any, at: Any) -> Any:
    v = linalg.eigh(x).eigenvectors[:, at]
    return (C * (v @ adjoint(v)).real).sum()


@pytest.mark.parametrize(
    ("x", "at"), [(REPEATED[1], slice(2)), (REPEATED[2], slice(1, 3)), (REPEATED[5], slice(2))]
)
def test_projectors_on_all_of_a_repeated_eigenvalue(x, at):
    """They do not depend on the basis: finite differences know nothing of it either."""
    g = vjp(lambda x: projector(x, at), x)[1](1.0)[0]
    for seed in range(3):
        t = hermitian(matrix((3, 3), np.iscomplexobj(x), seed))
        want = (projector(Tensor(x + 1e-5 * t), at) - projector(Tensor(x - 1e-5 * t), at)) / 2e-5
        np.testing.assert_allclose(np.sum(g * t).real, want.item(), atol=1e-8)


def test_singular_spaces_of_a_repeated_singular_value():
    """The polar factor u @ vh; and the projector on the range, where the rank is smaller."""
    x = turned([2.0, 2.0, 1.0]) @ np.linalg.qr(matrix((3, 3), seed=11))[0]
    t = matrix((3, 3), seed=12)

    def polar(x):
        out = linalg.svd(x)
        return (C * (out.U @ out.Vh)).sum()

    want = (polar(Tensor(x + 1e-5 * t)) - polar(Tensor(x - 1e-5 * t))).item() / 2e-5
    np.testing.assert_allclose(np.sum(grad(polar)(x) * t), want, atol=1e-8)

    def onto(a, b):
        u = linalg.svd(a @ b, full_matrices=False).U[:, :2]
        return u @ u.T

    check_grads(onto, (matrix((4, 2)), matrix((2, 3))), order=1)


V = lambda x: linalg.eigh(x).eigenvectors  # noqa: E731
BASIS_DEPENDENT = {
    "a vector of a repeated eigenvalue": (lambda x: V(x)[:, 0] @ np.arange(3.0), turned([1.0, 1.0, 2.0])),
    "all of them": (lambda x: (matrix((3, 3)) * V(x)).sum(), np.eye(3)),
    "the phase of a vector": (lambda x: V(x).real.sum(), hermitian(matrix((3, 3), True))),
    "the phase of another": (lambda x: linalg.eig(x).eigenvectors.real.sum(), matrix((3, 3), True)),
    "phases of singular vectors": (lambda x: linalg.svd(x).U.real.sum(), matrix((3, 3), True)),
    "repeated, not Hermitian": (lambda x: (matrix((3, 3)) * linalg.eig(x)[1]).real.sum(), np.eye(3)),
    "singular vectors": (lambda x: (matrix((3, 3)) * linalg.svd(x).U).sum(), np.eye(3)),
    "vectors of the singular value 0": (
        lambda x: (matrix((3, 3)) * linalg.svd(x).U).sum(), matrix((3, 1)) @ matrix((1, 3))
    ),
    "those beyond": (lambda x: linalg.svd(x).U[:, 2:].sum(), matrix((4, 2))),
    "those beyond, of Q": (
        lambda x: (matrix((4, 2), seed=2) * linalg.qr(x, "complete").Q[:, 2:]).sum(), matrix((4, 2))
    ),
    "two functions of eigenvalues": (
        lambda x: (lambda w, v: (C * ((v * w) @ v.T)).sum() + ((v * w**2) @ v.T)[0, 1])(*linalg.eigh(x)),
        turned([1.0, 1.0, 2.0]),
    ),
    "one that is 0": (lambda x: (lambda w, v: (C * ((v * (w - 1)) @ v.T)).sum())(*linalg.eigh(x)),
                      turned([1.0, 1.0, 2.0])),
    # these stand still when they are turned in the basis of LAPACK, and in no other
    "at rest": (lambda x: V(x)[0, 0], np.diag([1.0, 1.0, 2.0])),
    "at rest, in the middle": (lambda x: V(x)[1, 1] ** 3, np.diag([1.0, 2.0, 2.0])),
    "at rest at 0": (lambda x: ((linalg.eig(x).eigenvectors.real - np.eye(3)) ** 2).sum(), np.eye(3)),
    "at rest, singular": (lambda x: linalg.svd(x).Vh[1, 1], np.diag([2.0, 1.0, 1.0])),
    "at rest, of singular value 0": (lambda x: linalg.svd(x).U[1, 1], np.diag([1.0, 0.0, 0.0])),
    "the same on the right": (lambda x: linalg.svd(x).Vh[2, 2], np.diag([1.0, 0.0, 0.0])),
    "of 0, and beyond": (
        lambda x: linalg.svd(x, full_matrices=False).U[1, 1], np.eye(3)[:, :2] * [1.0, 0.0]
    ),
    "at rest, beyond": (lambda x: linalg.svd(x).U[3, 3], np.eye(4)[:, :2] * [1.0, 2.0]),
    "at rest, beyond, of Q": (lambda x: linalg.qr(x, "complete").Q[3, 3], np.eye(4)[:, :2]),
    "the same, of zero": (
        lambda x: (lambda u, s, v: (C * ((u * s) @ v)).sum())(*linalg.svd(x)), turned([0.0, 0.0, 2.0])
    ),
    "a defective matrix": (lambda x: linalg.eigvals(x).real[0], np.array([[1.0, 1.0], [0.0, 1.0]])),
    "columns that depend": (lambda x: linalg.qr(x).R.sum(), np.ones((3, 2))),
}  # fmt: skip


@pytest.mark.parametrize("name", BASIS_DEPENDENT)
def test_what_depends_on_the_basis_raises(name):
    f, x = BASIS_DEPENDENT[name]
    with pytest.raises(LinAlgError, match=r"the derivative of .*(depend|repeated|defective)"):
        vjp(f, x)[1](1.0)


def test_the_basis_of_what_is_recorded_is_in_general_position():
    """It is a basis all the same; what is not recorded, or has nothing repeated, is NumPy's own."""
    x = np.diag([1.0, 1.0, 2.0])
    w, v = linalg.eigh(Tensor(x, requires_grad=True))
    np.testing.assert_allclose(x @ v.numpy(), v.numpy() * w.numpy(), atol=1e-14)
    np.testing.assert_allclose(v.numpy().T @ v.numpy(), np.eye(3), atol=1e-14)
    assert np.all(v.numpy()[:2, :2])
    np.testing.assert_array_equal(linalg.eigh(x)[1], np.eye(3))
    y = np.diag([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(linalg.eigh(Tensor(y, requires_grad=True))[1].numpy(), np.eye(3))
    for y in (x @ C, np.eye(4)[:, :3] * [2.0, 0.0, 0.0], np.eye(3, 5) * 2.0, np.eye(5, 3)):
        for full in (False, True):
            out = linalg.svd(Tensor(y, requires_grad=True), full)
            k = min(y.shape)
            u, s, vh = (part.numpy() for part in out)
            np.testing.assert_allclose((u[:, :k] * s) @ vh[:k], y, atol=1e-14)
            for basis in (u.T, vh):
                np.testing.assert_allclose(basis @ basis.T, np.eye(len(basis)), atol=1e-14)
    np.testing.assert_array_equal(
        linalg.svd(Tensor(matrix((4, 2)), requires_grad=True)).U.numpy(), np.linalg.svd(matrix((4, 2))).U
    )


@pytest.mark.parametrize("complex_", [False, True])
@pytest.mark.parametrize("d", [[1.0, 1, 2, 3], [1, 2, 2, 2], [1, 1, 2, 2], [2.0, 2, 2, 2]])
def test_functions_of_matrices_at_repeated_eigenvalues(d, complex_):
    """v f(w) vᴴ, with f = w³, has the derivative of x @ x @ x; u s³ vᴴ that of x @ xᴴ @ x."""
    x, c = turned(d, complex_), matrix((4, 4), complex_, seed=6)

    def cube(x: Any) -> Any:
        w, v = linalg.eigh(x)
        return (c * ((v * w**3) @ adjoint(v))).real.sum()

    want = vjp(lambda x: (c * (x @ x @ x)).real.sum(), x)[1](1.0)[0]
    got = vjp(cube, x)[1](1.0)[0]
    np.testing.assert_allclose(got, (want + adjoint(want)) / 2, atol=1e-12)

    def polar(x: Any) -> Any:
        u, s, vh = linalg.svd(x)
        return (c * ((u * s**3) @ vh)).real.sum()

    y = x @ np.linalg.qr(c)[0]
    want = vjp(lambda x: (c * (x @ adjoint(x) @ x)).real.sum(), y)[1](1.0)[0]
    np.testing.assert_allclose(vjp(polar, y)[1](1.0)[0], want, atol=1e-12)
    both = np.stack([x, x + matrix((4, 4)).T @ matrix((4, 4))])
    if not complex_:
        np.testing.assert_allclose(vmap(grad(cube))(both), [grad(cube)(x) for x in both], atol=1e-10)
        np.testing.assert_allclose(autodiff.jit(grad(cube))(x), grad(cube)(x), atol=1e-12)


def test_forward_mode_needs_the_vectors_at_rest():
    """A forward walk can't see whether the result depends on the choice; where nothing moves it need not."""
    x, t = np.diag([1.0, 1.0, 2.0]), np.zeros((3, 3))
    for k, moves in ((0, True), (2, False)):
        t[:] = 0
        t[k, 2] = t[2, k] = 1.0
        if moves:
            with pytest.raises(LinAlgError, match="forward mode"):
                jvp(lambda x: V(x)[0, 0], (x,), (t,))
        else:
            assert jvp(lambda x: V(x)[0, 2], (x,), (t,))[1] == 0
    np.testing.assert_allclose(jvp(linalg.eigvalsh, (x,), (t,))[1], [0, 0, 1])


@pytest.mark.parametrize(
    "f", [lambda x: V(x).sum(), lambda x: linalg.svd(x).U.sum(), lambda x: linalg.eig(x)[1].sum()]
)
def test_a_tangent_that_splits_a_repeated_value_raises(f):
    with pytest.raises(LinAlgError, match="repeated"):
        jvp(f, (np.eye(3),), (C,))


@pytest.mark.parametrize("f", [linalg.eigvalsh, linalg.svdvals, linalg.eigvals])
def test_second_derivatives_at_repeated_values_raise(f):
    for how in (lambda g: hvp(g, (np.eye(3),), (C,)), lambda g: autodiff.hessian(g)(np.eye(3))):
        with pytest.raises(LinAlgError, match="second derivatives at repeated"):
            how(lambda x: (f(x).real ** 2).sum())


def test_two_calls_of_one_node_are_one():
    """So that a rule sees all that is made of the same values and vectors; graphs are freed as ever."""
    x = Tensor(C, requires_grad=True)
    a, b = linalg.eigvalsh(x), linalg.eigh(x)
    assert a.inputs == b.eigenvalues.inputs == b.eigenvectors.inputs
    with pytest.raises(LinAlgError, match="repeated"):
        jvp(lambda x: (linalg.eigvalsh(x), linalg.eigh(x)[1]), (np.eye(3),), (C,))
    assert linalg.eigvalsh(x, "U").inputs != a.inputs
    x.data = 2 * C
    np.testing.assert_allclose(linalg.eigvalsh(x).data, np.linalg.eigvalsh(2 * C))
    node = weakref.ref(b.eigenvalues.inputs[0])
    del a, b
    assert node() is None


def test_an_error_leaves_everything_as_it_was():
    x = Tensor(np.eye(3), requires_grad=True)
    y = (matrix((3, 3)) * linalg.eigh(x).eigenvectors).sum()
    with pytest.raises(LinAlgError, match=r"test_spectra.py:\d+"):
        y.backward()
    assert x.grad is None
    linalg.eigvalsh(x).sum().backward()
    np.testing.assert_allclose(x.grad, np.eye(3), atol=1e-14)


# ---- choices, batches, graphs ----------------------------------------------------------------------------
def test_what_a_choice_leaves_out_has_no_say():
    """Repeated, singular, dependent or NaN in the branch that is not taken; both modes, second order."""
    good, t = matrix((3, 3)), matrix((3, 3), seed=1)
    cases = {
        "eigh": (lambda x: (linalg.eigh(x + adjoint(x))[1] ** 2 * C).sum((-1, -2)), np.eye(3)),
        "pinv": (lambda x: linalg.pinv(x).sum((-1, -2)), np.zeros((3, 3))),
        "qr": (lambda x: linalg.qr(x)[1].sum((-1, -2)), np.ones((3, 3))),
        "qr of NaN": (lambda x: linalg.qr(x)[0].sum((-1, -2)), np.full((3, 3), np.nan)),
        "solve": (lambda x: linalg.solve(x, np.ones((3, 1))).sum((-1, -2)), np.full((3, 3), np.inf)),
    }
    for name, (f, bad) in cases.items():
        both = np.stack([good, bad])

        def of_both(x, f=f):
            return where(np.array([True, False]), f(x), 0.0).sum()

        with np.errstate(all="ignore"):
            g = grad(of_both)(both)
            np.testing.assert_allclose(g[0], grad(lambda x, f=f: f(x))(good), err_msg=name)
            assert not g[1].any(), name
            moved = jvp(of_both, (both,), (np.stack([t, np.zeros((3, 3))]),))[1]
            np.testing.assert_allclose(moved, np.sum(g[0] * t), err_msg=name)
            if name not in ("eigh", "pinv"):  # of which the one that is not taken has no second derivative
                second = hvp(of_both, (both,), (np.stack([t, t * 0]),))[0]
                np.testing.assert_allclose(second[0], hvp(f, (good,), (t,))[0], err_msg=name)


def test_vmap_of_gradients():
    xs = hermitian(matrix((3, 4, 4)))
    for f in (lambda x: np.linalg.eigh(x)[0][0], lambda x: (np.linalg.eigh(x)[1] ** 4).sum(),
              lambda x: np.linalg.norm(x, "nuc"), lambda x: (np.linalg.svd(x)[2] ** 4).sum(),
              lambda x: np.linalg.cond(x), lambda x: (np.linalg.qr(x)[0] ** 3).sum(),
              lambda x: abs(np.linalg.eigvals(x)).sum(), lambda x: np.linalg.pinv(x).sum()):  # fmt: skip
        np.testing.assert_allclose(vmap(grad(f))(xs), [grad(f)(x) for x in xs], atol=1e-9)


def test_the_basis_is_looked_at_under_vmap_too():
    with pytest.raises(LinAlgError, match="choice"):
        vmap(grad(lambda x: (matrix((3, 3)) * np.linalg.eigh(x)[1]).sum()))(np.stack([C, np.eye(3)]))


def test_nothing_is_made_of_objects_and_no_graph_grows():
    def nodes(n: int) -> int:
        x = Tensor(matrix((n, n)), requires_grad=True)
        out = linalg.svd(x).U.sum() + abs(linalg.eigvals(x)).sum() + linalg.cond(x) + linalg.qr(x).R.sum()
        return len(ancestry([out])[0])

    assert nodes(3) == nodes(12)


ERRORS: dict[str, Any] = {
    "uplo": (lambda x: np.linalg.eigh(x, "M"), ValueError, "UPLO"),
    "square": (lambda x: np.linalg.eigh(x[:2]), LinAlgError, "square"),
    "eig, square": (lambda x: np.linalg.eig(x[:2]), LinAlgError, "square"),
    "a vector": (lambda x: np.linalg.svd(x[0]), LinAlgError, "svd"),
    "raw": (lambda x: np.linalg.qr(x * np.eye(3), "raw")[1].sum().backward(), LinAlgError, "raw form"),
    "mode": (lambda x: np.linalg.qr(x, "all"), ValueError, "mode"),
    "rcond": (lambda x: np.linalg.pinv(x, 0.1, rtol=0.1), ValueError, "both"),
    "rcond, recorded": (lambda x: np.linalg.pinv(x, x[0, 0]), TypeError, "rcond"),
    "rows": (lambda x: np.linalg.lstsq(x, x[:2]), LinAlgError, "rows"),
    "power": (lambda x: np.linalg.matrix_power(x, 0.5), TypeError, "integer"),
    "power, square": (lambda x: np.linalg.matrix_power(x[:2], 2), LinAlgError, "square"),
    "nan": (lambda x: np.linalg.eigh(x * np.nan), LinAlgError, "eigh"),
    "cond": (lambda x: np.linalg.cond(x[:0]), LinAlgError, "empty"),
    "tol": (lambda x: np.linalg.matrix_rank(x, x[0, 0]), TypeError, "matrix_rank"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_bad_input(name):
    act, error, text = ERRORS[name]
    with pytest.raises(error, match=text):
        act(Tensor(matrix((3, 3)), requires_grad=True))
