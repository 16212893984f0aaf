"""Bad input: an error at the line that made it, naming the operation, the shapes or types, and what to do.

And afterwards everything is as it was.
"""

from __future__ import annotations

import math
import traceback
from fractions import Fraction

import numpy as np
import pytest

import autodiff
from autodiff import Tensor, Value, grad, gradients, hvp, jvp, no_grad, value_and_grad, vjp
from autodiff.kinds import PRIMITIVES
from autodiff.optim import SGD


class World:
    """Nodes and optimizers of every sort, and what they were when the test began."""

    def __init__(self) -> None:
        self.x = Value(2.0, name="x")
        self.y = self.x * self.x
        self.c = Value(5.0, requires_grad=False)
        self.z = Value(1 + 2j)
        self.t = Tensor([1.0, 2.0], requires_grad=True, name="t")
        self.u = self.t * 3.0
        self.m = Tensor(np.ones((2, 3), np.float32), requires_grad=True)
        self.k = Tensor([1, 2, 3])
        (self.x * self.x).backward()
        self.t.sum().backward()
        self.array = np.array([1.0, 2.0])
        self.sgd = SGD([self.t, self.x], lr=0.1, momentum=0.9)
        self.sgd.step()
        self.y = self.x * self.x  # the step made the first one stale
        self.u = self.t * 3.0
        self.before = self.state()

    def nodes(self):
        return [v for v in vars(self).values() if isinstance(v, (Value, Tensor))]

    def state(self):
        def frozen(v):
            if isinstance(v, np.ndarray):
                return v.dtype.str, v.shape, v.tobytes(), v.flags.writeable
            if isinstance(v, dict):
                return {k: frozen(w) for k, w in v.items()}
            if isinstance(v, (list, tuple)):
                return [frozen(w) for w in v]
            return v if isinstance(v, (int, float, complex, str, bool, type(None))) else id(v)

        nodes = [
            (
                frozen(n.value),
                frozen(getattr(n, "_grad", None)),
                n.has_grad,
                n.number,
                n.tracked,
                n.op,
                [id(i) for i in n.inputs],
                frozen(n.params),
                n.name,
                n.scope,
                n.origin,
            )
            for n in self.nodes()
        ]
        return nodes, frozen(self.array), frozen(self.sgd.state_dict())

    def works(self):
        """Everything still does what it did."""
        assert self.state() == self.before
        assert (self.x * 3).requires_grad
        assert gradients(self.y, self.x) == 2 * self.x.data
        np.testing.assert_array_equal(gradients(self.u, self.t, gradient=[1.0, 1.0]), [3.0, 3.0])
        assert grad(lambda v: v * v)(3.0) == 6.0
        self.sgd.step()


@pytest.fixture
def world():
    return World()


def test_the_state_sees_every_change():
    changes = [
        lambda w: setattr(w.x, "data", 2.0),
        lambda w: setattr(w.x, "grad", 0.5),
        lambda w: w.x.zero_grad(),
        lambda w: w.y.backward(),
        lambda w: w.t.value.__setitem__(0, 9.0),
        lambda w: w.t.grad.__setitem__(0, 9.0),
        lambda w: setattr(w.m, "name", "m"),
        lambda w: w.array.__setitem__(0, 9.0),
        lambda w: w.sgd.step(),
    ]
    for change in changes:
        world = World()
        assert world.state() == world.before
        change(world)
        assert world.state() != world.before


