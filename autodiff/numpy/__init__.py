"""The namespace of NumPy's functions, differentiable; and the tables by which `np.f(x)` finds them."""

from ..primitives import *  # noqa: F403
from ..primitives import __all__ as _primitives
from .functions import *  # noqa: F403
from .functions import __all__ as _functions
from .protocol import install as _install

__all__ = sorted({*_primitives, *_functions})  # noqa: PLE0605

_install()
