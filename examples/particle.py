"""Steering a charged particle through the origin: a derivative through a simulation that takes derivatives.

    python examples/particle.py            from w = 0, with every combination of the two modes
    python examples/particle.py --start 0.1

Two fixed charges stand at (10, 10 - w) and (10, 0), and make the potential

    p(x) = 1 / |x - (10, 10 - w)| + 1 / |x - (10, 0)|

A particle starts at (0, 8) with the velocity (0.75, 0), and is accelerated by -∇p, which is the inner
derivative, at every step of Euler's method.  It falls until it meets the horizontal axis.  We look for the w
with which it does so at the origin, by gradient descent on the square of the place, which is the outer
derivative, through a loop whose length depends on the data.  The program is from Pearlmutter and Siskind,
"Using programming language theory to make automatic differentiation sound and efficient" (2008); GradBench
has it as `particle`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any

from autodiff import grad, jvp, sqrt

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


# ---- the simulation --------------------------------------------------------------------------------------
def distance(u: Point, v: Point) -> Any:
    x, y = u[0] - v[0], u[1] - v[1]
    return sqrt(x * x + y * y)


def miss(w: Any, inner: Gradient) -> Any:
    """The square of where the particle meets the axis."""
    charges = [[10.0, 10.0 - w], [10.0, 0.0]]

    def potential(x: Point) -> Any:
        return sum(1 / distance(x, charge) for charge in charges)

    step, x, v = 0.1, [0.0, 8.0], [0.75, 0.0]
    while True:
        force = inner(potential, x)
        new = [a + step * b for a, b in zip(x, v, strict=True)]
        if new[1] <= 0:
            break
        x, v = new, [b - step * c for b, c in zip(v, force, strict=True)]
    meets = x[0] - x[1] / v[1] * v[0]  # on the straight line from the last place above the axis
    return meets * meets


# ---- gradient descent ------------------------------------------------------------------------------------
def argmin(f: Callable[[Any], Any], start: float, gradient: Gradient) -> float:
    """Where f is least.  The step grows after ten successes, and shrinks when f does not."""

    def slope_at(w: float) -> float:
        slope: float = gradient(lambda at: f(at[0]), [w])[0]
        return slope

    w, rate, successes = start, 1e-5, 0
    height, slope = f(w), slope_at(w)
    while abs(slope) > 1e-5:
        if successes == 10:
            rate, successes = 2 * rate, 0
        new = w - rate * slope
        if abs(w - new) <= 1e-5:
            break
        lower = f(new)
        if lower < height:
            w, height, slope, successes = new, lower, slope_at(new), successes + 1
        else:
            rate, successes = rate / 2, 0
    return w


def particle(start: float, outer: Gradient, inner: Gradient) -> float:
    """The w with which the particle meets the origin."""
    return argmin(lambda w: miss(w, inner), start, outer)


def main(arguments: Sequence[str] | None = None) -> list[float]:
    """Print w, found in four ways; the four."""
    parser = argparse.ArgumentParser(description="Steering a charged particle through the origin.")
    parser.add_argument("--start", type=float, default=0.0, metavar="W", help="%(default)s by default")
    start = parser.parse_args(arguments).start
    found = []
    for outer in MODES:
        for inner in MODES:
            w = particle(start, MODES[outer], MODES[inner])
            print(
                f"{outer:7} of {inner:7}:  w = {w:.16g}, {miss(w, MODES[inner]) ** 0.5:.1e} from the origin"
            )
            found.append(w)
    return found


if __name__ == "__main__":
    main()
