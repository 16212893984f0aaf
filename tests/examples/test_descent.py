"""What the examples of descent share: both modes, and descent."""

from __future__ import annotations

import pytest

from tests.programs import load

descent = load("examples/descent.py")


@pytest.mark.parametrize("mode", descent.MODES.values())
def test_the_gradients_are_those_of_the_formula(mode):
    def cubes(v):
        return v[0] ** 3 * v[1] + v[1]

    assert mode(cubes, [2.0, 5.0]) == (45.0, [60.0, 9.0])


def test_descent_stops_at_the_bottom():
    def bowl(v):
        return v[0] * v[0], [2 * v[0]]

    def hill(v):
        return 3 - (v[0] - 2) ** 2, [-2 * (v[0] - 2)]

    assert descent.argmin(bowl, [0.0]) == [0.0]
    assert descent.argmax(hill, [1.0]) == pytest.approx([2.0], abs=1e-4)
