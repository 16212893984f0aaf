"""All derivatives of all outputs: Jacobians and Hessians.

The Jacobian of f: Rⁿ → Rᵐ is the matrix J[i, j] = ∂f_i/∂x_j.  A backward walk from a cotangent g gives Jᵀg,
so with g = (0, …, 1, …, 0) it gives one row.  A forward walk along a tangent t gives J t, so with a unit
vector it gives one column.  f runs once, and the graph it leaves is walked m times, or n times: all at once,
by mapping the walk over the unit vectors (`vmap.py`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import wraps
from numbers import Number
from typing import Any

import numpy as np

from ..backward import pull_back
from ..forward import push_forward
from ..graph import ASKED, DIFF, Node, leaf, no_grad
from ..numpy.shapes import concatenate, moveaxis, reshape, stack
from ..primitives.shapes import cast, unlift
from ..tensor import Tensor
from .fresh import Call, check_function, name_of
from .grad import checked_argnums
from .vmap import vmap

__all__ = ["elementwise_grad", "hessian", "jacobian"]


def jacobian(
    f: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    *,
    mode: str = "auto",
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """The function that returns the Jacobian of f: J[i, j] = ∂f_i/∂x_j, of shape `out.shape + x.shape`.

    f returns numbers or arrays, or a tree of them.  The result has the structure of f's output, and in place
    of each array there the structure of the argument, or a tuple of these if `argnums` is one; at its leaves
    are arrays of `out.shape + x.shape` in the dtype of x, or numbers where both are.  With `has_aux`, f
    returns `(output, aux)`, and the result is `(jacobian, aux)`.

    `mode` is "fwd", a forward walk for each element of the arguments, "rev", a backward walk for each element
    of the outputs, or "auto", whichever are fewer.  The walks from the elements of an array go together, as
    one walk with arrays of one axis more; `chunk_size` is how many, all by default.  It bounds the memory,
    which is that of as many walks; with 1, walks are made one after the other.

    Complex outputs of real arguments have complex derivatives.  Of complex arguments they have one only if f
    is holomorphic; then the derivative is f'(z).  A real output of a complex argument has that of `grad`.

    Raises TypeError for an argument that has no derivative, for outputs that are not numbers, and where f
    is complex and not holomorphic; IndexError for an `argnums` that is not there; ValueError for another
    `mode` or `chunk_size`; NotImplementedError for a primitive without a batching rule.

    >>> import numpy as np
    >>> jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    >>> jacobian(lambda p, x: p["a"] * x + p["b"])({"a": 2.0, "b": 1.0}, np.array([3.0, 4.0]))
    {'a': array([3., 4.]), 'b': array([1., 1.])}
    """
    check_function("jacobian", f)
    if mode not in ("auto", "fwd", "rev"):
        raise ValueError(f"jacobian: mode is 'auto', 'fwd' or 'rev', not {mode!r}")
    checked_chunk_size(chunk_size, "jacobian")

    @wraps(f)
    def matrix(*args: Any, **settings: Any) -> Any:
        call = Call(f, args, checked_argnums(argnums, len(args), f), has_aux, **settings)
        walks = Walks(call, f, mode, chunk_size)
        rows = [call.trees_of(of_y) for of_y in walks.blocks()]
        result = call.rebuild_outputs([of_y[0] if isinstance(argnums, int) else tuple(of_y) for of_y in rows])
        return (result, call.aux_outside(walks.record)) if has_aux else result

    return matrix


def hessian(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, *, chunk_size: int | None = None
) -> Callable[..., Any]:
    """The function that returns the second derivatives of f: H[i, j] = ∂²f/∂x_i∂x_j, the Jacobian's Jacobian.

    Of a number it has the shape `x.shape + x.shape`, else `out.shape + x.shape + x.shape`.  If the argument
    is a tree, or there are several, it is a tree of trees: `hessian(f)(p)["a"]["b"]` is ∂²f/∂a∂b.  To
    multiply it with a vector, `hvp` is cheaper.  It is found by forward walks over a backward walk's graph,
    `chunk_size` of them at once.  Raises what `jacobian` raises.

    >>> import numpy as np
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 5.0]))
    array([[10.,  6.],
           [ 6.,  0.]])
    """
    check_function("hessian", f)
    return jacobian(jacobian(f, argnums), argnums, chunk_size=chunk_size)


def elementwise_grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The function that returns the derivative of f at each element: out[k] = ∂f_k/∂x_k, in x's shape.

    f is elementwise: f(x)[k] depends on x[k] alone.  Then J is diagonal, and one walk finds the diagonal as
    the sum of its rows.  That sum is what is returned, whether f is elementwise or not: nobody checks that,
    but for the shape of f's output, which must be x's (else ValueError).  f returns one array.  Otherwise as
    `jacobian`.

    >>> import numpy as np
    >>> elementwise_grad(np.tanh)(np.array([0.0, 1.0]))
    array([1.        , 0.41997434])
    """
    check_function("elementwise_grad", f)

    @wraps(f)
    def derivative(*args: Any, **settings: Any) -> Any:
        call = Call(f, args, checked_argnums(argnums, len(args), f), False, **settings)
        y = call.out
        if len(call.outputs) != 1 or call.outputs[0] is not y:
            raise TypeError(
                f"elementwise_grad needs {name_of(f)} to return one array, not a {type(y).__name__}: "
                "use jacobian"
            )
        shape = np.shape(value_of(y, f))
        for v in call.variables:
            if shape != np.shape(v.value):
                raise ValueError(
                    f"elementwise_grad needs {name_of(f)} to return an array of its argument's shape, "
                    f"{np.shape(v.value)}; it returned {shape}: use jacobian"
                )
        found, handed_out = Walks(call, f).along(y, ones(value_of(y, f))), set[int]()
        gradients = call.trees_of(
            [in_kind(x, v, y, d, handed_out) for (x, v), d in zip(call.pairs(), found, strict=True)]
        )
        return gradients[0] if isinstance(argnums, int) else tuple(gradients)

    return derivative


