"""The exercises of lesson 8, forward against reverse."""

from __future__ import annotations

from typing import Any

from ..primitives.elementary import sin
from ..transforms.jvp import jvp
from .answers import Text, choice, function, number, numbers


def wave(x: Any, y: Any) -> Any:
    return sin(x) * y + x


def hill(x: Any, y: Any) -> Any:
    return x * x - 3.0 * y


def both_slopes(f: Any, x: float, y: float) -> Any:
    return jvp(f, (x, y), (1.0, 0.0))[1], jvp(f, (x, y), (0.0, 1.0))[1]


EXERCISES = {
    1: function(
        lambda a, tangent_a, b, tangent_b: tangent_a * b + a * tangent_b,
        at=[(2.0, 1.0, 5.0, 0.0), (2.0, 0.0, 5.0, 1.0), (3.0, 2.0, 4.0, -1.0)],
        right=Text(
            "Right: each factor moves while the other one waits.",
            "맞습니다. 한 인수가 멈춰 있는 동안 다른 인수가 움직이는 몫을 더했습니다.",
        ),
        wrong=[
            (
                lambda a, tangent_a, b, tangent_b: tangent_a * tangent_b,
                Text(
                    "The speed of a product is not the product of the speeds: if b rests, a · b still moves.",
                    "곱의 속도는 속도의 곱이 아닙니다. b가 멈춰 있어도 a · b는 움직입니다.",
                ),
            ),
            (
                lambda a, tangent_a, b, tangent_b: tangent_a + tangent_b,
                Text("That is the rule of the sum.", "그것은 합의 규칙입니다."),
            ),
            (
                lambda a, tangent_a, b, tangent_b: tangent_a * b,
                Text("That is a's part. And if b moves?", "그것은 a가 움직인 몫입니다. b가 움직이면요?"),
            ),
            (
                lambda a, tangent_a, b, tangent_b: tangent_a * a + b * tangent_b,
                Text(
                    "The rate of a is the other factor, b, and not a itself.",
                    "a의 속도에는 a 자신이 아니라 상대편 인수 b를 곱해야 합니다.",
                ),
            ),
            (
                lambda a, tangent_a, b, tangent_b: a * b,
                Text("That is the value of the product.", "그것은 곱의 값입니다."),
            ),
        ],
        hint=Text(
            "What moves if only a moves? And if only b does?",
            "a만 움직이면 얼마나 움직일까요? b만 움직이면요?",
        ),
    ),
    2: number(
        5.0,
        right=Text("Right: 2 · 4 + 3 · (−1).", "맞습니다. 2 · 4 + 3 · (−1)입니다."),
        wrong={
            8.0: Text("8 is x's part. y moves as well.", "8은 x가 움직인 몫입니다. y도 움직입니다."),
            -3.0: Text("−3 is y's part. x moves as well.", "−3은 y가 움직인 몫입니다. x도 움직입니다."),
            11.0: Text("y moves at speed −1, downwards.", "y의 속도는 −1입니다. 작아지는 쪽입니다."),
            2.0: Text(
                "That is 2 · 3 + 4 · (−1): each speed is multiplied by the *other* factor.",
                "2 · 3 + 4 · (−1)을 계산했습니다. 속도에는 *상대편* 인수를 곱해야 합니다.",
            ),
            -2.0: Text("The speeds are not multiplied with each other.", "속도끼리 곱하는 것이 아닙니다."),
            1.0: Text("The speeds add only in a sum.", "속도를 그냥 더하는 것은 합일 때입니다."),
        },
        hint=Text(
            "jvp(lambda x, y: x * y, (3.0, 4.0), …) tells.",
            "jvp(lambda x, y: x * y, (3.0, 4.0), …)로 확인할 수 있습니다.",
        ),
    ),
    3: numbers(
        (5.0, 3.0),
        right=Text(
            "Right: a column for each input, a row for each output.",
            "맞습니다. 입력마다 열 하나, 출력마다 행 하나입니다.",
        ),
        wrong={
            (3.0, 5.0): Text(
                "It is the other way round: a forward walk moves one input.",
                "반대입니다. 순방향으로 한 번 갈 때 입력 하나를 움직입니다.",
            ),
            (15.0, 15.0): Text(
                "There are 15 slopes, but a walk finds a whole column or row of them.",
                "기울기는 모두 15개이지만, 한 번 갈 때 열이나 행 하나를 통째로 구합니다.",
            ),
        },
        hint=Text(
            "A forward walk is a column, a walk back a row.",
            "순방향으로 한 번 가면 열 하나, 거슬러 한 번 가면 행 하나입니다.",
        ),
    ),
    4: choice(
        "forward",
        {
            "reverse": Text(
                "That would be 10 000 walks, one for each temperature.",
                "그러면 기온마다 한 번씩, 10 000번을 거슬러 가야 합니다.",
            )
        },
        right=Text(
            "Right: two walks, one for each setting.", "맞습니다. 설정값마다 한 번씩, 두 번이면 됩니다."
        ),
        hint=Text("How many inputs are there?", "입력은 몇 개인가요?"),
    ),
    5: function(
        both_slopes,
        at=[(wave, 0.5, 2.0), (wave, -1.0, 3.0), (hill, 2.0, 1.0)],
        right=Text(
            "Right: a walk for each input. Reverse would find both in one.",
            "맞습니다. 입력마다 한 번씩 갔습니다. 역방향이라면 한 번에 둘 다 구합니다.",
        ),
        wrong=[
            (
                lambda f, x, y: jvp(f, (x, y), (1.0, 1.0))[1],
                Text(
                    "Both inputs moved at once: that is the sum of the slopes. Move one at a time.",
                    "두 입력이 함께 움직여서 두 기울기의 합이 나왔습니다. 하나씩 움직여 보세요.",
                ),
            ),
            (
                lambda f, x, y: (jvp(f, (x, y), (1.0, 0.0)), jvp(f, (x, y), (0.0, 1.0))),
                Text(
                    "jvp returns the value and the tangent: take its second result, [1].",
                    "jvp는 함숫값과 탄젠트를 함께 돌려줍니다. 두 번째 값 [1]을 쓰세요.",
                ),
            ),
            (
                lambda f, x, y: (jvp(f, (x, y), (1.0, 0.0))[0], jvp(f, (x, y), (0.0, 1.0))[0]),
                Text(
                    "These are the values of f. The tangent is the second result, [1].",
                    "그것은 f의 값입니다. 탄젠트는 두 번째 값 [1]입니다.",
                ),
            ),
            (
                lambda f, x, y: (jvp(f, (x, y), (0.0, 1.0))[1], jvp(f, (x, y), (1.0, 0.0))[1]),
                Text(
                    "The order is not right: ∂f/∂x comes first.", "순서가 바뀌었습니다. ∂f/∂x가 먼저입니다."
                ),
            ),
        ],
        hint=Text(
            "jvp(f, (x, y), (1.0, 0.0)) moves x alone.",
            "jvp(f, (x, y), (1.0, 0.0))은 x만 움직입니다.",
        ),
    ),
}
