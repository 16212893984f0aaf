"""A graph that comes again: its backward walk, written out as one function.

A training loop records the same graph at every step.  The numbers are others, but the same primitives are
wired in the same way, and a walk finds its way through them anew each time: which nodes there are, in which
order their turns come, and what has arrived where.  So `backward()` counts the wirings that it meets.  For
one that it meets often, it writes the walk down, with every way found and the text of the rows in its place.
For `x * y + x` on Values, that is

    def walk(n0, g0):
        n1, n2, = n0.inputs                             # of the sum: the product, and x
        again, n3, = n1.inputs                          # of the product: x again, and y
        if again is not n2: return None                 # another graph: so are other primitives, other types
        if not n0.number > n1.number: return None       # of leaves, and another order
        ...
        cot = {}
        x, y, out = n1.value, n2.value, n0.value        # the two inputs of the sum, and what it is
        t = g0
        if type(out) is complex: t = n1.fit(m, t, x)
        g1 = t
        ...

It does what `backward.py` does, in the same order, with the same rules: no primitive is treated differently
from others.  Whatever is not usual is left to that walk: an input that was changed, a derivative that fails,
a NaN where something selects.  A graph that never comes again pays a tenth more for having been looked at.

Which graph is it this time?  Most often one that came lately, and a walk sees by itself whether it is, as it
finds its way: that takes a quarter of what reading off the wiring does.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

from .care import has_nan
from .graph import DIFF, PLAIN, SCALAR, Node, age
from .steps import Steps

__all__: list[str] = []

OFTEN = 10  # how often a wiring is met before its walk is written, which takes as long as dozens of walks
LARGEST = 2000  # nodes
MANY = 20_000  # wirings are counted
ROOM = 100_000  # for walks: the entries of all their wirings, three or four for a node

Walk = Callable[[Any, Any], list[tuple[Any, Any]] | None]
met: dict[int, int] = {}  # how often, by hash: what is met once keeps nothing alive
written: dict[tuple[Any, ...], Walk | None] = {}
latest: list[Walk] = []  # those tried first: a training loop has one or two losses


def walk_again(y: Any, seed: Any) -> tuple[list[tuple[Any, Any]] | None, list[Any] | None]:
    """The leaves that y was made of, and their cotangents; None if there is no such walk, or it failed.

    Inner Values have theirs in `.grad` then.  If there is none, the nodes come second, in the order that
    `ancestry` would find, unless something is unusual.
    """
    guesses = latest.copy()
    for walk in guesses:
        if (found := attempt(walk, y, seed)) is not None:
            return found, None
    nodes, key = wiring(y)
    if not key:
        return None, None
    if key not in written and often(hash(key)) and sum(map(len, written)) + len(key) <= ROOM:
        written[key] = write(nodes)
    again = written.get(key)
    if again and again not in guesses and (found := attempt(again, y, seed)) is not None:
        latest[:] = again, *guesses[:1]
        return found, None
    return None, youngest_first(nodes)


def attempt(walk: Walk, y: Any, seed: Any) -> list[tuple[Any, Any]] | None:
    """What a walk finds; None if this is another graph, or something is unusual: the other walk says what."""
    try:
        return walk(y, seed)
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return None


def youngest_first(nodes: list[Any]) -> list[Any]:
    return sorted([node for node in nodes if node.op is not None], key=age, reverse=True)


def wiring(y: Any) -> tuple[list[Any], tuple[Any, ...]]:
    """What y was made of, in the order in which it is found, and how it hangs together; () if unusual."""
    key: list[Any] = []
    nodes, position = [y], {y: 0}
    known, wait, add = position.get, nodes.append, key.append
    for node in islice(nodes, LARGEST):  # grows as it is read
        if node.op is None:
            continue
        add(node.op)
        number = node.number
        for x in node.inputs:
            k = known(x)
            if x.number > number:
                return nodes, ()
            if k is None:
                position[x] = k = len(nodes)
                wait(x)
                if x.op is None:
                    add(type(x))
                    add(x.tracked)
                elif x.tracked != DIFF:
                    return nodes, ()
            add(k)
    usual = y.tracked == DIFF and y.op is not None and len(nodes) <= LARGEST
    return nodes, (*key,) if usual else ()


def often(wiring: int) -> bool:
    """Whether it is time to write this one's walk."""
    if len(met) >= MANY:
        met.clear()
    met[wiring] = met.get(wiring, 0) + 1
    return met[wiring] >= OFTEN


