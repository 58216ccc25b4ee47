"""A line over TCP: peers that hang up, and peers that are not there."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct

import pytest

from agent.acquire import conversation, session
from agent.acquire.transport import FdTransport, open_transport
from agent.config.settings import LineSettings
from agent.errors import Interrupted, Retry
from agent.system.clock import SystemClock, always_synced
from contract.types import FaultCode
from simulator.gnss import Gnss
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


def test_only_a_peer_that_gave_values_is_connected_to_again_without_a_longer_wait() -> None:
    async def tell() -> None:
        bank = Slave("x", 1, Numbered())
        for answers in (True, False):

            async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answers: bool = answers) -> None:
                transaction, _, length, unit = struct.unpack(">HHHB", await reader.readexactly(7))
                pdu = bank.answer(await reader.readexactly(length - 1))
                reply = struct.pack(">HHHB", transaction, 0, len(pdu) + 1, unit) + pdu
                writer.write(reply if answers else b"busy, try later\r\n")
                await writer.drain()
                writer.close()

            async with await asyncio.start_server(once, "127.0.0.1", 0) as server:
                port = server.sockets[0].getsockname()[1]
                line, seen = make_line(LineSettings(tcp=f"127.0.0.1:{port}"), device(every_s=0.05)), Seen()
                with pytest.raises(Retry) as raised:
                    await line.run(seen.emit)
            assert isinstance(raised.value, Interrupted) == answers
            assert bool(seen.values("x")) == answers

    story(tell)


def test_a_peer_that_is_gone_is_reported_once_and_taken_up_when_it_is_back() -> None:
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
                reported = [line.health().text, seen.states("y")[0].text, seen.states("z")[0].text]
        assert all("unit number" in text for text in reported)
        assert not any("A/B" in text or "baud" in text for text in reported)

    story(tell)


def test_a_server_that_accepts_and_hangs_up_is_down_and_asks_for_another_client() -> None:
    async def tell() -> None:
        async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            line, seen = make_line(LineSettings(tcp=f"127.0.0.1:{port}"), slave("x", 1)), Seen()
            async with polling(line, seen):
                await seen.until(lambda: seen.states("x"))
                health = line.health()
                with pytest.raises(Retry, match="another client"):
                    await line.once("x")
        assert seen.states("x")[0].code is FaultCode.PORT_GONE
        assert health.state == "down"
        assert "accepts the connection and hangs up without a byte" in health.text

    story(tell)


def test_a_connection_whose_peer_lost_power_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a word from the first connection on: no FIN, no reset, as after a power cut."""
    monkeypatch.setattr(session, "OVERDUE_S", 0.3)
    monkeypatch.setattr(conversation, "SILENT_S", 0.6)

    async def tell() -> None:
        gnss = Gnss("gnss", SystemClock(always_synced))
        connections = 0

        async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            first = connections == 1
            try:
                for number in range(10_000):
                    if not first or number < 3:
                        writer.write(gnss.speak(float(number)))
                    await asyncio.sleep(0.1)
            finally:
                writer.transport.abort()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            text = '[device.gnss]\ndriver = "nmea"\nline = "a"\n'
            line, seen = make_line(LineSettings(tcp=f"127.0.0.1:{port}"), text), Seen()
            async with polling(line, seen):
                await seen.until(lambda: len(seen.states("gnss")) == 3)
        assert [body.state for body in seen.states("gnss")] == ["up", "down", "up"]
        assert "no other client took the connection" in seen.states("gnss")[1].text
        assert connections == 2

    story(tell)


def test_a_tcp_connection_notices_a_dead_peer_within_half_a_minute() -> None:
    async def tell() -> None:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        address = f"127.0.0.1:{server.getsockname()[1]}"
        async with open_transport(LineSettings(tcp=address)) as transport:
            assert isinstance(transport, FdTransport)
            with socket.socket(fileno=os.dup(transport._fd)) as link:
                assert link.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
                idle, interval, count = (
                    link.getsockopt(socket.IPPROTO_TCP, option)
                    for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
                )
                assert idle + interval * count <= 30
                assert link.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000

    with contextlib.ExitStack() as stack:
        story(tell)
