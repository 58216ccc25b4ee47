"""How ``max_bytes`` is shared out, so that the files on disk together never exceed it."""

from __future__ import annotations

import msgspec

from agent.config.settings import KIB, MIB, StoreSettings

PAGE = 4096


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds in bytes unless the name says otherwise.

    ``pages`` is SQLite's own limit, ``use_pages`` the one that eviction keeps below it; ``delivered`` bounds the bodies
    of delivered rows that stay.
    """

    pages: int
    use_pages: int
    wal: int
    ring: int
    transaction: int
    body: int
    queue: int
    delivered: int

    @property
    def checkpoint_pages(self) -> int:
        """So many pages in the write-ahead log make SQLite move them into the database."""
        return self.wal // 2 // PAGE

    @classmethod
    def of(cls, settings: StoreSettings) -> Budget:
        total = settings.max_bytes
        wal = min(4 * MIB, total // 8)
        pages = (total - 2 * wal - 64 * KIB) // PAGE  # a checkpoint may come one transaction late: twice
        return cls(
            pages=pages,
            use_pages=pages - max(12, pages // 32),
            wal=wal,
            ring=min(settings.ring_bytes, total // 2),
            transaction=wal // 4,
            body=min(256 * KIB, wal // 8),
            queue=min(8 * MIB, max(MIB, total // 16)),
            delivered=min(settings.delivered_bytes, total // 2),
        )
