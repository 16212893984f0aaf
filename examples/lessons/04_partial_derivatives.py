"""Lesson 4, partial derivatives: python examples/lessons/04_partial_derivatives.py [--lang ko]"""

from autodiff.lessons import tell

if __name__ == "__main__":
    tell(__file__)

# %% [markdown] lang="en"
# # 4. Partial derivatives and the gradient
#
# *About 20 minutes. You need: [lesson 3](03_gradient_descent.ipynb).*
#
# Afterwards you can
#
# - find the partial derivatives of a function of several variables,
# - say what the gradient is, where it points, and what its length means,
# - walk down a landscape of two variables, and read its map.

# %% [markdown] lang="ko"
# # 4. 편미분과 기울기 벡터
#
# *읽는 데 약 20분. [3과](03_gradient_descent.ipynb)를 먼저 읽으세요.*
#
# 이 수업을 마치면 다음을 할 수 있습니다.
#
# - 변수가 여러 개인 함수를 편미분할 수 있습니다.
# - 기울기 벡터가 무엇이고 어디를 가리키며, 그 길이가 무엇을 뜻하는지 설명할 수 있습니다.
# - 변수가 두 개인 함수의 등고선 지도를 읽고, 그 위에서 경사하강법을 쓸 수 있습니다.

# %%
import math

from autodiff import Value, cos, formula, grad
from autodiff.lessons import exercises, plots

check = exercises(lesson=4, language="en")


def bowl(x, y):
    return x**2 + 2 * y**2


# %% [markdown] lang="en"
# ## Two variables
#
# The height of the ground depends on two numbers: how far you are to the east, x, and to the north, y. The
# function f(x, y) = x² + 2y² is a bowl. Stand at x = 1, y = 1. What is the slope there?
#
# That depends on where you go. So go in one direction at a time. *Keep y where it is*, and let x alone move:
# then f is a function of one variable, x² + 2 · 1², and its slope at x = 1 is 2. Now keep x, and let y alone
# move: 1 + 2y² has the slope 4y, which is 4 at y = 1.

# %% [markdown] lang="ko"
# ## 변수가 두 개일 때
#
# 땅의 높이는 두 수로 정해집니다. 동쪽으로 얼마나 갔는지(x)와 북쪽으로 얼마나 갔는지(y)이지요. 함수 f(x, y) =
# x² + 2y² 는 그릇 모양입니다. x = 1, y = 1 인 곳에 서 보면 기울기는 얼마일까요?
#
# 어느 쪽으로 가는지에 따라 다릅니다. 그러니 한 번에 한 방향씩 생각합시다. *y는 그대로 두고* x만 움직이면, f는
# 변수가 하나인 함수 x² + 2 · 1² 이 되고 x = 1에서 기울기는 2입니다. 이번에는 x를 그대로 두고 y만 움직입니다.
# 1 + 2y² 의 기울기는 4y 이므로 y = 1 에서 4입니다.

# %%
axes = plots.slices(bowl, 1.0, 1.0)

# %% [markdown] lang="en"
# Each picture is a cut through the bowl, with the tangent that you know. These two slopes are called
# **partial derivatives**:
#
# - ∂f/∂x, the partial derivative of f by x: y is kept, x moves. Here ∂f/∂x = 2x.
# - ∂f/∂y, the partial derivative of f by y: x is kept, y moves. Here ∂f/∂y = 4y.
#
# So nothing new is to be learned for finding them. What is kept is a number like any other.
#
# `grad(f, argnums=0)` is the partial derivative by the argument with number 0, the first one; with
# `argnums=1`, by the second. Here is a function that is harder to do by hand, f(x, y) = x² + 2xy + 3 + cos(x
# + 2y):

# %% [markdown] lang="ko"
# 두 그림은 그릇을 칼로 자른 단면이고, 주황색 선은 앞에서 배운 접선입니다. 이 두 기울기를 **편미분**이라고
# 합니다.
#
# - ∂f/∂x, 곧 x에 대한 f의 편미분: y는 그대로 두고 x를 움직입니다. 여기서는 ∂f/∂x = 2x 입니다.
# - ∂f/∂y, 곧 y에 대한 f의 편미분: x는 그대로 두고 y를 움직입니다. 여기서는 ∂f/∂y = 4y 입니다.
#
# 그러니 새로 배울 공식은 없습니다. 그대로 두는 변수는 상수처럼 다루면 됩니다.
#
# `grad(f, argnums=0)`은 0번, 곧 첫 번째 인수에 대한 편미분이고, `argnums=1`이라고 쓰면 두 번째 인수에 대한
# 편미분입니다. 손으로 하기에는 조금 더 어려운 함수 f(x, y) = x² + 2xy + 3 + cos(x + 2y) 를 편미분해 봅시다.


