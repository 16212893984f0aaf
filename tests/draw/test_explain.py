"""The chain rule in words: the numbers in it, and that it can be read as mathematics (test_latex sets it)."""

from __future__ import annotations

import re
from typing import Any

import matplotlib.mathtext
import numpy as np
import pytest

from autodiff import Tensor, Value, explain, formula, sin
from tests.draw.graphs import of_tensors, of_values

PARSER = matplotlib.mathtext.MathTextParser("path")
SEEN: set[str] = set()  # it takes its time


def check_latex(latex: str) -> None:
    """Every row of an align* environment, by a reader of LaTeX that is not ours."""
    body = latex.removeprefix("\\begin{align*}\n").removesuffix("\n\\end{align*}")
    assert len(latex) - len(body) == len("\\begin{align*}\n\n\\end{align*}")
    for row in re.split(r" \\\\(?:\[1ex\])?\n", body):
        left, and_, right = row.strip().replace(r"& \quad + ", "&= ").partition("&= ")
        assert and_ and right.isascii()
        for side in filter(None, (left.strip(), right)):
            assert side.count(r"\left") == side.count(r"\right")
            side = side.removesuffix(r" \displaybreak[0]")
            if side not in SEEN and r"\begin{array}" not in side:  # which this reader can't
                PARSER.parse(f"${side}$")
                SEEN.add(side)


@pytest.mark.parametrize("seed", range(4))
def test_mathematics_can_be_read(seed: int) -> None:
    y = of_values(seed, 3)[0] if seed % 2 else of_tensors(seed, 2)[0]
    explained = explain(y)
    check_latex(explained.latex)
    assert explained.markdown.count("$$") == 4
    if seed % 2:
        PARSER.parse(f"${formula(y, simplify=False).latex}$")


@pytest.mark.parametrize("seed", range(12))
def test_the_last_numbers_are_the_gradients(seed: int) -> None:
    y, leaves = of_values(seed, 8)
    before = [x.grad for x in leaves]
    text = str(explain(y, names={}))
    assert [x.grad for x in leaves] == before
    y.backward()
    for x in leaves:
        found = re.search(rf"\n  ∂out/∂{x.name} = .*((?:\n +=.*)*)", text)
        if x.grad == 0 and found is None:
            continue
        assert found is not None
        last = (found[1] or found[0]).rpartition("= ")[2].replace("−", "-")
        assert float(last) == pytest.approx(x.grad, rel=1e-3, abs=1e-12)


def test_each_use_is_a_term() -> None:
    x = Value(3.0, name="x")
    text = str(explain(x * x + sin(x), names={}))
    assert "∂out/∂v1 · x + ∂out/∂v1 · x" in text
    assert "(−0.99) + 1 · 3 + 1 · 3" in text


def test_arrays_are_explained() -> None:
    X, w, b = Tensor(np.ones((3, 2)), True, "X"), Tensor(np.ones(2), True, "w"), Tensor(1.0, True, "b")
    text = " ".join(str(explain(((X @ w + b - 1) ** 2).sum(), names={})).split())
    assert "= Xᵀ @ ∂out/∂v1 = [12, 12]" in text
    assert "= sum([4, 4, 4] · [1, 1, 1]) = 12" in text  # broadcasting is undone


def test_names_are_escaped() -> None:
    x = Value(2.0, name="<script>_{%}\\")
    explained = explain(x * x, names={})
    check_latex(explained.latex)
    assert "<script>" not in formula(x * x).mathml


def test_what_cannot_be_explained() -> None:
    wrong: Any = 3.0
    with pytest.raises(TypeError, match="not from float"):
        explain(wrong)
    y = x = Value(1.0, name="x")
    for _ in range(300):
        y = y * x
    with pytest.raises(ValueError, match="200 is the limit"):
        explain(y)


def test_nan_and_inf_are_shown() -> None:
    x = Value(float("nan"), name="x")
    explained = explain(x * float("inf"), names={})
    assert "nan" in str(explained).lower()
    check_latex(explained.latex)
    complex_result = explain(Value(1j, name="z") * 2, names={})
    assert "note: no gradients" in str(complex_result)


def test_conditions_are_words_in_mathematics():
    x = Tensor([1.0, 4.0], requires_grad=True, name="x")
    y = np.sum(np.where(np.array([True, False]), x, np.sqrt(x)))
    assert "True" in str(explain(y))
    assert "True" in explain(y).latex
