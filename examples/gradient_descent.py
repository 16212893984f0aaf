"""Derivatives and gradient descent, from the beginning.

    python examples/gradient_descent.py                 a lesson in eight parts, from a random start
    python examples/gradient_descent.py --lang ko       한국어로 읽기
    python examples/gradient_descent.py --lr 0.1        with longer steps; --help lists the other options

Read it from the top: first the functions, then the lesson, part by part, then the walk downhill that parts
4, 7 and 8 share.  All that the lesson says stands in a table at the end, once for each language.  Every
derivative is computed by autodiff.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from unicodedata import east_asian_width

from autodiff import Value, cos, grad
from autodiff.optim import SGD


# ---- the functions ---------------------------------------------------------------------------------------
# They are ordinary Python.  Call them with floats, and they compute; autodiff calls them with Values, which
# compute the same and remember how.
def square(x: Any) -> Any:
    return x**2


def parabola(x: Any) -> Any:
    return x**2 + 2 * x + 3


def hill(x: Any) -> Any:
    return -(x**2) + 2 * x + 3


def wave(x: Any, y: Any) -> Any:
    return x**2 + 2 * x * y + 3 + cos(x + 2 * y)


def bowl(x: Any, y: Any) -> Any:
    return x**2 + 2 * y**2


# ---- the lesson ------------------------------------------------------------------------------------------
def what_a_derivative_is(say: Say) -> None:
    f, x = square, 3.0
    say("derivative", x=x)
    table("h", "(f(3+h) − f(3)) / h", "(f(3−h) − f(3)) / −h")
    for h in (1, 0.1, 0.01, 0.001, 0.0001, 0.00001):
        from_the_right = (f(x + h) - f(x)) / h
        from_the_left = (f(x - h) - f(x)) / -h
        table(h, from_the_right, from_the_left, digits=8)
    say("derivative_found", x=x, slope=grad(f)(x))


def the_derivative_is_a_function(say: Say) -> None:
    f = parabola
    say("formula")
    table("x", "f(x)", "f'(x)", "2x + 2")
    for x in (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0):
        table(x, f(x), grad(f)(x), 2 * x + 2)


def the_tangent(say: Say) -> None:
    f, at = parabola, 1.0
    height, slope = f(at), grad(f)(at)
    say("tangent", at=at, height=height, slope=slope)
    table("x", "f(x)", f"{slope:g}(x − {at:g}) + {height:g}", "f(x) − y")
    for distance in (1, 0.1, 0.01, 0.001):
        x = at + distance
        tangent = slope * (x - at) + height
        table(x, f(x), tangent, f(x) - tangent, digits=7)

    say("which_way_is_up")
    table("x", "f'(x)", "")
    for x in (-3.0, -2.0, -1.0, 0.0, 1.0):
        slope = grad(f)(x)
        table(x, slope, say.text["level" if slope == 0 else "right" if slope > 0 else "left"])
    say("so_down_is")


def descent_in_one_variable(say: Say, start: float, options: argparse.Namespace) -> None:
    say("descent", x=start, lr=options.lr, tolerance=options.tolerance)
    walk = descend(parabola, [start], options)
    show(say, walk, ("x", "f(x)", "f'(x)"))
    say_how_it_ended(say, walk, options, "descent_found")


def partial_derivatives(say: Say) -> None:
    x, y = 1.0, 2.0
    say(
        "partial",
        x=x,
        y=y,
        dx=grad(wave, argnums=0)(x, y),
        dy=grad(wave, argnums=1)(x, y),
        dx_by_the_rules=2 * x + 2 * y - math.sin(x + 2 * y),
        dy_by_the_rules=2 * x - 2 * math.sin(x + 2 * y),
    )


def the_gradient_vector(say: Say) -> None:
    x, y = 1.0, 2.0
    dx, dy = grad(wave, argnums=(0, 1))(x, y)
    say("vector", x=x, y=y, dx=dx, dy=dy, length=math.hypot(dx, dy))
    table(say.text["angle"], say.text["slope"])
    for degrees in (0, 45, 90, 135, 180):
        direction = math.atan2(dy, dx) + math.radians(degrees)
        table(degrees, slope_towards(direction, wave, x, y), digits=6)
    say("vector_found")


def slope_towards(direction: float, f: Callable[..., Any], x: float, y: float) -> float:
    """The slope under your feet as you set out from (x, y): the derivative by the distance walked."""

    def height_after(distance: Any) -> Any:
        return f(x + distance * math.cos(direction), y + distance * math.sin(direction))

    slope: float = grad(height_after)(0.0)
    return round(slope, 12)


def descent_in_two_variables(say: Say, start: Sequence[float], options: argparse.Namespace) -> None:
    say("bowl", x=start[0], y=start[1], lr=options.lr)
    walk = descend(bowl, start, options)
    show(say, walk, ("x", "y", "f(x, y)", "∂f/∂x", "∂f/∂y"))
    say_how_it_ended(say, walk, options, "bowl_found")


def ascent(say: Say, start: float, options: argparse.Namespace) -> None:
    say("ascent", x=start, lr=options.lr)
    walk = descend(hill, [start], options, maximize=True)
    show(say, walk, ("x", "f(x)", "f'(x)"))
    say_how_it_ended(say, walk, options, "ascent_found")


# ---- gradient descent ------------------------------------------------------------------------------------
class Point(NamedTuple):
    """A point that the walk came by."""

    at: list[float]  # x, or x and y
    height: float  # f there
    gradient: list[float]  # its derivatives there

    @property
    def steepness(self) -> float:
        """The length of the gradient; |f'(x)| if there is one variable."""
        return math.hypot(*self.gradient)


