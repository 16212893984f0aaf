"""Random programs of numbers, as native code against eager; not part of the test run.

    PYTHONPATH=. python tests/long/scalar_programs.py                20,000 programs, half an hour on a core
    PYTHONPATH=. python tests/long/scalar_programs.py 500 --seed 3   500 others

A program is a list of steps on one to four numbers, with branches among them.  Its value, its gradient, both,
and its second derivatives are compiled, and called with ordinary numbers and with those at the edges: zeros
of both signs, infinities, NaN, very large and very small ones.  Results must be eager's, within rounding, and
so must errors, but for those of what the result does not depend on, which is not computed.  There NumPy
source must do the same, and so it must at infinities, where the passes of the compiler may bring in a NaN.
What rounding decides (numbers in the last bits of the arguments change it as much) is left out.  A mismatch
prints the program, and ends the run.
"""

from __future__ import annotations

import argparse
import cmath
import math
import random
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import autodiff
import autodiff.numpy
from autodiff import Value, grad, hessian, jit, jvp, value_and_grad
from autodiff.graph import Node
from autodiff.jit.compile import Jitted
from autodiff.jit.native import engine

INF, TINY = math.inf, 1e-14  # differences that are no matter
EDGES = [
    0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 3.0, -2.0, INF, -INF, math.nan, 1e300, -1e300, 1e-300,
    5e-324, 710.0, 1e16,
]  # fmt: skip
UNARY = [
    "exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "sinh", "cosh", "tanh", "arcsinh", "arccosh",
    "arctanh", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "sqrt", "cbrt", "square", "reciprocal",
    "sigmoid", "softplus", "relu", "erf", "absolute", "negative", "sign", "floor", "ceil", "trunc", "rint",
    "deg2rad", "rad2deg", "sinc", "fabs", "nan_to_num", "angle",
]  # fmt: skip
ARITHMETIC = ["add", "subtract", "multiply", "divide", "power"]
BINARY = [
    *ARITHMETIC, "remainder", "floor_divide", "fmod", "maximum", "minimum", "fmax", "fmin", "arctan2",
    "hypot", "copysign", "logaddexp", "logaddexp2", "heaviside",
]  # fmt: skip
FORMS: dict[str, Callable[..., Any]] = {
    "x + 1": lambda x: x + 1, "2 - x": lambda x: 2 - x, "x / 3": lambda x: x / 3.0, "1 / x": lambda x: 1 / x,
    "x ** 2": lambda x: x**2, "x ** 3": lambda x: x**3, "1 / x again": lambda x: x**-1,
    "x ** 0.5": lambda x: x**0.5, "2 ** x": lambda x: 2.0**x, "x % 2": lambda x: x % 2.0,
    "x // 2": lambda x: x // 2.0, "0.1 x": lambda x: 0.1 * x,
}  # fmt: skip
COMPARED: dict[str, Callable[..., Any]] = {
    "where x > y": lambda x, y: autodiff.where(x > y, x * 2.0, y),
    "if x > y": lambda x, y: x - y if x > y else y * x,
    "if x <= 1": lambda x, y: autodiff.sin(x) if x <= 1.0 else y,
    "x > y": lambda x, y: (x > y) * y,
    "if x == y": lambda x, y: x + 3.0 if x == y else x * 0.5,
    "if x < 0": lambda x, y: -x if x < 0 else x + y,
    "root of what is positive": lambda x, y: autodiff.where(x > 0.0, autodiff.sqrt(abs(x)), y),
}


