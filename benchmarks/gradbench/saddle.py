"""saddle: a saddle point by gradient descent on a function that itself descends, in four pairs of modes."""

from functools import partial

from examples.descent import forward, reverse
from examples.saddle import saddle

from .tool import Function

MODES = {"f": forward, "r": reverse}


def prepare(given):
    return ([float(x) for x in given["start"]],)


FUNCTIONS = {
    outer + inner: Function(prepare, partial(saddle, outer=MODES[outer], inner=MODES[inner]), list)
    for outer in MODES
    for inner in MODES
}
