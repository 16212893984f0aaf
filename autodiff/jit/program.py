"""A program: what a graph computes, as a list.

A recorded graph has the values of one run in it, and whatever derivatives need.  A program has neither: it is
what happens in a function, one `Term` a result, in the order in which they are computed.

    y = sin(x) * w + 1            term    primitive    inputs      shape     dtype
                                   t1     sin          x           (3,)      float64
                                   t2     multiply     t1, w       (3,)      float64
                                   t3     add          t2, 1.0     (3,)      float64

Shapes and dtypes are known, for a program is made for arguments of one sort.  The passes of the compiler are
functions from programs to programs; terms are never changed, a pass makes new ones.  An input has no
primitive, and neither has a constant, which has a value instead.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..computed import frozen, settings_key
from ..graph import ASKED, SHOWN, Node, Primitive, ancestry
from ..replay import without_grad

__all__: list[str] = []

UNKNOWN: Any = object()  # the value of what is no constant
NOTHING: dict[str, Any] = {}


@dataclass(eq=False, slots=True)
class Term:
    """One result: of a primitive; or an input (op is None); or a constant (that has a value).

    The dtype of a number is its Python type, and it has no axes; that of an array is NumPy's.  The result of
    a primitive that has several is a tuple, of which other terms take theirs.
    """

    op: Primitive | None
    inputs: tuple[Term, ...]
    params: Mapping[str, Any]
    shape: tuple[int, ...]
    dtype: Any
    value: Any = UNKNOWN
    name: str | None = None  # what the program calls it
    scope: str = ""
    detached: bool = False  # computed under `no_grad`: no derivative goes through it

    @property
    def array(self) -> bool:
        """Whether it is an array."""
        return isinstance(self.dtype, np.dtype)

    @property
    def known(self) -> bool:
        """Whether it is a constant."""
        return self.value is not UNKNOWN

    @property
    def f(self) -> Any:
        """The function that computes it from the values of its inputs."""
        op: Any = self.op
        return op.f if op.scalar is None or any(x.array for x in self.inputs) else op.scalar

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        found: int = math.prod(self.shape) * self.dtype.itemsize if isinstance(self.dtype, np.dtype) else 0
        return found

    def __repr__(self) -> str:
        what = self.op.name if self.op else repr(self.value) if self.known else "input"
        return f"<{self.name or 'term'}: {what} {getattr(self.dtype, 'name', self.dtype)}{list(self.shape)}>"


@dataclass(frozen=True)
class Guard:
    """A truth that the program went by: it holds for arguments that give the same."""

    term: Term
    truth: bool
    place: str  # the line that asked

    def holds(self, value: Any) -> bool:
        return bool(np.all(np.asarray(value).astype(bool) == self.truth))


@dataclass(frozen=True)
class Program:
    """Terms in the order in which they are computed, from the inputs to the outputs.

    `checks` are results that must have no NaN for the outputs to be right (`care.py` tells why).  The last
    passes find out `groups`, terms that are computed together (`chunks.py`), `buffers`, which terms are
    written into memory that is used again, and of how many bytes its `blocks` are (`buffers.py`).
    """

    inputs: tuple[Term, ...]
    terms: tuple[Term, ...]
    outputs: tuple[Term, ...]
    guards: tuple[Guard, ...] = ()
    checks: tuple[Term, ...] = ()
    groups: tuple[Any, ...] = ()
    buffers: Mapping[Term, Any] = field(default_factory=dict)
    blocks: tuple[int, ...] = ()

    def roots(self) -> list[Term]:
        """What a program is there to compute."""
        return [*self.outputs, *(guard.term for guard in self.guards), *self.checks]

    def constants(self) -> list[Term]:
        """The constants that are used, each once."""
        found = [x for term in self.terms for x in term.inputs if x.known]
        return list(dict.fromkeys(found + [x for x in self.roots() if x.known]))

    def users(self) -> dict[Term, list[Term]]:
        """The terms that use a term, as often as they do."""
        found: dict[Term, list[Term]] = {}
        for term in self.terms:
            for x in term.inputs:
                found.setdefault(x, []).append(term)
        return found

    def names(self) -> dict[Term, str]:
        """What each term is called: inputs by their names, results t1, t2…; numbers have none."""
        names: dict[Term, str] = {}
        leaves = [*self.inputs, *(x for x in self.constants() if x.shape)]
        for term in [*leaves, *self.terms]:
            given = None if term.op else term.name
            names.setdefault(term, given or f"{'t' if term.op else 'c'}{len(names)}")
        return names

    def __str__(self) -> str:
        """One line a term.

        >>> import numpy as np
        >>> from autodiff import Tensor
        >>> x = Tensor(np.ones(3), requires_grad=True, name="x")
        >>> print(program_of([(x * x).sum()]))
        x: input float64[3]
        t1 = multiply(x, x): float64[3]
        t2 = sum(t1, axis=None, keepdims=False): float64[]
        return t2
        """
        names, lines = self.names(), []

        def name(term: Term) -> str:
            return str(term.value) if term.known and not term.shape else names[term]

        for term in names:
            dtype = getattr(term.dtype, "name", getattr(term.dtype, "__name__", term.dtype))
            sort = f"{dtype}{[*term.shape]}" if term.array else dtype
            if not term.op:
                lines.append(f"{name(term)}: {'constant' if term.known else 'input'} {sort}")
                continue
            settings = [f"{key}={value}" for key, value in term.params.items()]
            arguments = ", ".join([name(x) for x in term.inputs] + settings)
            lines.append(f"{name(term)} = {term.op.name}({arguments}): {sort}")
        return "\n".join([*lines, f"return {', '.join(map(name, self.outputs))}"])


# ---- making them -----------------------------------------------------------------------------------------
def constant(value: Any, name: str | None = None) -> Term:
    """A constant term."""
    value = np.asarray(value) if isinstance(value, np.generic) else value
    if isinstance(value, np.ndarray):
        return Term(None, (), NOTHING, value.shape, value.dtype, value, name)
    return Term(None, (), NOTHING, (), type(value), value, name)


def input_like(value: Any, name: str | None = None) -> Term:
    """An input for values of this shape and dtype."""
    term = constant(value, name)
    term.value = UNKNOWN
    return term


def made(op: Primitive, *inputs: Term, **params: Any) -> Term:
    """A new term.  Its shape and dtype are found out by running the primitive on ones.

    Of what goes element by element one element is enough.  Else they take no memory and little time, for
    NumPy's broadcasting repeats a single one.
    """
    params = {**op.defaults, **params}
    arrays = any(x.array for x in inputs)
    if op.reach == "..." or (isinstance(op.f, np.ufunc) and op.f.signature is None):
        key = op, tuple([x.dtype for x in inputs]), params.get("dtype")
        if key not in dtypes:
            out = on_ones(op, arrays, inputs, params, False)
            dtypes[key] = out.dtype if hasattr(out, "dtype") else type(out)
        return Term(op, inputs, params, np.broadcast_shapes(*[x.shape for x in inputs]), dtypes[key])
    if op.defaults.keys() != params.keys() and list(params) == ["shape"]:
        return Term(op, inputs, params, params["shape"], inputs[0].dtype)
    out = on_ones(op, arrays, inputs, params, True)
    dtype = out.dtype if hasattr(out, "dtype") else type(out)
    return Term(op, inputs, params, np.shape(out), dtype)


dtypes: dict[Any, Any] = {}  # what `made` found


def on_ones(op: Any, arrays: bool, inputs: tuple[Term, ...], params: Any, shaped: bool) -> Any:
    f = op.f if op.scalar is None or arrays else op.scalar
    ones = [
        np.broadcast_to(np.ones((), x.dtype), x.shape if shaped else ()) if x.array else x.dtype(1)
        for x in inputs
    ]
    with np.errstate(all="ignore"):
        return f(*ones, **params)


def program_of(
    outputs: Iterable[Node],
    inputs: Mapping[Node, str | None] | None = None,
    names: Mapping[Node, str] | None = None,
    fresh: Iterable[Node] = (),
    others: Iterable[Node] = (),
) -> Program:
    """The program that computes these nodes, from the graph behind them.

    `inputs` are the nodes that it takes as arguments, in their order, each with a name or None; by default
    the leaves that require grad or have a name.  The other leaves become constants.  `names` are names of
    nodes, which go before their own; the walk stops at what is older than the `fresh` nodes; the `others` are
    roots beside the outputs, and come after them.
    """
    outputs, others = list(outputs), list(others)
    order, _ = ancestry([*outputs, *others], ASKED | SHOWN, set(fresh))
    if inputs is None:
        inputs = dict.fromkeys(x for x in leaves_of(order, outputs) if x.tracked & ASKED or named(x))
    terms = terms_of(order, [*inputs, *outputs, *others], inputs, names or {})
    return Program(
        tuple(terms[x] for x in inputs),
        tuple(terms[node] for node in reversed(order) if terms[node].op),
        tuple(terms[y] for y in [*outputs, *others]),
    )


def terms_of(
    order: list[Node],
    ends: list[Node],
    inputs: Mapping[Node, Any],
    names: Mapping[Node, str],
    again: Container[Node] = (),
) -> dict[Node, Term]:
    """A term for each node of `order` (youngest first), of their leaves, and of the `ends`.

    Nodes that stand for something that was computed `again` have the term of what was computed first.
    """
    terms: dict[Node, Term] = {}
    for x in inputs:
        terms[x] = input_like(plain(x), inputs[x] or names.get(x) or named(x))
    for node in reversed(order):
        if node in terms:
            continue
        if node in again:
            terms[node] = terms[node.inputs[0]]
            continue
        for x in node.inputs:
            if x not in terms:
                terms[x] = constant(plain(x), names.get(x) or named(x))
        value = node.value
        if not node.arrays or isinstance(value, tuple):
            shape, dtype = (), type(value)
        else:
            shape, dtype = value.shape, value.dtype
        found = tuple([terms[x] for x in node.inputs])
        term = terms[node] = Term(node.op, found, node.params or NOTHING, shape, dtype)
        term.name = names.get(node) or named(node)
        term.scope, term.detached = getattr(node, "_scope", ""), without_grad(node)
    for y in ends:
        if y not in terms:
            terms[y] = constant(plain(y), names.get(y) or named(y))
    return terms


def plain(node: Node) -> Any:
    """A node's value: of an array, an array."""
    return np.asarray(node.value) if node.arrays and not isinstance(node.value, tuple) else node.value


