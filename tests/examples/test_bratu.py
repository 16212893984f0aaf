"""Bratu's equation: against a Jacobian written by hand, and what is known of its solutions."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import scipy.sparse
from scipy.sparse.linalg import spsolve

from autodiff import sparse_jacobian
from tests.programs import load, run

example = load("examples/bratu.py")


def by_hand(u, rate):
    """Kronecker products of the second difference, and the reaction on the diagonal."""
    n = len(u)
    second = scipy.sparse.diags_array([1.0, -2.0, 1.0], offsets=[-1, 0, 1], shape=(n, n))
    one = scipy.sparse.eye_array(n)
    reaction = scipy.sparse.diags_array(rate * np.exp(u.ravel()) / (n + 1) ** 2)
    return scipy.sparse.csr_array(scipy.sparse.kron(second, one) + scipy.sparse.kron(one, second) + reaction)


def test_the_jacobian_is_the_five_point_matrix():
    u = np.random.default_rng(0).uniform(0, 1, (9, 9))
    plan = sparse_jacobian(example.residual).plan(u, 2.0)
    want = by_hand(u, 2.0)
    np.testing.assert_allclose(plan(u, 2.0).toarray(), want.toarray(), rtol=1e-14)
    assert plan.pattern.nnz == want.nnz == 5 * 81 - 4 * 9 and len(plan.walks) <= 7


def test_it_solves_the_equation():
    u, arrived = example.solve(6.0, 20, say=lambda line: None)
    want = np.zeros((20, 20))
    for _ in range(10):
        left = example.residual(want, 6.0)
        want -= spsolve(by_hand(want, 6.0).tocsc(), left.ravel()).reshape(want.shape)
    assert arrived
    np.testing.assert_allclose(u, want, rtol=1e-9)
    np.testing.assert_allclose(u, u.T, rtol=1e-9)


def test_little_heat_is_poissons_equation():
    """Whose solution has 0.0736713 in the middle, for a source of 1."""
    u, arrived = example.solve(1e-4, 51, say=lambda line: None)
    assert arrived and u.max() == pytest.approx(0.0736713e-4, rel=1e-3)


def test_what_is_printed(capsys):
    u = example.main(["--size", "30"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("<plan of a sparse Jacobian: 900 × 900, 4380 nonzeros,")
    assert f"largest u {u.max():.6f}" in lines[-14]
    assert lines[-13] == "" and len(lines[-12:]) == 12 and "@" in lines[-6] and max(map(len, lines)) <= 80


def test_above_the_limit_there_is_none(capsys):
    example.main(["--size", "20", "--rate", "8"])
    assert "did not arrive" in capsys.readouterr().out


def test_without_scipy_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.sparse.linalg", None)
    with pytest.raises(SystemExit, match="pip install scipy"):
        example.main([])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--size", "1"], "argument --size: 1 is not 2 or more"),
        (["--size", "many"], "argument --size: invalid int value: 'many'"),
        (["--rate", "-1"], "argument --rate: -1 is not more than 0"),
        (["--rate", "nan"], "argument --rate: nan is not"),
    ],
)
def test_bad_arguments(arguments, message, capsys):
    with pytest.raises(SystemExit) as stop:
        example.main(arguments)
    out, err = capsys.readouterr()
    assert (stop.value.code, out) == (2, "") and message in err


def test_it_runs_as_a_program():
    done = run("examples/bratu.py", "--size", "20")
    assert (done.returncode, done.stderr) == (0, "") and "largest u" in done.stdout
