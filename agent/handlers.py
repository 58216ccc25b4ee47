"""The handlers of the commands: a row of ``contract.commands`` is answered by the method of that name."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from agent import VERSION
from agent import sentences as say
from agent.answers import device_result, diagnosis, no_such, why_silent
from agent.config.files import path_of
from agent.control.server import Handler
from agent.errors import AgentError
from agent.flow import AGENT, LEARNED
from agent.models.describe import SHIPPED
from agent.present import Running, RunningPole
from agent.store.pieces import parts_of, readings_of
from agent.store.ring import RingQuery
from agent.system.clock import Clock
from agent.system.slots import Slots
from agent.trying import WhatIfRuns
from agent.uplink.carry import rows_for, take_marks
from agent.uplink.sentences import CARRY_NO_CLAIM
from contract.commands import Face, commands_of
from contract.diagnosis import Diagnosis
from contract.events import BODIES, Backfill
from contract.health import DeviceResult, PoleStatus
from contract.requests import (
    DEVICE_S,
    AcceptanceArgs,
    AcceptanceResult,
    BackfillArgs,
    BackfillResult,
    BackgroundArgs,
    BackgroundResult,
    CarryMarksArgs,
    CarryMarksResult,
    CarryRowsArgs,
    CarryRowsResult,
    DeviceArgs,
    EventsArgs,
    EventsResult,
    NoArgs,
    PingResult,
    ReadingsArgs,
    ReadingsResult,
    ReloadResult,
    ResendArgs,
    ResendResult,
    RingArgs,
    RingResult,
    ShadowArgs,
    ShadowResult,
    UpdateStepArgs,
    UpdateStepResult,
    WhatIfArgs,
)
from contract.types import Event
from contract.what_if import WhatIfResult

if TYPE_CHECKING:
    pass

MOST_BACKFILL = 100_000
"""Readings of one backfill command; it bounds what the answer takes of memory and of the store."""
LONGEST_BACKFILL = timedelta(days=31)
RELEARN = "relearn"
"""The action that every device has: what is usual for it is learned anew."""
PART = 2_000
"""Readings of one series in one backfill event, so that an event fits a message."""


class Handlers:
    """Reads the parts of ``agent``; only reload and backfill change anything."""

    def __init__(self, agent: Running, clock: Clock) -> None:
        self._agent = agent
        self._clock = clock
        self._present = RunningPole(agent, clock)
        self._diagnosing = asyncio.Lock()
        self._trials = WhatIfRuns(agent.path)

    def over(self, face: Face) -> Mapping[str, Handler]:
        """The handler of each command that may be asked over ``face``, by name."""
        return {name: getattr(self, name) for name in commands_of(face)}

    async def ping(self, _: NoArgs, __: str) -> PingResult:
        now = self._clock.now()
        return PingResult(version=VERSION, uptime_s=self._present.uptime_s, received=now.utc)

    async def status(self, _: NoArgs, __: str) -> PoleStatus:
        return self._present.status()

    async def diagnose(self, _: NoArgs, __: str) -> Diagnosis:
        if self._diagnosing.locked():
            raise AgentError(say.DIAGNOSED_ALREADY())
        async with self._diagnosing:
            return await diagnosis(self._agent.path)

    async def events(self, args: EventsArgs, __: str) -> EventsResult:
        known = {body.kind for body in BODIES}
        if args.kind is not None and args.kind not in known:
            raise AgentError(no_such(say.KIND_EVENT(), args.kind, known))
        settings, recent = self._agent.settings, self._agent.flow.recent
        sources = {AGENT, *settings.devices, *settings.cameras, *recent.sources()}
        if args.source is not None and args.source not in sources:
            raise AgentError(no_such(say.SOURCE_EVENTS(), args.source, sources))
        return await recent.answer(args)

    async def readings(self, args: ReadingsArgs, _: str) -> ReadingsResult:
        question = RingQuery(
            device=args.device,
            quantity=args.quantity,
            since=args.after and args.after + timedelta(microseconds=1),
            limit=args.last,
            newest=True,
        )
        pieces = await self._agent.store.readings(question)
        readings = sorted(
            (reading for piece in pieces for reading in readings_of(piece)), key=lambda reading: reading.at.utc
        )
        if not readings and args.after is None:
            self._refuse_unknown(args)
        return ReadingsResult(readings=tuple(readings[-args.last :]))

    async def ring(self, args: RingArgs, _: str) -> RingResult:
        blocks = tuple(await self._agent.store.blocks(args.ids))
        learned = b"" if args.ids else await self._agent.store.load_state(LEARNED) or b""
        return RingResult(blocks=blocks, learned=learned)

    async def what_if(self, args: WhatIfArgs, _: str) -> WhatIfResult:
        return await self._trials.answer(args)

    def _refuse_unknown(self, args: ReadingsArgs) -> None:
        """A name that nobody has gets an error; readings under a name of old are answered as long as they are kept."""
        devices = {
            name: self._present.about(device).quantities for name, device in self._agent.settings.devices.items()
        }
        if args.device is not None and args.device not in devices:
            raise AgentError(no_such("device", args.device, devices))
        asked = devices.values() if args.device is None else [devices[args.device]]
        quantities = {quantity for each in asked for quantity in each}
        if args.quantity is not None and args.quantity not in quantities:
            raise AgentError(no_such(say.QUANTITY(what=args.device or "any device"), args.quantity, quantities))

    async def background(self, args: BackgroundArgs, _: str) -> BackgroundResult:
        camera = self._agent.cameras.get(args.camera)
        if camera is None:
            raise AgentError(no_such("camera", args.camera, self._agent.cameras))
        made = await camera.background()
        return BackgroundResult(width=made.width, height=made.height, jpeg=made.jpeg)

    async def reload(self, _: NoArgs, __: str) -> ReloadResult:
        outcome = await self._agent.reload()
        return ReloadResult(
            revision=outcome.revision,
            applied=outcome.applied,
            problems=outcome.errors,
            pending=self._agent.pending,
        )

    async def update_step(self, args: UpdateStepArgs, _: str) -> UpdateStepResult:
        await self._agent.flow.keep(args.body)
        if args.body.stage == "commit" and args.body.outcome == "done":
            self._agent.runs.say()  # the proof follows the claim
        return UpdateStepResult(number=args.body.number)

    async def acceptance(self, args: AcceptanceArgs, _: str) -> AcceptanceResult:
        await self._agent.flow.keep(args.body)
        seen = self._agent.store.health()
        return AcceptanceResult(epoch=seen.epoch, next_seq=seen.next_seq)

    async def carry_rows(self, args: CarryRowsArgs, _: str) -> CarryRowsResult:
        return await rows_for(self._agent.store, self._agent.settings.pole.id, args)

    async def carry_marks(self, args: CarryMarksArgs, _: str) -> CarryMarksResult:
        uplink = self._agent.settings.uplink
        ca = path_of(uplink.tls.ca_file) if uplink and uplink.tls else None
        if ca is None:
            raise AgentError(CARRY_NO_CLAIM())
        pole = self._agent.settings.pole.id
        return CarryMarksResult(events=await take_marks(self._agent.store, pole, ca, args.signed))

    async def shadow(self, args: ShadowArgs, _: str) -> ShadowResult:
        """A camera without a model of its own uses the shipped one's slot, whether a release is in it yet or not."""
        place = Slots(Path(self._agent.settings.store.path).parent).models(make=False) / args.name
        used = []
        for name, camera in self._agent.cameras.items():
            model = self._agent.settings.cameras[name].model
            if Path(model).parent == place if model else args.name == SHIPPED:
                camera.consider(str(place / str(args.number)), args.for_s)
                used.append(name)
        return ShadowResult(cameras=tuple(used))

    async def device(self, args: DeviceArgs, _: str) -> DeviceResult:
        """Read a device before all others on its line, or have it do something."""
        settings = self._agent.settings.devices.get(args.device)
        if settings is None:
            raise AgentError(no_such("device", args.device, self._agent.settings.devices))
        if args.action == RELEARN:
            return DeviceResult(
                ok=True, text=say.LEARNED_ANEW(device=args.device, ended=self._agent.flow.relearn(args.device))
            )
        line = self._agent.lines[settings.common.line]
        about = line.health()
        if about.state == "down":  # the reason is known: nobody waits for a time-out
            raise AgentError(
                say.CANNOT_ASKED(device=args.device, what=about.text or say.CANNOT_OPENED(port=about.port))
            )
        try:
            async with asyncio.timeout(DEVICE_S):
                if args.action == "read":
                    return device_result(await line.once(args.device), line.raw(args.device))
                outcome = await line.act(args.device, args.action)
        except TimeoutError:
            raise AgentError(
                say.DID_NOT_ANSWER_WITHIN(device=args.device, device_s=DEVICE_S, line=why_silent(line, args.device))
            ) from None
        return DeviceResult(ok=outcome.ok, text=outcome.text)

    async def resend(self, args: ResendArgs, _: str) -> ResendResult:
        if any(first > last for first, last in args.ranges):
            raise AgentError(say.RANGE_FIRST_NUMBER_FIRST())
        return ResendResult(events=await self._agent.store.resend(args.epoch, args.ranges))

    async def backfill(self, args: BackfillArgs, request: str) -> BackfillResult:
        if args.until <= args.since:
            raise AgentError(say.UNTIL_MUST_LATER_THAN())
        if args.until - args.since > LONGEST_BACKFILL:
            raise AgentError(say.ASKS_MORE_THAN_DAYS(days=LONGEST_BACKFILL.days))
        question = RingQuery(
            device=args.device, quantity=args.quantity, since=args.since, until=args.until, limit=MOST_BACKFILL + 1
        )
        pieces = await self._agent.store.readings(question)
        count = sum(len(piece.series.values) for piece in pieces)
        if count > MOST_BACKFILL:
            raise AgentError(say.MORE_THAN_READINGS_ASK(most_backfill=MOST_BACKFILL))
        parts = [part for piece in pieces for part in parts_of(piece, PART)]
        self._agent.store.put(
            [
                Event.of(
                    part.device,
                    part.at,
                    Backfill(request=request, part=number, last=number == len(parts), series=(part.series,)),
                )
                for number, part in enumerate(parts, 1)
            ]
        )
        return BackfillResult(readings=count, parts=len(parts))
