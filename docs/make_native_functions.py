"""Writes docs/native_functions.md: how exact each function of mathematics in native code is.

    python docs/make_native_functions.py [--stride 61] [--points 2000000]

The measure is the ulp: the distance of a float to the next one.  An error of 0.5 is that of the float which
is closest to the true value; below 1, of one of its two neighbours.  The truth is mpmath's, with 200 binary
digits.  mpmath is slow, so errors are first looked for with NumPy's functions in a wider type: float32 in
float64, at every 61st of all 2³² arguments (`--stride`; 1 takes an hour); float64 in the 80-bit floats of
x86-64, at millions of random ones.  Those with the largest errors are measured again with mpmath, together
with thousands of arguments at which something changes: near 0, 1, powers of two, multiples of π/2, the limits
of overflow, and the seams of the polynomials.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import mpmath as mp
import numpy as np

from autodiff.jit.native import engine, hyperbolic, mathematics, powers, trigonometry
from autodiff.jit.native.ir import Code, Lanes
from autodiff.jit.native.over_arrays import OverArrays

FILE = Path(__file__).parent / "native_functions.md"
DIGITS = 200
Array = Any


class Function(NamedTuple):
    """What is measured: the code, the truth, the same in wider floats, and where it is of interest.

    An error is seen beside the result; where that is a sum of two, beside the larger one of these: `beside`
    says what that is in wide floats, and what one of the two is in mpmath's.
    """

    write: Callable[..., Lanes]
    truth: Callable[..., Any]
    wide: Callable[..., Array] | None
    low: float
    high: float
    bound: float = 2.0
    arity: int = 1
    beside: tuple[Callable[..., Array], Callable[..., Any]] | None = None


def sigmoid(m: Any, x: Any) -> Any:
    return 1 / (1 + m.exp(-x))


def softplus(x: Any) -> Any:
    return np.maximum(x, 0) + np.log1p(np.exp(-abs(x)))


def rest_of_sum(m: Any, exp: Any, unit: Any) -> Callable[..., Any]:
    """What is added to the larger one of two numbers, in the logarithm of the sum of their exponentials."""
    return lambda x, y: m.log1p(exp(-abs(x - y))) / unit


def sum_of(larger: Any, rest: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, y: larger(x, y) + rest(x, y)


def summand(rest: Callable[..., Array]) -> Callable[..., Array]:
    return lambda x, y: np.maximum(abs(np.maximum(x, y)), rest(x, y))


def power_of(x: Any, y: Any) -> Any:
    """Real powers; mpmath's of negative numbers are complex."""
    if x >= 0 or y != mp.floor(y):
        return mp.power(x, y) if x >= 0 else mp.nan
    return -mp.power(-x, y) if y / 2 != mp.floor(y / 2) else mp.power(-x, y)


def root(code: Code, x: Lanes) -> Lanes:
    return code.sqrt(x)


def two_to(x: Any) -> Any:
    return mp.power(2, x)


with mp.workprec(DIGITS):
    LN2 = mp.log(2)
