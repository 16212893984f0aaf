"""The steered particle: GradBench's published figure, in every combination of modes."""

from __future__ import annotations

import math
from functools import partial

import pytest

from autodiff import jit
from tests.programs import load, run

example = load("examples/particle.py")

FOUND = 0.2071918746486116


@pytest.mark.parametrize("inner", example.MODES)
@pytest.mark.parametrize("outer", example.MODES)
def test_every_combination_finds_the_published_parameter(outer, inner):
    outer, inner = example.MODES[outer], example.MODES[inner]
    w = example.particle(0.0, outer, inner)
    assert w == pytest.approx(FOUND, rel=1e-12) and type(w) is float
    assert example.miss(*example.fall(partial(example.stretch, inner), w)) < 1e-7


def fall_by_hand(x0, x1, v0, v1, w):
    """The simulation with the force written out: no derivative inside."""
    while True:
        new = x0 + 0.1 * v0, x1 + 0.1 * v1
        if new[1] <= 0:
            return x0, x1, v0, v1
        for charge in ([10.0, 10.0 - w], [10.0, 0.0]):
            d = [x0 - charge[0], x1 - charge[1]]
            cube = math.hypot(*d) ** 3
            v0, v1 = v0 + 0.1 * d[0] / cube, v1 + 0.1 * d[1] / cube
        x0, x1 = new


@pytest.mark.parametrize("inner", example.MODES)
@pytest.mark.parametrize("outer", example.MODES)
def test_the_derivative_through_the_simulation(outer, inner):
    outer, inner = example.MODES[outer], example.MODES[inner]
    ahead = jit(partial(example.stretch, inner))
    value, (slope,) = outer(lambda at: example.miss(*example.fall(ahead, at[0])), [0.1])
    above, value_by_hand, below = (
        example.miss(*fall_by_hand(*example.START, 0.1 + h)) for h in (1e-5, 0.0, -1e-5)
    )
    assert value == pytest.approx(value_by_hand, rel=1e-12)
    assert slope == pytest.approx((above - below) / 2e-5, rel=1e-6)


def test_it_runs_as_a_program():
    done = run("examples/particle.py", "--start", repr(FOUND))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("w = 0.20719187464861") == 4


def test_bad_arguments(capsys):
    with pytest.raises(SystemExit) as stop:
        example.main(["--start", "one"])
    assert stop.value.code == 2 and "invalid float value: 'one'" in capsys.readouterr().err
