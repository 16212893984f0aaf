"""Lesson 8, forward against reverse: python examples/lessons/08_forward_and_reverse.py [--lang ko]"""

from autodiff.lessons import tell

if __name__ == "__main__":
    tell(__file__)

# %% [markdown] lang="en"
# # 8. Forward against reverse
#
# *About 15 minutes. You need: [lesson 7](07_order_and_sharing.ipynb).*
#
# Afterwards you can
#
# - find derivatives by going **forward** with the program, and write a small engine that does it,
# - say what a tangent and what a cotangent is, and ask `autodiff` for either,
# - say which direction is cheaper for which function, and why networks are trained in reverse.

# %% [markdown] lang="ko"
# # 8. 순방향과 역방향
#
# *읽는 데 약 15분. [7과](07_order_and_sharing.ipynb)를 먼저 읽으세요.*
#
# 이 수업을 마치면 다음을 할 수 있습니다.
#
# - 프로그램과 같은 방향, 곧 **순방향**으로 미분하고, 그렇게 하는 작은 엔진을 직접 쓸 수 있습니다.
# - 탄젠트(tangent)와 코탄젠트(cotangent)가 무엇인지 말하고, `autodiff`로 둘 다 구할 수 있습니다.
# - 어떤 함수에 어느 방향이 유리한지, 신경망은 왜 역방향으로 학습시키는지 설명할 수 있습니다.

# %%
import time

import numpy as np

from autodiff import Value, cos, draw, graph, jvp, sin, stepper, vjp
from autodiff.lessons import exercises, optional

check = exercises(lesson=8, language="en")
pyplot = optional("matplotlib.pyplot")

# %% [markdown] lang="en"
# ## One product, read from either end
#
# Say that x goes into a, a into b, and b into y. If x moves by a little, a moves ∂a/∂x times as far, b moves
# ∂b/∂a times as far as a, and so on:
#
#     dy/dx = ∂y/∂b · ∂b/∂a · ∂a/∂x
#
# That is the chain rule. You may begin to multiply at either end. **Reverse** begins at y, with ∂y/∂b, and
# walks back to x: that is backprop, which you know. **Forward** begins at x, with ∂a/∂x, and walks the way
# the program runs. The product is the same.
#
# Reverse answers: *how fast does the result change with this node?* Forward answers another question: *how
# fast does this node change with x?* Think of speeds. If x moves at speed 1, at which speed does each node
# move?

# %% [markdown] lang="ko"
# ## 하나의 곱, 두 가지 읽는 방향
#
# x에서 a를, a에서 b를, b에서 y를 계산한다고 합시다. x가 조금 움직이면 a는 그 ∂a/∂x배만큼 움직이고, b는 a가
# 움직인 것의 ∂b/∂a배만큼 움직이고, 이렇게 이어집니다.
#
#     dy/dx = ∂y/∂b · ∂b/∂a · ∂a/∂x
#
# 이것이 연쇄법칙입니다. 곱셈은 어느 쪽 끝에서 시작해도 됩니다. **역방향**(reverse)은 y 쪽의 ∂y/∂b에서 시작해
# x로 거슬러 갑니다. 이미 배운 역전파입니다. **순방향**(forward)은 x 쪽의 ∂a/∂x에서 시작해 프로그램이 실행되는
# 방향으로 갑니다. 곱한 결과는 같습니다.
#
# 역방향은 *이 노드가 변하면 결과가 얼마나 빨리 변하는가*에 답합니다. 순방향은 다른 물음, *x가 변하면 이
# 노드가 얼마나 빨리 변하는가*에 답합니다. 속도를 떠올려 보세요. x가 속도 1로 움직이면 각 노드는 어떤 속도로
# 움직일까요?

# %% [markdown] lang="en"
# ## A forward engine in eight lines
#
# The speed of a node is called its **tangent**. Two rules are enough to begin with. Speeds add; and in a
# product, either factor moves while the other one waits:
#
#     c = a + b     moves at    tₐ + t_b
#     c = a · b     moves at    tₐ · b + a · t_b
#
# So let every number carry its speed with it. Such a pair is called a **dual number**.

