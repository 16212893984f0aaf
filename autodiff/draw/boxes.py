"""How large the boxes of the built-in pictures are: rows of cells, measured by the width of the letters."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Any

from .content import Box, Picture
from .numbers import Shown, shown, sum_of

__all__: list[str] = []

HEAD, ROW, PAD, GAP = 22.0, 16.0, 6.0, 10.0  # heights of heading and row; around a cell; between numbers
TEXT, SMALL = 12.0, 10.0  # sizes of letters
NARROW, WIDE = frozenset("iljtfrI.,:;'|!()[] "), frozenset("mwMW@%∂Σ⟨⟩◀→×=+−…")


def width(text: str, size: float = TEXT, bold: bool = False) -> float:
    """How wide a text is, about; a little more rather than less, for nobody knows the reader's font."""
    total = 0.0
    for c in text:
        if c in NARROW:
            total += 0.31
        elif c in WIDE:
            total += 0.84
        elif unicodedata.combining(c):
            continue
        elif unicodedata.east_asian_width(c) in "WF":
            total += 1.05
        else:
            total += 0.70 if c.isupper() else 0.575
    return total * size * (1.06 if bold else 1.0)


@dataclass
class Band:
    """Rows of a box on one ground: its value, or its gradient."""

    what: str  # "value", "grad", "tangent", "warn", "held"
    label: str
    rows: tuple[tuple[str, ...], ...]
    columns: list[float] = field(default_factory=list)  # how wide each is
    small: float = SMALL  # the size of the label's letters

    @property
    def height(self) -> float:
        return ROW * max(len(self.rows), 1) + PAD

    @property
    def wide(self) -> float:
        label = width(self.label, self.small) + GAP if self.label else 0.0
        return label + sum(self.columns) + GAP * max(len(self.columns) - 1, 0) + 2 * PAD


@dataclass
class Frame:
    """A box, measured."""

    heading: str
    shape: str
    bands: list[Band]
    width: float
    height: float

    @property
    def top(self) -> float:
        return HEAD + (SMALL + 2 if self.shape else 0)


def band(what: str, label: str, found: Shown, text: str = "", small: float = SMALL) -> Band:
    rows = ((text,),) if text else found.rows
    count = max((len(r) for r in rows), default=0)
    columns = [max(width(r[i]) for r in rows if i < len(r)) for i in range(count)]
    return Band(what, label, rows, columns, small)


def framed(box: Box, picture: Picture, tangent: Any = None, small: float = SMALL, flag: bool = True) -> Frame:
    """A box with everything that it shows, and its size; with a tangent, where one is shown.

    Bands of as many numbers a row share their columns.  `flag` says whether NaN and inf are flagged here.
    """
    if box.role == "literal":
        return Frame(box.name, "", [], width(box.name) + 2 * PAD, HEAD)
    bands = []
    if box.role == "group":
        bands = [band("held", "", Shown((), True, ""), line) for line in box.held if line]
    else:
        if box.value is not None:  # a program has none
            bands.append(band("value", "value", shown(box.value), small=small))
        if picture.grads and box.grad is not None:
            several = len(box.parts) > 1 and not box.shape
            text = sum_of(box.parts, box.grad) if several else ""
            label = picture.partial(box)
            if len(box.parts) > 1 and not text:  # of arrays, the terms are not shown
                label += f", sum of {len(box.parts)}"
            bands.append(band("grad", label, shown(box.grad), text, small))
        if tangent is not None:
            bands.append(band("tangent", "tangent", shown(tangent), small=small))
        if flag and box.flag:
            bands.append(band("warn", "", Shown((), True, ""), f"⚠ {box.flag}"))
    for count in {len(b.columns) for b in bands}:
        alike = [b for b in bands if len(b.columns) == count]
        columns = [max(widths) for widths in zip(*[b.columns for b in alike], strict=True)]
        for b in alike:
            b.columns = columns
    wide = max(
        width(box.heading, bold=True) + 2 * PAD + 4,
        width(box.shape, small) + 2 * PAD,
        *(b.wide for b in bands),
        70.0,
    )
    frame = Frame(box.heading, box.shape, bands, wide, 0.0)
    frame.height = frame.top + sum(b.height for b in bands)
    return frame
