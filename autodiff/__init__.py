"""autodiff: exact derivatives of Python and NumPy code, by backpropagation through a recorded graph.

Start with `graph.py`; then `backward.py`, `forward.py` and `kinds.py`.  This file only lists names.
"""

from . import numpy, optim, testing
from .graph import *  # noqa: F403
from .kinds import *  # noqa: F403
from .numpy import *  # noqa: F403
from .tensor import *  # noqa: F403
from .transforms import *  # noqa: F403
from .value import *  # noqa: F403
