"""The board's frames that firmware and driver share: tests/drivers/pole_board/vectors.json."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from agent.api import Fault, FaultCode, Reading, Stamp, cobs_decode, cobs_encode, crc16_modbus
from drivers.pole_board import ASK_EVERY, DRIVER, NAMES, PoleBoard
from simulator.board import GET_DESCRIPTOR, SET_PERIOD, TIME_SYNC, Board
from tests.drivers.cases import NOW, ROOT

LOST = FaultCode.LOST_FRAMES
VECTORS = json.loads((ROOT / "pole_board" / "vectors.json").read_text())
GOOD = {vector["name"]: vector for vector in VECTORS["good"]}
BAD = {vector["name"]: bytes.fromhex(vector["frame"]) for vector in VECTORS["bad"]}


def codec(**options: object) -> PoleBoard:
    made = DRIVER.codec("x", msgspec.convert(options, DRIVER.options))
    assert isinstance(made, PoleBoard)
    return made


def at(unix_s: float, *, boot_s: float, synced: bool = True) -> Stamp:
    return Stamp(datetime.fromtimestamp(unix_s, UTC), boot_s, synced)


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
    board.feed(frame("descriptor at boot"), msgspec.structs.replace(NOW, synced=False))
    said = cobs_decode(board.say()[:-1])
    assert said is not None
    assert said[1] == SET_PERIOD
    assert said[3:5] == (1000).to_bytes(2, "little")
    same = codec(period_ms=100)
    assert same.feed(frame("descriptor at boot"), msgspec.structs.replace(NOW, synced=False)) == []
    assert same.say() == b""


UNWELL = (
    "cabinet_temperature well, door does not answer, smoke is outside its range, vibration well, lamp_current error 9"
)


def replied(name: str, status: int = 0, data: bytes = b"", sequence: int = 0) -> bytes:
    """The board's reply to the command of a shared frame."""
    kind = bytes.fromhex(GOOD[name]["payload"])[1]
    payload = bytes((1, 3, 77, sequence, kind, status)) + data
    return cobs_encode(payload + crc16_modbus(payload).to_bytes(2, "little")) + b"\0"


def said_kinds(board: PoleBoard) -> list[int]:
    payloads = [cobs_decode(piece) for piece in board.say().split(b"\0") if piece]
    return [payload[1] for payload in payloads if payload]


def test_a_board_that_has_just_started_is_reported_the_time_and_again_every_hour() -> None:
    board = codec()
    now = at(1795422600.123, boot_s=50.0)
    board.feed(frame("descriptor at boot"), now)
    said = cobs_decode(board.say()[:-1])
    assert said is not None
    assert said[1] == TIME_SYNC
    assert said[3:-2] == bytes.fromhex(GOOD["time sync"]["payload"])[3:]
    reported = frame("descriptor of 23 channels, the longest that fits")
    for boot_s, expected in [(60.0, []), (3649.0, []), (3650.0, [TIME_SYNC]), (3660.0, [])]:
        board.feed(reported, at(1795422600.0 + boot_s, boot_s=boot_s))
        assert said_kinds(board) == expected
    board.feed(frame("descriptor at boot"), at(1795430000.0, boot_s=3670.0))
    assert said_kinds(board) == [TIME_SYNC]


def test_a_time_that_nobody_trusts_is_not_reported() -> None:
    board = codec()
    board.feed(frame("descriptor at boot"), at(1795422600.0, boot_s=50.0, synced=False))
    assert board.say() == b""


@pytest.mark.parametrize(
    ("action", "name", "status", "data", "outcome"),
    [
        ("identify", "identify for 5 s", 0, b"", (True, "its lamp blinks for 30 s")),
        ("self_test", "self test", 0, bytes(5), (True, ", ".join(f"{n} well" for n in list(NAMES.values())[:5]))),
        (
            "self_test",
            "self test",
            4,
            b"\0\1\2\0\x09",
            (False, UNWELL),
        ),
        ("start", "set period to 1000 ms", 0, b"", (True, "it sends samples")),
        ("identify", "identify for 5 s", 1, b"", (False, "its firmware does not know how: update it")),
        ("identify", "identify for 5 s", 200, b"", (False, "it answers status 200")),
    ],
)
def test_an_action_ends_with_the_reply_to_it(
    action: str, name: str, status: int, data: bytes, outcome: tuple[bool, str]
) -> None:
    board = codec()
    board.feed(frame("descriptor at boot"), at(0.0, boot_s=1.0, synced=False))
    assert board.act(action)
    assert said_kinds(board) == [bytes.fromhex(GOOD[name]["payload"])[1]]
    board.feed(replied(name, sequence=5), NOW)  # to another command
    board.feed(frame("reply: ok to ping"), NOW)
    assert board.outcome() is None
    board.feed(replied(name, status, data), NOW)
    assert board.outcome() == outcome
    assert board.outcome() is None


def test_what_is_no_action_is_none() -> None:
    assert not codec().act("explode")


def test_a_board_that_only_describes_itself_is_in_safe_mode_and_says_how_to_end_it() -> None:
    board = codec()
    reported = frame("descriptor at boot")[:-1]
    again = frame("descriptor of 23 channels, the longest that fits")
    board.feed(reported + b"\0", at(0.0, boot_s=1.0))
    assert not [
        item for item in board.feed(again, at(0.0, boot_s=6.0)) if isinstance(item, Fault) and item.code != LOST
    ]
    late = [item for item in board.feed(again, at(0.0, boot_s=21.0)) if isinstance(item, Fault) and item.code != LOST]
    assert [item.code for item in late] == [FaultCode.NOT_AVAILABLE]
    assert late[0].text == "no samples for 20 s: it is in safe mode; 'poleagent device x start' ends that"


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
    board.receive(frame("set period to 20 ms, the shortest"))
    assert board.period_s == 0.02
    assert board.receive(frame("get descriptor"))
    assert board.commands == [SET_PERIOD, GET_DESCRIPTOR]
