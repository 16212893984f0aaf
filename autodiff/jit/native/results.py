"""Memory for large results, used again when nobody has the result any more.

    y = f(x)         memory that the system has to find and clear, page by page: 0.6 ns a byte
    y = f(x)         once the first y is gone: the same memory, which is there

To find and clear memory often takes longer than to compute what goes there.  A large result is a view of a
block.  The block is free when nothing refers to it but the list of blocks: views of views refer to it, too.
"""

from __future__ import annotations

from math import prod
from sys import getrefcount
from typing import Any

import numpy as np

from .memory import LINE

__all__: list[str] = []

LARGE = 1 << 17  # bytes: the system's allocator has smaller memory at hand
KEPT = 1 << 28  # bytes of all blocks together; results beyond have memory of their own
FREE = 3  # references to a block without views: of the list, of a variable, and of the question

blocks: dict[int, list[tuple[Any, int]]] = {}  # by size in bytes, with where the first line of memory begins


def empty(shape: tuple[int, ...], dtype: Any) -> Any:
    """As `np.empty`, in a block: for arrays of at least LARGE bytes."""
    size = prod(shape) * dtype.itemsize
    for block, start in blocks.get(size, ()):
        if getrefcount(block) == FREE:  # and nobody else can take it while we have it
            return np.ndarray(shape, dtype, block, start)
    if not room_for(size):
        return np.empty(shape, dtype)
    block = np.empty(size + LINE, np.uint8)
    start = -block.ctypes.data % LINE
    blocks.setdefault(size, []).append((block, start))
    return np.ndarray(shape, dtype, block, start)


def room_for(size: int) -> bool:
    """Whether there may be another block of this size, for which others that are free are given up."""
    held = sum(n * len(some) for n, some in blocks.items())
    for n, some in list(blocks.items()) if held + size > KEPT >= size else ():
        for k in reversed(range(len(some))):
            if held + size > KEPT and getrefcount(some[k][0]) == FREE - 1:
                del some[k]
                held -= n
    return held + size <= KEPT
