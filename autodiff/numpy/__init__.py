"""The namespace of NumPy's functions, differentiable; and the tables by which `np.f(x)` finds them."""

from ..primitives.arithmetic import *
from ..primitives.elementary import *
from ..primitives.products import *
from . import fft, linalg, protocol
from .calculus import *
from .creation import *
from .networks import *
from .polynomials import *
from .products import *
from .reductions import *
from .selection import *
from .shapes import *
from .spaces import *
from .statistics import *
from .ufuncs import *  # type: ignore[assignment]  # sign takes complex numbers, too
from .vectors import *
