"""Devices that talk by themselves: the GNSS receiver and our sensor board, as bytes on a tty."""

from __future__ import annotations

import asyncio
import functools
import operator
from collections.abc import Coroutine
from typing import Any

import pytest

from agent.acquire import session
from agent.config.settings import LineSettings
from agent.errors import AgentError, Retry
from agent.system.clock import SystemClock, always_synced
from contract.types import FaultCode, Reading
from simulator.board import GET_DESCRIPTOR, SET_PERIOD, TIME_SYNC, Board
from simulator.gnss import Gnss
from simulator.wire import SimulatedWire, running
from tests.acquire.fakes import FakeClock
from tests.acquire.rig import DRIVERS, Seen, make_devices, make_line, polling, slave
from tests.acquire.test_line import story

BOARD = '[device.board]\ndriver = "pole_board"\nline = "a"\n'
GNSS = '[device.gnss]\ndriver = "nmea"\nline = "a"\n'


@pytest.fixture(autouse=True)
def _short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "OVERDUE_S", 0.4)


def quick_gnss() -> Gnss:
    gnss = Gnss("gnss", SystemClock(always_synced))
    gnss.period_s = 0.1
    return gnss


def test_the_board_tells_all_its_channels_and_no_sample_is_lost() -> None:
    async def tell() -> None:
        board = Board("board", period_s=0.02)
        wire = SimulatedWire([board], baud=115200)
        line, seen = make_line(LineSettings(port=wire.path, baud=115200), BOARD), Seen()
        async with running(wire), polling(line, seen):
            await seen.until(lambda: len(seen.values("board", "door")) > 20)
        assert not seen.faults("board")
        assert {reading.quantity for reading in seen.readings("board")} == {
            "cabinet_temperature",
            "door",
            "smoke",
            "vibration",
            "lamp_current",
        }
        assert [body.state for body in seen.states("board")] == ["up"]

    story(tell)


def test_a_board_that_was_there_first_is_asked_what_it_has() -> None:
    async def tell() -> None:
        board = Board("board", period_s=0.02)
        board.speak(1.0)  # its descriptor went out before the agent listened
        board._described_s = 1e9
        wire = SimulatedWire([board], baud=115200)
        text = BOARD + "period_ms = 30\n"
        line, seen = make_line(LineSettings(port=wire.path, baud=115200), text), Seen()
        async with running(wire), polling(line, seen):
            await seen.until(lambda: seen.values("board", "door") and board.period_s == 0.03)
        assert board.commands[0] == GET_DESCRIPTOR
        assert SET_PERIOD in board.commands
        assert line.health().bytes_out > 0

    story(tell)


def test_a_board_does_what_it_is_asked_to_and_its_answer_comes_back() -> None:
    async def tell() -> None:
        board = Board("board", period_s=0.02)
        board.unwell = {2: 1}
        wire = SimulatedWire([board], baud=115200)
        line, seen = make_line(LineSettings(port=wire.path, baud=115200), BOARD), Seen()
        async with running(wire), polling(line, seen), asyncio.timeout(120):
            await seen.until(lambda: seen.values("board", "door"))
            assert await line.act("board", "identify") == (True, "its lamp blinks for 30 s")
            assert board.lamp_s == 30
            ok, text = await line.act("board", "self_test")
            assert not ok
            assert "smoke does not answer" in text
            with pytest.raises(AgentError, match="board cannot 'dance'; what it can is: read, identify, self_test, st"):
                await line.act("board", "dance")
            said = await line.once("board")
            assert {item.quantity for item in said if isinstance(item, Reading)} >= {"door", "smoke"}
            assert TIME_SYNC in board.commands

    story(tell)


def test_a_board_that_does_not_answer_an_action_can_be_asked_again() -> None:
    async def tell() -> None:
        board = Board("board", period_s=0.02)
        wire = SimulatedWire([board], baud=115200)
        line, seen = make_line(LineSettings(port=wire.path, baud=115200), BOARD), Seen()
        async with running(wire), polling(line, seen):
            await seen.until(lambda: seen.values("board", "door"))
            wire.misbehave("board", "silent")
            async with asyncio.TaskGroup() as group:
                first = group.create_task(timed_out(line.act("board", "identify")))
                await asyncio.sleep(0.02)
                with pytest.raises(Retry, match="busy with what it was asked"):
                    await line.act("board", "identify")
                assert await first
            wire.misbehave("board", "ok")
            async with asyncio.timeout(120):
                assert (await line.act("board", "identify")).ok

    story(tell)


async def timed_out(waiting: Coroutine[Any, Any, object]) -> bool:
    try:
        await asyncio.wait_for(waiting, 0.2)
    except TimeoutError:
        return True
    return False


def test_silence_is_overdue_once_and_reported_with_what_to_check() -> None:
    async def tell() -> None:
        gnss = quick_gnss()
        wire = SimulatedWire([gnss])
        line, seen = make_line(LineSettings(port=wire.path), GNSS), Seen()
        async with running(wire), polling(line, seen):
            await seen.until(lambda: seen.states("gnss"))
            wire.misbehave("gnss", "silent")
            await seen.until(lambda: seen.faults("gnss").count(FaultCode.OVERDUE) >= 2)
            assert [body.state for body in seen.states("gnss")] == ["up", "down"]
            assert "TX goes to the RX" in seen.states("gnss")[1].text
            wire.misbehave("gnss", "ok")
            await seen.until(lambda: len(seen.states("gnss")) == 3)
        assert seen.states("gnss")[2].state == "up"

    story(tell)


