"""What the store needs now and then: small segments are packed, what is too old is deleted."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Never

import msgspec

from fleet.accounts.audit import note
from fleet.desk.file import DeskFile
from fleet.jobs.holes import WHO
from fleet.jobs.rows import forget
from fleet.store.packing import pack
from fleet.store.retention import Deleted, delete, drop, forget_unreadable
from fleet.store.writer import StoreWriter

EVERY_S = 3600.0
DAYS = 3
"""Days that are looked at, the newest first: a backlog may come late."""
SETTLED = timedelta(hours=1)
"""A day is packed this long after its end."""
UNREADABLE = timedelta(days=90)
"""How long messages stay in the quarantine: nobody can tell what is in them."""
DAY_S = 86_400.0
log = logging.getLogger(__name__)


class UpkeepHealth(msgspec.Struct, kw_only=True):
    """``text`` is why the last round failed, empty when all is well; ``done`` when one ended well, or the start."""

    text: str = ""
    done: datetime | None = None


async def keep_up(
    writer: StoreWriter,
    desk: DeskFile,
    now: Callable[[], datetime],
    days: Mapping[str, int],
    health: UpkeepHealth,
) -> Never:
    """Packs and deletes every hour. Ends by cancellation only; the ingest goes on between two poles.

    ``days``: lane or kind -> days that its events are kept; what is not in it is kept for ever.
    """
    health.done = now()
    while True:
        try:
            await writer.do(lambda db: forget(db, WHO, now()))
            await writer.do(lambda db: forget_unreadable(db, (now() - UNREADABLE).timestamp()))
            await pack_all(writer, now())
            for name, kept in sorted(days.items()):
                await delete_all(writer, desk, name, now(), kept)
        except sqlite3.Error as reason:
            health.text = f"segments cannot be packed or deleted: {reason}; it is tried again in an hour"
            log.warning("%s", health.text)
        else:
            health.text, health.done = "", now()
        await asyncio.sleep(EVERY_S)


async def delete_all(writer: StoreWriter, desk: DeskFile, name: str, now: datetime, days: int) -> Deleted:
    """Deletes what of a lane or of a kind is older than ``days``, and says so in the audit; how much."""
    before = now - timedelta(days=days)
    segments, events = await writer.do(partial(drop, name=name, before=before.timestamp()))
    for pole in await _poles(writer):
        after: int | None = 0
        while after is not None:
            done = await writer.do(partial(delete, pole=pole, name=name, before=before.timestamp(), after=after))
            segments += done.segments
            events += done.events
            after = done.after
    if segments:
        with desk.change() as db:
            detail = {"before": before, "days": days, "segments": segments, "events": events}
            note(db, now, WHO, "retention.delete", name, address="", **detail)
    return Deleted(segments=segments, events=events)


async def _poles(writer: StoreWriter) -> list[str]:
    return await writer.do(lambda db: [pole for (pole,) in db.execute("SELECT pole FROM pole ORDER BY pole")])


async def pack_all(writer: StoreWriter, now: datetime) -> int:
    """Packs the days that are over; how many segments went into larger ones."""
    end = (now - SETTLED).timestamp() // DAY_S * DAY_S
    packed = 0
    for pole in await _poles(writer):
        for day in range(DAYS):
            begin = end - (day + 1) * DAY_S
            packed += await writer.do(partial(pack, pole=pole, begin=begin, end=begin + DAY_S))
    return packed
