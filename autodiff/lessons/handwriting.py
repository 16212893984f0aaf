"""Handwritten digits to learn from."""

from __future__ import annotations

from typing import Any

import numpy as np

from .extras import INSTALL, optional

__all__ = ["digits"]

# without scikit-learn: 0 to 9 as signs of three by five dots, row by row from the top
SIGNS = (
    "111101101101111", "010110010010111", "111001111100111", "111001111001111", "101101111001001",
    "111100111001111", "111100111101111", "111001001001001", "111101111101111", "111101111001111",
)  # fmt: skip


def digits(seed: int = 0) -> tuple[Any, Any]:
    """1797 pictures of digits in random order, and which digits they show: shapes (1797, 64) and (1797,).

    A picture is 8 by 8 grey dots, row by row, from 0 (white) to 1 (black).  They come with scikit-learn: the
    test set of Alpaydin and Kaynak, "Optical recognition of handwritten digits", UCI, 1998.  Where that is
    not installed, this says so, and makes up as many simple pictures.

    >>> pictures, labels = digits()
    >>> pictures.shape, labels.shape
    ((1797, 64), (1797,))
    """
    chance = np.random.default_rng(seed)
    datasets = optional("sklearn.datasets")
    if not datasets:
        print(f"(the handwritten digits need scikit-learn; {INSTALL}; here are simple ones instead)")
        return drawn(chance, 1797)
    pictures, labels = datasets.load_digits(return_X_y=True)
    order = chance.permutation(len(labels))
    return pictures[order] / 16, labels[order]


def drawn(chance: np.random.Generator, count: int) -> tuple[Any, Any]:
    """Signs at slightly different places, and in different greys."""
    labels = chance.integers(0, 10, count)
    pictures = chance.uniform(0.0, 0.2, (count, 8, 8))
    for picture, label in zip(pictures, labels, strict=True):
        column = chance.integers(2, 4)
        sign = np.array([int(dot) for dot in SIGNS[label]]).reshape(5, 3)
        picture[1:6, column : column + 3] += sign * chance.uniform(0.5, 0.8, (5, 3))
    return pictures.reshape(count, 64), labels
