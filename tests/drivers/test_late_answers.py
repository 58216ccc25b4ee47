"""What Modbus RTU answers are known by, so that the line can tell a late one from the one it waits for."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from agent.api import Codec, Reading, crc16_modbus
from tests.drivers.cases import DRIVERS, NOW


def codec(*registers: dict[str, Any], **options: Any) -> Codec:
    driver = DRIVERS["modbus_rtu"]
    return driver.codec("x", msgspec.convert({"unit": 1, "registers": registers, **options}, driver.options))


def framed(body: str) -> bytes:
    data = bytes.fromhex(body)
    return data + crc16_modbus(data).to_bytes(2, "little")


def test_the_same_registers_can_be_asked_for_so_that_the_answer_looks_different() -> None:
    rtu = codec({"address": 10, "quantity": "a"})
    assert rtu.ask(0) == framed("01 03 00 0a 00 01")
    usual = rtu.mark
    assert rtu.otherwise(0, 1) == framed("01 03 00 0a 00 02")
    assert usual is not None
    assert rtu.mark is not None
    assert rtu.mark.answer != usual.answer
    assert not rtu.feed(framed("01 03 02 00 64"), NOW), "a late answer to another question"
    assert [item.value for item in rtu.feed(framed("01 03 04 00 0a 00 0b"), NOW) if isinstance(item, Reading)] == [10]


def test_coils_are_asked_for_eight_more() -> None:
    rtu = codec({"address": 5, "quantity": "door", "function": "coil", "type": "bool"})
    assert rtu.otherwise(0, 1) == framed("01 01 00 05 00 09")
    assert [item.value for item in rtu.feed(framed("01 01 02 01 ff"), NOW) if isinstance(item, Reading)] == [1]


@pytest.mark.parametrize(
    ("registers", "options"),
    [
        (({"address": 65535, "quantity": "a"},), {}),
        (({"address": 10, "quantity": "a"},), {"max_registers": 1}),
    ],
)
def test_no_more_is_asked_for_than_there_can_be_or_the_settings_allow(
    registers: tuple[dict[str, Any], ...], options: dict[str, Any]
) -> None:
    assert codec(*registers, **options).otherwise(0, 1) == b""


def test_answers_are_found_between_noise_echoes_and_those_of_others() -> None:
    rtu = codec({"address": 10, "quantity": "a"})
    line = b"\xff" + rtu.ask(0) + framed("01 03 02 00 0a") + b"\x00" + framed("02 03 02 00 01") + framed("01 83 02")
    assert rtu.answers_in(line) == [bytes.fromhex("01 03 02"), bytes.fromhex("01 83")]


@pytest.mark.parametrize("name", sorted(DRIVERS))
def test_every_driver_that_asks_says_what_its_answers_are_known_by(name: str) -> None:
    driver = DRIVERS[name]
    if not driver.sample:
        pytest.skip("it has no sample")
    made = driver.codec("x", msgspec.convert(driver.sample, driver.options))
    if made.ask(0):
        assert made.mark is None or made.mark.who == 1
