"""The board's frames that firmware and driver share: tests/drivers/pole_board/vectors.json."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from agent.api import Fault, FaultCode, Reading, cobs_decode, cobs_encode, crc16_modbus
from agent.simulate.board import GET_DESCRIPTOR, SET_PERIOD, Board
from drivers.pole_board import ASK_EVERY, DRIVER, NAMES, PoleBoard
from tests.drivers.cases import NOW, ROOT

VECTORS = json.loads((ROOT / "pole_board" / "vectors.json").read_text())
GOOD = {vector["name"]: vector for vector in VECTORS["good"]}
BAD = {vector["name"]: bytes.fromhex(vector["frame"]) for vector in VECTORS["bad"]}


def codec(**options: object) -> PoleBoard:
    made = DRIVER.codec("x", msgspec.convert(options, DRIVER.options))
    assert isinstance(made, PoleBoard)
    return made


def frame(name: str) -> bytes:
    return bytes.fromhex(GOOD[name]["frame"])


@pytest.mark.parametrize("vector", VECTORS["good"], ids=list(GOOD))
def test_a_frame_is_cobs_of_payload_and_crc(vector: dict[str, Any]) -> None:
    payload = bytes.fromhex(vector["payload"])
    assert len(payload) <= 250
    inside = payload + crc16_modbus(payload).to_bytes(2, "little")
    assert cobs_encode(inside) + b"\0" == bytes.fromhex(vector["frame"])
    assert cobs_decode(bytes.fromhex(vector["frame"])[:-1]) == inside


@pytest.mark.parametrize("name", list(BAD))
def test_a_bad_frame_is_a_fault_and_the_next_is_read(name: str) -> None:
    board = codec()
    board.feed(frame("descriptor at boot"), NOW)
    items = board.feed(BAD[name], NOW)
    assert [item.code for item in items if isinstance(item, Fault)] == [FaultCode.BAD_FRAME] * (name[:5] != "empty")
    assert len(board.feed(frame("first sample"), NOW)) == 5


def test_samples_before_a_descriptor_make_it_ask_now_and_then() -> None:
    board = codec()
    said = []
    for _ in range(2 * ASK_EVERY):
        assert not [item for item in board.feed(frame("first sample"), NOW) if isinstance(item, Reading)]
        said.append(board.say())
    asked = [words for words in said if words]
    assert len(asked) == 2
    assert asked[0] == frame("get descriptor")
    assert board.say() == b""


def test_a_period_in_the_settings_is_set_until_the_board_has_it() -> None:
    board = codec(period_ms=1000)
    board.feed(frame("descriptor at boot"), NOW)
    said = cobs_decode(board.say()[:-1])
    assert said is not None
    assert said[1] == SET_PERIOD
    assert said[3:5] == (1000).to_bytes(2, "little")
    assert codec(period_ms=100).feed(frame("descriptor at boot"), NOW) == []
    assert codec(period_ms=100).say() == b""


def test_every_quantity_code_has_a_name_that_the_table_of_units_knows() -> None:
    assert sorted(NAMES) == list(range(1, 11))
    assert {quantity.name for quantity in DRIVER.quantities(None)} == set(NAMES.values())


def test_a_descriptor_of_the_longest_kind_is_read() -> None:
    board = codec()
    assert not list(board.feed(frame("descriptor of 23 channels, the longest that fits"), NOW))


def test_the_simulated_board_speaks_as_the_vectors_do() -> None:
    board = Board("x")
    said = board.speak(0.0).split(b"\0")
    assert said[0] + b"\0" == frame("descriptor at boot")
    board.hear(frame("set period to 20 ms, the shortest"))
    assert board.period_s == 0.02
    assert board.hear(frame("get descriptor"))
    assert board.commands == [SET_PERIOD, GET_DESCRIPTOR]