# what is done: (the error, words of the message: operation, shapes or types, what to do)
SHAPES = {
    "add": (lambda w: w.t + np.ones(3), ValueError, ["add", "(2,)", "(3,)", "reshape"]),
    "radd": (lambda w: np.ones(3) + w.t, ValueError, ["add", "(2,)", "(3,)", "reshape"]),
    "list": (lambda w: w.t * [1.0, 2.0, 3.0], ValueError, ["multiply", "(2,)", "(3,)", "reshape"]),
    "np.f": (lambda w: np.maximum(w.t, np.ones(3)), ValueError, ["maximum", "(2,)", "(3,)", "reshape"]),
    "autodiff.f": (
        lambda w: autodiff.arctan2(w.t, np.ones(3)),
        ValueError,
        ["arctan2", "(2,)", "(3,)", "reshape"],
    ),
    "compare": (lambda w: w.t < np.ones(3), ValueError, ["less", "(2,)", "(3,)"]),
    "where": (
        lambda w: autodiff.where(w.t > 0, w.t, np.ones(3)),
        ValueError,
        ["where", "(2,)", "(3,)", "reshape"],
    ),
    "matmul": (lambda w: w.m @ w.t, ValueError, ["matmul", "(2, 3)", "(2,)", "axis"]),
    "rmatmul": (lambda w: np.ones((2, 2)) @ w.m @ w.m, ValueError, ["matmul", "(2, 3)", "axis"]),
    "reshape": (lambda w: w.m.reshape(4, 2), ValueError, ["reshape", "(2, 3)", "(4,2)"]),
    "broadcast_to": (
        lambda w: autodiff.broadcast_to(w.t, (3,)),
        ValueError,
        ["broadcast_to", "(2,)", "(3,)", "reshape it"],
    ),
    "matmul by a number": (lambda w: w.t @ 2.0, ValueError, ["matmul", "shape ()", "by *"]),
    "transpose": (lambda w: w.m.transpose(0, 0), ValueError, ["transpose", "(2, 3)", "axis"]),
    "transpose too many": (lambda w: w.m.transpose(0, 1, 2), ValueError, ["transpose", "(2, 3)", "axes"]),
    "sum axis": (lambda w: w.m.sum(axis=2), ValueError, ["sum", "(2, 3)", "axis 2"]),
    "mean axis": (lambda w: w.m.mean(axis=(0, 0)), ValueError, ["mean", "(2, 3)", "axis"]),
    "index": (lambda w: w.t[2], IndexError, ["index", "(2,)", "2"]),
    "indices": (lambda w: w.t[0, 0], IndexError, ["index", "(2,)", "too many"]),
    "data": (lambda w: setattr(w.t, "data", np.ones(3)), ValueError, ["(3,)", "(2,)"]),
}

BACKWARD = {
    "not required": (
        lambda w: w.c.backward(),
        RuntimeError,
        ["backward()", "require grad", "requires_grad=True"],
    ),
    "not required, Tensor": (lambda w: w.k.backward(), RuntimeError, ["backward()", "requires_grad=True"]),
    "result not required": (
        lambda w: (w.c * 2).backward(),
        RuntimeError,
        ["backward()", "requires_grad=True"],
    ),
    "under no_grad": (lambda w: quietly(lambda: w.x * 2).backward(), RuntimeError, ["no_grad()"]),
    "comparison": (lambda w: (w.t > 0).sum().backward(), RuntimeError, ["backward()", "requires_grad=True"]),
    "floor": (lambda w: np.floor(w.x).backward(), RuntimeError, ["backward()"]),
    "detached": (lambda w: w.x.detach().backward(), RuntimeError, ["backward()"]),
    "not scalar": (lambda w: w.u.backward(), ValueError, ["(2,)", "gradient=", "sum()"]),
    "not scalar, leaf": (lambda w: w.m.backward(), ValueError, ["(2, 3)", "gradient=", "sum()"]),
    "complex": (lambda w: (w.z * w.z).backward(), ValueError, ["complex", "gradient=", "real"]),
    "complex Tensor": (lambda w: (w.t * 1j).sum().backward(), ValueError, ["complex", "gradient="]),
    "gradient shape": (lambda w: w.u.backward(np.ones(3)), ValueError, ["gradient", "(3,)", "(2,)"]),
    "gradient broadcasts": (lambda w: w.u.backward(1.0), ValueError, ["gradient", "()", "(2,)"]),
    "gradient complex": (
        lambda w: w.u.backward(np.ones(2) * 1j),
        ValueError,
        ["gradient", "complex128", "float64"],
    ),
    "gradient text": (lambda w: w.u.backward("ab"), (ValueError, TypeError), ["gradient"]),
    "gradient text, Value": (lambda w: w.y.backward("ab"), (ValueError, TypeError), ["number", "'ab'"]),
    "gradient array, Value": (lambda w: w.y.backward(np.ones(2)), (ValueError, TypeError), ["number"]),
    "gradient complex, Value": (lambda w: w.y.backward(1j), (ValueError, TypeError), ["complex"]),
    "gradients shape": (lambda w: gradients(w.u, w.t, gradient=np.ones(3)), ValueError, ["(3,)", "(2,)"]),
    "gradients not scalar": (lambda w: gradients(w.u, w.t), ValueError, ["(2,)", "gradient="]),
    "gradients of a number": (lambda w: gradients(3.0, w.x), TypeError, ["gradients", "float"]),
    "gradients to a number": (lambda w: gradients(w.y, [w.x, 3.0]), TypeError, ["gradients", "float"]),
    "gradients to a constant": (lambda w: gradients(w.y, w.c), ValueError, ["gradients", "require grad"]),
}

