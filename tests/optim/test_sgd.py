"""SGD against PyTorch's stored figures, exact arithmetic, and everything that it must refuse."""

from __future__ import annotations

import copy
import gc
import json
import pickle
import weakref
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from autodiff import StaleError, Tensor, Value, gradients
from autodiff.optim import SGD
from tests.programs import load

HERE = Path(__file__).parent
REFERENCE = json.loads((HERE / "sgd_reference.json").read_text(encoding="utf-8"))
maker = load("tests/optim/make_sgd_reference.py")


def label(options):
    return ",".join(f"{k}={v}" for k, v in options.items() if v and k != "lr") or "plain"


# ---- the arithmetic, against PyTorch ---------------------------------------------------------------------
class Vector:
    """Three parameters as one Tensor."""

    def __init__(self, dtype):
        self.tensor = Tensor(maker.START[dtype], requires_grad=True, dtype=dtype)
        self.params = [self.tensor]

    def read(self):
        return self.tensor.numpy()

    def give(self, g):
        self.tensor.grad = g


class Separate:
    """The same three, as parameters of no axes: Values or 0-d Tensors."""

    def __init__(self, dtype, make):
        self.params = [make(x, dtype) for x in maker.START[dtype]]
        self.dtype = dtype

    def read(self):
        return np.array([p.data for p in self.params], self.dtype)

    def give(self, g):
        for p, x in zip(self.params, g, strict=True):
            p.grad = x


FORMS = {
    "Tensor": Vector,
    "0-d Tensors": lambda dtype: Separate(dtype, lambda x, d: Tensor(x, requires_grad=True, dtype=d)),
    "Values": lambda dtype: Separate(dtype, lambda x, d: Value(x)),
}


def number(text):
    return complex(*map(float.fromhex, text)) if isinstance(text, list) else float.fromhex(text)


def last_bits(got, want):
    """How far apart two vectors are, in units of the last bit of the larger of want's numbers."""
    parts = [(got.real, want.real), (got.imag, want.imag)] if got.dtype.kind == "c" else [(got, want)]
    return max(np.abs(a - b).max() / np.spacing(np.abs(b).max()) for a, b in parts)


@pytest.mark.parametrize(
    ("form", "dtype"),
    [(form, dtype) for form in FORMS for dtype in maker.START if (form, dtype) != ("Values", "float32")],
)
@pytest.mark.parametrize("row", REFERENCE["accepted"], ids=lambda row: label(row["options"]))
def test_a_hundred_steps_equal_pytorch(row, form, dtype):
    options = row["options"]
    params = FORMS[form](dtype)
    centre, slope = np.array(maker.CENTRE, dtype), np.array(maker.SLOPE, dtype)
    sgd = SGD(params.params, **options)
    for step in range(1, 101):
        g = maker.gradient(params.read(), centre, slope)
        params.give(np.conj(-g if options["maximize"] else g))  # PyTorch's .grad is the conjugate of ours
        sgd.step()
        if str(step) in row[dtype]:
            want = np.array([number(text) for text in row[dtype][str(step)]], dtype)
            assert params.read().dtype == want.dtype
            assert last_bits(params.read(), want) <= 4


def test_the_figures_cover_every_combination():
    assert len(REFERENCE["accepted"]) == 20
    assert len(REFERENCE["accepted"]) + len(REFERENCE["refused"]) == np.prod(
        [len(choices) for choices in maker.GRID.values()]
    )
    ends = {
        json.dumps(row["float64"]["10"]) for row in REFERENCE["accepted"] if not row["options"]["maximize"]
    }
    assert len(ends) == 8  # dampening without momentum changes nothing; all the others differ


@pytest.mark.parametrize("values", REFERENCE["refused"], ids=str)
def test_what_pytorch_refuses_is_refused(values):
    with pytest.raises(ValueError, match="SGD"):
        SGD([Value(1.0)], **dict(zip(maker.GRID, values, strict=True)))


