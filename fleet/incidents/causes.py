"""Open incidents grouped by their likely cause: what the poles that have one have in common and others have not.

Of each property of a pole (feeder, cell tower, street, settings, model) each value has a share of poles with an open
incident of one kind. A value is a likely cause where at least ``LEAST`` poles and ``SHARE`` of all its poles have one,
and at least ``LIFT`` times the share of the others; what all poles have in common is none. The value that explains
most is taken first; what it explains counts for no other.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from fleet.query.incidents import IncidentAsked
from fleet.store.database import Database

LEAST, SHARE, LIFT = 3, 0.5, 2.0
"""Three poles of one feeder by chance are rare where incidents are; half of its poles leave one out that is off for
another reason. Chosen by judgement, not on data; the operator sees the figures."""
MOST = 20
By = Literal["feeder", "cell", "street", "revision", "model"]
_ORDER: tuple[By, ...] = ("feeder", "cell", "street", "revision", "model")
_SEVERE = ("info", "warning", "alarm")

_PROPERTIES = """
SELECT pole, 'feeder' AS by, feeder AS value FROM register WHERE feeder != ''
UNION ALL SELECT pole, 'cell', cell FROM register WHERE cell != ''
UNION ALL SELECT pole, 'street', street FROM register WHERE street != ''
UNION ALL SELECT pole, 'revision', {revision} FROM pole WHERE coalesce({revision}, '') != ''
UNION ALL SELECT pole, 'model', model FROM modelled
"""


class LikelyCause(msgspec.Struct, frozen=True, kw_only=True):
    """``poles`` of the ``of`` poles with this ``value`` have an open incident of ``kind``."""

    by: By
    value: str
    kind: str
    severity: str
    poles: int
    of: int
    incidents: Annotated[tuple[IncidentAsked, ...], Meta(description="those that it explains, not acknowledged yet")]


class _Open(msgspec.Struct, frozen=True):
    pole: str
    source: str
    id: str
    severity: str


def causes(db: Database) -> tuple[LikelyCause, ...]:
    """Of what is open and not acknowledged; the one of most poles first."""
    found: defaultdict[str, list[_Open]] = defaultdict(list)
    query = (
        "SELECT kind, e.pole, e.source, e.id, severity FROM every e LEFT JOIN desk.acknowledged a "
        "ON a.pole = e.pole AND a.source = e.source AND a.id = e.id AND a.begin = e.begin "
        'WHERE "end" IS NULL AND a.at IS NULL ORDER BY kind, e.pole, e.source, e.id'
    )
    for kind, *row in db.execute(query):
        found[kind].append(_Open(*row))
    if all(len({each.pole for each in those}) < LEAST for those in found.values()):
        return ()
    groups: defaultdict[tuple[By, str], set[str]] = defaultdict(set)
    for pole, by, value in db.execute(_PROPERTIES.format(revision=db.said("revision"))):
        groups[by, value].add(pole)
    (city,) = db.execute(
        "SELECT count(*) FROM (SELECT pole FROM register UNION SELECT pole FROM pole) AS one"
    ).fetchone()
    likely = [cause for kind, those in found.items() for cause in _likely(kind, those, groups, city)]
    return tuple(sorted(likely, key=lambda cause: -cause.poles)[:MOST])


def _likely(kind: str, those: list[_Open], groups: dict[tuple[By, str], set[str]], city: int) -> list[LikelyCause]:
    left = {each.pole for each in those}
    likely: list[LikelyCause] = []
    while len(likely) < MOST and (chosen := _best(left, groups, city)) is not None:
        by, value = chosen
        members = groups[chosen]
        explained = [each for each in those if each.pole in left & members]
        likely.append(
            LikelyCause(
                by=by,
                value=value,
                kind=kind,
                severity=max((each.severity for each in explained), key=_rank),
                poles=len(left & members),
                of=len(members),
                incidents=tuple(IncidentAsked(pole=each.pole, source=each.source, id=each.id) for each in explained),
            )
        )
        left -= members
    return likely


def _best(left: set[str], groups: dict[tuple[By, str], set[str]], city: int) -> tuple[By, str] | None:
    """The value that explains most of ``left``, weighted by the share of its poles; None where none is likely."""
    fitting = []
    for (by, value), members in groups.items():
        hit = len(left & members)
        share, others = hit / len(members), city - len(members)
        if hit >= LEAST and share >= SHARE and others and share >= LIFT * (len(left) - hit) / others:
            fitting.append((hit * share, -_ORDER.index(by), value, by))
    if not fitting:
        return None
    *_, value, by = max(fitting)
    return by, value


def _rank(severity: str) -> int:
    return _SEVERE.index(severity) if severity in _SEVERE else 0
