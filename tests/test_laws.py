"""Laws that tie the transformations together, on random programs.

⟨w, J v⟩ = ⟨Jᵀ w, v⟩        Hessians are symmetric        vmap is a loop        columns are rows
The Laplacian is the trace of the Hessian        checkpoint changes nothing
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

import autodiff.numpy
from autodiff import (
    Tensor,
    Value,
    absolute,
    arctan,
    checkpoint,
    cos,
    exp,
    grad,
    hessian,
    hypot,
    jacobian,
    jvp,
    laplacian,
    log1p,
    maximum,
    ravel_pytree,
    sin,
    sqrt,
    tanh,
    value_and_grad,
    vjp,
    vmap,
    where,
)
from tests.test_random_programs import Program, programs


def flat(program: Program) -> tuple[np.ndarray, Any, Any]:
    """A point, and the program as a function of one vector: its loss, and all that it computes last."""
    x, unravel = ravel_pytree(program.inputs)

    def loss(x: Any) -> Any:
        return program.loss(autodiff.numpy, unravel(x))

    def last(x: Any) -> Any:
        values = program.run(autodiff.numpy, unravel(x))
        return autodiff.ravel(values[program.outputs[0]]) * 1.0

    return x, loss, last


def close(a: Any, b: Any, scale: float = 1.0) -> None:
    assert np.shape(a) == np.shape(b)
    size = max(scale, float(np.abs(b).max(initial=0)))
    np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-9 * size + 1e-14)  # what cancels is rounding


def as_given(x: np.ndarray, tensors: bool) -> Any:
    return Tensor(x) if tensors else x


CANCELS = Program(
    [np.array([[0.41088506], [-0.69063986]])],
    [
        ("array sort", (0,), None),
        *(("unary abs", (k,), None) for k in (1, 2, 3)),
        ("unary arctan", (4,), None),
        ("matmul", (5, 0), None),
        ("array std", (6,), None),
    ],
    (7, 1),
)


@given(programs(), st.booleans(), st.integers(0, 2**32 - 1))
@example(CANCELS, False, 0)
def test_both_modes_are_one_matrix(program, tensors, seed):
    x, _, f = flat(program)
    rng = np.random.default_rng(seed)
    x = as_given(x, tensors)
    v = rng.normal(size=x.shape)
    out, moved = jvp(f, (x,), (as_given(v, tensors),))
    w = rng.normal(size=out.shape)
    (pulled,) = vjp(f, x)[1](as_given(w, tensors))
    moved, pulled = (np.asarray(getattr(z, "data", z) if tensors else z) for z in (moved, pulled))
    close(np.sum(w * moved), np.sum(pulled * v), float(np.abs(w * moved).sum()))
    columns, rows = (jacobian(f, mode=mode)(x) for mode in ("fwd", "rev"))
    assert type(columns) is type(rows) is type(x)
    columns, rows = (np.asarray(z.data if tensors else z) for z in (columns, rows))
    close(columns, rows)
    close(columns @ v, moved, float(np.abs(columns).sum()))


@given(programs())
def test_hessians_are_symmetric(program):
    x, f, _ = flat(program)
    h = hessian(f)(x)
    close(h, h.T)
    close(jacobian(grad(f), mode="rev")(x), h)
    diagonal = np.diagonal(h)
    close(laplacian(f)(x), diagonal.sum(), float(np.abs(h).sum()))


@given(programs(), st.integers(0, 2**32 - 1))
def test_vmap_is_a_loop(program, seed):
    x, f, g = flat(program)
    batch = x + np.random.default_rng(seed).uniform(-0.1, 0.1, (3, *x.shape))
    values, gradients = vmap(value_and_grad(f))(batch)
    pairs = [value_and_grad(f)(z) for z in batch]
    close(values, [value for value, _ in pairs])
    close(gradients, [gradient for _, gradient in pairs])
    close(vmap(g)(batch), np.stack([g(z) for z in batch]))
    close(vmap(jacobian(g))(batch), np.stack([jacobian(g)(z) for z in batch]))
    together = grad(lambda batch: vmap(f)(batch).sum())(batch)
    close(together, gradients)
    close(vmap(vmap(f))(batch[None]), values[None])


@given(programs(), st.booleans())
def test_checkpoint_changes_nothing(program, within_a_budget):
    x, f, _ = flat(program)
    value, gradient = value_and_grad(f)(x)
    kept, again = value_and_grad(checkpoint(f, budget="1GB") if within_a_budget else checkpoint(f))(x)
    assert kept == value or (np.isnan(kept) and np.isnan(value))
    np.testing.assert_array_equal(again, gradient)  # to the bit


# ---- programs of numbers ---------------------------------------------------------------------------------
UNARY = {
    "sin": sin, "cos": cos, "tanh": tanh, "arctan": arctan, "abs": absolute, "negative": operator.neg,
    "square": lambda x: x * x, "exp": lambda x: exp(-x * x), "log": lambda x: log1p(x * x),
    "sqrt": lambda x: sqrt(1 + x * x), "power": lambda x: (1 + x * x) ** 1.5,
    "divide": lambda x: 1 / (1 + x * x),
}  # fmt: skip
BINARY = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "maximum": maximum,
    "divide": lambda x, y: x / (1 + y * y), "hypot": lambda x, y: hypot(x, 1 + y * y),
    "where": lambda x, y: where(x > y, x * y, sin(x)),
}  # fmt: skip
LINES = st.tuples(st.sampled_from([*UNARY, *BINARY]), st.integers(0, 9), st.integers(0, 9))
NUMBERS = st.lists(st.floats(-2.0, 2.0), min_size=1, max_size=3)


def outputs_of(lines: list[tuple[str, int, int]], xs: Any) -> list[Any]:
    """The last two results of a program of numbers: each line is an operation, and where its inputs are."""
    known = list(xs)
    for name, i, j in lines:
        x, y = known[i % len(known)], known[j % len(known)]
        known.append(UNARY[name](x) if name in UNARY else BINARY[name](x, y))
    return [y * 1.0 for y in known[-2:]]


def plain(tree: Any) -> np.ndarray:
    """Numbers, Values and lists of them as an array."""
    if isinstance(tree, (list, tuple)):
        return np.array([plain(x) for x in tree])
    return np.array(tree.data if isinstance(tree, Value) else tree)


@given(st.lists(LINES, min_size=1, max_size=8), NUMBERS, st.booleans(), st.integers(0, 2**32 - 1))
def test_numbers_obey_the_laws(lines, xs, values, seed):
    rng = np.random.default_rng(seed)

    def f(xs: Any) -> Any:
        return outputs_of(lines, xs)

    def loss(xs: Any) -> Any:
        return sum(y * y for y in outputs_of(lines, xs))

    def given_as(numbers: Any) -> list[Any]:
        return [Value(float(x)) if values else float(x) for x in numbers]

    at = given_as(xs)
    v = rng.normal(size=len(xs))
    out, moved = jvp(f, (at,), (given_as(v),))
    w = rng.normal(size=len(out))
    (pulled,) = vjp(f, at)[1](given_as(w))
    assert type(pulled[0]) is type(at[0]) is type(moved[0])
    close(w @ plain(moved), plain(pulled) @ v, float(np.abs(w * plain(moved)).sum()))
    columns, rows = (plain(jacobian(f, mode=mode)(at)) for mode in ("fwd", "rev"))
    close(columns, rows)
    close(columns @ v, plain(moved), float(np.abs(columns).sum()))
    h = plain(hessian(loss)(at))
    close(h, h.T)

    value, gradient = value_and_grad(loss)(at)
    for again in (checkpoint(loss), checkpoint(loss, budget="1MB")):
        kept, same = value_and_grad(again)(at)
        np.testing.assert_array_equal(plain(kept), plain(value))  # to the bit
        np.testing.assert_array_equal(plain(same), plain(gradient))

    batch = [np.array([x, x + 0.1, x - 0.2]) for x in xs]
    together = vmap(grad(loss))(batch)
    one_by_one = [plain(grad(loss)(given_as([column[k] for column in batch]))) for k in range(3)]
    close(np.stack(together, axis=-1), np.stack(one_by_one))