@pytest.mark.parametrize("row", REFERENCE["accepted"], ids=lambda row: label(row["options"]))
def test_with_the_engines_own_gradients(row):
    options, sign = row["options"], -1 if row["options"]["maximize"] else 1
    p = Tensor(maker.START["float64"], requires_grad=True)
    q = [Value(x) for x in maker.START["float64"]]
    sgd = SGD([p, *q], **options)
    for _ in range(100):
        sgd.zero_grad()
        tensor_loss = (p**4 / 4 + (p - maker.CENTRE) ** 2 / 2).sum() / 4 + p.sum() ** 2 / 16
        tensor_loss = tensor_loss + 3 / 16 * (p * np.array(maker.SLOPE)).sum()
        terms = zip(q, maker.CENTRE, maker.SLOPE, strict=True)
        value_loss = sum((x**4 / 4 + (x - c) ** 2 / 2) / 4 + 3 / 16 * s * x for x, c, s in terms)
        value_loss = value_loss + (q[0] + q[1] + q[2]) ** 2 / 16
        (sign * tensor_loss).backward()
        (sign * value_loss).backward()
        sgd.step()
    want = [number(text) for text in row["float64"]["100"]]
    assert np.allclose(p.numpy(), want, rtol=1e-14, atol=0)
    assert np.allclose([x.data for x in q], want, rtol=1e-14, atol=0)


# ---- the arithmetic, by hand -----------------------------------------------------------------------------
def stepped(start, gradients, **options):
    p = Value(start)
    sgd = SGD([p], **options)
    for g in gradients:
        p.grad = g
        sgd.step()
    return p.data


F = Fraction


@pytest.mark.parametrize(
    ("options", "want"),
    [
        ({}, F(10) - F(1, 10) * (1 + 2)),
        ({"maximize": True}, F(10) + F(1, 10) * (1 + 2)),
        ({"momentum": F(1, 2)}, F(10) - F(1, 10) * (1 + (F(1, 2) + 2))),
        ({"momentum": F(1, 2), "dampening": F(1, 4)}, F(10) - F(1, 10) * (1 + (F(1, 2) + F(3, 4) * 2))),
        ({"momentum": F(1, 2), "nesterov": True}, F(10) - F(1, 10) * (F(3, 2) + (2 + F(1, 2) * F(5, 2)))),
        ({"weight_decay": F(1, 2)}, (F(10) - F(1, 10) * 6) * F(19, 20) - F(1, 10) * 2),
        ({"weight_decay": F(1, 2), "maximize": True}, (F(10) - F(1, 10) * 4) * F(19, 20) + F(1, 10) * 2),
    ],
    ids=lambda x: label(x) if isinstance(x, dict) else "",
)
def test_two_steps_in_exact_arithmetic(options, want):
    got = stepped(F(10), [F(1), F(2)], lr=F(1, 10), **options)
    assert (type(got), got) == (Fraction, want)


def test_dampening_may_be_negative_or_above_one():  # as in PyTorch
    assert stepped(F(0), [F(1), F(1)], lr=1, momentum=1, dampening=-1) == -1 - 3
    assert stepped(F(0), [F(1), F(1)], lr=1, momentum=1, dampening=2) == -1


def test_decimals_stay_decimal():
    got = stepped(Decimal(1), [Decimal(2)], lr=Decimal("0.1"), momentum=0.5, weight_decay=F(1, 2))
    assert (type(got), got) == (Decimal, Decimal("0.75"))


def test_exact_options_serve_floats_too():
    p = Tensor([1.0], requires_grad=True)
    p.grad = np.array([2.0])
    SGD([p], lr=F(1, 4), momentum=Decimal("0.5")).step()
    assert p.dtype == float and p.data.tolist() == [0.5]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex64", "complex128"])
@pytest.mark.parametrize("shape", [(), (3,), (0,), (2, 3)])
@pytest.mark.parametrize("number", [float, np.float64, np.float32])
def test_dtype_and_shape_are_kept(dtype, shape, number):
    p = Tensor(np.ones(shape, dtype), requires_grad=True)
    sgd = SGD([p], number(0.5), momentum=number(0.5), weight_decay=number(0.25), maximize=True)
    for _ in range(3):
        p.grad = np.ones(shape, dtype)
        sgd.step()
        for array in (p.value, sgd.state[p]["momentum_buffer"]):
            assert (type(array), array.dtype, array.shape) == (np.ndarray, np.dtype(dtype), shape)


