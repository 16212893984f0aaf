"""Modules that a lesson can do without."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

INSTALL = 'pip install "autodiff-graph[lessons]"'
MESSAGES = {
    "en": "(left out: it needs {}; {})",
    "ko": "({}이(가) 없어서 건너뜁니다. 설치하려면: {})",
}
spoken = ["en"]  # the language of the lesson that is being read


def optional(module: str, needs: str | None = None) -> Any:
    """A module; or, where `needs` (by default the module itself) is not installed, a stand-in.

    A call of anything in the stand-in says what to install, and does nothing else, so that the rest of a
    lesson goes on.

    >>> optional("math").sqrt(4.0)
    2.0
    >>> picture = optional("no_such_module").picture([1, 2])
    (left out: it needs no_such_module; pip install "autodiff-graph[lessons]")
    """
    wanted = (needs or module).partition(".")[0]
    return import_module(module) if find_spec(wanted) else Missing(wanted)


class Missing:
    """In place of a module that is not installed: it can be used like one, and says so once per use."""

    def __init__(self, name: str, quiet: bool = False) -> None:
        self._name, self._quiet = name, quiet

    def __bool__(self) -> bool:
        return False

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # nothing that Python or a notebook looks for by itself
            raise AttributeError(name)
        return self

    def __call__(self, *args: Any, **settings: Any) -> Missing:
        if not self._quiet:
            print(MESSAGES[spoken[-1]].format(self._name, INSTALL))
        return Missing(self._name, quiet=True)

    def __getitem__(self, index: Any) -> Missing:
        return self

    def __iter__(self) -> Any:
        return iter((self, self))
