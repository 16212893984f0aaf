"""How an explanation is written: the chain rule step by step, with numbers.

It says in words what the picture shows in boxes, and is written from the same content (`content.py`): first
every result in the order in which it was computed, then every derivative in the order in which the backward
walk finds it, each as a sum over the uses of a value.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import notation
from .content import Box, Edge, Picture
from .numbers import shown, single
from .writers import PRODUCT, Given, Latex

__all__: list[str] = []


@dataclass(frozen=True)
class Step:
    """One equation: what it is of, and everything that this equals, in turn."""

    left: str
    sides: tuple[str, ...]


class Words:
    """The explanation in text; below, what LaTeX has other."""

    times = " · "

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.users: dict[Box, list[Edge]] = {}
        for edge in reversed(picture.edges):  # as the backward walk meets them
            if edge.asked:
                self.users.setdefault(edge.source, []).append(edge)

    # ---- how things are written
    def name(self, name: str) -> str:
        return name

    def tree(self, tree: ast.expr) -> str:
        return notation.text(tree)

    def factor(self, tree: ast.expr) -> str:
        """A formula as a factor of a product."""
        text = self.tree(tree)
        return f"({text})" if notation.level(tree) <= notation.NEGATIVE and " " in text else self.signed(text)

    def signed(self, text: str) -> str:
        return f"({text})" if text.startswith("−") else text

    def value(self, value: Any) -> str:
        return shown(value).line

    def partial(self, above: str, below: str) -> str:
        return f"∂{above}/∂{below}"

    def words(self, text: str) -> str:
        return text

    def total(self, text: str) -> str:
        """A sum over what was broadcast."""
        return f"sum({text})"

    def sum(self, terms: Iterable[str]) -> str:
        return " + ".join(terms)

    # ---- the two lists
    def forward(self) -> list[Step]:
        found = []
        for box in self.picture.boxes:
            if box.role == "literal":
                continue
            made = [self.tree(box.made)] if box.made is not None else []
            note = f"  ({shown(box.value).flag})" if shown(box.value).flag and box.shape else ""
            found.append(Step(self.name(box.name), (*made, self.value(box.value) + self.words(note))))
        return found

    def backward(self) -> list[Step]:
        boxes = [box for box in self.picture.boxes if box is not self.picture.root and box.grad is not None]
        return [self.derivative(box) for box in reversed(boxes) if box in self.users]

    def derivative(self, box: Box) -> Step:
        """The chain rule at one value."""
        edges, top = self.users[box], self.picture.top
        left = self.partial(top, box.name)
        plain = self.sum(
            self.partial(top, e.target.name) + self.times + self.partial(e.target.name, box.name)
            for e in edges
        )
        local = self.sum(self.with_formula(e) for e in edges)
        numbers = self.sum(self.with_numbers(e) for e in edges)
        sides = dict.fromkeys([plain, local, numbers, self.value(box.grad)])
        return Step(left, tuple(sides))

    def with_formula(self, edge: Edge) -> str:
        """What one use passes on, with the local derivative as a formula."""
        upstream = self.partial(self.picture.top, edge.target.name)
        if edge.formula is not None:
            if edge.local is not None and getattr(edge.formula, "number", None) is not None:
                return self.with_numbers(edge)
            product = upstream + self.times + self.factor(edge.formula)
            return self.total(product) if edge.summed else product
        if edge.pulled:
            return self.tree(notation.bound(edge.pulled, {**edge.known, "g": Given(upstream)}))
        if edge.local is not None:
            return upstream + self.times + self.partial(edge.target.name, edge.source.name)
        return self.words(edge.words.replace("g ", f"{self.partial_in_words(edge)} ", 1))

    def partial_in_words(self, edge: Edge) -> str:
        return f"∂{self.picture.top}/∂{edge.target.name}"

    def with_numbers(self, edge: Edge) -> str:
        if edge.local is None or np.size(edge.local) > 12:
            return self.value(edge.passed)
        product = self.times.join(self.signed(self.value(x)) for x in (edge.upstream, edge.local))
        return self.total(product) if edge.summed else product

    # ---- the whole
    def text(self) -> str:
        top = self.picture.top
        lines = ["Forward: every result, in the order in which it was computed"]
        lines += [f"  {' = '.join([step.left, *step.sides])}" for step in self.forward()]
        if self.picture.grads:
            start = self.partial(top, self.picture.root.name)
            lines += ["", f"Backward: from {start} = 1 to the variables, by the chain rule"]
            for step in self.backward():
                first, *others = step.sides
                lines.append(f"  {step.left} = {first}")
                lines += [f"  {' ' * len(step.left)} = {side}" for side in others]
        return "\n".join([*lines, *(f"note: {note}" for note in self.picture.notes)])


WIDE = 55  # letters of a sum that stands on one line
COMMANDS = r"\\(left|right|begin|end|mathrm|quad|\\)|[{}&^_\s]"  # take no place themselves


def width(latex: str) -> int:
    """How many letters a formula is wide, about: of a fraction, those below."""
    latex = re.sub(r"\\frac(\{(?:[^{}]|\{[^{}]*\})*\}){2}", r"\1", latex)
    return (
        len(
            re.sub(
                r"\\[a-zA-Z]+", "x", re.sub(COMMANDS, "", latex.replace(r"\cdot", "xxx").replace(r"\ ", "x"))
            )
        )
        + 3
    )


class Symbols(Words):
    """The explanation in LaTeX."""

    times = r" \cdot "

    def __init__(self, picture: Picture, writer: Latex) -> None:
        super().__init__(picture)
        self.writer = writer

    def name(self, name: str) -> str:
        return self.writer.name(name).text

    def tree(self, tree: ast.expr) -> str:
        return str(self.piece(tree).text)

    def piece(self, tree: ast.expr) -> Any:
        try:
            return self.writer.written(tree, {}, {})
        except (TypeError, KeyError):  # matrices and settings, as text
            return self.writer.number(0)._replace(text=self.words(notation.text(tree)))

    def factor(self, tree: ast.expr) -> str:
        return str(self.writer.held(self.piece(tree), PRODUCT))

    def signed(self, text: str) -> str:
        return rf"\left({text}\right)" if text.startswith("-") else text

    def value(self, value: Any) -> str:
        found = shown(value)
        if single(value):
            return self.cell(found.rows[0][0])
        if isinstance(value, tuple) or not found.whole or value.ndim > 2:
            return self.words(found.line)
        rows = [[self.cell(text) for text in row] for row in found.rows]
        if value.ndim == 2:
            body = r" \\ ".join(" & ".join(row) for row in rows)
            return rf"\left[\begin{{array}}{{{'r' * len(rows[0])}}}{body}\end{{array}}\right]"
        body = r", \\ ".join(r",\ ".join(row) for row in rows)
        return (
            rf"\left[\begin{{array}}{{l}}{body}\end{{array}}\right]" if rows[1:] else rf"\left[{body}\right]"
        )

    def cell(self, text: str) -> str:
        """One number of a value, as `numbers.digits` writes it."""
        number, e, exponent = text.replace("−", "-").partition("e")
        if re.fullmatch(r"-?[\d.]+", number):
            return rf"{number} \cdot 10^{{{int(exponent)}}}" if e else number
        return text.replace("−", "-").replace("inf", r"\infty") if text.endswith("inf") else self.words(text)

    def sum(self, terms: Iterable[str]) -> str:
        """On one line, or if that is long, with a line for each term."""
        terms = list(terms)
        plus = " + " if sum(map(width, terms)) < WIDE else " \\\\\n & \\quad + "
        return plus.join(terms)

    def partial(self, above: str, below: str) -> str:
        sums, word = (r"\Sigma ", above[1:]) if above.startswith("Σ") else ("", above)
        return rf"\frac{{\partial {sums}{self.name(word)}}}{{\partial {self.name(below)}}}"

    def words(self, text: str) -> str:
        return rf"\mathrm{{{self.writer.escaped(text)}}}" if text else ""

    def total(self, text: str) -> str:
        return rf"\sum \left({text}\right)"

    def rows(self, steps: Callable[[], list[Step]]) -> str:
        lines = []
        for step in steps():
            lines += [f"{'' if k else step.left} &= {side}" for k, side in enumerate(step.sides)]
        return " \\\\\n".join(lines)

    def latex(self) -> str:
        parts = [self.rows(self.forward)] + [self.rows(self.backward)] * self.picture.grads
        body = " \\\\[1ex]\n".join(part for part in parts if part)
        body = re.sub(r" (\\\\(\[1ex\])?\n)", r" \\displaybreak[0] \1", body)  # a page may end anywhere
        return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"

    def markdown(self) -> str:
        found = [
            f"**Forward**, every result in the order in which it was computed:\n\n{self.block(self.forward)}"
        ]
        if self.picture.grads:
            start = self.partial(self.picture.top, self.picture.root.name)
            found.append(
                f"**Backward**, from ${start} = 1$ to the variables, by the chain rule:\n\n"
                f"{self.block(self.backward)}"
            )
        return "\n\n".join([*found, *(f"Note: {note}" for note in self.picture.notes)]) + "\n"

    def block(self, steps: Callable[[], list[Step]]) -> str:
        return f"$$\n\\begin{{aligned}}\n{self.rows(steps)}\n\\end{{aligned}}\n$$"
