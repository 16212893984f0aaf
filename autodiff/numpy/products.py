"""NumPy's products: dot, inner, outer, tensordot, einsum, made of matmul and contractions of two arrays."""

from __future__ import annotations

import string
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from ..primitives import arithmetic, products
from . import reductions
from .shapes import axes_of, diagonal, ravel, reshape, shape_of, transpose

__all__ = ["dot", "einsum", "inner", "outer", "tensordot"]

LETTERS = string.ascii_letters


def dot(a: Any, b: Any, out: Any = None) -> Any:
    """The product of matrices or vectors; else the sum over a's last axis and b's last but one.

    Derivative: the products of g with the other one.
    """
    reductions.no_out(out)
    n, k = len(shape_of(a)), len(shape_of(b))
    if not n or not k:
        return arithmetic.multiply(a, b)
    if n <= 2 and k <= 2:
        return products.matmul(a, b)
    return tensordot(a, b, (n - 1, max(k - 2, 0)))


def inner(a: Any, b: Any) -> Any:
    """The sum over the last axis of both.  Derivative: the products of g with the other one."""
    n, k = len(shape_of(a)), len(shape_of(b))
    if not n or not k:
        return arithmetic.multiply(a, b)
    return products.matmul(a, b) if n == k == 1 else tensordot(a, b, (-1, -1))


def outer(a: Any, b: Any, out: Any = None) -> Any:
    """Every element of a times every element of b.  Derivative: the products of g with the other one."""
    reductions.no_out(out)
    return arithmetic.multiply(reshape(a, (-1, 1)), ravel(b))


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """The sum over axes of a and as many of b: the last and the first, or `(axes of a, axes of b)`.

    Derivative: the same products of g with the other one.
    """
    n, k = shape_of(a), shape_of(b)
    of_a, of_b = (range(-axes, 0), range(axes)) if isinstance(axes, (int, np.integer)) else axes
    of_a, of_b = ([x] if isinstance(x, (int, np.integer)) else list(x) for x in (of_a, of_b))
    of_a, of_b = axes_of(of_a, len(n), "tensordot"), axes_of(of_b, len(k), "tensordot")
    if [n[i] for i in of_a] != [k[j] for j in of_b]:
        raise ValueError(f"tensordot: axes {of_a} of the shape {n} and {of_b} of {k} differ in length")
    left, right = list(LETTERS[: len(n)]), list(LETTERS[len(n) : len(n) + len(k)])
    for i, j in zip(of_a, of_b, strict=True):
        right[j] = left[i]
    out = [x for x in left if x not in right] + [y for y in right if y not in left]
    return products.contract(a, b, labels=("".join(left), "".join(right), "".join(out)))


def einsum(*operands: Any, out: Any = None, optimize: Any = True, **settings: Any) -> Any:
    """Sums of products by Einstein's convention, in all forms of np.einsum; two arrays at a time.

    Derivative: the same sum with g in the place of the array.
    """
    reductions.no_out(out)
    if settings:
        raise TypeError(f"einsum has no derivative here with {', '.join(settings)}")
    terms, result, xs = parsed(operands)
    sizes: dict[str, int] = {}
    for term, x in zip(terms, xs, strict=True):
        for label, n in zip(term, shape_of(x), strict=True):
            if n != 1 and sizes.get(label, 1) not in (1, n):
                raise ValueError(f"einsum: {label!r} is of length {sizes[label]} and of length {n}")
            sizes[label] = n if sizes.get(label, 1) == 1 else sizes[label]
    if unknown := [label for label in result if label not in sizes]:
        raise ValueError(f"einsum: the output has {', '.join(map(repr, unknown))}, which no array has")
    for k, x in enumerate(xs):
        xs[k], terms[k] = simplified(x, terms[k], sizes)
    for k, x in enumerate(xs):
        others = "".join(terms[:k] + terms[k + 1 :]) + result
        if summed := tuple(i for i, label in enumerate(terms[k]) if label not in others):
            xs[k] = reductions.sum(x, summed)
            terms[k] = "".join(label for label in terms[k] if label in others)
    for i, j in order(tuple(terms), result, tuple(sizes.items())):
        x, y = xs.pop(j), xs.pop(i)
        of_x, of_y = terms.pop(j), terms.pop(i)
        rest = "".join(terms) + result
        made = "".join(label for label in dict.fromkeys(of_x + of_y) if label in rest) if terms else result
        xs.append(products.contract(x, y, labels=(of_x, of_y, made)))
        terms.append(made)
    if terms[0] == result:
        return xs[0]
    return transpose(xs[0], [terms[0].index(label) for label in result])