def named(node: Node) -> str | None:
    return getattr(node, "_name", None)


def leaves_of(order: list[Node], outputs: list[Node]) -> list[Node]:
    """The leaves of a graph, each once, oldest first."""
    found = {x for node in order for x in node.inputs if x.op is None} | {y for y in outputs if y.op is None}
    return sorted(found, key=lambda x: x.number)


def description(program: Program) -> list[Any]:
    """What is equal for programs that compute the same in the same order."""
    number: dict[Term, int] = {}
    found: list[Any] = []

    def of(term: Term) -> int:
        if term not in number:
            number[term] = len(number)
            settings = settings_key(term.params) if term.params else ()
            value = frozen(term.value) if term.known else None
            inputs = [number[x] if x in number else of(x) for x in term.inputs]
            found.append((term.op, inputs, settings, term.shape, term.dtype, value, term.detached))
        return number[term]

    found.append([of(x) for x in (*program.inputs, *program.terms, *program.roots())])
    found.append([(guard.truth, guard.place) for guard in program.guards])
    return found


# ---- changing them ---------------------------------------------------------------------------------------
def rewritten(program: Program, rule: Callable[[Term], Term], settled: set[Term] | None = None) -> Program:
    """The program in which `rule(term)` stands in for every term; its inputs have been replaced already.

    A rule returns the term itself, one of those before it, or a new one, which may be made of new ones.  If
    it looks at nothing but the term and what that is made of, it need not look twice: `settled` remembers the
    terms that it left alone.
    """
    new: dict[Term, Term] = {}
    placed: dict[Term, None] = {}
    settled = set() if settled is None else settled
    for old in program.terms:
        term = old
        if new:
            for x in old.inputs:
                if x in new:
                    inputs = tuple([new.get(x, x) for x in old.inputs])
                    term = Term(
                        old.op, inputs, old.params, old.shape, old.dtype, UNKNOWN, old.name, old.scope
                    )
                    break
        found = term
        if term not in settled:
            found = rule(term)
            if found is term:
                settled.add(term)
        if found is old:  # most of them, in most passes
            placed[old] = None
            continue
        new[old] = found
        if found.op is not None and found not in placed:
            if found is term or all(x.op is None or x in placed for x in found.inputs):
                placed[found] = None
            else:
                placed.update(dict.fromkeys(reversed(unplaced(found, placed))))
            found.scope = found.scope or old.scope
    return moved(program, tuple(placed), new) if new else program


