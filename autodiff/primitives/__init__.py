"""The tables of primitives: one row each, grouped by what they are for."""

from . import (
    arithmetic,
    bases,
    elementary,
    factors,
    fft,
    folds,
    indexing,
    linalg,
    polynomials,
    products,
    reductions,
    shapes,
    spectral,
    statistics,
)
