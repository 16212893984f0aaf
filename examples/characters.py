"""A model of text, letter by letter: it reads Python's own reference manual, and writes more of the kind.

    python examples/characters.py                train, compare with counting, and write something
    python examples/characters.py --steps 10000  train longer; --help lists the other options

From the last 8 characters the network says how likely each character is to come next.  Every character has
a place in a space of 16 dimensions, which is learned as well, so that the network can find out that A and E
have something in common; after that come one hidden layer and a softmax (Bengio and others, "A neural
probabilistic language model", 2003).

How good is it?  If what comes next had the probability p, it takes -log₂ p bits to write it down.  The last
tenth of the text, which the network is not shown, is what it is measured by: against a table of what follows
which character, and one of what follows which two, counted in the rest.  The text comes with Python.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pydoc_data.topics import topics
from typing import Any

import numpy as np

from autodiff import cross_entropy, jit, tanh, value_and_grad

CONTEXT, PLACES, HIDDEN, BATCH = 8, 16, 128, 128


def load() -> tuple[Any, str]:
    """The text as numbers, and the alphabet, in which they are the places."""
    text = "\n".join(topics.values())
    alphabet = "".join(sorted(set(text)))
    number = {letter: k for k, letter in enumerate(alphabet)}
    return np.array([number[letter] for letter in text]), alphabet


def network(size: int, chance: np.random.Generator) -> dict[str, Any]:
    """The parameters at the start, for an alphabet of this size."""
    shapes = {"place": (size, PLACES), "w": (CONTEXT * PLACES, HIDDEN), "b": (HIDDEN,)}
    shapes |= {"out": (HIDDEN, size), "bias": (size,)}
    scale = {"place": 1.0, "w": (CONTEXT * PLACES) ** -0.5, "out": HIDDEN**-0.5}
    return {
        name: (scale.get(name, 0) * chance.standard_normal(shape)).astype(np.float32)
        for name, shape in shapes.items()
    }


def scores(p: Any, context: Any) -> Any:
    """A number for each character, the higher the likelier it comes after these 8; context (n, 8)."""
    seen = p["place"][context].reshape(len(context), CONTEXT * PLACES)
    return tanh(seen @ p["w"] + p["b"]) @ p["out"] + p["bias"]


def loss(p: Any, context: Any, target: Any) -> Any:
    """-log of the probability of what came next, in the mean; over log 2, it is in bits."""
    return cross_entropy(scores(p, context), target) / math.log(2)


def train(p: dict[str, Any], text: Any, steps: int, chance: np.random.Generator) -> dict[str, Any]:
    """Gradient descent with momentum on random places in the text; the steps get shorter towards the end."""
    survey = jit(value_and_grad(loss))
    speed, mean = {name: np.zeros_like(x) for name, x in p.items()}, 0.0
    for step in range(steps):
        at = chance.integers(CONTEXT, len(text), BATCH)
        value, g = survey(p, text[at[:, None] + np.arange(-CONTEXT, 0)], text[at])
        rate = np.float32(0.15 * (1 - step / steps))
        for name in p:
            speed[name] = np.float32(0.9) * speed[name] + g[name]
            p[name] = p[name] - rate * speed[name]
        mean += float(value)
        if (step + 1) % (steps // 5) == 0:
            print(f"{step + 1:6} steps: {mean / (steps // 5):.3f} bits a character", flush=True)
            mean = 0.0
    return p


def counted(text: Any, unseen: Any, size: int, before: int) -> float:
    """The bits a character by a table of what followed each run of so many; 0.01 times, if it never did."""
    key = size ** np.arange(before + 1)[::-1]

    def runs(letters: Any) -> Any:
        return np.lib.stride_tricks.sliding_window_view(letters, before + 1) @ key

    table = 0.01 + np.bincount(runs(text), minlength=size ** (before + 1)).reshape(-1, size)
    table = table / table.sum(axis=1, keepdims=True)
    return float(-np.log2(table.ravel()[runs(unseen)]).mean())


def write(p: dict[str, Any], text: Any, length: int, chance: np.random.Generator) -> list[int]:
    """So many characters after the end of the text, each drawn as the network expects it."""
    found = list(text[-CONTEXT:])
    for _ in range(length):
        z = scores(p, np.array([found[-CONTEXT:]]))[0]
        found.append(int((z + chance.gumbel(size=len(z))).argmax()))  # the softmax's, by Gumbel's trick
    return found[CONTEXT:]


def main(argv: Sequence[str] | None = None) -> float:
    """Print how it learns, how good it is and what it writes; the bits a character of unseen text."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=4000, help="of training (4000)")
    parser.add_argument("--seed", type=int, default=0, help="of all that is random (0)")
    options = parser.parse_args(argv)
    if options.steps < 100:
        parser.error("it takes 100 steps at least")

    letters, alphabet = load()
    chance, cut = np.random.default_rng(options.seed), len(letters) * 9 // 10
    text, unseen = letters[:cut], letters[cut:]
    p = train(network(len(alphabet), chance), text, options.steps, chance)
    at = np.arange(CONTEXT, len(unseen))
    bits = float(loss(p, unseen[at[:, None] + np.arange(-CONTEXT, 0)], unseen[at]))
    one, two = (counted(text, unseen, len(alphabet), before) for before in (1, 2))
    print(f"\nunseen text: {bits:.3f} bits a character; counted, after one {one:.3f}, after two {two:.3f}\n")
    print("".join(alphabet[k] for k in write(p, text, 300, chance)))
    known = two if options.steps >= 4000 else one if options.steps >= 1000 else math.log2(len(alphabet))
    assert bits < known, "it has learned less than counting tells"
    return bits


if __name__ == "__main__":
    main()
