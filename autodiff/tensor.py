"""`Tensor`: an array that remembers how it was computed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from numbers import Number
from typing import Any

import numpy as np

from .graph import ASKED, DIFF, LEAF, PLAIN, Namespace, Node, leaf, next_number, note_origin
from .operators import binary, literal
from .primitives import arrays as P
from .value import Value
from .variable import Variable

__all__ = ["Tensor"]

LITERALS: dict[tuple[float, Any], Tensor] = {}


class ReadOnly(np.ndarray[Any, Any]):
    """A view of a Tensor's data.  `t.data -= step` makes new data; writing into it raises."""

    def __new__(cls, array: Any) -> ReadOnly:
        view = np.asarray(array).view(cls)
        view.flags.writeable = False
        return view

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return np.asarray(array)[()] if return_scalar else np.asarray(array)

    def __setitem__(self, index: Any, value: Any) -> None:
        if not self.flags.writeable:
            raise ValueError(
                "a Tensor's data is read-only, for graphs may hold it: assign t.data = new, whole"
            )
        super().__setitem__(index, value)

    def __repr__(self) -> str:
        return repr(np.asarray(self))

    __iadd__, __isub__ = np.ndarray.__add__, np.ndarray.__sub__  # type: ignore[assignment]
    __imul__, __itruediv__ = np.ndarray.__mul__, np.ndarray.__truediv__  # type: ignore[assignment]
    __ifloordiv__, __imatmul__ = np.ndarray.__floordiv__, np.ndarray.__matmul__  # type: ignore[assignment]
    __ipow__, __imod__ = np.ndarray.__pow__, np.ndarray.__mod__  # type: ignore[assignment]


