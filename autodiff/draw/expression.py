"""Expressions that people type: read by a parser of our own, and never run as Python.

    sum        product (("+" | "-") product)*
    product    signed (("*" | "/" | "%") signed)*
    signed     ("+" | "-")* power
    power      atom ("**" signed)?
    atom       number | name | function "(" sum ("," sum)* ")" | "(" sum ")"

What is read is a list of steps for a stack, so that no expression is too deep to be computed.  Numbers are
floats, and arithmetic is NumPy's: 9**9**9 is inf, and log(-1) is nan.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ..primitives import arithmetic as A
from ..primitives import elementary as E
from .numbers import clean

__all__: list[str] = []

LONGEST = 2000  # characters
DEEPEST = 100  # parentheses, signs and powers within each other

CONSTANTS = {"pi": math.pi, "e": math.e, "inf": math.inf, "nan": math.nan}
FUNCTIONS: dict[str, tuple[Callable[..., Any], int]] = {
    **{name: (getattr(E, name), 1) for name in (
        "sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "arcsinh",
        "arccosh", "arctanh", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt",
        "sigmoid", "softplus", "erf",
    )},
    **{name: (getattr(A, name), 1) for name in ("relu", "square", "sign", "floor", "ceil")},
    **{f"a{name}": (getattr(E, f"arc{name}"), 1) for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "abs": (A.absolute, 1), "ln": (E.log, 1),
    "atan2": (E.arctan2, 2), "arctan2": (E.arctan2, 2), "hypot": (E.hypot, 2), "pow": (A.power, 2),
    "maximum": (A.maximum, 2), "max": (A.maximum, 2), "minimum": (A.minimum, 2), "min": (A.minimum, 2),
}  # fmt: skip
OPERATORS: dict[str, tuple[Callable[..., Any], int]] = {
    "+": (A.add, 2), "-": (A.subtract, 2), "*": (A.multiply, 2), "/": (A.divide, 2), "%": (A.remainder, 2),
    "**": (A.power, 2), "negative": (A.negative, 1),
}  # fmt: skip
TOKEN = re.compile(
    r"\s*(?:((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|([^\W\d]\w*)|(\*\*|[-+*/%(),]))"
)
INSTEAD = {
    "^": "powers are written **", "=": "values are given after the expression, x=1",
    "[": "there are no lists, only numbers", "{": "there are no sets, only numbers",
    "·": "products are written *", "×": "products are written *", "!": "there is no factorial",
    ".": "a number needs a digit", "−": "minus is written -", "÷": "quotients are written /",
    "|": "absolute values are written abs(x)",
}  # fmt: skip


class ExpressionError(ValueError):
    """What is wrong with an expression, and where."""

    def __init__(self, what: str, text: str, place: int) -> None:
        self.what, self.place = what, place
        start, stop = max(0, place - 50), place + 30
        before, after = clean(text[start:place], 400), clean(text[place:stop], 400)
        mark = " " * (len(before) + 3 * (start > 0))
        super().__init__(f"{what}\n  {'...' * (start > 0)}{before}{after}\n  {mark}^")


class Token(NamedTuple):
    kind: str  # "number", "name", a sign, or "end"
    text: str
    place: int


class Expression:
    """A function of its names, in the order in which they first stand in the text.

    Raises ExpressionError for what is none.

    >>> f = Expression("x**2 + 2*x*y")
    >>> f.names
    ['x', 'y']
    >>> f(3.0, 1.0)
    np.float64(15.0)
    """

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise ExpressionError(f"an expression has up to {LONGEST} characters", text, LONGEST)
        self.text = text
        self.steps: list[tuple[str, Any]] = []
        self.names: list[str] = []
        self.tokens = list(tokens(text))
        self.at = self.depth = 0
        self.sum()
        if self.token.kind != "end":
            hint = "; products are written *" if self.token.kind in ("name", "(") else ""
            raise self.error(f"nothing was expected here but the end, or an operator: {self.shown()}{hint}")

    def __call__(self, *xs: Any) -> Any:
        """The value for these values of its names: Tensors, or numbers."""
        known, stack = dict(zip(self.names, xs, strict=True)), list[Any]()
        with np.errstate(all="ignore"):
            for kind, what in self.steps:
                if kind == "number":
                    stack.append(what)
                elif kind == "name":
                    stack.append(known[what])
                else:
                    f, count = what
                    arguments = stack[-count:]
                    del stack[-count:]
                    plain = not any(hasattr(x, "tracked") for x in arguments)
                    stack.append(np.float64(f.f(*arguments)) if plain else f(*arguments))
        return stack.pop()

    # ---- the grammar
    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def taken(self, *kinds: str) -> str:
        """The kind of the next token, taken, if it is one of these."""
        kind = self.token.kind
        if kind not in kinds:
            return ""
        self.at += 1
        return kind

    def error(self, what: str) -> ExpressionError:
        return ExpressionError(what, self.text, self.token.place)

    def shown(self) -> str:
        return "the expression ends" if self.token.kind == "end" else f"here is {clean(self.token.text)!r}"

    def sum(self) -> None:
        self.product()
        while sign := self.taken("+", "-"):
            self.product()
            self.steps.append(("call", OPERATORS[sign]))

    def product(self) -> None:
        self.signed()
        while sign := self.taken("*", "/", "%"):
            self.signed()
            self.steps.append(("call", OPERATORS[sign]))

    def signed(self) -> None:
        self.deeper()
        minus = 0
        while sign := self.taken("+", "-"):
            minus += sign == "-"
        self.atom()
        if self.taken("**"):
            self.signed()
            self.steps.append(("call", OPERATORS["**"]))
        if minus % 2:
            self.steps.append(("call", OPERATORS["negative"]))
        self.depth -= 1

    def atom(self) -> None:
        token = self.token
        if self.taken("number"):
            self.steps.append(("number", np.float64(token.text)))
        elif self.taken("("):
            self.sum()
            self.closed()
        elif self.taken("name"):
            self.named(token)
        else:
            raise self.error(f"a number, a name or a parenthesis was expected, and {self.shown()}")

    def named(self, token: Token) -> None:
        name = token.text
        if self.token.kind != "(":
            if name in FUNCTIONS:
                raise ExpressionError(f"{name} is a function: write {name}(x)", self.text, token.place)
            if name in CONSTANTS:
                self.steps.append(("number", np.float64(CONSTANTS[name])))
                return
            self.steps.append(("name", name))
            if name not in self.names:
                self.names.append(name)
            return
        if name not in FUNCTIONS:
            what = f"there is no function {clean(name)!r}; there are {', '.join(sorted(FUNCTIONS))}"
            raise ExpressionError(what, self.text, token.place)
        self.at += 1
        count = 1
        self.sum()
        while self.taken(","):
            self.sum()
            count += 1
        if count != FUNCTIONS[name][1]:
            what = f"{name} takes {FUNCTIONS[name][1]} argument{'s' * (FUNCTIONS[name][1] > 1)}, not {count}"
            raise ExpressionError(what, self.text, token.place)
        self.closed()
        self.steps.append(("call", FUNCTIONS[name]))

    def closed(self) -> None:
        if not self.taken(")"):
            raise self.error(f"an operator or ) was expected, and {self.shown()}")

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error(f"an expression is nested up to {DEEPEST} deep")


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a text, and one for its end."""
    at = 0
    while text[at:].strip():
        found = TOKEN.match(text, at)
        if found is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            hint = INSTEAD.get(text[at], "")
            raise ExpressionError(f"{clean(text[at])!r} means nothing here{hint and f': {hint}'}", text, at)
        number, name, sign = found.groups()
        if name and not name.isidentifier():  # as x², of which Python makes no name
            at = found.start(2) + next(k for k in range(len(name)) if not name[: k + 1].isidentifier())
            hint = ": powers are written **" if name[at - found.start(2)] in "⁰¹²³⁴⁵⁶⁷⁸⁹" else ""
            raise ExpressionError(f"{clean(text[at])!r} means nothing here{hint}", text, at)
        kind = "number" if number else "name" if name else sign
        yield Token(kind, number or name or sign, found.end() - len(number or name or sign))
        at = found.end()
    yield Token("end", "", len(text))
