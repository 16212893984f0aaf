"""LaTeX is set by a TeX: whole documents, with every sort of graph and every sort of name."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autodiff import Tensor, Value, exp, explain, formula, grad, sin
from autodiff.draw.letters import in_latex
from tests.draw.graphs import of_tensors, of_values

needs_tex = pytest.mark.skipif(
    not shutil.which("pdflatex"), reason="needs pdflatex: Debian's texlive-latex-base"
)
NAMES = [
    "x_1", "a_b_c", "α", "ẋ", "x₁₂", "<script>", "$x^2$", "50%", "a & b", "#1", "~", "{", "}", "\\alpha",
    "日本", "é", "naïve_idx", "w[0]", "p['b']", "x\ny", "\x1b[31m", "😀", "β_max", "x'", "^", "_", "x__y",
    "12", "[", "]", "a" * 60, "Σ", "∂x", "→", 'x"y', "≤", "‖w‖", "½", "x²", "²", "ﬁ", "\u202eabc", "ж", "ℝ",
    "√", "ø", "\\",
]  # fmt: skip


def pages_of(documents: list[str], folder: Path) -> str:
    """What pdflatex says of these, a page each; AssertionError if it does not set them."""
    body = "\n\\newpage\n".join(documents)
    text = rf"\documentclass{{article}}\usepackage{{amsmath}}\begin{{document}}{body}\end{{document}}"
    (folder / "page.tex").write_text(text, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    run = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    log = run.stdout.decode("utf-8", "replace")
    assert run.returncode == 0 and (folder / "page.pdf").exists(), log[-2000:]
    assert not [line for line in log.splitlines() if line.startswith(("!", "LaTeX Warning: Command"))]
    return log


def too_wide(log: str) -> list[Any]:
    """What stands out of the page by more than a letter or two, or is cut off at its end."""
    found = re.findall(r"Overfull \\([hv])box \(([\d.]+)pt", log)
    return [(which, by) for which, by in found if which == "v" or float(by) > 15]


def network() -> Any:
    w, b = Tensor(np.arange(6.0).reshape(2, 3) / 4, True, "W_hidden"), Tensor(np.ones(3), True, "b")
    h = np.tanh(Tensor([[0.3, -1.2], [2.0, 1e-5]]) @ w + b)
    return np.mean(h.T @ h) + np.sum(h[:, 0:2]) + np.sum(np.where(h > 0.5, h, 0.0))


def matrices() -> Any:
    a = Tensor([[2.0, 1.0], [1.0, 3.0]], requires_grad=True, name="A")
    return np.sum(np.linalg.eigh(a)[0]) + np.linalg.det(np.linalg.inv(a)) + np.linalg.norm(a)


def large() -> Any:
    w = Tensor(np.linspace(-1, 1, 60).reshape(6, 10), requires_grad=True, name="w")
    return (
        np.sum(np.exp(w) / np.sum(np.exp(w), axis=1, keepdims=True)) + np.max(w[::2]) + np.sum(w.ravel()[:12])
    )


def shared() -> Any:
    x = y = Value(1.5, name="x")
    for _ in range(12):
        y = sin(y) * x + 0.3 * y**2 - exp(-y) / (1 + x * x)
    return y


def odd() -> Any:
    x = Value(0.0, name="x")
    return (x * x).sqrt() * float("inf") + 1e-30 * x + 1e300 * x


@needs_tex
@pytest.mark.parametrize("make", [network, matrices, large, shared, odd])
def test_explanations(make, tmp_path):
    y = make()
    log = pages_of([explain(y, names={}).latex], tmp_path)
    assert not too_wide(log)


@needs_tex
def test_random_graphs(tmp_path):
    results = [of_values(seed, 6)[0] for seed in range(4)] + [of_tensors(seed, 4)[0] for seed in range(4)]
    pages_of([explain(y, names={}).latex for y in results], tmp_path)
    formulas = [formula(y, simplify=s, names={}).latex for y in results for s in (True, False)]
    pages_of([f"\\[{text}\\]" for text in formulas], tmp_path)


@needs_tex
def test_derivatives(tmp_path):
    def f(x: Any) -> Any:
        return sin(x) ** 3 / (1 + exp(-(x**2))) + x**0.5 + abs(x)

    x = Value(1.0, name="θ_max")
    log = pages_of([f"\\[{formula(g(x)).latex}\\]" for g in (f, grad(f))], tmp_path)
    assert not too_wide(log)


@needs_tex
def test_names(tmp_path):
    results = [sin(Value(1.0, name=name)) * Value(2.0, name=name) ** 2 for name in NAMES]
    pages_of(
        [text for y in results for text in (explain(y, names={}).latex, f"${formula(y).latex}$")], tmp_path
    )


@needs_tex
def test_every_sort_of_letter(tmp_path):
    letters = [c for c in map(chr, range(32, 0x3000)) if unicodedata.category(c)[0] in "LNPSM"]
    pages_of(["\n\n".join(rf"$\mathrm{{{in_latex(c)}}}^{{2}}$" for c in letters)], tmp_path)


@given(st.text())
def test_a_page_has_the_letters_themselves_and_a_paper_ascii(name):
    x = Value(1.0, name=name)
    found = formula(x * x)
    assert found.latex.isascii()
    assert explain(x * x, names={}).latex.isascii()


def test_notebooks_show_names_of_any_script():
    x = Value(1.0, name="日本")
    assert "日本" in formula(x * x)._repr_mimebundle_()["text/latex"]
    assert "日本" in explain(x * x, names={}).markdown
    assert "[U{+}65E5]" in formula(x * x).latex


if __name__ == "__main__":  # to look at: python -m tests.draw.test_latex FOLDER
    print(pages_of([explain(make(), names={}).latex for make in (network, matrices, large, shared, odd)],
                   Path(sys.argv[1])))  # fmt: skip