CUTS = {
    "float": (lambda w: float(w.x), TypeError, ["float(x)", "Value", "requires grad", "item()", "detach()"]),
    "float of a result": (lambda w: float(w.y), TypeError, ["float(x)", "item()", "detach()"]),
    "float of a Tensor": (lambda w: float(w.t[0]), TypeError, ["float(x)", "Tensor", "item()", "detach()"]),
    "int": (lambda w: int(w.x), TypeError, ["int(x)", "requires grad", "item()", "detach()"]),
    "int of a Tensor": (lambda w: int(w.t[0]), TypeError, ["int(x)", "item()", "detach()"]),
    "complex": (lambda w: complex(w.x), TypeError, ["complex(x)", "item()", "detach()"]),
    "math.sin": (
        lambda w: math.sin(w.x),
        TypeError,
        ["math.sin(x)", "autodiff.sin(x)", "np.sin(x)", "detach()"],
    ),
    "math.sin of a Tensor": (lambda w: math.sin(w.t[0]), TypeError, ["autodiff.sin(x)", "detach()"]),
    "math.exp": (lambda w: math.exp(w.y), TypeError, ["item()", "detach()"]),
    "math.floor": (lambda w: math.floor(w.x), TypeError, ["item()", "detach()"]),
    "np.asarray": (lambda w: np.asarray(w.t), TypeError, ["np.asarray(x)", "Tensor", "item()", "detach()"]),
    "np.asarray of a Value": (lambda w: np.asarray(w.x), TypeError, ["np.asarray(x)", "Value", "detach()"]),
    "np.array": (lambda w: np.array([w.x, 1.0]), TypeError, ["item()", "detach()"]),
    "np.array of Tensors": (lambda w: np.array([w.t, w.t]), TypeError, ["detach()"]),
    "assigning into an array": (lambda w: w.array.__setitem__(0, w.x), TypeError, ["detach()"]),
    "range": (lambda w: range(w.x), TypeError, ["Value"]),
    "index of a list": (lambda w: [1, 2, 3][w.x], TypeError, ["Value"]),
    "index by a Value": (lambda w: w.t[w.x], (TypeError, IndexError), ["index"]),
    "Tensor of a node": (lambda w: Tensor(w.u), TypeError, ["Tensor", "requires grad"]),
    "Tensor of nodes": (lambda w: Tensor([w.x, w.x]), TypeError, ["Value", "detach()"]),
    "Value of a node": (lambda w: Value(w.x), TypeError, ["Value", ".data"]),
    "data from a node": (lambda w: setattr(w.x, "data", w.y), TypeError, ["Value", ".data"]),
    "data from a tracked Tensor": (lambda w: setattr(w.t, "data", w.u), TypeError, ["Tensor", ".data"]),
    "fractions": (lambda w: Fraction(w.x), TypeError, []),
    "in-place on an ndarray": (lambda w: w.array.__iadd__(w.t), TypeError, ["np.add", "a = a + x"]),
    "out=": (lambda w: np.multiply(w.t, 2, out=w.array), TypeError, ["np.multiply", "ndarray"]),
    "an argument too many": (lambda w: np.sin(w.x, 2.0), TypeError, ["np.sin", "out=", "float"]),
    "an argument missing": (lambda w: w.x.maximum(), TypeError, ["x.maximum()"]),
}

NUMPY = {
    "np.histogramdd": (
        lambda w: np.histogramdd(w.t),
        TypeError,
        ["no derivative", "bincount", "detach()"],
    ),
    "np.nextafter": (
        lambda w: np.nextafter(w.x, 1.0),
        TypeError,
        ["np.nextafter", "no derivative", "detach()"],
    ),
    "np.matmul.outer": (
        lambda w: np.matmul.outer(w.m, w.m),
        TypeError,
        ["outer"],
    ),
    "np.add.at": (lambda w: np.add.at(w.array, 0, w.x), TypeError, ["np.add.at"]),
    "dtype=": (lambda w: np.sin(w.t, dtype=np.int32), TypeError, ["sin"]),
    "frompyfunc": (lambda w: np.frompyfunc(abs, 1, 1)(w.t), TypeError, ["no derivative", "detach()"]),
    "on the right": (lambda w: np.nextafter(np.ones(2), w.t), TypeError, ["np.nextafter", "no derivative"]),
    "np.sum out=": (lambda w: np.sum(w.t, out=np.zeros(())), TypeError, ["out="]),
}

