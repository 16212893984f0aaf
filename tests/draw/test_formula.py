"""Formulas: those of derivatives against SymPy's, and how they are written."""

from __future__ import annotations

import ast
import random
import warnings
import weakref
from functools import cache
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import sympy

import autodiff
from autodiff import (
    Tensor,
    Value,
    cos,
    draw,
    exp,
    floor,
    formula,
    grad,
    log,
    sin,
    sqrt,
    stepper,
    trace_lines,
    where,
)
from tests.draw.graphs import of_tensors, of_values

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


def test_the_textbook_examples() -> None:
    x, y = Value(1.0, name="x"), Value(0.5, name="y")
    assert str(formula(grad(lambda x: x**2 + 2 * x + 3)(x))) == "2*x + 2"

    def f(x: Any, y: Any) -> Any:
        return x**2 + 2 * x * y + 3 + cos(x + 2 * y)

    assert formula(f(x, y)) == "x**2 + 2*x*y + cos(x + 2*y) + 3"
    assert formula(grad(f)(x, y)) == "2*x + 2*y - sin(x + 2*y)"
    assert formula(grad(f, 1)(x, y)) == "2*x - 2*sin(x + 2*y)"
    assert formula(grad(grad(f, 1), 1)(x, y)) == "-4*cos(x + 2*y)"


CASES: dict[str, tuple[Any, str, str]] = {
    "like terms": (lambda x, y: x + y + 2 * x - 3 * y, "3*x - 2*y", "3 x - 2 y"),
    "nothing is left": (lambda x, y: x - x, "0", "0"),
    "powers": (lambda x, y: x * x * y / x**3, "y/x", r"\frac{y}{x}"),
    "a root": (lambda x, y: sqrt(x) * sqrt(x) + 1 / sqrt(y), "x + 1/sqrt(y)", r"x + \frac{1}{\sqrt{y}}"),
    "no root of a square": (lambda x, y: sqrt(x**2), "sqrt(x**2)", r"\sqrt{x^{2}}"),
    "signs": (lambda x, y: -(x - y) * 2 - -y, "3*y - 2*x", ""),
    "a fraction": (lambda x, y: x * (1 / 3), "x/3", r"\frac{x}{3}"),
    "a decimal": (lambda x, y: 0.1 * x - 0.25, "0.1*x - 0.25", "0.1 x - 0.25"),
    "small numbers": (lambda x, y: 1e-7 * x, "1e-07*x", r"10^{-7} \, x"),
    "exponentials": (lambda x, y: exp(x) * exp(y) / exp(2 * x), "exp(y - x)", "e^{y - x}"),
    "a logarithm": (lambda x, y: log(exp(x * y)), "x*y", r"x \, y"),
    "a power of a power": (lambda x, y: (x**y) ** 2, "(x**y)**2", r"\left(x^{y}\right)^{2}"),
    "a power of a sum": (lambda x, y: (x + y) ** -2, "1/(x + y)**2", r"\frac{1}{\left(x + y\right)^{2}}"),
    "a sum twice": (lambda x, y: (x + y) * (x + y), "(x + y)**2", r"\left(x + y\right)^{2}"),
    "a remainder": (lambda x, y: x % y, "x % y", r"x \bmod y"),
    "a remainder in a product": (lambda x, y: x * (y % x) * (x * y % 3), "x*(y % x)*((x*y) % 3)", ""),
    "absolute value": (lambda x, y: abs(x * y), "abs(x*y)", r"\left|x \, y\right|"),
    "a function with a name only": (lambda x, y: autodiff.sigmoid(x), "sigmoid(x)", ""),
    "two numbers": (lambda x, y: x * 3 * (y * 0.5), "1.5*x*y", r"1.5 x \, y"),
}


@pytest.mark.parametrize("case", CASES)
def test_how_formulas_are_written(case: str) -> None:
    f, text, latex = CASES[case]
    found = formula(f(Value(2.0, name="x"), Value(3.0, name="y")))
    assert found == text
    assert not latex or found.latex == latex
    ElementTree.fromstring(found.mathml)  # it is well formed


