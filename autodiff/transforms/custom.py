"""Functions with derivatives of their own: `custom_vjp` and `custom_jvp`.

Sometimes the derivative of what a program computes is not what one wants.  The formula may overflow where its
value does not, the program may iterate where a theorem gives the answer at once, or the gradient is meant to
be another one, clipped or passed straight through.  Then one states the rule.

Each call becomes one node, whose primitive runs the function and its rule.  A rule may state one mode only:
the other follows, for both are the same matrix.  The backward rule g ↦ Jᵀg is linear in g, so it is recorded
as a function of g and walked back, which transposes it: (Jᵀ)ᵀ t = J t.  The forward rule t ↦ J t is
transposed in the same way.  Rules are made of ordinary operations, which are recorded when somebody wants
further derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial, update_wrapper
from inspect import signature
from numbers import Number
from typing import Any

import numpy as np

from .. import trees
from ..graph import (
    ASKED,
    PLAIN,
    RECORD,
    SCALAR,
    TRACE,
    Node,
    Primitive,
    Rules,
    from_outside,
    leaf,
    make,
    no_grad,
    recording,
)
from ..kinds import unlisted
from ..numpy.reductions import sum
from ..several import Parts, Several, Together, pick, pick_constant
from ..steps import fill_steps
from ..versions import version
from .fresh import as_node, check_function, matched, name_of
from .vjp import vjp
from .vmap import vmap

__all__ = ["custom_jvp", "custom_vjp"]


class Custom:
    """What both decorators share: calling the function, as one node if derivatives may be asked for."""

    given_by = ""  # how the rule is stated

    def __init__(self, f: Callable[..., Any], nondiff_argnums: int | Sequence[int] = ()) -> None:
        check_function(type(self).__name__, f)
        several = (nondiff_argnums,) if isinstance(nondiff_argnums, int) else nondiff_argnums
        self.f, self.nondiff_argnums = f, tuple(sorted(several))
        self.rules: tuple[Callable[..., Any], ...] = ()
        update_wrapper(self, f, updated=())

    def __call__(self, *args: Any, **settings: Any) -> Any:
        if settings:  # by position, as the rules take them
            bound = signature(self.f).bind(*args, **settings)
            bound.apply_defaults()
            if bound.kwargs:
                raise TypeError(
                    f"{name_of(self)}: the rules take no keywords, and so no {', '.join(bound.kwargs)}"
                )
            args = bound.args
        call = Call(self, args)
        return call.outputs() if call.inputs else self.f(*args)

    def ready(self) -> tuple[Callable[..., Any], ...]:
        if not self.rules:
            name = name_of(self)
            raise TypeError(f"{name} has no derivative yet: give it one by {name}.{self.given_by}")
        return self.rules

    # what the decorators know
    def run(self, args: tuple[Any, ...]) -> tuple[Any, Any]:
        """The output, and what the backward rule wants to know about the call."""
        raise NotImplementedError

    def pulled(self, call: Call, args: tuple[Any, ...], residuals: Any, gs: list[Any]) -> Sequence[Any]:
        """The cotangents of the call's inputs, given those of its outputs."""
        raise NotImplementedError

    def pushed(self, call: Call, args: tuple[Any, ...], residuals: Any, ts: list[Any]) -> Sequence[Any]:
        """The tangents of the call's outputs, given those of its inputs."""
        raise NotImplementedError

    def mapped(self, call: Call, axes: list[Any]) -> Custom:
        """The function of many examples, with its rules; `axes` has 0 or None for each leaf of arguments."""
        raise NotImplementedError


