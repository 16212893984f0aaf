"""`Variable`: what `Value` and `Tensor` share.  Operators that record, `backward()`, and guards.

Every operator is one line: the special method that Python calls, and the primitive that it records.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from .errors import origin
from .graph import (
    ASKED,
    DIFF,
    LEAF,
    TRACE,
    Node,
    from_outside,
    leaf,
    next_number,
    unusual_contexts,
)
from .imperative import RETAIN, Handle, backward, hooks_of
from .operators import binary, build_methods, comparison, constant, pairwise, unary
from .places import note_origin, note_scope
from .primitives import arithmetic as A
from .primitives import elementary as E
from .replay import read
from .versions import VERSION, renewed, version

__all__ = ["Variable"]


class Variable(Node):
    """A node that people write down and compute with."""

    __slots__ = ()

    no_gradient: ClassVar[Any] = None  # what `.grad` reads while there is none
    ufuncs: ClassVar[dict[Any, Callable[..., Any]]] = {}  # NumPy's functions and ours; filled in `numpy/`
    functions: ClassVar[dict[Any, Callable[..., Any]]] = {}
    refused: ClassVar[dict[Any, str]] = {}  # those that have no derivative, and why, or what to use
    as_ufunc: ClassVar[dict[Any, Any]] = {}  # primitives, and NumPy's ufuncs that they stand for
    run_ufunc: ClassVar[Callable[..., Any]]  # ufuncs with keywords, and their methods

    def __init_subclass__(cls) -> None:
        build_methods(cls)

    # ---- operators
    __add__, __radd__ = binary(A.add), binary(A.add, swap=True)
    __sub__, __rsub__ = binary(A.subtract), binary(A.subtract, swap=True)
    __mul__, __rmul__ = binary(A.multiply), binary(A.multiply, swap=True)
    __truediv__, __rtruediv__ = binary(A.divide), binary(A.divide, swap=True)
    __pow__, __rpow__ = binary(A.power), binary(A.power, swap=True)
    __mod__, __rmod__ = binary(A.remainder), binary(A.remainder, swap=True)
    __neg__ = unary(A.negative)
    __pos__ = unary(A.positive)
    __abs__ = unary(A.absolute)
    __floordiv__, __rfloordiv__ = constant(A.floor_divide), constant(A.floor_divide, swap=True)
    __eq__, __ne__ = comparison(A.equal), comparison(A.not_equal)
    __lt__, __le__ = comparison(A.less), comparison(A.less_equal)
    __gt__, __ge__ = comparison(A.greater), comparison(A.greater_equal)
    __hash__ = Node.__hash__  # by identity: a node is one computation, whatever its value

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __round__(self, decimals: int = 0) -> Any:
        return A.round(self, decimals=decimals)

    # ---- functions
    exp, expm1 = unary(E.exp), unary(E.expm1)
    log, log1p, log2, log10 = unary(E.log), unary(E.log1p), unary(E.log2), unary(E.log10)
    sqrt, cbrt, square = unary(E.sqrt), unary(E.cbrt), unary(A.square)
    sin, cos, tan = unary(E.sin), unary(E.cos), unary(E.tan)
    arcsin, arccos, arctan = unary(E.arcsin), unary(E.arccos), unary(E.arctan)
    sinh, cosh, tanh = unary(E.sinh), unary(E.cosh), unary(E.tanh)
    arcsinh, arccosh, arctanh = unary(E.arcsinh), unary(E.arccosh), unary(E.arctanh)
    sigmoid, relu, softplus, erf = unary(E.sigmoid), unary(A.relu), unary(E.softplus), unary(E.erf)
    arctan2, hypot = pairwise(E.arctan2), pairwise(E.hypot)
    maximum, minimum = pairwise(A.maximum), pairwise(A.minimum)
    conjugate = unary(A.conjugate)

    @property
    def real(self) -> Any:
        """The real part; its derivative is the real part of the tangent."""
        return A.real(self)

    @property
    def imag(self) -> Any:
        """The imaginary part; its derivative is the imaginary part of the tangent."""
        return A.imag(self)

    # ---- data and gradient
    def begin(self, requires_grad: bool, name: str | None) -> None:
        """What every new leaf has beside its value."""
        self.op, self.inputs, self.params = None, (), None
        self.number, self.tracked = next_number(), (DIFF if requires_grad else 0) | LEAF
        if name is not None:
            self.name = name
        note_origin(self)
        if unusual_contexts:
            note_scope(self)

    @property
    def origin(self) -> tuple[str, int, str] | None:
        """(file, line, function) that made this node or gave it data; None if that was not recorded.

        It is recorded for leaves, for what uses a leaf, and for all that is made inside `trace_lines()`.
        """
        return origin(self)

    def assign(self, value: Any) -> None:
        """Give a leaf a new value, unchecked: it takes a new number, and notes the line that did it."""
        if from_outside(self):
            raise TypeError(
                "a function that is traced gave new data to a node from outside, which would happen only "
                "this once: return the new value instead"
            )
        self.value, self.number = value, next_number()
        renewed(self)
        note_origin(self)

    @property
    def data(self) -> Any:
        """The plain value.  Assigning it gives a leaf new data; graphs that used the old become stale."""
        if self.tracked & TRACE or unusual_contexts:
            self.check_known(".data")
        return self.value

    @data.setter
    def data(self, value: Any) -> None:
        if not self.is_leaf:
            raise ValueError(
                f"only a leaf can be given data, and this is {self.made()}: detach() it, or compute it again"
            )
        self.assign(self.coerce(value, like=self.value))

    @property
    def requires_grad(self) -> bool:
        """Whether derivatives are followed back to here.  Can be set on a leaf.

        Setting it raises ValueError on what is not a leaf, TypeError on an array of integers.  What was made
        of a leaf before knows nothing of it: a walk back from there raises StaleError.
        """
        return bool(self.tracked & DIFF)

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if not self.is_leaf:
            raise ValueError(
                f"requires_grad can be set on leaves, and this is {self.made()}: detach() makes a leaf"
            )
        if wanted and not self.tracked & DIFF:
            self.check_differentiable()
            self.number = (
                next_number()
            )  # what used it until now recorded only a part of the derivative, if any
            note_origin(self)
        self.tracked = LEAF | (self.tracked & TRACE) | (DIFF if wanted else 0)

    @property
    def is_leaf(self) -> bool:
        """Whether it was written down rather than computed from something that is tracked."""
        return self.op is None and self.number != 0

    def made(self) -> str:
        """What made it, for messages."""
        return f"the result of {self.op.name}" if self.op else "a number that stands in the program"

    def check_differentiable(self) -> None:
        """Raise TypeError if the value can have no derivative."""

    @property
    def grad(self) -> Any:
        """What `backward()` found; until then None for a Tensor and 0.0 for a Value.

        Plain (a number, an array), or a node after `backward(create_graph=True)`.
        """
        node = version(self) if self.tracked & VERSION else self
        if unusual_contexts:
            self.check_known(".grad")
        if node.op is not None and node.arrays and node.tracked & DIFF and not node.has_grad:
            warnings.warn(
                f".grad of {self.made()} is None: only leaves keep their gradient. Call retain_grad() on it "
                "before backward(), or ask for it with autodiff.gradients(y, [x])",
                stacklevel=2,
            )
        return getattr(node, "_grad", self.no_gradient)

    @grad.setter
    def grad(self, g: Any) -> None:
        if g is None:
            self.zero_grad()
        else:
            node = type(g) is type(self)
            plain = self.coerce(g.value if node else g, like=self.value)
            version(self)._grad = g if node else plain

    @property
    def has_grad(self) -> bool:
        """Whether a gradient was stored since the last `zero_grad()`."""
        return hasattr(version(self), "_grad")

    def zero_grad(self) -> None:
        """Forget the gradient."""
        node = version(self)
        if hasattr(node, "_grad"):
            del node._grad

    @property
    def name(self) -> str | None:
        """The name given to it, for pictures and messages."""
        return getattr(self, "_name", None)

    @name.setter
    def name(self, name: str | None) -> None:
        if not isinstance(name, str | None):
            raise TypeError(f"a name is a text, or None, not {name!r}")
        self._name = name

    @property
    def scope(self) -> str:
        """The scopes it was recorded in, outermost first, joined by `/`."""
        return str(getattr(self, "_scope", ""))

    def detach(self) -> Any:
        """The same value as a leaf that derivatives are not followed through.

        >>> from autodiff import Value
        >>> x = Value(3.0)
        >>> (x * x.detach()).backward()
        >>> x.grad
        3.0
        """
        if self.tracked & TRACE or from_outside(self):
            return A.detached(self)
        return leaf(type(self), self.value, LEAF)

    def backward(self, gradient: Any = None, retain_graph: bool = True, create_graph: bool = False) -> None:
        """Add the derivative of this result to `.grad` of every leaf that it was made of.

        `gradient` is the cotangent to start from: this node's shape and dtype, 1 by default, required
        unless the node holds a single real number.  With `retain_graph=False` every node forgets in its turn
        what it was made of, which frees the memory of a large graph while the walk goes on; a second walk
        over it raises.  With `create_graph` the gradients are nodes and can be differentiated again.  Inner
        Values get the gradient of this call alone, inner Tensors only after `retain_grad()`.

        Raises RuntimeError if nothing here requires grad or the graph was released, ValueError for a
        `gradient` that is missing or does not fit and for `create_graph` without the graph, and StaleError if
        a leaf was changed since; then no `.grad` has changed.

        >>> from autodiff import Value
        >>> x = Value(2.0)
        >>> y = x * x * x
        >>> y.backward(create_graph=True)
        >>> x.grad.data
        12.0
        """
        backward(self, gradient, retain_graph, create_graph)

    def retain_grad(self) -> None:
        """Let `backward()` store the gradient of this inner result in its `.grad`, as it does for leaves.

        Raises RuntimeError if it does not require grad.

        >>> from autodiff import Tensor
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> a = x * 3
        >>> a.retain_grad()
        >>> (a * a).sum().backward()
        >>> a.grad
        array([ 6., 12.])
        """
        hooks = hooks_of(self)
        if RETAIN not in hooks:
            hooks.append(RETAIN)

    def register_hook(self, hook: Callable[[Any], Any]) -> Handle:
        """Let `backward()` call `hook(g)` with the gradient g of this node, complete, before it is used.

        g is read-only.  What the hook returns, if it is not None, takes the place of g: an array of the same
        shape (ValueError otherwise).  Hooks run in the order of their registration, in `backward()` only.
        The result's `remove()` takes the hook away.  Raises RuntimeError if this does not require grad,
        TypeError for a hook that is no function.

        >>> from autodiff import Tensor
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> handle = x.register_hook(lambda g: g.clip(max=3.0))
        >>> (x * x).sum().backward()
        >>> x.grad
        array([2., 3.])
        """
        if not callable(hook):
            raise TypeError(f"register_hook takes a function of the gradient, not {hook!r}")
        hooks = hooks_of(self)
        hooks.append(hook)
        return Handle(hooks, hook)

    def cotangent(self, gradient: Any) -> Any:
        """`gradient` as a cotangent of this node, checked; 1 if it is None."""
        raise NotImplementedError

    @staticmethod
    def own(g: Any, given: set[int]) -> Any:
        """A plain gradient that nobody else holds; `given` remembers what was handed out."""
        raise NotImplementedError

    # ---- guards: what would leave the graph without a word
    def item(self) -> Any:
        """The plain Python number, out of the graph."""
        self.check_known("item()")
        return self.value

    def check_known(self, call: str, instead: str = "") -> None:
        """Raise TypeError if the value is being traced, and may be another one when it is run again."""
        if self.tracked & TRACE or from_outside(self):
            instead = instead or "Compute with the value itself, and read numbers off what is returned"
            raise TypeError(
                f"{call} of a value that is being traced (by vmap, jit or the like): it stands for others, "
                f"which this number would not follow. {instead}"
            )

    def leaving(self, call: str, instead: str) -> Any:
        """The value, for a call that leaves the graph; raises if derivatives would be lost."""
        self.check_known(call, instead)
        if self.tracked & ASKED:
            raise TypeError(
                f"{call} would cut the graph: this {type(self).__name__} requires grad. {instead}, "
                "or x.item() or x.detach() if the derivative is meant to end here"
            )
        return self.value

    def __float__(self) -> float:
        return float(
            self.leaving(
                "float(x)",
                "For math.sin(x) write autodiff.sin(x) or np.sin(x), for np.arange(x) autodiff.numpy.arange",
            )
        )

    def __int__(self) -> int:
        return int(self.leaving("int(x)", "Use autodiff.floor(x) or round(x)"))

    def __complex__(self) -> complex:
        return complex(self.leaving("complex(x)", "Write x + 0j"))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        value = self.leaving(
            "np.asarray(x)",
            "Use x itself, for NumPy's functions take it; of those that can't, there are "
            "autodiff.numpy.array, asarray, ascontiguousarray, full, full_like, r_, c_ and vectorize",
        )
        return np.array(value, dtype, copy=True)

    def __bool__(self) -> bool:
        return read(self) if self.tracked & TRACE or from_outside(self) else bool(self.value)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else repr(self)

    def __reduce__(self) -> Any:
        if self.op is not None:
            raise TypeError(
                f"this {type(self).__name__} is the result of {self.op.name}: the graph behind it can't be "
                "copied or pickled; detach() it first"
            )
        fields = {k: getattr(self, k) for k in ("_grad", "_name") if hasattr(self, k)}
        return restored, (type(self), self.value, self.tracked & ~VERSION, fields)

    # ---- NumPy calls these two for np.f(x), whatever side x stands on
    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **settings: Any) -> Any:
        f = self.ufuncs.get(ufunc)
        if f is None:
            raise TypeError(self.no_derivative(ufunc))
        if method == "__call__" and not settings:
            return f(*args)
        return self.run_ufunc(ufunc, f, method, args, settings)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        f = self.functions.get(func)
        if f is None:
            raise TypeError(self.no_derivative(func))
        return f(*args, **kwargs)

    def no_derivative(self, func: Any) -> str:
        name = f"{getattr(func, '__module__', 'numpy')}.{func.__name__}".replace("numpy", "np")
        why = self.refused.get(func, "")
        return f"{name} has no derivative here: {why}call it on x.detach().data if none is meant"


def restored(cls: type[Node], value: Any, tracked: int, fields: dict[str, Any]) -> Node:
    """A pickled or copied leaf, as new."""
    out: Node = leaf(cls, cls.coerce(value), tracked)
    for name, field in fields.items():
        setattr(out, name, field)
    note_origin(out)
    return out
