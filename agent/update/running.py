"""The running daemon, over its control socket. What it does not take now it gets with the next run."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec.structs import replace

from agent.control.client import Client, NotRunning
from agent.errors import AgentError, Retry
from agent.update import sentences as say
from agent.update.record import StepReport, UpdateRecord
from contract.events import UpdateStep
from contract.health import PoleStatus
from contract.release import ReleaseId
from contract.requests import (
    MOST_READINGS,
    ReadingsArgs,
    ReadingsResult,
    ReloadResult,
    RingArgs,
    RingResult,
    ShadowArgs,
    ShadowResult,
    UpdateStepArgs,
)
from contract.types import Reading

RELOAD_S = 60.0


class RunningAgent:
    """Asked anew each time: it may have been restarted in between."""

    def __init__(self, socket: str) -> None:
        self._socket = socket

    def status(self) -> PoleStatus | None:
        try:
            with Client(self._socket) as client:
                return msgspec.json.decode(client.ask("status"), type=PoleStatus)
        except (AgentError, msgspec.DecodeError):
            return None

    def reload(self) -> str:
        """One that does not run takes all when it starts. Retry: one that runs has not taken it."""
        try:
            with Client(self._socket) as client:
                answer = msgspec.json.decode(client.ask("reload", wait_s=RELOAD_S), type=ReloadResult)
        except NotRunning:
            return ""
        except (AgentError, msgspec.DecodeError) as exc:  # of which msgspec's ValidationError is one
            raise Retry(str(exc)) from exc
        return say.SETTINGS_WERE_REFUSED_2(problems=answer.problems[0]) if answer.problems else ""

    def shadow(self, release: ReleaseId, for_s: float) -> tuple[str, ...]:
        """None where it does not run, or is of a version that knows no shadow runs."""
        try:
            with Client(self._socket) as client:
                args = ShadowArgs(name=release.name, number=release.number, for_s=for_s)
                return msgspec.json.decode(client.ask("shadow", args), type=ShadowResult).cameras
        except (AgentError, msgspec.DecodeError):
            return ()

    def ring(self, ids: tuple[int, ...]) -> RingResult:
        try:
            with Client(self._socket) as client:
                return msgspec.json.decode(client.ask("ring", RingArgs(ids=ids)), type=RingResult)
        except (AgentError, msgspec.DecodeError):
            return RingResult(blocks=())

    def readings(self, after: datetime) -> tuple[Reading, ...]:
        try:
            with Client(self._socket) as client:
                args = ReadingsArgs(last=MOST_READINGS, after=after)
                return msgspec.json.decode(client.ask("readings", args), type=ReadingsResult).readings
        except (AgentError, msgspec.DecodeError):
            return ()

    def report(self, record: UpdateRecord) -> UpdateRecord:
        left = list(record.reports)
        try:
            with Client(self._socket) as client:
                while left:
                    client.ask("update_step", UpdateStepArgs(body=_body(left[0])))
                    del left[0]
        except AgentError:
            pass  # it is not running, or its disk is full: next time
        return replace(record, reports=tuple(left))


def _body(step: StepReport) -> UpdateStep:
    return UpdateStep(
        number=step.number,
        release=step.release,
        stage=step.stage,
        outcome=step.outcome,
        text=step.text,
        sha256=step.sha256,
        figures=step.figures,
    )
