"""Implicit functions: x as the solution of an equation, differentiated by the equation.

A program that looks for x step by step can be differentiated step by step, too: that costs the memory of all
steps, and finds the derivative of where the search stopped.  These functions differentiate the solution
itself, by the implicit function theorem (`linear_solve.py` has the formulas), whoever found it and however.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from .. import trees
from ..errors import ConvergenceError
from ..graph import TRACE, Node, leaf, no_grad
from ..numpy.reductions import argmin as argmin_of_array
from ..numpy.shapes import stack
from ..primitives.indexing import index
from ..tensor import Tensor
from ..versions import version
from .fresh import name_of
from .grad import check_scalar, grad
from .jacobian import as_plain, jacobian
from .linear_solve import (
    DENSE,
    Equation,
    Function,
    Recorded,
    checked_finite,
    flat_like,
    floating,
    plain,
    solve_flat,
)

__all__ = ["argmin", "fixed_point", "root"]

STEPS, ITERATIONS, HALVINGS = 100, 10_000, 60


def root(f: Callable[..., Any], solver: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """The function `(x0, *args) -> x` with f(x, *args) = 0, found from x0 on.

    x0 is a number, an array or a tree of them; x has its structure, shapes and dtypes, and f returns as many
    numbers.  The derivatives are those of x as a function of args, and of whatever tracked values f uses
    besides: with F = f,

        ∂F/∂x dx = -∂F/∂a da

    in both modes and of any order.  x does not depend on x0, which has derivative zero.  Up to 500 unknowns,
    the linear systems are solved by the matrix ∂F/∂x; for more, see `linear_solve`.

    `solver(f, x0, *args)` returns x; it is called with plain numbers and arrays, and nothing that it does is
    recorded.  SciPy's will do: `lambda f, x0, a: scipy.optimize.root(f, x0, (a,)).x`.  The derivative is as
    accurate as its solution, which has to be good to three digits.  Without one, Newton's method searches,
    with steps that are halved until they lead downhill.

    Raises ConvergenceError, an ArithmeticError, where the search does not come to an end, or a solver returns
    what is no solution; NumPy's LinAlgError
    where ∂F/∂x is singular; ValueError or TypeError where f or solver return what does not fit x0.  Under
    `vmap`, examples are solved one after the other.

    See Blondel et al., "Efficient and Modular Implicit Differentiation", 2022.

    >>> from autodiff import grad
    >>> sqrt = root(lambda x, a: x * x - a)
    >>> sqrt(1.0, 4.0)
    2.0
    >>> grad(sqrt, argnums=1)(1.0, 4.0)  # 1 / (2 √a)
    0.25
    """
    return implicit("root", f, f, solver, newton)


def fixed_point(f: Callable[..., Any], solver: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """The function `(x0, *args) -> x` with f(x, *args) = x, found from x0 on.

    As `root`, of F = f(x, *args) - x.  f returns the structure and shapes of x.  Without a solver, f is
    applied again and again, which leads to x if f brings its arguments closer to each other.

    >>> import math
    >>> from autodiff import grad, sin
    >>> anomaly = fixed_point(lambda E, M, e: M + e * sin(E))  # Kepler's equation
    >>> E = anomaly(0.0, 1.0, 0.1)
    >>> math.isclose(grad(anomaly, argnums=1)(0.0, 1.0, 0.1), 1 / (1 - 0.1 * math.cos(E)))
    True
    """

    def moved(x: Any, *args: Any) -> Any:
        y = f(x, *args)
        leaves = trees.leaves_like(x, y, f"fixed_point: what {name_of(f)} returns")
        old, rebuild = trees.flatten(x)
        for a, b in zip(old, leaves, strict=True):
            if np.shape(as_plain(a)) != np.shape(as_plain(b)):
                raise ValueError(
                    f"fixed_point: {name_of(f)} must return the shape of x, {np.shape(as_plain(a))}, not "
                    f"{np.shape(as_plain(b))}"
                )
        return rebuild([b - a for a, b in zip(old, leaves, strict=True)])

    return implicit("fixed_point", f, moved, solver, iterate)


def argmin(f: Any, solver: Any = None, *axes: Any, **settings: Any) -> Any:
    """Of a function: the function `(x0, *args) -> x` where f(x, *args), one real number, is least, near x0.

    As `root`, of F = ∂f/∂x; ∂F/∂x is the Hessian, which is symmetric.  Without a solver, Newton's method
    searches, with steps that are bent and shortened until they lead downhill.

    Of an array: NumPy's `argmin(a, axis=None, out=None, keepdims=False)`, the index of the least number.
    Derivative: zero.

    >>> import numpy as np
    >>> from autodiff import jacobian
    >>> center = argmin(lambda x, a: ((x - a) ** 4).sum() + ((x - a) ** 2).sum())
    >>> jacobian(center, argnums=1)(np.zeros(2), np.array([1.0, 2.0])).round(12)
    array([[1., 0.],
           [0., 1.]])
    >>> int(argmin(np.array([3.0, 1.0, 2.0])))
    1
    """
    if not callable(f):
        return argmin_of_array(f, *(() if solver is None else (solver,)), *axes, **settings)
    if axes or settings:
        raise TypeError(f"argmin of the function {name_of(f)} takes a solver, and nothing more")

    def slope(x: Any, *args: Any) -> Any:
        return grad(f)(x, *args)

    return implicit("argmin", f, slope, solver, descend)


def implicit(
    name: str, f: Function, equation: Function, solver: Function | None, search: Function
) -> Function:
    """x0, *args ↦ the solution x of equation(x, *args) = 0, by solver(f, …), or by `search`."""
    what = f"{name} of {name_of(f)}"
    symmetric = search is descend  # the matrix is a Hessian

    @wraps(f)
    def solution(x0: Any, *args: Any) -> Any:
        x0 = floating(x0)
        flat, unravel = trees.ravel_pytree(x0)
        start, given = np.array(as_plain(flat)), trees.flatten((x0, *args))
        if symmetric and start.dtype.kind == "c":
            raise TypeError(
                f"{what}: a minimum over complex numbers is one over their real and imaginary parts"
            )

        def residual(v: Any, *xs: Any) -> Any:
            y = trees.ravel_pytree(equation(unravel(v), *(xs or args)))[0]
            if y.shape != start.shape:
                raise ValueError(f"{what}: it returned {y.size} number(s) for {start.size} unknown(s)")
            return y

        with no_grad():
            xs = trees.map_leaves(read_only, args)
            if solver:
                told = f"the solution that solver={name_of(solver)} returned to {what}"
                value = flat_like(unravel(start), solver(unrecorded(f), unravel(start), *xs), told)
                checked_finite(what, value)
                check_solved(told, lambda v: residual(v, *xs), value, symmetric)
            else:
                goal = lambda v: f(unravel(v), *xs)  # noqa: E731
                value = search(what, lambda v: residual(v, *xs), start, goal) if start.size else start
            checked_finite(what, value)
        nodes = any(isinstance(x, Node) for x in given[0])
        recorded = Recorded(residual, value)
        starts = [version(x) for x in trees.flatten(x0)[0] if isinstance(x, Node) and x.tracked & TRACE]
        inputs = (*recorded.inputs, *[x for x in starts if x not in recorded.inputs])
        if not (nodes or inputs):
            return unravel(value)
        batch = one_by_one(what, solution, *given, inputs)
        again = solved_again(what, solution, *given, inputs)
        return unravel(Equation(name, what, recorded, inputs, None, symmetric, batch, again).solution(value))

    return solution


def unrecorded(f: Function) -> Function:
    """f, which gives plain results of plain arguments, even if it uses a Tensor from outside."""

    @wraps(f)
    def plain_f(*args: Any, **settings: Any) -> Any:
        y = f(*args, **settings)
        return y if any(isinstance(x, Node) for x in trees.flatten(args)[0]) else plain(y)

    return plain_f


def solved_again(
    what: str, solution: Function, leaves: list[Any], rebuild: Function, inputs: Any
) -> Function:
    """The solution for other plain values of the inputs: what runs the graph again solves again."""
    given = [version(x) if isinstance(x, Node) else x for x in leaves]

    def again(*xs: Any) -> Any:
        check_arguments(what, "what runs it again", inputs, given)
        values = dict(zip(inputs, xs, strict=True))
        with no_grad():
            changed = [values.get(x, x) if isinstance(x, Node) else x for x in given]
            return as_plain(trees.ravel_pytree(solution(*rebuild(changed)))[0])

    return again


def check_arguments(what: str, who: str, used: Any, given: list[Any]) -> None:
    """Raise NotImplementedError if f uses a value that changes and is none of its arguments."""
    if not all(any(x is i for x in given) for i in used):
        raise NotImplementedError(
            f"{who}: {what} uses a value that differs between runs and is not its argument: pass it as one"
        )


def one_by_one(what: str, solution: Function, leaves: list[Any], rebuild: Function, inputs: Any) -> Function:
    """What vmap does: solve the examples one after the other."""
    given = [version(x) if isinstance(x, Node) else x for x in leaves]

    def batch(node: Any, xs: list[Any], mapped: list[bool], size: int) -> Any:
        batches = {i: x for i, x, m in zip(inputs, xs, mapped, strict=True) if m}
        check_arguments(what, "vmap", batches, given)
        rows = []
        for k in range(size):
            example = [
                index(batches[x], index=k) if isinstance(x, Node) and x in batches else x for x in given
            ]
            rows.append(trees.ravel_pytree(solution(*rebuild(example)))[0])
        return stack(rows) if rows else leaf(Tensor, np.zeros((0, *node.value.shape), node.value.dtype))

    return batch


# ---- the searches, on flat and plain arrays --------------------------------------------------------------
def newton(what: str, f: Function, x: Any, goal: Function) -> Any:
    """Newton's method: steps of -(∂f/∂x)⁻¹ f, shortened until f gets smaller."""
    y, step = newton_step(what, f, x, False)
    for _ in range(STEPS):
        size = norm(y)
        if size == 0:
            return x
        for halving in range(HALVINGS):
            moved = x + 0.5**halving * step
            if np.array_equal(moved, x):
                return arrived(what, x, step, size)
            if tried(f, moved) < (1 - 1e-4 * 0.5**halving) * size:
                break
        else:
            return arrived(what, x, step, size)
        x = moved
        y, step = newton_step(what, f, x, False)
    raise stuck(what, x, step, norm(y))


