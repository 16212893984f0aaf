"""docs/migration.md: every public name of autograd's modules is there, ours exist, and do the same."""

from __future__ import annotations

import importlib
import re
from operator import attrgetter
from pathlib import Path

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

import autodiff
import autodiff.optim.loops

PAGE = (Path(__file__).parent.parent.parent / "docs" / "migration.md").read_text("utf-8")
MODULES = {  # and the names that they only use themselves
    "autograd": "builtins core extend misc numpy test_util tracer util wrap_util differential_operators",
    "autograd.differential_operators": "OrderedDict atuple np warnings",
    "autograd.extend": "",
    "autograd.test_util": "",
    "autograd.misc": "",
    "autograd.misc.optimizers": "np wraps",
    "autograd.misc.flatten": "np make_vjp",
    "autograd.misc.fixed_points": "",
    "autograd.misc.tracers": "partial repeat subvals toposort trace wraps Node",
}
TYPES = {"dict", "isinstance", "list", "tuple", "type"}  # autograd has its own of these


def names(module: str) -> list[str]:
    own = {*MODULES[module].split(), *TYPES}
    found = importlib.import_module(module)
    return [name for name in dir(found) if name.isidentifier() and name[0] != "_" and name not in own]


@pytest.mark.parametrize("module", MODULES)
def test_every_name_is_there(module):
    missing = [name for name in names(module) if not re.search(rf"\b{name}\b", PAGE)]
    assert missing == []


def test_autograds_own_types_are_named():
    assert all(f"`{name}`" in PAGE for name in TYPES)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\bautodiff\.([A-Za-z_.]*[A-Za-z_])", PAGE))))
def test_ours_exist(name):
    assert attrgetter(name)(autodiff) is not None


# ---- the expressions of the page, and autograd's: on a function of vectors, and one of a vector to a number
X, V = np.array([0.5, -1.0, 2.0]), np.array([1.0, 2.0, -0.5])


def vector(m):
    return lambda x: m.stack([m.sin(x[0]) * x[1], x[1] * x[2] ** 2])


def number(m):
    return lambda x: m.sum(m.sin(x) * x**2)


def of_two(m):
    return lambda y: m.sum(m.exp(y))


D = autograd.differential_operators
SAME = {
    "grad": (lambda: autograd.grad(number(anp))(X), lambda: autodiff.grad(number(np))(X)),
    "deriv": (lambda: autograd.deriv(anp.sin)(0.5), lambda: autodiff.jvp(np.sin, (0.5,), (1.0,))[1]),
    "hvp": (
        lambda: autograd.hessian_vector_product(number(anp))(X, V),
        lambda: autodiff.hvp(number(np), (X,), (V,))[0],
    ),
    "make_hvp": (
        lambda: D.make_hvp(number(anp))(X)[0](V),
        lambda: autodiff.hvp(number(np), (X,), (V,))[0],
    ),
    "make_vjp": (
        lambda: autograd.make_vjp(vector(anp))(X)[0](V[:2]),
        lambda: autodiff.vjp(vector(np), X)[1](V[:2])[0],
    ),
    "vector_jacobian_product": (
        lambda: autograd.vector_jacobian_product(vector(anp))(X, V[:2]),
        lambda: autodiff.vjp(vector(np), X)[1](V[:2])[0],
    ),
    "make_jvp": (
        lambda: D.make_jvp_reversemode(vector(anp))(X)(V),
        lambda: autodiff.jvp(vector(np), (X,), (V,))[1],
    ),
    "make_ggnvp": (
        lambda: autograd.make_ggnvp(vector(anp), of_two(anp))(X)(V),
        lambda: autodiff.vjp(vector(np), X)[1](
            autodiff.hvp(of_two(np), (vector(np)(X),), (autodiff.jvp(vector(np), (X,), (V,))[1],))[0]
        )[0],
    ),
    "holomorphic_grad": (
        lambda: autograd.holomorphic_grad(lambda z: z**3)(1.0 + 2.0j),
        lambda: autodiff.jacobian(lambda z: z**3)(np.array(1.0 + 2.0j)),
    ),
    "multigrad_dict": (
        lambda: autograd.grad(lambda p: p["a"] ** 2 * p["b"])({"a": 2.0, "b": 3.0})["a"],
        lambda: autodiff.grad(lambda p: p["a"] ** 2 * p["b"])({"a": 2.0, "b": 3.0})["a"],
    ),
    "grad_and_aux": (
        lambda: autograd.grad_and_aux(lambda x: (x**2, x + 1.0))(3.0)[0],
        lambda: autodiff.grad(lambda x: (x**2, x + 1.0), has_aux=True)(3.0)[0],
    ),
    "fixed_point": (
        lambda: autograd.grad(
            lambda a: autograd.misc.fixed_points.fixed_point(
                lambda a: lambda x: 0.5 * (x + a / x), a, 1.0, lambda x, y: abs(x - y), 1e-12
            )
        )(3.0),
        lambda: autodiff.grad(lambda a: autodiff.fixed_point(lambda x, a: 0.5 * (x + a / x))(1.0, a))(3.0),
    ),
    "flatten": (
        lambda: autograd.misc.flatten({"a": X, "b": (V, 1.0)})[0],
        lambda: autodiff.ravel_pytree({"a": X, "b": (V, 1.0)})[0],
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_numbers(name):
    importlib.import_module("autograd.misc.fixed_points")
    theirs, ours = SAME[name]
    np.testing.assert_allclose(ours(), theirs(), rtol=1e-6)


@pytest.mark.parametrize("name", ["sgd", "rmsprop", "adam"])
def test_optimizers(name):
    """Step by step where autograd's go, on a tree; and the callback sees what theirs sees."""
    optimizers = importlib.import_module("autograd.misc.optimizers")
    start = {"a": X, "b": (V, np.array([[1.0]]))}

    def loss(m):
        return lambda p, i: m.sum((p["a"] - 1.0) ** 4) + m.sum(m.cos(p["b"][0])) * p["b"][1][0, 0] ** 2

    seen = {"theirs": [], "ours": []}
    theirs = getattr(optimizers, name)(
        autograd.grad(loss(anp)), start, lambda p, i, g: seen["theirs"].append((i, p["a"], g["a"])), 7
    )
    ours = getattr(autodiff.optim.loops, name)(
        autodiff.grad(loss(np)), start, lambda p, i, g: seen["ours"].append((i, p["a"], g["a"])), 7
    )
    for a, b in zip([theirs["a"], *theirs["b"]], [ours["a"], *ours["b"]], strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-9)
    for (i, p, g), (k, q, h) in zip(seen["theirs"], seen["ours"], strict=True):
        assert i == k
        np.testing.assert_allclose(q, p, rtol=1e-9)
        np.testing.assert_allclose(h, g, rtol=1e-9)
