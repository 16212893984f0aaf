"""Bundle adjustment: where were the cameras, and where are the points they saw?  With a sparse Jacobian.

    python examples/bundle.py                 12 cameras, 500 points: 1572 unknowns
    python examples/bundle.py --points 3000   more points; --help lists the other options

Somebody walked around a thing and took pictures of it.  All that is known: at this pixel of this picture one
sees that point.  We look for the cameras (how each is turned, and where it is) and the points at once, by
least squares of the distances between where a point should be seen and where it is.
Where a point is seen depends on one camera and one point: each row of the Jacobian has 8 nonzeros, and 8
forward walks find them all, however many points there are.  The plan of that is made once and serves every
step.  SciPy solves the sparse linear systems (pip install scipy).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autodiff import cos, sin, sparse_jacobian, sqrt

FOCUS = 800.0  # of the lenses, in pixels


def rotate(r: Any, x: Any) -> Any:
    """The points x turned about the axes r, by as many radians as those are long; (n, 3) each.

    Rodrigues' formula, with the unit axis a: x cos θ + (a × x) sin θ + a (a · x) (1 - cos θ).
    """
    angle = sqrt((r**2).sum(axis=1, keepdims=True))
    axis = r / angle
    along = (axis * x).sum(axis=1, keepdims=True)
    return x * cos(angle) + np.cross(axis, x) * sin(angle) + axis * along * (1 - cos(angle))


def pixels(unknowns: Any, camera: Any, point: Any) -> Any:
    """Where point[i] is seen by camera[i], (n, 2); of the unknowns, each camera has 6, then each point 3."""
    cameras = unknowns[: 6 * (camera.max() + 1)].reshape(-1, 6)[camera]
    points = unknowns[6 * (camera.max() + 1) :].reshape(-1, 3)[point]
    seen = rotate(cameras[:, :3], points) + cameras[:, 3:]
    return FOCUS * seen[:, :2] / seen[:, 2:]


def scene(cameras: int, points: int, noise: float, seed: int) -> tuple[Any, ...]:
    """The true unknowns, a rough guess at them, which camera sees which point, and where."""
    chance = np.random.default_rng(seed)
    turn = np.stack([np.zeros(cameras), np.linspace(-1, 1, cameras), np.zeros(cameras)], axis=1)
    place = np.tile([0.0, 0.0, 8.0], (cameras, 1))  # of the origin, as the camera sees it: ahead
    poses = np.concatenate([turn, place], axis=1) + 0.1 * chance.standard_normal((cameras, 6))
    truth = np.concatenate([poses.ravel(), chance.uniform(-2, 2, 3 * points)])
    guess = truth + 0.05 * chance.standard_normal(len(truth))
    camera, point = np.nonzero(chance.random((cameras, points)) < 0.7)  # the others are hidden
    where = pixels(truth, camera, point)
    return truth, guess, camera, point, where + noise * chance.standard_normal(where.shape)


def adjust(residual: Callable[[Any], Any], x: Any) -> Any:
    """Least squares by Levenberg and Marquardt's method: Newton's, held back where it would go too far.

    Nothing says where all of it is in space, nor how large; so there are steps that change no pixel, and
    without the damping the linear system would be singular.
    """
    try:
        from scipy.sparse import diags_array
        from scipy.sparse.linalg import spsolve
    except ImportError:
        sys.exit("This example's linear systems are solved by SciPy: pip install scipy")
    plan, damping, left = sparse_jacobian(residual).plan(x), 1e-3, residual(x)
    print(plan)
    for step in range(100):
        print(f"step {step:2}    pixels off, in the mean: {np.sqrt(np.mean(left**2)):9.5f}")
        jac = plan(x)
        square, slope = (jac.T @ jac).tocsc(), jac.T @ left
        while True:
            damped = square + damping * diags_array(square.diagonal(), format="csc")
            new = x - spsolve(damped, slope)
            new_left = residual(new)
            gain = (left**2).sum() - (new_left**2).sum()
            if gain > 0 or damping > 1e6:
                break
            damping *= 10
        if gain < 1e-9 * (left**2).sum():
            break
        x, left, damping = new, new_left, damping / 10
    return x


def main(argv: Sequence[str] | None = None) -> tuple[Any, float]:
    """Print the steps; what was found, and how far the pixels are off in the mean."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cameras", type=int, default=12, help="how many pictures (12)")
    parser.add_argument("--points", type=int, default=500, help="how many points (500)")
    parser.add_argument("--noise", type=float, default=0.5, help="of a place in a picture, in pixels (0.5)")
    parser.add_argument("--seed", type=int, default=0, help="of the scene and the noise (0)")
    options = parser.parse_args(argv)
    if min(options.cameras, options.points / 10) < 3 or not 0 < options.noise < 10:
        parser.error("it takes 3 cameras and 30 points at least, and noise above 0 and below 10")

    _, guess, camera, point, where = scene(options.cameras, options.points, options.noise, options.seed)
    found = adjust(lambda x: (pixels(x, camera, point) - where).ravel(), guess)
    off = float(np.sqrt(np.mean((pixels(found, camera, point) - where) ** 2)))
    # Least squares follow the noise a little, the more so the more unknowns there are; 7 of them are free.
    expected = options.noise * np.sqrt(1 - (len(found) - 7) / where.size)
    print(f"expected from noise of {options.noise:g} alone: {expected:.5f}")
    assert abs(off / expected - 1) < 0.1, "the cameras and points do not explain what was seen"
    return found, off


if __name__ == "__main__":
    main()
