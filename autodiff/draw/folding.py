"""Large graphs, folded: scopes become one box each, that says what it holds."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from .content import Box, Edge, Group, Picture

__all__: list[str] = []

ENDS, RUNS = 12, 8  # of what is in no scope: how much is shown at both ends, and in how many boxes the rest


def folded(picture: Picture, depth: int | None, max_nodes: int) -> Picture:
    """The picture with scopes open down to `depth`; None opens as many as `max_nodes` allows.

    If there still are too many boxes, what was made first and last is shown, and the rest in a few boxes.
    """
    deepest = max((len(box.group.chain) for box in picture.boxes if box.group), default=0)
    depths = [depth] if depth is not None else range(deepest, -1, -1)
    for d in depths:
        small = fold(picture, scopes_below(picture, d)) if d < deepest else picture
        if small.size <= max_nodes:
            return small
    return fold(picture, intervals(picture, d))


def scopes_below(picture: Picture, depth: int) -> dict[Box, Group]:
    """For every box that is hidden, the group that hides it; the result itself never is."""
    chains = {box: box.group.chain for box in picture.boxes if box.group and box is not picture.root}
    return {box: chain[depth] for box, chain in chains.items() if len(chain) > depth}


def intervals(picture: Picture, depth: int) -> dict[Box, Group]:
    """Everything but the ends, in a few boxes; a scope at `depth` is not cut."""
    hidden = scopes_below(picture, depth)
    results = [box for box in picture.boxes if box.operands]
    items = [*dict.fromkeys(hidden.get(box, box) for box in results)]
    middle = items[ENDS : len(items) - ENDS]
    if len(middle) < 2:
        return hidden
    size = -(-len(middle) // RUNS)
    runs = [middle[i : i + size] for i in range(0, len(middle), size)]
    home: dict[Box | Group, Group] = {}
    for run in runs:
        home |= dict.fromkeys(run, Group("…"))
    found = {box: home.get(hidden.get(box, box), hidden.get(box)) for box in results}
    found[picture.root] = None
    inside = {box: group for box, group in found.items() if group}
    users: dict[Box, dict[Group | None, None]] = {}
    for edge in picture.edges:
        users.setdefault(edge.source, {})[inside.get(edge.target)] = None
    leaves = [box for box in picture.boxes if not box.operands]
    for box in leaves:  # what only a run uses goes into it; what several use, if that is still too much
        groups = [*users.get(box, {})]
        if groups[:1] != [None] and (len(groups) == 1 or len(leaves) > 4 * ENDS):
            first = groups[0]
            if first:
                inside[box] = first
    return inside


def fold(picture: Picture, hidden: dict[Box, Group]) -> Picture:
    """The picture in which a box stands for every group that hides something."""
    inside: dict[Group, list[Box]] = {}
    for box, group in hidden.items():
        inside.setdefault(group, []).append(box)
    boxes = {group: standing(group, held) for group, held in inside.items()}
    stands = {box: boxes[hidden[box]] if box in hidden else box for box in picture.boxes}
    root = picture.root
    if root.group and not inside.keys().isdisjoint(root.group.chain):  # it stands outside now
        chain = root.group.chain
        outer = chain[: next(i for i, group in enumerate(chain) if group in inside)]
        stands[root] = replace(root, group=outer[-1] if outer else None)
    merged: dict[tuple[Box, Box], Edge] = {}
    edges = []
    for edge in picture.edges:
        a, b = stands[edge.source], stands[edge.target]
        if "group" not in (a.role, b.role):
            edges.append(edge if b is edge.target else replace(edge, target=b))
        elif a is not b:
            if (a, b) not in merged:
                merged[a, b] = Edge(a, b, uses=0)
                edges.append(merged[a, b])
            one = merged[a, b]
            one.uses += 1
            one.asked = one.asked or edge.asked
            if edge.asked and a is edge.source:  # what all that is hidden passes on, together
                one.passed = edge.passed if one.passed is None else one.passed + edge.passed
            elif edge.asked:  # what arrives at one of the hidden
                one.passed = edge.passed if one.uses == 1 else None
    return replace(picture, boxes=[*dict.fromkeys(stands.values())], edges=edges, root=stands[root])


def standing(group: Group, held: list[Box]) -> Box:
    """The box that stands for a group."""
    operations = Counter(box.node.op.name for box in held if box.operands)
    count = sum(operations.values())
    lines = [f"{count} operation{'s' * (count != 1)}"]
    common = [f"{n} {name}" for name, n in operations.most_common(3)]
    lines.append(", ".join(common) + (", …" if len(operations) > 3 else ""))
    names = [box.name for box in held if box.role == "parameter"]
    if names:
        some = ", ".join(names[:4]) + (", …" if len(names) > 4 else "")
        lines.append(f"{len(names)} parameter{'s' * (len(names) != 1)}: {some}")
    return Box(group.name, "group", group=group.parent, held=lines)
