"""The exercises of lesson 7, order and sharing."""

from __future__ import annotations

from typing import Any

from .answers import Text, choice, function, number

TABLE = {"y": {"v": 1.0, "a": 1.0}, "v": {"a": 2.0, "x": 4.0}, "a": {"x": 4.0}, "x": {}}
LADDER = {
    "y": {"b": 1.0, "a": 1.0},
    "b": {"a": 1.0, "x": 1.0},
    "a": {"x": 1.0, "c": 1.0},
    "c": {"x": 1.0},
    "x": {},
}


def ways(local: Any, node: str) -> int:
    """How many ways lead from a node to x."""
    return 1 if node == "x" else sum(ways(local, name) for name in local[node])


EXERCISES = {
    1: number(
        27.0,
        right=Text(
            "Right: 9 straight from y, and 3 · 6 by way of b.",
            "맞습니다. y에서 바로 오는 9와 b를 거쳐 오는 3 · 6을 더합니다.",
        ),
        wrong={
            9.0: Text(
                "9 is what comes straight from y; b sends something as well.",
                "9는 y에서 바로 온 것입니다. b에서 오는 것도 있습니다.",
            ),
            18.0: Text(
                "18 is what comes by way of b, 3 · 6; y sends something straight as well.",
                "18은 b를 거쳐 온 값 3 · 6입니다. y에서 바로 오는 값도 있습니다.",
            ),
            12.0: Text(
                "3 is what has arrived at b. Multiply it by the local derivative of a * a, which is 2a.",
                "3은 b에 도착한 값입니다. 여기에 a * a의 국소 미분 2a를 곱해야 합니다.",
            ),
            81.0: Text(
                "81 is the gradient with respect to x. That with respect to a was asked for.",
                "81은 x에 대한 기울기입니다. a에 대한 기울기를 물었습니다.",
            ),
        },
        hint=Text(
            "a is 3 and b is 9: what comes back along each edge out of a?",
            "a는 3, b는 9입니다. a에서 나가는 화살표마다 무엇이 돌아올까요?",
        ),
    ),
    2: choice(
        "y b a x",
        {
            "y a b x": Text(
                "a has its turn before b, which still sends it something.",
                "b가 a에게 보낼 것이 남아 있는데 a의 차례가 먼저 옵니다.",
            ),
            "x a b y": Text(
                "That begins at x, where nothing has arrived yet.",
                "x에서 시작하는데, x에는 아직 아무것도 도착하지 않았습니다.",
            ),
        },
        right=Text(
            "Right: every node after all that use it.",
            "맞습니다. 모든 노드가 자기를 쓰는 노드보다 나중에 나옵니다.",
        ),
    ),
    3: number(
        8.0,
        right=Text(
            "Right: v's 2 overwrites y's 1 at a, and a's 2 · 4 overwrites v's 4 at x.",
            "맞습니다. a에서는 v가 보낸 2가 y의 1을 지우고, x에서는 a가 보낸 2 · 4가 v의 4를 지웁니다.",
        ),
        wrong={
            16.0: Text(
                "16 is the right gradient; with = something gets lost.",
                "16은 올바른 기울기입니다. =를 쓰면 사라지는 것이 있습니다.",
            ),
            12.0: Text(
                "At a the sum is overwritten, too: 2 is left there, not 3.",
                "a에서도 덮어쓰므로 3이 아니라 2가 남습니다.",
            ),
            4.0: Text(
                "4 is what v sent. Then a has its turn, and overwrites it.",
                "4는 v가 보낸 것입니다. 그다음 a의 차례에 덮어씁니다.",
            ),
        },
        hint=Text(
            "Go through the loop line by line with pencil and paper.",
            "연필로 반복문을 한 줄씩 따라가 보세요.",
        ),
    ),
    4: function(
        ways,
        at=[(TABLE, "x"), (TABLE, "a"), (TABLE, "y"), (LADDER, "y")],
        right=Text(
            "Right. The last table it was tried on has five ways.",
            "맞습니다. 마지막으로 시험한 표에는 길이 다섯 개 있습니다.",
        ),
        wrong=[
            (
                lambda local, node: len(local[node]),
                Text(
                    "That counts the edges out of one node, not the ways to x.",
                    "그것은 한 노드에서 나가는 화살표의 수입니다. x까지 가는 길을 세어야 합니다.",
                ),
            ),
            (
                lambda local, node: 0,
                Text(
                    "From x itself there is one way: to stay.",
                    "x에서 x로 가는 길은 하나, 가만히 있는 것입니다.",
                ),
            ),
        ],
        hint=Text(
            "From a node one can go on to each of its inputs, and from there in so many ways.",
            "한 노드에서는 입력 하나하나로 갈 수 있고, 거기서부터 다시 길을 세면 됩니다.",
        ),
    ),
}
