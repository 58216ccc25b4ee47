"""One event or one reading as one line for people."""

from __future__ import annotations

from typing import Any

import msgspec

from agent.status.words import local
from contract.commands import EventLine
from contract.events import KINDS, Kind
from contract.types import Quality, Reading, Stamp
from contract.words import measured


def event_line(event: EventLine) -> str:
    """Time, lane, source, kind, and what it says; a kind of a newer agent is shown as it came."""
    kind = KINDS.get(event.kind)
    said = bytes(event.body).decode() if kind is None else _said(kind, msgspec.json.decode(event.body, type=kind.body))
    return f"{local(event.at.utc)}{_unsure(event.at)}  {event.lane:8} {event.source:12} {event.kind:15} {said}"


def _said(kind: Kind, body: Any) -> str:
    text = kind.says(body)["en"]
    return f"{body.severity}: {text}" if hasattr(body, "severity") and body.phase == "begin" else text


def reading_line(reading: Reading, *, ascii_only: bool) -> str:
    """Time to the millisecond, device, quantity, value; the quality where it is not good."""
    moment = reading.at.utc.astimezone()
    value = measured(reading.value, reading.unit, ascii_only=ascii_only)
    quality = "" if reading.quality is Quality.GOOD else f"  ({reading.quality})"
    stamp = f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03}{_unsure(reading.at)}"
    return f"{stamp}  {reading.device:12} {reading.quantity:16} {value}{quality}"


def _unsure(at: Stamp) -> str:
    """A question mark behind a time that was read before the clock was set."""
    return " " if at.synced else "?"
