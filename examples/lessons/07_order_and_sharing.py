"""Lesson 7, order and sharing: python examples/lessons/07_order_and_sharing.py [--lang ko]"""

from autodiff.lessons import tell

if __name__ == "__main__":
    tell(__file__)

# %% [markdown] lang="en"
# # 7. Why order matters, and sharing
#
# *About 15 minutes. You need: the graph, its local derivatives and backprop, from [lesson
# 6](06_backpropagation.ipynb).*
#
# Afterwards you can
#
# - say why gradients **add up** where a value is used more than once,
# - show with numbers how backprop goes wrong if it visits the nodes in a bad order,
# - put the nodes of any graph into a good order,
# - say what must not happen between computing a result and asking for its gradient.
#
# To recall: backprop walks from the result back to the inputs. What arrives at a node is multiplied by a
# local derivative, and passed on to an input. What has arrived at a node in the end is the **gradient** of
# the result with respect to it: how much the result changes if only this node changes a little.

# %% [markdown] lang="ko"
# # 7. 순서가 중요한 까닭과 값의 공유
#
# *읽는 데 약 15분. [6과](06_backpropagation.ipynb)의 계산 그래프와 국소 미분, 역전파를 알아야 합니다.*
#
# 이 수업을 마치면 다음을 할 수 있습니다.
#
# - 한 값이 여러 번 쓰이면 왜 기울기를 **더해야** 하는지 설명할 수 있습니다.
# - 노드를 잘못된 순서로 방문하면 역전파가 어떻게 틀리는지 숫자로 보일 수 있습니다.
# - 어떤 계산 그래프든 노드를 올바른 순서로 늘어놓을 수 있습니다.
# - 결과를 계산한 뒤 기울기를 구하기 전까지 무엇을 하면 안 되는지 말할 수 있습니다.
#
# 잠깐 복습합시다. 역전파는 결과에서 입력 쪽으로 거슬러 갑니다. 노드에 도착한 값에 국소 미분을 곱해 입력으로
# 넘겨줍니다. 마지막에 노드에 모인 값이 그 노드에 대한 결과의 **기울기**(gradient)입니다. 그 노드만 조금 변할
# 때 결과가 얼마나 변하는지를 나타냅니다.

# %%
import re

from autodiff import StaleError, Value, draw, graph, stepper
from autodiff.lessons import exercises

check = exercises(lesson=7, language="en")

# %% [markdown] lang="en"
# ## One value, used twice
#
# In `y = x * x` the value `x` is used twice: as the left factor, and as the right one. The picture has two
# edges from `x` to `y`, and each has its own local derivative: the other factor.

# %% [markdown] lang="ko"
# ## 두 번 쓰인 값
#
# `y = x * x`에서 `x`는 두 번 쓰입니다. 한 번은 왼쪽 인수로, 한 번은 오른쪽 인수로 쓰이지요. 그래서 그림에서도
# `x`에서 `y`로 가는 화살표가 두 개이고, 화살표마다 국소 미분이 따로 있습니다. 곱셈의 국소 미분은 상대편
# 인수입니다.

# %%
x = Value(3.0)
y = x * x
draw(y)

# %% [markdown] lang="en"
# Three comes back along each edge, and the picture adds them: 3 + 3 = 6. Why add, and not take the larger
# one, or the last one?
#
# Move `x` by a small step h. The left factor changes, and that alone moves y by about 3h. The right factor
# changes as well, and that alone moves y by another 3h. Both happen at once, so y moves by about 6h.

# %% [markdown] lang="ko"
# 화살표마다 3이 돌아오고, 그림은 그 둘을 더해 3 + 3 = 6이라고 적었습니다. 왜 더할까요? 큰 쪽만 고르거나
# 마지막 것만 남기면 안 될까요?
#
# `x`를 아주 조금, h만큼 움직여 봅시다. 왼쪽 인수가 변하면 그것만으로 y는 약 3h만큼 움직입니다. 오른쪽 인수도
# 변하므로 y는 또 3h만큼 움직입니다. 두 일이 동시에 일어나니 y는 모두 합쳐 약 6h만큼 움직입니다.

