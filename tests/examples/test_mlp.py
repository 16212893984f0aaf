"""The network that reads digits: how well it reads, its loss and derivatives, and what it says."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy.special import log_softmax

from autodiff import Tensor
from tests.programs import load, run

mlp = load("examples/mlp.py")


def test_it_reads_digits(capsys):
    assert mlp.main(["--seeds", "3", "--epochs", "20"]) >= 0.96
    out = capsys.readouterr().out
    assert [line.split(":")[0] for line in out.splitlines()[1:]] == [
        "seed 0",
        "seed 1",
        "seed 2",
        "mean over 3 seeds",
    ]
    assert "\r" not in out


def test_a_network_that_has_learned_nothing_guesses(monkeypatch, capsys):
    monkeypatch.setattr(mlp.SGD, "step", lambda self: None)
    assert mlp.main(["--seeds", "3", "--epochs", "1"]) < 0.4


def test_the_test_has_every_digit_as_often_as_the_whole():
    pictures, digits = mlp.load()
    assert pictures.dtype == np.float32 and (pictures.min(), pictures.max()) == (0, 1)
    to_learn, to_test, answers, test_answers = mlp.split(pictures, digits, 0)
    assert (len(to_learn), len(to_test)) == (len(answers), len(test_answers)) == (1437, 360)
    assert np.abs(np.bincount(test_answers) - np.bincount(digits) / 5).max() < 1
    seen, kept = ({tuple(p) for p in part} for part in (to_learn, to_test))
    assert len(seen & kept) == 0


def test_the_loss_is_that_of_scipy():
    rng = np.random.default_rng(1)
    parameters, pictures = mlp.network(16, rng), rng.random((7, 64))
    digits = rng.integers(10, size=7)
    z = mlp.scores(parameters, pictures).numpy()
    want = -log_softmax(z, axis=1)[np.arange(7), digits].mean()
    assert mlp.loss(parameters, pictures, digits).item() == pytest.approx(want, rel=1e-6)
    assert mlp.logsumexp(Tensor([[1000.0, 1000.0]])).item() == pytest.approx(1000 + np.log(2))


@pytest.mark.parametrize(("k", "entry"), [(0, (20, 3)), (1, (3,)), (2, (3, 4)), (3, (4,))])
def test_the_gradient_agrees_with_finite_differences(k, entry):
    rng = np.random.default_rng(2)
    values = [p.numpy().astype(float) for p in mlp.network(16, rng)]
    pictures, digits = rng.random((20, 64)), rng.integers(10, size=20)
    parameters = [Tensor(v, requires_grad=True) for v in values]
    mlp.loss(parameters, pictures, digits).backward()
    found, h = parameters[k].grad[entry], 1e-6

    def loss_at(shift):
        moved = [v.copy() for v in values]
        moved[k][entry] += shift
        return mlp.loss([Tensor(v) for v in moved], pictures, digits).item()

    assert abs(found) > 1e-3
    assert found == pytest.approx((loss_at(h) - loss_at(-h)) / (2 * h), rel=1e-5)


def test_everything_is_float32():
    rng = np.random.default_rng(0)
    parameters = mlp.network(8, rng)
    loss = mlp.loss(parameters, rng.random((5, 64)).astype(np.float32), np.arange(5))
    loss.backward()
    assert {x.dtype for x in (loss, *parameters, *(p.grad for p in parameters))} == {np.dtype("float32")}


def test_on_a_terminal_one_line_is_rewritten(monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    mlp.main(["--seeds", "1", "--epochs", "2", "--hidden", "4"])
    lines = capsys.readouterr().out.split("\n")[1].split("\r")[1:]
    assert [line.split(":")[0] for line in lines] == [
        "seed 0, epoch 1 of 2",
        "seed 0, epoch 2 of 2",
        "seed 0",
    ]
    assert {len(line) for line in lines} == {78}  # covers what was there


def test_without_scikit_learn_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(SystemExit, match="pip install scikit-learn"):
        mlp.main([])


def test_a_rate_that_is_too_great():
    with pytest.raises(SystemExit, match="--lr below 1e"):
        mlp.main(["--lr", "1e30", "--seeds", "1"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seeds", "0"], "argument --seeds: 0 is not greater than 0"),
        (["--epochs", "1.5"], "argument --epochs: '1.5' is not a whole number"),
        (["--hidden", "-3"], "argument --hidden: -3 is not"),
        (["--lr", "nan"], "argument --lr: nan is not"),
        (["--lr", "fast"], "argument --lr: 'fast' is not a number"),
        (["5"], "unrecognized arguments: 5"),
    ],
)
def test_bad_arguments(arguments, message, capsys):
    with pytest.raises(SystemExit) as stop:
        mlp.main(arguments)
    out, err = capsys.readouterr()
    assert (stop.value.code, out) == (2, "") and message in err


def test_it_runs_as_a_program():
    done = run("examples/mlp.py", "--seeds", "1", "--epochs", "1")
    assert (done.returncode, done.stderr) == (0, "") and "mean over 1 seed" in done.stdout
