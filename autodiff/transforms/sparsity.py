"""Sparsity: on which elements of the variables can each element of a result depend?

    y = x[1:] * x[:-1]          x₀ x₁ x₂ x₃
                           y₀   •  •              the pattern of the Jacobian: where it may have
                           y₁      •  •           anything but zeros, whatever numbers are in x
                           y₂         •  •

One walk over the recorded graph finds it, in the forward walk's order.  Every node gets a matrix of truth
values, sparse, with a row for each of its elements and a column for each element of the variables.  Where a
primitive has several inputs, what they depend on is united.

How a primitive connects elements is stated in its row, `reach=`, and this walk knows four forms of it:

labels     "...ij,...jk->...ik", as for einsum: an element of out depends on the elements of an input whose
           indices agree in the labels that both have.  Matrices in a stack don't mix; within a product, rows
           stay apart, and so do columns.  "..." alone is elementwise.  A function of the inputs and the
           settings may make the text.
"axis"     along the setting `axis`, each element depends on all; across it, on none.
"moves"    linear, and so the same whatever the numbers are.  What it does is found out by running it, below.
nothing    every element of out depends on every element of every input.  That is always right, and never
           sparse; a primitive that says nothing is as safe as one that does.

**Finding out what a linear primitive moves.**  Run it on the numbers 1, 2, 3… in place of the elements: what
comes out says where it comes from, and 0 is what comes from nowhere.  If the primitive sums, a 3 may be
1 + 2.  So run it on random numbers too: if row k of its matrix A is not a row of the identity, A[k] r = r_i
holds for a random r with a probability of 2⁻⁵², and for two of them with 2⁻¹⁰⁴.  If it does not move, it may
be that its transpose does, as those of sums do, which spread out.  If neither does, all depends on all.

Nothing depends on numbers here.  A pattern holds for all x for which f leaves the same graph behind: the same
primitives with the same settings, and the same indices where elements are picked.  `structure` is that graph
without its numbers, to compare.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import line
from ..graph import DIFF, PLAIN, Node
from ..primitives.shapes import array_sum_to

__all__: list[str] = []

LIMIT = 2**28  # of the places in a pattern, more than a gigabyte: what needs more is not sparse

Labels = list[Any]  # one for each axis; None is one that agrees with no other


def scipy_sparse(who: str) -> Any:
    """The module scipy.sparse, which is needed from here on."""
    try:
        import scipy.sparse
    except ImportError:
        raise ImportError(f'{who} needs SciPy: pip install "autodiff-graph[scipy]"') from None
    return scipy.sparse


def sparsity(variables: Sequence[Any], outputs: Sequence[Any], order: Sequence[Node]) -> Any:
    """The pattern of ∂outputs/∂variables: a csr_array of truth values, (elements of outputs, of variables).

    `order` is the outputs' ancestry.  Elements are counted through all the outputs, and all the variables.
    ValueError if some pattern on the way has more than 2²⁸ places.
    """
    sizes = [size_of(v) for v in variables]
    n, probes = sum(sizes), Probes()
    known: dict[Node, Any] = {}
    for v, end in zip(variables, np.cumsum(sizes).tolist(), strict=True):
        known[v] = csr(np.arange(size_of(v) + 1), np.arange(end - size_of(v), end), n)
    wanted = {y for y in outputs if isinstance(y, Node)}
    last: dict[Node, Node] = {}  # what used it last; its pattern is not needed after that
    for node in order:
        for x in node.inputs:
            last.setdefault(x, node)
    for node in reversed(order):
        found = dependence(node, [known.get(x) for x in node.inputs], probes)
        if found is not None:
            known[node] = found
        for x in node.inputs:
            if last[x] is node and x not in wanted:
                known.pop(x, None)
    found = [known.get(y) if isinstance(y, Node) else None for y in outputs]
    parts = [empty(size_of(y), n) if P is None else P for P, y in zip(found, outputs, strict=True)]
    return stacked(parts) if parts else empty(0, n)


def dependence(node: Any, patterns: list[Any], probes: Probes) -> Any:
    """The pattern of a node from those of its inputs; None if it depends on nothing."""
    op = node.op
    moving = {
        k: P
        for k, (x, P) in enumerate(zip(node.inputs, patterns, strict=True))
        if P is not None and x.tracked & DIFF and op.rules.pulls[k] is not None
    }
    if not moving:
        return None
    if op.reach == "moves":
        found = moved(node, moving, probes)
        if found is not None:
            return found
    of_inputs, of_out = labels(node)
    total = None
    for k, P in moving.items():
        part = related(P, of_inputs[k], shape_of(node.inputs[k]), of_out, shape_of(node), node)
        total = part if total is None or total is part else total + part
    return total


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of a node or number; several results count as one number, on which each of them depends."""
    value = x.value if isinstance(x, Node) else x
    return () if isinstance(value, tuple) else np.shape(value)


