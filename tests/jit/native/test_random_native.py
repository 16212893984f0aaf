"""Native and eager agree on random programs: values, gradients and second derivatives, branches among them.

500 programs here; `tests/long/jit_programs.py --backend native` runs as many as one likes.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from autodiff.jit import paths
from tests.jit.test_random_jit import check
from tests.test_random_programs import Program, programs

pytest.importorskip("llvmlite")


@pytest.mark.parametrize("part", range(2))
def test_native_programs_do_what_eager_ones_do(part: int, monkeypatch: Any) -> None:
    made: list[bool] = []
    compile = paths.Runner.compile

    def noted(self: Any) -> None:
        compile(self)  # which raises nothing that f would have to hide
        made.append(self.native is not None)

    monkeypatch.setattr(paths.Runner, "compile", noted)
    monkeypatch.setenv("AUTODIFF_JIT", "native")

    @seed(100 + part)
    @settings(
        max_examples=250, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(programs(), st.integers(0, 209))
    def run(program: Program, k: int) -> None:
        before = len(made)
        check(program, k)
        assert len(made) > before

    run()
    assert sum(made) > 0.7 * len(made)
