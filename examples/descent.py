"""What saddle.py and particle.py share: gradients in two modes, and descent.

A `Mode` finds the value of a function and its gradient.  Both modes must find the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autodiff import jvp, sqrt, value_and_grad

Point = list[Any]
Height = Callable[[Point], Any]
Mode = Callable[[Height, Point], tuple[Any, Point]]


# ---- the two modes ---------------------------------------------------------------------------------------
def forward(f: Height, at: Point) -> tuple[Any, Point]:
    """By forward walks, one for each coordinate."""
    n = len(at)
    found = [jvp(f, (at,), ([float(i == k) for i in range(n)],)) for k in range(n)]
    return found[0][0], [slope for _, slope in found]


def reverse(f: Height, at: Point) -> tuple[Any, Point]:
    """By one backward walk."""
    found: tuple[Any, Point] = value_and_grad(f)(at)
    return found


MODES: dict[str, Mode] = {"forward": forward, "reverse": reverse}


# ---- gradient descent ------------------------------------------------------------------------------------
def length(v: Point) -> Any:
    return sqrt(sum(x * x for x in v))


def argmin(survey: Callable[[Point], tuple[Any, Point]], start: Point) -> Point:
    """Where a function is least, of which `survey` gives the height and the slope.  The step grows after ten
    successes, and shrinks when the function does not."""
    at, rate, successes = start, 1e-5, 0
    height, slope = survey(at)
    while length(slope) > 1e-5:
        if successes == 10:
            rate, successes = 2 * rate, 0
        there = [x - rate * s for x, s in zip(at, slope, strict=True)]
        if length([x - y for x, y in zip(at, there, strict=True)]) <= 1e-5:
            break
        lower, new_slope = survey(there)
        if lower < height:
            at, height, slope, successes = there, lower, new_slope, successes + 1
        else:
            rate, successes = rate / 2, 0
    return at


def argmax(survey: Callable[[Point], tuple[Any, Point]], start: Point) -> Point:
    def upside_down(at: Point) -> tuple[Any, Point]:
        height, slope = survey(at)
        return -height, [-x for x in slope]

    return argmin(upside_down, start)
