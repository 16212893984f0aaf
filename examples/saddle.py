"""A saddle point by nested gradient descent: derivatives of a function that itself descends by derivatives.

    python examples/saddle.py              from (1, 1), with every combination of the two modes
    python examples/saddle.py --start 2 3

We look for

    min over x of  max over y of  f(x, y),        f(x, y) = (x₁² + x₂²) - (y₁² + y₂²)

The maximum is found by gradient ascent, and it is the function that the minimum is found of, by gradient
descent.  So the outer derivative goes through a loop that calls the inner derivative until it is small
enough: how many steps that takes depends on the data.  Engines that mark a variable by a flag confuse the two
derivatives.  The program is from Pearlmutter and Siskind, "Using programming language theory to make
automatic differentiation sound and efficient" (2008); GradBench has it as `saddle`.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from typing import Any

from autodiff import Value, grad, jvp

Point = list[Any]
Gradient = Callable[[Callable[[Point], Any], Point], Point]


# ---- the two modes ---------------------------------------------------------------------------------------
def forward(f: Callable[[Point], Any], at: Point) -> Point:
    """The gradient of f by forward walks, one for each coordinate."""
    n = len(at)
    return [jvp(f, (at,), ([float(i == k) for i in range(n)],))[1] for k in range(n)]


def reverse(f: Callable[[Point], Any], at: Point) -> Point:
    """The gradient of f by one backward walk."""
    gradient: Point = grad(f)(at)
    return gradient


MODES: dict[str, Gradient] = {"forward": forward, "reverse": reverse}


# ---- gradient descent ------------------------------------------------------------------------------------
def length(v: Point) -> float:
    """How long v is, as a plain number: it decides when to stop, and needs no derivative."""
    return math.sqrt(sum(x * x for x in map(plain, v)))


def plain(x: Any) -> Any:
    return x.data if isinstance(x, Value) else x


def argmin(f: Callable[[Point], Any], start: Point, gradient: Gradient) -> Point:
    """Where f is least.  The step grows after ten successes, and shrinks when f does not."""
    at, rate, successes = start, 1e-5, 0
    height, slope = f(at), gradient(f, at)
    while length(slope) > 1e-5:
        if successes == 10:
            rate, successes = 2 * rate, 0
        there = [x - rate * s for x, s in zip(at, slope, strict=True)]
        if length([x - y for x, y in zip(at, there, strict=True)]) <= 1e-5:
            break
        lower = f(there)
        if lower < height:
            at, height, slope, successes = there, lower, gradient(f, there), successes + 1
        else:
            rate, successes = rate / 2, 0
    return at


def argmax(f: Callable[[Point], Any], start: Point, gradient: Gradient) -> Point:
    return argmin(lambda at: -f(at), start, gradient)


# ---- the program -----------------------------------------------------------------------------------------
def f(x: Point, y: Point) -> Any:
    return (x[0] * x[0] + x[1] * x[1]) - (y[0] * y[0] + y[1] * y[1])


def saddle(start: Point, outer: Gradient, inner: Gradient) -> Point:
    """The saddle point (x₁, x₂, y₁, y₂)."""

    def greatest(x: Point) -> Any:
        return f(x, argmax(lambda y: f(x, y), start, inner))

    x = argmin(greatest, start, outer)
    y = argmax(lambda y: f(x, y), start, outer)
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