M, T, H, P, INF = mathematics, trigonometry, hyperbolic, powers, float("inf")
FUNCTIONS: dict[str, Function] = {
    "exp": Function(M.exp, mp.exp, np.exp, -746, 710),
    "exp2": Function(M.exp2, two_to, np.exp2, -1076, 1025),
    "expm1": Function(M.expm1, mp.expm1, np.expm1, -60, 710),
    "log": Function(M.log, mp.log, np.log, 0, INF),
    "log1p": Function(M.log1p, mp.log1p, np.log1p, -1, INF),
    "log2": Function(M.log2, lambda x: mp.log(x) / LN2, np.log2, 0, INF),
    "log10": Function(M.log10, mp.log10, np.log10, 0, INF),
    "sqrt": Function(root, mp.sqrt, np.sqrt, 0, INF),
    "cbrt": Function(P.cbrt, lambda x: mp.cbrt(x) if x >= 0 else -mp.cbrt(-x), np.cbrt, -INF, INF),
    "sin": Function(T.sin, mp.sin, np.sin, -INF, INF),
    "cos": Function(T.cos, mp.cos, np.cos, -INF, INF),
    "tan": Function(T.tan, mp.tan, np.tan, -INF, INF),
    "arcsin": Function(T.arcsin, mp.asin, np.arcsin, -1, 1),
    "arccos": Function(T.arccos, mp.acos, np.arccos, -1, 1),
    "arctan": Function(T.arctan, mp.atan, np.arctan, -INF, INF),
    "sinh": Function(H.sinh, mp.sinh, np.sinh, -711, 711),
    "cosh": Function(H.cosh, mp.cosh, np.cosh, -711, 711),
    "tanh": Function(H.tanh, mp.tanh, np.tanh, -25, 25),
    "arcsinh": Function(H.arcsinh, mp.asinh, np.arcsinh, -INF, INF),
    "arccosh": Function(H.arccosh, mp.acosh, np.arccosh, 1, INF),
    "arctanh": Function(H.arctanh, mp.atanh, np.arctanh, -1, 1),
    "sigmoid": Function(H.sigmoid, lambda x: sigmoid(mp, x), lambda x: sigmoid(np, x), -746, 60),
    "softplus": Function(M.softplus, lambda x: mp.log1p(mp.exp(x)), softplus, -746, 750),
    "erf": Function(H.erf, mp.erf, None, -6.5, 6.5),
    "power": Function(P.power, power_of, np.power, -INF, INF, 4.0, 2),
    "hypot": Function(P.hypot, mp.hypot, np.hypot, -INF, INF, 2.0, 2),
    "arctan2": Function(T.arctan2, mp.atan2, np.arctan2, -INF, INF, 2.0, 2),
    "logaddexp": Function(
        M.logaddexp, sum_of(max, rest_of_sum(mp, mp.exp, 1)), np.logaddexp, -750, 750, 2.0, 2,
        (summand(rest_of_sum(np, np.exp, 1)), rest_of_sum(mp, mp.exp, 1)),
    ),
    "logaddexp2": Function(
        M.logaddexp2, sum_of(max, rest_of_sum(mp, two_to, LN2)), np.logaddexp2, -1100, 1100, 2.0, 2,
        (summand(rest_of_sum(np, np.exp2, float(LN2))), rest_of_sum(mp, two_to, LN2)),
    ),
}  # fmt: skip
MACHINES = {"with": "native", "without": "x86-64"}  # fused multiply-add: what else differs changes no digit


# ---- arguments -------------------------------------------------------------------------------------------
def within(f: Function, x: Array) -> Array:
    return x[(x >= f.low) & (x <= f.high) & np.isfinite(x)]


