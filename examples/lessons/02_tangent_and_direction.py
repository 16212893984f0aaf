"""Lesson 2, tangent and direction: python examples/lessons/02_tangent_and_direction.py [--lang ko]"""

from autodiff.lessons import tell

if __name__ == "__main__":
    tell(__file__)

# %% [markdown] lang="en"
# # 2. Tangent and direction
#
# *About 12 minutes. You need: [lesson 1](01_the_derivative.ipynb).*
#
# Afterwards you can
#
# - write down the tangent of a curve, and use it to say what a function is nearby,
# - read from the sign of a slope which way is up, and which way is down,
# - say what a slope of 0 tells, and what it does not tell.

# %% [markdown] lang="ko"
# # 2. 접선과 방향
#
# *읽는 데 약 12분. [1과](01_the_derivative.ipynb)를 먼저 읽으세요.*
#
# 이 수업을 마치면 다음을 할 수 있습니다.
#
# - 곡선의 접선을 식으로 쓰고, 접선을 써서 가까운 곳의 함숫값을 어림할 수 있습니다.
# - 기울기의 부호를 보고 어느 쪽이 오르막이고 어느 쪽이 내리막인지 알 수 있습니다.
# - 기울기가 0이라는 것에서 무엇을 알 수 있고 무엇을 알 수 없는지 설명할 수 있습니다.

# %%
from autodiff import grad
from autodiff.lessons import exercises, plots

check = exercises(lesson=2, language="en")


def f(x):
    return x**2 + 2 * x + 3


# %% [markdown] lang="en"
# ## The tangent
#
# Take f(x) = x² + 2x + 3 at x = 1. How high is the curve there, and how steep?

# %% [markdown] lang="ko"
# ## 접선
#
# 함수 f(x) = x² + 2x + 3 에서 x = 1인 점을 봅시다. 그곳의 높이와 기울기는 얼마일까요?

# %%
height, slope = f(1.0), grad(f)(1.0)
print(f"f(1) = {height:g}    f'(1) = {slope:g}")

# %% [markdown] lang="en"
# The straight line with the same height and the same slope at that point is the **tangent**. Start at the
# height 6; for each step of 1 away from x = 1, go 4 up:
#
#     y = 6 + 4 · (x − 1)
#
# `tangent_line` draws it for any function. It asks the engine for the slope, and estimates nothing:

# %% [markdown] lang="ko"
# 그 점에서 높이와 기울기가 곡선과 같은 직선을 **접선**이라고 합니다. 높이 6에서 출발하여 x = 1에서 1만큼
# 멀어질 때마다 4씩 올라갑니다.
#
#     y = 6 + 4 · (x − 1)
#
# `tangent_line`은 어떤 함수에든 접선을 그려 줍니다. 기울기는 어림하지 않고 엔진이 구한 값을 씁니다.

# %%
axes = plots.tangent_line(f, 1.0)

# %% [markdown] lang="en"
# At x = 1 the tangent *touches* the curve (that is what the word means). Farther away, the two part. How
# fast?

# %% [markdown] lang="ko"
# 접선은 x = 1에서 곡선에 *닿아* 있습니다(접한다는 것이 바로 그런 뜻입니다). 멀어질수록 둘은 벌어집니다.
# 얼마나 빨리 벌어질까요?


# %%
def tangent(x):
    return height + slope * (x - 1)


for distance in (1, 0.1, 0.01, 0.001):
    x = 1 + distance
    print(f"x = {x:<6g} f(x) = {f(x):<10.7g} y = {tangent(x):<8.7g} f(x) − y = {f(x) - tangent(x):.4g}")

# %% [markdown] lang="en"
# At a tenth of the distance they differ by a hundredth as much, at a hundredth of the distance by a ten
# thousandth. Close to the point, you may take the tangent for the function. That is why slopes are worth so
# much: **two numbers, f(1) and f'(1), tell what f is everywhere nearby.**
#
# For instance, without a computer: f(1.02) is nearly 6 + 4 · 0.02 = 6.08.