# %%
h = 0.001
left_alone = (3 + h) * 3 - 9
right_alone = 3 * (3 + h) - 9
both = (3 + h) * (3 + h) - 9
print(f"{left_alone:.6f} + {right_alone:.6f} = {left_alone + right_alone:.6f};  {both:.6f}")

# %% [markdown] lang="en"
# What is left over, 0.000001, is h², and vanishes beside h as h gets smaller. So here is the rule:
#
# **The gradient of a value is the sum of what comes back from every place where it was used.**
#
# ## Sharing in the middle
#
# Now something harder. The value `a` is used twice, and `a` itself is made of `x`.

# %% [markdown] lang="ko"
# 남는 차이 0.000001은 h²입니다. h가 작아지면 h에 견주어 없는 것이나 다름없게 됩니다. 그래서 다음 규칙이
# 나옵니다.
#
# **어떤 값의 기울기는 그 값이 쓰인 모든 곳에서 돌아온 값의 합입니다.**
#
# ## 가운데에서 함께 쓰이는 값
#
# 이번에는 조금 더 어려운 예입니다. `a`가 두 번 쓰이는데, `a` 자신도 `x`로 만든 값입니다.

# %%
x = Value(2.0)
a = x * x
v = a * x
y = v + a
draw(y)

# %% [markdown] lang="en"
# As a formula y = x³ + x², and its slope 3x² + 2x is 16 at x = 2. The picture says 16 as well.
#
# Let us do it by hand, to see where it can go wrong. This table has, for each node, its inputs and the local
# derivatives. `x` goes into `a` twice, so its two local derivatives, 2 and 2, stand there together as 4.

# %% [markdown] lang="ko"
# 식으로 쓰면 y = x³ + x²이고, x = 2에서 기울기 3x² + 2x는 16입니다. 그림에도 16이라고 나와 있습니다.
#
# 어디에서 틀릴 수 있는지 알아보기 위해 손으로 해 봅시다. 아래 표에는 노드마다 입력과 국소 미분이 적혀
# 있습니다. `x`는 `a`에 두 번 들어가므로 국소 미분 2와 2를 합쳐 4로 적었습니다.

# %%
local = {
    "y": {"v": 1.0, "a": 1.0},
    "v": {"a": 2.0, "x": 4.0},
    "a": {"x": 4.0},
    "x": {},
}

# %% [markdown] lang="en"
# Backprop is a loop over the nodes in some order. At each node it takes what has arrived there so far, and
# passes it on to the inputs, times the local derivative. `got` holds what has arrived.

# %% [markdown] lang="ko"
# 역전파는 정해진 순서로 노드를 하나씩 방문하는 반복문입니다. 노드마다 지금까지 도착한 값을 꺼내, 국소 미분을
# 곱해 입력으로 넘겨줍니다. `got`에는 도착한 값이 모입니다.


# %%
def backprop(local, order):
    got = dict.fromkeys(local, 0.0)
    got["y"] = 1.0
    for node in order:
        for name, rate in local[node].items():
            got[name] += got[node] * rate
    return got


# %% [markdown] lang="en"
# Both orders below start at `y` and visit every node once. Only one of them gives 16.

# %% [markdown] lang="ko"
# 아래의 두 순서는 모두 `y`에서 출발해 모든 노드를 한 번씩 방문합니다. 그런데 16이 나오는 것은 하나뿐입니다.

# %%
print(backprop(local, order=["y", "a", "v", "x"]))
print(backprop(local, order=["y", "v", "a", "x"]))

