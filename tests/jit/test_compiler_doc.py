"""docs/compiler.md shows what the compiler really says."""

import doctest
from pathlib import Path

import numpy as np
import pytest

from autodiff.jit import chunks

DOC = Path(__file__).parents[2] / "docs" / "compiler.md"


def test_the_document_is_what_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "cache_size", lambda: 1 << 20)
    with np.printoptions():
        failed, tried = doctest.testfile(
            str(DOC), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
        )
    assert tried > 15
    assert failed == 0
