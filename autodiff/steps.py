"""The plain backward walk's fast way through an elementwise row: its pulls written out as one function.

`backward.pull` does the same for every primitive and every case, at half the speed.  What is written out
here is the common case: one function a row, in which the text of the partials stands where a call of a
rule would.  The functions are written when they are first needed.
"""

from __future__ import annotations

from typing import Any

from .graph import DIFF, PLAIN, SCALAR, Function

__all__: list[str] = []


class Steps(dict[bool, Function]):
    """What the plain backward walk runs for a row: all its pulls in one function, written out as source.

    `backward.pull` would do, at half the speed.  Written when it is first needed, for numbers and arrays:

    >>> from autodiff import tanh
    >>> print(tanh.steps.source(arrays=False))
    def step(node, g, cot):
        nx, = node.inputs
        x = nx.value
        out = node.value
        t = g * (1.0 - out * out)
        if type(out) is complex: t = nx.fit(m, t, x)
        cot[nx] = cot[nx] + t if nx in cot else t
    """

    def __init__(self, name: str, names: str, partials: tuple[Any, ...]) -> None:
        self.name, self.names, self.partials = name, names.split(", "), partials

    def __missing__(self, arrays: bool) -> Function:
        given = {f"d{k}": d for k, d in enumerate(self.partials)}
        where: dict[str, Any] = {**given, "m": PLAIN if arrays else SCALAR}
        exec(compile(self.source(arrays), f"<step of {self.name}>", "exec"), where)
        self[arrays] = where["step"]
        return self[arrays]

    def source(self, arrays: bool) -> str:
        names, several = self.names, len(self.names) > 1
        nodes = ["n" + n for n in names]
        lines = [f"{', '.join(nodes)}{'' if several else ','} = node.inputs"]
        lines += [f"{n} = {node}.value" for n, node in zip(names, nodes, strict=True)]
        lines += ["out = node.value"]
        misfit = "type(out) is complex"
        if arrays:
            misfit = "misfit or t.dtype is not {0}.dtype" if several else "t.dtype is not {0}.dtype"
            lines += [f"misfit = {' or '.join(f'x.shape != {n}.shape' for n in names[1:])}"] * several
        for k, (d, n, node) in enumerate(zip(self.partials, names, nodes, strict=True)):
            if d is None:
                continue
            rate = (
                f"({d})"
                if isinstance(d, str)
                else f"d{k}(m, out, {', '.join(names)})"
                if callable(d)
                else repr(d)
            )
            body = [
                f"t = {'g' if d == 1 else f'g * {rate}'}",
                f"if {misfit.format(n)}: t = {node}.fit(m, t, {n})",
                f"cot[{node}] = cot[{node}] + t if {node} in cot else t",
            ]
            lines += [f"if {node}.tracked & {DIFF}:", *("    " + line for line in body)] if several else body
        return "def step(node, g, cot):\n    " + "\n    ".join(lines)