# %%
def f(x, y):
    return x**2 + 2 * x * y + 3 + cos(x + 2 * y)


dx, dy = grad(f, argnums=0)(1.0, 2.0), grad(f, argnums=1)(1.0, 2.0)
print(f"∂f/∂x = {dx:.10g}    ∂f/∂y = {dy:.10g}")

# %% [markdown] lang="en"
# Let `autodiff` write down what it has found:

# %% [markdown] lang="ko"
# 찾아낸 식도 써 보게 합시다.

# %%
x, y = Value(1.0, name="x"), Value(2.0, name="y")
for k in (0, 1):
    print(f"∂f/∂{'xy'[k]} = {formula(grad(f, argnums=k)(x, y))}")

# %% [markdown] lang="en"
# You can check most of it with the table of lesson 1: keep y, and x² becomes 2x, 2xy becomes 2y, and 3
# becomes 0. For the rest you need to know that the derivative of cos is −sin. Why there is a 2 in front of
# the sin when y moves, is the subject of lesson 5. Put in the numbers:

# %% [markdown] lang="ko"
# 대부분은 1과의 표로 확인할 수 있습니다. y를 그대로 두면 x²은 2x, 2xy는 2y가 되고 3은 0이 됩니다. 나머지는
# cos의 도함수가 −sin이라는 것을 알면 됩니다. y가 움직일 때 sin 앞에 2가 붙는 까닭은 5과에서 배웁니다. 수를
# 넣어 확인해 봅시다.

# %%
x, y = 1.0, 2.0
print(f"∂f/∂x = {2 * x + 2 * y - math.sin(x + 2 * y):.10g}")
print(f"∂f/∂y = {2 * x - 2 * math.sin(x + 2 * y):.10g}")

# %% [markdown] lang="en"
# ## The gradient
#
# Write the two partial derivatives side by side. The result is an arrow in the plane of x and y (a *vector*):
# so far to the east, so far to the north. It is called the **gradient** of f, written ∇f. This is what gave
# `grad` its name. With `argnums=(0, 1)` it gives both numbers:

# %% [markdown] lang="ko"
# ## 기울기 벡터
#
# 두 편미분을 나란히 쓰면 xy평면 위의 화살표(*벡터*)가 됩니다. 동쪽으로 얼마, 북쪽으로 얼마를 가리키지요.
# 이것을 f의 **기울기 벡터** 또는 그레이디언트(gradient)라고 하고, ∇f로 씁니다. `grad`라는 이름이 바로
# 여기에서 왔습니다. `argnums=(0, 1)`이라고 쓰면 두 수를 한꺼번에 구합니다.

# %%
dx, dy = grad(f, argnums=(0, 1))(1.0, 2.0)
length = math.hypot(dx, dy)
print(f"∇f(1, 2) = ({dx:.6g}, {dy:.6g})    |∇f(1, 2)| = {length:.6g}")

# %% [markdown] lang="en"
# (|∇f| is the length of the arrow. It comes from Pythagoras, √(dx² + dy²); `math.hypot` computes it.)
#
# Where does it point? Set out from (1, 2) in some direction. After the distance t you are at (1 + t · cos a,
# 2 + t · sin a), where a is the angle of your direction. The height is then a function of t alone, and its
# derivative at t = 0 is the slope under your feet as you set out. Try directions at several angles to the
# gradient:

# %% [markdown] lang="ko"
# (|∇f|는 화살표의 길이입니다. 피타고라스 정리로 √(dx² + dy²) 이고, `math.hypot`이 계산해 줍니다.)
#
# 이 화살표는 어디를 가리킬까요? 점 (1, 2)에서 한 방향을 정해 나아가 봅시다. 방향의 각도를 a라고 하면, 거리
# t만큼 간 곳은 (1 + t · cos a, 2 + t · sin a) 입니다. 그러면 높이는 t만의 함수가 되고, t = 0에서의 미분계수가
# 출발할 때 발밑의 기울기입니다. 기울기 벡터와 여러 가지 각도를 이루는 방향으로 나아가 봅시다.


# %%
def slope_towards(angle):
    return grad(lambda t: f(1 + t * math.cos(angle), 2 + t * math.sin(angle)))(0.0)


for degrees in (0, 45, 90, 135, 180):
    angle = math.atan2(dy, dx) + math.radians(degrees)
    print(f"{degrees:3}°   {round(slope_towards(angle), 9) + 0:8.4f}")

