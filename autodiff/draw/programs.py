"""What the picture of a program shows: a box for each term, and a frame around what runs together.

A compiled function has forgotten the values of the run that was traced.  So boxes say what shape and dtype a
result has, and nothing of derivatives.  A frame is a loop over rows of large arrays, or a native kernel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..jit.program import Program, Term
from .content import Box, Edge, Group, Picture, spelled
from .numbers import digits

__all__: list[str] = []


@dataclass(eq=False, repr=False)
class TermBox(Box):
    """A term as a picture shows it; of a term that the function goes by, `must` says what it has to be."""

    must: str = ""

    @property
    def value(self) -> Any:
        return self.node.value if self.node.known else None

    @property
    def dims(self) -> tuple[int, ...]:
        term: Term = self.node
        return term.shape

    @property
    def shape(self) -> str:
        if self.role == "literal":
            return ""
        dtype = self.node.dtype
        name = getattr(dtype, "name", None) or dtype.__name__
        return f"{spelled(self.dims)} {name}" if self.dims else name

    @property
    def flag(self) -> str:
        return self.must


def program_picture(program: Program) -> Picture:
    """All terms of a program.  Raises ValueError for one that computes nothing."""
    if not program.outputs:
        raise ValueError("this program has no result, and so no graph")
    names = program.names()
    outputs = {y for y in program.outputs if not literal(y) or y not in names}
    groups = {t: group for group in framed_groups(program) for t in group.scope}
    must = {guard.term: f"must be {guard.truth}: {guard.place}" for guard in program.guards}
    boxes: dict[Term, TermBox] = {}
    drawn: list[Box] = []
    edges: list[Edge] = []
    constants = [x for x in [*program.constants(), *outputs] if x.known and (x in outputs or not literal(x))]
    for term in dict.fromkeys([*program.inputs, *constants, *program.terms]):
        role = "result" if term.op else "constant" if term.known else "parameter"
        role = "output" if term in outputs else role
        name = names.get(term) or digits(term.value)
        box = boxes[term] = TermBox(name, role, term, group=groups.get(term), must=must.get(term, ""))
        for place, x in enumerate(term.inputs):
            source = boxes.get(x)
            if source is None:
                source = TermBox(digits(x.value), "literal", x, group=box.group)
                drawn.append(source)
            box.operands.append(source)
            edges.append(Edge(source, box, place))
        drawn.append(box)
    root = boxes[program.outputs[-1]]
    return Picture(drawn, edges, root, root.name, False, [])


def literal(term: Term) -> bool:
    return term.known and not term.shape


def framed_groups(program: Program) -> list[Group]:
    """A frame for each group of a program; its scope are the terms that it holds."""
    found = []
    for k, group in enumerate(program.groups):
        if hasattr(group, "step"):
            name = f"loop {k + 1}: {group.length} rows, {min(group.step, group.length)} at a time"
        else:
            name = f"kernel {k + 1}"
        found.append(Group(name, None, tuple(group.terms)))
    return found
