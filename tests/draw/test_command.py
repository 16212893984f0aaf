"""The command line: what it prints, what it refuses, and that nothing typed makes it do anything else."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autodiff.draw.command import main
from autodiff.draw.expression import FUNCTIONS, Expression, ExpressionError
from tests.long.expressions import run

EXAMPLE = "x**2 + 2*x*y + 3 + cos(x + 2*y)"


def answer(capsys: Any, *arguments: str) -> str:
    assert main(list(arguments)) == 0
    found = capsys.readouterr()
    assert not found.err
    return str(found.out)


def refusal(capsys: Any, *arguments: str) -> str:
    assert main(list(arguments)) == 2
    found = capsys.readouterr()
    assert not found.out
    return str(found.err)


def test_value_gradient_and_formulas(capsys: Any) -> None:
    assert answer(capsys, EXAMPLE, "x=1", "y=0.5").splitlines() == [
        "f     = x**2 + 2*x*y + cos(x + 2*y) + 3 = 4.583853163452858",
        "∂f/∂x = 2*x + 2*y - sin(x + 2*y) = 2.090702573174318",
        "∂f/∂y = 2*x - 2*sin(x + 2*y) = 0.18140514634863658",
    ]
    assert "∂²f/∂x∂y = 2 - 2*cos(x + 2*y) = " in answer(capsys, EXAMPLE, "x=1", "y=0.5", "--hessian")
    assert answer(capsys, "-x**2", "x=pi/2").startswith("f     = -x**2 = -2.467")
    assert answer(capsys, "2 + 3") == "f = 5\n"
    assert "heaviside(x - y, 0.5) + sign(x) = 1\n" in answer(capsys, "abs(x) + max(x, y)", "x=2", "y=3")


def test_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "autodiff", "x*y", "x=2", "y=3"], capture_output=True, encoding="utf-8",
        env={"PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "f     = x*y = 6\n∂f/∂x = y = 3\n∂f/∂y = x = 2\n"


def test_pictures_and_explanations(capsys: Any, tmp_path: Path) -> None:
    svg, page = tmp_path / "graph.svg", tmp_path / "steps.html"
    text = answer(capsys, "sin(x)*x", "x=2", "--draw", str(svg), "--step", str(page), "--explain")
    assert "Backward: from ∂f/∂f = 1" in text and f"saved {svg}" in text
    assert "<svg" in svg.read_text(encoding="utf-8") and "<script" in page.read_text(encoding="utf-8")
    assert main(["x", "x=1", "--draw", str(tmp_path / "no" / "graph.svg")]) == 2
    assert "error: [Errno 2]" in capsys.readouterr().err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["graph.svg", "steps.html"]


def test_large_numbers_are_floats_and_domains_are_noted(capsys: Any) -> None:
    assert "f = inf\nnote: f is inf" in answer(capsys, "9**9**9")
    assert "note: f is nan" in answer(capsys, "log(x)", "x=-1")
    assert "note: f is inf, ∂f/∂x is -inf" in answer(capsys, "1/x", "x=0")
    assert "f = nan" in answer(capsys, "(-8)**(1/3)")


REFUSED = {
    "x^2": ("powers are written **", 1), "sin x": ("sin is a function", 0),
    "foo(2)": ("no function 'foo'", 0),
    "1+": ("the expression ends", 2), "(1": ("the expression ends", 2), "max(1)": ("takes 2 arguments", 0),
    "x y": ("here is 'y'; products are written *", 2), "2(x)": ("products are written *", 1),
    "x − 1": ("minus is written -", 2), "|x|": ("absolute values are written abs(x)", 0),
    "3 $ 4": ("'$' means nothing", 2), "": ("the expression ends", 0),
    "__import__('os')": ("means nothing", 11), "().__class__": ("'.' means nothing", 2),
    "x.real": ("'.' means nothing", 1), "1..2": ("here is '.2'", 2), "\x1b[2J": (r"'\\x1b' means nothing", 0),
    "(" * 101 + "1": ("up to 100 deep", 100), "1+" * 1500 + "1": ("up to 2000 characters", 2000),
    "x if x": ("here is 'if'", 2), "lambda: 1": ("':' means nothing", 6),
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_errors_point_at_the_character(text: str, capsys: Any) -> None:
    what, place = REFUSED[text]
    with pytest.raises(ExpressionError, match=re.escape(what)) as caught:
        Expression(text)
    assert caught.value.place == place
    _, shown, mark = str(caught.value).splitlines()
    assert shown.startswith("  ") and mark.strip() == "^" and "\x1b" not in shown
    if place < 50 and text.isprintable():
        assert shown[mark.index("^") :] == text[place : place + 30]
    assert refusal(capsys, text, "x=1").startswith("error: ")


def test_values_must_fit(capsys: Any) -> None:
    for values, what in [
        ([], "x has no value: add x=1"), (["x=1", "x=2"], "given twice"), (["x=1", "z=2"], "does not stand"),
        (["x"], "name=value"), (["x=y"], "y is a name"), (["x=1", "pi=3"], "is a constant"), (["x="], "ends"),
    ]:  # fmt: skip
        assert what in refusal(capsys, "x**2", *values)
    assert main(["x", "x=1", "--nonsense"]) == 2
    assert main([]) == 2
    assert main(["--help"]) == 0


POINTS = {
    "2**-1": 0.5, "-2**2": -4.0, "2**3**2": 512.0, "2**-3**2": 2.0**-9, "7 % 4 / 2": 1.5, "1 - 2 - 3": -4.0,
    "--3": 3.0, "2*-3": -6.0, "1e3 + .5": 1000.5, "atan2(1, 2)": np.arctan2(1, 2), "e": np.e, "8/2/2": 2.0,
}  # fmt: skip


@pytest.mark.parametrize("text", POINTS)
def test_the_grammar_is_pythons(text: str) -> None:
    assert Expression(text)() == POINTS[text]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_computes(name: str, capsys: Any) -> None:
    f, count = FUNCTIONS[name]
    values = ["x=0.3", "y=0.7"][:count] if "cosh" not in name or name == "cosh" else ["x=1.3"]
    text = answer(capsys, f"{name}({', '.join('xy'[:count])})", *values)
    numbers = [float(v.partition("=")[2]) for v in values]
    shown = float(text.splitlines()[0].rpartition("= ")[2])
    assert shown == pytest.approx(float(f.f(*map(np.float64, numbers))), rel=1e-15)


def test_minimize(capsys: Any) -> None:
    lines = answer(capsys, "minimize", "x**2 + 2*y**2", "x=1", "y=2", "--lr", "0.01").splitlines()
    assert len(lines) == 11 and lines[0].startswith("step 0      f = 9 ")
    x, y = 0.98**100, 2 * 0.96**100
    assert f"x = {x:<12.6g}  y = {y:.6g}" in lines[-1]
    text = answer(capsys, "minimize", "x**2", "x=1", "--lr", "1.1", "--steps", "5000")
    assert "it diverged" in text and "smaller --lr" in text
    assert "nothing to minimize" in refusal(capsys, "minimize", "1 + 2")
    assert "zero everywhere" in refusal(capsys, "minimize", "floor(x)", "x=1")
    assert "minimize -(x)" in refusal(capsys, "minimize", "x", "x=1", "--lr=-1")
    assert "not finite there" in answer(capsys, "minimize", "log(x)", "x=-1")


@pytest.mark.parametrize("seed", range(2))
def test_nothing_typed_does_anything_else(seed: int) -> None:
    assert run(400, seed) > 50
