"""What recorded cases do not show of a DL/T 645 meter that was asked for its number."""

from __future__ import annotations

import pytest

from agent.api import Codec, Fault, FaultCode
from drivers._dlt645 import ANSWER, ANYONE, READ, TELL_ADDRESS, encode
from drivers.dlt645 import MeterOptions
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
