"""As many random programs as one likes, compiled against eager; not part of the test run.

    PYTHONPATH=. python tests/long/jit_programs.py                100,000 programs, forty minutes on a core
    PYTHONPATH=. python tests/long/jit_programs.py 5000 --seed 3  5,000 others
    PYTHONPATH=. python tests/long/jit_programs.py --backend native

Every program is checked as in tests/jit/test_random_jit.py, most of them with a cache so small that all of it
is loops over rows, and memory is used again everywhere.  A mismatch prints the program, and ends the run.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from functools import partial

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from autodiff.jit import buffers, chunks
from tests.jit.test_random_jit import WAYS, check
from tests.test_random_programs import Program, programs

BLOCK = 1000


def run(count: int, number: int) -> None:
    @seed(number)
    @settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(programs(), st.integers(0, 2 * WAYS - 1), st.sampled_from([1 << 20, 64, 256, 1024]))
    def block(program: Program, k: int, size: int) -> None:
        usual = chunks.cache_size, buffers.buffered.__defaults__
        chunks.cache_size = lambda: size  # type: ignore[assignment]
        buffers.buffered.__defaults__ = (0,) if size < 1 << 20 else usual[1]
        try:
            check(program, k)
        finally:
            chunks.cache_size, buffers.buffered.__defaults__ = usual  # type: ignore[assignment]

    block()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", nargs="?", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--backend", choices=("numpy", "native"), default="numpy")
    given_ = parser.parse_args()
    os.environ["AUTODIFF_JIT"] = given_.backend
    warnings.simplefilter("ignore", RuntimeWarning)
    start, say = time.time(), partial(print, flush=True)
    for k in range(0, given_.count, BLOCK):
        run(min(BLOCK, given_.count - k), given_.seed * 1_000_003 + k)
        say(f"{min(k + BLOCK, given_.count)} programs, no mismatch, {time.time() - start:.0f} s")


if __name__ == "__main__":
    main()
