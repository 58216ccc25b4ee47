"""A platform's web application over a small city, asked as a browser or a program asks it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from starlette.testclient import TestClient

from contract.birth import DeviceAbout, Status
from contract.events import Alert, CameraState, DeviceState, Gap
from contract.units import Unit
from fleet.accounts.book import Accounts
from fleet.accounts.roles import Caller, Role
from fleet.api.routes import MapTiles, WebParts
from fleet.api.web import build_web
from fleet.desk.file import DeskFile, open_desk
from fleet.errors import Wrong
from fleet.folder import Folder
from fleet.incidents.notifier import NotifyHealth
from fleet.lag import IngestHealth
from fleet.store.messages import Inbox
from fleet.store.sqlite import FleetStore, open_store
from tests.fleet.poles import EPOCH, NOON, event, message
from tests.fleet.servers import raw

NOW = NOON + timedelta(hours=6)
PASSWORD = "correct horse battery staple"
ROOT = Caller(name="root", role=Role.ADMIN)


class Commands:
    """Takes any command but one for the pole ``gone``."""

    def __init__(self) -> None:
        self.taken: list[tuple[tuple[str, ...], str, object]] = []

    async def submit(self, poles: Sequence[str], name: str, args: object, expires: datetime, who: str) -> str:
        if "gone" in poles:
            raise Wrong("there is no pole gone")
        self.taken.append((tuple(poles), name, args))
        return f"job{len(self.taken)}"


class Site:
    """``client`` has the cookie of the last log-in."""

    def __init__(self, parts: WebParts, client: TestClient, commands: Commands, store: FleetStore) -> None:
        self.parts = parts
        self.client = client
        self.commands = commands
        self.store = store
        self.csrf = ""
        self.moved = timedelta()

    def log_in(self, name: str = "root", password: str = PASSWORD) -> None:
        answer = self.client.post("/api/v1/log-in", json={"name": name, "password": password})
        assert answer.status_code == 200, answer.text
        self.csrf = answer.json()["csrf"]

    def get(self, path: str, **params: Any) -> Any:
        answer = self.client.get(f"/api/v1{path}", params={key: _text(value) for key, value in params.items()})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        answer = self.client.post(f"/api/v1{path}", json=_plain(body), headers={"X-CSRF": self.csrf})
        assert answer.status_code == 200, answer.text
        return answer.json()


def _text(value: object) -> str:
    return (
        value.isoformat()
        if isinstance(value, datetime)
        else str(value).lower()
        if value in {True, False}
        else str(value)
    )


def _plain(value: object) -> Any:
    return msgspec.to_builtins(value)


@contextmanager
def open_site(folder: Path, *, logged_in: bool = True, tiles: MapTiles | None = None) -> Iterator[Site]:
    """A site whose database has ``fill``'s city; ``root`` is its administrator."""
    with open_store(Folder(folder).store) as store, open_desk(Folder(folder).desk) as desk:
        fill(store)
        register(folder)
        accounts = people(desk)
        commands = Commands()
        site: Site
        parts = WebParts(
            where=Folder(folder).store,
            desk=desk,
            accounts=accounts,
            jobs=commands,
            health=health,
            now=lambda: NOW + site.moved,
            tiles=tiles,
        )
        with TestClient(build_web(parts)) as client:
            site = Site(parts, client, commands, store)
            if logged_in:
                site.log_in()
            yield site


def health() -> Mapping[str, object]:
    return {"ingest": IngestHealth(connected=True), "notifications": NotifyHealth()}


def say(site: Site, at: datetime, **cells: Mapping[str, object]) -> None:
    """What processes of these cells have said of their parts."""
    with site.parts.desk.change() as db:
        db.executemany(
            "INSERT INTO part VALUES (?, ?, ?, ?)",
            [
                (cell, part, at.timestamp(), msgspec.json.encode(each).decode())
                for cell, parts in cells.items()
                for part, each in parts.items()
            ],
        )


def people(desk: DeskFile) -> Accounts:
    """An administrator ``root`` and one account for each lower role, named after it."""
    accounts = Accounts(desk)
    secret = accounts.first_link(NOON)
    assert secret is not None
    accounts.use_link(secret, "root", PASSWORD, now=NOON, address="")
    return accounts


def fill(store: FleetStore) -> None:
    """Three poles: p1 is well and has a camera, p2 has an alarm and a hole, p3 a device that is down and is lost."""
    alert = Alert(
        id="0123abcd", phase="begin", rule="flood", severity="alarm", since=NOON, text={"en": "flood", "zh": "积水"}
    )
    down = DeviceState(state="down", text="no answer: check the cable")
    gap = Gap(epoch=EPOCH, deleted_lane="summary", ranges=((4, 5),), count=2, reason="store_full")
    dark = CameraState(state="too_dark", text="no light")
    store.commit(
        [
            Inbox("p1", message("p1", range(1, 61)), NOW),
            Inbox("p1", msgspec.json.encode(event("p1", 61, dark)), NOW),
            Inbox("p2", message("p2", [1, 2, 3, 6, 7]), NOW),
            Inbox("p2", msgspec.json.encode([event("p2", 8, gap), event("p2", 9, alert), event("p2", 12, alert)]), NOW),
            Inbox("p3", msgspec.json.encode(event("p3", 1, down)), NOW),
            Inbox("p3", b"rubbish", NOW),
        ]
    )
    devices = (DeviceAbout(name="roof", driver="weather", line="a", quantities={"temperature": Unit.CELSIUS}),)
    status(store, Status(pole="p1", state="online", at=NOON, name="North gate", cameras=("roof",), devices=devices))
    status(store, Status(pole="p2", state="online", at=NOON, epoch=EPOCH, next_seq=15, oldest_unsent=13))
    status(store, Status(pole="p3", state="offline", reason="lost", at=NOON, latitude=22.6, longitude=114.1))


def status(store: FleetStore, said: Status) -> None:
    store.commit([Inbox(said.pole, msgspec.json.encode(said), NOW, "status")])


def register(folder: Path) -> None:
    rows = [
        ("p1", "", 22.543, 114.057, "Fuzhong Road", "Futian", "F1", "C1"),
        ("p2", "South gate", 22.53, 114.06, "Binhe Avenue", "Futian", "F1", "C2"),
        ("p4", "=not yet", 22.5, 113.9, "", "Nanshan", "F2", "C1"),
    ]
    with raw(folder) as db, db.transaction():
        db.executemany("INSERT INTO register VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
