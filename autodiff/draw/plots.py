"""Plots of derivatives and of descent, with matplotlib: `pip install "autodiff-graph[plot]"`.

f is a function of one or two numbers; every slope, arrow and path is the engine's own derivative, and none is
estimated.  Each function draws into `axes=` if it is given, else into a new figure, and returns the axes.
Values are blue, gradients orange, as in all pictures of this package.  Where f is not defined there is a gap.

    >>> from autodiff import sin
    >>> from autodiff.draw.plots import tangent_line
    >>> axes = tangent_line(sin, 1.0)
    >>> axes.get_title()
    'slope 0.5403 at x = 1'
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..graph import Node
from ..optim import SGD
from ..transforms.grad import value_and_grad
from ..value import Value
from .files import write
from .numbers import clean, digits
from .theme import LIGHT

__all__ = [
    "Animation", "animation", "contour", "descent", "descent_path", "learning_rates", "loss_curves", "slices",
    "step_sizes", "tangent_line", "tangent_plane",
]  # fmt: skip

BLUE, ORANGE, GREY = LIGHT["value-ink"], LIGHT["grad-ink"], LIGHT["line"]
FRAMES, BYTES = 60, 500_000  # of an animation, at most
INSTALL = 'plots need matplotlib: pip install "autodiff-graph[plot]"'

Function = Callable[..., Any]


def pyplot() -> Any:
    """matplotlib, when it is needed; raises ImportError with the install line."""
    try:
        import matplotlib.pyplot
    except ImportError:
        raise ImportError(INSTALL) from None
    return matplotlib.pyplot


def new_axes(axes: Any, **settings: Any) -> Any:
    return pyplot().subplots(layout="constrained", **settings)[1] if axes is None else axes


# ---- what is shown
def value_of(f: Function, *xs: float) -> float:
    """f at a point; NaN where it is not defined."""
    try:
        with np.errstate(all="ignore"):
            y = f(*map(float, xs))
        return float(y.value if isinstance(y, Node) else y)
    except (ArithmeticError, ValueError):
        return float("nan")


def values_of(f: Function, *grids: Any) -> Any:
    """f on grids of the same shape."""
    return np.vectorize(lambda *xs: value_of(f, *xs), otypes=[float])(*grids)


def slopes_of(f: Function, *xs: float) -> tuple[float, Any]:
    """The value and the gradient at a point, by one backward walk; NaN where f is not defined."""
    try:
        with np.errstate(all="ignore"):
            y, slopes = value_and_grad(f, tuple(range(len(xs))))(*map(float, xs))
    except (ArithmeticError, ValueError):
        return float("nan"), np.full(len(xs), np.nan)
    return float(y), np.array(slopes, float)


def descent(
    f: Function, start: Sequence[float], lr: float = 0.1, steps: int = 20, **options: Any
) -> np.ndarray[Any, Any]:
    """The iterates of `optim.SGD` on f from a point, shape (steps + 1, number of variables).

    `options` are SGD's.  It ends early where a number is no longer finite.

    >>> descent(lambda x: x**2, [1.0], lr=0.25, steps=2).tolist()
    [[1.0], [0.5], [0.25]]
    """
    xs = [Value(float(x)) for x in np.atleast_1d(start)]
    optimizer, path = SGD(xs, lr=lr, **options), [[x.data for x in xs]]
    for _ in range(steps):
        optimizer.zero_grad()
        try:
            f(*xs).backward()
            optimizer.step()
        except ArithmeticError:
            break
        if not np.isfinite([x.data for x in xs]).all():
            break
        path.append([x.data for x in xs])
    return np.array(path)


def points_in(path: Any, count: int) -> Any:
    """A path as an array of points of so many coordinates."""
    points = np.array(path, float)
    points = points.reshape(-1, 1) if points.ndim < 2 and count == 1 else points
    if points.ndim != 2 or points.shape[1] != count or not len(points):
        raise ValueError(f"a path is points of {count} numbers, shape (n, {count}), not {np.shape(path)}")
    return points


def span_of(values: Any, least: float = 1.0) -> tuple[float, float]:
    """An interval around these values, with a margin."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (-1.0, 1.0)
    margin = max(0.25 * (high - low), least)
    return low - margin, high + margin


