"""sparse_jacobian, sparse_hessian: against the dense ones, closed forms, and what a colouring is."""

from __future__ import annotations

import sys
import tracemalloc
import weakref
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from hypothesis import assume, given
from hypothesis import strategies as st

import autodiff
from autodiff import (
    Tensor,
    Value,
    checkpoint,
    grad,
    hessian,
    hvp,
    jacobian,
    jit,
    no_grad,
    ravel_pytree,
    sparse_hessian,
    sparse_jacobian,
    vmap,
)
from autodiff.transforms import sparsity
from tests.test_random_programs import Program, programs

RNG = np.random.default_rng(0)


def agree(f: Any, *args: Any, hessians: bool = False, argnums: Any = 0) -> Any:
    """The sparse matrix, after comparing it with the dense one."""
    sparse_one, dense_one = (sparse_hessian, hessian) if hessians else (sparse_jacobian, jacobian)
    found = sparse_one(f, argnums)(*args)
    want = np.asarray(dense_one(f, argnums, chunk_size=1)(*args))
    assert type(found) is scipy.sparse.csr_array and found.has_canonical_format
    assert found.dtype == want.dtype
    np.testing.assert_allclose(found.toarray(), want.reshape(found.shape), rtol=1e-11, atol=1e-12)
    return found


# ---- programs --------------------------------------------------------------------------------------------
def tridiagonal(x: Any) -> Any:
    """A boundary-value problem: x'' = exp(x), with 1 and 2 at the ends."""
    inner = x[2:] - 2 * x[1:-1] + x[:-2] - np.exp(x[1:-1])
    return np.concatenate([x[:1] - 1, inner, x[-1:] - 2])


def rosenbrock(x: Any) -> Any:
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def heat(u: Any) -> Any:
    """Five points of a square grid, wrapped round."""
    return sum(np.roll(u, s, a) for a in (0, 1) for s in (1, -1)) - 4 * u + u**3


FUNCTIONS = {  # of 12 numbers; how many walks
    "elementwise": (lambda x: np.sin(x) * x, 1),
    "tridiagonal": (tridiagonal, 3),
    "grid": (lambda x: heat(x.reshape(3, 4)), None),
    "one to all": (lambda x: x[0] * x, 2),
    "all to one": (lambda x: (x**2).sum(), 1),
    "two rows": (lambda x: np.stack([x[:6].sum(), (x[6:] ** 2).sum()]), 1),
    "nothing": (lambda x: np.floor(x), 0),
    "a constant": (lambda x: np.ones(3), 0),
    "a number": (lambda x: 3.0, 0),
    "x itself": (lambda x: x, 1),
    "twice": (lambda x: (x, x, x[:2] ** 2), 1),
    "rows of a matrix": (lambda x: np.exp(x.reshape(4, 3)).sum(axis=1), 1),
    "columns": (lambda x: x.reshape(4, 3).max(axis=0, keepdims=True), 1),
    "softmax of rows": (lambda x: autodiff.softmax(x.reshape(6, 2), axis=1), 2),
    "a stack of matrices": (lambda x: np.linalg.inv(x.reshape(3, 2, 2) + 9 * np.eye(2)), 4),
    "a product with a constant": (lambda x: x.reshape(4, 3) @ np.arange(6.0).reshape(3, 2), 2),
    "a product": (lambda x: x[:4].reshape(2, 2) @ x[4:8].reshape(2, 2), 2),
    "sorted": (lambda x: np.sort(x.reshape(3, 4), axis=1)[:, ::-1], 1),
    "picked twice": (lambda x: x[np.array([0, 0, 5, 3])] * x[:4], None),
    "assigned": (lambda x: assigned(x.copy(), x), None),
    "padded": (lambda x: np.pad(x, 2) * np.pad(x, 2, mode="wrap"), None),
    "running sums": (lambda x: np.cumsum(x.reshape(6, 2), axis=1), 2),
    "numbers": (lambda x: np.stack([x[i] * x[i + 1] for i in range(3)]), 2),
    "complex on the way": (lambda x: np.absolute(x[:6] + 1j * x[6:]), 1),
    "no axes": (lambda x: x[3], 1),
    "no elements": (lambda x: x[:0], 0),
}


