"""The files of the settings, read and put together: one, and ``conf.d/*.toml`` next to it in the order of names."""

from __future__ import annotations

import hashlib
import re
import stat
import tomllib
import unicodedata
from functools import cached_property
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from agent.config import sentences as say
from agent.config.bounds import MOST_MARKS, MOST_PARTS, marks, too_deep
from agent.config.files import here, why
from agent.config.problem import Path, Problem, label, option
from agent.config.released import slots_of
from contract.settings import forbidden

if TYPE_CHECKING:
    from agent.config.locate import SettingPlaces

LARGEST = 1 << 18
"""Bytes of all files together; settings that are larger are a mistake."""
MOST_FILES = 500

MANY = ("line", "device", "rule", "camera")
"""Tables of named tables; each name may stand in another file."""

_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


class File:
    """One file: its text, what it holds, and on demand the lines of its keys."""

    def __init__(self, name: str, text: str, table: dict[str, Any]) -> None:
        self.name = name
        self.text = text
        self.table = table

    @cached_property
    def places(self) -> SettingPlaces:
        from agent.config.locate import locate  # noqa: PLC0415  only where something is wrong

        return locate(self.text)

    def line(self, path: Path) -> int | None:
        """The line of ``path``, or of the nearest that holds it."""
        lines = self.places.lines
        return next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), None)


class Document:
    """All files as one table that still knows which file each part came from."""

    def __init__(self, first: str) -> None:
        self.table: dict[str, Any] = {}
        self.kept: list[str] = []
        """Options of a maintainer's release that a file of the pole overrules, as sentences."""
        self.releases: list[str] = []
        """Maintainers' releases of settings that were taken in, as settings/street/12."""
        self._first = first
        self._origin: dict[Path, File] = {}
        self._hash = hashlib.sha256()
        self._room = LARGEST
        self._marks = MOST_MARKS

    def read(self, path: FilePath) -> list[Problem]:
        """Take in the file ``path``; what is wrong with it."""
        name = str(path)
        data = _bytes(path, self._room)
        if isinstance(data, Problem):
            return [data]
        self._room -= len(data)
        try:
            text = data.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            wrong = say.BYTE_X_NOT_UTF(data=data[error.start])
            return [Problem(file=name, line=line, text=wrong)]
        self._marks -= marks(text)
        if self._marks < 0:
            many = say.MORE_THAN_OPTIONS_TABLES(most_marks=MOST_MARKS)
            return [Problem(file=name, text=many)]
        file = _parsed(name, text)
        return self.add(file) if isinstance(file, File) else [file]

    @property
    def revision(self) -> str:
        return self._hash.hexdigest()[:12]

    def add(self, file: File) -> list[Problem]:
        """Take in the tables of ``file``; those that stand already in another are a problem."""
        self._hash.update(file.text.encode() + b"\0")
        problems = []
        for name, value in file.table.items():
            parts: list[tuple[Path, dict[str, Any], str, Any]] = [((name,), self.table, name, value)]
            if name in MANY and isinstance(value, dict):
                into = self.table.setdefault(name, {})
                parts = [((name, key), into, key, item) for key, item in value.items()]
            for path, table, key, item in parts:
                if path in self._origin:
                    other = self._origin[path]
                    text = say.STANDS_TWICE_OTHER_LINE(path=label(path), name=other.name, path_2=other.line(path))
                    problems.append(Problem(file=file.name, line=file.line(path), text=text))
                else:
                    self._origin[path] = file
                    table[key] = item
        return problems

    def fill(self, file: File, release: str) -> None:
        """Take in what a maintainer's release says where no file of the pole says anything; ``kept`` names the rest."""
        self._hash.update(file.text.encode() + b"\0")
        self._fill(file, release, (), self.table, file.table)

    def _fill(self, file: File, release: str, path: Path, into: dict[str, Any], table: dict[str, Any]) -> None:
        for key, value in table.items():
            place = (*path, key)
            if key not in into:
                into[key] = value
                self._origin.setdefault(place, file)
            elif isinstance(value, dict) and isinstance(into[key], dict):
                self._fill(file, release, place, into[key], value)
            elif into[key] != value:
                name, line = self.place(place)
                where = f"{name}, line {line}" if line else name
                self.kept.append(say.STAYS_SAYS_SOMETHING_ELSE(place=option(place), where=where, release=release))

    def place(self, path: Path) -> tuple[str, int | None]:
        """File and line of ``path``, or of the nearest that holds it; the first file where nothing does."""
        for end in (2, 1):
            if path[:end] in self._origin:
                file = self._origin[path[:end]]
                return file.name, file.line(path)
        return self._first, None


def read(path: FilePath, *, alone: bool = False) -> tuple[Document, list[Problem]]:
    """The settings in ``path`` and ``conf.d`` next to it, and why files of them cannot be read; ``alone``: without."""
    document = Document(str(path))
    problems: list[Problem] = []
    more, trouble = ([], []) if alone else _more(path.parent / "conf.d")
    problems += trouble
    for each in (path, *more):
        problems += document.read(each)
    if not alone and not problems and here():
        problems += _released(document)
    return document, problems


def _released(document: Document) -> list[Problem]:
    """Take in the maintainers' settings that run on this pole; what is wrong with them."""
    slots = slots_of(document.table)
    problems: list[Problem] = []
    for name in slots.names("settings"):
        folder = slots.running("settings", name)
        assert folder is not None
        document.releases.append(f"settings/{name}/{folder.name}")
        for each in sorted(folder.glob("*.toml")):
            data = _bytes(each, LARGEST)
            file = _parsed(str(each), data.decode("utf-8", "replace")) if isinstance(data, bytes) else data
            if isinstance(file, Problem):
                problems.append(file)
            elif wrong := forbidden(file.table):
                problems.append(Problem(file=str(each), text=wrong))
            else:
                document.fill(file, document.releases[-1])
    return problems


