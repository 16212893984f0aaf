"""Every primitive against finite differences: each argument, both modes, first and second order.

The samples are rows of tests/samples/; a primitive without a row fails.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autodiff import Tensor, Value, jvp, vjp
from autodiff.graph import Node
from autodiff.kinds import PRIMITIVES
from autodiff.testing import check_grads
from tests import samples
from tests.samples import SAMPLES, Case

ELEMENTWISE = [name for name, row in SAMPLES.items() if not isinstance(row[0], Case)]
SMOOTH = [name for name in ELEMENTWISE if PRIMITIVES[name].rules.pulls]
CONSTANT = [name for name in ELEMENTWISE if not PRIMITIVES[name].rules.pulls]
CASES = [
    pytest.param(name, case, id=f"{name}-{k}")
    for name, row in SAMPLES.items()
    if name not in ELEMENTWISE
    for k, case in enumerate(row)
]
SHAPES = {
    1: [[(3,)], [()], [(2, 3)], [(0, 3)]],
    2: [[(3,), (3,)], [(2, 3), (3,)], [(2, 1), (1, 3)], [(), (2,)], [(2, 3), ()], [(0, 3), (1, 3)], [(), ()]],
    3: [[(3,), (3,), (3,)], [(2, 1), (3,), ()], [(), (2, 3), (1, 3)], [(0,), (1,), ()]],
}
SEEDS = st.integers(0, 2**32 - 1)
DTYPES = st.sampled_from([np.float64, np.float64, np.float32])


def test_every_primitive_has_samples():
    assert set(SAMPLES) == samples.BUILT_IN


def subsets(n: int) -> list[tuple[int, ...]]:
    """Each argument alone, and all together."""
    return [(k,) for k in range(n)] + [tuple(range(n))] * (n > 1)


def active(name: str, row: list[Any]) -> list[tuple[int, ...]]:
    """The arguments to differentiate: those that have a derivative."""
    having = samples.active(name, len(row))
    return [tuple(having[k] for k in subset) for subset in subsets(len(having))]


def of(op: Any, xs: list[Any], chosen: tuple[int, ...], params: dict[str, Any]) -> Any:
    """op as a function of the chosen arguments; the others stay."""

    def f(*variables: Any) -> Any:
        given = list(xs)
        for k, variable in zip(chosen, variables, strict=True):
            given[k] = variable
        return op(*given, **params)

    return f


def cast(x: np.ndarray, dtype: Any) -> np.ndarray:
    return x.astype(dtype) if x.dtype.kind == "f" else x


@pytest.mark.parametrize("name", SMOOTH)
@given(seed=SEEDS, dtype=DTYPES, data=st.data())
def test_elementwise(name, seed, dtype, data):
    op, row, rng = PRIMITIVES[name], SAMPLES[name], np.random.default_rng(seed)
    shapes = data.draw(st.sampled_from(SHAPES[len(row)]))
    chosen = data.draw(st.sampled_from(active(name, row)))
    xs = [cast(domain.draw(rng, shape), dtype) for domain, shape in zip(row, shapes, strict=True)]
    if data.draw(st.booleans()):  # arrays that are not contiguous
        xs = [np.stack([x, x], axis=-1)[..., 0] for x in xs]
    check_grads(of(op, xs, chosen, {}), [xs[k] for k in chosen])


@pytest.mark.parametrize("name", SMOOTH)
@given(seed=SEEDS, data=st.data())
def test_elementwise_on_numbers(name, seed, data):
    op, row, rng = PRIMITIVES[name], SAMPLES[name], np.random.default_rng(seed)
    chosen = data.draw(st.sampled_from(active(name, row)))
    xs = [domain.draw(rng, ()).item() for domain in row]
    check_grads(of(op, xs, chosen, {}), [xs[k] for k in chosen])


@pytest.mark.parametrize("name", SMOOTH)
def test_mixed_dtypes(name):
    """float32 beside float64: each gradient has its input's dtype."""
    op, row, rng = PRIMITIVES[name], SAMPLES[name], np.random.default_rng(0)
    for dtypes in itertools.product([np.float32, np.float64], repeat=len(row)):
        xs = [cast(domain.draw(rng, (3,)), dtype) for domain, dtype in zip(row, dtypes, strict=True)]
        for chosen in active(name, row):
            check_grads(of(op, xs, chosen, {}), [xs[k] for k in chosen], atol=2e-4, rtol=2e-4)


