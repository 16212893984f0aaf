"""The steered particle: GradBench's published figure, in every combination of modes."""

from __future__ import annotations

import importlib.util
import math
import subprocess
import sys
from pathlib import Path

import pytest

from autodiff import grad, jvp

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "examples" / "particle.py"
_spec = importlib.util.spec_from_file_location("particle", PROGRAM)
example = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(example)

FOUND = 0.2071918746486116


@pytest.mark.slow
@pytest.mark.parametrize("inner", example.MODES)
@pytest.mark.parametrize("outer", example.MODES)
def test_every_combination_finds_the_published_parameter(outer, inner):
    w = example.particle(0.0, example.MODES[outer], example.MODES[inner])
    assert w == pytest.approx(FOUND, rel=1e-12) and type(w) is float
    assert example.miss(w, example.MODES[inner]) < 1e-7


def by_hand(w):
    """The simulation with the force written out: no derivative inside."""

    def force(f, x):
        total = [0.0, 0.0]
        for charge in ([10.0, 10.0 - w], [10.0, 0.0]):
            d = [x[0] - charge[0], x[1] - charge[1]]
            cube = math.hypot(*d) ** 3
            total = [total[0] - d[0] / cube, total[1] - d[1] / cube]
        return total

    return example.miss(w, force)


@pytest.mark.parametrize("inner", example.MODES)
def test_the_derivative_through_the_simulation(inner):
    inner = example.MODES[inner]
    assert example.miss(0.1, inner) == pytest.approx(by_hand(0.1), rel=1e-12)
    difference = (by_hand(0.1 + 1e-5) - by_hand(0.1 - 1e-5)) / 2e-5
    assert grad(lambda w: example.miss(w, inner))(0.1) == pytest.approx(difference, rel=1e-6)
    assert jvp(lambda w: example.miss(w, inner), (0.1,), (1.0,))[1] == pytest.approx(difference, rel=1e-6)


def test_it_runs_as_a_program():
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "--start", repr(FOUND)],
        cwd=ROOT, env={"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("w = 0.20719187464861") == 4


def test_bad_arguments(capsys):
    with pytest.raises(SystemExit) as stop:
        example.main(["--start", "one"])
    assert stop.value.code == 2 and "invalid float value: 'one'" in capsys.readouterr().err
