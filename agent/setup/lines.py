"""The JSON lines between a setup that runs as a process and the page on the pole."""

from __future__ import annotations

from typing import Literal

import msgspec

from contract.words import Language

LINE_BYTES = 64 * 1024


class SetupBegin(msgspec.Struct, frozen=True, kw_only=True):
    """How to set up. ``by``: who does it; ``ports``: serial ports to scan, none: all of the box.

    Which settings it writes stands in the command, and is not asked of the page.
    """

    language: Language
    by: str = ""
    ports: tuple[str, ...] = ()


class SetupAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to the question ``number``."""

    number: int
    text: str


class SetupSaid(msgspec.Struct, frozen=True, kw_only=True, tag="said"):
    """A line for the person."""

    text: str


class ScanStep(msgspec.Struct, frozen=True, kw_only=True, tag="step"):
    """How far the scan of a port is."""

    port: str
    what: str
    step: int
    steps: int


class FoundRow(msgspec.Struct, frozen=True, kw_only=True):
    """A find that may be renamed or left out."""

    name: str
    about: str


class SetupQuestion(msgspec.Struct, frozen=True, kw_only=True, tag="question"):
    """It waits for the answer: a text, ``y`` or nothing, or edits of the finds."""

    number: int
    kind: Literal["text", "yes", "finds"]
    text: str
    finds: tuple[FoundRow, ...] = ()


class SetupEnd(msgspec.Struct, frozen=True, kw_only=True, tag="end"):
    """It is over. ``accepted``: the pole is; ``error``: why it could not go on."""

    accepted: bool
    error: str = ""


FromSetup = SetupSaid | ScanStep | SetupQuestion | SetupEnd
