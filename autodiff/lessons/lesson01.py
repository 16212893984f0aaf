"""The exercises of lesson 1, the derivative."""

from __future__ import annotations

from .answers import Text, function, number

EXERCISES = {
    1: number(
        10.0,
        right=Text("Right: 2x at x = 5.", "맞습니다. x = 5에서 2x의 값입니다."),
        wrong={25.0: Text("25 is f(5), how high the curve is.", "25는 f(5), 곧 곡선의 높이입니다.")},
        hint=Text("The slope of x² at x is 2x.", "x²의 x에서의 기울기는 2x입니다."),
    ),
    2: function(
        lambda x: 3 * x**2,
        at=(0.0, 1.0, -2.0),
    ),
}
