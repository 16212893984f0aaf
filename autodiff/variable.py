"""`Variable`: what `Value` and `Tensor` share.  Operators that record, `backward()`, and guards.

Every operator is one line: the special method that Python calls, and the primitive that it records.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from . import primitives as P
from .backward import pull_back
from .graph import DIFF, TRACE, Node, Primitive, ancestry, binary, leaf, note_origin, unary

__all__ = ["Variable"]


def comparison(op: Primitive) -> Callable[[Any, Any], Any]:
    """A comparison: never differentiated; of numbers, a plain bool unless a replay is recording."""

    def method(self: Any, other: Any) -> Any:
        other = self.operand(other)
        if other is NotImplemented:
            return NotImplemented
        out = op(self, other)
        return out if out.arrays or out.tracked else out.value

    return method


def pairwise(op: Primitive) -> Callable[[Any, Any], Any]:
    """A method of two operands that stands by its name: `x.maximum(y)`."""

    def method(self: Any, other: Any) -> Any:
        return op(self, other)

    method.__name__, method.__doc__ = op.name, op.__doc__
    return method


def swapped(op: Primitive) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        other = self.operand(other)
        return NotImplemented if other is NotImplemented else op(other, self)

    return method


class Variable(Node):
    """A node that people write down and compute with."""

    __slots__ = ()

    ufuncs: ClassVar[dict[Any, Callable[..., Any]]] = {}  # NumPy's functions and ours; filled in `numpy/`
    functions: ClassVar[dict[Any, Callable[..., Any]]] = {}

    # ---- operators
    __add__, __radd__ = binary(P.add), binary(P.add, swap=True)
    __sub__, __rsub__ = binary(P.subtract), binary(P.subtract, swap=True)
    __mul__, __rmul__ = binary(P.multiply), binary(P.multiply, swap=True)
    __truediv__, __rtruediv__ = binary(P.divide), binary(P.divide, swap=True)
    __pow__, __rpow__ = binary(P.power), binary(P.power, swap=True)
    __mod__, __rmod__ = binary(P.remainder), binary(P.remainder, swap=True)
    __neg__ = unary(P.negative)
    __pos__ = unary(P.positive)
    __abs__ = unary(P.absolute)
    __floordiv__, __rfloordiv__ = comparison(P.floor_divide), swapped(P.floor_divide)
    __eq__, __ne__ = comparison(P.equal), comparison(P.not_equal)  # type: ignore[assignment]
    __lt__, __le__ = comparison(P.less), comparison(P.less_equal)
    __gt__, __ge__ = comparison(P.greater), comparison(P.greater_equal)
    __hash__ = Node.__hash__  # by identity: a node is one computation, whatever its value

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __round__(self, decimals: int = 0) -> Any:
        return P.round(self, decimals=decimals)

    # ---- functions
    exp, expm1 = unary(P.exp), unary(P.expm1)
    log, log1p, log2, log10 = unary(P.log), unary(P.log1p), unary(P.log2), unary(P.log10)
    sqrt, cbrt, square = unary(P.sqrt), unary(P.cbrt), unary(P.square)
    sin, cos, tan = unary(P.sin), unary(P.cos), unary(P.tan)
    arcsin, arccos, arctan = unary(P.arcsin), unary(P.arccos), unary(P.arctan)
    sinh, cosh, tanh = unary(P.sinh), unary(P.cosh), unary(P.tanh)
    arcsinh, arccosh, arctanh = unary(P.arcsinh), unary(P.arccosh), unary(P.arctanh)
    sigmoid, relu, softplus, erf = unary(P.sigmoid), unary(P.relu), unary(P.softplus), unary(P.erf)
    arctan2, hypot = pairwise(P.arctan2), pairwise(P.hypot)
    maximum, minimum = pairwise(P.maximum), pairwise(P.minimum)
    conjugate = unary(P.conjugate)

    @property
    def real(self) -> Any:
        """The real part; its derivative is the real part of the tangent."""
        return P.real(self)

    @property
    def imag(self) -> Any:
        """The imaginary part; its derivative is the imaginary part of the tangent."""
        return P.imag(self)

    # ---- data and gradient
    @property
    def data(self) -> Any:
        """The plain value.  Assigning it gives a leaf new data; graphs that used the old become stale."""
        return self.value

    @data.setter
    def data(self, value: Any) -> None:
        if self.op is not None:
            raise ValueError(
                f"only a leaf can be given data, and this is the result of {self.op.name}: "
                "detach() it, or compute it again from leaves"
            )
        self.assign(self.coerce(value, like=self.value))

    @property
    def requires_grad(self) -> bool:
        """Whether derivatives are followed back to here."""
        return bool(self.tracked & DIFF)

    @property
    def grad(self) -> Any:
        """What `backward()` found; until then None for a Tensor and 0.0 for a Value.

        Plain (a number, an array), or a node after `backward(create_graph=True)`.
        """
        return getattr(self, "_grad", self.no_gradient)

    @grad.setter
    def grad(self, g: Any) -> None:
        if g is None:
            self.zero_grad()
        else:
            self._grad = g

    @property
    def has_grad(self) -> bool:
        """Whether a gradient was stored since the last `zero_grad()`."""
        return hasattr(self, "_grad")

    def zero_grad(self) -> None:
        """Forget the gradient."""
        if self.has_grad:
            del self._grad

    @property
    def name(self) -> str | None:
        """The name given to it, for pictures and messages."""
        return getattr(self, "_name", None)

    @name.setter
    def name(self, name: str | None) -> None:
        self._name = name

    @property
    def scope(self) -> str:
        """The scopes it was recorded in, outermost first, joined by `/`."""
        return getattr(self, "_scope", "")

    def detach(self) -> Any:
        """The same value as a leaf that derivatives are not followed through.

        >>> from autodiff import Value
        >>> x = Value(3.0)
        >>> (x * x.detach()).backward()
        >>> x.grad
        3.0
        """
        return leaf(type(self), self.value)

    def backward(self, gradient: Any = None, create_graph: bool = False) -> None:
        """Add the derivative of this result to `.grad` of every leaf that it was made of.

        `gradient` is the cotangent to start from: this node's shape and dtype, 1 by default, required
        unless the node holds a single real number.  With `create_graph` the gradients are nodes and can be
        differentiated again.  Inner Values get the gradient of this call alone.  Raises RuntimeError if
        nothing here requires grad, ValueError for a `gradient` that is missing or does not fit, and
        StaleError if a leaf was changed since; then no `.grad` has changed.

        >>> from autodiff import Value
        >>> x = Value(2.0)
        >>> y = x * x * x
        >>> y.backward(create_graph=True)
        >>> x.grad.data
        12.0
        """
        if not self.tracked & DIFF:
            raise RuntimeError(
                "backward() on a result that does not require grad: make an input with requires_grad=True, "
                "and compute outside no_grad()"
            )
        seed = self.cotangent(gradient)
        if create_graph and not isinstance(seed, Node):
            seed = leaf(type(self), seed)
        order, _ = ancestry([self])
        keep = not all(node.arrays for node in order)
        found: dict[Any, Any] = pull_back({self: seed}, order, record=create_graph, keep=keep)
        given: set[int] = {id(gradient)}
        for x, g in found.items():
            if not create_graph:
                g = x.own(g, given)
            if x.op is None:
                x._grad = x._grad + g if x.has_grad else g
            elif not x.arrays:
                x._grad = g

    def cotangent(self, gradient: Any) -> Any:
        """`gradient` as a cotangent of this node, checked; 1 if it is None."""
        raise NotImplementedError

    @staticmethod
    def own(g: Any, given: set[int]) -> Any:
        """A plain gradient that nobody else holds; `given` remembers what was handed out."""
        raise NotImplementedError

    # ---- guards: what would leave the graph without a word
    def item(self) -> Any:
        """The plain Python number, out of the graph; raises ValueError unless there is exactly one."""
        if self.tracked & TRACE:
            raise TypeError("item() of a value that is being traced: its number is not known yet")
        return self.value.item() if self.arrays else self.value

    def leaving(self, call: str, instead: str) -> Any:
        """The value, for a call that leaves the graph; raises if derivatives would be lost."""
        if self.tracked:
            raise TypeError(
                f"{call} would cut the graph: this {type(self).__name__} requires grad. {instead}, "
                "or x.item() or x.detach() if the derivative is meant to end here"
            )
        return self.value

    def __float__(self) -> float:
        return float(self.leaving("float(x)", "For math.sin(x) write autodiff.sin(x) or np.sin(x), and so on"))

    def __int__(self) -> int:
        return int(self.leaving("int(x)", "Use autodiff.floor(x) or round(x)"))

    def __complex__(self) -> complex:
        return complex(self.leaving("complex(x)", "Write x + 0j"))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        value = self.leaving("np.asarray(x)", "Use x itself: NumPy's functions take it")
        return np.array(value, dtype, copy=True)

    def __bool__(self) -> bool:
        if self.tracked & TRACE:
            raise TypeError("the truth of a value that is being traced is not known: use autodiff.where")
        return bool(self.value)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else repr(self)

    def __reduce__(self) -> Any:
        if self.op is not None:
            raise TypeError(
                f"this {type(self).__name__} is the result of {self.op.name}, and the graph behind it can't be "
                "copied or pickled: detach() it first"
            )
        fields = {k: getattr(self, k) for k in ("_grad", "_name") if hasattr(self, k)}
        return restored, (type(self), self.value, self.tracked, fields)

    # ---- NumPy calls these two for np.f(x), whatever side x stands on
    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        name = f"np.{ufunc.__name__}"
        if kwargs.pop("out", None) is not None:
            raise TypeError(f"{name} can't write into an ndarray what is recorded: write a = a + x, not a += x")
        f = self.ufuncs.get(ufunc)
        if f is None or method != "__call__" or kwargs:
            what = name if method == "__call__" else f"{name}.{method}"
            settings = f" with {', '.join(kwargs)}" if kwargs else ""
            raise TypeError(f"{what}{settings} has no derivative here: call it on x.detach().data if none is meant")
        return f(*args)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        f = self.functions.get(func)
        if f is None:
            raise TypeError(
                f"np.{func.__name__} has no derivative here: call it on x.detach().data if none is meant"
            )
        return f(*args, **kwargs)


def restored(cls: type[Node], value: Any, tracked: int, fields: dict[str, Any]) -> Node:
    """A pickled or copied leaf, as new."""
    out: Node = leaf(cls, cls.coerce(value), tracked)
    for name, field in fields.items():
        setattr(out, name, field)
    note_origin(out)
    return out
