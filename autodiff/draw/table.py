"""The picture as a table of text, for terminals: one line a node, in the order in which they were made."""

from __future__ import annotations

import unicodedata

from .content import Box, Picture
from .numbers import shown, sum_of

__all__: list[str] = []

LONGEST = 46  # letters in a cell


def table(picture: Picture) -> str:
    """Columns: scope, name, how it was made, shape, value, gradient; those that are empty are left out."""
    boxes = [box for box in picture.boxes if box.role != "literal"]
    rows = [line(box, picture) for box in boxes]
    heads = ["scope", "node", "made of", "shape", "value", f"∂{picture.top}/∂node", "note"]
    kept = [i for i in range(len(heads)) if any(row[i] for row in rows)]
    lines = [[heads[i] for i in kept], *([row[i] for i in kept] for row in rows)]
    wide = [max(columns(row[i]) for row in lines) for i in range(len(kept))]
    right = [heads[i] in ("value", heads[5]) for i in kept]
    out = []
    for k, row in enumerate(lines):
        cells = [
            " " * (w - columns(text)) + text if r else text + " " * (w - columns(text))
            for text, w, r in zip(row, wide, right, strict=True)
        ]
        out.append("  ".join(cells).rstrip())
        if k == 0:
            out.append("  ".join("─" * w for w in wide))
    return "\n".join([*out, *(f"note: {note}" for note in picture.notes)])


def line(box: Box, picture: Picture) -> list[str]:
    scope = "/".join(group.name for group in box.group.chain) if box.group else ""
    if box.role == "group":
        held = "; ".join(text for text in box.held if text)
        return [scope, box.name, short(held, 2 * LONGEST), "", "", "", ""]
    grad = ""
    if picture.grads and box.grad is not None:
        several = len(box.parts) > 1 and not box.shape
        grad = sum_of(box.parts, box.grad) if several else shown(box.grad).line
    value = shown(box.value).line
    return [
        scope,
        box.name,
        short(box.expression),
        box.shape,
        short(value),
        short(grad),
        box.flag and f"⚠ {box.flag}",
    ]


def short(text: str, longest: int = LONGEST) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )
