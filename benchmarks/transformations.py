"""What does each transformation cost, in time and in memory?

python benchmarks/transformations.py            all tables; with JAX installed, its Jacobian beside ours
python benchmarks/transformations.py --quick    fewer repeats: rough figures

The tables in docs/transformations.md are what this prints.
"""

from __future__ import annotations

import argparse
import math
import tracemalloc
from collections.abc import Callable
from typing import Any, NamedTuple

from measuring import Candidate, check_agreement, interleaved, load_peers, versions

# isort: split
import numpy as np

import autodiff
from autodiff import (
    Tensor,
    Value,
    checkpoint,
    custom_vjp,
    divergence,
    fixed_point,
    grad,
    hessian,
    hessian_diagonal,
    hvp,
    intermediates,
    jacobian,
    jit,
    jvp,
    laplacian,
    linear_solve,
    linearize,
    root,
    sparse_hessian,
    sparse_jacobian,
    taylor,
    value_and_grad,
    vjp,
    vmap,
)

RNG = np.random.default_rng(0)


# ---- the cheap gradient: programs of a thousand operations or more ---------------------------------------
class Program(NamedTuple):
    """A function of one argument to one number."""

    f: Callable[[Any], Any]
    x: Any
    operations: int


def recurrence(x: Any) -> Any:
    """On one number: four operations, 300 times."""
    y = x
    for _ in range(300):
        y = autodiff.sin(y) * x + 0.3 * y
    return y


def chain(x: Any) -> Any:
    """On an array: four operations, 300 times."""
    y = x
    for _ in range(300):
        y = np.sin(y) * x + 0.3 * y
    return np.sum(y)


U, H = RNG.normal(size=(32, 32)) / 6, RNG.normal(size=(8, 32))


def recurrent_network(w: Any) -> Any:
    """Eight sequences through 300 steps of a recurrent network with 32 units: four operations each."""
    h = H
    for _ in range(300):
        h = np.tanh(h @ w + 0.1 * h)
    return np.sum(h**2)


def differential_equation(p: Any) -> Any:
    """Runge and Kutta's method of the fourth order, 60 steps, for 50 coupled oscillators."""
    q, v, dt = np.linspace(0.0, 1.0, 50), p, 0.05

    def force(q: Any) -> Any:
        return np.sin(q[1:]) - np.sin(q[:-1])

    def acceleration(q: Any) -> Any:
        f = force(q)
        return np.concatenate([f, f[:1]]) - q * 0.1

    for _ in range(60):
        a1 = acceleration(q)
        a2 = acceleration(q + v * (dt / 2))
        a3 = acceleration(q + v * (dt / 2) + a1 * (dt * dt / 4))
        a4 = acceleration(q + v * dt + a2 * (dt * dt / 2))
        q = q + v * dt + (a1 + a2 + a3) * (dt * dt / 6)
        v = v + (a1 + 2.0 * a2 + 2.0 * a3 + a4) * (dt / 6)
    return np.sum(q * q) + np.sum(v * v)


PROGRAMS = {
    "recurrence, one number": Program(recurrence, 0.7, 1200),
    "chain, arrays of 10": Program(chain, RNG.uniform(0, 1, 10), 1201),
    "chain, arrays of 10,000": Program(chain, RNG.uniform(0, 1, 10_000), 1201),
    "recurrent network, 8 × 32": Program(recurrent_network, U, 1202),
    "differential equation, 50": Program(differential_equation, RNG.normal(size=50), 4744),
}


def recorded(x: Any) -> Any:
    return Value(x) if isinstance(x, float) else Tensor(x, requires_grad=True)


def cheap_gradients(repeats: int) -> None:
    print(
        "\n| program | operations | f by NumPy, µs | f recorded | gradient | `jit(f)` | compiled gradient |"
    )
    print("|---|---|---|---|---|---|---|")
    found = {name: measured(program, repeats) for name, program in PROGRAMS.items()}
    for name, t in found.items():
        numbers = " | ".join(
            f"{t[column]:.0f}" for column in ("f", "recorded", "gradient", "jit f", "jit gradient")
        )
        print(f"| {name} | {PROGRAMS[name].operations} | {numbers} |")
    heads = "gradient over f recorded", "both compiled", "gradient over f by NumPy", "compiled over it"
    print(f"\n| program | {' | '.join(heads)} |")
    print("|---|---|---|---|---|")
    pairs = (("gradient", "recorded"), ("jit gradient", "jit f"), ("gradient", "f"), ("jit gradient", "f"))
    for name, t in found.items():
        print(f"| {name} | {' | '.join(f'{t[a] / t[b]:.2f}' for a, b in pairs)} |")


