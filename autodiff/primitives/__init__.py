"""The tables of primitives: one row each, grouped by what they are for."""

from . import arithmetic, elementary, indexing, linalg, products, reductions, shapes, statistics
