"""NumPy's products: dot, inner, outer, tensordot, einsum, made of matmul and contractions of two arrays."""

from __future__ import annotations

import string
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from ..primitives import arithmetic, products
from . import reductions
from .shapes import as_array, astype, axes_of, diagonal, ravel, reshape, shape_of, transpose, written

__all__ = ["dot", "einsum", "inner", "outer", "tensordot"]

LETTERS = string.ascii_letters


def dot(a: Any, b: Any, out: Any = None) -> Any:
    """The product of matrices or vectors; else the sum over a's last axis and b's last but one.

    Derivative: the products of g with the other one.
    """
    n, k = len(shape_of(a)), len(shape_of(b))
    if not n or not k:
        result = arithmetic.multiply(a, b)
    elif n <= 2 and k <= 2:
        result = products.matmul(a, b)
    else:
        result = tensordot(a, b, (n - 1, max(k - 2, 0)))
    return result if out is None else written(out, result, "np.dot(…, out=)")


def inner(a: Any, b: Any) -> Any:
    """The sum over the last axis of both.  Derivative: the products of g with the other one."""
    n, k = len(shape_of(a)), len(shape_of(b))
    if not n or not k:
        return arithmetic.multiply(a, b)
    return products.matmul(a, b) if n == k == 1 else tensordot(a, b, (-1, -1))


def outer(a: Any, b: Any, out: Any = None) -> Any:
    """Every element of a times every element of b.  Derivative: the products of g with the other one."""
    a, b = (x if len(x.shape) == 1 else ravel(x) for x in map(as_array, (a, b)))
    return written(out, products.contract(a, b, labels=("i", "j", "ij")), "np.outer(…, out=)")


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """The sum over axes of a and as many of b: the last and the first, or `(axes of a, axes of b)`.

    Derivative: the same products of g with the other one.
    """
    of_a, of_b = (range(-axes, 0), range(axes)) if isinstance(axes, (int, np.integer)) else axes
    of_a, of_b = ((x,) if isinstance(x, (int, np.integer)) else tuple(x) for x in (of_a, of_b))
    a, b = as_array(a), as_array(b)
    return products.contract(a, b, labels=tensordot_labels(a.shape, b.shape, of_a, of_b))


@lru_cache(1000)
def tensordot_labels(
    n: tuple[int, ...], k: tuple[int, ...], of_a: tuple[int, ...], of_b: tuple[int, ...]
) -> tuple[str, str, str]:
    """The labels of two shapes, equal along the axes that are summed, and of the result."""
    of_a, of_b = axes_of(of_a, len(n), "tensordot"), axes_of(of_b, len(k), "tensordot")
    if [n[i] for i in of_a] != [k[j] for j in of_b]:
        raise ValueError(f"tensordot: axes {of_a} of the shape {n} and {of_b} of {k} differ in length")
    left, right = list(LETTERS[: len(n)]), list(LETTERS[len(n) : len(n) + len(k)])
    for i, j in zip(of_a, of_b, strict=True):
        right[j] = left[i]
    out = [x for x in left if x not in right] + [y for y in right if y not in left]
    return "".join(left), "".join(right), "".join(out)


def einsum(*operands: Any, out: Any = None, optimize: Any = True, **settings: Any) -> Any:
    """Sums of products by Einstein's convention, in all forms of np.einsum; two arrays at a time.

    Derivative: the same sum with g in the place of the array.
    """
    dtype = settings.pop("dtype", None)
    for memory in ("order", "casting"):  # of what NumPy makes
        settings.pop(memory, None)
    if settings:
        raise TypeError(f"einsum has no setting {', '.join(settings)}")
    if not operands:
        raise ValueError("einsum takes subscripts and arrays")
    if isinstance(operands[0], str):
        (terms, result), xs = subscripts(operands[0]), list(operands[1:])
    else:
        terms, result, xs = numbered(operands)
    xs = [as_array(x) for x in xs]
    if dtype is not None:
        xs = [astype(x, dtype) for x in xs]
    for f, taken, more in plan(terms, result, tuple([x.shape for x in xs])):
        arrays = [xs[k] for k in taken]
        xs = [x for k, x in enumerate(xs) if k not in taken]
        xs.insert(len(xs) if len(taken) > 1 else taken[0], f(*arrays, *more))
    return written(out, xs[0], "np.einsum(…, out=)")


Labels = tuple[Any, ...]  # of an array: a letter for each axis, Ellipsis for `...`
Step = tuple[Any, tuple[int, ...], tuple[Any, ...]]  # a function, of which arrays, and what else it takes


@lru_cache(1000)
def subscripts(text: str) -> tuple[tuple[Labels, ...], Labels | None]:
    """The labels of each array, and of the result if they are given."""
    given, arrow, result = text.replace(" ", "").partition("->")
    return tuple(map(split_dots, given.split(","))), split_dots(result) if arrow else None


def numbered(operands: Sequence[Any]) -> tuple[tuple[Labels, ...], Labels | None, list[Any]]:
    """The same of array, labels, array, labels…, labels of the result; numbers become letters."""
    xs, given = list(operands[0::2]), [list(t) for t in operands[1::2]]
    target = list(xs.pop()) if len(xs) > len(given) else None
    numbers = sorted({label for t in [*given, target or []] for label in t if label is not ...})
    letter = dict(zip(numbers, LETTERS, strict=False))
    terms = tuple(tuple(letter.get(label, ...) for label in t) for t in given)
    return terms, None if target is None else tuple(letter.get(label, ...) for label in target), xs


