"""Wrong labels are found by the gradients of single examples, which are those of a loop."""

from __future__ import annotations

import numpy as np

from tests.programs import load, run

example = load("examples/mislabelled.py")


def test_the_gradient_of_an_example_in_closed_form():
    """Of logits z = x w + b it is the product of x and softmax(z) - the label."""
    rng = np.random.default_rng(0)
    p = {"w": rng.normal(size=(64, 10)), "b": rng.normal(size=10)}
    x, labels = rng.normal(size=(7, 64)), rng.integers(0, 10, 7)
    e = np.exp(x @ p["w"] + p["b"])
    miss = e / e.sum(axis=1, keepdims=True) - np.eye(10)[labels]
    want = np.sqrt((miss**2).sum(axis=1) * ((x**2).sum(axis=1) + 1))
    np.testing.assert_allclose(example.pulls(p, x, labels), want, rtol=1e-12)
    np.testing.assert_allclose(example.one_by_one(p, x, labels), want, rtol=1e-12)


def test_most_of_what_pulls_hardest_is_wrong(capsys):
    assert example.main(["--steps", "60"]) > 0.85
    assert "180 labels are wrong" in capsys.readouterr().out


def test_a_share_that_is_none():
    done = run("examples/mislabelled.py", "--wrong", "2")
    assert done.returncode == 2
    assert "a share, between 0 and 1" in done.stderr
