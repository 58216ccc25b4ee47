"""The composition root of the platform: broker, ingest, jobs, pages in one process. It alone knows all of them."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Never

import msgspec
from starlette.applications import Starlette

from contract.topics import PREFIX
from fleet.accounts.book import Accounts
from fleet.actions import Actions
from fleet.api.routes import MapTiles, WebParts
from fleet.api.web import build_web
from fleet.broker.files import BACKLOG, PLATFORM, BrokerPort
from fleet.broker.run import FleetBroker
from fleet.control import serving
from fleet.desk.file import DeskFile, open_desk
from fleet.enrol.desk import EnrolDesk, PublicAddress
from fleet.enrol.http import routes
from fleet.erasure import Eraser
from fleet.errors import FleetError
from fleet.folder import Folder, open_folder
from fleet.incidents.channels import load
from fleet.incidents.notifier import IncidentNotifier
from fleet.ingest import Ingest
from fleet.jobs.desk import JobDesk
from fleet.pki import Authority
from fleet.proof.book import SealBook
from fleet.proof.watch import SealWatch
from fleet.register import claims
from fleet.releases import PublishedPlan
from fleet.renewal import renew
from fleet.serving import pages_tls, serve_web
from fleet.session import SessionSettings, TlsFiles
from fleet.store.intake import MOST_BYTES
from fleet.store.writer import StoreWriter, open_writer
from fleet.upkeep import keep_up

LOOPBACK = "127.0.0.1"


class ServeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """``host`` is the name or address by which poles and people reach this machine; empty: this machine alone.

    With a host, broker and pages listen on all addresses, and the pages speak TLS. ``keep_days``: lane or kind ->
    days after which its events are deleted; others are kept for ever. ``mib_per_day`` are taken of one pole.
    ``tiles`` is a base map for the city, where there is one; ``releases`` the address of the maintainers' folder.
    ``store`` is the address of a PostgreSQL database; empty: the one of before, or SQLite.
    """

    folder: Path
    store: str = ""
    host: str = ""
    web_port: int = 8080
    mqtt_port: int = 8883
    prefix: str = PREFIX
    keep_days: dict[str, int] = {}
    mib_per_day: int = MOST_BYTES // 1024**2
    tiles: MapTiles | None = None
    releases: str = ""


class Serving(msgspec.Struct, frozen=True, kw_only=True):
    """What a person wants to know once all is up. ``first`` makes the first administrator, where there is none."""

    folder: Path
    pages: str
    first: str
    broker: str
    note: str


def main(settings: ServeSettings, ready: Callable[[Serving], None]) -> int:
    """Serves until SIGTERM or SIGINT; 0 then. Raises ``FleetError`` where it cannot begin."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        asyncio.run(_until_stopped(settings, ready))
    except* FleetError as several:
        raise FleetError("; ".join(map(str, several.exceptions))) from None
    return 0


async def _until_stopped(settings: ServeSettings, ready: Callable[[Serving], None]) -> None:
    task = asyncio.current_task()
    assert task is not None
    for how in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(how, task.cancel)
    try:
        await serve(settings, _now, ready)
    except asyncio.CancelledError:
        return


async def serve(settings: ServeSettings, now: Callable[[], datetime], ready: Callable[[Serving], None]) -> Never:
    """Runs the platform; ``ready`` is called once it can be used. Ends by cancellation, or with ``FleetError``."""
    folder = open_folder(settings.folder)
    with ExitStack() as opened:
        address = "0.0.0.0" if settings.host else LOOPBACK  # noqa: S104  # with a host only
        web = opened.enter_context(_listening(address, settings.web_port))
        store = folder.choose(settings.store)
        async with open_writer(store, settings.mib_per_day * 1024**2) as writer:
            folder.keep(store)
            desk = opened.enter_context(open_desk(folder.desk))
            parts = _Parts(settings, folder, writer, desk, now, web_port=web.getsockname()[1])
            await parts.prepare()
            async with serving(folder.socket, parts.actions.table()), asyncio.TaskGroup() as tasks:
                tasks.create_task(parts.broker.run())
                await parts.broker.up.wait()
                tasks.create_task(parts.ingest.run())
                tasks.create_task(parts.jobs.run())
                tasks.create_task(keep_up(writer, desk, now, settings.keep_days))
                tasks.create_task(parts.notifier.run())
                tasks.create_task(parts.seals.run())
                tasks.create_task(serve_web(parts.web(), web, parts.tls))
                tasks.create_task(parts.renew())
                while not parts.ingest.health.connected:  # noqa: ASYNC110  # its client sets no event of ours
                    await asyncio.sleep(0.05)
                ready(parts.running())
    raise AssertionError("the parts of the platform run until they are cancelled")


