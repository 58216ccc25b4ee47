"""Lines and devices: as the daemon sees them, or asked by the doctor itself where none runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import permutations

from msgspec.structs import replace

from agent.acquire.plan import plan
from agent.acquire.record import SHAKY
from agent.acquire.speeds import USUAL
from agent.acquire.transport import Transport, open_transport, port_name
from agent.api import Fault, Reading
from agent.config.settings import Device, Settings
from agent.doctor import sentences_checks as say
from agent.doctor.check import Tell
from agent.doctor.checks._trial import LineTrial
from agent.doctor.pole import PoleAtHand
from agent.errors import Retry
from agent.status.advice import MOST_ERRORS
from contract.health import DeviceHealth, LineHealth, PoleStatus
from contract.types import FaultCode, Quality

LIMIT_S = 15.5
SEARCH_S = 5.5
"""How long other units and other speeds are looked for on a line where nobody answers."""
PROBE_S = 0.15
SPEED_S = 0.3
SWAPPED_S = 0.5
NEIGHBOURS = 17
"""Units below this are looked for: those that people set."""
_CAUSES = {
    FaultCode.NO_ANSWER: "serial.no_answer",
    FaultCode.OVERDUE: "serial.no_answer",
    FaultCode.BAD_FRAME: "serial.damaged",
    FaultCode.LOST_FRAMES: "serial.damaged",
    FaultCode.WRONG_DEVICE: "serial.wrong_device",
    FaultCode.EXCEPTION: "serial.refuses",
    FaultCode.OUT_OF_RANGE: "serial.implausible",
    FaultCode.NOT_AVAILABLE: "serial.no_value",
}


async def look(pole: PoleAtHand, tell: Tell) -> str:
    if pole.status is not None:
        _reported(pole.status, tell)
        return ""
    if pole.limited:
        return pole.limited
    if pole.settings is None:
        return say.SETTINGS_UNUSABLE()
    if not pole.dead:
        return say.PORTS_OWNED()
    await _tried(pole, pole.settings, tell)
    return ""


def _reported(status: PoleStatus, tell: Tell) -> None:
    for line in status.lines:
        devices = [device for device in status.devices if device.line == line.name]
        if not _line(line, devices, tell):
            for device in devices:
                _device(device, tell)
    for device in status.devices:
        for last in device.last:
            if last.quality is Quality.BAD or (last.quality is Quality.UNCERTAIN and not device.advice):
                tell(
                    "sensor.bad",
                    say.MARKED(quantity=last.quantity, value=last.value, quality=last.quality),
                    f"device {device.name}",
                )


def _line(line: LineHealth, devices: list[DeviceHealth], tell: Tell) -> bool:
    """Whether the line's own trouble explains that of its devices."""
    about = f"line {line.name}"
    codes = {device.code for device in devices}
    if line.planned > 1:
        tell("serial.overload", line.text or say.PLANNED(planned=line.planned), about)
    if line.state != "down":
        if line.text and not any(device.state == "down" for device in devices) and line.planned <= 1:
            tell("serial.damaged", line.text, about)
        return False
    if len(devices) > 1 and codes <= {FaultCode.NO_ANSWER, FaultCode.OVERDUE}:
        tell("serial.silent", line.text, about)
        return True
    if codes & {FaultCode.PORT_GONE, None}:  # why, says the check of the ports; here of those over TCP
        if not line.port.startswith("/"):
            tell("serial.server", line.text, about)
        return True
    return False


def _device(device: DeviceHealth, tell: Tell) -> None:
    if device.state == "down" or device.advice or device.error_share > MOST_ERRORS:
        worst = max(device.faults, key=lambda code: device.faults[code], default=FaultCode.BAD_FRAME)
        reading = device.advice or say.ROUNDS_FAILED(share=device.error_share)
        hurried = device.state == "up" and device.missed and device.error_share <= SHAKY
        cause = "serial.overload" if hurried else _CAUSES.get(device.code or worst, "serial.damaged")
        tell(cause, reading, f"device {device.name}")


async def _tried(pole: PoleAtHand, settings: Settings, tell: Tell) -> None:
    trials = []
    for name, line in settings.lines.items():
        devices = [device for device in settings.devices.values() if device.common.line == name]
        planned = plan(line, devices, pole.drivers)
        if planned.load > 1:
            tell("serial.overload", " ".join(planned.problems), f"line {name}")
        trials.append(LineTrial(name, line, devices, pole.drivers, pole.box.clock))
    async with asyncio.TaskGroup() as group:
        for trial in trials:
            group.create_task(trial.run())
    for trial in trials:
        _judged(trial, tell)
    mute = [trial for trial in trials if trial.devices and not (trial.answers or trial.lost or trial.noise)]
    swapped = {name for pair in [await _swapped(mute)] for name in pair}
    for name in sorted(swapped):
        others = ", ".join(sorted(swapped - {name}))
        tell("serial.swapped", say.ANSWER_ELSEWHERE(line=others), f"line {name}")
    async with asyncio.TaskGroup() as group:
        for trial in mute:
            if trial.name not in swapped:
                group.create_task(_searched(trial, tell))


