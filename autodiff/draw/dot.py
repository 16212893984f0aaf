"""The picture in DOT, the language of Graphviz.

Labels are HTML-like tables, with one run of text in a cell.  Colours are those of one theme;
`theme.recoloured` makes the SVG that `dot` draws of them follow the reader's preference.
"""

from __future__ import annotations

from itertools import pairwise

from .boxes import Band, framed
from .content import Box, Edge, Group, Picture
from .svg import labelled, tip
from .theme import DARK, LIGHT

__all__: list[str] = []

FONT = "Helvetica,Arial,sans-serif"


def dot(picture: Picture, theme: str = "light", direction: str = "LR", edges: bool | None = None) -> str:
    """The whole picture as one digraph."""
    c = DARK if theme == "dark" else LIGHT
    told = labelled(picture, edges)
    keys = {box: f"n{i}" for i, box in enumerate(picture.boxes)}
    apart = "ranksep=0.9" if told else "ranksep=0.6"
    if len(keys) > 300:  # Graphviz looks for a good layout as long as it takes, unless it is told not to
        apart += " nslimit=1 nslimit1=1 mclimit=0.2 splines=line"
    out = [
        "digraph autodiff {",
        f'  graph [rankdir={direction} bgcolor="{c["page"]}" fontname="{FONT}" fontcolor="{c["mute"]}" '
        f"fontsize=11 nodesep=0.3 {apart} pad=0.15 tooltip={quoted(picture.title)}]",
        f'  node [shape=plain fontname="{FONT}" fontsize=11 fontcolor="{c["ink"]}"]',
        f'  edge [fontname="{FONT}" fontsize=9 color="{c["line"]}" arrowsize=0.7]',
    ]
    members: dict[Group | None, list[Box]] = {}
    inner: dict[Group | None, dict[Group, None]] = {}
    for box in picture.boxes:
        members.setdefault(box.group, []).append(box)
        chain = [None, *(box.group.chain if box.group else [])]
        for outer, group in pairwise(chain):
            inner.setdefault(outer, {})[group] = None  # type: ignore[index]
    count = iter(range(len(picture.boxes) + len(members)))

    def write(group: Group | None, indent: str) -> None:
        for box in members.get(group, []):
            label, about = table(box, picture, c), quoted(tip(box, picture))
            out.append(f'{indent}{keys[box]} [label=<{label}> class="{box.role}" tooltip={about}]')
        for g in inner.get(group, {}):
            out.append(f"{indent}subgraph cluster_{next(count)} {{")
            out.append(
                f'{indent}  graph [label={quoted(g.name)} labeljust=l style="rounded,filled" margin=10 '
                f'color="{c["line"]}" fillcolor="{c["card"]}" tooltip={quoted(g.name)}]'
            )
            write(g, indent + "  ")
            out.append(indent + "}")

    write(None, "  ")
    out += [f"  {keys[e.source]} -> {keys[e.target]} [{attributes(e, e in told, c)}]" for e in picture.edges]
    return "\n".join([*out, "}"]) + "\n"


def quoted(text: str) -> str:
    """Text as a quoted string of DOT, in which only the quote and the backslash mean something.

    Graphviz reads entities such as `&lt;` in it: an ampersand is written as one.
    """
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;") + '"'


def html(text: str) -> str:
    """Text in an HTML-like label."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def cell(text: str, colour: str, align: str = "RIGHT", size: int = 11, more: str = "") -> str:
    run = f'<FONT COLOR="{colour}" POINT-SIZE="{size}">{html(text)}</FONT>' if text else ""
    return f'<TD ALIGN="{align}"{more}>{run}</TD>'


def table(box: Box, picture: Picture, c: dict[str, str]) -> str:
    """A box as a table: its heading, then its bands."""
    frame = framed(box, picture)
    ground = c["constant" if box.role == "literal" else box.role]
    style = f'CELLSPACING="0" COLOR="{c["line"]}"'
    if box.role == "literal":
        inside = f"<TR>{cell(box.name, c['ink'], 'CENTER')}</TR>"
        return f'<TABLE STYLE="ROUNDED" BORDER="1" CELLBORDER="0" BGCOLOR="{ground}" {style}>{inside}</TABLE>'
    count = max((len(band.columns) for band in frame.bands), default=1)
    heading = f'<TD BGCOLOR="{ground}" COLSPAN="{count + 1}" CELLPADDING="5">'
    rest = html(frame.heading[len(box.name) :]).replace(" ", "\xa0", 1)
    heading += f'<FONT COLOR="{c["ink"]}"><B>{html(box.name)}</B>{rest}</FONT>'
    if frame.shape:
        heading += f'<BR/><FONT COLOR="{c["mute"]}" POINT-SIZE="9">{html(frame.shape)}</FONT>'
    rows = [f"<TR>{heading}</TD></TR>", *(rows_of(band, count, c) for band in frame.bands)]
    thick = 3 if box.role == "output" else 1
    return f'<TABLE BORDER="{thick}" CELLBORDER="0" CELLPADDING="4" {style}>{"<HR/>".join(rows)}</TABLE>'


def rows_of(band: Band, count: int, c: dict[str, str]) -> str:
    """A band as rows of a table: its label on the left, its numbers in columns."""
    ground, ink = c["page" if band.what == "held" else band.what], c.get(f"{band.what}-ink", c["ink"])
    out = []
    for k, cells in enumerate(band.rows):
        cells = (*cells, *[""] * (len(band.columns) - len(cells)))
        first, line = 1 + count - len(cells), ""
        if not band.label:
            first += 1
        elif k == 0:
            colour = c["grad-ink" if band.what == "grad" else "mute"]
            line = cell(band.label, colour, "LEFT", 9, f' BGCOLOR="{ground}" ROWSPAN="{len(band.rows)}"')
        for i, text in enumerate(cells):
            span = f' COLSPAN="{first}"' if i == 0 and first > 1 else ""
            align = "RIGHT" if band.label else "CENTER"
            line += cell(text, ink, align, more=f' BGCOLOR="{ground}"{span}')
        out.append(f"<TR>{line}</TR>")
    return "".join(out)


def attributes(edge: Edge, told: bool, c: dict[str, str]) -> str:
    about = [f"{edge.source.name} → {edge.target.name}", *edge.lines]
    found = [f"tooltip={quoted('; '.join(about))}", f"labeltooltip={quoted('; '.join(about))}"]
    if edge.stretched:
        found.append("style=dashed")
    if not edge.asked:
        found.append('class="plain"')
    lines = edge.lines if told else [f"{edge.uses} uses"] if edge.uses > 1 else []
    if lines:
        colours = [c["grad-ink" if line.startswith("◀") else "mute"] for line in lines]
        rows = [
            f"<TR>{cell(line, colour, 'CENTER', 9)}</TR>" for line, colour in zip(lines, colours, strict=True)
        ]
        inside = "".join(rows)
        found.append(
            f'label=<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{inside}</TABLE>>'
        )
    return " ".join(found)