# %% [markdown] lang="en"
# (`math.atan2` gives the angle of the gradient itself.)
#
# - **Along the gradient (0°) it goes up more steeply than in any other direction, and the slope there is the
#   gradient's length.**
# - At a right angle to it (90°) the ground is level.
# - Against it (180°) it goes down, more steeply than in any other direction.
#
# In one variable, the sign of the slope said which way is up: left or right. The gradient is the same for any
# number of variables.
#
# ## The map
#
# Hikers' maps have *contour lines*: along each of them the height is the same. Here is the map of the bowl x²
# + 2y². The arrows are gradients, each at the point where it begins; such a picture is called a **gradient
# field**.

# %% [markdown] lang="ko"
# (`math.atan2`는 기울기 벡터의 각도를 알려 줍니다.)
#
# - **기울기 벡터의 방향(0°)이 가장 가파른 오르막이고, 그 기울기는 기울기 벡터의 길이와 같습니다.**
# - 기울기 벡터와 직각인 방향(90°)은 평평합니다.
# - 반대 방향(180°)은 가장 가파른 내리막입니다.
#
# 변수가 하나일 때에는 기울기의 부호가 왼쪽과 오른쪽 가운데 어느 쪽이 오르막인지 알려 주었습니다. 기울기
# 벡터는 변수가 몇 개이든 똑같은 일을 합니다.
#
# ## 지도
#
# 등산 지도에는 *등고선*이 있습니다. 등고선 하나 위에서는 높이가 모두 같습니다. 아래는 그릇 x² + 2y² 의
# 지도입니다. 화살표는 그것이 시작하는 점에서의 기울기 벡터이고, 이런 그림을 **기울기 벡터장**(gradient
# field)이라고 합니다.

# %%
axes = plots.contour(bowl)
_ = axes.set(aspect="equal")

# %% [markdown] lang="en"
# You can see all three findings. Every arrow points uphill, away from the bottom in the middle. Every arrow
# crosses the contour lines at a right angle, for along a contour line the ground is level. And where the
# lines are close together, it is steep, and the arrows are long.
#
# From one variable you know that near a point the tangent stands for the curve. With two variables it is a
# plane, which touches the surface and has both slopes, ∂f/∂x and ∂f/∂y:

# %% [markdown] lang="ko"
# 앞에서 알아낸 세 가지가 모두 보입니다. 화살표는 모두 가운데의 바닥에서 바깥쪽, 곧 오르막을 가리킵니다.
# 화살표는 모두 등고선과 직각으로 만납니다. 등고선을 따라가면 평평하니까요. 그리고 등고선이 촘촘한 곳은
# 가파르고, 화살표가 깁니다.
#
# 변수가 하나일 때에는 한 점 가까이에서 곡선 대신 접선을 쓸 수 있었습니다. 변수가 두 개이면 접선이 아니라
# 평면이 됩니다. 이 **접평면**은 곡면에 닿아 있고, 두 방향의 기울기가 각각 ∂f/∂x와 ∂f/∂y입니다.

# %%
axes = plots.tangent_plane(bowl, 1.0, 1.0)

# %% [markdown] lang="en"
# ## Down the map
#
# Gradient descent needs no new idea. Every variable takes the step that you know, with its own partial
# derivative:
#
#     x ← x − lr · ∂f/∂x
#     y ← y − lr · ∂f/∂y
#
# Both together are a step against the gradient, in the direction of the steepest descent. On the bowl:

# %% [markdown] lang="ko"
# ## 지도 위에서 내려가기
#
# 경사하강법은 그대로입니다. 변수마다 자기의 편미분을 써서, 앞에서 배운 대로 움직입니다.
#
#     x ← x − lr · ∂f/∂x
#     y ← y − lr · ∂f/∂y
#
# 둘을 합치면 기울기 벡터의 반대 방향, 곧 가장 가파른 내리막으로 움직이는 것입니다. 그릇에서 해 봅시다.

# %%
x, y = 1.03844447, 1.91089757
path, (dx, dy) = [(x, y)], grad(bowl, (0, 1))(x, y)
while math.hypot(dx, dy) > 0.00001:
    x, y = x - 0.01 * dx, y - 0.01 * dy
    dx, dy = grad(bowl, (0, 1))(x, y)
    path.append((x, y))
    if len(path) <= 4:
        print(f"n = {len(path) - 1}    ∇f = ({dx:.8f}, {dy:.8f})")
print(f"n = {len(path) - 1}    x = {x:.7g}    y = {y:.7g}    f(x, y) = {bowl(x, y):.5g}")

# %%
axes = plots.contour(bowl, path)
_ = axes.set(aspect="equal")

# %% [markdown] lang="en"
# Exactly, the minimum is at (0, 0). The path crosses every contour line at a right angle, and it bends: y is
# nearly 0 long before x is. The bowl is steeper along y, by 4y against 2x, so y takes longer steps.
#
# That is a difficulty as well. A learning rate that suits x may be too large for y. Here it is 0.45, from
# (2.5, 1.2):

