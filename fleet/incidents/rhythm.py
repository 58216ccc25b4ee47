"""Which poles are overdue, each measured by its own rhythm; and certificates that run out."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import timedelta

import msgspec

from contract.words import Words, both, span
from fleet.store.database import Database
from fleet.store.intake import DAY_S

LOOK_BACK = 60
"""Newest segments of a pole that show its rhythm."""
LEAST_S = 180.0
"""No pole is overdue before: a link that comes back in time is no incident."""
UNKNOWN_S = 3600.0
"""The longest, and that of a pole not seen often enough to have a rhythm; a status comes every 15 minutes."""
GAPS = 5
TIMES = 3.0
CERTIFICATE = timedelta(days=30)


class NoticedNow(msgspec.Struct, frozen=True, kw_only=True):
    """An incident that the platform sees by itself; ``begin`` in seconds since 1970."""

    pole: str
    id: str
    type: str
    severity: str
    begin: float
    words: Words


def allowed_s(received: Sequence[float]) -> float:
    """How long a pole may be silent that sent segments at these times, ascending: three times its usual longest pause.

    The usual longest pause is the tenth largest percent; pauses below a second lie within one message. At most
    ``UNKNOWN_S``: where days were packed, a pole's segments lie a day apart.
    """
    gaps = sorted(b - a for a, b in itertools.pairwise(received) if b - a >= 1.0)
    if len(gaps) < GAPS:
        return UNKNOWN_S
    return min(UNKNOWN_S, max(LEAST_S, TIMES * gaps[int(len(gaps) * 0.9)]))


def overdue(db: Database, now: float) -> list[NoticedNow]:
    """Poles that are silent for longer than they use to be; not those that said that they stop."""
    query = f"SELECT pole, seen, {db.said('reason')} AS reason FROM pole WHERE seen < ? ORDER BY pole"  # noqa: S608  our own names
    found = []
    for pole, seen, reason in db.execute(query, (now - LEAST_S,)).fetchall():
        if reason == "stopped":
            continue
        times = db.execute(
            "SELECT received FROM segment WHERE pole = ? ORDER BY t0 DESC LIMIT ?", (pole, LOOK_BACK)
        ).fetchall()
        allowed = allowed_s(sorted(received for (received,) in times))
        if now - seen > allowed:
            usual = span(allowed)
            words = both(
                f"silent for longer than the {usual} that it may be by its own rhythm: check power and link",
                f"静默超过其自身节律允许的 {usual}：检查供电和链路",
            )
            found.append(
                NoticedNow(pole=pole, id="overdue", type="overdue", severity="warning", begin=seen, words=words)
            )
    return found


def certificates(db: Database, now: float) -> list[NoticedNow]:
    """Poles whose newest certificate that is not revoked ends within 30 days, or has ended."""
    query = (
        "SELECT pole, max(not_after) AS ends FROM certificate WHERE revoked IS NULL GROUP BY pole "
        "HAVING max(not_after) < ? ORDER BY pole"
    )
    found = []
    for pole, ends in db.execute(query, (now + CERTIFICATE.total_seconds(),)):
        over = ends < now
        words = (
            both("its certificate has expired: claim the pole again", "证书已过期：请重新接入灯杆")
            if over
            else both(f"its certificate ends in {span(ends - now)}", f"证书将在 {span(ends - now)} 后到期")
        )
        found.append(
            NoticedNow(
                pole=pole,
                id="certificate",
                type="expired" if over else "expiring",
                severity="alarm" if over else "warning",
                begin=ends - CERTIFICATE.total_seconds(),
                words=words,
            )
        )
    return found


def over(db: Database, now: float) -> list[NoticedNow]:
    """Poles of which messages were not stored today, since they send more than is taken of one in a day."""
    query = "SELECT pole, refused FROM pole WHERE refused > 0 AND day = ? ORDER BY pole"
    found = []
    for pole, refused in db.execute(query, (int(now // DAY_S),)):
        words = both(
            f"sends more than is taken of one pole in a day: {refused} messages were not stored and not confirmed, the "
            'pole keeps them if its ack is "platform": look for what floods it, or raise --mib-per-day',
            f'超过每根灯杆每日的接收上限：{refused} 条消息未存储、未确认，灯杆的 ack 为 "platform" 时仍保留在灯杆上；'
            "请查明来源，或提高 --mib-per-day",
        )
        found.append(NoticedNow(pole=pole, id="over", type="over", severity="warning", begin=now, words=words))
    return found
