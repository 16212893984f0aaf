"""The exercises of lesson 11, how this engine is written."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph import SCALAR
from .answers import Text, choice, custom, function, number

POINTS = [2.0, 0.5, -1.5]


def row_of_cube(answer: Any) -> Text | None:
    """What is wrong with a local derivative of x³, written as a text."""
    if not isinstance(answer, str) or not answer.strip():
        return Text(
            f"A text is wanted, in quotation marks; this is {answer!r}.",
            f"따옴표로 묶은 문자열로 답해 보세요. 지금은 {answer!r}입니다.",
        )
    try:
        rate = eval(f"lambda m, out, x: {answer}", {"__builtins__": {}})
        found = [float(rate(SCALAR, x**3, x)) for x in POINTS]
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        return Text(
            f"Python can't compute that with m, out and x: {what}.",
            f"m, out, x만으로는 계산할 수 없습니다. {what}.",
        )
    if np.allclose(found, [3 * x**2 for x in POINTS]):
        return None
    if np.allclose(found, [x**3 for x in POINTS]):
        return Text("That is the function itself.", "그것은 도함수가 아니라 함수 자체입니다.")
    if np.allclose(found, [x**2 for x in POINTS]):
        return Text("The power comes in front.", "지수가 앞으로 나와야 합니다.")
    x, got = next((x, g) for x, g in zip(POINTS, found, strict=True) if not np.isclose(g, 3 * x**2))
    return Text(
        f"At x = {x:g} that gives {got:g}, and should give {3 * x**2:g}.",
        f"x = {x:g}에서 나와야 할 값은 {3 * x**2:g}, 지금 나온 값은 {got:g}입니다.",
    )


EXERCISES = {
    1: number(
        2.0,
        right=Text("Right: x * x, and the sum.", "맞습니다. x * x 와 합, 두 개입니다."),
        wrong={
            3.0: Text("x is a leaf, and leaves are left out.", "x는 잎이고, 잎은 빠집니다."),
            4.0: Text(
                "x is one node, however often it is used, and it is a leaf.",
                "x는 몇 번을 쓰든 노드 하나이고, 더구나 잎입니다.",
            ),
        },
        hint=Text("One for each operation.", "연산마다 하나씩입니다."),
    ),
    2: custom(
        "3.0 * x * x",
        row_of_cube,
        right=Text(
            "Right. Written with * it is faster than a power, too.",
            "맞습니다. 거듭제곱보다 *로 쓰면 더 빠릅니다.",
        ),
        hint=Text("The derivative of x³ is 3x².", "x³의 도함수는 3x² 입니다."),
    ),
    3: function(
        lambda m, g, out, x, y: -g,
        at=[(SCALAR, 1.0, 2.0, 5.0, 3.0), (SCALAR, 4.0, -1.0, 2.0, 3.0)],
        right=Text("Right: its local derivative is −1.", "맞습니다. 국소 미분이 −1입니다."),
        wrong=[
            (
                lambda m, g, out, x, y: g,
                Text(
                    "That is what x gets. When y grows, x − y falls.",
                    "그것은 x가 받는 값입니다. y가 커지면 x − y 는 작아집니다.",
                ),
            ),
            (
                lambda m, g, out, x, y: -1,
                Text("−1 is the local derivative; multiply it by g.", "−1은 국소 미분입니다. g를 곱하세요."),
            ),
            (
                lambda m, g, out, x, y: -g * y,
                Text("The local derivative is −1, whatever y is.", "국소 미분은 y와 관계없이 −1입니다."),
            ),
        ],
        hint=Text("g times the local derivative.", "g와 국소 미분의 곱입니다."),
    ),
    4: function(
        lambda m, t, u, out, x, y: t * y + x * u,
        at=[(SCALAR, 1.0, 0.0, 10.0, 2.0, 5.0), (SCALAR, 3.0, -2.0, 12.0, 3.0, 4.0)],
        right=Text(
            "Right: each tangent times the local derivative of its input.",
            "맞습니다. 탄젠트마다 그 입력에 대한 국소 미분을 곱해 더합니다.",
        ),
        wrong=[
            (
                lambda m, t, u, out, x, y: t * u,
                Text(
                    "The speed of a product is not the product of the speeds.",
                    "곱의 속도는 속도의 곱이 아닙니다.",
                ),
            ),
            (
                lambda m, t, u, out, x, y: t * x + u * y,
                Text("The other way round: by x it is y.", "반대로 썼습니다. x로 미분하면 y입니다."),
            ),
            (
                lambda m, t, u, out, x, y: t + u,
                Text("That is the push of a sum.", "그것은 덧셈의 push입니다."),
            ),
        ],
        hint=Text("t times ∂out/∂x, and u times ∂out/∂y.", "t · ∂out/∂x 와 u · ∂out/∂y 를 더하세요."),
    ),
    5: choice(
        "early",
        {
            "late": Text(
                "a = x * z has a small number, and its turn would come first. Has it got its g by then?",
                "a = x * z 는 번호가 작아서 차례가 먼저 옵니다. 그때 g를 이미 받았을까요?",
            )
        },
        right=Text(
            "Right: a would have its turn before y has passed anything on to it.",
            "맞습니다. y가 아무것도 넘겨주기 전에 a의 차례가 와 버립니다.",
        ),
    ),
}
