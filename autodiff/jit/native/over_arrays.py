"""A function of lanes as a function of arrays: with which the mathematics is tested, measured and timed."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import engine
from .ir import BYTES, TYPES, Code, Lanes, Module

__all__: list[str] = []

DTYPES = {name: dtype for dtype, name in TYPES.items()}


class OverArrays:
    """f(code, x, y…), element by element, of contiguous arrays of these dtypes and of one length.

    `ir` is the text of the module, `dtype` that of the result.

    >>> from autodiff.jit.native.mathematics import exp
    >>> f = OverArrays(exp, [np.float64], width=2)
    >>> f(np.array([0.0, -1.0, np.inf]))
    array([1.        , 0.36787944,        inf])
    """

    def __init__(
        self,
        f: Callable[..., Lanes],
        dtypes: Sequence[Any],
        width: int,
        outline: bool = False,
        machine: engine.Machine | None = None,
    ) -> None:
        self.width, self.dtypes = width, [np.dtype(dtype) for dtype in dtypes]
        self.ir, self.dtype = loop(f, [TYPES[dtype] for dtype in self.dtypes], width, outline)
        code = engine.emitted(self.ir, machine or engine.machine())
        prototype = ctypes.CFUNCTYPE(None, ctypes.c_int64, *[ctypes.c_void_p] * (len(dtypes) + 1))
        self.function = engine.loaded(code, ("over",)).function("over", prototype)

    def __call__(self, *xs: Any) -> Any:
        n = len(xs[0])
        whole = -(-n // self.width) * self.width
        padded = [np.concatenate([x, np.ones(whole - n, d)]) for x, d in zip(xs, self.dtypes, strict=True)]
        out = np.empty(whole, self.dtype)
        self.into(out, *padded)
        return out[:n]

    def into(self, out: Any, *xs: Any) -> None:
        """The same, written into `out`, of a length that is a multiple of the width."""
        self.function(len(out), *[x.ctypes.data for x in (*xs, out)])


def loop(f: Callable[..., Lanes], types: list[str], width: int, outline: bool) -> tuple[str, Any]:
    """The module that does it, and the dtype of the result."""
    module = Module()
    code = Code(module, width, outline)
    code.label("entry")
    code.lines.append("  br label %loop")
    code.label("loop")
    start = len(code.lines)

    def at(name: str, type: str) -> str:
        stored = "i8" if BYTES[type] == 1 else type
        return code.value("ptr", f"getelementptr {stored}, ptr {name}, i64 %i").name

    out = f(code, *[code.load(at(f"%x{k}", type), type) for k, type in enumerate(types)])
    code.store(out, at("%out", out.type))
    code.lines.insert(start, f"  %i = phi i64 [ 0, %entry ], [ %next, %{code.block} ]")
    code.lines += [
        f"  %next = add i64 %i, {width}",
        "  %more = icmp slt i64 %next, %n",
        "  br i1 %more, label %loop, label %done",
        "done:",
        "  ret void",
    ]
    arguments = "".join(f"ptr %x{k}, " for k in range(len(types)))
    module.define("over", f"void @over(i64 %n, {arguments}ptr %out)", code)
    return str(module), DTYPES[out.type]
