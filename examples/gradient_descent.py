"""From the slope of a curve to gradient descent, in eight short sections, with every derivative computed.

    python examples/gradient_descent.py                     random starting points
    python examples/gradient_descent.py --seed 1            the same ones each time
    python examples/gradient_descent.py --lang ko           in Korean
    python examples/gradient_descent.py --lr 1.02           what goes wrong when steps are too long

`--start` takes the starting point: one number for the walk in one variable, two for the walk in two, or
all three.  Each section is a function; `descend` is gradient descent.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections.abc import Callable, Sequence
from typing import Any

from autodiff import Value, cos, grad, value_and_grad
from autodiff.optim import SGD

TEXTS = {
    "en": {
        "derivative": """1. What a derivative is

f(x) = x² + 2x + 3.  Between x and x + h the graph of f rises from f(x) to f(x + h): its slope there is the
rise divided by h.  Let h shrink, and the slope approaches a number, the derivative of f at x.  At x = {x}:
""",
        "limit": "    h = {h:<8g} slope = {slope:.8f}",
        "exact": "    the derivative, by autodiff: {slope:.8f}",
        "rule": """2. The derivative as a function

For f(x) = x² + 2x + 3 the rules of calculus give f'(x) = 2x + 2.  autodiff knows the rules of + and × and
puts them together; it arrives at the same numbers:
""",
        "rule_row": "    x = {x:5.1f}    2x + 2 = {rule:5.1f}    autodiff: {slope:5.1f}",
        "tangents": """3. The tangent, and which way is up

The line that touches the graph at a point, the tangent, has the derivative there as its slope:
""",
        "tangent": "At x = {x:g} it is y = {slope:g} · (x {shift}) + {y:g}.",
        "uphill": "The slope is positive: f grows to the right, so the way down is to the left.",
        "downhill": "The slope is negative: f grows to the left, so the way down is to the right.",
        "flat": "The slope is 0: the line is level, as it is at the bottom.",
        "descent": """4. Gradient descent in one variable

Start anywhere.  Take a step against the slope, as long as the slope times the learning rate {lr:g}; repeat
until the slope is nearly 0 (at most {tolerance:g}).  From x = {x}:
""",
        "step1": "    step {n:4d}    x = {x:.8f}    f(x) = {y:.8f}    slope = {slope:.8f}",
        "found1": "After {n} steps: the minimum is at x = {x!r}, where f(x) = {y!r}.",
        "partial": """5. Partial derivatives

f(x, y) = x² + 2xy + 3 + cos(x + 2y) has two variables.  Hold y still and move x: the slope is the partial
derivative ∂f/∂x.  Hold x still and move y: that is ∂f/∂y.  By the rules,

    ∂f/∂x = 2x + 2y - sin(x + 2y)        ∂f/∂y = 2x - 2 sin(x + 2y)

and at x = {x:g}, y = {y:g}:
""",
        "partial_row": "    {name}: by the rules {rule:.10f}    by autodiff {slope:.10f}",
        "gradient": """6. The gradient

The partial derivatives, side by side, are a vector: the gradient.  At (x, y) = ({x:g}, {y:g}) it is
({gx:.6f}, {gy:.6f}).  It points the way in which f grows fastest.  Take a small step, of length {h:g}:
""",
        "gradient_row": "    {way:<24} changes f by {change:+.8f}",
        "along": "along the gradient",
        "against": "against the gradient",
        "across": "across it",
        "descent2": """7. Gradient descent in two variables

g(x, y) = x² + 2y², a bowl that is steeper along y.  The same recipe, with the gradient for the slope, until
its length is at most {tolerance:g}.  Learning rate {lr:g}, from (x, y) = ({x}, {y}):
""",
        "step2": "    step {n:4d}    ({x:.8f}, {y:.8f})    gradient ({gx:.8f}, {gy:.8f})",
        "found2": """After {n} steps: the last gradient is ({gx:.6e}, {gy:.6e}), and the minimum
is at (x, y) = ({x:.6e}, {y:.6e}), where g(x, y) = {value:.4e}.""",
        "ascent": """8. Gradient ascent

To climb, step along the gradient: maximize=True.  f(x) = -x² + 2x + 3 opens downwards.
From x = {x}:
""",
        "found3": "After {n} steps: the maximum is at x = {x:.6f}, where f(x) = {y:.6f}.",
        "diverged": """The walk diverges: after {n} steps the gradient's length is {length:g}.
