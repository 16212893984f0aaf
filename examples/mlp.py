"""A neural network that reads handwritten digits, made of Tensors and nothing else.

    python examples/mlp.py                        five networks from five random starts, and their mean
    python examples/mlp.py --seeds 1 --hidden 16  one smaller network; --help lists the other options

A digit is a picture of 8 × 8 grey pixels, and the network answers which of 0 to 9 it shows.  Read from the
top: the data, the network, the loss, and how it learns.  autodiff finds every derivative; scikit-learn
brings the pictures (pip install scikit-learn).
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autodiff import Tensor, no_grad
from autodiff.optim import SGD

BATCH = 32  # how many pictures the network sees between two steps


# ---- the data --------------------------------------------------------------------------------------------
# 1797 pictures that come with scikit-learn.  A fifth of them is kept for the test, as many of each digit as
# there should be: the network never learns from these, so they tell whether it has understood or memorized.
def load() -> tuple[Any, Any]:
    """All pictures, (1797, 64), from 0 (white) to 1 (black), and the digit that each shows."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        sys.exit("This example's pictures come with scikit-learn: pip install scikit-learn")
    pictures, digits = load_digits(return_X_y=True)
    return (pictures / 16).astype(np.float32), digits


def split(pictures: Any, digits: Any, seed: int) -> list[Any]:
    """Pictures to learn from, pictures for the test, and the digits of the one and the other."""
    from sklearn.model_selection import train_test_split

    parts: list[Any] = train_test_split(pictures, digits, test_size=0.2, stratify=digits, random_state=seed)
    return parts


# ---- the network -----------------------------------------------------------------------------------------
# Two layers.  Each multiplies by a matrix of weights and adds a bias; between them, relu sets to 0 what is
# negative.  Without relu the two layers would be one matrix, and could only draw straight lines.
def network(hidden: int, chance: np.random.Generator) -> list[Tensor]:
    """The parameters at the start: small random weights, which keep the size of what they multiply."""

    def weights(inputs: int, outputs: int) -> Tensor:
        w = chance.normal(size=(inputs, outputs)) * math.sqrt(2 / inputs)  # He et al. 2015, for relu
        return Tensor(w, requires_grad=True, dtype=np.float32)

    def bias(outputs: int) -> Tensor:
        return Tensor(np.zeros(outputs), requires_grad=True, dtype=np.float32)

    return [weights(64, hidden), bias(hidden), weights(hidden, 10), bias(10)]


def scores(parameters: Sequence[Tensor], pictures: Any) -> Any:
    """Ten numbers for each picture, the logits: the greatest belongs to the digit it looks most like."""
    w1, b1, w2, b2 = parameters
    seen = (pictures @ w1 + b1).relu()
    return seen @ w2 + b2


# ---- the loss --------------------------------------------------------------------------------------------
# Logits z become probabilities by p_k = exp(z_k) / Σ_j exp(z_j).  The loss is -log p of the right digit:
#
#     -log p_target = log Σ_j exp(z_j) - z_target = logsumexp(z) - z_target
#
# It is 0 if the network is certain and right, log 10 if it guesses, and large if it is certain and wrong.
def logsumexp(z: Any) -> Any:
    """log Σ exp(z) of each row.  The greatest z is taken out first: exp(1000) is too large for a float."""
    greatest = z.numpy().max(axis=1, keepdims=True)  # a constant: whatever it is, it cancels
    return np.log(np.exp(z - greatest).sum(axis=1)) + greatest[:, 0]


def loss(parameters: Sequence[Tensor], pictures: Any, digits: Any) -> Any:
    """How surprised the network is by the right answers, in the mean over the pictures."""
    z = scores(parameters, pictures)
    return (logsumexp(z) - z[np.arange(len(digits)), digits]).mean()


# ---- how it learns ---------------------------------------------------------------------------------------
# An epoch shows it every picture once, in a new order.  After each batch, every parameter takes a step
# against its derivative of the loss: gradient descent, which examples/gradient_descent.py explains.
def learn(
    parameters: Sequence[Tensor], pictures: Any, digits: Any, options: Any, chance: np.random.Generator
) -> Iterator[float]:
    """Train, and yield the mean loss of each epoch."""
    optimizer = SGD(list(parameters), lr=options.lr, momentum=0.9)
    for _ in range(options.epochs):
        losses = []
        order = chance.permutation(len(digits))
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            optimizer.zero_grad()  # forget the derivatives of the last batch
            surprise = loss(parameters, pictures[batch], digits[batch])
            surprise.backward()  # find the derivative by each parameter
            optimizer.step()
            losses.append(surprise.item())
        yield sum(losses) / len(losses)


def accuracy(parameters: Sequence[Tensor], pictures: Any, digits: Any) -> float:
    """The fraction of the pictures that the network reads right."""
    with no_grad():
        answers = scores(parameters, pictures).numpy().argmax(axis=1)
    return float(np.mean(answers == digits))


# ---- running it ------------------------------------------------------------------------------------------
def main(arguments: Sequence[str] | None = None) -> float:
    """Train a network from each seed; the mean accuracy on the pictures that were kept for the test."""
    options = read_options(arguments)
    pictures, digits = load()
    print(f"{len(digits)} pictures, a fifth of them for the test; 64 → {options.hidden} → 10 units")
    results = []
    for seed in range(options.seeds):
        chance = np.random.default_rng(seed)
        to_learn, to_test, answers, test_answers = split(pictures, digits, seed)
        parameters = network(options.hidden, chance)
        for epoch, surprise in enumerate(learn(parameters, to_learn, answers, options, chance), 1):
            show(f"seed {seed}, epoch {epoch} of {options.epochs}: loss {surprise:.4f}")
            if not math.isfinite(surprise):
                sys.exit(f"\nThe loss became {surprise} in epoch {epoch}: give a --lr below {options.lr:g}")
        results.append(accuracy(parameters, to_test, test_answers))
        show(f"seed {seed}: loss {surprise:.4f}, {results[-1]:.1%} of the test read right", last=True)
    mean = sum(results) / len(results)
    print(f"mean over {len(results)} {'seed' if len(results) == 1 else 'seeds'}: {mean:.1%}")
    return mean


def show(line: str, last: bool = False) -> None:
    """Progress: on a terminal one line, rewritten in place; elsewhere only what is `last`."""
    if sys.stdout.isatty():
        print(f"\r{line:<78}", end="\n" if last else "", flush=True)
    elif last:
        print(line, flush=True)


def above_zero(kind: type[int] | type[float]) -> Callable[[str], float]:
    """A reader of command-line numbers that must be greater than 0."""

    def read(text: str) -> float:
        try:
            number = kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a {'whole ' * (kind is int)}number") from None
        if not 0 < number < math.inf:
            raise argparse.ArgumentTypeError(f"{text} is not greater than 0 and finite")
        return number

    return read


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A neural network that reads handwritten digits.")
    add = parser.add_argument
    add("--seeds", type=above_zero(int), default=5, help="how many random starts, %(default)s by default")
    add("--epochs", type=above_zero(int), default=40, help="how often it sees every picture, %(default)s")
    add("--lr", type=above_zero(float), default=0.05, help="the learning rate, %(default)s by default")
    add("--hidden", type=above_zero(int), default=64, help="units between the two layers, %(default)s")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
