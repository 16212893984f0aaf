"""Bundle adjustment: rotations are SciPy's, the Jacobian is the dense one, and the scene is found."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from autodiff import jacobian, sparse_jacobian
from tests.programs import load

example = load("examples/bundle.py")


def test_rotations_are_those_of_scipy():
    rng = np.random.default_rng(0)
    r, x = rng.normal(size=(10, 3)), rng.normal(size=(10, 3))
    np.testing.assert_allclose(example.rotate(r, x), Rotation.from_rotvec(r).apply(x), rtol=1e-12)


def test_the_sparse_jacobian_is_the_dense_one():
    truth, _, camera, point, _ = example.scene(3, 30, 0.1, 0)

    def f(x):
        return example.pixels(x, camera, point).ravel()

    plan = sparse_jacobian(f).plan(truth)
    got = plan(truth)
    np.testing.assert_allclose(got.toarray(), jacobian(f)(truth), rtol=1e-10, atol=1e-10)
    h = 1e-6 * np.random.default_rng(1).normal(size=truth.size)
    np.testing.assert_allclose(got @ h, (f(truth + h) - f(truth - h)) / 2, atol=1e-7)
    assert len(plan.walks) == 8 and set(np.diff(got.indptr)) == {8}


def test_it_finds_the_scene(capsys):
    found, off = example.main(["--cameras", "6", "--points", "100"])
    truth = example.scene(6, 100, 0.5, 0)[0]
    a, b = (x[36:].reshape(-1, 3) for x in (found, truth))
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)  # place, size and turn are free
    turn, _ = Rotation.align_vectors(b, a)
    apart = turn.apply(a) * np.sqrt((b**2).sum() / (a**2).sum()) - b
    assert 0.3 < off < 0.5 and np.sqrt(np.mean(apart**2)) < 0.005  # of 4; the guess is off by 0.05
    out = capsys.readouterr().out
    assert "8 forward walks" in out and "step  3" in out


def test_a_wrong_scene_is_noticed(monkeypatch):
    monkeypatch.setattr(example, "adjust", lambda residual, x: x)
    with pytest.raises(AssertionError, match="do not explain"):
        example.main(["--points", "30"])


def test_without_scipy_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.sparse.linalg", None)
    with pytest.raises(SystemExit, match="pip install scipy"):
        example.main(["--points", "30"])


@pytest.mark.parametrize("arguments", [["--cameras", "2"], ["--points", "29"], ["--noise", "0"]])
def test_bad_options_are_refused(arguments, capsys):
    with pytest.raises(SystemExit):
        example.main(arguments)
    assert "it takes 3 cameras and 30 points" in capsys.readouterr().err
