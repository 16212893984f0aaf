"""What a picture of a graph shows.  Every format is written from this, and from nothing else.

    picture    boxes, the edges between them, and the groups (scopes) that boxes stand in
    box        one node: its name, how it was made, its value, its gradient and what that was summed from
    edge       one use of a node: the local derivative, what arrived from above, and their product

`walk.py` finds the gradients, `folding.py` makes a large picture small.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..graph import DIFF, SHOWN, Node, ancestry
from ..versions import VERSION, version
from . import notation
from .names import name_all, names_in
from .notation import Said
from .numbers import clean, digits, oddness, shape_of

__all__: list[str] = []


@dataclass(eq=False, repr=False)
class Group:
    """A scope that was entered: boxes that were recorded in it one after the other."""

    name: str
    parent: Group | None = None
    scope: Any = None

    @property
    def chain(self) -> list[Group]:
        """The groups that it stands in, itself included, the outermost first."""
        return [*(self.parent.chain if self.parent else []), self]


@dataclass(eq=False, repr=False)
class Box:
    """One node as a picture shows it, or a group that was folded."""

    name: str
    role: str  # "parameter", "constant", "literal", "result", "output", "group"
    node: Any = None
    operands: list[Box] = field(default_factory=list)
    grad: Any = None
    parts: list[Any] = field(default_factory=list)  # what the gradient was summed from, as it arrived
    group: Group | None = None
    held: list[str] = field(default_factory=list)  # what a folded group holds, a line each

    @property
    def value(self) -> Any:
        return None if self.node is None else self.node.value

    @cached_property
    def made(self) -> ast.expr | None:
        """How a result was made, with the names of what it was made of: `x × y`."""
        if not self.operands:
            return None
        op, params = self.node.op, self.node.params or {}
        settings = {k: v for k, v in params.items() if op.form or not same(v, op.defaults.get(k, op))}
        letters = notation.letters_of(len(self.operands))
        known = dict(zip(letters, map(said, self.operands), strict=True))
        known |= {k: Said(notation.spelled(v, bool(op.form))) for k, v in settings.items()}
        text = notation.form_of(op, [*letters, *(f"{k}={k}" for k in settings)])
        return notation.bound(text, known)

    @cached_property
    def expression(self) -> str:
        return notation.text(self.made) if self.made is not None else ""

    @property
    def heading(self) -> str:
        """`a = x × y`."""
        return f"{self.name} = {self.expression}" if self.expression else self.name

    @cached_property
    def flag(self) -> str:
        """What is odd about the value or the gradient."""
        value, grad = oddness(self.value), oddness(self.grad)
        return "; ".join([value] * bool(value) + [f"gradient: {grad}"] * bool(grad))

    @property
    def shape(self) -> str:
        return shape_of(self.value)

    @property
    def line(self) -> tuple[str, int, str] | None:
        """File, line number and text of the Python line that made it, if that was recorded."""
        origin = getattr(self.node, "origin", None)  # not of a group, nor of several results
        return (origin[0], origin[1], linecache.getline(*origin[:2]).strip()) if origin else None


@dataclass(eq=False, repr=False)
class Edge:
    """`target` was made of `source`; the derivative goes the other way."""

    source: Box
    target: Box
    place: int = 0  # which input of the target
    asked: bool = False  # whether a derivative goes along it
    local: Any = None  # ∂target/∂source, where that is one number for each element
    upstream: Any = None  # what arrived at the target
    passed: Any = None  # upstream × local, in the shape of the source
    pulled: str = ""  # where there is no local derivative: a formula of the product, in Python
    uses: int = 1  # of a folded group, how many edges it stands for

    @property
    def kind(self) -> str:
        op = getattr(self.target.node, "op", None)
        return op.kind if op else ""

    @cached_property
    def known(self) -> dict[str, Said]:
        """What the letters of the target's rule stand for."""
        letters = notation.letters_of(len(self.target.operands))
        params = {k: Said(notation.spelled(v)) for k, v in (self.target.node.params or {}).items()}
        own = {"out": said(self.target), "g": Said("g")}
        return {**params, **own, **dict(zip(letters, map(said, self.target.operands), strict=True))}

    @cached_property
    def formula(self) -> ast.expr | None:
        """∂target/∂source as the table states it; None where the table states a function."""
        partials = getattr(self.target.node.op.steps, "partials", None)
        if partials is None or not self.asked:
            return None
        partial = partials[self.place]
        text = (partial.__doc__ or "") if callable(partial) else str(partial)
        return notation.bound(text, self.known) if text else None

    @cached_property
    def product(self) -> ast.expr | None:
        """The whole product, g the cotangent of the target, for what has no local derivative."""
        return notation.bound(self.pulled, self.known) if self.pulled else None

    @property
    def words(self) -> str:
        """The rule in words, for what is neither elementwise nor has a formula."""
        op = self.target.node.op
        if self.kind == "linear":
            return f"linear: g through the transpose of {op.name}"
        if self.kind == "bilinear":
            return f"linear in {self.source.name}: g through that transpose of {op.name}"
        return f"g through the rule of {op.name}"

    @cached_property
    def stretched(self) -> str:
        """What broadcasting did to the source."""
        if self.kind != "elementwise" or self.source.role in ("literal", "group"):
            return ""
        before, after = np.shape(self.source.value), np.shape(self.target.value)
        if before == after:
            return ""
        return f"broadcast {spelled(before)} → {spelled(after)}"

    @property
    def axes(self) -> list[int]:
        """Over which axes the gradient is summed to get back into the shape of what was broadcast."""
        if not self.asked or self.kind != "elementwise":
            return []
        before, after = np.shape(self.source.value), np.shape(self.target.value)
        lead = len(after) - len(before)
        return [k for k in range(len(after)) if k < lead or before[k - lead] != after[k]]

    @property
    def summed(self) -> str:
        axes = self.axes
        return (
            f"g summed over ax{'i' if len(axes) == 1 else 'e'}s {', '.join(map(str, axes))}" if axes else ""
        )

    @property
    def name(self) -> str:
        return f"∂{self.target.name}/∂{self.source.name}"

    @cached_property
    def lines(self) -> list[str]:
        """What is written on it: the local derivative, then what goes back along it."""
        if self.target.role == "group" or self.source.role == "group":
            return []
        found = [self.stretched] * bool(self.stretched)
        if self.asked:
            one = self.local is not None and np.size(self.local) == np.size(self.passed) == 1
            number = digits(self.local) if one else ""
            text = notation.text(self.formula) if self.formula is not None else ""
            equals = [t for t in dict.fromkeys([text, number]) if t]
            if equals:
                found.append(" = ".join([self.name, *equals]))
            if number:
                up = digits(self.upstream)
                by = f"({number})" if number.startswith("−") else number
                found.append(f"◀ {up} × {by} = {digits(self.passed)}")
            elif not equals:
                found.append(f"◀ {notation.text(self.product) if self.product is not None else self.words}")
            found += [f"◀ {self.summed}"] * bool(self.summed)
        return found


