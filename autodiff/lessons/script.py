"""Lessons as scripts: cells of prose and of code, told in a terminal or made into notebooks.

A lesson is one Python file in the percent format, which editors and Jupytext know as well:

    # %% [markdown] lang="en"
    # The slope of x² at 3 is **6**.

    # %% [markdown] lang="ko"
    # x²의 3에서의 기울기는 **6**입니다.

    # %%
    x = Value(3.0)
    # en: the square of x
    # ko: x의 제곱
    x**2

The code stands once.  Of the prose, and of comments that begin with `# en:` or `# ko:`, a reader sees those
in one language; prose without `lang` is for all.  What stands before the first cell belongs to the script
alone.  `language="en"` in code becomes the reader's language.  In prose, the name of anything in this package
between backquotes, such as `autodiff.graph.ancestry`, becomes a link to the lines that define it.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import os
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

LANGUAGES = ("en", "ko")
MARKER = re.compile(r"# %%(?P<prose> \[markdown\])?(?: lang=\"(?P<lang>\w+)\")?\s*")
COMMENT = re.compile(r"(?P<indent>\s*)# (?P<lang>en|ko): (?P<text>.*)")
NAME = re.compile(r"(?<!\[)`(autodiff(?:\.\w+)+)`")


class Cell(NamedTuple):
    """A piece of a lesson, in one language."""

    prose: bool
    text: str  # Markdown, or Python
    line: int  # of the script, where the cell begins
    source: str  # the same code as it stands in the script, line by line


def cells(script: str, language: str) -> Iterator[Cell]:
    """The cells of a script in one language; raises ValueError for a line `# %%…` that starts no cell.

    >>> script = '# %% [markdown] lang="ko"\\n# 합\\n# %% [markdown] lang="en"\\n# A sum.\\n# %%\\n1 + 2\\n'
    >>> [cell.text for cell in cells(script, "en")]
    ['A sum.', '1 + 2']
    """
    lines = script.replace('language="en"', f'language="{language}"').splitlines()
    starts = [k for k, line in enumerate(lines) if line.startswith("# %%")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        marker = MARKER.fullmatch(lines[start])
        if not marker or marker["lang"] not in (None, *LANGUAGES):
            raise ValueError(f'line {start + 1}: a cell starts with # %% or # %% [markdown] lang="en"')
        if marker["lang"] in (None, language):
            inner = lines[start + 1 : end]
            if marker["prose"]:
                text = "\n".join(line.removeprefix("#").removeprefix(" ") for line in inner)
            else:
                text = "\n".join(code_in(inner, language))
            if text.strip():
                yield Cell(bool(marker["prose"]), text.strip("\n"), start + 2, "\n".join(inner))


def code_in(lines: list[str], language: str) -> Iterator[str]:
    """Code with its comments in one language."""
    for line in lines:
        comment = COMMENT.fullmatch(line)
        if comment is None:
            yield line
        elif comment["lang"] == language:
            yield f"{comment['indent']}# {comment['text']}"


# ---- the lines that a name stands for ----------------------------------------------------------------------
def place(name: str) -> tuple[Path, int | None]:
    """The file that defines `autodiff.….name`, and the line; None for a whole module.

    Raises LookupError for a name that does not exist.

    >>> path, line = place("autodiff.graph.ancestry")
    >>> path.name, path.read_text("utf-8").splitlines()[line - 1]
    ('graph.py', 'def ancestry(')
    """
    parts = name.split(".")
    count = next(n for n in range(len(parts), 0, -1) if module_at(".".join(parts[:n])))
    module, inner = import_module(".".join(parts[:count])), parts[count:]
    if not inner:
        return Path(str(module.__file__)), None
    found = line_in(module, inner)
    if found is None:  # it may come from another module, which knows it by its own name
        thing: Any = module
        for part in inner:
            if not hasattr(thing, part):
                raise LookupError(f"there is no {name}")
            thing = getattr(thing, part)
        home = getattr(thing, "__module__", None)
        module = import_module(home) if isinstance(home, str) else module
        found = line_in(module, getattr(thing, "__qualname__", inner[-1]).split("."))
        if found is None:
            raise LookupError(f"{name} is not defined in a line of its own")
    return Path(str(module.__file__)), found


def module_at(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def line_in(module: Any, names: list[str]) -> int | None:
    """Where a module's source defines a name, or a name within a class."""
    body: list[ast.stmt] = ast.parse(Path(module.__file__).read_text("utf-8")).body
    line = None
    for name in names:
        defined = [node for node in body if name in names_of(node)]
        if not defined:
            return None
        body, line = getattr(defined[0], "body", []), defined[0].lineno
    return line


