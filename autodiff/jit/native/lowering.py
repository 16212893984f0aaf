"""Lowering: what kernels can do, if one writes it out.

    t2 = winners(x, t1)      ->    a comparison, a sum, a division
    t2 = mean(x)             ->    a sum, a division
    t2 = softmax(x)          ->    a maximum, an exponential, a sum, a division
    t2 = matmul(a, b)        ->    products and sums of them, if there are few
    t2 = scatter(g, [1:])    ->    concatenate(0, g)

And what works on an array that was put together, works on its parts, which then go straight to their places:

    t1 = concatenate(a, b)         t2 = multiply(a, x[:1])
    t4 = multiply(t1, x)     ->    t3 = multiply(b, x[1:])
                                   t4 = concatenate(t2, t3)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from ...kinds import PRIMITIVES
from ..algebra import RESHAPED, TRANSPOSED, elementwise, facts
from ..dead import without_dead_code
from ..expansion import Terms
from ..program import Program, Term, constant, made, rewritten
from ..sharing import shared
from .layouts import plain

__all__: list[str] = []

FEW = 1 << 14  # products of numbers in a contraction: of more, NumPy's matrix product is worth its call
PARTS = 4  # of an array that was put together: of more, the array is made first

m: Any = Terms()


def lowered(program: Program) -> Program:
    """The program in terms that kernels can do, where there are some."""
    before, settled = None, set[Term]()
    while before is not program:  # what formulas are made of may have formulas
        before, program = program, rewritten(program, written_out, settled)
    return without_dead_code(shared(checked(program)))


def parted(program: Program) -> Program:
    """The program in which work on what was put together is work on its parts."""
    return without_dead_code(shared(rewritten(program, in_parts)))


def checked(program: Program) -> Program:
    """One number in the place of all that is checked for NaN: the largest, which is NaN if there is one."""
    checks = [x for x in program.checks if x.array and x.size and x.dtype.kind == "f" and not x.known]
    if not checks:
        return program
    terms = list(program.terms)
    total = None
    for x in checks:
        made_ = [m.max(x, axis=None, keepdims=False)] if x.shape else [x]
        if total is not None:
            made_.append(m.maximum(total, made_[0]))
        terms += [t for t in made_ if t is not x]
        total = made_[-1]
    rest = [x for x in program.checks if x not in checks]
    assert total is not None
    return replace(program, terms=tuple(terms), checks=(*rest, total))


def written_out(term: Term) -> Term:
    """A term by its formula."""
    op: Any = term.op
    known = facts(op)
    if not (known.formula or known.mean or known.contraction or op.name in FORMULAS):
        return term
    if not term.array or not all(x.array and x.size for x in term.inputs) or term.dtype.kind != "f":
        return term
    found = None
    if op.name in FORMULAS:
        found = FORMULAS[op.name](term)
    elif known.formula:
        found = known.formula(m, *term.inputs, **term.params)
    elif known.mean:
        found = mean(term)
    elif known.contraction:
        found = contraction(term)
    if found is None or (found.shape, found.dtype) != (term.shape, term.dtype):
        return term
    found.name = found.name or term.name
    return found


def number(x: float, dtype: Any) -> Term:
    return constant(np.array(x, dtype))


def reshaped(x: Term, shape: tuple[int, ...]) -> Term:
    return x if x.shape == shape else made(RESHAPED, x, shape=shape)


def mean(term: Term) -> Term:
    (x,) = term.inputs
    total = m.sum(x, **term.params)
    return m.divide(total, number(x.size // max(total.size, 1), term.dtype))  # type: ignore[no-any-return]


def winners(term: Term) -> Term | None:
    """1 where an element is the best, shared equally at ties; a NaN is as good as any other."""
    x, best = term.inputs
    axis = term.params["axis"]
    if x.dtype != term.dtype:
        return None
    if axis is not None and not term.params["keepdims"]:
        axes = [a % len(x.shape) for a in (axis if isinstance(axis, tuple) else (axis,))]
        best = reshaped(best, tuple(1 if a in axes else n for a, n in enumerate(x.shape)))
    nan = m.logical_and(m.isnan(x), m.isnan(best))
    chosen = m.logical_or(m.equal(x, best), nan)
    weight = m.where(chosen, number(1, x.dtype), number(0, x.dtype))
    count = m.sum(weight, axis=axis, keepdims=True)
    return m.divide(weight, count)  # type: ignore[no-any-return]


def contraction(term: Term) -> Term | None:
    """Products, summed over what the result has no letter for."""
    labels = facts(term.op).contraction(term)  # type: ignore[misc]
    x, y = term.inputs
    if labels is None or x.dtype != term.dtype or y.dtype != term.dtype:
        return None
    of_x, of_y, out = labels
    if len(set(of_x)) < len(of_x) or len(set(of_y)) < len(of_y):
        return None
    lengths = dict(zip(of_x + of_y, x.shape + y.shape, strict=True))
    summed = [c for c in of_x if c not in out]
    alike = of_x == of_y
    if not alike and prod(lengths.values()) > FEW and not thin(of_x, of_y, out):
        return None
    if alike:
        product = m.multiply(x, y)
        total = (
            m.sum(product, axis=tuple(of_x.index(c) for c in summed), keepdims=False) if summed else product
        )
        rest = "".join(c for c in of_x if c in out)
    else:
        if any(c not in out and c not in summed for c in of_x + of_y):
            return None
        large = thin(of_x, of_y, out)
        order = max(of_x, of_y, key=len) if large else out + "".join(summed)
        product = m.multiply(spread(x, of_x, order, large), spread(y, of_y, order, large))
        axes = tuple(order.index(c) for c in summed)
        total = m.sum(product, axis=axes, keepdims=False) if axes else product
        rest = "".join(c for c in order if c in out)
    if rest != out:
        total = made(TRANSPOSED, total, axes=tuple(rest.index(c) for c in out))
    return total  # type: ignore[no-any-return]


def thin(of_x: str, of_y: str, out: str) -> bool:
    """Whether one of the two has every label, and some label is of both and of the result.

    Then each of its elements is read once, for one product: NumPy would make a call of BLAS for each of a
    stack of matrices with one row.
    """
    least, most = sorted((set(of_x), set(of_y)), key=len)
    return least <= most and bool(least & set(out))


def spread(x: Term, labels: str, order: str, copied: bool) -> Term:
    """x with its axes in this order, copied if they have another, and axes of length 1 for the others."""
    there = [c for c in order if c in labels]
    axes = tuple(labels.index(c) for c in there)
    if axes != tuple(range(len(axes))):
        x = made(TRANSPOSED, x, axes=axes)
        x = m.identity(x) if copied else x
    lengths = dict(zip(there, x.shape, strict=True))
    return reshaped(x, tuple(lengths.get(c, 1) for c in order))


def scattered(term: Term) -> Term | None:
    """Zeros with x in a box of them: x between zeros, along one axis after the other."""
    (x,) = term.inputs
    shape, index = term.params["shape"], term.params["index"]
    if not plain(index) or not x.array:
        return None
    entries = list(index) if isinstance(index, tuple) else [index]
    gaps = sum(i is ... for i in entries)
    free = len(shape) - sum(i is not None and i is not ... for i in entries)
    if gaps:
        k = entries.index(...)
        entries[k : k + 1] = [slice(None)] * free
    else:
        entries += [slice(None)] * free
    bounds = []
    for i, n in zip([i for i in entries if i is not None], shape, strict=True):
        if isinstance(i, slice):
            start, stop, step = i.indices(n)
            if step != 1:
                return None
        else:
            start = i % n
            stop = start + 1
        bounds.append((start, max(stop, start)))
    out = reshaped(x, tuple(stop - start for start, stop in bounds))
    for axis, ((start, stop), n) in enumerate(zip(bounds, shape, strict=True)):
        if (start, stop) == (0, n):
            continue
        parts = [zeros(out, axis, start), out, zeros(out, axis, n - stop)]
        out = joined([part for part in parts if part is not None], axis)
    return out


def zeros(like: Term, axis: int, length: int) -> Term | None:
    shape = (*like.shape[:axis], length, *like.shape[axis + 1 :])
    return constant(np.broadcast_to(np.zeros((), like.dtype), shape)) if length else None


def joined(parts: list[Term], axis: int) -> Term:
    if len(parts) == 1:
        return parts[0]
    first = parts[0].shape
    shape = (*first[:axis], sum(x.shape[axis] for x in parts), *first[axis + 1 :])
    return Term(JOIN, tuple(parts), {"axis": axis}, shape, parts[0].dtype)


def powers(term: Term) -> Term | None:
    """x⁰ x¹ x² …, along a new axis."""
    (x,) = term.inputs
    if x.dtype != term.dtype or not term.size:
        return None
    return first_powers(reshaped(x, (*x.shape, 1)), term.params["length"])


def first_powers(x: Term, n: int) -> Term:
    """The first n powers along the last axis, which is 1 in x: x^(a i) times x^j, for all i and j < a."""
    lead = x.shape[:-1]
    if n <= 4:
        one, square = constant(np.broadcast_to(np.ones((), x.dtype), x.shape)), m.square(x)
        return joined([one, x, square, m.multiply(square, x)][:n], len(lead))
    bits = n.bit_length() // 2
    low, base = 1 << bits, x
    for _ in range(bits):
        base = m.square(base)
    far, near = first_powers(base, -(-n // low)), first_powers(x, low)
    product = m.multiply(reshaped(far, (*far.shape, 1)), reshaped(near, (*lead, 1, low)))
    whole = reshaped(product, (*lead, product.shape[-2] * low))
    return whole if whole.shape[-1] == n else made(INDEX, whole, index=(..., slice(0, n)))


JOIN = PRIMITIVES["concatenate"]
INDEX = PRIMITIVES["index"]
FORMULAS: Mapping[str, Callable[[Term], Term | None]] = {
    "winners": winners, "scatter": scattered, "powers": powers,
}  # fmt: skip


# ---- parts of what was put together ----------------------------------------------------------------------
def in_parts(term: Term) -> Term:
    if term.op is INDEX:
        return within(term)
    if not elementwise(term) or not term.shape:
        return term
    whole = [x for x in term.inputs if is_join(x) and x.shape == term.shape]
    if not whole:
        return term
    axis = axis_of(whole[0])
    cuts = {0}
    for x in whole:
        if axis_of(x) == axis:
            cuts.update(starts(x))
    if len(cuts) > PARTS:
        return term
    ends = [*sorted(cuts), term.shape[axis]]
    parts = []
    for start, stop in pairwise(ends):
        inputs = [part_of(x, axis, start, stop, term) for x in term.inputs]
        parts.append(made(term.op, *inputs, **term.params))  # type: ignore[arg-type]
    if any(part.dtype != term.dtype for part in parts):
        return term
    found = joined(parts, axis)
    return found if found.shape == term.shape else term


def is_join(x: Term) -> bool:
    return x.op is JOIN and x.array


def axis_of(x: Term) -> int:
    return int(x.params["axis"]) % len(x.shape)


def starts(x: Term) -> list[int]:
    axis, at, found = axis_of(x), 0, []
    for part in x.inputs:
        found.append(at)
        at += part.shape[axis]
    return found


def part_of(x: Term, axis: int, start: int, stop: int, term: Term) -> Term:
    """x from start to stop along an axis of the term."""
    own = axis - (len(term.shape) - len(x.shape))
    if own < 0 or x.shape[own] == 1:
        return x
    if (start, stop) == (0, x.shape[own]):
        return x
    if is_join(x) and axis_of(x) == own:
        for at, part in zip(starts(x), x.inputs, strict=True):
            if at <= start and stop <= at + part.shape[own]:
                return part_of(part, own, start - at, stop - at, part)
    if x.known and x.value is not None and not any(np.asarray(x.value).strides):
        shape = (*x.shape[:own], stop - start, *x.shape[own + 1 :])
        return constant(np.broadcast_to(np.asarray(x.value)[(0,) * len(x.shape)], shape))
    cut = (*[slice(None)] * own, slice(start, stop))
    return Term(INDEX, (x,), {"index": cut}, (*x.shape[:own], stop - start, *x.shape[own + 1 :]), x.dtype)


def forward(entry: Any) -> bool:
    """Whether an entry of an index keeps an axis, and its order."""
    return entry is ... or (isinstance(entry, slice) and entry.step in (None, 1))


def within(term: Term) -> Term:
    """An index into what was put together, that takes of one part alone."""
    (x,) = term.inputs
    index = term.params["index"]
    if not is_join(x) or not plain(index):
        return term
    entries = index if isinstance(index, tuple) else (index,)
    axis = axis_of(x)
    if len(entries) <= axis or any(i is None or i is ... for i in entries[: axis + 1]):
        return term
    i, n = entries[axis], x.shape[axis]
    if isinstance(i, slice):
        start, stop, step = i.indices(n)
        if step != 1 or stop <= start:
            return term
    else:
        start = i % n
        stop = start + 1
    for at, part in zip(starts(x), x.inputs, strict=True):
        if at <= start and stop <= at + part.shape[axis]:
            inner = slice(start - at, stop - at) if isinstance(i, slice) else start - at
            found = (*entries[:axis], inner, *entries[axis + 1 :])
            new = made(INDEX, part, index=found)
            if new.shape == part.shape and all(map(forward, found)):
                return part
            return new if new.shape == term.shape else term
    return term
