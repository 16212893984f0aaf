"""Runs GradBench's evals against several tools, and prints how their times compare.

    python -m benchmarks.gradbench.driver --gradbench PATH
    python -m benchmarks.gradbench.driver --gradbench PATH --evals gmm lstm --tools ours jax --rounds 5

An eval is a process that sends messages and judges answers.  Each tool gets one of its own, and all of them
get to the same evaluation together; then its message goes to every tool in turn, and that several times, so
that whatever else the machine does strikes all of them.  `README.md` says how to set it up and read it.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import geometric_mean, median
from typing import Any

from . import oracles
from .tool import PROGRAMS, Message, functions

ROOT = Path(__file__).parents[2]
TOOLS = "ours", "eager", "pytorch", "jax", "manual"
OURS = "ours", "eager"
PRECISION = 1e-8  # of whole outputs, beside the oracles'
PATIENCE = 1.0  # seconds for a call; a tool that takes longer is called twice

HANDS = [
    ["--min", "1", "--max", "2", "--model", model, "--variant", variant]
    for model in ("small", "big")
    for variant in ("simple", "complicated")
]
SIZES: dict[str, list[list[str]]] = {
    "hello": [[]],
    "lse": [["-n", "2500", "40000", "160000"]],
    "llsq": [["-n", "16", "256", "4096"]],
    "gmm": [["-d", "2", "10", "64", "-k", "5", "25"]],
    "kmeans": [["-k", "10", "100", "-n", "1000", "10000", "-d", "8"]],
    "ode": [["-n", "1000", "10000", "-s", "10", "100"]],
    "lstm": [["-l", "2", "-c", "1024"]],
    "ht": HANDS,
    "ba": [["--min", "1", "--max", "2"]],
    "det": [["-l", "5", "6", "7", "8"]],
    "saddle": [[]],
    "particle": [[]],
}
UNTIMED = ("hello",)  # its eval takes no number of runs


Statistic = Callable[[list[float]], float]
STATISTICS: dict[str, Statistic] = {"median": median, "least": min}


# ---- what is found ---------------------------------------------------------------------------------------
@dataclass
class Times:
    """Of one tool in one evaluation: milliseconds of its runs, and what became of its answers."""

    first: float = math.nan  # compilation included, where there is one
    later: list[float] = field(default_factory=list)
    valid: bool = True
    off: float = math.nan  # relative error of the whole output
    error: str = ""

    def typical(self, how: Statistic = median) -> float:
        """The time of a run, NaN without a valid answer."""
        if not self.valid or self.error:
            return math.nan
        return how(self.later) if self.later else self.first

    def add(self, response: Message) -> None:
        runs = [t["nanoseconds"] / 1e6 for t in response.get("timings") or [] if t["name"] == "evaluate"]
        if math.isnan(self.first) and runs:
            self.first, *runs = runs
        self.later += runs
        if not response.get("success") or math.isnan(self.first):
            self.error = response.get("error") or "no reason given"


@dataclass
class Row:
    """One evaluation."""

    eval: str
    case: str
    function: str
    tools: dict[str, Times]

    @property
    def title(self) -> str:
        return f"{self.eval} {self.case} {self.function}".replace("  ", " ")


# ---- processes -------------------------------------------------------------------------------------------
class Talker:
    """A process that reads and writes one message a line."""

    def __init__(
        self, command: Sequence[str], folder: Path, python_path: Path, core: int, **more: str
    ) -> None:
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {core})  # the process inherits it, and so do its own
        try:
            environment = {**os.environ, "PYTHONPATH": str(python_path), **more}
            self.process = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        finally:
            os.sched_setaffinity(0, before)

    def send(self, message: Message) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def receive(self) -> Message | None:
        """The next message; None at the end."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def ask(self, message: Message) -> Message:
        self.send(message)
        answer = self.receive()
        if answer is None:
            return {"id": message["id"], "success": False, "error": f"{self.process.args!r} has ended"}
        return answer

    def stop(self) -> None:
        self.process.kill()
        with self.process:
            pass  # closes its streams, and waits for its end