def descend(what: str, f: Function, x: Any, goal: Function) -> Any:
    """Newton's method for a minimum of `goal`, whose gradient is f."""

    def height(v: Any) -> float:
        found = as_plain(goal(v))
        check_scalar(found, goal)
        return float(found)

    old = height(x)
    y, step = newton_step(what, f, x, True)
    for _ in range(STEPS):
        size, slope = norm(y), float(y @ step)
        if size == 0:
            return x
        noise = 10 * float(np.finfo(x.dtype).eps) * abs(old)
        for halving in range(HALVINGS):
            t = 0.5**halving
            moved = x + t * step
            if np.array_equal(moved, x):
                return arrived(what, x, step, size)
            new = tried(height, moved, float)
            if new <= old + 1e-4 * t * slope - noise:
                break
            if abs(new - old) <= noise and tried(f, moved) < (1 - 1e-4 * t) * size:
                break  # as deep as can be seen: now the gradient tells
        else:
            return arrived(what, x, step, size)
        x, old = moved, new
        y, step = newton_step(what, f, x, True)
    raise stuck(what, x, step, norm(y))


def check_solved(told: str, f: Function, x: Any, symmetric: bool) -> None:
    """Raise ConvergenceError if Newton's method would go on from a solution by more than 1e-3 of it."""
    y = as_plain(f(x))
    if not np.any(y):
        return
    try:
        step = newton_step(told, f, x, symmetric)[1]
    except np.linalg.LinAlgError:  # which the derivative will tell, if there is to be one
        return
    if norm(step) > 1e-3 * (1 + norm(x)):
        raise ConvergenceError(
            f"{told} is none: the residual is {norm(y):.2g}, and a step of Newton's method would change x by "
            f"{norm(step):.2g}; let the solver go on for longer"
        )


