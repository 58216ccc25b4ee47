"""A cell dies and its poles go to the other: ``python -m bench.fleet_cells [--poles N]``; mosquitto and PostgreSQL.

Two cells (``polefleet serve --role ingest``) on one database. N poles with a certificate each connect over mutual TLS,
half to each cell, report their birth and an event, and wait until it is confirmed. Then one cell is killed, broker and
ingest. Its poles connect to the other cell, all at once: each sends its birth, a live event and, behind it, an hour of
backlog (60 summaries, as in bench.fleet_broker). The poles are one process, whose work for so many TLS connections is
in the times.

Targets: all connected within 60 s, live events at most 5 s late, every event once.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from os import kill
from pathlib import Path

import msgspec

from bench.fleet_broker import LATE_TARGET_S, BenchPole, _now, cpu_s, each, payloads_of, poles_asked
from contract.birth import Status
from contract.envelope import event_type
from contract.receive import decode
from contract.topics import PREFIX, Topics
from contract.types import Lane
from contract.watermark import read_watermark
from fleet.folder import Folder
from fleet.pki import Authority
from fleet.query.reader import reading
from fleet.store.server import Server
from simulator.mqtt import PoleSocket, certified
from simulator.ports import free_port
from tests.fleet.servers import open_postgres

CONNECTED_TARGET_S = 60.0


class MovingPole(BenchPole):
    """Reports its birth with each connection."""

    def __init__(self, name: str, port: int, context: ssl.SSLContext, payloads: list[bytes]) -> None:
        super().__init__(name, port, context, payloads)
        self._context = context

    def goes_to(self, port: int) -> None:
        self._socket = PoleSocket(self.name, port, self._context, Topics.of(PREFIX, self.name))

    async def connect(self) -> None:
        await super().connect()
        status = Status(pole=self.name, state="online", at=_now(), epoch=self._epoch, next_seq=1001, oldest_unsent=1)
        self._socket.publish(self._socket.topics.status, msgspec.json.encode(status), retain=True)

    async def first(self) -> None:
        """An event, until it is confirmed: the pole belongs to this cell."""
        one = decode(self._payloads[0])[0]
        live = msgspec.structs.replace(
            one, id=f"{self.name}/{self._epoch}/999", seq=999, lane="event", type=event_type("change")
        )
        self._socket.publish(self._socket.topics.lane(Lane.EVENT), msgspec.json.encode(live))
        while not any(low <= 999 <= high for low, high in read_watermark((await self._socket.received())[1]).ranges):
            pass


class Cell:
    """A broker and its ingest."""

    def __init__(self, root: Path, name: str, where: Server) -> None:
        self.folder = Folder(root / name)
        self.port = free_port()
        command = [sys.executable, "-m", "fleet.cli", "serve", "--role", "ingest", "--cell", name]
        command += ["--folder", str(self.folder.root), "--store", where.url, "--mqtt-port", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout is not None
        while "broker" not in self.process.stdout.readline():
            assert self.process.poll() is None, "the cell has ended"

    def broker(self) -> int:
        return int((self.folder.broker / "pid").read_text(encoding="ascii"))

    def die(self) -> None:
        self.process.kill()
        self.process.wait()
        kill(self.broker(), signal.SIGKILL)


async def story(count: int, root: Path, where: Server, cells: list[Cell]) -> bool:
    authority = Authority(cells[0].folder.identity, _now)
    payloads, events = payloads_of(count)
    poles = [
        MovingPole(name, cells[number % 2].port, certified(authority, root, name), sent)
        for number, (name, sent) in enumerate(payloads.items())
    ]
    await each(poles, "connect")
    await each(poles, "first")
    moving, staying = poles[1::2], poles[::2]
    cells[1].die()
    begun, spent = time.monotonic(), (cpu_s(cells[0].process.pid), cpu_s(cells[0].broker()))
    for pole in moving:
        pole.cut()
        pole.goes_to(cells[0].port)
    await each(moving, "connect")
    connected = time.monotonic() - begun
    await asyncio.gather(*(pole.drain() for pole in moving))
    drained = time.monotonic() - begun
    used = [
        cpu_s(process) - before
        for process, before in zip((cells[0].process.pid, cells[0].broker()), spent, strict=True)
    ]
    await asyncio.gather(*(pole.drain() for pole in staying))
    late = sorted(pole.late_s for pole in moving)
    whole = events + 2 * count
    with reading(where) as db:
        (stored,) = db.execute("SELECT sum(count) FROM segment").fetchone()
        (moved,) = db.execute("SELECT count(*) FROM owner WHERE cell = 'a'").fetchone()
    print(f"{len(moving):,} poles of the dead cell: all connected to the other one after {connected:.1f} s ", end="")
    print(f"(target {CONNECTED_TARGET_S:g}), {len(moving) * 61:,} events confirmed after {drained:.1f} s")
    print(f"live events late by {statistics.median(late):.2f} s (median), {late[-1]:.2f} s (worst; {LATE_TARGET_S:g})")
    print(
        f"CPU of the cell for each pole, TLS, birth, 61 events: ingest {used[0] / len(moving) * 1e3:.2f} ms, ", end=""
    )
    print(f"broker {used[1] / len(moving) * 1e3:.2f} ms")
    print(f"stored {stored:,} of {whole:,} events; {moved:,} of {count:,} poles are of the cell that lives")
    return connected <= CONNECTED_TARGET_S and late[-1] <= LATE_TARGET_S and (stored, moved) == (whole, count)


def main() -> int:
    count = poles_asked("A cell dies and its poles go to the other one")
    with tempfile.TemporaryDirectory() as folder, open_postgres("-c fsync=on") as made:
        root, where, cells = Path(folder), made.prepared(), list[Cell]()
        try:
            cells.append(Cell(root, "a", where))
            shutil.copytree(cells[0].folder.identity, root / "b" / "identity")
            cells.append(Cell(root, "b", where))
            good = asyncio.run(story(count, root, where, cells))
        finally:
            for cell in cells:
                cell.process.terminate()
                cell.process.wait()
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
