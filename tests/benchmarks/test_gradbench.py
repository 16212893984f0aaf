"""Whole outputs of GradBench's programs against formulas and complex steps, on small inputs of our own."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.gradbench import ba, det, ode, oracles
from benchmarks.gradbench.tool import PROGRAMS, Function, answer, functions

ROOT = Path(__file__).parent.parent.parent
RUNS = {"min_runs": 1, "min_seconds": 0}


def gaussians(rng, d, k, m):
    return {
        "d": d, "k": k, "n": 20, "m": m, "gamma": 1.5,
        "x": rng.normal(size=(20, d)).tolist(), "alpha": rng.normal(size=k).tolist(),
        "mu": rng.uniform(size=(k, d)).tolist(), "q": rng.normal(size=(k, d)).tolist(),
        "l": rng.normal(size=(k, d * (d - 1) // 2)).tolist(),
    }  # fmt: skip


def network(rng):
    shapes = {"main_params": (4, 20), "extra_params": (3, 5), "state": (4, 5)}
    sequence = rng.integers(0, 2, (9, 5)).astype(float)
    return {name: rng.random(shape).tolist() for name, shape in shapes.items()} | {
        "sequence": sequence.tolist()
    }


def hand(rng, on_triangles, mirrored, theta):
    """A model of 22 bones, each of them but the first hanging on an earlier one."""
    bones, vertices, n = 22, 30, 7
    weights = rng.random((vertices, bones))
    model = {
        "parents": [-1, *(int(rng.integers(0, i)) for i in range(1, bones))],
        "base_relatives": rng.normal(size=(bones, 4, 4)).tolist(),
        "inverse_base_absolutes": rng.normal(size=(bones, 4, 4)).tolist(),
        "base_positions": np.column_stack([rng.normal(size=(vertices, 3)), np.ones(vertices)]).tolist(),
        "weights": (weights / weights.sum(1, keepdims=True)).tolist(),
        "triangles": rng.integers(0, vertices, (10, 3)).tolist(),
        "is_mirrored": mirrored,
    }
    data = {
        "model": model,
        "correspondences": rng.integers(0, 10, n).tolist(),
        "points": rng.normal(size=(n, 3)).tolist(),
    }
    us = rng.random((n, 2)).tolist() if on_triangles else []
    return {"theta": theta.tolist(), "us": us, "data": data}


def observations(rng, n, m, p):
    camera = [-0.8, -1.1, -0.8, 34.6, 39.7, 53.9, 419.2, 5.9, -8.5, 0.088, 0.0027]
    return {"n": n, "m": m, "p": p, "cam": camera, "x": [7.2, 0.001, 3.0], "w": 0.417, "feat": [271.8, 834.2]}


def inputs(module):
    rng = np.random.default_rng(0)
    match module:
        case "lse":
            return [{"x": rng.random(50).tolist()}, {"x": (1000 * rng.normal(size=9)).tolist()}]
        case "llsq":
            return [{"x": rng.random(m).tolist(), "n": n} for n, m in ((16, 5), (7, 1))]
        case "gmm":
            return [gaussians(rng, 3, 4, 0), gaussians(rng, 1, 2, 2)]
        case "kmeans":
            points = rng.random((50, 3))
            return [{"points": points.tolist(), "centroids": points[-4:].tolist()}]
        case "ode":
            return [{"x": rng.random(n).tolist(), "s": s} for n, s in ((6, 10), (40, 10), (41, 10), (1, 3))]
        case "lstm":
            return [network(rng)]
        case "ht":
            theta = rng.normal(size=26)
            straight = np.concatenate([np.zeros(3), theta[3:]])
            return [
                hand(rng, False, False, theta),
                hand(rng, True, False, theta),
                hand(rng, True, True, straight),
            ]
        case "ba":
            return [observations(rng, 3, 5, 11)]
        case "det":
            return [{"A": rng.random(n * n).tolist(), "ell": n} for n in (1, 2, 5)]
        case "saddle":
            return [{"start": [1.0, 1.0]}]
        case "particle":
            return [{"w": 0.0}]
    return [3.0]


FAST = [module for module in PROGRAMS if module not in ("saddle", "particle")]
CASES = [(module, name) for module in FAST for name in functions(module)]


@pytest.mark.parametrize("module, name", CASES)
def test_whole_outputs(module, name):
    function = functions(module)[name]
    for given in inputs(module):
        found = function.run(*function.prepare(given))
        expected = getattr(oracles, module)(name, given)
        assert oracles.relative_error(found if module != "det" else plain(found), expected) < 1e-8


def plain(found):
    return np.array([float(x) for row in found for x in row]) if isinstance(found, list) else float(found)


def test_ode_has_nothing_but_zeros_where_the_chain_is_longer_than_the_steps():
    """Which GradBench's own sizes all are, so that an answer of zeros is right there."""
    rng = np.random.default_rng(0)
    x = rng.random(41)
    run = functions("ode")["gradient"].run
    assert not np.any(run(x, 10))
    assert np.any(run(x[:40], 10))


