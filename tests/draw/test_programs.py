"""The picture of a compiled function's program: its boxes, what runs together, and every format."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest

from autodiff import draw, grad, jit
from autodiff import numpy as m
from autodiff.draw.svg import svg

BACKENDS = ("numpy", "native")


def loss(w: Any, x: Any, y: Any) -> Any:
    if x[0, 0] > 0:
        return ((m.tanh(x @ w) - y) ** 2).sum(), w * 2.0
    return x.sum(), w


def compiled(backend: str, n: int) -> Any:
    f = jit(loss, backend=backend)
    f(np.ones(3), np.ones((n, 3)), np.ones(n))
    return f


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("n", [4, 300_000])
def test_boxes_are_the_terms_and_what_they_read(backend: str, n: int) -> None:
    program = compiled(backend, n).graph
    picture = draw(program).picture
    names = program.names()
    boxes = {box.name: box for box in picture.boxes if box.role != "literal"}
    assert [*boxes] == [names[t] for t in [*program.inputs, *program.terms]]
    for t in program.terms:
        read = [str(x.value.item()) if x.known and not x.shape else names[x] for x in t.inputs]
        got = [edge.source for edge in picture.edges if edge.target is boxes[names[t]]]
        assert [x.name if x.role != "literal" else str(x.value.item()) for x in got] == read
        assert boxes[names[t]].shape.endswith(t.dtype.name)
    assert [box.name for box in picture.boxes if box.role == "output"] == [
        names[t] for t in program.terms if t in program.outputs
    ]
    (asked,) = (box for box in boxes.values() if box.flag)
    assert asked.flag.startswith("must be True: ") and "test_programs.py, line" in asked.flag


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_runs_together_stands_in_a_frame(backend: str) -> None:
    f = compiled(backend, 300_000)
    program, text = f.graph, draw(f.graph).dot()
    assert [len(group.terms) for group in program.groups] == f.stats["fused"]
    assert max(f.stats["fused"]) >= 4 and f.stats["arena bytes"] > 0
    assert text.count("subgraph cluster_") == len(program.groups)
    assert ("kernel 1" if backend == "native" else "loop 1: 300000 rows, ") in text
    inside = [t for group in program.groups for t in group.terms]
    assert len(inside) == len(set(inside)) and set(inside) <= set(program.terms)
    place = {t: k for k, t in enumerate(program.terms)}
    assert all(place[x] < place[t] for t in program.terms for x in t.inputs if x.op)


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_format(backend: str, tmp_path: Any) -> None:
    def f(x: Any) -> Any:
        y = m.concatenate([x[1:], x[:1]])
        return (m.sin(x) * y * np.arange(4.0)).sum()

    g = jit(grad(f), backend=backend)
    g(np.ones(4))
    picture = draw(g.graph, names={})
    for direction in ("LR", "TB"):
        ET.fromstring(svg(picture.picture, "light", direction))
    for ending in ("svg", "dot", "txt", "html"):
        assert picture.save(tmp_path / f"program.{ending}").stat().st_size > 200
    assert "cos(x)" in str(picture) and "value" not in str(draw(jitted_sum(backend).graph))


def jitted_sum(backend: str) -> Any:
    f = jit(lambda x: x.sum(), backend=backend)
    f(np.ones(4))
    return f


def test_a_long_program_is_folded_by_its_groups() -> None:
    f = jit(lambda x: sum(m.sin(x * k).sum() for k in range(1, 90)), backend="numpy")
    f(np.ones(300_000))
    small = draw(f.graph).picture
    assert len(small.boxes) < len(f.graph.terms)
    assert any(box.role == "group" and box.name.startswith("loop 1") for box in small.boxes)


def test_constants_inputs_and_nothing_as_results() -> None:
    f = jit(lambda x: (2.0, x, np.ones(3)), backend="numpy")
    f(np.ones(4))
    text = str(draw(f.graph))
    assert "(4) float64" in text and "[1, 1, 1]" in text and "\n2 " in text
    f = jit(lambda x: None)
    f(1.0)
    with pytest.raises(ValueError, match="no result, and so no graph"):
        draw(f.graph)
    with pytest.raises(TypeError, match=r"of a compiled one, draw f\.graph"):
        draw(f)