class Match:
    """An eval, and the tool that answers it."""

    def __init__(self, tool: str, name: str, arguments: list[str], gradbench: Path, python: str) -> None:
        package = gradbench / "python" / "gradbench"
        cores = sorted(os.sched_getaffinity(0))
        judge = package / "gradbench" / "evals" / name / "run.py"
        self.name, self.gradbench = tool, gradbench
        self.eval = Talker([python, str(judge), *arguments], gradbench, package, cores[-1])
        if tool in OURS:
            more = {"AUTODIFF_EAGER": "1"} if tool == "eager" else {}
            self.tool = Talker([sys.executable, "-m", "benchmarks.gradbench"], ROOT, ROOT, cores[0], **more)
        else:
            command = {
                "jax": [str(Path(__file__).with_name("jax_tool.py")), str(gradbench)],
                "pytorch": [str(package / "gradbench" / "tools" / "pytorch" / "run.py")],
                "manual": [str(package / "gradbench" / "cpp.py"), "manual"],
            }[tool]
            self.tool = Talker([python, *command], gradbench, package, cores[0])

    def advance(self) -> Message | None:
        """Relay messages up to the next evaluation, which is returned; None at the end."""
        while (message := self.eval.receive()) is not None:
            if message["kind"] == "evaluate":
                return message
            if message["kind"] == "end":
                break
            self.eval.send(self.answer(message))
        return None

    def answer(self, message: Message) -> Message:
        if message["kind"] == "define" and self.name == "manual":  # it would be built again
            there = (self.gradbench / "tools" / "manual" / "bin" / message["module"]).exists()
            return {"id": message["id"], "success": there}
        return self.tool.ask(message)

    def judged(self, response: Message) -> bool:
        """Whether the eval finds the response to its evaluation valid."""
        self.eval.send(response)
        if not response.get("success"):
            return False
        analysis = self.eval.receive()
        if analysis is None:
            return False
        self.eval.send(self.answer(analysis))
        return bool(analysis["valid"])

    def stop(self) -> None:
        self.eval.stop()
        self.tool.stop()


# ---- running them ----------------------------------------------------------------------------------------
def run(name: str, arguments: list[str], tools: Iterable[str], settings: argparse.Namespace) -> Iterator[Row]:
    """The evaluations of an eval."""
    if name not in UNTIMED:
        arguments = [*arguments, "--min-runs", str(settings.min_runs), "--min-seconds", "0"]
    matches = [Match(tool, name, arguments, settings.gradbench, settings.python) for tool in tools]
    try:
        while asked := {match: message for match in matches if (message := match.advance())}:
            message = next(iter(asked.values()))
            row = Row(
                name, case_of(message, arguments), message["function"], {m.name: Times() for m in asked}
            )
            responses: dict[Match, Message] = {}
            for k in range(-2, settings.rounds):  # twice a single run: one that compiles, one that does not
                for match in asked:
                    times = row.tools[match.name]
                    if not times.error and (k < 0 or times.later[0] <= 1e3 * PATIENCE):
                        responses[match] = match.tool.ask(once(asked[match]) if k < 0 else asked[match])
                        times.add(responses[match])
            expected = expectation(message)
            for match, response in responses.items():
                times = row.tools[match.name]
                times.valid = match.judged(response)
                if response.get("success"):
                    given = asked[match]  # lstm's input is drawn by each eval anew
                    same = given["input"] == message["input"]
                    wanted = expected if same else expectation(given)
                    times.off = distance(match.name, given, response, wanted)
            yield row
    finally:
        for match in matches:
            match.stop()


def once(message: Message) -> Message:
    """The message for a single run."""
    given = message["input"]
    return {**message, "input": {**given, "min_runs": 1} if isinstance(given, dict) else given}


def case_of(message: Message, arguments: list[str]) -> str:
    """The variant of the eval and the size of its input."""
    variant = [arguments[k + 1] for k, x in enumerate(arguments) if x in ("--model", "--variant")]
    given = message["input"]
    return " ".join(
        [*variant, message.get("description") or (str(given) if isinstance(given, float) else "")]
    )


def expectation(message: Message) -> Any:
    """What the oracle says."""
    return getattr(oracles, message["module"])(message["function"], message["input"])


def distance(tool: str, message: Message, response: Message, expected: Any) -> float:
    """The relative error of a whole output.  ba's messages hold a part of it: ours is computed here again."""
    try:
        if message["module"] != "ba":
            return oracles.relative_error(response["output"], expected)
        function = functions("ba")[message["function"]]
        if tool in OURS:
            return oracles.relative_error(function.run(*function.prepare(message["input"])), expected)
        return oracles.relative_error(response["output"], function.finish(expected))
    except (KeyError, TypeError, ValueError):
        return math.inf


