"""How strongly should a regression be held back?  The slope of the validation error tells.

    python examples/ridge.py                find the penalties of a ridge regression
    python examples/ridge.py --steps 50     with fewer steps; --help lists the other options

Ridge regression predicts y by x @ w, where w makes the error on the training data plus a penalty, |w|² times
λ, as small as it can be.  Which λ is good is for other data to say, the validation data.  Their error depends
on λ by way of w, and w is a minimum that some solver found.  The implicit function theorem differentiates the
minimum, so nobody has to differentiate the solver, which here is NumPy's.

A single λ could be found by trying.  But with its derivatives, each feature can have a λ of its own.
scikit-learn brings the data: the progress of diabetes in 442 patients (pip install scikit-learn).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autodiff import argmin, exp, grad, value_and_grad


def load(seed: int) -> tuple[Any, Any, Any, Any]:
    """Features and progress of the patients for training, and of those for validation; standardised."""
    try:
        from sklearn.datasets import load_diabetes
    except ImportError:
        sys.exit("This example's data come with scikit-learn: pip install scikit-learn")
    x, y = load_diabetes(return_X_y=True)
    x, y = (x - x.mean(axis=0)) / x.std(axis=0), (y - y.mean()) / y.std()
    order = np.random.default_rng(seed).permutation(len(y))
    training, validation = order[:60], order[60:]
    return x[training], y[training], x[validation], y[validation]


def penalised(w: Any, log_penalty: Any, x: Any, y: Any) -> Any:
    """What w makes small: λ is exp(log_penalty), one for all features or one for each."""
    return ((x @ w - y) ** 2).sum() + (exp(log_penalty) * w**2).sum()


def solver(f: Callable[..., Any], w: Any, log_penalty: Any, x: Any, y: Any) -> Any:
    """The minimum in closed form, on plain arrays: nothing in here is recorded."""
    return np.linalg.solve(x.T @ x + np.exp(log_penalty) * np.eye(len(w)), x.T @ y)


weights = argmin(penalised, solver)


def error(log_penalty: Any, data: tuple[Any, Any, Any, Any]) -> Any:
    """The mean square error on the validation data, with the weights found on the training data."""
    x, y, other_x, other_y = data
    w = weights(np.zeros(x.shape[1]), log_penalty, x, y)
    return ((other_x @ w - other_y) ** 2).mean()


def best_single(data: tuple[Any, Any, Any, Any], start: float) -> float:
    """The log λ at which the error has no slope, by Newton's method in one variable.

    Where the error curves downwards, Newton's method would climb; the step goes down the slope instead.
    """
    log_penalty = start
    print("\nlog λ      error      slope")
    for _ in range(20):
        value, slope = value_and_grad(error)(log_penalty, data)
        print(f"{log_penalty:5.2f}   {value:8.5f}   {slope:8.1e}")
        if abs(slope) < 1e-10:
            break
        curvature = grad(grad(error))(log_penalty, data)
        step = -slope / curvature if curvature > 0 else -np.sign(slope)
        log_penalty += float(np.clip(step, -1, 1))
    return log_penalty


def best_each(data: tuple[Any, Any, Any, Any], start: float, steps: int) -> tuple[Any, float]:
    """A log λ for each feature, by gradient descent from the same for all; and the error."""
    log_penalty = np.full(data[0].shape[1], start)
    for _ in range(steps):
        log_penalty = log_penalty - 20 * grad(error)(log_penalty, data)
    return log_penalty, float(error(log_penalty, data))


def main(argv: Sequence[str] | None = None) -> tuple[float, float]:
    """Print the search; return the validation error with one λ, and with one for each feature."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--start", type=float, default=0.0, help="log λ to start from (0)")
    parser.add_argument("--steps", type=int, default=200, help="steps of gradient descent (200)")
    parser.add_argument("--seed", type=int, default=0, help="of the random choice of patients (0)")
    options = parser.parse_args(argv)
    if options.steps < 0:
        parser.error("--steps is a number of steps, not negative")

    data = load(options.seed)
    slope, h = grad(error)(options.start, data), 1e-5
    difference = (error(options.start + h, data) - error(options.start - h, data)) / (2 * h)
    print(f"slope of the error at log λ = {options.start:g}: {slope:.9f}")
    print(f"by finite differences:           {difference:.9f}")

    single = best_single(data, options.start)
    of_single = float(error(single, data))
    each, of_each = best_each(data, single, options.steps)
    print(f"\nerror with one λ, {np.exp(single):.3g}: {of_single:.5f}")
    print(f"error with one for each feature: {of_each:.5f}")
    print("λ: " + "  ".join(f"{p:.3g}" for p in np.exp(each)))
    return of_single, of_each


if __name__ == "__main__":
    main()
