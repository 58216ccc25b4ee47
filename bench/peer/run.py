"""One profile: all its sides run at the same time, each with its own slave, and are measured over the same seconds."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from bench.peer import collectd, gateway, ours
from bench.peer.deliveries import Deliveries, Platform
from bench.peer.link import Link, linked
from bench.peer.measure import Used, used
from bench.peer.profiles import ANCHOR, PEER, RAW, WINDOWS, Line, Profile, Side
from bench.peer.rig import Slave, broker, process, slave, subscriber

RESULTS = Path(__file__).resolve().parents[1] / "results"
"""On a real disk: bytes written to a tmpfs are not counted by the kernel."""
WARM_UP_S = 15.0
DRAIN_S = 8.0


class _Look(msgspec.Struct, frozen=True, kw_only=True):
    used: Used
    upstream: int
    readings: int


class _Running:
    """One side while it runs."""

    def __init__(self, name: str, child: asyncio.subprocess.Process, link: Link, far: Slave) -> None:
        self.name = name
        self.pid = child.pid
        self.started = time.monotonic()
        self.link = link
        self.slave = far

    async def look(self, deliveries: Deliveries) -> _Look:
        """Of windows, which come once a minute, the readings that went into them: as many as were read meanwhile."""
        readings = await self.slave.produced() if self.name == WINDOWS else deliveries.readings
        return _Look(used=used(self.pid), upstream=self.link.upstream, readings=readings)


@contextlib.asynccontextmanager
async def _side(name: str, profile: Profile, port: int, folder: Path, *, tcp: bool) -> AsyncIterator[_Running]:
    home = folder / name
    home.mkdir()
    async with contextlib.AsyncExitStack() as stack:
        link = await stack.enter_async_context(linked(port))
        far = await stack.enter_async_context(slave(home, registers=max(profile.registers, 1), tcp=tcp))
        line = Line(broker=link.port, place=far.place, registers=profile.registers, every_s=profile.every_s)
        if name == PEER:
            python = gateway.install(RESULTS)
            environment = gateway.configure(home, line)
            program = "from thingsboard_gateway.tb_gateway import main; main()"
            start = process([str(python), "-c", program], home / "log", environment=environment)
        elif name == ANCHOR:
            start = process(collectd.command(home, line), home / "log")
        else:
            mode = "raw" if name == RAW else "window"
            file = ours.configure(home, line, name=name, mode=mode)
            command = [sys.executable, "-m", "agent.cli", "run", "--settings", str(file)]
            start = process(command, home / "log")
        child = await stack.enter_async_context(start)
        yield _Running(name, child, link, far)


async def measure(profile: Profile, seconds: float, *, tcp: bool) -> dict[str, Side]:
    """Run the profile's sides for ``seconds`` after warm-up, and count."""
    gateway.install(RESULTS)
    RESULTS.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"peer-{profile.name}-", dir=RESULTS))
    names = [name for name in profile.sides if name != ANCHOR or collectd.PROGRAM]
    if len(names) < len(profile.sides):
        print(f"without collectd, which would be the anchor in C: {collectd.INSTALL}", file=sys.stderr)
    platform = Platform(names)
    keep = False
    try:
        async with contextlib.AsyncExitStack() as stack:
            port = await stack.enter_async_context(broker(folder))
            await stack.enter_async_context(subscriber(port, platform))
            running = [await stack.enter_async_context(_side(name, profile, port, folder, tcp=tcp)) for name in names]
            await asyncio.sleep(WARM_UP_S)
            before = {side.name: await side.look(platform.sides[side.name]) for side in running}
            begun = time.monotonic()
            await asyncio.sleep(seconds)
            after = {side.name: await side.look(platform.sides[side.name]) for side in running}
            took = time.monotonic() - begun
            produced = {side.name: await side.slave.produced(silent=True) for side in running}
            await asyncio.sleep(DRAIN_S)
            counted = {
                name: _count(side, platform.sides[name], (before[name], after[name]), took, produced[name])
                for name, side in ((side.name, side) for side in running)
            }
            mute = [name for name, side in counted.items() if profile.registers and not side.delivered]
            keep = bool(mute)
            if keep:
                print(f"nothing came from {', '.join(mute)}: see the logs under {folder}", file=sys.stderr)
            return counted
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def _count(side: _Running, deliveries: Deliveries, looks: tuple[_Look, _Look], seconds: float, produced: int) -> Side:
    before, after = looks
    first = deliveries.first
    return Side(
        name=side.name,
        seconds=seconds,
        cpu_s=after.used.cpu_s - before.used.cpu_s,
        readings=after.readings - before.readings,
        rss_mb=after.used.rss_kb / 1024,
        pss_mb=after.used.pss_kb / 1024,
        disk_bytes=after.used.written - before.used.written,
        upstream_bytes=after.upstream - before.upstream,
        produced=produced,
        delivered=deliveries.readings,
        first_delivered_s=first - side.started if first is not None else None,
    )
