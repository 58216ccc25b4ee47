"""Cameras: as the daemon sees them; else whether each may start and whether its address takes connections."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from agent.config.address import is_address, parse, shown, trouble_of
from agent.config.cameras import why_not
from agent.config.scene import CameraSettings
from agent.doctor import sentences_checks as say
from agent.doctor.check import Tell
from agent.doctor.pole import PoleAtHand
from agent.status.advice import SETTLE_S
from agent.system.dns import addresses
from contract.health import CameraHealth, PoleStatus
from contract.words import span

CONNECT_S = 4.0


async def look(pole: PoleAtHand, tell: Tell) -> str:
    if pole.status is not None:
        for camera in pole.status.cameras:
            _reported(pole.status, camera, tell)
        return ""
    if pole.settings is None:
        return say.SETTINGS_UNUSABLE()
    async with asyncio.TaskGroup() as group:
        for name, settings in pole.settings.cameras.items():
            group.create_task(_tried(name, settings, tell))
    return ""


def _reported(status: PoleStatus, camera: CameraHealth, tell: Tell) -> None:
    about = f"camera {camera.name}"
    waited_s = (status.clock.now.utc - camera.since).total_seconds()
    text = ": ".join(part for part in (camera.text.rstrip(".:"), camera.advice) if part)
    if camera.state == "waiting":
        if waited_s > SETTLE_S and status.uptime_s > SETTLE_S:
            tell("camera.waiting", text or say.HAS_WAITED(span=span(waited_s)), about)
    elif camera.state != "ok":
        tell(f"camera.{camera.state}", say.FOR_SPAN(text=text or camera.state, span=span(waited_s)), about)
    if camera.tampered:
        tell("camera.tampered", say.VIEW_IS(what=", ".join(camera.tampered)), about)
    if camera.unconfined:
        tell("camera.unconfined", say.KERNEL_LACKS(what=camera.unconfined), about)


async def _tried(name: str, settings: CameraSettings, tell: Tell) -> None:
    about = f"camera {name}"
    if reason := why_not(name, settings) or trouble_of(settings.source):
        tell("camera.refused", reason, about)
        return
    if not is_address(settings.source):
        return  # a device or a file: only the camera's own process may open it
    address = parse(settings.source)
    try:
        async with asyncio.timeout(CONNECT_S):
            await addresses(address.host, address.port)
            _, writer = await asyncio.open_connection(address.host, address.port)
    except TimeoutError:
        tell("camera.no_signal", say.NO_ANSWER_WITHIN(host=shown(settings.source), seconds=CONNECT_S), about)
    except OSError as failure:
        tell("camera.no_signal", f"{shown(settings.source)}: {(failure.strerror or str(failure)).lower()}", about)
    else:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
