"""Lesson 11, the source: python examples/lessons/11_how_this_engine_is_written.py [--lang ko]"""

from autodiff.lessons import tell

if __name__ == "__main__":
    tell(__file__)

# %% [markdown] lang="en"
# # 11. How this engine is written
#
# *About 30 minutes, with the source beside it. You need: lessons [5](05_the_chain_rule.ipynb),
# [7](07_order_and_sharing.ipynb) and [8](08_forward_and_reverse.ipynb).*
#
# Afterwards you can
#
# - find your way through the source of `autodiff`, and say what each file is for,
# - write the backward walk and the forward walk yourself, with the engine's own rules,
# - add a function of your own to the engine.

# %% [markdown] lang="ko"
# # 11. 이 엔진의 소스 읽기
#
# *소스를 옆에 펴 놓고 읽는 데 약 30분. [5과](05_the_chain_rule.ipynb), [7과](07_order_and_sharing.ipynb),
# [8과](08_forward_and_reverse.ipynb)를 먼저 읽으세요.*
#
# 이 수업을 마치면 다음을 할 수 있습니다.
#
# - `autodiff`의 소스에서 길을 찾고, 파일마다 무엇이 들어 있는지 말할 수 있습니다.
# - 엔진에 있는 규칙을 써서 역방향과 순방향 계산을 직접 짤 수 있습니다.
# - 엔진에 새로운 함수를 추가할 수 있습니다.

# %%
import math

import numpy as np

from autodiff import Value, draw, elementwise, grad
from autodiff.graph import SCALAR, ancestry
from autodiff.lessons import exercises
from autodiff.primitives.arithmetic import multiply
from autodiff.testing import check_grads

check = exercises(lesson=11, language="en")

# %% [markdown] lang="en"
# ## One idea
#
# **The graph records what happened, never what to do.** Whatever the engine can do, differentiating, drawing,
# explaining, compiling, is a walk over that record. So there are three things to read: how it is recorded,
# the rules, and the walks. Here is a record:

# %% [markdown] lang="ko"
# ## 한 가지 생각
#
# **그래프는 무슨 일이 일어났는지만 기록하고, 무엇을 할지는 기록하지 않습니다.** 미분하기, 그리기, 설명하기,
# 컴파일하기 등 엔진이 하는 일은 모두 이 기록을 따라가는 것입니다. 그래서 읽을 것은 세 가지입니다. 기록하는
# 방법, 규칙, 그리고 따라가는 방법입니다. 다음이 그런 기록입니다.

# %%
x, z = Value(2.0, name="x"), Value(5.0, name="z")
a = x * z
b = x.sin()
y = a + b
draw(y)

# %% [markdown] lang="en"
# ## Recording
#
# Each box is a `autodiff.graph.Node`. When Python runs `x * z`, it computes the product and makes a node that
# keeps four things: the value, the operation, what it was computed from, and a number.

# %% [markdown] lang="ko"
# ## 기록하기
#
# 상자 하나하나가 `autodiff.graph.Node`입니다. 파이썬이 `x * z`를 실행하면 곱을 계산하고 노드를 하나 만듭니다.
# 노드에 남는 것은 네 가지입니다. 값, 연산, 무엇으로 계산했는지, 그리고 번호입니다.

# %%
names = {x: "x", z: "z", a: "a", b: "b", y: "y"}
for node in (x, z, a, b, y):
    made_of = ", ".join(names[i] for i in node.inputs)
    print(f"{names[node]}  {node.value:9.5f}  {node.op!s:22}  {made_of:5}  {node.number - x.number}")

# %% [markdown] lang="en"
# (The last column counts from x. Your numbers are larger: the engine counts all nodes.) x and z come from no
# operation; they are called **leaves**.
#
# A node points to what it was made of, and never the other way: x does not know that it was used. When y is
# no longer needed, the whole graph is freed at once.
#
# Why the number? An input exists before anything is made of it, so its number is smaller. Sorting by number,
# the largest first, is an order in which every node comes before its inputs, which is just what lesson 7
# asked for. `autodiff.graph.ancestry` collects the nodes and sorts them; the leaves are left out.

