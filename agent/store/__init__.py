"""The outbox and the raw ring on disk: ``open_store`` is the door. How it keeps its promises: docs/store.md."""

from agent.store.ring import Piece, RingQuery
from agent.store.store import Store, open_store

__all__ = ["Piece", "RingQuery", "Store", "open_store"]