def spelled(shape: tuple[int, ...]) -> str:
    return f"({' × '.join(map(str, shape))})"


@dataclass(eq=False, repr=False)
class Picture:
    """A graph, ready to be drawn."""

    boxes: list[Box]  # in the order in which they were made
    edges: list[Edge]
    root: Box
    top: str  # what the gradients are of: the root, or the sum of its elements
    grads: bool
    notes: list[str]

    @property
    def size(self) -> int:
        """How many nodes it shows; numbers that stand in the program are not counted."""
        return sum(box.role != "literal" for box in self.boxes)

    @property
    def title(self) -> str:
        return f"graph of {self.root.name}"

    def partial(self, box: Box) -> str:
        return f"∂{self.top}/∂{box.name}"


def picture(y: Any, variables: Mapping[str, Any]) -> Picture:
    """All that y was made of, without gradients yet.

    Raises TypeError for what is not a node, RuntimeError for a graph that was released, StaleError for one
    whose leaves were changed.
    """
    kinds: Any = tuple(Node.classes.values())
    if not isinstance(y, kinds):
        raise TypeError(
            f"a graph is drawn from its result, a Value or a Tensor, not from {type(y).__name__}: "
            "call the function on Values or Tensors, and draw what it returns"
        )
    y = version(y) if y.tracked & VERSION else y
    order = ancestry([y], DIFF | SHOWN)[0]
    results = {*order}
    nodes = sorted({y, *order, *(x for node in order for x in node.inputs)}, key=lambda node: node.number)
    here = names_in(variables)
    literals = {x for x in nodes if x is not y and is_literal(x) and x not in here}
    names = name_all([x for x in nodes if x not in literals], y, here)
    boxes: dict[Node, Box] = {}
    drawn: list[Box] = []
    edges: list[Edge] = []
    scopes: list[Group] = []
    for node, name in names.items():
        asked = node.tracked & DIFF
        role = (
            "output" if node is y else "result" if node in results else "parameter" if asked else "constant"
        )
        box = boxes[node] = Box(name, role, node)
        if node in results:
            box.group = entered(scopes, getattr(node, "_scope", None))
            for place, x in enumerate(node.inputs):
                source = boxes.get(x)
                if source is None:  # a literal is one node for the whole program: it is drawn at every use
                    number = x.value.item() if x.arrays else x.value
                    source = Box(digits(number), "literal", x, group=box.group)
                    drawn.append(source)
                box.operands.append(source)
                edges.append(Edge(source, box, place, bool(x.tracked & DIFF)))
        drawn.append(box)
    settle(drawn, edges)
    return Picture(drawn, edges, boxes[y], boxes[y].name, False, [])