At the start it was {first:g}.  Each step is so long that it ends farther away, on the other side of the
valley.  Take a smaller learning rate than {lr:g} (--lr): for x² + 2x + 3 it must be below 1, for x² + 2y²
below 0.5.""",
        "unfinished": """After {n} steps the gradient's length is still {length:g}.
That is above {tolerance:g}.  Allow more steps (--max-steps), a larger learning rate than {lr:g} (--lr), or a
larger gradient at the end (--tolerance).""",
    },
    "ko": {
        "derivative": """1. 미분이란 무엇일까요?

f(x) = x² + 2x + 3 을 생각해 봅시다. x 에서 x + h 까지 가는 동안 함숫값은 f(x) 에서 f(x + h) 로 변하고,
변한 양을 h 로 나누면 그 구간의 평균 기울기가 됩니다. h 를 0 에 점점 가깝게 하면 평균 기울기는 어떤
한 값에 다가가는데, 이 극한값이 바로 x 에서의 미분계수입니다. x = {x} 에서 직접 확인해 봅시다.
""",
        "limit": "    h = {h:<8g} 기울기 = {slope:.8f}",
        "exact": "    autodiff 로 구한 미분계수: {slope:.8f}",
        "rule": """2. 도함수

미분 공식을 쓰면 f(x) = x² + 2x + 3 의 도함수는 f'(x) = 2x + 2 입니다. autodiff 는 덧셈과 곱셈의 미분
규칙을 알고 있어서, 이 규칙들을 이어 붙여 같은 값을 얻습니다.
""",
        "rule_row": "    x = {x:5.1f}    2x + 2 = {rule:5.1f}    autodiff: {slope:5.1f}",
        "tangents": """3. 접선, 그리고 올라가는 방향

그래프의 한 점에서 그은 접선의 기울기는 그 점의 미분계수와 같습니다.
""",
        "tangent": "x = {x:g} 에서의 접선은 y = {slope:g} · (x {shift}) + {y:g} 입니다.",
        "uphill": "기울기가 양수이므로 오른쪽이 올라가는 방향입니다. 내려가려면 왼쪽으로 가야 합니다.",
        "downhill": "기울기가 음수이므로 왼쪽이 올라가는 방향입니다. 내려가려면 오른쪽으로 가야 합니다.",
        "flat": "기울기가 0 이므로 접선이 수평입니다. 골짜기의 바닥에서도 이렇습니다.",
        "descent": """4. 변수가 하나일 때의 경사하강법

아무 데서나 출발합니다. 기울기의 반대 방향으로, 기울기에 학습률을 곱한 만큼 움직입니다. 기울기가 거의
0 이 될 때까지({tolerance:g} 이하) 되풀이합니다. 학습률은 {lr:g}, 출발점은 x = {x} 입니다.
""",
        "step1": "    {n:4d}번째    x = {x:.8f}    f(x) = {y:.8f}    기울기 = {slope:.8f}",
        "found1": "{n}번 움직여서 최솟값을 찾았습니다. x = {x!r} 일 때 f(x) = {y!r} 입니다.",
        "partial": """5. 편미분

f(x, y) = x² + 2xy + 3 + cos(x + 2y) 는 변수가 둘입니다. y 를 고정하고 x 만 움직일 때의 기울기가
x 에 대한 편미분 ∂f/∂x 이고, x 를 고정하고 y 만 움직일 때의 기울기가 y 에 대한 편미분 ∂f/∂y 입니다.
미분 공식을 쓰면

    ∂f/∂x = 2x + 2y - sin(x + 2y)        ∂f/∂y = 2x - 2 sin(x + 2y)

이고, x = {x:g}, y = {y:g} 에서의 값은 다음과 같습니다.
""",
        "partial_row": "    {name}: 공식 {rule:.10f}    autodiff {slope:.10f}",
        "gradient": """6. 그래디언트

편미분을 나란히 모은 벡터를 그래디언트(기울기 벡터)라고 합니다. (x, y) = ({x:g}, {y:g}) 에서 그래디언트는
({gx:.6f}, {gy:.6f}) 이고, 함숫값이 가장 가파르게 커지는 방향을 가리킵니다.
길이 {h:g} 만큼 살짝 움직여 봅시다.
""",
        "gradient_row": "    {way:<16} f 의 변화량 {change:+.8f}",
        "along": "그래디언트 방향",
        "against": "반대 방향",
        "across": "수직인 방향",
        "descent2": """7. 변수가 둘일 때의 경사하강법

