"""Standalone source: it runs without this package, and computes the gradient."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

import autodiff
from autodiff import Tensor, Value, erf, grad, maximum, sigmoid, sin, source
from tests.test_random_programs import Program, programs

SETTINGS = settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    database=None,
    deadline=None,
)


def function_in(text: str, name: str = "gradient") -> Any:
    assert "import autodiff" not in text and "from autodiff" not in text
    namespace: dict[str, Any] = {}
    exec(text, namespace)
    return namespace[name]


def check(f: Callable[..., Any], *xs: Any, argnums: Any = 0) -> str:
    """The source computes what grad does, to 1e-12."""
    text = source(f, *xs, argnums=argnums)
    name = f.__name__ if f.__name__.isidentifier() else ""
    found = function_in(text, f"{name}_gradient" if name else "gradient")(*xs)
    want = grad(f, argnums)(*xs)
    assert isinstance(found, tuple) == isinstance(want, tuple)
    for a, b in zip(*[y if isinstance(y, tuple) else (y,) for y in (found, want)], strict=True):
        assert np.shape(a) == np.shape(b)
        scale = np.abs(b[np.isfinite(b)] if np.ndim(b) else b).max(initial=1.0) if np.ndim(b) else 1.0
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12 * scale)
    return text


@pytest.mark.parametrize("part", range(4))
def test_random_programs(part: int) -> None:
    @seed(part)
    @SETTINGS
    @given(programs())
    def one(program: Program) -> None:
        xs = [np.asarray(x, float) for x in program.inputs]
        check(lambda *xs: program.loss(autodiff.numpy, xs), *xs, argnums=tuple(range(len(xs))))

    with np.errstate(all="ignore"):
        one()


def test_it_runs_where_there_is_no_autodiff() -> None:
    x = np.array([0.3, -1.2, 2.0])

    def loss(x: Any) -> Any:
        return sigmoid(np.sort(x)).sum() + np.var(x) * maximum(x, 0.5).sum() + np.cumsum(x)[1]

    program = f"import sys; sys.modules['autodiff'] = None\n{source(loss, x)}\n"
    program += f"print(repr(loss_gradient(np.array({x.tolist()})).tolist()))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(eval(done.stdout), grad(loss)(x), rtol=1e-12)


def test_without_arguments_parameters_are_numbers() -> None:
    text = source(lambda x, y: x * y + sin(x))
    assert text.endswith("def gradient(x, y):\n    return math.cos(x) + y\n")
    assert function_in(text)(0.0, 2.0) == 3.0


def test_what_is_outside_is_written_out() -> None:
    w, b, a = np.array([1.0, np.nan, np.inf]), Tensor([[2.0, 3.0, 4.0]]), Value(2.5, requires_grad=False)
    text = check(lambda x: (x * w[:1]).sum() + (np.sin(x * b)).sum() * a, np.ones(3))
    assert "2.5" in text and "[2.0, 3.0, 4.0]" in text
    check(lambda x: (x * np.arange(6.0).reshape(2, 3)).sum(), np.ones(3))
    with pytest.raises(ValueError, match="make it an argument"):
        big = np.arange(20_000.0)
        source(lambda x: (x * big).sum(), np.ones(20_000))


def test_branches_raise() -> None:
    def f(x: Any) -> Any:
        return x * x if x > 0 else -x

    gradient = function_in(source(f), "f_gradient")
    assert gradient(3.0) == 6.0
    with pytest.raises(ValueError, match="written for the way"):
        gradient(-3.0)


def test_functions_that_numpy_has_not() -> None:
    for f in (sigmoid, erf, autodiff.softplus, autodiff.relu, np.sinc, np.i0):
        check(lambda x, f=f: f(x * 0.7) * 2.0, 1.3)
        check(lambda x, f=f: f(x * 0.7).sum(), np.array([0.4, 1.3]))


def test_what_has_no_source() -> None:
    wrong: Any = 3
    with pytest.raises(TypeError, match="takes a function"):
        source(wrong)
    with pytest.raises(TypeError, match="example arguments"):
        source(lambda *xs: xs[0])
    made = autodiff.elementwise("of_the_source_test", *[eval("lambda x: x * 2")] * 2, "2")
    with pytest.raises(ValueError, match="no Python source"):
        source(lambda x: made(x) * x)
