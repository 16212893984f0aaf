"""Value: backward, errors of its domain, and being a Python object."""

from __future__ import annotations

import copy
import math
import pickle
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import autodiff
from autodiff import Tensor, Value, grad, gradients, jvp, no_grad, trace_lines


def same(a, b) -> bool:
    return type(a) is type(b) and (a == b or (a != a and b != b))


# ---- backward ------------------------------------------------------------------------------------------
def test_backward_adds_into_leaves():
    x = Value(3.0)
    for times in (1, 2, 3):
        (x * x).backward()
        assert x.grad == 6.0 * times
    y = x * x
    y.backward()
    y.backward()  # the same graph again
    assert x.grad == 30.0


def test_a_gradient_of_an_inner_node_is_that_of_the_last_call():
    x = Value(3.0)
    a = x * x
    y, z = a * 5, a * 7
    y.backward()
    assert (a.grad, y.grad, x.grad) == (5.0, 1.0, 30.0)
    z.backward()
    assert (a.grad, z.grad, x.grad) == (7.0, 1.0, 30.0 + 42.0)
    z.backward()
    assert (a.grad, z.grad, x.grad) == (7.0, 1.0, 30.0 + 84.0)
    z.backward(10.0)
    assert (a.grad, z.grad) == (70.0, 10.0)


def test_zeroing():
    x = Value(3.0)
    assert (x.grad, x.has_grad) == (0.0, False)
    (x * x).backward()
    assert x.has_grad
    x.zero_grad()
    assert (x.grad, x.has_grad) == (0.0, False)
    (x * x).backward()
    x.grad = 0.0
    (x * x).backward()
    assert x.grad == 6.0
    x.grad = None
    (x * x).backward()
    assert x.grad == 6.0


def test_leaves_without_requires_grad_get_none():
    x, c = Value(3.0), Value(4.0, requires_grad=False)
    (x * c).backward()
    assert x.grad == 4.0
    assert not c.has_grad


def test_backward_on_a_leaf():
    x = Value(3.0)
    x.backward()
    x.backward(2.5)
    assert x.grad == 3.5


def test_backward_with_a_cotangent():
    x = Value(3.0)
    (x * x).backward(0.5)
    assert x.grad == 3.0
    x.zero_grad()
    (x * x).backward(2)  # an int is as good
    assert same(x.grad, 12.0)
    x.zero_grad()
    (x * x).backward(np.float64(0.5))
    assert same(x.grad, 3.0)


def test_a_real_result_refuses_a_complex_cotangent():
    x = Value(3.0)
    with pytest.raises((TypeError, ValueError)):
        (x * x).backward(1j)
    assert not x.has_grad
    with pytest.raises((TypeError, ValueError)):
        jvp(lambda x: x * x, (3.0,), (1j,))


def test_two_results_of_one_leaf():
    x = Value(2.0)
    y, z = x.exp(), x.log()
    y.backward()
    z.backward()
    assert x.grad == pytest.approx(math.exp(2.0) + 0.5)


def test_detach_stops_derivatives():
    x = Value(3.0)
    y = x * x.detach()
    y.backward()
    assert x.grad == 3.0
    assert not x.detach().requires_grad
    assert x.detach().data == 3.0


def test_micrograds_idiom():
    p = Value(5.0)
    seen = []
    for _ in range(60):
        loss = (p * 2 - 3) ** 2
        seen.append(loss.data)
        p.grad = 0.0
        loss.backward()
        p.data += -0.1 * p.grad
    # the error shrinks by 1 - 0.1 · 8 each step
    assert p.data == pytest.approx(1.5, abs=1e-12)
    assert seen[1] == pytest.approx(seen[0] * 0.2**2)


def test_micrograds_own_example():
    a, b = Value(-4.0), Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    assert f"{g.data:.4f}" == "24.7041"
    g.backward()
    assert f"{a.grad:.4f}" == "138.8338"
    assert f"{b.grad:.4f}" == "645.5773"


def test_only_leaves_take_data():
    x = Value(2.0)
    y = x * x
    with pytest.raises(ValueError, match="leaf"):
        y.data = 3.0
    assert y.data == 4.0
    x.data = 3
    assert same(x.data, 3.0)


# ---- create_graph --------------------------------------------------------------------------------------
def test_a_recorded_gradient_is_a_node():
    x = Value(0.7)
    y = x.sin() * x
    y.backward(create_graph=True)
    first = x.grad
    assert type(first) is Value
    assert first.requires_grad
    assert first.data == pytest.approx(0.7 * math.cos(0.7) + math.sin(0.7))
    x.zero_grad()
    first.backward(create_graph=True)
    second = x.grad
    assert second.data == pytest.approx(2 * math.cos(0.7) - 0.7 * math.sin(0.7))
    x.zero_grad()
    second.backward()
    assert type(x.grad) is float
    assert x.grad == pytest.approx(-3 * math.sin(0.7) - 0.7 * math.cos(0.7))


def test_a_recorded_gradient_adds_to_a_plain_one():
    x = Value(2.0)
    (x**3).backward()
    (x**3).backward(create_graph=True)
    assert x.grad.data == 24.0
    g = x.grad
    x.zero_grad()
    g.backward()
    assert x.grad == 12.0  # the plain half is a constant


