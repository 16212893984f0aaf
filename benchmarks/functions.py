"""How fast is each function of Tensors, forward and backward, next to other frameworks?

python benchmarks/functions.py                  arrays of 10 and of 100,000 elements, all functions
python benchmarks/functions.py --only sum,sort  some of them
python benchmarks/functions.py --sizes 1000     arrays of other sizes
python benchmarks/functions.py --quick          fewer repeats: rough figures
python benchmarks/functions.py --json FILE      also saves the figures
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from math import exp, isqrt, log
from typing import Any, NamedTuple

from measuring import Candidate, check_agreement, interleaved, load_peers, versions

# isort: split
import numpy as np

import autodiff
from autodiff import Tensor

SIZES = (10, 100_000)
PEERS = ("torch", "autograd", "mygrad")


class Call(NamedTuple):
    """A function as one writes it: in NumPy's words, ours and autograd's and MyGrad's, and in PyTorch's.

    `shapes` are those of x, y…: v a vector, u one of numbers so near 1 that their product does not vanish,
    c one as long as the side of a square, m a matrix of twice as many columns as rows, s a square one, p one
    that is positive definite, r a matrix of ten columns.
    """

    numpy: str
    torch: str
    shapes: str = "v"


CALLS = {
    "concatenate": Call("m.concatenate([x, y])", "m.cat([x, y])", "vv"),
    "stack": Call("m.stack([x, y])", "m.stack([x, y])", "vv"),
    "split": Call("m.split(x, 2)[1]", "m.split(x, len(x) // 2)[1]"),
    "where": Call("m.where(x > 1, x, y)", "m.where(x > 1, x, y)", "vv"),
    "maximum": Call("m.maximum(x, y)", "m.maximum(x, y)", "vv"),
    "minimum": Call("m.minimum(x, y)", "m.minimum(x, y)", "vv"),
    "clip": Call("m.clip(x, 0.7, 1.2)", "m.clip(x, 0.7, 1.2)"),
    "matmul": Call("m.matmul(x, y)", "m.matmul(x, y)", "ss"),
    "dot": Call("m.dot(x, y)", "m.dot(x, y)", "vv"),
    "inner": Call("m.inner(x, y)", "m.inner(x, y)", "ss"),
    "outer": Call("m.outer(x, y)", "m.outer(x, y)", "cc"),
    "tensordot": Call("m.tensordot(x, y, 1)", "m.tensordot(x, y, 1)", "ss"),
    "einsum ij,ij->i": Call("m.einsum('ij,ij->i', x, y)", "m.einsum('ij,ij->i', x, y)", "mm"),
    "einsum ij,jk->ik": Call("m.einsum('ij,jk->ik', x, y)", "m.einsum('ij,jk->ik', x, y)", "ss"),
    "einsum ii": Call("m.einsum('ii', x)", "m.einsum('ii', x)", "s"),
    "einsum ij->": Call("m.einsum('ij->', x)", "m.einsum('ij->', x)", "m"),
    "pad": Call("m.pad(x, 1)", "m.nn.functional.pad(x, (1, 1))"),
    "flip": Call("m.flip(x)", "m.flip(x, (0,))"),
    "roll": Call("m.roll(x, 1)", "m.roll(x, 1)"),
    "tile": Call("m.tile(x, 2)", "m.tile(x, (2,))"),
    "repeat": Call("m.repeat(x, 2)", "m.repeat_interleave(x, 2)"),
    "broadcast_to": Call("m.broadcast_to(x, (3, *x.shape))", "m.broadcast_to(x, (3, *x.shape))"),
    "expand_dims": Call("m.expand_dims(x, 0)", "m.unsqueeze(x, 0)"),
    "moveaxis": Call("m.moveaxis(x, 0, -1)", "m.movedim(x, 0, -1)", "m"),
    "squeeze": Call("m.squeeze(x[None])", "m.squeeze(x[None])"),
    "reshape": Call("m.reshape(x, (-1,))", "m.reshape(x, (-1,))", "m"),
    "transpose": Call("m.transpose(x)", "m.t(x)", "m"),
    "diag": Call("m.diag(x)", "m.diag(x)", "c"),
    "tril": Call("m.tril(x)", "m.tril(x)", "s"),
    "triu": Call("m.triu(x)", "m.triu(x)", "s"),
    "diff": Call("m.diff(x)", "m.diff(x)"),
    "sort": Call("m.sort(x)", "m.sort(x).values"),
    "take_along_axis": Call("m.take_along_axis(x, i, 1)", "m.take_along_dim(x, i, 1)", "m"),
    "logaddexp": Call("m.logaddexp(x, y)", "m.logaddexp(x, y)", "vv"),
    "logsumexp": Call("m.logsumexp(x, axis=1)", "m.logsumexp(x, 1)", "r"),
    "softmax": Call("m.softmax(x) * y", "m.softmax(x, 1) * y", "rr"),
    "log_softmax": Call("m.log_softmax(x) * y", "m.log_softmax(x, 1) * y", "rr"),
    "cross_entropy": Call("m.cross_entropy(x, j)", "m.nn.functional.cross_entropy(x, j)", "r"),
    "cross_entropy, p": Call("m.cross_entropy(x, y)", "m.nn.functional.cross_entropy(x, y)", "rr"),
    "norm": Call("m.linalg.norm(x)", "m.linalg.norm(x)"),
    "solve": Call("m.linalg.solve(x, y)", "m.linalg.solve(x, y)", "ps"),
    "inv": Call("m.linalg.inv(x)", "m.linalg.inv(x)", "p"),
    "det": Call("m.linalg.det(x)", "m.linalg.det(x)", "p"),
    "slogdet": Call("m.linalg.slogdet(x)[1]", "m.linalg.slogdet(x)[1]", "p"),
    "cholesky": Call("m.linalg.cholesky(x)", "m.linalg.cholesky(x)", "p"),
    "eigh": Call("m.linalg.eigh(x + x.T)[1][:, -1] ** 4", "m.linalg.eigh(x + x.T)[1][:, -1] ** 4", "p"),
    "eigvalsh": Call("m.linalg.eigh(x + x.T)[0] ** 2", "m.linalg.eigvalsh(x + x.T) ** 2", "p"),
    "svd": Call(
        "m.linalg.svd(x, full_matrices=False)[0][:, 0] ** 4",
        "m.linalg.svd(x, full_matrices=False)[0][:, 0] ** 4",
        "m",
    ),
    "singular values": Call("m.linalg.svd(x, full_matrices=False)[1]", "m.linalg.svdvals(x)", "m"),
    "qr": Call("m.linalg.qr(x)[1] ** 4", "m.linalg.qr(x)[1] ** 4", "p"),
    "pinv": Call("m.linalg.pinv(x[:100])", "m.linalg.pinv(x[:100])", "r"),
    "fft": Call("m.real(m.fft.fft(x)) ** 2", "m.real(m.fft.fft(x)) ** 2"),
    "rfft": Call("m.real(m.fft.rfft(x)) ** 2", "m.real(m.fft.rfft(x)) ** 2"),
    "ifft2": Call("m.real(m.fft.ifft2(x)) ** 2", "m.real(m.fft.ifft2(x)) ** 2", "m"),
    "kron": Call("m.kron(x[:10], y[:10])", "m.kron(x[:10], y[:10])", "vv"),
    "cross": Call("m.cross(x[:, :3], y[:, :3])", "m.linalg.cross(x[:, :3], y[:, :3])", "rr"),
    "sum": Call("m.sum(x)", "m.sum(x)"),
    "sum, axis": Call("m.sum(x, axis=0)", "m.sum(x, 0)", "m"),
    "prod": Call("m.prod(x)", "m.prod(x)", "u"),
    "mean": Call("m.mean(x)", "m.mean(x)"),
    "var": Call("m.var(x)", "m.var(x, correction=0)"),
    "std": Call("m.std(x)", "m.std(x, correction=0)"),
    "max": Call("m.max(x)", "m.max(x)"),
    "max, axis": Call("m.max(x, axis=1)", "m.amax(x, 1)", "m"),
    "ptp": Call("m.ptp(x)", "m.amax(x) - m.amin(x)"),
    "cumsum": Call("m.cumsum(x)", "m.cumsum(x, 0)"),
    "cumprod": Call("m.cumprod(x)", "m.cumprod(x, 0)", "u"),
    "trace": Call("m.trace(x)", "m.trace(x)", "s"),
    "x[1:]": Call("x[1:]", "x[1:]"),
    "x[i]": Call("x[k]", "x[k]"),
    "x[mask]": Call("x[mask]", "x[mask]"),
    "x[i] for each of ten": Call("sum([x[n] for n in range(10)])", "sum([x[n] for n in range(10)])"),
    "exp": Call("m.exp(x)", "m.exp(x)"),
    "tanh": Call("m.tanh(x)", "m.tanh(x)"),
    "power": Call("x ** y", "x ** y", "vv"),
}


def data(shapes: str, n: int) -> dict[str, np.ndarray]:
    """The arrays of a call, of about n elements each, and constants for it to pick with."""
    rng = np.random.default_rng(0)
    side = max(isqrt(n), 3)
    rows = max(isqrt(n // 2), 2)
    of = {
        "v": (n,),
        "u": (n,),
        "m": (rows, n // rows),
        "s": (side, side),
        "p": (side, side),
        "c": (side,),
        "r": (n // 10, 10),
    }
    found = {name: rng.uniform(0.5, 1.5, of[shape]) for name, shape in zip("xyz", shapes, strict=False)}
    if shapes[0] == "u":
        found["x"] = 1 + (found["x"] - 1) / 1000
    if shapes[0] == "p":
        found["x"] = found["x"] @ found["x"].T / side + np.eye(side)
    x = found["x"]
    found["k"] = rng.integers(0, len(x), len(x))
    found["mask"] = rng.integers(0, 2, x.shape) > 0
    if x.ndim == 2:
        found["i"] = np.argsort(x, axis=1)
        found["j"] = rng.integers(0, x.shape[1], len(x))
    return found


def written(text: str, module: Any) -> Callable[..., Any]:
    return eval(f"lambda x, y=None, i=None, j=None, k=None, mask=None: {text}", {"m": module})


def candidates(call: Call, n: int, peers: dict[str, Any]) -> dict[str, Candidate]:
    """The sum of the function's result, walked back to its arrays: by everyone who has the function."""
    values = data(call.shapes, n)
    arrays = {name: values.pop(name) for name in "xy" if name in values}
    found = {"autodiff": ours(written(call.numpy, autodiff.numpy), arrays, values)}
    for name, build in (("torch", torchs), ("autograd", autograds), ("mygrad", mygrads)):
        if peers[name]:
            text = call.torch if name == "torch" else call.numpy
            run = build(peers[name], text, arrays, values)
            try:
                run()
            except Exception:  # it does not have the function, or not in this form
                continue
            found[name] = run
    return {name: Candidate(run, run) for name, run in found.items()}


