"""How the small tables change with new events."""

from __future__ import annotations

from fleet.store.notes import DeletedRow, EpochRow, IncidentRow, InForceRow, StateRow, UpdateStepRow

SEGMENT = (
    "INSERT INTO segment (pole, epoch, first, last, count, lane, t0, t1, received, body, age, kinds) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
SEEN_CHANGES = (
    "ON CONFLICT (pole) DO UPDATE SET seen = max(pole.seen, excluded.seen), day = excluded.day, "
    "bytes = excluded.bytes, refused = excluded.refused"
)
SEEN = f"INSERT INTO pole (pole, seen, day, bytes, refused) VALUES (?, ?, ?, ?, ?) {SEEN_CHANGES}"  # noqa: S608  our own words
STATUS = (
    "INSERT INTO pole (pole, seen, state, status) VALUES (?, ?, ?, ?) ON CONFLICT (pole) DO UPDATE SET "
    "seen = max(pole.seen, excluded.seen), state = excluded.state, status = excluded.status"
)
STATUS_KEPT = STATUS.replace("seen = max(pole.seen, excluded.seen), ", "")
"""The broker's copy of a status: the pole was not seen now."""
LATEST_CHANGES = (
    "ON CONFLICT (series) DO UPDATE SET at = excluded.at, value = excluded.value, unit = excluded.unit, "
    "quality = excluded.quality WHERE excluded.at >= latest.at"
)
LATEST = f"INSERT INTO latest VALUES (?, ?, ?, ?, ?) {LATEST_CHANGES}"  # noqa: S608  our own words
HOUR_CHANGES = (
    "ON CONFLICT (series, hour) DO UPDATE SET count = hour.count + excluded.count, sum = hour.sum + excluded.sum, "
    "min = min(coalesce(hour.min, excluded.min), coalesce(excluded.min, hour.min)), "
    "max = max(coalesce(hour.max, excluded.max), coalesce(excluded.max, hour.max)), "
    "increase = coalesce(hour.increase + excluded.increase, hour.increase, excluded.increase), "
    "x = hour.x + excluded.x, y = hour.y + excluded.y"
)
HOUR = f"INSERT INTO hour VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) {HOUR_CHANGES}"  # noqa: S608  our own words
CONFLICT = "INSERT INTO conflict VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
_INCIDENT = (
    "INSERT INTO incident VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (pole, source, id) DO UPDATE SET "
)
_NEWER = (
    "at = excluded.at, epoch = excluded.epoch, seq = excluded.seq, received = excluded.received "
    "WHERE CASE WHEN excluded.epoch = {0}.epoch THEN excluded.seq > {0}.seq ELSE excluded.at >= {0}.at END"
)
"""Of two events of a pole the one with the greater number counts; of two epochs the later one."""
NOTES: dict[type, str] = {
    IncidentRow: f"{_INCIDENT}begin = min(incident.begin, excluded.begin), "
    '"end" = coalesce(excluded."end", incident."end"), '
    "reason = coalesce(excluded.reason, incident.reason), body = excluded.body, age = excluded.age",
    StateRow: f'{_INCIDENT}begin = CASE WHEN excluded."end" IS NULL THEN excluded.begin ELSE incident.begin END, '
    '"end" = excluded."end", '
    "type = excluded.type, reason = excluded.reason, body = excluded.body, age = excluded.age "
    'WHERE excluded.begin >= max(incident.begin, coalesce(incident."end", incident.begin))',
    DeletedRow: "INSERT INTO deleted VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    EpochRow: "INSERT INTO epoch VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (pole, epoch) DO UPDATE SET "
    "first = max(epoch.first, excluded.first), given = max(epoch.given, excluded.given), "
    "certain = coalesce(excluded.certain, epoch.certain), successor = coalesce(epoch.successor, excluded.successor)",
    UpdateStepRow: "INSERT INTO update_step VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (pole, release) "  # noqa: S608
    "DO UPDATE SET stage = excluded.stage, outcome = excluded.outcome, text = excluded.text, "
    + _NEWER.format("update_step"),
    InForceRow: "INSERT INTO in_force VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (pole) DO UPDATE SET body = excluded.body, "  # noqa: S608
    + _NEWER.format("in_force"),
}
"""Each takes the pole and then the fields of its row."""