def test_oracles_see_a_wrong_derivative():
    given = inputs("gmm")[0]
    expected = oracles.gmm("jacobian", given)
    wrong = {**expected, "q": expected["q"] * (1 + 1e-6)}
    assert oracles.relative_error(wrong, expected) > 1e-8


def test_the_jacobian_is_sent_in_part():
    given = inputs("ba")[0]
    response = answer(
        {"id": 7, "kind": "evaluate", "module": "ba", "function": "jacobian", "input": given | RUNS}
    )
    rows, columns, values = ba.sparse(*ba.prepare(given))
    assert response["id"] == 7 and response["success"]
    assert response["output"]["vals"] == [*values[:30], values[-1]]
    assert response["output"]["cols"] == [*columns[:30], columns[-1]]
    assert response["output"]["rows"] == [*rows[:30], rows[-1]]
    assert len(response["timings"]) == 1 and response["timings"][0]["nanoseconds"] > 0


def test_messages():
    def evaluate(function, given):
        return {"id": 3, "kind": "evaluate", "module": "lse", "function": function, "input": given}

    messages = [
        {"id": 0, "kind": "start", "eval": "lse"},
        {"id": 1, "kind": "define", "module": "lse"},
        {"id": 2, "kind": "define", "module": "os"},
        evaluate("primal", {"x": [0.0, 0.0], "min_runs": 3, "min_seconds": 0}),
        evaluate("hessian", {"x": [0.0], **RUNS}),
        evaluate("primal", {"y": [0.0], **RUNS}),
        {"id": 6, "kind": "analysis", "of": 3, "valid": True},
    ]
    sent = "".join(json.dumps(message) + "\n" for message in messages)
    command = [sys.executable, "-m", "benchmarks.gradbench"]
    done = subprocess.run(command, input=sent, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    start, define, unknown, primal, hessian, missing, analysis = map(json.loads, done.stdout.splitlines())
    assert start == {"id": 0, "tool": "autodiff"}
    assert define == {"id": 1, "success": True}
    assert not unknown["success"] and "no program 'os'" in unknown["error"]
    assert primal["output"] == pytest.approx(np.log(2)) and len(primal["timings"]) == 3
    assert not hessian["success"] and "lse has primal, gradient" in hessian["error"]
    assert not missing["success"] and "KeyError" in missing["error"]
    assert analysis == {"id": 6}


def test_every_program_has_its_functions():
    for module in PROGRAMS:
        found = functions(module)
        assert found and all(isinstance(f, Function) for f in found.values())
    assert set(functions("saddle")) == {"ff", "fr", "rf", "rr"} == set(functions("particle"))


def test_det_with_shared_minors_is_the_same(capsys):
    a = np.random.default_rng(0).random((5, 5)).tolist()
    assert det.shared_determinant(a) == pytest.approx(det.determinant(a), rel=1e-12)
    det.main((4,))
    rows = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()[2:]]
    how = ("all products, not shared", "all products", "shared minors")
    assert [row[0] for row in rows] == [f"4 {what}, {h}" for h in how for what in ("primal", "gradient")]
    left = [int(row[2]) for row in rows]
    assert left[0] > left[2] == left[4]
    assert left[1] > left[3] == left[5]


@pytest.mark.skipif(not shutil.which("g++"), reason="needs a C++ compiler")
def test_ode_in_cpp_runs_the_same_algorithm(tmp_path):
    ode.agree(ode.in_cpp(tmp_path, "-O2"))


def test_without_a_compiler_there_is_nothing_to_compare_with(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match="needs a C\\+\\+ compiler"):
        ode.in_cpp(tmp_path, "-O2")
