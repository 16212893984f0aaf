"""particle: a charged particle steered through the origin, by descent through a simulation that takes
derivatives, in four pairs of modes."""

from functools import partial

from examples.descent import forward, reverse
from examples.particle import particle

from .tool import Function

MODES = {"f": forward, "r": reverse}

FUNCTIONS = {
    outer + inner: Function(
        lambda given: (float(given["w"]),), partial(particle, outer=MODES[outer], inner=MODES[inner]), float
    )
    for outer in MODES
    for inner in MODES
}
