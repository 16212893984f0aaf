"""The exercises of lesson 9, from a neuron to a network."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..primitives.elementary import tanh
from .answers import Text, function, number, numbers

SMALL = np.array([1.0, -2.0]), np.array([[0.5, 1.0], [0.25, 2.0]]), np.array([0.5, 1.0])
WIDE = np.array([0.5, 0.0]), np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), np.array([0.0, -1.0, 1.0])


def layer(x: Any, W: Any, b: Any) -> Any:
    return tanh(x @ W + b)


EXERCISES = {
    1: number(
        -0.5,
        right=Text("Right: 2 · 1 − 1 · 3 + 0.5.", "맞습니다. 2 · 1 − 1 · 3 + 0.5입니다."),
        wrong={
            -1.0: Text("The bias is missing: add 0.5.", "편향이 빠졌습니다. 0.5를 더하세요."),
            5.5: Text("The second weight is −1, not 1.", "두 번째 가중치는 1이 아니라 −1입니다."),
            math.tanh(-0.5): Text(
                "That is after tanh. What was it before?", "그것은 tanh를 거친 값입니다. 거치기 전은요?"
            ),
            4.5: Text(
                "The bias is added once, to the sum: it multiplies nothing.",
                "편향은 합에 한 번 더할 뿐, 아무것에도 곱하지 않습니다.",
            ),
        },
        hint=Text(
            "Each input times its weight, all added, and the bias.",
            "입력마다 가중치를 곱해 모두 더하고, 편향을 더하세요.",
        ),
    ),
    2: number(
        2410.0,
        right=Text(
            "Right: 64 · 32 + 32 in the first layer, 32 · 10 + 10 in the second.",
            "맞습니다. 첫째 층에 64 · 32 + 32개, 둘째 층에 32 · 10 + 10개입니다.",
        ),
        wrong={
            2368.0: Text(
                "These are the weights. Every neuron has a bias, too.",
                "가중치의 수입니다. 뉴런마다 편향도 하나씩 있습니다.",
            ),
            2080.0: Text(
                "That is the first layer. The ten neurons of the second have parameters, too.",
                "첫째 층의 수입니다. 둘째 층의 뉴런 10개에도 매개변수가 있습니다.",
            ),
            2048.0: Text("These are the weights of the first layer.", "첫째 층의 가중치만 센 것입니다."),
            106.0: Text(
                "Between two layers, every neuron has a weight for *every* input: multiply.",
                "뉴런마다 *모든* 입력에 가중치가 하나씩 있으므로 곱해야 합니다.",
            ),
            20480.0: Text(
                "The weights of the two layers add; they do not multiply.",
                "두 층의 가중치 수는 곱하지 않고 더합니다.",
            ),
        },
        hint=Text(
            "A layer from n inputs to m neurons has n · m weights and m biases.",
            "입력 n개, 뉴런 m개인 층에는 가중치 n · m개와 편향 m개가 있습니다.",
        ),
    ),
    3: number(
        math.log(10),
        right=Text(
            "Right: −log(1/10) = log 10. The loss of our network began near it.",
            "맞습니다. −log(1/10) = log 10 입니다. 우리 신경망의 손실도 이 근처에서 시작했습니다.",
        ),
        wrong={
            0.1: Text(
                "0.1 is the probability of each digit. The loss is −log of it.",
                "0.1은 각 숫자의 확률입니다. 손실은 그 −log 값입니다.",
            ),
            10.0: Text("Take −log of the probability, 1/10.", "확률 1/10의 −log를 구하세요."),
            1.0: Text(
                "That is the logarithm with base 10; here log is the natural one, math.log.",
                "밑이 10인 로그입니다. 여기서 log는 자연로그 math.log입니다.",
            ),
            0.0: Text(
                "The loss is 0 only if the network is sure of the right digit.",
                "정답을 확신할 때에만 손실이 0입니다.",
            ),
        },
        hint=Text(
            "Ten equal probabilities that add up to 1; then −log of one of them.",
            "똑같은 확률 10개를 더하면 1입니다. 그 하나의 −log는 얼마일까요?",
        ),
        within=1e-3,
    ),
    4: numbers(
        (64.0, 32.0),
        right=Text(
            "Right: a gradient has the shape of what it belongs to, one slope for each weight.",
            "맞습니다. 기울기의 모양은 원래 배열의 모양과 같습니다. 가중치마다 기울기가 하나씩 있으니까요.",
        ),
        wrong={
            (32.0, 64.0): Text(
                "The order is that of W1 itself: inputs, neurons.",
                "순서는 W1과 같습니다. 입력이 먼저, 뉴런이 다음입니다.",
            ),
            (1.0, 1.0): Text(
                "The loss is one number, but each weight has a slope of its own.",
                "손실은 수 하나이지만 기울기는 가중치마다 있습니다.",
            ),
            (1400.0, 32.0): Text(
                "What all pictures say about a weight is added: they share the weights.",
                "그림들은 가중치를 함께 쓰므로, 그림마다 나온 기울기는 모두 더해집니다.",
            ),
            (64.0, 10.0): Text("The first layer has 32 neurons.", "첫째 층의 뉴런은 32개입니다."),
        },
        hint=Text(
            "How many weights are in W1, and how are they arranged?",
            "W1에는 가중치가 어떤 모양으로 놓여 있나요?",
        ),
    ),
    5: function(
        layer,
        at=[SMALL, WIDE],
        right=Text(
            "Right: one line for any number of neurons, and for any number of pictures.",
            "맞습니다. 뉴런이 몇 개든, 그림이 몇 장이든 한 줄이면 됩니다.",
        ),
        wrong=[
            (lambda x, W, b: x @ W + b, Text("tanh is missing.", "tanh가 빠졌습니다.")),
            (lambda x, W, b: tanh(x @ W), Text("The biases are missing.", "편향이 빠졌습니다.")),
            (
                lambda x, W, b: tanh(x @ W) + b,
                Text("The biases are added before tanh.", "편향은 tanh 전에 더해야 합니다."),
            ),
        ],
        hint=Text("x @ W has one sum for each neuron.", "x @ W에는 뉴런마다 합이 하나씩 있습니다."),
    ),
}
