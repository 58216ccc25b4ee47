"""What each channel has to say, and has said: a restart says nothing twice and forgets nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec

from fleet.desk.file import DeskFile
from fleet.incidents.channels import NotifyChannel
from fleet.query.incidents import IncidentAsked, IncidentLine, IncidentsAsked, incident, incidents
from fleet.store.database import Database

LATE = timedelta(days=1)
"""What is over when it is first seen is notified where it began no longer ago: shorter than a look, or a backlog."""
_SEVERE = ("info", "warning", "alarm")
MOST_AT_ONCE = 100
"""Incidents in one message; more come in the next."""
GIVE_UP_S = 86_400.0
"""A notice that cannot be sent for a day is given up, and counted."""
FIRST_S, LONGEST_S = 10.0, 1800.0
"""Pause after the first failure, doubling, and its bound."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One incident that began or ended, as a channel sends it."""

    phase: Literal["begin", "end"]
    incident: IncidentLine


class _Row(msgspec.Struct, frozen=True):
    key: tuple[Any, ...]
    tries: int
    notice: Notice


_KEY = "channel = ? AND pole = ? AND source = ? AND id = ? AND begin = ? AND phase = ?"

_REMOVED = (
    "UPDATE notice SET state = 'given up', error = 'the channel was removed' WHERE channel = ? AND state = 'waiting'"
)


def collect(db: Database, desk: DeskFile, channels: Sequence[NotifyChannel], now: datetime) -> int:
    """Notes what began since a channel is there, and what has ended of that which was noted.

    Notices of channels that are no more are given up: how many. One that comes back begins anew.
    """
    at, names = now.timestamp(), {each.name for each in channels}
    with desk.change() as own:
        gone = [name for (name,) in own.execute("SELECT name FROM channel").fetchall() if name not in names]
        given_up = sum(own.execute(_REMOVED, (name,)).rowcount for name in gone)
        own.executemany("DELETE FROM channel WHERE name = ?", [(name,) for name in gone])
        own.executemany(
            "INSERT INTO channel VALUES (?, ?, 0) ON CONFLICT DO NOTHING", [(each.name, at) for each in channels]
        )
        since = dict(own.execute("SELECT name, since FROM channel").fetchall())
        query = "SELECT channel, pole, source, id, begin FROM notice WHERE phase = ?"
        noted, ended = (
            {tuple(row) for row in own.execute(query, (phase,)) if since.get(row["channel"], at) <= row["begin"]}
            for phase in ("begin", "end")
        )
    new = [
        (channel.name, "begin", line)
        for line in _all(db, IncidentsAsked(open=True, limit=1000), now)
        for channel in channels
        if line.begin.timestamp() >= since[channel.name] and _wanted(channel, line)
    ]
    new += [
        (channel.name, phase, line)
        for line in _brief(db, since, noted, now)
        for channel in channels
        if line.begin.timestamp() >= since[channel.name] and _wanted(channel, line)
        for phase in ("begin", "end")
    ]
    oldest = min((key[4] for key in noted - ended), default=None)
    if oldest is not None:
        asked = IncidentsAsked(open=False, since=datetime.fromtimestamp(oldest - 1, UTC), limit=1000)
        over = {(line.pole, line.source, line.id): line for line in _all(db, asked, now)}
        for channel, pole, source, name, begin in sorted(noted - ended):
            line = over.get((pole, source, name))
            if line is not None and abs(line.begin.timestamp() - begin) < 1e-3:
                new.append((channel, "end", line))
    with desk.change() as own:
        own.executemany(
            "INSERT INTO notice VALUES (?, ?, ?, ?, ?, ?, 'waiting', 0, ?, ?, ?, '') ON CONFLICT DO NOTHING",
            [
                (
                    channel,
                    line.pole,
                    line.source,
                    line.id,
                    line.begin.timestamp(),
                    phase,
                    at,
                    at,
                    msgspec.json.encode(line).decode(),
                )
                for channel, phase, line in new
            ],
        )
    return given_up


def _all(db: Database, asked: IncidentsAsked, now: datetime) -> list[IncidentLine]:
    found: list[IncidentLine] = []
    while True:
        part = incidents(db, asked, now)
        found += part.items
        if part.next is None:
            return found
        asked = msgspec.structs.replace(asked, cursor=part.next)


def _brief(
    db: Database, since: Mapping[str, float], noted: set[tuple[Any, ...]], now: datetime
) -> Iterator[IncidentLine]:
    """Incidents of late that were over before they were seen; a device that has never been down is none."""
    begin = max(min(since.values(), default=0.0), (now - LATE).timestamp())
    known = {key[1:] for key in noted}
    query = 'SELECT pole, source, id, begin FROM every WHERE begin >= ? AND "end" != begin ORDER BY begin'
    for pole, source, name, at in db.execute(query, (begin,)).fetchall() if since else ():
        if (pole, source, name, at) not in known:
            yield incident(db, IncidentAsked(pole=pole, source=source, id=name), now).line


def _wanted(channel: NotifyChannel, line: IncidentLine) -> bool:
    return (
        line.severity in _SEVERE
        and _SEVERE.index(line.severity) >= _SEVERE.index(channel.severity)
        and (not channel.kinds or line.kind in channel.kinds)
        and (not channel.districts or line.district in channel.districts)
        and line.silent_until is None
        and line.acknowledged is None
    )


def due(desk: DeskFile, channel: NotifyChannel, now: float) -> list[_Row]:
    """What this channel may send now, the oldest first; none while its bound of messages holds."""
    with desk.change() as own:
        found = own.execute("SELECT sent FROM channel WHERE name = ?", (channel.name,)).fetchone()
        if found is None or now < found["sent"] + 3600 / channel.per_hour:
            return []
        rows = own.execute(
            "SELECT * FROM notice WHERE channel = ? AND state = 'waiting' AND due <= ? "
            "ORDER BY begin, pole, source, id, phase LIMIT ?",
            (channel.name, now, MOST_AT_ONCE),
        ).fetchall()
    return [
        _Row(
            tuple(row[name] for name in ("channel", "pole", "source", "id", "begin", "phase")),
            row["tries"],
            Notice(phase=row["phase"], incident=msgspec.json.decode(row["text"], type=IncidentLine)),
        )
        for row in rows
    ]


def sent(desk: DeskFile, channel: NotifyChannel, rows: Sequence[_Row], now: float) -> None:
    with desk.change() as own:
        own.execute("UPDATE channel SET sent = ? WHERE name = ?", (now, channel.name))
        own.executemany(f"UPDATE notice SET state = 'sent', due = ? WHERE {_KEY}", [(now, *row.key) for row in rows])  # noqa: S608  our own names


def failed(desk: DeskFile, rows: Sequence[_Row], error: str, now: float) -> int:
    """Keeps them for another try, or gives up those that are too old; how many were given up."""
    given_up = 0
    with desk.change() as own:
        for row in rows:
            pause = min(LONGEST_S, FIRST_S * 2 ** min(row.tries, 20))
            made = own.execute(f"SELECT made FROM notice WHERE {_KEY}", row.key).fetchone()["made"]  # noqa: S608  our own names
            over = now + pause > made + GIVE_UP_S
            given_up += over
            own.execute(
                f"UPDATE notice SET tries = tries + 1, due = ?, error = ?, state = ? WHERE {_KEY}",  # noqa: S608  our own names
                (now + pause, error[:500], "given up" if over else "waiting", *row.key),
            )
    return given_up
