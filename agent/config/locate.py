"""Which line of a TOML text each key stands on: tomllib reads the values and forgets the places.

The text is taken to be right, as far as tomllib has said so; where it is not, the walk ends early with what it has.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from contextlib import suppress

from agent.config.problem import Path

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})'  # up to two quotes may stand before the three that close
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}\n#]*")
_DEEPEST = 64


class SettingPlaces:
    """Lines by path, and what stands twice: ``(path, first line, second line)``."""

    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self.twice: list[tuple[Path, int, int]] = []


def locate(text: str) -> SettingPlaces:
    """The line, from 1, of each table, option and list item of ``text``. Never raises."""
    scan = _Scan(text)
    with suppress(_Lost):
        scan.document()
    return scan.places


class _Lost(Exception):
    """The text is not TOML from here on."""


class _Scan:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._breaks = [match.start() for match in re.finditer("\n", text)]
        self._lists: dict[Path, int] = {}  # arrays of tables -> how many so far
        self._headers: dict[Path, int] = {}
        self.places = SettingPlaces()

    def document(self) -> None:
        table: Path = ()
        while self._blank():
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table, 0)

    def _header(self) -> Path:
        many = self._text.startswith("[[", self._at)
        line = self._line()
        self._at += 2 if many else 1
        keys = self._keys()
        self._take("]")
        if many:
            self._take("]")
        path: Path = ()
        for key in keys[:-1]:
            path = self._inside((*path, key), line)
        path = (*path, keys[-1])
        if many:
            self._lists[path] = self._lists.get(path, 0) + 1
            path = self._inside(path, line)
        elif path in self._headers:
            self.places.twice.append((path, self._headers[path], line))
        self._headers[path] = line
        self.places.lines[path] = line
        return path

    def _inside(self, path: Path, line: int) -> Path:
        """The table that ``path`` means in a header: of an array of tables, the last one so far."""
        self.places.lines.setdefault(path, line)
        if path in self._lists:
            path = (*path, self._lists[path] - 1)
            self.places.lines.setdefault(path, line)
        return path

    def _pair(self, table: Path, depth: int) -> None:
        line = self._line()
        path = table
        for key in self._keys():
            path = (*path, key)
            known = self.places.lines.setdefault(path, line)
        if known != line:
            self.places.twice.append((path, known, line))
        self._take("=")
        self._space()
        self._value(path, depth)

    def _value(self, path: Path, depth: int) -> None:
        if depth > _DEEPEST:
            raise _Lost
        first = self._text[self._at : self._at + 1]
        if first == "[":
            self._items(path, depth, "]")
        elif first == "{":
            self._items(path, depth, "}")
        elif not self._skip(_STRING):
            self._skip(_SCALAR)

    def _items(self, path: Path, depth: int, end: str) -> None:
        self._at += 1
        count = 0
        while self._blank() and self._text[self._at] != end:
            if end == "}":
                self._pair(path, depth + 1)
            else:
                self.places.lines[(*path, count)] = self._line()
                before = self._at
                self._value((*path, count), depth + 1)
                if self._at == before:
                    raise _Lost
            count += 1
            if self._blank() and self._text[self._at] == ",":
                self._at += 1
        self._take(end)

    def _keys(self) -> list[str]:
        keys = []
        while True:
            self._space()
            start = self._at
            if self._skip(_STRING):
                keys.append(_unquoted(self._text[start : self._at]))
            elif self._skip(_BARE):
                keys.append(self._text[start : self._at])
            else:
                raise _Lost
            self._space()
            if not self._text.startswith(".", self._at):
                return keys
            self._at += 1

    def _take(self, sign: str) -> None:
        if not self._text.startswith(sign, self._at):
            raise _Lost
        self._at += 1

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        match = pattern.match(self._text, self._at)
        if match is None or match.end() == self._at:
            return False
        self._at = match.end()
        return True

    def _space(self) -> None:
        self._skip(_SPACE)

    def _blank(self) -> bool:
        """Go past white space, line ends and comments; whether anything follows."""
        self._skip(_BLANK)
        return self._at < len(self._text)

    def _line(self) -> int:
        return bisect_right(self._breaks, self._at - 1) + 1


def _unquoted(token: str) -> str:
    try:
        return str(tomllib.loads(f"k={token}")["k"])
    except (tomllib.TOMLDecodeError, ValueError):
        raise _Lost from None
