"""formula: the graph behind a result as one formula in its variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..graph import ASKED, SHOWN, Node, ancestry
from ..jit.algebra import elementwise, facts
from ..jit.program import Program, Term, program_of
from ..jit.simplify import simplify as simplified
from ..versions import VERSION, version
from . import notation
from .names import names_in, naming
from .numbers import clean

if TYPE_CHECKING:
    from .writers import Piece, Writer

__all__ = ["Formula", "formula"]

LONGEST = 2000  # operations of a formula: nobody reads a longer one
FEW = 6  # elements of an array that is written out


class Formula(str):
    """A formula: its text; `.latex` and `.mathml` are the same for a paper and for a page.

    >>> from autodiff import Value, formula
    >>> x = Value(3.0, name="x")
    >>> f = formula(x * x / 2)
    >>> f
    'x**2/2'
    >>> f.latex
    '\\\\frac{x^{2}}{2}'
    """

    latex: str
    mathml: str
    page: str  # LaTeX with any letters, as notebooks show it

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/latex": f"$\\displaystyle {self.page}$", "text/plain": str(self)}


def formula(y: Any, *, simplify: bool = True, names: Mapping[str, Any] | None = None) -> Formula:
    """What y, a Value or Tensor, is in terms of the variables it was computed from, as one formula.

    Gradients that were recorded are results like others, so `formula(grad(f)(Value(1.0, name="x")))` is the
    derivative of f.  By default it is simplified by the rules of mathematics for real numbers, which hold
    wherever both sides are defined; with `simplify=False` it stands as it was computed.

    The result is a text in Python's notation, with `.latex` and `.mathml`; a notebook shows it typeset.
    Variables are leaves that require grad or have a name, other leaves are numbers.  Names are those given by
    `name=`, then those of the caller's variables (or of `names={"x": x}`), then v1, v2….  Of a function with
    branches it is the formula of the branch that was taken.  What has the derivative zero, as `sign(x)` or
    `x > 0`, is a number, too, unless it was computed inside `trace_lines()`.

    Raises TypeError for what is not a Value or Tensor; ValueError for a formula of more than 2000 operations;
    RuntimeError for a graph that was released and StaleError for one whose leaves were changed.

    >>> from autodiff import Value, cos, grad
    >>> print(formula(grad(lambda x: x**2 + 2 * x + 3)(Value(1.0, name="x"))))
    2*x + 2
    >>> x, y = Value(1.0), Value(0.5)
    >>> print(formula(grad(lambda x: x**2 + 2 * x * y + 3 + cos(x + 2 * y))(x)))
    2*x + 2*y - sin(x + 2*y)
    """
    y = checked(y)
    here = names_in(naming(names))
    program = program_in([y], here)
    if simplify:
        program = simplified(program, formulas=True)
    return written(program)


def checked(y: Any) -> Node:
    """The node that is meant."""
    if not isinstance(y, Node):
        several = " (of several, write one formula each)" if isinstance(y, (tuple, list, dict)) else ""
        raise TypeError(
            f"a formula is that of a Value or Tensor, not of {type(y).__name__}{several}: start from "
            'Value(1.0, name="x")'
        )
    return version(y) if y.tracked & VERSION else y


def program_in(outputs: list[Node], here: Mapping[Node, str]) -> Program:
    """The program that computed these nodes, with a name for every variable."""
    order, _ = ancestry(outputs, ASKED | SHOWN)
    leaves = {x for node in order for x in node.inputs if x.op is None} | {x for x in outputs if x.op is None}
    variables = [x for x in sorted(leaves, key=lambda x: x.number) if is_variable(x, here)]
    return program_of(outputs, names_of(variables, here))


def is_variable(x: Node, here: Mapping[Node, str]) -> bool:
    """Whether a formula names a leaf: it requires grad, has a name, or is an array that a variable holds."""
    named = getattr(x, "_name", None) is not None
    return bool(x.tracked & ASKED) or named or (x in here and x.arrays and np.ndim(x.value) > 0)


def names_of(variables: Iterable[Node], here: Mapping[Node, str]) -> dict[Node, str | None]:
    """A name for each variable, and no name twice."""
    wanted = {x: clean(getattr(x, "_name", None) or here.get(x, "")) for x in variables}
    taken: set[str] = set(wanted.values())
    found: dict[Node, str | None] = {}
    used: set[str] = set()
    for x, name in wanted.items():
        k = 0
        base = f"{name}_" if name else "v"
        while not name or name in used:
            k += 1
            name = f"{base}{k}" if f"{base}{k}" not in taken else ""
        used.add(name)
        found[x] = name
    return found


def written(program: Program) -> Formula:
    """The output of a program, written out, in all three ways."""
    check_length(program)
    from .writers import WRITERS

    found = {format: whole(program, writer()) for format, writer in WRITERS.items()}
    out = Formula(found["text"])
    out.latex, out.mathml, out.page = found["latex"], found["mathml"], found["page"]
    return out


def check_length(program: Program) -> None:
    """Raise ValueError for a formula that nobody could read; what is used twice is written twice."""
    sizes: dict[Term, int] = {}
    for term in program.terms:
        sizes[term] = 1 + sum(sizes.get(x, 0) for x in term.inputs)
    size = sizes.get(program.outputs[0], 0)
    if size > LONGEST:
        count = str(size) if size < 10**9 else f"10**{len(str(size)) - 1}"
        raise ValueError(
            f"the formula would have {count} operations, and {LONGEST} is the limit: autodiff.source(f) "
            "writes a line for every result instead, and autodiff.draw(y) draws them"
        )


def whole(program: Program, writer: Writer) -> str:
    pieces: dict[Term, Piece] = {}
    for term in program.terms:
        pieces[term] = piece_of(term, pieces, writer)
    y = program.outputs[0]
    return writer.whole(pieces[y] if y in pieces else leaf_piece(y, writer))


def piece_of(term: Term, pieces: Mapping[Term, Piece], writer: Writer) -> Piece:
    """A term by the form of its primitive."""
    op: Any = term.op
    args = [pieces[x] if x in pieces else leaf_piece(x, writer, term) for x in term.inputs]
    if op.form:
        known = dict(zip(notation.letters_of(len(args)), args, strict=True))
        return writer.written(notation.parsed(op.form), known, term.params)
    if facts(op).order and (text := facts(op).text(term, ["x"], str)).endswith((".T", ".mT")):
        return writer.written(notation.parsed(text), {"x": args[0]}, {})
    settings = {k: v for k, v in term.params.items() if not same(v, op.defaults.get(k, op))}
    return writer.call(notation.callable_name(op.name), args, settings)


def same(a: Any, b: Any) -> bool:
    return a is b or (type(a) is type(b) and not isinstance(a, np.ndarray) and bool(a == b))


def leaf_piece(term: Term, writer: Writer, user: Term | None = None) -> Piece:
    """An input or a constant, as `user` has it; an array of one number is that, if no shape is lost."""
    if term.name:
        return writer.name(term.name)
    value = term.value
    if isinstance(value, np.ndarray) and value.ndim:
        first = value.reshape(-1)[:1]
        if value.size and bool((value == first).all()):
            number = writer.number(first[0])
            others = [x for x in user.inputs if x is not term] if user else []
            if user is None or (elementwise(user) and any(x.shape == user.shape for x in others)):
                return number
            name = {0: "zeros", 1: "ones"}.get(first.item(), "full")
            fill = {"fill_value": first.item()} if name == "full" else {}
            return writer.call(name, [], {"shape": value.shape, **fill})
        small = value.ndim == 1 and value.size <= FEW
        return writer.name(str(value.tolist()) if small else f"<{notation.spelled(value).strip('<>')}>")
    return writer.number(value)
