"""The passes that make a program shorter, in their order, until nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from .collecting import collected
from .contraction import contracted
from .dead import without_dead_code
from .expansion import expanded
from .folding import folded
from .identities import simplified
from .matmuls import batched
from .moves import without_moves
from .program import Program
from .sharing import shared

__all__: list[str] = []

Pass = Callable[[Program], Program]


def passes(formulas: bool = False) -> dict[str, Pass]:
    """The passes by name, in the order in which they run.  Some remember what they need not look at again."""
    return {
        "dead code": without_dead_code,
        "broadcasts and transpositions": partial(without_moves, settled=set()),
        "identities": partial(simplified, settled=set(), formulas=formulas),
        "constants": partial(folded, settled=set()),
        "common subexpressions": shared,
    }


def stages(program: Program, formulas: bool = False, rounds: int = 8) -> Iterator[tuple[str, Program]]:
    """The program after every pass that changed it, with the pass's name."""
    in_order = passes(formulas)
    if not formulas:
        before, program = program, expanded(without_dead_code(program))
        if program is not before:
            yield "expansions", program
    for _ in range(1 + formulas):
        done: dict[str, Program] = {}  # what each pass has left to be done: nothing
        for name, change in list(in_order.items()) * rounds:
            if done.get(name) is program:
                break  # nothing has changed since
            before, program = program, change(program)
            done[name] = program
            if program is not before:
                yield name, program
        if formulas:  # then by the equations once more, for what has met now
            program = collected(program)
            yield "like terms", program
    if not formulas:
        before, program = program, contracted(without_dead_code(program))
        moved = in_order["broadcasts and transpositions"]
        program = without_dead_code(shared(moved(program)))
        if program is not before:
            yield "contractions", program
        before, program = program, batched(program)
        if program is not before:
            yield "matrix products", program


def simplify(program: Program, formulas: bool = False, rounds: int = 8) -> Program:
    """The same program in fewer steps.

    With `formulas` it is made to be read: by the rules of mathematics, which forget about NaN, infinity and
    signed zeros; and sums of products stay what they are.

    >>> from autodiff import Tensor
    >>> from autodiff.jit.program import program_of
    >>> x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> print(simplify(program_of([(x * 1.0 * x).sum()])))
    x: input float64[2]
    t1 = contract(x, x, labels=('a', 'a', '')): float64[]
    return t1
    """
    for _, changed in stages(program, formulas, rounds):
        program = changed
    return without_dead_code(program)