def descend(
    f: Callable[..., Any], start: Sequence[float], options: argparse.Namespace, maximize: bool = False
) -> list[Point]:
    """Walk downhill (uphill with `maximize`) until it is nearly level; all points of the walk.

    It also ends if it takes too many steps, or leads to where it is ever steeper.
    """
    variables = [Value(x) for x in start]
    optimizer = SGD(variables, lr=options.lr, maximize=maximize)
    walk: list[Point] = []
    while True:
        optimizer.zero_grad()  # forget the derivatives at the last point
        y = f(*variables)  # compute f, and remember how
        y.backward()  # find the derivative by each variable
        walk.append(Point([x.data for x in variables], y.data, [x.grad for x in variables]))
        if walk[-1].steepness <= options.tolerance or len(walk) > options.max_steps or diverges(walk):
            return walk
        optimizer.step()  # x ← x − lr · ∂f/∂x, for each variable


def diverges(walk: list[Point]) -> bool:
    """Whether the walk has come to where it is far steeper than at its start."""
    return walk[-1].steepness > 1000 * walk[0].steepness


def show(say: Say, walk: list[Point], names: Sequence[str]) -> None:
    """The first points of a walk, a few from the middle, and the last."""
    print(right(say.text["step"], 6) + "".join(right(name, 16) for name in names))
    last = len(walk) - 1
    for step in sorted({0, 1, 2, 3, 10, 30, 100, 300, last}):
        if step <= last:
            at, height, gradient = walk[step]
            print(f"{step:6}" + "".join(f"{number:16.9g}" for number in (*at, height, *gradient)))


class Diverged(Exception):
    """The walk did not come to an end, and would not."""


def say_how_it_ended(say: Say, walk: list[Point], options: argparse.Namespace, found: str) -> None:
    """On level ground, or not: then why.  Raises Diverged if the walk got away."""
    first, last = walk[0], walk[-1]
    numbers = {
        "steps": len(walk) - 1,
        "height": last.height,
        **dict(zip(("x", "y"), last.at, strict=False)),
        **dict(zip(("dx", "dy"), last.gradient, strict=False)),
        "first": first.steepness,
        "last": last.steepness,
        "lr": options.lr,
        "tolerance": options.tolerance,
    }
    if last.steepness <= options.tolerance:
        say(found, **numbers)
    elif diverges(walk):
        say("diverged", **numbers, growth=last.steepness / walk[-2].steepness)
        raise Diverged
    else:
        say("unfinished", **numbers)