class Walks:
    """The walks after one call of f, in one mode.

    A walk goes from a *source*, an output backwards or a variable forwards, to all *targets*.  From a unit
    vector it finds one row of the Jacobian, or one column; the unit vectors of a source go in one batch.
    """

    def __init__(self, call: Call, f: Any, mode: str = "rev", chunk_size: int | None = None) -> None:
        self.call, self.f, self.chunk_size = call, f, chunk_size
        self.order, self.record = call.ancestry()
        sizes = [np.size(value_of(y, f)) for y in call.outputs]
        if mode == "auto":  # the fewer walks; of as many, the forward ones, which are cheaper
            few = sum(np.size(v.value) for v in call.variables) <= sum(sizes)
            mode = "fwd" if few and not any(np.iscomplexobj(v.value) for v in call.variables) else "rev"
        self.backward = mode == "rev"
        self.targets: list[Any] = call.variables if self.backward else call.outputs

    def blocks(self) -> list[list[Any]]:
        """∂y/∂x for every output y and every variable x, in the kinds of the arguments."""
        outputs, variables, handed_out = self.call.outputs, self.call.variables, set[int]()
        found = [self.every(source) for source in (outputs if self.backward else variables)]
        if not self.backward:
            found = [[of_x[k] for of_x in found] for k in range(len(outputs))]
        return [
            [in_kind(x, v, y, d, handed_out) for (x, v), d in zip(self.call.pairs(), of_y, strict=True)]
            for y, of_y in zip(outputs, found, strict=True)
        ]

    def every(self, source: Any) -> list[Any]:
        """The derivatives between a source and all targets, of shape y.shape + x.shape."""
        value = as_plain(source)
        shape, size = np.shape(value), np.size(value)
        if shape == ():
            return self.along(source, ones(value))
        step = self.chunk_size or max(size, 1)
        starts = range(0, max(size, 1), step)
        parts = [self.batch(source, unit_vectors(value, k, min(k + step, size))) for k in starts]
        joined = [part[0] if len(part) == 1 else concatenate(part) for part in zip(*parts, strict=True)]
        if self.backward:
            return [reshape(d, (*shape, *d.shape[1:])) for d in joined]
        return [reshape(moveaxis(d, 0, -1), (*d.shape[1:], *shape)) for d in joined]

    def batch(self, source: Any, units: Any) -> list[Any]:
        """The walks from several unit vectors; where a chunk is one, without the need for batching rules."""
        if not len(units):
            return [np.zeros((0, *np.shape(as_plain(x)))) for x in self.targets]
        if self.chunk_size == 1:
            return [stack([d]) for unit in units for d in self.along(source, unit)]
        walks = vmap(lambda unit: tuple(self.along(source, unit)))
        try:
            with nullcontext() if self.record else no_grad():
                return list(walks(units))
        except NotImplementedError as error:
            raise NotImplementedError(f"{error}; or walk one at a time, jacobian(…, chunk_size=1)") from None

    def along(self, source: Any, direction: Any) -> list[Any]:
        """The derivatives between a source and all targets, along a direction of the source.

        If the source is complex, a walk from the direction finds what its real part contributes, and one from
        s times the direction, s = i forwards and -i backwards, what the imaginary part does.  If the target
        is real, they are the two parts of the derivative.  If it is complex, the second must be s times the
        first: that is what the Cauchy-Riemann equations say.
        """
        found = self.walk(source, direction)
        if not np.iscomplexobj(as_plain(source)):
            return found
        s = -1j if self.backward else 1j
        results = []
        for target, a, b in zip(self.targets, found, self.walk(source, direction * s), strict=True):
            if np.iscomplexobj(as_plain(target)):
                check_holomorphic(a, b, s, self.f)
            results.append(a if np.iscomplexobj(as_plain(target)) else a - s * b)
        return results

    def walk(self, source: Any, direction: Any) -> list[Any]:
        """One walk from the source: what arrives at the targets."""
        found: dict[Any, Any] = {}
        if isinstance(source, Node) and source.tracked & DIFF:
            record = self.record or isinstance(direction, Node)
            if record and not isinstance(direction, Node):
                direction = leaf(type(source), direction)
            if self.backward:
                after = self.call.variables[0].number if self.call.variables else 0
                found = pull_back({source: direction}, self.order, after, record)
            else:
                nodes = [y for y in self.targets if isinstance(y, Node)]
                found = push_forward({source: direction}, self.order, nodes, record)
        arrived = [found.get(x) if isinstance(x, Node) else None for x in self.targets]
        return [
            zeros_like(as_plain(x)) if d is None else d for x, d in zip(self.targets, arrived, strict=True)
        ]


