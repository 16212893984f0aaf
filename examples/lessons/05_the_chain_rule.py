"""Lesson 5, the chain rule on a graph: python examples/lessons/05_the_chain_rule.py [--lang ko]"""

from autodiff.lessons import tell

if __name__ == "__main__":
    tell(__file__)

# %% [markdown] lang="en"
# # 5. The chain rule on a graph
#
# *About 15 minutes. You need: [lesson 4](04_partial_derivatives.ipynb).*
#
# Afterwards you can
#
# - find the derivative of a function inside of a function,
# - read a computation graph, and write the local derivative on each of its arrows,
# - find any derivative from the graph: multiply along a way, and add over the ways.

# %% [markdown] lang="ko"
# # 5. 계산 그래프와 연쇄법칙
#
# *읽는 데 약 15분. [4과](04_partial_derivatives.ipynb)를 먼저 읽으세요.*
#
# 이 수업을 마치면 다음을 할 수 있습니다.
#
# - 함수 속에 함수가 들어 있는 합성함수를 미분할 수 있습니다.
# - 계산 그래프를 읽고, 화살표마다 국소 미분을 쓸 수 있습니다.
# - 길을 따라 곱하고 여러 길을 더하여, 그래프에서 어떤 미분이든 구할 수 있습니다.

# %%
import math

from autodiff import Value, draw, explain, grad, sin
from autodiff.lessons import exercises

check = exercises(lesson=5, language="en")

# %% [markdown] lang="en"
# ## One after the other
#
# The rules of lesson 1 tell the slope of x², and that of 3x. But what is the slope of (3x)²? The program
# computes it in two steps, one after the other:
#
#     u = 3x
#     y = u²
#
# Take x = 2, so that u = 6, and push x a little, by 0.001. Look at what happens, step by step. (Δu, "delta
# u", is how much u changes.)

# %% [markdown] lang="ko"
# ## 차례로 계산하기
#
# 1과의 공식으로 x²의 기울기와 3x의 기울기는 구할 수 있습니다. 그러면 (3x)²의 기울기는 어떻게 구할까요?
# 프로그램은 이것을 두 단계로 차례로 계산합니다.
#
#     u = 3x
#     y = u²
#
# x = 2 이면 u = 6 입니다. x를 0.001만큼 살짝 밀고, 무슨 일이 일어나는지 한 단계씩 살펴봅시다. (Δu는 "델타
# u"라고 읽고, u의 변화량을 뜻합니다.)

# %%
x, Δx = 2.0, 0.001
Δu = 3 * (x + Δx) - 3 * x
Δy = (3 * (x + Δx)) ** 2 - (3 * x) ** 2
print(f"Δu = {Δu:.4f}    Δu/Δx = {Δu / Δx:.3g}")
print(f"Δy = {Δy:.4f}    Δy/Δu = {Δy / Δu:.3g}")
print(f"               Δy/Δx = {Δy / Δx:.3g}")

# %% [markdown] lang="en"
# u changes 3 times as much as x, for the slope of 3x is 3. And y changes 12 times as much as u, for the slope
# of u² is 2u, which is 12 at u = 6. So y changes 12 · 3 = 36 times as much as x. It is like with gears: if
# the second wheel turns 3 times for each turn of the first, and the third 12 times for each turn of the
# second, then the third turns 36 times.
#
# To keep track, write the slope of y *with respect to* u as ∂y/∂u: "how much y changes, for each unit that u
# changes". Then this is the **chain rule**:
#
#     ∂y/∂x = ∂y/∂u · ∂u/∂x
#
# **The slopes of steps that follow each other are multiplied.** For every x it gives 2u · 3 = 2 · 3x · 3 =
# 18x.