@lru_cache(1000)
def plan(given: tuple[Labels, ...], target: Labels | None, shapes: tuple[Any, ...]) -> list[Step]:
    """What einsum does, step by step.

    A step of one array puts its result in the array's place; one of two puts it at the end of the list.
    """
    terms, result = spelled_out(given, target, shapes)
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for label, n in zip(term, shape, strict=True):
            if n != 1 and sizes.get(label, 1) not in (1, n):
                raise ValueError(f"einsum: {label!r} is of length {sizes[label]} and of length {n}")
            sizes[label] = n if sizes.get(label, 1) == 1 else sizes[label]
    if unknown := [label for label in result if label not in sizes]:
        raise ValueError(f"einsum: the output has {', '.join(map(repr, unknown))}, which no array has")
    steps: list[Step] = []
    for k, shape in enumerate(shapes):
        terms[k] = simplified(k, terms[k], shape, sizes, steps)
    for k, term in enumerate(terms):
        others = "".join(terms[:k] + terms[k + 1 :]) + result
        if summed := tuple(i for i, label in enumerate(term) if label not in others):
            steps.append((reductions.sum, (k,), (summed if len(summed) < len(term) else None,)))
            terms[k] = "".join(label for label in term if label in others)
    for i, j in order(tuple(terms), result, tuple(sizes.items())):
        of_y, of_x = terms.pop(j), terms.pop(i)
        rest = "".join(terms) + result
        made = "".join(label for label in dict.fromkeys(of_x + of_y) if label in rest) if terms else result
        steps.append((contracted, (i, j), ((of_x, of_y, made),)))
        terms.append(made)
    if terms[0] != result:
        steps.append((transpose, (0,), ([terms[0].index(label) for label in result],)))
    return steps


def contracted(x: Any, y: Any, labels: tuple[str, str, str]) -> Any:
    return products.contract(x, y, labels=labels)


def spelled_out(
    given: tuple[Labels, ...], target: Labels | None, shapes: tuple[Any, ...]
) -> tuple[list[str], str]:
    """The labels of each array and of the result, with letters for the axes of `...`."""
    terms: list[Any] = list(given)
    if len(terms) != len(shapes):
        raise ValueError(f"einsum: subscripts for {len(terms)} arrays, and {len(shapes)} arrays")
    used = {label for t in terms for label in t if label is not ...}
    free = [letter for letter in LETTERS if letter not in used][::-1]  # for the axes of `...`, last first
    covered = 0
    for k, (term, shape) in enumerate(zip(terms, shapes, strict=True)):
        ndim, named = len(shape), len(term) - (... in term)
        if named > ndim or (... not in term and named < ndim) or term.count(...) > 1:
            raise ValueError(f"einsum: {named} subscripts for an array of shape {shape}")
        if ... in term:
            dots = ndim - named
            covered = max(covered, dots)
            at = term.index(...)
            terms[k] = (*term[:at], *free[:dots][::-1], *term[at + 1 :])
    dots_of_result = tuple(free[:covered][::-1])
    if target is None:
        flat = [label for t in terms for label in t]
        target = (*dots_of_result, *sorted(k for k in used if flat.count(k) == 1))
    elif ... not in target and covered:
        raise ValueError("einsum: the output needs '...' for the axes that '...' stands for in the input")
    elif ... in target:
        at = target.index(...)
        target = (*target[:at], *dots_of_result, *target[at + 1 :])
    if len(set(target)) < len(target):
        raise ValueError(f"einsum: the output names an axis twice: {''.join(target)}")
    return ["".join(t) for t in terms], "".join(target)


def split_dots(term: str) -> Labels:
    """The labels of a term, with Ellipsis for `...`."""
    head, dots, tail = term.partition("...")
    if bad := [c for c in head + tail if c not in LETTERS]:
        raise ValueError(f"einsum: {bad[0]!r} is not a subscript; they are letters and one '...'")
    return (*head, *([...] if dots else []), *tail)


def simplified(k: int, term: str, shape: tuple[int, ...], sizes: dict[str, int], steps: list[Step]) -> str:
    """Steps for array k: each label once, no axes of length 1 that others have longer; and its new labels."""
    for label in dict.fromkeys(term):
        while term.count(label) > 1:
            i = term.index(label)
            j = term.index(label, i + 1)
            if shape[i] != shape[j]:
                raise ValueError(f"einsum: {label!r} twice in {term!r}, of lengths {shape[i]} and {shape[j]}")
            steps.append((diagonal, (k,), (0, i, j)))
            term = term[:i] + term[i + 1 : j] + term[j + 1 :] + label
            shape = (*shape[:i], *shape[i + 1 : j], *shape[j + 1 :], shape[i])
    stays = "".join(label for label, n in zip(term, shape, strict=True) if n == sizes[label])
    if stays != term:  # of length 1 where others are longer
        steps.append((reshape, (k,), ([sizes[label] for label in stays],)))
    return stays


@lru_cache(1000)
def order(terms: tuple[str, ...], result: str, sizes: tuple[tuple[str, int], ...]) -> list[tuple[int, int]]:
    """In which order to contract, two at a time; each time the product goes to the end of the list."""
    if len(terms) < 3:
        return [(0, 1)] * (len(terms) - 1)
    lengths = dict(sizes)
    shapes = [np.broadcast_to(0.0, [lengths[k] for k in t]) for t in terms]
    path, _ = np.einsum_path(f"{','.join(terms)}->{result}", *shapes, optimize="greedy")
    found: list[tuple[int, int]] = []
    n = len(terms)
    for step in path[1:]:
        at = sorted(step)
        while len(at) > 1:  # the last step may be of several
            found.append((at[0], at[1]))
            n -= 1
            at = [k - (k > at[0]) - (k > at[1]) for k in at[2:]] + [n - 1]
    return found