# ---- tables ----------------------------------------------------------------------------------------------
def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """As Markdown."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def number(x: float) -> str:
    return "" if math.isnan(x) else f"{x:.3g}" if x < 1000 else f"{x:.0f}"


def times_of(row: Row, tool: str) -> Times:
    return row.tools.get(tool, Times(valid=False))


def runs(rows: Sequence[Row], tools: Sequence[str], how: Statistic = median) -> str:
    cells = [[row.title, *(number(times_of(row, t).typical(how)) for t in tools)] for row in rows]
    return table(["milliseconds", *tools], cells)


def firsts(rows: Sequence[Row], tools: Sequence[str]) -> str:
    cells = [[row.title, *(number(times_of(row, t).first) for t in tools)] for row in rows]
    return table(["milliseconds, first call", *tools], cells)


def means(rows: Sequence[Row], tools: Sequence[str], of: str, how: Statistic = median) -> str:
    """The tools' times over those of our tool `of`: geometric means over an eval's evaluations, and the least
    of the ratios: where it is below 1, `of` lost an evaluation."""
    peers = [t for t in tools if t != of]
    names = list(dict.fromkeys(row.eval for row in rows))
    cells = []
    for name in [*names, "all"]:
        some = [row for row in rows if name in (row.eval, "all")]
        cells.append([name, *(mean_cell(ratios(some, of, peer, how)) for peer in peers)])
    return table([f"time over that of {of}: mean (least)", *peers], cells)


def ratios(rows: Iterable[Row], of: str, peer: str, how: Statistic) -> list[float]:
    found = [times_of(row, peer).typical(how) / times_of(row, of).typical(how) for row in rows]
    return [x for x in found if not math.isnan(x)]


def mean_cell(found: list[float]) -> str:
    return f"{number(geometric_mean(found))} ({number(min(found))})" if found else ""


def failures(rows: Sequence[Row]) -> list[str]:
    """What was not valid, failed, or is further from the oracle than it may be."""
    found = []
    for row in rows:
        for tool, times in row.tools.items():
            if times.error:
                found.append(f"{tool}, {row.title}: failed: {times.error.strip().splitlines()[-1]}")
            elif not times.valid:
                found.append(f"{tool}, {row.title}: not valid, relative error {times.off:.1e}")
            elif times.off > PRECISION:
                found.append(f"{tool}, {row.title}: valid, but its relative error is {times.off:.1e}")
    return found


def report(rows: Sequence[Row], tools: Sequence[str], how: Statistic = median) -> str:
    parts = [runs(rows, tools, how)]
    parts += [means(rows, tools, of, how) for of in OURS if of in tools and len(tools) > 1]
    parts += [firsts(rows, tools)]
    worst = max((times.off for row in rows for tool, times in row.tools.items() if tool in OURS), default=0.0)
    parts += [f"Our whole outputs are within {worst:.1e} of the oracles, relatively."]
    parts += ["\n".join(failures(rows)) or "All answers were valid."]
    return "\n\n".join(parts)


# ---- the command -----------------------------------------------------------------------------------------
def main(arguments: Sequence[str] | None = None) -> list[Row]:
    parser = argparse.ArgumentParser(description="Run GradBench's evals against several tools.")
    parser.add_argument("--gradbench", type=Path, required=True, help="a checkout whose tools run already")
    parser.add_argument("--python", default=sys.executable, help="the Python that runs the evals and tools")
    parser.add_argument("--evals", nargs="+", choices=PROGRAMS, default=PROGRAMS, metavar="EVAL")
    parser.add_argument(
        "--tools", nargs="+", choices=TOOLS, default=TOOLS, metavar="TOOL", help=", ".join(TOOLS)
    )
    parser.add_argument("--min-runs", type=int, default=5, help="in a message, %(default)s by default")
    parser.add_argument(
        "--rounds", type=int, default=3, help="messages after the first two, %(default)s by default"
    )
    parser.add_argument("--statistic", choices=STATISTICS, default="median", help="what stands for all runs")
    parser.add_argument("--json", type=Path, help="where to save all figures")
    settings = parser.parse_args(arguments)
    settings.gradbench = settings.gradbench.resolve()
    if not (settings.gradbench / "python" / "gradbench" / "gradbench" / "evals").is_dir():
        parser.error(f"{settings.gradbench} is no checkout of GradBench: it has no python/gradbench")
    rows: list[Row] = []
    how = STATISTICS[settings.statistic]
    for name in settings.evals:
        for variant in SIZES[name]:
            for row in run(name, variant, settings.tools, settings):
                rows.append(row)
                found = ", ".join(
                    f"{t} {number(times.typical(how)) or '-'}" for t, times in row.tools.items()
                )
                print(f"{row.title}: {found}", file=sys.stderr, flush=True)
                if settings.json:
                    settings.json.write_text(json.dumps([asdict(row) for row in rows], indent=1))
    print(report(rows, settings.tools, how))
    return rows


if __name__ == "__main__":
    main()
