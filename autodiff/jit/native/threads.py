"""Two threads: half of a kernel's turns runs on another core, where a kernel has enough to do.

    row of a kernel              a row of `both`, and behind it in the table
    x: 100,000 elements    ->        the kernel's row for the first half
                                     the kernel's row for the second half
                                 and if there is a total, a row that combines those of the halves

A kernel knows nothing of it: halves are rows with other lengths and starts.  Whether a kernel is halved
depends on its size alone, so the same numbers come out whether there is a second thread or not.

The second thread is one of Python's that never comes back from `serve`, native code that holds no lock of
Python's.  `both` offers it the second half, does the first, and then does the second as well if nobody has
taken it by then.  So nothing waits for a thread that has not been woken, or that is not there: in a child
process after a fork there is none, and calls go on alone.

`AUTODIFF_THREADS=1` starts none.  There is none either where the process has one core, nor outside of Linux,
whose semaphores it waits at.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable
from functools import cache
from math import prod
from typing import Any

import numpy as np

from .engine import Library, library
from .kernels import FAR, NEXT, SAME, Kernel, Step, Store, places, work
from .nests import Array, Nest

__all__: list[str] = []

ENOUGH = 250_000  # instructions of a kernel, roughly, from which on the other core gains more than it costs
APART = (
    64  # elements: halves begin at a multiple, so that vectors stay whole, and lines of memory are one core's
)
EVEN = 0.6  # of what there is, at least, must be done by twice the first half: one of three turns

# ---- fields of the job, 8 bytes each
STATE, ROW, BASES, ASLEEP, SEMAPHORE, POST, WAIT, YIELD, ALIVE = range(9)
FREE, OFFERED, TAKEN, DONE, MINE = range(5)  # states
SPINS = 1 << 13  # looks at the state before the thread goes to sleep: some ten microseconds


def field(k: int, of: str = "%job") -> str:
    return f"getelementptr i64, ptr {of}, i64 {k}"


TEXT = f"""
define void @both(ptr %row, ptr %bases) {{
entry:
  %place = {field(2, "%row")}
  %job = load ptr, ptr %place, align 8
  %first = {field(3, "%row")}
  %at = {field(1, "%first")}
  %length = load i64, ptr %at, align 8
  %second = getelementptr i64, ptr %first, i64 %length
  %f = load ptr, ptr %first, align 8
  %g = load ptr, ptr %second, align 8
  %alive.at = {field(ALIVE)}
  %alive = load i64, ptr %alive.at, align 8
  %there = icmp ne i64 %alive, 0
  br i1 %there, label %ask, label %alone
ask:
  %asked = cmpxchg ptr %job, i64 {FREE}, i64 {MINE} seq_cst seq_cst
  %got = extractvalue {{ i64, i1 }} %asked, 1
  br i1 %got, label %offer, label %alone
offer:
  %row.at = {field(ROW)}
  store ptr %second, ptr %row.at, align 8
  %bases.at = {field(BASES)}
  store ptr %bases, ptr %bases.at, align 8
  store atomic i64 {OFFERED}, ptr %job seq_cst, align 8
  %asleep.at = {field(ASLEEP)}
  %asleep = atomicrmw xchg ptr %asleep.at, i64 0 seq_cst
  %sleeps = icmp ne i64 %asleep, 0
  br i1 %sleeps, label %wake, label %own
wake:
  %post.at = {field(POST)}
  %post = load ptr, ptr %post.at, align 8
  %semaphore.at = {field(SEMAPHORE)}
  %semaphore = load ptr, ptr %semaphore.at, align 8
  %posted = call i32 %post(ptr %semaphore)
  br label %own
own:
  call void %f(ptr %first, ptr %bases)
  %back = cmpxchg ptr %job, i64 {OFFERED}, i64 {FREE} seq_cst seq_cst
  %mine = extractvalue {{ i64, i1 }} %back, 1
  br i1 %mine, label %rest, label %look
look:
  %looks = phi i64 [ 1, %own ], [ %more, %again ]
  %state = load atomic i64, ptr %job seq_cst, align 8
  %done = icmp eq i64 %state, {DONE}
  br i1 %done, label %finished, label %wait
wait:
  %some = and i64 %looks, 1023
  %long = icmp eq i64 %some, 0
  br i1 %long, label %give, label %again
give:
  %yield.at = {field(YIELD)}
  %yield = load ptr, ptr %yield.at, align 8
  %yielded = call i32 %yield()
  br label %again
again:
  %more = add i64 %looks, 1
  br label %look
finished:
  store atomic i64 {FREE}, ptr %job seq_cst, align 8
  ret void
alone:
  call void %f(ptr %first, ptr %bases)
  br label %rest
rest:
  call void %g(ptr %second, ptr %bases)
  ret void
}}

