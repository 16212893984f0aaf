"""Lesson 9, from a neuron to a network: python examples/lessons/09_from_neuron_to_network.py [--lang ko]"""

from autodiff.lessons import tell

if __name__ == "__main__":
    tell(__file__)

# %% [markdown] lang="en"
# # 9. From a neuron to a network
#
# *About 25 minutes. You need: [lesson 3](03_gradient_descent.ipynb) and [lesson
# 7](07_order_and_sharing.ipynb), and to have seen NumPy arrays and the matrix product `@`.*
#
# Afterwards you can
#
# - say what a neuron, a layer and a network compute, and write each of them in a line or two,
# - train a network, first number by number, then with arrays,
# - train one that reads handwritten digits, and say how well it does it.

# %% [markdown] lang="ko"
# # 9. 뉴런에서 신경망까지
#
# *읽는 데 약 25분. [3과](03_gradient_descent.ipynb)와 [7과](07_order_and_sharing.ipynb)를 먼저 읽으세요.
# NumPy 배열과 행렬의 곱 `@`를 본 적이 있어야 합니다.*
#
# 이 수업을 마치면 다음을 할 수 있습니다.
#
# - 뉴런과 층, 신경망이 무엇을 계산하는지 말하고, 각각을 한두 줄로 쓸 수 있습니다.
# - 신경망을 학습시킬 수 있습니다. 처음에는 수 하나하나로, 다음에는 배열로 합니다.
# - 손으로 쓴 숫자를 읽는 신경망을 학습시키고, 얼마나 잘 읽는지 말할 수 있습니다.

# %%
import random

import numpy as np

from autodiff import Tensor, Value, cross_entropy, draw, graph, softmax, tanh, value_and_grad
from autodiff.lessons import digits, exercises, optional, plots

check = exercises(lesson=9, language="en")
pyplot = optional("matplotlib.pyplot")

# %% [markdown] lang="en"
# ## A neuron
#
# A neuron takes some numbers, multiplies each by a **weight**, adds them up, and adds one more number, the
# **bias**. The sum goes through a curve, here `tanh`, which is called the **activation**. Look at the curve
# first: whatever goes in, a number between −1 and 1 comes out.

# %% [markdown] lang="ko"
# ## 뉴런
#
# 뉴런은 수를 몇 개 받아 각각 **가중치**(weight)를 곱해 모두 더하고, 거기에 **편향**(bias)이라는 수를 하나
# 더합니다. 그 합을 마지막으로 어떤 곡선에 넣습니다. 여기서는 `tanh`를 쓰는데, 이런 함수를 **활성화
# 함수**(activation function)라고 합니다. 먼저 곡선을 봅시다. 무엇을 넣든 −1과 1 사이의 수가 나옵니다.

# %%
axes = plots.tangent_line(tanh, 0.0, width=4.0)

# %% [markdown] lang="en"
# In the middle its slope is 1, and far out it is nearly 0: there, a neuron has made up its mind. Now a neuron
# with two inputs:

# %% [markdown] lang="ko"
# 가운데에서는 기울기가 1이고, 멀리 가면 거의 0입니다. 그곳에서 뉴런은 이미 마음을 정한 셈입니다. 이제 입력이
# 두 개인 뉴런입니다.

# %%
x1, x2 = 2.0, 3.0
w1, w2, bias = Value(0.5), Value(-0.25), Value(0.25)
total = w1 * x1 + w2 * x2 + bias
y = tanh(total)
draw(y)

# %% [markdown] lang="en"
# The picture has the slope of y with respect to each weight and to the bias. These three are what we may
# choose, the **parameters** of the neuron. The inputs are given.
#
# What can one neuron do? It says a positive number where w₁x₁ + w₂x₂ + bias is positive, and a negative one
# elsewhere; the border between the two is a straight line. So here is a task that one neuron *cannot* do,
# however we choose its parameters: tell whether exactly one of two switches is on.

