"""Colouring: which columns of a sparse matrix can be found in one walk?

A forward walk along t gives J t.  Columns that have no row in common don't get into each other's way: with
t = 1 at all of them, J t holds the nonzeros of every one of them, each in a row of its own.

        x₀ x₁ x₂ x₃ x₄            r  g  b  r  g         x₀ and x₃ are red: the walk along (1, 0, 0, 1, 0)
    y₀  •  •                  y₀  •  •                  gives ∂y₀/∂x₀, ∂y₁/∂x₀, and below them ∂y₂/∂x₃,
    y₁  •  •  •               y₁  •  •  •               ∂y₃/∂x₃, ∂y₄/∂x₃
    y₂     •  •  •            y₂     •  •  •
    y₃        •  •  •         y₃        •  •  •         three walks find this matrix, and as many would
    y₄           •  •         y₄           •  •         find it with a million rows

To use few walks is to colour a graph with few colours: vertices are the columns, and those with a common row
are neighbours (Curtis, Powell and Reid, "On the estimation of sparse Jacobian matrices", 1974; Coleman and
Moré, "Estimation of sparse Jacobian matrices and graph coloring problems", 1983).  The fewest possible are
hard to find.  Greedy, every column takes the first colour that none of its neighbours has.

**Symmetric matrices** need fewer, because H[i, j] may be read in place of H[j, i].  What makes every entry
readable in one of the two places is a star colouring (Coleman and Moré, "Estimation of sparse Hessian
matrices and graph coloring problems", 1984; Gebremedhin, Manne and Pothen, "What color is your Jacobian?",
2005): neighbours i and j, H[i, j] ≠ 0, differ, and no path of four vertices has two colours only.  Then what
is connected in any two colours is a star: a hub in the one, its leaves in the other.  An arrow, whose last
row and column are full, is one star, and takes 2 walks whatever its size.

Sets of colours are Python's integers, with a bit for each colour, so that a union is one `|`.  Both functions
take time in proportion to the nonzeros, times the number of colours over 64.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

__all__: list[str] = []


def colour_columns(P: Any) -> Any:
    """A colour, 0 and up, for each column of a csr_array, so that no row has two columns of a colour.

    Of two orders, as they stand and the fullest columns first, the one that takes fewer colours.
    """
    P = P.tocsc()
    lengths = np.diff(P.indptr)
    natural = greedy(P, range(P.shape[1]))
    if max(natural, default=0) + 1 <= np.bincount(P.indices, minlength=1).max():  # nothing takes fewer
        return np.array(natural, int)
    return np.array(fewer(natural, greedy(P, np.argsort(-lengths, kind="stable").tolist())), int)


def greedy(P: Any, order: Iterable[int]) -> list[int]:
    """Each column of a csc_array, in this order, takes the first colour that is free in all of its rows."""
    colours = [0] * P.shape[1]
    taken_in = [0] * P.shape[0]
    starts, indices = P.indptr.tolist(), P.indices.tolist()
    for column in order:
        rows, taken = indices[starts[column] : starts[column + 1]], 0
        for row in rows:
            taken |= taken_in[row]
        bit = first_free(taken)
        for row in rows:
            taken_in[row] |= bit
        colours[column] = bit.bit_length() - 1
    return colours


def first_free(taken: int) -> int:
    """The lowest bit that is not in a set."""
    return ~taken & (taken + 1)


def fewer(a: list[int], b: list[int]) -> list[int]:
    return b if max(b, default=0) < max(a, default=0) else a


def colour_symmetric(P: Any) -> Any:
    """A star colouring of a symmetric csr_array: a colour, 0 and up, for each row and column.

    Of three orders, as they stand, the fullest rows first and the fullest last, the one that takes the fewest
    colours.  The last is for problems in which a few vertices have many neighbours, as cameras have points.
    """
    best = star(P, range(P.shape[0]))
    if max(best, default=0) > 2:  # three are enough for a tridiagonal matrix, and it needs three
        lengths = np.diff(P.indptr)
        for order in (np.argsort(-lengths, kind="stable"), np.argsort(lengths, kind="stable")):
            best = fewer(best, star(P, order.tolist()))
    return np.array(best, int)


def star(P: Any, order: Iterable[int]) -> list[int]:
    """Each vertex, in this order, takes the first colour with which all that is coloured is stars.

    Let v take the colour c, and w be a neighbour of it.

    - w has another colour than c.
    - If v has two neighbours of w's colour, v will be the hub of their star, and w a leaf in it.  Then w has
      no neighbour of the colour c yet: `near[w]` are the colours of its neighbours.
    - If it has one, v joins w's star as a leaf, or makes one with w.  Then w is not a leaf itself among the
      vertices of w's colour and c: `hubs[w]` are the colours of the hubs that w is a leaf of.
    """
    n = P.shape[0]
    starts, indices = P.indptr.tolist(), P.indices.tolist()
    colour = [0] * n  # as a set of one; the empty set before
    near, hubs = [0] * n, [0] * n
    first: dict[tuple[int, int], int] = {}  # of a vertex, the neighbour that was first to have a colour
    for v in order:
        neighbours = [w for w in indices[starts[v] : starts[v + 1]] if w != v]
        coloured = [w for w in neighbours if colour[w]]
        once = twice = 0
        for w in coloured:
            twice |= once & colour[w]
            once |= colour[w]
        taken = once
        for w in coloured:
            taken |= near[w] if colour[w] & twice else hubs[w]
        c = colour[v] = first_free(taken)
        for w in coloured:
            if colour[w] & twice:  # v is the hub
                hubs[w] |= c
            elif near[w] & c:  # w is, and whoever was alone with it becomes a leaf
                hubs[v] |= colour[w]
                hubs[first.get((w, c), v)] |= colour[w]
            else:
                first[w, c], first[v, colour[w]] = v, w
        for w in neighbours:
            near[w] |= c
    return [c.bit_length() - 1 for c in colour]
