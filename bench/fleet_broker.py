"""The platform with real connections: ``python -m bench.fleet_broker [--poles N]``; needs mosquitto.

``polefleet serve`` runs as users run it. N poles with a certificate each connect over mutual TLS and subscribe to their
two topics: what the broker's memory grows by is memory per pole. Then all connections break at once, and all come back
together: each sends a live event and, behind it, an hour of backlog (60 summaries of six quantities, as the pole's own
code packs them). A live event is late by the time from its sending to the watermark that confirms it.

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
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import CertificateSigningRequestBuilder, Name

from bench.fleet import backlog
from contract.envelope import event_type
from contract.receive import decode
from contract.watermark import read_watermark
from fleet.folder import Folder
from fleet.pki import Authority
from fleet.query.reader import reading
from simulator.ports import free_port

KIB_TARGET = 30.0
LATE_TARGET_S = 5.0
AT_ONCE = 64
"""Handshakes that one client process has in progress: its own CPU is not what is measured."""
PUBACK, PUBLISH = 0x40, 0x30


class BenchPole:
    """One connection of MQTT 3.1.1 after the other."""

    def __init__(self, name: str, port: int, context: ssl.SSLContext, payloads: list[bytes]) -> None:
        self.name = name
        self._port = port
        self._context = context
        self._payloads = payloads
        self._epoch = decode(payloads[0])[0].epoch
        self.late_s = 0.0

    async def connect(self) -> None:
        reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, ssl=self._context)
        self._reader = reader
        name = self.name.encode()
        self._send(0x10, b"\0\4MQTT\4\2\2\x58" + len(name).to_bytes(2, "big") + name)
        assert (await self._packet())[0] == 0x20, "CONNACK"
        topics = [f"sp/v2/{self.name}/{leaf}".encode() for leaf in ("ack", "command")]
        self._send(0x82, b"\0\1" + b"".join(len(each).to_bytes(2, "big") + each + b"\1" for each in topics))
        assert (await self._packet())[0] == 0x90, "SUBACK"

    def cut(self) -> None:
        self._writer.transport.abort()

    async def drain(self) -> None:
        """A live event, the backlog behind it, until all of it is confirmed."""
        first = decode(self._payloads[0])[0]
        live = msgspec.structs.replace(first, id=f"{self.name}/{self._epoch}/1000", seq=1000, lane="event")
        begun = time.monotonic()
        self._publish("event", msgspec.json.encode(msgspec.structs.replace(live, type=event_type("change"))), 1)
        for number, payload in enumerate(self._payloads, 2):
            self._publish("summary", payload, number)
        missing = set(range(1, 61)) | {1000}
        while missing:
            kind, body = await self._packet()
            if kind & 0xF0 != PUBLISH:
                continue
            length = int.from_bytes(body[:2], "big")
            self._send(PUBACK, body[2 + length : 4 + length])
            for low, high in read_watermark(body[4 + length :]).ranges:
                missing -= set(range(low, high + 1))
            if 1000 not in missing and not self.late_s:
                self.late_s = time.monotonic() - begun

    def _publish(self, leaf: str, payload: bytes, number: int) -> None:
        topic = f"sp/v2/{self.name}/{leaf}".encode()
        self._send(PUBLISH | 2, len(topic).to_bytes(2, "big") + topic + number.to_bytes(2, "big") + payload)

    def _send(self, kind: int, body: bytes) -> None:
        length, rest = bytearray(), len(body)
        while True:
            rest, digit = rest // 128, rest % 128
            length.append(digit | (128 if rest else 0))
            if not rest:
                break
        self._writer.write(bytes((kind, *length)) + body)

    async def _packet(self) -> tuple[int, bytes]:
        kind = (await self._reader.readexactly(1))[0]
        length = shift = 0
        while True:
            digit = (await self._reader.readexactly(1))[0]
            length |= (digit & 127) << shift
            shift += 7
            if digit < 128:
                return kind, await self._reader.readexactly(length)


def context(authority: Authority, folder: Path, name: str) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    csr = CertificateSigningRequestBuilder().subject_name(Name([])).sign(key, hashes.SHA256())
    issued = authority.sign(csr.public_bytes(serialization.Encoding.PEM).decode(), name)
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file = folder / "pole.pem"
    file.write_bytes(issued.pem.encode() + key.private_bytes(serialization.Encoding.PEM, *form))
    made = ssl.create_default_context(cafile=str(authority.file))
    made.load_cert_chain(file)
    return made


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # the broker reads the real time


async def each(poles: list[BenchPole], do: str) -> None:
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(pole: BenchPole) -> None:
        async with turn:
            await getattr(pole, do)()

    await asyncio.gather(*map(one, poles))


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
    messages, events = backlog(count)
    payloads: dict[str, list[bytes]] = {}
    for message in messages:
        payloads.setdefault(message.pole, []).append(message.payload)
    poles = [BenchPole(name, port, context(authority, folder.root, name), sent) for name, sent in payloads.items()]
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
    whole = events + count
    print(f"all back after {connected:.1f} s, all of {whole:,} events confirmed after {drained:.1f} s")
    print(f"live events late by {statistics.median(late):.2f} s (median), {late[-1]:.2f} s (worst; {LATE_TARGET_S:g})")
    used = cpu_s(server) - spent[0], cpu_s(broker) - spent[1]
    print(f"CPU: platform {used[0] / whole * 1e6:.0f} us, broker {used[1] / whole * 1e6:.0f} us an event")
    print(f"stored {stored:,} of {whole:,} events")
    return per_pole <= KIB_TARGET and late[-1] <= LATE_TARGET_S and stored == whole


def main() -> int:
    parser = argparse.ArgumentParser(description="The platform with real connections")
    parser.add_argument("--poles", type=int, default=2000)
    count = parser.parse_args().poles
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
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
