"""The exercises of lesson 2, tangent and direction."""

from __future__ import annotations

from typing import Any

from ..primitives.elementary import sin
from ..transforms.grad import grad
from .answers import Text, choice, function, number


def wave(x: Any) -> Any:
    return sin(x) + x


def tangent_of(f: Any, a: float, x: float) -> Any:
    return f(a) + grad(f)(a) * (x - a)


EXERCISES = {
    1: number(
        6.4,
        right=Text(
            "Right. The curve itself is at 6.41 there, higher by 0.1².",
            "맞습니다. 곡선 자체의 높이는 6.41로, 0.1²만큼 더 높습니다.",
        ),
        wrong={
            6.41: Text(
                "6.41 is how high the curve is. The tangent is a little lower.",
                "6.41은 곡선의 높이입니다. 접선은 조금 더 낮습니다.",
            ),
            10.4: Text(
                "That is 6 + 4 · 1.1: the step is from 1 to 1.1, not from 0.",
                "6 + 4 · 1.1을 계산했습니다. 0이 아니라 1에서 1.1까지 움직인 것입니다.",
            ),
            6.1: Text(
                "For a step of 0.1, the tangent rises by 4 times that.",
                "0.1만큼 가면 접선은 그 4배만큼 올라갑니다.",
            ),
            10.0: Text("That would be a step of 1.", "그것은 1만큼 움직였을 때입니다."),
        },
        hint=Text("x − 1 is 0.1.", "x − 1은 0.1입니다."),
    ),
    2: function(
        lambda x: 9 + 6 * (x - 3),
        at=(3.0, 4.0, 0.0),
        right=Text("Right: 9 + 6(x − 3), which is 6x − 9.", "맞습니다. 9 + 6(x − 3), 곧 6x − 9 입니다."),
        wrong=[
            (lambda x: x**2, Text("That is the curve.", "그것은 곡선입니다.")),
            (
                lambda x: 9 + 6 * x,
                Text(
                    "That line has the height 9 at x = 0. It should have it at x = 3.",
                    "그 직선은 x = 0에서 높이가 9입니다. x = 3에서 9가 되어야 합니다.",
                ),
            ),
            (
                lambda x: 6 * (x - 3),
                Text(
                    "The slope is right; the height at 3 is 9, not 0.",
                    "기울기는 맞습니다. 3에서 높이는 0이 아니라 9입니다.",
                ),
            ),
            (
                lambda x: 2 * x,
                Text(
                    "That is the derivative: the slope at every x.",
                    "그것은 도함수, 곧 각 x에서의 기울기입니다.",
                ),
            ),
            (
                lambda x: 9 + 2 * x * (x - 3),
                Text(
                    "The slope of a tangent is one number, here 6; 2x changes on the way.",
                    "접선의 기울기는 하나의 수, 여기서는 6입니다. 2x는 x에 따라 변합니다.",
                ),
            ),
        ],
        hint=Text(
            "The height at the point, and the slope times the way from it.",
            "그 점의 높이에, 기울기와 그 점에서 움직인 거리의 곱을 더하세요.",
        ),
    ),
    3: choice(
        "right",
        {
            "left": Text(
                "The slope at −2 is −2: to the left it goes up.",
                "−2에서 기울기는 −2입니다. 왼쪽은 오르막입니다.",
            )
        },
        right=Text(
            "Right: the slope is −2, and against it means to the right.",
            "맞습니다. 기울기가 −2이므로 그 반대 방향은 오른쪽입니다.",
        ),
        hint=Text("Which sign has f'(−2)?", "f'(−2)의 부호는 무엇일까요?"),
    ),
    4: choice(
        "maximum",
        {
            "minimum": Text(
                "The slope is 2 at x = 0, and −2 at x = 2: it goes up, then down.",
                "기울기가 x = 0에서는 2, x = 2에서는 −2입니다. 올라갔다가 내려갑니다.",
            ),
            "neither": Text(
                "The slope is 0 there, and its sign changes: from 2 at x = 0 to −2 at x = 2.",
                "그곳에서 기울기가 0이고 부호가 바뀝니다. x = 0에서는 2, x = 2에서는 −2입니다.",
            ),
        },
        right=Text(
            "Right: it rises before x = 1, and falls after.",
            "맞습니다. x = 1 앞에서는 증가하고 뒤에서는 감소합니다.",
        ),
    ),
    5: function(
        tangent_of,
        at=[(wave, 0.5, 0.5), (wave, 0.5, 1.5), (wave, 2.0, -1.0)],
        right=Text(
            "Right: this works for every f that has a slope at a.",
            "맞습니다. a에서 기울기가 있는 함수라면 무엇이든 됩니다.",
        ),
        wrong=[
            (
                lambda f, a, x: f(x),
                Text("That is f itself, and not its tangent.", "그것은 접선이 아니라 f 자체입니다."),
            ),
            (
                lambda f, a, x: f(a) + grad(f)(x) * (x - a),
                Text(
                    "The slope belongs to a, where the tangent touches, not to x.",
                    "기울기는 x가 아니라 접하는 점 a에서 구해야 합니다.",
                ),
            ),
            (
                lambda f, a, x: f(a) + grad(f)(a) * x,
                Text("The way is measured from a: x − a.", "움직인 거리는 a부터 재어야 합니다: x − a."),
            ),
            (
                lambda f, a, x: grad(f)(a) * (x - a),
                Text("The height at a is missing.", "a에서의 높이가 빠졌습니다."),
            ),
        ],
        hint=Text(
            "f(a), and grad(f)(a) times the way from a to x.",
            "f(a)에, grad(f)(a)와 a에서 x까지의 거리를 곱한 값을 더하세요.",
        ),
    ),
}