ARGUMENTS = {
    "argnums": (lambda w: grad(square, 1)(1.0), IndexError, ["argnums=1", "square", "1 positional"]),
    "argnums below": (lambda w: grad(square, -2)(1.0), IndexError, ["argnums=-2", "square", "1 positional"]),
    "argnums in a tuple": (lambda w: grad(square, (0, 5))(1.0), IndexError, ["argnums=(0, 5)", "square"]),
    "argnums twice": (lambda w: grad(product, (0, -2))(1.0, 2.0), ValueError, ["argnums=(0, -2)", "twice"]),
    "argnums by name": (lambda w: grad(square, "x")(1.0), TypeError, ["argnums"]),
    "argnums float": (lambda w: grad(square, 0.0)(1.0), TypeError, ["argnums"]),
    "no positional argument": (
        lambda w: grad(square)(x=1.0),
        IndexError,
        ["argnums=0", "square", "0 positional"],
    ),
    "value_and_grad argnums": (lambda w: value_and_grad(square, 3)(1.0), IndexError, ["argnums=3", "square"]),
    "second argument": (lambda w: autodiff.sin(w.x, 2.0), TypeError, ["sin", "1", "2"]),
    "second argument, plain": (lambda w: autodiff.sin(1.0, 2.0), TypeError, ["sin", "1", "2"]),
    "second argument, Tensor": (lambda w: autodiff.exp(w.t, w.t), TypeError, ["exp", "1", "2"]),
    "second argument, method": (lambda w: w.x.sin(2.0), TypeError, ["1", "2"]),
    "missing argument": (lambda w: autodiff.maximum(w.x), TypeError, ["maximum", "2", "1"]),
    "missing argument, method": (lambda w: w.x.maximum(), TypeError, ["missing"]),
    "third argument": (lambda w: autodiff.maximum(w.x, 1.0, 2.0), TypeError, ["maximum", "2", "3"]),
    "setting by position": (lambda w: autodiff.sum(w.t, 0, True), TypeError, ["data type"]),
    "setting unknown": (lambda w: autodiff.sin(w.x, axis=0), TypeError, ["sin", "axis"]),
    "setting unknown, Tensor": (lambda w: autodiff.matmul(w.m, w.m, axis=0), TypeError, ["matmul", "axis"]),
    "pow with modulus": (lambda w: pow(w.x, 2, 3), TypeError, []),
    "second argument of backward": (lambda w: w.y.backward(1.0, True, False, 3), TypeError, ["backward"]),
    "integers": (lambda w: grad(total)(np.arange(3)), TypeError, ["argument 0", "total", "int64", "float"]),
    "integers, second": (
        lambda w: grad(product, 1)(1.0, np.arange(3)),
        TypeError,
        ["argument 1", "product", "int64"],
    ),
    "bools": (
        lambda w: jvp(total, (np.array([True]),), (np.ones(1),)),
        TypeError,
        ["argument 0", "total", "bool"],
    ),
    "text": (lambda w: grad(square)("a"), TypeError, ["argument 0", "square", "'a'"]),
    "text in a tree": (lambda w: grad(square)({"a": [1.0, "b"]}), TypeError, ["argument 0", "square", "'b'"]),
    "integer Tensor": (
        lambda w: Tensor([1, 2], requires_grad=True),
        TypeError,
        ["int64", "require grad", "dtype=float"],
    ),
    "text Tensor": (lambda w: Tensor(["a"]), TypeError, ["numbers"]),
    "objects": (lambda w: Tensor([Fraction(1, 2)]), TypeError, ["numbers", "Fraction"]),
    "ragged": (lambda w: Tensor([[1.0], [1.0, 2.0]]), ValueError, ["shape"]),
    "name Value": (lambda w: Value(1.0, name=1), TypeError, ["name", "text", "1"]),
    "name Tensor": (lambda w: Tensor([1.0], name=[]), TypeError, ["name", "text", "[]"]),
    "rename": (lambda w: setattr(w.x, "name", 2.0), TypeError, ["name", "text", "2.0"]),
    "scope": (lambda w: autodiff.scope(None).__enter__(), TypeError, ["scope", "text", "None"]),
    "hook": (lambda w: w.x.register_hook("print"), TypeError, ["register_hook", "function", "'print'"]),
    "text Value": (lambda w: Value("1"), TypeError, ["one number", "'1'"]),
    "array Value": (lambda w: Value(np.ones(2)), TypeError, ["one number", "array", "Tensor"]),
    "text data": (lambda w: setattr(w.x, "data", "a"), TypeError, ["one number", "'a'"]),
    "text Tensor data": (lambda w: setattr(w.t, "data", "ab"), (TypeError, ValueError), []),
    "complex data": (lambda w: setattr(w.t, "data", np.array([1j, 2])), TypeError, ["complex128", "float64"]),
    "data of a result": (lambda w: setattr(w.y, "data", 1.0), ValueError, ["leaf", "multiply", "detach()"]),
    "writing data": (lambda w: w.t.data.__setitem__(0, 9.0), ValueError, ["read-only", "t.data = "]),
    "writing numpy()": (lambda w: w.t.numpy().__setitem__(0, 9.0), ValueError, ["read-only"]),
    "grad of another shape": (lambda w: setattr(w.t, "grad", np.ones(5)), ValueError, ["(5,)", "(2,)"]),
    "unknown attribute": (lambda w: setattr(w.t, "gard", 1.0), AttributeError, ["gard"]),
    "operator with text": (lambda w: w.x + "a", TypeError, ["Value", "str"]),
    "operator with None": (lambda w: w.t * None, TypeError, ["Tensor", "None"]),
    "operator with a set": (lambda w: w.t + {1.0}, TypeError, []),
    "len": (lambda w: len(Tensor(1.0)), TypeError, ["len()", "Tensor"]),
    "truth": (lambda w: bool(w.t), ValueError, ["ambiguous"]),
    "item": (lambda w: w.m.item(), ValueError, ["one number", "(2, 3)", "item()"]),
    "format": (lambda w: f"{w.t:.2f}", TypeError, ["format", ".2f", "(2,)"]),
    "domain": (lambda w: (w.x - 3).log(), ValueError, ["log", "-1"]),
    "division": (lambda w: w.x / 0, ZeroDivisionError, ["divide", "0"]),
}

