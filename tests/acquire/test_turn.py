"""How long one question may take, with a clock and a line that the test owns."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from agent.acquire.plan import pause_s
from agent.acquire.turn import SLACK_S, Timing, TurnResult, ask
from agent.api import Codec, Fault, FaultCode, Reading, crc16_modbus
from agent.config.settings import LineSettings
from tests.acquire.fakes import FakeClock, FakeTransport
from tests.acquire.rig import DRIVERS

CHARACTER_S = 0.001
TIMING = Timing(character_s=CHARACTER_S, timeout_s=0.5, echo=False)
ANSWER_BODY = bytes.fromhex("0103040001fffe")
ANSWER = ANSWER_BODY + crc16_modbus(ANSWER_BODY).to_bytes(2, "little")
ASKED_S = 8 * CHARACTER_S


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def port(clock: FakeClock) -> FakeTransport:
    return FakeTransport(clock)


def rtu() -> Codec:
    driver = DRIVERS["modbus_rtu"]
    options = {"registers": [{"address": 0, "quantity": "a"}, {"address": 1, "quantity": "b", "type": "i16"}]}
    return driver.codec("x", msgspec.convert(options, driver.options))


def turn(port: FakeTransport, timing: Timing = TIMING) -> TurnResult:
    codec = rtu()
    return asyncio.run(ask(port, codec, codec.ask(0), timing, port.clock))


def values(result: TurnResult) -> list[object]:
    return [item.value for item in result.items if isinstance(item, Reading)]


def codes(result: TurnResult) -> list[FaultCode]:
    return [item.code for item in result.items if isinstance(item, Fault)]


def paced(data: bytes, begin_s: float) -> list[tuple[float, bytes]]:
    return [(begin_s + number * CHARACTER_S, bytes((byte,))) for number, byte in enumerate(data, 1)]


def test_an_answer_that_comes_by_bytes_costs_two_looks_when_the_device_is_known(port: FakeTransport) -> None:
    began = port.clock.time
    port.arrive(*paced(ANSWER, ASKED_S + 0.004))
    result = turn(port)
    assert values(result) == [1, -2]
    assert result.at - began == pytest.approx(ASKED_S + 0.004 + len(ANSWER) * CHARACTER_S)
    for _ in range(100):
        port.looks = 0
        port.arrive(*paced(ANSWER, ASKED_S + 0.004))
        result = turn(port, msgspec.structs.replace(TIMING, lag_s=result.lag_s))
    assert result.lag_s == pytest.approx(0.004, abs=0.0005)
    assert port.looks <= 2


def test_silence_ends_at_the_time_out(port: FakeTransport) -> None:
    began = port.clock.time
    result = turn(port)
    assert codes(result) == [FaultCode.NO_ANSWER]
    assert port.clock.time - began == pytest.approx(ASKED_S + 0.5)


def test_an_answer_that_begins_in_time_may_end_after_it(port: FakeTransport) -> None:
    port.arrive(*paced(ANSWER, ASKED_S + 0.498))
    assert values(turn(port)) == [1, -2]


def test_an_answer_that_begins_too_late_is_none(port: FakeTransport) -> None:
    port.arrive(*paced(ANSWER, ASKED_S + 0.51))
    assert codes(turn(port)) == [FaultCode.NO_ANSWER]


def test_a_device_that_never_ends_is_cut_off_when_its_answer_would_have_ended(port: FakeTransport) -> None:
    began = port.clock.time
    port.arrive(*paced(b"\x55" * 5000, ASKED_S))
    result = turn(port)
    assert codes(result) == [FaultCode.BAD_FRAME]
    budget = ASKED_S + 0.5 + len(ANSWER) * CHARACTER_S + SLACK_S
    assert port.clock.time - began <= budget + 0.02


def test_an_answer_with_a_pause_in_it_is_cut_off_long_before_the_time_out(port: FakeTransport) -> None:
    began = port.clock.time
    port.arrive((ASKED_S + 0.01, ANSWER[:4]), (ASKED_S + 0.4, ANSWER[4:]))
    result = turn(port, msgspec.structs.replace(TIMING, pause_s=0.1))
    assert codes(result) == [FaultCode.BAD_FRAME]
    assert port.clock.time - began == pytest.approx(ASKED_S + 0.01 + 0.1, abs=0.02)


def test_shorter_pauses_are_the_adapters_own(port: FakeTransport) -> None:
    port.arrive(*[(ASKED_S + 0.05 * number, bytes((byte,))) for number, byte in enumerate(ANSWER)])
    assert values(turn(port, msgspec.structs.replace(TIMING, pause_s=0.1))) == [1, -2]


def test_the_longest_pause_follows_the_baud_rate_and_is_not_asked_of_a_network() -> None:
    assert pause_s(LineSettings(port="/dev/ttyS0", baud=9600)) == pytest.approx(0.1 + 17.5 * 10 / 9600)
    assert pause_s(LineSettings(port="/dev/ttyS0", baud=1200, parity="even")) == pytest.approx(0.1 + 17.5 * 11 / 1200)
    assert pause_s(LineSettings(tcp="10.0.0.5:4001", rfc2217=True)) == 0.0


def test_a_short_time_out_is_not_stretched_by_a_long_answer(port: FakeTransport) -> None:
    began = port.clock.time
    turn(port, msgspec.structs.replace(TIMING, timeout_s=0.002))
    assert port.clock.time - began == pytest.approx(ASKED_S + 0.002)


def test_without_a_baud_rate_an_answer_is_taken_as_it_comes(port: FakeTransport) -> None:
    port.arrive((0.01, ANSWER[:4]), (0.02, ANSWER[4:]))
    began = port.clock.time
    result = turn(port, Timing(character_s=0.0, timeout_s=0.5, echo=False))
    assert values(result) == [1, -2]
    assert port.clock.time - began == pytest.approx(0.02)


@pytest.mark.parametrize("cut", range(1, 8))
def test_an_echo_in_two_pieces_is_skipped(port: FakeTransport, cut: int) -> None:
    request = rtu().ask(0)
    port.arrive((cut * CHARACTER_S, request[:cut]), (ASKED_S, request[cut:] + ANSWER))
    assert values(turn(port, msgspec.structs.replace(TIMING, echo=True))) == [1, -2]


def test_only_an_echo_is_no_answer(port: FakeTransport) -> None:
    port.arrive(*paced(rtu().ask(0), 0.0))
    assert codes(turn(port, msgspec.structs.replace(TIMING, echo=True))) == [FaultCode.NO_ANSWER]