def named(name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(autodiff, name, None) or getattr(autodiff.numpy, name)
    return found


Step = tuple[str, Callable[..., Any], tuple[int, ...]]


def steps_of(rng: random.Random, inputs: int) -> list[Step]:
    found: list[Step] = []
    for k in range(rng.choice([1, 1, 2, 3, 5, 8, 12])):
        sort, there = rng.random(), inputs + k

        def pick(there: int = there) -> int:
            return rng.randrange(max(0, there - 4), there) if rng.random() < 0.7 else rng.randrange(there)

        if sort < 0.35:
            name = rng.choice(UNARY)
            found.append((name, named(name), (pick(),)))
        elif sort < 0.7:
            name = rng.choice(ARITHMETIC if rng.random() < 0.6 else BINARY)
            found.append((name, named(name), (pick(), pick())))
        elif sort < 0.9:
            name = rng.choice(list(FORMS))
            found.append((name, FORMS[name], (pick(),)))
        else:
            name = rng.choice(list(COMPARED))
            found.append((name, COMPARED[name], (pick(), pick())))
    return found


def value_of(steps: list[Step], xs: tuple[Any, ...]) -> Any:
    values = list(xs)
    for _, f, at in steps:
        values.append(f(*[values[k] for k in at]))
    return values[-1]


def ways(steps: list[Step], inputs: int, k: int) -> Callable[..., Any]:
    def f(*xs: Any) -> Any:
        return value_of(steps, xs)

    def second(*xs: Any) -> Any:
        return jvp(grad(f, nums), xs, (1.0,) * inputs)

    nums = tuple(range(inputs))
    return (f, grad(f, nums), value_and_grad(f, nums), second, hessian(f))[k % 5]


# ---- comparing -------------------------------------------------------------------------------------------
def outcome(f: Callable[..., Any], args: tuple[Any, ...], nodes: bool = True) -> Any:
    """What a call returns, or the error that it raises.  Eager gets Values, as what is traced does."""
    if nodes and not isinstance(f, Jitted):
        args = tuple(map(Value, args))
    try:
        return flat(f(*args))
    except Exception as error:
        return type(error).__name__


def flat(x: Any) -> list[Any]:
    if isinstance(x, (tuple, list)):
        return [z for y in x for z in flat(y)]
    x = x.data if isinstance(x, Node) else x
    return [float(x) if isinstance(x, np.generic | np.ndarray) else x]


def off(a: Any, b: Any) -> float:
    """How far two results are apart, relatively; inf for such as must be the same."""
    if type(a) is not type(b):
        return INF
    if a == b or (a != a and b != b) or abs(a - b) < TINY:
        return 0.0
    return abs(a - b) / max(abs(a), abs(b)) if cmath.isfinite(a) and cmath.isfinite(b) else INF


def apart(found: Any, want: Any) -> float:
    if isinstance(found, str) or isinstance(want, str) or len(found) != len(want):
        return 0.0 if found == want else INF
    return max(map(off, found, want))


def of_the_passes(source: Any, calls: list[tuple[float, ...]], found: Any) -> bool:
    """Whether NumPy source does what the native code does in the last of these calls, after one of them.

    Which path a call begins with, the one before it says; and there may be an error on its way to a guard.
    """
    *_, args = calls
    for before in calls:
        outcome(source, before)
        if apart(found, outcome(source, args)) < 1e-9:
            return True
    return False


def decided_by_rounding(f: Any, args: tuple[float, ...], found: Any, want: Any) -> bool:
    """Whether eager comes as far from itself, when arguments change in their last bits."""
    distance, most = apart(found, want), 0.0
    for seed in range(12):
        rng = random.Random(seed)
        size = 4e-16 if seed < 8 else 1e-14
        near = tuple(x * (1.0 + rng.choice([-1, 1, 2, -2]) * size) if math.isfinite(x) else x for x in args)
        most = max(most, apart(outcome(f, near), want))
    return distance <= 100 * most


def check(rng: random.Random, counts: dict[str, int]) -> None:
    inputs = rng.choice([1, 2, 2, 3, 4])
    steps, k = steps_of(rng, inputs), rng.randrange(5)
    f = ways(steps, inputs, k)
    compiled, source = jit(f, backend="native"), jit(f, backend="numpy")
    calls: list[tuple[float, ...]] = []
    for turn in range(8):
        some = [
            rng.choice(EDGES) if rng.random() < 0.12 * turn else rng.uniform(-3, 3) for _ in range(inputs)
        ]
        args = tuple(some)
        calls.append(args)
        for _ in range(2):  # the second call is compiled surely
            found, want = outcome(compiled, args), outcome(f, args)
            counts["calls"] += 1
            counts["errors"] += isinstance(want, str)
            if isinstance(found, str) and found == outcome(f, args, nodes=False):
                continue  # with numbers f raises something else than with Values, as Python's power does
            if apart(found, want) < 1e-9 or decided_by_rounding(f, args, found, want):
                continue
            if of_the_passes(source, calls, found) and (
                isinstance(want, str) or not all(map(math.isfinite, args))
            ):
                counts["both back ends"] += not isinstance(want, str)
            else:
                text = "\n".join(f"    v{inputs + i} = {name} {at}" for i, (name, _, at) in enumerate(steps))
                sort = ("f", "grad", "value_and_grad", "second", "hessian")[k]
                raise SystemExit(f"{sort} of\n{text}\nat {args}\n  compiled {found}\n  eager    {want}")
    counts["native"] += compiled.latest is not None and compiled.stats["backend"] == "native"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("count", nargs="?", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    engine.llvm()
    warnings.simplefilter("ignore", RuntimeWarning)
    start, counts = time.time(), {"calls": 0, "errors": 0, "native": 0, "both back ends": 0}
    for k in range(given.count):
        check(random.Random(given.seed * 1_000_003 + k), counts)
        if (k + 1) % 500 == 0 or k + 1 == given.count:
            print(f"{k + 1} programs, no mismatch, {counts}, {time.time() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