class _Parts:
    """The parts, wired."""

    def __init__(
        self,
        settings: ServeSettings,
        folder: Folder,
        writer: StoreWriter,
        desk: DeskFile,
        now: Callable[[], datetime],
        *,
        web_port: int,
    ) -> None:
        host = settings.host or LOOPBACK
        self._tiles = settings.tiles
        self._releases = PublishedPlan(settings.releases) if settings.releases else None
        self._now = now
        self._writer = writer
        self._folder = folder
        self._desk = desk
        self._accounts = Accounts(desk)
        self._names = [name for name in dict.fromkeys((settings.host, "localhost", LOOPBACK)) if name]
        authority = Authority(folder.identity, now)
        listener = BrokerPort(address="" if settings.host else LOOPBACK, port=settings.mqtt_port)
        self._authority = authority
        self.tls = pages_tls(authority.server(self._names)) if settings.host else None
        self.broker = FleetBroker(folder.broker, listener, authority, settings.prefix)
        self._address = PublicAddress(
            server=f"{'https' if settings.host else 'http'}://{host}:{web_port}",
            host=host,
            port=settings.mqtt_port,
            prefix=settings.prefix,
        )
        tls = backlog = None
        if self.broker.encrypted:
            tls, backlog = (
                TlsFiles(ca=authority.file, cert=own.cert, key=own.key)
                for own in map(authority.client, (PLATFORM, BACKLOG))
            )
        session = SessionSettings(host=LOOPBACK, port=settings.mqtt_port, name=PLATFORM, tls=tls)
        self.ingest = Ingest(writer, session, now, prefix=settings.prefix, stored=self._stored, backlog_tls=backlog)
        self.notifier = IncidentNotifier(folder.store, desk, load(folder.root), now)
        self._book = SealBook(folder.root)
        self.seals = SealWatch(folder.store, authority.file, self._book, now)
        self.jobs = JobDesk(writer, self.ingest.publish, now, prefix=settings.prefix)
        self._enrol = EnrolDesk(writer, authority, self.broker, self._address, now)
        eraser = Eraser(writer, desk)
        self.actions = Actions(writer, self._enrol, self.jobs, eraser, health=self.health, now=now)

    async def prepare(self) -> None:
        """Writes the broker's files; the store knows who is shut out."""
        now = self._now()
        shut = await self._writer.do(lambda db: (list(claims.revoked(db, now)), list(claims.banned(db))))
        self.broker.prepare(self._names, *shut)

    async def renew(self) -> Never:
        await renew(self._authority, self._names, self.tls, self.broker.reload)

    def _stored(self, pole: str, leaf: str, payload: bytes) -> None:
        self.jobs.stored(pole, leaf, payload)

    def health(self) -> Mapping[str, object]:
        """Counters of all parts, by part."""
        return {"ingest": self.ingest.health, "broker": self.broker.health, "notifications": self.notifier.health}

    def web(self) -> Starlette:
        parts = WebParts(
            where=self._folder.store,
            desk=self._desk,
            accounts=self._accounts,
            jobs=self.jobs,
            seals=self._book,
            health=self.health,
            now=self._now,
            secure=self.tls is not None,
            tiles=self._tiles,
            releases=self._releases,
        )
        return build_web(parts, routes(self._enrol))

    def running(self) -> Serving:
        broker = f"{self.broker.health.program} on {self._address.host}:{self._address.port}"
        pages = f"{self._address.server}/"
        secret = self._accounts.first_link(self._now())
        first = f"{pages}enter#{secret}" if secret else ""
        return Serving(folder=self._folder.root, pages=pages, first=first, broker=broker, note=self.broker.health.text)


def _listening(address: str, port: int) -> socket.socket:
    listening = socket.socket()
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address, port))
    except OSError as reason:
        listening.close()
        raise FleetError(f"port {port} cannot be opened: {reason.strerror}; choose another with --web-port") from reason
    return listening


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # the one clock of the platform; all else is handed it
