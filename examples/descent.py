"""What saddle.py and particle.py share: gradients in two modes, descent, and a loop of compiled steps.

A `Mode` finds the value of a function and its gradient.  Both modes must find the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autodiff import custom_jvp, custom_vjp, jit, jvp, sqrt, value_and_grad, vjp

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


# ---- a loop that has a derivative ------------------------------------------------------------------------
def loop(
    step: Callable[..., Any], goes_on: Callable[[Any], bool], mode: Mode
) -> Callable[..., tuple[Any, ...]]:
    """A function of a state's numbers and one parameter: the last state of `state = step(*state, parameter)`
    that still `goes_on`.

    How many steps there are depends on the data, and a program that has all of them in it is long.  So one
    step is compiled, and its derivative is: in forward mode the one that pushes tangents on from state to
    state, in reverse mode the one that pulls cotangents back through them.
    """
    run = jit(step)

    def states(*given: Any) -> tuple[list[Any], float]:
        *state, parameter = map(float, given)
        found: list[Any] = [tuple(state)]
        while goes_on(new := run(*found[-1], parameter)):
            found.append(new)
        return found, parameter

    if mode is forward:
        push = jit(lambda *given: jvp(step, given[: len(given) // 2], given[len(given) // 2 :])[1])

        def along(primals: Any, tangents: Any) -> tuple[Any, Any]:
            found, parameter = states(*primals)
            *moves, parameter_moves = map(float, tangents)
            for state in found[:-1]:
                moves = push(*state, parameter, *moves, parameter_moves)
            return found[-1], tuple(moves)

        pushed = custom_jvp(lambda *given: states(*given)[0][-1])
        pushed.defjvp(along)
        return pushed

    pull = jit(lambda *given: vjp(step, *given[: len(given) // 2 + 1])[1](given[len(given) // 2 + 1 :]))

    def start(*given: Any) -> tuple[Any, Any]:
        found, parameter = states(*given)
        return found[-1], (found[:-1], parameter)

    def back(residuals: Any, cotangents: Any) -> tuple[Any, ...]:
        found, parameter = residuals
        gs, total = list(map(float, cotangents)), 0.0
        for state in reversed(found):
            *gs, by_parameter = pull(*state, parameter, *gs)
            total += by_parameter
        return (*gs, total)

    pulled = custom_vjp(lambda *given: states(*given)[0][-1])
    pulled.defvjp(start, back)
    return pulled