class Tensor(Variable, holds="array"):
    """An array: `data` is copied, so that what happens to the caller's array later does not matter.

    `dtype` is taken from the data unless given.  Only floating and complex numbers can require grad
    (TypeError).  `name` is for pictures and messages.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    array([2., 4.])
    """

    __slots__ = ()
    arrays, space = True, PLAIN

    def __init__(
        self, data: Any, requires_grad: bool = False, name: str | None = None, dtype: Any = None
    ) -> None:
        self.value = self.coerce(data, dtype=dtype)
        if requires_grad and self.value.dtype.kind not in "fc":
            raise TypeError(f"a Tensor of {self.value.dtype} can't require grad: give it dtype=float")
        self.op, self.inputs, self.params = None, (), None
        self.number, self.tracked = next_number(), (DIFF if requires_grad else 0) | LEAF
        if name is not None:
            self._name = name
        note_origin(self)

    @staticmethod
    def coerce(value: Any, like: Any = None, dtype: Any = None) -> Any:
        """What a Tensor may hold, copied: of the shape and dtype of `like`, if given."""
        if isinstance(value, Node):
            if value.tracked & ASKED:
                raise TypeError(f"a {type(value).__name__} that requires grad, for plain data: use its .data")
            value = value.value
        plain = numeric(np.array(value, dtype))
        if like is None:
            return plain
        if plain.shape != like.shape or not np.can_cast(plain.dtype, like.dtype, "same_kind"):
            error = ValueError if plain.shape != like.shape else TypeError
            raise error(
                f"{plain.dtype} data of shape {plain.shape} for a {like.dtype} Tensor of shape {like.shape}: "
                "shapes must agree, and the dtype must fit"
            )
        return plain.astype(like.dtype, copy=False)

    def operand(self, other: Any) -> Any:
        if type(other) is float or type(other) is int:
            dtype = self.value.dtype
            known = LITERALS.get((other, dtype))
            if known is not None:
                return known
            if dtype.kind == "f":  # the common case of weak promotion
                return literal(LITERALS, Tensor, (other, dtype), np.array(other, dtype))
        elif isinstance(other, (str, bytes)) or other is None:
            return NotImplemented
        return self.lift(other, (self, other))

    @classmethod
    def lift(cls, x: Any, among: Sequence[Any] = ()) -> Node:
        out: Node
        if isinstance(x, Tensor):
            return x
        if isinstance(x, Value):
            out = P.lift(x, dtype=weak_dtype(x.value, among))
        elif isinstance(x, Number) and not isinstance(x, np.generic):
            out = leaf(cls, np.array(x, weak_dtype(x, among)))
        else:
            out = leaf(cls, numeric(np.asarray(x)))
        return out

    @staticmethod
    def fit(m: Namespace, g: Any, x: Any) -> Any:
        if g.shape != x.shape:
            g = m.sum_to(g, shape=x.shape)
        return g if g.dtype == x.dtype else m.cast(g, dtype=x.dtype)

    @staticmethod
    def spread(m: Namespace, t: Any, out: Any) -> Any:
        if t.shape != out.shape:
            t = m.broadcast_to(t, shape=out.shape)
        return t if t.dtype == out.dtype else m.cast(t, dtype=out.dtype)

    def cotangent(self, gradient: Any) -> Any:
        if gradient is None:
            if self.size != 1 or self.dtype.kind == "c":
                raise ValueError(
                    f"backward() on a {self.dtype} Tensor of shape {self.shape} needs gradient=… like it;"
                    " a loss is one real number: take its sum() or mean()"
                )
            return np.ones(self.shape, self.dtype)
        g = gradient.value if isinstance(gradient, Node) else np.asarray(gradient)
        if g.shape != self.shape or not np.can_cast(g.dtype, self.dtype, "same_kind"):
            raise ValueError(
                f"gradient is {g.dtype} {g.shape}; this Tensor is {self.dtype} {self.shape}: they must agree"
            )
        return (
            gradient
            if isinstance(gradient, Tensor) and gradient.tracked & ASKED
            else g.astype(self.dtype, copy=False)
        )

    @staticmethod
    def own(g: Any, given: set[int]) -> Any:
        g = np.asarray(g)
        if g.base is not None or id(g) in given or not g.flags.writeable:
            g = g.copy()
        given.add(id(g))
        return g

    # ---- what an ndarray has
    @property
    def data(self) -> Any:
        """The plain array, read-only; `t.data = new` and `t.data -= step` give a leaf new data."""
        return ReadOnly(self.value)

    @data.setter
    def data(self, value: Any) -> None:
        Variable.data.fset(self, value)  # type: ignore[attr-defined]

    shape = property(lambda self: self.value.shape, doc="The length of each axis.")
    ndim = property(lambda self: self.value.ndim, doc="The number of axes.")
    size = property(lambda self: self.value.size, doc="The number of elements.")
    dtype = property(lambda self: self.value.dtype, doc="The type of the elements.")

    __matmul__, __rmatmul__ = binary(P.matmul), binary(P.matmul, swap=True)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Any:
        """The sum over `axis` (an int, a tuple, or None for all); its derivative spreads g out again."""
        return P.sum(self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Any:
        """The mean over `axis`; its derivative spreads g out again, divided by the number of elements."""
        return P.mean(self, axis=axis, keepdims=keepdims)

    def reshape(self, *shape: Any) -> Any:
        """The same elements in another shape; the derivative is reshaped back."""
        return P.reshape(self, shape=shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Any:
        """The axes in another order, reversed by default; the derivative is transposed back."""
        return P.transpose(self, axes=axes[0] if len(axes) == 1 else axes or None)

    @property
    def T(self) -> Any:
        """The axes in reversed order."""
        return P.transpose(self)

    def numpy(self) -> Any:
        """The plain array, read-only, out of the graph."""
        view = np.asarray(self.value).view()
        view.flags.writeable = False
        return view

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers, out of the graph."""
        return self.value.tolist()

    def __getitem__(self, index: Any) -> Any:
        return P.index(self, index=plain_index(index))

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("len() of a Tensor with no axes")
        return int(self.shape[0])

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        made = (
            f", made by {self.op.name}" if self.op else ", requires_grad=True" if self.tracked & DIFF else ""
        )
        name = f", name={self.name!r}" if self.name else ""
        numbers = np.array2string(np.asarray(self.value), separator=", ", prefix="Tensor(")
        return f"Tensor({numbers}, dtype={self.dtype}{made}{name})"


def plain_index(index: Any) -> Any:
    """An index that nobody changes later: Tensors as their values, arrays and lists copied."""
    if isinstance(index, tuple):
        return tuple(map(plain_index, index))
    if isinstance(index, Tensor):
        return index.value
    return np.array(index) if isinstance(index, (np.ndarray, list)) else index


def numeric(array: Any) -> Any:
    if array.dtype.kind not in "biufc":
        raise TypeError(
            f"a Tensor holds numbers, not {array.dtype}: an array of nodes is made by autodiff functions"
        )
    return array


def weak_dtype(x: Any, among: Sequence[Any]) -> Any:
    """The dtype that a Python number takes among arrays, by NumPy 2's weak promotion."""
    dtypes = [a.dtype for a in among if hasattr(a, "dtype")]
    return np.result_type(*dtypes, x if isinstance(x, (int, float, complex)) else float(x))
