"""The example that draws a network."""

from __future__ import annotations

import math

import pytest

from tests.programs import load, run

example = load("examples/graph.py")


def test_the_loss_is_that_of_the_formula():
    h1, h2 = math.tanh(-0.73 - 2 * 0.69 + 0.1), math.tanh(0.53 + 2 * 0.49 + 0.2)
    assert example.network().data == pytest.approx((0.7 * h1 - 0.4 * h2 + 0.2 - 0.5) ** 2, rel=1e-14)


def test_it_prints_and_saves(tmp_path, capsys):
    example.main([])
    assert "ŷ" in capsys.readouterr().out
    example.main(["--save", str(tmp_path / "a.svg"), "--depth", "0"])
    assert "hidden layer" in (tmp_path / "a.svg").read_text("utf-8")


def test_it_saves_the_stepper(tmp_path):
    example.main(["--step", str(tmp_path / "a.html")])
    page = (tmp_path / "a.html").read_text("utf-8")
    assert "h = u.tanh()" in page and len(page.encode()) < 60_000


def test_bad_arguments():
    for arguments in (["--save", "a.gif"], ["--depth", "-1"], ["--save", "nowhere/a.svg"]):
        with pytest.raises(SystemExit, match=r"gif|depth|nowhere"):
            example.main(arguments)


def test_it_runs_as_a_program():
    done = run("examples/graph.py")
    assert (done.returncode, done.stderr) == (0, "") and "hidden layer" in done.stdout