def assigned(y, x):
    y[2:4] = x[5] * x[6:8]
    y[7] = 0.0
    return y


@pytest.mark.parametrize("name", FUNCTIONS)
def test_jacobians(name):
    f, walks = FUNCTIONS[name]
    x = np.linspace(0.3, 1.7, 12)[[5, 2, 9, 0, 7, 11, 4, 1, 8, 3, 10, 6]]

    def flat(x):
        out = f(x)
        return np.concatenate([y.reshape(-1) for y in out]) if isinstance(out, tuple) else out

    agree(flat, x)
    np.testing.assert_array_equal(sparse_jacobian(f)(x).toarray(), sparse_jacobian(flat)(x).toarray())
    plan = sparse_jacobian(f).plan(x)
    assert walks is None or len(plan.walks) == walks, plan


SCALARS = {
    "rosenbrock": (rosenbrock, 3),
    "a sum of squares": (lambda x: (x**2).sum(), 1),
    "linear": (lambda x: (3 * x).sum(), 0),
    "an arrow": (lambda x: (x[0] * x).sum() + (x**3).sum(), 2),
    "an arrow, backwards": (lambda x: (x[-1] * x).sum(), 1),
    "all with all": (lambda x: np.exp(x.sum()), 12),
    "pairs": (lambda x: np.linalg.det(x.reshape(3, 2, 2)).sum(), None),
    "grid": (lambda x: (heat(x.reshape(3, 4)) ** 2).sum(), None),
    "chosen": (lambda x: np.where(x > 1, np.sqrt(x), x[::-1] * x).sum(), None),
    "sorted": (lambda x: (np.sort(x) ** 3 * np.arange(12)).sum(), None),
    "logsumexp of rows": (lambda x: autodiff.logsumexp(x.reshape(4, 3), axis=1).sum(), 3),
    "norms": (lambda x: np.linalg.norm(x.reshape(4, 3), axis=1).sum(), 3),
    "assigned": (lambda x: (assigned(x.copy(), x) ** 2).sum(), None),
    "power": (lambda x: (x[1:] ** x[:-1]).sum(), 3),
}


@pytest.mark.parametrize("name", SCALARS)
def test_hessians(name):
    f, walks = SCALARS[name]
    x = np.linspace(0.3, 1.7, 12)[[5, 2, 9, 0, 7, 11, 4, 1, 8, 3, 10, 6]]
    found = agree(f, x, hessians=True)
    np.testing.assert_array_equal(found.toarray(), found.toarray().T)
    plan = sparse_hessian(f).plan(x)
    assert walks is None or len(plan.walks) == walks, plan


@given(programs(), st.integers(0, 2**32 - 1))
def test_random_programs(program: Program, seed: int) -> None:
    """Every nonzero of the dense matrices is in the pattern, at this point and at others."""
    x, unravel = ravel_pytree(program.inputs)
    f, total = flattened(program, unravel)
    assume(jacobian(f)(x).size < 10_000)
    plan = sparse_jacobian(f).plan(x)
    np.testing.assert_allclose(plan(x).toarray(), jacobian(f)(x), rtol=1e-9, atol=1e-10)
    scale = max(1.0, np.abs(hessian(total)(x)).max(initial=0))
    second = sparse_hessian(total).plan(x)
    np.testing.assert_allclose(second(x).toarray(), hessian(total)(x), rtol=1e-8, atol=1e-10 * scale)
    other = x + np.random.default_rng(seed).uniform(-0.1, 0.1, x.shape)
    try:
        found = plan(other).toarray()
    except ValueError as error:  # what is sorted is in another order
        assert "another pattern" in str(error)
    else:
        want = jacobian(f)(other)
        assert not np.any(want[~plan.pattern.toarray()])
        np.testing.assert_allclose(found, want, rtol=1e-9, atol=1e-10)


