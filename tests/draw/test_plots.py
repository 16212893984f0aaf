"""Plots, read back from what matplotlib was told: slopes are gradients, and paths are iterates, exactly."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from autodiff import Value, cos, grad, log, optim, sin
from autodiff.draw import plots
from autodiff.draw.command import main


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


def bowl(x: Any, y: Any) -> Any:
    return x**2 + 2 * y**2 + x * y


def lines(axes: Any) -> dict[str, Any]:
    return {line.get_label(): line.get_xydata() for line in axes.lines}


def iterates(f: Any, start: list[float], lr: float, steps: int) -> Any:
    """The path of the optimizer, walked here."""
    xs = [Value(x) for x in start]
    sgd, path = optim.SGD(xs, lr=lr), [start]
    for _ in range(steps):
        sgd.zero_grad()
        f(*xs).backward()
        sgd.step()
        path.append([x.data for x in xs])
    return np.array(path)


def test_tangent_line() -> None:
    axes = plots.tangent_line(sin, 1.0)
    found, slope = lines(axes), grad(sin)(1.0)
    np.testing.assert_array_equal(
        found["slope triangle"], [[1, sin(1.0)], [2, sin(1.0)], [2, sin(1.0) + slope]]
    )
    np.testing.assert_array_equal(found["tangent"][:, 1], sin(1.0) + slope * np.array([-2.0, 2.0]))
    np.testing.assert_allclose(found["f"][:, 1], np.sin(found["f"][:, 0]), rtol=1e-15)
    assert plots.tangent_line(cos, 0.0, axes=axes) is axes


def test_tangent_plane() -> None:
    axes = plots.tangent_plane(bowl, 1.0, 0.5)
    surface, plane = axes.collections
    assert (surface.get_label(), plane.get_label()) == ("f", "tangent plane")
    faces = getattr(plane, "_faces", None)  # matplotlib has no public name for them; older ones keep _vec
    corners = plane._vec[:3].T if faces is None else faces[0]
    fx, fy = grad(bowl, (0, 1))(1.0, 0.5)
    x, y, z = np.array(corners).T
    np.testing.assert_allclose(z, bowl(1.0, 0.5) + fx * (x - 1) + fy * (y - 0.5), rtol=1e-14)


def test_slices() -> None:
    axes = plots.slices(bowl, 1.0, 0.5)
    for k, ax in enumerate(axes):
        triangle = lines(ax)["slope triangle"]
        assert triangle[2, 1] == triangle[1, 1] + grad(bowl, k)(1.0, 0.5)
    assert axes[0].get_title() == "∂f/∂x = 2.5, where y = 0.5"


def test_descent_path() -> None:
    def f(x: Any) -> Any:
        return x**4 - 2 * x

    path = plots.descent(f, [2.0], lr=0.02, steps=15)
    np.testing.assert_array_equal(path, iterates(f, [2.0], 0.02, 15))
    above, below = plots.descent_path(f, path)
    np.testing.assert_array_equal(lines(above)["path"], [[x, f(x)] for x in path[:, 0]])
    np.testing.assert_array_equal(lines(below)["|gradient|"][:, 1], [abs(grad(f)(x)) for x in path[:, 0]])
    assert below.get_yscale() == "log"


def test_learning_rates() -> None:
    axes = plots.learning_rates(lambda x: x**2)
    assert [ax.get_title() for ax in axes] == ["lr = 0.01", "lr = 0.3", "lr = 0.95", "lr = 1.02: diverges"]
    for ax, rate in zip(axes, (0.01, 0.3, 0.95, 1.02), strict=True):
        np.testing.assert_array_equal(lines(ax)["path"][:, :1], iterates(lambda x: x**2, [1.0], rate, 30))
    (ax,) = plots.learning_rates(lambda x: x**4, 10.0, [1.0])  # to infinity, at once
    assert "diverges" in ax.get_title()


def test_contour() -> None:
    path = plots.descent(bowl, [1.5, -1.0], lr=0.1, steps=10)
    axes = plots.contour(bowl, path)
    np.testing.assert_array_equal(lines(axes)["path"], iterates(bowl, [1.5, -1.0], 0.1, 10))
    (arrows,) = [c for c in axes.collections if c.get_label() == "gradient"]
    want = np.array([grad(bowl, (0, 1))(float(x), float(y)) for x, y in arrows.get_offsets()])
    np.testing.assert_array_equal(np.stack([arrows.U, arrows.V], axis=1), want)


def test_loss_curves_and_step_sizes() -> None:
    axes = plots.loss_curves({"SGD": [1.0, 0.5], "$x_{": [2.0, 1.0, 0.1]})
    assert [line.get_ydata().tolist() for line in axes.lines] == [[1.0, 0.5], [2.0, 1.0, 0.1]]
    axes.figure.canvas.draw()
    axes = plots.loss_curves({"a": [1.0, 0.0], "zero": [0.0, 0.0], "nan": [np.nan]})
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "a", "zero (nothing above 0)", "nan (not finite)",
    ]  # fmt: skip
    axes = plots.step_sizes(sin, 1.0)
    forward, central = (line.get_xydata() for line in axes.lines)
    h = forward[:, 0]
    np.testing.assert_array_equal(forward[:, 1], abs((np.sin(1 + h) - np.sin(1.0)) / h - np.cos(1.0)))
    assert central[:, 1].min() < 1e-9 and forward[:, 1].min() < 1e-7


def test_the_path_fills_the_picture() -> None:
    def f(x: Any) -> Any:
        return x**4 - 3 * x**2 + x

    path = plots.descent(f, [2.2], lr=0.02, steps=40)
    top = f(2.2)
    for axes in (plots.descent_path(f, path)[0], plots.animation(f, path).axes):
        low, high = axes.get_ylim()
        assert low < f(path[-1, 0]) and top < high < 1.5 * top
    flat = plots.descent_path(lambda x: x * 0.0 + 1.0, [[1.0], [2.0]])
    flat[0].figure.canvas.draw()


def test_lines_are_closer_where_most_of_a_surface_lies_low() -> None:
    even = plots.levels_of(np.ma.masked_invalid(np.linspace(0.0, 1.0, 101)))
    np.testing.assert_allclose(np.diff(even), even[0])
    valley = plots.levels_of(np.ma.masked_invalid(np.linspace(0.0, 1.0, 101) ** 4))
    assert valley[0] < 0.01 < 0.1 < np.diff(valley)[-1] and valley[-1] == 1.0


def test_animations(tmp_path: Path) -> None:
    path = plots.descent(bowl, [1.5, -1.0], lr=0.02, steps=100)
    moving = plots.animation(lambda x: x**2, plots.descent(lambda x: x**2, [1.0], lr=0.02, steps=100))
    file = moving.save(tmp_path / "down.gif")
    with Image.open(file) as image:
        assert image.n_frames == len(moving.shown) <= 60
    assert file.stat().st_size <= 500_000
    moving = plots.animation(bowl, path)
    moving.draw(10)
    assert moving.axes.get_title() == f"step {moving.shown[10] - 1} of 100"
    np.testing.assert_array_equal(moving.line.get_xydata(), path[: moving.shown[10]])
    short = plots.animation(lambda x: x**2, [[1.0], [0.5], [0.25]])
    assert "<script" in short._repr_html_()
    with pytest.raises(ValueError, match=r"saved as \.gif"):
        moving.save(tmp_path / "down.mp4")


def test_what_is_not_defined_is_a_gap() -> None:
    axes = plots.tangent_line(log, 1.0)
    curve = lines(axes)["f"]
    assert np.isnan(curve[curve[:, 0] <= 0][:, 1]).all()
    axes = plots.contour(lambda x, y: log(x) + y)
    axes.figure.canvas.draw()
    with pytest.raises(ValueError, match="a path is points of 1 numbers"):
        plots.descent_path(lambda x: x, np.ones((3, 2)))


def test_the_command_line_plots(tmp_path: Path, capsys: Any) -> None:
    for name, given in ("one.png", ["x**2", "x=1"]), ("two.svg", ["x**2 + 2*y**2", "x=1", "y=2"]):
        assert main(["minimize", *given, "--plot", str(tmp_path / name)]) == 0
        assert (tmp_path / name).stat().st_size > 1000
    assert main(["minimize", "x*x", "x=1", "--plot", str(tmp_path / "x.nonsense")]) == 2
    assert main(["minimize", "x*x", "x=1", "--plot", str(tmp_path / "no" / "x.png")]) == 2
    assert main(["minimize", "x*y*z", "x=1", "y=1", "z=1", "--plot", "x.png"]) == 2
    assert "one or two variables" in capsys.readouterr().err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one.png", "two.svg"]


def test_without_matplotlib_there_is_the_install_line() -> None:
    program = "import sys; sys.modules['matplotlib'] = None\nfrom autodiff.draw import plots\n"
    program += "try: plots.tangent_line(abs, 1.0)\nexcept ImportError as error: print(error)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                          cwd=Path(__file__).parents[2])  # fmt: skip
    assert 'pip install "autodiff-graph[plot]"' in done.stdout, done.stderr
