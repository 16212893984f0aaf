"""`Value`: one number that remembers how it was computed."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from numbers import Number
from typing import Any

import numpy as np

from .graph import SCALAR, Node, leaf
from .operators import literal
from .variable import Variable

__all__ = ["Value"]

LITERALS: dict[float, Value] = {}
PYTHON = (float, int, complex, Fraction, Decimal)


class Value(Variable):
    """One number: a Python float, or a complex, Fraction or Decimal, with which arithmetic stays exact.

    `Value(3)` means 3.0.  It requires grad unless told otherwise.  `name` is for pictures and messages.
    Raises TypeError for what is not one number.

    >>> x = Value(2.0, name="x")
    >>> y = x * x + 3
    >>> y.backward()
    >>> x
    Value(2.0, grad=4.0, name='x')
    """

    __slots__ = ()
    arrays, space, no_gradient = False, SCALAR, 0.0

    def __init__(self, data: Any, requires_grad: bool = True, name: str | None = None) -> None:
        self.value = self.coerce(data)
        self.begin(requires_grad, name)

    @staticmethod
    def coerce(value: Any, like: Any = None) -> Any:
        """What a Value may hold: real if `like` is real."""
        if isinstance(value, Node):
            raise TypeError(f"a {type(value).__name__} where a plain number belongs: use its .data")
        if isinstance(value, (np.generic, np.ndarray)) and value.ndim == 0:
            value = value.item()
        if isinstance(value, complex) and like is not None and not isinstance(like, complex):
            raise TypeError(f"{value!r} is complex, and belongs to the real number {like!r}")
        if isinstance(value, (float, complex, Fraction, Decimal)):
            return value
        if isinstance(value, Number):
            return type(like)(value) if isinstance(like, (Fraction, Decimal)) else float(value)  # type: ignore[arg-type, call-overload]
        raise TypeError(f"a Value holds one number, not {value!r}; a Tensor holds an array")

    def operand(self, other: Any) -> Any:
        if type(other) is float:
            known = LITERALS.get(other)
            return literal(LITERALS, Value, other, other) if known is None else known
        if type(other) in PYTHON:
            if type(other) is int and isinstance(self.value, (Fraction, Decimal)):
                other = type(self.value)(other)  # so that 1 / y stays exact
            return leaf(Value, other)
        if isinstance(other, Value):
            return other
        if isinstance(other, (Number, np.generic)):
            return leaf(Value, number(other))
        return NotImplemented

    @classmethod
    def lift(cls, x: Any, among: Sequence[Any] = ()) -> Node:
        if isinstance(x, Value):
            return x
        if isinstance(x, (Number, np.generic)):
            kinds = [type(getattr(a, "value", a)) for a in among]
            exact = Fraction if Fraction in kinds else Decimal if Decimal in kinds else float
            data = number(x)
            out: Node = leaf(Value, exact(data) if isinstance(data, int) else data)
            return out
        raise TypeError(
            f"{x!r} ({type(x).__name__}) is not a number: Values combine with numbers, arrays and Tensors"
        )

    @staticmethod
    def fit(m: Any, g: Any, x: Any) -> Any:
        data, at = getattr(g, "value", g), getattr(x, "value", x)
        return m.real(g) if isinstance(data, complex) and not isinstance(at, complex) else g

    @staticmethod
    def spread(m: Any, t: Any, out: Any) -> Any:
        return Value.fit(m, t, out)

    def cotangent(self, gradient: Any) -> Any:
        if gradient is None:
            if isinstance(self.value, complex):
                raise ValueError(
                    "backward() on a complex result needs gradient=…; a loss is real: take x.real or abs(x)"
                )
            return type(self.value)(1)
        if isinstance(gradient, Value):
            self.coerce(gradient.value, like=self.value)
            return gradient
        return self.coerce(gradient, like=self.value)

    @staticmethod
    def own(g: Any, given: set[int]) -> Any:
        return g

    def __repr__(self) -> str:
        name = f", name={self.name!r}" if self.name else ""
        grad = self.grad.value if isinstance(self.grad, Node) else self.grad
        return f"Value({self.value!r}, grad={grad!r}{name})"


Node.classes["number"] = Value


def number(x: Any) -> Any:
    """A NumPy scalar as the Python number that it is."""
    x = x.item() if isinstance(x, np.generic) else x
    return float(x) if isinstance(x, np.generic) else x  # longdouble has no Python twin
