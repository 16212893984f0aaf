"""What does the gradient of each of NumPy's functions cost, next to the function itself and to HIPS autograd?

python benchmarks/numpy_table.py                  arrays of 10 and of 100,000 elements, all functions
python benchmarks/numpy_table.py --only 'pad;sort'  some of them
python benchmarks/numpy_table.py --quick          fewer repeats: rough figures
python benchmarks/numpy_table.py --json FILE      also saves the figures

For each function that docs/numpy.md calls differentiable: forward and backward of the sum of its result, over
the larger of NumPy's own call and np.copy of its arrays (at the large size at most 6 is wanted), and over
autograd's time for the same (at most 1).  What is a second name of the same function is left out, and so are
functions that call Python for each slice or write into their argument.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
from collections.abc import Callable
from math import exp, isqrt, log
from typing import Any

from measuring import Candidate, check_agreement, interleaved, load_peers, versions

# isort: split
import numpy as np

import autodiff
from autodiff import Tensor

SIZES = (10, 100_000)
LIMIT = 6

# shapes: v, w vectors; m, n matrices of twice as many columns as rows; s, p square ones, p positive definite;
# z a complex vector; c a vector as long as the side of a square.
# Constants: i integers, k a mask, e edges, j starts
UNARY = """
abs arccos arcsin arcsinh arctan arctanh atleast_2d average cbrt conj copy cos cosh cumsum
cumulative_sum deg2rad diff ediff1d exp exp2 expm1 fabs flip flipud gradient i0 log log10
log1p log2 max mean median min nan_to_num nancumsum nanmax nanmean nanmedian nanmin nanstd nansum
nanvar negative positive ptp rad2deg ravel real reciprocal sin sinc sinh sort sqrt square squeeze std sum
tan tanh trapezoid trim_zeros unique unwrap var
"""
BINARY = """
add append arctan2 copysign corrcoef cov divide dot float_power fmax fmin fmod hypot inner logaddexp
logaddexp2 maximum minimum multiply power remainder subtract vdot vecdot
"""
CALLS: dict[str, tuple[str, str]] = {
    **{f: (f"m.{f}(v)", "v") for f in re.findall(r"\w+", UNARY)},
    **{f: (f"m.{f}(v, w)", "vw") for f in re.findall(r"\w+", BINARY)},
    **{f: (f"m.{f}(u)", "u") for f in ("prod", "cumprod", "nanprod", "cumulative_prod")},
    "arccosh": ("m.arccosh(v + 1)", "v"),
    "clip": ("m.clip(v, 0.7, 1.2)", "v"), "ldexp": ("m.ldexp(v, 2)", "v"), "modf": ("m.modf(v)[0]", "v"),
    "angle": ("m.angle(z)", "z"), "imag": ("m.imag(z)", "z"), "where": ("m.where(k, v, w)", "vw"),
    "select": ("m.select([k], [v], w)", "vw"), "choose": ("m.choose(k * 1, [v, w])", "vw"),
    "piecewise": ("m.piecewise(v, [k], [m.square, 1.0])", "v"),
    "concatenate": ("m.concatenate([v, w])", "vw"), "stack": ("m.stack([v, w])", "vw"),
    "vstack": ("m.vstack([v, w])", "vw"), "hstack": ("m.hstack([v, w])", "vw"),
    "dstack": ("m.dstack([v, w])", "vw"), "column_stack": ("m.column_stack([v, w])", "vw"),
    "block": ("m.block([[v, w]])", "vw"), "meshgrid": ("m.meshgrid(c, d)[0]", "cd"),
    "split": ("m.split(v, 2)[1]", "v"), "array_split": ("m.array_split(v, 3)[1]", "v"),
    "unstack": ("m.unstack(m)[1]", "m"), "hsplit": ("m.hsplit(v, 2)[0]", "v"),
    "reshape": ("m.reshape(v, (2, -1))", "v"), "expand_dims": ("m.expand_dims(v, 0)", "v"),
    "broadcast_to": ("m.broadcast_to(v, (3, *v.shape))", "v"), "tile": ("m.tile(v, 2)", "v"),
    "repeat": ("m.repeat(v, 2)", "v"), "repeat, counts": ("m.repeat(v, i)", "v"),
    "roll": ("m.roll(v, 1)", "v"),
    "transpose": ("m.transpose(m)", "m"), "swapaxes": ("m.swapaxes(m, 0, 1)", "m"),
    "moveaxis": ("m.moveaxis(m, 0, 1)", "m"), "rollaxis": ("m.rollaxis(m, 1)", "m"),
    "matrix_transpose": ("m.matrix_transpose(m)", "m"), "fliplr": ("m.fliplr(m)", "m"),
    "rot90": ("m.rot90(m)", "m"), "tril": ("m.tril(s)", "s"), "triu": ("m.triu(s)", "s"),
    "diag": ("m.diag(c)", "c"), "diagflat": ("m.diagflat(c)", "c"), "diagonal": ("m.diagonal(s)", "s"),
    "trace": ("m.trace(s)", "s"), "resize": ("m.resize(v, (3, len(v)))", "v"),
    "delete": ("m.delete(v, [1, 3])", "v"), "insert": ("m.insert(v, [1, 3], 2.0)", "v"),
    "compress": ("m.compress(k, v)", "v"), "extract": ("m.extract(k, v)", "v"),
    "take": ("m.take(v, i)", "v"), "take_along_axis": ("m.take_along_axis(v, i, 0)", "v"),
    "partition": ("m.partition(v, 3)", "v"), "astype": ("m.astype(v, 'f4')", "v"),
    **{f"pad, {mode}": (f"m.pad(v, 3, '{mode}')", "v") for mode in (
        "constant", "edge", "linear_ramp", "maximum", "mean", "minimum", "reflect", "symmetric", "wrap")},
    "pad, odd": ("m.pad(v, 3, 'reflect', reflect_type='odd')", "v"),
    "sliding_window_view": ("m.lib.stride_tricks.sliding_window_view(v, 3)", "v"),
    "sum, axis": ("m.sum(m, axis=0)", "m"), "max, axis": ("m.max(m, axis=1)", "m"),
    "quantile": ("m.quantile(v, 0.3)", "v"), "percentile": ("m.percentile(v, [30, 60])", "v"),
    "bincount": ("m.bincount(i, weights=v)", "v"), "histogram": ("m.histogram(e, weights=v)[0]", "v"),
    "interp": ("m.interp(e, e, v)", "v"), "polyval": ("m.polyval([1.0, 2.0, 3.0], v)", "v"),
    "vander": ("m.vander(v, 4)", "v"), "cross": ("m.cross(m.reshape(v[:9], (3, 3)), [1.0, 2.0, 3.0])", "v"),
    "kron": ("m.kron(c, d)", "cd"), "outer": ("m.outer(c, d)", "cd"), "matmul": ("m.matmul(s, t)", "st"),
    "tensordot": ("m.tensordot(s, t, 1)", "st"), "einsum": ("m.einsum('ij,ij->i', m, n)", "mn"),
    "matvec": ("m.matvec(s, c)", "sc"), "vecmat": ("m.vecmat(c, s)", "cs"),
    "convolve": ("m.convolve(v, [1.0, 2.0, 3.0])", "v"),
    "correlate": ("m.correlate(v, [1.0, 2.0, 3.0])", "v"),
    "linspace": ("m.linspace(v, 2.0, 3)", "v"), "logspace": ("m.logspace(v, 2.0, 3)", "v"),
    "geomspace": ("m.geomspace(v, 2.0, 3)", "v"),
    **{f"linalg.{f}": (f"m.linalg.{f}(p)", "p") for f in
       ["inv", "det", "cholesky", "eigvalsh", "svdvals", "pinv"]},
    "linalg.norm": ("m.linalg.norm(v)", "v"), "linalg.solve": ("m.linalg.solve(p, s)", "ps"),
    "linalg.slogdet": ("m.linalg.slogdet(p)[1]", "p"), "linalg.eigh": ("m.linalg.eigh(p)[0]", "p"),
    "linalg.matrix_power": ("m.linalg.matrix_power(s, 3)", "s"), "linalg.qr": ("m.linalg.qr(p)[1]", "p"),
    "linalg.multi_dot": ("m.linalg.multi_dot([s, t, s])", "st"),
    **{f"fft.{f}": (f"m.abs(m.fft.{f}(v))", "v") for f in ("fft", "ifft", "rfft", "ihfft")},
    **{f"fft.{f}": (f"m.abs(m.fft.{f}(s))", "s") for f in ("fft2", "ifft2", "rfft2")},
    **{f"fft.{f}": (f"m.abs(m.fft.{f}(s))", "s") for f in ("fftn", "ifftn", "rfftn")},
    "fft.irfft": ("m.fft.irfft(v)", "v"), "fft.hfft": ("m.fft.hfft(v)", "v"),
    "fft.irfft2": ("m.fft.irfft2(s)", "s"), "fft.irfftn": ("m.fft.irfftn(s)", "s"),
    "fft.fftshift": ("m.fft.fftshift(v)", "v"), "fft.ifftshift": ("m.fft.ifftshift(v)", "v"),
    "array": ("m.array([v, w])", "vw"), "full": ("m.full((3, len(v)), v)", "v"),
    "full_like": ("m.full_like(e, v)", "v"), "atleast_1d": ("m.atleast_1d(v)", "v"),
    "atleast_3d": ("m.atleast_3d(v)", "v"), "broadcast_arrays": ("m.broadcast_arrays(c, s)[0]", "cs"),
    "divmod": ("m.divmod(v, w)[1]", "vw"), "frexp": ("m.frexp(v)[0]", "v"),
    "heaviside": ("m.heaviside(v, w)", "vw"), "vsplit": ("m.vsplit(m, [3])[1]", "m"),
    "real_if_close": ("m.abs(m.real_if_close(z))", "z"), "sign, complex": ("m.abs(m.sign(z))", "z"),
    "abs, complex": ("m.abs(z)", "z"), "sort_complex": ("m.abs(m.sort_complex(z))", "z"),
    "union1d": ("m.union1d(v, w)", "vw"), "setdiff1d": ("m.setdiff1d(v, w)", "vw"),
    "setxor1d": ("m.setxor1d(v, w)", "vw"), "unique_values": ("m.unique_values(v)", "v"),
    "nancumprod": ("m.nancumprod(u)", "u"), "nanquantile": ("m.nanquantile(v, 0.3)", "v"),
    "nanpercentile": ("m.nanpercentile(v, 30)", "v"),
    "poly": ("m.poly(c)", "c"), "polyadd": ("m.polyadd(v, w)", "vw"), "polysub": ("m.polysub(v, w)", "vw"),
    "polymul": ("m.polymul(c, d)", "cd"), "polydiv": ("m.polydiv(v, [3.0, 1.0, 0.5])[0]", "v"),
    "polyder": ("m.polyder(v)", "v"), "polyint": ("m.polyint(v)", "v"), "roots": ("m.abs(m.roots(c))", "c"),
    "polyfit": ("m.polyfit(v, w, 2)", "vw"),
    "linalg.cond": ("m.linalg.cond(p)", "p"), "linalg.eig": ("m.abs(m.linalg.eig(p)[0])", "p"),
    "linalg.eigvals": ("m.abs(m.linalg.eigvals(p))", "p"), "linalg.lstsq": ("m.linalg.lstsq(p, c)[0]", "pc"),
    "linalg.matrix_norm": ("m.linalg.matrix_norm(p)", "p"), "linalg.svd": ("m.linalg.svd(p)[1]", "p"),
    "linalg.norm, nuclear": ("m.linalg.norm(p, 'nuc')", "p"),
    "linalg.tensorinv": ("m.linalg.tensorinv(p, 1)", "p"),
    "linalg.tensorsolve": ("m.linalg.tensorsolve(p, c)", "pc"),
    "linalg.vector_norm": ("m.linalg.vector_norm(v)", "v"),
    "add.reduce": ("m.add.reduce(v)", "v"), "add.accumulate": ("m.add.accumulate(v)", "v"),
    "add.reduceat": ("m.add.reduceat(v, j)", "v"), "multiply.reduceat": ("m.multiply.reduceat(u, j)", "u"),
    "maximum.reduceat": ("m.maximum.reduceat(v, j)", "v"), "multiply.outer": ("m.multiply.outer(c, d)", "cd"),
    "maximum.accumulate": ("m.maximum.accumulate(v)", "v"),
    "logaddexp.accumulate": ("m.logaddexp.accumulate(v)", "v"),
    "logaddexp.reduce": ("m.logaddexp.reduce(v)", "v"),
    "add, where": ("m.add(v, w, where=k)[k]", "vw"), "sum, where": ("m.sum(v, where=k)", "v"),
    "var, axis": ("m.var(m, axis=0)", "m"), "index": ("v[::2]", "v"), "index, mask": ("v[k]", "v"),
}  # fmt: skip


def data(n: int) -> dict[str, Any]:
    """Every array of which a call may speak, of about n elements."""
    rng = np.random.default_rng(0)
    side, rows = max(isqrt(n), 3), max(isqrt(n // 2), 2)
    arrays: dict[str, Any] = {name: rng.uniform(0.5, 0.9, n) for name in "vw"}
    arrays |= {name: rng.uniform(0.5, 0.9, (rows, n // rows)) for name in "mn"}
    arrays |= {name: rng.uniform(0.5, 0.9, (side, side)) for name in "stp"}
    arrays |= {name: rng.uniform(0.5, 0.9, side) for name in "cd"}
    arrays["p"] = arrays["p"] @ arrays["p"].T / side + np.diag(np.linspace(0.5, 2.0, side))
    arrays["u"] = 1 + rng.uniform(-0.001, 0.001, n)  # whose product does not vanish
    arrays["z"] = rng.uniform(0.5, 0.9, n) + 1j * rng.uniform(0.5, 0.9, n)
    arrays |= {"i": rng.permutation(n), "k": rng.integers(0, 2, n) > 0, "e": np.sort(rng.uniform(0, 1, n))}
    arrays["j"] = np.arange(0, n, 3)
    return arrays


def written(text: str, names: str, module: Any, constants: dict[str, Any]) -> Callable[..., Any]:
    """A call as a function of its arrays; `m.` is the module, and m alone a matrix."""
    spelled = re.sub(r"\bm\.(?=[a-z])", "M.", text)
    code = f"lambda {', '.join(names)}: {spelled}"
    return eval(code, {"M": module, "len": len, **constants})


def too_long(*_: Any) -> None:
    raise TimeoutError


def quick_enough(run: Callable[[], Any]) -> bool:
    """Whether a call needs less than two seconds, and does not raise.

    autograd does not have every function, or not in this form, or makes an array of objects.
    """
    signal.signal(signal.SIGALRM, too_long)
    try:
        signal.setitimer(signal.ITIMER_REAL, 2, 0.1)  # again and again: who runs just then may ignore it
        try:
            run()
            return True
        except Exception:
            return False
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except TimeoutError:  # just as it was switched off
        signal.setitimer(signal.ITIMER_REAL, 0)
        return False


def candidates(text: str, names: str, n: int, peers: dict[str, Any]) -> dict[str, Candidate]:
    """Gradients by us and by autograd, the call alone, and a copy of the arrays."""
    values = data(n)
    constants = {name: values[name] for name in "ikej"}
    if "repeat(v, i)" in text:
        constants["i"] = constants["i"] % 3
    arrays = [values[name] for name in names]
    ours = written(text, names, np if "_view" in text else autodiff.numpy, constants)
    plain = written(text, names, np, constants)
    leaves = [Tensor(x, requires_grad=True) for x in arrays]

    def run() -> Any:
        for leaf in leaves:
            leaf.zero_grad()
        out = ours(*leaves)
        (out.sum() if out.ndim else out).backward()
        return [np.zeros_like(x) if t.grad is None else t.grad for t, x in zip(leaves, arrays, strict=True)]

    found = {"autodiff": Candidate(run, run)}
    found["numpy"] = Candidate(lambda: plain(*arrays), lambda: [])
    found["copy"] = Candidate(lambda: [np.copy(x) for x in arrays], lambda: [])
    if peers["autograd"] and not any(f in text for f in ("where=", "sign", "full")):  # which it gets wrong
        import autograd
        import autograd.numpy as anp

        theirs = written(text, names, anp, constants)
        gradient = autograd.grad(lambda *xs: anp.sum(theirs(*xs)), tuple(range(len(names))))
        if not quick_enough(lambda: gradient(*arrays)):
            return found
        found["autograd"] = Candidate(lambda: list(gradient(*arrays)), lambda: list(gradient(*arrays)))
    return found


def mean_of(ratios: list[float]) -> float:
    """The geometric mean."""
    return exp(sum(map(log, ratios)) / len(ratios)) if ratios else float("nan")


def worst(ratios: dict[str, float], limit: float) -> str:
    over = sorted(((r, name) for name, r in ratios.items() if r > limit), reverse=True)
    return ", ".join(f"{name} {r:.2f}" for r, name in over) or "none"


def main() -> None:
    parser = argparse.ArgumentParser(description="The gradients of NumPy's functions.")
    parser.add_argument("--quick", action="store_true", help="fewer repeats: rough figures")
    parser.add_argument("--sizes", metavar="N", type=int, nargs="+", default=SIZES)
    parser.add_argument("--only", metavar="NAMES", help="some functions, separated by semicolons")
    parser.add_argument("--json", metavar="FILE", help="save the figures")
    options = parser.parse_args()
    peers = load_peers("autograd")
    compared = versions(peers)
    names = options.only.split(";") if options.only else list(CALLS)
    figures = []
    for n in options.sizes:
        print(f"\narrays of {n:,}: µs of our gradient; over the larger of the call and a copy; over autograd")
        against: dict[str, dict[str, float]] = {"forward": {}, "autograd": {}}
        for name in names:
            text, letters = CALLS[name]
            try:
                found = candidates(text, letters, n, peers)
                check_agreement(name, {k: c for k, c in found.items() if k in ("autodiff", "autograd")})
            except Exception as error:
                print(f"{name:22} fails: {type(error).__name__}: {str(error).strip()[:90]!r}")
                continue
            times = interleaved(found, 5 if options.quick else 15, True, calls=20 if n < 1000 else 2)
            forward = max(times["numpy"], times["copy"])
            against["forward"][name] = times["autodiff"] / forward
            line = f"{name:22}{times['autodiff']:12.1f}{against['forward'][name]:9.2f}"
            if "autograd" in times:
                against["autograd"][name] = times["autodiff"] / times["autograd"]
                line += f"{against['autograd'][name]:9.2f}"
            print(line, flush=True)
            figures.append({"function": name, "size": n, "times": times})
        for what, limit in (("forward", LIMIT), ("autograd", 1.0)):
            ratios = against[what]
            print(f"{what}: geometric mean {mean_of(list(ratios.values())):.2f} of {len(ratios)}")
            if what == "autograd" or n >= 1000:
                print(f"    above {limit}: {worst(ratios, limit)}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"versions": compared, "rows": figures}, file, indent=1)


if __name__ == "__main__":
    main()
