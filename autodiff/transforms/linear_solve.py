"""Solutions of equations, differentiated: what `linear_solve` and the functions of `implicit.py` rest on.

Say x solves F(x, a) = 0, however it was found.  Move a a little: x moves along, such that F stays 0,

    ∂F/∂x · dx + ∂F/∂a · da = 0        so        dx = -(∂F/∂x)⁻¹ ∂F/∂a da

That is the implicit function theorem, and it is the derivative of x.  It needs the solution, the equation,
and one linear system; it does not look at the iterations.  The two walks read it from either end:

    forward     t_F = ∂F/∂a t,            then solve  ∂F/∂x  t_x = -t_F
    backward    solve  (∂F/∂x)ᵀ u = g,    then g_a = -(∂F/∂a)ᵀ u

The linear system is itself an equation, F(u, (a, b)) = A u - b, so its solution is differentiated in the same
way, and so on: there are derivatives of any order, in either mode.  See Blondel et al., "Efficient and
Modular Implicit Differentiation", 2022.

In the graph, a solution is one node (`Solution`), whose inputs are all that F was computed from.  To find out
what that is, F is recorded once, at the solution (`Recorded`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .. import trees
from ..errors import ConvergenceError
from ..graph import (
    ASKED,
    DIFF,
    LEAF,
    PLAIN,
    RECORD,
    Node,
    Primitive,
    Rules,
    ancestry,
    enable_grad,
    leaf,
    make,
    no_grad,
)
from ..kinds import unlisted
from ..numpy.linalg import solve
from ..numpy.shapes import stack
from ..primitives.indexing import index
from ..primitives.shapes import cast
from ..replay import tracing
from ..tensor import Tensor
from ..versions import as_used, version
from .fresh import name_of, zeros
from .jacobian import as_plain, jacobian
from .jvp import jvp
from .vjp import vjp

__all__ = ["linear_solve"]

DENSE = 500  # up to so many unknowns, the matrix is written out
Function = Callable[..., Any]


def linear_solve(matvec: Function, b: Any, solver: Function | None = None, *, symmetric: bool = False) -> Any:
    """The x with `matvec(x) = b`, for a linear function `matvec`: a matrix need not be there.

    b is a number, an array or a tree of them; x has its structure, shapes and dtypes, and matvec takes and
    returns such trees.  x is differentiated with respect to b and to all tracked values that matvec uses:
    dx solves matvec(dx) = db - d(matvec)(x), and the backward walk solves with the transpose of matvec, which
    is found by `vjp`.  Nothing is differentiated within a solver.

    `solver(matvec, b)` returns x; it is called with plain arrays and numbers.  Without one, systems of up to
    500 unknowns are solved by the matrix, which is the Jacobian of matvec, and larger ones by iterations of
    products: GMRES, or, with `symmetric`, conjugate gradients.  These are SciPy's
    (`pip install "autodiff-graph[scipy]"`, else ImportError).  `symmetric` says that matvec is its own
    transpose; conjugate gradients need it to be positive definite, too.

    Raises ValueError where matvec or solver return another number of unknowns or another shape, or matvec(0)
    is not 0; NumPy's LinAlgError where the matrix is singular; ConvergenceError, an ArithmeticError, where
    the iterations do not come to an end.

    >>> import numpy as np
    >>> from autodiff import grad
    >>> d = np.array([2.0, 4.0])
    >>> linear_solve(lambda x: d * x, np.array([6.0, 8.0]))
    array([3., 2.])
    >>> grad(lambda d: linear_solve(lambda x: d * x, np.array([6.0, 8.0])).sum())(d)  # of b / d: -b / d²
    array([-1.5, -0.5])
    """
    flat, unravel = trees.ravel_pytree(floating(b))
    name = f"linear_solve with {name_of(matvec)}"

    def product(v: Any) -> Any:
        y = trees.ravel_pytree(matvec(unravel(v)))[0]
        if y.shape != flat.shape:
            raise ValueError(f"{name}: it returned {y.size} number(s) for {flat.size} unknown(s)")
        return y

    def flat_solver(product: Function, b: Any) -> Any:
        given = unravel(b)
        x = solver(lambda x: unravel(product(trees.ravel_pytree(x)[0])), given)  # type: ignore[misc]
        return flat_like(unravel(b), x, f"the solution that solver={name_of(solver)} returned to {name}")

    return unravel(solve_flat(name, product, flat, flat_solver if solver else None, symmetric))


def solve_flat(name: str, product: Function, b: Any, solver: Function | None, symmetric: bool) -> Any:
    """The same for 1-d arrays."""
    if solver is None and b.size <= DENSE:
        return solve_dense(name, product, b)
    search = solver or partial(iterate, name, symmetric)
    with no_grad():
        value = search(
            lambda v: product(v) if isinstance(v, Node) else as_plain(product(v)), np.array(as_plain(b))
        )
    checked_finite(name, value)
    recorded = Recorded(product, value)
    known = (b,) if isinstance(b, Node) and b.tracked & ASKED else ()

    def residual(x: Any, *inputs: Any) -> Any:
        y = recorded(x, *inputs)
        return y - inputs[-1] if known else y

    def batch(node: Any, xs: list[Any], mapped: list[bool], size: int) -> Any:
        """One example after the other."""
        rows = []
        for k in range(size):
            *at, last = (
                index(x, index=k) if m else x for x, m in zip((*xs, b), (*mapped, False), strict=True)
            )
            rhs = at.pop() if known else last
            rows.append(solve_flat(name, partial(recorded.run, at), rhs, solver, symmetric))
        return (
            Tensor.lift(stack(rows))
            if rows
            else leaf(Tensor, np.zeros((0, *node.value.shape), node.value.dtype))
        )

    def again(*xs: Any) -> Any:
        *at, rhs = xs if known else (*xs, b)
        with no_grad():
            return as_plain(solve_flat(name, partial(recorded.run, at), as_plain(rhs), solver, symmetric))

    inputs = *recorded.inputs, *known
    how = Equation("linear_solve", name, residual, inputs, solver, symmetric, batch, again)
    out = how.solution(value)
    return out if how.inputs or isinstance(b, Node) else value


def solve_dense(name: str, product: Function, b: Any) -> Any:
    """By the matrix, which is recorded, and so is the solution."""
    matrix, at_zero = jacobian(lambda v: 2 * (product(v),), has_aux=True)(np.zeros_like(as_plain(b)))
    if np.any(as_plain(at_zero) != 0):
        raise ValueError(f"{name}: it is not linear, for of zeros it is not zero")
    return by_matrix(name, matrix, b)


def by_matrix(name: str, matrix: Any, b: Any) -> Any:
    try:
        return solve(matrix, b)
    except np.linalg.LinAlgError as error:
        n = len(as_plain(b))
        raise np.linalg.LinAlgError(
            f"{name}: the {n} x {n} matrix of the linear system is singular"
        ) from error


def iterate(name: str, symmetric: bool, product: Function, b: Any) -> Any:
    """GMRES or conjugate gradients, on plain arrays."""
    try:
        from scipy.sparse.linalg import LinearOperator, cg, gmres
    except ImportError:
        raise ImportError(
            f"{name}: systems of more than {DENSE} unknowns are solved by SciPy: "
            'pip install "autodiff-graph[scipy]", or give a solver of your own'
        ) from None
    tolerance = 1e-10 if np.finfo(b.dtype).eps < 1e-10 else 1e-5
    operator = LinearOperator((b.size, b.size), product, dtype=b.dtype)
    if symmetric and b.dtype.kind != "c":
        x, method = cg(operator, b, rtol=tolerance)[0], "conjugate gradients"
    else:
        x, method = gmres(operator, b, rtol=tolerance, restart=min(b.size, 50))[0], "GMRES"
    x = np.asarray(x, b.dtype)
    residual, allowed = np.linalg.norm(product(x) - b), 10 * tolerance * np.linalg.norm(b)
    if not residual <= allowed:
        raise ConvergenceError(
            f"{name}: {method} did not converge: the residual is {residual:.2g}, the tolerance "
            f"{allowed:.2g}: "
            "give a solver of your own, or precondition the system"
        )
    return x


# ---- the equation, and its solution as a node ------------------------------------------------------------
class Recorded:
    """A function of one flat array, recorded once: what it did with it, and which tracked nodes it used.

    Calling it, `recorded(x, *inputs)`, tells the same of other nodes: of *the same values*, so nothing is
    computed again.  They take the places of those that were used, be they arguments or closed over.
    """

    def __init__(self, f: Function, x: Any) -> None:
        self.x = leaf(Tensor, x, DIFF | LEAF)
        with enable_grad(), tracing():
            y = f(self.x)
        self.y: Any = version(y) if isinstance(y, Node) else leaf(Tensor, np.asarray(y))
        self.order = ancestry([self.y], ASKED, {self.x})[0][::-1]
        used = {i: None for node in self.order for i in node.inputs if i.tracked & ASKED}
        self.inputs = [i for i in used if i.number < self.x.number]

    def __call__(self, x: Any, *inputs: Any) -> Any:
        return self.joined(x, inputs, lambda node, xs: make(type(node), node.value, node.op, xs, node.params))

    def run(self, inputs: Any, x: Any) -> Any:
        """Once more, for other values."""
        return self.joined(x, inputs, lambda node, xs: node.op(*xs, **(node.params or {})))

    def joined(self, x: Any, inputs: Any, again: Function) -> Any:
        known = {
            place: i if isinstance(i, Node) else leaf(type(place), i)
            for place, i in zip((self.x, *self.inputs), (x, *inputs), strict=False)
        }
        for node in self.order:
            xs = [known[i] if i in known else as_used(i, node) if i.number > node.number else i
                  for i in node.inputs]  # fmt: skip
            known[node] = again(node, tuple(xs))
        return known.get(self.y, self.y)


class Equation:
    """F(x, *inputs) = 0 of flat arrays, and the derivative of its solution."""

    def __init__(
        self,
        name: str,
        what: str,
        residual: Function,
        inputs: tuple[Node, ...],
        solver: Function | None,
        symmetric: bool,
        batch: Function,
        again: Function,
    ) -> None:
        self.name, self.what, self.residual, self.inputs = name, what, residual, inputs
        self.solver, self.symmetric, self.batch, self.again = solver, symmetric, batch, again
        self.moving = [k for k, x in enumerate(inputs) if x.tracked & DIFF]

    def solution(self, value: Any) -> Any:
        """The solution as a node."""

        again = self.again

        def same(*xs: Any) -> Any:
            """What runs the graph again, with the same values, gets the same solution."""
            known = all(map(np.array_equal, xs, [i.value for i in self.inputs]))
            return value if known else again(*xs)

        pulls = tuple(
            partial(self.pull_one, k) if k in self.moving else None for k in range(len(self.inputs))
        )
        rules = Rules(pulls, self.push)
        op = Primitive(unlisted(self.name), same, None, rules, rules, batch=self.batch)
        op.steps = {True: partial(self.step, False)}
        op.recorded = {True: partial(self.step, True)}
        return make(Tensor, value, op, self.inputs)

    def of_moving(self, x: Any, xs: Any) -> Function:
        """The residual as a function of the inputs that are differentiated."""

        def residual(*moving: Any) -> Any:
            inputs = list(xs)
            for k, value in zip(self.moving, moving, strict=True):
                inputs[k] = value
            return self.residual(x, *inputs)

        return residual

    def push(self, m: Any, ts: Any, out: Any, *xs: Any) -> Any:
        if m not in (RECORD, PLAIN):
            raise NotImplementedError(f"{self.what} has derivatives by its equation, and no power series")
        at = self.variables(xs)
        ts = [zeros(x) if ts[k] is None else ts[k] for k, x in zip(self.moving, at, strict=True)]
        moved = jvp(self.of_moving(out, xs), at, ts)[1]
        return self.solve(out, xs, -moved if m is RECORD else -as_plain(moved), transposed=False)

    def pull(self, record: bool, g: Any, out: Any, xs: Any) -> Any:
        """The cotangents of the inputs that are differentiated."""
        u = self.solve(out, xs, g, transposed=True)
        found = vjp(self.of_moving(out, xs), *self.variables(xs))[1](-u)
        return found if record else plain(found)

    def pull_one(self, k: int, m: Any, g: Any, out: Any, *xs: Any) -> Any:
        return self.pull(m is RECORD, g, out, xs)[self.moving.index(k)]

    def variables(self, xs: Any) -> list[Any]:
        """The inputs that are differentiated, as nodes."""
        return [x if isinstance(x, Node) else leaf(type(self.inputs[k]), x)
                for k, x in enumerate(xs) if k in self.moving]  # fmt: skip

    def step(self, record: bool, node: Any, g: Any, cot: Any, after: int) -> None:
        """`backward.pull` with one linear system for all inputs."""
        out, xs = (node, node.inputs) if record else (node.value, [x.value for x in node.inputs])
        found = self.pull(record, g, out, xs)
        for k, gx in zip(self.moving, found, strict=True):
            x = node.inputs[k]
            if x.number >= after:
                gx = x.fit(RECORD if record else x.space, gx, xs[k])
                cot[x] = cot[x] + gx if x in cot else gx

    def solve(self, x: Any, xs: Any, b: Any, transposed: bool) -> Any:
        """With the matrix ∂F/∂x, or its transpose."""
        transposed = transposed and not self.symmetric
        if self.solver is None and b.size <= DENSE:
            matrix = jacobian(self.residual)(x, *xs)
            return by_matrix(self.what, matrix.T if transposed else matrix, b)
        return solve_flat(
            f"the derivative of {self.what}", self.product(x, xs, transposed), b, self.solver, self.symmetric
        )

    def product(self, x: Any, xs: Any, transposed: bool = False) -> Function:
        """v ↦ ∂F/∂x v, or its transpose."""

        def f(y: Any) -> Any:
            return self.residual(y, *xs)

        if transposed:
            return lambda v: vjp(f, x)[1](v)[0]
        return lambda v: jvp(f, (x,), (v,))[1]


# ---- trees and flat arrays -------------------------------------------------------------------------------
def floating(tree: Any) -> Any:
    """A tree of integers as one of floats."""

    def floated(x: Any) -> Any:
        value = as_plain(x)
        if getattr(value, "dtype", np.dtype(float)).kind not in "biu":
            return x
        return cast(x, dtype=np.dtype(float)) if isinstance(x, Node) else np.asarray(value, float)

    return trees.map_leaves(floated, tree)


def plain(tree: Any) -> Any:
    return trees.map_leaves(as_plain, tree)


def flat_like(tree: Any, other: Any, what: str) -> Any:
    """The leaves of `other` in one plain array, if they have the structure, shapes and kinds of `tree`."""
    leaves = trees.leaves_like(tree, plain(other), what)
    for place, x, y in zip(trees.paths(tree), trees.flatten(tree)[0], leaves, strict=True):
        at = f"{what}{f', at {place},' if place else ''}"
        if np.shape(x) != np.shape(y):
            raise ValueError(f"{at} has shape {np.shape(y)}, and belongs to shape {np.shape(x)}")
        if np.asarray(y).dtype.kind not in "biuf" + np.asarray(x).dtype.kind:
            raise TypeError(f"{at} is {np.asarray(y).dtype}, and belongs to {np.asarray(x).dtype}")
    flat = trees.ravel_pytree(tree)[0]
    return np.asarray(trees.ravel_pytree(leaves)[0], flat.dtype) if flat.size else flat


def checked_finite(name: str, x: Any) -> None:
    if not np.all(np.isfinite(x)):
        raise ConvergenceError(f"{name}: the solver found no solution: it returned {x}")
