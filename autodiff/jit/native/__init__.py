"""Native code: a program as machine code, by way of LLVM.

Read engine.py for how text becomes functions in memory, and cache.py for how they are kept; ir.py for how the
text is written; then, for programs of arrays, segments.py, nests.py, kernels.py, driver.py and arrays.py.
"""

from __future__ import annotations

import os
from typing import Any

from ..program import Program
from . import engine

__all__: list[str] = []

BACKENDS = ("auto", "numpy", "native")


def chosen(backend: str | None) -> str:
    """The back end by its name, or by AUTODIFF_JIT in the environment: "numpy" or "native".

    "auto" is NumPy source.  Raises ValueError for a name that is none, and ImportError,
    with the line that installs what is missing, where native code was asked for and can't be made.
    """
    name = (os.environ.get("AUTODIFF_JIT") or "auto") if backend is None else backend
    if name not in BACKENDS:
        where = "AUTODIFF_JIT in the environment" if backend is None else "backend"
        raise ValueError(f"jit: {where} must be one of {', '.join(BACKENDS)}, not {name!r}")
    if name == "native":
        engine.llvm()
    return "numpy" if name == "auto" else name


def compiled(program: Program, name: str) -> Any:
    """The program as native code: `function(*inputs, memory)`, `memory()` for it, `ir` and `stats`.

    None where there is nothing to gain: NumPy source runs then.
    """
    from . import arrays
    from .lowering import lowered

    try:
        return arrays.Runner(lowered(program), name)
    except NotImplementedError:
        return None
