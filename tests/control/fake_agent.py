"""An agent that only answers: `python -m tests.control.fake_agent SOCKET` serves canned answers.

SIGUSR1 adds an event, SIGTERM stops it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress

import msgspec

from agent.config.settings import LocalSettings
from agent.control.server import Control, Handler, open_control
from agent.errors import AgentError
from agent.status.recent import Recent
from agent.system.clock import SystemClock
from agent.system.notify import Notifier
from agent.system.pulse import Pulse
from agent.system.watchdog import feed, period_s
from contract.events import DeviceState, Start
from contract.health import DeviceResult, PoleStatus
from contract.requests import DeviceArgs, NoArgs, PingResult, ReadingsArgs, ReadingsResult, ReloadResult
from contract.types import Event, Fault, FaultCode, Quality, Reading, Stamp
from contract.units import Unit
from tests.status.canned import NOW, TROUBLED

READINGS = tuple(
    Reading(
        device="roof",
        quantity="temperature",
        value=20.0 + count,
        unit=Unit.CELSIUS,
        at=Stamp(NOW.replace(second=count), 900.0 + count),
        quality=Quality.GOOD if count else Quality.BAD,
    )
    for count in range(3)
)


async def ping(_: NoArgs, __: str) -> PingResult:
    return PingResult(version="0.1.0", uptime_s=1.0, received=NOW)


async def status(_: NoArgs, __: str) -> PoleStatus:
    return TROUBLED


async def readings(args: ReadingsArgs, _: str) -> ReadingsResult:
    if label := os.environ.get("FAKE_LABEL"):
        return ReadingsResult(readings=(msgspec.structs.replace(READINGS[-1], value=label),))
    kept = [reading for reading in READINGS if args.after is None or reading.at.utc > args.after]
    kept = [reading for reading in kept if args.device in (None, reading.device)]
    return ReadingsResult(readings=tuple(kept[-args.last :]))


async def device(args: DeviceArgs, _: str) -> DeviceResult:
    if args.action != "read":
        return DeviceResult(ok=True, text="its lamp blinks for 30 s")
    if args.device == "level":
        text = "unit 3 does not answer"
        return DeviceResult(
            ok=False,
            text=text,
            faults=(Fault(device="level", code=FaultCode.NO_ANSWER, text=text, at=Stamp(NOW, 1.0)),),
        )
    return DeviceResult(ok=True, readings=READINGS[-1:])


async def reload(_: NoArgs, __: str) -> ReloadResult:
    if os.environ.get("FAKE_RELOAD") == "wrong":
        return ReloadResult(revision="old", problems=("poleagent.toml, line 3: no option 'baudd'", "and another"))
    if os.environ.get("FAKE_RELOAD") == "fails":
        raise AgentError("the settings file is gone")
    if os.environ.get("FAKE_RELOAD") == "pending":
        return ReloadResult(
            revision="new", applied=("pole.id changed: takes effect at the next start",), pending=("pole.id",)
        )
    return ReloadResult(revision="new", applied=("[device.roof] every_s: 1 -> 2",))


def answers(recent: Recent) -> dict[str, Handler]:
    return {
        "ping": ping,
        "status": status,
        "events": lambda args, _: recent.answer(args),
        "readings": readings,
        "device": device,
        "reload": reload,
    }


async def run(control: Control) -> None:
    clock = SystemClock()
    recent = Recent()
    recent.add([Event.of("agent", Stamp(NOW, 1.0), Start(version="0.1.0", boot="b", clean=False))])
    down = DeviceState(state="down", code=FaultCode.NO_ANSWER, text="no answer")
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGUSR1, lambda: recent.add([Event.of("level", Stamp(NOW, 2.0), down)]))
    notifier = Notifier(os.environ)
    pulse = Pulse("loop", 10.0, clock.monotonic)
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(control.serve(answers(recent), clock))
        feeding = group.create_task(feed(notifier, lambda: [pulse], lambda: "fake", clock, period_s(os.environ)))
        notifier.ready()
        print("ready", flush=True)
        await stop.wait()
        notifier.stopping()
        serving.cancel()
        feeding.cancel()


def main(path: str) -> None:
    with open_control(LocalSettings(socket=path)) as control, suppress(asyncio.CancelledError):
        asyncio.run(run(control))


if __name__ == "__main__":
    main(sys.argv[1])
