"""The texts of a package's pages, in each language: one row of its ``texts.txt`` a text."""

from __future__ import annotations

import json
from importlib import resources

LANGUAGES = ("en", "zh")
Texts = dict[str, dict[str, str]]
"""Key -> language -> text."""


def read_texts(package: str) -> Texts:
    """The rows ``key | English | Chinese`` of the package's ``texts.txt``, whose first line is their head."""
    lines = resources.files(package).joinpath("texts.txt").read_text(encoding="utf-8").splitlines()[1:]
    rows = (line.split(" | ") for line in lines)
    return {key: dict(zip(LANGUAGES, texts, strict=True)) for key, *texts in rows}


def module(texts: Texts, language: str) -> str:
    """The texts of one language as an ES module."""
    return f"export default {json.dumps({key: words[language] for key, words in texts.items()}, ensure_ascii=False)};\n"
