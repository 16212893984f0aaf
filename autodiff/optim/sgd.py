"""Gradient descent, with momentum: the optimizer that the others are compared with.

The gradient points uphill, so a step against it goes down:

    p ← p − lr · g

*Momentum* walks along a decaying sum of the gradients so far, the buffer b.  Across a narrow valley they
change sign from step to step and cancel; along the valley they agree and add up.

    b ← momentum · b + (1 − dampening) · g        p ← p − lr · b

*Nesterov's* variant looks one step ahead and follows g + momentum · b instead of b.  *Weight decay* adds
weight_decay · p to g, the gradient of weight_decay/2 · ‖p‖², and so pulls every parameter towards 0.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from .. import trees
from ..graph import Node
from ..variable import Variable

__all__ = ["SGD"]


class Settings(NamedTuple):
    """The options of a parameter group, checked, as plain numbers that leave a parameter's dtype as it is."""

    lr: Any
    momentum: Any
    dampening: Any
    weight_decay: Any
    nesterov: bool
    maximize: bool


NUMBERS = ("lr", "momentum", "dampening", "weight_decay")
FLAGS = ("nesterov", "maximize")


class SGD:
    """Stochastic gradient descent on Values and Tensors, with momentum, Nesterov momentum and weight decay.

    `params` are leaves that require grad, in an iterable or a tree: dicts, lists, tuples, named tuples and
    dataclasses, nested, whose leaves come in the order of optree (of a dict: of its sorted keys).  Or they
    are a list of parameter groups, which are dicts with `"params"`, an iterable or a tree again, and the
    options that differ for these parameters.  `lr`, `momentum`, `dampening` and
    `weight_decay` are plain real numbers, `nesterov` and `maximize` are bools.  A parameter keeps its shape
    and dtype: to float32 data, the options are float32 numbers.

    With g the gradient (its conjugate, if complex), a step computes, in this order:

        g ← −g                                        if maximize
        g ← g + weight_decay · p                      if weight_decay
        b ← momentum · b + (1 − dampening) · g        if momentum; in a parameter's first step, b ← g
        g ← g + momentum · b if nesterov, else b      if momentum
        p ← p − lr · g

    That is PyTorch's order (torch.optim.SGD, https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html),
    and rounding agrees to the last few bits.  Momentum is Polyak's heavy ball (1964); Nesterov's, in this
    form, is from Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and momentum in
    deep learning" (ICML 2013), who scale by `lr` when adding to b instead of when taking from p: the
    same while `lr` stays the same.

    Attributes: `param_groups`, a list of dicts, in which options may be changed between steps
    (`sgd.param_groups[0]["lr"] = 0.01`), and `state`, a dict from parameters to their momentum buffers.

    Raises ValueError for no parameters at all, for one given twice, not a leaf or not requiring grad, for a
    negative or NaN `lr`, `momentum` or `weight_decay`, and for `nesterov` without momentum or with dampening;
    TypeError for what is not a parameter, not a number or not an option.

    >>> from autodiff import Value, optim
    >>> x = Value(5.0)
    >>> sgd = optim.SGD([x], lr=0.1, momentum=0.9)
    >>> for _ in range(200):
    ...     sgd.zero_grad()
    ...     y = x**2 + 2 * x + 3
    ...     y.backward()
    ...     sgd.step()
    >>> print(f"{x:.3f}")
    -1.000
    """

    def __init__(
        self,
        params: Any,
        lr: float,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        maximize: bool = False,
    ) -> None:
        options = lr, momentum, dampening, weight_decay, nesterov, maximize
        self.defaults: dict[str, Any] = dict(zip(Settings._fields, options, strict=True))
        checked(self.defaults)
        self.param_groups: list[dict[str, Any]] = []
        self.state: dict[Variable, dict[str, Any]] = {}
        self._spare: dict[Variable, Any] = {}  # the arrays that parameters had before their last step
        if isinstance(params, dict) and "params" in params:
            raise TypeError("SGD takes parameter groups in a list: write [group], or give group['params']")
        given = params if is_tree(params) else listed(params)
        grouped = isinstance(given, (list, tuple)) and any(
            isinstance(p, dict) and "params" in p for p in given
        )
        for group in given if grouped else [{"params": given}]:
            self.add_param_group(group)
        if not any(group["params"] for group in self.param_groups):
            raise ValueError("SGD was given no parameters: an empty tree, or a generator that is used up")

    def add_param_group(self, group: dict[str, Any]) -> None:
        """Optimize more parameters: `group` is a dict with `"params"` and the options that differ for them.

        The dict is copied.  Raises what the constructor raises; then nothing was added.

        >>> from autodiff import Value, optim
        >>> a, b = Value(1.0), Value(1.0)
        >>> sgd = optim.SGD([a], lr=0.1)
        >>> sgd.add_param_group({"params": [b], "lr": 0.5})
        >>> (a + b).backward()
        >>> sgd.step()
        >>> a.data, b.data
        (0.9, 0.5)
        """
        if not isinstance(group, dict):
            raise TypeError(f"a parameter group is a dict with 'params', not {type(group).__name__}")
        if "params" not in group:
            raise ValueError(f"a parameter group needs 'params'; this one has {', '.join(map(repr, group))}")
        if unknown := group.keys() - {"params", *Settings._fields}:
            raise TypeError(
                f"SGD has no option {' or '.join(sorted(map(repr, unknown)))}; its options are "
                + ", ".join(Settings._fields)
            )
        given = group["params"]
        tree = [given] if isinstance(given, Node) else given if is_tree(given) else listed(given)
        params = trees.flatten(tree)[0]
        taken = {p for other in self.param_groups for p in other["params"]}
        for i, p in enumerate(params):
            check_param(p, i, tree)
            if p in taken:
                raise ValueError(f"{named(p, i, tree)} is given twice: it would take two steps at once")
            taken.add(p)
        complete = {**self.defaults, **group, "params": params}
        checked(complete)
        self.param_groups.append(complete)

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters.

        >>> from autodiff import Value, optim
        >>> x = Value(3.0)
        >>> sgd = optim.SGD([x], lr=0.1)
        >>> (x * x).backward()
        >>> sgd.zero_grad()
        >>> x.grad
        0.0
        """
        for group in self.param_groups:
            for p in group["params"]:
                p.zero_grad()

    def step(self) -> None:
        """Move every parameter that has a gradient; the others, and their buffers, stay as they are.

        A parameter gets new data and becomes a new leaf; its old array is left as it was, since graphs may
        hold it.  Raises RuntimeError if no parameter has a gradient, ValueError or TypeError if an option was
        changed to one that the constructor refuses; then no parameter has moved.

        >>> from autodiff import Tensor, optim
        >>> w = Tensor([1.0, 2.0], requires_grad=True)
        >>> sgd = optim.SGD([w], lr=0.25)
        >>> (w * w).sum().backward()
        >>> sgd.step()
        >>> w.numpy()
        array([0.5, 1. ])
        """
        moves = []
        for group in self.param_groups:
            settings = checked(group)
            for p in group["params"]:
                if p.has_grad:
                    buffer = self.state.get(p, {}).get("momentum_buffer")
                    moves.append((p, *moved(p, buffer, settings, group, self.memory(p))))
        if not moves:
            raise RuntimeError(
                "step() found no gradient: call backward() on a loss that was made of these parameters first"
            )
        for p, value, buffer in moves:  # all have been computed, so nothing below can fail halfway
            old = p.value
            if p.arrays and old.base is None and old.flags.writeable:
                self._spare[p] = old
            p.assign(value)
            if buffer is not None:
                self.state[p] = {"momentum_buffer": buffer}

    def memory(self, p: Variable) -> Any:
        """An array to compute p's new data in: the one it had before its last step, if nobody else holds it.

        Large arrays that come and go at every step cost more than the arithmetic: each time, the system
        finds and clears their memory anew.
        """
        spare = self._spare.pop(p, None)
        return spare if sys.getrefcount(spare) <= 2 else None  # this name's, and that of the call

    def state_dict(self) -> dict[str, Any]:
        """The options and momentum buffers as plain numbers and arrays, copied: what a checkpoint needs.

        In PyTorch's form: `{"state": {i: {"momentum_buffer": …}}, "param_groups": [{…, "params": [i, …]}]}`,
        where i counts the parameters through all groups.  Parameters themselves are not in it.

        >>> from autodiff import Value, optim
        >>> x = Value(3.0)
        >>> sgd = optim.SGD([x], lr=0.1, momentum=0.5)
        >>> (x * x).backward()
        >>> sgd.step()
        >>> sgd.state_dict()["state"]
        {0: {'momentum_buffer': 6.0}}
        """
        positions = {p: i for i, p in enumerate(p for group in self.param_groups for p in group["params"])}
        return {
            "state": {
                positions[p]: {"momentum_buffer": p.coerce(entry["momentum_buffer"])}
                for p, entry in self.state.items()
            },
            "param_groups": [
                {**group, "params": [positions[p] for p in group["params"]]} for group in self.param_groups
            ],
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over the options and momentum buffers of a `state_dict()`, copied.

        Parameters are matched by position.  Raises ValueError if the groups differ in number or size, if a
        buffer belongs to no parameter or differs from it in shape, or for what is not a state_dict; then the
        optimizer is as it was.

        >>> from autodiff import Value, optim
        >>> x = Value(3.0)
        >>> sgd = optim.SGD([x], lr=0.1)
        >>> sgd.load_state_dict(optim.SGD([Value(1.0)], lr=0.5).state_dict())
        >>> sgd.param_groups[0]["lr"]
        0.5
        """
        try:
            entries = dict(state_dict["state"])
            saved = [dict(group) for group in state_dict["param_groups"]]
            positions = [list(group["params"]) for group in saved]
            buffers = {i: entry["momentum_buffer"] for i, entry in entries.items() if entry}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"load_state_dict: this was not made by SGD.state_dict() ({error!r})") from None
        sizes, own = [len(p) for p in positions], [len(group["params"]) for group in self.param_groups]
        if sizes != own:
            raise ValueError(
                f"load_state_dict: the state is of groups with {sizes} parameters, this optimizer has {own}"
            )
        groups: list[dict[str, Any]] = []
        at: dict[Any, Variable] = {}
        for group, theirs, mine in zip(saved, positions, self.param_groups, strict=True):
            group["params"] = mine["params"]
            checked(group)
            groups.append(group)
            at.update(zip(theirs, mine["params"], strict=True))
        if lost := buffers.keys() - at.keys():
            raise ValueError(f"load_state_dict: momentum buffers of {sorted(map(repr, lost))}, in no group")
        self.state, self.param_groups = (
            {
                at[i]: {"momentum_buffer": at[i].coerce(buffer, like=at[i].value)}
                for i, buffer in buffers.items()
                if buffer is not None
            },
            groups,
        )

    def __repr__(self) -> str:
        groups = [
            ", ".join([f"{len(group['params'])} params", *(f"{k}={group[k]!r}" for k in Settings._fields)])
            for group in self.param_groups
        ]
        return f"SGD({'; '.join(groups)})"


