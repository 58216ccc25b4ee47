"""What a route is: one row. The web server, the check of rights and the OpenAPI document are made of these rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec

from fleet.accounts.book import Accounts
from fleet.accounts.roles import Caller, Role, Scope
from fleet.desk.file import DeskFile
from fleet.proof.book import SealBook
from fleet.query.places import Crs
from fleet.releases import PublishedPlan
from fleet.store.database import Database
from fleet.store.server import Where

ROOT = "/api/v1"


class CommandDesk(Protocol):
    """Takes commands for poles; ``submit`` raises ``FleetError`` where it does not."""

    async def submit(self, poles: Sequence[str], name: str, args: object, expires: datetime, who: str) -> str: ...


class MapTiles(msgspec.Struct, frozen=True, kw_only=True):
    """Tiles of Web Mercator, 256 pixels wide, as ``folder/zoom/x/y.ending``. ``crs``: what they are drawn in."""

    folder: Path
    ending: str
    zooms: tuple[int, ...]
    crs: Crs = "wgs84"
    credit: str = ""


class WebParts(msgspec.Struct, frozen=True, kw_only=True):
    """What the pages stand on. ``health`` gives a struct for each running part of the platform, by name.

    ``secure``: the server speaks TLS, so that cookies never travel without. ``virtual``: the poles are made up.
    """

    where: Where
    desk: DeskFile
    accounts: Accounts
    jobs: CommandDesk
    health: Callable[[], Mapping[str, object]]
    now: Callable[[], datetime]
    secure: bool = False
    virtual: bool = False
    tiles: MapTiles | None = None
    releases: PublishedPlan | None = None
    seals: SealBook | None = None


class Question(msgspec.Struct, kw_only=True):
    """One request: who asks what. ``db`` reads the store; ``cookie`` is what the answer sets as the session."""

    parts: WebParts
    caller: Caller
    args: Any
    db: Database
    address: str
    session: str = ""
    cookie: str | None = None

    @property
    def now(self) -> datetime:
        return self.parts.now()


class ApiRoute(msgspec.Struct, frozen=True, kw_only=True):
    """``asks`` are its parameters (path, then query; the JSON body of a POST), ``gives`` its answer.

    ``looks``: at which source (empty: all) of which pole; where that is a camera, the look stands in the audit.
    ``role`` is the least that may ask it; None for those at the door. ``do`` takes a ``Question``.
    """

    method: Literal["GET", "POST"]
    path: str
    text: str
    asks: type[msgspec.Struct]
    gives: Any
    do: Callable[[Question], Any]
    role: Role | None = Role.VIEWER
    scope: Scope = Scope.READ
    looks: Callable[[Any], tuple[str, str]] | None = None


class Nothing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No parameters."""


class ApiProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Why something was not done, in one sentence."""

    error: str
