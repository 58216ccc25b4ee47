"""What the command line can ask of the running platform: a method is an action, found by its name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from contract.carry import CarriedMessage
from contract.envelope import LANES
from contract.watermark import Watermark
from fleet.accounts.roles import HERE
from fleet.control import Action
from fleet.enrol.desk import EnrolDesk
from fleet.erasure import CameraErasure, Erased, Eraser
from fleet.errors import FleetError
from fleet.jobs import holes, rows
from fleet.jobs.desk import JobDesk
from fleet.register.places import RegisteredPole, put, selected
from fleet.store.messages import Inbox
from fleet.store.poison import commit
from fleet.store.writer import StoreWriter

Seconds = Annotated[float, Meta(gt=0, le=366 * 86_400)]


class ClaimArgs(msgspec.Struct, frozen=True, kw_only=True):
    """Which pole, how long its claim waits, and to which cell it goes; empty: the platform chooses."""

    pole: str
    valid_s: Seconds
    cell: str = ""


class PoleArgs(msgspec.Struct, frozen=True, kw_only=True):
    """Which pole."""

    pole: str


class RegisterArgs(msgspec.Struct, frozen=True, kw_only=True):
    """What to write into the register."""

    places: tuple[RegisteredPole, ...]


class CommandArgs(msgspec.Struct, frozen=True, kw_only=True):
    """Which command to which poles; ``filters`` as ``fleet.register.places.selected`` takes them."""

    filters: tuple[str, ...]
    name: str
    args: msgspec.Raw
    expires_s: Seconds
    who: str


class JobArgs(msgspec.Struct, frozen=True, kw_only=True):
    """Which job."""

    job: str


class JobAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How far a job is, and what each pole has answered."""

    progress: rows.Progress
    poles: list[rows.Answered]


class RestoreAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What is missing of the fleet, and how many questions were just put to poles."""

    asked: int
    poles: int
    holes: list[holes.Hole]
    problems: list[str] = []
    """Poles that could not be asked, and why."""
    silent: list[str] = []
    """Poles that are offline, or of which nothing came since this process and the database's server started: what
    they have numbered after the backup is not known."""


class CarriedArgs(msgspec.Struct, frozen=True, kw_only=True):
    """What a pole sent on a stick; ``serial`` (hexadecimal) is that of the certificate that signed it."""

    pole: str
    serial: str
    messages: tuple[CarriedMessage, ...]


class CarriedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Events that were new, and repeats; ``refused`` messages are in the quarantine.

    Those that are ``over`` the pole's bound of a day, or of an ``unknown`` lane, are not stored. ``marks``: what is
    stored of these messages.
    """

    events: int
    repeated: int
    refused: int
    over: int
    unknown: int
    marks: tuple[Watermark, ...]


class Actions:
    """Each public method is one action: its argument type says what it takes."""

    def __init__(
        self,
        writer: StoreWriter,
        enrol: EnrolDesk,
        jobs: JobDesk,
        eraser: Eraser,
        *,
        health: Callable[[], Mapping[str, object]],
        now: Callable[[], datetime],
    ) -> None:
        self._writer = writer
        self._enrol = enrol
        self._jobs = jobs
        self._eraser = eraser
        self._health = health
        self._now = now
        self._began = now().timestamp()

    def table(self, *, web: bool = True) -> dict[str, Action]:
        """Name -> what is done. ``web``: the pages are served here, and a link leads to them."""
        taken: dict[str, type[Any]] = {
            "claim": ClaimArgs,
            "revoke": PoleArgs,
            "register": RegisterArgs,
            "command": CommandArgs,
            "job": JobArgs,
            "restore_check": msgspec.Struct,
            "erase_camera": CameraErasure,
            "carried": CarriedArgs,
            "health": msgspec.Struct,
        }
        if not web:
            del taken["claim"]
        return {name: partial(_decoded, type_, getattr(self, name)) for name, type_ in taken.items()}

    async def claim(self, args: ClaimArgs) -> str:
        """The link."""
        return str(await self._enrol.make(args.pole, timedelta(seconds=args.valid_s), args.cell))

    async def revoke(self, args: PoleArgs) -> int:
        return await self._enrol.revoke(args.pole)

    async def register(self, args: RegisterArgs) -> int:
        return await self._writer.do(lambda db: put(db, args.places))

    async def command(self, args: CommandArgs) -> str:
        """The id of the job."""
        poles = await self._writer.do(lambda db: list(selected(db, args.filters)))
        expires = self._now() + timedelta(seconds=args.expires_s)
        return await self._jobs.submit(poles, args.name, msgspec.json.decode(args.args), expires, args.who)

    async def job(self, args: JobArgs) -> JobAnswer:
        return await self._writer.do(
            lambda db: JobAnswer(progress=rows.progress(db, args.job), poles=rows.answers(db, args.job))
        )

    async def restore_check(self, _: msgspec.Struct) -> RestoreAnswer:
        """Asks every pole for what is missing, also for what was asked for in vain."""
        began = max(self._began, await self._writer.do(lambda db: db.began()))
        rows = await self._writer.do(
            lambda db: db.execute(
                "SELECT pole, seen, state FROM pole UNION ALL SELECT DISTINCT pole, 0, '' FROM certificate"
                " WHERE revoked IS NULL AND pole NOT IN (SELECT pole FROM pole) ORDER BY pole"  # claimed
            ).fetchall()
        )
        poles = [pole for pole, _, _ in rows]
        silent = [pole for pole, seen, state in rows if seen < began or state == "offline"]  # a last will is no word
        asked, found, problems = 0, [], list[str]()
        for pole in poles:  # one transaction each, so that the ingest need not wait for all of them
            found += await self._writer.do(lambda db, pole=pole: list(holes.holes(db, pole)))  # type: ignore[misc]
            try:
                asked += await self._writer.do(partial(holes.fill, pole=pole, now=self._now(), at_once=True))
            except FleetError as reason:  # one pole keeps no other from being asked
                problems.append(f"{pole}: {reason}")
        self._jobs.look()
        return RestoreAnswer(asked=asked, poles=len(poles), holes=found, problems=problems, silent=silent)

    async def erase_camera(self, args: CameraErasure) -> Erased:
        return await self._eraser.erase(args, HERE, self._now())

    async def carried(self, args: CarriedArgs) -> CarriedAnswer:
        """Stores what a pole sent on a stick, by the way of all events."""
        query = "SELECT revoked FROM certificate WHERE pole = ? AND serial = ?"
        found = await self._writer.do(lambda db: db.execute(query, (args.pole, args.serial)).fetchone())
        if found is not None and found[0] is not None:
            raise FleetError(f"the certificate of {args.pole} that signed this was revoked")
        now = self._now()
        messages = [Inbox(args.pole, each.payload, now, each.lane) for each in args.messages if each.lane in LANES]
        before = await self._writer.call(lambda store: store.take({args.pole}))  # for this commit alone
        try:
            done = await self._writer.call(lambda store: commit(store, messages))
        finally:
            await self._writer.call(lambda store: store.give({args.pole}, before))
        marks = tuple(Watermark(epoch=epoch, ranges=ranges) for (_, epoch), ranges in done.confirmed.items())
        return CarriedAnswer(
            events=done.events,
            repeated=done.repeated,
            refused=done.refused,
            over=done.over,
            unknown=len(args.messages) - len(messages),
            marks=marks,
        )

    async def health(self, _: msgspec.Struct) -> Mapping[str, object]:
        return self._health()


async def _decoded(type_: type[Any], do: Callable[[Any], Awaitable[object]], args: msgspec.Raw) -> object:
    return await do(msgspec.json.decode(args, type=type_))