def flattened(program: Program, unravel: Any) -> tuple[Any, Any]:
    def f(x: Any) -> Any:
        values = program.run(autodiff.numpy, unravel(x))
        return np.concatenate([np.reshape(values[k], (-1,)) for k in program.outputs])

    return f, lambda x: program.loss(autodiff.numpy, unravel(x))


# ---- large -----------------------------------------------------------------------------------------------
def test_a_hundred_thousand_unknowns():
    n = 100_000
    x = np.linspace(1.0, 2.0, n)
    tracemalloc.start()
    try:
        plan = sparse_jacobian(tridiagonal).plan(x)
        J = plan(x)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert J.nnz == 3 * (n - 2) + 2 and len(plan.walks) == 3
    assert peak < 400 * J.nnz  # bytes; one dense row for each of a thousand unknowns would be 800 MB
    diagonal, beside = -2 - np.exp(x[1:-1]), np.ones(n - 2)
    np.testing.assert_allclose(J.diagonal()[1:-1], diagonal)
    np.testing.assert_array_equal(J.diagonal(1)[1:], beside)
    np.testing.assert_array_equal(J.diagonal(-1)[:-1], beside)
    t = np.random.default_rng(0).normal(size=n)
    H = sparse_hessian(rosenbrock)(x[:10_000])
    np.testing.assert_allclose(H @ t[:10_000], hvp(rosenbrock, (x[:10_000],), (t[:10_000],))[0])


def test_memory_follows_the_nonzeros():
    peaks = []
    for n in (20_000, 40_000):
        sparse_jacobian(tridiagonal)(np.ones(n))
        tracemalloc.start()
        sparse_jacobian(tridiagonal)(np.ones(n))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 2.2 * peaks[0]


def project(cameras: Any, points: Any, weights: Any, seen: tuple[Any, Any], features: Any) -> Any:
    """What cameras see of points: turned (a rotation vector), moved, scaled, distorted, against features."""
    camera, X = cameras[seen[0]], points[seen[1]]
    turn, centre = camera[:, 0:3], camera[:, 3:6]
    focal, middle, bend = camera[:, 6:7], camera[:, 7:9], camera[:, 9:11]
    X = X - centre
    angle = np.sqrt((turn**2).sum(axis=1, keepdims=True))
    axis = turn / angle
    along = (axis * X).sum(axis=1, keepdims=True)
    a, b = axis[:, [1, 2, 0]] * X[:, [2, 0, 1]], axis[:, [2, 0, 1]] * X[:, [1, 2, 0]]
    turned = X * np.cos(angle) + (a - b) * np.sin(angle) + axis * along * (1 - np.cos(angle))
    flat = turned[:, :2] / turned[:, 2:]
    r = (flat**2).sum(axis=1, keepdims=True)
    distorted = flat * (1 + bend[:, :1] * r + bend[:, 1:] * r * r)
    return weights[:, None] * (distorted * focal + middle - features), 1 - weights**2


