"""Lesson 1, the derivative: python examples/lessons/01_the_derivative.py [--lang ko]"""

from autodiff.lessons import tell

if __name__ == "__main__":
    tell(__file__)

# %% [markdown] lang="en"
# # 1. The derivative
#
# See `autodiff.graph.ancestry`.

# %% [markdown] lang="ko"
# # 1. 미분
#
# `autodiff.graph.ancestry`

# %%
from autodiff import Value, draw
from autodiff.lessons import exercises, plots

check = exercises(lesson=1, language="en")


def f(x):
    return x**2


# %%
axes = plots.tangent_line(f, 3.0)

# %%
x = Value(3.0)
y = x * x
draw(y)

# %%
answer = ...
check(1, answer)
