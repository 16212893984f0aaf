"""The driver, with an eval and a tool of our own in the place of GradBench's."""

import json
import math
import sys
import textwrap

import pytest

from benchmarks.gradbench import driver, jax_tool
from benchmarks.gradbench.driver import Row, Times

EVAL = """
    import json, sys

    def ask(**message):
        print(json.dumps(message), flush=True)
        return json.loads(sys.stdin.readline())

    assert sys.argv[1:] == ["-n", "2500", "40000", "160000", "--min-runs", "2", "--min-seconds", "0"]
    assert ask(id=0, kind="start", eval="lse")["id"] == 0
    if ask(id=1, kind="define", module="lse")["success"]:
        for k, x in enumerate(([0.0, 1.0], [5.0])):
            for j, function in enumerate(("primal", "gradient")):
                n = 2 + 4 * k + 2 * j
                given = {"x": x, "min_runs": 2, "min_seconds": 0}
                response = ask(
                    id=n, kind="evaluate", module="lse", function=function, input=given,
                    description=f"n={len(x)}",
                )
                if response["success"]:
                    valid = function == "gradient" or response["output"] != 7.0
                    assert ask(id=n + 1, kind="analysis", of=n, valid=valid) == {"id": n + 1}
    print(json.dumps({"id": 99, "kind": "end"}), flush=True)
"""

TOOL = """
    import json, sys

    for line in sys.stdin:
        message = json.loads(line)
        answer = {"id": message["id"]}
        if message["kind"] == "define":
            answer["success"] = True
        if message["kind"] == "evaluate" and message["input"]["x"] == [5.0]:
            answer |= {"success": False, "error": "Traceback\\nToo short"}
        elif message["kind"] == "evaluate":
            zeros = [0.0] * len(message["input"]["x"])
            runs = (9000000, 2000000)[: message["input"]["min_runs"]]
            timings = [{"name": "evaluate", "nanoseconds": n} for n in runs]
            output = 7.0 if message["function"] == "primal" else zeros
            answer |= {"success": True, "output": output, "timings": timings}
        print(json.dumps(answer), flush=True)
"""


@pytest.fixture
def checkout(tmp_path):
    """A checkout with one eval, and a tool that answers it badly."""
    package = tmp_path / "python" / "gradbench" / "gradbench"
    for place, text in (("evals/lse", EVAL), ("tools/pytorch", TOOL)):
        (package / place).mkdir(parents=True)
        (package / place / "run.py").write_text(textwrap.dedent(text))
    (package / "cpp.py").write_text(textwrap.dedent(TOOL))
    return tmp_path


def test_messages_are_relayed_and_answers_judged(checkout, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(driver, "PATIENCE", math.inf)
    file = tmp_path / "figures.json"
    rows = driver.main(
        ["--gradbench", str(checkout), "--evals", "lse", "--tools", "ours", "eager", "pytorch", "manual"]
        + ["--min-runs", "2", "--rounds", "3", "--json", str(file)]
    )
    assert [row.title for row in rows] == [
        "lse n=2 primal", "lse n=2 gradient", "lse n=1 primal", "lse n=1 gradient",
    ]  # fmt: skip
    for row in rows:
        assert list(row.tools) == ["ours", "eager", "pytorch"]  # there is no program of manual's
        for ours in (row.tools["ours"], row.tools["eager"]):
            assert ours.valid and ours.first > 0 and len(ours.later) == 7 and ours.off < 1e-15
    primal, gradient, failed, _ = (row.tools["pytorch"] for row in rows)
    assert not primal.valid and math.isnan(primal.typical())
    assert gradient.valid and gradient.off == 1.0  # zeros, of which the eval does not complain
    assert gradient.first == 9.0 and gradient.later == [9.0, *[9.0, 2.0] * 3]
    assert gradient.typical() == 9.0
    assert failed.error.endswith("Too short") and math.isnan(failed.typical()) and failed.later == []
    said = capsys.readouterr().out
    assert "pytorch, lse n=2 primal: not valid, relative error 4.3e+00" in said
    assert "pytorch, lse n=2 gradient: valid, but its relative error is 1.0e+00" in said
    assert "pytorch, lse n=1 primal: failed: Too short" in said
    assert json.loads(file.read_text())[1]["tools"]["pytorch"]["first"] == 9.0


@pytest.mark.parametrize("first, runs", [(500e6, 7), (2e9, 1)])
def test_slow_tools_are_called_less(checkout, first, runs):
    file = checkout / "python" / "gradbench" / "gradbench" / "tools" / "pytorch" / "run.py"
    file.write_text(file.read_text().replace("9000000", str(int(first))))
    rows = driver.main(
        ["--gradbench", str(checkout), "--evals", "lse", "--tools", "pytorch"]
        + ["--min-runs", "2", "--rounds", "3"]
    )
    assert rows[1].tools["pytorch"].first == first / 1e6
    assert len(rows[1].tools["pytorch"].later) == runs


def test_means_are_geometric_and_show_the_least():
    def row(name, ours, peer):
        return Row(name, "", "f", {"ours": Times(1.0, [ours] * 3), "jax": Times(1.0, [peer, 99.0, peer])})

    rows = [row("lse", 1.0, 8.0), row("lse", 2.0, 1.0), row("gmm", 4.0, 4.0)]
    rows.append(Row("ht", "", "f", {"ours": Times(1.0, [1.0]), "jax": Times(1.0, [1.0], valid=False)}))
    lines = driver.means(rows, ["ours", "jax"], "ours").splitlines()[2:]
    assert lines == ["| lse | 2 (0.5) |", "| gmm | 1 (1) |", "| ht |  |", "| all | 1.59 (0.5) |"]
    assert driver.runs(rows[-1:], ["ours", "jax"]).splitlines()[-1] == "| ht f | 1 |  |"
    assert driver.runs(rows[:1], ["jax"], max).splitlines()[-1] == "| lse f | 99 |"
    assert driver.failures(rows[:3]) == []


def test_parts_of_ba_are_compared_with_parts_and_ours_as_a_whole():
    given = {"n": 2, "m": 3, "p": 5, "x": [7.2, 0.001, 3.0], "w": 0.417, "feat": [271.8, 834.2]}
    given["cam"] = [-0.8, -1.1, -0.8, 34.6, 39.7, 53.9, 419.2, 5.9, -8.5, 0.088, 0.0027]
    message = {"module": "ba", "function": "jacobian", "input": given}
    expected = driver.expectation(message)
    part = driver.functions("ba")["jacobian"].finish(expected)
    assert driver.distance("manual", message, {"output": part}, expected) == 0
    wrong = {**part, "vals": [*part["vals"][:-1], 1.0]}
    assert driver.distance("manual", message, {"output": wrong}, expected) > 1e-8
    assert driver.distance("manual", message, {"output": {}}, expected) == math.inf
    assert driver.distance("ours", message, {"output": wrong}, expected) < 1e-12


def test_results_of_jax_are_waited_for():
    def decorator(*, pre):
        return lambda f: lambda x: f(pre(x))

    waited = jax_tool.waiting(decorator, lambda y: ("ready", y))
    assert waited(pre=lambda x: x + 1)(lambda x: 2 * x)(3) == ("ready", 8)


def test_a_folder_that_is_no_checkout(tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        driver.main(["--gradbench", str(tmp_path), "--python", sys.executable])
    assert stop.value.code == 2 and "no checkout of GradBench" in capsys.readouterr().err
