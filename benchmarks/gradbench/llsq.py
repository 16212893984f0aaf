"""llsq: how far a polynomial is from the sign of t, in squares, at n points from -1 to 1."""

import numpy as np

from autodiff import grad

from .tool import Function, compiled, to_list


def objective(x, t, s):
    powers = np.vander(t, len(x), increasing=True)
    return np.sum((s - powers @ x) ** 2) / 2


def prepare(given):
    t = np.linspace(-1, 1, given["n"])
    return np.array(given["x"], float), t, np.sign(t)


FUNCTIONS = {
    "primal": Function(prepare, compiled(objective), float),
    "gradient": Function(prepare, compiled(grad(objective)), to_list),
}