def measured(program: Program, repeats: int) -> dict[str, float]:
    """A program by itself, recorded, compiled, and with its gradient."""
    f, x, _ = program
    plain = plain_recurrence if isinstance(x, float) else f
    once, gradient = jit(f), jit(value_and_grad(f))
    runs = {
        "f": lambda: plain(x),
        "recorded": lambda: f(recorded(x)),
        "gradient": lambda: value_and_grad(f)(x),
        "jit f": lambda: once(x),
        "jit gradient": lambda: gradient(x),
    }
    return times(runs, repeats)


def plain_recurrence(x: float) -> float:
    """The recurrence with Python's own floats."""
    y = x
    for _ in range(300):
        y = math.sin(y) * x + 0.3 * y
    return y


# ---- each transformation, on one function ----------------------------------------------------------------
N, M, BATCH = 26, 300, 64
A, B = RNG.normal(size=(40, N)), RNG.normal(size=(M, 40))
X, V, W, XS = RNG.normal(size=N), RNG.normal(size=N), RNG.normal(size=M), RNG.normal(size=(BATCH, N))


def outputs(x: Any, m: Any = np) -> Any:
    """300 numbers of 26: a layer, and what becomes of it."""
    h = m.tanh(A @ x)
    z = B @ h
    return m.exp(0.1 * m.sin(z)) * z**2


def number(x: Any) -> Any:
    return np.sum(outputs(x))


SQUARE = RNG.normal(size=(N, N)) / N + np.eye(N)
LINE, LEVELS = np.linspace(0.0, 1.0, 10_000), np.linspace(0.0, 1.0, 100)


def square(x: Any) -> Any:
    """As many numbers as x has."""
    return np.tanh(SQUARE @ x) * x


def boundary(x: Any) -> Any:
    """x'' = exp(x) at each inner point: tridiagonal."""
    return x[2:] - 2 * x[1:-1] + x[:-2] - np.exp(x[1:-1])


def series(x: Any) -> Any:
    return autodiff.exp(autodiff.sin(x)) / autodiff.sqrt(3 + x * x)


FIRST, LATER, POINT = RNG.normal(size=(256, 200)) / 16, RNG.normal(size=(256, 256)) / 16, RNG.normal(size=200)


def network(x: Any) -> Any:
    """200 inputs, three layers of 256 units, one output."""
    return np.sum(np.tanh(LATER @ np.tanh(LATER @ np.tanh(FIRST @ x))))


def named(x: Any) -> Any:
    y = outputs(x)
    y.name = "outputs"
    return np.sum(y)


ruled = custom_vjp(number)
ruled.defvjp(lambda x: (number(x), x), lambda x, g: (g * grad(number)(x),))
J_PLAN = sparse_jacobian(boundary).plan(LINE)
H_PLAN = sparse_hessian(lambda x: np.sum(boundary(x) ** 2)).plan(LINE)

