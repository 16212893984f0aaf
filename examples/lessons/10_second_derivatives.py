"""Lesson 10, second derivatives and Newton: python examples/lessons/10_second_derivatives.py [--lang ko]"""

from autodiff.lessons import tell

if __name__ == "__main__":
    tell(__file__)

# %% [markdown] lang="en"
# # 10. Second derivatives and Newton
#
# *About 20 minutes. You need: lessons [1](01_the_derivative.ipynb) to [4](04_partial_derivatives.ipynb), and
# from [lesson 8](08_forward_and_reverse.ipynb) what forward and reverse mean.*
#
# Afterwards you can
#
# - say what a second derivative is, and tell by it a minimum from a maximum,
# - find a minimum by Newton's method, and say when it goes wrong,
# - read a Hessian matrix, and multiply by it without having it.

# %% [markdown] lang="ko"
# # 10. 이계도함수와 뉴턴법
#
# *읽는 데 약 20분. [1과](01_the_derivative.ipynb)부터 [4과](04_partial_derivatives.ipynb)까지, 그리고
# [8과](08_forward_and_reverse.ipynb)에서 순방향과 역방향의 뜻을 먼저 읽으세요.*
#
# 이 수업을 마치면 다음을 할 수 있습니다.
#
# - 이계도함수가 무엇인지 설명하고, 이것으로 극소와 극대를 가려낼 수 있습니다.
# - 뉴턴법으로 최솟값을 찾고, 이 방법이 언제 실패하는지 말할 수 있습니다.
# - 헤세 행렬을 읽고, 행렬을 만들지 않고도 이 행렬과 벡터의 곱을 구할 수 있습니다.

# %%
import math

import numpy as np

from autodiff import Value, formula, grad, hessian, hvp, value_and_grad
from autodiff.lessons import exercises, plots

check = exercises(lesson=10, language="en")

# %% [markdown] lang="en"
# ## The slope of the slope
#
# The derivative f' is a function (lesson 1), so it has a slope, too. The derivative of the derivative is
# called the **second derivative**, written f''. Take f(x) = x³ − 3x. By the rules, f'(x) = 3x² − 3, and its
# slope is f''(x) = 6x. `autodiff` needs no new function for it: `grad(f)` is a function, so `grad` takes it.

# %% [markdown] lang="ko"
# ## 기울기의 기울기
#
# 도함수 f'도 함수이므로(1과) 기울기가 있습니다. 도함수를 한 번 더 미분한 것을 **이계도함수**라고 하고 f''으로
# 씁니다. f(x) = x³ − 3x 를 봅시다. 공식에 따라 f'(x) = 3x² − 3 이고, 이것을 다시 미분하면 f''(x) = 6x 입니다.
# `autodiff`에 새로운 함수는 필요 없습니다. `grad(f)`가 함수이니 `grad`에 다시 넣으면 됩니다.


# %%
def f(x):
    return x**3 - 3 * x


print(grad(f)(2.0), grad(grad(f))(2.0))
x = Value(2.0, name="x")
formula(grad(grad(f))(x))

# %% [markdown] lang="en"
# How can the engine differentiate its own derivative? It computes `grad(f)` with numbers that remember how
# they came about, as any numbers do here. So the derivative has a computation graph of its own, and the same
# walk goes over *that* graph: see `autodiff.transforms.grad.grad`.
#
# What does f'' look like? Here are three tangents, where f'' is −6, 0 and 6:

# %% [markdown] lang="ko"
# 엔진은 자기가 구한 도함수를 어떻게 또 미분할까요? `grad(f)`도 어떻게 나왔는지 기억하는 수로 계산합니다.
# 그래서 도함수에도 계산 그래프가 생기고, *그* 그래프를 똑같은 방법으로 다시 거슬러 가면 됩니다.
# `autodiff.transforms.grad.grad`에서 볼 수 있습니다.
#
# f''은 그래프에서 어떻게 보일까요? f''이 각각 −6, 0, 6인 세 점에 접선을 그려 봅시다.

# %%
axes = plots.tangent_line(f, -1.0, width=0.8)
for x in (0.0, 1.0):
    plots.tangent_line(f, x, width=0.8, axes=axes)
axes.get_legend().remove()
_ = axes.set(title="f''(−1) = −6,   f''(0) = 0,   f''(1) = 6")

