"""All that is known of one pole."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from contract.birth import Status
from fleet.errors import NoSuch
from fleet.gcj02 import to_gcj02
from fleet.query.acceptance import AcceptanceShown, newest_acceptance
from fleet.query.completeness import HoleLine, holes, status_of
from fleet.query.poles import PoleId, PoleLine, pole_line
from fleet.query.values import NewestValue, newest
from fleet.store.database import Database

MOST_HOLES = 500


class PoleAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which pole."""

    pole: PoleId


class PoleWhole(msgspec.Struct, frozen=True, kw_only=True):
    """One pole: where, how, what it measures, and whether all of it is here."""

    line: PoleLine
    status: Annotated[Status | None, Meta(description="its retained status: versions, devices, cameras, models")]
    values: tuple[NewestValue, ...]
    holes: Annotated[tuple[HoleLine, ...], Meta(description="numbers that are not stored, at most 500 ranges")]
    events: Annotated[int, Meta(description="that are stored")]
    conflicts: Annotated[int, Meta(description="second contents under a name that is stored")]
    quarantined: Annotated[int, Meta(description="messages that could not be read")]
    acceptance: Annotated[AcceptanceShown | None, Meta(description="the newest report of a setup")] = None
    gcj02: Annotated[tuple[float, float] | None, Meta(description="latitude, longitude for Chinese maps")] = None


def pole(db: Database, asked: PoleAsked) -> PoleWhole:
    line = pole_line(db, asked.pole)
    if line is None:
        raise NoSuch(f"there is no pole {asked.pole}")
    name = (asked.pole,)
    (events,) = db.execute("SELECT coalesce(sum(last - first + 1), 0) FROM coverage WHERE pole = ?", name).fetchone()
    (conflicts,) = db.execute("SELECT count(*) FROM conflict WHERE pole = ?", name).fetchone()
    (quarantined,) = db.execute("SELECT count(*) FROM quarantine WHERE pole = ?", name).fetchone()
    return PoleWhole(
        line=line,
        status=status_of(db, asked.pole),
        values=newest(db, asked.pole),
        holes=holes(db, asked.pole)[:MOST_HOLES],
        events=events,
        conflicts=conflicts,
        quarantined=quarantined,
        acceptance=newest_acceptance(db, asked.pole),
        gcj02=None if line.latitude is None or line.longitude is None else to_gcj02(line.latitude, line.longitude),
    )
