"""The language of the person at the terminal, and what is printed for that person."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import TextIO, cast, get_args

from agent.plain import plain
from agent.spoken import spoken
from contract.words import Language

OPTION = "--lang"
reader: ContextVar[Language] = ContextVar("reader", default="en")
"""Who reads what this process prints; main() sets it."""


def split(words: Sequence[str]) -> tuple[str | None, list[str]]:
    """What ``--lang`` says, wherever it stands, and the other words; a wrong value stays for the parser to refuse."""
    asked, rest = None, list(words)
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if word == "--":
            break
        if name == OPTION:
            value = value if equals else "".join(words[at + 1 : at + 2])
            rest = [*words[:at], *words[at + (1 if equals else 2) :]]
            if value in get_args(Language):
                asked = value
            else:  # the parser says so
                rest = [OPTION, value, *rest]
            break
    return asked, rest


def chosen(asked: str | None, environment: Mapping[str, str], encoding: str) -> Language:
    """``asked``, else the first of LC_ALL, LC_MESSAGES and LANG that is set, as POSIX has it.

    English where the terminal has no Chinese: another encoding, or the console of the kernel, whose font has none.
    """
    if asked is not None:
        return cast("Language", asked)
    named = next(filter(None, (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    if re.match(r"zh\b|zh_", named.lower()) is None or environment.get("TERM") == "linux":
        return "en"
    return "zh" if _encodes(encoding) else "en"


def _encodes(encoding: str) -> bool:
    try:
        "一切正常，报警".encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def of_terminal(asked: str | None) -> Language:
    return chosen(asked, os.environ, sys.stdout.encoding or "ascii")


def local(text: str) -> str:
    """A text as it travels, for the person at the terminal."""
    return spoken(text, reader.get())


def out(text: str, *, end: str = "\n", file: TextIO | None = None) -> None:
    """Print a text as it travels for the person at the terminal, who obeys no byte of it."""
    file = file or sys.stdout
    encoding = file.encoding or "utf-8"
    shown = plain(local(text), keep="\n").encode(encoding, "replace").decode(encoding)
    print(shown, end=end, file=file, flush=True)


def err(text: str, *, end: str = "\n") -> None:
    out(text, end=end, file=sys.stderr)
