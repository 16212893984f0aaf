"""Formulas to read: what the tables state as Python text, written with the names of a graph.

A row says that multiply is `x * y`, with the partials `y` and `x`; that the partial of sin is `m.cos(x)`.
Here such a text is read, the letters are replaced by what they stand for in the graph (`bound`), and the
tree is written as

    text      b × cos(a)                    MathML    as nested lists, which the page makes elements of
    code      b.data * cos(a.data)

Only what is obvious is simplified: `2 * x ** (2 - 1)` is `2 * x`, and `h * h` is `h²`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from keyword import iskeyword
from typing import Any

import numpy as np

from ..graph import Primitive
from ..kinds import PRIMITIVES
from .numbers import digits

__all__: list[str] = []

LETTERS = "xyz"
LEVEL = {
    ast.Add: 1,
    ast.Sub: 1,
    ast.Mult: 2,
    ast.MatMult: 2,
    ast.Div: 2,
    ast.Mod: 2,
    ast.FloorDiv: 2,
    ast.Pow: 4,
}
SIGN = {
    ast.Add: "+",
    ast.Sub: "−",
    ast.Mult: "×",
    ast.MatMult: "@",
    ast.Div: "/",
    ast.Mod: "mod",
    ast.FloorDiv: "//",
}
COMPARED = {ast.Eq: "=", ast.NotEq: "≠", ast.Lt: "<", ast.LtE: "≤", ast.Gt: ">", ast.GtE: "≥"}
PYTHON = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.MatMult: "@", ast.Div: "/", ast.Mod: "%",
    ast.FloorDiv: "//", ast.Pow: "**",
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip
NEGATIVE, ATOM = 3, 9
UP = str.maketrans("0123456789-.", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻·")

Markup = list[Any]  # ["mi", "x"], ["mfrac", above, below]: the name of an element, and what is in it


class Said(ast.expr):
    """A name, number or setting of the graph, ready to be shown."""

    def __init__(self, text: str, number: Any = None) -> None:
        super().__init__()
        self.text, self.number = text, number


# ---- reading -------------------------------------------------------------------------------------------
def parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body  # anew each time: binding changes the tree


def form_of(op: Primitive, letters: list[str]) -> str:
    """How a primitive is written, in its letters."""
    return op.form or f"{callable_name(op.name)}({', '.join(letters)})"


def callable_name(name: str) -> str:
    """The name of a primitive, which may be anything, as a word that Python's parser reads as a name."""
    word = "λ" if name == "<lambda>" else re.sub(r"\W", "_", name)
    return word if word.isidentifier() and not iskeyword(word) else f"_{word}"


def letters_of(count: int) -> list[str]:
    return list(LETTERS[:count]) if count <= len(LETTERS) else [f"x{i}" for i in range(count)]


def bound(text: str, known: dict[str, Said]) -> ast.expr:
    """The tree of a text, with its letters replaced and the rules of the tables written out."""
    return Binder(known).visit(parsed(text))  # type: ignore[no-any-return]


class Binder(ast.NodeTransformer):
    """Replaces letters; writes `m.f(…)` as people do; simplifies on the way up."""

    def __init__(self, known: dict[str, Any]) -> None:
        self.known = known

    def visit_Name(self, node: ast.Name) -> Any:
        return self.known.get(node.id, node)

    def visit_Constant(self, node: ast.Constant) -> Any:
        return Said(digits(node.value), node.value) if isinstance(node.value, (int, float)) else node

    def visit_Call(self, node: ast.Call) -> Any:
        f = node.func
        if not (isinstance(f, ast.Attribute) and isinstance(f.value, ast.Name) and f.value.id == "m"):
            args = [self.visit(a) for a in node.args]
            return ast.Call(f, args, [ast.keyword(k.arg, self.visit(k.value)) for k in node.keywords])
        if f.attr == "absorb":  # zero * f(*args)
            zero, rate, *args = node.args
            return product(self.visit(zero), self.visit(ast.Call(rate, args, [])))
        args = [self.visit(a) for a in node.args]
        letters = letters_of(len(args))
        text = (
            form_of(PRIMITIVES[f.attr], letters)
            if f.attr in PRIMITIVES
            else f"{f.attr}({', '.join(letters)})"
        )
        return Binder(dict(zip(letters, args, strict=True))).visit(parsed(text))

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        left, right = self.visit(node.left), self.visit(node.right)
        a, b = getattr(left, "number", None), getattr(right, "number", None)
        match node.op:
            case ast.Mult():
                return product(left, right)
            case ast.Add() | ast.Sub() if a is not None and b is not None:
                total = a + b if isinstance(node.op, ast.Add) else a - b
                return Said(digits(total), total)
            case ast.Div() if a is not None and b:
                return Said(digits(a / b), a / b)
            case ast.Pow() if b == 1:
                return left
        return ast.BinOp(left, node.op, right)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        inner = self.visit(node.operand)
        number = getattr(inner, "number", None)
        if isinstance(node.op, ast.USub) and number is not None:
            return Said(digits(-number), -number)
        return ast.UnaryOp(node.op, inner)


