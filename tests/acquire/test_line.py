"""Turn-taking on a real tty: what one bad device does to itself, and what it does not do to the others."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from agent.acquire import sentences_lines as say
from agent.acquire.turn import ask
from agent.config.settings import LineSettings
from agent.errors import Retry
from contract.types import FaultCode
from simulator.modbus import Numbered, Slave
from simulator.wire import Behaviour, SimulatedWire, running
from tests.acquire.rig import Seen, make_devices, make_line, polling, slave


def on(wire: SimulatedWire, *, echo: bool = False) -> LineSettings:
    return LineSettings(port=wire.path, baud=115200, echo=echo)


def wire_of(*names: str, echo: bool = False, link: Path | None = None) -> SimulatedWire:
    slaves = [Slave(name, unit, Numbered(10)) for unit, name in enumerate(names, 1)]
    return SimulatedWire([*slaves], link=link, baud=115200, echo=echo)


def story(tell: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(120):
            await tell()

    asyncio.run(bounded())


def test_every_read_is_seen_once_and_in_order() -> None:
    async def tell() -> None:
        wire = wire_of("one", "two")
        line, seen = make_line(on(wire), slave("one", 1, every_s=0.02) + slave("two", 2, every_s=0.05)), Seen()
        async with running(wire), polling(line, seen):
            await seen.until(lambda: len(seen.values("one")) >= 30 and len(seen.values("two")) >= 12)
        for name in ("one", "two"):
            counts = seen.values(name)
            assert counts == list(range(1, len(counts) + 1))
            assert [body.state for body in seen.states(name)] == ["up"]
            assert not seen.faults(name)
        health = line.health()
        assert (health.state, health.garbage_bytes, health.reopened) == ("up", 0, 0)
        assert health.bytes_in > 0 < health.bytes_out
        assert 0 < health.load < 1

    story(tell)


def test_a_dead_device_costs_the_others_one_time_out_and_comes_back() -> None:
    async def tell() -> None:
        wire = wire_of("well", "dead")
        text = slave("well", 1, every_s=0.05) + slave("dead", 2, every_s=0.05, timeout_s=0.2, retries=2)
        line, seen = make_line(on(wire), text), Seen()
        wire.misbehave("dead", "silent")
        async with running(wire), polling(line, seen):
            await seen.until(lambda: seen.states("dead"))
            body = seen.states("dead")[0]
            assert (body.state, body.code) == ("down", FaultCode.NO_ANSWER)
            assert body.text.startswith(f"{wire.path}: unit 2 (dead) does not answer (")
            assert body.text.endswith("; others on the line do. Check its address, power and A/B wiring.")
            stamps = [reading.at.boot_s for reading in seen.readings("well")]
            waits = [later - sooner for sooner, later in pairwise(stamps)]
            assert sorted(waits)[-2] < 0.05 + 0.2 + 0.4, "more than its period, the other's time-out and slack"
            assert line.devices()[1].advice == body.text
            wire.misbehave("dead", "ok")
            await seen.until(lambda: len(seen.states("dead")) == 2)
            await seen.until(lambda: len(seen.values("dead")) > 5)
        back = seen.states("dead")[1]
        assert back.state == "up"
        assert "unit 2 (dead) answers again after" in back.text
        assert line.devices()[1].state == "up"

    story(tell)


def test_a_dead_device_is_asked_ever_more_rarely() -> None:
    async def tell() -> None:
        wire = wire_of("dead")
        line, seen = make_line(on(wire), slave("dead", 1, every_s=0.05, timeout_s=0.02, retries=3)), Seen()
        device = wire.devices["dead"]
        assert isinstance(device, Slave)
        wire.misbehave("dead", "silent")
        async with running(wire), polling(line, seen):
            await seen.until(lambda: seen.states("dead"))
            await seen.until(lambda: device.asked >= 4 + 1 + 1)
            asked = device.asked
            assert asked <= 4 + 1 + 1 + 1, "a round of four attempts, two more rounds to be sure, and maybe a probe"
            await asyncio.sleep(1.0)
            assert 2 <= device.asked - asked <= 6, "probes at 0.05, 0.1, 0.2, 0.4 ... s, without retries"

    story(tell)


@pytest.mark.parametrize(
    ("how", "code", "words"),
    [
        ("silent", FaultCode.NO_ANSWER, "does not answer"),
        ("slow", FaultCode.NO_ANSWER, "does not answer"),
        ("babble", FaultCode.BAD_FRAME, "are damaged"),
        ("bad_crc", FaultCode.BAD_FRAME, "are damaged"),
        ("half_frame", FaultCode.BAD_FRAME, "are damaged"),
        ("wrong_address", FaultCode.WRONG_DEVICE, "unit 1 (bad) was asked, but what comes is no answer of it to that"),
        ("exception", FaultCode.EXCEPTION, "refuses (holding 0-1: exception 4, the device failed)"),
    ],
)
def test_each_way_of_failing_has_its_code_and_its_sentence(how: Behaviour, code: FaultCode, words: str) -> None:
    async def tell() -> None:
        random.seed(1)
        wire = wire_of("bad")
        timeout_s = 0.15 if code is FaultCode.NO_ANSWER else 1.0
        line, seen = make_line(on(wire), slave("bad", 1, every_s=0.05, timeout_s=timeout_s, retries=1)), Seen()
        wire.misbehave("bad", how)
        async with running(wire), polling(line, seen):
            await seen.until(lambda: seen.states("bad"))
            body = seen.states("bad")[0]
            assert (body.state, body.code) == ("down", code), body.text
            assert words in body.text
            assert set(seen.faults("bad")) == {code}
            wire.misbehave("bad", "ok")
            await seen.until(lambda: len(seen.states("bad")) == 2 and seen.values("bad"))
        assert [body.state for body in seen.states("bad")] == ["down", "up"]

    story(tell)


def test_a_babbling_device_is_cut_off_and_the_others_are_still_asked() -> None:
    async def tell() -> None:
        wire = wire_of("well", "babbler")
        line = make_line(on(wire), slave("well", 1, every_s=0.05) + slave("babbler", 2, every_s=0.2, timeout_s=0.05))
        seen = Seen()
        async with running(wire), polling(line, seen):
            await seen.until(lambda: len(seen.values("well")) > 3)
            wire.misbehave("babbler", "babble")
            before = len(seen.values("well"))
            await seen.until(lambda: len(seen.values("well")) > before + 10)
        counts = seen.values("well")
        assert counts == list(range(1, len(counts) + 1))

    story(tell)


@pytest.mark.parametrize(
    ("how", "state", "text"),
    [
        ("bad_crc", "down", say.ALL_DAMAGED["serial"]()),
        ("exception", "up", say.ALL_REFUSE()),
        ("silent", "down", say.ALL_SILENT["serial"]()),
    ],
)
def test_a_line_on_which_nobody_gives_a_value_says_why(how: Behaviour, state: str, text: str) -> None:
    async def tell() -> None:
        wire = wire_of("one", "two")
        line, seen = make_line(on(wire), slave("one", 1, timeout_s=0.05) + slave("two", 2, timeout_s=1.0)), Seen()
        wire.misbehave("one", "silent")
        wire.misbehave("two", how)
        async with running(wire), polling(line, seen):
            await seen.until(lambda: seen.states("one") and seen.states("two"))
        health = line.health()
        assert (health.state, health.text) == (state, text)

    story(tell)


def test_nobody_answers_is_reported_as_a_fault_of_the_line() -> None:
    async def tell() -> None:
        wire = wire_of("one", "two")
        line = make_line(on(wire), slave("one", 1, timeout_s=0.03) + slave("two", 2, timeout_s=0.03))
        seen = Seen()
        for name in ("one", "two"):
            wire.misbehave(name, "silent")
        async with running(wire), polling(line, seen):
            await seen.until(lambda: seen.states("one") and seen.states("two"))
        assert "nothing on the line answers" in seen.states("one")[0].text
        assert "swapped?" in seen.states("two")[0].text
        health = line.health()
        assert (health.state, health.text) == ("down", say.ALL_SILENT["serial"]())

    story(tell)


@pytest.mark.parametrize(("how", "state", "reported"), [("silent", "down", True), ("exception", "up", False)])
def test_a_line_with_one_device_says_what_that_says(how: Behaviour, state: str, *, reported: bool) -> None:
    async def tell() -> None:
        wire = wire_of("one")
        line, seen = make_line(on(wire), slave("one", 1, timeout_s=1.0)), Seen()
        wire.misbehave("one", how)
        async with running(wire), polling(line, seen):
            await seen.until(lambda: seen.states("one"))
            health, device = line.health(), line.devices()[0]
        assert health.state == state
        assert health.text == (device.advice if reported else "")
        assert any(verb in device.advice for verb in ("Check ", "Look "))

    story(tell)


def test_a_line_that_is_always_asked_is_in_use_all_the_time() -> None:
    async def tell() -> None:
        wire = wire_of("one")
        settings = LineSettings(port=wire.path, baud=1200)
        line, seen = make_line(settings, slave("one", 1, every_s=0.001)), Seen()
        async with running(wire), polling(line, seen):
            await seen.until(lambda: len(seen.values("one")) > 8)
            assert line.health().load > 0.9

    story(tell)


def test_an_adapter_with_echo_skips_its_own_words() -> None:
    async def tell() -> None:
        wire = wire_of("one", "dead", echo=True)
        text = slave("one", 1, every_s=0.05) + slave("dead", 2, every_s=0.05, timeout_s=0.05)
        line, seen = make_line(on(wire, echo=True), text), Seen()
        wire.misbehave("dead", "silent")
        async with running(wire), polling(line, seen):
            await seen.until(lambda: len(seen.values("one")) > 10 and len(seen.faults("dead")) >= 3)
        counts = seen.values("one")
        assert counts == list(range(1, len(counts) + 1))
        assert set(seen.faults("dead")) == {FaultCode.NO_ANSWER}, "an echo is no answer"

    story(tell)


def test_garbage_between_the_turns_is_counted_and_harms_nothing() -> None:
    async def tell() -> None:
        wire = wire_of("one")
        line, seen = make_line(on(wire), slave("one", 1, every_s=0.05)), Seen()
        async with running(wire), polling(line, seen):
            for number in range(1, 11):
                await seen.until(lambda wanted=number * 2: len(seen.values("one")) > wanted)
                wire.inject(random.randbytes(30))
        assert not seen.faults("one") or set(seen.faults("one")) <= {FaultCode.BAD_FRAME, FaultCode.WRONG_DEVICE}
        assert line.health().garbage_bytes > 0
        assert len(seen.values("one")) > 15

    story(tell)


def test_a_port_that_is_not_there_is_not_logged_for_each_device(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def tell() -> None:
        line, seen = make_line(LineSettings(port="/dev/no-such-port"), slave("one", 1) + slave("two", 2)), Seen()
        with pytest.raises(Retry):
            await line.run(seen.emit)
        assert [len(seen.states(name)) for name in ("one", "two")] == [1, 1]
        assert not caplog.records, "supervise logs the Retry, once"

    story(tell)


def test_a_port_that_goes_away_is_reported_once_and_taken_up_when_it_is_back(tmp_path: Path) -> None:
    async def tell() -> None:
        wire = wire_of("one", link=tmp_path / "rs485-1")
        line, seen = make_line(on(wire), slave("one", 1, every_s=0.05)), Seen()
        async with running(wire), polling(line, seen):
            await seen.until(lambda: len(seen.values("one")) > 3)
            before = line.devices()[0].readings
            wire.unplug()
            await seen.until(lambda: len(seen.states("one")) == 2)
            gone = seen.states("one")[1]
            assert (gone.state, gone.code) == ("down", FaultCode.PORT_GONE)
            assert "rs485-1 went away" in gone.text
            await asyncio.sleep(0.2)
            assert len(seen.states("one")) == 2
            assert line.health().state == "down"
            assert "is not there" in line.health().text
            wire.plug()
            await seen.until(lambda: len(seen.states("one")) == 3)
            assert line.devices()[0].readings > before, "counters survive"
        assert seen.states("one")[2].state == "up"
        assert seen.faults("one") == [FaultCode.PORT_GONE]
        assert line.health().reopened == 1

    story(tell)


def test_a_port_that_never_was_says_what_is_there() -> None:
    async def tell() -> None:
        line, seen = make_line(LineSettings(port="/dev/no-such-port"), slave("one", 1)), Seen()
        with pytest.raises(Retry, match=r"^/dev/no-such-port is not there\. Plug the adapter in"):
            await line.run(seen.emit)
        assert [body.code for body in seen.states("one")] == [FaultCode.PORT_GONE]
        with pytest.raises(Retry):
            await line.run(seen.emit)
        assert len(seen.items) == 2, "the fault and the event, once"

    story(tell)


def test_a_port_that_is_missing_for_long_is_no_stall(monkeypatch: pytest.MonkeyPatch) -> None:
    """An adapter that was stolen must not make the watchdog restart the agent for ever."""

    async def tell() -> None:
        line = make_line(LineSettings(port="/dev/no-such-port"), slave("one", 1))
        later = time.monotonic() + 200.0
        monkeypatch.setattr(line.pulse, "_monotonic", lambda: later)
        assert line.pulse.stale
        with pytest.raises(Retry):
            await line.run(Seen().emit)
        assert not line.pulse.stale

    story(tell)


def test_new_settings_leave_what_did_not_change_alone() -> None:
    async def tell() -> None:
        wire = wire_of("one", "two", "three")
        text = slave("one", 1, every_s=0.02) + slave("two", 2, every_s=0.02)
        line, seen = make_line(on(wire), text), Seen()
        async with running(wire), polling(line, seen):
            for number in range(1, 8):
                await seen.until(lambda wanted=number * 5: len(seen.values("one")) > wanted)
                other = slave("two", 2, every_s=0.02 + number / 100) if number % 2 else slave("three", 3, every_s=0.02)
                line.update(on(wire), list(make_devices(slave("one", 1, every_s=0.02) + other).values()))
            await seen.until(lambda: len(seen.values("two")) > 10)
        counts = seen.values("one")
        assert counts == list(range(1, len(counts) + 1))
        assert [body.state for body in seen.states("one")] == ["up"]
        assert {device.name for device in line.devices()} == {"one", "two"}
        assert line.devices()[0].readings == len(seen.readings("one"))

    story(tell)


@pytest.mark.fault(
    "a device is taken out of the settings while its answer is under way", "nothing of it is reported any more"
)
def test_an_answer_to_a_device_that_was_taken_out_is_no_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    async def tell() -> None:
        wire = wire_of("one", "two")
        left = slave("two", 2, every_s=0.02)
        line, seen = make_line(on(wire), slave("one", 1, every_s=0.02) + left), Seen()

        async def answered(*asked: Any) -> Any:
            result = await ask(*asked)
            line.update(on(wire), list(make_devices(left).values()))
            return result

        monkeypatch.setattr("agent.acquire.conversation.ask", answered)
        async with running(wire), polling(line, seen):
            await seen.until(lambda: len(seen.values("two")) > 3)
        assert not seen.values("one")

    story(tell)


def test_a_hurried_device_is_read_more_often_and_the_others_as_before() -> None:
    async def tell() -> None:
        wire = wire_of("one", "two")
        line, seen = make_line(on(wire), slave("one", 1, every_s=5.0) + slave("two", 2, every_s=5.0)), Seen()
        async with running(wire), polling(line, seen):
            await seen.until(lambda: seen.values("one") and seen.values("two"))
            line.hurry("one", 0.02, 60.0)
            line.hurry("nobody", 0.02, 60.0)
            await seen.until(lambda: len(seen.values("one")) > 10, 4.0)
        assert len(seen.values("two")) == 1

    story(tell)


def test_a_changed_port_ends_the_run_at_once_and_the_next_uses_it() -> None:
    async def tell() -> None:
        first, second = wire_of("one"), wire_of("one")
        text = slave("one", 1, every_s=30.0)
        line, seen = make_line(on(first), text), Seen()
        async with running(first, second):
            async with asyncio.TaskGroup() as group:
                task = group.create_task(_ends(line.run(seen.emit)))
                await seen.until(lambda: seen.values("one"))
                line.update(on(second), list(make_devices(text).values()))
                assert "new settings" in await task
            async with polling(line, seen):
                await seen.until(lambda: len(seen.values("one")) == 2)
        assert [body.state for body in seen.states("one")] == ["up"], "nothing went down"
        assert line.health().port == second.path

    story(tell)


async def _ends(run: Awaitable[None]) -> str:
    try:
        await run
    except Retry as reason:
        return str(reason)
    return ""