# ---- slopes
def tangent_line(f: Function, x: float, *, width: float = 2.0, axes: Any = None) -> Any:
    """The curve of f around x, its tangent, and the slope triangle: one to the right, f'(x) up.

    The lines are labelled "f", "tangent" and "slope triangle".
    """
    axes = new_axes(axes)
    y, (slope,) = slopes_of(f, x)
    grid = np.linspace(x - width, x + width, 201)
    ends = np.array([x - width, x + width])
    axes.plot(grid, values_of(f, grid), color=BLUE, label="f")
    axes.plot(ends, y + slope * (ends - x), color=ORANGE, label="tangent")
    axes.plot([x, x + 1, x + 1], [y, y, y + slope], color=ORANGE, linestyle="--", label="slope triangle")
    axes.plot([x], [y], "o", color=BLUE)
    beside: Any = {"color": ORANGE, "textcoords": "offset points"}
    under = slope >= 0
    axes.annotate(
        "1",
        (x + 0.5, y),
        ha="center",
        va="top" if under else "bottom",
        xytext=(0, -4 if under else 4),
        **beside,
    )
    axes.annotate(digits(slope), (x + 1, y + slope / 2), va="center", xytext=(5, 0), **beside)
    axes.set(title=f"slope {digits(slope)} at x = {digits(x)}", xlabel="x", ylabel="f(x)")
    axes.legend()
    return axes


def tangent_plane(f: Function, x: float, y: float, *, width: float = 1.0, axes: Any = None) -> Any:
    """The surface of f(x, y) and its tangent plane, z = f + ∂f/∂x (u - x) + ∂f/∂y (v - y), in 3-D axes."""
    axes = new_axes(axes, subplot_kw={"projection": "3d"})
    z, (fx, fy) = slopes_of(f, x, y)
    u, v = np.meshgrid(np.linspace(x - width, x + width, 31), np.linspace(y - width, y + width, 31))
    axes.plot_surface(u, v, values_of(f, u, v), color=BLUE, alpha=0.5, label="f")
    u, v = np.meshgrid([x - width, x + width], [y - width, y + width])
    axes.plot_surface(u, v, z + fx * (u - x) + fy * (v - y), color=ORANGE, alpha=0.5, label="tangent plane")
    axes.plot([x], [y], [z], "o", color=ORANGE)
    axes.locator_params(nbins=5)
    axes.set(title=f"∂f/∂x = {digits(fx)}, ∂f/∂y = {digits(fy)}", xlabel="x", ylabel="y", zlabel="f(x, y)")
    return axes


def slices(f: Function, x: float, y: float, *, width: float = 2.0, axes: Any = None) -> Any:
    """Partial derivatives as slices: f along x with y held, and along y with x held, each with its tangent.

    Returns two axes.
    """
    axes = new_axes(axes, ncols=2, figsize=(9, 3.6), sharey=True)
    tangent_line(lambda u: f(u, y), x, width=width, axes=axes[0])
    tangent_line(lambda v: f(x, v), y, width=width, axes=axes[1])
    _, slopes = slopes_of(f, x, y)
    held = f"y = {digits(y)}", f"x = {digits(x)}"
    for ax, name, slope, other in zip(axes, "xy", slopes, held, strict=True):
        ax.set(title=f"∂f/∂{name} = {digits(slope)}, where {other}", xlabel=name, ylabel="f")
    return axes


# ---- descent
def see_path(axes: Any) -> None:
    """Show the path in full, and of the curve what is not far above it."""
    curve, path = (line.get_ydata() for line in axes.lines[:2])
    low, high = span_of(path, 0.0)
    least = np.nanmin(curve) if np.isfinite(curve).any() else low
    if high > low:
        axes.set_ylim(min(low, least - 0.1 * (high - low)), high)


def descent_path(f: Function, path: Any, *, axes: Any = None) -> Any:
    """A path on the curve of f(x), and below it the gradient's magnitude, on a log axis.

    `path` is the x of every step, as from `descent`.  Returns two axes.
    """
    axes = new_axes(axes, nrows=2, figsize=(6.4, 6.4))
    xs = points_in(path, 1)[:, 0]
    grid = np.linspace(*span_of(xs), 201)
    found = [slopes_of(f, x) for x in xs]
    axes[0].plot(grid, values_of(f, grid), color=BLUE, label="f")
    axes[0].plot(xs, [y for y, _ in found], "o-", color=ORANGE, label="path", markersize=4)
    axes[0].set(title=f"{len(xs) - 1} steps, to x = {digits(xs[-1])}", xlabel="x", ylabel="f(x)")
    see_path(axes[0])
    axes[0].legend()
    axes[1].plot([abs(slope) for _, (slope,) in found], "o-", color=ORANGE, label="|gradient|", markersize=4)
    scale = "log" if any(slope for _, (slope,) in found) else "linear"
    axes[1].set(xlabel="step", ylabel="|f'(x)|", yscale=scale)
    return axes


