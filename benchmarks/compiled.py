"""What does `jit` save, and how does it compare with compilers of other libraries?

python benchmarks/compiled.py            the table; peers that are not installed are left out
python benchmarks/compiled.py --quick    fewer repeats: rough figures

Gradients of a few programs, each written once and called with every library's functions: eager here, `jit`
here, `jax.jit`, and PyTorch, eager.  JAX's results are waited for.  All must agree before anything is timed.
One process, one thread, candidates take turns.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from measuring import Candidate, check_agreement, interleaved, load_peers, versions

# isort: split
import numpy as np

import autodiff
from autodiff import grad, jit

RNG = np.random.default_rng(0)


class Program(NamedTuple):
    """A function to one number, in the functions of a library `m`, and what it is differentiated by."""

    f: Callable[..., Any]
    args: tuple[Any, ...]
    argnums: tuple[int, ...]


def three(m: Any, x: Any, y: Any, z: Any) -> Any:
    return (x * y + z).sum()


def chain(m: Any, x: Any) -> Any:
    return (m.exp(m.sin(x) * 0.5 + 1.0) * m.tanh(x) / (x * x + 2.0)).sum()


def logsumexp(m: Any, x: Any) -> Any:
    top = m.max(x)
    return m.log(m.exp(x - top).sum()) + top


def mixture(m: Any, alpha: Any, mu: Any, q: Any, x: Any) -> Any:
    """The log-likelihood of Gaussians with a variance for each axis, up to constants."""
    z = (x[:, None, :] - mu) * m.exp(q)
    inner = alpha + q.sum(1) - 0.5 * (z * z).sum(2)
    top = inner.max(1) if m is not TORCH else inner.max(1).values
    return (m.log(m.exp(inner - top[:, None]).sum(1)) + top).sum() - len(x) * m.log(m.exp(alpha).sum())


def network(m: Any, w1: Any, b1: Any, w2: Any, b2: Any, x: Any, y: Any) -> Any:
    return ((m.tanh(x @ w1 + b1) @ w2 + b2 - y) ** 2).mean()


def normal(*shape: int, scale: float = 1.0) -> Any:
    return RNG.normal(size=shape) * scale


CASES = {
    "x·y + z, arrays of 10": Program(three, (normal(10), normal(10), normal(10)), (0, 1, 2)),
    "chain of 10": Program(chain, (normal(10),), (0,)),
    "chain of 1e5": Program(chain, (normal(100_000),), (0,)),
    "chain of 1e6": Program(chain, (normal(1_000_000),), (0,)),
    "logsumexp of 1e6": Program(logsumexp, (normal(1_000_000),), (0,)),
    "GMM d=64 k=25 n=1000": Program(
        mixture, (normal(25), normal(25, 64), normal(25, 64, scale=0.1), normal(1000, 64)), (0, 1, 2)
    ),
    "MLP 128×64→128→10": Program(
        network,
        (
            normal(64, 128, scale=0.1), normal(128), normal(128, 10, scale=0.1), normal(10),
            normal(128, 64), normal(128, 10),
        ),
        (0, 1, 2, 3),
    ),
}  # fmt: skip
TORCH: Any = None


def candidates(program: Program, peers: dict[str, Any]) -> tuple[dict[str, Candidate], dict[str, float]]:
    """How each library computes the gradient; and how long the first compiled calls took, in milliseconds."""
    first: dict[str, float] = {}

    def ours(*args: Any) -> Any:
        return program.f(autodiff, *args)

    eager, compiled = grad(ours, program.argnums), jit(grad(ours, program.argnums))
    runs: dict[str, Callable[[], Any]] = {
        "autodiff": lambda: compiled(*program.args),
        "eager": lambda: eager(*program.args),
    }
    start = time.perf_counter()
    compiled(*program.args)
    first["autodiff"] = (time.perf_counter() - start) * 1e3
    if jax := peers["jax"]:
        jax.config.update("jax_enable_x64", True)
        theirs = jax.jit(jax.grad(lambda *args: program.f(jax.numpy, *args), program.argnums))
        xs = [jax.numpy.asarray(x) for x in program.args]
        start = time.perf_counter()
        jax.block_until_ready(theirs(*xs))
        first["jax"] = (time.perf_counter() - start) * 1e3
        runs["jax"] = lambda: jax.block_until_ready(theirs(*xs))
    if torch := peers["torch"]:
        ts = [torch.tensor(x, requires_grad=k in program.argnums) for k, x in enumerate(program.args)]
        wanted = [ts[k] for k in program.argnums]
        runs["torch"] = lambda: torch.autograd.grad(program.f(torch, *ts), wanted)
    return {name: Candidate(run, run) for name, run in runs.items()}, first


def main() -> None:
    global TORCH
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    peers = load_peers()
    versions(peers)
    TORCH = peers["torch"]
    print(f"\n{'gradient, µs a call':24}" + "".join(f"{n:>12}" for n in ("jit", "eager", "jax.jit", "torch"))
          + f"{'jit/eager':>11}{'jit/jax':>9}{'jit/torch':>10}{'first call, ms':>16}{'jax':>8}")  # fmt: skip
    for name, program in CASES.items():
        runs, first = candidates(program, peers)
        check_agreement(name, runs)
        size = sum(np.size(x) for x in program.args)
        calls = 20 if size < 10_000 else 3
        times = interleaved(runs, 5 if quick else 21, True, calls)
        us = [times.get(k) for k in ("autodiff", "eager", "jax", "torch")]
        row = f"{name:24}" + "".join(f"{'':>12}" if t is None else f"{t:12.1f}" for t in us)
        for other, width in zip(us[1:], (11, 9, 10), strict=True):
            row += f"{'':>{width}}" if other is None else f"{us[0] / other:{width}.2f}"
        print(row + f"{first['autodiff']:16.1f}" + (f"{first['jax']:8.1f}" if "jax" in first else ""))


if __name__ == "__main__":
    main()