TRANSFORMED: dict[str, tuple[str, Callable[[], Any]]] = {
    "`f(x)` by NumPy": ("f", lambda: outputs(X)),
    "`grad(sum f)(x)`": ("backward walk", lambda: grad(number)(X)),
    "`vjp(f, x)[1](w)`": ("backward walk", lambda: vjp(outputs, X)[1](W)),
    "`jvp(f, (x,), (v,))`": ("forward walk", lambda: jvp(outputs, (X,), (V,))),
    "`linearize(f, x)`, ten tangents": ("ten forward walks", lambda: ten(linearize(outputs, X)[1])),
    "`hvp(sum f, (x,), (v,))`": ("forward over backward", lambda: hvp(number, (X,), (V,))),
    "`jacobian(f)(x)`, 300 × 26": ("26 forward walks, batched", lambda: jacobian(outputs)(X)),
    '`jacobian(f, mode="rev")(x)`': ("300 backward walks, batched", lambda: jacobian(outputs, mode="rev")(X)),
    '`jacobian(f, mode="rev", chunk_size=20)(x)`': (
        "300 walks, 20 at a time",
        lambda: jacobian(outputs, mode="rev", chunk_size=20)(X),
    ),
    '`jacobian(f, mode="rev", chunk_size=1)(x)`': (
        "300 walks, a loop",
        lambda: jacobian(outputs, mode="rev", chunk_size=1)(X),
    ),
    "`hessian(sum f)(x)`, 26 × 26": ("26 walks over the gradient", lambda: hessian(number)(X)),
    "`hessian_diagonal(sum f)(x)`": ("26 walks over the gradient", lambda: hessian_diagonal(number)(X)),
    "`laplacian(sum f)(x)`": ("26 forward walks, batched, and one", lambda: laplacian(number)(X)),
    "`np.trace(hessian(sum f)(x))`": ("26 walks over the gradient", lambda: np.trace(hessian(number)(X))),
    "`divergence(s)(x)`, 26 of 26": ("26 forward walks, batched", lambda: divergence(square)(X)),
    "`intermediates(sum f)(x)`": ("backward walk", lambda: intermediates(named)(X)),
    "`grad(custom_vjp(sum f))(x)`": ("f and its rule", lambda: grad(ruled)(X)),
    "`vmap(f)(xs)`, 64 examples": ("replay", lambda: vmap(outputs)(XS)),
    "`[f(x) for x in xs]` by NumPy": ("64 times f", lambda: [outputs(x) for x in XS]),
    "`vmap(grad(sum f))(xs)`": ("replay", lambda: vmap(grad(number))(XS)),
    "`[grad(sum f)(x) for x in xs]`": ("64 gradients", lambda: [grad(number)(x) for x in XS]),
}


OTHERS: dict[str, tuple[str, Callable[[], Any]]] = {
    "`laplacian(g)(x)`, a network of 200 inputs": (
        "200 forward walks, 64 at a time, and one",
        lambda: laplacian(network)(POINT),
    ),
    "`hessian_diagonal(g)(x)`": ("200 walks over the gradient", lambda: hessian_diagonal(network)(POINT)),
    "`taylor(h, 0.3, 5)`": ("series of each of 6 operations", lambda: taylor(series, 0.3, 5)),
    "`taylor(h, 0.3, 10)`": ("", lambda: taylor(series, 0.3, 10)),
    "`taylor(h, 0.3, 20)`": ("", lambda: taylor(series, 0.3, 20)),
    "`taylor(h, 0.3, 40)`": ("", lambda: taylor(series, 0.3, 40)),
    "`sparse_jacobian(b).plan(x)`, 10,000 unknowns": (
        "pattern and colours",
        lambda: sparse_jacobian(boundary).plan(LINE),
    ),
    "`plan(x)`": ("f and 3 forward walks", lambda: J_PLAN(LINE)),
    "`plan(x)`, of `sparse_hessian(sum b²)`": ("gradient and 5 walks over it", lambda: H_PLAN(LINE)),
    "`root(r)(x0, a)`, 26 equations": (
        "Newton's method",
        lambda: root(lambda y, a: square(y) + 3.0 * y - a)(X * 0, X),
    ),
    "its gradient": (
        "Newton's method, and one linear system",
        lambda: grad(lambda a: root(lambda y, a: square(y) + 3.0 * y - a)(X * 0, a).sum())(X),
    ),
    "`fixed_point(p)(x0, a)`, 100 numbers": (
        "iterations",
        lambda: fixed_point(lambda y, a: 0.5 * np.sin(y) + a)(LEVELS * 0, LEVELS),
    ),
    "its gradient ": (
        "iterations, and one linear system",
        lambda: grad(lambda a: fixed_point(lambda y, a: 0.5 * np.sin(y) + a)(LEVELS * 0, a).sum())(LEVELS),
    ),
    "`linear_solve(v ↦ A v, b)`, 26 unknowns": ("products", lambda: linear_solve(lambda v: SQUARE @ v, X)),
    "its gradient  ": (
        "products with A and Aᵀ",
        lambda: grad(lambda b: linear_solve(lambda v: SQUARE @ v, b).sum())(X),
    ),
}


