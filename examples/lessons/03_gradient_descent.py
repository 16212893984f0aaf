"""Lesson 3, gradient descent: python examples/lessons/03_gradient_descent.py [--lang ko]"""

from autodiff.lessons import tell

if __name__ == "__main__":
    tell(__file__)

# %% [markdown] lang="en"
# # 3. Gradient descent
#
# *About 15 minutes. You need: [lesson 2](02_tangent_and_direction.ipynb).*
#
# Afterwards you can
#
# - find the minimum of a function with nothing but its slope, in a loop of three lines,
# - say what the learning rate does, and see from a run whether it is too small or too large,
# - say what this method does not promise.

# %% [markdown] lang="ko"
# # 3. 경사하강법
#
# *읽는 데 약 15분. [2과](02_tangent_and_direction.ipynb)를 먼저 읽으세요.*
#
# 이 수업을 마치면 다음을 할 수 있습니다.
#
# - 기울기만 가지고 함수의 최솟값을 찾는 세 줄짜리 반복문을 쓸 수 있습니다.
# - 학습률이 하는 일을 설명하고, 실행 결과를 보고 학습률이 너무 작은지 큰지 판단할 수 있습니다.
# - 이 방법이 보장하지 못하는 것이 무엇인지 말할 수 있습니다.

# %%
import numpy as np

from autodiff import Value, grad
from autodiff.lessons import exercises, plots
from autodiff.optim import SGD

check = exercises(lesson=3, language="en")


def f(x):
    return x**2 + 2 * x + 3


# %% [markdown] lang="en"
# ## In fog
#
# You stand on a hillside in thick fog and want to go down to the valley. You see nothing; you only feel how
# the ground slopes under your feet. So you take a small step downhill, feel again, take another one, and so
# on, until it is level.
#
# In lesson 2, a small step *against* the slope always led down. Here is that step, three times, on f(x) = x²
# + 2x + 3. Each is the slope times 0.01:

# %% [markdown] lang="ko"
# ## 안개 속에서
#
# 짙은 안개가 낀 산비탈에서 골짜기로 내려가려고 합니다. 아무것도 보이지 않고, 발밑이 어느 쪽으로 기울었는지만
# 느낄 수 있습니다. 그래서 내리막으로 조금 움직이고, 다시 발밑을 느껴 보고, 또 조금 움직입니다. 평평해질
# 때까지 이렇게 되풀이합니다.
#
# 2과에서 보았듯이 기울기의 *반대 방향*으로 조금 움직이면 언제나 내려갑니다. f(x) = x² + 2x + 3 에서 그렇게 세
# 번 움직여 봅시다. 한 번에 기울기의 0.01배만큼 움직입니다.

# %%
x = -1.6249074839434772
for step in range(3):
    print(f"{step}    x = {x:.8f}    f(x) = {f(x):.8f}    f'(x) = {grad(f)(x):.8f}")
    x = x - 0.01 * grad(f)(x)

# %% [markdown] lang="en"
# x moves to the right, f(x) becomes smaller, and so does the size of the slope. This rule is all there is:
#
#     x ← x − lr · f'(x)
#
# It is called **gradient descent**, and lr is the **learning rate**: which part of the slope is one step.
#
# When should it stop? At the minimum the slope is 0, but we come to it in ever smaller steps. So stop where
# it is *nearly* level, for instance where the slope is no more than 0.00001, to either side:

# %% [markdown] lang="ko"
# x는 오른쪽으로 움직이고, f(x)는 작아지고, 기울기의 크기도 작아집니다. 방법은 이것이 전부입니다.
#
#     x ← x − lr · f'(x)
#
# 이것을 **경사하강법**(gradient descent)이라고 하고, lr을 **학습률**(learning rate)이라고 합니다. 한 번에
# 기울기의 몇 배만큼 움직이는지를 나타내지요.
#
# 언제 멈추어야 할까요? 최솟값을 갖는 점에서는 기울기가 0이지만, 가까워질수록 조금씩만 움직이므로 정확히 0이
# 되기는 어렵습니다. 그래서 *거의* 평평해졌을 때, 예를 들어 기울기의 크기가 0.00001 이하가 되면 멈춥니다.

