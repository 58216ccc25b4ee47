"""What could not be read, kept under the pole on whose topic it came."""

from __future__ import annotations

from fleet.store.database import Database
from fleet.store.messages import Inbox

QUARANTINED = 200
"""Unreadable messages that are kept of one pole; of more, the oldest go."""
QUARANTINE_BYTES = 64 * 1024
"""What is kept of one unreadable message."""


def quarantine(db: Database, message: Inbox, reason: str) -> None:
    """Keeps the beginning of a message; part of its caller's transaction."""
    pole, payload = message.pole, message.payload
    row = (pole, message.received.timestamp(), reason[:500], len(payload), payload[:QUARANTINE_BYTES])
    db.execute("INSERT INTO quarantine (pole, received, reason, bytes, body) VALUES (?, ?, ?, ?, ?)", row)
    db.execute(
        "DELETE FROM quarantine WHERE pole = ? AND id NOT IN "
        "(SELECT id FROM quarantine WHERE pole = ? ORDER BY id DESC LIMIT ?)",
        (pole, pole, QUARANTINED),
    )
