"""The penalties of a ridge regression: the implicit derivatives are those of the closed form."""

from __future__ import annotations

import re

import numpy as np
import pytest

import autodiff as ad
from autodiff import grad
from tests.programs import load, run

example = load("examples/ridge.py")


def closed_form(log_penalty, data):
    x, y, other_x, other_y = data
    w = ad.linalg.solve(x.T @ x + ad.exp(log_penalty) * np.eye(x.shape[1]), x.T @ y)
    return ((other_x @ w - other_y) ** 2).mean()


@pytest.mark.parametrize("log_penalty", [0.3, np.linspace(-1.0, 2.0, 10)], ids=["one", "each"])
def test_the_derivatives_of_the_closed_form(log_penalty):
    data = example.load(1)

    def twice(error):
        return grad(lambda p: (np.ones(1) * grad(error)(p, data) ** 2).sum())(log_penalty)

    np.testing.assert_allclose(example.error(log_penalty, data), closed_form(log_penalty, data), rtol=1e-12)
    got, want = grad(example.error)(log_penalty, data), grad(closed_form)(log_penalty, data)
    np.testing.assert_allclose(got, want, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(twice(example.error), twice(closed_form), rtol=1e-8, atol=1e-12)


def test_the_error_comes_down_to_where_it_has_no_slope(capsys):
    single, each = example.main(["--steps", "50"])
    assert each < single
    text = capsys.readouterr().out
    slope, difference = (float(x) for x in re.findall(r": +(-?\d\.\d{9})\n", text))
    assert slope == pytest.approx(difference, abs=1e-8)
    assert abs(float(re.findall(r"(\S+)\n\nerror with one", text)[0])) < 1e-10
    grid = [float(closed_form(p, example.load(0))) for p in np.linspace(-4, 10, 281)]
    assert single == pytest.approx(min(grid), abs=1e-5)


def test_steps_that_are_none():
    done = run("examples/ridge.py", "--steps", "-1")
    assert done.returncode == 2
    assert "not negative" in done.stderr
