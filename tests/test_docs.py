"""Everything public says what it does."""

import types

import numpy as np
import pytest

import autodiff
from autodiff.graph import Primitive

PUBLIC = {
    name: thing
    for name, thing in vars(autodiff).items()
    if not name.startswith("_") and not isinstance(thing, (types.ModuleType, dict))
}
NUMPYS = [name for name, f in PUBLIC.items() if hasattr(np, name) and not isinstance(f, Primitive)]
OWN_EXAMPLE = [
    name for name, thing in PUBLIC.items() if not isinstance(thing, Primitive) and name not in NUMPYS
]


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_have_docstrings(name):
    assert (PUBLIC[name].__doc__ or "").strip()


@pytest.mark.parametrize("name", [n for n, thing in PUBLIC.items() if isinstance(thing, Primitive)])
def test_primitives_state_their_derivative(name):
    text = PUBLIC[name].__doc__
    assert "∂/∂" in text or "derivative" in text or "transpose" in text


@pytest.mark.parametrize("name", NUMPYS)
def test_functions_that_bear_numpys_name_state_their_derivative(name):
    assert "Derivative" in PUBLIC[name].__doc__


NO_USE = {
    "ConvergenceError",
    "Node",
    "Primitive",
    "StaleError",
    "bilinear",
    "constant",
    "general",
    "linear",
}  # no example


@pytest.mark.parametrize("name", sorted(set(OWN_EXAMPLE) - NO_USE))
def test_public_functions_and_classes_have_a_runnable_example(name):
    assert ">>> " in PUBLIC[name].__doc__
