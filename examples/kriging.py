"""How smooth is a curve of which only noisy points are known?  A Gaussian process finds out from the points.

    python examples/kriging.py                fit the process, and compare its curve with the true one
    python examples/kriging.py --points 40    with fewer points; --help lists the other options

A Gaussian process takes the points for a sample of a normal distribution, whose covariance falls with the
distance between two points: a² exp(-d² / 2l²), and s² more for a point with itself.  The amplitude a, the
length l and the noise s are what makes the points most likely,

    log p(y) = -½ yᵀ K⁻¹ y - ½ log det K - ½ n log 2π

The program is NumPy's own functions, `np.linalg.cholesky` and `np.linalg.solve` among them, on what is given;
the gradient and the Hessian go through both.  Rasmussen and Williams, Gaussian Processes for Machine
Learning (2006), algorithm 2.1.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np

from autodiff import grad, hessian


def curve(x: Any) -> Any:
    """What is to be found again."""
    return np.sin(3 * x) + 0.5 * x


def covariance(parameters: Any, x: Any, z: Any) -> Any:
    """Of the curve at n points x with the curve at m points z, (n, m); parameters are log a, log l, log s."""
    apart = (x[:, None] - z[None, :]) / np.exp(parameters[1])
    return np.exp(2 * parameters[0] - apart**2 / 2)


def factor(parameters: Any, x: Any) -> Any:
    """The lower triangle L with L Lᵀ = K, the covariance of the points, (n, n)."""
    noise = np.exp(2 * parameters[2]) * np.eye(len(x))
    return np.linalg.cholesky(covariance(parameters, x, x) + noise)


def surprise(parameters: Any, x: Any, y: Any) -> Any:
    """-log p(y): what the parameters are to make small."""
    lower = factor(parameters, x)
    white = np.linalg.solve(lower, y)
    log_det = 2 * np.sum(np.log(np.diagonal(lower)))
    return 0.5 * np.sum(white**2) + 0.5 * log_det + 0.5 * len(x) * np.log(2 * np.pi)


def fit(x: Any, y: Any, start: Any) -> tuple[Any, float]:
    """The parameters at which the surprise has no slope, by Newton's method, and the size of that slope.

    Where the surprise curves downwards, Newton's method would climb; there it goes down as steeply.
    """
    parameters = np.array(start)
    print("\nlog a    log l    log s    surprise    slope")
    for _ in range(50):
        slope = grad(surprise)(parameters, x, y)
        size = float(np.linalg.norm(slope))
        numbers = "  ".join(f"{p:7.4f}" for p in parameters)
        print(f"{numbers}  {float(surprise(parameters, x, y)):9.4f}    {size:.1e}")
        if size < 1e-8:
            break
        curvatures, directions = np.linalg.eigh(hessian(surprise)(parameters, x, y))
        step = -directions @ (directions.T @ slope / np.maximum(np.abs(curvatures), 1e-3))
        parameters = parameters + step / max(1.0, float(np.linalg.norm(step)))
    return parameters, size


def predict(parameters: Any, x: Any, y: Any, z: Any) -> tuple[Any, Any]:
    """The mean and the standard deviation of the curve at z, given the points."""
    lower = factor(parameters, x)
    known = np.linalg.solve(lower, covariance(parameters, x, z))
    mean = known.T @ np.linalg.solve(lower, y)
    return mean, np.sqrt(np.exp(2 * parameters[0]) - np.sum(known**2, axis=0))


def main(argv: Sequence[str] | None = None) -> tuple[Any, float, float]:
    """Print the fit; return the parameters, the slope there, and the error of the curve."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=60, help="how many points are known (60)")
    parser.add_argument("--noise", type=float, default=0.2, help="standard deviation of their noise (0.2)")
    parser.add_argument("--seed", type=int, default=0, help="of the random points (0)")
    options = parser.parse_args(argv)
    if options.points < 3 or options.noise <= 0:
        parser.error("it takes three points at least, and noise above 0")

    rng = np.random.default_rng(options.seed)
    x = np.sort(rng.uniform(-2, 2, options.points))
    y = curve(x) + options.noise * rng.standard_normal(len(x))

    start, h = np.array([0.0, 0.0, -1.0]), 1e-5
    slope = float(grad(surprise)(start, x, y)[1])
    ahead, behind = (float(surprise(start + d, x, y)) for d in ([0, h, 0], [0, -h, 0]))
    print(f"slope in log l at the start: {slope:.6f}")
    print(f"by finite differences:       {(ahead - behind) / (2 * h):.6f}")

    parameters, size = fit(x, y, start)
    z = np.linspace(-1.9, 1.9, 50)
    mean, deviation = predict(parameters, x, y, z)
    error = float(np.sqrt(np.mean((mean - curve(z)) ** 2)))
    amplitude, length, noise = np.exp(parameters)
    print(f"\namplitude {amplitude:.3f}, length {length:.3f}, noise {noise:.3f} (true: {options.noise:g})")
    print(f"error of the curve: {error:.4f}, expected: {np.sqrt(np.mean(deviation**2)):.4f}")
    assert size < 1e-6, "the fit did not arrive"
    return parameters, size, error


if __name__ == "__main__":
    main()
