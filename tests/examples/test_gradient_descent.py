"""The lesson tells what it claims: the figures of its source, in both languages."""

import importlib.util
import itertools
import re
import string
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "examples" / "gradient_descent.py"
spec = importlib.util.spec_from_file_location("gradient_descent", SCRIPT)
lesson = importlib.util.module_from_spec(spec)
spec.loader.exec_module(lesson)

START1, START2 = -1.6249074839434772, (1.03844447, 1.91089757)
WALK = {"lr": 0.01, "tolerance": 1e-5, "max_steps": 100_000}


def test_descent_in_one_variable():
    path = lesson.descend(lesson.f, [START1], **WALK)
    (x,), y, (slope,) = path[-1]
    assert len(path) - 1 == 581
    assert x == pytest.approx(-1.00000499074871, rel=1e-14)
    assert y == pytest.approx(2.00000000002491, rel=1e-14)
    assert abs(slope) <= 1e-5 < abs(path[-2][2][0])


def test_descent_in_two_variables():
    path = lesson.descend(lesson.bowl, START2, **WALK)
    want = [(2.03535116, 7.33784667), (1.9946441, 7.0443328), (1.9547513, 6.7625595)]
    for (_, _, gradient), figures in zip(path[1:4], want, strict=True):
        assert gradient == pytest.approx(figures, rel=3e-8)
    point, value, gradient = path[-1]
    assert len(path) - 1 == 607
    assert gradient == pytest.approx((9.809372e-06, 1.324146e-10), rel=1e-6)
    assert point == pytest.approx((4.904686e-06, 3.310365e-11), rel=1e-6)
    assert value == pytest.approx(2.4056e-11, rel=1e-4)


def test_each_step_is_the_learning_rate_against_the_gradient():
    path = lesson.descend(lesson.bowl, START2, **WALK)
    for (point, value, gradient), (after, _, _) in itertools.pairwise(path):
        assert after == pytest.approx([x - 0.01 * g for x, g in zip(point, gradient, strict=True)])
        assert value == pytest.approx(point[0] ** 2 + 2 * point[1] ** 2)
        assert gradient == pytest.approx((2 * point[0], 4 * point[1]))


def test_ascent():
    (x,), y, _ = lesson.descend(lesson.hill, [START1], maximize=True, **WALK)[-1]
    assert (x, y) == pytest.approx((1.0, 4.0), abs=1e-5)


@pytest.mark.parametrize("lang", lesson.TEXTS)
def test_the_whole_lesson(lang, capsys):
    lesson.main(["--lang", lang, "--start", str(START1), *map(str, START2)])
    printed = capsys.readouterr().out
    for figure in (
        "4.00100000", "4.00000000",  # the limit of the slope at 1
        "581", "-1.00000499074871", "2.00000000002",
        "2.03535116, 7.33784667", "1.99464414, 7.04433280", "1.95475126, 6.76255949",
        "607", "9.809372e-06, 1.324146e-10", "4.904686e-06, 3.310365e-11", "2.4056e-11",
        "2.0907025732",  # 2x + 2y - sin(x + 2y) at (1, 0.5)
        "0.1814051463",  # 2x - 2 sin(x + 2y)
        "x = 0.999995", "f(x) = 4.000000",
    ):  # fmt: skip
        assert figure in printed, figure
    assert re.findall(r"^(\d)\. ", printed, re.MULTILINE) == list("12345678")
    assert not re.search(r"[{}]", printed)


def test_both_languages_tell_the_same():
    def fields(text):
        return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)

    english, korean = lesson.TEXTS["en"], lesson.TEXTS["ko"]
    assert english.keys() == korean.keys()
    for key in english:
        assert set(fields(english[key])) == set(fields(korean[key])), key
    assert all(re.search("[가-힣]", text) for key, text in korean.items() if key != "rule_row")


@pytest.mark.parametrize("lang", lesson.TEXTS)
def test_a_learning_rate_that_is_too_large(lang):
    with pytest.raises(SystemExit) as exit:
        lesson.main(["--lang", lang, "--seed", "0", "--lr", "1.02"])
    assert "1.02" in str(exit.value) and "--lr" in str(exit.value)
    assert ("diverges" if lang == "en" else "발산") in str(exit.value)


def test_too_few_steps():
    with pytest.raises(SystemExit, match="--max-steps"):
        lesson.main(["--seed", "0", "--max-steps", "3"])


def test_seeds(capsys):
    printed = []
    for seed in ("1", "1", "2"):
        lesson.main(["--seed", seed])
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1] != printed[2]


@pytest.mark.parametrize(
    "arguments", [["--lr", "-1"], ["--start", "1", "2", "3", "4"], ["--start", "nan"], ["--lang", "xx"]]
)
def test_bad_arguments(arguments, capsys):
    with pytest.raises(SystemExit) as exit:
        lesson.main(arguments)
    assert exit.value.code == 2
    assert arguments[0] in capsys.readouterr().err


def test_as_a_command():
    result = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, cwd=SCRIPT.parents[1])
    assert result.returncode == 0, result.stderr
    assert "8. " in result.stdout