def unplaced(term: Term, placed: Mapping[Term, Any]) -> list[Term]:
    """The terms that must be computed for a term, and are not yet: the term itself first."""
    found: dict[Term, None] = {}
    waiting = [term]
    while waiting:
        t = waiting.pop()
        if t.op is None or t in placed:
            continue
        found.pop(t, None)  # after whoever else uses it
        found[t] = None
        waiting += t.inputs
    return list(found)


def moved(program: Program, terms: tuple[Term, ...], new: Mapping[Term, Term]) -> Program:
    """The program of these terms, with its ends replaced by what stands in for them."""
    guards = tuple(Guard(new.get(g.term, g.term), g.truth, g.place) for g in program.guards)
    outputs, checks = (tuple(new.get(t, t) for t in ts) for ts in (program.outputs, program.checks))
    return replace(program, terms=terms, outputs=outputs, guards=guards, checks=checks)


# ---- running them ----------------------------------------------------------------------------------------
def run(program: Program, *xs: Any) -> list[Any]:
    """The outputs for these inputs, one primitive at a time: what compiled code is compared with."""
    values: dict[Term, Any] = dict(zip(program.inputs, xs, strict=True))

    def value(term: Term) -> Any:
        return term.value if term.known else values[term]

    for term in program.terms:
        values[term] = term.f(*map(value, term.inputs), **term.params)
    return [value(y) for y in program.outputs]