# %% [markdown] lang="ko"
# 3x의 기울기가 3이므로 u는 x가 변한 양의 3배만큼 변합니다. u²의 기울기는 2u이고 u = 6에서 12이므로, y는 u가
# 변한 양의 12배만큼 변합니다. 따라서 y는 x가 변한 양의 12 · 3 = 36배만큼 변합니다. 톱니바퀴와 같습니다. 첫째
# 바퀴가 한 번 돌 때 둘째 바퀴가 3번 돌고, 둘째 바퀴가 한 번 돌 때 셋째 바퀴가 12번 돈다면, 첫째 바퀴가 한 번
# 돌 때 셋째 바퀴는 36번 돕니다.
#
# 헷갈리지 않도록 u에 *대한* y의 기울기를 ∂y/∂u로 씁시다. y가 u의 변화량의 몇 배만큼 변하는지를 나타냅니다.
# 그러면 다음이 성립합니다. 이것을 **연쇄법칙**(chain rule)이라고 합니다.
#
#     ∂y/∂x = ∂y/∂u · ∂u/∂x
#
# **차례로 이어지는 단계의 기울기는 곱합니다.** 모든 x에 대해 쓰면 2u · 3 = 2 · 3x · 3 = 18x 입니다.

# %%
grad(lambda x: (3 * x) ** 2)(2.0), 18 * 2.0

# %% [markdown] lang="en"
# (In lesson 4, cos(x + 2y) got a factor of 2 when y moved. Now you know why: the inner step x + 2y has the
# slope 2 with respect to y.)
#
# ## The graph
#
# A drawing makes this easier than letters do. Compute with a `Value`, and it remembers each step. `draw`
# shows what was remembered:

# %% [markdown] lang="ko"
# (4과에서 y가 움직일 때 cos(x + 2y)의 미분에 2가 붙었습니다. 이제 까닭을 알 수 있습니다. 안쪽의 x + 2y 를 y에
# 대해 미분하면 2이기 때문입니다.)
#
# ## 계산 그래프
#
# 글자보다 그림이 더 쉽습니다. `Value`로 계산하면 단계를 하나하나 기억합니다. `draw`는 기억한 것을 그려
# 줍니다.

# %%
x = Value(2.0)
u = 3 * x
y = u**2
draw(y)

# %% [markdown] lang="en"
# This is a **computation graph**. Each box is a number, and an arrow leads from a number to what was made of
# it.
#
# - Blue is the value: x = 2, u = 6, y = 36.
# - Written above each arrow is the **local derivative**: the slope of this one step, as if there were nothing
#   else. ∂u/∂x = 3, ∂y/∂u = 2 · u = 12. You know it from the table, as soon as you know the values.
# - Orange is the slope of the *last* box, y, with respect to this one: how much y changes if you push here.
#   It is 1 in y itself, for y changes as much as y. Multiply by the local derivatives, arrow by arrow, from
#   the end back to the beginning, and you have 12 at u and 36 at x. The orange line at an arrow is this
#   multiplication.
#
# (The small boxes are constants, which nobody pushes.) Longer chains are the same:

# %% [markdown] lang="ko"
# 이것을 **계산 그래프**라고 합니다. 상자 하나가 수 하나이고, 화살표는 어떤 수에서 그 수로 만든 수로
# 이어집니다.
#
# - 파란색은 값입니다. x = 2, u = 6, y = 36 입니다.
# - 화살표 위에 쓴 것은 **국소 미분**(local derivative)입니다. 다른 것은 생각하지 않고 그 한 단계만 미분한
#   것이지요. ∂u/∂x = 3, ∂y/∂u = 2 · u = 12 입니다. 값을 알면 공식으로 바로 구할 수 있습니다.
# - 주황색은 그 상자에 대한 *마지막* 상자 y의 기울기입니다. 그 상자의 수를 살짝 밀면 y가 그 몇 배만큼
#   변하는지를 나타냅니다. y에서는 1입니다. y는 y만큼 변하니까요. 끝에서부터 화살표를 하나씩 거슬러 올라가며
#   국소 미분을 곱하면 u에서 12, x에서 36이 됩니다. 화살표에 쓴 주황색 줄이 이 곱셈입니다.
#
# (작은 상자는 움직이지 않는 상수입니다.) 더 길어져도 마찬가지입니다.

# %%
x = Value(2.0)
u = 3 * x
v = u**2
y = sin(v)
draw(y)

# %% [markdown] lang="en"
# (The slope of sin is cos.) In text, with every multiplication:

