"""One event or one reading as one line for people."""

from __future__ import annotations

from typing import Any

import msgspec

from agent.spoken import spoken
from agent.status import sentences as say
from agent.status.words import day, local
from contract.events import KINDS, Kind
from contract.requests import EventLine
from contract.types import Quality, Reading, Stamp
from contract.words import Language, measured


def event_line(event: EventLine, language: Language = "en") -> str:
    """Time, lane, source, kind, and what it says; a kind of a newer agent is shown as it came."""
    return (
        f"{local(event.at.utc, language)}{_unsure(event.at)}  {event.lane:8} {event.source:12} {event.kind:15} "
        f"{event_text(event, language)}"
    )


def event_text(event: EventLine, language: Language = "en") -> str:
    """What an event says."""
    kind = KINDS.get(event.kind)
    if kind is None:
        return bytes(event.body).decode()
    return _said(kind, msgspec.json.decode(event.body, type=kind.body), language)


def _said(kind: Kind, body: Any, language: Language) -> str:
    text = spoken(kind.says(body)[language], language)
    if hasattr(body, "severity") and body.phase == "begin":
        return say.SEVERE.said(language, severity=say.SEVERITIES[body.severity].said(language), text=text)
    return text


def reading_line(reading: Reading, *, ascii_only: bool, language: Language = "en") -> str:
    """Time to the millisecond, device, quantity, value; the quality where it is not good."""
    moment = reading.at.utc.astimezone()
    value = measured(reading.value, reading.unit, ascii_only=ascii_only)
    quality = "" if reading.quality is Quality.GOOD else f"  ({say.QUALITIES[reading.quality].said(language)})"
    stamp = f"{day(moment, language)} {moment:%H:%M:%S}.{moment.microsecond // 1000:03}{_unsure(reading.at)}"
    return f"{stamp}  {reading.device:12} {reading.quantity:16} {value}{quality}"


def _unsure(at: Stamp) -> str:
    """A question mark behind a time that was read before the clock was set."""
    return " " if at.synced else "?"
