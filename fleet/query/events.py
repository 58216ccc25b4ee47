"""Events of the archive as the pole sent them."""

from __future__ import annotations

import heapq
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from contract.envelope import Envelope
from fleet.errors import Wrong
from fleet.query.paging import Cursor, Limit, Listed, cursor_of, key_of
from fleet.query.poles import PoleId
from fleet.store.archive import events_between
from fleet.store.database import Database

LONGEST = timedelta(days=7)


class EventsAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events of one pole, from ``since`` until before ``until``, at most 7 days; the oldest first."""

    pole: PoleId
    since: Annotated[datetime, Meta(tz=True)]
    until: Annotated[datetime, Meta(tz=True)]
    kind: Annotated[str, Meta(max_length=64, description="such as alert; empty for all")] = ""
    source: Annotated[str, Meta(max_length=200, description="a device or camera; empty for all")] = ""
    limit: Limit = 100
    cursor: Cursor = ""


def events(db: Database, asked: EventsAsked) -> Listed[Envelope]:
    if asked.until - asked.since > LONGEST:
        raise Wrong(f"since and until lie more than {LONGEST.days} days apart: ask day by day")
    after = key_of(asked.cursor, tuple[float, str, int]) if asked.cursor else (-1e12, "", 0)
    begin = max(asked.since.timestamp(), after[0])
    found = (
        event
        for event in events_between(db, asked.pole, begin, asked.until.timestamp())
        if _key(event) > after
        and (not asked.kind or event.type.split(".")[1] == asked.kind)
        and (not asked.source or event.source.partition("/")[2] == asked.source)
    )
    first = heapq.nsmallest(asked.limit + 1, found, key=_key)
    items = tuple(first[: asked.limit])
    return Listed(items=items, next=cursor_of(*_key(items[-1])) if len(first) > asked.limit else None)


def _key(event: Envelope) -> tuple[float, str, int]:
    return event.time.timestamp(), event.epoch, event.seq
