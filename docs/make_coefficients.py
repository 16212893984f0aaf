"""Makes autodiff/jit/native/coefficients.py: the polynomials that functions of mathematics are computed with.

    python docs/make_coefficients.py

Each is the polynomial p of least degree for which the largest error |p - f| w stays below 2**-digits, found
by Remez' exchange: the coefficients are those with which the error reaches its maximum, with alternating
sign, at one point more than there are coefficients.  The weight w is chosen so that the error counts
relative to the function that is computed in the end.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np

PLACE = Path(__file__).parent.parent / "autodiff" / "jit" / "native" / "coefficients.py"
mp.mp.dps = 60
Real = Callable[[Any], Any]


def remez(f: Real, w: Real, a: Any, b: Any, degree: int) -> tuple[list[Any], Any]:
    """The coefficients, lowest first, and the largest weighted error."""
    n = degree + 1
    points = [(a + b) / 2 - (b - a) / 2 * mp.cos(mp.pi * k / n) for k in range(n + 1)]
    grid = [(a + b) / 2 - (b - a) / 2 * mp.cos(mp.pi * k / (24 * n)) for k in range(24 * n + 1)]
    least = max(w(a), w(b)) / 10**8  # a weight of zero would leave the error undetermined
    values = [(f(x), max(w(x), least)) for x in grid]
    for _ in range(12):
        matrix, right = mp.matrix(n + 1, n + 1), mp.matrix(n + 1, 1)
        for i, x in enumerate(points):
            for j in range(n):
                matrix[i, j] = x**j
            matrix[i, n] = (-1) ** i / max(w(x), least)
            right[i] = f(x)
        *p, level = mp.lu_solve(matrix, right)
        errors = [(mp.polyval(p[::-1], x) - y) * weight for x, (y, weight) in zip(grid, values, strict=True)]
        peaks: list[tuple[Any, Any]] = []
        for x, e in zip(grid, errors, strict=True):
            if peaks and mp.sign(peaks[-1][1]) == mp.sign(e):
                if abs(e) > abs(peaks[-1][1]):
                    peaks[-1] = x, e
            else:
                peaks.append((x, e))
        while len(peaks) > n + 1:
            peaks.pop(0 if abs(peaks[0][1]) < abs(peaks[-1][1]) else -1)
        worst = max(abs(e) for e in errors)
        if len(peaks) < n + 1 or worst < abs(level) * 1.001:
            break
        points = [x for x, _ in peaks]
    return list(p), worst


def rational(f: Real, a: Any, b: Any, top: int, bottom: int) -> tuple[list[Any], list[Any]]:
    """P and Q, of these degrees, Q(0) = 1, with P / Q = f at the Chebyshev points: close to the best."""
    n = top + bottom + 1
    points = [(a + b) / 2 - (b - a) / 2 * mp.cos(mp.pi * (2 * k + 1) / (2 * n)) for k in range(n)]
    matrix, right = mp.matrix(n, n), mp.matrix(n, 1)
    for i, x in enumerate(points):
        for j in range(top + 1):
            matrix[i, j] = x**j
        for j in range(1, bottom + 1):
            matrix[i, top + j] = -f(x) * x**j
        right[i] = f(x)
    found = list(mp.lu_solve(matrix, right))
    return found[: top + 1], [mp.mpf(1), *found[top + 1 :]]


def odd(f: Real, sign: int = 1) -> Real:
    """(f(x) - x) / x³ as a function of x²."""

    def of(z: Any) -> Any:
        x = mp.sqrt(z)
        return (f(x) - x) / x**3 if z > mp.mpf(10) ** -12 else mp.taylor(f, 0, 3)[3]

    return of


def against(f: Real) -> Real:
    """The weight of such a polynomial: what it adds to f(x), relative to f(x)."""
    return lambda z: mp.sqrt(z) ** 3 / f(mp.sqrt(z)) if z else z


def exp_tail(r: Any) -> Any:
    return (mp.expm1(r) - r) / r**2 if abs(r) > mp.mpf(10) ** -15 else mp.mpf(1) / 2 + r / 6


def cos_tail(z: Any) -> Any:
    x = mp.sqrt(z)
    return (mp.cos(x) - 1 + z / 2) / z**2 if z > mp.mpf(10) ** -8 else mp.mpf(1) / 24 - z / 720


def log_tail(z: Any) -> Any:
    """log((1 + s) / (1 - s)) = 2 s + s z log_tail(z), z = s²."""
    s = mp.sqrt(z)
    return (2 * mp.atanh(s) - 2 * s) / (s * z) if z > mp.mpf(10) ** -12 else mp.mpf(2) / 3 + z * 2 / 5


def of_ratio(t: Any) -> Any:
    """x, of (x - 2) / (x + 2)."""
    return 2 * (1 + t) / (1 - t)


HALF = mp.log(2) / 2 * mp.mpf("1.0001")
QUARTER = (mp.pi / 4 * mp.mpf("1.005")) ** 2
ROOT = (3 - 2 * mp.sqrt(2)) * mp.mpf("1.0001")  # s of sqrt(2)
# name: the function, the weight, the interval
POLYNOMIALS: dict[str, tuple[Real, Real, Any, Any]] = {
    # exp(r) = 1 + r + r² EXP(r)
    "EXP": (exp_tail, lambda r: r**2, -HALF, HALF),
    # log((1 + s) / (1 - s)) = 2 s + s z LOG(z)
    "LOG": (log_tail, lambda z: z / 2, mp.mpf(0), ROOT**2),
    # sin(r) = r + r z SIN(z), cos(r) = 1 - z / 2 + z² COS(z)
    "SIN": (odd(mp.sin), against(mp.sin), mp.mpf(0), QUARTER),
    "COS": (cos_tail, lambda z: z**2 / mp.cos(mp.sqrt(z)), mp.mpf(0), QUARTER),
    # the same of logarithms with twice as many digits, for powers: 2 / 3 + z POWER(z)
    "POWER": (
        lambda z: (log_tail(z) - mp.mpf(2) / 3) / z if z else mp.mpf(2) / 5,
        lambda z: z**2 / 2,
        mp.mpf(0),
        ROOT**2,
    ),
    # log and exp in float64 with digits enough for powers of float32
    "SHORT_LOG": (log_tail, lambda z: z / 2, mp.mpf(0), ROOT**2),
    "SHORT_EXP": (exp_tail, lambda r: r**2, -HALF, HALF),
    # cbrt(m) to begin with
    "CBRT": (mp.cbrt, lambda m: 1 / mp.cbrt(m), mp.sqrt(mp.mpf(1) / 2), mp.sqrt(2)),
    # erf(x) = x + x ERF(z), |x| < 1; beyond, 1 - exp(-z) ERFC(t), t = (|x| - 2) / (|x| + 2)
    "ERF": (
        lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1 if z > mp.mpf(10) ** -20 else 2 / mp.sqrt(mp.pi) - 1,
        lambda z: mp.sqrt(z) / mp.erf(mp.sqrt(z)) if z else mp.mpf(1),
        mp.mpf(0),
        mp.mpf(1),
    ),
    "ERFC": (
        lambda t: mp.exp(of_ratio(t) ** 2) * mp.erfc(of_ratio(t)),
        lambda t: mp.exp(-(of_ratio(t) ** 2)) / mp.erf(of_ratio(t)),
        -mp.mpf(1) / 3,
        mp.mpf(1) / 2,
    ),
    "SINH": (odd(mp.sinh), against(mp.sinh), mp.mpf(0), mp.mpf(1)),
    "ARCTAN": (odd(mp.atan), against(mp.atan), mp.mpf(0), mp.mpf(1) / 4),
    "ARCSIN": (odd(mp.asin), against(mp.asin), mp.mpf(0), mp.mpf(1) / 4),
}
DIGITS = {"double": 57, "float": 28}
OTHERS = {
    "POWER": {"double": 67},
    "SHORT_LOG": {"double": 36},
    "SHORT_EXP": {"double": 34},
    "CBRT": {"double": 20, "float": 11},
}
TYPES = {"double": np.float64, "float": np.float32}


def rounded(p: list[Any], type: str) -> list[str]:
    return [float(TYPES[type](float(c))).hex() for c in p]


def main() -> None:
    lines = [
        '"""The coefficients of polynomials, lowest first, by the type of the floats.',
        "",
        "Made by docs/make_coefficients.py, which says what each is the polynomial of.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "__all__: list[str] = []",
        "",
    ]

    def write(name: str, by_type: dict[str, list[str]]) -> None:
        lines.append(f"{name} = {{")
        for type, p in by_type.items():
            lines.extend([f'    "{type}": [', *[f'        float.fromhex("{c}"),' for c in p], "    ],"])
        lines.append("}")

    for name, (f, w, a, b) in POLYNOMIALS.items():
        found = {}
        for type, digits in OTHERS.get(name, DIGITS).items():
            degree = 1
            while (fit := remez(f, w, a, b, degree))[1] > mp.mpf(2) ** -digits:
                degree += 1
            print(f"{name:10s} {type:7s} degree {degree:2d}  error 2**{float(mp.log(fit[1], 2)):.1f}")
            found[type] = rounded(fit[0], type)
        write(name, found)
    # tanh(x) = x + x z TANH_TOP(z) / TANH_BOTTOM(z), |x| < 5/8
    tops, bottoms = {}, {}
    for type, degrees in {"double": (2, 3), "float": (1, 2)}.items():
        top, bottom = rational(odd(mp.tanh), mp.mpf(0), mp.mpf(25) / 64, *degrees)
        tops[type], bottoms[type] = rounded(top, type), rounded(bottom, type)
        worst = max(
            abs(mp.polyval(top[::-1], z) / mp.polyval(bottom[::-1], z) - odd(mp.tanh)(z)) * z
            for z in mp.linspace(mp.mpf(1) / 1000, mp.mpf(25) / 64, 400)
        )
        print(f"TANH       {type:7s} {degrees}  error 2**{float(mp.log(worst, 2)):.1f}")
    write("TANH_TOP", tops)
    write("TANH_BOTTOM", bottoms)
    mp.mp.dps = 400
    lines.append(
        "# constants as whole numbers: the first 256 bits after the point; of 2 / pi, the first 1216"
    )
    for name, number in {"LN2": mp.log(2), "LOG2E": 1 / mp.log(2), "LN10": mp.log(10), "PI": mp.pi}.items():
        lines.append(f"{name} = {int(mp.floor(number * mp.mpf(2) ** 256)):#x}")
    digits = f"{int(mp.floor(2 / mp.pi * mp.mpf(2) ** 1216)):X}"
    lines.append("TWO_OVER_PI = int(")
    lines.extend(f'    "{digits[k : k + 76]}"' for k in range(0, 304, 76))
    lines.append(", 16)")
    PLACE.write_text("\n".join(lines) + "\n")
    subprocess.run([sys.executable, "-m", "ruff", "format", str(PLACE)], check=True)


if __name__ == "__main__":
    main()
