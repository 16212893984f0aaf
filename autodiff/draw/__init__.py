"""Pictures of graphs: one file a picture, each written from the same content (`content.py`).

`autodiff.draw` is this package, and it is a function: `autodiff.draw(y)` draws, and `from autodiff.draw
import …` imports what is in here.  What draws is imported when it is first used.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .drawing import Drawing
    from .stepping import Stepper

__all__ = ["stepper"]


def draw(
    y: Any,
    *,
    format: str = "svg",
    theme: str = "auto",
    direction: str = "LR",
    depth: int | None = None,
    grads: bool = True,
    edges: bool | None = None,
    max_nodes: int = 200,
    names: Mapping[str, Any] | None = None,
) -> Drawing:
    """The graph that computed y, a Value or Tensor: values, gradients, and what goes along every edge.

    A box is a result, `a = x × y`, with its value (blue) and ∂y/∂a (orange).  On an edge stand the local
    derivative, ∂a/∂x = y = 3, and what goes back along it, upstream × local; a value that is used more than
    once shows the sum.  Gradients are found by a walk of its own, which changes no `.grad`; of an array y,
    they are those of the sum of its elements.  In Jupyter the result shows itself; `print` shows a table;
    `save("graph.svg")` writes .svg, .png, .pdf, .dot, .txt or .html, png and pdf by Graphviz.

        format      what Jupyter shows: "svg", or "png" for viewers that hide SVG; and what `save` writes
                    under a name without an ending
        theme       "light", "dark", or "auto", which follows the reader's preference
        direction   "LR", from left to right, or "TB", from top to bottom
        depth       how many levels of scopes are open; scopes below are one box, which says what it holds
        grads       whether gradients are shown
        edges       whether edges carry labels; None: up to 15 nodes (else they show when pointed at)
        max_nodes   above this number of nodes scopes are folded, and then long stretches without a scope
        names       variables that give names, in place of the caller's: `names={"h": h}`

    Names are those given by `name=`, then those of the caller's variables, then v1, v2….  Raises TypeError
    for what is not a Value or Tensor, ValueError for an argument that is none of these, RuntimeError for a
    graph that was released and StaleError for one whose leaves were changed.

    >>> from autodiff import Value, draw, sin
    >>> x, y = Value(2.0), Value(3.0)
    >>> z = x * y + sin(x)
    >>> print(draw(z))
    node  made of   value             ∂z/∂node
    ────  ───────  ──────  ───────────────────
    x                   2  −0.4161 + 3 = 2.584
    y                   3                    2
    v1    x × y         6                    1
    v2    sin(x)   0.9093                    1
    z     v1 + v2   6.909                    1
    """
    from .drawing import drawing
    from .names import naming

    variables = naming(names)
    return drawing(y, variables, format, theme, direction, depth, grads, edges, max_nodes)


def stepper(
    y: Any,
    *,
    mode: str = "backward",
    tangents: Mapping[Any, Any] | None = None,
    depth: int | None = None,
    theme: str = "auto",
    names: Mapping[str, Any] | None = None,
) -> Stepper:
    """A page that steps through the graph of y, a Value or Tensor: forward, then backward, one node a step.

    Each step shows the rule in mathematics and in numbers: upstream ∂y/∂a, local ∂a/∂x, their product, and
    the running sum where a value is used more than once; the Python line that made the node, where that was
    recorded (`with trace_lines():`), and the line of code that does the step.  The last step compares every
    gradient with finite differences.  `save("page.html")` writes one file that needs no network; in Jupyter
    the page shows itself.  It has buttons, a slider, arrow keys, and links to a step: `page.html#step=12`.

        mode        "backward"; "forward": values and tangents; or "both"
        tangents    for forward mode, how fast leaves move: `{"x": 1.0}` or `{x: 1.0}`; without it, the first
                    moves at speed 1 and all others stand still
        depth       how many levels of scopes are open; scopes below are one step each
        theme       "light", "dark", or "auto", which follows the reader's preference
        names       variables that give names, in place of the caller's

    Raises TypeError for what is not a node, ValueError for more than 60 nodes (`depth=` makes them fewer),
    for a result that requires no grad or is complex, and for arguments that are none of these.

    >>> from autodiff import Value, stepper, sin
    >>> x, y = Value(2.0), Value(3.0)
    >>> z = x * y + sin(x)
    >>> stepper(z)
    <stepper of z: 5 nodes, 9 steps>
    """
    from .names import naming
    from .stepping import stepping

    variables = naming(names)
    return stepping(y, variables, mode, tangents, depth, theme)


class CallablePackage(ModuleType):
    """A package that is called like its main function."""

    def __call__(self, *args: Any, **settings: Any) -> Any:
        return draw(*args, **settings)

    @property
    def __signature__(self) -> Any:  # what help() and editors show
        from inspect import signature

        return signature(draw)


sys.modules[__name__].__class__ = CallablePackage
