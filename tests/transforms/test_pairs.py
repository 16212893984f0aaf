"""Every transformation within every other: against loops, plain runs and finite differences."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import autodiff
from autodiff import (
    argmin,
    checkpoint,
    custom_jvp,
    custom_vjp,
    divergence,
    elementwise_grad,
    fixed_point,
    grad,
    hessian,
    hessian_diagonal,
    hvp,
    jacobian,
    jit,
    jvp,
    laplacian,
    linear_solve,
    linearize,
    root,
    sparse_hessian,
    sparse_jacobian,
    value_and_grad,
    vjp,
    vmap,
)

RNG = np.random.default_rng(0)
X, V, A = RNG.uniform(0.3, 1.0, 3), RNG.normal(size=3), RNG.normal(size=(3, 3))


def field(x: Any) -> Any:
    """A function of an array to one of the same shape; smooth."""
    return autodiff.tanh(A @ x) * x + autodiff.where(x > 0.5, x**3, autodiff.sin(x)) * x[0]


def number(x: Any) -> Any:
    return (field(x) ** 2).sum() + autodiff.logsumexp(x)


def own_rules() -> tuple[Any, Any]:
    """A function of an array with a backward rule of its own, and one with a forward rule."""
    back = custom_vjp(field)
    back.defvjp(lambda x: (field(x), x), lambda x, g: (vjp(field, x)[1](g)[0] * 1.0,))
    forth = custom_jvp(field)
    forth.defjvp(lambda primals, tangents: jvp(field, primals, tangents))
    return back, forth


BACK, FORTH = own_rules()

# what each makes of `field` or `number`: functions of x to arrays
TRANSFORMED: dict[str, Any] = {
    "grad": grad(number),
    "value_and_grad": lambda x: autodiff.concatenate(
        [autodiff.reshape(v, (-1,)) for v in value_and_grad(number)(x)]
    ),
    "vjp": lambda x: vjp(field, x)[1](V)[0],
    "jvp": lambda x: jvp(field, (x,), (V,))[1],
    "jvp, batched": lambda x: jvp(field, (x,), (np.stack([V, V[::-1]]),), tangents_batched=True)[1],
    "hvp": lambda x: hvp(number, (x,), (V,))[0],
    "jacobian, fwd": jacobian(field, mode="fwd"),
    "jacobian, rev": jacobian(field, mode="rev"),
    "jacobian, in chunks": jacobian(field, chunk_size=2),
    "hessian": hessian(number),
    "elementwise_grad": elementwise_grad(lambda x: autodiff.sin(x) * x**2),
    "linearize": lambda x: linearize(field, x)[1](V),
    "vmap": lambda x: vmap(lambda a, row: autodiff.sin(a * row).sum() * x[1])(x, A),
    "checkpoint": checkpoint(field),
    "checkpoint, budget": checkpoint(field, budget="10kB"),
    "hessian_diagonal": hessian_diagonal(number),
    "root": lambda x: root(lambda y, x: y**3 + y - field(x))(X, x),
    "fixed_point": lambda x: fixed_point(lambda y, x: 0.3 * autodiff.sin(y) + x)(X, x),
    "argmin": lambda x: argmin(lambda y, x: ((y - field(x)) ** 4 + (y - x) ** 2).sum())(X, x),
    "linear_solve": lambda x: linear_solve(lambda v: A @ v + 3.0 * v * x, x),
    "jit": jit(field),
    "jit of grad": jit(grad(number)),
    "custom_vjp": BACK,
    "custom_jvp": FORTH,
    "divergence": lambda x: autodiff.reshape(divergence(field)(x), (-1,)),
    "laplacian": lambda x: autodiff.reshape(laplacian(number)(x), (-1,)),
}


def along(f: Any, x: Any, v: Any, h: float = 1e-3) -> Any:
    """The derivative of f in the direction v, by differences of the fourth order."""
    at = [f(x + k * h * v) for k in (-2, -1, 1, 2)]
    return (at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * h)


def matrix(f: Any, x: Any) -> Any:
    return np.stack([along(f, x, e) for e in np.eye(len(x))], axis=-1)


def total(f: Any) -> Any:
    """A number made of all that f returns."""
    return lambda x: (autodiff.sin(f(x) * 0.01) * 100).sum()


def ruled_back(f: Any) -> Any:
    """f with its derivative as a backward rule."""
    ruled = custom_vjp(lambda x: f(x) * 1.0)
    ruled.defvjp(lambda x: (f(x) * 1.0, x), lambda x, g: vjp(f, x)[1](g))
    return ruled


def ruled_forth(f: Any) -> Any:
    ruled = custom_jvp(lambda x: f(x) * 1.0)
    ruled.defjvp(lambda primals, tangents: jvp(lambda x: f(x) * 1.0, primals, tangents))
    return ruled


# functions of x that have f in them, in an equation, a rule, or compiled
WITHIN: dict[str, Any] = {
    "root": lambda f: lambda x: root(lambda y, x: y**3 + y - f(x))(f(X) * 0.0, x),
    "fixed_point": lambda f: lambda x: fixed_point(lambda y, x: 0.05 * autodiff.sin(y) + f(x))(f(X) * 0.0, x),
    "argmin": lambda f: lambda x: argmin(lambda y, x: ((y - f(x)) ** 2 + 0.1 * y**4).sum())(f(X) * 0.0, x),
    "linear_solve": lambda f: lambda x: linear_solve(lambda v: v * (2.0 + autodiff.tanh(0.01 * f(x))), f(x)),
    "custom_vjp": ruled_back,
    "custom_jvp": ruled_forth,
    "jit": jit,
}

# each outer transformation of a function f of x, and what it must give
OUTER: dict[str, Any] = {
    "grad": (lambda f: grad(total(f))(X), lambda f: matrix(total(f), X)),
    "value_and_grad": (lambda f: value_and_grad(total(f))(X)[1], lambda f: matrix(total(f), X)),
    "vjp": (
        lambda f: vjp(f, X)[1](np.cos(f(X)))[0],
        lambda f: np.tensordot(np.cos(f(X)), matrix(f, X), np.ndim(f(X))),
    ),
    "jvp": (lambda f: jvp(f, (X,), (V,))[1], lambda f: along(f, X, V)),
    "jvp, batched": (
        lambda f: jvp(f, (X,), (np.stack([V, X]),), tangents_batched=True)[1],
        lambda f: np.stack([along(f, X, V), along(f, X, X)]),
    ),
    "hvp": (
        lambda f: hvp(total(f), (X,), (V,))[0],
        lambda f: along(lambda x: grad(total(f))(x), X, V),
    ),
    "jacobian, fwd": (lambda f: jacobian(f, mode="fwd")(X), lambda f: matrix(f, X)),
    "jacobian, rev": (lambda f: jacobian(f, mode="rev")(X), lambda f: matrix(f, X)),
    "hessian": (lambda f: hessian(total(f))(X), lambda f: matrix(grad(total(f)), X)),
    "linearize": (lambda f: linearize(f, X)[1](V), lambda f: along(f, X, V)),
    "vmap": (
        lambda f: vmap(f)(np.stack([X, X[::-1], X * 1.1])),
        lambda f: np.stack([f(x) for x in (X, X[::-1], X * 1.1)]),
    ),
    "checkpoint": (lambda f: grad(checkpoint(total(f)))(X), lambda f: matrix(total(f), X)),
    "checkpoint, budget": (
        lambda f: grad(checkpoint(total(f), budget="1MB"))(X),
        lambda f: matrix(total(f), X),
    ),
    "hessian_diagonal": (
        lambda f: hessian_diagonal(total(f))(X),
        lambda f: np.diag(matrix(grad(total(f)), X)),
    ),
    "laplacian": (lambda f: laplacian(total(f))(X), lambda f: np.trace(matrix(grad(total(f)), X))),
    "jit": (lambda f: jit(f)(X), lambda f: f(X)),
    "jit of grad": (lambda f: jit(grad(total(f)))(X), lambda f: matrix(total(f), X)),
    "sparse_jacobian": (
        lambda f: sparse_jacobian(f)(X).toarray().reshape(*np.shape(f(X)), len(X)),
        lambda f: matrix(f, X),
    ),
    "sparse_hessian": (lambda f: sparse_hessian(total(f))(X).toarray(), lambda f: matrix(grad(total(f)), X)),
    "divergence": (
        lambda f: divergence(lambda x: x * total(f)(x))(X),
        lambda f: np.trace(matrix(lambda x: x * total(f)(x), X)),
    ),
}


def check(got: Any, expected: Any) -> None:
    assert np.shape(got) == np.shape(expected)
    np.testing.assert_allclose(
        got, expected, rtol=2e-6, atol=2e-6 * max(1.0, float(np.max(np.abs(expected))))
    )


@pytest.mark.parametrize(("outer", "inner"), list(itertools.product(OUTER, TRANSFORMED)))
def test_pairs(outer, inner):
    found, want = OUTER[outer]
    f = TRANSFORMED[inner]
    check(found(f), want(f))


@pytest.mark.parametrize(("outer", "inner"), list(itertools.product(WITHIN, TRANSFORMED)))
def test_in_an_equation_or_a_rule(outer, inner):
    f = WITHIN[outer](TRANSFORMED[inner])
    out, moved = jvp(f, (X,), (V,))
    check(moved, along(f, X, V))
    w = np.cos(out)
    check(np.sum(vjp(f, X)[1](w)[0] * V), np.sum(w * moved))
