"""How fast are programs of arrays in native code, next to NumPy source, PyTorch and JAX?

python benchmarks/native.py                 the table; peers that are not installed are left out
python benchmarks/native.py --quick         fewer repeats, and chains up to a million elements
python benchmarks/native.py --plot FILE     how the chains grow with their length, as a picture, and figures
                                            in a file of the same name that ends with .csv

Training steps of three networks, in float32: loss, gradients, and a step of gradient descent.  Then chains of
ten elementwise operations, in float64, from a thousand to a hundred million elements, as far as memory goes:
one of arithmetic, one of functions of mathematics, and the gradient of the latter.  Every program is written
once, and called with each library's functions; PyTorch and JAX have a convolution and pooling of their own,
where ours are made of slices.  `torch` is PyTorch as it is, `compiled` is `torch.compile`.  JAX's results are
waited for.  All must agree before anything is timed.  One process, one thread, candidates take turns.

Two floors are measured: memory, by the copy of an array beyond all caches, and arithmetic, by a polynomial of
degree 100 in the first cache.  Memory peaks are those of a process for each candidate, above what it held
before its first call: that call with all that compiles, and later calls (Linux alone says so).
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

from measuring import Candidate, check_agreement, interleaved, load_peers, versions

# isort: split
import numpy as np

import autodiff
from autodiff import grad, jit, value_and_grad

RNG = np.random.default_rng(0)
RATE = 0.01
NAMES = {"autodiff": "native", "numpy": "numpy", "torch": "torch", "compiled": "compiled", "jax": "jax.jit"}
LENGTHS, PEAK_LENGTH = [10**k for k in range(2, 9)], 10**7
HELD = {"autodiff": 12, "numpy": 12, "torch": 12, "compiled": 8, "jax": 8}  # arrays, at the first call
OPERATIONS, DEGREE = 10, 100  # of a chain; of a polynomial, as many additions and multiplications


# ---- programs --------------------------------------------------------------------------------------------
def mlp(m: Any, params: Sequence[Any], x: Any, y: Any) -> Any:
    w1, b1, w2, b2 = params
    return cross_entropy(m, m.relu(x @ w1 + b1) @ w2 + b2, y)


def cnn(m: Any, params: Sequence[Any], x: Any, y: Any) -> Any:
    """Two convolutions (3×3) with pooling (2×2), and a layer: images (n, h, w, channels)."""
    w1, b1, w2, b2, w3, b3 = params
    x = m.pooled(m.relu(m.convolved(x, w1) + b1))
    x = m.pooled(m.relu(m.convolved(x, w2) + b2))
    return cross_entropy(m, x.reshape(x.shape[0], -1) @ w3 + b3, y)


def transformer(m: Any, params: Sequence[Any], x: Any, y: Any) -> Any:
    """A block with attention of several heads to what came before, and a layer: sequences (n, t, d)."""
    wq, wk, wv, wo, g1, b1, w1, c1, w2, c2, g2, b2, w3 = params
    n, t, d = x.shape
    heads = 4

    def split(x: Any) -> Any:
        return m.swapaxes(x.reshape(n, t, heads, d // heads), 1, 2)

    a = normalized(m, x, g1, b1)
    q, k, v = split(a @ wq), split(a @ wk), split(a @ wv)
    scores = q @ m.swapaxes(k, -1, -2) * (d // heads) ** -0.5
    scores = m.where(m.asarray(np.tril(np.ones((t, t), bool))), scores, -1e9)
    x = x + m.swapaxes(m.softmax(scores, -1) @ v, 1, 2).reshape(n, t, d) @ wo
    a = normalized(m, x, g2, b2)
    x = x + m.gelu(a @ w1 + c1) @ w2 + c2
    return cross_entropy(m, x @ w3, y)


def normalized(m: Any, x: Any, gain: Any, bias: Any) -> Any:
    x = x - m.mean(x, -1)
    return x / m.sqrt(m.mean(x * x, -1) + 1e-5) * gain + bias


def cross_entropy(m: Any, logits: Any, y: Any) -> Any:
    """Of one-hot targets."""
    return (m.logsumexp(logits, -1) - (logits * y).sum(-1)).mean()


def arithmetic(m: Any, x: Any) -> Any:
    """Ten operations, of which none takes longer than memory."""
    y = x * 0.5 - 1.0
    z = y * x + 0.25
    return m.maximum(z * y, x) * z - y * 2.0 + x


def functions(m: Any, x: Any) -> Any:
    """Ten operations, four of which are functions of mathematics."""
    return m.sqrt(m.exp(m.sin(x) * 0.5 + 1.0) * m.tanh(x) / (x * x + 2.0))


CHAINS = {  # by name, with whether the gradient is taken
    "arithmetic": (arithmetic, False), "functions": (functions, False), "their gradient": (functions, True)
}  # fmt: skip


# ---- libraries -------------------------------------------------------------------------------------------
def convolved(x: Any, w: Any) -> Any:
    """Patches side by side, times the weights (3, 3, channels in, channels out)."""
    h, v = x.shape[1] - 2, x.shape[2] - 2
    patches = [x[:, i : i + h, j : j + v] for i in range(3) for j in range(3)]
    return autodiff.numpy.concatenate(patches, axis=-1) @ w.reshape(-1, w.shape[-1])


def pooled(x: Any) -> Any:
    n, h, v, c = x.shape
    return x.reshape(n, h // 2, 2, v // 2, 2, c).max(axis=(2, 4))


def ours() -> Any:
    m = autodiff.numpy
    return SimpleNamespace(
        exp=m.exp, sin=m.sin, tanh=m.tanh, sqrt=m.sqrt, where=m.where, maximum=m.maximum,
        swapaxes=m.swapaxes, asarray=np.asarray, relu=autodiff.relu, softmax=autodiff.softmax,
        logsumexp=autodiff.logsumexp, convolved=convolved, pooled=pooled,
        mean=lambda x, axis: m.mean(x, axis=axis, keepdims=True),
        gelu=lambda x: 0.5 * x * (1.0 + autodiff.erf(x * 0.5**0.5)),
    )  # fmt: skip


def pytorch(torch: Any) -> Any:
    f = torch.nn.functional

    def convolved(x: Any, w: Any) -> Any:
        return f.conv2d(x.permute(0, 3, 1, 2), w.permute(3, 2, 0, 1)).permute(0, 2, 3, 1)

    def pooled(x: Any) -> Any:
        return f.max_pool2d(x.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)

    return SimpleNamespace(
        exp=torch.exp, sin=torch.sin, tanh=torch.tanh, sqrt=torch.sqrt, where=torch.where,
        maximum=torch.maximum, swapaxes=torch.swapaxes, asarray=torch.as_tensor, relu=torch.relu,
        softmax=torch.softmax, logsumexp=torch.logsumexp, convolved=convolved, pooled=pooled,
        mean=lambda x, axis: x.mean(axis, keepdim=True), gelu=f.gelu,
    )  # fmt: skip


def jaxs(jax: Any) -> Any:
    m, layout = jax.numpy, ("NHWC", "HWIO", "NHWC")

    def pooled(x: Any) -> Any:
        return jax.lax.reduce_window(x, -np.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")

    return SimpleNamespace(
        exp=m.exp, sin=m.sin, tanh=m.tanh, sqrt=m.sqrt, where=m.where, maximum=m.maximum,
        swapaxes=m.swapaxes, asarray=m.asarray, relu=jax.nn.relu, softmax=jax.nn.softmax,
        logsumexp=jax.nn.logsumexp, pooled=pooled,
        convolved=lambda x, w: jax.lax.conv_general_dilated(
            x, w, (1, 1), "VALID", dimension_numbers=layout
        ),
        mean=lambda x, axis: m.mean(x, axis=axis, keepdims=True),
        gelu=lambda x: jax.nn.gelu(x, approximate=False),
    )  # fmt: skip


# ---- what is timed ---------------------------------------------------------------------------------------
class Case(NamedTuple):
    """A program, its parameters and other arguments; without any of the latter, its own argument."""

    name: str
    f: Callable[..., Any]
    params: list[Any]
    rest: list[Any]


def normal(*shape: int, scale: float = 1.0) -> Any:
    return (RNG.normal(size=shape) * scale).astype(np.float32)


def one_hot(*shape: int) -> Any:
    return np.eye(shape[-1], dtype=np.float32)[RNG.integers(0, shape[-1], shape[:-1])]


def steps() -> list[Case]:
    d, wide = 64, 256
    square = [normal(d, d, scale=d**-0.5) for _ in range(4)]
    gains = [[np.ones(d, np.float32), np.zeros(d, np.float32)] for _ in range(2)]
    layers = [normal(d, wide, scale=d**-0.5), normal(wide), normal(wide, d, scale=wide**-0.5), normal(d)]
    return [
        Case(
            "MLP, 64×784→128→10", mlp,
            [normal(784, 128, scale=0.05), normal(128), normal(128, 10, scale=0.1), normal(10)],
            [normal(64, 784), one_hot(64, 10)],
        ),
        Case(
            "CNN, 32×30×30→8→16→10", cnn,
            [
                normal(3, 3, 1, 8, scale=0.3), normal(8), normal(3, 3, 8, 16, scale=0.1), normal(16),
                normal(576, 10, scale=0.05), normal(10),
            ],
            [normal(32, 30, 30, 1), one_hot(32, 10)],
        ),
        Case(
            "transformer, 8×32×64", transformer,
            [*square, *gains[0], *layers, *gains[1], normal(d, 50, scale=0.1)],
            [normal(8, 32, d), one_hot(8, 32, 50)],
        ),
    ]  # fmt: skip


def stepping(case: Case, peers: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    """A step of each library's: it returns the loss and the new parameters."""
    f, m = case.f, ours()

    def step(params: list[Any], *rest: Any) -> Any:
        loss, slopes = value_and_grad(lambda p: f(m, p, *rest))(params)
        return loss, *[p - RATE * g for p, g in zip(params, slopes, strict=True)]

    native, plain = (jit(step, backend=backend) for backend in ("native", "numpy"))
    runs: dict[str, Callable[[], Any]] = {
        "autodiff": lambda: native(case.params, *case.rest),
        "numpy": lambda: plain(case.params, *case.rest),
    }
    if torch := peers["torch"]:
        lib = pytorch(torch)
        params = [torch.tensor(p, requires_grad=True) for p in case.params]
        rest = [torch.tensor(x) for x in case.rest]

        def of(loss_of: Callable[..., Any]) -> Callable[[], Any]:
            def run() -> Any:
                loss = loss_of(params, *rest)
                slopes = torch.autograd.grad(loss, params)
                with torch.no_grad():
                    return loss, *torch._foreach_add(params, slopes, alpha=-RATE)

            return run

        torch._dynamo.reset()  # it gives up after having compiled the same function some times
        runs["torch"] = of(lambda p, *rest: f(lib, p, *rest))
        runs["compiled"] = of(torch.compile(lambda p, *rest: f(lib, p, *rest), dynamic=False))
    if jax := peers["jax"]:
        other = jaxs(jax)

        def whole(params: list[Any], *rest: Any) -> Any:
            loss, slopes = jax.value_and_grad(lambda p: f(other, p, *rest))(params)
            return loss, *[p - RATE * g for p, g in zip(params, slopes, strict=True)]

        theirs, ps = jax.jit(whole), [jax.numpy.asarray(p) for p in case.params]
        xs = [jax.numpy.asarray(x) for x in case.rest]
        runs["jax"] = lambda: jax.block_until_ready(theirs(ps, *xs))
    return runs