def test_a_gradient_penalty():
    x, w = Value(0.5), Value(2.0)
    y = (w * x).tanh()
    (g,) = gradients(y, [x], create_graph=True)
    (y + g**2).backward()
    t, s = math.tanh(1.0), 1 / math.cosh(1.0) ** 2
    # y + (w s)², where ds/dw = -2 t s x
    assert w.grad == pytest.approx(0.5 * s + 2 * 2 * s * s + 2 * 4 * s * (-2 * t * s * 0.5))
    assert x.grad == pytest.approx(2 * s + 2 * 4 * s * (-2 * t * s * 2))


def test_under_no_grad_a_derivative_is_plain():
    x = Value(2.0)
    y = x**3
    with no_grad():
        y.backward()
    assert x.grad == 12.0


# ---- domain errors -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("compute", "error", "name"),
    [
        (lambda: Value(-1.0).log(), ValueError, "log"),
        (lambda: np.log(Value(0.0)), ValueError, "log"),
        (lambda: autodiff.log1p(Value(-1.0)), ValueError, "log1p"),
        (lambda: Value(-1.0).sqrt(), ValueError, "sqrt"),
        (lambda: Value(2.0).arcsin(), ValueError, "arcsin"),
        (lambda: Value(2.0).arccos(), ValueError, "arccos"),
        (lambda: Value(0.5).arccosh(), ValueError, "arccosh"),
        (lambda: Value(1.0).arctanh(), ValueError, "arctanh"),
        (lambda: Value(math.inf).sin(), ValueError, "sin"),
        (lambda: Value(1000.0).exp(), OverflowError, "exp"),
        (lambda: Value(1000.0).cosh(), OverflowError, "cosh"),
        (lambda: Value(1e200) ** 2, OverflowError, "power"),
        (lambda: 1 / Value(0.0), ZeroDivisionError, "divide"),
        (lambda: Value(1.0) / 0, ZeroDivisionError, "divide"),
        (lambda: Value(1.0) % 0, ZeroDivisionError, "remainder"),
        (lambda: Value(1.0) // 0, ZeroDivisionError, "floor_divide"),
        (lambda: 0.0 ** Value(-1.0), ZeroDivisionError, "power"),
        (lambda: Value(-8.0) ** (1 / 3), ValueError, "power"),
        (lambda: Value(1j) < 2, TypeError, "less"),
        (lambda: Value(1j).relu(), TypeError, "relu"),
        (lambda: Value(1j).cbrt(), TypeError, "cbrt"),
        (lambda: abs(Value(1j)) % 1j, TypeError, "remainder"),
    ],
)
def test_domain_errors_name_the_operation(compute, error, name):
    with pytest.raises(error) as raised:
        compute()
    message = str(raised.value)
    assert name in message
    assert "axis" not in message  # nothing here has a shape


@pytest.mark.parametrize(
    ("f", "at", "name"),
    [
        (lambda x: x.sqrt(), 0.0, "sqrt"),
        (lambda x: x.cbrt(), 0.0, "cbrt"),
        (lambda x: x.arcsin(), 1.0, "arcsin"),
        (lambda x: x.arccosh(), 1.0, "arccosh"),
        (lambda x: x**0.5, 0.0, "power"),
    ],
)
def test_a_derivative_that_does_not_exist_names_the_operation_and_the_line(f, at, name):
    x, w = Value(at), Value(2.0)
    with trace_lines():
        y = f(x * 1.0) * w
    with pytest.raises((ZeroDivisionError, ValueError)) as error:
        y.backward()
    assert f"derivative of {name}" in str(error.value)
    assert "test_value_backward.py" in str(error.value)
    with pytest.raises((ZeroDivisionError, ValueError), match="trace_lines"):
        (f(x * 1.0) * w).backward()
    assert not x.has_grad
    assert not w.has_grad


def test_nan_and_inf_are_shown():
    x = Value(math.nan)
    y = x * 2
    y.backward()
    assert y.data != y.data
    assert x.grad == 2.0
    assert (Value(math.inf) * 0).data != (Value(math.inf) * 0).data
    assert Value(math.nan).maximum(1.0).data != Value(math.nan).maximum(1.0).data


# ---- being an object -----------------------------------------------------------------------------------
def test_repr():
    x = Value(2.0, name="x")
    assert repr(x) == "Value(2.0, grad=0.0, name='x')"
    y = x * x + 3
    y.backward()
    assert repr(x) == "Value(2.0, grad=4.0, name='x')"
    assert repr(y) == "Value(7.0, grad=1.0)"
    assert str(Value(Fraction(1, 3))) == "Value(Fraction(1, 3), grad=0.0)"
    x.zero_grad()
    (x * x * x).backward(create_graph=True)
    assert repr(x) == "Value(2.0, grad=12.0, name='x')"
    x.zero_grad()