def newton_step(what: str, f: Function, x: Any, symmetric: bool) -> tuple[Any, Any]:
    """f(x), and the step; with `symmetric` one that leads downhill."""
    name = f"{what}: the step of Newton's method"
    if x.size > DENSE:
        recorded = Recorded(f, x)
        y = as_plain(recorded.y)
        slopes = Equation("", name, recorded, (), None, symmetric, f, f).product(
            x, [as_plain(i) for i in recorded.inputs]
        )
        step = as_plain(solve_flat(name, slopes, np.asarray(-y, x.dtype), None, symmetric))
        return y, -y if symmetric and step @ y > 0 else step
    matrix, y = map(as_plain, jacobian(lambda v: 2 * (f(v),), has_aux=True)(x))
    if not symmetric:
        try:
            return y, np.asarray(np.linalg.solve(matrix, -y), x.dtype)
        except np.linalg.LinAlgError:
            raise np.linalg.LinAlgError(
                f"{name}: the {x.size} x {x.size} matrix ∂f/∂x is singular at {x}"
            ) from None
    bend, scale = 0.0, float(np.max(np.abs(matrix), initial=0.0)) or 1.0
    while True:  # until it is positive definite
        try:
            factor = np.linalg.cholesky(matrix + bend * np.eye(x.size))
            break
        except np.linalg.LinAlgError:
            if not np.isfinite(scale) or bend > 1e6 * scale:
                raise ConvergenceError(f"{name}: the second derivatives at {x} are not finite") from None
            bend = max(10 * bend, 1e-3 * scale)
    return y, np.asarray(-np.linalg.solve(factor.T, np.linalg.solve(factor, y)), x.dtype)


