"""`Tensor`: an array that remembers how it was computed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from numbers import Number
from typing import Any

import numpy as np

from . import numpy as namespace
from .graph import (
    ASKED,
    DIFF,
    PLAIN,
    TRACE,
    Node,
    Primitive,
    from_outside,
    leaf,
    recording,
)  # fmt: skip
from .numpy import products, selection, shapes
from .numpy import reductions as F
from .numpy.shapes import about
from .operators import binary, build_call, constant, literal
from .places import note_origin
from .primitives import arithmetic as A
from .primitives import indexing
from .primitives.products import matmul
from .primitives.shapes import lift
from .value import Value
from .variable import Variable
from .versions import become

__all__ = ["Tensor"]

LITERALS: dict[tuple[float, Any], Tensor] = {}


@lru_cache(100)
def one(shape: tuple[int, ...], dtype: Any) -> Any:
    """The cotangent that a backward walk starts from; nobody writes into it."""
    ones = np.ones(shape, dtype)
    ones.flags.writeable = False
    return ones


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


def in_place(what: str, op: Any) -> Any:
    """The operator that assigns: `x += y`."""

    def method(self: Any, other: Any) -> Any:
        if isinstance(other, (str, bytes)) or other is None:
            return NotImplemented
        self.replace(f"x {what} y", op(self, other))
        return self

    method.__name__, method.__doc__ = op.name, f"`x {what} y`: x goes on as the result."
    return method


class Tensor(Variable):
    """An array: `data` is copied, so that what happens to the caller's array later does not matter.

    A plain array that a Tensor is combined with is not copied: `(x * a).sum().backward()` looks at `a` again,
    so don't write into `a` between the two, or write `x * Tensor(a)`.

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
        if requires_grad:
            self.check_differentiable()
        self.begin(requires_grad, name)

    @staticmethod
    def coerce(value: Any, like: Any = None, dtype: Any = None) -> Any:
        """What a Tensor may hold, copied: of the shape and dtype of `like`, if given."""
        if isinstance(value, Node):
            if value.tracked & ASKED:
                raise TypeError(f"a {type(value).__name__} that requires grad, for plain data: use its .data")
            value = value.value
        plain = numeric(np.array(value, dtype, subok=isinstance(value, np.ma.MaskedArray)))
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
            out = lift(x, dtype=weak_dtype(x.value, among))
        elif isinstance(x, Number) and not isinstance(x, np.generic):
            out = leaf(cls, np.array(x, weak_dtype(x, among)))
        else:
            out = leaf(cls, numeric(np.asanyarray(x)))
        return out

    @staticmethod
    def fit(m: Any, g: Any, x: Any) -> Any:
        if g.shape != x.shape:
            g = m.sum_to(g, shape=x.shape)
        return g if g.dtype == x.dtype else m.cast(g, dtype=x.dtype)

    @staticmethod
    def spread(m: Any, t: Any, out: Any) -> Any:
        if t.shape != out.shape:
            t = m.broadcast_to(t, shape=out.shape)
        return t if t.dtype == out.dtype else m.cast(t, dtype=out.dtype)

    def cotangent(self, gradient: Any) -> Any:
        if gradient is None:
            value = self.value
            if value.size != 1 or value.dtype.kind == "c":
                raise ValueError(
                    f"backward() on a {self.dtype} Tensor of shape {self.shape} needs gradient=… like it;"
                    " a loss is one real number: take its sum() or mean()"
                )
            return one(value.shape, value.dtype)
        g = np.asarray(gradient.value if isinstance(gradient, Node) else gradient)
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
        if type(g) is not np.ndarray or g.base is not None or id(g) in given or not g.flags.writeable:
            g = np.asarray(g).copy()
        given.add(id(g))
        return g

    def check_differentiable(self) -> None:
        if self.dtype.kind not in "fc":
            raise TypeError(f"a Tensor of {self.dtype} can't require grad: give it dtype=float")

    # ---- what an ndarray has
    @property
    def data(self) -> Any:
        """The plain array, read-only; `t.data = new` and `t.data -= step` give a leaf new data."""
        return ReadOnly(Variable.data.fget(self))  # type: ignore[attr-defined]

    @data.setter
    def data(self, value: Any) -> None:
        Variable.data.fset(self, value)  # type: ignore[attr-defined]

    shape = property(lambda self: self.value.shape, doc="The length of each axis.")
    ndim = property(lambda self: self.value.ndim, doc="The number of axes.")
    size = property(lambda self: self.value.size, doc="The number of elements.")
    dtype = property(lambda self: self.value.dtype, doc="The type of the elements.")
    itemsize = property(lambda self: self.value.itemsize, doc="The bytes of an element.")
    nbytes = property(lambda self: self.value.nbytes, doc="The bytes of all elements.")
    T = property(lambda self: shapes.transpose(self), doc="The axes in reversed order.")
    mT = property(lambda self: shapes.matrix_transpose(self), doc="The last two axes exchanged.")

    # the functions of NumPy are its methods
    sum, prod, mean, var, std = F.sum, F.prod, F.mean, F.var, F.std
    min, max, ptp, argmin, argmax = F.min, F.max, F.ptp, F.argmin, F.argmax
    any, all, cumsum, cumprod, trace = F.any, F.all, F.cumsum, F.cumprod, F.trace
    ravel, flatten, swapaxes, squeeze = shapes.ravel, shapes.ravel, shapes.swapaxes, shapes.squeeze
    repeat, diagonal, astype, copy = shapes.repeat, shapes.diagonal, shapes.astype, shapes.copy
    take, clip, round = selection.take, selection.clip, selection.round
    argsort, dot, conj = selection.argsort, products.dot, Variable.conjugate
    __and__, __rand__ = constant(A.bitwise_and), constant(A.bitwise_and, swap=True)
    __or__, __ror__ = constant(A.bitwise_or), constant(A.bitwise_or, swap=True)
    __xor__, __rxor__ = constant(A.bitwise_xor), constant(A.bitwise_xor, swap=True)
    __lshift__, __rlshift__ = constant(A.left_shift), constant(A.left_shift, swap=True)
    __rshift__, __rrshift__ = constant(A.right_shift), constant(A.right_shift, swap=True)
    __matmul__, __rmatmul__ = binary(matmul), binary(matmul, swap=True)

    def __invert__(self) -> Any:
        return A.invert(self)

    def reshape(self, *shape: Any, order: str = "C") -> Any:
        """The same elements in another shape; the derivative is reshaped back."""
        return shapes.reshape(self, shape[0] if len(shape) == 1 else shape, order)

    def transpose(self, *axes: Any) -> Any:
        """The axes in another order, reversed by default; the derivative is transposed back."""
        return shapes.transpose(self, axes[0] if len(axes) == 1 else axes or None)

    def sort(self, axis: int = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> None:
        """Sort in place: this Tensor goes on as the sorted one, see `autodiff.sort`."""
        self.replace("sort", selection.sort(self, axis, kind, order, stable=stable))

    def item(self, *at: Any) -> Any:
        """The one element, or the one at an index, as a plain Python number, out of the graph.

        Raises ValueError if there are others and no index.
        """
        self.check_known("item()")
        if not at and self.value.size != 1:
            raise ValueError(
                f"one number is asked for, and this Tensor has shape {self.value.shape}: take one, as in "
                "x[0].item(), or print x.numpy()"
            )
        return self.value.item(*at)

    def numpy(self) -> Any:
        """The plain array, read-only, out of the graph."""
        self.check_known("numpy()")
        view = np.asarray(self.value).view()
        view.flags.writeable = False
        return view

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers, out of the graph."""
        self.check_known("tolist()")
        return self.value.tolist()

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("len() of a Tensor with no axes")
        return int(self.shape[0])

    def __iter__(self) -> Iterator[Any]:
        if not self.ndim:
            raise TypeError("iteration over a Tensor with no axes")
        return (self[i] for i in range(len(self)))

    def __contains__(self, x: Any) -> bool:
        return bool(F.any(self == x))

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ValueError(
                f"the truth of a Tensor of shape {self.shape} is ambiguous: use x.any() or x.all()"
            )
        return super().__bool__()

    def __index__(self) -> int:
        call = "using x as an index"
        self.check_known(call, "Index a Tensor with it: asarray(a)[x] of autodiff.numpy")
        return int(self.leaving(call, "Integers don't require grad")[()].__index__())

    def __array_namespace__(self, *, api_version: Any = None) -> Any:
        """The namespace of its functions, for code written for the Array API standard."""
        return namespace

    def __repr__(self) -> str:
        made = (
            f", made by {self.op.name}" if self.op else ", requires_grad=True" if self.tracked & DIFF else ""
        )
        name = f", name={self.name!r}" if self.name else ""
        numbers = np.array2string(np.asarray(self.value), separator=", ", prefix="Tensor(")
        return f"Tensor({numbers}, shape={self.shape}, dtype={self.dtype}{made}{name})"

    def __format__(self, spec: str) -> str:
        if spec and self.size != 1:
            raise TypeError(
                f"format {spec!r} is for one number, and this Tensor has the shape {self.shape}: "
                "index it, or use np.array2string(x.numpy())"
            )
        return format(self.item(), spec) if spec else repr(self)

    # ---- indexing and assignment
    def __getitem__(self, index: Any) -> Any:
        index = plain_index(index)
        return selection.picked(self, index) if is_traced(index) else indexing.index(self, index=index)

    def __setitem__(self, index: Any, value: Any) -> None:
        index = plain_index(index)
        if not isinstance(value, Node) and not isinstance(value, Number):
            value = np.asarray(value)
        assigned = selection.assigned_at if is_traced(index) else selection.assigned
        self.replace("x[i] = v", assigned(self, index, self.fitting("x[i] = v", value)))

    def fitting(self, what: str, value: Any) -> Any:
        """A value to be written into this array, checked as NumPy checks it."""
        kind, given = self.dtype.kind, np.result_type(about(value))
        if given.kind not in "biufc":
            raise TypeError(f"{what}: a Tensor holds numbers, not {given}")
        if isinstance(value, Node) and value.tracked & DIFF and kind not in "fc":
            raise TypeError(f"{what}: an array of {self.dtype} can't hold what requires grad; make it float")
        if given.kind == "c" and kind != "c":
            raise TypeError(
                f"{what}: {given} numbers don't fit into an array of {self.dtype}; take their .real"
            )
        return value

    def replace(self, what: str, result: Any) -> None:
        """Go on as `result`, for an assignment; what was made of this Tensor stays as it was.

        Raises RuntimeError on a leaf that requires grad outside of `no_grad()`, and ValueError or TypeError
        for a result of another shape or of a kind that doesn't fit; then nothing has changed.
        """
        if result.shape != self.shape:
            raise ValueError(
                f"{what}: the result has the shape {result.shape}, and x {self.shape}; write x = …"
            )
        if not np.can_cast(result.dtype, self.dtype, "same_kind"):
            raise TypeError(f"{what}: the result is {result.dtype}, and x {self.dtype}; write x = …")
        if result.dtype != self.dtype:
            result = shapes.astype(result, self.dtype)
        if not self.number:
            raise ValueError(f"{what}: x is {self.made()}")
        if self.tracked & DIFF and self.op is None:
            if recording.get():
                raise RuntimeError(
                    f"{what} on a leaf that requires grad: write x = x.copy() first, or assign inside "
                    "no_grad() if the derivative is not meant to know"
                )
            self.assign(result.value)
        elif from_outside(self):
            raise TypeError(
                f"{what}: a function that is traced assigns into a Tensor from outside, which would happen "
                "only this once: copy it first, and return the result"
            )
        else:
            become(self, result)
            note_origin(self)

    __iadd__, __isub__ = in_place("+=", A.add), in_place("-=", A.subtract)
    __imul__, __itruediv__ = in_place("*=", A.multiply), in_place("/=", A.divide)
    __ipow__, __imod__ = in_place("**=", A.power), in_place("%=", A.remainder)
    __ifloordiv__, __imatmul__ = in_place("//=", A.floor_divide), in_place("@=", matmul)
    __iand__, __ior__ = in_place("&=", A.bitwise_and), in_place("|=", A.bitwise_or)
    __ixor__ = in_place("^=", A.bitwise_xor)
    __ilshift__, __irshift__ = in_place("<<=", A.left_shift), in_place(">>=", A.right_shift)


Node.classes["array"] = Tensor
Primitive.__call__ = build_call(Tensor)  # type: ignore[method-assign]


def plain_index(index: Any) -> Any:
    """An index that nobody changes later: Tensors as their values, arrays and lists copied."""
    return tuple(map(plain_part, index)) if isinstance(index, tuple) else plain_part(index)


AS_IT_IS = str, float, np.generic, Value  # some of which NumPy refuses, in its own words


def plain_part(i: Any) -> Any:
    """The index of one axis: a number, a slice, None, ..., or an array."""
    if type(i) is int or type(i) is slice or i is None or i is ... or isinstance(i, AS_IT_IS):
        return i
    if isinstance(i, Tensor):
        return i if i.tracked & TRACE else i.value
    if isinstance(i, (np.ndarray, list, tuple)):
        a = np.array(i)
        if not a.size and type(i) is not np.ndarray:  # an empty list points at nothing
            a = a.astype(int)
        return a if a.ndim else a[()]
    return i if isinstance(i, bool) else i.__index__() if hasattr(i, "__index__") else np.array(i)


def is_traced(index: Any) -> bool:
    """Whether what an index points at differs between the values that a traced program stands for."""
    return any(isinstance(i, Tensor) for i in (index if isinstance(index, tuple) else (index,)))


def numeric(array: Any) -> Any:
    """An array of numbers, as nothing more than an array; raises TypeError for others."""
    if isinstance(array, np.ma.MaskedArray):
        raise TypeError("a Tensor has no mask: fill the masked array, or choose with where(mask, x, y)")
    array = np.asarray(array)
    if array.dtype.kind not in "biufc":
        held = {type(x).__name__ for x in array.flat} if array.dtype == object else {str(array.dtype)}
        nodes = any(isinstance(x, Node) for x in array.flat)
        hint = ": an array of nodes is made by np.stack and np.concatenate" if nodes else ""
        raise TypeError(f"a Tensor holds numbers, not {' and '.join(sorted(held)) or array.dtype}{hint}")
    return array


def weak_dtype(x: Any, among: Sequence[Any]) -> Any:
    """The dtype that a Python number takes among arrays, by NumPy 2's weak promotion."""
    dtypes = [a.dtype for a in among if hasattr(a, "dtype")]
    return np.result_type(*dtypes, x if isinstance(x, (int, float, complex)) else float(x))
