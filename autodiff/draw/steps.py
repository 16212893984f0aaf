"""What the stepper shows, as data: boxes with places, edges with rules, and the order of the steps.

    start     the inputs are given
    forward   one result a step, the oldest first: how it is computed, and what that gives
    seed      ∂y/∂y = 1
    backward  one result a step, the youngest first: upstream × local for each of its inputs, added there
    end       every gradient beside the difference quotient of the same function, computed again

The page (`stepper.js`) draws what it finds here, and knows no mathematics.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import PurePath
from typing import Any

import numpy as np

from . import notation
from .arrange import arrange
from .boxes import framed
from .content import Box, Edge, Picture
from .differences import along, apart, difference
from .notation import Said
from .numbers import Shown, digits, shown, single, sum_of
from .svg import curve

__all__: list[str] = []

SMALL = 11.0  # the smallest letters: the page never shows the graph smaller than this
Json = dict[str, Any]


def page_data(
    full: Picture, picture: Picture, mode: str, tangents: dict[Box, Any], speeds: dict[Box, Any]
) -> Json:
    """All that the page needs; `picture` is `full`, folded perhaps, `speeds` are the tangents of boxes."""
    places = {box: i for i, box in enumerate(picture.boxes)}
    frames = {box: framed(box, picture, speeds.get(box), SMALL, flag=False) for box in picture.boxes}
    wide = {box: (frame.width + 8, frame.height) for box, frame in frames.items()}
    plan = arrange(picture, wide, {})
    data: Json = {
        "top": picture.top, "root": places[picture.root], "mode": mode, "notes": picture.notes,
        "size": [round(plan.width), round(plan.height)],
        "frames": [[group.name, *map(round, at)] for group, at in plan.frames.items()],
    }  # fmt: skip
    uses = defaultdict(list)
    for edge in picture.edges:
        uses[edge.target].append(edge)
    data["nodes"] = [node_data(box, frames[box], plan.boxes[box], wide[box], speeds) for box in picture.boxes]
    lines = {edge: i for i, edge in enumerate(picture.edges)}
    data["edges"] = [edge_data(edge, places, curve(plan.paths[edge]), speeds) for edge in picture.edges]
    results = [box for box in picture.boxes if box.operands or box.role == "group"]
    backward = [box for box in reversed(results) if any(map(passes, uses[box]))]
    arrived: dict[Box, list[Any]] = defaultdict(list)
    total = Counter(edge.source for edge in picture.edges if passes(edge))
    if mode != "forward":
        for box in backward:
            for edge in uses[box]:
                if passes(edge):
                    arrived[edge.source].append(edge.passed)
                    apart = edge.source.role == "group" or isinstance(edge.source.value, tuple)
                    several = 1 if apart else total[edge.source]
                    running(data["edges"][lines[edge]], arrived[edge.source], several)
    steps: list[Any] = [["start"], *(["forward", places[box]] for box in results)]
    if mode != "forward":
        steps += [
            ["seed"],
            *(["backward", places[box], [lines[e] for e in uses[box] if passes(e)]] for box in backward),
        ]
    data["steps"] = [*steps, ["end"]]
    for box in results:
        data["nodes"][places[box]]["uses"] = [lines[edge] for edge in uses[box]]
    data["checks"] = checks(full, picture, mode, tangents, speeds)
    return data


def passes(edge: Edge) -> bool:
    """Whether it is known what goes back along an edge."""
    return edge.asked and edge.passed is not None


def node_data(box: Box, frame: Any, at: tuple[float, float], size: tuple[float, float], speeds: Any) -> Json:
    found: Json = {
        "name": box.name, "role": box.role, "value": cells(box.value), "head": frame.heading,
        "at": [round(at[0] - size[0] / 2), round(at[1] - size[1] / 2), round(size[0]), round(size[1])],
        "columns": [round(w) for w in max((band.columns for band in frame.bands), key=len, default=[])],
    }  # fmt: skip
    if box.grad is not None:
        found["grad"] = cells(box.grad)
    if box in speeds:
        found["tangent"] = cells(speeds[box])
    if box.shape:
        found["shape"] = box.shape
    if box.flag:
        found["flag"] = box.flag
    if box.held:
        found["held"] = [line for line in box.held if line]
    if box.made is not None:
        found["made"] = notation.mathml(box.made)
        if all(single(b.value) for b in box.operands):
            found["numbers"] = notation.mathml(with_numbers(box))
    if box.line and box.line[2]:
        found["line"] = [f"{PurePath(box.line[0]).name}:{box.line[1]}", box.line[2][:120]]
    return found


def with_numbers(box: Box) -> Any:
    """How a result was made, with the numbers that went in."""
    letters = notation.letters_of(len(box.operands))
    known = {k: Said(digits(b.value)) for k, b in zip(letters, box.operands, strict=True)}
    known |= {k: Said(notation.spelled(v)) for k, v in (box.node.params or {}).items()}
    return notation.bound(notation.form_of(box.node.op, letters), known)


def edge_data(edge: Edge, places: dict[Box, int], path: str, speeds: dict[Box, Any]) -> Json:
    """An edge, with its rule in mathematics, in numbers and in Python."""
    found: Json = {"from": places[edge.source], "to": places[edge.target], "path": re.sub(r"\.\d", "", path)}
    if edge.stretched:
        found["stretched"] = edge.stretched
    if not passes(edge):
        return found
    found |= {"asked": 1, "passed": cells(edge.passed)}
    if "group" in (edge.source.role, edge.target.role):
        inside = edge.target.role == "group"
        found["words"] = "what all that is inside passes on" if inside else "to what is inside"
        return found
    if edge.formula is not None:
        found["formula"] = notation.mathml(edge.formula)
    if edge.local is not None:
        found["local"] = cells(edge.local)
    if edge.product is not None:
        found["product"] = notation.mathml(edge.product)
    elif edge.local is None:
        found["words"] = edge.words
    if edge.axes:
        found["summed"] = edge.summed
    if (line := code_of(edge)) is not None:
        found["code"] = line
    if edge.source in speeds and edge.local is not None:
        found["moved"] = cells(edge.local * speeds[edge.source])
    return found


def running(found: Json, parts: list[Any], total: int) -> None:
    """Where a value is used more than once: what has arrived by now."""
    if total > 1:
        added = sum(parts[1:], parts[0])
        found["count"] = [len(parts), total]
        found["sum"] = cells(added)
        if np.ndim(added) == 0:
            found["terms"] = sum_of(parts, added) if len(parts) > 1 else digits(added)


def code_of(edge: Edge) -> str | None:
    """The line of an engine that does what this edge does: `x.grad += a.grad * y.data`."""
    g = f"{edge.target.name}.grad"
    if edge.product is not None:
        return f"{edge.source.name}.grad += {notation.code(edge.product, lambda said: data_of(said, g))}"
    if edge.formula is None:
        return None
    number = getattr(edge.formula, "number", None)
    term, sign = f"{g} * {notation.code(edge.formula, data_of)}", "+"
    if notation.level(edge.formula) < 2:
        term = f"{g} * ({notation.code(edge.formula, data_of)})"
    if number in (1, -1):
        term, sign = g, "+" if number == 1 else "-"
    if edge.axes:
        lead = np.ndim(edge.target.value) - np.ndim(edge.source.value)
        axes = edge.axes[0] if len(edge.axes) == 1 else tuple(edge.axes)
        inside = term if term == g else f"({term})"
        flat = edge.axes == list(range(lead))
        shape = "" if lead == 0 else f".reshape({edge.source.name}.shape)"
        term = f"{inside}.sum(axis={axes})" if flat else f"{inside}.sum(axis={axes}, keepdims=True){shape}"
    return f"{edge.source.name}.grad {sign}= {term}"


def data_of(said: Said, g: str = "g") -> str:
    """What stands in the graph, as Python."""
    if said.number is not None:
        return said.text.replace("−", "-")
    return g if said.text == "g" and g != "g" else f"{said.text}.data"


def cells(value: Any) -> Any:
    """A number as text, a small array as rows "1|2|3", a large one as {"text": its summary}."""
    if value is None:
        return None
    found: Shown = shown(value)
    if single(value):
        return found.rows[0][0]
    return ["|".join(row) for row in found.rows] if found.whole else {"text": found.line}


def checks(
    full: Picture, picture: Picture, mode: str, tangents: dict[Box, Any], speeds: dict[Box, Any]
) -> list[Json]:
    """Derivatives beside difference quotients: for every parameter that is shown, and along the tangents."""
    found = []
    if mode != "forward":
        for box in [box for box in full.boxes if box.role == "parameter" and box.grad is not None]:
            quotient, gap = difference(full, box)
            label = f"∂{full.top}/∂{box.name}"
            found.append(
                {
                    "label": label,
                    "exact": cells(box.grad),
                    "near": cells(quotient),
                    "gap": gap_text(gap, box.grad),
                }
            )
    if mode != "backward" and full.root in speeds:
        quotient, exact = along(full, tangents), speeds[full.root]
        gap = apart(quotient, exact)
        label = f"tangent of {full.root.name}"
        found.append(
            {"label": label, "exact": cells(exact), "near": cells(quotient), "gap": gap_text(gap, exact)}
        )
    return found


def gap_text(gap: float, exact: Any) -> list[Any]:
    """How far two results are apart, and whether that is rounding."""
    rounding = {"float16": 3e-2, "float32": 2e-4}.get(str(getattr(exact, "dtype", "")), 1e-6)
    size = max(1.0, float(np.max(np.abs(np.asarray(exact, complex)), initial=0.0)))
    return [f"{gap:.1e}".replace("-", "−"), int(gap <= rounding * size)]
