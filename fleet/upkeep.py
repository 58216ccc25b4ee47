"""What the store needs now and then: small segments are packed, day by day, one pole after the other."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Never

from fleet.store.packing import pack
from fleet.store.writer import StoreWriter

EVERY_S = 3600.0
DAYS = 3
"""Days that are looked at, the newest first: a backlog may come late."""
SETTLED = timedelta(hours=1)
"""A day is packed this long after its end."""
DAY_S = 86_400.0
log = logging.getLogger(__name__)


async def keep_up(writer: StoreWriter, now: Callable[[], datetime]) -> Never:
    """Packs what is to be packed, every hour. Ends by cancellation only; the ingest goes on between two poles."""
    while True:
        try:
            await pack_all(writer, now())
        except sqlite3.Error as reason:
            log.warning("segments cannot be packed: %s; it is tried again in an hour", reason)
        await asyncio.sleep(EVERY_S)


async def pack_all(writer: StoreWriter, now: datetime) -> int:
    """Packs the days that are over; how many segments went into larger ones."""
    end = (now - SETTLED).timestamp() // DAY_S * DAY_S
    poles = await writer.do(lambda db: [pole for (pole,) in db.execute("SELECT pole FROM pole ORDER BY pole")])
    packed = 0
    for pole in poles:
        for day in range(DAYS):
            begin = end - (day + 1) * DAY_S
            packed += await writer.do(partial(pack, pole=pole, begin=begin, end=begin + DAY_S))
    return packed
