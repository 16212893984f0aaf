"""The exercises of lesson 10, second derivatives and Newton's method."""

from __future__ import annotations

from typing import Any

from ..primitives.elementary import exp
from ..transforms.grad import grad
from .answers import Text, choice, function, number, numbers


def bend(x: Any) -> Any:
    return exp(x) - 2 * x


def quartic(x: Any) -> Any:
    return x**4 + x**2 - x


def newton_step(f: Any, x: float) -> Any:
    return x - grad(f)(x) / grad(grad(f))(x)


EXERCISES = {
    1: number(
        14.0,
        right=Text("Right: 6x + 8, at x = 1.", "맞습니다. 6x + 8에 x = 1을 넣은 값입니다."),
        wrong={
            5.0: Text("5 is f(1), how high the curve is.", "5는 f(1), 곧 곡선의 높이입니다."),
            11.0: Text(
                "11 is the slope, f'(1). How fast does the slope itself change?",
                "11은 기울기 f'(1)입니다. 그 기울기는 얼마나 빨리 변할까요?",
            ),
            6.0: Text("4x² bends, too: its slope is 8x.", "4x²도 굽어 있습니다. 4x²의 기울기는 8x입니다."),
        },
        hint=Text("Differentiate 3x² + 8x once more.", "3x² + 8x를 한 번 더 미분하세요."),
    ),
    2: choice(
        "maximum",
        {
            "minimum": Text(
                "f''(x) = 12x² − 4, which is negative at 0.", "f''(x) = 12x² − 4 이고, 0에서 음수입니다."
            ),
            "nothing": Text(
                "It would, if f''(0) were 0; but f''(x) = 12x² − 4.",
                "f''(0) = 0이라면 그렇겠지만, f''(x) = 12x² − 4 입니다.",
            ),
        },
        right=Text(
            "Right: f''(0) = −4, so the curve bends down on both sides.",
            "맞습니다. f''(0) = −4 이므로 양쪽으로 모두 내려갑니다.",
        ),
    ),
    3: number(
        3.0,
        right=Text(
            "Right, and this is the minimum itself: the slope of x² − 6x + 1 is a straight line, so its "
            "tangent is exact.",
            "맞습니다. 한 번에 최솟값에 도착했습니다. x² − 6x + 1 의 도함수는 직선이어서 접선이 곧 도함수이기"
            " 때문입니다.",
        ),
        wrong={
            -4.0: Text(
                "You went by the whole slope, 14. Divide it by f''(10).",
                "기울기 14만큼 그대로 움직였습니다. f''(10)으로 나누어 보세요.",
            ),
            17.0: Text("You went up: the step is −f'/f''.", "반대로 갔습니다. −f'/f'' 만큼 움직여야 합니다."),
            7.0: Text("7 is how far to go. From 10!", "7은 움직일 거리입니다. 10에서 출발하세요."),
            -7.0: Text(
                "−7 is the step. Where does it lead from 10?",
                "−7은 움직일 양입니다. 10에서 가면 어디에 도착할까요?",
            ),
            10 - 41 / 14: Text(
                "That is 10 − f/f', which looks for f = 0. We look for f' = 0.",
                "10 − f/f' 을 계산했습니다. 이것은 f = 0인 곳을 찾습니다. 우리는 f' = 0인 곳을 찾습니다.",
            ),
        },
        hint=Text("f'(10) = 14, f''(10) = 2.", "f'(10) = 14, f''(10) = 2 입니다."),
    ),
    4: function(
        newton_step,
        at=[(quartic, 1.0), (bend, 0.0), (quartic, -2.0)],
        right=Text(
            "Right. Repeat it, and the digits double.",
            "맞습니다. 되풀이하면 맞는 자릿수가 두 배씩 늘어납니다.",
        ),
        wrong=[
            (
                lambda f, x: x - f(x) / grad(f)(x),
                Text(
                    "This finds where f is 0. We look for where its slope is 0.",
                    "이것은 f가 0인 곳을 찾습니다. 기울기가 0인 곳을 찾아야 합니다.",
                ),
            ),
            (
                lambda f, x: x + grad(f)(x) / grad(grad(f))(x),
                Text("The sign: x minus the quotient.", "부호가 다릅니다. x에서 빼야 합니다."),
            ),
            (
                lambda f, x: grad(f)(x) / grad(grad(f))(x),
                Text("That is the way to go; it starts at x.", "그것은 움직일 거리입니다. x에서 출발합니다."),
            ),
            (
                lambda f, x: x - grad(f)(x),
                Text(
                    "That is gradient descent with the rate 1. Divide by the second derivative.",
                    "그것은 학습률이 1인 경사하강법입니다. 이계도함수의 값으로 나누세요.",
                ),
            ),
            (
                lambda f, x: x - grad(f)(x) * grad(grad(f))(x),
                Text("Divide by f''(x), do not multiply.", "f''(x)를 곱하지 말고 나누세요."),
            ),
        ],
        hint=Text(
            "x − f'(x) / f''(x), where f'' is grad(grad(f)).",
            "x − f'(x) / f''(x) 이고, f''은 grad(grad(f))입니다.",
        ),
    ),
    5: numbers(
        (6.0, 4.0, 4.0, 0.0),
        right=Text(
            "Right: ∂f/∂x = 2xy and ∂f/∂y = x², each by x and by y.",
            "맞습니다. ∂f/∂x = 2xy 와 ∂f/∂y = x² 을 각각 x와 y로 미분한 값입니다.",
        ),
        wrong={
            (6.0, 0.0, 0.0, 0.0): Text(
                "The mixed ones are not 0: ∂f/∂x = 2xy changes with y, too.",
                "섞인 것은 0이 아닙니다. ∂f/∂x = 2xy 는 y에 따라서도 변합니다.",
            ),
        },
        hint=Text("Begin with ∂f/∂x = 2xy and ∂f/∂y = x².", "∂f/∂x = 2xy 와 ∂f/∂y = x² 에서 시작하세요."),
    ),
}
