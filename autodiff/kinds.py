"""The kinds of primitives: how both walks follow from the one fact that a row of the tables states.

Let f map an input x to out, and let J be its Jacobian, J[k, i] = ∂out_k / ∂x_i.  The backward walk needs
Jᵀg for a cotangent g, the forward walk needs J t for a tangent t, and neither wants to see J itself,
which for an image is a matrix with as many columns as pixels.  What is J like?

**elementwise**   out[k] depends on x[k] alone, so J is diagonal:

        exp of (x₁, x₂, x₃):       J  =  ⎡ e^x₁   0     0   ⎤        Jᵀg = J g = e^x · g,
                                         ⎢  0    e^x₂   0   ⎥        the same product for both walks
                                         ⎣  0     0    e^x₃ ⎦

    A row states the diagonal: the derivative that school taught, `"out"` for exp.  That is a text and not
    a function so that it can also be read: the walk's fast path (`steps.py`) and the docstrings are made
    from it.

**linear**   out = A x, so J is A, whatever x is: J t is f(t) itself, and Jᵀg is Aᵀg.

        sum of (x₁, x₂, x₃):       A  =  [ 1  1  1 ]                 Aᵀg = (g, g, g)

    A row states f and its transpose.  Summing spreads out, spreading out sums up; picking puts back.

**bilinear**   linear in x while y stands still, and in y while x does.  Products of matrices are:

        out = x y:                 change of out = t_x y + x t_y      transposes: g yᵀ and xᵀ g

    A row states f and its two transposes.

**general**   anything else states both rules in full.

**constant**   steps and comparisons: the derivative is zero wherever there is one.  Declared, not forgotten.

A rule speaks of `m` (the namespace to compute in), `out` (the result) and the inputs; see `graph.Rules`.
Rules do not bring their result into shape: if x was broadcast, or float32 met float64, the walks undo it
(`Node.fit`), once for all.

Whoever wants a primitive of their own calls the same functions: nothing about the built-in ones is
privileged.
"""

from __future__ import annotations

from functools import partial, reduce
from operator import add
from typing import Any

from .batching import aligned, along_axes, by_settings
from .graph import PLAIN, RECORD, SCALAR, TRACE, Function, Primitive, Rules
from .steps import fill_steps, steps_of, without_out

__all__ = ["PRIMITIVES", "bilinear", "constant", "elementwise", "general", "linear"]

PRIMITIVES: dict[str, Primitive] = {}


def enter(primitive: Primitive) -> Primitive:
    """Put a primitive where rules find it: `m.<name>` in every namespace."""
    name = primitive.name
    if name in PRIMITIVES:
        raise ValueError(f"there already is a primitive named {name!r}")
    if isinstance(primitive.rules.pulls, tuple) and len(primitive.rules.pulls) not in (0, primitive.arity):
        raise TypeError(f"{name} has {primitive.arity} inputs, and {len(primitive.rules.pulls)} derivatives")
    PRIMITIVES[name] = primitive
    fill_steps(primitive)
    for space, f in ((PLAIN, primitive.f), (SCALAR, primitive.scalar or primitive.f), (RECORD, primitive)):
        setattr(space, name, f)
    return primitive


def unlisted(name: str) -> str:
    """A name for a primitive that is in no table: `exp_` where `exp` is one of theirs.

    Passes of the compiler know the primitives of the tables by their names.
    """
    return f"{name}_" if name in PRIMITIVES else name


def elementwise(
    name: str, f: Any, scalar: Any, *partials: Any, selects: bool = False, form: str = "", joint: Any = None
) -> Primitive:
    """out[k] = f(x[k], y[k], z[k]).  `partials` are ∂out/∂x, ∂out/∂y…: Python text in m, out, x, y and z.

    A number stands for a constant partial, None for an input without one; a function (m, out, x, y…) will
    do as well.  `f` computes on arrays, `scalar` on one number; without it numbers are treated as arrays.
    With `selects`, out is one of the inputs, and the partials are the weights (0 or 1, shared at ties) with
    which each was selected.  `form` is how people write it, `"x * y"`, for pictures; without it `name(x, y)`.
    `joint` finds what the partials say faster for large arrays; see `steps.Joint`.

    >>> import numpy as np
    >>> from autodiff import elementwise, grad
    >>> cube = elementwise("cube", lambda x: x**3, lambda x: x**3, "3 * x**2")
    >>> grad(cube)(2.0), grad(grad(cube))(2.0)
    (12.0, 12.0)
    >>> cube(np.array([1.0, 2.0]))
    array([1., 8.])
    """
    names = "x, y, z"[: 3 * len(partials) - 2]
    rates = [eval(f"lambda m, out, {names}: {d}") if isinstance(d, str) else d for d in partials]
    careful = diagonal([None if d is None else selected(d) if selects else absorbing(d) for d in rates])
    rules = diagonal([None if d is None else scaled(d) for d in rates])
    formulas = ", ".join(f"∂/∂{n} = {d}" for n, d in zip(names.split(", "), partials, strict=True) if d)
    doc = f"{name}({names}), elementwise.  {formulas}."
    advice = "shapes must agree, or be 1, counted from the last axis: reshape one of them"
    more: dict[str, Any] = {"batch": aligned, "reach": "...", "advice": advice, "kind": "elementwise"}
    steps = steps_of(joint, name, names, partials)
    return enter(Primitive(name, f, scalar, rules, careful, *steps, selects, form=form, doc=doc, **more))


