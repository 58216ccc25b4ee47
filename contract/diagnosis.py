"""What `poleagent doctor` and the command ``diagnose`` answer: the causes of trouble, the first one first."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from contract.causes import CAUSES
from contract.words import Words

MOST_CAUSES = 50
"""More are counted and left out."""
READING = 400
"""Characters of a reading; what is beyond is cut."""


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong. ``name`` is a row of ``contract.causes``, whose sentences these are."""

    name: str
    about: Annotated[str, Meta(description="'line a', 'device roof', 'camera gate', 'link', or a file")] = ""
    reading: Annotated[str, Meta(description="what was seen that proves it")]
    text: Annotated[Words, Meta(description="what is wrong, by language: en, zh")]
    todo: Annotated[Words, Meta(description="one thing to do, by language: en, zh")]


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """One check that was made, and how many causes it named.

    ``why_not``: it could not be ended, or did not apply; empty where it was made.
    """

    name: str
    seconds: float
    found: int = 0
    why_not: str = ""


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """What the checks found. ``causes`` empty: nothing; what could not be looked at stands in ``checks``."""

    pole: str
    version: str
    at: datetime
    synced: bool
    seconds: float
    causes: tuple[Cause, ...]
    left_out: Annotated[int, Meta(description="causes beyond those named")] = 0
    checks: tuple[Checked, ...] = ()


def named(name: str, reading: str, about: str = "") -> Cause:
    """The cause ``name``, proven by ``reading``. KeyError: it has no row."""
    row = CAUSES[name]
    said = " ".join(reading.split())
    return Cause(
        name=name,
        about=about,
        reading=said if len(said) <= READING else f"{said[: READING - 3]}...",
        text=row.text,
        todo=row.todo,
    )


def ranked(causes: list[Cause]) -> list[Cause]:
    """Without what was said twice; those that explain others first, else in the order in which they came."""
    once = {(each.name, each.about): each for each in reversed(causes)}
    kept = dict.fromkeys((one.name, one.about) for one in causes)
    return sorted((once[each] for each in kept), key=lambda each: CAUSES[each.name].rank)
