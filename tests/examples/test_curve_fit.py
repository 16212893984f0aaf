"""The fitted curve: against SciPy's own fit without derivatives, the truth, and finite differences."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy import optimize

from autodiff import ravel_pytree
from autodiff.testing import check_grads
from tests.programs import load, run

example = load("examples/curve_fit.py")

TRUTH, _ = ravel_pytree(example.TRUTH)
START, unravel = ravel_pytree(example.START)


@pytest.mark.parametrize("seed", [0, 1])
def test_it_finds_what_scipy_finds(seed):
    t, y = example.measure(0.1, 200, seed)
    found, errors, report = example.fit(t, y)
    # Levenberg and Marquardt's method, with differences for derivatives
    want, covariance = optimize.curve_fit(lambda t, *p: example.model(unravel(np.array(p)), t), t, y, START)
    assert report.success and report.nhev > report.nit > 3
    np.testing.assert_allclose(ravel_pytree(found)[0], want, atol=1e-5)
    # curve_fit leaves out the curvature of the model itself, which is small where the noise is
    np.testing.assert_allclose(ravel_pytree(errors)[0], np.sqrt(np.diagonal(covariance)), rtol=0.1)
    assert np.all(np.abs(want - TRUTH) < 4 * ravel_pytree(errors)[0])


def test_without_noise_it_finds_the_truth():
    t, y = example.measure(0.0, 100, 0)
    found, _, report = example.fit(t, y)
    assert report.fun < 1e-12
    np.testing.assert_allclose(ravel_pytree(found)[0], TRUTH, atol=1e-6)


def test_the_derivatives_agree_with_finite_differences():
    t, y = example.measure(0.1, 30, 0)
    check_grads(lambda p: example.half_squares(p, t, y), (example.START,))


def test_the_model_is_its_formula():
    t = np.array([0.0, 0.5, 3.0])
    want = [
        2 * np.exp(-0.3 * s) * np.cos(np.pi * s + 0.4)
        + np.exp(-0.1 * s) * np.cos(2.4 * np.pi * s - 0.8)
        + 0.5
        for s in t
    ]
    np.testing.assert_allclose(example.model(example.TRUTH, t), want)


def test_what_is_printed(capsys):
    found = example.main(["--points", "50"])
    out = capsys.readouterr().out
    rows = {line[:16].strip(): line[16:].split() for line in out.splitlines()[4:]}
    assert list(rows) == ["", *(f"{n} {k}" for n in list(example.TRUTH)[:4] for k in (1, 2)), "offset"]
    assert rows["frequency 2"][1] == f"{found['frequency'][1]:.4f}" and rows["frequency 2"][3] == "1.2000"
    assert "50 points" in out and "did not arrive" not in out
    assert max(map(len, out.splitlines())) <= 80


def test_a_fit_that_does_not_arrive_says_so(monkeypatch, capsys):
    minimize = optimize.minimize
    few = {"gtol": 1e-6, "maxiter": 2}
    monkeypatch.setattr(optimize, "minimize", lambda *args, **kw: minimize(*args, **{**kw, "options": few}))
    example.main(["--points", "50"])
    out = capsys.readouterr().out
    assert "did not arrive: Maximum number of iterations" in out and out.count("nan") == 9


def test_without_scipy_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    with pytest.raises(SystemExit, match="pip install scipy"):
        example.main([])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--noise", "-1"], "argument --noise: -1 is not 0 or more"),
        (["--noise", "nan"], "argument --noise: nan is not"),
        (["--noise", "loud"], "argument --noise: 'loud' is not a number"),
        (["--points", "8"], "argument --points: 8 is not 30 or more"),
        (["--seed", "1.5"], "argument --seed: '1.5' is not a whole number"),
    ],
)
def test_bad_arguments(arguments, message, capsys):
    with pytest.raises(SystemExit) as stop:
        example.main(arguments)
    out, err = capsys.readouterr()
    assert (stop.value.code, out) == (2, "") and message in err


def test_it_runs_as_a_program():
    done = run("examples/curve_fit.py")
    assert (done.returncode, done.stderr) == (0, "") and "frequency 2" in done.stdout
