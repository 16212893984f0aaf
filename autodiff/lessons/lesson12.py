"""The exercises of lesson 12, what the compiler does."""

from __future__ import annotations

from .answers import Text, function, number


def steps_needed(program: dict[str, list[str]]) -> int:
    needed = {list(program)[-1]}
    for step in reversed(program):
        if step in needed:
            needed.update(program[step])
    return len(needed & set(program))


EXERCISES = {
    1: number(
        1.0,
        right=Text("Right: only while it is traced.", "맞습니다. 추적할 때 한 번뿐입니다."),
        wrong={
            3.0: Text(
                "Floats may change without a new trace.", "실수 인수는 달라져도 다시 추적하지 않습니다."
            ),
            0.0: Text(
                "At the first call there is no program yet.", "처음 부를 때는 아직 프로그램이 없습니다."
            ),
        },
        hint=Text("When does Python run the function?", "파이썬은 함수를 언제 실행하나요?"),
    ),
    2: number(
        2.0,
        right=Text("Right: a = sin(x) and y = a * a.", "맞습니다. a = sin(x) 와 y = a * a 입니다."),
        wrong={
            4.0: Text("Nothing has been left out yet.", "아직 아무것도 빼지 않았습니다."),
            3.0: Text(
                "One more can go: c is the same as a, and y does not need b.",
                "하나 더 뺄 수 있습니다. c는 a와 같고, y에는 b가 필요 없습니다.",
            ),
            1.0: Text("y needs the sine, once.", "y를 계산하려면 사인이 한 번은 필요합니다."),
        },
    ),
    3: number(
        6.0,
        right=Text("Right: k was frozen at 2.", "맞습니다. k는 2로 고정되었습니다."),
        wrong={
            21.0: Text(
                "That is what Python would give; but the program was made while k was 2.",
                "파이썬이라면 그렇지만, 프로그램은 k가 2일 때 만들어졌습니다.",
            ),
            2.0: Text("That was g(1.0).", "그것은 g(1.0)의 값입니다."),
        },
        hint=Text("What is k in the traced program?", "추적된 프로그램에서 k는 얼마인가요?"),
    ),
    4: function(
        steps_needed,
        at=[
            {"a": ["x"], "b": ["x"], "y": ["a"]},
            {"a": ["x"], "b": ["a"], "c": ["b", "b"], "d": ["a"], "y": ["c", "x"]},
            {"a": ["x"], "b": ["a"], "y": ["x"]},
        ],
        right=Text(
            "Right: backwards once over the list, like the backward walk.",
            "맞습니다. 역전파처럼 목록을 거꾸로 한 번 훑으면 됩니다.",
        ),
        wrong=[
            (
                lambda program: len(program),
                Text("That counts every step, needed or not.", "필요 없는 단계까지 모두 셌습니다."),
            ),
            (
                lambda program: 1 + len(set(program[list(program)[-1]]) & set(program)),
                Text(
                    "That counts the last step and its inputs. Their inputs are needed, too.",
                    "마지막 단계와 그 입력만 셌습니다. 그 입력의 입력도 필요합니다.",
                ),
            ),
        ],
        hint=Text(
            "Go from the last step to the first, and keep a set of what is needed; x is no step.",
            "마지막 단계에서 처음으로 가면서 필요한 것을 집합에 모으세요. x는 단계가 아닙니다.",
        ),
    ),
}
