"""The stepper: one page that steps forward, then backward, through a graph.

Everything is in the one file: data, script and style.  A content security policy allows these and nothing
else.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from ..graph import Node
from ..versions import version
from .content import Box, Picture, picture
from .files import write
from .folding import folded
from .page import policy
from .steps import page_data
from .theme import check_theme, styled
from .walk import fill_gradients, fill_tangents

__all__ = ["Stepper"]

MODES = ("backward", "forward", "both")
MANY = 60  # nodes that one can step through


class Stepper:
    """A page that steps through a graph: shows by itself in Jupyter, and saves as one HTML file.

    >>> from autodiff import Value, stepper
    >>> x = Value(3.0, name="x")
    >>> page = stepper(x * x)
    >>> len(page.data["steps"])
    5
    """

    def __init__(self, title: str, data: dict[str, Any], theme: str) -> None:
        self.title, self.data, self.theme = title, data, theme

    def __repr__(self) -> str:
        nodes = sum(node["role"] != "literal" for node in self.data["nodes"])
        return f"<stepper of {self.title}: {nodes} nodes, {len(self.data['steps'])} steps>"

    def html(self) -> str:
        """The whole page."""
        folder = files(__package__)
        lines = map(str.strip, (folder / "stepper.js").read_text("utf-8").splitlines())
        script = "\n".join(line for line in lines if line and not line.startswith("//"))
        style = styled((folder / "stepper.css").read_text("utf-8"), self.theme)
        data = text_of(packed(self.data)).replace("<", "\\u003c")
        style = style.replace("\n", "")
        rules = policy(style, scripts=(script,))
        return PAGE.format(
            policy=rules, title=escape(self.title), style=style, script=script, data=data,
            heads="".join(f"<th>{escape(head)}</th>" for head in self.heads()),
        )  # fmt: skip

    def heads(self) -> list[str]:
        mode = self.data["mode"]
        return ["node", "value", *["tangent"] * (mode != "backward"), *["gradient"] * (mode != "forward")]

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Save the page, whole or not at all; returns the path.  Raises OSError if it can't be written."""
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"the stepper is a page: save it as .html, not as {path.name!r}")
        write(path, self.html().encode("utf-8"))
        return path

    def _repr_html_(self) -> str:
        source = escape(self.html(), quote=True)
        style = "width:100%;height:900px;border:0"
        instead = f"Run this cell to step through {escape(self.title)}."  # where frames are left out
        frame = f'<iframe srcdoc="{source}" sandbox="allow-scripts" style="{style}" title="stepper">'
        return f"{frame}{instead}</iframe>"


def stepping(
    y: Any, variables: Mapping[str, Any], mode: str, tangents: Any, depth: int | None, theme: str
) -> Stepper:
    """See `autodiff.stepper`; `variables` give names."""
    if mode not in MODES:
        raise ValueError(f"mode is one of {', '.join(map(repr, MODES))}, not {mode!r}")
    check_theme(theme)
    if depth is not None and (not isinstance(depth, int) or depth < 0):
        raise ValueError(f"depth is how many levels of scopes are open, 0 or more, not {depth!r}")
    full = picture(y, variables)
    fill_gradients(full)
    if not full.grads:
        raise ValueError(f"there is nothing to step through: {full.notes[0]}")
    small = full if depth is None else folded(full, depth, 10**9)
    if small.size > MANY:
        raise ValueError(
            f"the graph has {small.size} nodes, and a reader can follow {MANY}: give depth=0, which makes "
            "one box of each `with scope(…)` block, or step through a smaller part"
        )
    moving = {} if mode == "backward" else chosen(full, tangents)
    if mode == "backward" and tangents is not None:
        raise ValueError('tangents are for forward mode: give mode="forward" or mode="both"')
    speeds = fill_tangents(full, moving) if moving else {}
    speeds |= {small.root: speeds[full.root]} if full.root in speeds else {}
    return Stepper(full.root.name, page_data(full, small, mode, moving, speeds), theme)


