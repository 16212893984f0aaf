"""Einsum to batched matmul: a contraction of stacks of matrices is a product of stacks of matrices.

    t1 = contract(x, y, labels=("iab", "ibc", "iac"))    ->    t1 = matmul(x, y)
    t2 = contract(x, y, labels=("iba", "ibc", "iac"))    ->    t3 = transpose(x, axes=(0, 2, 1))
                                                               t2 = matmul(t3, y)

`matmul` gives each matrix to BLAS as it lies, transposed or not, and can write into memory that is there.
Contractions without a stack stay as they are: their axes say more about what can be done with them.
"""

from __future__ import annotations

from .algebra import MATRIX_PRODUCT, TRANSPOSED, facts
from .program import Program, Term, made, rewritten

__all__: list[str] = []


def batched(program: Program) -> Program:
    """The program in which contractions of stacks of matrices are matrix products."""
    return rewritten(program, rule)


def rule(term: Term) -> Term:
    if "labels" not in term.params or not facts(term.op).contraction:
        return term
    x, y = term.inputs
    of_x, of_y, out = term.params["labels"]
    n = len(out) - 2
    stack = out[: max(n, 0)]
    if n < 1 or not (len(of_x) == len(of_y) == n + 2 and of_x[:n] == of_y[:n] == stack):
        return term
    row, column = out[n], out[n + 1]
    if row not in of_x:  # the product is that of y and x
        x, y, of_x, of_y = y, x, of_y, of_x
    if row not in of_x or column not in of_y or row in of_y or column in of_x:
        return term
    left = x if of_x[n] == row else swapped(x)
    right = y if of_y[n + 1] == column else swapped(y)
    return Term(MATRIX_PRODUCT, (left, right), {}, term.shape, term.dtype, name=term.name)


def swapped(x: Term) -> Term:
    """The last two axes exchanged."""
    n = len(x.shape)
    return made(TRANSPOSED, x, axes=(*range(n - 2), n - 1, n - 2))
