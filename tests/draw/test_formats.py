"""The formats: what is written, that it is well formed, and what happens where there is no Graphviz."""

from __future__ import annotations

import inspect
import json
import shutil
import sys
import xml.etree.ElementTree as ET
from base64 import b64decode
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest

import autodiff
from autodiff import Tensor, Value, draw, scope, sin
from autodiff.draw import arrange, boxes, content, files, numbers, render, svg, theme, walk
from tests.draw import graphs

ODD = [
    '<script>alert("x")</script>',
    "a & b; &lt;",
    'quote " and \\ and \\n',
    "한국어 ∂ 🎈",
    "\x1b[31m\u202e\ud800",
    "]]>--",
]


def graph():
    x, y = Value(2.0, name="x"), Value(3.0, name="y")
    with scope("inner"):
        a = x * y
    return a + sin(x)


@pytest.fixture
def nothing(monkeypatch):
    """A machine without Graphviz."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


@pytest.fixture
def only_pygraphviz(monkeypatch):
    monkeypatch.setenv("PATH", "")


@pytest.fixture
def only_dot(monkeypatch):
    if not shutil.which("dot"):
        pytest.skip("no dot here: Debian's package graphviz has it")
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


RENDERERS = ["nothing", "only_pygraphviz", "only_dot"]


# ---- renderers ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("look", theme.THEMES)
def test_text_formats_work_everywhere(renderer, look, request, tmp_path):
    request.getfixturevalue(renderer)
    drawing = draw(graph(), theme=look)
    root = ET.fromstring(drawing.svg())
    words = " ".join("".join(root.itertext()).split())
    for shown in ("x × y", "2.584", "inner", "cos(x)"):
        assert shown in words
    assert ("prefers-color-scheme" in words) == (look == "auto")
    for ending in ("svg", "dot", "txt", "html"):
        path = drawing.save(tmp_path / f"graph.{ending}")
        assert path.stat().st_size > 100


@pytest.mark.parametrize("renderer", RENDERERS[1:])
def test_images_by_graphviz(renderer, request, tmp_path):
    request.getfixturevalue(renderer)
    assert draw(graph()).save(tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert draw(graph()).save(tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")


def test_images_without_graphviz_name_what_to_install(nothing, tmp_path):
    for ending in ("png", "pdf"):
        with pytest.raises(RuntimeError, match=r'pip install "autodiff-graph\[draw\]"'):
            draw(graph()).save(tmp_path / f"a.{ending}")
    assert list(tmp_path.iterdir()) == []


def test_without_the_package_graphviz(nothing, monkeypatch):
    monkeypatch.setitem(sys.modules, "graphviz", None)
    assert draw(graph()).svg().startswith("<svg")


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("renderer", RENDERERS)
def test_any_name_is_shown_as_text(name, renderer, request):
    request.getfixturevalue(renderer)
    with scope("scope " + name.replace("/", "")):
        y = Value(2.0, name=name) * Value(3.0, name="other " + name)
    drawing = draw(y)
    shown = numbers.clean(name)
    assert shown.isprintable()
    root = ET.fromstring(drawing.svg())
    assert not [e for e in root.iter() if e.tag.endswith("script")]
    words = "".join(root.itertext())
    assert shown.replace(" ", "") in words.replace(" ", "").replace("\xa0", "")
    found = Elements()
    found.feed(drawing.html())
    assert "script" not in found.tags and shown in found.text
    assert "\x1b" not in str(drawing)
    if render.by_program("digraph{}", "svg") or render.by_pygraphviz("digraph{}", "svg"):
        assert render.rendered(drawing.dot(), "svg")


class Elements(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = set(), ""

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("seed", range(10))
def test_dot_is_what_graphviz_reads(seed, only_pygraphviz):
    import pygraphviz

    drawing = draw(graphs.of_values(seed)[0])
    read = pygraphviz.AGraph(string=drawing.dot())
    assert len(read.nodes()) == len(drawing.picture.boxes)
    assert len(read.edges()) == len(drawing.picture.edges)
    assert all(box.heading for box in drawing.picture.boxes)


# ---- the built-in layout --------------------------------------------------------------------------------
def planned(y, direction):
    picture = content.picture(y, {})
    walk.fill_gradients(picture)
    frames = {box: boxes.framed(box, picture) for box in picture.boxes}
    sizes = {box: (f.width, f.height) for box, f in frames.items()}
    labels = {e: svg.label_size(e.lines) for e in svg.labelled(picture, True)}
    return picture, sizes, labels, arrange.arrange(picture, sizes, labels, direction)


def rectangle(at, size):
    return at[0] - size[0] / 2, at[1] - size[1] / 2, at[0] + size[0] / 2, at[1] + size[1] / 2


def apart(a, b):
    return a[2] <= b[0] + 1e-6 or b[2] <= a[0] + 1e-6 or a[3] <= b[1] + 1e-6 or b[3] <= a[1] + 1e-6


@pytest.mark.parametrize("direction", arrange.DIRECTIONS)
@pytest.mark.parametrize("seed", range(15))
def test_nothing_overlaps_and_groups_hold_their_own(seed, direction):
    picture, sizes, labels, plan = planned(graphs.of_values(seed)[0], direction)
    areas = [rectangle(plan.boxes[b], sizes[b]) for b in picture.boxes]
    areas += [rectangle(plan.labels[e], labels[e]) for e in labels]
    assert len(plan.labels) == len(labels) and len(plan.paths) == len(picture.edges)
    for i, a in enumerate(areas):
        assert min(a) >= -1e-6 and a[2] <= plan.width + 1e-6 and a[3] <= plan.height + 1e-6
        assert all(apart(a, b) for b in areas[:i])
    for box, area in zip(picture.boxes, areas, strict=False):
        for group, (x, y, w, h) in plan.frames.items():
            inside = box.group is not None and group in box.group.chain
            frame = (x, y, x + w, y + h)
            within = x <= area[0] and y <= area[1] and area[2] <= x + w and area[3] <= y + h
            assert within if inside else apart(area, frame)


@pytest.mark.parametrize("direction", arrange.DIRECTIONS)
@pytest.mark.parametrize("seed", range(5))
def test_edges_go_forward_from_box_to_box(seed, direction):
    picture, sizes, _, plan = planned(graphs.of_values(seed)[0], direction)
    along = 1 if direction == "TB" else 0
    for edge in picture.edges:
        points = plan.paths[edge]
        start, end = (
            rectangle(plan.boxes[edge.source], sizes[edge.source]),
            rectangle(plan.boxes[edge.target], sizes[edge.target]),
        )
        assert points[0][along] == pytest.approx(start[2 + along]) and points[-1][along] == pytest.approx(
            end[along]
        )
        assert start[1 - along] <= points[0][1 - along] <= start[3 - along]
        assert end[1 - along] <= points[-1][1 - along] <= end[3 - along]
        assert all(a[along] <= b[along] + 1e-6 for a, b in pairwise(points))


@pytest.mark.parametrize("direction", arrange.DIRECTIONS)
@pytest.mark.parametrize("seed", range(5))
def test_edges_pass_other_boxes_by(seed, direction):
    """Straight, on one side: a curve there would run under a corner."""
    picture, sizes, _, plan = planned(graphs.of_values(seed)[0], direction)
    along, side = (1, 0) if direction == "TB" else (0, 1)
    outside = [box for box in picture.boxes if box.group is None]
    for edge in (e for e in picture.edges if e.source in outside and e.target in outside):
        for box in {*outside} - {edge.source, edge.target}:
            middle, half = plan.boxes[box], (sizes[box][0] / 2, sizes[box][1] / 2)
            low, high = middle[along] - half[along], middle[along] + half[along]
            for a, b in pairwise(plan.paths[edge]):
                if a[along] < high - 1e-6 and b[along] > low + 1e-6:
                    assert a[side] == pytest.approx(b[side]) and abs(a[side] - middle[side]) >= half[side]


def test_a_thousand_nodes(nothing):
    y, _ = graphs.of_values(1, 700)
    drawing = draw(y, max_nodes=5000)
    assert drawing.picture.size > 1000
    root = ET.fromstring(drawing.svg())
    assert sum(e.tag.endswith("}title") for e in root.iter()) > 2000


# ---- colours --------------------------------------------------------------------------------------------
def luminance(colour):
    """WCAG 2.1, relative luminance."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK])
