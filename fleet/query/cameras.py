"""The register of cameras: which there are, what each is for, and where passers-by read about it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from fleet.query.paging import Cursor, Limit, Listed, cursor_of, key_of, moment
from fleet.store.database import Database


class CameraLine(msgspec.Struct, frozen=True, kw_only=True):
    """One camera: of the pole's own list, of the register, or of both."""

    pole: str
    camera: str
    known: Annotated[bool, Meta(description="the pole reports it: it is there")]
    registered: Annotated[bool, Meta(description="purpose, sign and retention are on record")]
    state: Annotated[str, Meta(description="ok, or what is wrong with it")] = "ok"
    purpose: str = ""
    sign: Annotated[str, Meta(description="where passers-by read about it")] = ""
    operator: Annotated[str, Meta(description="who answers for it")] = ""
    retention_days: int | None = None
    changed: datetime | None = None
    who: str = ""
    street: str = ""
    district: str = ""


class CamerasAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which cameras, by pole and name. ``registered`` false: those about which something must be put on record."""

    pole: Annotated[str, Meta(max_length=64)] = ""
    registered: bool | None = None
    limit: Limit = 100
    cursor: Cursor = ""


_QUERY = """
WITH one AS (SELECT pole, camera FROM listed UNION SELECT pole, camera FROM desk.camera)
SELECT one.pole AS pole, one.camera AS camera, listed.camera IS NOT NULL AS known, c.purpose IS NOT NULL AS registered,
    coalesce((SELECT type FROM incident i WHERE i.pole = one.pole AND i.source = one.camera AND "end" IS NULL
        AND kind IN ('camera_state', 'tamper') ORDER BY begin DESC LIMIT 1), 'ok') AS state,
    purpose, sign, operator, retention_days, changed, who,
    coalesce(street, '') AS street, coalesce(district, '') AS district
FROM one LEFT JOIN listed ON listed.pole = one.pole AND listed.camera = one.camera
LEFT JOIN desk.camera c ON c.pole = one.pole AND c.camera = one.camera LEFT JOIN register ON register.pole = one.pole
WHERE (one.pole, one.camera) > (?, ?) AND (? = '' OR one.pole = ?) AND (? IS NULL OR (c.purpose IS NOT NULL) = ?)
ORDER BY one.pole, one.camera LIMIT ?
"""


def cameras(db: Database, asked: CamerasAsked) -> Listed[CameraLine]:
    after = key_of(asked.cursor, tuple[str, str]) if asked.cursor else ("", "")
    values = (*after, asked.pole, asked.pole, asked.registered, asked.registered, asked.limit + 1)
    rows = db.execute(_QUERY, values).fetchall()
    items = tuple(
        CameraLine(
            pole=row["pole"],
            camera=row["camera"],
            known=bool(row["known"]),
            registered=bool(row["registered"]),
            state=row["state"],
            purpose=row["purpose"] or "",
            sign=row["sign"] or "",
            operator=row["operator"] or "",
            retention_days=row["retention_days"],
            changed=None if row["changed"] is None else moment(row["changed"]),
            who=row["who"] or "",
            street=row["street"],
            district=row["district"],
        )
        for row in rows[: asked.limit]
    )
    return Listed(items=items, next=cursor_of(items[-1].pole, items[-1].camera) if len(rows) > asked.limit else None)
