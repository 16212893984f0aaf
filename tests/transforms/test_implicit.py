"""root, fixed_point, argmin, linear_solve: against closed forms, finite differences, SciPy."""

from __future__ import annotations

import builtins
import itertools
import math
from collections import namedtuple

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse.linalg

import autodiff as ad
from autodiff import (
    ConvergenceError,
    StaleError,
    Tensor,
    Value,
    argmin,
    fixed_point,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jit,
    jvp,
    linear_solve,
    no_grad,
    root,
    sin,
    stepper,
    value_and_grad,
    vjp,
    vmap,
    where,
)  # fmt: skip
from autodiff.testing import check_grads

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(4, 4)) + 4 * np.eye(4), RNG.normal(size=4)
S = A @ A.T
Pair = namedtuple("Pair", "left right")
square_root = root(lambda x, a: x * x - a)
kepler = fixed_point(lambda E, M, e: M + e * sin(E))


def by_columns(matvec, b):
    """A user's linear solver, which keeps an eye on what it is given."""
    assert type(b) is np.ndarray
    columns = [matvec(e) for e in np.eye(len(b), dtype=b.dtype)]
    assert all(type(c) is np.ndarray for c in columns)
    return np.linalg.solve(np.stack(columns, axis=1), b)


def same(got, want, tolerance=1e-10):
    assert type(got) is type(want)
    np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)


# ---- closed forms ----------------------------------------------------------------------------------------
def derivative(f, mode):
    return grad(f) if mode == "rev" else lambda x: jvp(f, (x,), (1.0,))[1]


@pytest.mark.parametrize("modes", list(itertools.product(["rev", "fwd"], repeat=3)), ids="-".join)
def test_three_derivatives_of_a_square_root_in_every_nesting(modes):
    f = lambda a: square_root(1.0, a)  # noqa: E731
    for mode, want in zip(modes, (1 / 4, -1 / 32, 3 / 256), strict=True):
        f = derivative(f, mode)
        same(f(4.0), want)


def test_keplers_equation():
    M, e = 1.0, 0.3
    E = kepler(0.0, M, e)
    assert E - e * math.sin(E) == pytest.approx(M, rel=1e-14)
    d = 1 - e * math.cos(E)
    same(grad(kepler, argnums=(1, 2))(0.0, M, e), (1 / d, math.sin(E) / d))
    same(grad(grad(kepler, argnums=1), argnums=1)(0.0, M, e), -e * math.sin(E) / d**3)
    check_grads(lambda M, e: kepler(0.0, M, e), (M, e))


RIDGE_X, RIDGE_Y = RNG.normal(size=(9, 4)), RNG.normal(size=9)


@pytest.mark.parametrize("solver", [None, "closed form"])
def test_ridge_regression(solver):
    def loss(w, penalty, y):
        return ((RIDGE_X @ w - y) ** 2).sum() + penalty * (w**2).sum()

    def closed(w, penalty, y):
        return ad.linalg.solve(RIDGE_X.T @ RIDGE_X + penalty * np.eye(4), RIDGE_X.T @ y)

    w = argmin(loss, solver and (lambda f, w, penalty, y: closed(w, penalty, y)))

    def size(w):
        return lambda penalty, y: (w(np.zeros(4), penalty, y) ** 2).sum()

    same(w(np.zeros(4), 0.7, RIDGE_Y), closed(None, 0.7, RIDGE_Y))
    for k in (0, 1):
        same(grad(size(w), k)(0.7, RIDGE_Y), grad(size(closed), k)(0.7, RIDGE_Y))
    same(jacobian(w, 2)(np.zeros(4), 0.7, RIDGE_Y), jacobian(closed, 2)(None, 0.7, RIDGE_Y))
    same(hessian(size(w), 1)(0.7, RIDGE_Y), hessian(size(closed), 1)(0.7, RIDGE_Y), 1e-9)


def linear(A, b, solver=None, **settings):
    return linear_solve(lambda v: A @ v, b, solver, **settings)