# %% [markdown] lang="en"
# - On the left f'' is negative: the slope becomes smaller as we go right, and the curve bends **down**, below
#   its tangent.
# - On the right f'' is positive: the slope grows, and the curve bends **up**, above its tangent.
# - In the middle f'' is 0: the curve changes sides.
#
# So the second derivative decides what lesson 2 left open. Where f' = 0,
#
# - f'' > 0 means a minimum nearby: the curve bends up on both sides;
# - f'' < 0 means a maximum;
# - f'' = 0 tells nothing: x³ and x⁴ both have f'' = 0 at 0.
#
# (A minimum *nearby*: f(1) = −2 is lower than its surroundings, but far to the left this f is lower still.
# Such a minimum is called **local**.)

# %% [markdown] lang="ko"
# - 왼쪽에서는 f''이 음수입니다. 오른쪽으로 갈수록 기울기가 줄어들고, 곡선은 접선 아래로 굽습니다. **위로
#   볼록**하다고 합니다.
# - 오른쪽에서는 f''이 양수입니다. 기울기가 늘어나고, 곡선은 접선 위로 굽습니다. **아래로 볼록**하다고 합니다.
# - 가운데에서는 f''이 0이고, 곡선이 접선의 한쪽에서 다른 쪽으로 넘어갑니다.
#
# 2과에서는 기울기가 0인 것만으로 최솟값인지 알 수 없었습니다. 이제 이계도함수로 가려낼 수 있습니다. f' = 0인
# 곳에서
#
# - f'' > 0이면 그 근처에서 가장 낮은 점입니다. 양쪽으로 모두 올라가니까요. 이때 **극솟값**을 갖는다고 합니다.
# - f'' < 0이면 그 근처에서 가장 높은 점입니다. 이때 **극댓값**을 갖는다고 합니다.
# - f'' = 0이면 알 수 없습니다. x³과 x⁴은 0에서 모두 f'' = 0입니다.
#
# (*그 근처에서*라는 말에 주의하세요. f(1) = −2 는 주변보다 낮지만, 왼쪽으로 아주 멀리 가면 f는 더
# 낮아집니다.)

# %% [markdown] lang="en"
# ## Newton's method
#
# How much tin does a can of 330 cm³ need? With the radius r, top and bottom have the area 2πr². The height is
# then 330/(πr²), so the side, 2πr around, has the area 660/r. Gradient descent (lesson 3) finds the best r,
# but we must choose a learning rate:

# %% [markdown] lang="ko"
# ## 뉴턴법
#
# 330 cm³ 들이 캔을 만들려면 양철이 얼마나 필요할까요? 반지름이 r일 때 위아래 넓이의 합은 2πr² 입니다. 이때
# 높이는 330/(πr²)이고 둘레는 2πr이므로 옆면의 넓이는 660/r 입니다. 3과의 경사하강법으로 가장 좋은 r을 찾을 수
# 있지만, 학습률을 정해야 합니다.


# %%
def tin(r):
    return 2 * math.pi * r**2 + 660 / r


for rate in (0.001, 0.01, 0.06):
    r, steps = 2.0, 0
    while abs(grad(tin)(r)) > 1e-6 and steps < 1000:
        r, steps = r - rate * grad(tin)(r), steps + 1
    print(f"{rate = :<6g} {steps = :<5} r = {r:.6f}")

# %% [markdown] lang="en"
# The last one ran for 1000 steps and never arrived: it jumps to and fro. What would be the *right* rate?
# Newton's idea: at the best r the slope is 0, so look for that. Follow the tangent **of f'** to where it
# is 0. Its height is f'(r) and its slope f''(r), so it is 0 at
#
#     r − f'(r) / f''(r)
#
# Here is f', with its tangent at r = 2; where the orange line meets 0 is the next r.

# %% [markdown] lang="ko"
# 마지막 학습률로는 1000걸음을 가도 도착하지 못했습니다. 왔다 갔다 하기만 합니다. *알맞은* 학습률은
# 얼마일까요? 뉴턴의 생각은 이렇습니다. 찾는 것은 기울기가 0인 곳입니다. 그러니 **f'의** 접선을 따라가 그
# 접선이 0이 되는 곳으로 가자는 것입니다. 접선의 높이는 f'(r), 기울기는 f''(r)이므로 0이 되는 곳은 다음과
# 같습니다.
#
#     r − f'(r) / f''(r)
#
# 아래 그림은 f'과, r = 2에서 f'에 그은 접선입니다. 주황색 선이 높이 0과 만나는 곳이 다음 r입니다.

