r"""How a formula is written: as text, as LaTeX and as MathML.

A writer puts pieces together, each a text and how tightly it holds:

    text      2*x*cos(x)/(y + 1)
    latex     \frac{2 x \cos\left(x\right)}{y + 1}
    mathml    <mfrac><mrow><mn>2</mn><mo>&#x2062;</mo><mi>x</mi>…

What a primitive looks like stands in its row (`form="x * y"`); what has no form is written as a call.
"""

from __future__ import annotations

import ast
import re
import unicodedata
from html import escape
from typing import Any, ClassVar, NamedTuple

import numpy as np

from . import notation
from .letters import ACCENTS, GREEK, LETTER_OF, LOW, SYMBOLS, in_latex
from .numbers import clean

__all__: list[str] = []

COMPARED, NEGATIVE, SUM, MIXED, PRODUCT, POWER, ATOM = range(7)
BINDS = {
    ast.Add: SUM, ast.Sub: SUM, ast.Mult: PRODUCT, ast.Div: PRODUCT, ast.Pow: POWER,
    ast.MatMult: MIXED, ast.Mod: MIXED, ast.FloorDiv: MIXED,  # in parentheses among products, and they in it
}  # fmt: skip
STRICT = (ast.Sub, ast.Div)
NAMED = {  # functions that LaTeX has a command for; by the primitive's name
    "sin", "cos", "tan", "sinh", "cosh", "tanh", "log", "arcsin", "arccos", "arctan", "max", "min",
}  # fmt: skip


class Piece(NamedTuple):
    """A part of a formula, and how tightly it holds together."""

    text: str
    binds: int = ATOM
    begins: str = ""  # "number" if a digit comes first