@pytest.mark.parametrize("solver", [None, by_columns])
def test_linear_systems(solver):
    same(linear(A, B, solver), np.linalg.solve(A, B))
    v, w, T = RNG.normal(size=4), RNG.normal(size=4), RNG.normal(size=(4, 4))
    for k in (0, 1):
        same(jacobian(linear, k)(A, B, solver), jacobian(ad.linalg.solve, k)(A, B))
    f = lambda A, b: v @ linear(A, b, solver) ** 3  # noqa: E731
    g = lambda A, b: v @ ad.linalg.solve(A, b) ** 3  # noqa: E731
    for got, want in zip(hvp(f, (A, B), (T, w)), hvp(g, (A, B), (T, w)), strict=True):
        same(got, want)
    same(hessian(f, 1)(A, B), hessian(g, 1)(A, B))


# ---- finite differences ----------------------------------------------------------------------------------
CUBES = {
    "root": lambda A, b: root(lambda x, A, b: A @ x + x**3 - b)(np.zeros(4), A, b),
    "root, of what it closes over": lambda A, b: root(lambda x: A @ x + x**3 - b)(np.zeros(4)),
    "root, SciPy": lambda A, b: root(
        lambda x, A, b: A @ x + x**3 - b,
        lambda f, x, A, b: scipy.optimize.root(f, x, (A, b), tol=1e-14).x,
    )(np.zeros(4), A, b),
    "fixed point": lambda A, b: fixed_point(lambda x, A, b: np.tanh(A @ x) / 20 + b)(np.zeros(4), A, b),
    "minimum": lambda A, b: argmin(lambda x, A, b: ((A @ x - b) ** 2).sum() + (x**4).sum())(
        np.ones(4), A, b
    ),
    "minimum, SciPy": lambda A, b: argmin(
        lambda x, A, b: ((A @ x - b) ** 2).sum() + (x**4).sum(),
        lambda f, x, A, b: scipy.optimize.minimize(
            value_and_grad(f), x, (A, b), "trust-exact", jac=True, hess=hessian(f), options={"gtol": 1e-12}
        ).x,
    )(np.ones(4), A, b),
    "symmetric": lambda A, b: linear_solve(lambda v: A.T @ (A @ v), b, by_columns, symmetric=True),
    "a root in a root": lambda A, b: root(lambda x, b: root(lambda y: A @ y + y**3 - b)(np.zeros(4)) - x / 9)(
        np.zeros(4), b
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CUBES)
def test_finite_differences(name):
    check_grads(CUBES[name], (A, B))


def test_a_thousand_unknowns_without_a_matrix():
    d, c = RNG.uniform(1, 2, 1000), RNG.normal(size=1000)

    def equation(x, d, c):
        return d * x + 0.3 * ad.roll(x, 1) + 0.1 * x**3 - c

    def energy(x, d, c):
        return (d * x**2).sum() / 2 + ((x[1:] - x[:-1]) ** 4).sum() / 4 - (c * x).sum()

    x = root(equation)(np.zeros(1000), d, c)
    assert np.max(np.abs(equation(x, d, c))) < 1e-9
    check_grads(lambda d, c: (root(equation)(np.zeros(1000), d, c) ** 2).sum(), (d, c))
    check_grads(lambda d, c: (argmin(energy)(np.zeros(1000), d, c) ** 2).sum(), (d, c))
    f = lambda d, c: (linear_solve(lambda x: d * x + 0.3 * ad.roll(x, 1), c) ** 2).sum()  # noqa: E731
    check_grads(f, (d, c))


@pytest.mark.parametrize(
    "f, args",
    [
        (lambda a: root(lambda x, a: x**3 - a)(1 + 1j, a), (1 + 2j,)),
        (lambda A, b: root(lambda x: A @ x + x**3 - b)(np.zeros(4, complex)), (A + 0.5j * S, B + 1j)),
        (lambda b: root(lambda x, b: (A + 1j * S) @ x - b)(np.zeros(4, complex), b), (B,)),
        (lambda b: linear(A + 1j * S, b, by_columns), (B + 1j,)),
    ],
    ids=["number", "array", "of real arguments", "linear"],
)  # fmt: skip
def test_complex(f, args):
    check_grads(f, args)


# ---- kinds, trees, recording -----------------------------------------------------------------------------
def test_kinds_of_numbers_and_arrays():
    assert type(square_root(1, 4)) is float
    y = square_root(1.0, Value(4.0))
    assert type(y) is Value and y.requires_grad
    assert type(square_root(Value(1.0), 4.0)) is Value
    assert type(square_root(np.ones(2, int), 4.0)) is np.ndarray
    assert type(square_root(np.ones(2), Tensor([4.0, 9.0]))) is Tensor
    with no_grad():
        assert not square_root(1.0, Value(4.0)).requires_grad
    assert root(lambda x: x)(np.zeros(0)).shape == (0,)
    y = linear(A, Tensor(B))
    assert (
        type(y) is Tensor
        and type(linear(A, B)) is np.ndarray
        and type(linear(A, Tensor(B), by_columns)) is Tensor
    )


@pytest.mark.parametrize("f", [square_root, root(lambda x, a: x - a, lambda f, x, a: a)])
def test_float32_stays(f):
    x, a = np.ones(2, np.float32), np.array([2.0, 3.0], np.float32)
    assert f(x, a).dtype == jacobian(f, 1)(x, a).dtype == np.float32
    assert linear(A.astype(np.float32), x[[0, 0, 1, 1]], by_columns).dtype == np.float32
    check_grads(lambda a: f(x, a), (a,))


def test_values_and_tensors():
    x = Value(4.0)
    y = square_root(1.0, x)
    y.backward(create_graph=True)
    assert (y.data, x.grad.data) == (2.0, 0.25)
    same(gradients(x.grad, x), -1 / 32)
    w = Tensor([4.0, 9.0], requires_grad=True)
    root(lambda x: x * x - w)(np.ones(2)).sum().backward()  # closed over
    same(w.grad, np.array([1 / 4, 1 / 6]))


def test_trees():
    def f(x, p):
        a, b = x["a"], x["b"].left
        return [(a * a - p.left * b), b - a.sum() * p.right - 1]

    def g(p):
        return root(f)({"a": np.ones((1, 2)), "b": Pair(1.0, None)}, p)

    x = g(Pair(np.array([[1.0, 2.0]]), 0.1))
    assert x["a"].shape == (1, 2) and type(x["b"].left) is float and x["b"].right is None
    check_grads(g, (Pair(np.array([[1.0, 2.0]]), 0.1),))
    matvec = lambda x: {"a": 2 * x["a"] + x["b"], "b": 3 * x["b"] - x["a"].sum()}  # noqa: E731
    b = {"a": np.ones(2), "b": 2.0}

    def solver(matvec, b):
        assert type(b["b"]) is float and type(matvec(b)["b"]) is float
        return linear_solve(matvec, b)

    for how in (None, solver):
        x = linear_solve(matvec, b, how)
        same(matvec(x)["a"], b["a"])
        check_grads(lambda b, how=how: linear_solve(matvec, b, how), (b,))


def test_the_start_has_derivative_zero():
    assert grad(square_root)(1.0, 4.0) == 0.0
    y, pull = vjp(square_root, 1.0, 4.0)
    assert (y, pull(1.0)) == (2.0, (0.0, 0.25))


def test_what_is_not_used_has_derivative_zero():
    assert grad(lambda a: root(lambda x, a: x * x - 4)(1.0, a))(3.0) == 0.0


def test_the_solver_gets_plain_values_and_records_nothing():
    seen = []

    def solver(f, x, a, b):
        assert type(f(x, a, b)) is np.ndarray
        seen.extend([type(x), type(a), type(b)])
        with pytest.raises(ValueError, match="read-only"):
            a[0] = 5.0
        x += 1  # a copy
        return np.sqrt(a * b)

    w, x0 = Tensor([4.0, 9.0], requires_grad=True), np.zeros(2)
    y = root(lambda x, a, b: x * x - a * b + 0 * w, solver)(x0, w, Value(1.0))
    assert seen == [np.ndarray, np.ndarray, float] and not x0.any()
    y.sum().backward()
    same(w.grad, np.array([1 / 4, 1 / 6]))


def test_one_system_for_all_inputs():
    """The backward walk solves once, however many inputs there are."""
    calls = []

    def solver(matvec, b):
        calls.append(b)
        return by_columns(matvec, b)

    vjp(lambda a, b, c: linear_solve(lambda v: A @ v * a + b * v, c, solver), B**2, B**2, B)[1](B)
    assert len(calls) == 2  # the solution, and the transposed system


def test_data_that_changed_afterwards_are_noticed():
    w = Tensor([4.0], requires_grad=True)
    y = root(lambda x: x * x - w)(np.ones(1))
    w.data = np.ones(1)
    with pytest.raises(StaleError):
        y.sum().backward()
    a = Tensor([4.0], requires_grad=True) * 1
    y = square_root(np.ones(1), a)
    a[0] = 100.0  # the solution is that of the old a
    assert gradients(y.sum(), y).item() == 1.0
    x = Tensor([4.0], requires_grad=True)
    a = x * 1
    y = square_root(np.ones(1), a)
    a[0] = 100.0
    y.sum().backward()
    same(x.grad, np.array([0.25]))


def test_below_a_choice():
    f = lambda a: where(a > 5, 0.0, square_root(1.0, a))  # noqa: E731
    same(grad(f)(4.0), 0.25)
    same(grad(grad(f))(4.0), -1 / 32)
    assert grad(f)(9.0) == 0.0


# ---- run again -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("f", "want"),
    [
        (lambda a: square_root(1.0, a), math.sqrt),
        (lambda a: fixed_point(lambda x, a: 0.5 * (x + a / x))(1.0, a), math.sqrt),
        (lambda a: argmin(lambda x, a: (x - a) ** 2)(0.0, a), float),
        (lambda a: linear_solve(lambda v: v * a, np.ones(2), by_columns)[0], lambda a: 1 / a),
    ],
)
def test_a_recorded_graph_solves_again(f, want):
    compiled = jit(f)
    for a in (4.0, 9.0, 2.0):
        assert float(compiled(a)) == pytest.approx(want(a), rel=1e-10)
    a = Value(4.0, name="a")
    (check,) = stepper(f(a)).data["checks"]
    assert check["gap"][1] == 1 and float(check["near"].replace("−", "-")) == pytest.approx(
        grad(f)(4.0), abs=1e-3
    )