# %% [markdown] lang="ko"
# (마지막 칸은 x부터 센 번호입니다. 엔진은 모든 노드를 통틀어 번호를 매기므로 실제 번호는 더 큽니다.) x와 z는
# 어떤 연산의 결과도 아닙니다. 이런 노드를 **잎**(leaf)이라고 합니다.
#
# 노드는 자기를 만든 것을 가리키고, 거꾸로 가리키는 일은 없습니다. x는 자기가 쓰였다는 것을 모릅니다. 그래서
# y가 필요 없어지면 그래프 전체가 한꺼번에 메모리에서 사라집니다.
#
# 번호는 왜 있을까요? 입력은 그것으로 만든 노드보다 먼저 있으므로 번호가 더 작습니다. 번호가 큰 것부터
# 늘어놓으면 모든 노드가 자기 입력보다 앞에 옵니다. 바로 7과에서 필요했던 순서입니다.
# `autodiff.graph.ancestry`가 노드를 모아 정렬해 줍니다. 잎은 빠집니다.

# %%
order, _ = ancestry([y])
[names[node] for node in order]

# %% [markdown] lang="en"
# ## The rules
#
# An operation is a `autodiff.graph.Primitive`: a function whose derivative is known. Each of them stands in
# one line of a table. This is the line of multiplication, `autodiff.primitives.arithmetic.multiply`:
#
#     multiply = elementwise("multiply", np.multiply, operator.mul, "y", "x", form="x * y")
#
# Its name; how arrays are multiplied; how two numbers are; and the local derivatives (lesson 5): by x it is
# y, and by y it is x. Nothing else is written anywhere. And `autodiff.primitives.elementary.sin`, whose local
# derivative is the cosine:
#
#     sin = elementwise("sin", np.sin, number(math.sin, cmath.sin), "m.cos(x)")
#
# What is m? The place where the cosine is computed: on numbers, on arrays, or on nodes, so that the
# derivative is recorded too, and can be differentiated again. One text serves all three.
#
# From the local derivatives, `autodiff.kinds.elementwise` makes a rule for each direction. `pulls` are for
# the backward walk, one for each input. Given g, the derivative of the end by the result, they answer with
# the derivative of the end by the input. For 2 · 5 and g = 1:

# %% [markdown] lang="ko"
# ## 규칙
#
# 연산은 `autodiff.graph.Primitive`, 곧 미분하는 방법을 아는 함수입니다. 연산마다 표에 한 줄씩 적혀 있습니다.
# 곱셈(`autodiff.primitives.arithmetic.multiply`)은 다음 한 줄입니다.
#
#     multiply = elementwise("multiply", np.multiply, operator.mul, "y", "x", form="x * y")
#
# 차례로 이름, 배열을 곱하는 방법, 두 수를 곱하는 방법, 그리고 국소 미분(5과)입니다. x로 미분하면 y, y로
# 미분하면 x이지요. 곱셈의 미분에 대해 적혀 있는 것은 이것뿐입니다.
# 사인(`autodiff.primitives.elementary.sin`)의 국소 미분은 코사인입니다.
#
#     sin = elementwise("sin", np.sin, number(math.sin, cmath.sin), "m.cos(x)")
#
# m은 무엇일까요? 코사인을 어디에서 계산할지를 나타냅니다. 수로 계산할 수도 있고, 배열로 계산할 수도 있고,
# 노드로 계산할 수도 있습니다. 노드로 계산하면 도함수도 기록되므로 다시 미분할 수 있습니다. 글 하나가 세 곳에
# 모두 쓰입니다.
#
# `autodiff.kinds.elementwise`는 국소 미분에서 두 방향의 규칙을 만들어 줍니다. `pulls`는 역방향의 규칙으로,
# 입력마다 하나씩 있습니다. 마지막 결과를 이 연산의 결과로 미분한 값 g를 주면, 마지막 결과를 입력으로 미분한
# 값을 돌려줍니다. 2 · 5 이고 g = 1일 때는 다음과 같습니다.

# %%
by_x, by_z = multiply.rules.pulls
print(by_x(SCALAR, 1.0, 10.0, 2.0, 5.0), by_z(SCALAR, 1.0, 10.0, 2.0, 5.0))

# %% [markdown] lang="en"
# The arguments are m (here `SCALAR`, for numbers), g, the result, and the inputs.
#
# ## The backward walk
#
# Now you can write it. Begin with 1 at the end, go through the nodes in order, and pass on what each has;
# where two ways meet, add:

# %% [markdown] lang="ko"
# 인수는 차례로 m(여기서는 수를 뜻하는 `SCALAR`), g, 연산의 결과, 그리고 입력들입니다.
#
# ## 역방향으로 가기
#
# 이제 직접 짤 수 있습니다. 끝에서 1로 시작해 순서대로 노드를 지나며, 노드마다 가진 것을 입력에 넘겨줍니다. 두
# 길이 만나는 곳에서는 더합니다.


# %%
def backward(y):
    cotangents = {y: 1.0}
    for node in ancestry([y])[0]:
        g, values = cotangents.pop(node), [i.value for i in node.inputs]
        for i, pull in zip(node.inputs, node.op.rules.pulls, strict=True):
            part = pull(SCALAR, g, node.value, *values)
            cotangents[i] = cotangents.get(i, 0.0) + part
    return cotangents


print({names[node]: slope for node, slope in backward(y).items()}, "cos 2 + 5 =", math.cos(2) + 5)

# %% [markdown] lang="en"
# That is the engine's walk. Compare it with `autodiff.backward.pull`, which does the same for one node; what
# is more there is for arrays (their shapes), for settings such as `axis`, and for inputs that nobody asked
# about. And `autodiff.backward.pull_back` is the loop.
#
# ## The forward walk
#
# The same nodes from the other end, the smallest number first, with the other rule, `push`: given the
# tangents of the inputs (lesson 8), the tangent of the result. See `autodiff.forward.push_forward`.

# %% [markdown] lang="ko"
# 엔진이 하는 일이 바로 이것입니다. 노드 하나에 대해 같은 일을 하는 `autodiff.backward.pull`과 비교해 보세요.
# 그곳에 더 있는 것은 배열의 모양, `axis` 같은 설정, 미분하지 않을 입력을 다루는 부분입니다. 반복문은
# `autodiff.backward.pull_back`에 있습니다.
#
# ## 순방향으로 가기
#
# 같은 노드를 반대쪽 끝에서, 곧 번호가 작은 것부터 지나갑니다. 규칙은 `push`를 씁니다. 입력의 탄젠트(8과)를
# 주면 결과의 탄젠트를 돌려줍니다. `autodiff.forward.push_forward`를 보세요.


# %%
def forward(y, tangents):
    tangents = dict(tangents)
    for node in reversed(ancestry([y])[0]):
        of_inputs = [tangents.get(i, 0.0) for i in node.inputs]
        values = [i.value for i in node.inputs]
        tangents[node] = node.op.rules.push(SCALAR, of_inputs, node.value, *values)
    return tangents[y]


print(forward(y, {x: 1.0}), forward(y, {z: 1.0}))

# %% [markdown] lang="en"
# ## A function of your own
#
# The engine's own operations have no privilege: what declares them, declares yours. The bell curve exp(−x²)
# has the derivative −2x · exp(−x²), and exp(−x²) is the result, which is called `out`:

# %% [markdown] lang="ko"
# ## 나만의 함수
#
# 엔진에 원래 있는 연산이라고 특별하지는 않습니다. 똑같은 방법으로 새 연산을 만들 수 있습니다. 종 모양의 곡선
# exp(−x²)의 도함수는 −2x · exp(−x²)이고, exp(−x²)은 계산의 결과이므로 `out`이라고 쓰면 됩니다.

# %%
bell = elementwise("bell", lambda x: np.exp(-x * x), lambda x: math.exp(-x * x), "-2.0 * x * out")

print(bell(0.25), grad(bell)(0.25), grad(grad(bell))(0.25))
print(grad(lambda x: bell(x).sum())(np.array([-0.5, 0.0, 0.5])))

# %% [markdown] lang="en"
# One line, and it works with numbers and arrays, forward and backward, to any order. Is it right? The engine
# can compare a function with slopes from small steps (lesson 1); it says where they differ, and nothing if
# they agree:

# %% [markdown] lang="ko"
# 한 줄만 썼는데 수와 배열에, 순방향과 역방향으로, 몇 번을 미분하든 쓸 수 있습니다. 맞게 썼을까요? 엔진은
# 함수의 도함수를 아주 조금 움직여서 구한 기울기(1과)와 비교해 볼 수 있습니다. 다르면 어디가 다른지 알려 주고,
# 같으면 아무 말도 하지 않습니다.

# %%
check_grads(bell, (np.array([-0.5, 0.0, 0.5]),))

