"""The derivative of a neuron's error: as a formula, step by step with numbers, and as source.

    python examples/derivation.py                      in the terminal
    python examples/derivation.py --latex              the same, for a paper
    python examples/derivation.py --plot slope.png     the error against the weight, with its tangent

A neuron answers σ(w x + b).  How should w change, if the answer to x should be t?  The derivative of the
squared error says so; on paper it takes the chain rule three times.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from autodiff import Value, explain, formula, grad, sigmoid, source


def error(w: Any, x: Any = 1.5, b: Any = -0.5, t: Any = 1.0) -> Any:
    """The squared error of a neuron."""
    return (sigmoid(w * x + b) - t) ** 2


def variables() -> list[Value]:
    return [Value(0.8, name="w"), Value(1.5, name="x"), Value(-0.5, name="b"), Value(1.0, name="t")]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the derivation, or save the plot."""
    parser = argparse.ArgumentParser(description="The derivative of a neuron's error.")
    parser.add_argument("--latex", action="store_true", help="LaTeX in place of text")
    parser.add_argument("--plot", metavar="FILE", help="where to save a plot of the error and its tangent")
    options = parser.parse_args(arguments)
    given = variables()
    value, derivative = formula(error(*given)), formula(grad(error)(*given))
    explained = explain(error(*given), names={})
    if options.plot:
        from autodiff.draw.plots import tangent_line

        try:
            tangent_line(error, given[0].data).figure.savefig(options.plot)
        except (ImportError, OSError, ValueError) as problem:
            sys.exit(str(problem))
        print(f"saved {options.plot}")
    elif options.latex:
        print(f"E = {value.latex}\n\n\\frac{{\\partial E}}{{\\partial w}} = {derivative.latex}\n")
        print(explained.latex)
    else:
        print(f"E     = {value}\n∂E/∂w = {derivative}\n\n{explained}\n")
        print(source(lambda w, x, b, t: error(w, x, b, t)).rstrip())


if __name__ == "__main__":
    main()
