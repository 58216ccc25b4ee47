"""Texts without secrets. Pure but for the files that settings name as secret, whose contents are searched for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from agent.config.address import hidden, is_address, shown
from agent.config.files import path_of
from agent.system.regular import open_regular

MASK = "***"
LARGEST = 64 * 1024
SHORTEST = 4
"""Characters of a secret below which it is no use to search for it: it would mask numbers and words everywhere."""
_SECRET = re.compile(r"pass(word|wd|phrase)?$|secret|token|credential|(^|_)key$|(^|_)pin$|claim", re.IGNORECASE)
_FILES = re.compile(r"(password|key|secret|token)_file$")
_PATTERNS = (
    (re.compile(r"-----BEGIN [^-]+-----.*?(-----END [^-]+-----|\Z)", re.DOTALL), MASK),
    (re.compile(r"(/claim/[^\s#]+#)\S+"), rf"\1{MASK}"),
    (
        re.compile(
            r"(?i)((?:pass(?:word|wd|phrase)?|pwd|psw|secret|token|authorization|\bkey)\b\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|\S+)"
        ),
        rf"\1{MASK}",
    ),
    (re.compile(r"[A-Za-z0-9+/=_-]{120,}"), MASK),
)
"""Keys, claims, what is called a secret, and anything long that might be one or a frame."""
_WORD = re.compile(r"[\w./-]+")
LONGEST_ROW = 1000
"""Characters of one row that are looked through and shown; the search for addresses grows with their square."""


class Mask:
    """``known``: texts that must not be seen anywhere."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = sorted({each for each in known if len(each) >= SHORTEST}, key=len, reverse=True)

    def text(self, text: str) -> str:
        """Of each row what is no secret; of an address what ``agent.config.address`` shows of it, and nothing else."""
        for each in self._known:
            text = text.replace(each, MASK)
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
        return "\n".join(hidden(_cut(row)) for row in text.split("\n"))

    def tree(self, value: Any, name: str = "") -> Any:
        """Of tables and lists the same, with the values of secret names masked whole."""
        if isinstance(value, dict):
            return {self.text(str(key)): self.tree(each, str(key)) for key, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.tree(each, name) for each in value]
        if isinstance(value, (bool, int, float)) and not _SECRET.search(name):
            return value
        if _SECRET.search(name):
            return MASK
        text = str(value)
        return self.text(shown(text) if is_address(text) or (name == "source" and not _WORD.fullmatch(text)) else text)


def secrets_of(table: Any) -> Iterator[str]:
    """The contents of the files that settings name as secret, whole and by line, and what stands in the open there."""
    if isinstance(table, dict):
        for name, value in table.items():
            if isinstance(value, str) and _FILES.search(str(name)):
                yield from _content(value)
            elif isinstance(value, str) and _SECRET.search(str(name)):
                yield value
            elif isinstance(value, str) and is_address(value):
                yield from _user(value)
            yield from secrets_of(value)
    elif isinstance(table, list):
        for value in table:
            yield from secrets_of(value)


def _user(address: str) -> Iterator[str]:
    """Who logs in there and with what, as written and as meant."""
    for part in address.partition("://")[2].rpartition("@")[0].split(":", 1):
        yield from (part, unquote(part))


def _cut(row: str) -> str:
    """Without the word that is cut: half of an address may look like another one."""
    return row if len(row) <= LONGEST_ROW else f"{row[:LONGEST_ROW].rpartition(' ')[0]} ..."


def _content(name: str) -> Iterator[str]:
    path: Path | None = path_of(name)
    try:
        if path is None:
            return
        with open_regular(path) as file:
            text = file.read(LARGEST).decode("utf-8", "replace")
    except OSError:
        return
    yield text.strip()
    yield from (line.strip() for line in text.splitlines() if not line.startswith("-----"))