def test_what_is_no_argument_cant_be_solved_again():
    def f(a):
        b = a * 1.0
        return root(lambda x: x * x - b)(1.0)

    compiled = jit(f)  # runs f itself, each time
    same(compiled(4.0), 2.0)
    same(compiled(9.0), 3.0)
    (check,) = stepper(f(Value(4.0, name="a"))).data["checks"]
    assert check["near"] == "nan"


# ---- vmap ------------------------------------------------------------------------------------------------
def test_vmap_solves_one_after_the_other():
    a = np.array([1.0, 4.0, 9.0])
    same(vmap(square_root, (None, 0))(1.0, a), np.sqrt(a))
    same(vmap(square_root, (0, None))(np.array([1.0, -1.0]), 4.0), np.array([2.0, -2.0]))
    same(vmap(grad(square_root, 1), (None, 0))(1.0, a), 0.5 * a**-0.5)
    same(vmap(grad(grad(square_root, 1), 1), (None, 0))(1.0, a), -0.25 * a**-1.5)
    same(grad(lambda a: vmap(square_root, (None, 0))(1.0, a).sum())(a), 0.5 * a**-0.5)
    assert vmap(square_root, (None, 0))(1.0, a[:0]).shape == (0,)


def test_vmap_goes_every_examples_own_way():
    f = root(lambda x, a: x - 2 * a if a > 0 else x + 3 * a)
    same(vmap(f, (None, 0))(0.0, np.array([1.0, -1.0])), np.array([2.0, 3.0]))


