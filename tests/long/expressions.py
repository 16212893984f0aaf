"""As many random texts as one likes on the command line: each gives a result, or an error that says where.

    PYTHONPATH=. python tests/long/expressions.py                 100,000 texts, about a minute on a core
    PYTHONPATH=. python tests/long/expressions.py 5000 --seed 3   5,000 others

A third are random characters, a third random tokens, and a third expressions with an accident.  What is
neither a result nor that error ends the run, and prints the text.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import random
import time

from autodiff.draw.command import main
from autodiff.draw.expression import CONSTANTS, FUNCTIONS, OPERATORS, Expression, ExpressionError

CHARACTERS = "xyzab0123456789.eE+-*/%()**,^ =_!#$[]{}'\"\\\n\t;:<>?|&~@`é½²٣한∂\x00\x1b\u202e"
TOKENS = [
    "x",
    "y",
    "z",
    "2",
    "0.5",
    "1e3",
    "9",
    "1e-8",
    "(",
    ")",
    "(",
    ")",
    ",",
    "x",
    "**",
    "-",
    "__import__",
]
TOKENS += ["-", "__import__", *FUNCTIONS, *CONSTANTS, *(name for name in OPERATORS if name != "negative")]


def characters(rng: random.Random) -> str:
    return "".join(rng.choice(CHARACTERS) for _ in range(rng.randrange(30)))


def soup(rng: random.Random) -> str:
    return " ".join(rng.choice(TOKENS) for _ in range(rng.randrange(15)))


def expression(rng: random.Random, depth: int) -> str:
    if depth == 0 or rng.random() < 0.15:
        return rng.choice(["x", "y", "x", "2", "0.5", "3", "pi", "1e200", "0", "inf"])
    if rng.random() < 0.4:
        name = rng.choice(list(FUNCTIONS))
        return f"{name}({', '.join(expression(rng, depth - 1) for _ in range(FUNCTIONS[name][1]))})"
    sign = rng.choice(["+", "-", "*", "/", "**", "%"])
    left, right = expression(rng, depth - 1), expression(rng, depth - 1)
    return rng.choice([f"({left}) {sign} ({right})", f"{left}{sign}{right}", f"-({left})"])


def accident(rng: random.Random) -> str:
    text = list(expression(rng, rng.randrange(4)))
    for _ in range(rng.choice([0, 0, 1, 2])):
        place = rng.randrange(len(text) + 1)
        text[place : place + rng.randrange(2)] = rng.choice(CHARACTERS)
    return "".join(text)


def check(text: str, rng: random.Random) -> bool:
    """Run the command on this text; whether there was a result."""
    try:
        names = Expression(text).names
    except ExpressionError:
        names = ["x"]
    values = [
        f"{name}={rng.choice(['1', '0', '-2', '0.3', '1e300', 'nan', '-inf', '9**9**9'])}" for name in names
    ]
    out, error = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        code = main([" " + text, *values, *["--hessian"] * (rng.random() < 0.05)])
    if code == 0:
        assert out.getvalue().startswith("f") and not error.getvalue(), text
    else:
        message = error.getvalue()
        assert code == 2 and not out.getvalue(), text
        assert message.startswith("error: ") and message.rstrip("\n").splitlines()[-1].strip() == "^", text
    return code == 0


def run(count: int, seed: int) -> int:
    """Check that many texts; returns how many gave a result."""
    rng, results = random.Random(seed), 0
    for k in range(count):
        text = (characters, soup, accident)[k % 3](rng)
        try:
            results += check(text, rng)
        except BaseException:
            print(f"the text was {text!r}")
            raise
    return results


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int, nargs="?", default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    start = time.perf_counter()
    for part in range(0, asked.count, 1000):
        found = run(min(1000, asked.count - part), asked.seed * 1_000_003 + part)
        print(f"{part + 1000} texts, {found} results of the last 1000, {time.perf_counter() - start:.0f} s")
