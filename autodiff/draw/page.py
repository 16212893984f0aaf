"""The picture as a page: the SVG and a table of all numbers, in one file that needs no network."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape

from .content import Box, Picture
from .numbers import shown, sum_of
from .theme import styled

__all__: list[str] = []

STYLE = """
body{margin:0;background:$page;color:$ink;font:15px/1.45 Helvetica,Arial,sans-serif}
main{padding:16px}h1{font-size:1.2rem;margin:0 0 12px}.picture{overflow:auto}
table{border-collapse:collapse;margin-top:16px}td,th{padding:4px 12px;text-align:left;vertical-align:top}
td{border-top:1px solid $line}th,.mute{color:$mute;font-weight:400}
.value{color:$value-ink}.grad{color:$grad-ink}
.warn{background:$warn;color:$warn-ink}.scroll{overflow:auto}
"""


def policy(*styles: str, scripts: tuple[str, ...] = ()) -> str:
    """A content security policy that allows these texts and nothing else."""

    def hashes(texts: tuple[str, ...]) -> str:
        return " ".join(f"'sha256-{b64encode(sha256(t.encode()).digest()).decode()}'" for t in texts)

    script = f"; script-src {hashes(scripts)}" if scripts else ""
    return f"default-src 'none'; style-src {hashes(styles)}{script}"


def styles_in(svg: str) -> list[str]:
    """The style sheets in an SVG."""
    return [part.split("</style>")[0] for part in svg.split("<style>")[1:]]


def page(picture: Picture, svg: str, theme: str) -> str:
    style = styled(STYLE, theme)
    rows = "".join(row(box, picture) for box in picture.boxes if box.role != "literal")
    notes = "".join(f"<p>{escape(note)}</p>" for note in picture.notes)
    gradient = f"<th>∂{escape(picture.top)}/∂node</th>" if picture.grads else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy(style, *styles_in(svg))}">'
        f"<title>{escape(picture.title)}</title><style>{style}</style></head><body><main>"
        f'<h1>{escape(picture.title)}</h1><div class="picture" tabindex="0">{svg}</div>{notes}'
        f'<div class="scroll"><table><thead><tr><th>node</th><th>made of</th><th>value</th>{gradient}'
        f"</tr></thead><tbody>{rows}</tbody></table></div></main></body></html>\n"
    )


def row(box: Box, picture: Picture) -> str:
    if box.role == "group":
        held = "; ".join(line for line in box.held if line)
        return f"<tr><td><b>{escape(box.name)}</b></td><td>{escape(held)}</td><td></td></tr>"
    value = f"{shown(box.value).line} <span class=mute>{escape(box.shape)}</span>"
    if box.flag:
        value += f' <span class="warn">⚠ {escape(box.flag)}</span>'
    grad = ""
    if picture.grads:
        several = len(box.parts) > 1 and not box.shape
        text = "" if box.grad is None else sum_of(box.parts, box.grad) if several else shown(box.grad).line
        grad = f'<td class="grad">{text}</td>'
    made = escape(box.expression)
    return f'<tr><td><b>{escape(box.name)}</b></td><td>{made}</td><td class="value">{value}</td>{grad}</tr>'
