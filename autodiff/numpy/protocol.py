"""What `np.f(x)` runs when x is a Value or a Tensor: NumPy's function on the left, ours on the right."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph import Primitive
from ..kinds import PRIMITIVES
from ..primitives import arithmetic, elementary
from ..variable import Variable
from . import (
    arranging,
    assignment,
    calculus,
    choosing,
    creation,
    fft,
    joining,
    linalg,
    methods,
    padding,
    polynomials,
    products,
    reductions,
    refusals,
    selection,
    sets,
    shapes,
    spaces,
    statistics,
    ufuncs,
    vectors,
)  # fmt: skip
from .shapes import about, plain


def value_of(f: Any, known: bool) -> Any:
    """f of the plain values, for questions without a derivative; `known` if they are about numbers."""
    name = f"np.{f.__name__}"

    def see(x: Any) -> Any:
        if type(x) in (tuple, list):
            return type(x)(map(see, x))
        return plain(x, name) if known else about(x)

    def answer(*args: Any, **kwargs: Any) -> Any:
        """NumPy's own answer, from the plain values.  Derivative: zero."""
        return f(*map(see, args), **{key: see(x) for key, x in kwargs.items()})

    return answer


def method(name: str) -> Any:
    """`add.reduce` and the like: the method of the primitives that stand for ufuncs."""

    def run(self: Any, *args: Any, **settings: Any) -> Any:
        ufunc = Variable.as_ufunc.get(self)
        if ufunc is None:
            raise TypeError(f"{self.name} is no ufunc: it has no method {name}")
        return methods.run(ufunc, self, name, args, settings)

    return run


def install() -> None:
    """Fill the tables that `Variable.__array_ufunc__` and `__array_function__` look in."""
    table, functions = Variable.ufuncs, Variable.functions
    table.update({p.f: p for p in PRIMITIVES.values() if isinstance(p.f, np.ufunc)})
    table.update({np.conjugate: arithmetic.conjugate, np.logaddexp: elementary.logaddexp})
    table.update({np.degrees: elementary.rad2deg, np.radians: elementary.deg2rad})
    Variable.as_ufunc.update({p: ufunc for ufunc, p in table.items()})
    Variable.as_ufunc[arithmetic.sign] = np.sign
    Variable.run_ufunc = staticmethod(methods.run)
    table.update({np.sign: ufuncs.sign, np.divmod: ufuncs.divmod, np.modf: ufuncs.modf})
    table.update({np.matmul: vectors.matmul, np.vecdot: vectors.vecdot})
    table.update({np.matvec: vectors.matvec, np.vecmat: vectors.vecmat})
    table.update({np.ldexp: ufuncs.ldexp, np.frexp: ufuncs.frexp})
    for module in MODULES:
        functions.update(
            {getattr(np, name): getattr(module, name) for name in module.__all__ if hasattr(np, name)}
        )
    functions[np.lib.stride_tricks.sliding_window_view] = arranging.sliding_window_view
    functions.update({np.around: selection.round, np.real: arithmetic.real, np.imag: arithmetic.imag})
    functions.update({f: value_of(f, known=False) for f in ABOUT_SHAPES})
    functions.update({f: value_of(f, known=True) for f in ABOUT_NUMBERS})
    for space, module in ((np.linalg, linalg), (np.fft, fft)):
        known = [name for name in module.__all__ if hasattr(space, name)]
        functions.update({getattr(space, name): getattr(module, name) for name in known})
    Variable.refused.update({**refusals.NOT_DIFFERENTIABLE, **refusals.NOT_SUPPORTED})


MODULES = (
    arranging, assignment, calculus, choosing, creation, joining, padding, polynomials, products, reductions,
    selection, sets, shapes, spaces, statistics, ufuncs, vectors,
)  # fmt: skip
# questions, whose answers are constants
ABOUT_SHAPES: tuple[Any, ...] = (
    np.shape, np.ndim, np.size, np.array_repr, np.array_str, np.array2string, np.result_type, np.can_cast,
    np.common_type, np.iscomplexobj, np.isrealobj, np.diag_indices_from, np.tril_indices_from,
    np.triu_indices_from,
)  # fmt: skip
ABOUT_NUMBERS: tuple[Any, ...] = (
    np.nonzero, np.argwhere, np.flatnonzero, np.allclose, np.isclose, np.array_equal, np.array_equiv,
    np.count_nonzero, np.min_scalar_type, np.ix_, np.unravel_index, np.ravel_multi_index,
)  # fmt: skip
install()
Primitive.reduce, Primitive.accumulate = method("reduce"), method("accumulate")  # type: ignore[attr-defined]
Primitive.reduceat, Primitive.outer = method("reduceat"), method("outer")  # type: ignore[attr-defined]
Primitive.at = method("at")  # type: ignore[attr-defined]