def spread(f: Function, dtype: Any, count: int, rng: Any) -> Array:
    """Random arguments: half of them with any exponent, half evenly where the function is of interest."""
    whole = np.uint64 if dtype == np.float64 else np.uint32
    any_ = rng.integers(0, np.iinfo(whole).max, 3 * count, dtype=whole).view(dtype)
    even = rng.uniform(max(f.low, -30.0), min(f.high, 30.0), count // 4)
    wide = rng.uniform(max(f.low, -1e5), min(f.high, 1e5), count // 4)
    found = np.concatenate([within(f, even.astype(dtype)), within(f, wide.astype(dtype)), within(f, any_)])
    return found[:count]


def seams(f: Function, dtype: Any) -> Array:
    """Arguments at which something changes, with their neighbours."""
    most = np.finfo(dtype)
    at = [0.0, most.smallest_subnormal, most.smallest_normal, most.max, most.eps, np.sqrt(most.eps)]
    at += [0.25, 0.5, 0.625, 1.0, 1.5, 2.0, 6.0, 22.0, 36.0, 40.0, 2.0**28, 2.0**60, 0.5**0.5, 2.0**0.5]
    at += [
        np.log(2) / 2,
        np.log(2),
        1.5 * np.log(2),
        708.4,
        709.78,
        710.47,
        745.13,
        87.34,
        88.72,
        89.4,
        103.97,
    ]
    at += [most.max**0.5, most.smallest_normal**0.5, 1022.0, 1024.0, 1074.0, 126.0, 128.0, 149.0]
    at += [float(mp.pi / 4 * k) for k in range(1, 40)] + [float(mp.pi / 2 * 3.0**k) for k in range(4, 600, 7)]
    at += [
        6381956970095103.0 * 2.0**797,
        2.0**16,
        2.0**30,
    ]  # the float64 that is closest to a multiple of π/2
    at += [float(np.ldexp(1.0, k)) for k in range(most.minexp - most.nmant, most.maxexp, 13)]
    with np.errstate(over="ignore"):
        center = np.array(at, dtype)
    center = center[np.isfinite(center)]
    bits = center.view(np.int64 if dtype == np.float64 else np.int32)
    near = np.concatenate([bits + k for k in (-30, -7, -2, -1, 0, 1, 2, 3, 11)])
    x = near[near >= 0].view(dtype)
    return within(f, np.unique(np.concatenate([x, -x])))


def pairs(f: Function, dtype: Any, count: int, rng: Any) -> list[Array]:
    """Two arguments each: of any size, of like size, and for powers, such that the result is not extreme."""
    n = count // 4
    sizes = [rng.normal(0, 1, (2, n)), rng.normal(0, 30, (2, n)), np.exp(rng.normal(0, 40, (2, n)))]
    with np.errstate(over="ignore"):
        loose = np.array([spread(f, dtype, n, rng) for _ in range(2)], dtype)
        xs = np.concatenate([*[s.astype(dtype) for s in sizes], loose], axis=1)
        if f.write is P.power:
            base = np.exp(rng.normal(0, 1, count) * np.exp(rng.uniform(-10, 4, count))).astype(dtype)
            exponent = (np.log(float(np.finfo(dtype).max)) * rng.uniform(-1.05, 1.02, count)).astype(dtype)
            base = np.where(np.isfinite(base) & (base > 0), base, 2).astype(dtype)
            logs = np.log(base.astype(np.float64))
            exponent = np.where(logs != 0, exponent / np.where(logs != 0, logs, 1), 1).astype(dtype)
            whole = abs(exponent) < 1000
            base[1::4] *= -1
            exponent[1::4] = np.where(whole, np.rint(exponent), 3)[1::4]
            xs = np.concatenate([xs, np.array([base, exponent], dtype)], axis=1)
    good = np.isfinite(xs).all(axis=0)
    return [np.ascontiguousarray(x) for x in xs[:, good]]


# ---- errors ----------------------------------------------------------------------------------------------
def units(size: Array, dtype: Any) -> Array:
    """The ulp of numbers of this size, given in a wider type."""
    most = np.finfo(dtype)
    e = np.frexp(np.where(size > 0, size, most.smallest_normal))[1] - 1
    e = np.clip(e, most.minexp, most.maxexp - 1)
    return np.ldexp(np.ones_like(size), e - most.nmant)


def errors_in(wide: Any, f: Function, got: Array, xs: list[Array]) -> Array:
    """Errors in ulp by NumPy's functions of another type: about right, for finding the largest ones."""
    assert f.wide is not None
    dtype, more = got.dtype, [x.astype(wide) for x in xs]
    with np.errstate(all="ignore"):
        exact = f.wide(*more)
        size = abs(exact)
        limit = np.ldexp(wide(1), np.finfo(dtype).maxexp)
        number = np.where(np.isinf(got), np.copysign(limit, got.astype(wide)), got.astype(wide))
        exact = np.where(size >= limit, np.copysign(limit, exact), exact)
        beside = size if f.beside is None else np.maximum(size, f.beside[0](*more))
        found = abs(number - exact) / units(beside, dtype)
    found = np.where(np.isnan(exact), np.where(np.isnan(got), 0.0, INF), found)
    return np.where(np.isnan(found), INF, found)


def error_of(f: Function, got: Any, *xs: Any) -> float:
    """The error in ulp by mpmath, of one number."""
    dtype = np.dtype(type(got))
    most = np.finfo(dtype)
    with mp.workprec(DIGITS):
        arguments = [mp.mpf(float(x)) for x in xs]
        try:
            exact = f.truth(*arguments)
        except ZeroDivisionError:
            exact = mp.mpf("inf")
        limit = mp.ldexp(1, int(most.maxexp))
        if mp.isnan(exact) or isinstance(exact, mp.mpc):
            return 0.0 if np.isnan(got) else INF
        if np.isnan(got):
            return INF
        number = mp.sign(float(got)) * limit if np.isinf(got) else mp.mpf(float(got))
        if abs(exact) >= limit:
            exact = mp.sign(exact) * limit
        beside = abs(exact)
        if f.beside:
            beside = max(beside, abs(max(arguments)), f.beside[1](*arguments))
        e = max(mp.frexp(beside)[1] - 1 if beside else most.minexp, int(most.minexp))
        e = min(e, int(most.maxexp) - 1)
        return float(abs(number - exact) / mp.ldexp(1, int(e) - int(most.nmant)))


def compiled(f: Function, dtype: Any, machine: engine.Machine) -> OverArrays:
    lanes = machine.lanes(np.dtype(dtype).itemsize)
    return OverArrays(lambda code, *xs: code.call(f.write, *xs), [dtype] * f.arity, lanes, machine=machine)


def exhaustive(f: Function, stride: int) -> Iterator[list[Array]]:
    """Every so many of all float32, a part at a time."""
    step = stride * 2**21
    for start in range(0, 2**32, step):
        bits = np.arange(start, min(start + step, 2**32), stride, dtype=np.uint64).astype(np.uint32)
        x = within(f, bits.view(np.float32))
        if len(x):
            yield [x]


class Worst(NamedTuple):
    """The largest error that was found, where, and among how many arguments."""

    error: float
    at: tuple[Any, ...]
    count: int


def worst(
    f: Function, dtype: Any, machine: engine.Machine, points: int, stride: int, few: int, seed: int = 0
) -> Worst:
    """Measures a function: `points` and `stride` say how much is looked through, `few` what mpmath sees."""
    rng = np.random.default_rng(seed)
    run = compiled(f, dtype, machine)
    if f.arity == 2:
        chosen = pairs(f, dtype, few, rng)
        pile: Iterator[list[Array]] = iter([pairs(f, dtype, points, rng)])
    else:
        chosen = [np.concatenate([spread(f, dtype, few, rng), seams(f, dtype)])]
        pile = iter([[spread(f, dtype, points, rng)]])
        if dtype == np.float32 and stride:
            pile = exhaustive(f, stride)
    wide = np.longdouble if dtype == np.float64 else np.float64
    count = len(chosen[0])
    if f.wide is not None and points and np.finfo(wide).nmant >= 52 + 11 * (dtype == np.float64):
        for xs in pile:
            count += len(xs[0])
            errors = errors_in(wide, f, run(*xs), xs)
            top = np.argsort(errors)[-20:]
            chosen = [np.concatenate([c, x[top]]) for c, x in zip(chosen, xs, strict=True)]
    # of what was looked through, the largest, and what mpmath alone sees
    if len(chosen[0]) > 2 * few + 4000 and f.wide is not None:
        errors = errors_in(wide, f, run(*chosen), chosen)
        keep = np.concatenate([np.arange(few), np.argsort(errors)[-few:]])
        chosen = [c[np.unique(keep)] for c in chosen]
    got = run(*chosen)
    errors = np.array([error_of(f, *row) for row in zip(got, *chosen, strict=True)])
    k = int(np.argmax(errors))
    return Worst(float(errors[k]), tuple(c[k] for c in chosen), count)


# ---- the table -------------------------------------------------------------------------------------------
def text(rows: dict[str, list[Worst]]) -> str:
    lines = [
        "# Functions of mathematics in native code",
        "",
        "Made by `python docs/make_native_functions.py`, which says how; a test measures again.",
        "",
        "The largest errors found, in ulp, over the whole range, subnormal numbers and huge arguments",
        "included, and an argument that has it, as `float.fromhex` reads it.  At 0.5, a result is the float",
        "closest to the truth.  The last digits differ between processors with a fused multiply-add (AVX2,",
        "AVX-512, aarch64) and without one (SSE2, the last two columns of errors), but not with the width of",
        "vectors.  The promise is 2 ulp, and 4 for powers.",
        "",
        "| function | float64, fused | at | float32, fused | at | float64 | float32 | arguments |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, (wide, short, plain, plain_short) in rows.items():
        spots = [", ".join(float(x).hex() for x in w.at) for w in (wide, short)]
        counts = sum(w.count for w in (wide, short, plain, plain_short))
        star = "*" if FUNCTIONS[name].beside else ""
        lines.append(
            f"| {name}{star} | {wide.error:.3f} | {spots[0]} | {short.error:.3f} | {spots[1]} "
            f"| {plain.error:.3f} | {plain_short.error:.3f} | {counts / 1e6:.1f} million |"
        )
    lines += [
        "",
        "\\* log(eˣ + eʸ) is max(x, y) + log(1 + exp(-|x - y|)).  If the larger number is negative, the two",
        "cancel, and the error is given beside the larger one of them.  NumPy computes it in the same way.",
        "",
        "`float_power` is `power` in float64, `sinc` is NumPy's formula.  Infinities, NaN and signed zeros",
        "come out as from NumPy, which tests of every row check.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--stride", type=int, default=61)
    parser.add_argument("--points", type=int, default=2_000_000)
    parser.add_argument("--only", nargs="*", default=list(FUNCTIONS))
    options = parser.parse_args()
    rows: dict[str, list[Worst]] = {}
    for name in options.only:
        f, found = FUNCTIONS[name], []
        for machine in map(engine.machine_of, MACHINES.values()):
            share = 1 if machine.fma else 8  # without the instruction, some functions are slow
            for dtype in (np.float64, np.float32):
                few = 40_000 if f.wide is None else 4_000
                found.append(worst(f, dtype, machine, options.points // share, options.stride * share, few))
                w = found[-1]
                print(
                    f"{name:10s} {np.dtype(dtype).name} {machine.cpu:12s} {w.error:.3f} at {w.at}", flush=True
                )
        rows[name] = found
    if list(rows) == list(FUNCTIONS):
        FILE.write_text(text(rows), "utf-8")


if __name__ == "__main__":
    main()