# %% [markdown] lang="ko"
# 그림에는 가중치와 편향에 대한 y의 기울기가 모두 나와 있습니다. 우리가 고를 수 있는 것은 이 세 수이고, 이들을
# 뉴런의 **매개변수**(parameter)라고 합니다. 입력은 주어진 값입니다.
#
# 뉴런 하나로 무엇을 할 수 있을까요? w₁x₁ + w₂x₂ + bias가 양수인 곳에서는 양수를, 나머지에서는 음수를
# 내놓습니다. 그 경계는 직선입니다. 그래서 매개변수를 어떻게 골라도 뉴런 하나로는 *할 수 없는* 일이 있습니다.
# 스위치 두 개 가운데 꼭 하나만 켜져 있는지 알아맞히는 일입니다.

# %%
points = [((0.0, 0.0), 0.0), ((0.0, 1.0), 1.0), ((1.0, 0.0), 1.0), ((1.0, 1.0), 0.0)]
axes = pyplot.figure(figsize=(3.2, 3.2), layout="constrained").add_subplot(aspect="equal")
for (x1, x2), wanted in points:
    axes.scatter(x1, x2, s=150, color="tab:orange" if wanted else "tab:blue")
    axes.annotate(f"{wanted:g}", (x1, x2), ha="center", va="center", color="white")
_ = axes.set(xlabel="x₁", ylabel="x₂", xlim=(-0.5, 1.5), ylim=(-0.5, 1.5), xticks=[0, 1], yticks=[0, 1])

# %% [markdown] lang="en"
# No straight line has both orange points on one side, and both blue ones on the other.
#
# ## A layer, and a network
#
# Several neurons that get the same inputs are a **layer**. What they say can go into another layer, and then
# the whole is a **network**; because it has several layers, it is called a *multi-layer perceptron*, MLP for
# short. Ours has three neurons, and one more that takes their three answers. The last one has no tanh, so
# that it can say any number.

# %% [markdown] lang="ko"
# 어떤 직선을 그어도 주황색 점 두 개를 한쪽에, 파란색 점 두 개를 다른 쪽에 둘 수는 없습니다.
#
# ## 층과 신경망
#
# 같은 입력을 받는 뉴런 여러 개를 **층**(layer)이라고 합니다. 한 층의 출력을 다음 층에 넣어 이어 붙인 것이
# **신경망**(neural network)입니다. 층이 여러 개 있으므로 *다층 퍼셉트론*(multi-layer perceptron), 줄여서
# MLP라고 부릅니다. 우리 신경망에는 뉴런 세 개가 있고, 그 출력 셋을 받는 뉴런이 하나 더 있습니다. 마지막
# 뉴런은 어떤 수든 내놓을 수 있도록 tanh를 쓰지 않습니다.


# %%
def weighted(weights, bias, inputs):
    return sum((w * x for w, x in zip(weights, inputs)), bias)


def network(neurons, inputs):
    *hidden, (weights, bias) = neurons
    seen = [tanh(weighted(ws, b, inputs)) for ws, b in hidden]
    return weighted(weights, bias, seen)


# %% [markdown] lang="en"
# The neurons in front are called **hidden**: nobody tells them what they should say. We begin with random
# weights, and let the slopes do the rest. (If all weights began equal, all hidden neurons would stay equal
# for ever.)

# %% [markdown] lang="ko"
# 앞쪽 뉴런들은 **은닉층**(hidden layer)을 이룹니다. 무엇을 내놓아야 하는지 밖에서 정해 주지 않기 때문입니다.
# 가중치를 무작위로 정해 놓고 시작하면, 나머지는 기울기가 알아서 합니다. (가중치가 모두 같은 값에서 시작하면
# 은닉층의 뉴런들은 언제까지나 똑같습니다.)

# %%
chance = random.Random(1)


def new_neuron(inputs):
    return [Value(chance.uniform(-1, 1)) for _ in range(inputs)], Value(0.0)


neurons = [new_neuron(2), new_neuron(2), new_neuron(2), new_neuron(3)]
parameters = [p for weights, bias in neurons for p in (*weights, bias)]
print(len(parameters), [round(network(neurons, x).value, 3) for x, wanted in points])