# %% [markdown] lang="ko"
# 거리가 10분의 1로 줄면 둘의 차이는 100분의 1로, 거리가 100분의 1로 줄면 차이는 만분의 1로 줄어듭니다.
# 그 점 가까이에서는 함수 대신 접선을 써도 됩니다. 그래서 기울기가 쓸모 있습니다. **f(1)과 f'(1), 두 수만 알면
# 그 근처에서 f의 값을 모두 어림할 수 있습니다.**
#
# 예를 들어 f(1.02)는 컴퓨터가 없어도 6 + 4 · 0.02 = 6.08 정도임을 알 수 있습니다.

# %%
f(1.02)

# %% [markdown] lang="en"
# In the engine: the value and the slope at once are given by `autodiff.transforms.grad.value_and_grad`, and
# the picture is `autodiff.draw.plots.tangent_line`.
#
# ## Which way is up?
#
# If the slope is positive, a step to the right leads up. If it is negative, a step to the left does. So the
# sign of the slope is a direction:

# %% [markdown] lang="ko"
# 엔진에서 보기: 함숫값과 기울기를 한꺼번에 구하는 함수는 `autodiff.transforms.grad.value_and_grad`이고,
# 그림을 그리는 함수는 `autodiff.draw.plots.tangent_line`입니다.
#
# ## 어느 쪽이 오르막일까요?
#
# 기울기가 양수이면 오른쪽으로 갈 때 올라가고, 음수이면 왼쪽으로 갈 때 올라갑니다. 따라서 기울기의 부호는
# 방향을 알려 줍니다.

# %%
for x in (-3.0, -2.0, -1.0, 0.0, 1.0):
    slope_here = grad(f)(x)
    arrow = "→" if slope_here > 0 else "←" if slope_here < 0 else "–"
    print(f"x = {x:4}    f'(x) = {slope_here:4}    ↑ {arrow}")

# %% [markdown] lang="en"
# The last column shows which way is up. Left of −1 it is to the left, right of −1 it is to the right. Three
# of these points, with their tangents:

# %% [markdown] lang="ko"
# 마지막 칸이 오르막의 방향입니다. −1의 왼쪽에서는 왼쪽이, −1의 오른쪽에서는 오른쪽이 오르막입니다. 그 가운데
# 세 점에서 접선을 그려 봅시다.

# %%
axes = plots.tangent_line(f, -3.0, width=1.0)
for x in (-1.0, 1.0):
    plots.tangent_line(f, x, width=1.0, axes=axes)
axes.get_legend().remove()
_ = axes.set(title="f'(−3) = −4,   f'(−1) = 0,   f'(1) = 4")

# %% [markdown] lang="en"
# Let us test it. From x = 1, take a small step *along* the slope, to x + 0.01 · f'(x), and one *against* it,
# to x − 0.01 · f'(x). Then do the same from x = −3:

# %% [markdown] lang="ko"
# 확인해 봅시다. x = 1에서 기울기의 *방향*으로, 곧 x + 0.01 · f'(x)로 조금 움직여 보고, *반대 방향*인
# x − 0.01 · f'(x)로도 움직여 봅니다. x = −3에서도 똑같이 해 봅니다.

# %%
for x in (1.0, -3.0):
    step = 0.01 * grad(f)(x)
    print(f"x = {x:4}   f(x) = {f(x):g}   f(x + step) = {f(x + step):.5g}   f(x − step) = {f(x - step):.5g}")

# %% [markdown] lang="en"
# From either point, **along the slope it goes up, and against it, down.** You need not ask on which side you
# are: the sign of the slope takes care of that. Lesson 3 is nothing but this idea, again and again.
#
# ## Where the slope is 0
#
# At x = −1 the slope is 0: the tangent is level. To its left f falls, to its right it rises, so here is the
# lowest point, the **minimum**. Does a slope of 0 always mean that? Look at three functions at x = 0:

# %% [markdown] lang="ko"
# 어느 점에서든 **기울기의 방향으로 가면 올라가고, 반대 방향으로 가면 내려갑니다.** 어느 쪽에 있는지 따질
# 필요가 없습니다. 기울기의 부호가 알아서 해 주니까요. 3과는 바로 이 생각을 되풀이하는 것입니다.
#
# ## 기울기가 0인 곳
#
# x = −1에서는 기울기가 0이고 접선은 평평합니다. 그 왼쪽에서는 f가 감소하고 오른쪽에서는 증가하므로, 이곳이
# 가장 낮은 곳, 곧 **최솟값**을 갖는 점입니다. 기울기가 0이면 언제나 그럴까요? 세 함수를 x = 0에서 봅시다.

