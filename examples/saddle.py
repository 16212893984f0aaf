"""A saddle point by nested gradient descent: derivatives of a function that itself descends by derivatives.

    python examples/saddle.py              from (1, 1), with every combination of the two modes
    python examples/saddle.py --start 2 3

We look for

    min over x of  max over y of  f(x, y),        f(x, y) = (x₁² + x₂²) - (y₁² + y₂²)

The maximum is found by gradient ascent, and it is the function that the minimum is found of, by gradient
descent.  So the outer derivative goes through a loop that calls the inner derivative until it is small
enough: how many steps that takes depends on the data.  Engines that mark a variable by a flag confuse the
two derivatives.  The outer derivative is compiled here, once for each pair of modes, with the whole ascent in
it; the branches are guarded, so that it would be traced again where the ascent takes another course.  The
program is from Pearlmutter and Siskind, "Using programming language theory to make automatic differentiation
sound and efficient" (2008); GradBench has it as `saddle`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import cache, partial
from typing import Any

from autodiff import jit

try:
    from descent import MODES, Mode, Point, argmax, argmin
except ModuleNotFoundError:  # as a part of the project
    from examples.descent import MODES, Mode, Point, argmax, argmin


# ---- the program -----------------------------------------------------------------------------------------
def f(x: Point, y: Point) -> Any:
    return (x[0] * x[0] + x[1] * x[1]) - (y[0] * y[0] + y[1] * y[1])


@cache
def slopes(outer: Mode, inner: Mode) -> tuple[Any, Any]:
    """The outer derivatives: in x, of the maximum over y that is found from a start, and in y, at an x."""

    def greatest(start: tuple[float, ...], x: Point) -> Any:
        return f(x, argmax(partial(inner, partial(f, x)), list(start)))

    return (
        jit(lambda x, start: outer(partial(greatest, start), x), static_argnums=1),
        jit(lambda y, x: outer(partial(f, x), y)),
    )


def saddle(start: Point, outer: Mode, inner: Mode) -> Point:
    """The saddle point (x₁, x₂, y₁, y₂)."""
    in_x, in_y = slopes(outer, inner)
    x = argmin(lambda x: in_x(x, tuple(start)), start)
    y = argmax(lambda y: in_y(y, x), start)
    return [*x, *y]


def main(arguments: Sequence[str] | None = None) -> list[Point]:
    """Print the saddle point, found in four ways; the four."""
    parser = argparse.ArgumentParser(description="A saddle point by nested gradient descent.")
    parser.add_argument(
        "--start", type=float, nargs=2, default=[1.0, 1.0], metavar="X", help="two numbers, 1 1 by default"
    )
    start = parser.parse_args(arguments).start
    found = []
    for outer in MODES:
        for inner in MODES:
            point = saddle(start, MODES[outer], MODES[inner])
            print(f"{outer:7} of {inner:7}:  " + "  ".join(f"{x:.16g}" for x in point), flush=True)
            found.append(point)
    return found


if __name__ == "__main__":
    main()