def _more(folder: FilePath) -> tuple[list[FilePath], list[Problem]]:
    try:
        if not folder.is_dir():
            return [], []
        files = sorted(file for file in folder.iterdir() if file.suffix == ".toml")
    except OSError as error:
        return [], [Problem(file=str(folder), text=say.FOLDER(error=why(error)))]
    if len(files) > MOST_FILES:
        return [], [
            Problem(file=str(folder), text=say.FILES_MORE_THAN_ALLOWED(files=len(files), most_files=MOST_FILES))
        ]
    return files, []


def _parsed(name: str, text: str) -> File | Problem:
    if line := too_deep(text):
        return Problem(file=name, line=line, text=say.NAME_MORE_THAN_PARTS(most_parts=MOST_PARTS))
    try:
        return File(name, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        return _syntax(name, text, str(error))
    except RecursionError:
        return Problem(file=name, text=say.LISTS_OR_TABLES_NESTED())
    except ValueError as error:  # tomllib lets some pass: a date of the 30th of February, an endless number
        return Problem(file=name, text=say.VALUE_CANNOT_READ(error=error))


def _bytes(path: FilePath, room: int) -> bytes | Problem:
    name = str(path)
    try:
        about = path.stat()
        if stat.S_ISDIR(about.st_mode):
            return Problem(file=name, text=say.FOLDER_GIVE_SETTINGS_FILE())
        if not stat.S_ISREG(about.st_mode):
            return Problem(file=name, text=say.NOT_PLAIN_FILE())
        with path.open("rb") as file:
            data = file.read(room + 1)
        if len(data) <= room:
            return data
        size = say.SETTINGS_MAY_BYTES_ALL(largest=LARGEST)
        return Problem(file=name, text=size)
    except FileNotFoundError:
        return Problem(file=name, text=say.NO_SUCH_FILE_POLEAGENT())
    except OSError as error:
        return Problem(file=name, text=say.FILE(error=why(error)))


_FOREIGN = {
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "＝": "=",
    "，": ",",
    "．": ".",
    "［": "[",
    "］": "]",
    "\u3000": " ",
}
"""Characters of Chinese and typographic keyboards -> the ones that TOML wants; full-width digits are found as such."""

_HINTS = {
    "Invalid value": say.VALUE_CANNOT_READ_TEXT(),
    "Expected '=' after a key in a key/value pair": say.EXPECTED_AFTER_OPTIONS_NAME(),
    "Invalid statement": say.EXPECTED_TABLE_OR_OPTION(),
    "Expected newline or end of document after a statement": say.SOMETHING_LEFT_OVER_BEHIND(),
    "Invalid initial character for a key part": say.OPTIONS_NAME_MISSING_NAMES(),
    "Expected ']' at the end of a table declaration": say.ENDS_TABLES_NAME_MISSING_2(),
    "Expected ']]' at the end of an array declaration": say.ENDS_TABLES_NAME_MISSING(),
    "Unclosed array": say.ENDS_LIST_MISSING(),
    "Unterminated string": say.QUOTATION_MARK_ENDS_TEXT(),
    "Illegal character '\\n'": say.QUOTATION_MARK_ENDS_TEXT(),
    "Invalid date or datetime": say.NO_SUCH_DATE_OR(),
    "Unescaped '\\' in a string": say.WRITE_BACKSLASH_TEXT_TWO(),
}
"""What tomllib says -> what helps."""


def _syntax(name: str, text: str, message: str) -> Problem:
    match = _AT.search(message)
    what = message[: match.start()] if match else message
    line = int(match[1]) if match and match[1] else text.count("\n") + 1
    if what.startswith("Duplicate inline table key "):
        again = what.removeprefix("Duplicate inline table key ")
        return Problem(file=name, line=line, text=say.STANDS_TWICE_ONE_TABLE(again=again))
    if what.startswith(("Cannot overwrite", "Cannot declare")):
        twice = File(name, text, {}).places.twice
        if twice:
            path, first, second = twice[0]
            called = say.TWICE_OF(name=f"'{path[-1]}'", table=label(path[:-1])) if len(path) > 1 else label(path)
            if what.startswith("Cannot declare"):
                called = label(path)
            where = say.ALREADY_LINE(first=first)
            return Problem(file=name, line=second, text=say.STANDS_TWICE_KEEP_ONE(called=called, where=where))
    if foreign := _foreign(text, line, int(match[2]) if match and match[2] else 1):
        return Problem(file=name, line=line, text=_at(foreign, match))
    return Problem(file=name, line=line, text=_at(_HINTS.get(what) or say.NOT_TOML(what=what), match))


def _at(text: str, match: re.Match[str] | None) -> str:
    return say.AT_COLUMN(text=text, column=match[2]) if match and match[2] else text


def _foreign(text: str, line: int, column: int) -> str:
    """The sentence about the character at this place, where it is one that TOML allows in texts and comments only."""
    character = text.split("\n")[line - 1][column - 1 : column]
    if character.isascii():
        return ""
    plain = _FOREIGN.get(character) or (str(unicodedata.digit(character)) if character.isdigit() else "")
    if plain:
        return say.NOT_PLAIN_SWITCH_KEYBOARD(character=character, plain=plain)
    return say.MAY_STAND_TEXT_QUOTATION(character=character)