@pytest.mark.parametrize("ink, ground", theme.READ)
def test_text_is_readable(colours, ink, ground):
    high, low = sorted([luminance(colours[ink]), luminance(colours[ground])], reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_every_colour_of_one_theme_is_its_own():
    """So that Graphviz's light colours can be told apart when they turn dark."""
    assert len(set(theme.LIGHT.values())) == len(theme.LIGHT) == len(theme.DARK)


# ---- Jupyter, files, and the package that is a function -------------------------------------------------
def test_jupyter_shows_svg_and_text():
    shown = draw(graph())._repr_mimebundle_()
    assert set(shown) == {"image/svg+xml", "text/plain"} and shown["image/svg+xml"].startswith("<svg")
    json.dumps(shown)


def test_jupyter_shows_png_where_asked(only_pygraphviz):
    shown = draw(graph(), format="png")._repr_mimebundle_()
    assert b64decode(shown["image/png"]).startswith(b"\x89PNG")


def test_endings_and_formats(tmp_path):
    drawing = draw(graph(), format="dot")
    assert drawing.save(tmp_path / "graph").read_text("utf-8").startswith("digraph")
    assert drawing.save(tmp_path / "graph.SVG").read_text("utf-8").startswith("<svg")
    assert drawing.save(tmp_path / "graph.text", format="txt").read_text("utf-8").startswith("scope")
    with pytest.raises(ValueError, match="not as 'gif'"):
        drawing.save(tmp_path / "graph.gif")


def test_paths_that_cant_be_written_leave_nothing(tmp_path, monkeypatch):
    drawing = draw(graph())
    with pytest.raises(FileNotFoundError, match=r"the picture was not saved.*nowhere"):
        drawing.save(tmp_path / "nowhere" / "graph.svg")
    (tmp_path / "folder.svg").mkdir()
    with pytest.raises(OSError, match="the picture was not saved"):
        drawing.save(tmp_path / "folder.svg")
    old = tmp_path / "old.svg"
    old.write_text("what was there")

    def full(file, name):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        drawing.save(old)
    assert old.read_text() == "what was there"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder.svg", "old.svg"]


def test_the_package_is_called_like_its_function():
    from autodiff.draw.drawing import Drawing

    assert isinstance(autodiff.draw(Value(1.0)), Drawing)
    assert list(inspect.signature(autodiff.draw).parameters)[:2] == ["y", "format"]


# ---- numbers --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "x, text",
    [
        (2.0, "2"), (-0.41614, "−0.4161"), (1e-5, "1e−05"), (1e20, "1e20"), (-0.0, "0"), (True, "True"),
        (float("nan"), "nan"), (-np.inf, "−inf"), (1 - 2j, "(1 − 2i)"), (7, "7"), (np.float32(0.1), "0.1"),
    ],
)  # fmt: skip
def test_digits(x, text):
    assert numbers.digits(x) == text


def test_arrays_are_shown_whole_or_in_a_summary():
    assert numbers.shown(np.arange(4.0).reshape(2, 2)).line == "[[0, 1], [2, 3]]"
    assert len(numbers.shown(np.zeros((4, 4))).rows) == 4
    large = numbers.shown(np.array([1.0, np.nan] * 10))
    assert large.line == "mean 1 sd 0, min 1 max 1" and large.flag == "10 of 20 are NaN"
    assert numbers.shown(np.zeros((0, 3))).line == "empty"
    assert numbers.shown(np.full(20, np.inf)).line == "no finite number"
    assert numbers.shown(np.arange(20) > 3).line == "16 of 20 are True"


def test_tensors_show_shape_and_dtype():
    w = Tensor(np.ones((4, 3)), requires_grad=True, dtype=np.float32, name="w")
    assert "(4 × 3) float32" in str(draw(w.sum()))
