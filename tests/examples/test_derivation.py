"""The example that derives the gradient of a neuron."""

from __future__ import annotations

import math
import sys

import pytest

from autodiff import formula, grad
from tests.programs import load, run

example = load("examples/derivation.py")


def test_the_formula_is_that_of_paper():
    w, x, b, t = (v.data for v in example.variables())
    s = 1 / (1 + math.exp(-(w * x + b)))
    text = formula(grad(example.error)(*example.variables()))
    found = eval(text, {"sigmoid": lambda u: 1 / (1 + math.exp(-u)), "w": w, "x": x, "b": b, "t": t})
    assert found == pytest.approx(2 * (s - t) * s * (1 - s) * x, rel=1e-14)


def test_it_prints_latex_and_plots(tmp_path, capsys):
    example.main(["--latex"])
    assert r"\frac{\partial E}{\partial w} = 2 " in capsys.readouterr().out
    example.main(["--plot", str(tmp_path / "a.png")])
    assert (tmp_path / "a.png").stat().st_size > 1000
    with pytest.raises(SystemExit, match="nowhere"):
        example.main(["--plot", str(tmp_path / "nowhere" / "a.png")])


def test_without_matplotlib_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(SystemExit, match=r"autodiff-graph\[plot\]"):
        example.main(["--plot", str(tmp_path / "a.png")])


def test_it_runs_as_a_program():
    done = run("examples/derivation.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Backward: from ∂out/∂out = 1" in done.stdout and "def gradient(w, x, b, t):" in done.stdout