# %% [markdown] lang="ko"
# 정확한 답은 (0, 0)입니다. 길은 등고선과 직각으로 만나면서 휘어집니다. y가 x보다 훨씬 먼저 0에 가까워지기
# 때문입니다. 이 그릇은 y쪽이 더 가팔라서(x쪽은 2x, y쪽은 4y) y가 더 많이씩 움직입니다.
#
# 이것은 어려움이기도 합니다. x에 알맞은 학습률이 y에는 너무 클 수 있으니까요. 점 (2.5, 1.2)에서 학습률 0.45로
# 해 봅시다.

# %%
axes = plots.contour(bowl, plots.descent(bowl, (2.5, 1.2), lr=0.45, steps=30))
_ = axes.set(aspect="equal")

# %% [markdown] lang="en"
# Each step multiplies x by 1 − 2 · 0.45 = 0.1, and y by 1 − 4 · 0.45 = −0.8: x arrives at once, and y jumps
# from one slope to the other. From lr = 0.5 on, y would never arrive. In a network with a million variables
# some are always steep and others flat. Lesson 10 shows what second derivatives can do about that.
#
# In the engine: the partial derivatives of *all* variables come from one walk through what was recorded,
# `autodiff.transforms.grad.grad` says how it is called, and `autodiff.draw.plots.contour` draws the map.

# %% [markdown] lang="ko"
# 단계마다 x는 1 − 2 · 0.45 = 0.1배, y는 1 − 4 · 0.45 = −0.8배가 됩니다. x는 금방 도착하지만 y는 골짜기의 이쪽
# 비탈과 저쪽 비탈을 오갑니다. 학습률이 0.5 이상이면 y는 끝내 도착하지 못합니다. 변수가 백만 개인 신경망에는
# 가파른 방향과 평평한 방향이 늘 섞여 있습니다. 10과에서는 이계도함수로 이 어려움을 푸는 방법을 배웁니다.
#
# 엔진에서 보기: *모든* 변수의 편미분은 기록을 한 번 거슬러 올라가면 한꺼번에 나옵니다. 그렇게 하는 함수는
# `autodiff.transforms.grad.grad`이고, 지도를 그리는 함수는 `autodiff.draw.plots.contour`입니다.

# %% [markdown] lang="en"
# ## Exercises
#
# **1.** What is ∂f/∂x of f(x, y) = x²y + 3y at x = 2, y = 5?

# %% [markdown] lang="ko"
# ## 연습 문제
#
# **1.** f(x, y) = x²y + 3y 일 때, x = 2, y = 5 에서 ∂f/∂x는 얼마일까요?

# %%
answer = ...
check(1, answer)

# %% [markdown] lang="en"
# **2.** Write ∂f/∂y of the same function, for any x and y.

# %% [markdown] lang="ko"
# **2.** 같은 함수의 ∂f/∂y를 모든 x와 y에 대한 식으로 써 보세요.


# %%
def by_y(x, y):
    return ...


check(2, by_y)

# %% [markdown] lang="en"
# **3.** What is the gradient of the bowl x² + 2y² at (3, −1)? Two numbers in parentheses.

# %% [markdown] lang="ko"
# **3.** 점 (3, −1)에서 그릇 x² + 2y² 의 기울기 벡터는 무엇일까요? 두 수를 괄호 안에 써 보세요.

# %%
answer = ...
check(3, answer)

# %% [markdown] lang="en"
# **4.** Somewhere the gradient is (3, 0). You walk north, in the direction (0, 1). Is the ground there "up",
# "down" or "level"?

# %% [markdown] lang="ko"
# **4.** 어떤 점에서 기울기 벡터가 (3, 0)입니다. 북쪽, 곧 (0, 1) 방향으로 가면 어떨까요? 오르막이면 "up",
# 내리막이면 "down", 평평하면 "level"이라고 답하세요.

# %%
answer = ...
check(4, answer)

# %% [markdown] lang="en"
# **5.** Write one step of gradient descent for a function of two variables. It returns the new x and y.
#
# Next: [5. The chain rule on a graph](05_the_chain_rule.ipynb)

# %% [markdown] lang="ko"
# **5.** 변수가 두 개인 함수에서 경사하강법을 한 단계 하는 함수를 써 보세요. 새로운 x와 y를 돌려주면 됩니다.
#
# 다음: [5. 계산 그래프와 연쇄법칙](05_the_chain_rule.ipynb)


# %%
def one_step(f, x, y, lr):
    return ..., ...


check(5, one_step)