# %% [markdown] lang="en"
# There are 13 parameters, and the four answers, which should be 0, 1, 1, 0, are nonsense. How wrong are they?
# Take the difference of each answer and what was wanted, square it, so that nothing is negative, and add.
# Such a measure is called a **loss**.

# %% [markdown] lang="ko"
# 매개변수는 13개입니다. 답 네 개는 0, 1, 1, 0이어야 하는데 전혀 맞지 않습니다. 얼마나 틀렸을까요? 답과 원하는
# 값의 차를 제곱해 음수가 없게 한 다음 모두 더합니다. 이렇게 틀린 정도를 재는 수를 **손실**(loss)이라고
# 합니다.


# %%
def loss_of(neurons):
    return sum((network(neurons, x) - wanted) ** 2 for x, wanted in points)


loss = loss_of(neurons)
nodes, _ = graph.ancestry([loss])
print(loss.value, len(nodes))

# %% [markdown] lang="en"
# That is one number, and 13 parameters that it depends on, by way of a graph of nearly a hundred nodes. One
# walk back finds all 13 slopes. Then comes gradient descent, as in lesson 3: every parameter takes a small
# step against its slope. Training is nothing else.

# %% [markdown] lang="ko"
# 손실은 수 하나이고, 노드가 백 개 가까운 그래프를 거쳐 매개변수 13개에 따라 정해집니다. 한 번만 거슬러 가면
# 기울기 13개가 모두 나옵니다. 그다음은 3과의 경사하강법입니다. 모든 매개변수가 자기 기울기의 반대 방향으로
# 조금씩 움직입니다. 학습이란 이것이 전부입니다.

# %%
losses = []
for _ in range(100):
    loss = loss_of(neurons)
    for p in parameters:
        p.grad = 0.0
    loss.backward()
    for p in parameters:
        p.data -= 0.05 * p.grad
    losses.append(loss.value)
axes = plots.loss_curves({"MLP 2 → 3 → 1": losses})

# %% [markdown] lang="en"
# (`backward` *adds* to `grad`, as lesson 7 would make you expect; so `grad` is set to 0 before.) The loss
# goes down, and the answers come close to 0, 1, 1, 0. And what does the network say in between? Colour every
# point of the plane by its answer:

# %% [markdown] lang="ko"
# (`backward`는 `grad`에 *더합니다*. 7과를 읽었다면 짐작했을 것입니다. 그래서 먼저 `grad`를 0으로 되돌립니다.)
# 손실이 줄어들고 답은 0, 1, 1, 0에 가까워집니다. 그 사이의 점에서는 신경망이 어떻게 답할까요? 평면의 모든
# 점을 답에 따라 색칠해 봅시다.

# %%
print([round(network(neurons, x).value, 3) for x, wanted in points])
side = np.linspace(-0.5, 1.5, 60)
plane = network(neurons, np.meshgrid(side, side)).numpy()
axes = pyplot.figure(figsize=(4.2, 3.4), layout="constrained").add_subplot(aspect="equal")
filled = axes.contourf(side, side, plane, levels=np.linspace(-0.5, 1.5, 21), cmap="coolwarm", extend="both")
axes.contour(side, side, plane, levels=[0.5], colors="black")
axes.scatter([0, 0, 1, 1], [0, 1, 0, 1], color="black")
_ = axes.figure.colorbar(filled), axes.set(xlabel="x₁", ylabel="x₂")

# %% [markdown] lang="en"
# The black lines, where the answer is one half, are not straight any more: they part the plane as the four
# points need it. Nobody drew them: they came out of 13 slopes, 100 times.
#
# ## The same with arrays
#
# Nearly a hundred nodes for four points: for pictures of 64 dots and 1800 examples, that is too slow. But
# look: every neuron of a layer multiplies the same inputs by its own weights, and adds. That is a matrix
# product. With the weights of one neuron in each *column* of a matrix W,
#
#     layer = tanh(x @ W + b)
#
# does a whole layer at once, and if x has an example in each row, it does it for all examples at once. A
# `Tensor` is a `Value` that holds an array. Let us put our trained numbers into four of them:

# %% [markdown] lang="ko"
# 답이 0.5인 곳을 이은 검은 선은 이제 직선이 아니라, 네 점에 알맞게 평면을 나눕니다. 아무도 그려 주지
# 않았는데, 기울기 13개를 100번 따라간 끝에 나왔습니다.
#
# ## 배열로 다시 하기
#
# 점 네 개에 노드가 백 개 가까이라면, 점 64개짜리 그림 1800장을 다루기에는 너무 느립니다. 그런데 잘 보면 한
# 층의 뉴런은 모두 같은 입력에 자기 가중치를 곱해서 더합니다. 바로 행렬의 곱입니다. 뉴런 하나의 가중치를 행렬
# W의 *열* 하나에 놓으면,
#
#     layer = tanh(x @ W + b)
#
# 한 줄로 층 전체를 계산할 수 있습니다. x의 각 행에 예를 하나씩 놓으면 모든 예를 한꺼번에 계산합니다.
# `Tensor`는 배열을 담은 `Value`입니다. 학습을 마친 수들을 `Tensor` 네 개에 옮겨 담아 봅시다.

# %%
inputs = np.array([x for x, wanted in points])
answers = np.array([[wanted] for x, wanted in points])
*hidden, (weights, bias) = neurons
W1 = Tensor(np.array([[w.value for w in ws] for ws, b in hidden]).T, requires_grad=True)
b1 = Tensor([b.value for ws, b in hidden], requires_grad=True)
W2 = Tensor([[w.value] for w in weights], requires_grad=True)
b2 = Tensor([bias.value], requires_grad=True)
seen = tanh(inputs @ W1 + b1)
loss = ((seen @ W2 + b2 - answers) ** 2).sum()
print(len(graph.ancestry([loss])[0]))
draw(seen, grads=False, edges=False)

# %% [markdown] lang="en"
# Eight nodes, instead of nearly a hundred. The picture is the hidden layer, with a row for each of the four
# points and a column for each neuron; above the numbers stands the shape. It is the same loss, with the same
# slopes:

# %% [markdown] lang="ko"
# 백 개 가깝던 노드가 여덟 개로 줄었습니다. 그림은 은닉층입니다. 네 점이 한 행씩, 뉴런이 한 열씩 차지하고, 수
# 위에는 배열의 모양(shape)이 적혀 있습니다. 손실도 기울기도 그대로입니다.

# %%
same = loss_of(neurons)
for p in parameters:
    p.grad = 0.0
same.backward()
loss.backward()
print(np.isclose(loss.item(), same.value))
print(np.allclose(W1.grad, np.array([[w.grad for w in ws] for ws, b in hidden]).T))

# %% [markdown] lang="en"
# In the engine: `autodiff.value.Value` and `autodiff.tensor.Tensor` are both an `autodiff.graph.Node`, and
# share the graph, the walks and the rules.
#
# ## Handwritten digits
#
# Here are 1797 pictures of digits, written by 13 people, of 8 × 8 dots each. A picture is a row of 64
# numbers, from 0, white, to 1, black; `labels` has what it shows.

# %% [markdown] lang="ko"
# 엔진에서 보기: `autodiff.value.Value`와 `autodiff.tensor.Tensor`는 둘 다 `autodiff.graph.Node`이며, 같은
# 그래프와 같은 순회, 같은 규칙을 씁니다.
#
# ## 손으로 쓴 숫자
#
# 이번에는 13명이 손으로 쓴 숫자 그림 1797장을 씁니다. 그림 한 장은 8 × 8개의 점이고, 0(흰색)부터
# 1(검은색)까지의 수 64개를 한 줄로 늘어놓은 것입니다. 어떤 숫자인지는 `labels`에 있습니다.

# %%
pictures, labels = digits()
_, row = pyplot.subplots(1, 10, figsize=(10, 1.4))
for axes, picture, label in zip(row, pictures, labels):
    axes.imshow(picture.reshape(8, 8), cmap="gray_r")
    axes.set_title(label)
    axes.axis("off")