@pytest.mark.parametrize(("name", "case"), CASES)
def test_case(name, case):
    op, rng = PRIMITIVES[name], np.random.default_rng(0)
    for dtype in (np.float64, np.float32):
        xs: list[Any] = [cast(domain.draw(rng, shape), dtype) for domain, shape in case.arguments]
        if name == "lift":
            xs = [x.item() for x in xs]
        for chosen in active(name, xs):
            check_grads(of(op, xs, chosen, case.params), [xs[k] for k in chosen])


@pytest.mark.parametrize("name", CONSTANT)
@pytest.mark.parametrize("shapes", [((),) * 3, ((3,),) * 3, ((2, 3), (3,), (1,)), ((0,),) * 3])
def test_constant(name, shapes):
    rng = np.random.default_rng(0)
    xs = [domain.draw(rng, shape) for domain, shape in zip(SAMPLES[name], shapes, strict=False)]
    check_constant(PRIMITIVES[name], xs, {})


STEPS = [case for case in CASES if not PRIMITIVES[case.values[0]].rules.pulls]


@pytest.mark.parametrize(("name", "case"), STEPS)
def test_constant_case(name, case):
    rng = np.random.default_rng(0)
    xs = [domain.draw(rng, shape) for domain, shape in case.arguments]
    check_constant(PRIMITIVES[name], xs, case.params)


def check_constant(op: Any, xs: list[Any], params: dict[str, Any]) -> None:
    """Nothing that was computed by op asks for a derivative, and every derivative along floats is zero."""
    out = op(*[Tensor(x, requires_grad=x.dtype.kind == "f") for x in xs], **params)
    assert not out.requires_grad
    chosen = tuple(k for k, x in enumerate(xs) if x.dtype.kind == "f")
    f, floats = of(op, xs, chosen, params), [xs[k] for k in chosen]
    for g in vjp(f, *floats)[1](np.ones_like(out.value)):
        assert not np.any(g)
    if floats:
        assert not np.any(jvp(f, floats, [np.ones_like(x) for x in floats])[1])


NUMPY = [name for name in ELEMENTWISE if hasattr(np, name) and name not in ("sign", "identity")]


@pytest.mark.parametrize("name", NUMPY)
def test_values_are_numpys(name):
    op, row, rng, f = PRIMITIVES[name], SAMPLES[name], np.random.default_rng(0), getattr(np, name)
    for shapes in SHAPES[len(row)]:
        for dtype in (np.float32, np.float64):
            xs = [cast(domain.draw(rng, shape), dtype) for domain, shape in zip(row, shapes, strict=True)]
            want = f(*xs)
            for got in (op(*map(Tensor, xs)).data, op(*xs)):
                np.testing.assert_array_equal(got, want)
                assert got.dtype == want.dtype
                assert got.shape == want.shape


@pytest.mark.parametrize("name", [n for n in ELEMENTWISE if PRIMITIVES[n].scalar])
def test_numbers_agree_with_arrays(name):
    """The scalar function and the array function of a row are the same function."""
    op, row, rng = PRIMITIVES[name], SAMPLES[name], np.random.default_rng(0)
    for _ in range(20):
        xs = [domain.draw(rng, ()) for domain in row]
        numbers = [x.item() for x in xs]
        out = op(*[Value(x) if isinstance(x, float) else x for x in numbers])
        assert isinstance(out, Value) or not isinstance(out, Node)
        got = out.value if isinstance(out, Value) else out
        assert isinstance(got, (float, int, bool))
        assert got == op.scalar(*numbers)
        np.testing.assert_allclose(got, op.f(*xs), rtol=1e-14)
