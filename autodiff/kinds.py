"""The kinds of primitives: how both walks follow from the one fact that a row of the tables states.

Let f map an input x to out, and let J be its Jacobian, J[k, i] = ∂out_k / ∂x_i.  The backward walk needs
Jᵀg for a cotangent g, the forward walk needs J t for a tangent t, and neither wants to see J itself,
which for an image is a matrix with as many columns as pixels.  What is J like?

elementwise   out[k] depends on x[k] alone, so J is diagonal, and Jᵀg and J t are the same product:
              the diagonal times g, or times t.  A row states the diagonal: the derivative of school.
linear        out = A x, so J is A whatever x is: J t is f(t) itself, and Jᵀg is Aᵀg.  A row states f
              and its transpose.  Summing spreads out, spreading out sums up; picking puts back.
bilinear      linear in x while y stands still and in y while x does: two transposes, and
              J t = f(t_x, y) + f(x, t_y).  Products of matrices are bilinear.
general       anything else states both rules in full.
constant      steps and comparisons: the derivative is zero wherever there is one.  Declared, not forgotten.

A rule speaks of `m` (the namespace to compute in), `out` (the result) and the inputs; see `graph.Rules`.
Rules do not bring their result into shape: if x was broadcast, or float32 met float64, the walks undo it
(`Node.fit`), once for all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .graph import DIFF, PLAIN, RECORD, SCALAR, TRACE, Primitive, Rules

__all__ = ["PRIMITIVES", "bilinear", "constant", "elementwise", "general", "linear"]

Function = Callable[..., Any]
PRIMITIVES: dict[str, Primitive] = {}


def enter(primitive: Primitive) -> Primitive:
    """Put a primitive where rules find it: `m.<name>` in every namespace."""
    name = primitive.name
    if name in PRIMITIVES:
        raise ValueError(f"there already is a primitive named {name!r}")
    PRIMITIVES[name] = primitive
    setattr(PLAIN, name, primitive.f)
    setattr(SCALAR, name, primitive.scalar or primitive.f)
    setattr(RECORD, name, primitive)
    return primitive


def elementwise(
    name: str, f: Function, scalar: Function | None, *partials: Any, selects: bool = False, **more: Any
) -> Primitive:
    """out[k] = f(x[k], y[k]…).  `partials[i](m, out, x, y…)` is ∂out/∂input i, elementwise.

    A number stands for a constant partial, None for an input without one.  With `selects`, out is one of
    the inputs, and the partials are the weights (0 or 1, shared at ties) with which each was selected.
    """
    product = selected if selects else absorbing
    more.setdefault("advice", "shapes must agree, or be 1, counted from the last axis: reshape one of them")
    return enter(
        Primitive(
            name, f, scalar, diagonal(partials, scaled), careful=diagonal(partials, product),
            step=step(partials), selects=selects, **more,
        )
    )  # fmt: skip


def diagonal(partials: tuple[Any, ...], product: Callable[[Any], Function]) -> Rules:
    """A diagonal is its own transpose: pulls and pushes are the same products."""
    pulls = tuple(None if d is None else product(d) for d in partials)

    def push(m: Any, ts: list[Any], out: Any, *xs: Any) -> Any:
        total = None
        for t, pull in zip(ts, pulls, strict=True):
            if t is not None and pull is not None:
                part = pull(m, t, out, *xs)
                total = part if total is None else total + part
        return total

    return Rules(pulls, push)


def scaled(d: Any) -> Function:
    """g times the partial d."""
    if callable(d):
        return lambda m, g, out, *xs: g * d(m, out, *xs)
    return (lambda m, g, out, *xs: g) if d == 1 else (lambda m, g, out, *xs: g * d)


def absorbing(d: Any) -> Function:
    """The same below a choice: where g is exactly zero, nothing depends on d, be it inf or NaN.

    The product is made by a primitive (`shield`), so that its own derivatives absorb again: masking the
    result instead would cut the second derivative, which is not zero where g merely happens to be zero.
    """
    return (lambda m, g, out, *xs: m.absorb(g, d, m, out, *xs)) if callable(d) else scaled(d)


def selected(d: Any) -> Function:
    """The other way round in the choice itself: what has weight zero is ignored, be g inf or NaN."""
    return (lambda m, g, out, *xs: m.absorb(d(m, out, *xs), lambda: g)) if callable(d) else scaled(d)


def step(partials: tuple[Any, ...]) -> Function | None:
    """All pulls of one node at once on plain values: what `backward.pull` does, spelled out by arity."""
    if None in partials or len(partials) > 2:
        return None
    d, e = (*partials, None)[:2]
    d_varies, e_varies = callable(d), callable(e)

    def one(node: Any, g: Any, cot: dict[Any, Any]) -> None:
        (x,) = node.inputs
        a, m = x.value, node.space
        gx = g * d(m, node.value, a) if d_varies else g if d == 1 else g * d
        if gx.__class__ is not a.__class__ or (m.arrays and gx.dtype is not a.dtype):
            gx = x.fit(m, gx, a)
        cot[x] = cot[x] + gx if x in cot else gx

    def two(node: Any, g: Any, cot: dict[Any, Any]) -> None:
        x, y = node.inputs
        out, a, b, m = node.value, x.value, y.value, node.space
        if x.tracked & DIFF:
            gx = g * d(m, out, a, b) if d_varies else g if d == 1 else g * d
            if gx.__class__ is not a.__class__ or (m.arrays and (gx.shape != a.shape or gx.dtype is not a.dtype)):
                gx = x.fit(m, gx, a)
            cot[x] = cot[x] + gx if x in cot else gx
        if y.tracked & DIFF:
            gy = g * e(m, out, a, b) if e_varies else g if e == 1 else g * e
            if gy.__class__ is not b.__class__ or (m.arrays and (gy.shape != b.shape or gy.dtype is not b.dtype)):
                gy = y.fit(m, gy, b)
            cot[y] = cot[y] + gy if y in cot else gy

    return one if len(partials) == 1 else two


def linear(
    name: str, f: Function, *transposes: Function | None, scalar: Function | None = None, **more: Any
) -> Primitive:
    """f(x, y…, **params) is linear in its inputs together; `transposes[i](m, g, x, y…, **params)` is Aᵢᵀg."""

    def back(transpose: Function) -> Function:
        return lambda m, g, out, *xs, **params: transpose(m, g, *xs, **params)

    def push(m: Any, ts: list[Any], out: Any, *xs: Any, **params: Any) -> Any:
        moving = [m.zeros_like(x) if t is None else t for t, x in zip(ts, xs, strict=True)]
        return getattr(m, name)(*moving, **params)

    rules = Rules(tuple(None if t is None else back(t) for t in transposes), push)
    return enter(Primitive(name, f, scalar, rules, **more))


def bilinear(name: str, f: Function, left: Function, right: Function, **more: Any) -> Primitive:
    """f(x, y, **params) is linear in x and in y; `left(m, g, x, y, **params)` and `right` are the transposes.

    Below a choice, an entry of y that meets nothing but exact zeros has no influence.  Which those are,
    the transposes themselves can count: run on where g is not zero.
    """

    def live(m: Any, z: Any, met: Any) -> Any:
        return m.shield(z, m.sum_to(met, shape=z.shape))

    def pull_left(m: Any, g: Any, out: Any, x: Any, y: Any, **p: Any) -> Any:
        return left(m, g, x, live(m, y, right(m, m.not_equal(g, 0), m.ones_like(x), y, **p)), **p)

    def pull_right(m: Any, g: Any, out: Any, x: Any, y: Any, **p: Any) -> Any:
        return right(m, g, live(m, x, left(m, m.not_equal(g, 0), x, m.ones_like(y), **p)), y, **p)

    def push(careful: bool) -> Function:
        def move(m: Any, ts: list[Any], out: Any, x: Any, y: Any, **p: Any) -> Any:
            t, u = ts
            if careful and t is not None:
                y_met = live(m, y, right(m, m.ones_like(out), m.not_equal(t, 0), y, **p))
            if careful and u is not None:
                x_met = live(m, x, left(m, m.ones_like(out), x, m.not_equal(u, 0), **p))
            product = getattr(m, name)
            moved_x = None if t is None else product(t, y_met if careful else y, **p)
            moved_y = None if u is None else product(x_met if careful else x, u, **p)
            return moved_y if moved_x is None else moved_x if moved_y is None else moved_x + moved_y

        return move

    def plain_left(m: Any, g: Any, out: Any, x: Any, y: Any, **p: Any) -> Any:
        return left(m, g, x, y, **p)

    def plain_right(m: Any, g: Any, out: Any, x: Any, y: Any, **p: Any) -> Any:
        return right(m, g, x, y, **p)

    rules, careful = Rules((plain_left, plain_right), push(False)), Rules((pull_left, pull_right), push(True))
    return enter(Primitive(name, f, None, rules, careful=careful, **more))


def general(name: str, f: Function, pulls: tuple[Function | None, ...], push: Function, **more: Any) -> Primitive:
    """Both rules in full, in the form of `graph.Rules`."""
    return enter(Primitive(name, f, more.pop("scalar", None), Rules(pulls, push), **more))


def constant(name: str, f: Function, scalar: Function | None = None, **more: Any) -> Primitive:
    """Derivative zero, wherever there is one.  Recorded for replays, never for derivatives."""
    rules = Rules((), lambda m, ts, out, *xs, **params: None)
    return enter(Primitive(name, f, scalar, rules, keeps=TRACE, **more))