# %%
x, path = -1.6249074839434772, []
while abs(grad(f)(x)) > 0.00001:
    path.append(x)
    x = x - 0.01 * grad(f)(x)
path.append(x)
print(f"n = {len(path) - 1}    x = {x:.15g}    f(x) = {f(x):.15g}")

# %% [markdown] lang="en"
# n is the number of steps. Exactly, the minimum is at x = −1, where f(x) = 2: that is where 2x + 2 is 0. The
# loop did not know that formula, and has come within 0.000005 of it. Here is its way on the curve, and below
# it the size of the slope at every step:

# %% [markdown] lang="ko"
# n은 단계의 수입니다. 정확한 답은 x = −1 일 때 f(x) = 2 입니다. 그곳에서 2x + 2 가 0이 되지요. 반복문은 이
# 식을 모르는데도 정답과의 차이가 0.000005밖에 되지 않는 곳까지 갔습니다. 아래 그림은 곡선 위에서 움직인 길과,
# 단계마다의 기울기의 크기입니다.

# %%
axes = plots.descent_path(f, path)

# %% [markdown] lang="en"
# In the lower picture, the scale at the left goes in powers of ten, and the points lie on a straight line. So
# every step takes away the same *part* of the slope that is left. You can see why. Call d the distance to the
# minimum, d = x + 1. The slope is 2x + 2 = 2d, so that one step leads from d to
#
#     d − lr · 2d = (1 − 2 · lr) · d
#
# With lr = 0.01, every step leaves 98 % of the distance. Nobody needs 581 steps for that: let us take longer
# ones.
#
# ## The learning rate

# %% [markdown] lang="ko"
# 아래쪽 그림에서 세로축의 눈금은 10의 거듭제곱이고, 점들은 직선 위에 놓여 있습니다. 단계마다 남은 기울기가
# 같은 *비율*로 줄어든다는 뜻입니다. 그 까닭을 알아봅시다. 최솟값을 갖는 점에서 떨어진 거리를 d = x + 1 이라고
# 하면 기울기는 2x + 2 = 2d 이므로, 한 단계 뒤에 d는 다음과 같이 바뀝니다.
#
#     d − lr · 2d = (1 − 2 · lr) · d
#
# lr = 0.01 이면 단계마다 거리의 98 %가 남습니다. 581단계나 걸린 것이 당연합니다. 더 많이씩 움직여 봅시다.
#
# ## 학습률

# %%
axes = plots.learning_rates(f, start=-1.6249, rates=(0.01, 0.3, 0.95, 1.02), steps=30)

# %% [markdown] lang="en"
# The same 30 steps four times, each from the same start:
#
# | lr | each step multiplies the distance by 1 − 2 · lr | |
# |---|---|---|
# | 0.01 | 0.98 | on its way, but far from there after 30 steps |
# | 0.3 | 0.4 | there after a few steps |
# | 0.95 | −0.9 | passes over the minimum every time, and comes closer nevertheless |
# | 1.02 | −1.04 | passes over it, and ends farther away each time: it **diverges** |
#
# Too small costs time; too large, and nothing is found at all. For other functions there is no such table.
# One tries a rate, and looks whether f becomes smaller. If f grows, the rate is too large: try a tenth of it.

# %% [markdown] lang="ko"
# 같은 점에서 출발하여 30단계씩, 학습률만 바꾸어 네 번 해 보았습니다.
#
# | lr | 거리는 단계마다 (1 − 2 · lr)배가 됩니다 | |
# |---|---|---|
# | 0.01 | 0.98 | 가고 있지만, 30단계 뒤에도 아직 멀었습니다 |
# | 0.3 | 0.4 | 몇 단계 만에 도착합니다 |
# | 0.95 | −0.9 | 매번 최솟값을 지나쳐 반대쪽으로 가지만, 그래도 조금씩 가까워집니다 |
# | 1.02 | −1.04 | 매번 지나쳐서 점점 더 멀어집니다. 곧, **발산**합니다 |
#
# 학습률이 너무 작으면 오래 걸리고, 너무 크면 아예 찾지 못합니다. 다른 함수에는 이런 표가 없으므로, 학습률을
# 하나 정해서 f가 작아지는지 살펴봅니다. f가 커진다면 학습률이 너무 큰 것이니 10분의 1로 줄여 보세요.