def test_a_complex_gradient_is_conjugated():
    for z in (Value(3 + 4j), Tensor(3 + 4j, requires_grad=True)):
        (z * z.conjugate()).real.backward()
        assert z.grad == 6 - 8j  # JAX's convention: d|z|² is 2x − 2iy
        SGD([z], lr=0.25).step()
        assert z.data == 1.5 + 2j  # nearer to the minimum, in a straight line


def test_recorded_gradients_are_used_by_value():
    x, w = Value(3.0), Tensor([1.0, 2.0], requires_grad=True)
    sgd = SGD([x, w], lr=0.5, momentum=0.5)
    (x**2 + (w**2).sum()).backward(create_graph=True)
    sgd.step()
    assert (x.data, w.numpy().tolist()) == (0.0, [0.0, 0.0])
    assert type(x.value) is float and type(w.value) is np.ndarray
    assert sgd.state_dict()["state"][0] == {"momentum_buffer": 6.0}


# ---- step and zero_grad ----------------------------------------------------------------------------------
def test_parameters_without_a_gradient_stay():
    a, b, c = Value(1.0), Tensor([1.0], requires_grad=True), Value(1.0)
    sgd = SGD([a, b, c], lr=0.5, momentum=0.5, weight_decay=0.1)
    (a * a + (b * b).sum()).backward()
    sgd.step()
    sgd.zero_grad()
    before, number = sgd.state[b]["momentum_buffer"], b.number
    (a * a + c * c).backward()
    sgd.step()
    assert b.number == number and sgd.state[b]["momentum_buffer"] is before
    assert c.data == pytest.approx(1 - 0.5 * 2.1)  # its first step, so the buffer is the gradient


def test_a_gradient_of_zero_is_a_gradient():
    a = Value(1.0)
    sgd = SGD([a], lr=0.5, weight_decay=0.5)
    (a * 0).backward()
    sgd.step()
    assert a.data == 0.75


def test_step_raises_if_there_is_no_gradient_at_all():
    a, b = Value(1.0), Tensor([1.0], requires_grad=True)
    sgd = SGD([a, b], lr=0.5)
    for forget in (lambda: None, sgd.zero_grad):
        forget()
        with pytest.raises(RuntimeError, match="backward"):
            sgd.step()
        (a + b.sum()).backward()
    assert a.data == 1.0 and b.data.tolist() == [1.0]


def test_zero_grad_forgets():
    a, b = Value(1.0), Tensor([1.0], requires_grad=True)
    sgd = SGD([{"params": [a]}, {"params": [b]}], lr=0.5)
    (a + b.sum()).backward()
    sgd.zero_grad()
    assert not a.has_grad and not b.has_grad and a.grad == 0.0 and b.grad is None


def test_step_writes_into_no_array_that_others_may_hold():
    w = Tensor([1.0, 2.0], requires_grad=True)
    sgd = SGD([w], lr=0.5, momentum=0.5)
    held = []
    for _ in range(3):
        sgd.zero_grad()
        (w * w).sum().backward()
        buffers = [entry["momentum_buffer"] for entry in sgd.state.values()]
        held += [(x, x.copy()) for x in (w.value, w.grad, *buffers)]
        sgd.step()
        assert not any(np.shares_memory(w.value, x) for x, _ in held)
    assert all(np.array_equal(x, was) for x, was in held)


def test_what_was_made_of_old_data_stays_when_their_memory_is_used_again():
    w = Tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
    sgd = SGD([w], lr=0.5)
    ways = [lambda: w.T.numpy(), lambda: w.data[0], w.numpy, lambda: memoryview(w.value), w.detach]
    held = []
    for way in [*ways, *ways]:
        sgd.zero_grad()
        (w * w).sum().backward()
        x = way()
        held.append((x, np.array(getattr(x, "value", x))))
        sgd.step()
    assert all(np.array_equal(getattr(x, "value", x), was) for x, was in held)