# %% [markdown] lang="ko"
# ## 여덟 줄짜리 순방향 엔진
#
# 노드의 속도를 **탄젠트**(tangent)라고 합니다. 우선 규칙 두 개면 충분합니다. 합의 속도는 속도의 합입니다.
# 곱에서는 한쪽 인수가 멈춰 있을 때 다른 쪽이 움직이는 몫을 각각 구해 더합니다.
#
#     c = a + b     속도는    tₐ + t_b
#     c = a · b     속도는    tₐ · b + a · t_b
#
# 이제 수마다 자기 속도를 함께 가지고 다니게 합시다. 이런 쌍을 **이원수**(dual number)라고 합니다.


# %%
class Dual:
    def __init__(self, value, tangent):
        self.value, self.tangent = value, tangent

    def __add__(self, other):
        return Dual(self.value + other.value, self.tangent + other.tangent)

    def __mul__(self, other):
        tangent = self.tangent * other.value + self.value * other.tangent
        return Dual(self.value * other.value, tangent)


# %% [markdown] lang="en"
# Take the program of lesson 7, y = x³ + x². Give x the value 2 and the speed 1, and run it. Nothing else is
# needed: no graph, no order, no walk back.

# %% [markdown] lang="ko"
# 7과의 프로그램 y = x³ + x² 을 다시 봅시다. x에 값 2와 속도 1을 주고 실행하기만 하면 됩니다. 그래프도,
# 순서도, 거슬러 가는 과정도 필요 없습니다.

# %%
x = Dual(2.0, 1.0)
a = x * x
v = a * x
y = v + a
print("a", a.value, a.tangent)
print("v", v.value, v.tangent)
print("y", y.value, y.tangent)

# %% [markdown] lang="en"
# The value is 12 and the speed 16, as in lesson 7. On the way we have learned that a = x² moves at speed 4,
# and v = x³ at speed 12. Reverse had found *other* numbers on the way (3 at a, 1 at v), and the same 16 at
# the end.
#
# `autodiff` walks in both directions over the same graph. Step through it: values and tangents go to the
# right, gradients to the left.

# %% [markdown] lang="ko"
# 값은 12, 속도는 16으로 7과의 결과와 같습니다. 도중에 a = x² 의 속도는 4, v = x³ 의 속도는 12라는 것도
# 알았습니다. 역방향에서는 도중에 *다른* 수(a에서 3, v에서 1)가 나왔지만, 마지막에는 똑같이 16이 나왔습니다.
#
# `autodiff`는 같은 그래프 위에서 두 방향으로 모두 갈 수 있습니다. 한 단계씩 넘겨 보세요. 값과 탄젠트는
# 오른쪽으로, 기울기는 왼쪽으로 갑니다.

# %%
x = Value(2.0)
a = x * x
v = a * x
y = v + a
stepper(y, mode="both")

# %% [markdown] lang="en"
# In the engine: the forward walk is `autodiff.forward.push_forward`, and the walk back
# `autodiff.backward.pull_back`. Each operation has its rules for both in one place, see
# `autodiff.graph.Rules`.
#
# ## Two inputs, one output
#
# What if there are two inputs, as in z = x · y + x? Reverse finds both slopes in one walk:

# %% [markdown] lang="ko"
# 엔진에서 보기: 순방향으로 가는 함수는 `autodiff.forward.push_forward`, 거슬러 가는 함수는
# `autodiff.backward.pull_back`입니다. 연산마다 두 방향의 규칙이 한곳에 모여 있습니다.
# `autodiff.graph.Rules`를 보세요.
#
# ## 입력 두 개, 출력 하나
#
# z = x · y + x 처럼 입력이 두 개이면 어떻게 될까요? 역방향은 한 번에 두 기울기를 모두 구합니다.

# %%
x, y = Value(2.0), Value(5.0)
a = x * y
z = a + x
draw(z)

# %% [markdown] lang="en"
# Forward must be told how fast *each* input moves. To find ∂z/∂x, move x alone; to find ∂z/∂y, move y alone.
# So it takes two walks. `jvp` goes forward: it takes the function, the inputs and their tangents, and gives
# the value and its tangent.

# %% [markdown] lang="ko"
# 순방향에서는 *각* 입력이 얼마나 빨리 움직이는지 정해 주어야 합니다. ∂z/∂x를 구하려면 x만 움직이고, ∂z/∂y를
# 구하려면 y만 움직입니다. 그래서 두 번 가야 합니다. `jvp`가 순방향으로 가는 함수입니다. 함수와 입력, 입력의
# 탄젠트를 받아 함숫값과 그 탄젠트를 돌려줍니다.


