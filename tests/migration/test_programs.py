"""Programs written for HIPS autograd run here with their import lines changed, and find the same numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autodiff import trees
from autodiff.graph import Node

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))
IMPORTS = {  # a line of a program's, and the same here; all of it that docs/migration.md tells of imports
    "import autograd.numpy as np": "import autodiff.numpy as np",
    "import autograd.numpy.random as npr": "import autodiff.numpy.random as npr",
    "from autograd.misc import flatten": "from autodiff import ravel_pytree as flatten",
    "from autograd.misc.optimizers import ": "from autodiff.optim.loops import ",
    "from autograd import ": "from autodiff import ",
}


def changed(text: str) -> str:
    """A program with its import lines changed, and nothing else."""
    lines = []
    for line in text.splitlines():
        for theirs, ours in IMPORTS.items():
            if line.startswith(theirs):
                line = ours + line.removeprefix(theirs)
                break
        lines.append(line)
    return "\n".join(lines)


def run(text: str, name: str) -> list[Any]:
    """The numbers that a program's main() returns."""
    space: dict[str, Any] = {}
    exec(compile(text, name, "exec"), space)
    leaves = trees.flatten(space["main"]())[0]
    return [np.asarray(x.value if isinstance(x, Node) else x) for x in leaves]


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_with_the_import_lines_changed(path):
    text = path.read_text("utf-8")
    here = changed(text)
    assert "autograd" not in here.split('"""', 2)[2], "an import line that is not in the list"
    theirs, ours = run(text, path.name), run(here, path.name)
    assert len(theirs) == len(ours)
    for a, b in zip(theirs, ours, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(b, a, rtol=1e-7, atol=1e-9)


def test_there_are_enough():
    assert len(PROGRAMS) >= 14
    assert {"linear_regression", "neural_net", "black_box_svi", "ode_net"} <= {path.stem for path in PROGRAMS}


@pytest.mark.parametrize("line", IMPORTS.values())
def test_the_page_tells_of_imports(line):
    page = (Path(__file__).parent.parent.parent / "docs" / "migration.md").read_text("utf-8")
    assert line.strip() in page
