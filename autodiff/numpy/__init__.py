"""The namespace of NumPy's functions, differentiable; and the tables by which `np.f(x)` finds them."""

from ..primitives.arithmetic import *
from ..primitives.elementary import *
from ..primitives.products import *
from . import fft, linalg, protocol
from .creation import *
from .networks import *
from .products import *
from .reductions import *
from .selection import *
from .shapes import *
from .vectors import *
