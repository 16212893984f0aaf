"""How fast are programs of numbers in native code, next to CasADi and micrograd?

python benchmarks/native_scalars.py                 the tables; peers that are not installed are left out
python benchmarks/native_scalars.py --quick         fewer repeats, and programs of up to a thousand operations
python benchmarks/native_scalars.py --plot FILE     how time grows with the program, as a picture, and figures
                                                    in a file of the same name that ends with .csv

Gradients of programs of numbers, each written once and run with each library's numbers.  CasADi's are symbols
(SX), of which it makes a function that its virtual machine runs; `buffers` is its fastest way to call that.
micrograd has no compiler: it records and walks back at every call.  All must agree before anything is timed.

Then programs of 10 to 100,000 operations: what the first call takes, tracing and compiling included, and a
later one; and what memory each library takes for 10,000.  The first call is taken in a new process that has
compiled something else before, with an empty cache on disk, and again with the cache that it left.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from measuring import Candidate, check_agreement, interleaved, load_peers, versions

# isort: split
import numpy as np
from native import held, operation

import autodiff
from autodiff import Value, grad, jit
from autodiff.jit.native import engine

NAMES = {
    "autodiff": "native",
    "casadi": "casadi",
    "buffers": "buffers",
    "micrograd": "micrograd",
    "eager": "eager",
}
SIZES = [10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000]
LATENCIES = [50, 500, 5000]
PEAK_SIZE = 10_000


# ---- programs: of m, the functions, and x, a list of numbers ----------------------------------------------
def rosenbrock(m: Any, x: Any) -> Any:
    total = 0.0
    for a, b in pairwise(x):
        total = total + (b - a * a) * (b - a * a) * 100.0 + (a - 1.0) * (a - 1.0)
    return total


def pendulum(m: Any, x: Any) -> Any:
    """The angle after twenty steps of Runge and Kutta, of an angle, a speed, a length and a damping."""
    angle, speed, length, damping = x
    h = 0.05

    def slope(angle: Any, speed: Any) -> tuple[Any, Any]:
        return speed, -(9.81 / length) * m.sin(angle) - damping * speed

    for _ in range(20):
        a1, s1 = slope(angle, speed)
        a2, s2 = slope(angle + a1 * (h / 2), speed + s1 * (h / 2))
        a3, s3 = slope(angle + a2 * (h / 2), speed + s2 * (h / 2))
        a4, s4 = slope(angle + a3 * h, speed + s3 * h)
        angle = angle + (a1 + a2 * 2.0 + a3 * 2.0 + a4) * (h / 6)
        speed = speed + (s1 + s2 * 2.0 + s3 * 2.0 + s4) * (h / 6)
    return angle


def network(m: Any, x: Any) -> Any:
    """The squared error of two numbers to eight to one, for three samples; the weights are the arguments."""
    total = 0.0
    for a, b in ((0.5, -0.3), (0.1, 0.9), (-0.7, 0.2)):
        y = x[-1]
        for k in range(0, 32, 4):
            u, v, w, c = x[k : k + 4]
            y = y + w * m.relu(u * a + v * b + c)
        total = total + (y - a * b) * (y - a * b)
    return total


def long(n: int) -> Callable[[Any, Any], Any]:
    """A program of n additions and products that stay between -1 and 1."""

    def program(m: Any, x: Any) -> Any:
        last = list(x)
        for k in range(n // 3):
            last.append((last[-1] * last[-5] + last[-3 - k % 5]) * 0.5)
            del last[0]
        total = last[-1]
        for y in last[-2:-8:-1]:
            total = total + y
        return total

    return program


START = [0.3, -0.8, 0.5, 0.9, -0.2, 0.7, -0.6, 0.1]
PROGRAMS: dict[str, tuple[Callable[[Any, Any], Any], list[float], bool]] = {  # whether micrograd has it all
    "Rosenbrock, 20": (rosenbrock, np.linspace(-1.2, 1.5, 20).tolist(), True),
    "pendulum, 20 steps": (pendulum, [1.0, 0.2, 0.8, 0.1], False),
    "network, 33 weights": (network, np.sin(np.arange(33.0)).tolist(), True),
    "1000 operations": (long(1000), START, True),
}


# ---- libraries -------------------------------------------------------------------------------------------
MICROGRAD = SimpleNamespace(relu=lambda x: x.relu())


def of_casadi(casadi: Any) -> Any:
    return SimpleNamespace(sin=casadi.sin, relu=lambda x: casadi.fmax(x, 0.0))


def native(f: Any, x: list[float]) -> Callable[[], Any]:
    compiled = jit(grad(lambda x: f(autodiff, x)), backend="native")
    return lambda: compiled(x)


def eager(f: Any, x: list[float]) -> Callable[[], Any]:
    def run() -> Any:
        leaves = [Value(a, requires_grad=True) for a in x]
        f(autodiff, leaves).backward()
        return [leaf.grad for leaf in leaves]

    return run


def casadis(f: Any, x: list[float], casadi: Any) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """A call as one writes it, and the fastest."""
    symbols = [casadi.SX.sym(f"x{k}") for k in range(len(x))]
    given = casadi.vertcat(*symbols)
    function = casadi.Function("f", [given], [casadi.gradient(f(of_casadi(casadi), symbols), given)])
    argument, result = np.array(x), np.zeros(len(x))
    buffer, evaluate = function.buffer()
    buffer.set_arg(0, memoryview(argument))
    buffer.set_res(0, memoryview(result))

    def fastest() -> Any:
        buffer._keep = argument, result
        evaluate()
        return result

    return lambda: np.array(function(x)).ravel(), fastest


def micrograds(f: Any, x: list[float], engine: Any) -> Callable[[], Any]:
    sys.setrecursionlimit(100_000)  # its walk is recursive

    def run() -> Any:
        leaves = [engine.Value(a) for a in x]
        f(MICROGRAD, leaves).backward()
        return [leaf.grad for leaf in leaves]

    return run


def candidates(f: Any, x: list[float], peers: dict[str, Any], plain: bool) -> dict[str, Callable[[], Any]]:
    runs = {"autodiff": native(f, x), "eager": eager(f, x)}
    if peers["casadi"]:
        runs["casadi"], runs["buffers"] = casadis(f, x, peers["casadi"])
    if peers["micrograd"] and plain:
        runs["micrograd"] = micrograds(f, x, peers["micrograd"])
    return runs


# ---- a process for each figure -----------------------------------------------------------------------------
def alone(*arguments: Any, folder: str = "") -> list[float]:
    command = [sys.executable, __file__, *map(str, arguments)]
    environment = os.environ | ({"AUTODIFF_CACHE": folder} if folder else {})
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    return [] if done.returncode else [float(x) for x in done.stdout.split()[-1].split(",")]


def first_call(name: str, n: int) -> None:
    """Print the milliseconds of a first call."""
    peers = load_peers("casadi", "micrograd")
    candidates(long(6), START, peers, True)[name]()  # what is loaded once
    start = time.perf_counter()
    f = long(n)
    if name == "autodiff":
        native(f, START)()
    else:
        casadis(f, START, peers["casadi"])[1]()
    print((time.perf_counter() - start) * 1e3)


def peak(name: str) -> None:
    """Print the megabytes that a library takes for a program, the first call and later ones included."""
    peers = load_peers("casadi", "micrograd")
    before = held("VmRSS")
    f = long(PEAK_SIZE)
    runs: dict[str, Callable[[], Any]] = {
        "autodiff": lambda: native(f, START),
        "eager": lambda: eager(f, START),
        "buffers": lambda: casadis(f, START, peers["casadi"])[1],
        "micrograd": lambda: micrograds(f, START, peers["micrograd"]),
    }
    run = runs[name]()
    for _ in range(3):
        run()
    print((held("VmHWM") - before) / 1e6)


# ---- tables and picture ------------------------------------------------------------------------------------
def timed(case: str, runs: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    found = {k: Candidate(run, lambda run=run: [run()]) for k, run in runs.items()}  # type: ignore[misc]
    check_agreement(case, found)
    start = time.perf_counter()
    runs["eager"]()
    calls = int(min(max(0.02 / (time.perf_counter() - start), 1), 500))
    return interleaved(found, rounds, True, calls)


def cells(times: dict[str, float]) -> str:
    return "".join(f" {times[k]:.3g} |" if k in times else "  |" for k in NAMES)


def save(file: Path, found: dict[int, dict[str, float]], floor: float) -> None:
    with file.open("w", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        firsts = ["native, first, ms", "native, cached, ms", "casadi, first, ms"]
        table.writerow(["operations", *(f"{name}, µs" for name in NAMES.values()), *firsts, "arithmetic, µs"])
        for n, times in found.items():
            keys = [*NAMES, "first", "cached", "casadi first"]
            table.writerow([n, *(f"{times[k]:.4g}" if k in times else "" for k in keys), f"{n * floor:.4g}"])


def plot(file: Path, found: dict[int, dict[str, float]], floor: float) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (calls, firsts) = pyplot.subplots(1, 2, figsize=(11, 4.5))
    first = {"first": "native", "cached": "native, cached", "casadi first": "casadi"}
    for axis, names in ((calls, NAMES), (firsts, first)):
        for key, label in names.items():
            points = [(n, times[key]) for n, times in found.items() if key in times]
            if points:
                axis.loglog(*zip(*points, strict=True), marker="o", markersize=3, label=label)
        axis.set_xlabel("operations before the derivative")
        axis.grid(alpha=0.3)
    calls.loglog(list(found), [n * floor for n in found], "k:", linewidth=0.8, label="arithmetic, one by one")
    calls.set_ylabel("µs a call")
    firsts.set_ylabel("ms, first call")
    calls.legend()
    firsts.legend()
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw times by size into this file")
    parser.add_argument("--first", nargs=2, metavar=("NAME", "N"), help="milliseconds of one first call")
    parser.add_argument("--peak", metavar="NAME", help="memory of one library")
    settings = parser.parse_args()
    if settings.first:
        return first_call(settings.first[0], int(settings.first[1]))
    if settings.peak:
        return peak(settings.peak)
    peers = load_peers("casadi", "micrograd")
    versions(peers)
    rounds = 5 if settings.quick else 20
    head = "".join(f" {name} |" for name in NAMES.values()) + "\n| --- |" + " ---: |" * len(NAMES)
    print(f"\n| µs, gradient |{head}")
    for name, (f, x, plain) in PROGRAMS.items():
        print(f"| {name} |{cells(timed(name, candidates(f, x, peers, plain), rounds))}", flush=True)
    print("\n| gradient of | first call, ms | cached, ms |\n| --- | ---: | ---: |")
    for n in LATENCIES:
        print(f"| {n} operations | {latency(n)} |", flush=True)
    print(f"\n| µs, operations |{head}")
    found: dict[int, dict[str, float]] = {}
    for n in SIZES[: 5 if settings.quick else None]:
        times = timed(str(n), candidates(long(n), START, peers, n <= 10_000), rounds if n < 10_000 else 3)
        found[n] = times
        print(f"| {n:,} |{cells(times)}", flush=True)
        if settings.plot:
            with tempfile.TemporaryDirectory() as folder:
                for key in ("first", "cached"):
                    times |= dict(zip([key], alone("--first", "autodiff", n, folder=folder), strict=False))
            if peers["casadi"]:
                times |= dict(zip(["casadi first"], alone("--first", "casadi", n), strict=False))
    print(f"\npeak for {PEAK_SIZE:,} operations, MB: ", end="")
    print(", ".join(f"{k} {alone('--peak', k)[0]:.1f}" for k in ("autodiff", "eager", "buffers", "micrograd")
                    if peers.get({"buffers": "casadi"}.get(k, k), True)))  # fmt: skip
    if settings.plot:
        floor = operation() * 1e6 * engine.machine().lanes(8)
        plot(settings.plot, found, floor)
        save(settings.plot.with_suffix(".csv"), found, floor)
    return None


def latency(n: int) -> str:
    """Milliseconds of a first call, with an empty cache and with a full one: the medians of five."""
    cold, warm = [], []
    for _ in range(5):
        with tempfile.TemporaryDirectory() as folder:
            cold += alone("--first", "autodiff", n, folder=folder)
            warm += alone("--first", "autodiff", n, folder=folder)
    return f"{np.median(cold):.1f} | {np.median(warm):.1f}"


if __name__ == "__main__":
    main()