# %% [markdown] lang="en"
# In the first order `a` had its turn too early. It had got 1 from `y`, and passed on 1 · 4. Then `v` had its
# turn and sent 2 more to `a`, but `a` was done: 2 · 4 = 8 never reached `x`. The result is 8 instead of 16,
# **and nothing complains**. A wrong gradient looks like any other number.
#
# In the second order `v` comes before `a`. When it is `a`'s turn, 1 + 2 = 3 has arrived, and 3 · 4 is passed
# on.
#
# **A node may pass on what it has only when everything that can add to it has had its turn.** In other words:
# a node comes after all the nodes that use it.

# %% [markdown] lang="ko"
# 첫 번째 순서에서는 `a`의 차례가 너무 일렀습니다. `a`는 `y`에게서 1을 받아 1 · 4를 넘겨주었습니다. 그다음에
# `v`가 `a`에게 2를 더 보냈지만 `a`의 차례는 이미 끝났습니다. 그래서 2 · 4 = 8은 `x`에 이르지 못했습니다. 16이
# 아니라 8이 나왔는데도 **아무 오류도 나지 않습니다**. 틀린 기울기도 겉보기에는 여느 숫자와 다를 바 없습니다.
#
# 두 번째 순서에서는 `v`가 `a`보다 먼저 나옵니다. `a`의 차례가 되었을 때에는 1 + 2 = 3이 다 모여 있으므로 3 ·
# 4를 넘겨줍니다.
#
# **노드는 자기에게 값을 더해 줄 노드들의 차례가 모두 끝난 다음에야 값을 넘겨줄 수 있습니다.** 다시 말해,
# 노드는 자기를 쓰는 모든 노드보다 나중에 나와야 합니다.

# %% [markdown] lang="en"
# Step through it with `Next ▶`. First come the values, from left to right, then the gradients. Watch the sum
# at `a`: it has both its parts before `a` has its turn.

# %% [markdown] lang="ko"
# `Next ▶`(다음) 단추를 눌러 한 단계씩 넘겨 보세요. 먼저 왼쪽에서 오른쪽으로 값을 계산하고(FORWARD), 그다음
# 오른쪽에서 왼쪽으로 기울기를 구합니다(BACKWARD). `a`에서 합이 쌓이는 것을 지켜보세요. `a`의 차례가 오기 전에
# 두 값이 모두 모입니다.

# %%
stepper(y)

# %% [markdown] lang="en"
# ## Why not follow every way by itself?
#
# There is another right method that needs no order: follow every way from `y` to `x`, multiply along each,
# and add. Here there are three: y–a–x gives 1 · 4, y–v–x gives 1 · 4, y–v–a–x gives 1 · 2 · 4; together 16.
# But the number of ways explodes:

# %% [markdown] lang="ko"
# ## 길을 하나하나 따라가면 안 될까?
#
# 순서를 신경 쓰지 않아도 되는 올바른 방법이 하나 더 있습니다. `y`에서 `x`로 가는 모든 길을 따라가며 국소
# 미분을 곱하고, 그 결과를 모두 더하는 것입니다. 여기서는 길이 셋입니다. y–a–x에서 1 · 4, y–v–x에서 1 · 4,
# y–v–a–x에서 1 · 2 · 4, 합치면 16입니다. 그런데 길의 수는 걷잡을 수 없이 늘어납니다.

# %%
x = Value(1.0)
y = x
for _ in range(50):
    y = y + y
y.backward()
print(f"{x.grad:,.0f}")

# %% [markdown] lang="en"
# Each line doubles the number of ways: there are 2⁵⁰, over a thousand million million. Nobody could follow
# them all, and yet the answer was there at once, because in a good order every **edge** is walked once: a
# hundred edges. What has come together at a node is passed on together. That is why backprop is fast.
#
# ## Where a good order comes from
#
# A node can only be made of nodes that exist already. So if every node gets a number when it is made, 1, 2,
# 3…, an input always has a smaller number than what is made of it. Going from the largest number to the
# smallest, every node comes after all the nodes that use it. That is all there is to it, and it is how this
# engine does it:

# %% [markdown] lang="ko"
# 한 줄마다 길의 수가 두 배가 되므로 길은 모두 2⁵⁰개, 천조 개가 넘습니다. 하나하나 따라가는 것은 불가능합니다.
# 그런데도 답은 곧바로 나왔습니다. 올바른 순서로 가면 **화살표**(edge)를 한 번씩만 지나면 되고, 화살표는 백
# 개뿐이기 때문입니다. 노드에 모인 것은 한꺼번에 넘겨줍니다. 역전파가 빠른 까닭이 여기에 있습니다.
#
# ## 올바른 순서는 어디에서 올까?
#
# 노드는 이미 있는 노드로만 만들 수 있습니다. 그러니 노드를 만들 때마다 1, 2, 3, …으로 번호를 매기면, 입력의
# 번호는 그것으로 만든 노드의 번호보다 언제나 작습니다. 번호가 큰 것부터 작은 것으로 가면, 모든 노드가 자기를
# 쓰는 노드들보다 나중에 나옵니다. 이것이 전부입니다. 이 엔진도 바로 이렇게 합니다.

# %%
x = Value(2.0)
a = x * x
v = a * x
y = v + a
for node in sorted([x, y, a, v], key=lambda node: node.number, reverse=True):
    print(node.number, node.value)

# %% [markdown] lang="en"
# The engine's search collects what `y` was made of and sorts it, in `autodiff.graph.ancestry`; the loop over
# it is `autodiff.backward.pull_back`, and its inner step, with the same `+` as ours, is
# `autodiff.backward.pull`. An order in which everything comes after what uses it is called a *topological
# order*.

# %% [markdown] lang="ko"
# 엔진에서 `y`를 만드는 데 쓰인 노드를 모아 정렬하는 곳은 `autodiff.graph.ancestry`입니다. 그 노드들을 차례로
# 방문하는 반복문은 `autodiff.backward.pull_back`이고, 우리처럼 `+`로 더하는 안쪽 단계는
# `autodiff.backward.pull`입니다. 이처럼 모든 것이 자기를 쓰는 것보다 나중에 나오는 순서를 *위상 정렬*
# 순서라고 합니다.

# %%
order, _ = graph.ancestry([y])
print([node.number for node in order], [node.op.name for node in order])

# %% [markdown] lang="en"
# `x` is not among them: nothing made it, so there is nothing to pass on. Nodes like it are called *leaves*.
#
# A loop over a sorted list has one more advantage. It does not call itself for each input, as many first
# attempts at an engine do, so a long program is no problem:

# %% [markdown] lang="ko"
# `x`는 여기에 없습니다. 다른 것으로 만든 값이 아니므로 더 넘겨줄 곳이 없기 때문입니다. 이런 노드를
# *잎*(leaf)이라고 합니다.
#
# 정렬한 목록을 도는 반복문에는 좋은 점이 하나 더 있습니다. 엔진을 처음 만드는 사람들은 흔히 입력마다 함수가
# 자기 자신을 다시 부르게 하는데, 그러면 긴 프로그램에서 파이썬의 한계에 걸립니다. 반복문은 아무리 길어도
# 괜찮습니다.

# %%
x = Value(1.0)
y = x
for _ in range(20_000):
    y = y * 1.0001
y.backward()
print(f"{x.grad:.10g} {1.0001**20_000:.10g}")

# %% [markdown] lang="en"
# ## What must not happen in between
#
# The local derivatives are made of the values that were there when the program ran. What if somebody changes
# `x` after it was used, and before the gradient is asked for?

# %% [markdown] lang="ko"
# ## 그사이에 해서는 안 되는 일
#
# 국소 미분은 프로그램이 실행될 때의 값으로 만들어집니다. 그런데 `x`를 쓴 다음, 기울기를 구하기 전에 누군가가
# `x`를 바꾸면 어떻게 될까요?

# %%
x = Value(2.0)
y = x * x
x.data = 5.0
try:
    y.backward()
