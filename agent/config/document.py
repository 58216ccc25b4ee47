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

from agent.config.bounds import MOST_MARKS, MOST_PARTS, marks, too_deep
from agent.config.files import here, why
from agent.config.problem import Path, Problem, label, option
from agent.system.slots import USUAL_STORE, Slots
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
            wrong = f"byte 0x{data[error.start]:02X} is not UTF-8 text; save the file as UTF-8"
            return [Problem(file=name, line=line, text=wrong)]
        self._marks -= marks(text)
        if self._marks < 0:
            many = f"more than {MOST_MARKS} options, tables and list items are a mistake; is this the right file?"
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
                    text = (
                        f"{label(path)} stands twice; the other is in {other.name}, line {other.line(path)}: keep one"
                    )
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
                self.kept.append(f"{option(place)} stays as it is in {where}; {release} says something else")

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
    store = document.table.get("store")
    path = store.get("path") if isinstance(store, dict) else None
    slots = Slots(FilePath(path if isinstance(path, str) else USUAL_STORE).parent)
    problems: list[Problem] = []
    for name in slots.names("settings"):
        folder = slots.running("settings", name)
        assert folder is not None
        for each in sorted(folder.glob("*.toml")):
            data = _bytes(each, LARGEST)
            file = _parsed(str(each), data.decode("utf-8", "replace")) if isinstance(data, bytes) else data
            if isinstance(file, Problem):
                problems.append(file)
            elif wrong := forbidden(file.table):
                problems.append(Problem(file=str(each), text=wrong))
            else:
                document.fill(file, f"settings/{name}/{folder.name}")
    return problems


def _more(folder: FilePath) -> tuple[list[FilePath], list[Problem]]:
    try:
        if not folder.is_dir():
            return [], []
        files = sorted(file for file in folder.iterdir() if file.suffix == ".toml")
    except OSError as error:
        return [], [Problem(file=str(folder), text=f"this folder {why(error)}")]
    if len(files) > MOST_FILES:
        return [], [Problem(file=str(folder), text=f"{len(files)} files are more than the {MOST_FILES} allowed")]
    return files, []


def _parsed(name: str, text: str) -> File | Problem:
    if line := too_deep(text):
        return Problem(file=name, line=line, text=f"a name of more than {MOST_PARTS} parts between dots is a mistake")
    try:
        return File(name, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        return _syntax(name, text, str(error))
    except RecursionError:
        return Problem(file=name, text="lists or tables are nested too deeply")
    except ValueError as error:  # tomllib lets some pass: a date of the 30th of February, an endless number
        return Problem(file=name, text=f"a value cannot be read: {error}")


def _bytes(path: FilePath, room: int) -> bytes | Problem:
    name = str(path)
    try:
        about = path.stat()
        if stat.S_ISDIR(about.st_mode):
            return Problem(file=name, text="this is a folder; give the settings file itself")
        if not stat.S_ISREG(about.st_mode):
            return Problem(file=name, text="this is not a plain file")
        with path.open("rb") as file:
            data = file.read(room + 1)
        if len(data) <= room:
            return data
        size = f"settings may have {LARGEST} bytes in all their files, and these have more; is this the right file?"
        return Problem(file=name, text=size)
    except FileNotFoundError:
        return Problem(file=name, text="there is no such file; 'poleagent sample' writes one to begin with")
    except OSError as error:
        return Problem(file=name, text=f"the file {why(error)}")


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
    "Invalid value": "the value cannot be read; text needs quotation marks, true and false are written small",
    "Expected '=' after a key in a key/value pair": "expected '=' after the option's name",
    "Invalid statement": "expected a [table] or 'option = value'",
    "Expected newline or end of document after a statement": "something is left over behind the value",
    "Invalid initial character for a key part": "an option's name is missing; names have letters, digits, '_' and '-'",
    "Expected ']' at the end of a table declaration": "the ']' that ends the table's name is missing",
    "Expected ']]' at the end of an array declaration": "the ']]' that ends the table's name is missing",
    "Unclosed array": "the ']' that ends a list is missing",
    "Unterminated string": "the quotation mark that ends a text is missing",
    "Illegal character '\\n'": "the quotation mark that ends a text is missing",
    "Invalid date or datetime": "there is no such date or time; a text needs quotation marks",
    "Unescaped '\\' in a string": "write a backslash in a text as two",
}
"""What tomllib says -> what helps."""


def _syntax(name: str, text: str, message: str) -> Problem:
    match = _AT.search(message)
    what = message[: match.start()] if match else message
    line = int(match[1]) if match and match[1] else text.count("\n") + 1
    if what.startswith("Duplicate inline table key "):
        again = what.removeprefix("Duplicate inline table key ")
        return Problem(file=name, line=line, text=f"{again} stands twice in one table: keep one")
    if what.startswith(("Cannot overwrite", "Cannot declare")):
        twice = File(name, text, {}).places.twice
        if twice:
            path, first, second = twice[0]
            called = f"'{path[-1]}' of {label(path[:-1])}" if len(path) > 1 else label(path)
            if what.startswith("Cannot declare"):
                called = label(path)
            where = f"it is already in line {first}"
            return Problem(file=name, line=second, text=f"{called} stands twice; {where}: keep one")
    column = f" (column {match[2]})" if match and match[2] else ""
    if foreign := _foreign(text, line, int(match[2]) if match and match[2] else 1):
        return Problem(file=name, line=line, text=f"{foreign}{column}")
    return Problem(file=name, line=line, text=f"{_HINTS.get(what, f'this is not TOML: {what}')}{column}")


def _foreign(text: str, line: int, column: int) -> str:
    """The sentence about the character at this place, where it is one that TOML allows in texts and comments only."""
    character = text.split("\n")[line - 1][column - 1 : column]
    if character.isascii():
        return ""
    plain = _FOREIGN.get(character) or (str(unicodedata.digit(character)) if character.isdigit() else "")
    if plain:
        return f"'{character}' is not the plain '{plain}'; switch the keyboard to plain letters and type it again"
    return f"'{character}' may stand in a text in quotation marks, not here; names have letters, digits, '_' and '-'"
