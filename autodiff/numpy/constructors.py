"""NumPy's functions that make arrays from numbers, nested lists, or nothing; here they make Tensors.

NumPy asks nobody what an array of Tensors is, so `np.array([x, y])` of what is recorded raises, and
`autodiff.numpy.array([x, y])` is recorded.  What is made of plain numbers is a constant Tensor, into which
anything can be assigned.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..graph import Node
from . import shapes
from .shapes import (
    about,
    as_array,
    astype,
    broadcast_to,
    check_device,
    check_order,
    concatenate,
    constant_only,
    holds_nodes,
    plain,
    reshape,
    shape_of,
    stack,
    transpose,
)

__all__ = [
    "arange", "array", "asanyarray", "asarray", "asarray_chkfinite", "ascontiguousarray", "asfortranarray",
    "c_", "empty", "eye", "fromfunction", "fromiter", "full", "identity", "ones", "r_", "require", "tri",
    "vectorize", "zeros",
]  # fmt: skip


def tensor(x: Any) -> Any:
    """A plain array as a constant Tensor, that nobody else writes into."""
    return Node.classes["array"].lift(x)


def array(object: Any, dtype: Any = None, *, copy: Any = True, order: Any = "K", subok: bool = False,
          ndmin: int = 0, ndmax: int = 0, like: Any = None) -> Any:  # fmt: skip
    """A Tensor of numbers, of an array, or of nested lists of numbers, Values and Tensors.

    Derivative: the parts of g.
    """
    check_order("array", order)
    if isinstance(object, Node):
        out = shapes.copy(as_array(object)) if copy else as_array(object)
    elif holds_nodes(object):
        out = as_array(object)
    else:
        settings: dict[str, Any] = {"ndmax": ndmax} if ndmax else {}
        out = tensor(np.array(object, dtype, ndmin=ndmin, **settings))
    if dtype is not None and about(out).dtype != dtype:
        out = astype(out, dtype)
    lead = ndmin - len(out.shape)
    return reshape(out, (*[1] * lead, *out.shape)) if lead > 0 else out


def asarray(a: Any, dtype: Any = None, order: Any = None, *, device: Any = None, copy: Any = None,
            like: Any = None) -> Any:  # fmt: skip
    """`array`, which gives a Tensor as it is.  Derivative: the parts of g."""
    check_device("asarray", device)
    if copy is False and not isinstance(a, (Node, np.ndarray)):
        raise ValueError("asarray: copy=False, but this must be copied to be an array")
    return array(a, dtype, copy=bool(copy), order=order)


def asanyarray(a: Any, dtype: Any = None, order: Any = None, *, device: Any = None, copy: Any = None,
               like: Any = None) -> Any:  # fmt: skip
    """`asarray`: there are no subclasses.  Derivative: the parts of g."""
    return asarray(a, dtype, order, device=device, copy=copy)


def ascontiguousarray(a: Any, dtype: Any = None, *, like: Any = None) -> Any:
    """`asarray`, of one axis or more.  Derivative: the parts of g."""
    return array(a, dtype, copy=False, ndmin=1)


def asfortranarray(a: Any, dtype: Any = None, *, like: Any = None) -> Any:
    """`asarray`: how it lies in memory is nobody's business.  Derivative: the parts of g."""
    return asarray(a, dtype)


def asarray_chkfinite(a: Any, dtype: Any = None, order: Any = None) -> Any:
    """`asarray`; ValueError if there is an inf or NaN.  Derivative: the parts of g."""
    out = asarray(a, dtype, order)
    if about(out).dtype.kind in "fc" and not np.isfinite(plain(out, "asarray_chkfinite")).all():
        raise ValueError("array must not contain infs or NaNs")
    return out


def require(a: Any, dtype: Any = None, requirements: Any = None, *, like: Any = None) -> Any:
    """`asarray`: how it lies in memory is nobody's business.  Derivative: the parts of g."""
    return asarray(a, dtype)


def fromiter(iter: Iterable[Any], dtype: Any, count: int = -1, *, like: Any = None) -> Any:
    """The numbers, Values or Tensors of an iterator, in one axis.  Derivative: the parts of g."""
    numbers = list(itertools.islice(iter, count) if count >= 0 else iter)
    if len(numbers) < count:
        raise ValueError(f"iterator too short: expected {count} but iterator had only {len(numbers)} items.")
    return array(numbers, dtype)