def diagonal(pulls: list[Function | None]) -> Rules:
    """A diagonal is its own transpose: the pulls serve the forward walk too, and their results add up."""

    def push(m: Any, ts: list[Any], out: Any, *xs: Any) -> Any:
        moving = [(t, rule) for t, rule in zip(ts, pulls, strict=True) if t is not None and rule is not None]
        return reduce(add, [rule(m, t, out, *xs) for t, rule in moving]) if moving else None

    return Rules(tuple(pulls), push)


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


def linear(
    name: str, f: Function, *transposes: Any, each: Any = None, scalar: Function | None = None, **more: Any
) -> Primitive:
    """f(x, y…, **params) is linear in its inputs together; `transposes[i](m, g, x, y…, **params)` is Aᵢᵀg.

    Settings are keyword-only in f and passed on to the transposes by name.  An input whose transpose is None
    has no derivative; f need not be linear in it.  An f that takes any number of inputs, `*xs`, has one
    transpose for each, which is told the position of its input: `each(i, m, g, *xs, **params)`.

    Rows of this kind are often each other's transposes: `index` picks, `scatter` puts back, and each names
    the other.  Which elements f moves where, or sums up, `transforms/sparsity.py` finds out by running it;
    `reach=` says so where f does anything else.
    """

    def push(m: Any, ts: list[Any], out: Any, *xs: Any, **params: Any) -> Any:
        inputs = zip(ts, xs, pulls, strict=False)  # of the pulls, there may be more
        moving = [x if pull is None else m.zeros_like(x) if t is None else t for t, x, pull in inputs]
        return getattr(m, name)(*moving, **params)

    more.setdefault("batch", along_axes)
    pulls: Any = Each(each) if each else tuple(None if t is None else without_out(t) for t in transposes)
    return general(name, f, pulls, push, scalar=scalar, **{"reach": "moves", "kind": "linear", **more})


class Each:
    """The pulls of a primitive that takes any number of inputs: one for every position."""

    def __init__(self, transpose: Any) -> None:
        self.transpose = transpose

    def __getitem__(self, i: int) -> Function:
        return without_out(partial(self.transpose, i))


def bilinear(name: str, f: Function, left: Function, right: Function, **more: Any) -> Primitive:
    """f(x, y, **params) is linear in x and in y; `left(m, g, x, y, **params)` and `right` are the transposes.

    Below a choice, an entry of y that meets nothing but exact zeros has no influence.  Which those are,
    the transposes themselves can count: run on where g is not zero.
    """

    def met_x(m: Any, g: Any, x: Any, y: Any, p: dict[str, Any]) -> Any:
        return m.shield(x, m.sum_to(left(m, g, x, y, **p), shape=x.shape))

    def met_y(m: Any, g: Any, x: Any, y: Any, p: dict[str, Any]) -> Any:
        return m.shield(y, m.sum_to(right(m, g, x, y, **p), shape=y.shape))

    def push(m: Any, ts: list[Any], out: Any, x: Any, y: Any, **p: Any) -> Any:
        t, u = ts
        product = getattr(m, name)
        parts = ([] if t is None else [product(t, y, **p)]) + ([] if u is None else [product(x, u, **p)])
        return parts[0] if len(parts) == 1 else parts[0] + parts[1]

    def careful_push(m: Any, ts: list[Any], out: Any, x: Any, y: Any, **p: Any) -> Any:
        t, u = ts
        every = m.ones_like(out)
        live_x = x if u is None else met_x(m, every, x, m.not_equal(u, 0), p)
        live_y = y if t is None else met_y(m, every, m.not_equal(t, 0), y, p)
        return push(m, ts, out, live_x, live_y, **p)

    def pull_x(m: Any, g: Any, out: Any, x: Any, y: Any, **p: Any) -> Any:
        return left(m, g, x, met_y(m, m.not_equal(g, 0), m.ones_like(x), y, p), **p)

    def pull_y(m: Any, g: Any, out: Any, x: Any, y: Any, **p: Any) -> Any:
        return right(m, g, met_x(m, m.not_equal(g, 0), x, m.ones_like(y), p), y, **p)

    rules = Rules((without_out(left), without_out(right)), push)
    careful = Rules((pull_x, pull_y), careful_push)
    return enter(Primitive(name, f, None, rules, careful, **{"kind": "bilinear", **more}))


def general(name: str, f: Function, pulls: tuple[Any, ...], push: Function, **more: Any) -> Primitive:
    """Both rules in full, in the form of `graph.Rules`; `careful=` are those below a choice, if they differ.

    The walks hold them to nothing but the law that connects them, ⟨g, J t⟩ = ⟨Jᵀ g, t⟩: write both, and
    let `testing.check_grads` compare them with finite differences.  Unless `reach=` says otherwise, each
    element of the result counts as depending on all elements of the inputs (`transforms/sparsity.py`).
    """
    rules = Rules(pulls, push)
    return enter(Primitive(name, f, more.pop("scalar", None), rules, more.pop("careful", rules), **more))


def constant(name: str, f: Function, scalar: Function | None = None, **more: Any) -> Primitive:
    """Derivative zero, wherever there is one.  Recorded for replays, never for derivatives.

    What is computed from it alone is untracked, so `backward()` on that raises: a loss made of steps has no
    slope to walk down.
    """
    more = {"batch": by_settings, "kind": "constant", "doc": f"{name}.  Its derivative is zero.", **more}
    return general(name, f, (), lambda m, ts, out, *xs, **params: None, scalar=scalar, keeps=TRACE, **more)
