"""What the compiler knows about primitives: the one table, which every pass and every back end reads.

A primitive that is not in it compiles as well: NumPy's functions are called by their name, others by the
function in their row.  What stands here makes programs shorter, faster or easier to read.

    FACTS         of each primitive, how it is written, and how it behaves

Equations between primitives are in equations.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..graph import Primitive
from ..primitives.arithmetic import divide
from ..primitives.products import contract, matmul
from ..primitives.shapes import broadcast_to, reshape, transpose

__all__: list[str] = []

# how tightly a text holds together, as in Python
LOWEST, CHOICE, COMPARED, BAR, HAT, AND, SHIFT, SUM, PRODUCT, SIGN, POWER, ATOM = range(12)


@dataclass(frozen=True)
class Facts:
    """How a primitive is written and how it behaves.

    `text` is what it looks like on arrays, in NumPy, and `number` on Python's floats: with {0}, {1} for the
    inputs and the settings by name; or a function (term, inputs' texts, text of a value) -> text.  `binds`
    is how tightly it holds, as in Python's grammar; None of text stands for a call by name.
    """

    text: Any = None
    number: Any = None
    into: Any = ""  # the text that writes into {out}, of what is none of NumPy's functions; or term -> text
    binds: int = ATOM
    commutative: bool = False
    view: bool = False  # the result may share memory with the first input
    fresh: bool = False  # the result never shares memory with anything
    same: Callable[[Any], bool] | None = None  # whether a term is its first input, unchanged
    compose: Callable[[Any, Any], Mapping[str, Any] | None] | None = None  # one of two in a row: its settings
    formula: Any = None  # what it is made of: (m, inputs, settings), in a namespace of terms
    repeats: bool = False  # its input, broadcast
    each: bool = False  # elementwise, where its row doesn't say so
    factors: Callable[[Any], tuple[Any, Any]] | None = None  # whose product it is, element by element
    total: Callable[[Any], Any] | None = None  # the axes that it sums over, and whether they stay
    mean: bool = False  # it sums, and divides by the number of elements
    contraction: Callable[[Any], tuple[str, str, str] | None] | None = None  # its labels
    order: Callable[[Any], tuple[int, ...]] | None = None  # of a transposition, that of the axes
    rows: Callable[[Any, int, int], Any] | None = None  # see rows.py
    weights: tuple[int, ...] = ()  # of a sum: what its inputs are multiplied by
    powers: Callable[[Any], tuple[float, ...] | None] | None = None  # of a product: its inputs' exponents
    exponential: bool = False  # f(x) f(y) is f(x + y)
    combine: str = ""  # how two totals become one, as Python text in {0} and {1}
    neutral: str = ""  # the total of nothing, which changes none


# ---- texts that are more than a template -----------------------------------------------------------------
def order_of(term: Any) -> tuple[int, ...]:
    axes, n = term.params["axes"], len(term.shape)
    return tuple(range(n))[::-1] if axes is None else tuple(a % n for a in axes)


def transposed(term: Any, xs: list[str], literal: Any) -> str:
    order, n = order_of(term), len(term.shape)
    if order == tuple(range(n))[::-1]:
        return f"{xs[0]}.T"
    if order == (*range(n - 2), n - 1, n - 2):
        return f"{xs[0]}.mT"
    return f"{xs[0]}.transpose({', '.join(map(str, order))})"


def reshaped(term: Any, xs: list[str], literal: Any) -> str:
    return f"{xs[0]}.reshape({', '.join(map(str, term.shape)) or '()'})"


def indexed(term: Any, xs: list[str], literal: Any) -> str:
    def entry(i: Any) -> str:
        if not isinstance(i, slice):
            return str(literal(i))
        parts = ["" if k is None else str(literal(k)) for k in (i.start, i.stop, i.step)]
        return ":".join(parts if parts[2] else parts[:2])

    at = term.params["index"]
    return f"{xs[0]}[{', '.join(map(entry, at)) or '()' if isinstance(at, tuple) else entry(at)}]"


def reduction(f: str) -> Callable[..., str]:
    def text(term: Any, xs: list[str], literal: Any) -> str:
        axis, keepdims = term.params["axis"], term.params["keepdims"]
        if len(term.inputs[0].shape) == 1 and axis in (0, -1):
            axis = None
        axis = "" if axis is None else f"axis={axis}"
        return f"{xs[0]}.{f}({', '.join([axis] * bool(axis) + ['keepdims=True'] * bool(keepdims))})"

    return text


def summed_to(term: Any, xs: list[str], literal: Any) -> str:
    axes, stays = summed_axes(term)
    n, shape = len(term.inputs[0].shape), term.shape
    if not axes:
        return xs[0]
    axis = "" if len(axes) == n else f"axis={axes[0] if len(axes) == 1 else axes}"
    total = f"{xs[0]}.sum({', '.join([axis] * bool(axis) + ['keepdims=True'] * stays)})"
    if len(shape) == n or not stays:
        return total
    return f"{total}.reshape({', '.join(map(str, shape)) or '()'})"


def summed_axes(term: Any) -> tuple[tuple[int, ...], bool]:
    """Of what undoes broadcasting: the axes, and whether they must be kept."""
    given, shape = term.inputs[0].shape, term.shape
    lead = len(given) - len(shape)
    ones = tuple(lead + k for k, n in enumerate(shape) if n == 1 and given[lead + k] != 1)
    return (*range(lead), *ones), bool(ones)


def axes_of_sum(term: Any) -> tuple[tuple[int, ...], bool]:
    axis, n = term.params["axis"], len(term.inputs[0].shape)
    axes = range(n) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(sorted(a % n for a in axes)), bool(term.params["keepdims"])


def labelled(term: Any, xs: list[Any], literal: Any) -> Any:
    """A contraction, by the fastest of NumPy's functions for it."""
    a, b, out = term.params["labels"]
    if a == b and not out:
        return f"np.vdot({xs[0].bare}, {xs[1].bare})" if term.dtype.kind != "c" else einsum(a, b, out, xs)
    if a == b and out == a[:-1]:
        return f"np.vecdot({xs[0].bare}, {xs[1].bare})" if term.dtype.kind != "c" else einsum(a, b, out, xs)
    if len(a) == 1 and len(b) == 1 and out == a + b:
        return f"np.multiply.outer({xs[0].bare}, {xs[1].bare})"
    if set(a) == set(b):
        return einsum(a, b, out, xs)
    if form := matrix_product(a, b, out):
        return form.format(*xs), PRODUCT
    return f"contract({xs[0].bare}, {xs[1].bare}, labels={(a, b, out)!r})"


def matrix_product(a: str, b: str, out: str, form: str = "{} @ {}") -> str:
    """A contraction as NumPy's product of matrices and vectors; "" where it is none."""
    for x, p in ((a, "{0}"), (a[::-1], "{0}.T"))[: len(a)]:
        for y, q in ((b, "{1}"), (b[::-1], "{1}.T"))[: len(b)]:
            if x[-1:] == y[:1] and x[:-1] + y[1:] == out and len(a) < 3 and len(b) < 3:
                return form.format(p, q)
            if y[-1:] == x[:1] and y[:-1] + x[1:] == out and len(a) < 3 and len(b) < 3:
                return form.format(q, p)
    return ""


def product_into(term: Any) -> str:
    """A product of two matrices can be written into memory that is there."""
    a, b, out = term.params["labels"]
    special = a == b or set(a) == set(b) or len(out) != 2 or len(a) != 2 or len(b) != 2
    return "" if special else matrix_product(a, b, out, "np.matmul({}, {}, {{out}})")


def einsum(a: str, b: str, out: str, xs: list[Any]) -> str:
    return f"np.einsum({f'{a},{b}->{out}'!r}, {xs[0].bare}, {xs[1].bare})"


def joined(term: Any, xs: list[Any], literal: Any) -> str:
    return f"np.concatenate(({', '.join(x.bare for x in xs)},), axis={term.params['axis']})"


def spread(term: Any, xs: list[Any], literal: Any) -> str:
    return f"np.broadcast_to({xs[0].bare}, {term.shape})"


def as_type(term: Any, xs: list[str], literal: Any) -> str:
    real = ".real" if term.inputs[0].dtype.kind == "c" and term.dtype.kind != "c" else ""
    return f"{xs[0]}{real}.astype({literal(term.dtype)})"


def raised(term: Any, xs: list[str], literal: Any) -> Any:
    """x ** y of numbers, where it can't become complex, and None elsewhere."""
    x, y = term.inputs
    whole = y.known and y.value == int(y.value)
    return f"{xs[0]} ** {xs[1]}" if whole or (x.known and x.value > 0) else None


def exponent(term: Any) -> tuple[float, ...] | None:
    """Of a power with a number for its exponent."""
    y = term.inputs[1]
    if not y.known or y.name or y.shape or y.dtype == bool or isinstance(y.value, complex):
        return None
    return float(y.value), 0


# ---- settings of two in a row ----------------------------------------------------------------------------
def last_shape(inner: Any, outer: Any) -> Mapping[str, Any]:
    return {"shape": outer.shape}


def orders(inner: Any, outer: Any) -> Mapping[str, Any]:
    first = order_of(inner)
    return {"axes": tuple(first[k] for k in order_of(outer))}


def same_shape(term: Any) -> bool:
    return bool(term.shape == term.inputs[0].shape)


def same_dtype(term: Any) -> bool:
    return bool(term.dtype == term.inputs[0].dtype)


def in_order(term: Any) -> bool:
    return order_of(term) == tuple(range(len(term.shape)))


def matmul_labels(term: Any) -> tuple[str, str, str] | None:
    """Of matrices and vectors, and of stacks of as many matrices."""
    x, y = term.inputs
    n, k = len(x.shape), len(y.shape)
    if n == k > 2 and x.shape[:-2] == y.shape[:-2]:
        stack = "defghijklmnopqrstuvwxyz"[: n - 2]
        return f"{stack}ab", f"{stack}bc", f"{stack}ac"
    if n > 2 or k > 2 or not n or not k:
        return None
    left, right = "ab"[2 - n :], "bc"[:k]
    return left, right, left[:-1] + right[1:]


# ---- rows: along which axes the inputs are cut when the result's n rows are, at one side (rows.py) --------
def same_rows(term: Any, n: int, side: int) -> Any:
    """Those of every input, if they have as many."""
    if not all(x.shape and x.shape[side] == n for x in term.inputs):
        return None
    return tuple(0 if side == 0 else len(x.shape) - 1 for x in term.inputs)


def rows_of_transposed(term: Any, n: int, side: int) -> Any:
    return (order_of(term)[side],)


def rows_of_repeated(term: Any, n: int, side: int) -> Any:
    x = term.inputs[0]
    thin = side == 0 and len(x.shape) < len(term.shape)
    return (None,) if thin else same_rows(term, n, side) or (None,)


def rows_of_indexed(term: Any, n: int, side: int) -> Any:
    """An index that takes the axis of the rows as it is, and leaves it where it is."""
    at = term.params["index"]
    at = list(at) if isinstance(at, tuple) else [at]
    rest = next((k for k, i in enumerate(at) if i is ...), len(at))
    before, after = at[:rest], at[rest + 1 :]
    axes = [i for i in before + after if i is not None]
    if sum(not isinstance(i, slice) for i in axes) > 1:
        return None
    free = len(into(term).shape) > len(axes)  # whether ... stands for an axis or more; it is there if unsaid
    edge = (before if side == 0 else after) if free else before + after
    whole = isinstance(edge[side], slice) and edge[side] == slice(None) if edge else free
    return same_rows(term, n, side) if whole else None


def into(term: Any) -> Any:
    """The array that an index points into."""
    return term if "shape" in term.params else term.inputs[0]


def rows_along(term: Any, n: int, side: int) -> Any:
    """Those of every input, if the axes that the term works along are others."""
    axis, k = term.params["axis"], len(term.inputs[0].shape)
    axes = range(k) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return same_rows(term, n, side) if side % k not in [a % k for a in axes] else None


def rows_of_joined(term: Any, n: int, side: int) -> Any:
    return same_rows(term, n, side) if (term.params["axis"] - side) % len(term.shape) else None


def rows_of_summed(term: Any, n: int, side: int) -> Any:
    same = side or len(term.shape) == len(term.inputs[0].shape)
    return same_rows(term, n, side) if same else None


# ---- formulas of what is made of others ------------------------------------------------------------------
def exponentials(m: Any, x: Any, axis: Any) -> tuple[Any, Any, Any]:
    """e^(x - top), its sum, and top, the largest of x, or 0 where that is infinite."""
    top = m.max(x, axis=axis, keepdims=True)
    top = m.where(m.isfinite(top), top, m.zeros_like(top))
    e = m.exp(m.subtract(x, top))
    return e, m.sum(e, axis=axis, keepdims=True), top


def logsumexp_formula(m: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    _, total, top = exponentials(m, x, axis)
    out = m.add(m.log(total), top)
    axes = range(len(x.shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    gone = {a % len(x.shape) for a in axes}
    shape = tuple(n for k, n in enumerate(x.shape) if k not in gone)
    return out if keepdims else m.reshape(out, shape=shape)


def softmax_formula(m: Any, x: Any, axis: Any) -> Any:
    e, total, _ = exponentials(m, x, axis)
    return m.divide(e, total)


def log_softmax_formula(m: Any, x: Any, axis: Any) -> Any:
    top = m.max(x, axis=axis, keepdims=True)
    top = m.where(m.isfinite(top), top, m.zeros_like(top))
    shifted = m.subtract(x, top)
    return m.subtract(shifted, m.log(m.sum(m.exp(shifted), axis=axis, keepdims=True)))


# ---- the table -------------------------------------------------------------------------------------------
def operator(sign: str, binds: int, **more: Any) -> Facts:
    return Facts(f"{{0}} {sign} {{1}}", f"{{0}} {sign} {{1}}", binds=binds, fresh=True, **more)


def function(name: str, number: str | None = None, **more: Any) -> Facts:
    return Facts(f"np.{name}({{0}})", f"math.{number or name}({{0}})", fresh=True, **more)


def called(text: str, number: str | None = None, **more: Any) -> Facts:
    return Facts(text, number, fresh=True, **more)


FACTS: dict[str, Facts] = {
    "add": operator("+", SUM, commutative=True, weights=(1, 1)),
    "subtract": operator("-", SUM, weights=(1, -1)),
    "multiply": operator(
        "*", PRODUCT, commutative=True, factors=lambda term: term.inputs, powers=lambda term: (1, 1)
    ),
    "divide": operator("/", PRODUCT, powers=lambda term: (1, -1)),
    "floor_divide": operator("//", PRODUCT),
    "remainder": operator("%", PRODUCT),
    "power": Facts("{0} ** {1}", raised, binds=POWER, fresh=True, powers=exponent),
    "matmul": Facts(
        "{0} @ {1}",
        None,
        binds=PRODUCT,
        into="np.matmul({0}, {1}, {out})",
        fresh=True,
        contraction=matmul_labels,
        combine="{0} + {1}",
        neutral="-0.0",
    ),
    "negative": Facts("-{0}", "-{0}", binds=SIGN, fresh=True, weights=(-1,)),
    "absolute": Facts("np.abs({0})", "abs({0})", fresh=True),
    "square": called(
        "np.square({0})",
        "({0} * {0})",
        factors=lambda term: term.inputs * 2,
        powers=lambda term: (2,),
    ),
    "share": Facts(each=True, fresh=True),
    "sign": called("np.sign({0})", each=True),
    "ones_like": Facts(each=True, fresh=True),
    "zeros_like": Facts(each=True, fresh=True),
    "round": called("np.round({0}, {decimals})", each=True),
    "reciprocal": called("np.reciprocal({0})", "(1.0 / {0})", powers=lambda term: (-1,)),
    "identity": Facts("{0}", "{0}", view=True, same=lambda term: True),
    "detached": Facts("{0}", "{0}", view=True, each=True, same=lambda term: True),
    "equal": operator("==", COMPARED, commutative=True),
    "not_equal": operator("!=", COMPARED, commutative=True),
    "less": operator("<", COMPARED),
    "less_equal": operator("<=", COMPARED),
    "greater": operator(">", COMPARED),
    "greater_equal": operator(">=", COMPARED),
    "bitwise_and": operator("&", AND, commutative=True),
    "bitwise_or": operator("|", BAR, commutative=True),
    "bitwise_xor": operator("^", HAT, commutative=True),
    "left_shift": operator("<<", SHIFT),
    "right_shift": operator(">>", SHIFT),
    "hypot": called("np.hypot({0}, {1})", "math.hypot({0}, {1})", commutative=True),
    "where": called("np.where({0}, {1}, {2})", "({1} if {0} else {2})"),
    "relu": called("np.maximum({0}, 0)", into="np.maximum({0}, 0, {out})"),
    "shield": Facts(fresh=True),
    "real": Facts("{0}.real", "{0}.real", view=True),
    "imag": Facts("{0}.imag", "{0}.imag", view=True),
    "conjugate": called("np.conjugate({0})", "{0}.conjugate()"),
    "truncated": called("{0}.astype({dtype})", each=True),
    **{name: function(name) for name in ("expm1", "log1p", "log2", "log10", "cbrt")},
    "exp": function("exp", exponential=True),
    "sqrt": function("sqrt", powers=lambda term: (0.5,)),
    **{name: function(name) for name in ("log", "sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "arcsin": function("arcsin", "asin"),
    "arccos": function("arccos", "acos"),
    "arctan": function("arctan", "atan"),
    "arcsinh": function("arcsinh", "asinh"),
    "arccosh": function("arccosh", "acosh"),
    "arctanh": function("arctanh", "atanh"),
    "arctan2": called("np.arctan2({0}, {1})", "math.atan2({0}, {1})"),
    "reshape": Facts(reshaped, view=True, same=same_shape, compose=last_shape, rows=same_rows),
    "transpose": Facts(
        transposed, view=True, same=in_order, compose=orders, order=order_of, rows=rows_of_transposed
    ),
    "broadcast_to": Facts(
        spread, view=True, repeats=True, same=same_shape, compose=last_shape, rows=rows_of_repeated
    ),
    "sum_to": Facts(
        summed_to,
        fresh=True,  # unless it is the same, which passes remove
        same=same_shape,
        total=summed_axes,
        rows=rows_of_summed,
        combine="{0} + {1}",
        neutral="-0.0",
    ),
    "concatenate": Facts(joined, fresh=True, rows=rows_of_joined),
    "cast": Facts(as_type, same=same_dtype, fresh=True),
    "lift": Facts("np.array({0}, {dtype})", "np.array({0}, {dtype})", fresh=True),
    "unlift": Facts("{0}.item()"),
    "index": Facts(indexed, view=True, rows=rows_of_indexed),
    "scatter": Facts(fresh=True, rows=rows_of_indexed),
    "winners": Facts(fresh=True, rows=rows_along),
    "argsort": Facts(fresh=True, rows=rows_along),
    "take_along": Facts(fresh=True, rows=rows_along),
    "put_along": Facts(fresh=True, rows=rows_along),
    "one_hot": Facts(fresh=True),
    "logsumexp": Facts(fresh=True, formula=logsumexp_formula),
    "softmax": Facts(fresh=True, formula=softmax_formula),
    "log_softmax": Facts(fresh=True, formula=log_softmax_formula),
    "sum": Facts(reduction("sum"), total=axes_of_sum, fresh=True, combine="{0} + {1}", neutral="-0.0"),
    "mean": Facts(text=reduction("mean"), total=axes_of_sum, mean=True, fresh=True),
    "max": Facts(reduction("max"), fresh=True, combine="np.maximum({0}, {1})", neutral="-np.inf"),
    "min": Facts(reduction("min"), fresh=True, combine="np.minimum({0}, {1})", neutral="np.inf"),
    "any": Facts(reduction("any"), fresh=True, rows=rows_along),
    "all": Facts(reduction("all"), fresh=True, rows=rows_along),
    "argmax": Facts(reduction("argmax"), fresh=True, rows=rows_along),
    "argmin": Facts(reduction("argmin"), fresh=True, rows=rows_along),
    "pick": Facts("{0}[{i}]", view=True),
    "pick_constant": Facts("{0}[{i}]", view=True),
    "contract": Facts(
        labelled,
        fresh=True,
        combine="{0} + {1}",
        neutral="-0.0",
        into=product_into,
        contraction=lambda term: term.params["labels"],
    ),
}
UNKNOWN = Facts()
NUMPYS = Facts(fresh=True)  # of a function of NumPy's


known_facts: dict[Primitive | None, Facts] = {None: UNKNOWN}
known_reach: dict[Primitive, tuple[bool, bool]] = {}  # whether it is a ufunc, and elementwise


def facts(op: Primitive | None) -> Facts:
    """What is known of a primitive."""
    found = known_facts.get(op)
    if found is None:
        assert op is not None
        found = FACTS.get(op.name) or (NUMPYS if isinstance(op.f, np.ufunc) else UNKNOWN)
        known_facts[op] = found
    return found


def form_into(term: Any) -> str:
    """The text that writes a term into {out}; "" where NumPy's function has out=, or there is none."""
    form = facts(term.op).into
    return form if isinstance(form, str) else str(form(term))


def reach(op: Primitive) -> tuple[bool, bool]:
    of_numpy = isinstance(op.f, np.ufunc) and op.f.signature is None
    known_reach[op] = of_numpy, of_numpy or op.reach == "..." or facts(op).each
    return known_reach[op]


def ufunc(op: Primitive) -> bool:
    """Whether it is one of NumPy's functions that go element by element, and so has out=."""
    return (known_reach.get(op) or reach(op))[0]


def elementwise(term: Any) -> bool:
    """Whether each element of the result comes from the elements of the inputs in its place."""
    op = term.op
    if op is None or not (known_reach.get(op) or reach(op))[1] or not isinstance(term.dtype, np.dtype):
        return False
    return all(isinstance(x.dtype, np.dtype) for x in term.inputs)


# what passes make
CONTRACTION, QUOTIENT, MATRIX_PRODUCT = contract, divide, matmul
RESHAPED, REPEATED, TRANSPOSED = reshape, broadcast_to, transpose
