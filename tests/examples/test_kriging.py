"""The fit of a Gaussian process: its derivatives are the closed forms, and it finds the noise again."""

from __future__ import annotations

import re

import numpy as np
import pytest

from autodiff import grad, testing
from tests.programs import load

example = load("examples/kriging.py")

X = np.linspace(-1.0, 1.0, 7)
Y = example.curve(X) + 0.1 * np.cos(17 * X)
START = np.array([0.2, -0.5, -1.0])


def test_the_slope_is_the_closed_form():
    a2, l2, s2 = np.exp(2 * START)
    d2 = (X[:, None] - X) ** 2
    k = a2 * np.exp(-d2 / (2 * l2))
    inverse = np.linalg.inv(k + s2 * np.eye(len(X)))
    weight = np.outer(inverse @ Y, inverse @ Y) - inverse
    want = [-0.5 * np.sum(weight * dk) for dk in (2 * k, k * d2 / l2, 2 * s2 * np.eye(len(X)))]
    np.testing.assert_allclose(grad(example.surprise)(START, X, Y), want, rtol=1e-10)
    testing.check_grads(lambda p: example.surprise(p, X, Y), (START,), rtol=1e-5)


def test_the_surprise_is_that_of_the_normal_distribution():
    k = example.covariance(START, X, X) + np.exp(2 * START[2]) * np.eye(len(X))
    want = 0.5 * (Y @ np.linalg.inv(k) @ Y + np.linalg.slogdet(2 * np.pi * k)[1])
    np.testing.assert_allclose(example.surprise(START, X, Y), want, rtol=1e-12)


def test_it_finds_the_noise_and_the_curve(capsys):
    parameters, size, error = example.main([])
    assert size < 1e-8
    assert np.exp(parameters[2]) == pytest.approx(0.2, rel=0.25)
    assert error < 0.12
    slope, difference = (float(s) for s in re.findall(r": +(-?\d+\.\d{6})\n", capsys.readouterr().out))
    assert slope == pytest.approx(difference, abs=1e-5)


def test_bad_options_are_refused():
    with pytest.raises(SystemExit):
        example.main(["--points", "2"])
