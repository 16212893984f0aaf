"""Lesson 6, backpropagation: python examples/lessons/06_backpropagation.py [--lang ko]"""

from autodiff.lessons import tell

if __name__ == "__main__":
    tell(__file__)

# %% [markdown] lang="en"
# # 6. Backpropagation by hand, and by the engine
#
# *About 20 minutes. You need: [lesson 5](05_the_chain_rule.ipynb), and what a class is in Python.*
#
# Afterwards you can
#
# - write the derivatives of a small program by hand, line by line, from its last line to its first,
# - write an engine that does it, in twenty lines,
# - use the real one, and say what `backward()`, `.grad` and `zero_grad()` do.

# %% [markdown] lang="ko"
# # 6. 손으로 하는 역전파, 엔진으로 하는 역전파
#
# *읽는 데 약 20분. [5과](05_the_chain_rule.ipynb)를 먼저 읽으세요. 파이썬의 클래스(class)도 조금 알아야
# 합니다.*
#
# 이 수업을 마치면 다음을 할 수 있습니다.
#
# - 짧은 프로그램을 마지막 줄부터 첫 줄까지 한 줄씩 거슬러 올라가며 손으로 미분할 수 있습니다.
# - 그 일을 대신하는 엔진을 스무 줄로 만들 수 있습니다.
# - 실제 엔진을 쓰고, `backward()`, `.grad`, `zero_grad()`가 무슨 일을 하는지 설명할 수 있습니다.

# %%
import math

from autodiff import Value, draw, sin, stepper
from autodiff.lessons import exercises

check = exercises(lesson=6, language="en")

# %% [markdown] lang="en"
# ## By hand
#
# Take z = x · y + sin(x) once more, at x = 2, y = 3. First compute it, one operation a line, and keep every
# result. This is the **forward pass**:

# %% [markdown] lang="ko"
# ## 손으로 하기
#
# 앞에서 본 z = x · y + sin(x) 를 x = 2, y = 3 에서 다시 봅시다. 먼저 한 줄에 연산 하나씩 계산하면서 결과를
# 모두 남겨 둡니다. 이것을 **순전파**(forward pass)라고 합니다.

# %%
x, y = 2.0, 3.0
a = x * y
b = math.sin(x)
z = a + b
z

# %% [markdown] lang="en"
# Now the **backward pass**. For every number, ask how much z changes if you push that number: its *gradient*.
# Write it as dx for x, da for a, and so on. Begin at the end, with dz = 1, and go through the lines above
# from the last to the first. Each line hands the gradient of its result on to what it was made of, times the
# local derivative:

# %% [markdown] lang="ko"
# 이제 **역전파**(backward pass)입니다. 수마다 그 수를 살짝 밀면 z가 그 몇 배만큼 변하는지 구합니다. 이것을 그
# 수의 *그레이디언트*라고 하고, x의 것은 dx, a의 것은 da처럼 쓰겠습니다. 끝에서 dz = 1 로 시작하여 위의 줄들을
# 마지막 줄부터 첫 줄까지 거슬러 올라갑니다. 줄마다 결과의 그레이디언트에 국소 미분을 곱하여, 그 줄에서 쓴
# 수에 넘겨줍니다.

# %%
dz = 1.0
# en: z = a + b: both local derivatives are 1
# ko: z = a + b: 국소 미분은 둘 다 1
da, db = dz * 1, dz * 1
# en: b = sin(x): the local derivative is cos(x)
# ko: b = sin(x): 국소 미분은 cos(x)
dx = db * math.cos(x)
# en: a = x · y: the local derivatives are y and x; x gets a second share, so add
# ko: a = x · y: 국소 미분은 y와 x. x는 두 번째로 받으므로 더합니다
dx, dy = dx + da * y, da * x
dx, dy

# %% [markdown] lang="en"
# These are y + cos(x) = 2.584 and x = 2, as they should be. Look at three things:
#
# 1. The order. da is used only after it is complete. If the lines go from last to first, it always is, for
#    whatever uses a stands below the line that makes it.
# 2. The sum. x is used in two lines, and gets a share from each. The second one is *added*.
# 3. The values. cos(x) and y and x are needed on the way back, so the forward pass has to keep them.
#
# And one walk back gave *both* derivatives. With a million variables it would have been one walk as well.
# That is what makes it possible to train large networks.
#
# ## An engine in twenty lines
#
# Nothing of this needs thought, so a program can do it. A number must remember what it was made of, and the
# local derivatives. All numbers go into a list as they are made, for the order:

