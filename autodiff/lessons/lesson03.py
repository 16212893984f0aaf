"""The exercises of lesson 3, gradient descent."""

from __future__ import annotations

from typing import Any

from ..transforms.grad import grad
from .answers import Text, choice, function, number


def parabola(x: Any) -> Any:
    return x**2 + 2 * x + 3


def quartic(x: Any) -> Any:
    return x**4 - 3 * x + 1


def descend(f: Any, x: float, lr: float, steps: int, sign: float = -1.0) -> float:
    for _ in range(steps):
        x = x + sign * lr * grad(f)(x)
    return x


EXERCISES = {
    1: number(
        0.6,
        right=Text("Right: 1 − 0.1 · 4.", "맞습니다. 1 − 0.1 · 4 입니다."),
        wrong={
            1.4: Text(
                "That is a step along the slope, and so up. Down is against it: minus.",
                "기울기의 방향, 곧 위로 움직였습니다. 내려가려면 반대 방향이므로 빼야 합니다.",
            ),
            -3.0: Text(
                "That is a step by the whole slope. Take only a tenth of it.",
                "기울기만큼 다 움직였습니다. 그 10분의 1만 움직여 보세요.",
            ),
            0.9: Text(
                "The step is not 0.1, but 0.1 times the slope.",
                "0.1이 아니라, 0.1에 기울기를 곱한 만큼 움직입니다.",
            ),
            0.4: Text(
                "0.4 is how long the step is. Where does it lead to, from 1?",
                "0.4는 움직이는 거리입니다. 1에서 그만큼 움직이면 어디일까요?",
            ),
            0.36: Text("That is 0.1² and more: the step is 0.1 · 4.", "움직이는 거리는 0.1 · 4 입니다."),
        },
        hint=Text("x ← x − lr · f'(x).", "x ← x − lr · f'(x) 입니다."),
    ),
    2: number(
        0.5,
        right=Text(
            "Right: 1 − 2 · 0.5 = 0, so that no distance is left.",
            "맞습니다. 1 − 2 · 0.5 = 0 이므로 남는 거리가 없습니다.",
        ),
        wrong={
            1.0: Text(
                "1 − 2 · 1 is −1: you come out as far away as before, on the other side.",
                "1 − 2 · 1 은 −1입니다. 반대쪽의 똑같이 먼 곳으로 가게 됩니다.",
            ),
            2.0: Text(
                "1 − 2 · 2 is −3: three times as far away.", "1 − 2 · 2 는 −3입니다. 세 배 멀어집니다."
            ),
            0.0: Text("With lr = 0 you do not move.", "lr = 0 이면 움직이지 않습니다."),
        },
        hint=Text(
            "After the step the distance should be 0, so 1 − 2 · lr must be.",
            "한 단계 뒤에 거리가 0이 되어야 하므로 1 − 2 · lr 이 0이어야 합니다.",
        ),
    ),
    3: choice(
        "for ever",
        {
            "arrives": Text(
                "From x = 0 the step is −2, to x = −2. And from there?",
                "x = 0에서 −2만큼 움직이면 x = −2입니다. 거기서는 어디로 갈까요?",
            ),
            "diverges": Text(
                "The distance is multiplied by −1 each time: it does not grow.",
                "거리는 단계마다 −1배가 됩니다. 커지지는 않습니다.",
            ),
        },
        right=Text(
            "Right: 0, −2, 0, −2, and so on. The distance is multiplied by −1 each time.",
            "맞습니다. 0, −2, 0, −2, … 로 되풀이됩니다. 거리는 단계마다 −1배가 됩니다.",
        ),
        hint=Text("Take the first two steps: f'(0) = 2.", "처음 두 단계를 직접 해 보세요. f'(0) = 2 입니다."),
    ),
    4: function(
        descend,
        at=[
            (parabola, 1.0, 0.1, 1),
            (parabola, 3.0, 0.25, 3),
            (quartic, 0.0, 0.05, 5),
            (parabola, 7.0, 0.1, 0),
        ],
        right=Text("Right. That is all there is to it.", "맞습니다. 경사하강법은 이것이 전부입니다."),
        wrong=[
            (
                lambda f, x, lr, steps: descend(f, x, lr, steps, sign=1.0),
                Text(
                    "That goes up: x − lr · f'(x), with a minus.",
                    "위로 올라가고 있습니다. x − lr · f'(x), 곧 빼야 합니다.",
                ),
            ),
            (
                lambda f, x, lr, steps: x - steps * lr * grad(f)(x),
                Text(
                    "The slope is to be found anew in each step, at the new x.",
                    "기울기는 단계마다 새 x에서 다시 구해야 합니다.",
                ),
            ),
            (
                lambda f, x, lr, steps: descend(f, x, 1.0, steps),
                Text("The learning rate is missing.", "학습률을 곱하지 않았습니다."),
            ),
            (
                lambda f, x, lr, steps: x if not steps else x - lr * grad(f)(x),
                Text("That is a single step.", "한 단계만 움직였습니다."),
            ),
        ],
        hint=Text(
            "x ← x − lr · f'(x), where f'(x) is grad(f)(x).",
            "x ← x − lr · f'(x) 에서 f'(x)는 grad(f)(x)입니다.",
        ),
    ),
    5: number(
        0.75 ** (1 / 3),
        within=6e-4,
        right=Text(
            "Right. Exactly, 4x³ = 3 there: x is the cube root of 0.75.",
            "맞습니다. 그곳에서 4x³ = 3 이므로 정확한 값은 0.75의 세제곱근입니다.",
        ),
        wrong={
            quartic(0.75 ** (1 / 3)): Text(
                "That is how high it is there. At which x?",
                "그것은 그곳의 높이입니다. 그때의 x는 얼마일까요?",
            ),
            0.75: Text(
                "The derivative is 4x³ − 3; at 0.75 it is not 0.",
                "도함수는 4x³ − 3 이고, 0.75에서는 0이 아닙니다.",
            ),
        },
        hint=Text(
            "For instance from x = 0 with lr = 0.05, 100 steps; is it level where you arrive?",
            "예를 들어 x = 0에서 lr = 0.05 로 100단계를 해 보세요. 도착한 곳은 평평한가요?",
        ),
    ),
}