# %%
for name, g in (("x²", lambda x: x**2), ("−x²", lambda x: -(x**2)), ("x³", lambda x: x**3)):
    print(f"{name:4} f'(0) = {abs(grad(g)(0.0))}    {g(-0.5):7} {g(0.5):7}")

# %% [markdown] lang="en"
# The last two columns are the heights at −0.5 and at 0.5; at 0 it is 0. All three are level at 0, but x² has
# a minimum there, −x² the highest point, a **maximum**, and x³ neither: it only pauses, and goes on rising.
#
# So: at a minimum the slope is 0 (if there is a slope at all). But where the slope is 0 there need not be a
# minimum; look at the slope on both sides.

# %% [markdown] lang="ko"
# 뒤의 두 수는 −0.5와 0.5에서의 높이입니다(0에서는 모두 0입니다). 세 함수 모두 0에서 평평하지만, x²은 그곳에서
# 최솟값을 갖고, −x²은 가장 높은 **최댓값**을 가지며, x³은 어느 쪽도 아닙니다. 잠깐 멈추었다가 계속 올라갈
# 뿐입니다.
#
# 정리하면, 최솟값을 갖는 점에서는 기울기가 0입니다(기울기가 있다면 말이지요). 하지만 기울기가 0이라고 해서 꼭
# 최솟값인 것은 아닙니다. 양쪽의 기울기를 살펴보아야 합니다.

# %%
axes = plots.tangent_line(lambda x: x**3, 0.0, width=1.5)

# %% [markdown] lang="en"
# ## Exercises
#
# **1.** The tangent of f(x) = x² + 2x + 3 at x = 1 is y = 6 + 4(x − 1). How high is it at x = 1.1?

# %% [markdown] lang="ko"
# ## 연습 문제
#
# **1.** x = 1에서 f(x) = x² + 2x + 3 의 접선은 y = 6 + 4(x − 1) 입니다. x = 1.1에서 이 접선의 높이는
# 얼마일까요?

# %%
answer = ...
check(1, answer)

# %% [markdown] lang="en"
# **2.** Write the tangent of x² at x = 3. (From lesson 1: the height there is 9, and the slope is 6.)

# %% [markdown] lang="ko"
# **2.** x = 3에서 x²의 접선을 함수로 써 보세요. (1과에서 보았듯이 그곳의 높이는 9, 기울기는 6입니다.)


# %%
def tangent_at_3(x):
    return ...


check(2, tangent_at_3)

# %% [markdown] lang="en"
# **3.** You stand on the curve f(x) = x² + 2x + 3 at x = −2. Which way is *down*: "left" or "right"?

# %% [markdown] lang="ko"
# **3.** 곡선 f(x) = x² + 2x + 3 위의 x = −2인 점에 서 있습니다. *내리막*은 어느 쪽일까요? "left"(왼쪽)나
# "right"(오른쪽)로 답하세요.

# %%
answer = ...
check(3, answer)

# %% [markdown] lang="en"
# **4.** What has −x² + 2x + 3 at x = 1: a "minimum", a "maximum" or "neither"?

# %% [markdown] lang="ko"
# **4.** 함수 −x² + 2x + 3 은 x = 1에서 무엇을 가질까요? 최솟값이면 "minimum", 최댓값이면 "maximum", 어느 쪽도
# 아니면 "neither"라고 답하세요.

# %%
answer = ...
check(4, answer)

# %% [markdown] lang="en"
# **5.** Write a function that gives the tangent of *any* f at a: its height at x. Use `grad`.
#
# Next: [3. Gradient descent](03_gradient_descent.ipynb)

# %% [markdown] lang="ko"
# **5.** *어떤* f에도 쓸 수 있는 함수를 써 보세요. a에서 f의 접선이 x에서 갖는 높이입니다. `grad`를 쓰면
# 됩니다.
#
# 다음: [3. 경사하강법](03_gradient_descent.ipynb)


# %%
def tangent_of(f, a, x):
    return ...


check(5, tangent_of)