# %% [markdown] lang="en"
# We keep 397 of them for the **test**. The network never learns from these. Otherwise we could not tell
# whether it has understood something, or has learned the pictures by heart.
#
# The network has 64 inputs, 32 hidden neurons and ten outputs, a **score** for each digit. The digit with the
# greatest score is its answer.

# %% [markdown] lang="ko"
# 그 가운데 397장은 **시험**(test)용으로 따로 둡니다. 신경망은 이 그림들로는 배우지 않습니다. 그래야 무언가를
# 깨우쳤는지, 그림을 통째로 외웠는지 가릴 수 있습니다.
#
# 신경망은 입력 64개, 은닉층의 뉴런 32개, 출력 10개로 되어 있습니다. 출력은 숫자마다 매긴 **점수**(score)이고,
# 점수가 가장 높은 숫자가 신경망의 답입니다.

# %%
to_learn, to_test = slice(0, 1400), slice(1400, 1797)
rng = np.random.default_rng(0)
W1, b1 = rng.normal(size=(64, 32)) / 8, np.zeros(32)
W2, b2 = rng.normal(size=(32, 10)) / 8, np.zeros(10)


def scores(parameters, x):
    W1, b1, W2, b2 = parameters
    return tanh(x @ W1 + b1) @ W2 + b2


# %% [markdown] lang="en"
# (The random weights are divided by 8 so that a sum of 64 of them is neither huge nor tiny.)
#
# ## How wrong is a score?
#
# Scores are any numbers; we want probabilities. Take exp of each score, so that nothing is negative, and
# divide by their sum, so that they add up to 1. That is called **softmax**. Then the loss of a picture is
# −log of the probability that was given to the right digit: 0 if the network was sure and right, and large if
# it was sure and wrong.

# %% [markdown] lang="ko"
# (가중치 64개를 더한 값이 너무 크지도 작지도 않게 하려고 8로 나누었습니다.)
#
# ## 점수는 얼마나 틀렸을까?
#
# 점수는 아무 수나 될 수 있지만, 우리가 바라는 것은 확률입니다. 점수마다 exp를 취해 음수를 없애고, 그 합으로
# 나누어 모두 더하면 1이 되게 합니다. 이것을 **소프트맥스**(softmax)라고 합니다. 그림 한 장의 손실은 정답에 준
# 확률의 −log 값입니다. 확신했는데 맞았으면 0이고, 확신했는데 틀렸으면 아주 커집니다.

# %%
some = np.array([2.0, 0.0, 1.0])
probabilities = softmax(some)
for p in probabilities:
    print(f"p = {p:.3f}    −log p = {-np.log(p):.3f}")

# %% [markdown] lang="en"
# `cross_entropy` does both steps, and takes the mean over all pictures. `value_and_grad` gives the loss and
# its slopes with respect to all four arrays, 2410 slopes in all, in one walk. The loop is the one you know:

# %% [markdown] lang="ko"
# `cross_entropy`는 이 두 단계를 모두 하고 그림 전체의 평균을 구합니다. `value_and_grad`는 손실과 함께 배열 네
# 개에 대한 기울기, 모두 2410개를 한 번에 구합니다. 반복문은 이미 아는 그대로입니다.


# %%
def loss_of(parameters, x, wanted):
    return cross_entropy(scores(parameters, x), wanted)


parameters, losses = [W1, b1, W2, b2], []
for _ in range(300):
    loss, slopes = value_and_grad(loss_of)(parameters, pictures[to_learn], labels[to_learn])
    parameters = [p - 0.5 * slope for p, slope in zip(parameters, slopes)]
    losses.append(loss)
axes = plots.loss_curves({"MLP 64 → 32 → 10": losses})

# %% [markdown] lang="en"
# And now the test, with pictures that it has never seen:

# %% [markdown] lang="ko"
# 이제 한 번도 보지 못한 그림으로 시험을 봅시다.

# %%
guesses = scores(parameters, pictures[to_test]).argmax(axis=1)
print(f"{np.mean(guesses == labels[to_test]):.1%}")