def fromfunction(function: Callable[..., Any], shape: Any, *, dtype: Any = float, like: Any = None,
                 **kwargs: Any) -> Any:  # fmt: skip
    """What a function gives for the indices of an array of this shape.  Derivative: through the function."""
    return function(*map(tensor, np.indices(shape, dtype=dtype)), **kwargs)


# ---- of one number
def zeros(shape: Any, dtype: Any = None, order: str = "C", *, device: Any = None, like: Any = None) -> Any:
    """Zeros.  Derivative: zero."""
    check_device("zeros", device)
    return tensor(np.zeros(constant_only("zeros: shape", shape), dtype))


def ones(shape: Any, dtype: Any = None, order: str = "C", *, device: Any = None, like: Any = None) -> Any:
    """Ones.  Derivative: zero."""
    check_device("ones", device)
    return tensor(np.ones(constant_only("ones: shape", shape), dtype))


def empty(shape: Any, dtype: Any = None, order: str = "C", *, device: Any = None, like: Any = None) -> Any:
    """An array to be filled; of zeros.  Derivative: zero."""
    return zeros(shape, dtype, order, device=device)


def full(shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", *, device: Any = None,
         like: Any = None) -> Any:  # fmt: skip
    """An array filled with one number, or what spreads to its shape.  Derivative: the sum of g."""
    check_device("full", device)
    shape = constant_only("full: shape", shape)
    shape = (int(shape),) if np.ndim(shape) == 0 else tuple(shape)
    return broadcast_to(asarray(fill_value, dtype), shape)


def eye(N: int, M: Any = None, k: int = 0, dtype: Any = float, order: str = "C", *, device: Any = None,
        like: Any = None) -> Any:  # fmt: skip
    """Ones on a diagonal.  Derivative: zero."""
    check_device("eye", device)
    return tensor(np.eye(N, M, k, dtype))


def identity(n: int, dtype: Any = None, *, like: Any = None) -> Any:
    """The identity matrix.  Derivative: zero."""
    return tensor(np.identity(n, dtype))


def tri(N: int, M: Any = None, k: int = 0, dtype: Any = float, *, like: Any = None) -> Any:
    """Ones on and below a diagonal.  Derivative: zero."""
    return tensor(np.tri(N, M, k, dtype))


def arange(start: Any = None, stop: Any = None, step: Any = None, dtype: Any = None, *, device: Any = None,
           like: Any = None) -> Any:  # fmt: skip
    """start, start + step … before stop.  Derivative: of start Σg, of step Σ k gₖ, of stop zero."""
    check_device("arange", device)
    if start is None and stop is None:
        raise TypeError("arange() requires stop to be specified.")
    start, stop = (0, start) if stop is None else (0 if start is None else start, stop)
    step = 1 if step is None else step
    first, last, by = (plain(x, "arange") for x in (start, stop, step))
    values: Any = np.arange(first, last, by, dtype)  # type: ignore[call-overload]
    if not holds_nodes([start, stop, step]):
        return tensor(values)
    n = values.size
    out = as_array(start) + np.arange(n) * as_array(step)
    return out if about(out).dtype == values.dtype else astype(out, values.dtype)


# ---- joined by brackets
class Joiner:
    """What stands behind `r_` and `c_`: an index that joins arrays, numbers and slices.

    Derivative: g cut up again.
    """

    def __init__(self, name: str, axis: int, ndmin: int, trans1d: int) -> None:
        self.name, self.settings, self.plain = name, (axis, ndmin, trans1d), getattr(np, name)

    def __getitem__(self, key: Any) -> Any:
        items = list(key) if isinstance(key, tuple) else [key]
        if not holds_nodes(items):
            return tensor(np.asarray(self.plain[key]))
        axis, ndmin, trans1d = self.settings
        if isinstance(items[0], str):
            axis, ndmin, trans1d = self.directive(items.pop(0))
        parts, numbers = [], []
        for item in items:
            if isinstance(item, str):
                raise ValueError(f"{self.name}: special directives must be the first entry")
            item = np.r_[item] if isinstance(item, slice) else item
            numbers.append(item if type(item) in (int, float, complex) else about(as_array(item)).dtype)
            parts.append(raised(as_array(item), ndmin, trans1d))
        dtype = np.result_type(*numbers)
        return concatenate([p if about(p).dtype == dtype else astype(p, dtype) for p in parts], axis)

    def directive(self, text: str) -> tuple[int, int, int]:
        numbers = text.split(",")
        if text in ("r", "c"):
            raise ValueError(f"{self.name}[{text!r}] makes a matrix; take reshape of the result")
        if not all(re.fullmatch(r"\s*-?\d+\s*", n) for n in numbers) or len(numbers) > 3:
            raise ValueError(f"{self.name}: unknown special directive {text!r}")
        axis, ndmin, trans1d = (*map(int, numbers), *self.settings[len(numbers) :])
        return axis, ndmin, trans1d