# %% [markdown] lang="ko"
# (sin의 도함수는 cos입니다.) 곱셈을 모두 글로 써 보면 다음과 같습니다. Forward는 앞에서부터 계산하는
# 차례이고, Backward는 거슬러 올라가는 차례입니다.

# %%
explain(y)

# %% [markdown] lang="en"
# ## Several ways
#
# What if x is used twice? Take z = x · y + sin(x). From x there are two ways to z: one through the product,
# one through the sine.

# %% [markdown] lang="ko"
# ## 길이 여럿일 때
#
# x를 두 번 쓰면 어떻게 될까요? z = x · y + sin(x) 를 봅시다. x에서 z로 가는 길은 곱셈을 지나는 길과 sin을
# 지나는 길, 두 가지입니다.

# %%
x, y = Value(2.0), Value(3.0)
a = x * y
b = sin(x)
z = a + b
z.backward()
draw(z)

# %% [markdown] lang="en"
# Push x by a little. Through a it pushes z by 3 times that (the slope of x · y, with y kept, is y). Through b
# it pushes z by cos(2) = −0.4161 times that. Both happen at once, so **what comes along several ways is
# added**:
#
#     ∂z/∂x = ∂z/∂a · ∂a/∂x + ∂z/∂b · ∂b/∂x = 1 · 3 + 1 · (−0.4161) = 2.584
#
# The box of x shows this sum.

# %% [markdown] lang="ko"
# x를 살짝 밀어 봅시다. a를 거쳐서는 z가 그 3배만큼 밀립니다(y를 그대로 두고 x · y 를 미분하면 y입니다). b를
# 거쳐서는 cos(2) = −0.4161배만큼 밀립니다. 두 가지가 함께 일어나므로 **여러 길로 오는 것은 더합니다.**
#
#     ∂z/∂x = ∂z/∂a · ∂a/∂x + ∂z/∂b · ∂b/∂x = 1 · 3 + 1 · (−0.4161) = 2.584
#
# x의 상자에 이 합이 적혀 있습니다.

# %%
1 * 3 + 1 * math.cos(2.0), x.grad

# %% [markdown] lang="en"
# Together that is the whole rule: **multiply along each way, and add over the ways.**
#
# Even x · x is a case of it. Both inputs of the product are x, so there are two ways of one arrow each, and
# each has the local derivative x: x + x = 2x, as the table of lesson 1 said.

# %% [markdown] lang="ko"
# 연쇄법칙을 한마디로 정리하면 이렇습니다. **길을 따라 곱하고, 여러 길을 더합니다.**
#
# x · x 도 그런 경우입니다. 곱하는 두 수가 모두 x이므로 화살표 하나짜리 길이 두 개 있고, 국소 미분은 둘 다
# x입니다. 그래서 x + x = 2x, 1과의 표에 있던 공식이 나옵니다.

# %%
x = Value(5.0)
y = x * x
draw(y)

# %% [markdown] lang="en"
# ## Too many ways
#
# Add up all ways? Let us count them, where every step uses the one before it twice:

# %% [markdown] lang="ko"
# ## 길이 너무 많을 때
#
# 모든 길을 찾아 더하면 될까요? 단계마다 앞의 수를 두 번씩 쓰는 계산에서 길의 수를 세어 봅시다.

# %%
x = Value(1.0)
a = x + x
b = a + a
c = b + b
draw(c)

# %% [markdown] lang="en"
# From x to a there are 2 ways, from x to b 2 · 2, and from x to c 2 · 2 · 2 = 8. With 50 such steps there
# would be 2⁵⁰, more than a thousand million million ways, and yet:

# %% [markdown] lang="ko"
# x에서 a로 가는 길은 2개, b로 가는 길은 2 · 2개, c로 가는 길은 2 · 2 · 2 = 8개입니다. 이런 단계가 50개라면
# 길은 2⁵⁰개, 곧 천조 개가 넘습니다. 그런데도 금방 끝납니다.

# %%
x = Value(1.0)
y = x
for _ in range(50):
    y = y + y
y.backward()
x.grad, 2.0**50