def test_format():
    x = Value(2.0)
    assert f"{x:.3f}" == "2.000"
    assert f"{x * 1000:,.1f}" == "2,000.0"
    assert f"{x}" == repr(x)
    assert f"{Value(1 + 2j):.1f}" == "1.0+2.0j"
    assert f"{Value(Decimal('1.25')):.1f}" == "1.2"


def test_names():
    x = Value(2.0)
    assert x.name is None
    x.name = "speed"
    assert x.name == "speed"
    y = x * 2
    y.name = "twice"
    assert (y.name, (y + 1).name) == ("twice", None)


def test_hash_is_identity():
    x, y = Value(2.0), Value(2.0)
    assert x == y
    assert len({x, y}) == 2
    assert {x: 1}[x] == 1
    assert hash(x) == hash(x)
    x_hash = hash(x)
    x.data = 3.0
    assert hash(x) == x_hash


@pytest.mark.parametrize("data", [2.0, 1 + 2j, Fraction(1, 3), Decimal("0.1")])
@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_leaves_are_copied_and_pickled(data, how):
    x = Value(data, name="x")
    x.grad = data * 2
    twin = how(x)
    assert twin is not x
    assert same(twin.data, data)
    assert same(twin.grad, data * 2)
    assert (twin.name, twin.requires_grad) == ("x", True)
    assert twin.number > x.number
    twin.data = data * 3
    twin.zero_grad()
    assert same(x.data, data)
    assert x.has_grad
    assert not how(Value(1.0, requires_grad=False)).requires_grad
    y = twin * twin
    y.backward(y.data)
    assert abs(twin.grad - data**3 * 54) <= abs(data**3) * type(abs(data))(1) / 10**6


def test_a_copied_model_shares_as_the_original_did():
    w = Value(1.0)
    model = {"first": [w, Value(2.0)], "tied": w}
    twin = copy.deepcopy(model)
    assert twin["tied"] is twin["first"][0]
    assert twin["tied"] is not w
    again = pickle.loads(pickle.dumps(model))
    assert again["tied"] is again["first"][0]


@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy, pickle.dumps])
def test_results_are_not_copied(how):
    x = Value(2.0)
    y = x * x
    with pytest.raises(TypeError, match=r"multiply.*detach"):
        how(y)
    with pytest.raises(TypeError, match="detach"):
        how([x, {"y": y}]) if how is not copy.copy else how(y)
    how(y.detach())
    y.backward()
    assert x.grad == 4.0


def test_no_attribute_appears_by_mistake():
    x = Value(2.0)
    with pytest.raises(AttributeError):
        x.gard = 0.0


# ---- meeting arrays ------------------------------------------------------------------------------------
def mixtures():
    array = np.array([1.0, 2.0, 4.0])
    return {
        "Value op ndarray": (lambda x: x * array, array),
        "ndarray op Value": (lambda x: array * x, array),
        "np.f(Value, ndarray)": (lambda x: np.multiply(x, array), array),
        "np.f(ndarray, Value)": (lambda x: np.multiply(array, x), array),
        "autodiff.f": (lambda x: autodiff.multiply(array, x), array),
        "Value op Tensor": (lambda x: x * Tensor(array), array),
        "Tensor op Value": (lambda x: Tensor(array) * x, array),
        "Value op 0-d array": (lambda x: x * np.array(3.0), np.array(3.0)),
        "0-d array op Value": (lambda x: np.array(3.0) * x, np.array(3.0)),
        "Value op 0-d Tensor": (lambda x: x * Tensor(3.0), np.array(3.0)),
    }


@pytest.mark.parametrize("how", mixtures())
def test_values_and_arrays_make_tensors(how):
    f, array = mixtures()[how]
    for number in (2.0, Fraction(1, 2)):
        x = Value(number)
        y = f(x)
        assert type(y) is Tensor
        assert y.dtype == np.float64
        np.testing.assert_array_equal(y.numpy(), float(number) * array)
        y.sum().backward()
        assert float(x.grad) == array.sum()
        assert not isinstance(x.grad, np.ndarray)


def test_a_value_and_a_tensor_both_get_their_gradient():
    x, t = Value(2.0), Tensor([1.0, 3.0], requires_grad=True)
    (x**2 * t / x).sum().backward()
    assert same(x.grad, 4.0)
    np.testing.assert_array_equal(t.grad, [2.0, 2.0])


def test_second_order_through_the_door_between_numbers_and_arrays():
    array = np.array([1.0, 2.0])

    def f(x):
        return np.sin(x * array).sum()

    a = 0.7
    assert grad(f)(a) == pytest.approx((array * np.cos(a * array)).sum())
    assert grad(grad(f))(a) == pytest.approx((-(array**2) * np.sin(a * array)).sum())
    assert jvp(grad(f), (a,), (1.0,))[1] == pytest.approx((-(array**2) * np.sin(a * array)).sum())


def test_never_an_object_array():
    x = Value(2.0)
    for make in (np.array, np.asarray, np.median, np.atleast_1d):
        with pytest.raises(TypeError):
            make([x, x])
    with pytest.raises(TypeError):
        np.array(x)
    assert np.array([x.detach(), 1.0]).dtype == np.float64
    with pytest.raises(TypeError):
        x + np.array([Fraction(1, 2)], dtype=object)