def test_what_follows_the_last_good_sentence_is_no_noise() -> None:
    async def tell() -> None:
        wire = SimulatedWire([quick_gnss()])
        line, seen = make_line(LineSettings(port=wire.path), GNSS), Seen()
        async with running(wire), polling(line, seen):
            await seen.until(lambda: seen.states("gnss"))
            wire.misbehave("gnss", "silent")
            await asyncio.sleep(0.05)
            wire.inject(b"$GPTXT,01,01,02,bye*36")
            await seen.until(lambda: len(seen.states("gnss")) == 2)
        assert "has sent nothing for" in seen.states("gnss")[1].text
        assert line.health().text == seen.states("gnss")[1].text

    story(tell)


def test_noise_instead_of_sentences_points_at_the_baud_rate() -> None:
    async def tell() -> None:
        wire = SimulatedWire([quick_gnss()])
        line, seen = make_line(LineSettings(port=wire.path), GNSS), Seen()
        wire.misbehave("gnss", "babble")
        async with running(wire), polling(line, seen):
            await seen.until(lambda: seen.states("gnss"))
        assert seen.states("gnss")[0].state == "down"
        assert "Check the baud rate" in seen.states("gnss")[0].text

    story(tell)


def test_a_receiver_without_a_fix_is_up_and_says_what_it_lacks() -> None:
    async def tell() -> None:
        gnss = quick_gnss()
        gnss.fix = False
        wire = SimulatedWire([gnss])
        line, seen = make_line(LineSettings(port=wire.path), GNSS), Seen()
        async with running(wire), polling(line, seen):
            await seen.until(lambda: len(seen.values("gnss", "fix_quality")) > 3)
        assert set(seen.values("gnss", "fix_quality")) == {0}
        assert set(seen.faults("gnss")) == {FaultCode.NOT_AVAILABLE}
        assert line.devices()[0].state == "up"
        assert "view of the sky" in line.devices()[0].advice

    story(tell)


def test_the_clock_offset_is_that_of_the_first_byte_of_a_burst(monkeypatch: pytest.MonkeyPatch) -> None:
    async def tell() -> None:
        monkeypatch.setattr(session, "OVERDUE_S", 10.0)
        gnss = quick_gnss()
        gnss.period_s = 0.5
        wire = SimulatedWire([gnss], baud=9600, paced=True)
        line, seen = make_line(LineSettings(port=wire.path), GNSS), Seen()
        async with running(wire), polling(line, seen):
            await seen.until(lambda: len(seen.values("gnss", "clock_offset")) > 3)
        offsets = sorted(float(str(value)) for value in seen.values("gnss", "clock_offset"))
        assert abs(offsets[len(offsets) // 2]) < 0.15, "not the quarter of a second that the sentences take"

    story(tell)


def test_a_line_that_only_listens_stays_quiet_when_nothing_is_configured() -> None:
    async def tell() -> None:
        wire = SimulatedWire([])
        line, seen = make_line(LineSettings(port=wire.path), "[device]\n"), Seen()
        async with running(wire), polling(line, seen):
            await asyncio.sleep(0.1)
            wire.inject(b"anything")
            await seen.until(lambda: line.health().garbage_bytes == 8)
        assert not seen.items

    story(tell)


@pytest.mark.fault("two ports are swapped", "the sentence names what the bytes look like")
def test_ports_that_are_swapped_are_recognised_by_what_comes() -> None:
    """The receiver is on the line of the slaves."""

    async def tell() -> None:
        wire = SimulatedWire([quick_gnss()])
        text = slave("x", 1, every_s=0.1, timeout_s=0.15)
        line, seen = make_line(LineSettings(port=wire.path), text), Seen()
        async with running(wire), polling(line, seen):
            await seen.until(lambda: seen.states("x"))
        assert "device with driver nmea sends: check whether two ports are swapped" in seen.states("x")[0].text

    story(tell)


@pytest.mark.fault("a GNSS receiver is days or years off the clock", "its advice says so")
@pytest.mark.parametrize(
    ("date", "said"), [("050505", "week counter rolled over"), ("231125", "days apart"), ("071226", "days apart")]
)
def test_a_receiver_of_another_date_shows_no_errors_and_says_so(date: str, said: str) -> None:
    """A recorded log that is played again is no broken line; what its date means stands with the device."""
    device = make_devices(GNSS)["gnss"]
    clock = FakeClock()
    receiver = session.DeviceSession(device, DRIVERS["nmea"], clock)
    for second in range(30):
        text = f"GNRMC,0600{second:02d}.00,A,2232.1000,N,11403.1000,E,0.0,0.0,{date},,,A"
        line = f"${text}*{functools.reduce(operator.xor, text.encode(), 0):02X}\r\n"
        receiver.take([*receiver.codec.feed(line.encode(), clock.now())])
        assert receiver.spoke()
    health = receiver.health("a")
    assert health.error_share == 0.0
    assert said in health.advice


def test_a_silent_receiver_on_an_open_line_is_answered_for_at_once() -> None:
    async def tell() -> None:
        wire = SimulatedWire([quick_gnss()])
        line, seen = make_line(LineSettings(port=wire.path), GNSS), Seen()
        wire.misbehave("gnss", "silent")
        async with running(wire), polling(line, seen):
            await seen.until(lambda: seen.states("gnss"))
            with pytest.raises(Retry, match="has sent nothing"):
                await line.once("gnss")

    story(tell)
