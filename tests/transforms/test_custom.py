"""custom_vjp and custom_jvp: rules that are right agree with what they replace, in every mode and order."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import autodiff
from autodiff import (
    Tensor,
    Value,
    checkpoint,
    custom_jvp,
    custom_vjp,
    formula,
    grad,
    hessian,
    hvp,
    jacobian,
    jit,
    jvp,
    no_grad,
    vjp,
    vmap,
)
from autodiff.testing import check_grads

RNG = np.random.default_rng(0)
X, Y, XS = RNG.uniform(0.3, 1, 3), RNG.uniform(0.5, 2, 3), RNG.normal(size=(4, 3))


def plainly(x: Any, y: Any) -> Any:
    return np.sin(x) * y**2


def by_vjp() -> Any:
    @custom_vjp
    def f(x, y):
        return np.sin(x) * y**2

    def bwd(residuals, g):
        x, y = residuals
        return g * np.cos(x) * y**2, g * np.sin(x) * 2 * y

    f.defvjp(lambda x, y: (f(x, y), (x, y)), bwd)
    return f


def by_jvp() -> Any:
    @custom_jvp
    def f(x, y):
        return np.sin(x) * y**2

    def rule(primals, tangents):
        (x, y), (t, u) = primals, tangents
        return f(x, y), t * np.cos(x) * y**2 + np.sin(x) * 2 * y * u

    f.defjvp(rule)
    return f


def by_jvps() -> Any:
    @custom_jvp
    def f(x, y):
        return np.sin(x) * y**2

    f.defjvps(lambda t, out, x, y: t * np.cos(x) * y**2, lambda t, out, x, y: t * 2 * out / y)
    return f


WAYS = {"vjp": by_vjp, "jvp": by_jvp, "jvps": by_jvps}


def close(a: Any, b: Any) -> None:
    for x, y in zip(*(z if isinstance(z, tuple) else (z,) for z in (a, b)), strict=True):
        assert type(x) is type(y)
        assert np.shape(x) == np.shape(y)
        np.testing.assert_allclose(
            getattr(x, "data", x) if isinstance(x, (Tensor, Value)) else x,
            getattr(y, "data", y) if isinstance(y, (Tensor, Value)) else y,
            rtol=1e-11, atol=1e-12,
        )  # fmt: skip


@pytest.fixture(params=WAYS)
def f(request):
    return WAYS[request.param]()


# ---- a right rule ----------------------------------------------------------------------------------------
def test_differences(f):
    check_grads(f, [X, Y], order=2)
    check_grads(f, [0.3, 0.7], order=2)
    check_grads(f, [X.astype(np.float32), Y.astype(np.float32)])
    check_grads(lambda x: f(x, Y), [X], order=2)
    check_grads(lambda y: f(X, y), [Y], order=2)
    check_grads(f, [np.zeros((0, 2)), np.zeros((0, 2))])


def test_all_transforms(f):
    def total(f):
        return lambda x, y: (f(x, y) ** 2).sum()

    for of in (
        lambda f: grad(total(f), (0, 1))(X, Y),
        lambda f: grad(lambda x: (grad(total(f), (0, 1))(x, Y)[1] ** 2).sum())(X),
        lambda f: jvp(f, (X, Y), (Y, X)),
        lambda f: vjp(f, X, Y)[1](X),
        lambda f: hvp(total(f), (X, Y), (Y, X)),
        lambda f: hessian(total(f))(X, Y),
        lambda f: jacobian(f, (0, 1), mode="fwd")(X, Y),
        lambda f: jacobian(f, (0, 1), mode="rev")(X, Y),
        lambda f: jvp(grad(total(f)), (X, Y), (Y, X))[1],
        lambda f: grad(lambda x: jvp(f, (x, Y), (Y, X))[1].sum())(X),
        lambda f: grad(checkpoint(total(f)), (0, 1))(X, Y),
        lambda f: f(X, Y),
        lambda f: f(Tensor(X), Tensor(Y)),
        lambda f: grad(total(f))(Tensor(X), Tensor(Y)),
    ):
        close(of(f), of(plainly))


def test_mapped(f):
    for of in (
        lambda f: vmap(f, (0, None))(XS, Y),
        lambda f: vmap(f, (None, 0))(X, XS),
        lambda f: vmap(grad(lambda x, y: f(x, y).sum(), (0, 1)), (0, None))(XS, Y),
        lambda f: vmap(lambda x: jvp(f, (x, Y), (Y, x))[1])(XS),
        lambda f: vmap(hessian(lambda x: f(x, Y).sum()))(XS),
        lambda f: grad(lambda y: (vmap(f, (0, None))(XS, y) ** 2).sum())(Y),
        lambda f: jvp(lambda y: vmap(f, (0, None))(XS, y), (Y,), (X,))[1],
        lambda f: hessian(lambda y: vmap(f, (0, None))(XS, y).sum())(Y),
        lambda f: vmap(vmap(f, (0, None)), (None, 0))(XS, XS),
    ):
        close(of(f), of(plainly))


def test_imperative(f):
    x, y = Tensor(X, requires_grad=True), Value(2.0)
    out = f(x, y * np.ones(3))
    assert out.requires_grad and out.op.name == "f"
    out.sum().backward(create_graph=True)
    close(x.grad.data + 0, np.cos(X) * 4)
    (x.grad**2).sum().backward()
    with no_grad():
        assert not f(x, x).requires_grad
    assert not f(Tensor(X), Y).requires_grad


def test_keywords_go_by_position(f):
    close(grad(lambda x: f(y=Y, x=x).sum())(X), np.cos(X) * Y**2)


# ---- a rule that is meant to be another ------------------------------------------------------------------
def test_the_gradient_is_the_rules():
    @custom_vjp
    def straight_through(x):
        return autodiff.where(x > 0, 1.0, -1.0)

    straight_through.defvjp(lambda x: (straight_through(x), None), lambda _, g: (g,))
    close(grad(lambda x: (straight_through(x) * Y).sum())(X), Y)
    close(jvp(straight_through, (X,), (Y,))[1], Y)


def test_a_stable_rule():
    @custom_jvp
    def log1pexp(x):
        return np.log1p(np.exp(x))

    log1pexp.defjvps(lambda t, out, x: t * (1 - 1 / (1 + np.exp(x))))
    x = np.array([-3.0, 0.0, 100.0])
    close(grad(lambda x: log1pexp(x).sum())(x), 1 / (1 + np.exp(-x)))
    np.testing.assert_allclose(
        hessian(lambda x: log1pexp(x).sum())(x[:2]), np.diag([0.04517665973091213, 0.25])
    )


def test_residuals_are_of_the_first_run():
    runs = []

    @custom_vjp
    def f(x):
        return x**3

    def fwd(x):
        runs.append("fwd")
        return x**3, 3 * x**2

    def bwd(slope, g):
        runs.append("bwd")
        return (g * slope,)

    f.defvjp(fwd, bwd)
    close(f(X), X**3)
    assert runs == []
    x = Tensor(X, requires_grad=True)
    out = f(x)
    assert runs == ["fwd"]
    out.sum().backward()
    assert runs == ["fwd", "bwd"]
    close(x.grad, 3 * X**2)


def test_trees_and_several_outputs():
    def plainly(p, k):
        return {
            "square": p["x"] ** 2 * k,
            "where": np.argmax(p["x"]),
            "sum": np.sum(p["x"] * p["b"]),
        }

    @custom_vjp
    def f(p, k):
        return plainly(p, k)

    def bwd(residuals, g):
        p, k = residuals
        assert g["where"].shape == ()
        x = 2 * p["x"] * g["square"] * k + g["sum"] * p["b"]
        return {"x": x, "b": np.sum(g["sum"] * p["x"])}, np.sum(g["square"] * p["x"] ** 2)

    f.defvjp(lambda p, k: (plainly(p, k), (p, k)), bwd)

    def total(f):
        def of(x, b, k):
            out = f({"x": x, "b": b}, k)
            return (out["square"] * Y).sum() * 3 + out["sum"] ** 2 + out["where"]

        return of

    close(grad(total(f), (0, 1, 2))(X, 2.0, 3.0), grad(total(plainly), (0, 1, 2))(X, 2.0, 3.0))
    check_grads(total(f), [X, 2.0, 3.0], order=2)
    check_grads(lambda x: f({"x": x, "b": 2.0}, 1.0)["sum"], [X])
    close(grad(lambda x: f({"x": x, "b": 2.0}, 1.0)["sum"])(X), np.full(3, 2.0))
    ks = np.array([1.0, 2.0, 3.0, 4.0])
    mapped = [vmap(grad(total(g), (0, 1, 2)), (0, None, 0))(XS, 2.0, ks) for g in (f, plainly)]
    close(*mapped)
    moved = vmap(lambda x: f({"x": x, "b": 2.0}, 1.0)["where"])(XS)
    np.testing.assert_array_equal(moved, XS.argmax(1))


def test_a_name_that_a_primitive_has():
    """The compiler and formulas know what exp is; this is another one."""

    @custom_vjp
    def exp(x):
        return np.minimum(x, 1.0) * 1.0

    exp.defvjp(lambda x: (np.minimum(x, 1.0) * 1.0, x), lambda x, g: (7.0 * g,))
    x = np.array([3.0, 0.2])

    def f(x):
        return (exp(x) * exp(2 * x)).sum()

    np.testing.assert_allclose(jit(f)(x), f(x))
    np.testing.assert_allclose(jit(grad(f))(x), [21.0, 5.6])
    assert formula(exp(Value(1.0, name="x"))) == "exp_(x)"


def test_arguments_that_are_not_differentiated():
    def powers(x, n, f):
        return f(x) ** n

    f = custom_vjp(powers, nondiff_argnums=(1, 2))
    f.defvjp(lambda x, n, f: (powers(x, n, f), x), lambda n, f, x, g: (g * n * f(x) ** (n - 1) * np.cos(x),))
    check_grads(lambda x: f(x, 3, np.sin), [X], order=2)
    close(vmap(grad(lambda x: f(x, 3, np.sin).sum()))(XS), 3 * np.sin(XS) ** 2 * np.cos(XS))
    h = custom_jvp(powers, nondiff_argnums=(1, 2))

    def rule(n, f, primals, tangents):
        (x,), (t,) = primals, tangents
        return powers(x, n, f), t * n * f(x) ** (n - 1) * np.cos(x)

    h.defjvp(rule)
    check_grads(lambda x: h(x, 3, np.sin), [X], order=2)
    with pytest.raises(TypeError, match="nondiff_argnums requires grad"):
        grad(lambda n: f(Tensor(X, requires_grad=True), n, np.sin).sum())(3.0)
    with pytest.raises(IndexError, match="nondiff_argnums has 1, and there are 1"):
        f(X)


def test_none_is_zero():
    f = custom_vjp(lambda x, y: x * y)
    f.defvjp(lambda x, y: (x * y, y), lambda y, g: (g * y, None))
    close(grad(lambda x, y: f(x, y).sum(), (0, 1))(X, Y), (Y, np.zeros(3)))
    h = custom_jvp(lambda x, y: x * y)
    h.defjvps(lambda t, out, x, y: t * y, None)
    close(grad(lambda x, y: h(x, y).sum(), (0, 1))(X, Y), (Y, np.zeros(3)))


def test_exact_numbers():
    f = custom_vjp(lambda x: x * x)
    f.defvjp(lambda x: (x * x, x), lambda x, g: (2 * x * g,))
    assert grad(f)(Fraction(1, 3)) == Fraction(2, 3)


# ---- bad rules -------------------------------------------------------------------------------------------
def bad_vjp(bwd: Any, fwd: Any = lambda x, y: (x * y, (x, y))) -> Any:
    @custom_vjp
    def mine(x, y):
        return x * y

    mine.defvjp(fwd, bwd)
    return mine


def bad_jvp(rule: Any) -> Any:
    @custom_jvp
    def mine(x, y):
        return x * y

    mine.defjvp(rule)
    return mine


@pytest.mark.parametrize(
    ("error", "message", "make"),
    [
        (TypeError, "mine has no derivative yet.*mine.defvjp", lambda: custom_vjp(named)),
        (TypeError, "mine has no derivative yet.*mine.defjvp", lambda: custom_jvp(named)),
        (TypeError, r"fwd must return \(output, residuals\)", lambda: bad_vjp(None, lambda x, y: x * y)),
        (TypeError, "must return a tuple of 2 cotangents, not 1", lambda: bad_vjp(lambda r, g: (g,))),
        (TypeError, "tuple of 2 cotangents, not Tensor", lambda: bad_vjp(lambda r, g: g)),
        (ValueError, r"a cotangent of mine has shape \(2,\)", lambda: bad_vjp(lambda r, g: (g[:2], g))),
        (TypeError, "a cotangent of mine must have the structure", lambda: bad_vjp(lambda r, g: ([g, g], g))),
        (TypeError, "a cotangent of mine is complex128", lambda: bad_vjp(lambda r, g: (g * 1j, g))),
        (TypeError, r"rule must return \(output, tangent\)", lambda: bad_jvp(lambda p, t: t[0])),
        (ValueError, r"a tangent of mine has shape \(2,\)", lambda: bad_jvp(lambda p, t: (p[0], t[0][:2]))),
        (TypeError, "a tangent of mine must have the structure", lambda: bad_jvp(lambda p, t: (p[0], t))),
    ],
)  # fmt: skip
def test_rules_that_do_not_fit(error, message, make):
    f, x, y = make(), Tensor(X, requires_grad=True), Tensor(Y, requires_grad=True)
    for of in (
        lambda: f(x, y).sum().backward(),
        lambda: jvp(f, (X, Y), (Y, X)),
        lambda: grad(lambda x: f(x, Y).sum())(X),
    ):
        with pytest.raises(error, match=message):
            of()
    assert x.grad is None and y.grad is None


def named(x: Any, y: Any) -> Any:
    return x * y


named.__name__ = "mine"


def test_a_rule_that_is_no_jacobian():
    """It may serve gradients, such as one that clips them; there are no tangents that belong to it."""
    clipped = custom_vjp(lambda x: x)
    clipped.defvjp(lambda x: (x, None), lambda _, g: (np.clip(g, -1.0, 1.0),))
    close(grad(lambda x: (clipped(x) * 5).sum())(X), np.ones(3))
    with pytest.raises(TypeError, match="bwd is not linear in g"):
        jvp(clipped, (X,), (Y,))
    positive = custom_vjp(lambda x: x)
    positive.defvjp(lambda x: (x, None), lambda _, g: (np.maximum(g, 0.0),))
    for x, t in ((X, Y), (0.3, 1.0)):
        with pytest.raises(TypeError, match="bwd is not linear in g"):
            jvp(positive, (x,), (t,))


def test_as_many_rules_as_arguments():
    f = custom_jvp(named)
    f.defjvps(lambda t, out, x, y: t)
    with pytest.raises(TypeError, match="mine: 1 rules of defjvps for 2 arguments"):
        grad(lambda x: f(x, Y).sum())(X)


def test_what_is_used_and_is_no_argument():
    w = Tensor(Y, requires_grad=True)
    for f in (custom_vjp(lambda x: x * w), custom_jvp(lambda x: x * w)):
        if isinstance(f, custom_vjp):
            f.defvjp(lambda x: (x * w, None), lambda _, g: (g,))
        else:
            f.defjvp(lambda p, t: (p[0] * w, t[0]))
        with pytest.raises(ValueError, match="that is no argument: its derivative would be lost"):
            f(Tensor(X, requires_grad=True))
    with pytest.raises(ValueError, match="that is no argument"):
        f = custom_vjp(lambda x: x)
        f.defvjp(lambda x: (x, w * 2), lambda w, g: (g * w,))
        f(Tensor(X, requires_grad=True))


def test_keywords_that_the_rules_can_not_take():
    f = custom_vjp(lambda x, *, k=1: x)
    f.defvjp(lambda x: (x, None), lambda _, g: (g,))
    with pytest.raises(TypeError, match="the rules take no keywords, and so no k"):
        f(X, k=2)


def test_a_forward_rule_that_is_no_jacobian():
    """It may serve tangents; there are no gradients that belong to it, and those at t = 0 would be wrong."""
    for rule in (lambda t: t**2, lambda t: autodiff.maximum(t, 0.0), lambda t: t + 1e-3 * t**3):
        bent = custom_jvp(lambda x: x)
        bent.defjvp(lambda x, t, rule=rule: (x[0], rule(t[0])))
        close(jvp(bent, (X,), (Y,))[1], rule(Y))
        with pytest.raises(TypeError, match=r"not linear in the tangents.*no reverse mode"):
            grad(lambda x, bent=bent: bent(x).sum())(X)
        with pytest.raises(TypeError, match=r"not linear in the tangents.*no reverse mode"):
            grad(bent)(0.3)
