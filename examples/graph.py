"""The graph of a small network: what was computed, and how the error finds its way back.

    python examples/graph.py                        a table, in the terminal
    python examples/graph.py --save network.svg     a picture; or .png, .pdf, .dot, .html, .txt
    python examples/graph.py --step network.html    a page that steps through it, forward and backward
    python examples/graph.py --depth 0              each layer as one box

Two numbers go in, two hidden units look at them, one number comes out, and the loss says how far it is from
what it should be.  Everything is a `Value`, one number, so that every derivative can be read off.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from autodiff import Value, draw, scope, stepper, trace_lines


def network(x1: float = 1.0, x2: float = -2.0, target: float = 0.5) -> Value:
    """The squared error of a network with two hidden units; 28 numbers, of which 9 can be learned."""
    x = [Value(x1, name="x₁"), Value(x2, name="x₂")]
    weights = [
        [Value(-0.73, name="w₁₁"), Value(0.69, name="w₁₂")],
        [Value(0.53, name="w₂₁"), Value(-0.49, name="w₂₂")],
    ]
    biases = [Value(0.1, name="b₁"), Value(0.2, name="b₂")]
    out, c = [Value(0.7, name="v₁"), Value(-0.4, name="v₂")], Value(0.2, name="c")
    hidden = []
    with scope("hidden layer"):
        for k in range(2):
            u = weights[k][0] * x[0] + weights[k][1] * x[1] + biases[k]
            h = u.tanh()
            u.name, h.name = f"u{'₁₂'[k]}", f"h{'₁₂'[k]}"
            hidden.append(h)
    with scope("output"):
        y = out[0] * hidden[0] + out[1] * hidden[1] + c
        y.name = "ŷ"
    error = y - target
    error.name = "e"
    loss = error**2.0
    loss.name = "loss"
    return loss


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw the network as the command line says."""
    parser = argparse.ArgumentParser(description="The graph of a small network.")
    parser.add_argument("--save", metavar="FILE", help="where to save the picture; its ending is the format")
    parser.add_argument("--step", metavar="FILE.html", help="where to save the page that steps through it")
    parser.add_argument("--depth", type=int, help="how many levels of scopes are open")
    parser.add_argument("--theme", choices=("auto", "light", "dark"), default="auto")
    options = parser.parse_args(arguments)
    try:
        with trace_lines():  # so that the page can say which line made what
            loss = network()
        picture = draw(loss, depth=options.depth, theme=options.theme)
        if options.save:
            print(f"saved {picture.save(options.save)}")
        if options.step:
            print(f"saved {stepper(loss, depth=options.depth, theme=options.theme).save(options.step)}")
        if not options.save and not options.step:
            print(picture)
    except (OSError, ValueError, RuntimeError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