def test_the_array_before_the_last_step_is_used_again():
    w = Tensor(np.ones(1000), requires_grad=True)
    sgd = SGD([w], lr=0.5)
    places = []
    for _ in range(6):
        w.grad = w.numpy()
        sgd.step()
        places.append(w.value.__array_interface__["data"][0])
    assert len(set(places[::2])) == len(set(places[1::2])) == 1


def test_the_buffer_is_not_the_gradients_array():
    w = Tensor([1.0], requires_grad=True)
    sgd = SGD([w], lr=0.5, momentum=0.5)
    w.grad = [2.0]
    sgd.step()
    w.grad *= 0
    assert w.grad == 0 and sgd.state[w]["momentum_buffer"] == 2


def test_a_graph_from_before_the_step_is_stale():
    x = Value(3.0)
    y = x * x
    y.backward()
    SGD([x], lr=0.5).step()
    with pytest.raises(StaleError, match="test_sgd"):
        y.backward()
    assert gradients(x * x, x) == 0.0


def test_options_may_change_between_steps():
    x = Value(0.0)
    sgd = SGD([x], lr=1.0)
    for lr, want in [(1.0, -1.0), (0.5, -1.5), (np.float64(0.25), -1.75)]:
        sgd.param_groups[0]["lr"] = lr
        x.grad = 1.0
        sgd.step()
        assert x.data == want and type(x.data) is float


def test_nothing_keeps_a_graph_alive():
    gc.disable()
    try:
        x = Value(3.0)
        sgd = SGD([x], lr=0.1, momentum=0.9)
        y = x * x
        y.backward(create_graph=True)
        gone = weakref.ref(y)
        sgd.step()
        sgd.zero_grad()
        del y
        assert gone() is None
    finally:
        gc.enable()


# ---- parameter groups ------------------------------------------------------------------------------------
def test_groups_have_options_of_their_own():
    a, b, c = Value(1.0), Value(1.0), Tensor([1.0], requires_grad=True)
    sgd = SGD([{"params": [a]}, {"params": b, "lr": 0.5, "maximize": True}], lr=0.25)
    sgd.add_param_group({"params": iter([c]), "weight_decay": 1.0})
    (a + b + c.sum()).backward()
    sgd.step()
    assert (a.data, b.data, c.data.tolist()) == (0.75, 1.5, [0.5])
    assert sgd.param_groups[1] == {
        "params": [b],
        "lr": 0.5,
        "momentum": 0,
        "dampening": 0,
        "weight_decay": 0,
        "nesterov": False,
        "maximize": True,
    }


def test_a_groups_dict_is_copied():
    given = {"params": [Value(1.0)], "lr": 0.5}
    sgd = SGD([given], lr=0.25)
    sgd.param_groups[0]["lr"] = 1.0
    sgd.param_groups[0]["params"].append(Value(2.0))
    assert given["lr"] == 0.5 and len(given["params"]) == 1


def test_params_may_come_from_a_generator():
    values = [Value(1.0), Value(2.0)]
    assert SGD((v for v in values), lr=0.1).param_groups[0]["params"] == values
    assert len(SGD(({"params": v} for v in values), lr=0.1).param_groups) == 2
    assert SGD({"a": values[0]}.values(), lr=0.1).param_groups[0]["params"] == values[:1]
    assert len(SGD([{"params": []}, {"params": values}], lr=0.1).param_groups) == 2


@dataclass
class Layer:
    weight: Tensor
    bias: Value | None = None
    act: str = field(default="tanh", metadata={"static": True})


def test_params_may_be_a_tree():
    a, b = Value(1.0), Value(2.0)
    w, v = Tensor([1.0], requires_grad=True), Tensor([2.0], requires_grad=True)
    assert SGD({"w": w, "a": a}, lr=0.1).param_groups[0]["params"] == [a, w]  # by sorted keys
    assert SGD(Layer(w, a), lr=0.1).param_groups[0]["params"] == [w, a]
    assert SGD([Layer(w), Layer(v, b)], lr=0.1).param_groups[0]["params"] == [w, v, b]
    assert SGD([{"w": w, "a": a}, {"w": v}], lr=0.1).param_groups[0]["params"] == [a, w, v]  # no groups
    sgd = SGD([{"params": {"b": b, "a": [a]}, "lr": 0.5}, {"params": Layer(w)}, {"params": [(v,)]}], lr=0.1)
    assert [group["params"] for group in sgd.param_groups] == [[a, b], [w], [v]]
    assert [group["lr"] for group in sgd.param_groups] == [0.5, 0.1, 0.1]


