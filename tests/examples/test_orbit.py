"""The planets in the wobble: the simulation is SciPy's, and the fit finds what is there."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from autodiff import jacobian
from tests.programs import load

example = load("examples/orbit.py")


def test_the_simulation_is_that_of_scipy():
    p, seen = example.TRUTH, np.array([0, 31, 100, 200])
    mass = np.array([example.STAR, p[0] * example.JUPITER, p[5] * example.JUPITER])
    x = np.array([[0, 0], p[1:3], p[6:8]], float)
    v = np.array([[0, 0], p[3:5], p[8:10]], float)
    v -= mass @ v / mass.sum()

    def rates(t, state):
        x, v = state.reshape(2, 3, 2)
        a = np.zeros((3, 2))
        for i in range(3):
            for j in {0, 1, 2} - {i}:
                a[i] += example.GRAVITY * mass[j] * (x[j] - x[i]) / np.hypot(*(x[j] - x[i])) ** 3
        return np.ravel([v, a])

    run = solve_ivp(rates, (0, 200), np.ravel([x, v]), "DOP853", seen, rtol=1e-11, atol=1e-13)
    want = run.y[7] * example.METRES + p[10]
    got = example.wobble(p, seen)
    np.testing.assert_allclose(got[0], want[0], rtol=1e-12)
    np.testing.assert_allclose(got, want, atol=0.3)  # of 200 or so


def test_the_derivatives_are_those_of_finite_differences():
    p, seen = example.START, np.array([3, 40])
    got = jacobian(lambda p: example.wobble(p, seen), mode="fwd")(p)
    for k in range(11):
        h = 1e-6 * max(abs(p[k]), 1e-2) * np.eye(11)[k]
        want = (example.wobble(p + h, seen) - example.wobble(p - h, seen)) / (2 * h[k])
        np.testing.assert_allclose(got[:, k], want, rtol=1e-5, atol=1e-5)


def test_it_finds_the_planets(monkeypatch, capsys):
    monkeypatch.setattr(example, "SEEN", example.SEEN[:22])  # a quarter of the time that the example takes
    found, unsure = example.main([])
    assert np.all(np.abs(found - example.TRUTH) < 4 * unsure) and unsure[0] < 0.3 and unsure[5] < 0.3
    assert "planet 2, mass (Jupiters)" in capsys.readouterr().out


def test_without_scipy_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    with pytest.raises(SystemExit, match="pip install scipy"):
        example.main([])


def test_noise_that_is_none(capsys):
    with pytest.raises(SystemExit):
        example.main(["--noise", "0"])
    assert "more than 0" in capsys.readouterr().err