def arrived(what: str, x: Any, step: Any, residual: float) -> Any:
    """x, where no step helps any more, if only rounding errors are left; ConvergenceError otherwise."""
    if norm(step) <= tolerance(x):
        return x
    raise stuck(what, x, step, residual)


def tolerance(x: Any) -> float:
    """How long a step may be that is lost in rounding errors: the error after it is about its square."""
    return float(np.sqrt(np.finfo(x.dtype).eps)) * (1 + norm(x))


def stuck(what: str, x: Any, step: Any, residual: float) -> ConvergenceError:
    return ConvergenceError(
        f"{what}: Newton's method did not converge: the residual is {residual:.2g} and the last step "
        f"{norm(step):.2g}, the tolerance {tolerance(x):.2g}; start closer to the solution, or give a solver "
        "of your own"
    )


def iterate(what: str, f: Function, x: Any, goal: Function) -> Any:
    """x ↦ x + f(x) until it stands still."""
    scale, allowed = 0.0, 0.0
    for _ in range(ITERATIONS):
        y = as_plain(f(x))
        x = np.asarray(x + y, x.dtype)
        scale = max(scale, norm(x))
        allowed = 100 * float(np.finfo(x.dtype).eps) * scale
        if norm(y) <= allowed or not np.isfinite(scale):
            break
    if np.isfinite(scale) and norm(y) <= allowed:
        return x
    raise ConvergenceError(
        f"{what}: the iterations did not converge: the last one changed x by {norm(y):.2g}, the tolerance is "
        f"{allowed:.2g}; start closer to the solution, or give a solver of your own"
    )


def norm(x: Any) -> float:
    return float(np.max(np.abs(x), initial=0.0))


def tried(f: Function, x: Any, size: Function = norm) -> float:
    """The size of f(x), infinite where x is beyond where f is defined, as that of log at a step too far."""
    try:
        return float(size(as_plain(f(x))))
    except (ArithmeticError, ValueError):
        return float("inf")


def read_only(x: Any) -> Any:
    """The plain value of a node, of which nobody else may change the array."""
    value = as_plain(x)
    if isinstance(x, Node) and isinstance(value, np.ndarray):
        value = value.view()
        value.flags.writeable = False
    return value
