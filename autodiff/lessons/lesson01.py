"""The exercises of lesson 1, the derivative."""

from __future__ import annotations

from .answers import Text, function, number


def cube(x: float) -> float:
    return x**3


EXERCISES = {
    1: number(
        10.0,
        right=Text("Right: 2x, at x = 5.", "맞습니다. 2x에 x = 5를 넣은 값입니다."),
        wrong={
            25.0: Text(
                "25 is f(5), how high the curve is. How steep is it?",
                "25는 f(5), 곧 곡선의 높이입니다. 기울기는 얼마일까요?",
            ),
            6.0: Text("6 is the slope at x = 3.", "6은 x = 3에서의 기울기입니다."),
            2.0: Text(
                "2x is not 2: the slope depends on x.", "2x는 2가 아닙니다. 기울기는 x에 따라 다릅니다."
            ),
        },
        hint=Text("The slope of x² at x is 2x.", "x²의 x에서의 기울기는 2x입니다."),
    ),
    2: number(
        4.0,
        right=Text(
            "Right: a straight line has the same slope everywhere.",
            "맞습니다. 직선의 기울기는 어디서나 같습니다.",
        ),
        wrong={
            393.0: Text("393 is how high the line is at x = 100.", "393은 x = 100에서 직선의 높이입니다."),
            400.0: Text(
                "Go one step to the right, from 100 to 101: how much does 4x − 7 grow?",
                "100에서 101로 오른쪽으로 한 걸음 가 보세요. 4x − 7은 얼마나 커지나요?",
            ),
            -3.0: Text(
                "The −7 moves the line down, and does not change its slope.",
                "−7은 직선을 아래로 옮길 뿐, 기울기를 바꾸지 않습니다.",
            ),
        },
        hint=Text(
            "The slope of a straight line is the same everywhere: the factor of x.",
            "직선의 기울기는 어디서나 같고, x의 계수와 같습니다.",
        ),
    ),
    3: function(
        lambda f, x, h: (f(x + h) - f(x)) / h,
        at=[(cube, 1.0, 1.0), (cube, 2.0, 0.5), (cube, -1.0, 2.0)],
        right=Text(
            "Right. The smaller h is, the nearer it comes to the derivative.",
            "맞습니다. h가 작을수록 미분계수에 가까워집니다.",
        ),
        wrong=[
            (
                lambda f, x, h: f(x + h) - f(x) / h,
                Text(
                    "Without parentheses, only f(x) is divided by h.",
                    "괄호가 없으면 f(x)만 h로 나누게 됩니다.",
                ),
            ),
            (
                lambda f, x, h: f(x + h) - f(x),
                Text(
                    "That is how much f changes. Divide it by how much x changes.",
                    "그것은 f의 변화량입니다. x의 변화량으로 나누어 보세요.",
                ),
            ),
            (
                lambda f, x, h: (f(x) - f(x + h)) / h,
                Text(
                    "The sign is not right: new minus old, f(x + h) − f(x).",
                    "부호가 반대입니다. 나중 값에서 처음 값을 빼야 합니다: f(x + h) − f(x).",
                ),
            ),
        ],
        hint=Text("Rise over run: (f(x + h) − f(x)) / h.", "변화량의 비, (f(x + h) − f(x)) / h 입니다."),
    ),
    4: function(
        lambda x: 3 * x**2 - 5,
        at=(0.0, 1.0, -2.0),
        right=Text("Right: 3x² − 5.", "맞습니다. 3x² − 5 입니다."),
        wrong=[
            (
                lambda x: x**3 - 5 * x + 1,
                Text("That is the function itself.", "그것은 도함수가 아니라 원래 함수입니다."),
            ),
            (
                lambda x: 3 * x**2 - 5 * x,
                Text("The slope of 5x is 5, not 5x.", "5x의 기울기는 5x가 아니라 5입니다."),
            ),
            (
                lambda x: 3 * x**2 - 5 + 1,
                Text(
                    "What does not change, such as 1, has the slope 0.",
                    "1처럼 변하지 않는 것의 기울기는 0입니다.",
                ),
            ),
            (
                lambda x: 3 * x - 5,
                Text("The slope of x³ is 3x², not 3x.", "x³의 도함수는 3x가 아니라 3x²입니다."),
            ),
        ],
        hint=Text(
            "Take the three parts one by one, and add their slopes.",
            "세 부분을 하나씩 미분하고 더해 보세요.",
        ),
    ),
    5: number(
        3.0,
        right=Text("Right: 2x − 6 is 0 there.", "맞습니다. 그곳에서 2x − 6이 0입니다."),
        wrong={
            -8.0: Text(
                "−8 is how low the curve goes. At which x?", "−8은 그곳의 높이입니다. 그때의 x는 얼마일까요?"
            ),
            -3.0: Text("2x − 6 = 0 means 2x = 6.", "2x − 6 = 0 이면 2x = 6 입니다."),
            0.0: Text(
                "At x = 0, the slope is −6. Where is the slope 0?",
                "x = 0에서는 기울기가 −6입니다. 기울기가 0인 곳은 어디일까요?",
            ),
        },
        hint=Text("The derivative is 2x − 6.", "도함수는 2x − 6 입니다."),
    ),
}
