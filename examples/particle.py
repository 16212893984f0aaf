"""Steering a charged particle through the origin: a derivative through a simulation that takes derivatives.

    python examples/particle.py            from w = 0, with every combination of the two modes
    python examples/particle.py --start 0.1

Two fixed charges stand at (10, 10 - w) and (10, 0), and make the potential

    p(x) = 1 / |x - (10, 10 - w)| + 1 / |x - (10, 0)|

A particle starts at (0, 8) with the velocity (0.75, 0), and is accelerated by -∇p, which is the inner
derivative, at every step of Euler's method.  It falls until it meets the horizontal axis.  We look for the w
with which it does so at the origin, by gradient descent on the square of the place, which is the outer
derivative, through a loop whose length depends on the data.  A step of the loop is compiled: then its
derivatives are, too, and a loop in plain Python goes from step to step.  The program is from Pearlmutter and
Siskind, "Using programming language theory to make automatic differentiation sound and efficient" (2008);
GradBench has it as `particle`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

from autodiff import jit, sqrt, where

try:
    from descent import MODES, Mode, Point, argmin
except ModuleNotFoundError:  # as a part of the project
    from examples.descent import MODES, Mode, Point, argmin

START = 0.0, 8.0, 0.75, 0.0  # the place and the velocity
STRETCH = 64  # steps that are compiled together


# ---- the simulation --------------------------------------------------------------------------------------
def distance(u: Point, v: Point) -> Any:
    x, y = u[0] - v[0], u[1] - v[1]
    return sqrt(x * x + y * y)


def euler(inner: Mode, x0: Any, x1: Any, v0: Any, v1: Any, w: Any) -> tuple[Any, Any, Any, Any]:
    """Place and velocity a tenth later."""
    charges = [[10.0, 10.0 - w], [10.0, 0.0]]

    def potential(x: Point) -> Any:
        return sum(1 / distance(x, charge) for charge in charges)

    _, slope = inner(potential, [x0, x1])
    return x0 + 0.1 * v0, x1 + 0.1 * v1, v0 - 0.1 * slope[0], v1 - 0.1 * slope[1]


def stretch(inner: Mode, x0: Any, x1: Any, v0: Any, v1: Any, w: Any) -> tuple[Any, Any, Any, Any, Any]:
    """The state some steps later, or the last one above the axis; and whether the particle falls on."""
    state, falls = (x0, x1, v0, v1), x1 > 0
    for _ in range(STRETCH):
        new = euler(inner, *state, w)
        falls = new[1] > 0
        state = tuple(where(falls, later, now) for later, now in zip(new, state, strict=True))
    return *state, falls


@cache
def compiled(inner: Mode) -> Callable[..., Any]:
    return jit(partial(stretch, inner))


def fall(ahead: Callable[..., Any], w: Any) -> Any:
    """How the particle falls, by a function for one stretch: its last state above the axis."""
    *state, falls = ahead(*START, w)
    while falls:
        *state, falls = ahead(*state, w)
    return state


def miss(x0: Any, x1: Any, v0: Any, v1: Any) -> Any:
    """The square of where the particle meets the axis, from its last state above."""
    meets = x0 - x1 / v1 * v0  # on the straight line from the last place above the axis
    return meets * meets


# ---- the program -----------------------------------------------------------------------------------------
def particle(start: float, outer: Mode, inner: Mode) -> float:
    """The w with which the particle meets the origin."""
    (w,) = argmin(partial(outer, lambda at: miss(*fall(compiled(inner), at[0]))), [start])
    return float(w)


def main(arguments: Sequence[str] | None = None) -> list[float]:
    """Print w, found in four ways; the four."""
    parser = argparse.ArgumentParser(description="Steering a charged particle through the origin.")
    parser.add_argument("--start", type=float, default=0.0, metavar="W", help="%(default)s by default")
    start = parser.parse_args(arguments).start
    found = []
    for outer in MODES:
        for inner in MODES:
            w = particle(start, MODES[outer], MODES[inner])
            away = miss(*fall(partial(stretch, MODES[inner]), w)) ** 0.5
            print(f"{outer:7} of {inner:7}:  w = {w:.16g}, {away:.1e} from the origin", flush=True)
            found.append(w)
    return found


if __name__ == "__main__":
    main()
