"""The pattern of a Jacobian or Hessian, found from the graph: nothing may be missed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from autodiff import (
    jacobian,
    sparse_jacobian,
)
from autodiff.kinds import PRIMITIVES, general, linear
from tests.samples import SAMPLES, Case, active
from tests.transforms.test_sparse import agree

# ---- every primitive -------------------------------------------------------------------------------------
CASES = [
    pytest.param(name, case.arguments, case.params, id=f"{name}-{k}")
    for name, row in SAMPLES.items()
    if isinstance(row[0], Case) and PRIMITIVES[name].rules.pulls
    for k, case in enumerate(row)
    if math.prod(case.params.get("shape", ())) < 1000
] + [
    pytest.param(name, list(zip(row, shapes, strict=False)), {}, id=f"{name}-{shapes[0]}")
    for name, row in SAMPLES.items()
    if not isinstance(row[0], Case) and PRIMITIVES[name].rules.pulls
    for shapes in [((3,), (3,), (3,)), ((2, 1), (1, 3), (3,)), ((), (2,), (1,))]
]
LOOSE = {
    "cumsum",
    "cumprod",
    "recurrence",
    "others",
    "cholesky",
    "cofactor",
    "cofactor_tangent",
}  # triangles; minors
LOOSE |= {"imag", "equal_spread", "equal_gather"}  # of real numbers; of what is not equal
LOOSE |= {"clip", "fft", "between"}  # between the bounds; twice along an axis; the other end
LOOSE |= {"convolve", "deconvolve", "cross", "polyval", "powers"}  # bands; constant polynomials
LOOSE |= {"invariant", "unmixed", "absent", "untied", "simple", "group_mean"}  # checked as a whole


@pytest.mark.parametrize(("name", "arguments", "params"), CASES)
def test_the_pattern_of_every_primitive(name, arguments, params):
    """It holds all nonzeros of the dense Jacobian at several points, and none that is zero at all of them."""
    op, rng = PRIMITIVES[name], np.random.default_rng(0)
    first = [domain.draw(rng, shape) for domain, shape in arguments]
    for k in active(name, len(arguments)):
        nonzero: Any = False
        for _ in range(30):  # enough for each element to be the largest once
            xs = [
                x if x.dtype.kind == "i" else d.draw(rng, s)
                for x, (d, s) in zip(first, arguments, strict=True)
            ]
            is_complex = np.iscomplexobj(xs[k])

            def f(x, xs=xs, k=k, is_complex=is_complex):
                given = list(xs)
                given[k] = x * (0.6 + 0.8j) + xs[k] if is_complex else x
                out = op(*given, **params)
                return out.real + 2 * out.imag if np.iscomplexobj(getattr(out, "value", out)) else out

            x = np.zeros(xs[k].shape) if is_complex else xs[k].item() if name == "lift" else xs[k]
            plan = sparse_jacobian(f).plan(x)
            dense = np.reshape(jacobian(f)(x), plan.pattern.shape)
            found = plan.pattern.toarray()
            assert not np.any(dense[~found])
            nonzero = nonzero | (dense != 0)
        assert name in LOOSE or np.array_equal(found, nonzero), (found, nonzero)


def test_what_is_not_declared_depends_on_all():
    def f(x):
        return np.cumsum(x) * 2

    def pull(m, g, out, x):
        return m.cumsum(g[::-1], axis=0)[::-1] * 2

    silent = general("silent", f, (pull,), lambda m, ts, out, x: m.cumsum(ts[0], axis=0) * 2)
    weighted = linear("weighted", lambda x: x * 2 + 1 * x, lambda m, g, x: g * 3)
    neither = linear("neither", lambda x: x + x.sum(), lambda m, g, x: g + m.sum(g))
    wrong = general("wrong", f, (pull,), lambda m, ts, out, x: None, reach="ijk,ij->k")
    folded = linear("folded", lambda x: x[:2] + x[2:], lambda m, g, x: m.concatenate(g, g))
    try:
        x = np.ones(4)
        for op in (silent, weighted, neither, wrong):
            assert sparse_jacobian(op).plan(x).pattern.toarray().all()
        agree(silent, x)
        agree(weighted, x)
        agree(neither, x)
        assert agree(folded, x).nnz == 4
        # 1 + 2 is no 3: what sums is not taken for what moves
        total = linear(
            "total", lambda x: np.stack([x[0] + x[1], x[2]]), lambda m, g, x: g[np.array([0, 0, 1])]
        )
        assert agree(total, x[:3]).nnz == 3
        crossed = linear(
            "crossed",
            lambda x: np.stack([x[0] + x[1], x[0]]),
            lambda m, g, x: m.concatenate((g[:1] + g[1:]), g[:1]),
        )
        assert agree(crossed, x[:2]).nnz == 4
    finally:
        for name in ("silent", "weighted", "neither", "wrong", "folded", "total", "crossed"):
            PRIMITIVES.pop(name, None)


def test_a_hessian_is_symmetric_though_its_pattern_is_found_crooked():
    """Where a transpose is known for less than the primitive itself."""
    taken = linear("taken", lambda x: x[:2], lambda m, g, x: m.matmul(g, np.eye(2, 4)))
    try:
        assert agree(lambda x: (taken(x) ** 3).sum(), np.arange(1.0, 5.0), hessians=True).nnz == 12
    finally:
        PRIMITIVES.pop("taken")


def test_conditions_are_no_dependence():
    assert agree(lambda x: np.where(x[:3], x[3:] ** 2, 1.0), np.arange(6.0)).nnz == 3
