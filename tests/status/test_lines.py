"""Events and readings as one line each."""

from __future__ import annotations

import re

import msgspec
import pytest

from agent.status.lines import event_line, reading_line
from contract.commands import EventLine
from contract.events import (
    BODIES,
    Alert,
    Anomaly,
    Backfill,
    CameraState,
    CertificateState,
    Change,
    ClockChange,
    Counts,
    Crossing,
    DeviceState,
    Evidence,
    Gap,
    Incident,
    LineCount,
    NewEpoch,
    Samples,
    SensorFault,
    Series,
    SettingsChange,
    Start,
    Summary,
    Tamper,
    UplinkState,
    WaterLevel,
    Window,
    ZoneCount,
)
from contract.types import Body, Quality, Reading, Stamp
from contract.units import Unit
from tests.status.canned import NOW

SERIES = Series(quantity="rain", unit=Unit.MILLIMETRE, offsets_ms=(0,), values=(1.5,))
MANY = Series(quantity="rain", unit=Unit.MILLIMETRE, offsets_ms=(0, 1), values=(1.5, 1.6))
MEAN = Window(quantity="rain", unit=Unit.MILLIMETRE, count=2, mean=1.5, min=1, max=2.0, std=0.5, last=2.0)
LABEL = Window(quantity="door", unit=Unit.ONE, count=2, last="open")
NOTHING = Window(quantity="noise", unit=Unit.DECIBEL, count=0, faults=1.0)
SAID: dict[type[Body], tuple[Body, str]] = {
    Summary: (
        Summary(duration_s=60.0, windows=(MEAN, LABEL, NOTHING)),
        "1 min: rain 1.5 mm (1 to 2), door open, noise nothing",
    ),
    Samples: (Samples(series=(MANY,)), "2 rain"),
    Change: (Change(series=(SERIES,)), "rain 1.5 mm"),
    Backfill: (Backfill(request="r1", part=2, last=True, series=(MANY,)), "part 2 for r1: 2 rain"),
    DeviceState: (DeviceState(state="down", text="no answer"), "down: no answer"),
    Gap: (
        Gap(epoch="e", deleted_lane="raw", ranges=((1, 3), (7, 7)), count=4, reason="store_full"),
        "4 of lane raw deleted unsent (store_full): 1 to 3, 7",
    ),
    NewEpoch: (
        NewEpoch(previous="e", previous_next_seq=9, reason="the file was damaged", carried=5),
        "the file was damaged, 5 events carried over",
    ),
    UplinkState: (
        UplinkState(id="0123abcd", type="unheard", phase="begin", since=NOW, text="nobody is subscribed"),
        "nobody is subscribed",
    ),
    ClockChange: (ClockChange(type="step", step_s=-3600.0), "jumped by -3600.000 s"),
    Start: (Start(version="1", boot="b", clean=True), "version 1"),
    CertificateState: (CertificateState(role="ca", state="expired"), "ca certificate expired"),
    SettingsChange: (SettingsChange(revision="abc", applied=("a", "b")), "revision abc: a, b"),
    SensorFault: (
        SensorFault(
            id="0123abcd",
            quantity="rain",
            type="stuck",
            phase="begin",
            since=NOW,
            score=2.0,
            evidence="1.5 for 3 h",
            advice="look",
        ),
        "rain (stuck): 1.5 for 3 h; look",
    ),
    Anomaly: (
        Anomaly(
            id="0123abcd",
            quantities=("rain", "noise"),
            phase="begin",
            severity="warning",
            since=NOW,
            score=1.5,
            value=9.0,
            low=0.0,
            high=2.0,
        ),
        "warning: rain, noise 9, expected 0 to 2",
    ),
    Alert: (
        Alert(
            id="0123abcd", rule="flood", severity="alarm", phase="begin", since=NOW, text={"en": "water on the road"}
        ),
        "alarm: water on the road",
    ),
    CameraState: (CameraState(state="no_signal", text="the stream ended"), "no_signal: the stream ended"),
    Counts: (
        Counts(
            duration_s=60.0,
            seen_s=30.0,
            lines=(LineCount(line="gate", label="person", plus=3, minus=1),),
            zones=(ZoneCount(zone="yard", label="vehicle", mean=0.5, max=2),),
        ),
        "1 min: gate person +3 -1, yard vehicle 0.5 on average, 2 at most, blind for 30 s",
    ),
    Crossing: (
        Crossing(line="gate", label="person", direction=-1, track="0123abcd"),
        "person over gate, minus",
    ),
    Incident: (
        Incident(id="0123abcd", type="wrong_way", zone="yard", phase="begin", label="vehicle"),
        "wrong way in yard: vehicle",
    ),
    Tamper: (Tamper(id="0123abcd", type="covered", phase="begin"), "the view is covered"),
    WaterLevel: (WaterLevel(gauge="kerb", state="wet", depth_m=0.05, confidence=0.8), "kerb wet, 0.05 m"),
    Evidence: (
        Evidence(type="kept", file="20261123T080000-gate-0a1b2c3d.still", reason="tamper: why", bytes=9),
        "snapshot 20261123T080000-gate-0a1b2c3d.still kept: tamper: why",
    ),
}


def line_of(kind: str, body: bytes, *, synced: bool = True) -> str:
    event = EventLine(
        cursor=1, at=Stamp(NOW, 1.0, synced), lane="event", kind=kind, source="roof", body=msgspec.Raw(body)
    )
    return event_line(event)


@pytest.mark.parametrize("kind", BODIES, ids=lambda kind: kind.kind)
def test_every_kind_of_event_can_be_read_in_one_line(kind: type[Body]) -> None:
    body, said = SAID[kind]
    line = line_of(kind.kind, msgspec.json.encode(body))
    assert line.endswith(said)
    assert "\n" not in line


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