# %% [markdown] lang="en"
# Guessing would give 10 %. Here are some of those that it got wrong: above each, what it is, and what the
# network said. Some of them are hard for us, too.

# %% [markdown] lang="ko"
# 아무렇게나 찍으면 10 %입니다. 틀린 그림을 몇 장 봅시다. 그림 위에는 정답과 신경망의 답이 차례로 적혀
# 있습니다. 사람이 보기에도 어려운 것이 있습니다.

# %%
missed = np.flatnonzero(guesses != labels[to_test])[:8]
_, row = pyplot.subplots(1, 8, figsize=(8, 1.5))
for axes in row:
    axes.axis("off")
for axes, k in zip(row, missed):
    axes.imshow(pictures[to_test][k].reshape(8, 8), cmap="gray_r")
    axes.set_title(f"{labels[to_test][k]} → {guesses[k]}")

# %% [markdown] lang="en"
# `examples/mlp.py` goes on from here: small batches of pictures, momentum, and a mean over several random
# starts.
#
# In the engine: `autodiff.numpy.networks.cross_entropy`, and the loop as a ready-made optimizer,
# `autodiff.optim.SGD`. The slope of a matrix product, which does most of the work here, stands in
# `autodiff.primitives.products`.
#
# ## Exercises
#
# **1.** A neuron has the weights (2, −1) and the bias 0.5. Its inputs are (1, 3). What is the sum, before
# tanh?

# %% [markdown] lang="ko"
# `examples/mlp.py`는 여기서 한 걸음 더 나아갑니다. 그림을 조금씩 나누어 배우고, 관성(momentum)을 쓰고, 여러
# 번 무작위로 시작해 평균을 냅니다.
#
# 엔진에서 보기: `autodiff.numpy.networks.cross_entropy`가 있고, 반복문에서 하던 일을 대신해 주는
# `autodiff.optim.SGD`가 있습니다. 여기서 가장 많은 일을 하는 행렬 곱의 기울기는
# `autodiff.primitives.products`에 있습니다.
#
# ## 연습 문제
#
# **1.** 어떤 뉴런의 가중치는 (2, −1), 편향은 0.5이고, 입력은 (1, 3)입니다. tanh에 넣기 전의 합은 얼마일까요?

# %%
answer = ...
check(1, answer)

# %% [markdown] lang="en"
# **2.** Count the parameters of the network 64 → 32 → 10, weights and biases together.

# %% [markdown] lang="ko"
# **2.** 신경망 64 → 32 → 10의 매개변수는 모두 몇 개일까요? 가중치와 편향을 함께 세세요.

# %%
answer = ...
check(2, answer)

# %% [markdown] lang="en"
# **3.** A network gives the same score to each of the ten digits. What is its loss? (`math.log` helps.)

# %% [markdown] lang="ko"
# **3.** 어떤 신경망이 열 개의 숫자에 모두 같은 점수를 주었습니다. 손실은 얼마일까요? (`math.log`를 쓰면
# 됩니다.)

# %%
answer = ...
check(3, answer)

# %% [markdown] lang="en"
# **4.** Which shape has the gradient of the loss with respect to `W1`, after learning from 1400 pictures?
# Answer with two numbers.

# %% [markdown] lang="ko"
# **4.** 그림 1400장으로 배울 때 `W1`에 대한 손실의 기울기는 어떤 모양(shape)일까요? 두 수로 답하세요.

# %%
answer = ...
check(4, answer)

# %% [markdown] lang="en"
# **5.** Write one layer for arrays: inputs x, weights W, biases b.
#
# Next: [10. Second derivatives and Newton](10_second_derivatives.ipynb)

# %% [markdown] lang="ko"
# **5.** 배열로 계산하는 층 하나를 써 보세요. 입력은 x, 가중치는 W, 편향은 b입니다.
#
# 다음: [10. 이계도함수와 뉴턴법](10_second_derivatives.ipynb)


# %%
def layer(x, W, b):
    return ...


check(5, layer)
