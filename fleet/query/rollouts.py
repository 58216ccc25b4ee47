"""Releases at the poles: what each pole has said of one, and how the rollouts of the published plan stand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from contract.events import InForce
from contract.plan import Assignment, Plan, RolloutState
from contract.sequential import LOWER, UPPER
from contract.standing import InForceSaid, PoleSaid, RolloutTally, StepSaid, tally
from fleet.query.paging import Cursor, Limit, Listed, cursor_of, key_of, moment
from fleet.store.database import Database

_QUERY = """
WITH one AS (SELECT pole FROM register UNION SELECT pole FROM pole)
SELECT one.pole AS pole, pole.seen AS seen, pole.state AS state, {tags} AS tags,
    stage, outcome, text, s.at AS at, s.epoch AS epoch, s.seq AS seq, s.received AS received, begun,
    body, f.at AS in_at, f.epoch AS in_epoch, f.seq AS in_seq, f.received AS in_received
FROM one LEFT JOIN pole USING (pole) LEFT JOIN in_force AS f USING (pole)
LEFT JOIN update_step AS s ON s.pole = one.pole AND s.release = ?
WHERE one.pole > ? ORDER BY one.pole
"""
_in_force = msgspec.json.Decoder(InForce)
_tags = msgspec.json.Decoder(tuple[str, ...])


class ReleaseAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which release, such as models/crops/3; of all poles, in the order of their ids."""

    release: Annotated[str, Meta(min_length=1, max_length=100)]
    limit: Limit = 100
    cursor: Cursor = ""


class RolloutLine(msgspec.Struct, frozen=True, kw_only=True):
    """One rollout of the plan. ``group`` is the one that is open; the test stops above ``upper``."""

    release: str
    state: RolloutState
    why: str
    groups: tuple[str, ...]
    group: str
    share: float
    begun: datetime
    opened: datetime
    tally: RolloutTally
    lower: float = LOWER
    upper: float = UPPER


class ReleaseLine(msgspec.Struct, frozen=True, kw_only=True):
    """What poles have said of a release: how many of each newest step, as ``commit done``."""

    release: str
    steps: dict[str, int]


class Rollouts(msgspec.Struct, frozen=True, kw_only=True):
    """``source``: where the plan was read; empty: the platform has no address. ``trouble``: why it could not be."""

    source: str
    trouble: str
    rollouts: tuple[RolloutLine, ...]
    releases: tuple[ReleaseLine, ...]


def poles_said(db: Database, asked: ReleaseAsked) -> Listed[PoleSaid]:
    after = key_of(asked.cursor, tuple[str])[0] if asked.cursor else ""
    rows = db.execute(f"{_query(db)} LIMIT {asked.limit + 1}", (asked.release, after)).fetchall()
    items = tuple(map(_said, rows[: asked.limit]))
    return Listed(items=items, next=cursor_of(items[-1].pole) if len(rows) > asked.limit else None)


def rollouts(db: Database, plan: Plan | None, source: str, trouble: str, now: datetime) -> Rollouts:
    found = [each for each in (plan.assignments if plan is not None else ()) if each.rollout is not None]
    return Rollouts(
        source=source,
        trouble=trouble,
        rollouts=tuple(_line(db, each, now) for each in reversed(found)),
        releases=tuple(_releases(db)),
    )


def _line(db: Database, each: Assignment, now: datetime) -> RolloutLine:
    rollout = each.rollout
    assert rollout is not None
    said = map(_said, db.scan(_query(db), (str(each.release), "")))
    return RolloutLine(
        release=str(each.release),
        state=rollout.state,
        why=rollout.why,
        groups=rollout.groups,
        group=rollout.groups[min(rollout.group, len(rollout.groups) - 1)],
        share=each.share,
        begun=rollout.begun,
        opened=rollout.opened,
        tally=tally(each, said, now),
    )


def _releases(db: Database) -> Iterator[ReleaseLine]:
    query = (
        "SELECT release, stage, outcome, count(*) FROM update_step GROUP BY release, stage, outcome "
        "ORDER BY release, stage, outcome"
    )
    steps: dict[str, dict[str, int]] = {}
    for release, stage, outcome, count in db.execute(query).fetchall():
        steps.setdefault(release, {})[f"{stage} {outcome}"] = count
    return (ReleaseLine(release=release, steps=counts) for release, counts in steps.items())


def _query(db: Database) -> str:
    return _QUERY.format(tags=db.said("tags"))


def _said(row: Any) -> PoleSaid:
    step = runs = None
    if row["stage"] is not None:
        step = StepSaid(
            stage=row["stage"],
            outcome=row["outcome"],
            text=row["text"],
            begun=moment(row["begun"]),
            received=moment(row["received"]),
            at=moment(row["at"]),
            epoch=row["epoch"],
            seq=row["seq"],
        )
    if row["body"] is not None:
        runs = InForceSaid(
            body=_in_force.decode(bytes(row["body"])),
            received=moment(row["in_received"]),
            at=moment(row["in_at"]),
            epoch=row["in_epoch"],
            seq=row["in_seq"],
        )
    return PoleSaid(
        pole=row["pole"],
        online=row["state"] == "online",
        seen=None if row["seen"] is None else moment(row["seen"]),
        tags=_tags_of(row["tags"]),
        step=step,
        in_force=runs,
    )


def _tags_of(text: object) -> tuple[str, ...]:
    try:
        return _tags.decode(text) if isinstance(text, str) else ()
    except msgspec.DecodeError:
        return ()
