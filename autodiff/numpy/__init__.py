"""The namespace of NumPy's functions, differentiable; and the tables by which `np.f(x)` finds them.

`import autodiff.numpy as np` serves a whole program: what stands here, and for every other name NumPy's own,
which are constants, dtypes, and functions that find ours for Tensors or raise.
"""

from typing import Any

import numpy as _numpy

from ..primitives.arithmetic import *
from ..primitives.elementary import *
from ..primitives.products import *
from . import fft, linalg, protocol
from .arranging import *
from .assignment import *
from .calculus import *
from .choosing import *
from .constructors import *
from .creation import *
from .joining import *
from .networks import *
from .padding import *
from .polynomials import *
from .products import *
from .reductions import *
from .selection import *
from .sets import *
from .shapes import *
from .spaces import *
from .statistics import *
from .ufuncs import *  # type: ignore[assignment]  # sign takes complex numbers, too
from .vectors import *


def __getattr__(name: str) -> Any:
    if name.startswith("_") or not hasattr(_numpy, name):
        raise AttributeError(f"autodiff.numpy has no {name!r}, and neither has numpy")
    return getattr(_numpy, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(_numpy)})
