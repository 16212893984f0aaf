"""The exercises of lesson 5, the chain rule on a graph."""

from __future__ import annotations

import math
from typing import Any

from .answers import Text, function, number


def slope(ways: Any) -> Any:
    return sum(math.prod(way) for way in ways)


EXERCISES = {
    1: number(
        54.0,
        right=Text(
            "Right: 3 · (2x + 1)² · 2, at x = 1.", "맞습니다. 3 · (2x + 1)² · 2 에 x = 1을 넣은 값입니다."
        ),
        wrong={
            27.0: Text(
                "27 is what it takes without the inner step (and the value as well): 2x + 1 has the slope 2.",
                "안쪽 단계가 빠졌습니다(27은 함숫값이기도 합니다). 2x + 1 의 기울기는 2입니다.",
            ),
            2.0: Text("2 is the slope of the inner step alone.", "2는 안쪽 단계만의 기울기입니다."),
            6.0: Text(
                "3u² is to be taken at u = 2x + 1 = 3, not at 1.",
                "3u²에는 1이 아니라 u = 2x + 1 = 3 을 넣어야 합니다.",
            ),
            29.0: Text(
                "The slopes of steps that follow each other are multiplied, not added.",
                "차례로 이어지는 단계의 기울기는 더하지 않고 곱합니다.",
            ),
        },
        hint=Text(
            "u = 2x + 1, y = u³: ∂y/∂u · ∂u/∂x.", "u = 2x + 1, y = u³ 으로 두고 ∂y/∂u · ∂u/∂x 를 구하세요."
        ),
    ),
    2: function(
        lambda x: -3 * math.sin(3 * x),
        at=(0.0, 0.4, 1.0, -2.0),
        right=Text("Right: −sin(3x) · 3.", "맞습니다. −sin(3x) · 3 입니다."),
        wrong=[
            (
                lambda x: -math.sin(3 * x),
                Text("The inner step 3x has the slope 3.", "안쪽 단계 3x의 기울기 3이 빠졌습니다."),
            ),
            (
                lambda x: -3 * math.sin(x),
                Text(
                    "The slope of cos is to be taken at 3x: sin(3x).",
                    "cos의 기울기는 3x에서 구해야 합니다. sin(3x)이지요.",
                ),
            ),
            (
                lambda x: -math.sin(3),
                Text("The outer slope is to be taken at 3x.", "바깥쪽 기울기는 3x에서 구해야 합니다."),
            ),
            (
                lambda x: 3 * math.sin(3 * x),
                Text("The sign: the derivative of cos is −sin.", "부호를 보세요. cos의 도함수는 −sin입니다."),
            ),
            (
                lambda x: -3 * math.cos(3 * x),
                Text("cos becomes −sin.", "cos을 미분하면 −sin이 됩니다."),
            ),
        ],
        hint=Text("u = 3x, y = cos(u).", "u = 3x, y = cos(u) 로 두세요."),
    ),
    3: number(
        16.0,
        right=Text(
            "Right: 4 · 1 through a, and 3 · 4 through b.",
            "맞습니다. a를 거쳐 4 · 1, b를 거쳐 3 · 4 입니다.",
        ),
        wrong={
            4.0: Text(
                "That is one way, through a. (Or the product of two slopes: the ways are added.)",
                "a를 거치는 길 하나만 구했습니다. 다른 길도 더해야 합니다.",
            ),
            12.0: Text(
                "That is one way, through b, or the value of z. There is another way.",
                "b를 거치는 길 하나만 구했습니다(12는 z의 값이기도 합니다). 다른 길도 더해야 합니다.",
            ),
            48.0: Text("Ways are added, not multiplied.", "여러 길은 곱하지 않고 더합니다."),
            5.0: Text(
                "That is 1 + 4, the slopes of a and b. z = a · b has local derivatives, too: b and a.",
                "a와 b의 기울기 1과 4를 더했습니다. z = a · b 의 국소 미분인 b와 a도 곱해야 합니다.",
            ),
        },
        hint=Text(
            "a = 3 and b = 4. The local derivatives of z = a · b are b and a.",
            "a = 3, b = 4 입니다. z = a · b 의 국소 미분은 각각 b와 a입니다.",
        ),
    ),
    4: number(
        4.0,
        right=Text(
            "Right: 2 from x to a, times 2 from a to b.",
            "맞습니다. x에서 a로 2개, a에서 b로 2개이므로 2 · 2개입니다.",
        ),
        wrong={
            2.0: Text(
                "There are 2 from x to a, and each goes on in 2 ways.",
                "x에서 a로 가는 길이 2개이고, 거기서 다시 2개로 갈라집니다.",
            ),
            3.0: Text(
                "Draw it: two arrows, then two arrows.", "그려 보세요. 화살표가 2개, 그다음에 또 2개입니다."
            ),
            8.0: Text("That would be three steps.", "단계가 세 개일 때의 수입니다."),
        },
        hint=Text("Count as in the picture of a, b and c.", "a, b, c의 그림에서처럼 세어 보세요."),
    ),
    5: function(
        slope,
        at=[([[1.0, 3.0], [1.0, -0.5]],), ([[2.0, 3.0, 4.0]],), ([[5.0], [6.0], [7.0, 0.5]],)],
        right=Text(
            "Right: multiply along each way, and add over the ways.",
            "맞습니다. 길을 따라 곱하고, 여러 길을 더합니다.",
        ),
        wrong=[
            (
                lambda ways: math.prod(sum(way) for way in ways),
                Text(
                    "It is the other way round: first multiply, then add.",
                    "반대입니다. 먼저 곱하고 나서 더해야 합니다.",
                ),
            ),
            (
                lambda ways: sum(sum(way) for way in ways),
                Text("Along a way, multiply.", "길을 따라서는 곱해야 합니다."),
            ),
            (
                lambda ways: math.prod(math.prod(way) for way in ways),
                Text("Over the ways, add.", "여러 길은 더해야 합니다."),
            ),
            (
                lambda ways: [math.prod(way) for way in ways],
                Text(
                    "These are the ways one by one. Now add them.", "길마다 구했습니다. 이제 모두 더하세요."
                ),
            ),
            (
                lambda ways: math.prod(ways[0]),
                Text("That is the first way only.", "첫째 길만 구했습니다."),
            ),
        ],
        hint=Text(
            "math.prod(way) for each way, and the sum of all.",
            "길마다 math.prod(way)를 구하고, 모두 더하세요.",
        ),
    ),
}
