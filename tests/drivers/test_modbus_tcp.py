"""Modbus TCP: gateways that count lengths and transactions otherwise, and answers that are not ours."""

from __future__ import annotations

import struct

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.api import Codec, Fault, FaultCode, Item, Reading
from drivers.modbus_tcp import SPARE, TcpOptions
from tests.drivers.cases import DRIVERS, NOW

ROWS = [{"address": 5, "quantity": "a"}, {"address": 6, "quantity": "b"}]


def unit(number: int = 1, **options: object) -> Codec:
    made = msgspec.convert({"unit": number, "registers": ROWS, **options}, TcpOptions)
    return DRIVERS["modbus_tcp"].codec("x", made)


def frame(transaction: int, pdu: bytes, number: int = 1, *, longer: int = 0) -> bytes:
    return struct.pack(">HHHB", transaction, 0, 1 + len(pdu) + longer, number) + pdu


ANSWER = bytes((3, 4, 0, 17, 0, 18))


def readings(items: list[Item]) -> list[object]:
    return [item.value for item in items if isinstance(item, Reading)]


@given(longer=st.integers(0, SPARE), size=st.integers(1, 20), before=st.binary(max_size=12))
def test_an_answer_is_read_in_any_pieces_and_where_its_length_counts_too_much(
    longer: int, size: int, before: bytes
) -> None:
    codec = unit()
    codec.ask(0)
    received = before + frame(1, ANSWER, longer=longer) + bytes(longer)
    items = [item for at in range(0, len(received), size) for item in codec.feed(received[at : at + size], NOW)]
    assert readings(items) == [17, 18]


@pytest.mark.parametrize("length", [2, 3, 4, 9])
def test_an_exception_is_read_whatever_its_length_says(length: int) -> None:
    codec = unit()
    codec.ask(0)
    (fault,) = codec.feed(struct.pack(">HHHB", 1, 0, length, 1) + b"\x83\x06", NOW)
    assert isinstance(fault, Fault)
    assert (fault.code, fault.again) == (FaultCode.EXCEPTION, True)


@given(
    transaction=st.integers(0, 65535).filter(lambda number: number != 1),
    number=st.integers(0, 255),
    pdu=st.sampled_from([ANSWER, ANSWER[:2], bytes((4, *ANSWER[1:])), bytes((3, 2, 0, 17)), b"\x84\x02"]),
)
def test_an_answer_of_another_transaction_or_unit_gives_no_value(transaction: int, number: int, pdu: bytes) -> None:
    codec = unit()
    codec.ask(0)
    received = frame(transaction, pdu, number) + frame(1, ANSWER, 2) + frame(1, ANSWER, longer=-3)
    items = [*codec.feed(received, NOW), *codec.feed(b"", NOW)]
    assert not readings(items)
    assert len(items) == 1, "and one fault says so"


def test_a_gateway_that_does_not_repeat_the_number_is_named_and_can_be_let_pass() -> None:
    codec = unit()
    codec.ask(0)
    assert not codec.feed(frame(2, ANSWER), NOW)
    (fault,) = codec.feed(b"", NOW)
    assert isinstance(fault, Fault)
    assert fault.text == "the answer of unit 1 has transaction 2, the question had 1"
    assert "match_transaction" in fault.advice
    codec = unit(match_transaction=False)
    codec.ask(0)
    mark = codec.mark
    assert mark
    assert list(codec.answers_in(b"\x00" + frame(7, ANSWER))) == [mark.answer]
    assert readings([*codec.feed(frame(2, ANSWER), NOW)]) == [17, 18]
    codec.ask(0)
    assert not codec.feed(frame(2, ANSWER, 9), NOW), "another unit is another unit all the same"
