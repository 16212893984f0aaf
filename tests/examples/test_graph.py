"""The example that draws a network."""

from __future__ import annotations

import importlib.util
import math
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "examples" / "graph.py"
_spec = importlib.util.spec_from_file_location("graph_example", PROGRAM)
example = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(example)


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
    done = subprocess.run(
        [sys.executable, str(PROGRAM)],
        cwd=ROOT, env={"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "") and "hidden layer" in done.stdout
