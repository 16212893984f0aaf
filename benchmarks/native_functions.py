"""How fast is each function of mathematics in native code, next to NumPy, PyTorch and JAX?

python benchmarks/native_functions.py                    arrays of 16,384, float64 and float32, all functions
python benchmarks/native_functions.py --only exp,tanh    some of them
python benchmarks/native_functions.py --size 1000        arrays of another size
python benchmarks/native_functions.py --quick            fewer repeats: rough figures
python benchmarks/native_functions.py --json FILE        also saves the figures

The functions alone, written into an array that is there: NumPy's and PyTorch's with `out=`, JAX's under
`jit`, waited for.  The arguments fit into the second cache, and lie where the function has something to do,
not beyond its overflow.  NumPy has no sigmoid, softplus and erf: what is timed in its place is what these
functions of Tensors call.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from importlib import import_module
from math import exp, log
from typing import Any

from measuring import Candidate, interleaved, load_peers, versions

# isort: split
import numpy as np

from autodiff.jit.native import engine
from autodiff.jit.native.instructions import write
from autodiff.jit.native.over_arrays import OverArrays
from autodiff.kinds import PRIMITIVES

PEERS = ("numpy", "torch", "jax")
RANGES = {  # from where to where the arguments are
    "exp": (-20, 20), "exp2": (-20, 20), "expm1": (-3, 20), "log": (0.01, 100), "log1p": (-0.9, 100),
    "log2": (0.01, 100), "log10": (0.01, 100), "sqrt": (0.01, 100), "cbrt": (-100, 100),
    "sin": (-100, 100), "cos": (-100, 100), "tan": (-100, 100),
    "arcsin": (-1, 1), "arccos": (-1, 1), "arctan": (-10, 10),
    "sinh": (-10, 10), "cosh": (-10, 10), "tanh": (-5, 5),
    "arcsinh": (-100, 100), "arccosh": (1, 100), "arctanh": (-1, 1),
    "sigmoid": (-10, 10), "softplus": (-10, 10), "erf": (-3, 3),
    "power": (0.1, 10), "hypot": (-10, 10), "arctan2": (-10, 10), "logaddexp": (-10, 10),
    "logaddexp2": (-10, 10), "remainder": (-100, 100), "floor_divide": (-100, 100),
}  # fmt: skip


def candidates(name: str, dtype: Any, size: int, peers: dict[str, Any]) -> dict[str, Candidate]:
    op = PRIMITIVES[name]
    rng = np.random.default_rng(0)
    xs = [rng.uniform(*RANGES[name], size).astype(dtype) for _ in range(op.arity)]
    found = {"autodiff": Candidate(*ours(op, xs)), "numpy": Candidate(numpys(op, xs), lambda: [op.f(*xs)])}
    for peer, build in (("torch", torchs), ("jax", jaxs)):
        run = build(name, xs, peers[peer]) if peers[peer] else None
        if run:
            found[peer] = Candidate(run, lambda run=run: [np.asarray(run())])  # type: ignore[misc]
    return found


def ours(op: Any, xs: list[Any]) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """The call of the machine code by addresses, and its answer."""
    lanes = engine.machine().lanes(xs[0].itemsize)
    native = OverArrays(lambda code, *ys: write(code, op, ys, {}), [x.dtype for x in xs], lanes)
    arrays = [*xs, np.empty_like(xs[0])]
    addresses = [x.ctypes.data for x in arrays]

    def run() -> Any:
        native.function(len(arrays[0]), *addresses)
        return arrays

    return run, lambda: [native(*xs)]


def numpys(op: Any, xs: list[Any]) -> Callable[[], Any]:
    out, f = np.empty_like(xs[0]), op.f
    return (lambda: f(*xs, out=out)) if isinstance(f, np.ufunc) else lambda: f(*xs)


def torchs(name: str, xs: list[Any], torch: Any) -> Callable[[], Any] | None:
    f = getattr(torch, {"power": "pow"}.get(name, name), None)
    tensors = [torch.from_numpy(x) for x in xs]
    out = torch.empty_like(tensors[0])
    if name == "softplus":
        return lambda: torch.nn.functional.softplus(*tensors)
    return (lambda: f(*tensors, out=out)) if f else None


def jaxs(name: str, xs: list[Any], jax: Any) -> Callable[[], Any] | None:
    f = (
        getattr(jax.numpy, name, None)
        or getattr(jax.nn, name, None)
        or getattr(jax.scipy.special, name, None)
    )
    if f is None:
        return None
    compiled, arrays = jax.jit(f), [jax.numpy.asarray(x) for x in xs]
    return lambda: compiled(*arrays).block_until_ready()


def check(name: str, dtype: Any, found: dict[str, Candidate]) -> None:
    """All must agree, to what the least exact of them is worth."""
    answers = {peer: candidate.answer()[0] for peer, candidate in found.items()}
    digits = 1e-4 if dtype == np.float32 else 1e-11
    for peer, answer in answers.items():
        np.testing.assert_allclose(answer, answers["autodiff"], digits, digits, err_msg=f"{name}: {peer}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Functions of mathematics in native code, next to others.")
    parser.add_argument("--quick", action="store_true", help="fewer repeats: rough figures")
    parser.add_argument("--size", metavar="N", type=int, default=2**14, help="elements of the arrays")
    parser.add_argument("--only", metavar="NAMES", help="some functions, separated by commas")
    parser.add_argument("--json", metavar="FILE", help="save the figures")
    options = parser.parse_args()
    peers = load_peers()
    if peers["jax"]:
        peers["jax"].config.update("jax_enable_x64", True)
        import_module("jax.scipy.special")
    compared = versions(peers)
    print(f"{engine.machine().cpu}, vectors of {engine.machine().width * 8} bits, {engine.version()}")
    names = options.only.split(",") if options.only else list(RANGES)
    size = -(-options.size // 64) * 64  # whole vectors
    figures = []
    for dtype in (np.float64, np.float32):
        print(f"\n{np.dtype(dtype).name}, {size:,} elements: ns an element, and the peer's time over ours")
        print(f"{'':14}{'ours':>8}" + "".join(f"{peer:>16}" for peer in PEERS))
        ratios: dict[str, dict[str, float]] = {peer: {} for peer in PEERS}
        for name in names:
            found = candidates(name, dtype, size, peers)
            check(name, dtype, found)
            times = interleaved(found, 7 if options.quick else 25, True, calls=10)
            times = {peer: time / size * 1e3 for peer, time in times.items()}
            line = f"{name:14}{times['autodiff']:8.2f}"
            for peer in PEERS:
                if peer in times:
                    ratios[peer][name] = times[peer] / times["autodiff"]
                    line += f"{times[peer]:9.2f}{ratios[peer][name]:7.2f}"
                else:
                    line += f"{'-':>16}"
            print(line, flush=True)
            figures.append({"function": name, "dtype": np.dtype(dtype).name, "ns": times})
        for peer, found_ratios in ratios.items():
            if found_ratios:
                mean = exp(sum(map(log, found_ratios.values())) / len(found_ratios))
                lost = sorted((ratio, name) for name, ratio in found_ratios.items() if ratio < 1)
                losses = ", ".join(f"{name} {ratio:.2f}" for ratio, name in lost) or "none"
                print(f"{peer}: geometric mean {mean:.2f} of {len(found_ratios)}; slower than it: {losses}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"versions": compared, "rows": figures}, file, indent=1)


if __name__ == "__main__":
    main()
