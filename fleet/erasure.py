"""All that is held of one camera is deleted, out of the file as well; that it was deleted stays in the audit."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import msgspec

from fleet.accounts.audit import note
from fleet.accounts.roles import Caller
from fleet.desk.file import DeskFile
from fleet.export.camera import CameraName
from fleet.store.archive import delete_conflicts
from fleet.store.cells import disturb
from fleet.store.database import Database
from fleet.store.retention import REWRITTEN, Deleted, strike_all
from fleet.store.sqlite import FleetStore
from fleet.store.writer import StoreWriter


class CameraErasure(msgspec.Struct, frozen=True, kw_only=True):
    """Of which camera. ``record``: its entry in the register goes too; without, it stays while the camera stands."""

    pole: str
    camera: str
    record: bool = False


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """How much was deleted. ``values``: rows made of events; ``unreadable``: messages of the pole in the quarantine."""

    events: int = 0
    incidents: int = 0
    values: int = 0
    unreadable: int = 0


class Eraser:
    """Deletes in steps, so that the ingest need not wait."""

    def __init__(self, writer: StoreWriter, desk: DeskFile) -> None:
        self._writer = writer
        self._desk = desk

    async def erase(self, asked: CameraErasure, by: Caller, now: datetime) -> Erased:
        """The numbers of the events stay known: one that comes again is a repeat."""
        name = CameraName(asked.pole, asked.camera)
        events = 0
        step = Deleted(after=0)
        while step.after is not None:
            step = await self._writer.do(partial(_events, name=name, after=step.after))
            events += step.events
        rest = await self._writer.call(lambda store: _rest(store, name))
        erased = msgspec.structs.replace(rest, events=events)
        with self._desk.change() as own:
            for table in ("acknowledged", "comment", "notice"):
                own.execute(f"DELETE FROM {table} WHERE pole = ? AND source = ?", (name.pole, name.camera))  # noqa: S608  our own names
            if asked.record:
                own.execute("DELETE FROM camera WHERE pole = ? AND camera = ?", (name.pole, name.camera))
            detail = msgspec.structs.asdict(erased) | {"record": asked.record}
            note(own, now, by.name, "camera erased", str(name), address=by.address, **detail)
        await self._writer.settle()
        self._desk.settle()
        return erased


def _events(db: Database, name: CameraName, after: int) -> Deleted:
    query = "SELECT id, body, age FROM segment WHERE pole = ? AND id > ? ORDER BY id LIMIT ?"
    rows = db.execute(query, (name.pole, after, REWRITTEN)).fetchall()
    return strike_all(db, rows, lambda event: event.source == str(name))


def _rest(store: FleetStore, name: CameraName) -> Erased:
    """What is made of its events; and what cannot be read of its pole, since nobody can tell whose it is."""
    return store.change(partial(_small, name=name))


def _small(db: Database, name: CameraName) -> Erased:
    disturb(db)
    whose = (name.pole, name.camera)
    series = "(SELECT id FROM series WHERE pole = ? AND source = ?)"
    values = sum(
        db.execute(f"DELETE FROM {table} WHERE series IN {series}", whose).rowcount  # noqa: S608  our own names
        for table in ("latest", "hour")
    )
    db.execute("DELETE FROM series WHERE pole = ? AND source = ?", whose)
    delete_conflicts(db, name.pole, lambda event: event.source == str(name))
    return Erased(
        incidents=db.execute("DELETE FROM incident WHERE pole = ? AND source = ?", whose).rowcount,
        values=values,
        unreadable=db.execute("DELETE FROM quarantine WHERE pole = ?", (name.pole,)).rowcount,
    )
