"""The checker catches what it is there for: every rule made wrong in every way below."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
import pytest

from autodiff import Tensor, Value, kinds, sin
from autodiff.backward import pull
from autodiff.graph import Primitive, Rules
from autodiff.testing import check_grads
from tests.samples import SAMPLES, Case, active

SMOOTH = [name for name, op in kinds.PRIMITIVES.items() if op.rules.pulls]
WRONG = {"factor": lambda t: t * 1.01, "sign": lambda t: -t}


def sample(name: str) -> tuple[list[Any], dict[str, Any]]:
    """Arguments and settings of a primitive, from its row; arrays that don't broadcast."""
    row, rng = SAMPLES[name], np.random.default_rng(1)
    case = row[0] if isinstance(row[0], Case) else Case([(domain, (3,)) for domain in row], {})
    if name in ("real", "imag", "conjugate"):
        case = row[0]
    xs: list[Any] = [domain.draw(rng, shape) for domain, shape in case.arguments]
    return ([x.item() for x in xs] if name == "lift" else xs), case.params


def check(
    name: str, order: int = 1, modes: tuple[str, ...] = ("rev", "fwd"), along: int | None = None
) -> None:
    """Check a primitive on its sample, along one argument or all that have a derivative."""
    op, (xs, params) = kinds.PRIMITIVES[name], sample(name)
    chosen = [k for k in active(name, len(xs)) if along in (None, k)]

    def f(*variables: Any) -> Any:
        given = list(xs)
        for k, v in zip(chosen, variables, strict=True):
            given[k] = v
        return op(*given, **params)

    check_grads(f, [xs[k] for k in chosen], order=order, modes=modes)


def generic(op: Primitive, monkeypatch: Any) -> None:
    """Let the walks use op's rules instead of the functions written out from its row."""
    monkeypatch.setattr(op, "steps", {False: pull, True: pull})


RULES = [(name, k) for name in SMOOTH for k in active(name, len(sample(name)[0]))]


@pytest.mark.parametrize("name", SMOOTH)
def test_the_right_rules_pass(name, monkeypatch):
    check(name, order=2)
    generic(kinds.PRIMITIVES[name], monkeypatch)
    check(name)


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize(("name", "k"), RULES)
def test_a_wrong_pull_is_caught(name, k, wrong, monkeypatch):
    op = kinds.PRIMITIVES[name]
    generic(op, monkeypatch)
    pulls = list(islice(op.rules.pulls, len(sample(name)[0])))
    pulls[k] = lambda m, g, out, *xs, **params: WRONG[wrong](op_pull(m, g, out, *xs, **params))
    op_pull = op.rules.pulls[k]
    broken = Rules(tuple(pulls), op.rules.push)
    monkeypatch.setattr(op, "rules", broken)
    for along in (k, None):  # alone, and hidden among the others
        with pytest.raises(AssertionError, match="rev derivative"):
            check(name, modes=("rev",), along=along)


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize(("name", "k"), [(n, k) for n, k in RULES if not isinstance(SAMPLES[n][0], Case)])
def test_a_wrong_step_is_caught(name, k, wrong, monkeypatch):
    """The functions that are written out from a row, in `steps.py`."""
    op = kinds.PRIMITIVES[name]
    right = op.steps[True]

    def step(node: Any, g: Any, cot: Any, after: int) -> None:
        found: dict[Any, Any] = {}
        right(node, g, found, after)
        for x, t in found.items():
            t = WRONG[wrong](t) if x is node.inputs[k] else t
            cot[x] = cot[x] + t if x in cot else t

    monkeypatch.setattr(op, "steps", {**op.steps, True: step})
    with pytest.raises(AssertionError, match="rev derivative"):
        check(name, modes=("rev",))


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", SMOOTH)
def test_a_wrong_push_is_caught(name, wrong, monkeypatch):
    op = kinds.PRIMITIVES[name]
    right = op.rules.push
    push = lambda m, ts, out, *xs, **params: WRONG[wrong](right(m, ts, out, *xs, **params))  # noqa: E731
    monkeypatch.setattr(op, "rules", Rules(op.rules.pulls, push))
    monkeypatch.setattr(op, "careful", Rules(op.careful.pulls, push))
    with pytest.raises(AssertionError, match="fwd derivative"):
        check(name, modes=("fwd",))


BINARY = [
    name for name, row in SAMPLES.items() if name in SMOOTH and len(row) > 1 and not isinstance(row[0], Case)
]


@pytest.mark.parametrize("name", BINARY)
def test_a_missing_broadcast_sum_is_caught(name, monkeypatch):
    """Without the sum over what was broadcast, a cotangent has the wrong shape."""
    op, row, rng = kinds.PRIMITIVES[name], SAMPLES[name], np.random.default_rng(0)
    xs = [domain.draw(rng, shape) for domain, shape in zip(row, [(2, 3), (3,), (1,)], strict=False)]
    k = active(name, len(xs))[-1]
    if k == 0:
        xs[0], xs[1] = xs[0][0], xs[1] * np.ones((2, 1), xs[1].dtype) > 0

    def f(x: Any) -> Any:
        return op(*xs[:k], x, *xs[k + 1 :])

    check_grads(f, [xs[k]], order=1)
    monkeypatch.setattr(Tensor, "fit", staticmethod(lambda m, g, x: g))
    with pytest.raises(AssertionError):
        check_grads(f, [xs[k]], order=1, modes=("rev",))


def test_a_missing_broadcast_of_a_tangent_is_caught(monkeypatch):
    """A tangent has the shape of the output, also where the input was smaller."""

    def f(x):
        return x + np.ones((2, 3))

    check_grads(f, [np.ones(3)], order=1)
    monkeypatch.setattr(Tensor, "spread", staticmethod(lambda m, t, out: t))
    with pytest.raises(AssertionError):
        check_grads(f, [np.ones(3)], order=1, modes=("fwd",))


def test_second_order_is_checked(monkeypatch):
    """cos, as the derivative of sin: right at first order, wrong at second."""
    op = kinds.PRIMITIVES["cos"]
    wrong = Rules(
        tuple(lambda m, g, out, x: g * m.sin(x) for _ in "x"), lambda m, ts, out, x: ts[0] * m.sin(x)
    )
    monkeypatch.setattr(op, "rules", wrong)
    generic(op, monkeypatch)
    check_grads(sin, (0.5,), order=1)
    for modes in (("rev",), ("fwd",)):
        with pytest.raises(AssertionError, match=f"{modes[0]}, then {modes[0]} derivative"):
            check_grads(sin, (0.5,), order=2, modes=modes)


def test_modes_are_checked():
    with pytest.raises(ValueError, match="modes"):
        check_grads(sin, (0.5,), modes=("reverse",))


def test_arguments_come_in_a_tuple():
    with pytest.raises(TypeError, match="tuple"):
        check_grads(sin, 0.5)


def test_trees_values_tensors_and_complex_numbers():
    check_grads(lambda p: p["a"] * p["b"][0], ({"a": 2.0, "b": [np.ones(3)]},))
    check_grads(lambda x, y: x * y, (Value(2.0), Tensor([1.0, 2.0])))
    check_grads(lambda z: z * z.conjugate() * z, (np.array([1 + 2j, 0.5j]),))
    check_grads(lambda z: sin(z) * z.imag, (1 + 2j,))


def test_tolerances_are_asked():
    def slightly_wrong(x):
        return sin(x) + 1e-4 * sin(x.detach())

    check_grads(slightly_wrong, (0.5,), rtol=1e-2, atol=0.0)
    with pytest.raises(AssertionError):
        check_grads(slightly_wrong, (0.5,))