# %%
def f(x, y):
    return x * y + x


print(jvp(f, (2.0, 5.0), (1.0, 0.0)))
print(jvp(f, (2.0, 5.0), (0.0, 1.0)))
print(jvp(f, (2.0, 5.0), (1.0, 10.0)))

# %% [markdown] lang="en"
# The first two are the slopes, 6 and 2. In the third, x moves at speed 1 and y at speed 10 at once, and z
# moves at 1 · 6 + 10 · 2 = 26. That is a **directional derivative**: the slope in *any* direction you choose,
# in one walk. (`jvp` is short for Jacobian-vector product. We come to the Jacobian in a moment.)
#
# ## One input, two outputs
#
# Now the other way round. A point walks along a spiral; its place at the time t has two coordinates, t · cos
# t and t · sin t. One forward walk, with t at speed 1, gives the speed of both coordinates. Together they are
# the velocity, which points where the point is heading:

# %% [markdown] lang="ko"
# 처음 두 결과가 두 기울기 6과 2입니다. 세 번째에서는 x가 속도 1로, y가 속도 10으로 함께 움직이므로 z는 1 · 6
# + 10 · 2 = 26의 속도로 움직입니다. 이것이 **방향미분계수**입니다. *어느* 방향이든 그 방향의 기울기를 한 번에
# 구합니다. (`jvp`는 Jacobian-vector product, 곧 야코비 행렬과 벡터의 곱을 줄인 이름입니다. 야코비 행렬은 조금
# 뒤에 나옵니다.)
#
# ## 입력 하나, 출력 두 개
#
# 이번에는 반대입니다. 점 하나가 나선을 따라 움직입니다. 시각 t에서 점의 위치는 두 좌표 t · cos t 와 t · sin t
# 입니다. t의 속도를 1로 하여 순방향으로 한 번 가면 두 좌표의 속도가 모두 나옵니다. 둘을 합친 것이 속도
# 벡터이고, 점이 나아가는 쪽을 가리킵니다.


# %%
def place(t):
    return t * cos(t), t * sin(t)


axes = pyplot.figure(figsize=(5, 5)).add_subplot(aspect="equal")
axes.plot(*place(np.linspace(0, 10, 300)), color="tab:blue")
for t in np.arange(2.0, 10.0):
    (x, y), (speed_x, speed_y) = jvp(place, (t,), (1.0,))
    axes.quiver(x, y, speed_x, speed_y, color="tab:orange", angles="xy", scale_units="xy", scale=2)
_ = axes.set(xlim=(-12, 10), ylim=(-9, 9), xlabel="t · cos t", ylabel="t · sin t", title="t = 2, 3, …, 9")

# %% [markdown] lang="en"
# (The arrows are drawn at half their length. Each touches the spiral, and the outer ones are longer: the
# point becomes faster.)
#
# Reverse needs two walks here, one from each output. `vjp` goes back: it runs the function, and returns the
# outputs and a function that walks back. That wants to know how much each output counts. These weights are
# called **cotangents**.

# %% [markdown] lang="ko"
# (화살표는 실제 길이의 절반으로 그렸습니다. 화살표는 나선에 접하고, 바깥쪽일수록 깁니다. 점이 빨라지기
# 때문입니다.)
#
# 역방향으로는 출력마다 한 번씩, 두 번 가야 합니다. `vjp`가 거슬러 가는 함수입니다. 함수를 실행하고, 출력과
# 함께 거슬러 가는 함수를 돌려줍니다. 그 함수에는 출력마다 얼마나 중요하게 볼지 가중치를 주어야 하는데, 이
# 가중치를 **코탄젠트**(cotangent)라고 합니다.

# %%
outputs, pull = vjp(place, 2.0)
print(pull((1.0, 0.0)), pull((0.0, 1.0)))
print(jvp(place, (2.0,), (1.0,))[1])

# %% [markdown] lang="en"
# ## Rows and columns
#
# Now any number of both. A function with n inputs and m outputs has m · n slopes: that of each output along
# each input. Written as a table with a row for each output and a column for each input, they are called the
# **Jacobian**. Here is one with 3 rows and 2 columns:

# %% [markdown] lang="ko"
# ## 행과 열
#
# 이제 입력도 출력도 여러 개일 때를 봅시다. 입력이 n개, 출력이 m개인 함수에는 기울기가 m · n개 있습니다.
# 출력마다, 또 입력마다 하나씩입니다. 출력 하나를 한 행에, 입력 하나를 한 열에 두어 표로 쓴 것을 **야코비
# 행렬**(Jacobian)이라고 합니다. 다음은 3행 2열인 예입니다.


# %%
def g(x, y):
    return x * y + x, x * x, y + 1.0


for direction in ((1.0, 0.0), (0.0, 1.0)):
    print("jvp ↓", jvp(g, (2.0, 5.0), direction)[1])
outputs, pull = vjp(g, 2.0, 5.0)
for weights in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)):
    print("vjp →", pull(weights))

# %% [markdown] lang="en"
# Each forward walk gives a **column**, each walk back a **row**; read the first two lines downwards, and you
# have the table of the other three. So the whole Jacobian costs
#
# | | walks | cheaper if |
# |---|---|---|
# | forward | n, one for each input | there are few inputs |
# | reverse | m, one for each output | there are few outputs |
#
# A network has a million weights or more, and what one wants to know is how *one* number, the loss, changes
# with each of them. Reverse gives all of that in one walk; forward would need a million. Look at it for a sum
# of 300 squares:

# %% [markdown] lang="ko"
# 순방향으로 한 번 가면 **열** 하나가, 거슬러 한 번 가면 **행** 하나가 나옵니다. 처음 두 줄을 세로로 세우면
# 나머지 세 줄의 표와 같습니다. 따라서 야코비 행렬 전체를 구하는 비용은 다음과 같습니다.
#
# | | 가는 횟수 | 유리한 경우 |
# |---|---|---|
# | 순방향 | n번, 입력마다 한 번 | 입력이 적을 때 |
# | 역방향 | m번, 출력마다 한 번 | 출력이 적을 때 |
#
# 신경망에는 가중치가 백만 개도 넘게 있고, 알고 싶은 것은 손실이라는 수 *하나*가 가중치마다 어떻게
# 변하는지입니다. 역방향은 한 번에 모두 알려 주지만, 순방향으로는 백만 번을 가야 합니다. 제곱 300개의 합에서
# 확인해 봅시다.


# %%
def squares(*xs):
    return sum(x * x for x in xs)


xs = [float(k) for k in range(300)]
start = time.perf_counter()
reverse = vjp(squares, *xs)[1](1.0)
middle = time.perf_counter()
forward = [jvp(squares, xs, [float(i == k) for i in range(300)])[1] for k in range(300)]
end = time.perf_counter()
print(list(reverse) == forward, f"    vjp: {middle - start:.3f} s    jvp: {end - middle:.3f} s")

# %% [markdown] lang="en"
# The answers are the same, and the times are not.
#
# ## The price of going back
#
# Why ever go forward, then? Because reverse has to *keep* things. It can begin only when the program has
# ended, and then it needs the values from the beginning. Our `Dual` forgets everything but two numbers; a
# graph grows with the program:

# %% [markdown] lang="ko"
# 답은 같지만 걸린 시간은 다릅니다.
#
# ## 거슬러 가는 값
#
# 그러면 순방향은 왜 쓸까요? 역방향은 계산한 것을 *기억해야* 하기 때문입니다. 프로그램이 끝난 뒤에야 시작할 수
# 있는데, 그때 처음에 계산한 값까지 필요합니다. 우리의 `Dual`은 수 두 개만 남기고 모두 잊지만, 그래프는
# 프로그램이 길어질수록 커집니다.

# %%
pair, x = Dual(0.4, 1.0), Value(0.4)
y = x
for _ in range(100):
    pair = pair * pair + Dual(0.25, 0.0)
    y = y * y + 0.25
nodes, _ = graph.ancestry([y])
y.backward()
print(f"dy/dx = {pair.tangent:.6g} = {x.grad:.6g},  {len(nodes)}")