g(x, y) = x² + 2y² 은 y 방향으로 더 가파른 그릇 모양입니다. 기울기 대신 그래디언트를 쓸 뿐, 방법은 같습니다.
그래디언트의 크기가 {tolerance:g} 이하가 될 때까지 되풀이합니다.
학습률은 {lr:g}, 출발점은 ({x}, {y}) 입니다.
""",
        "step2": "    {n:4d}번째    ({x:.8f}, {y:.8f})    그래디언트 ({gx:.8f}, {gy:.8f})",
        "found2": """{n}번 움직였습니다. 마지막 그래디언트는 ({gx:.6e}, {gy:.6e}) 이고,
(x, y) = ({x:.6e}, {y:.6e}) 에서 최솟값 g(x, y) = {value:.4e} 에 이르렀습니다.""",
        "ascent": """8. 경사상승법

올라가고 싶으면 그래디언트 방향으로 움직이면 됩니다(maximize=True). f(x) = -x² + 2x + 3 은 위로 볼록한
함수입니다. 출발점은 x = {x} 입니다.
""",
        "found3": "{n}번 움직여서 최댓값을 찾았습니다. x = {x:.6f} 일 때 f(x) = {y:.6f} 입니다.",
        "diverged": """발산합니다. {n}번 움직인 뒤 그래디언트의 크기가 {length:g} 입니다.
처음에는 {first:g} 이었습니다.
보폭이 너무 커서 움직일 때마다 골짜기 반대편의 더 먼 곳으로 튀어 나갑니다. 학습률을 {lr:g} 보다 작게
잡으세요(--lr). x² + 2x + 3 에서는 1 보다, x² + 2y² 에서는 0.5 보다 작아야 합니다.""",
        "unfinished": """{n}번 움직였지만 그래디언트의 크기가 아직 {length:g} 입니다.
