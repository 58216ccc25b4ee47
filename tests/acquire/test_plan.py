"""What a line can carry, which periods it cannot meet, and what leads to a bad cable."""

from __future__ import annotations

from typing import Any

import pytest

from agent.acquire import words
from agent.acquire.plan import DEVICE_S, gap_s, plan
from agent.config.settings import Device, LineSettings
from tests.acquire.rig import DRIVERS
from tests.firmware.reading import device

LINE = LineSettings(port="/dev/ttyS9", baud=9600)
CHARACTER_S = 10 / 9600


def weather(name: str, every_s: float) -> Device:
    return device(name, "modbus_rtu", every_s=every_s, profile="weather_six")


def test_a_round_takes_its_bits_the_silence_and_the_devices_delay() -> None:
    made = plan(LINE, [weather("roof", 1.0)], DRIVERS)
    (share,) = made.shares
    assert share.questions == 1
    assert share.round_s == pytest.approx((8 + 5 + 2 * 14 + 3.5) * CHARACTER_S + DEVICE_S)
    assert made.load == share.load == pytest.approx(share.round_s)
    assert not made.problems


@pytest.mark.parametrize(("baud", "wanted_s"), [(9600, 0.00365), (19200, 0.00182), (38400, 0.00175), (115200, 0.00175)])
def test_the_silence_is_three_and_a_half_characters_and_fixed_above_19200_baud(baud: int, wanted_s: float) -> None:
    assert gap_s(LineSettings(port="/dev/ttyS9", baud=baud)) == pytest.approx(wanted_s, rel=0.01)


def test_a_period_that_one_device_cannot_meet_is_named() -> None:
    made = plan(LINE, [weather("roof", 0.02), weather("yard", 10.0)], DRIVERS)
    assert made.problems[0] == (
        "roof cannot be read every 0.02 s: its 1 questions take 0.056 s at 9600 baud. Raise its every_s above that, or "
        "the baud rate."
    )


def test_a_line_that_is_too_full_says_who_fills_it() -> None:
    devices = [weather(f"d{number}", 0.1 * (1 + number)) for number in range(8)]
    made = plan(LINE, devices, DRIVERS)
    assert made.load == pytest.approx(1.53, abs=0.02)
    (problem,) = made.problems
    assert problem == (
        "its devices need 153% of its time at 9600 baud (d0 56%, d1 28%, d2 19%, d3 14%), so they are read less often "
        "than asked. Raise every_s or the baud rate, or use a second line."
    )


def test_a_line_that_is_nearly_full_is_warned_of() -> None:
    made = plan(LINE, [weather("roof", 0.06)], DRIVERS)
    assert made.problems == (
        "94% of its time is planned (roof 94%): a device that falls silent will delay the others.",
    )


@pytest.mark.parametrize(("driver", "options"), [("nmea", {}), ("pole_board", {})])
def test_a_device_that_talks_by_itself_is_not_planned(driver: str, options: dict[str, Any]) -> None:
    assert plan(LINE, [device("x", driver, **options)], DRIVERS).shares == ()


def test_a_line_over_tcp_has_no_load_that_can_be_computed() -> None:
    assert plan(LineSettings(tcp="gateway:502"), [weather("roof", 0.01)], DRIVERS).load == 0


def test_one_bad_stub_is_distinguished_from_a_bad_trunk() -> None:
    assert words.cable({"a": 0.0, "b": 0.01}) == ""
    assert words.cable({"a": 0.0, "b": 0.05, "c": 0.0}) == (
        "answers are damaged (b 5%), those of a, c are not. Check the cable, the plug and the shield at b."
    )
    assert "between the adapter and the first device" in words.cable({"a": 0.03, "b": 0.05})
    assert words.cable({"a": 0.03}) == "answers are damaged (a 3%). Check the cable, the plug and the shield at a."
