"""Random programs agree with HIPS autograd in value, gradient and Hessian-vector product.

A program is a list of about ten steps over arrays of mixed shapes, made step by step from what is there.
It is then run as it stands by NumPy, by autograd and by this package, in several ways.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autodiff
import autodiff.numpy
from autodiff import Tensor, Value, grad, hvp, jvp, value_and_grad

GAP = 1e-3  # nothing is compared closer to a kink than this
LARGE = 30.0  # what has grown beyond this is squashed next

UNARY = {
    "sin": lambda m, x: m.sin(x),
    "cos": lambda m, x: m.cos(x),
    "tanh": lambda m, x: m.tanh(x),
    "arctan": lambda m, x: m.arctan(x),
    "exp": lambda m, x: m.exp(m.sin(x)),
    "log1p": lambda m, x: m.log1p(x * x),
    "sqrt": lambda m, x: m.sqrt(1.5 + m.cos(x)),
    "square": lambda m, x: m.square(x),
    "cube": lambda m, x: x**3,
    "negative": lambda m, x: -x,
    "reflected": lambda m, x: 2.0 - 3 * x / 4 + 1 / (2 + x * x),
    "power": lambda m, x: 1.5 ** m.sin(x),
    "abs": lambda m, x: m.absolute(x),
}
SQUASH = ["sin", "cos", "arctan"]  # autograd's second derivative of tanh overflows
BINARY = {
    "add": lambda m, x, y: x + y,
    "subtract": lambda m, x, y: x - y,
    "multiply": lambda m, x, y: x * y,
    "divide": lambda m, x, y: x / (1.5 + m.tanh(y)),
    "power": lambda m, x, y: (1.5 + m.tanh(x)) ** m.sin(y),
    "arctan2": lambda m, x, y: m.arctan2(x, 1.5 + m.sin(y)),
    "maximum": lambda m, x, y: m.maximum(x, y),
    "minimum": lambda m, x, y: m.minimum(x, y),
    "where": lambda m, x, y: m.where(x > y, m.sin(x) * y, m.cos(x) + y),
    "root in a branch": lambda m, x, y: branch(m, x, y, lambda d: m.sqrt(d) * x),
    "log in a branch": lambda m, x, y: branch(m, x, y, lambda d: m.log(d) + y),
    "edge in a branch": lambda m, x, y: branch(m, x, y, lambda d: m.sqrt(m.maximum(d, 0.0)) * d),
}
ARRAY = {  # of an array with axes; the first and the last are used
    "concatenate": lambda m, x: m.concatenate([x, m.sin(x)], axis=-1),
    "concatenate all": lambda m, x: m.concatenate([x[:1], x, x[-1:] * 2.0]),
    "stack": lambda m, x: m.stack([x, m.cos(x)], axis=1),
    "split": lambda m, x: m.split(x, [1], axis=0)[0] * 2.0,
    "cumsum": lambda m, x: m.cumsum(x, axis=-1),
    "prod": lambda m, x: m.prod(1.0 + 0.3 * m.sin(x), axis=0),
    "var": lambda m, x: m.var(x, axis=-1),
    "std": lambda m, x: m.std(m.concatenate([x, x + 1.0], axis=0), axis=0, ddof=1),
    "max": lambda m, x: m.max(x, axis=-1),
    "min": lambda m, x: m.min(x, axis=0, keepdims=True),
    "sort": lambda m, x: m.sort(m.reshape(x, (-1,))),
    "clip": lambda m, x: m.clip(x, -1.0, 0.7),
    "roll": lambda m, x: m.roll(x, 1, axis=0),
    "repeat": lambda m, x: m.repeat(x, 2, axis=0),
    "tile": lambda m, x: m.tile(x, (2,) * len(x.shape)),
    "diff": lambda m, x: m.diff(x, axis=0) if x.shape[0] > 1 else x,
    "tril": lambda m, x: m.tril(m.outer(x, x) if len(x.shape) == 1 else x.T),
    "diagonal": lambda m, x: m.diagonal(m.outer(x[0], x[0]), 0, -1, -2) if len(x.shape) == 2 else x[:1],
    "trace": lambda m, x: m.trace(m.reshape(x, (-1, 1)) * m.reshape(x, (-1,))),
    "einsum": lambda m, x: m.einsum("...i,...i->...", x, m.sin(x)),
    "einsum of three": lambda m, x: m.einsum("i...,i...,i...->i...", x, m.cos(x), x),
    "tensordot": lambda m, x: m.tensordot(x, m.sin(x), axes=([0], [0])),
    "inner": lambda m, x: m.inner(x, x),
    "dot": lambda m, x: m.dot(m.reshape(x, (-1,)), m.sin(m.reshape(x, (-1,)))),
    "moveaxis": lambda m, x: m.moveaxis(m.expand_dims(x, 0), 0, -1),
    "squeeze": lambda m, x: m.squeeze(m.swapaxes(x[None], 0, -1)),
    "logaddexp": lambda m, x: m.logaddexp(x, x[0] * 0.5),
    "pad": lambda m, x: m.pad(x, 1, "constant"),
    "take": lambda m, x: x[np.array([0, -1, 0])],
    "assign": lambda m, x: assigned(m, x, lambda x: m.sin(x[-1:] * x[:1])),
    "assign twice": lambda m, x: (
        assigned(m, assigned(m, x, lambda x: x[:1] ** 2), lambda x: 2.0 * x[-1:]) * x
    ),
}
KINKED = {"maximum", "minimum", "where", "root in a branch", "log in a branch", "edge in a branch"}


def branch(m: Any, x: Any, y: Any, f: Any) -> Any:
    """f(x - y), a function that has no value or no slope where it is not chosen.

    Autograd shows the NaN of the branch that is not chosen, so there, and for Python numbers, which raise,
    the branch is computed of something harmless instead.  Here it must not matter.
    """
    d = x - y
    if m is anp or isinstance(d, Value):
        d = m.where(x > y, d, 1.0)
    return m.where(x > y, f(d), y * y)


def assigned(m: Any, x: Any, f: Any) -> Any:
    """x with f(x) for its first row: an assignment here, a concatenation for autograd, which has none."""
    if m is anp:
        return m.concatenate([f(x), x[1:]])
    b = x.copy()
    b[:1] = f(x)
    return b * 1.0


@dataclass
class Program:
    inputs: list[np.ndarray]
    steps: list[tuple[str, tuple[int, ...], Any]] = field(default_factory=list)
    outputs: tuple[int, ...] = ()

    def run(self, m: Any, xs: Any) -> Any:
        """All values on the way, computed in the namespace m."""
        values = list(xs)
        for name, at, setting in self.steps:
            values.append(step(m, name, setting, *[values[k] for k in at]))
        return values

    def loss(self, m: Any, xs: Any) -> Any:
        values = self.run(m, xs)
        total = 0.0
        for k in self.outputs:
            total = total + m.sum(m.sin(values[k]) * (k + 1.0))
        return total


def step(m: Any, name: str, setting: Any, *xs: Any) -> Any:
    kind, _, which = name.partition(" ")
    if kind == "unary":
        return UNARY[which](m, *xs)
    if kind == "binary":
        return BINARY[which](m, *xs)
    if kind == "array":
        return ARRAY[which](m, *xs)
    (x, *_) = xs
    match kind:
        case "matmul":
            return m.matmul(*xs)
        case "sum":
            return m.sum(x, axis=setting[0], keepdims=setting[1])
        case "mean":
            return m.mean(x, axis=setting[0], keepdims=setting[1])
        case "reshape":
            return m.reshape(x, setting)
        case "transpose":
            return m.transpose(x, setting)
        case "broadcast_to":  # autograd's own refuses new axes
            return x + np.zeros(setting) if m is anp else m.broadcast_to(x, setting)
        case "index":
            return x[setting]
    raise AssertionError(name)


def small(x: Any) -> bool:
    return bool(np.abs(x).max(initial=0) <= LARGE)


def broadcastable(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return all(i == j or 1 in (i, j) for i, j in zip(a[::-1], b[::-1], strict=False))


def multiplicable(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return bool(a and b) and a[-1] == b[-2 if len(b) > 1 else -1] and broadcastable(a[:-2], b[:-2])


@st.composite
def indices(draw: Any, shape: tuple[int, ...]) -> Any:
    parts: list[Any] = []
    for n in shape[: draw(st.integers(0, len(shape)))]:
        whole = slice(None, None, draw(st.sampled_from([1, -1])))
        options: list[Any] = [whole, slice(n // 2, None), slice(None, max(1, n - 1))]
        if n:
            options += [
                draw(st.integers(-n, n - 1)),
                draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=3)),
            ]
        part = draw(st.sampled_from(options))
        if isinstance(part, list):
            part = slice(None) if any(isinstance(p, np.ndarray) for p in parts) else np.array(part)
        parts.append(part)
    if draw(st.booleans()) and not any(isinstance(p, np.ndarray) for p in parts):
        parts.insert(draw(st.integers(0, len(parts))), None)
    if draw(st.booleans()):
        parts.append(...)
    return tuple(parts)


@st.composite
def programs(draw: Any) -> Program:
    shape = st.sampled_from([(), (2,), (3,), (1, 3), (2, 1), (2, 3), (3, 2), (3, 3), (2, 2, 3), (2, 1, 3)])
    shapes = draw(st.lists(shape, min_size=1, max_size=3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    program = Program([np.asarray(rng.uniform(-1.5, 1.5, s)) for s in shapes])
    values = list(program.inputs)
    recent = st.integers(1, 4)
    for _ in range(draw(st.integers(7, 11))):
        k = max(0, len(values) - draw(recent))
        x = values[k]
        at: tuple[int, ...] = (k,)
        setting: Any = None
        if not small(x):
            name = "unary " + draw(st.sampled_from(SQUASH))
        else:
            fits = [j for j, y in enumerate(values) if broadcastable(x.shape, y.shape) and small(y)]
            products = [j for j, y in enumerate(values) if multiplicable(x.shape, y.shape)]
            kinds = ["unary", "unary", "binary", "binary", "binary", "reshape", "broadcast_to"]
            kinds += ["matmul"] * 3 * bool(products)
            kinds += ["sum", "mean", "transpose", "index", "index"] * (x.ndim > 0)
            kinds += ["array"] * 6 * (x.ndim > 0 and x.size > 0)
            name = draw(st.sampled_from(kinds))
            if name == "unary":
                name += " " + draw(st.sampled_from(sorted(UNARY)))
            elif name == "array":
                name += " " + draw(st.sampled_from(sorted(ARRAY)))
            elif name == "binary":
                name += " " + draw(st.sampled_from(sorted(BINARY)))
                at = (k, draw(st.sampled_from(fits)))
            elif name == "matmul":
                at = (k, draw(st.sampled_from(products)))
            elif name in ("sum", "mean"):
                axes = [None, *range(-x.ndim, x.ndim)] + [(0, x.ndim - 1)] * (x.ndim > 1)
                setting = draw(st.sampled_from(axes)), draw(st.booleans())
            elif name == "reshape":
                n, options = x.size, [(-1,), (1, *x.shape), (x.size, 1)]
                options += [(d, n // d) for d in (2, 3) if n % d == 0] + [()] * (n == 1)
                setting = draw(st.sampled_from(options))
            elif name == "transpose":
                setting = tuple(draw(st.permutations(range(x.ndim))))
            elif name == "broadcast_to":
                wide = tuple(draw(st.integers(1, 3)) if n == 1 else n for n in x.shape)
                setting = (2, *wide) if x.ndim < 3 and draw(st.booleans()) else wide
            elif name == "index":
                setting = draw(indices(x.shape))
        which = name.partition(" ")[2]
        if name == "unary abs":
            assume(np.abs(x).min(initial=1) > GAP)
        if which in ("max", "min", "sort", "clip") and x.size:
            assume(np.diff(np.sort([*x.ravel(), -1.0, 0.7])).min() > GAP)
        if which in KINKED:
            assume(at[0] != at[1])
            assume(np.abs(np.subtract(*[values[j] for j in at])).min(initial=1) > GAP)
        value = np.asarray(step(np, name, setting, *[values[j] for j in at]))
        assume(value.size <= 60)
        program.steps.append((name, at, setting))
        values.append(value)
    n = len(values)
    program.outputs = (n - 1, draw(st.integers(len(shapes), n - 1)))
    assume(all(np.abs(v).max(initial=0) < 1e4 for v in values))
    return program


class Theirs:
    """What autograd says, of one flat vector."""

    def __init__(self, program: Program) -> None:
        sizes = np.cumsum([0, *[x.size for x in program.inputs]])
        self.cuts = list(pairwise(sizes))
        self.shapes = [x.shape for x in program.inputs]
        flat = np.concatenate([x.ravel() for x in program.inputs])
        self.v = np.cos(np.arange(flat.size) * 1.7 + 0.3)

        def f(z: Any) -> Any:
            return program.loss(
                anp, [anp.reshape(z[a:b], s) for (a, b), s in zip(self.cuts, self.shapes, strict=True)]
            )

        def along(z: Any) -> Any:
            return anp.sum(autograd.grad(f)(z) * self.v)

        self.value = float(f(flat))
        self.gradient = self.split(autograd.grad(f)(flat))
        self.product = self.split(autograd.grad(along)(flat))
        self.vectors = self.split(self.v)

    def split(self, flat: np.ndarray) -> list[np.ndarray]:
        return [flat[a:b].reshape(s) for (a, b), s in zip(self.cuts, self.shapes, strict=True)]


def close(found: Any, want: list[np.ndarray]) -> None:
    scale = max(1.0, *(float(np.abs(w).max(initial=0)) for w in want))
    assert len(found) == len(want)
    for a, b in zip(found, want, strict=True):
        a = getattr(a, "data", a) if isinstance(a, (Value, Tensor)) else a
        assert np.shape(a) == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-10 * scale)


def as_given(xs: list[np.ndarray], numbers: bool) -> list[Any]:
    """Arrays, or Python floats where there are no axes: then Values and Tensors meet in the graph."""
    return [x.item() if numbers and x.shape == () else x.copy() for x in xs]


@given(programs(), st.booleans(), st.booleans())
def test_functional(program: Program, protocol: bool, numbers: bool) -> None:
    theirs = Theirs(program)
    m = np if protocol else autodiff.numpy
    xs, vs = as_given(program.inputs, numbers), as_given(theirs.vectors, numbers)
    # reading x[…] of a number is no step that a number has
    if numbers and any(
        name == "index" and program.inputs[at[0]].shape == ()
        for name, at, _ in program.steps
        if at[0] < len(xs)
    ):
        xs, vs = as_given(program.inputs, False), as_given(theirs.vectors, False)
    nums = tuple(range(len(xs)))

    def f(*xs: Any) -> Any:
        return program.loss(m, xs)

    value, gradients = value_and_grad(f, nums)(*xs)
    assert math.isclose(value, theirs.value, rel_tol=1e-10, abs_tol=1e-10)
    close(gradients, theirs.gradient)
    assert [type(g) for g in gradients] == [type(x) for x in xs]
    close(hvp(f, xs, vs), theirs.product)
    along = sum(float(np.sum(g * v)) for g, v in zip(theirs.gradient, theirs.vectors, strict=True))
    scale = max(1.0, *(float(np.abs(g).max(initial=0)) for g in theirs.gradient))
    assert math.isclose(jvp(f, xs, vs)[1], along, rel_tol=1e-8, abs_tol=1e-9 * scale)
    # the other ways to the same product
    again = grad(
        lambda *xs: sum(
            (g * v).sum() if isinstance(v, np.ndarray) else g * v
            for g, v in zip(grad(f, nums)(*xs), vs, strict=True)
        ),
        nums,
    )
    close(again(*xs), theirs.product)
    close(grad(lambda *xs: jvp(f, xs, tuple(vs))[1], nums)(*xs), theirs.product)


@given(programs(), st.booleans(), st.booleans())
def test_imperative(program: Program, protocol: bool, twice: bool) -> None:
    theirs = Theirs(program)
    m = np if protocol else autodiff.numpy
    indexed = {at[0] for name, at, _ in program.steps if name == "index"}
    xs: list[Any] = [
        Value(x.item()) if x.shape == () and k not in indexed else Tensor(x, requires_grad=True)
        for k, x in enumerate(program.inputs)
    ]
    loss = program.loss(m, xs)
    assert math.isclose(loss.item(), theirs.value, rel_tol=1e-10, abs_tol=1e-10)
    if twice:
        loss.backward()
        close([zeros(x) if x.grad is None else x.grad for x in xs], theirs.gradient)
        for x in xs:
            x.zero_grad()
    loss.backward(create_graph=True)
    gradients = [x.grad if x.has_grad else None for x in xs]
    close([zeros(x) if g is None else g for x, g in zip(xs, gradients, strict=True)], theirs.gradient)
    for x in xs:
        x.zero_grad()
    along: Any = 0.0
    for g, v in zip(gradients, theirs.vectors, strict=True):
        if isinstance(g, Value):
            along = along + g * v.item()
        elif g is not None:
            along = along + (g * v).sum()
    if getattr(along, "requires_grad", False):
        along.backward()
    close([zeros(x) if x.grad is None else x.grad for x in xs], theirs.product)


def zeros(x: Any) -> Any:
    return np.zeros(np.shape(x.data))


def test_every_step_is_drawn() -> None:
    """The search meets every sort of step, on arrays of every rank, and finite values only."""
    seen: set[Any] = set()

    @settings(max_examples=400, derandomize=True, database=None, deadline=None)
    @given(programs())
    def look(program: Program) -> None:
        values = program.run(np, program.inputs)
        assert all(np.isfinite(v).all() for v in values)
        for name, at, _ in program.steps:
            seen.update((name, np.ndim(values[at[0]])))

    look()
    kinds = {"matmul", "sum", "mean", "reshape", "transpose", "broadcast_to", "index", 0, 1, 2, 3}
    names = {f"array {name}" for name in ARRAY} | {f"unary {name}" for name in UNARY}
    names |= {f"binary {name}" for name in BINARY}
    assert (kinds | names) - seen == set()