class custom_vjp(Custom):
    """Decorator: a function whose backward rule is stated.

    `f.defvjp(fwd, bwd)`: where a derivative is wanted, `fwd(*args)` runs in the place of f and returns
    `(output, residuals)`, and later `bwd(residuals, g)` returns a tuple with a cotangent for each argument,
    in its structure and shapes, or None for zero; g has the output's.  Arguments in `nondiff_argnums` are
    passed as they are, may be anything, and come first: `bwd(*nondiff, residuals, g)`; no cotangents belong
    to them.  Forward mode, further derivatives and `vmap` follow.  The rule is not compared with f: let
    `testing.check_grads` do that.

    Raises TypeError without a rule, for an fwd that returns no pair and for cotangents of another structure,
    ValueError for those of another shape, and for a function that uses what requires grad without getting it
    as an argument, whose derivative would be lost.  In forward mode, TypeError for a bwd that is not linear.

    >>> import numpy as np
    >>> from autodiff import grad
    >>> @custom_vjp
    ... def clipped(x, limit):
    ...     return x  # the gradient that passes through is clipped
    >>> clipped.defvjp(lambda x, limit: (x, limit), lambda limit, g: (np.clip(g, -limit, limit), None))
    >>> grad(lambda x: (clipped(x, 1.0) ** 2).sum())(np.array([0.1, 5.0]))
    array([0.2, 1. ])
    """

    given_by = "defvjp(fwd, bwd)"

    def defvjp(self, fwd: Callable[..., Any], bwd: Callable[..., Any]) -> None:
        """State the rule: see `custom_vjp`."""
        self.rules = fwd, bwd

    def run(self, args: tuple[Any, ...]) -> tuple[Any, Any]:
        return pair(self.ready()[0](*args), f"{name_of(self)}: fwd must return (output, residuals)")

    def pulled(self, call: Call, args: tuple[Any, ...], residuals: Any, gs: list[Any]) -> Sequence[Any]:
        return call.cotangents(self.rules[1](*call.nondiff, residuals, call.like_output(gs)))

    def pushed(self, call: Call, args: tuple[Any, ...], residuals: Any, ts: list[Any]) -> Sequence[Any]:
        """The transpose of the backward rule."""

        def back(*gs: Any) -> list[Any]:
            return list(self.pulled(call, args, residuals, list(gs)))

        what = f"{name_of(self)}: bwd is not linear in g, so there is no Jacobian and no forward mode"
        return transposed(back, call.zeros_out(), ts, what)

    def mapped(self, call: Call, axes: list[Any]) -> Custom:
        fwd, bwd = self.ready()
        of_arguments = call.rebuild(axes)
        found = custom_vjp(vmap(call.without_nondiff(self.f), of_arguments))

        def back(residuals: Any, g: Any) -> Any:
            """Cotangents of what is the same for all examples are summed over them."""
            gs = vmap(partial(bwd, *call.nondiff))(residuals, g)
            leaves = [sum(g, axis=0) if k is None and g is not None else g
                      for g, k in zip(call.leaves_of(gs), axes, strict=True)]  # fmt: skip
            return call.rebuild(leaves)

        found.defvjp(vmap(call.without_nondiff(fwd), of_arguments), back)
        return found


class custom_jvp(Custom):
    """Decorator: a function whose forward rule is stated.

    `f.defjvp(rule)`: `rule(primals, tangents)` returns `(output, tangent)` for tuples of arguments and of
    their tangents, which have the arguments' structures and shapes.  `f.defjvps(rule_x, rule_y…)` states one
    for each argument, which add up: `rule_x(t, output, *primals)`, None for zero; f returns one number or
    array then.  Arguments in `nondiff_argnums` are passed as they are, may be anything, and come first:
    `rule(*nondiff, primals, tangents)`.  Reverse mode, further derivatives and `vmap` follow.  The rule is
    not compared with f: let `testing.check_grads` do that.

    Raises TypeError without a rule, for one that returns no pair and for a tangent of another structure,
    ValueError for one of another shape, and for a function that uses what requires grad without getting it as
    an argument, whose derivative would be lost.  In reverse mode, TypeError for a rule that is not linear.

    >>> import numpy as np
    >>> from autodiff import grad
    >>> @custom_jvp
    ... def log1pexp(x):
    ...     return np.log1p(np.exp(x))
    >>> log1pexp.defjvps(lambda t, out, x: t * (1 - 1 / (1 + np.exp(x))))
    >>> grad(log1pexp)(np.array(100.0))
    array(1.)
    """

    given_by = "defjvp(rule), or defjvps with a rule for each argument"

    def defjvp(self, rule: Callable[..., Any]) -> None:
        """State the rule: see `custom_jvp`."""
        self.rules = (rule,)

    def defjvps(self, *rules: Callable[..., Any] | None) -> None:
        """State a rule for each argument: see `custom_jvp`."""
        name = name_of(self)

        def rule(*given: Any) -> Any:
            *nondiff, primals, tangents = given
            if len(rules) != len(primals):
                raise TypeError(f"{name}: {len(rules)} rules of defjvps for {len(primals)} arguments")
            args = inserted(list(primals), self.nondiff_argnums, nondiff)
            out = self(*args)
            if not trees.is_leaf(out):
                raise TypeError(f"{name}: defjvps is for functions that return one array; use defjvp")
            parts = [r(t, out, *args) for r, t in zip(rules, tangents, strict=True) if r is not None]
            total = parts[0] if parts else zeros_like(out)
            for part in parts[1:]:
                total = total + part
            return out, total

        self.rules = (rule,)

    def run(self, args: tuple[Any, ...]) -> tuple[Any, Any]:
        self.ready()
        return self.f(*args), None

    def pushed(self, call: Call, args: tuple[Any, ...], residuals: Any, ts: list[Any]) -> Sequence[Any]:
        primals = tuple(args[k] for k in call.positions)
        found = self.rules[0](*call.nondiff, primals, call.like_arguments(ts))
        return call.tangents(pair(found, f"{name_of(self)}: its rule must return (output, tangent)")[1])

    def pulled(self, call: Call, args: tuple[Any, ...], residuals: Any, gs: list[Any]) -> Sequence[Any]:
        """The transpose of the forward rule."""

        def rule(*ts: Any) -> list[Any]:
            return list(self.pushed(call, args, residuals, list(ts)))

        name = f"{name_of(self)}: the rule is not linear in the tangents"
        zeros = [zeros_like(x) for x in call.inputs]
        return transposed(rule, zeros, gs, f"{name}, so there is no Jacobian and no reverse mode")

    def mapped(self, call: Call, axes: list[Any]) -> Custom:
        of_arguments = call.rebuild(axes)
        found = custom_jvp(vmap(call.without_nondiff(self.f), of_arguments))
        found.defjvp(vmap(partial(self.ready()[0], *call.nondiff), (of_arguments, of_arguments)))
        return found