def ten(jvp_fn: Any) -> None:
    for _ in range(10):
        jvp_fn(V)


def each_transformation(repeats: int) -> None:
    found = times({name: run for name, (_, run) in TRANSFORMED.items()}, repeats)
    base = found["`f(x)` by NumPy"]
    print("\n| call | what runs | µs | over f | peak memory, kB |\n|---|---|---|---|---|")
    for name, (what, run) in TRANSFORMED.items():
        t = found[name]
        print(f"| {name} | {what} | {t:.0f} | {t / base:.1f} | {peak(run) / 1000:.0f} |")


def other_transformations(repeats: int) -> None:
    found = times({name: run for name, (_, run) in OTHERS.items()}, max(repeats // 3, 3), calls=1)
    print("\n| call | what runs | µs | peak memory, kB |\n|---|---|---|---|")
    for name, (what, run) in OTHERS.items():
        print(f"| {name.strip()} | {what} | {found[name]:.0f} | {peak(run) / 1000:.0f} |")


# ---- checkpoints -----------------------------------------------------------------------------------------
LAYERS, LONG = 200, RNG.normal(size=100_000)


def layers(x: Any) -> Any:
    for _ in range(LAYERS):
        x = np.sin(x) * 1.01
    return np.sum(x)


def checkpoints(repeats: int) -> None:
    whole = peak(lambda: grad(layers)(LONG))
    runs = {
        "`grad(f)(x)`": lambda: grad(layers)(LONG),
        "`grad(checkpoint(f))(x)`": lambda: grad(checkpoint(layers))(LONG),
    }
    for part in (4, 10, 20):
        limited = checkpoint(layers, budget=whole // part)
        runs[f"`grad(checkpoint(f, budget=…))(x)`, 1/{part}"] = lambda limited=limited: grad(limited)(LONG)
    found = times(runs, max(repeats // 4, 3), calls=1)
    first = found["`grad(f)(x)`"]
    print("\n| call | ms | over grad | peak memory, MB |\n|---|---|---|---|")
    for name, run in runs.items():
        print(f"| {name} | {found[name] / 1e3:.0f} | {found[name] / first:.2f} | {peak(run) / 1e6:.0f} |")


# ---- beside JAX ------------------------------------------------------------------------------------------
def jacobians(peers: dict[str, Any], repeats: int) -> None:
    jax = peers["jax"]
    candidates = {
        "autodiff": Candidate(lambda: jacobian(outputs)(X), lambda: [jacobian(outputs)(X)]),
        "a loop over rows": Candidate(
            lambda: jacobian(outputs, mode="rev", chunk_size=1)(X),
            lambda: [jacobian(outputs, mode="rev", chunk_size=1)(X)],
        ),
    }
    if jax:
        jax.config.update("jax_enable_x64", True)

        def f(x: Any) -> Any:
            return outputs(x, jax.numpy)

        once = jax.jit(jax.jacfwd(f))
        candidates["jax.jacfwd"] = Candidate(
            lambda: jax.jacfwd(f)(X).block_until_ready(), lambda: [np.asarray(jax.jacfwd(f)(X))]
        )
        candidates["jax.jit(jax.jacfwd)"] = Candidate(
            lambda: once(X).block_until_ready(), lambda: [np.asarray(once(X))]
        )
    check_agreement("jacobian", candidates)
    found = interleaved(candidates, repeats, True, calls=5)
    print("\n| Jacobian, 300 × 26 | µs | ours over it |\n|---|---|---|")
    for name, t in found.items():
        print(f"| {name} | {t:.0f} | {found['autodiff'] / t:.3f} |")


def times(runs: dict[str, Callable[[], Any]], repeats: int, calls: int = 3) -> dict[str, float]:
    return interleaved({name: Candidate(run, run) for name, run in runs.items()}, repeats, True, calls)


def peak(run: Callable[[], Any]) -> int:
    """The bytes that a call holds at most, above what was held before."""
    run()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    run()
    found = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer repeats")
    repeats = 5 if parser.parse_args().quick else 21
    peers = load_peers()
    versions(peers)
    cheap_gradients(repeats)
    each_transformation(repeats)
    other_transformations(repeats)
    checkpoints(repeats)
    jacobians(peers, repeats)
