"""Functions to functions: each takes a function that computes and gives one that differentiates."""

from .grad import *  # noqa: F403
from .grad import __all__ as _grad
from .hvp import *  # noqa: F403
from .hvp import __all__ as _hvp
from .jvp import *  # noqa: F403
from .jvp import __all__ as _jvp
from .vjp import *  # noqa: F403
from .vjp import __all__ as _vjp

__all__ = [*_grad, *_hvp, *_jvp, *_vjp]  # noqa: PLE0604
