"""The stepper: its data against the walks, its page in a browser."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from autodiff import Tensor, Value, draw, jvp, scope, sin, stepper, trace_lines
from autodiff.draw import content, differences, stepping, steps, walk
from tests.draw import browser, graphs


def small(**settings):
    with trace_lines():
        x, y = Value(2.0), Value(3.0)
        a = x * y
        b = sin(x)
        z = a + b
    return stepper(z, **settings)


def network(size):
    """About this many nodes."""
    w = [Value(0.1 * k - 0.4, name=f"w{k}") for k in range(size // 5)]
    h, total = w[0], w[1]
    for k in range(size // 5):
        h = (h * w[k] + w[-k]).tanh()
        total = total + h
    return total


def tensors():
    X, W = Tensor(np.arange(8.0).reshape(4, 2) / 8, name="X"), Tensor(np.ones((2, 3)) / 3, True, "W")
    b = Tensor([0.1, 0.2, 0.3], True, "b")
    with scope("layer"):
        h = np.tanh(X @ W + b)
    return (h * h).mean()


def inside():
    """A result within a scope."""
    x, w = Value(2.0, name="x"), Value(-1.0, name="w")
    with scope("all of it"):
        return (x * w).sin() * (x + w)


# ---- data -----------------------------------------------------------------------------------------------
def test_steps_in_order():
    data = small().data
    names = [node["name"] for node in data["nodes"]]
    kinds = [(step[0], *(names[i] for i in step[1:2])) for step in data["steps"]]
    assert kinds == [
        ("start",), ("forward", "a"), ("forward", "b"), ("forward", "z"), ("seed",),
        ("backward", "z"), ("backward", "b"), ("backward", "a"), ("end",),
    ]  # fmt: skip


def test_sums_at_a_shared_value():
    data = small().data
    edges = [data["edges"][e] for step in data["steps"] if step[0] == "backward" for e in step[2]]
    told = [(e["passed"], e.get("terms"), e.get("count"), e["code"]) for e in edges]
    assert told[2:] == [
        ("−0.4161", "−0.4161", [1, 2], "x.grad += b.grad * cos(x.data)"),
        ("3", "−0.4161 + 3 = 2.584", [2, 2], "x.grad += a.grad * y.data"),
        ("2", None, None, "y.grad += a.grad * x.data"),
    ]
    lines = [node["line"][1] for node in data["nodes"] if "made" in node]
    assert lines == ["a = x * y", "b = sin(x)", "z = a + b"]


FUNCTIONS = ("cos", "sin", "sign", "broadcast_to", "reshape", "transpose", "log")


def holder(box):
    shape = np.shape(box.value)
    return SimpleNamespace(data=box.value, grad=np.zeros(shape), shape=shape, size=np.size(box.value))


@pytest.mark.parametrize("make", [graphs.of_values, graphs.of_tensors])
@pytest.mark.parametrize("seed", range(50))
def test_the_lines_of_code_compute_the_gradients(make, seed):
    """Every line that the stepper shows, run in its order, and nothing else."""
    picture = content.picture(make(seed)[0], {})
    walk.fill_gradients(picture)
    functions = {name: getattr(np, name) for name in FUNCTIONS}
    functions["share"] = lambda x, y: np.add(np.greater(x, y), np.greater_equal(x, y), dtype=float) / 2.0
    known = {box.name: holder(box) for box in picture.boxes if box.role != "literal"}
    known[picture.root.name].grad = 1.0
    uses = walk.uses_of(picture)
    run = missing = 0
    for box in reversed(picture.boxes):
        for edge in uses.get(box, []):
            line = steps.code_of(edge) if edge.asked and edge.passed is not None else None
            if line:
                exec(line, {**functions, **known})
                run += 1
            elif edge.asked and edge.passed is not None:
                known[edge.source.name].grad = known[edge.source.name].grad + edge.passed
                missing += 1
    assert run > 5 * missing
    for box in picture.boxes:
        if box.role != "literal" and box.grad is not None:
            np.testing.assert_allclose(known[box.name].grad, box.grad, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("make", [graphs.of_values, graphs.of_tensors])
@pytest.mark.parametrize("seed", range(10))
def test_finite_differences_find_the_same(make, seed):
    y, _ = make(seed, 6)
    picture = content.picture(y, {})
    walk.fill_gradients(picture)
    assert differences.computed(picture, {}) == y.data
    for box in picture.boxes:
        if box.role == "parameter" and box.grad is not None:
            assert differences.difference(picture, box)[1] < 1e-6


@pytest.mark.parametrize("x", [Fraction(1, 3), Decimal("0.3"), 0.3, np.float32(0.3)])
def test_every_kind_of_number_is_compared(x):
    leaf = Tensor(x, True, "x") if isinstance(x, np.float32) else Value(x, name="x")
    (check,) = stepper(leaf * leaf / 7).data["checks"]
    assert check["gap"][1] == 1 and check["near"] == ("0.09524" if x == Fraction(1, 3) else "0.08571")


def test_a_large_leaf_is_compared_in_one_direction():
    w = Tensor(np.linspace(0.0, 1.0, 100), True, "w")
    (check,) = stepper(np.sin(w).sum()).data["checks"]
    assert check["near"] is None and check["gap"][1] == 1


def test_what_disagrees_is_shown_to():
    x = Value(0.0, name="x")
    (check,) = stepper(abs(x) + x.relu()).data["checks"]
    assert check["exact"] == "0" and check["near"] == "0.5" and check["gap"][1] == 0


@pytest.mark.parametrize("seed", range(20))
def test_tangents_are_those_of_forward_mode(seed):
    y, leaves = graphs.of_values(seed, 10)
    used = {box.name for box in content.picture(y, {}).boxes}
    moving = {name: speed for name, speed in {"a": 1.0, "b": -2.0, "c": 0.5}.items() if name in used}
    data = stepper(y, mode="forward", tangents=moving).data

    def again(a, b, c):
        picture = content.picture(y, {})
        values = dict(zip(("a", "b", "c"), (a, b, c), strict=True))
        known = {}
        for box in picture.boxes:
            if not box.operands:
                known[box] = values.get(box.name, box.value)
                continue
            known[box] = box.node.op(*(known[o] for o in box.operands), **(box.node.params or {}))
        return known[picture.root]

    point = tuple(leaf.data for leaf in leaves)
    expected = jvp(again, point, (1.0, -2.0, 0.5))[1]
    (check,) = data["checks"]
    assert data["nodes"][data["root"]]["tangent"] == check["exact"] == f"{expected:.4g}".replace("-", "−")
    assert not any(step[0] in ("seed", "backward") for step in data["steps"])


def test_both_modes_and_tensors():
    data = stepper(tensors(), mode="both", tangents={"b": [1.0, 0.0, 0.0]}).data
    assert [c["gap"][1] for c in data["checks"]] == [1, 1, 1]
    shown = {node["name"]: node for node in data["nodes"]}
    assert shown["X"]["value"][3] == "0.75|0.875" and shown["b"]["tangent"] == ["1|0|0"]
    assert "X.data.T @" in json.dumps(data) and ".sum(axis=0)" in json.dumps(data)


def test_folded_scopes_are_steps():
    data = stepper(tensors(), depth=0).data
    (layer,) = [node for node in data["nodes"] if node["role"] == "group"]
    assert layer["name"] == "layer" and layer["held"][0] == "3 operations"
    assert all(check["gap"][1] for check in data["checks"])


# ---- bad input ------------------------------------------------------------------------------------------
def test_too_many_nodes():
    y = network(80)
    with pytest.raises(ValueError, match=r"nodes, and a reader can follow 60: give depth=0"):
        stepper(y)


@pytest.mark.parametrize(
    "error, settings",
    [
        (ValueError, {"mode": "sideways"}), (ValueError, {"theme": "blue"}), (ValueError, {"depth": -1}),
        (ValueError, {"tangents": {"x": 1.0}}), (TypeError, {"mode": "both", "tangents": 3.0}),
        (ValueError, {"mode": "both", "tangents": {"q": 1.0}}), (TypeError, {"mode": "both", "tangents": {}}),
    ],
)  # fmt: skip
def test_bad_arguments(error, settings):
    with pytest.raises(error, match=next(reversed(settings))):
        small(**settings)


def test_what_cant_be_stepped_through(tmp_path):
    with pytest.raises(TypeError, match="a Value or a Tensor"):
        stepper(3.0)
    with pytest.raises(ValueError, match="nothing here requires grad"):
        stepper(Value(1.0, requires_grad=False) * 2.0)
    with pytest.raises(ValueError, match="complex"):
        stepper(Value(1j) * 2.0)
    w = Tensor([1.0, 2.0], True, "w")
    with pytest.raises(ValueError, match=r"shape \(3,\), and w has \(2,\)"):
        stepper(w.sum(), mode="both", tangents={w: np.ones(3)})
    with pytest.raises(ValueError, match=r"save it as \.html"):
        small().save(tmp_path / "page.svg")
    with pytest.raises(FileNotFoundError, match="not saved"):
        small().save(tmp_path / "nowhere" / "page.html")
    assert list(tmp_path.iterdir()) == []


# ---- the page -------------------------------------------------------------------------------------------
def matrices(size):
    """A graph of this many nodes, every one a matrix of 16 numbers, and every one used again."""
    known = [Tensor(np.cos(np.arange(16.0) + k).reshape(4, 4), True) for k in range(3)]
    while len(known) < size - 1:
        known.append(known[-1] * known[-2] if len(known) % 2 else known[-1] @ known[-3])
    return known[-1].sum()


@pytest.mark.parametrize("mode", ["backward", "both"])
@pytest.mark.parametrize("make", [network, matrices])
def test_a_page_of_30_nodes_is_small(make, mode):
    page = stepper(make(30), mode=mode)
    assert len(page.html().encode("utf-8")) < 60_000
    packed = stepping.packed(page.data)

    def unpacked(x):
        if isinstance(x, dict):
            return unpacked(packed["pool"][x["$"]]) if "$" in x else {k: unpacked(v) for k, v in x.items()}
        return [unpacked(v) for v in x] if isinstance(x, list) else x

    assert unpacked(packed["data"]) == json.loads(json.dumps(page.data))


def test_the_page_is_closed():
    page = stepper(network(30)).html()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert re.fullmatch(r"default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+'", policy)
    addresses = set(re.findall(r"https?://[^\"' ]+", page))
    assert addresses == {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1998/Math/MathML",
    }  # names, not fetched


def test_a_notebook_shows_it_in_a_frame():
    shown = small()._repr_html_()
    assert shown.startswith('<iframe srcdoc="&lt;!doctype html&gt;') and 'sandbox="allow-scripts"' in shown
    assert re.sub(r"<[^>]*>", "", shown).startswith("Run this cell to step through ")  # frames left out


@pytest.fixture(scope="module")
def window():
    if why := browser.missing():
        pytest.skip(why)
    with browser.Browser() as opened:
        yield opened


def opened(window, page, tmp_path, part="", size=(1200, 850), scheme="light"):
    path = page.save(tmp_path / "page.html")
    window.size(*size, scheme)
    window.complaints(), window.requests()
    window.open(path, part)
    return path.absolute().as_uri()


def words(window, what):
    return window.run("return document.getElementById(arguments[0]).textContent", what)


PAGES = {
    "5": small,
    "both": lambda: small(mode="both", tangents={"x": 1.0, "y": 1.0}),
    "forward": lambda: small(mode="forward"),
    "28": lambda: stepper(network(28)),
    "60": lambda: stepper(network(60)),
    "tensors": lambda: stepper(tensors(), mode="both"),
    "folded": lambda: stepper(tensors(), depth=0),
    "inside": lambda: stepper(inside(), depth=0, mode="both"),
}
SIZES = {"wide": (1200, 850), "phone": (390, 800)}
SEEN = [
    "5 phone",
    "both wide",
    "forward phone",
    "28 phone",
    "60 wide",
    "tensors phone",
    "folded wide",
    "inside phone",
]


@pytest.mark.parametrize("seen", SEEN)
def test_it_steps_to_the_end(window, seen, tmp_path):
    """No error, no request, letters of 11 pixels, and the active node in sight at every step."""
    which, size = seen.split()
    page = PAGES[which]()
    address = opened(window, page, tmp_path, size=SIZES[size])
    last = len(page.data["steps"]) - 1
    for step in range(last + 1):
        seen = window.run(LOOK)
        assert seen["count"] == f"{step} / {last}"
        assert seen["live"].startswith(f"Step {step} of {last}.")
        assert seen["letters"] >= 10.99, seen
        assert seen["inside"] and not seen["wider"], (step, seen)
    assert words(window, "phase") == "DONE"
    assert window.complaints() == []
    assert window.requests() == [address]


LOOK = """
const pic = document.getElementById('pic'), svg = pic.querySelector('svg');
const room = pic.getBoundingClientRect();
const letters = Math.min(...[...svg.querySelectorAll('text')].map(t =>
  parseFloat(getComputedStyle(t).fontSize) * svg.getScreenCTM().a));
