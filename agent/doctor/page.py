"""A diagnosis as a person reads it at a terminal. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from agent.doctor import sentences as say
from agent.spoken import spoken
from agent.status.words import local, wrapped
from contract.diagnosis import Cause, Diagnosis
from contract.words import Language

_COLUMNS = 80
_INDENT = 4


def page(diagnosis: Diagnosis, language: Language = "en", columns: int = _COLUMNS) -> str:
    """The causes in their order, each with what proves it and what to do, then what could not be looked at."""
    rows = [_head(diagnosis, language), ""]
    for number, cause in enumerate(diagnosis.causes, 1):
        rows += [*_cause(number, cause, language, columns), ""]
    if diagnosis.left_out:
        rows += [say.MORE_CAUSES.said(language, count=diagnosis.left_out), ""]
    made = sum(not each.why_not for each in diagnosis.checks)
    if not diagnosis.causes:
        rows += [say.WELL.said(language, count=made), ""]
    for each in diagnosis.checks:
        if each.why_not:
            said = say.NOT_LOOKED.said(language, name=each.name, why=spoken(each.why_not, language))
            rows += wrapped(said, columns)
    return "\n".join(rows).rstrip("\n") + "\n"


def _head(diagnosis: Diagnosis, language: Language) -> str:
    words = {"pole": diagnosis.pole or "?", "at": local(diagnosis.at, language), "version": diagnosis.version}
    return say.HEAD.said(language, **words, count=len(diagnosis.checks), seconds=diagnosis.seconds)


def _cause(number: int, cause: Cause, language: Language, columns: int) -> Iterator[str]:
    about = f"{cause.about}: " if cause.about else ""
    text = spoken(f"{about}{cause.text['en']}", language) if language == "en" else _chinese(cause)
    yield from _hung(f"{number:>2}. ", text, columns)
    seen = say.SEEN.said(language, reading=spoken(cause.reading, language))
    yield from _hung(" " * _INDENT, seen, columns)
    yield from _hung(" " * _INDENT, f"-> {cause.todo[language]}", columns)


def _chinese(cause: Cause) -> str:
    return f"{cause.about}：{cause.text['zh']}" if cause.about else cause.text["zh"]


def _hung(head: str, text: str, columns: int) -> Iterator[str]:
    first, *rest = wrapped(text, columns - _INDENT)
    yield head + first
    yield from (" " * _INDENT + row for row in rest)
