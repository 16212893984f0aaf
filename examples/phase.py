"""An image from its diffraction patterns, which tell how bright the light is, and not its phase.

    python examples/phase.py               find the image, and compare it with the true one
    python examples/phase.py --masks 4     with fewer patterns; --help lists the other options

Light that passes a small object spreads as the Fourier transform of the object, and a camera far behind it
measures the absolute value alone: half of the numbers are lost.  Several patterns, each with another known
mask before the object, make up for that (Candès, Li and Soltanolkotabi, "Phase retrieval from coded
diffraction patterns", 2015).  The image z is what makes this small:

    f(z) = 1/2L Σ_l || |F(d_l z)| - b_l ||²           d_l a mask, b_l its pattern, F the unitary transform

The program is plain NumPy, `np.fft.fft2` and `np.abs` of complex numbers among it.  The gradient of a real
function of complex numbers is ∂f/∂re - i ∂f/∂im, so the steepest way down is along minus its conjugate.
A phase that is common to the whole image changes no pattern, and is not found.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np

from autodiff import value_and_grad

SHADES = " .:-=+*#%@"


def true_image(n: int) -> Any:
    """A ring of glass with a wedge, which delays the light, and a bright spot; (n, n) complex numbers."""
    y, x = np.mgrid[-1 : 1 : n * 1j, -1 : 1 : n * 1j]
    r = np.hypot(x, y)
    bright = np.where((r > 0.4) & (r < 0.8), 1.0, 0.1) + np.exp(-60 * ((x - 0.1) ** 2 + y**2))
    return bright * np.exp(2j * x + 1j * np.sin(5 * y))


def patterns(z: Any, masks: Any) -> Any:
    """What the camera sees behind each mask, (masks, n, n)."""
    return np.abs(np.fft.fft2(masks * z, norm="ortho"))


def misfit(z: Any, masks: Any, seen: Any) -> Any:
    return np.sum((patterns(z, masks) - seen) ** 2) / (2 * len(masks))


def retrieve(masks: Any, seen: Any, start: Any, steps: int) -> tuple[Any, float]:
    """The image that was found, and its misfit: descent with Nesterov's momentum.

    All masks are of modulus 1, so along no direction the misfit curves more than 1, and steps of 1 are safe.
    """
    z = ahead = start
    print("\nstep      misfit   slope")
    for k in range(steps + 1):
        value, slope = value_and_grad(misfit)(ahead, masks, seen)
        if k % 50 == 0:
            print(f"{k:4}  {value:10.3e}  {np.linalg.norm(slope):.1e}")
        new = ahead - slope.conj()
        ahead = new + k / (k + 3) * (new - z)
        z = new
    return z, float(misfit(z, masks, seen))


def aligned(z: Any, truth: Any) -> Any:
    """z, turned by the one phase that brings it nearest to the truth."""
    overlap = np.vdot(z, truth)
    return z * overlap / abs(overlap)


def show(z: Any) -> None:
    """The brightness, as text."""
    size = np.abs(z) / np.abs(z).max()
    for line in size[:: max(len(size) // 16, 1)]:
        print("   ", "".join(SHADES[min(int(10 * s), 9)] for s in line[:: max(len(size) // 32, 1)]))


def main(argv: Sequence[str] | None = None) -> tuple[float, float]:
    """The relative error of the image, and the misfit that is left."""
    parser = argparse.ArgumentParser(description="An image from diffraction patterns without their phases.")
    parser.add_argument("--size", metavar="N", type=int, default=32, help="N × N pixels")
    parser.add_argument("--masks", metavar="L", type=int, default=6, help="how many patterns")
    parser.add_argument("--steps", metavar="K", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    if options.size < 4 or options.masks < 1 or options.steps < 1:
        parser.error("a size of 4 or more, and a mask and a step at least")
    rng = np.random.default_rng(options.seed)
    n, truth = options.size, true_image(options.size)
    masks = rng.choice([1, 1j, -1, -1j], (options.masks, n, n))
    seen = patterns(truth, masks)
    start = rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))
    print(f"{seen.size} numbers seen, {2 * truth.size} to be found")
    z, left = retrieve(masks, seen, start * np.linalg.norm(truth) / np.linalg.norm(start), options.steps)
    error = float(np.linalg.norm(aligned(z, truth) - truth) / np.linalg.norm(truth))
    print("\nthe start, and what was found:\n")
    show(start)
    print()
    show(z)
    print(f"\nrelative error, phases included: {error:.1e}")
    return error, left


if __name__ == "__main__":
    main()
