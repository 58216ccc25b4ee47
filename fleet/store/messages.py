"""What comes into the store, and what a commit did."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Inbox(msgspec.Struct, frozen=True):
    """One message as it came: the pole and the last part of its topic, payload, when the platform received it.

    ``retained``: the broker's copy of a status, which is no sign of life.
    """

    pole: str
    payload: bytes
    received: datetime
    leaf: str = "event"
    retained: bool = False


class Committed(msgspec.Struct, kw_only=True):
    """What a commit did. ``confirmed`` are the ranges to acknowledge to the pole, by (pole, epoch).

    ``refused`` messages are in the quarantine; those that are ``over`` the bound of their pole, and those of poles
    that are ``elsewhere``, in another cell, are not stored at all.
    ``ends``: lane and newest time of each new segment whose pole had set its clock.
    """

    events: int = 0
    repeated: int = 0
    conflicts: int = 0
    refused: int = 0
    over: int = 0
    elsewhere: frozenset[str] = frozenset()
    confirmed: dict[tuple[str, str], tuple[tuple[int, int], ...]] = {}
    ends: list[tuple[str, float]] = []


def together(one: Committed, other: Committed) -> Committed:
    """Two commits as one."""
    confirmed = dict(one.confirmed)
    for name, ranges in other.confirmed.items():
        confirmed[name] = (*confirmed.get(name, ()), *ranges)
    return Committed(
        events=one.events + other.events,
        repeated=one.repeated + other.repeated,
        conflicts=one.conflicts + other.conflicts,
        refused=one.refused + other.refused,
        over=one.over + other.over,
        elsewhere=one.elsewhere | other.elsewhere,
        confirmed=confirmed,
        ends=one.ends + other.ends,
    )
