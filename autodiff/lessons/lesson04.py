"""The exercises of lesson 4, partial derivatives and the gradient."""

from __future__ import annotations

from typing import Any

from ..transforms.grad import grad
from .answers import Text, choice, function, number, numbers


def bowl(x: Any, y: Any) -> Any:
    return x**2 + 2 * y**2


def mixed(x: Any, y: Any) -> Any:
    return x * x * y + 3 * y


def one_step(f: Any, x: float, y: float, lr: float) -> tuple[float, float]:
    dx, dy = grad(f, argnums=(0, 1))(x, y)
    return x - lr * dx, y - lr * dy


def in_turn(f: Any, x: float, y: float, lr: float) -> tuple[float, float]:
    x = x - lr * grad(f, argnums=0)(x, y)
    return x, y - lr * grad(f, argnums=1)(x, y)


EXERCISES = {
    1: number(
        20.0,
        right=Text("Right: 2xy, with x = 2 and y = 5.", "맞습니다. 2xy에 x = 2, y = 5를 넣은 값입니다."),
        wrong={
            35.0: Text("35 is f(2, 5), the height.", "35는 f(2, 5), 곧 높이입니다."),
            4.0: Text(
                "x² becomes 2x, and y stays as its factor: 2x times y.",
                "x²은 2x가 되고, 곱해진 y는 그대로 남습니다: 2x에 y를 곱하세요.",
            ),
            23.0: Text(
                "3y does not change when x alone moves: its slope is 0, not 3.",
                "x만 움직이면 3y는 변하지 않습니다. 기울기는 3이 아니라 0입니다.",
            ),
            7.0: Text("That is ∂f/∂y: x was kept.", "그것은 ∂f/∂y입니다. x를 그대로 두었네요."),
        },
        hint=Text("Keep y = 5: the slope of 5x² + 15.", "y = 5로 두고 5x² + 15를 미분해 보세요."),
    ),
    2: function(
        lambda x, y: x * x + 3,
        at=[(2.0, 5.0), (0.0, 1.0), (-1.5, -2.0)],
        right=Text("Right: x² + 3, the same for every y.", "맞습니다. x² + 3 이고, y가 얼마이든 같습니다."),
        wrong=[
            (mixed, Text("That is f itself.", "그것은 f 자체입니다.")),
            (
                lambda x, y: 2 * x * y,
                Text("That is ∂f/∂x. Now x is kept.", "그것은 ∂f/∂x입니다. 이번에는 x를 그대로 둡니다."),
            ),
            (
                lambda x, y: x * x + 3 * y,
                Text("The slope of 3y is 3.", "3y의 기울기는 3입니다."),
            ),
            (
                lambda x, y: x * x,
                Text("3y has the slope 3, which is missing.", "3y의 기울기 3이 빠졌습니다."),
            ),
            (
                lambda x, y: 2 * x + 3,
                Text(
                    "x is kept now, so x² is a number like any other: the slope of x²y is x².",
                    "이번에는 x를 그대로 두므로 x²은 상수입니다. x²y의 기울기는 x²입니다.",
                ),
            ),
        ],
        hint=Text("Keep x: f is (x² + 3) times y.", "x를 그대로 두면 f는 y에 (x² + 3)을 곱한 것입니다."),
    ),
    3: numbers(
        (6.0, -4.0),
        right=Text(
            "Right: (2x, 4y). It points away from the bottom, as it should.",
            "맞습니다. (2x, 4y)입니다. 바닥의 반대쪽, 곧 오르막을 가리킵니다.",
        ),
        wrong={
            (6.0, 4.0): Text("y is −1, so 4y is negative.", "y가 −1이므로 4y는 음수입니다."),
            (6.0, -2.0): Text("The slope of 2y² is 4y.", "2y²의 기울기는 4y입니다."),
            (-6.0, 4.0): Text(
                "That points down, against the gradient.", "그것은 기울기 벡터의 반대, 곧 내리막 방향입니다."
            ),
            (9.0, 2.0): Text(
                "9 and 2 are the two parts of the height.", "9와 2는 높이를 이루는 두 부분입니다."
            ),
        },
        hint=Text("(∂f/∂x, ∂f/∂y) = (2x, 4y).", "(∂f/∂x, ∂f/∂y) = (2x, 4y) 입니다."),
    ),
    4: choice(
        "level",
        {
            "up": Text(
                "∂f/∂y is 0: when y alone moves, there is no slope.",
                "∂f/∂y가 0입니다. y만 움직일 때의 기울기가 0이라는 뜻입니다.",
            ),
            "down": Text(
                "Down is against the gradient, towards (−1, 0).",
                "내리막은 기울기 벡터의 반대쪽, 곧 (−1, 0) 방향입니다.",
            ),
        },
        right=Text(
            "Right: north is at a right angle to (3, 0), along a contour line.",
            "맞습니다. 북쪽은 (3, 0)과 직각이고, 등고선을 따라가는 방향입니다.",
        ),
        hint=Text("How large is the angle to the gradient?", "기울기 벡터와 이루는 각도는 얼마일까요?"),
    ),
    5: function(
        one_step,
        at=[(bowl, 3.0, -1.0, 0.1), (mixed, 1.0, 2.0, 0.5), (mixed, -1.0, 0.5, 0.25)],
        right=Text(
            "Right. With more variables, it is one more line for each.",
            "맞습니다. 변수가 더 많아도 한 줄씩 늘어날 뿐입니다.",
        ),
        wrong=[
            (
                in_turn,
                Text(
                    "∂f/∂y is taken at the new x here. Find both derivatives first, then move.",
                    "새로운 x에서 ∂f/∂y를 구했습니다. 두 편미분을 먼저 구한 다음에 움직여 보세요.",
                ),
            ),
            (
                lambda f, x, y, lr: one_step(f, x, y, -lr),
                Text("That goes up: take the steps with a minus.", "위로 올라가고 있습니다. 빼야 합니다."),
            ),
            (
                lambda f, x, y, lr: one_step(f, x, y, 1.0),
                Text("The learning rate is missing.", "학습률을 곱하지 않았습니다."),
            ),
            (
                lambda f, x, y, lr: grad(f, argnums=(0, 1))(x, y),
                Text(
                    "That is the gradient. Where does the step lead to?",
                    "그것은 기울기 벡터입니다. 움직인 다음의 점은 어디인가요?",
                ),
            ),
            (
                lambda f, x, y, lr: one_step(f, x, y, lr)[::-1],
                Text("The order should be x, then y.", "x, y의 순서로 돌려주세요."),
            ),
        ],
        hint=Text(
            "dx, dy = grad(f, argnums=(0, 1))(x, y), and then two steps.",
            "dx, dy = grad(f, argnums=(0, 1))(x, y) 를 구한 다음, x와 y를 각각 움직이세요.",
        ),
    ),
}
