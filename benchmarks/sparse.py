"""How long do sparse Jacobians and Hessians take: to plan, and at each x?

python benchmarks/sparse.py                 all cases, next to CasADi where it is installed
python benchmarks/sparse.py --only rosen    those whose name contains a text
python benchmarks/sparse.py --small         a tenth of the unknowns
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable
from importlib import metadata
from typing import Any

import numpy as np

from autodiff import hessian, jacobian, sparse_hessian, sparse_jacobian

try:
    import casadi
except ImportError:
    casadi = None


# ---- the programs, in words that NumPy and CasADi share --------------------------------------------------
def boundary(m: Any, x: Any) -> Any:
    """x'' = exp(x) at each inner point."""
    return x[2:] - 2 * x[1:-1] + x[:-2] - m.exp(x[1:-1])


def rosenbrock(m: Any, x: Any) -> Any:
    """The chained Rosenbrock function."""
    return total(m, 100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def total(m: Any, x: Any) -> Any:
    return m.sum(x) if m is np else m.sum1(x)


class Views:
    """Bundle adjustment without turns: residuals of 6 numbers of a camera and 3 of a point."""

    def __init__(self, n: int) -> None:
        rng = np.random.default_rng(0)
        cameras, points = max(n // 1000, 2), n // 4
        self.camera, self.point = rng.integers(0, cameras, n), rng.integers(0, points, n)
        self.points, self.size = 6 * cameras, 6 * cameras + 3 * points

    def __call__(self, m: Any, x: Any) -> Any:
        c = [x[6 * self.camera + k] for k in range(6)]
        X, Y, Z = (x[self.points + 3 * self.point + k] - c[k] for k in range(3))
        u, v = X / (Z + 9), Y / (Z + 9)
        bend = 1 + c[4] * (u * u + v * v)
        rows = u * bend * c[3] + c[5], v * bend * c[3] + c[5]
        return np.concatenate(rows) if m is np else m.vertcat(*rows)


def cases(small: bool) -> dict[str, tuple[Any, Any, bool]]:
    """By name: the program, its unknowns, and whether it is for a Hessian."""
    n = 10 if small else 1
    views = Views(20_000 // n)
    return {
        "boundary value problem": (boundary, 100_000 // n, False),
        "rosenbrock": (rosenbrock, 10_000 // n, True),
        "rosenbrock, large": (rosenbrock, 100_000 // n, True),
        "bundle adjustment": (views, views.size, False),
    }


# ---- measuring -------------------------------------------------------------------------------------------
def seconds(run: Callable[[], Any], repeats: int = 5) -> float:
    """The best of several."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def megabytes(run: Callable[[], Any]) -> float:
    """The most that was allocated at a time."""
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def measure(name: str, program: Any, n: int, second: bool) -> None:
    x = np.random.default_rng(0).uniform(0.5, 1.5, n)
    sparse, dense = (sparse_hessian, hessian) if second else (sparse_jacobian, jacobian)

    def f(x: Any) -> Any:
        return program(np, x)

    plan = sparse(f).plan(x)
    print(f"{name}, {plan}")
    planning, call = seconds(lambda: sparse(f).plan(x), 3), seconds(lambda: plan(x))
    peak = megabytes(lambda: sparse(f).plan(x)(x))
    print(f"    autodiff    plan {planning:8.3f} s    each x {call:8.4f} s    {peak:7.1f} MB in all")
    if casadi:
        started = time.perf_counter()
        symbol = casadi.MX.sym("x", n)
        expression = program(casadi, symbol)
        matrix = casadi.hessian(expression, symbol)[0] if second else casadi.jacobian(expression, symbol)
        theirs = casadi.Function("theirs", [symbol], [matrix])
        planning, call = time.perf_counter() - started, seconds(lambda: theirs(x))
        print(f"    CasADi      plan {planning:8.3f} s    each x {call:8.4f} s")
        difference = abs(plan(x) - theirs(x).sparse()).max()
        assert difference < 1e-9 * abs(plan(x)).max(), difference
    if not isinstance(program, Views):
        few = x[:1000]
        print(f"    dense       of the first 1000 unknowns {seconds(lambda: dense(f)(few), 2):8.3f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description="Sparse Jacobians and Hessians: how long they take.")
    parser.add_argument("--only", default="", help="only cases whose name contains this")
    parser.add_argument("--small", action="store_true", help="a tenth of the unknowns")
    options = parser.parse_args()
    names = ["numpy", "scipy", *(["casadi"] if casadi else [])]
    print(", ".join(f"{name} {metadata.version(name)}" for name in names))
    for name, case in cases(options.small).items():
        if options.only in name:
            measure(name, *case)


if __name__ == "__main__":
    main()