def ours(f: Callable[..., Any], arrays: dict[str, Any], constants: dict[str, Any]) -> Callable[[], Any]:
    leaves = {name: Tensor(x, requires_grad=True) for name, x in arrays.items()}

    def run() -> Any:
        for leaf in leaves.values():
            leaf.zero_grad()
        out = f(**leaves, **constants)
        (out.sum() if out.ndim else out).backward()
        return [leaf.grad for leaf in leaves.values()]

    return run


def torchs(torch: Any, text: str, arrays: dict[str, Any], constants: dict[str, Any]) -> Callable[[], Any]:
    f = written(text, torch)
    leaves = {name: torch.tensor(x, requires_grad=True) for name, x in arrays.items()}
    fixed = {name: torch.tensor(x) for name, x in constants.items()}

    def run() -> Any:
        for leaf in leaves.values():
            leaf.grad = None
        out = f(**leaves, **fixed)
        (out.sum() if out.ndim else out).backward()
        return [leaf.grad for leaf in leaves.values()]

    return run


def autograds(
    autograd: Any, text: str, arrays: dict[str, Any], constants: dict[str, Any]
) -> Callable[[], Any]:
    import autograd.numpy as anp

    f, names = written(text, anp), tuple(arrays)
    gradient = autograd.grad(
        lambda *xs: anp.sum(f(**dict(zip(names, xs, strict=True)), **constants)), tuple(range(len(names)))
    )
    return lambda: list(gradient(*arrays.values()))