# ---- labels ----------------------------------------------------------------------------------------------
def labels(node: Any) -> tuple[list[Labels], Labels]:
    """The labels of a node's inputs, and of the node itself; without any, all depends on all."""
    xs, params, reach = [x.value for x in node.inputs], node.params or {}, node.op.reach
    ndims, ndim = [len(shape_of(x)) for x in node.inputs], len(shape_of(node))
    nothing: tuple[list[Labels], Labels] = [[None] * k for k in ndims], [None] * ndim
    if reach == "axis":
        return along(ndims, ndim, params["axis"]) or nothing
    if reach == "moves" or reach is None:
        return nothing
    text = reach(*xs, **params) if callable(reach) else reach
    given, arrow, out = text.partition("->")
    terms = given.split(",") if arrow else [text] * len(xs)
    if len(terms) != len(xs):
        return nothing
    found = [
        spelled(term, k) for term, k in zip([*terms, out if arrow else text], [*ndims, ndim], strict=True)
    ]
    return found[:-1], found[-1]


def spelled(term: str, ndim: int) -> Labels:
    """The labels of the axes; those that `...` stands for are numbered from the last, -1."""
    head, dots, tail = term.partition("...")
    batch = ndim - len(head) - len(tail)
    if batch < 0 or (batch and not dots):
        return [None] * ndim
    return [*head, *range(-batch, 0), *tail]


def along(ndims: list[int], ndim: int, axis: Any) -> tuple[list[Labels], Labels] | None:
    """Those of a function along axes of its first input, which out has too, in any length, or has not."""
    n = ndims[0]
    axes = range(n) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    mixed = {a % n for a in axes}
    apart = [None if k in mixed else k for k in range(n)]
    if ndim not in (n, n - len(mixed)):
        return None
    of_out = apart if ndim == n else [k for k in apart if k is not None]
    return [apart if k == n else [None] * k for k in ndims], of_out


def related(
    P: Any, of_in: Labels, shape: tuple[int, ...], of_out: Labels, out_shape: tuple[int, ...], node: Any
) -> Any:
    """The pattern P of an input, for out: the union over elements that agree in the labels both have.

    An axis of length 1 is repeated to any other length, as in broadcasting.
    """
    if of_in == of_out and shape == out_shape and None not in of_in:
        return P
    length = dict(zip(of_in, shape, strict=True))
    both = [k for k, n in zip(of_out, out_shape, strict=True) if k is not None and length.get(k) == n]
    of_in, of_out = ([k if k in both else None for k in which] for which in (of_in, of_out))
    groups = [length[k] for k in both]
    source = grouped(both, groups, of_in, shape)
    place = grouped(both, groups, of_out, out_shape)
    if len(source) != math.prod(groups):  # several elements in a group
        return picked(summed(P, source, math.prod(groups)), place, node)
    inverse = np.empty_like(source)
    inverse[source] = np.arange(len(source))
    return picked(P, inverse[place], node)


def grouped(both: Labels, lengths: list[int], which: Labels, shape: tuple[int, ...]) -> Any:
    """The group of each element of an array: the elements of a group agree in the labels `both`."""
    ids = np.arange(math.prod(lengths)).reshape(lengths)
    ids = ids.transpose([both.index(k) for k in which if k is not None])
    kept = [n if k is not None else 1 for k, n in zip(which, shape, strict=True)]
    return np.broadcast_to(ids.reshape(kept), shape).reshape(-1)


# ---- what moves ------------------------------------------------------------------------------------------
class Probes(dict[int, Any]):
    """For each n, what stands for n elements: 1 to n, and random numbers twice."""

    def __missing__(self, n: int) -> Any:
        random = np.random.default_rng(n).integers(1, 2**52, (2, n)).astype(float)
        self[n] = np.arange(1.0, n + 1), *random
        return self[n]


def moved(node: Any, moving: dict[int, Any], probes: Probes) -> Any:
    """The pattern of a linear node, if it or its transpose moves elements; else None."""
    op, params = node.op, node.params or {}
    xs = [
        x.value if op.rules.pulls[k] is None or k in moving else np.zeros_like(x.value)
        for k, x in enumerate(node.inputs)
    ]
    shapes = [np.shape(xs[k]) for k in moving]
    ends = np.cumsum([math.prod(s) for s in shapes]).tolist()

    def run(probe: Any) -> Any:
        for k, s, end in zip(moving, shapes, ends, strict=True):
            xs[k] = probe[end - math.prod(s) : end].reshape(s)
        return op.f(*xs, **params)

    is_complex = any(np.iscomplexobj(node.inputs[k].value) for k in moving)
    source = sources(run, probes[ends[-1]], is_complex)
    if source is not None:
        return picked(stacked(list(moving.values())), source, node)
    xs = [x.value for x in node.inputs]
    shape, total = np.shape(node.value), None
    for k, P in moving.items():

        def back(probe: Any, k: int = k) -> Any:
            g = op.rules.pulls[k](PLAIN, probe.reshape(shape), node.value, *xs, **params)
            return g if g.shape == np.shape(xs[k]) else array_sum_to(g, shape=np.shape(xs[k]))

        goal = sources(back, probes[math.prod(shape)], np.iscomplexobj(node.value))
        if goal is None:
            return None
        part = summed(P, goal, math.prod(shape))
        total = part if total is None else total + part
    return total