def test_a_tree_of_parameters_moves_as_a_list_does():
    def trained(arrange):
        layer = Layer(Tensor([1.0, 2.0], requires_grad=True), Value(0.5))
        sgd = SGD(arrange(layer), lr=0.1, momentum=0.5)
        for _ in range(3):
            sgd.zero_grad()
            (((layer.weight * layer.bias) ** 2).sum()).backward()
            sgd.step()
        return layer.weight.numpy().tolist(), layer.bias.data, sgd.state_dict()["param_groups"]

    assert trained(lambda layer: {"net": layer}) == trained(lambda layer: [layer.weight, layer.bias])


# ---- state_dict ------------------------------------------------------------------------------------------
def trained(steps=3, **options):
    a, b = Value(1.0), Tensor([1.0, 2.0], requires_grad=True)
    c = Tensor([3.0], requires_grad=True)  # never has a gradient
    sgd = SGD([{"params": [b, c]}, {"params": [a], "lr": 0.01}], **{"lr": 0.1, "momentum": 0.9, **options})
    train(sgd, steps)
    return sgd


def train(sgd, steps):
    (b, _), (a,) = (group["params"] for group in sgd.param_groups)
    for _ in range(steps):
        sgd.zero_grad()
        (a**4 + (b**4).sum()).backward()
        sgd.step()


def read(sgd):
    return [np.array(p.data).tolist() for group in sgd.param_groups for p in group["params"]]


def test_state_dict_has_pytorchs_form():
    state = trained().state_dict()
    options = {"momentum": 0.9, "dampening": 0, "weight_decay": 0, "nesterov": False, "maximize": False}
    assert state["param_groups"] == [
        {"lr": 0.1, **options, "params": [0, 1]},
        {"lr": 0.01, **options, "params": [2]},
    ]
    assert state["state"].keys() == {0, 2}
    assert type(state["state"][0]["momentum_buffer"]) is np.ndarray
    assert type(state["state"][2]["momentum_buffer"]) is float
    assert trained(momentum=0).state_dict()["state"] == {}


def test_training_continues_from_a_state_dict_as_if_it_had_not_stopped():
    whole = trained(7)
    first = trained(3, nesterov=True)
    second = trained(0, lr=5.0, momentum=0, weight_decay=1.0)  # all of which are replaced
    for p, q in zip(first.param_groups, second.param_groups, strict=True):
        for x, y in zip(p["params"], q["params"], strict=True):
            y.data = x.data
    state = pickle.loads(pickle.dumps(first.state_dict()))
    second.load_state_dict(state)
    train(first, 4)
    train(second, 4)
    assert read(second) == read(first) != read(whole)


def test_state_dicts_share_nothing_with_the_optimizer():
    sgd, other = trained(), trained(0)
    state = sgd.state_dict()
    was = copy.deepcopy(state)
    other.load_state_dict(state)
    for optimizer in (sgd, other):
        held = optimizer.state[optimizer.param_groups[0]["params"][0]]["momentum_buffer"]
        assert not np.shares_memory(state["state"][0]["momentum_buffer"], held)
    train(sgd, 2)
    train(other, 2)
    sgd.param_groups[0]["lr"] = other.param_groups[0]["lr"] = 7.0
    assert repr(state) == repr(was)


def test_a_loaded_buffer_takes_the_parameters_dtype():
    p = Tensor([1.0], requires_grad=True, dtype="float32")
    sgd = SGD([p], lr=0.5, momentum=0.5)
    state = sgd.state_dict() | {"state": {0: {"momentum_buffer": np.array([2.0])}}}
    sgd.load_state_dict(state)
    p.grad = [0.0]
    sgd.step()
    assert p.dtype == np.float32 and p.data.tolist() == [0.5]


