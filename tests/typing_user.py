"""A user's program, for mypy to read: strict type checking works outside the package too."""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff import (
    Tensor,
    Value,
    draw,
    grad,
    gradients,
    hvp,
    jvp,
    no_grad,
    optim,
    sin,
    stepper,
    value_and_grad,
    vjp,
)  # fmt: skip


def curve(x: Any) -> Any:
    return x * x + 2 * x + sin(x)


def descend(steps: int) -> float:
    x, w = Value(3.0, name="x"), Tensor(np.ones(2), requires_grad=True)
    optimizer = optim.SGD([x, w], lr=0.1, momentum=0.5)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = curve(x) + ((np.eye(2) @ w - 1.0) ** 2).sum()
        loss.backward()
        optimizer.step()
    with no_grad():
        return float(curve(x)) + float(w.sum())


def pictures(y: Value) -> str:
    draw(y, theme="dark").save("graph.svg")
    stepper(y, mode="both", tangents={y: 1.0}).save("graph.html")
    return str(draw(y, depth=0))


def derivatives() -> list[Any]:
    x, y = np.array([1.0, 2.0]), Value(0.5)
    value, slope = value_and_grad(curve)(0.5)
    out, pull = vjp(curve, x)
    out, tangent = jvp(curve, (x,), (np.ones(2),))
    (product,) = hvp(lambda v: curve(v).sum(), (x,), (np.ones(2),))
    return [value, slope, grad(grad(curve))(0.5), gradients(curve(y), [y]), *pull(out), tangent, product]
