"""The gradient-descent lesson: its figures, its text in both languages, and what it refuses."""

from __future__ import annotations

import argparse
import math
import re
import string

import pytest

from autodiff import grad
from tests.programs import load
from tests.programs import run as run_program

lesson = load("examples/gradient_descent.py")

START = ["--start", "-1.6249074839434772", "1.03844447", "1.91089757"]
LANGUAGES = sorted(lesson.TEXT)


def options(lr=0.01, tolerance=1e-5, max_steps=10_000):
    return argparse.Namespace(lr=lr, tolerance=tolerance, max_steps=max_steps)


def agrees(number, figure):
    """Whether a number, rounded to as many digits as a printed figure has, is that figure."""
    mantissa, _, exponent = figure.partition("e")
    return abs(number - float(figure)) <= 0.5000001 * 10.0 ** (
        int(exponent or 0) - len(mantissa.partition(".")[2])
    )


# ---- the figures -----------------------------------------------------------------------------------------
def test_descent_in_one_variable():
    walk = lesson.descend(lesson.parabola, [-1.6249074839434772], options())
    assert len(walk) - 1 == 581
    assert agrees(walk[-1].at[0], "-1.00000499074871")
    assert agrees(walk[-1].height, "2.00000000002491")
    assert abs(walk[-1].gradient[0]) <= 1e-5 < abs(walk[-2].gradient[0])


def test_descent_in_two_variables():
    walk = lesson.descend(lesson.bowl, [1.03844447, 1.91089757], options())
    figures = {
        1: ("2.03535116", "7.33784667"),
        2: ("1.9946441", "7.0443328"),
        3: ("1.9547513", "6.7625595"),
        607: ("9.809372e-06", "1.324146e-10"),
    }
    for step, gradient in figures.items():
        assert all(map(agrees, walk[step].gradient, gradient)), (walk[step], gradient)
    assert len(walk) - 1 == 607
    assert all(map(agrees, walk[-1].at, ("4.904686e-06", "3.310365e-11")))
    assert agrees(walk[-1].height, "2.4056e-11")
    assert walk[-1].steepness <= 1e-5 < walk[-2].steepness


def test_every_step_is_that_of_the_formula():
    walk = lesson.descend(lesson.bowl, [3.0, -2.0], options(lr=0.125))
    x, y = 3.0, -2.0
    for point in walk:
        assert point.at == [x, y] and point.gradient == [2 * x, 4 * y]
        assert point.height == pytest.approx(x * x + 2 * y * y, rel=1e-15)
        x, y = x - 0.125 * 2 * x, y - 0.125 * 4 * y


def test_ascent():
    walk = lesson.descend(lesson.hill, [-1.6249074839434772], options(), maximize=True)
    assert walk[-1].at[0] == pytest.approx(1, abs=1e-5) and walk[-1].height == pytest.approx(4, abs=1e-9)
    heights = [point.height for point in walk]
    assert heights == sorted(heights)
    mirrored = lesson.descend(lambda x: -lesson.hill(x), [-1.6249074839434772], options())
    assert [p.at for p in mirrored] == [p.at for p in walk]


def test_partial_derivatives_and_the_gradient():
    x, y = 1.0, 2.0
    dx, dy = 2 * x + 2 * y - math.sin(x + 2 * y), 2 * x - 2 * math.sin(x + 2 * y)
    assert grad(lesson.wave, argnums=(0, 1))(x, y) == pytest.approx((dx, dy), rel=1e-15)
    angle, length = math.atan2(dy, dx), math.hypot(dx, dy)
    for turn in (0, 45, 90, 135, 180):
        slope = lesson.slope_towards(angle + math.radians(turn), lesson.wave, x, y)
        assert slope == pytest.approx(length * math.cos(math.radians(turn)), abs=1e-11)


# ---- what is printed -------------------------------------------------------------------------------------
def run(capsys, *arguments, status=0):
    assert lesson.main(list(arguments)) == status
    return capsys.readouterr().out


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_printed_lesson_has_all_figures(language, capsys):
    text = run(capsys, "--lang", language, *START)
    for figure in (
        "581", "-1.00000499074871", "2.00000000002491",
        "2.03535116", "7.33784667", "1.9946441", "7.0443328", "1.95475126", "6.76255949",
        "607", "(9.809372e-06, 1.324146e-10)", "(4.904686e-06, 3.310365e-11)", "2.4056e-11",
        "6.00001", "5.99999",  # towards the limit, from both sides
        "6.958924275", "3.917848549", "(6.95892, 3.91785)", "7.986",
        "652", "0.999995005231632", "3.99999999997505",
    ):  # fmt: skip
        assert figure in text, figure
    assert "f'(3) = 6\n" in text
    assert text.count("6.958924275") == text.count("3.917848549") == 2  # by the rules, and by autodiff
    assert "random" not in text and "--seed" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_eight_parts_in_order(language, capsys):
    text = run(capsys, "--lang", language, "--seed", "1")
    assert re.findall(r"^(\d)\. ", text, re.MULTILINE) == list("12345678")
    assert "{" not in text and "nan" not in text


def test_korean_is_korean(capsys):
    text = run(capsys, "--lang", "ko", *START)
    for word in ("미분", "편미분", "경사하강법", "접선", "기울기", "극한"):
        assert word in text
    assert not re.search(r"\b(the|and|is|step|slope)\b", text)
    assert not re.search("[가-힣]", run(capsys, *START))


