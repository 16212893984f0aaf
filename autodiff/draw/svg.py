"""The picture as SVG, drawn without Graphviz."""

from __future__ import annotations

from html import escape
from itertools import pairwise
from typing import Any

from .arrange import Plan, Point, arrange
from .boxes import HEAD, PAD, ROW, SMALL, Band, Frame, framed, width
from .content import Box, Edge, Picture
from .numbers import shown, single
from .theme import styled

__all__: list[str] = []

MARGIN = 14.0
BUSY = 15  # up to how many nodes edges say what goes along them
STYLE = """
.ad-graph{font-family:Helvetica,Arial,sans-serif;font-size:12px;background:$page}
.ad-graph text{fill:$ink;stroke:none}.ad-graph .small{font-size:10px;fill:$mute}
.ad-graph .name{font-weight:700}
.ad-graph rect{stroke:$line}.ad-graph .page{fill:$page;stroke:none}.ad-graph .frame{fill:$card}
.ad-graph .edge{fill:none;stroke:$line;stroke-width:1.3}.ad-graph .head{fill:$line;stroke:none}
.ad-graph .plain{opacity:.65}.ad-graph .dashed{stroke-dasharray:6 4}
.ad-graph .parameter{fill:$parameter}.ad-graph .constant,.ad-graph .literal{fill:$constant}
.ad-graph .result{fill:$result}.ad-graph .output{fill:$output}.ad-graph .group{fill:$group}
.ad-graph .value{fill:$value}.ad-graph .grad{fill:$grad}.ad-graph .warn{fill:$warn}.ad-graph .held{fill:$page}
.ad-graph .value-ink{fill:$value-ink}.ad-graph .grad-ink{fill:$grad-ink}.ad-graph .warn-ink{fill:$warn-ink}
.ad-graph .end{text-anchor:end}.ad-graph .mid{text-anchor:middle}.ad-graph .thick{stroke-width:2.4;fill:none}
"""


def svg(picture: Picture, theme: str = "auto", direction: str = "LR", edges: bool | None = None) -> str:
    """The whole picture; `edges` says whether they carry labels, None leaves it to the picture's size."""
    frames = {box: framed(box, picture) for box in picture.boxes}
    sizes = {box: (frame.width, frame.height) for box, frame in frames.items()}
    told = labelled(picture, edges)
    plan = arrange(picture, sizes, {edge: label_size(edge.lines) for edge in told}, direction)
    full = plan.width + 2 * MARGIN, plan.height + 2 * MARGIN
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="ad-graph" role="img" width="{full[0]:.0f}" '
        f'height="{full[1]:.0f}" viewBox="{-MARGIN} {-MARGIN} {full[0]:.0f} {full[1]:.0f}">',
        f"<title>{plain(picture.title)}</title><style>{styled(STYLE, theme)}</style>",
        f'<rect class="page" x="{-MARGIN}" y="{-MARGIN}" width="{full[0]:.0f}" height="{full[1]:.0f}"/>',
    ]
    for group, (x, y, w, h) in plan.frames.items():
        out.append(f'<rect class="frame" {area(x, y, w, h)} rx="10"/>')
        out.append(text(x + 10, y + 15, group.name, "small"))
    out += [edge_svg(edge, plan, edge in told, direction) for edge in picture.edges]
    out += [box_svg(box, frames[box], plan.boxes[box], picture) for box in picture.boxes]
    return "\n".join(out) + "\n</svg>\n"


def labelled(picture: Picture, edges: bool | None) -> set[Edge]:
    """The edges that carry a label."""
    wanted = picture.size <= BUSY if edges is None else edges
    return {edge for edge in picture.edges if edge.lines} if wanted else set()


def plain(text: str) -> str:
    return escape(text, quote=True)


def area(x: float, y: float, w: float, h: float) -> str:
    return f'x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}"'


