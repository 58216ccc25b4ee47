"""How the small tables change with new events, in SQL of SQLite."""

from __future__ import annotations

from fleet.store.notes import DeletedRow, EpochRow, IncidentRow, StateRow

SEGMENT = (
    "INSERT INTO segment (pole, epoch, first, last, count, lane, t0, t1, received, body, age, kinds) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
SEEN = (
    "INSERT INTO pole (pole, seen, day, bytes, refused) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
    "seen = max(seen, excluded.seen), day = excluded.day, bytes = excluded.bytes, refused = excluded.refused"
)
STATUS = (
    "INSERT INTO pole (pole, seen, state, status) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
    "seen = max(seen, excluded.seen), state = excluded.state, status = excluded.status"
)
STATUS_KEPT = STATUS.replace("seen = max(seen, excluded.seen), ", "")
"""The broker's copy of a status: the pole was not seen now."""
LATEST = (
    "INSERT INTO latest VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at, "
    "value = excluded.value, unit = excluded.unit, quality = excluded.quality WHERE excluded.at >= at"
)
HOUR = (
    "INSERT INTO hour VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
    "count = count + excluded.count, sum = sum + excluded.sum, "
    "min = min(ifnull(min, excluded.min), ifnull(excluded.min, min)), "
    "max = max(ifnull(max, excluded.max), ifnull(excluded.max, max)), "
    "increase = ifnull(increase + excluded.increase, ifnull(increase, excluded.increase)), "
    "x = x + excluded.x, y = y + excluded.y"
)
NOTES: dict[type, str] = {
    IncidentRow: "INSERT INTO incident VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
    'begin = min(begin, excluded.begin), "end" = ifnull(excluded."end", "end"), '
    "reason = ifnull(excluded.reason, reason), body = excluded.body, age = excluded.age",
    StateRow: "INSERT INTO incident VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
    'begin = CASE WHEN excluded."end" IS NULL THEN excluded.begin ELSE begin END, "end" = excluded."end", '
    "type = excluded.type, reason = excluded.reason, body = excluded.body, age = excluded.age "
    'WHERE excluded.begin >= max(begin, ifnull("end", begin))',
    DeletedRow: "INSERT OR IGNORE INTO deleted VALUES (?, ?, ?, ?, ?)",
    EpochRow: "INSERT INTO epoch VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
    "first = max(first, excluded.first), "
    "given = max(given, excluded.given), certain = ifnull(excluded.certain, certain), "
    "successor = ifnull(successor, excluded.successor)",
}
"""Each takes the pole and then the fields of its row."""
