"""Incidents: what poles report with a begin and an end, what the platform noticed, and what people did about it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from contract.events import KINDS
from contract.words import Words
from fleet.errors import NoSuch
from fleet.query.paging import Cursor, Limit, Listed, cursor_of, key_of, moment
from fleet.query.poles import PoleId
from fleet.store.database import Database

Severity = Literal["info", "warning", "alarm"]
Source = Annotated[str, Meta(max_length=200, description="a device, a camera, `agent` or `platform`")]
IncidentId = Annotated[str, Meta(max_length=64, description="joins begin and end; one at a time of a source")]

_SELECT = """
WITH quiet AS (SELECT * FROM desk.silence WHERE until > :now AND since <= :now)
SELECT e.pole AS pole, e.source AS source, e.id AS id, kind, type, severity, e.begin AS begin, "end", reason, body,
    coalesce(street, '') AS street, coalesce(district, '') AS district, coalesce(feeder, '') AS feeder,
    coalesce(cell, '') AS cell, a.at AS acknowledged, a.who AS by,
    (SELECT count(*) FROM desk.comment c WHERE c.pole = e.pole AND c.source = e.source AND c.id = e.id
        AND c.begin = e.begin) AS comments,
    (SELECT max(until) FROM quiet q WHERE q.pole IN ('', e.pole) AND q.source IN ('', e.source)
        AND q.kind IN ('', e.kind)) AS silent
FROM every e LEFT JOIN register USING (pole)
LEFT JOIN desk.acknowledged a ON a.pole = e.pole AND a.source = e.source AND a.id = e.id AND a.begin = e.begin
"""


class IncidentLine(msgspec.Struct, frozen=True, kw_only=True):
    """One incident. It is open while ``end`` is null; ``reason`` says why it ended."""

    pole: str
    source: str
    id: str
    kind: str
    type: str
    severity: str
    begin: datetime
    end: datetime | None = None
    reason: str | None = None
    text: Annotated[dict[str, str], Meta(description="by language, where the event has a sentence")] = {}
    street: str = ""
    district: str = ""
    feeder: str = ""
    cell: str = ""
    acknowledged: datetime | None = None
    by: Annotated[str | None, Meta(description="who acknowledged it")] = None
    comments: int = 0
    silent_until: datetime | None = None


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wrote about an incident."""

    at: datetime
    who: str
    text: str


class IncidentWhole(msgspec.Struct, frozen=True, kw_only=True):
    """One incident with its comments and the newest event of it as the pole sent it."""

    line: IncidentLine
    comments: tuple[Comment, ...]
    body: msgspec.Raw


class IncidentsAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which incidents; the newest begin first. ``open`` is null for all."""

    open: bool | None = None
    pole: Annotated[str, Meta(max_length=64)] = ""
    kind: Annotated[str, Meta(max_length=64)] = ""
    severity: Severity | None = None
    district: str | None = None
    acknowledged: bool | None = None
    since: Annotated[datetime, Meta(tz=True)] | None = None
    until: Annotated[datetime, Meta(tz=True)] | None = None
    limit: Limit = 100
    cursor: Cursor = ""


class IncidentAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which incident."""

    pole: PoleId
    source: Source
    id: IncidentId


def incidents(db: Database, asked: IncidentsAsked, now: datetime) -> Listed[IncidentLine]:
    where, values = _where(asked)
    query = f"{_SELECT} WHERE {' AND '.join(where)} ORDER BY e.begin DESC, e.pole, e.source, e.id LIMIT :limit"
    rows = db.execute(query, values | {"now": now.timestamp(), "limit": asked.limit + 1}).fetchall()
    items = tuple(map(line, rows[: asked.limit]))
    last = rows[asked.limit - 1] if len(rows) > asked.limit else None
    return Listed(items=items, next=last and cursor_of(last["begin"], last["pole"], last["source"], last["id"]))


def incident(db: Database, asked: IncidentAsked, now: datetime) -> IncidentWhole:
    query = f"{_SELECT} WHERE e.pole = :pole AND e.source = :source AND e.id = :id"
    row = db.execute(query, msgspec.structs.asdict(asked) | {"now": now.timestamp()}).fetchone()
    if row is None:
        raise NoSuch(f"{asked.pole} has no incident {asked.id} of {asked.source}")
    comments = db.execute(
        "SELECT at, who, text FROM desk.comment WHERE pole = ? AND source = ? AND id = ? AND begin = ? ORDER BY number",
        (asked.pole, asked.source, asked.id, row["begin"]),
    )
    return IncidentWhole(
        line=line(row),
        comments=tuple(Comment(at=moment(at), who=who, text=text) for at, who, text in comments),
        body=msgspec.Raw(row["body"]),
    )


def _where(asked: IncidentsAsked) -> tuple[list[str], dict[str, Any]]:
    where, values = ["TRUE"], dict[str, Any]()
    if asked.open is not None:
        where.append('"end" IS NULL' if asked.open else '"end" IS NOT NULL')
    if asked.acknowledged is not None:
        where.append("a.at IS NOT NULL" if asked.acknowledged else "a.at IS NULL")
    for column, name in (("e.pole", "pole"), ("kind", "kind"), ("severity", "severity"), ("district", "district")):
        value = getattr(asked, name)
        if value:
            where.append(f"{column} = :{name}")
            values[name] = value
    if asked.since is not None:
        where.append("e.begin >= :since")
        values["since"] = asked.since.timestamp()
    if asked.until is not None:
        where.append("e.begin < :until")
        values["until"] = asked.until.timestamp()
    if asked.cursor:
        begin, pole, source, name = key_of(asked.cursor, tuple[float, str, str, str])
        where.append(
            "(e.begin < :at OR (e.begin = :at AND (e.pole, e.source, e.id) > (:last_pole, :last_source, :last_id)))"
        )
        values |= {"at": begin, "last_pole": pole, "last_source": source, "last_id": name}
    return where, values


def line(row: Any) -> IncidentLine:
    return IncidentLine(
        pole=row["pole"],
        source=row["source"],
        id=row["id"],
        kind=row["kind"],
        type=row["type"],
        severity=row["severity"],
        begin=moment(row["begin"]),
        end=None if row["end"] is None else moment(row["end"]),
        reason=row["reason"],
        text=_sentence(row["kind"], row["body"]),
        street=row["street"],
        district=row["district"],
        feeder=row["feeder"],
        cell=row["cell"],
        acknowledged=None if row["acknowledged"] is None else moment(row["acknowledged"]),
        by=row["by"],
        comments=row["comments"],
        silent_until=None if row["silent"] is None else moment(row["silent"]),
    )


class _Noticed(msgspec.Struct, frozen=True):
    """What the platform noticed by itself."""

    text: Words = {}


def _sentence(kind: str, body: bytes) -> Words:
    """What the event says to people, in each language; nothing where a newer pole sent what is not known here."""
    row = KINDS.get(kind)
    try:
        if row is None:
            return msgspec.json.decode(body, type=_Noticed).text
        return row.says(msgspec.json.decode(body, type=row.body))
    except msgspec.DecodeError:
        return {}
