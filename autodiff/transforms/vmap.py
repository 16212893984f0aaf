"""vmap: a function of one example, for many examples at once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import wraps
from types import NoneType
from typing import Any

import numpy as np

from .. import trees
from ..care import has_nan, trusting
from ..graph import ASKED, DIFF, TRACE, Node, ancestry, enable_grad, leaf, recording
from ..primitives.arithmetic import identity
from ..primitives.shapes import broadcast_to, transpose
from ..replay import check_reads, reads, replay, tracing
from ..tensor import Tensor
from ..versions import version
from .fresh import name_of, place, tracked
from .randomness import Generators

__all__ = ["vmap"]


def vmap(f: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0) -> Callable[..., Any]:
    """The function that does for a whole batch what f does for one example.

    `in_axes` says which axis of each argument counts the examples: an int; None for an argument that is the
    same for all; or a tuple of them, one for each argument, in which a tree of them may stand for a tree of
    arrays.  f sees each argument without that axis, as a Tensor.  `out_axes` says the same of the results: an
    int; None for a result that is the same for all examples, and stays single; or a tree of them.  Settings
    go by keyword and are passed on as they are.

    f runs once, on the first example, and what it recorded is run again on all of them, primitive by
    primitive.  (It runs once more where derivatives inside of it came out as NaN below a choice: `care.py`.)
    There is no loop over examples: it costs what the same formulas on larger arrays cost.  It
    nests, within itself and with `grad`, both ways.  Arrays give arrays, Tensors Tensors.

    Because f runs once, one way through it must do for all.  Where f reads the truth of a traced number
    (`if x > 0:`) and the examples differ, ValueError names the line: write `where`.  `item()`, and
    results whose shape depends on the numbers, raise TypeError.  With no example at all f runs on ones.  A
    numpy.random.Generator as an argument with `in_axes` of 0 draws for each example; numbers drawn from any
    other that f can reach by name raise RuntimeError, for they would be the same for all examples.  (So are
    those of a generator that f makes itself; with a seed, a loop would draw the same as well.)

    Raises ValueError or TypeError for axes that don't fit the arguments or the results, for `out_axes` of
    None where a result does depend on the example, and for batches of different lengths.

    >>> import numpy as np
    >>> from autodiff import grad
    >>> X, w = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 10.0])
    >>> vmap(lambda x, w: (x * w).sum(), in_axes=(0, None))(X, w)
    array([21., 43.])
    >>> vmap(grad(lambda x: (x**3).sum()))(X)  # a gradient for each example
    array([[ 3., 12.],
           [27., 48.]])
    """

    @wraps(f)
    def batched(*args: Any, **settings: Any) -> Any:
        given = Given(f, args, in_axes)
        if given.watched:  # more derivatives may be taken
            return given.mapped(out_axes, settings)[0]
        skipped: list[list[Any]] = []
        token = trusting.set(skipped)
        try:
            found, tracked_too = given.mapped(out_axes, settings)
        finally:
            trusting.reset(token)
        leaves = [x.value if isinstance(x, Node) else x for x in trees.flatten(found)[0]]
        if skipped and (tracked_too or any(x.dtype.kind in "fc" and has_nan(x.ravel()) for x in leaves)):
            return Given(f, args, in_axes).mapped(out_axes, settings)[0]
        return found

    return batched


class Given:
    """The arguments of a call: one example to run f on, and the batches that it stands for."""

    def __init__(self, f: Callable[..., Any], args: tuple[Any, ...], in_axes: Any) -> None:
        if isinstance(in_axes, list):
            in_axes = tuple(in_axes)
        if isinstance(in_axes, tuple) and len(in_axes) != len(args):
            raise ValueError(
                f"vmap: in_axes={in_axes} for {len(in_axes)} argument(s), but {name_of(f)} was called with "
                f"{len(args)} (settings go by keyword)"
            )
        self.f, self.args = f, args
        self.leaves: list[Any] = []
        self.axes: list[Any] = []
        self.rebuild = []
        for k, arg in enumerate(args):
            leaves, rebuild = trees.flatten(arg)
            of_arg = in_axes[k] if isinstance(in_axes, tuple) else in_axes
            self.axes += axes_of(of_arg, arg, f"vmap: in_axes={of_arg!r} of argument {k} of {name_of(f)}")
            self.leaves += leaves
            self.rebuild.append((len(leaves), rebuild))
        self.plain = not any(isinstance(x, Node) for x in self.leaves)
        self.watched = tracked(self.leaves) or reads.get() is not None
        self.generators = Generators()
        self.batches: dict[Node, Any] = {}  # by the node that stands for one example
        self.size = self.common_length()
        self.generators.size = self.size

    def mapped(self, out_axes: Any, settings: dict[str, Any]) -> tuple[Any, bool]:
        """f of all examples; and whether derivatives of that may be asked for."""
        f, examples = self.f, self.examples()
        on_tape = callable(recording.get())  # see tape.py; the example is not what is recorded there
        unusual = enable_grad() if on_tape else nullcontext()
        trusted, skipped = trusting.get(), []  # type: ignore[var-annotated]
        token = trusting.set(None if trusted is None else skipped)
        try:
            with tracing() as noted, self.generators.watched(f, self.leaves), unusual:
                out = f(*examples, **settings)
        finally:
            trusting.reset(token)
        outputs, rebuild = trees.flatten(out)
        axes = axes_of(out_axes, out, f"vmap: out_axes={out_axes!r} of {name_of(f)}")
        outputs = [version(y) if isinstance(y, Node) else y for y in outputs]
        known = {**self.batches, **self.generators.drawn}
        roots = [y for y in outputs if isinstance(y, Node)] + [read.node for read in noted]
        if self.watched:  # who looks for NaNs looks at those of all examples
            roots += [g for ends in skipped for g in ends if isinstance(g, Node)]
        order, outside = ancestry(roots, ASKED, set(self.batches))
        replay(order, known, self.size)
        if trusted is not None:
            trusted += [[known.get(g, g) for g in ends] for ends in skipped]
        check_reads(noted, known)
        tracked_too = tracked(self.leaves) or bool(outside and recording.get())
        plain = self.plain and not tracked_too
        found = [result(y, axis, known, self.size, plain) for y, axis in zip(outputs, axes, strict=True)]
        return rebuild(found), tracked_too

    def common_length(self) -> int:
        lengths: dict[int, str] = {}
        for i, (x, axis) in enumerate(zip(self.leaves, self.axes, strict=True)):
            if axis is None or isinstance(x, np.random.Generator):
                continue
            shape = np.shape(x.value if isinstance(x, Node) else x)
            if not isinstance(x, (Tensor, np.ndarray)) or not shape:
                raise ValueError(
                    f"vmap: {self.place(i)} is {type(x).__name__} of shape {shape}, and has no axis to map "
                    "over: give it in_axes=None if it is the same for all examples"
                )
            if not -len(shape) <= axis < len(shape):
                raise ValueError(f"vmap: {self.place(i)} has the shape {shape}, and no axis {axis}")
            lengths.setdefault(shape[axis], self.place(i))
        if not lengths:
            raise ValueError(f"vmap: no array among the arguments of {name_of(self.f)} is mapped over")
        if len(lengths) > 1:
            (n, one), (k, other), *_ = lengths.items()
            raise ValueError(f"vmap: {one} has {n} examples, and {other} has {k}")
        return next(iter(lengths))

    def place(self, i: int) -> str:
        for k, (n, _) in enumerate(self.rebuild):
            if i < n:
                return place(self.f, k, self.args[k], i)
            i -= n
        raise IndexError(i)

    def examples(self) -> list[Any]:
        """f's arguments: nodes with the first example's values.

        What f gets is the identity of the node that stands for the batch, so that f may assign into it.
        """
        leaves = [self.example(x, axis) for x, axis in zip(self.leaves, self.axes, strict=True)]
        leaves = [identity(x) if isinstance(x, Node) and x in self.batches else x for x in leaves]
        args = []
        for n, rebuild in self.rebuild:
            args.append(rebuild(leaves[:n]))
            leaves = leaves[n:]
        return args

    def example(self, x: Any, axis: Any) -> Any:
        if isinstance(x, np.random.Generator):
            return self.generators.for_each_example(x, axis)
        if axis is None:
            return x
        batch: Any = x if isinstance(x, Tensor) else Tensor.lift(np.array(x))
        if axis % batch.ndim:
            order = list(range(batch.ndim))
            batch = transpose(batch, axes=(order.pop(axis), *order))
        shape = batch.shape[1:]
        asked = TRACE | DIFF * (batch.dtype.kind in "fc")
        out: Node = leaf(Tensor, batch.value[0] if self.size else typical(shape, batch.dtype), asked)
        out.value = np.asarray(out.value)
        self.batches[out] = batch
        return out


def typical(shape: tuple[int, ...], dtype: Any) -> Any:
    """An example for a batch of none: false, and ones; where matrices are square, regular and positive ones.

    Their eigenvalues differ.
    """
    out = np.ones(shape, dtype) if dtype.kind != "b" else np.zeros(shape, dtype)
    if len(shape) > 1 and shape[-1] == shape[-2] and dtype.kind != "b":
        out += np.diag(np.arange(1, shape[-1] + 1)).astype(dtype)
    return out


def result(y: Any, axis: int | None, known: dict[Node, Any], size: int, plain: bool) -> Any:
    """An output for all examples, with their axis where it belongs."""
    batch: Any = known.get(y) if isinstance(y, Node) else None
    if batch is None:  # the same for all
        batch = y if isinstance(y, Tensor) else Tensor.lift(y) if isinstance(y, Node) else Tensor(y)
        if axis is not None:
            batch = broadcast_to(batch, shape=(size, *batch.shape))
    elif axis is None:
        raise ValueError(
            "vmap: out_axes=None for a result that is not the same for all examples: give an int"
        )
    n = batch.ndim
    if axis is None:
        axis = 0
    elif not -n <= axis < n:
        raise ValueError(f"vmap: out_axes={axis} for a result of {n} axes, with that of the examples")
    if n and axis % n:
        order = list(range(1, n))
        order.insert(axis % n, 0)
        batch = transpose(batch, axes=tuple(order))
    if not plain or batch.tracked & TRACE:
        return batch
    return np.array(batch.value)


def axes_of(axes: Any, tree: Any, what: str) -> list[Any]:
    """For each leaf of a tree its axis, from an int, None, or a tree of them that is a prefix of it."""
    try:
        found = trees.prefix(axes, tree)
    except ValueError as error:
        raise ValueError(f"{what} does not fit its tree: {error}") from None
    for axis in found:
        if not isinstance(axis, (int, np.integer, NoneType)) or isinstance(axis, bool):
            raise TypeError(f"{what}: an axis is an int, or None, not {axis!r}")
    return found
