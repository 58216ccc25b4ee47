"""What the platform notices by itself, kept in the desk's table with begin and end."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fleet.desk.file import DeskFile
from fleet.incidents.rhythm import NoticedNow, certificates, over, overdue
from fleet.store.database import Database

SOURCE = "platform"


def watch(db: Database, desk: DeskFile, now: float) -> None:
    """Looks once: new ones begin, those that are over end, a change of type or words shows."""
    keep(desk, [*overdue(db, now), *certificates(db, now), *over(db, now)], now)


def keep(desk: DeskFile, found: Sequence[NoticedNow], now: float) -> None:
    there = {(each.pole, each.id): each for each in found}
    with desk.change() as own:
        open_ = {
            (row["pole"], row["id"]): row["begin"]
            for row in own.execute('SELECT pole, id, begin FROM noticed WHERE "end" IS NULL')
        }
        own.executemany(
            "UPDATE noticed SET \"end\" = ?, reason = 'over' WHERE pole = ? AND source = ? AND id = ?",
            [(now, pole, SOURCE, name) for pole, name in sorted(open_.keys() - there.keys())],
        )
        own.executemany(
            "INSERT INTO noticed VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL, ?) "
            "ON CONFLICT (pole, source, id) DO UPDATE SET kind = excluded.kind, "
            "type = excluded.type, severity = excluded.severity, begin = excluded.begin, "
            '"end" = NULL, reason = NULL, body = excluded.body',
            [
                (pole, SOURCE, name, name, each.type, each.severity, open_.get((pole, name), each.begin), _body(each))
                for (pole, name), each in sorted(there.items())
            ],
        )


def _body(each: NoticedNow) -> bytes:
    return msgspec.json.encode({"text": each.words})
