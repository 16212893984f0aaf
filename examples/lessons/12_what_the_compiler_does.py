"""Lesson 12, the compiler: python examples/lessons/12_what_the_compiler_does.py [--lang ko]"""

from autodiff.lessons import tell

if __name__ == "__main__":
    tell(__file__)

# %% [markdown] lang="en"
# # 12. What the compiler does
#
# *About 15 minutes. You need: [lesson 11](11_how_this_engine_is_written.ipynb).*
#
# Afterwards you can
#
# - make a function faster with `jit`, and say when that pays,
# - read the program that the compiler makes, and say how each of its passes made it shorter,
# - say what is fixed when a function is compiled, and what is not.

# %% [markdown] lang="ko"
# # 12. 컴파일러가 하는 일
#
# *읽는 데 약 15분. [11과](11_how_this_engine_is_written.ipynb)를 먼저 읽으세요.*
#
# 이 수업을 마치면 다음을 할 수 있습니다.
#
# - `jit`로 함수를 빠르게 만들고, 언제 쓰면 좋은지 말할 수 있습니다.
# - 컴파일러가 만든 프로그램을 읽고, 단계마다 무엇이 줄었는지 설명할 수 있습니다.
# - 컴파일할 때 무엇이 고정되고 무엇이 고정되지 않는지 말할 수 있습니다.

# %%
import time

from autodiff import Value, draw, exp, grad, jit, sin
from autodiff.lessons import exercises

check = exercises(lesson=12, language="en")

# %% [markdown] lang="en"
# ## The graph is a program
#
# Training calls one function again and again, on other numbers. Each time, the engine records the same graph
# anew, and walks back over it. Could we not do that once, and keep the result? Here is a small function, a
# wave that fades away:

# %% [markdown] lang="ko"
# ## 그래프는 프로그램입니다
#
# 신경망을 학습시킬 때는 함수 하나를 수만 바꾸어 가며 부르고 또 부릅니다. 그때마다 엔진은 똑같은 그래프를 새로
# 기록하고 거슬러 갑니다. 한 번만 하고 그 결과를 두고두고 쓸 수는 없을까요? 점점 잦아드는 물결을 나타내는 작은
# 함수를 봅시다.


# %%
def wave(x):
    return sin(x) * exp(-x * x / 2)


draw(wave(Value(0.5, name="x")), grads=False, edges=False)

# %% [markdown] lang="en"
# Read from left to right, the graph *is* a program: a list of steps, each of which computes one number from
# earlier ones. And the backward walk can be recorded as well (lesson 10). So the derivative is such a list,
# too. `jit` takes a function and gives one that does the same, and keeps the list:

# %% [markdown] lang="ko"
# 그래프를 왼쪽에서 오른쪽으로 읽으면 그대로 프로그램입니다. 앞에서 구한 수로 다음 수를 하나씩 계산하는 단계가
# 차례로 늘어서 있으니까요. 거슬러 가는 계산도 기록할 수 있으므로(10과) 도함수도 이런 프로그램이 됩니다.
# `jit`는 함수를 받아, 같은 일을 하면서 이 프로그램을 간직하는 함수를 만들어 줍니다.

# %%
slope = jit(grad(wave))
print(slope(0.5), grad(wave)(0.5))

# %% [markdown] lang="en"
# At the first call, `jit` ran `grad(wave)` and recorded it. That is called **tracing**. This is what it
# noted:

# %% [markdown] lang="ko"
# `jit`는 처음 불렸을 때 `grad(wave)`를 실행하면서 기록했습니다. 이것을 **추적**(tracing)이라고 합니다. 기록된
# 것은 다음과 같습니다.

# %%
passes = dict(slope.passes)
print(passes["traced"])

# %% [markdown] lang="en"
# The first lines are the function, up to its exponential; then comes the chain rule. A line such as
# `t3 = sin(t2)` is a node of the graph: an operation, and what it was made from. There is a lot in the list
# that nobody would write by hand.
#
# ## Making it shorter
#
# The compiler goes through the list several times. Each time is called a **pass**: it takes a program and
# gives a program that computes the same, but with less work. How many steps are left after each?

# %% [markdown] lang="ko"
# 앞부분은 지수함수까지의 함수 계산이고, 그다음은 연쇄법칙입니다. `t3 = sin(t2)` 같은 한 줄이 그래프의 노드
# 하나, 곧 연산과 그 입력입니다. 그런데 손으로 쓴다면 아무도 쓰지 않을 것이 많이 들어 있습니다.
#
# ## 프로그램 줄이기
#
# 컴파일러는 이 목록을 여러 번 훑습니다. 한 번 훑는 것을 **패스**(pass)라고 합니다. 패스마다 프로그램을 받아,
# 같은 것을 더 적은 일로 계산하는 프로그램을 내놓습니다. 패스를 거칠 때마다 몇 단계가 남을까요?

