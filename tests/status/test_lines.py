"""Events and readings as one line each."""

from __future__ import annotations

import re

import msgspec
import pytest

from agent.status.lines import event_line, reading_line
from contract.events import EXAMPLES, KINDS, Alert, ClockChange, SettingsChange
from contract.requests import EventLine
from contract.types import Body, Quality, Reading, Stamp
from contract.units import Unit
from tests.status.canned import NOW


def line_of(kind: str, body: bytes, *, synced: bool = True) -> str:
    event = EventLine(
        cursor=1, at=Stamp(NOW, 1.0, synced), lane="event", kind=kind, source="roof", body=msgspec.Raw(body)
    )
    return event_line(event)


@pytest.mark.parametrize("body", EXAMPLES, ids=lambda body: body.kind)
def test_every_kind_of_event_can_be_read_in_one_line(body: Body) -> None:
    line = line_of(body.kind, msgspec.json.encode(body))
    assert line.endswith(KINDS[body.kind].says(body)["en"])
    assert "\n" not in line


def test_an_event_says_how_urgent_it_is_while_it_lasts() -> None:
    begun = Alert(id="0123abcd", rule="flood", severity="alarm", phase="begin", since=NOW, text={"en": "water"})
    assert line_of("alert", msgspec.json.encode(begun)).endswith("alarm: water")
    over = msgspec.structs.replace(begun, phase="end", reason="over")
    assert line_of("alert", msgspec.json.encode(over)).endswith(" over: water")


def test_refused_settings_are_reported_with_their_problems() -> None:
    body = SettingsChange(revision="abc", errors=("line 3: no", "line 4: no"))
    assert line_of("settings_change", msgspec.json.encode(body)).endswith("line 3: no; line 4: no")


def test_the_first_setting_of_the_clock_tells_how_many_times_were_corrected() -> None:
    body = ClockChange(type="synced", restamped=12)
    assert line_of("clock_change", msgspec.json.encode(body)).endswith("synced, 12 corrected")


def test_a_kind_of_a_newer_agent_is_shown_as_it_came() -> None:
    assert line_of("quake", b'{"magnitude":5}').endswith('roof         quake           {"magnitude":5}')


def test_a_time_from_before_the_clock_was_set_carries_a_question_mark() -> None:
    assert re.search(r"[+-]\d{4}\?  event", line_of("device_state", b'{"state":"up"}', synced=False))
    assert "?" not in line_of("device_state", b'{"state":"up"}')


def test_a_reading_shows_its_milliseconds_and_a_doubtful_quality() -> None:
    at = Stamp(NOW.replace(microsecond=45_678), 1.0, synced=False)
    reading = Reading(device="roof", quantity="rain", value=1.5, unit=Unit.MILLIMETRE, at=at, quality=Quality.UNCERTAIN)
    line = reading_line(reading, ascii_only=True)
    assert ".045?  roof" in line
    assert line.endswith("1.5 mm  (uncertain)")