def test_both_languages_have_the_same_texts_with_the_same_numbers():
    english, korean = lesson.TEXT["en"], lesson.TEXT["ko"]
    assert list(english) == list(korean)
    for key in english:
        english_fields, korean_fields = (
            {(name, spec) for _, name, spec, _ in string.Formatter().parse(text[key]) if name}
            for text in (english, korean)
        )
        assert english_fields == korean_fields, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_lines_fit_a_screen(language, capsys):
    lesson.main(["--lang", language, *START])
    lesson.main(["--lang", language, "--max-steps", "100", "--seed", "1"])
    lesson.main(["--lang", language, "--lr", "1.02", "--seed", "1"])
    for line in capsys.readouterr().out.splitlines():
        assert len(line) + sum(ord(letter) >= 0xAC00 for letter in line) <= 104, line


def test_right_counts_korean_letters_twice():
    assert lesson.right("step", 6) == "  step" and lesson.right("단계", 6) == "  단계"


# ---- where it starts, and how it ends --------------------------------------------------------------------
def starts(text):
    return re.findall(r"^ {5}0 +(\S+)", text, re.MULTILINE)


def test_a_random_start_repeats_with_its_seed(capsys):
    first, again, other = (run(capsys, *seed) for seed in ((), (), ("--seed", "7")))
    assert starts(first) != starts(again)
    (seed,) = re.findall(r"--seed (\d+)", first)
    assert run(capsys, "--seed", seed) == first
    assert run(capsys, "--seed", "7") == other != first


def test_start_takes_one_two_or_three_numbers(capsys):
    both = starts(run(capsys, "--seed", "7"))
    one = starts(run(capsys, "--seed", "7", "--start", "2.5"))
    two = starts(run(capsys, "--seed", "7", "--start", "-2.5", "3.5"))
    three = starts(run(capsys, "--start", "1.5", "-2.5", "3.5"))
    assert one == ["2.5", both[1], "2.5"]
    assert two == [both[0], "-2.5", both[2]]
    assert three == ["1.5", "-2.5", "1.5"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_diverging_run_stops_and_says_why(language, capsys):
    text = run(capsys, "--lang", language, "--lr", "1.02", *START, status=1)
    message = text[text.rindex("\n\n", 0, len(text.rstrip())) :]
    assert "1.02" in message and "1.04" in message  # each step makes it 1.04 times as steep: |1 − 2 · 1.02|
    assert "177" in message and "--lr 0.01" in message
    assert {"en": "diverges", "ko": "발산"}[language] in message
    assert "5. " not in text


def test_only_the_second_walk_diverges(capsys):
    text = run(capsys, "--lr", "0.6", *START, status=1)
    assert "4. Gradient descent" in text and "So the minimum" in text
    assert "diverges" in text.split("7. Gradient descent in two variables")[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_too_few_steps(language, capsys):
    text = run(capsys, "--lang", language, "--max-steps", "100", *START)
    assert text.count("--max-steps") >= 3 and "0.1657" in text


def test_a_rate_that_goes_back_and_forth_for_ever(capsys):
    walk = lesson.descend(lesson.parabola, [0.5], options(lr=1.0, max_steps=50))
    assert len(walk) == 51 and {p.at[0] for p in walk} == {0.5, -2.5}


def test_a_start_at_the_bottom(capsys):
    text = run(capsys, "--start", "-1", "0", "0")
    assert text.count("After 0 steps") == 2


def test_the_greatest_numbers_allowed(capsys):
    run(capsys, "--lr", "1000", "--start", "1e6", "1e6", "1e6", status=1)
    run(capsys, "--start", "1e6", "1e6", "1e6", "--tolerance", "1")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--lr", "0"], "argument --lr: 0 does not lie between"),
        (["--lr", "-0.1"], "argument --lr: -0.1 does not"),
        (["--lr", "nan"], "argument --lr: nan does not"),
        (["--lr", "inf"], "argument --lr: inf does not"),
        (["--lr", "fast"], "argument --lr: 'fast' is not a number"),
        (["--tolerance", "-1"], "argument --tolerance: -1 does not"),
        (["--max-steps", "0"], "argument --max-steps: 0 does not"),
        (["--max-steps", "1.5"], "argument --max-steps: '1.5' is not a whole number"),
        (["--start", "inf"], "argument --start: inf does not"),
        (["--start", "1", "x"], "argument --start: 'x' is not a number"),
        (["--start", "1", "2", "3", "4"], "argument --start: takes one, two or three numbers, not 4"),
        (["--start"], "argument --start: expected at least one"),
        (["--seed", "x"], "argument --seed: invalid"),
        (["--lang", "fr"], "argument --lang: invalid choice: 'fr'"),
        (["5"], "unrecognized arguments: 5"),
    ],
)
def test_bad_arguments(arguments, message, capsys):
    with pytest.raises(SystemExit) as stop:
        lesson.main(arguments)
    out, err = capsys.readouterr()
    assert (stop.value.code, out) == (2, "") and message in err


def test_it_runs_as_a_program():
    done = run_program("examples/gradient_descent.py", "--lr", "1.02")
    assert done.returncode == 1 and "diverges" in done.stdout and done.stderr == ""