# %% [markdown] lang="en"
# Both find the same slope. But here is a graph of 200 nodes for 100 steps, and it would be 2000 for 1000.
# (That holds for our `Dual`. `jvp` in `autodiff` walks over a graph as well, in the other direction: it saves
# walks, not memory.) So:
#
# - many inputs, one output, such as the loss of a network: **reverse**;
# - few inputs, many outputs, such as an orbit that depends on its start: **forward**;
# - the slope in one direction: **forward**, always one walk;
# - second derivatives, in lesson 10: one after the other.
#
# In the engine: `autodiff.transforms.jvp.jvp`, `autodiff.transforms.vjp.vjp`, and for the whole table
# `autodiff.transforms.jacobian.jacobian`, which chooses the cheaper direction by itself.
#
# ## Exercises
#
# **1.** Complete the rule of the product: from the values a and b and their tangents, the tangent of a · b.

# %% [markdown] lang="ko"
# 기울기는 같습니다. 하지만 100걸음에 노드 200개짜리 그래프가 생겼고, 1000걸음이라면 2000개가 되었을 것입니다.
# (우리의 `Dual`은 그래프가 필요 없지만, `autodiff`의 `jvp`는 그래프 위를 반대 방향으로 갑니다. 그래서 가는
# 횟수는 줄여도 메모리는 줄이지 않습니다.) 정리하면 다음과 같습니다.
#
# - 신경망의 손실처럼 입력은 많고 출력은 하나일 때: **역방향**
# - 출발 상태에 따라 달라지는 궤도처럼 입력은 적고 출력이 많을 때: **순방향**
# - 한 방향의 기울기만 알고 싶을 때: 언제나 한 번이면 되는 **순방향**
# - 10과에서 배울 이계도함수: 두 방향을 차례로
#
# 엔진에서 보기: `autodiff.transforms.jvp.jvp`와 `autodiff.transforms.vjp.vjp`, 그리고 표 전체를 구하는
# `autodiff.transforms.jacobian.jacobian`이 있습니다. 마지막 함수는 유리한 방향을 스스로 고릅니다.
#
# ## 연습 문제
#
# **1.** 곱의 규칙을 완성하세요. 값 a, b와 그 탄젠트로부터 a · b의 탄젠트를 구합니다.


# %%
def tangent_of_product(a, tangent_a, b, tangent_b):
    return ...


check(1, tangent_of_product)

# %% [markdown] lang="en"
# **2.** Let f(x, y) = x · y. At x = 3, y = 4, let x move at speed 2 and y at speed −1. At which speed does f
# move?

# %% [markdown] lang="ko"
# **2.** f(x, y) = x · y 라고 합시다. x = 3, y = 4에서 x가 속도 2로, y가 속도 −1로 움직입니다. f는 어떤 속도로
# 움직일까요?

# %%
answer = ...
check(2, answer)

# %% [markdown] lang="en"
# **3.** A function has 5 inputs and 3 outputs. How many walks does its Jacobian take forward, and how many in
# reverse? Answer with two numbers, (forward, reverse).

# %% [markdown] lang="ko"
# **3.** 입력이 5개, 출력이 3개인 함수가 있습니다. 야코비 행렬을 구하려면 순방향으로는 몇 번, 역방향으로는 몇
# 번 가야 할까요? (순방향, 역방향) 두 수로 답하세요.

# %%
answer = ...
check(3, answer)

# %% [markdown] lang="en"
# **4.** A weather model computes the temperatures of 10 000 places from 2 settings, and you want to know how
# each temperature depends on each setting. Which direction: "forward" or "reverse"?

# %% [markdown] lang="ko"
# **4.** 어떤 날씨 모형은 설정값 2개로 10 000곳의 기온을 계산합니다. 각 기온이 각 설정값에 따라 어떻게
# 변하는지 알고 싶습니다. 어느 방향이 좋을까요? 순방향이면 "forward", 역방향이면 "reverse"라고 답하세요.

# %%
answer = ...
check(4, answer)

# %% [markdown] lang="en"
# **5.** Find both slopes of *any* function f(x, y) by going forward: return (∂f/∂x, ∂f/∂y), with the help of
# `jvp`.
#
# Next: [9. From a neuron to a network](09_from_neuron_to_network.ipynb)

# %% [markdown] lang="ko"
# **5.** 순방향으로 *어떤* 함수 f(x, y)든 두 기울기를 구해 보세요. `jvp`를 써서 (∂f/∂x, ∂f/∂y)를 돌려주면
# 됩니다.
#
# 다음: [9. 뉴런에서 신경망까지](09_from_neuron_to_network.ipynb)


# %%
def both_slopes(f, x, y):
    return ...


check(5, both_slopes)
