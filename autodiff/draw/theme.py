"""Colours.  Blue is a value, orange a gradient, in every picture; text is readable in both themes.

`READ` lists which text stands on which ground: each at a contrast of 4.5 to 1 or better (WCAG 2, level AA).
"""

from __future__ import annotations

import re

__all__: list[str] = []

LIGHT = {
    "page": "#ffffff", "ink": "#1a1a1a", "mute": "#556068", "line": "#8a96a3", "card": "#f4f6f8",
    "parameter": "#dcd7f5", "constant": "#e6e9ec", "result": "#fbfbfb", "output": "#cdeada",
    "value": "#e6f1fc", "value-ink": "#0a4f94", "grad": "#fde3d1", "grad-ink": "#943a00",
    "warn": "#fff0b3", "warn-ink": "#8a1c00", "group": "#e9edf3",
    "tangent": "#d5f0ee", "tangent-ink": "#00564f",
}  # fmt: skip
DARK = {
    "page": "#15181c", "ink": "#eceff2", "mute": "#aab4be", "line": "#77838f", "card": "#1c2126",
    "parameter": "#40377a", "constant": "#343a41", "result": "#21262c", "output": "#1c4d39",
    "value": "#15304a", "value-ink": "#9dccff", "grad": "#4d270f", "grad-ink": "#ffbd8c",
    "warn": "#5a4300", "warn-ink": "#ffd9b8", "group": "#262d36",
    "tangent": "#0d3f3c", "tangent-ink": "#8fe0d8",
}  # fmt: skip
THEMES = ("auto", "light", "dark")
ROLES = ("parameter", "constant", "result", "output", "group")
READ = [
    *(("ink", role) for role in (*ROLES, "page", "card")),
    *(("mute", role) for role in (*ROLES, "page", "card", "value")),
    ("value-ink", "value"), ("value-ink", "page"), ("value-ink", "card"),
    ("grad-ink", "grad"), ("grad-ink", "page"), ("grad-ink", "card"), ("warn-ink", "warn"),
    ("tangent-ink", "tangent"), ("tangent-ink", "page"), ("tangent-ink", "card"),
]  # fmt: skip


def check_theme(theme: str) -> str:
    if theme not in THEMES:
        raise ValueError(f"theme is one of {', '.join(map(repr, THEMES))}, not {theme!r}")
    return theme


def styled(rules: str, theme: str) -> str:
    """CSS with the colours of a theme put in for `$ink` and the like; "auto" has both themes."""
    found = coloured(rules, DARK if theme == "dark" else LIGHT)
    return (
        found if theme != "auto" else f"{found}@media(prefers-color-scheme:dark){{{coloured(rules, DARK)}}}"
    )


def coloured(rules: str, colours: dict[str, str]) -> str:
    return re.sub(r"\$([a-z-]+)", lambda name: colours[name[1]], rules)


def recoloured(theme: str, selector: str) -> str:
    """CSS that turns an SVG in the light colours dark, where the reader prefers that."""
    if theme != "auto":
        return ""
    rules = [
        f'{selector} [{what}="{LIGHT[name]}"]{{{what}:{DARK[name]}}}'
        for name in LIGHT
        for what in ("fill", "stroke")
    ]
    return "@media(prefers-color-scheme:dark){" + "".join(rules) + "}"
