"""The tables of primitives: one row each, grouped by what they are for."""

from .arithmetic import *  # noqa: F403
from .arithmetic import __all__ as _arithmetic
from .arrays import *  # noqa: F403
from .arrays import __all__ as _arrays
from .elementary import *  # noqa: F403
from .elementary import __all__ as _elementary

__all__ = [*_arithmetic, *_arrays, *_elementary]  # noqa: PLE0604
