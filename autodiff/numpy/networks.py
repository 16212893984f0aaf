"""What networks are made of and NumPy has not: softmax, its logarithm, and the losses."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitives import reductions as P
from .reductions import mean, sum
from .shapes import about, as_array, axis_of, shape_of

__all__ = ["cross_entropy", "log_softmax", "logsumexp", "one_hot", "softmax"]


def logsumexp(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """log Σ exp(a) over `axis` (an int, a tuple, None for all), where exp(a) alone might overflow.

    Derivative: g softmax(a).  An array of floats; of no elements it is -inf.

    >>> import numpy as np
    >>> float(logsumexp(np.array([1000.0, 1000.0])) - 1000)  # log 2
    0.693147180...
    """
    return P.logsumexp(as_array(a), axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=keepdims)


def softmax(x: Any, axis: Any = -1) -> Any:
    """exp(x) / Σ exp(x) over `axis`: positive numbers that add up to 1.  In x's shape and dtype.

    Derivative: out (g - Σ g out).

    >>> import numpy as np
    >>> softmax(np.array([0.0, 0.0]))
    array([0.5, 0.5])
    """
    return P.softmax(as_array(x), axis=axis)


def log_softmax(x: Any, axis: Any = -1) -> Any:
    """log(softmax(x)), which does not round to log(0).  In x's shape and dtype.

    Derivative: g - softmax(x) Σ g.

    >>> import numpy as np
    >>> log_softmax(np.array([0.0, -2000.0]))
    array([    0., -2000.])
    """
    return P.log_softmax(as_array(x), axis=axis)


def one_hot(labels: Any, num_classes: int, axis: int = -1, dtype: Any = float) -> Any:
    """1 at each label and 0 elsewhere, along a new axis of length `num_classes`.  A constant.

    Raises TypeError for labels or a `num_classes` that are not integers, IndexError for a label outside of
    0 … num_classes - 1.

    >>> one_hot([0, 2], 3).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    if isinstance(num_classes, bool) or not isinstance(num_classes, (int, np.integer)):
        raise TypeError(f"one_hot: num_classes is a whole number, not {num_classes!r}")
    check_labels("one_hot", labels, num_classes)
    return P.one_hot(as_array(labels), classes=num_classes, axis=axis, dtype=dtype)


def check_labels(what: str, labels: Any, classes: int) -> None:
    y = np.asarray(about(labels))
    if y.dtype.kind not in "iu" and y.size:
        raise TypeError(f"{what}: labels must be integers, not {y.dtype}")
    if y.size and np.maximum.reduce(y.astype(np.uintp), None) >= classes:  # a negative one is large then
        raise IndexError(f"{what}: labels from {y.min()} to {y.max()}, but there are {classes} classes")


def cross_entropy(logits: Any, targets: Any, axis: int = -1, reduction: str = "mean") -> Any:
    """-Σ p log(softmax(logits)) over `axis`, and its mean (or sum, or none) over all examples.

    `targets` are integer labels, of the shape of logits without `axis`, or probabilities p of its shape.
    Derivative: g (softmax(logits) - p), and -g log(softmax(logits)) for p.  Raises ValueError for shapes that
    don't fit and an unknown reduction, IndexError for a label that is no class, TypeError for logits that are
    no array of numbers.

    >>> import numpy as np
    >>> from autodiff import grad
    >>> logits = np.array([[0.0, 0.0], [0.0, 0.0]])
    >>> grad(cross_entropy)(logits, np.array([0, 1]))
    array([[-0.25,  0.25],
           [ 0.25, -0.25]])
    """
    logits, targets = as_array(logits), as_array(targets)
    shape = shape_of(logits)
    if logits.dtype.kind not in "biufc" or not shape:
        raise TypeError(f"cross_entropy: logits are an array of numbers, not {logits.dtype} of shape {shape}")
    axis = axis_of(axis, len(shape), "cross_entropy")
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"cross_entropy: reduction is 'mean', 'sum' or 'none', not {reduction!r}")
    examples = shape[:axis] + shape[axis + 1 :]
    if targets.dtype.kind in "iu" and shape_of(targets) == examples:
        check_labels("cross_entropy", targets, shape[axis])
        loss = P.label_entropy(logits, targets, axis=axis)
    elif shape_of(targets) == shape:
        loss = P.cross_entropy(logits, targets, axis=axis)
    else:
        raise ValueError(
            f"cross_entropy: targets of shape {shape_of(targets)} for logits of shape {shape}; labels are "
            f"integers of shape {examples}, probabilities are of the shape of the logits"
        )
    return loss if reduction == "none" else mean(loss) if reduction == "mean" else sum(loss)
