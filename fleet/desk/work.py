"""What people do about incidents: acknowledge, comment, silence; and what they put on record of cameras."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from fleet.accounts.audit import note
from fleet.accounts.roles import Caller
from fleet.desk.file import DeskFile
from fleet.errors import NoSuch, Wrong
from fleet.query.incidents import IncidentAsked
from fleet.query.paging import moment
from fleet.query.poles import PoleId
from fleet.store.database import Database

SILENCE_LONGEST = timedelta(days=90)
MOST_AT_ONCE = 1000
Words = Annotated[str, Meta(min_length=1, max_length=2000)]


class Several(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Incidents, at most 1,000 at once."""

    incidents: Annotated[tuple[IncidentAsked, ...], Meta(min_length=1, max_length=MOST_AT_ONCE)]


class Commented(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody wants to say of an incident."""

    pole: PoleId
    source: Annotated[str, Meta(max_length=200)]
    id: Annotated[str, Meta(max_length=64)]
    text: Words


class Silencing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What not to be notified of, and until when (at most 90 days); an empty field matches everything."""

    pole: Annotated[str, Meta(max_length=64)] = ""
    source: Annotated[str, Meta(max_length=200)] = ""
    kind: Annotated[str, Meta(max_length=64)] = ""
    until: Annotated[datetime, Meta(tz=True)]
    why: Words


class SilenceNumber(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One silence."""

    number: Annotated[int, Meta(ge=1)]


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """A silence that holds or will have held."""

    number: int
    pole: str
    source: str
    kind: str
    since: datetime
    until: datetime
    who: str
    why: str


class CameraRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is put on record of a camera."""

    pole: PoleId
    camera: Annotated[str, Meta(min_length=1, max_length=100)]
    purpose: Words
    sign: Annotated[str, Meta(min_length=1, max_length=500, description="where passers-by read about it")]
    operator: Annotated[str, Meta(min_length=1, max_length=200, description="who answers for it")]
    retention_days: Annotated[int, Meta(ge=0, le=3650)]


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows were changed."""

    changed: int


def acknowledge(desk: DeskFile, db: Database, several: Several, by: Caller, now: datetime) -> Changed:
    """Those that are not acknowledged yet; raises ``NoSuch`` where one of them is not there, and changes nothing."""
    found = [(each, _begin(db, each)) for each in several.incidents]
    with desk.change() as own:
        changed = own.executemany(
            "INSERT INTO acknowledged VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [(each.pole, each.source, each.id, begin, now.timestamp(), by.name) for each, begin in found],
        ).rowcount
        for each, _ in found:
            note(own, now, by.name, "acknowledged", _name(each), address=by.address)
    return Changed(changed=changed)


def comment(desk: DeskFile, db: Database, asked: Commented, by: Caller, now: datetime) -> Changed:
    each = IncidentAsked(pole=asked.pole, source=asked.source, id=asked.id)
    begin = _begin(db, each)
    with desk.change() as own:
        own.execute(
            "INSERT INTO comment (pole, source, id, begin, at, who, text) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (each.pole, each.source, each.id, begin, now.timestamp(), by.name, asked.text),
        )
        note(own, now, by.name, "commented", _name(each), address=by.address)
    return Changed(changed=1)


def silence(desk: DeskFile, asked: Silencing, by: Caller, now: datetime) -> Silence:
    if not now < asked.until <= now + SILENCE_LONGEST:
        raise Wrong(f"a silence ends in the future, at most {SILENCE_LONGEST.days} days from now")
    values = (asked.pole, asked.source, asked.kind, now.timestamp(), asked.until.timestamp(), by.name, asked.why)
    with desk.change() as own:
        row = own.execute(
            "INSERT INTO silence (pole, source, kind, since, until, who, why) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING *",
            values,
        ).fetchone()
        until = asked.until.isoformat()
        note(
            own, now, by.name, "silenced", f"{asked.pole}/{asked.source}/{asked.kind}", until=until, address=by.address
        )
    return _silence(row)


def end_silence(desk: DeskFile, asked: SilenceNumber, by: Caller, now: datetime) -> Changed:
    with desk.change() as own:
        changed = own.execute(
            "UPDATE silence SET until = ? WHERE number = ? AND until > ?",
            (now.timestamp(), asked.number, now.timestamp()),
        ).rowcount
        if not changed:
            raise NoSuch(f"silence {asked.number} is over, or was never there")
        note(own, now, by.name, "silence ended", str(asked.number), address=by.address)
    return Changed(changed=changed)


def silences(desk: DeskFile, now: datetime) -> tuple[Silence, ...]:
    """Those that hold."""
    with desk.change() as own:
        rows: Sequence[Any] = own.execute(
            "SELECT * FROM silence WHERE until > ? ORDER BY until, number LIMIT 1000", (now.timestamp(),)
        ).fetchall()
    return tuple(map(_silence, rows))


def register_camera(desk: DeskFile, record: CameraRecord, by: Caller, now: datetime) -> Changed:
    values = msgspec.structs.asdict(record)
    with desk.change() as own:
        own.execute(
            "INSERT INTO camera VALUES (:pole, :camera, :purpose, :sign, :operator, :retention_days, :changed, :who) "
            "ON CONFLICT (pole, camera) DO UPDATE SET purpose = excluded.purpose, sign = excluded.sign, "
            "operator = excluded.operator, retention_days = excluded.retention_days, changed = excluded.changed, "
            "who = excluded.who",
            values | {"changed": now.timestamp(), "who": by.name},
        )
        del values["pole"], values["camera"]
        note(own, now, by.name, "camera on record", f"{record.pole}/{record.camera}", address=by.address, **values)
    return Changed(changed=1)


def _begin(db: Database, each: IncidentAsked) -> float:
    row = db.execute(
        "SELECT begin FROM every WHERE pole = ? AND source = ? AND id = ?", (each.pole, each.source, each.id)
    ).fetchone()
    if row is None:
        raise NoSuch(f"{each.pole} has no incident {each.id} of {each.source}")
    return float(row["begin"])


def _name(each: IncidentAsked) -> str:
    return f"{each.pole}/{each.source}/{each.id}"


def _silence(row: Any) -> Silence:
    return Silence(
        number=row["number"],
        pole=row["pole"],
        source=row["source"],
        kind=row["kind"],
        since=moment(row["since"]),
        until=moment(row["until"]),
        who=row["who"],
        why=row["why"],
    )
