"""Planets that nobody sees, found in the wobble of their star: derivatives through an N-body simulation.

    python examples/orbit.py                fit the planets, and compare them with the true ones
    python examples/orbit.py --noise 10     with less exact measurements; --help lists the other options

A star moves a little as its planets go round it, and spectrographs measure how fast it comes and goes.  From
60 such velocities we look for the planets: the mass of each, and where it was and how it moved at the start.
The planets are heavy and close, and pull at each other as well, so there is no formula for the orbits: the
model is a simulation, 1000 steps in which every body pulls at every other one.  Its derivatives are taken
through all the steps, in forward mode, because 11 numbers go in and 60 come out, and SciPy's least squares
does the rest (pip install scipy).  A guess that is a little too slow is a whole turn late in the end, so the
first few measurements are fitted first, and then more.  The system is made up in the manner of GJ 876's,
where one planet goes round twice while the other does once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from autodiff import concatenate, jacobian, stack

# Units: au (distance from the earth to the sun), days, masses of the sun.
GRAVITY, STAR, JUPITER = 2.959122e-4, 0.37, 9.546e-4
METRES = 1.495978707e11 / 86400  # au a day in metres a second
SEEN = np.linspace(3, 200, 60).astype(int)  # the days on which the star is looked at

# A day is five leapfrogs, one of them backwards, so that the errors of the five cancel (Suzuki 1990).
LEAP = 1 / (4 - 4 ** (1 / 3))
LEAPS = LEAP, LEAP, 1 - 4 * LEAP, LEAP, LEAP

# For each planet: its mass in Jupiters, and, next to the star, its place (au) and its velocity (au a day).
# At the end, how fast the whole system comes towards us, m/s.
TRUTH = np.array([0.75, 0.02, 0.130, -0.0274, 0.0035, 2.2, -0.205, 0.05, -0.0053, -0.0214, 12.0])
START = np.array([0.50, 0.00, 0.130, -0.0290, 0.0000, 2.0, -0.210, 0.00, 0.0000, -0.0228, 0.0])  # circles


def accelerations(x: Any, mass: Any) -> Any:
    """How the bodies at x, (3, 2), are accelerated by each other: G Σ m d / |d|³."""
    apart = x[None, :, :] - x[:, None, :]
    squares = (apart**2).sum(axis=2) + np.eye(3)  # of a body from itself: 1, not 0, and apart is 0
    return GRAVITY * (mass[None, :, None] * apart / (squares**1.5)[:, :, None]).sum(axis=1)


def wobble(p: Any, seen: Any) -> Any:
    """The velocities of the star towards us on the days `seen`, m/s; p is planets and drift, (11,)."""
    planets, drift = p[:10].reshape(2, 5), p[10]
    mass = concatenate([np.array([STAR]), planets[:, 0] * JUPITER])
    x = concatenate([np.zeros((1, 2)), planets[:, 1:3]])
    v = concatenate([np.zeros((1, 2)), planets[:, 3:5]])
    v = v - (mass[:, None] * v).sum(axis=0) / mass.sum()  # the system as a whole stands still
    found, a = [], accelerations(x, mass)
    for day in range(seen[-1] + 1):
        if day in seen:
            found.append(v[0, 1])
        for leap in LEAPS:  # half a kick, a step, half a kick
            half = v + leap / 2 * a
            x = x + leap * half
            a = accelerations(x, mass)
            v = half + leap / 2 * a
    return METRES * stack(found) + drift


def fit(measured: Any, noise: float) -> tuple[Any, Any, Any]:
    """Planets and drift in one array of 11 numbers, how sure each of them is, and SciPy's report."""
    try:
        from scipy.optimize import least_squares
    except ImportError:
        sys.exit("This example's least squares come with SciPy: pip install scipy")

    p = START
    for known in (20, 40, 60):

        def misses(p: Any, known: int = known) -> Any:
            return (wobble(p, SEEN[:known]) - measured[:known]) / noise

        report = least_squares(misses, p, jacobian(misses, mode="fwd"), x_scale="jac", max_nfev=50)
        p = report.x
    return p, np.sqrt(np.diagonal(np.linalg.inv(report.jac.T @ report.jac))), report


def main(argv: Sequence[str] | None = None) -> tuple[Any, Any]:
    """Print the planets; what was found, and how sure it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--noise", type=float, default=3.0, help="of a measurement, in m/s (3)")
    parser.add_argument("--seed", type=int, default=0, help="of the noise (0)")
    options = parser.parse_args(argv)
    if not 0 < options.noise < float("inf"):
        parser.error("--noise is more than 0")

    chance = np.random.default_rng(options.seed)
    measured = wobble(TRUTH, SEEN) + options.noise * chance.standard_normal(len(SEEN))
    found, unsure, report = fit(measured, options.noise)
    print(f"χ² per degree of freedom: {2 * report.cost / (len(SEEN) - 11):.3f}\n")
    print(f"{'':28}{'found':>10}{'±':>9}{'truth':>10}")
    for k, truth in enumerate(TRUTH):
        name = ["mass (Jupiters)", "x (au)", "y (au)", "x a day", "y a day"][k % 5]
        name = f"planet {k // 5 + 1}, {name}" if k < 10 else "drift (m/s)"
        print(f"{name:28}{found[k]:10.5f}{unsure[k]:9.5f}{truth:10.5f}")
    off = np.abs(found - TRUTH) / unsure
    assert off.max() < 4, "further from the truth than the noise explains"
    return found, unsure


if __name__ == "__main__":
    main()
