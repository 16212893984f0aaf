"""What does the second thread gain?  Native programs of one array, with it and without, in turns.

python benchmarks/threads.py            takes half a minute; it needs llvmlite and two cores
python benchmarks/threads.py --quick    fewer repeats

Kernels that are long enough are done in halves, on two threads if there are two (`AUTODIFF_THREADS`).  Both
ways give the same numbers, which is checked.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from measuring import Candidate, check_agreement, interleaved, versions

# isort: split
import numpy as np

import autodiff as ad
import autodiff.numpy as m
from autodiff import jit, value_and_grad
from autodiff.jit.native import threads

LENGTHS = 10_000, 40_000, 160_000, 1_000_000


def logsumexp(x: Any) -> Any:
    largest = m.max(x)
    return m.log(m.sum(m.exp(x - largest))) + largest


PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "arithmetic, five operations": lambda x: ((x * 1.5 + 0.5) * x - 0.25) * x,
    "tanh(exp(-x²))": lambda x: ad.tanh(ad.exp(-x * x)),
    "log-sum-exp": logsumexp,
    "its gradient, and it": value_and_grad(logsumexp),
    "rows, softmax": lambda x: ad.softmax(x.reshape(-1, 100), axis=1),
}


@contextmanager
def without(job: Any) -> Iterator[None]:
    alive, job[threads.ALIVE] = int(job[threads.ALIVE]), 0
    try:
        yield
    finally:
        job[threads.ALIVE] = alive


def candidates(f: Any, x: Any, job: Any) -> dict[str, Candidate]:
    def run() -> Any:
        out = f(x)
        return out if isinstance(out, tuple) else (out,)

    def alone() -> Any:
        with without(job):
            return run()

    return {"autodiff": Candidate(run, run), "one": Candidate(alone, alone)}


def main() -> None:
    parser = argparse.ArgumentParser(description="Native programs on two threads and on one.")
    parser.add_argument("--quick", action="store_true", help="fewer repeats: rough figures")
    repeats = 10 if parser.parse_args().quick else 60
    os.environ["AUTODIFF_THREADS"] = "2"
    job = threads.job()
    if not job[threads.ALIVE]:
        raise SystemExit("there is no second thread here: it takes Linux")
    versions({})
    print("\n| microseconds | elements | one thread | two | gain |\n| --- | ---: | ---: | ---: | ---: |")
    for name, program in PROGRAMS.items():
        for n in LENGTHS:
            f = jit(program, backend="native")
            found = candidates(f, np.random.default_rng(0).standard_normal(n), job)
            check_agreement(name, found)
            times = interleaved(found, repeats, collector=True)
            one, two = times["one"], times["autodiff"]
            print(f"| {name} | {n:,} | {one:.1f} | {two:.1f} | {one / two:.2f} |", flush=True)


if __name__ == "__main__":
    main()