@pytest.mark.parametrize("seed", range(30))
def test_formulas_compute_what_the_graph_computed(seed: int) -> None:
    y, leaves = of_values(seed, 6)
    at = {x.name: x.data for x in leaves}
    known = {**NAMESPACE, **at}
    for simplify in (False, True):
        try:
            text = formula(y, simplify=simplify)
        except ValueError:  # too long
            continue
        assert eval(text, known) == pytest.approx(y.data, rel=1e-10)
        ElementTree.fromstring(text.mathml)


@pytest.mark.parametrize("seed", range(15))
def test_formulas_of_arrays_compute_what_the_graph_computed(seed: int) -> None:
    y, leaves = of_tensors(seed, 4)
    known = {**NAMESPACE, **{x.name: x.data for x in leaves}}
    known["concatenate"] = lambda *xs, axis=0: np.concatenate(xs, axis)
    for simplify in (False, True):
        text = formula(y, simplify=simplify, names={})
        np.testing.assert_allclose(eval(text, known), y.data, rtol=1e-10)
        ElementTree.fromstring(text.mathml)


def test_as_it_was_computed() -> None:
    x = Value(2.0, name="x")
    assert formula(x * 1 + x - 0, simplify=False) == "x*1 + x - 0"
    assert formula(2 - (3 - x) - -(x + 1), simplify=False) == "2 - (3 - x) - (-(x + 1))"
    assert formula((-x) ** 2 / (x / 3), simplify=False) == "(-x)**2/(x/3)"


def test_arrays() -> None:
    X, w, b = Tensor(np.ones((3, 2)), True, "X"), Tensor(np.ones(2), True, "w"), Tensor(1.0, True, "b")
    assert formula(((X @ w + b - 1) ** 2).sum()) == "sum((X @ w + b - 1)**2)"
    assert formula(w + X - w) == "X"
    assert formula(X[0] + w - X[0] - w + b) != "b"  # which has another shape
    assert formula(X[:, 0].mean(axis=0)) == "mean(X[:, 0], axis=0)"
    V, W = Tensor(np.ones((2, 2)), True, "V"), Tensor(np.ones((2, 2)), True, "W")
    assert formula(V * (V @ W) @ (W @ (2 * V)), simplify=False) == "(V*(V @ W)) @ (W @ (2*V))"
    assert formula(V @ W @ V, simplify=False) == "V @ W @ V"
    turned = formula((X.T @ X).sum())
    assert (turned, turned.latex) == ("sum(X.T @ X)", r"\mathrm{sum}\left(X^{\top} \, X\right)")
    gradient = formula(grad(lambda W: ((X @ W) ** 2).sum())(Tensor(np.ones((2, 2)), True, "W")))
    assert gradient == "X.T @ (2*(X @ W))"
    data = Tensor(np.arange(20.0))
    assert formula((data * b).sum(), names={}) == "sum(<20 float64>*b)"
    assert formula((data * b).sum(), names={"data": data}) == "sum(data*b)"


def test_names() -> None:
    x, y = Value(1.0), Value(2.0)
    a, b = Value(1.0, name="v1"), Value(2.0, name="v1")
    assert formula(x * y * a * b, names={}) == "v2*v3*v1*v1_1"
    assert formula(x * y) == "x*y"  # the caller's variables
    greek = formula(Value(1.0, name="alpha") * Value(2.0, name="w_12") * Value(3.0, name="x1"))
    assert greek.latex == r"\alpha \, w_{12} \, x_{1}"
    assert "<mi>α</mi>" in greek.mathml
    assert formula(Value(1.0, name="ŷ") * Value(2.0, name="w₁₂")).latex == r"\hat{y} \, w_{12}"
    markup = formula(Value(1.0, name="<script>") + 1)
    assert "<script>" not in markup.mathml and markup == "<script> + 1"


