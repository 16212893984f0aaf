"""The namespace of NumPy's functions, differentiable; and the tables by which `np.f(x)` finds them."""

from ..primitives.arithmetic import *
from ..primitives.arrays import *
from ..primitives.elementary import *
from . import linalg, protocol
from .functions import *
