"""source: the gradient of a function as NumPy source that stands by itself."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from .. import trees
from ..graph import Node
from ..jit.compile import names_of
from ..jit.program import Program, Term, constant, moved
from ..jit.simplify import simplify
from ..jit.standalone import standalone
from ..jit.trace import Hidden, is_traced, trace
from ..transforms.fresh import name_of
from ..transforms.grad import grad

__all__ = ["source"]


def source(f: Callable[..., Any], *args: Any, argnums: int | Sequence[int] = 0) -> str:
    """The gradient of f as the text of a Python module that runs with NumPy alone.

    `args` are example arguments; without any, f's parameters stand for numbers.  The module defines
    `f_gradient`, a function of the same arguments (of trees, of their leaves), written for arguments of these
    shapes and dtypes, which returns ∂f/∂argument for the argument at `argnums`, or for several.  Arrays and
    Tensors that f uses from outside are written out as they are now, and what is not float, array, Value or
    Tensor among the arguments is fixed.  Functions that NumPy has not, such as `sigmoid`, come along; `erf`
    of an array needs SciPy there, too.  Of a function with branches it is the way that these arguments take;
    others raise ValueError.

    Raises TypeError and IndexError as `autodiff.grad` does, and where the number of arguments is not known;
    ValueError for an array of more than 10,000 elements from outside.

    >>> from autodiff import sin, source
    >>> print(source(lambda x, y: x * y + sin(x)))
    import math
    import numpy as np
    <BLANKLINE>
    def gradient(x, y):
        return math.cos(x) + y
    <BLANKLINE>
    """
    if not callable(f):
        raise TypeError(f"source(f) takes a function, not {type(f).__name__}")
    args = args or (1.0,) * parameters(f)
    leaves, rebuild = trees.flatten(args)
    names = names_of(f, args, {}, [])
    names = [name for name, x in zip(names, leaves, strict=True) if is_traced(x)]
    found = trace(grad(f, argnums), leaves, lambda xs: (rebuild(xs), {}), names, False, [])
    program = simplify(without_hidden(found.program, found.hidden))
    name = name_of(f)
    return standalone(
        program, f"{name}_gradient" if name.isidentifier() else "gradient", not isinstance(argnums, int)
    )


def parameters(f: Callable[..., Any]) -> int:
    """How many numbers f takes."""
    try:
        every = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        every = None
    if every is None or any(p.kind is p.VAR_POSITIONAL for p in every):
        raise TypeError(f"source: give example arguments, for {name_of(f)} doesn't say how many it takes")
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(p.kind in positional and p.default is p.empty for p in every)


def without_hidden(program: Program, hidden: tuple[Hidden, ...]) -> Program:
    """The program with what came from outside as constants."""
    count = len(program.inputs) - len(hidden)
    new: dict[Term, Term] = {}
    for x, from_outside in zip(program.inputs[count:], hidden, strict=True):
        thing = from_outside.read()
        new[x] = constant(thing.value if isinstance(thing, Node) else thing, x.name)
    terms = []
    for term in program.terms:
        inputs = tuple(new.get(x, x) for x in term.inputs)
        if inputs != term.inputs:
            new[term] = replace(term, inputs=inputs)
        terms.append(new.get(term, term))
    return replace(moved(program, tuple(terms), new), inputs=program.inputs[:count])