def write(nodes: list[Any]) -> Walk | None:
    """The walk back through these nodes, of which the first is the result; None if it can't be foreseen."""
    position = {node: k for k, node in enumerate(nodes)}
    order = youngest_first(nodes)
    if len({node.arrays for node in order}) > 1:
        return None  # numbers and arrays compute in different namespaces
    called = [node for node in order if type(node.op.steps) is not Steps]
    shared = {x for node in called for x in node.inputs}  # these keep their cotangents in the dict, cot
    where: dict[str, Any] = {"m": PLAIN if nodes[0].arrays else SCALAR, "has_nan": has_nan}
    lines = [*recognition(nodes, position, order, where), "cot = {}"]
    arrived = {nodes[0]}
    for node in order:
        k = position[node]
        if node not in arrived:
            continue
        if node in shared:
            lines.append(f"g{k} = cot.pop(n{k})")
        pulls = node.op.rules.pulls
        if not isinstance(pulls, tuple):
            return None
        passed = [x for x, rule in zip(node.inputs, pulls, strict=False) if rule and x.tracked & DIFF]
        if type(node.op.steps) is Steps:
            lines += elementwise(node, k, position, shared, arrived, where)
        elif passed:
            where[f"step{k}"] = node.op.steps[node.arrays]
            lines.append(f"step{k}(n{k}, g{k}, cot, 0)")
        arrived.update(passed)
        if node.arrays:
            lines.append(f"g{k} = None")  # its memory is free
    leaves = [k for k, node in enumerate(nodes) if node in arrived and node.op is None]
    lines += [f"g{k} = cot.pop(n{k})" for k in leaves if nodes[k] in shared]
    if any(node.op.selects for node in order):
        lines.append(f"if {' or '.join(f'has_nan(g{k})' for k in leaves)}: return None")
    lines += [
        f"n{k}._grad = g{k}"
        for k, node in enumerate(nodes)
        if node in arrived and not node.arrays and node.op
    ]
    lines.append(f"return [{', '.join(f'(n{k}, g{k})' for k in leaves)}]")
    exec(compile("def walk(n0, g0):\n    " + "\n    ".join(lines), "<backward walk>", "exec"), where)
    walk: Walk = where["walk"]
    return walk if leaves else None


def recognition(
    nodes: list[Any], position: dict[Any, int], order: list[Any], where: dict[str, Any]
) -> list[str]:
    """The lines that find the nodes of another graph from its result, and see whether it is wired like this.

    Inner nodes have to be as old, next to each other, as they were: then the walk keeps to their order, and
    no two of them are the same.  Two leaves may be: what arrives at either is added up in the end.
    """
    lines: list[str] = []
    known, oldest = {nodes[0]}, dict[int, int]()
    for k, node in enumerate(nodes):
        if node.op is not None:
            targets, repeated = [], []
            for i, x in enumerate(node.inputs):
                if x in known:
                    repeated.append(f"if again{i} is not n{position[x]}: return None")
                targets.append(f"again{i}" if x in known else f"n{position[x]}")
                known.add(x)
            lines += [f"{', '.join(targets)}, = n{k}.inputs", *repeated]
    for node in order:
        oldest.update((position[x], position[node]) for x in node.inputs if x.op is None)
    inner, leaves = [position[node] for node in order], list(oldest)
    where["ops"] = tuple(node.op for node in nodes)
    where["leaves"] = tuple(x for k in leaves for x in (type(nodes[k]), nodes[k].tracked))
    ops = "".join(f"n{k}.op, " for k in range(len(nodes)))
    kinds = "".join(f"type(n{k}), n{k}.tracked, " for k in leaves)
    unusual = [
        f"({ops}) != ops",
        f"({kinds}) != leaves",
        f"{' | '.join(f'n{k}.tracked' for k in inner)} != {DIFF}",
        *(f"n{k}.number > n{user}.number" for k, user in oldest.items()),
    ]
    if len(inner) > 1:
        unusual.append(f"not {' > '.join(f'n{k}.number' for k in inner)}")
    return [*lines, *(f"if {test}: return None" for test in unusual)]


def elementwise(
    node: Any, k: int, position: dict[Any, int], shared: set[Node], arrived: set[Node], where: dict[str, Any]
) -> list[str]:
    """What `Steps` does for one node, with names of its own."""
    names, partials = node.op.steps.names, node.op.steps.partials
    at = [position[x] for x in node.inputs]
    values = ", ".join(f"n{i}.value" for i in at)
    lines = [f"{', '.join(names)}, out = {values}, n{k}.value"]
    misfit = "type(out) is complex"
    if node.arrays:
        shapes = "t.shape != {0}.shape or " if len(names) > 1 else ""
        if len(names) == 2 and all(x.tracked & DIFF for x in node.inputs):
            lines.append("same = x.shape == y.shape")
            shapes = "not same and t.shape != {0}.shape or "
        misfit = shapes + "t.dtype is not {0}.dtype"
    got = set(arrived)
    for p, (d, name, x, i) in enumerate(zip(partials, names, node.inputs, at, strict=True)):
        if d is None or not x.tracked & DIFF:
            continue
        where[f"d{k}_{p}"] = d
        call = f"d{k}_{p}(m, out, {', '.join(names)})"
        rate = f"({d})" if isinstance(d, str) else call if callable(d) else d
        lines.append(f"t = g{k}" if d == 1 else f"t = g{k} * {rate}")
        lines.append(f"if {misfit.format(name)}: t = n{i}.fit(m, t, {name})")
        if x in shared:
            lines.append(f"cot[n{i}] = cot[n{i}] + t if n{i} in cot else t")
        else:
            lines.append(f"g{i} = g{i} + t" if x in got else f"g{i} = t")
        got.add(x)
    return lines