def _judged(trial: LineTrial, tell: Tell) -> None:
    """What can be said of a line at once."""
    about = f"line {trial.name}"
    if trial.lost:
        if trial.busy:
            tell("serial.busy", trial.lost, about)
        elif trial.settings.tcp:
            tell("serial.server", trial.lost, about)
        return  # of ports that are not there, or closed, the check of the ports speaks
    if trial.noise:
        tell("serial.babble", say.UNASKED_BYTES(count=trial.noise), about)
        return
    if any(tally.echoed for tally in trial.tallies.values()) and not trial.settings.echo:
        tell("serial.echo", say.CAME_BACK(), about)
    if not trial.answers:
        return
    for name, tally in trial.tallies.items():
        failed, rounds = tally.failed.total(), tally.good + tally.failed.total()
        if tally.worst is not None and (not tally.good or (failed > 1 and failed > MOST_ERRORS * rounds)):
            reading = say.QUESTIONS_FAILED(failed=failed, rounds=rounds, text=tally.text)
            tell(_CAUSES.get(tally.worst, "serial.damaged"), reading, f"device {name}")


async def _swapped(mute: list[LineTrial]) -> tuple[str, ...]:
    """Two lines of which the devices of each answer on the other's port."""
    for one, two in permutations(mute, 2):
        if one.name < two.name and await _on(one, two) and await _on(two, one):
            return one.name, two.name
    return ()


async def _on(one: LineTrial, other: LineTrial) -> str:
    return await one.answer_at(other.settings, one.devices[:2], SWAPPED_S)


async def _searched(trial: LineTrial, tell: Tell) -> None:
    """Nobody answers: is it the unit, the speed, or all of them?"""
    about = f"line {trial.name}"
    codes = {tally.worst for tally in trial.tallies.values()} - {None}
    try:
        async with asyncio.timeout(SEARCH_S):
            if codes <= {FaultCode.NO_ANSWER, FaultCode.OVERDUE} and await _other_unit(trial, tell):
                return
            for baud, parity in _speeds(trial):
                name = await trial.answer_at(trial.at(baud, parity), trial.devices[:1], SPEED_S)
                if name:
                    cause = "serial.baud" if baud != trial.settings.baud else "serial.parity"
                    set_to = say.BAUD_PARITY(baud=trial.settings.baud, parity=trial.settings.parity)
                    tell(cause, say.ANSWERS_AT(device=name, baud=baud, parity=parity, set_to=set_to), about)
                    return
            if codes and not codes <= {FaultCode.NO_ANSWER, FaultCode.OVERDUE} and await _other_unit(trial, tell):
                return
    except TimeoutError:
        pass
    _nobody(trial, tell, about)


def _nobody(trial: LineTrial, tell: Tell, about: str) -> None:
    port = port_name(trial.settings)
    asked = [tally for tally in trial.tallies.values() if tally.failed]
    if len(asked) > 1 and all(tally.worst is FaultCode.NO_ANSWER for tally in asked):
        tell("serial.silent", say.NOTHING_CAME(port=port, count=len(asked)), about)
        return
    for name, tally in trial.tallies.items():
        if tally.worst is not None:
            tell(_CAUSES.get(tally.worst, "serial.damaged"), f"{port}: {tally.text}", f"device {name}")


def _speeds(trial: LineTrial) -> Iterator[tuple[int, str]]:
    """Speeds at which the line may be: first the same with another parity, then the usual ones."""
    own = (trial.settings.baud, trial.settings.parity)
    same = [(own[0], parity) for parity in ("even", "odd", "none")]
    if trial.settings.tcp and not trial.settings.rfc2217:
        return  # the server's own business
    usual = [*USUAL, (57600, "none"), (4800, "none")]
    yield from (each for each in dict.fromkeys((*same, *usual)) if each != own)


async def _other_unit(trial: LineTrial, tell: Tell) -> bool:
    """Whether a device answers at a unit of which the settings say nothing."""
    first = trial.devices[0]
    probe = trial.drivers[first.common.driver].probe
    if probe is None or not trial.elsewhere(first) or "unit" not in getattr(first.options, "__struct_fields__", ()):
        return False
    known = {getattr(device.options, "unit", None) for device in trial.devices}
    try:
        async with open_transport(trial.settings) as port:
            for unit in range(1, NEIGHBOURS):
                if unit not in known and await _answers(trial, port, first, unit):
                    asked = ", ".join(map(str, sorted(filter(None, known))))
                    reading = say.UNIT_ANSWERS(unit=unit, asked=asked)
                    tell("serial.unit", reading, f"device {first.name}")
                    return True
    except Retry:
        return False
    return False


async def _answers(trial: LineTrial, port: Transport, like: Device, unit: int) -> bool:
    asked = replace(like, options=replace(like.options, unit=unit))
    items = await trial.once(port, asked, timeout_s=PROBE_S, count=False)
    silent = (FaultCode.NO_ANSWER, FaultCode.BAD_FRAME, FaultCode.WRONG_DEVICE)
    return any(isinstance(item, Reading) or (isinstance(item, Fault) and item.code not in silent) for item in items)