def raised(x: Any, ndmin: int, trans1d: int) -> Any:
    """x with `ndmin` axes or more; its own begin at `trans1d`, or come last where that is -1."""
    new = ndmin - len(x.shape)
    if new <= 0:
        return x
    shape = (*[1] * new, *x.shape)
    x = reshape(x, shape)
    if trans1d == -1 or len(shape) == new:
        return x
    at = trans1d + new + 1 if trans1d < 0 else trans1d
    axes = list(range(ndmin))
    return transpose(x, axes[:at] + axes[new:] + axes[at:new])


r_, c_ = Joiner("r_", 0, 1, -1), Joiner("c_", -1, 2, 0)


# ---- one call for each element
class vectorize:
    """A function of numbers as a function of arrays: one call for each element, or each part.

    `signature`, as in "(n),(n)->()", says which axes of the arguments one call gets.  Derivative: through the
    function.  The arguments that `excluded` names by number or keyword are passed on as they are.
    """

    def __init__(self, pyfunc: Callable[..., Any], otypes: Any = None, doc: Any = None, excluded: Any = None,
                 cache: bool = False, signature: Any = None) -> None:  # fmt: skip
        self.pyfunc, self.excluded = pyfunc, set(excluded or ())
        self.__doc__ = doc or pyfunc.__doc__
        self.otypes = otypes and ([*otypes] if isinstance(otypes, str) else list(otypes))
        self.signature = signature and parsed(signature)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        keys = [k for k in kwargs if k not in self.excluded]
        at = [k for k in range(len(args)) if k not in self.excluded]
        xs = [as_array(args[k]) for k in at] + [as_array(kwargs[k]) for k in keys]
        if not xs:
            return self.pyfunc(*args, **kwargs)
        cores = self.signature[0] if self.signature else [()] * len(xs)
        if len(cores) != len(xs):
            raise TypeError(f"vectorize: the signature has {len(cores)} arguments, the call {len(xs)}")
        for x, core in zip(xs, cores, strict=True):
            if len(x.shape) < len(core):
                raise ValueError(f"vectorize: an argument of shape {x.shape} has no axes for {core}")
        ends = [len(x.shape) - len(core) for x, core in zip(xs, cores, strict=True)]
        lead = np.broadcast_shapes(*[x.shape[:end] for x, end in zip(xs, ends, strict=True)])
        if 0 in lead:
            raise ValueError("vectorize: cannot call a function on size 0 inputs")
        flat = [
            reshape(broadcast_to(x, (*lead, *x.shape[end:])), (math.prod(lead), *x.shape[end:]))
            for x, end in zip(xs, ends, strict=True)
        ]
        rows = []
        for k in range(math.prod(lead)):
            given, named = list(args), dict(kwargs)
            for j, x in zip(at, flat, strict=False):
                given[j] = x[k]
            named.update({key: x[k] for key, x in zip(keys, flat[len(at) :], strict=True)})
            rows.append(self.pyfunc(*given, **named))
        several = isinstance(rows[0], tuple)
        columns = zip(*rows, strict=True) if several else [rows]
        found = tuple(self.joined(list(column), lead, k) for k, column in enumerate(columns))
        return found if several else found[0]

    def joined(self, results: list[Any], lead: tuple[int, ...], k: int) -> Any:
        out = stack(list(map(as_array, results)))
        out = reshape(out, (*lead, *shape_of(out)[1:]))
        return astype(out, self.otypes[k]) if self.otypes else out


def parsed(signature: str) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """The names of the axes of arguments and results: "(n),()->(n)" is [("n",), ()], [("n",)]."""
    group = r"\(\s*(?:\w+(?:\s*,\s*\w+)*)?\s*\)"
    whole = rf"\s*{group}(\s*,\s*{group})*\s*->\s*{group}(\s*,\s*{group})*\s*"
    if not re.fullmatch(whole, signature):
        raise ValueError(f"vectorize: not a valid gufunc signature: {signature}")
    sides = [
        [tuple(re.findall(r"\w+", part)) for part in re.findall(group, side)]
        for side in signature.split("->")
    ]
    return sides[0], sides[1]
