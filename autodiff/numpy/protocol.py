"""What `np.f(x)` runs when x is a Value or a Tensor: NumPy's function on the left, ours on the right."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kinds import PRIMITIVES
from ..primitives import arithmetic, elementary
from ..variable import Variable
from . import creation, fft, linalg, products, reductions, selection, shapes, vectors
from .shapes import about, plain


def value_of(f: Any, known: bool) -> Any:
    """f of the plain values, for questions without a derivative; `known` if they are about numbers."""
    name = f"np.{f.__name__}"

    def answer(*args: Any, **kwargs: Any) -> Any:
        see: Any = (lambda x: plain(x, name)) if known else about
        return f(*map(see, args), **{key: see(x) for key, x in kwargs.items()})

    return answer


def divided(x: Any, y: Any) -> tuple[Any, Any]:
    return arithmetic.floor_divide(x, y), arithmetic.remainder(x, y)


def install() -> None:
    """Fill the tables that `Variable.__array_ufunc__` and `__array_function__` look in."""
    ufuncs, functions = Variable.ufuncs, Variable.functions
    ufuncs.update({p.f: p for p in PRIMITIVES.values() if isinstance(p.f, np.ufunc)})
    ufuncs.update({np.conjugate: arithmetic.conjugate, np.sign: arithmetic.sign, np.divmod: divided})
    ufuncs[np.logaddexp] = elementary.logaddexp
    ufuncs.update({np.matmul: vectors.matmul, np.vecdot: vectors.vecdot})
    ufuncs.update({np.matvec: vectors.matvec, np.vecmat: vectors.vecmat})
    for module in (creation, products, reductions, selection, shapes, vectors):
        functions.update({getattr(np, name): getattr(module, name) for name in module.__all__})
    functions.update({np.around: selection.round, np.real: arithmetic.real, np.imag: arithmetic.imag})
    functions.update({f: value_of(f, known=False) for f in ABOUT_SHAPES})
    functions.update({f: value_of(f, known=True) for f in ABOUT_NUMBERS})
    for where, module in ((np.linalg, linalg), (np.fft, fft)):
        functions.update(
            {getattr(where, name): getattr(module, name) for name in module.__all__ if hasattr(where, name)}
        )


ABOUT_SHAPES: tuple[Any, ...] = (
    np.shape, np.ndim, np.size, np.array_repr, np.array_str, np.result_type, np.iscomplexobj, np.isrealobj,
)  # fmt: skip
ABOUT_NUMBERS: tuple[Any, ...] = np.nonzero, np.allclose, np.isclose, np.array_equal, np.count_nonzero
install()