def checked_chunk_size(chunk_size: Any, name: str) -> None:
    if chunk_size is not None and (
        isinstance(chunk_size, bool) or not isinstance(chunk_size, int) or chunk_size < 1
    ):
        raise ValueError(f"{name}: chunk_size is a positive int, or None for all at once, not {chunk_size!r}")


def unit_vectors(value: Any, start: int, stop: int) -> Any:
    """The unit vectors of an array's elements, from one to another, in its shape and dtype."""
    n = max(stop - start, 0)
    units = np.zeros((n, value.size), value.dtype)
    units[np.arange(n), np.arange(start, start + n)] = 1
    return units.reshape(n, *value.shape)


def in_kind(x: Any, v: Any, y: Any, d: Any, handed_out: set[int]) -> Any:
    """∂y/∂x in the kind of x, which was given for the variable v, and in its dtype, complex if y is."""
    if v.arrays or np.shape(as_plain(y)):
        d = d if isinstance(d, Tensor) else Tensor.lift(d)
        dtype = (
            v.value.dtype
            if v.arrays
            else np.result_type(type(v.value) if isinstance(v.value, complex) else float)
        )
        dtype = np.result_type(dtype, np.complex64) if np.iscomplexobj(as_plain(y)) else dtype
        d = d if d.dtype == dtype else cast(d, dtype=dtype)
        if not d.tracked & ASKED:
            array = Tensor.own(d.value, handed_out)
            d = leaf(Tensor, array) if isinstance(x, Node) else array
        return d
    if isinstance(d, Node) and d.tracked & ASKED:
        return unlift(d) if d.arrays else d
    d = as_plain(d)
    number = d.item() if isinstance(d, (np.ndarray, np.generic)) else d
    return leaf(type(x), number) if isinstance(x, Node) else number


def as_plain(x: Any) -> Any:
    return x.value if isinstance(x, Node) else x


def value_of(y: Any, f: Any) -> Any:
    """The plain value of an output, which must be a number or an array of numbers."""
    value = as_plain(y)
    if not isinstance(value, Number) and getattr(value, "dtype", np.dtype(object)).kind not in "biufc":
        raise TypeError(f"{name_of(f)} must return numbers or arrays, or trees of them, not {value!r}")
    return value


def ones(value: Any) -> Any:
    return np.ones_like(value) if isinstance(value, np.ndarray) else type(value)(1)


def zeros_like(value: Any) -> Any:
    return np.zeros_like(value) if isinstance(value, np.ndarray) else type(value)(0)


def check_holomorphic(a: Any, b: Any, s: complex, f: Any) -> None:
    """Whether b, found from s, is s times a, found from 1; s is i or -i."""
    a, b = np.asarray(as_plain(a)), np.asarray(as_plain(b))
    size, error = np.abs(a) + np.abs(b), np.abs(b - s * a)
    finite = np.isfinite(size)
    if np.any(error[finite] > math.sqrt(np.finfo(a.dtype).eps) * np.max(size[finite], initial=0.0)):
        raise TypeError(
            f"{name_of(f)} returns complex numbers, and is not holomorphic: it has no complex derivative; "
            "take those of its .real and .imag"
        )
