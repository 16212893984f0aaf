"""The model of text: its loss is SciPy's, counting is counting, and it learns."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy.special import log_softmax

from autodiff import testing
from tests.programs import load

example = load("examples/characters.py")


def test_the_loss_is_that_of_scipy():
    rng = np.random.default_rng(0)
    p, context, target = example.network(7, rng), rng.integers(7, size=(5, 8)), rng.integers(7, size=5)
    seen = np.array([np.concatenate([p["place"][letter] for letter in row]) for row in context])
    z = np.tanh(seen @ p["w"] + p["b"]) @ p["out"] + p["bias"]
    want = -log_softmax(z, axis=1)[np.arange(5), target].mean() / np.log(2)
    got = example.loss(p, context, target)
    assert got == pytest.approx(want, rel=1e-6) and got.dtype == np.float32
    p = {name: x.astype(float) for name, x in p.items()}
    testing.check_grads(lambda p: example.loss(p, context, target), (p,))


@pytest.mark.parametrize("before", [1, 2])
def test_counting_is_counting(before):
    letters = np.random.default_rng(0).integers(4, size=300)
    text, unseen = letters[:250], letters[250:]
    runs = [tuple(text[k : k + before + 1]) for k in range(len(text) - before)]
    pairs, firsts = Counter(runs), Counter(run[:-1] for run in runs)
    bits = []
    for k in range(len(unseen) - before):
        run = tuple(unseen[k : k + before + 1])
        bits.append(-np.log2((pairs[run] + 0.01) / (firsts[run[:-1]] + 0.04)))
    assert example.counted(text, unseen, 4, before) == pytest.approx(np.mean(bits), rel=1e-12)


def test_the_text_is_written_in_its_alphabet():
    numbers, alphabet = example.load()
    assert len(numbers) > 300_000 and "".join(alphabet[k] for k in numbers[:300]).isprintable() is False
    assert set(numbers) == set(range(len(alphabet)))


def test_it_learns_and_writes(capsys):
    assert example.main(["--steps", "1000"]) < 3.2
    out = capsys.readouterr().out
    assert "1000 steps: " in out and len(out.partition("after two ")[2]) > 300


def test_one_that_has_learned_nothing_is_noticed(monkeypatch):
    monkeypatch.setattr(example, "train", lambda p, *args: p)
    with pytest.raises(AssertionError, match="less than counting"):
        example.main([])


def test_too_few_steps_are_refused(capsys):
    with pytest.raises(SystemExit):
        example.main(["--steps", "99"])
    assert "100 steps at least" in capsys.readouterr().err