def learning_rates(
    f: Function,
    start: float = 1.0,
    rates: Sequence[float] = (0.01, 0.3, 0.95, 1.02),
    steps: int = 30,
    *,
    axes: Any = None,
) -> Any:
    """A panel for each learning rate: gradient descent on f(x) from the same start, by `optim.SGD`.

    On x², by the default rates: slowly, well, back and forth, and away.  Returns an array of axes.
    """
    axes = new_axes(axes, ncols=len(rates), figsize=(3.2 * len(rates), 3.2), squeeze=False)
    axes = np.ravel(axes)
    for ax, rate in zip(axes, rates, strict=True):
        xs = descent(f, [start], rate, steps)[:, 0]
        ys = values_of(f, xs)
        grid = np.linspace(*span_of(xs, 0.25), 201)
        ax.plot(grid, values_of(f, grid), color=BLUE, label="f")
        ax.plot(xs, ys, "o-", color=ORANGE, label="path", markersize=3, linewidth=1)
        away = len(xs) <= steps or not ys[-1] <= ys[0]
        ax.set(title=f"lr = {rate:g}{': diverges' if away else ''}", xlabel="x")
    axes[0].set(ylabel="f(x)")
    return axes


def contour(
    f: Function,
    path: Any = None,
    *,
    box: tuple[float, float, float, float] = (-2.0, 2.0, -2.0, 2.0),
    arrows: int = 9,
    axes: Any = None,
) -> Any:
    """Lines of equal f(x, y), arrows along the gradient, and a path down.

    `path` has shape (n, 2), as from `descent`; then the picture is of its surroundings, else of
    `box`, (least x, largest x, least y, largest y).  The arrows hold the gradients as they are; they are
    drawn to one scale.
    """
    axes = new_axes(axes)
    if path is not None:
        path = points_in(path, 2)
        box = (*span_of(path[:, 0], 0.5), *span_of(path[:, 1], 0.5))
    x, y = np.meshgrid(np.linspace(*box[:2], 61), np.linspace(*box[2:], 61))
    z = np.ma.masked_invalid(values_of(f, x, y))
    if z.count() and z.min() < z.max():
        axes.contour(x, y, z, levels=levels_of(z), colors=BLUE, linewidths=0.8)
    x, y = np.meshgrid(np.linspace(*box[:2], arrows), np.linspace(*box[2:], arrows))
    slopes = np.array([slopes_of(f, u, v)[1] for u, v in zip(x.flat, y.flat, strict=True)])
    axes.quiver(x, y, slopes[:, 0], slopes[:, 1], color=ORANGE, alpha=0.7, angles="xy", label="gradient")
    if path is not None:
        size = 3 if len(path) <= 100 else 1.5
        axes.plot(path[:, 0], path[:, 1], "o-", color=LIGHT["ink"], markersize=size, label="path")
    axes.set(title="f and its gradient", xlabel="x", ylabel="y", xlim=box[:2], ylim=box[2:])
    return axes


def levels_of(z: Any) -> Any:
    """Sixteen heights for lines: evenly apart, or closer below, where most of a surface lies low."""
    low, high, middle = float(z.min()), float(z.max()), float(np.median(z.compressed()))
    power = np.log(max((middle - low) / (high - low), 1e-9)) / np.log(0.5)
    return low + (high - low) * np.linspace(0, 1, 17)[1:] ** np.clip(power, 1, 3)


def loss_curves(curves: Mapping[str, Sequence[float]], *, log: bool = True, axes: Any = None) -> Any:
    """Losses against steps, one line for each name; one with nothing that a log axis can show says so."""
    axes = new_axes(axes)
    for name, losses in curves.items():
        ys = np.array(losses, float)
        seen = np.isfinite(ys) & ((ys > 0) | (not log))
        note = (
            "" if seen.any() else " (nothing above 0)" if log and np.isfinite(ys).any() else " (not finite)"
        )
        axes.plot(ys, label=clean(name).replace("$", r"\$") + note)
    axes.set(xlabel="step", ylabel="loss", yscale="log" if log else "linear")
    axes.legend()
    return axes