def product(a: ast.expr, b: ast.expr) -> ast.expr:
    """a × b: what is multiplied by 1 stays, what is multiplied by itself is a square."""
    for one, other in ((a, b), (b, a)):
        if getattr(one, "number", None) == 1:
            return other
    if isinstance(b, ast.BinOp) and isinstance(b.op, ast.Div) and getattr(b.left, "number", None) == 1:
        return ast.BinOp(a, ast.Div(), b.right)
    if isinstance(a, Said) and isinstance(b, Said) and a.number is None and a.text == b.text:
        return ast.BinOp(a, ast.Pow(), Said("2", 2))
    return ast.BinOp(a, ast.Mult(), b)


def spelled(value: Any, bare: bool = True) -> str:
    """A setting of a primitive, as a text: an axis, a shape, an index; a tuple `bare` as in `x[0, 1]`."""
    if isinstance(value, tuple) and not bare:
        return f"({spelled(value)}{',' * (len(value) == 1)})" if value else "()"
    if isinstance(value, slice):
        ends = ["" if e is None else spelled(e) for e in (value.start, value.stop)]
        return ":".join(ends) + (f":{spelled(value.step)}" if value.step is not None else "")
    if isinstance(value, tuple):
        return ", ".join(map(spelled, value)) if value else "()"
    if value is Ellipsis:
        return "..."
    if isinstance(value, np.dtype):
        return str(value)
    if isinstance(value, np.ndarray) or hasattr(value, "shape"):
        small = value.ndim == 1 and value.size <= 6
        return str(value.tolist()) if small else f"<{' × '.join(map(str, value.shape))} {value.dtype}>"
    if isinstance(value, type):
        return value.__name__
    text = str(value)
    return text if len(text) <= 30 else text[:29] + "…"


# ---- writing -------------------------------------------------------------------------------------------
def level(node: ast.expr) -> int:
    """How strongly it holds together; what holds less strongly is put in parentheses."""
    if isinstance(node, ast.BinOp):
        return LEVEL[type(node.op)]
    if isinstance(node, ast.UnaryOp) or (isinstance(node, Said) and node.text.startswith("−")):
        return NEGATIVE
    return 0 if isinstance(node, ast.Compare) else ATOM


def operands(node: ast.BinOp) -> tuple[bool, bool]:
    """Whether the two operands need parentheses."""
    own, power = level(node), isinstance(node.op, ast.Pow)
    left, right = level(node.left), level(node.right)
    strict = isinstance(node.op, (ast.Sub, ast.Div, ast.MatMult, ast.Mod, ast.FloorDiv))
    return left < own or (power and left == own), right < own or (
        strict and right == own
    ) or right == NEGATIVE


