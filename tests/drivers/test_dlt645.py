"""What recorded cases do not show of a DL/T 645 meter that was asked for its number."""

from __future__ import annotations

import pytest

from agent.api import Codec, Fault, FaultCode, Reading
from drivers._dlt645 import ANSWER, ANYONE, READ, REFUSED, TELL_ADDRESS, encode, frames
from drivers.dlt645 import MeterOptions, Name
from tests.drivers.cases import DRIVERS, NOW

WAKE_UP = b"\xfe" * 4
ITEM = 0x02010100.to_bytes(4, "little")
OLD, NEW = "000000000077", "000000000099"


def asked(address: str | None = None) -> Codec:
    return DRIVERS["dlt645"].codec("x", MeterOptions(read=("voltage_a",), address=address))


def tells(codec: Codec, address: str) -> None:
    assert codec.ask(0) == WAKE_UP + encode(ANYONE, TELL_ADDRESS)
    assert codec.feed(encode(address, TELL_ADDRESS | ANSWER, bytes.fromhex(address)[::-1]), NOW) == ()


@pytest.mark.parametrize(
    ("received", "code"),
    [(b"", FaultCode.NO_ANSWER), (encode(NEW, READ | ANSWER, ITEM + b"\0\0"), FaultCode.WRONG_DEVICE)],
)
def test_a_meter_that_was_replaced_is_asked_for_its_number(received: bytes, code: FaultCode) -> None:
    codec = asked()
    tells(codec, OLD)
    assert codec.ask(1) == WAKE_UP + encode(OLD, READ, ITEM)
    if received:
        assert codec.feed(received, NOW) == ()
    (fault,) = codec.feed(b"", NOW)
    assert isinstance(fault, Fault)
    assert fault.code is code
    tells(codec, NEW)
    assert codec.ask(1) == WAKE_UP + encode(NEW, READ, ITEM)


def test_a_number_of_the_settings_is_kept() -> None:
    codec = asked(address="77")
    assert codec.ask(0) == WAKE_UP + encode(OLD, READ, ITEM)
    codec.feed(b"", NOW)
    assert codec.ask(0) == WAKE_UP + encode(OLD, READ, ITEM)


def test_phases_are_read_one_by_one_where_the_meter_has_no_block_of_them() -> None:
    codec = DRIVERS["dlt645"].codec("x", MeterOptions(read=("voltage_a", "voltage_c", "frequency"), address="77"))
    block = 0x0201FF00.to_bytes(4, "little")
    assert codec.ask(0) == WAKE_UP + encode(OLD, READ, block)
    assert codec.feed(encode(OLD, READ | ANSWER | REFUSED, b"\x02"), NOW) == ()
    for begin in (1, 0):  # in this round, and in the next
        found = {}
        for step in range(begin, begin + 3):
            asked_for = codec.ask(step)
            item = frames(asked_for)[-1].data
            assert item != block
            digits = b"\x01\x50" if item == 0x02800002.to_bytes(4, "little") else b"\x00\x23"
            for reading in codec.feed(encode(OLD, READ | ANSWER, item + digits), NOW):
                assert isinstance(reading, Reading)
                found[reading.quantity] = reading.value
        assert codec.ask(begin + 3) == b""
        assert found == {"voltage_a": 230.0, "voltage_c": 230.0, "frequency": 50.01}


@pytest.mark.parametrize(
    ("name", "item", "raw"), [("voltage_a", 0x02010100, "0080"), ("apparent_power", 0x02050000, "561280")]
)
def test_the_highest_bit_of_what_has_no_sign_is_no_digit(name: Name, item: int, raw: str) -> None:
    codec = DRIVERS["dlt645"].codec("x", MeterOptions(read=(name,), address="77"))
    codec.ask(0)
    (fault,) = codec.feed(encode(OLD, READ | ANSWER, item.to_bytes(4, "little") + bytes.fromhex(raw)), NOW)
    assert isinstance(fault, Fault)
    assert fault.code is FaultCode.OUT_OF_RANGE


def test_a_meter_that_leaves_the_address_of_the_question_in_its_answer_is_known_by_its_data() -> None:
    codec = asked()
    codec.ask(0)
    codec.feed(encode(ANYONE, TELL_ADDRESS | ANSWER, bytes.fromhex(OLD)[::-1]), NOW)
    assert codec.ask(1) == WAKE_UP + encode(OLD, READ, ITEM)