def change(state, path, value):
    *parents, last = path
    for key in parents:
        state = state[key]
    state[last] = value


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["param_groups"], [], "groups with .* this optimizer"),
        (["param_groups", 0, "params"], [0], "groups with .1, 1. parameters"),
        (["param_groups", 0, "params"], None, "not made by"),
        (["param_groups", 0, "lr"], -0.1, "lr must be 0 or more"),
        (["param_groups", 1, "nesterov"], True, None),
        (["param_groups", 0], {"params": [0, 1]}, "without lr"),
        (["param_groups"], 3, "not made by"),
        (["state"], None, "not made by"),
        (["state", 9], {"momentum_buffer": 1.0}, "in no group"),
        (["state", 0, "momentum_buffer"], np.ones(3), "shape"),
        (["state", 2, "momentum_buffer"], np.ones(3), "one number"),
        (["state", 2], {"velocity": 1.0}, "not made by"),
    ],
)
def test_a_state_dict_that_does_not_fit(path, value, message):
    sgd = trained()
    state = sgd.state_dict()
    change(state, path, value)
    if message is None:  # one that fits
        sgd.load_state_dict(state)
        return
    before = repr(sgd.state_dict()), read(sgd)
    with pytest.raises((ValueError, TypeError), match=message):
        sgd.load_state_dict(state)
    assert (repr(sgd.state_dict()), read(sgd)) == before
    train(sgd, 1)


@pytest.mark.parametrize("state", [{}, None, [], {"state": {}}, 3])
def test_what_is_not_a_state_dict(state):
    with pytest.raises(ValueError, match="not made by"):
        trained().load_state_dict(state)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_of_an_optimizer_move_their_own_parameters(duplicate):
    sgd = trained()
    other = duplicate(sgd)
    before = read(sgd)
    train(other, 2)
    assert read(sgd) == before != read(other)
    train(sgd, 2)
    assert read(sgd) == read(other)


