"""jit: f's program in the place of f, as long as it is the same program.

    key      the tree of the arguments, the shapes and dtypes of arrays, the values of all that is no array
    path     one way through f's branches, with the program that was traced along it

A call finds the key's paths and runs the last one that was found.  If one of its guards fails, the path that
goes on as this call does is run instead; if there is none, f is traced again.  Where derivatives may be asked
for, what runs is a node that has them (`derivatives.py`).  What a compiled program can't do as f would, f
does: errors.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial, update_wrapper
from sys import _getframe
from types import MethodType
from typing import Any

import numpy as np

from .. import trees
from ..computed import frozen
from ..graph import PACKAGE, Node, recording, tracing, unusual_contexts
from ..transforms.fresh import name_of, opened, tracked
from . import native
from .derivatives import Recorded
from .emit_numpy import Miss
from .paths import CompilationError, Kinds, Path, all_stages, without_collector
from .program import Program
from .trace import as_input, is_traced, parameters, trace

__all__ = ["jit"]

PATHS = 32  # ways through f's branches for one key
CHANGES = 64  # of what f captured
KEYS = 256  # sorts of arguments that are remembered
UNDEFINED = (ArithmeticError, ValueError)  # of numbers; f may have no need of what is traced


def jit(f: Callable[..., Any], static_argnums: int | Sequence[int] = (), backend: str = "auto") -> Jitted:
    """f, compiled: the first call records what f does, later calls run that as one program.

    `backend` is what the program becomes: "native", machine code by llvmlite, with NumPy's functions for what
    there is no native code for; "numpy", NumPy source; or "auto", native code if llvmlite is installed,
    unless AUTODIFF_JIT in the environment says otherwise.  Results are the same within rounding.

    **What is fixed and what is not.**  Python's numbers and other objects that f uses from outside are frozen
    when f is traced: they stay what they were (`f.stats["frozen"]` lists them).  Tensors, Values and arrays
    that f uses from outside are read again at every call: a Tensor at once, an array of NumPy's is compared
    with what it was, and where it has changed f is traced again, for f may have looked at it.  Of the
    arguments, arrays, floats, complex numbers, Values and Tensors may change; ints, bools, texts and other
    objects are settings, and f is traced again for each new one, as it is for new shapes, dtypes and trees.
    Arguments in `static_argnums` are settings whatever they are, and must be hashable.  Print and other
    effects happen while f is traced, and not later.

    Within f arrays are Tensors, which are values: what is assigned to `y = x[1:]` does not change x, as it
    would that of an array of NumPy's.  The results are f's within rounding.  `if x > 0:` works: the condition
    is computed and looked at in every call, and f is traced again for every other way through it, up to 32
    of them; then a warning names the line, and further ones run uncompiled.  Arrays give arrays, numbers
    numbers, and a Value or Tensor among the arguments gives nodes.
    Results never share memory with anything.  It composes with every transformation, both ways: where a
    derivative may be asked for, a call is one node of the graph, whose derivatives of every order are
    compiled as well when they are first needed (`f.derivatives` has their source); within another compiled
    function, a checkpoint, and walks that read what a graph does (`sparse_jacobian`, `taylor`, `laplacian`,
    `intermediates`), f itself is recorded.  What raises in the program is run again by f, so errors are f's
    own.  Calls from several threads are safe.

    `f.source` is the program as NumPy source, whatever runs, `f.ir` the text of its native code, `f.graph`
    the program as data, `f.passes` the program after every pass, and `f.stats` says what was traced,
    folded, shared, fused and frozen, and how many bytes of memory it works in; each of the path that was run
    last.  Arrays that another thread changes while a call runs give it what was there when it looked.

    Raises ImportError for "native" without llvmlite, and ValueError for another `backend` than these.
    Raises TypeError for a static argument that can't be hashed, for an output that is no tree of arrays and
    numbers, for a number that is read out while f is traced (`item()`, `float()`), and for an argument that f
    assigns into (`x[0] = 1`, `x += 1`, `d["w"] = w` of a dict): return what is new.  RuntimeError where f
    draws random numbers, or writes into a captured array, or gives its name another.

    >>> import numpy as np
    >>> from autodiff import grad
    >>> f = jit(grad(lambda w, x: ((x @ w) ** 2).sum()))
    >>> x = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> f(np.array([1.0, -1.0]), x)
    array([ -8., -12.])
    >>> print(f.source)
    import numpy as np
    c1 = np.array(2.0)
    <BLANKLINE>
    <BLANKLINE>
    def f(w, x):
        return (c1 * (x @ w)) @ x
    """
    return Jitted(f, static_argnums, backend)


class Jitted:
    """A function that `jit` returned."""

    def __init__(self, f: Callable[..., Any], static_argnums: int | Sequence[int], backend: str) -> None:
        if not callable(f):
            raise TypeError(f"jit takes a function, not {f!r}")
        several: Any = (static_argnums,) if isinstance(static_argnums, int) else static_argnums
        numbers = isinstance(several, Sequence) and all(type(k) is int for k in several)
        if not numbers:
            raise TypeError(f"static_argnums must be an int or a tuple of ints, not {static_argnums!r}")
        self.f, self.static, self.backend = f, tuple(several), native.chosen(backend)
        self.entries: dict[Any, list[Path]] = {}
        self.latest: Path | None = None
        self.entry: Any = None  # that of the latest path, if it has one: it looks at the arguments by itself
        self.changes = 0  # how often it was traced again for an array from outside, to the same program
        self.warned: set[Any] = set()
        update_wrapper(self, f, updated=())

    def __repr__(self) -> str:
        return f"<jit of {self.f!r}>"

    def __get__(self, owner: Any, cls: Any = None) -> Any:
        return self if owner is None else MethodType(self, owner)

    def __call__(self, *args: Any, **settings: Any) -> Any:
        if unusual_contexts and (tracing.get() or opened.get() or callable(recording.get())):
            return self.f(*args, **settings)  # somebody else records what f does
        if self.entry is not None and not settings:
            try:
                out = self.entry(*args)
            except Exception:
                return self.f(*args)  # which raises the same, and says where
            if type(out) is not int:
                return out
        path = self.latest
        if path is not None and not settings and path.fits(args):
            if path.nodes:
                if tracked(args):
                    return self.run(path, args, settings, args, record=True)
                return self.run(path, args, settings, [x.value if isinstance(x, Node) else x for x in args])
            if not path.alone:
                return self.run(path, args, settings, args)
            try:
                out = path.call(args)
            except CompilationError:
                raise
            except Exception:
                return self.f(*args)  # which raises the same, and says where
            if type(out) is not Miss:
                return path.result(out)
            return self.run(path, args, settings, args)
        key, leaves = self.key_of(args, settings)
        given = [x for x in leaves if is_traced(x)]
        paths = self.entries.get(key)
        try:
            path = paths[-1] if paths else self.traced(key, args, settings)
        except UNDEFINED:
            path = None
        if path is None:
            return self.f(*args, **settings)  # which raises the same, or has no need of what raises
        if tracked(given):
            return self.run(path, args, settings, given, record=True)
        return self.run(path, args, settings, [x.value if isinstance(x, Node) else x for x in given])

    # ---- which program
    def key_of(self, args: tuple[Any, ...], settings: dict[str, Any]) -> tuple[Any, list[Any]]:
        """What decides which program runs, and the leaves of the arguments."""
        n = len(args)
        static = {k % n for k in self.static if -n <= k < n}
        for k in static:
            try:
                hash(args[k])
            except TypeError:
                raise TypeError(
                    f"jit: argument {k} of {name_of(self.f)} is static, and must be hashable; it is "
                    f"{type(args[k]).__name__}: give a tuple or a number, or take it out of static_argnums"
                ) from None
        fixed = tuple((k, frozen(args[k])) for k in sorted(static))
        given = tuple(None if k in static else x for k, x in enumerate(args))
        leaves, structure = trees.flatten_to_structure((given, settings))
        return (structure, trees.orders((given, settings)), fixed, tuple(map(self.sort_of, leaves))), leaves

    def sort_of(self, x: Any) -> Any:
        """What of a leaf of the arguments is fixed in a program."""
        cls = type(x)
        if cls is np.ndarray:
            return x.shape, x.dtype
        if isinstance(x, Node):
            return (cls, x.value.shape, x.value.dtype) if x.arrays else (cls, type(x.value))
        if isinstance(x, (np.ndarray, np.generic)) and is_traced(x):
            return cls, x.shape, x.dtype
        if cls is float or cls is complex:
            return cls
        try:
            hash(x)
        except TypeError:
            raise TypeError(
                f"jit: {name_of(self.f)} was given {cls.__name__}, which is no array, no number and no tree "
                "of them, and can't be hashed to tell it from others"
            ) from None
        return cls, x

    def traced(
        self,
        key: Any,
        args: tuple[Any, ...],
        settings: dict[str, Any],
        trust: bool = True,
        before: Path | None = None,
    ) -> Path:
        """A new path: what f does with these arguments; or the one `before`, if it is the same program."""
        structure, _, fixed, _ = key
        static = [k for k, _ in fixed]
        leaves = self.key_of(args, settings)[1]

        def rebuild(nodes: list[Any]) -> Any:
            given, named = structure.unflatten(nodes)
            given = list(given)
            for k in static:
                given[k] = args[k]
            return tuple(given), named

        names = names_of(self.f, args, settings, static)
        names = [name for name, x in zip(names, leaves, strict=True) if is_traced(x)]
        plain = not any(isinstance(x, Node) for x in leaves)
        with without_collector():
            found = trace(self.f, leaves, rebuild, names, trust, [args[k] for k in static])
            if before and found.like(before.trace):
                path = before
                path.trace = replace(found, program=path.trace.program)
                self.changes += 1
                if self.changes == CHANGES:
                    self.warn(
                        CHANGES,
                        f"jit: what {name_of(self.f)} takes from outside has changed in {CHANGES} calls, and "
                        "in each of them it ran uncompiled, to see what it does now: pass arrays that change "
                        "as arguments, or keep them in Tensors",
                    )
            else:
                kinds = None if settings or fixed else kinds_of(args)
                path = Path(found, name_of(self.f), plain, key, kinds, self.backend)
                path.recorded = Recorded(path, partial(jit, backend=self.backend))
        if trust:
            if len(self.entries) >= KEYS and key not in self.entries:
                self.entries.pop(next(iter(self.entries)), None)
                self.warn(
                    KEYS,
                    f"jit: {name_of(self.f)} has been traced for {KEYS} sorts of arguments, and for each new "
                    "one is traced again: a number that changes must be a float or an array, not an int",
                )
            path.siblings = self.entries.setdefault(key, [])
            path.siblings[:] = [p for p in path.siblings if p.truths != path.truths] + [path]
        return path

    # ---- running it
    def run(self, path: Path, args: Any, settings: Any, values: Sequence[Any], record: bool = False) -> Any:
        """f's result; where another path raises while it is traced, by f itself."""
        try:
            return self.followed(path, args, settings, values, record)
        except UNDEFINED:
            pass
        return self.f(*args, **settings)

    def followed(self, path: Path, args: Any, settings: Any, values: Sequence[Any], record: bool) -> Any:
        """f's result, by the path that fits, a new one if there is none; with `record`, as nodes."""
        key, paths, fresh, tried = path.key, path.siblings, False, 0
        while True:
            try:
                hidden = [h.read() for h in path.trace.hidden] if path.trace.hidden else ()
                stale = path.trace.watched and not path.trace.fresh()
            except (LookupError, AttributeError, TypeError, ValueError):
                stale = True
            if stale:
                if path in paths:
                    paths.remove(path)
                if fresh or tried > PATHS:
                    return self.f(*args, **settings)
                path, fresh = self.traced(key, args, settings, before=path), True
                continue
            asked = record or tracked(hidden)
            try:
                if asked:
                    out = path.recorded.call([as_input(x) for x in (*values, *hidden)])
                else:
                    out = path.call(values, [x.value if isinstance(x, Node) else x for x in hidden])
            except CompilationError:
                raise
            except Exception:
                return self.f(*args, **settings)  # which raises the same, and says where
            if type(out) is not Miss:
                if path.siblings:  # it is not the careful one, which is hardly ever needed
                    self.latest, self.entry = path, path.entry
                return path.trace.rebuild(out) if asked else path.result(out)
            tried += 1
            if fresh or tried > PATHS:
                return self.f(*args, **settings)
            if out.guard < 0:
                path.careful = path.careful or self.traced(key, args, settings, trust=False)
                path, fresh = path.careful, True
                continue
            wanted_truths = (*path.truths[: out.guard], not path.truths[out.guard])
            others = [p for p in reversed(paths) if p.truths[: len(wanted_truths)] == wanted_truths]
            if others:
                path = others[0]
            elif len(paths) < PATHS:
                path, fresh = self.traced(key, args, settings), True
            else:
                place = path.trace.program.guards[out.guard].place
                self.warn(
                    key,
                    f"jit: {name_of(self.f)} has gone {PATHS} ways through its branches; calls that take "
                    f"another one at {place}, run uncompiled: write autodiff.where(condition, a, b)",
                )
                return self.f(*args, **settings)

    def warn(self, once: Any, text: str) -> None:
        if once not in self.warned:
            self.warned.add(once)
            frame, level = _getframe(1), 2
            while frame.f_back and f"{frame.f_globals.get('__name__')}.".startswith(PACKAGE):
                frame, level = frame.f_back, level + 1
            warnings.warn(text, RuntimeWarning, stacklevel=level)

    # ---- what there is to see
    def seen(self, what: str) -> Path:
        if self.latest is None:
            raise AttributeError(f"{name_of(self.f)}.{what}: call it once, then there is a program")
        return self.latest

    @property
    def source(self) -> str:
        """The program that ran last, as NumPy source."""
        return self.seen("source").source

    @property
    def ir(self) -> str:
        """The kernels of the program that ran last, as LLVM's text.

        Raises AttributeError where it ran as NumPy source.
        """
        path = self.seen("ir").ready()
        if not path.native:
            raise AttributeError(f"{name_of(self.f)}.ir: it ran as NumPy source, and there is no other code")
        found: str = path.native.ir
        return found

    @property
    def derivatives(self) -> dict[str, str]:
        """What was compiled for derivatives of the program that ran last, as NumPy source.

        "forward" and "backward" are the two halves of a backward walk; "pull" is a derivative that is
        differentiated again, "push" is that of forward mode, and "batch" is vmap's.
        """
        found: dict[str, str] = self.seen("derivatives").recorded.sources()
        return found

    @property
    def graph(self) -> Program:
        """The program that ran last: `print` shows it as text, and `autodiff.draw` as a picture.

        What runs together is in its `groups`: loops over rows, or the terms of one native kernel.
        """
        return self.seen("graph").grouped

    @property
    def passes(self) -> list[tuple[str, Program]]:
        """The program that ran last, as it was traced and after every pass that changed it."""
        traced = self.seen("passes").trace.program
        return [("traced", traced), *all_stages(traced)]

    @property
    def stats(self) -> dict[str, Any]:
        """What was traced, folded, shared, fused and frozen, and the bytes of memory that is used again."""
        path = self.seen("stats")
        return {**path.stats, "paths": sum(map(len, self.entries.values()))}


def names_of(f: Any, args: tuple[Any, ...], settings: dict[str, Any], static: list[int]) -> list[str]:
    """A name for each leaf of the arguments: the parameter's, and where in its tree."""
    found = []
    for k, (name, x) in enumerate(zip(parameters(f, len(args)), args, strict=True)):
        found += [] if k in static else [name + path for path in trees.paths(x)]
    return found + [name + path for name in sorted(settings) for path in trees.paths(settings[name])]


def kinds_of(args: tuple[Any, ...]) -> Kinds | None:
    """What arguments are like, if that is seen at a glance: arrays, floats and nodes, no trees."""
    found: Kinds = []
    for x in args:
        if type(x) is np.ndarray:
            found.append((np.ndarray, x.shape, x.dtype))
        elif type(x) is float or type(x) is complex:
            found.append((type(x), None, None))
        elif isinstance(x, Node) and x.arrays:
            found.append((type(x), x.value.shape, x.value.dtype))
        elif isinstance(x, Node):
            found.append((type(x), None, type(x.value)))
        else:
            return None
    return found
