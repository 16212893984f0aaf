"""What the lessons in `examples/lessons` need while they run.

    digits          handwritten digits to learn from
    exercises       those of a lesson: `check = exercises(lesson=1, language="en")`, then `check(1, answer)`
    plots           the pictures of `autodiff.draw.plots`; without matplotlib they say what to install
    optional        any other module that a lesson can do without
    tell            tells a lesson in the terminal, when its script is run

The lessons themselves are scripts in `examples/lessons`; how one is written stands in `script.py`, and how an
exercise is, in `answers.py`.
"""

from __future__ import annotations

from .answers import exercises
from .extras import optional
from .handwriting import digits
from .script import tell

__all__ = ["digits", "exercises", "optional", "plots", "tell"]

plots = optional("autodiff.draw.plots", needs="matplotlib")
