"""The READMEs: the Korean one shows what the English one does, and links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ENGLISH, KOREAN = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.ko.md"))


def blocks(text):
    """The blocks of code, without comments."""
    found = re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [(kind, re.sub(r"(?m) +# .*$", "", code)) for kind, code in found]


def test_the_korean_readme_has_the_same_commands_and_examples():
    english, korean = blocks(ENGLISH), blocks(KOREAN)
    assert [code for kind, code in korean if kind == "sh"] == [code for kind, code in english if kind == "sh"]
    for block in korean:
        assert block in english
    assert len(korean) > 10


def anchors(text):
    """The names by which links reach the headings."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("text", [ENGLISH, KOREAN], ids=["en", "ko"])
def test_links_lead_somewhere(text):
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", prose) if "://" not in link]
    assert len(links) > 20
    for link in links:
        path, _, anchor = link.partition("#")
        assert (ROOT / path).exists(), link
        assert not anchor or anchor in anchors((ROOT / path).read_text("utf-8")), link


def test_each_names_the_other_and_is_in_its_language():
    assert "](README.ko.md)" in ENGLISH and "](README.md)" in KOREAN
    prose = re.sub(r"```.*?```|`[^`]*`|\([^)]*\)", "", KOREAN, flags=re.DOTALL)
    for paragraph in re.split(r"\n\n|\n- ", prose):
        if len(paragraph) > 60:
            assert re.search("[가-힣]", paragraph), paragraph
    assert not re.search("[가-힣]", ENGLISH.replace("한국어", ""))