def text(x: float, y: float, words: str, style: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{style}">{plain(words)}</text>'


def label_size(lines: list[str]) -> tuple[float, float]:
    return max(width(line, SMALL) for line in lines) + 8, 13.0 * len(lines) + 4


def curve(points: list[Point], down: bool = False) -> str:
    """A smooth line that leaves and enters every point in the picture's direction."""
    out = "M{:.1f},{:.1f}".format(*points[0])
    for (x0, y0), (x1, y1) in pairwise(points):
        if (x0 == x1) if down else (y0 == y1):
            out += f"L{x1:.1f},{y1:.1f}"
        elif down:
            out += f"C{x0:.1f},{(y0 + y1) / 2:.1f} {x1:.1f},{(y0 + y1) / 2:.1f} {x1:.1f},{y1:.1f}"
        else:
            out += f"C{(x0 + x1) / 2:.1f},{y0:.1f} {(x0 + x1) / 2:.1f},{y1:.1f} {x1:.1f},{y1:.1f}"
    return out


def edge_svg(edge: Edge, plan: Plan, told: bool, direction: str) -> str:
    down = direction == "TB"
    points = plan.paths[edge]
    x, y = points[-1]
    head = f"M{x - 4:.1f},{y - 8:.1f}h8l-4,8z" if down else f"M{x - 8:.1f},{y - 4:.1f}v8l8,-4z"
    points = [*points[:-1], (x, y - 7) if down else (x - 7, y)]
    style = "edge" + ("" if edge.asked else " plain") + (" dashed" if edge.stretched else "")
    tip = plain(f"{edge.source.name} → {edge.target.name}" + "".join(f"; {line}" for line in edge.lines))
    line = f'<path class="{style}" d="{curve(points, down)}"/><path class="head" d="{head}"/>'
    out = f"<g><title>{tip}</title>{line}"
    if edge.uses > 1:
        out += text(x - 12, y - 4, f"{edge.uses} uses", "small end")
    if told and edge in plan.labels:
        cx, cy = plan.labels[edge]
        wide, high = label_size(edge.lines)
        out += f'<rect class="page" {area(cx - wide / 2, cy - high / 2, wide, high)} rx="3"/>'
        for i, line in enumerate(edge.lines):
            style = "small mid grad-ink" if line.startswith("◀") else "small mid"
            out += text(cx, cy - high / 2 + 12 + 13 * i, line, style)
    return out + "</g>"


def box_svg(box: Box, frame: Frame, at: Point, picture: Picture) -> str:
    x, y, w = at[0] - frame.width / 2, at[1] - frame.height / 2, frame.width
    out = f"<g><title>{plain(tip(box, picture))}</title>"
    if box.role == "literal":
        out += f'<rect class="literal" {area(x, y, w, HEAD)} rx="9"/>'
        return out + text(at[0], y + 15, box.name, "mid") + "</g>"
    out += f'<rect class="{box.role}" {area(x, y, w, frame.top)}/>'
    out += (
        f'<text x="{at[0]:.1f}" y="{y + 15:.1f}" class="mid"><tspan class="name">{plain(box.name)}</tspan>'
        f"{plain(frame.heading[len(box.name) :])}</text>"
    )
    if frame.shape:
        out += text(at[0], y + 15 + SMALL + 1, frame.shape, "small mid")
    upper = y + frame.top
    for band in frame.bands:
        out += f'<rect class="{band.what}" {area(x, upper, w, band.height)}/>' + band_svg(band, x, upper, w)
        upper += band.height
    if box.role == "output":
        out += f'<rect class="thick" {area(x, y, w, frame.height)}/>'
    return out + "</g>"


def band_svg(band: Band, x: float, y: float, w: float) -> str:
    out = ""
    if band.label:
        style = "small grad-ink" if band.what == "grad" else "small"
        out = text(x + PAD, y + band.height / 2 + 3.5, band.label, style)
    ink = "" if band.what == "held" else f" {band.what}-ink"
    if not band.label:
        return text(x + w / 2, y + PAD / 2 + 12.5, band.rows[0][0], f"mid{ink}")
    right = x + w - PAD
    for i in range(len(band.columns) - 1, -1, -1):
        for k, cells in enumerate(band.rows):
            if i < len(cells):
                out += text(right, y + PAD / 2 + ROW * k + 12.5, cells[i], f"end{ink}")
        right -= band.columns[i] + 10
    return out


def tip(box: Box, picture: Picture) -> str:
    """What a box says when it is pointed at: in full precision where it is a number, with its line."""
    if box.role == "group":
        return "; ".join([box.name, *box.held])
    shape = f" {box.shape}" if box.shape else ""
    said = [f"{box.heading}{shape}"]
    if box.value is not None:
        said.append(f"value {exact(box.value)}")
    if picture.grads and box.grad is not None:
        said.append(f"{picture.partial(box)} {exact(box.grad)}")
    if box.line:
        said.append("{}:{}: {}".format(*box.line))
    return "; ".join(said)


def exact(value: Any) -> str:
    """A number in full precision; an array as it is shown."""
    if not single(value):
        return shown(value).line
    return repr(value.item() if hasattr(value, "item") else value)
