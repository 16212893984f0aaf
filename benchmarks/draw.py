"""How long a picture of a large graph takes, without Graphviz, and how large a stepper's page is.

python benchmarks/draw.py
"""

from __future__ import annotations

import random
import statistics
import time
from typing import Any

from autodiff import Value, draw, stepper
from autodiff.draw import svg


def program(size: int) -> Any:
    """A result of about this many nodes, most of which are used again."""
    chance = random.Random(1)
    known = [Value(chance.random() + 0.5) for _ in range(max(size // 10, 2))]
    while len(known) < size:
        x, y = known[-chance.randrange(1, min(30, len(known)))], chance.choice(known)
        known.append(
            chance.choice([lambda x, y: x * y, lambda x, y: (x + y).tanh(), lambda x, y: x - y])(x, y)
        )
    out = known[-1]
    for x in known[-size // 5 : -1]:
        out = out + x
    return out


def main() -> None:
    for size in (100, 400, 800):
        y = program(size)
        taken = []
        for _ in range(7):
            start = time.process_time()
            picture = draw(y, max_nodes=10**9, names={}).picture
            svg.svg(picture)
            taken.append(time.process_time() - start)
        print(f"draw, {picture.size:5} nodes, built-in layout: {statistics.median(taken):.2f} s")
    chain = x = Value(0.5, name="x")
    for _ in range(2500):
        chain = chain.sin() + x
    start = time.process_time()
    draw(chain).svg()
    print(f"draw, a chain of 5000 operations, folded: {time.process_time() - start:.2f} s of processor time")
    page = stepper(program(20))
    print(f"{page!r}: {len(page.html().encode()) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
