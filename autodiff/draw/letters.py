r"""Letters and signs in LaTeX: any name is set by any TeX, pdflatex included.

Such a TeX knows ASCII, and the rest by commands: `α` is `\alpha`, `é` is `\acute{e}`, `≤` is `\leq`.  A
letter that has no command, as those of other scripts, is spelled by its number in Unicode, `[U+65E5]`.
"""

from __future__ import annotations

import unicodedata

__all__: list[str] = []

GREEK = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu",
    "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta",
    "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega",
]  # fmt: skip
SYMBOLS = {unicodedata.lookup(
    f"GREEK {'SMALL' if g.islower() else 'CAPITAL'} LETTER {g.upper().replace('LAMBDA', 'LAMDA')}"
): g for g in GREEK}  # fmt: skip
LETTER_OF = {g: symbol for symbol, g in SYMBOLS.items()}
ACCENTS = {
    "\u0300": "grave", "\u0301": "acute", "\u0302": "hat", "\u0303": "tilde", "\u0304": "bar",
    "\u0306": "breve", "\u0307": "dot", "\u0308": "ddot", "\u030a": "mathring", "\u030c": "check",
    "\u20d7": "vec",
}  # fmt: skip
LOW = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
SPECIAL = {
    "\\": r"\backslash ", "~": r"\sim ", "^": r"\wedge ", "{": r"\{", "}": r"\}", " ": r"\ ",
    **{c: f"\\{c}" for c in "$&#_%"}, **{c: rf"\{g} " for c, g in SYMBOLS.items()},
    "∂": r"\partial ", "×": r"\times ", "·": r"\cdot ", "−": "-", "→": r"\to ", "…": r"\ldots ",
    "ᵀ": r"{}^{\top}", "√": r"\surd ", "∞": r"\infty ", "≤": r"\leq ", "≥": r"\geq ", "≠": r"\neq ",
    "≈": r"\approx ", "±": r"\pm ", "∇": r"\nabla ", "∑": r"\sum ", "∏": r"\prod ", "∫": r"\int ",
    "∈": r"\in ", "ℓ": r"\ell ", "ℏ": r"\hbar ", "∘": r"\circ ", "⟨": r"\langle ", "⟩": r"\rangle ",
    "‖": r"\| ", "°": r"{}^{\circ}", "←": r"\leftarrow ", "↔": r"\leftrightarrow ", "•": r"\bullet ",
    "⁻": "{}^{-}", "⁺": "{}^{+}", "ϵ": r"\epsilon ", "µ": r"\mu ",
}  # fmt: skip


def in_latex(c: str) -> str:
    """One letter or sign, as it stands in mathematics."""
    if c in SPECIAL:
        return SPECIAL[c]
    if c.isascii():
        return c
    found = unicodedata.normalize("NFD", c)
    letter, marks = found[0], found[1:]
    if marks and all(mark in ACCENTS for mark in marks):
        text = in_latex(letter)
        for mark in marks:
            text = rf"\{ACCENTS[mark]}{{{text}}}"
        return text
    plain = unicodedata.normalize("NFKC", c).replace("\u2044", "/")
    if plain.isascii():  # ², ﬁ, ½
        kind = unicodedata.decomposition(c)
        wrap = "{}^{%s}" if kind.startswith("<super>") else "{}_{%s}" if kind.startswith("<sub>") else "%s"
        return wrap % "".join(map(in_latex, plain))
    return rf"[U{{+}}{ord(c):04X}]"