# ---- bad input -------------------------------------------------------------------------------------------
A, T = Value(1.0), Tensor([1.0, 2.0], requires_grad=True)


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ([], ValueError, "no parameters"),
        (iter(()), ValueError, "no parameters"),
        ([{"params": []}], ValueError, "no parameters"),
        ([A, T, A], ValueError, "parameter 2 .Value. is given twice"),
        (
            [{"params": [T]}, {"params": [A, T]}],
            ValueError,
            "parameter 1 .Tensor of shape .2,.. is given twice",
        ),
        ([A * 2], ValueError, "result of multiply"),
        ([Value(1.0, requires_grad=False, name="rate")], ValueError, "'rate'.* does not require grad"),
        ([Tensor([1.0])], ValueError, "does not require grad"),
        (["x"], TypeError, "parameter 0 is a str"),
        ("xy", TypeError, "parameter 0 is a str"),
        ([A, np.ones(2)], TypeError, "parameter 1 is a ndarray"),
        (np.ones(2), TypeError, "parameter 0 is a float64"),
        ([1.0], TypeError, "parameter 0 is a float"),
        ([None], ValueError, "no parameters"),
        ({}, ValueError, "no parameters"),
        (T, TypeError, r"write \[p\]"),
        (A, TypeError, r"write \[p\]"),
        ({"params": [A]}, TypeError, r"groups in a list: write \[group\], or give group\['params'\]"),
        ({"a": [A, "x"]}, TypeError, r"parameter 1 .at \['a'\]\[1\]. is a str"),
        ({"a": [T, A * 2]}, ValueError, r"parameter 1 .Value, at \['a'\]\[1\]. is the result of multiply"),
        ({"a": {A}}, TypeError, r"at \['a'\]. is a set"),
        ({"a": [A], "b": A}, ValueError, r"parameter 1 .Value, at \['b'\]. is given twice"),
        ({A}, TypeError, "in an order, not a set"),
        (None, TypeError, "not a NoneType"),
        (5, TypeError, "not a int"),
        ([A, {"params": T}], TypeError, "a parameter group is a dict with 'params', not Value"),
        ([{"lr": 0.1}], TypeError, "is a float: .* parameter groups are dicts with 'params'"),
        ([{"params": A}, {"lr": 0.1}], ValueError, "needs 'params'; this one has 'lr'"),
        ([{"params": A, "lrate": 0.1, "mu": 1}], TypeError, "no option 'lrate' or 'mu'"),
        ([{"params": {A}}], TypeError, "not a set"),
        ([{"params": A, "lr": -1.0}], ValueError, "lr must be 0 or more"),
        ([{"params": A, "nesterov": True}], ValueError, "nesterov"),
    ],
)
def test_bad_parameters(params, error, message):
    with pytest.raises(error, match=message):
        SGD(params, lr=0.1)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"lr": -0.1}, ValueError, "lr must be 0 or more, not -0.1; to go uphill, use maximize=True"),
        ({"lr": float("nan")}, ValueError, "lr must be 0 or more, not nan"),
        ({"momentum": -0.1}, ValueError, "momentum must be 0 or more"),
        ({"weight_decay": -0.1}, ValueError, "weight_decay must be 0 or more"),
        ({"dampening": float("nan")}, ValueError, "dampening"),
        ({"nesterov": True}, ValueError, "nesterov=True needs momentum above 0"),
        ({"nesterov": True, "momentum": 0.9, "dampening": 0.1}, ValueError, "dampening 0, not .*0.1"),
        ({"lr": "0.1"}, TypeError, "lr must be a plain real number, not '0.1'"),
        ({"lr": None}, TypeError, "lr must be a plain"),
        ({"lr": 1j}, TypeError, "real number"),
        ({"lr": Value(0.1)}, TypeError, "plain real number"),
        ({"momentum": [0.9]}, TypeError, "momentum must be a plain"),
    ],
)
def test_bad_options(options, error, message):
    x = Value(1.0)
    x.grad = 1.0
    with pytest.raises(error, match=message):
        SGD([x], **{"lr": 0.1, **options})
    other = Value(1.0)
    sgd = SGD([x], lr=0.1)
    before = repr(sgd), read_all(sgd)
    with pytest.raises(error, match=message):
        sgd.add_param_group({"params": [other], **options})
    assert (repr(sgd), read_all(sgd)) == before
    sgd.param_groups[0].update(options)
    with pytest.raises(error, match=message):
        sgd.step()
    assert x.data == 1.0 and x.grad == 1.0


def read_all(sgd):
    return [(p.data, p.grad, p.number) for group in sgd.param_groups for p in group["params"]]


def test_a_group_that_is_refused_is_not_added():
    a, b = Value(1.0), Value(2.0)
    sgd = SGD([a], lr=0.1)
    for params in ([b, a], [b, b], [b, b * 2], [b, "x"], 3):
        with pytest.raises((ValueError, TypeError)):
            sgd.add_param_group({"params": params})
        assert len(sgd.param_groups) == 1
    sgd.add_param_group({"params": [b]})
    assert sgd.param_groups[1]["params"] == [b]


def test_a_step_that_fails_moves_nothing():
    a, b = Value(1.0), Value(Decimal(1))
    sgd = SGD([a, b], lr=0.5, momentum=0.5)
    a.grad, b.grad = 1.0, Decimal("sNaN")
    with pytest.raises(ArithmeticError):
        sgd.step()
    assert a.data == 1.0 and sgd.state == {}


def test_unknown_arguments():
    with pytest.raises(TypeError):
        SGD([Value(1.0)], 0.1, foreach=True)
    with pytest.raises(TypeError):
        SGD([Value(1.0)])
    with pytest.raises(TypeError):
        SGD([Value(1.0)], 0.1, 0, 0, 0, False, False, None)


def test_repr():
    assert repr(SGD([Value(1.0), Value(2.0)], lr=0.1, momentum=0.5)) == (
        "SGD(2 params, lr=0.1, momentum=0.5, dampening=0, weight_decay=0, nesterov=False, maximize=False)"
    )
