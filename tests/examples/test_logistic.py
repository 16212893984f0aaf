"""Logistic regression: the derivatives are the closed forms, the coefficients scikit-learn's."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from autodiff import grad, hessian
from tests.programs import load

example = load("examples/logistic.py")


def test_the_derivatives_are_the_closed_forms():
    rng = np.random.default_rng(0)
    x, sign, p = rng.normal(size=(20, 3)), rng.choice([-1, 1], 20), rng.normal(size=4)
    wide, penalty = np.column_stack([x, np.ones(20)]), np.diag([0.7, 0.7, 0.7, 0.0])
    likely = 1 / (1 + np.exp(-wide @ p))
    want = wide.T @ (likely - (sign + 1) / 2) + penalty @ p
    np.testing.assert_allclose(grad(example.loss)(p, x, sign, 0.7), want, rtol=1e-12)
    want = wide.T @ np.diag(likely * (1 - likely)) @ wide + penalty
    np.testing.assert_allclose(hessian(example.loss)(p, x, sign, 0.7), want, rtol=1e-12)


@pytest.mark.parametrize("strength", ["1", "30"])
def test_it_finds_what_scikit_learn_finds(strength, capsys):
    found, known = example.main(["--strength", strength])
    np.testing.assert_allclose(found, known, atol=1e-5)
    out = capsys.readouterr().out
    assert "samples judged right" in out and max(map(len, out.splitlines())) <= 80


def test_another_answer_is_noticed(monkeypatch):
    fit = example.fit
    monkeypatch.setattr(example, "fit", lambda *args: fit(*args) + 0.01)
    with pytest.raises(AssertionError, match="not what scikit-learn finds"):
        example.main([])


def test_without_scikit_learn_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(SystemExit, match="pip install scikit-learn"):
        example.main([])


def test_a_penalty_that_is_none(capsys):
    with pytest.raises(SystemExit):
        example.main(["--strength", "0"])
    assert "0.01 or more" in capsys.readouterr().err
