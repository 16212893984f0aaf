"""The contribution guide's worked example, followed to the letter in a copy of the project."""

import math
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def insert(path: Path, after: str, line: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(after) == 1, f"{after!r} in {path.name}"
    path.write_text(text.replace(after, f"{after}{line}"), "utf-8")


def test_adding_a_primitive(tmp_path):
    row, samples = re.findall(
        r"```python\n(.*?)\n```", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.DOTALL
    )
    assert row.count("\n") == samples.count("\n") == 0  # one row each
    shutil.copytree(ROOT / "autodiff", tmp_path / "autodiff")
    shutil.copytree(ROOT / "tests", tmp_path / "tests")
    table = tmp_path / "autodiff" / "primitives" / "elementary.py"
    exp = 'exp = elementwise("exp", np.exp, number(math.exp, cmath.exp), "out")\n'
    insert(table, exp, f"{row}\n")
    insert(table, ' "exp", ', '"sech", ')
    insert(tmp_path / "tests" / "samples" / "elementary.py", '    "exp": [ANY],\n', f"{samples}\n")

    def run(*command: str) -> str:
        result = subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path), "CI": "1"},
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    tests = run("-m", "pytest", "tests/primitives", "tests/test_testing.py", "-k", "sech")
    assert re.search(r"\b([89]|\d\d+) passed", tests), tests
    program = "import autodiff as ad; print(ad.grad(ad.sech)(1.0), ad.grad(ad.grad(ad.sech))(1.0))"
    first, second = map(float, run("-c", program).split())
    sech, tanh = 1 / math.cosh(1.0), math.tanh(1.0)
    assert abs(first + sech * tanh) < 1e-12
    assert abs(second - sech * (1 - 2 * sech * sech)) < 1e-12