# ---- one call --------------------------------------------------------------------------------------------
class Call:
    """One call of a custom function.  Of its arguments' leaves, those that are tracked are the inputs."""

    def __init__(self, custom: Custom, args: tuple[Any, ...]) -> None:
        self.custom, self.name, self.args = custom, name_of(custom), args
        for k in custom.nondiff_argnums:
            if not 0 <= k < len(args):
                raise IndexError(f"{self.name}: nondiff_argnums has {k}, and there are {len(args)} arguments")
        self.positions = [k for k in range(len(args)) if k not in custom.nondiff_argnums]
        self.nondiff = [args[k] for k in custom.nondiff_argnums]
        self.differentiated = tuple(args[k] for k in self.positions)
        self.leaves, self.rebuild = trees.flatten(self.differentiated)
        wanted = ASKED if recording.get() else TRACE
        if is_tracked(self.nondiff, wanted):
            raise TypeError(f"{self.name}: an argument of nondiff_argnums requires grad, which would be lost")
        nodes = [(i, x) for i, x in enumerate(self.leaves) if isinstance(x, Node)]
        self.at = [i for i, x in nodes if x.tracked & wanted or from_outside(x)]
        self.inputs = [version(self.leaves[i]) for i in self.at]

    def outputs(self) -> Any:
        """What the function returns, as results of one node."""
        out, self.residuals = self.custom.run(self.arguments([leaf(type(x), x.value) for x in self.inputs]))
        if is_tracked((out, self.residuals), ASKED if recording.get() else TRACE):
            raise ValueError(
                f"{self.name} uses something that requires grad, or is traced, and that is no argument: its "
                "derivative would be lost; make it one"
            )
        self.out_leaves, self.rebuild_out = trees.flatten(out)
        self.out = out
        arrays = [k for k, y in enumerate(self.out_leaves) if kind_of_numbers(y)]
        self.active = [k for k in arrays if kind_of_numbers(self.out_leaves[k]) in "fc"]
        nodes = {k: as_node(self.out_leaves[k]) for k in arrays}
        if not self.active:
            return out
        pulls: Any = Together(self.pull, len(self.inputs))
        rules = Rules(pulls, self.push)
        op = Primitive(unlisted(self.name), self.value, None, rules, rules, batch=self.batch)
        fill_steps(op)
        inputs, results = tuple(self.inputs), list(self.out_leaves)
        if arrays == self.active and len(arrays) == 1:
            (k,) = arrays
            results[k] = make(type(nodes[k]), nodes[k].value, op, inputs)
        else:
            node = make(Several, tuple(y.value for y in nodes.values()), op, inputs)
            for i, k in enumerate(arrays):
                how, setting = (pick, {"by_rule": False}) if k in self.active else (pick_constant, {})
                results[k] = make(type(nodes[k]), nodes[k].value, how, (node,), {"i": i, **setting})
        self.arrays, self.single = arrays, len(arrays) == 1
        return self.rebuild_out(results)

    # ---- between leaves and the trees that rules see
    def arguments(self, nodes: Sequence[Any]) -> tuple[Any, ...]:
        """All arguments, with these in the place of the inputs."""
        return tuple(
            inserted(list(self.like_arguments(nodes, self.leaves)), self.custom.nondiff_argnums, self.nondiff)
        )

    def like_arguments(self, nodes: Sequence[Any], others: Sequence[Any] | None = None) -> tuple[Any, ...]:
        """The differentiated arguments with these in the place of the inputs, elsewhere zeros or `others`."""
        leaves = [zeros_like(x) for x in self.leaves] if others is None else list(others)
        for i, x in zip(self.at, nodes, strict=True):
            leaves[i] = x
        found: tuple[Any, ...] = self.rebuild(leaves)
        return found

    def like_output(self, gs: Sequence[Any]) -> Any:
        """The output with these in the place of its floating parts, and elsewhere zeros."""
        leaves = [zeros_like(y) for y in self.out_leaves]
        for k, g in zip(self.active, gs, strict=True):
            leaves[k] = g
        return self.rebuild_out(leaves)

    def zeros_out(self) -> list[Any]:
        return [zeros_like(self.out_leaves[k]) for k in self.active]

    def leaves_of(self, gs: Any) -> list[Any]:
        """The leaves of what belongs to the differentiated arguments; None for those of a None."""
        if not isinstance(gs, (tuple, list)) or len(gs) != len(self.positions):
            n, got = len(self.positions), f"{len(gs)}" if isinstance(gs, (tuple, list)) else type(gs).__name__
            raise TypeError(
                f"{self.name}: its backward rule must return a tuple of {n} cotangents, not {got}"
            )
        leaves: list[Any] = []
        for x, g in zip(self.differentiated, gs, strict=True):
            what = f"a cotangent of {self.name}"
            leaves += [None] * len(trees.flatten(x)[0]) if g is None else trees.leaves_like(x, g, what)
        return leaves

    def cotangents(self, gs: Any) -> list[Any]:
        """What a backward rule returned, for the inputs, checked."""
        leaves = self.leaves_of(gs)
        found = []
        for i, x in zip(self.at, self.inputs, strict=True):
            g = zeros_like(x) if leaves[i] is None else leaves[i]
            found.append(matched(x, g, f"a cotangent of {self.name}"))
        return found

    def tangents(self, ts: Any) -> list[Any]:
        """What a forward rule returned, for the outputs, checked."""
        what = f"a tangent of {self.name}"
        leaves = trees.leaves_like(self.out, ts, what)
        return [matched(self.out_leaves[k], leaves[k], what) for k in self.active]

    def without_nondiff(self, f: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args: f(*inserted(list(args), self.custom.nondiff_argnums, self.nondiff))

    # ---- the primitive
    def value(self, *xs: Any) -> Any:
        """The output at other inputs, as plain values."""
        with no_grad():
            out = self.custom.f(
                *self.arguments([leaf(type(x), v) for x, v in zip(self.inputs, xs, strict=True)])
            )
        leaves = trees.flatten(out)[0]
        found = tuple(as_node(leaves[k]).value for k in self.arrays)
        return found[0] if self.single else found

    def seen(self, m: Any, xs: Sequence[Any]) -> tuple[tuple[Any, ...], Any]:
        """The arguments, and the residuals, as a rule sees them: where it is recorded they are nodes."""
        if m is RECORD:
            args = self.arguments(xs)
            return args, self.custom.run(args)[1]
        if m not in (PLAIN, SCALAR):
            raise NotImplementedError(f"{self.name} has derivatives by its own rule, and no power series")
        args = self.arguments([leaf(type(x), v) for x, v in zip(self.inputs, xs, strict=True)])
        if any(v is not x.value for x, v in zip(self.inputs, xs, strict=True)):  # a replay
            return args, self.custom.run(args)[1]
        return args, self.residuals

    def pull(self, m: Any, g: Any, out: Any, xs: Sequence[Any]) -> list[Any]:
        """The cotangents of all inputs."""
        parts = {0: g} if self.single else g
        gs = []
        for k in self.active:
            part, like = parts.get(self.arrays.index(k)), as_node(self.out_leaves[k])
            part = zeros_like(like) if part is None else part
            gs.append(part if isinstance(part, Node) else leaf(type(like), part))
        with nullcontext() if m is RECORD else no_grad():
            found = self.custom.pulled(self, *self.seen(m, xs), gs)
        return [as_wanted(m, x, t) for x, t in zip(self.inputs, found, strict=True)]

    def push(self, m: Any, ts: list[Any], out: Any, *xs: Any) -> Any:
        nodes = []
        for x, t in zip(self.inputs, ts, strict=True):
            t = zeros_like(x) if t is None else t
            nodes.append(t if isinstance(t, Node) else leaf(type(x), t))
        with nullcontext() if m is RECORD else no_grad():
            found = self.custom.pushed(self, *self.seen(m, xs), nodes)
        moved = [
            as_wanted(m, as_node(self.out_leaves[k]), t) for k, t in zip(self.active, found, strict=True)
        ]
        return (
            moved[0] if self.single else Parts(zip(map(self.arrays.index, self.active), moved, strict=True))
        )

    def batch(self, node: Any, xs: list[Any], mapped: list[bool], size: int) -> Any:
        axes: list[Any] = [None] * len(self.leaves)
        for i, b in zip(self.at, mapped, strict=True):
            axes[i] = 0 if b else None
        out = self.custom.mapped(self, axes)(*self.like_arguments(xs, self.leaves))
        leaves = [as_node(y) for y in trees.flatten(out)[0]]
        return leaves[self.arrays[0]] if self.single else leaf(Several, tuple(leaves[k] for k in self.arrays))


def transposed(rule: Callable[..., Any], zeros: list[Any], gs: list[Any], message: str) -> Sequence[Any]:
    """The transpose of a rule, applied to gs: the same, wherever the rule is recorded, if it is linear."""
    found: Sequence[Any] = vjp(rule, *zeros)[1](gs)
    elsewhere = vjp(rule, *map(far_from, zeros))[1](gs)
    for a, b in zip(found, elsewhere, strict=True):
        x, y = (getattr(t, "value", t) for t in (a, b))
        if not np.allclose(x, y, rtol=1e-3, atol=1e-3 * np.max(np.abs(x), initial=0.0), equal_nan=True):
            raise TypeError(message)
    return found


def inserted(args: list[Any], numbers: Sequence[int], others: Sequence[Any]) -> list[Any]:
    """The arguments, with others put in at their numbers, which are sorted."""
    for k, x in zip(numbers, others, strict=True):
        args.insert(k, x)
    return args


def pair(found: Any, what: str) -> tuple[Any, Any]:
    if not (isinstance(found, tuple) and len(found) == 2):
        raise TypeError(f"{what}, not {type(found).__name__}")
    return found


def is_tracked(tree: Any, wanted: int) -> bool:
    return any(isinstance(x, Node) and x.tracked & wanted for x in trees.flatten(tree)[0])


def kind_of_numbers(y: Any) -> str:
    """The kind of dtype of an output; "" for what is no number and no array of numbers."""
    value = y.value if isinstance(y, Node) else y
    if isinstance(value, (bool, int, float, complex, np.ndarray, np.generic)):
        kind = np.asarray(value).dtype.kind
        return kind if kind in "biufc" else ""
    return "f" if isinstance(y, Node) else ""  # a Fraction


def zeros_like(x: Any) -> Any:
    """Plain zeros, in the shape and dtype of an array or number; None for what is neither."""
    value: Any = x.value if isinstance(x, Node) else x
    if isinstance(value, (np.ndarray, np.generic)):
        return np.zeros_like(value)
    return type(value)(0) if isinstance(value, Number) else None  # type: ignore[call-arg]


def far_from(zero: Any) -> Any:
    """Numbers of all sizes and both signs, in the shape and dtype of these zeros."""
    if not isinstance(zero, np.ndarray):
        return zero - 1000 if isinstance(zero, float) else zero
    k = np.arange(zero.size)
    return np.asarray((-1.0) ** k * 10.0 ** (3 - k % 7), zero.dtype).reshape(zero.shape)


def as_wanted(m: Any, x: Any, t: Any) -> Any:
    """A cotangent or tangent of the node x, as a walk in m wants it: a node, or a plain value."""
    if m is RECORD:
        return t if isinstance(t, Node) else leaf(type(x), t)
    return t.value if isinstance(t, Node) else t
