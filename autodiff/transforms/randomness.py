"""Random numbers inside `vmap`: drawn for each example, or not at all."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ..graph import PACKAGE, TRACE, Node, Primitive, leaf
from ..tensor import Tensor
from .fresh import name_of

__all__: list[str] = []


class Generators:
    """The generators of one call of a mapped function."""

    def __init__(self) -> None:
        self.size = 0
        self.mapped: set[int] = set()
        self.drawn: dict[Node, Any] = {}  # what was drawn for all examples, by the node of the first

    def for_each_example(self, generator: np.random.Generator, axis: Any) -> Any:
        """What f gets in the generator's place; not mapped, it is as good as any other (`watched`)."""
        if axis is None:
            return generator
        self.mapped.add(id(generator))
        return Mapped(generator, self)

    @contextmanager
    def watched(self, f: Callable[..., Any], leaves: list[Any]) -> Iterator[None]:
        """Raise RuntimeError if a generator is used that f can reach, and that is not mapped."""
        watched = {id(g): g for g in reachable(f) + [x for x in leaves if isinstance(x, np.random.Generator)]}
        before = {k: state(g) for k, g in watched.items() if k not in self.mapped}
        yield
        if any(state(watched[k]) != old for k, old in before.items()):
            raise RuntimeError(
                f"vmap: {name_of(f)} drew random numbers from a generator that is not mapped, so that all "
                "examples would get the same: pass the numpy.random.Generator as an argument with in_axes=0"
            )


# Methods of a generator, by how many parameters they have before `size`; all of these broadcast.
PARAMETERS = (
    "random standard_normal standard_exponential standard_cauchy",
    "exponential standard_gamma poisson chisquare geometric logseries pareto power rayleigh standard_t "
    "weibull zipf",
    "normal uniform integers gamma beta binomial f gumbel laplace logistic lognormal negative_binomial "
    "vonmises wald",
    "triangular hypergeometric",
)
DRAWING = {name: n for n, names in enumerate(PARAMETERS) for name in names.split()}


class Mapped:
    """A numpy.random.Generator that draws for every example: its distributions, whose results are Tensors."""

    def __init__(self, generator: np.random.Generator, of: Generators) -> None:
        self._generator, self._of = generator, of

    def __getattr__(self, name: str) -> Any:
        if name not in DRAWING:
            raise AttributeError(f"a generator that vmap maps has no {name!r}; it has {', '.join(DRAWING)}")
        method, n = getattr(self._generator, name), DRAWING[name]

        def draw(*args: Any, size: Any = None, **settings: Any) -> Any:
            args, size = args[:n], args[n] if len(args) > n else size
            shape = np.broadcast_shapes(*map(np.shape, args)) if size is None else size
            shape = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
            batch = np.asarray(method(*args, size=(self._of.size, *shape), **settings))
            out: Any = leaf(
                Tensor, np.asarray(batch[0]) if len(batch) else np.ones(shape, batch.dtype), TRACE
            )
            self._of.drawn[out] = leaf(Tensor, batch)
            return out

        return draw


# ---- what f could draw from ------------------------------------------------------------------------------
NOTHING_INSIDE = {int, float, complex, str, bytes, bool, type(None), np.ndarray, np.float64}
MOST = 5000  # objects that are looked into: enough for a model, and little time


def reachable(f: Any) -> list[Any]:
    """The generators that f, and the functions that it uses, can name; and those that everybody can.

    Those in containers and attributes of what has a name count too, however deep.
    """
    functions: list[Any] = [random.getstate, np.random.get_state]
    found = [function.__self__ for function in functions]
    waiting: list[Any] = [f]
    seen: set[int] = set()
    for x in waiting:  # grows as it is read
        if id(x) in seen or type(x) in NOTHING_INSIDE:
            continue
        if len(seen) == MOST:
            break
        seen.add(id(x))
        if isinstance(x, (np.random.Generator, np.random.RandomState, random.Random)):
            found.append(x)
        elif isinstance(x, FunctionType):
            waiting += [cell.cell_contents for cell in x.__closure__ or () if filled(cell)]
            waiting += [*(x.__defaults__ or ()), *(x.__kwdefaults__ or {}).values()]
            if not (x.__module__ or "").startswith((PACKAGE, "numpy")):
                waiting += named(x.__code__, x.__globals__)
        elif isinstance(x, Primitive):
            waiting += [x.f, x.scalar]  # its rules lead to all others
        elif isinstance(x, partial):
            waiting += [x.func, *x.args, *x.keywords.values()]
        elif isinstance(x, MethodType):
            waiting += [x.__func__, x.__self__]
        elif isinstance(x, (dict, list, tuple)):
            waiting += x.values() if isinstance(x, dict) else x
        elif not isinstance(x, (type, ModuleType, Node)) and isinstance(getattr(x, "__dict__", None), dict):
            wrapped = vars(x).get("__wrapped__")  # what it does is what that does
            waiting += [wrapped] if isinstance(wrapped, FunctionType) else vars(x).values()
    return found


def named(code: CodeType, where: dict[str, Any]) -> list[Any]:
    """What code can name, as global variables and as those of modules that are such, and code within it."""
    modules = [where[k] for k in code.co_names if isinstance(where.get(k), ModuleType)]
    modules = [m for m in modules if not f"{m.__name__}.".startswith((PACKAGE, "numpy."))]
    found = [vars_[k] for vars_ in (where, *map(vars, modules)) for k in code.co_names if k in vars_]
    return found + [x for inner in code.co_consts if isinstance(inner, CodeType) for x in named(inner, where)]


def filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:  # a variable that has no value yet
        return False


def state(generator: Any) -> bytes:
    """All that decides what comes next."""
    if hasattr(generator, "bit_generator"):
        return pickle.dumps(generator.bit_generator.state)
    return pickle.dumps((getattr(generator, "getstate", None) or generator.get_state)())
