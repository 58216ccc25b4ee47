"""An answer that comes too late must not be taken for that of the next question."""

from __future__ import annotations

import pytest

from agent.config.settings import LineSettings
from contract.types import FaultCode, Reading
from simulator.modbus import Slave, serve_tcp
from simulator.wire import SimulatedWire, running
from tests.acquire.rig import Seen, make_line, polling
from tests.acquire.test_line import story

TWO_QUESTIONS = """[device.x]
driver = "{driver}"
line = "a"
every_s = 0.4
timeout_s = 0.1
retries = 1
registers = [{{ address = 0, quantity = "low" }}, {{ address = 100, quantity = "high" }}]
"""


class OwnAddress:
    """Each register holds its own address, so that a value shows which question it answers."""

    def read(self, function: int, address: int, count: int) -> list[int] | None:
        return list(range(address, address + count))


@pytest.mark.parametrize(("delay_s", "answers"), [(0.13, 3), (0.35, 0)])
def test_a_slow_slave_never_answers_the_wrong_question(delay_s: float, answers: int) -> None:
    """Its answer to the first attempt is taken for the second, so that of the second is still to come.

    Slower than both attempts, it may look dead; what it says must still not land in the wrong place.
    """

    async def tell() -> None:
        wire = SimulatedWire([Slave("x", 1, OwnAddress(), delay_s=delay_s)], baud=115200)
        text = TWO_QUESTIONS.format(driver="modbus_rtu")
        line, seen = make_line(LineSettings(port=wire.path, baud=115200), text), Seen()
        async with running(wire), polling(line, seen):
            await seen.until(lambda: len(seen.items) > 9 and len(seen.values("x", "high")) >= answers, 20)
        assert set(seen.values("x", "low")) <= {0}
        assert set(seen.values("x", "high")) <= {100}

    story(tell)


def test_over_tcp_the_transaction_number_tells() -> None:
    async def tell() -> None:
        slow = Slave("x", 1, OwnAddress(), delay_s=0.13)
        async with serve_tcp([slow]) as port:
            text = TWO_QUESTIONS.format(driver="modbus_tcp")
            line, seen = make_line(LineSettings(tcp=f"127.0.0.1:{port}"), text), Seen()
            async with polling(line, seen):
                await seen.until(lambda: len(seen.faults("x")) > 3)
                slow.delay_s = 0.0
                await seen.until(lambda: min(len(seen.values("x", name)) for name in ("low", "high")) > 3, 20)
        assert set(seen.faults("x")) <= {FaultCode.NO_ANSWER, FaultCode.WRONG_DEVICE}
        assert set(seen.values("x", "low")) == {0}
        assert set(seen.values("x", "high")) == {100}

    story(tell)


def test_a_one_off_read_waits_for_what_the_device_owes() -> None:
    async def tell() -> None:
        wire = SimulatedWire([Slave("x", 1, OwnAddress(), delay_s=0.17)], baud=115200)
        text = TWO_QUESTIONS.format(driver="modbus_rtu")
        line, seen = make_line(LineSettings(port=wire.path, baud=115200), text), Seen()
        async with running(wire), polling(line, seen):
            for _ in range(6):
                await line.once("x")
        assert set(seen.values("x", "low")) <= {0}
        assert set(seen.values("x", "high")) == {100}

    story(tell)


def test_a_one_off_read_in_the_middle_of_a_round_tells_all_of_it() -> None:
    async def tell() -> None:
        wire = SimulatedWire([Slave("x", 1, OwnAddress(), delay_s=0.05)], baud=115200)
        text = TWO_QUESTIONS.format(driver="modbus_rtu")
        line, seen = make_line(LineSettings(port=wire.path, baud=115200), text), Seen()
        async with running(wire), polling(line, seen):
            await seen.until(lambda: seen.values("x", "low"))
            items = await line.once("x")
        assert [item.quantity for item in items if isinstance(item, Reading)] == ["low", "high"]

    story(tell)