def test_what_is_no_formula() -> None:
    wrong: Any = (Value(1.0),)
    with pytest.raises(TypeError, match="one formula each"):
        formula(wrong)
    x = y = Value(1.0001, name="x")
    for _ in range(60):
        y = sin(y) * y
    with pytest.raises(ValueError, match="2000 is the limit"):
        formula(y)
    y = x
    for _ in range(5000):
        y = sin(y)
    with pytest.raises(ValueError, match="5000 operations"):
        formula(y)


def test_a_long_chain_of_sums_takes_no_time() -> None:
    x = total = Value(1.0, name="x")
    for k in range(1500):
        total = total + x * k
    assert formula(total) == "1124251*x"


SHOWN: dict[str, tuple[Any, str, str]] = {
    "abs": (abs, "abs(x)", "sign(x)"),
    "floor": (lambda x: floor(2 * x) * x, "x*floor(2*x)", "floor(2*x)"),
    "floor division": (lambda x: (x // 2) * x**2, "x**2*(x//2)", "2*x*(x//2)"),
    "round": (lambda x: round(x) * x, "x*round(x)", "round(x)"),
    "where": (
        lambda x: where(x > 1, x**2, sin(x)),
        "where([x > 1], x**2, sin(x))",
        "2*x*[x > 1] + [x <= 1]*cos(x)",
    ),
}


@pytest.mark.parametrize("case", SHOWN)
def test_what_has_derivative_zero_is_shown_where_that_was_asked_for(case: str) -> None:
    f, text, derivative = SHOWN[case]
    x = Value(1.75, name="x")
    with trace_lines():
        y, slope = f(x), grad(f)(x)
    assert (formula(y), formula(slope)) == (text, derivative)
    y.backward()
    assert x.grad == pytest.approx(slope.data) == grad(f)(1.75)
    image = str(draw(y, names={}))
    assert ("abs" if case == "abs" else case.split()[0][:5] if case != "floor division" else "//") in image
    (check,) = stepper(y).data["checks"]
    assert check["gap"][1] == 1
    # elsewhere it is the number that it was
    assert "floor" not in formula(f(x)) and "[" not in formula(f(x)) and "round" not in formula(f(x))


def test_masks_of_arrays_are_shown() -> None:
    t = Tensor([1.0, -2.0, 3.0], requires_grad=True, name="t")
    with trace_lines():
        y = (where(t > 0, t, 0.1 * t) * np.sign(t)).sum()
        slope = grad(lambda t: abs(t).sum())(t)
        mask = t > 0
    assert formula(y) == "sum(where([t > 0], t, 0.1*t)*sign(t))"
    assert r"\begin{cases} t & \mathrm{if}\ t > 0 \\ " in formula(y).latex
    assert formula(slope) == "sign(t)"
    assert not mask.requires_grad and t[mask].tolist() == [1.0, 3.0]
    node = where(t > 0, t, 0.0 * t)  # outside, nothing is kept but the mask
    assert node.inputs[0].op is None


def test_a_mask_keeps_nothing_alive() -> None:
    x = Tensor(np.ones(3), requires_grad=True)
    y = x * 2
    gone, mask = weakref.ref(y), y > 0
    del y
    assert gone() is None and mask.all()


def test_arrays_of_one_number_keep_their_shape_where_it_counts() -> None:
    w = Tensor(np.ones((2, 3)), requires_grad=True, name="w")
    assert formula(Tensor(np.ones((4, 2))) @ w, names={}) == "ones(shape=(4, 2)) @ w"
    assert formula(Tensor(np.full((4, 2), 0.5)) @ w, names={}) == "full(shape=(4, 2), fill_value=0.5) @ w"
    assert formula(w * np.full((2, 3), 0.5) + np.zeros((2, 3)), names={}) == "w/2"


def test_results_of_several_are_picked() -> None:
    a = Tensor([[2.0, 1.0], [1.0, 3.0]], requires_grad=True, name="a")
    assert formula(np.linalg.eigh(a)[0]) == "eigh(a)[0]"
    assert "{\\mathrm{eigh}" in formula(np.linalg.eigh(a)[0]).latex
