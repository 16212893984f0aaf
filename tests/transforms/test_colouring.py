"""What a colouring is: rows and columns that can be read together."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from autodiff import (
    sparse_hessian,
    sparse_jacobian,
)
from autodiff.transforms.colouring import colour_columns, colour_symmetric
from tests.transforms.test_sparse import heat


# ---- colours ---------------------------------------------------------------------------------------------
@st.composite
def patterns(draw: Any, square: bool = False) -> Any:
    m = draw(st.integers(0, 9))
    n = m if square else draw(st.integers(0, 9))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.random((m, n)) < draw(st.floats(0, 0.7))


@given(patterns())
def test_columns_of_a_colour_have_no_row_in_common(dense):
    colours = colour_columns(scipy.sparse.csr_array(dense))
    for a, b in itertools.combinations(range(dense.shape[1]), 2):
        assert colours[a] != colours[b] or not np.any(dense[:, a] & dense[:, b])
    assert len(set(colours)) <= dense.shape[1]
    if np.any(dense):
        assert max(colours) + 1 >= dense.sum(axis=1).max()


@given(patterns(square=True))
def test_star_colourings_are_star_colourings(dense):
    dense = dense | dense.T
    n = len(dense)
    colours = colour_symmetric(scipy.sparse.csr_array(dense))
    for a, b in itertools.permutations(range(n), 2):
        assert colours[a] != colours[b] or not dense[a, b]
    for path in itertools.permutations(range(n), 4) if n < 8 else paths(dense):
        if all(dense[a, b] for a, b in itertools.pairwise(path)):
            assert len({colours[v] for v in path}) > 2, (path, colours)


def paths(dense):
    near = [np.flatnonzero(row) for row in dense]
    return [
        (a, b, c, d)
        for b in range(len(dense))
        for c in near[b]
        for a in near[b]
        for d in near[c]
        if len({a, b, c, d}) == 4
    ]


@given(patterns(square=True), st.integers(0, 2**32 - 1))
def test_every_entry_of_a_hessian_is_read_where_it_is_alone(dense, seed):
    A = np.random.default_rng(seed).normal(size=dense.shape) * (dense | dense.T)
    A = A + A.T
    i, j = np.nonzero(A)

    def f(x):  # not x @ A @ x, in which all depends on all
        return (A[i, j] * x[i] * x[j]).sum() / 2

    x = np.ones(len(A))
    np.testing.assert_allclose(sparse_hessian(f)(x).toarray(), A, atol=1e-14)


def test_few_colours():
    def band(n, k):
        return scipy.sparse.diags_array(
            [np.ones(n, bool)] * (2 * k + 1), offsets=range(-k, k + 1), shape=(n, n), dtype=bool
        ).tocsr()

    def count(colours):
        return max(colours) + 1

    for k in (0, 1, 2, 5):
        assert count(colour_columns(band(100, k))) == 2 * k + 1
    assert count(colour_symmetric(band(100, 1))) == 3
    assert count(colour_symmetric(band(100, 5))) <= 11
    arrow = scipy.sparse.lil_array((100, 100), dtype=bool)
    arrow[50, :] = arrow[:, 50] = True
    assert count(colour_columns(arrow.tocsr())) == 100
    assert count(colour_symmetric(arrow.tocsr())) == 2
    u = np.zeros((30, 30))
    plan = sparse_jacobian(heat).plan(u)
    assert 5 <= len(plan.walks) <= 9
    rows = sparse_jacobian(lambda x: (x.reshape(10, 10) ** 2).sum(axis=1)).plan(np.ones(100))
    assert (rows.by, len(rows.walks), rows.colours.shape) == ("backward", 1, (10,))
    columns = sparse_jacobian(lambda x: np.outer(x, np.ones(10)) ** 2).plan(np.ones(10))
    assert (columns.by, len(columns.walks), columns.colours.shape) == ("forward", 1, (10,))
