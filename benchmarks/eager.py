"""How fast is recording and walking back, next to other frameworks?  README.md says how to read the table.

python benchmarks/eager.py                  every case, with the peers that are installed
python benchmarks/eager.py --quick          fewer repeats: rough figures within seconds
python benchmarks/eager.py --json FILE      also saves the figures
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from measuring import Candidate, Run, check_agreement, interleaved, load_peers, versions

# isort: split
import numpy as np

import autodiff
from autodiff import Tensor, Value
from autodiff.optim import SGD

OPS = 100  # in a chain
NODES = 100_000  # in the chain whose memory is measured
UNGUARDED = "mygrad, no guard"
BATCH, SIZES, RATE = 64, (784, 128, 10), 0.1  # of the network


class Row(NamedTuple):
    """A line of the table.  `target` is for ours / peer, if there is one; without a peer, for ours itself."""

    case: str
    unit: str
    ours: float
    peer: str
    theirs: float | None
    target: float | None

    @property
    def ratio(self) -> float | None:
        return self.ours / self.theirs if self.theirs else None

    @property
    def met(self) -> bool | None:
        """None without a target, and for a peer that is not installed."""
        reached = self.ratio if self.peer else self.ours
        return None if reached is None or self.target is None else reached <= self.target


# ---- the programs: one text for all frameworks wherever they agree on how to write it --------------------
def chain(x: Any, y: Any, bend: Callable[[Any], Any], ops: int = OPS) -> Any:
    """`ops` operations on two leaves: of five, two join nodes, two meet a constant, one is a function."""
    out = x
    for _ in range(ops // 5):
        out = bend((out * y + x) * 0.5) + 0.25
    return out


def scalar_chain(peers: dict[str, Any]) -> dict[str, Candidate]:
    def ours() -> Any:
        x.zero_grad()
        y.zero_grad()
        chain(x, y, Value.relu).backward()
        return x.grad, y.grad

    x, y = Value(1.1), Value(0.9)
    found = {"autodiff": ours}
    if micrograd := peers["micrograd"]:
        mx, my = micrograd.Value(1.1), micrograd.Value(0.9)

        def theirs() -> Any:
            mx.grad = my.grad = 0
            chain(mx, my, micrograd.Value.relu).backward()
            return mx.grad, my.grad

        found["micrograd"] = theirs
    if torch := peers["torch"]:
        found["torch"] = torch_chain(torch, torch.relu, 1.1, 0.9)
    return {name: Candidate(run, run) for name, run in found.items()}


def array_chain(peers: dict[str, Any]) -> dict[str, Candidate]:
    def ours() -> Any:
        x.zero_grad()
        y.zero_grad()
        chain(x, y, Tensor.tanh).sum().backward()
        return x.grad, y.grad

    x_data, y_data = vectors()
    x, y = Tensor(x_data, requires_grad=True), Tensor(y_data, requires_grad=True)
    found = {"autodiff": ours}
    if torch := peers["torch"]:
        found["torch"] = torch_chain(torch, torch.tanh, x_data, y_data)
    if mygrad := peers["mygrad"]:
        gx, gy = mygrad.tensor(x_data), mygrad.tensor(y_data)

        def theirs() -> Any:  # the next use of a leaf clears its gradient
            chain(gx, gy, mygrad.tanh).sum().backward()
            return gx.grad, gy.grad

        def unguarded() -> Any:
            with mygrad.mem_guard_off:
                return theirs()

        found["mygrad"] = theirs
        found[UNGUARDED] = unguarded
    return {name: Candidate(run, run) for name, run in found.items()}


def torch_chain(torch: Any, bend: Any, x_data: Any, y_data: Any) -> Run:
    x, y = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (x_data, y_data))

    def run() -> Any:
        x.grad = y.grad = None
        chain(x, y, bend).sum().backward() if x.ndim else chain(x, y, bend).backward()
        return x.grad, y.grad

    return run


def second_derivative(peers: dict[str, Any]) -> dict[str, Candidate]:
    def ours() -> Any:
        x.zero_grad()
        y.zero_grad()
        chain(x, y, Tensor.tanh).sum().backward(create_graph=True)
        slope = x.grad
        x.zero_grad()
        y.zero_grad()
        slope.sum().backward()
        return x.grad, y.grad

    x_data, y_data = vectors()
    x, y = Tensor(x_data, requires_grad=True), Tensor(y_data, requires_grad=True)
    found = {"autodiff": ours}
    if torch := peers["torch"]:
        tx, ty = (torch.tensor(v, requires_grad=True) for v in (x_data, y_data))

        def theirs() -> Any:
            out = chain(tx, ty, torch.tanh).sum()
            slope, _ = torch.autograd.grad(out, (tx, ty), create_graph=True)
            return torch.autograd.grad(slope.sum(), (tx, ty))

        found["torch"] = theirs
    return {name: Candidate(run, run) for name, run in found.items()}


def vectors() -> list[Any]:
    return list(np.random.default_rng(0).uniform(0.5, 1.0, (2, 10)))


def network_step(peers: dict[str, Any]) -> dict[str, Candidate]:
    """relu(x W1 + b1) W2 + b2, mean squared error, gradient descent: one step on one batch."""
    rng = np.random.default_rng(0)
    inputs, hidden, outputs = SIZES
    batch = rng.standard_normal((BATCH, inputs), dtype=np.float32)
    targets = np.eye(outputs, dtype=np.float32)[rng.integers(outputs, size=BATCH)]
    weights = [
        rng.standard_normal((inputs, hidden), dtype=np.float32) / np.float32(inputs**0.5),
        np.zeros(hidden, np.float32),
        rng.standard_normal((hidden, outputs), dtype=np.float32) / np.float32(hidden**0.5),
        np.zeros(outputs, np.float32),
    ]
    found = {"autodiff": our_network(batch, targets, weights)}
    if peers["torch"]:
        found["torch"] = torch_network(peers["torch"], batch, targets, weights)
    if peers["jax"]:
        found["jax"] = jax_network(peers["jax"], batch, targets, weights)
    return found


def our_network(batch: Any, targets: Any, weights: list[Any]) -> Candidate:
    x, target = Tensor(batch), Tensor(targets)
    params = w1, b1, w2, b2 = [Tensor(w, requires_grad=True) for w in weights]
    sgd = SGD(params, lr=RATE)

    def loss_and_gradients() -> Any:
        sgd.zero_grad()
        error = (x @ w1 + b1).relu() @ w2 + b2 - target
        loss = (error * error).mean()
        loss.backward()
        return loss

    def step() -> Any:
        loss = loss_and_gradients()
        sgd.step()
        return loss

    return Candidate(step, lambda: (loss_and_gradients(), *(p.grad for p in params), step(), step()))


def torch_network(torch: Any, batch: Any, targets: Any, weights: list[Any]) -> Candidate:
    x, target = torch.tensor(batch), torch.tensor(targets)
    params = w1, b1, w2, b2 = [torch.tensor(w, requires_grad=True) for w in weights]
    sgd = torch.optim.SGD(params, lr=RATE)
    addmm, mse = torch.addmm, torch.nn.functional.mse_loss  # faster than @ and +, and than a mean of squares

    def loss_and_gradients() -> Any:
        sgd.zero_grad()
        loss = mse(addmm(b2, torch.relu(addmm(b1, x, w1)), w2), target)
        loss.backward()
        return loss

    def step() -> Any:
        loss = loss_and_gradients()
        sgd.step()
        return loss

    return Candidate(step, lambda: (loss_and_gradients(), *(p.grad for p in params), step(), step()))


def jax_network(jax: Any, batch: Any, targets: Any, weights: list[Any]) -> Candidate:
    x, target = jax.numpy.array(batch), jax.numpy.array(targets)
    params = [jax.numpy.array(w) for w in weights]

    def loss_of(params: Any, x: Any, target: Any) -> Any:
        w1, b1, w2, b2 = params
        error = jax.nn.relu(x @ w1 + b1) @ w2 + b2 - target
        return (error * error).mean()

    def stepped(params: Any, x: Any, target: Any) -> Any:
        loss, grads = jax.value_and_grad(loss_of)(params, x, target)
        return loss, [p - RATE * g for p, g in zip(params, grads, strict=True)]

    compiled = jax.jit(stepped, donate_argnums=0)  # the new weights may take the place of the old

    def step() -> Any:
        nonlocal params
        loss, params = jax.block_until_ready(compiled(params, x, target))
        return loss

    def answer() -> Any:
        loss, grads = jax.value_and_grad(loss_of)(params, x, target)
        return loss, *grads, step(), step()

    return Candidate(step, answer)


# ---- measuring -------------------------------------------------------------------------------------------
def bytes_per_node(node: Any, relu: Any) -> float:
    """What one operation of the scalar chain leaves in memory, before any backward walk."""
    x, y = node(1.1), node(0.9)
    gc.collect()
    tracemalloc.start()
    out = chain(x, y, relu, NODES)
    gc.collect()
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del out
    return used / NODES


def import_time(repeats: int) -> float:
    """Milliseconds that `import autodiff` takes when NumPy is there already, each time in a new process.

    All modules have been compiled before, by the first run, into a folder of this measurement's own.
    """
    program = (
        "import time, numpy; start = time.perf_counter(); import autodiff; print(time.perf_counter() - start)"
    )
    home = os.path.dirname(os.path.dirname(autodiff.__file__))
    command = [sys.executable, "-c", program]
    with TemporaryDirectory() as cache:
        env = {**os.environ, "PYTHONPATH": home, "PYTHONPYCACHEPREFIX": cache}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        seconds = [float(subprocess.check_output(command, env=env)) for _ in range(repeats + 1)]
    return median(seconds[1:]) * 1e3


SCALARS = {"micrograd": 0.85, "torch": 0.15}
ARRAYS = {"torch": 0.42, "mygrad": 0.2, UNGUARDED: None}
CASES = [  # name, unit, how many of it a call makes, programs, part of each peer's time to reach, collector
    ("100-op scalar chain", "µs/op", OPS, scalar_chain, SCALARS, True),
    ("  the same, collector off", "µs/op", OPS, scalar_chain, SCALARS, False),
    ("100-op chain, arrays of 10", "µs/op", OPS, array_chain, ARRAYS, True),
    ("MLP step 64×784→128→10", "µs/step", 1, network_step, {"torch": 0.7, "jax": 0.8}, True),
    ("2nd derivative, array chain", "µs/op", OPS, second_derivative, {"torch": 0.5}, True),
]


def measure(peers: dict[str, Any], quick: bool) -> list[Row]:
    rows = []
    for case, unit, size, build, targets, collector in CASES:
        candidates = build(peers)
        check_agreement(case, candidates)
        times = interleaved(candidates, 7 if quick else 100, collector)
        for peer, target in targets.items():
            theirs = times[peer] / size if peer in times else None
            rows.append(Row(case, unit, times["autodiff"] / size, peer, theirs, target))
    micrograd = peers["micrograd"]
    theirs = bytes_per_node(micrograd.Value, micrograd.Value.relu) if micrograd else None
    rows.append(
        Row("memory, scalar chain", "bytes/op", bytes_per_node(Value, Value.relu), "micrograd", theirs, 1.0)
    )
    rows.append(Row("import autodiff, after numpy", "ms", import_time(5 if quick else 20), "", None, 60.0))
    return rows


def table(rows: list[Row]) -> str:
    titles = ("case", "unit", "ours", "peer", "peer's", "ours/peer", "target", "met")
    cells = [titles]
    for row in rows:
        theirs = "-" if not row.peer else "missing" if row.theirs is None else f"{row.theirs:.2f}"
        ratio = f"{row.ratio:.2f}" if row.ratio else "-"
        target = "-" if row.target is None else f"≤ {row.target:.2f}" if row.peer else f"≤ {row.target:.0f}"
        met = {True: "yes", False: "NO", None: "-"}[row.met]
        cells.append((row.case, row.unit, f"{row.ours:.2f}", row.peer or "-", theirs, ratio, target, met))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    align = "<<><>>><"
    lines = ["  ".join(f"{c:{a}{w}}" for c, a, w in zip(line, align, widths, strict=True)) for line in cells]
    return "\n".join(line.rstrip() for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Forward and backward, next to other frameworks.")
    parser.add_argument("--quick", action="store_true", help="fewer repeats: rough figures")
    parser.add_argument("--json", metavar="FILE", help="save the figures")
    options = parser.parse_args()

    peers = load_peers()
    compared = versions(peers)
    rows = measure(peers, options.quick)
    print(table(rows))
    if options.json:
        figures = [{**row._asdict(), "ratio": row.ratio, "met": row.met} for row in rows]
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"versions": compared, "rows": figures}, file, indent=1, ensure_ascii=False)


if __name__ == "__main__":
    main()
