"""Lessons 10 to 12: what they print, and what they say to known wrong answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from autodiff import exp, grad, sin
from autodiff.lessons.lesson10 import EXERCISES as TENTH
from autodiff.lessons.lesson11 import EXERCISES as ELEVENTH
from autodiff.lessons.lesson12 import EXERCISES as TWELFTH

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "lessons"


def printed(lesson, language):
    (path,) = (FOLDER / language).glob(f"{lesson}_*.ipynb")
    outputs = [o for cell in json.loads(path.read_text("utf-8"))["cells"] for o in cell.get("outputs", ())]
    shown = [o.get("text", o.get("data", {}).get("text/plain", ())) for o in outputs]
    return "".join(line for text in shown for line in text)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_lesson_10_finds_the_minima(language):
    text = printed(10, language)
    best = minimize_scalar(
        lambda r: 2 * np.pi * r**2 + 660 / r, bounds=(1, 9), method="bounded", options={"xatol": 1e-9}
    )
    assert best.x == pytest.approx(3.744938504, abs=1e-6) and "step 6    r = 3.744938504039" in text
    assert "rate = 0.01   steps = 36    r = 3.744938" in text and "steps = 1000" in text
    assert "from -0.5    x = -1.000000    f''(x) = -6" in text
    assert "step 10    x, y = 1.000000000, 1.000000000" in text and "(1000000,)" in text


@pytest.mark.parametrize("language", ["en", "ko"])
def test_lessons_11_and_12_print_what_the_prose_says(language):
    text = printed(11, language)
    assert "['y', 'b', 'a']" in text
    assert f"{{'x': {np.cos(2) + 5}, 'z': 2.0}}" in text and f"{np.cos(2) + 5} 2.0" in text
    bell = np.exp(-(0.25**2))
    assert f"{bell} {-0.5 * bell} {(0.25 - 2) * bell}"[:40] in text
    text = printed(12, language)
    slope = grad(lambda x: sin(x) * exp(-x * x / 2))(0.5)
    assert f"{slope} {slope}" in text and "t3 = sin(t2)" in text and "-t2 - t2 +" in text
    assert "tracing\n20.0\n30.0\n" in text and "{'factor': 10}" in text
    assert "tracing\ntracing\n9.0 3.0 25.0 2" in text


@pytest.mark.parametrize(
    ("exercise", "answer", "said"),
    [
        (TENTH[1], 11, "slope"),
        (TENTH[2], "minimum", "negative"),
        (TENTH[3], -4.0, "Divide"),
        (TENTH[3], 17, "went up"),
        (TENTH[4], lambda f, x: x - f(x) / grad(f)(x), "where f is 0"),
        (TENTH[4], lambda f, x: x - grad(f)(x), "rate 1"),
        (TENTH[5], (6, 0, 0, 0), "mixed"),
        (TENTH[5], [[6, 4], [4, 0]], "4 numbers"),
        (ELEVENTH[1], 3, "leaf"),
        (ELEVENTH[2], "x * x * x", "the function itself"),
        (ELEVENTH[2], "x * x", "in front"),
        (ELEVENTH[2], "3x", "can't compute"),
        (ELEVENTH[2], "6 * x", "At x = 0.5 that gives 3, and should give 0.75"),
        (ELEVENTH[2], "2 * x", "gives 4, and should give 12"),
        (ELEVENTH[3], lambda m, g, out, x, y: g, "x gets"),
        (ELEVENTH[4], lambda m, t, u, out, x, y: t * u, "product of the speeds"),
        (ELEVENTH[5], "late", "small number"),
        (TWELFTH[1], 3, "without a new trace"),
        (TWELFTH[2], 3, "One more"),
        (TWELFTH[3], 21, "while k was 2"),
        (TWELFTH[4], len, "every step"),
    ],
)
def test_known_wrong_answers_hear_why(exercise, answer, said):
    right, text = exercise.reply(answer, "en")
    assert right is False and said in text


@pytest.mark.parametrize("answer", ["3 * x * x", "3.0 * x**2", " 3*x*x ", "x * x + 2.0 * x * x"])
def test_any_way_to_write_a_local_derivative(answer):
    assert ELEVENTH[2].reply(answer, "ko")[0] is True


@pytest.mark.parametrize("lesson", [10, 11, 12])
def test_without_extras_they_go_on(lesson, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util, sys\n"
        "find = importlib.util.find_spec\n"
        "hidden = lambda name: name.partition('.')[0] in ('matplotlib', 'scipy', 'pygraphviz', 'llvmlite')\n"
        "importlib.util.find_spec = lambda name, *a: None if hidden(name) else find(name, *a)\n"
        "class Gone:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if hidden(name):\n"
        "            raise ModuleNotFoundError(name, name=name)\n"
        "sys.meta_path.insert(0, Gone())\n"
    )
    (script,) = FOLDER.glob(f"{lesson}_*.py")
    done = subprocess.run(
        [sys.executable, str(script), "--lang", "ko"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}", "PYTHONUTF8": "1"},
        capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert ("autodiff-graph[lessons]" in done.stdout) == (lesson == 10)
