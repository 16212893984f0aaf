"""Which labels are wrong?  The gradient of every single example tells.

    python examples/mislabelled.py                 find the digits whose labels were changed
    python examples/mislabelled.py --wrong 0.2     with more of them; --help lists the other options

Some of the labels of a set of handwritten digits are changed at random, and a softmax regression is trained
on what comes out.  Its weights are where all examples together pull no more.  One by one they still pull: an
example that the others contradict pulls hardest.  The pull of an example is its own gradient.  A loop could
find it for each; vmap(grad(loss)) finds them all in one go, from the function of one example.
scikit-learn brings the digits (pip install scikit-learn).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from autodiff import Tensor, cross_entropy, grad, optim, vmap


def load() -> tuple[Any, Any]:
    """1797 pictures of 8 x 8 pixels between 0 and 1, one a row, and the digits that they show."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        sys.exit("This example's pictures come with scikit-learn: pip install scikit-learn")
    pictures, digits = load_digits(return_X_y=True)
    return pictures / 16, digits


def with_wrong_labels(labels: Any, share: float, seed: int) -> tuple[Any, Any]:
    """The labels, a share of them replaced by another digit; and which were."""
    chance = np.random.default_rng(seed)
    wrong = chance.permutation(len(labels)) < share * len(labels)
    other = (labels + chance.integers(1, 10, len(labels))) % 10
    return np.where(wrong, other, labels), wrong


def loss(p: dict[str, Any], x: Any, label: Any) -> Any:
    """How badly one picture, or many, are recognised."""
    return cross_entropy(x @ p["w"] + p["b"], label)


def train(x: Any, labels: Any, steps: int) -> dict[str, Any]:
    """The weights where gradient descent with momentum, on all examples at once, comes to rest."""
    p = {"w": Tensor(np.zeros((64, 10)), requires_grad=True), "b": Tensor(np.zeros(10), requires_grad=True)}
    sgd = optim.SGD(p, lr=0.5, momentum=0.9)
    for _ in range(steps):
        sgd.zero_grad()
        loss(p, x, labels).backward()
        sgd.step()
    return {name: tensor.numpy() for name, tensor in p.items()}


def pulls(p: dict[str, Any], x: Any, labels: Any) -> Any:
    """The length of each example's gradient."""
    g = vmap(grad(loss), in_axes=(None, 0, 0))(p, x, labels)
    return np.sqrt((g["w"] ** 2).sum(axis=(1, 2)) + (g["b"] ** 2).sum(axis=1))


def one_by_one(p: dict[str, Any], x: Any, labels: Any) -> Any:
    """The same by a loop."""
    gradients = [grad(loss)(p, x[k], labels[k]) for k in range(len(x))]
    return np.array([np.sqrt((g["w"] ** 2).sum() + (g["b"] ** 2).sum()) for g in gradients])


def main(argv: Sequence[str] | None = None) -> float:
    """Print how many of the examples that pull hardest have a wrong label; return it, from 0 to 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wrong", type=float, default=0.1, help="the share of wrong labels (0.1)")
    parser.add_argument("--steps", type=int, default=150, help="steps of gradient descent (150)")
    parser.add_argument("--seed", type=int, default=0, help="of the random choice (0)")
    options = parser.parse_args(argv)
    if not 0 < options.wrong < 1:
        parser.error("--wrong is a share, between 0 and 1")

    pictures, digits = load()
    labels, wrong = with_wrong_labels(digits, options.wrong, options.seed)
    p = train(pictures, labels, options.steps)

    start = time.perf_counter()
    pull = pulls(p, pictures, labels)
    together = time.perf_counter() - start
    start = time.perf_counter()
    alone = one_by_one(p, pictures[:100], labels[:100])
    loop = (time.perf_counter() - start) * len(pictures) / 100
    assert np.allclose(alone, pull[:100])
    print(
        f"{len(pictures)} gradients: {together * 1e3:.0f} ms by vmap, {loop * 1e3:.0f} ms one after the other"
    )

    hardest = np.argsort(-pull)
    print("\npull   picture   shows   labelled")
    for k in hardest[:10]:
        print(f"{pull[k]:4.1f}   {k:7d}   {digits[k]:5d}   {labels[k]:8d}{'   wrong' * int(wrong[k])}")
    found = float(wrong[hardest[: wrong.sum()]].mean())
    n = wrong.sum()
    print(f"\n{n} labels are wrong; of the {n} examples that pull hardest, {found:.0%} have one")
    return found


if __name__ == "__main__":
    main()
