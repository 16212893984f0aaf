"""Fitting a curve: two damped oscillations, found again in noise by SciPy with autodiff's derivatives.

    python examples/curve_fit.py                 fit, and print what was found beside the truth
    python examples/curve_fit.py --noise 0.3     with more noise; --help lists the other options

The parameters are a dict of arrays.  scipy.optimize.minimize wants one vector, so ravel_pytree makes one of
the dict, and back.  The method is Newton's: it steps to the bottom of the parabola that has the slope and the
curvature of the loss.  SciPy asks for the slope (the gradient) and for the curvature along a direction (the
Hessian times a vector); autodiff finds both.  At the end, the whole Hessian tells how sure the result is.
SciPy brings the minimizer (pip install scipy).
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autodiff import hessian, hvp, ravel_pytree, value_and_grad

# ---- the model -------------------------------------------------------------------------------------------
# A bell that rings in two tones: each swings at its own frequency, and dies away at its own rate.
TRUTH = {
    "amplitude": np.array([2.0, 1.0]),
    "decay": np.array([0.3, 0.1]),
    "frequency": np.array([0.5, 1.2]),
    "phase": np.array([0.4, -0.8]),
    "offset": 0.5,
}
# Where the search starts: roughly what one would read off a picture of the data.  The loss has many valleys,
# one for every way in which the swings can be out of step, so a start far off ends in the wrong one.
START = {
    "amplitude": np.array([1.5, 1.5]),
    "decay": np.array([0.2, 0.2]),
    "frequency": np.array([0.47, 1.23]),
    "phase": np.array([0.0, 0.0]),
    "offset": 0.0,
}


def model(p: Any, t: Any) -> Any:
    """The curve at the times t, from the parameters p: Σ_k a_k exp(-d_k t) cos(2π f_k t + φ_k) + offset."""
    t = t[:, None]  # a row for each time, a column for each tone
    swing = np.cos(2 * math.pi * p["frequency"] * t + p["phase"])
    return (p["amplitude"] * np.exp(-p["decay"] * t) * swing).sum(axis=1) + p["offset"]


def measure(noise: float, points: int, seed: int) -> tuple[Any, Any]:
    """Times, and what was measured then: the true curve and noise."""
    chance = np.random.default_rng(seed)
    t = np.linspace(0.0, 10.0, points)
    return t, model(TRUTH, t) + noise * chance.normal(size=points)


def half_squares(p: Any, t: Any, y: Any) -> Any:
    """The loss: half the sum of the squared distances from the curve to the points."""
    return ((model(p, t) - y) ** 2).sum() / 2


# ---- the fit ---------------------------------------------------------------------------------------------
def fit(t: Any, y: Any) -> tuple[Any, Any, Any]:
    """The parameters of the best curve, their standard errors, and SciPy's report."""
    try:
        from scipy.optimize import minimize
    except ImportError:
        sys.exit("This example's minimizer comes with SciPy: pip install scipy")
    start, unravel = ravel_pytree(START)

    def loss(flat: Any) -> Any:
        return half_squares(unravel(flat), t, y)

    def hessian_times(flat: Any, direction: Any) -> Any:
        return hvp(loss, (flat,), (direction,))[0]

    report = minimize(
        value_and_grad(loss),  # the loss and its gradient, from one run
        start,
        jac=True,
        hessp=hessian_times,
        method="trust-ncg",
        options={"gtol": 1e-6},
    )
    # The steeper the loss rises around its minimum, the better the data determine the parameters: their
    # covariance is the inverse of the Hessian, times the variance of the noise.
    variance = 2 * report.fun / (len(y) - len(start))
    errors = np.full_like(start, math.nan)
    if report.success:
        errors = np.sqrt(np.diagonal(variance * np.linalg.inv(hessian(loss)(report.x))))
    return unravel(report.x), unravel(errors), report


# ---- running it ------------------------------------------------------------------------------------------
def main(arguments: Sequence[str] | None = None) -> Any:
    """Fit, and print what was found; the parameters."""
    options = read_options(arguments)
    t, y = measure(options.noise, options.points, options.seed)
    found, errors, report = fit(t, y)
    print(f"{len(t)} points, each with noise of about {options.noise:g}")
    print(
        f"half the sum of squares: {half_squares(START, t, y):.4g} at the start, {report.fun:.4g} at the end"
    )
    print(f"{report.nit} steps, {report.nfev} gradients, {report.nhev} Hessians times a vector\n")
    print(f"{'':16}{'start':>12}{'found':>12}{'±':>12}{'truth':>12}")
    for name, truth in TRUTH.items():
        columns = [np.ravel(x) for x in (START[name], found[name], errors[name], truth)]
        for k, numbers in enumerate(zip(*columns, strict=True)):
            label = name if np.ndim(truth) == 0 else f"{name} {k + 1}"
            print(f"{label:16}" + "".join(f"{number:12.4f}" for number in numbers))
    if not report.success:
        print(f"\nIt did not arrive: {report.message}")
    return found


def number(kind: type[int] | type[float], low: float) -> Callable[[str], float]:
    """A reader of command-line numbers that must not be less than `low`."""

    def read(text: str) -> float:
        try:
            x = kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a {'whole ' * (kind is int)}number") from None
        if not low <= x < math.inf:
            raise argparse.ArgumentTypeError(f"{text} is not {low:g} or more, and finite")
        return x

    return read


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Fitting a curve with exact derivatives.")
    add = parser.add_argument
    add("--noise", type=number(float, 0), default=0.1, help="its size, %(default)s by default")
    add("--points", type=number(int, 30), default=200, help="how many points, %(default)s by default")
    add("--seed", type=number(int, 0), default=0, help="of the noise, %(default)s by default")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    found = main()
    apart = max(float(np.max(np.abs(found[name] - TRUTH[name]))) for name in TRUTH)
    assert apart < 0.5 or len(sys.argv) > 1, "not the curve that was measured"
