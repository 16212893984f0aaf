"""The backward walk's fast ways through a row.

`backward.pull` serves every primitive and every case, at half the speed.  What stands here is the common
case.  For an elementwise row, its pulls are written out as one function, in which the text of the partials
stands where a call of a rule would; the functions are written when they are first needed.  For any other
row with one input, what `pull` does for several is done for one.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from .backward import Cotangents, pull
from .graph import DIFF, PLAIN, RECORD, SCALAR, Function, Primitive

__all__: list[str] = []


class Steps(dict[bool, Function]):
    """What the backward walk runs for a row, for numbers (False) and arrays (True), plain or recorded.

    >>> from autodiff import tanh
    >>> print(tanh.steps.source(arrays=False))
    def step(node, g, cot, after):
        nx, = node.inputs
        x, out = nx.value, node.value
        t = g * (1.0 - out * out)
        if type(out) is complex: t = nx.fit(m, t, x)
        cot[nx] = cot[nx] + t if nx in cot else t
    """

    def __init__(self, name: str, names: str, partials: tuple[Any, ...], record: bool) -> None:
        self.name, self.names, self.partials, self.record = name, names.split(", "), partials, record

    def __missing__(self, arrays: bool) -> Function:
        where: dict[str, Any] = {f"d{k}": d for k, d in enumerate(self.partials)}
        where["m"] = RECORD if self.record else PLAIN if arrays else SCALAR
        exec(compile(self.source(arrays), f"<step of {self.name}>", "exec"), where)
        self[arrays] = where["step"]
        return self[arrays]

    def source(self, arrays: bool) -> str:
        """The function as Python text."""
        names, several = self.names, len(self.names) > 1
        nodes = names if self.record else ["n" + n for n in names]
        value = ".value" if self.record else ""  # of what a rule sees
        comma = "" if several else ","
        lines = [f"{', '.join(nodes)}{comma} = node.inputs"]
        if self.record:
            lines.append("out = node")
        else:
            values = ", ".join(f"{node}.value" for node in nodes)
            lines.append(f"{', '.join(names)}, out = {values}, node.value")
        misfit = f"type(out{value}) is complex"
        if arrays:
            misfit = f"t{value}.dtype is not {{0}}{value}.dtype"
            if several:
                shapes = " or ".join(f"x{value}.shape != {n}{value}.shape" for n in names[1:])
                lines.append(f"misfit = {shapes}")
                misfit = f"(misfit and {{0}}{value}.shape != out{value}.shape) or {misfit}"
        asked = f"if {{0}}.tracked & {DIFF}" + " and {0}.number >= after" * self.record + ":"
        for k, (d, n, node) in enumerate(zip(self.partials, names, nodes, strict=True)):
            rate = (
                f"({d})" if isinstance(d, str) else f"d{k}(m, out, {', '.join(names)})" if callable(d) else d
            )
            body = [
                "t = g" if d == 1 else f"t = g * {rate}",
                f"if {misfit.format(n)}: t = {node}.fit(m, t, {n})",
                f"cot[{node}] = cot[{node}] + t if {node} in cot else t",
            ]
            if several or self.record:
                body = [asked.format(node), *("    " + line for line in body)]
            lines += body if d is not None else []
        return "def step(node, g, cot, after):\n    " + "\n    ".join(lines)


class Joint(Steps):
    """The same for a row that finds the cotangents of large arrays faster all at once.

    `joint(asked, g, out, x, y…)` gives one for each input, where `asked` says so, or None, if the text of
    the partials has to serve: at ties, say.
    """

    def __init__(self, joint: Function, *about: Any) -> None:
        super().__init__(*about)
        self.joint = joint

    def __missing__(self, arrays: bool) -> Function:
        by_text: Any = super().__missing__(arrays)
        if not arrays:
            return by_text  # type: ignore[no-any-return]
        joint = self.joint

        def step(node: Any, g: Any, cot: Cotangents, after: int) -> None:
            inputs, out = node.inputs, node.value
            found = None
            if out.size >= LARGE:
                found = joint([x.tracked & DIFF for x in inputs], g, out, *[x.value for x in inputs])
            if found is None:
                by_text(node, g, cot, after)
            for x, t in zip(inputs, found or (), strict=False):
                if t is not None:
                    t = x.fit(PLAIN, t, x.value)
                    cot[x] = cot[x] + t if x in cot else t

        self[True] = step
        return step


LARGE = 1000  # elements, from which on all at once is faster


def steps_of(joint: Function | None, *row: Any) -> tuple[Steps, Steps]:
    """The steps of an elementwise row, plain and recorded."""
    plain, recorded = (*row, False), (*row, True)
    return Joint(joint, *plain) if joint else Steps(*plain), Steps(*recorded)


def fill_steps(primitive: Primitive) -> None:
    """Give a row the walks that it did not bring."""
    if primitive.steps is None:
        pulls = primitive.rules.pulls
        known = isinstance(pulls, tuple) and pulls and not primitive.makes
        step = pull if not known else one_input(pulls[0]) if len(pulls) == 1 else several_inputs(pulls)
        primitive.steps = {False: pull, True: step}
    if primitive.recorded is None:
        recorded = partial(pull, record=True)
        primitive.recorded = {False: recorded, True: recorded}


def without_out(transpose: Function) -> Function:
    """A transpose as a pull: it has no use for the result."""

    def rule(m: Any, g: Any, out: Any, *xs: Any, **params: Any) -> Any:
        return transpose(m, g, *xs, **params)

    rule.transpose = transpose  # type: ignore[attr-defined]
    return rule


def one_input(rule: Any) -> Function:
    """The step of a row with one input, on arrays.  If the node is tracked, so is its input."""
    transpose = getattr(rule, "transpose", None)

    def step(node: Any, g: Any, cot: Cotangents, after: int) -> None:
        (x,) = node.inputs
        value, params = x.value, node.params or {}
        t = transpose(PLAIN, g, value, **params) if transpose else rule(PLAIN, g, node.value, value, **params)
        if t.shape != value.shape or t.dtype is not value.dtype:
            t = x.fit(PLAIN, t, value)
        cot[x] = cot[x] + t if x in cot else t

    return step


def several_inputs(rules: Any) -> Function:
    """The same for a row with a number of inputs."""

    def step(node: Any, g: Any, cot: Cotangents, after: int) -> None:
        inputs, out, params = node.inputs, node.value, node.params or {}
        xs = [x.value for x in inputs]
        for x, rule, value in zip(inputs, rules, xs, strict=True):
            if x.tracked & DIFF and rule is not None:
                t = rule(PLAIN, g, out, *xs, **params)
                if t.shape != value.shape or t.dtype is not value.dtype:
                    t = x.fit(PLAIN, t, value)
                cot[x] = cot[x] + t if x in cot else t

    return step