FUNCTIONS = {
    "vector": (
        lambda w: grad(lambda v: v)(np.ones(2)),
        TypeError,
        ["lambda", "one number", "(2,)", "sum", "vjp"],
    ),
    "one-element vector": (lambda w: grad(square)(np.ones(1)), TypeError, ["square", "one number", "(1,)"]),
    "tuple": (lambda w: grad(lambda v: (v, v))(1.0), TypeError, ["one number", "tuple"]),
    "None": (lambda w: grad(lambda v: None)(1.0), TypeError, ["one number", "None"]),
    "text": (lambda w: grad(lambda v: "a")(1.0), TypeError, ["one number", "str"]),
    "complex": (lambda w: grad(lambda v: v * 1j)(1.0), TypeError, ["real", "complex", "abs"]),
    "complex array": (lambda w: grad(lambda v: (v * 1j).sum())(np.ones(2)), TypeError, ["real", "complex"]),
    "has_aux": (lambda w: grad(square, has_aux=True)(1.0), TypeError, ["has_aux", "square", "(output, aux)"]),
    "vjp has_aux": (lambda w: vjp(square, 1.0, has_aux=True), TypeError, ["has_aux", "square"]),
    "not callable": (lambda w: grad(3.0), TypeError, ["grad takes a function", "3.0"]),
    "hvp of a vector": (
        lambda w: hvp(square, (np.ones(2),), (np.ones(2),)),
        TypeError,
        ["one number", "(2,)"],
    ),
    "jvp without a tuple": (lambda w: jvp(square, 1.0, 1.0), TypeError, ["jvp", "primals", "tuple", "float"]),
    "jvp tangents no tuple": (
        lambda w: jvp(square, (1.0,), 1.0),
        TypeError,
        ["jvp", "tangents", "tuple", "float"],
    ),
    "jvp structure": (lambda w: jvp(square, (1.0,), (1.0, 2.0)), TypeError, ["tangents", "structure"]),
    "jvp tree": (
        lambda w: jvp(lambda t: t["a"], ({"a": 1.0},), ({"b": 1.0},)),
        TypeError,
        ["tangents", "structure"],
    ),
    "jvp shape": (
        lambda w: jvp(square, (np.ones(2),), (np.ones(3),)),
        ValueError,
        ["tangent", "(3,)", "(2,)"],
    ),
    "jvp broadcast": (lambda w: jvp(square, (np.ones(2),), (1.0,)), ValueError, ["tangent", "()", "(2,)"]),
    "jvp complex": (
        lambda w: jvp(square, (np.ones(2),), (np.ones(2) * 1j,)),
        TypeError,
        ["tangent", "complex128"],
    ),
    "jvp complex number": (
        lambda w: jvp(square, (1.0,), (1j,)),
        (TypeError, ValueError),
        ["complex", "real"],
    ),
    "jvp text": (lambda w: jvp(square, (1.0,), ("a",)), (TypeError, ValueError), ["number", "'a'"]),
    "vjp shape": (
        lambda w: vjp(square, np.ones(2))[1](np.ones(3)),
        ValueError,
        ["cotangent", "(3,)", "(2,)"],
    ),
    "vjp structure": (lambda w: vjp(lambda v: (v, v), 1.0)[1](1.0), TypeError, ["cotangent", "structure"]),
    "vjp complex": (
        lambda w: vjp(square, np.ones(2))[1](np.ones(2) * 1j),
        TypeError,
        ["cotangent", "complex128"],
    ),
    "hvp structure": (lambda w: hvp(square, (1.0,), (1.0, 1.0)), TypeError, ["structure"]),
    "hvp shape": (lambda w: hvp(total, (np.ones(2),), (np.ones(3),)), ValueError, ["(3,)", "(2,)"]),
    "inside a nested function": (
        lambda w: grad(lambda v: grad(lambda u: u * w.t)(v))(1.0),
        TypeError,
        ["one number", "(2,)"],
    ),
    "singular": (
        lambda w: grad(lambda v: v.sqrt())(0.0),
        ZeroDivisionError,
        ["derivative of sqrt", "test_errors.py"],
    ),
}