def moved(
    p: Variable, buffer: Any, settings: Settings, group: dict[str, Any], memory: Any
) -> tuple[Any, Any]:
    """Where p goes, and its momentum buffer then (None without momentum).

    The same lines serve numbers and arrays.  The last product and sum are made in `memory`, or in a new array
    if it is None; else nothing is written in place.
    """
    value, g = p.value, p.grad
    g = g.value if isinstance(g, Node) else g
    if not p.arrays:
        g = g.conjugate()
        if isinstance(value, (Fraction, Decimal)):  # stay exact; and Decimals don't combine with floats
            settings = settings._replace(**{name: exact(group[name], type(value)) for name in NUMBERS})
    elif g.dtype.kind == "c":
        g = np.conjugate(g)
    lr, momentum, dampening, weight_decay, nesterov, maximize = settings

    if maximize:
        g = -g
    if weight_decay != 0:
        g = g + value * weight_decay
    if momentum != 0:
        if buffer is None:
            buffer = np.array(g) if p.arrays else g  # a copy: the gradient belongs to the user
        else:
            buffer = buffer * momentum + g * (1 - dampening)
        g = g + buffer * momentum if nesterov else buffer
    if not p.arrays:
        return value + g * -lr, buffer if momentum != 0 else None
    change = np.asarray(np.multiply(g, -lr, out=memory))
    return np.add(value, change, out=change), np.asarray(buffer) if momentum != 0 else None


