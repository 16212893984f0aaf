"""Native code: a program as machine code, by way of LLVM.

Read engine.py for how text becomes functions in memory, and cache.py for how they are kept; ir.py for how the
text is written.  Then, for programs of numbers, scalars.py and entry.py; for programs of arrays, segments.py,
nests.py, kernels.py, driver.py, fits.py, threads.py, results.py and
arrays.py.
"""

from __future__ import annotations

import os
from typing import Any

from ..program import Program

__all__: list[str] = []

BACKENDS = ("auto", "numpy", "native")


def chosen(backend: str) -> str:
    """The back end, "numpy" or "native", of what `jit` was given, and the environment's AUTODIFF_JIT.

    "auto" is native code where it can be made.  Raises ValueError for a name that is none, or for variables
    of the environment that make no sense, and ImportError, with the line that installs what is missing, where
    native code was asked for and can't be made.
    """
    from . import engine  # when a function is compiled: with the cache on disk it takes 8 ms

    where, name = "backend", backend
    if name == "auto":
        where, name = "AUTODIFF_JIT", os.environ.get("AUTODIFF_JIT") or "auto"
    if name not in BACKENDS:
        raise ValueError(f"jit: {where} must be one of {', '.join(BACKENDS)}, not {name!r}")
    if name == "native":
        engine.llvm()
    name = name if name != "auto" else "native" if engine.available() else "numpy"
    if name == "native":
        from .threads import allowed

        allowed()  # what the environment says of threads must make sense
    return name


def compiled(program: Program, name: str, takes: Any = None, gives: Any = None) -> Any:
    """The program as native code: `function(*inputs, memory)`, `memory()` for it, `ir` and `stats`.

    Where `memory` is None, the function takes none.  `takes` and `gives` are the trees of arguments and
    results (`entry.py`), if they are known: a program of numbers has an `entry` for calls with these.

    None where there is nothing to gain: NumPy source runs then.
    """
    from . import arrays, scalars
    from .components import prepared

    if scalars.able(program):
        return scalars.Runner(program, name, takes, gives)
    if all(t.size <= 1 for t in program.terms):
        return None  # of numbers: calls of kernels would take longer than Python's arithmetic
    try:
        return arrays.Runner(*prepared(program), name)
    except NotImplementedError:
        return None
