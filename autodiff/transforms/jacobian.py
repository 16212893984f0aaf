"""All derivatives of all outputs: Jacobians and Hessians, one backward walk for each row.

The Jacobian of f: Rⁿ → Rᵐ is the matrix J[i, j] = ∂f_i/∂x_j.  A backward walk from a cotangent g gives Jᵀg,
so with g = (0, …, 1, …, 0) it gives one row.  f runs once, and the graph it leaves is walked m times.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import wraps
from numbers import Number
from typing import Any

import numpy as np

from ..backward import pull_back
from ..graph import ASKED, DIFF, Node, leaf
from ..numpy.shapes import reshape, stack
from ..tensor import Tensor
from .fresh import Call, kind_of, name_of, zeros
from .grad import checked_argnums

__all__ = ["elementwise_grad", "hessian", "jacobian"]


def jacobian(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """The function that returns the Jacobian of f: J[i, j] = ∂f_i/∂x_j, of shape `out.shape + x.shape`.

    f returns numbers or arrays, or a tree of them.  The result has the structure of f's output, and in place
    of each array there the structure of the argument, or a tuple of these if `argnums` is one; at its leaves
    are arrays of `out.shape + x.shape` in the dtype of x, or numbers where both are.  With `has_aux`, f
    returns `(output, aux)`, and the result is `(jacobian, aux)`.

    Complex outputs of real arguments have complex derivatives.  Of complex arguments they have one only if f
    is holomorphic; then the derivative is f'(z).  A real output of a complex argument has that of `grad`.

    Raises TypeError for an argument that has no derivative, for outputs that are not numbers, and where f
    is complex and not holomorphic; IndexError for an `argnums` that is not there.

    >>> import numpy as np
    >>> jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    >>> jacobian(lambda p, x: p["a"] * x + p["b"])({"a": 2.0, "b": 1.0}, np.array([3.0, 4.0]))
    {'a': array([3., 4.]), 'b': array([1., 1.])}
    """

    @wraps(f)
    def matrix(*args: Any, **settings: Any) -> Any:
        call = Call(f, args, checked_argnums(argnums, len(args), f), has_aux, **settings)
        walk = Walk(call, f)
        found = []
        for y in call.outputs:
            of_arguments = call.trees_of(walk.rows(y))
            found.append(of_arguments[0] if isinstance(argnums, int) else tuple(of_arguments))
        result = call.rebuild_outputs(found)
        return (result, call.aux_outside(walk.record)) if has_aux else result

    return matrix


def hessian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The function that returns the second derivatives of f: H[i, j] = ∂²f/∂x_i∂x_j, the Jacobian's Jacobian.

    Of a number it has the shape `x.shape + x.shape`, else `out.shape + x.shape + x.shape`.  If the argument
    is a tree, or there are several, it is a tree of trees: `hessian(f)(p)["a"]["b"]` is ∂²f/∂a∂b.  To
    multiply it with a vector, `hvp` is cheaper.  Raises what `jacobian` raises.

    >>> import numpy as np
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 5.0]))
    array([[10.,  6.],
           [ 6.,  0.]])
    """
    return jacobian(jacobian(f, argnums), argnums)


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
        walk = Walk(call, f)
        gradients = call.trees_of(walk.of_their_kinds(y, walk.along(y, ones(value_of(y, f)))))
        return gradients[0] if isinstance(argnums, int) else tuple(gradients)

    return derivative


class Walk:
    """The backward walks after one call of f."""

    def __init__(self, call: Call, f: Any) -> None:
        self.call, self.f = call, f
        self.order, self.record = call.ancestry()
        self.handed_out: set[int] = set()

    def rows(self, y: Any) -> list[Any]:
        """∂y/∂x for every variable x."""
        value = value_of(y, self.f)
        if np.shape(value) == ():
            return self.of_their_kinds(y, self.along(y, ones(value)))
        rows = []
        for k in range(value.size):
            weights = np.zeros_like(value)
            weights.flat[k] = 1
            rows.append(self.along(y, weights))
        return [self.stacked(y, [row[i] for row in rows], x, v) for i, (x, v) in enumerate(self.call.pairs())]

    def along(self, y: Any, weights: Any) -> list[Any]:
        """Σ_k weights_k ∂y_k/∂x for every variable x; None is zeros.

        For a complex y, a walk from `weights` finds what the real part contributes, and one from -i `weights`
        what the imaginary part does.  If x is real, they are the two parts of the derivative.  If x is
        complex, the second must be -i times the first: that is what the Cauchy-Riemann equations say.
        """
        if not isinstance(y, Node) or not y.tracked & DIFF:
            return [None for _ in self.call.variables]
        found = self.pulled(y, weights)
        if not np.iscomplexobj(y.value):
            return found
        results = []
        for v, a, b in zip(self.call.variables, found, self.pulled(y, weights * -1j), strict=True):
            a, b = (zeros(v) if g is None else g for g in (a, b))
            if np.iscomplexobj(v.value):
                check_holomorphic(a, b, self.f)
            results.append(a if np.iscomplexobj(v.value) else a + 1j * b)
        return results

    def pulled(self, y: Any, cotangent: Any) -> list[Any]:
        """One walk from y: the cotangents of the variables."""
        after = self.call.variables[0].number if self.call.variables else 0
        seeds = {y: leaf(type(y), cotangent) if self.record else cotangent}
        found = pull_back(seeds, self.order, after, self.record)
        return [found.get(v) for v in self.call.variables]

    def of_their_kinds(self, y: Any, found: list[Any]) -> list[Any]:
        """Derivatives of one number, or one array elementwise, in the kinds of the arguments."""
        return [
            kind_of(x, v, zeros_of(y, v) if g is None else g, self.handed_out)
            for (x, v), g in zip(self.call.pairs(), found, strict=True)
        ]

    def stacked(self, y: Any, rows: list[Any], x: Any, v: Any) -> Any:
        """∂y/∂x from its rows; x stands for what was given as the variable v."""
        zero, shape = zeros_of(y, v), (*np.shape(as_plain(y)), *np.shape(v.value))
        rows = [zero if g is None else g for g in rows]
        if any(isinstance(g, Node) and g.tracked & ASKED for g in rows):
            return reshape(stack(rows), shape)
        plain = np.stack([as_plain(g) for g in rows]) if rows else np.zeros(shape, np.asarray(zero).dtype)
        return leaf(Tensor, plain.reshape(shape)) if isinstance(x, Node) else plain.reshape(shape)


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


def zeros_of(y: Any, v: Any) -> Any:
    """What ∂y/∂x is for each y_k where y does not depend on the variable v: complex if y or v is."""
    zero = zeros(v)
    return zero + zero * 1j if np.iscomplexobj(as_plain(y)) else zero


def check_holomorphic(a: Any, b: Any, f: Any) -> None:
    """Whether b, found from -i, is -i times a, found from 1."""
    a, b = np.asarray(as_plain(a)), np.asarray(as_plain(b))
    size, error = np.abs(a) + np.abs(b), np.abs(b + 1j * a)
    finite = np.isfinite(size)
    if np.any(error[finite] > math.sqrt(np.finfo(a.dtype).eps) * np.max(size[finite], initial=0.0)):
        raise TypeError(
            f"{name_of(f)} returns complex numbers, and is not holomorphic: it has no complex derivative; "
            "take those of its .real and .imag"
        )
