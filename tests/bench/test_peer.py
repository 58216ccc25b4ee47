"""The peer benchmark counts right: a repeat once, a process with its children, every byte upstream."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from agent.acquire.registry import find_drivers
from agent.config.load import load
from bench.peer import collectd, gateway, ours
from bench.peer.deliveries import Platform
from bench.peer.link import linked
from bench.peer.measure import used
from bench.peer.profiles import ANCHOR, PEER, PROFILES, RAW, WINDOWS, Line, Side, figures
from contract.envelope import pack
from contract.events import Samples, Series, Summary, Window
from contract.types import Row, Stamp
from contract.units import Unit

AT = Stamp(datetime(2026, 11, 1, tzinfo=UTC), 5.0)


def _row(seq: int, body: Samples | Summary) -> Row:
    encoded = msgspec.json.encode(body)
    return Row(epoch="e", seq=seq, lane=body.lane, kind=body.kind, source="numbered", at=AT, body=encoded)


def _samples(*values: int) -> Samples:
    offsets = tuple(range(len(values)))
    return Samples(series=(Series(quantity="r0", unit=Unit.ONE, offsets_ms=offsets, values=values),))


def test_a_reading_counts_once_however_often_it_comes() -> None:
    platform = Platform((PEER, RAW))
    first, again = pack("raw", [_row(1, _samples(1, 2))]), pack("raw", [_row(1, _samples(1, 2)), _row(2, _samples(3))])
    for message in (first, first, again):
        platform.take("sp/v2/raw/raw", message.payload)
    assert platform.sides[RAW].readings == 3
    telemetry = b'{"numbered": [{"ts": 1, "values": {"r0": 1, "r1": 1}}, {"ts": 2, "values": {"r0": 2, "r1": 1}}]}'
    platform.take("v1/gateway/telemetry", telemetry)
    platform.take("v1/gateway/telemetry", telemetry)
    assert platform.sides[PEER].seen == {("r0", 1), ("r1", 1), ("r0", 2)}


def test_collectd_s_readings_are_counted(tmp_path: Path) -> None:
    platform = Platform((ANCHOR,))
    for payload in (b"1793491200.123:7\x00", b"1793491200.123:7\x00", b"1793491201.123:8\x00"):
        platform.take("collectd/numbered/modbus-s/gauge-r0", payload)
    assert platform.sides[ANCHOR].seen == {("r0", 7), ("r0", 8)}


@pytest.mark.parametrize(("place", "said"), [("127.0.0.1:502", 'Address "127.0.0.1"'), ("/dev/x", 'Device "/dev/x"')])
def test_collectd_is_asked_for_every_register(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, said: str
) -> None:
    monkeypatch.setattr(collectd, "PROGRAM", "/usr/sbin/collectd")
    collectd.command(tmp_path, Line(broker=1883, place=place, registers=20, every_s=1.0))
    text = (tmp_path / "collectd.conf").read_text()
    assert text.count("RegisterCmd ReadHolding") == text.count("Collect ") == 20
    assert said in text


def test_windows_count_by_their_count() -> None:
    platform = Platform((WINDOWS,))
    window = Window(quantity="r0", unit=Unit.ONE, count=60, mean=1.0)
    row = _row(1, Summary(duration_s=60.0, windows=(window, window)))
    platform.take("sp/v2/windows/summary", pack("windows", [row]).payload)
    platform.take("sp/v2/windows/status", b"{}")
    assert platform.sides[WINDOWS].readings == 120


def test_a_process_is_measured_with_its_children() -> None:
    program = (
        "import subprocess, sys; subprocess.run([sys.executable, '-c', 'sum(range(4 * 10**7)); print(1); input()'])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        figure = used(parent.pid)
        parent.communicate("\n")
    assert figure.cpu_s > 0.05
    assert figure.rss_kb > used(os.getpid()).rss_kb / 100
    assert 0 < figure.pss_kb <= figure.rss_kb


def test_the_link_counts_what_goes_upstream() -> None:
    async def story() -> tuple[int, int, bytes]:
        async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"answer" + await reader.readexactly(3))
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        async with server, linked(server.sockets[0].getsockname()[1]) as link:
            reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
            writer.write(b"abc")
            answer = await reader.readexactly(9)
            writer.close()
            return link.upstream, link.downstream, answer

    assert asyncio.run(story()) == (3, 9, b"answerabc")


@pytest.mark.parametrize("place", ["/dev/serial/by-id/x", "127.0.0.1:502"])
@pytest.mark.parametrize("registers", [0, 20])
def test_our_side_s_settings_are_right(tmp_path: Path, place: str, registers: int) -> None:
    file = ours.configure(
        tmp_path, Line(broker=1883, place=place, registers=registers, every_s=0.1), name="raw", mode="raw"
    )
    settings = load(file, find_drivers())
    assert len(settings.devices) == (1 if registers else 0)


def test_the_peer_asks_once_for_all_registers(tmp_path: Path) -> None:
    gateway.configure(tmp_path / "peer", Line(broker=1883, place="127.0.0.1:502", registers=100, every_s=0.1))
    modbus = msgspec.json.decode((tmp_path / "peer" / "config" / "modbus.json").read_bytes())
    (slave,) = modbus["master"]["slaves"]
    assert (slave["type"], slave["pollPeriod"]) == ("tcp", 100)
    assert [(row["address"], row["maxRegistersPerRequest"]) for row in slave["timeseries"]] == [("0-99", 100)]


def test_the_table_says_what_holds() -> None:
    def side(name: str, cpu_s: float, delivered: int) -> Side:
        return Side(
            name=name,
            seconds=10.0,
            cpu_s=cpu_s,
            readings=200,
            rss_mb=40.0,
            pss_mb=30.0,
            disk_bytes=1_000_000,
            upstream_bytes=2000,
            produced=300,
            delivered=delivered,
        )

    sides = {PEER: side(PEER, 1.0, 290), RAW: side(RAW, 0.05, 300), WINDOWS: side(WINDOWS, 0.2, 300)}
    rows = {row.text: row for row in figures(PROFILES["pole"], sides)}
    cpu = rows["CPU s per 1,000 readings delivered"]
    assert (cpu.ours, cpu.peers, cpu.ratio, cpu.holds) == (0.25, 5.0, 0.05, True)
    assert rows["CPU s per 1,000 readings, default"].holds is False
    assert rows["readings produced and not delivered"].peers == 10
    assert rows["readings delivered, % of those due"].ours == 100.0
