"""Where everything in a picture goes: groups within groups, each laid out by itself (`layers.py`).

A group is laid out like a picture of its own, with a small port at its border for every edge that leads in or
out, and stands in its parent as one large item.  Groups are intervals of the order in which nodes were made
(`content.entered`), so no edges go round in circles.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from .content import Box, Edge, Group, Picture
from .layers import Link, Placed, layered

__all__: list[str] = []

INSIDE, ABOVE = 14.0, 22.0  # between the frame of a group and what it holds; room for its name
DIRECTIONS = ("LR", "TB")
Size = tuple[float, float]
Point = tuple[float, float]


@dataclass
class Plan:
    """Middles of boxes and labels, points of edges; x, y, width and height of the frames of groups."""

    boxes: dict[Box, Point] = field(default_factory=dict)
    frames: dict[Group, tuple[float, float, float, float]] = field(default_factory=dict)
    labels: dict[Edge, Point] = field(default_factory=dict)
    paths: dict[Edge, list[Point]] = field(default_factory=dict)
    width: float = 0.0
    height: float = 0.0


def check_direction(direction: str) -> str:
    if direction not in DIRECTIONS:
        raise ValueError(f"direction is 'LR' (left to right) or 'TB' (top to bottom), not {direction!r}")
    return direction


def arrange(
    picture: Picture, sizes: dict[Box, Size], labels: dict[Edge, Size], direction: str = "LR"
) -> Plan:
    """A place for everything, given the sizes of boxes and of the labels of edges."""
    down = direction == "TB"

    def turned(size: Size) -> Size:
        return (size[1], size[0]) if down else size

    maker = Arranger(
        picture, {b: turned(s) for b, s in sizes.items()}, {e: turned(s) for e, s in labels.items()}, down
    )
    placed = maker.place(None)
    plan = Plan(width=placed.width, height=placed.height)
    maker.collect(None, placed, (0.0, 0.0), plan)
    if down:
        plan.width, plan.height = plan.height, plan.width
        plan.boxes = {b: (y, x) for b, (x, y) in plan.boxes.items()}
        plan.labels = {e: (y, x) for e, (x, y) in plan.labels.items()}
        plan.frames = {g: (y, x, h, w) for g, (x, y, w, h) in plan.frames.items()}
        plan.paths = {e: [(y, x) for x, y in points] for e, points in plan.paths.items()}
    return plan


class Arranger:
    """Lays out one group after the other, the innermost first."""

    def __init__(self, picture: Picture, sizes: Any, labels: Any, down: bool) -> None:
        self.sizes, self.labels, self.down = sizes, labels, down
        self.chain = {box: [None, *(box.group.chain if box.group else [])] for box in picture.boxes}
        self.items: dict[Group | None, dict[Any, None]] = {None: {}}
        for box in picture.boxes:
            chain: list[Any] = [*self.chain[box], box]
            for outer, inner in pairwise(chain):
                self.items.setdefault(outer, {})[inner] = None
        self.through: dict[Group | None, list[Edge]] = {}  # the edges that have a piece in a group
        for edge in picture.edges:
            for group in {*self.chain[edge.source], *self.chain[edge.target]}:
                if (
                    group is None
                    or self.within(edge.source, group) != self.within(edge.target, group)
                    or self.item(edge.source, group) is not self.item(edge.target, group)
                ):
                    self.through.setdefault(group, []).append(edge)
        self.layouts: dict[Group, Placed] = {}
        self.pieces: dict[Group | None, list[Edge]] = {}

    def within(self, box: Box, group: Group | None) -> bool:
        return group in self.chain[box]

    def item(self, box: Box, group: Group | None) -> Any:
        """What of a group's items a box is, or is in."""
        chain = [*self.chain[box], box]
        return chain[chain.index(group) + 1] if group in chain else None

    def place(self, group: Group | None) -> Placed:
        """Lay out a group; its inner groups first, for their sizes."""
        sizes: dict[Any, Size] = {}
        first, last, links, pieces = set(), set(), [], []
        through = self.through.get(group, [])
        for edge in through:
            if not self.within(edge.source, group):
                port = ("in", id(edge))
                sizes[port] = (0.0, 6.0)
                first.add(port)
        for item in self.items.get(group, {}):
            if isinstance(item, Group):
                inner = self.layouts[item] = self.place(item)
                side, top = (ABOVE + INSIDE, 2 * INSIDE) if self.down else (2 * INSIDE, ABOVE + INSIDE)
                sizes[item] = (inner.width + side, inner.height + top)
            else:
                sizes[item] = self.sizes[item]
        for edge in through:
            a, b = self.item(edge.source, group), self.item(edge.target, group)
            if a is b:
                continue
            if b is None:
                b = ("out", id(edge))
                sizes[b] = (0.0, 6.0)
                last.add(b)
            label = self.labels.get(edge) if a is not None and type(b) is not tuple else None
            links.append(
                Link(a or ("in", id(edge)), b, self.port(a, "out", edge), self.port(b, "in", edge), label)
            )
            pieces.append(edge)
        self.pieces[group] = pieces
        return layered(sizes, links, first, last)

    def port(self, item: Any, kind: str, edge: Edge) -> float | None:
        """How far from the middle of an inner group an edge passes its border."""
        if not isinstance(item, Group):
            return None
        inner = self.layouts[item]
        y = inner.at[kind, id(edge)][1] - inner.height / 2
        return y if self.down else y + (ABOVE - INSIDE) / 2

    def collect(self, group: Group | None, placed: Placed, origin: Point, plan: Plan) -> None:
        """Move what was laid out to where it belongs in the whole, and join the pieces of the edges."""
        ox, oy = origin
        for item, (x, y) in placed.at.items():
            if isinstance(item, Box):
                plan.boxes[item] = x + ox, y + oy
        for k, edge in enumerate(self.pieces[group]):
            points = [(x + ox, y + oy) for x, y in placed.paths[k]]
            plan.paths[edge] = joined(plan.paths.get(edge, []), points)
            if k in placed.labels:
                x, y = placed.labels[k]
                plan.labels[edge] = x + ox, y + oy
        for item, (x, y) in placed.at.items():
            if isinstance(item, Group):
                inner = self.layouts[item]
                side, top = (ABOVE, INSIDE) if self.down else (INSIDE, ABOVE)
                width, height = inner.width + side + INSIDE, inner.height + top + INSIDE
                left, upper = x + ox - width / 2, y + oy - height / 2
                plan.frames[item] = left, upper, width, height
                self.collect(item, inner, (left + side, upper + top), plan)


def joined(done: list[Point], points: list[Point]) -> list[Point]:
    """Two pieces of one way, in the order of the way: from left to right."""
    first, second = (done, points) if not done or done[0][0] <= points[0][0] else (points, done)
    return [*first, *second]