def sources(f: Any, probes: Any, is_complex: bool) -> Any:
    """Of a linear function of n numbers: for each element of its result, which of them it is, or -1 for zero.

    None if it is not certain that each is one of them, or zero.  `probes` are those for n.
    """
    numbers, first, second = probes
    candidates = np.ravel(f(numbers))
    if candidates.dtype.kind not in "fc":
        return None
    real = candidates.real
    whole = np.where((real >= 0) & (real <= len(numbers)), real, 0).astype(np.intp)
    if np.any(whole != candidates):
        return None
    for a, b in ((first, second), (second, first)):
        probe = a + 1j * b if is_complex else a
        want = np.where(whole > 0, probe[whole - 1], 0.0) if len(probe) else np.zeros(len(whole))
        if np.any(np.ravel(f(probe)) != want):
            return None
    return whole - 1


# ---- matrices of truth values ----------------------------------------------------------------------------
def csr(indptr: Any, indices: Any, n: int) -> Any:
    """The matrix with n columns that is true at `indices`, row after row."""
    sparse = scipy_sparse("a sparsity pattern")
    true = np.ones(len(indices), bool)
    return sparse.csr_array((true, indices, indptr), shape=(len(indptr) - 1, n))


def empty(m: int, n: int) -> Any:
    return csr(np.zeros(m + 1, int), np.zeros(0, int), n)


def stacked(parts: list[Any]) -> Any:
    """The rows of several matrices, one after the other."""
    return parts[0] if len(parts) == 1 else scipy_sparse("").vstack(parts, format="csr")


def summed(P: Any, group: Any, count: int) -> Any:
    """The union of the rows of each group; those of group -1 are left out."""
    rows = np.flatnonzero(group >= 0)
    order = rows[np.argsort(group[rows], kind="stable")]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(group[order], minlength=count))])
    return csr(indptr, order, P.shape[0]) @ P


def picked(P: Any, rows: Any, node: Any) -> Any:
    """The rows of P at these places; that at -1 is empty."""
    if np.array_equal(rows, np.arange(P.shape[0])):
        return P
    lengths = np.where(rows >= 0, np.diff(P.indptr)[rows], 0) if P.shape[0] else np.zeros(len(rows), int)
    indptr = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    if indptr[-1] > LIMIT:
        raise ValueError(
            f"not sparse: `{node.op.name}`, at {line(node)}, has {len(rows)} elements that depend on "
            f"{indptr[-1] / len(rows):.0f} others each, on average; use jvp, vjp or hvp"
        )
    return csr(indptr, P[rows[rows >= 0]].indices, P.shape[1])


def size_of(y: Any) -> int:
    return math.prod(shape_of(y))


# ---- the graph without its numbers -----------------------------------------------------------------------
def structure(variables: Sequence[Any], outputs: Sequence[Any], order: Sequence[Node]) -> list[Any]:
    """All that a pattern follows from; two graphs with the same structure have the same pattern.

    For each node its primitive, its settings, its shape, and where its inputs are in this list.  Of constants
    the shape is enough, unless they are what a linear primitive is told where to move things.
    """
    at: dict[Node, Any] = {v: -1 - k for k, v in enumerate(variables)}
    found: list[Any] = [[np.shape(v.value) for v in variables]]
    for k, node in enumerate(reversed(order)):
        op: Any = node.op
        inputs = [
            frozen(np.asarray(x.value))
            if op.reach == "moves" and op.rules.pulls[i] is None
            else at.get(x, shapes(x))
            for i, x in enumerate(node.inputs)
        ]
        found.append((op, frozen(node.params), shapes(node), inputs))
        at[node] = k
    found.append([at.get(y, np.shape(y.value)) if isinstance(y, Node) else np.shape(y) for y in outputs])
    return found


def shapes(node: Any) -> Any:
    """The shape of a node, or of each of its results."""
    value = node.value
    return [np.shape(v) for v in value] if isinstance(value, tuple) else np.shape(value)


def frozen(x: Any) -> Any:
    """A setting as it is now, to be compared: an array as the hash of its contents."""
    if isinstance(x, np.ndarray):
        import hashlib  # OpenSSL with it: 3 ms

        return x.shape, x.dtype.str, hashlib.blake2b(np.ascontiguousarray(x).data).digest()
    if isinstance(x, dict):
        return [(name, frozen(value)) for name, value in sorted(x.items())]
    if isinstance(x, (tuple, list)):
        return [frozen(part) for part in x]
    return x


def within(found: Any, planned: Any) -> bool:
    """Whether one matrix of truth values is true nowhere but where another of its shape is."""
    return bool(np.array_equal((found + planned).indptr, planned.indptr))
