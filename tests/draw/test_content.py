"""What pictures show: names, gradients and their terms, formulas, scopes, and large graphs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import autodiff
from autodiff import Tensor, Value, draw, gradients, scope, sin, trace_lines
from autodiff.draw import content, folding, notation, walk
from autodiff.kinds import PRIMITIVES
from tests.draw import graphs


def drawn(result, /, **variables):
    picture = content.picture(result, variables)
    walk.fill_gradients(picture)
    return picture


def box_of(picture, name):
    (found,) = [box for box in picture.boxes if box.name == name]
    return found


# ---- gradients ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("make", [graphs.of_values, graphs.of_tensors])
@pytest.mark.parametrize("seed", range(50))
def test_what_arrives_at_a_node_adds_up_to_its_gradient(make, seed):
    y, leaves = make(seed)
    picture = drawn(y)
    for box in picture.boxes:
        passed = [edge.passed for edge in picture.edges if edge.source is box and edge.asked]
        if passed and box is not picture.root:
            np.testing.assert_allclose(sum(passed), box.grad, rtol=1e-12, atol=1e-12)
    asked = [box.node for box in picture.boxes if box.role in ("parameter", "result")]
    for found, node in zip(gradients(y, asked), asked, strict=True):
        (box,) = [box for box in picture.boxes if box.node is node]
        np.testing.assert_allclose(0.0 if box.grad is None else box.grad, found, rtol=1e-12, atol=1e-12)
    assert all(not leaf.has_grad for leaf in leaves)


@pytest.mark.parametrize("seed", range(50))
def test_upstream_times_local_is_what_goes_along_an_edge(seed):
    picture = drawn(graphs.of_values(seed)[0])
    for edge in picture.edges:
        if edge.asked:
            assert edge.upstream * edge.local == pytest.approx(edge.passed, rel=1e-12, abs=1e-12)
            assert edge.upstream == edge.target.grad


@pytest.mark.parametrize("seed", range(50))
def test_formulas_are_the_local_derivatives(seed):
    """The text on an edge, read as Python, gives the number that finite differences of the node give."""
    picture = drawn(graphs.of_values(seed)[0])
    checked = 0
    for edge in picture.edges:
        if edge.asked and edge.formula is not None:
            values = {box.name: box.value for box in [edge.target, *edge.target.operands]}
            functions = {name: getattr(math, name, None) for name in ("cos", "sin", "sqrt", "log")}
            functions |= {
                "sign": lambda x: math.copysign(1.0, x),
                "share": lambda x, y: (x > y) + (x == y) / 2,
            }
            text = notation.code(edge.formula, lambda said: said.text.replace("−", "-"))
            found = eval(text, {**functions, **values})
            assert found == pytest.approx(difference(edge), rel=1e-5, abs=1e-6), (edge.name, text)
            checked += 1
    assert checked > 20


def difference(edge):
    """The slope of one primitive in one input, by a difference of its values."""
    f, xs, h = edge.target.node.op.scalar, [x.value for x in edge.target.node.inputs], 1e-6

    def at(step):
        return f(*[x + step if i == edge.place else x for i, x in enumerate(xs)])

    return (at(h) - at(-h)) / (2 * h)


def test_the_readme_function():
    x, y = Value(2.0), Value(3.0)
    a = x * y
    b = sin(x)
    z = a + b
    picture = drawn(z, x=x, y=y, a=a, b=b, z=z)
    assert [box.heading for box in picture.boxes] == ["x", "y", "a = x × y", "b = sin(x)", "z = a + b"]
    assert box_of(picture, "x").parts == [math.cos(2.0), 3.0]
    lines = {(e.source.name, e.target.name): e.lines for e in picture.edges}
    assert lines["x", "a"] == ["∂a/∂x = y = 3", "◀ 1 × 3 = 3"]
    assert lines["x", "b"] == ["∂b/∂x = cos(x) = −0.4161", "◀ 1 × (−0.4161) = −0.4161"]
    assert lines["b", "z"] == ["∂z/∂b = 1", "◀ 1 × 1 = 1"]
    assert "−0.4161 + 3 = 2.584" in str(draw(z))


def test_drawing_changes_no_gradient_before_or_after_backward():
    x = Value(2.0)
    y = x * x
    draw(y)
    assert not x.has_grad
    y.backward()
    draw(y)
    assert x.grad == 4.0
    w = Tensor([1.0, 2.0], requires_grad=True)
    draw((w * w).sum())
    assert w.grad is None


def test_an_array_has_the_gradients_of_its_sum():
    w = Tensor([1.0, 2.0], requires_grad=True)
    y = w * w
    picture = drawn(y, w=w, y=y)
    assert picture.top == "Σy"
    np.testing.assert_array_equal(box_of(picture, "w").grad, [2.0, 4.0])


def test_x_times_x_has_two_edges():
    x = Value(3.0, name="x")
    picture = drawn(x * x)
    assert [(e.source.name, e.passed) for e in picture.edges] == [("x", 3.0), ("x", 3.0)]
    assert [line[:13] for line in draw(x * x).dot().splitlines()].count("  n0 -> n1 [t") == 2


def test_a_derivative_that_does_not_exist_is_shown_as_nan_with_a_note():
    x = Value(0.0, name="x")
    picture = drawn(x.sqrt() * 2.0)
    assert math.isnan(box_of(picture, "x").grad)
    assert "does not exist" in picture.notes[0] and "NaN" in box_of(picture, "x").flag
    assert "⚠" in str(draw(x.sqrt()))


def test_below_a_choice_an_exact_zero_absorbs():
    x = Tensor([0.0, 4.0], requires_grad=True, name="x")
    picture = drawn(np.where(x > 0, np.sqrt(x), 0.0).sum())
    np.testing.assert_array_equal(box_of(picture, "x").grad, [0.0, 0.25])


def test_what_is_not_finite_is_flagged():
    x = Tensor([np.nan, np.inf, 1.0], requires_grad=True, name="x")
    assert box_of(drawn((x * 2.0).sum()), "x").flag == "1 of 3 are NaN, 1 of 3 are inf"


def test_without_gradients():
    constant = Value(2.0, requires_grad=False)
    assert drawn(constant * 3.0).notes == ["no gradients: nothing here requires grad"]
    z = Value(1.0 + 2.0j)
    assert "complex" in drawn(z * z).notes[0]
    assert "∂" not in str(draw(Value(2.0) * 3.0, grads=False))


# ---- formulas -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "f, made, derivative",
    [
        (lambda x: x * 2.0, "x × 2", "2"),
        (lambda x: 2.0 / x, "2 / x", "−v1 / x"),
        (lambda x: -x, "−x", "−1"),
        (lambda x: x**2.0, "x²", "2 × x"),
        (lambda x: x**-1.0, "x^(−1)", "−1 × x^(−2)"),
        (lambda x: abs(x), "abs(x)", "sign(x)"),
        (lambda x: x.tanh(), "tanh(x)", "1 − v1²"),
        (lambda x: x.exp(), "exp(x)", "v1"),
        (lambda x: x - 1.5, "x − 1.5", "1"),
        (lambda x: x.relu(), "relu(x)", "[x > 0]"),
    ],
)
def test_formulas_read_as_in_school(f, made, derivative):
    x = Value(2.5, name="x")
    y = f(x)
    picture = drawn(y * 1.0, v1=y)
    assert box_of(picture, "v1").expression == made
    (edge,) = [e for e in picture.edges if e.source.name == "x"]
    assert notation.text(edge.formula) == derivative


def test_formulas_of_arrays_are_shown_only_where_they_hold():
    X, W, v = (Tensor(np.ones(s), True, n) for s, n in (((4, 2), "X"), ((2, 3), "W"), ((4,), "v")))
    picture = drawn((X @ W).sum())
    said = [e.lines for e in picture.edges if e.target.expression == "X @ W"]
    assert said == [["◀ g @ Wᵀ"], ["◀ Xᵀ @ g"]]
    picture = drawn((v @ X).sum())
    said = [e.lines[0] for e in picture.edges if e.target.expression == "v @ X"]
    assert said == ["◀ g @ Xᵀ", "◀ linear in X: g through that transpose of matmul"]


def test_broadcasting_says_what_is_summed():
    u, b = Tensor(np.ones((4, 3)), True, "u"), Tensor(np.ones(3), True, "b")
    edges = {e.source.name: e for e in drawn((u + b).sum()).edges}
    assert edges["b"].stretched == "broadcast (3) → (4 × 3)" and edges["b"].summed == "g summed over axis 0"
    assert edges["u"].stretched == ""


def test_settings_are_part_of_the_formula():
    x = Tensor(np.ones((2, 3)), True, "x")
    assert [b.expression for b in drawn(x[0, 1:].sum(axis=0)).boxes][1:] == ["x[0, 1:]", "sum(v1, axis=0)"]
    (_, made) = drawn(x.reshape(3, 2)).boxes
    assert made.expression == "reshape(x, shape=(3, 2))"


@pytest.mark.parametrize("name", PRIMITIVES)
def test_every_form_and_formula_can_be_read(name):
    op = PRIMITIVES[name]
    partials = getattr(op.steps, "partials", ())
    letters = notation.letters_of(op.arity or 2)
    known = {k: notation.Said(k.upper()) for k in (*letters, "out", "g", "index")}
    texts = [op.form, *op.pulled, *(p if isinstance(p, str) else "" for p in partials)]
    for text in filter(None, texts):
        tree = notation.bound(text, known)
        assert "m." not in notation.text(tree) and notation.mathml(tree)
        compile(notation.code(tree, lambda said: "x"), name, "eval")


# ---- names ----------------------------------------------------------------------------------------------
def test_names_are_given_then_those_of_variables_then_numbers():
    x, v1 = Value(2.0, name="weight"), Value(3.0)
    w, p = [Value(1.0), Value(4.0)], {"bias": Value(5.0)}
    y = (x * v1) * w[1] + p["bias"]
    shown = str(draw(y))
    assert [line.split()[0] for line in shown.splitlines()[2:]] == [
        "weight", "v1", "w[1]", "p['bias']", "v2", "v3", "y",
    ]  # fmt: skip


def test_two_of_one_name_are_told_apart():
    a, b = Value(2.0, name="w"), Value(3.0, name="w")
    names = [box.name for box in drawn(a * b).boxes]
    assert len(set(names)) == 3 and names[:2] == ["w_1", "w_2"]


def test_variables_can_be_chosen():
    x = Value(2.0)
    hidden = x * 3.0
    assert "hidden" not in str(draw(hidden * hidden, names={"input": x}))
    assert "input" in str(draw(hidden * hidden, names={"input": x}))


def test_an_array_that_was_assigned_to_has_versions():
    x = Tensor([1.0, 2.0], requires_grad=True)
    h = x * 2.0
    h[0] = h[1] * 3.0
    picture = drawn((h * h).sum(), x=x, h=h)
    assert box_of(picture, "h").expression.startswith("assign(")
    np.testing.assert_allclose(box_of(picture, "x").grad, [0.0, 160.0])


def test_a_number_in_the_program_is_drawn_at_every_use():
    x = Value(1.0, name="x")
    picture = drawn((x * 2.0) * 2.0 + 2.0)
    assert [box.name for box in picture.boxes if box.role == "literal"] == ["2", "2", "2"]
    assert picture.size == 4


def test_lines_of_the_program():
    with trace_lines():
        x = Value(1.0, name="x")
        y = (x * 3.0).sin()
    file, number, text = drawn(y).root.line
    assert (file, text) == (__file__, "y = (x * 3.0).sin()") and number > 100


# ---- scopes and large graphs ----------------------------------------------------------------------------
def scoped():
    x, w, v = Value(1.0, name="x"), Value(2.0, name="w"), Value(3.0, name="v")
    with scope("encoder"):
        with scope("first"):
            h = (x * w).tanh()
        g = h * v
    with scope("decoder"):
        y = g * x + v
    return y


def test_scopes_are_groups_and_parameters_stand_where_they_are_used():
    picture = drawn(scoped())
    places = {box.name: [g.name for g in box.group.chain] if box.group else [] for box in picture.boxes}
    assert places["w"] == ["encoder", "first"] and places["x"] == places["v"] == []
    assert places[picture.root.name] == ["decoder"]


def test_a_scope_that_is_entered_twice_is_two_groups():
    x = Value(2.0, name="x")

    @scope("layer")
    def layer(x):
        with scope("inner"):
            return (x * 3).sin()

    y = layer(layer(x))
    for result in (y, layer(layer(x)) + 1):
        picture = drawn(result)
        groups = dict.fromkeys(g for box in picture.boxes if box.group for g in box.group.chain)
        assert [group.name for group in groups] == ["layer", "inner", "layer", "inner"]
    folded = draw(layer(layer(x)) + 1, depth=0).picture
    assert [box.name for box in folded.boxes if box.role == "group"] == ["layer", "layer"]
    assert y.scope == "layer/inner"


def test_a_leaf_knows_the_scope_that_it_was_made_in():
    with scope("model"):
        w, t = Value(2.0, name="w"), Tensor([1.0], requires_grad=True, name="t")
        a = w * 3
    outside = Value(1.0, name="x")
    assert (w.scope, t.scope, outside.scope) == ("model", "model", "")
    y = a * w * outside + w
    picture = drawn(y)
    assert [g.name for g in box_of(picture, "w").group.chain] == ["model"]  # two make use of it
    assert box_of(picture, "x").group is None
    picture = drawn(Value(2.0) * w)  # of which there is no other trace here
    assert box_of(picture, "w").group is None


def test_depth_folds_scopes_and_says_what_they_hold():
    picture = drawn(scoped())
    top = folding.folded(picture, 0, 200)
    assert [box.name for box in top.boxes if box.role == "group"] == ["encoder", "decoder"]
    (encoder,) = [box for box in top.boxes if box.name == "encoder"]
    assert encoder.held == ["3 operations", "2 multiply, 1 tanh", "1 parameter: w"]
    assert top.root.name == picture.root.name and top.root.role == "output" and top.root.group is None
    one = folding.folded(picture, 1, 200)
    assert [box.name for box in one.boxes if box.role == "group"] == ["first"]
    assert folding.folded(picture, 2, 200) is picture
    assert "3 operations; 2 multiply, 1 tanh; 1 parameter: w" in str(draw(scoped(), depth=0))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("depth", [0, 1])
def test_a_folded_graph_has_no_circles(seed, depth):
    picture = drawn(graphs.of_values(seed)[0])
    for small in (folding.folded(picture, depth, 10**6), folding.folded(picture, None, 30)):
        waiting = {edge for edge in small.edges if edge.source is not edge.target}
        boxes = set(small.boxes)
        while free := [b for b in boxes if all(e.target is not b for e in waiting)]:
            boxes -= set(free)
            waiting = {e for e in waiting if e.source in boxes}
        assert not boxes
        assert small.root in small.boxes


def test_a_long_chain_folds_by_itself():
    x = y = Value(1.0, name="x")
    for _ in range(2500):
        y = y.sin() + x
    drawing = draw(y)
    assert drawing.picture.size < 60
    held = [box.held[0] for box in drawing.picture.boxes if box.role == "group"]
    assert (
        sum(int(line.split()[0]) for line in held) + sum(bool(b.operands) for b in drawing.picture.boxes)
        == 5000
    )
    assert draw(y, max_nodes=6000).picture.size == 5001


def test_many_parameters_fold_as_well():
    ws = [Value(float(i)) for i in range(600)]
    y = sum((w * w for w in ws[1:]), ws[0])
    assert draw(y + y).picture.size <= 200


# ---- bad input ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "bad",
    [
        {"theme": "blue"}, {"direction": "RL"}, {"format": "gif"}, {"depth": -1}, {"depth": 1.5},
        {"max_nodes": 0}, {"max_nodes": "all"}, {"edges": "no"}, {"grads": None},
    ],
)  # fmt: skip
def test_bad_arguments(bad):
    with pytest.raises(ValueError, match=next(iter(bad)) if "format" not in bad else "gif"):
        draw(Value(1.0), **bad)


@pytest.mark.parametrize("show", [draw, autodiff.stepper, autodiff.formula, autodiff.explain])
def test_names_are_given_in_a_dict(show):
    with pytest.raises(TypeError, match="names is a dict"):
        show(Value(1.0) * 2, names=[Value(1.0)])


@pytest.mark.parametrize("bad", [3.0, np.ones(2), None, "x", [Value(1.0)]])
def test_what_is_not_a_node(bad):
    with pytest.raises(TypeError, match="a Value or a Tensor, not from"):
        draw(bad)


def test_graphs_that_are_gone_or_stale():
    x = Value(2.0)
    y = x * x
    y.backward(retain_graph=False)
    with pytest.raises(RuntimeError, match="released"):
        draw(y)
    z = x * x
    x.data = 3.0
    with pytest.raises(autodiff.StaleError):
        draw(z)


# ---- nodes that transformations made ---------------------------------------------------------------------
def ruled() -> Any:
    f = autodiff.custom_vjp(lambda x, y: x * y)
    f.defvjp(lambda x, y: (x * y, (x, y)), lambda r, g: (g * r[1], g * r[0]))
    return f


@pytest.mark.parametrize(
    "f",
    [
        autodiff.checkpoint(lambda x, y: x * y),
        autodiff.checkpoint(lambda x, y: x * y, budget="1kB"),
        ruled(),
        lambda x, y: autodiff.root(lambda v, x, y: v - x * y)(0.0 * x.data, x, y),
        lambda x, y: autodiff.linear_solve(lambda v: v / y, x),
        autodiff.jit(lambda x, y: x * y),
    ],
)
@pytest.mark.parametrize("make", [Value, lambda x, name: Tensor([x, 2.0], True, name)])
def test_what_transformations_make_is_drawn(make, f):
    x, y = make(3.0, name="x"), make(5.0, name="y")
    z = f(x, y)
    image = draw(z)
    np.testing.assert_allclose(box_of(image.picture, "x").grad, y.data)
    np.testing.assert_allclose(box_of(image.picture, "y").grad, x.data)
    assert image.svg() and image.dot() and str(image) and autodiff.explain(z).latex and autodiff.formula(z)
    page = autodiff.stepper(z if make is Value else z.sum(), mode="both")
    assert all(check["gap"][1] == 1 for check in page.data["checks"])


# ---- several results -------------------------------------------------------------------------------------
def test_a_primitive_with_several_results_is_one_box_and_each_result_another():
    x = Tensor([[2.0, 1.0], [1.0, 3.0]], requires_grad=True, name="x")
    with scope("first"):
        w, v = np.linalg.eigh(x)
        y = np.sum(w * w) + np.sum((v * w) @ v.T)
    y = y + np.sum(np.linalg.eigh(x)[0] ** 3)
    y.backward()
    image = draw(y)
    both = next(box for box in image.picture.boxes if isinstance(box.value, tuple))
    assert both.grad is None
    assert "(2) float64, (2 × 2) float64" in str(image)
    found = box_of(image.picture, "x")
    np.testing.assert_allclose(found.grad, x.grad)
    assert "eigh" in image.svg()
    assert "eigh" in image.dot()
    assert "through the rule of eigh" in str(autodiff.explain(y))
    assert "eigh" in autodiff.explain(y).latex
    for mode in ("backward", "forward", "both"):
        for depth in (None, 0):
            tangents = None if mode == "backward" else {x: np.eye(2)}
            page = autodiff.stepper(y, mode=mode, tangents=tangents, depth=depth)
            assert "eigh" in page._repr_html_() or depth == 0
