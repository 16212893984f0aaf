"""Pictures of graphs: one file a picture, each written from the same content (`content.py`).

`autodiff.draw` is this package, and it is a function: `autodiff.draw(y)` draws, `from autodiff.draw import …`
imports what is in here.
"""

import sys
from types import ModuleType

from .drawing import Drawing, draw

__all__ = ["Drawing"]


class CallablePackage(ModuleType):
    """A package that is called like its main function."""

    __call__ = staticmethod(draw)


sys.modules[__name__].__class__ = CallablePackage