# %% [markdown] lang="ko"
# y + cos(x) = 2.584와 x = 2, 맞게 나왔습니다. 세 가지를 눈여겨보세요.
#
# 1. 순서. da는 다 모인 다음에만 씁니다. 마지막 줄부터 첫 줄로 가면 언제나 그렇게 됩니다. a를 쓰는 줄은 모두
#    a를 만드는 줄보다 아래에 있으니까요.
# 2. 합. x는 두 줄에서 쓰이므로 두 번 받습니다. 두 번째 것은 *더합니다*.
# 3. 값. 거슬러 올라갈 때 cos(x), y, x가 필요하므로 순전파에서 값을 남겨 두어야 합니다.
#
# 그리고 한 번 거슬러 올라가서 미분을 *둘 다* 구했습니다. 변수가 백만 개여도 한 번이면 됩니다. 큰 신경망을
# 학습시킬 수 있는 것은 바로 이 덕분입니다.
#
# ## 스무 줄짜리 엔진
#
# 이 일은 정해진 대로만 하면 되므로 프로그램에 맡길 수 있습니다. 수가 무엇으로 만들어졌는지, 국소 미분은
# 얼마인지 기억하게 하면 됩니다. 순서를 알 수 있도록, 수를 만들 때마다 리스트에 차례로 넣습니다.

# %%
made = []


class Number:
    def __init__(self, value, inputs=()):
        self.value, self.inputs, self.grad = value, inputs, 0.0
        made.append(self)

    def __add__(self, other):
        return Number(self.value + other.value, [(self, 1.0), (other, 1.0)])

    def __mul__(self, other):
        return Number(self.value * other.value, [(self, other.value), (other, self.value)])


# %% [markdown] lang="en"
# `__add__` is what Python calls for a plus, and `__mul__` for a times. `inputs` are pairs: a number that was
# used, and the local derivative with respect to it. A sine is one more line, and so would be any other
# function:

# %% [markdown] lang="ko"
# 파이썬은 더하기를 할 때 `__add__`를, 곱하기를 할 때 `__mul__`을 부릅니다. `inputs`는 쓴 수와 그 수에 대한
# 국소 미분의 쌍입니다. sin은 한 줄이면 되고, 다른 함수도 마찬가지입니다.


# %%
def sine(x):
    return Number(math.sin(x.value), [(x, math.cos(x.value))])


def backward(result):
    result.grad = 1.0
    for number in reversed(made):
        for used, local in number.inputs:
            used.grad += number.grad * local


# %% [markdown] lang="en"
# That is all: from the last number to the first, every number hands its gradient on, times the local
# derivative, and what arrives is added. (What does not belong to the result has the gradient 0, and hands on
# 0.) Does it work?

# %% [markdown] lang="ko"
# 이것이 전부입니다. 마지막 수부터 첫 수까지, 수마다 자기 그레이디언트에 국소 미분을 곱하여 넘겨주고, 받은
# 쪽에서는 더합니다(결과와 상관없는 수는 그레이디언트가 0이므로 0을 넘겨줍니다). 잘될까요?

# %%
x, y = Number(2.0), Number(3.0)
z = x * y + sine(x)
backward(z)
x.grad, y.grad

# %% [markdown] lang="en"
# It does. You have written an automatic differentiation engine.
#
# ## The same with `autodiff`
#
# `Value` is such a number, with all of Python's operators:

# %% [markdown] lang="ko"
# 잘됩니다. 자동 미분 엔진을 직접 만든 것입니다.
#
# ## `autodiff`로 하기
#
# `Value`가 바로 이런 수이고, 파이썬의 연산자를 모두 쓸 수 있습니다.

# %%
x, y = Value(2.0), Value(3.0)
a = x * y
b = sin(x)
z = a + b
z.backward()
x.grad, y.grad

# %% [markdown] lang="en"
# To see it at work, step through it. First forward, then backward; press the arrow keys or the buttons. The
# panel shows the rule of each step, and what is multiplied and added:

# %% [markdown] lang="ko"
# 어떻게 일하는지 한 단계씩 따라가 봅시다. 먼저 순전파, 그다음에 역전파입니다. 화살표 키나 단추를 누르세요.
# 단계마다 쓰는 공식과, 무엇을 곱하고 무엇을 더하는지 보여 줍니다(화면의 설명은 영어입니다).

# %%
stepper(z)

# %% [markdown] lang="en"
# (Where pages are shown without running their programs, as on GitHub, there is no stepper to be seen. This is
# how it ends.)

# %% [markdown] lang="ko"
# (GitHub처럼 프로그램을 실행하지 않고 보여 주는 곳에서는 이 화면이 나타나지 않습니다. 마지막 모습은 다음과
# 같습니다.)

# %%
draw(z)

# %% [markdown] lang="en"
# In the engine, the parts have these names:
#
# - A number that remembers is a `autodiff.graph.Node`. It keeps *which* operation made it, and not the local
#   derivatives; lesson 11 tells why.
# - Nodes are numbered as they are made. What belongs to a result, from the youngest to the oldest, is found
#   by `autodiff.graph.ancestry`, in place of our list of everything.
# - The loop is `autodiff.backward.pull_back`.
#
# ## Gradients add up
#
# Walk back twice, and look:

