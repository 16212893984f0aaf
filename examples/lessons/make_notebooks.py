"""Makes the notebooks of the lessons from their scripts, in both languages, and runs them.

    python examples/lessons/make_notebooks.py              those that are no longer current
    python examples/lessons/make_notebooks.py 01 03        these, current or not
    python examples/lessons/make_notebooks.py --check      say which are not current; 1 if there are any
    python examples/lessons/make_notebooks.py --run        run all of them and write none; 1 if one fails

It needs the extra `lessons`.  How a lesson is written stands in `autodiff/lessons/script.py`.
"""

from __future__ import annotations

import argparse
import base64
import io
import os
import re
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import autodiff
from autodiff.lessons.script import LANGUAGES, NAME, cells, place

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PACKAGE = Path(autodiff.__file__).parent
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def scripts() -> list[Path]:
    """The lessons, in order."""
    return sorted(HERE.glob("[0-9][0-9]_*.py"))


def path_of(script: Path, language: str) -> Path:
    """Where the notebook of a lesson is."""
    return HERE / language / f"{script.stem}.ipynb"


# ---- a notebook from a script ------------------------------------------------------------------------------
def notebook(script: Path, language: str) -> Any:
    """The notebook of a lesson in one language, not run yet."""
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    made = []
    for k, cell in enumerate(cells(script.read_text("utf-8"), language)):
        name = {"id": f"{script.stem[:2]}-{k:02}"}
        text = linked(cell.text) if cell.prose else cell.text
        made.append(new_markdown_cell(text, **name) if cell.prose else new_code_cell(text, **name))
    return new_notebook(cells=made, metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}})


def linked(prose: str) -> str:
    """Markdown in which the names of things in the package link to the lines that define them."""

    def link(match: re.Match[str]) -> str:
        path, line = place(match[1])
        where = "../../.." / path.relative_to(PACKAGE.parent)
        return f"[`{match[1]}`]({where.as_posix()}{f'#L{line}' if line else ''})"

    return NAME.sub(link, prose)


def source_of(made: Any) -> list[tuple[str, str]]:
    """What of a notebook comes from the script.  Lines may move without that the lesson changes."""
    return [(cell.cell_type, re.sub(r"\.py#L\d+\)", ".py)", cell.source)) for cell in made.cells]


def is_current(script: Path, language: str) -> bool:
    """Whether the notebook on disk says what the script says, and has been run."""
    import nbformat

    path = path_of(script, language)
    if not path.exists():
        return False
    found = nbformat.read(path, as_version=4)
    ran = all(cell.execution_count for cell in found.cells if cell.cell_type == "code")
    return ran and source_of(found) == source_of(notebook(script, language))


# ---- running it --------------------------------------------------------------------------------------------
def run(script: Path, language: str) -> Any:
    """The notebook, run in a kernel of its own with this checkout's autodiff.

    Raises nbclient's CellExecutionError where a cell fails.
    """
    from nbclient import NotebookClient

    made = notebook(script, language)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment.pop("MPLBACKEND", None)  # so that plots stand in the notebook
    environment["PYTHONWARNINGS"] = "ignore:Creating legend with loc"  # of matplotlib, on a slow machine
    client = NotebookClient(
        made,
        timeout=300,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(HERE)}},
    )
    client.execute(env=environment)
    for cell in made.cells:
        cell.metadata.pop("execution", None)  # when it ran
        for output in cell.get("outputs", ()):
            if "image/png" in output.get("data", {}):
                output.data["image/png"] = smaller(output.data["image/png"])
    return made


def smaller(png: str) -> str:
    """A picture with at most 64 colours, which is enough for lines: half of its size."""
    from PIL import Image

    out = io.BytesIO()
    image = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    image.quantize(64).save(out, "PNG", optimize=True)
    return base64.b64encode(out.getvalue()).decode()


def main(arguments: Sequence[str] | None = None) -> int:
    """Make or check the notebooks; 1 if one is not current or fails."""
    parser = argparse.ArgumentParser(description="Makes the notebooks of the lessons.")
    parser.add_argument("lessons", nargs="*", help="how their names begin; all by default")
    parser.add_argument("--check", action="store_true", help="only say which are not current")
    parser.add_argument("--run", action="store_true", help="only run them")
    options = parser.parse_args(arguments)
    chosen = [s for s in scripts() if not options.lessons or s.name.startswith(tuple(options.lessons))]
    work = [(script, language) for script in chosen for language in LANGUAGES]
    if options.check or not (options.run or options.lessons):
        work = [(script, language) for script, language in work if not is_current(script, language)]
    if options.check:
        for script, language in work:
            print(f"{path_of(script, language).relative_to(ROOT)} is not what {script.name} makes")
        return 1 if work else 0
    with ThreadPoolExecutor(2) as pool:  # each waits for a kernel
        done = list(pool.map(lambda one: make(*one, write=not options.run), work))
    return 0 if all(done) else 1


def make(script: Path, language: str, write: bool) -> bool:
    """Run a notebook, and write it if it ran; whether it did."""
    import nbformat
    from nbclient.exceptions import CellExecutionError

    path = path_of(script, language)
    try:
        made = run(script, language)
    except CellExecutionError as error:
        print(f"{path.relative_to(ROOT)} fails:\n{error}", file=sys.stderr)
        return False
    if write:
        path.parent.mkdir(exist_ok=True)
        nbformat.write(made, path)
    print(f"{path.relative_to(ROOT)} {'written' if write else 'runs'}", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
