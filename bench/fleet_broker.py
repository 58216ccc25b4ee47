"""The platform with real connections: ``python -m bench.fleet_broker [--poles N]``; needs mosquitto.

``polefleet serve`` runs as users run it. N poles with a certificate each connect over mutual TLS and subscribe to their
two topics: what the broker's memory grows by is memory per pole. Then all connections break at once, and all come back
together: each sends a live event and, behind it, an hour of backlog (60 summaries of six quantities, as the pole's own
code packs them). A live event is late by the time from its sending to the watermark that confirms it; the poles are one
process, whose work for 2,000 TLS connections is in that time.

Targets: at most 30 KiB of the broker per pole; live events at most 5 s late; every event once.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bench.fleet import backlog
from contract.envelope import event_type
from contract.receive import decode
from contract.topics import PREFIX, Topics
from contract.types import Lane
from contract.watermark import read_watermark
from fleet.folder import Folder
from fleet.pki import Authority
from fleet.query.reader import reading
from simulator.mqtt import PoleSocket, certified
from simulator.ports import free_port

KIB_TARGET = 30.0
LATE_TARGET_S = 5.0
AT_ONCE = 64
"""Handshakes that one client process has in progress: its own CPU is not what is measured."""


class BenchPole:
    """One connection after the other."""

    def __init__(self, name: str, port: int, context: ssl.SSLContext, payloads: list[bytes]) -> None:
        self.name = name
        self._socket = PoleSocket(name, port, context, Topics.of(PREFIX, name))
        self._payloads = payloads
        self._epoch = decode(payloads[0])[0].epoch
        self.sent = _now()
        self.late_s = 0.0

    async def connect(self) -> None:
        await self._socket.connect()

    def cut(self) -> None:
        self._socket.cut()

    async def drain(self) -> None:
        """A live event, the backlog behind it, until all of it is confirmed."""
        first, topics = decode(self._payloads[0])[0], self._socket.topics
        live = msgspec.structs.replace(first, id=f"{self.name}/{self._epoch}/1000", seq=1000, lane="event")
        begun, self.sent = time.monotonic(), _now()
        event = msgspec.json.encode(msgspec.structs.replace(live, type=event_type("change")))
        self._socket.publish(topics.lane(Lane.EVENT), event)
        for payload in self._payloads:
            self._socket.publish(topics.lane(Lane.SUMMARY), payload)
        missing = set(range(1, 61)) | {1000}
        while missing:
            _, mark = await self._socket.received()
            for low, high in read_watermark(mark).ranges:
                missing -= set(range(low, high + 1))
            if 1000 not in missing and not self.late_s:
                self.late_s = time.monotonic() - begun


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # the broker reads the real time


async def each(poles: Sequence[BenchPole], do: str) -> None:
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(pole: BenchPole) -> None:
        async with turn:
            await getattr(pole, do)()

    await asyncio.gather(*map(one, poles))


def poles_asked(description: str) -> int:
    """``--poles`` of the command line; as many connections as the machine allows are possible from here on."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--poles", type=int, default=2000)
    count: int = parser.parse_args().poles
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return count


def payloads_of(count: int) -> tuple[dict[str, list[bytes]], int]:
    """The backlog of each of so many poles, in the order of its sending, and how many events it has."""
    messages, events = backlog(count)
    payloads: dict[str, list[bytes]] = {}
    for message in messages:
        payloads.setdefault(message.pole, []).append(message.payload)
    return payloads, events


def kib(process: int) -> float:
    """What the process has for itself alone."""
    for line in Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return float(line.split()[1])
    raise AssertionError("no Pss in smaps_rollup")


def cpu_s(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


async def story(count: int, folder: Folder, port: int, server: int) -> bool:
    authority = Authority(folder.identity, _now)
    payloads, events = payloads_of(count)
    poles = [BenchPole(name, port, certified(authority, folder.root, name), sent) for name, sent in payloads.items()]
    broker = int((folder.broker / "pid").read_text(encoding="ascii"))
    before = kib(broker)
    await each(poles, "connect")
    per_pole = (kib(broker) - before) / count
    print(f"{count:,} poles over mutual TLS: {per_pole:.1f} KiB of the broker each (target {KIB_TARGET:g})")
    for pole in poles:
        pole.cut()
    begun, spent = time.monotonic(), (cpu_s(server), cpu_s(broker))
    await each(poles, "connect")
    connected = time.monotonic() - begun
    await asyncio.gather(*(pole.drain() for pole in poles))
    drained = time.monotonic() - begun
    late = sorted(pole.late_s for pole in poles)
    with reading(folder.database) as db:
        (stored,) = db.execute("SELECT sum(count) FROM segment").fetchone()
        received = dict(map(tuple, db.execute("SELECT pole, received FROM segment WHERE lane = 'event'")))
    there = sorted(received[pole.name] - pole.sent.timestamp() for pole in poles)
    whole = events + count
    print(f"all back after {connected:.1f} s, all of {whole:,} events confirmed after {drained:.1f} s")
    print(f"live events late by {statistics.median(late):.2f} s (median), {late[-1]:.2f} s (worst; {LATE_TARGET_S:g})")
    print(f"of that until the platform had them {statistics.median(there):.2f} s (median), {there[-1]:.2f} s (worst)")
    used = cpu_s(server) - spent[0], cpu_s(broker) - spent[1]
    print(f"CPU: platform {used[0] / whole * 1e6:.0f} us, broker {used[1] / whole * 1e6:.0f} us an event")
    print(f"stored {stored:,} of {whole:,} events")
    return per_pole <= KIB_TARGET and late[-1] <= LATE_TARGET_S and stored == whole


def main() -> int:
    count = poles_asked("The platform with real connections")
    with tempfile.TemporaryDirectory() as root:
        port = free_port()
        command = [sys.executable, "-m", "fleet.cli", "serve", "--folder", root]
        ports = ["--mqtt-port", str(port), "--web-port", str(free_port())]
        with subprocess.Popen(
            [*command, *ports], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as server:
            assert server.stdout is not None
            try:
                while "pages" not in server.stdout.readline():
                    assert server.poll() is None, "the platform has ended"
                good = asyncio.run(story(count, Folder(Path(root)), port, server.pid))
            finally:
                server.terminate()
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
