"""The picture of a graph, which shows itself, prints itself, and saves itself in six formats."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .arrange import check_direction
from .content import Picture, picture
from .dot import dot
from .files import write
from .folding import folded
from .page import page
from .render import INSTALL, bare, rendered
from .svg import svg
from .table import table
from .theme import check_theme, recoloured
from .walk import fill_gradients

__all__ = ["Drawing"]

LARGE = 300
FORMATS = ("svg", "png", "pdf", "dot", "txt", "html")


class Drawing:
    """The picture of a graph: shows by itself in Jupyter, prints as a table, saves as a file.

    >>> from autodiff import Value, draw
    >>> x = Value(3.0, name="x")
    >>> picture = draw(x * x)
    >>> picture.dot().startswith("digraph")
    True
    """

    def __init__(self, picture: Picture, format: str, theme: str, direction: str, edges: bool | None) -> None:
        self.picture, self.format = picture, format
        self.theme, self.direction, self.edges = theme, direction, edges

    def __str__(self) -> str:
        return table(self.picture)

    def __repr__(self) -> str:
        return f"<drawing of {self.picture.root.name}: {self.picture.size} nodes>"

    def dot(self) -> str:
        """The picture in DOT, the language of Graphviz."""
        return dot(self.picture, self.theme, self.direction, self.edges)

    def svg(self) -> str:
        """The picture as SVG: by Graphviz where there is one, else by a layout of our own.

        So is a large picture, for which Graphviz takes minutes.
        """
        found = rendered(self.dot(), "svg") if len(self.picture.boxes) <= LARGE else None
        if found is None:
            return svg(self.picture, self.theme, self.direction, self.edges)
        text = bare(found.decode("utf-8"))
        rules = recoloured(self.theme, ".ad-graph")
        start = text.index(">", text.index("<svg"))
        style = f"<style>{rules}</style>" if rules else ""
        return f'{text[:start]} class="ad-graph" role="img">{style}{text[start + 1 :]}'

    def html(self) -> str:
        """The picture and a table of its numbers, as one page."""
        return page(self.picture, self.svg(), self.theme)

    def image(self, format: str) -> bytes:
        """The picture as "png" or "pdf"; needs Graphviz, and raises RuntimeError without."""
        found = rendered(self.dot(), format)
        if found is None:
            raise RuntimeError(
                f'a {format} is made by Graphviz, and there is none: {INSTALL}; or save as ".svg"'
            )
        return found

    def content(self, format: str) -> bytes:
        """The content of a file in one of the formats."""
        if format in ("png", "pdf"):
            return self.image(format)
        if format == "txt":
            return f"{self}\n".encode()
        text = self.svg() if format == "svg" else self.dot() if format == "dot" else self.html()
        return text.encode("utf-8")

    def save(self, path: str | os.PathLike[str], format: str | None = None) -> Path:
        """Save the picture: the format is that of the name's ending, .svg, .png, .pdf, .dot, .txt or .html.

        The file is written whole or not at all.  Returns the path.  Raises ValueError for another ending,
        OSError for a path that can't be written, RuntimeError for a png or pdf where there is no Graphviz.
        """
        path = Path(path)
        content = self.content(check_format(format or path.suffix.lstrip(".").lower() or self.format))
        write(path, content)
        return path

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        if self.format == "png":
            return {"image/png": b64encode(self.image("png")).decode(), "text/plain": str(self)}
        return {"image/svg+xml": self.svg(), "text/plain": str(self)}


def drawing(
    y: Any,
    variables: Mapping[str, Any],
    format: str,
    theme: str,
    direction: str,
    depth: int | None,
    grads: bool,
    edges: bool | None,
    max_nodes: int,
) -> Drawing:
    """See `autodiff.draw`; `variables` give names."""
    check_format(format)
    check_theme(theme)
    check_direction(direction)
    if depth is not None and (not isinstance(depth, int) or depth < 0):
        raise ValueError(f"depth is how many levels of scopes are open, 0 or more, not {depth!r}")
    if not isinstance(max_nodes, int) or max_nodes < 1:
        raise ValueError(f"max_nodes is a number of nodes, 1 or more, not {max_nodes!r}")
    for name, given in (("grads", grads), ("edges", edges)):
        if given not in (True, False) and (given is not None or name == "grads"):
            raise ValueError(
                f"{name} is True or False{', or None' if name == 'edges' else ''}, not {given!r}"
            )
    full = picture(y, variables)
    if grads:
        fill_gradients(full)
    return Drawing(folded(full, depth, max_nodes), format, theme, direction, edges)


def check_format(format: str) -> str:
    if format not in FORMATS:
        raise ValueError(f"pictures are saved as {', '.join(FORMATS)}, not as {format!r}")
    return format
