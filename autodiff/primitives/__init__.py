"""The tables of primitives: one row each, grouped by what they are for."""

from . import arithmetic, arrays, elementary, linalg
