"""Lesson 1, the derivative: python examples/lessons/01_the_derivative.py [--lang ko]"""

from autodiff.lessons import tell

if __name__ == "__main__":
    tell(__file__)

# %% [markdown] lang="en"
# # 1. The derivative
#
# *About 15 minutes. You need: functions such as f(x) = x², the slope of a straight line, a little Python.*
#
# Afterwards you can
#
# - say what the slope of a curve at a point is, and find it with a pocket calculator,
# - say what a derivative is, and why it is a function, too,
# - let `autodiff` find derivatives, and say what it does better than the calculator.

# %% [markdown] lang="ko"
# # 1. 미분
#
# *읽는 데 약 15분. f(x) = x² 같은 함수와 직선의 기울기, 그리고 파이썬을 조금 알면 됩니다.*
#
# 이 수업을 마치면 다음을 할 수 있습니다.
#
# - 곡선 위의 한 점에서 기울기가 무엇인지 설명하고, 계산기로 구할 수 있습니다.
# - 미분계수가 무엇인지, 도함수는 왜 함수인지 설명할 수 있습니다.
# - `autodiff`로 미분하고, 계산기보다 무엇이 나은지 말할 수 있습니다.

# %%
from autodiff import Value, formula, grad
from autodiff.lessons import exercises, plots

check = exercises(lesson=1, language="en")

# %% [markdown] lang="en"
# ## The slope of a curve
#
# A straight line has one slope everywhere: so much up for each step of 1 to the right. A road sign that says
# 12 % means a slope of 0.12.
#
# A curve is flat here and steep there. Take f(x) = x², and look at it at x = 3: what is its slope *there*?

# %% [markdown] lang="ko"
# ## 곡선의 기울기
#
# 직선의 기울기는 어디서나 같습니다. 오른쪽으로 1만큼 갈 때 위로 얼마나 올라가는지를 나타내지요.
# 도로 표지판의 12 %는 기울기가 0.12라는 뜻입니다.
#
# 곡선은 평평한 곳도 있고 가파른 곳도 있습니다. f(x) = x² 에서 x = 3인 곳을 살펴봅시다.
# *바로 그 점에서* 기울기는 얼마일까요?


# %%
def f(x):
    return x**2


f(3.0)

# %% [markdown] lang="en"
# One point is not enough for a slope, so take a second one, a little to the right: move x by h. Then f
# changes by f(3 + h) − f(3), and the slope of the straight line through both points is
#
#     (f(3 + h) − f(3)) / h
#
# For h = 1:

# %% [markdown] lang="ko"
# 점 하나로는 기울기를 구할 수 없습니다. 그래서 조금 오른쪽에 점을 하나 더 잡습니다. x를 h만큼 움직이면
# f는 f(3 + h) − f(3) 만큼 변하므로, 두 점을 잇는 직선의 기울기는 다음과 같습니다.
#
#     (f(3 + h) − f(3)) / h
#
# h = 1일 때를 계산해 봅시다.

# %%
h = 1
(f(3 + h) - f(3)) / h

# %% [markdown] lang="en"
# That is the slope from 3 to 4, not at 3: on the way, the curve becomes steeper. So take the second point
# nearer, and nearer still; and one on the other side, at 3 − h, as well.

# %% [markdown] lang="ko"
# 이것은 3에서 4까지의 기울기이지, 3에서의 기울기가 아닙니다. 가는 동안 곡선이 점점 가팔라지니까요.
# 두 번째 점을 더 가까이, 더욱더 가까이 잡아 봅시다. 반대쪽인 3 − h 에서도 똑같이 해 봅니다.

# %%
for h in (1, 0.1, 0.01, 0.001, 0.0001, 0.00001):
    from_the_right = (f(3 + h) - f(3)) / h
    from_the_left = (f(3 - h) - f(3)) / -h
    print(f"h = {h:<8g} {from_the_right:<10.8g} {from_the_left:<10.8g}")

# %% [markdown] lang="en"
# From either side, the slopes come closer and closer to one number: 6. They never *are* 6, for with h = 0 we
# would divide 0 by 0; but there is only one number that they approach. Such a number is called a **limit**.
#
# **The limit is the slope of the curve at that point. It is called the derivative of f at x = 3, written
# f'(3) = 6.**
#
# You can see what happens when you look closer. Here is the curve from 1 to 5, in blue, with the straight
# line that passes through its point at 3 and has the slope 6. It is called the tangent; lesson 2 is about it.

# %% [markdown] lang="ko"
# 어느 쪽에서 다가가든 기울기는 하나의 수, 6에 점점 가까워집니다. h = 0이면 0을 0으로 나누게 되므로 정확히
# 6이 되지는 않지만, 다가가는 수는 6 하나뿐입니다. 이런 수를 **극한**이라고 합니다.
#
# **이 극한이 그 점에서 곡선의 기울기입니다. x = 3에서 f의 미분계수라고 하고, f'(3) = 6 으로 씁니다.**
#
# 가까이 들여다보면 무슨 일이 일어나는지 눈으로 볼 수 있습니다. 아래 그림에서 파란 선은 1부터 5까지의
# 곡선이고, 주황색 선은 x = 3인 점을 지나고 기울기가 6인 직선입니다. 이 직선을 접선(tangent)이라고 하며,
# 2과에서 자세히 다룹니다.

