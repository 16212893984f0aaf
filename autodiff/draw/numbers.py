"""Numbers as pictures show them: four significant digits, small arrays whole, large ones in a summary."""

from __future__ import annotations

import unicodedata
from fractions import Fraction
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

__all__: list[str] = []

WHOLE = 12  # how many elements of an array are shown
MATRIX = 4  # and of a matrix, how many rows and columns
WIDE = 6  # how many numbers stand in a row
BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Shown(NamedTuple):
    """A value to show: rows of cells, whether they are all there is, and what is odd about it."""

    rows: tuple[tuple[str, ...], ...]
    whole: bool
    flag: str  # "2 of 12 are NaN", or nothing

    @property
    def line(self) -> str:
        """On one line."""
        if not self.whole or len(self.rows) == 1 == len(self.rows[0]):
            return ", ".join(" ".join(row) for row in self.rows)
        rows = [f"[{', '.join(row)}]" for row in self.rows]
        return rows[0] if len(rows) == 1 else f"[{', '.join(rows)}]"


def digits(x: Any) -> str:
    """One number: `−0.4161`, `1.5e−5`, `1/3`, `(1 + 2i)`."""
    x = x.item() if isinstance(x, np.ndarray) else x
    if isinstance(x, (bool, np.bool_)):
        return str(bool(x))
    if isinstance(x, (complex, np.complexfloating)):
        sign = "−" if str(x.imag).startswith("-") else "+"
        return f"({digits(x.real)} {sign} {digits(abs(x.imag))}i)"
    if isinstance(x, Fraction) and len(str(x)) > 12:
        x = float(x)
    text = str(x) if isinstance(x, (int, np.integer, Fraction)) else f"{x:.4g}"
    return "0" if text == "-0" else text.lower().replace("e+", "e").replace("-", "−")


def single(value: Any) -> bool:
    """Whether it is one number: neither an array with axes nor several results."""
    return not isinstance(value, tuple) and np.ndim(value) == 0


def shown(value: Any) -> Shown:
    """A number or an array, as rows of cells."""
    if value is None:
        return Shown((), True, "")
    if isinstance(value, tuple):  # several results, of which each has a box of its own
        return Shown(tuple((shape_of(v) or digits(v),) for v in value if not isinstance(v, tuple)), False, "")
    if not isinstance(value, np.ndarray):
        return Shown(((digits(value),),), True, oddness(value))
    flag, small = oddness(value), max(value.shape, default=1) <= MATRIX and value.ndim == 2
    if value.size == 0:
        return Shown((("empty",),), False, "")
    if value.size > WHOLE and not small:
        return Shown(summary(value), False, flag)
    if value.ndim > 1:
        rows: Any = value.reshape(-1, value.shape[-1])
    else:
        flat = value.reshape(-1)
        rows = [flat[i : i + WIDE] for i in range(0, len(flat), WIDE)]
    return Shown(tuple(tuple(digits(x) for x in row.tolist()) for row in rows), True, flag)


def summary(value: Any) -> tuple[tuple[str, ...], ...]:
    """Mean, standard deviation and extremes of an array, of its finite elements."""
    if value.dtype.kind == "b":
        return ((f"{int(value.sum())} of {value.size} are True",),)
    sizes = np.abs(value) if value.dtype.kind == "c" else value
    finite = sizes[np.isfinite(sizes)].astype(float)
    if not finite.size:
        return (("no finite number",),)
    bar = "|·| " if value.dtype.kind == "c" else ""
    return (
        (f"{bar}mean {digits(finite.mean())}", f"sd {digits(finite.std())}"),
        (f"{bar}min {digits(finite.min())}", f"max {digits(finite.max())}"),
    )


def oddness(value: Any) -> str:
    """What is not finite, in words."""
    if value is None or isinstance(value, tuple) or (type(value) is float and isfinite(value)):
        return ""
    try:
        array = np.asarray(value, complex if np.iscomplexobj(value) else float)
    except (TypeError, ValueError, OverflowError):  # a Fraction or int too large for a float is finite
        return ""
    found = []
    for name, count in (("NaN", np.isnan(array).sum()), ("inf", np.isinf(array).sum())):
        if count:
            found.append(name if array.size == 1 else f"{count} of {array.size} are {name}")
    return ", ".join(found)


def sum_of(parts: list[Any], total: Any) -> str:
    """`−0.4161 + 3 = 2.584`: what arrived along several ways, and what it adds up to."""
    if len(parts) > 4:
        return f"{len(parts)} terms = {digits(total)}"
    terms = [digits(p) for p in parts]
    terms = [terms[0], *(f"({t})" if t.startswith("−") else t for t in terms[1:])]
    return f"{' + '.join(terms)} = {digits(total)}"


def shape_of(value: Any) -> str:
    """`(4 × 3) float64`; nothing for a number, nor for several results."""
    if isinstance(value, tuple):
        return ""
    return f"({' × '.join(map(str, value.shape))}) {value.dtype}" if np.ndim(value) else ""


def clean(text: Any, longest: int = 40) -> str:
    """Text that means only itself wherever it is shown: no control characters, not too long.

    >>> clean("a\\x1b[31m\\n")
    'a\\\\x1b[31m\\\\n'
    """
    text = str(text)
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    odd = ("Cc", "Cs", "Co", "Cn", "Zl", "Zp")
    return "".join(
        c.encode("unicode_escape").decode() if c in BIDI or unicodedata.category(c) in odd else c
        for c in text
    )
