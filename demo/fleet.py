"""The platform of the demo: `polefleet serve`, to which the pole is claimed; what counts is what its store has."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import msgspec

from agent.config.settings import TlsSettings
from agent.errors import AgentError
from agent.setup.claim import claim, uplink_of
from agent.setup.text import table
from agent.system.identity import Identity
from contract.enrol import read_link
from contract.types import Stamp
from demo.platform import Platform
from fleet.app import ServeSettings, Serving, serve
from fleet.control import ask
from fleet.errors import FleetError
from fleet.folder import Folder
from simulator.ports import free_port

START_S = 120.0
LOOK_S = 0.2
PLAIN = "plain_text = true  # the broker is on the loopback\n"


class StoredPlatform(Platform):
    """Counts what the platform has committed, and nothing else: it reads the archive of its store."""

    def __init__(self, pole: str, folder: Folder) -> None:
        super().__init__(pole, acknowledge=True)
        self._folder = folder
        self._last = 0
        self._repeats = 0

    @property
    def repeats(self) -> int:
        return self._repeats

    @property
    def doubled(self) -> int:
        """Events that stand in the archive twice."""
        return self.receiver.duplicates

    async def listen(self, port: int, subscribed: asyncio.Event) -> None:  # noqa: ARG002  # it looks at the store
        """Reads what is committed until cancelled."""
        subscribed.set()
        while True:
            for body in await asyncio.to_thread(self._fresh):
                self.take(body)
            await asyncio.sleep(LOOK_S)

    def _fresh(self) -> list[bytes]:
        with contextlib.closing(sqlite3.connect(f"{self._folder.database.as_uri()}?mode=ro", uri=True)) as db:
            rows = db.execute("SELECT id, body FROM segment WHERE id > ? ORDER BY id", (self._last,)).fetchall()
        self._last = rows[-1][0] if rows else self._last
        health = ask(self._folder.socket, "health", {}, dict)
        self._repeats = int(health["ingest"]["repeated"])
        return [body for _, body in rows]


class DemoFleet(msgspec.Struct, frozen=True, kw_only=True):
    """A platform that is up. ``uplink`` are the lines of ``[uplink]`` that say how the pole trusts and is trusted."""

    platform: StoredPlatform
    serving: Serving
    program: str
    port: int
    uplink: str


@contextlib.asynccontextmanager
async def run_fleet(folder: Path, pole: str) -> AsyncIterator[DemoFleet]:
    """``polefleet serve`` with its files in ``folder``, and ``pole`` claimed where its broker knows certificates."""
    up: asyncio.Future[Serving] = asyncio.get_running_loop().create_future()
    settings = ServeSettings(folder=folder, web_port=0, mqtt_port=free_port())
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(_serve(settings, up))
        try:
            async with asyncio.timeout(START_S):
                serving = await up
            files = Folder(folder)
            trial = bool(serving.note)
            uplink = PLAIN if trial else await asyncio.to_thread(_claim, files, pole)
            yield DemoFleet(
                platform=StoredPlatform(pole, files),
                serving=serving,
                program=serving.broker.partition(" ")[0],
                port=settings.mqtt_port,
                uplink=uplink,
            )
        finally:
            running.cancel()


async def _serve(settings: ServeSettings, up: asyncio.Future[Serving]) -> None:
    try:
        await serve(settings, _now, up.set_result)
    except FleetError as reason:
        raise AgentError(f"the platform does not start: {reason}") from reason


def _claim(files: Folder, pole: str) -> str:
    """The pole claims itself, as ``poleagent setup`` has it done."""
    link = read_link(str(ask(files.socket, "claim", {"pole": pole, "valid_s": 3600}, str)))
    identity = Identity(files.root / "pole")
    claimed = claim(link, identity, Stamp(utc=_now(), boot_s=0.0, synced=True))
    identity.use(identity.adopt())
    return "\n" + table("uplink.tls", TlsSettings, cast("dict[str, str]", uplink_of(claimed, identity)["tls"]))


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # certificates are good for the real time
