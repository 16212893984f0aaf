"""Standalone source: a program as a module that needs NumPy, and nothing of this package.

What NumPy has no function for is computed by functions of ours.  Their source is copied above the program's,
with all that it names in turn: other functions, tables and imports of its module.  Annotations and docstrings
are left behind.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from copy import deepcopy
from functools import cache
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

import numpy as np

from ..graph import PACKAGE
from ..kinds import PRIMITIVES
from .emit_numpy import Writer
from .program import Program, Term

__all__: list[str] = []

LARGE = 10_000  # elements of a constant that is written out


def standalone(program: Program, name: str, several: bool = False) -> str:
    """The program as the text of a module that defines one function of its inputs.

    It returns its output; a tuple, if the program has many or `several` is true.

    Raises ValueError for a constant of more than 10,000 elements, and for a primitive whose function has no
    Python source.
    """
    writer = Standalone(program, name, literals=True)
    writer.several = several
    text = writer.write()
    writer.copied.fill_namespace()
    start = text.index(f"def {name}(")
    head, body = text[:start].strip(), text[start:]
    imports = [line for line in head.splitlines() if line in writer.imports]
    rest = [line for line in head.splitlines() if line not in writer.imports]
    copied = writer.copied
    imports = sorted({*imports, *copied.imports}, key=lambda line: (line.startswith("from"), line))
    parts = ["\n".join(imports), *copied.parts.values(), "\n".join(rest), body]
    return "\n\n".join(part for part in parts if part.strip())


class Standalone(Writer):
    """Writes one program, and collects what it needs."""

    several = False

    def __init__(self, program: Program, name: str, literals: bool) -> None:
        super().__init__(program, name, literals)
        self.copied = Copied()

    def result(self) -> str:
        line = super().result()
        one = self.several and len(self.program.outputs) == 1
        return f"return ({line.removeprefix('return ')},)" if one else line

    def described(self, value: Any) -> str:
        if not isinstance(value, np.ndarray):
            raise ValueError(f"a {type(value).__name__} that the program uses can't be written as source")
        if value.size > LARGE:
            raise ValueError(
                f"the program uses an array of shape {value.shape} from outside, and up to {LARGE} elements "
                "are written out: make it an argument of the function"
            )
        array = value if value.ndim else value.reshape(1)
        first = array.reshape(-1)[:1]
        if value.size > 1 and value.dtype.kind in "biuf" and bool((array == first).all()):
            return f"np.full({value.shape}, {self.literal(first[0])}, {self.literal(value.dtype)})"
        numbers = re.sub(r"\b(nan|inf)\b", r"np.\1", repr(value.tolist()))
        made = f"np.array({numbers}, {self.literal(value.dtype)})"
        return made if value.size else f"{made}.reshape({value.shape})"

    def missed(self, k: int) -> str:
        """The source is that of one way through f's branches, and raises where another would be taken."""
        guard = self.program.guards[k]
        way = f"written for the way that is taken where {guard.place.rpartition('/')[2]} is {guard.truth}"
        return f"raise ValueError({way!r})"

    def helper(self, term: Term) -> str:
        f = term.f
        if f not in self.helpers:
            name = self.helpers[f] = self.unique(term.op.name)  # type: ignore[union-attr]
            text = self.copied.named(f)
            if text != name:
                self.header[name] = f"{name} = {text}"
        return self.helpers[f]


