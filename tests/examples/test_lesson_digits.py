"""The digits that lesson 9 learns from, and what there is where scikit-learn is missing."""

from __future__ import annotations

import numpy as np
import pytest

from autodiff.lessons import digits, handwriting
from autodiff.lessons.extras import Missing


def nearest(pictures, labels):
    """How many of the last 397 are read right by their nearest neighbour among the first 1400."""
    known, asked = pictures[:1400], pictures[1400:]
    distances = (asked**2).sum(1)[:, None] - 2 * asked @ known.T + (known**2).sum(1)
    return np.mean(labels[:1400][distances.argmin(1)] == labels[1400:])


@pytest.mark.parametrize("installed", [True, False])
def test_digits_can_be_read(installed, monkeypatch, capsys):
    if not installed:
        monkeypatch.setattr(handwriting, "optional", Missing)
    pictures, labels = digits()
    assert pictures.shape == (1797, 64) and labels.shape == (1797,)
    assert pictures.min() >= 0 and pictures.max() <= 1
    assert set(labels) == set(range(10))
    assert nearest(pictures, labels) > 0.95
    assert (capsys.readouterr().out == "") == installed
    again, _ = digits()
    other, _ = digits(seed=1)
    assert np.array_equal(again, pictures) and not np.array_equal(other, pictures)


def test_those_of_scikit_learn_are_only_put_in_another_order():
    from sklearn.datasets import load_digits

    wanted, which = load_digits(return_X_y=True)
    pictures, labels = digits()
    keys = [tuple(row) for row in np.column_stack([pictures * 16, labels])]
    assert sorted(keys) == sorted(tuple(row) for row in np.column_stack([wanted, which]))