# %%
axes = plots.tangent_line(f, 3.0)

# %% [markdown] lang="en"
# The dashed triangle is the slope: 1 to the right, 6 up. Now the same from 2.9 to 3.1, twenty times as near.
# (Only the beginning of the triangle has room in this picture.)

# %% [markdown] lang="ko"
# 점선으로 그린 삼각형이 기울기입니다. 오른쪽으로 1, 위로 6입니다. 이번에는 2.9부터 3.1까지,
# 스무 배 가까이에서 보겠습니다(이 그림에는 삼각형이 시작하는 부분만 들어갑니다).

# %%
axes = plots.tangent_line(f, 3.0, width=0.1)
_ = axes.set(xlim=(2.9, 3.1), ylim=(8.4, 9.6))

# %% [markdown] lang="en"
# From so near, the curve *is* a straight line, as far as one can see. That is what it means for a curve to
# have a slope at a point.
#
# ## Without any h
#
# `autodiff` finds derivatives. `grad(f)` is a new function, which gives the slope of f wherever you call it.
# (The name will be explained when there is more than one variable.)

# %% [markdown] lang="ko"
# 이렇게 가까이에서 보면 곡선은 직선과 구별되지 않습니다. 곡선이 한 점에서 기울기를 가진다는 것은 바로 이런
# 뜻입니다.
#
# ## h 없이 구하기
#
# `autodiff`는 미분을 해 줍니다. `grad(f)`는 새로운 함수로, 어느 점에서 부르든 그 점에서 f의 기울기를 알려
# 줍니다(grad라는 이름의 뜻은 변수가 여러 개일 때 설명하겠습니다).

# %%
grad(f)(3.0)

# %% [markdown] lang="en"
# It is not "6.000001": it is 6. There is no h in it. Instead, `autodiff` runs f, notes which operations it
# performs, and applies to each of them the rule for its slope. How that works is the subject of lessons 5 and
# 6.
#
# Is h so bad? One would like to make it very small. But a computer keeps only about 16 digits of a number,
# and for a very small h, f(3 + h) and f(3) agree in nearly all of them: their difference is mostly rounding.
# Here is the error of both ways of taking h; both axes go in powers of ten, and h becomes smaller to the
# left.

# %% [markdown] lang="ko"
# "6.000001"이 아니라 정확히 6입니다. h가 들어 있지 않기 때문입니다. `autodiff`는 f를 직접 실행하면서 어떤
# 연산을 하는지 기록하고, 연산 하나하나에 기울기의 공식을 적용합니다. 그 원리는 5과와 6과에서 배웁니다.
#
# h를 아주 작게 하면 되지 않을까요? 컴퓨터는 수를 16자리 정도까지만 저장합니다. h가 너무 작으면 f(3 + h)와
# f(3)은 거의 모든 자리가 같아지고, 그 차이에는 반올림 오차만 남습니다. 아래 그림은 h를 쓰는 두 가지 방법의
# 오차입니다. 두 축 모두 눈금이 10의 거듭제곱이고, 왼쪽으로 갈수록 h가 작아집니다.

# %%
axes = plots.step_sizes(lambda x: x**3, 3.0)

# %% [markdown] lang="en"
# Going left, the error shrinks at first, and then grows again. (f is x³ here; the blue line takes one point
# on each side.) The best h still leaves an error; `autodiff` has none to choose.
#
# In the engine: what you called is `autodiff.transforms.grad.grad`.
#
# ## The derivative is a function, too
#
# We asked for the slope at 3, but every x has one. Take f(x) = x² + 2x + 3:

# %% [markdown] lang="ko"
# 왼쪽으로 가면 오차가 처음에는 줄다가 다시 커집니다(이 그림의 함수는 x³이고, 파란 선은 양쪽에서 한 점씩 잡은
# 것입니다). 가장 좋은 h를 골라도 오차가 남습니다. `autodiff`에는 고를 h가 없습니다.
#
# 엔진에서 보기: 방금 부른 함수는 `autodiff.transforms.grad.grad`입니다.
#
# ## 도함수
#
# 지금까지는 3에서의 기울기만 물었지만, 기울기는 모든 x에 있습니다. f(x) = x² + 2x + 3 을 봅시다.


# %%
def parabola(x):
    return x**2 + 2 * x + 3


for x in (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0):
    print(f"x = {x:4}    f(x) = {parabola(x):4}    f'(x) = {grad(parabola)(x):4}    2x + 2 = {2 * x + 2:4}")

