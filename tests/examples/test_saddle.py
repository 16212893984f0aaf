"""The saddle point: GradBench's published figure, in every combination of modes."""

from __future__ import annotations

import pytest

from tests.programs import load, run

example = load("examples/saddle.py")


@pytest.mark.parametrize("inner", example.MODES)
@pytest.mark.parametrize("outer", example.MODES)
def test_every_combination_finds_the_published_point(outer, inner):
    point = example.saddle([1.0, 1.0], example.MODES[outer], example.MODES[inner])
    assert point == pytest.approx([8.246324826140356e-06] * 4, rel=1e-12)
    assert [type(x) for x in point] == [float] * 4


def test_it_runs_as_a_program():
    done = run("examples/saddle.py", "--start", "0.001", "-0.002")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == [
        "forward of forward", "forward of reverse", "reverse of forward", "reverse of reverse",
    ]  # fmt: skip


def test_bad_arguments(capsys):
    with pytest.raises(SystemExit) as stop:
        example.main(["--start", "one", "2"])
    assert stop.value.code == 2 and "invalid float value: 'one'" in capsys.readouterr().err
