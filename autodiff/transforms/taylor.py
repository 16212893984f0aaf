"""Taylor coefficients to any order: the recorded graph, computed with power series instead of numbers.

Let x(t) = x₀ + x₁ t + x₂ t² + …, and let y = φ(x) be one primitive of the graph.  By the chain rule

    y'(t) = φ'(x(t)) x'(t)        so        y_k = (coefficient k - 1 of φ'(x) x') / k

and φ' is what the primitive's row states.  So its rule for tangents is run with series for numbers: it gets
x' for the tangent, and its products are those of series, Σ a_i b_(k-i).  The coefficients are computed one
by one, as they are asked for.  That is why the right-hand side may speak of y itself: for exp it is y x',
and y_k needs no more than y_0 … y_(k-1).  And what a rule computes anew is shared with what is there: the
derivative of sin asks for cos(x), whose derivative asks for sin(x), which is y.  A coefficient takes k
multiplications for each product in the row, n coefficients take n²/2 (Griewank and Walther, "Evaluating
derivatives", chapter 13, has these recurrences one by one).

One thing the namespace must know itself, for the derivative of a power is another power, whose derivative
is a third, without end.  It computes z = x^p from z' = p z x' / x or, for a whole p ≥ 0, by multiplication,
which is right at 0 as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import singular
from ..graph import ASKED, Namespace, Node, Primitive, leaf, unusual
from ..kinds import PRIMITIVES
from .fresh import Call, check_function, name_of, opened

__all__ = ["taylor"]


def taylor(f: Callable[..., Any], x: Any, order: int) -> list[Any]:
    """The Taylor coefficients of f at x: the list of f⁽ᵏ⁾(x) / k! for k = 0 … order.

    x is a number, and f a function of one variable; of an array, f must be elementwise, and each coefficient
    is an array.  f runs once; each of its operations takes time of order².  The coefficients are of the kind
    of x and can be differentiated.  At a kink they are those of the subgradient.

    Raises TypeError for an order that is no whole number and for what has no derivative, ValueError for a
    negative order, and what division by zero raises where f is not smooth, as `sqrt` at 0.

    >>> from autodiff import exp
    >>> taylor(lambda x: 1 / (1 - x), 0.0, 4)
    [1.0, 1.0, 1.0, 1.0, 1.0]
    >>> taylor(exp, 0.0, 3)
    [1.0, 1.0, 0.5, 0.16666666666666666]
    """
    check_function("taylor", f)
    if isinstance(order, bool) or not isinstance(order, (int, np.integer)):
        raise TypeError(f"taylor: order is a whole number, not {order!r}")
    if order < 0:
        raise ValueError(f"taylor: order is 0 or more, not {order}")
    with unusual(opened, True):
        call = Call(f, (x,), [0], False)
    if len(call.outputs) != 1 or len(call.variables) != 1:
        raise TypeError(f"taylor: {name_of(f)} takes and returns one number or array, no tree")
    out = call.outputs[0]
    nodes, record = call.ancestry()
    (v,) = call.variables
    series: dict[Any, Series] = {}
    start = v if record else v.value
    space = Space(record)
    one = start * 0 + 1 if record else np.ones_like(start) if call.variables[0].arrays else type(start)(1)
    series[v] = Series(space, [start, one, *(one * 0 for _ in range(order - 1))])
    for node in reversed(nodes):
        xs = [series.get(y) or Series(space, [y if record else y.value]) for y in node.inputs]
        try:
            op: Any = node.op
            y = space.apply(op, xs, node.params or {}, node if record else node.value)
            for k in range(order + 1):
                y.at(k)  # now, so that nothing recurs deeper than a row
        except (ArithmeticError, ValueError, TypeError) as error:
            raise singular(error, node) from error
        series[node] = y
    found = series.get(out)
    if found is None:
        value = out.value if isinstance(out, Node) else out
        coefficients = [value, *(value * 0 for _ in range(order))]
    else:
        coefficients = [found.at(k) for k in range(order + 1)]
    return [finished(c, call, out) for c in coefficients]


def finished(c: Any, call: Call, out: Any) -> Any:
    """A coefficient as the caller gets it."""
    if isinstance(c, Node):
        if c.tracked & ASKED:
            return c
        c = c.value
    shape = np.shape(getattr(out, "value", out))
    if isinstance(getattr(out, "value", out), np.ndarray):
        c = np.array(np.broadcast_to(c, shape))
    return c if call.plain else leaf(type(out), c)


class Series:
    """A power series in t, whose coefficients are computed when they are asked for.

    A series without `more` ends where its known coefficients do; with one of them it is a constant.
    """

    def __init__(self, space: Space, known: list[Any], more: Callable[[int], Any] | None = None) -> None:
        self.space, self.known, self.more = space, known, more
        self.slope: Series | None = None

    def at(self, k: int) -> Any:
        """Coefficient k."""
        if self.more is None:
            return self.known[k] if k < len(self.known) else self.known[0] * 0
        while len(self.known) <= k:
            self.known.append(self.more(len(self.known)))
        return self.known[k]

    @property
    def constant(self) -> bool:
        return self.more is None and len(self.known) == 1

    def derivative(self) -> Series | None:
        """The series of the derivative; None for a constant."""
        if self.slope is None and not self.constant:
            self.slope = Series(self.space, [], lambda k: (k + 1) * self.at(k + 1))
        return self.slope

    # what a rule may ask of an array
    value = property(lambda self: getattr(self.at(0), "value", self.at(0)))
    shape = property(lambda self: self.at(0).shape)
    dtype = property(lambda self: self.at(0).dtype)

    def lift(self, other: Any) -> Series:
        return other if isinstance(other, Series) else Series(self.space, [other])

    def __neg__(self) -> Series:
        return self * -1

    def __add__(self, other: Any) -> Series:
        other = self.lift(other)
        if self.constant and other.constant:
            return Series(self.space, [self.at(0) + other.at(0)])
        return Series(self.space, [], lambda k: self.at(k) + other.at(k))

    def __sub__(self, other: Any) -> Series:
        return self + self.lift(other) * -1

    def __rsub__(self, other: Any) -> Series:
        return self.lift(other) - self

    def __mul__(self, other: Any) -> Series:
        a, b = self, self.lift(other)
        if a.constant:
            a, b = b, a
        if a.constant:
            return Series(self.space, [a.at(0) * b.at(0)])
        if b.constant:
            return Series(self.space, [], lambda k: a.at(k) * b.at(0))
        return Series(self.space, [], lambda k: total(a.at(i) * b.at(k - i) for i in range(k + 1)))

    def __truediv__(self, other: Any) -> Series:
        """q = a / b, from a = q b: a_k = Σ q_i b_(k-i), in which q_k is the last unknown."""
        a, b = self, self.lift(other)
        if b.constant:
            if a.constant:
                return Series(self.space, [a.at(0) / b.at(0)])
            return Series(self.space, [], lambda k: a.at(k) / b.at(0))

        def more(k: int) -> Any:
            known = total(q.at(i) * b.at(k - i) for i in range(k))
            return (a.at(k) - known if k else a.at(0)) / b.at(0)

        q = Series(self.space, [], more)
        return q

    def __rtruediv__(self, other: Any) -> Series:
        return self.lift(other) / self

    def __pow__(self, other: Any) -> Series:
        return self.space.power(self, other)

    def __rpow__(self, other: Any) -> Series:
        return self.space.power(other, self)

    __radd__, __rmul__ = __add__, __mul__


class Space(Namespace):
    """The namespace in which a rule computes with series; `record` if their coefficients are nodes."""

    def __init__(self, record: bool) -> None:
        self.record = record
        self.known: dict[Any, Any] = {}  # what was computed already

    def __getattr__(self, name: str) -> Any:
        op = PRIMITIVES[name]

        def f(*args: Any, **params: Any) -> Series:
            return self.apply(op, [a if isinstance(a, Series) else Series(self, [a]) for a in args], params)

        return f

    def absorb(self, zero: Any, f: Callable[..., Any], *args: Any) -> Any:
        if isinstance(zero, Series) and zero.constant and not np.any(zero.value):
            return zero
        return zero * f(*args)

    def first(self, op: Primitive, xs: list[Series], params: dict[str, Any]) -> Any:
        """The value at t = 0."""
        values = [x.at(0) for x in xs]
        if self.record:
            return op(*values, **params)
        arrays = any(isinstance(v, (np.ndarray, np.generic)) for v in values)
        return (op.f if arrays or op.scalar is None else op.scalar)(*values, **{**op.defaults, **params})

    def apply(self, op: Primitive, xs: list[Series], params: dict[str, Any], value: Any = None) -> Series:
        """The series of op(*xs); its value at t = 0 may be known."""
        key = (op, tuple(map(id, xs))) if not params else None
        if key in self.known:
            return self.known[key][0]  # type: ignore[no-any-return]
        first = self.first(op, xs, params) if value is None else value
        out = Series(self, [first])
        if not op.rules.pulls or all(x.constant for x in xs):
            return out  # of constant kind, or a constant
        rate: list[Any] = []

        def more(k: int) -> Any:
            if not rate:
                rate.append(op.rules.push(self, [x.derivative() for x in xs], out, *xs, **params))
            return rate[0].at(k - 1) / k if rate[0] is not None else first * 0

        out.more = more
        if key:
            self.known[key] = out, xs  # xs are held, so that their ids are theirs
        return out

    def power(self, base: Any, exponent: Any) -> Series:
        """How this namespace computes x ** y: see above."""
        x, y = (a if isinstance(a, Series) else Series(self, [a]) for a in (base, exponent))
        p = y.value if y.constant else None
        if p is not None and np.ndim(p) == 0 and not np.iscomplexobj(p) and p >= 0 and p % 1 == 0:
            return self.multiplied(x, int(p))
        out = Series(self, [x.at(0) ** y.at(0)])
        logs = []
        if not x.constant:
            logs.append(y * x.derivative() / x)
        if not y.constant:
            logs.append(self.log(x) * y.derivative())
        rate: list[Any] = []

        def more(k: int) -> Any:
            if not rate:
                rate.append(out * (logs[0] if len(logs) == 1 else logs[0] + logs[1]))
            return rate[0].at(k - 1) / k

        out.more = more if logs else None
        return out

    def multiplied(self, x: Series, p: int) -> Series:
        """x to the p, by squaring."""
        out = Series(self, [x.at(0) * 0 + 1])
        while p:
            out = out * x if p & 1 else out
            x, p = x * x if p > 1 else x, p >> 1
        return out


def total(terms: Any) -> Any:
    """Their sum; of none, 0."""
    found: Any = None
    for term in terms:
        found = term if found is None else found + term
    return 0 if found is None else found
