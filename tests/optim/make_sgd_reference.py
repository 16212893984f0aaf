"""Writes sgd_reference.json: 100 steps of PyTorch's SGD under every combination of its options.

    python tests/optim/make_sgd_reference.py          (needs PyTorch; the stored figures are from 2.13.0)

The loss of a vector p of three parameters is not quadratic, couples all three, and has its gradient in closed
form, of products and sums alone, so that every library computes it with the same rounding:

    f(p) = Σ (p⁴/4 + (p − c)²/2) / 4 + (Σ p)²/16 + 3/16 · p · (−1, 2, −3)

Complex parameters take the same polynomial as their gradient.  `maximize` climbs −f.
"""

import itertools
import json
from pathlib import Path

GRID = {
    "momentum": [0.0, 0.9, -0.5],
    "dampening": [0.0, 0.3],
    "weight_decay": [0.0, 0.1, -0.1],
    "nesterov": [False, True],
    "maximize": [False, True],
    "lr": [0.05, -0.05],
}
START = {
    "float64": [1.5, -0.7, 0.9],
    "float32": [1.5, -0.7, 0.9],
    "complex128": [1.5 + 0.5j, -0.7 - 1j, 0.9 + 0.1j],
}
CENTRE = [2.0, -1.0, 1.25]
SLOPE = [-1.0, 2.0, -3.0]
STEPS = [1, 2, 10, 100]


def gradient(p, centre, slope):
    """The closed form, on any vectors of three."""
    return (p * p * p + (p - centre)) * 0.25 + (p[0] + p[1] + p[2]) * 0.125 + slope * 0.1875


def as_text(z):
    """A number, exactly: the hexadecimal form of a float; of both parts, if complex."""
    return [z.real.hex(), z.imag.hex()] if isinstance(z, complex) else z.hex()


def trajectory(dtype, options):
    import torch

    p = torch.tensor(START[dtype], dtype=getattr(torch, dtype), requires_grad=True)
    centre, slope = torch.tensor(CENTRE, dtype=p.dtype), torch.tensor(SLOPE, dtype=p.dtype)
    sgd = torch.optim.SGD([p], **options)
    found = {}
    for step in range(1, max(STEPS) + 1):
        with torch.no_grad():
            g = gradient(p, centre, slope)
        p.grad = -g if options["maximize"] else g
        sgd.step()
        if step in STEPS:
            found[str(step)] = [as_text(z) for z in p.tolist()]
    return found


def main():
    import torch

    torch.set_num_threads(1)
    accepted, refused = [], []
    for values in itertools.product(*GRID.values()):
        options = dict(zip(GRID, values, strict=True))
        try:
            torch.optim.SGD([torch.zeros(1, requires_grad=True)], **options)
        except ValueError:
            refused.append(values)
        else:
            accepted.append({"options": options, **{dtype: trajectory(dtype, options) for dtype in START}})
    rows = [",\n".join(json.dumps(row) for row in table) for table in (accepted, refused)]
    text = '{{"torch": "{}",\n"accepted": [\n{}\n],\n"refused": [\n{}\n]}}\n'.format(torch.__version__, *rows)
    (Path(__file__).parent / "sgd_reference.json").write_text(text)


if __name__ == "__main__":
    main()