def chosen(full: Picture, tangents: Any) -> dict[Box, Any]:
    """The leaves that move, and how fast: by default the oldest parameter, at speed 1."""
    parameters = [box for box in full.boxes if box.role == "parameter" or box is full.root]
    if tangents is None:
        return {parameters[0]: shaped(parameters[0], 1.0)}
    if not isinstance(tangents, Mapping) or not tangents:
        raise TypeError('tangents is a dict that says how fast leaves move: {"x": 1.0} or {x: 1.0}')
    found = {}
    for key, speed in tangents.items():
        node = version(key) if isinstance(key, Node) else None
        boxes = [box for box in parameters if (box.node is node if node is not None else box.name == key)]
        if not boxes:
            name = key if isinstance(key, str) else f"this {type(key).__name__}"
            known = ", ".join(box.name for box in parameters)
            raise ValueError(
                f"tangents: {name} is no leaf of this graph that requires grad; there are {known}"
            )
        found[boxes[0]] = shaped(boxes[0], speed)
    return found


def shaped(box: Box, speed: Any) -> Any:
    """A tangent in the shape of its leaf."""
    if not isinstance(box.value, np.ndarray):
        return type(box.value)(getattr(speed, "value", speed))
    speed = np.asarray(getattr(speed, "value", speed), box.value.dtype)
    if speed.shape not in ((), box.value.shape):
        raise ValueError(
            f"the tangent of {box.name} has shape {speed.shape}, and {box.name} has {box.value.shape}"
        )
    return np.array(np.broadcast_to(speed, box.value.shape))


def text_of(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def packed(data: Any) -> dict[str, Any]:
    """Data in which what occurs again is written once, in `pool`, and {"$": k} stands for it elsewhere.

    A gradient is what one edge passed on, a local derivative is often the other factor: half of a page.
    """
    often: Counter[str] = Counter()

    def count(x: Any) -> None:
        text = text_of(x)
        often[text] += len(text) > 11
        if often[text] < 2 and isinstance(x, (list, tuple, dict)):
            for inner in x.values() if isinstance(x, dict) else x:
                count(inner)

    def pack(x: Any) -> Any:
        text = text_of(x)
        if often[text] < 2:
            return within(x)
        if text not in places:
            pool.append(within(x))
            places[text] = len(pool) - 1
        return {"$": places[text]}

    def within(x: Any) -> Any:
        if isinstance(x, dict):
            return {key: pack(inner) for key, inner in x.items()}
        return [pack(inner) for inner in x] if isinstance(x, (list, tuple)) else x

    pool: list[Any] = []
    places: dict[str, int] = {}
    count(data)
    return {"data": within(data), "pool": pool}


PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}, step by step</title><style>{style}</style></head>
<body><main id="app"><div class="top"><h1>{title}, step by step</h1><div class="bar">
<button id="first" aria-label="first step">«</button><button id="back" aria-label="step back">◀</button>
<button id="next" class="go" aria-label="next step">Next ▶</button><button id="play">Play</button>
<input type="range" id="slider" min="0" step="1" value="0" aria-label="step">
<span id="count" class="hint"></span></div></div>
<div class="grid"><section class="card" id="pic" aria-label="graph" tabindex="0"></section>
<section class="card" id="say" aria-label="this step" tabindex="0">
<span class="tag" id="phase"></span><h2 id="title"></h2><div id="page"></div></section></div>
<p id="live" class="hidden" aria-live="polite"></p>
<section class="card nodes scroll"><table><thead><tr>{heads}</tr></thead><tbody id="rows"></tbody></table>
</section>
<p class="hint">Keys: ← and → step, Home and End jump, space plays. This page needs no network.</p></main>
<script type="application/json" id="data">{data}</script><script>{script}</script></body></html>
"""