define void @serve(ptr %job) {{
entry:
  %row.at = {field(ROW)}
  %bases.at = {field(BASES)}
  %asleep.at = {field(ASLEEP)}
  %semaphore.at = {field(SEMAPHORE)}
  %semaphore = load ptr, ptr %semaphore.at, align 8
  %wait.at = {field(WAIT)}
  %wait = load ptr, ptr %wait.at, align 8
  br label %look
look:
  %looks = phi i64 [ 0, %entry ], [ %more, %nothing ], [ 0, %take ], [ 0, %run ], [ 0, %awake ], [ 0, %down ]
  %state = load atomic i64, ptr %job seq_cst, align 8
  %offered = icmp eq i64 %state, {OFFERED}
  br i1 %offered, label %take, label %nothing
take:
  %taken = cmpxchg ptr %job, i64 {OFFERED}, i64 {TAKEN} seq_cst seq_cst
  %got = extractvalue {{ i64, i1 }} %taken, 1
  br i1 %got, label %run, label %look
run:
  %row = load ptr, ptr %row.at, align 8
  %bases = load ptr, ptr %bases.at, align 8
  %kernel = load ptr, ptr %row, align 8
  call void %kernel(ptr %row, ptr %bases)
  store atomic i64 {DONE}, ptr %job seq_cst, align 8
  br label %look
nothing:
  %more = add i64 %looks, 1
  %spin = icmp slt i64 %more, {SPINS}
  br i1 %spin, label %look, label %sleep
sleep:
  %before = atomicrmw xchg ptr %asleep.at, i64 1 seq_cst
  %last = load atomic i64, ptr %job seq_cst, align 8
  %now = icmp eq i64 %last, {OFFERED}
  br i1 %now, label %awake, label %down
awake:
  %was = atomicrmw xchg ptr %asleep.at, i64 0 seq_cst
  %unseen = icmp ne i64 %was, 0
  br i1 %unseen, label %look, label %down
down:
  %woken = call i32 %wait(ptr %semaphore)
  br label %look
}}
"""


# ---- halves ----------------------------------------------------------------------------------------------
def halves(made: Nest, scratch: Callable[[Any], Any]) -> tuple[Nest, Nest, list[Nest]] | None:
    """The halves of a kernel's work, and what combines their totals; None if it is not worth it, or can't be.

    `scratch(root)` is memory for one number of the kind of this one's: a total of the second half.
    """
    kernel, sizes = made.kernel, made.sizes
    if not sizes or prod(sizes) * work(kernel) < ENOUGH or kernel.down:
        return None
    if any(s.op is s.combine is None and s.inputs for s in kernel.steps):
        return None  # lanes look at their neighbours
    totals = kernel.first == 0 and any(s.combine is not None for s in kernel.steps)
    found = places(kernel)
    if totals and any(p.stage and kernel.steps[k].combine is None for k, p in enumerate(found)):
        return None  # what needs a total
    loops = [0] if totals else range(kernel.first)
    for loop in loops:
        unit = APART if loop == kernel.vector else 1
        cut = sizes[loop] // 2 // unit * unit
        if cut * 2 < EVEN * sizes[loop]:
            continue
        moved = [far(made, n, loop) for n in range(len(made.arrays))]
        own = [kernel.steps[s.step].combine is not None for s in kernel.stores]
        stores = range(len(made.arrays) - len(own), len(made.arrays))
        if any(moved[n] == 0 and not (totals and total) for n, total in zip(stores, own, strict=True)):
            continue  # both would write the same place
        ends = [a._replace(offset=a.offset + cut * s) for a, s in zip(made.arrays, moved, strict=True)]
        rest: list[Nest] = []
        for n, store, total in zip(stores, kernel.stores, own, strict=True):
            if totals and total:
                there = made.arrays[n]
                ends[n] = Array(scratch(there.root), 0, ())
                rest.append(joined(kernel.steps[store.step], there, ends[n], made.lanes_of))
        first = made._replace(sizes=with_(sizes, loop, cut))
        second = made._replace(sizes=with_(sizes, loop, sizes[loop] - cut), arrays=tuple(ends))
        return first, second, rest
    return None


def with_(sizes: tuple[int, ...], loop: int, size: int) -> tuple[int, ...]:
    return (*sizes[:loop], size, *sizes[loop + 1 :])


def far(made: Nest, n: int, loop: int) -> int:
    """How many bytes an array moves in a turn of a loop."""
    walk = made.kernel.walks()[n]
    if walk[loop] == SAME:
        return 0
    if walk[loop] == NEXT:
        return int(made.arrays[n].root.dtype.itemsize)
    return made.arrays[n].steps[sum(way == FAR for way in walk[:loop])]


def joined(total: Step, mine: Array, others: Array, lanes_of: int) -> Nest:
    """What combines a total of the first half with that of the second."""
    load = Step(total.type)
    step = Step(total.type, op=total.combine, inputs=(0, 1), params=())
    kernel = Kernel(0, 0, -1, (load, load, step), (Store(2, ()),))
    one = mine._replace(steps=())
    return Nest(kernel, (), (one, others, one), lanes_of)


# ---- the second thread -----------------------------------------------------------------------------------
def allowed() -> int:
    """How many threads there may be, 1 or 2: as many as cores, or as AUTODIFF_THREADS says.

    Raises ValueError where that is no such number.
    """
    text = os.environ.get("AUTODIFF_THREADS") or ""
    if text:
        if not text.isdecimal() or int(text) < 1:
            raise ValueError(f"AUTODIFF_THREADS must be 1, or 2 or more for two threads, not {text!r}")
        return min(int(text), 2)
    return min(2, len(os.sched_getaffinity(0))) if sys.platform == "linux" else 1


@cache
def functions() -> Library:
    return library(TEXT, ("both", "serve"))


@cache
def job() -> Any:
    """The job of this process, with a thread that waits for it, if there may be one."""
    found = np.zeros(16, np.int64)
    if allowed() < 2 or sys.platform != "linux":
        return found
    names = ("sem_init", "sem_post", "sem_wait", "sched_yield")
    own = ctypes.CDLL(None)
    if not all(hasattr(own, name) for name in names):
        return found
    semaphore = np.zeros(16, np.int64)  # 32 bytes in glibc and musl
    if own.sem_init(ctypes.c_void_p(semaphore.ctypes.data), 0, 0) != 0:
        return found
    addresses = [ctypes.cast(getattr(own, name), ctypes.c_void_p).value or 0 for name in names[1:]]
    found[SEMAPHORE], found[POST : YIELD + 1] = semaphore.ctypes.data, addresses
    kept.append(semaphore)
    serve = functions().function("serve", ctypes.CFUNCTYPE(None, ctypes.c_void_p))
    threading.Thread(target=serve, args=(found.ctypes.data,), name="autodiff", daemon=True).start()
    found[ALIVE] = 1
    os.register_at_fork(after_in_child=alone)
    return found


kept: list[Any] = []  # what the second thread works with, for as long as there is the process


def alone() -> None:
    """After a fork: the other thread has stayed behind."""
    job()[ALIVE] = 0
