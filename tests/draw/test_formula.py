"""Formulas: those of derivatives against SymPy's, and how they are written."""

from __future__ import annotations

import ast
import random
import warnings
from functools import cache
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import sympy

import autodiff
from autodiff import Tensor, Value, cos, exp, formula, grad, log, sin, sqrt, tanh

UNARY = ("sin", "cos", "exp", "log", "sqrt", "tanh", "atan", "square", "cube", "negative", "tan", "sinh")
OURS = {"atan": "arctan"}


def random_expression(rng: random.Random, depth: int) -> str:
    """A function of x and y, as text that both read."""
    if depth == 0 or rng.random() < 0.12:
        return rng.choice(["x", "x", "y", "x", "2", "3", "0.5"])
    a = random_expression(rng, depth - 1)
    if rng.random() < 0.4:
        f = rng.choice(UNARY)
        if f in ("square", "cube", "negative"):
            return {"square": f"({a})**2", "cube": f"({a})**3", "negative": f"-({a})"}[f]
        return f"{f}({a})"
    b = random_expression(rng, depth - 1)
    op = rng.choice(["+", "+", "-", "*", "*", "*", "/", "**"])
    if op == "**":
        return f"({a})**{rng.choice(['2', '3', '-1', '1.5', 'y'])}"
    return f"({a}) {op} ({b})"


def operations(text: str) -> int:
    """The operations in a formula: signs, operators and functions."""
    nodes = list(ast.walk(ast.parse(text, mode="eval")))
    return sum(isinstance(n, (ast.BinOp, ast.Call)) for n in nodes) + sum(
        isinstance(n, ast.UnaryOp) and not isinstance(n.operand, ast.Constant) for n in nodes
    )


POINTS = np.random.default_rng(0).uniform(0.1, 2.0, (2, 400))
NAMESPACE: dict[str, Any] = {name: getattr(np, name) for name in dir(np) if not name.startswith("_")}
NAMESPACE |= {"atan": np.arctan, "Abs": np.abs}


def values(text: str) -> Any:
    """A formula at many points, by NumPy; complex, so that both take the same branches of roots."""
    x, y = POINTS
    with np.errstate(all="ignore"):
        return np.broadcast_to(eval(text, NAMESPACE, {"x": x, "y": y, "E": np.e, "I": 1j}), x.shape)


@cache
def functions() -> list[tuple[str, str, str]]:
    """200 functions: text, SymPy's derivative by x, and ours."""
    rng, found = random.Random(1), dict[str, tuple[str, str, str]]()
    names = {f: getattr(autodiff, OURS.get(f, f)) for f in UNARY if f not in ("square", "cube", "negative")}
    while len(found) < 200:
        text = random_expression(rng, rng.choice([2, 3, 3, 4]))
        if "x" not in text or text in found:
            continue
        f = eval(f"lambda x, y: {text}", dict(names))
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                defined = np.isfinite(values(text)) & np.isfinite(np.asarray(values(text), complex))
                if defined.sum() < 100:
                    continue
                at = [Value(float(POINTS[k][np.argmax(defined)]), name="xy"[k]) for k in (0, 1)]
                ours = str(formula(grad(f)(*at)))
        except (ArithmeticError, ValueError):
            continue  # the function has no derivative there
        x, y = sympy.symbols("x y", real=True)
        theirs = sympy.diff(sympy.sympify(text, locals={"x": x, "y": y}), x)
        if theirs.has(sympy.zoo, sympy.nan, sympy.I):
            continue
        found[text] = text, str(theirs), ours
    return list(found.values())


def test_derivatives_equal_sympys() -> None:
    for text, theirs, ours in functions():
        a, b = values(theirs), values(ours)
        both = np.isfinite(a) & np.isfinite(b)
        assert both.sum() >= 50, (text, theirs, ours)
        np.testing.assert_allclose(b[both][:50], a[both][:50], rtol=1e-10, atol=1e-10, err_msg=text)


def test_derivatives_are_as_short_as_sympys() -> None:
    longer = [
        (text, theirs, ours)
        for text, theirs, ours in functions()
        if operations(ours) > 1.5 * max(operations(theirs), 1)
    ]
    assert len(longer) <= 10, longer
