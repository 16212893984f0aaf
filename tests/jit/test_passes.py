"""Each pass of the compiler: what it does, and that programs compute the same before and after it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff
import autodiff.numpy
from autodiff import Tensor, Value, grad, negative, where
from autodiff.jit.buffers import arena, buffered
from autodiff.jit.chunks import chunked
from autodiff.jit.contraction import contracted
from autodiff.jit.dead import without_dead_code
from autodiff.jit.emit_numpy import compiled, source
from autodiff.jit.folding import folded
from autodiff.jit.identities import simplified
from autodiff.jit.moves import without_moves
from autodiff.jit.program import Program, program_of, run
from autodiff.jit.rows import needs
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
        same(before, after, *program.inputs, rtol=1e-8)
        other = [np.sin(x * 7.0) for x in program.inputs]  # constants are the program's, not the run's
        same(before, after, *other, rtol=1e-8)
    after = simplify(before)
    f, _ = compiled(after)
    found = f(*program.inputs)
    text = source(after)
    if " = ...  #" not in text:  # a large constant, which is not written out
        alone: dict[str, Any] = {}
        exec(text, alone)  # a module that needs nothing from here
        again = alone["f"](*program.inputs)
        for a, b in zip(*([x] if len(outputs) == 1 else x for x in (again, found)), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)
    for a, b in zip(found if len(outputs) > 1 else [found], outputs, strict=True):
        np.testing.assert_allclose(a, b.data, rtol=1e-8, atol=1e-8 * max(1, np.abs(b.data).max(initial=0)))


@given(programs(), st.integers(0, 3))
def test_loops_and_buffers_change_no_result(program: Any, k: int) -> None:
    """With a cache that is so small that there are loops, and memory that is used again everywhere."""
    leaves = [Tensor(x, requires_grad=True) for x in program.inputs]
    loss = program.loss(autodiff.numpy, leaves)
    loss.backward(create_graph=True)
    outputs = [loss, *[x.grad for x in leaves if x.has_grad]]
    before = simplify(program_of(outputs, dict.fromkeys(leaves)))
    after = buffered(chunked(before, size=2 << (2 * k + 2)), small=0)
    f, text = compiled(after)
    memory = [arena(after)] if after.blocks else []
    for xs in (program.inputs, [np.sin(x * 7.0) for x in program.inputs], program.inputs):
        want, found = run(before, *xs), f(*xs, *memory)
        for a, b in zip(found if len(outputs) > 1 else [found], want, strict=True):
            a = np.asarray(a)
            assert (a.shape, a.dtype) == (np.shape(b), np.asarray(b).dtype), text
            scale = np.abs(b[np.isfinite(b)]).max(initial=1.0)
            np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-8 * scale, err_msg=text)


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
        (lambda x, y: 2.0 * (0.25 * x), ["multiply"], ["multiply"]),
        (lambda x, y: 0.25 * (2.0 * x), ["multiply", "multiply"], ["multiply", "multiply"]),
        (lambda x, y: -(x * 3.0) * 2.0, ["multiply"], ["multiply"]),
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
    after = without_dead_code(simplified(before, formulas=formulas))
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


def test_products_of_transposed_matrices():
    x, y, w = variables((4, 5), (4, 3), (4,))
    before = program_of([x.T @ y, y.T @ x, (y.T @ x).T, x.T @ w, w @ y, w @ x.T.T, x.T @ (y @ y.T)])
    after = simplify(before)
    assert "transpose" not in names(after)[:2]
    same(before, after, x.value, y.value, w.value)
    for a, b in zip(compiled(after)[0](x.value, y.value, w.value), before.outputs, strict=True):
        assert a.shape == b.shape
    assert "x0.T @ x1" in source(after)


@pytest.mark.parametrize(
    ("labels", "shapes", "text"),
    [
        ("iab,ibc->iac", [(5, 2, 3), (5, 3, 4)], "x0 @ x1"),
        ("iba,ibc->iac", [(5, 3, 2), (5, 3, 4)], "x0.mT @ x1"),
        ("iab,icb->ica", [(5, 2, 3), (5, 4, 3)], "x1 @ x0.mT"),
        ("iab,ibc->iac", [(5, 2, 2), (5, 2, 2)], "x0 @ x1"),
        ("jiab,jibc->jica", [(2, 5, 2, 3), (2, 5, 3, 4)], "x1.mT @ x0.mT"),
        ("iab,bc->iac", [(5, 2, 3), (3, 4)], None),
        ("iab,ibc->aic", [(5, 2, 3), (5, 3, 4)], None),
        ("iab,ib->ia", [(5, 2, 3), (5, 3)], None),
    ],
)
def test_stacks_of_matrices(labels: str, shapes: Any, text: str | None) -> None:
    x, y = variables(*shapes)
    before = program_of([autodiff.einsum(labels, x, y)], {x: None, y: None})
    after = simplify(before)
    assert text is None or source(after).endswith(f"return {text}\n")
    same(before, after, x.value, y.value)
    np.testing.assert_allclose(compiled(after)[0](x.value, y.value), np.einsum(labels, x.value, y.value))


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


# ---- loops and memory
def looped(f: Any, *xs: Any, size: int = 4096) -> tuple[Program, str]:
    """The program of f with its loops, which must compute what it computed before."""
    leaves = [Tensor(x, requires_grad=x.dtype.kind == "f", name=f"x{k}") for k, x in enumerate(xs)]
    before = simplify(program_of([f(*leaves)], dict.fromkeys(leaves)))
    after = buffered(chunked(before, size), small=256)
    g, text = compiled(after)
    memory = [arena(after)] if after.blocks else []
    for _ in range(2):
        found, want = g(*xs, *memory), run(before, *xs)[0]
        assert np.shape(found) == np.shape(want)
        np.testing.assert_allclose(found, want, rtol=1e-11, err_msg=text)
    return after, text


def test_no_loop_where_calls_would_take_longer_than_memory():
    """The gradient of a long chain keeps so much alive that parts which fit into the cache are tiny."""

    def chain(x, steps):
        y = x
        for _ in range(steps):
            y = np.sin(y) * x + 0.3 * y
        return y.sum()

    x = np.linspace(0.0, 1.0, 10_000)
    for steps, loops in ((15, 1), (300, 0)):
        leaf = Tensor(x, requires_grad=True)
        gradient = grad(lambda x, steps=steps: chain(x, steps))(leaf)
        program = simplify(program_of([gradient], {leaf: "x"}))
        assert len(chunked(program, 1 << 20).groups) == loops


ROWS = np.random.default_rng(5).normal(size=(1001, 8))
m = autodiff.numpy


@pytest.mark.parametrize(
    "f",
    [
        lambda x: m.sin(x) * 2 + m.cos(x),
        lambda x: (m.sin(x) * x).sum(axis=0),
        lambda x: (m.sin(x) * x + x[:, ::-1]).sum(axis=1),
        lambda x: m.exp(x - x.max(axis=1, keepdims=True)).max(axis=0),
        lambda x: (m.exp(x) @ np.ones((8, 3))).sum(axis=0),
        lambda x: m.exp(x).T @ m.tanh(x),
        lambda x: m.einsum("ij,ik->jk", m.exp(x), m.sin(x)) + x[:8].sum(),
        lambda x: m.sin(x[:, None, :] - np.ones((5, 8))).reshape(1001, 40).min(axis=0),
        lambda x: m.softmax(m.exp(x) * 2, axis=1) / m.exp(x).sum(),
        lambda x: m.exp(x) * m.sin(x) / m.exp(x).sum(axis=0) + m.sin(x),
        lambda x: m.concatenate([m.exp(x), m.sin(x)], axis=1) ** 2,
        lambda x: m.cumsum(m.exp(x) * m.sin(x), axis=0) + m.exp(x),
        lambda x: m.sort(m.exp(x) * m.sin(x), axis=1) + m.exp(x),
        lambda x: (m.exp(x) * m.sin(x)).sum(),
        lambda x: m.where(x > 0, m.exp(x) + 1, m.sin(x) * m.cos(x)),
        lambda x: m.broadcast_to(m.exp(x).sum(axis=1, keepdims=True), (1001, 8)) * m.sin(x),
        lambda x: m.linalg.norm(m.exp(x) * m.sin(x), axis=1),
        lambda x: m.einsum("iab,icb->iac", m.exp(x).reshape(1001, 2, 4), m.sin(x).reshape(1001, 2, 4)) * 2,
        lambda x: m.einsum("iab,iac->bc", m.exp(x).reshape(1001, 2, 4), m.sin(x).reshape(1001, 2, 4)),
        lambda x: grad(lambda x: (m.exp(x).min(axis=1) * 2 + m.sin(x).max(axis=1)).sum())(x),
        lambda x: m.where(m.argmax(m.exp(x) * 2, axis=1)[:, None] > 3, m.exp(x) * 2, m.sin(x)),
        lambda x: m.logsumexp(m.exp(x), axis=1) + m.softmax(m.sin(x), axis=1).sum(axis=1),
    ],
)
def test_loops_over_rows(f: Any) -> None:
    program, text = looped(f, ROWS)
    assert program.groups and "for i in range(0, 1001" in text


@pytest.mark.parametrize(
    "f",
    [
        lambda x: m.sin(x) * 2 + m.cos(x) * x[0],
        lambda x: (m.sin(x) * x).sum(axis=-1),
        lambda x: (m.sin(x) * x + x[::-1]).sum(axis=0),
        lambda x: (m.sin(x) * x + x[..., ::-1]).sum(axis=0) * m.cos(x),
        lambda x: m.exp(x - x.max(axis=0)).max(axis=1),
        lambda x: (np.ones((3, 8)) @ m.exp(x)).sum(axis=0),
        lambda x: m.sin(x[:, None, :] - np.ones((5, 1))).reshape(40, 1001).min(axis=1),
        lambda x: m.exp(x) * m.sin(x)[2:3] + m.exp(x)[np.array([1, 1])].sum(axis=0),
        lambda x: m.concatenate([m.exp(x), m.sin(x)], axis=0) ** 2,
        lambda x: m.sort(m.exp(x) * m.sin(x), axis=0) + m.exp(x),
        lambda x: (m.exp(x) * m.sin(x)).sum(),
        lambda x: m.broadcast_to(m.exp(x).sum(axis=0), (8, 1001)) * m.sin(x),
        lambda x: m.einsum("abi,bci->aci", m.exp(x).reshape(4, 2, 1001), m.sin(x).reshape(2, 4, 1001)) * 2,
        lambda x: grad(lambda x: (m.exp(x).min(axis=0) * 2 + m.sin(x).max(axis=0)).sum())(x),
        lambda x: m.logsumexp(m.exp(x), axis=0) + m.softmax(m.sin(x), axis=0).sum(axis=0),
    ],
)
def test_loops_over_rows_that_come_last(f: Any) -> None:
    program, _ = looped(f, ROWS.T.copy(), size=1 << 15)
    assert program.groups
    looped(f, ROWS.T.copy(), size=1 << 13)


def test_loops_are_over_the_side_that_most_arrays_share():
    program, text = looped(lambda x: m.exp(x - x.max(axis=0)).sum(axis=0), ROWS.T.copy(), size=1 << 15)
    (loop,) = program.groups
    assert (loop.side, loop.length) == (-1, 1001)
    assert "out=b1[..., :m]" in text


def test_indices_that_leave_rows_where_they_are():
    x = Tensor(np.ones((6, 4, 6)), requires_grad=True)
    cases: list[tuple[Any, Any, Any]] = [
        (np.s_[:], (0,), (2,)),
        (np.s_[:, 1:], (0,), (2,)),
        (np.s_[..., 2:], (0,), None),
        (np.s_[..., :], (0,), (2,)),
        (np.s_[1:], None, (2,)),
        (np.s_[None], None, (2,)),
        (np.s_[..., None], (0,), None),
        (np.s_[:, 1, :], (0,), (2,)),
        (np.s_[:, :, ::-1], (0,), None),
        (np.s_[:, np.array([0, 1])], (0,), (2,)),
        (np.s_[np.array([0] * 6), np.array([1] * 6)], None, None),
        (np.s_[:, None, 1], (0,), (2,)),
    ]
    for index, first, last in cases:
        (term,) = program_of([x[index]]).terms
        assert (needs(term, 6, 0), needs(term, 6, -1)) == (first, last), index


def test_what_fits_into_the_cache_is_no_loop():
    program, text = looped(lambda x: m.sin(x) * 2 + 1, ROWS, size=1 << 20)
    assert not program.groups and "out=" in text


def test_memory_is_used_again():
    program, _ = looped(lambda x: m.tanh(m.sin(m.exp(x) * 2) + 1) * 3 - 1, ROWS, size=1 << 22)
    assert program.blocks == (ROWS.nbytes,)
    assert len(program.buffers) == len(program.terms) - 1  # the result is the caller's


def test_memory_of_views_is_not_used_too_early():
    def f(x: Any) -> Any:
        y = m.exp(x)
        z = m.reshape(y, (8, 1001))
        w = m.sin(x) * 2  # must not be written over y, which z still shows
        return m.transpose(z) + w + m.cos(w)

    looped(f, ROWS, size=1 << 22)
    looped(f, ROWS)


def test_nan_and_infinity_pass_through_loops():
    x = ROWS.copy()
    x[3, 2], x[500, 1], x[1000, 7] = np.nan, np.inf, -np.inf
    for f in (
        lambda x: (m.exp(x) * 2).max(axis=0),
        lambda x: (m.exp(x) * 2 + 1).sum(axis=0),
        lambda x: (-m.exp(x) * 2).min(axis=0),
    ):
        looped(f, x)
    looped(lambda x: (x * -1.0 * 1.5).sum(axis=0), np.zeros((1001, 8)))


def test_nothing_is_computed_twice_because_it_is_named_twice():
    x = Value(2.0, name="x")
    y = (x + 1) * (x + 1) + x * x
    program = simplify(program_of([y]))
    text = source(program)
    assert text.count("x + 1") == 1 and "x * x" in text
    assert compiled(program)[0](3.0) == 25.0


def test_expansions_are_what_they_stand_for():
    x = np.random.default_rng(1).normal(size=(700, 10)) * 50
    x[0], x[1], x[2, 3], x[3, 4], x[4, :2] = -np.inf, np.inf, np.nan, np.inf, -np.inf
    for axis in (0, 1, -1, None):
        for f in (m.logsumexp, m.softmax, m.log_softmax):
            t = Tensor(x, requires_grad=True)
            before = program_of([f(t, axis=axis)])
            after = simplify(before)
            assert len(after.terms) > 1
            for xs in (x, x[5:].repeat(2, axis=0)[:700]):
                want, found = run(before, xs)[0], run(after, xs)[0]
                assert np.shape(want) == np.shape(found)
                np.testing.assert_allclose(found, want, rtol=1e-12)


@pytest.mark.parametrize("c, d", [(1e200, 1e200), (1e-200, 1e-200), (-1e200, 1e200)])
@pytest.mark.parametrize("x", [0.0, 1e300, -1e300, 1e-300])
def test_numbers_are_not_multiplied_where_their_product_is_out_of_range(c, d, x):
    def f(t):
        return (t * c) * d

    x = np.array([x, 1.0])
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(autodiff.jit(f)(x).data, f(x))
        small = x.clip(-1e38, 1e38).astype(np.float32)
        np.testing.assert_array_equal(
            autodiff.jit(lambda t: (t * 1e30) * 1e30)(small).data, small * 1e30 * 1e30
        )
