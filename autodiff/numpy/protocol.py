"""What `np.f(x)` runs when x is a Value or a Tensor: NumPy's function on the left, ours on the right."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kinds import PRIMITIVES
from ..primitives import arithmetic, arrays
from ..variable import Variable
from . import functions, linalg


def value_of(f: Any) -> Any:
    """f of the plain value: for questions about shape, which have no derivative."""
    return lambda a, *args, **kwargs: f(a.value, *args, **kwargs)


def divided(x: Any, y: Any) -> tuple[Any, Any]:
    return arithmetic.floor_divide(x, y), arithmetic.remainder(x, y)


def install() -> None:
    """Fill the tables that `Variable.__array_ufunc__` and `__array_function__` look in."""
    Variable.ufuncs.update({p.f: p for p in PRIMITIVES.values() if isinstance(p.f, np.ufunc)})
    Variable.ufuncs.update({np.conjugate: arrays.conjugate, np.sign: arithmetic.sign, np.divmod: divided})
    Variable.functions.update(
        {
            np.sum: functions.sum,
            np.mean: functions.mean,
            np.reshape: functions.reshape,
            np.transpose: functions.transpose,
            np.broadcast_to: functions.broadcast_to,
            np.round: functions.round,
            np.where: arithmetic.where,
            np.real: arrays.real,
            np.imag: arrays.imag,
            np.zeros_like: arithmetic.zeros_like,
            np.ones_like: arithmetic.ones_like,
            np.shape: value_of(np.shape),
            np.ndim: value_of(np.ndim),
            np.size: value_of(np.size),
        }
    )
    Variable.functions.update({getattr(np.linalg, f.__name__): f for f in LINALG})


LINALG = (linalg.solve, linalg.inv, linalg.det, linalg.slogdet, linalg.cholesky, linalg.norm)
install()