# %%
axes = plots.tangent_line(grad(tin), 2.0, width=1.0)
axes.get_lines()[2].remove()
for note in list(axes.texts):
    note.remove()
axes.axhline(0.0, color="gray", linewidth=0.8)
axes.legend(["f'", "f'(2) + f''(2) · (r − 2)"])
_ = axes.set(title="f'(2) = −139.9,   f''(2) = 177.6", xlabel="r", ylabel="f'(r)")

# %% [markdown] lang="en"
# It is the gradient descent that you know, with 1/f''(r) as its learning rate: small steps where the slope
# changes fast, large ones where it hardly changes. `value_and_grad(grad(tin))` gives both numbers at once.

# %% [markdown] lang="ko"
# 이미 아는 경사하강법과 같고, 다만 학습률이 1/f''(r)입니다. 기울기가 빨리 변하는 곳에서는 조금씩, 거의 변하지
# 않는 곳에서는 크게 움직입니다. `value_and_grad(grad(tin))`은 두 수를 한꺼번에 구해 줍니다.

# %%
r = 2.0
for step in range(7):
    slope, bend = value_and_grad(grad(tin))(r)
    print(f"step {step}    r = {r:.12f}    f'(r) = {slope:9.2e}    f''(r) = {bend:.4f}")
    r = r - slope / bend

# %% [markdown] lang="en"
# Six steps, and r is exact to all digits that a computer keeps. Look at the exponents: near the end, each
# step **doubles** the number of correct digits. (And r = 3.745: the best can is as high as it is wide.)
#
# ## Where Newton goes wrong
#
# Newton looks for a slope of 0, and a maximum has that, too. Back to f(x) = x³ − 3x, with a minimum at 1:

# %% [markdown] lang="ko"
# 여섯 걸음 만에 컴퓨터가 저장하는 모든 자리까지 정확해졌습니다. 지수를 보세요. 끝에 가까워지면 한 걸음마다
# 맞는 자릿수가 **두 배**로 늘어납니다. (r = 3.745일 때, 곧 높이와 지름이 같을 때 양철이 가장 적게 듭니다.)
#
# ## 뉴턴법이 실패하는 곳
#
# 뉴턴법이 찾는 것은 기울기가 0인 곳이고, 극대인 점에서도 기울기는 0입니다. x = 1에서 극솟값을 갖는 f(x) =
# x³ − 3x 로 돌아가 봅시다.

# %%
for start in (2.0, 0.1, -0.5):
    x = start
    for _ in range(12):
        x = x - grad(f)(x) / grad(grad(f))(x)
    print(f"from {start:4}    x = {x:.6f}    f''(x) = {grad(grad(f))(x):g}")

# %% [markdown] lang="en"
# From −0.5 it climbs to the maximum: where f'' < 0, the step −f'/f'' goes *up*. And at 0, where f'' = 0, it
# would divide by 0; from 0.1 the first step leads as far as 5. So programs check the sign of f'', and take a
# shorter step, or one of gradient descent, where Newton's would go up.

# %% [markdown] lang="ko"
# −0.5에서 출발하면 극대인 점으로 올라갑니다. f'' < 0인 곳에서는 −f'/f'' 만큼 움직이면 *올라가기* 때문입니다.
# f'' = 0인 x = 0에서는 0으로 나누게 되고, 0.1에서 출발하면 첫걸음에 5까지 가 버립니다. 그래서 실제 프로그램은
# f''의 부호를 확인하고, 올라가게 될 곳에서는 더 짧게 움직이거나 경사하강법을 씁니다.

# %% [markdown] lang="en"
# ## Several variables: the Hessian
#
# With two variables there are two slopes (lesson 4), and each of them changes along each variable. That makes
# four second derivatives, in a table of numbers, a **matrix**, which is called the **Hessian**:
#
# | | by x | by y |
# |---|---|---|
# | **∂f/∂x** changes | ∂²f/∂x² | ∂²f/∂x∂y |
# | **∂f/∂y** changes | ∂²f/∂y∂x | ∂²f/∂y² |
#
# Take f(x, y) = x² + 3xy + 5y². Its slopes are 2x + 3y and 3x + 10y, so the table is 2, 3 and 3, 10. The two
# mixed ones are equal, for every smooth function. Here p is both variables in one array, x = p[0], y = p[1]:

# %% [markdown] lang="ko"
# ## 변수가 여러 개일 때: 헤세 행렬
#
# 변수가 두 개이면 기울기도 두 개이고(4과), 기울기마다 변수 두 개에 따라 변합니다. 그래서 이계도함수는 모두 네
# 개입니다. 이것을 표로, 곧 **행렬**로 쓴 것을 **헤세 행렬**(Hessian)이라고 합니다.
#
# | | x로 미분 | y로 미분 |
# |---|---|---|
# | **∂f/∂x** 를 | ∂²f/∂x² | ∂²f/∂x∂y |
# | **∂f/∂y** 를 | ∂²f/∂y∂x | ∂²f/∂y² |
#
# f(x, y) = x² + 3xy + 5y² 의 편미분은 2x + 3y 와 3x + 10y 이므로, 표는 2, 3과 3, 10이 됩니다. x와 y가 섞인 두
# 수는 매끄러운 함수라면 언제나 같습니다. 아래에서 p는 두 변수를 한데 모은 배열로, x = p[0], y = p[1] 입니다.


# %%
def bowl(p):
    return p[0] ** 2 + 3 * p[0] * p[1] + 5 * p[1] ** 2


hessian(bowl)(np.array([1.0, 1.0]))

# %% [markdown] lang="en"
# Newton's step is as before: find the step after which all slopes are 0, if they go on changing as they do
# here. For a small step d, the slopes change by the Hessian times d (row by row: ∂²f/∂x² · d₁ + ∂²f/∂x∂y ·
# d₂). So d must solve
#
#     Hessian · d = gradient,        and the step is p − d
#
# two equations with two unknowns, which NumPy solves. Try it in a curved valley that is hard for gradient
# descent, f(x, y) = (1 − x)² + 5(y − x²)², with its minimum at (1, 1):

# %% [markdown] lang="ko"
# 뉴턴법은 앞에서와 같습니다. 기울기가 지금처럼 계속 변한다고 할 때, 어디로 가면 기울기가 모두 0이 될까요?
# 조금, d만큼 움직이면 기울기는 헤세 행렬과 d의 곱만큼 변합니다(첫째 행은 ∂²f/∂x² · d₁ + ∂²f/∂x∂y · d₂
# 입니다). 따라서 다음 식을 만족하는 d를 구해 p − d 로 갑니다.
#
#     헤세 행렬 · d = 기울기 벡터
#
# 미지수가 두 개인 연립방정식이고, NumPy가 풀어 줍니다. 경사하강법에는 어려운 굽은 골짜기 f(x, y) = (1 − x)² +
# 5(y − x²)² 에서 해 봅시다. 최솟값은 (1, 1)에 있습니다.


# %%
def valley(x, y):
    return (1 - x) ** 2 + 5 * (y - x**2) ** 2


def newton(p):
    slopes, bends = grad(valley, argnums=(0, 1))(*p), hessian(valley, argnums=(0, 1))(*p)
    return p - np.linalg.solve(bends, slopes)


path = [np.array([-1.0, 1.5])]
while len(path) < 11:
    path.append(newton(path[-1]))
    print(f"step {len(path) - 1}    x, y = {path[-1][0]:.9f}, {path[-1][1]:.9f}")

# %%
axes = plots.contour(valley, path)

# %% [markdown] lang="en"
# The first steps wander: some leave the valley and even go up. But close to the minimum a few steps do all.
# Gradient descent, with as large a rate as it bears here:

# %% [markdown] lang="ko"
# 처음에는 헤매면서 골짜기를 벗어나 위로 올라가기도 합니다. 하지만 최솟값에 가까워지면 몇 걸음 만에
# 도착합니다. 경사하강법은 어떨까요? 여기서 쓸 수 있는 가장 큰 학습률에 가까운 값을 써 봅시다.

# %%
p, steps = np.array([-1.0, 1.5]), 0
while max(abs(1 - p)) > 1e-6:
    p = p - 0.03 * np.array(grad(valley, argnums=(0, 1))(*p))
    steps += 1
print(f"{steps = }    x, y = {p[0]:.6f}, {p[1]:.6f}")

# %% [markdown] lang="en"
# ## Without the matrix
#
# Why doesn't everybody use Newton's method? A network with a million weights has a Hessian with a million
# times a million numbers, and nobody can keep that. But often one wants only the Hessian **times a vector**
# v: how do the slopes change in the direction v? That is a derivative *along* v of the gradient. Go forward
# (lesson 8) over the graph of the backward walk, and you have it, for the price of a few gradients: `hvp`.