# %% [markdown] lang="en"
# ## The same with the engine's own tools
#
# Programs that find minima all have this loop. In `autodiff` it is written like this. Compute with a `Value`,
# as in lesson 1; then `y.backward()` finds the slope of y, and puts it into `x.grad`. An *optimizer* takes
# the step. This one is called `SGD`, for stochastic gradient descent, a name that lesson 9 will explain:

# %% [markdown] lang="ko"
# ## 엔진의 도구로 하기
#
# 최솟값을 찾는 프로그램에는 모두 이런 반복문이 있습니다. `autodiff`에서는 다음과 같이 씁니다. 1과에서처럼
# `Value`로 계산하고 `y.backward()`를 부르면 y의 기울기를 구해 `x.grad`에 넣어 줍니다. 움직이는 일은
# *옵티마이저*(optimizer)가 맡습니다. 여기서 쓰는 `SGD`는 확률적 경사하강법(stochastic gradient descent)의
# 줄임말이고, 이름의 뜻은 9과에서 설명합니다.

# %%
x = Value(-1.6249074839434772)
sgd = SGD([x], lr=0.3)
for _ in range(13):
    sgd.zero_grad()
    y = f(x)
    y.backward()
    sgd.step()
x

# %% [markdown] lang="en"
# Four lines are repeated: forget the old slope; compute y, which is recorded on the way; walk back through
# the record to the slope; take a step. The loop that trains a network of a million numbers has the same four
# lines.
#
# In the engine: `autodiff.optim.SGD` takes the step, and `autodiff.draw.plots.descent` runs this loop for the
# pictures.
#
# ## Uphill
#
# With a plus in place of the minus, each step goes *along* the slope, and so up: **gradient ascent**. It
# finds a maximum, here that of −x² + 2x + 3:

# %% [markdown] lang="ko"
# 되풀이하는 것은 네 줄입니다. 앞에서 구한 기울기를 지우고, y를 계산하면서 그 과정을 기록하고, 기록을 거슬러
# 올라가며 기울기를 구하고, 한 단계 움직입니다. 수백만 개의 수로 된 신경망을 학습시키는 반복문도 바로 이 네
# 줄입니다.
#
# 엔진에서 보기: 움직이는 일은 `autodiff.optim.SGD`가 하고, 그림을 그릴 때 이 반복문을 실행하는 함수는
# `autodiff.draw.plots.descent`입니다.
#
# ## 위로 올라가기
#
# 빼기를 더하기로 바꾸면 기울기의 *방향*으로 움직여 위로 올라갑니다. 이것을 **경사상승법**(gradient
# ascent)이라고 하고, 최댓값을 찾을 때 씁니다. −x² + 2x + 3 의 최댓값을 찾아봅시다.


# %%
def hill(x):
    return -(x**2) + 2 * x + 3


x, n = -1.6249074839434772, 0
while abs(grad(hill)(x)) > 0.00001:
    x, n = x + 0.01 * grad(hill)(x), n + 1
print(f"n = {n}    x = {x:.15g}    f(x) = {hill(x):.15g}")

# %% [markdown] lang="en"
# Exactly: x = 1, where it is 4. (`SGD` does this with `maximize=True`.)
#
# ## More than one valley
#
# In fog you come down into *some* valley. Whether there is a deeper one behind the next hill, your feet can't
# tell. Take x⁴ − 4x² + x, and start once at 2 and once at −2:

# %% [markdown] lang="ko"
# 정확한 답은 x = 1 일 때 4입니다(`SGD`에서는 `maximize=True`라고 쓰면 됩니다).
#
# ## 골짜기가 여럿일 때
#
# 안개 속에서는 *어느* 골짜기로든 내려가게 되지만, 언덕 너머에 더 깊은 골짜기가 있는지는 발밑의 느낌만으로 알
# 수 없습니다. x⁴ − 4x² + x 에서 한 번은 2에서, 한 번은 −2에서 출발해 봅시다.


# %%
def valleys(x):
    return x**4 - 4 * x**2 + x