# %% [markdown] lang="ko"
# 엔진에서는 각 부분의 이름이 다음과 같습니다.
#
# - 기억하는 수는 `autodiff.graph.Node`입니다. 국소 미분이 아니라 *어떤* 연산으로 만들어졌는지를 기억합니다.
#   그 까닭은 11과에서 설명합니다.
# - 노드에는 만들어진 차례대로 번호가 붙습니다. 우리는 모든 수를 리스트에 넣었지만, 엔진은 결과와 관계있는
#   것만 찾아 나중에 만든 것부터 늘어놓습니다. 그 함수가 `autodiff.graph.ancestry`입니다.
# - 거슬러 올라가는 반복문은 `autodiff.backward.pull_back`입니다.
#
# ## 그레이디언트는 쌓입니다
#
# 두 번 거슬러 올라가면 어떻게 될까요?

# %%
x = Value(3.0)
y = x * x
y.backward()
print(x.grad)
y.backward()
print(x.grad)

# %% [markdown] lang="en"
# `backward()` *adds* to `.grad`, just as our engine did with `+=`. That is useful: call it for several
# results, and you have the gradient of their sum. But in a loop of gradient descent the old gradient would be
# added to the new one, and the step would go wrong. That is why such a loop begins with `zero_grad()`, as in
# lesson 3:

# %% [markdown] lang="ko"
# 우리 엔진이 `+=`로 더한 것처럼, `backward()`는 `.grad`에 *더합니다*. 쓸모가 있는 성질입니다. 여러 결과에
# 대해 차례로 부르면 그 합의 그레이디언트가 되니까요. 하지만 경사하강법의 반복문에서는 앞 단계의
# 그레이디언트가 새것에 더해져 엉뚱하게 움직입니다. 그래서 3과에서처럼 `zero_grad()`로 시작합니다.

# %%
x.zero_grad()
y.backward()
x.grad

# %% [markdown] lang="en"
# ## Exercises
#
# **1.** z = (x + y) · y. Walk back by hand at x = 2, y = 3: what is the gradient of y? (y is used twice.)

# %% [markdown] lang="ko"
# ## 연습 문제
#
# **1.** z = (x + y) · y 를 x = 2, y = 3 에서 손으로 거슬러 올라가 보세요. y의 그레이디언트는 얼마일까요? (y는
# 두 번 쓰입니다.)

# %%
answer = ...
check(1, answer)

# %% [markdown] lang="en"
# **2.** Somewhere in a program there is the line c = a · b, with a = 2 and b = −3. On the way back, c has the
# gradient 5. What does the line hand on to a, and what to b? Two numbers in parentheses.

# %% [markdown] lang="ko"
# **2.** 어떤 프로그램에 c = a · b 라는 줄이 있고 a = 2, b = −3 입니다. 거슬러 올라가는 길에 c의
# 그레이디언트가 5라면, 이 줄은 a와 b에 각각 얼마를 넘겨줄까요? 두 수를 괄호 안에 써 보세요.

# %%
answer = ...
check(2, answer)

# %% [markdown] lang="en"
# **3.** A program of two lines: a = x · x, then z = a · y. Write its backward pass as a function, which
# returns dx and dy.

# %% [markdown] lang="ko"
# **3.** 두 줄짜리 프로그램이 있습니다. a = x · x 이고, z = a · y 입니다. 이 프로그램의 역전파를 함수로 써서
# dx와 dy를 돌려주게 하세요.


# %%
def by_hand(x, y):
    dx = ...
    dy = ...
    return dx, dy


check(3, by_hand)

# %% [markdown] lang="en"
# **4.** Our engine has no minus. Which local derivatives belong to c = a − b, with respect to a and to b? Two
# numbers.

# %% [markdown] lang="ko"
# **4.** 우리 엔진에는 빼기가 없습니다. c = a − b 의 국소 미분은 a와 b에 대해 각각 얼마일까요? 두 수를 써
# 보세요.

# %%
answer = ...
check(4, answer)

# %% [markdown] lang="en"
# **5.** x = Value(4.0); then y = 3 * x; y.backward(); and w = x * x; w.backward(). Nothing was set to zero.
# What is x.grad?
#
# Next: [7. Why order matters, and sharing](07_order_and_sharing.ipynb)

# %% [markdown] lang="ko"
# **5.** x = Value(4.0) 을 만들고, y = 3 * x 에 y.backward()를, 이어서 w = x * x 에 w.backward()를 불렀습니다.
# 그 사이에 0으로 되돌린 적은 없습니다. x.grad는 얼마일까요?
#
# 다음: [7. 순서가 중요한 까닭과 값의 공유](07_order_and_sharing.ipynb)

# %%
answer = ...
check(5, answer)
