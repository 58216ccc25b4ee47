"""The composition root of the platform: broker, ingest, jobs, pages in one process. It alone knows all of them."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine, Mapping
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
from fleet.desk.parts import forget_all, keep_saying
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
from fleet.register.brokers import CellBroker, announce, hosts
from fleet.releases import PublishedPlan
from fleet.renewal import renew
from fleet.serving import listening, pages_tls, serve_web, until_stopped
from fleet.session import SessionSettings, TlsFiles
from fleet.store.cells import MAIN
from fleet.store.intake import MOST_BYTES
from fleet.store.server import Server
from fleet.store.writer import StoreWriter, open_writer
from fleet.upkeep import UpkeepHealth, keep_up

LOOPBACK = "127.0.0.1"
Now = Callable[[], datetime]
Made = Callable[..., Ingest]
ALL = "all"
ROLES = (ALL, "ingest", "web", "jobs")


class ServeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """``host`` is the name or address by which poles and people reach this machine; empty: this machine alone.

    With a host, broker and pages listen on all addresses, and the pages speak TLS. ``keep_days``: lane or kind ->
    days after which its events are deleted; others are kept for ever. ``mib_per_day`` are taken of one pole.
    ``tiles`` is a base map for the city, where there is one; ``releases`` the address of the maintainers' folder.
    ``store`` is the address of a PostgreSQL database; empty: the one of before, or SQLite.
    With ``role`` this process is a part of a city's platform (docs/adr/0031); ``cell`` names what it writes as.
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
    role: str = ALL
    cell: str = ""

    def runs(self, role: str) -> bool:
        return self.role in {ALL, role}

    @property
    def writes_as(self) -> str:
        return self.cell or (MAIN if self.runs("ingest") else self.role)


class Serving(msgspec.Struct, frozen=True, kw_only=True):
    """What a person wants to know once all is up; empty: it does not run here, or there is nothing to say.

    ``first`` makes the first administrator, where there is none.
    """

    folder: Path
    pages: str = ""
    first: str = ""
    broker: str = ""
    note: str = ""


def main(settings: ServeSettings, ready: Callable[[Serving], None]) -> int:
    """Serves until SIGTERM or SIGINT; 0 then. Raises ``FleetError`` where it cannot begin."""
    return run(serve(settings, _now, ready))