# %% [markdown] lang="en"
# ## The tour
#
# Now read the real thing. It begins with prose, and the code is short.
#
# | file | minutes | look for |
# |---|---|---|
# | `autodiff.graph` | 8 | what a node keeps, and when nothing is recorded (`autodiff.graph.make`) |
# | `autodiff.backward` | 5 | the loop, and why sums are made as a + b and never in place |
# | `autodiff.forward` | 3 | the same loop, reversed |
# | `autodiff.kinds` | 6 | how one local derivative becomes the rules of both directions |
# | `autodiff.primitives.elementary` | 3 | the table; find your favourite function |
# | `autodiff.transforms.grad` | 5 | how a walk becomes the function `grad` |
#
# After that, each file is one feature: `autodiff.draw` draws the graph, `autodiff.jit` compiles it (the next
# lesson), and so on.

# %% [markdown] lang="ko"
# ## 소스 둘러보기
#
# 이제 진짜 소스를 읽을 차례입니다. 파일마다 앞에 (영어로 된) 설명이 있고, 코드는 짧습니다.
#
# | 파일 | 분 | 눈여겨볼 것 |
# |---|---|---|
# | `autodiff.graph` | 8 | 노드에 무엇이 남는지, 언제 기록하지 않는지(`autodiff.graph.make`) |
# | `autodiff.backward` | 5 | 반복문, 그리고 합을 왜 언제나 a + b 로 새로 만드는지 |
# | `autodiff.forward` | 3 | 방향만 바꾼 같은 반복문 |
# | `autodiff.kinds` | 6 | 국소 미분 하나에서 두 방향의 규칙이 나오는 과정 |
# | `autodiff.primitives.elementary` | 3 | 연산의 표. 좋아하는 함수를 찾아보세요 |
# | `autodiff.transforms.grad` | 5 | 그래프를 거슬러 가는 계산이 `grad`라는 함수가 되는 과정 |
#
# 나머지는 파일마다 기능 하나씩입니다. `autodiff.draw`는 그래프를 그리고, `autodiff.jit`는 그래프를
# 컴파일합니다(다음 수업).

# %% [markdown] lang="en"
# ## Exercises
#
# **1.** `w = x * x + x` with `x = Value(3.0)`: how many nodes does `ancestry([w])` list?

# %% [markdown] lang="ko"
# ## 연습 문제
#
# **1.** `x = Value(3.0)`이고 `w = x * x + x`일 때 `ancestry([w])`에 들어 있는 노드는 몇 개일까요?

# %%
answer = ...
check(1, answer)

# %% [markdown] lang="en"
# **2.** A new operation computes x³. Write its local derivative as the table has it, as a text in x, such as
# `"m.cos(x)"`.

# %% [markdown] lang="ko"
# **2.** x³ 을 계산하는 연산을 새로 만들려고 합니다. 국소 미분을 표에서처럼 `"m.cos(x)"` 같은, x를 쓴 문자열로
# 써 보세요.

# %%
answer = ...
check(2, answer)

# %% [markdown] lang="en"
# **3.** Write the pull of subtraction x − y for its *second* input: g is given, what does y get?

# %% [markdown] lang="ko"
# **3.** 뺄셈 x − y 의 *두 번째* 입력에 대한 pull을 써 보세요. g가 주어질 때 y는 무엇을 받을까요?


# %%
def pull_y(m, g, out, x, y):
    return ...


check(3, pull_y)

# %% [markdown] lang="en"
# **4.** Write the push of multiplication: t and u are the tangents of x and of y.

# %% [markdown] lang="ko"
# **4.** 곱셈 x · y 의 push를 써 보세요. t와 u는 각각 x와 y의 탄젠트입니다.


# %%
def push(m, t, u, out, x, y):
    return ...


check(4, push)

# %% [markdown] lang="en"
# **5.** Somebody walks backward over `y = x * z + x.sin()` in the order of *increasing* number, the smallest
# first. What goes wrong: does a node pass on too "early", or too "late"?
#
# Next: [12. What the compiler does](12_what_the_compiler_does.ipynb)

# %% [markdown] lang="ko"
# **5.** 누군가 `y = x * z + x.sin()`의 그래프를 번호가 *작은* 것부터 거슬러 가려고 합니다. 무엇이 잘못될까요?
# 노드가 자기 몫을 다 받기도 전에 너무 일찍 넘겨주면 "early", 너무 늦게 넘겨주면 "late"라고 답하세요.
#
# 다음: [12. 컴파일러가 하는 일](12_what_the_compiler_does.ipynb)

# %%
answer = ...
check(5, answer)
