"""How a scan finds devices: each driver's own probe, without a line."""

from __future__ import annotations

import msgspec
import pytest

from agent.api import Codec, Driver, Found, Probe, crc16_modbus
from drivers._dlt645 import ANSWER, ANYONE, TELL_ADDRESS, encode
from tests.drivers.cases import DRIVERS

ALL = [driver for _, driver in sorted(DRIVERS.items())]


def probe(name: str) -> Probe:
    found = DRIVERS[name].probe
    assert found
    return found


def rtu(*body: int) -> bytes:
    return bytes(body) + crc16_modbus(bytes(body)).to_bytes(2, "little")


@pytest.mark.parametrize("driver", ALL, ids=lambda driver: driver.name)
def test_what_a_probe_says_fits_its_driver(driver: Driver) -> None:
    if driver.probe is None:
        return
    if driver.probe.listen is not None:
        codec: Codec = driver.codec("x", msgspec.convert(driver.probe.listen, driver.options))
        assert codec.ask(0) == b"", "who listens asks nothing"
    if driver.probe.addresses:
        assert driver.probe.question
        assert driver.probe.answers
        assert driver.probe.question(driver.probe.addresses[0])


def test_every_driver_over_a_line_of_unknown_settings_has_a_probe() -> None:
    assert {driver.name for driver in ALL if driver.probe is None and not driver.network} == set()


def test_slaves_that_answer_or_refuse_are_found_and_two_of_one_address_twice() -> None:
    answers, question = probe("modbus_rtu").answers, probe("modbus_rtu").question
    assert answers
    assert question
    asked = question(7)
    assert asked == rtu(7, 3, 0, 0, 0, 1)
    assert [found.options for found in answers(asked, asked + rtu(7, 3, 2, 0, 1))] == [{"unit": 7}]
    assert [found.options for found in answers(asked, rtu(7, 0x83, 2))] == [{"unit": 7}]
    assert len(answers(asked, rtu(7, 3, 2, 0, 1) + rtu(7, 3, 2, 0, 9))) == 2
    assert not answers(asked, b"\x07\x03\x02\x00\x01\x00\x00")


def test_the_families_of_a_slave_are_the_profiles_with_what_they_refuse() -> None:
    candidates = probe("modbus_rtu").candidates
    assert candidates
    tried = {each.name: each for each in candidates(Found(options={"unit": 9}))}
    assert tried["tilt_dual"].options == {"unit": 9, "profile": "tilt_dual"}
    (absent,) = tried["tilt_dual"].absent
    for options in (tried["tilt_dual"].options, absent):
        driver = DRIVERS["modbus_rtu"]
        assert driver.check
        assert not driver.check(msgspec.convert(options, driver.options))


def test_a_meter_tells_its_number() -> None:
    answers, question = probe("dlt645").answers, probe("dlt645").question
    assert answers
    assert question
    received = encode("202611230001", TELL_ADDRESS | ANSWER, bytes.fromhex("010023112620"))
    assert question(0).endswith(encode(ANYONE, TELL_ADDRESS))
    assert answers(question(0), question(0) + received) == [Found(options={"address": "202611230001"})]


def test_lines_of_text_are_guessed_by_one_driver_only() -> None:
    lines = {"json_line": '{"t": 21.5, "name": "x", "n": null}', "ascii_line": "D=1.25m n=7"}
    for name, line in lines.items():
        guesses = {driver.name: driver.probe.text([line]) for driver in ALL if driver.probe and driver.probe.text}
        assert [driver for driver, found in guesses.items() if found] == [name]
        found = guesses[name]
        assert found
        assert not found.complete
