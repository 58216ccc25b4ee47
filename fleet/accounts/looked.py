"""Who looked at what a camera has reported stands in the audit, under the camera: once an hour for each person."""

from __future__ import annotations

from datetime import datetime, timedelta

from fleet.accounts.audit import note
from fleet.accounts.roles import Caller
from fleet.desk.file import DeskFile
from fleet.store.database import Database

LOOKED = "looked"
AGAIN = timedelta(hours=1)
"""A page asks again and again; within this time it is one look."""
_CAMERAS = """
SELECT camera FROM listed WHERE pole = :pole AND :source IN ('', camera)
UNION SELECT camera FROM desk.camera WHERE pole = :pole AND :source IN ('', camera)
"""


def note_look(db: Database, desk: DeskFile, looked: tuple[str, str], by: Caller, now: datetime) -> None:
    """``looked``: at which source of which pole; an empty source is all. What is no camera is not noted."""
    pole, source = looked
    cameras = [name for (name,) in db.execute(_CAMERAS, {"pole": pole, "source": source})]
    since = (now - AGAIN).timestamp()
    query = "SELECT 1 FROM desk.audit WHERE subject = ? AND at > ? AND who = ? AND what = ?"
    new = [
        subject
        for subject in (f"{pole}/{name}" for name in cameras)
        if db.execute(query, (subject, since, by.name, LOOKED)).fetchone() is None
    ]
    if new:
        with desk.change() as own:
            for subject in new:
                note(own, now, by.name, LOOKED, subject, address=by.address)