def names_of(node: ast.stmt) -> list[str]:
    """What a statement defines."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    flat = [t for target in targets for t in getattr(target, "elts", [target])]
    return [t.id for t in flat if isinstance(t, ast.Name)]


# ---- in the terminal ---------------------------------------------------------------------------------------
def tell(path: str) -> None:
    """Tell the lesson that is this script, and end the program; among an editor's cells, do nothing.

    The command line chooses the language (`--lang ko`) and where pictures are saved (`--pictures FOLDER`).
    """
    if hasattr(builtins, "get_ipython") or "get_ipython" in vars(sys.modules["__main__"]):
        return
    parser = argparse.ArgumentParser(description=f"A lesson: {Path(path).stem.replace('_', ' ')}.")
    parser.add_argument("--lang", choices=LANGUAGES, default="en", help="the language of the lesson")
    parser.add_argument("--pictures", metavar="FOLDER", type=Path, help="where to save the pictures")
    options = parser.parse_args()
    os.environ.setdefault("MPLBACKEND", "Agg")
    script = Path(path)
    here: dict[str, Any] = {"__name__": script.stem, "__file__": str(script)}
    pictures = Pictures(script.stem, options.pictures)
    for cell in cells(script.read_text("utf-8"), options.lang):
        if cell.prose:
            print(f"\n{plain(cell.text)}\n", flush=True)
        else:
            print("\n".join(f"  │ {line}".rstrip() for line in cell.text.splitlines()), flush=True)
            run(cell, script, here, pictures)
    sys.exit()


def plain(prose: str) -> str:
    """Markdown as one reads it in a terminal: links and emphasis without their marks."""
    prose = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", prose)
    return re.sub(r"\*\*(.+?)\*\*", r"\1", prose, flags=re.DOTALL)


def run(cell: Cell, script: Path, here: dict[str, Any], pictures: Pictures) -> None:
    """Run code and show what a notebook would show: what it prints, its last expression, its plots."""
    tree = ast.increment_lineno(ast.parse(cell.source), cell.line - 1)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, str(script), "exec"), here)
    if isinstance(last, ast.Expr):
        pictures.show(eval(compile(ast.Expression(last.value), str(script), "eval"), here))
    pictures.plots()


class Pictures:
    """Shows results in a terminal, and saves pictures if there is a folder for them."""

    def __init__(self, name: str, folder: Path | None) -> None:
        self.name, self.folder, self.count = name, folder, 0
        if folder:
            folder.mkdir(parents=True, exist_ok=True)

    def show(self, result: Any) -> None:
        if result is None:
            return
        looks = any(hasattr(type(result), show) for show in ("_repr_mimebundle_", "_repr_html_"))
        print(str(result) if looks else repr(result), flush=True)
        if looks and hasattr(result, "save"):
            kind = type(result).__name__
            self.saved(result.save, {"Stepper": ".html", "Animation": ".gif"}.get(kind, ".svg"))

    def plots(self) -> None:
        """What matplotlib has drawn."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        for number in pyplot.get_fignums() if pyplot else ():
            figure = pyplot.figure(number)  # type: ignore[union-attr]
            titles = [axes.get_title() for axes in figure.axes]
            print(f"[picture: {'; '.join(filter(None, titles))}]")
            self.saved(figure.savefig, ".png")
            pyplot.close(figure)  # type: ignore[union-attr]

    def saved(self, save: Any, ending: str) -> None:
        self.count += 1
        if self.folder:
            path = self.folder / f"{self.name}-{self.count}{ending}"
            save(path)
            print(f"[saved {path}]", flush=True)