def mygrads(mygrad: Any, text: str, arrays: dict[str, Any], constants: dict[str, Any]) -> Callable[[], Any]:
    f = written(text, mygrad)
    leaves = {name: mygrad.tensor(x) for name, x in arrays.items()}

    def run() -> Any:
        for leaf in leaves.values():
            leaf.null_grad()
        f(**leaves, **constants).sum().backward()
        return [leaf.grad for leaf in leaves.values()]

    return run


def mean_of(ratios: list[float]) -> float:
    """The geometric mean."""
    return exp(sum(map(log, ratios)) / len(ratios))


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Each function, forward and backward, next to other frameworks."
    )
    parser.add_argument("--quick", action="store_true", help="fewer repeats: rough figures")
    parser.add_argument(
        "--sizes", metavar="N", type=int, nargs="+", default=SIZES, help="elements of the arrays"
    )
    parser.add_argument("--only", metavar="NAMES", help="some functions, separated by commas")
    parser.add_argument("--json", metavar="FILE", help="save the figures")
    options = parser.parse_args()
    peers = load_peers()
    compared = versions(peers)
    names = options.only.split(",") if options.only else list(CALLS)
    figures = []
    for n in options.sizes:
        print(f"\narrays of {n:,}: µs forward and backward, and our time over the peer's")
        print(f"{'':22}{'ours':>10}" + "".join(f"{peer:>18}" for peer in PEERS))
        ratios: dict[str, dict[str, float]] = {peer: {} for peer in PEERS}
        for name in names:
            found = candidates(CALLS[name], n, peers)
            check_agreement(name, found)
            times = interleaved(found, 5 if options.quick else 15, True, calls=20 if n < 1000 else 3)
            line = f"{name:22}{times['autodiff']:10.1f}"
            for peer in PEERS:
                if peer in times:
                    ratios[peer][name] = times["autodiff"] / times[peer]
                    line += f"{times[peer]:11.1f}{ratios[peer][name]:7.2f}"
                else:
                    line += f"{'-':>18}"
            print(line, flush=True)
            figures.append({"function": name, "size": n, "times": times})
        for peer, found_ratios in ratios.items():
            if found_ratios:
                mean = mean_of(list(found_ratios.values()))
                worst = sorted(found_ratios.items(), key=lambda item: -item[1])[:5]
                names_of_worst = ", ".join(f"{name} {ratio:.2f}" for name, ratio in worst)
                print(f"{peer}: geometric mean {mean:.2f} of {len(found_ratios)}; worst {names_of_worst}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"versions": compared, "rows": figures}, file, indent=1)


if __name__ == "__main__":
    main()
