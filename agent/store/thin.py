"""Thinning: several summaries of one device become one longer summary, first of 10 minutes, then of an hour."""

from __future__ import annotations

import sqlite3

from agent.store.gaps import Gaps
from agent.store.outbox import Outbox
from agent.types import Stamp


class Thinning:
    def __init__(self, connection: sqlite3.Connection, outbox: Outbox, gaps: Gaps) -> None:
        self._db = connection
        self._outbox = outbox
        self._gaps = gaps

    def step(self, now: Stamp) -> bool:
        """Merge a little; whether anything was merged."""
        return False
