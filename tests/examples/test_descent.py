"""What the examples of descent share: both modes, descent, and a loop with a derivative."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from autodiff import grad, jvp

_spec = importlib.util.spec_from_file_location(
    "descent", Path(__file__).parents[2] / "examples" / "descent.py"
)
descent = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(descent)


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


def test_a_loop_has_the_derivative_of_its_steps():
    """aᵏ x, as long as it is below 100."""

    def step(x, y, a):
        return a * x, y + x

    pushed, pulled = (
        descent.loop(step, lambda state: state[0] < 100, mode) for mode in descent.MODES.values()
    )
    assert pushed(1.0, 0.0, 3.0) == pulled(1.0, 0.0, 3.0) == (81.0, 40.0)
    assert jvp(pushed, (2.0, 0.0, 3.0), (0.0, 0.0, 1.0))[1] == (54.0, 2.0 + 2 * 2 * 3.0)
    assert jvp(pushed, (2.0, 0.0, 3.0), (1.0, 1.0, 0.0))[1] == (27.0, 1.0 + 13.0)
    for k, slopes in ((0, (27.0, 0.0, 54.0)), (1, (13.0, 1.0, 14.0))):
        for i, slope in enumerate(slopes):
            assert grad(lambda *at, k=k: pulled(*at)[k], argnums=i)(2.0, 0.0, 3.0) == slope
    assert grad(lambda x: pulled(x, 0.0, 3.0)[0])(99.0) == 1.0