def chains(chain: Any, gradient: bool, n: int, peers: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    x = np.abs(RNG.normal(size=n)) + 0.01
    m = ours()

    def f(x: Any) -> Any:
        return chain(m, x)

    changed = grad(lambda x: f(x).sum()) if gradient else f
    native, plain = (jit(changed, backend=backend) for backend in ("native", "numpy"))
    runs: dict[str, Callable[[], Any]] = {"autodiff": lambda: [native(x)], "numpy": lambda: [plain(x)]}
    if torch := peers["torch"]:
        lib, t = pytorch(torch), torch.tensor(x, requires_grad=gradient)

        def of(f: Callable[..., Any]) -> Callable[[], Any]:
            if gradient:
                return lambda: torch.autograd.grad(f(t), [t])
            return lambda: [f(t)]

        def theirs(x: Any) -> Any:
            return chain(lib, x).sum() if gradient else chain(lib, x)

        torch._dynamo.reset()
        runs["torch"], runs["compiled"] = of(theirs), of(torch.compile(theirs, dynamic=False))
    if jax := peers["jax"]:
        other, xs = jaxs(jax), jax.numpy.asarray(x)
        made = jax.jit(jax.grad(lambda x: chain(other, x).sum()) if gradient else lambda x: chain(other, x))
        runs["jax"] = lambda: [jax.block_until_ready(made(xs))]
    return runs


def timed(case: str, runs: dict[str, Callable[[], Any]], rounds: int) -> tuple[dict[str, float], ...]:
    """Microseconds a call, and milliseconds of the first call; what fails there is named and left out."""
    first, good = {}, {}
    for name, run in runs.items():
        start = time.perf_counter()
        try:
            run()
        except Exception as error:
            print(f"{case}: {NAMES[name]} does not run here: {type(error).__name__}")
            continue
        first[name] = (time.perf_counter() - start) * 1e3
        good[name] = Candidate(run, run)
    check_agreement(case, good)
    start = time.perf_counter()
    good["autodiff"].run()
    calls = int(min(max(0.02 / (time.perf_counter() - start), 1), 500))
    return interleaved(good, rounds, True, calls), first


def memory_left() -> float:
    """Bytes that can be used without swapping, as far as the system says."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) * 1024.0 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return 8e9


def bandwidth() -> float:
    """Seconds a byte, of memory that is read and written: the copy of an array beyond all caches."""
    x = np.ones(1 << 25)
    y, times = np.ones_like(x), []
    for _ in range(9):
        start = time.perf_counter()
        np.copyto(y, x)
        times.append(time.perf_counter() - start)
    return min(times) / (2 * x.nbytes)


def operation() -> float:
    """Seconds an operation on a number, of a thread that does nothing else: additions and multiplications."""
    x, times = np.linspace(-1.0, 1.0, 1024), []

    def polynomial(x: Any) -> Any:
        y = x
        for _ in range(DEGREE):
            y = y * x + 0.5
        return y

    f = jit(polynomial, backend="native")
    for _ in range(300):
        start = time.perf_counter()
        f(x)
        times.append(time.perf_counter() - start)
    return min(times) / (2 * DEGREE * len(x))


# ---- memory ----------------------------------------------------------------------------------------------
STATUS, FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def held(what: str) -> int:
    """Bytes of this process: VmRSS, those in memory now, or VmHWM, the most since the peak was forgotten."""
    return next(int(line.split()[1]) * 1024 for line in STATUS.read_text().splitlines() if what in line)


def peak(case: str, name: str) -> None:
    """Print the peaks of a candidate's first call, and of later ones, in bytes above what it held."""
    module = {"compiled": "torch", "autodiff": "", "numpy": ""}.get(name, name)
    peers: dict[str, Any] = {"torch": None, "jax": None} | load_peers(*filter(None, [module or "none"]))
    if jax := peers["jax"]:
        jax.config.update("jax_enable_x64", True)
    runs = {c.name: c for c in steps()}
    run = (
        stepping(runs[case], peers) if case in runs else chains(*CHAINS[case], PEAK_LENGTH, peers)
    )[name]  # fmt: skip
    before, found = held("VmRSS"), []
    for calls in (1, 3):
        FORGET.write_text("5")
        for _ in range(calls):
            run()
        found.append(held("VmHWM") - before)
    print(*found)


def peaks() -> None:
    """The table of them."""
    if not FORGET.exists():
        print("\nmemory peaks: this system does not tell them")
        return
    print(f"\n{'peak of first, later, MB':26}" + "".join(f"{n:>16}" for n in NAMES.values()))
    for case in [*(c.name for c in steps()), *CHAINS]:
        line = f"{case + (', 1e7' if case in CHAINS else ''):26}"
        for name in NAMES:
            command = [sys.executable, __file__, "--peak", case, name]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            last = done.stdout.split()[-2:] if not done.returncode else []
            line += f"{', '.join(f'{int(x) / 1e6:.0f}' for x in last):>16}"
        print(line, flush=True)


# ---- the table and the picture ---------------------------------------------------------------------------
def row(name: str, times: dict[str, float]) -> str:
    cells = "".join(f"{times[k]:12.1f}" if k in times else f"{'':>12}" for k in NAMES)
    rest = [times[k] for k in ("torch", "compiled", "jax") if k in times]
    least = f"{times['autodiff'] / min(rest):12.2f}" if rest else ""
    return f"{name:26}{cells}{least}"


def save(file: Path, found: dict[str, dict[int, dict[str, float]]], floors: dict[str, float]) -> None:
    """The figures of the picture: microseconds by chain and length; `floors` are those of an element."""
    with file.open("w", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(["chain", "elements", *NAMES.values(), *floors])
        for what, by_length in found.items():
            for n, times in by_length.items():
                cells = [f"{times[k]:.4g}" if k in times else "" for k in NAMES]
                table.writerow([what, n, *cells, *(f"{n * floor:.4g}" for floor in floors.values())])


def plot(file: Path, found: dict[str, dict[int, dict[str, float]]], floors: dict[str, float]) -> None:
    """Time by length, on logarithmic axes, and what memory and arithmetic alone take."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 3, figsize=(14, 4.5), sharey=True)
    for (what, by_length), axis in zip(found.items(), axes, strict=True):
        for name, label in NAMES.items():
            points = [(n, times[name]) for n, times in by_length.items() if name in times]
            if points:
                axis.loglog(*zip(*points, strict=True), marker="o", markersize=3, label=label)
        lengths = list(by_length)
        for (label, floor), style in zip(floors.items(), ("k--", "k:"), strict=True):
            axis.loglog(lengths, [n * floor for n in lengths], style, linewidth=0.8, label=label)
        axis.set_title(what)
        axis.set_xlabel("elements")
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("µs a call")
    axes[0].legend()
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the chains' times into this file")
    parser.add_argument("--without", nargs="+", default=[], choices=NAMES, help="candidates to leave out")
    parser.add_argument("--peak", nargs=2, metavar=("CASE", "NAME"), help="memory of one candidate")
    settings = parser.parse_args()
    if settings.peak:
        peak(*settings.peak)
        return
    peers = load_peers("torch", "jax")
    versions(peers)
    if jax := peers["jax"]:
        jax.config.update("jax_enable_x64", True)
    rounds = 5 if settings.quick else 15
    firsts = []
    print(f"\n{'µs a call':26}" + "".join(f"{n:>12}" for n in NAMES.values()) + f"{'ours/best':>12}")

    def measured(name: str, runs: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
        runs = {k: run for k, run in runs.items() if k not in settings.without}
        times, first = timed(name, runs, rounds)
        print(row(name, times), flush=True)
        firsts.append((name, first))
        return times

    for case in steps():
        measured(case.name, stepping(case, peers), rounds)
    found: dict[str, dict[int, dict[str, float]]] = {what: {} for what in CHAINS}
    for n in LENGTHS[: 4 if settings.quick else None]:
        for what, (chain, gradient) in CHAINS.items():
            held = 8 * n * (2 if gradient else 1)  # bytes
            enough = {k for k, arrays in HELD.items() if held * arrays < memory_left() / 2}
            if "autodiff" in enough:
                runs = {k: run for k, run in chains(chain, gradient, n, peers).items() if k in enough}
                name = f"{what}, 1e{len(str(n)) - 1}"
                found[what][n] = measured(name, runs, rounds if n < 10**6 else 5 if n < 10**8 else 1)
    byte, each = bandwidth(), operation()
    floors = {"memory": 16e6 * byte, "arithmetic": 1e6 * OPERATIONS * each}
    print(f"\nmemory: {1e-9 / byte:.1f} GB/s in a copy; 16 bytes an element are the least that a chain takes")
    print(f"arithmetic: {1e-9 / each:.1f} billion operations a second; a chain has {OPERATIONS}")
    for what, by_length in found.items():
        for n in sorted(by_length)[-2:]:
            least = floors["memory"] * n
            ratio = by_length[n]["autodiff"] / least
            print(f"{what}, {n:.0e}: {ratio:.2f} times that of memory, {least:.0f} µs")
    print(f"\n{'first call, ms':26}" + "".join(f"{n:>12}" for n in NAMES.values()))
    for name, first in firsts:
        print(f"{name:26}" + "".join(f"{first[k]:12.1f}" if k in first else f"{'':>12}" for k in NAMES))
    if settings.plot:
        plot(settings.plot, found, floors)
        save(settings.plot.with_suffix(".csv"), found, floors)
    if not settings.quick:
        peaks()


if __name__ == "__main__":
    main()