const on = svg.querySelector('g.on'), box = on && on.querySelector('text').getBoundingClientRect();
const said = id => document.getElementById(id).textContent;
const seen = { letters, count: said('count'), live: said('live'), wider:
  document.documentElement.scrollWidth > innerWidth,
  inside: !on || (box.left >= room.left && box.right <= room.right && box.top >= room.top
    && box.bottom <= room.bottom) };
document.getElementById('next').click();
return seen;
"""


def square_matrices():
    """4 × 4 numbers of four digits, which is as wide as matrices are shown."""
    numbers = np.random.default_rng(0)
    X, W = Tensor(numbers.normal(size=(4, 4)), name="X"), Tensor(numbers.normal(size=(4, 4)), True, "W")
    return (np.tanh(X @ W) ** 2).sum()


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_matrices_are_shown_whole(window, size, tmp_path):
    """Beside the graph nothing is cut off, and in its boxes no number stands on its label."""
    page = stepper(square_matrices(), mode="both")
    opened(window, page, tmp_path, size=SIZES[size])
    for step in range(len(page.data["steps"])):
        assert window.run(CUT_OFF) == [], step
        window.run("document.getElementById('next').click()")
    assert window.run(OVERLAPS) == []


CUT_OFF = """
const boxes = [...document.querySelectorAll('#page dd, #page .scroll')];
return boxes.filter(box => box.scrollWidth > box.clientWidth + 1).map(box => box.textContent);
"""
OVERLAPS = """
const rectangle = t => t.getBoundingClientRect(), found = [];
for (const g of document.querySelectorAll('#pic g')) {
  const labels = [...g.querySelectorAll('text.small:not(.mid)')];
  for (const a of labels.map(rectangle)) for (const t of g.querySelectorAll('text.end')) {
    const b = rectangle(t);
    if (b.left < a.right && b.top < a.bottom && a.top < b.bottom) found.push(t.textContent);
  }
}
return found;
"""


def test_rings_fit_their_boxes(window, tmp_path):
    """Also round what is flagged: the flag stands in the table below."""
    opened(window, stepper(Value(2.0, name="x") * Value(float("nan"), name="n")), tmp_path)
    apart = window.run("""
        return [...document.querySelectorAll('#pic g')].filter(g => g.querySelector('.ring')).map(g => {
          const bands = [...g.querySelectorAll('rect:not(.ring)')].map(r => r.getBBox());
          const ring = g.querySelector('.ring').getBBox();
          return ring.y + ring.height - Math.max(...bands.map(b => b.y + b.height));
        })""")
    assert apart and all(0 < gap < 6 for gap in apart), apart


def test_gradients_appear_when_they_arrive(window, tmp_path):
    opened(window, small(), tmp_path, "#step=6")
    assert words(window, "title") == "Backward through b = sin(x)"
    rows = "return [...document.querySelectorAll('#rows tr')].map(r => [...r.cells].map(c => c.textContent))"
    assert window.run(rows)[:2] == [["x", "2", "−0.4161"], ["y", "3", ""]]
    window.key("\ue014")  # arrow right
    assert window.run(rows)[:2] == [["x", "2", "−0.4161 + 3 = 2.584"], ["y", "3", "2"]]
    assert "x.grad += a.grad * y.data" in words(window, "page") and "a = x * y" in words(window, "page")
    assert "x gets 1 times 3 = 3, together 2.584" in words(window, "live")
    assert window.run("return location.hash") == "#step=7"


def test_keys_slider_links_and_play(window, tmp_path):
    opened(window, small(), tmp_path, "#step=3")
    assert words(window, "count") == "3 / 8"
    for key, step in (("\ue012", 2), ("\ue010", 8), ("\ue011", 0)):  # left, end, home
        window.key(key)
        assert words(window, "count") == f"{step} / 8"
    window.run(
        "const s = document.getElementById('slider'); s.value = 5; s.dispatchEvent(new Event('input'))"
    )
    assert words(window, "phase") == "BACKWARD"
    window.run("location.hash = '#step=1'; return 0")
    window.run("dispatchEvent(new HashChangeEvent('hashchange'))")
    assert words(window, "count") == "1 / 8"
    window.key(" ")
    assert words(window, "play") == "Pause"
    window.key(" ")
    assert words(window, "play") == "Play"


@pytest.mark.parametrize("scheme, ground", [("light", "rgb(255, 255, 255)"), ("dark", "rgb(21, 24, 28)")])
def test_it_follows_the_reader_s_colours(window, scheme, ground, tmp_path):
    opened(window, small(), tmp_path, scheme=scheme)
    assert window.run("return getComputedStyle(document.body).backgroundColor") == ground


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</script><b>", "한국 & ∂"]
)
def test_any_name_is_text(window, name, tmp_path):
    y = Value(2.0, name=name) * Value(float("nan"), name="n")
    opened(window, stepper(y, names={}), tmp_path, "#step=3")
    assert window.run("return document.querySelectorAll('img, b script').length") == 0
    assert name in words(window, "pic") and name in words(window, "rows")
    assert "⚠" in words(window, "rows") and window.complaints() == []


def test_drawn_pages_are_closed_as_well(window, tmp_path):
    x = Value(2.0, name="x")
    path = draw(x * x).save(tmp_path / "graph.html")
    window.complaints(), window.requests()
    window.open(path)
    assert window.complaints() == [] and window.requests() == [path.absolute().as_uri()]
    assert window.run("return document.querySelector('svg').getBoundingClientRect().width") > 50