def text(node: ast.expr) -> str:
    """On one line: `2 × x`, `1 − h²`, `sum(x, axis=0)`."""
    match node:
        case Said():
            return node.text
        case ast.BinOp():
            wrap_left, wrap_right = operands(node)
            left, right = text(node.left), text(node.right)
            left = f"({left})" if wrap_left else left
            if isinstance(node.op, ast.Pow):
                number = getattr(node.right, "number", None)
                if isinstance(number, (int, float)) and number == int(number) >= 0:
                    return left + str(int(number)).translate(UP)
                return f"{left}^({right})" if level(node.right) < ATOM else f"{left}^{right}"
            return f"{left} {SIGN[type(node.op)]} {f'({right})' if wrap_right else right}"
        case ast.UnaryOp():
            inner = text(node.operand)
            inner = inner if level(node.operand) > 1 else f"({inner})"
            return ("−" if isinstance(node.op, ast.USub) else "+") + inner
        case ast.Compare():
            return f"[{text(node.left)} {COMPARED[type(node.ops[0])]} {text(node.comparators[0])}]"
        case ast.Call():
            args = [text(a) for a in node.args] + [f"{k.arg}={text(k.value)}" for k in node.keywords]
            return f"{text(node.func)}({', '.join(args)})"
        case ast.Subscript():
            return f"{text(node.value)}[{text(node.slice)}]"
        case ast.Attribute() if node.attr == "T":
            return text(node.value) + "ᵀ"
        case ast.Attribute():
            return f"{text(node.value)}.{node.attr}"
        case ast.Name():
            return node.id
        case ast.Tuple():
            return "(" + ", ".join(text(e) for e in node.elts) + ")"
    return ast.unparse(node)


def code(node: ast.expr, write: Callable[[Said], str]) -> str:
    """As Python; `write` says how what stands in the graph is called there."""

    def inner(n: ast.expr, wrap: bool = False) -> str:
        found = code(n, write)
        return f"({found})" if wrap else found

    match node:
        case Said():
            return write(node)
        case ast.BinOp():
            wrap_left, wrap_right = operands(node)
            return f"{inner(node.left, wrap_left)} {PYTHON[type(node.op)]} {inner(node.right, wrap_right)}"
        case ast.UnaryOp():
            sign = "-" if isinstance(node.op, ast.USub) else "+"
            return sign + inner(node.operand, level(node.operand) < LEVEL[ast.Mult])
        case ast.Compare():
            sign = PYTHON[type(node.ops[0])]
            return f"({inner(node.left)} {sign} {inner(node.comparators[0])})"
        case ast.Call():
            args = [inner(a) for a in node.args] + [f"{k.arg}={inner(k.value)}" for k in node.keywords]
            return f"{inner(node.func)}({', '.join(args)})"
        case ast.Subscript():
            return f"{inner(node.value)}[{inner(node.slice)}]"
        case ast.Attribute():
            own = isinstance(node.value, ast.Name) and node.value.id == "m"
            return node.attr if own else f"{inner(node.value)}.{node.attr}"
        case ast.Tuple():
            return "(" + ", ".join(map(inner, node.elts)) + ")"
    return ast.unparse(node)


def row(*parts: Any) -> Markup:
    return ["mrow", *parts]


def identifier(name: str) -> Markup:
    return ["mi", name]


def fenced(inner: Markup, wrap: bool = True) -> Markup:
    return row(["mo", "("], inner, ["mo", ")"]) if wrap else inner


def mathml(node: ast.expr) -> Markup:
    """As MathML, in nested lists."""
    match node:
        case Said():
            if node.number is None:
                return identifier(node.text)
            return ["mn", node.text]
        case ast.BinOp():
            wrap_left, wrap_right = operands(node)
            left, right = mathml(node.left), mathml(node.right)
            if isinstance(node.op, ast.Pow):
                return ["msup", fenced(left, wrap_left), right]
            if isinstance(node.op, ast.Div):
                return ["mfrac", left, right]
            return row(fenced(left, wrap_left), ["mo", SIGN[type(node.op)]], fenced(right, wrap_right))
        case ast.UnaryOp():
            inner = mathml(node.operand)
            return row(
                ["mo", "−" if isinstance(node.op, ast.USub) else "+"], fenced(inner, level(node.operand) < 2)
            )
        case ast.Call() if not node.keywords:
            inner = [part for a in node.args for part in (["mo", ","], mathml(a))][1:]
            return row(identifier(text(node.func)), ["mo", "("], *inner, ["mo", ")"])
        case ast.Attribute() if node.attr == "T":
            return ["msup", mathml(node.value), ["mo", "⊤"]]
        case ast.Compare():
            sign = ["mo", COMPARED[type(node.ops[0])]]
            return row(["mo", "["], mathml(node.left), sign, mathml(node.comparators[0]), ["mo", "]"])
    return ["mtext", text(node)]