def step_sizes(f: Function, x: float, *, axes: Any = None) -> Any:
    """The error of finite differences at x against their step h, from 1 to 1e-16.

    Forward differences lose O(h) to the curve, central ones O(h²), and both lose O(1/h) to rounding; the
    derivative itself, by the chain rule, has neither error.
    """
    axes = new_axes(axes)
    _, (slope,) = slopes_of(f, x)
    h = np.logspace(0, -16, 65)
    forward = (values_of(f, x + h) - value_of(f, x)) / h
    central = (values_of(f, x + h) - values_of(f, x - h)) / (2 * h)
    axes.loglog(h, abs(forward - slope), "o-", color=GREY, markersize=3, label="(f(x + h) - f(x)) / h")
    axes.loglog(h, abs(central - slope), "o-", color=BLUE, markersize=3, label="(f(x + h) - f(x - h)) / 2h")
    axes.set(title=f"f'({digits(x)}) = {digits(slope)}", xlabel="h", ylabel="error")
    axes.legend()
    return axes


# ---- moving pictures, and files
class Animation:
    """A descent, step by step: shows itself in a notebook, `save` writes a GIF."""

    def __init__(self, axes: Any, line: Any, path: Any) -> None:
        self.axes, self.line, self.path = axes, line, path
        count = min(len(path), FRAMES)
        self.shown = np.unique(np.linspace(1, len(path), count).round().astype(int))  # points in each frame

    def draw(self, frame: int) -> list[Any]:
        """Show the path as far as in this frame."""
        self.line.set_data(*self.path[: self.shown[frame]].T)
        self.axes.set_title(f"step {self.shown[frame] - 1} of {len(self.path) - 1}")
        return [self.line]

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a GIF of at most 60 frames and 500 kB; raises ValueError for another ending, OSError."""
        if Path(path).suffix.lower() != ".gif":
            raise ValueError(
                f"an animation is saved as .gif, not as {Path(path).suffix or 'a name without ending'}"
            )
        for dpi in (80, 60, 45, 30, 20):
            content = self.gif(dpi)
            if len(content) <= BYTES:
                break
        write(path, content)
        return Path(path)

    def gif(self, dpi: int) -> bytes:
        """The frames as a GIF."""
        from PIL import Image

        images = []
        for k in range(len(self.shown)):
            self.draw(k)
            buffer = io.BytesIO()
            self.axes.figure.savefig(buffer, format="png", dpi=dpi)
            images.append(Image.open(buffer).convert("RGB").quantize(64))
        out = io.BytesIO()
        times = [100] * (len(images) - 1) + [1500]  # milliseconds: the end stays for a while
        images[0].save(
            out, "GIF", save_all=True, append_images=images[1:], duration=times, loop=0, optimize=True
        )
        return out.getvalue()

    def _repr_html_(self) -> str:
        from matplotlib.animation import FuncAnimation

        moving = FuncAnimation(self.axes.figure, self.draw, frames=len(self.shown), interval=100)
        return str(moving.to_jshtml())


def animation(f: Function, path: Any, *, axes: Any = None) -> Animation:
    """A path down f, of one variable on its curve or of two on its contours, as it is walked.

    `path` has shape (n, 1) or (n, 2), as from `descent`.  In a notebook it plays; `save("down.gif")` writes a
    GIF.  Of a long path, 60 frames are shown.
    """
    points = np.array(path, float)
    if points.ndim == 2 and points.shape[1] == 2:
        axes = contour(f, points, axes=axes)
        return Animation(axes, axes.lines[-1], points)
    axes = new_axes(axes)
    xs = points_in(path, 1)[:, 0]
    grid, ys = np.linspace(*span_of(xs), 201), values_of(f, xs)
    axes.plot(grid, values_of(f, grid), color=BLUE, label="f")
    (line,) = axes.plot(xs, ys, "o-", color=ORANGE, label="path", markersize=4)
    axes.set(xlabel="x", ylabel="f(x)")
    see_path(axes)
    return Animation(axes, line, np.stack([xs, ys], axis=1))


def saved(axes: Any, path: str | os.PathLike[str]) -> Path:
    """Save the figure that axes are in; nothing is left half-written.  Returns the path."""
    figure = np.ravel(axes)[0].figure
    format = Path(path).suffix[1:].lower()
    if format not in figure.canvas.get_supported_filetypes():
        raise ValueError(f"plots are saved as .png, .svg or .pdf, not as {format or 'a name without ending'}")
    buffer = io.BytesIO()
    figure.savefig(buffer, format=format)
    write(path, buffer.getvalue())
    pyplot().close(figure)
    return Path(path)
