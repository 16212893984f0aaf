"""Exercises, and what to say to an answer.

Each lesson has a module here, `lesson01.py` and so on, with a dict EXERCISES by number.  An exercise is
declared by its right answer, what is said to it, and the wrong answers whose cause is known:

    1: number(
        12.0,
        right=Text("Right: twice six.", "맞습니다. 6의 두 배입니다."),
        wrong={36.0: Text("That is 6 squared.", "그것은 6의 제곱입니다.")},
        hint=Text("How many sixes?", "6이 몇 개인가요?"),
    )

To any other wrong answer, the kind of exercise says what is wrong with it, and then comes the hint.

    number(12.0)                    one number
    numbers((1.0, 2.0))             several, in order
    function(f, at=(0.0, 1.0))      a function that does what f does at these points (a tuple: of arguments)
    choice("b", {"a": Text(…)})     one of several words; the dict says why the others are wrong
    custom(answer, problem)         anything: `problem(answer)` is a Text that says what is wrong, or None
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from ..graph import Node
from .extras import spoken

__all__ = ["Exercise", "Text", "choice", "custom", "exercises", "function", "number", "numbers"]


class Text(NamedTuple):
    """A sentence in both languages."""

    en: str
    ko: str


NOTHING, UNANSWERED = Text("", ""), Text("...", "...")
Problem = Callable[[Any], Text | None]


class Exercise(NamedTuple):
    """An exercise: an answer that is right, and what is wrong with others."""

    solution: Any
    problem: Problem  # what is wrong with an answer; None if it is right
    right: Text  # what is said to the right answer
    hint: Text  # what is said after a problem

    def reply(self, answer: Any, language: str) -> tuple[bool | None, str]:
        """Whether an answer is right, and what is said to it; None for one that is still `...`."""

        def say(*texts: Text) -> str:
            return " ".join(filter(None, (getattr(text, language) for text in texts)))

        problem = None if unanswered(answer) else self.problem(answer)
        if unanswered(answer) or problem is UNANSWERED:
            return None, ""
        if problem is None:
            return True, say(self.right if self.right != NOTHING else Text("Right.", "맞습니다."))
        return False, say(problem, self.hint)


def exercises(lesson: int, language: str = "en") -> Callable[[int, Any], None]:
    """The exercises of a lesson: a function `check(number, answer)` that prints what is right or wrong.

    An answer that is still `...` gets a reminder.  Raises ValueError for a lesson or an exercise that does
    not exist.

    >>> check = exercises(lesson=1)
    >>> check(1, ...)
    Exercise 1: put your answer in place of the three dots, and run the cell again.
    """
    try:
        known: dict[int, Exercise] = import_module(f"{__package__}.lesson{lesson:02}").EXERCISES
    except ModuleNotFoundError:
        raise ValueError(f"there is no lesson {lesson} with exercises") from None
    if language not in Text._fields:
        raise ValueError(f"the languages are {', '.join(Text._fields)}, not {language!r}")
    spoken[:] = [language]

    def check(number: int, answer: Any) -> None:
        if number not in known:
            numbers = ", ".join(map(str, known))
            raise ValueError(f"lesson {lesson} has the exercises {numbers}, not {number!r}")
        right, text = known[number].reply(answer, language)
        if right is None:
            print(getattr(REMINDER, language).format(number))
        else:
            print("✓" if right else "✗", text)

    return check


REMINDER = Text(
    "Exercise {}: put your answer in place of the three dots, and run the cell again.",
    "연습 문제 {}: 점 세 개(...) 자리에 답을 쓰고 셀을 다시 실행해 보세요.",
)


def unanswered(answer: Any) -> bool:
    """Whether it is still `...`, or has that in it."""
    if isinstance(answer, (tuple, list)):
        return any(unanswered(part) for part in answer)
    return answer is Ellipsis


# ---- one number --------------------------------------------------------------------------------------------
def number(
    right_answer: float,
    *,
    right: Text = NOTHING,
    wrong: Mapping[float, Text] | None = None,
    hint: Text = NOTHING,
    within: float = 1e-6,
) -> Exercise:
    """An exercise whose answer is a number, right `within` a part of it (of 1, if it is smaller)."""

    def problem(answer: Any) -> Text | None:
        found = as_number(answer)
        return found if isinstance(found, Text) else wrong_number(found, right_answer, wrong or {}, within)

    return Exercise(right_answer, problem, right, hint)


def as_number(answer: Any) -> float | Text:
    """The number that an answer is, or why it is none."""
    if isinstance(answer, Node):
        answer = answer.value
    if isinstance(answer, str):
        return Text(
            f"A number is wanted, and this is a text: write it without quotation marks, not {answer!r}.",
            f"숫자로 답해야 하는데 문자열입니다. {answer!r}에서 따옴표를 빼 보세요.",
        )
    if isinstance(answer, (bool, np.bool_)):
        return Text(f"A number is wanted, not {answer}.", f"숫자로 답해 보세요. 지금은 {answer}입니다.")
    if callable(answer):
        return Text(
            "A number is wanted, and this is a function: call it, f(x), to get a number.",
            "숫자로 답해야 하는데 함수입니다. f(x)처럼 함수를 불러서 나온 값을 넣어 보세요.",
        )
    if answer is None:
        return Text(
            "This is None: a number is wanted. Does your function return its result?",
            "값이 None입니다. 숫자로 답해야 합니다. 함수에서 return을 빠뜨리지 않았나요?",
        )
    if isinstance(answer, (set, dict)):
        return Text(
            f"One number is wanted, not a {type(answer).__name__}.",
            f"숫자 하나로 답해 보세요. 지금은 {type(answer).__name__}입니다.",
        )
    try:
        array = np.asarray(answer, float)
    except (TypeError, ValueError):
        return Text(
            f"A real number is wanted, not {type(answer).__name__}.",
            f"실수로 답해 보세요. 지금은 {type(answer).__name__} 형입니다.",
        )
    if array.shape:
        return Text(
            f"One number is wanted; this has the shape {array.shape}.",
            f"숫자 하나로 답해 보세요. 지금은 모양(shape)이 {array.shape}입니다.",
        )
    return float(array)


def close(a: float, b: float, within: float) -> bool:
    return a == b or abs(a - b) <= within * max(1.0, abs(b)) or (math.isnan(a) and math.isnan(b))


def wrong_number(found: float, right: float, wrong: Mapping[float, Text], within: float) -> Text | None:
    """What is wrong with a number."""
    if close(found, right, within):
        return None
    for known, text in wrong.items():
        if close(found, known, within):
            return text
    if not math.isfinite(found):
        return Text(f"That came to {found}: something divides by 0, or grew without end.",
                    f"결과가 {found}입니다. 0으로 나누었거나 끝없이 커진 곳이 있습니다.")  # fmt: skip
    if right and close(found, -right, within):
        return Text(f"The size is right, the sign is not: {found:.6g}.", "크기는 맞지만 부호가 틀렸습니다.")
    if right and abs(found - right) < 0.02 * abs(right):
        return Text(
            f"{found:.10g} is near, but not exact enough.", f"{found:.10g}: 비슷하지만 정확하지 않습니다."
        )
    too = Text("too large", "너무 큽니다") if found > right else Text("too small", "너무 작습니다")
    return Text(f"{found:.6g} is {too.en}.", f"{found:.6g}: {too.ko}.")


# ---- several numbers ---------------------------------------------------------------------------------------
def numbers(
    right_answer: Sequence[float],
    *,
    right: Text = NOTHING,
    wrong: Mapping[tuple[float, ...], Text] | None = None,
    hint: Text = NOTHING,
    within: float = 1e-6,
) -> Exercise:
    """An exercise whose answer is a tuple, a list or an array of numbers."""
    count = len(right_answer)

    def problem(answer: Any) -> Text | None:
        answer = answer.value if isinstance(answer, Node) else answer
        array = isinstance(answer, np.ndarray)
        if not isinstance(answer, (tuple, list)) and not (array and answer.ndim == 1):
            got = f"{type(answer).__name__} {answer.shape if array else ''}".rstrip()
            return Text(
                f"{count} numbers are wanted, in parentheses with commas between them; this is {got}.",
                f"숫자 {count}개를 쉼표로 나누어 괄호 안에 써 보세요. 지금은 {got}입니다.",
            )
        if len(answer) != count:
            return Text(
                f"{count} numbers are wanted, and these are {len(answer)}.",
                f"숫자 {count}개가 필요한데 {len(answer)}개가 있습니다.",
            )
        found = [as_number(part) for part in answer]
        for k, part in enumerate(found):
            if isinstance(part, Text):
                return numbered(k, part)
        given = [part for part in found if not isinstance(part, Text)]
        for known, text in (wrong or {}).items():
            if all(close(a, b, within) for a, b in zip(given, known, strict=True)):
                return text
        problems = [wrong_number(a, b, {}, within) for a, b in zip(given, right_answer, strict=True)]
        if not any(problems):
            return None
        if all(close(a, b, within) for a, b in zip(sorted(given), sorted(right_answer), strict=True)):
            return Text("The numbers are right, their order is not.", "숫자는 맞지만 순서가 다릅니다.")
        return next(numbered(k, text) for k, text in enumerate(problems) if text)

    return Exercise(tuple(right_answer), problem, right, hint)


def numbered(k: int, text: Text) -> Text:
    return Text(f"Number {k + 1}: {text.en}", f"{k + 1}번째 값: {text.ko}")


# ---- a function --------------------------------------------------------------------------------------------
def function(
    solution: Callable[..., Any],
    *,
    at: Iterable[Any],
    right: Text = NOTHING,
    wrong: Iterable[tuple[Callable[..., Any], Text]] = (),
    hint: Text = NOTHING,
    within: float = 1e-6,
) -> Exercise:
    """An exercise whose answer is a function: it is tried at these points, of which a tuple is the arguments.

    `wrong` are functions that a reader may have written instead.  The result is one number, or several.
    """
    points = [point if isinstance(point, tuple) else (point,) for point in at]

    def agrees(f: Callable[..., Any], answer: Callable[..., Any]) -> bool:
        try:
            return all(np.allclose(flat(answer(*xs)), flat(f(*xs)), within, within) for xs in points)
        except Exception:
            return False

    def problem(answer: Any) -> Text | None:
        if not callable(answer):
            return Text(
                f"A function is wanted: its name, without parentheses. This is {type(answer).__name__}.",
                f"함수로 답해야 합니다. 괄호 없이 이름만 써 보세요. 지금은 {type(answer).__name__} 형입니다.",
            )
        try:
            inspect.signature(answer).bind(*points[0])
        except TypeError:
            count = len(points[0])
            return Text(
                f"The function is called with {count} argument(s), and yours takes others.",
                f"이 함수는 인수 {count}개로 불립니다. 매개변수의 개수를 살펴보세요.",
            )
        except ValueError:  # it has no signature to look at
            pass
        if returns_dots(answer, points[0]):
            return UNANSWERED
        for f, text in wrong:
            if agrees(f, answer) and not agrees(solution, answer):
                return text
        for xs in points:
            found = wrong_at(xs, answer, flat(solution(*xs)), within)
            if found:
                return found
        return None

    return Exercise(solution, problem, right, hint)


def returns_dots(answer: Callable[..., Any], xs: tuple[Any, ...]) -> bool:
    try:
        return unanswered(answer(*xs))
    except Exception:
        return False


def flat(result: Any) -> list[Any]:
    """Numbers of a result in a row; Values and Tensors as what they hold."""
    if isinstance(result, Node):
        result = result.value
    if isinstance(result, (tuple, list)):
        return [x for part in result for x in flat(part)]
    return [result] if np.ndim(result) == 0 else list(np.ravel(result))


def wrong_at(xs: tuple[Any, ...], answer: Callable[..., Any], right: list[Any], within: float) -> Text | None:
    """What is wrong with a function at a point."""
    call = ", ".join(f"{x:g}" if isinstance(x, (int, float)) else str(x) for x in xs)
    try:
        result = answer(*xs)
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        return Text(f"Called with {call}, it raises {what}.", f"인수 {call}에서 오류가 납니다. {what}.")
    found = flat(result)
    if len(found) != len(right):
        return Text(
            f"Called with {call}, it should return {counted(len(right))}, and returns {counted(len(found))}.",
            f"인수 {call}에서 숫자 {len(right)}개가 나와야 하는데 {len(found)}개가 나옵니다.",
        )
    for part, wanted in zip(found, right, strict=True):
        value = as_number(part)
        if isinstance(value, Text):
            return Text(f"Called with {call}: {value.en}", f"인수 {call}에서: {value.ko}")
        if not close(value, float(wanted), within):
            return Text(
                f"Called with {call}, it gives {value:.6g}, and should give {float(wanted):.6g}.",
                f"인수 {call}에서 나와야 할 값은 {float(wanted):.6g}, 지금 나온 값은 {value:.6g}입니다.",
            )
    return None


def counted(count: int) -> str:
    return "one number" if count == 1 else f"{count} numbers"


# ---- words, and the rest -----------------------------------------------------------------------------------
def choice(
    right_answer: str, wrong: Mapping[str, Text], *, right: Text = NOTHING, hint: Text = NOTHING
) -> Exercise:
    """An exercise whose answer is one of several words; `wrong` says of the others why they are."""
    words = sorted({right_answer, *wrong})

    def problem(answer: Any) -> Text | None:
        word = answer.strip().lower() if isinstance(answer, str) else answer
        if isinstance(word, str) and word in words:
            return wrong.get(word)
        listed = ", ".join(f'"{word}"' for word in words)
        return Text(
            f"The answer is one of {listed}, with the quotation marks; this is {answer!r}.",
            f"{listed} 가운데 하나를 따옴표까지 써 보세요. 지금은 {answer!r}입니다.",
        )

    return Exercise(right_answer, problem, right, hint)


def custom(solution: Any, problem: Problem, *, right: Text = NOTHING, hint: Text = NOTHING) -> Exercise:
    """An exercise of another kind: `problem(answer)` says what is wrong, None if it is right."""
    return Exercise(solution, problem, right, hint)
