"""Imports point one way only, and `import autodiff` stays light.

Every file of the package belongs to a room, and the rooms stand in the order in which one reads them.  A
module imports from rooms that come before its own, or from its own, never in a circle.  An import within a
function counts like any other; one under `if TYPE_CHECKING:` does not run, and does not count.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = (
    "errors", "versions", "computed", "places", "graph", "care", "backward", "forward", "batching", "steps",
    "kinds", "several", "primitives", "operators", "repeated", "imperative", "replay", "variable", "value",
    "numpy", "tensor", "trees", "transforms", "optim", "jit", "draw", "testing", "lessons",
    "__init__", "__main__",
)  # fmt: skip
ENGINE = ROOMS[: ROOMS.index("primitives")]
HEAVY = ("matplotlib", "llvmlite", "scipy", "graphviz", "pygraphviz", "autodiff.jit.native.engine")

Sources = dict[str, ast.Module]  # by dotted name; a package's __init__ goes by the package's name


def read(package: Path) -> tuple[Sources, set[str]]:
    """The syntax tree of every module of a package, and which of them are packages."""
    sources, packages = {}, set()
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if parts[-1] == "__init__":
            packages.add(name)
        sources[name] = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return sources, packages


def running(node: ast.AST) -> Iterator[ast.AST]:
    """Every node of a syntax tree, without what stands under `if TYPE_CHECKING:`."""
    yield node
    if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
        children: list[ast.stmt] = node.orelse
    else:
        children = list(ast.iter_child_nodes(node))  # type: ignore[arg-type]
    for child in children:
        yield from running(child)


def imported(name: str, sources: Sources, packages: set[str]) -> set[str]:
    """The dotted names of the modules that a module imports: of this package, or of others."""
    found = set()
    for node in running(sources[name]):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = name.split(".")
            if node.level:
                base = base[: len(base) - node.level + (name in packages)]
                base += node.module.split(".") if node.module else []
            else:
                base = (node.module or "").split(".")
            for alias in node.names:
                module = ".".join([*base, alias.name])
                found.add(module if module in sources else ".".join(base))
    return found


def room(module: str) -> str:
    return (module.split(".") + ["__init__"])[1]


def violations(package: Path) -> list[str]:
    """What breaks the rule, one sentence each."""
    sources, packages = read(package)
    top = package.name
    edges = {name: imported(name, sources, packages) for name in sources}
    found = []
    for name, modules in edges.items():
        if room(name) not in ROOMS:
            found.append(f"{name} is in no room: give {room(name)} its place in ROOMS")
            continue
        for module in sorted(modules):
            first = module.split(".")[0]
            if first != top:
                if room(name) in ENGINE and first != "numpy" and first not in sys.stdlib_module_names:
                    found.append(f"{name} imports {module}: the engine needs NumPy only")
            elif module not in sources:
                found.append(f"{name} imports {module}, which does not exist")
            elif room(module) in ROOMS and ROOMS.index(room(module)) > ROOMS.index(room(name)):
                found.append(f"{name} imports {module}, which comes after it")
    inner = {name: modules & sources.keys() for name, modules in edges.items()}
    while free := [name for name, modules in inner.items() if not modules & inner.keys()]:
        for name in free:
            del inner[name]
    circle = [f"a circle of imports in, or behind: {sorted(inner)}"] if inner else []
    return found + circle


def test_imports_point_one_way() -> None:
    assert violations(ROOT / "autodiff") == []


RIGHT = {
    "__init__.py": "from .graph import *\nfrom . import optim",
    "graph.py": "import math\nimport numpy as np",
    "kinds.py": "from .graph import Node",
    "primitives/__init__.py": "from .tables import exp",
    "primitives/tables.py": "from ..kinds import elementwise",
    "value.py": "from typing import TYPE_CHECKING\nfrom . import primitives as P\n"
    "if TYPE_CHECKING:\n    from .tensor import Tensor",
    "tensor.py": "from .primitives import tables\nfrom .primitives.tables import exp\nimport toy.value",
    "optim/__init__.py": "def step():\n    from ..tensor import Tensor",
}
WRONG = {
    "a later room": ("value.py", "from .tensor import Tensor", "comes after"),
    "a later room, in full": ("value.py", "from toy.tensor import Tensor", "comes after"),
    "a later room, as a module": ("value.py", "from . import tensor", "comes after"),
    "a later room, in a function": ("value.py", "def f():\n    from .tensor import Tensor", "comes after"),
    "a later room, from a package": ("primitives/tables.py", "from ..value import Value", "comes after"),
    "the contents page": ("optim/__init__.py", "from .. import Node", "comes after"),
    "a circle": ("primitives/tables.py", "from . import sin", "circle"),
    "a longer circle": ("kinds.py", "import toy.kinds", "circle"),
    "no room": ("misc.py", "", "no room"),
    "no module": ("value.py", "from .values import Value", "does not exist"),
    "engine with optree": ("graph.py", "def f():\n    import optree", "NumPy only"),
}


def write(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / "toy" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "toy" / path).write_text(text)
    return folder / "toy"


def test_the_rule_allows_what_is_right(tmp_path: Path) -> None:
    assert violations(write(tmp_path, RIGHT)) == []


@pytest.mark.parametrize("case", WRONG)
def test_the_rule_catches(case: str, tmp_path: Path) -> None:
    path, text, complaint = WRONG[case]
    found = violations(write(tmp_path, {**RIGHT, path: text}))
    assert any(complaint in sentence for sentence in found), found


def test_import_is_light() -> None:
    program = f"import sys, autodiff; print(*[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr
