"""Rows that find the cotangents of large arrays all at once answer what the text of their partials says."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from autodiff import Tensor, steps
from autodiff.kinds import PRIMITIVES

JOINT = sorted(name for name, op in PRIMITIVES.items() if type(op.steps) is steps.Joint)
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 1e-200, 5e-324, 1e300, np.inf, -np.inf, np.nan]
NUMBERS = st.one_of(st.sampled_from(SPECIAL), st.floats(-4, 4))
TIES = np.array([1.0, 2.0, 0.0, -1.0]), np.array([1.0, -1.0, 0.0, 3.0]), np.array([1.0, 5.0, 0.5, 3.0])


def test_there_are_some():
    assert {"maximum", "fmin", "clip", "absolute", "arctan2", "fmax", "mantissa", "hypot"} <= set(JOINT)


@pytest.mark.parametrize("name", JOINT)
@settings(deadline=None, derandomize=True, max_examples=60)
@given(data=st.data())
@example(data=None)
def test_all_at_once_is_what_the_partials_say(name, data):
    op = PRIMITIVES[name]
    if data is None:
        xs, g, asked = list(TIES[: op.arity]), np.array([1.0, -2.0, 3.0, 0.0]), [True] * op.arity
    else:
        shape = data.draw(array_shapes(max_dims=2, max_side=4))
        dtype = data.draw(st.sampled_from(["f8", "f4", "c16"] if name == "absolute" else ["f8", "f4"]))
        small = NUMBERS if dtype == "f8" else st.floats(-4, 4, width=32)
        of = small if dtype != "c16" else st.complex_numbers(max_magnitude=4)
        xs = [data.draw(arrays(dtype, shape if k == 0 else st.sampled_from([shape, ()]), elements=of))
              for k in range(op.arity)]  # fmt: skip
        g = data.draw(arrays("f8", shape, elements=st.floats(-4, 4)))
        asked = data.draw(st.lists(st.booleans(), min_size=op.arity, max_size=op.arity).filter(any))

    agree(op, xs, g, asked)


@pytest.mark.parametrize(
    ("name", "x"), [("arccosh", 1e300), ("arccosh", np.float32(1e30)), ("mantissa", np.float32(1e-40))]
)
def test_what_is_extreme_is_left_to_the_partials(name, x):
    """Squares and reciprocals that are too large."""
    agree(PRIMITIVES[name], [np.array([x, x])], np.array([2.0, 1e-6]), [True])


def agree(op, xs, g, asked):
    def gradients(large):
        was, steps.LARGE = steps.LARGE, large
        try:
            leaves = [Tensor(x, requires_grad=a) for x, a in zip(xs, asked, strict=True)]
            with np.errstate(all="ignore"):
                out = op(*leaves)
                out.backward(np.broadcast_to(g, out.shape).astype(out.dtype))
            return [x.grad for x in leaves]
        finally:
            steps.LARGE = was

    for fast, slow in zip(gradients(0), gradients(10**9), strict=True):
        if slow is None:
            assert fast is None
        else:
            rtol = 1e-5 if slow.dtype.char in "fF" else 1e-12
            np.testing.assert_allclose(fast, slow, rtol, 1e-300)
            assert fast.dtype == slow.dtype
