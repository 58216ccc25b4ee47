"""What was done by whom. The table refuses to be changed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from fleet.desk.file import DeskFile
from fleet.query.paging import Cursor, Limit, Listed, cursor_of, key_of, moment
from fleet.store.database import Database


class AuditLine(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was done, or refused."""

    number: int
    at: datetime
    who: str
    what: str
    subject: str
    detail: dict[str, Any]
    address: str


class AuditAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which entries, the newest first."""

    who: Annotated[str, Meta(max_length=64)] = ""
    subject: Annotated[str, Meta(max_length=200)] = ""
    limit: Limit = 100
    cursor: Cursor = ""


def note(db: Database, now: datetime, by: str, what: str, subject: str, /, *, address: str, **detail: Any) -> None:
    """Adds an entry within the transaction of what it is about."""
    db.execute(
        "INSERT INTO audit (at, who, what, subject, detail, address) VALUES (?, ?, ?, ?, ?, ?)",
        (now.timestamp(), by, what, subject, msgspec.json.encode(detail).decode(), address),
    )


def entries(desk: DeskFile, asked: AuditAsked) -> Listed[AuditLine]:
    before = key_of(asked.cursor, tuple[int])[0] if asked.cursor else (1 << 62)
    query = (
        "SELECT * FROM audit WHERE number < ? AND (? = '' OR who = ?) AND (? = '' OR subject = ?) "
        "ORDER BY number DESC LIMIT ?"
    )
    with desk.change() as db:
        values = (before, asked.who, asked.who, asked.subject, asked.subject, asked.limit + 1)
        rows = db.execute(query, values).fetchall()
    items = tuple(map(line_of, rows[: asked.limit]))
    return Listed(items=items, next=cursor_of(items[-1].number) if len(rows) > asked.limit else None)


def line_of(row: Any) -> AuditLine:
    return AuditLine(
        number=row["number"],
        at=moment(row["at"]),
        who=row["who"],
        what=row["what"],
        subject=row["subject"],
        detail=msgspec.json.decode(row["detail"]),
        address=row["address"],
    )