class Copied:
    """The source of functions, and of what they name."""

    def __init__(self) -> None:
        self.imports: dict[str, None] = {}
        self.parts: dict[str, str] = {}  # by name
        self.places: dict[str, str] = {}  # the module that a name is from
        self.count = 0

    def named(self, f: Any) -> str:
        """An expression for a function, whose source is among the parts from now on."""
        if isinstance(f, np.ufunc):
            return f"np.{f.__name__}"
        if isinstance(f, type) and f.__module__ == "builtins":
            return f.__name__
        if isinstance(f, BuiltinFunctionType):
            module = {"_operator": "operator"}.get(f.__module__, f.__module__)
            if module == "builtins":
                return f.__name__
            self.imports[f"import {module}"] = None
            return f"{module}.{f.__name__}"
        if isinstance(f, FunctionType):
            module, name = f.__module__, f.__name__
            if module.partition(".")[0] == "numpy":
                return f"{module}.{name}".replace("numpy.", "np.", 1)
            if vars(sys.modules[module]).get(name) is f:
                return self.global_name(module, name)
            return self.inner(f)
        if isinstance(f, (int, float, str, bool, tuple, type(None))):
            return repr(f)
        raise ValueError(f"{getattr(f, '__name__', f)!s} has no Python source that could be copied")

    def inner(self, f: FunctionType) -> str:
        """A lambda, or a function within one, with what it closes over."""
        tree = bare(found_in(f))
        captured = zip(f.__code__.co_freevars, f.__closure__ or (), strict=True)
        values = {name: self.named(cell.cell_contents) for name, cell in captured}
        self.copy_names(tree, f.__module__, set(values))
        self.count += 1
        name = f"f{self.count}_of_the_tables" if isinstance(tree, ast.Lambda) else tree.name
        text = ast.unparse(tree)
        if isinstance(tree, ast.Lambda):
            text = f"lambda {', '.join(values)}: {text}" if values else text
            whole = f"({text})({', '.join(values.values())})" if values else text
            self.parts[name] = f"{name} = {whole}"
            return name
        if values:
            lines = "\n    ".join(text.splitlines())
            name = f"{name}_{self.count}"
            text = f"def make_{name}({', '.join(values)}):\n    {lines}\n    return {tree.name}\n"
            text += f"{name} = make_{name}({', '.join(values.values())})"
        self.parts[name] = text
        return name

    def global_name(self, module: str, name: str) -> str:
        """A name of a module's: what it stands for is copied, or imported as it is there."""
        thing = getattr(sys.modules[module], name)
        if isinstance(thing, ModuleType):
            self.imports[f"import {thing.__name__}{f' as {name}' * (thing.__name__ != name)}"] = None
            return name
        statement = statements(module).get(name)
        if isinstance(statement, ast.ImportFrom):
            origin = "." * statement.level + (statement.module or "")
            original = next(a.name for a in statement.names if (a.asname or a.name) == name)
            if not statement.level:
                self.imports[f"from {origin} import {original}{f' as {name}' * (original != name)}"] = None
                return name
            where = sys.modules[module].__spec__.parent or ""  # type: ignore[union-attr]
            base = where.split(".")[: len(where.split(".")) - statement.level + 1]
            source = ".".join([*base, statement.module] if statement.module else base)
            found = self.global_name(source, original)
            if found != name:
                self.parts.setdefault(name, f"{name} = {found}")
            return name
        if statement is None:
            raise ValueError(f"{name} of {module} has no Python source that could be copied")
        if self.places.setdefault(name, module) != module:
            raise ValueError(f"two functions that the program needs have one name, {name}")
        if name not in self.parts:
            self.parts[name] = ""  # a function may call itself
            tree = bare(statement)
            self.copy_names(tree, module, {name})
            self.parts.pop(name)  # after what it names
            self.parts[name] = ast.unparse(tree)
        return name

    def copy_names(self, tree: ast.AST, module: str, known: set[str]) -> None:
        """All that a piece of source names, of what its module has."""
        for node in ast.walk(tree):
            if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load) or node.id in known:
                continue
            if hasattr(sys.modules[module], node.id) and node.id not in own_names(tree):
                known.add(node.id)
                self.global_name(module, node.id)

    def fill_namespace(self) -> None:
        """The primitives that copied rules compute with, where they look for them."""
        done: set[str] = set()
        while "PLAIN" in self.parts or "PLAIN, SCALAR, RECORD" in self.parts:
            every = [n for text in list(self.parts.values()) for n in ast.walk(ast.parse(text))]
            wanted = {n.attr for n in every if isinstance(n, ast.Attribute) and is_space(n.value)} - done
            wanted &= PRIMITIVES.keys()
            if not wanted:
                break
            for name in sorted(wanted):
                self.parts[f"PLAIN.{name}"] = f"PLAIN.{name} = {self.named(PRIMITIVES[name].f)}"
            done |= wanted


def is_space(tree: ast.expr) -> bool:
    return isinstance(tree, ast.Name) and tree.id in ("m", "PLAIN")


def own_names(tree: ast.AST) -> set[str]:
    """What a function names by itself: its arguments and variables."""
    found = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    stores = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return found | (stores if isinstance(tree, (ast.Lambda, ast.FunctionDef)) else set())


@cache
def tree_of(module: str) -> ast.Module:
    if not f"{module}.".startswith(PACKAGE) and not hasattr(sys.modules[module], "__file__"):
        raise ValueError(f"the module {module} has no source")
    try:
        return ast.parse(inspect.getsource(sys.modules[module]))
    except (OSError, TypeError) as error:
        raise ValueError(f"the module {module} has no source: {error}") from None


@cache
def statements(module: str) -> dict[str, Any]:
    """The statement that defines each name of a module."""
    found: dict[str, Any] = {}
    for node in tree_of(module).body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found[name] = node
            case ast.ImportFrom(names=names) | ast.Import(names=names):
                found.update((a.asname or a.name, node) for a in names)
            case ast.Assign(targets=targets):
                inner = [n for t in targets for n in ast.walk(t)]
                found.update((n.id, node) for n in inner if isinstance(n, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is not None:
                found[name] = assignment(ast.Name(name, ast.Store()), value, node)
    return found


def assignment(target: ast.expr, value: ast.expr, place: ast.AST) -> Any:
    """`target = value`, in the place of a node."""
    return ast.fix_missing_locations(ast.copy_location(ast.Assign([target], value), place))


def found_in(f: FunctionType) -> Any:
    """The syntax tree of a function, found by the place of its code."""
    code = f.__code__
    if code.co_filename != sys.modules[f.__module__].__file__:
        raise ValueError(f"{f.__qualname__} of {code.co_filename} has no Python source that could be copied")
    places = [p for p in code.co_positions() if None not in p and p[2] != p[3]]
    kinds = (ast.Lambda, ast.FunctionDef)
    found = [
        node
        for node in ast.walk(tree_of(f.__module__))
        if isinstance(node, kinds)
        and [a.arg for a in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]]
        == list(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
        and all(within(place, node) for place in places)
    ]
    if not found:
        raise ValueError(f"the source of {f.__qualname__} was not found")
    return min(found, key=lambda node: ((node.end_lineno or 0) - node.lineno, len(ast.dump(node))))


def within(place: Any, node: Any) -> bool:
    line, end_line, column, end_column = place
    return (node.lineno, node.col_offset) <= (line, column) and (end_line, end_column) <= (
        node.end_lineno,
        node.end_col_offset,
    )


class Bare(ast.NodeTransformer):
    """Leaves out annotations and docstrings."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        self.generic_visit(node)
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        new = ast.FunctionDef(node.name, node.args, body or [ast.Pass()], [], None, None)
        return ast.fix_missing_locations(ast.copy_location(new, node))

    def visit_arg(self, node: ast.arg) -> Any:
        return ast.arg(node.arg, None)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        self.generic_visit(node)
        return None if node.value is None else assignment(node.target, node.value, node)


def bare(tree: Any) -> Any:
    return Bare().visit(deepcopy(tree))
