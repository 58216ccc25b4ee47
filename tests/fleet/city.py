"""A store, a desk and a clock, for tests of what the platform notices and notifies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from contract.events import Alert, DeviceState
from fleet.desk.file import DeskFile, open_desk
from fleet.folder import Folder
from fleet.incidents.channels import NotifyChannel, NotifySettings
from fleet.incidents.notifier import IncidentNotifier
from fleet.query.incidents import IncidentsAsked, incidents
from fleet.query.reader import reading
from fleet.store.messages import Inbox
from fleet.store.sqlite import FleetStore, open_store
from tests.fleet.poles import NOON, event


class City:
    """A store, a desk and a clock that the test owns."""

    def __init__(self, folder: Path, store: FleetStore, desk: DeskFile) -> None:
        self.folder = folder
        self.where = Folder(folder).store
        self.store = store
        self.desk = desk
        self.at = NOON

    def now(self) -> datetime:
        return self.at

    def notifier(self, *channels: NotifyChannel) -> IncidentNotifier:
        return IncidentNotifier(self.where, self.desk, NotifySettings(channel=channels), self.now)

    def alert(self, pole: str, name: str = "0123abcd", *, over: bool = False) -> None:
        body = Alert(
            id=name,
            phase="end" if over else "begin",
            rule="flood",
            severity="alarm",
            since=self.at,
            text={"en": "flood"},
        )
        number = int(self.at.timestamp()) % 10**7 + over
        self.store.commit([Inbox(pole, msgspec.json.encode(event(pole, number, body)), self.at)])

    def device(self, pole: str, state: Literal["up", "down"]) -> None:
        body = DeviceState(state=state, text="")
        about = event(pole, int(self.at.timestamp()) % 10**7, body)
        about = msgspec.structs.replace(about, time=self.at)
        self.store.commit([Inbox(pole, msgspec.json.encode(about), self.at)])

    def open(self) -> list[tuple[str, str]]:
        with reading(self.where, self.desk.where) as db:
            found = incidents(db, IncidentsAsked(open=True), self.at)
        return [(line.pole, line.kind) for line in found.items]


@contextmanager
def open_city(folder: Path) -> Iterator[City]:
    with open_store(Folder(folder).store) as store, open_desk(Folder(folder).desk) as desk:
        yield City(folder, store, desk)
