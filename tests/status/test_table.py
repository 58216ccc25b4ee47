"""The table on a small terminal: what a technician must be able to see, and what no terminal may be sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agent.status import sentences as say
from agent.status.advice import advice
from agent.status.table import Terminal, table
from agent.status.words import local, pad, size, width
from contract.health import CameraHealth, ClockHealth, LaneHealth
from contract.types import FaultCode, Quality, Stamp
from contract.units import Unit
from contract.words import Language, measured, span
from tests.status.canned import BOARD, GATE, HEALTHY, NOW, RS485, STORE, TROUBLED, UPLINK, WEATHER, last


def test_a_healthy_pole_says_so_in_its_second_line() -> None:
    assert table(HEALTHY, Terminal()).splitlines()[1] == "All is well."


@pytest.mark.fault("the link is in plain text, or of an older MQTT", "status shows it, and why")
@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, "MQTT 5, TLS"),
        ({"plain_text": True}, "MQTT 5, PLAIN TEXT"),
        (
            {"protocol": "MQTT 3.1.1", "protocol_why": "the broker does not speak MQTT 5"},
            "MQTT 3.1.1, the broker does not speak MQTT 5, TLS",
        ),
    ],
)
def test_the_link_shows_its_version_and_whether_it_is_encrypted(changes: dict[str, Any], shown: str) -> None:
    text = " ".join(table(replace(HEALTHY, uplink=replace(UPLINK, **changes)), Terminal(columns=200)).split())
    assert shown in text


def test_each_trouble_is_counted_and_says_what_to_do_next_to_it() -> None:
    lines = table(TROUBLED, Terminal()).splitlines()
    assert lines[1] == "2 things to look at, marked -> below."
    dead = next(number for number, line in enumerate(lines) if line.startswith("level"))
    assert lines[dead].split()[:5] == ["level", "DOWN", "12", "min", "100%"]
    assert lines[dead + 1].startswith("  -> unit 3 (level) does not answer (12 min); others on")
    assert "  -> /dev/ttyS3 is not there. Plug the adapter in, or name another port." in lines


def test_a_camera_without_a_frame_says_what_to_check_and_one_that_works_how_fast_it_is() -> None:
    lines = table(replace(HEALTHY, cameras=(GATE,)), Terminal()).splitlines()
    row = next(number for number, line in enumerate(lines) if line.startswith("gate"))
    assert lines[row].split()[:3] == ["gate", "NO", "VIDEO"]
    assert lines[row + 1].startswith("  -> 10.0.0.5 does not answer: check the camera's power")
    well = replace(GATE, state="ok", text="", advice="", size=(1280, 720), frames_per_s=9.96, tracks=3)
    lines = table(replace(HEALTHY, cameras=(well,)), Terminal()).splitlines()
    assert lines[1] == "All is well."
    assert any("10.0/s, 3 tracked" in line for line in lines)


@pytest.mark.parametrize("state", get_args(get_type_hints(CameraHealth)["state"]))
def test_each_state_of_a_camera_has_a_word_in_both_languages(state: Any) -> None:
    status = replace(HEALTHY, cameras=(replace(GATE, state=state, text="", advice=""),))
    for language, words in (("en", say.STATES[state].en), ("zh", say.STATES[state].zh)):
        rows = table(status, Terminal(language=cast("Language", language))).splitlines()
        assert any(row.startswith("gate") and words in row for row in rows)
        assert width(words) <= 8


def test_a_port_that_is_gone_is_said_once_and_not_by_each_of_its_devices() -> None:
    board = replace(BOARD, state="down", code=FaultCode.PORT_GONE, advice="The port is gone.")
    todo = advice(replace(TROUBLED, devices=(WEATHER, board)))
    assert [one.about for one in todo] == ["line uart-c"]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (replace(HEALTHY, stale=("store",)), "store has stopped making progress"),
        (replace(HEALTHY, problems=("line 3: no such option",)), "Not in force: line 3"),
        (replace(HEALTHY, store=replace(STORE, state="blocked")), "Nothing can be written"),
        (replace(HEALTHY, store=replace(STORE, state="full", text="Thinning.")), "Thinning."),
        (replace(HEALTHY, box=replace(HEALTHY.box, disk_free_bytes=1)), "The disk is nearly full"),
        (replace(HEALTHY, uplink=replace(UPLINK, state="down")), "No link to mqtt.example.org"),
        (
            replace(HEALTHY, uplink=replace(UPLINK, state="down", text="is it right?")),
            "is it right? What is measured is",
        ),
        (
            replace(HEALTHY, uplink=replace(UPLINK, text="the broker refuses raw")),
            "refuses raw. What is measured is kept",
        ),
        (replace(HEALTHY, clock=ClockHealth(now=Stamp(NOW, 1.0, synced=False))), "The clock has not been set"),
    ],
)
def test_troubles_of_the_pole_itself_have_their_sentence(status: object, words: str) -> None:
    text = table(status, Terminal())  # type: ignore[arg-type]
    assert words in text
    assert "1 thing to look at" in text


def test_a_pole_without_devices_or_platform_says_what_to_add() -> None:
    text = table(replace(HEALTHY, devices=(), lines=(), uplink=None), Terminal())
    assert "add a [line.NAME] and a [device.NAME]" in text
    assert "no [uplink] in the settings: everything is kept on the pole" in text


def test_lost_events_are_never_hidden() -> None:
    assert "nothing lost" in table(HEALTHY, Terminal())
    assert "7 deleted unsent" in " ".join(table(replace(HEALTHY, store=replace(STORE, evicted=7)), Terminal()).split())


@pytest.mark.parametrize("columns", [20, 80, 132])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    long = replace(WEATHER, name="a" * 40, last=(*WEATHER.last, last("x" * 20, 1e-12, Unit.KILOMETRE_PER_HOUR)))
    status = replace(TROUBLED, devices=(long, *TROUBLED.devices), name="很长的名字" * 12, lines=(RS485, RS485))
    assert max(map(width, table(status, Terminal(columns=columns)).splitlines())) <= max(columns, 80)


def test_a_chinese_name_takes_two_columns_a_character() -> None:
    first = table(TROUBLED, Terminal()).splitlines()[0]
    assert "深南大道" in first
    assert width(first) == 80


def test_colours_only_where_they_are_wanted() -> None:
    assert "\x1b" not in table(TROUBLED, Terminal())
    assert "\x1b[31mDOWN" in table(TROUBLED, Terminal(colours=True))


def test_a_terminal_without_signs_gets_plain_letters() -> None:
    assert "23.4 °C" in table(HEALTHY, Terminal())
    assert table(HEALTHY, Terminal(ascii_only=True)).isascii()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-1, "0.0 s"), (0.44, "0.4 s"), (9.96, "10 s"), (59.7, "1 min"), (90, "1 min"), (3600, "1 h"),
     (12_000, "3 h 20 min"),
     (86_400, "1 d"), (273_600, "3 d 4 h")],
)  # fmt: skip
def test_spans_are_no_more_exact_than_helps(seconds: float, words: str) -> None:
    assert span(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1600, "1.6 KiB"),
        (34 * 1024**2 + 9000, "34 MiB"),
        (150 * 1024**2, "150 MiB"),
        (5 * 1024**4, "5 TiB"),
    ],
)
def test_sizes_are_in_binary_units(count: int, words: str) -> None:
    assert size(count) == words


def test_a_value_is_written_with_its_unit_or_as_its_label() -> None:
    assert measured(12.3456789, Unit.UG_PER_M3, ascii_only=False) == "12.3457 µg/m³"
    assert measured(114.054321, Unit.DEGREE, ascii_only=False) == "114.05432 °"
    assert measured("open", Unit.ONE, ascii_only=False) == "open"
    assert measured(1, Unit.ONE, ascii_only=True) == "1"


@given(st.text(max_size=60), st.integers(4, 40))
def test_padding_always_fills_exactly(text: str, columns: int) -> None:
    assert width(pad(text, columns)) in (columns, columns - 1) or width(text) <= columns


@given(st.floats(0, 1e9))
def test_every_span_can_be_said(seconds: float) -> None:
    assert len(span(seconds)) <= 14


def test_times_carry_the_offset_of_the_box() -> None:
    moment = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    assert datetime.strptime(local(moment), "%Y-%m-%d %H:%M:%S %z") - moment == timedelta(0)


def test_a_value_that_does_not_come_again_shows_how_old_it_is() -> None:
    old = replace(last("temperature", 23.4, Unit.CELSIUS, age_s=150.0), quality=Quality.UNCERTAIN)
    values = (last("humidity", 61, Unit.PERCENT), old, last("rain", 1.5, Unit.MILLIMETRE, age_s=9.0))
    status = replace(HEALTHY, devices=(replace(WEATHER, last=values),))
    row = next(row for row in table(status, Terminal(columns=160)).splitlines() if row.startswith("roof"))
    assert "temperature 23.4 °C (UNCERTAIN, 2 min old)" in row
    assert row.count(" old") == 1
    chinese = table(status, Terminal(columns=160, language="zh"))
    assert "2 min前" in chinese


def test_an_offset_of_long_ago_says_nothing_of_the_clock_of_now() -> None:
    for age_s, said in ((0.4, True), (300.0, False)):
        offset = replace(
            WEATHER, last=(last("clock_offset", 40.0, Unit.SECOND, age_s=age_s), last("rain", 1.5, Unit.MILLIMETRE))
        )
        assert ("off the time of roof" in table(replace(HEALTHY, devices=(offset,)), Terminal())) == said


def test_a_clock_that_was_set_forward_by_years_makes_nothing_old() -> None:
    """A box without a battery boots with the time of its image, and gets the right one a minute later."""
    began = NOW - timedelta(days=900)
    waits = replace(WEATHER, state="waiting", since=began, last=())
    link = replace(UPLINK, since=began, last_acknowledged=began, in_flight=0)
    lanes = {**STORE.lanes, "alarm": LaneHealth(unsent=1, oldest_seq=1, oldest_utc=began)}
    store = replace(STORE, lanes=lanes)
    status = replace(HEALTHY, uptime_s=40.0, devices=(waits,), cameras=(), uplink=link, store=store)
    assert advice(status) == ()
    assert "up for 40 s" in table(status, Terminal(columns=160))
    later = advice(replace(status, uptime_s=90.0))
    assert [(each.about, "90 s" in each.text or "1 min" in each.text) for each in later] == [
        ("device roof", True),
        ("queue", False),
    ]