# %%
for name, program in slope.passes:
    print(f"{len(program.terms):3}  {name}")

# %% [markdown] lang="en"
# (A name may come twice: what one pass does can give another one new work.) The most important ones:
#
# - **Identities** (`autodiff.jit.identities`): rules of algebra, such as 1 · x = x and x · x = x². Their
#   table is `autodiff.jit.algebra`. The list may even grow, until the next passes remove what is left over.
# - **Common subexpressions** (`autodiff.jit.sharing`): what is computed twice in the same way is computed
#   once.
# - **Dead code** (`autodiff.jit.dead`): what the result does not depend on is left out. The derivative needs
#   the sine and the exponential, but not their product: the trace has left that out already.
#
# The last pass leads to this, written in NumPy by `autodiff.jit.emit_numpy`:

# %% [markdown] lang="ko"
# (같은 이름이 두 번 나오기도 합니다. 한 패스를 거치고 나면 다른 패스가 할 일이 새로 생기기 때문입니다.)
# 중요한 것은 다음과 같습니다.
#
# - **항등식**(identities, `autodiff.jit.identities`): 1 · x = x, x · x = x² 같은 대수 규칙을 씁니다. 규칙의
#   표는 `autodiff.jit.algebra`에 있습니다. 단계가 잠깐 늘기도 하지만, 남는 것은 다음 패스가 없앱니다.
# - **공통 부분식**(common subexpressions, `autodiff.jit.sharing`): 똑같은 계산을 두 번 하면 한 번만 하게
#   합니다.
# - **죽은 코드**(dead code, `autodiff.jit.dead`): 결과에 쓰이지 않는 계산을 뺍니다. 도함수에는 사인과
#   지수함수의 값이 필요하지만 둘의 곱은 필요 없습니다. 그래서 추적한 결과에도 이미 빠져 있습니다.
#
# 마지막 패스까지 거친 프로그램을 `autodiff.jit.emit_numpy`가 NumPy로 쓰면 다음과 같습니다.

# %%
print(slope.source)

# %% [markdown] lang="en"
# By hand: the derivative of sin x · exp(−x²/2) is −x · sin x · exp(−x²/2) + exp(−x²/2) · cos x. Do you find
# it in the source? The first part comes in two equal halves, −t2 − t2, one for each x in x · x. The
# exponential is computed once, and used twice.
#
# ## Is it faster?
#
# Each call of `grad` records a graph and walks over it; each call of `slope` runs the few lines above. (How
# much that gains depends on the machine, on its load, and on how long the operations themselves take.)

# %% [markdown] lang="ko"
# 손으로 sin x · exp(−x²/2)를 미분하면 −x · sin x · exp(−x²/2) + exp(−x²/2) · cos x 입니다. 위의 프로그램에서
# 찾을 수 있나요? 첫 항은 똑같은 두 부분 −t2 − t2 로 나뉘어 있습니다. x · x 에 있는 x 두 개에서 하나씩 나온
# 것입니다. 지수함수는 한 번만 계산해서 두 번 씁니다.
#
# ## 빨라졌을까요?
#
# `grad`는 부를 때마다 그래프를 기록하고 거슬러 가지만, `slope`는 위의 몇 줄만 실행합니다. (얼마나
# 빨라지는지는 컴퓨터와 그때의 부하, 그리고 연산 자체에 걸리는 시간에 따라 다릅니다.)


# %%
def microseconds(f):
    best = 1.0
    for _ in range(200):
        start = time.perf_counter()
        f(0.5)
        best = min(best, time.perf_counter() - start)
    return best * 1e6


print(f"grad {microseconds(grad(wave)):.0f} µs    jit {microseconds(slope):.0f} µs")

# %% [markdown] lang="en"
# The first call is slow: it traces and compiles. So `jit` pays for what is called often.
#
# ## What is fixed
#
# Python runs the function only while it is traced. Look when it prints:

# %% [markdown] lang="ko"
# 처음 부를 때는 추적하고 컴파일하느라 느립니다. 그래서 `jit`는 자주 부르는 함수에 쓸 때 이득입니다.
#
# ## 고정되는 것
#
# 파이썬이 함수를 실제로 실행하는 것은 추적할 때뿐입니다. 언제 출력되는지 보세요.


# %%
factor = 10


def times(x):
    print("tracing")
    return factor * x


fast = jit(times)
print(fast(2.0))
factor = 1000
print(fast(3.0))

# %% [markdown] lang="en"
# The second call prints nothing, and it still multiplies by 10! The argument x may change from call to call;
# a plain number from outside is **frozen** while the function is traced. `fast.stats["frozen"]` lists them.
# What should change must be an argument, or a `Value`, a `Tensor` or an array.