# %% [markdown] lang="en"
# The engine does not go along each way. Look at the boxes again: b has the slope 2, collected from both of
# its arrows. What lies before b only needs that *one* number, no matter how many ways it came by. So it is
# enough to visit every box once, from the last to the first: 51 boxes in place of 2⁵⁰ ways. This is called
# **backpropagation**. In lesson 6 you do it by hand, and then write it yourself.
#
# In the engine: the local derivatives stand in tables, for instance that of x · y in
# `autodiff.primitives.arithmetic.multiply` and that of sin in `autodiff.primitives.elementary.sin`; and the
# way back through the boxes is `autodiff.backward.pull_back`.

# %% [markdown] lang="ko"
# 엔진은 길을 하나하나 따라가지 않습니다. 상자를 다시 보세요. b의 기울기 2는 두 화살표에서 온 것을 모은
# 것입니다. b보다 앞에 있는 상자는 이 수 *하나*만 알면 되고, 그것이 몇 개의 길로 왔는지는 몰라도 됩니다.
# 그래서 마지막 상자부터 첫 상자까지 상자마다 한 번씩만 들르면 됩니다. 2⁵⁰개의 길 대신 51개의 상자면
# 충분합니다. 이것을 **역전파**(backpropagation)라고 합니다. 6과에서는 역전파를 손으로 해 보고, 프로그램도
# 직접 만들어 봅니다.
#
# 엔진에서 보기: 국소 미분은 표에 적혀 있습니다. 예를 들어 x · y 는
# `autodiff.primitives.arithmetic.multiply`에, sin은 `autodiff.primitives.elementary.sin`에 있습니다. 상자를
# 거슬러 올라가는 함수는 `autodiff.backward.pull_back`입니다.

# %% [markdown] lang="en"
# ## Exercises
#
# **1.** What is the slope of (2x + 1)³ at x = 1?

# %% [markdown] lang="ko"
# ## 연습 문제
#
# **1.** x = 1에서 (2x + 1)³ 의 기울기는 얼마일까요?

# %%
answer = ...
check(1, answer)

# %% [markdown] lang="en"
# **2.** Write the derivative of cos(3x). (That of cos is −sin; use `math.sin`.)

# %% [markdown] lang="ko"
# **2.** cos(3x)의 도함수를 써 보세요. (cos의 도함수는 −sin입니다. `math.sin`을 쓰세요.)


# %%
def derivative(x):
    return ...


check(2, derivative)

# %% [markdown] lang="en"
# **3.** a = x + 1, b = x², z = a · b. What is ∂z/∂x at x = 2? (There are two ways.)

# %% [markdown] lang="ko"
# **3.** a = x + 1, b = x², z = a · b 일 때, x = 2 에서 ∂z/∂x는 얼마일까요? (길이 두 개 있습니다.)

# %%
answer = ...
check(3, answer)

# %% [markdown] lang="en"
# **4.** a = x · x, b = a · a. How many ways are there from x to b?

# %% [markdown] lang="ko"
# **4.** a = x · x, b = a · a 일 때, x에서 b로 가는 길은 모두 몇 개일까요?

# %%
answer = ...
check(4, answer)

# %% [markdown] lang="en"
# **5.** The whole rule as a program. `ways` is a list of ways, and each way is a list of its local
# derivatives. For z = x · y + sin(x) at (2, 3) it is [[1, 3], [1, −0.4161]]. Write the function that gives
# the slope. (`math.prod` multiplies the numbers of a list, and `sum` adds them.)
#
# Next: [6. Backpropagation by hand, and by the engine](06_backpropagation.ipynb)

# %% [markdown] lang="ko"
# **5.** 연쇄법칙을 프로그램으로 써 봅시다. `ways`는 길의 리스트이고, 길 하나는 그 길에 있는 국소 미분의
# 리스트입니다. 점 (2, 3)에서 z = x · y + sin(x) 라면 [[1, 3], [1, −0.4161]] 입니다. 기울기를 구하는 함수를 써
# 보세요. (`math.prod`는 리스트의 수를 모두 곱하고, `sum`은 모두 더합니다.)
#
# 다음: [6. 손으로 하는 역전파, 엔진으로 하는 역전파](06_backpropagation.ipynb)


# %%
def slope(ways):
    return ...


check(5, slope)
