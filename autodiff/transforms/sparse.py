"""Sparse Jacobians and Hessians: a few walks, whatever the number of rows and columns.

Three steps, of which a plan keeps the first two:

    sparsity.py      the pattern    where the matrix may have nonzeros, from the recorded graph
    colouring.py     the colours    which columns (or rows) one walk can find together
    here             the walks      one for each colour, and the nonzeros picked out of the results

The Hessian is the Jacobian of the gradient: its pattern comes from the recorded graph of the backward walk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from functools import update_wrapper
from typing import Any

import numpy as np

from ..backward import pull_back
from ..forward import push_forward
from ..graph import DIFF, TRACE, Node, unusual
from ..replay import reads, tracing
from .colouring import colour_columns, colour_symmetric
from .fresh import Call, name_of, opened
from .grad import checked_argnums, grad
from .sparsity import scipy_sparse, size_of, sparsity, structure, within

__all__ = ["sparse_hessian", "sparse_jacobian"]


def sparse_jacobian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> SparseMatrix:
    """The function that returns the Jacobian of f as a `scipy.sparse.csr_array`, from as few walks as it can.

    It has a row for each element of f's output, in C order, and a column for each element of the argument;
    trees, and several `argnums`, are counted through, as `ravel_pytree` does.  The dtype is that of the
    argument (float16, which SciPy has not, becomes float32).  Which elements may be nonzero follows from the
    graph that f leaves behind, never from the numbers in it; all of them are stored, those that happen to be
    zero too.  f runs once.  Columns without a common row are found in one forward walk, or rows without a
    common column in one backward walk, whichever takes fewer.

    `jac.plan(x)` finds the pattern and the colours once, for many x:

    >>> import numpy as np
    >>> jac = sparse_jacobian(lambda x: x[1:] * x[:-1])
    >>> jac(np.array([1.0, 2.0, 3.0])).toarray()
    array([[2., 1., 0.],
           [0., 3., 2.]])
    >>> plan = jac.plan(np.ones(100_000))
    >>> plan
    <plan of a sparse Jacobian: 99999 × 100000, 199998 nonzeros, 2 forward walks>
    >>> plan(np.arange(100_000.0)).nnz
    199998

    `plan.pattern` is a csr_array of truth values, `plan.colours` has the colour of each column or row.  At
    each call, the graph is compared with that of the plan.  Where f did other steps, such as picking other
    elements, the pattern is found again; if it has nonzeros that the plan has not, ValueError is raised.

    The matrix can't be differentiated: TypeError where somebody might want to, as for `requires_grad`
    arguments outside of `no_grad()`, and for complex numbers.  ImportError without SciPy.  ValueError
    if a pattern on the way has more than 2²⁸ places.  Otherwise it raises what `jacobian` raises.
    """
    return SparseMatrix("sparse_jacobian", f, f, argnums)


def sparse_hessian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> SparseMatrix:
    """The function that returns the Hessian of f as a `scipy.sparse.csr_array`, from as few walks as it can.

    f returns one real number.  The matrix has a row and a column for each element of the argument.  It is
    symmetric, and each of its entries is found in one place or the other (a star colouring: Coleman and Moré
    1984), in forward walks over the recorded gradient.  Otherwise as `sparse_jacobian`, `plan` included.

    >>> import numpy as np
    >>> def rosenbrock(x):
    ...     return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()
    >>> sparse_hessian(rosenbrock)(np.ones(3)).toarray()
    array([[ 802., -400.,    0.],
           [-400., 1002., -400.],
           [   0., -400.,  200.]])
    >>> sparse_hessian(rosenbrock).plan(np.ones(10_000))
    <plan of a sparse Hessian: 10000 × 10000, 29998 nonzeros, 3 forward walks>
    """
    return SparseMatrix("sparse_hessian", f, grad(f, argnums), argnums)


class SparseMatrix:
    """What `sparse_jacobian` and `sparse_hessian` return: the matrix at x, or a plan for many x."""

    def __init__(self, what: str, f: Any, traced: Any, argnums: Any) -> None:
        scipy_sparse(what)
        self.what, self.traced, self.argnums = what, traced, argnums
        self.symmetric = traced is not f
        update_wrapper(self, f, updated=())

    def __call__(self, *args: Any, **settings: Any) -> Any:
        run = Run(self, args, settings)
        return Plan(self, run).matrix(run)

    def plan(self, *args: Any, **settings: Any) -> Plan:
        """The pattern and the colours for these arguments: called with others like them, it is faster."""
        return Plan(self, Run(self, args, settings))


class Run:
    """One call of f: its graph, and walks over it between flat arrays."""

    def __init__(self, matrix: SparseMatrix, args: tuple[Any, ...], settings: dict[str, Any]) -> None:
        f = matrix.traced
        traced = reads.get() is not None
        # f's own graph is wanted, all of it
        with unusual(opened, True), nullcontext() if traced else tracing():
            call = Call(f, args, checked_argnums(matrix.argnums, len(args), f), False, **settings)
        self.order, record = call.ancestry()
        if record:
            why = (
                f"be differentiated, and {name_of(f)} depends on what requires grad: call it inside no_grad()"
            )
            if any(x.tracked & TRACE for node in self.order for x in node.inputs):
                why = "be traced by vmap, jit or the like: call it outside"
            raise TypeError(f"{matrix.what}: a sparse matrix can't {why}, or use jacobian or hessian")
        self.variables, self.outputs = call.variables, call.outputs
        for x in (*self.variables, *self.outputs):
            kind = np.asarray(x.value if isinstance(x, Node) else x).dtype.kind
            if kind not in "biuf":
                words = "complex ones" if kind == "c" else repr(x)
                raise TypeError(
                    f"{matrix.what} takes real floating numbers, and {name_of(f)} must return real numbers, "
                    f"not {words}: take .real and .imag, or use jacobian"
                )
        dtypes = [np.asarray(v.value).dtype for v in self.variables]
        self.dtype = np.result_type(np.float32, *dtypes) if dtypes else np.dtype(float)

    def forward(self, t: Any) -> Any:
        """J t."""
        moving = {v: part for v, part in self.parts(self.variables, t) if np.any(part)}
        found = push_forward(moving, self.order, [y for y in self.outputs if isinstance(y, Node)])
        return self.flat(self.outputs, found)

    def backward(self, g: Any) -> Any:
        """Jᵀ g."""
        seeds: dict[Node, Any] = {}
        for y, part in self.parts(self.outputs, g):
            if y.tracked & DIFF and np.any(part):
                seeds[y] = seeds[y] + part if y in seeds else part
        return self.flat(self.variables, pull_back(seeds, self.order))

    @staticmethod
    def parts(nodes: list[Any], flat: Any) -> Iterator[tuple[Any, Any]]:
        """Each of them that is a node, and what of a flat array belongs to it."""
        start = 0
        for x in nodes:
            part = flat[start : start + size_of(x)]
            start += len(part)
            if isinstance(x, Node):
                yield x, part.reshape(x.value.shape).astype(x.value.dtype) if x.arrays else float(part[0])

    @staticmethod
    def flat(nodes: list[Any], found: dict[Any, Any]) -> Any:
        """What was found for each node, in one flat array; zeros where nothing was."""
        parts = []
        for x in nodes:
            part = found.get(x) if isinstance(x, Node) else None
            parts.append(np.zeros(size_of(x)) if part is None else np.ravel(part))
        return np.concatenate(parts) if parts else np.zeros(0)


class Plan:
    """Where the nonzeros are, and in which walks they are found."""

    def __init__(self, of: SparseMatrix, run: Run) -> None:
        self.of = of
        self.structure = structure(run.variables, run.outputs, run.order)
        self.pattern = self.detected(run)
        P = self.pattern
        rows, columns = np.repeat(np.arange(P.shape[0]), np.diff(P.indptr)), P.indices.astype(np.intp)
        self.by = "forward"
        if of.symmetric:
            self.colours = colour_symmetric(P)
            walk, place = read_from_star(self.colours, rows, columns)
        else:
            self.colours, self.by = fewest_walks(P)
            along, place = (columns, rows) if self.by == "forward" else (rows, columns)
            walk = self.colours[along]
        # for each walk, which nonzeros it finds, and where in its result; no walk that finds nothing
        order = np.argsort(walk, kind="stable")
        starts = np.flatnonzero(np.diff(walk[order], prepend=-1))
        self.walks = walk[order][starts].tolist()
        self.entries, self.places = (np.split(a, starts)[1:] for a in (order, place[order]))

    def __call__(self, *args: Any, **settings: Any) -> Any:
        """The matrix at other arguments; ValueError if it has nonzeros that this plan has not."""
        run = Run(self.of, args, settings)
        now = structure(run.variables, run.outputs, run.order)
        if now != self.structure:
            # other steps; they may still lead to the same places
            same_shapes = (
                now[0] == self.structure[0] and sum(map(size_of, run.outputs)) == self.pattern.shape[0]
            )
            if not (same_shapes and within(self.detected(run), self.pattern)):
                raise ValueError(
                    f"{self.of.what}: this plan is for another pattern.  {self.changed(now)}: make a plan "
                    "of these arguments, or call without a plan"
                )
        return self.matrix(run)

    def __repr__(self) -> str:
        what, (m, n) = "Hessian" if self.of.symmetric else "Jacobian", self.pattern.shape
        walks = f"{len(self.walks)} {self.by} walk{'s' * (len(self.walks) != 1)}"
        return f"<plan of a sparse {what}: {m} × {n}, {self.pattern.nnz} nonzeros, {walks}>"

    def detected(self, run: Run) -> Any:
        P = sparsity(run.variables, run.outputs, run.order)
        P = P + P.T.tocsr() if self.of.symmetric else P.copy()
        P.sort_indices()
        return P

    def matrix(self, run: Run) -> Any:
        """The matrix after a run of f, which leaves the pattern that was planned for."""
        P = self.pattern
        data = np.zeros(P.nnz, run.dtype)
        results = walk_along(run.forward if self.by == "forward" else run.backward, self.seeds())
        for entries, places, result in zip(self.entries, self.places, results, strict=True):
            data[entries] = result[places]
        return scipy_sparse(self.of.what).csr_array((data, P.indices.copy(), P.indptr.copy()), shape=P.shape)

    def seeds(self) -> Iterator[Any]:
        """For each walk, 1 at the columns or rows that it finds."""
        return ((self.colours == c).astype(float) for c in self.walks)

    def changed(self, now: list[Any]) -> str:
        """Where a run first differs from the one that was planned for, in words."""
        if now[0] != self.structure[0]:
            return f"The arguments had the shapes {self.structure[0]}, and have {now[0]}"
        for a, b in zip(self.structure[1:-1], now[1:-1], strict=False):
            if a != b:
                return f"Where f did {in_words(a)}, it now does {in_words(b)}"
        return f"f did {len(self.structure) - 2} steps, and now does {len(now) - 2}"


def walk_along(walk: Callable[[Any], Any], seeds: Iterable[Any]) -> Iterator[Any]:
    """The result of a walk from each seed, one after the other: the place to walk from several at once."""
    return map(walk, seeds)


def fewest_walks(P: Any) -> tuple[Any, str]:
    """Colours for columns, or for rows, whichever are fewer."""
    fullest_column = np.bincount(P.indices, minlength=1).max()  # rows take at least as many colours
    fullest_row = np.diff(P.indptr).max(initial=0)
    if fullest_row <= fullest_column:
        columns = colour_columns(P)
        if columns.max(initial=-1) < fullest_column:
            return columns, "forward"
        rows = colour_columns(P.T.tocsr())
    else:
        rows = colour_columns(P.T.tocsr())
        if rows.max(initial=-1) < fullest_row - 1:
            return rows, "backward"
        columns = colour_columns(P)
    better = columns.max(initial=-1) <= rows.max(initial=-1)
    return (columns, "forward") if better else (rows, "backward")


def read_from_star(colours: Any, rows: Any, columns: Any) -> tuple[Any, Any]:
    """For each nonzero of a symmetric matrix, in which walk it is found, and where in the result.

    H[i, j], above the diagonal or on it, is in row i of the walk along j's colour, if no other nonzero of
    row i has that colour; else in row j of the walk along i's colour.  H[j, i] is read at the same place.
    """
    key = rows * (colours.max(initial=0) + 1) + colours[columns]
    order = np.argsort(key, kind="stable")
    alone = np.ones(len(key), bool)
    same = np.diff(key[order]) == 0
    alone[order[1:][same]] = alone[order[:-1][same]] = False
    twin = np.lexsort((rows, columns))  # where the entry stands that mirrors this one
    alone = np.where(rows <= columns, alone, alone[twin])
    i, j = np.minimum(rows, columns), np.maximum(rows, columns)
    return np.where(alone, colours[j], colours[i]), np.where(alone, i, j)


def in_words(step: tuple[Any, ...]) -> str:
    op, _, shape, _ = step
    return f"`{op.name}`, of shape {shape}"
