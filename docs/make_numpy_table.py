"""Writes docs/numpy.md: every function of NumPy's public namespace, and what its derivative is here.

    python docs/make_numpy_table.py

It reads the tables by which `np.f(x)` finds its function, the functions' own words about their derivatives,
and the lists of what is refused (autodiff/numpy/refusals.py).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import autodiff
from autodiff.graph import Primitive
from autodiff.numpy import refusals
from autodiff.variable import Variable

FILE = Path(__file__).parent / "numpy.md"
SPACES = {"": (np, autodiff.numpy), "linalg.": (np.linalg, autodiff.numpy.linalg)}
SPACES["fft."] = (np.fft, autodiff.numpy.fft)
SHARED = "g goes to the one that was taken; ties share it equally"
WORDS = {  # of primitives whose partial derivatives are functions
    "conjugate": "the conjugate of g", "fmax": SHARED, "fmin": SHARED, "maximum": SHARED, "minimum": SHARED,
    "heaviside": "zero in x1; in x2, g where x1 is 0", "imag": "-i times the real g", "real": "g, as a real",
}  # fmt: skip
KINDS = {
    "differentiable": "It has a derivative, in both modes and every order, and under `vmap`.",
    "constant": "It is a step, or an answer about shapes, types or places: its derivative is zero, declared.",
    "not differentiable": "It raises TypeError on what is recorded, and says why.",
    "not supported": "It raises TypeError on what is recorded, and says what to use instead.",
}


class Row(NamedTuple):
    """A function of NumPy's, what it is here, its derivative or why it has none, and how it is called."""

    name: str
    kind: str
    about: str
    spelling: str  # "np" where NumPy's own name finds it, "autodiff.numpy" where only that does


def functions(space: Any) -> list[str]:
    """The names of a namespace's functions; classes count if they stand for functions, as r_ does."""
    more = {"vectorize", "r_", "c_"} if space is np else set()
    return sorted(
        name
        for name in dir(space)
        if not name.startswith("_")
        and (name in more or (callable(getattr(space, name)) and not isinstance(getattr(space, name), type)))
    )


def ours(name: str, f: Any, space: Any) -> Any:
    """What runs here for a function of NumPy's, or None."""
    for table in (Variable.ufuncs, Variable.functions):
        try:
            if f in table:
                return table[f]
        except TypeError:  # r_ can't be hashed
            pass
    found = vars(space).get(name)
    return None if found is f else found


def asks(f: Any) -> bool:
    """Whether NumPy asks its arguments what f is."""
    return isinstance(f, np.ufunc) or type(f).__name__ == "_ArrayFunctionDispatcher"


def derivative(g: Any) -> str:
    """What a function says of its derivative: formulas, if it has some."""
    text = " ".join((g.__doc__ or "").split())
    if isinstance(g, Primitive):
        if not g.rules.pulls:
            return "zero"
        found = re.search(r"∂/∂x = .*", text)
        return WORDS[g.name] if not found or "<" in found[0] else found[0].rstrip(".")
    for pattern in (r"Derivatives?: (.*?)(\. |\.$|$)", r"\b(d\w* = .*?)(\. |\.$|$)", r"^(.*?)(\. |\.$|$)"):
        if found := re.search(pattern, text):
            return found[1]
    raise LookupError(f"{g} says nothing of its derivative")


def row(name: str, f: Any, prefix: str, space: Any) -> Row:
    here, full = ours(name, f, space), prefix + name
    if full in refusals.NUMPYS_OWN:
        return Row(full, "constant", "NumPy's own: it takes nothing that has a derivative", "np")
    hashable = not full.endswith("_")
    if hashable and f in refusals.NOT_DIFFERENTIABLE:
        return Row(full, "not differentiable", refused(refusals.NOT_DIFFERENTIABLE[f]), "np")
    if hashable and f in refusals.NOT_SUPPORTED:
        return Row(full, "not supported", refused(refusals.NOT_SUPPORTED[f]), "np")
    if here is not None:
        about = derivative(here)
        constant = about == "zero" or (isinstance(here, Primitive) and not here.rules.pulls)
        kind = "constant" if constant else "differentiable"
        return Row(full, kind, about, "np" if asks(f) else "autodiff.numpy")
    raise LookupError(f"np.{full} is in no table: give it a derivative, or a line in numpy/refusals.py")


def refused(why: str) -> str:
    return re.sub(r"[;:,]?\s*(or)?\s*$", "", why)


def rows() -> list[Row]:
    """All of them, by namespace and name."""
    return [
        row(name, getattr(space, name), prefix, mine)
        for prefix, (space, mine) in SPACES.items()
        for name in functions(space)
    ]


def text() -> str:
    """The page."""
    found = rows()
    lines = [
        "# NumPy's functions",
        "",
        "Made by `python docs/make_numpy_table.py` from the code; a test calls every function of it.",
        "",
        f"Of the {len(found)} functions of NumPy's public namespaces (`np`, `np.linalg`, `np.fft`)",
        "",
        *[f"- {sum(r.kind == kind for r in found)} are **{kind}**. {what}" for kind, what in KINDS.items()],
        "",
        "Each is called by NumPy's own name, `np.f(x)`, with a `Tensor` or `Value` for `x`, or as",
        "`autodiff.numpy.f(x)`. NumPy asks nobody about functions that make arrays of anything; those have",
        "`autodiff.numpy` in the second column, and by NumPy's name they raise TypeError, which says so.",
        "`out=` takes a Tensor, which goes on as the result, as with an assignment; a plain array there",
        "raises. Results whose shape depends on the numbers (`unique`, `extract`, `nonzero`…) raise under",
        "`vmap`, where the numbers differ. g is the cotangent of the result.",
    ]
    for prefix, title in (("", "np"), ("linalg.", "np.linalg"), ("fft.", "np.fft")):
        head = "| function | called as | here | derivative, or why there is none |"
        lines += ["", f"## `{title}`", "", head, "|---|---|---|---|"]
        for r in found:
            if r.name.startswith(prefix) and (prefix or "." not in r.name):
                about = r.about.replace("|", "&#124;")
                lines.append(f"| `{r.name}` | `{r.spelling}.{r.name}` | {r.kind} | {about} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