def exact(x: Any, kind: type) -> Any:
    """An option as a Fraction or a Decimal."""
    return x if isinstance(x, kind) else kind(float(x))


def checked(options: Mapping[str, Any]) -> Settings:
    """The options of a group, as plain numbers; ValueError or TypeError for what makes no sense."""
    if missing := [name for name in Settings._fields if name not in options]:
        raise ValueError(f"SGD: a parameter group without {', '.join(missing)}")
    numbers = []
    for name in NUMBERS:
        x = options[name]
        if type(x) is not float:
            if not isinstance(x, (Real, Decimal)):
                raise TypeError(f"SGD: {name} must be a plain real number, not {x!r}")
            x = float(x)  # a NumPy scalar would turn float32 parameters into float64
        if x != x or (x < 0 and name != "dampening"):
            hint = "; to go uphill, use maximize=True" if name == "lr" and x < 0 else ""
            raise ValueError(f"SGD: {name} must be 0 or more, not {x!r}{hint}")
        numbers.append(x)
    nesterov, maximize = (bool(options[name]) for name in FLAGS)
    if nesterov and (options["momentum"] == 0 or options["dampening"] != 0):
        raise ValueError(
            "SGD: nesterov=True needs momentum above 0 and dampening 0, not "
            f"momentum={options['momentum']!r} and dampening={options['dampening']!r}"
        )
    return Settings._make([*numbers, nesterov, maximize])


