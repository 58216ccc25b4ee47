"""Every text of the pages, in each language: one row of texts.txt a text."""

from __future__ import annotations

import json
from importlib import resources

LANGUAGES = ("en", "zh")


def _read() -> dict[str, dict[str, str]]:
    lines = resources.files("fleet.pages").joinpath("texts.txt").read_text(encoding="utf-8").splitlines()[1:]
    rows = (line.split(" | ") for line in lines)
    return {key: dict(zip(LANGUAGES, texts, strict=True)) for key, *texts in rows}


TEXTS = _read()
"""Key -> language -> text."""


def module(language: str) -> str:
    """The texts of one language as an ES module."""
    return f"export default {json.dumps({key: words[language] for key, words in TEXTS.items()}, ensure_ascii=False)};\n"
