"""Functions of mathematics that programs of numbers share: each is compiled once, and called by its address.

A kernel over arrays has its functions in its own module, for there they are written in place.  In a program
of numbers they are calls in any case, and to compile sin takes as long as a hundred products.
"""

from __future__ import annotations

import re

from .engine import Library, library
from .ir import METADATA, Module

__all__: list[str] = []

HEAD = re.compile(r"define internal (?P<result>.*) @(?P<name>[\w.]+)\((?P<inputs>[^)]*)\) nounwind")
NAMES = re.compile(r"@([\w.]+)")
functions: dict[str, Library] = {}  # by name: what has been compiled in this process


def apart(module: Module, own: list[str]) -> dict[str, int]:
    """The addresses of what a module's own functions call of the others; it only declares it from now on."""
    texts = module.functions
    called = [name for name in names_in(*[texts[name] for name in own]) if name in texts and name not in own]
    addresses = {name: address(module, name) for name in called}
    for name in called:
        head = HEAD.match(texts[name])
        assert head
        types = ", ".join(x.split()[0] for x in head["inputs"].split(", "))
        module.declarations[name] = f"declare {head['result']} @{name}({types})"
    for name in [name for name in texts if name not in own]:
        del texts[name]
    return addresses


def names_in(*texts: str) -> list[str]:
    """The names of functions and tables in these texts, each once."""
    return list(dict.fromkeys(name for text in texts for name in NAMES.findall(text)))


def address(module: Module, name: str) -> int:
    """Where a function is, which has been written in a module."""
    if name not in functions:
        used = [name]
        for x in used:  # grows as it is read
            text = module.functions.get(x, "") + module.constants.get(x, "")
            used += [y for y in names_in(text) if y not in used]
        parts = (module.declarations, module.constants, module.functions)
        lines = [part[x] for part in parts for x in used if x in part]
        text = "\n".join([*lines, METADATA])
        functions[name] = library(text.replace("define internal", "define", 1), (name,))
    return functions[name][name]
