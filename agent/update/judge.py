"""Whether the pole works as it did: what worked before a switch must work after it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from agent.update import sentences as say
from agent.update.record import Baseline, UpdateRecord
from contract.health import PoleStatus
from contract.release import ReleaseId
from contract.requests import RingResult
from contract.types import Reading

_UNKNOWN = say.NO_REASON_GIVEN()
_BLIND = ("no_signal", "crashed", "refused", "waiting")
"""States of a camera that sees nothing; darkness and a frozen view are the world's."""


class Pole(Protocol):
    """The running daemon, as far as an update needs it."""

    def status(self) -> PoleStatus | None:
        """Its health; None where it does not answer."""

    def reload(self) -> str:
        """Have it take what changed; why it refused, or nothing. Retry: it has not taken it."""

    def shadow(self, release: ReleaseId, for_s: float) -> tuple[str, ...]:
        """Have a model look next to the one that runs, for so long, 0: no more; the cameras that use its slot."""

    def ring(self, ids: tuple[int, ...]) -> RingResult:
        """Blocks of its ring, none named: the list; empty where it does not answer."""

    def readings(self, after: datetime) -> tuple[Reading, ...]:
        """The newest readings that were taken after ``after``; none where it does not answer."""

    def report(self, record: UpdateRecord) -> UpdateRecord:
        """Hand over the steps that it has not taken yet; what is left."""


def baseline(status: PoleStatus | None, *, uplink: bool) -> Baseline:
    """What works now, as far as the daemon answers. ``uplink``: whether the settings name a platform."""
    if status is None:
        return Baseline(uplink=uplink)
    return Baseline(
        devices=tuple(each.name for each in status.devices if each.state == "up"),
        lines=tuple(each.name for each in status.lines if each.state == "up"),
        cameras=tuple(each.name for each in status.cameras if each.state == "ok"),
        uplink=uplink,
        linked=status.uplink is not None and status.uplink.state == "up",
    )


def broken(before: Baseline, status: PoleStatus | None) -> str:
    """What worked and works no more, as a sentence; empty: all of it does. A part that the settings dropped is gone."""
    return next(_broken(before, status), "") if status is not None else say.AGENT_DOES_NOT_ANSWER()


def _broken(before: Baseline, status: PoleStatus) -> Iterator[str]:
    yield from (say.SETTINGS_WERE_REFUSED(problem=problem) for problem in status.problems)
    yield from (say.MAKES_NO_PROGRESS(part=part) for part in status.stale)
    for device in status.devices:
        if device.name in before.devices and device.state == "down":
            yield say.DEVICE_WORKED_DOWN(name=device.name, what=device.advice or device.code or _UNKNOWN)
    for line in status.lines:
        if line.name in before.lines and line.state == "down":
            yield say.LINE_WORKED_DOWN(name=line.name, what=line.text or _UNKNOWN)
    for camera in status.cameras:
        if camera.name in before.cameras and camera.state in _BLIND:
            yield say.CAMERA_WORKED(name=camera.name, state=camera.state, what=camera.text or camera.advice or _UNKNOWN)
    if before.linked and (status.uplink is None or status.uplink.state != "up"):
        text = status.uplink.text if status.uplink else say.NO_UPLINK()
        yield say.PLATFORM_REACHED_NOT(what=text or _UNKNOWN)


def loaded(sha256: str, folder: str, status: PoleStatus | None) -> tuple[str, ...] | None:
    """The cameras whose interpreters have loaded these weights; None: cameras should, and none has."""
    if status is None:
        return ()
    cameras = tuple(each.name for each in status.cameras if each.model == sha256)
    if folder in status.models and status.cameras and not cameras:
        return None
    return cameras
