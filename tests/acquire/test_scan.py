"""A line of emulated devices is found out, at a baud rate that the scan does not know, and nothing is written to it."""

from __future__ import annotations

import asyncio
import re
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.acquire.fragment import fragment
from agent.acquire.listen import Listener
from agent.acquire.scan import NOTHING, UNKNOWN, Result, Scan
from agent.acquire.speeds import USUAL
from agent.config.settings import LineSettings
from agent.system.clock import SystemClock, always_synced
from drivers._hj212 import packet
from drivers._probe import ADDRESSES, answers, question
from drivers.ascii_line import pattern
from simulator.board import Board
from simulator.firmware import Emulated, missing
from tests.acquire.rig import DRIVERS

pytestmark = pytest.mark.skipif(bool(missing()), reason="needs a C compiler for the emulated devices")


def scanned(port: str, **options: Any) -> Result:
    reported: list[str] = []
    job = Scan(
        LineSettings(port=port),
        DRIVERS,
        SystemClock(),
        lambda what, step, steps: reported.append(f"{what} {step}/{steps}"),
        **{"timeout_s": 0.3, "last": 10, **options},
    )
    result = asyncio.run(job.run())
    assert reported
    return result


def test_six_devices_are_found_at_a_baud_rate_that_nobody_stated() -> None:
    kinds = {"weather_six": 1, "pm_noise": 2, "tilt_dual": 3, "pzem_004t": 7, "lamp_controller": 10}
    adds = [f"add {kind} {unit} 4" for kind, unit in kinds.items()]
    with Emulated("field_devices", "line 4800 N", *adds, "add dlt645 202611230 20") as line:
        result = scanned(line.port)
        writes = [line.stat(number)[2] for number in range(6)]
    assert result.line is not None
    assert result.line.baud == 4800
    found = {found.options.get("profile"): found.options.get("unit") for found in result.devices}
    assert found == {None: None, **kinds}
    assert result.devices[0].driver == "dlt645"
    assert result.devices[0].options == {"address": "000202611230"}
    assert writes == [0] * 6
    settings = tomllib.loads(fragment(result, "a"))
    assert settings["line"]["a"] == {"port": line.port, "baud": 4800, "parity": "none"}
    assert settings["device"]["lamp_controller_10"]["profile"] == "lamp_controller"
    assert len(settings["device"]) == 6


def test_a_board_that_describes_itself_is_sent_nothing_by_a_scan() -> None:
    board = Board("x")
    listener = Listener(DRIVERS)
    now = SystemClock(always_synced).now()
    assert listener.feed(board.speak(1.0), now) == b""
    assert listener.found is not None
    assert listener.found.driver == "pole_board"


@pytest.mark.parametrize(("kind", "baud", "driver"), [("gnss", 4800, "nmea"), ("board", 115200, "pole_board")])
def test_a_device_that_talks_is_recognised_at_its_speed(kind: str, baud: int, driver: str) -> None:
    with Emulated("field_devices", f"line {baud} N", f"add {kind}") as line:
        result = scanned(line.port, usual=[(9600, "none"), (baud, "none")])
    assert [found.driver for found in result.devices] == [driver]
    assert result.line is not None
    assert result.line.baud == baud


def test_a_gauge_that_sends_text_comes_with_a_pattern_to_complete() -> None:
    with Emulated("field_devices", "add radar_ascii", "set 0 0 1234") as line:
        result = scanned(line.port)
    text = fragment(result, "a")
    assert "# sends D=01.234m L=02.766m S=" in text
    assert '#driver = "ascii_line"' in text
    assert "(?P<value_1>" in text
    assert tomllib.loads(text)["line"]["a"]["baud"] == 9600


def test_a_unit_that_fits_no_profile_is_reported_and_left_to_a_person() -> None:
    with Emulated("field_devices", "add tilt_dual 5", "set 0 1 20000") as line:
        result = scanned(line.port)
    (found,) = result.devices
    assert found.options == {"unit": 5}
    assert not found.complete
    assert "#[device.unit_5]" in fragment(result, "a")


def test_an_empty_line_says_what_to_check() -> None:
    with Emulated("field_devices") as line:
        result = scanned(line.port, usual=USUAL[:2], timeout_s=0.005)
    assert result.line is None
    assert fragment(result, "a") == ""
    assert result.hints == (NOTHING,)


def test_damaged_answers_are_a_hint() -> None:
    with Emulated("field_devices", "add tilt_dual 3", "add pm_noise 9") as line:
        line.say("fault 0 crc")
        result = scanned(line.port)
    assert [found.options["unit"] for found in result.devices] == [9]
    assert result.hints == ("damaged or double answers came for unit 3: two devices with one address, or a bad cable.",)


def test_two_devices_with_one_address_are_a_hint() -> None:
    """Their answers come one after the other; a busy box may give the emulator no time for the second one at once."""
    with Emulated("field_devices", "add tilt_dual 3", "add tilt_dual 3") as line:
        results = (scanned(line.port) for _ in range(30))
        result = next(result for result in results if result.hints)
    assert [found.options["unit"] for found in result.devices] == [3]
    assert result.hints == ("damaged or double answers came for unit 3: two devices with one address, or a bad cable.",)


def test_noise_that_passes_is_nobody_who_talks() -> None:
    with Emulated("field_devices", "add tilt_dual 3", "fault 0 babble 300") as line:
        result = scanned(line.port)
    assert [found.options["unit"] for found in result.devices] == [3]


def test_a_babbler_is_reported_with_what_to_do() -> None:
    with Emulated("field_devices", "add tilt_dual 3", "fault 0 babble") as line:
        result = scanned(line.port, usual=USUAL[:1])
    assert result.hints == (UNKNOWN,)


def test_a_speed_that_is_usual_with_parity_only_is_no_talker() -> None:
    with Emulated("field_devices") as line:
        result = scanned(line.port, usual=[(1200, "even")], last=1)
    assert result.hints == (NOTHING,)


def test_a_monitor_whose_report_is_received_by_a_scan_is_not_thanked_for_it() -> None:
    listener = Listener(DRIVERS)
    report = packet(b"QN=1;ST=22;CN=2011;PW=123456;MN=B1;Flag=5;CP=&&DataTime=20261123083000;LA-Rtd=61.2&&")
    assert listener.feed(report, SystemClock().now()) == b""
    assert listener.found is not None
    assert listener.found.driver == "hj212"


@given(st.binary(max_size=80))
def test_no_noise_raises_anything(noise: bytes) -> None:
    answers(question(ADDRESSES[0]), noise)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80))
def test_a_pattern_matches_the_line_it_was_made_from(line: str) -> None:
    assert re.search(pattern(line), line)
