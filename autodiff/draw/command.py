"""What `python -m autodiff` does; see `autodiff/__main__.py`."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..graph import DIFF, TRACE, Node
from ..optim import SGD
from ..tensor import Tensor
from ..transforms.grad import gradients
from .expression import CONSTANTS, Expression, ExpressionError
from .formula import formula
from .numbers import clean

__all__: list[str] = []

USAGE = """\
python -m autodiff EXPRESSION [name=value ...] [--hessian] [--explain] [--draw FILE] [--step FILE]
       python -m autodiff minimize EXPRESSION [name=value ...] [--lr LR] [--steps N] [--momentum M]
                                   [--plot FILE]"""
EVALUATE = {
    "--hessian": {"action": "store_true", "help": "second derivatives, too"},
    "--explain": {"action": "store_true", "help": "the chain rule, step by step"},
    "--draw": {"metavar": "FILE", "help": "the graph, as .svg, .png, .pdf, .dot, .txt or .html"},
    "--step": {"metavar": "FILE", "help": "a page that steps through the graph, as .html"},
}
MINIMIZE = {
    "--lr": {"type": float, "default": 0.1, "help": "learning rate (0.1)"},
    "--steps": {"type": int, "default": 100, "help": "how many steps (100)"},
    "--momentum": {"type": float, "default": 0.0, "help": "momentum (0)"},
    "--plot": {"metavar": "FILE", "help": "the way down, as .png, .svg or .pdf"},
}


def main(arguments: list[str] | None = None) -> int:
    """Run the command with these arguments (those of the process if None); returns its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    minimizing = given[:1] == ["minimize"]
    options = MINIMIZE if minimizing else EVALUATE
    parser = argparse.ArgumentParser("python -m autodiff", USAGE, "Values and derivatives of what you type.")
    parser.add_argument("expression", help='such as "x**2 + sin(y)"')
    parser.add_argument("values", nargs="*", metavar="name=value", help="a number for each name, such as x=1")
    for name, settings in options.items():
        parser.add_argument(name, **settings)  # type: ignore[arg-type]
    try:
        asked = parser.parse_args(guarded(given[minimizing:], options))
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    try:
        for line in minimize(asked) if minimizing else evaluate(asked):
            print(line)
    except (ExpressionError, OSError, ImportError, ValueError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def guarded(arguments: list[str], options: Any) -> list[str]:
    """The arguments with a space before what begins like an option and is none, such as -x**2."""
    known = (*options, "-h", "--help")

    def is_option(a: str) -> bool:
        return a.partition("=")[0] in known or re.match("--[a-z]{2}|--$", a) is not None

    return [f" {a}" if a.startswith("-") and not is_option(a) else a for a in arguments]


@dataclass
class Asked:
    """An expression at a point."""

    expression: Expression
    xs: list[Tensor]

    @property
    def y(self) -> Tensor:
        """The value, with the graph behind it."""
        with np.errstate(all="ignore"):
            y = self.expression(*self.xs)
        return y if isinstance(y, Tensor) else Tensor(y)


def read(asked: Any) -> Asked:
    """The expression and the values of its names; raises ExpressionError."""
    expression = Expression(asked.expression)
    values: dict[str, float] = {}
    for text in asked.values:
        name, equals, number = text.partition("=")
        name = name.strip()
        if not equals or not name.isidentifier():
            raise ExpressionError(
                "values are given as name=value, such as x=1", text, len(name) if equals else 0
            )
        if name in values:
            raise ExpressionError(f"{name} is given twice", text, 0)
        if name not in expression.names:
            why = "is a constant" if name in CONSTANTS else "does not stand in the expression"
            raise ExpressionError(f"{clean(name)} {why}", text, 0)
        value = Expression(number)
        if value.names:
            raise ExpressionError(
                f"a value is a number, and {clean(value.names[0])} is a name", text, len(name) + 1
            )
        values[name] = float(value())
    missing = [name for name in expression.names if name not in values]
    if missing:
        place = asked.expression.find(missing[0])
        add = " ".join(f"{clean(name)}=1" for name in missing)
        raise ExpressionError(f"{clean(missing[0])} has no value: add {add}", asked.expression, place)
    return Asked(expression, [Tensor(values[name], True, name) for name in expression.names])


def traced(point: Asked) -> Asked:
    """The same, where steps are recorded, too: the derivative of abs(x) is sign(x), not 1."""
    for x in point.xs:
        x.tracked |= TRACE
    return point


# ---- values and derivatives
def evaluate(asked: Any) -> Iterator[str]:
    """The lines of the answer."""
    point = traced(read(asked))
    y = point.y
    with np.errstate(all="ignore"):
        rows = [("f", y)] + [(f"∂f/∂{x.name}", d) for x, d in derivatives(y, point.xs)]
        if asked.hessian:
            firsts = dict(rows[1:])
            for x in point.xs:
                for z, second in derivatives(firsts[f"∂f/∂{x.name}"], point.xs):
                    below = f"∂{x.name}²" if x is z else f"∂{x.name}∂{z.name}"
                    rows.append((f"∂²f/{below}", second))
        yield from table(rows)
        if asked.explain:
            from .explain import explain

            yield from ["", explain(y, names={"f": y})]
        if asked.draw:
            from . import draw

            yield f"saved {draw(y, names={'f': y}).save(asked.draw)}"
        if asked.step:
            from . import stepper

            yield f"saved {stepper(y, names={'f': y}).save(asked.step)}"


def derivatives(y: Any, xs: list[Tensor]) -> list[tuple[Tensor, Any]]:
    """The derivative by each, with the graph behind it; zero where y does not depend on it."""
    if not y.tracked & DIFF or not xs:
        return [(x, Tensor(0.0)) for x in xs]
    return list(zip(xs, gradients(y, xs, create_graph=True), strict=True))


def table(rows: list[tuple[str, Any]]) -> Iterator[str]:
    """`name = formula = number`, and what there is to note."""
    wide = max(len(name) for name, _ in rows)
    odd = []
    for name, node in rows:
        number = number_of(node)
        try:
            text = str(formula(node, names={}))
        except ValueError as error:
            text = f"({str(error).partition(':')[0]})"
        parts = [name.ljust(wide), *([text] if text != number else []), number]
        yield " = ".join(parts)
        if not np.isfinite(node.value).all():
            odd.append(f"{name} is {number}")
    if odd:
        why = "the point is outside the domain of a function, or at its edge, or too large"
        yield f"note: {', '.join(odd)}: {why}"


def number_of(x: Any) -> str:
    value = float(x.value if isinstance(x, Node) else x)
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


# ---- descent
def minimize(asked: Any) -> Iterator[str]:
    """Gradient descent, one line for every tenth of the way."""
    point = read(asked)
    if not point.xs:
        raise ExpressionError("there is nothing to minimize: it has no names", asked.expression, 0)
    if asked.steps < 0:
        raise ValueError("--steps is 0 or more")
    if asked.lr < 0:
        raise ValueError(f"--lr is 0 or more, not {asked.lr:g}; to go uphill, minimize -({asked.expression})")
    if asked.plot and len(point.xs) > 2:
        raise ValueError("--plot shows functions of one or two variables")
    if asked.plot:
        from .plots import pyplot

        pyplot()  # or the line that installs it, before the first step
    optimizer = SGD(point.xs, lr=asked.lr, momentum=asked.momentum)
    path, heights, every = list[Any](), list[float](), max(1, asked.steps // 10)
    with np.errstate(all="ignore"):
        for k in range(asked.steps + 1):
            optimizer.zero_grad()
            y = point.y
            if not y.tracked & DIFF:
                raise ExpressionError("its derivative is zero everywhere", asked.expression, 0)
            y.backward()
            slope = float(np.hypot.reduce([float(x.grad) for x in point.xs]))
            path.append([float(x.value) for x in point.xs])
            heights.append(float(y.value))
            lost = not np.isfinite([*path[-1], float(y.value), slope]).all()
            if k % every == 0 or k == asked.steps or lost:
                at = "  ".join(f"{x.name} = {float(x.value):<12.6g}" for x in point.xs)
                yield f"step {k:<6} f = {float(y.value):<13.7g} |gradient| = {slope:<11.4g} {at}".rstrip()
            if lost:
                smaller = f"it diverged in step {k}: try a smaller --lr than {asked.lr:g}, or another start"
                yield f"note: {smaller if k else 'f or its gradient is not finite there: try another start'}"
                break
            if k < asked.steps:
                optimizer.step()
        if not lost and heights[-1] > heights[0]:
            yield f"note: f is larger than at the start: try a smaller --lr than {asked.lr:g}"
    if asked.plot:
        yield f"saved {plot(point.expression, np.array(path), asked.plot)}"


def plot(expression: Expression, path: Any, file: str) -> Any:
    """The way down, as a picture of f of one or two variables."""
    from .plots import contour, descent_path, saved

    keep = np.isfinite(path).all(axis=1)
    axes = (descent_path if len(expression.names) == 1 else contour)(expression, path[keep])
    return saved(axes, file)
