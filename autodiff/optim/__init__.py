"""Optimizers: they change parameters along the gradients that `backward()` left in them.

Each is a loop of `zero_grad()`, a loss, `backward()` and `step()`, as in PyTorch.
"""

from .sgd import *
