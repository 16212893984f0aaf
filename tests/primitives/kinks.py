"""Points at which a function has no derivative, or where formulas for it break, and what is chosen there.

A row is the function as a text, the point, and the same function in PyTorch's and JAX's words.  What the
others answer is in kinks_reference.json, written by make_kinks_reference.py.

    python -m tests.primitives.kinks          writes the table into docs/kinks.md again
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "kinks.md"
BEGIN, END = "<!-- the table, written by tests/primitives/kinks.py -->", "<!-- end of the table -->"
INF = float("inf")


class Kink(NamedTuple):
    here: str  # in NumPy's words, of x, or of x and y
    point: tuple[Any, ...]
    torch: str
    jax: str
    order: int = 1


VECTOR, VECTORS = (0.0, 0.0), (1.0, 1.0, 0.0)
KINKS = {
    "abs": Kink("np.abs(x)", (0.0,), "torch.abs(x)", "jnp.abs(x)"),
    "abs of a complex number": Kink("np.abs(x + 0j)", (0.0,), "torch.abs(x + 0j)", "jnp.abs(x + 0j)"),
    "sign": Kink("np.sign(x)", (0.0,), "torch.sign(x)", "jnp.sign(x)"),
    "relu": Kink("ad.relu(x)", (0.0,), "torch.relu(x)", "jax.nn.relu(x)"),
    "floor, at a step": Kink("np.floor(x)", (1.0,), "torch.floor(x)", "jnp.floor(x)"),
    "round, at a step": Kink("np.round(x)", (0.5,), "torch.round(x)", "jnp.round(x)"),
    "remainder": Kink(
        "np.remainder(x, y)", (4.0, 2.0), "torch.remainder(x, y)", "jnp.remainder(x, y)"
    ),
    "heaviside": Kink(
        "np.heaviside(x, y)", (0.0, 0.5), "torch.heaviside(x, y)", "jnp.heaviside(x, y)"
    ),
    "copysign": Kink("np.copysign(x, y)", (0.0, -1.0), "torch.copysign(x, y)", "jnp.copysign(x, y)"),
    "maximum, a tie": Kink("np.maximum(x, y)", (1.0, 1.0), "torch.maximum(x, y)", "jnp.maximum(x, y)"),
    "minimum, a tie": Kink("np.minimum(x, y)", (1.0, 1.0), "torch.minimum(x, y)", "jnp.minimum(x, y)"),
    "fmax, a tie": Kink("np.fmax(x, y)", (1.0, 1.0), "torch.fmax(x, y)", "jnp.fmax(x, y)"),
    "fmax, beside NaN": Kink("np.fmax(x, np.nan)", (1.0,), "torch.fmax(x, torch.full_like(x, torch.nan))",
                             "jnp.fmax(x, jnp.nan)"),
    "clip, on a bound": Kink("np.clip(x, 0.0, 1.0)", (1.0,), "torch.clip(x, 0.0, 1.0)",
                             "jnp.clip(x, 0.0, 1.0)"),
    "clip, the bound": Kink("np.clip(1.0, x, None)", (1.0,), "torch.clip(torch.ones_like(x), x)",
                            "jnp.clip(1.0, x, None)"),
    "max, a tie": Kink("np.max(x)", (VECTORS,), "torch.amax(x)", "jnp.max(x)"),
    "min, a tie": Kink("np.min(x)", (VECTOR,), "torch.amin(x)", "jnp.min(x)"),
    "sort, a tie, the first": Kink("np.sort(x)[1]", (VECTORS,), "torch.sort(x, stable=True).values[1]",
                                   "jnp.sort(x)[1]"),
    "median, a tie": Kink("np.median(x)", (VECTORS,), "torch.median(x)", "jnp.median(x)"),
    "median, of two": Kink("np.median(x)", ((2.0, 1.0),), "torch.quantile(x, 0.5)", "jnp.median(x)"),
    "quantile, on an element": Kink("np.quantile(x, 0.5)", ((2.0, 1.0, 4.0),), "torch.quantile(x, 0.5)",
                                    "jnp.quantile(x, 0.5)"),
    "norm": Kink("np.linalg.norm(x)", (VECTOR,), "torch.linalg.norm(x)", "jnp.linalg.norm(x)"),
    "std, all equal": Kink("np.std(x)", ((1.0, 1.0),), "torch.std(x, correction=0)", "jnp.std(x)"),
    "prod, with zeros": Kink("np.prod(x)", ((0.0, 2.0, 0.0),), "torch.prod(x)", "jnp.prod(x)"),
    "cumprod, with a zero": Kink("np.cumprod(x)", ((0.0, 2.0),), "torch.cumprod(x, 0)", "jnp.cumprod(x)"),
    "hypot": Kink("np.hypot(x, y)", (0.0, 0.0), "torch.hypot(x, y)", "jnp.hypot(x, y)"),
    "arctan2": Kink("np.arctan2(x, y)", (0.0, 0.0), "torch.arctan2(x, y)", "jnp.arctan2(x, y)"),
    "angle": Kink("np.angle(x + 1j * y)", (0.0, 0.0), "torch.angle(x + 1j * y)", "jnp.angle(x + 1j * y)"),
    "sqrt": Kink("np.sqrt(x)", (0.0,), "torch.sqrt(x)", "jnp.sqrt(x)"),
    "cbrt": Kink("np.cbrt(x)", (0.0,), "", "jnp.cbrt(x)"),
    "log": Kink("np.log(x)", (0.0,), "torch.log(x)", "jnp.log(x)"),
    "x**0": Kink("x**0", (0.0,), "x**0", "x**0"),
    "x**1": Kink("x**1", (0.0,), "x**1", "x**1"),
    "x**2": Kink("x**2", (0.0,), "x**2", "x**2"),
    "x**0.5": Kink("x**0.5", (0.0,), "x**0.5", "x**0.5"),
    "power": Kink("np.power(x, y)", (0.0, 2.0), "torch.pow(x, y)", "jnp.power(x, y)"),
    "power, at (0, 0)": Kink("np.power(x, y)", (0.0, 0.0), "torch.pow(x, y)", "jnp.power(x, y)"),
    "float_power": Kink("np.float_power(x, y)", (0.0, 2.0), "torch.float_power(x, y)",
                        "jnp.float_power(x, y)"),
    "sinc": Kink("np.sinc(x)", (0.0,), "torch.sinc(x)", "jnp.sinc(x)"),
    "sinc, second derivative": Kink("np.sinc(x)", (0.0,), "torch.sinc(x)", "jnp.sinc(x)", 2),
    "logaddexp, of -inf": Kink("np.logaddexp(x, y)", (-INF, -INF), "torch.logaddexp(x, y)",
                               "jnp.logaddexp(x, y)"),
    "logaddexp, of inf": Kink("np.logaddexp(x, y)", (INF, INF), "torch.logaddexp(x, y)",
                              "jnp.logaddexp(x, y)"),
    "logaddexp, of one -inf": Kink("np.logaddexp(x, y)", (1.0, -INF), "torch.logaddexp(x, y)",
                                   "jnp.logaddexp(x, y)"),
    "logsumexp, of -inf": Kink("ad.logsumexp(x)", ((-INF, -INF),), "torch.logsumexp(x, 0)",
                               "jax.nn.logsumexp(x)"),
    "nan_to_num": Kink("np.nan_to_num(x)", (INF,), "torch.nan_to_num(x)", "jnp.nan_to_num(x)"),
    "where, log": Kink("np.where(x > 0, np.log(x), 0.0)", (0.0,), "torch.where(x > 0, torch.log(x), 0.0)",
                       "jnp.where(x > 0, jnp.log(x), 0.0)"),
    "where, sin(x) / x": Kink("np.where(x == 0, 1.0, np.sin(x) / x)", (0.0,),
                              "torch.where(x == 0, 1.0, torch.sin(x) / x)",
                              "jnp.where(x == 0, 1.0, jnp.sin(x) / x)"),
    "where, sqrt": Kink("np.where(x > 0, np.sqrt(x), 0.0)", (0.0,), "torch.where(x > 0, torch.sqrt(x), 0.0)",
                        "jnp.where(x > 0, jnp.sqrt(x), 0.0)"),
    "where, sqrt, second derivative": Kink(
        "np.where(x > 0, np.sqrt(x), x * x)", (0.0,), "torch.where(x > 0, torch.sqrt(x), x * x)",
        "jnp.where(x > 0, jnp.sqrt(x), x * x)", 2),
    "where, norm": Kink("np.where(False, np.linalg.norm(x), x[0])", (VECTOR,),
                        "torch.where(torch.tensor(False), torch.linalg.norm(x), x[0])",
                        "jnp.where(False, jnp.linalg.norm(x), x[0])"),
}  # fmt: skip


def reference() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE / "kinks_reference.json").read_text())
    return found


def shown(numbers: Any) -> str:
    """The derivative along every input, as in the table."""
    if numbers is None:
        return "none"
    text = ["NaN" if x != x else f"{x + 0.0:.6g}".replace("inf", "∞").replace("-", "−") for x in numbers]
    return text[0] if len(text) == 1 else f"({', '.join(text)})"


def flat(xs: Any) -> list[float]:
    """All numbers of the inputs in a row."""
    return [float(v) for x in xs for v in (x if isinstance(x, (tuple, list)) else [x])]


def table(here: dict[str, Any]) -> str:
    """The table of the page: name, function, point, the value here and in the others."""
    others = reference()
    lines = ["| | function | at | here | PyTorch | JAX |", "|---|---|---|---|---|---|"]
    for name, kink in KINKS.items():
        answers = [here[name], others["torch"][name], others["jax"][name]]
        point = ", ".join(str(p).replace("inf", "∞").replace("-", "−") for p in kink.point)
        cells = [name, f"`{kink.here}`", point, *map(shown, answers)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def derivatives() -> dict[str, list[float]]:
    """What is answered here."""
    import numpy as np

    import autodiff as ad

    def of(kink: Kink) -> Any:
        def f(*xs: Any) -> Any:
            return ad.sum(eval(kink.here, {"np": np, "ad": ad, **dict(zip("xy", xs, strict=False))}))

        return f if kink.order == 1 else lambda x: ad.sum(ad.grad(f)(x))

    found = {}
    for name, kink in KINKS.items():
        xs = [np.array(p) for p in kink.point]
        found[name] = flat([g.reshape(-1).tolist() for g in ad.grad(of(kink), tuple(range(len(xs))))(*xs)])
    return found


def main() -> None:
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{table(derivatives())}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