except StaleError as error:
    # en: the message names both lines, too
    # ko: 오류 메시지는 두 줄의 위치도 알려 줍니다
    print(re.sub(r" at [^ ,]*", "", str(error)))

# %% [markdown] lang="en"
# `y` is 4, made of 2. An engine that now multiplied by the new value would answer 5 + 5 = 10, the slope of
# nothing that anybody wrote. This one refuses. How does it know? A leaf that gets new data gets a **new
# number**. So here an input is younger than what was made of it, and that can't be: `autodiff.graph.ancestry`
# looks at every edge. The remedy is to compute `y` again.
#
# ## Exercises
#
# **1.** Let `a = 3 * x`, `b = a * a`, `y = a * b`, at x = 1. What is the gradient of y with respect to `a`,
# ∂y/∂a?

# %% [markdown] lang="ko"
# `y`는 2로 계산한 4입니다. 이제 와서 새 값을 곱하는 엔진이라면 5 + 5 = 10이라고 답할 텐데, 이것은 아무도
# 계산하지 않은 식의 기울기입니다. 이 엔진은 계산하지 않고 오류를 냅니다. 어떻게 알았을까요? 잎에 새 값을
# 넣으면 **번호도 새로** 매기기 때문입니다. 그러면 입력이 그것으로 만든 노드보다 나중에 생긴 셈이 되는데, 그럴
# 수는 없습니다. `autodiff.graph.ancestry`는 화살표마다 이것을 확인합니다. 이럴 때에는 `y`를 다시 계산하면
# 됩니다.
#
# ## 연습 문제
#
# **1.** x = 1에서 `a = 3 * x`, `b = a * a`, `y = a * b`라고 합시다. `a`에 대한 y의 기울기 ∂y/∂a는 얼마일까요?

# %%
answer = ...
check(1, answer)

# %% [markdown] lang="en"
# **2.** In which of these orders does backprop get the gradients of that graph right: `"y a b x"`, `"y b a
# x"` or `"x a b y"`?

# %% [markdown] lang="ko"
# **2.** 다음 가운데 어느 순서로 방문해야 이 그래프의 기울기가 올바르게 나올까요? `"y a b x"`, `"y b a x"`,
# `"x a b y"`

# %%
answer = ...
check(2, answer)

# %% [markdown] lang="en"
# **3.** Somebody visits the nodes of `a = x * x`, `v = a * x`, `y = v + a` at x = 2 in the good order y, v,
# a, x, with the table `local` from above, but writes `got[name] = got[node] * rate`, with `=` instead of
# `+=`. What is left at `x`?

# %% [markdown] lang="ko"
# **3.** 어떤 사람이 x = 2에서 `a = x * x`, `v = a * x`, `y = v + a`의 노드를 올바른 순서 y, v, a, x로, 위의
# 표 `local`을 써서 방문했습니다. 그런데 `+=` 대신 `=`를 써서 `got[name] = got[node] * rate`라고 적었습니다.
# `x`에는 얼마가 남을까요?

# %%
answer = ...
check(3, answer)

# %% [markdown] lang="en"
# **4.** Write a function that counts the ways from a node to `"x"` in such a table. In the table above,
# `ways(local, "y")` is 3 (the edge from `a` to `x` counts once). From `"x"` itself there is one way: to stay.
# (The function may call itself.)
#
# Next: [8. Forward against reverse](08_forward_and_reverse.ipynb)

# %% [markdown] lang="ko"
# **4.** 이런 표에서 어떤 노드로부터 `"x"`까지 가는 길의 수를 세는 함수를 써 보세요. 위의 표에서 `ways(local,
# "y")`는 3입니다(`a`에서 `x`로 가는 화살표는 하나로 칩니다). `"x"`에서 `"x"`로 가는 길은 가만히 있는 것
# 하나입니다. (함수가 자기 자신을 불러도 됩니다.)
#
# 다음: [8. 순방향과 역방향](08_forward_and_reverse.ipynb)


# %%
def ways(local, node):
    return ...


check(4, ways)
