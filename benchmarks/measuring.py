"""What the benchmarks share: one thread for every library, the peers, and candidates that take turns.

To be imported before NumPy: it sets the environment that NumPy and the peers read.
"""

from __future__ import annotations

import os

os.environ.update(  # one thread each: read when NumPy and the peers are imported
    {
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "NPROC": "1",
        "AUTODIFF_THREADS": "1",
        "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
        "JAX_PLATFORMS": "cpu",
    }
)
os.environ.pop("OPENBLAS_CORETYPE", None)  # every library picks its kernels for this processor by itself
os.environ.pop("OPENBLAS_L2_SIZE", None)


import gc
import importlib
import platform
import time
from collections.abc import Callable
from importlib import metadata
from statistics import median
from typing import Any, NamedTuple

import numpy as np

CALLS = 20  # in a block; taking turns call by call would charge each candidate for the other's cold caches

Run = Callable[[], Any]


class Candidate(NamedTuple):
    """What is timed, and what must be the same for every candidate of a case: called once, before."""

    run: Run
    answer: Run


def plain(x: Any) -> Any:
    return np.asarray(x.detach() if hasattr(x, "detach") else x)


def check_agreement(case: str, candidates: dict[str, Candidate]) -> None:
    """Raise AssertionError unless all candidates compute the same."""
    answers = {name: [plain(a) for a in candidate.answer()] for name, candidate in candidates.items()}
    for name, answer in answers.items():
        for ours, theirs in zip(answers["autodiff"], answer, strict=True):
            rtol, atol = (
                (1e-3, 1e-6) if ours.dtype == np.float32 else (1e-9, 1e-10 * np.abs(ours).max(initial=0))
            )
            np.testing.assert_allclose(theirs, ours, rtol, atol, err_msg=f"{case}: {name} disagrees")


def interleaved(
    candidates: dict[str, Candidate], repeats: int, collector: bool, calls: int = CALLS
) -> dict[str, float]:
    """Microseconds per call: the median over `repeats` rounds, in which each candidate has one block.

    With `collector`, Python's collector of cycles works as in any program; else only between the blocks.
    """
    times: dict[str, list[float]] = {name: [] for name in candidates}
    gc.collect()
    gc.freeze()  # what has been imported need not be searched again
    for _ in range(repeats + 1):
        for name, candidate in candidates.items():
            run = candidate.run
            run()  # brings its code and data back into the caches
            if not collector:
                gc.disable()
            start = time.perf_counter()
            for _ in range(calls):
                run()
            times[name].append((time.perf_counter() - start) / calls * 1e6)
            gc.enable()
            gc.collect()
    gc.unfreeze()
    return {name: median(t[1:]) for name, t in times.items()}  # the first round warms up


def load_peers(*wanted: str) -> dict[str, Any]:
    """The peers that are installed, or those wanted, each on one thread; None for the others."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    usual = ("torch", "mygrad", "jax", "autograd", "micrograd")
    modules = {name: {"micrograd": "micrograd.engine"}.get(name, name) for name in wanted or usual}
    peers: dict[str, Any] = {}
    for name, module in modules.items():
        try:
            peers[name] = importlib.import_module(module)
        except ImportError:
            peers[name] = None
    if peers.get("torch"):
        peers["torch"].set_num_threads(1)
    return peers


def versions(peers: dict[str, Any]) -> dict[str, str]:
    """What is compared, printed before a table; names what is missing."""
    found = {"python": platform.python_version(), "numpy": np.__version__}
    found |= {name: metadata.version(name) for name, module in peers.items() if module}
    print(", ".join(f"{name} {version}" for name, version in found.items()))
    if missing := [name for name, module in peers.items() if not module]:
        print(f"missing: {', '.join(missing)}.  All peers: pip install '.[bench]'")
    return found