# %% [markdown] lang="ko"
# ## 행렬 없이
#
# 왜 모두가 뉴턴법을 쓰지는 않을까요? 가중치가 백만 개인 신경망의 헤세 행렬에는 수가 백만 곱하기 백만 개나
# 있어서 저장할 수가 없습니다. 하지만 헤세 행렬과 **벡터** v의 **곱**만 있으면 될 때가 많습니다. v의 방향으로
# 갈 때 기울기가 어떻게 변하는지, 곧 기울기 벡터를 v *방향으로* 미분한 것입니다. 역방향으로 간 계산의 그래프를
# 순방향으로 (8과) 한 번 더 가면 기울기를 몇 번 구하는 시간에 이것을 구할 수 있습니다. `hvp`가 하는 일입니다.


# %%
def chain(x):
    return (x[1:] - x[:-1] ** 2).sum() ** 2 + (x**4).sum()


x, v = np.linspace(0.0, 1.0, 1_000_000), np.ones(1_000_000)
hvp(chain, (x,), (v,))[0].shape

# %% [markdown] lang="en"
# The Hessian of `chain` would take 8 000 000 000 000 bytes. In the engine: `autodiff.transforms.hvp.hvp`; and
# the whole matrix, when it is small, `autodiff.transforms.jacobian.hessian`.

# %% [markdown] lang="ko"
# `chain`의 헤세 행렬을 저장하려면 8 000 000 000 000바이트가 필요합니다. 엔진에서 보기: 행렬과 벡터의 곱은
# `autodiff.transforms.hvp.hvp`이고, 작은 행렬을 통째로 구하는 함수는
# `autodiff.transforms.jacobian.hessian`입니다.

# %% [markdown] lang="en"
# ## Exercises
#
# **1.** What is the second derivative of x³ + 4x² at x = 1?

# %% [markdown] lang="ko"
# ## 연습 문제
#
# **1.** x = 1에서 x³ + 4x² 의 이계도함수의 값은 얼마일까요?

# %%
answer = ...
check(1, answer)

# %% [markdown] lang="en"
# **2.** The slope of x⁴ − 2x² is 0 at x = 0. What is there: a "minimum", a "maximum", or does f'' tell
# "nothing"?

# %% [markdown] lang="ko"
# **2.** x⁴ − 2x² 의 기울기는 x = 0에서 0입니다. 이 함수는 그곳에서 무엇을 가질까요? 극솟값이면 "minimum",
# 극댓값이면 "maximum", f''으로 알 수 없으면 "nothing"이라고 답하세요.

# %%
answer = ...
check(2, answer)

# %% [markdown] lang="en"
# **3.** Take one step of Newton's method by hand: f(x) = x² − 6x + 1, from x = 10. Where do you arrive?

# %% [markdown] lang="ko"
# **3.** 손으로 뉴턴법을 한 번 해 보세요. f(x) = x² − 6x + 1 을 x = 10에서 시작하면 어디에 도착할까요?

# %%
answer = ...
check(3, answer)

# %% [markdown] lang="en"
# **4.** Write one step of Newton's method for *any* f of one variable, from x. Use `grad`.

# %% [markdown] lang="ko"
# **4.** 변수가 하나인 *어떤* f에도 쓸 수 있는 뉴턴법 한 걸음을 써 보세요. x에서 시작하고, `grad`를 쓰면
# 됩니다.


# %%
def newton_step(f, x):
    return ...


check(4, newton_step)

# %% [markdown] lang="en"
# **5.** The Hessian of f(x, y) = x²y at x = 2, y = 3: write its four numbers in a row, (∂²f/∂x², ∂²f/∂x∂y,
# ∂²f/∂y∂x, ∂²f/∂y²).
#
# Next: [11. How this engine is written](11_how_this_engine_is_written.ipynb)

# %% [markdown] lang="ko"
# **5.** x = 2, y = 3에서 f(x, y) = x²y 의 헤세 행렬을 구해 보세요. 네 수를 (∂²f/∂x², ∂²f/∂x∂y, ∂²f/∂y∂x,
# ∂²f/∂y²)의 순서로 쓰면 됩니다.
#
# 다음: [11. 이 엔진의 소스 읽기](11_how_this_engine_is_written.ipynb)

# %%
answer = ...
check(5, answer)
