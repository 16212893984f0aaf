"""The layered layout: where boxes and edges go when there is no Graphviz.

Sugiyama's method (K. Sugiyama, S. Tagawa, M. Toda, IEEE Trans. Syst. Man Cybern. 11, 1981): every item gets a
layer after all that it depends on; an edge over several layers gets a point in each of them; the items of
each layer are ordered so that few edges cross, by the mean position of their neighbours in the layer before,
forward and backward; then each is moved to the mean height of its neighbours, as far as the others let it.

Layers go from left to right here; `arrange.py` turns the picture if asked to.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

__all__: list[str] = []

SWEEPS, MOVES = 8, 10
LONG = 40  # an edge over more layers than this goes straight, where there are many of them
POINT = 8.0  # the height that is kept free for an edge


class Link(NamedTuple):
    """An edge between two items: where it leaves and enters, off their middle, and the size of its label."""

    a: Any
    b: Any
    leaves: float | None = None  # None: where there is room
    enters: float | None = None
    label: tuple[float, float] | None = None


@dataclass
class Placed:
    """The result: the middle of every item and label, the points of every edge, and the size of it all."""

    at: dict[Any, tuple[float, float]] = field(default_factory=dict)
    labels: dict[int, tuple[float, float]] = field(default_factory=dict)
    paths: list[list[tuple[float, float]]] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0


def layered(
    sizes: dict[Any, tuple[float, float]], links: list[Link], first: set[Any], last: set[Any],
    across: float = 46.0, between: float = 18.0,
) -> Placed:  # fmt: skip
    """Items with their sizes, and links that make no circles; `first` and `last` are at the borders."""
    if not sizes:
        return Placed()
    step = 2 if any(link.label for link in links) else 1
    rank = ranks(sizes, links, first, last, step)
    count = max(rank.values()) + 1
    layers: list[list[Any]] = [[] for _ in range(count)]
    for item, r in rank.items():
        layers[r].append(item)
    size: dict[Any, tuple[float, float]] = dict(sizes)
    chains = []
    direct = sum(rank[link.b] - rank[link.a] for link in links) > 20 * len(sizes) + 2000
    for k, link in enumerate(links):
        chain = [link.a]
        if not (direct and rank[link.b] - rank[link.a] > LONG):
            for r in range(rank[link.a] + 1, rank[link.b]):
                point = ("point", k, r)
                size[point] = link.label if link.label and r == rank[link.b] - 1 else (0.0, POINT)
                layers[r].append(point)
                chain.append(point)
        chains.append([*chain, link.b])
    before: dict[Any, list[tuple[Any, float]]] = defaultdict(list)
    after: dict[Any, list[tuple[Any, float]]] = defaultdict(list)
    for link, chain in zip(links, chains, strict=True):
        for p, q in pairwise(chain):
            leaves = (link.leaves or 0.0) if p is link.a else 0.0
            enters = (link.enters or 0.0) if q is link.b else 0.0
            after[p].append((q, enters - leaves))
            before[q].append((p, leaves - enters))
    layers = ordered(layers, before, after, rank, direct)
    y = heights(layers, before, after, size, between)
    return positions(layers, y, size, links, chains, across if step == 1 else across / 2.2)


def ranks(sizes: Any, links: list[Link], first: set[Any], last: set[Any], step: int) -> dict[Any, int]:
    """The layer of every item: after all it depends on, and as near as can be to what depends on it."""
    into, out = defaultdict(list), defaultdict(list)
    for link in links:
        into[link.b].append(link.a)
        out[link.a].append(link.b)
    start = step if first else 0
    rank: dict[Any, int] = {}
    items = in_order(sizes, into, out)
    for item in items:
        rank[item] = 0 if item in first else max((rank[p] + step for p in into[item]), default=start)
    end = max(rank.values()) + step * any(item not in last for item in sizes)
    for item in last:
        rank[item] = end
    for item in reversed(items):
        if item not in first and item not in last and out[item] and not into[item]:
            rank[item] = min(rank[q] for q in out[item]) - step
    low = min(rank.values())
    return {item: r - low for item, r in rank.items()}


def in_order(sizes: Any, into: Any, out: Any) -> list[Any]:
    """The items, each after all that it depends on."""
    missing = {item: len(into[item]) for item in sizes}
    ready = [item for item in sizes if not missing[item]]
    for item in ready:  # grows as it is read
        for q in out[item]:
            missing[q] -= 1
            if not missing[q]:
                ready.append(q)
    return ready


def ordered(layers: Any, before: Any, after: Any, rank: Any, quick: bool) -> Any:
    """The layers with their items in an order in which few edges cross: the best of some sweeps."""
    best, fewest = layers, crossings(layers, after)
    current = [list(layer) for layer in layers]
    for sweep in range(2 if quick else SWEEPS):
        if not fewest:
            break
        forward = sweep % 2 == 0
        near = before if forward else after
        path = range(1, len(layers)) if forward else range(len(layers) - 2, -1, -1)
        for r in path:
            place = {item: i for i, item in enumerate(current[r - 1 if forward else r + 1])}
            own = {item: float(i) for i, item in enumerate(current[r])}
            for item in current[r]:
                seen = [place[q] for q, _ in near[item] if q in place]
                own[item] = sum(seen) / len(seen) if seen else own[item]
            current[r].sort(key=own.__getitem__)
        found = crossings(current, after)
        if found < fewest:
            best, fewest = [list(layer) for layer in current], found
    return best


def crossings(layers: Any, after: Any) -> int:
    """How often edges between neighbouring layers cross: inversions, counted by a binary indexed tree."""
    total = 0
    for left, right in pairwise(layers):
        place = {item: i for i, item in enumerate(right)}
        ends: list[int] = []
        for item in left:
            ends += sorted(place[q] for q, _ in after[item] if q in place)
        tree = [0] * (len(right) + 1)
        for seen, end in enumerate(ends):
            k, at_most = end + 1, 0
            while k:
                at_most += tree[k]
                k &= k - 1
            total += seen - at_most
            k = end + 1
            while k < len(tree):
                tree[k] += 1
                k += k & -k
    return total


def heights(layers: Any, before: Any, after: Any, size: Any, between: float) -> dict[Any, float]:
    """How high the middle of every item stands: near its neighbours, without overlap."""
    y: dict[Any, float] = {}
    for layer in layers:
        top = 0.0
        for item in layer:
            y[item] = top + size[item][1] / 2
            top += size[item][1] + between
        for item in layer:
            y[item] -= (top - between) / 2
    large = len(y) > 5000
    for move in range(MOVES // 2 if large else MOVES):
        forward = move % 2 == 0
        for layer in layers if forward else reversed(layers):
            wanted, weight = [], []
            for item in layer:
                near = before[item] + after[item] if move > 1 else before[item] if forward else after[item]
                wanted.append(sum(y[q] + off for q, off in near) / len(near) if near else y[item])
                straight = type(item) is tuple and item[0] == "point"
                weight.append(8.0 if straight else float(max(1, len(near))))
            spread(layer, wanted, weight, y, size, between)
    return y


def spread(layer: Any, wanted: Any, weight: Any, y: Any, size: Any, between: float) -> None:
    """Put the items of a layer where they want to be, as near as their order and size allow.

    Least squares under an order: neighbours that would overlap form a block, which goes to its mean.
    """
    offset = [0.0]
    for a, b in pairwise(layer):
        offset.append(offset[-1] + (size[a][1] + size[b][1]) / 2 + between)
    blocks: list[list[float]] = []  # weight times position, weight, how many
    for w, v, o in zip(wanted, weight, offset, strict=True):
        blocks.append([v * (w - o), v, 1])
        while len(blocks) > 1 and blocks[-2][0] * blocks[-1][1] > blocks[-1][0] * blocks[-2][1]:
            moment, mass, count = blocks.pop()
            blocks[-1] = [blocks[-1][0] + moment, blocks[-1][1] + mass, blocks[-1][2] + count]
    k = 0
    for moment, mass, count in blocks:
        for _ in range(int(count)):
            y[layer[k]] = moment / mass + offset[k]
            k += 1


def positions(layers: Any, y: Any, size: Any, links: list[Link], chains: Any, across: float) -> Placed:
    """From heights to points in the plane."""
    top = min(y[item] - size[item][1] / 2 for item in y)
    x: dict[Any, float] = {}
    border: dict[Any, tuple[float, float]] = {}  # of an item's layer
    right = 0.0
    entered = {link.b for link in links}
    for layer in layers:
        wide = max((size[item][0] for item in layer), default=0.0)
        for item in layer:
            inner = item in entered or (type(item) is tuple and item[0] == "point")
            x[item] = right + (wide / 2 if inner else wide - size[item][0] / 2)  # leaves near their use
            border[item] = right, right + wide
        right += wide + across
    out = Placed(width=right - across, height=max(y[item] + size[item][1] / 2 for item in y) - top)
    at = {item: (x[item], y[item] - top) for item in y}
    ways: dict[Any, list[int]] = defaultdict(list)  # the edges into an item, to be spread along its side
    for k, link in enumerate(links):
        ways[link.b].append(k)
    entry: dict[int, float] = {}
    for item, ks in ways.items():
        free = [k for k in ks if links[k].enters is None]
        gap = min(16.0, size[item][1] * 0.8 / max(len(free), 1))
        for i, k in enumerate(sorted(free, key=lambda k: at[chains[k][-2]][1])):
            entry[k] = (i - (len(free) - 1) / 2) * gap
    for k, (link, chain) in enumerate(zip(links, chains, strict=True)):
        (xa, ya), (xb, yb) = at[link.a], at[link.b]
        start = ya + (link.leaves or 0.0)
        points = [(xa + size[link.a][0] / 2, start), (border[link.a][1], start)]
        for p in chain[1:-1]:
            px, py = at[p]
            half = size[p][0] / 2
            # past the whole layer straight on, so that it does not touch the boxes there
            points += [(x, py) for x in ((px - half, px + half) if half else border[p])]
            if half:
                out.labels[k] = at[p]
        enters = entry[k] if link.enters is None else link.enters
        points += [(border[link.b][0], yb + enters), (xb - size[link.b][0] / 2, yb + enters)]
        out.paths.append([p for i, p in enumerate(points) if i == 0 or p != points[i - 1]])
    out.at = {item: p for item, p in at.items() if not (type(item) is tuple and item[0] == "point")}
    return out