OPTIMIZERS = {
    "no parameters": (lambda w: SGD([], lr=0.1), ValueError, ["param"]),
    "a parameter twice": (lambda w: SGD([w.t, w.x, w.t], lr=0.1), ValueError, ["twice"]),
    "negative learning rate": (lambda w: SGD([w.t], lr=-0.1), ValueError, ["lr", "-0.1"]),
    "no gradient anywhere": (
        lambda w: SGD([w.m], lr=0.1).step(),
        (RuntimeError, ValueError),
        ["grad", "backward()"],
    ),
    "not a parameter": (lambda w: SGD([w.array], lr=0.1), TypeError, ["ndarray"]),
    "not a leaf": (lambda w: SGD([w.u], lr=0.1), ValueError, ["leaf"]),
    "not requiring grad": (lambda w: SGD([w.c], lr=0.1), ValueError, ["requires_grad"]),
}

EVERYTHING = {
    f"{group}: {name}": case
    for group, cases in {
        "shapes": SHAPES,
        "backward": BACKWARD,
        "cuts": CUTS,
        "numpy": NUMPY,
        "arguments": ARGUMENTS,
        "functions": FUNCTIONS,
        "optimizers": OPTIMIZERS,
    }.items()
    for name, case in cases.items()
}


def quietly(f):
    with no_grad():
        return f()


def square(x):
    return x * x


def product(x, y):
    return x * y


def total(x):
    return (x * x).sum()


@pytest.mark.parametrize("name", EVERYTHING)
def test_bad_input(name, world):
    act, error, words = EVERYTHING[name]
    with pytest.raises(error) as raised:
        act(world)
    message = str(raised.value)
    assert [word for word in words if word not in message] == [], message
    world.works()


@pytest.mark.parametrize(
    "name", [n for n in EVERYTHING if n.startswith(("shapes", "numpy", "arguments", "functions"))]
)
def test_bad_input_without_recording(name, world):
    """Under no_grad nothing is recorded, and nothing goes wrong silently either."""
    act, error, _ = EVERYTHING[name]
    with no_grad(), pytest.raises(error):
        act(world)
    world.works()


