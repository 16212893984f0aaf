"""autodiff: exact derivatives of Python and NumPy code, by backpropagation through a recorded graph.

Start with `graph.py`; then `backward.py`, `forward.py` and `kinds.py`.  This file only lists names.
"""

from . import numpy, optim, testing
from .errors import *
from .graph import *
from .kinds import *
from .numpy.functions import *
from .primitives.arithmetic import *
from .primitives.arrays import *
from .primitives.elementary import *
from .tensor import *
from .transforms.grad import *
from .transforms.hvp import *
from .transforms.jvp import *
from .transforms.vjp import *
from .value import *