def scene(n: int, m: int, p: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    args = rng.uniform(0.1, 1, (n, 11)), rng.uniform(2, 3, (m, 3)), rng.uniform(0.5, 1, p)
    seen = rng.integers(0, n, p), rng.integers(0, m, p)
    features = rng.normal(size=(p, 2))
    return args, lambda c, x, w: project(c, x, w, seen, features)


def test_bundle_adjustment():
    """Each residual depends on one camera (11 numbers), one point (3) and one weight."""
    args, f = scene(3, 5, 9)
    found = sparse_jacobian(f, (0, 1, 2))(*args)
    blocks = jacobian(f, (0, 1, 2))(*args)
    want = np.concatenate(
        [
            np.concatenate([np.reshape(b, (size, -1)) for b in row], 1)
            for size, row in zip((18, 9), blocks, strict=True)
        ]
    )
    np.testing.assert_allclose(found.toarray(), want, rtol=1e-11, atol=1e-12)
    n, m, p = 40, 1000, 5000
    args, f = scene(n, m, p)
    plan = sparse_jacobian(f, (0, 1, 2)).plan(*args)
    assert plan.pattern.shape == (3 * p, 11 * n + 3 * m + p) and plan.by == "forward"
    # the picture's two coordinates have a middle each, in which only they depend: 14 of the 15
    assert plan.pattern.nnz == 2 * p * 14 + p and len(plan.walks) <= 15
    J = plan(*args)
    flat, unravel = ravel_pytree(args)
    t = np.random.default_rng(1).normal(size=flat.shape)
    moved = autodiff.jvp(f, args, unravel(t))[1]
    np.testing.assert_allclose(J @ t, np.concatenate([part.ravel() for part in moved]), rtol=1e-9, atol=1e-9)


# ---- plans -----------------------------------------------------------------------------------------------
def test_a_plan_serves_other_arguments():
    def f(x, power, *, scale=1.0):
        return scale * (x[1:] ** power - x[:-1])

    jac = sparse_jacobian(f)
    plan = jac.plan(np.ones(5), 2)
    for power, scale in ((2, 1.0), (3.0, 0.5)):
        x = np.random.default_rng(0).uniform(1, 2, 5)
        np.testing.assert_allclose(plan(x, power, scale=scale).toarray(), jacobian(f)(x, power, scale=scale))
    single = plan(np.ones(5, np.float32), 2)
    assert single.dtype == np.float32
    assert repr(plan) == "<plan of a sparse Jacobian: 4 × 5, 8 nonzeros, 2 forward walks>"
    assert plan.pattern.dtype == bool and plan.colours.tolist() == [0, 1, 0, 1, 0]
    J, K = plan(np.ones(5), 2), plan(np.ones(5), 2)
    J.data[:], J.indices[:] = 0, 0
    np.testing.assert_array_equal(K.toarray(), plan(np.ones(5), 2).toarray())


def test_other_steps_to_the_same_places_are_welcome():
    def f(x):
        return np.sin(x) if x[0] > 0 else x**3 + x * 2

    x = np.array([1.0, 2.0])
    np.testing.assert_allclose(sparse_jacobian(f).plan(x)(-x).toarray(), jacobian(f)(-x))

    def g(x):  # fewer places
        return x * x[::-1] if x[0] > 0 else x * 2

    found = sparse_jacobian(g).plan(x)(-x)
    assert found.nnz == 4
    np.testing.assert_allclose(found.toarray(), 2 * np.eye(2))


CHANGED = {
    "a branch": (
        lambda x: x * x[::-1] if x[0] > 0 else x.sum() * x,
        np.ones(4),
        -np.ones(4),
        ["`index`", "`sum`"],
    ),
    "an order": (lambda x: np.sort(x), np.arange(3.0), -np.arange(3.0), ["take_along", "(3,)"]),
    "an index": (
        lambda x: x[int(x[0].item()) :][:2] * 2,
        np.array([0.0, 1, 2]),
        np.array([1.0, 1, 2]),
        ["index"],
    ),
    "an index array": (
        lambda x: x[np.argsort(x.detach().data)],
        np.arange(3.0),
        -np.arange(3.0),
        ["index"],
    ),
    "a mask": (lambda x: x[x > 0], np.array([1.0, -1.0]), np.array([-1.0, 1.0]), ["index"]),
    "the shape": (lambda x: x * 2, np.ones(3), np.ones(4), ["shapes [(3,)]", "[(4,)]"]),
    "more steps": (lambda x: x if x[0] > 0 else x + x[::-1], np.ones(2), -np.ones(2), ["0 steps", "2"]),
    "the output": (lambda x: x[: 1 + (x[0].detach() > 0).data], np.ones(3), -np.ones(3), ["index"]),
}


@pytest.mark.parametrize("name", CHANGED)
def test_a_pattern_that_changed_raises(name):
    f, before, after, words = CHANGED[name]

    plan = sparse_jacobian(f).plan(before)
    with pytest.raises(ValueError, match="sparse_jacobian: this plan is for another pattern") as error:
        plan(after)
    assert [word for word in words if word not in str(error.value)] == [], error.value
    sparse_jacobian(f)(after)


def test_plans_hold_no_graph():
    seen = []

    def f(x):
        y = x * x
        seen.append(weakref.ref(y))
        return y.sum()

    plan = sparse_hessian(f).plan(np.ones(3))
    assert plan is not None and seen[0]() is None


# ---- kinds, structure and errors -------------------------------------------------------------------------
def test_kinds_and_dtypes():
    for dtype in ("float32", "float64"):
        x = np.array([1.0, 2.0], dtype)
        for f in (lambda x: x * x, lambda x: x * np.ones(2), lambda x: x.sum()):
            assert agree(f, x).dtype == dtype
        assert sparse_hessian(lambda x: (x**3).sum())(x).dtype == dtype
    assert sparse_jacobian(lambda x: x * x)(np.ones(2, np.float16)).dtype == np.float32
    np.testing.assert_array_equal(sparse_jacobian(lambda x: x * x)(3).toarray(), [[6.0]])
    np.testing.assert_array_equal(sparse_hessian(lambda x: x**3)(2.0).toarray(), [[12.0]])
    for x in (Tensor(np.ones(2)), Value(1.0, requires_grad=False)):
        assert type(sparse_jacobian(lambda x: x * x)(x)) is scipy.sparse.csr_array
    empty = sparse_jacobian(lambda x: x * 2)(np.zeros((0, 3), np.float32))
    assert (empty.shape, empty.dtype) == ((0, 0), np.float32)
    assert sparse_hessian(lambda x: (x**2).sum())(np.zeros(0)).shape == (0, 0)


def test_trees_are_counted_through():
    p = {"w": np.array([[1.0, 2.0], [3.0, 4.0]]), "b": 3.0}

    def f(p, x):
        return {"y": p["w"] @ x + p["b"], "r": p["b"] ** 2}

    x, (flat, unravel) = np.array([5.0, 6.0]), ravel_pytree(p)
    want = jacobian(lambda q: ravel_pytree(f(unravel(q), x))[0])(flat)
    np.testing.assert_allclose(sparse_jacobian(f)(p, x).toarray(), want)
    both = sparse_jacobian(f, (1, 0))(p, x)
    assert both.shape == (3, 7)
    np.testing.assert_allclose(both.toarray()[:, 2:], want)
    total = lambda p: (p["w"] ** 2).sum() * p["b"]  # noqa: E731
    np.testing.assert_allclose(sparse_hessian(total)(p).toarray(), hessian(lambda q: total(unravel(q)))(flat))
    h = sparse_hessian(lambda x, y: (x * y).sum(), (0, 1))(np.ones(2), np.ones(2))
    np.testing.assert_array_equal(h.toarray(), np.eye(4)[[2, 3, 0, 1]])
    assert sparse_jacobian(f, ())(p, x).shape == (3, 0)


def test_names():
    def f(x):
        """Doubles x."""
        return x * 2

    for transform in (sparse_jacobian, sparse_hessian):
        assert (transform(f).__name__, transform(f).__doc__) == ("f", "Doubles x.")


def test_numbers_in_a_graph():
    def f(x):
        y = [x[0] * x[1], x[2].sin()]
        return y[0] * y[1], y[1] + 1

    x = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(sparse_jacobian(f)(x).toarray(), np.stack(jacobian(f)(x)))
    v = sparse_jacobian(lambda a: (a * a, a.sin() * np.ones(2)))(0.5)
    np.testing.assert_allclose(v.toarray().ravel(), [1.0, np.cos(0.5), np.cos(0.5)])


def fails(x):
    raise AssertionError("this is not called")


W = Tensor(np.ones(2), requires_grad=True)
ERRORS = {
    "integers": (lambda: sparse_jacobian(fails)(np.arange(3)), TypeError, ["argument 0 of fails", "int64"]),
    "no such argument": (lambda: sparse_jacobian(fails, 1)(np.ones(2)), IndexError, ["argnums=1", "fails"]),
    "complex": (lambda: sparse_jacobian(lambda z: z * z)(np.ones(2) * 1j), TypeError, ["real", "complex"]),
    "complex output": (
        lambda: sparse_jacobian(lambda x: x * 1j)(np.ones(2)),
        TypeError,
        ["<lambda>", ".imag"],
    ),
    "text": (lambda: sparse_jacobian(lambda x: "a")(np.ones(2)), TypeError, ["<lambda>", "'a'"]),
    "fractions": (lambda: sparse_jacobian(lambda x: x * x)(Fraction(1, 2)), TypeError, ["floating", "1, 2"]),
    "not a number": (
        lambda: sparse_hessian(lambda x: x * x)(np.ones(2)),
        TypeError,
        ["<lambda>", "one number"],
    ),
    "requires grad": (lambda: sparse_jacobian(np.sin)(W), TypeError, ["sparse_jacobian", "sin", "no_grad()"]),
    "captured": (lambda: sparse_jacobian(lambda x: x * W)(np.ones(2)), TypeError, ["requires grad"]),
    "an outer derivative": (
        lambda: grad(lambda x: sparse_hessian(lambda y: (y**3).sum())(x).sum())(np.ones(2)),
        TypeError,
        ["sparse_hessian", "can't be differentiated"],
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors(case):
    do, kind, words = ERRORS[case]
    with pytest.raises(kind) as error:
        do()
    assert [word for word in words if word not in str(error.value)] == [], error.value


def test_no_grad_allows_what_requires_grad():
    with no_grad():
        np.testing.assert_array_equal(sparse_jacobian(lambda x: x * W * x)(W).toarray(), 2 * np.eye(2))


def test_what_is_not_sparse_says_so(monkeypatch):
    with pytest.raises(
        ValueError, match=r"not sparse: .*100000 elements that depend on 100000 others"
    ) as error:
        sparse_jacobian(lambda x: x / x.sum())(np.ones(100_000))
    assert "hvp" in str(error.value)


def test_without_scipy_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.sparse", None)
    for transform in (sparse_jacobian, sparse_hessian):
        with pytest.raises(ImportError, match=r'pip install "autodiff-graph\[scipy\]"'):
            transform(np.sin)


def test_random_probes_are_needed():
    """Whole numbers alone can't tell a sum from an element."""
    f, probes = lambda x: np.stack([x[0] + x[1]]), sparsity.Probes()[3]
    assert f(np.arange(1.0, 4.0)) == 3.0
    assert sparsity.sources(f, probes, False) is None
    assert sparsity.sources(lambda x: x[[2, 0]], probes, False).tolist() == [2, 0]
    assert sparsity.sources(lambda x: x[:1] * 0, probes, False).tolist() == [-1]
    assert sparsity.sources(lambda x: x.imag, probes, True) is None


@pytest.mark.parametrize("inside", [checkpoint, partial(checkpoint, budget="1MB"), jit, vmap])
def test_what_is_transformed_inside_stays_sparse(inside):
    f = inside(lambda x: x**3 + x)
    matrix = sparse_jacobian(f)(np.array([1.0, 2.0, 3.0]))
    assert matrix.nnz == 3
    np.testing.assert_allclose(matrix.toarray(), np.diag([4.0, 13.0, 28.0]))


@pytest.mark.parametrize("trace", [vmap, jit])
def test_inside_a_trace(trace):
    with pytest.raises(TypeError, match="can't be traced by vmap, jit"):
        trace(lambda x: sparse_jacobian(lambda y: y**2)(x))(np.ones((2, 3)))


def test_primitives_with_several_results_are_dense():
    """And right: all of each stack of matrices counts as depending on all."""

    def f(x: Any) -> Any:
        w, v = np.linalg.eigh(x[:2, :2])
        return autodiff.concatenate([(w * v[0]) ** 2, 3 * x[2, 2:]])

    x = np.diag([1.0, 2.0, 3.0]) + 0.1
    found = autodiff.sparse_jacobian(f)(x)
    want = autodiff.jacobian(f)(x)
    np.testing.assert_allclose(found.toarray(), want.reshape(found.shape))
