"""autodiff: exact derivatives of Python and NumPy code, by backpropagation through a recorded graph.

Start with `graph.py`; then `backward.py`, `forward.py` and `kinds.py`.  This file only lists names.
"""

from typing import TYPE_CHECKING

from . import numpy, optim, testing
from .draw import stepper as stepper
from .draw.explain import *
from .draw.formula import *
from .draw.source import *
from .errors import *
from .graph import *
from .jit.compile import *
from .kinds import *
from .numpy import linalg
from .numpy.creation import *
from .numpy.linalg import norm as norm
from .numpy.networks import *
from .numpy.padding import *
from .numpy.products import *
from .numpy.reductions import *
from .numpy.selection import *
from .numpy.shapes import *
from .primitives.arithmetic import *
from .primitives.elementary import *
from .primitives.products import *
from .tensor import *
from .transforms.checkpoint import *
from .transforms.custom import *
from .transforms.diagonals import *
from .transforms.grad import *
from .transforms.hvp import *
from .transforms.implicit import *  # type: ignore[assignment]  # argmin takes functions, too
from .transforms.intermediates import *
from .transforms.jacobian import *
from .transforms.jvp import *
from .transforms.laplacian import *
from .transforms.linear_solve import *
from .transforms.sparse import *
from .transforms.taylor import *
from .transforms.vjp import *
from .transforms.vmap import *
from .trees import *
from .value import *

if TYPE_CHECKING:  # a package that is called, which type checkers know nothing of
    from .draw import draw as draw
else:
    from . import draw
del TYPE_CHECKING
