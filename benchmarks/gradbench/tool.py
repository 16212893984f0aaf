"""What the programs share: how GradBench's messages become calls, and how these are timed.

A program is a module with `FUNCTIONS`: by the names of its specification, what turns the message's input into
arrays, what is timed, and what turns the result into JSON.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterable
from importlib import import_module
from time import perf_counter_ns
from typing import Any, NamedTuple

import numpy as np

from autodiff import jit

EAGER = "AUTODIFF_EAGER" in os.environ
PROGRAMS = (
    "hello", "lse", "llsq", "gmm", "kmeans", "ode", "lstm", "ht", "ba", "det", "saddle", "particle",
)  # fmt: skip

Message = dict[str, Any]


class Function(NamedTuple):
    """`prepare(input)` gives the arguments of `run`, which is timed; `finish(result)` is the output."""

    prepare: Callable[[Message], tuple[Any, ...]]
    run: Callable[..., Any]
    finish: Callable[[Any], Any]


def functions(module: str) -> dict[str, Function]:
    """The functions of a program; raises ValueError for one that GradBench does not have."""
    if module not in PROGRAMS:
        raise ValueError(f"no program {module!r} here; there are {', '.join(PROGRAMS)}")
    found: dict[str, Function] = import_module(f"benchmarks.gradbench.{module}").FUNCTIONS
    return found


def evaluate(function: Function, given: Any) -> Message:
    """The output, and how long each run took: at least `min_runs` of them, for at least `min_seconds`."""
    arguments = function.prepare(given)
    least, seconds = (given["min_runs"], given["min_seconds"]) if isinstance(given, dict) else (1, 0)
    runs: list[int] = []
    while len(runs) < least or sum(runs) < seconds * 1e9:
        start = perf_counter_ns()
        result = function.run(*arguments)
        runs.append(perf_counter_ns() - start)
    timings = [{"name": "evaluate", "nanoseconds": n} for n in runs]
    return {"success": True, "output": function.finish(result), "timings": timings}


def answer(message: Message) -> Message:
    """The response to a message.  A failure is an answer as well: it says what was raised."""
    response: Message = {"id": message["id"]}
    try:
        match message["kind"]:
            case "start":
                response["tool"] = "autodiff"
            case "define":
                functions(message["module"])
                response["success"] = True
            case "evaluate":
                known = functions(message["module"])
                if message["function"] not in known:
                    raise ValueError(f"{message['module']} has {', '.join(known)}, not {message['function']}")
                response |= evaluate(known[message["function"]], message["input"])
    except Exception:
        response |= {"success": False, "error": traceback.format_exc()}
    return response


def arrays_of(names: Iterable[str]) -> Callable[[Message], tuple[Any, ...]]:
    """Fields of the input, as arrays."""
    return lambda given: tuple(np.array(given[name], float) for name in names)


def compiled(f: Callable[..., Any], static_argnums: Any = ()) -> Callable[..., Any]:
    """f as the tool runs it: compiled, or with AUTODIFF_EAGER in the environment as it is."""
    return f if EAGER else jit(f, static_argnums=static_argnums)


def to_list(x: Any) -> Any:
    """An array's or Tensor's elements."""
    return x.tolist()
