"""What is wrong with settings: where it stands, and one sentence for the person who wrote it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

import msgspec

from agent.config import sentences as say
from agent.errors import ConfigError

LONGEST_WORD = 64
"""A longer one is no misspelt name of ours; the search for what was meant grows with the square of the length."""
LONGEST_TEXT = 1000
VALUE = "settings.value"
"""The cause that most problems have."""
UNKNOWN = "settings.unknown"
Path = tuple[str | int, ...]
"""Keys from the document's root; a number is the place in a list, from 0."""


class Finding(msgspec.Struct, frozen=True):
    """A problem of the document: ``text`` is the whole sentence, ``path`` what it speaks of.

    ``cause``: its name in ``contract.causes``.
    """

    path: Path
    text: str
    warning: bool = False
    cause: str = VALUE


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A finding with its file and line; a warning keeps nothing from running."""

    file: str
    line: int | None = None
    text: str
    warning: bool = False
    cause: str = VALUE

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {f'{say.WARNING()}: ' if self.warning else ''}{self.text}"


class SettingsError(ConfigError):
    """Settings that cannot be used, with all that is wrong with them, one problem a line."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def render(problems: Iterable[Problem]) -> str:
    """The problems as plain text, one a line, and their number; empty where there are none."""
    lines = [str(problem) for problem in problems]
    if not lines:
        return ""
    return "\n".join([*lines, say.ONE_PROBLEM() if len(lines) == 1 else say.PROBLEMS(count=len(lines))])


def shortened(text: str) -> str:
    """At most ``LONGEST_TEXT`` characters; a name in the file may be as long as the file."""
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 3]}..."


def label(path: Path) -> str:
    """The table at ``path`` as people call it: ``[device.roof]``, ``[device.roof] register 3``."""
    if not path:
        return say.THIS_FILE()
    names = [str(key) for key in takewhile(lambda key: isinstance(key, str), path)]
    if len(names) == len(path):
        return f"[{'.'.join(names)}]"
    words = ""
    for key in path[len(names) - 1 :]:
        words += f" {key + 1}" if isinstance(key, int) else f", {key}"
    head = f"[{'.'.join(names[:-1])}] " if len(names) > 1 else ""
    return head + words.removeprefix(", ")


def option(path: Path) -> str:
    """The option at ``path`` as people call it: ``[line.a] baud:``, ``[device.roof] register 3, address:``."""
    if len(path) == 1:
        return f"{path[0]}:"
    if isinstance(path[-1], int):
        return f"{label(path)}:"
    between = ", " if isinstance(path[-2], int) else " "
    return f"{label(path[:-1])}{between}{path[-1]}:"


def suggest(word: str, known: Iterable[str], quote: str = "'") -> str:
    """``; did you mean 'x'?`` where one of ``known`` is close, else nothing."""
    close = nearest(word, known)
    return say.DID_YOU_MEAN(quoted=f"{quote}{close}{quote}") if close else ""


def nearest(word: str, known: Iterable[str]) -> str:
    """The one of ``known`` that was probably meant; empty where none is close."""
    import difflib  # noqa: PLC0415  costs a megabyte, and most starts need none of it

    if len(word) > LONGEST_WORD:
        return ""
    return next(iter(difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)), "")
