"""GradBench's JAX tool, with its clock stopped when results are there.

JAX returns from a call as soon as the work is dispatched, and the tool stops its clock then.  So what it
times is wrapped here in `block_until_ready`; all else is the tool's own.  It runs with the Python
that has JAX:

    python benchmarks/gradbench/jax_tool.py PATH-OF-GRADBENCH
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

Decorator = Callable[..., Callable[[Callable[..., Any]], Any]]


def waiting(decorator: Decorator, wait: Callable[[Any], Any]) -> Decorator:
    """The decorator, for functions whose results are waited for."""

    def with_settings(**settings: Any) -> Callable[[Callable[..., Any]], Any]:
        return lambda f: decorator(**settings)(lambda given: wait(f(given)))

    return with_settings


def main(gradbench: str) -> None:
    python = Path(gradbench) / "python" / "gradbench"
    tool = python / "gradbench" / "tools" / "jax"
    sys.path[:1] = [
        str(tool),
        str(python),
    ]  # in the place of this folder, which has modules of the same names
    sys.argv[1:] = []
    wrap, jax = import_module("gradbench.wrap"), import_module("jax")
    for name in ("function", "multiple_runs"):
        setattr(wrap, name, waiting(getattr(wrap, name), jax.block_until_ready))
    import_module("gradbench.tools.jax.run").main()


if __name__ == "__main__":
    main(sys.argv[1])