paths = {2.0: [], -2.0: []}
for start, path in paths.items():
    x = start
    for _ in range(60):
        path.append(x)
        x = x - 0.02 * grad(valleys)(x)
    print(f"{start:4g} → x = {x:8.5f}    f(x) = {valleys(x):8.5f}")

# %%
axes = plots.descent_path(valleys, paths[2.0])
plots.descent_path(valleys, paths[-2.0], axes=axes)
between = np.linspace(-1, 1)
axes[0].plot(between, valleys(between), color=axes[0].lines[0].get_color())
_ = axes[0].set(title="x⁴ − 4x² + x", xlim=(-2.3, 2.3), ylim=(-6, 3))
axes[0].get_legend().remove()

# %% [markdown] lang="en"
# Both ends are level, both are lower than everything *around* them: each is a **local minimum**. Only the
# left one is the lowest point of all, the **global minimum**. Gradient descent finds a local one, and which
# one depends on the start. For f(x) = x² + 2x + 3 that made no difference, since there is only one valley.
#
# ## Exercises
#
# **1.** Take one step of gradient descent on f(x) = x² + 2x + 3 from x = 1, with lr = 0.1. Where are you?
# (f'(1) = 4.)

# %% [markdown] lang="ko"
# 도착한 두 점은 모두 평평하고, *주변*의 어느 곳보다 낮습니다. 이런 점에서의 값을 **극솟값**(local
# minimum)이라고 합니다. 전체에서 가장 낮은 것은 왼쪽뿐이고, 이것이 **최솟값**(global minimum)입니다.
# 경사하강법은 극솟값을 하나 찾으며, 어느 것을 찾는지는 출발점에 달려 있습니다. f(x) = x² + 2x + 3 에서는
# 골짜기가 하나뿐이라 어디서 출발하든 마찬가지였습니다.
#
# ## 연습 문제
#
# **1.** f(x) = x² + 2x + 3 에서 x = 1, lr = 0.1 로 경사하강법을 한 단계 해 보세요. x는 얼마가 될까요? (f'(1)
# = 4 입니다.)

# %%
answer = ...
check(1, answer)

# %% [markdown] lang="en"
# **2.** With which learning rate does gradient descent on f(x) = x² + 2x + 3 reach the minimum in a single
# step, wherever it starts? (Each step multiplies the distance by 1 − 2 · lr.)

# %% [markdown] lang="ko"
# **2.** f(x) = x² + 2x + 3 에서 학습률이 얼마이면 어디에서 출발하든 단 한 단계 만에 최솟값에 도착할까요?
# (거리는 단계마다 (1 − 2 · lr)배가 됩니다.)

# %%
answer = ...
check(2, answer)

# %% [markdown] lang="en"
# **3.** And with lr = 1? Start at x = 0, take a few steps in your head or in a loop, and say what happens: it
# "arrives", it goes on "for ever" between two points, or it "diverges".

# %% [markdown] lang="ko"
# **3.** lr = 1 이면 어떻게 될까요? x = 0에서 출발하여 암산이나 반복문으로 몇 단계 해 보고 답하세요. 도착하면
# "arrives", 두 점 사이를 끝없이 오가면 "for ever", 발산하면 "diverges"입니다.

# %%
answer = ...
check(3, answer)

# %% [markdown] lang="en"
# **4.** Complete the function: where gradient descent on f is after this many steps. Use `grad`.

# %% [markdown] lang="ko"
# **4.** 함수를 완성하세요. f에서 경사하강법을 주어진 단계만큼 했을 때의 x입니다. `grad`를 쓰면 됩니다.


# %%
def descend(f, x, lr, steps):
    for _ in range(steps):
        x = ...
    return x


check(4, descend)

# %% [markdown] lang="en"
# **5.** At which x has x⁴ − 3x + 1 its minimum? Find it with your `descend`, to at least three decimals.
#
# Next: [4. Partial derivatives and the gradient](04_partial_derivatives.ipynb)

# %% [markdown] lang="ko"
# **5.** x⁴ − 3x + 1 은 어느 x에서 최솟값을 가질까요? 앞에서 만든 `descend`를 써서 소수점 아래 셋째 자리까지
# 찾아 보세요.
#
# 다음: [4. 편미분과 기울기 벡터](04_partial_derivatives.ipynb)

# %%
answer = ...
check(5, answer)
