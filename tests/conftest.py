"""Hypothesis: no deadlines; in CI (the variable CI is set) the same examples each time.

HYPOTHESIS_PROFILE=long takes a hundred times as many examples.  Compiled code is not kept on disk, so that
tests compile what they test.
"""

import os

from hypothesis import HealthCheck, settings

os.environ.setdefault("AUTODIFF_CACHE", "off")
COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow], "print_blob": True}
settings.register_profile("developer", max_examples=60, **COMMON)
settings.register_profile("ci", max_examples=60, derandomize=True, **COMMON)
settings.register_profile("long", max_examples=6000, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "developer"))