def is_literal(x: Any) -> bool:
    """Whether it is a number that stands in the program."""
    return x.op is None and x.tracked == 0 and np.size(x.value) == 1 and not hasattr(x, "_name")


def same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and not hasattr(a, "shape") and bool(a == b)


def said(box: Box) -> Said:
    """A box in a formula."""
    if box.role != "literal":
        return Said(box.name)
    number = box.value.item() if isinstance(box.value, np.ndarray) else box.value
    return Said(box.name, number if isinstance(number, (int, float)) else None)


def entered(scopes: list[Group], scope: Any) -> Group | None:
    """The group of the next node: scopes that are still open go on, others are entered anew.

    So a group is an interval of the order in which nodes were made, and no way leads out of it and back in.
    """
    chain: list[Any] = []
    while scope:
        chain.insert(0, scope)
        scope = scope.parent
    kept = 0
    while kept < min(len(chain), len(scopes)) and scopes[kept].scope is chain[kept]:
        kept += 1
    del scopes[kept:]
    for found in chain[kept:]:
        scopes.append(Group(clean(found.name), scopes[-1] if scopes else None, found))
    return scopes[-1] if scopes else None


def settle(boxes: list[Box], edges: list[Edge]) -> None:
    """Put a parameter into the group that alone makes use of it, else into that which it was made in.

    Data comes from outside.
    """
    users: dict[Box, list[list[Group]]] = {}
    for edge in edges:
        if edge.source.role == "parameter":
            users.setdefault(edge.source, []).append(edge.target.group.chain if edge.target.group else [])
    groups = {group.scope: group for box in boxes if box.group for group in box.group.chain}
    for box, chains in users.items():
        shared = [groups[0] for groups in zip(*chains, strict=False) if len({*groups}) == 1]
        own = groups.get(getattr(box.node, "_scope", None))
        box.group = shared[-1] if shared else own
