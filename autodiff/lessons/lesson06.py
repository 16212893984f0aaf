"""The exercises of lesson 6, backpropagation."""

from __future__ import annotations

from .answers import Text, function, number, numbers

EXERCISES = {
    1: number(
        8.0,
        right=Text(
            "Right: 3 by way of the sum, and 5 directly.",
            "맞습니다. 합을 거쳐 3, 곱셈에서 바로 5를 받습니다.",
        ),
        wrong={
            5.0: Text(
                "5 comes from the product directly. The sum hands on something as well.",
                "5는 곱셈에서 바로 받는 것입니다. 합에서도 받습니다.",
            ),
            3.0: Text(
                "3 is the gradient of x, and what y gets by way of the sum. y is used once more.",
                "3은 x의 그레이디언트이고, y가 합을 거쳐 받는 것입니다. y는 한 번 더 쓰입니다.",
            ),
            15.0: Text(
                "15 is z, or the two shares multiplied: add them.",
                "15는 z의 값입니다. 받은 두 수를 곱하지 말고 더하세요.",
            ),
            6.0: Text(
                "The product hands on to y the other factor, which is x + y = 5.",
                "곱셈은 y에 다른 쪽 수, 곧 x + y = 5 를 넘겨줍니다.",
            ),
        },
        hint=Text(
            "a = x + y is 5. The line z = a · y gives y to a, and a to y; then a hands its gradient on.",
            "a = x + y 는 5입니다. z = a · y 는 a에 y를, y에 a를 넘겨줍니다. 그다음은 a의 차례입니다.",
        ),
    ),
    2: numbers(
        (-15.0, 10.0),
        right=Text(
            "Right: 5 times b for a, and 5 times a for b.",
            "맞습니다. a에는 5에 b를 곱한 수를, b에는 5에 a를 곱한 수를 넘겨줍니다.",
        ),
        wrong={
            (10.0, -15.0): Text(
                "It is the other way round: how much c changes with a, is b.",
                "서로 바뀌었습니다. a가 변할 때 c는 그 b배만큼 변합니다.",
            ),
            (-3.0, 2.0): Text(
                "Those are the local derivatives. They are still to be multiplied by 5.",
                "그것은 국소 미분입니다. 여기에 5를 곱해야 합니다.",
            ),
            (5.0, 5.0): Text("A plus would hand on (5, 5).", "더하기라면 (5, 5)를 넘겨줍니다."),
            (2.0, -3.0): Text("Those are a and b.", "그것은 a와 b의 값입니다."),
        },
        hint=Text(
            "The gradient of c, times the local derivative.", "c의 그레이디언트에 국소 미분을 곱하세요."
        ),
    ),
    3: function(
        lambda x, y: (2 * x * y, x * x),
        at=[(2.0, 3.0), (-1.0, 0.5), (0.5, -4.0)],
        right=Text("Right: dx = 2xy and dy = x².", "맞습니다. dx = 2xy, dy = x² 입니다."),
        wrong=[
            (
                lambda x, y: (x * y, x * x),
                Text(
                    "x is used twice in x · x, and gets a share from each side.",
                    "x · x 에서 x는 두 번 쓰이므로 양쪽에서 받아야 합니다.",
                ),
            ),
            (
                lambda x, y: (2 * x, x * x),
                Text(
                    "In dx, the gradient of a is missing: da · 2x.",
                    "dx에 a의 그레이디언트가 빠졌습니다. da · 2x 입니다.",
                ),
            ),
            (
                lambda x, y: (2 * x * x * x, y),
                Text(
                    "da and dy are exchanged: how much z = a · y changes with a, is y.",
                    "da와 dy가 서로 바뀌었습니다. a가 변할 때 z = a · y 는 그 y배만큼 변합니다.",
                ),
            ),
            (
                lambda x, y: (2 * x * y, y),
                Text("dy is dz times a.", "dy는 dz에 a를 곱한 값입니다."),
            ),
            (
                lambda x, y: (x * x, 2 * x * y),
                Text("The order should be dx, then dy.", "dx, dy의 순서로 돌려주세요."),
            ),
        ],
        hint=Text(
            "da = dz · y, dy = dz · a, and dx = da · 2x.",
            "da = dz · y, dy = dz · a 이고 dx = da · 2x 입니다.",
        ),
    ),
    4: numbers(
        (1.0, -1.0),
        right=Text(
            "Right: def __sub__(self, other) would be one more line.",
            "맞습니다. def __sub__(self, other) 한 줄만 더하면 됩니다.",
        ),
        wrong={
            (1.0, 1.0): Text(
                "Those belong to a plus. If b grows, a − b becomes smaller.",
                "그것은 더하기의 국소 미분입니다. b가 커지면 a − b 는 작아집니다.",
            ),
            (-1.0, 1.0): Text("Those belong to b − a.", "그것은 b − a 의 국소 미분입니다."),
        },
        hint=Text(
            "Push a by 1, then b by 1: how does c change?",
            "a를 1만큼, 다음에는 b를 1만큼 밀어 보세요. c는 얼마나 변하나요?",
        ),
    ),
    5: number(
        11.0,
        right=Text("Right: 3 + 2 · 4. They add up.", "맞습니다. 3 + 2 · 4 입니다. 그레이디언트는 쌓입니다."),
        wrong={
            8.0: Text(
                "8 is from the second call alone. backward() adds to what is there.",
                "8은 두 번째에 구한 것입니다. backward()는 이미 있는 값에 더합니다.",
            ),
            3.0: Text("3 is from the first call alone.", "3은 첫 번째에 구한 것입니다."),
            24.0: Text("They are added, not multiplied.", "곱하지 않고 더합니다."),
            7.0: Text(
                "The slope of x · x at 4 is 8, not 4.", "x · x 의 4에서의 기울기는 4가 아니라 8입니다."
            ),
            28.0: Text("That is y + w, the values.", "그것은 값의 합 y + w 입니다."),
        },
        hint=Text("Try it in a cell of your own.", "새 셀에서 직접 실행해 보세요."),
    ),
}
