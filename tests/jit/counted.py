"""What the tests of jit share: a function that knows how often it ran, an argument, and a comparison."""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff import trees

X = np.array([1.0, -2.0, 0.5])


class Counted:
    """A function that knows how often it ran."""

    def __init__(self, f: Any) -> None:
        self.f, self.runs = f, 0

    def __call__(self, *args: Any, **settings: Any) -> Any:
        self.runs += 1
        return self.f(*args, **settings)


def close(a: Any, b: Any) -> None:
    la, lb = trees.flatten(a)[0], trees.flatten(b)[0]
    assert len(la) == len(lb)
    for x, y in zip(la, lb, strict=True):
        np.testing.assert_allclose(np.asarray(x), np.asarray(y), rtol=1e-11, atol=1e-12)
