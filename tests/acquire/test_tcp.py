"""A line over TCP: peers that hang up, and peers that are not there."""

from __future__ import annotations

import asyncio
import struct

from agent.config.settings import LineSettings
from contract.types import FaultCode
from simulator.modbus import Numbered, Slave, serve_tcp
from tests.acquire.rig import Seen, make_line, polling, slave
from tests.acquire.test_line import story


def device(**options: float) -> str:
    return slave("x", 1, **options).replace("modbus_rtu", "modbus_tcp")  # type: ignore[arg-type]


def test_a_peer_that_hangs_up_after_each_answer_is_no_reason_to_worry() -> None:
    async def tell() -> None:
        bank = Slave("x", 1, Numbered())
        hung_up = 0

        async def answer_and_go(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal hung_up
            transaction, _, length, unit = struct.unpack(">HHHB", await reader.readexactly(7))
            pdu = bank.answer(await reader.readexactly(length - 1))
            writer.write(struct.pack(">HHHB", transaction, 0, len(pdu) + 1, unit) + pdu)
            await writer.drain()
            writer.close()
            hung_up += 1

        async with await asyncio.start_server(answer_and_go, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            line, seen = make_line(LineSettings(tcp=f"127.0.0.1:{port}"), device(every_s=0.05)), Seen()
            async with polling(line, seen):
                await seen.until(lambda: len(seen.values("x")) > 5)
        assert hung_up > 4
        assert [body.state for body in seen.states("x")] == ["up"]
        assert not seen.faults("x")
        assert line.health().reopened > 3

    story(tell)


def test_a_peer_that_is_gone_is_told_once_and_taken_up_when_it_is_back() -> None:
    async def tell() -> None:
        bank = Slave("x", 1, Numbered())
        async with serve_tcp([bank]) as port:
            pass
        line, seen = make_line(LineSettings(tcp=f"127.0.0.1:{port}"), device(every_s=0.05)), Seen()
        async with polling(line, seen):
            await seen.until(lambda: seen.states("x"))
            assert seen.states("x")[0].code is FaultCode.PORT_GONE
            assert "Check its address, power and cable" in seen.states("x")[0].text
            async with serve_tcp([bank], port):
                await seen.until(lambda: len(seen.values("x")) > 3)
        assert [body.state for body in seen.states("x")] == ["down", "up"]

    story(tell)


def test_a_unit_that_is_silent_on_a_network_is_not_looked_for_at_wires_that_are_not_there() -> None:
    async def tell() -> None:
        bank = Slave("x", 1, Numbered())
        async with serve_tcp([bank]) as port:
            settings = LineSettings(tcp=f"127.0.0.1:{port}")
            absent = "".join(
                slave(name, unit, timeout_s=0.03).replace("modbus_rtu", "modbus_tcp")
                for name, unit in (("y", 2), ("z", 3))
            )
            line, seen = make_line(settings, absent), Seen()
            async with polling(line, seen):
                await seen.until(lambda: seen.states("y") and seen.states("z"))
                told = [line.health().text, seen.states("y")[0].text, seen.states("z")[0].text]
        assert all("unit number" in text for text in told)
        assert not any("A/B" in text or "baud" in text for text in told)

    story(tell)
