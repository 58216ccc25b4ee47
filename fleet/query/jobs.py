"""Commands that poles were given, and what they answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from fleet.errors import NoSuch
from fleet.query.paging import Cursor, Limit, Listed, cursor_of, key_of, moment
from fleet.store.database import Database


class JobLine(msgspec.Struct, frozen=True, kw_only=True):
    """One command to one or more poles; ``states`` counts them: queued, sent, done, failed, expired."""

    id: str
    name: str
    args: Any
    created: datetime
    expires: datetime
    who: str
    poles: int
    states: dict[str, int]


class JobPole(msgspec.Struct, frozen=True, kw_only=True):
    """The command at one pole."""

    pole: str
    state: str
    sent: datetime | None = None
    replied: datetime | None = None
    ok: bool | None = None
    reply: Annotated[Any, Meta(description="the reply as it came")] = None


class JobsAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which commands; the newest first."""

    pole: Annotated[str, Meta(max_length=64)] = ""
    limit: Limit = 50
    cursor: Cursor = ""


class JobAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One command at its poles, in the order of their ids."""

    id: Annotated[str, Meta(max_length=64)]
    limit: Limit = 100
    cursor: Cursor = ""


def jobs(db: Database, asked: JobsAsked) -> Listed[JobLine]:
    before = key_of(asked.cursor, tuple[float, str]) if asked.cursor else (1e15, "")
    rows = db.execute(
        "SELECT * FROM job WHERE (created, id) < (?, ?) AND (? = '' OR id IN (SELECT job FROM job_pole WHERE pole = ?))"
        " ORDER BY created DESC, id DESC LIMIT ?",
        (*before, asked.pole, asked.pole, asked.limit + 1),
    ).fetchall()
    items = tuple(_job(db, row) for row in rows[: asked.limit])
    last = rows[asked.limit - 1] if len(rows) > asked.limit else None
    return Listed(items=items, next=last and cursor_of(last["created"], last["id"]))


def job_poles(db: Database, asked: JobAsked) -> Listed[JobPole]:
    if db.execute("SELECT 1 FROM job WHERE id = ?", (asked.id,)).fetchone() is None:
        raise NoSuch(f"there is no command {asked.id}")
    after = key_of(asked.cursor, tuple[str])[0] if asked.cursor else ""
    query = "SELECT * FROM job_pole WHERE job = ? AND pole > ? ORDER BY pole LIMIT ?"
    rows = db.execute(query, (asked.id, after, asked.limit + 1)).fetchall()
    items = tuple(
        JobPole(
            pole=row["pole"],
            state=row["state"],
            sent=None if row["sent"] is None else moment(row["sent"]),
            replied=None if row["replied"] is None else moment(row["replied"]),
            ok=None if row["ok"] is None else bool(row["ok"]),
            reply=_json(row["reply"]),
        )
        for row in rows[: asked.limit]
    )
    return Listed(items=items, next=cursor_of(items[-1].pole) if len(rows) > asked.limit else None)


def _job(db: Database, row: Any) -> JobLine:
    states = dict(db.execute("SELECT state, count(*) FROM job_pole WHERE job = ? GROUP BY state", (row["id"],)))
    return JobLine(
        id=row["id"],
        name=row["name"],
        args=_json(row["args"]),
        created=moment(row["created"]),
        expires=moment(row["expires"]),
        who=row["who"],
        poles=sum(states.values()),
        states={name: states[name] for name in sorted(states)},
    )


def _json(text: str | None) -> Any:
    try:
        return None if text is None else msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
