"""What happens in the demo, and when: a dead device, a link that goes dark, a daemon that is killed in the dark."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from agent.errors import AgentError, ConfigError
from agent.models.needs import missing as missing_for_cameras
from contract.health import PoleStatus
from demo.fleet import DemoFleet, run_fleet
from demo.proof import Proof, text
from demo.rig import POLE, Rig, open_rig
from demo.show import Show
from simulator.firmware import build, missing

FRAME_S = 0.5

Step = tuple[float, str, Callable[[Rig], Awaitable[None]]]


async def _silence(rig: Rig) -> None:
    rig.wires["rs485-a"].misbehave("level", "silent")


async def _mend(rig: Rig) -> None:
    rig.wires["rs485-a"].misbehave("level", "ok")


async def _cut(rig: Rig) -> None:
    await rig.link.set("black hole")


async def _kill(rig: Rig) -> None:
    await rig.daemon.kill()
    await rig.daemon.start()


async def _restore(rig: Rig) -> None:
    await rig.link.set("up")


STORY: tuple[Step, ...] = (
    (0.15, "the water-level sensor's cable is cut", _silence),
    (0.30, "the link goes dark: packets vanish, no error is signalled", _cut),
    (0.45, "the daemon is killed (SIGKILL) in the dark, and started again", _kill),
    (0.55, "the cable is mended", _mend),
    (0.65, "the link is back", _restore),
)
"""Share of the demo's time, what people read, what is done."""


def _firmware() -> bool:
    """Whether the devices can be real firmware: a source tree, a compiler, and a build that succeeds."""
    if missing():
        return False
    try:
        build("field_devices")
    except ConfigError:
        return False
    return True


async def tell(folder: Path, seconds: float, show: Show, *, keep: bool = False) -> Proof:
    """The whole demo; AgentError where its own stage breaks. With ``keep`` the platform stays open until cancelled."""
    async with run_fleet(folder / "fleet", POLE) as fleet:
        proof = await _prove(folder, seconds, show, fleet)
        if keep:
            show.say(f"\n{text(proof)}\n\nthe platform stays open: {fleet.serving.pages} (Ctrl-C ends it)")
            if fleet.serving.first:
                show.say(f"to log in, open once: {fleet.serving.first}")
            await asyncio.Event().wait()
        return proof


async def _prove(folder: Path, seconds: float, show: Show, fleet: DemoFleet) -> Proof:
    firmware = _firmware()
    blind = missing_for_cameras()
    async with open_rig(folder, firmware=firmware, camera=not blind, fleet=fleet) as rig:
        devices = "firmware in C" if firmware else "Python twins of the firmware"
        show.say(f"broker: {rig.broker.program}; devices: {devices} on ptys in {folder}")
        show.say(
            fleet.serving.note or "the pole is claimed: it speaks mTLS, and keeps each event until the platform has it"
        )
        show.say(f"the platform's pages: {fleet.serving.pages}")
        show.say(blind or "a camera looks at a drawn street; what it sees is counted by LiteRT in a process of its own")
        await rig.daemon.start()
        await _play(rig, seconds, show)
        show.say("the devices are unplugged; what is left in the store is delivered")
        return await rig.settle()


async def _play(rig: Rig, seconds: float, show: Show) -> None:
    """The time with devices."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    steps = list(STORY)
    while (passed := loop.time() - began) < seconds:
        if steps and passed >= steps[0][0] * seconds:
            _, words, act = steps.pop(0)
            show.say(f"--> {words}")
            await act(rig)
        status = await _status(rig)
        show.frame(seconds - passed, rig.link.mode, status, rig.platform)
        await asyncio.sleep(FRAME_S)


async def _status(rig: Rig) -> PoleStatus | None:
    with contextlib.suppress(AgentError):
        return await rig.daemon.status()
    return None