@pytest.mark.parametrize("solver", [None, by_columns])
def test_vmap_of_linear_systems(solver):
    matrices, bs = np.stack([A, S, A.T]), RNG.normal(size=(3, 4))
    want = np.linalg.solve(matrices, bs[..., None])[..., 0]
    same(vmap(lambda A, b: linear(A, b, solver))(matrices, bs), want)
    same(vmap(lambda A: linear(A, B, solver))(matrices), np.linalg.solve(matrices, B[:, None])[..., 0])
    got = vmap(grad(lambda A, b: linear(A, b, solver).sum(), 1))(matrices, bs)
    same(got, np.linalg.solve(matrices.swapaxes(1, 2), np.ones((4, 1)))[..., 0])


def test_vmap_of_a_root_that_closes_over_an_example():
    with pytest.raises(NotImplementedError, match="pass it as one"):
        vmap(lambda a: root(lambda x: x * x - a)(1.0))(np.array([1.0, 4.0]))


# ---- errors ----------------------------------------------------------------------------------------------
def named(x, *args):
    return x * x - 1


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: root(lambda x: x * x + 1)(0.7), ConvergenceError, "residual is .* the tolerance"),
        (lambda: root(named)(0.0), np.linalg.LinAlgError, "root of named: .* is singular"),
        (lambda: fixed_point(lambda x: 2 * x + 1)(1.0), ConvergenceError, "fixed_point .* the tolerance"),
        (lambda: fixed_point(lambda x: -x)(1.0), ConvergenceError, "changed x by 2, the tolerance"),
        (lambda: argmin(lambda x: x**3)(-1.0), ConvergenceError, "argmin"),
        (lambda: argmin(lambda x: x * np.ones(2))(1.0), TypeError, "one number"),
        (lambda: argmin(named)(1j), TypeError, "complex"),
        (lambda: fixed_point(lambda x: np.ones(3))(np.ones(2)), ValueError, "fixed_point"),
        (lambda: fixed_point(lambda x: [x])(np.ones(2)), TypeError, "fixed_point"),
        (lambda: root(lambda x: np.ones((3, 2)) @ x)(np.ones(2)), ValueError, r"3 number\(s\) for 2"),
        (lambda: root(named, lambda f, x: np.ones(3))(np.ones(2)), ValueError, r"\(3,\), and .* \(2,\)"),
        (lambda: root(named, lambda f, x: [x])(np.ones(2)), TypeError, "=<lambda> returned to root of named"),
        (lambda: root(named, lambda f, x: x * 1j)(np.ones(2)), TypeError, "complex"),
        (lambda: root(named, lambda f, x: x * np.nan)(np.ones(2)), ConvergenceError, "found no solution"),
        (lambda: root(named)("a"), TypeError, "'a'"),
        (lambda: linear_solve(lambda x: x + 1, B), ValueError, "not linear"),
        (lambda: linear_solve(lambda x: x[:2], B), ValueError, r"2 number\(s\) for 4 unknown"),
        (lambda: linear_solve(lambda x: 0 * x, B), np.linalg.LinAlgError, "with <lambda>.* singular"),
        (lambda: linear(A, B, lambda matvec, b: b[:2]), ValueError, r"\(2,\), and .* \(4,\)"),
    ],
)  # fmt: skip
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_solution_without_a_derivative():
    cube = root(lambda x, a: x**3 - a, lambda f, x, a: 0.0)
    assert cube(1.0, 0.0) == 0.0
    for mode in ("rev", "fwd"):
        with pytest.raises(np.linalg.LinAlgError, match="singular"):
            derivative(lambda a: cube(1.0, a), mode)(0.0)


