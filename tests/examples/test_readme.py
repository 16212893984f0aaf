"""The list of examples lists them all, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_every_example_is_listed():
    links = set(re.findall(r"\]\((.+?)\)", (EXAMPLES / "README.md").read_text("utf-8")))
    assert {link for link in links if link.endswith(".py")} == {path.name for path in EXAMPLES.glob("*.py")}
    assert all((EXAMPLES / link).exists() for link in links)


def test_the_project_s_readme_points_here():
    assert "examples/README.md" in (EXAMPLES.parent / "README.md").read_text("utf-8")
