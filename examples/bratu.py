"""A differential equation on a grid: Newton's method with a sparse Jacobian, ten thousand unknowns.

    python examples/bratu.py                 solve, and print how each step went and a picture of the result
    python examples/bratu.py --size 300      on a finer grid; --help lists the other options

Bratu's equation describes how warm a slab gets that heats itself, the more the warmer it is, and is cooled at
its edges:

    ∂²u/∂x² + ∂²u/∂y² + λ exp(u) = 0 inside the unit square,        u = 0 around it

Above λ = 6.8 there is no solution: the slab catches fire.  On a grid, the equation at each point is about the
point and its four neighbours.  So each of the Jacobian's ten thousand rows has five nonzeros at most, and
seven walks find them all: autodiff sees from the recorded graph where they are.  The plan is made once, and
every step of Newton's method uses it.  SciPy solves the linear systems (pip install scipy).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from autodiff import sparse_jacobian


def residual(u: Any, rate: float) -> Any:
    """What is left of the equation at every point of the grid; u has the shape (n, n)."""
    h = 1 / (len(u) + 1)
    edge = np.pad(u, 1)  # the zeros around
    neighbours = edge[2:, 1:-1] + edge[:-2, 1:-1] + edge[1:-1, 2:] + edge[1:-1, :-2]
    return neighbours - 4 * u + h * h * rate * np.exp(u)


def solve(rate: float, size: int, say: Any = print) -> tuple[Any, bool]:
    """The solution by Newton's method, from u = 0, and whether it arrived there."""
    try:
        from scipy.sparse.linalg import spsolve
    except ImportError:
        sys.exit("This example's linear systems are solved by SciPy: pip install scipy")
    u = np.zeros((size, size))
    plan = sparse_jacobian(residual).plan(u, rate)
    say(plan)
    for step in range(20):
        left = residual(u, rate)
        norm = float(np.abs(left).max())
        say(f"step {step:2}    largest residual {norm:8.1e}    largest u {u.max():.6f}")
        if not norm < 1e3:
            break
        if norm < 1e-13:
            return u, True
        # where the tangent plane of the residual is zero: J (new - u) = -residual
        u = u - spsolve(plan(u, rate).tocsc(), left.ravel()).reshape(u.shape)
    return u, False


def picture(u: Any, rows: int = 12) -> str:
    """The result in characters, darker where it is warmer."""
    shades, at = " .:-=+*#%@", np.linspace(0, len(u) - 1, rows).round().astype(int)
    level = u[np.ix_(at, at)] / u.max() * (len(shades) - 1)
    return "\n".join("".join(2 * shades[int(k)] for k in row.round()) for row in level)


def main(arguments: Sequence[str] | None = None) -> Any:
    """Solve, and print what was found; the solution."""
    options = read_options(arguments)
    u, arrived = solve(options.rate, options.size)
    print(f"\n{picture(u)}" if arrived else "\nIt did not arrive: above 6.8 there is no solution.")
    return u


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Bratu's equation by Newton's method with a sparse Jacobian."
    )
    parser.add_argument(
        "--rate", type=float, default=6.0, help="λ, how much it heats, %(default)s by default"
    )
    parser.add_argument("--size", type=int, default=100, help="points along an edge, %(default)s by default")
    options = parser.parse_args(arguments)
    if options.size < 2:
        parser.error(f"argument --size: {options.size} is not 2 or more")
    if not 0 < options.rate < float("inf"):
        parser.error(f"argument --rate: {options.rate:g} is not more than 0, and finite")
    return options


if __name__ == "__main__":
    main()