def test_a_minimum_is_found_from_where_the_function_curves_downwards():
    f = argmin(lambda x, a: (x**4 / 4 - a * x**2 / 2).sum())
    same(f(np.array([0.1, -0.2]), 4.0), np.array([2.0, -2.0]))


def test_iterations_that_do_not_converge():
    b = RNG.normal(size=1000)  # has a mean, and no difference from a mean does
    for symmetric, method in ((True, "conjugate gradients"), (False, "GMRES")):
        with pytest.raises(
            ConvergenceError, match=f"{method} did not converge: the residual is .*, the tolerance"
        ):
            linear_solve(lambda x: x - x.mean(), b, symmetric=symmetric)


def test_steps_that_leave_where_the_function_is_defined():
    same(root(lambda x, a: ad.log(x) - a)(20.0, 1.0), math.e)
    same(root(lambda x, a: np.log(x) - a)(np.array([20.0]), 1.0), np.array([math.e]))
    same(argmin(lambda x, a: x - a * ad.log(x))(20.0, 2.0), 2.0)


def test_without_scipy(monkeypatch):
    found = builtins.__import__

    def no_scipy(name, *args, **settings):
        if name.startswith("scipy"):
            raise ImportError(name)
        return found(name, *args, **settings)

    monkeypatch.setattr(builtins, "__import__", no_scipy)
    same(linear(A, B), np.linalg.solve(A, B))
    with pytest.raises(ImportError, match=r'pip install "autodiff-graph\[scipy\]"'):
        linear_solve(lambda x: 2 * x, np.ones(1000))


def test_what_a_solver_returns_must_be_a_solution():
    for make, f in ((root, lambda x, a: x**2 - a), (fixed_point, lambda x, a: np.cos(x) * a),
                    (argmin, lambda x, a: (x - a) ** 2 + x**4)):  # fmt: skip
        with pytest.raises(ConvergenceError, match=r"is none: the residual is .*a step of Newton's method"):
            make(f, lambda f, x0, a: x0)(3.0, 2.0)
