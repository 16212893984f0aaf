"""Who turns DOT into pictures: the system's `dot`, else pygraphviz, else nobody."""

from __future__ import annotations

import re
import warnings
from typing import Any

__all__: list[str] = []

INSTALL = 'install Graphviz, or pip install "autodiff-graph[draw]"'


def rendered(dot: str, format: str) -> bytes | None:
    """The picture in svg, png or pdf; None where there is no Graphviz of any kind."""
    found = by_program(dot, format)
    return by_pygraphviz(dot, format) if found is None else found


def by_program(dot: str, format: str) -> bytes | None:
    """By the program `dot`, through the package graphviz."""
    try:
        import graphviz
    except ImportError:
        return None
    try:
        out: bytes = graphviz.Source(dot).pipe(format=format, quiet=True)
    except (graphviz.ExecutableNotFound, graphviz.CalledProcessError, OSError):
        return None
    return out


def by_pygraphviz(dot: str, format: str) -> bytes | None:
    """By the Graphviz that pygraphviz brings along."""
    try:
        import pygraphviz
    except ImportError:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            graph: Any = pygraphviz.AGraph(string=dot)
            out: bytes = graph.draw(format=format, prog="dot")
        except Exception:  # whatever it raises where its Graphviz does not run
            return None
    return out


def bare(svg: str) -> str:
    """An SVG of Graphviz without what only a file of its own needs, and without comments."""
    return re.sub(r"<!--.*?-->\n?", "", svg[svg.index("<svg") :], flags=re.DOTALL)