def is_tree(params: Any) -> bool:
    """Whether this is a tree with subtrees."""
    return params is not None and not trees.is_leaf(params)


def listed(params: Any) -> list[Any]:
    """The parameters or groups as a list; TypeError for what has no order or is a single parameter."""
    if isinstance(params, Node):
        raise TypeError(f"SGD takes a list of parameters: write [p] for a single {type(params).__name__}")
    if isinstance(params, (set, frozenset)) or not isinstance(params, Iterable):
        raise TypeError(
            "SGD takes a list or another tree of Values and Tensors, in an order, "
            f"not a {type(params).__name__}"
        )
    return list(params)


def check_param(p: Any, i: int, tree: Any) -> None:
    if not isinstance(p, Variable):
        raise TypeError(
            f"{named(p, i, tree)} is a {type(p).__name__}: SGD optimizes Values and Tensors; "
            "parameter groups are dicts with 'params'"
        )
    if p.op is not None:
        raise ValueError(
            f"{named(p, i, tree)} is the result of {p.op.name}: only a leaf can be optimized, "
            "so give the leaves it was made of, or p.detach() made anew with requires_grad=True"
        )
    if not p.requires_grad:
        raise ValueError(f"{named(p, i, tree)} does not require grad: make it with requires_grad=True")


def named(p: Any, i: int, tree: Any) -> str:
    """Parameter i as messages call it: with its place, if the tree is no list, its shape and its name."""
    path = trees.paths(tree)[i]
    about = [] if path == f"[{i}]" else [f"at {path}"]
    if isinstance(p, Node):
        about.insert(0, f"{type(p).__name__} of shape {np.shape(p.value)}" if p.arrays else type(p).__name__)
    if name := getattr(p, "name", None):
        about.insert(1, f"name={name!r}")
    return f"parameter {i} ({', '.join(about)})" if about else f"parameter {i}"
