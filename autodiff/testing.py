"""Checking derivatives against finite differences, which know nothing of the rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import trees
from .graph import Node
from .transforms.fresh import as_node, check_function
from .transforms.jvp import jvp
from .transforms.vjp import vjp

__all__ = ["check_grads"]

TOLERANCE = {"float16": 3e-2, "float32": 2e-4, "complex64": 2e-4}  # relative and absolute; of the others:
DOUBLE = 1e-6
STEP = 1e-3  # with four points, the error of the difference is about STEP**4


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int = 2,
    modes: Sequence[str] = ("rev", "fwd"),
    atol: float | None = None,
    rtol: float | None = None,
    eps: float | None = None,
) -> None:
    """Compare f's derivatives at `args`, up to `order`, with finite differences; AssertionError if not equal.

    With t a random direction of the arguments and g a random cotangent of the output, and D the difference
    quotient along t (four points, steps `eps` and `eps`/2: D = (4 D(eps/2) - D(eps)) / 3),

        "fwd"   jvp gives J t,      which must be D
        "rev"   vjp gives Jᵀ g,     and ⟨Jᵀg, t⟩ must be ⟨g, D⟩

    and then the same of the functions x ↦ J t and x ↦ Jᵀ g, until `order` is reached: in both modes, every
    mixture of them.  The arguments are numbers, arrays, Values, Tensors, or trees of them, real or complex;
    they must lie away from kinks by more than `eps`.  Single precision is compared with differences taken
    in double.  The tolerances are 1e-6 in double precision, 2e-4 in single.  ValueError for a mode that is
    neither and an order below 1, TypeError for args that are not a tuple or list.

    >>> from autodiff import sin
    >>> check_grads(lambda x, y: sin(x) * y, (0.5, np.array([1.0, 2.0])))
    >>> check_grads(lambda x: sin(x) + 0 * x.detach() ** 3, (0.5,))
    >>> check_grads(lambda x: x * x.detach(), (0.5,))
    Traceback (most recent call last):
    AssertionError: fwd derivative: ...
    """
    check_function("check_grads", f)
    if not isinstance(order, int) or isinstance(order, bool) or order < 1:
        raise ValueError(f"check_grads: order is a whole number from 1 on, not {order!r}")
    if isinstance(modes, str) or not modes or set(modes) - {"rev", "fwd"}:
        raise ValueError(f"check_grads: modes are 'rev' and 'fwd', as in ('rev',), not {modes!r}")
    if not isinstance(args, (tuple, list)):
        raise TypeError(
            f"check_grads: args must be a tuple of f's arguments, not {type(args).__name__}: (x,)"
        )
    leaves, rebuild = trees.flatten(tuple(args))
    values = [x.value if isinstance(x, Node) else x for x in leaves]
    arrays = [x if isinstance(x, np.ndarray) else float(x) if isinstance(x, int) else x for x in values]

    def flat(*xs: Any) -> Any:
        return f(*rebuild(list(xs)))

    rng = np.random.default_rng(0)
    check(flat, arrays, order, tuple(modes), (atol, rtol), eps or STEP, rng, "")


def check(
    f: Callable[..., Any],
    xs: list[Any],
    order: int,
    modes: tuple[str, ...],
    tolerance: tuple[float | None, float | None],
    eps: float,
    rng: np.random.Generator,
    path: str,
) -> None:
    """One order of `check_grads`, of a function of leaves; `path` says how f came about."""
    ts = [random_like(x, rng) for x in xs]
    outputs, rebuild = trees.flatten(value_of(f, xs))
    gs = [random_like(y, rng) for y in outputs]
    moved = difference(f, xs, ts, eps)

    def close(mode: str, got: Any, want: Any, scale: Any) -> None:
        worst = max(
            (TOLERANCE.get(np.asarray(y).dtype.name, DOUBLE) for y in (*outputs, *xs)), default=DOUBLE
        )
        atol, rtol = (worst if given is None else given for given in tolerance)
        if not np.all(np.abs(np.asarray(got) - want) <= atol + rtol * scale):
            raise AssertionError(
                f"{path}{mode} derivative: {got}, but finite differences give {want} at {xs} along {ts}"
            )

    if "fwd" in modes:
        tangents = trees.flatten(plain(jvp(f, xs, ts)[1]))[0]
        for t, y, want in zip(tangents, outputs, moved, strict=True):
            check_like("tangent", t, y)
            close("fwd", t, want, np.max(np.abs(want), initial=0.0))
    if "rev" in modes:
        pulled = plain(vjp(f, *xs)[1](rebuild(list(gs))))
        for c, x in zip(pulled, xs, strict=True):
            check_like("cotangent", c, x)
        got = sum(np.sum(c * t).real for c, t in zip(pulled, ts, strict=True))
        products = [g * d for g, d in zip(gs, moved, strict=True)]
        want = sum(np.sum(p).real for p in products)
        close("rev", got, want, sum(np.sum(np.abs(p)) for p in products))
    if order > 1:
        settings = order - 1, modes, tolerance, eps, rng
        if "fwd" in modes:
            check(lambda *a: jvp(f, a, ts)[1], xs, *settings, path + "fwd, then ")
        if "rev" in modes:
            check(lambda *a: vjp(f, *a)[1](rebuild(list(gs))), xs, *settings, path + "rev, then ")


def difference(f: Callable[..., Any], xs: list[Any], ts: list[Any], eps: float) -> list[Any]:
    """The derivative of f's outputs as the xs move along ts, from values alone, in double precision."""

    def quotient(h: float) -> list[Any]:
        ahead, behind = (
            trees.flatten(value_of(f, [double(x) + s * h * double(t) for x, t in zip(xs, ts, strict=True)]))[
                0
            ]
            for s in (1, -1)
        )
        return [(np.asarray(a) - np.asarray(b)) / (2 * h) for a, b in zip(ahead, behind, strict=True)]

    return [(4 * near - far) / 3 for near, far in zip(quotient(eps / 2), quotient(eps), strict=True)]


def double(x: Any) -> Any:
    if not isinstance(x, np.ndarray):
        return x
    return x.astype(np.complex128 if x.dtype.kind == "c" else np.float64)


def random_like(x: Any, rng: np.random.Generator) -> Any:
    """A direction of x's shape, dtype and kind, of components around 1."""
    value = np.asarray(x)
    t = rng.uniform(0.5, 1.5, value.shape) * rng.choice([-1.0, 1.0], value.shape)
    if value.dtype.kind == "c":
        t = t + 1j * rng.uniform(0.5, 1.5, value.shape)
    if isinstance(x, np.ndarray):
        return np.asarray(t, value.dtype if value.dtype.kind in "fc" else float)
    return complex(t) if value.dtype.kind == "c" else float(t)


def value_of(f: Callable[..., Any], xs: list[Any]) -> Any:
    """f's plain output at plain xs, given to it as nodes that record nothing."""
    return plain(f(*[as_node(x) for x in xs]))


def plain(tree: Any) -> Any:
    return trees.map_leaves(lambda y: y.value if isinstance(y, Node) else y, tree)


def check_like(what: str, got: Any, x: Any) -> None:
    a, b = np.asarray(got), np.asarray(x)
    if a.shape != b.shape or (isinstance(x, np.ndarray) and a.dtype != b.dtype and b.dtype.kind in "fc"):
        raise AssertionError(
            f"a {what} is {a.dtype} of shape {a.shape}; it belongs to {b.dtype} of shape {b.shape}"
        )
