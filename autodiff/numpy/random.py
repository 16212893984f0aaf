"""NumPy's random numbers, which are constants: `import autodiff.numpy.random as npr` serves a program."""

from numpy.random import *  # noqa: F403
