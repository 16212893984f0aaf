"""explain: the chain rule, written out step by step, with numbers (see derivation.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .names import naming

__all__ = ["Explanation", "explain"]

MANY = 200  # results: a longer explanation is not read


class Explanation(str):
    """An explanation: its text; `.markdown` for a page, `.latex` (an align* environment) for a paper.

    >>> from autodiff import Value, explain
    >>> x = Value(3.0, name="x")
    >>> explain(x * x).latex.startswith("\\\\begin{align*}")
    True
    """

    markdown: str
    latex: str

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/markdown": self.markdown, "text/plain": str(self)}


def explain(y: Any, *, names: Mapping[str, Any] | None = None) -> Explanation:
    """How y, a Value or Tensor, was computed, and how backpropagation finds its derivatives, in numbers.

    Every derivative is a sum over the uses of a value, of what arrived there times the local derivative; it
    stands in symbols, with the formula of the local derivative, in numbers, and added up.  Of an array y, the
    derivatives are those of the sum of its elements.  Nobody's `.grad` changes.  The result is a text, with
    `.markdown` and `.latex`; a notebook shows it typeset.  Names are found as by `autodiff.draw`.

    Raises TypeError for what is not a Value or Tensor, ValueError for a graph of more than 200 results,
    RuntimeError for a graph that was released and StaleError for one whose leaves were changed.

    >>> from autodiff import Value, explain, sin
    >>> x, y = Value(2.0), Value(3.0)
    >>> a = x * y
    >>> z = a + sin(x)
    >>> print(explain(z))
    Forward: every result, in the order in which it was computed
      x = 2
      y = 3
      a = x × y = 6
      v1 = sin(x) = 0.9093
      z = a + v1 = 6.909
    <BLANKLINE>
    Backward: from ∂z/∂z = 1 to the variables, by the chain rule
      ∂z/∂v1 = ∂z/∂z · ∂z/∂v1
             = 1 · 1
             = 1
      ∂z/∂a = ∂z/∂z · ∂z/∂a
            = 1 · 1
            = 1
      ∂z/∂y = ∂z/∂a · ∂a/∂y
            = ∂z/∂a · x
            = 1 · 2
            = 2
      ∂z/∂x = ∂z/∂v1 · ∂v1/∂x + ∂z/∂a · ∂a/∂x
            = ∂z/∂v1 · cos(x) + ∂z/∂a · y
            = 1 · (−0.4161) + 1 · 3
            = 2.584
    """
    from .content import picture  # imported when it is used, for autodiff to stay light
    from .derivation import Symbols, Words
    from .walk import fill_gradients
    from .writers import Latex, PageLatex

    full = picture(y, naming(names))
    if full.size > MANY:
        raise ValueError(
            f"an explanation of {full.size} results would not be read, and {MANY} is the limit: explain a "
            "smaller part, or use autodiff.draw(y), which folds scopes"
        )
    fill_gradients(full)
    out = Explanation(Words(full).text())
    out.latex, out.markdown = Symbols(full, Latex()).latex(), Symbols(full, PageLatex()).markdown()
    return out
