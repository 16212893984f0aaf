"""ode: a chain of differential equations, y₀' = x₀ and yᵢ' = xᵢ yᵢ₋₁, by s Runge-Kutta steps from 0 to 2."""

import ctypes
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from autodiff import concatenate, grad

from .tool import Function, compiled, to_list


def final(x, s):
    def slope(y):
        return concatenate([x[:1], x[1:] * y[:-1]])

    h, y = 2 / s, np.zeros(len(x))
    for _ in range(s):
        k1 = slope(y)
        k2 = slope(y + h / 2 * k1)
        k3 = slope(y + h / 2 * k2)
        k4 = slope(y + h * k3)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return y


def last(x, s):
    return final(x, s)[-1]


def prepare(given):
    return np.array(given["x"], float), given["s"]


FUNCTIONS = {
    "primal": Function(prepare, compiled(final, static_argnums=1), to_list),
    "gradient": Function(prepare, compiled(grad(last), static_argnums=1), to_list),
}


# ---- next to C++ -----------------------------------------------------------------------------------------
FLAGS = ("-O2", "-O3")  # both with -march=native; g++ 12 makes vectors of these loops at -O3 alone


def in_cpp(folder, flag):
    """ode.cpp's functions, compiled: name -> f(x, s)."""
    compiler = shutil.which("g++") or shutil.which("clang++")
    if not compiler:
        raise SystemExit("ode.cpp needs a C++ compiler, g++ or clang++, to be compared with")
    library = Path(folder) / f"ode{flag}.so"
    source = Path(__file__).with_suffix(".cpp")
    command = [compiler, "-std=c++17", flag, "-march=native", "-shared", "-fPIC", source, "-o", library]
    subprocess.run(command, check=True)
    made = ctypes.CDLL(str(library))
    pointer = np.ctypeslib.ndpointer(float, flags="C")

    def calling(name):
        function = getattr(made, name)
        function.argtypes = ctypes.c_size_t, pointer, ctypes.c_size_t, pointer
        function.restype = None

        def run(x, s):
            out = np.empty_like(x)
            function(len(x), x, s, out)
            return out

        return run

    return {name: calling(name) for name in FUNCTIONS}


def agree(cpp):
    """Whole outputs, and chains short enough for gradients that are not zero, against each other."""
    for n, s in ((2, 1), (7, 2), (20, 5), (65, 20), (1000, 3)):
        x = 0.5 + np.random.default_rng(n).random(n)
        for name, function in FUNCTIONS.items():
            np.testing.assert_allclose(cpp[name](x, s), function.run(x, s), rtol=1e-11, atol=1e-14)


def main(sizes=((1000, 10), (1000, 100), (10_000, 10), (10_000, 100)), repeats=200):
    """Print milliseconds of ours and of ode.cpp."""
    with TemporaryDirectory() as folder:
        tools = {flag: in_cpp(folder, flag) for flag in FLAGS}
        for cpp in tools.values():
            agree(cpp)
        print(f"| milliseconds | ours | {' | '.join('C++ ' + flag for flag in FLAGS)} |")
        print(f"| --- | ---: |{' ---: |' * len(FLAGS)}")
        for n, s in sizes:
            x = np.random.default_rng(n).random(n)
            for name, function in FUNCTIONS.items():
                runs = [function.run, *(cpp[name] for cpp in tools.values())]
                times = [[] for _ in runs]
                for _ in range(repeats):  # in turns
                    for run, found in zip(runs, times, strict=True):
                        start = perf_counter()
                        run(x, s)
                        found.append(1e3 * (perf_counter() - start))
                cells = " | ".join(f"{median(found[2:]):.3g}" for found in times)
                print(f"| ode n={n},s={s} {name} | {cells} |", flush=True)


if __name__ == "__main__":
    main(repeats=int(sys.argv[1]) if sys.argv[1:] else 200)