def parsed(operands: Sequence[Any]) -> tuple[list[str], str, list[Any]]:
    """A call of einsum as the labels of each array, the labels of the result, and the arrays.

    Numbers and `...` become letters: `...` counts its axes from the last.
    """
    if not operands:
        raise ValueError("einsum takes subscripts and arrays")
    if isinstance(operands[0], str):
        given, arrow, result = operands[0].replace(" ", "").partition("->")
        terms: list[Any] = [list(split_dots(t)) for t in given.split(",")]
        target = list(split_dots(result)) if arrow else None
        xs = list(operands[1:])
    else:  # array, labels, array, labels…, labels of the result
        xs, terms = list(operands[0::2]), [list(t) for t in operands[1::2]]
        target = list(xs.pop()) if len(xs) > len(terms) else None
        numbers = sorted({label for t in [*terms, target or []] for label in t if label is not ...})
        letter = dict(zip(numbers, LETTERS, strict=False))
        terms = [[letter.get(label, ...) for label in t] for t in terms]
        target = None if target is None else [letter.get(label, ...) for label in target]
    if len(terms) != len(xs):
        raise ValueError(f"einsum: subscripts for {len(terms)} arrays, and {len(xs)} arrays")
    used = {label for t in terms for label in t if label is not ...}
    free = [letter for letter in LETTERS if letter not in used][::-1]  # for the axes of `...`, last first
    covered = 0
    for k, (term, x) in enumerate(zip(terms, xs, strict=True)):
        ndim, named = len(shape_of(x)), len(term) - (... in term)
        if named > ndim or (... not in term and named < ndim) or term.count(...) > 1:
            raise ValueError(f"einsum: {named} subscripts for an array of shape {shape_of(x)}")
        if ... in term:
            dots = ndim - named
            covered = max(covered, dots)
            at = term.index(...)
            terms[k] = term[:at] + free[:dots][::-1] + term[at + 1 :]
    dots_of_result = free[:covered][::-1]
    if target is None:
        flat = [label for t in terms for label in t]
        target = dots_of_result + sorted(k for k in used if flat.count(k) == 1)
    elif ... not in target and covered:
        raise ValueError("einsum: the output needs '...' for the axes that '...' stands for in the input")
    elif ... in target:
        at = target.index(...)
        target = target[:at] + dots_of_result + target[at + 1 :]
    if len(set(target)) < len(target):
        raise ValueError(f"einsum: the output names an axis twice: {''.join(target)}")
    return ["".join(t) for t in terms], "".join(target), xs


def split_dots(term: str) -> list[Any]:
    """The labels of a term, with Ellipsis for `...`."""
    head, dots, tail = term.partition("...")
    if bad := [c for c in head + tail if c not in LETTERS]:
        raise ValueError(f"einsum: {bad[0]!r} is not a subscript; they are letters and one '...'")
    return [*head, *([...] if dots else []), *tail]


def simplified(x: Any, term: str, sizes: dict[str, int]) -> tuple[Any, str]:
    """An array with each label once, and without axes of length 1 that others have longer."""
    for label in dict.fromkeys(term):
        while term.count(label) > 1:
            i = term.index(label)
            j = term.index(label, i + 1)
            if shape_of(x)[i] != shape_of(x)[j]:
                raise ValueError(
                    f"einsum: {label!r} twice in {term!r}, of lengths {shape_of(x)[i]} and {shape_of(x)[j]}"
                )
            x, term = diagonal(x, 0, i, j), term[:i] + term[i + 1 : j] + term[j + 1 :] + label
    stays = "".join(k for k, n in zip(term, shape_of(x), strict=True) if n == sizes[k])
    if stays != term:  # of length 1 where others are longer
        x, term = reshape(x, [sizes[k] for k in stays]), stays
    return x, term


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
