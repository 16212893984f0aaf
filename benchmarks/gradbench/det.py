"""det: the determinant by expansion into minors, all n! products of it, and its gradient."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from statistics import median
from time import perf_counter
from unittest.mock import patch

import numpy as np

from autodiff import grad, jit
from autodiff.computed import Known
from autodiff.jit import simplify

from .tool import Function, compiled


def determinant(a):
    """Of a matrix as a list of rows of numbers."""
    return minor(a, 0, tuple(range(len(a))))


def minor(a, row, columns):
    """The determinant of the rows from `row` on, in these columns, by their first row."""
    if len(columns) == 1:
        return a[row][columns[0]]
    total = 0.0
    for k, column in enumerate(columns):
        product = a[row][column] * minor(a, row + 1, columns[:k] + columns[k + 1 :])
        total = total - product if k % 2 else total + product
    return total


def prepare(given):
    n = given["ell"]
    return ([given["A"][n * i : n * i + n] for i in range(n)],)


FUNCTIONS = {
    "primal": Function(prepare, compiled(determinant), float),
    "gradient": Function(
        prepare, compiled(grad(determinant)), lambda rows: [float(x) for row in rows for x in row]
    ),
}


# ---- with and without sharing ----------------------------------------------------------------------------
def shared_determinant(a):
    """The same expansion, which computes the minor of the same columns once."""

    @cache
    def minor(row, columns):
        if len(columns) == 1:
            return a[row][columns[0]]
        total = 0.0
        for k, column in enumerate(columns):
            product = a[row][column] * minor(row + 1, columns[:k] + columns[k + 1 :])
            total = total - product if k % 2 else total + product
        return total

    return minor(0, tuple(range(len(a))))


@contextmanager
def unshared() -> Iterator[None]:
    """The compiler without what finds common subexpressions, while it traces and afterwards."""
    with (
        patch.object(Known, "same", lambda self, out, *about: out),
        patch.object(simplify, "shared", lambda program: program),
    ):
        yield


def main(sizes=(5, 6, 7)):
    """Print milliseconds and numbers of operations."""
    programs = (
        (determinant, "all products, not shared", unshared),
        (determinant, "all products", nullcontext),
        (shared_determinant, "shared minors", nullcontext),
    )
    print("| | traced | left | first call, ms | each call, ms |\n|---|---:|---:|---:|---:|")
    for n in sizes:
        a = np.random.default_rng(n).random((n, n)).tolist()
        for f, title, how in programs:
            for run, what in ((jit(f), "primal"), (jit(grad(f)), "gradient")):
                times = []
                with how():
                    for _ in range(20):
                        start = perf_counter()
                        run(a)
                        times.append(1e3 * (perf_counter() - start))
                counts = f"{run.stats['traced']} | {run.stats['left']}"
                print(
                    f"| {n} {what}, {title} | {counts} | {times[0]:.3g} | {median(times[1:]):.3g} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