class Given(notation.Said):
    """A piece of a formula that is written already."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.piece = Piece(text)


def digits(x: Any) -> str:
    """A number, with all its digits: `2`, `0.1`, `1e-05`."""
    x = x.item() if isinstance(x, (np.ndarray, np.generic)) else x
    if isinstance(x, float) and x.is_integer() and abs(x) < 1e16:
        return str(int(x)) if x or str(x)[0] != "-" else "0"
    return str(x)


class Writer:
    """Writes text; the other two change what looks different."""

    signs: ClassVar[dict[Any, str]] = {
        ast.Add: " + ", ast.Sub: " - ", ast.Mult: "*", ast.MatMult: " @ ", ast.Div: "/", ast.Mod: " % ",
        ast.FloorDiv: "//",
    }  # fmt: skip
    compared: ClassVar[dict[Any, str]] = {
        ast.Eq: " == ",
        ast.NotEq: " != ",
        ast.Lt: " < ",
        ast.LtE: " <= ",
        ast.Gt: " > ",
        ast.GtE: " >= ",
    }
    comma, minus = ", ", "-"

    # ---- what formulas are made of
    def name(self, name: str) -> Piece:
        return Piece(clean(name))

    def number(self, x: Any) -> Piece:
        text = digits(x)
        return Piece(text, NEGATIVE if text.startswith("-") else ATOM, "number")

    def setting(self, value: Any) -> str:
        if isinstance(value, tuple):
            return f"({notation.spelled(value)}{',' * (len(value) == 1)})" if value else "()"
        return notation.spelled(value)

    def place(self, index: Any) -> str:
        """What stands in brackets."""
        return self.word(notation.spelled(index))

    def fenced(self, text: str) -> str:
        return f"({text})"

    def held(self, piece: Piece, least: int) -> str:
        """A piece, in parentheses if it holds less tightly than it must."""
        return piece.text if piece.binds >= least else self.fenced(piece.text)

    def negative(self, x: Piece) -> Piece:
        return Piece(f"{self.minus}{self.held(x, PRODUCT)}", NEGATIVE)

    def binary(self, op: type[ast.operator], left: Piece, right: Piece) -> Piece:
        binds = BINDS[op]
        mixed = binds == MIXED
        chain = left.binds == NEGATIVE or (op is ast.MatMult and left.binds == MIXED)
        first = self.held(left, left.binds if chain else POWER if mixed else binds)
        second = self.held(right, POWER if mixed else binds + issubclass(op, STRICT))
        sign = self.times(left, right.begins and second == right.text) if op is ast.Mult else self.signs[op]
        begins = left.begins if first == left.text else ""
        return Piece(f"{first}{sign}{second}", NEGATIVE if left.binds == NEGATIVE else binds, begins)

    def times(self, left: Piece, digit: Any) -> str:
        """The sign between two factors; `digit` says that the second one begins with one."""
        return self.signs[ast.Mult]

    def power(self, base: Piece, exponent: Piece) -> Piece:
        return Piece(f"{self.held(base, ATOM)}**{self.held(exponent, ATOM)}", POWER, base.begins)

    def call(self, name: str, args: list[Piece], settings: dict[str, Any]) -> Piece:
        inner = [a.text for a in args] + [f"{k}={self.setting(v)}" for k, v in settings.items()]
        return Piece(f"{self.function(name)}{self.fenced(self.comma.join(inner))}")

    def function(self, name: str) -> str:
        return clean(name)

    def transposed(self, x: Piece) -> Piece:
        return Piece(f"{self.held(x, ATOM)}.T")

    def word(self, text: str) -> str:
        return text

    def comparison(self, op: type[ast.cmpop], left: Piece, right: Piece) -> Piece:
        return Piece(f"[{left.text}{self.compared[op]}{right.text}]")

    def indexed(self, x: Piece, index: Any) -> Piece:
        return Piece(f"{self.held(x, ATOM)}[{self.place(index)}]")

    def whole(self, piece: Piece) -> str:
        """The formula, when it is done."""
        return piece.text

    # ---- forms
    def written(self, tree: ast.expr, known: dict[str, Piece], params: Any) -> Piece:
        """The form of a primitive, with these pieces for its letters."""
        match tree:
            case Given(piece=piece):
                return piece
            case notation.Said(number=number):
                return self.name(tree.text) if number is None else self.number(number)
            case ast.Name(id=name):
                return known[name]
            case ast.Constant(value=value):
                return self.number(value)
            case ast.UnaryOp(op=op, operand=x):
                inner = self.written(x, known, params)
                return self.negative(inner) if isinstance(op, ast.USub) else inner
            case ast.BinOp(left=left, op=op, right=right):
                a, b = self.written(left, known, params), self.written(right, known, params)
                return self.power(a, b) if isinstance(op, ast.Pow) else self.binary(type(op), a, b)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self.comparison(
                    type(op), self.written(left, known, params), self.written(right, known, params)
                )
            case ast.Subscript(value=x, slice=ast.Name(id=name)):
                return self.indexed(self.written(x, known, params), params[name])
            case ast.Subscript(value=x, slice=notation.Said(text=text)):
                return self.indexed(self.written(x, known, params), text)
            case ast.Attribute(value=x, attr="T"):
                return self.transposed(self.written(x, known, params))
            case ast.Attribute(value=x, attr=attribute):
                return Piece(f"{self.held(self.written(x, known, params), ATOM)}{self.word('.' + attribute)}")
            case ast.Call(func=ast.Name(id=name), args=args, keywords=more):
                found = [self.written(a, known, params) for a in args]
                found += [
                    Piece(f"{self.word(k.arg + '=')}{self.written(k.value, known, params).text}")
                    for k in more
                    if k.arg
                ]
                return self.call(name, found, {})
            case ast.Tuple(elts=elements):
                return Piece(
                    self.fenced(self.comma.join(self.written(e, known, params).text for e in elements))
                )
        raise TypeError(f"a form that formulas can't be written by: {ast.unparse(tree)}")


class Latex(Writer):
    """Writes LaTeX that every TeX sets, without packages but amsmath."""

    signs: ClassVar[dict[Any, str]] = {
        ast.Add: " + ", ast.Sub: " - ", ast.Mult: r" \, ", ast.MatMult: r" \, ", ast.Mod: r" \bmod ",
    }  # fmt: skip
    compared: ClassVar[dict[Any, str]] = {
        ast.Eq: " = ", ast.NotEq: r" \neq ", ast.Lt: " < ", ast.LtE: r" \leq ", ast.Gt: " > ",
        ast.GtE: r" \geq ",
    }  # fmt: skip

    def name(self, name: str) -> Piece:
        name = re.sub("[₀-₉]+", lambda found: "_" + found[0].translate(LOW), clean(name))
        word, _, index = name.partition("_")
        if not index and (found := re.fullmatch(r"([^\W\d]+)(\d+)", word)):
            word, index = found.groups()
        if word and index and re.fullmatch(r"[^\W_]+", index):
            return Piece(f"{self.symbol(word)}_{{{self.upright(index)}}}")
        return Piece(self.symbol(name))

    def symbol(self, word: str) -> str:
        plain = unicodedata.normalize("NFD", word)
        if accent := ACCENTS.get(plain[1:]):
            return rf"\{accent}{{{self.symbol(plain[0])}}}"
        if SYMBOLS.get(word, word) in GREEK:
            return "\\" + SYMBOLS.get(word, word)
        return word if len(word) == 1 and word.isalpha() and word.isascii() else self.upright(word)

    def upright(self, word: str) -> str:
        return word if word.isascii() and word.isdigit() else rf"\mathrm{{{self.escaped(word)}}}"

    def escaped(self, word: str) -> str:
        return "".join(map(self.letter, word))

    def letter(self, c: str) -> str:
        return in_latex(c)

    def number(self, x: Any) -> Piece:
        piece = super().number(x)
        if piece.text in ("nan", "True", "False", "None"):
            return piece._replace(text=rf"\mathrm{{{piece.text}}}", begins="")
        text = piece.text.replace("inf", r"\infty")
        mantissa, _, exponent = text.partition("e")
        if not exponent or "\\" in text:
            return piece._replace(text=text)
        times = "" if mantissa in ("1", "-1") else rf"{mantissa} \cdot "
        sign = "-" if mantissa == "-1" else ""
        return Piece(f"{sign}{times}10^{{{int(exponent)}}}", min(PRODUCT, piece.binds), "number")

    def transposed(self, x: Piece) -> Piece:
        return Piece(rf"{self.held(x, ATOM)}^{{\top}}", POWER)

    def word(self, text: str) -> str:
        return rf"\mathrm{{{self.escaped(text)}}}"

    def setting(self, value: Any) -> str:
        return rf"\mathrm{{{self.escaped(super().setting(value))}}}"

    def fenced(self, text: str) -> str:
        return rf"\left({text}\right)"

    def times(self, left: Piece, digit: Any) -> str:
        return r" \cdot " if digit else " " if re.fullmatch(r"-?[\d.]+", left.text) else self.signs[ast.Mult]

    def binary(self, op: type[ast.operator], left: Piece, right: Piece) -> Piece:
        if op is ast.Div:
            return Piece(rf"\frac{{{left.text}}}{{{right.text}}}", PRODUCT)
        if op is ast.FloorDiv:
            return Piece(rf"\left\lfloor\frac{{{left.text}}}{{{right.text}}}\right\rfloor")
        return super().binary(op, left, right)

    def power(self, base: Piece, exponent: Piece) -> Piece:
        return Piece(f"{self.held(base, ATOM)}^{{{exponent.text}}}", POWER, base.begins)

    def call(self, name: str, args: list[Piece], settings: dict[str, Any]) -> Piece:
        if name == "sqrt":
            return Piece(rf"\sqrt{{{args[0].text}}}")
        if name == "exp":
            return Piece(f"e^{{{args[0].text}}}", POWER)
        if name in ("abs", "absolute"):
            return Piece(rf"\left|{args[0].text}\right|")
        if name in ("floor", "ceil"):
            return Piece(rf"\left\l{name}{args[0].text}\right\r{name}")
        if name == "where" and len(args) == 3:
            condition, x, y = (a.text for a in args)
            if condition.count("[") == 1 and args[0].binds == ATOM:
                condition = condition.removeprefix(r"\left[").removesuffix(r"\right]")
            cases = rf"{x} & \mathrm{{if}}\ {condition} \\ {y} & \mathrm{{otherwise}}"
            return Piece(rf"\begin{{cases}} {cases} \end{{cases}}", COMPARED)
        inner = [a.text for a in args]
        inner += [rf"\mathrm{{{self.escaped(k)}}}={self.setting(v)}" for k, v in settings.items()]
        return Piece(f"{self.function(name)}{self.fenced(self.comma.join(inner))}")

    def function(self, name: str) -> str:
        return f"\\{name}" if name in NAMED else rf"\mathrm{{{self.escaped(clean(name))}}}"

    def comparison(self, op: type[ast.cmpop], left: Piece, right: Piece) -> Piece:
        return Piece(rf"\left[{left.text}{self.compared[op]}{right.text}\right]")

    def indexed(self, x: Piece, index: Any) -> Piece:
        return Piece(f"{{{self.held(x, ATOM)}}}_{{{self.place(index)}}}")


class PageLatex(Latex):
    """Writes LaTeX for a page, as of a notebook, whose browser has all letters."""

    def letter(self, c: str) -> str:
        found = in_latex(c)
        return c if found.startswith("[U") else found


class MathML(Writer):
    """Writes MathML, which browsers show by themselves."""

    signs: ClassVar[dict[Any, str]] = {
        ast.Add: "<mo>+</mo>", ast.Sub: "<mo>−</mo>", ast.Mult: "<mo>&#x2062;</mo>",
        ast.MatMult: "<mo>&#x2062;</mo>", ast.Mod: "<mo>mod</mo>",
    }  # fmt: skip
    compared: ClassVar[dict[Any, str]] = {
        kind: f"<mo>{escape(sign)}</mo>" for kind, sign in notation.COMPARED.items()
    }  # fmt: skip
    comma, minus = "<mo>,</mo>", "<mo>−</mo>"

    def name(self, name: str) -> Piece:
        return Piece(f"<mi>{escape(LETTER_OF.get(name, clean(name)))}</mi>")

    def number(self, x: Any) -> Piece:
        piece = super().number(x)
        sign, text = ("<mo>−</mo>", piece.text[1:]) if piece.text.startswith("-") else ("", piece.text)
        text = text.replace("inf", "∞")
        mantissa, _, exponent = text.partition("e")
        if not exponent:  # True has an e, too
            return piece._replace(text=f"{sign}<mn>{escape(text)}</mn>")
        power = f"<msup><mn>10</mn><mn>{escape(str(int(exponent)).replace('-', '−'))}</mn></msup>"
        return Piece(f"{sign}<mn>{mantissa}</mn><mo>·</mo>{power}", min(PRODUCT, piece.binds), "number")

    def transposed(self, x: Piece) -> Piece:
        return Piece(f"<msup><mrow>{self.held(x, ATOM)}</mrow><mo>⊤</mo></msup>", POWER)

    def word(self, text: str) -> str:
        return f"<mtext>{escape(text)}</mtext>"

    def setting(self, value: Any) -> str:
        return f"<mtext>{escape(super().setting(value))}</mtext>"

    def fenced(self, text: str) -> str:
        return f"<mrow><mo>(</mo>{text}<mo>)</mo></mrow>"

    def times(self, left: Piece, digit: Any) -> str:
        return "<mo>·</mo>" if digit else self.signs[ast.Mult]

    def binary(self, op: type[ast.operator], left: Piece, right: Piece) -> Piece:
        if op is ast.Div:
            return Piece(f"<mfrac>{self.row(left)}{self.row(right)}</mfrac>", PRODUCT)
        if op is ast.FloorDiv:
            quotient = f"<mfrac>{self.row(left)}{self.row(right)}</mfrac>"
            return Piece(f"<mrow><mo>⌊</mo>{quotient}<mo>⌋</mo></mrow>")
        return super().binary(op, left, right)

    def row(self, piece: Piece) -> str:
        return f"<mrow>{piece.text}</mrow>"

    def power(self, base: Piece, exponent: Piece) -> Piece:
        return Piece(
            f"<msup><mrow>{self.held(base, ATOM)}</mrow>{self.row(exponent)}</msup>", POWER, base.begins
        )

    def call(self, name: str, args: list[Piece], settings: dict[str, Any]) -> Piece:
        if name == "sqrt":
            return Piece(f"<msqrt>{args[0].text}</msqrt>")
        if name == "exp":
            return Piece(f"<msup><mi>e</mi>{self.row(args[0])}</msup>", POWER)
        if name in ("abs", "absolute"):
            return Piece(f"<mrow><mo>|</mo>{args[0].text}<mo>|</mo></mrow>")
        if name in ("floor", "ceil"):
            left, right = {"floor": ("⌊", "⌋"), "ceil": ("⌈", "⌉")}[name]
            return Piece(f"<mrow><mo>{left}</mo>{args[0].text}<mo>{right}</mo></mrow>")
        inner = [a.text for a in args]
        inner += [f"<mi>{escape(k)}</mi><mo>=</mo>{self.setting(v)}" for k, v in settings.items()]
        return Piece(f"{self.function(name)}<mo>&#x2061;</mo>{self.fenced(self.comma.join(inner))}")

    def function(self, name: str) -> str:
        return f"<mi>{escape(clean(name))}</mi>"

    def comparison(self, op: type[ast.cmpop], left: Piece, right: Piece) -> Piece:
        return Piece(f"<mrow><mo>[</mo>{left.text}{self.compared[op]}{right.text}<mo>]</mo></mrow>")

    def indexed(self, x: Piece, index: Any) -> Piece:
        return Piece(f"<msub><mrow>{self.held(x, ATOM)}</mrow>{self.place(index)}</msub>")

    def whole(self, piece: Piece) -> str:
        return f'<math xmlns="http://www.w3.org/1998/Math/MathML"><mrow>{piece.text}</mrow></math>'


WRITERS: dict[str, type[Writer]] = {"text": Writer, "latex": Latex, "mathml": MathML, "page": PageLatex}