허용 오차 {tolerance:g} 보다 크므로, 움직이는 횟수를 늘리거나(--max-steps), 학습률을 {lr:g} 보다
키우거나(--lr), 허용 오차를 키워 보세요(--tolerance).""",
    },
}


def f(x: Any) -> Any:
    return x**2 + 2 * x + 3


def two(x: Any, y: Any) -> Any:
    return x**2 + 2 * x * y + 3 + cos(x + 2 * y)


def bowl(x: Any, y: Any) -> Any:
    return x**2 + 2 * y**2


def hill(x: Any) -> Any:
    return -(x**2) + 2 * x + 3


class Failed(Exception):
    """Gradient descent that found nothing; says which text tells why, and the figures in it."""

    def __init__(self, text: str, **figures: Any) -> None:
        super().__init__(text)
        self.text, self.figures = text, figures


Point = tuple[float, ...]


def descend(
    function: Callable[..., Any],
    start: Sequence[float],
    lr: float,
    tolerance: float,
    max_steps: int,
    maximize: bool = False,
) -> list[tuple[Point, float, Point]]:
    """Walk from `start` against the gradient until its length is at most `tolerance`.

    Returns where the walk was, the function's value and the gradient there, for each step from 0 on.
    Raises Failed if it diverges or does not get there in `max_steps`.
    """
    variables = [Value(x) for x in start]
    sgd = SGD(variables, lr=lr, maximize=maximize)
    path: list[tuple[Point, float, Point]] = []
    first = 0.0
    while True:
        sgd.zero_grad()
        y = function(*variables)
        y.backward()
        gradient = tuple(x.grad for x in variables)
        path.append((tuple(x.data for x in variables), y.data, gradient))
        length, steps = math.hypot(*gradient), len(path) - 1
        first = first or length
        if length <= tolerance:
            return path
        if not length <= 1000 * first:
            raise Failed("diverged", n=steps, length=length, first=first, lr=lr)
        if steps == max_steps:
            raise Failed("unfinished", n=steps, length=length, tolerance=tolerance, lr=lr)
        sgd.step()


def some(path: list[Any]) -> list[int]:
    """The steps that are printed: the first four, a few on the way, the last."""
    last = len(path) - 1
    return sorted({n for n in (0, 1, 2, 3, last // 4, last // 2, 3 * last // 4, last) if n <= last})


def main(arguments: Sequence[str] | None = None) -> None:
    options = parsed(arguments)
    texts = TEXTS[options.lang]

    def say(text: str, **figures: Any) -> None:
        print(texts[text].format(**{k: texts.get(v, v) if k == "way" else v for k, v in figures.items()}))

    walk = {"lr": options.lr, "tolerance": options.tolerance, "max_steps": options.max_steps}
    try:
        lesson(say, options.start1, options.start2, walk)
    except Failed as failure:
        sys.exit("\n" + texts[failure.text].format(**failure.figures))


def lesson(say: Callable[..., None], start1: float, start2: Sequence[float], walk: dict[str, Any]) -> None:
    x = 1.0
    say("derivative", x=x)
    for h in (1.0, 0.1, 0.01, 0.001, 1e-6):
        say("limit", h=h, slope=(f(x + h) - f(x)) / h)
    say("exact", slope=grad(f)(x))

    print()
    say("rule")
    for x in (-3.0, -1.0, 0.0, 0.5, 2.0):
        say("rule_row", x=x, rule=2 * x + 2, slope=grad(f)(x))

    print()
    say("tangents")
    for x in (2.0, -2.0, -1.0):
        y, slope = value_and_grad(f)(x)
        say("tangent", x=x, y=y, slope=slope, shift=f"{'-' if x > 0 else '+'} {abs(x):g}")
        say("uphill" if slope > 0 else "downhill" if slope < 0 else "flat")
        print()

    say("descent", x=start1, **walk)
    path = descend(f, [start1], **walk)
    for n in some(path):
        (x,), y, (slope,) = path[n]
        say("step1", n=n, x=x, y=y, slope=slope)
    print()
    say("found1", n=len(path) - 1, x=x, y=y)

    print()
    x, y = 1.0, 0.5
    say("partial", x=x, y=y)
    gx, gy = grad(two, argnums=(0, 1))(x, y)
    say("partial_row", name="∂f/∂x", rule=2 * x + 2 * y - math.sin(x + 2 * y), slope=gx)
    say("partial_row", name="∂f/∂y", rule=2 * x - 2 * math.sin(x + 2 * y), slope=gy)

    print()
    h, length = 1e-3, math.hypot(gx, gy)
    say("gradient", x=x, y=y, gx=gx, gy=gy, h=h)
    for way, dx, dy in (("along", gx, gy), ("against", -gx, -gy), ("across", -gy, gx)):
        change = two(x + h * dx / length, y + h * dy / length) - two(x, y)
        say("gradient_row", way=way, change=change)

    print()
    say("descent2", x=start2[0], y=start2[1], **walk)
    path = descend(bowl, start2, **walk)
    for n in some(path):
        (x, y), _, (gx, gy) = path[n]
        say("step2", n=n, x=x, y=y, gx=gx, gy=gy)
    print()
    (x, y), value, (gx, gy) = path[-1]
    say("found2", n=len(path) - 1, x=x, y=y, gx=gx, gy=gy, value=value)

    print()
    say("ascent", x=start1, **walk)
    path = descend(hill, [start1], maximize=True, **walk)
    (x,), y, _ = path[-1]
    say("found3", n=len(path) - 1, x=x, y=y)


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="From the slope of a curve to gradient descent.")
    parser.add_argument("--lang", choices=TEXTS, default="en", help="the language (en)")
    parser.add_argument("--seed", type=int, help="makes the random starting points the same each time")
    parser.add_argument(
        "--start", type=float, nargs="+", metavar="X", help="1 number, 2, or all 3; else random"
    )
    parser.add_argument("--lr", type=float, default=0.01, help="the learning rate (0.01)")
    parser.add_argument("--tolerance", type=float, default=1e-5, help="the gradient to stop at (1e-5)")
    parser.add_argument("--max-steps", type=int, default=100_000, help="the steps to give up after (100000)")
    options = parser.parse_args(arguments)
    if not (options.lr > 0 and options.tolerance > 0 and options.max_steps > 0):
        parser.error("--lr, --tolerance and --max-steps must be above 0")
    given = options.start or []
    if len(given) > 3 or not all(map(math.isfinite, given)):
        parser.error("--start takes one, two or three finite numbers")
    chance = random.Random(options.seed)
    options.start1, options.start2 = chance.uniform(-5, 5), [chance.uniform(-5, 5), chance.uniform(-5, 5)]
    if len(given) in (1, 3):
        options.start1 = given[0]
    if len(given) in (2, 3):
        options.start2 = given[-2:]
    return options


if __name__ == "__main__":
    main()
