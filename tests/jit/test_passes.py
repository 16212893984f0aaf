"""Each pass of the compiler: what it does, and that programs compute the same before and after it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given

import autodiff
import autodiff.numpy
from autodiff import Tensor, Value, negative, where
from autodiff.jit.contraction import contracted
from autodiff.jit.dead import without_dead_code
from autodiff.jit.emit_numpy import compiled, source
from autodiff.jit.folding import folded
from autodiff.jit.identities import simplified
from autodiff.jit.moves import without_moves
from autodiff.jit.program import Program, program_of, run
from autodiff.jit.sharing import shared
from autodiff.jit.simplify import simplify
from tests.test_random_programs import programs

PASSES = {
    "dead code": without_dead_code,
    "moves": without_moves,
    "identities": simplified,
    "constants": folded,
    "common subexpressions": shared,
    "contraction": contracted,
    "all": simplify,
}


def names(program: Program) -> list[str]:
    return [term.op.name for term in program.terms if term.op]


def variables(*shapes: tuple[int, ...], dtype: Any = float) -> list[Any]:
    rng = np.random.default_rng(0)
    return [Tensor(rng.normal(size=s).astype(dtype), True, f"x{k}") for k, s in enumerate(shapes)]


def same(before: Program, after: Program, *xs: Any, rtol: float = 1e-12) -> None:
    for a, b in zip(run(before, *xs), run(after, *xs), strict=True):
        a, b = np.asarray(a), np.asarray(b)
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        scale = np.abs(a[np.isfinite(a)]).max(initial=1.0)
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * scale)


# ---- random programs: the value and the gradient of a loss
@given(programs())
def test_passes_change_no_result(program: Any) -> None:
    leaves = [Tensor(x, requires_grad=True) for x in program.inputs]
    loss = program.loss(autodiff.numpy, leaves)
    loss.backward(create_graph=True)
    outputs = [loss, *[x.grad for x in leaves if x.has_grad]]
    before = program_of(outputs, dict.fromkeys(leaves))
    for change in PASSES.values():
        after = change(before)
        same(before, after, *program.inputs)
        other = [np.sin(x * 7.0) for x in program.inputs]  # constants are the program's, not the run's
        same(before, after, *other)
    after = simplify(before)
    f, _ = compiled(after)
    found = f(*program.inputs)
    for a, b in zip(found if len(outputs) > 1 else [found], outputs, strict=True):
        np.testing.assert_allclose(a, b.data, rtol=1e-10, atol=1e-10 * max(1, np.abs(b.data).max(initial=0)))


# ---- what each of them does
def test_dead_code_goes():
    (x,) = variables((3,))
    y = x * 2
    program = program_of([y.sin(), y.cos()])
    after = without_dead_code(Program(program.inputs, program.terms, program.outputs[1:]))
    assert names(program) == ["multiply", "sin", "cos"]
    assert names(after) == ["multiply", "cos"]


def test_constants_are_folded():
    (x,) = variables((3,))
    c = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    before = program_of([x * (c.sin() + 1)], {x: None})
    after = without_dead_code(folded(before))
    assert (names(before), names(after)) == (["sin", "add", "multiply"], ["multiply"])
    same(before, after, x.value)


def test_what_is_computed_twice_is_shared():
    x, y = variables((3,), (3,))
    before = program_of([(x + y).sin() * (y + x).sin() - (x - y) * (y - x)])
    after = shared(before)
    assert names(after) == ["add", "sin", "multiply", "subtract", "subtract", "multiply", "subtract"]
    same(before, after, x.value, y.value)


def test_settings_tell_terms_apart():
    (x,) = variables((3, 3))
    outputs = [x.sum(axis=0), x.sum(axis=1), x.sum(axis=0), x[0], x[1], x[np.array([0])], x[np.array([1])]]
    program = program_of(outputs)
    assert len(shared(program).terms) == 6
    same(program, shared(program), x.value)


@pytest.mark.parametrize("formulas", [False, True])
@pytest.mark.parametrize(
    ("f", "plain", "formula"),
    [
        (lambda x, y: x * 1.0, [], []),
        (lambda x, y: negative(negative(x)), [], []),
        (lambda x, y: x / -1.0, ["negative"], ["negative"]),
        (lambda x, y: x + -y, ["subtract"], ["subtract"]),
        (lambda x, y: x - 0.0, [], []),
        (lambda x, y: x + 0.0, ["add"], []),
        (lambda x, y: x * 0.0, ["multiply"], []),
        (lambda x, y: x - x, ["subtract"], []),
        (lambda x, y: x / x, ["divide"], []),
        (lambda x, y: x**2, ["square"], ["square"]),
        (lambda x, y: x**0.5, ["power"], ["sqrt"]),
        (lambda x, y: abs(-x), ["absolute"], ["absolute"]),
        (lambda x, y: where(x > 0, y, y), [], []),
        (lambda x, y: x.exp().log(), ["exp", "log"], []),
    ],
)
def test_identities(f: Any, plain: list[str], formula: list[str], formulas: bool) -> None:
    x, y = variables((4,), (4,))
    before = program_of([f(x, y)], {x: None, y: None})
    after = without_dead_code(simplified(before, formulas))
    assert names(after) == (formula if formulas else plain)
    if not formulas:
        odd = np.array([np.nan, np.inf, -np.inf, -0.0])
        for a in (odd, odd[::-1].copy(), np.zeros(4)):
            u, v = run(before, a, np.ones(4))[0], run(after, a, np.ones(4))[0]
            np.testing.assert_array_equal(u, v)
            np.testing.assert_array_equal(np.signbit(u[~np.isnan(u)]), np.signbit(v[~np.isnan(u)]))


def test_an_identity_keeps_shape_and_dtype():
    x = Tensor(np.ones(3, np.float32), requires_grad=True)
    before = program_of([x * np.ones((2, 1), np.float32), x * np.ones((), np.float64)], {x: None})
    after = simplify(before)
    assert [(y.shape, y.dtype) for y in after.outputs] == [((2, 3), np.float32), ((3,), np.float64)]
    same(before, after, x.value)


def test_moves_go():
    x, w = variables((4, 3), (3,))
    m = autodiff.numpy
    y = m.broadcast_to(w, (4, 3)) * x.T.T + x.reshape(12).reshape(4, 3) * np.ones((4, 3))
    before = program_of([y])
    after = without_dead_code(without_moves(before))
    assert names(after) == ["multiply", "multiply", "add"]
    same(before, after, x.value, w.value)


@pytest.mark.parametrize(
    ("f", "text"),
    [
        (lambda x, y, w: (x * y).sum(), "np.vdot"),
        (lambda x, y, w: (x * y).sum(axis=1), "np.vecdot"),
        (lambda x, y, w: (x * x).mean(), "np.vdot"),
        (lambda x, y, w: (x**2).sum(axis=-1, keepdims=True), "np.vecdot"),
        (lambda x, y, w: (x * w).sum(axis=1), "@"),
        (lambda x, y, w: (x * y).sum(axis=0), "np.einsum"),
    ],
)
def test_sums_of_products_are_contractions(f: Any, text: str) -> None:
    x, y, w = variables((70, 80), (70, 80), (80,))
    before = program_of([f(x, y, w)], {x: None, y: None, w: None})
    after = simplify(before)
    assert "multiply" not in names(after)
    assert text in source(after)
    same(before, after, x.value, y.value, w.value)
    found = compiled(after)[0](x.value, y.value, w.value)
    np.testing.assert_allclose(found, run(before, x.value, y.value, w.value)[0], rtol=1e-12)


def test_a_product_that_is_used_otherwise_is_no_contraction():
    x, y = variables((70, 80), (70, 80))
    product = x * y
    assert names(simplify(program_of([product.sum(), product]))) == ["multiply", "sum"]


def test_source_holds_together_as_python_does():
    x, y = variables((2,), (2,))
    z = (x + y) * (x - y) / (x * y) - (x - (y - x)) ** (-y) ** 2 + -(x**2.5) * (2.0 - (x > y)) + (x % y) ** 3
    program = program_of([z])
    np.testing.assert_array_equal(compiled(program)[0](x.value, y.value), z.value)
    np.testing.assert_array_equal(compiled(program, literals=True)[0](x.value, y.value), z.value)


def test_numbers_become_pythons():
    x, y = Value(2.0, name="x"), Value(3.0, name="y")
    program = simplify(program_of([autodiff.sin(x) * y + x**y]))
    assert "math.sin(x)" in source(program)
    assert compiled(program)[0](2.0, 3.0) == pytest.approx(np.sin(2.0) * 3 + 8)


def test_float32_constants_stay_float32():
    x = Tensor(np.ones(3, np.float32), requires_grad=True, name="x")
    program = simplify(program_of([x * 0.1 + 1]))
    assert "x * 0.1 + 1.0" in source(program)
    for literals in (False, True):
        assert compiled(program, literals=literals)[0](x.value).dtype == np.float32