def test_an_error_is_raised_at_the_line_that_made_it(world):
    for act in (lambda w: w.t + np.ones(3), lambda w: w.x.log() / (w.x - w.x.detach()), lambda w: w.m @ w.t):
        try:
            act(world)
        except (ValueError, ZeroDivisionError) as error:
            frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == __file__]
            assert frames[-1].name == "<lambda>"
        else:
            pytest.fail("no error")


def test_stale_leaves_leave_everything_as_it_was(world):
    v, w = Value(2.0), Value(3.0)
    y = (v * w).sin()
    v.data = 4.0
    before = world.state(), v.number, y.number, v.data, w.has_grad, y.has_grad
    for _ in range(2):
        with pytest.raises(autodiff.StaleError) as error:
            y.backward()
        message = str(error.value)
        assert message.count(f"{__file__}:") == 2
        assert "multiply" in message
        assert "again" in message
    assert (world.state(), v.number, y.number, v.data, w.has_grad, y.has_grad) == before
    world.works()


def test_a_failing_backward_adds_nothing_anywhere():
    """The walk fails in the middle: what was already found must not have been added."""
    a, b = Value(3.0), Value(0.0)
    t = Tensor([1.0, 2.0], requires_grad=True)
    y = b.sqrt() + a * 2 + (t * t).sum()  # the square root, the oldest, is met last
    inner = y.inputs[0]
    for create_graph in (False, True):
        with pytest.raises(ZeroDivisionError, match="derivative of sqrt"):
            y.backward(create_graph=create_graph)
        assert [n.has_grad for n in (a, b, t, y, inner)] == [False] * 5


def test_a_failing_backward_keeps_earlier_gradients():
    a, b = Value(3.0), Value(0.0)
    (a * a).backward()
    with pytest.raises(ZeroDivisionError):
        (a * 2 + b.sqrt()).backward()
    assert (a.grad, b.has_grad) == (6.0, False)


def test_a_primitive_of_ones_own_that_fails_leaves_everything_as_it_was(world):
    def wrong(m, out, x):
        raise RuntimeError("this rule is broken")

    name = "broken_for_the_test_of_errors"
    broken = autodiff.elementwise(name, lambda x: x + 1.0, lambda x: x + 1.0, wrong)
    try:
        y = broken(world.x * 2)
        with pytest.raises(RuntimeError, match="broken"):
            y.backward()
        with pytest.raises(RuntimeError, match="broken"):
            grad(broken)(1.0)
        with pytest.raises(RuntimeError, match="broken"):
            jvp(broken, (np.ones(2),), (np.ones(2),))
        world.works()
    finally:
        del PRIMITIVES[name]


def test_two_primitives_of_one_name_are_refused():
    with pytest.raises(ValueError, match="'sin'"):
        autodiff.elementwise("sin", np.sin, math.sin, lambda m, out, x: m.cos(x))
    assert grad(autodiff.sin)(0.5) == math.cos(0.5)


@pytest.mark.parametrize("x", [Value(0.5), Tensor([0.5, 1.0], requires_grad=True)])
def test_ufuncs_refuse_what_they_do_not_know(x):
    """They would compute with it, and the rules would not know."""
    with pytest.raises(TypeError, match=r"exp\(…, out=\) takes a Tensor.* not ndarray"):
        autodiff.exp(x, out=np.zeros(2))
    with pytest.raises(TypeError, match=r"np\.exp has no setting axis"):
        autodiff.exp(x, axis=0)
    with pytest.raises(TypeError, match="where"):
        autodiff.sigmoid(x, where=True)
    own = autodiff.elementwise("own sine", np.sin, math.sin, "m.cos(x)")
    try:
        with pytest.raises(TypeError, match="own sine takes no setting dtype"):
            own(x, dtype=np.float32)
    finally:
        del PRIMITIVES["own sine"]


def test_an_argument_too_many_names_the_method():
    with pytest.raises(TypeError, match=r"Value\.sin\(\) takes 1 positional argument"):
        Value(1.0).sin(2.0)
    with pytest.raises(TypeError, match=r"Tensor\.exp\(\) takes 1 positional argument"):
        Tensor([1.0]).exp(2.0)
