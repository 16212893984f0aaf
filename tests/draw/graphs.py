"""Random graphs for the tests of pictures, of Values and of Tensors: shared nodes, scopes, literals."""

from __future__ import annotations

import random

import numpy as np

from autodiff import Tensor, Value, scope


def of_values(seed: int, size: int = 20) -> tuple[Value, list[Value]]:
    """A Value made of three others by random operations, and these three."""
    chance = random.Random(seed)
    leaves = [Value(chance.uniform(0.5, 1.5), name=name) for name in "abc"]
    known = list(leaves)
    for _ in range(size):
        x, y = chance.choice(known[-8:]), chance.choice(known)
        with scope(chance.choice(["", "left", "right", "right/inner"])):
            z = chance.choice(
                [
                    lambda x, y: x * y,
                    lambda x, y: x + 0.5 * y,
                    lambda x, y: x - y,
                    lambda x, y: x / (y * y + 1.0),
                    lambda x, y: (x * y).tanh(),
                    lambda x, y: x.sin(),
                    lambda x, y: (x * x + 1.0).log(),
                    lambda x, y: (x * x + 0.5) ** 1.5,
                    lambda x, y: x.maximum(y),
                    lambda x, y: (x * x + 0.1).sqrt(),
                    lambda x, y: x.hypot(y),
                ]
            )(x, y)
        known.append(z.tanh())
    out = known[-1]
    for z in known[-5:-1]:
        out = out + z
    return out, leaves


def of_tensors(seed: int, size: int = 8) -> tuple[Tensor, list[Tensor]]:
    """A Tensor of one element made of three others by random operations, and these three."""
    chance, numbers = random.Random(seed), np.random.default_rng(seed)
    shapes = [(2, 3), (3,), (2, 1)]
    leaves = [Tensor(numbers.uniform(0.5, 1.5, s), True, name) for s, name in zip(shapes, "abc", strict=True)]
    known = list(leaves)
    for _ in range(size):
        x, y = chance.choice(known), chance.choice(known)
        z = chance.choice(
            [
                lambda x, y: x * y,
                lambda x, y: x + y,
                lambda x, y: x - 2.0 * y,
                lambda x, y: np.tanh(x),
                lambda x, y: np.maximum(x, y),
                lambda x, y: x / (y * y + 1.0),
                lambda x, y: x.sum(axis=-1, keepdims=True) * y,
                lambda x, y: x.mean() + y,
                lambda x, y: np.concatenate([x, x])[: len(x)],
                lambda x, y: x.T.reshape(x.shape),
            ]
        )(x, y)
        known.append(np.tanh(z))
    out = known[-1].sum()
    for z in known:
        out = out + (z * z).mean()
    return out, leaves