def run(platform: Coroutine[None, None, Never]) -> int:
    """As ``main``, of a platform whose clock and ingest may be a simulator's."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        asyncio.run(until_stopped(platform))
    except* FleetError as several:
        raise FleetError("; ".join(map(str, several.exceptions))) from None
    return 0


async def serve(settings: ServeSettings, now: Now, ready: Callable[[Serving], None], ingest: Made = Ingest) -> Never:
    """Runs the platform; ``ready`` is called once it can be used. Ends by cancellation, or with ``FleetError``."""
    folder = open_folder(settings.folder)
    if ingest is Ingest and folder.virtual:
        raise FleetError(f"{folder.root} is of a twin, whose poles are made up: choose another folder with --folder")
    with ExitStack() as opened:
        opened.enter_context(folder.alone())
        web = None
        if settings.runs("web"):
            address = "0.0.0.0" if settings.host else LOOPBACK  # noqa: S104  # with a host only
            web = opened.enter_context(listening(address, settings.web_port))
        store = folder.choose(settings.store)
        if settings.role != ALL and isinstance(store, Path):
            raise FleetError(f"--role {settings.role} needs --store postgresql://...: a file has one process")
        async with open_writer(store, settings.mib_per_day * 1024**2, settings.writes_as) as writer:
            folder.keep(store)
            desk = opened.enter_context(open_desk(folder.desk))
            port = web.getsockname()[1] if web else 0
            parts = _Parts(settings, folder, writer, desk, now, ingest=ingest, web_port=port)
            await parts.prepare()
            async with serving(folder.socket, parts.actions.table(web=web is not None)), asyncio.TaskGroup() as tasks:
                await parts.begin(tasks)
                if web is not None:
                    tasks.create_task(serve_web(parts.web(), web, parts.tls))
                ready(parts.running())
    raise AssertionError("the parts of the platform run until they are cancelled")


class _Parts:
    """The parts, wired; a process without a broker has no ingest."""

    def __init__(
        self,
        settings: ServeSettings,
        folder: Folder,
        writer: StoreWriter,
        desk: DeskFile,
        now: Now,
        *,
        ingest: Made,
        web_port: int,
    ) -> None:
        host = settings.host or LOOPBACK
        self._settings = settings
        self._releases = PublishedPlan(settings.releases) if settings.releases else None
        self._now = now
        self._writer = writer
        self._folder = folder
        self._desk = desk
        self._accounts = Accounts(desk)
        self._names = [name for name in dict.fromkeys((settings.host, "localhost", LOOPBACK)) if name]
        self._authority = authority = Authority(folder.identity, now)
        self.tls = pages_tls(authority.server(self._names)) if settings.host else None
        self._address = PublicAddress(
            server=f"{'https' if settings.host else 'http'}://{host}:{web_port}",
            host=host,
            port=settings.mqtt_port,
            prefix=settings.prefix,
        )
        self._broker = self._new_broker() if settings.runs("ingest") else None
        self._ingest = self._new_ingest(self._broker, ingest) if self._broker else None
        publish = self._ingest.publish if self._ingest else _nowhere
        self.jobs = JobDesk(writer, publish, now, prefix=settings.prefix, cell=settings.writes_as)
        self._notifier = IncidentNotifier(folder.store, desk, load(folder.root), now)
        self._upkeep = UpkeepHealth()
        self._book = SealBook(folder.root)
        self._enrol = EnrolDesk(writer, authority, self._broker, self._address, now)
        self.actions = Actions(writer, self._enrol, self.jobs, Eraser(writer, desk), health=self.health, now=now)

    def _new_broker(self) -> FleetBroker:
        settings = self._settings
        listener = BrokerPort(address="" if settings.host else LOOPBACK, port=settings.mqtt_port)
        return FleetBroker(self._folder.broker, listener, self._authority, settings.prefix)

    def _new_ingest(self, broker: FleetBroker, ingest: Made) -> Ingest:
        tls = backlog = None
        if broker.encrypted:
            tls, backlog = (
                TlsFiles(ca=self._authority.file, cert=own.cert, key=own.key)
                for own in map(self._authority.client, (PLATFORM, BACKLOG))
            )
        settings = self._settings
        session = SessionSettings(host=LOOPBACK, port=settings.mqtt_port, name=PLATFORM, tls=tls)
        return ingest(
            self._writer, session, self._now, prefix=settings.prefix, stored=self._stored, backlog_tls=backlog
        )

    async def prepare(self) -> None:
        """Writes the broker's files; the store knows who is shut out, and how the brokers of other cells are called."""
        place = CellBroker(
            cell=self._settings.writes_as,
            host=self._address.host if self._broker else "",
            port=self._address.port if self._broker else 0,
            ca=self._authority.fingerprint,
        )
        if self._broker or self._settings.runs("web"):  # the pages sign certificates: with the CA of the brokers
            await self._writer.do(lambda db: announce(db, place))
        if self._broker is None:
            return
        others = await self._writer.do(hosts)
        self._names = list(dict.fromkeys((*self._names, *others)))
        self._broker.prepare(self._names, *await self._enrol.shut_out())

    async def begin(self, tasks: asyncio.TaskGroup) -> None:
        """Starts what runs in this process; returns once the ingest has its broker."""
        if self._settings.role != ALL:
            tasks.create_task(keep_saying(self._desk, self._settings.writes_as, self.health, self._now))
        else:
            forget_all(self._desk)
        if self._broker and self._ingest:
            tasks.create_task(self._broker.run())
            await self._broker.up.wait()
            tasks.create_task(self._ingest.run())
            tasks.create_task(self.jobs.run())
            if isinstance(self._folder.store, Server):
                from fleet.store.wake import listen  # noqa: PLC0415  # psycopg is an extra

                tasks.create_task(self._enrol.follow())
                tasks.create_task(listen(self._folder.store, self._woken))
        if self._settings.runs("jobs"):
            tasks.create_task(keep_up(self._writer, self._desk, self._now, self._settings.keep_days, self._upkeep))
            tasks.create_task(self._notifier.run())
        if self._settings.runs("web"):  # the pages read its book
            tasks.create_task(SealWatch(self._folder.store, self._authority.file, self._book, self._now).run())
        tasks.create_task(renew(self._authority, self._names, self.tls, self._broker.reload if self._broker else None))
        while self._ingest and not self._ingest.health.connected:  # noqa: ASYNC110  # its client sets no event of ours
            await asyncio.sleep(0.05)

    def _woken(self) -> None:
        self.jobs.look()
        self._enrol.look()

    def _stored(self, pole: str, leaf: str, payload: bytes) -> None:
        self.jobs.stored(pole, leaf, payload)

    def health(self) -> Mapping[str, object]:
        """Counters of the parts that run in this process, by part."""
        parts = dict[str, object]()
        if self._broker and self._ingest:
            parts |= {"ingest": self._ingest.health, "broker": self._broker.health}
        if self._settings.runs("jobs"):
            parts |= {"notifications": self._notifier.health, "upkeep": self._upkeep}
            if self._folder.virtual:  # on a clock that is fast a pause of theirs is hours
                parts["notifications"] = msgspec.structs.replace(self._notifier.health, looked=None)
                parts["upkeep"] = msgspec.structs.replace(self._upkeep, done=None)
        return parts

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
            tiles=self._settings.tiles,
            releases=self._releases,
            virtual=self._folder.virtual,
        )
        return build_web(parts, routes(self._enrol))

    def running(self) -> Serving:
        broker = pages = first = ""
        if self._broker:
            broker = f"{self._broker.health.program} on {self._address.host}:{self._address.port}"
        if self._settings.runs("web"):
            pages = f"{self._address.server}/"
            secret = self._accounts.first_link(self._now())
            first = f"{pages}enter#{secret}" if secret else ""
        note = self._broker.health.text if self._broker else ""
        return Serving(folder=self._folder.root, pages=pages, first=first, broker=broker, note=note)


async def _nowhere(_topic: str, _payload: bytes) -> bool:
    """What is to be sent waits in the store for the ingest of its pole."""
    return False


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # the one clock of the platform; all else is handed it