# %% [markdown] lang="ko"
# 두 번째로 불렀을 때는 "tracing"이 출력되지 않고, 여전히 10을 곱합니다! 인수 x는 부를 때마다 달라져도 되지만,
# 함수 밖에 있는 보통의 수는 추적할 때의 값으로 **고정**됩니다. `fast.stats["frozen"]`에서 무엇이 고정되었는지
# 볼 수 있습니다. 바뀌어야 하는 수는 인수로 주거나 `Value`, `Tensor`, 배열로 만드세요.

# %%
fast.stats["frozen"]

# %% [markdown] lang="en"
# And an `if`? Only one of its branches runs while the function is traced. So the compiler keeps the
# condition in the program, as a **guard**, and looks at it in every call. If it comes out the other way, the
# function is traced once more, and both **paths** are kept:

# %% [markdown] lang="ko"
# `if`는 어떻게 될까요? 추적할 때는 두 갈래 가운데 하나만 실행됩니다. 그래서 컴파일러는 조건을
# **가드**(guard)로 프로그램에 남겨 두고, 부를 때마다 확인합니다. 조건의 결과가 다르면 함수를 한 번 더
# 추적하고, **경로**(path) 두 개를 모두 간직합니다.


# %%
def hinge(x):
    print("tracing")
    if x > 0:
        return x * x
    return -x


bent = jit(hinge)
print(bent(3.0), bent(-3.0), bent(5.0), bent.stats["paths"])

# %% [markdown] lang="en"
# In the engine: begin with `autodiff.jit.compile.jit`, whose documentation has all these rules, then read
# `autodiff.jit.trace` and the passes. `docs/compiler.md` follows a larger function through all of them.
#
# ## Exercises
#
# **1.** `f = jit(times)` with the function `times` from above, then `f(1.0)`, `f(2.0)` and `f(3.0)`. How
# often does it print "tracing"?

# %% [markdown] lang="ko"
# 엔진에서 보기: `autodiff.jit.compile.jit`에서 시작하세요. 이런 규칙이 모두 그곳의 설명에 있습니다. 그다음
# `autodiff.jit.trace`와 패스들을 읽으면 됩니다. `docs/compiler.md`는 더 큰 함수 하나가 모든 패스를 거치는
# 과정을 보여 줍니다.
#
# ## 연습 문제
#
# **1.** 위의 함수 `times`로 `f = jit(times)`를 만들고 `f(1.0)`, `f(2.0)`, `f(3.0)`을 불렀습니다. "tracing"은
# 몇 번 출력될까요?

# %%
answer = ...
check(1, answer)

# %% [markdown] lang="en"
# **2.** The program `a = sin(x); b = x * x; c = sin(x); y = a * c` returns y. How many steps are left when
# common subexpressions are computed once and dead code is left out?

# %% [markdown] lang="ko"
# **2.** 프로그램 `a = sin(x); b = x * x; c = sin(x); y = a * c`의 결과는 y입니다. 공통 부분식을 한 번만
# 계산하고 죽은 코드를 빼면 몇 단계가 남을까요?

# %%
answer = ...
check(2, answer)

# %% [markdown] lang="en"
# **3.** `k = 2.0`, `g = jit(lambda x: k * x)`, `g(1.0)`, and then `k = 7.0`. What is `g(3.0)` now?

# %% [markdown] lang="ko"
# **3.** `k = 2.0`으로 두고 `g = jit(lambda x: k * x)`를 만들어 `g(1.0)`을 부른 다음, `k = 7.0`으로
# 바꾸었습니다. 이제 `g(3.0)`은 얼마일까요?

# %%
answer = ...
check(3, answer)

# %% [markdown] lang="en"
# **4.** Write the pass for dead code. `program` is a dict: for each step the list of its inputs, such as
# `{"a": ["x"], "b": ["x"], "y": ["a"]}`, in order. Return how many steps are needed for the last one (itself
# included; here 2).
#
# You have come to the end of the lessons. [The examples](../../README.md) show what one can do with all this.

# %% [markdown] lang="ko"
# **4.** 죽은 코드를 빼는 패스를 써 보세요. `program`은 단계마다 입력의 리스트를 적은 딕셔너리로, 예를 들어
# `{"a": ["x"], "b": ["x"], "y": ["a"]}` 처럼 순서대로 적혀 있습니다. 마지막 단계를 계산하는 데 필요한 단계의
# 수를 돌려주세요(마지막 단계도 셉니다. 이 예에서는 2입니다).
#
# 이것으로 수업이 모두 끝났습니다. 배운 것으로 무엇을 할 수 있는지는 [예제](../../README.md)에서 볼 수
# 있습니다.


# %%
def steps_needed(program):
    return ...


check(4, steps_needed)