# ---- running it ------------------------------------------------------------------------------------------
class Say:
    """Says a text of the table in one language, with the numbers filled in."""

    def __init__(self, language: str) -> None:
        self.text = TEXT[language]

    def __call__(self, key: str, **numbers: float) -> None:
        print("\n" + self.text[key].strip("\n").format(**numbers) + "\n")


def table(*cells: float | str, digits: int = 6) -> None:
    """Print one row of a table."""
    print("".join(right(c if isinstance(c, str) else f"{c:.{digits}g}", 22) for c in cells).rstrip())


def right(text: str, width: int) -> str:
    """The text with spaces before it; Korean letters are as wide as two others."""
    wide = sum(east_asian_width(letter) == "W" for letter in text)
    return " " * (width - len(text) - wide) + text


def between(low: float, high: float, kind: type[int] | type[float] = float) -> Callable[[str], float]:
    """A reader of command-line numbers that must lie between two others."""

    def read(text: str) -> float:
        try:
            number = kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a {'whole ' * (kind is int)}number") from None
        if not low <= number <= high:
            raise argparse.ArgumentTypeError(f"{text} does not lie between {low:g} and {high:g}")
        return number

    return read


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A lesson: derivatives and gradient descent.")
    add = parser.add_argument
    add("--lang", choices=sorted(TEXT), default="en", help="the language of the lesson")
    add("--lr", type=between(1e-9, 1000), default=0.01, help="the learning rate, %(default)s by default")
    add("--tolerance", type=between(0, 1), default=1e-5, help="stop at gradients this short, %(default)s")
    add("--max-steps", type=between(1, 1e6, int), default=10_000, help="or after so many steps, %(default)s")
    add("--seed", type=int, help="a whole number; the same seed gives the same random start")
    add(
        "--start", nargs="+", type=between(-1e6, 1e6), default=[], metavar="X",
        help="where to start: one number for one variable (parts 4 and 8), two for two variables (part 7), "
        "three for both; random by default",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    if len(options.start) > 3:
        parser.error(f"argument --start: takes one, two or three numbers, not {len(options.start)}")
    return options


def starting_points(say: Say, options: argparse.Namespace) -> tuple[float, list[float]]:
    """Where to start in one variable, and in two: as the options say, else random."""
    given = options.start
    if len(given) < 3:
        seed = random.randrange(1_000_000) if options.seed is None else options.seed
        chance = random.Random(seed)
        say("seed", seed=seed)
        one, two = chance.uniform(-5, 5), [chance.uniform(-5, 5), chance.uniform(-5, 5)]
    if len(given) in (1, 3):
        one = given[0]
    if len(given) in (2, 3):
        two = given[-2:]
    return one, two


def main(arguments: Sequence[str] | None = None) -> int:
    """Give the lesson; 1 if a walk diverged, else 0."""
    options = read_options(arguments)
    say = Say(options.lang)
    one, two = starting_points(say, options)
    try:
        what_a_derivative_is(say)
        the_derivative_is_a_function(say)
        the_tangent(say)
        descent_in_one_variable(say, one, options)
        partial_derivatives(say)
        the_gradient_vector(say)
        descent_in_two_variables(say, two, options)
        ascent(say, one, options)
    except Diverged:
        return 1
    return 0


# ---- what the lesson says --------------------------------------------------------------------------------
ENGLISH = {
    "seed": """
Where the walks start is random. To see the same ones again: --seed {seed}
""",
    "derivative": """
1. What is a derivative?

Take f(x) = x² at x = {x:g}, and move x by a small h. By how much does f(x) change, for each unit
of h? The quotient is the slope of the straight line through two points of the curve:
""",
    "derivative_found": """
The smaller h is, the closer the slope comes to one number, from either side. This limit is the
derivative of f at x = {x:g}: the slope of the curve itself. autodiff finds it without any h, by the
rules of differentiation, applied to every operation that f performs:

    f'({x:g}) = {slope:g}
""",
    "formula": """
2. The derivative is a function, too

f(x) = x² + 2x + 3 has a slope at every x. By the rules of differentiation it is f'(x) = 2x + 2.
Nobody tells autodiff that formula. It runs f on a number, and comes to the same slope:
""",
    "tangent": """
3. The tangent, and which way is up

At x = {at:g} this curve has the height {height:g} and the slope {slope:g}. The straight line with the same
height and slope there is the tangent, y = {slope:g}(x − {at:g}) + {height:g}. Come closer to x = {at:g},
and the two can hardly be told apart: at a tenth of the distance, they differ by a hundredth as
much.
""",
    "which_way_is_up": """
So the slope tells what f does nearby. Its sign says which way is up:
""",
    "left": "← up",
    "right": "up →",
    "level": "level",
    "so_down_is": """
A small step along the slope leads up, and a small step against it leads down. Where the slope
is 0, it is level: here, that is the bottom.
""",
    "descent": """
4. Gradient descent

Let us find the bottom of f(x) = x² + 2x + 3 as if we walked in fog, feeling only the slope under
our feet. Start at x = {x:.15g}, and take small steps against the slope, again and again:

    x ← x − {lr:g} · f'(x)

{lr:g} is the learning rate. Where f is steep, the steps are long; towards the bottom they become
short. Stop where it is nearly level, |f'(x)| ≤ {tolerance:g}.
""",
    "step": "step",
    "descent_found": """
After {steps} steps, |f'(x)| ≤ {tolerance:g}. So the minimum is near

    x = {x:.15g}, where f(x) = {height:.15g}

(Exactly, it is at x = -1, where f(x) = 2.)
""",
    "partial": """
5. Partial derivatives

f(x, y) = x² + 2xy + 3 + cos(x + 2y) has two variables. Keep y fixed and let x alone move: the
slope is the partial derivative by x, ∂f/∂x. Keep x fixed and let y alone move: that one is ∂f/∂y.
At x = {x:g}, y = {y:g}:

    ∂f/∂x = 2x + 2y − sin(x + 2y) = {dx_by_the_rules:.10g}      autodiff: {dx:.10g}
    ∂f/∂y = 2x − 2 sin(x + 2y)    = {dy_by_the_rules:.10g}      autodiff: {dy:.10g}
""",
    "vector": """
6. The gradient

The partial derivatives together are a vector, the gradient:

    ∇f({x:g}, {y:g}) = ({dx:.6g}, {dy:.6g}), of length {length:.6g}

It is an arrow in the plane of x and y. Set out from ({x:g}, {y:g}) at various angles to it. How steep
is it?
""",
    "angle": "angle in degrees",
    "slope": "slope",
    "vector_found": """
Along the gradient it goes up, more steeply than in any other direction, and the slope is the
gradient's length. At a right angle to it, the ground is level. Against the gradient it goes down,
more steeply than in any other direction.
""",
    "bowl": """
7. Gradient descent in two variables

The same walk on f(x, y) = x² + 2y². Start at ({x:.9g}, {y:.9g}), and take small steps
against the gradient:

    (x, y) ← (x, y) − {lr:g} · ∇f(x, y)
""",
    "bowl_found": """
After {steps} steps, |∇f(x, y)| ≤ {tolerance:g}: the last gradient is ({dx:.7g}, {dy:.7g}).
So the minimum is near

    (x, y) = ({x:.7g}, {y:.7g}), where f(x, y) = {height:.5g}

(Exactly, it is at (0, 0), where f(x, y) = 0.)
""",
    "ascent": """
8. Gradient ascent

Steps along the slope instead of against it lead up, to a maximum: here that of
f(x) = −x² + 2x + 3, from x = {x:.15g}.

    x ← x + {lr:g} · f'(x)
""",
    "ascent_found": """
After {steps} steps, |f'(x)| ≤ {tolerance:g}. So the maximum is near

    x = {x:.15g}, where f(x) = {height:.15g}

(Exactly, it is at x = 1, where f(x) = 4.)
""",
    "unfinished": """
Not there yet. We stopped after step {steps} (--max-steps); the length of the gradient has gone from
{first:.4g} to {last:.4g}. If it is becoming shorter, take more steps, or longer ones (a greater --lr).
If it is not, the steps are too long: choose a smaller --lr.
""",
    "diverged": """
The walk diverges, so we stopped after {steps} steps. The length of the gradient has grown from
{first:.4g} to {last:.4g}; the last step alone has multiplied it by {growth:.3g}. Why? With the learning rate
{lr:g}, a step is so long that it passes over the point which it should approach, and ends farther
away on the other side. It is steeper there, so the next step is even longer. Choose a smaller
learning rate, such as --lr 0.01.
""",
}

KOREAN = {
    "seed": """
출발점은 무작위로 정했습니다. 같은 출발점에서 다시 해 보려면 --seed {seed} 옵션을 붙여 실행하세요.
""",
    "derivative": """
1. 미분이란 무엇일까요?

함수 f(x) = x² 에서 x = {x:g}일 때를 살펴봅시다. x를 h만큼 조금 움직이면 f(x)는 얼마나 변할까요?
f(x)의 변화량을 h로 나눈 값은 곡선 위의 두 점을 잇는 직선의 기울기입니다.
""",
    "derivative_found": """
어느 쪽에서 다가가든, h가 0에 가까워질수록 기울기는 하나의 값에 가까워집니다.
이 극한이 바로 x = {x:g}에서의 미분계수이며, 그 점에서 곡선의 기울기입니다.
autodiff는 h를 쓰지 않고, f의 연산 하나하나에 미분 공식을 적용하여 미분계수를 구합니다.

    f'({x:g}) = {slope:g}
""",
    "formula": """
2. 도함수

함수 f(x) = x² + 2x + 3 은 모든 x에서 기울기를 가집니다.
미분 공식으로 구한 도함수는 f'(x) = 2x + 2 입니다. autodiff에는 이 식을 알려 주지 않았습니다.
그래도 f를 직접 계산해 보면서 같은 기울기를 구해 냅니다.
""",
    "tangent": """
3. 접선, 그리고 오르막의 방향

x = {at:g}에서 이 곡선의 높이는 {height:g}, 기울기는 {slope:g}입니다.
그 점에서 높이와 기울기가 곡선과 같은 직선을 접선이라고 합니다.
접선의 식은 y = {slope:g}(x − {at:g}) + {height:g} 입니다.
x = {at:g}에 다가갈수록 곡선과 접선은 구별하기 어려워집니다. 거리가 10분의 1로 줄면 둘의 차이는
100분의 1로 줄어듭니다.
""",
    "which_way_is_up": """
이처럼 기울기를 알면 그 점 가까이에서 함수가 어떻게 변하는지 알 수 있습니다.
기울기의 부호는 어느 쪽이 오르막인지 알려 줍니다.
""",
    "left": "← 오르막",
    "right": "오르막 →",
    "level": "평평함",
    "so_down_is": """
기울기의 방향으로 조금 움직이면 올라가고, 반대 방향으로 조금 움직이면 내려갑니다.
기울기가 0인 곳은 평평합니다. 이 함수에서는 그곳이 가장 낮은 곳입니다.
""",
    "descent": """
4. 경사하강법

안개 속에서 발밑의 기울기만 느끼며 산을 내려가듯이, f(x) = x² + 2x + 3 의 가장 낮은 곳을
찾아가 봅시다. x = {x:.15g} 에서 출발하여 기울기의 반대 방향으로 조금씩 여러 번 움직입니다.

    x ← x − {lr:g} · f'(x)

여기서 학습률은 {lr:g}입니다. 가파른 곳에서는 많이 움직이고, 바닥에 가까워질수록 조금씩 움직입니다.
거의 평평해져서 |f'(x)|의 값이 {tolerance:g} 이하가 되면 멈춥니다.
""",
    "step": "단계",
    "descent_found": """
{steps}단계 만에 |f'(x)|의 값이 {tolerance:g} 이하가 되었습니다. 경사하강법으로 찾은 최솟값은 다음과 같습니다.

    x = {x:.15g} 일 때 f(x) = {height:.15g}

(정확한 답은 x = -1 일 때 f(x) = 2 입니다.)
""",
    "partial": """
5. 편미분

함수 f(x, y) = x² + 2xy + 3 + cos(x + 2y) 에는 변수가 두 개 있습니다.
y를 고정하고 x만 움직일 때의 미분을 x에 대한 편미분이라 하고, ∂f/∂x로 나타냅니다.
x를 고정하고 y만 움직일 때에는 y에 대한 편미분 ∂f/∂y가 됩니다. x = {x:g}, y = {y:g}에서 구해 봅시다.

    ∂f/∂x = 2x + 2y − sin(x + 2y) = {dx_by_the_rules:.10g}      autodiff: {dx:.10g}
    ∂f/∂y = 2x − 2 sin(x + 2y)    = {dy_by_the_rules:.10g}      autodiff: {dy:.10g}
""",
    "vector": """
6. 기울기 벡터

편미분을 모두 모아 만든 벡터를 기울기 벡터 또는 그레이디언트(gradient)라고 합니다.

    ∇f({x:g}, {y:g}) = ({dx:.6g}, {dy:.6g}), 길이는 {length:.6g}

기울기 벡터는 xy평면 위의 화살표입니다. 점 ({x:g}, {y:g})에서 이 화살표와 여러 가지 각도를 이루는
방향으로 나아가 봅시다. 방향마다 기울기가 얼마나 될까요?
""",
    "angle": "각도(도)",
    "slope": "기울기",
    "vector_found": """
기울기 벡터의 방향이 가장 가파른 오르막이며, 그 기울기는 벡터의 길이와 같습니다.
기울기 벡터와 직각인 방향은 평평하고, 반대 방향은 가장 가파른 내리막입니다.
""",
    "bowl": """
7. 변수가 두 개일 때의 경사하강법

이번에는 f(x, y) = x² + 2y² 에서 같은 방법을 써 봅시다.
점 ({x:.9g}, {y:.9g})에서 출발하여 기울기 벡터의 반대 방향으로 움직입니다.

    (x, y) ← (x, y) − {lr:g} · ∇f(x, y)
""",
    "bowl_found": """
{steps}단계 만에 |∇f(x, y)|의 값이 {tolerance:g} 이하가 되었습니다.
마지막 기울기 벡터는 ({dx:.7g}, {dy:.7g})입니다.
경사하강법으로 찾은 최솟값은 다음과 같습니다.

    (x, y) = ({x:.7g}, {y:.7g}) 일 때 f(x, y) = {height:.5g}

(정확한 답은 (x, y) = (0, 0) 일 때 f(x, y) = 0 입니다.)
""",
    "ascent": """
8. 경사상승법

기울기의 반대 방향이 아니라 기울기의 방향으로 움직이면, 위로 올라가 최댓값을 찾게 됩니다.
f(x) = −x² + 2x + 3 의 최댓값을 찾아 x = {x:.15g} 에서 출발해 봅시다.

    x ← x + {lr:g} · f'(x)
""",
    "ascent_found": """
{steps}단계 만에 |f'(x)|의 값이 {tolerance:g} 이하가 되었습니다. 경사상승법으로 찾은 최댓값은 다음과 같습니다.

    x = {x:.15g} 일 때 f(x) = {height:.15g}

(정확한 답은 x = 1 일 때 f(x) = 4 입니다.)
""",
    "unfinished": """
아직 도착하지 못했는데 {steps}단계가 되어 멈추었습니다(--max-steps).
그동안 기울기의 크기는 다음과 같이 변했습니다: {first:.4g} → {last:.4g}
기울기의 크기가 줄고 있다면 --max-steps나 학습률(--lr)을 더 크게 해 보세요.
줄지 않는다면 한 번에 너무 많이 움직이는 것이니 학습률을 더 작게 해 보세요.
""",
    "diverged": """
값이 발산하여 {steps}단계에서 멈추었습니다. 기울기의 크기가 계속 커져서(처음 {first:.4g}, 마지막 {last:.4g}),
마지막 한 단계에서만 {growth:.3g}배가 되었습니다. 왜 그럴까요?
학습률이 {lr:g}일 때에는 한 번에 움직이는 거리가 너무 길어서, 다가가야 할 점을 지나쳐
반대쪽의 더 먼 곳에 이르게 됩니다. 그곳은 더 가파르기 때문에 다음에는 더 멀리 움직입니다.
--lr 0.01 처럼 더 작은 학습률로 다시 해 보세요.
""",
}

TEXT = {"en": ENGLISH, "ko": KOREAN}

if __name__ == "__main__":
    sys.exit(main())