# %% [markdown] lang="en"
# To each x belongs one slope f'(x), so f' is a function: the **derivative** of f. Here it is f'(x) = 2x + 2,
# as the last column says. Nobody told `autodiff` that formula: it only ran `parabola` on numbers. But it can
# write down what it has found, if it is given a number with a name:

# %% [markdown] lang="ko"
# x마다 기울기 f'(x)가 하나씩 있으므로 f'도 함수입니다. 이것을 f의 **도함수**라고 하고, 도함수를 구하는 것을
# **미분**한다고 합니다. 마지막 칸에서 보듯이 여기서는 f'(x) = 2x + 2 입니다. `autodiff`에 이 식을 알려 준
# 적은 없습니다. `parabola`를 수로 계산해 보았을 뿐입니다. 하지만 이름이 있는 수를 주면, 찾아낸 식을 써 보일
# 수 있습니다.

# %%
x = Value(1.0, name="x")
formula(grad(parabola)(x))

# %% [markdown] lang="en"
# `Value` is `autodiff`'s kind of number: it computes like any number, and remembers how.
#
# Do you wonder where 2x + 2 comes from? A few rules cover most functions, and here are the ones you need:
#
# | f(x) | f'(x) | in words |
# |---|---|---|
# | 5 | 0 | what does not change has the slope 0 |
# | x | 1 | this straight line goes up 1 for 1 |
# | x² | 2x | |
# | x³ | 3x² | the power comes in front, and goes down by one |
# | 4 · g(x) | 4 · g'(x) | four times as high is four times as steep |
# | g(x) + h(x) | g'(x) + h'(x) | slopes add |
#
# So the derivative of x² + 2x + 3 is 2x + 2 · 1 + 0.

# %% [markdown] lang="ko"
# `Value`는 `autodiff`의 수입니다. 보통 수처럼 계산하면서, 어떻게 계산했는지 기억합니다.
#
# 2x + 2 는 어디서 나왔을까요? 몇 가지 공식만 알면 대부분의 함수를 미분할 수 있습니다. 여기서 필요한 것은
# 다음과 같습니다.
#
# | f(x) | f'(x) | 뜻 |
# |---|---|---|
# | 5 | 0 | 변하지 않으면 기울기는 0입니다 |
# | x | 1 | 오른쪽으로 1 갈 때 1 올라가는 직선입니다 |
# | x² | 2x | |
# | x³ | 3x² | 지수가 앞으로 나오고, 지수는 1 줄어듭니다 |
# | 4 · g(x) | 4 · g'(x) | 네 배 높아지면 네 배 가팔라집니다 |
# | g(x) + h(x) | g'(x) + h'(x) | 합의 기울기는 기울기의 합입니다 |
#
# 그래서 x² + 2x + 3 을 미분하면 2x + 2 · 1 + 0 이 됩니다.

# %% [markdown] lang="en"
# ## Exercises
#
# Put your answer in place of the three dots, and run the cell: `check` says what is right or wrong.
#
# **1.** How steep is f(x) = x² at x = 5?

# %% [markdown] lang="ko"
# ## 연습 문제
#
# 점 세 개(...) 자리에 답을 쓰고 셀을 실행하세요. `check`가 맞았는지, 틀렸다면 무엇이 틀렸는지 알려 줍니다.
#
# **1.** x = 5에서 f(x) = x² 의 기울기는 얼마일까요?

# %%
answer = ...
check(1, answer)

# %% [markdown] lang="en"
# **2.** What is the slope of the straight line 4x − 7 at x = 100?

# %% [markdown] lang="ko"
# **2.** x = 100에서 직선 4x − 7 의 기울기는 얼마일까요?

# %%
answer = ...
check(2, answer)

# %% [markdown] lang="en"
# **3.** Complete the function: the slope of the straight line through the points of f at x and at x + h.

# %% [markdown] lang="ko"
# **3.** 함수를 완성하세요. f의 그래프에서 x와 x + h 에 있는 두 점을 잇는 직선의 기울기입니다.


# %%
def slope_between(f, x, h):
    return ...


check(3, slope_between)

# %% [markdown] lang="en"
# **4.** Write the derivative of x³ − 5x + 1 by the rules of the table.

# %% [markdown] lang="ko"
# **4.** 표의 공식을 써서 x³ − 5x + 1 의 도함수를 써 보세요.


# %%
def derivative(x):
    return ...


check(4, derivative)

# %% [markdown] lang="en"
# **5.** At which x is x² − 6x + 1 level, that is, where is its slope 0? (Try `grad`, or the rules.)
#
# Next: [2. Tangent and direction](02_tangent_and_direction.ipynb)

# %% [markdown] lang="ko"
# **5.** x² − 6x + 1 은 어느 x에서 평평할까요? 곧, 기울기가 0인 곳은 어디일까요? (`grad`를 써도 되고, 공식을
# 써도 됩니다.)
#
# 다음: [2. 접선과 방향](02_tangent_and_direction.ipynb)

# %%
answer = ...
check(5, answer)
